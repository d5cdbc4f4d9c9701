/* Why is this so: one person, an identifier of nobody, or two people who are not one. */
#include "cli/explain_rule.h"
#include "cli/explain_two.h"
#include "cli/graph.h"

#include <stdio.h>
#include <stdlib.h>

static const struct kf_cli_option OPTIONS[] = {
    {"and", 0, "ID", "how the two are one person, or why they are not", false},
    {"at", 0, "INSTANT", "as it was at this instant or day (default: that of the last run)", false},
    {"as-of", 0, "INSTANT", "the same as --at", false},
    {"candidate", 0, NULL, "by the rules as they are in the files now, not by the last run's",
     false},
    {"graph", 0, "FILE", "draw it into FILE.dot or FILE.svg: kept links solid, refused dotted",
     false},
    {"segment", 0, "NAME", "why they are in it or not; without an ID: how many pass what of it",
     false},
    {"suppression", 0, "NAME", "why they are suppressed by it or not; without an ID: everybody",
     false},
    {"channel", 0, "NAME", "why they can be reached by it or not; without an ID: everybody", false},
    {"export", 0, "NAME", "why it sends them or not; without an ID: everybody", false},
    {"score", 0, "NAME", "where the points come from; without an ID: everybody", false},
    {"fraud", 0, "NAME", "what it says about their events and identifiers", false},
    {"trait", 0, "NAME", "where the value comes from, also of a computed one", false},
    {"attribution", 0, "ORDER",
     "the order (its order_id or event id) and the touches before it, not evaluated yet: without "
     "credit; needs no ID",
     false},
    {0},
};

/* Decisions that can be asked for. */
static const struct decision {
    const char *option;
    enum kf_kind kind, or_kind;
} DECISIONS[] = {
    {"segment", KF_KIND_SEGMENT, KF_KIND_SEGMENT},
    {"suppression", KF_KIND_SUPPRESS, KF_KIND_SUPPRESS},
    {"channel", KF_KIND_CHANNEL, KF_KIND_CHANNEL},
    {"export", KF_KIND_EXPORT, KF_KIND_EXPORT},
    {"score", KF_KIND_SCORE, KF_KIND_SCORE},
    {"fraud", KF_KIND_FRAUD, KF_KIND_FRAUD},
    {"trait", KF_KIND_TRAIT, KF_KIND_COMPUTED},
    {"attribution", KF_KIND_ATTRIBUTION, KF_KIND_ATTRIBUTION},
};
#define N_DECISIONS (sizeof DECISIONS / sizeof *DECISIONS)
#define NAMES_SHOWN 8u /* of rules, where none of them is meant */

/* What is asked for, NULL: everything about one, or two, or a picture. */
static const struct decision *asked_decision(const struct kf_cli *cli)
{
    for (unsigned i = 0; i < N_DECISIONS; i++)
        if (kf_cli_has(cli, DECISIONS[i].option))
            return &DECISIONS[i];
    return NULL;
}

/* The i-th identifier that is asked about, NULL: no more. */
static const char *asked(const struct kf_session *s, uint32_t i)
{
    if (i < s->cli->n_operand)
        return s->cli->operand[i];
    return i == s->cli->n_operand ? kf_cli_get(s->cli, "and") : NULL;
}

/* Two people and pictures need no decision about anybody, and scores take their time. */
static bool identity_only(const struct kf_session *s)
{
    return asked(s, 1) || kf_cli_has(s->cli, "graph");
}

/* Never seen, or seen and erased. */
static int find_erased(struct kf_session *s, const char *text, struct kf_buf *out, bool *ret_done,
                       struct kf_error *err)
{
    struct kf_error mine = KF_ERROR_INIT;
    int status;
    int rc = kf_explain_erased(s, text, out, &status, &mine);
    if (rc || status < 0)
        return err->code;
    kf_error_clear(err);
    *ret_done = true;
    return status;
}

