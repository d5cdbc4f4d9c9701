/* The rule catalogue, written from the rules: for readers who never see a rule file. */
#include "cli/docs.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const struct kf_cli_option OPTIONS[] = {
    {"out", 'o', "DIR|FILE", "where the catalogue goes: a folder, or one file of Markdown", false},
    {"format", 0, "FORM", "html (a site, the default for a folder) or markdown", false},
    {"check", 0, NULL, "write nothing; exit 1 and name what is stale", false},
    {"figures", 0, NULL, "members, sign-offs and changes, too (the default of html)", false},
    {"no-figures", 0, NULL, "only what the rules say (the default of markdown)", false},
    {"uses", 0, "NAME", "only: which rules use a field, event, identifier or purpose", false},
    {0},
};

struct docs {
    struct kf_session s;
    struct kf_docs d;
    struct kf_buf out;
    const char *to; /* --out, NULL: stdout */
    bool html, figures, check, folder;
};

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text), k = strlen(end);
    return n >= k && strcasecmp(text + n - k, end) == 0;
}

static int read_options(struct docs *c, struct kf_error *err)
{
    const struct kf_cli *cli = c->s.cli;
    const char *form = kf_cli_get(cli, "format");
    c->to = kf_cli_get(cli, "out");
    c->check = kf_cli_has(cli, "check");
    if (form && strcmp(form, "html") != 0 && strcmp(form, "markdown") != 0)
        return kf_error_set(err, KF_E_USAGE, "docs", "--format is html or markdown, not '%s'",
                            form);
    bool file = c->to && (ends_in(c->to, ".md") || ends_in(c->to, ".markdown"));
    c->html = form ? strcmp(form, "html") == 0 : c->to && !file;
    c->folder = c->to && !file;
    if (c->check && !c->to)
        return kf_error_set(err, KF_E_USAGE, "docs",
                            "--check holds a catalogue against the rules: name it with --out");
    if (c->html && (!c->to || file || ends_in(c->to, ".html")))
        return kf_error_set(err, KF_E_USAGE, "docs",
                            "the site is a folder of pages: name one with --out DIR");
    if (kf_cli_has(cli, "figures") && kf_cli_has(cli, "no-figures"))
        return kf_error_set(err, KF_E_USAGE, "docs", "--figures and --no-figures: which?");
    if (cli->n_operand && (c->to || kf_cli_has(cli, "uses")))
        return kf_error_set(err, KF_E_USAGE, "docs",
                            "one rule is shown, not written: leave --out and --uses away");
    c->figures = kf_cli_has(cli, "figures") ||
                 ((c->html || cli->n_operand) && !kf_cli_has(cli, "no-figures"));
    return 0;
}

/* ---- one rule, one name ---- */

static bool is_named(const struct kf_rule *r, const char *word)
{
    const char *kind = kf_kind_name(r->kind);
    size_t n = strlen(kind);
    return strcmp(r->name, word) == 0 ||
           (strncmp(word, kind, n) == 0 && (word[n] == '/' || word[n] == ':' || word[n] == ' ') &&
            strcmp(word + n + 1, r->name) == 0);
}

