/* What is masked and what is not. */
#include "cli/output.h"

#include "../check_main.h"

#include <stdio.h>

static const char *shown(const char *name, const char *declared, const char *value)
{
    static char text[200];
    struct kf_buf b = {0};
    struct kf_str v = kf_cstr(value);
    kf_mask_add(&b, kf_personal_value(kf_cstr(name), declared, v), v, false);
    snprintf(text, sizeof text, "%.*s", (int)b.n, b.p ? b.p : "");
    kf_buf_free(&b);
    return text;
}

START_TEST(truths_and_counts_are_nobodys_data)
{
    ck_assert_str_eq(shown("has_opted_out_of_email", NULL, "false"), "false");
    ck_assert_str_eq(shown("has_opted_out_of_email", NULL, "true"), "true");
    ck_assert_str_eq(shown("calls_by_phone", NULL, "12"), "12");
    ck_assert_str_eq(shown("opened_email", NULL, "0.25"), "0.25");
    ck_assert_str_eq(shown("orders", NULL, "3"), "3");
}
END_TEST

START_TEST(names_say_what_is_personal)
{
    ck_assert_ptr_nonnull(strstr(shown("email", NULL, "anna@example.com"), "a***@e***.com~"));
    ck_assert_ptr_nonnull(strstr(shown("email", NULL, "no address"), "n***~"));
    ck_assert_ptr_nonnull(strstr(shown("phone", NULL, "491701234567"), "49***67~"));
    ck_assert_ptr_nonnull(strstr(shown("traits.first_name", NULL, "Anna"), "A***~"));
    ck_assert_ptr_nonnull(strstr(shown("street", NULL, "12"), "***~"));
    ck_assert_ptr_nonnull(strstr(shown("note", NULL, "anna@example.com"), "a***@"));
}
END_TEST

START_TEST(what_is_declared_always_holds)
{
    ck_assert_ptr_nonnull(strstr(shown("is_pregnant", "health", "true"), "***~"));
    ck_assert_ptr_nonnull(strstr(shown("household", "family", "4"), "***~"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("output");
    TCase *t = tcase_create("masking");
    tcase_add_test(t, truths_and_counts_are_nobodys_data);
    tcase_add_test(t, names_say_what_is_personal);
    tcase_add_test(t, what_is_declared_always_holds);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
