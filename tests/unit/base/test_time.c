#include "../check_main.h"

#include "base/time.h"

#include <stdio.h>
#include <time.h>

static int64_t at(const char *text)
{
    int64_t t = 0;
    ck_assert_msg(kf_time_parse(kf_cstr(text), NULL, &t, NULL), "%s does not parse", text);
    return t;
}

static struct kf_zone *zone(const char *name)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_zone *z = kf_zone_new(name, &err);
    ck_assert_msg(z != NULL, "%s", err.message);
    return z;
}

static void assert_time(int64_t t, const char *expected)
{
    char text[40];
    size_t n = kf_time_format(t, text);
    ck_assert_str_eq(text, expected);
    ck_assert_uint_eq(n, strlen(expected));
}

static int64_t clock_in(const struct kf_zone *z, int y, int mo, int d, int h, int mi)
{
    struct kf_civil c = {.year = y,
                         .month = (uint8_t)mo,
                         .day = (uint8_t)d,
                         .hour = (uint8_t)h,
                         .minute = (uint8_t)mi};
    return kf_time_from_civil(z, &c);
}

START_TEST(days_go_there_and_back)
{
    ck_assert_int_eq(kf_day_from_ymd(1970, 1, 1), 0);
    ck_assert_int_eq(kf_day_from_ymd(2000, 2, 29), 11016);
    ck_assert_int_eq(kf_day_from_ymd(1900, 1, 1), -25567);
    ck_assert_int_eq(kf_day_from_ymd(2200, 1, 1), 84006);
    int32_t day = kf_day_from_ymd(1895, 1, 1);
    for (int32_t y = 1895; y < 2205; y++)
        for (unsigned m = 1; m <= 12; m++)
            for (unsigned d = 1; kf_day_valid(y, m, d); d++, day++) {
                int32_t yy;
                unsigned mm, dd;
                ck_assert_int_eq(kf_day_from_ymd(y, m, d), day);
                kf_day_ymd(day, &yy, &mm, &dd);
                ck_assert(yy == y && mm == m && dd == d);
            }
    ck_assert_int_eq(day, kf_day_from_ymd(2205, 1, 1));
    ck_assert(!kf_day_valid(1900, 2, 29) && kf_day_valid(2000, 2, 29) &&
              !kf_day_valid(2026, 2, 29));
    ck_assert(!kf_day_valid(2026, 0, 1) && !kf_day_valid(2026, 13, 1) &&
              !kf_day_valid(2026, 4, 31));
    ck_assert(!kf_day_valid(2026, 4, 0));
}
END_TEST

START_TEST(usual_instants_parse)
{
    int64_t t = 7;
    bool given = false;
    ck_assert(kf_time_parse(kf_cstr("2026-02-27T17:06:23.596Z"), NULL, &t, &given));
    ck_assert_int_eq(t, 1772211983596000000LL);
    ck_assert(given);
    ck_assert_int_eq(at("2026-02-27T17:06:23Z"), 1772211983000000000LL);
    ck_assert_int_eq(at("1970-01-01T00:00:00Z"), 0);
    ck_assert_int_eq(at("1969-12-31T23:59:59.999Z"), -1000000);
    ck_assert_int_eq(at("1900-01-01T00:00:00Z"), -2208988800LL * KF_SECOND);
    ck_assert_int_eq(at("2199-12-31T23:59:59.999999999Z"), 7258118400LL * KF_SECOND - 1);
    ck_assert_int_eq(at("2200-01-01T00:00:00Z"), 7258118400LL * KF_SECOND);
}
END_TEST

