/* Between quality.c (the report) and quality_identifiers.c. */
#ifndef KF_DECIDE_QUALITY_INTERNAL_H
#define KF_DECIDE_QUALITY_INTERNAL_H

#include "decide/decide.h"

#define KF_QUALITY_IDENTIFIERS 6

/* At most KF_QUALITY_IDENTIFIERS rows; returns how many found something. */
uint32_t kf_quality_identifiers(const struct kf_world *w, struct kf_expect_row *ret);

#endif
