/* The approval log: who approved, rejected and published what; and whether it is still whole. */
#include "cli/approve_gate.h"
#include "cli/approve_publish.h"
#include "cli/approve_sign.h"
#include "store/approval.h"

#include <stdio.h>

static const struct kf_cli_option OPTIONS[] = {
    {"verify", 0, NULL, "check the chain, the signatures and the keys; exit with 1 if broken",
     false},
    {"rules", 0, "DIGEST", "only what is about this rule set (its first digits)", false},
    {0},
};

/* ---- the lines ---- */

static bool wanted(const struct kf_cli *cli, const struct kf_approval *e)
{
    const char *rules = kf_cli_get(cli, "rules");
    return !rules || (e->rules && strncmp(e->rules, rules, strlen(rules)) == 0);
}

/* "approves for privacy", "lets refunds be read until 2026-03-01" */
static void deed(const struct kf_approvals *a, const struct kf_approval *e, struct kf_buf *b)
{
    switch (e->kind) {
    case KF_APPROVAL_APPROVE:
        kf_buf_addf(b, "approves for %s%s", e->role, e->limits_broken ? ", despite a limit" : "");
        break;
    case KF_APPROVAL_REJECT:
        kf_buf_addf(b, "rejects for %s", e->role);
        break;
    case KF_APPROVAL_PUBLISH:
        kf_buf_adds(b, "publishes");
        break;
    case KF_APPROVAL_BACK:
        kf_buf_adds(b, "goes back to");
        break;
    case KF_APPROVAL_SOURCE:
        kf_buf_addf(b, "releases source %s", e->source);
        if (e->until != KF_TIME_MIN) {
            kf_buf_adds(b, " until ");
            kf_when_add(b, a->config->zone, e->until);
        }
        break;
    default:
        kf_buf_addf(b, "stops source %s", e->source);
    }
}

static void lines_text(const struct kf_cli *cli, const struct kf_approvals *a, struct kf_buf *b)
{
    struct kf_table t;
    struct kf_buf cell = {0};
    if (!a->n && !a->broken) {
        kf_buf_adds(b, "Nothing was ever signed here.\n");
        return;
    }
    kf_table_start(&t, "rlllll");
    t.wrap = true;
    kf_table_head(&t, "line|when|who||rules|because");
    for (uint32_t i = 0; i < a->n; i++) {
        const struct kf_approval *e = &a->line[i];
        if (!wanted(cli, e))
            continue;
        kf_table_cellf(&t, "%u", e->number);
        kf_buf_clear(&cell);
        kf_when_add(&cell, a->config->zone, e->at);
        kf_table_cell(&t, cell.p);
        kf_buf_clear(&cell);
        kf_signed_by(a, e, &cell);
        kf_table_style(&t, e->counts ? KF_PLAIN : KF_DIM, cell.p);
        kf_buf_clear(&cell);
        deed(a, e, &cell);
        kf_table_style(&t, e->kind == KF_APPROVAL_REJECT ? KF_YELLOW : KF_PLAIN, cell.p);
        kf_table_cellf(&t, "%.12s", e->rules ? e->rules : "");
        kf_buf_clear(&cell);
        kf_mask_add(&cell, KF_PERSONAL_NONE, kf_cstr(e->because), true);
        kf_table_cell(&t, cell.p);
        kf_table_end_row(&t);
    }
    kf_table_print(&t, 0, cli->colour, b);
    kf_buf_free(&cell);
}

static void line_json(const struct kf_approval *e, struct kf_json *j)
{
    const struct {
        const char *key, *value;
    } member[] = {
        {"role", e->role},     {"source", e->source},     {"who", e->who},
        {"mail", e->mail},     {"verdict", e->verdict},   {"rules", e->rules},
        {"before", e->before}, {"plan", e->plan},         {"data", e->data},
        {"engine", e->engine}, {"text", e->text},         {"folder", e->folder},
        {"files", e->files},   {"because", e->because},   {"key", e->key},
        {"hash", e->hash},     {"previous", e->previous},
    };
    kf_json_open(j, NULL, '{');
    kf_json_count(j, "line", e->number);
    kf_json_time(j, "at", e->at);
    kf_json_text(j, "kind", kf_approval_kind_name(e->kind));
    for (size_t i = 0; i < sizeof member / sizeof *member; i++)
        if (member[i].value)
            kf_json_text(j, member[i].key, member[i].value);
    if (e->limits_broken)
        kf_json_bool(j, "limits_broken", true);
    if (e->until != KF_TIME_MIN)
        kf_json_time(j, "until", e->until);
    kf_json_bool(j, "known", e->person != UINT32_MAX);
    kf_json_bool(j, "counts", e->counts);
    kf_json_close(j, '}');
}

