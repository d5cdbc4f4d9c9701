#include "event/builder.h"

#include "base/hash.h"
#include "event/body.h"
#include "event/canonical.h"
#include "event/idents.h"
#include "event/json_walk.h"
#include "event/keys.h"

#include <stdlib.h>

#define SLAB       (256u << 10)
#define SYM_TEXT   24u /* longer texts of the public builder are kept as they are */
#define SYM_VALUES 65536u

static void *resized(void *p, size_t n, size_t size)
{
    void *q = realloc(p, n * size);
    if (!q)
        kf_arena_exhausted(n * size);
    return q;
}

struct kf_event_builder *kf_event_builder_new(struct kf_dict *d, struct kf_idents *ids,
                                              struct kf_arena *body_arena)
{
    struct kf_event_builder *b = calloc(1, sizeof *b);
    if (!b)
        kf_arena_exhausted(sizeof *b);
    b->dict = d;
    b->ids = ids;
    b->arena = body_arena;
    kf_builder_grow(b, 1024);
    kf_builder_more_stamps(b, 1000);
    b->serial = 1;
    return b;
}

void kf_event_builder_free(struct kf_event_builder *b)
{
    if (!b)
        return;
    free(b->buf);
    free(b->id);
    free(b->stamp);
    free(b->in.stamp);
    kf_json_side_free(b->json);
    kf_arena_free(&b->text);
    free(b);
}

void kf_builder_grow(struct kf_event_builder *b, size_t need)
{
    size_t cap = b->cap ? b->cap : 512;
    while (cap - b->n < need)
        cap *= 2;
    b->buf = resized(b->buf, cap, 1);
    b->cap = cap;
}

static void more_stamps(uint32_t **stamp, uint32_t *n_stamp, uint32_t key)
{
    uint32_t n = *n_stamp ? *n_stamp : 256;
    while (n <= key)
        n *= 2;
    *stamp = resized(*stamp, n, sizeof **stamp);
    memset(*stamp + *n_stamp, 0, (n - *n_stamp) * sizeof **stamp);
    *n_stamp = n;
}

void kf_builder_more_stamps(struct kf_event_builder *b, uint32_t key)
{
    more_stamps(&b->stamp, &b->n_stamp, key);
}

void kf_event_builder_begin(struct kf_event_builder *b)
{
    b->n = 0;
    b->n_id = 0;
    b->repeated = 0;
    b->in.depth = 0;
    if (++b->serial == 0) { /* after 2^32 records old stamps would look new */
        memset(b->stamp, 0, b->n_stamp * sizeof *b->stamp);
        b->serial = 1;
    }
    if (b->text.used)
        kf_arena_reset(&b->text);
}

void kf_builder_cut(struct kf_event_builder *b, uint32_t key)
{
    if (!kf_builder_has(b, key))
        return;
    b->stamp[key] = 0;
    const uint8_t *p = b->buf, *end = b->buf + b->n;
    while (p < end) {
        const uint8_t *from = p;
        uint64_t k = kf_varint_get(&p);
        p = kf_value_end(p);
        if (k != key)
            continue;
        uint32_t at = (uint32_t)(from - b->buf), size = (uint32_t)(p - from);
        memmove(b->buf + at, p, (size_t)(end - p));
        b->n -= size;
        for (uint32_t i = 0; i < b->n_id; i++) {
            struct kf_pending *id = &b->id[i];
            if (id->at == KF_NOWHERE || id->at < at)
                continue;
            id->at =
                id->at < at + size ? KF_NOWHERE : id->at - size; /* the identifier itself stays */
        }
        return;
    }
}

/* Takes the field out of an object inside a list. No identifier's number stands in lists, so none
 * has to be moved. */
static void cut_inner(struct kf_event_builder *b, uint32_t key)
{
    const uint8_t *p = b->buf + b->in.from, *end = b->buf + b->n;
    while (p < end) {
        const uint8_t *from = p;
        uint64_t k = kf_varint_get(&p);
        p = kf_value_end(p);
        if (k == key) {
            memmove(b->buf + (from - b->buf), p, (size_t)(end - p));
            b->n -= (size_t)(p - from);
            return;
        }
    }
}

uint8_t *kf_builder_inner_field(struct kf_event_builder *b, uint32_t key, size_t need)
{
    if (key >= b->in.n_stamp)
        more_stamps(&b->in.stamp, &b->in.n_stamp, key);
    if (b->in.stamp[key] == b->in.serial) {
        kf_builder_replaced(b);
        cut_inner(b, key);
    }
    b->in.stamp[key] = b->in.serial;
    return kf_varint_put(kf_builder_room(b, need + KF_VARINT_MAX), key);
}

