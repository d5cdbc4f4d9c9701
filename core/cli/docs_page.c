/* The page of a rule. Who sees a number in a dashboard asks what it means, who decided that, and
 * whether to rely on it today: the first screen answers these, in this order. */
#include "cli/docs_site.h"

#include "cli/chart.h"

#include <stdlib.h>

#define CONSENT "Consent needed" /* a fact that is part of the meaning */

static const char *when_text(struct kf_site *s, int64_t t)
{
    struct kf_buf b = {0};
    kf_when_add(&b, s->d->config->zone, t);
    const char *text = kf_arena_strdup(&s->d->arena, b.p);
    kf_buf_free(&b);
    return text;
}

/* ---- the first screen ---- */

static void part_table(struct kf_site *s, const struct kf_docs_entry *e,
                       const struct kf_docs_part *t)
{
    struct kf_page *p = &s->page;
    uint32_t width = 1;
    for (const char *c = t->columns; *c; c++)
        width += *c == '|';
    kf_page_table_begin(p, t->columns, t->label);
    for (uint32_t i = 0; i < t->n_cell; i++) {
        if (i % width == 0)
            kf_page_row_begin(p);
        kf_page_cell_begin(p);
        kf_site_text(s, e, t->cell[i]);
        kf_page_cell_end(p);
        if (i % width == width - 1)
            kf_page_row_end(p);
    }
    kf_page_table_end(p);
}

/* Does a condition have parts? Then it is a list, else the sentence says it all. */
static bool is_split(const struct kf_docs_entry *e)
{
    for (uint32_t i = 0; i < e->n_part; i++)
        if (e->part[i].node && kf_docs_is_combination(e->part[i].node))
            return true;
    return false;
}

static void meaning(struct kf_site *s, const struct kf_docs_entry *e)
{
    struct kf_page *p = &s->page;
    bool split = is_split(e);
    kf_page_section(p, "meaning", "What it means", NULL);
    if (!e->rule->evaluated)
        kf_page_callout(p, KF_PAGE_WARN,
                        "This rule is written and checked, but not worked out yet.");
    kf_page_html(p, "<div class=\"says\">");
    if (!split) {
        kf_page_html(p, "<p>");
        kf_site_text(s, e, e->say);
        kf_page_html(p, "</p>\n");
    }
    for (uint32_t i = 0; split && i < e->n_part; i++) {
        if (!e->part[i].node)
            continue;
        kf_page_html(p, "<p><strong>");
        kf_page_text(p, e->part[i].label);
        kf_page_html(p, "</strong></p><div>");
        kf_site_condition(s, e, e->part[i].node);
        kf_page_html(p, "</div>\n");
    }
    for (uint32_t i = 0; split && i < e->n_part; i++)
        if (strcmp(e->part[i].label, CONSENT) == 0) {
            kf_page_html(p, "<p>Only with consent to ");
            kf_site_text(s, e, e->part[i].text);
            kf_page_html(p, ".</p>\n");
        }
    kf_page_html(p, "</div>\n");
    for (uint32_t i = 0; i < e->n_part; i++)
        if (e->part[i].columns)
            part_table(s, e, &e->part[i]);
}

static void reliable(struct kf_site *s, const struct kf_docs_entry *e)
{
    static const char *const word[] = {"", "Yes", "With care", "No"};
    int kind;
    if (!s->d->figures)
        return;
    const char *why = kf_docs_reliable(s->d, e, &kind);
    struct kf_buf b = {0};
    kf_buf_addf(&b, "Can I rely on it today? %s. %s", word[kind], why);
    kf_page_callout(&s->page, (enum kf_page_kind)kind, b.p);
    kf_buf_free(&b);
}

static void change_text(struct kf_site *s, const struct kf_docs_entry *e, struct kf_buf *b)
{
    char text[32];
    if (e->n_point < 2)
        return;
    int64_t by = e->point[e->n_point - 1].members - e->point[e->n_point - 2].members;
    if (by == 0)
        kf_buf_adds(b, "as at the run before");
    else
        kf_buf_addf(b, "%s%s since the run before", by < 0 ? "\u2212" : "+",
                    kf_count_text((uint64_t)llabs(by), text));
    (void)s;
}

