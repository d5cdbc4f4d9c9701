/* The checklist: the seven built-in checks, `expect` rules, and what lies in quarantine. */
#include "cli/session.h"

#include <stdio.h>
#include <stdlib.h>

static const struct kf_cli_option OPTIONS[] = {
    {"all", 0, NULL, "list every record in quarantine, not the first three of each reason", false},
    {0},
};

static const char *severity(const struct kf_expect_row *r)
{
    return r->rule ? kf_rule_text(r->rule, "severity", "warn") : "warn";
}

static bool fails(const struct kf_expect_row *r)
{
    return !r->passed && strcmp(severity(r), "error") == 0;
}

/* ---- checks ---- */

static void add_check(const struct kf_session *s, const struct kf_expect_row *r, struct kf_table *t)
{
    struct kf_buf b = {0};
    kf_table_style(t,
                   r->passed  ? KF_GREEN
                   : fails(r) ? KF_RED
                              : KF_YELLOW,
                   r->passed  ? "ok"
                   : fails(r) ? "FAILED"
                              : "warn");
    kf_table_cell(t, r->check);
    kf_table_cell(t, r->rule ? r->rule->name : "(built in)");
    kf_table_cell(t, r->detail ? r->detail : "");
    kf_table_cellf(t, "%llu of %llu", (unsigned long long)r->bad, (unsigned long long)r->of);
    for (uint32_t i = 0; i < r->n_example && r->bad; i++) {
        kf_buf_adds(&b, i ? ", " : "");
        kf_event_place_add(&b, s->events, r->example[i]);
    }
    kf_table_style(t, KF_DIM, b.p ? b.p : "");
    kf_table_end_row(t);
    kf_buf_free(&b);
}

static void json_check(const struct kf_session *s, const struct kf_expect_row *r, struct kf_json *j)
{
    kf_json_open(j, NULL, '{');
    kf_json_text(j, "check", r->check);
    kf_json_text(j, "detail", r->detail);
    kf_json_text(j, "rule", r->rule ? r->rule->name : NULL);
    kf_json_text(j, "severity", severity(r));
    kf_json_count(j, "bad", r->bad);
    kf_json_count(j, "of", r->of);
    kf_json_bool(j, "passed", r->passed);
    kf_json_open(j, "examples", '[');
    for (uint32_t i = 0; i < r->n_example; i++) {
        struct kf_buf b = {0};
        kf_event_place_add(&b, s->events, r->example[i]);
        kf_json_text(j, NULL, b.p);
        kf_buf_free(&b);
    }
    kf_json_close(j, ']');
    kf_json_close(j, '}');
}

/* ---- quarantine ---- */

struct listing {
    const struct kf_session *s;
    struct kf_table *t;
    struct kf_json *j;
    char reason[64];
    uint32_t n, total;
};

static int on_record(void *ctx, int n, const char *const *v, const char *const *name)
{
    struct listing *l = ctx;
    (void)name;
    if (n != 6)
        return 0;
    l->total++;
    if (strcmp(l->reason, v[1] ? v[1] : "")) {
        snprintf(l->reason, sizeof l->reason, "%s", v[1] ? v[1] : "");
        l->n = 0;
    }
    if (++l->n > 3 && !kf_cli_has(l->s->cli, "all"))
        return 0;
    struct kf_buf raw = {0}, place = {0}, detail = {0};
    kf_buf_addf(&place, "%s:%s", v[2] ? v[2] : "?", v[3] ? v[3] : "?");
    kf_mask_raw(&raw, kf_cstr(v[5] ? v[5] : ""), l->s->reveal);
    kf_mask_add(&detail, KF_PERSONAL_NONE, kf_cstr(v[4] ? v[4] : ""), true);
    if (l->j) {
        kf_json_open(l->j, NULL, '{');
        kf_json_text(l->j, "source", v[0]);
        kf_json_text(l->j, "reason", v[1]);
        kf_json_text(l->j, "record", place.p);
        kf_json_text(l->j, "detail", detail.p);
        kf_json_text(l->j, "raw", l->s->reveal ? raw.p : NULL);
        kf_json_close(l->j, '}');
    } else {
        kf_table_cell(l->t, v[1] ? v[1] : "");
        kf_table_cell(l->t, place.p);
        kf_table_cell(l->t, detail.p ? detail.p : "");
        if (l->s->reveal)
            kf_table_style(l->t, KF_DIM, raw.p);
        kf_table_end_row(l->t);
    }
    kf_buf_free(&raw);
    kf_buf_free(&place);
    kf_buf_free(&detail);
    return 0;
}

