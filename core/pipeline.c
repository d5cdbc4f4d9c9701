#include "pipeline.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/pool.h"
#include "config/approval.h"
#include "store/publish.h"
#include "store/steward.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* ---- workspace ---- */

int kf_workspace_open(struct kf_workspace *ws, const char *dir, const char *const *plugin_dirs,
                      uint32_t n_plugin_dirs, struct kf_error *err)
{
    if (!ws->threads)
        ws->threads = kf_pool_default_threads();
    int rc = kf_config_load(dir, &ws->config, ws->report, ws->report_ctx, err);
    return rc ? rc
              : kf_plugin_path_init(&ws->plugins, plugin_dirs, n_plugin_dirs, ws->config->dir, err);
}

void kf_workspace_close(struct kf_workspace *ws)
{
    kf_rules_free(ws->rules);
    free(ws->plugin_of_source);
    kf_plugin_path_free(&ws->plugins);
    kf_config_free(ws->config);
    ws->rules = NULL;
    ws->plugin_of_source = NULL;
    ws->config = NULL;
}

int kf_workspace_load_rules(struct kf_workspace *ws, bool scenarios, struct kf_error *err)
{
    struct kf_rules_options o = {
        .config = ws->config, .root = ws->config->rules, .scenarios = scenarios};
    const char *path[] = {ws->config->rules};
    kf_rules_free(ws->rules);
    ws->rules = NULL;
    return kf_rules_load(&o, path, 1, &ws->rules, err);
}

int kf_workspace_load_plugins(struct kf_workspace *ws, struct kf_error *err)
{
    const struct kf_config *c = ws->config;
    const struct kf_plugin_handle **h = calloc(c->n_source + 1u, sizeof *h);
    if (!h)
        return kf_error_set(err, KF_E_NOMEM, "pipeline", "out of memory");
    for (uint32_t i = 0; i < c->n_source; i++) {
        const struct kf_config_source *s = &c->source[i];
        int rc = kf_plugin_find(&ws->plugins, s->plugin, &h[i], err);
        if (rc == 0 && h[i]->plugin.kind != KF_PLUGIN_SOURCE)
            rc = kf_error_at(err, KF_E_CONFIG, "pipeline", c->file, s->line, s->column,
                             "source '%s' uses %s, which is a destination", s->name, s->plugin);
        if (rc) {
            if (err && !err->line)
                kf_error_context(err, "source '%s'", s->name);
            free(h);
            return rc;
        }
    }
    free(ws->plugin_of_source);
    ws->plugin_of_source = h;
    return 0;
}

/* ---- world and decisions ---- */

int kf_pipeline_world(struct kf_workspace *ws, const struct kf_ruleset *rules,
                      struct kf_events *events, int64_t as_of, const uint8_t *subset,
                      bool want_links, struct kf_world **ret_world, struct kf_decide **ret_decide,
                      struct kf_error *err)
{
    struct kf_world_options o = {.config = rules->config ? rules->config : ws->config,
                                 .rules = rules,
                                 .events = events,
                                 .decision = ws->decision,
                                 .n_decision = ws->n_decision,
                                 .as_of = as_of,
                                 .threads = ws->threads,
                                 .want_links = want_links,
                                 .subset = subset};
    struct kf_world *w = NULL;
    struct kf_decide *d = NULL;
    int rc = kf_world_new(&o, &w, err);
    if (rc == 0 && ret_decide)
        rc = kf_decide_new(w, &d, err);
    if (rc) {
        kf_world_free(w);
        return rc;
    }
    *ret_world = w;
    if (ret_decide)
        *ret_decide = d;
    return 0;
}

/* ---- run ---- */

int kf_pipeline_config_digest(const struct kf_config *c, char out[65], struct kf_error *err)
{
    struct kf_buf b = {0};
    FILE *f = fopen(c->file, "rb");
    if (!f)
        return kf_error_set(err, KF_E_NOINPUT, "pipeline", "cannot read %s", c->file);
    char piece[4096];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        kf_buf_add(&b, piece, n);
    fclose(f);
    kf_buf_adds(&b, KF_VERSION);
    for (uint32_t i = 0; i < c->n_list; i++)
        kf_buf_adds(&b, c->list[i].file.digest);
    kf_buf_adds(&b, c->rates_said.file.digest);
    kf_sha256_hex(b.p, b.n, out);
    kf_buf_free(&b);
    return 0;
}

