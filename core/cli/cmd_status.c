/* Where things stand: can the numbers be relied on today, how fresh is each source, and what waits
 * for whom. The one command that holds the clock on the wall against the data. */
#include "cli/freshness.h"
#include "cli/identity_status.h"
#include "cli/steward.h"

#include <sys/stat.h>

static const struct kf_cli_option OPTIONS[] = {
    {"why", 0, "NAME", "one line: why is this segment, export, report or source delayed?", false},
    {"now", 0, "INSTANT", "as if it were this instant (default: now)", false},
    {"fail-late", 0, NULL,
     "for cron: exit 1 if a source is late (past its error_after, if it has one), overdue, silent, "
     "or was never there",
     false},
    {"identity", 0, NULL, "how far identity can be believed: values, sharing, refusals, weak links",
     false},
    {"large", 0, "N", "look for weak links in profiles of N identifiers and more (default: 20)",
     false},
    {"pairs", 0, "FILE", "hold identity against a labelled sample: lines a,b,same or a,b,different",
     false},
    {0},
};

struct standing {
    struct kf_session *s;
    struct kf_ledger ledger;
    struct kf_identity_status identity; /* figures NULL: not asked for */
};

/* ---- text ---- */

static enum kf_style style_of(enum kf_ledger_state s)
{
    return s == KF_LEDGER_FRESH ? KF_DIM : s == KF_LEDGER_NEVER ? KF_RED : KF_YELLOW;
}

static void add_answer(const struct kf_ledger *l, struct kf_buf *b)
{
    static const enum kf_style style[] = {KF_GREEN, KF_YELLOW, KF_RED};
    static const char *const word[] = {"Yes", "With care", "No"};
    bool colour = l->s->cli->colour;
    struct kf_buf line = {0};
    kf_style_add(b, colour, KF_BOLD, "Can I rely on the numbers today?");
    kf_buf_addc(b, ' ');
    kf_style_add(b, colour, style[l->answer], word[l->answer]);
    kf_buf_adds(&line, l->reason.n ? ": " : ": everything came when it should have");
    for (size_t i = 0; i < l->reason.n; i++) {
        if (l->reason.p[i] == '\n')
            kf_buf_adds(&line, "; ");
        else
            kf_buf_addc(&line, l->reason.p[i]);
    }
    kf_wrap_add(b, line.p, 2, 33 + (unsigned)strlen(word[l->answer]), false);
    kf_buf_adds(b, "\n\n");
    kf_buf_free(&line);
}

static void add_store(const struct kf_ledger *l, struct kf_buf *b)
{
    const struct kf_config *c = l->s->ws.config;
    const struct kf_store_run *r = &l->s->last;
    struct stat st;
    kf_style_add(b, l->s->cli->colour, KF_BOLD, c->store);
    if (stat(c->store, &st) == 0)
        kf_buf_addf(b, "  %.1f MB", (double)st.st_size / 1e6);
    kf_buf_addf(b, "\n  run %lld", (long long)r->number);
    if (l->run_at != KF_NO_TIME) {
        kf_buf_adds(b, " of ");
        kf_when_add(b, c->zone, l->run_at);
        kf_buf_adds(b, " (");
        kf_ago_add(b, l->now - l->run_at);
        kf_buf_adds(b, " ago)");
    }
    kf_buf_adds(b, ", as of ");
    kf_when_add(b, c->zone, r->as_of);
    kf_buf_addf(b, " %s, by Kinfold %s\n  ", c->zone_name ? c->zone_name : "UTC", r->engine);
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
    if (l->rules_broken)
        kf_style_add(b, l->s->cli->colour, KF_RED,
                     "the working tree does not load (kinfold check)\n");
    else
        kf_buf_adds(b, l->rules_changed
                           ? "changed since that run (kinfold dry-run shows what it would mean)\n"
                           : "as in the working tree\n");
}

