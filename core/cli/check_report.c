#include "cli/check_report.h"

#include <stdio.h>
#include <stdlib.h>

#include "lua/codes.h"

static const char *const SEVERITIES[] = {"error", "warning", "note"};

/* ---- text ---- */

static void add_kinds(const struct kf_ruleset *r, struct kf_buf *b)
{
    bool first = true;
    for (enum kf_kind k = 1; k < KF_KIND_COUNT; k++) {
        uint32_t n;
        kf_rules_kind(r, k, &n);
        if (!n || k == KF_KIND_IDENTIFIERS || k == KF_KIND_IGNORE_VALUES || k == KF_KIND_LIMITS)
            continue;
        kf_buf_addf(b, "%s%u %s", first ? ": " : ", ", n, kf_kind_name(k));
        first = false;
    }
}

static void add_some(struct kf_buf *b, bool *first, uint32_t n, const char *one)
{
    if (!n)
        return;
    kf_buf_adds(b, *first ? "" : ", ");
    kf_count_add(b, n, one, NULL);
    *first = false;
}

static void add_verdict(const struct kf_check_found *f, struct kf_buf *b)
{
    bool first = true, fails = f->errors || (f->strict && f->warnings);
    if (!fails) {
        kf_style_add(b, f->cli->colour, KF_GREEN, "ready to run");
        first = false;
    }
    add_some(b, &first, f->errors, "error");
    add_some(b, &first, f->warnings, "warning");
    add_some(b, &first, f->notes, "note");
    if (!f->errors && fails)
        kf_buf_adds(b, " (--strict: warnings fail)");
    kf_buf_addc(b, '\n');
}

static void add_data(const struct kf_check_found *f, struct kf_buf *b)
{
    if (!f->rules)
        return;
    if (f->data) {
        kf_buf_adds(b, "names compared with ");
        kf_count_add(b, f->events, "event", NULL);
        kf_buf_adds(b, " of the last run\n");
    } else if (f->no_data) {
        kf_buf_addf(b, "names not compared with data: %s\n", f->no_data);
    }
}

void kf_check_text(const struct kf_check_found *f, struct kf_buf *diagnostics, struct kf_buf *b)
{
    const struct kf_config *config = f->config;
    for (size_t i = 0; i < f->problem.n; i++)
        kf_diagnostic_print(&f->problem.p[i].d, f->cli->colour_err, diagnostics);
    if (config) {
        kf_buf_addf(b, "%s: ", config->file);
        kf_count_add(b, config->n_source, "source", NULL);
        kf_buf_adds(b, ", ");
        kf_count_add(b, config->n_destination, "destination", NULL);
        kf_buf_adds(b, ", ");
        kf_count_add(b, config->n_list, "list", NULL);
        kf_buf_addf(b, "; %u of %u connectors ready\n", f->connectors,
                    config->n_source + config->n_destination);
    }
    if (f->rules) {
        uint32_t n_files;
        struct kf_buf line = {0};
        kf_rules_files(f->rules, &n_files);
        kf_count_add(&line, f->rules->n, "rule", NULL);
        kf_buf_adds(&line, " in ");
        kf_count_add(&line, n_files, "file", NULL);
        add_kinds(f->rules, &line);
        kf_wrap_add(b, line.p, 2, 0, true);
        kf_buf_addc(b, '\n');
        kf_buf_free(&line);
    }
    add_data(f, b);
    add_verdict(f, b);
    if (f->problem.n)
        kf_buf_addf(b, "%s check --explain %s says what a code means\n", f->cli->program,
                    f->problem.p[0].d.code);
}

/* ---- plain ---- */

/* One problem a line; what would break the line is a blank. */
static void add_one_line(struct kf_buf *b, const char *text)
{
    for (; *text; text++)
        kf_buf_addc(b, (unsigned char)*text < ' ' ? ' ' : *text);
}

void kf_check_plain(const struct kf_check_found *f, struct kf_buf *out)
{
    for (size_t i = 0; i < f->problem.n; i++) {
        const struct kf_check_problem *p = &f->problem.p[i];
        add_one_line(out, p->path);
        kf_buf_addf(out, ":%u:%u: %s: %s: ", p->d.pos.line, p->d.pos.column,
                    SEVERITIES[p->d.severity], p->d.code);
        add_one_line(out, p->d.message);
        kf_buf_addc(out, '\n');
    }
}

/* ---- JSON ---- */

