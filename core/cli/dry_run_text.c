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

/* ---- rules ---- */

static void add_rules(const struct kf_dry_run *d, struct kf_buf *out)
{
    struct kf_settings_shown w = kf_dry_run_settings(d);
    if (!d->first && d->diff.rules.n_setting) {
        head(d, "Settings of kinfold.yaml", out);
        kf_settings_text(&d->diff.rules, &w, out);
    }
    if (d->first || !d->diff.rules.n)
        return;
    head(d, "Rules", out);
    kf_edits_text(&d->diff.rules, colour(d), out);
}

/* ---- identity ---- */

static void add_link(const struct kf_dry_run *d, bool merged, const struct kf_diff_people *p,
                     struct kf_buf *out)
{
    struct kf_buf link = {0}, refusal = {0};
    kf_dry_run_link(d, merged, p, &link, &refusal);
    if (!link.n)
        kf_buf_adds(out, "      no single link does it: what counts as one identifier, or whose "
                         "it is when, differs\n");
    else
        kf_buf_addf(out, "      %s\n", link.p);
    if (refusal.n)
        kf_buf_addf(out, "      %s\n", refusal.p);
    kf_buf_free(&link);
    kf_buf_free(&refusal);
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
        kf_dry_run_face(d, other, p[i].two[0], out);
        kf_buf_adds(out, " and ");
        kf_dry_run_face(d, other, p[i].two[1], out);
        kf_buf_adds(out, merged ? " become one\n" : " were one\n");
        add_link(d, merged, &p[i], out);
    }
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
        identity_row(&t, "refused links", kf_dry_run_refused(a), kf_dry_run_refused(b));
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

static void add_example(const struct kf_dry_run *d, const struct kf_dry_example *e,
                        struct kf_buf *out)
{
    static const char *const mark[] = {"\xe2\x9c\x97", "\xe2\x9c\x93", "?"};
    static const enum kf_style style[] = {KF_RED, KF_GREEN, KF_YELLOW};
    const struct kf_world *w = e->joins ? d->diff.after.world : d->diff.before.world;
    const struct kf_dry_condition *c;
    struct kf_arena arena = {0};
    kf_buf_adds(out, "      ");
    kf_style_add(out, colour(d), e->joins ? KF_GREEN : KF_RED, e->joins ? "+ " : "- ");
    kf_dry_run_face(d, w, e->joins ? e->who.after : e->who.before, out);
    if (e->because)
        kf_buf_addf(out, ": %s", e->because);
    if (e->who.moved)
        kf_buf_adds(out, e->joins ? ", who was not the same person before"
                                  : ", who is not the same person any more");
    kf_buf_addc(out, '\n');
    uint32_t n = kf_dry_run_conditions(e, &arena, &c);
    for (uint32_t i = 0; i < n; i++) {
        struct kf_buf b = {0};
        kf_buf_addf(out, "        %s ", c[i].now ? "now   " : "before");
        kf_style_add(out, colour(d), style[c[i].c->truth], mark[c[i].c->truth]);
        kf_buf_addf(&b, " %s%s", c[i].except ? "except " : "", c[i].c->sentence);
        if (c[i].c->actual)
            kf_buf_addf(&b, ": was %s", c[i].c->actual);
        kf_wrap_add(out, b.p, 17, 16, false);
        kf_buf_addc(out, '\n');
        kf_buf_free(&b);
    }
    if (!n && e->has_after) {
        kf_buf_adds(out, "        ");
        kf_wrap_add(out,
                    e->who.moved ? "the conditions are alike on both sides: the person is counted "
                                   "apart from those they were one with"
                                 : "the conditions are alike on both sides: how they are combined, "
                                   "or its waits, decide",
                    8, 8, false);
        kf_buf_addc(out, '\n');
    }
    kf_arena_free(&arena);
}

static void add_examples(const struct kf_dry_run *d, const char *what,
                         const struct kf_dry_example *e, uint32_t n, struct kf_buf *out)
{
    if (!n)
        return;
    kf_buf_addf(out, "    %s, for example\n", what);
    for (uint32_t i = 0; i < n; i++)
        add_example(d, &e[i], out);
}

static void set_row(const struct kf_dry_set *s, struct kf_table *t)
{
    const struct kf_diff_set *x = s->d;
    kf_table_style(t, KF_BOLD, x->name);
    kf_table_count(t, x->m.n_before);
    kf_table_count(t, x->m.n_after);
    signed_count(t, '+', x->m.added, KF_GREEN);
    signed_count(t, '-', x->m.removed, KF_RED);
    kf_table_count(t, x->m.kept);
    kf_table_count(t, x->undecided_after);
    kf_table_end_row(t);
}

