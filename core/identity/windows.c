/* The limit of a namespace within a stretch of time: does some window shorter than the limit's
 * length hold the first observations of more than n values?
 *
 * A window is known by its start: what was first seen at t is in the windows that start after
 * t - length and not after t. So each value raises the number of held values by one at a start and
 * lowers it again at a later one. A cluster that was asked keeps these steps in a tree in order of
 * time (a treap: the heap's order is a hash of the time), whose nodes know the sum of the steps
 * below them and the highest sum on the way: adding a value and finding the fullest window of a
 * stretch takes logarithmic time. Lists are merged small into large, trees with them.
 *
 * An identifier of several spans counts once in each window: of each of its first observations only
 * the starts count that the others do not cover already. */
#include "identity/resolve_internal.h"

#include "base/hash.h"

#include <stdlib.h>

#define END KF_ID_NONE

struct cover { /* starts of windows: from `from` to before `to` */
    uint64_t from, to;
};

static uint64_t instant(int64_t t)
{
    return (uint64_t)t ^ 1ull << 63;
}

/* Start of the first window that still holds what was seen at that instant. */
static uint64_t earliest(const struct kf_id_limit *l, uint64_t at)
{
    return at < (uint64_t)l->within ? 0 : at - (uint64_t)l->within + 1;
}

static struct cover cover_of(const struct kf_id_limit *l, const struct kf_id_entry *e)
{
    uint64_t at = instant(e->t);
    return (struct cover){earliest(l, at), at == UINT64_MAX ? at : at + 1};
}

/* ---- identifiers of several spans: their first observations, found by stretch */

static uint64_t key_of(uint64_t stretch, uint32_t id)
{
    return kf_mix64(stretch) ^ id; /* the entries themselves tell what else has this key */
}

static uint32_t seen_in(const struct kf_id_work *w, uint32_t slot, const struct kf_id_entry *e,
                        uint64_t stretch)
{
    const struct kf_id_cell *c =
        kf_id_cell_find(w, slot, KF_ID_TAG_WINDOW + e->limit, key_of(stretch, e->id));
    return c ? c->val : END;
}

/* Takes from the cover of e what other observations of its identifier in the cluster cover:
 * earlier ones, and with `all` those at the same time and later too. */
static void cut_cover(const struct kf_id_work *w, uint32_t slot, const struct kf_id_entry *e,
                      bool all, struct cover *c)
{
    const struct kf_id_limit *l = &w->limit[e->limit];
    uint64_t at = instant(e->t), stretch = at / (uint64_t)l->within;
    if (!e->multi)
        return;
    for (uint64_t s = stretch ? stretch - 1 : 0; s <= stretch + 1; s++) {
        for (uint32_t k = seen_in(w, slot, e, s); k != END; k = w->entry.p[k].chain) {
            uint64_t other = instant(w->entry.p[k].t);
            if (w->entry.p[k].id != e->id)
                continue;
            if (other < at || (all && other == at))
                c->from = other >= c->from ? other + 1 : c->from;
            else if (all && earliest(l, other) < c->to)
                c->to = earliest(l, other);
        }
    }
}

/* Notes an observation of such an identifier. The earliest and the latest of a stretch suffice: a
 * window as long as a stretch covers the beginning or the end of each stretch it touches. False: it
 * adds nothing, or the cluster's own entry has taken its time. */
static bool note_seen(struct kf_id_work *w, uint32_t slot, uint32_t at)
{
    struct kf_id_entry *e = &w->entry.p[at];
    uint64_t within = (uint64_t)w->limit[e->limit].within, stretch = instant(e->t) / within;
    bool fresh;
    struct kf_id_cell *c =
        kf_id_cell_put(w, slot, KF_ID_TAG_WINDOW + e->limit, key_of(stretch, e->id), &fresh);
    uint32_t min = END, max = END;
    for (uint32_t k = c->val; k != END; k = w->entry.p[k].chain) {
        const struct kf_id_entry *x = &w->entry.p[k];
        if (x->id != e->id || instant(x->t) / within != stretch)
            continue;
        if (x->t == e->t)
            return false;
        min = min == END || x->t < w->entry.p[min].t ? k : min;
        max = max == END || x->t > w->entry.p[max].t ? k : max;
    }
    if (min != max) {
        if (e->t < w->entry.p[min].t)
            w->entry.p[min].t = e->t;
        else if (e->t > w->entry.p[max].t)
            w->entry.p[max].t = e->t;
        return false;
    }
    e->chain = c->val;
    c->val = at;
    return true;
}