START_TEST(other_forms_say_the_same)
{
    static const char *const same[] = {
        "2026-02-27T17:06:23.5Z",      "2026-02-27t17:06:23.500z",
        "2026-02-27 17:06:23.500000Z", "2026-02-27T18:06:23.5+01:00",
        "2026-02-27T18:06:23.5+0100",  "2026-02-27T18:06:23.500000000+01",
        "2026-02-27T11:36:23,5-05:30", "2026-02-28T07:06:23.5+14:00",
        "2026-02-27T17:06:23.5-00:00", "2026-02-27T17:06:23.50",
        "2026-02-27 17:06:23.5",
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_time(at(same[i]), "2026-02-27T17:06:23.500Z");
    assert_time(at("2026-02-27T17:06Z"), "2026-02-27T17:06:00Z");
    assert_time(at("2016-12-31T23:59:60Z"), "2017-01-01T00:00:00Z");
}
END_TEST

START_TEST(what_is_no_time_is_refused)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-02",
        "2026-02-30",
        "2026-13-01",
        "2026-00-01",
        "2026-01-00",
        "2026-02-27T",
        "2026-02-27T17",
        "2026-02-27T17:06:",
        "2026-02-27T24:00:00Z",
        "2026-02-27T17:60:00Z",
        "2026-02-27T17:06:61Z",
        "2026-02-27T17:06:60Z",
        "2026-02-27T17:06:23.Z",
        "2026-02-27T17:06:23.1234567890Z",
        "2026-02-27T17:06:23.596Z ",
        "2026-02-27T17:06:23.596X",
        "2026-02-27T17:06:23+25:00",
        "2026-02-27T17:06:23+01:60",
        "2026-02-27T17:06:23+1",
        "2026-02-27T17:06:23+01:",
        "2026-02-27X17:06:23Z",
        "2026/02/27T17:06:23Z",
        "2O26-02-27T17:06:23Z",
        "2026-02-27T17-06-23Z",
        "1899-12-31T23:59:59Z",
        "2200-01-01T00:00:00.001Z",
        "1899-12-31T23:59:59.999Z",
        "9999-12-31T23:59:59.999Z",
        "0000-01-01",
        "2026-02-2\xB7",
        "-026-02-27",
        "2023-02-29T00:00:00.000Z",
        "2026-02-27T17:06:23.5:6Z",
        "2026-02-27T17:06:23..56Z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t t = 42;
        bool given = true;
        ck_assert_msg(!kf_time_parse(kf_cstr(bad[i]), NULL, &t, &given), "'%s' parses", bad[i]);
        ck_assert_int_eq(t, 42); /* untouched */
        ck_assert(given);
    }
    int64_t t;
    ck_assert(!kf_time_parse(kf_str(NULL, 0), NULL, &t, NULL));
}
END_TEST

START_TEST(usual_and_general_path_agree)
{
    uint64_t seed = 1;
    for (int i = 0; i < 200000; i++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        int64_t ms = (int64_t)(seed >> 20) % 9467107200000LL - 2208988800000LL, a = 0, b = 0;
        char text[48], longer[48];
        size_t n = kf_time_format(ms * 1000000, text);
        ck_assert(kf_time_parse(kf_str(text, n), NULL, &a, NULL));
        ck_assert_int_eq(a, ms * 1000000);
        snprintf(longer, sizeof longer, "%.*s+00:00", (int)n - 1, text);
        ck_assert(kf_time_parse(kf_cstr(longer), NULL, &b, NULL));
        ck_assert_int_eq(a, b);
    }
}
END_TEST

