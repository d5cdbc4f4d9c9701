#include "cli/session.h"

#include "cli/approve_source.h"
#include "store/part.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void on_problem(void *ctx, const struct kf_error *e)
{
    struct kf_session *s = ctx;
    if (s->problems++ == 0)
        s->first = *e;
    kf_cli_fail(s->cli, e);
}

int kf_session_open(struct kf_session *s, const struct kf_cli *cli, struct kf_error *err)
{
    *s = (struct kf_session){.cli = cli};
    s->ws.threads = cli->threads;
    s->ws.progress = !cli->quiet && isatty(STDERR_FILENO);
    s->ws.stop = &kf_cli_stop;
    s->ws.report = on_problem;
    s->ws.report_ctx = s;
    int rc = kf_workspace_open(&s->ws, cli->dir, cli->plugin_dir, cli->n_plugin_dir, err);
    if (rc == 0)
        kf_sources_release(s->ws.config);
    s->reveal = cli->reveal || (rc == 0 && !s->ws.config->mask);
    return rc;
}

void kf_session_say_rules(const struct kf_ruleset *r, bool colour)
{
    struct kf_buf b = {0};
    for (uint32_t i = 0; i < r->n_diagnostic; i++)
        kf_diagnostic_print(&r->diagnostic[i], colour, &b);
    if (b.n)
        fwrite(b.p, 1, b.n, stderr);
    kf_buf_free(&b);
}

/* KF0003: a limit was broken (lua/codes.h). */
int kf_session_rules_code(const struct kf_ruleset *r)
{
    for (uint32_t i = 0; i < r->n_diagnostic; i++)
        if (strcmp(r->diagnostic[i].code, "KF0003") == 0)
            return KF_E_LIMIT;
    return KF_E_CONFIG;
}

int kf_session_rules(struct kf_session *s, struct kf_error *err)
{
    int rc = kf_workspace_load_rules(&s->ws, false, err);
    if (rc)
        return rc;
    if (!s->ws.rules->n_errors)
        return 0;
    kf_session_say_rules(s->ws.rules, s->cli->colour_err);
    uint32_t n = s->ws.rules->n_errors;
    return kf_error_set(err, kf_session_rules_code(s->ws.rules), "cli",
                        "%u error%s in the rules; nothing was done", n, n == 1 ? "" : "s");
}

bool kf_session_has_store(const struct kf_session *s)
{
    struct stat st;
    return stat(s->ws.config->store, &st) == 0;
}

int kf_session_store(struct kf_session *s, struct kf_error *err)
{
    int rc = kf_store_open(s->ws.config->store, &s->store, err);
    if (rc == 0)
        rc = kf_store_last_run(s->store, &s->last, err);
    return rc ? rc
              : kf_store_holding(s->store, s->last.decisions, &s->ws.decision, &s->ws.n_decision,
                                 &s->decisions, err);
}

int kf_session_last_rules(struct kf_session *s, struct kf_error *err)
{
    const struct kf_rules_text *files;
    uint32_t n;
    if (s->last_rules) /* asked for by two parts of a command */
        return 0;
    int rc = kf_store_rules(s->store, &files, &n, err);
    if (rc)
        return rc;
    struct kf_rules_options o = {.config = s->ws.config, .root = s->ws.config->rules};
    rc = kf_rules_load_text(&o, files, n, &s->last_rules, err);
    if (rc || !s->last_rules->n_errors)
        return rc;
    kf_session_say_rules(s->last_rules, s->cli->colour_err);
    return kf_error_set(
        err, KF_E_CONFIG, "cli",
        "the rules of the last run do not load with this kinfold.yaml; run 'kinfold run'");
}

int kf_session_events(struct kf_session *s, struct kf_error *err)
{
    return kf_store_load_events(s->store, s->ws.threads, &s->events, err);
}

/* What the store says of spellings holds as long as the configuration is the one it was made with.
 * KF_WHOLE_LOG=1 reads everything: what the tests compare with. */
