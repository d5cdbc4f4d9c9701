#include "event/codec.h"

#include "event/body.h"
#include "event/varint.h"

#include <stdlib.h>

static const char magic[4] = {'K', 'F', 'E', '1'};
static const int64_t units[4] = {1, 1000, 1000000, 1000000000};

/* ---- pack ---- */

/* The largest unit that all times are multiples of: wire formats have milliseconds, seldom more. */
static unsigned unit_of(const struct kf_events *e, const uint32_t *events, uint32_t n)
{
    unsigned u = 3;
    for (uint32_t i = 0; i < n && u; i++) {
        int64_t a = e->time[events[i]], b = e->at[events[i]].received;
        while (u && (a % units[u] || b % units[u]))
            u--;
    }
    return u;
}

static uint8_t *put_heads(const struct kf_events *e, const uint32_t *events, uint32_t n,
                          int64_t unit, uint8_t *p)
{
    int64_t last = 0;
    for (uint32_t i = 0; i < n; i++) {
        int64_t t = e->time[events[i]] / unit;
        p = kf_varint_put(p, kf_zigzag((int64_t)((uint64_t)t - (uint64_t)last)));
        last = t;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint64_t d =
            (uint64_t)(e->at[events[i]].received / unit) - (uint64_t)(e->time[events[i]] / unit);
        p = kf_varint_put(p, kf_zigzag((int64_t)d));
    }
    for (uint32_t i = 0; i < n; i++)
        *p++ = (uint8_t)(e->what[events[i]].type | e->what[events[i]].platform << 4);
    for (uint32_t i = 0; i < n; i++)
        p = kf_varint_put(p, e->what[events[i]].name);
    for (uint32_t i = 0; i < n; i++)
        p = kf_varint_put(p, e->at[events[i]].source);
    for (uint32_t i = 0; i < n; i++)
        p = kf_varint_put(p, e->at[events[i]].file);
    int64_t record = 0;
    for (uint32_t i = 0; i < n; i++) {
        p = kf_varint_put(p, kf_zigzag((int64_t)e->at[events[i]].record - record));
        record = e->at[events[i]].record;
    }
    return p;
}

/* Bytes of one event's columns at most: three varints of 10, type, three of 5, number of
 * identifiers 3. */
#define HEAD_MAX 52u

void kf_codec_pack(const struct kf_events *e, const uint32_t *events, uint32_t n,
                   struct kf_buf *out)
{
    uint64_t ids = 0, bodies = 0;
    for (uint32_t i = 0; i < n; i++) {
        ids += e->at[events[i]].id_n;
        bodies += kf_body_size(e->what[events[i]].body);
    }
    kf_buf_reserve(out, 32 + (size_t)n * HEAD_MAX + ids * 5 + bodies);
    unsigned unit = unit_of(e, events, n);
    uint8_t *p = (uint8_t *)out->p + out->n;
    memcpy(p, magic, sizeof magic);
    p = kf_varint_put(p + sizeof magic, n);
    *p++ = (uint8_t)unit;
    p = put_heads(e, events, n, units[unit], p);
    for (uint32_t i = 0; i < n; i++)
        p = kf_varint_put(p, e->at[events[i]].id_n);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < e->at[events[i]].id_n; k++)
            p = kf_varint_put(p, e->id_pool[e->at[events[i]].id_off + k]);
    }
    p = kf_varint_put(p, bodies);
    for (uint32_t i = 0; i < n; i++) {
        size_t size = kf_body_size(e->what[events[i]].body);
        memcpy(p, e->what[events[i]].body, size);
        p += size;
    }
    out->n = (size_t)(p - (uint8_t *)out->p);
    out->p[out->n] = 0;
}

/* ---- unpack ---- */

struct input {
    const uint8_t *p, *end;
    struct kf_events *e;
    uint32_t n, from; /* events of the block, first of them in e */
    uint32_t idents;  /* identifiers that it may name */
    int64_t unit;
};

static bool read_max(struct input *in, uint64_t max, uint64_t *ret)
{
    return kf_varint_read(&in->p, in->end, ret) && *ret <= max;
}

/* Differences wrap: from 1900 to 2200 there are more nanoseconds than a difference holds. */
static bool read_time(struct input *in, int64_t from, int64_t *ret)
{
    uint64_t v;
    int64_t max = INT64_MAX / in->unit;
    if (!kf_varint_read(&in->p, in->end, &v))
        return false;
    *ret = (int64_t)((uint64_t)from + (uint64_t)kf_unzigzag(v));
    return *ret <= max && *ret >= -max;
}

static bool read_times(struct input *in)
{
    int64_t t = 0;
    for (uint32_t i = 0; i < in->n; i++) {
        if (!read_time(in, t, &t))
            return false;
        in->e->time[in->from + i] = t * in->unit;
    }
    for (uint32_t i = 0; i < in->n; i++) {
        if (!read_time(in, in->e->time[in->from + i] / in->unit, &t))
            return false;
        in->e->at[in->from + i].received = t * in->unit;
    }
    return true;
}

