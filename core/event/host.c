/* The functions a connector may call while it finishes a record (kinfold/event.h). */
#include "event/canonical.h"
#include "event/reader.h"

#include "base/log.h"
#include "event/body.h"
#include "event/keys.h"

static struct kf_reader *reader_of(struct kf_record *rec)
{
    return rec->host;
}

static struct kf_text text(struct kf_str s)
{
    return (struct kf_text){s.p, s.n};
}

static struct kf_str copied(struct kf_reader *r, struct kf_text v)
{
    return kf_str(kf_arena_strndup(&r->keep, v.p ? v.p : "", v.n), v.n);
}

struct kf_str kf_builder_get(struct kf_event_builder *b, uint32_t key, struct kf_arena *arena)
{
    const uint8_t *p = b->buf, *end = b->buf + b->n;
    if (!kf_builder_has(b, key))
        return kf_str(NULL, 0);
    while (p < end && kf_varint_get(&p) != key)
        p = kf_value_end(p);
    if (p >= end || *p == KF_V_NULL)
        return kf_str(NULL, 0);
    if (*p == KF_V_TEXT) { /* later fields may move the buffer */
        p++;
        uint64_t n = kf_varint_get(&p);
        return kf_str(kf_arena_strndup(arena, (const char *)p, n), n);
    }
    if (*p == KF_V_SYM) {
        p++;
        return kf_symbols_text(b->dict->value, (uint32_t)kf_varint_get(&p));
    }
    if (*p == KF_V_IDENT) {
        for (uint32_t i = 0; i < b->n_id; i++)
            if (b->id[i].at == (uint32_t)(p + 1 - b->buf))
                return kf_str(b->id[i].p, b->id[i].n);
        return kf_str(NULL, 0);
    }
    struct kf_buf out = {0};
    struct kf_texts t = {b->dict, NULL, b};
    kf_canonical_value(&t, p, &out);
    struct kf_str s = kf_str(kf_arena_strndup(arena, out.p, out.n), out.n);
    kf_buf_free(&out);
    return s;
}

static uint32_t host_key(const struct kf_host *h, const char *path)
{
    const struct kf_run_host *run = (const struct kf_run_host *)(const void *)h;
    return path ? kf_symbols_add(run->dict->key, kf_cstr(path)) : 0;
}

static struct kf_text host_get(struct kf_record *rec, uint32_t key)
{
    struct kf_reader *r = reader_of(rec);
    return text(kf_builder_get(r->b, key, &r->keep));
}

static struct kf_text host_raw_field(struct kf_record *rec, const char *name)
{
    struct kf_reader *r = reader_of(rec);
    if (r->shape.format == KF_FORMAT_CSV)
        return text(kf_reader_cell(r, kf_cstr(name)));
    return text(kf_walk_member(&r->walk, r->record_i, kf_cstr(name), &r->keep));
}

static bool is_key(const struct kf_reader *r, uint32_t key)
{
    return key && key <= kf_symbols_count(r->dict->key);
}

static int32_t host_put_text(struct kf_record *rec, uint32_t key, struct kf_text v)
{
    struct kf_reader *r = reader_of(rec);
    struct kf_str s = kf_str(v.p ? v.p : "", v.p ? v.n : 0);
    if (!is_key(r, key))
        return KF_E_USAGE;
    uint32_t sym = s.n <= 64 ? kf_symbols_find(r->dict->value, s) : 0;
    uint8_t *p = kf_builder_field(r->b, key, 16 + s.n);
    kf_builder_done(r->b, sym ? kf_put_sym(p, sym) : kf_put_text(p, s));
    return 0;
}

static int32_t host_put_number(struct kf_record *rec, uint32_t key, struct kf_text decimal)
{
    struct kf_reader *r = reader_of(rec);
    struct kf_dec d;
    double num;
    bool exact;
    if (!is_key(r, key) || !decimal.p ||
        !kf_hand_number(kf_str(decimal.p, decimal.n), &d, &num, &exact))
        return KF_E_DATA;
    uint8_t *p = kf_builder_field(r->b, key, 16);
    kf_builder_done(r->b, exact ? kf_put_dec(p, d) : kf_put_double(p, num));
    return 0;
}

