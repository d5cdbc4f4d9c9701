/* The same events given in other ways that must not matter (IDENTITY 7, last paragraph). */
#include "decide/scenario_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define ORDERS 4 /* backwards, then shuffled ones */

struct variation {
    struct trial *t;
    const char *base; /* lines of the events as given */
    bool base_holds;
};

/* The first line that only one side has. */
static void tell(struct variation *v, struct outcome *o, const char *was)
{
    const char *a = v->base, *b = was;
    for (;;) {
        size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");
        if (n != m || memcmp(a, b, n) != 0) {
            kf_outcome_problem(o, NULL, "as given '%.*s', here '%.*s'", (int)n, a, (int)m, b);
            return;
        }
        if (!*a || !*b)
            return;
        a += n + 1;
        b += m + 1;
    }
}

static int try_it(struct variation *v, const char *name, struct given *g, unsigned threads,
                  struct kf_error *err)
{
    struct outcome o = {0};
    struct kf_buf lines = {0};
    int rc = kf_trial_run(v->t, g, threads, true, &o, err);
    if (rc == 0) {
        kf_outcome_lines(&o, &lines);
        if (strcmp(lines.p, v->base) != 0)
            tell(v, &o, lines.p);
        if (v->base_holds && v->t->expect)
            kf_outcome_check(&o, v->t->expect);
        for (size_t i = 0; i < o.problem.n; i++) {
            o.problem.p[i].variation = kf_arena_strdup(o.kept, name);
            *kf_vec_push(&v->t->problem) = o.problem.p[i];
        }
    } else {
        kf_error_context(err, "%s", name);
    }
    kf_buf_free(&lines);
    kf_outcome_free(&o);
    return rc;
}

static uint64_t next_random(uint64_t *state) /* splitmix64 */
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint32_t *order(const struct trial *t, uint32_t copies, uint32_t which, struct kf_arena *a)
{
    uint32_t n = (uint32_t)t->script.event.n, total = n * copies;
    uint32_t *o = kf_arena_alloc(a, (total + 1u) * sizeof *o);
    uint64_t state = t->seed + which;
    for (uint32_t i = 0; i < total; i++)
        o[i] = which == 0 ? n - 1 - i % n : i % n;
    for (uint32_t i = total; which && i > 1; i--) {
        uint32_t k = (uint32_t)(next_random(&state) % i), x = o[i - 1];
        o[i - 1] = o[k];
        o[k] = x;
    }
    return o;
}

static int orders(struct variation *v, struct kf_arena *a, struct kf_error *err)
{
    uint32_t n = (uint32_t)v->t->script.event.n;
    int rc = 0;
    for (uint32_t i = 0; i < ORDERS && rc == 0; i++) {
        struct given g;
        char name[48];
        snprintf(name, sizeof name, i ? "in another order (%u)" : "backwards", i);
        rc = kf_given_init(&g, err);
        if (rc == 0)
            rc = kf_given_add(&g, &v->t->script, v->t->rules, order(v->t, 1, i, a), n, err);
        if (rc == 0)
            rc = try_it(v, name, &g, i == 2 ? 3 : 1, err);
        kf_given_free(&g);
    }
    return rc;
}

static int twice(struct variation *v, struct kf_arena *a, struct kf_error *err)
{
    struct given g;
    uint32_t n = (uint32_t)v->t->script.event.n;
    int rc = kf_given_init(&g, err);
    if (rc == 0)
        rc = kf_given_add(&g, &v->t->script, v->t->rules, order(v->t, 2, ORDERS, a), 2 * n, err);
    if (rc == 0)
        rc = kf_given_drop_copies(&g, err);
    if (rc == 0)
        rc = try_it(v, "every event twice", &g, 1, err);
    kf_given_free(&g);
    return rc;
}

/* Each event is resolved with those before it, in dictionaries that grow; the last time all are
 * there. */
static int one_at_a_time(struct variation *v, struct kf_arena *a, struct kf_error *err)
{
    struct given g;
    uint32_t n = (uint32_t)v->t->script.event.n, *by = order(v->t, 1, ORDERS + 1, a);
    int rc = kf_given_init(&g, err);
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        struct outcome o = {0};
        rc = kf_given_add(&g, &v->t->script, v->t->rules, by + i, 1, err);
        if (rc == 0 && i + 1 < n)
            rc = kf_trial_run(v->t, &g, 1, false, &o, err);
        kf_outcome_free(&o);
    }
    if (rc == 0)
        rc = try_it(v, "one at a time", &g, 1, err);
    kf_given_free(&g);
    return rc;
}

/* All that was given, out of a store. */
static int out_of_a_store(struct variation *v, struct outcome *base, struct kf_error *err)
{
    const struct kf_scenario_options *opt = v->t->options;
    struct kf_events *stored = NULL;
    struct given g = {0};
    int rc = opt->reopen(opt->ctx, base->world, base->decide, &stored, err);
    if (rc)
        return rc;
    kf_given_take(&g, stored);
    rc = try_it(v, "out of a store that was closed and opened again", &g, 1, err);
    kf_given_free(&g);
    return rc;
}

/* The first half of an order is resolved and stored; the store is closed and opened, and the others
 * come to what it holds. */
static int half_out_of_a_store(struct variation *v, const uint32_t *by, struct kf_error *err)
{
    const struct trial *t = v->t;
    const struct kf_scenario_options *opt = t->options;
    uint32_t n = (uint32_t)t->script.event.n, part = n / 2;
    struct given g;
    struct outcome o = {0};
    struct kf_events *stored = NULL;
    int rc = kf_given_init(&g, err);
    if (rc == 0)
        rc = kf_given_add(&g, &t->script, t->rules, by, part, err);
    if (rc == 0)
        rc = kf_trial_run(t, &g, 1, opt->needs_decisions, &o, err);
    if (rc == 0)
        rc = opt->reopen(opt->ctx, o.world, o.decide, &stored, err);
    kf_outcome_free(&o);
    if (rc == 0) {
        kf_given_take(&g, stored);
        rc = kf_given_add(&g, &t->script, t->rules, by + part, n - part, err);
    }
    if (rc == 0)
        rc = try_it(v, "half of it added to a store that was opened again", &g, 1, err);
    kf_given_free(&g);
    return rc;
}

int kf_trial_vary(struct trial *t, struct outcome *base, struct kf_error *err)
{
    struct kf_arena a = {0};
    struct kf_buf lines = {0};
    uint32_t n = (uint32_t)t->script.event.n;
    bool store = t->options->reopen != NULL;
    kf_outcome_lines(base, &lines);
    struct variation v = {.t = t, .base = lines.p, .base_holds = !t->problem.n};
    int rc = n ? orders(&v, &a, err) : 0;
    if (rc == 0 && n)
        rc = twice(&v, &a, err);
    if (rc == 0 && n)
        rc = one_at_a_time(&v, &a, err);
    if (rc == 0 && store && n)
        rc = out_of_a_store(&v, base, err);
    if (rc == 0 && store && n > 1)
        rc = half_out_of_a_store(&v, order(t, 1, ORDERS + 2, &a), err);
    kf_buf_free(&lines);
    kf_arena_free(&a);
    return rc;
}
