/* A dry-run as one page for people who review it without Kinfold. */
#include "cli/chart.h"
#include "cli/dry_run.h"
#include "cli/page.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the head ---- */

static void head(const struct kf_dry_run *d, struct kf_page *p)
{
    const struct kf_ruleset *before = d->diff.before.rules, *after = d->diff.after.rules;
    struct kf_buf verdict = {0}, scope = {0}, digest = {0};
    kf_dry_run_verdict(d, &verdict);
    kf_dry_run_scope(d, &scope);
    kf_buf_addf(&digest, "Rules %.12s \xe2\x86\x92 %.12s, data %.12s, Kinfold %s.",
                before ? before->digest : "none", after->digest,
                d->s->last.number ? d->s->last.data_digest : "from the sources", KF_VERSION);
    kf_page_begin(p, "What these rules would change", scope.p, digest.p);
    kf_page_callout(p, d->n_broken ? KF_PAGE_BAD : d->any ? KF_PAGE_WARN : KF_PAGE_GOOD, verdict.p);
    kf_buf_free(&verdict);
    kf_buf_free(&scope);
    kf_buf_free(&digest);
}

static void tile(struct kf_page *p, enum kf_page_kind kind, const char *label, uint64_t n,
                 const char *note)
{
    char digits[32];
    kf_page_tile(p, n ? kind : KF_PAGE_NOTE, label, kf_count_text(n, digits), note);
}

static void tiles(const struct kf_dry_run *d, struct kf_page *p)
{
    const struct kf_diff *x = &d->diff;
    char a[32], note[64];
    uint32_t was = x->before.world ? x->before.world->n_profiles : 0, segments = 0;
    for (uint32_t i = 0; i < x->n_segment; i++)
        segments += x->segment[i].m.added || x->segment[i].m.removed;
    snprintf(note, sizeof note, "%s before", kf_count_text(was, a));
    kf_page_tiles_begin(p);
    tile(p, KF_PAGE_NOTE, "Profiles", x->after.world->n_profiles, note);
    tile(p, KF_PAGE_WARN, "People who merge", x->merged, NULL);
    tile(p, KF_PAGE_WARN, "People who split", x->split, NULL);
    tile(p, KF_PAGE_WARN, "Segments with other members", segments, NULL);
    tile(p, KF_PAGE_WARN, "Newly contactable", x->reach.added, NULL);
    tile(p, KF_PAGE_WARN, "Newly suppressed", x->suppressed.added, NULL);
    tile(p, KF_PAGE_BAD, "Newly contacted without consent", d->newly_without_consent,
         "for purposes that rest on consent");
    tile(p, KF_PAGE_WARN, "New findings of fraud", d->newly_flagged, NULL);
    kf_page_tiles_end(p);
}

static void limits(const struct kf_dry_run *d, struct kf_page *p)
{
    if (!d->n_limit)
        return;
    kf_page_section(p, "limits", "Limits", "What the workspace or the command line allows.");
    kf_page_table_begin(p, "Limit|Allowed>|Found|Verdict", NULL);
    for (uint32_t i = 0; i < d->n_limit; i++) {
        const struct kf_dry_limit *l = &d->limit[i];
        kf_page_row_begin(p);
        kf_page_cell(p, l->option);
        kf_page_cell(p, l->allowed);
        kf_page_cell(p, l->found);
        kf_page_cell_mark(p, l->broken ? KF_PAGE_BAD : KF_PAGE_GOOD, l->broken ? "broken" : "kept");
        kf_page_row_end(p);
    }
    kf_page_table_end(p);
}

/* ---- rules ---- */

static void edit_row(struct kf_page *p, const struct kf_compared *c, const struct kf_edit *e)
{
    struct kf_buf was = {0}, is = {0}, place = {0};
    kf_edit_short(e, false, &was);
    kf_edit_short(e, true, &is);
    kf_edit_place(c, e, &place);
    kf_page_row_begin(p);
    kf_page_cell_begin(p);
    kf_page_code(p, e->path);
    kf_page_cell_end(p);
    kf_page_cell(p, was.p ? was.p : "");
    kf_page_cell(p, is.p ? is.p : "");
    kf_page_cell(p, place.p);
    kf_page_row_end(p);
    kf_buf_free(&was);
    kf_buf_free(&is);
    kf_buf_free(&place);
}

