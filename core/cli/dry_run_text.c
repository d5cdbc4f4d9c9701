/* A dry-run as a person reads it: the verdict, what differs and why, the summary. */
#include "cli/dry_run.h"
#include "cli/identity_status.h"

static bool colour(const struct kf_dry_run *d)
{
    return d->s->cli->colour;
}

static void head(const struct kf_dry_run *d, const char *what, struct kf_buf *out)
{
    kf_buf_addc(out, '\n');
    kf_style_add(out, colour(d), KF_BOLD, what);
    kf_buf_addc(out, '\n');
}

static void signed_count(struct kf_table *t, char sign, uint64_t n, enum kf_style style)
{
    char digits[32];
    struct kf_buf b = {0};
    if (n)
        kf_buf_addf(&b, "%c%s", sign, kf_count_text(n, digits));
    kf_table_style(t, style, b.p ? b.p : "");
    kf_buf_free(&b);
}

static void place_cell(struct kf_table *t, const struct kf_rule *r)
{
    struct kf_buf b = {0};
    kf_place_add(&b, &r->pos);
    kf_table_style(t, KF_DIM, b.p);
    kf_buf_free(&b);
}

static void face(const struct kf_dry_run *d, const struct kf_world *w, uint32_t profile,
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

/* ---- what was compared ---- */

static void add_scope(const struct kf_dry_run *d, struct kf_buf *out)
{
    const struct kf_session *s = d->s;
    if (d->first)
        kf_buf_adds(out, "The rules of the working tree on what the sources hold");
    else
        kf_buf_addf(out, "The rules of the working tree against those of run %lld",
                    (long long)s->last.number);
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
    kf_buf_addf(out, " (%s).\n", s->ws.config->zone_name ? s->ws.config->zone_name : "UTC");
}

/* ---- rules ---- */

struct edit_lines {
    const struct kf_dry_run *d;
    struct kf_buf *out;
};

static void add_edit(void *ctx, bool after, const char *where, const struct kf_node *n)
{
    struct edit_lines *e = ctx;
    struct kf_buf b = {0};
    kf_buf_addf(&b, "%c %s: ", after ? '+' : '-', where);
    kf_node_sentence(n, &b);
    kf_buf_adds(e->out, "      ");
    kf_style_add(e->out, colour(e->d), after ? KF_GREEN : KF_RED, b.p);
    kf_buf_addc(e->out, '\n');
    kf_buf_free(&b);
}

static void add_rules(const struct kf_dry_run *d, struct kf_buf *out)
{
    static const char *const word[] = {"added  ", "removed", "changed"};
    if (d->first || !d->diff.n_rule)
        return;
    head(d, "Rules", out);
    for (uint32_t i = 0; i < d->diff.n_rule; i++) {
        const struct kf_diff_rule *r = &d->diff.rule[i];
        const struct kf_rule *of = r->after ? r->after : r->before;
        struct kf_buf place = {0};
        kf_place_add(&place, &of->pos);
        kf_buf_addf(out, "  %s  %s%s%s  ", word[r->change], kf_kind_name(of->kind),
                    *of->name ? " " : "", of->name);
        kf_style_add(out, colour(d), KF_DIM, place.p);
        kf_buf_addc(out, '\n');
        kf_buf_free(&place);
        struct edit_lines e = {d, out};
        if (r->change == KF_RULE_CHANGED)
            kf_dry_run_edits(r->before, r->after, add_edit, &e);
    }
}

/* ---- identity ---- */

/* "by link login (rules/identity.lua:12) of u1 and a@..., 2026-03-01 10:00, data/web.jsonl:14" */
static void add_link(const struct kf_dry_run *d, bool merged, const struct kf_diff_people *p,
                     struct kf_buf *out)
{
    const struct kf_world *a = d->diff.links_before, *b = d->diff.links_after;
    const struct kf_world *w = merged ? b : a, *other = merged ? a : b;
    if (p->link == KF_ID_NONE) {
        kf_buf_adds(out, "      no single link does it: what counts as one identifier, or whose "
                         "it is when, differs\n");
        return;
    }
    const struct kf_id_link *l = &w->identity->link[p->link];
    const struct kf_rule *r = kf_explain_link_rule(w->rules, l->rule);
    kf_buf_addf(out, "      link %s ", l->rule);
    if (r) {
        kf_buf_addc(out, '(');
        kf_place_add(out, &r->pos);
        kf_buf_adds(out, ") ");
    }
    kf_buf_adds(out, "of ");
    kf_ident_add(out, w->ids, l->a, d->s->reveal);
    kf_buf_adds(out, " and ");
    kf_ident_add(out, w->ids, l->b, d->s->reveal);
    if (l->event != KF_ID_NONE) {
        kf_buf_adds(out, ", ");
        kf_when_add(out, d->s->ws.config->zone, l->last);
        kf_buf_adds(out, ", ");
        kf_event_place_add(out, d->s->events, l->event);
    }
    kf_buf_addc(out, '\n');
    if (p->refusal == KF_ID_NONE)
        return;
    kf_buf_addf(out, "      %s refused: ", merged ? "was" : "is now");
    kf_explain_refusal(other, &other->identity->link[p->refusal], d->s->reveal, out);
    kf_buf_addc(out, '\n');
}

static void add_people(const struct kf_dry_run *d, bool merged, struct kf_buf *out)
{
    const struct kf_diff *x = &d->diff;
    const struct kf_world *other = merged ? x->before.world : x->after.world;
    const struct kf_diff_people *p = merged ? x->merge_example : x->split_example;
    uint32_t n = merged ? x->n_merge_example : x->n_split_example,
             all = merged ? x->merged : x->split;
    if (!all)
        return;
    kf_buf_adds(out, "  ");
    kf_count_add(out, all, merged ? "person was several" : "person becomes several",
                 merged ? "people were several" : "people become several");
    kf_buf_adds(out, all > n ? ", for example\n" : "\n");
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_adds(out, "    ");
        face(d, other, p[i].two[0], out);
        kf_buf_adds(out, " and ");
        face(d, other, p[i].two[1], out);
        kf_buf_adds(out, merged ? " become one\n" : " were one\n");
        add_link(d, merged, &p[i], out);
    }
}

