/* The quality report as text. */
#include "cli/quality_report.h"

static enum kf_style style_of(enum kf_quality_verdict v)
{
    return v == KF_QUALITY_OK ? KF_GREEN : v == KF_QUALITY_FAILED ? KF_RED : KF_YELLOW;
}

/* Of a rule that holds, one line says so; of what is built in, only what found something. */
static bool is_shown(const struct kf_quality_report *r, uint32_t i)
{
    const struct kf_expect_row *row = r->item[i].row;
    if (kf_cli_has(r->s->cli, "all") || kf_cli_has(r->s->cli, "check") || row->bad)
        return true;
    if (!row->rule || (i && r->item[i - 1].row->rule == row->rule))
        return false;
    for (uint32_t k = i; k < r->n && r->item[k].row->rule == row->rule; k++)
        if (r->item[k].row->bad)
            return false; /* a line of its own speaks for the rule */
    return true;
}

static void add_line(const struct kf_quality_report *r, const struct kf_quality_item *item,
                     struct kf_table *t)
{
    const struct kf_expect_row *row = item->row;
    struct kf_buf share = {0}, allow = {0}, trend = {0};
    bool whole =
        !row->bad && row->rule && !kf_cli_has(r->s->cli, "all") && !kf_cli_has(r->s->cli, "check");
    kf_share_add(&share, row->bad, row->of);
    kf_allow_add(&allow, row->rule);
    kf_quality_trend_add(&trend, item);
    kf_table_style(t, style_of(item->verdict), kf_quality_verdict_name(item->verdict));
    kf_table_cell(t, kf_quality_rule_name(row));
    kf_table_cell(t, whole ? row->check : row->detail);
    kf_table_count(t, row->bad);
    kf_table_count(t, row->of);
    kf_table_cell(t, row->of ? share.p : "");
    kf_table_cell(t, row->rule ? allow.p : "");
    kf_table_style(t, KF_DIM, trend.p);
    kf_table_end_row(t);
    kf_buf_free(&share);
    kf_buf_free(&allow);
    kf_buf_free(&trend);
}

static void add_table(const struct kf_quality_report *r, struct kf_buf *b)
{
    struct kf_table t;
    uint32_t quiet = 0;
    kf_table_start(&t, "lllrrrrl");
    kf_table_head(&t, "|expectation|finding|bad|of|share|allowed|last run");
    for (uint32_t i = 0; i < r->n; i++) {
        if (is_shown(r, i))
            add_line(r, &r->item[i], &t);
        quiet += !r->item[i].row->rule && !r->item[i].row->bad;
    }
    kf_table_print(&t, 0, r->s->cli->colour, b);
    if (quiet && !kf_cli_has(r->s->cli, "all") && !kf_cli_has(r->s->cli, "check")) {
        kf_buf_adds(b, "        ");
        kf_count_add(b, quiet, "other built-in check", NULL);
        kf_buf_adds(b, " found nothing (--all lists them)\n");
    }
}

/* ---- where ---- */

static void add_examples(const struct kf_quality_report *r, const struct kf_expect_row *row,
                         struct kf_buf *b)
{
    for (uint32_t k = 0; k < row->n_example; k++) {
        kf_buf_adds(b, k ? ", " : "");
        kf_event_place_add(b, r->s->events, row->example[k]);
    }
}

static void add_where(const struct kf_quality_report *r, const struct kf_quality_item *item,
                      struct kf_buf *b)
{
    const struct kf_expect_row *row = item->row;
    struct kf_buf line = {0}, head = {0};
    kf_buf_addf(&head, "%s %s", kf_quality_rule_name(row), row->detail);
    kf_buf_adds(b, "  ");
    kf_style_add(b, r->s->cli->colour, style_of(item->verdict), head.p);
    kf_buf_addf(b, ": %s\n", kf_quality_meaning(row->check, row->detail));
    kf_buf_free(&head);
    if (row->n_source) {
        kf_buf_adds(&line, "from ");
        kf_quality_parts_add(&line, r->s->events->dict->source, row->source, row->n_source, 4);
    }
    if (row->n_field) {
        kf_buf_adds(&line, "; in ");
        kf_quality_parts_add(&line, r->s->events->dict->key, row->field, row->n_field, 4);
    }
    if (row->n_example) {
        kf_buf_adds(&line, "; first at ");
        add_examples(r, row, &line);
    }
    if (!row->passed && row->rule) {
        struct kf_buf gates = {0};
        kf_quality_gates_add(&gates, row);
        if (gates.n)
            kf_buf_addf(&line, "; holds %s back", gates.p);
        kf_buf_free(&gates);
    }
    if (item->file)
        kf_buf_addf(&line, "; all of them in %s", item->file);
    if (line.n) {
        kf_buf_adds(b, "    ");
        kf_wrap_add(b, line.p, 4, 4, false);
        kf_buf_addc(b, '\n');
    }
    kf_buf_free(&line);
}

