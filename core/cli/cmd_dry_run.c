/* What the rules of the working tree would change, compared with those of the last run, before
 * anything is. Both fold the same stored events in this process; nothing is written. */
#include "cli/dry_run.h"

#include "base/vec.h"

#include <stdio.h>
#include <stdlib.h>

static const struct kf_cli_option OPTIONS[] = {
    {"as-of", 0, "INSTANT", "decide both sides as of this instant or day (default: the last run's)",
     false},
    {"sample", 0, "PERCENT", "look at so many percent of the people, whole components", false},
    {"detailed-exit", 0, NULL, "exit with 2 when the rules differ in what they mean", false},
    {"max-segment-change", 0, "SHARE",
     "exit with 1 when members who join or leave a segment are more than this share of it", false},
    {"max-merges", 0, "N", "exit with 1 when more people merge", false},
    {"max-splits", 0, "N", "exit with 1 when more people split", false},
    {"max-newly-contactable", 0, "N", "exit with 1 when more people become contactable", false},
    {0},
};

static const char *text_of(struct kf_dry_run *d, struct kf_buf *b)
{
    const char *s = kf_arena_strndup(&d->arena, b->p ? b->p : "", b->n);
    kf_buf_free(b);
    return s;
}

/* "10%", "10", "0.5%" -> percent */
static int read_percent(const struct kf_cli *c, const char *option, double max, double *ret,
                        struct kf_error *err)
{
    const char *t = kf_cli_get(c, option);
    struct kf_dec v;
    if (!t)
        return 0;
    size_t n = strlen(t);
    bool ok = kf_dec_parse(kf_str(t, n && t[n - 1] == '%' ? n - 1 : n), &v) && v.m >= 0;
    if (!ok || kf_dec_double(v) > max)
        return kf_error_set(err, KF_E_USAGE, "dry-run",
                            "--%s wants a share such as 10%% (at most %.0f%%), not '%s'", option,
                            max, t);
    *ret = kf_dec_double(v);
    return 0;
}

/* ---- limits: options before kinfold.yaml ---- */

struct limits {
    double segment; /* percent; negative: none */
    int64_t merges, splits, contactable;
};

static int read_limits(const struct kf_session *s, struct limits *l, struct kf_error *err)
{
    const struct kf_config *c = s->ws.config;
    *l = (struct limits){c->max_segment_change, c->max_merges, c->max_splits,
                         c->max_newly_contactable};
    int rc = read_percent(s->cli, "max-segment-change", 1e6, &l->segment, err);
    if (rc == 0)
        rc = kf_cli_number(s->cli, "max-merges", 0, UINT32_MAX, &l->merges, err);
    if (rc == 0)
        rc = kf_cli_number(s->cli, "max-splits", 0, UINT32_MAX, &l->splits, err);
    if (rc == 0)
        rc = kf_cli_number(s->cli, "max-newly-contactable", 0, UINT32_MAX, &l->contactable, err);
    return rc;
}

static struct kf_dry_limit count_limit(struct kf_dry_run *d, const char *option, int64_t allowed,
                                       uint32_t found, const char *one, const char *many)
{
    struct kf_buf b = {0};
    struct kf_dry_limit l = {.option = option, .broken = found > allowed};
    kf_buf_addf(&b, "%lld", (long long)allowed);
    l.allowed = text_of(d, &b);
    b = (struct kf_buf){0};
    kf_count_add(&b, found, one, many);
    l.found = text_of(d, &b);
    return l;
}

/* The segment that changes most. One that is new has nothing to be compared with. */
static struct kf_dry_limit segment_limit(struct kf_dry_run *d, double allowed)
{
    const struct kf_diff_set *worst = NULL;
    double most = 0;
    for (uint32_t i = 0; i < d->diff.n_segment; i++) {
        const struct kf_diff_set *x = &d->diff.segment[i];
        uint32_t moved = x->m.added + x->m.removed;
        if (!x->before || !moved)
            continue;
        double share = moved * 100.0 / (x->m.n_before ? x->m.n_before : 0.5);
        if (!worst || share > most) {
            worst = x;
            most = share;
        }
    }
    struct kf_buf b = {0};
    struct kf_dry_limit l = {.option = "max-segment-change", .broken = worst && most > allowed};
    kf_buf_addf(&b, "%g%%", allowed);
    l.allowed = text_of(d, &b);
    b = (struct kf_buf){0};
    if (!worst)
        kf_buf_adds(&b, "no segment changes");
    else if (!worst->m.n_before)
        kf_buf_addf(&b, "segment %s had nobody and gets %u", worst->name, worst->m.added);
    else
        kf_buf_addf(&b, "segment %s changes by %.1f%% (+%u -%u of %u)", worst->name, most,
                    worst->m.added, worst->m.removed, worst->m.n_before);
    l.found = text_of(d, &b);
    return l;
}

