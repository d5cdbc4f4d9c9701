/* The promises in *_test.lua: scenarios, each run on events of its own. */
#include "cli/test_paths.h"
#include "cli/test_resolve.h"
#include "cli/test_store.h"
#include "decide/scenario.h"

#include <stdio.h>

static const struct kf_cli_option OPTIONS[] = {
    {"filter", 0, "TEXT", "only scenarios whose name holds this", false},
    {"verbose", 'v', NULL, "name what passed too", false},
    {"as-given", 0, NULL, "only as given: no other orders, no repeats, no store", false},
    {"resolve", 0, NULL, "with --json: a line for each scenario, what it resolves to", false},
    {0},
};

struct results {
    struct kf_cli *cli;
    bool resolve, as_given;
    struct kf_test_store store;
    struct kf_buf out;
    struct kf_json j;
    uint32_t passed, failed, todo;
};

/* A difference counts before what is not evaluated yet: it will not go away by itself. */
static void add(struct results *r, const struct kf_rule *scenario, const char *case_name,
                const char *problem, const char *todo)
{
    bool failed = *problem, waits = !failed && *todo, ok = !failed && !waits;
    struct kf_buf place = {0};
    *(failed ? &r->failed : waits ? &r->todo : &r->passed) += 1;
    kf_place_add(&place, &scenario->pos);
    if (r->cli->json) {
        kf_json_open(&r->j, NULL, '{');
        kf_json_text(&r->j, "scenario", scenario->name);
        kf_json_text(&r->j, "case", *case_name ? case_name : NULL);
        kf_json_text(&r->j, "where", place.p);
        kf_json_bool(&r->j, "passed", ok);
        kf_json_text(&r->j, "problem", failed ? problem : NULL);
        kf_json_text(&r->j, "not_evaluated_yet", *todo ? todo : NULL);
        kf_json_close(&r->j, '}');
    } else if (!ok || kf_cli_has(r->cli, "verbose")) {
        kf_style_add(&r->out, r->cli->colour,
                     failed  ? KF_RED
                     : waits ? KF_YELLOW
                             : KF_GREEN,
                     failed  ? "FAILED"
                     : waits ? "todo  "
                             : "ok    ");
        kf_buf_addf(&r->out, " %s%s%s  ", scenario->name, *case_name ? ": " : "", case_name);
        kf_style_add(&r->out, r->cli->colour, KF_DIM, place.p);
        kf_buf_addc(&r->out, '\n');
        for (const char *p = problem; *p;) {
            size_t n = strcspn(p, "\n");
            kf_buf_addf(&r->out, "    %.*s\n", (int)n, p);
            p += n + (p[n] == '\n');
        }
        if (*todo)
            kf_buf_addf(&r->out, "    %s is not evaluated yet%s\n", todo,
                        waits ? "; all else holds" : "");
    }
    kf_buf_free(&place);
}

static void on_result(void *ctx, const struct kf_rule *scenario, const char *case_name,
                      const char *problem, const char *todo)
{
    add(ctx, scenario, case_name, problem, todo);
}

static void on_world(void *ctx, const struct kf_rule *scenario, const char *case_name,
                     const struct kf_world *w)
{
    struct results *r = ctx;
    struct kf_buf name = {0};
    kf_buf_addf(&name, "%s%s%s", scenario->name, *case_name ? ": " : "", case_name);
    kf_test_resolve_add(&r->out, name.p, w);
    kf_buf_free(&name);
}

static int on_reopen(void *ctx, const struct kf_world *w, struct kf_decide *d,
                     struct kf_events **ret, struct kf_error *err)
{
    return kf_test_store_reopen(&((struct results *)ctx)->store, w, d, ret, err);
}

