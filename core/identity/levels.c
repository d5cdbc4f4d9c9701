/* Links between spans (collapsed observations) and their levels (section 4). */
#include "identity/resolve_internal.h"

#include "base/hash.h"

#include <stdlib.h>

/* The nearer end of a link first: level, rank, bytes, start. Both ends' levels are known. */
void kf_id_orient(const struct kf_id_work *w, struct kf_id_row *row)
{
    const struct kf_id_node *p = &w->node.p[row->p], *q = &w->node.p[row->q];
    row->same = p->level == q->level;
    if (p->level < q->level)
        return;
    if (p->level == q->level) {
        int c = kf_id_cmp(w->run, w->gid[p->id], w->gid[q->id]);
        if (c < 0 || (c == 0 && p->from <= q->from))
            return;
    }
    uint32_t swap = row->p;
    row->p = row->q;
    row->q = swap;
}

static bool event_before(const struct kf_id_run *r, uint32_t a, uint32_t b)
{
    const struct kf_id_input *in = r->in;
    if (a == KF_ID_NONE || b == KF_ID_NONE)
        return a == KF_ID_NONE && b != KF_ID_NONE;
    if (in->event_time[a] != in->event_time[b])
        return in->event_time[a] < in->event_time[b];
    return in->event_cmp && in->event_cmp(in->ctx, a, b) < 0;
}

static uint64_t row_hash(uint32_t lo, uint32_t hi, uint16_t rule, bool ok, bool unlinked)
{
    return kf_mix64(((uint64_t)lo << 32 | hi) ^
                    ((uint64_t)rule << 2 | (unsigned)ok << 1 | unlinked) * 0x9e3779b97f4a7c15ull);
}

/* Doubles the table of rows; rows that a cut emptied lose their place. */
static void grow_table(struct kf_id_work *w)
{
    size_t cap = 2 * w->table.n;
    kf_vec_reserve(&w->table, cap - w->table.n);
    memset(w->table.p, 0xff, cap * sizeof *w->table.p);
    w->table.n = cap;
    for (uint32_t i = 0; i < w->row.n; i++) {
        const struct kf_id_row *r = &w->row.p[i];
        uint32_t lo = r->p < r->q ? r->p : r->q, hi = r->p < r->q ? r->q : r->p;
        size_t k = row_hash(lo, hi, r->rule, r->ok, r->unlinked) & (cap - 1);
        while (w->table.p[k] != KF_ID_NONE)
            k = (k + 1) & (cap - 1);
        w->table.p[k] = i;
    }
}

/* The row of an observation between two spans, made where there is none yet. Keys are unordered
 * pairs of spans. */
static uint32_t row_for(struct kf_id_work *w, const struct kf_id_obs *o, uint32_t a, uint32_t b)
{
    uint32_t lo = a < b ? a : b, hi = a < b ? b : a;
    if (2 * w->row.n >= w->table.n)
        grow_table(w);
    size_t mask = w->table.n - 1, k = row_hash(lo, hi, o->rule, o->ok, o->unlinked) & mask;
    for (uint32_t at; (at = w->table.p[k]) != KF_ID_NONE; k = (k + 1) & mask) {
        const struct kf_id_row *r = &w->row.p[at];
        if (((r->p == lo && r->q == hi) || (r->p == hi && r->q == lo)) && r->rule == o->rule &&
            r->ok == o->ok && r->unlinked == o->unlinked)
            return at;
    }
    w->table.p[k] = (uint32_t)w->row.n;
    *kf_vec_push(&w->row) = (struct kf_id_row){.p = lo,
                                               .q = hi,
                                               .event = o->event,
                                               .sep = KF_ID_NONE,
                                               .limit_ns = KF_ID_NONE,
                                               .rule = o->rule,
                                               .strength = o->strength,
                                               .ok = o->ok,
                                               .unlinked = o->unlinked};
    return (uint32_t)w->row.n - 1;
}