static void lines_json(const struct kf_cli *cli, const struct kf_approvals *a, struct kf_buf *b)
{
    struct kf_json j;
    const struct kf_approval *p = kf_approvals_published(a);
    kf_json_start(&j, b, "kinfold.log/1");
    kf_json_text(&j, "published", p ? p->rules : NULL);
    kf_json_bool(&j, "sound", !a->broken);
    kf_json_open(&j, "lines", '[');
    for (uint32_t i = 0; i < a->n; i++)
        if (wanted(cli, &a->line[i]))
            line_json(&a->line[i], &j);
    kf_json_close(&j, ']');
    kf_json_end(&j);
}

/* ---- verifying ---- */

struct verdict {
    bool broken;
    uint32_t line;
    char why[600];
    struct kf_arena arena;
    const char *remark[16];
    uint32_t n_remark;
};

static void remark(struct verdict *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void remark(struct verdict *v, const char *fmt, ...)
{
    struct kf_buf b = {0};
    va_list ap;
    if (v->n_remark == sizeof v->remark / sizeof *v->remark)
        return;
    va_start(ap, fmt);
    kf_buf_addv(&b, fmt, ap);
    va_end(ap);
    v->remark[v->n_remark++] = kf_arena_strdup(&v->arena, b.p);
    kf_buf_free(&b);
}

static void fail(struct verdict *v, const struct kf_error *e)
{
    v->broken = true;
    v->line = e->line;
    snprintf(v->why, sizeof v->why, "%s", e->message);
}

#define APART KF_DAY /* clocks of people differ; by more than that somebody should look */

/* Lines that are sound, but weigh nothing or look odd. */
static void weigh(const struct kf_approvals *a, struct verdict *v)
{
    for (uint32_t i = 0; i < a->n; i++) {
        const struct kf_approval *e = &a->line[i];
        const char *now = e->person == UINT32_MAX ? NULL : a->config->person[e->person].name;
        if (!now)
            remark(
                v,
                "line %u: the key of %s is not in kinfold.yaml (any more); the line is sound and "
                "does not count",
                e->number, e->who);
        else if (!e->counts)
            remark(v, "line %u: %s could not sign that; the line is sound and does not count",
                   e->number, now);
        if (now && strcmp(now, e->who) != 0)
            remark(v, "line %u: %s is called %s in kinfold.yaml now", e->number, e->who, now);
        if (i && e->at < e[-1].at - APART)
            remark(v, "line %u: by the clock of %s it was signed more than a day before line %u",
                   e->number, e->who, e->number - 1);
    }
    if (a->cut)
        remark(v,
               "behind line %u is half a line: somebody was stopped while signing; the next "
               "signature takes it away",
               a->n);
}

/* Whatever else remembers how far the log went: read before the log, which is written before them.
 */
struct witness {
    struct kf_pointer at;
    struct kf_error bad; /* of published/current */
    int64_t run;
    uint32_t number; /* of the newest line that the last run copied */
    char hash[65];
};

static int call_witnesses(struct kf_session *s, struct witness *w, struct kf_error *err)
{
    *w = (struct witness){.bad = KF_ERROR_INIT};
    kf_pointer_read(s->ws.config, &w->at, &w->bad);
    if (!kf_session_has_store(s))
        return 0;
    int rc = kf_session_store(s, err);
    w->run = s->last.number;
    return rc ? rc : kf_store_approval_head(s->store, &w->number, w->hash, err);
}

static void hear_witnesses(const struct witness *w, const struct kf_approvals *a, struct verdict *v)
{
    struct kf_error bad = w->bad;
    const struct kf_approval *p = kf_approvals_published(a);
    if (bad.code || kf_pointer_check(&w->at, a, &bad)) {
        fail(v, &bad);
        return;
    }
    if (p && w->at.number < p->number)
        remark(v,
               "%s/current names %s, and line %u published %.12s: somebody was stopped in between; "
               "'kinfold publish' mends it",
               KF_PUBLISHED, w->at.number ? "an older line" : "no line", p->number, p->rules);
    if (!w->number || (w->number <= a->n && strcmp(a->line[w->number - 1].hash, w->hash) == 0))
        return;
    v->broken = true;
    v->line = w->number <= a->n ? w->number : a->n;
    snprintf(v->why, sizeof v->why,
             w->number > a->n
                 ? "run %lld saw line %u (%.12s), and the log ends before it: lines were taken out "
                   "at the end"
                 : "run %lld saw another line %u (%.12s): the log was cut and continued",
             (long long)w->run, w->number, w->hash);
}

static void verify(const struct witness *w, const struct kf_approvals *a, struct verdict *v)
{
    struct kf_error bad = KF_ERROR_INIT;
    weigh(a, v);
    if (kf_approvals_check(a, &bad)) {
        fail(v, &bad);
        snprintf(v->why, sizeof v->why, "%s", a->why);
        return;
    }
    hear_witnesses(w, a, v);
}

static void verdict_text(const struct kf_cli *cli, const struct kf_approvals *a,
                         const struct verdict *v, struct kf_buf *b)
{
    if (v->broken) {
        kf_buf_addf(b, "%s:%u: ", a->file, v->line ? v->line : 1);
        kf_style_add(b, cli->colour, KF_RED, "broken");
        kf_buf_addf(b, ": %s\n", v->why);
        if (a->broken > 1)
            kf_buf_addf(b, "The lines before it are sound.\n");
    } else {
        kf_count_add(b, a->n, "line", NULL);
        kf_buf_adds(b, a->n == 1 ? " is " : " are ");
        kf_style_add(b, cli->colour, KF_GREEN, "sound");
        kf_buf_adds(b, ": each follows the one before, and is signed by the key it names.\n");
        if (a->n)
            kf_buf_addf(b, "The last has the hash %s.\n", a->line[a->n - 1].hash);
    }
    for (uint32_t i = 0; i < v->n_remark; i++) {
        kf_buf_adds(b, "  ");
        kf_wrap_add(b, v->remark[i], 4, 2, false);
        kf_buf_addc(b, '\n');
    }
}

static void verdict_json(const struct kf_approvals *a, const struct verdict *v, struct kf_buf *b)
{
    struct kf_json j;
    kf_json_start(&j, b, "kinfold.log-verify/1");
    kf_json_bool(&j, "sound", !v->broken);
    kf_json_count(&j, "lines", a->n);
    kf_json_text(&j, "head", a->n ? a->line[a->n - 1].hash : NULL);
    if (v->broken) {
        kf_json_count(&j, "line", v->line);
        kf_json_text(&j, "why", v->why);
    }
    kf_json_open(&j, "remarks", '[');
    for (uint32_t i = 0; i < v->n_remark; i++)
        kf_json_text(&j, NULL, v->remark[i]);
    kf_json_close(&j, ']');
    kf_json_end(&j);
}

/* ---- the command ---- */

static int work(struct kf_session *s, struct kf_buf *b, struct kf_error *err)
{
    const struct kf_cli *cli = s->cli;
    struct kf_approvals *a = NULL;
    struct verdict v = {0};
    struct witness w;
    bool asked = kf_cli_has(cli, "verify");
    int rc = kf_session_open(s, cli, err);
    if (rc == 0 && asked)
        rc = call_witnesses(s, &w, err);
    if (rc == 0)
        rc = kf_approvals_load(s->ws.config, &a, err);
    if (rc == 0 && asked) {
        verify(&w, a, &v);
        if (cli->json)
            verdict_json(a, &v, b);
        else
            verdict_text(cli, a, &v, b);
        rc = v.broken;
    } else if (rc == 0) {
        if (cli->json)
            lines_json(cli, a, b);
        else
            lines_text(cli, a, b);
        if (a->broken) /* after what can be read of it */
            rc = kf_approvals_check(a, err);
    }
    kf_arena_free(&v.arena);
    kf_approvals_free(a);
    return rc;
}

static int run(struct kf_cli *cli)
{
    struct kf_session s = {.cli = cli};
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf b = {0};
    int rc = work(&s, &b, &err);
    if (!cli->quiet || cli->json)
        kf_out_flush(&b);
    int status = rc < 0 ? kf_session_fail(&s, &err) : rc;
    kf_buf_free(&b);
    kf_session_close(&s);
    return status;
}

static const char *const EXAMPLES[] = {"kinfold log",
                                       "who approved, rejected and published what; newest last",
                                       "kinfold log --verify",
                                       "was a line changed, moved, taken out, or forged?",
                                       "kinfold log --rules 4c1d --json",
                                       "what was said about one rule set, for a program",
                                       NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "with --verify: the log is broken; the first line that is, and why, are said"},
    {77, "the log is broken: what can be read of it was printed"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_log = {
    .name = "log",
    .purpose = "say who approved and published what",
    .about = "Reads approvals.jsonl. --verify holds every line against the one before, its "
             "signature and the keys of kinfold.yaml, and the end of the log against what "
             "published/current and the last run remember. Two branches that signed apart from "
             "each other show as a fork: keep the lines that were merged first, take out the "
             "others, and sign those again.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