/* "2026-07-01", below it "14:00 Europe/Berlin". */
static void as_of_tile(struct kf_site *s, int64_t t)
{
    const char *zone = s->d->config->zone_name ? s->d->config->zone_name : "UTC";
    struct kf_buf b = {0};
    kf_when_add(&b, s->d->config->zone, t);
    size_t day = strcspn(b.p, " ");
    kf_page_tile(&s->page, KF_PAGE_NOTE, "As of", kf_arena_strndup(&s->d->arena, b.p, day),
                 kf_arena_printf(&s->d->arena, "%s %s", b.p + day + (b.p[day] == ' '), zone));
    kf_buf_free(&b);
}

static void tiles(struct kf_site *s, const struct kf_docs_entry *e)
{
    struct kf_page *p = &s->page;
    const struct kf_docs_point *now = kf_site_now(s, e);
    struct kf_buf note = {0};
    char text[32];
    if (!now)
        return;
    change_text(s, e, &note);
    kf_page_tiles_begin(p);
    kf_page_tile(p, KF_PAGE_NOTE, kf_site_counted(e->rule->kind),
                 kf_count_text((uint64_t)now->members, text), note.p);
    if (now->lacking)
        kf_page_tile(p, KF_PAGE_NOTE, "Not in for lack of consent",
                     kf_count_text((uint64_t)now->lacking, text), NULL);
    kf_page_tile(p, now->undecided ? KF_PAGE_WARN : KF_PAGE_NOTE, "Undecided",
                 kf_count_text((uint64_t)now->undecided, text),
                 now->undecided ? "could not be worked out" : "nobody left out");
    as_of_tile(s, s->d->run[now->run].as_of);
    if (e->source) {
        kf_buf_clear(&note);
        kf_buf_adds(&note, "newest record ");
        kf_when_add(&note, s->d->config->zone, e->source_last);
        kf_page_tile(p, e->delayed ? KF_PAGE_WARN : KF_PAGE_NOTE, "As fresh as", e->source, note.p);
    }
    kf_page_tiles_end(p);
    kf_buf_free(&note);
}

/* Who agreed to the rules as they stand here. */
static void signatures(struct kf_site *s)
{
    struct kf_docs *d = s->d;
    struct kf_buf b = {0};
    for (unsigned r = 0; d->approvals && r <= KF_ROLE_ANALYTICS; r++) {
        const struct kf_approval *a =
            kf_approvals_role(d->approvals, d->rules->digest, (enum kf_role)r);
        if (!a || a->kind != KF_APPROVAL_APPROVE)
            continue;
        kf_buf_addf(&b, "%s%s for %s, ", b.n ? "; " : "", a->who ? a->who : "somebody",
                    kf_role_name((enum kf_role)r));
        kf_when_add(&b, d->config->zone, a->at);
    }
    if (b.n || d->config->approval_required)
        kf_page_fact(&s->page, "Signed off by", b.n ? b.p : "nobody yet");
    kf_buf_free(&b);
}

static void decided(struct kf_site *s, const struct kf_docs_entry *e)
{
    struct kf_page *p = &s->page;
    const struct kf_rule *r = e->rule;
    const char *category[64];
    uint32_t n = kf_docs_categories(e, category, 64);
    static const char *const key[] = {"purpose", "legal_basis", "ticket"};
    static const char *const name[] = {"Purpose", "Legal basis", "Ticket"};
    kf_page_section(p, "decided", "Who decided that, and why", NULL);
    kf_page_facts_begin(p);
    kf_page_fact(p, "Why", r->because ? r->because : "no reason is given");
    kf_page_fact(p, "Owner", r->owner ? r->owner : "nobody is named");
    for (size_t i = 0; i < sizeof key / sizeof *key; i++)
        if (kf_rule_text(r, key[i], NULL))
            kf_page_fact(p, name[i], kf_rule_text(r, key[i], ""));
    if (s->d->figures)
        signatures(s);
    kf_page_fact_begin(p, "Personal data");
    for (uint32_t i = 0; i < n; i++)
        kf_page_textf(p, "%s%s", i ? ", " : "", category[i]);
    kf_page_text(p, n ? "" : "none by category");
    kf_page_fact_end(p);
    kf_page_facts_end(p);
}

/* ---- what it says in full ---- */

/* What the meaning did not say already. */
static bool is_fact(const struct kf_docs_part *f, bool split)
{
    return !f->node && !f->columns && !(split && strcmp(f->label, CONSENT) == 0);
}

