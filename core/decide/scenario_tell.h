/* Lines of an explanation: between scenario_why.c (which of them, and rules about people),
 * scenario_why_event.c (about events, consent, identity) and scenario_tell.c, which both write
 * with. Conditions are what why.h says of them: the same that `explain` says. */
#ifndef KF_DECIDE_SCENARIO_TELL_H
#define KF_DECIDE_SCENARIO_TELL_H

#include "decide/scenario_internal.h"
#include "decide/why.h"

struct kf_telling {
    struct outcome *o;
    kf_vec(struct kf_scenario_line) line;
    unsigned nest; /* rules within rules */
};

/* A remark, or (truth not negative) something like a condition; lives until the next line. */
struct kf_scenario_line *kf_tell(struct kf_telling *k, uint32_t depth, int truth, const char *fmt,
                                 ...) __attribute__((format(printf, 4, 5)));
/* Events behind the newest line, by their numbers in the text, each once and in order. */
void kf_tell_events(struct kf_telling *k, const uint32_t *event, uint32_t n);
const char *kf_tell_text(struct kf_telling *k, const struct kf_value *v);
/* What a rule comes down to. Another rule that had no say is named and not taken apart. */
void kf_tell_parts(struct kf_telling *k, struct kf_reasoning *w, uint32_t depth);
/* Values with what they are made of, and the events behind them. */
void kf_tell_values(struct kf_telling *k, const struct kf_why_value *v, uint32_t n, uint32_t depth);

/* scenario_why.c: what a rule asks of a profile. */
void kf_tell_rule(struct kf_telling *k, uint32_t profile, const struct kf_rule *r, uint32_t depth);
/* scenario_why_event.c */
void kf_tell_event(struct kf_telling *k, const struct kf_rule *r, uint32_t event);
/* What a fraud rule says of an event, an identifier, a value or a network. */
void kf_tell_fraud(struct kf_telling *k, const struct kf_ask_why *ask);
/* Statements, and all of a profile's about a purpose. */
void kf_tell_said(struct kf_telling *k, const struct kf_consent_said *said, uint32_t n,
                  uint32_t depth);
void kf_tell_consent(struct kf_telling *k, uint32_t profile, struct kf_str purpose);
void kf_tell_links(struct kf_telling *k, uint32_t a, uint32_t b);

#endif
