/* What changes by itself: members, sign-offs, changes. From the store and the approval log. */
#include "cli/docs.h"

#include "base/vec.h"
#include "cli/freshness.h"

#include <stdlib.h>

struct reader {
    struct kf_docs *d;
    kf_vec(struct kf_docs_run) run;
    uint32_t at; /* run that the last row was of */
};

static int64_t number(const char *text)
{
    return text ? strtoll(text, NULL, 10) : 0;
}

static int on_run(void *ctx, int n, const char *const *v, const char *const *name)
{
    (void)n, (void)name;
    struct reader *r = ctx;
    *kf_vec_push(&r->run) = (struct kf_docs_run){number(v[0]), number(v[1]), number(v[2]),
                                                 kf_arena_strdup(&r->d->arena, v[3])};
    return 0;
}

static struct kf_docs_entry *entry_named(struct kf_docs *d, const char *kind, const char *name)
{
    for (int k = 1; k < KF_KIND_COUNT; k++)
        if (strcmp(kf_kind_name((enum kf_kind)k), kind) == 0) {
            const struct kf_rule *r = kf_rules_find(d->rules, (enum kf_kind)k, name);
            return r ? &d->entry[r->number] : NULL;
        }
    return NULL;
}

/* run, kind, name, band, digest, members, undecided, lacking; by run. */
static int on_rule(void *ctx, int n, const char *const *v, const char *const *name)
{
    (void)n, (void)name;
    struct reader *r = ctx;
    struct kf_docs *d = r->d;
    struct kf_docs_entry *e = entry_named(d, v[1], v[2]);
    int64_t run = number(v[0]);
    while (r->at < d->n_run && d->run[r->at].number < run)
        r->at++;
    if (!e || r->at == d->n_run || d->run[r->at].number != run)
        return 0;
    if (!v[3]) {
        struct kf_docs_point *p = (struct kf_docs_point *)e->point;
        if (!p)
            e->point = p = kf_arena_alloc(&d->arena, d->n_run * sizeof *p);
        p[e->n_point++] = (struct kf_docs_point){r->at, number(v[5]), number(v[6]), number(v[7]),
                                                 kf_arena_strdup(&d->arena, v[4] ? v[4] : "")};
    } else if (r->at + 1 == d->n_run) {
        struct kf_docs_band *b = kf_arena_alloc(&d->arena, (e->n_band + 1u) * sizeof *b);
        if (e->n_band)
            memcpy(b, e->band, e->n_band * sizeof *b);
        b[e->n_band++] = (struct kf_docs_band){kf_arena_strdup(&d->arena, v[3]), number(v[5])};
        e->band = b;
    }
    return 0;
}

static int on_failed(void *ctx, int n, const char *const *v, const char *const *name)
{
    (void)n, (void)name;
    struct kf_docs *d = ctx;
    const struct kf_rule *r = v[0] ? kf_rules_find(d->rules, KF_KIND_EXPECT, v[0]) : NULL;
    if (r && strcmp(kf_rule_text(r, "severity", "warn"), "error") == 0)
        d->failed++;
    return 0;
}

static int from_store(struct kf_session *s, struct kf_docs *d, struct kf_error *err)
{
    struct reader r = {.d = d};
    int rc = kf_session_store(s, err);
    if (rc == 0)
        rc = kf_store_query(s->store,
                            "SELECT number, at_ms, as_of_ns, rules_digest FROM run ORDER BY number",
                            on_run, &r, err);
    struct kf_docs_run *run = kf_arena_alloc(&d->arena, (r.run.n + 1) * sizeof *run);
    if (r.run.n)
        memcpy(run, r.run.p, r.run.n * sizeof *run);
    d->run = run;
    d->n_run = (uint32_t)r.run.n;
    kf_vec_free(&r.run);
    if (rc == 0 && d->n_run)
        d->ran_rules = d->run[d->n_run - 1].rules;
    if (rc == 0)
        rc = kf_store_query(s->store,
                            "SELECT run, kind, name, band, digest, members, undecided, lacking"
                            " FROM run_rule ORDER BY run, id",
                            on_rule, &r, err);
    return rc ? rc
              : kf_store_query(s->store,
                               "SELECT r.name FROM quality q LEFT JOIN rule r ON r.id = q.rule"
                               " WHERE NOT q.passed",
                               on_failed, d, err);
}

/* ---- how fresh ---- */

static void fresh_entry(struct kf_docs *d, const struct kf_ledger *l,
                        const struct kf_ledger_product *p)
{
    const struct kf_rule *r = kf_rules_find(d->rules, p->rule->kind, p->rule->name);
    if (!r || p->stalest == UINT32_MAX)
        return;
    const struct kf_ledger_source *s = &l->source[p->stalest];
    struct kf_docs_entry *e = &d->entry[r->number];
    struct kf_buf b = {0};
    e->source = kf_arena_strdup(&d->arena, s->config->name);
    e->source_last = s->last_event;
    if (s->state != KF_LEDGER_FRESH) {
        kf_ledger_standing_add(&b, l, s);
        e->delayed = kf_arena_strdup(&d->arena, b.p ? b.p : "");
    }
    kf_buf_free(&b);
}

