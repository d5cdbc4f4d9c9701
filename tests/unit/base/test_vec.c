#include "../check_main.h"

#include "base/vec.h"

#include <stdint.h>

START_TEST(elements_stay_in_order)
{
    kf_vec(uint64_t) v = {0};
    for (uint64_t i = 0; i < 100000; i++)
        *kf_vec_push(&v) = i * i;
    ck_assert_uint_eq(v.n, 100000);
    ck_assert_uint_ge(v.cap, v.n);
    for (uint64_t i = 0; i < v.n; i++)
        ck_assert_uint_eq(v.p[i], i * i);
    kf_vec_free(&v);
    ck_assert_ptr_null(v.p);
    ck_assert_uint_eq(v.n + v.cap, 0);
    kf_vec_free(&v);
}
END_TEST

START_TEST(reserving_grows_by_doubling)
{
    kf_vec(char) v = {0};
    kf_vec_reserve(&v, 0);
    ck_assert_ptr_null(v.p);
    kf_vec_reserve(&v, 1);
    ck_assert_uint_eq(v.cap, 8);
    kf_vec_reserve(&v, 9);
    ck_assert_uint_eq(v.cap, 16);
    kf_vec_reserve(&v, 1000);
    ck_assert_uint_eq(v.cap, 1024);
    char *p = v.p;
    kf_vec_reserve(&v, 1024);
    ck_assert_ptr_eq(v.p, p);
    kf_vec_free(&v);
}
END_TEST

START_TEST(overflow_ends_with_70)
{
    kf_vec(uint64_t) v = {0};
    kf_vec_reserve(&v, SIZE_MAX / 4);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("vec");
    TCase *c = tcase_create("vec");
    suite_add_tcase(s, c);
    tcase_add_test(c, elements_stay_in_order);
    tcase_add_test(c, reserving_grows_by_doubling);
    if (!KF_TEST_SANITIZED) /* needs a process of its own */
        tcase_add_exit_test(c, overflow_ends_with_70, 70);
    return s;
}
KF_TEST_MAIN(suite)
