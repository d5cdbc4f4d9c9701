#include "profile/fields.h"

static void decode_text(const struct kf_events *e, const uint8_t *p, struct kf_val *ret)
{
    uint8_t form = ret->type;
    uint64_t n = kf_field_varint(&p);
    ret->type = KF_V_TEXT;
    if (form == KF_V_TEXT) {
        ret->text = kf_str((const char *)p, n);
    } else if (form == KF_V_SYM) {
        ret->text = kf_symbols_text(e->dict->value, (uint32_t)n);
        ret->sym = (uint32_t)n;
    } else {
        ret->text = kf_idents_value(e->idents, (uint32_t)n);
    }
}

void kf_field_decode(const struct kf_events *e, const uint8_t *value, struct kf_val *ret)
{
    const uint8_t *p = value + 1;
    *ret = (struct kf_val){.type = *value};
    switch (ret->type) {
    case KF_V_TEXT:
    case KF_V_SYM:
    case KF_V_IDENT:
        decode_text(e, p, ret);
        break;
    case KF_V_DEC: {
        ret->dec.scale = (int8_t)*p++;
        uint64_t z = kf_field_varint(&p);
        ret->dec.m = (int64_t)(z >> 1) ^ -(int64_t)(z & 1);
        break;
    }
    case KF_V_DOUBLE:
        memcpy(&ret->num, p, sizeof ret->num);
        break;
    default:
        break;
    }
}
