/* Two rule sets compared by what they mean. No data are read. */
#include "cli/edits.h"
#include "cli/rules_of.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const struct kf_cli_option OPTIONS[] = {
    {"exit-code", 0, NULL, "exit with 1 when the rules differ in what they mean", false},
    {"detailed-exit", 0, NULL, "the same with exit 2, as dry-run does", false},
    {0},
};

struct pair {
    struct kf_session s;
    struct kf_rules_of a, b;
    struct kf_compare rules, tests;
    uint32_t count[KF_COMPARE_TEXT + 1];
    const struct kf_rule **touched; /* unchanged ones of b that ask a changed one */
    uint32_t n_touched;
    bool identity; /* a rule that makes identity differs */
};

/* ---- what else it touches ---- */

static bool is_change(const struct pair *p, const char *ask)
{
    for (uint32_t i = 0; i < p->rules.n; i++) {
        const struct kf_compared *c = &p->rules.rule[i];
        const struct kf_rule *r = c->after ? c->after : c->before;
        const char *kind = kf_kind_name(r->kind);
        size_t n = strlen(kind);
        if (c->change != KF_COMPARE_TEXT && strncmp(ask, kind, n) == 0 && ask[n] == ' ' &&
            strcmp(ask + n + 1, r->name) == 0)
            return true;
    }
    return false;
}

static bool is_touched(const struct pair *p, const char *ask)
{
    for (uint32_t i = 0; i < p->n_touched; i++) {
        const char *kind = kf_kind_name(p->touched[i]->kind);
        size_t n = strlen(kind);
        if (strncmp(ask, kind, n) == 0 && ask[n] == ' ' &&
            strcmp(ask + n + 1, p->touched[i]->name) == 0)
            return true;
    }
    return false;
}

static bool changed_itself(const struct pair *p, const struct kf_rule *r)
{
    for (uint32_t i = 0; i < p->rules.n; i++)
        if (p->rules.rule[i].after == r && p->rules.rule[i].change != KF_COMPARE_TEXT)
            return true;
    return false;
}

/* Rules stand in an order in which each comes after those it asks. */
static void find_touched(struct pair *p)
{
    const struct kf_ruleset *s = p->b.rules;
    p->touched = kf_arena_alloc(&p->rules.arena, (s->n + 1u) * sizeof *p->touched);
    for (uint32_t i = 0; i < s->n_order; i++) {
        const struct kf_rule *r = s->order[i];
        bool touched = false;
        for (uint32_t k = 0; k < r->n_ask && !touched; k++)
            touched = is_change(p, r->ask[k]) || is_touched(p, r->ask[k]);
        if (touched && !changed_itself(p, r))
            p->touched[p->n_touched++] = r;
    }
}

static void gather(struct pair *p)
{
    kf_compare_rules(p->a.rules, p->b.rules, &p->rules);
    kf_compare_scenarios(p->a.rules, p->b.rules, &p->tests);
    for (uint32_t i = 0; i < p->rules.n; i++) {
        const struct kf_compared *c = &p->rules.rule[i];
        const struct kf_rule *r = c->after ? c->after : c->before;
        p->count[c->change]++;
        p->identity |= c->change != KF_COMPARE_TEXT && r->kind <= KF_KIND_FLAG;
    }
    p->identity |= p->rules.n_setting != 0;
    find_touched(p);
}

/* ---- sentences ---- */

static void verdict(const struct pair *p, struct kf_buf *b)
{
    uint32_t text = p->count[KF_COMPARE_TEXT];
    if (!kf_compare_any(&p->rules)) {
        kf_buf_adds(b, "The rules mean the same");
        if (text) {
            kf_buf_adds(b, "; ");
            kf_count_add(b, text, "rule has", "rules have");
            kf_buf_adds(b, " other words for people");
        }
        kf_buf_addc(b, '.');
        return;
    }
    kf_compare_count(&p->rules, b);
    kf_buf_adds(b, p->rules.n_meaning ? " in what they mean: " : ": ");
    kf_settings_differ(&p->rules, b);
    uint32_t n = p->rules.n_setting;
    for (enum kf_compare_change c = KF_COMPARE_ADDED; c < KF_COMPARE_TEXT; c++)
        if (p->count[c])
            kf_buf_addf(b, "%s%u %s%s", n++ ? ", " : "", p->count[c],
                        !p->rules.n_setting ? ""
                        : p->count[c] == 1  ? "rule "
                                            : "rules ",
                        kf_compare_word(c));
    kf_buf_addc(b, '.');
}