void kf_check_json(const struct kf_check_found *f, struct kf_buf *out)
{
    struct kf_json j;
    kf_json_start(&j, out, "kinfold.check/1");
    kf_json_bool(&j, "ok", f->errors == 0);
    kf_json_count(&j, "errors", f->errors);
    kf_json_count(&j, "warnings", f->warnings);
    kf_json_count(&j, "notes", f->notes);
    kf_json_count(&j, "connectors", f->connectors);
    kf_json_count(&j, "rules", f->rules ? f->rules->n : 0);
    kf_json_text(&j, "rules_digest", f->rules ? f->rules->digest : NULL);
    kf_json_bool(&j, "compared_with_data", f->data);
    kf_json_text(&j, "not_compared", f->data ? NULL : f->no_data);
    kf_json_open(&j, "diagnostics", '[');
    for (size_t i = 0; i < f->problem.n; i++) {
        const struct kf_diagnostic *d = &f->problem.p[i].d;
        kf_json_open(&j, NULL, '{');
        kf_json_text(&j, "severity", SEVERITIES[d->severity]);
        kf_json_text(&j, "code", d->code);
        kf_json_text(&j, "file", d->pos.file && *d->pos.file ? d->pos.file : NULL);
        kf_json_count(&j, "line", d->pos.line);
        kf_json_count(&j, "column", d->pos.column);
        kf_json_text(&j, "message", d->message);
        kf_json_text(&j, "help", d->help);
        kf_json_text(&j, "source", d->source);
        kf_json_close(&j, '}');
    }
    kf_json_close(&j, ']');
    kf_json_end(&j);
}

/* ---- SARIF 2.1.0 ---- */

static void add_uri(struct kf_json *j, const char *path)
{
    struct kf_buf b = {0};
    if (path[0] == '/')
        kf_buf_adds(&b, "file://");
    for (; *path; path++) {
        unsigned char c = (unsigned char)*path;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("-._~/", c);
        if (plain)
            kf_buf_addc(&b, (char)c);
        else
            kf_buf_addf(&b, "%%%02X", c);
    }
    kf_json_str(j, "uri", kf_str(b.p ? b.p : "", b.n));
    kf_buf_free(&b);
}

/* Columns here count bytes, there characters. */
static uint32_t character_column(const struct kf_diagnostic *d)
{
    uint32_t at = 1;
    for (uint32_t i = 0; d->source && i + 1 < d->pos.column && d->source[i]; i++)
        at += ((unsigned char)d->source[i] & 0xc0) != 0x80;
    return d->source ? at : d->pos.column;
}

static void add_rule(struct kf_json *j, const struct kf_code_info *c)
{
    kf_json_open(j, NULL, '{');
    kf_json_text(j, "id", c->code);
    kf_json_open(j, "shortDescription", '{');
    kf_json_text(j, "text", c->title);
    kf_json_close(j, '}');
    kf_json_open(j, "fullDescription", '{');
    kf_json_text(j, "text", c->cause);
    kf_json_close(j, '}');
    kf_json_open(j, "help", '{');
    kf_json_text(j, "text", c->cure);
    kf_json_close(j, '}');
    kf_json_open(j, "defaultConfiguration", '{');
    kf_json_text(j, "level", SEVERITIES[c->severity]);
    kf_json_close(j, '}');
    kf_json_close(j, '}');
}

static void add_place(struct kf_json *j, const struct kf_check_problem *p)
{
    kf_json_open(j, "locations", '[');
    kf_json_open(j, NULL, '{');
    kf_json_open(j, "physicalLocation", '{');
    kf_json_open(j, "artifactLocation", '{');
    add_uri(j, p->path);
    kf_json_close(j, '}');
    if (p->d.pos.line) {
        kf_json_open(j, "region", '{');
        kf_json_count(j, "startLine", p->d.pos.line);
        if (p->d.pos.column)
            kf_json_count(j, "startColumn", character_column(&p->d));
        if (p->d.source) {
            kf_json_open(j, "snippet", '{');
            kf_json_text(j, "text", p->d.source);
            kf_json_close(j, '}');
        }
        kf_json_close(j, '}');
    }
    kf_json_close(j, '}');
    kf_json_close(j, '}');
    kf_json_close(j, ']');
}

