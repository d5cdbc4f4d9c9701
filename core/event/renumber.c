#include "event/renumber.h"

#include "event/body.h"
#include "event/varint.h"

struct work {
    kf_renumber number;
    void *ctx;
};

/* A smaller number in the bytes of the one that was there: nothing behind it moves. */
static void put_over(uint8_t *p, const uint8_t *end, uint32_t v)
{
    for (; p + 1 < end; p++, v >>= 7)
        *p = (uint8_t)(v | 0x80);
    *p = (uint8_t)v;
}

static uint8_t *value(const struct work *w, uint8_t *p);

static void fields(const struct work *w, uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        const uint8_t *at = p;
        kf_varint_get(&at); /* key */
        p = value(w, p + (at - p));
    }
}

static uint8_t *value(const struct work *w, uint8_t *p)
{
    uint8_t *end = p + (kf_value_end(p) - p);
    const uint8_t *at = p + 1;
    uint64_t n;
    switch (*p) {
    case KF_V_IDENT:
        n = kf_varint_get(&at);
        put_over(p + 1, end, w->number(w->ctx, (uint32_t)n));
        break;
    case KF_V_OBJ:
        kf_varint_get(&at);
        fields(w, p + (at - p), end);
        break;
    case KF_V_LIST:
        kf_varint_get(&at); /* bytes */
        kf_varint_get(&at); /* elements */
        for (uint8_t *item = p + (at - p); item < end;)
            item = value(w, item);
        break;
    default:
        break;
    }
    return end;
}

void kf_events_renumber(struct kf_events *e, kf_renumber number, void *ctx)
{
    struct work w = {number, ctx};
    for (uint64_t i = 0; i < e->id_pool_n; i++)
        e->id_pool[i] = number(ctx, e->id_pool[i]);
    for (uint32_t i = 0; i < e->n; i++) {
        uint8_t *p = (uint8_t *)(uintptr_t)e->what[i].body; /* in the arenas of the events */
        const uint8_t *at = p;
        uint64_t n = kf_varint_get(&at);
        fields(&w, p + (at - p), at + n);
    }
}
