#include "../check_main.h"

#include "base/decimal.h"

#include <math.h>
#include <stdio.h>

static struct kf_dec dec(const char *text)
{
    struct kf_dec d = {0, 0};
    ck_assert_msg(kf_dec_parse(kf_cstr(text), &d), "'%s' is no decimal", text);
    return d;
}

static void same(const char *text, int64_t m, int scale)
{
    struct kf_dec d = dec(text);
    ck_assert_msg(d.m == m && d.scale == scale, "%s: %lld / 10^%d", text, (long long)d.m, d.scale);
}

START_TEST(numbers_parse)
{
    same("0", 0, 0);
    same("-0", 0, 0);
    same("0.000", 0, 0);
    same("0e999999999999", 0, 0);
    same("1.0", 1, 0);
    same("126.05", 12605, 2);
    same("-126.050", -12605, 2);
    same("+7", 7, 0);
    same("100", 100, 0);
    same("1e3", 1000, 0);
    same("1.5E+1", 15, 0);
    same("15e-1", 15, 1);
    same("100e-2", 1, 0);
    same("1.00000000000000000000000000000000000000", 1, 0);
    same("0.000000000000000001", 1, 18);
    same("000123", 123, 0);
    same(".5", 5, 1);
    same("9223372036854775807", INT64_MAX, 0);
    same("-9223372036854775808", INT64_MIN, 0);
    same("9.223372036854775807", INT64_MAX, 18);
    same("10000000000000000000e-1", 1000000000000000000LL, 0);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    static const char *const bad[] = {"",
                                      "-",
                                      "+",
                                      ".",
                                      "5.",
                                      "1e",
                                      "1e+",
                                      "e5",
                                      "1.2.3",
                                      "1,5",
                                      " 1",
                                      "1 ",
                                      "0x10",
                                      "NaN",
                                      "inf",
                                      "--1",
                                      "1e19",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "1e-19",
                                      "0.0000000000000000001",
                                      "99999999999999999999",
                                      "1e400",
                                      "12345678901234567890.5",
                                      "1-"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct kf_dec d = {77, 3};
        ck_assert_msg(!kf_dec_parse(kf_cstr(bad[i]), &d), "'%s' parses", bad[i]);
        ck_assert(d.m == 77 && d.scale == 3);
    }
}
END_TEST

START_TEST(texts_go_there_and_back)
{
    static const char *const texts[] = {"0",
                                        "1",
                                        "-1",
                                        "126.05",
                                        "-0.05",
                                        "0.000000000000000001",
                                        "9223372036854775807",
                                        "-9223372036854775808",
                                        "-9.223372036854775808",
                                        "1000000"};
    char out[32];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t n = kf_dec_format(dec(texts[i]), out);
        ck_assert_str_eq(out, texts[i]);
        ck_assert_uint_eq(n, strlen(texts[i]));
    }
}
END_TEST

START_TEST(doubles_are_their_shortest_decimal)
{
    struct kf_dec d;
    ck_assert(kf_dec_from_double(0.1, &d) && d.m == 1 && d.scale == 1);
    ck_assert(kf_dec_from_double(126.05, &d) && d.m == 12605 && d.scale == 2);
    ck_assert(kf_dec_from_double(-3.0, &d) && d.m == -3 && d.scale == 0);
    ck_assert(kf_dec_from_double(0.1 + 0.2, &d) && d.m == 30000000000000004LL && d.scale == 17);
    ck_assert(kf_dec_from_double(1e18, &d) && d.m == 1000000000000000000LL && d.scale == 0);
    ck_assert(kf_dec_from_double(1e-9, &d) && d.m == 1 && d.scale == 9);
    ck_assert(kf_dec_from_double(-0.0, &d) && d.m == 0 && d.scale == 0);
    ck_assert(!kf_dec_from_double(NAN, &d) && !kf_dec_from_double(INFINITY, &d));
    ck_assert(!kf_dec_from_double(1e300, &d) && !kf_dec_from_double(1e-300, &d));
    uint64_t seed = 3;
    for (int i = 0; i < 100000; i++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        double v = (double)((int64_t)seed >> 24) / pow(10, (double)(seed % 9));
        char text[40];
        ck_assert(kf_dec_from_double(v, &d));
        ck_assert(kf_dec_double(d) == v);
        kf_dec_format(d, text);
        ck_assert(strtod(text, NULL) == v);
        int places = 1;
        while (snprintf(text, sizeof text, "%.*g", places, v) && strtod(text, NULL) != v)
            places++;
        struct kf_dec shortest;
        ck_assert(kf_dec_parse(kf_cstr(text), &shortest));
        ck_assert(kf_dec_cmp(d, shortest) == 0);
    }
}
END_TEST

