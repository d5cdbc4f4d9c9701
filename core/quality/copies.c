/* Events that say what another has said: the same content under another id, the same order. */
#include "quality/quality_internal.h"

#include "base/error.h"
#include "base/hash.h"
#include "event/canonical.h"
#include "event/keys.h"

#include <stdlib.h>

struct copy_at {
    uint64_t hash;
    uint32_t event;
};
typedef kf_vec(struct copy_at) copies;

/* By hash, then the earliest first. */
static int cmp_copy(const void *a, const void *b, void *events)
{
    const struct copy_at *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return kf_event_cmp(events, x->event, y->event);
}

static int by_hash(const void *a, const void *b)
{
    const struct copy_at *x = a, *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

/* ---- content ---- */

static bool takes_part(const struct kf_events *e, const uint8_t *subset, uint32_t i)
{
    return !e->dropped[i] && (!subset || subset[i]);
}

/* What is equal where the content is, without looking into the body. */
static uint64_t rough_hash(const struct kf_events *e, uint32_t i)
{
    uint64_t h = kf_hash64_seed(&e->time[i], sizeof e->time[i], e->at[i].source);
    uint32_t more[3] = {e->what[i].name, e->what[i].type, e->at[i].id_n};
    uint64_t ids = 0; /* in any order */
    for (uint32_t k = 0; k < e->at[i].id_n; k++)
        ids += e->id_pool[e->at[i].id_off + k] * 0x9e3779b97f4a7c15u;
    h = kf_hash64_seed(more, sizeof more, h);
    return kf_hash64_seed(&ids, sizeof ids, h);
}

static uint64_t content_hash(const struct kf_events *e, uint32_t i, struct kf_buf *b)
{
    kf_buf_clear(b);
    kf_canonical_said(e, i, b);
    return kf_hash64(b->p, b->n);
}

/* Events whose rough hash another seems to have: two bits for each of 16 slots an event say whether
 * a slot is taken and taken again. Nearly all events stand alone and are never sorted. */
static bool collect(const struct kf_events *e, const uint8_t *subset, copies *ret)
{
    uint64_t slots = 1024;
    while (slots < 16 * (uint64_t)e->n)
        slots *= 2;
    uint8_t *taken = calloc(slots / 4, 1);
    if (!taken)
        return false;
    for (uint32_t i = 0; i < e->n; i++)
        if (takes_part(e, subset, i)) {
            uint64_t at = rough_hash(e, i) & (slots - 1);
            uint8_t *byte = &taken[at / 4];
            unsigned one = 1u << (at % 4 * 2);
            *byte = (uint8_t)(*byte & one ? *byte | one << 1 : *byte | one);
        }
    for (uint32_t i = 0; i < e->n; i++) {
        uint64_t h = takes_part(e, subset, i) ? rough_hash(e, i) : 0, at = h & (slots - 1);
        if (takes_part(e, subset, i) && taken[at / 4] >> (at % 4 * 2 + 1) & 1)
            *kf_vec_push(ret) = (struct copy_at){h, i};
    }
    free(taken);
    return true;
}

/* Only events whose rough hash another has are looked into. */
static void refine(const struct kf_events *e, copies *all)
{
    struct kf_buf b = {0};
    size_t n = 0;
    if (all->n > 1)
        qsort(all->p, all->n, sizeof *all->p, by_hash);
    for (size_t i = 0, end; i < all->n; i = end) {
        for (end = i + 1; end < all->n && all->p[end].hash == all->p[i].hash;)
            end++;
        for (size_t k = i; end - i > 1 && k < end; k++)
            all->p[n++] = (struct copy_at){content_hash(e, all->p[k].event, &b), all->p[k].event};
    }
    all->n = n;
    kf_buf_free(&b);
}

/* All but the first of events that say the same under different ids. */
static int same_content(struct pass *p, struct kf_error *err)
{
    const struct kf_events *e = p->e;
    const uint8_t *subset = p->o->subset;
    copies all = {0};
    uint8_t *bad = calloc(e->n + 1u, 1);
    if (!bad || !collect(e, subset, &all)) {
        free(bad);
        return kf_error_set(err, KF_E_NOMEM, "quality", "no memory to check %u events", e->n);
    }
    refine(e, &all);
    if (all.n > 1)
        qsort_r(all.p, all.n, sizeof *all.p, cmp_copy, (void *)(uintptr_t)e);
    for (size_t i = 1; i < all.n; i++)
        bad[all.p[i].event] = all.p[i].hash == all.p[i - 1].hash;
    for (uint32_t i = 0; i < e->n; i++)
        if (takes_part(e, subset, i))
            kf_pass_check(p, KF_QUALITY_SAME_CONTENT, i, bad[i], 0);
    kf_vec_free(&all);
    free(bad);
    return 0;
}

/* ---- one id, two contents ---- */

static uint64_t id_hash(const struct kf_events *e, uint32_t i)
{
    struct kf_str id = kf_event_id(e, i);
    return kf_hash64_seed(id.p, id.n, e->at[i].source);
}

/* Copies that were dropped, and the events that were kept instead; by hash of their ids. */
static void pair_up(const struct pass *p, copies *dropped, copies *kept)
{
    const struct kf_events *e = p->e;
    uint8_t slot[8192] = {0}; /* does some dropped copy hash to here? */
    for (uint32_t i = 0; i < e->n; i++)
        if (e->dropped[i] && kf_pass_has(p, i)) {
            struct copy_at c = {id_hash(e, i), i};
            slot[c.hash % sizeof slot] = 1;
            *kf_vec_push(dropped) = c;
        }
    for (uint32_t i = 0; dropped->n && i < e->n; i++) {
        if (!takes_part(e, p->o->subset, i))
            continue;
        struct copy_at c = {id_hash(e, i), i};
        if (slot[c.hash % sizeof slot])
            *kf_vec_push(kept) = c;
    }
    if (dropped->n > 1)
        qsort(dropped->p, dropped->n, sizeof *dropped->p, by_hash);
    if (kept->n > 1)
        qsort(kept->p, kept->n, sizeof *kept->p, by_hash);
}

/* Something is lost with a copy only if it said something else. */
static void other_content(struct pass *p)
{
    copies dropped = {0}, kept = {0};
    struct kf_buf b = {0};
    size_t k = 0;
    pair_up(p, &dropped, &kept);
    for (size_t i = 0; i < dropped.n; i++) {
        while (k < kept.n && kept.p[k].hash < dropped.p[i].hash)
            k++;
        if (k == kept.n || kept.p[k].hash != dropped.p[i].hash)
            continue;
        kf_pass_check(p, KF_QUALITY_OTHER, dropped.p[i].event,
                      content_hash(p->e, dropped.p[i].event, &b) !=
                          content_hash(p->e, kept.p[k].event, &b),
                      0);
    }
    kf_buf_free(&b);
    kf_vec_free(&dropped);
    kf_vec_free(&kept);
}

/* ---- orders ---- */

static bool order_of(const struct kf_events *e, uint32_t i, uint64_t *ret)
{
    struct kf_val v;
    char number[32];
    if (!kf_body_get(e, i, KF_KEY_ORDER_ID, &v))
        return false;
    if (v.type == KF_V_DEC)
        v.text = kf_str(number, kf_dec_format(v.dec, number));
    else if (v.type != KF_V_TEXT)
        return false;
    *ret = kf_hash64(v.text.p, v.text.n);
    return v.text.n > 0; /* an empty id is none */
}

static void same_order(struct pass *p)
{
    const struct kf_events *e = p->e;
    copies all = {0};
    uint64_t h;
    for (uint32_t i = 0; p->order_completed && i < e->n; i++)
        if (e->what[i].name == p->order_completed && takes_part(e, p->o->subset, i) &&
            kf_pass_counts(p, i) && order_of(e, i, &h))
            *kf_vec_push(&all) = (struct copy_at){h, i};
    if (all.n > 1)
        qsort_r(all.p, all.n, sizeof *all.p, cmp_copy, (void *)(uintptr_t)e);
    for (size_t i = 0; i < all.n; i++)
        kf_pass_check(p, KF_QUALITY_SAME_ORDER, all.p[i].event,
                      i && all.p[i].hash == all.p[i - 1].hash, KF_KEY_ORDER_ID);
    kf_vec_free(&all);
}

int kf_pass_copies(struct pass *p, struct kf_error *err)
{
    same_order(p);
    other_content(p);
    return same_content(p, err);
}