/* Why it differs and who sends it, then examples. */
static void add_reasons(const struct kf_dry_run *d, const struct kf_dry_set *s, struct kf_buf *out)
{
    const struct kf_diff_set *x = s->d;
    struct kf_buf cause = {0}, by = {0};
    kf_dry_run_cause(d, s, &cause);
    if ((x->after ? x->after : x->before)->kind == KF_KIND_SEGMENT)
        kf_dry_run_sent_by(d, x->name, &by);
    if (by.n)
        kf_buf_addf(&cause, "%ssent by %s", cause.n ? "; " : "", by.p);
    if (cause.n) {
        kf_buf_addf(out, "    %s: ", x->name);
        kf_wrap_add(out, cause.p, 6, (unsigned)(6 + strlen(x->name)), false);
        kf_buf_addc(out, '\n');
    }
    for (uint32_t i = 0; i < s->n_example; i++)
        add_example(d, &s->example[i], out);
    kf_buf_free(&by);
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
        kf_table_start(&t, "lrrrrrr");
        kf_buf_addf(&names, "%s|before|after|added|removed|kept|undecided", kind);
        kf_table_head(&t, names.p);
        for (uint32_t i = 0; i < n; i++)
            set_row(&set[i], &t);
        kf_table_print(&t, 2, colour(d), out);
        kf_buf_free(&names);
    }
    add_kept(all, n_all, n, kind, out);
    for (uint32_t i = 0; i < n; i++)
        add_reasons(d, &set[i], out);
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
    add_examples(d, "newly contactable", d->contactable, d->n_contactable, out);
    add_examples(d, "newly suppressed", d->suppressed, d->n_suppressed, out);
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

/* ---- consent ---- */

static void state_cell(struct kf_table *t, uint32_t before, uint32_t after, bool bad)
{
    char a[32], b[32];
    struct kf_buf c = {0};
    if (before || after) {
        kf_buf_addf(&c, "%s", kf_count_text(before, a));
        if (after != before)
            kf_buf_addf(&c, " \xe2\x86\x92 %s", kf_count_text(after, b));
    }
    kf_table_style(t, bad && after > before ? KF_RED : KF_PLAIN, c.p ? c.p : "");
    kf_buf_free(&c);
}

/* Of those whom exports send (without exports: members who can be reached), by their consent. */
static void add_consent(const struct kf_dry_run *d, struct kf_buf *out)
{
    const struct kf_diff *x = &d->diff;
    static const enum kf_consent_state order[] = {KF_CONSENT_GRANTED, KF_CONSENT_DENIED,
                                                  KF_CONSENT_CONFLICT, KF_CONSENT_UNKNOWN};
    struct kf_table t;
    if (!x->n_purpose)
        return;
    head(d, "Consent of those who would be contacted", out);
    kf_table_start(&t, "lrrrrrll");
    kf_table_head(&t, "purpose|granted|denied|conflict|unknown|newly without|basis|by");
    for (uint32_t i = 0; i < x->n_purpose; i++) {
        const struct kf_diff_purpose *p = &x->purpose[i];
        uint32_t newly = 0;
        char digits[32];
        kf_table_style(&t, KF_BOLD, p->name);
        for (uint32_t k = 0; k < KF_DIFF_STATES; k++) {
            bool bad = p->needs_consent && order[k] != KF_CONSENT_GRANTED;
            state_cell(&t, p->before[order[k]], p->after[order[k]], bad);
            newly += order[k] != KF_CONSENT_GRANTED ? p->newly[order[k]] : 0;
        }
        kf_table_style(&t, newly && p->needs_consent ? KF_RED : KF_PLAIN,
                       kf_count_text(newly, digits));
        kf_table_cell(&t, *p->basis ? p->basis : "not said");
        kf_table_style(&t, KF_DIM, p->who);
        kf_table_end_row(&t);
    }
    t.wrap = true;
    kf_table_print(&t, 2, colour(d), out);
}

/* ---- scores ---- */

static void score_row(struct kf_table *t, const struct kf_diff_score *s)
{
    char a[32], b[32];
    kf_table_style(t, KF_BOLD, s->name);
    kf_table_count(t, s->scored_before);
    kf_table_count(t, s->scored_after);
    signed_count(t, '+', s->up, KF_YELLOW);
    signed_count(t, '-', s->down, KF_YELLOW);
    kf_table_cell(t, kf_dry_run_score(s->median_before, a));
    kf_table_cell(t, kf_dry_run_score(s->median_after, b));
    kf_table_count(t, s->undecided_after);
    kf_table_end_row(t);
}