START_TEST(zone_names)
{
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_ptr_null(kf_zone_new("Europe/Berln", &err));
    ck_assert_int_eq(err.code, KF_E_CONFIG);
    ck_assert_str_eq(err.message,
                     "unknown time zone 'Europe/Berln'; did you mean 'Europe/Berlin'?");
    ck_assert_ptr_null(kf_zone_new("Berlin", &err));
    ck_assert_str_eq(err.message, "unknown time zone 'Berlin'; did you mean 'Europe/Berlin'?");
    static const char *const bad[] = {"../../../etc/passwd",
                                      "/usr/share/zoneinfo/UTC",
                                      "+01:00",
                                      "EST6",
                                      "tzdata.zi",
                                      "Europe",
                                      "Europe/Berlin ",
                                      "Xyzzy/Nowhere"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!kf_zone_new(bad[i], &err), "%s is taken", bad[i]);
    ck_assert_ptr_null(kf_zone_new("nonsense", NULL));
    static const char *const utc[] = {NULL, "", "UTC"};
    for (size_t i = 0; i < 3; i++) {
        struct kf_zone *z = kf_zone_new(utc[i], &err);
        ck_assert_str_eq(kf_zone_name(z), "UTC");
        ck_assert_int_eq(kf_zone_offset(z, 0), 0);
        ck_assert_int_eq(clock_in(z, 2026, 3, 29, 2, 30), at("2026-03-29T02:30:00Z"));
        kf_zone_free(z);
    }
    ck_assert_str_eq(kf_zone_name(NULL), "UTC");
    kf_zone_free(NULL);
}
END_TEST

/* The C library reads the same database with code of its own. */
static void compare_with_libc(const char *name)
{
    struct kf_zone *z = zone(name);
    setenv("TZ", name, 1);
    tzset();
    uint64_t seed = 99;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        time_t s = (time_t)((int64_t)(seed >> 20) % 9467107200LL - 2208988800LL);
        struct tm tm;
        localtime_r(&s, &tm);
        ck_assert_msg(kf_zone_offset(z, (int64_t)s * KF_SECOND) == tm.tm_gmtoff * KF_SECOND,
                      "%s at %lld: %lld, libc says %ld", name, (long long)s,
                      (long long)(kf_zone_offset(z, (int64_t)s * KF_SECOND) / KF_SECOND),
                      tm.tm_gmtoff);
        struct kf_civil c;
        kf_time_civil(z, (int64_t)s * KF_SECOND + 5, &c);
        ck_assert(c.year == tm.tm_year + 1900 && c.month == tm.tm_mon + 1 && c.day == tm.tm_mday &&
                  c.hour == tm.tm_hour && c.minute == tm.tm_min && c.second == tm.tm_sec &&
                  c.nano == 5 && c.weekday == (tm.tm_wday + 6) % 7);
        /* Back: the same instant, or the earlier of two with the same clock. */
        int64_t back = kf_time_from_civil(z, &c);
        struct kf_civil d;
        kf_time_civil(z, back, &d);
        ck_assert_int_le(back, (int64_t)s * KF_SECOND + 5);
        ck_assert(c.year == d.year && c.month == d.month && c.day == d.day && c.hour == d.hour &&
                  c.minute == d.minute && c.second == d.second && c.nano == d.nano);
    }
    unsetenv("TZ");
    tzset();
    kf_zone_free(z);
}