static void hold_limits(struct kf_dry_run *d, const struct limits *l)
{
    struct kf_dry_limit *out = kf_arena_zalloc(&d->arena, 4 * sizeof *out);
    if (l->segment >= 0)
        out[d->n_limit++] = segment_limit(d, l->segment);
    if (l->merges >= 0)
        out[d->n_limit++] = count_limit(d, "max-merges", l->merges, d->diff.merged, "person merges",
                                        "people merge");
    if (l->splits >= 0)
        out[d->n_limit++] =
            count_limit(d, "max-splits", l->splits, d->diff.split, "person splits", "people split");
    if (l->contactable >= 0)
        out[d->n_limit++] =
            count_limit(d, "max-newly-contactable", l->contactable, d->diff.reach.added,
                        "person becomes contactable", "people become contactable");
    d->limit = out;
    for (uint32_t i = 0; i < d->n_limit; i++)
        d->n_broken += out[i].broken;
}

/* ---- examples ---- */

static int trace(struct kf_dry_run *d, struct kf_side *side, uint32_t profile,
                 const struct kf_rule *rule, struct kf_explain_rule *ret, bool *ret_has,
                 struct kf_error *err)
{
    if (!rule || profile == KF_ID_NONE)
        return 0;
    *ret_has = true;
    return kf_explain_trace(side->rules, side->decide, profile, rule, d->s->reveal, &d->arena, ret,
                            err);
}

static int add_examples(struct kf_dry_run *d, struct kf_dry_set *s, struct kf_error *err)
{
    const struct kf_diff_members *m = &s->d->m;
    struct kf_dry_example *e = kf_arena_zalloc(&d->arena, 2 * KF_DIFF_EXAMPLES * sizeof *e);
    int rc = 0;
    for (uint32_t i = 0; i < m->n_add_example; i++)
        e[s->n_example++] = (struct kf_dry_example){.who = m->add_example[i], .joins = true};
    for (uint32_t i = 0; i < m->n_remove_example; i++)
        e[s->n_example++] = (struct kf_dry_example){.who = m->remove_example[i]};
    for (uint32_t i = 0; rc == 0 && i < s->n_example; i++) {
        rc = trace(d, &d->diff.before, e[i].who.before, s->d->before, &e[i].before,
                   &e[i].has_before, err);
        if (rc == 0)
            rc = trace(d, &d->diff.after, e[i].who.after, s->d->after, &e[i].after, &e[i].has_after,
                       err);
    }
    s->example = e;
    return rc;
}

static bool differs(const struct kf_diff_set *s)
{
    return s->m.added || s->m.removed || s->undecided_before != s->undecided_after;
}

static int gather_sets(struct kf_dry_run *d, const struct kf_diff_set *set, uint32_t n,
                       const struct kf_dry_set **ret, uint32_t *ret_n, struct kf_error *err)
{
    struct kf_dry_set *out = kf_arena_zalloc(&d->arena, (n + 1) * sizeof *out);
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < n; i++) {
        if (!d->first && !differs(&set[i]))
            continue;
        struct kf_dry_set *s = &out[(*ret_n)++];
        s->d = &set[i];
        s->own = set[i].before && set[i].after &&
                 !kf_str_eq(set[i].before->digest, set[i].after->digest);
        if (set[i].after && !d->first)
            s->asked = kf_diff_asks(&d->diff, set[i].after);
        if (!d->first)
            rc = add_examples(d, s, err);
    }
    *ret = out;
    return rc;
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
    for (uint32_t i = 0; i < d->diff.after.rules->n; i++)
        n += d->diff.after.undecided[i];
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

