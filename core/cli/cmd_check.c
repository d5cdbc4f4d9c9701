/* Everything that can be wrong before a run, in one go: kinfold.yaml, connectors and their options,
 * rules, and names that the data has never shown. */
#include "cli/check_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lua/advise.h"
#include "lua/codes.h"
#include "store/seen.h"

static const struct kf_cli_option OPTIONS[] = {
    {"strict", 0, NULL, "warnings are errors (exit 1)", false},
    {"format", 0, "FORMAT",
     "text, plain (file:line:column: severity: code: message), json, sarif or junit", false},
    {"explain", 0, "CODE", "what a code means, with cause, example and cure; or all", false},
    {0},
};

/* Counting a field walks the log: not beyond so many events, which take a tenth of a second. */
#define COUNTED_EVENTS 100000u

struct checking {
    struct kf_check_found found;
    struct kf_workspace ws;
    enum kf_rule_code code; /* of what is reported now: of kinfold.yaml or of connectors */
    int first;              /* code of the first problem that was no diagnostic of rules */
    struct kf_store *store;
    struct kf_events *events; /* loaded where a field is counted */
    bool events_failed;
};

/* ---- problems ---- */

/* A line of a file that a person wrote; NULL: it cannot be had. */
static const char *line_of_file(struct kf_arena *a, const char *path, uint32_t line)
{
    char text[1024];
    FILE *f = path && *path && line ? fopen(path, "rbe") : NULL;
    const char *found = NULL;
    for (uint32_t at = 1; f && fgets(text, sizeof text, f);) {
        size_t n = strcspn(text, "\r\n");
        if (at == line && text[n]) {
            found = kf_arena_strndup(a, text, n);
            break;
        }
        at += text[n] != '\0';
    }
    if (f)
        fclose(f);
    return found && kf_utf8_valid(kf_cstr(found)) ? found : NULL;
}

static void add_problem(struct kf_check_found *f, const struct kf_diagnostic *d, const char *path)
{
    struct kf_check_problem p = {*d, path};
    *kf_vec_push(&f->problem) = p;
    f->errors += d->severity == KF_SEV_ERROR;
    f->warnings += d->severity == KF_SEV_WARNING;
    f->notes += d->severity == KF_SEV_NOTE;
}

static void on_problem(void *ctx, const struct kf_error *e)
{
    struct checking *c = ctx;
    struct kf_arena *a = &c->found.arena;
    struct kf_diagnostic d = {
        .severity = KF_SEV_ERROR, .code = kf_codes[c->code].code, .help = kf_codes[c->code].cure};
    /* what is wrong with no file's text is wrong with what the configuration says */
    d.pos.file = kf_arena_strdup(a, e->file[0]     ? e->file
                                    : c->ws.config ? c->ws.config->file
                                                   : "kinfold.yaml");
    d.pos.line = e->line;
    d.pos.column = e->column;
    d.message = kf_arena_strdup(a, e->message);
    d.source = line_of_file(a, d.pos.file, e->line);
    c->first = c->first ? c->first : e->code;
    add_problem(&c->found, &d, d.pos.file);
}

/* The callee reports each problem, but an error of its own (a file that is not there) only returns.
 */
static void add_unless_reported(struct checking *c, size_t before, const struct kf_error *e)
{
    for (size_t i = before; i < c->found.problem.n; i++)
        if (strcmp(c->found.problem.p[i].d.message, e->message) == 0)
            return;
    on_problem(c, e);
}

/* ---- connectors ---- */

static void check_connector(struct checking *c, const char *what, const char *name,
                            const char *plugin, const struct kf_yaml *options, uint32_t kind,
                            uint32_t line, uint32_t column)
{
    const struct kf_config *config = c->ws.config;
    const struct kf_plugin_handle *h;
    struct kf_error e = KF_ERROR_INIT;
    struct kf_option_value *v = NULL;
    size_t before = c->found.problem.n;
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
    c->found.connectors++;
}

