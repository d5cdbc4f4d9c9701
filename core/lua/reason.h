/* What can be proved about conditions without data: that one can never hold, always holds, or holds
 * only where another does.
 *
 * A claim is a proof: conditions are taken apart until the tests of one value are left, and the
 * sets of values that pass them (interval.h) are seen to have nothing in common. Where that does
 * not succeed, or takes too long, nothing is claimed. Three-valued: "never holds" means never true,
 * "always holds" never false. One thread. */
#ifndef KF_LUA_REASON_H
#define KF_LUA_REASON_H

#include "lua/rules.h"

/* What is wanted of a condition. */
enum kf_goal { KF_GOAL_TRUE, KF_GOAL_FALSE, KF_GOAL_NOT_TRUE, KF_GOAL_NOT_FALSE };

struct kf_want {
    /* a condition, a filter, or a selection that the event looked at is one of (only wanted true)
     */
    const struct kf_node *node;
    enum kf_goal goal;
};

/* In whose name a condition is asked: it decides what a bare event means and whether other rules
 * may be looked into. */
enum kf_reason_about {
    KF_ABOUT_PROFILE, /* at as_of; computed traits, bands and segments are looked into */
    KF_ABOUT_OTHER,   /* the same at other clocks or over some events only: they are not */
    KF_ABOUT_EVENT    /* one event or touch */
};

struct kf_reason;
/* Of a rule set, which must live as long. config NULL: UTC, EUR. */
struct kf_reason *kf_reason_new(const struct kf_ruleset *s, const struct kf_config *config);
void kf_reason_free(struct kf_reason *r);

/* True: it is proved that not all of this can be at once. */
bool kf_reason_impossible(struct kf_reason *r, enum kf_reason_about about,
                          const struct kf_want *want, uint32_t n);
/* True: it is proved that no event passes the filters of the select: with KF_GOAL_TRUE for sure,
 * with KF_GOAL_NOT_FALSE perhaps. */
bool kf_reason_no_event(struct kf_reason *r, const struct kf_node *select, enum kf_goal goal);
/* True: it is proved that whoever is a member of a is one of b. Segments without waits. Asked of
 * one a and many b in turn it is fast. */
bool kf_reason_subsumed(struct kf_reason *r, const struct kf_rule *a, const struct kf_rule *b);
/* How a rule's conditions are asked. */
enum kf_reason_about kf_reason_about_of(const struct kf_rule *r);
/* Least and greatest value of a score card; false: it is none, or has no such bound. */
bool kf_reason_card_bounds(const struct kf_rule *score, struct kf_dec *ret_lo,
                           struct kf_dec *ret_hi);
/* Hashes of what a segment asks of everybody in it, or (perhaps) of anybody: what one asks of
 * everybody and another of nobody tells them apart without a proof. Sorted; valid until the next
 * call. */
uint32_t kf_reason_facts(struct kf_reason *r, const struct kf_rule *segment, bool perhaps,
                         const uint32_t **ret);

#endif