static void gather_notes(struct kf_dry_run *d)
{
    notes v = {0};
    struct kf_buf b = {0};
    if (d->share)
        note_sample(d, &v);
    if (!d->first) {
        kf_buf_addf(&b, "records that came after run %lld: sources are not read",
                    (long long)d->s->last.number);
        *kf_vec_push(&v) = text_of(d, &b);
    }
    if (d->config_changed)
        *kf_vec_push(&v) = "kinfold.yaml or the engine has changed since the last run: both sides "
                           "are decided with what is there now";
    if (!d->same) {
        note_undecided(d, &v);
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
    int rc = read_percent(s->cli, "sample", 100, &percent, err);
    d->share = (uint32_t)(percent * 10000.0 + 0.5);
    if (rc || d->share >= 1000000) {
        d->share = 0;
        return rc;
    }
    const struct kf_ruleset *rules[] = {s->ws.rules, s->last_rules};
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
    if (rc == 0 && !d->first)
        rc = kf_side_decide(&x->before, err);
    if (rc == 0)
        rc = kf_side_decide(&x->after, err);
    if (rc == 0)
        rc = kf_diff_compare(x, err);
    if (rc == 0)
        rc = find_links(d, err);
    if (rc == 0)
        rc = count_identity(d, err);
    if (rc)
        return rc;
    d->n_events = x->after.world->n_events;
    d->any = kf_diff_any(x);
    rc = gather_sets(d, x->segment, x->n_segment, &d->segment, &d->n_segment, err);
    return rc ? rc : gather_sets(d, x->suppress, x->n_suppress, &d->suppress, &d->n_suppress, err);
}

/* ---- the command ---- */

static int load(struct kf_dry_run *d, struct kf_error *err)
{
    struct kf_session *s = d->s;
    char digest[65];
    int rc = kf_session_rules(s, err);
    d->diff.after.rules = s->ws.rules;
    d->first = rc == 0 && !kf_session_has_store(s);
    if (rc == 0 && d->first) {
        rc = kf_workspace_load_plugins(&s->ws, err);
        return rc ? rc : kf_pipeline_read(&s->ws, &s->events, &d->ingest, err);
    }
    if (rc == 0)
        rc = kf_session_store(s, err);
    if (rc == 0)
        rc = kf_session_last_rules(s, err);
    if (rc == 0)
        rc = kf_pipeline_config_digest(s->ws.config, digest, err);
    if (rc)
        return rc;
    d->diff.before.rules = s->last_rules;
    d->config_changed = strcmp(digest, s->last.config_digest) != 0;
    d->as_of = s->last.as_of;
    d->same = strcmp(s->last_rules->digest, s->ws.rules->digest) == 0;
    return d->same ? 0 : kf_session_events(s, err);
}

static int work(struct kf_dry_run *d, struct kf_error *err)
{
    struct limits limits;
    double started = kf_clock_seconds();
    d->as_of = KF_NO_TIME;
    int rc = read_limits(d->s, &limits, err);
    if (rc == 0)
        rc = load(d, err);
    if (rc == 0)
        rc = kf_session_as_of(d->s, &d->as_of, err);
    if (rc == 0)
        rc = d->same ? kf_diff_rules(&d->diff, err) : fold_both(d, err);
    if (rc)
        return rc;
    hold_limits(d, &limits);
    gather_notes(d);
    d->seconds = kf_clock_seconds() - started;
    return 0;
}

static int run(struct kf_cli *cli)
{
    struct kf_session s;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_dry_run d = {.s = &s};
    struct kf_buf b = {0};
    int status, rc = kf_session_open(&s, cli, &err);
    if (rc == 0)
        rc = work(&d, &err);
    if (rc) {
        status = kf_session_fail(&s, &err);
    } else {
        if (cli->json)
            kf_dry_run_json(&d, &b);
        else if (!cli->quiet)
            kf_dry_run_text(&d, &b);
        else if (d.n_broken) {
            kf_dry_run_verdict(&d, &b);
            fprintf(stderr, "kinfold: %s\n", b.p);
            kf_buf_clear(&b);
        }
        kf_out_flush(&b);
        status = d.n_broken ? 1 : kf_cli_has(cli, "detailed-exit") && !d.same ? 2 : 0;
    }
    kf_identity_figures_free(d.figures_before);
    kf_identity_figures_free(d.figures_after);
    kf_diff_free(&d.diff);
    kf_sample_free(&d.sample);
    kf_sample_free(&d.around);
    kf_ingest_free(d.ingest);
    kf_arena_free(&d.arena);
    kf_session_close(&s);
    return status;
}

static const char *const EXAMPLES[] = {
    "kinfold dry-run",
    "what would be different if the rules as they are now were run",
    "kinfold dry-run --max-merges 0 --max-segment-change 10%",
    "as a gate: fails when a limit is broken",
    "kinfold dry-run --sample 5",
    "a first look, at every twentieth person",
    "kinfold dry-run --json | jq '.segments[] | {name, added, removed}'",
    "for a program",
    NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "a limit is broken; the report names it"},
    {2, "changes are pending: the rules differ in what they mean (only with --detailed-exit)"},
    {78, "kinfold.yaml or a rule does not load, now or as it was at the last run"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_dry_run = {
    .name = "dry-run",
    .alias = "plan",
    .purpose = "say what the rules as they are now would change",
    .about = "The rules of the working tree against those of the last run, on the events of the "
             "store: who merges and splits and by which link, who joins and leaves which segment "
             "and why, who becomes contactable or suppressed, what is flagged. Writes nothing. In "
             "a workspace that never ran, the sources are read and nobody is before. Limits may "
             "stand in kinfold.yaml too (limits:). Personal data are masked unless --reveal is "
             "given.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
