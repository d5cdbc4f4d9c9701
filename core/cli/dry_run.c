/* Sentences of a dry-run that all its forms share. */
#include "cli/dry_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the first and the last line ---- */

static uint32_t segments_changed(const struct kf_dry_run *d)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->diff.n_segment; i++)
        n += d->diff.segment[i].m.added || d->diff.segment[i].m.removed;
    return n;
}

static void count_or(struct kf_buf *out, uint32_t n, const char *none, const char *one,
                     const char *many)
{
    if (n)
        kf_count_add(out, n, one, many);
    else
        kf_buf_adds(out, none);
}

static void add_people(const struct kf_dry_run *d, struct kf_buf *out)
{
    if (!d->diff.merged && !d->diff.split) {
        kf_buf_adds(out, "nobody merges or splits");
        return;
    }
    if (d->diff.merged)
        kf_count_add(out, d->diff.merged, "person merges", "people merge");
    if (d->diff.split) {
        kf_buf_adds(out, d->diff.merged ? ", " : "");
        kf_count_add(out, d->diff.split, "person splits", "people split");
    }
}

static void add_broken(const struct kf_dry_run *d, struct kf_buf *out)
{
    kf_buf_adds(out, "Over the limit: ");
    bool first = true;
    for (uint32_t i = 0; i < d->n_limit; i++) {
        const struct kf_dry_limit *l = &d->limit[i];
        if (!l->broken)
            continue;
        kf_buf_addf(out, "%s--%s %s, but %s", first ? "" : "; ", l->option, l->allowed, l->found);
        first = false;
    }
    kf_buf_addc(out, '.');
}

void kf_dry_run_verdict(const struct kf_dry_run *d, struct kf_buf *out)
{
    const struct kf_diff *x = &d->diff;
    if (d->n_broken) {
        add_broken(d, out);
    } else if (d->same) {
        kf_buf_adds(out, "Nothing would change: the rules mean what they meant in ");
        kf_dry_run_before(d, out);
        kf_buf_addf(out, "%s.", x->text_only ? "; only titles, owners or reasons differ" : "");
    } else if (d->first) {
        kf_buf_adds(out, "First run: ");
        kf_count_add(out, x->after.world->n_profiles, "profile", NULL);
        kf_buf_adds(out, " would be made from ");
        kf_count_add(out, d->n_events, "event", NULL);
        kf_buf_adds(out, "; nothing was decided before.");
    } else if (!d->any) {
        kf_buf_adds(out, "Nobody would notice: ");
        kf_compare_count(&x->rules, out);
        kf_buf_adds(out, ", but no profile, membership, suppression, flag or score does.");
    } else {
        kf_buf_adds(out, "Changes: ");
        kf_compare_count(&x->rules, out);
        kf_buf_adds(out, ", ");
        count_or(out, segments_changed(d), "no segment gets other members",
                 "segment gets other members", "segments get other members");
        kf_buf_adds(out, "; ");
        add_people(d, out);
        kf_buf_adds(out, "; ");
        count_or(out, x->reach.added, "nobody becomes contactable", "person becomes contactable",
                 "people become contactable");
        kf_buf_addc(out, '.');
    }
}

void kf_dry_run_summary(const struct kf_dry_run *d, struct kf_buf *out)
{
    const struct kf_diff *x = &d->diff;
    char a[32], b[32];
    if (!d->same) {
        uint64_t added = 0, removed = 0;
        for (uint32_t i = 0; i < x->n_segment; i++) {
            added += x->segment[i].m.added;
            removed += x->segment[i].m.removed;
        }
        kf_buf_addf(out, "Summary: profiles %s -> %s",
                    kf_count_text(d->first ? 0 : x->before.world->n_profiles, a),
                    kf_count_text(x->after.world->n_profiles, b));
        kf_buf_addf(out, ", merged %s, split %s", kf_count_text(x->merged, a),
                    kf_count_text(x->split, b));
        kf_buf_addf(out, ", memberships +%s -%s", kf_count_text(added, a),
                    kf_count_text(removed, b));
        kf_buf_addf(out, ", newly contactable %s, newly suppressed %s. ",
                    kf_count_text(x->reach.added, a), kf_count_text(x->suppressed.added, b));
    }
    kf_buf_adds(out, "Nothing was written.");
    if (!d->same)
        kf_buf_adds(out, d->s->ws.config->approval_required
                             ? " 'kinfold approve' and 'kinfold publish' make it so."
                             : " 'kinfold run' makes it so.");
}