static void add_sources(const struct kf_ledger *l, struct kf_buf *b)
{
    const struct kf_config *c = l->s->ws.config;
    struct kf_table t;
    kf_table_start(&t, "llrlrrrl");
    t.wrap = true;
    kf_table_head(&t, "source|cadence|events|last event|lag|late|rejected|");
    for (uint32_t i = 0; i < l->n_source; i++) {
        const struct kf_ledger_source *s = &l->source[i];
        struct kf_buf last = {0}, lag = {0}, standing = {0};
        kf_when_add(&last, c->zone, s->last_event);
        kf_buf_adds(&lag, "");
        if (s->last_event != KF_NO_TIME)
            kf_ago_add(&lag, l->now - s->last_event);
        kf_ledger_standing_add(&standing, l, s);
        kf_table_cell(&t, s->config->name);
        kf_table_cell(&t, kf_config_cadence_name(s->config->cadence));
        kf_table_count(&t, s->events);
        kf_table_style(&t, s->last_event == KF_NO_TIME ? KF_DIM : KF_PLAIN, last.p);
        kf_table_cell(&t, lag.p);
        kf_table_cellf(&t, "%.1f %%",
                       s->events ? 100.0 * (double)s->late / (double)s->events : 0.0);
        kf_table_count(&t, s->rejected);
        kf_table_style(&t, style_of(s->state), standing.p);
        kf_table_end_row(&t);
        kf_buf_free(&last);
        kf_buf_free(&lag);
        kf_buf_free(&standing);
    }
    kf_buf_addc(b, '\n');
    kf_table_print(&t, 2, l->s->cli->colour, b);
}

static void add_products(const struct kf_ledger *l, struct kf_buf *b)
{
    const struct kf_config *c = l->s->ws.config;
    struct kf_table t;
    if (!l->n_product)
        return;
    kf_table_start(&t, "llrlll");
    kf_table_head(&t, "||members|as fresh as|last event|");
    for (uint32_t i = 0; i < l->n_product; i++) {
        const struct kf_ledger_product *p = &l->product[i];
        const struct kf_ledger_source *s = p->stalest == UINT32_MAX ? NULL : &l->source[p->stalest];
        struct kf_buf last = {0};
        kf_buf_adds(&last, "");
        if (s)
            kf_when_add(&last, c->zone, s->last_event);
        kf_table_style(&t, KF_DIM, kf_ledger_kind_name(p->rule));
        kf_table_cell(&t, p->rule->name);
        if (p->members >= 0)
            kf_table_count(&t, (uint64_t)p->members);
        else
            kf_table_cell(&t, "");
        kf_table_cell(&t, s ? s->config->name : "no source");
        kf_table_cell(&t, last.p);
        kf_table_style(&t, s ? style_of(s->state) : KF_DIM,
                       s && s->state != KF_LEDGER_FRESH ? kf_ledger_state_name(s->state) : "");
        kf_table_end_row(&t);
        kf_buf_free(&last);
    }
    kf_buf_addc(b, '\n');
    kf_table_print(&t, 2, l->s->cli->colour, b);
}

static void say_text(const struct standing *k, struct kf_buf *b)
{
    add_answer(&k->ledger, b);
    add_store(&k->ledger, b);
    add_sources(&k->ledger, b);
    add_products(&k->ledger, b);
    if (k->identity.figures)
        kf_identity_status_text(&k->identity, b);
}

/* ---- JSON ---- */

static void json_lag(struct kf_json *j, const struct kf_ledger *l, int64_t t)
{
    if (t == KF_NO_TIME)
        kf_json_text(j, "lag_seconds", NULL);
    else
        kf_json_int(j, "lag_seconds", (l->now - t) / KF_SECOND);
}

static void json_limit(struct kf_json *j, const char *name, int64_t ns)
{
    if (ns)
        kf_json_int(j, name, ns / KF_SECOND);
    else
        kf_json_text(j, name, NULL);
}