/* A value that the rules take out was never seen as an identifier, but perhaps in every event. */
static void say_ignored(const struct kf_session *s, const char *text, struct kf_error *err)
{
    const struct kf_idset *ids = s->world->ids;
    char value[KF_IDSET_VALUE];
    size_t n = strcspn(text, ":=");
    uint32_t ns = text[n] ? kf_idset_ns(ids, kf_str(text, n)) : KF_ID_NONE;
    if (ns == KF_ID_NONE || kf_idset_normalise(ids, ns, kf_cstr(text + n + 1), value, &n))
        return;
    kf_error_clear(err);
    kf_error_set(err, KF_E_NOINPUT, "explain",
                 "%s is no identifier by these rules: the value is empty, ignored (ignore_values) "
                 "or not as the kind must be (matches)",
                 text);
}

/* An id that was given out once, to who is one with others since. */
static void say_moved(const struct kf_session *s, const char *text, uint32_t profile,
                      struct kf_buf *out)
{
    char hex[17];
    kf_profile_id_format(s->world->identity->profile_id[profile], hex);
    if (!s->cli->json && !strpbrk(text, ":=") && strcmp(text, hex) != 0)
        kf_buf_addf(out, "Profile %s is part of profile %s.\n", text, hex);
}

static int find(struct kf_session *s, const char *text, struct kf_explain_end *ret,
                struct kf_buf *out, bool *ret_done, struct kf_error *err)
{
    ret->id = kf_explain_identifier(s->world, kf_cstr(text));
    ret->profile = kf_world_find(s->world, kf_cstr(text), err);
    if (ret->profile != KF_ID_NONE) {
        say_moved(s, text, ret->profile, out);
        if (ret->id == KF_ID_NONE)
            ret->id = kf_profile_face(s->world, ret->profile);
        return 0;
    }
    if (ret->id == KF_ID_NONE) {
        int rc = find_erased(s, text, out, ret_done, err);
        if (rc < 0)
            say_ignored(s, text, err);
        return rc;
    }
    kf_error_clear(err);
    if (identity_only(s)) /* what is around it, or between it and another */
        return 0;
    *ret_done = true;
    return kf_explain_nobody(s, ret->id, out);
}

static int draw(struct kf_session *s, const struct kf_explain_end *a,
                const struct kf_explain_end *b, const char *path, struct kf_buf *out,
                struct kf_error *err)
{
    struct kf_graph_report r = {0};
    struct kf_graph_of x = {a->profile, a->id}, y = {b ? b->profile : 0, b ? b->id : 0};
    int rc = kf_graph_write(s, &x, b ? &y : NULL, path, &r, err);
    if (rc)
        return rc;
    if (s->cli->json) {
        struct kf_json j;
        kf_json_start(&j, out, "kinfold.explain-graph/1");
        kf_json_text(&j, "file", path);
        kf_json_text(&j, "layout", r.layout);
        kf_json_count(&j, "nodes", r.nodes);
        kf_json_count(&j, "kept", r.kept);
        kf_json_count(&j, "refused", r.refused);
        kf_json_count(&j, "left_out", r.left_out);
        kf_json_bool(&j, "masked", !s->reveal);
        kf_json_end(&j);
        return 0;
    }
    kf_buf_addf(out, "%s: ", path);
    kf_count_add(out, r.nodes, "identifier", NULL);
    kf_buf_adds(out, ", ");
    kf_count_add(out, r.kept, "link", NULL);
    kf_buf_addf(out, ", %u refused%s\n", r.refused,
                s->reveal ? "; unmasked, only you can read it" : "");
    if (r.left_out)
        kf_buf_addf(out, "%u more links are not in it: it would be no picture any more\n",
                    r.left_out);
    return 0;
}

/* ---- the rule that is asked about ---- */

static bool of_decision(const struct kf_rule *r, const struct decision *d)
{
    return r->kind == d->kind || r->kind == d->or_kind;
}

