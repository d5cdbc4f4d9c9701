/* The quality report: what needs no rule (core/quality), then `expect` rules (quality_checks.c). */
#include "decide/quality_internal.h"

#include <stdlib.h>

int kf_quality_events(struct kf_decide *d, const struct kf_rule *r, uint64_t *ret_of,
                      const uint32_t **ret_bad, uint32_t *ret_n, struct kf_arena *arena,
                      struct kf_error *err)
{
    struct checking c;
    int rc = kf_check_run(&c, d, r, false, err);
    if (rc == 0) {
        uint32_t *bad = kf_arena_alloc(arena, (d->w->events->n + 1u) * sizeof *bad), n = 0;
        for (uint32_t e = 0; e < d->w->events->n; e++)
            if (c.bad[e])
                bad[n++] = e;
        *ret_of = c.of;
        *ret_bad = bad;
        *ret_n = n;
    }
    kf_check_end(&c);
    return rc;
}

/* bad <= allow * of, exactly. */
static bool allowed(const struct kf_rule *r, uint64_t bad, uint64_t of)
{
    struct kf_dec allow = kf_dec_int(0);
    kf_rule_number(r, "allow", &allow);
    unsigned __int128 left = bad, right = (unsigned __int128)(uint64_t)allow.m * of;
    for (int i = 0; i < allow.scale; i++)
        left *= 10;
    return left <= right;
}

const char *kf_expect_unit(const struct kf_expect_row *row)
{
    if (strcmp(row->detail, "consent_unknown") == 0)
        return "addresses";
    if (strcmp(row->check, "activation") == 0 && row->rule)
        return "channels";
    return strncmp(row->detail, "same_id", 7) == 0 ? "deliveries" : "events";
}

typedef kf_vec(struct kf_expect_row) rows;

static void *copy(struct kf_arena *a, const void *p, size_t n, size_t size)
{
    void *to = kf_arena_alloc(a, (n + 1) * size);
    if (n)
        memcpy(to, p, n * size);
    return to;
}

static void add_row(rows *out, const struct kf_rule *r, const struct kf_tally *t,
                    struct kf_arena *arena)
{
    struct kf_expect_row row = {
        .rule = r,
        .check = t->check,
        .detail = t->detail,
        .bad = t->bad,
        .of = t->of,
        .n_example = t->n_example,
        .passed = r ? allowed(r, t->bad, t->of) : t->bad == 0,
        .source = copy(arena, t->source.p, t->source.n, sizeof *t->source.p),
        .n_source = (uint32_t)t->source.n,
        .field = copy(arena, t->field.p, t->field.n, sizeof *t->field.p),
        .n_field = (uint32_t)t->field.n,
        .event = copy(arena, t->row.p, t->row.n, sizeof *t->row.p),
        .n_event = (uint32_t)t->row.n,
    };
    memcpy(row.example, t->example, sizeof row.example);
    *kf_vec_push(out) = row;
}

static int of_rule(struct kf_decide *d, const struct kf_rule *r, bool want_rows,
                   struct kf_arena *arena, rows *out, struct kf_error *err)
{
    struct checking c;
    int rc = kf_check_run(&c, d, r, want_rows, err);
    for (uint32_t i = 0; rc == 0 && i < c.n_tally; i++)
        add_row(out, r, &c.tally[i], arena);
    kf_check_end(&c);
    return rc;
}

static int built_in(struct kf_decide *d, bool want_rows, struct kf_arena *arena, rows *out,
                    struct kf_error *err)
{
    const struct kf_world *w = d->w;
    struct kf_quality_options o = {.config = w->config,
                                   .subset = w->subset,
                                   .flags = w->event_flags,
                                   .leave_out = w->leave_out,
                                   .rows = want_rows};
    struct kf_tally tally[KF_QUALITY_COUNTS], odd[KF_QUALITY_IDENTIFIERS];
    int rc = kf_quality_builtin(w->events, &o, tally, err);
    for (uint32_t i = 0; i < KF_QUALITY_COUNTS; i++) {
        if (rc == 0)
            add_row(out, NULL, &tally[i], arena);
        kf_tally_free(&tally[i]);
    }
    if (rc)
        return rc;
    struct kf_tally consent;
    rc = kf_quality_consent(d, want_rows, &consent, err);
    if (rc == 0)
        add_row(out, NULL, &consent, arena);
    kf_tally_free(&consent);
    uint32_t n = kf_quality_identifiers(w, want_rows, odd);
    for (uint32_t i = 0; i < n; i++) {
        add_row(out, NULL, &odd[i], arena);
        kf_tally_free(&odd[i]);
    }
    return rc;
}

int kf_decide_quality(struct kf_decide *d, struct kf_arena *arena, const struct kf_expect_row **ret,
                      uint32_t *ret_n, struct kf_error *err)
{
    return kf_decide_quality_rows(d, false, arena, ret, ret_n, err);
}

int kf_decide_quality_rows(struct kf_decide *d, bool want_rows, struct kf_arena *arena,
                           const struct kf_expect_row **ret, uint32_t *ret_n, struct kf_error *err)
{
    rows all = {0};
    uint32_t n;
    const struct kf_rule *const *rule = kf_rules_kind(d->rules, KF_KIND_EXPECT, &n);
    int rc = built_in(d, want_rows, arena, &all, err);
    for (uint32_t i = 0; i < n && rc == 0; i++)
        rc = of_rule(d, rule[i], want_rows, arena, &all, err);
    if (rc == 0) {
        *ret = copy(arena, all.p, all.n, sizeof *all.p);
        *ret_n = (uint32_t)all.n;
    }
    kf_vec_free(&all);
    return rc;
}

int kf_decide_gate(struct kf_decide *d, const char *what, struct kf_arena *arena,
                   const struct kf_expect_row **ret, uint32_t *ret_n, struct kf_error *err)
{
    rows all = {0};
    uint32_t n, k = 0;
    const struct kf_rule *const *rule = kf_rules_kind(d->rules, KF_KIND_EXPECT, &n);
    int rc = 0;
    for (uint32_t i = 0; i < n && rc == 0; i++)
        if (kf_expect_gates(&(struct kf_expect_row){.rule = rule[i]}, what))
            rc = of_rule(d, rule[i], false, arena, &all, err);
    for (uint32_t i = 0; i < all.n; i++)
        if (!all.p[i].passed)
            all.p[k++] = all.p[i];
    if (rc == 0) {
        *ret = copy(arena, all.p, k, sizeof *all.p);
        *ret_n = k;
    }
    kf_vec_free(&all);
    return rc;
}
