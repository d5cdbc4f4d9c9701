/* The promises in *_test.lua: scenarios, each run on events of its own. */
#include "cli/session.h"
#include "decide/scenario.h"

#include <stdio.h>

static const struct kf_cli_option OPTIONS[] = {
    {"filter", 0, "TEXT", "only scenarios whose name holds this", false},
    {"verbose", 'v', NULL, "name what passed too", false},
    {0},
};

struct results {
    struct kf_cli *cli;
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

static int work(struct kf_session *s, struct results *r, struct kf_error *err)
{
    int rc = kf_workspace_load_rules(&s->ws, true, err);
    if (rc)
        return rc;
    const struct kf_ruleset *rules = s->ws.rules;
    if (rules->n_errors) {
        kf_session_say_rules(rules, s->cli->colour_err);
        return kf_error_set(err, KF_E_CONFIG, "test", "%u error%s in the rules; no scenario ran",
                            rules->n_errors, rules->n_errors == 1 ? "" : "s");
    }
    const char *filter = kf_cli_get(s->cli, "filter");
    for (uint32_t i = 0; i < rules->n_scenario && !kf_cli_stop; i++) {
        struct kf_scenario_report report = {.result = on_result, .ctx = r};
        struct kf_error why = KF_ERROR_INIT;
        if (filter && !strstr(rules->scenario[i]->name, filter))
            continue;
        if (kf_scenario_run(rules, s->ws.config, rules->scenario[i], s->ws.threads, &report, &why))
            add(r, rules->scenario[i], "", why.message, "");
    }
    return 0;
}

static int run(struct kf_cli *cli)
{
    struct kf_session s;
    struct kf_error err = KF_ERROR_INIT;
    struct results r = {.cli = cli};
    int rc = kf_session_open(&s, cli, &err);
    if (cli->json) {
        kf_json_start(&r.j, &r.out, "kinfold.test/1");
        kf_json_open(&r.j, "results", '[');
    }
    if (rc == 0)
        rc = work(&s, &r, &err);
    int status = rc ? kf_session_fail(&s, &err) : r.failed ? 1 : 0;
    if (cli->json) {
        kf_json_close(&r.j, ']');
        kf_json_count(&r.j, "passed", r.passed);
        kf_json_count(&r.j, "failed", r.failed);
        kf_json_count(&r.j, "todo", r.todo);
        kf_json_end(&r.j);
    } else {
        kf_buf_addf(&r.out, "%u passed, %u failed", r.passed, r.failed);
        if (r.todo)
            kf_buf_addf(&r.out, ", %u not evaluated yet", r.todo);
        kf_buf_addc(&r.out, '\n');
    }
    if (rc == 0)
        kf_out_flush(&r.out);
    kf_buf_free(&r.out);
    kf_session_close(&s);
    return status;
}

static const char *const EXAMPLES[] = {"kinfold test", "do the rules keep their promises?",
                                       "kinfold test --filter tablet -v",
                                       "only scenarios about tablets", NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "a scenario failed"}, {78, "the rules do not load"}, {-1, NULL}};

const struct kf_cli_command kf_cmd_test = {
    .name = "test",
    .purpose = "run the scenarios of the rules",
    .about = "Scenarios stand in rule files (usually *_test.lua): events that are given, and what "
             "is expected. "
             "No source and no store is looked at. Where a scenario expects something of a kind of "
             "rule that is not evaluated yet, it is neither passed nor failed but counted apart.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
