#include "../check_main.h"

#include "base/money.h"

#include <stdio.h>

static struct kf_dec dec(const char *text)
{
    struct kf_dec d = {0, 0};
    ck_assert(kf_dec_parse(kf_cstr(text), &d));
    return d;
}

static struct kf_money money(const char *amount, const char *cur)
{
    struct kf_money m = {0, ""};
    ck_assert_msg(kf_money_from_dec(dec(amount), kf_cstr(cur), &m), "%s %s", amount, cur);
    return m;
}

static void assert_text(struct kf_money m, const char *expected)
{
    char text[48];
    size_t n = kf_money_format(m, text, sizeof text);
    ck_assert_str_eq(text, expected);
    ck_assert_uint_eq(n, strlen(expected));
}

START_TEST(exponents)
{
    static const struct {
        const char *code;
        int places;
    } known[] = {{"EUR", 2},   {"USD", 2}, {"JPY", 0},  {"KWD", 3},  {"CLF", 4},  {"UYW", 4},
                 {"UGX", 0},   {"TND", 3}, {"ISK", 0},  {"AED", 2},  {"ZWG", 2},  {"XCG", 2},
                 {"XPF", 0},   {"BHD", 3}, {"eur", 2},  {"XAU", -1}, {"XXX", -1}, {"EU", -1},
                 {"EURO", -1}, {"", -1},   {"E R", -1}, {"QQQ", -1}, {"R A", -1}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        ck_assert_msg(kf_money_exponent(kf_cstr(known[i].code)) == known[i].places, "%s",
                      known[i].code);
    int count[5] = {0};
    for (char a = 'A'; a <= 'Z'; a++)
        for (char b = 'A'; b <= 'Z'; b++)
            for (char c = 'A'; c <= 'Z'; c++) {
                char code[3] = {a, b, c};
                int e = kf_money_exponent(kf_str(code, 3));
                if (e >= 0)
                    count[e]++;
            }
    ck_assert_int_eq(count[0], 17);
    ck_assert_int_eq(count[1], 0);
    ck_assert_int_eq(count[3], 7);
    ck_assert_int_eq(count[4], 2);
    ck_assert_int_eq(count[2], 144); /* a table out of order would lose some */
}
END_TEST

START_TEST(amounts_are_exact)
{
    ck_assert_int_eq(money("300", "EUR").minor, 30000);
    ck_assert_int_eq(money("19.99", "eur").minor, 1999);
    ck_assert_str_eq(money("19.99", "eur").cur, "EUR");
    ck_assert_int_eq(money("-0.5", "KWD").minor, -500);
    ck_assert_int_eq(money("1200", "JPY").minor, 1200);
    struct kf_money m = {7, "ABC"};
    ck_assert(!kf_money_from_dec(dec("0.001"), kf_cstr("EUR"), &m));
    ck_assert(!kf_money_from_dec(dec("0.5"), kf_cstr("JPY"), &m));
    ck_assert(!kf_money_from_dec(dec("1"), kf_cstr("XXX"), &m));
    ck_assert(!kf_money_from_dec(dec("1"), kf_str(NULL, 0), &m));
    ck_assert(!kf_money_from_dec(dec("92233720368547759"), kf_cstr("EUR"), &m));
    ck_assert_int_eq(m.minor, 7);
    ck_assert_int_eq(money("92233720368547758.07", "EUR").minor, INT64_MAX);
    ck_assert_int_eq(kf_dec_cmp(kf_money_dec(money("12.30", "EUR")), dec("12.3")), 0);
    ck_assert_int_eq(kf_money_dec(money("12.30", "EUR")).scale, 1);
    assert_text(money("300", "EUR"), "300.00 EUR");
    assert_text(money("-0.05", "EUR"), "-0.05 EUR");
    assert_text(money("1200", "JPY"), "1200 JPY");
    assert_text(money("1.5", "CLF"), "1.5000 CLF");
    assert_text((struct kf_money){INT64_MIN, "EUR"}, "-92233720368547758.08 EUR");
    char small[6];
    ck_assert_uint_eq(kf_money_format(money("300", "EUR"), small, sizeof small), 5);
    ck_assert_str_eq(small, "300.0");
}
END_TEST

static void text(const char *s, char mark, const char *amount, const char *cur)
{
    struct kf_dec d = {1, 1};
    char code[4] = "?";
    bool ok = kf_money_parse_text(kf_cstr(s), mark, &d, code);
    ck_assert_msg(ok == (amount != NULL), "'%s'", s);
    if (!amount) {
        ck_assert(d.m == 1 && d.scale == 1);
        ck_assert_str_eq(code, "?");
        return;
    }
    ck_assert_msg(kf_dec_cmp(d, dec(amount)) == 0, "'%s': %lld / 10^%d", s, (long long)d.m,
                  d.scale);
    ck_assert_str_eq(code, cur);
}

START_TEST(texts_of_people)
{
    text("1.234,56", ',', "1234.56", "");
    text("1,234.56 EUR", '.', "1234.56", "EUR");
    text("(12.00)", '.', "-12", "");
    text("(12.00 EUR)", '.', "-12", "EUR");
    text("(12.00) EUR", '.', "-12", "EUR");
    text("\xE2\x82\xAC 5", '.', "5", "EUR");
    text("5,00\xC2\xA0\xE2\x82\xAC", ',', "5", "EUR");
    text("-\xE2\x82\xAC"
         "5.10",
         '.', "-5.1", "EUR");
    text("\xE2\x82\xAC -5.10", '.', "-5.1", "EUR");
    text("EUR 1'234'567.89", '.', "1234567.89", "EUR");
    text("1 234 567,89 zł", ',', "1234567.89", "PLN");
    text("1\xE2\x80\xAF"
         "234,5",
         ',', "1234.5", "");
    text("$19.99", '.', "19.99", "");
    text("US$19.99", '.', "19.99", "USD");
    text("usd 19.99", '.', "19.99", "USD");
    text("GBP12", '.', "12", "GBP");
    text("12.00-", '.', "-12", "");
    text("\xE2\x88\x92"
         "12",
         '.', "-12", "");
    text("  7  ", '.', "7", "");
    text("1234567.5", '.', "1234567.5", "");
    text("0,5", ',', "0.5", "");
    text("1,000", '.', "1000", "");
    text("1,000", ',', "1", "");
    text("", '.', NULL, NULL);
    text("EUR", '.', NULL, NULL);
    text("1,50", '.', NULL, NULL);
    text("1,2345", '.', NULL, NULL);
    text("1234,567", '.', NULL, NULL);
    text("1.234'567", ',', NULL, NULL);
    text("12,34,567", '.', NULL, NULL);
    text("1.2.3", '.', NULL, NULL);
    text("5.", '.', NULL, NULL);
    text("(5", '.', NULL, NULL);
    text("5)", '.', NULL, NULL);
    text("--5", '.', NULL, NULL);
    text("(-5)", '.', NULL, NULL);
    text("5 EUR USD", '.', NULL, NULL);
    text("EUR 5 USD", '.', NULL, NULL);
    text("5 apples", '.', NULL, NULL);
    text("1e5", '.', NULL, NULL);
    text("99999999999999999999", '.', NULL, NULL);
}
END_TEST

static struct kf_rates *rates(void)
{
    struct kf_rates *r = kf_rates_new("EUR");
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_int_eq(kf_rates_add(r, 100, kf_cstr("USD"), dec("0.9"), true, &err), 0);
    ck_assert_int_eq(kf_rates_add(r, 90, kf_cstr("USD"), dec("0.8"), false, &err), 0);
    ck_assert_int_eq(kf_rates_add(r, 110, kf_cstr("usd"), dec("0.92"), true, &err), 0);
    ck_assert_int_eq(kf_rates_add(r, 100, kf_cstr("JPY"), dec("0.0061"), true, &err), 0);
    ck_assert_int_eq(kf_rates_add(r, 100, kf_cstr("KWD"), dec("3"), true, &err), 0);
    ck_assert_int_eq(kf_rates_add(r, 100, kf_cstr("GBP"), dec("0.5"), true, &err), 0);
    ck_assert_int_eq(kf_rates_add(r, 100, kf_cstr("EUR"), dec("1.0"), true, &err), 0);
    return r;
}

static void convert(const struct kf_rates *r, const char *amount, const char *from, const char *to,
                    int32_t day, const char *expected)
{
    struct kf_money m = {5, "ABC"};
    bool ok = kf_rates_convert(r, money(amount, from), to, day, &m);
    ck_assert_msg(ok == (expected != NULL), "%s %s in %s on %d", amount, from, to, day);
    if (ok)
        assert_text(m, expected);
    else
        ck_assert_int_eq(m.minor, 5);
}

START_TEST(rates_hold_for_their_days)
{
    struct kf_rates *r = rates();
    convert(r, "10", "USD", "EUR", 89, NULL);
    convert(r, "10", "USD", "EUR", 90, "8.00 EUR");
    convert(r, "10", "USD", "EUR", 91, NULL);
    convert(r, "10", "USD", "EUR", 99, NULL);
    convert(r, "10", "USD", "EUR", 100, "9.00 EUR");
    convert(r, "10", "USD", "EUR", 109, "9.00 EUR");
    convert(r, "10", "USD", "EUR", 110, "9.20 EUR");
    convert(r, "10", "USD", "EUR", 100000, "9.20 EUR");
    convert(r, "10", "CHF", "EUR", 100, NULL);
    convert(r, "10", "EUR", "CHF", 100, NULL);
    convert(r, "10", "CHF", "CHF", 1, "10.00 CHF");
    convert(NULL, "10", "CHF", "CHF", 1, "10.00 CHF");
    convert(NULL, "10", "CHF", "EUR", 1, NULL);
    kf_rates_free(r);
    kf_rates_free(NULL);
}
END_TEST

START_TEST(rounding_is_half_to_even_once)
{
    struct kf_rates *r = rates();
    convert(r, "0.01", "GBP", "EUR", 100, "0.00 EUR"); /* 0.5 cent */
    convert(r, "0.03", "GBP", "EUR", 100, "0.02 EUR"); /* 1.5 */
    convert(r, "0.05", "GBP", "EUR", 100, "0.02 EUR"); /* 2.5 */
    convert(r, "-0.03", "GBP", "EUR", 100, "-0.02 EUR");
    convert(r, "-0.05", "GBP", "EUR", 100, "-0.02 EUR");
    convert(r, "0.07", "GBP", "EUR", 100, "0.04 EUR");
    convert(r, "1000", "JPY", "EUR", 100, "6.10 EUR");
    convert(r, "1", "EUR", "JPY", 100, "164 JPY"); /* 163.93 */
    convert(r, "1", "EUR", "KWD", 100, "0.333 KWD");
    convert(r, "1", "USD", "GBP", 100, "1.80 GBP"); /* crosses without an amount in between */
    convert(r, "0.01", "USD", "KWD", 100, "0.003 KWD");
    convert(r, "1", "JPY", "KWD", 100, "0.002 KWD"); /* 0.0061 / 3 = 0.00203 */
    kf_rates_free(r);
}
END_TEST

/* A converted amount is never further than half a unit from the truth, looked at from the other
 * side. */
START_TEST(conversion_is_the_nearest_amount)
{
    struct kf_rates *r = kf_rates_new("EUR");
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_int_eq(kf_rates_add(r, 0, kf_cstr("USD"), dec("0.923456789"), true, &err), 0);
    ck_assert_int_eq(kf_rates_add(r, 0, kf_cstr("BHD"), dec("2.44987654321"), true, &err), 0);
    uint64_t seed = 5;
    for (int i = 0; i < 50000; i++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        struct kf_money from = {(int64_t)seed >> 18, "USD"}, to;
        ck_assert(kf_rates_convert(r, from, "BHD", 0, &to));
        /* to/1000 * 2.44987654321 against from/100 * 0.923456789, both times 10^14 */
        __int128 a = (__int128)to.minor * 244987654321LL;
        __int128 b = (__int128)from.minor * 923456789LL * 1000LL;
        __int128 apart = a > b ? a - b : b - a;
        ck_assert(apart * 2 <= 244987654321LL);
    }
    kf_rates_free(r);
}
END_TEST

START_TEST(large_and_wrong_rates)
{
    struct kf_rates *r = rates();
    struct kf_error err = KF_ERROR_INIT;
    struct kf_money m;
    ck_assert(kf_rates_convert(r, (struct kf_money){INT64_MAX, "GBP"}, "EUR", 100, &m));
    ck_assert_int_eq(m.minor, 4611686018427387904LL); /* half of it, up to the even one */
    ck_assert(!kf_rates_convert(r, (struct kf_money){INT64_MAX, "EUR"}, "KWD", 100, &m));
    struct kf_dec huge = {INT64_MAX, 0}, tiny = {1, 18};
    ck_assert_int_eq(kf_rates_add(r, 100, kf_cstr("CLF"), huge, true, &err), 0);
    ck_assert_int_eq(kf_rates_add(r, 100, kf_cstr("JOD"), huge, true, &err), 0);
    ck_assert_int_eq(kf_rates_add(r, 100, kf_cstr("ISK"), huge, true, &err), 0);
    ck_assert_int_eq(kf_rates_add(r, 100, kf_cstr("UYW"), tiny, true, &err), 0);
    ck_assert_int_eq(kf_rates_add(r, 100, kf_cstr("VND"), tiny, true, &err), 0);
    ck_assert(kf_rates_convert(r, (struct kf_money){INT64_MAX, "CLF"}, "JOD", 100, &m));
    ck_assert_int_eq(m.minor, 922337203685477581LL);
    ck_assert(kf_rates_convert(r, (struct kf_money){INT64_MAX / 10000, "VND"}, "UYW", 100, &m));
    ck_assert_int_eq(m.minor, INT64_MAX / 10000 * 10000);
    ck_assert(kf_rates_convert(r, (struct kf_money){INT64_MIN, "UYW"}, "ISK", 100, &m));
    ck_assert_int_eq(m.minor, 0); /* a divisor of 137 bits */
    ck_assert(kf_rates_convert(r, (struct kf_money){0, "CLF"}, "VND", 100, &m));
    ck_assert_int_eq(m.minor, 0);
    ck_assert(!kf_rates_convert(r, (struct kf_money){1, "JOD"}, "UYW", 100, &m));
    ck_assert(!kf_rates_convert(r, (struct kf_money){INT64_MAX, "CLF"}, "EUR", 100, &m));
    ck_assert(!kf_rates_convert(r, (struct kf_money){1, "XXX"}, "EUR", 100, &m));
    ck_assert_int_eq(kf_rates_add(r, 100, kf_cstr("XXX"), dec("1"), true, &err), KF_E_DATA);
    ck_assert_str_eq(err.message, "'XXX' is no ISO 4217 currency");
    ck_assert_int_eq(kf_rates_add(r, 100, kf_cstr("CHF"), dec("0"), true, &err), KF_E_DATA);
    ck_assert_int_eq(kf_rates_add(r, 100, kf_cstr("CHF"), dec("-1"), true, &err), KF_E_DATA);
    ck_assert_int_eq(kf_rates_add(r, 100, kf_cstr("EUR"), dec("1.1"), true, &err), KF_E_DATA);
    ck_assert_int_eq(kf_rates_add(r, 100, kf_cstr("USD"), dec("0.90"), true, &err), 0);
    ck_assert_int_eq(kf_rates_add(r, 100, kf_cstr("USD"), dec("0.91"), true, &err), KF_E_DATA);
    ck_assert_str_eq(err.message, "two rates of USD for 1970-04-11: 0.9 and 0.91");
    ck_assert_int_eq(kf_rates_add(r, 100, kf_cstr("USD"), dec("0.91"), true, NULL), KF_E_DATA);
    kf_rates_free(r);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("money");
    TCase *c = tcase_create("money");
    suite_add_tcase(s, c);
    tcase_add_test(c, exponents);
    tcase_add_test(c, amounts_are_exact);
    tcase_add_test(c, texts_of_people);
    tcase_add_test(c, rates_hold_for_their_days);
    tcase_add_test(c, rounding_is_half_to_even_once);
    tcase_add_test(c, conversion_is_the_nearest_amount);
    tcase_add_test(c, large_and_wrong_rates);
    return s;
}
KF_TEST_MAIN(suite)
