/* Survivorship: which of the values that events carried is a profile's trait (RULES 4, `trait`).
 *
 * kf_traits_new compiles the `trait` rules and the undeclared `traits.x` that rules ask, once a
 * world; immutable afterwards. One struct kf_trait_fold a worker thread; values that it returns
 * live until kf_trait_fold_reset. One walk over each event's body finds the sources of all traits.
 */
#ifndef KF_PROFILE_TRAITS_H
#define KF_PROFILE_TRAITS_H

#include "profile/world.h"

struct kf_traits;
int kf_traits_new(const struct kf_world *w, struct kf_traits **ret, struct kf_error *err);
void kf_traits_free(struct kf_traits *t);
/* Declared ones first, by name, as kf_rules_kind has them; then undeclared ones, by name. */
uint32_t kf_traits_count(const struct kf_traits *t);
uint32_t kf_traits_declared(const struct kf_traits *t);
int kf_traits_find(const struct kf_traits *t, struct kf_str name); /* -1: nobody asks it */

struct kf_trait_fold;
struct kf_trait_fold *kf_trait_fold_new(const struct kf_traits *t); /* NULL: no memory */
void kf_trait_fold_free(struct kf_trait_fold *f);
/* Lets go of the values returned since the last time: at the start of a chunk of profiles. */
void kf_trait_fold_reset(struct kf_trait_fold *f);
/* Values of all traits from events in (time, id) order into value[kf_traits_count]. `ev` looks at
 * events (filters of event sources). *ret_says: per event 1 where it says how the person came (a
 * campaign, click id or referrer), for kf_touches_marked. */
void kf_trait_fold_run(struct kf_trait_fold *f, struct kf_eval *ev, const uint32_t *event,
                       uint32_t n, struct kf_value *value, const uint8_t **ret_says);

struct kf_trait_change {
    struct kf_value value;
    uint32_t event;
};
/* Every change of one trait, oldest first, in `arena`. Does not disturb the values of the last run.
 */
uint32_t kf_trait_history(struct kf_trait_fold *f, struct kf_eval *ev, uint32_t trait,
                          const uint32_t *event, uint32_t n, struct kf_arena *arena,
                          const struct kf_trait_change **ret);
/* Next instant after as_of at which forget_after takes the value away; KF_TIME_MAX: never. */
int64_t kf_trait_flip(const struct kf_traits *t, uint32_t trait, const struct kf_value *value);

#endif
