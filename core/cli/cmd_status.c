/* Where things stand: what the store holds, how fresh each source is, what waits for somebody. The
 * one command that looks at the clock on the wall, to say when a schedule is next due. */
#include "cli/identity_status.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

static const struct kf_cli_option OPTIONS[] = {
    {"now", 0, "INSTANT", "as if it were this instant (default: now)", false},
    {"identity", 0, NULL, "how far identity can be believed: values, sharing, refusals, weak links",
     false},
    {"large", 0, "N", "look for weak links in profiles of N identifiers and more (default: 20)",
     false},
    {"pairs", 0, "FILE", "hold identity against a labelled sample: lines a,b,same or a,b,different",
     false},
    {0},
};

struct freshness {
    uint64_t records, events, duplicates, rejected, late;
    int64_t last_event, last_received; /* ns; KF_NO_TIME: none */
    bool seen;
};

struct standing {
    struct kf_session *s;
    struct freshness *source; /* one a source of kinfold.yaml */
    int64_t now;
    bool rules_changed, rules_broken;
    struct kf_identity_status identity; /* figures NULL: not asked for */
};

static uint64_t number(const char *t)
{
    return t ? strtoull(t, NULL, 10) : 0;
}

static int64_t instant(const char *ms)
{
    return ms ? (int64_t)strtoll(ms, NULL, 10) * (KF_SECOND / 1000) : KF_NO_TIME;
}

static int on_source(void *ctx, int n, const char *const *v, const char *const *name)
{
    struct standing *k = ctx;
    (void)name;
    for (uint32_t i = 0; n == 8 && i < k->s->ws.config->n_source; i++)
        if (v[0] && strcmp(k->s->ws.config->source[i].name, v[0]) == 0)
            k->source[i] = (struct freshness){.records = number(v[1]),
                                              .events = number(v[2]),
                                              .duplicates = number(v[3]),
                                              .rejected = number(v[4]),
                                              .late = number(v[5]),
                                              .last_event = instant(v[6]),
                                              .last_received = instant(v[7]),
                                              .seen = true};
    return 0;
}

static int gather(struct standing *k, struct kf_error *err)
{
    int rc = kf_session_store(k->s, err);
    if (rc == 0)
        rc = kf_store_query(k->s->store,
                            "SELECT name, records, events, duplicates, rejected, late, "
                            "last_event_ms, last_received_ms"
                            " FROM source_status ORDER BY id",
                            on_source, k, err);
    if (rc)
        return rc;
    struct kf_error ignored = KF_ERROR_INIT;
    if (kf_workspace_load_rules(&k->s->ws, false, &ignored) || k->s->ws.rules->n_errors)
        k->rules_broken = true;
    else
        k->rules_changed = strcmp(k->s->ws.rules->digest, k->s->last.rules_digest) != 0;
    return 0;
}

/* What the source waits for, in words. */
static void waits_add(const struct standing *k, const struct kf_config_source *c, struct kf_buf *b)
{
    int64_t next;
    if (c->cadence == KF_CADENCE_APPROVAL) {
        if (c->approved_by)
            kf_buf_addf(b, "approved by %s", c->approved_by);
        else
            kf_buf_adds(b, "waits for approval (approved_by)");
    } else if (c->cadence == KF_CADENCE_SCHEDULE && c->cron &&
               kf_cron_next(c->cron, k->s->ws.config->zone, k->now, &next) && next != KF_TIME_MAX) {
        kf_buf_adds(b, "next ");
        kf_when_add(b, k->s->ws.config->zone, next);
    }
}

static void add_sources(const struct standing *k, struct kf_buf *b)
{
    const struct kf_config *c = k->s->ws.config;
    struct kf_table t;
    kf_table_start(&t, "llrlrrl");
    kf_table_head(&t, "source|cadence|events|last event|late|quarantined|");
    for (uint32_t i = 0; i < c->n_source; i++) {
        const struct freshness *f = &k->source[i];
        struct kf_buf when = {0}, waits = {0};
        bool never = !f->seen || !f->records;
        kf_when_add(&when, c->zone, never ? KF_NO_TIME : f->last_event);
        waits_add(k, &c->source[i], &waits);
        kf_table_cell(&t, c->source[i].name);
        kf_table_cell(&t, kf_config_cadence_name(c->source[i].cadence));
        kf_table_count(&t, f->events);
        kf_table_style(&t, never ? KF_DIM : KF_PLAIN, when.p);
        kf_table_cellf(&t, "%.1f %%",
                       f->events ? 100.0 * (double)f->late / (double)f->events : 0.0);
        kf_table_count(&t, f->rejected);
        kf_table_style(&t,
                       c->source[i].cadence == KF_CADENCE_APPROVAL && !c->source[i].approved_by
                           ? KF_YELLOW
                           : KF_DIM,
                       waits.p ? waits.p : "");
        kf_table_end_row(&t);
        kf_buf_free(&when);
        kf_buf_free(&waits);
    }
    kf_table_print(&t, 2, k->s->cli->colour, b);
}

