/* Membership in lists, and when cron expressions fire. */
#include "../check_main.h"

#include "config/config.h"
#include "config/cron.h"
#include "config/list.h"

#include <stdio.h>
#include <stdlib.h>

static struct kf_list *list(struct kf_arena *a, enum kf_list_kind kind, bool ignore_case,
                            const char *const *v)
{
    struct kf_problems p = {.module = "config", .file = "x"};
    struct kf_list *l = kf_list_new(a, kind, ignore_case);
    for (; *v; v++)
        kf_list_add(l, kf_cstr(*v), &p, "x", 1, 1);
    ck_assert_uint_eq(p.n, 0);
    kf_list_seal(l);
    return l;
}

#define HAS(l, v) ck_assert_msg(kf_list_has(l, kf_cstr(v)), "%s", v)
#define NOT(l, v) ck_assert_msg(!kf_list_has(l, kf_cstr(v)), "%s", v)

START_TEST(values)
{
    struct kf_arena a = {0};
    struct kf_list *l =
        list(&a, KF_LIST_VALUES, false, (const char *const[]){"b", "a", "b", "Straße", NULL});
    HAS(l, "a");
    HAS(l, "b");
    HAS(l, "Straße");
    NOT(l, "A");
    NOT(l, "c");
    NOT(l, "");
    NOT(l, "aa");
    l = list(&a, KF_LIST_VALUES, true, (const char *const[]){"ÉCLAIR", "x", NULL});
    HAS(l, "éclair");
    HAS(l, "X");
    NOT(l, "eclair");
    kf_arena_free(&a);
}
END_TEST

START_TEST(networks)
{
    struct kf_arena a = {0};
    struct kf_list *l =
        list(&a, KF_LIST_NETWORKS, false,
             (const char *const[]){"10.0.0.0/8", "10.1.0.0/16", "192.0.2.7", "192.0.2.8/30",
                                   "2001:db8::/33", "203.0.113.0/24", NULL});
    HAS(l, "10.0.0.0");
    HAS(l, "10.255.255.255");
    HAS(l, "10.1.2.3");
    HAS(l, "10.200.0.1"); /* after the nested /16 */
    NOT(l, "9.255.255.255");
    NOT(l, "11.0.0.0");
    HAS(l, "192.0.2.7");
    NOT(l, "192.0.2.6");
    HAS(l, "192.0.2.11");
    NOT(l, "192.0.2.12");
    HAS(l, "2001:db8:7fff::1");
    NOT(l, "2001:db8:8000::1");
    HAS(l, "::ffff:10.0.0.1"); /* mapped */
    HAS(l, " 203.0.113.9 ");
    NOT(l, "203.0.113.9x");
    NOT(l, "not an address");
    l = list(&a, KF_LIST_NETWORKS, false, (const char *const[]){"0.0.0.0/0", NULL});
    HAS(l, "255.255.255.255");
    NOT(l, "2001:db8::1");
    l = list(&a, KF_LIST_NETWORKS, false, (const char *const[]){"::/0", NULL});
    HAS(l, "2001:db8::1");
    HAS(l, "1.2.3.4");
    kf_arena_free(&a);
}
END_TEST

/* Against a scan over all ranges, with many overlapping ones. */
START_TEST(networks_agree_with_a_scan)
{
    struct kf_arena a = {0};
    struct kf_problems p = {0};
    struct kf_list *l = kf_list_new(&a, KF_LIST_NETWORKS, false);
    static uint32_t from[300], to[300];
    uint32_t seed = 12345;
    for (int i = 0; i < 300; i++) {
        seed = seed * 1664525u + 1013904223u;
        unsigned bits = 18 + (seed >> 8) % 15;
        uint32_t mask = ~0u << (32 - bits);
        from[i] = (0x0a000000u | (seed >> 12)) & mask;
        to[i] = from[i] | ~mask;
        char text[40];
        snprintf(text, sizeof text, "%u.%u.%u.%u/%u", from[i] >> 24, from[i] >> 16 & 255,
                 from[i] >> 8 & 255, from[i] & 255, bits);
        kf_list_add(l, kf_cstr(text), &p, "x", 1, 1);
    }
    ck_assert_uint_eq(p.n, 0);
    ck_assert_uint_lt(kf_list_seal(l), 300);
    unsigned inside = 0;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t v = 0x0a000000u | (seed >> 12);
        bool want = false;
        for (int k = 0; k < 300; k++)
            want = want || (v >= from[k] && v <= to[k]);
        char text[40];
        snprintf(text, sizeof text, "%u.%u.%u.%u", v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255);
        ck_assert_msg(kf_list_has(l, kf_cstr(text)) == want, "%s wanted %d", text, want);
        inside += want;
    }
    ck_assert_uint_gt(inside, 100);
    ck_assert_uint_lt(inside, 19900);
    kf_arena_free(&a);
}
END_TEST