static bool score_moves(const struct kf_diff_score *s)
{
    return s->up || s->down || s->gained || s->lost || s->undecided_before != s->undecided_after;
}

static void add_shape(const struct kf_dry_run *d, const struct kf_diff_score *s, struct kf_buf *out)
{
    struct kf_table t;
    if (!s->n_bin && !s->n_band)
        return;
    kf_buf_addf(out, "    %s\n", s->name);
    kf_table_start(&t, "lrr");
    for (uint32_t i = 0; i < s->n_band; i++) {
        kf_table_cellf(&t, "band %s", s->band[i].name);
        kf_table_count(&t, s->band[i].before);
        kf_table_count(&t, s->band[i].after);
        kf_table_end_row(&t);
    }
    for (uint32_t i = 0; i < s->n_bin; i++) {
        struct kf_buf bin = {0};
        kf_dry_run_bin(s, i, &bin);
        kf_table_cell(&t, bin.p);
        kf_table_count(&t, s->bin_before[i]);
        kf_table_count(&t, s->bin_after[i]);
        kf_table_end_row(&t);
        kf_buf_free(&bin);
    }
    kf_table_print(&t, 6, colour(d), out);
}

static void add_scores(const struct kf_dry_run *d, struct kf_buf *out)
{
    const struct kf_diff *x = &d->diff;
    struct kf_table t;
    uint32_t shown = 0;
    if (!x->n_score)
        return;
    head(d, "Scores", out);
    kf_table_start(&t, "lrrrrrrr");
    kf_table_head(&t, "score|scored before|after|higher|lower|median before|after|undecided");
    for (uint32_t i = 0; i < x->n_score; i++)
        if (d->first || score_moves(&x->score[i])) {
            score_row(&t, &x->score[i]);
            shown++;
        }
    struct kf_buf none = {0};
    kf_table_print(&t, 2, colour(d), shown ? out : &none);
    kf_buf_free(&none);
    if (shown < x->n_score)
        kf_buf_addf(out, "  %u %s%s as before\n", x->n_score - shown, shown ? "other " : "",
                    x->n_score - shown == 1 ? "score" : "scores");
    for (uint32_t i = 0; i < x->n_score && !d->first; i++)
        if (score_moves(&x->score[i]))
            add_shape(d, &x->score[i], out);
}

/* ---- attribution ---- */

static void add_attribution(const struct kf_dry_run *d, struct kf_buf *out)
{
    uint32_t n = kf_dry_run_attribution(d);
    if (d->first || !n)
        return;
    head(d, "Attribution", out);
    kf_buf_adds(out, "  ");
    kf_count_add(out, n, "rule of attribution or channels differs",
                 "rules of attribution or channels differ");
    kf_buf_adds(out, "; credit is not evaluated yet, so nothing is said about it\n");
}

/* ---- undecided ---- */

static void add_undecided(const struct kf_dry_run *d, struct kf_buf *out)
{
    struct kf_table t;
    if (!d->n_undecided)
        return;
    head(d, "Undecided", out);
    kf_table_start(&t, "lrrl");
    kf_table_head(&t, "rule|before|after|why, of the first");
    for (uint32_t i = 0; i < d->n_undecided; i++) {
        const struct kf_dry_undecided *u = &d->undecided[i];
        kf_table_cellf(&t, "%s %s", kf_kind_name(u->rule->kind), u->rule->name);
        kf_table_count(&t, u->before);
        kf_table_count(&t, u->after);
        kf_table_style(&t, KF_DIM, u->why ? u->why : "");
        kf_table_end_row(&t);
    }
    t.wrap = true;
    kf_table_print(&t, 2, colour(d), out);
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
    kf_dry_run_scope(d, out);
    kf_buf_adds(out, ".\n");
    add_limits(d, out);
    add_rules(d, out);
    if (!d->same) {
        add_identity(d, out);
        add_sets(d, "Segments", "segment", d->segment, d->n_segment, x->segment, x->n_segment, out);
        add_sets(d, "Suppressions", "suppression", d->suppress, d->n_suppress, x->suppress,
                 x->n_suppress, out);
        add_sets(d, "Audiences", "export", d->export, d->n_export, x->export, x->n_export, out);
        add_contact(d, out);
        add_consent(d, out);
        add_marks(d, "Flags", "events|before|after|newly|no longer|", x->flag, x->n_flag, out);
        add_marks(d, "Fraud", "verdicts|before|after|newly|no longer|", x->fraud, x->n_fraud, out);
        add_scores(d, out);
        add_attribution(d, out);
        add_undecided(d, out);
    }
    add_notes(d, out);
    kf_buf_addc(out, '\n');
    kf_dry_run_summary(d, out);
    kf_buf_addc(out, '\n');
}
