/* Section 5, Shared: what a span that several may claim does, by the policy of its namespace. */
#include "identity/resolve_internal.h"

#include <stdlib.h>

/* The claims of the level, chained by the span they claim; claim_q lists those spans. */
static void collect_claims(struct kf_id_work *w, uint32_t level)
{
    w->claim_q.n = 0;
    kf_vec_reserve(&w->claim_next, w->row.n);
    while (w->claim_head.n < w->node.n)
        *kf_vec_push(&w->claim_head) = KF_ID_NONE;
    for (uint32_t i = w->level_row.p[level]; i != KF_ID_NONE; i = w->row.p[i].next) {
        const struct kf_id_row *r = &w->row.p[i];
        if (r->gone || r->unlinked || r->same || w->node.p[r->p].iso || w->node.p[r->q].iso)
            continue;
        if (w->claim_head.p[r->q] == KF_ID_NONE)
            *kf_vec_push(&w->claim_q) = r->q;
        w->claim_next.p[i] = w->claim_head.p[r->q];
        w->claim_head.p[r->q] = i;
    }
}

/* w->claim: the claims of q, but those from whose cluster it is separated. */
static void claims_of(struct kf_id_work *w, uint32_t q)
{
    w->claim.n = 0;
    for (uint32_t i = w->claim_head.p[q]; i != KF_ID_NONE; i = w->claim_next.p[i])
        if (!kf_id_separated(w, w->node.p[q].id, kf_id_find(w, w->row.p[i].p)))
            *kf_vec_push(&w->claim) = i;
    w->claim_head.p[q] = KF_ID_NONE;
}

static uint8_t best_strength(const struct kf_id_work *w)
{
    uint8_t best = KF_ID_OBSERVED + 1;
    for (size_t i = 0; i < w->claim.n; i++) {
        const struct kf_id_row *r = &w->row.p[w->claim.p[i]];
        if (r->ok && r->strength < best)
            best = r->strength;
    }
    return best;
}

static bool counting(const struct kf_id_row *r, uint8_t best)
{
    return !r->ok || r->strength == best;
}

/* w->root: the clusters that counting claims lead to, each once. */
static void roots_of(struct kf_id_work *w, uint8_t best)
{
    uint32_t stamp = ++w->stamp;
    w->root.n = 0;
    for (size_t i = 0; i < w->claim.n; i++) {
        const struct kf_id_row *r = &w->row.p[w->claim.p[i]];
        uint32_t root = kf_id_find(w, r->p);
        if (!counting(r, best) || w->cl.p[root].stamp == stamp)
            continue;
        w->cl.p[root].stamp = stamp;
        *kf_vec_push(&w->root) = root;
    }
}

/* last_login and first_login: the first claim in the order keeps the span. */
static void keep_first(struct kf_id_work *w, uint32_t q, uint8_t best)
{
    struct kf_id_order first = {0, 0, KF_ID_NONE};
    for (size_t i = 0; i < w->claim.n; i++) {
        if (!counting(&w->row.p[w->claim.p[i]], best))
            continue;
        struct kf_id_order o = kf_id_order_of(w, w->claim.p[i]);
        if (first.row == KF_ID_NONE || kf_id_order_cmp(&o, &first, w) < 0)
            first = o;
    }
    if (!w->row.p[first.row].ok) {
        w->node.p[q].iso = KF_ID_CONSENT;
        return;
    }
    uint32_t owner = kf_id_find(w, w->row.p[first.row].p);
    for (size_t i = 0; i < w->claim.n; i++) {
        struct kf_id_row *r = &w->row.p[w->claim.p[i]];
        struct kf_id_why why;
        r->barred = (uint8_t)kf_id_breaks(w, kf_id_find(w, r->p), owner, &why);
        r->sep = why.sep;
        r->limit_ns = why.limit_ns;
    }
}

static void settle_span(struct kf_id_work *w, uint32_t q)
{
    claims_of(w, q);
    if (w->claim.n < 2)
        return;
    uint8_t best = best_strength(w);
    roots_of(w, best);
    if (w->root.n < 2 || !kf_id_any_pair_breaks(w, w->root.p, (uint32_t)w->root.n))
        return;
    switch (kf_id_ns_of(w, w->node.p[q].id)->when_shared) {
    case KF_ID_AMBIGUOUS:
        w->node.p[q].iso = KF_ID_SHARED;
        *kf_vec_push(&w->shared) = w->gid[w->node.p[q].id];
        break;
    case KF_ID_LAST_LOGIN:
    case KF_ID_FIRST_LOGIN:
        keep_first(w, q, best);
        break;
    case KF_ID_SPLIT_BY_LOGIN:
    case KF_ID_RESET_ON_LOGOUT: {
        size_t n = 0;
        for (size_t i = 0; i < w->claim.n; i++)
            if (counting(&w->row.p[w->claim.p[i]], best))
                w->claim.p[n++] = w->claim.p[i];
        w->claim.n = n;
        kf_id_cut_by_owner(w, q);
        break;
    }
    }
}

void kf_id_settle(struct kf_id_work *w, uint32_t level)
{
    collect_claims(w, level);
    for (size_t i = 0; i < w->claim_q.n; i++)
        settle_span(w, w->claim_q.p[i]);
}
