#include "base/time.h"

#include "base/time_zone.h"

#include <stdio.h>
#include <time.h>

/* ---- days ---- */

/* Proleptic Gregorian, in eras of 400 years that begin on 1 March: the leap day is the last of its
 * year, so month lengths are (153 m + 2) / 5. Published by Howard Hinnant as days_from_civil. */
int32_t kf_day_from_ymd(int32_t y, unsigned m, unsigned d)
{
    int64_t year = (int64_t)y - (m <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    unsigned yoe = (unsigned)(year - era * 400);
    unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    int64_t day = era * 146097 + (int64_t)doe - 719468;
    return day > INT32_MAX ? INT32_MAX : day < INT32_MIN ? INT32_MIN : (int32_t)day;
}

void kf_day_ymd(int32_t day, int32_t *y, unsigned *m, unsigned *d)
{
    int64_t z = (int64_t)day + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned doe = (unsigned)(z - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = (int32_t)((int64_t)yoe + era * 400 + (*m <= 2));
}

static unsigned month_length(int32_t y, unsigned m)
{
    static const uint8_t length[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0))
        return 29;
    return length[m - 1];
}

bool kf_day_valid(int32_t y, unsigned m, unsigned d)
{
    return m >= 1 && m <= 12 && d >= 1 && d <= month_length(y, m);
}

static int32_t clamp32(int64_t v)
{
    return v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : (int32_t)v;
}

/* Day `d` of the month that is `months` after month m of year y, cut at that month's length. */
static int32_t shifted_day(int32_t y, unsigned m, unsigned d, int64_t months)
{
    int64_t count = (int64_t)y * 12 + (int64_t)m - 1 + months;
    int64_t year = count / 12, month = count % 12;
    if (month < 0) {
        month += 12;
        year--;
    }
    int32_t to = clamp32(year);
    unsigned last = month_length(to, (unsigned)month + 1);
    return kf_day_from_ymd(to, (unsigned)month + 1, d < last ? d : last);
}

int32_t kf_day_add_months(int32_t day, int32_t months)
{
    int32_t y;
    unsigned m, d;
    kf_day_ymd(day, &y, &m, &d);
    return shifted_day(y, m, d, months);
}

/* ---- instants and clocks ---- */

static inline int64_t floor_day(int64_t t, int64_t *ret_rest)
{
    int64_t day = t / KF_DAY, rest = t % KF_DAY;
    if (rest < 0) {
        rest += KF_DAY;
        day--;
    }
    *ret_rest = rest;
    return day;
}

static inline int64_t local_of(const struct kf_zone *z, int64_t t)
{
    return z ? kf_time_sum(t, kf_zone_offset(z, t)) : t;
}

/* Nanoseconds as if UTC, stopping at the ends of int64. */
static int64_t at_day(int64_t day, int64_t rest)
{
    int64_t t;
    if (__builtin_mul_overflow(day, KF_DAY, &t) || __builtin_add_overflow(t, rest, &t))
        return day < 0 ? KF_TIME_MIN : KF_TIME_MAX;
    return t;
}

void kf_time_civil(const struct kf_zone *z, int64_t t, struct kf_civil *ret)
{
    int64_t rest;
    int64_t day = floor_day(local_of(z, t), &rest);
    unsigned m, d;
    kf_day_ymd((int32_t)day, &ret->year, &m, &d);
    ret->month = (uint8_t)m;
    ret->day = (uint8_t)d;
    uint32_t second = (uint32_t)(rest / KF_SECOND);
    ret->nano = (uint32_t)(rest % KF_SECOND);
    ret->hour = (uint8_t)(second / 3600);
    ret->minute = (uint8_t)(second / 60 % 60);
    ret->second = (uint8_t)(second % 60);
    ret->weekday = (uint8_t)(((day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

int64_t kf_time_from_civil(const struct kf_zone *z, const struct kf_civil *c)
{
    unsigned m = c->month < 1 ? 1 : c->month > 12 ? 12 : c->month;
    int32_t day = shifted_day(c->year, m, c->day ? c->day : 1, 0);
    int64_t rest = ((int64_t)c->hour * 3600 + (int64_t)c->minute * 60 + c->second) * KF_SECOND;
    return kf_zone_from_local(z, at_day(day, rest + c->nano));
}

int32_t kf_time_day(const struct kf_zone *z, int64_t t)
{
    int64_t rest;
    return (int32_t)floor_day(local_of(z, t), &rest);
}

int64_t kf_time_day_start(const struct kf_zone *z, int32_t day)
{
    return kf_zone_from_local(z, at_day(day, 0));
}

int64_t kf_time_add_months(const struct kf_zone *z, int64_t t, int32_t months)
{
    if (months == 0 || t == KF_TIME_MIN || t == KF_TIME_MAX)
        return t;
    int64_t rest;
    int32_t day = (int32_t)floor_day(local_of(z, t), &rest);
    return kf_zone_from_local(z, at_day(kf_day_add_months(day, months), rest));
}

int64_t kf_time_unit_start(const struct kf_zone *z, int64_t t, char unit, int steps)
{
    int32_t day = kf_time_day(z, t), y;
    unsigned m, d;
    switch (unit) {
    case 'm':
    case 'q':
    case 'y':
        kf_day_ymd(day, &y, &m, &d);
        if (unit == 'q')
            m = (m - 1) / 3 * 3 + 1;
        else if (unit == 'y')
            m = 1;
        day = shifted_day(y, m, 1, (int64_t)steps * (unit == 'm' ? 1 : unit == 'q' ? 3 : 12));
        break;
    case 'w':
        day = clamp32((int64_t)day - ((day + 3) % 7 + 7) % 7 + (int64_t)steps * 7);
        break;
    default:
        day = clamp32((int64_t)day + steps);
        break;
    }
    return kf_time_day_start(z, day);
}

/* ---- texts ---- */

static size_t put_number(char *out, uint32_t v, size_t digits)
{
    for (size_t i = digits; i > 0; i--) {
        out[i - 1] = (char)('0' + v % 10);
        v /= 10;
    }
    return digits;
}

static size_t put_date(char *out, int32_t y, unsigned m, unsigned d)
{
    size_t n = 0;
    if (y >= 0 && y <= 9999)
        n += put_number(out, (uint32_t)y, 4);
    else /* outside what parses; ISO 8601's expanded years */
        n += (size_t)snprintf(out, 13, "%+05d", (int)y);
    out[n++] = '-';
    n += put_number(out + n, m, 2);
    out[n++] = '-';
    return n + put_number(out + n, d, 2);
}

static size_t put_instant(const struct kf_zone *z, int64_t t, char between, char *out)
{
    struct kf_civil c;
    kf_time_civil(z, t, &c);
    size_t n = put_date(out, c.year, c.month, c.day);
    out[n++] = between;
    n += put_number(out + n, c.hour, 2);
    out[n++] = ':';
    n += put_number(out + n, c.minute, 2);
    out[n++] = ':';
    n += put_number(out + n, c.second, 2);
    if (c.nano) {
        out[n++] = '.';
        if (c.nano % 1000000 == 0)
            n += put_number(out + n, c.nano / 1000000, 3);
        else if (c.nano % 1000 == 0)
            n += put_number(out + n, c.nano / 1000, 6);
        else
            n += put_number(out + n, c.nano, 9);
    }
    return n;
}

size_t kf_time_format(int64_t t, char *out)
{
    size_t n = put_instant(NULL, t, 'T', out);
    out[n++] = 'Z';
    out[n] = '\0';
    return n;
}

size_t kf_time_format_local(const struct kf_zone *z, int64_t t, char *out)
{
    size_t n = put_instant(z, t, ' ', out);
    out[n] = '\0';
    return n;
}

size_t kf_day_format(int32_t day, char *out)
{
    int32_t y;
    unsigned m, d;
    kf_day_ymd(day, &y, &m, &d);
    size_t n = put_date(out, y, m, d);
    out[n] = '\0';
    return n;
}

size_t kf_duration_format(int64_t ns, char *out)
{
    static const struct {
        int64_t length;
        const char *name;
    } units[] = {{KF_DAY, "day"},       {KF_HOUR, "hour"},          {KF_MINUTE, "minute"},
                 {KF_SECOND, "second"}, {1000000LL, "millisecond"}, {1000LL, "microsecond"},
                 {1LL, "nanosecond"}};
    size_t i = ns ? 0 : 3; /* nothing is "0 seconds" */
    while (ns % units[i].length)
        i++;
    int64_t v = ns / units[i].length;
    int n =
        snprintf(out, 48, "%lld %s%s", (long long)v, units[i].name, v == 1 || v == -1 ? "" : "s");
    return n > 0 ? (size_t)n : 0;
}

double kf_clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
