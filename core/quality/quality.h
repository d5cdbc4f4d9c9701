/* The seven checks as far as they need no rules (ANALYTICS 9). `expect` rules (core/decide) say
 * what a team wants on top. A few passes over the events; single call, no state. */
#ifndef KF_QUALITY_QUALITY_H
#define KF_QUALITY_QUALITY_H

#include "config/config.h"
#include "quality/tally.h"

enum kf_quality_check {
    /* names */
    KF_QUALITY_VARIANT = 0, /* name_variant: another spelling of a more frequent name */
    KF_QUALITY_DYNAMIC,     /* dynamic_name: made of an id, a date, an address */
    /* properties */
    KF_QUALITY_REQUIRED, /* required_missing: an order without id, amount or currency */
    KF_QUALITY_TYPES,    /* type_mismatch: a text where the same event has numbers or truths */
    /* time */
    KF_QUALITY_NO_OFFSET, /* no_offset: neither record nor source says of which zone it is */
    KF_QUALITY_FUTURE,    /* future: dated more than 5 minutes after it was received */
    KF_QUALITY_STALE,     /* stale: received more than 30 days after it happened */
    KF_QUALITY_SKEW,      /* clock_skew: the device's clock was more than 10 minutes off */
    KF_QUALITY_ZONE,      /* zone_mismatch: the device's local time, written as if it were UTC */
    KF_QUALITY_GAP,       /* dst_gap: a local time that the clocks never showed */
    /* money */
    KF_QUALITY_NO_CURRENCY, /* no_currency: an amount without one */
    KF_QUALITY_CURRENCY,    /* currency: a code that ISO 4217 does not know */
    KF_QUALITY_DECIMALS,    /* decimals: more than the currency has */
    KF_QUALITY_SIGN,        /* sign: a negative amount that is no refund and no discount */
    KF_QUALITY_SUM,         /* adds_up: the total of an order is not the sum of its parts */
    /* test_traffic */
    KF_QUALITY_TEST,       /* looks_like_test: says so, or an address or program that nobody has */
    KF_QUALITY_UNLABELLED, /* unlabelled: of these, no flag leaves it out of the figures */
    /* activation */
    KF_QUALITY_CONSENT, /* no_consent_said: an identify without a word about consent */
    /* duplicates */
    KF_QUALITY_SAME_ID,      /* same_id: replaced by another copy, now or in an earlier run */
    KF_QUALITY_OTHER,        /* same_id_other_content: of copies dropped now, what the one kept does
                                not say */
    KF_QUALITY_SAME_CONTENT, /* same_content: says what another says, under another id */
    KF_QUALITY_SAME_ORDER,   /* same_order: the order completed before */
    KF_QUALITY_COUNTS
};

struct kf_quality_options {
    const struct kf_config *config; /* names of amounts; NULL: none are known */
    const uint8_t *subset;          /* which events take part; NULL: all */
    const uint64_t *flags;          /* of every event; NULL: there are none */
    uint64_t leave_out;             /* those of the flags that leave events out of figures */
    bool rows;                      /* keep every bad event */
};

/* ret: one a check, begun and ended here; the caller frees each. */
int kf_quality_builtin(const struct kf_events *e, const struct kf_quality_options *o,
                       struct kf_tally ret[KF_QUALITY_COUNTS], struct kf_error *err);

/* Canonical key of an event name: lower case, words split at case changes and [\s_\-.:/]+, joined
 * with '_'. Returns its length (cut at cap). */
size_t kf_quality_name_key(struct kf_str name, char *out, size_t cap);
/* Does a name hold what changes from event to event: an address, a path, a long number, an id? */
bool kf_quality_name_is_dynamic(struct kf_str name);

/* The same of a single event's body, for `expect` rules, too. */

/* What a note of core/event/hand.h says of its time: "no_offset", "dst_gap"; p NULL: nothing. */
struct kf_str kf_quality_time_note(const struct kf_events *e, uint32_t event, uint32_t note_key);
/* Of instants of a device in `zone`: was its local time written as if it were UTC? */
bool kf_quality_zone_mismatch(int64_t time, int64_t received, const struct kf_zone *zone);

/* Zones by name, each looked up once. */
struct kf_quality_zones;
struct kf_quality_zones *kf_quality_zones_new(void); /* NULL: no memory */
void kf_quality_zones_free(struct kf_quality_zones *z);
/* False: no such zone. */
bool kf_quality_zone(struct kf_quality_zones *z, struct kf_str name, const struct kf_zone **ret);

#endif
