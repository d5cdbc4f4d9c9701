/* A dry-run as a document (kinfold.dry-run/1), and its figures for a plan. */
#include "cli/dry_run.h"
#include "cli/identity_status.h"
#include "cli/plan.h"

#include "base/hash.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void place(struct kf_json *j, const struct kf_rule *r)
{
    struct kf_buf b = {0};
    if (r)
        kf_place_add(&b, &r->pos);
    kf_json_text(j, "where", b.p);
    kf_buf_free(&b);
}

static void ident(const struct kf_dry_run *d, struct kf_json *j, const char *key,
                  const struct kf_world *w, uint32_t id)
{
    struct kf_buf b = {0};
    if (id != KF_ID_NONE)
        kf_ident_add(&b, w->ids, id, d->s->reveal);
    kf_json_text(j, key, b.p);
    kf_buf_free(&b);
}

static void person(const struct kf_dry_run *d, struct kf_json *j, const char *key,
                   const struct kf_world *w, uint32_t profile)
{
    char hex[17];
    if (profile == KF_ID_NONE) {
        kf_json_text(j, key, NULL);
        return;
    }
    kf_profile_id_format(w->identity->profile_id[profile], hex);
    kf_json_open(j, key, '{');
    kf_json_text(j, "profile", hex);
    ident(d, j, "identifier", w, kf_profile_face(w, profile));
    kf_json_count(j, "events", w->first[profile + 1] - w->first[profile]);
    kf_json_close(j, '}');
}

/* ---- identity ---- */

static void link(const struct kf_dry_run *d, struct kf_json *j, bool merged,
                 const struct kf_diff_people *p)
{
    const struct kf_diff *x = &d->diff;
    const struct kf_world *w = merged ? x->links_after : x->links_before,
                          *other = merged ? x->links_before : x->links_after;
    struct kf_buf b = {0};
    if (p->link == KF_ID_NONE) {
        kf_json_text(j, "link", NULL);
        return;
    }
    const struct kf_id_link *l = &w->identity->link[p->link];
    kf_json_open(j, "link", '{');
    kf_json_text(j, "rule", l->rule);
    place(j, kf_explain_link_rule(w->rules, l->rule));
    ident(d, j, "a", w, l->a);
    ident(d, j, "b", w, l->b);
    kf_json_time(j, "last", l->last);
    if (l->event != KF_ID_NONE)
        kf_event_place_add(&b, d->s->events, l->event);
    kf_json_text(j, "record", b.p);
    kf_buf_clear(&b);
    if (p->refusal != KF_ID_NONE)
        kf_explain_refusal(other, &other->identity->link[p->refusal], d->s->reveal, &b);
    kf_json_text(j, merged ? "was_refused" : "is_refused", p->refusal == KF_ID_NONE ? NULL : b.p);
    kf_json_close(j, '}');
    kf_buf_free(&b);
}