/* Under another kind, or else one that is much alike, or else which there are. */
static void hint(const struct kf_ruleset *rules, const struct decision *d, const char *name,
                 struct kf_buf *out)
{
    const char **names = calloc(rules->n + 1u, sizeof *names);
    size_t n = 0;
    for (uint32_t i = 0; names && i < rules->n; i++)
        if (of_decision(rules->rule[i], d))
            names[n++] = rules->rule[i]->name;
    const char *near = names ? kf_str_suggest(name, names, n) : NULL;
    for (size_t i = 0; i < N_DECISIONS && !near; i++)
        for (uint32_t k = 0; k < rules->n; k++)
            if (of_decision(rules->rule[k], &DECISIONS[i]) &&
                strcmp(rules->rule[k]->name, name) == 0) {
                kf_buf_addf(out, "; it is a %s, ask with --%s", kf_kind_name(rules->rule[k]->kind),
                            DECISIONS[i].option);
                free(names);
                return;
            }
    if (near)
        kf_buf_addf(out, "; did you mean '%s'?", near);
    for (size_t i = 0; !near && i < n && i < NAMES_SHOWN; i++)
        kf_buf_addf(out, "%s%s", i ? ", " : n == 1 ? "; there is " : "; there are ", names[i]);
    if (!near && n > NAMES_SHOWN)
        kf_buf_addf(out, " and %zu more", n - NAMES_SHOWN);
    free(names);
}

static const struct kf_rule *rule_of(const struct kf_session *s, const struct kf_ruleset *rules,
                                     const struct decision *d, struct kf_error *err)
{
    const char *name = kf_cli_get(s->cli, d->option);
    const struct kf_rule *r = kf_rules_find(rules, d->kind, name);
    struct kf_buf b = {0};
    if (!r)
        r = kf_rules_find(rules, d->or_kind, name);
    if (r)
        return r;
    hint(rules, d, name, &b);
    kf_error_set(err, KF_E_USAGE, "explain", "there is no %s '%s'%s", d->option, name,
                 b.n ? b.p : "");
    kf_buf_free(&b);
    return NULL;
}

/* ---- what is needed for it ---- */

/* Who is among the best of an export is a question about everybody. */
static bool about_the_best(const struct kf_session *s)
{
    const char *name = kf_cli_get(s->cli, "export");
    const struct kf_rule *r = name ? kf_rules_find(s->last_rules, KF_KIND_EXPORT, name) : NULL;
    return r && kf_rule_get(r, "top");
}

/* One or two people need their part of the log only, unless rules ask about everybody. */
static int events(struct kf_session *s, struct kf_error *err)
{
    const char *about[] = {asked(s, 0), asked(s, 1)};
    bool everybody = !about[0] || kf_cli_has(s->cli, "candidate") || s->last.as_of == KF_NO_TIME ||
                     (!identity_only(s) && kf_rules_look_across(s->last_rules)) ||
                     about_the_best(s);
    return everybody ? kf_session_events(s, err)
                     : kf_session_events_about(s, about, about[1] ? 2 : 1, err);
}

/* The events of the store under the last run's rules, or those of the working tree. */
static int load(struct kf_session *s, struct kf_error *err)
{
    bool candidate = kf_cli_has(s->cli, "candidate");
    int rc = kf_session_store(s, err);
    if (rc == 0)
        rc = candidate ? kf_session_rules(s, err) : kf_session_last_rules(s, err);
    const struct decision *d = asked_decision(s->cli);
    if (rc == 0 && d && d->kind != KF_KIND_ATTRIBUTION &&
        !rule_of(s, candidate ? s->ws.rules : s->last_rules, d, err))
        rc = err->code; /* before it takes any time */
    if (rc == 0)
        rc = events(s, err);
    if (rc == 0)
        rc = kf_session_instant(s, "as-of", &s->last.as_of, err);
    if (rc == 0)
        rc = kf_session_instant(s, "at", &s->last.as_of, err);
    if (rc == 0)
        rc = kf_pipeline_world(&s->ws, candidate ? s->ws.rules : s->last_rules, s->events,
                               s->last.as_of, NULL, true, &s->world,
                               identity_only(s) ? NULL : &s->decide, err);
    return rc;
}

static int one(struct kf_session *s, uint32_t profile, struct kf_buf *out, struct kf_error *err)
{
    struct kf_explain x;
    int rc = kf_explain_gather(s, profile, &x, err);
    if (rc)
        return rc;
    if (s->cli->json)
        kf_explain_json(&x, out);
    else
        kf_explain_text(&x, out);
    kf_explain_free(&x);
    return 0;
}