static void summary(const struct pair *p, struct kf_buf *b)
{
    uint32_t edits = 0;
    for (uint32_t i = 0; i < p->rules.n; i++)
        for (uint32_t k = 0; k < p->rules.rule[i].n_edit; k++)
            edits += !p->rules.rule[i].edit[k].text;
    kf_buf_adds(b, "Summary: ");
    kf_count_add(b, p->a.rules->n, "rule", NULL);
    kf_buf_addf(b, " before, %u after, ", p->b.rules->n);
    kf_count_add(b, edits, "edit", NULL);
    kf_buf_addf(b, ", digest %.12s -> %.12s.", p->a.rules->digest, p->b.rules->digest);
    if (kf_compare_any(&p->rules))
        kf_buf_addf(b, " '%s dry-run' says whom it touches.", p->s.cli->program);
}

/* ---- text ---- */

static struct kf_settings_shown settings_of(const struct pair *p)
{
    return (struct kf_settings_shown){p->a.rules, p->b.rules, p->s.reveal, p->s.cli->colour};
}

static void settings_text(const struct pair *p, struct kf_buf *b)
{
    struct kf_settings_shown w = settings_of(p);
    if (!p->rules.n_setting)
        return;
    kf_buf_addc(b, '\n');
    kf_style_add(b, w.colour, KF_BOLD, "Settings of kinfold.yaml");
    kf_buf_addc(b, '\n');
    kf_settings_text(&p->rules, &w, b);
}

static struct kf_compare only(const struct kf_compare *all, bool text, struct kf_compared *room)
{
    struct kf_compare c = {.rule = room};
    for (uint32_t i = 0; i < all->n; i++)
        if ((all->rule[i].change == KF_COMPARE_TEXT) == text)
            room[c.n++] = all->rule[i];
    return c;
}

static void section(const char *title, const struct kf_compare *c, bool colour, struct kf_buf *b)
{
    if (!c->n)
        return;
    kf_buf_addc(b, '\n');
    kf_style_add(b, colour, KF_BOLD, title);
    kf_buf_addc(b, '\n');
    kf_edits_text(c, colour, b);
}

static void touched_text(const struct pair *p, struct kf_buf *b)
{
    struct kf_buf list = {0};
    if (!p->n_touched && !p->identity)
        return;
    kf_buf_addc(b, '\n');
    kf_style_add(b, p->s.cli->colour, KF_BOLD, "Touches");
    kf_buf_addc(b, '\n');
    if (p->identity)
        kf_buf_adds(b, "  identity: people may merge or split, and every rule may see others\n");
    for (uint32_t i = 0; i < p->n_touched; i++)
        kf_buf_addf(&list, "%s%s%s%s", i ? ", " : "", kf_kind_name(p->touched[i]->kind),
                    *p->touched[i]->name ? " " : "", p->touched[i]->name);
    if (list.n) {
        kf_buf_adds(b, "  asked by ");
        kf_wrap_add(b, list.p, 11, 11, true);
        kf_buf_addc(b, '\n');
    }
    kf_buf_free(&list);
}

/* Scenarios only by name: what they expect is a test's business. */
static void tests_text(const struct pair *p, struct kf_buf *b)
{
    if (!p->tests.n)
        return;
    kf_buf_addc(b, '\n');
    kf_style_add(b, p->s.cli->colour, KF_BOLD, "Tests");
    kf_buf_addc(b, '\n');
    for (uint32_t i = 0; i < p->tests.n; i++) {
        const struct kf_compared *c = &p->tests.rule[i];
        struct kf_buf place = {0};
        kf_edit_place(c, NULL, &place);
        kf_buf_addf(b, "  %-7s  ", kf_compare_word(c->change));
        kf_compared_name(c, b);
        kf_buf_adds(b, "  ");
        kf_style_add(b, p->s.cli->colour, KF_DIM, place.p);
        kf_buf_addc(b, '\n');
        kf_buf_free(&place);
    }
}

static void say_text(const struct pair *p, struct kf_buf *b)
{
    bool colour = p->s.cli->colour;
    struct kf_buf line = {0};
    struct kf_compared *room = calloc(p->rules.n + 1u, sizeof *room);
    if (!room)
        kf_arena_exhausted((p->rules.n + 1u) * sizeof *room);
    verdict(p, &line);
    kf_style_add(b, colour, KF_BOLD, line.p);
    kf_buf_addf(b, "\nThe rules of %s, compared with those of %s.\n", p->b.label, p->a.label);
    settings_text(p, b);
    struct kf_compare c = only(&p->rules, false, room);
    section("Rules", &c, colour, b);
    c = only(&p->rules, true, room);
    section("Only words for people", &c, colour, b);
    touched_text(p, b);
    tests_text(p, b);
    kf_buf_addc(b, '\n');
    summary(p, b);
    kf_buf_addc(b, '\n');
    kf_buf_free(&line);
    free(room);
}

/* ---- JSON ---- */

