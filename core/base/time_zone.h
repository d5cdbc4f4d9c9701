/* What time.c and time_parse.c need of a zone and nobody else should. Pure and lock-free: a zone is
 * immutable. */
#ifndef KF_BASE_TIME_ZONE_H
#define KF_BASE_TIME_ZONE_H

#include "base/time.h"

/* Sum that stops at KF_TIME_MIN and KF_TIME_MAX. */
static inline int64_t kf_time_sum(int64_t a, int64_t b)
{
    int64_t r;
    if (__builtin_add_overflow(a, b, &r))
        return a < 0 ? KF_TIME_MIN : KF_TIME_MAX;
    return r;
}

/* The instant at which the zone's clocks show `local` (nanoseconds as if it were UTC): after a gap
 * the first instant behind it, of two the earlier. */
int64_t kf_zone_from_local(const struct kf_zone *z, int64_t local);

/* Offset of an abbreviation that the zone has used ("CET", "CEST"). False: never used, or with
 * several meanings. */
bool kf_zone_abbreviation(const struct kf_zone *z, struct kf_str abbreviation, int64_t *ret_offset);

#endif
