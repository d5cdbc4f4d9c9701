#include "cli/quality_report.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the events to look at ---- */

/* Reads the sources as they are now; nothing is stored. */
static int read_sources(struct kf_quality_report *r, struct kf_error *err)
{
    struct kf_session *s = r->s;
    struct kf_error ignored = KF_ERROR_INIT;
    int rc = kf_session_rules(s, err);
    if (rc == 0)
        rc = kf_workspace_load_plugins(&s->ws, err);
    if (rc == 0)
        rc = kf_pipeline_read(&s->ws, &s->events, &r->ingest, err);
    if (rc)
        return rc;
    if (kf_session_has_store(s)) /* for its history only */
        kf_session_store(s, &ignored);
    s->last_rules = s->ws.rules; /* the session frees them either way */
    s->ws.rules = NULL;
    s->last.as_of = KF_NO_TIME;
    return 0;
}

static int load(struct kf_quality_report *r, struct kf_error *err)
{
    struct kf_session *s = r->s;
    r->fresh = kf_cli_has(s->cli, "sources") || !kf_session_has_store(s);
    int rc = r->fresh ? read_sources(r, err) : kf_session_load(s, err);
    return rc ? rc : kf_session_world(s, NULL, false, err);
}

/* ---- rows ---- */

static enum kf_quality_verdict verdict_of(const struct kf_expect_row *row)
{
    const char *severity = row->rule ? kf_rule_text(row->rule, "severity", "warn") : "warn";
    if (row->passed)
        return KF_QUALITY_OK;
    return strcmp(severity, "error") == 0 ? KF_QUALITY_FAILED : KF_QUALITY_WARN;
}

static bool is_asked(const struct kf_cli *c, const struct kf_expect_row *row)
{
    const char *name;
    if (!kf_cli_has(c, "check"))
        return true;
    for (uint32_t i = 0; (name = kf_cli_nth(c, "check", i)); i++)
        if (strcmp(name, row->check) == 0 || strcmp(name, row->detail) == 0 ||
            (row->rule && strcmp(name, row->rule->name) == 0))
            return true;
    return false;
}

/* Rules first, by name; then what is built in, in the order of the seven checks. */
static int order_of(const char *check)
{
    static const char *const order[] = {"names",        "properties", "time",       "money",
                                        "test_traffic", "activation", "duplicates", "identifiers"};
    int i = 0;
    while (i < 8 && strcmp(order[i], check) != 0)
        i++;
    return i;
}

static int cmp_item(const void *a, const void *b)
{
    const struct kf_expect_row *x = ((const struct kf_quality_item *)a)->row,
                               *y = ((const struct kf_quality_item *)b)->row;
    if (!x->rule != !y->rule)
        return x->rule ? -1 : 1;
    int c = x->rule ? strcmp(x->rule->name, y->rule->name) : 0;
    if (c == 0)
        c = order_of(x->check) - order_of(y->check);
    return c ? c : (x > y) - (x < y);
}

static int take_rows(struct kf_quality_report *r, const struct kf_expect_row *row, uint32_t n,
                     struct kf_error *err)
{
    r->item = kf_arena_zalloc(&r->arena, (n + 1u) * sizeof *r->item);
    for (uint32_t i = 0; i < n; i++) {
        if (!is_asked(r->s->cli, &row[i]))
            continue;
        struct kf_quality_item *item = &r->item[r->n++];
        item->row = &row[i];
        item->verdict = verdict_of(&row[i]);
        r->failed += item->verdict == KF_QUALITY_FAILED;
        r->warned += item->verdict == KF_QUALITY_WARN;
    }
    if (!r->n)
        return kf_error_set(err, KF_E_USAGE, "quality",
                            "--check %s names no expect rule, no check and no finding; 'kinfold "
                            "quality --all' lists them",
                            kf_cli_get(r->s->cli, "check"));
    qsort(r->item, r->n, sizeof *r->item, cmp_item);
    return 0;
}

