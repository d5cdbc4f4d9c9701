/* Whole components of the data: identifiers that any event names together, under any of the rule
 * sets, are in it together or not at all, so that nobody's identity is cut. Main thread. */
#ifndef KF_CLI_SAMPLE_H
#define KF_CLI_SAMPLE_H

#include "identity/idset.h"
#include "identity/observe.h"

/* What ties identifiers to each other; all borrowed. */
struct kf_sample_ties {
    const struct kf_events *events;
    const struct kf_ruleset *const *rules; /* one or two sets */
    uint32_t n_rules;
    const struct kf_decision_text *decision; /* stewards' log */
    uint32_t n_decision;
};

struct kf_sample {
    uint8_t *subset; /* [events->n] 1: in the sample */
    uint64_t events, of_events;
    uint32_t components, of_components;
};

/* share: of a million, chosen by the keyed hash of a component's earliest identifier as it was
 * written: rules do not change who is chosen. Events without identifiers are never in it: they are
 * nobody's. */
int kf_sample_take(const struct kf_sample_ties *t, const struct kf_config *config, unsigned threads,
                   uint32_t share, struct kf_sample *ret, struct kf_error *err);
/* The components of these events, under rule sets whose identifiers are normalised already; counts
 * no components. */
int kf_sample_around(const struct kf_sample_ties *t, const struct kf_idset *const *ids,
                     const uint32_t *event, uint32_t n_event, struct kf_sample *ret,
                     struct kf_error *err);
void kf_sample_free(struct kf_sample *s);

#endif