struct counting_sink {
    struct kf_run_report *r;
    volatile const int *stop;
    struct kf_store_writer *writer;
};

static void count(struct kf_run_report *r, const struct kf_decided *c)
{
    for (uint32_t i = 0; i < c->n_member; i++)
        r->members[c->member[i].rule]++;
    for (uint32_t i = 0; i < c->n_no_consent; i++)
        r->no_consent[c->no_consent[i].rule]++;
    for (uint32_t i = 0; i < c->n_undecided; i++)
        r->undecided[c->undecided[i].rule]++;
    uint32_t last_profile = KF_ID_NONE, last_rule = KF_ID_NONE;
    for (uint32_t i = 0; i < c->n_suppression; i++) {
        const struct kf_suppression *s = &c->suppression[i];
        if (s->profile == last_profile && s->rule == last_rule)
            continue; /* one profile, several contacts */
        last_profile = s->profile;
        last_rule = s->rule;
        r->suppressed[s->rule]++;
    }
    /* Both lists are sorted by profile: members of whom some suppression holds. */
    uint32_t k = 0;
    for (uint32_t i = 0; i < c->n_member; i++) {
        const struct kf_membership *m = &c->member[i];
        while (k < c->n_suppression && c->suppression[k].profile < m->profile)
            k++;
        bool stopped = k < c->n_suppression && c->suppression[k].profile == m->profile;
        if (r->example[m->rule] == KF_ID_NONE || (!stopped && !r->example_free[m->rule])) {
            r->example[m->rule] = m->profile;
            r->example_free[m->rule] = !stopped;
        }
        if (!stopped)
            continue;
        r->members_suppressed[m->rule]++;
        last_rule = KF_ID_NONE;
        for (uint32_t j = k; j < c->n_suppression && c->suppression[j].profile == m->profile; j++) {
            uint32_t rule = c->suppression[j].rule;
            if (rule != last_rule)
                r->stopped[(size_t)m->rule * r->n_rules + rule]++;
            last_rule = rule;
        }
    }
}

/* A second signal while people are joined, decided or written. */
static int asked_to_stop(volatile const int *stop, struct kf_error *err)
{
    return stop && *stop > 1 ? kf_error_set(err, KF_E_INTERRUPTED, "pipeline",
                                            "stopped; the store is as it was before")
                             : 0;
}

static int on_prepare(void *ctx, unsigned worker, uint32_t from, uint32_t to, struct kf_error *err)
{
    struct counting_sink *s = ctx;
    return kf_store_write_prepare(s->writer, worker, from, to, err);
}

static int on_chunk(void *ctx, const struct kf_decided *c, struct kf_error *err)
{
    struct counting_sink *s = ctx;
    int rc = asked_to_stop(s->stop, err);
    if (rc)
        return rc;
    count(s->r, c);
    return kf_store_write_chunk(s->writer, c, err);
}

static int counters(struct kf_run_report *r, const struct kf_ruleset *rules, struct kf_error *err)
{
    uint32_t n = rules->n + 1;
    r->members = calloc(n, sizeof *r->members);
    r->suppressed = calloc(n, sizeof *r->suppressed);
    r->no_consent = calloc(n, sizeof *r->no_consent);
    r->undecided = calloc(n, sizeof *r->undecided);
    r->members_suppressed = calloc(n, sizeof *r->members_suppressed);
    r->n_rules = rules->n;
    r->example = malloc(n * sizeof *r->example);
    r->example_free = calloc(n, sizeof *r->example_free);
    for (uint32_t i = 0; r->example && i < n; i++)
        r->example[i] = KF_ID_NONE;
    r->stopped = calloc((size_t)n * n, sizeof *r->stopped);
    return r->members && r->suppressed && r->no_consent && r->undecided && r->members_suppressed &&
                   r->stopped && r->example && r->example_free
               ? 0
               : kf_error_set(err, KF_E_NOMEM, "pipeline", "out of memory");
}

static int new_events(struct kf_events **ret, struct kf_error *err)
{
    struct kf_dict *d = calloc(1, sizeof *d);
    if (!d || kf_dict_init(d)) {
        free(d);
        return kf_error_set(err, KF_E_NOMEM, "pipeline", "out of memory");
    }
    *ret = kf_events_new(d, kf_idents_new());
    return 0;
}