struct kf_settings_shown kf_dry_run_settings(const struct kf_dry_run *d)
{
    return (struct kf_settings_shown){d->diff.before.rules, d->diff.after.rules, d->s->reveal,
                                      d->s->cli->colour};
}

void kf_dry_run_before(const struct kf_dry_run *d, struct kf_buf *out)
{
    if (d->since.rules)
        kf_buf_adds(out, d->since.label);
    else if (d->first)
        kf_buf_adds(out, "nothing");
    else
        kf_buf_addf(out, "run %lld", (long long)d->s->last.number);
}

void kf_dry_run_scope(const struct kf_dry_run *d, struct kf_buf *out)
{
    const struct kf_session *s = d->s;
    kf_buf_adds(out, "The rules of the working tree ");
    if (d->first) {
        kf_buf_adds(out, "on what the sources hold");
    } else {
        kf_buf_adds(out, "against those of ");
        kf_dry_run_before(d, out);
    }
    if (!d->same) {
        kf_buf_adds(out, ", ");
        kf_count_add(out, d->n_events, "event", NULL);
    }
    if (d->share) {
        kf_buf_adds(out, " of a sample of ");
        kf_count_add(out, d->sample.components, "component", NULL);
    }
    kf_buf_adds(out, ", as of ");
    kf_when_add(out, s->ws.config->zone, d->as_of);
    kf_buf_addf(out, " (%s)", s->ws.config->zone_name ? s->ws.config->zone_name : "UTC");
}

/* ---- why a set differs ---- */

static void add_part(struct kf_buf *out, const char *word, uint32_t added, uint32_t removed)
{
    kf_buf_addf(out, "%s%s", out->n ? ", " : "", word);
    if (added || removed)
        kf_buf_addf(out, " (+%u -%u)", added, removed);
}

void kf_dry_run_cause(const struct kf_dry_run *d, const struct kf_dry_set *s, struct kf_buf *out)
{
    const struct kf_diff_set *x = s->d;
    const struct kf_diff_members *m = &x->m;
    const struct kf_rule *asked = s->asked ? s->asked->after : NULL;
    uint32_t added = m->added - m->added_by_identity, removed = m->removed - m->removed_by_identity;
    if (d->first)
        return;
    if (!x->before || !x->after || s->own) {
        const struct kf_compared *c = x->after ? kf_diff_change(&d->diff, x->after) : NULL;
        if (c && c->change == KF_COMPARE_RENAMED) {
            kf_buf_addf(out, "was called %s", c->before->name);
            return;
        }
        add_part(out,
                 !x->before  ? "new rule"
                 : !x->after ? "rule removed"
                             : "edited",
                 added, removed);
        added = removed = 0;
    }
    if (asked) {
        struct kf_buf word = {0};
        kf_buf_addf(&word, "asks %s%s%s, which is %s", kf_kind_name(asked->kind),
                    *asked->name ? " " : "", asked->name, s->asked->before ? "edited" : "new");
        add_part(out, word.p, added, removed);
        added = removed = 0;
        kf_buf_free(&word);
    }
    if (added || removed)
        add_part(out, "through what it stands on", added, removed);
    if (m->added_by_identity || m->removed_by_identity)
        add_part(out, "through identity", m->added_by_identity, m->removed_by_identity);
}

void kf_dry_run_sent_by(const struct kf_dry_run *d, const char *segment, struct kf_buf *out)
{
    uint32_t n;
    const struct kf_rule *const *r = kf_rules_kind(d->diff.after.rules, KF_KIND_EXPORT, &n);
    for (uint32_t i = 0, k = 0; i < n; i++)
        if (strcmp(kf_rule_text(r[i], "segment", ""), segment) == 0)
            kf_buf_addf(out, "%s%s", k++ ? ", " : "", r[i]->name);
}

uint32_t kf_dry_run_attribution(const struct kf_dry_run *d)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->diff.rules.n; i++) {
        const struct kf_compared *c = &d->diff.rules.rule[i];
        enum kf_kind k = (c->after ? c->after : c->before)->kind;
        n += c->change != KF_COMPARE_TEXT &&
             (k == KF_KIND_ATTRIBUTION || k == KF_KIND_CHANNEL_GROUP);
    }
    return n;
}

/* ---- people ---- */

void kf_dry_run_face(const struct kf_dry_run *d, const struct kf_world *w, uint32_t profile,
                     struct kf_buf *out)
{
    char hex[17];
    uint32_t id = kf_profile_face(w, profile);
    kf_profile_id_format(w->identity->profile_id[profile], hex);
    if (id != KF_ID_NONE) {
        kf_ident_add(out, w->ids, id, d->s->reveal);
        kf_buf_addc(out, ' ');
    }
    kf_buf_addf(out, "(profile %s)", hex);
}