struct kf_builder_inner kf_builder_inner_begin(struct kf_event_builder *b)
{
    struct kf_builder_inner before = {b->in.serial, b->in.from};
    if (++b->in.last_serial == 0) {
        if (b->in.stamp)
            memset(b->in.stamp, 0, b->in.n_stamp * sizeof *b->in.stamp);
        b->in.last_serial = 1;
    }
    b->in.serial = b->in.last_serial;
    b->in.from = b->n;
    return before;
}

void kf_builder_inner_end(struct kf_event_builder *b, struct kf_builder_inner before)
{
    b->in.serial = before.serial;
    b->in.from = before.from;
}

size_t kf_builder_open(struct kf_event_builder *b, uint8_t type)
{
    uint8_t *p = kf_builder_room(b, 2);
    p[0] = type;
    p[1] = 0;
    b->n += 2;
    return b->n - 1;
}

/* Makes room for `size` bytes at `at` where one byte is. */
static void widen(struct kf_event_builder *b, size_t at, size_t size)
{
    size_t more = size - 1;
    kf_builder_room(b, more);
    memmove(b->buf + at + size, b->buf + at + 1, b->n - at - 1);
    b->n += more;
}

void kf_builder_close(struct kf_event_builder *b, size_t at)
{
    size_t n = b->n - at - 1;
    widen(b, at, kf_varint_size(n));
    kf_varint_put(b->buf + at, n);
}

void kf_builder_close_list(struct kf_event_builder *b, size_t at, uint64_t count)
{
    size_t count_size = kf_varint_size(count), n = b->n - at - 1 + count_size;
    widen(b, at, kf_varint_size(n) + count_size);
    kf_varint_put(kf_varint_put(b->buf + at, n), count);
}

void kf_builder_ident(struct kf_event_builder *b, uint32_t ns, struct kf_str value, uint32_t key)
{
    if (b->n_id == b->cap_id) {
        b->cap_id = b->cap_id ? b->cap_id * 2 : 16;
        b->id = resized(b->id, b->cap_id, sizeof *b->id);
    }
    struct kf_pending id = {
        kf_ident_hash(ns, value), value.p, (uint32_t)value.n, ns, KF_NOWHERE, true};
    for (uint32_t i = 0; i < b->n_id && id.listed; i++) {
        const struct kf_pending *o = &b->id[i];
        id.listed = !(o->hash == id.hash && o->ns == ns && kf_str_eq(kf_str(o->p, o->n), value));
    }
    if (key && b->in.depth) {
        uint8_t *p = kf_builder_field(b, key, 16 + value.n);
        kf_builder_done(b, kf_put_text(p, value));
    } else if (key) {
        uint8_t *p = kf_builder_field(b, key, 8);
        *p++ = KF_V_IDENT;
        id.at = (uint32_t)(p - b->buf);
        kf_varint_put4(p, 0);
        kf_builder_done(b, p + 4);
    }
    if (id.at != KF_NOWHERE || id.listed)
        b->id[b->n_id++] = id;
}

/* ---- public ---- */

void kf_event_builder_text(struct kf_event_builder *b, uint32_t key, struct kf_str v)
{
    uint32_t sym = 0;
    if (v.n <= SYM_TEXT)
        sym = kf_symbols_count(b->dict->value) < SYM_VALUES ? kf_symbols_add(b->dict->value, v)
                                                            : kf_symbols_find(b->dict->value, v);
    uint8_t *p = kf_builder_field(b, key, 16 + v.n);
    kf_builder_done(b, sym ? kf_put_sym(p, sym) : kf_put_text(p, v));
}

void kf_event_builder_dec(struct kf_event_builder *b, uint32_t key, struct kf_dec v)
{
    kf_builder_done(b, kf_put_dec(kf_builder_field(b, key, 16), v));
}

void kf_event_builder_double(struct kf_event_builder *b, uint32_t key, double v)
{
    kf_builder_done(b, kf_put_double(kf_builder_field(b, key, 16), v));
}

void kf_event_builder_bool(struct kf_event_builder *b, uint32_t key, bool v)
{
    uint8_t *p = kf_builder_field(b, key, 1);
    *p++ = v ? KF_V_TRUE : KF_V_FALSE;
    kf_builder_done(b, p);
}