static int show_rule(struct docs *c, struct kf_error *err)
{
    const char *word = c->s.cli->operand[0], *names[4096];
    size_t n = 0;
    for (uint32_t i = 0; i < c->d.rules->n; i++) {
        const struct kf_rule *r = c->d.rules->rule[i];
        if (kf_docs_has_page(r) && is_named(r, word))
            kf_docs_markdown_rule(&c->d, &c->d.entry[i], &c->out);
        if (kf_docs_has_page(r) && n < 4096)
            names[n++] = r->name;
    }
    if (c->out.n)
        return 0;
    const char *near = kf_str_suggest(word, names, n);
    return kf_error_set(err, KF_E_NOINPUT, "docs", "no rule is called '%s'%s%s%s", word,
                        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static void rule_line(struct docs *c, uint32_t number, const char *how, struct kf_table *t)
{
    const struct kf_docs_entry *e = &c->d.entry[number];
    kf_table_cellf(t, "%s %s", kf_kind_name(e->rule->kind), e->rule->name);
    kf_table_cell(t, how);
    kf_table_cell(t, e->title);
    kf_table_end_row(t);
}

static void json_row(struct docs *c, const struct kf_docs_row *r, struct kf_json *j)
{
    for (uint32_t i = 0; i < r->n_rule; i++) {
        const struct kf_rule *rule = c->d.rules->rule[r->rule[i]];
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "what", kf_docs_data_name(r->what));
        kf_json_text(j, "name", r->name);
        kf_json_text(j, "kind", kf_kind_name(rule->kind));
        kf_json_text(j, "rule", rule->name);
        kf_json_bool(j, "directly", i < r->n_own);
        kf_json_close(j, '}');
    }
}

/* "email" also finds traits.email. */
static bool fits(const char *name, const char *word)
{
    const char *dot = strrchr(name, '.');
    return strcasecmp(name, word) == 0 || (dot && strcasecmp(dot + 1, word) == 0);
}

static int show_uses(struct docs *c, struct kf_error *err)
{
    const char *word = kf_cli_get(c->s.cli, "uses");
    const char **names = kf_arena_alloc(&c->d.arena, (c->d.n_row + 1u) * sizeof *names);
    uint32_t found = 0;
    struct kf_json j;
    if (c->s.cli->json) {
        kf_json_start(&j, &c->out, "kinfold.docs-uses/1");
        kf_json_open(&j, "rules", '[');
    }
    for (uint32_t i = 0; i < c->d.n_row; i++) {
        const struct kf_docs_row *r = &c->d.row[i];
        struct kf_table t = {0};
        names[i] = r->name;
        if (!fits(r->name, word))
            continue;
        found++;
        if (c->s.cli->json) {
            json_row(c, r, &j);
            continue;
        }
        kf_buf_addf(&c->out, "%s%s %s%s%s%s\n", found > 1 ? "\n" : "", kf_docs_data_name(r->what),
                    r->name, r->personal ? " (personal data: " : "", r->personal ? r->personal : "",
                    r->personal ? ")" : "");
        kf_table_start(&t, "lll");
        for (uint32_t k = 0; k < r->n_rule; k++)
            rule_line(c, r->rule[k], k < r->n_own ? "itself" : "through another", &t);
        kf_table_print(&t, 2, c->s.cli->colour, &c->out);
    }
    if (c->s.cli->json) {
        kf_json_close(&j, ']');
        kf_json_end(&j);
        return 0;
    }
    if (found)
        return 0;
    const char *near = kf_str_suggest(word, names, c->d.n_row);
    return kf_error_set(err, KF_E_NOINPUT, "docs", "no rule uses '%s'%s%s%s", word,
                        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* ---- writing ---- */

static void paths(struct kf_json *j, const char *key, const char *const *path, uint32_t n)
{
    kf_json_open(j, key, '[');
    for (uint32_t i = 0; i < n; i++)
        kf_json_text(j, NULL, path[i]);
    kf_json_close(j, ']');
}

static int report(struct docs *c, const struct kf_docs_changes *g)
{
    struct kf_buf *b = &c->out;
    bool stale = g->n_written || g->n_removed;
    if (c->s.cli->json) {
        struct kf_json j;
        kf_json_start(&j, b, "kinfold.docs-written/1");
        kf_json_text(&j, "out", c->to);
        kf_json_text(&j, "format", c->html ? "html" : "markdown");
        kf_json_bool(&j, "check", c->check);
        kf_json_bool(&j, "stale", c->check && stale);
        kf_json_count(&j, "unchanged", g->n_same);
        paths(&j, "written", g->written, g->n_written);
        paths(&j, "removed", g->removed, g->n_removed);
        kf_json_end(&j);
        return c->check && stale;
    }
    if (c->check) {
        for (uint32_t i = 0; i < g->n_written; i++)
            kf_buf_addf(b, "stale  %s\n", g->written[i]);
        for (uint32_t i = 0; i < g->n_removed; i++)
            kf_buf_addf(b, "left   %s (no rule makes it any more)\n", g->removed[i]);
        if (stale)
            kf_buf_addf(b, "%s is stale: write it again with the same command without --check\n",
                        c->to);
        else
            kf_buf_addf(b, "%s says what the rules say\n", c->to);
        return stale;
    }
    kf_buf_addf(b, "%s: ", c->to);
    kf_count_add(b, g->n_written + g->n_same, c->html ? "page" : "file", NULL);
    kf_buf_addf(b, ", %u written, %u as they were, %u removed\n", g->n_written, g->n_same,
                g->n_removed);
    if (c->html)
        kf_buf_addf(b, "Open %s/index.html in a browser.\n", c->to);
    return 0;
}

static int write_catalogue(struct docs *c, struct kf_error *err)
{
    struct kf_docs_files f = {0};
    struct kf_docs_changes g = {0};
    struct kf_buf one = {0};
    int rc;
    if (!c->folder) {
        kf_docs_markdown_whole(&c->d, &one);
        rc = kf_docs_bring_one(&c->d, &one, c->to, c->check, &g, err);
        kf_buf_free(&one);
        return rc ? rc : report(c, &g);
    }
    if (c->html)
        kf_docs_site(&c->d, &f);
    else
        kf_docs_markdown(&c->d, &f);
    rc = kf_docs_bring(&c->d, &f, c->to, c->check, &g, err);
    kf_docs_files_free(&f);
    return rc ? rc : report(c, &g);
}

/* With their scenarios, which kf_session_rules leaves out. */
static int load_rules(struct kf_session *s, struct kf_error *err)
{
    int rc = kf_workspace_load_rules(&s->ws, true, err);
    if (rc || !s->ws.rules->n_errors)
        return rc;
    kf_session_say_rules(s->ws.rules, s->cli->colour_err);
    return kf_error_set(err, kf_session_rules_code(s->ws.rules), "docs",
                        "%u error%s in the rules; nothing was written", s->ws.rules->n_errors,
                        s->ws.rules->n_errors == 1 ? "" : "s");
}

static int work(struct docs *c, struct kf_error *err)
{
    const struct kf_cli *cli = c->s.cli;
    int rc = read_options(c, err);
    if (rc == 0)
        rc = kf_session_open(&c->s, cli, err);
    if (rc == 0)
        rc = load_rules(&c->s, err);
    if (rc == 0)
        rc = kf_docs_gather(&c->s, c->figures, &c->d, err);
    if (rc)
        return rc;
    if (cli->n_operand)
        return show_rule(c, err);
    if (kf_cli_has(cli, "uses"))
        return show_uses(c, err);
    if (c->to)
        return write_catalogue(c, err);
    if (cli->json)
        kf_docs_json(&c->d, &c->out);
    else
        kf_docs_markdown_whole(&c->d, &c->out);
    return 0;
}

static int run(struct kf_cli *cli)
{
    struct docs c = {.s = {.cli = cli}};
    struct kf_error err = KF_ERROR_INIT;
    int rc = work(&c, &err);
    int status = rc < 0 ? kf_session_fail(&c.s, &err) : rc;
    if (rc >= 0 && (!cli->quiet || cli->json))
        kf_out_flush(&c.out);
    kf_buf_free(&c.out);
    kf_docs_free(&c.d);
    kf_session_close(&c.s);
    return status;
}

static const char *const EXAMPLES[] = {
    "kinfold docs --out site",
    "a site for readers of reports: every rule, its figures, who answers for it",
    "kinfold docs --format markdown --out docs",
    "the catalogue for the repository: only what the rules say",
    "kinfold docs --format markdown --out docs --check",
    "in CI: does the committed catalogue say what the rules say?",
    "kinfold docs vip_at_risk",
    "one rule",
    "kinfold docs --uses email",
    "which rules use the address, themselves or through others?",
    NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "--check: the catalogue is stale"},
    {66, "no rule is called so, or uses it"},
    {73, "a file that is not from here would be overwritten"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_docs = {
    .name = "docs",
    .operands = "[RULE]",
    .max_operands = 1,
    .purpose = "write the rule catalogue from the rules",
    .about = "Every rule as a sentence: owner, reason, data it uses and their personal categories, "
             "purpose, who uses it, tests; indexes by data, purpose and owner; the identity policy "
             "as a page. A site also says members, sign-offs and changes where there was a run. "
             "Markdown says only what rules and kinfold.yaml say, so that a committed catalogue "
             "is stale only when a rule changed.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
