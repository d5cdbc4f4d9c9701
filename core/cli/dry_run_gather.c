/* Gathering what a dry-run says: both sides are folded in this process, nothing is written. */
#include "base/vec.h"
#include "cli/dry_run.h"

#include <stdio.h>
#include <stdlib.h>

static const char *text_of(struct kf_dry_run *d, struct kf_buf *b)
{
    const char *s = kf_arena_strndup(&d->arena, b->p ? b->p : "", b->n);
    kf_buf_free(b);
    return s;
}

/* ---- examples ---- */

static int trace(struct kf_dry_run *d, struct kf_side *side, uint32_t profile,
                 const struct kf_rule *rule, struct kf_explain_rule *ret, bool *ret_has,
                 struct kf_error *err)
{
    if (!rule || profile == KF_ID_NONE)
        return 0;
    *ret_has = true;
    return kf_explain_trace(side->world, side->decide, profile, rule, d->s->reveal, &d->arena, ret,
                            err);
}

static int trace_both(struct kf_dry_run *d, struct kf_dry_example *e, const struct kf_rule *before,
                      const struct kf_rule *after, struct kf_error *err)
{
    int rc = trace(d, &d->diff.before, e->who.before, before, &e->before, &e->has_before, err);
    return rc ? rc : trace(d, &d->diff.after, e->who.after, after, &e->after, &e->has_after, err);
}

static int set_examples(struct kf_dry_run *d, struct kf_dry_set *s, struct kf_error *err)
{
    const struct kf_diff_members *m = &s->d->m;
    struct kf_dry_example *e = kf_arena_zalloc(&d->arena, 2 * KF_DIFF_EXAMPLES * sizeof *e);
    int rc = 0;
    for (uint32_t i = 0; i < m->n_add_example; i++)
        e[s->n_example++] = (struct kf_dry_example){.who = m->add_example[i], .joins = true};
    for (uint32_t i = 0; i < m->n_remove_example; i++)
        e[s->n_example++] = (struct kf_dry_example){.who = m->remove_example[i]};
    for (uint32_t i = 0; rc == 0 && i < s->n_example; i++)
        rc = trace_both(d, &e[i], s->d->before, s->d->after, err);
    s->example = e;
    return rc;
}

static bool was(const struct kf_dry_run *d, const struct kf_diff_set *s, struct kf_diff_pair who)
{
    return s->before && who.before != KF_ID_NONE &&
           kf_side_has(d->diff.before.bits[s->before->number], who.before);
}

static bool is(const struct kf_dry_run *d, const struct kf_diff_set *s, struct kf_diff_pair who)
{
    return s->after && who.after != KF_ID_NONE &&
           kf_side_has(d->diff.after.bits[s->after->number], who.after);
}

/* What made a person contactable or suppressed: the sets they left or came to, and the conditions
 * of the first of them. */
static int contact_example(struct kf_dry_run *d, struct kf_dry_example *e,
                           const struct kf_diff_set *set, uint32_t n, bool comes, const char *word,
                           struct kf_error *err)
{
    const struct kf_diff_set *first = NULL;
    struct kf_buf b = {0};
    for (uint32_t i = 0; i < n; i++) {
        bool before = was(d, &set[i], e->who), after = is(d, &set[i], e->who);
        if (before == after || after != comes)
            continue;
        kf_buf_addf(&b, "%s%s", first ? ", " : word, set[i].name);
        if (!first)
            first = &set[i];
    }
    if (!first) {
        kf_buf_free(&b);
        return 0;
    }
    e->because = text_of(d, &b);
    return trace_both(d, e, first->before, first->after, err);
}

static int gather_contact(struct kf_dry_run *d, struct kf_error *err)
{
    const struct kf_diff *x = &d->diff;
    struct kf_dry_example *e = kf_arena_zalloc(&d->arena, 2 * KF_DIFF_EXAMPLES * sizeof *e);
    int rc = 0;
    if (d->first)
        return 0;
    d->contactable = e;
    for (uint32_t i = 0; rc == 0 && i < x->reach.n_add_example; i++) {
        e[i] = (struct kf_dry_example){.who = x->reach.add_example[i], .joins = true};
        rc = contact_example(d, &e[i], x->suppress, x->n_suppress, false,
                             "no longer suppressed by ", err);
        if (rc == 0 && !e[i].because)
            rc = contact_example(d, &e[i], x->channel, x->n_channel, true, "can be reached by ",
                                 err);
        d->n_contactable++;
    }
    e += KF_DIFF_EXAMPLES;
    d->suppressed = e;
    for (uint32_t i = 0; rc == 0 && i < x->suppressed.n_add_example; i++) {
        e[i] = (struct kf_dry_example){.who = x->suppressed.add_example[i], .joins = true};
        rc = contact_example(d, &e[i], x->suppress, x->n_suppress, true, "suppressed by ", err);
        d->n_suppressed++;
    }
    return rc;
}