static void json_source(const struct kf_ledger *l, const struct kf_ledger_source *s,
                        struct kf_json *j)
{
    struct kf_buf standing = {0};
    kf_ledger_standing_add(&standing, l, s);
    kf_json_open(j, NULL, '{');
    kf_json_text(j, "name", s->config->name);
    kf_json_text(j, "cadence", kf_config_cadence_name(s->config->cadence));
    kf_json_text(j, "state", kf_ledger_state_name(s->state));
    kf_json_text(j, "standing", standing.p);
    kf_json_text(j, "cron", s->config->cron);
    kf_json_time(j, "due", s->due);
    kf_json_time(j, "next", s->next);
    kf_json_time(j, "delivered", s->delivered);
    kf_json_bool(j, "waits_for_approval", kf_config_waits(s->config));
    json_limit(j, "warn_after_seconds", s->config->warn_after);
    json_limit(j, "error_after_seconds", s->config->error_after);
    kf_json_time(j, "late_since", s->late_since);
    kf_json_time(j, "error_since", s->error_since);
    kf_json_time(j, "waits_since", kf_config_waits(s->config) ? s->waits_since : KF_NO_TIME);
    kf_json_text(j, "approved_by", s->config->approved_by);
    kf_json_count(j, "records", s->records);
    kf_json_count(j, "events", s->events);
    kf_json_count(j, "duplicates", s->duplicates);
    kf_json_count(j, "quarantined", s->rejected);
    kf_json_count(j, "late", s->late);
    kf_json_time(j, "last_event", s->last_event);
    kf_json_time(j, "last_received", s->last_received);
    json_lag(j, l, s->last_event);
    kf_json_close(j, '}');
    kf_buf_free(&standing);
}

