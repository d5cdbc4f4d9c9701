/* The part of the log that can have a say about some identifiers, found without resolving anybody.
 *
 * A part is what identity/incremental.h calls so: events that carry one identifier, tied by a rule
 * or not, and what a transfer, a separation or a steward names together, to the end. Resolving a
 * part gives what resolving everything gives about whoever is in it. It is found by one pass over
 * the blocks that only looks at numbers, so it costs a small share of the log's events a byte, not
 * a resolution. Main thread. */
#ifndef KF_STORE_PART_H
#define KF_STORE_PART_H

#include "identity/observe.h"
#include "store/store.h"

struct kf_store_part {
    const struct kf_ruleset *rules; /* of the last run, with the configuration that it had: what an
                                       identifier is a spelling of is read from the store */
    const struct kf_config *config;
    const char *const *about; /* identifiers ("email:anna@example.com") or ids of profiles */
    uint32_t n_about;
    const struct kf_decision_text *decision; /* those that the last run knew */
    uint32_t n_decision;
};

/* Events of the part with dictionaries of their own, owned by the caller (kf_store_events_free);
 * none where nobody of `about` was ever seen. *ret NULL: the part is more than a quarter of the
 * log, or somebody in `about` cannot be found this way; load everything. */
int kf_store_load_part(struct kf_store *s, const struct kf_store_part *o, struct kf_events **ret,
                       struct kf_error *err);

#endif
