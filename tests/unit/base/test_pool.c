#include "../check_main.h"

#include "base/pool.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { N = 10007 };

struct ctx {
    atomic_uchar seen[N];
    atomic_uint calls, busy[16];
    size_t grain, fail_from, fail_slow;
    atomic_uint wrong;
};

static int visit(void *arg, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    struct ctx *c = arg;
    atomic_fetch_add(&c->calls, 1);
    if (worker >= 16 || from >= to || to > N || to - from > c->grain || from % c->grain)
        atomic_fetch_add(&c->wrong, 1);
    if (atomic_fetch_add(&c->busy[worker & 15], 1)) /* two at once under one number */
        atomic_fetch_add(&c->wrong, 1);
    for (size_t i = from; i < to; i++)
        atomic_fetch_add(&c->seen[i], 1);
    atomic_fetch_sub(&c->busy[worker & 15], 1);
    if (from <= c->fail_slow && c->fail_slow < to) {
        usleep(20000); /* a later failure is known long before */
        return kf_error_set(err, KF_E_DATA, "pool", "at %zu", c->fail_slow);
    }
    if (from >= c->fail_from)
        return kf_error_set(err, KF_E_IO, "pool", "later, at %zu", from);
    return KF_OK;
}

static void prepare(struct ctx *c, size_t grain)
{
    memset(c, 0, sizeof *c);
    c->grain = grain;
    c->fail_from = c->fail_slow = SIZE_MAX;
}

START_TEST(every_index_once)
{
    static struct ctx c;
    static const unsigned threads[] = {0, 1, 2, 3, 16};
    static const size_t grains[] = {1, 7, 100, N, N * 2};
    struct kf_error err = KF_ERROR_INIT;
    for (size_t t = 0; t < 5; t++)
        for (size_t g = 0; g < 5; g++) {
            prepare(&c, grains[g]);
            ck_assert_int_eq(kf_pool_run(threads[t], N, grains[g], visit, &c, &err), 0);
            ck_assert_uint_eq(c.wrong, 0);
            ck_assert_uint_eq(c.calls, (N + grains[g] - 1) / grains[g]);
            for (size_t i = 0; i < N; i++)
                ck_assert_uint_eq(c.seen[i], 1);
        }
    prepare(&c, 1);
    ck_assert_int_eq(kf_pool_run(2, 0, 1, visit, &c, &err), 0);
    ck_assert_uint_eq(c.calls, 0);
    ck_assert_int_eq(kf_pool_run(2, 5, 0, visit, &c, &err), 0); /* grain 0 is 1 */
    ck_assert_uint_eq(c.calls, 5);
    ck_assert_int_eq(err.code, 0);
}
END_TEST

START_TEST(the_first_error_by_index_wins)
{
    static struct ctx c;
    for (int round = 0; round < 10; round++) {
        prepare(&c, 10);
        c.fail_slow = 505;
        c.fail_from = 510;
        struct kf_error err = KF_ERROR_INIT;
        ck_assert_int_eq(kf_pool_run(4, N, 10, visit, &c, &err), KF_E_DATA);
        ck_assert_str_eq(err.message, "at 505");
        ck_assert_int_eq(err.code, KF_E_DATA);
        ck_assert_uint_lt(c.calls, 60); /* and the rest is not begun */
        for (size_t i = 0; i < 500; i++)
            ck_assert_uint_eq(c.seen[i], 1);
    }
    prepare(&c, 10);
    c.fail_from = 0;
    ck_assert_int_eq(kf_pool_run(2, N, 10, visit, &c, NULL), KF_E_IO);
}
END_TEST

START_TEST(number_of_threads)
{
    setenv("KF_THREADS", "7", 1);
    ck_assert_uint_eq(kf_pool_default_threads(), 7);
    static const char *const bad[] = {"", "0", "-1", "x", "7x", "100000"};
    unsetenv("KF_THREADS");
    unsigned n = kf_pool_default_threads();
    ck_assert(n >= 1 && n <= 16);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setenv("KF_THREADS", bad[i], 1);
        ck_assert_uint_eq(kf_pool_default_threads(), n);
    }
    unsetenv("KF_THREADS");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pool");
    TCase *c = tcase_create("pool");
    suite_add_tcase(s, c);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, every_index_once);
    tcase_add_test(c, the_first_error_by_index_wins);
    tcase_add_test(c, number_of_threads);
    return s;
}
KF_TEST_MAIN(suite)