static void check_connectors(struct checking *c)
{
    c->code = KF_CODE_CONNECTOR;
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

/* ---- data ---- */

/* Does a list of the event have elements with the key, or with the last part of it? */
static bool has_element(const struct kf_events *e, uint32_t event, const char *key)
{
    const uint8_t *at = NULL, *in;
    uint32_t field;
    struct kf_val v, element, part;
    while (kf_body_next(e, event, &at, &field, &v)) {
        in = NULL;
        while (v.type == KF_V_LIST && kf_list_next(e, &v, &in, &element))
            for (const char *dot = strchr(key, '.'); element.type == KF_V_OBJ && dot;
                 dot = strchr(dot + 1, '.')) {
                uint32_t number = kf_symbols_find(e->dict->key, kf_cstr(dot + 1));
                if (number && kf_obj_get(e, &element, number, &part))
                    return true;
            }
    }
    return false;
}

static uint64_t count_key(void *ctx, const char *key)
{
    struct checking *c = ctx;
    struct kf_error e = KF_ERROR_INIT;
    struct kf_val v;
    uint64_t n = 0;
    if (!c->events && !c->events_failed && c->found.events <= COUNTED_EVENTS)
        c->events_failed = kf_store_load_events(c->store, c->ws.threads, &c->events, &e) != 0;
    if (!c->events)
        return UINT64_MAX;
    uint32_t number = kf_symbols_find(c->events->dict->key, kf_cstr(key));
    for (uint32_t i = 0; i < c->events->n; i++)
        n += (number && kf_body_get(c->events, i, number, &v)) || has_element(c->events, i, key);
    return n;
}

/* What the last run has read; NULL: nothing is known, no_data says why. */
static const struct kf_seen *look_at_data(struct checking *c, struct kf_seen *seen)
{
    struct kf_error e = KF_ERROR_INIT;
    struct stat st;
    if (stat(c->ws.config->store, &st) != 0) {
        c->found.no_data = kf_arena_printf(&c->found.arena, "nothing is read before '%s run'",
                                           c->found.cli->program);
        return NULL;
    }
    if (kf_store_open(c->ws.config->store, &c->store, &e) ||
        kf_store_seen(c->store, &c->found.arena, seen, &e)) {
        c->found.no_data = kf_arena_strdup(&c->found.arena, e.message);
        return NULL;
    }
    seen->count_key = count_key;
    seen->count_ctx = c;
    c->found.data = true;
    c->found.events = seen->events;
    return seen;
}

/* ---- rules ---- */

/* A rule file is shown as rules/x.lua from the folder of the workspace; from here it may be opened
 * by another path. */
static const char *path_from_here(struct checking *c, const char *shown)
{
    const struct kf_config *config = c->ws.config;
    char here[4096];
    const char *slash = strchr(shown, '/');
    size_t n = getcwd(here, sizeof here) ? strlen(here) : 0;
    if (!slash || !n)
        return shown;
    const char *full = kf_arena_printf(&c->found.arena, "%s%s", config->rules, slash);
    return strncmp(full, here, n) == 0 && full[n] == '/' ? full + n + 1 : full;
}

static void check_rules(struct checking *c)
{
    struct kf_error e = KF_ERROR_INIT;
    struct kf_seen seen;
    c->code = KF_CODE_UNREADABLE;
    if (kf_workspace_load_rules(&c->ws, true, &e)) {
        on_problem(c, &e);
        return;
    }
    kf_rules_advise(c->ws.rules, look_at_data(c, &seen));
    uint32_t n;
    const struct kf_rules_text *file = kf_rules_files(c->ws.rules, &n);
    c->found.path = kf_arena_alloc(&c->found.arena, (n + 1) * sizeof *c->found.path);
    for (uint32_t i = 0; i < n; i++)
        c->found.path[i] = path_from_here(c, file[i].name);
    for (uint32_t i = 0; i < c->ws.rules->n_diagnostic; i++) {
        const struct kf_diagnostic *d = &c->ws.rules->diagnostic[i];
        add_problem(&c->found, d, path_from_here(c, d->pos.file));
    }
}

/* ---- the command ---- */

static int write_report(struct checking *c, const char *format, struct kf_error *err)
{
    const struct kf_check_found *f = &c->found;
    struct kf_buf out = {0}, diagnostics = {0};
    if (strcmp(format, "json") == 0) {
        kf_check_json(f, &out);
    } else if (strcmp(format, "plain") == 0) {
        kf_check_plain(f, &out);
    } else if (strcmp(format, "sarif") == 0) {
        kf_check_sarif(f, &out);
    } else if (strcmp(format, "junit") == 0) {
        kf_check_junit(f, &out);
    } else if (strcmp(format, "text") == 0) {
        kf_check_text(f, &diagnostics, &out);
        fwrite(diagnostics.p ? diagnostics.p : "", 1, diagnostics.n, stderr);
        if (f->cli->quiet)
            kf_buf_clear(&out);
    } else {
        return kf_error_set(err, KF_E_USAGE, "check",
                            "--format wants text, plain, json, sarif or junit, not '%.40s'",
                            format);
    }
    kf_buf_free(&diagnostics);
    kf_out_flush(&out);
    return 0;
}

static bool is_format(const char *s)
{
    static const char *const formats[] = {"text", "plain", "json", "sarif", "junit"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i], s) == 0)
            return true;
    return false;
}

