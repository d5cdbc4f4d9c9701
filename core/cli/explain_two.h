/* Two identifiers: how they are one person, or why they are not and what would make them one; and
 * an identifier of nobody. Main thread. */
#ifndef KF_CLI_EXPLAIN_TWO_H
#define KF_CLI_EXPLAIN_TWO_H

#include "cli/explain.h"

/* An operand: the profile it names and the identifier by which it does (a profile id: the one by
 * which people would know the profile). */
struct kf_explain_end {
    uint32_t profile, id;
};

/* Number of the identifier that a text names, KF_ID_NONE: it names none (a profile id). */
uint32_t kf_explain_identifier(const struct kf_world *w, struct kf_str text);
/* Both return the exit status. */
int kf_explain_nobody(struct kf_session *s, uint32_t id, struct kf_buf *out);
int kf_explain_two(struct kf_session *s, struct kf_explain_end a, struct kf_explain_end b,
                   struct kf_buf *out);

/* explain_why.c: one sentence that says what would have to be true for a refused link to hold. */
void kf_explain_wanted(const struct kf_session *s, const struct kf_id_link *l, struct kf_buf *out);
/* What was in the way: other identifiers than the link's ends; out[cap], returns how many. */
uint32_t kf_explain_blocking(const struct kf_world *w, const struct kf_id_link *l,
                             const uint8_t *ever_a, const uint8_t *ever_b, uint32_t *out,
                             uint32_t cap);
/* Where the rule that refused stands: the namespace's line, the never_link rule; NULL: none. */
const struct kf_pos *kf_explain_limit_place(const struct kf_world *w, const struct kf_id_link *l);
/* Lines that say which limits of the rules any link between two profiles would break now, and what
 * a steward could say; returns how many limits. */
uint32_t kf_explain_limits_between(const struct kf_session *s, uint32_t p, uint32_t q,
                                   struct kf_buf *out);
/* Names of the link rules that could tie an identifier of `a` to one of `b`. */
void kf_explain_rules_between(const struct kf_world *w, const uint8_t *ever_a,
                              const uint8_t *ever_b, struct kf_buf *out);

#endif