static const char QUARANTINE[] = "SELECT source, reason, file, record, detail, raw FROM quarantine"
                                 " ORDER BY reason, source, file, record";

/* ---- the command ---- */

static int work(struct kf_session *s, struct kf_buf *b, struct kf_error *err)
{
    struct kf_arena a = {0};
    const struct kf_expect_row *row;
    uint32_t n, failed = 0, warned = 0;
    struct kf_json j;
    struct kf_table t, q;
    int rc = kf_session_load(s, err);
    if (rc == 0)
        rc = kf_session_world(s, NULL, false, err);
    if (rc == 0)
        rc = kf_decide_quality(s->decide, &a, &row, &n, err);
    if (rc) {
        kf_arena_free(&a);
        return rc;
    }
    bool json = s->cli->json;
    if (json) {
        kf_json_start(&j, b, "kinfold.quality/1");
        kf_json_open(&j, "checks", '[');
    } else {
        kf_table_start(&t, "llllrl");
        kf_table_head(&t, "|check|rule|finding|records|for example");
    }
    for (uint32_t i = 0; i < n; i++) {
        failed += fails(&row[i]);
        warned += !row[i].passed && !fails(&row[i]);
        if (json)
            json_check(s, &row[i], &j);
        else
            add_check(s, &row[i], &t);
    }
    kf_table_start(&q, "llll");
    kf_table_head(&q, "reason|record|what is wrong|");
    struct listing l = {.s = s, .t = &q, .j = json ? &j : NULL};
    if (json) {
        kf_json_close(&j, ']');
        kf_json_open(&j, "quarantine", '[');
    } else {
        kf_table_print(&t, 0, s->cli->colour, b);
    }
    rc = kf_store_query(s->store, QUARANTINE, on_record, &l, err);
    if (json) {
        kf_json_close(&j, ']');
        kf_json_count(&j, "quarantined", l.total);
        kf_json_count(&j, "failed", failed);
        kf_json_count(&j, "warned", warned);
        kf_json_end(&j);
        struct kf_buf none = {0};
        kf_table_print(&q, 0, false, &none);
        kf_buf_free(&none);
    } else {
        kf_buf_adds(b, "\nIn quarantine: ");
        kf_count_add(b, l.total, "record", NULL);
        kf_buf_addc(b, '\n');
        if (kf_table_empty(&q)) {
            struct kf_buf none = {0};
            kf_table_print(&q, 0, false, &none);
            kf_buf_free(&none);
        } else {
            kf_table_print(&q, 2, s->cli->colour, b);
        }
        kf_buf_addc(b, '\n');
        kf_count_add(b, n, "check", NULL);
        kf_buf_addf(b, ": %u failed, %u with warnings\n", failed, warned);
    }
    kf_arena_free(&a);
    return rc ? rc : failed ? 1 : 0;
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
    if (rc >= 0 && (!cli->quiet || cli->json))
        kf_out_flush(&b);
    kf_buf_free(&b);
    kf_session_close(&s);
    return status;
}

static const char *const EXAMPLES[] = {
    "kinfold quality", "the checklist over all events, and what lies in quarantine",
    "kinfold quality --all --reveal", "every record in quarantine as it was written", NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "a check of severity error failed"}, {66, "there was no run yet"}, {-1, NULL}};

const struct kf_cli_command kf_cmd_quality = {
    .name = "quality",
    .purpose = "check the data against the checklist and the expect rules",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
