/* The quality report as a page. */
#include "cli/quality_report.h"

#include "cli/chart.h"
#include "cli/page.h"

#include <stdio.h>

static enum kf_page_kind kind_of(enum kf_quality_verdict v)
{
    return v == KF_QUALITY_OK ? KF_PAGE_GOOD : v == KF_QUALITY_FAILED ? KF_PAGE_BAD : KF_PAGE_WARN;
}

/* Millionths: what a line over runs is drawn from. */
static int64_t share_of(uint64_t bad, uint64_t of)
{
    return of ? (int64_t)((unsigned __int128)bad * 1000000 / of) : 0;
}

static void add_spark(const struct kf_quality_item *item, struct kf_page *p)
{
    int64_t value[KF_QUALITY_RUNS + 1];
    struct kf_buf html = {0}, alt = {0};
    uint32_t n = item->n_past;
    kf_page_cell_begin(p);
    if (n) {
        for (uint32_t i = 0; i < n; i++)
            value[i] = share_of(item->past[i].bad, item->past[i].of);
        value[n++] = share_of(item->row->bad, item->row->of);
        kf_buf_addf(&alt, "share at the last %u runs: ", n);
        kf_share_add(&alt, item->past[0].bad, item->past[0].of);
        kf_buf_adds(&alt, " to ");
        kf_share_add(&alt, item->row->bad, item->row->of);
        kf_chart_spark(&html, value, n, alt.p);
        kf_page_html(p, html.p);
        kf_buf_clear(&alt);
        kf_buf_addc(&alt, ' ');
        kf_quality_trend_add(&alt, item);
        kf_page_text(p, alt.p);
    }
    kf_page_cell_end(p);
    kf_buf_free(&html);
    kf_buf_free(&alt);
}

static void add_row(const struct kf_quality_item *item, struct kf_page *p)
{
    const struct kf_expect_row *row = item->row;
    struct kf_buf share = {0}, allow = {0};
    kf_share_add(&share, row->bad, row->of);
    kf_allow_add(&allow, row->rule);
    kf_page_row_begin(p);
    kf_page_cell(p, row->detail);
    kf_page_cell_mark(p, kind_of(item->verdict), kf_quality_verdict_name(item->verdict));
    kf_page_cell_count(p, row->bad);
    kf_page_cell_count(p, row->of);
    kf_page_cell(p, row->of ? share.p : "");
    kf_page_cell(p, row->rule ? allow.p : "");
    add_spark(item, p);
    kf_page_cell(p, kf_quality_meaning(row->check, row->detail));
    kf_page_row_end(p);
    kf_buf_free(&share);
    kf_buf_free(&allow);
}

#define COLUMNS "Finding|Status|Bad>|Checked>|Share>|Allowed>|Last runs|What it means"

/* Where the bad ones are: sources, fields, the first records. */
static void add_where(const struct kf_quality_report *r, const struct kf_quality_item *item,
                      struct kf_page *p)
{
    const struct kf_expect_row *row = item->row;
    struct kf_buf b = {0};
    if (!row->bad || !row->n_example)
        return;
    kf_buf_addf(&b, "%s: where", row->detail);
    kf_page_details_begin(p, b.p);
    kf_page_facts_begin(p);
    kf_buf_clear(&b);
    kf_quality_parts_add(&b, r->s->events->dict->source, row->source, row->n_source, 8);
    kf_page_fact(p, "Sources", b.p);
    if (row->n_field) {
        kf_buf_clear(&b);
        kf_quality_parts_add(&b, r->s->events->dict->key, row->field, row->n_field, 8);
        kf_page_fact(p, "Fields", b.p);
    }
    kf_buf_clear(&b);
    for (uint32_t i = 0; i < row->n_example; i++) {
        kf_buf_adds(&b, i ? ", " : "");
        kf_event_place_add(&b, r->s->events, row->example[i]);
    }
    kf_page_fact(p, "First records", b.p);
    if (item->file)
        kf_page_fact(p, "All of them", item->file);
    kf_page_facts_end(p);
    kf_page_details_end(p);
    kf_buf_free(&b);
}

/* Items [from, to) are of one rule, or all that is built in. */
static void add_block(const struct kf_quality_report *r, uint32_t from, uint32_t to,
                      struct kf_page *p)
{
    kf_page_table_begin(p, COLUMNS, r->item[from].row->rule ? r->item[from].row->rule->name : NULL);
    for (uint32_t i = from; i < to; i++)
        add_row(&r->item[i], p);
    kf_page_table_end(p);
    for (uint32_t i = from; i < to; i++)
        add_where(r, &r->item[i], p);
}

