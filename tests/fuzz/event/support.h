/* One source read from memory and from a file in pieces of any size: both must say the same. */
#ifndef KF_TESTS_FUZZ_EVENT_SUPPORT_H
#define KF_TESTS_FUZZ_EVENT_SUPPORT_H

#include "base/vec.h"
#include "event/body.h"
#include "event/codec.h"
#include "event/ingest.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct fuzz_read {
    struct kf_dict dict;
    struct kf_idents *idents;
    struct kf_events *events;
    struct kf_ingest_result *result;
    struct kf_buf text; /* events in the order of their records, then what was refused */
};

static inline void fuzz_fail(const char *what)
{
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

static inline void fuzz_begin(struct fuzz_read *r)
{
    *r = (struct fuzz_read){0};
    if (kf_dict_init(&r->dict) != 0)
        fuzz_fail("no dictionary");
    r->idents = kf_idents_new();
    r->events = kf_events_new(&r->dict, r->idents);
}

static inline void fuzz_end(struct fuzz_read *r)
{
    kf_ingest_free(r->result);
    kf_events_free(r->events);
    kf_idents_free(r->idents);
    kf_dict_free(&r->dict);
    kf_buf_free(&r->text);
}

/* Every event is whole: its body is what the log accepts, its text is UTF-8, it has an id and a
 * type. */
static inline void fuzz_check_events(const struct kf_events *e)
{
    struct kf_body_limits l = {kf_symbols_count(e->dict->key), kf_symbols_count(e->dict->value),
                               kf_idents_count(e->idents)};
    struct kf_buf text = {0};
    for (uint32_t i = 0; i < e->n; i++) {
        const uint8_t *end = e->what[i].body + kf_body_size(e->what[i].body);
        if (kf_body_check(&l, e->what[i].body, end) != end)
            fuzz_fail("a body that the log would refuse");
        if (!kf_event_id(e, i).n || !*kf_event_type_name(e->what[i].type))
            fuzz_fail("an event without id or type");
        kf_buf_clear(&text);
        kf_event_json(e, i, &text);
        if (!kf_utf8_valid(kf_str(text.p, text.n)))
            fuzz_fail("an event whose JSON is no UTF-8");
    }
    kf_buf_free(&text);
}

/* Packed and unpacked again it is the same. */
static inline void fuzz_check_codec(const struct kf_events *e)
{
    struct kf_buf packed = {0}, a = {0}, b = {0};
    struct kf_error err = KF_ERROR_INIT;
    kf_vec(uint32_t) all = {0};
    for (uint32_t i = 0; i < e->n; i++)
        *kf_vec_push(&all) = i;
    kf_codec_pack(e, all.p, (uint32_t)all.n, &packed);
    struct kf_events *again = kf_events_new(e->dict, e->idents);
    if (kf_codec_unpack(packed.p, packed.n, again, &err) != 0 || again->n != e->n)
        fuzz_fail(err.message);
    for (uint32_t i = 0; i < e->n; i++) {
        kf_buf_clear(&a);
        kf_buf_clear(&b);
        kf_event_json(e, i, &a);
        kf_event_json(again, i, &b);
        if (!kf_str_eq(kf_str(a.p, a.n), kf_str(b.p, b.n)) ||
            e->at[i].record != again->at[i].record)
            fuzz_fail("an event is another one after the codec");
    }
    kf_events_free(again);
    kf_vec_free(&all);
    kf_buf_free(&packed);
    kf_buf_free(&a);
    kf_buf_free(&b);
}

static inline void fuzz_text(struct fuzz_read *r)
{
    const struct kf_ingest_result *s = r->result;
    for (uint32_t i = 0; i < r->events->n; i++) {
        kf_buf_addf(&r->text, "%u%s ", r->events->at[i].record, r->events->dropped[i] ? "-" : "");
        kf_event_json(r->events, i, &r->text);
        kf_buf_addc(&r->text, '\n');
    }
    for (uint32_t i = 0; i < s->n_quarantine; i++) {
        const struct kf_quarantine *q = &s->quarantine[i];
        if (!q->detail.n || !q->reason || !*q->reason)
            fuzz_fail("a record is refused without a reason");
        kf_buf_addf(&r->text, "%u %s %.*s: ", q->record, q->reason, (int)q->detail.n, q->detail.p);
        kf_buf_add(&r->text, q->raw.p, q->raw.n);
        kf_buf_addc(&r->text, '\n');
    }
    kf_buf_addf(&r->text, "%llu records, %llu events, %llu duplicates\n",
                (unsigned long long)s->records, (unsigned long long)s->events,
                (unsigned long long)s->duplicates);
}

/* From memory. */
static inline void fuzz_read_memory(struct fuzz_read *r, const struct kf_config *c,
                                    const struct kf_config_source *source,
                                    const struct kf_plugin_handle *plugin, const void *data,
                                    size_t len)
{
    struct kf_error err = KF_ERROR_INIT;
    fuzz_begin(r);
    if (kf_ingest_buffer(c, source, plugin, "input", data, len, r->events, &r->result, &err) != 0)
        fuzz_fail(err.message);
    fuzz_check_events(r->events);
    fuzz_check_codec(r->events);
    fuzz_text(r);
}

/* The same from a file, `chunk` bytes at a time. */
static inline void fuzz_read_file(struct fuzz_read *r, const struct kf_config *c,
                                  const struct kf_config_source *source,
                                  const struct kf_plugin_handle *plugin, const void *data,
                                  size_t len, size_t chunk)
{
    struct kf_error err = KF_ERROR_INIT;
    char path[64];
    const char *paths[] = {path};
    int fd = memfd_create("input", 0);
    if (fd < 0 || write(fd, data, len) != (ssize_t)len)
        fuzz_fail("no file in memory");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct kf_config_source s = *source;
    s.path = paths;
    s.n_path = 1;
    struct kf_config config = *c;
    config.source = &s;
    config.n_source = 1;
    struct kf_ingest_options o = {.config = &config, .threads = 1, .chunk_size = chunk};
    fuzz_begin(r);
    if (kf_ingest_run(&o, &plugin, r->events, &r->result, &err) != 0)
        fuzz_fail(err.message);
    close(fd);
    fuzz_text(r);
}

/* `size` bytes as a file of the source, whole and in pieces of `chunk` bytes. */
static inline void fuzz_ingest(const struct kf_config *c, const struct kf_config_source *source,
                               const struct kf_plugin_handle *plugin, const uint8_t *data,
                               size_t size, size_t chunk)
{
    struct fuzz_read whole, pieces;
    fuzz_read_memory(&whole, c, source, plugin, data, size);
    fuzz_read_file(&pieces, c, source, plugin, data, size, chunk);
    if (!kf_str_eq(kf_str(whole.text.p, whole.text.n), kf_str(pieces.text.p, pieces.text.n))) {
        fprintf(stderr, "whole:\n%s\nin pieces of %zu:\n%s\n", whole.text.p, chunk, pieces.text.p);
        fuzz_fail("other events when read in pieces");
    }
    fuzz_end(&pieces);
    fuzz_end(&whole);
}

static inline const struct kf_config *fuzz_config(void)
{
    static struct kf_config *c;
    static const char workspace[] = "zone: Europe/Berlin\ncurrency: EUR\n";
    struct kf_error err = KF_ERROR_INIT;
    if (!c && kf_config_parse(workspace, strlen(workspace), "/", true, &c, NULL, NULL, &err) != 0)
        fuzz_fail(err.message);
    return c;
}

#endif
