#include "cli/freshness.h"

#include <stdlib.h>

/* A shop sleeps at night: real time that says nothing for longer than that is broken, where nothing
 * else is said (warn_after). */
#define SILENT (12 * KF_HOUR)

static int64_t instant(const char *ms)
{
    return ms ? (int64_t)strtoll(ms, NULL, 10) * (KF_SECOND / 1000) : KF_NO_TIME;
}

static uint64_t number(const char *t)
{
    return t ? strtoull(t, NULL, 10) : 0;
}

static struct kf_ledger_source *source_named(struct kf_ledger *l, const char *name)
{
    for (uint32_t i = 0; name && i < l->n_source; i++)
        if (strcmp(l->source[i].config->name, name) == 0)
            return &l->source[i];
    return NULL;
}

/* ---- what the store says ---- */

static int on_source(void *ctx, int n, const char *const *v, const char *const *name)
{
    struct kf_ledger_source *s = source_named(ctx, v[0]);
    (void)name;
    if (n != 10 || !s)
        return 0;
    s->seen = true;
    s->records = number(v[1]);
    s->events = number(v[2]);
    s->duplicates = number(v[3]);
    s->rejected = number(v[4]);
    s->late = number(v[5]);
    s->last_event = instant(v[6]);
    s->last_received = instant(v[7]);
    s->delivered = instant(v[8]);
    s->waits_since = instant(v[9]);
    return 0;
}

/* waits_since: the first of the runs, up to the last, that all found it waiting. */
static const char SOURCES[] =
    "SELECT s.name, s.records, s.events, s.duplicates, s.rejected, s.late, s.last_event_ms,"
    " s.last_received_ms, (SELECT at_ms FROM run WHERE number = s.last_run),"
    " (SELECT r.at_ms FROM run_source x JOIN run r ON r.number = x.run WHERE x.source = s.name"
    "  AND x.waits AND x.run > coalesce((SELECT max(run) FROM run_source y"
    "   WHERE y.source = s.name AND NOT y.waits), 0) ORDER BY x.run LIMIT 1)"
    " FROM source_status s ORDER BY s.id";

static int on_run(void *ctx, int n, const char *const *v, const char *const *name)
{
    struct kf_ledger *l = ctx;
    (void)name;
    if (n != 3)
        return 0;
    l->run_at = instant(v[0]);
    l->despite_by = v[1] ? kf_arena_strdup(&l->arena, v[1]) : NULL;
    l->despite = v[2] ? kf_arena_strdup(&l->arena, v[2]) : NULL;
    return 0;
}

struct names {
    struct kf_arena *arena;
    kf_vec(const char *) name;
};

static int on_name(void *ctx, int n, const char *const *v, const char *const *name)
{
    struct names *k = ctx;
    (void)name;
    if (n == 1 && v[0])
        *kf_vec_push(&k->name) = kf_arena_strdup(k->arena, v[0]);
    return 0;
}

static int gather_failed(struct kf_ledger *l, struct kf_error *err)
{
    struct names k = {.arena = &l->arena};
    int rc = kf_store_query(l->s->store,
                            "SELECT DISTINCT r.name FROM quality q JOIN rule r ON r.id = q.rule"
                            " WHERE NOT q.passed ORDER BY r.name",
                            on_name, &k, err);
    const char **all = kf_arena_alloc(&l->arena, (k.name.n + 1) * sizeof *all);
    if (k.name.n)
        memcpy(all, k.name.p, k.name.n * sizeof *all);
    l->failed = all;
    l->n_failed = (uint32_t)k.name.n;
    kf_vec_free(&k.name);
    return rc;
}

/* ---- schedules ---- */

/* The last time a schedule fired before or at `now`: looked for in ever longer stretches. */
static int64_t fired_before(const char *cron, const struct kf_zone *zone, int64_t now)
{
    static const int64_t stretch[] = {KF_HOUR, KF_DAY, 8 * KF_DAY, 40 * KF_DAY, 400 * KF_DAY};
    for (size_t i = 0; i < sizeof stretch / sizeof *stretch; i++) {
        int64_t t = now - stretch[i], next, last = KF_NO_TIME;
        while (kf_cron_next(cron, zone, t, &next) && next <= now)
            t = last = next;
        if (last != KF_NO_TIME)
            return last;
    }
    return KF_NO_TIME;
}

static void schedule(const struct kf_ledger *l, struct kf_ledger_source *s)
{
    const struct kf_zone *zone = l->s->ws.config->zone;
    s->due = s->next = KF_NO_TIME;
    if (s->config->cadence != KF_CADENCE_SCHEDULE || !s->config->cron)
        return;
    s->due = fired_before(s->config->cron, zone, l->now);
    if (!kf_cron_next(s->config->cron, zone, l->now, &s->next) || s->next == KF_TIME_MAX)
        s->next = KF_NO_TIME;
}

