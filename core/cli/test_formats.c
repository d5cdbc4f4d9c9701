/* Results for programs: JSON, JUnit, TAP. */
#include "cli/test_report.h"

#include <stdio.h>

static const char *const VERDICT[] = {"passed", "failed", "todo", "not_evaluated_yet",
                                      "unexpected_pass"};

static enum kf_scenario_verdict verdict_of(const struct kf_test_item *item)
{
    return item->result ? kf_scenario_verdict(item->result) : KF_SCENARIO_FAILED;
}

static void json_place(struct kf_json *j, const char *key, const struct kf_pos *pos)
{
    struct kf_buf place = {0};
    if (pos->line)
        kf_place_add(&place, pos);
    kf_json_text(j, key, place.n ? place.p : NULL);
    kf_buf_free(&place);
}

/* ---- JSON ---- */

static void json_list(struct kf_json *j, const char *key, const char *const *item, uint32_t n)
{
    kf_json_open(j, key, '[');
    for (uint32_t i = 0; i < n; i++)
        kf_json_text(j, NULL, item[i]);
    kf_json_close(j, ']');
}

static void json_line(struct kf_json *j, const struct kf_scenario_line *l)
{
    static const char *const truth[] = {"false", "true", "undecided"};
    kf_json_open(j, NULL, '{');
    kf_json_count(j, "depth", l->depth);
    kf_json_text(j, "truth", l->truth < 0 ? NULL : truth[l->truth]);
    kf_json_text(j, "text", l->text);
    kf_json_text(j, "needed", l->needed);
    kf_json_text(j, "actual", l->actual);
    json_place(j, "where", &l->pos);
    kf_json_open(j, "events", '[');
    for (uint32_t i = 0; i < l->n_event; i++)
        kf_json_count(j, NULL, l->event[i]);
    kf_json_close(j, ']');
    kf_json_close(j, '}');
}

static void json_why(struct kf_json *j, const struct kf_scenario_why *w)
{
    kf_json_open(j, NULL, '{');
    kf_json_text(j, "about", w->about);
    kf_json_text(j, "kind", w->rule ? kf_kind_name(w->rule->kind) : NULL);
    kf_json_text(j, "rule", w->rule ? w->rule->name : NULL);
    if (w->rule)
        json_place(j, "where", &w->rule->pos);
    else
        kf_json_text(j, "where", NULL);
    if (w->event)
        kf_json_count(j, "event", w->event);
    else
        kf_json_text(j, "event", NULL);
    kf_json_open(j, "conditions", '[');
    for (uint32_t i = 0; i < w->n; i++)
        json_line(j, &w->line[i]);
    kf_json_close(j, ']');
    kf_json_close(j, '}');
}

static void json_problem(struct kf_json *j, const struct kf_scenario_problem *p)
{
    kf_json_open(j, NULL, '{');
    json_place(j, "where", &p->pos);
    kf_json_text(j, "variation", p->variation);
    kf_json_text(j, "text", p->text);
    json_list(j, "missing", p->missing, p->n_missing);
    json_list(j, "not_expected", p->extra, p->n_extra);
    kf_json_text(j, "expected", p->expected);
    kf_json_text(j, "was", p->was);
    kf_json_open(j, "why", '[');
    for (uint32_t i = 0; i < p->n_why; i++)
        json_why(j, &p->why[i]);
    kf_json_close(j, ']');
    kf_json_count(j, "not_explained", p->more_why);
    kf_json_close(j, '}');
}

