/* What erasing a person takes away: worked out once, so that --dry-run and the erasure say and do
 * the same. Main thread. */
#ifndef KF_CLI_ERASE_H
#define KF_CLI_ERASE_H

#include "cli/steward.h"

/* The rule that says what goes, as core/identity/README.md writes it out. A receipt names it. */
#define KF_ERASE_RULE "erasure/1"

struct kf_erase_file {
    const char *path;
    uint64_t records; /* of a source: that named them */
};

struct kf_erase_plan {
    struct kf_desk *d;
    uint8_t *person; /* [n_profiles] 1: erased */
    uint32_t n_person;
    const char *const *profile; /* ids of the persons, 16 hex digits */
    uint32_t *id;               /* identifiers that go, by (namespace, value) */
    uint32_t n_id;
    uint32_t *kept; /* that were theirs for a time but are somebody else's, too */
    uint32_t n_kept;
    struct kf_tombstone *tombstone; /* identifiers, then events */
    uint32_t n_tombstone;
    struct kf_tombstones *set; /* of these and all before */
    struct kf_erased_counts events;
    uint64_t links, traits, memberships, suppressions, consents, touches, quarantined, decisions,
        blocks;
    const struct kf_erase_file *source; /* files that hold records of theirs */
    uint32_t n_source;
    const char *const *elsewhere; /* other files that name them: exports, rules, kinfold.yaml */
    uint32_t n_elsewhere;
    uint32_t in_rules; /* how many of those, the last ones, are rules: the store has a copy */
    const char *const *value; /* what must not be found in the store afterwards */
    uint32_t n_value;
};

/* The desk's operands as people; its events and world are made. KF_E_NOINPUT: nobody of that name.
 */
int kf_erase_plan(struct kf_desk *d, struct kf_erase_plan *p, struct kf_error *err);
void kf_erase_plan_free(struct kf_erase_plan *p);
/* The numbers as a JSON object: what a receipt keeps. In the desk's arena. */
const char *kf_erase_counts(const struct kf_erase_plan *p);
/* Names of the store's files that still hold a value, byte for byte; how many. */
uint32_t kf_erase_leftovers(const struct kf_erase_plan *p, const char *const **ret);

#endif
