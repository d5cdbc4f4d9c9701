/* What a dry-run found, gathered once so that text, JSON, HTML and plan say the same. Main thread.
 *
 * Reading order: cmd_dry_run.c, dry_run_gather.c, dry_run_limits.c, dry_run.c (sentences that all
 * forms share), then a file a form. */
#ifndef KF_CLI_DRY_RUN_H
#define KF_CLI_DRY_RUN_H

#include "cli/diff.h"
#include "cli/edits.h"
#include "cli/explain.h"
#include "cli/rules_of.h"
#include "cli/sample.h"
#include "profile/identity_figures.h"

/* One person who joins or leaves, with the conditions of a rule on both sides. */
struct kf_dry_example {
    struct kf_diff_pair who;
    bool joins;
    const char *because; /* "no longer suppressed by no_mail"; NULL: the conditions say it */
    bool has_before, has_after;
    struct kf_explain_rule before, after;
};

/* A segment, suppression, channel or export whose members differ. */
struct kf_dry_set {
    const struct kf_diff_set *d;
    bool own;                        /* the rule itself changed */
    const struct kf_compared *asked; /* else: a changed rule that it asks; NULL: none */
    const struct kf_dry_example *example;
    uint32_t n_example;
};

struct kf_dry_limit {
    const char *option;  /* "max-merges" */
    const char *allowed; /* "0", "10%" */
    const char *found;   /* "4 people merge" */
    bool broken;
};

/* A rule that could not be decided for somebody. */
struct kf_dry_undecided {
    const struct kf_rule *rule;
    uint32_t before, after;
    const char *why; /* of the first person now; NULL: nobody now */
};

struct kf_dry_run {
    struct kf_session *s;
    struct kf_diff diff;
    struct kf_rules_of since; /* --since; else the rules of the last run stand in diff.before */
    bool first;               /* there was no run: nobody is before */
    bool same;                /* the rules mean the same; nothing was decided */
    bool any;                 /* somebody would notice */
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
    /* those that differ; of a first run: all */
    const struct kf_dry_set *segment, *suppress, *export;
    uint32_t n_segment, n_suppress, n_export;
    const struct kf_dry_example *contactable, *suppressed; /* newly */
    uint32_t n_contactable, n_suppressed;
    uint64_t newly_flagged;         /* rows of fraud rules */
    uint32_t newly_without_consent; /* people, for all purposes that need it */
    const struct kf_dry_undecided *undecided;
    uint32_t n_undecided;
    const struct kf_dry_limit *limit; /* those that were set */
    uint32_t n_limit, n_broken;
    const char *const *note; /* what was not covered, sentences */
    uint32_t n_note;
    double seconds;
};

/* Shares and numbers of the limits: options before kinfold.yaml; negative: none. */
struct kf_dry_limits {
    double segment, audience; /* percent */
    int64_t merges, splits, contactable, suppressed, flagged, without_consent, undecided;
};

/* dry_run_gather.c: everything above but the limits. */
int kf_dry_run_gather(struct kf_dry_run *d, struct kf_error *err);
void kf_dry_run_free(struct kf_dry_run *d);
/* dry_run_limits.c */
int kf_dry_run_percent(const struct kf_cli *c, const char *option, double max, double *ret,
                       struct kf_error *err); /* "10%", "10", "0.5%" */
int kf_dry_run_read_limits(const struct kf_session *s, struct kf_dry_limits *ret,
                           struct kf_error *err);
/* The first limit of kinfold.yaml that those of a plan are looser than, or have not at all
 * (*ret_wanted NULL); NULL: none. */
struct kf_plan_limit;
const char *kf_dry_run_looser(const struct kf_config *c, const struct kf_plan_limit *limit,
                              uint32_t n, double *ret_allowed, const char **ret_wanted);
void kf_dry_run_hold(struct kf_dry_run *d, const struct kf_dry_limits *l);

/* The forms. */
void kf_dry_run_text(const struct kf_dry_run *d, struct kf_buf *out);
void kf_dry_run_json(const struct kf_dry_run *d, struct kf_buf *out);
void kf_dry_run_html(const struct kf_dry_run *d, struct kf_buf *out);
/* JSON lines: what was compared, a line for every profile of which anything differs, the summary.
 * Written to stdout as they are made. */
int kf_dry_run_full(const struct kf_dry_run *d, struct kf_error *err);
/* The sections of the document as one object, without what differs from day to day: for plans. */
void kf_dry_run_figures(const struct kf_dry_run *d, struct kf_buf *out);
int kf_dry_run_plan(const struct kf_dry_run *d, const char *path, char ret_digest[65],
                    struct kf_error *err);

/* "Changes: ..." without a line end; every form begins with it. */
void kf_dry_run_verdict(const struct kf_dry_run *d, struct kf_buf *out);
void kf_dry_run_summary(const struct kf_dry_run *d, struct kf_buf *out);
/* "The rules of the working tree against those of run 3, 120 events, as of ...". */
void kf_dry_run_scope(const struct kf_dry_run *d, struct kf_buf *out);
/* How settings of kinfold.yaml that differ are shown. */
struct kf_settings_shown kf_dry_run_settings(const struct kf_dry_run *d);
/* "run 3": what is before. */
void kf_dry_run_before(const struct kf_dry_run *d, struct kf_buf *out);
/* Why a set differs: its rule, a rule it asks, other people, each with how many. Empty: nothing of
 * that. */
void kf_dry_run_cause(const struct kf_dry_run *d, const struct kf_dry_set *s, struct kf_buf *out);
/* Exports of `after` that send the segment, "a, b". Empty: none. */
void kf_dry_run_sent_by(const struct kf_dry_run *d, const char *segment, struct kf_buf *out);
/* Rules of attribution that changed: how many. */
uint32_t kf_dry_run_attribution(const struct kf_dry_run *d);
/* "email:a***@e***.com~5c2d (profile 0123...)" */
void kf_dry_run_face(const struct kf_dry_run *d, const struct kf_world *w, uint32_t profile,
                     struct kf_buf *out);
/* "link login (rules/identity.lua:12) of ... and ...", then what refused it; "": no single link */
void kf_dry_run_link(const struct kf_dry_run *d, bool merged, const struct kf_diff_people *p,
                     struct kf_buf *link, struct kf_buf *refusal);
/* Refused links of a world by reason; 0 is those kept. */
uint32_t kf_dry_run_refused(const struct kf_world *w);

/* The conditions of an example that make the difference, in the order of the rule. */
struct kf_dry_condition {
    bool now, except;
    const struct kf_explain_condition *c;
};
uint32_t kf_dry_run_conditions(const struct kf_dry_example *e, struct kf_arena *arena,
                               const struct kf_dry_condition **ret);

/* A score as people read it: at most four digits behind the point. NAN: "none". */
const char *kf_dry_run_score(double v, char out[32]);
/* "0-10" of a bin. */
void kf_dry_run_bin(const struct kf_diff_score *s, uint32_t i, struct kf_buf *out);

#endif