static void json_events(struct kf_json *j, const struct kf_scenario_result *r)
{
    kf_json_open(j, "given", '[');
    for (uint32_t i = 0; r->n_problem && i < r->n_event; i++) {
        struct kf_pos pos = {.file = r->event[i].file, .line = r->event[i].line};
        kf_json_open(j, NULL, '{');
        kf_json_count(j, "event", i + 1);
        json_place(j, "where", &pos);
        kf_json_text(j, "text", r->event[i].text);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

void kf_test_json_add(struct kf_test_report *r, const struct kf_test_item *item)
{
    const struct kf_scenario_result *res = item->result;
    struct kf_json *j = &r->json;
    enum kf_scenario_verdict v = verdict_of(item);
    struct kf_pos pos = kf_scenario_case_pos(item->scenario, item->number);
    const char *name = kf_scenario_case_name(item->scenario, item->number);
    struct kf_buf problem = {0};
    kf_test_item_problem(item, &problem);
    kf_json_open(j, NULL, '{');
    kf_json_text(j, "scenario", item->scenario->name);
    kf_json_text(j, "case", *name ? name : NULL);
    kf_json_count(j, "number", item->number + 1);
    json_place(j, "where", &pos);
    kf_json_bool(j, "passed", v == KF_SCENARIO_PASSED || v == KF_SCENARIO_BONUS);
    kf_json_text(j, "verdict", VERDICT[v]);
    kf_json_text(j, "problem", problem.n ? problem.p : NULL);
    kf_json_bool(j, "could_run", res != NULL);
    kf_json_text(j, "not_evaluated_yet", res ? res->waiting : NULL);
    kf_json_text(j, "todo", res ? res->todo : NULL);
    kf_json_open(j, "problems", '[');
    for (uint32_t i = 0; res && i < res->n_problem; i++)
        json_problem(j, &res->problem[i]);
    kf_json_close(j, ']');
    if (res) {
        json_events(j, res);
    } else {
        kf_json_open(j, "given", '[');
        kf_json_close(j, ']');
    }
    kf_json_close(j, '}');
    kf_buf_free(&problem);
}

/* ---- JUnit ---- */

/* Letters that XML 1.0 does not know become question marks. */
static void xml(struct kf_buf *out, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '<')
            kf_buf_adds(out, "&lt;");
        else if (*p == '>')
            kf_buf_adds(out, "&gt;");
        else if (*p == '&')
            kf_buf_adds(out, "&amp;");
        else if (*p == '"')
            kf_buf_adds(out, "&quot;");
        else if (*p < ' ' && *p != '\n' && *p != '\t')
            kf_buf_addc(out, '?');
        else
            kf_buf_addc(out, (char)*p);
    }
}

static void attribute(struct kf_buf *out, const char *key, const char *value)
{
    kf_buf_addf(out, " %s=\"", key);
    xml(out, value);
    kf_buf_addc(out, '"');
}

/* The first problem in a line is the message, everything is the body. */
static void junit_problem(struct kf_test_report *r, const struct kf_test_item *item,
                          const char *element)
{
    struct kf_buf line = {0}, all = {0};
    kf_test_item_problem(item, &line);
    kf_test_text_detail(item, false, 0, &all);
    if (line.n)
        line.p[strcspn(line.p, "\n")] = '\0';
    kf_buf_addf(&r->out, "      <%s", element);
    attribute(&r->out, "message", line.n ? line.p : "");
    kf_buf_addc(&r->out, '>');
    xml(&r->out, all.p ? all.p : "");
    kf_buf_addf(&r->out, "</%s>\n", element);
    kf_buf_free(&line);
    kf_buf_free(&all);
}

static void junit_skipped(struct kf_test_report *r, const char *what, const char *more)
{
    struct kf_buf b = {0};
    kf_buf_addf(&b, "%s%s", what, more);
    kf_buf_adds(&r->out, "      <skipped");
    attribute(&r->out, "message", b.p);
    kf_buf_adds(&r->out, "/>\n");
    kf_buf_free(&b);
}

