/* Section 5, Tie: the links of a level in their total order; and the short cut for parts that break
 * nothing. */
#include "identity/resolve_internal.h"

#include <stdlib.h>

#define CONFLICT UINT32_MAX /* part_count of a person's key: two values */

struct kf_id_order kf_id_order_of(const struct kf_id_work *w, uint32_t row)
{
    const struct kf_id_row *r = &w->row.p[row];
    uint32_t q = w->node.p[r->q].id;
    bool oldest = kf_id_ns_of(w, q)->when_shared == KF_ID_FIRST_LOGIN;
    uint64_t head = (uint64_t)r->same << 40 | (uint64_t)kf_id_rank_of(w, q) << 8 | r->strength;
    /* newest first: ~t turns the order round without overflow */
    return (struct kf_id_order){head, oldest ? r->first : ~r->last, row};
}

/* Links between spans of the level last; rank of the placed end, strength, time; then the other end
 * and content. */
int kf_id_order_cmp(const void *pa, const void *pb, void *work)
{
    const struct kf_id_order *a = pa, *b = pb;
    const struct kf_id_work *w = work;
    if (a->head != b->head)
        return a->head < b->head ? -1 : 1;
    if (a->when != b->when)
        return a->when < b->when ? -1 : 1;
    const struct kf_id_row *x = &w->row.p[a->row], *y = &w->row.p[b->row];
    const struct kf_id_node *xp = &w->node.p[x->p], *yp = &w->node.p[y->p];
    const struct kf_id_node *xq = &w->node.p[x->q], *yq = &w->node.p[y->q];
    int c = xp == yp ? 0 : kf_id_cmp(w->run, w->gid[xp->id], w->gid[yp->id]);
    if (!c && xq != yq)
        c = kf_id_cmp(w->run, w->gid[xq->id], w->gid[yq->id]);
    if (!c)
        c = xp->from < yp->from ? -1 : xp->from > yp->from;
    if (!c)
        c = xq->from < yq->from ? -1 : xq->from > yq->from;
    if (!c)
        c = strcmp(kf_id_rule_name(w->run, x->rule), kf_id_rule_name(w->run, y->rule));
    return c ? c : (int)y->ok - (int)x->ok;
}

/* ---- parts: what the links of the level would unite if all were kept */

static uint32_t part_find(struct kf_id_work *w, uint32_t n)
{
    while (w->part.p[n] != n)
        n = w->part.p[n] = w->part.p[w->part.p[n]];
    return n;
}

static uint32_t part_of(struct kf_id_work *w, uint32_t root, uint32_t stamp)
{
    if (w->part_stamp.p[root] != stamp) {
        w->part_stamp.p[root] = stamp;
        w->part.p[root] = root;
        w->part_sep.p[root] = w->cl.p[root].n_sep;
        w->part_ids.p[root] = w->cl.p[root].n_id;
        if (w->n_limit)
            memcpy(w->part_count.p + (size_t)root * w->n_limit,
                   w->count.p + (size_t)root * w->n_limit, w->n_limit * sizeof(uint32_t));
    }
    return part_find(w, root);
}

static void part_unite(struct kf_id_work *w, uint32_t a, uint32_t b)
{
    uint32_t *ca = w->part_count.p + (size_t)a * w->n_limit;
    const uint32_t *cb = w->part_count.p + (size_t)b * w->n_limit;
    w->part.p[b] = a;
    w->part_sep.p[a] += w->part_sep.p[b];
    w->part_ids.p[a] += w->part_ids.p[b];
    for (uint32_t l = 0; l < w->n_limit; l++) {
        if (!w->limit[l].person)
            ca[l] += cb[l];
        else if (cb[l])
            ca[l] = ca[l] && ca[l] != cb[l] ? CONFLICT : cb[l];
    }
}

static bool part_is_safe(const struct kf_id_work *w, uint32_t part)
{
    uint32_t max = w->run->in->rules->max_identifiers;
    const uint32_t *count = w->part_count.p + (size_t)part * w->n_limit;
    if (w->part_sep.p[part] > 1 || (max && w->part_ids.p[part] > max))
        return false;
    for (uint32_t l = 0; l < w->n_limit; l++)
        if (w->limit[l].person ? count[l] == CONFLICT : count[l] > w->limit[l].n)
            return false;
    return true;
}

static void prepare_parts(struct kf_id_work *w)
{
    size_t n = w->node.n;
    kf_vec_reserve(&w->part, n);
    kf_vec_reserve(&w->part_sep, n);
    kf_vec_reserve(&w->part_ids, n);
    kf_vec_reserve(&w->part_count, n * w->n_limit + 1);
    while (w->part_stamp.n < n)
        *kf_vec_push(&w->part_stamp) = 0;
}

/* ---- */

static uint8_t refused_already(const struct kf_id_work *w, const struct kf_id_row *r)
{
    if (w->node.p[r->q].iso)
        return w->node.p[r->q].iso;
    return w->node.p[r->p].iso ? w->node.p[r->p].iso : r->barred;
}

/* w->order: the level's links that may tie something; the refused ones get their reason. */
static void list_links(struct kf_id_work *w, uint32_t level)
{
    w->order.n = 0;
    for (uint32_t i = w->level_row.p[level]; i != KF_ID_NONE; i = w->row.p[i].next) {
        struct kf_id_row *r = &w->row.p[i];
        if (r->gone || r->unlinked || !r->ok)
            continue;
        r->reason = refused_already(w, r);
        if (r->reason && r->reason != r->barred)
            r->sep = r->limit_ns = KF_ID_NONE;
        if (!r->reason && kf_id_find(w, r->p) != kf_id_find(w, r->q))
            kf_vec_push(&w->order)->row = i;
    }
}

void kf_id_tie(struct kf_id_work *w, uint32_t level)
{
    uint32_t stamp = ++w->stamp;
    size_t n = 0;
    list_links(w, level);
    prepare_parts(w);
    for (size_t i = 0; i < w->order.n; i++) {
        const struct kf_id_row *r = &w->row.p[w->order.p[i].row];
        uint32_t a = part_of(w, kf_id_find(w, r->p), stamp);
        uint32_t b = part_of(w, kf_id_find(w, r->q), stamp);
        if (a != b)
            part_unite(w, a, b);
    }
    for (size_t i = 0; i < w->order.n; i++)
        w->order.p[i].head =
            part_is_safe(w, part_of(w, kf_id_find(w, w->row.p[w->order.p[i].row].p), stamp));
    for (size_t i = 0; i < w->order.n; i++) {
        uint32_t row = w->order.p[i].row;
        if (!w->order.p[i].head) {
            w->order.p[n++] = kf_id_order_of(w, row);
            continue;
        }
        uint32_t a = kf_id_find(w, w->row.p[row].p), b = kf_id_find(w, w->row.p[row].q);
        if (a != b)
            kf_id_merge(w, a, b);
    }
    if (n > 1)
        qsort_r(w->order.p, n, sizeof *w->order.p, kf_id_order_cmp, w);
    for (size_t i = 0; i < n; i++) {
        struct kf_id_row *r = &w->row.p[w->order.p[i].row];
        uint32_t a = kf_id_find(w, r->p), b = kf_id_find(w, r->q);
        struct kf_id_why why;
        if (a == b)
            continue;
        r->reason = (uint8_t)kf_id_breaks(w, a, b, &why);
        r->sep = why.sep;
        r->limit_ns = why.limit_ns;
        if (!r->reason)
            kf_id_merge(w, a, b);
    }
}
