/* Lines of an explanation: between scenario_why.c (rules about people), scenario_why_event.c (about
 * events, consent, identity) and scenario_tell.c (conditions), which both write with. */
#ifndef KF_DECIDE_SCENARIO_TELL_H
#define KF_DECIDE_SCENARIO_TELL_H

#include "decide/scenario_internal.h"

struct kf_telling {
    struct outcome *o;
    kf_vec(struct kf_scenario_line) line;
    unsigned nest; /* rules within rules */
    int dull;      /* what comes out so had no say in what it is part of; -1: all had */
    bool plain;    /* it had none: said in a line, not taken apart */
    /* what the evaluator said of the node that is wanted */
    const struct kf_node *want;
    struct kf_value actual;
    bool seen;
    const uint32_t *evidence;
    uint32_t n_evidence;
};

/* A remark, or (truth not negative) something like a condition; lives until the next line. */
struct kf_scenario_line *kf_tell(struct kf_telling *k, uint32_t depth, int truth, const char *fmt,
                                 ...) __attribute__((format(printf, 4, 5)));
/* Events behind the newest line, by their numbers in the text, each once and in order. */
void kf_tell_events(struct kf_telling *k, const uint32_t *event, uint32_t n);
/* The condition and what it is made of, as `x` stands (a profile, or an event that is looked at);
 * rules that it asks are told too. */
enum kf_truth kf_tell_condition(struct kf_telling *k, struct decider *x, const struct kf_node *n,
                                uint32_t depth);
/* A value, what it is made of, and the events behind it. */
void kf_tell_value(struct kf_telling *k, struct decider *x, const struct kf_node *expr,
                   uint32_t depth);
const char *kf_tell_text(struct kf_telling *k, const struct kf_value *v);

/* scenario_why.c: what a rule asks of the profile that the decider stands at. */
void kf_tell_rule(struct kf_telling *k, struct decider *x, const struct kf_rule *r, uint32_t depth);
/* scenario_why_event.c */
void kf_tell_event(struct kf_telling *k, const struct kf_ask_why *ask);
void kf_tell_key(struct kf_telling *k, const struct kf_ask_why *ask);
void kf_tell_consent(struct kf_telling *k, uint32_t profile, struct kf_str purpose, uint32_t depth);
void kf_tell_links(struct kf_telling *k, uint32_t a, uint32_t b);

#endif