static uint32_t refused(const struct kf_world *w)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->identity->n_link; i++)
        n += w->identity->link[i].reason != KF_ID_KEPT;
    return n;
}

static void identity_row(struct kf_table *t, const char *what, uint64_t before, uint64_t after)
{
    kf_table_cell(t, what);
    kf_table_count(t, before);
    kf_table_count(t, after);
    kf_table_end_row(t);
}

/* Rows that say nothing on both sides are left out. */
static void figure_row(struct kf_table *t, const char *what, uint64_t before, uint64_t after)
{
    if (before || after)
        identity_row(t, what, before, after);
}

static void figure_rows(const struct kf_dry_run *d, struct kf_table *t)
{
    const struct kf_identity_figures *a = d->figures_before, *b = d->figures_after;
    for (uint32_t i = 1; i < KF_FIGURE_REASONS; i++) {
        struct kf_buf what = {0};
        kf_buf_addf(&what, "  %s", kf_identity_reason_name((enum kf_id_reason)i));
        figure_row(t, what.p, a->refused[i].links, b->refused[i].links);
        kf_buf_free(&what);
    }
    figure_row(t, "events with a shared identifier", a->shared_events, b->shared_events);
    figure_row(t, "identifiers of the largest profile",
               a->n_largest ? a->largest[0].identifiers : 0,
               b->n_largest ? b->largest[0].identifiers : 0);
    figure_row(t, "profiles with two values of a person's key", kf_figures_broken(a),
               kf_figures_broken(b));
    figure_row(t, "profile ids of this side only", d->ids_gone, d->ids_new);
}