static void edit_sentences(struct kf_page *p, const struct kf_edit *e)
{
    struct kf_buf was = {0}, is = {0};
    kf_edit_sentence(e, false, &was);
    kf_edit_sentence(e, true, &is);
    kf_page_fact(p, "Path", e->path);
    if (was.n)
        kf_page_fact(p, "Before", was.p);
    if (is.n)
        kf_page_fact(p, "After", is.p);
    kf_buf_free(&was);
    kf_buf_free(&is);
}

static void changed_rule(struct kf_page *p, const struct kf_compared *c)
{
    const struct kf_rule *of = c->after ? c->after : c->before;
    struct kf_buf name = {0}, place = {0};
    bool sentences = false;
    kf_compared_name(c, &name);
    kf_edit_place(c, NULL, &place);
    kf_page_heading(p, NULL, name.p);
    kf_page_open(p, "p");
    kf_page_mark(p, c->change == KF_COMPARE_TEXT ? KF_PAGE_NOTE : KF_PAGE_WARN,
                 c->change == KF_COMPARE_TEXT ? "only words for people"
                                              : kf_compare_word(c->change));
    kf_page_textf(p, " %s ", of->title ? of->title : "");
    kf_page_code(p, place.p);
    kf_page_close(p, "p");
    if (c->n_edit) {
        kf_page_table_begin(p, "Edit|Before|After|Where", NULL);
        for (uint32_t i = 0; i < c->n_edit; i++)
            edit_row(p, c, &c->edit[i]);
        kf_page_table_end(p);
    }
    for (uint32_t i = 0; i < c->n_edit; i++)
        sentences |= kf_edit_has_sentence(&c->edit[i]);
    if (sentences) {
        kf_page_details_begin(p, "Read aloud");
        kf_page_facts_begin(p);
        for (uint32_t i = 0; i < c->n_edit; i++)
            if (kf_edit_has_sentence(&c->edit[i]))
                edit_sentences(p, &c->edit[i]);
        kf_page_facts_end(p);
        kf_page_details_end(p);
    }
    kf_buf_free(&name);
    kf_buf_free(&place);
}

static void setting_row(struct kf_page *p, const struct kf_settings_shown *w,
                        const struct kf_compared_setting *c, const struct kf_compared_part *part)
{
    struct kf_buf cell[4] = {{0}};
    kf_setting_name(c, &cell[0]);
    kf_buf_addf(&cell[0], ": %s", part->path);
    kf_setting_value(w, c, part, false, &cell[1]);
    kf_setting_value(w, c, part, true, &cell[2]);
    kf_setting_place(c, &cell[3]);
    kf_page_row_begin(p);
    for (size_t i = 0; i < 4; i++) {
        kf_page_cell(p, cell[i].p ? cell[i].p : "");
        kf_buf_free(&cell[i]);
    }
    kf_page_row_end(p);
}

static void settings(const struct kf_dry_run *d, struct kf_page *p)
{
    const struct kf_compare *c = &d->diff.rules;
    struct kf_settings_shown w = kf_dry_run_settings(d);
    if (d->first || !c->n_setting)
        return;
    kf_page_section(p, "settings", "Settings of kinfold.yaml that differ",
                    "Lists, time zone, currency and rates that the rules are decided under.");
    kf_page_table_begin(p, "Setting|Before|After|Where", NULL);
    for (uint32_t i = 0; i < c->n_setting; i++)
        for (uint32_t k = 0; k < c->setting[i].n_part; k++)
            setting_row(p, &w, &c->setting[i], &c->setting[i].part[k]);
    kf_page_table_end(p);
}

static void rules(const struct kf_dry_run *d, struct kf_page *p)
{
    const struct kf_compare *c = &d->diff.rules;
    settings(d, p);
    if (d->first || !c->n)
        return;
    kf_page_section(p, "rules", "Rules that differ",
                    "What was edited, compared by meaning: layout and order are no edits.");
    for (uint32_t i = 0; i < c->n; i++)
        changed_rule(p, &c->rule[i]);
}

/* ---- identity ---- */

static void two_counts(struct kf_page *p, const char *what, uint64_t before, uint64_t after)
{
    kf_page_row_begin(p);
    kf_page_cell(p, what);
    kf_page_cell_count(p, before);
    kf_page_cell_count(p, after);
    kf_page_cell_delta(p, (int64_t)after - (int64_t)before);
    kf_page_row_end(p);
}