/* Adds an observation to the row between the spans it falls in now. */
void kf_id_row_add(struct kf_id_work *w, struct kf_id_obs *o)
{
    o->row = row_for(w, o, kf_id_node_at(w, o->a, o->t), kf_id_node_at(w, o->b, o->t));
    struct kf_id_row *r = &w->row.p[o->row];
    if (r->count == 0 || event_before(w->run, r->event, o->event))
        r->event = o->event;
    r->first = r->count == 0 || o->t < r->first ? o->t : r->first;
    r->last = r->count == 0 || o->t > r->last ? o->t : r->last;
    r->count++;
}

void kf_id_build_rows(struct kf_id_work *w)
{
    size_t cap = 16;
    while (cap < 2 * w->obs.n)
        cap *= 2;
    w->row.n = w->table.n = 0;
    w->row_off.n = w->seen_off.n = 0;
    kf_vec_reserve(&w->table, cap);
    memset(w->table.p, 0xff, cap * sizeof *w->table.p);
    w->table.n = cap;
    for (size_t i = 0; i < w->obs.n; i++)
        kf_id_row_add(w, &w->obs.p[i]);
}

static void build_adjacency(struct kf_id_work *w)
{
    uint32_t n = (uint32_t)w->node.n;
    w->adj_off.n = w->adj.n = 0;
    kf_vec_reserve(&w->adj_off, n + 2u);
    kf_vec_reserve(&w->adj, 2 * w->row.n + 1);
    memset(w->adj_off.p, 0, (n + 2u) * sizeof *w->adj_off.p);
    for (size_t i = 0; i < w->row.n; i++) {
        w->adj_off.p[w->row.p[i].p + 2]++;
        w->adj_off.p[w->row.p[i].q + 2] += w->row.p[i].q != w->row.p[i].p;
    }
    for (uint32_t k = 0; k < n; k++)
        w->adj_off.p[k + 2] += w->adj_off.p[k + 1];
    for (uint32_t i = 0; i < w->row.n; i++) {
        w->adj.p[w->adj_off.p[w->row.p[i].p + 1]++] = i;
        if (w->row.p[i].q != w->row.p[i].p)
            w->adj.p[w->adj_off.p[w->row.p[i].q + 1]++] = i;
    }
}

/* Links that count for levels: with consent, not unlinked, no end isolated. */
static bool counts(const struct kf_id_work *w, const struct kf_id_row *r)
{
    return r->ok && !r->unlinked && !w->node.p[r->p].iso && !w->node.p[r->q].iso;
}

#define NO_LEVEL UINT32_MAX

/* Gives rank r to the anchored spans in tmp and to all of the same rank that links lead to from
 * them. */
static void spread_rank(struct kf_id_work *w, uint32_t rank)
{
    while (w->tmp.n) {
        uint32_t n = w->tmp.p[--w->tmp.n];
        if (w->node.p[n].level != NO_LEVEL)
            continue;
        w->node.p[n].level = rank;
        for (uint64_t k = w->adj_off.p[n]; k < w->adj_off.p[n + 1]; k++) {
            const struct kf_id_row *r = &w->row.p[w->adj.p[k]];
            uint32_t m = r->p == n ? r->q : r->p;
            if (counts(w, r) && w->node.p[m].level == NO_LEVEL &&
                kf_id_rank_of(w, w->node.p[m].id) == rank)
                *kf_vec_push(&w->tmp) = m;
        }
    }
}

static bool is_anchored(const struct kf_id_work *w, uint32_t n)
{
    uint32_t id = w->node.p[n].id, rank = kf_id_rank_of(w, id);
    const struct kf_id_namespace *ns = kf_id_ns_of(w, id);
    bool own = (ns->per_profile == 1 && ns->within == 0) || ns->rank == 1;
    for (uint64_t k = w->adj_off.p[n]; k < w->adj_off.p[n + 1]; k++) {
        const struct kf_id_row *r = &w->row.p[w->adj.p[k]];
        if (!counts(w, r))
            continue;
        if (own)
            return true;
        uint32_t m = r->p == n ? r->q : r->p, other = kf_id_rank_of(w, w->node.p[m].id);
        if ((r->strength != KF_ID_OBSERVED && other > rank) ||
            (other < rank && w->node.p[m].level != NO_LEVEL))
            return true;
    }
    return false;
}

