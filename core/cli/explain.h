/* Everything that is known of one profile, gathered once so that text and JSON say the same. Main
 * thread. */
#ifndef KF_CLI_EXPLAIN_H
#define KF_CLI_EXPLAIN_H

#include "cli/session.h"

struct kf_explain_condition {
    uint32_t depth, n_evidence;
    enum kf_truth truth;
    bool combination, except;      /* of those below it; belongs to what must not hold */
    const char *sentence, *actual; /* actual NULL: none; masked already */
};

/* A segment or score with the value of every condition. */
struct kf_explain_rule {
    const struct kf_rule *rule;
    bool member, no_consent;
    const char *undecided; /* why, NULL: it could be decided */
    int64_t until;
    const struct kf_explain_condition *condition;
    uint32_t n;
};

struct kf_explain_value {
    const struct kf_column_def *def;
    const char *text; /* masked already; NULL: missing */
    const char *undecided;
    uint32_t event; /* that set it; UINT32_MAX: none or several */
};

struct kf_explain {
    struct kf_session *s;
    uint32_t profile;
    struct kf_arena arena;
    const struct kf_explain_value *value;
    uint32_t n_value;
    const struct kf_explain_rule *segment;
    uint32_t n_segment;
    const struct kf_explain_rule *score;
    uint32_t n_score;
    struct kf_suppression *suppression;
    uint32_t n_suppression;
    struct kf_eligibility *eligibility;
    uint32_t n_eligibility;
    struct kf_consent_row *consent;
    uint32_t n_consent;
    uint32_t n_touch;
    const char *first_touch, *last_touch; /* "google / cpc / boots", NULL: none */
    int64_t first_touch_time, last_touch_time;
    const uint32_t
        *link; /* numbers in identity->link that concern the profile: kept, then refused */
    uint32_t n_link, n_refused;
    const uint32_t
        *past; /* numbers in identity->span of identifiers that were the profile's once */
    uint32_t n_past;
    const uint32_t *fraud; /* numbers of kf_decide_fraud's rows */
    uint32_t n_fraud;
};

int kf_explain_gather(struct kf_session *s, uint32_t profile, struct kf_explain *ret,
                      struct kf_error *err);
void kf_explain_free(struct kf_explain *x);
void kf_explain_text(const struct kf_explain *x, struct kf_buf *out);
void kf_explain_json(const struct kf_explain *x, struct kf_buf *out);

/* The conditions of a rule for a profile, in `a`: those of other rules that it asks are not among
 * them. Shared with dry-run's examples. */
int kf_explain_trace(const struct kf_world *world, struct kf_decide *d, uint32_t profile,
                     const struct kf_rule *rule, bool reveal, struct kf_arena *a,
                     struct kf_explain_rule *ret, struct kf_error *err);
/* One line a condition: mark, sentence, actual. */
void kf_explain_conditions(const struct kf_explain_rule *r, unsigned indent, bool colour,
                           struct kf_buf *out);
/* The stretch of an identifier that holds the world's as_of, NULL: it was never cut. */
const struct kf_id_span *kf_explain_span(const struct kf_world *w, uint32_t id);
/* Rule of a name among link and transfer rules, NULL: a steward's decision. */
const struct kf_rule *kf_explain_link_rule(const struct kf_ruleset *rules, const char *name);
/* "per_profile of user_id", "keep_apart ..." */
void kf_explain_refusal(const struct kf_world *w, const struct kf_id_link *l, bool reveal,
                        struct kf_buf *out);

#endif