/* The newest record: when it came, if it says so, else when it happened. Not later than the run
 * that read it, for one wrong clock would make a source look alive for years. */
static int64_t heard(const struct kf_ledger *l, const struct kf_ledger_source *s)
{
    int64_t t = s->last_received != KF_NO_TIME ? s->last_received : s->last_event;
    return l->run_at != KF_NO_TIME && t > l->run_at ? l->run_at : t;
}

static void measure(const struct kf_ledger *l, struct kf_ledger_source *s)
{
    int64_t warn = s->config->warn_after, error = s->config->error_after, t = heard(l, s);
    s->late_since = s->error_since = KF_NO_TIME;
    if (t == KF_NO_TIME)
        return;
    if ((warn || error) && l->now - t > (warn ? warn : error))
        s->late_since = t + (warn ? warn : error);
    if (error && l->now - t > error)
        s->error_since = t + error;
}

static enum kf_ledger_state state_of(const struct kf_ledger *l, const struct kf_ledger_source *s)
{
    if (kf_config_waits(s->config))
        return KF_LEDGER_WAITS;
    if (!s->seen || !s->records)
        return KF_LEDGER_NEVER;
    if (s->late_since != KF_NO_TIME)
        return KF_LEDGER_LATE;
    if (kf_ledger_overdue(s))
        return KF_LEDGER_OVERDUE;
    if (s->config->cadence == KF_CADENCE_REALTIME && !s->config->warn_after &&
        !s->config->error_after && s->last_received != KF_NO_TIME && l->run_at != KF_NO_TIME &&
        l->run_at - s->last_received > SILENT)
        return KF_LEDGER_SILENT;
    return KF_LEDGER_FRESH;
}

static void releases(struct kf_ledger *l)
{
    struct kf_error ignored = KF_ERROR_INIT;
    if (kf_approvals_load(l->s->ws.config, &l->approvals, &ignored))
        return; /* 'kinfold log' says what is wrong with it */
    for (uint32_t i = 0; i < l->n_source; i++) {
        const struct kf_approval *last = NULL, *now;
        now = kf_approvals_source(l->approvals, l->source[i].config->name, l->now, &last);
        l->source[i].release = now ? now : last;
    }
}

/* ---- all of it ---- */

static int from_store(struct kf_ledger *l, struct kf_error *err)
{
    int rc = kf_session_store(l->s, err);
    if (rc == 0)
        rc = kf_store_query(l->s->store, SOURCES, on_source, l, err);
    if (rc == 0)
        rc = kf_store_query(l->s->store,
                            "SELECT at_ms, despite_by, despite FROM run ORDER BY number DESC"
                            " LIMIT 1",
                            on_run, l, err);
    return rc ? rc : gather_failed(l, err);
}

static void look_at_rules(struct kf_ledger *l)
{
    struct kf_session *s = l->s;
    struct kf_error ignored = KF_ERROR_INIT;
    if (kf_workspace_load_rules(&s->ws, false, &ignored) || s->ws.rules->n_errors)
        l->rules_broken = true;
    else
        l->rules_changed = strcmp(s->ws.rules->digest, s->last.rules_digest) != 0;
}

int kf_ledger_gather(struct kf_session *s, int64_t now, struct kf_ledger *ret, struct kf_error *err)
{
    const struct kf_config *c = s->ws.config;
    ret->s = s;
    ret->now = now;
    ret->run_at = KF_NO_TIME;
    ret->n_source = c->n_source;
    ret->source = kf_arena_zalloc(&ret->arena, (c->n_source + 1u) * sizeof *ret->source);
    for (uint32_t i = 0; i < c->n_source; i++)
        ret->source[i] = (struct kf_ledger_source){.config = &c->source[i],
                                                   .last_event = KF_NO_TIME,
                                                   .last_received = KF_NO_TIME,
                                                   .delivered = KF_NO_TIME,
                                                   .waits_since = KF_NO_TIME};
    int rc = from_store(ret, err);
    if (rc)
        return rc;
    look_at_rules(ret);
    releases(ret);
    for (uint32_t i = 0; i < ret->n_source; i++) {
        schedule(ret, &ret->source[i]);
        measure(ret, &ret->source[i]);
        ret->source[i].state = state_of(ret, &ret->source[i]);
    }
    rc = kf_session_last_rules(s, err);
    if (rc == 0)
        rc = kf_ledger_feeds(ret, err);
    if (rc == 0)
        kf_ledger_answer(ret);
    return rc;
}

void kf_ledger_free(struct kf_ledger *l)
{
    kf_approvals_free(l->approvals);
    kf_buf_free(&l->reason);
    kf_arena_free(&l->arena);
}
