/* split_by_login (and reset_on_logout inside a stretch): a shared span is cut where its owner
 * changes. */
#include "identity/resolve_internal.h"

#include <stdlib.h>

/* Observations of each row side by side: made when the first span is cut, and by the rows of that
 * moment for good. */
static void list_observations(struct kf_id_work *w)
{
    size_t n = w->row.n;
    kf_vec_reserve(&w->row_off, n + 2);
    kf_vec_reserve(&w->row_obs, w->obs.n + 1);
    memset(w->row_off.p, 0, (n + 2) * sizeof *w->row_off.p);
    for (size_t i = 0; i < w->obs.n; i++)
        w->row_off.p[w->obs.p[i].row + 2]++;
    for (size_t i = 0; i < n; i++)
        w->row_off.p[i + 2] += w->row_off.p[i + 1];
    for (uint32_t i = 0; i < w->obs.n; i++)
        w->row_obs.p[w->row_off.p[w->obs.p[i].row + 1]++] = i;
    w->row_off.n = n + 1;
}

static int turn_cmp(const void *pa, const void *pb, void *work)
{
    const struct kf_id_turn *a = pa, *b = pb;
    const struct kf_id_work *w = work;
    if (a->t != b->t)
        return a->t < b->t ? -1 : 1;
    if (a->p == b->p)
        return 0;
    const struct kf_id_node *x = &w->node.p[a->p], *y = &w->node.p[b->p];
    int c = kf_id_cmp(w->run, w->gid[x->id], w->gid[y->id]);
    return c ? c : x->from < y->from ? -1 : x->from > y->from;
}

/* w->turn: every counting claim at each of its instants, by time, rank and bytes of the other end.
 */
static void list_turns(struct kf_id_work *w, uint32_t q)
{
    uint32_t stamp = ++w->stamp;
    w->turn.n = 0;
    while (w->row_stamp.n < w->row.n)
        *kf_vec_push(&w->row_stamp) = 0;
    for (size_t i = 0; i < w->claim.n; i++)
        w->row_stamp.p[w->claim.p[i]] = stamp;
    for (uint64_t k = w->adj_off.p[q]; k < w->adj_off.p[q + 1]; k++) {
        uint32_t at = w->adj.p[k];
        for (uint64_t i = w->row_off.p[at]; i < w->row_off.p[at + 1]; i++) {
            const struct kf_id_obs *o = &w->obs.p[w->row_obs.p[i]];
            if (w->row_stamp.p[o->row] == stamp)
                *kf_vec_push(&w->turn) = (struct kf_id_turn){o->t, w->row.p[o->row].p, o->ok};
        }
    }
    if (w->turn.n)
        qsort_r(w->turn.p, w->turn.n, sizeof *w->turn.p, turn_cmp, w);
}

static bool nobody_fits(struct kf_id_work *w, struct kf_id_held *h, size_t from, size_t to)
{
    struct kf_id_why why;
    for (size_t i = from; i < to; i++)
        if (!kf_id_held_breaks(w, h, kf_id_find(w, w->turn.p[i].p), &why))
            return false;
    return true;
}

/* Walks the turns: w->at: where new pieces start; w->piece_ok: whether somebody joined each with
 * consent; w->bar: who did not fit. */
static void walk_turns(struct kf_id_work *w)
{
    struct kf_id_held held = {.n_root = 0};
    w->at.n = w->piece_ok.n = w->bar.n = 0;
    *kf_vec_push(&w->piece_ok) = 0;
    for (size_t i = 0, k; i < w->turn.n; i = k) {
        for (k = i; k < w->turn.n && w->turn.p[k].t == w->turn.p[i].t; k++)
            ;
        if (held.n_root && nobody_fits(w, &held, i, k)) {
            *kf_vec_push(&w->at) = w->turn.p[i].t;
            *kf_vec_push(&w->piece_ok) = 0;
            kf_id_let_go(w, &held);
        }
        for (size_t j = i; j < k; j++) {
            struct kf_id_bar b = {.piece = (uint32_t)w->at.n, .p = w->turn.p[j].p};
            uint32_t root = kf_id_find(w, b.p);
            b.reason = (uint8_t)kf_id_held_breaks(w, &held, root, &b.why);
            if (b.reason) {
                *kf_vec_push(&w->bar) = b;
                continue;
            }
            kf_id_hold(w, &held, root);
            w->piece_ok.p[w->at.n] |= w->turn.p[j].ok;
        }
    }
    kf_id_let_go(w, &held);
}