static void look(struct checking *c)
{
    struct kf_error e = KF_ERROR_INIT;
    struct kf_cli *cli = (struct kf_cli *)(uintptr_t)c->found.cli;
    c->code = KF_CODE_CONFIG;
    if (kf_workspace_open(&c->ws, cli->dir, cli->plugin_dir, cli->n_plugin_dir, &e)) {
        add_unless_reported(c, 0, &e);
        return;
    }
    c->found.config = c->ws.config;
    check_connectors(c);
    check_rules(c);
    c->found.rules = c->ws.rules;
}

static void close_all(struct checking *c)
{
    kf_store_events_free(c->events);
    kf_store_close(c->store);
    kf_vec_free(&c->found.problem);
    kf_workspace_close(&c->ws);
    kf_arena_free(&c->found.arena);
}

static int run(struct kf_cli *cli)
{
    struct checking c = {.found = {.cli = cli, .strict = kf_cli_has(cli, "strict")}};
    struct kf_error e = KF_ERROR_INIT;
    struct kf_buf page = {0};
    const char *format = kf_cli_get(cli, "format"), *code = kf_cli_get(cli, "explain");
    format = format ? format : cli->json ? "json" : "text";
    c.ws = (struct kf_workspace){.threads = cli->threads, .report = on_problem, .report_ctx = &c};
    if (code) {
        int rc = kf_check_explain(cli, code, &page, &e);
        kf_out_flush(&page);
        return rc ? kf_cli_fail(cli, &e) : 0;
    }
    if (!is_format(format)) {
        write_report(&c, format, &e);
        return kf_cli_fail(cli, &e);
    }
    look(&c);
    write_report(&c, format, &e);
    int status = 0;
    if (c.found.errors)
        status = kf_error_exit(c.first      ? c.first
                               : c.ws.rules ? kf_session_rules_code(c.ws.rules)
                                            : KF_E_CONFIG);
    else if (c.found.warnings && c.found.strict)
        status = 1;
    close_all(&c);
    return status;
}

static const char *const EXAMPLES[] = {
    "kinfold check",
    "look at kinfold.yaml, the connectors, the rules, and the names against the data",
    "kinfold check --strict --format junit > check.xml",
    "in a build: warnings fail, too",
    "kinfold check --explain KF0403",
    "what a code means, and what to do",
    NULL};
static const struct kf_cli_exit EXITS[] = {{1, "there are warnings and --strict was given"},
                                           {78, "something does not load"},
                                           {124, "a rule file broke a limit"},
                                           {-1, NULL}};

const struct kf_cli_command kf_cmd_check = {
    .name = "check",
    .purpose = "look for mistakes in configuration, connectors and rules",
    .about =
        "Reports every mistake of all files at its place, with a code, the line and what to do. "
        "Conditions that never or always hold, segments inside others, rules that an earlier one "
        "takes and exports that nothing stops are proved from the rules alone; names are compared "
        "with what the last run has read. Errors fail, warnings fail with --strict, notes never. "
        "The plain form, one problem a line, stays as it is: editors and scripts may rely on it.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