/* ---- the tree of steps; node 0 is none */

static void sum_up(struct kf_id_work *w, uint32_t k)
{
    struct kf_id_step *n = &w->step.p[k];
    const struct kf_id_step *a = &w->step.p[n->less], *b = &w->step.p[n->more];
    int32_t right = a->sum + n->by + b->high;
    n->sum = a->sum + n->by + b->sum;
    n->high = right > a->high ? right : a->high;
}

static uint32_t new_step(struct kf_id_work *w, uint64_t at, int32_t by)
{
    uint32_t k = w->free_step;
    if (k)
        w->free_step = w->step.p[k].less;
    else if (kf_vec_push(&w->step))
        k = (uint32_t)w->step.n - 1;
    w->step.p[k] = (struct kf_id_step){at, by, by, by > 0 ? by : 0, 0, 0};
    return k;
}

/* Adds a step to the tree k; returns its root from now on. */
static uint32_t add_step(struct kf_id_work *w, uint32_t k, uint64_t at, int32_t by)
{
    if (!k)
        return new_step(w, at, by);
    uint64_t mine = w->step.p[k].at;
    if (at == mine) {
        w->step.p[k].by += by;
        sum_up(w, k);
        return k;
    }
    uint32_t child = add_step(w, at < mine ? w->step.p[k].less : w->step.p[k].more, at, by);
    uint32_t *down = at < mine ? &w->step.p[k].less : &w->step.p[k].more;
    *down = child;
    if (kf_mix64(w->step.p[child].at) <= kf_mix64(mine)) {
        sum_up(w, k);
        return k;
    }
    uint32_t *up = at < mine ? &w->step.p[child].more : &w->step.p[child].less;
    *down = *up;
    *up = k;
    sum_up(w, k);
    sum_up(w, child);
    return child;
}

static uint32_t add_cover(struct kf_id_work *w, uint32_t tree, const struct cover *c)
{
    if (c->from >= c->to)
        return tree;
    return add_step(w, add_step(w, tree, c->from, 1), c->to, -1);
}

static void free_steps(struct kf_id_work *w, uint32_t k)
{
    if (!k)
        return;
    free_steps(w, w->step.p[k].less);
    free_steps(w, w->step.p[k].more);
    w->step.p[k].less = w->free_step;
    w->free_step = k;
}

struct climb {
    uint64_t from, to; /* windows that start in between, `from` and `to` included */
    int64_t enough, sum;
    uint64_t found; /* start of the first one that holds `enough` */
    bool full;
};

/* Goes through the steps in order until a window holds enough; what lies between as a whole (after:
 * no step is too early, before: none is too late) and never comes to that is passed over. */
static void climb(const struct kf_id_work *w, uint32_t k, bool after, bool before, struct climb *c)
{
    while (k) {
        const struct kf_id_step *n = &w->step.p[k];
        if (after && before && c->sum + n->high < c->enough) {
            c->sum += n->sum;
            return;
        }
        if (n->at > c->to) {
            k = n->less;
            continue;
        }
        if (n->at > c->from) {
            climb(w, n->less, after, true, c);
            if (c->full)
                return;
            after = true;
            c->found = n->at;
            c->sum += n->by;
            c->full = c->sum >= c->enough;
            if (c->full)
                return;
        } else {
            c->sum += w->step.p[n->less].sum + n->by;
        }
        k = n->more;
    }
    if (!after) { /* the way down to `from`, before any other step was taken */
        c->found = c->from;
        c->full = c->sum >= c->enough;
    }
}

/* Whether a window that starts in the stretch holds `enough`. */
static bool reaches(const struct kf_id_work *w, uint32_t tree, const struct cover *s,
                    int64_t enough, uint64_t *ret_start)
{
    struct climb c = {s->from, s->to - 1, enough, 0, 0, false};
    climb(w, tree, false, false, &c);
    *ret_start = c.found;
    return c.full;
}

/* ---- clusters */

/* Takes an observation into a cluster; its tree, if it has one, grows with it. False: nothing to be
 * kept in the cluster's list. */
bool kf_id_window_put(struct kf_id_work *w, uint32_t slot, uint32_t at)
{
    const struct kf_id_entry *e = &w->entry.p[at];
    struct kf_id_cell *tree =
        w->step.n ? kf_id_cell_find(w, slot, KF_ID_TAG_TREE + e->limit, 0) : NULL;
    if (tree) {
        struct cover c = cover_of(&w->limit[e->limit], e);
        cut_cover(w, slot, e, true, &c);
        tree->val = add_cover(w, tree->val, &c);
    }
    return !e->multi || note_seen(w, slot, at);
}