static void add_rules(const struct kf_quality_report *r, struct kf_page *p)
{
    uint32_t end = 0;
    kf_page_section(p, "expectations", "Expectations",
                    "What this workspace's expect rules want of the data.");
    for (uint32_t i = 0; i < r->n && r->item[i].row->rule; i = end) {
        const struct kf_rule *rule = r->item[i].row->rule;
        struct kf_buf gates = {0}, place = {0};
        for (end = i; end < r->n && r->item[end].row->rule == rule;)
            end++;
        kf_page_heading(p, NULL, rule->title ? rule->title : rule->name);
        kf_place_add(&place, &rule->pos);
        kf_quality_gates_add(&gates, r->item[i].row);
        kf_page_facts_begin(p);
        if (rule->because)
            kf_page_fact(p, "Because", rule->because);
        if (rule->owner)
            kf_page_fact(p, "Owner", rule->owner);
        kf_page_fact(p, "Holds back", gates.n ? gates.p : "nothing");
        kf_page_fact(p, "Rule", place.p);
        kf_page_facts_end(p);
        add_block(r, i, end, p);
        kf_buf_free(&gates);
        kf_buf_free(&place);
    }
    if (!end)
        kf_page_para(p, "No expect rule is written yet: rules/quality.lua is a place for them.");
}

static void add_built_in(const struct kf_quality_report *r, struct kf_page *p)
{
    uint32_t from = 0;
    while (from < r->n && r->item[from].row->rule)
        from++;
    if (from == r->n)
        return;
    kf_page_section(p, "checklist", "The checklist",
                    "What is looked at without any rule. Nothing is held back for it.");
    add_block(r, from, r->n, p);
}

static void add_quarantine(const struct kf_quality_report *r, struct kf_page *p)
{
    uint32_t n = 0;
    kf_page_section(
        p, "quarantine", "Quarantine",
        "Records that are no events, at most ten a reason. Their content is not shown.");
    if (!r->n_quarantine) {
        kf_page_para(p, "No record is in quarantine.");
        return;
    }
    kf_page_table_begin(p, "Record|Source|Reason|What is wrong", NULL);
    for (uint32_t i = 0; i < r->n_quarantine; i++) {
        const struct kf_quality_quarantine *q = &r->quarantine[i];
        n = i && strcmp(q->reason, q[-1].reason) == 0 ? n + 1 : 1;
        if (n > 10)
            continue;
        kf_page_row_begin(p);
        kf_page_cell(p, q->place);
        kf_page_cell(p, q->source);
        kf_page_cell(p, q->reason);
        kf_page_cell(p, q->detail);
        kf_page_row_end(p);
    }
    kf_page_table_end(p);
}

static void add_tiles(const struct kf_quality_report *r, struct kf_page *p)
{
    char text[32];
    kf_page_tiles_begin(p);
    kf_page_tile(p, r->failed ? KF_PAGE_BAD : KF_PAGE_GOOD, "Failed",
                 kf_count_text(r->failed, text), "checks of severity error");
    kf_page_tile(p, r->warned ? KF_PAGE_WARN : KF_PAGE_GOOD, "To look at",
                 kf_count_text(r->warned, text), "checks of severity warn");
    kf_page_tile(p, KF_PAGE_NOTE, "Checks", kf_count_text(r->n, text), NULL);
    kf_page_tile(p, r->n_quarantine ? KF_PAGE_WARN : KF_PAGE_GOOD, "In quarantine",
                 kf_count_text(r->n_quarantine, text), "records that are no events");
    kf_page_tiles_end(p);
}

void kf_quality_page(const struct kf_quality_report *r, struct kf_buf *html)
{
    struct kf_page p = {.out = html};
    struct kf_buf verdict = {0}, subject = {0}, digest = {0};
    kf_quality_verdict_add(&verdict, r);
    kf_quality_subject_add(&subject, r);
    kf_buf_addf(&digest, "rules %.12s", r->s->last_rules->digest);
    kf_page_begin(&p, "Data quality", subject.p, digest.p);
    kf_page_callout(&p,
                    r->failed   ? KF_PAGE_BAD
                    : r->warned ? KF_PAGE_WARN
                                : KF_PAGE_GOOD,
                    verdict.p);
    if (r->despite) {
        kf_buf_clear(&verdict);
        kf_buf_addf(&verdict, "Stored by %s although a gate was shut: %s", r->despite_by,
                    r->despite);
        kf_page_callout(&p, KF_PAGE_WARN, verdict.p);
    }
    add_tiles(r, &p);
    add_rules(r, &p);
    add_built_in(r, &p);
    add_quarantine(r, &p);
    kf_page_end(&p);
    kf_buf_free(&verdict);
    kf_buf_free(&subject);
    kf_buf_free(&digest);
}
