/* Between quality.c (the report), quality_checks.c (what rules check) and quality_identifiers.c. */
#ifndef KF_DECIDE_QUALITY_INTERNAL_H
#define KF_DECIDE_QUALITY_INTERNAL_H

#include "decide/decide_internal.h"
#include "quality/quality.h"

#define KF_QUALITY_IDENTIFIERS 6

/* At most KF_QUALITY_IDENTIFIERS tallies, ended; returns how many found something. The caller frees
 * them. */
uint32_t kf_quality_identifiers(const struct kf_world *w, bool rows, struct kf_tally *ret);

/* Ends the tally; the caller frees it. */
int kf_quality_consent(struct kf_decide *d, bool rows, struct kf_tally *ret, struct kf_error *err);

/* A rule at work: a tally a detail. */
#define KF_CHECK_DETAILS 8
struct checking {
    struct kf_decide *d;
    const struct kf_rule *r;
    struct decider x;
    struct kf_tally tally[KF_CHECK_DETAILS];
    uint32_t n_tally;
    bool rows;    /* keep every bad event */
    uint8_t *bad; /* [events] */
    uint64_t of;  /* events that were checked */
    uint32_t event;
    uint32_t note; /* key of the note about times, 0: no event has one */
    struct kf_quality_zones *zones;
};
/* kf_check_end in any case. */
int kf_check_run(struct checking *c, struct kf_decide *d, const struct kf_rule *r, bool rows,
                 struct kf_error *err);
void kf_check_end(struct checking *c);

#endif