static bool differs(const struct kf_diff_set *s)
{
    return s->m.added || s->m.removed || s->undecided_before != s->undecided_after;
}

/* A changed rule behind an export: its segment's or channel's, which it does not ask by a
 * condition.
 */
static const struct kf_compared *asked_by_export(const struct kf_dry_run *d,
                                                 const struct kf_rule *r)
{
    const struct {
        enum kf_kind kind;
        const char *setting;
    } through[] = {{KF_KIND_SEGMENT, "segment"}, {KF_KIND_CHANNEL, "channel"}};
    for (size_t i = 0; i < 2; i++) {
        const struct kf_rule *to = kf_rules_find(d->diff.after.rules, through[i].kind,
                                                 kf_rule_text(r, through[i].setting, ""));
        const struct kf_compared *c = to ? kf_diff_change(&d->diff, to) : NULL;
        if (to && !c)
            c = kf_diff_asks(&d->diff, to);
        if (c)
            return c;
    }
    return NULL;
}

static int gather_sets(struct kf_dry_run *d, const struct kf_diff_set *set, uint32_t n,
                       const struct kf_dry_set **ret, uint32_t *ret_n, struct kf_error *err)
{
    struct kf_dry_set *out = kf_arena_zalloc(&d->arena, (n + 1) * sizeof *out);
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < n; i++) {
        const struct kf_rule *a = set[i].before, *b = set[i].after;
        bool export = (b ? b : a)->kind == KF_KIND_EXPORT;
        if (!d->first && !differs(&set[i]))
            continue;
        struct kf_dry_set *s = &out[(*ret_n)++];
        s->d = &set[i];
        s->own = a && b && !kf_str_eq(a->digest, b->digest);
        if (b && !d->first) {
            s->asked = kf_diff_asks(&d->diff, b);
            if (!s->asked && export)
                s->asked = asked_by_export(d, b);
        }
        if (!d->first && !export)
            rc = set_examples(d, s, err);
    }
    *ret = out;
    return rc;
}

/* ---- what could not be decided ---- */

static void gather_undecided(struct kf_dry_run *d)
{
    const struct kf_side *a = &d->diff.before, *b = &d->diff.after;
    struct kf_dry_undecided *u = kf_arena_zalloc(&d->arena, (b->rules->n + 1u) * sizeof *u);
    for (uint32_t i = 0; i < b->rules->n; i++) {
        const struct kf_rule *r = b->rules->rule[i];
        const struct kf_rule *old = a->world ? kf_rules_find(a->rules, r->kind, r->name) : NULL;
        uint32_t before = old ? a->undecided[old->number] : 0;
        if (before || b->undecided[i])
            u[d->n_undecided++] = (struct kf_dry_undecided){r, before, b->undecided[i], b->why[i]};
    }
    d->undecided = u;
}

static void gather_counts(struct kf_dry_run *d)
{
    const struct kf_diff *x = &d->diff;
    for (uint32_t i = 0; i < x->n_fraud; i++)
        d->newly_flagged += x->fraud[i].added;
    for (uint32_t i = 0; i < x->n_purpose; i++)
        for (uint32_t k = 0; k < KF_DIFF_STATES && x->purpose[i].needs_consent; k++)
            if (k != KF_CONSENT_GRANTED)
                d->newly_without_consent += x->purpose[i].newly[k];
}

/* ---- what was not covered ---- */

typedef kf_vec(const char *) notes;

static void note_rules(struct kf_dry_run *d, notes *v)
{
    const struct kf_ruleset *r = d->diff.after.rules;
    struct kf_buf b = {0};
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->n; i++)
        if (!r->rule[i]->evaluated) {
            kf_buf_addf(&b, "%s%s %s", n ? ", " : "", kf_kind_name(r->rule[i]->kind),
                        r->rule[i]->name);
            n++;
        }
    if (n) {
        kf_buf_adds(&b, n == 1 ? " is not evaluated yet" : " are not evaluated yet");
        *kf_vec_push(v) = text_of(d, &b);
    }
    kf_buf_free(&b);
}

static void note_undecided(struct kf_dry_run *d, notes *v)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < d->n_undecided; i++)
        n += d->undecided[i].after;
    if (!n)
        return;
    struct kf_buf b = {0};
    kf_count_add(&b, n, "decision", NULL);
    kf_buf_adds(&b, " could not be made and counts as no; a suppression counts as yes");
    *kf_vec_push(v) = text_of(d, &b);
}