static int on_segment(void *ctx, int n, const char *const *v, const char *const *name)
{
    struct kf_table *t = ctx;
    (void)name;
    if (n == 2) {
        kf_table_cell(t, v[0] ? v[0] : "");
        kf_table_count(t, number(v[1]));
        kf_table_end_row(t);
    }
    return 0;
}

static const char SEGMENTS[] =
    "SELECT r.name, count(m.id) FROM rule r LEFT JOIN membership m ON m.rule = r.id"
    " WHERE r.kind = 'segment' GROUP BY r.id ORDER BY r.name";

static int say_text(const struct standing *k, struct kf_buf *b, struct kf_error *err)
{
    const struct kf_store_run *r = &k->s->last;
    struct stat st;
    kf_style_add(b, k->s->cli->colour, KF_BOLD, k->s->ws.config->store);
    if (stat(k->s->ws.config->store, &st) == 0)
        kf_buf_addf(b, "  %.1f MB", (double)st.st_size / 1e6);
    kf_buf_addf(b, "\n  run %lld, as of ", (long long)r->number);
    kf_when_add(b, k->s->ws.config->zone, r->as_of);
    kf_buf_addf(b, " %s, by Kinfold %s\n  ",
                k->s->ws.config->zone_name ? k->s->ws.config->zone_name : "UTC", r->engine);
    kf_count_add(b, r->events, "event", NULL);
    kf_buf_adds(b, ", ");
    kf_count_add(b, r->profiles, "profile", NULL);
    kf_buf_adds(b, ", ");
    kf_count_add(b, r->identifiers, "identifier", NULL);
    kf_buf_adds(b, ", ");
    kf_count_add(b, r->duplicates, "duplicate", NULL);
    kf_buf_adds(b, ", ");
    kf_count_add(b, r->quarantined, "record in quarantine", "records in quarantine");
    kf_buf_adds(b, "\n  rules: ");
    if (k->rules_broken)
        kf_style_add(b, k->s->cli->colour, KF_RED,
                     "the working tree does not load (kinfold check)\n\n");
    else
        kf_buf_adds(b, k->rules_changed
                           ? "changed since that run (kinfold dry-run shows what it would mean)\n\n"
                           : "as in the working tree\n\n");
    add_sources(k, b);
    struct kf_table t;
    kf_table_start(&t, "lr");
    kf_table_head(&t, "segment|members");
    int rc = kf_store_query(k->s->store, SEGMENTS, on_segment, &t, err);
    if (!kf_table_empty(&t))
        kf_buf_addc(b, '\n');
    kf_table_print(&t, 2, k->s->cli->colour, b);
    if (k->identity.figures)
        kf_identity_status_text(&k->identity, b);
    return rc;
}

static int on_segment_json(void *ctx, int n, const char *const *v, const char *const *name)
{
    (void)name;
    if (n == 2)
        kf_json_count(ctx, v[0], number(v[1]));
    return 0;
}