static void add_identity(const struct kf_dry_run *d, struct kf_buf *out)
{
    const struct kf_world *a = d->diff.before.world, *b = d->diff.after.world;
    head(d, "Identity", out);
    struct kf_table t;
    kf_table_start(&t, "lrr");
    kf_table_head(&t, "|before|after");
    identity_row(&t, "profiles", a ? a->n_profiles : 0, b->n_profiles);
    if (a && d->diff.identity) {
        identity_row(&t, "shared identifiers", a->identity->n_shared, b->identity->n_shared);
        identity_row(&t, "events of nobody", a->n_unowned, b->n_unowned);
        identity_row(&t, "refused links", refused(a), refused(b));
        figure_rows(d, &t);
    }
    kf_table_print(&t, 2, colour(d), out);
    if (a && !d->diff.identity)
        kf_buf_adds(out, "  no rule that makes identity differs: nobody merges or splits\n");
    else if (a && !d->diff.merged && !d->diff.split)
        kf_buf_adds(out, "  nobody merges or splits\n");
    if (!a)
        return;
    add_people(d, true, out);
    add_people(d, false, out);
}

/* ---- segments and suppressions ---- */

static bool is_combination(const struct kf_node *n)
{
    return n->op == KF_C_ALL || n->op == KF_C_ANY || n->op == KF_C_NONE ||
           n->op == KF_C_AT_LEAST_OF;
}

static bool says_the_same(const struct kf_explain_condition *a,
                          const struct kf_explain_condition *b)
{
    return a->truth == b->truth && strcmp(a->sentence, b->sentence) == 0 &&
           strcmp(a->actual ? a->actual : "", b->actual ? b->actual : "") == 0;
}

/* Conditions of one side that the other does not have with the same value: what makes the
 * difference. `all`: every one. */
static uint32_t add_conditions(const struct kf_dry_run *d, const char *when,
                               const struct kf_explain_rule *r, const struct kf_explain_rule *other,
                               bool all, struct kf_buf *out)
{
    static const char *const mark[] = {"\xe2\x9c\x97", "\xe2\x9c\x93", "?"};
    static const enum kf_style style[] = {KF_RED, KF_GREEN, KF_YELLOW};
    const struct kf_node *except = kf_rule_get(r->rule, "except");
    bool excepted = false;
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->n; i++) {
        const struct kf_explain_condition *c = &r->condition[i];
        bool twin = is_combination(c->node);
        if (c->depth == 0)
            excepted = c->node == except;
        for (uint32_t k = 0; other && !all && !twin && k < other->n; k++)
            twin = says_the_same(c, &other->condition[k]);
        if (twin)
            continue;
        kf_buf_addf(out, "        %s ", when);
        kf_style_add(out, colour(d), style[c->truth], mark[c->truth]);
        kf_buf_addf(out, " %s%s", excepted ? "except " : "", c->sentence);
        if (c->actual)
            kf_buf_addf(out, ": was %s", c->actual);
        kf_buf_addc(out, '\n');
        n++;
    }
    return n;
}

static void add_example(const struct kf_dry_run *d, const struct kf_dry_example *e,
                        struct kf_buf *out)
{
    const struct kf_world *w = e->joins ? d->diff.after.world : d->diff.before.world;
    kf_buf_adds(out, "      ");
    kf_style_add(out, colour(d), e->joins ? KF_GREEN : KF_RED, e->joins ? "+ " : "- ");
    face(d, w, e->joins ? e->who.after : e->who.before, out);
    if (e->who.moved)
        kf_buf_adds(out, e->joins ? ", who was not the same person before"
                                  : ", who is not the same person any more");
    kf_buf_addc(out, '\n');
    const struct kf_explain_rule *a = e->has_before ? &e->before : NULL,
                                 *b = e->has_after ? &e->after : NULL;
    uint32_t n = a ? add_conditions(d, "before", a, b, !b, out) : 0;
    n += b ? add_conditions(d, "now   ", b, a, !a, out) : 0;
    if (n || !b)
        return;
    add_conditions(d, "now   ", b, NULL, true, out);
    kf_buf_adds(out, "        the conditions are alike on both sides: the consent it requires, its "
                     "waits, or the dates on which it starts and ends decide\n");
}

