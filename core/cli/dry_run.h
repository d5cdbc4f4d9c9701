/* What a dry-run found, gathered once so that text and JSON say the same. Main thread. */
#ifndef KF_CLI_DRY_RUN_H
#define KF_CLI_DRY_RUN_H

#include "cli/diff.h"
#include "cli/explain.h"
#include "cli/sample.h"
#include "profile/identity_figures.h"

/* One person who joins or leaves, with the conditions of the rule on both sides. */
struct kf_dry_example {
    struct kf_diff_pair who;
    bool joins;
    bool has_before, has_after;
    struct kf_explain_rule before, after;
};

/* A segment, suppression or channel whose members differ. */
struct kf_dry_set {
    const struct kf_diff_set *d;
    bool own;                         /* the rule itself changed */
    const struct kf_diff_rule *asked; /* else: a changed rule that it asks; NULL: none */
    const struct kf_dry_example *example;
    uint32_t n_example;
};

struct kf_dry_limit {
    const char *option;  /* "max-merges" */
    const char *allowed; /* "0", "10%" */
    const char *found;   /* "4 people merge" */
    bool broken;
};

struct kf_dry_run {
    struct kf_session *s;
    struct kf_diff diff;
    bool first; /* there was no run: nobody is before */
    bool same;  /* the rules mean the same; nothing was decided and diff holds rules only */
    bool any;   /* somebody would notice */
    bool config_changed;
    int64_t as_of;
    uint32_t share; /* of a million; 0: all data */
    struct kf_sample sample;
    struct kf_sample around; /* the people shown as merged or split */
    uint64_t n_events;       /* looked at */
    /* of both sides, where the rules that make identity differ; else NULL */
    struct kf_identity_figures *figures_before, *figures_after;
    uint64_t ids_gone, ids_new;      /* profile ids of one side only */
    struct kf_ingest_result *ingest; /* of a workspace that never ran */
    struct kf_arena arena;
    const struct kf_dry_set *segment, *suppress; /* those that differ; of a first run: all */
    uint32_t n_segment, n_suppress;
    const struct kf_dry_limit *limit; /* those that were set */
    uint32_t n_limit, n_broken;
    const char *const *note; /* what was not covered, sentences */
    uint32_t n_note;
    double seconds;
};

void kf_dry_run_text(const struct kf_dry_run *d, struct kf_buf *out);
void kf_dry_run_json(const struct kf_dry_run *d, struct kf_buf *out);
/* "Changes: ..." without a line end; both forms begin with it. */
void kf_dry_run_verdict(const struct kf_dry_run *d, struct kf_buf *out);
void kf_dry_run_summary(const struct kf_dry_run *d, struct kf_buf *out);

/* Why a set differs: its rule, a rule it asks, other people. Empty: nothing of that. */
void kf_dry_run_cause(const struct kf_dry_run *d, const struct kf_dry_set *s, struct kf_buf *out);
/* What was edited within a rule: calls back for each setting or condition that is on one side only.
 * where: "who", "email.per_profile". */
typedef void (*kf_dry_edit)(void *ctx, bool after, const char *where, const struct kf_node *n);
void kf_dry_run_edits(const struct kf_rule *before, const struct kf_rule *after, kf_dry_edit each,
                      void *ctx);

#endif