static void details(struct kf_site *s, const struct kf_docs_entry *e)
{
    struct kf_page *p = &s->page;
    bool facts = false, split = is_split(e);
    for (uint32_t i = 0; i < e->n_part; i++)
        facts |= is_fact(&e->part[i], split);
    if (!facts)
        return;
    kf_page_section(p, "details", "In detail", NULL);
    kf_page_facts_begin(p);
    for (uint32_t i = 0; i < e->n_part; i++) {
        const struct kf_docs_part *f = &e->part[i];
        if (!is_fact(f, split))
            continue;
        kf_page_fact_begin(p, f->label);
        kf_site_text(s, e, f->text);
        kf_page_fact_end(p);
    }
    kf_page_facts_end(p);
}

/* In the order of the rule, those that nobody is in, too. */
static void bands(struct kf_site *s, const struct kf_docs_entry *e)
{
    const struct kf_node *order = kf_rule_get(e->rule, "bands");
    uint32_t n = 0, all = order ? order->kids : 0;
    struct kf_chart_bar *bar = kf_arena_zalloc(&s->d->arena, (all + 1u) * sizeof *bar);
    for (uint32_t i = 0; i < all; i++) {
        const char *name = kf_node_text(kf_map_get(order->kid[i], "1"), 0);
        if (!name)
            continue;
        bar[n].label = name;
        for (uint32_t k = 0; k < e->n_band; k++)
            if (strcmp(name, e->band[k].name) == 0)
                bar[n].after = (uint64_t)e->band[k].members;
        n++;
    }
    kf_chart_bars(s->page.out, "People by band at the last run", bar, n, false);
}

static void trend(struct kf_site *s, const struct kf_docs_entry *e)
{
    struct kf_page *p = &s->page;
    uint32_t n = e->n_point;
    if (!e->n_band && n < 2)
        return;
    kf_page_section(p, "trend", "Over time", NULL);
    if (n >= 2) {
        int64_t *value = kf_arena_alloc(&s->d->arena, n * sizeof *value);
        const char **when = kf_arena_alloc(&s->d->arena, n * sizeof *when);
        for (uint32_t i = 0; i < n; i++) {
            value[i] = e->point[i].members;
            when[i] = when_text(s, s->d->run[e->point[i].run].as_of);
        }
        kf_chart_line(p->out, kf_site_counted(e->rule->kind), when, value, n);
    }
    if (e->n_band)
        bands(s, e);
}

/* ---- data and neighbours ---- */

static void data(struct kf_site *s, const struct kf_docs_entry *e)
{
    struct kf_page *p = &s->page;
    kf_page_section(p, "data", "Data it uses", NULL);
    if (!e->n_use) {
        kf_page_para(p, "None of people's.");
        return;
    }
    kf_page_table_begin(p, "What|Kind|Personal data|Through", NULL);
    for (uint32_t i = 0; i < e->n_use; i++) {
        const struct kf_docs_use *u = &e->use[i];
        kf_page_row_begin(p);
        kf_page_cell(p, u->name);
        kf_page_cell(p, kf_docs_data_name(u->what));
        kf_page_cell(p, u->personal ? u->personal : "");
        kf_page_cell_begin(p);
        if (u->via == e->rule->number)
            kf_page_text(p, "itself");
        else
            kf_site_rule(s, u->via);
        kf_page_cell_end(p);
        kf_page_row_end(p);
    }
    kf_page_table_end(p);
}

static void neighbours(struct kf_site *s, const struct kf_docs_entry *e)
{
    struct kf_page *p = &s->page;
    const struct {
        const char *name, *none;
        const uint32_t *rule;
        uint32_t n;
    } row[] = {{"Asks", "no other rule", e->asks, e->n_asks},
               {"Used by", "no other rule", e->used_by, e->n_used_by},
               {"Leaves the house by", "no export", e->exports, e->n_exports}};
    kf_page_section(p, "used", "Where it is used", NULL);
    kf_page_facts_begin(p);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        kf_page_fact_begin(p, row[i].name);
        kf_site_rules(s, row[i].rule, row[i].n);
        kf_page_text(p, row[i].n ? "" : row[i].none);
        kf_page_fact_end(p);
    }
    kf_page_facts_end(p);
}

static void tests(struct kf_site *s, const struct kf_docs_entry *e)
{
    struct kf_page *p = &s->page;
    kf_page_section(p, "tests", "Tests",
                    e->n_test ? "Invented cases in which its result is settled." : NULL);
    if (!e->n_test) {
        kf_page_para(p, "No scenario expects anything of it.");
        return;
    }
    kf_page_list_begin(p);
    for (uint32_t i = 0; i < e->n_test; i++)
        kf_page_item(p, e->test[i]->name);
    kf_page_list_end(p);
}

/* ---- what changed, who signed ---- */