void kf_pipeline_events_free(struct kf_events *e)
{
    if (!e)
        return;
    struct kf_dict *d = e->dict;
    kf_idents_free(e->idents);
    kf_events_free(e);
    kf_dict_free(d);
    free(d);
}

int kf_pipeline_read(struct kf_workspace *ws, struct kf_events **ret_events,
                     struct kf_ingest_result **ret, struct kf_error *err)
{
    struct kf_ingest_options io = {
        .config = ws->config, .threads = ws->threads, .progress = ws->progress, .stop = ws->stop};
    struct kf_events *e = NULL;
    int rc = new_events(&e, err);
    if (rc)
        return rc;
    rc = kf_ingest_run(&io, ws->plugin_of_source, e, ret, err);
    if (rc) {
        kf_pipeline_events_free(e);
        return rc;
    }
    *ret_events = e;
    return 0;
}

/* Events of earlier runs and what is known of files; a workspace without a store starts empty. */
struct carried {
    struct kf_store *store;
    struct kf_store_run last;
    bool have_last;
    const struct kf_ingest_known *known;
    uint32_t n_known;
    uint32_t decisions;             /* number of the newest of the stewards' log */
    struct kf_tombstone *tombstone; /* of all erasures; the store's */
    uint32_t n_tombstone, receipts; /* receipts: number of the newest */
    struct kf_events *events;
    /* while something is erased */
    struct kf_store_erasure erasure;
    struct kf_idset *ids;
    struct kf_events *none; /* no event: ids is only asked what texts normalise to */
    struct kf_tombstones *set;
    struct kf_tombstone *all;
    struct kf_decision_text *decision; /* what holds of them, without who is erased */
    struct kf_approvals *approvals;    /* of approvals.jsonl, for the store's copy */
};

static int carry(struct kf_workspace *ws, const char *path, struct carried *c, struct kf_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return 0;
    int rc = kf_store_open(path, &c->store, err);
    if (rc == 0)
        rc = kf_store_last_run(c->store, &c->last, err);
    if (rc == 0)
        rc = kf_store_known_files(c->store, &c->known, &c->n_known, err);
    if (rc == 0)
        rc = kf_store_holding(c->store, UINT32_MAX, &ws->decision, &ws->n_decision, &c->decisions,
                              err);
    if (rc == 0)
        rc = kf_store_tombstones(c->store, 0, &c->tombstone, &c->n_tombstone, err);
    const struct kf_receipt *receipt;
    uint32_t n = 0;
    if (rc == 0)
        rc = kf_store_receipts(c->store, &receipt, &n, err);
    if (rc == 0 && n)
        c->receipts = receipt[n - 1].number;
    c->have_last = rc == 0;
    return rc;
}

static void drop_carried(struct carried *c)
{
    kf_approvals_free(c->approvals);
    kf_tombstones_free(c->set);
    kf_idset_free(c->ids);
    kf_pipeline_events_free(c->none);
    free(c->all);
    free(c->decision);
    kf_store_close(c->store);
}

static int start_events(struct kf_workspace *ws, struct carried *c, struct kf_error *err)
{
    if (c->store)
        return kf_store_load_events(c->store, ws->threads, &c->events, err);
    return new_events(&c->events, err);
}

/* Would a run over the same events come to the same result? Without --as-of the instant of the last
 * run holds. */
static bool unchanged(const struct carried *c, const struct kf_ruleset *rules, const char *digest,
                      const struct kf_run_options *o)
{
    return c->have_last && !o->force && strcmp(c->last.rules_digest, rules->digest) == 0 &&
           strcmp(c->last.config_digest, digest) == 0 && c->last.decisions == c->decisions &&
           c->last.erasures == c->receipts && (o->as_of == KF_NO_TIME || o->as_of == c->last.as_of);
}