static void touched_json(const struct pair *p, struct kf_json *j)
{
    kf_json_open(j, "touches", '[');
    for (uint32_t i = 0; i < p->n_touched; i++) {
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "kind", kf_kind_name(p->touched[i]->kind));
        kf_json_text(j, "name", p->touched[i]->name);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void say_json(const struct pair *p, struct kf_buf *out)
{
    struct kf_json j;
    struct kf_buf b = {0};
    kf_json_start(&j, out, "kinfold.diff/1");
    verdict(p, &b);
    kf_json_text(&j, "verdict", b.p);
    kf_buf_clear(&b);
    kf_json_bool(&j, "same_meaning", !kf_compare_any(&p->rules));
    kf_json_bool(&j, "text_only", !kf_compare_any(&p->rules) && p->count[KF_COMPARE_TEXT]);
    kf_json_bool(&j, "identity_differs", p->identity);
    kf_json_text(&j, "before", p->a.label);
    kf_json_text(&j, "after", p->b.label);
    kf_json_text(&j, "rules_before", p->a.rules->digest);
    kf_json_text(&j, "rules_after", p->b.rules->digest);
    for (enum kf_compare_change c = KF_COMPARE_ADDED; c <= KF_COMPARE_TEXT; c++)
        kf_json_count(&j, kf_compare_word(c), p->count[c]);
    struct kf_settings_shown w = settings_of(p);
    kf_settings_json(&j, "settings", &p->rules, &w);
    kf_edits_json(&j, "rules", &p->rules);
    touched_json(p, &j);
    kf_edits_json(&j, "tests", &p->tests);
    summary(p, &b);
    kf_json_text(&j, "summary", b.p);
    kf_json_end(&j);
    kf_buf_free(&b);
}

/* ---- the command ---- */

/* A workspace is wanted for runs, revisions and the zone, but two folders of rules do without. */
static int open_session(struct pair *p, const struct kf_cli *cli, struct kf_error *err)
{
    struct kf_buf yaml = {0};
    struct stat st;
    kf_buf_addf(&yaml, "%s/kinfold.yaml", cli->dir);
    bool workspace = stat(yaml.p, &st) == 0;
    kf_buf_free(&yaml);
    p->s = (struct kf_session){.cli = cli};
    if (!workspace && cli->n_operand < 2)
        return kf_error_set(err, KF_E_NOINPUT, "diff",
                            "there is no kinfold.yaml in %s: name two rule sets", cli->dir);
    return workspace ? kf_session_open(&p->s, cli, err) : 0;
}

static int run(struct kf_cli *cli)
{
    struct kf_error err = KF_ERROR_INIT;
    struct pair p = {0};
    struct kf_buf b = {0};
    int status, rc = open_session(&p, cli, &err);
    const char *a = cli->n_operand ? cli->operand[0] : "run",
               *after = cli->n_operand > 1 ? cli->operand[1] : ".";
    if (rc == 0)
        rc = kf_rules_of_open(&p.s, a, true, &p.a, &err);
    if (rc == 0)
        rc = kf_rules_of_open(&p.s, after, true, &p.b, &err);
    if (rc) {
        status = kf_session_fail(&p.s, &err);
    } else {
        gather(&p);
        if (cli->json)
            say_json(&p, &b);
        else if (!cli->quiet)
            say_text(&p, &b);
        kf_out_flush(&b);
        status = !kf_compare_any(&p.rules)          ? 0
                 : kf_cli_has(cli, "exit-code")     ? 1
                 : kf_cli_has(cli, "detailed-exit") ? 2
                                                    : 0;
    }
    kf_compare_free(&p.rules);
    kf_compare_free(&p.tests);
    kf_rules_of_close(&p.a);
    kf_rules_of_close(&p.b);
    kf_session_close(&p.s);
    return status;
}

static const char *const EXAMPLES[] = {"kinfold diff",
                                       "what the working tree means otherwise than the last run",
                                       "kinfold diff published",
                                       "than what is approved and in force",
                                       "kinfold diff main",
                                       "than the rules on the branch main",
                                       "kinfold diff HEAD~1 HEAD --exit-code",
                                       "did the last commit change what the rules mean?",
                                       "kinfold diff ../shop/rules rules",
                                       "two folders of rule files",
                                       NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "the rules differ in what they mean (only with --exit-code)"},
    {2, "the same (only with --detailed-exit)"},
    {66, "there is no such folder, file, run or revision, or nothing is published"},
    {77, "the published rules or the approval log were changed by hand"},
    {78, "kinfold.yaml or a rule of one side does not load"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_diff = {
    .name = "diff",
    .operands = "[BEFORE [AFTER]]",
    .max_operands = 2,
    .purpose = "say how two rule sets differ in what they mean",
    .about = "Each side is a folder of a workspace or of rule files, one file, 'run' (the rules of "
             "the last run), 'published' (those in force) or a revision of git. Without AFTER it "
             "is the working tree, without BEFORE the last run. Layout, comments, names of files "
             "and the order inside all and any are no difference; what kinfold.yaml itself decides "
             "(lists, time zone, currency, rates) is one. Every edit is said with its path, as a "
             "sentence before and after, and with its place. Reads no data.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