static int say_json(const struct standing *k, struct kf_buf *b, struct kf_error *err)
{
    const struct kf_store_run *r = &k->s->last;
    const struct kf_config *c = k->s->ws.config;
    struct kf_json j;
    kf_json_start(&j, b, "kinfold.status/1");
    kf_json_text(&j, "store", c->store);
    kf_json_int(&j, "run", r->number);
    kf_json_time(&j, "as_of", r->as_of);
    kf_json_text(&j, "engine", r->engine);
    kf_json_count(&j, "events", r->events);
    kf_json_count(&j, "profiles", r->profiles);
    kf_json_count(&j, "identifiers", r->identifiers);
    kf_json_count(&j, "duplicates", r->duplicates);
    kf_json_count(&j, "quarantined", r->quarantined);
    kf_json_text(&j, "rules", k->rules_broken ? "broken" : k->rules_changed ? "changed" : "same");
    kf_json_open(&j, "sources", '[');
    for (uint32_t i = 0; i < c->n_source; i++) {
        const struct freshness *f = &k->source[i];
        int64_t next = KF_NO_TIME;
        if (c->source[i].cadence == KF_CADENCE_SCHEDULE && c->source[i].cron)
            kf_cron_next(c->source[i].cron, c->zone, k->now, &next);
        kf_json_open(&j, NULL, '{');
        kf_json_text(&j, "name", c->source[i].name);
        kf_json_text(&j, "cadence", kf_config_cadence_name(c->source[i].cadence));
        kf_json_text(&j, "cron", c->source[i].cron);
        kf_json_time(&j, "next", next);
        kf_json_bool(&j, "waits_for_approval",
                     c->source[i].cadence == KF_CADENCE_APPROVAL && !c->source[i].approved_by);
        kf_json_count(&j, "records", f->records);
        kf_json_count(&j, "events", f->events);
        kf_json_count(&j, "duplicates", f->duplicates);
        kf_json_count(&j, "quarantined", f->rejected);
        kf_json_count(&j, "late", f->late);
        kf_json_time(&j, "last_event", f->seen ? f->last_event : KF_NO_TIME);
        kf_json_time(&j, "last_received", f->seen ? f->last_received : KF_NO_TIME);
        kf_json_close(&j, '}');
    }
    kf_json_close(&j, ']');
    kf_json_open(&j, "segments", '{');
    int rc = kf_store_query(k->s->store, SEGMENTS, on_segment_json, &j, err);
    kf_json_close(&j, '}');
    if (k->identity.figures)
        kf_identity_status_json(&k->identity, &j);
    kf_json_end(&j);
    return rc;
}

static int now(struct standing *k, struct kf_error *err)
{
    const char *t = kf_cli_get(k->s->cli, "now");
    bool offset;
    k->now = (int64_t)time(NULL) * KF_SECOND;
    if (t && !kf_time_parse(kf_cstr(t), k->s->ws.config->zone, &k->now, &offset))
        return kf_error_set(err, KF_E_USAGE, "status",
                            "--now wants an instant such as 2026-07-01T12:00:00Z, not '%s'", t);
    return 0;
}

/* Costs what resolving everybody costs, so only when asked. */
static int gather_identity(struct standing *k, struct kf_error *err)
{
    const struct kf_cli *c = k->s->cli;
    int64_t large = KF_LARGE_PROFILE;
    int rc = kf_cli_number(c, "large", 2, UINT32_MAX, &large, err);
    if (rc || !(kf_cli_has(c, "identity") || kf_cli_has(c, "pairs") || kf_cli_has(c, "large")))
        return rc;
    return kf_identity_status_gather(k->s, (uint32_t)large, kf_cli_get(c, "pairs"), &k->identity,
                                     err);
}

static int run(struct kf_cli *cli)
{
    struct kf_session s;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf b = {0};
    struct standing k = {.s = &s};
    int rc = kf_session_open(&s, cli, &err);
    if (rc == 0)
        rc = now(&k, &err);
    if (rc == 0) {
        k.source = calloc(s.ws.config->n_source + 1u, sizeof *k.source);
        rc =
            k.source ? gather(&k, &err) : kf_error_set(&err, KF_E_NOMEM, "status", "out of memory");
    }
    if (rc == 0)
        rc = gather_identity(&k, &err);
    if (rc == 0)
        rc = cli->json ? say_json(&k, &b, &err) : say_text(&k, &b, &err);
    int status = rc ? kf_session_fail(&s, &err) : k.identity.alarm;
    if (rc == 0)
        kf_out_flush(&b);
    kf_buf_free(&b);
    free(k.source);
    kf_identity_status_free(&k.identity);
    kf_session_close(&s);
    return status;
}

static const char *const EXAMPLES[] = {
    "kinfold status", "what is stored, how fresh each source is, what waits",
    "kinfold status --identity",
    "how many values people have, what is shared, what was refused, what hangs by one link", NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "--identity: a profile has two values of a person's key"},
    {66, "there was no run yet"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_status = {.name = "status",
                                             .purpose =
                                                 "say what is stored and how fresh the sources are",
                                             .option = OPTIONS,
                                             .example = EXAMPLES,
                                             .exits = EXITS,
                                             .run = run};