static void people(const struct kf_dry_run *d, struct kf_page *p, bool merged)
{
    const struct kf_diff *x = &d->diff;
    const struct kf_world *other = merged ? x->before.world : x->after.world;
    const struct kf_diff_people *e = merged ? x->merge_example : x->split_example;
    uint32_t n = merged ? x->n_merge_example : x->n_split_example;
    if (!n)
        return;
    kf_page_heading(p, NULL,
                    merged ? "People who were several, for example"
                           : "People who become several, for example");
    kf_page_list_begin(p);
    for (uint32_t i = 0; i < n; i++) {
        struct kf_buf b = {0}, link = {0}, refusal = {0};
        kf_dry_run_face(d, other, e[i].two[0], &b);
        kf_buf_adds(&b, " and ");
        kf_dry_run_face(d, other, e[i].two[1], &b);
        kf_dry_run_link(d, merged, &e[i], &link, &refusal);
        kf_buf_addf(&b, "%s%s", link.n ? ": " : "", link.n ? link.p : "");
        kf_buf_addf(&b, "%s%s", refusal.n ? "; " : "", refusal.n ? refusal.p : "");
        kf_page_item(p, b.p);
        kf_buf_free(&b);
        kf_buf_free(&link);
        kf_buf_free(&refusal);
    }
    kf_page_list_end(p);
}

static void refusals(const struct kf_dry_run *d, struct kf_page *p)
{
    const struct kf_identity_figures *a = d->figures_before, *b = d->figures_after;
    for (uint32_t i = 1; i < KF_FIGURE_REASONS; i++) {
        struct kf_buf what = {0};
        if (!a->refused[i].links && !b->refused[i].links)
            continue;
        kf_buf_addf(&what, "refused: %s", kf_identity_reason_name((enum kf_id_reason)i));
        two_counts(p, what.p, a->refused[i].links, b->refused[i].links);
        kf_buf_free(&what);
    }
    two_counts(p, "identifiers of the largest profile",
               a->n_largest ? a->largest[0].identifiers : 0,
               b->n_largest ? b->largest[0].identifiers : 0);
}

static void identity(const struct kf_dry_run *d, struct kf_page *p)
{
    const struct kf_world *a = d->diff.before.world, *b = d->diff.after.world;
    kf_page_section(p, "identity", "Identity",
                    a && !d->diff.identity
                        ? "No rule that makes identity differs: nobody merges or splits."
                        : "Who is one person, and who is not.");
    kf_page_table_begin(p, "|Before>|After>|Change>", "Profiles and links");
    two_counts(p, "profiles", a ? a->n_profiles : 0, b->n_profiles);
    if (a && d->diff.identity) {
        two_counts(p, "people who merge", 0, d->diff.merged);
        two_counts(p, "people who split", 0, d->diff.split);
        two_counts(p, "shared identifiers", a->identity->n_shared, b->identity->n_shared);
        two_counts(p, "events of nobody", a->n_unowned, b->n_unowned);
        two_counts(p, "refused links", kf_dry_run_refused(a), kf_dry_run_refused(b));
        refusals(d, p);
    }
    kf_page_table_end(p);
    if (!a)
        return;
    people(d, p, true);
    people(d, p, false);
}

/* ---- sets of people ---- */

static void example(const struct kf_dry_run *d, struct kf_page *p, const struct kf_dry_example *e)
{
    static const char *const mark[] = {"\xe2\x9c\x97", "\xe2\x9c\x93", "?"};
    const struct kf_world *w = e->joins ? d->diff.after.world : d->diff.before.world;
    const struct kf_dry_condition *c;
    struct kf_arena arena = {0};
    struct kf_buf b = {0};
    kf_buf_adds(&b, e->joins ? "+ " : "\xe2\x88\x92 ");
    kf_dry_run_face(d, w, e->joins ? e->who.after : e->who.before, &b);
    if (e->because)
        kf_buf_addf(&b, ": %s", e->because);
    if (e->who.moved)
        kf_buf_adds(&b, e->joins ? ", who was not the same person before"
                                 : ", who is not the same person any more");
    kf_page_item_begin(p);
    kf_page_text(p, b.p);
    uint32_t n = kf_dry_run_conditions(e, &arena, &c);
    if (n)
        kf_page_list_begin(p);
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_clear(&b);
        kf_buf_addf(&b, "%s %s %s%s", c[i].now ? "now" : "before", mark[c[i].c->truth],
                    c[i].except ? "except " : "", c[i].c->sentence);
        if (c[i].c->actual)
            kf_buf_addf(&b, ": was %s", c[i].c->actual);
        kf_page_item(p, b.p);
    }
    if (n)
        kf_page_list_end(p);
    kf_page_item_end(p);
    kf_buf_free(&b);
    kf_arena_free(&arena);
}