static void set_row(const struct kf_dry_run *d, const struct kf_dry_set *s, struct kf_table *t)
{
    const struct kf_diff_set *x = s->d;
    struct kf_buf cause = {0};
    kf_table_style(t, KF_BOLD, x->name);
    kf_table_count(t, x->m.n_before);
    kf_table_count(t, x->m.n_after);
    signed_count(t, '+', x->m.added, KF_GREEN);
    signed_count(t, '-', x->m.removed, KF_RED);
    kf_table_count(t, x->m.kept);
    kf_table_count(t, x->undecided_after);
    kf_dry_run_cause(d, s, &cause);
    kf_table_style(t, KF_DIM, cause.p ? cause.p : "");
    kf_table_end_row(t);
    kf_buf_free(&cause);
}

static void add_kept(const struct kf_diff_set *all, uint32_t n_all, uint32_t n_shown,
                     const char *kind, struct kf_buf *out)
{
    uint64_t kept = 0;
    for (uint32_t i = 0; i < n_all; i++)
        if (!all[i].m.added && !all[i].m.removed &&
            all[i].undecided_before == all[i].undecided_after)
            kept += all[i].m.kept;
    if (n_shown == n_all)
        return;
    char s[32];
    kf_buf_addf(out, "  %u %s%s%s: all %s kept\n", n_all - n_shown, n_shown ? "other " : "", kind,
                n_all - n_shown == 1 ? "" : "s", kf_count_text(kept, s));
}

static void add_sets(const struct kf_dry_run *d, const char *title, const char *kind,
                     const struct kf_dry_set *set, uint32_t n, const struct kf_diff_set *all,
                     uint32_t n_all, struct kf_buf *out)
{
    struct kf_buf names = {0};
    struct kf_table t;
    if (!n_all)
        return;
    head(d, title, out);
    if (n) {
        kf_table_start(&t, "lrrrrrrl");
        kf_buf_addf(&names, "%s|before|after|added|removed|kept|undecided|", kind);
        kf_table_head(&t, names.p);
        for (uint32_t i = 0; i < n; i++)
            set_row(d, &set[i], &t);
        kf_table_print(&t, 2, colour(d), out);
        kf_buf_free(&names);
    }
    add_kept(all, n_all, n, kind, out);
    for (uint32_t i = 0; i < n; i++) {
        if (!set[i].n_example)
            continue;
        kf_buf_addf(out, "    %s, for example\n", set[i].d->name);
        for (uint32_t k = 0; k < set[i].n_example; k++)
            add_example(d, &set[i].example[k], out);
    }
}

/* ---- contact, flags ---- */

static void members_row(struct kf_table *t, const char *what, const struct kf_diff_members *m)
{
    kf_table_cell(t, what);
    kf_table_count(t, m->n_before);
    kf_table_count(t, m->n_after);
    signed_count(t, '+', m->added, KF_YELLOW);
    signed_count(t, '-', m->removed, KF_YELLOW);
    kf_table_end_row(t);
}

static void add_contact_examples(const struct kf_dry_run *d, struct kf_buf *out)
{
    const struct kf_diff *x = &d->diff;
    if (d->first || !x->reach.n_add_example)
        return;
    kf_buf_adds(out, "    newly contactable, for example\n");
    for (uint32_t i = 0; i < x->reach.n_add_example; i++) {
        struct kf_diff_pair who = x->reach.add_example[i];
        kf_buf_adds(out, "      + ");
        face(d, x->after.world, who.after, out);
        uint32_t n = 0;
        for (uint32_t k = 0; who.before != KF_ID_NONE && k < x->n_suppress; k++) {
            const struct kf_diff_set *s = &x->suppress[k];
            bool was = s->before && kf_side_has(x->before.bits[s->before->number], who.before);
            bool is = s->after && kf_side_has(x->after.bits[s->after->number], who.after);
            if (was && !is)
                kf_buf_addf(out, "%s%s", n++ ? ", " : ": no longer suppressed by ", s->name);
        }
        kf_buf_addc(out, '\n');
    }
}

