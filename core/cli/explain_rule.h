/* One decision about one profile: gathered once, then as text and as JSON. Main thread. */
#ifndef KF_CLI_EXPLAIN_RULE_H
#define KF_CLI_EXPLAIN_RULE_H

#include "cli/session.h"
#include "config/approval.h"
#include "decide/why.h"

/* What one condition needs, in words; masked already. */
struct kf_explain_part {
    const char *sentence;
    const char *actual; /* NULL: none */
    bool personal;      /* amounts of it are not said */
};

/* A question of a change: what has to be there. */
struct kf_explain_turn {
    uint32_t part;
    bool to;
    const char *need;
    struct kf_value amount; /* MISSING: none */
    int64_t by_time;        /* time alone turns it then; KF_TIME_MAX: not */
};
struct kf_explain_change {
    const struct kf_explain_turn *turn;
    uint32_t n;
};
struct kf_explain_nearest {
    const char *to;   /* what it would then be: "a member", "a higher band" */
    const char *wait; /* ", once that has held for 3 days (entry_wait)"; NULL: at once */
    bool possible;    /* false: there is no such goal */
    bool given_up;
    uint32_t size, total;
    struct kf_explain_change change[KF_WHY_CHANGES];
    uint32_t n;
};

/* entry_wait and exit_wait: membership follows the conditions later. */
struct kf_explain_wait {
    const char *entry, *exit;   /* "3 days"; NULL: at once */
    bool entry_runs, exit_runs; /* the conditions say so, but not for long enough yet */
};

struct kf_explain_decision {
    struct kf_session *s;
    const struct kf_rule *rule;
    uint32_t profile;
    struct kf_reasoning *why;
    const struct kf_explain_part *part;
    const char *is;    /* "is in segment 'vip'" */
    const char *state; /* "member", one word for JSON */
    struct kf_explain_wait wait;
    struct kf_explain_nearest nearest[2];
    uint32_t n_nearest;
    struct kf_why_time time;
    const char *then; /* what it is then; masked */
    struct kf_approvals *approvals;
    const struct kf_approval *approval[8];
    uint32_t n_approval;
    struct kf_arena arena;
};

int kf_explain_decide(struct kf_session *s, uint32_t profile, const struct kf_rule *rule,
                      struct kf_explain_decision **ret, struct kf_error *err);
void kf_explain_decision_free(struct kf_explain_decision *x);
void kf_explain_decision_text(const struct kf_explain_decision *x, struct kf_buf *out);
void kf_explain_decision_json(const struct kf_explain_decision *x, struct kf_buf *out);

/* Of a reasoning that somebody else owns (x->why; set it to NULL before freeing): parts and the
 * smallest change. */
int kf_explain_parts(struct kf_session *s, struct kf_reasoning *w, struct kf_explain_decision **ret,
                     struct kf_error *err);
/* The sections of the report. */
void kf_explain_conditions_text(const struct kf_explain_decision *x, struct kf_buf *out);
void kf_explain_evidence_text(const struct kf_explain_decision *x, struct kf_buf *out);
void kf_explain_changes_text(const struct kf_explain_decision *x, struct kf_buf *out);
void kf_explain_conditions_json(const struct kf_explain_decision *x, struct kf_json *j);
void kf_explain_nearest_json(const struct kf_explain_decision *x, struct kf_json *j);

/* Shared by the other reports about rules. */

/* "3 March 2026 10:00" in the workspace's zone. */
void kf_explain_day_add(const struct kf_session *s, int64_t t, struct kf_buf *out);
/* Name and place of the rule, its title, owner, because, and who approved it. */
void kf_explain_rule_head(const struct kf_session *s, const struct kf_rule *r,
                          const struct kf_approval *const *approval, uint32_t n,
                          struct kf_buf *out);
void kf_explain_rule_json(const struct kf_rule *r, const struct kf_approval *const *approval,
                          uint32_t n, struct kf_json *j);
/* What was said about the rule set in hand; the log is freed by the caller. */
int kf_explain_approvals(const struct kf_session *s, struct kf_approvals **ret,
                         const struct kf_approval **out, uint32_t cap, uint32_t *ret_n,
                         struct kf_error *err);
/* What entry_wait and exit_wait of a segment mean, a line each; false: it has none. */
bool kf_explain_wait_text(const struct kf_rule *r, struct kf_buf *out);
/* The name by which a profile is known, then its id and the instant. */
void kf_explain_who(const struct kf_session *s, uint32_t profile, struct kf_buf *out);
/* Whose numbers the parts have (dry-run has two worlds), and whether values are masked. */
struct kf_explain_view {
    const struct kf_world *world;
    bool reveal;
};
/* What a part needs, in words; masked. */
void kf_explain_part_add(const struct kf_explain_view *v, const struct kf_why_part *p,
                         struct kf_buf *out);
/* What was there, masked; NULL: nothing that could be said. *ret_personal: it was masked. */
const char *kf_explain_actual(const struct kf_explain_view *v, const struct kf_why_part *p,
                              struct kf_arena *a, bool *ret_personal);
/* A line that goes on in the next ones behind `indent` blanks; ends with a line end. */
void kf_explain_line(struct kf_buf *out, unsigned indent, unsigned more, const char *text);
/* An event as a JSON object under `key`. */
void kf_explain_event_json(const struct kf_session *s, const char *key, uint32_t event,
                           struct kf_json *j);
/* time, name, source, record, id as cells. */
void kf_explain_event_cells(const struct kf_session *s, uint32_t event, struct kf_table *t);

/* ---- explain_funnel.c: everybody ---- */
int kf_explain_funnel(struct kf_session *s, const struct kf_rule *rule, struct kf_buf *out,
                      struct kf_error *err);
/* ---- explain_fraud.c ---- */
int kf_explain_fraud(struct kf_session *s, uint32_t profile, const struct kf_rule *rule,
                     struct kf_buf *out, struct kf_error *err);
/* ---- explain_trait.c: traits and computed ones ---- */
int kf_explain_trait(struct kf_session *s, uint32_t profile, const struct kf_rule *rule,
                     struct kf_buf *out, struct kf_error *err);
/* ---- explain_outcome.c: the touches before an order. profile KF_ID_NONE: whoever's it is ---- */
int kf_explain_outcome(struct kf_session *s, uint32_t profile, const char *order,
                       struct kf_buf *out, struct kf_error *err);
/* ---- explain_erased.c: *ret: the exit status; -1: nobody of that name was erased ---- */
int kf_explain_erased(struct kf_session *s, const char *text, struct kf_buf *out, int *ret,
                      struct kf_error *err);

#endif
