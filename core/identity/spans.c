/* Time lines: cuts known in advance (section 3), the spans between them, and pieces that section 5
 * cuts. */
#include "identity/resolve_internal.h"

#include "base/time.h"

#include <stdlib.h>

void kf_id_cut(struct kf_id_work *w, uint32_t id, int64_t t)
{
    *kf_vec_push(&w->cut) = (struct kf_id_cut_at){t, id};
}

static int cut_cmp(const void *pa, const void *pb)
{
    const struct kf_id_cut_at *a = pa, *b = pb;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return a->t < b->t ? -1 : a->t > b->t;
}

static int seen_cmp(const void *pa, const void *pb)
{
    const struct kf_id_seen *a = pa, *b = pb;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return a->t < b->t ? -1 : a->t > b->t;
}

/* A cut `expires_after` behind an observation where the next one, or as_of, is further away than
 * that. */
void kf_id_cut_expired(struct kf_id_work *w)
{
    if (!w->run->expiry)
        return;
    if (w->seen.n)
        qsort(w->seen.p, w->seen.n, sizeof *w->seen.p, seen_cmp);
    for (size_t i = 0; i < w->seen.n; i++) {
        const struct kf_id_seen *s = &w->seen.p[i];
        int64_t life = kf_id_ns_of(w, s->id)->expires_after;
        bool last = i + 1 == w->seen.n || s[1].id != s->id;
        if (life > 0 && (last ? w->run->in->as_of : s[1].t) - s->t > life)
            kf_id_cut(w, s->id, s->t + life);
    }
}

/* First and last observation of every span. */
static void see_nodes(struct kf_id_work *w)
{
    for (size_t i = 0; i < w->seen.n; i++) {
        const struct kf_id_seen *s = &w->seen.p[i];
        struct kf_id_node *n = &w->node.p[kf_id_node_at(w, s->id, s->t)];
        if (n->first == KF_TIME_MIN || s->t < n->first)
            n->first = s->t;
        if (n->last == KF_TIME_MIN || s->t > n->last)
            n->last = s->t;
    }
}

static void add_node(struct kf_id_work *w, uint32_t id, int64_t from, int64_t to)
{
    *kf_vec_push(&w->node) = (struct kf_id_node){
        .from = from, .to = to, .first = KF_TIME_MIN, .last = KF_TIME_MIN, .id = id};
    *kf_vec_push(&w->node_from) = from;
}

/* The spans between the cuts so far. An identifier that is isolated as a whole has one. */
void kf_id_build_nodes(struct kf_id_work *w)
{
    size_t n = 0, c = 0;
    if (w->cut.n)
        qsort(w->cut.p, w->cut.n, sizeof *w->cut.p, cut_cmp);
    for (size_t i = 0; i < w->cut.n; i++) {
        const struct kf_id_cut_at *a = &w->cut.p[i];
        bool twice = n && w->cut.p[n - 1].id == a->id && w->cut.p[n - 1].t == a->t;
        if (!twice && !w->whole.p[a->id] && a->t != KF_TIME_MIN)
            w->cut.p[n++] = *a;
    }
    w->cut.n = n;
    w->node.n = w->node_off.n = w->node_from.n = 0;
    kf_vec_reserve(&w->node, w->m + n);
    kf_vec_reserve(&w->node_off, w->m + 1u);
    for (uint32_t x = 0; x < w->m; x++) {
        int64_t from = KF_TIME_MIN;
        *kf_vec_push(&w->node_off) = (uint32_t)w->node.n;
        for (; c < n && w->cut.p[c].id == x; c++) {
            add_node(w, x, from, w->cut.p[c].t);
            from = w->cut.p[c].t;
        }
        add_node(w, x, from, KF_TIME_MAX);
        w->node.p[w->node.n - 1].iso = w->whole.p[x];
    }
    *kf_vec_push(&w->node_off) = (uint32_t)w->node.n;
    w->n_first_nodes = (uint32_t)w->node.n;
    see_nodes(w);
}

uint32_t kf_id_node_at(const struct kf_id_work *w, uint32_t id, int64_t t)
{
    uint32_t lo = w->node_off.p[id], hi = w->node_off.p[id + 1];
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (w->node_from.p[mid] <= t)
            lo = mid;
        else
            hi = mid;
    }
    const struct kf_id_node *n = &w->node.p[lo];
    if (n->n_piece == 0 || t < w->node_from.p[n->piece])
        return lo;
    uint32_t a = n->piece, b = n->piece + n->n_piece;
    while (b - a > 1) {
        uint32_t mid = a + (b - a) / 2;
        if (w->node_from.p[mid] <= t)
            a = mid;
        else
            b = mid;
    }
    return a;
}