static void json_products(const struct kf_ledger *l, struct kf_json *j)
{
    kf_json_open(j, "segments", '{');
    for (uint32_t i = 0; i < l->n_product; i++)
        if (l->product[i].rule->kind == KF_KIND_SEGMENT)
            kf_json_int(j, l->product[i].rule->name, l->product[i].members);
    kf_json_close(j, '}');
    kf_json_open(j, "ledger", '[');
    for (uint32_t i = 0; i < l->n_product; i++) {
        const struct kf_ledger_product *p = &l->product[i];
        const struct kf_ledger_source *s = p->stalest == UINT32_MAX ? NULL : &l->source[p->stalest];
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "kind", kf_ledger_kind_name(p->rule));
        kf_json_text(j, "name", p->rule->name);
        kf_json_open(j, "sources", '[');
        for (uint32_t k = 0; k < p->n_source; k++)
            kf_json_text(j, NULL, l->source[p->source[k]].config->name);
        kf_json_close(j, ']');
        kf_json_text(j, "stalest", s ? s->config->name : NULL);
        kf_json_text(j, "state", kf_ledger_state_name(s ? s->state : KF_LEDGER_FRESH));
        kf_json_time(j, "last_event", s ? s->last_event : KF_NO_TIME);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void json_reasons(const struct kf_ledger *l, struct kf_json *j)
{
    kf_json_text(j, "reliable", kf_ledger_answer_name(l->answer));
    kf_json_open(j, "reasons", '[');
    for (size_t at = 0; at < l->reason.n;) {
        size_t n = strcspn(l->reason.p + at, "\n");
        kf_json_str(j, NULL, kf_str(l->reason.p + at, n));
        at += n + 1;
    }
    kf_json_close(j, ']');
}

static void say_json(const struct standing *k, struct kf_buf *b)
{
    const struct kf_ledger *l = &k->ledger;
    const struct kf_store_run *r = &k->s->last;
    struct kf_json j;
    kf_json_start(&j, b, "kinfold.status/1");
    json_reasons(l, &j);
    kf_json_time(&j, "now", l->now);
    kf_json_text(&j, "store", k->s->ws.config->store);
    kf_json_int(&j, "run", r->number);
    kf_json_time(&j, "run_at", l->run_at);
    kf_json_time(&j, "as_of", r->as_of);
    kf_json_text(&j, "engine", r->engine);
    kf_json_count(&j, "events", r->events);
    kf_json_count(&j, "profiles", r->profiles);
    kf_json_count(&j, "identifiers", r->identifiers);
    kf_json_count(&j, "duplicates", r->duplicates);
    kf_json_count(&j, "quarantined", r->quarantined);
    kf_json_text(&j, "rules", l->rules_broken ? "broken" : l->rules_changed ? "changed" : "same");
    kf_json_text(&j, "despite", l->despite);
    kf_json_text(&j, "despite_by", l->despite_by);
    kf_json_open(&j, "failed", '[');
    for (uint32_t i = 0; i < l->n_failed; i++)
        kf_json_text(&j, NULL, l->failed[i]);
    kf_json_close(&j, ']');
    kf_json_open(&j, "sources", '[');
    for (uint32_t i = 0; i < l->n_source; i++)
        json_source(l, &l->source[i], &j);
    kf_json_close(&j, ']');
    json_products(l, &j);
    if (k->identity.figures)
        kf_identity_status_json(&k->identity, &j);
    kf_json_end(&j);
}

static int say_why(const struct standing *k, const char *name, struct kf_buf *b,
                   struct kf_error *err)
{
    struct kf_buf line = {0};
    int rc = kf_ledger_why(&k->ledger, name, &line, err);
    if (rc == 0 && k->s->cli->json) {
        struct kf_json j;
        kf_json_start(&j, b, "kinfold.status-why/1");
        kf_json_text(&j, "name", name);
        kf_json_str(&j, "why", kf_str(line.p, line.n - 1));
        kf_json_end(&j);
    } else if (rc == 0) {
        kf_buf_add(b, line.p, line.n);
    }
    kf_buf_free(&line);
    return rc;
}

/* ---- the command ---- */

static int now(const struct kf_cli *c, const struct kf_zone *zone, int64_t *ret,
               struct kf_error *err)
{
    const char *t = kf_cli_get(c, "now");
    bool offset;
    *ret = kf_desk_now();
    if (t && !kf_time_parse(kf_cstr(t), zone, ret, &offset))
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

static int work(struct standing *k, struct kf_buf *b, struct kf_error *err)
{
    const struct kf_cli *c = k->s->cli;
    int64_t at;
    int rc = now(c, k->s->ws.config->zone, &at, err);
    if (rc == 0)
        rc = kf_ledger_gather(k->s, at, &k->ledger, err);
    if (rc == 0)
        rc = gather_identity(k, err);
    if (rc)
        return rc;
    if (kf_cli_has(c, "why"))
        return say_why(k, kf_cli_get(c, "why"), b, err);
    if (c->json)
        say_json(k, b);
    else
        say_text(k, b);
    return 0;
}

static int run(struct kf_cli *cli)
{
    struct kf_session s;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf b = {0};
    struct standing k = {.s = &s};
    int rc = kf_session_open(&s, cli, &err);
    if (rc == 0)
        rc = work(&k, &b, &err);
    bool late = rc == 0 && kf_cli_has(cli, "fail-late") && kf_ledger_fails(&k.ledger);
    int status = rc ? kf_session_fail(&s, &err) : k.identity.alarm || late;
    bool wanted = status || !cli->quiet || cli->json || kf_cli_has(cli, "why");
    if (rc == 0 && wanted)
        kf_out_flush(&b);
    kf_buf_free(&b);
    kf_ledger_free(&k.ledger);
    kf_identity_status_free(&k.identity);
    kf_session_close(&s);
    return status;
}

static const char *const EXAMPLES[] = {
    "kinfold status",
    "can the numbers be relied on, how fresh is each source, what waits",
    "kinfold status --why vip_at_risk",
    "why is this export delayed?",
    "kinfold status --fail-late -q",
    "in a crontab after the run: fails and tells when a source stays away",
    "kinfold status --identity",
    "how many values people have, what is shared, what was refused, what hangs by one link",
    NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "--identity: a person has two values of a key; --fail-late: a source is late"},
    {66, "there was no run yet"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_status = {
    .name = "status",
    .purpose = "say whether the numbers can be relied on, and what is delayed",
    .about =
        "A segment, an export, a report is as fresh as the stalest of the sources that deliver "
        "the events and fields its rules ask for. A source is late when its newest record is older "
        "than its warn_after in kinfold.yaml; past its error_after the numbers are not to be "
        "relied "
        "on. It is overdue when its cron wanted it "
        "since it last came, silent when it is real time, has neither, and said nothing for twelve "
        "hours before the last run, and waiting when nobody has released it.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