/* ---- one decision ---- */

static int decide_one(struct kf_session *s, uint32_t profile, const struct kf_rule *r,
                      struct kf_buf *out, struct kf_error *err)
{
    struct kf_explain_decision *x;
    int rc = kf_explain_decide(s, profile, r, &x, err);
    if (rc)
        return rc;
    if (s->cli->json)
        kf_explain_decision_json(x, out);
    else
        kf_explain_decision_text(x, out);
    kf_explain_decision_free(x);
    return 0;
}

static int decision(struct kf_session *s, const struct decision *d, uint32_t profile,
                    struct kf_buf *out, struct kf_error *err)
{
    if (d->kind == KF_KIND_ATTRIBUTION)
        return kf_explain_outcome(s, profile, kf_cli_get(s->cli, d->option), out, err);
    const struct kf_rule *r = rule_of(s, s->world->rules, d, err);
    if (!r)
        return err->code;
    if (profile == KF_ID_NONE)
        return kf_explain_funnel(s, r, out, err);
    if (d->kind == KF_KIND_FRAUD)
        return kf_explain_fraud(s, profile, r, out, err);
    if (d->kind == KF_KIND_TRAIT)
        return kf_explain_trait(s, profile, r, out, err);
    return decide_one(s, profile, r, out, err);
}

/* What cannot go together, or is missing. */
static int check_usage(const struct kf_session *s, struct kf_error *err)
{
    const struct decision *d = asked_decision(s->cli);
    unsigned n = 0;
    for (unsigned i = 0; i < N_DECISIONS; i++)
        n += kf_cli_has(s->cli, DECISIONS[i].option);
    if (s->cli->n_operand > 1 && kf_cli_has(s->cli, "and"))
        return kf_error_set(err, KF_E_USAGE, "explain",
                            "two are compared, not three: leave out "
                            "--and, or the second ID");
    if (!s->cli->n_operand && kf_cli_has(s->cli, "and"))
        return kf_error_set(err, KF_E_USAGE, "explain", "--and goes with an ID before it");
    if (n > 1)
        return kf_error_set(err, KF_E_USAGE, "explain", "one decision at a time, not %u", n);
    if (d && (s->cli->n_operand > 1 || identity_only(s)))
        return kf_error_set(err, KF_E_USAGE, "explain",
                            "--%s is about one person: leave out the second ID and --graph",
                            d->option);
    if (!s->cli->n_operand && (!d || d->kind == KF_KIND_TRAIT || d->kind == KF_KIND_FRAUD))
        return kf_error_set(err, KF_E_USAGE, "explain",
                            "whom? An ID such as email:anna@example.com"
                            " is missing");
    return 0;
}

static int work(struct kf_session *s, struct kf_buf *out, struct kf_error *err)
{
    struct kf_explain_end a = {.profile = KF_ID_NONE}, b = {.profile = KF_ID_NONE};
    const char *graph = kf_cli_get(s->cli, "graph");
    const struct decision *d = asked_decision(s->cli);
    bool done = false;
    int rc = check_usage(s, err);
    if (rc == 0)
        rc = load(s, err);
    if (rc == 0 && s->cli->n_operand)
        rc = find(s, asked(s, 0), &a, out, &done, err);
    if (rc == 0 && d && !done)
        return decision(s, d, a.profile, out, err);
    if (rc == 0 && asked(s, 1))
        rc = find(s, asked(s, 1), &b, out, &done, err);
    if (rc || done)
        return rc;
    if (graph)
        return draw(s, &a, asked(s, 1) ? &b : NULL, graph, out, err);
    return asked(s, 1) ? kf_explain_two(s, a, b, out) : one(s, a.profile, out, err);
}

/* ---- lines ---- */

/* Columns of the first character, and its bytes; a colour takes none. */
static size_t step(const char *p, size_t left, size_t *ret_columns)
{
    size_t n = 1;
    *ret_columns = 0;
    if (*p == '\x1b') {
        while (n < left && p[n - 1] != 'm')
            n++;
        return n;
    }
    while (n < left && ((unsigned char)p[n] & 0xc0) == 0x80)
        n++;
    *ret_columns = kf_utf8_width(kf_str(p, n));
    return n;
}