static void add_contact(const struct kf_dry_run *d, struct kf_buf *out)
{
    const struct kf_diff *x = &d->diff;
    struct kf_table t;
    head(d, "Contact", out);
    kf_table_start(&t, "lrrrr");
    kf_table_head(&t, "|before|after|newly|no longer");
    members_row(&t, "contactable", &x->reach);
    for (uint32_t i = 0; i < x->n_channel; i++) {
        struct kf_buf b = {0};
        kf_buf_addf(&b, "  by %s", x->channel[i].name);
        members_row(&t, b.p, &x->channel[i].m);
        kf_buf_free(&b);
    }
    members_row(&t, "suppressed", &x->suppressed);
    kf_table_print(&t, 2, colour(d), out);
    add_contact_examples(d, out);
}

static void add_marks(const struct kf_dry_run *d, const char *title, const char *columns,
                      const struct kf_diff_mark *mark, uint32_t n, struct kf_buf *out)
{
    struct kf_table t;
    uint32_t same = 0;
    if (!n)
        return;
    head(d, title, out);
    kf_table_start(&t, "lrrrrl");
    kf_table_head(&t, columns);
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_diff_mark *f = &mark[i];
        if (!f->added && !f->removed) {
            same++;
            continue;
        }
        kf_table_style(&t, KF_BOLD, f->name);
        kf_table_count(&t, f->n_before);
        kf_table_count(&t, f->n_after);
        signed_count(&t, '+', f->added, KF_YELLOW);
        signed_count(&t, '-', f->removed, KF_YELLOW);
        place_cell(&t, f->after ? f->after : f->before);
        kf_table_end_row(&t);
    }
    struct kf_buf empty = {0};
    bool none = kf_table_empty(&t);
    kf_table_print(&t, 2, colour(d), none ? &empty : out);
    kf_buf_free(&empty);
    if (same)
        kf_buf_addf(out, "  %u %s%s as before\n", same, none ? "" : "other ",
                    same == 1 ? "rule" : "rules");
}

/* ---- all ---- */

static void add_limits(const struct kf_dry_run *d, struct kf_buf *out)
{
    struct kf_table t;
    if (!d->n_limit)
        return;
    head(d, "Limits", out);
    kf_table_start(&t, "llll");
    for (uint32_t i = 0; i < d->n_limit; i++) {
        const struct kf_dry_limit *l = &d->limit[i];
        kf_table_style(&t, l->broken ? KF_RED : KF_GREEN, l->broken ? "broken" : "kept");
        kf_table_cellf(&t, "--%s", l->option);
        kf_table_cell(&t, l->allowed);
        kf_table_cell(&t, l->found);
        kf_table_end_row(&t);
    }
    kf_table_print(&t, 2, colour(d), out);
}

static void add_notes(const struct kf_dry_run *d, struct kf_buf *out)
{
    if (!d->n_note)
        return;
    head(d, "Not covered", out);
    for (uint32_t i = 0; i < d->n_note; i++)
        kf_buf_addf(out, "  %s\n", d->note[i]);
}

void kf_dry_run_text(const struct kf_dry_run *d, struct kf_buf *out)
{
    const struct kf_diff *x = &d->diff;
    struct kf_buf verdict = {0};
    kf_dry_run_verdict(d, &verdict);
    kf_style_add(out, colour(d), KF_BOLD, verdict.p);
    kf_buf_addc(out, '\n');
    kf_buf_free(&verdict);
    add_scope(d, out);
    add_limits(d, out);
    add_rules(d, out);
    if (!d->same) {
        add_identity(d, out);
        add_sets(d, "Segments", "segment", d->segment, d->n_segment, x->segment, x->n_segment, out);
        add_sets(d, "Suppressions", "suppression", d->suppress, d->n_suppress, x->suppress,
                 x->n_suppress, out);
        add_contact(d, out);
        add_marks(d, "Flags", "events|before|after|newly|no longer|", x->flag, x->n_flag, out);
        add_marks(d, "Fraud", "verdicts|before|after|newly|no longer|", x->fraud, x->n_fraud, out);
    }
    add_notes(d, out);
    kf_buf_addc(out, '\n');
    kf_dry_run_summary(d, out);
    kf_buf_addc(out, '\n');
}