START_TEST(patterns_and_digests)
{
    struct kf_arena a = {0};
    struct kf_list *l =
        list(&a, KF_LIST_PATTERNS, true, (const char *const[]){"*bot*", "curl/*", NULL});
    HAS(l, "Mozilla/5.0 (compatible; GoogleBot/2.1)");
    HAS(l, "Curl/7.1");
    NOT(l, "Mozilla/5.0");
    l = list(&a, KF_LIST_PATTERNS, false, (const char *const[]){"*bot*", NULL});
    NOT(l, "GoogleBot");
    /* SHA-256 of "john_smith@gmail.com" */
    l = list(&a, KF_LIST_SHA256, false,
             (const char *const[]){
                 "62A14E44F765419D10FEA99367361A727C12365E2520F32218D505ED9AA0F62F", NULL});
    HAS(l, "  John_Smith@GMAIL.com ");
    HAS(l, "john_smith@gmail.com");
    NOT(l, "john.smith@gmail.com");
    kf_arena_free(&a);
}
END_TEST

static int64_t at(int y, unsigned mo, unsigned d, unsigned h, unsigned mi)
{
    return kf_time_from_civil(NULL, &(struct kf_civil){.year = y,
                                                       .month = (uint8_t)mo,
                                                       .day = (uint8_t)d,
                                                       .hour = (uint8_t)h,
                                                       .minute = (uint8_t)mi});
}

static void fires(const char *cron, const char *zone, int64_t t, int64_t want)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_zone *z = zone ? kf_zone_new(zone, &err) : NULL;
    int64_t got = 0;
    ck_assert(kf_cron_next(cron, z, t, &got));
    char a[48], b[48];
    a[got == KF_TIME_MAX ? 0 : kf_time_format(got, a)] = 0;
    b[want == KF_TIME_MAX ? 0 : kf_time_format(want, b)] = 0;
    ck_assert_msg(got == want, "%s: %s wanted %s", cron, a, b);
    kf_zone_free(z);
}

START_TEST(cron)
{
    fires("15 3 * * *", NULL, at(2026, 3, 2, 3, 14), at(2026, 3, 2, 3, 15));
    fires("15 3 * * *", NULL, at(2026, 3, 2, 3, 15), at(2026, 3, 3, 3, 15)); /* strictly after */
    fires("*/20 * * * *", NULL, at(2026, 3, 2, 3, 41), at(2026, 3, 2, 4, 0));
    fires("5-10/5,30 * * * *", NULL, at(2026, 3, 2, 3, 6), at(2026, 3, 2, 3, 10));
    fires("0 9 * * 1-5", NULL, at(2026, 3, 6, 10, 0), at(2026, 3, 9, 9, 0)); /* Friday to Monday */
    fires("0 9 * * sun", NULL, at(2026, 3, 2, 0, 0), at(2026, 3, 8, 9, 0));
    fires("0 9 * * 7", NULL, at(2026, 3, 2, 0, 0), at(2026, 3, 8, 9, 0));
    fires("0 0 13 * fri", NULL, at(2026, 3, 2, 0, 0), at(2026, 3, 6, 0, 0)); /* either */
    fires("0 0 29 feb *", NULL, at(2026, 3, 2, 0, 0), at(2028, 2, 29, 0, 0));
    fires("0 0 29 feb *", NULL, at(2096, 3, 1, 0, 0), at(2104, 2, 29, 0, 0));
    fires("0 0 31 2 *", NULL, at(2026, 3, 2, 0, 0), KF_TIME_MAX);
    fires("@daily", NULL, at(2026, 12, 31, 5, 0), at(2027, 1, 1, 0, 0));
    fires("@monthly", NULL, at(2026, 12, 31, 5, 0), at(2027, 1, 1, 0, 0));
    /* In Berlin 02:30 does not exist on 29 March 2026: the first instant after the gap, 03:00 CEST.
     */
    fires("30 2 * * *", "Europe/Berlin", at(2026, 3, 28, 12, 0), at(2026, 3, 29, 1, 0));
    /* and exists twice on 25 October: once, the earlier (CEST). */
    fires("30 2 * * *", "Europe/Berlin", at(2026, 10, 24, 12, 0), at(2026, 10, 25, 0, 30));
    fires("30 2 * * *", "Europe/Berlin", at(2026, 10, 25, 0, 30), at(2026, 10, 26, 1, 30));
}
END_TEST

START_TEST(cron_refuses)
{
    static const struct {
        const char *text, *field;
    } bad[] = {{"60 * * * *", "minute"},
               {"* 24 * * *", "hour"},
               {"* * 0 * *", "day of the month"},
               {"* * * 13 *", "month"},
               {"* * * * 8", "day of the week"},
               {"* * * * mond", "day of the week"},
               {"5-1 * * * *", "minute"},
               {"*/0 * * * *", "minute"},
               {"1, * * * *", "minute"},
               {"* * * *", "day of the week"},
               {"* * * * * *", "end"},
               {"", "minute"},
               {"@often", "minute"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct kf_cron c;
        const char *field = NULL;
        ck_assert_msg(!kf_cron_parse(bad[i].text, &c, &field), "%s", bad[i].text);
        ck_assert_str_eq(field, bad[i].field);
        int64_t t;
        ck_assert(!kf_cron_next(bad[i].text, NULL, 0, &t));
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("list_cron");
    TCase *t = tcase_create("list_cron");
    tcase_add_test(t, values);
    tcase_add_test(t, networks);
    tcase_add_test(t, networks_agree_with_a_scan);
    tcase_add_test(t, patterns_and_digests);
    tcase_add_test(t, cron);
    tcase_add_test(t, cron_refuses);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
