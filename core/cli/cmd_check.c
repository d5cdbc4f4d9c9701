/* Everything that can be wrong before a run, in one go: kinfold.yaml, connectors and their options,
 * rules. */
#include "base/vec.h"
#include "cli/session.h"

#include <stdio.h>
#include <stdlib.h>

static const struct kf_cli_option OPTIONS[] = {
    {"strict", 0, NULL, "warnings are errors (exit 1)", false},
    {0},
};

struct checked {
    struct kf_cli *cli;
    struct kf_workspace ws;
    kf_vec(struct kf_error) problem;
    uint32_t connectors, warnings, notes;
};

static void on_problem(void *ctx, const struct kf_error *e)
{
    struct checked *c = ctx;
    *kf_vec_push(&c->problem) = *e;
    if (!c->cli->json)
        kf_cli_fail(c->cli, e);
}

/* The callee reports each problem, but an error of its own (a file that is not there) only returns.
 */
static void add_unless_reported(struct checked *c, size_t before, const struct kf_error *e)
{
    for (size_t i = before; i < c->problem.n; i++)
        if (strcmp(c->problem.p[i].message, e->message) == 0)
            return;
    on_problem(c, e);
}

static void check_connector(struct checked *c, const char *what, const char *name,
                            const char *plugin, const struct kf_yaml *options, uint32_t kind,
                            uint32_t line, uint32_t column)
{
    const struct kf_config *config = c->ws.config;
    const struct kf_plugin_handle *h;
    struct kf_error e = KF_ERROR_INIT;
    struct kf_option_value *v = NULL;
    size_t before = c->problem.n;
    int rc = kf_plugin_find(&c->ws.plugins, plugin, &h, &e);
    if (rc == 0 && h->plugin.kind != kind)
        rc = kf_error_at(&e, KF_E_CONFIG, "check", config->file, line, column,
                         "%s '%s' uses %s, which is a %s", what, name, plugin,
                         h->plugin.kind == KF_PLUGIN_SOURCE ? "source" : "destination");
    if (rc == 0)
        rc = kf_plugin_options(h, options, config->file, config->dir, &v, on_problem, c, &e);
    if (rc) {
        if (!e.line) {
            struct kf_error placed = KF_ERROR_INIT;
            kf_error_at(&placed, e.code, "check", config->file, line, column, "%s '%s': %s", what,
                        name, e.message);
            e = placed;
        }
        add_unless_reported(c, before, &e);
        return;
    }
    kf_plugin_options_free(v, h->n_options);
    c->connectors++;
}

static void check_connectors(struct checked *c)
{
    for (uint32_t i = 0; i < c->ws.config->n_source; i++) {
        const struct kf_config_source *s = &c->ws.config->source[i];
        check_connector(c, "source", s->name, s->plugin, s->options, KF_PLUGIN_SOURCE, s->line,
                        s->column);
    }
    for (uint32_t i = 0; i < c->ws.config->n_destination; i++) {
        const struct kf_config_destination *d = &c->ws.config->destination[i];
        check_connector(c, "destination", d->name, d->plugin, d->options, KF_PLUGIN_DESTINATION,
                        d->line, d->column);
    }
}

static void check_rules(struct checked *c)
{
    struct kf_error e = KF_ERROR_INIT;
    if (kf_workspace_load_rules(&c->ws, false, &e)) {
        on_problem(c, &e);
        return;
    }
    const struct kf_ruleset *r = c->ws.rules;
    for (uint32_t i = 0; i < r->n_diagnostic; i++) {
        c->warnings += r->diagnostic[i].severity == KF_SEV_WARNING;
        c->notes += r->diagnostic[i].severity == KF_SEV_NOTE;
    }
    if (!c->cli->json)
        kf_session_say_rules(r, c->cli->colour_err);
}

static uint32_t errors(const struct checked *c)
{
    return (uint32_t)c->problem.n + (c->ws.rules ? c->ws.rules->n_errors : 0);
}

static void add_kinds(const struct kf_ruleset *r, struct kf_buf *b)
{
    bool first = true;
    for (enum kf_kind k = 1; k < KF_KIND_COUNT; k++) {
        uint32_t n;
        kf_rules_kind(r, k, &n);
        if (!n || k == KF_KIND_IDENTIFIERS || k == KF_KIND_IGNORE_VALUES || k == KF_KIND_LIMITS)
            continue;
        kf_buf_addf(b, "%s%u %s", first ? "" : ", ", n, kf_kind_name(k));
        first = false;
    }
}

