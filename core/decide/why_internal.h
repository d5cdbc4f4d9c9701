/* Between why.c (the tree), why_ask.c (answers), why_need.c, why_time.c and why_funnel.c. */
#ifndef KF_DECIDE_WHY_INTERNAL_H
#define KF_DECIDE_WHY_INTERNAL_H

#include "decide/decide_internal.h"
#include "decide/why.h"

/* The tree of a rule; profile KF_NOBODY: of nobody, with rules about single contacts as questions.
 */
void kf_why_build(struct kf_reasoning *w);
/* Truth, value, evidence of every question, then of the combinations. */
void kf_why_ask_all(struct kf_reasoning *w);
/* Only the truths: quick, for many profiles. */
void kf_why_ask_quick(struct kf_reasoning *w, uint8_t *truth);
struct kf_why_tree kf_why_tree_of(struct kf_reasoning *w);
/* The evaluator that a part is asked of: the profile's, or one over the events of a contact. */
struct kf_eval *kf_why_eval_of(struct kf_reasoning *w, const struct kf_why_part *p);
/* The rule's own answer into w->truth, holds, why, flip, value. */
void kf_why_decide(struct kf_reasoning *w);
/* A reasoning with a decider that is not started; the tree is not built. */
int kf_why_open(struct kf_decide *d, const struct kf_rule *rule, uint32_t profile,
                struct kf_reasoning **ret, struct kf_error *err);
/* Position of a band among the score's, -1: none; and how many there are. */
int kf_why_band(const struct kf_rule *r, const struct kf_value *band);
int kf_why_bands(const struct kf_rule *r);
/* Accepts NULL. */
void kf_later_free(struct kf_later *l);
/* The i-th pair of at_most of a channel; NULL: none. */
const struct kf_node *kf_channel_cap(const struct kf_rule *channel, uint32_t i);

#endif