static void examples(const struct kf_dry_run *d, struct kf_page *p, const char *what,
                     const struct kf_dry_example *e, uint32_t n)
{
    struct kf_buf b = {0};
    if (!n)
        return;
    kf_buf_addf(&b, "%s: examples", what);
    kf_page_details_begin(p, b.p);
    kf_page_list_begin(p);
    for (uint32_t i = 0; i < n; i++)
        example(d, p, &e[i]);
    kf_page_list_end(p);
    kf_page_details_end(p);
    kf_buf_free(&b);
}

static void set_row(const struct kf_dry_run *d, struct kf_page *p, const struct kf_dry_set *s)
{
    const struct kf_diff_set *x = s->d;
    struct kf_buf cause = {0}, by = {0};
    kf_dry_run_cause(d, s, &cause);
    if ((x->after ? x->after : x->before)->kind == KF_KIND_SEGMENT)
        kf_dry_run_sent_by(d, x->name, &by);
    if (by.n)
        kf_buf_addf(&cause, "%ssent by %s", cause.n ? "; " : "", by.p);
    kf_page_row_begin(p);
    kf_page_cell(p, x->name);
    kf_page_cell_count(p, x->m.n_before);
    kf_page_cell_count(p, x->m.n_after);
    kf_page_cell_delta(p, x->m.added);
    kf_page_cell_delta(p, -(int64_t)x->m.removed);
    kf_page_cell_count(p, x->undecided_after);
    kf_page_cell(p, cause.p ? cause.p : "");
    kf_page_row_end(p);
    kf_buf_free(&cause);
    kf_buf_free(&by);
}

static void set_chart(struct kf_page *p, const char *title, const struct kf_dry_set *set,
                      uint32_t n)
{
    struct kf_chart_bar *bar = calloc(n + 1u, sizeof *bar);
    for (uint32_t i = 0; bar && i < n; i++)
        bar[i] =
            (struct kf_chart_bar){set[i].d->name, set[i].d->m.n_before, set[i].d->m.n_after, NULL};
    if (bar)
        kf_chart_bars(p->out, title, bar, n, true);
    free(bar);
}

static void sets(const struct kf_dry_run *d, struct kf_page *p, const char *id, const char *title,
                 const char *chart, const struct kf_dry_set *set, uint32_t n, uint32_t n_all)
{
    if (!n_all)
        return;
    kf_page_section(p, id, title, n ? NULL : "Nobody comes and nobody goes.");
    if (!n)
        return;
    set_chart(p, chart, set, n);
    kf_page_table_begin(p, "Rule|Before>|After>|Added>|Removed>|Undecided>|Why", chart);
    for (uint32_t i = 0; i < n; i++)
        set_row(d, p, &set[i]);
    kf_page_table_end(p);
    if (n_all > n)
        kf_page_paraf(p, "%u other%s as before.", n_all - n, n_all - n == 1 ? " is" : "s are");
    for (uint32_t i = 0; i < n; i++)
        examples(d, p, set[i].d->name, set[i].example, set[i].n_example);
}

/* ---- contact and consent ---- */

static void members_row(struct kf_page *p, const char *what, const struct kf_diff_members *m)
{
    kf_page_row_begin(p);
    kf_page_cell(p, what);
    kf_page_cell_count(p, m->n_before);
    kf_page_cell_count(p, m->n_after);
    kf_page_cell_delta(p, m->added);
    kf_page_cell_delta(p, -(int64_t)m->removed);
    kf_page_row_end(p);
}

static void contact(const struct kf_dry_run *d, struct kf_page *p)
{
    const struct kf_diff *x = &d->diff;
    kf_page_section(p, "contact", "Contact", "Who may be reached at all, and who is suppressed.");
    kf_page_table_begin(p, "|Before>|After>|Newly>|No longer>", "People who can be contacted");
    members_row(p, "contactable", &x->reach);
    for (uint32_t i = 0; i < x->n_channel; i++) {
        struct kf_buf b = {0};
        kf_buf_addf(&b, "by %s", x->channel[i].name);
        members_row(p, b.p, &x->channel[i].m);
        kf_buf_free(&b);
    }
    members_row(p, "suppressed", &x->suppressed);
    kf_page_table_end(p);
    examples(d, p, "Newly contactable", d->contactable, d->n_contactable);
    examples(d, p, "Newly suppressed", d->suppressed, d->n_suppressed);
}

