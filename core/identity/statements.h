/* Consent statements read off single events: by `consent` rules (readers and conditions) and from
 * consent.PURPOSE fields. They feed identity (links that need consent) and profiles (consent per
 * purpose). */
#ifndef KF_IDENTITY_STATEMENTS_H
#define KF_IDENTITY_STATEMENTS_H

#include "lua/eval.h"

enum kf_said { KF_SAID_GRANTED = 1, KF_SAID_DENIED = 2 };

/* One event on one purpose: of several statements the most restrictive. */
struct kf_statement {
    uint32_t event;
    uint16_t purpose; /* number in kf_statements.purpose */
    uint8_t state;    /* enum kf_said */
    uint32_t rule;    /* number of the consent rule that read it, UINT32_MAX: a consent field of the
                         event */
};

struct kf_statements {
    const char *const *purpose; /* sorted by bytes: of rules, links, conditions and the data */
    uint32_t n_purpose;
    struct kf_statement *row; /* sorted by (event, purpose) */
    uint32_t n;
};

/* Reads all events (not dropped, not left out by `subset`). The names live in `arena`; rows are
 * freed with kf_statements_free. `ops` answers what conditions ask of one event. */
int kf_statements_read(const struct kf_plan *plan, const struct kf_ruleset *rules,
                       const struct kf_events *events, const uint8_t *subset,
                       const struct kf_eval_ops *ops, void *ops_ctx, unsigned threads,
                       struct kf_arena *arena, struct kf_statements *ret, struct kf_error *err);
void kf_statements_free(struct kf_statements *s);
/* Number of a purpose, -1: nobody names it. */
int kf_statements_purpose(const struct kf_statements *s, struct kf_str name);
/* Consent of one IAB TCF 2 string for all listed purposes (bit i: purpose i + 1). False: no TCF 2
 * core string. */
bool kf_tcf_purposes(struct kf_str tc_string, uint32_t *ret_consents);

#endif