/* ---- earlier runs ---- */

static int on_past(void *ctx, int n, const char *const *v, const char *const *name)
{
    struct kf_quality_report *r = ctx;
    (void)name;
    for (uint32_t i = 0; n == 6 && i < r->n; i++) {
        struct kf_quality_item *item = &r->item[i];
        const char *rule = item->row->rule ? item->row->rule->name : NULL;
        if ((rule == NULL) != (v[1] == NULL) || (rule && strcmp(rule, v[1]) != 0) ||
            strcmp(item->row->check, v[2] ? v[2] : "") != 0 ||
            strcmp(item->row->detail, v[3] ? v[3] : "") != 0 || item->n_past == KF_QUALITY_RUNS)
            continue;
        item->past[item->n_past++] =
            (struct kf_quality_past){strtoll(v[0], NULL, 10), strtoull(v[4] ? v[4] : "0", NULL, 10),
                                     strtoull(v[5] ? v[5] : "0", NULL, 10)};
    }
    return 0;
}

static int gather_past(struct kf_quality_report *r, struct kf_error *err)
{
    char before[32];
    const char *arg[] = {before};
    if (!r->s->store)
        return 0;
    snprintf(before, sizeof before, "%lld",
             r->fresh ? (long long)INT64_MAX : (long long)r->s->last.number);
    return kf_store_ask(r->s->store,
                        "SELECT run, rule, \"check\", detail, bad, \"of\" FROM run_quality"
                        " WHERE run < CAST(?1 AS INT) AND run IN (SELECT DISTINCT run FROM"
                        " run_quality WHERE run < CAST(?1 AS INT) ORDER BY run DESC LIMIT 30)"
                        " ORDER BY run, id",
                        arg, 1, on_past, r, err);
}

/* Copies are gone once a run has ended: what it found of them is what it noted. */
static int on_copies(void *ctx, int n, const char *const *v, const char *const *name)
{
    struct kf_quality_report *r = ctx;
    (void)name;
    for (uint32_t i = 0; n == 2 && i < r->n; i++) {
        struct kf_quality_item *item = &r->item[i];
        if (item->row->rule || strcmp(item->row->detail, "same_id_other_content") != 0)
            continue;
        struct kf_expect_row *row = kf_arena_alloc(&r->arena, sizeof *row);
        *row = *item->row;
        row->bad = strtoull(v[0], NULL, 10);
        row->of = strtoull(v[1], NULL, 10);
        row->passed = row->bad == 0;
        item->row = row;
        item->verdict = verdict_of(row);
        r->warned += item->verdict == KF_QUALITY_WARN;
    }
    return 0;
}

static int on_run(void *ctx, int n, const char *const *v, const char *const *name)
{
    struct kf_quality_report *r = ctx;
    (void)name;
    if (n == 2 && v[1]) {
        r->despite_by = kf_arena_strdup(&r->arena, v[0] ? v[0] : "");
        r->despite = kf_arena_strdup(&r->arena, v[1]);
    }
    return 0;
}

/* ---- quarantine ---- */

struct listing {
    struct kf_quality_report *r;
    kf_vec(struct kf_quality_quarantine) all;
};

static const char *place_of(struct kf_arena *a, const char *file, const char *record)
{
    return record && strcmp(record, "0") != 0 ? kf_arena_printf(a, "%s:%s", file, record)
                                              : kf_arena_strdup(a, file);
}

static int on_record(void *ctx, int n, const char *const *v, const char *const *name)
{
    struct listing *l = ctx;
    struct kf_arena *a = &l->r->arena;
    (void)name;
    if (n != 6)
        return 0;
    const char *raw = v[5] ? v[5] : "";
    *kf_vec_push(&l->all) =
        (struct kf_quality_quarantine){.source = kf_arena_strdup(a, v[0] ? v[0] : ""),
                                       .reason = kf_arena_strdup(a, v[1] ? v[1] : ""),
                                       .place = place_of(a, v[2] ? v[2] : "?", v[3]),
                                       .detail = kf_arena_strdup(a, v[4] ? v[4] : ""),
                                       .raw = kf_str(kf_arena_strdup(a, raw), strlen(raw))};
    return 0;
}

