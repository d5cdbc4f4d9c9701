/* The seven checks as counters that need no rules (ANALYTICS 9). `expect` rules (core/decide) say
 * what a team wants on top. One pass over the events; single call, no state. */
#ifndef KF_QUALITY_QUALITY_H
#define KF_QUALITY_QUALITY_H

#include "config/config.h"
#include "event/events.h"

enum kf_quality_check {
    KF_QUALITY_NAMES = 0,    /* name_variant: another spelling of a more frequent name */
    KF_QUALITY_PROPERTIES,   /* required_missing: an order without id, amount or currency */
    KF_QUALITY_FUTURE,       /* dated more than 5 minutes after it was received */
    KF_QUALITY_STALE,        /* received more than 30 days after it happened */
    KF_QUALITY_MONEY,        /* an amount without a currency of ISO 4217 */
    KF_QUALITY_TEST_TRAFFIC, /* says it is a test, or a mail address that nobody has */
    KF_QUALITY_CONSENT,      /* an identify without a word about consent */
    KF_QUALITY_DUPLICATES,   /* same_id: replaced by another copy, now or in an earlier run */
    KF_QUALITY_COUNTS
};

struct kf_quality_count {
    const char *check, *detail; /* stable words */
    uint64_t bad, of;
    uint32_t example[3], n_example; /* the earliest bad events */
};

/* config: names of amounts, NULL: none are known. subset: NULL or which events take part. */
int kf_quality_builtin(const struct kf_events *e, const struct kf_config *config,
                       const uint8_t *subset, struct kf_quality_count ret[KF_QUALITY_COUNTS],
                       struct kf_error *err);

/* Canonical key of an event name: lower case, words split at case changes and [\s_\-.:/]+, joined
 * with '_'. Returns its length (cut at cap). */
size_t kf_quality_name_key(struct kf_str name, char *out, size_t cap);

#endif
