/* When the literals of a proof cannot all be: no value is left for one of them, or what they say of
 * some events contradicts what others say of more, or of fewer. */
#include "lua/reason_internal.h"

#include <stdlib.h>

#define PASSES      3
#define WIDE_COUNTS 4096 /* the evaluator tries so many */

struct closing {
    struct kf_reason *r;
    struct kf_left *left;
    uint32_t n;
    bool changed; /* something is left of less than before */
};

static bool is_count(const struct closing *c, const struct kf_left *x)
{
    return c->r->fact.p[x->fact].mode == KF_FACT_COUNT;
}

static struct kf_reason_select *select_of(const struct closing *c, const struct kf_left *x)
{
    uint32_t s = c->r->fact.p[x->fact].select;
    return s ? &c->r->select.p[s - 1] : NULL;
}

/* What a trait says of a count that may not be known says nothing. */
static bool is_void(const struct closing *c, const struct kf_left *x, const struct kf_literal *l)
{
    return l->single && is_count(c, x) && !kf_goal_definite(l->goal) && !x->known;
}

static bool is_some(const struct closing *c, const struct kf_left *x, const struct kf_literal *l)
{
    return l->some && !(is_count(c, x) && x->known);
}

static void gather(struct closing *c, struct kf_left *x)
{
    struct kf_reason *r = c->r;
    const struct kf_fact *f = &r->fact.p[x->fact];
    x->all = f->base;
    x->missing_ok = f->base.missing;
    for (size_t i = 0; i < r->literal.n; i++) {
        const struct kf_literal *l = &r->literal.p[i];
        if (l->fact == x->fact && kf_goal_definite(l->goal))
            x->known |= f->mode != KF_FACT_COUNT || l->single;
    }
    for (size_t i = 0; i < r->literal.n; i++) {
        const struct kf_literal *l = &r->literal.p[i];
        if (l->fact != x->fact || is_void(c, x, l))
            continue;
        x->missing_ok &= l->set.missing;
        if (!is_some(c, x, l))
            x->all = kf_values_and(&r->scratch, x->all, l->set);
    }
    if (f->whole) /* what bounds it later is whole already */
        x->all.number = kf_ranges_whole(&r->scratch, x->all.number);
}

static bool is_too_wide(const struct kf_left *x)
{
    struct kf_dec lo, hi;
    return !kf_ranges_least(x->all.number, &lo) || !kf_ranges_most(x->all.number, &hi) ||
           hi.m - lo.m > WIDE_COUNTS;
}

/* A literal that wants some value of the set. */
static bool has_none(const struct closing *c, const struct kf_left *x, const struct kf_literal *l,
                     bool all_definite)
{
    struct kf_arena *a = &c->r->scratch;
    struct kf_values both = kf_values_and(a, x->all, l->set);
    if (is_count(c, x)) {
        both.number = kf_ranges_whole(a, both.number);
        return kf_values_none(&both) && !(l->wide && is_too_wide(x));
    }
    if (!kf_goal_definite(l->goal) && !all_definite)
        return false; /* one of the values is undecided */
    return kf_values_none(&both);
}

static bool is_dead(struct closing *c, struct kf_left *x)
{
    struct kf_reason *r = c->r;
    bool all_definite = false;
    if (!is_count(c, x) && (!x->known || x->missing_ok))
        return false;
    if (kf_values_none(&x->all))
        return true;
    for (size_t i = 0; i < r->literal.n; i++) {
        const struct kf_literal *l = &r->literal.p[i];
        all_definite |= l->fact == x->fact && !l->some && kf_goal_definite(l->goal);
    }
    for (size_t i = 0; i < r->literal.n; i++) {
        const struct kf_literal *l = &r->literal.p[i];
        if (l->fact == x->fact && is_some(c, x, l) && !is_void(c, x, l) &&
            has_none(c, x, l, all_definite))
            return true;
    }
    return false;
}

/* ---- events ---- */

static struct kf_dec least_of(const struct kf_left *x)
{
    struct kf_dec lo;
    return kf_ranges_least(x->all.number, &lo) ? lo : kf_dec_int(0);
}

static void at_least(struct closing *c, struct kf_left *x, struct kf_dec n)
{
    struct kf_arena *a = &c->r->scratch;
    struct kf_dec lo;
    if (kf_ranges_least(x->all.number, &lo) && kf_dec_cmp(lo, n) >= 0)
        return;
    x->all.number = kf_ranges_and(a, x->all.number, kf_ranges_from(a, n, false));
    c->changed = true;
}