START_TEST(offsets_equal_the_c_library)
{
    static const char *const names[] = {
        "Europe/Berlin",     "America/New_York",    "America/St_Johns", "Asia/Kolkata",
        "Asia/Kathmandu",    "Australia/Lord_Howe", "Pacific/Apia",     "Pacific/Chatham",
        "Africa/Casablanca", "America/Sao_Paulo",   "Asia/Tehran",      "Europe/Dublin",
        "Africa/Cairo",      "Etc/GMT+5",           "America/Santiago"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        compare_with_libc(names[i]);
}
END_TEST

START_TEST(offset_changes_at_the_instant)
{
    struct kf_zone *z = zone("Europe/Berlin");
    int64_t t = at("2026-03-29T01:00:00Z");
    ck_assert_int_eq(kf_zone_offset(z, t - 1), KF_HOUR);
    ck_assert_int_eq(kf_zone_offset(z, t), 2 * KF_HOUR);
    t = at("2026-10-25T01:00:00Z");
    ck_assert_int_eq(kf_zone_offset(z, t - 1), 2 * KF_HOUR);
    ck_assert_int_eq(kf_zone_offset(z, t), KF_HOUR);
    ck_assert_int_eq(kf_zone_offset(z, at("2199-07-01T00:00:00Z")), 2 * KF_HOUR);
    ck_assert_int_eq(kf_zone_offset(z, KF_TIME_MAX), KF_HOUR);
    ck_assert_int_eq(kf_zone_offset(z, KF_TIME_MIN), KF_HOUR);
    kf_zone_free(z);
}
END_TEST

START_TEST(skipped_and_doubled_clock_times)
{
    struct kf_zone *z = zone("Europe/Berlin");
    ck_assert_int_eq(clock_in(z, 2026, 3, 29, 1, 59), at("2026-03-29T00:59:00Z"));
    ck_assert_int_eq(clock_in(z, 2026, 3, 29, 2, 0), at("2026-03-29T01:00:00Z"));
    ck_assert_int_eq(clock_in(z, 2026, 3, 29, 2, 30), at("2026-03-29T01:00:00Z"));
    ck_assert_int_eq(clock_in(z, 2026, 3, 29, 3, 0), at("2026-03-29T01:00:00Z"));
    ck_assert_int_eq(clock_in(z, 2026, 10, 25, 1, 59), at("2026-10-24T23:59:00Z"));
    ck_assert_int_eq(clock_in(z, 2026, 10, 25, 2, 0), at("2026-10-25T00:00:00Z"));
    ck_assert_int_eq(clock_in(z, 2026, 10, 25, 2, 59), at("2026-10-25T00:59:00Z"));
    ck_assert_int_eq(clock_in(z, 2026, 10, 25, 3, 0), at("2026-10-25T02:00:00Z"));
    /* Text without a zone is read the same way. */
    int64_t t;
    bool given = true;
    ck_assert(kf_time_parse(kf_cstr("2026-03-29T02:30:00"), z, &t, &given));
    ck_assert_int_eq(t, at("2026-03-29T01:00:00Z"));
    ck_assert(!given);
    ck_assert(kf_time_parse(kf_cstr("2026-07-01"), z, &t, &given));
    ck_assert_int_eq(t, at("2026-06-30T22:00:00Z"));
    ck_assert(!given);
    kf_zone_free(z);
}
END_TEST

START_TEST(days_that_begin_oddly)
{
    struct kf_zone *z = zone("America/Sao_Paulo"); /* clocks went from 00:00 to 01:00 */
    int32_t day = kf_day_from_ymd(2018, 11, 4);
    ck_assert_int_eq(kf_time_day_start(z, day), at("2018-11-04T03:00:00Z"));
    ck_assert_int_eq(kf_time_day(z, at("2018-11-04T02:59:59Z")), day - 1);
    ck_assert_int_eq(kf_time_day(z, at("2018-11-04T03:00:00Z")), day);
    kf_zone_free(z);
    z = zone("Pacific/Apia"); /* 30 December 2011 did not happen */
    day = kf_day_from_ymd(2011, 12, 30);
    ck_assert_int_eq(kf_time_day_start(z, day), at("2011-12-30T10:00:00Z"));
    ck_assert_int_eq(kf_time_day_start(z, day + 1), at("2011-12-30T10:00:00Z"));
    ck_assert_int_eq(kf_time_day(z, at("2011-12-30T09:59:59Z")), day - 1);
    ck_assert_int_eq(kf_time_day(z, at("2011-12-30T10:00:00Z")), day + 1);
    ck_assert_int_eq(kf_time_add_months(z, at("2011-11-30T20:00:00Z"), 1),
                     at("2011-12-30T10:00:00Z"));
    kf_zone_free(z);
    ck_assert_int_eq(kf_time_day(NULL, -1), -1);
    ck_assert_int_eq(kf_time_day(NULL, -KF_DAY), -1);
    ck_assert_int_eq(kf_time_day_start(NULL, INT32_MAX), KF_TIME_MAX);
    ck_assert_int_eq(kf_time_day_start(NULL, INT32_MIN), KF_TIME_MIN);
}
END_TEST

START_TEST(calendar_months)
{
    struct kf_zone *z = zone("Europe/Berlin");
    ck_assert_int_eq(kf_time_add_months(NULL, at("2024-01-31T10:00:00Z"), 1),
                     at("2024-02-29T10:00:00Z"));
    ck_assert_int_eq(kf_time_add_months(NULL, at("2026-01-31T10:00:00Z"), 1),
                     at("2026-02-28T10:00:00Z"));
    ck_assert_int_eq(kf_time_add_months(NULL, at("2024-02-29T10:00:00Z"), 12),
                     at("2025-02-28T10:00:00Z"));
    ck_assert_int_eq(kf_time_add_months(NULL, at("2024-02-29T10:00:00Z"), 48),
                     at("2028-02-29T10:00:00Z"));
    ck_assert_int_eq(kf_time_add_months(NULL, at("2024-03-31T10:00:00Z"), -1),
                     at("2024-02-29T10:00:00Z"));
    ck_assert_int_eq(kf_time_add_months(NULL, at("2024-01-15T10:00:00Z"), -1),
                     at("2023-12-15T10:00:00Z"));
    ck_assert_int_eq(kf_time_add_months(NULL, at("2024-01-15T10:00:00Z"), -13),
                     at("2022-12-15T10:00:00Z"));
    /* Same clock time: an hour less of UTC in summer; the skipped and the doubled hour. */
    ck_assert_int_eq(kf_time_add_months(z, at("2026-02-01T09:00:00Z"), 3),
                     at("2026-05-01T08:00:00Z"));
    ck_assert_int_eq(kf_time_add_months(z, at("2026-02-28T23:30:00Z"), 1),
                     at("2026-03-31T22:30:00Z"));
    ck_assert_int_eq(kf_time_add_months(z, at("2026-01-29T01:30:00Z"), 2),
                     at("2026-03-29T01:00:00Z"));
    ck_assert_int_eq(kf_time_add_months(z, at("2026-09-25T00:30:00Z"), 1),
                     at("2026-10-25T00:30:00Z"));
    /* No months leave even the later of two alike clock times where it is. */
    ck_assert_int_eq(kf_time_add_months(z, at("2026-10-25T01:30:00Z"), 0),
                     at("2026-10-25T01:30:00Z"));
    ck_assert_int_eq(kf_time_add_months(z, KF_TIME_MAX, -5), KF_TIME_MAX);
    ck_assert_int_eq(kf_time_add_months(z, KF_TIME_MIN, 5), KF_TIME_MIN);
    ck_assert_int_eq(kf_time_add_months(NULL, 0, INT32_MAX), KF_TIME_MAX);
    ck_assert_int_eq(kf_time_add_months(NULL, 0, INT32_MIN), KF_TIME_MIN);
    ck_assert_int_eq(kf_day_add_months(kf_day_from_ymd(2026, 3, 31), 1),
                     kf_day_from_ymd(2026, 4, 30));
    ck_assert_int_eq(kf_day_add_months(kf_day_from_ymd(2026, 3, 31), -1),
                     kf_day_from_ymd(2026, 2, 28));
    kf_zone_free(z);
}
END_TEST

START_TEST(calendar_units)
{
    struct kf_zone *z = zone("Europe/Berlin");
    int64_t t = at("2026-05-20T10:00:00Z"); /* a Wednesday */
    ck_assert_int_eq(kf_time_unit_start(z, t, 'd', 0), at("2026-05-19T22:00:00Z"));
    ck_assert_int_eq(kf_time_unit_start(z, t, 'd', 1), at("2026-05-20T22:00:00Z"));
    ck_assert_int_eq(kf_time_unit_start(z, t, 'w', 0), at("2026-05-17T22:00:00Z"));
    ck_assert_int_eq(kf_time_unit_start(z, t, 'w', -8), at("2026-03-22T23:00:00Z"));
    ck_assert_int_eq(kf_time_unit_start(z, t, 'm', 0), at("2026-04-30T22:00:00Z"));
    ck_assert_int_eq(kf_time_unit_start(z, t, 'm', -3), at("2026-01-31T23:00:00Z"));
    ck_assert_int_eq(kf_time_unit_start(z, t, 'q', 0), at("2026-03-31T22:00:00Z"));
    ck_assert_int_eq(kf_time_unit_start(z, t, 'q', -1), at("2025-12-31T23:00:00Z"));
    ck_assert_int_eq(kf_time_unit_start(z, t, 'y', 0), at("2025-12-31T23:00:00Z"));
    ck_assert_int_eq(kf_time_unit_start(z, t, 'y', 1), at("2026-12-31T23:00:00Z"));
    /* A Monday's and a Sunday's week; before 1970. */
    ck_assert_int_eq(kf_time_unit_start(NULL, at("2026-05-18T00:00:00Z"), 'w', 0),
                     at("2026-05-18T00:00:00Z"));
    ck_assert_int_eq(kf_time_unit_start(NULL, at("2026-05-17T23:59:59Z"), 'w', 0),
                     at("2026-05-11T00:00:00Z"));
    ck_assert_int_eq(kf_time_unit_start(NULL, at("1969-12-31T12:00:00Z"), 'w', 0),
                     at("1969-12-29T00:00:00Z"));
    ck_assert_int_eq(kf_time_unit_start(NULL, at("1968-02-29T12:00:00Z"), 'y', 0),
                     at("1968-01-01T00:00:00Z"));
    kf_zone_free(z);
}
END_TEST

static void by_format(const char *text, const char *format, const struct kf_zone *z,
                      const char *expected)
{
    int64_t t = 42;
    bool ok = kf_time_parse_format(kf_cstr(text), format, z, &t);
    if (!expected) {
        ck_assert_msg(!ok, "'%s' parses as %s", text, format);
        ck_assert_int_eq(t, 42);
        return;
    }
    ck_assert_msg(ok, "'%s' does not parse as %s", text, format);
    assert_time(t, expected);
}

START_TEST(formats)
{
    struct kf_zone *z = zone("Europe/Berlin");
    by_format("27.02.2026 18:06", "%d.%m.%Y %H:%M", z, "2026-02-27T17:06:00Z");
    by_format("7.2.26", "%d.%m.%y", NULL, "2026-02-07T00:00:00Z");
    by_format("02/27/69", "%m/%d/%y", NULL, "1969-02-27T00:00:00Z");
    by_format("Feb 27, 2026 12:05:09 AM", "%b %d, %Y %I:%M:%S %p", NULL, "2026-02-27T00:05:09Z");
    by_format("27 february 2026 12:00 pm", "%d %B %Y %I:%M %p", NULL, "2026-02-27T12:00:00Z");
    by_format("27 May 2026", "%d %B %Y", NULL, "2026-05-27T00:00:00Z");
    by_format("20260227180623.123456", "%Y%m%d%H%M%S.%f", NULL, "2026-02-27T18:06:23.123456Z");
    by_format("2026-02-27   18:06:23 +01:00", "%Y-%m-%d %H:%M:%S %z", NULL, "2026-02-27T17:06:23Z");
    by_format("27/Feb/2026:18:06:23 +0100", "%d/%b/%Y:%H:%M:%S %z", NULL, "2026-02-27T17:06:23Z");
    by_format("2026-02-27 18:06:23 UTC", "%Y-%m-%d %H:%M:%S %Z", z, "2026-02-27T18:06:23Z");
    by_format("2026-10-25 02:30 CET", "%Y-%m-%d %H:%M %Z", z, "2026-10-25T01:30:00Z");
    by_format("2026-10-25 02:30 CEST", "%Y-%m-%d %H:%M %Z", z, "2026-10-25T00:30:00Z");
    by_format("1772211983", "%s", z, "2026-02-27T17:06:23Z");
    by_format("1772211983596", "%Q", z, "2026-02-27T17:06:23.596Z");
    by_format("-1", "%s", z, "1969-12-31T23:59:59Z");
    by_format("1772211983.25", "%s.%f", z, "2026-02-27T17:06:23.250Z");
    by_format("100% 2026-02-27", "100%% %Y-%m-%d", NULL, "2026-02-27T00:00:00Z");
    by_format("2026-02-27 PST", "%Y-%m-%d %Z", z, NULL);
    by_format("2026-02-30", "%Y-%m-%d", NULL, NULL);
    by_format("2026-02", "%Y-%m", NULL, NULL);
    by_format("2026-02-27x", "%Y-%m-%d", NULL, NULL);
    by_format("2026-02-27 07:00", "%Y-%m-%d %I:%M", NULL, NULL);
    by_format("2026-02-27 13:00 pm", "%Y-%m-%d %I:%M %p", NULL, NULL);
    by_format("2026-02-27", "%Y-%m-%q", NULL, NULL);
    by_format("2026-02-27", "%Y-%m-%d%", NULL, NULL);
    by_format("99999999999999999999", "%s", NULL, NULL);
    by_format("9999999999999", "%s", NULL, NULL);
    by_format("", "%s", NULL, NULL);
    kf_zone_free(z);
}
END_TEST

START_TEST(texts)
{
    struct kf_zone *z = zone("Europe/Berlin");
    char text[48];
    assert_time(at("2026-03-02T10:00:00Z"), "2026-03-02T10:00:00Z");
    assert_time(at("2026-03-02T10:00:00Z") + 1, "2026-03-02T10:00:00.000000001Z");
    assert_time(at("2026-03-02T10:00:00Z") + 120000, "2026-03-02T10:00:00.000120Z");
    assert_time(-1, "1969-12-31T23:59:59.999999999Z");
    assert_time(KF_TIME_MAX, "2262-04-11T23:47:16.854775807Z");
    assert_time(KF_TIME_MIN, "1677-09-21T00:12:43.145224192Z");
    ck_assert_uint_eq(kf_time_format_local(z, at("2026-03-02T10:00:00.5Z"), text), 23);
    ck_assert_str_eq(text, "2026-03-02 11:00:00.500");
    ck_assert_uint_eq(kf_day_format(kf_day_from_ymd(2026, 3, 2), text), 10);
    ck_assert_str_eq(text, "2026-03-02");
    static const struct {
        int64_t ns;
        const char *text;
    } lengths[] = {{30 * KF_DAY, "30 days"},
                   {90 * KF_MINUTE, "90 minutes"},
                   {36 * KF_HOUR, "36 hours"},
                   {KF_DAY, "1 day"},
                   {KF_HOUR, "1 hour"},
                   {0, "0 seconds"},
                   {-5 * KF_MINUTE, "-5 minutes"},
                   {1500000000, "1500 milliseconds"},
                   {1, "1 nanosecond"},
                   {KF_TIME_MAX, "9223372036854775807 nanoseconds"}};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t n = kf_duration_format(lengths[i].ns, text);
        ck_assert_str_eq(text, lengths[i].text);
        ck_assert_uint_eq(n, strlen(text));
    }
    double a = kf_clock_seconds();
    ck_assert(kf_clock_seconds() >= a);
    kf_zone_free(z);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("time");
    TCase *c = tcase_create("time");
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    tcase_add_test(c, days_go_there_and_back);
    tcase_add_test(c, usual_instants_parse);
    tcase_add_test(c, other_forms_say_the_same);
    tcase_add_test(c, what_is_no_time_is_refused);
    tcase_add_test(c, usual_and_general_path_agree);
    tcase_add_test(c, zone_names);
    tcase_add_test(c, offsets_equal_the_c_library);
    tcase_add_test(c, offset_changes_at_the_instant);
    tcase_add_test(c, skipped_and_doubled_clock_times);
    tcase_add_test(c, days_that_begin_oddly);
    tcase_add_test(c, calendar_months);
    tcase_add_test(c, calendar_units);
    tcase_add_test(c, formats);
    tcase_add_test(c, texts);
    return s;
}
KF_TEST_MAIN(suite)
