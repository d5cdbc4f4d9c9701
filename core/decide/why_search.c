/* The smallest change that turns a tree of questions.
 *
 * Depth first with a growing number of changes. Where the goal is not reached, some question of a
 * "blocking" set has to change, whatever else does: only those are tried. So every smallest change
 * is found, and none that is not. */
#include "decide/why.h"

#include "base/vec.h"

#include <stdlib.h>

#define EFFORT 4000000u /* visited parts; about a tenth of a second */

typedef kf_vec(uint32_t) numbers;

struct search {
    const struct kf_why_tree *t;
    enum kf_why_goal goal;
    uint8_t *truth;   /* [n] as it is with the changes in hand */
    uint8_t *was;     /* [n] as it is */
    uint8_t *changed; /* [n] changed already, or not to be changed any more */
    uint32_t effort;
    kf_vec(struct kf_why_turn) found; /* `size` of them a change */
    struct kf_why_turn *hand;         /* in the order in which they were made */
    uint32_t size;
};

/* ---- truth ---- */

static enum kf_truth points_of(const struct kf_why_tree *t, uint32_t i, const uint8_t *truth)
{
    struct kf_dec sum = kf_dec_int(0);
    bool undecided = false;
    for (uint32_t k = i + 1; k < t->part[i].end; k = t->part[k].end) {
        enum kf_truth one = kf_why_eval(t, k, truth);
        undecided |= one == KF_UNDECIDED;
        if (one == KF_TRUE)
            undecided |= !kf_dec_add(sum, t->part[k].points, &sum);
    }
    return t->test(t->ctx, &t->part[i], sum, undecided);
}

enum kf_truth kf_why_eval(const struct kf_why_tree *t, uint32_t i, const uint8_t *truth)
{
    const struct kf_why_part *p = &t->part[i];
    int64_t count[3] = {0};
    if (p->op == KF_WHY_ASK)
        return (enum kf_truth)truth[p->same];
    if (p->op == KF_WHY_POINTS)
        return points_of(t, i, truth);
    for (uint32_t k = i + 1; k < p->end; k = t->part[k].end)
        count[kf_why_eval(t, k, truth)]++;
    int64_t yes = count[KF_TRUE], no = count[KF_FALSE], open = count[KF_UNDECIDED];
    switch (p->op) {
    case KF_WHY_ALL:
        return no ? KF_FALSE : open ? KF_UNDECIDED : KF_TRUE;
    case KF_WHY_ANY:
        return yes ? KF_TRUE : open ? KF_UNDECIDED : KF_FALSE;
    case KF_WHY_NONE:
        return yes ? KF_FALSE : open ? KF_UNDECIDED : KF_TRUE;
    case KF_WHY_CLEAR:
        return yes || open ? KF_FALSE : KF_TRUE;
    default: /* KF_WHY_AT_LEAST */
        return yes >= p->need ? KF_TRUE : yes + open >= p->need ? KF_UNDECIDED : KF_FALSE;
    }
}

static bool reached(enum kf_why_goal goal, enum kf_truth t)
{
    switch (goal) {
    case KF_GOAL_TRUE:
        return t == KF_TRUE;
    case KF_GOAL_NOT_TRUE:
        return t != KF_TRUE;
    case KF_GOAL_FALSE:
        return t == KF_FALSE;
    default:
        return t != KF_FALSE;
    }
}

static enum kf_why_goal opposite(enum kf_why_goal g)
{
    static const enum kf_why_goal of[] = {KF_GOAL_FALSE, KF_GOAL_NOT_FALSE, KF_GOAL_TRUE,
                                          KF_GOAL_NOT_TRUE};
    return of[g];
}

/* ---- blocking sets ---- */

static void block(struct search *s, uint32_t i, enum kf_why_goal goal, numbers *out);

/* Every question below that may still change. */
static void anything(struct search *s, uint32_t i, numbers *out)
{
    for (uint32_t k = i; k < s->t->part[i].end; k++) {
        const struct kf_why_part *p = &s->t->part[k];
        if (p->op == KF_WHY_ASK && !p->fixed && !s->changed[p->same])
            *kf_vec_push(out) = p->same;
    }
}

/* Of `choose` parts that are short of the goal one has to reach it: those with the smallest sets.
 */
struct kid {
    uint32_t part, n;
};

static int kid_cmp(const void *a, const void *b)
{
    const struct kid *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? -1 : 1;
    return (x->part > y->part) - (x->part < y->part);
}

static void block_some(struct search *s, uint32_t i, enum kf_why_goal goal, int64_t choose,
                       numbers *out)
{
    kf_vec(struct kid) kid = {0};
    for (uint32_t k = i + 1; k < s->t->part[i].end; k = s->t->part[k].end) {
        if (reached(goal, kf_why_eval(s->t, k, s->truth)))
            continue;
        size_t before = out->n;
        block(s, k, goal, out);
        *kf_vec_push(&kid) = (struct kid){k, (uint32_t)(out->n - before)};
        out->n = before;
    }
    if (kid.n)
        qsort(kid.p, kid.n, sizeof *kid.p, kid_cmp);
    for (size_t k = 0; k < kid.n && (int64_t)k < choose; k++)
        block(s, kid.p[k].part, goal, out);
    kf_vec_free(&kid);
}

static int64_t kids_of(const struct kf_why_tree *t, uint32_t i)
{
    int64_t n = 0;
    for (uint32_t k = i + 1; k < t->part[i].end; k = t->part[k].end)
        n++;
    return n;
}

