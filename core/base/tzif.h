/* One zone of the system's tz database as a list of changes. Form: RFC 8536 (TZif, version 2 or
 * later) with its footer, a POSIX TZ rule, written out for the years behind the table. GLib's
 * reader gets footers with negative summer time (Dublin) wrong from 2038 on, hence our own. Used by
 * time_zone.c only; no state. */
#ifndef KF_BASE_TZIF_H
#define KF_BASE_TZIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kf_tz_change {
    int64_t at;           /* seconds UTC since 1970-01-01; INT64_MIN for the first */
    int32_t offset;       /* seconds to add to UTC from then on */
    char abbreviation[8]; /* cut if longer */
};

/* Changes in ascending order up to the end of `last_year`, in a malloc'd array that the caller
 * frees. False: no readable TZif file of that form. */
bool kf_tzif_read(const char *path, int last_year, struct kf_tz_change **ret, size_t *ret_n);

#endif