static void add_result(struct kf_json *j, const struct kf_check_problem *p, uint32_t rule)
{
    struct kf_buf text = {0};
    kf_buf_adds(&text, p->d.message);
    if (p->d.help)
        kf_buf_addf(&text, ". %s", p->d.help);
    kf_json_open(j, NULL, '{');
    kf_json_text(j, "ruleId", p->d.code);
    kf_json_count(j, "ruleIndex", rule);
    kf_json_text(j, "level", SEVERITIES[p->d.severity]);
    kf_json_open(j, "message", '{');
    kf_json_str(j, "text", kf_str(text.p, text.n));
    kf_json_close(j, '}');
    if (p->path[0])
        add_place(j, p);
    kf_json_close(j, '}');
    kf_buf_free(&text);
}

static bool is_met(const struct kf_check_found *f, size_t code)
{
    for (size_t i = 0; i < f->problem.n; i++)
        if (strcmp(f->problem.p[i].d.code, kf_codes[code].code) == 0)
            return true;
    return false;
}

void kf_check_sarif(const struct kf_check_found *f, struct kf_buf *out)
{
    struct kf_json j = {.out = out};
    uint32_t number[KF_CODE_COUNT], n = 0;
    kf_json_open(&j, NULL, '{');
    kf_json_text(&j, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    kf_json_text(&j, "version", "2.1.0");
    kf_json_open(&j, "runs", '[');
    kf_json_open(&j, NULL, '{');
    kf_json_open(&j, "tool", '{');
    kf_json_open(&j, "driver", '{');
    kf_json_text(&j, "name", "kinfold");
    kf_json_text(&j, "semanticVersion", KF_VERSION);
    kf_json_open(&j, "rules", '[');
    for (size_t i = 0; i < KF_CODE_COUNT; i++) {
        number[i] = n;
        if (!is_met(f, i))
            continue;
        add_rule(&j, &kf_codes[i]);
        n++;
    }
    kf_json_close(&j, ']');
    kf_json_close(&j, '}');
    kf_json_close(&j, '}');
    kf_json_text(&j, "columnKind", "unicodeCodePoints");
    kf_json_open(&j, "results", '[');
    for (size_t i = 0; i < f->problem.n; i++) {
        const struct kf_code_info *c = kf_code_find(f->problem.p[i].d.code);
        add_result(&j, &f->problem.p[i], number[c - kf_codes]);
    }
    kf_json_close(&j, ']');
    kf_json_close(&j, '}');
    kf_json_close(&j, ']');
    kf_json_end(&j);
}

/* ---- JUnit ---- */

static void add_xml(struct kf_buf *b, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&':
            kf_buf_adds(b, "&amp;");
            break;
        case '<':
            kf_buf_adds(b, "&lt;");
            break;
        case '>':
            kf_buf_adds(b, "&gt;");
            break;
        case '"':
            kf_buf_adds(b, "&quot;");
            break;
        case '\n':
            kf_buf_adds(b, "&#10;");
            break;
        default: /* XML has no other control characters */
            kf_buf_addc(b, (unsigned char)*text < ' ' ? ' ' : *text);
        }
}

static bool fails(const struct kf_check_found *f, const struct kf_check_problem *p)
{
    return p->d.severity == KF_SEV_ERROR || (p->d.severity == KF_SEV_WARNING && f->strict);
}

static void add_case(const struct kf_check_found *f, const struct kf_check_problem *p,
                     struct kf_buf *b)
{
    const char *around = fails(f, p) ? "failure" : "system-out";
    kf_buf_adds(b, "    <testcase classname=\"");
    add_xml(b, p->path);
    kf_buf_addf(b, "\" name=\"%s at %u:%u\">\n      <%s", p->d.code, p->d.pos.line, p->d.pos.column,
                around);
    if (fails(f, p)) {
        kf_buf_addf(b, " type=\"%s\" message=\"", p->d.code);
        add_xml(b, p->d.message);
        kf_buf_addc(b, '"');
    }
    struct kf_buf text = {0};
    kf_diagnostic_print(&p->d, false, &text);
    kf_buf_addc(b, '>');
    add_xml(b, text.p);
    kf_buf_addf(b, "</%s>\n    </testcase>\n", around);
    kf_buf_free(&text);
}

