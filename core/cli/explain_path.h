/* How two identifiers of one person hang together: the chain of kept links whose weakest link is as
 * strong as can be. Main thread. */
#ifndef KF_CLI_EXPLAIN_PATH_H
#define KF_CLI_EXPLAIN_PATH_H

#include "cli/session.h"

struct kf_path_step {
    uint32_t link; /* number in identity->link */
    uint32_t step; /* 1 beside `from`, and so on */
};

/* The name under which an identifier's links are kept: the spelling it was joined to. */
uint32_t kf_span_owner(const struct kf_world *w, uint32_t id);
/* Start of the stretch that holds an instant. */
int64_t kf_span_start(const struct kf_world *w, uint32_t id, int64_t at);
/* Whose the stretch is that starts at `from`, KF_ID_NONE: nobody's. */
uint32_t kf_span_profile(const struct kf_world *w, uint32_t id, int64_t from);
/* Which identifiers are or were the profile's: bytes[ids->n], the caller frees. */
uint8_t *kf_profile_ever(const struct kf_world *w, uint32_t profile);
/* Between two identifiers that `profile` holds now, the weakest link first; returns how many, 0:
 * they are one identifier, or nothing was found. */
uint32_t kf_explain_path(const struct kf_world *w, uint32_t profile, uint32_t from, uint32_t to,
                         struct kf_arena *a, const struct kf_path_step **ret);
/* "declared", "verified", "observed" */
const char *kf_strength_name(uint8_t strength);

#endif
