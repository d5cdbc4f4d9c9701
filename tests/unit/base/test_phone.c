#include "../check_main.h"

#include "base/phone.h"

#include <string.h>

static const char *e164(const char *text, const char *region)
{
    static char out[64];
    size_t n = kf_phone_e164(text, strlen(text), region, out, sizeof out - 1);
    out[n] = '\0';
    return out;
}

START_TEST(numbers_of_a_country)
{
    ck_assert_str_eq(e164("030 123456", "DE"), "+4930123456");
    ck_assert_str_eq(e164("+49 (0)30 123456", "DK"), "+4930123456");
    ck_assert_str_eq(e164("32 12 34 56", "DK"), "+4532123456");
    ck_assert_str_eq(e164("(650) 253-0000", "US"), "+16502530000");
    ck_assert_str_eq(e164("030 123456 ext. 5", "DE"), "+4930123456;ext=5");
}
END_TEST

START_TEST(no_numbers)
{
    char out[8], longer[400];
    ck_assert_str_eq(e164("hello", "DE"), "");
    ck_assert_str_eq(e164("", "DE"), "");
    ck_assert_str_eq(e164("1", "DE"), "");
    ck_assert_str_eq(e164("030 123456", "XX"), ""); /* of no country */
    ck_assert_uint_eq(kf_phone_e164("030 123456", 10, "DE", out, sizeof out), 0);
    memset(longer, '1', sizeof longer);
    ck_assert_uint_eq(kf_phone_e164(longer, sizeof longer, "DE", out, sizeof out), 0);
}
END_TEST

START_TEST(regions)
{
    ck_assert(kf_phone_region_known("DE"));
    ck_assert(kf_phone_region_known("US"));
    ck_assert(!kf_phone_region_known("de"));
    ck_assert(!kf_phone_region_known("XX"));
    ck_assert(!kf_phone_region_known(""));
}
END_TEST

/* A build without the library says so and finds nothing; there is nothing more to test then. */
START_TEST(without_the_library)
{
    ck_assert_str_eq(e164("030 123456", "DE"), "");
    ck_assert(!kf_phone_region_known("DE"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("phone");
    TCase *t = tcase_create("phone");
    if (kf_phone_available()) {
        tcase_add_test(t, numbers_of_a_country);
        tcase_add_test(t, no_numbers);
        tcase_add_test(t, regions);
    } else {
        tcase_add_test(t, without_the_library);
    }
    suite_add_tcase(s, t);
    return s;
}
KF_TEST_MAIN(suite)