static void note_sample(struct kf_dry_run *d, notes *v)
{
    char a[32], c[32];
    struct kf_buf b = {0};
    kf_buf_addf(
        &b,
        "only a sample: %s of %s events; all figures and limits are the sample's, and rules "
        "that look across people (fraud, members) see nobody else",
        kf_count_text(d->sample.events, a), kf_count_text(d->sample.of_events, c));
    *kf_vec_push(v) = text_of(d, &b);
}

static void note_exports(struct kf_dry_run *d, notes *v)
{
    const struct kf_side *s = &d->diff.after;
    for (uint32_t i = 0; i < s->rules->n; i++) {
        struct kf_buf b = {0};
        if (!s->refused[i])
            continue;
        kf_buf_addf(&b, "export %s sends nobody: segment %s is over its max_size",
                    s->rules->rule[i]->name, s->refused[i]);
        *kf_vec_push(v) = text_of(d, &b);
    }
}

static void gather_notes(struct kf_dry_run *d)
{
    notes v = {0};
    struct kf_buf b = {0};
    if (d->share)
        note_sample(d, &v);
    if (d->s->last.number) {
        kf_buf_addf(&b, "records that came after run %lld: sources are not read",
                    (long long)d->s->last.number);
        *kf_vec_push(&v) = text_of(d, &b);
    }
    if (d->config_changed)
        *kf_vec_push(&v) = "kinfold.yaml, a file of values that it names or the engine has changed "
                           "since the last run: but for settings that are shown, both sides are "
                           "decided with what is there now";
    if (!d->same) {
        note_undecided(d, &v);
        note_exports(d, &v);
        note_rules(d, &v);
    }
    const char **copy = kf_arena_alloc(&d->arena, (v.n + 1) * sizeof *copy);
    if (v.n)
        memcpy(copy, v.p, v.n * sizeof *copy);
    d->note = copy;
    d->n_note = (uint32_t)v.n;
    kf_vec_free(&v);
}

/* ---- both sides ---- */

static int take_sample(struct kf_dry_run *d, struct kf_error *err)
{
    const struct kf_session *s = d->s;
    double percent = 100;
    int rc = kf_dry_run_percent(s->cli, "sample", 100, &percent, err);
    d->share = (uint32_t)(percent * 10000.0 + 0.5);
    if (rc || d->share >= 1000000) {
        d->share = 0;
        return rc;
    }
    const struct kf_ruleset *rules[] = {s->ws.rules, d->diff.before.rules};
    struct kf_sample_ties ties = {s->events, rules, d->first ? 1 : 2, s->ws.decision,
                                  s->ws.n_decision};
    rc = kf_sample_take(&ties, s->ws.config, s->ws.threads, d->share, &d->sample, err);
    if (rc == 0 && !d->sample.events)
        return kf_error_set(err, KF_E_USAGE, "dry-run",
                            "a sample of %g%% holds nobody here; take more", percent);
    return rc;
}

static int make_side(struct kf_dry_run *d, struct kf_side *side, struct kf_error *err)
{
    struct kf_session *s = d->s;
    return kf_pipeline_world(&s->ws, side->rules, s->events, d->as_of, d->sample.subset, false,
                             &side->world, &side->decide, err);
}

/* Where nothing that makes identity differs, people are resolved once. */
static int make_worlds(struct kf_dry_run *d, struct kf_error *err)
{
    struct kf_side *a = &d->diff.before, *b = &d->diff.after;
    int rc = d->first ? 0 : make_side(d, a, err);
    if (rc == 0 && (d->first || d->diff.identity))
        return make_side(d, b, err);
    if (rc == 0)
        rc = kf_world_like(a->world, b->rules, &b->world, err);
    return rc ? rc : kf_decide_new(b->world, &b->decide, err);
}

/* The few people shown as merged or split are resolved once more, with their links. */
static int find_links(struct kf_dry_run *d, struct kf_error *err)
{
    struct kf_session *s = d->s;
    struct kf_diff *x = &d->diff;
    uint32_t event[2 * KF_DIFF_EXAMPLES], n = kf_diff_example_events(x, event);
    struct kf_world *world[2] = {NULL, NULL};
    if (!n)
        return 0;
    const struct kf_idset *ids[] = {x->before.world->ids, x->after.world->ids};
    const struct kf_ruleset *rules[] = {x->before.rules, x->after.rules};
    struct kf_sample_ties ties = {s->events, rules, 2, s->ws.decision, s->ws.n_decision};
    int rc = kf_sample_around(&ties, ids, event, n, &d->around, err);
    for (int i = 0; i < 2 && rc == 0; i++)
        rc = kf_pipeline_world(&s->ws, rules[i], s->events, d->as_of, d->around.subset, true,
                               &world[i], NULL, err);
    if (rc) {
        kf_world_free(world[0]);
        return rc;
    }
    kf_diff_links(x, world[0], world[1]);
    return 0;
}

/* Weak links need all links of everybody, which would cost more than all else: `status` has them.
 */