static int32_t host_put_bool(struct kf_record *rec, uint32_t key, int32_t v)
{
    struct kf_reader *r = reader_of(rec);
    if (!is_key(r, key))
        return KF_E_USAGE;
    kf_event_builder_bool(r->b, key, v != 0);
    return 0;
}

static int32_t host_put_time(struct kf_record *rec, uint32_t key, int64_t t)
{
    char s[48];
    struct kf_text v = {s, kf_time_format(t, s)};
    return host_put_text(rec, key, v);
}

static int32_t host_remove(struct kf_record *rec, uint32_t key)
{
    kf_builder_cut(reader_of(rec)->b, key);
    return 0;
}

/* A text of the field put just before or of the record lives long enough by itself; only the
 * connector knows, so it is copied. */
static int32_t host_put_identifier(struct kf_record *rec, const char *ns, struct kf_text value)
{
    struct kf_reader *r = reader_of(rec);
    if (!ns || !*ns || !value.p || value.n > KF_IDENT_MAX)
        return KF_E_DATA;
    uint32_t sym = kf_symbols_add(r->dict->ns, kf_cstr(ns));
    if (!sym || r->b->n_id >= KF_MAX_IDENTS) { /* nothing is lost if the connector does not look */
        kf_hand_fail(&r->hand, "too_many_identifiers",
                     sym ? "more than %u identifiers" : "more namespaces than %u",
                     sym ? KF_MAX_IDENTS : UINT16_MAX);
        return KF_E_LIMIT;
    }
    kf_builder_ident(r->b, sym, copied(r, value), 0);
    return 0;
}

static int32_t host_put_consent(struct kf_record *rec, const char *purpose, int32_t granted)
{
    struct kf_reader *r = reader_of(rec);
    struct kf_buf path = {0};
    kf_buf_addf(&path, "consent.%s", purpose ? purpose : "");
    uint32_t key = kf_symbols_add(r->dict->key, kf_str(path.p, path.n));
    kf_buf_free(&path);
    if (!key || !purpose)
        return KF_E_LIMIT;
    kf_hand_consent(&r->hand, key, granted != 0);
    return 0;
}

static int32_t host_emit(struct kf_record *rec, struct kf_error *err)
{
    struct kf_reader *r = reader_of(rec);
    if (kf_reader_emit(r))
        return 0;
    kf_error_set(err, KF_E_DATA, "event", "%s: %s", r->hand.reason, r->hand.detail);
    r->hand.reason = NULL;
    return KF_E_DATA;
}

static struct kf_text host_copy(struct kf_record *rec, struct kf_text v)
{
    return text(copied(reader_of(rec), v));
}

static int64_t host_parse_time(struct kf_record *rec, struct kf_text v, const char *format)
{
    struct kf_reader *r = reader_of(rec);
    int64_t t;
    struct kf_str s = kf_str(v.p, v.n);
    bool ok = v.p && (format ? kf_time_parse_format(s, format, r->zone, &t)
                             : kf_time_parse(s, r->zone, &t, NULL));
    return ok ? t : KF_NO_TIME;
}

static void host_debug(const struct kf_host *h, const char *plugin, const char *message)
{
    (void)h;
    kf_log(KF_LOG_DEBUG, plugin, "%s", message);
}

void kf_run_host_init(struct kf_run_host *h, struct kf_dict *dict)
{
    *h = (struct kf_run_host){.pub = {.size = sizeof(struct kf_host),
                                      .key = host_key,
                                      .get = host_get,
                                      .raw_field = host_raw_field,
                                      .put_text = host_put_text,
                                      .put_number = host_put_number,
                                      .put_bool = host_put_bool,
                                      .put_time = host_put_time,
                                      .remove = host_remove,
                                      .put_identifier = host_put_identifier,
                                      .put_consent = host_put_consent,
                                      .emit = host_emit,
                                      .copy = host_copy,
                                      .parse_time = host_parse_time,
                                      .debug = host_debug},
                              .dict = dict};
}