static void at_most(struct closing *c, struct kf_left *x, struct kf_dec n)
{
    struct kf_arena *a = &c->r->scratch;
    struct kf_dec hi;
    if (!x->all.number.n || (kf_ranges_most(x->all.number, &hi) && kf_dec_cmp(hi, n) <= 0))
        return;
    x->all.number = kf_ranges_and(a, x->all.number, kf_ranges_to(a, n, false));
    c->changed = true;
}

static bool has_zero(struct closing *c, struct kf_ranges x)
{
    struct kf_arena *a = &c->r->scratch;
    return kf_ranges_and(a, x, kf_ranges_point(a, kf_dec_int(0))).n != 0;
}

static bool is_zero_of_none(uint16_t op)
{
    return op == KF_E_COUNT || op == KF_E_DAYS || op == KF_E_DISTINCT || op == KF_E_SUM ||
           op == KF_E_PROFILES;
}

/* The fact says that there is an event for sure. */
static bool says_some(struct closing *c, const struct kf_left *x)
{
    uint16_t op = c->r->fact.p[x->fact].op;
    if (is_count(c, x))
        return kf_dec_cmp(least_of(x), kf_dec_int(1)) >= 0;
    if (!x->known)
        return false;
    return is_zero_of_none(op) ? !has_zero(c, x->all.number) && !has_zero(c, x->all.money)
                               : !x->missing_ok;
}

static bool says_none(struct closing *c, const struct kf_left *x)
{
    struct kf_dec hi;
    if (kf_reason_select_empty(c->r, c->r->fact.p[x->fact].select - 1, true))
        return true;
    return is_count(c, x) && kf_ranges_most(x->all.number, &hi) &&
           kf_dec_cmp(hi, kf_dec_int(1)) < 0;
}

/* Of no events every aggregate is known. */
static void make_none(struct closing *c, struct kf_left *x)
{
    struct kf_arena *a = &c->r->scratch;
    if (x->none)
        return;
    x->none = x->known = c->changed = true;
    if (is_count(c, x)) {
        at_most(c, x, kf_dec_int(0));
        return;
    }
    if (is_zero_of_none(c->r->fact.p[x->fact].op)) {
        struct kf_values v = kf_values_of(0, false);
        v.number = v.money = kf_ranges_point(a, kf_dec_int(0));
        x->all = kf_values_and(a, x->all, v);
        x->missing_ok = false;
    } else {
        x->all = kf_values_of(0, true);
    }
}

static uint32_t number_of(const struct closing *c, const struct kf_left *x)
{
    return c->r->fact.p[x->fact].select - 1;
}

/* x's events are all among y's. */
static void compare(struct closing *c, struct kf_left *x, struct kf_left *y)
{
    struct kf_dec hi;
    uint16_t x_op = c->r->fact.p[x->fact].op, y_op = c->r->fact.p[y->fact].op;
    if (says_some(c, x) && is_count(c, y))
        at_least(c, y, kf_dec_int(1));
    if (says_none(c, y))
        make_none(c, x);
    bool days = x_op == KF_E_DAYS && x->known;
    if ((is_count(c, x) || days) && is_count(c, y))
        at_least(c, y, least_of(x));
    if (is_count(c, x) && is_count(c, y) && kf_ranges_most(y->all.number, &hi))
        at_most(c, x, hi);
    if (days && y_op == KF_E_DAYS && y->known) {
        at_least(c, y, least_of(x));
        if (kf_ranges_most(y->all.number, &hi))
            at_most(c, x, hi);
    }
}

/* ---- the first and the last ---- */

static struct kf_dec ns(int64_t n)
{
    return kf_dec_int(n);
}

/* Ages that the value may have are all of the range. */
static bool ages_inside(struct closing *c, const struct kf_left *t, struct kf_ranges in)
{
    struct kf_arena *a = &c->r->scratch;
    return kf_ranges_and(a, t->all.instant.age, kf_ranges_not(a, in)).n == 0;
}

static void bound_age(struct closing *c, struct kf_left *t, struct kf_ranges in)
{
    struct kf_times x = kf_times_all();
    if (t->all.instant.none || ages_inside(c, t, in))
        return;
    x.age = in;
    t->all.instant = kf_times_and(&c->r->scratch, t->all.instant, x);
    c->changed = true;
}

