/* One component that limits, cuts, isolation, consent, sharing or decisions touch: sections 2 to 5
 * in their order. */
#include "identity/resolve_internal.h"

#include "base/time.h"

#include <stdlib.h>

static int pair_cmp(const void *pa, const void *pb)
{
    uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;
    return a < b ? -1 : a > b;
}

/* shared_above: an identifier that links of the rules, refused consent included, tie to more than n
 * distinct values of one stronger namespace is isolated as a whole. */
static void guard(struct kf_id_work *w)
{
    w->pairs.n = 0;
    for (size_t i = 0; i < w->obs.n; i++) {
        const struct kf_id_obs *o = &w->obs.p[i];
        if (o->rule < KF_ID_JOIN_RULE && !o->unlinked && kf_id_ns_of(w, o->b)->shared_above &&
            kf_id_rank_of(w, o->a) < kf_id_rank_of(w, o->b))
            *kf_vec_push(&w->pairs) = (uint64_t)o->b << 32 | o->a;
    }
    if (!w->pairs.n)
        return;
    qsort(w->pairs.p, w->pairs.n, sizeof *w->pairs.p, pair_cmp);
    for (size_t i = 0, k; i < w->pairs.n; i = k) {
        uint32_t b = (uint32_t)(w->pairs.p[i] >> 32), count[KF_ID_NAMESPACES] = {0};
        for (k = i; k < w->pairs.n && w->pairs.p[k] >> 32 == b; k++) {
            uint32_t a = (uint32_t)w->pairs.p[k], ns = w->run->in->id_ns[w->gid[a]];
            if (k > i && w->pairs.p[k - 1] == w->pairs.p[k])
                continue;
            if (++count[ns] > kf_id_ns_of(w, b)->shared_above && !w->whole.p[b]) {
                w->whole.p[b] = KF_ID_SHARED_ABOVE;
                *kf_vec_push(&w->shared) = w->gid[b];
            }
        }
    }
}

/* Joins across namespaces: every span of b, as cut so far, is tied to a. */
static void tie_joins(struct kf_id_work *w, uint32_t slow)
{
    const struct kf_id_run *r = w->run;
    size_t lo = 0, hi = r->given.n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (r->given.p[mid].slow < slow)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < r->given.n && r->given.p[lo].slow == slow; lo++) {
        uint32_t a = r->local[r->given.p[lo].a], b = r->local[r->given.p[lo].b];
        for (uint32_t n = w->node_off.p[b]; n < w->node_off.p[b + 1]; n++) {
            const struct kf_id_node *x = &w->node.p[n];
            *kf_vec_push(&w->obs) =
                (struct kf_id_obs){.t = x->first == KF_TIME_MIN ? x->from : x->first,
                                   .a = a,
                                   .b = b,
                                   .event = KF_ID_NONE,
                                   .rule = KF_ID_JOIN_RULE,
                                   .strength = KF_ID_DECLARED,
                                   .ok = true};
        }
    }
}

/* Clusters get numbers in the worker's list; each knows its earliest identifier. tmp: number of
 * each root. */
static void number_clusters(struct kf_id_work *w)
{
    w->tmp.n = 0;
    kf_vec_reserve(&w->tmp, w->node.n);
    memset(w->tmp.p, 0xff, w->node.n * sizeof *w->tmp.p);
    for (uint32_t n = 0; n < w->node.n; n++) {
        const struct kf_id_node *x = &w->node.p[n];
        uint32_t root = kf_id_find(w, n), id = w->gid[x->id];
        if (w->tmp.p[root] == KF_ID_NONE) {
            w->tmp.p[root] = (uint32_t)w->cluster.n;
            *kf_vec_push(&w->cluster) = (struct kf_id_earliest){KF_TIME_MAX, id, x->from};
        }
        struct kf_id_earliest *c = &w->cluster.p[w->tmp.p[root]];
        if (x->first == KF_TIME_MIN || x->first > c->t)
            continue;
        if (x->first < c->t || kf_id_cmp(w->run, id, c->id) < 0)
            *c = (struct kf_id_earliest){x->first, id, x->from};
    }
}

static void emit_span(struct kf_id_work *w, uint32_t n, int64_t to)
{
    const struct kf_id_node *x = &w->node.p[n];
    *kf_vec_push(&w->span) = (struct kf_id_span){.id = w->gid[x->id],
                                                 .from = x->from,
                                                 .to = to,
                                                 .profile = w->tmp.p[kf_id_find(w, n)],
                                                 .isolated = x->iso,
                                                 .first_seen = x->first,
                                                 .last_seen = x->last};
}