/* A line that is too long goes on in the next ones, 4 blanks further in. */
static void fold_line(const char *p, size_t n, struct kf_buf *out)
{
    size_t indent = 0, column = 0, from = 0, blank = 0;
    while (indent < n && p[indent] == ' ')
        indent++;
    for (size_t i = 0, wide, one; i < n; i += one) {
        one = step(p + i, n - i, &wide);
        if (p[i] == ' ' && i > from + indent)
            blank = i;
        column += wide;
        if (column <= KF_OUT_COLUMNS || !blank)
            continue;
        size_t to = blank;
        while (to > from && p[to - 1] == ' ')
            to--;
        kf_buf_add(out, p + from, to - from);
        kf_buf_addf(out, "\n%*s", (int)indent + 4, "");
        for (from = blank; from < n && p[from] == ' ';)
            from++;
        column = indent + 4;
        for (size_t k = from, w; k < i + one; k += step(p + k, n - k, &w)) {
            step(p + k, n - k, &w);
            column += w;
        }
        blank = 0;
    }
    while (n > from && p[n - 1] == ' ')
        n--;
    kf_buf_add(out, p + from, n - from);
    kf_buf_addc(out, '\n');
}

static void fold(struct kf_buf *b)
{
    struct kf_buf out = {0};
    for (size_t i = 0; i < b->n;) {
        const char *end = memchr(b->p + i, '\n', b->n - i);
        size_t n = end ? (size_t)(end - (b->p + i)) : b->n - i;
        fold_line(b->p + i, n, &out);
        i += n + 1;
    }
    kf_buf_free(b);
    *b = out;
}

static int run(struct kf_cli *cli)
{
    struct kf_session s = {.cli = cli};
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf b = {0};
    int rc = cli->n_operand || asked_decision(cli)
                 ? kf_session_open(&s, cli, &err)
                 : kf_error_set(&err, KF_E_USAGE, "explain",
                                "whom? explain wants ID, or a rule as in --segment NAME");
    if (rc == 0)
        rc = work(&s, &b, &err);
    int status = rc < 0 ? kf_session_fail(&s, &err) : rc;
    if (rc >= 0 && !cli->json)
        fold(&b);
    if (rc >= 0)
        kf_out_flush(&b);
    kf_buf_free(&b);
    kf_session_close(&s);
    return status;
}

static const char *const EXAMPLES[] = {
    "kinfold explain email:anna@example.com",
    "her identifiers, why they are hers, segments with the value of every condition",
    "kinfold explain user_id:u1001 --json",
    "the same as a document",
    "kinfold explain email:anna@example.com --and email:ben@example.com",
    "how these two are one person, or why they are not and what would make them one",
    "kinfold explain device_id:d-1 --at 2026-03-01",
    "whose it was then",
    "kinfold explain email:anna@example.com --candidate --graph anna.svg",
    "a picture of her under the rules as they are now",
    "kinfold explain email:anna@example.com --segment vip_at_risk",
    "every condition with what was there, what would turn it, and when time will",
    "kinfold explain --segment vip_at_risk",
    "why so many or so few are in it: how many pass each condition, whom only one keeps out",
    NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "the identifier names nobody now or was erased, or the two are not one person"},
    {66, "never seen, or there was no run yet"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_explain = {
    .name = "explain",
    .operands = "[ID] [ID]",
    .min_operands = 0,
    .max_operands = 2,
    .purpose = "say why a person is what the store says",
    .about =
        "ID is namespace:value (or namespace=value) or a profile id. By the rules and events "
        "of the last run. Of two that are one person, the chain of links whose weakest is "
        "strongest is shown, weakest first; of two who are not, every link that was refused, "
        "what was in the way, and what would have to be true. Of one decision (--segment and the "
        "like), its conditions with needed and actual values, the events behind them, the "
        "smallest change that would turn it, and when time alone does. Personal data are "
        "masked unless --reveal is given, in pictures too.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