int kf_session_events_about(struct kf_session *s, const char *const *about, uint32_t n,
                            struct kf_error *err)
{
    char digest[65];
    const char *whole = getenv("KF_WHOLE_LOG");
    int rc = kf_pipeline_config_digest(s->ws.config, digest, err);
    if (rc)
        return rc;
    struct kf_store_part o = {.rules = s->last_rules,
                              .config = s->ws.config,
                              .about = about,
                              .n_about = n,
                              .decision = s->ws.decision,
                              .n_decision = s->ws.n_decision};
    if (!(whole && strcmp(whole, "1") == 0) && strcmp(digest, s->last.config_digest) == 0)
        rc = kf_store_load_part(s->store, &o, &s->events, err);
    return rc || s->events ? rc : kf_session_events(s, err);
}

int kf_session_load(struct kf_session *s, struct kf_error *err)
{
    int rc = kf_session_store(s, err);
    if (rc == 0)
        rc = kf_session_last_rules(s, err);
    return rc ? rc : kf_session_events(s, err);
}

int kf_session_world(struct kf_session *s, const uint8_t *subset, bool want_links,
                     struct kf_error *err)
{
    kf_decide_free(s->decide);
    kf_world_free(s->world);
    s->decide = NULL;
    s->world = NULL;
    return kf_pipeline_world(&s->ws, s->last_rules, s->events, s->last.as_of, subset, want_links,
                             &s->world, &s->decide, err);
}

int kf_session_fail(const struct kf_session *s, const struct kf_error *err)
{
    if (s->problems && strcmp(err->message, s->first.message) == 0 && err->line == s->first.line) {
        if (s->problems > 1)
            fprintf(stderr, "%u problems in %s\n", s->problems, err->file);
        return kf_error_exit(err->code);
    }
    return kf_cli_fail(s->cli, err);
}

void kf_session_close(struct kf_session *s)
{
    kf_decide_free(s->decide);
    kf_world_free(s->world);
    kf_pipeline_events_free(s->events);
    kf_rules_free(s->last_rules);
    kf_store_close(s->store);
    kf_workspace_close(&s->ws);
    s->decide = NULL;
    s->world = NULL;
    s->events = NULL;
    s->last_rules = NULL;
    s->store = NULL;
}

int kf_session_instant(const struct kf_session *s, const char *option, int64_t *ret,
                       struct kf_error *err)
{
    const char *t = kf_cli_get(s->cli, option);
    if (!t)
        return 0;
    bool offset;
    int64_t at;
    const struct kf_zone *z = s->ws.config->zone;
    if (!kf_time_parse(kf_cstr(t), z, &at, &offset))
        return kf_error_set(err, KF_E_USAGE, "cli",
                            "--%s wants a day or an instant such as 2026-07-01T12:00:00Z, not '%s'",
                            option, t);
    if (strlen(t) == 10) /* a day: all of it has happened */
        at = kf_time_day_start(z, kf_time_day(z, at) + 1) - 1;
    *ret = at;
    return 0;
}

int kf_session_as_of(const struct kf_session *s, int64_t *ret, struct kf_error *err)
{
    return kf_session_instant(s, "as-of", ret, err);
}

void kf_place_add(struct kf_buf *out, const struct kf_pos *pos)
{
    kf_buf_adds(out, pos->file ? pos->file : "?");
    if (pos->line)
        kf_buf_addf(out, ":%u", pos->line);
}

void kf_event_place_add(struct kf_buf *out, const struct kf_events *e, uint32_t event)
{
    struct kf_str file = kf_symbols_text(e->dict->file, e->at[event].file);
    if (file.n)
        kf_buf_add(out, file.p, file.n);
    else
        kf_buf_adds(out, "?");
    if (e->at[event].record)
        kf_buf_addf(out, ":%u", e->at[event].record);
}

void kf_ident_add(struct kf_buf *out, const struct kf_idset *ids, uint32_t id, bool reveal)
{
    const char *ns = ids->rules.ns[ids->ns[id]].name;
    kf_buf_addf(out, "%s:", ns);
    kf_mask_add(out, kf_personal_kind(kf_cstr(ns), NULL), kf_idset_value(ids, id), reveal);
}

uint32_t kf_profile_face(const struct kf_world *w, uint32_t profile)
{
    uint32_t from = w->ids_first[profile], to = w->ids_first[profile + 1];
    for (uint32_t i = from; i < to; i++)
        if (kf_personal_kind(kf_cstr(w->ids->rules.ns[w->ids->ns[w->ids_of[i]]].name), NULL) ==
            KF_PERSONAL_EMAIL)
            return w->ids_of[i]; /* an address says more than a number */
    return from < to ? w->ids_of[from] : w->identity->profile_earliest[profile];
}