static void late_sources(struct kf_docs *d, const struct kf_ledger *l)
{
    struct kf_buf b = {0};
    for (uint32_t i = 0; i < l->n_source; i++)
        if (l->source[i].state != KF_LEDGER_FRESH)
            kf_buf_addf(&b, "%s%s", b.n ? ", " : "", l->source[i].config->name);
    d->late = b.n ? kf_arena_strdup(&d->arena, b.p) : NULL;
    kf_buf_free(&b);
}

/* As the ledger stood when the last run was made: a page that is read later must not change with
 * the clock. A session of its own, for the ledger loads rules of its own. Without a ledger the
 * rest stands. */
static void freshness(struct kf_session *s, struct kf_docs *d)
{
    struct kf_session own;
    struct kf_ledger l = {0};
    struct kf_error ignored = KF_ERROR_INIT;
    if (!d->n_run || !d->run[d->n_run - 1].at_ms)
        return;
    if (kf_session_open(&own, s->cli, &ignored) == 0 &&
        kf_ledger_gather(&own, d->run[d->n_run - 1].at_ms * 1000000, &l, &ignored) == 0) {
        late_sources(d, &l);
        for (uint32_t i = 0; i < l.n_product; i++)
            fresh_entry(d, &l, &l.product[i]);
    }
    kf_ledger_free(&l);
    kf_session_close(&own);
}

int kf_docs_figures(struct kf_session *s, struct kf_docs *d, struct kf_error *err)
{
    d->figures = true;
    int rc = kf_approvals_load(d->config, &d->approvals, err);
    if (rc || !kf_session_has_store(s))
        return rc;
    rc = from_store(s, d, err);
    if (rc == 0)
        freshness(s, d);
    return rc;
}

static const struct kf_docs_point *last_point(const struct kf_docs *d,
                                              const struct kf_docs_entry *e)
{
    const struct kf_docs_point *p = e->n_point ? &e->point[e->n_point - 1] : NULL;
    return p && p->run + 1 == d->n_run ? p : NULL;
}

const char *kf_docs_reliable(struct kf_docs *d, const struct kf_docs_entry *e, int *ret_kind)
{
    const struct kf_docs_point *p = last_point(d, e);
    char text[32];
    unsigned missing = 0;
    const struct kf_config_person *same;
    *ret_kind = 3;
    if (!e->rule->evaluated)
        return "Not worked out yet: the rule is written and checked, but there are no figures.";
    if (!d->n_run)
        return "There has been no run yet, so there are no figures.";
    if (!kf_rule_in_force(e->rule, d->run[d->n_run - 1].as_of))
        return "Not in force at the instant of the last run: it holds for nobody.";
    if (p && !kf_str_eq(kf_cstr(p->digest), e->rule->digest))
        return "The rule has been changed since the last run: the figures are those of the rule "
               "as it was.";
    if (!p && d->ran_rules && strcmp(d->ran_rules, d->rules->digest) != 0)
        return "The rules have been changed since the last run.";
    if (d->config->approval_required && d->approvals &&
        !kf_approvals_full(d->approvals, d->rules->digest, &missing, &same)) {
        struct kf_buf b = {0};
        kf_buf_adds(&b, "These rules are not signed off yet: ");
        kf_roles_add(&b, missing);
        kf_buf_adds(&b, missing ? " has to agree." : " two people have to agree.");
        const char *said = kf_arena_strdup(&d->arena, b.p);
        kf_buf_free(&b);
        return said;
    }
    *ret_kind = 2;
    if (p && p->undecided)
        return kf_arena_printf(&d->arena, "%s could not be decided and %s not counted.",
                               kf_count_text((uint64_t)p->undecided, text),
                               p->undecided == 1 ? "is" : "are");
    if (e->delayed)
        return kf_arena_printf(&d->arena,
                               "Its data come from %s, which was late at the last "
                               "run: %s.",
                               e->source, e->delayed);
    if (p && !e->source && d->late) /* the ledger follows segments, exports and reports only */
        return kf_arena_printf(
            &d->arena, "Decided for everybody at the last run; late were then: %s.", d->late);
    if (d->failed)
        return kf_arena_printf(&d->arena,
                               "Decided for everybody at the last run, but %u check%s of the data "
                               "failed then.",
                               d->failed, d->failed == 1 ? "" : "s");
    *ret_kind = 1;
    return p ? "Decided for everybody at the last run, by the rule as it stands here."
             : "The rule is as it was at the last run.";
}