static void say_text(const struct checked *c, struct kf_buf *b)
{
    const struct kf_config *config = c->ws.config;
    if (config) {
        kf_buf_addf(b, "%s: ", config->file);
        kf_count_add(b, config->n_source, "source", NULL);
        kf_buf_adds(b, ", ");
        kf_count_add(b, config->n_destination, "destination", NULL);
        kf_buf_adds(b, ", ");
        kf_count_add(b, config->n_list, "list", NULL);
        kf_buf_addf(b, "; %u of %u connectors ready\n", c->connectors,
                    config->n_source + config->n_destination);
    }
    if (c->ws.rules) {
        uint32_t n_files;
        kf_rules_files(c->ws.rules, &n_files);
        kf_count_add(b, c->ws.rules->n, "rule", NULL);
        kf_buf_adds(b, " in ");
        kf_count_add(b, n_files, "file", NULL);
        kf_buf_adds(b, ": ");
        add_kinds(c->ws.rules, b);
        kf_buf_adds(b, "\n");
    }
    if (errors(c)) {
        kf_count_add(b, errors(c), "error", NULL);
        if (c->warnings) {
            kf_buf_adds(b, ", ");
            kf_count_add(b, c->warnings, "warning", NULL);
        }
        kf_buf_addc(b, '\n');
    } else {
        kf_style_add(b, c->cli->colour, KF_GREEN, "ready to run");
        if (c->warnings) {
            kf_buf_adds(b, ", ");
            kf_count_add(b, c->warnings, "warning", NULL);
        }
        kf_buf_addc(b, '\n');
    }
}

static void json_problem(struct kf_json *j, const char *severity, const char *code,
                         const char *file, uint32_t line, uint32_t column, const char *message,
                         const char *help)
{
    kf_json_open(j, NULL, '{');
    kf_json_text(j, "severity", severity);
    kf_json_text(j, "code", code);
    kf_json_text(j, "file", file && *file ? file : NULL);
    kf_json_count(j, "line", line);
    kf_json_count(j, "column", column);
    kf_json_text(j, "message", message);
    kf_json_text(j, "help", help);
    kf_json_close(j, '}');
}

static void say_json(const struct checked *c, struct kf_buf *b)
{
    static const char *const severity[] = {"error", "warning", "note"};
    struct kf_json j;
    kf_json_start(&j, b, "kinfold.check/1");
    kf_json_bool(&j, "ok", errors(c) == 0);
    kf_json_count(&j, "errors", errors(c));
    kf_json_count(&j, "warnings", c->warnings);
    kf_json_count(&j, "connectors", c->connectors);
    kf_json_count(&j, "rules", c->ws.rules ? c->ws.rules->n : 0);
    kf_json_text(&j, "rules_digest", c->ws.rules ? c->ws.rules->digest : NULL);
    kf_json_open(&j, "diagnostics", '[');
    for (size_t i = 0; i < c->problem.n; i++) {
        const struct kf_error *e = &c->problem.p[i];
        json_problem(&j, "error", NULL, e->file, e->line, e->column, e->message, NULL);
    }
    for (uint32_t i = 0; c->ws.rules && i < c->ws.rules->n_diagnostic; i++) {
        const struct kf_diagnostic *d = &c->ws.rules->diagnostic[i];
        json_problem(&j, severity[d->severity], d->code, d->pos.file, d->pos.line, d->pos.column,
                     d->message, d->help);
    }
    kf_json_close(&j, ']');
    kf_json_end(&j);
}

static int run(struct kf_cli *cli)
{
    struct checked c = {.cli = cli,
                        .ws = {.threads = cli->threads, .report = on_problem, .report_ctx = &c}};
    struct kf_error e = KF_ERROR_INIT;
    if (kf_workspace_open(&c.ws, cli->dir, cli->plugin_dir, cli->n_plugin_dir, &e)) {
        add_unless_reported(&c, 0, &e);
    } else {
        check_connectors(&c);
        check_rules(&c);
    }
    struct kf_buf b = {0};
    if (cli->json)
        say_json(&c, &b);
    else if (!cli->quiet)
        say_text(&c, &b);
    kf_out_flush(&b);
    int status = 0;
    if (errors(&c))
        status = kf_error_exit(c.problem.n  ? c.problem.p[0].code
                               : c.ws.rules ? kf_session_rules_code(c.ws.rules)
                                            : KF_E_CONFIG);
    else if (c.warnings && kf_cli_has(cli, "strict"))
        status = 1;
    kf_vec_free(&c.problem);
    kf_workspace_close(&c.ws);
    return status;
}

static const char *const EXAMPLES[] = {
    "kinfold check", "look at kinfold.yaml, the connectors and the rules",
    "kinfold check --json | jq .diagnostics", "for an editor or a build", NULL};
static const struct kf_cli_exit EXITS[] = {{1, "there are warnings and --strict was given"},
                                           {78, "something does not load"},
                                           {124, "a rule file broke a limit"},
                                           {-1, NULL}};

const struct kf_cli_command kf_cmd_check = {
    .name = "check",
    .purpose = "look for mistakes in configuration, connectors and rules",
    .about =
        "Reports every mistake at its place, with a suggestion where one is near. Reads no data.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