/* What becomes the labels of the component's identifiers: their cluster, or the first of their span
 * rows. It replaces their local numbers, which only this worker reads; the labels themselves are
 * still read by the others. */
static void emit_identifiers(struct kf_id_work *w)
{
    struct kf_id_run *r = (struct kf_id_run *)(uintptr_t)w->run;
    for (uint32_t x = 0; x < w->m; x++) {
        uint32_t from = w->node_off.p[x], to = w->node_off.p[x + 1];
        if (to - from == 1 && !w->node.p[from].n_piece) {
            r->local[w->gid[x]] = w->tmp.p[kf_id_find(w, from)];
            r->isolated[w->gid[x]] = w->node.p[from].iso;
            continue;
        }
        r->local[w->gid[x]] = KF_ID_CUT | (uint32_t)w->span.n;
        for (uint32_t n = from; n < to; n++) {
            emit_span(w, n, w->node.p[n].to);
            for (uint32_t k = 0; k < w->node.p[n].n_piece; k++)
                emit_span(w, w->node.p[n].piece + k, w->node.p[w->node.p[n].piece + k].to);
        }
    }
}

void kf_id_component(struct kf_id_work *w, uint32_t slow, unsigned worker)
{
    w->run->slow_worker[slow] = (uint16_t)worker;
    kf_id_load(w, slow);
    w->whole.n = 0;
    kf_vec_reserve(&w->whole, w->m);
    memset(w->whole.p, 0, w->m);
    kf_id_cut_expired(w);
    guard(w);
    kf_id_build_nodes(w);
    tie_joins(w, slow);
    kf_id_ask_consent(w);
    kf_id_cut_history(w);
    kf_id_build_rows(w);
    kf_id_place(w);
    kf_id_clusters(w);
    for (uint32_t level = 0; level < w->n_level; level++) {
        if (w->level_row.p[level] == KF_ID_NONE)
            continue;
        kf_id_settle(w, level);
        kf_id_tie(w, level);
    }
    number_clusters(w);
    emit_identifiers(w);
    kf_id_emit_links(w);
}

void kf_id_work_free(struct kf_id_work *w)
{
    kf_vec_free(&w->obs);
    kf_vec_free(&w->seen);
    kf_vec_free(&w->cut);
    kf_vec_free(&w->said);
    kf_vec_free(&w->whole);
    kf_vec_free(&w->node_off);
    kf_vec_free(&w->node);
    kf_vec_free(&w->node_from);
    kf_vec_free(&w->row);
    kf_vec_free(&w->table);
    kf_vec_free(&w->adj_off);
    kf_vec_free(&w->adj);
    kf_vec_free(&w->level_row);
    kf_vec_free(&w->row_off);
    kf_vec_free(&w->row_obs);
    kf_vec_free(&w->seen_off);
    kf_vec_free(&w->seen_t);
    kf_vec_free(&w->cl);
    kf_vec_free(&w->count);
    kf_vec_free(&w->item);
    kf_vec_free(&w->entry);
    kf_vec_free(&w->step);
    kf_vec_free(&w->raise);
    kf_vec_free(&w->full);
    kf_vec_free(&w->sep);
    kf_vec_free(&w->sep_off);
    kf_vec_free(&w->sep_at);
    free(w->cell);
    free(w->asked);
    kf_vec_free(&w->claim);
    kf_vec_free(&w->root);
    kf_vec_free(&w->turn);
    kf_vec_free(&w->bar);
    kf_vec_free(&w->at);
    kf_vec_free(&w->piece_ok);
    kf_vec_free(&w->order);
    kf_vec_free(&w->tmp);
    kf_vec_free(&w->tmp2);
    kf_vec_free(&w->claim_q);
    kf_vec_free(&w->part);
    kf_vec_free(&w->part_stamp);
    kf_vec_free(&w->part_count);
    kf_vec_free(&w->part_sep);
    kf_vec_free(&w->part_ids);
    kf_vec_free(&w->claim_head);
    kf_vec_free(&w->claim_next);
    kf_vec_free(&w->row_stamp);
    kf_vec_free(&w->sweep);
    kf_vec_free(&w->pairs);
    kf_vec_free(&w->cluster);
    kf_vec_free(&w->span);
    kf_vec_free(&w->link);
    kf_vec_free(&w->shared);
}
