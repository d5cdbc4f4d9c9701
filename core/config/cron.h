/* Five-field cron expressions: minute, hour, day of the month, month, day of the week; also @daily
 * and the like. */
#ifndef KF_CONFIG_CRON_H
#define KF_CONFIG_CRON_H

#include "config/config.h"

struct kf_cron {
    uint64_t set[5]; /* bit n: the field may be n */
    bool either; /* day of the month and of the week are both restricted: one of them suffices */
};

/* False: *ret_field names the field that is wrong ("end": something follows the fifth). */
bool kf_cron_parse(const char *text, struct kf_cron *ret, const char **ret_field);

#endif
