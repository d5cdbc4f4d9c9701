/* From events and rules to the columns that resolution works on: which identifiers each event
 * carries, which link rules hold for it, sign-outs, transfers, separations, consent. */
#ifndef KF_IDENTITY_OBSERVE_H
#define KF_IDENTITY_OBSERVE_H

#include "identity/idset.h"
#include "identity/statements.h"

struct kf_decision_text { /* stewards' log as written: "email=a@x.test"; transfer: b is the new
                             owner or NULL */
    const char *verb, *a, *b;
    int64_t at;
    uint32_t number;
};

struct kf_observe_options {
    const struct kf_ruleset *rules;
    const struct kf_plan *plan;
    const struct kf_events *events;
    const uint8_t *subset; /* NULL, or which events take part */
    struct kf_idset *ids;  /* gets extra numbers for owners that no event names */
    const struct kf_statements *statements;
    const struct kf_decision_text *decision;
    uint32_t n_decision;
    const struct kf_eval_ops *ops; /* what conditions ask of one event */
    void *ops_ctx;
    int64_t as_of;
    unsigned threads;
    bool want_links;
};

/* Observes and resolves. */
int kf_identity_observe(const struct kf_observe_options *o, struct kf_id_result **ret,
                        struct kf_error *err);
/* Normalised identifiers that an event carries, without repeats; returns how many (at most `cap`
 * are written). */
uint32_t kf_identity_of_event(const struct kf_events *e, const struct kf_idset *ids, uint32_t event,
                              uint32_t *out, uint32_t cap);

#endif
