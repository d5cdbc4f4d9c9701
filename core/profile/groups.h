/* Which groups (accounts, households) a profile belongs to at as_of: from a `group` event that
 * names one until an 'Account Removed User' of it. Built once a world where rules ask for groups;
 * immutable, any thread. */
#ifndef KF_PROFILE_GROUPS_H
#define KF_PROFILE_GROUPS_H

#include "profile/world.h"

struct kf_groups;
int kf_groups_new(const struct kf_world *w, struct kf_groups **ret, struct kf_error *err);
void kf_groups_free(struct kf_groups *g);
uint32_t kf_groups_count(const struct kf_groups *g);
/* Groups of a profile, as numbers, ascending by (type, id). */
uint32_t kf_groups_of(const struct kf_groups *g, uint32_t profile, const uint32_t **ret);
/* Profiles of a group, ascending. */
uint32_t kf_groups_profiles(const struct kf_groups *g, uint32_t group, const uint32_t **ret);
struct kf_str kf_groups_type(const struct kf_groups *g, uint32_t group);
struct kf_str kf_groups_id(const struct kf_groups *g, uint32_t group);
/* A trait that the group's events say (traits.NAME), the newest. */
struct kf_value kf_groups_trait(const struct kf_groups *g, struct kf_eval *ev, uint32_t group,
                                struct kf_str name);

#endif