/* The trees of a cluster that is no more. */
void kf_id_window_drop(struct kf_id_work *w, uint32_t slot)
{
    for (uint32_t l = 0; w->step.n && l < w->n_limit; l++) {
        struct kf_id_cell *tree =
            w->limit[l].within ? kf_id_cell_find(w, slot, KF_ID_TAG_TREE + l, 0) : NULL;
        if (!tree)
            continue;
        free_steps(w, tree->val);
        tree->val = 0;
    }
}

static uint32_t tree_of(struct kf_id_work *w, const struct kf_id_seen_by *s, uint32_t l)
{
    bool fresh;
    struct kf_id_cell *c = kf_id_cell_put(w, s->slot, KF_ID_TAG_TREE + l, 0, &fresh);
    if (!fresh)
        return c->val;
    if (!w->step.n)
        *kf_vec_push(&w->step) = (struct kf_id_step){0};
    uint32_t tree = 0;
    for (uint32_t k = s->win; k != END; k = w->entry.p[k].next) {
        const struct kf_id_entry *e = &w->entry.p[k];
        if (e->limit != l)
            continue;
        struct cover own = cover_of(&w->limit[l], e);
        cut_cover(w, s->slot, e, false, &own);
        tree = add_cover(w, tree, &own);
    }
    return c->val = tree;
}

static int raise_cmp(const void *pa, const void *pb)
{
    const struct kf_id_raise *a = pa, *b = pb;
    return a->at < b->at ? -1 : a->at > b->at;
}

/* The common case of one value that is new. A window that it was too much for stays full, as
 * clusters only grow, so the last one found in each stretch is remembered. */
static bool one_breaks(struct kf_id_work *w, uint32_t slot, uint32_t tree,
                       const struct kf_id_entry *e)
{
    const struct kf_id_limit *l = &w->limit[e->limit];
    uint64_t within = (uint64_t)l->within, at = instant(e->t), start;
    const struct kf_id_cell *known =
        kf_id_cell_find(w, slot, KF_ID_TAG_FULL + e->limit, at / within);
    if (known && at - w->full.p[known->val] < within)
        return true;
    struct cover c = cover_of(l, e);
    bool fresh;
    if (!reaches(w, tree, &c, l->n, &start))
        return false;
    struct kf_id_cell *cell =
        kf_id_cell_put(w, slot, KF_ID_TAG_FULL + e->limit, at / within, &fresh);
    if (fresh) {
        cell->val = (uint32_t)w->full.n;
        *kf_vec_push(&w->full) = start;
    } else {
        w->full.p[cell->val] = start;
    }
    return true;
}

/* Whether the windows of `large` and what `small` adds to them come to more than n values. */
bool kf_id_window_breaks(struct kf_id_work *w, const struct kf_id_seen_by *large,
                         const struct kf_id_seen_by *small, uint32_t l)
{
    const struct kf_id_limit *lim = &w->limit[l];
    if (small->win == END)
        return false;
    const struct kf_id_entry *first = &w->entry.p[small->win];
    uint32_t tree = tree_of(w, large, l);
    if (first->next == END && first->limit == l && !first->multi)
        return one_breaks(w, large->slot, tree, first);
    w->raise.n = 0;
    for (uint32_t k = small->win; k != END; k = w->entry.p[k].next) {
        const struct kf_id_entry *e = &w->entry.p[k];
        if (e->limit != l)
            continue;
        struct cover c = cover_of(lim, e);
        cut_cover(w, small->slot, e, false, &c);
        cut_cover(w, large->slot, e, true, &c);
        if (c.from >= c.to)
            continue;
        *kf_vec_push(&w->raise) = (struct kf_id_raise){c.from, 1};
        *kf_vec_push(&w->raise) = (struct kf_id_raise){c.to, -1};
    }
    if (w->raise.n > 2)
        qsort(w->raise.p, w->raise.n, sizeof *w->raise.p, raise_cmp);
    int64_t more = 0, most = w->step.p[tree].high, n = lim->n;
    uint64_t start;
    for (size_t i = 0; i + 1 < w->raise.n; i++) {
        struct cover c = {w->raise.p[i].at, w->raise.p[i + 1].at};
        more += w->raise.p[i].by;
        if (more && c.from < c.to && most + more > n && reaches(w, tree, &c, n - more + 1, &start))
            return true;
    }
    return false;
}