/* Spans that are not anchored, nearest first: breadth first from all anchored ones. */
static void float_levels(struct kf_id_work *w)
{
    uint32_t level = w->run->in->rules->n_ns - 1;
    w->tmp.n = w->tmp2.n = 0;
    for (uint32_t n = 0; n < w->node.n; n++)
        if (w->node.p[n].level != NO_LEVEL)
            *kf_vec_push(&w->tmp) = n;
    while (w->tmp.n) {
        level++;
        w->tmp2.n = 0;
        for (size_t i = 0; i < w->tmp.n; i++) {
            uint32_t n = w->tmp.p[i];
            for (uint64_t k = w->adj_off.p[n]; k < w->adj_off.p[n + 1]; k++) {
                const struct kf_id_row *r = &w->row.p[w->adj.p[k]];
                uint32_t m = r->p == n ? r->q : r->p;
                if (!counts(w, r) || w->node.p[m].level != NO_LEVEL)
                    continue;
                w->node.p[m].level = level;
                *kf_vec_push(&w->tmp2) = m;
            }
        }
        w->tmp.n = 0;
        kf_vec_reserve(&w->tmp, w->tmp2.n);
        if (w->tmp2.n)
            memcpy(w->tmp.p, w->tmp2.p, w->tmp2.n * sizeof *w->tmp.p);
        w->tmp.n = w->tmp2.n;
    }
}

void kf_id_push_level(struct kf_id_work *w, uint32_t row)
{
    uint32_t level = w->node.p[w->row.p[row].q].level;
    w->row.p[row].next = w->level_row.p[level];
    w->level_row.p[level] = row;
}

/* Nodes by rank, so that each rank is looked at once. */
static void sort_by_rank(struct kf_id_work *w, uint32_t start[KF_ID_NAMESPACES + 1])
{
    uint32_t at[KF_ID_NAMESPACES + 1] = {0};
    for (uint32_t n = 0; n < w->node.n; n++)
        at[kf_id_rank_of(w, w->node.p[n].id) + 1]++;
    for (uint32_t k = 0; k < KF_ID_NAMESPACES; k++)
        at[k + 1] += at[k];
    memcpy(start, at, sizeof at);
    w->tmp2.n = 0;
    kf_vec_reserve(&w->tmp2, w->node.n);
    for (uint32_t n = 0; n < w->node.n; n++)
        w->tmp2.p[at[kf_id_rank_of(w, w->node.p[n].id)]++] = n;
}

void kf_id_place(struct kf_id_work *w)
{
    uint32_t start[KF_ID_NAMESPACES + 1], n_ns = w->run->in->rules->n_ns;
    build_adjacency(w);
    for (uint32_t n = 0; n < w->node.n; n++)
        w->node.p[n].level = NO_LEVEL;
    sort_by_rank(w, start);
    for (uint32_t rank = 0; rank < n_ns; rank++) {
        w->tmp.n = 0;
        for (uint32_t i = start[rank]; i < start[rank + 1]; i++) {

            if (is_anchored(w, w->tmp2.p[i]))
                *kf_vec_push(&w->tmp) = w->tmp2.p[i];
        }
        spread_rank(w, rank);
    }
    float_levels(w);
    uint32_t top = n_ns - 1;
    for (uint32_t n = 0; n < w->node.n; n++) {
        struct kf_id_node *x = &w->node.p[n];
        if (x->level == NO_LEVEL)
            x->level = kf_id_rank_of(w, x->id);
        top = x->level > top ? x->level : top;
    }
    w->n_level = top + 1;
    w->level_row.n = 0;
    kf_vec_reserve(&w->level_row, w->n_level);
    memset(w->level_row.p, 0xff, w->n_level * sizeof *w->level_row.p);
    for (uint32_t i = 0; i < w->row.n; i++) {
        kf_id_orient(w, &w->row.p[i]);
        kf_id_push_level(w, i);
    }
}
