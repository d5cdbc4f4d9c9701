/* The builder from inside: core/event/ingest writes the fields of a record straight into it.
 *
 * One record at a time and one thread. Fields are encoded into `buf` as they come; identifiers wait
 * in `id` until the record is known to be an event, because one that is quarantined must leave no
 * identifier behind. A field that is an identifier keeps four bytes for its number. */
#ifndef KF_EVENT_BUILDER_H
#define KF_EVENT_BUILDER_H

#include "event/events.h"
#include "event/varint.h"

#define KF_NOWHERE UINT32_MAX

struct kf_pending {
    uint64_t hash;
    const char *p; /* lives until the number is there */
    uint32_t n, ns;
    uint32_t at; /* of the four bytes in `buf`, KF_NOWHERE: not a field */
    bool listed; /* the event's list has it (once) */
};

struct kf_event_builder {
    struct kf_dict *dict;
    struct kf_idents *ids;
    struct kf_arena *arena; /* bodies */
    uint8_t *slab, *slab_end;
    uint8_t *buf;
    size_t n, cap;
    struct kf_pending *id;
    uint32_t n_id, cap_id;
    uint32_t *stamp; /* by key: serial of the record that has it */
    uint32_t n_stamp, serial;
    uint32_t repeated;    /* what replacing fields of this record has cost: kf_builder_replaced */
    struct kf_arena text; /* of the public functions: identifiers' values */
    /* Inside a list fields belong to the innermost object: their keys are relative and have stamps
     * of their own. */
    struct {
        uint32_t depth; /* open lists */
        uint32_t serial, last_serial;
        size_t from; /* where the object's fields begin in buf */
        uint32_t *stamp;
        uint32_t n_stamp;
    } in;
    struct kf_json_side *json; /* of kf_event_builder_json */
};

void kf_builder_grow(struct kf_event_builder *b, size_t need);
void kf_builder_more_stamps(struct kf_event_builder *b, uint32_t key);
void kf_builder_cut(struct kf_event_builder *b, uint32_t key); /* removes a field, if it is there */
uint8_t *kf_builder_inner_field(struct kf_event_builder *b, uint32_t key, size_t need);

static inline uint8_t *kf_builder_room(struct kf_event_builder *b, size_t need)
{
    if (b->cap - b->n < need)
        kf_builder_grow(b, need);
    return b->buf + b->n;
}

static inline bool kf_builder_has(const struct kf_event_builder *b, uint32_t key)
{
    return key < b->n_stamp && b->stamp[key] == b->serial;
}

/* Taking a field out reads all that stand before it: in a huge record it counts for many. */
static inline void kf_builder_replaced(struct kf_event_builder *b)
{
    b->repeated += 1 + (uint32_t)(b->n >> 12);
}

/* Starts a field: an earlier one with the same key goes away. Room for `need` bytes of value behind
 * it. */
static inline uint8_t *kf_builder_field(struct kf_event_builder *b, uint32_t key, size_t need)
{
    if (b->in.depth)
        return kf_builder_inner_field(b, key, need);
    if (key >= b->n_stamp)
        kf_builder_more_stamps(b, key);
    if (b->stamp[key] == b->serial) {
        kf_builder_replaced(b);
        kf_builder_cut(b, key);
    }
    b->stamp[key] = b->serial;
    return kf_varint_put(kf_builder_room(b, need + KF_VARINT_MAX), key);
}

static inline void kf_builder_done(struct kf_event_builder *b, const uint8_t *p)
{
    b->n = (size_t)(p - b->buf);
}

/* Values, at a place with enough room: 16 + text. */
static inline uint8_t *kf_put_text(uint8_t *p, struct kf_str v)
{
    *p++ = KF_V_TEXT;
    p = kf_varint_put(p, v.n);
    if (v.n)
        memcpy(p, v.p, v.n);
    return p + v.n;
}

static inline uint8_t *kf_put_sym(uint8_t *p, uint32_t sym)
{
    *p++ = KF_V_SYM;
    return kf_varint_put(p, sym);
}

static inline uint8_t *kf_put_dec(uint8_t *p, struct kf_dec v)
{
    *p++ = KF_V_DEC;
    *p++ = (uint8_t)v.scale;
    return kf_varint_put(p, kf_zigzag(v.m));
}

static inline uint8_t *kf_put_double(uint8_t *p, double v)
{
    *p++ = KF_V_DOUBLE;
    memcpy(p, &v, sizeof v);
    return p + sizeof v;
}

/* A list or object whose length is not known yet: the place of its length, to be given to
 * kf_builder_close. The type byte is written; what belongs inside is appended to b->buf. */
size_t kf_builder_open(struct kf_event_builder *b, uint8_t type);
/* The fields that follow belong to an object just opened; `ret` keeps what was before, for
 * kf_builder_inner_end. */
struct kf_builder_inner {
    uint32_t serial;
    size_t from;
};
struct kf_builder_inner kf_builder_inner_begin(struct kf_event_builder *b);
void kf_builder_inner_end(struct kf_event_builder *b, struct kf_builder_inner before);
void kf_builder_close(struct kf_event_builder *b, size_t at);
/* A list ends: its count goes in front of the values. */
void kf_builder_close_list(struct kf_event_builder *b, size_t at, uint64_t count);

/* An identifier whose text lives until the record is finished (and until the group is looked up).
 */
void kf_builder_ident(struct kf_event_builder *b, uint32_t ns, struct kf_str value, uint32_t key);
/* Text of a field of the record in hand: numbers formatted, lists as JSON, in `arena`. p NULL:
 * missing or null. */
struct kf_str kf_builder_get(struct kf_event_builder *b, uint32_t key, struct kf_arena *arena);
/* The body in the arena, with the id in front; identifiers not yet numbered. *ret_fields: where
 * b->buf[0] came to stand. */
uint8_t *kf_builder_body(struct kf_event_builder *b, struct kf_str id, uint8_t **ret_fields);
/* Appends the columns; id_pool entries are left to the caller, who knows the numbers. */
uint32_t kf_builder_row(struct kf_events *e, const struct kf_event_head *h, uint32_t name,
                        const uint8_t *body);
/* Id of an event whose vendor gave none: XXH128 of the canonical content, as hex. */
void kf_builder_content_id(const struct kf_event_builder *b, const struct kf_event_head *h,
                           char ret[33]);

#endif