/* Observations at q fall into the rows of its pieces. */
static void share_out(struct kf_id_work *w, uint32_t q)
{
    size_t n_row = w->row.n;
    for (uint64_t k = w->adj_off.p[q]; k < w->adj_off.p[q + 1]; k++) {
        uint32_t at = w->adj.p[k];
        for (uint64_t i = w->row_off.p[at]; i < w->row_off.p[at + 1]; i++) {
            struct kf_id_row *r = &w->row.p[w->obs.p[w->row_obs.p[i]].row];
            r->count = 0;
            r->gone = true;
        }
    }
    for (uint64_t k = w->adj_off.p[q]; k < w->adj_off.p[q + 1]; k++) {
        uint32_t at = w->adj.p[k];
        for (uint64_t i = w->row_off.p[at]; i < w->row_off.p[at + 1]; i++) {
            struct kf_id_obs *o = &w->obs.p[w->row_obs.p[i]];
            kf_id_row_add(w, o);
            w->row.p[o->row].gone = false;
        }
    }
    for (size_t i = n_row; i < w->row.n; i++) {
        kf_id_orient(w, &w->row.p[i]);
        kf_id_push_level(w, (uint32_t)i);
    }
}

static uint32_t piece_node(const struct kf_id_work *w, uint32_t q, uint32_t piece)
{
    return piece ? w->node.p[q].piece + piece - 1 : q;
}

static int bar_cmp(const void *pa, const void *pb)
{
    const struct kf_id_bar *a = pa, *b = pb;
    if (a->piece != b->piece)
        return a->piece < b->piece ? -1 : 1;
    return a->p < b->p ? -1 : a->p > b->p;
}

static void bar_row(struct kf_id_work *w, struct kf_id_row *r, uint32_t q)
{
    uint32_t piece = r->q == q ? 0 : r->q - w->node.p[q].piece + 1;
    struct kf_id_bar key = {.piece = piece, .p = r->p};
    const struct kf_id_bar *b = bsearch(&key, w->bar.p, w->bar.n, sizeof key, bar_cmp);
    if (!b || r->barred)
        return;
    r->barred = b->reason;
    r->sep = b->why.sep;
    r->limit_ns = b->why.limit_ns;
}

/* All links between a claimant and a piece that it does not fit are refused. */
static void bar_rows(struct kf_id_work *w, uint32_t q)
{
    if (!w->bar.n)
        return;
    qsort(w->bar.p, w->bar.n, sizeof *w->bar.p, bar_cmp);
    for (uint64_t k = w->adj_off.p[q]; k < w->adj_off.p[q + 1]; k++) {
        uint32_t at = w->adj.p[k];
        for (uint64_t i = w->row_off.p[at]; i < w->row_off.p[at + 1]; i++) {
            struct kf_id_row *r = &w->row.p[w->obs.p[w->row_obs.p[i]].row];
            if (!r->same && r->q != r->p && w->node.p[r->q].id == w->node.p[q].id)
                bar_row(w, r, q);
        }
    }
}

/* w->claim: the counting claims of q. */
void kf_id_cut_by_owner(struct kf_id_work *w, uint32_t q)
{
    if (!w->row_off.n)
        list_observations(w);
    list_turns(w, q);
    walk_turns(w);
    uint32_t n = (uint32_t)w->at.n;
    if (n) {
        kf_id_split_node(w, q, w->at.p, n);
        kf_id_cluster_add(w, q);
        for (uint32_t i = 1; i <= n; i++)
            kf_id_cluster_add(w, piece_node(w, q, i));
        share_out(w, q);
    }
    for (uint32_t i = 0; i <= n; i++)
        if (!w->piece_ok.p[i])
            w->node.p[piece_node(w, q, i)].iso = KF_ID_CONSENT;
    bar_rows(w, q);
}