void kf_test_junit_add(struct kf_test_report *r, const struct kf_test_item *item)
{
    struct kf_pos pos = kf_scenario_case_pos(item->scenario, item->number);
    struct kf_buf name = {0};
    char line[16];
    kf_test_item_name(item, &name);
    snprintf(line, sizeof line, "%u", pos.line);
    kf_buf_adds(&r->out, "    <testcase");
    attribute(&r->out, "classname", pos.file ? pos.file : "");
    attribute(&r->out, "name", name.p ? name.p : "");
    attribute(&r->out, "file", pos.file ? pos.file : "");
    attribute(&r->out, "line", line);
    kf_buf_free(&name);
    enum kf_scenario_verdict v = verdict_of(item);
    if (v == KF_SCENARIO_PASSED) {
        kf_buf_adds(&r->out, "/>\n");
        return;
    }
    kf_buf_adds(&r->out, ">\n");
    if (v == KF_SCENARIO_FAILED)
        junit_problem(r, item, item->result ? "failure" : "error");
    else if (v == KF_SCENARIO_TODO)
        junit_skipped(r, "todo: ", item->result->todo);
    else if (v == KF_SCENARIO_WAITING)
        junit_skipped(r, "not evaluated yet: ", item->result->waiting);
    else
        kf_buf_adds(&r->out, "      <system-out>it holds now, though it is marked as "
                             "todo</system-out>\n");
    kf_buf_adds(&r->out, "    </testcase>\n");
}

void kf_test_junit_end(struct kf_test_report *r)
{
    struct kf_buf body = r->out;
    r->out = (struct kf_buf){0};
    kf_buf_adds(&r->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    for (int inner = 0; inner < 2; inner++) {
        kf_buf_adds(&r->out, inner ? "  <testsuite" : "<testsuites");
        attribute(&r->out, "name", "kinfold test");
        kf_buf_addf(&r->out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\">\n", r->n,
                    r->failed - r->errors, r->errors, r->todo + r->waiting);
    }
    kf_buf_add(&r->out, body.p ? body.p : "", body.n);
    kf_buf_adds(&r->out, "  </testsuite>\n</testsuites>\n");
    kf_buf_free(&body);
}

/* ---- TAP, version 14 ---- */

static void tap_text(struct kf_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '#' || *text == '\\')
            kf_buf_addc(out, '\\');
        kf_buf_addc(out, *text == '\n' ? ' ' : *text);
    }
}

static void tap_detail(struct kf_test_report *r, const struct kf_test_item *item)
{
    struct kf_buf all = {0};
    struct kf_pos pos = kf_scenario_case_pos(item->scenario, item->number);
    kf_test_text_detail(item, false, 0, &all);
    kf_buf_addf(&r->out, "  ---\n  at: \"%s:%u\"\n  detail: |\n", pos.file ? pos.file : "",
                pos.line);
    for (const char *p = all.p ? all.p : ""; *p;) {
        size_t n = strcspn(p, "\n");
        kf_buf_addf(&r->out, "    %.*s\n", (int)n, p);
        p += n + (p[n] == '\n');
    }
    kf_buf_adds(&r->out, "  ...\n");
    kf_buf_free(&all);
}

void kf_test_tap_add(struct kf_test_report *r, const struct kf_test_item *item)
{
    enum kf_scenario_verdict v = verdict_of(item);
    struct kf_buf name = {0};
    bool fails = v == KF_SCENARIO_FAILED || v == KF_SCENARIO_TODO || v == KF_SCENARIO_WAITING;
    kf_test_item_name(item, &name);
    kf_buf_addf(&r->out, "%s %u - ", fails ? "not ok" : "ok", r->n);
    tap_text(&r->out, name.p ? name.p : "");
    if (item->result && (v == KF_SCENARIO_TODO || v == KF_SCENARIO_BONUS)) {
        kf_buf_adds(&r->out, " # TODO ");
        tap_text(&r->out, item->result->todo);
    } else if (v == KF_SCENARIO_WAITING) {
        kf_buf_addf(&r->out, " # TODO not evaluated yet: %s", item->result->waiting);
    }
    kf_buf_addc(&r->out, '\n');
    if (v == KF_SCENARIO_FAILED || v == KF_SCENARIO_TODO)
        tap_detail(r, item);
    kf_buf_free(&name);
}

void kf_test_tap_end(struct kf_test_report *r)
{
    struct kf_buf body = r->out;
    r->out = (struct kf_buf){0};
    kf_buf_addf(&r->out, "TAP version 14\n1..%u\n", r->n);
    kf_buf_add(&r->out, body.p ? body.p : "", body.n);
    if (r->stopped)
        kf_buf_adds(&r->out, "Bail out! stopped at the first failure\n");
    kf_buf_free(&body);
}
