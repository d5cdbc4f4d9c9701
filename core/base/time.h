/* Instants are int64 nanoseconds UTC since 1970-01-01; days are whole days since then; zones are
 * IANA names, read from the system's tz database ($TZDIR, else /usr/share/zoneinfo). Range
 * 1900-01-01
 * .. 2200-01-01: what is outside does not parse (quarantine says so); arithmetic that leaves int64
 * stops at KF_TIME_MIN and KF_TIME_MAX. */
#ifndef KF_BASE_TIME_H
#define KF_BASE_TIME_H

#include "base/error.h"
#include "base/str.h"

#define KF_SECOND   1000000000LL
#define KF_MINUTE   (60 * KF_SECOND)
#define KF_HOUR     (3600 * KF_SECOND)
#define KF_DAY      (86400 * KF_SECOND)
#define KF_TIME_MIN INT64_MIN /* before everything */
#define KF_TIME_MAX INT64_MAX /* never */

struct kf_civil {
    int32_t year;
    uint8_t month, day, hour, minute, second; /* month, day 1-based */
    uint32_t nano;
    uint8_t weekday; /* 0 Monday .. 6 Sunday; filled by conversions, ignored as input */
};

struct kf_zone;
/* NULL with err where the zone is unknown ("did you mean"). name NULL or "" or "UTC": UTC.
 * Thread-safe to use once made. */
struct kf_zone *kf_zone_new(const char *name, struct kf_error *err);
void kf_zone_free(struct kf_zone *z);
const char *kf_zone_name(const struct kf_zone *z);
/* NULL zone means UTC everywhere below. */
int64_t kf_zone_offset(const struct kf_zone *z,
                       int64_t t); /* nanoseconds to add to UTC at instant t */
void kf_time_civil(const struct kf_zone *z, int64_t t, struct kf_civil *ret);
/* A skipped clock time is the first instant after the gap, a doubled one the earlier. Days beyond
 * the month's end clamp to it. */
int64_t kf_time_from_civil(const struct kf_zone *z, const struct kf_civil *c);
int32_t kf_time_day(const struct kf_zone *z,
                    int64_t t); /* days since 1970-01-01 of the local date */
int64_t kf_time_day_start(const struct kf_zone *z,
                          int32_t day); /* first instant of that local date */
int32_t kf_day_from_ymd(int32_t y, unsigned m, unsigned d);
void kf_day_ymd(int32_t day, int32_t *y, unsigned *m, unsigned *d);
bool kf_day_valid(int32_t y, unsigned m, unsigned d);
/* t moved by calendar months in the zone: same day and clock time, clamped to the month's last day.
 */
int64_t kf_time_add_months(const struct kf_zone *z, int64_t t, int32_t months);
int32_t kf_day_add_months(int32_t day, int32_t months);
/* Start of the calendar unit holding t: 'd' day, 'w' week (Monday), 'm' month, 'q' quarter, 'y'
 * year; moved by `steps` units. */
int64_t kf_time_unit_start(const struct kf_zone *z, int64_t t, char unit, int steps);

/* RFC 3339 / ISO 8601 instant. `T` or blank between date and time, fraction up to 9 digits, `Z` or
 * +hh:mm or +hhmm or +hh. *ret_offset_given false when no zone is written (then `z` is used). Date
 * alone: its first instant in z. False: no time. */
bool kf_time_parse(struct kf_str s, const struct kf_zone *z, int64_t *ret, bool *ret_offset_given);
/* strptime-like: %Y %y %m %d %H %I %M %S %f(fraction) %p %b %B(English) %z %Z %s(epoch s) %Q(epoch
 * ms) %%, blanks match any blanks. */
bool kf_time_parse_format(struct kf_str s, const char *format, const struct kf_zone *z,
                          int64_t *ret);
/* "2026-03-02T10:00:00Z", fraction only if not zero (3, 6 or 9 digits). out >= 40. Returns length.
 */
size_t kf_time_format(int64_t t, char *out);
size_t kf_time_format_local(const struct kf_zone *z, int64_t t,
                            char *out);       /* "2026-03-02 11:00:00", same */
size_t kf_day_format(int32_t day, char *out); /* "2026-03-02" */
/* Length in words: "30 days", "90 minutes", "36 hours". out >= 48. */
size_t kf_duration_format(int64_t ns, char *out);

/* Monotonic seconds, for progress and reports only: never enters a result. */
double kf_clock_seconds(void);

#endif
