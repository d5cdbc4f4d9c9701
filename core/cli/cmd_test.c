/* The promises in *_test.lua: scenarios, each run on events of its own. */
#include "cli/test_cover.h"
#include "cli/test_paths.h"
#include "cli/test_report.h"
#include "cli/test_resolve.h"
#include "cli/test_watch.h"

#include <stdio.h>

static const struct kf_cli_option OPTIONS[] = {
    {"run", 0, "RE", "only scenarios whose name, or name: case, matches (POSIX extended)", false},
    {"filter", 0, "TEXT", "only scenarios whose name holds this", false},
    {"verbose", 'v', NULL, "name what passed too, and say what is wrong with todo scenarios",
     false},
    {"format", 'f', "FORM", "text, json, junit or tap", false},
    {"coverage", 0, NULL, "which conditions were never true, or never false", false},
    {"min", 0, "SHARE", "fail below this coverage: --min 80%", false},
    {"watch", 'w', NULL, "again whenever a rule file or scenario is saved, until Ctrl-C", false},
    {"fail-fast", 'x', NULL, "stop at the first failure", false},
    {"list", 'l', NULL, "say which scenarios there are, run none", false},
    {"as-given", 0, NULL, "only as given: no other orders, no repeats, no store", false},
    {"full-store", 0, NULL, "through stores as a run writes them, not only their event log: slower",
     false},
    {"resolve", 0, NULL, "with --json: a line for each scenario, what it resolves to", false},
    {0},
};

/* One time through all that was chosen. */
struct pass {
    struct kf_cli *cli;
    struct kf_test_options o;
    struct kf_test_report report;
    struct kf_test_cover cover;
    bool resolve;
    uint32_t listed, n_scenario;
};

/* ---- --list ---- */

static void list_one(struct pass *p, const struct kf_test_item *item)
{
    struct kf_pos pos = kf_scenario_case_pos(item->scenario, item->number);
    const char *of = kf_scenario_case_name(item->scenario, item->number);
    struct kf_buf place = {0};
    kf_place_add(&place, &pos);
    p->listed++;
    p->n_scenario += item->number == 0;
    if (p->report.format == KF_TEST_JSON) {
        struct kf_json *j = &p->report.json;
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "scenario", item->scenario->name);
        kf_json_text(j, "case", *of ? of : NULL);
        kf_json_count(j, "number", item->number + 1);
        kf_json_text(j, "where", place.p);
        kf_json_close(j, '}');
    } else {
        kf_style_add(&p->report.out, p->cli->colour, KF_DIM, place.p);
        kf_buf_adds(&p->report.out, "  ");
        kf_test_item_name(item, &p->report.out);
        kf_buf_addc(&p->report.out, '\n');
    }
    kf_buf_free(&place);
}

static void list_begin(struct pass *p)
{
    if (p->report.format != KF_TEST_JSON)
        return;
    kf_json_start(&p->report.json, &p->report.out, "kinfold.test_list/1");
    kf_json_open(&p->report.json, "cases", '[');
}

static void list_end(struct pass *p)
{
    if (p->report.format == KF_TEST_JSON) {
        kf_json_close(&p->report.json, ']');
        kf_json_count(&p->report.json, "n", p->listed);
        kf_json_end(&p->report.json);
        return;
    }
    kf_count_add(&p->report.out, p->listed, "case", NULL);
    kf_buf_adds(&p->report.out, " of ");
    kf_count_add(&p->report.out, p->n_scenario, "scenario", NULL);
    kf_buf_addc(&p->report.out, '\n');
}

/* ---- a pass ---- */

static void resolved(struct pass *p, const struct kf_test_item *item)
{
    kf_buf_add(&p->report.out, item->text.p ? item->text.p : "", item->text.n);
    if (item->ran && !item->result) {
        kf_cli_fail(p->cli, &item->why);
        p->report.failed++;
    }
}

static int suite(void *ctx, const struct kf_ruleset *rules, const struct kf_config *config,
                 const char *file, struct kf_error *err)
{
    struct pass *p = ctx;
    struct kf_test_suite s = {0};
    if (p->report.stopped)
        return 0;
    int rc = kf_test_suite_run(&p->o, rules, config, file, p->resolve ? kf_test_resolve_add : NULL,
                               &s, err);
    for (uint32_t i = 0; rc == 0 && i < s.n; i++) {
        if (p->o.list)
            list_one(p, &s.item[i]);
        else if (p->resolve)
            resolved(p, &s.item[i]);
        else
            kf_test_report_add(&p->report, &s.item[i]);
    }
    p->report.stopped |= s.stopped;
    if (rc == 0 && p->o.cover && s.seen)
        kf_test_cover_add(&p->cover, rules, s.seen);
    kf_test_suite_free(&s);
    return rc;
}

static void begin(struct pass *p)
{
    if (p->o.list)
        list_begin(p);
    else if (!p->resolve)
        kf_test_report_begin(&p->report);
}

