/* Sources without a connector's file: a shape, read from memory or from files of a folder that the
 * test makes. */
#ifndef KF_TESTS_EVENT_SUPPORT_H
#define KF_TESTS_EVENT_SUPPORT_H

#include "../check_main.h"

#include "base/vec.h"
#include "event/ingest.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct kf_shape test_shape;
static struct kf_error err;

#define OK(call) ck_assert_msg((call) == 0, "%s: %s", #call, err.message)

static inline int32_t test_open(const struct kf_host *h, const struct kf_option_value *v,
                                void **ret, struct kf_error *e)
{
    static int instance;
    (void)h;
    (void)v;
    (void)e;
    *ret = &instance;
    return 0;
}

static inline int32_t test_shape_of(void *in, struct kf_shape *ret, struct kf_error *e)
{
    uint32_t size = ret->size;
    (void)in;
    (void)e;
    *ret = test_shape;
    ret->size = size;
    return 0;
}

static const struct kf_option test_options[] = {KF_OPTION_END};
static const struct kf_plugin_handle test_plugin = {
    .plugin = {.name = "test", .options = test_options},
    .source = {.size = sizeof(struct kf_source_ops), .open = test_open, .shape = test_shape_of}};

/* Rows that most tests need: t, e and at make an event, u is who did it. */
#define TEST_ROWS                                                                                  \
    {"t", KF_TO_TYPE, 0, 0, 0, 0, 0}, {"e", KF_TO_NAME, 0, 0, 0, 0, 0},                            \
        {"at", KF_TO_TIME, 0, 0, 0, 0, 0}, {"id", KF_TO_MESSAGE_ID, 0, 0, 0, 0, 0},                \
        {"got", KF_TO_RECEIVED, 0, 0, 0, 0, 0},                                                    \
    {                                                                                              \
        "u", KF_TO_IDENTIFIER, 0, "user_id", 0, 0, 0                                               \
    }

struct got {
    struct kf_dict dict;
    struct kf_idents *idents;
    struct kf_events *events;
    struct kf_ingest_result *result;
    struct kf_buf text; /* what there is, in an order that depends on nothing else */
};

static inline void got_begin(struct got *g)
{
    memset(g, 0, sizeof *g);
    err = (struct kf_error)KF_ERROR_INIT;
    OK(kf_dict_init(&g->dict));
    g->idents = kf_idents_new();
    g->events = kf_events_new(&g->dict, g->idents);
}

static inline void got_end(struct got *g)
{
    kf_ingest_free(g->result);
    kf_events_free(g->events);
    kf_idents_free(g->idents);
    kf_dict_free(&g->dict);
    kf_buf_free(&g->text);
}

static inline int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* file:record and the event, sorted; then the quarantine and the counts. */
static inline void got_write(struct got *g)
{
    kf_vec(char *) line = {0};
    for (uint32_t i = 0; i < g->events->n; i++) {
        struct kf_buf b = {0};
        struct kf_str file = kf_symbols_text(g->dict.file, g->events->at[i].file);
        kf_buf_addf(&b, "%.*s:%u%s ", (int)file.n, file.p, g->events->at[i].record,
                    g->events->dropped[i] ? " dropped" : "");
        kf_event_json(g->events, i, &b);
        *kf_vec_push(&line) = b.p;
    }
    if (line.n)
        qsort(line.p, line.n, sizeof *line.p, by_text);
    kf_buf_adds(&g->text, "");
    for (size_t i = 0; i < line.n; i++) {
        kf_buf_addf(&g->text, "%s\n", line.p[i]);
        free(line.p[i]);
    }
    kf_vec_free(&line);
    for (uint32_t i = 0; i < g->result->n_quarantine; i++) {
        const struct kf_quarantine *q = &g->result->quarantine[i];
        struct kf_str file = kf_symbols_text(g->dict.file, q->file);
        kf_buf_addf(&g->text, "%.*s:%u %s %.*s: ", (int)file.n, file.p, q->record, q->reason,
                    (int)q->detail.n, q->detail.p);
        kf_buf_add(&g->text, q->raw.p, q->raw.n);
        kf_buf_addc(&g->text, '\n');
    }
    kf_buf_addf(&g->text, "%llu records, %llu events, %llu duplicates\n",
                (unsigned long long)g->result->records, (unsigned long long)g->result->events,
                (unsigned long long)g->result->duplicates);
    for (uint32_t i = 0; i < g->result->n_file; i++) {
        const struct kf_ingest_file *f = &g->result->file[i];
        struct kf_str name = kf_symbols_text(g->dict.file, f->file);
        kf_buf_addf(&g->text, "%.*s: %u records, %u events, %u rejected, %llu bytes, %llx\n",
                    (int)name.n, name.p, f->records, f->events, f->rejected,
                    (unsigned long long)f->size, (unsigned long long)f->hash);
    }
}

static inline void read_text(struct got *g, const char *text, size_t len)
{
    static const struct kf_config_source source = {.name = "test", .line = 1, .column = 1};
    static const struct kf_config config = {.dir = "/", .file = "kinfold.yaml"};
    got_begin(g);
    OK(kf_ingest_buffer(&config, &source, &test_plugin, "input", text, len, g->events, &g->result,
                        &err));
    got_write(g);
}

/* One folder a test. */
static char test_dir[64];

static inline void dir_make(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(test_dir, sizeof test_dir, "%s/kf_event_XXXXXX",
             tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(test_dir));
}

static inline const char *dir_file(const char *name, const void *data, size_t len)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", test_dir, name);
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(data, 1, len, f), len);
    fclose(f);
    return path;
}

static inline void dir_remove(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -r '%s'", test_dir);
    ck_assert_int_eq(system(command), 0);
}

static inline void read_paths(struct got *g, const struct kf_ingest_options *options,
                              const char *const *path, uint32_t n)
{
    struct kf_config_source source = {
        .name = "test", .path = path, .n_path = n, .line = 1, .column = 1};
    struct kf_config config = {
        .dir = test_dir, .file = "kinfold.yaml", .source = &source, .n_source = 1};
    struct kf_ingest_options o = *options;
    const struct kf_plugin_handle *plugin = &test_plugin;
    o.config = &config;
    got_begin(g);
    OK(kf_ingest_run(&o, &plugin, g->events, &g->result, &err));
    got_write(g);
    for (uint32_t i = 0; i < g->result->n_source; i++) /* they live in this frame */
        g->result->source[i].config = NULL;
}

/* The same number every time: splitmix64. */
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15ULL;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
    return z ^ z >> 31;
}

#endif