static int cmp_record(const void *a, const void *b)
{
    const struct kf_quality_quarantine *x = a, *y = b;
    int c = strcmp(x->reason, y->reason);
    if (c == 0)
        c = strcmp(x->source, y->source);
    return c ? c : (x->order > y->order) - (x->order < y->order);
}

/* By source, file and record already. */
static void take_ingest(struct listing *l)
{
    const struct kf_ingest_result *in = l->r->ingest;
    const struct kf_symbols *file = l->r->s->events->dict->file;
    struct kf_arena *a = &l->r->arena;
    char record[16];
    for (uint32_t i = 0; i < in->n_quarantine; i++) {
        const struct kf_quarantine *q = &in->quarantine[i];
        struct kf_str f = kf_symbols_text(file, q->file);
        snprintf(record, sizeof record, "%u", q->record);
        *kf_vec_push(&l->all) = (struct kf_quality_quarantine){
            .source = in->source[q->source].config->name,
            .reason = q->reason,
            .place = place_of(a, kf_arena_strndup(a, f.p ? f.p : "?", f.p ? f.n : 1), record),
            .detail = kf_arena_strndup(a, q->detail.p, q->detail.n),
            .raw = q->raw,
            .order = i};
    }
    if (l->all.n)
        qsort(l->all.p, l->all.n, sizeof *l->all.p, cmp_record);
}

static int gather_quarantine(struct kf_quality_report *r, struct kf_error *err)
{
    struct listing l = {.r = r};
    int rc = 0;
    if (r->fresh)
        take_ingest(&l);
    else
        rc = kf_store_query(r->s->store,
                            "SELECT source, reason, file, record, detail, raw FROM quarantine"
                            " ORDER BY reason, source, file, record",
                            on_record, &l, err);
    struct kf_quality_quarantine *all = kf_arena_alloc(&r->arena, (l.all.n + 1) * sizeof *all);
    if (l.all.n)
        memcpy(all, l.all.p, l.all.n * sizeof *all);
    r->quarantine = all;
    r->n_quarantine = (uint32_t)l.all.n;
    kf_vec_free(&l.all);
    return rc;
}

/* ---- all of it ---- */

int kf_quality_gather(struct kf_session *s, bool want_rows, struct kf_quality_report *ret,
                      struct kf_error *err)
{
    const struct kf_expect_row *row = NULL;
    uint32_t n = 0;
    ret->s = s;
    int rc = load(ret, err);
    for (uint32_t i = 0; rc == 0 && i < s->events->n; i++)
        ret->events += !s->events->dropped[i];
    if (rc == 0)
        rc = kf_decide_quality_rows(s->decide, want_rows, &ret->arena, &row, &n, err);
    if (rc == 0)
        rc = take_rows(ret, row, n, err);
    if (rc == 0)
        rc = gather_past(ret, err);
    if (rc == 0 && !ret->fresh)
        rc = kf_store_query(s->store,
                            "SELECT despite_by, despite FROM run ORDER BY number DESC LIMIT 1",
                            on_run, ret, err);
    if (rc == 0 && !ret->fresh)
        rc = kf_store_query(s->store,
                            "SELECT bad, \"of\" FROM quality WHERE rule IS NULL"
                            " AND detail = 'same_id_other_content'",
                            on_copies, ret, err);
    return rc ? rc : gather_quarantine(ret, err);
}

void kf_quality_report_free(struct kf_quality_report *r)
{
    for (uint32_t i = 0; i < r->n; i++)
        free(r->item[i].file);
    kf_ingest_free(r->ingest);
    kf_arena_free(&r->arena);
}