static int decide_and_store(struct kf_workspace *ws, const struct kf_run_options *o,
                            struct kf_publish *lock, const char *digest, struct carried *c,
                            struct kf_run_report *r, struct kf_error *err)
{
    double t = kf_clock_seconds();
    struct kf_store_write_options wo = {.publish = lock,
                                        .world = r->world,
                                        .decide = r->decide,
                                        .ingest = r->ingest,
                                        .previous = c->store,
                                        .compression = ws->config->compression,
                                        .config_digest = digest,
                                        .approvals = c->approvals,
                                        .decisions = c->decisions,
                                        .at = o->at,
                                        .despite_by = r->despite ? o->despite_by : NULL,
                                        .despite = r->despite ? o->despite : NULL,
                                        .erasure = c->set ? &c->erasure : NULL,
                                        .durable = true,
                                        .links = ws->config->store_links,
                                        .threads = ws->threads};
    struct counting_sink sink = {.r = r, .stop = ws->stop};
    int rc = kf_store_write_begin(&wo, &sink.writer, err);
    if (rc)
        return rc;
    struct kf_decide_sink ds = {.chunk = on_chunk, .prepare = on_prepare, .ctx = &sink};
    rc = kf_decide_run(r->decide, &ds, err);
    r->seconds_decide = kf_clock_seconds() - t;
    t = kf_clock_seconds();
    if (rc == 0)
        rc = asked_to_stop(ws->stop, err);
    if (rc) {
        struct kf_error ignored = KF_ERROR_INIT;
        kf_store_write_finish(sink.writer, false, &ignored);
        return rc;
    }
    rc = kf_store_write_finish(sink.writer, true, err);
    r->seconds_store = kf_clock_seconds() - t;
    return rc;
}

static int all_tombstones(struct carried *c, const struct kf_erase *erase, uint32_t n,
                          struct kf_error *err)
{
    c->all = malloc(n * sizeof *c->all);
    if (!c->all)
        return kf_error_set(err, KF_E_NOMEM, "pipeline", "out of memory");
    if (c->n_tombstone)
        memcpy(c->all, c->tombstone, c->n_tombstone * sizeof *c->all);
    if (erase && erase->n)
        memcpy(c->all + c->n_tombstone, erase->tombstone, erase->n * sizeof *c->all);
    return new_events(&c->none, err);
}

/* What was decided about somebody who is erased now holds nobody; of a hand-over to them the cut is
 * left. The store says the same of them in its log (kf_store_erase_write). */
static int forget_decisions(struct kf_workspace *ws, struct carried *c, struct kf_error *err)
{
    uint32_t n = 0;
    uint64_t hash;
    c->decision = malloc((ws->n_decision + 1u) * sizeof *c->decision);
    if (!c->decision)
        return kf_error_set(err, KF_E_NOMEM, "pipeline", "out of memory");
    for (uint32_t i = 0; i < ws->n_decision; i++) {
        struct kf_decision_text d = ws->decision[i];
        if (kf_tombstones_identifier(c->set, d.a, &hash))
            continue;
        if (d.b && kf_tombstones_identifier(c->set, d.b, &hash)) {
            if (strcmp(d.verb, "transfer") != 0)
                continue;
            d.b = NULL;
        }
        c->decision[n++] = d;
    }
    ws->decision = c->decision;
    ws->n_decision = n;
    return 0;
}

/* Whoever was erased stays so, whatever was read: *first is where the events read now begin. All
 * events are looked at when somebody is erased now, or was by an import. */
static int keep_erased(struct kf_workspace *ws, const struct kf_erase *erase, struct carried *c,
                       uint32_t *first, struct kf_run_report *r, struct kf_error *err)
{
    uint32_t n = c->n_tombstone + (erase ? erase->n : 0);
    if (!n)
        return 0;
    int rc = all_tombstones(c, erase, n, err);
    if (rc == 0)
        rc = kf_idset_new(ws->rules, ws->config, c->none, 1, &c->ids, err);
    if (rc)
        return rc;
    c->set = kf_tombstones_new(ws->config, c->ids, c->all, n);
    c->erasure = (struct kf_store_erasure){.all = c->set};
    if (erase) {
        c->erasure.receipt = erase->receipt;
        c->erasure.tombstone = erase->tombstone;
        c->erasure.n = erase->n;
    }
    bool every = erase || c->last.erasures != c->receipts;
    rc = kf_tombstones_apply(c->set, &c->events, every ? 0 : *first, first, &r->erased, err);
    if (rc == 0 && (r->erased.gone || r->erased.edited))
        kf_ingest_recount(r->ingest, c->events, *first);
    return rc ? rc : forget_decisions(ws, c, err);
}

/* Reads what is new, unless this run is there to erase somebody and nothing else. */
static int read_new(struct kf_workspace *ws, const struct kf_ingest_options *io,
                    const struct kf_erase *erase, struct carried *c, struct kf_run_report *r,
                    struct kf_error *err)
{
    uint32_t first = c->events->n;
    int rc = 0;
    if (erase)
        kf_ingest_none(ws->config, c->events, &r->ingest);
    else
        rc = kf_ingest_run(io, ws->plugin_of_source, c->events, &r->ingest, err);
    if (rc == 0)
        rc = keep_erased(ws, erase, c, &first, r, err);
    r->carried_events = first;
    return rc;
}