void kf_dry_run_link(const struct kf_dry_run *d, bool merged, const struct kf_diff_people *p,
                     struct kf_buf *link, struct kf_buf *refusal)
{
    const struct kf_world *a = d->diff.links_before, *b = d->diff.links_after;
    const struct kf_world *w = merged ? b : a, *other = merged ? a : b;
    if (p->link == KF_ID_NONE)
        return;
    const struct kf_id_link *l = &w->identity->link[p->link];
    const struct kf_rule *r = kf_explain_link_rule(w->rules, l->rule);
    kf_buf_addf(link, "link %s ", l->rule);
    if (r) {
        kf_buf_addc(link, '(');
        kf_place_add(link, &r->pos);
        kf_buf_adds(link, ") ");
    }
    kf_buf_adds(link, "of ");
    kf_ident_add(link, w->ids, l->a, d->s->reveal);
    kf_buf_adds(link, " and ");
    kf_ident_add(link, w->ids, l->b, d->s->reveal);
    if (l->event != KF_ID_NONE) {
        kf_buf_adds(link, ", ");
        kf_when_add(link, d->s->ws.config->zone, l->last);
        kf_buf_adds(link, ", ");
        kf_event_place_add(link, d->s->events, l->event);
    }
    if (p->refusal == KF_ID_NONE)
        return;
    kf_buf_addf(refusal, "%s refused: ", merged ? "was" : "is now");
    kf_explain_refusal(other, &other->identity->link[p->refusal], d->s->reveal, refusal);
}

uint32_t kf_dry_run_refused(const struct kf_world *w)
{
    uint32_t n = 0;
    for (uint32_t i = 0; w && i < w->identity->n_link; i++)
        n += w->identity->link[i].reason != KF_ID_KEPT;
    return n;
}

/* ---- conditions that make the difference ---- */

static bool says_the_same(const struct kf_explain_condition *a,
                          const struct kf_explain_condition *b)
{
    return a->truth == b->truth && strcmp(a->sentence, b->sentence) == 0 &&
           strcmp(a->actual ? a->actual : "", b->actual ? b->actual : "") == 0;
}

/* Conditions of one side that the other does not have with the same value. all: every one. */
static uint32_t pick(const struct kf_explain_rule *r, const struct kf_explain_rule *other, bool now,
                     bool all, struct kf_dry_condition *out)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->n; i++) {
        const struct kf_explain_condition *c = &r->condition[i];
        bool twin = c->combination;
        for (uint32_t k = 0; other && !all && !twin && k < other->n; k++)
            twin = says_the_same(c, &other->condition[k]);
        if (!twin)
            out[n++] = (struct kf_dry_condition){now, c->except, c};
    }
    return n;
}

uint32_t kf_dry_run_conditions(const struct kf_dry_example *e, struct kf_arena *arena,
                               const struct kf_dry_condition **ret)
{
    const struct kf_explain_rule *a = e->has_before ? &e->before : NULL,
                                 *b = e->has_after ? &e->after : NULL;
    uint32_t room = 1 + (a ? a->n : 0) + (b ? b->n : 0), n = 0;
    struct kf_dry_condition *out = kf_arena_alloc(arena, room * sizeof *out);
    if (a)
        n = pick(a, b, false, !b, out);
    if (b)
        n += pick(b, a, true, !a, out + n);
    *ret = out;
    return n;
}

/* ---- numbers ---- */

const char *kf_dry_run_score(double v, char out[32])
{
    if (isnan(v))
        return "none";
    snprintf(out, 32, "%.4f", v);
    size_t n = strlen(out);
    while (n && out[n - 1] == '0')
        out[--n] = '\0';
    if (n && out[n - 1] == '.')
        out[--n] = '\0';
    return strcmp(out, "-0") == 0 ? "0" : out;
}

void kf_dry_run_bin(const struct kf_diff_score *s, uint32_t i, struct kf_buf *out)
{
    double width = (s->high - s->low) / s->n_bin;
    char a[32], b[32];
    kf_buf_adds(out, kf_dry_run_score(s->low + width * i, a));
    if (s->n_bin > 1)
        kf_buf_addf(out, "\xe2\x80\x93%s",
                    kf_dry_run_score(i + 1 == s->n_bin ? s->high : s->low + width * (i + 1), b));
}