/* A suite a file; a file without a problem is a case that passed. */
static void add_suite(const struct kf_check_found *f, const char *path, struct kf_buf *b)
{
    uint32_t tests = 0, failures = 0;
    for (size_t i = 0; i < f->problem.n; i++)
        if (strcmp(f->problem.p[i].path, path) == 0) {
            tests++;
            failures += fails(f, &f->problem.p[i]);
        }
    kf_buf_adds(b, "  <testsuite name=\"");
    add_xml(b, path);
    kf_buf_addf(b, "\" tests=\"%u\" failures=\"%u\" errors=\"0\">\n", tests ? tests : 1, failures);
    if (!tests) {
        kf_buf_adds(b, "    <testcase classname=\"");
        add_xml(b, path);
        kf_buf_adds(b, "\" name=\"no problems\"/>\n");
    }
    for (size_t i = 0; i < f->problem.n; i++)
        if (strcmp(f->problem.p[i].path, path) == 0)
            add_case(f, &f->problem.p[i], b);
    kf_buf_adds(b, "  </testsuite>\n");
}

void kf_check_junit(const struct kf_check_found *f, struct kf_buf *out)
{
    struct kf_buf suites = {0};
    uint32_t n = 0, failures = 0, clean = 0;
    const struct kf_rules_text *file = f->rules ? kf_rules_files(f->rules, &n) : NULL;
    for (size_t i = 0; i < f->problem.n; i++) {
        bool before = false;
        failures += fails(f, &f->problem.p[i]);
        for (size_t k = 0; k < i && !before; k++)
            before = strcmp(f->problem.p[k].path, f->problem.p[i].path) == 0;
        if (!before)
            add_suite(f, f->problem.p[i].path, &suites);
    }
    for (uint32_t i = 0; i < n; i++) {
        bool met = false;
        for (size_t k = 0; k < f->problem.n && !met; k++)
            met = strcmp(f->problem.p[k].d.pos.file, file[i].name) == 0;
        if (!met)
            add_suite(f, f->path[i], &suites);
        clean += !met;
    }
    kf_buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    kf_buf_addf(out, "<testsuites name=\"kinfold check\" tests=\"%u\" failures=\"%u\">\n",
                (uint32_t)f->problem.n + clean, failures);
    kf_buf_add(out, suites.p ? suites.p : "", suites.n);
    kf_buf_adds(out, "</testsuites>\n");
    kf_buf_free(&suites);
}

/* ---- codes ---- */

static void explain_json(struct kf_json *j, const struct kf_code_info *c)
{
    kf_json_text(j, "code", c->code);
    kf_json_text(j, "severity", SEVERITIES[c->severity]);
    kf_json_text(j, "title", c->title);
    kf_json_text(j, "cause", c->cause);
    kf_json_text(j, "example", c->example);
    kf_json_text(j, "cure", c->cure);
}

static void explain_text(const struct kf_cli *cli, const struct kf_code_info *c, struct kf_buf *b)
{
    kf_style_add(b, cli->colour, KF_BOLD, c->code);
    kf_buf_addf(b, " (%s): %s\n\n", SEVERITIES[c->severity], c->title);
    kf_buf_adds(b, "Why\n  ");
    kf_wrap_add(b, c->cause, 2, 2, false);
    kf_buf_addf(b, "\n\nFor example\n  %s\n\nWhat to do\n  ", c->example);
    kf_wrap_add(b, c->cure, 2, 2, false);
    kf_buf_addc(b, '\n');
    if (c->severity == KF_SEV_ERROR)
        return;
    kf_buf_addf(b,
                "\nWhere it is meant\n  Write -- allow %s behind the line, or as a comment of its "
                "own above it.\n",
                c->code);
}

int kf_check_explain(const struct kf_cli *cli, const char *code, struct kf_buf *out,
                     struct kf_error *err)
{
    bool all = strcmp(code, "all") == 0;
    const struct kf_code_info *c = all ? NULL : kf_code_find(code);
    struct kf_json j;
    if (!c && !all)
        return kf_error_set(err, KF_E_USAGE, "check",
                            "there is no code '%.40s'; --explain all shows each", code);
    if (cli->json) {
        kf_json_start(&j, out, all ? "kinfold.codes/1" : "kinfold.code/1");
        if (all)
            kf_json_open(&j, "codes", '[');
        for (size_t i = 0; all && i < KF_CODE_COUNT; i++) {
            kf_json_open(&j, NULL, '{');
            explain_json(&j, &kf_codes[i]);
            kf_json_close(&j, '}');
        }
        if (all)
            kf_json_close(&j, ']');
        else
            explain_json(&j, c);
        kf_json_end(&j);
        return 0;
    }
    for (size_t i = 0; all && i < KF_CODE_COUNT; i++) {
        kf_buf_adds(out, i ? "\n" : "");
        explain_text(cli, &kf_codes[i], out);
    }
    if (!all)
        explain_text(cli, c, out);
    return 0;
}