/* A cut `history` before the first link of a span to a stronger identifier. */
void kf_id_cut_history(struct kf_id_work *w)
{
    if (!w->run->history)
        return;
    w->claim_head.n = 0;
    kf_vec(int64_t) first = {0};
    kf_vec_reserve(&first, w->node.n + 1);
    for (size_t i = 0; i < w->node.n; i++)
        first.p[i] = KF_TIME_MAX;
    for (size_t i = 0; i < w->obs.n; i++) {
        const struct kf_id_obs *o = &w->obs.p[i];
        if (!o->ok || o->unlinked || w->whole.p[o->a] || w->whole.p[o->b] ||
            kf_id_rank_of(w, o->a) >= kf_id_rank_of(w, o->b) || kf_id_ns_of(w, o->b)->history < 0)
            continue;
        uint32_t n = kf_id_node_at(w, o->b, o->t);
        if (o->t < first.p[n])
            first.p[n] = o->t;
    }
    bool any = false;
    for (uint32_t n = 0; n < w->n_first_nodes; n++) {
        int64_t back = kf_id_ns_of(w, w->node.p[n].id)->history, at;
        if (first.p[n] == KF_TIME_MAX || back < 0)
            continue;
        if (__builtin_sub_overflow(first.p[n], back, &at) || at <= w->node.p[n].from)
            continue;
        kf_id_cut(w, w->node.p[n].id, at);
        any = true;
    }
    kf_vec_free(&first);
    if (any)
        kf_id_build_nodes(w);
}

static int time_cmp(const void *pa, const void *pb)
{
    int64_t a = *(const int64_t *)pa, b = *(const int64_t *)pb;
    return a < b ? -1 : a > b;
}

/* When each identifier was seen, side by side and in order: made when the first span is cut. */
static void list_sightings(struct kf_id_work *w)
{
    kf_vec_reserve(&w->seen_off, w->m + 2u);
    kf_vec_reserve(&w->seen_t, w->seen.n + 1);
    memset(w->seen_off.p, 0, (w->m + 2u) * sizeof *w->seen_off.p);
    for (size_t i = 0; i < w->seen.n; i++)
        w->seen_off.p[w->seen.p[i].id + 2]++;
    for (uint32_t x = 0; x < w->m; x++)
        w->seen_off.p[x + 2] += w->seen_off.p[x + 1];
    for (size_t i = 0; i < w->seen.n; i++)
        w->seen_t.p[w->seen_off.p[w->seen.p[i].id + 1]++] = w->seen.p[i].t;
    w->seen_off.n = w->m + 1u;
}

/* Cuts span q at n ascending instants inside it. q becomes the first piece, the others follow each
 * other as new nodes. */
void kf_id_split_node(struct kf_id_work *w, uint32_t q, const int64_t *at, uint32_t n)
{
    uint32_t id = w->node.p[q].id, level = w->node.p[q].level, piece = (uint32_t)w->node.n;
    int64_t to = w->node.p[q].to;
    if (!w->seen_off.n)
        list_sightings(w);
    for (uint32_t i = 0; i < n; i++) {
        add_node(w, id, at[i], i + 1 < n ? at[i + 1] : to);
        w->node.p[piece + i].level = level;
    }
    struct kf_id_node *first = &w->node.p[q];
    int64_t begin = first->from;
    first->piece = piece;
    first->n_piece = n;
    first->to = at[0];
    first->first = first->last = KF_TIME_MIN;
    int64_t *t = w->seen_t.p + w->seen_off.p[id];
    uint64_t k = w->seen_off.p[id + 1] - w->seen_off.p[id];
    if (k > 1)
        qsort(t, k, sizeof *t, time_cmp);
    for (uint64_t i = 0; i < k; i++) {
        if (t[i] < begin || t[i] >= to)
            continue;
        struct kf_id_node *x = &w->node.p[kf_id_node_at(w, id, t[i])];
        if (x->first == KF_TIME_MIN)
            x->first = t[i];
        x->last = t[i];
    }
}