static bool read_types(struct input *in)
{
    if ((size_t)(in->end - in->p) < in->n)
        return false;
    for (uint32_t i = 0; i < in->n; i++) {
        uint8_t v = *in->p++;
        if ((v & 15) >= KF_EVENT_TYPES || v >> 4 > KF_PLATFORM_SERVER)
            return false;
        in->e->what[in->from + i].type = v & 15;
        in->e->what[in->from + i].platform = v >> 4;
    }
    return true;
}

static bool read_numbers(struct input *in)
{
    const struct kf_dict *d = in->e->dict;
    uint64_t v, names = kf_symbols_count(d->name), sources = kf_symbols_count(d->source),
                files = kf_symbols_count(d->file);
    for (uint32_t i = 0; i < in->n; i++) {
        if (!read_max(in, names, &v))
            return false;
        in->e->what[in->from + i].name = (uint32_t)v;
    }
    for (uint32_t i = 0; i < in->n; i++) {
        if (!read_max(in, UINT16_MAX, &v) || v >= sources)
            return false;
        in->e->at[in->from + i].source = (uint16_t)v;
    }
    for (uint32_t i = 0; i < in->n; i++) {
        if (!read_max(in, files, &v))
            return false;
        in->e->at[in->from + i].file = (uint32_t)v;
    }
    int64_t record = 0;
    for (uint32_t i = 0; i < in->n; i++) {
        if (!kf_varint_read(&in->p, in->end, &v) ||
            __builtin_add_overflow(record, kf_unzigzag(v), &record) || record < 0 ||
            record > UINT32_MAX)
            return false;
        in->e->at[in->from + i].record = (uint32_t)record;
    }
    return true;
}

static bool read_ids(struct input *in)
{
    uint64_t v, total = 0;
    for (uint32_t i = 0; i < in->n; i++) {
        if (!read_max(in, UINT16_MAX, &v))
            return false;
        in->e->at[in->from + i].id_n = (uint16_t)v;
        in->e->at[in->from + i].id_off = (uint32_t)(in->e->id_pool_n + total);
        total += v;
    }
    if (total > (uint64_t)(in->end - in->p) || in->e->id_pool_n + total > UINT32_MAX)
        return false;
    if (!total)
        return true;
    kf_events_reserve_ids(in->e, total);
    uint32_t *at = in->e->id_pool + in->e->id_pool_n;
    for (uint64_t i = 0; i < total; i++) {
        if (!kf_varint_read(&in->p, in->end, &v) || v >= in->idents)
            return false;
        at[i] = (uint32_t)v;
    }
    in->e->id_pool_n += total;
    return true;
}

static bool read_bodies(struct input *in)
{
    uint64_t size;
    if (!kf_varint_read(&in->p, in->end, &size) || size != (uint64_t)(in->end - in->p))
        return false;
    struct kf_body_limits l = {kf_symbols_count(in->e->dict->key),
                               kf_symbols_count(in->e->dict->value), in->idents};
    const uint8_t *p = in->p;
    for (uint32_t i = 0; i < in->n; i++) {
        in->e->what[in->from + i].body = p;
        p = kf_body_check(&l, p, in->end);
        if (!p)
            return false;
    }
    if (p != in->end)
        return false;
    if (!in->e->n_arenas) {
        struct kf_arena a;
        kf_arena_init(&a, 1u << 20);
        kf_events_take_arena(in->e, &a);
    }
    uint8_t *copy = kf_arena_alloc(&in->e->arenas[0], size);
    memcpy(copy, in->p, size);
    for (uint32_t i = 0; i < in->n; i++)
        in->e->what[in->from + i].body = copy + (in->e->what[in->from + i].body - in->p);
    in->p = in->end;
    return true;
}

int kf_codec_unpack(const void *bytes, size_t len, struct kf_events *into, struct kf_error *err)
{
    return kf_codec_unpack_raw(bytes, len, kf_idents_count(into->idents), into, err);
}

int kf_codec_unpack_raw(const void *bytes, size_t len, uint32_t idents, struct kf_events *into,
                        struct kf_error *err)
{
    struct input in = {.p = bytes,
                       .end = (const uint8_t *)bytes + len,
                       .e = into,
                       .from = into->n,
                       .idents = idents};
    uint64_t ids = into->id_pool_n, n;
    if (len < sizeof magic + 2 || memcmp(bytes, magic, sizeof magic) != 0)
        return kf_error_set(err, KF_E_DATA, "codec", "this is no block of events");
    in.p += sizeof magic;
    /* An event takes nine bytes at least: no room is made for more than there can be. */
    if (!read_max(&in, len / 9, &n) || in.p >= in.end || *in.p > 3)
        return kf_error_set(err, KF_E_DATA, "codec", "a block of events is damaged at its head");
    in.unit = units[*in.p++];
    in.n = (uint32_t)n;
    kf_events_reserve(into, in.n);
    if (!read_times(&in) || !read_types(&in) || !read_numbers(&in) || !read_ids(&in) ||
        !read_bodies(&in)) {
        into->id_pool_n = ids;
        return kf_error_set(err, KF_E_DATA, "codec",
                            "a block of %u events is damaged at byte %zu of %zu", in.n,
                            (size_t)(in.p - (const uint8_t *)bytes), len);
    }
    if (in.n)
        memset(into->dropped + in.from, 0, in.n);
    into->n += in.n;
    return 0;
}