static void purpose_rows(struct kf_page *p, const struct kf_diff_purpose *x)
{
    static const enum kf_consent_state order[] = {KF_CONSENT_GRANTED, KF_CONSENT_DENIED,
                                                  KF_CONSENT_CONFLICT, KF_CONSENT_UNKNOWN};
    for (uint32_t k = 0; k < KF_DIFF_STATES; k++) {
        enum kf_consent_state s = order[k];
        bool without = s != KF_CONSENT_GRANTED;
        if (without && !x->before[s] && !x->after[s])
            continue;
        kf_page_row_begin(p);
        kf_page_cell(p, x->name);
        kf_page_cell(p, kf_consent_state_name(s));
        kf_page_cell_count(p, x->before[s]);
        kf_page_cell_count(p, x->after[s]);
        if (without && x->needs_consent && x->newly[s]) {
            char digits[32], text[48];
            snprintf(text, sizeof text, "%s newly without", kf_count_text(x->newly[s], digits));
            kf_page_cell_mark(p, KF_PAGE_BAD, text);
        } else {
            kf_page_cell_delta(p, x->newly[s]);
        }
        kf_page_cell(p, *x->basis ? x->basis : "not said");
        kf_page_cell(p, x->who);
        kf_page_row_end(p);
    }
}

static void consent(const struct kf_dry_run *d, struct kf_page *p)
{
    const struct kf_diff *x = &d->diff;
    if (!x->n_purpose)
        return;
    kf_page_section(p, "consent", "Consent of those who would be contacted",
                    "For each purpose, in which state of consent people are who would be sent "
                    "something. Where the legal basis is consent, only granted may stand here.");
    kf_page_table_begin(p, "Purpose|State|Before>|After>|Newly contacted>|Legal basis|By",
                        "People contacted by state of consent");
    for (uint32_t i = 0; i < x->n_purpose; i++)
        purpose_rows(p, &x->purpose[i]);
    kf_page_table_end(p);
}

/* ---- marks ---- */

static void marks(struct kf_page *p, const char *id, const char *title, const char *lead,
                  const struct kf_diff_mark *m, uint32_t n)
{
    if (!n)
        return;
    kf_page_section(p, id, title, lead);
    kf_page_table_begin(p, "Rule|Before>|After>|Newly>|No longer>|Where", title);
    for (uint32_t i = 0; i < n; i++) {
        struct kf_buf place = {0};
        kf_place_add(&place, &(m[i].after ? m[i].after : m[i].before)->pos);
        kf_page_row_begin(p);
        kf_page_cell(p, m[i].name);
        kf_page_cell_count(p, m[i].n_before);
        kf_page_cell_count(p, m[i].n_after);
        kf_page_cell_delta(p, (int64_t)m[i].added);
        kf_page_cell_delta(p, -(int64_t)m[i].removed);
        kf_page_cell(p, place.p);
        kf_page_row_end(p);
        kf_buf_free(&place);
    }
    kf_page_table_end(p);
}

/* ---- scores ---- */

static void histogram(struct kf_page *p, const struct kf_diff_score *s, bool first)
{
    struct kf_buf label[KF_DIFF_BINS] = {{0}}, title = {0};
    const char *text[KF_DIFF_BINS];
    for (uint32_t i = 0; i < s->n_bin; i++) {
        kf_dry_run_bin(s, i, &label[i]);
        text[i] = label[i].p;
    }
    kf_buf_addf(&title, "People by score %s", s->name);
    kf_chart_histogram(p->out, title.p, text, first ? NULL : s->bin_before, s->bin_after, s->n_bin);
    for (uint32_t i = 0; i < s->n_bin; i++)
        kf_buf_free(&label[i]);
    kf_buf_free(&title);
}

