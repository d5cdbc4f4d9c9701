/* Walking event bodies without decoding what nobody asks for.
 *
 * kf_body_next decodes every value; the fold looks at five fields out of twenty and does it five
 * million times. Same bytes as core/event/events.h says, same results. */
#ifndef KF_PROFILE_FIELDS_H
#define KF_PROFILE_FIELDS_H

#include "event/events.h"

struct kf_fields {
    const uint8_t *at, *end;
};

static inline uint64_t kf_field_varint(const uint8_t **at)
{
    const uint8_t *p = *at;
    uint64_t v = *p & 0x7f;
    unsigned shift = 7;
    while (*p++ & 0x80) {
        v |= (uint64_t)(*p & 0x7f) << shift;
        shift += 7;
    }
    *at = p;
    return v;
}

static inline struct kf_fields kf_fields_of(const uint8_t *body)
{
    uint64_t n = kf_field_varint(&body);
    return (struct kf_fields){body, body + n};
}

/* The value after its type byte: how far it reaches. */
static inline const uint8_t *kf_field_end(uint8_t type, const uint8_t *p)
{
    uint64_t n;
    switch (type) {
    case KF_V_TEXT:
    case KF_V_LIST:
    case KF_V_OBJ:
        n = kf_field_varint(&p);
        return p + n;
    case KF_V_SYM:
    case KF_V_IDENT:
        while (*p++ & 0x80)
            ;
        return p;
    case KF_V_DEC:
        p++;
        while (*p++ & 0x80)
            ;
        return p;
    case KF_V_DOUBLE:
        return p + 8;
    default:
        return p;
    }
}

/* Next field: its key and where its value begins (at the type byte); false at the end. */
static inline bool kf_field_next(struct kf_fields *f, uint32_t *ret_key, const uint8_t **ret_value)
{
    if (f->at >= f->end)
        return false;
    *ret_key = (uint32_t)kf_field_varint(&f->at);
    *ret_value = f->at;
    f->at = kf_field_end(*f->at, f->at + 1);
    return true;
}

/* Number of the raw identifier behind a value, UINT32_MAX: the value is none. */
static inline uint32_t kf_field_ident(const uint8_t *value)
{
    if (*value != KF_V_IDENT)
        return UINT32_MAX;
    value++;
    return (uint32_t)kf_field_varint(&value);
}

/* Decodes a value found by kf_field_next. Of lists and objects only the type: kf_body_get has them.
 */
void kf_field_decode(const struct kf_events *e, const uint8_t *value, struct kf_val *ret);

#endif