static void add_wheres(const struct kf_quality_report *r, struct kf_buf *b)
{
    bool some = false;
    for (uint32_t i = 0; i < r->n; i++) {
        if (r->item[i].verdict == KF_QUALITY_OK && !(r->item[i].row->bad && r->item[i].file))
            continue;
        if (!some) {
            kf_buf_addc(b, '\n');
            kf_style_add(b, r->s->cli->colour, KF_BOLD, "Where");
            kf_buf_addc(b, '\n');
        }
        some = true;
        add_where(r, &r->item[i], b);
    }
}

/* ---- quarantine ---- */

static void add_quarantine(const struct kf_quality_report *r, struct kf_buf *b)
{
    bool all = kf_cli_has(r->s->cli, "all");
    struct kf_table t;
    uint32_t n = 0;
    kf_buf_adds(b, "\nIn quarantine: ");
    kf_count_add(b, r->n_quarantine, "record", NULL);
    kf_buf_addc(b, '\n');
    kf_table_start(&t, r->s->reveal ? "llll" : "lll");
    t.wrap = !r->s->reveal;
    kf_table_head(&t,
                  r->s->reveal ? "reason|record|what is wrong|" : "reason|record|what is wrong");
    for (uint32_t i = 0; i < r->n_quarantine; i++) {
        const struct kf_quality_quarantine *q = &r->quarantine[i];
        n = i && strcmp(q->reason, q[-1].reason) == 0 ? n + 1 : 1;
        if (n > 3 && !all)
            continue;
        struct kf_buf raw = {0}, detail = {0};
        kf_mask_raw(&raw, q->raw, r->s->reveal);
        kf_mask_add(&detail, KF_PERSONAL_NONE, kf_cstr(q->detail), true);
        kf_table_cell(&t, q->reason);
        kf_table_cell(&t, q->place);
        kf_table_cell(&t, detail.p ? detail.p : "");
        if (r->s->reveal)
            kf_table_style(&t, KF_DIM, raw.p);
        kf_table_end_row(&t);
        kf_buf_free(&raw);
        kf_buf_free(&detail);
    }
    if (kf_table_empty(&t)) {
        struct kf_buf none = {0};
        kf_table_print(&t, 0, false, &none);
        kf_buf_free(&none);
        return;
    }
    kf_table_print(&t, 2, r->s->cli->colour, b);
}

void kf_quality_text(const struct kf_quality_report *r, struct kf_buf *b)
{
    struct kf_buf head = {0};
    kf_quality_verdict_add(&head, r);
    kf_style_add(b, r->s->cli->colour,
                 r->failed   ? KF_RED
                 : r->warned ? KF_YELLOW
                             : KF_GREEN,
                 head.p);
    kf_buf_free(&head);
    kf_buf_adds(b, "\n");
    kf_quality_subject_add(b, r);
    kf_buf_adds(b, "\n");
    if (r->despite) {
        kf_buf_clear(&head);
        kf_buf_addf(&head, "Stored by %s although a gate was shut: %s", r->despite_by, r->despite);
        kf_wrap_add(b, head.p, 2, 0, false);
        kf_buf_addc(b, '\n');
        kf_buf_free(&head);
    }
    kf_buf_addc(b, '\n');
    add_table(r, b);
    add_wheres(r, b);
    if (!kf_cli_has(r->s->cli, "check"))
        add_quarantine(r, b);
    kf_buf_addc(b, '\n');
    kf_count_add(b, r->n, "check", NULL);
    kf_buf_addf(b, ": %u failed, %u with warnings\n", r->failed, r->warned);
}