static void end(struct pass *p)
{
    struct kf_test_report *r = &p->report;
    if (p->o.list) {
        list_end(p);
        return;
    }
    if (p->resolve)
        return;
    if (p->o.cover && r->format == KF_TEST_TEXT)
        kf_test_cover_text(&p->cover, p->cli->colour, &r->out);
    kf_test_report_end(r);
    if (p->o.cover && r->format == KF_TEST_JSON)
        kf_test_cover_json(&p->cover, &r->json);
    else if (p->o.cover && r->format != KF_TEST_TEXT)
        kf_test_cover_note(&p->cover, r->format == KF_TEST_TAP ? "# " : "<!-- ",
                           r->format == KF_TEST_TAP ? "" : " -->", &r->out);
    if (r->format == KF_TEST_JSON)
        kf_json_end(&r->json);
}

/* As often as --watch wants it: everything is read anew. */
static int once(void *ctx)
{
    struct pass *p = ctx;
    struct kf_session s = {.cli = p->cli};
    struct kf_error err = KF_ERROR_INIT;
    struct kf_test_report fresh = {
        .cli = p->cli, .format = p->report.format, .verbose = kf_cli_has(p->cli, "verbose")};
    p->report = fresh;
    p->listed = p->n_scenario = 0;
    begin(p);
    int rc = kf_test_suites(&s, p->cli, suite, p, &err);
    if (rc == 0 && kf_cli_stop)
        rc = kf_error_set(&err, KF_E_INTERRUPTED, "test", "stopped: not all scenarios ran");
    bool covered = !p->o.cover || kf_test_cover_reached(&p->cover);
    int status = rc ? kf_session_fail(&s, &err) : p->report.failed || !covered ? 1 : 0;
    end(p);
    if (rc == 0)
        kf_out_flush(&p->report.out);
    kf_buf_free(&p->report.out);
    kf_test_cover_reset(&p->cover);
    kf_session_close(&s);
    return status;
}

static int read_options(struct pass *p, struct kf_error *err)
{
    int rc = kf_test_options_read(p->cli, &p->o, err);
    if (rc == 0)
        rc = kf_test_format_read(p->cli, &p->report.format, err);
    if (rc == 0)
        rc = kf_test_cover_read(p->cli, &p->cover, err);
    if (rc == 0 && p->resolve && p->report.format != KF_TEST_JSON)
        rc = kf_error_set(err, KF_E_USAGE, "test", "--resolve prints JSON: say --json too");
    if (rc == 0 && p->o.list && p->report.format != KF_TEST_TEXT &&
        p->report.format != KF_TEST_JSON)
        rc = kf_error_set(err, KF_E_USAGE, "test", "--list is text or JSON");
    return rc;
}

static int run(struct kf_cli *cli)
{
    struct kf_error err = KF_ERROR_INIT;
    struct pass p = {.cli = cli, .resolve = kf_cli_has(cli, "resolve")};
    int status;
    if (read_options(&p, &err)) {
        status = kf_cli_fail(cli, &err);
    } else {
        p.o.as_given |= p.resolve;
        status = kf_cli_has(cli, "watch") ? kf_test_watch(cli, once, &p) : once(&p);
    }
    kf_test_options_free(&p.o);
    return status;
}

static const char *const EXAMPLES[] = {"kinfold test",
                                       "do the rules keep their promises?",
                                       "kinfold test rules/devices_test.lua --run '^tablets' -v",
                                       "only scenarios about tablets, each named",
                                       "kinfold test --coverage --min 80%",
                                       "which conditions no scenario has seen both ways",
                                       "kinfold test --format junit > report.xml",
                                       "for a build server",
                                       "kinfold test tests/conformance",
                                       "files that bring their own identifiers need no workspace",
                                       "kinfold test --resolve --json shared_devices.lua",
                                       "what each scenario comes to, whatever it expects",
                                       NULL};
static const struct kf_cli_exit EXITS[] = {{1, "a scenario failed, or the coverage is below --min"},
                                           {78, "the rules do not load"},
                                           {-1, NULL}};

const struct kf_cli_command kf_cmd_test = {
    .name = "test",
    .operands = "[PATH...]",
    .max_operands = UINT32_MAX,
    .purpose = "run the scenarios of the rules",
    .about =
        "Scenarios stand in rule files (usually *_test.lua): events that are given, and what "
        "is expected. No source is looked at and no store of yours. Without PATH all of the "
        "workspace's run; a PATH is a file or a folder. A file that brings its own "
        "identifiers is run alone, any other with the rules of the workspace. "
        "Each scenario must hold as given, and everything that is decided must be the same "
        "with the events in other orders, one at a time, each sent twice, and out of a store "
        "that was closed and opened again, whole or half; a difference is a failure that "
        "names the variation. Where a scenario expects something of a kind of rule that is "
        "not evaluated yet, it is neither passed nor failed but counted apart; so is one that "
        "says `todo = \"why\"` and does not hold. Of a failure everything is shown that it comes "
        "from: each condition of the rule, what it needs, what was there, and the events "
        "behind it. With --watch all of that is done again at every save. Coverage is the "
        "share of conditions that came out true for somebody and false for somebody; what "
        "`where` asks is a condition of each event that comes to it, also in a value.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