/* t: the last (first) time of some events; x: how many of them lie in a stretch of ages. */
static void compare_time(struct closing *c, struct kf_left *t, struct kf_left *x)
{
    struct kf_arena *a = &c->r->scratch;
    const struct kf_reason_select *s = select_of(c, x);
    bool last = c->r->fact.p[t->fact].op == KF_E_LAST_TIME;
    struct kf_ranges all = kf_ranges_all();
    struct kf_ranges since = s->young > 0 ? kf_ranges_from(a, ns(s->young), false) : all;
    struct kf_ranges until = s->old < KF_TIME_MAX ? kf_ranges_to(a, ns(s->old), true) : all;
    struct kf_ranges stretch = kf_ranges_and(a, since, until);
    struct kf_ranges beyond = kf_ranges_not(a, last ? until : since);
    if (t->known && !t->all.instant.none) {
        if (!t->missing_ok && ages_inside(c, t, stretch))
            at_least(c, x, kf_dec_int(1));
        else if (ages_inside(c, t, beyond))
            at_most(c, x, kf_dec_int(0)); /* as if it were missing */
    }
    if (says_some(c, x)) {
        c->changed |= t->missing_ok;
        t->missing_ok = false;
        bound_age(c, t, last ? until : since);
    } else if (says_none(c, x)) {
        bound_age(c, t, kf_ranges_not(a, stretch));
    }
}

static void spread_to(struct closing *c, struct kf_left *x, struct kf_left *y)
{
    struct kf_reason *r = c->r;
    uint16_t op = r->fact.p[x->fact].op;
    if (kf_reason_subset(r, number_of(c, x), number_of(c, y)))
        compare(c, x, y);
    if ((op == KF_E_LAST_TIME || op == KF_E_FIRST_TIME) && is_count(c, y) &&
        kf_str_eq(select_of(c, y)->stem, select_of(c, x)->key))
        compare_time(c, x, y);
}

/* Fresh facts against all, and all against all once something has changed. */
static void spread(struct closing *c, const uint32_t *fresh, uint32_t n_fresh, bool all)
{
    for (uint32_t i = 0; i < c->n; i++) {
        bool whole = all || c->left[i].fresh;
        uint32_t n = !select_of(c, &c->left[i]) ? 0 : whole ? c->n : n_fresh;
        for (uint32_t k = 0; k < n; k++) {
            struct kf_left *y = &c->left[whole ? k : fresh[k]];
            if (select_of(c, y))
                spread_to(c, &c->left[i], y);
        }
    }
}

/* The facts of the literals from `from` on, and what is left of them. True: of one nothing is. */
static bool take_literals(struct closing *c, size_t from)
{
    struct kf_reason *r = c->r;
    for (size_t i = from; i < r->literal.n; i++) {
        uint32_t k = 0, fact = r->literal.p[i].fact;
        while (k < c->n && c->left[k].fact != fact)
            k++;
        if (k == c->n)
            c->left[c->n++] = (struct kf_left){.fact = fact};
        c->left[k].fresh = true;
    }
    for (uint32_t i = 0; i < c->n; i++) {
        struct kf_left *x = &c->left[i], given = *x;
        if (!x->fresh)
            continue;
        x->known = false;
        gather(c, x);
        if (i < r->n_given_left && from) { /* what others say of it was worked out before */
            x->all = kf_values_and(&r->scratch, x->all, given.all);
            x->missing_ok &= given.missing_ok;
            x->known |= given.known;
        }
        if (is_dead(c, x) || (select_of(c, x) && says_some(c, x) &&
                              kf_reason_select_empty(r, number_of(c, x), false)))
            return true;
    }
    return false;
}

static bool closes_with(struct closing *c, size_t from)
{
    if (take_literals(c, from))
        return true;
    uint32_t n_fresh = 0, *fresh = kf_arena_alloc(&c->r->scratch, (c->n + 1) * sizeof *fresh);
    for (uint32_t i = 0; i < c->n; i++)
        if (c->left[i].fresh && select_of(c, &c->left[i]))
            fresh[n_fresh++] = i;
    c->changed = true;
    for (int pass = 0; pass < PASSES && c->changed; pass++) {
        c->changed = false;
        spread(c, fresh, n_fresh, pass > 0);
        for (uint32_t i = 0; i < c->n && c->changed; i++)
            if (is_dead(c, &c->left[i]))
                return true;
    }
    return false;
}

bool kf_reason_give(struct kf_reason *r)
{
    struct closing c = {.r = r};
    r->n_given_left = 0;
    c.left = kf_arena_alloc(&r->scratch, (r->literal.n + 1) * sizeof *c.left);
    if (closes_with(&c, 0))
        return false;
    for (uint32_t i = 0; i < c.n; i++)
        c.left[i].fresh = false;
    r->given_left = c.left;
    r->n_given_left = c.n;
    return true;
}

bool kf_reason_clash(struct kf_reason *r)
{
    struct closing c = {.r = r};
    size_t from = !r->depth && r->member ? r->given_literal : 0;
    uint32_t given = from ? r->n_given_left : 0;
    c.left = kf_arena_alloc(&r->scratch, (r->literal.n + 1) * sizeof *c.left);
    if (given) {
        memcpy(c.left, r->given_left, given * sizeof *c.left);
        c.n = given;
    }
    return closes_with(&c, given ? from : 0);
}