START_TEST(order_and_sums_are_exact)
{
    ck_assert_int_lt(kf_dec_cmp(dec("0.1"), dec("0.100000000000000001")), 0);
    ck_assert_int_eq(kf_dec_cmp(dec("1.50"), dec("1.5")), 0);
    ck_assert_int_gt(kf_dec_cmp(dec("9223372036854775807"), dec("0.000000000000000001")), 0);
    ck_assert_int_lt(kf_dec_cmp(dec("-9223372036854775808"), dec("-9.223372036854775807")), 0);
    struct kf_dec d = {5, 5};
    ck_assert(kf_dec_add(dec("0.1"), dec("0.2"), &d) && d.m == 3 && d.scale == 1);
    ck_assert(kf_dec_add(dec("0.25"), dec("0.75"), &d) && d.m == 1 && d.scale == 0);
    ck_assert(kf_dec_add(dec("-1"), dec("1"), &d) && d.m == 0 && d.scale == 0);
    ck_assert(!kf_dec_add(kf_dec_int(INT64_MAX), kf_dec_int(1), &d));
    ck_assert(!kf_dec_add(kf_dec_int(INT64_MAX), dec("0.1"), &d));
    ck_assert(!kf_dec_neg(kf_dec_int(INT64_MIN), &d));
    ck_assert(kf_dec_neg(dec("1.5"), &d) && d.m == -15 && d.scale == 1);
    ck_assert(kf_dec_double(dec("0.3")) == 0.3);
    ck_assert(kf_dec_double(dec("9223372036854775807")) == 9223372036854775807.0);
    ck_assert(kf_dec_double(dec("-1.234567890123456789")) == -1.234567890123456789);
}
END_TEST

START_TEST(ratios_compare_exactly)
{
    __int128 big = (__int128)1 << 126;
    ck_assert_int_eq(kf_ratio_cmp((struct kf_ratio){1, 3}, (struct kf_ratio){2, 6}), 0);
    ck_assert_int_lt(kf_ratio_cmp((struct kf_ratio){big - 1, big}, (struct kf_ratio){big, big + 1}),
                     0);
    ck_assert_int_gt(
        kf_ratio_cmp((struct kf_ratio){big + 1, big}, (struct kf_ratio){big + 2, big + 1}), 0);
    ck_assert_int_lt(kf_ratio_cmp((struct kf_ratio){-1, 3}, (struct kf_ratio){-1, 4}), 0);
    ck_assert_int_lt(kf_ratio_cmp((struct kf_ratio){-1, 3}, (struct kf_ratio){1, 4}), 0);
    ck_assert_int_eq(kf_ratio_cmp((struct kf_ratio){0, 3}, (struct kf_ratio){0, 7}), 0);
    ck_assert_int_lt(kf_ratio_cmp((struct kf_ratio){0, 3}, (struct kf_ratio){1, big}), 0);
    ck_assert_int_eq(kf_ratio_cmp_dec((struct kf_ratio){1, 20}, dec("0.05")), 0);
    ck_assert_int_gt(kf_ratio_cmp_dec((struct kf_ratio){1, 3}, dec("0.333333333333333333")), 0);
    ck_assert_int_lt(kf_ratio_cmp_dec((struct kf_ratio){-7, 2}, dec("-3.4")), 0);
    for (int a = -12; a <= 12; a++)
        for (int b = 1; b <= 9; b++)
            for (int c = -12; c <= 12; c++)
                for (int d = 1; d <= 9; d++)
                    ck_assert_int_eq(kf_ratio_cmp((struct kf_ratio){a, b}, (struct kf_ratio){c, d}),
                                     (a * d > c * b) - (a * d < c * b));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("decimal");
    TCase *c = tcase_create("decimal");
    suite_add_tcase(s, c);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, numbers_parse);
    tcase_add_test(c, what_does_not_fit_is_refused);
    tcase_add_test(c, texts_go_there_and_back);
    tcase_add_test(c, doubles_are_their_shortest_decimal);
    tcase_add_test(c, order_and_sums_are_exact);
    tcase_add_test(c, ratios_compare_exactly);
    return s;
}
KF_TEST_MAIN(suite)