/* Does what the rules expect of the data hold, as far as they make a run depend on it? An erasure
 * is never held back: it reads nothing. */
static int quality_gate(const struct kf_run_options *o, struct kf_run_report *r,
                        struct kf_error *err)
{
    struct kf_error shut = KF_ERROR_INIT;
    int rc = o->erase ? 0 : kf_gate_check(r->decide, "run", &shut);
    r->despite = rc == KF_E_PERM && o->despite;
    if (rc && !r->despite && err)
        *err = shut;
    return r->despite ? 0 : rc;
}

static int run_locked(struct kf_workspace *ws, const struct kf_run_options *o, const char *path,
                      struct kf_publish *lock, struct carried *c, struct kf_run_report *r,
                      struct kf_error *err)
{
    char digest[65];
    int rc = kf_pipeline_config_digest(ws->config, digest, err);
    if (rc == 0)
        rc = carry(ws, path, c, err);
    double t = kf_clock_seconds();
    struct kf_ingest_options io = {.config = ws->config,
                                   .threads = ws->threads,
                                   .progress = ws->progress,
                                   .known = c->known,
                                   .n_known = c->n_known,
                                   .stop = ws->stop};
    /* The log is only unpacked when there is work to do. */
    if (rc == 0 && o->erase && o->erase->run != c->last.number)
        rc = kf_error_set(err, KF_E_AGAIN, "pipeline",
                          "another run came in between; nothing was erased, try again");
    if (rc == 0 && !o->erase && unchanged(c, ws->rules, digest, o)) {
        bool any = true;
        rc = kf_ingest_pending(&io, ws->plugin_of_source, &any, err);
        r->nothing_new = rc == 0 && !any;
        if (r->nothing_new)
            return 0;
    }
    if (rc == 0)
        rc = start_events(ws, c, err);
    if (rc)
        return rc;
    rc = read_new(ws, &io, o->erase, c, r, err);
    r->seconds_read = kf_clock_seconds() - t;
    if (rc)
        return rc;
    r->interrupted = r->ingest->interrupted;
    t = kf_clock_seconds();
    rc = kf_pipeline_world(ws, ws->rules, c->events, o->as_of, NULL, ws->config->store_links,
                           &r->world, &r->decide, err);
    r->seconds_identity = kf_clock_seconds() - t;
    if (rc == 0)
        rc = asked_to_stop(ws->stop, err);
    if (rc == 0)
        rc = quality_gate(o, r, err);
    if (rc == 0)
        rc = counters(r, ws->rules, err);
    if (rc == 0)
        rc = kf_approvals_load(ws->config, &c->approvals, err);
    return rc ? rc : decide_and_store(ws, o, lock, digest, c, r, err);
}

int kf_pipeline_run(struct kf_workspace *ws, const struct kf_run_options *o,
                    struct kf_run_report *ret, struct kf_error *err)
{
    double started = kf_clock_seconds();
    const char *path = o->store ? o->store : ws->config->store;
    struct kf_run_report r = {0};
    struct carried c = {0};
    struct kf_publish *lock = NULL;
    int rc = kf_publish_begin(path, &lock, err);
    if (rc == 0)
        rc = run_locked(ws, o, path, lock, &c, &r, err);
    kf_publish_end(lock);
    ws->decision = NULL; /* they are the store's, which is closed below */
    ws->n_decision = 0;
    r.events = c.events;
    r.seconds = kf_clock_seconds() - started;
    drop_carried(&c);
    if (rc) {
        kf_run_report_free(&r);
        return rc;
    }
    *ret = r;
    return 0;
}

void kf_run_report_free(struct kf_run_report *r)
{
    kf_decide_free(r->decide);
    kf_world_free(r->world);
    kf_ingest_free(r->ingest);
    free(r->members);
    free(r->suppressed);
    free(r->no_consent);
    free(r->undecided);
    free(r->members_suppressed);
    free(r->stopped);
    free(r->example);
    free(r->example_free);
    kf_pipeline_events_free(r->events);
    *r = (struct kf_run_report){0};
}