static int suite(void *ctx, const struct kf_ruleset *rules, const struct kf_config *config,
                 const char *file, struct kf_error *err)
{
    struct results *r = ctx;
    const char *filter = kf_cli_get(r->cli, "filter");
    (void)err;
    for (uint32_t i = 0; i < rules->n_scenario && !kf_cli_stop; i++) {
        const struct kf_rule *sc = rules->scenario[i];
        struct kf_scenario_report report = {
            .result = on_result, .reopen = on_reopen, .as_given = r->as_given, .ctx = r};
        struct kf_error why = KF_ERROR_INIT;
        if ((filter && !strstr(sc->name, filter)) || (file && strcmp(sc->pos.file, file) != 0))
            continue;
        if (r->resolve) {
            report.result = NULL;
            report.world = on_world;
        }
        int rc = kf_scenario_run(rules, config, sc, r->cli->threads, &report, &why);
        if (rc && r->resolve) {
            kf_cli_fail(r->cli, &why);
            r->failed++;
        } else if (rc) {
            add(r, sc, "", why.message, "");
        }
    }
    return 0;
}

static void finish(struct results *r)
{
    if (r->resolve)
        return;
    if (r->cli->json) {
        kf_json_close(&r->j, ']');
        kf_json_count(&r->j, "passed", r->passed);
        kf_json_count(&r->j, "failed", r->failed);
        kf_json_count(&r->j, "todo", r->todo);
        kf_json_end(&r->j);
        return;
    }
    kf_buf_addf(&r->out, "%u passed, %u failed", r->passed, r->failed);
    if (r->todo)
        kf_buf_addf(&r->out, ", %u not evaluated yet", r->todo);
    kf_buf_addc(&r->out, '\n');
}

static int run(struct kf_cli *cli)
{
    struct kf_session s = {.cli = cli};
    struct kf_error err = KF_ERROR_INIT;
    struct results r = {.cli = cli, .resolve = kf_cli_has(cli, "resolve")};
    r.as_given = r.resolve || kf_cli_has(cli, "as-given");
    if (r.resolve && !cli->json) {
        kf_error_set(&err, KF_E_USAGE, "test", "--resolve prints JSON: say --json too");
        return kf_cli_fail(cli, &err);
    }
    if (cli->json && !r.resolve) {
        kf_json_start(&r.j, &r.out, "kinfold.test/1");
        kf_json_open(&r.j, "results", '[');
    }
    int rc = kf_test_suites(&s, cli, suite, &r, &err);
    int status = rc ? kf_session_fail(&s, &err) : r.failed ? 1 : 0;
    finish(&r);
    if (rc == 0)
        kf_out_flush(&r.out);
    kf_buf_free(&r.out);
    kf_test_store_remove(&r.store);
    kf_session_close(&s);
    return status;
}

static const char *const EXAMPLES[] = {"kinfold test",
                                       "do the rules keep their promises?",
                                       "kinfold test rules/devices_test.lua --filter tablet -v",
                                       "only scenarios about tablets, each named",
                                       "kinfold test tests/conformance",
                                       "files that bring their own identifiers need no workspace",
                                       "kinfold test --resolve --json shared_devices.lua",
                                       "what each scenario comes to, whatever it expects",
                                       NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "a scenario failed"}, {78, "the rules do not load"}, {-1, NULL}};

const struct kf_cli_command kf_cmd_test = {
    .name = "test",
    .operands = "[PATH...]",
    .max_operands = UINT32_MAX,
    .purpose = "run the scenarios of the rules",
    .about = "Scenarios stand in rule files (usually *_test.lua): events that are given, and what "
             "is expected. No source is looked at and no store of yours. Without PATH all of the "
             "workspace's run; a PATH is a file or a folder. A file that brings its own "
             "identifiers is run alone, any other with the rules of the workspace. "
             "Each scenario must hold as given, and everything that is decided must be the same "
             "with the events in other orders, one at a time, each sent twice, and out of a store "
             "that was closed and opened again, whole or half; a difference is a failure that "
             "names the variation. Where a scenario expects something of a kind of rule that is "
             "not evaluated yet, it is neither passed nor failed but counted apart.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