void kf_event_builder_null(struct kf_event_builder *b, uint32_t key)
{
    uint8_t *p = kf_builder_field(b, key, 1);
    *p++ = KF_V_NULL;
    kf_builder_done(b, p);
}

void kf_event_builder_ident(struct kf_event_builder *b, uint32_t ns, struct kf_str value,
                            uint32_t key)
{
    if (value.n > KF_IDENT_MAX) /* what is too long to be an identifier is a text */ {
        if (key)
            kf_event_builder_text(b, key, value);
        return;
    }
    kf_builder_ident(
        b, ns, kf_str(kf_arena_strndup(&b->text, value.p ? value.p : "", value.n), value.n), key);
}

bool kf_event_builder_json(struct kf_event_builder *b, uint32_t key, struct kf_str json)
{
    return kf_json_put(b, key, json);
}

static uint8_t *slab_alloc(struct kf_event_builder *b, size_t size)
{
#ifdef KF_ARENA_DEBUG
    return kf_arena_alloc(b->arena, size);
#else
    /* Bodies stand without gaps: the arena's own alignment would cost four bytes an event. */
    if ((size_t)(b->slab_end - b->slab) < size) {
        if (size > SLAB / 8)
            return kf_arena_alloc(b->arena, size);
        b->slab = kf_arena_alloc(b->arena, SLAB);
        b->slab_end = b->slab + SLAB;
    }
    uint8_t *p = b->slab;
    b->slab += size;
    return p;
#endif
}

uint8_t *kf_builder_body(struct kf_event_builder *b, struct kf_str id, uint8_t **ret_fields)
{
    size_t n = 2 + kf_varint_size(id.n) + id.n + b->n;
    uint8_t *body = slab_alloc(b, kf_varint_size(n) + n);
    uint8_t *p = kf_varint_put(body, n);
    *p++ = KF_KEY_EVENT_ID;
    p = kf_put_text(p, id);
    memcpy(p, b->buf, b->n);
    *ret_fields = p;
    return body;
}

uint32_t kf_builder_row(struct kf_events *e, const struct kf_event_head *h, uint32_t name,
                        const uint8_t *body)
{
    if (e->n == e->cap)
        kf_events_reserve(e, 1);
    uint32_t i = e->n++;
    e->time[i] = h->time;
    e->at[i].received = h->received == KF_NO_TIME ? h->time : h->received;
    e->what[i].name = name;
    e->what[i].type = h->type;
    e->what[i].platform = h->platform;
    e->at[i].source = h->source;
    e->what[i].body = body;
    e->at[i].id_off = (uint32_t)e->id_pool_n;
    e->at[i].id_n = 0;
    e->at[i].file = h->file;
    e->at[i].record = h->record;
    e->dropped[i] = 0;
    return i;
}

void kf_builder_content_id(const struct kf_event_builder *b, const struct kf_event_head *h,
                           char ret[33])
{
    struct kf_buf text = {0};
    kf_canonical_content(b, h, &text);
    kf_hash128_hex(kf_hash128(text.p, text.n), ret);
    kf_buf_free(&text);
}

uint32_t kf_event_builder_end(struct kf_event_builder *b, struct kf_events *e,
                              const struct kf_event_head *h)
{
    char content_id[33];
    struct kf_str id = h->id;
    kf_builder_cut(b, KF_KEY_EVENT_ID);
    if (!id.n) {
        kf_builder_content_id(b, h, content_id);
        id = kf_str(content_id, 32);
    }
    uint8_t *fields;
    const uint8_t *body = kf_builder_body(b, id, &fields);
    uint32_t event =
        kf_builder_row(e, h, h->name.n ? kf_symbols_add(b->dict->name, h->name) : 0, body);
    kf_events_reserve_ids(e, b->n_id);
    for (uint32_t i = 0; i < b->n_id; i++) {
        struct kf_pending *w = &b->id[i];
        uint32_t number = kf_idents_add(b->ids, w->ns, kf_str(w->p, w->n));
        if (number == UINT32_MAX)
            kf_arena_exhausted(w->n);
        if (w->at != KF_NOWHERE)
            kf_varint_put4(fields + w->at, number);
        if (w->listed && e->at[event].id_n < UINT16_MAX) {
            e->id_pool[e->id_pool_n++] = number;
            e->at[event].id_n++;
        }
    }
    return event;
}
