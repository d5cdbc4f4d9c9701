/* A dry-run as a document: kinfold.dry-run/1. */
#include "cli/dry_run.h"
#include "cli/identity_status.h"

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

/* ---- rules ---- */

static void edit(void *ctx, bool after, const char *where, const struct kf_node *n)
{
    struct kf_json *j = ctx;
    struct kf_buf b = {0};
    kf_node_sentence(n, &b);
    kf_json_open(j, NULL, '{');
    kf_json_text(j, "setting", where);
    kf_json_text(j, after ? "after" : "before", b.p);
    kf_json_close(j, '}');
    kf_buf_free(&b);
}

static void rules(const struct kf_dry_run *d, struct kf_json *j)
{
    static const char *const word[] = {"added", "removed", "changed"};
    kf_json_open(j, "rules", '[');
    for (uint32_t i = 0; i < d->diff.n_rule; i++) {
        const struct kf_diff_rule *r = &d->diff.rule[i];
        const struct kf_rule *of = r->after ? r->after : r->before;
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "change", word[r->change]);
        kf_json_text(j, "kind", kf_kind_name(of->kind));
        kf_json_text(j, "name", of->name);
        place(j, of);
        kf_json_open(j, "edits", '[');
        if (r->change == KF_RULE_CHANGED)
            kf_dry_run_edits(r->before, r->after, edit, j);
        kf_json_close(j, ']');
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
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
    uint32_t refused = 0;
    for (uint32_t i = 0; w && i < w->identity->n_link; i++)
        refused += w->identity->link[i].reason != KF_ID_KEPT;
    kf_json_open(j, key, '{');
    kf_json_count(j, "profiles", w ? w->n_profiles : 0);
    kf_json_count(j, "refused_links", refused);
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
    const struct kf_node *except = kf_rule_get(r->rule, "except");
    bool excepted = false;
    kf_json_open(j, key, '[');
    for (uint32_t i = 0; i < r->n; i++) {
        const struct kf_explain_condition *c = &r->condition[i];
        if (c->depth == 0)
            excepted = c->node == except;
        kf_json_open(j, NULL, '{');
        kf_json_bool(j, "except", excepted);
        kf_json_count(j, "depth", c->depth);
        kf_json_text(j, "needed", c->sentence);
        kf_json_text(j, "actual", c->actual);
        kf_json_text(j, "holds", truth[c->truth]);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void examples(const struct kf_dry_run *d, struct kf_json *j, const struct kf_dry_set *s)
{
    kf_json_open(j, "examples", '[');
    for (uint32_t i = 0; s && i < s->n_example; i++) {
        const struct kf_dry_example *e = &s->example[i];
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "change", e->joins ? "added" : "removed");
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
        kf_json_count(j, "by_identity", all[i].m.by_identity);
        kf_json_count(j, "undecided_before", all[i].undecided_before);
        kf_json_count(j, "undecided_after", all[i].undecided_after);
        if (s)
            kf_dry_run_cause(d, s, &cause);
        kf_json_text(j, "cause", cause.p);
        examples(d, j, s);
        kf_json_close(j, '}');
        kf_buf_free(&cause);
    }
    kf_json_close(j, ']');
}

static void marks(struct kf_json *j, const char *key, const struct kf_diff_mark *m, uint32_t n)
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
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void contact(const struct kf_dry_run *d, struct kf_json *j)
{
    const struct kf_diff *x = &d->diff;
    kf_json_open(j, "contactable", '{');
    members(j, &x->reach);
    kf_json_open(j, "examples", '[');
    for (uint32_t i = 0; !d->first && i < x->reach.n_add_example; i++)
        person(d, j, NULL, x->after.world, x->reach.add_example[i].after);
    kf_json_close(j, ']');
    kf_json_close(j, '}');
    kf_json_open(j, "suppressed", '{');
    members(j, &x->suppressed);
    kf_json_close(j, '}');
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
    kf_json_bool(j, "first_run", d->first);
    kf_json_bool(j, "same_rules", d->same);
    kf_json_bool(j, "text_only", x->text_only);
    kf_json_bool(j, "changes", d->any);
    kf_json_bool(j, "masked", !d->s->reveal);
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
    contact(d, j);
    marks(j, "flags", x->flag, x->n_flag);
    marks(j, "fraud", x->fraud, x->n_fraud);
}

void kf_dry_run_json(const struct kf_dry_run *d, struct kf_buf *out)
{
    struct kf_json j;
    struct kf_buf b = {0};
    kf_json_start(&j, out, "kinfold.dry-run/1");
    kf_dry_run_verdict(d, &b);
    kf_json_text(&j, "verdict", b.p);
    kf_buf_clear(&b);
    scope(d, &j);
    limits(d, &j);
    rules(d, &j);
    if (!d->same)
        results(d, &j);
    kf_json_open(&j, "not_covered", '[');
    for (uint32_t i = 0; i < d->n_note; i++)
        kf_json_text(&j, NULL, d->note[i]);
    kf_json_close(&j, ']');
    kf_dry_run_summary(d, &b);
    kf_json_text(&j, "summary", b.p);
    kf_json_seconds(&j, "seconds", d->seconds);
    kf_json_end(&j);
    kf_buf_free(&b);
}