static void people(const struct kf_dry_run *d, struct kf_json *j, bool merged)
{
    const struct kf_diff *x = &d->diff;
    const struct kf_world *w = merged ? x->after.world : x->before.world,
                          *other = merged ? x->before.world : x->after.world;
    const struct kf_diff_people *p = merged ? x->merge_example : x->split_example;
    uint32_t n = merged ? x->n_merge_example : x->n_split_example;
    kf_json_open(j, merged ? "merged_examples" : "split_examples", '[');
    for (uint32_t i = 0; i < n; i++) {
        kf_json_open(j, NULL, '{');
        person(d, j, "one", w, p[i].one);
        kf_json_open(j, merged ? "before" : "after", '[');
        person(d, j, NULL, other, p[i].two[0]);
        person(d, j, NULL, other, p[i].two[1]);
        kf_json_close(j, ']');
        link(d, j, merged, &p[i]);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void identity_side(struct kf_json *j, const char *key, const struct kf_world *w,
                          const struct kf_identity_figures *f)
{
    kf_json_open(j, key, '{');
    kf_json_count(j, "profiles", w ? w->n_profiles : 0);
    kf_json_count(j, "refused_links", kf_dry_run_refused(w));
    kf_json_count(j, "shared_identifiers", w ? w->identity->n_shared : 0);
    kf_json_count(j, "events_of_nobody", w ? w->n_unowned : 0);
    if (f)
        kf_figures_json(j, f);
    kf_json_close(j, '}');
}

static void identity(const struct kf_dry_run *d, struct kf_json *j)
{
    kf_json_open(j, "identity", '{');
    kf_json_bool(j, "rules_differ", d->first || d->diff.identity);
    identity_side(j, "before", d->diff.before.world, d->figures_before);
    identity_side(j, "after", d->diff.after.world, d->figures_after);
    kf_json_count(j, "ids_gone", d->ids_gone);
    kf_json_count(j, "ids_new", d->ids_new);
    kf_json_count(j, "merged", d->diff.merged);
    kf_json_count(j, "split", d->diff.split);
    people(d, j, true);
    people(d, j, false);
    kf_json_close(j, '}');
}

/* ---- sets of people ---- */

static void conditions(struct kf_json *j, const char *key, bool has,
                       const struct kf_explain_rule *r)
{
    static const char *const truth[] = {"false", "true", "undecided"};
    if (!has) {
        kf_json_text(j, key, NULL);
        return;
    }
    kf_json_open(j, key, '[');
    for (uint32_t i = 0; i < r->n; i++) {
        const struct kf_explain_condition *c = &r->condition[i];
        kf_json_open(j, NULL, '{');
        kf_json_bool(j, "except", c->except);
        kf_json_count(j, "depth", c->depth);
        kf_json_text(j, "needed", c->sentence);
        kf_json_text(j, "actual", c->actual);
        kf_json_text(j, "holds", truth[c->truth]);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void examples(const struct kf_dry_run *d, struct kf_json *j,
                     const struct kf_dry_example *list, uint32_t n)
{
    kf_json_open(j, "examples", '[');
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_dry_example *e = &list[i];
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "change", e->joins ? "added" : "removed");
        kf_json_text(j, "because", e->because);
        person(d, j, "before", d->diff.before.world, e->who.before);
        person(d, j, "after", d->diff.after.world, e->who.after);
        kf_json_bool(j, "same_person", !e->who.moved);
        conditions(j, "conditions_before", e->has_before, &e->before);
        conditions(j, "conditions_after", e->has_after, &e->after);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void members(struct kf_json *j, const struct kf_diff_members *m)
{
    kf_json_count(j, "before", m->n_before);
    kf_json_count(j, "after", m->n_after);
    kf_json_count(j, "added", m->added);
    kf_json_count(j, "removed", m->removed);
    kf_json_count(j, "kept", m->kept);
    kf_json_open(j, "direct", '{');
    kf_json_count(j, "added", m->added - m->added_by_identity);
    kf_json_count(j, "removed", m->removed - m->removed_by_identity);
    kf_json_close(j, '}');
    kf_json_open(j, "through_identity", '{');
    kf_json_count(j, "added", m->added_by_identity);
    kf_json_count(j, "removed", m->removed_by_identity);
    kf_json_close(j, '}');
}

static void names(struct kf_json *j, const char *key, const char *list)
{
    kf_json_open(j, key, '[');
    while (list && *list) {
        size_t n = strcspn(list, ",");
        kf_json_str(j, NULL, kf_str(list, n));
        list += n;
        list += strspn(list, ", ");
    }
    kf_json_close(j, ']');
}

static void sets(const struct kf_dry_run *d, struct kf_json *j, const char *key,
                 const struct kf_diff_set *all, uint32_t n_all, const struct kf_dry_set *set,
                 uint32_t n)
{
    kf_json_open(j, key, '[');
    for (uint32_t i = 0, k = 0; i < n_all; i++) {
        const struct kf_dry_set *s = k < n && set[k].d == &all[i] ? &set[k++] : NULL;
        struct kf_buf cause = {0};
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "name", all[i].name);
        place(j, all[i].after ? all[i].after : all[i].before);
        members(j, &all[i].m);
        kf_json_count(j, "by_identity", all[i].m.added_by_identity + all[i].m.removed_by_identity);
        kf_json_count(j, "undecided_before", all[i].undecided_before);
        kf_json_count(j, "undecided_after", all[i].undecided_after);
        if (s)
            kf_dry_run_cause(d, s, &cause);
        kf_json_text(j, "cause", cause.p);
        if ((all[i].after ? all[i].after : all[i].before)->kind == KF_KIND_SEGMENT) {
            struct kf_buf by = {0};
            kf_dry_run_sent_by(d, all[i].name, &by);
            names(j, "sent_by", by.p);
            kf_buf_free(&by);
        }
        examples(d, j, s ? s->example : NULL, s ? s->n_example : 0);
        kf_json_close(j, '}');
        kf_buf_free(&cause);
    }
    kf_json_close(j, ']');
}

static void marks(struct kf_json *j, const char *key, const struct kf_diff_mark *m, uint32_t n,
                  bool fraud)
{
    kf_json_open(j, key, '[');
    for (uint32_t i = 0; i < n; i++) {
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "name", m[i].name);
        place(j, m[i].after ? m[i].after : m[i].before);
        kf_json_count(j, "before", m[i].n_before);
        kf_json_count(j, "after", m[i].n_after);
        kf_json_count(j, "added", m[i].added);
        kf_json_count(j, "removed", m[i].removed);
        if (fraud) {
            kf_json_count(j, "rejected_before", m[i].rejected_before);
            kf_json_count(j, "rejected_after", m[i].rejected_after);
        }
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void contact(const struct kf_dry_run *d, struct kf_json *j)
{
    const struct kf_diff *x = &d->diff;
    kf_json_open(j, "contactable", '{');
    members(j, &x->reach);
    examples(d, j, d->contactable, d->n_contactable);
    kf_json_close(j, '}');
    kf_json_open(j, "suppressed", '{');
    members(j, &x->suppressed);
    examples(d, j, d->suppressed, d->n_suppressed);
    kf_json_close(j, '}');
}

static void states(struct kf_json *j, const char *key, const uint32_t *n)
{
    kf_json_open(j, key, '{');
    for (uint32_t i = 0; i < KF_DIFF_STATES; i++)
        kf_json_count(j, kf_consent_state_name((enum kf_consent_state)i), n[i]);
    kf_json_close(j, '}');
}

static void consent(const struct kf_diff *x, struct kf_json *j)
{
    kf_json_open(j, "consent", '[');
    for (uint32_t i = 0; i < x->n_purpose; i++) {
        const struct kf_diff_purpose *p = &x->purpose[i];
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "purpose", p->name);
        names(j, "legal_basis", p->basis);
        kf_json_bool(j, "needs_consent", p->needs_consent);
        names(j, "contacted_by", p->who);
        kf_json_open(j, "contacted", '{');
        members(j, &p->m);
        kf_json_close(j, '}');
        states(j, "before", p->before);
        states(j, "after", p->after);
        states(j, "newly", p->newly);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

/* ---- scores: numbers as texts, so that they are the same bytes everywhere ---- */

static void score_text(struct kf_json *j, const char *key, double v)
{
    char text[32];
    kf_json_text(j, key, isnan(v) ? NULL : kf_dry_run_score(v, text));
}

static void shape(struct kf_json *j, const struct kf_diff_score *s)
{
    kf_json_open(j, "bands", '[');
    for (uint32_t i = 0; i < s->n_band; i++) {
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "name", s->band[i].name);
        kf_json_count(j, "before", s->band[i].before);
        kf_json_count(j, "after", s->band[i].after);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
    kf_json_open(j, "histogram", '[');
    for (uint32_t i = 0; i < s->n_bin; i++) {
        struct kf_buf bin = {0};
        kf_dry_run_bin(s, i, &bin);
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "bin", bin.p);
        kf_json_count(j, "before", s->bin_before[i]);
        kf_json_count(j, "after", s->bin_after[i]);
        kf_json_close(j, '}');
        kf_buf_free(&bin);
    }
    kf_json_close(j, ']');
}

static void scores(const struct kf_diff *x, struct kf_json *j)
{
    kf_json_open(j, "scores", '[');
    for (uint32_t i = 0; i < x->n_score; i++) {
        const struct kf_diff_score *s = &x->score[i];
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "name", s->name);
        place(j, s->after ? s->after : s->before);
        kf_json_count(j, "scored_before", s->scored_before);
        kf_json_count(j, "scored_after", s->scored_after);
        kf_json_count(j, "undecided_before", s->undecided_before);
        kf_json_count(j, "undecided_after", s->undecided_after);
        kf_json_count(j, "higher", s->up);
        kf_json_count(j, "lower", s->down);
        kf_json_count(j, "scored_now", s->gained);
        kf_json_count(j, "scored_no_more", s->lost);
        score_text(j, "median_before", s->median_before);
        score_text(j, "median_after", s->median_after);
        shape(j, s);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void attribution(const struct kf_dry_run *d, struct kf_json *j)
{
    kf_json_open(j, "attribution", '{');
    kf_json_count(j, "rules_changed", d->first ? 0 : kf_dry_run_attribution(d));
    kf_json_bool(j, "evaluated", false);
    kf_json_close(j, '}');
}

static void undecided(const struct kf_dry_run *d, struct kf_json *j)
{
    kf_json_open(j, "undecided", '[');
    for (uint32_t i = 0; i < d->n_undecided; i++) {
        const struct kf_dry_undecided *u = &d->undecided[i];
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "kind", kf_kind_name(u->rule->kind));
        kf_json_text(j, "name", u->rule->name);
        kf_json_count(j, "before", u->before);
        kf_json_count(j, "after", u->after);
        kf_json_text(j, "why", u->why);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

/* ---- all ---- */

static void limits(const struct kf_dry_run *d, struct kf_json *j)
{
    kf_json_open(j, "limits", '[');
    for (uint32_t i = 0; i < d->n_limit; i++) {
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "limit", d->limit[i].option);
        kf_json_text(j, "allowed", d->limit[i].allowed);
        kf_json_text(j, "found", d->limit[i].found);
        kf_json_bool(j, "broken", d->limit[i].broken);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void scope(const struct kf_dry_run *d, struct kf_json *j)
{
    const struct kf_diff *x = &d->diff;
    struct kf_buf b = {0};
    kf_json_bool(j, "first_run", d->first);
    kf_json_bool(j, "same_rules", d->same);
    kf_json_bool(j, "text_only", x->text_only);
    kf_json_bool(j, "changes", d->any);
    kf_json_bool(j, "masked", !d->s->reveal);
    kf_dry_run_before(d, &b);
    kf_json_text(j, "compared_with", d->first ? NULL : b.p);
    kf_buf_free(&b);
    kf_json_text(j, "rules_before", x->before.rules ? x->before.rules->digest : NULL);
    kf_json_text(j, "rules_after", x->after.rules->digest);
    kf_json_time(j, "as_of", d->as_of);
    if (d->share) {
        kf_json_open(j, "sample", '{');
        kf_json_count(j, "events", d->sample.events);
        kf_json_count(j, "of_events", d->sample.of_events);
        kf_json_count(j, "components", d->sample.components);
        kf_json_count(j, "of_components", d->sample.of_components);
        kf_json_close(j, '}');
    } else {
        kf_json_text(j, "sample", NULL);
    }
}

static void results(const struct kf_dry_run *d, struct kf_json *j)
{
    const struct kf_diff *x = &d->diff;
    kf_json_count(j, "events", d->n_events);
    identity(d, j);
    sets(d, j, "segments", x->segment, x->n_segment, d->segment, d->n_segment);
    sets(d, j, "suppressions", x->suppress, x->n_suppress, d->suppress, d->n_suppress);
    sets(d, j, "channels", x->channel, x->n_channel, NULL, 0);
    sets(d, j, "audiences", x->export, x->n_export, d->export, d->n_export);
    contact(d, j);
    consent(x, j);
    marks(j, "flags", x->flag, x->n_flag, false);
    marks(j, "fraud", x->fraud, x->n_fraud, true);
    scores(x, j);
    attribution(d, j);
    undecided(d, j);
}

/* Everything that does not differ from one minute to the next. */
static void sections(const struct kf_dry_run *d, struct kf_json *j)
{
    static const struct kf_compare none;
    scope(d, j);
    limits(d, j);
    struct kf_settings_shown w = kf_dry_run_settings(d);
    kf_settings_json(j, "settings", d->first ? &none : &d->diff.rules, &w);
    kf_edits_json(j, "rules", d->first ? &none : &d->diff.rules);
    if (!d->same)
        results(d, j);
    kf_json_open(j, "not_covered", '[');
    for (uint32_t i = 0; i < d->n_note; i++)
        kf_json_text(j, NULL, d->note[i]);
    kf_json_close(j, ']');
}

void kf_dry_run_json(const struct kf_dry_run *d, struct kf_buf *out)
{
    struct kf_json j;
    struct kf_buf b = {0};
    kf_json_start(&j, out, "kinfold.dry-run/1");
    kf_dry_run_verdict(d, &b);
    kf_json_text(&j, "verdict", b.p);
    kf_buf_clear(&b);
    sections(d, &j);
    kf_dry_run_summary(d, &b);
    kf_json_text(&j, "summary", b.p);
    kf_json_seconds(&j, "seconds", d->seconds);
    kf_json_end(&j);
    kf_buf_free(&b);
}

/* ---- the plan ---- */

void kf_dry_run_figures(const struct kf_dry_run *d, struct kf_buf *out)
{
    struct kf_json j = {.out = out};
    kf_json_open(&j, NULL, '{');
    sections(d, &j);
    kf_json_close(&j, '}');
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* As a run of these files would note it: the sorted hashes of all of them. */
static int sources_digest(const struct kf_ingest_result *in, char out[65], struct kf_error *err)
{
    char(*hash)[18] = calloc(in->n_file + 1u, sizeof *hash);
    struct kf_buf all = {0};
    if (!hash)
        return kf_error_set(err, KF_E_NOMEM, "dry-run", "out of memory");
    for (uint32_t i = 0; i < in->n_file; i++)
        snprintf(hash[i], sizeof hash[i], "%016llx", (unsigned long long)in->file[i].hash);
    qsort(hash, in->n_file, sizeof *hash, by_text);
    for (uint32_t i = 0; i < in->n_file; i++)
        kf_buf_addf(&all, "%s\n", hash[i]);
    kf_sha256_hex(all.p ? all.p : "", all.n, out);
    kf_buf_free(&all);
    free(hash);
    return 0;
}

static const struct kf_plan_limit *plan_limits(const struct kf_dry_run *d, struct kf_arena *arena)
{
    struct kf_plan_limit *l = kf_arena_zalloc(arena, (d->n_limit + 1u) * sizeof *l);
    for (uint32_t i = 0; i < d->n_limit; i++)
        l[i] = (struct kf_plan_limit){d->limit[i].option, d->limit[i].allowed, d->limit[i].found,
                                      !d->limit[i].broken};
    return l;
}

int kf_dry_run_plan(const struct kf_dry_run *d, const char *path, char ret_digest[65],
                    struct kf_error *err)
{
    const struct kf_store_run *last = &d->s->last;
    const struct kf_ruleset *before = d->diff.before.rules, *after = d->diff.after.rules;
    struct kf_buf verdict = {0}, summary = {0}, figures = {0};
    struct kf_arena arena = {0};
    char data[65];
    int rc = last->number ? 0 : sources_digest(d->ingest, data, err);
    if (rc)
        return rc;
    kf_dry_run_verdict(d, &verdict);
    kf_dry_run_summary(d, &summary);
    kf_dry_run_figures(d, &figures);
    struct kf_plan_file p = {.engine = KF_VERSION,
                             .rules_before = before ? before->digest : NULL,
                             .rules_after = after->digest,
                             .text_after = after->text_digest,
                             .data = last->number ? last->data_digest : data,
                             .config = last->number ? last->config_digest : NULL,
                             .run = last->number,
                             .decisions = last->decisions,
                             .erasures = last->erasures,
                             .as_of = d->as_of,
                             .verdict = verdict.p,
                             .summary = summary.p,
                             .passed = d->n_broken == 0,
                             .masked = !d->s->reveal,
                             .sample = d->share != 0,
                             .limit = plan_limits(d, &arena),
                             .n_limit = d->n_limit};
    if (after->config)
        p.n_values = kf_plan_values_of(after->config, &arena, &p.values);
    rc = kf_plan_write(&p, &figures, path, ret_digest, err);
    kf_arena_free(&arena);
    kf_buf_free(&verdict);
    kf_buf_free(&summary);
    kf_buf_free(&figures);
    return rc;
}