/* How many of the parts to choose: all of them have to reach the goal (one is enough to look at),
 * or one of them has. */
static void block(struct search *s, uint32_t i, enum kf_why_goal goal, numbers *out)
{
    const struct kf_why_part *p = &s->t->part[i];
    bool up = goal == KF_GOAL_TRUE || goal == KF_GOAL_NOT_FALSE;
    int64_t all = kids_of(s->t, i);
    s->effort++;
    switch (p->op) {
    case KF_WHY_ASK:
        if (!p->fixed && !s->changed[p->same])
            *kf_vec_push(out) = p->same;
        break;
    case KF_WHY_ALL:
        block_some(s, i, goal, up ? 1 : all, out);
        break;
    case KF_WHY_ANY:
        block_some(s, i, goal, up ? all : 1, out);
        break;
    case KF_WHY_NONE:
        block_some(s, i, opposite(goal), up ? 1 : all, out);
        break;
    case KF_WHY_CLEAR: /* never undecided, and undecided parts stand in the way */
        block_some(s, i, up ? KF_GOAL_FALSE : KF_GOAL_NOT_FALSE, up ? 1 : all, out);
        break;
    case KF_WHY_AT_LEAST:
        block_some(s, i, goal, up ? all - p->need + 1 : p->need, out);
        break;
    default: /* KF_WHY_POINTS */
        anything(s, i, out);
    }
}

/* ---- search ---- */

static int turn_cmp(const void *a, const void *b)
{
    const struct kf_why_turn *x = a, *y = b;
    if (x->part != y->part)
        return x->part < y->part ? -1 : 1;
    return (int)y->to - (int)x->to;
}

static void keep(struct search *s)
{
    for (uint32_t i = 0; i < s->size; i++)
        *kf_vec_push(&s->found) = s->hand[i];
    if (s->size)
        qsort(s->found.p + s->found.n - s->size, s->size, sizeof *s->hand, turn_cmp);
}

static int cmp_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void deepen(struct search *s, uint32_t made)
{
    s->effort += s->t->n;
    if (reached(s->goal, kf_why_eval(s->t, 0, s->truth))) {
        if (made == s->size)
            keep(s);
        return;
    }
    if (made == s->size || s->effort > EFFORT)
        return;
    numbers may = {0};
    block(s, 0, s->goal, &may);
    if (may.n)
        qsort(may.p, may.n, sizeof *may.p, cmp_u32);
    for (size_t i = 0; i < may.n; i++) {
        uint32_t v = may.p[i];
        if (i && may.p[i - 1] == v)
            continue;
        s->changed[v] = 1;
        for (int to = 1; to >= 0; to--) {
            if (s->was[v] == to)
                continue;
            s->truth[v] = (uint8_t)to;
            s->hand[made] = (struct kf_why_turn){v, to != 0};
            deepen(s, made + 1);
        }
        s->truth[v] = s->was[v]; /* the others are tried without it: with it, all was tried */
    }
    for (size_t i = 0; i < may.n; i++)
        s->changed[may.p[i]] = 0;
    kf_vec_free(&may);
}

/* Changes are compared turn by turn. */
static int change_cmp(const void *a, const void *b, void *ctx)
{
    const uint32_t n = *(const uint32_t *)ctx;
    const struct kf_why_turn *x = a, *y = b;
    for (uint32_t i = 0; i < n; i++) {
        int r = turn_cmp(&x[i], &y[i]);
        if (r)
            return r;
    }
    return 0;
}

static void take(struct search *s, struct kf_arena *a, struct kf_why_nearest *ret)
{
    size_t each = s->size * sizeof(struct kf_why_turn), n = s->found.n / s->size;
    qsort_r(s->found.p, n, each, change_cmp, &s->size);
    for (size_t i = 0; i < n; i++) {
        const struct kf_why_turn *t = s->found.p + i * s->size;
        if (i && change_cmp(t - s->size, t, &s->size) == 0)
            continue; /* found on another way */
        ret->total++;
        if (ret->n == KF_WHY_CHANGES)
            continue;
        struct kf_why_turn *kept = kf_arena_alloc(a, each);
        memcpy(kept, t, each);
        ret->change[ret->n++] = (struct kf_why_change){kept, s->size};
    }
}

void kf_why_search(const struct kf_why_tree *t, enum kf_why_goal goal, struct kf_arena *a,
                   struct kf_why_nearest *ret)
{
    struct search s = {.t = t, .goal = goal};
    uint32_t most = 0;
    *ret = (struct kf_why_nearest){0};
    s.truth = kf_arena_zalloc(a, t->n + 1);
    s.was = kf_arena_zalloc(a, t->n + 1);
    s.changed = kf_arena_zalloc(a, t->n + 1);
    s.hand = kf_arena_alloc(a, (t->n + 1u) * sizeof *s.hand);
    for (uint32_t i = 0; i < t->n; i++) {
        s.truth[i] = s.was[i] = t->part[i].truth;
        most += t->part[i].op == KF_WHY_ASK && t->part[i].same == i && !t->part[i].fixed;
    }
    if (!t->n || reached(goal, kf_why_eval(t, 0, s.truth)))
        return;
    for (s.size = 1; s.size <= most && !s.found.n && s.effort <= EFFORT; s.size++)
        deepen(&s, 0);
    s.size--;
    if (s.found.n)
        take(&s, a, ret); /* smaller ones were searched to their end */
    else
        ret->given_up = s.effort > EFFORT;
    ret->size = ret->given_up ? s.size - 1 : s.size;
    kf_vec_free(&s.found);
}