static void one_score(const struct kf_dry_run *d, struct kf_page *p, const struct kf_diff_score *s)
{
    char a[32], b[32];
    kf_page_heading(p, NULL, s->name);
    kf_page_paraf(p,
                  "%u people are higher, %u lower; %u are scored now who were not, %u no more; "
                  "the median goes from %s to %s.",
                  s->up, s->down, s->gained, s->lost, kf_dry_run_score(s->median_before, a),
                  kf_dry_run_score(s->median_after, b));
    if (s->n_bin)
        histogram(p, s, d->first);
    if (!s->n_band)
        return;
    kf_page_table_begin(p, "Band|Before>|After>|Change>", "People by band");
    for (uint32_t i = 0; i < s->n_band; i++)
        two_counts(p, s->band[i].name, s->band[i].before, s->band[i].after);
    kf_page_table_end(p);
}

static void scores(const struct kf_dry_run *d, struct kf_page *p)
{
    const struct kf_diff *x = &d->diff;
    uint32_t moved = 0;
    if (!x->n_score)
        return;
    kf_page_section(p, "scores", "Scores", "How values shift, over everybody who has one.");
    for (uint32_t i = 0; i < x->n_score; i++) {
        const struct kf_diff_score *s = &x->score[i];
        if (!d->first && !s->up && !s->down && !s->gained && !s->lost)
            continue;
        one_score(d, p, s);
        moved++;
    }
    if (moved < x->n_score)
        kf_page_paraf(p, "%u %s as before.", x->n_score - moved,
                      x->n_score - moved == 1 ? "score is" : "scores are");
}

/* ---- the rest ---- */

static void undecided(const struct kf_dry_run *d, struct kf_page *p)
{
    if (!d->n_undecided)
        return;
    kf_page_section(p, "undecided", "Undecided",
                    "Decisions that could not be made count as no; a suppression counts as yes.");
    kf_page_table_begin(p, "Rule|Before>|After>|Why, of the first", "Decisions that were not made");
    for (uint32_t i = 0; i < d->n_undecided; i++) {
        const struct kf_dry_undecided *u = &d->undecided[i];
        kf_page_row_begin(p);
        kf_page_cellf(p, "%s %s", kf_kind_name(u->rule->kind), u->rule->name);
        kf_page_cell_count(p, u->before);
        kf_page_cell_count(p, u->after);
        kf_page_cell(p, u->why ? u->why : "");
        kf_page_row_end(p);
    }
    kf_page_table_end(p);
}

static void attribution(const struct kf_dry_run *d, struct kf_page *p)
{
    uint32_t n = kf_dry_run_attribution(d);
    if (d->first || !n)
        return;
    kf_page_section(p, "attribution", "Attribution", NULL);
    kf_page_paraf(p, "%u %s; credit is not evaluated yet, so nothing is said about it.", n,
                  n == 1 ? "rule of attribution or channels differs"
                         : "rules of attribution or channels differ");
}

static void end(const struct kf_dry_run *d, struct kf_page *p)
{
    struct kf_buf summary = {0};
    if (d->n_note) {
        kf_page_section(p, "not-covered", "What is not covered", NULL);
        kf_page_list_begin(p);
        for (uint32_t i = 0; i < d->n_note; i++)
            kf_page_item(p, d->note[i]);
        kf_page_list_end(p);
    }
    kf_page_section(p, "summary", "Summary", NULL);
    kf_dry_run_summary(d, &summary);
    kf_page_para(p, summary.p);
    kf_page_end(p);
    kf_buf_free(&summary);
}

void kf_dry_run_html(const struct kf_dry_run *d, struct kf_buf *out)
{
    const struct kf_diff *x = &d->diff;
    struct kf_page p = {.out = out};
    head(d, &p);
    if (!d->same)
        tiles(d, &p);
    limits(d, &p);
    rules(d, &p);
    if (!d->same) {
        identity(d, &p);
        sets(d, &p, "segments", "Segments", "Members before and after", d->segment, d->n_segment,
             x->n_segment);
        sets(d, &p, "suppressions", "Suppressions", "People suppressed before and after",
             d->suppress, d->n_suppress, x->n_suppress);
        sets(d, &p, "audiences", "Audiences of exports", "People sent before and after", d->export,
             d->n_export, x->n_export);
        contact(d, &p);
        consent(d, &p);
        marks(&p, "flags", "Flags", "Events that carry the mark.", x->flag, x->n_flag);
        marks(&p, "fraud", "Fraud", "Verdicts about events, identifiers and networks.", x->fraud,
              x->n_fraud);
        scores(d, &p);
        attribution(d, &p);
        undecided(d, &p);
    }
    end(d, &p);
}
