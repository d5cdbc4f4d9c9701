/* Whether among several clusters two could not be united, without trying every pair.
 *
 * All limits are monotone and add up, so for each the two largest decide. Only where identifiers of
 * several spans may be on both sides of a pair that adds up to too much are pairs tried. */
#include "identity/resolve_internal.h"

#include <stdlib.h>

/* Clusters up to which all pairs are tried: answers about heavy pairs are remembered. */
#define FEW 6u

enum verdict { NONE_BREAKS, SOME_BREAKS, UNSURE };

struct two { /* the two largest so far */
    uint64_t first, second;
};

static void take(struct two *t, uint64_t n)
{
    if (n > t->first) {
        t->second = t->first;
        t->first = n;
    } else if (n > t->second) {
        t->second = n;
    }
}

static uint32_t count_of(const struct kf_id_work *w, uint32_t root, uint32_t l)
{
    return w->count.p[(size_t)root * w->n_limit + l];
}

static bool separated_pair(struct kf_id_work *w, const uint32_t *root, uint32_t k)
{
    uint32_t stamp = ++w->stamp;
    for (uint32_t i = 0; i < k; i++)
        w->cl.p[root[i]].stamp = stamp;
    for (uint32_t i = 0; i < k; i++) {
        for (uint32_t s = w->cl.p[root[i]].sep; s != KF_ID_NONE; s = w->item.p[s].next) {
            uint32_t id = w->item.p[s].id;
            for (uint32_t j = w->sep_off.p[id]; j < w->sep_off.p[id + 1]; j++) {
                const struct kf_id_apart *a = &w->sep.p[w->sep_at.p[j]];
                uint32_t y = a->a == id ? a->b : a->a;
                for (uint32_t n = w->node_off.p[y]; n < w->node_off.p[y + 1]; n++) {
                    for (uint32_t p = 0; p <= w->node.p[n].n_piece; p++) {
                        uint32_t r = kf_id_find(w, p ? w->node.p[n].piece + p - 1 : n);
                        if (r != root[i] && w->cl.p[r].stamp == stamp)
                            return true;
                    }
                }
            }
        }
    }
    return false;
}

static int entry_cmp(const void *pa, const void *pb)
{
    const struct kf_id_entry *a = pa, *b = pb;
    return a->t < b->t ? -1 : a->t > b->t;
}

/* Slides a window over the first observations of all clusters and watches the two that have most in
 * it. */
static enum verdict within_verdict(struct kf_id_work *w, const uint32_t *root, uint32_t k,
                                   uint32_t l)
{
    const struct kf_id_limit *lim = &w->limit[l];
    w->sweep.n = w->tmp.n = w->tmp2.n = 0;
    for (uint32_t i = 0; i < k; i++) {
        for (uint32_t e = w->cl.p[root[i]].win; e != KF_ID_NONE; e = w->entry.p[e].next) {
            if (w->entry.p[e].limit != l)
                continue;
            struct kf_id_entry *x = kf_vec_push(&w->sweep);
            *x = w->entry.p[e];
            x->next = i; /* whose it is */
        }
    }
    if (w->sweep.n <= lim->n)
        return NONE_BREAKS;
    qsort(w->sweep.p, w->sweep.n, sizeof *w->sweep.p, entry_cmp);
    /* how many each has in the window, and how many clusters have so many */
    kf_vec_reserve(&w->tmp, k);
    kf_vec_reserve(&w->tmp2, w->sweep.n + 2);
    memset(w->tmp.p, 0, k * sizeof *w->tmp.p);
    memset(w->tmp2.p, 0, (w->sweep.n + 2) * sizeof *w->tmp2.p);
    uint32_t most = 0;
    size_t tail = 0;
    for (size_t i = 0; i < w->sweep.n; i++) {
        uint32_t *mine = &w->tmp.p[w->sweep.p[i].next];
        if (*mine)
            w->tmp2.p[*mine]--;
        w->tmp2.p[++*mine]++;
        most = *mine > most ? *mine : most;
        while ((uint64_t)w->sweep.p[i].t - (uint64_t)w->sweep.p[tail].t >= (uint64_t)lim->within) {
            uint32_t *old = &w->tmp.p[w->sweep.p[tail++].next];
            w->tmp2.p[*old]--;
            if (--*old)
                w->tmp2.p[*old]++;
        }
        while (most && !w->tmp2.p[most])
            most--;
        uint32_t next = w->tmp2.p[most] > 1 ? most : most ? most - 1 : 0;
        while (next && !w->tmp2.p[next])
            next--;
        if (next && most + next > lim->n)
            return w->any_multi ? UNSURE : SOME_BREAKS;
    }
    return NONE_BREAKS;
}

static enum verdict limit_verdict(struct kf_id_work *w, const uint32_t *root, uint32_t k,
                                  uint32_t l)
{
    const struct kf_id_limit *lim = &w->limit[l];
    struct two t = {0, 0};
    uint32_t value = 0;
    for (uint32_t i = 0; i < k; i++) {
        uint32_t c = count_of(w, root[i], l);
        if (lim->person && c && value && c != value)
            return SOME_BREAKS;
        if (lim->person)
            value = c ? c : value;
        else
            take(&t, c);
    }
    if (lim->person || t.first + t.second <= lim->n || t.second == 0)
        return NONE_BREAKS;
    if (lim->within)
        return within_verdict(w, root, k, l);
    return w->any_multi ? UNSURE : SOME_BREAKS;
}

static bool some_pair_breaks(struct kf_id_work *w, const uint32_t *root, uint32_t k)
{
    struct kf_id_why why;
    for (uint32_t i = 0; i < k; i++)
        for (uint32_t j = 0; j < i; j++)
            if (kf_id_breaks(w, root[i], root[j], &why) != KF_ID_KEPT)
                return true;
    return false;
}

bool kf_id_any_pair_breaks(struct kf_id_work *w, const uint32_t *root, uint32_t k)
{
    bool unsure = false;
    uint32_t max = w->run->in->rules->max_identifiers;
    if (k <= FEW)
        return some_pair_breaks(w, root, k);
    for (uint32_t l = 0; l < w->n_limit; l++) {
        enum verdict v = limit_verdict(w, root, k, l);
        if (v == SOME_BREAKS)
            return true;
        unsure |= v == UNSURE;
    }
    struct two t = {0, 0};
    for (uint32_t i = 0; i < k; i++)
        take(&t, w->cl.p[root[i]].n_id);
    if (max && t.first + t.second > max) {
        if (!w->any_multi)
            return true;
        unsure = true;
    }
    if (w->sep.n && separated_pair(w, root, k))
        return true;
    return unsure && some_pair_breaks(w, root, k);
}
