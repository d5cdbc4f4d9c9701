#include "../check_main.h"

#include "base/error.h"

#include <string.h>

START_TEST(setters_fill_and_return_the_code)
{
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_int_eq(
        kf_error_at(&err, KF_E_CONFIG, "config", "rules/a.lua", 8, 5, "unknown '%s'", "x"),
        KF_E_CONFIG);
    ck_assert_int_eq(err.code, KF_E_CONFIG);
    ck_assert_str_eq(err.module, "config");
    ck_assert_str_eq(err.file, "rules/a.lua");
    ck_assert_uint_eq(err.line, 8);
    ck_assert_uint_eq(err.column, 5);
    ck_assert_str_eq(err.message, "unknown 'x'");
    ck_assert_int_eq(kf_error_context(&err, "loading %d rules", 3), KF_E_CONFIG);
    ck_assert_str_eq(err.message, "loading 3 rules: unknown 'x'");
    ck_assert_uint_eq(err.line, 8);
    ck_assert_int_eq(kf_error_set(&err, KF_E_IO, "csv", "cannot read"), KF_E_IO);
    ck_assert_str_eq(err.file, "");
    ck_assert_uint_eq(err.line, 0);
    ck_assert_uint_eq(err.column, 0);
    kf_error_clear(&err);
    ck_assert_int_eq(err.code, 0);
    ck_assert_str_eq(err.message, "");
    ck_assert_uint_eq(err.size, sizeof err);
}
END_TEST

START_TEST(nobody_has_to_listen)
{
    ck_assert_int_eq(kf_error_set(NULL, KF_E_IO, "csv", "x"), KF_E_IO);
    ck_assert_int_eq(kf_error_at(NULL, KF_E_DATA, "csv", "f", 1, 1, "x"), KF_E_DATA);
    ck_assert_int_eq(kf_error_context(NULL, "x"), KF_E_FAIL);
    kf_error_clear(NULL);
}
END_TEST

START_TEST(long_texts_are_cut_between_characters)
{
    char text[2000];
    struct kf_error err = KF_ERROR_INIT;
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'x', shift);
        for (size_t i = shift; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "\xE2\x82\xAC", 4);
        kf_error_at(&err, KF_E_DATA, "a-module-name-that-is-too-long", text, 1, 1, "%s", text);
        size_t n = strlen(err.message);
        ck_assert_uint_ge(n, sizeof err.message - 3);
        ck_assert_uint_eq((n - shift) % 3, 0);
        kf_error_context(&err, "front");
        ck_assert_int_eq(memcmp(err.message, "front: ", 7), 0);
        n = strlen(err.message);
        ck_assert_uint_eq((n - 7 - shift) % 3, 0);
        ck_assert_uint_eq(strlen(err.module), sizeof err.module - 1);
        ck_assert_uint_eq(strlen(err.file), sizeof err.file - 1);
    }
}
END_TEST

START_TEST(an_error_may_quote_itself)
{
    struct kf_error err = KF_ERROR_INIT;
    kf_error_at(&err, KF_E_DATA, "csv", "a.csv", 3, 4, "bad");
    kf_error_at(&err, err.code, err.module, err.file, err.line, err.column, "twice %s",
                err.message);
    ck_assert_str_eq(err.message, "twice bad");
    ck_assert_str_eq(err.file, "a.csv");
    ck_assert_str_eq(err.module, "csv");
}
END_TEST

START_TEST(exit_statuses)
{
    static const int expected[][2] = {{KF_OK, 0},
                                      {KF_E_FAIL, 70},
                                      {KF_E_NOMEM, 70},
                                      {KF_E_USAGE, 64},
                                      {KF_E_DATA, 65},
                                      {KF_E_NOINPUT, 66},
                                      {KF_E_UNAVAILABLE, 69},
                                      {KF_E_INTERNAL, 70},
                                      {KF_E_CANTCREATE, 73},
                                      {KF_E_IO, 74},
                                      {KF_E_AGAIN, 75},
                                      {KF_E_PERM, 77},
                                      {KF_E_CONFIG, 78},
                                      {KF_E_LIMIT, 124},
                                      {KF_E_INTERRUPTED, 130},
                                      {-999, 70}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        ck_assert_int_eq(kf_error_exit(expected[i][0]), expected[i][1]);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("error");
    TCase *c = tcase_create("error");
    suite_add_tcase(s, c);
    tcase_add_test(c, setters_fill_and_return_the_code);
    tcase_add_test(c, nobody_has_to_listen);
    tcase_add_test(c, long_texts_are_cut_between_characters);
    tcase_add_test(c, an_error_may_quote_itself);
    tcase_add_test(c, exit_statuses);
    return s;
}
KF_TEST_MAIN(suite)
