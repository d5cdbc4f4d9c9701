/* The order in which everything happens. Read this first.
 *
 *   source record -> canonical event -> quality -> identity -> profile -> decisions -> store ->
 * activation
 *
 * A command asks the pipeline for as much of this as it needs. */
#ifndef KF_PIPELINE_H
#define KF_PIPELINE_H

#include "store/steward.h"
#include "store/store.h"

/* A workspace: kinfold.yaml, its rules, its connectors. */
struct kf_workspace {
    struct kf_config *config;
    struct kf_ruleset *rules; /* working tree; NULL until loaded */
    struct kf_plugin_path plugins;
    const struct kf_plugin_handle **plugin_of_source;
    /* Of the stewards' log: what every world is made with. Borrowed from an open store. */
    const struct kf_decision_text *decision;
    uint32_t n_decision;
    unsigned threads;
    int progress;
    volatile const int *stop;
    void (*report)(void *ctx, const struct kf_error *e); /* configuration problems, each */
    void *report_ctx;
};

int kf_workspace_open(struct kf_workspace *ws, const char *dir, const char *const *plugin_dirs,
                      uint32_t n_plugin_dirs, struct kf_error *err);
void kf_workspace_close(struct kf_workspace *ws);
int kf_workspace_load_rules(struct kf_workspace *ws, bool scenarios, struct kf_error *err);
int kf_workspace_load_plugins(struct kf_workspace *ws, struct kf_error *err);

/* One run of the workspace. */
struct kf_run_options {
    int64_t as_of;     /* KF_NO_TIME: from the data */
    bool force;        /* fold again even if nothing is new */
    const char *store; /* NULL: the workspace's */
    int64_t at;        /* when, for people; 0: not said. Enters no result */
    /* Stored although a quality gate is shut: who says so, and why. NULL: a shut gate is KF_E_PERM,
     * and the store stays as it was */
    const char *despite_by, *despite;
    /* Erases people: nothing is read, everybody else is folded again by ws->rules. `run` is the
     * number of the run it was worked out on: KF_E_AGAIN if another came since. */
    const struct kf_erase {
        int64_t run;
        struct kf_receipt receipt;
        const struct kf_tombstone *tombstone;
        uint32_t n;
    } * erase;
};
struct kf_run_report {
    bool nothing_new;
    bool interrupted;
    bool despite;                    /* a gate was shut */
    struct kf_ingest_result *ingest; /* owned; NULL if nothing was read */
    struct kf_world *world;          /* owned */
    struct kf_decide *decide;        /* owned */
    struct kf_events *events;        /* owned, with its dictionaries */
    uint64_t carried_events;         /* from earlier runs */
    struct kf_erased_counts erased;  /* events that came and went, or lost something */
    double seconds, seconds_read, seconds_identity, seconds_decide, seconds_store;
    /* per rule number: members, suppressed, without consent, undecided */
    uint32_t *members, *suppressed, *no_consent, *undecided;
    /* per segment: members for whom some suppression holds; and the same by suppression:
     * stopped[segment * rules + suppression], both rule numbers */
    uint32_t *members_suppressed;
    uint32_t *stopped;
    /* per segment: its first member whom nothing stops, else its first; KF_ID_NONE: no member */
    uint32_t *example;
    bool *example_free;
    uint32_t n_rules;
};
int kf_pipeline_run(struct kf_workspace *ws, const struct kf_run_options *o,
                    struct kf_run_report *ret, struct kf_error *err);
void kf_run_report_free(struct kf_run_report *r);

/* Reads every source into memory and stores nothing: a dry-run of a workspace that never ran. The
 * caller frees both. */
int kf_pipeline_read(struct kf_workspace *ws, struct kf_events **ret_events,
                     struct kf_ingest_result **ret, struct kf_error *err);
/* What makes a stored result stale besides events and rules: the configuration as written, the
 * files of values that it names, and the engine. */
int kf_pipeline_config_digest(const struct kf_config *c, char out[65], struct kf_error *err);
/* Events with their dictionaries. Accepts NULL. */
void kf_pipeline_events_free(struct kf_events *e);

/* Events of the store under a rule set: explain, export, dry-run. Both worlds of a dry-run share
 * `events`. */
int kf_pipeline_world(struct kf_workspace *ws, const struct kf_ruleset *rules,
                      struct kf_events *events, int64_t as_of, const uint8_t *subset,
                      bool want_links, struct kf_world **ret_world, struct kf_decide **ret_decide,
                      struct kf_error *err);

#endif