static int count_identity(struct kf_dry_run *d, struct kf_error *err)
{
    const struct kf_world *a = d->diff.before.world, *b = d->diff.after.world;
    if (!d->diff.identity)
        return 0;
    d->ids_gone = kf_identity_ids_gone(a, b);
    d->ids_new = kf_identity_ids_gone(b, a);
    int rc = kf_identity_figures_new(a, 0, &d->figures_before, err);
    return rc ? rc : kf_identity_figures_new(b, 0, &d->figures_after, err);
}

static int fold_both(struct kf_dry_run *d, struct kf_error *err)
{
    struct kf_diff *x = &d->diff;
    int rc = take_sample(d, err);
    if (rc == 0 && d->as_of == KF_NO_TIME)
        d->as_of = kf_world_newest(d->s->events, NULL); /* of all data, sample or not */
    x->identity = !d->first && kf_diff_identity(x->before.rules, x->after.rules);
    if (rc == 0)
        rc = make_worlds(d, err);
    if (rc == 0)
        rc = kf_diff_decide(x, err);
    if (rc == 0)
        rc = kf_diff_compare(x, err);
    if (rc == 0)
        rc = find_links(d, err);
    return rc ? rc : count_identity(d, err);
}

static int gather_results(struct kf_dry_run *d, struct kf_error *err)
{
    struct kf_diff *x = &d->diff;
    d->n_events = x->after.world->n_events;
    d->any = kf_diff_any(x);
    gather_counts(d);
    gather_undecided(d);
    int rc = gather_sets(d, x->segment, x->n_segment, &d->segment, &d->n_segment, err);
    if (rc == 0)
        rc = gather_sets(d, x->suppress, x->n_suppress, &d->suppress, &d->n_suppress, err);
    if (rc == 0)
        rc = gather_sets(d, x->export, x->n_export, &d->export, &d->n_export, err);
    return rc ? rc : gather_contact(d, err);
}

/* ---- loading ---- */

static int load_sources(struct kf_dry_run *d, struct kf_error *err)
{
    struct kf_session *s = d->s;
    int rc = kf_workspace_load_plugins(&s->ws, err);
    return rc ? rc : kf_pipeline_read(&s->ws, &s->events, &d->ingest, err);
}

static int load_store(struct kf_dry_run *d, bool rules, struct kf_error *err)
{
    struct kf_session *s = d->s;
    char digest[65];
    int rc = kf_session_store(s, err);
    if (rc == 0 && rules)
        rc = kf_session_last_rules(s, err);
    if (rc == 0)
        rc = kf_pipeline_config_digest(s->ws.config, digest, err);
    if (rc)
        return rc;
    if (rules)
        d->diff.before.rules = s->last_rules;
    d->config_changed = strcmp(digest, s->last.config_digest) != 0;
    d->as_of = s->last.as_of;
    return 0;
}

static int load(struct kf_dry_run *d, struct kf_error *err)
{
    struct kf_session *s = d->s;
    const char *since = kf_cli_get(s->cli, "since");
    bool store = kf_session_has_store(s);
    int rc = kf_session_rules(s, err);
    d->diff.after.rules = s->ws.rules;
    d->as_of = KF_NO_TIME;
    d->first = !store && !since;
    if (rc == 0 && since) {
        rc = kf_rules_of_open(s, since, false, &d->since, err);
        d->diff.before.rules = d->since.rules;
    }
    if (rc == 0 && store)
        rc = load_store(d, !since, err);
    if (rc)
        return rc;
    d->same = !d->first && strcmp(d->diff.before.rules->digest, s->ws.rules->digest) == 0;
    if (d->same && store)
        return 0;
    return store ? kf_session_events(s, err) : load_sources(d, err);
}

int kf_dry_run_gather(struct kf_dry_run *d, struct kf_error *err)
{
    int rc = load(d, err);
    if (rc == 0)
        rc = kf_session_as_of(d->s, &d->as_of, err);
    if (rc)
        return rc;
    kf_diff_rules(&d->diff);
    if (!d->same) {
        rc = fold_both(d, err);
        if (rc == 0)
            rc = gather_results(d, err);
    } else if (d->as_of == KF_NO_TIME) {
        d->as_of = kf_world_newest(d->s->events, NULL);
    }
    if (rc == 0)
        gather_notes(d);
    return rc;
}

void kf_dry_run_free(struct kf_dry_run *d)
{
    kf_identity_figures_free(d->figures_before);
    kf_identity_figures_free(d->figures_after);
    kf_diff_free(&d->diff);
    kf_rules_of_close(&d->since);
    kf_sample_free(&d->sample);
    kf_sample_free(&d->around);
    kf_ingest_free(d->ingest);
    kf_arena_free(&d->arena);
}