/* Was that rule set in force with the rule as it is now? */
static bool has_it(const struct kf_docs *d, const struct kf_docs_entry *e, const char *rules)
{
    if (strcmp(rules, d->rules->digest) == 0)
        return true;
    for (uint32_t i = 0; i < e->n_point; i++)
        if (strcmp(d->run[e->point[i].run].rules, rules) == 0 &&
            kf_str_eq(kf_cstr(e->point[i].digest), e->rule->digest))
            return true;
    return false;
}

static void signed_off(struct kf_site *s, const struct kf_docs_entry *e)
{
    struct kf_page *p = &s->page;
    const struct kf_approvals *a = s->d->approvals;
    bool any = false;
    for (uint32_t i = 0; a && i < a->n; i++) {
        const struct kf_approval *l = &a->line[i];
        if (!l->counts || !l->rules || !has_it(s->d, e, l->rules))
            continue;
        if (!any) {
            kf_page_section(p, "signed", "Sign-offs",
                            "Of rule sets that hold this rule as it stands here.");
            kf_page_table_begin(p, "When|What|As|Who|Because", NULL);
        }
        any = true;
        struct kf_buf when = {0};
        kf_when_add(&when, s->d->config->zone, l->at);
        kf_page_row_begin(p);
        kf_page_cell(p, when.p);
        kf_page_cell_mark(p, l->kind == KF_APPROVAL_REJECT ? KF_PAGE_BAD : KF_PAGE_GOOD,
                          kf_approval_kind_name(l->kind));
        kf_page_cell(p, l->role ? l->role : "");
        kf_page_cell(p, l->who ? l->who : "");
        kf_page_cell(p, l->because ? l->because : "");
        kf_page_row_end(p);
        kf_buf_free(&when);
    }
    if (any)
        kf_page_table_end(p);
    if (a && a->broken)
        kf_page_callout(p, KF_PAGE_BAD,
                        "The log of sign-offs is damaged; what follows the damage is not shown.");
}

static int64_t made_at(const struct kf_docs_run *r)
{
    return r->at_ms ? r->at_ms * 1000000 : r->as_of;
}

static void history(struct kf_site *s, const struct kf_docs_entry *e)
{
    struct kf_page *p = &s->page;
    if (!e->n_point)
        return;
    kf_page_section(p, "history", "Changes",
                    "By its fingerprint at every run: another layout or title is no change.");
    kf_page_table_begin(p, "When|Run>|What happened|Then>", NULL);
    for (uint32_t i = 0; i < e->n_point; i++) {
        const struct kf_docs_point *now = &e->point[i], *was = i ? &e->point[i - 1] : NULL;
        if (was && strcmp(was->digest, now->digest) == 0)
            continue;
        kf_page_row_begin(p);
        kf_page_cell(p, when_text(s, made_at(&s->d->run[now->run])));
        kf_page_cellf(p, "%lld", (long long)s->d->run[now->run].number);
        kf_page_cell(p, was ? "changed" : now->run ? "new" : "there at the first run that is kept");
        if (was)
            kf_page_cellf(p, "%lld → %lld", (long long)was->members, (long long)now->members);
        else
            kf_page_cell_count(p, (uint64_t)now->members);
        kf_page_row_end(p);
    }
    kf_page_table_end(p);
    if (!kf_str_eq(kf_cstr(e->point[e->n_point - 1].digest), e->rule->digest))
        kf_page_callout(p, KF_PAGE_WARN, "Changed since, and not run yet.");
}

void kf_site_rule_page(struct kf_site *s, const struct kf_docs_entry *e)
{
    const struct kf_rule *r = e->rule;
    struct kf_buf place = {0};
    kf_buf_addf(&place, "Written in %s", r->pos.file);
    if (s->d->figures)
        kf_buf_addf(&place, ":%u", r->pos.line);
    kf_buf_addf(&place, " · fingerprint %.8s", r->digest.p);
    kf_site_begin(s, kf_site_path(s, r), "../", NULL, e->title,
                  kf_arena_printf(&s->d->arena, "%s %s%s%s", kf_kind_name(r->kind), r->name,
                                  r->owner ? " · owner " : "", r->owner ? r->owner : ""),
                  place.p);
    kf_buf_free(&place);
    tiles(s, e);
    reliable(s, e);
    meaning(s, e);
    decided(s, e);
    details(s, e);
    trend(s, e);
    neighbours(s, e);
    data(s, e);
    tests(s, e);
    signed_off(s, e);
    history(s, e);
    kf_site_end(s);
}
