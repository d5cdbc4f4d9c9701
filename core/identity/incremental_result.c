/* The whole result of an incremental engine, in the order and numbers of kf_identity_resolve. */
#include "identity/incremental_internal.h"

#include "base/error.h"
#include "base/time.h"

#include <stdlib.h>

/* By (rank, bytes). */
static int id_cmp(const struct kf_incremental *inc, uint32_t a, uint32_t b)
{
    uint32_t ra = inc->o.rules->ns[inc->id_ns.p[a]].rank;
    uint32_t rb = inc->o.rules->ns[inc->id_ns.p[b]].rank;
    if (ra != rb || a == b)
        return ra < rb ? -1 : ra > rb;
    return kf_str_cmp(inc->o.id_value(inc->o.ctx, a), inc->o.id_value(inc->o.ctx, b));
}

static int time_cmp(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int slot_cmp(const void *pa, const void *pb, void *ctx)
{
    const struct kf_incremental *inc = ctx;
    const struct kf_inc_slot *a = &inc->slot.p[*(const uint32_t *)pa];
    const struct kf_inc_slot *b = &inc->slot.p[*(const uint32_t *)pb];
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    int c = id_cmp(inc, a->earliest, b->earliest);
    return c ? c : time_cmp(a->from, b->from);
}

static int span_cmp(const void *pa, const void *pb)
{
    const struct kf_id_span *a = pa, *b = pb;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return time_cmp(a->from, b->from);
}

/* The order of links.c. */
static int link_cmp(const void *pa, const void *pb, void *ctx)
{
    const struct kf_id_link *a = pa, *b = pb;
    int c = id_cmp(ctx, a->a, b->a);
    c = c ? c : id_cmp(ctx, a->b, b->b);
    c = c ? c : strcmp(a->rule, b->rule);
    c = c ? c : time_cmp(a->a_from, b->a_from);
    c = c ? c : time_cmp(a->b_from, b->b_from);
    c = c ? c : (int)a->reason - (int)b->reason;
    c = c ? c : (int)a->strength - (int)b->strength;
    return c ? c : (int)b->consented - (int)a->consented;
}

static int shared_cmp(const void *pa, const void *pb, void *ctx)
{
    const struct kf_incremental *inc = ctx;
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    uint32_t na = inc->id_ns.p[a], nb = inc->id_ns.p[b];
    if (na != nb)
        return na < nb ? -1 : 1;
    return id_cmp(inc, a, b);
}

static bool alloc_result(const struct kf_incremental *inc, uint32_t n_ids, struct kf_id_result *r)
{
    size_t spans = 0, links = 0, shared = 0, profiles = 0;
    bool bad = false, same = false;
    for (uint32_t x = 0; x < inc->n_ids; x++) {
        const struct kf_inc_block *b = inc->part.p[x].block;
        spans += b ? b->n_span : 0;
        links += b ? b->n_link : 0;
        shared += b ? b->n_shared : 0;
        profiles += b ? b->n_profile : 0;
        same |= inc->same.p[x] != x;
    }
    for (size_t e = 0; e < inc->event.n; e++)
        bad |= inc->event.p[e].contradictory;
    r->span = malloc((spans + 1) * sizeof *r->span);
    r->link = malloc((links + 1) * sizeof *r->link);
    r->shared = malloc((shared + 1) * sizeof *r->shared);
    r->profile_id = malloc((profiles + 1) * sizeof *r->profile_id);
    r->profile_earliest = malloc((profiles + 1) * sizeof *r->profile_earliest);
    r->profile_earliest_from = malloc((profiles + 1) * sizeof *r->profile_earliest_from);
    r->event_profile = malloc((inc->event.n + 1) * sizeof *r->event_profile);
    r->event_contradictory = bad ? calloc(inc->event.n, 1) : NULL;
    r->id_profile = malloc((n_ids + 1u) * sizeof *r->id_profile);
    r->id_isolated = calloc(n_ids + 1u, 1);
    r->id_same = same ? malloc(n_ids * sizeof *r->id_same) : NULL;
    return r->span && r->link && r->shared && r->profile_id && r->profile_earliest &&
           r->profile_earliest_from && r->event_profile && (!bad || r->event_contradictory) &&
           r->id_profile && r->id_isolated && (!same || r->id_same);
}

/* Rows of all parts. The profiles' slots go to `slot`. */
static void collect(const struct kf_incremental *inc, struct kf_id_result *r, uint32_t *slot)
{
    for (uint32_t x = 0; x < inc->n_ids; x++) {
        struct kf_inc_block *b = inc->part.p[x].block;
        for (uint32_t i = 0; b && i < b->n_span; i++)
            r->span[r->n_span++] = kf_inc_spans(b)[i];
        for (uint32_t i = 0; b && i < b->n_link; i++)
            r->link[r->n_link++] = kf_inc_links(b)[i];
        for (uint32_t i = 0; b && i < b->n_shared; i++)
            r->shared[r->n_shared++] = kf_inc_shared(b)[i];
        for (uint32_t i = 0; b && i < b->n_profile; i++)
            slot[r->n_profiles++] = kf_inc_profiles(b)[i];
    }
    void *ctx = (void *)(uintptr_t)inc;
    qsort(r->span, r->n_span, sizeof *r->span, span_cmp);
    qsort_r(r->link, r->n_link, sizeof *r->link, link_cmp, ctx);
    qsort_r(r->shared, r->n_shared, sizeof *r->shared, shared_cmp, ctx);
    qsort_r(slot, r->n_profiles, sizeof *slot, slot_cmp, ctx);
}

static uint32_t number_of(const uint32_t *number, uint32_t slot)
{
    return slot == KF_ID_NONE ? KF_ID_NONE : number[slot];
}

static void fill(const struct kf_incremental *inc, uint32_t n_ids, const uint32_t *slot,
                 uint32_t *number, struct kf_id_result *r)
{
    for (uint32_t i = 0; i < r->n_profiles; i++) {
        const struct kf_inc_slot *s = &inc->slot.p[slot[i]];
        number[slot[i]] = i;
        r->profile_id[i] = s->id;
        r->profile_earliest[i] = s->earliest;
        r->profile_earliest_from[i] = s->from;
    }
    for (uint32_t i = 0; i < r->n_span; i++)
        r->span[i].profile = number_of(number, r->span[i].profile);
    for (size_t e = 0; e < inc->event.n; e++) {
        r->event_profile[e] = number_of(number, inc->event.p[e].profile);
        if (inc->event.p[e].contradictory)
            r->event_contradictory[e] = 1;
    }
    for (uint32_t x = 0; x < n_ids; x++) {
        bool known = x < inc->n_ids;
        r->id_profile[x] = known ? number_of(number, inc->profile.p[x]) : KF_ID_NONE;
        r->id_isolated[x] = known ? inc->isolated.p[x] : 0;
        if (r->id_same)
            r->id_same[x] = known ? inc->same.p[x] : x;
    }
}

int kf_incremental_result(const struct kf_incremental *inc, uint32_t n_ids,
                          struct kf_id_result **ret, struct kf_error *err)
{
    n_ids = n_ids < inc->n_ids ? inc->n_ids : n_ids;
    struct kf_id_result *r = calloc(1, sizeof *r);
    uint32_t *slot = malloc((inc->slot.n + 1) * sizeof *slot);
    uint32_t *number = malloc((inc->slot.n + 1) * sizeof *number);
    if (!r || !slot || !number || !alloc_result(inc, n_ids, r)) {
        kf_identity_free(r);
        free(slot);
        free(number);
        return kf_error_set(err, KF_E_NOMEM, "identity",
                            "no memory for the result of %u identifiers", n_ids);
    }
    collect(inc, r, slot);
    fill(inc, n_ids, slot, number, r);
    free(slot);
    free(number);
    *ret = r;
    return 0;
}
