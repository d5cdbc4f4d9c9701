/* Why is this so: one person, an identifier of nobody, or two people who are not one. */
#include "cli/explain_two.h"
#include "cli/graph.h"

#include <stdio.h>

static const struct kf_cli_option OPTIONS[] = {
    {"and", 0, "ID", "how the two are one person, or why they are not", false},
    {"at", 0, "INSTANT", "as it was at this instant or day (default: that of the last run)", false},
    {"as-of", 0, "INSTANT", "the same as --at", false},
    {"candidate", 0, NULL, "by the rules as they are in the files now, not by the last run's",
     false},
    {"graph", 0, "FILE", "draw it into FILE.dot or FILE.svg: kept links solid, refused dotted",
     false},
    {0},
};

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

static int find(struct kf_session *s, const char *text, struct kf_explain_end *ret,
                struct kf_buf *out, bool *ret_done, struct kf_error *err)
{
    ret->id = kf_explain_identifier(s->world, kf_cstr(text));
    ret->profile = kf_world_find(s->world, kf_cstr(text), err);
    if (ret->profile != KF_ID_NONE) {
        if (ret->id == KF_ID_NONE)
            ret->id = kf_profile_face(s->world, ret->profile);
        return 0;
    }
    if (ret->id == KF_ID_NONE)
        return err->code;
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

/* The events of the store under the last run's rules, or those of the working tree. */
static int load(struct kf_session *s, struct kf_error *err)
{
    bool candidate = kf_cli_has(s->cli, "candidate");
    int rc = kf_session_store(s, err);
    if (rc == 0)
        rc = candidate ? kf_session_rules(s, err) : kf_session_last_rules(s, err);
    if (rc == 0)
        rc = kf_session_events(s, err);
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

static int work(struct kf_session *s, struct kf_buf *out, struct kf_error *err)
{
    struct kf_explain_end a = {0}, b = {.profile = KF_ID_NONE};
    const char *graph = kf_cli_get(s->cli, "graph");
    bool done = false;
    if (s->cli->n_operand > 1 && kf_cli_has(s->cli, "and"))
        return kf_error_set(err, KF_E_USAGE, "explain",
                            "two are compared, not three: leave out "
                            "--and, or the second ID");
    int rc = load(s, err);
    if (rc == 0)
        rc = find(s, asked(s, 0), &a, out, &done, err);
    if (rc == 0 && asked(s, 1))
        rc = find(s, asked(s, 1), &b, out, &done, err);
    if (rc || done)
        return rc;
    if (graph)
        return draw(s, &a, asked(s, 1) ? &b : NULL, graph, out, err);
    return asked(s, 1) ? kf_explain_two(s, a, b, out) : one(s, a.profile, out, err);
}

static int run(struct kf_cli *cli)
{
    struct kf_session s;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf b = {0};
    int rc = kf_session_open(&s, cli, &err);
    if (rc == 0)
        rc = work(&s, &b, &err);
    int status = rc < 0 ? kf_session_fail(&s, &err) : rc;
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
    NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "the identifier names nobody now, or the two are not one person"},
    {66, "never seen, or there was no run yet"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_explain = {
    .name = "explain",
    .operands = "ID [ID]",
    .min_operands = 1,
    .max_operands = 2,
    .purpose = "say why a person is what the store says",
    .about = "ID is namespace:value (or namespace=value) or a profile id. By the rules and events "
             "of the last run. Of two that are one person, the chain of links whose weakest is "
             "strongest is shown, weakest first; of two who are not, every link that was refused, "
             "what was in the way, and what would have to be true. Personal data are masked "
             "unless --reveal is given, in pictures too.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
