/* Reading event bodies: see core/event/events.h for the form. */
#include "event/body.h"

#include "event/varint.h"

static void text_value(const struct kf_events *e, uint8_t form, uint64_t n, struct kf_val *ret)
{
    ret->type = KF_V_TEXT;
    if (form == KF_V_SYM) {
        ret->sym = (uint32_t)n;
        ret->text = kf_symbols_text(e->dict->value, (uint32_t)n);
    } else {
        ret->text = kf_idents_value(e->idents, (uint32_t)n);
    }
}

const uint8_t *kf_value_read(const struct kf_events *e, const uint8_t *p, struct kf_val *ret)
{
    *ret = (struct kf_val){.type = *p++};
    switch (ret->type) {
    case KF_V_TEXT: {
        uint64_t n = kf_varint_get(&p);
        ret->text = kf_str((const char *)p, n);
        return p + n;
    }
    case KF_V_SYM:
    case KF_V_IDENT:
        text_value(e, ret->type, kf_varint_get(&p), ret);
        return p;
    case KF_V_DEC:
        ret->dec.scale = (int8_t)*p++;
        ret->dec.m = kf_unzigzag(kf_varint_get(&p));
        return p;
    case KF_V_DOUBLE:
        memcpy(&ret->num, p, sizeof ret->num);
        return p + sizeof ret->num;
    case KF_V_LIST: {
        uint64_t n = kf_varint_get(&p);
        const uint8_t *end = p + n;
        ret->count = (uint32_t)kf_varint_get(&p);
        ret->text = kf_str((const char *)p, (size_t)(end - p));
        return end;
    }
    case KF_V_OBJ: {
        uint64_t n = kf_varint_get(&p);
        ret->text = kf_str((const char *)p, n);
        return p + n;
    }
    default:
        return p;
    }
}

const uint8_t *kf_value_end(const uint8_t *p)
{
    uint64_t n;
    switch (*p++) {
    case KF_V_TEXT:
    case KF_V_LIST:
    case KF_V_OBJ:
        n = kf_varint_get(&p);
        return p + n;
    case KF_V_DEC:
        p++;
        kf_varint_get(&p);
        return p;
    case KF_V_SYM:
    case KF_V_IDENT:
        kf_varint_get(&p);
        return p;
    case KF_V_DOUBLE:
        return p + 8;
    default:
        return p;
    }
}

static bool find(const struct kf_events *e, const uint8_t *p, const uint8_t *end, uint32_t key,
                 struct kf_val *ret)
{
    while (p < end) {
        if (kf_varint_get(&p) == key) {
            kf_value_read(e, p, ret);
            return true;
        }
        p = kf_value_end(p);
    }
    return false;
}

bool kf_body_next(const struct kf_events *e, uint32_t event, const uint8_t **at, uint32_t *ret_key,
                  struct kf_val *ret)
{
    const uint8_t *p = e->what[event].body;
    uint64_t n = kf_varint_get(&p);
    const uint8_t *end = p + n;
    if (*at)
        p = *at;
    if (p >= end)
        return false;
    *ret_key = (uint32_t)kf_varint_get(&p);
    *at = kf_value_read(e, p, ret);
    return true;
}

bool kf_body_next_of(const struct kf_events *e, uint32_t event, const uint8_t *wanted,
                     uint32_t n_keys, const uint8_t **at, uint32_t *ret_key, struct kf_val *ret)
{
    const uint8_t *p = e->what[event].body;
    uint64_t n = kf_varint_get(&p);
    const uint8_t *end = p + n;
    if (*at)
        p = *at;
    while (p < end) {
        uint32_t key = (uint32_t)kf_varint_get(&p);
        if (key < n_keys && wanted[key]) {
            *ret_key = key;
            *at = kf_value_read(e, p, ret);
            return true;
        }
        p = kf_value_end(p);
    }
    return false;
}

bool kf_body_get(const struct kf_events *e, uint32_t event, uint32_t key, struct kf_val *ret)
{
    const uint8_t *p = e->what[event].body;
    uint64_t n = kf_varint_get(&p);
    return find(e, p, p + n, key, ret);
}

bool kf_list_next(const struct kf_events *e, const struct kf_val *list, const uint8_t **at,
                  struct kf_val *ret)
{
    const uint8_t *from = (const uint8_t *)list->text.p, *end = from + list->text.n;
    const uint8_t *p = *at ? *at : from;
    if (list->type != KF_V_LIST || p >= end)
        return false;
    *at = kf_value_read(e, p, ret);
    return true;
}

bool kf_obj_get(const struct kf_events *e, const struct kf_val *obj, uint32_t key,
                struct kf_val *ret)
{
    const uint8_t *p = (const uint8_t *)obj->text.p;
    return obj->type == KF_V_OBJ && find(e, p, p + obj->text.n, key, ret);
}

size_t kf_body_size(const uint8_t *body)
{
    const uint8_t *p = body;
    uint64_t n = kf_varint_get(&p);
    return (size_t)(p - body) + (size_t)n;
}

/* ---- bytes from outside ---- */

static const uint8_t *check_fields(const struct kf_body_limits *l, const uint8_t *p,
                                   const uint8_t *end, unsigned depth);

static const uint8_t *check_sized(const uint8_t *p, const uint8_t *end, const uint8_t **ret_end)
{
    uint64_t n;
    if (!kf_varint_read(&p, end, &n) || n > (uint64_t)(end - p))
        return NULL;
    *ret_end = p + n;
    return p;
}

static const uint8_t *check_value(const struct kf_body_limits *l, const uint8_t *p,
                                  const uint8_t *end, unsigned depth)
{
    const uint8_t *stop;
    uint64_t n;
    if (p >= end)
        return NULL;
    switch (*p++) {
    case KF_V_NULL:
    case KF_V_FALSE:
    case KF_V_TRUE:
        return p;
    case KF_V_DOUBLE:
        return end - p >= 8 ? p + 8 : NULL;
    case KF_V_DEC:
        if (p >= end || *p++ > 18)
            return NULL;
        return kf_varint_read(&p, end, &n) ? p : NULL;
    case KF_V_SYM:
        return kf_varint_read(&p, end, &n) && n && n <= l->values ? p : NULL;
    case KF_V_IDENT:
        return kf_varint_read(&p, end, &n) && n < l->idents ? p : NULL;
    case KF_V_TEXT:
        return check_sized(p, end, &stop) ? stop : NULL;
    case KF_V_OBJ:
        p = check_sized(p, end, &stop);
        return p && depth && check_fields(l, p, stop, depth - 1) ? stop : NULL;
    case KF_V_LIST:
        p = check_sized(p, end, &stop);
        if (!p || !depth || !kf_varint_read(&p, stop, &n))
            return NULL;
        for (; p && p < stop && n; n--)
            p = check_value(l, p, stop, depth - 1);
        return p == stop && n == 0 ? stop : NULL;
    default:
        return NULL;
    }
}

static const uint8_t *check_fields(const struct kf_body_limits *l, const uint8_t *p,
                                   const uint8_t *end, unsigned depth)
{
    uint64_t key;
    while (p && p < end) {
        if (!kf_varint_read(&p, end, &key) || key == 0 || key > l->keys)
            return NULL;
        p = check_value(l, p, end, depth);
    }
    return p;
}

const uint8_t *kf_body_check(const struct kf_body_limits *l, const uint8_t *p, const uint8_t *end)
{
    const uint8_t *stop;
    p = check_sized(p, end, &stop);
    return p && check_fields(l, p, stop, KF_BODY_DEPTH) ? stop : NULL;
}
