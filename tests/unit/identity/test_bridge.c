/* Links that hold a graph together, against taking each one out and counting what is left. */
#include "identity/bridge.h"
#include "base/hash.h"
#include "../check_main.h"

#include <stdlib.h>
#include <string.h>

static struct kf_bridge *find(uint32_t n, const struct kf_bridge_edge *e, uint32_t m,
                              uint32_t *ret_n)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_bridge *b = NULL;
    ck_assert_int_eq(kf_bridges_find(n, e, m, &b, ret_n, &err), 0);
    ck_assert_ptr_nonnull(b);
    return b;
}

START_TEST(test_two_triangles)
{
    const struct kf_bridge_edge e[] = {{0, 1}, {1, 2}, {2, 0}, {4, 2}, {4, 5}, {5, 6}, {6, 4}};
    uint32_t n;
    struct kf_bridge *b = find(8, e, 7, &n);
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(b[0].edge, 3);
    ck_assert_uint_eq(b[0].side[0], 3); /* of 4 */
    ck_assert_uint_eq(b[0].side[1], 3);
    free(b);
}
END_TEST

START_TEST(test_second_link_is_a_way_round)
{
    const struct kf_bridge_edge e[] = {{0, 1}, {1, 0}, {1, 2}, {2, 2}, {2, 3}};
    uint32_t n;
    struct kf_bridge *b = find(4, e, 5, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_uint_eq(b[0].edge, 2);
    ck_assert_uint_eq(b[0].side[0], 2);
    ck_assert_uint_eq(b[0].side[1], 2);
    ck_assert_uint_eq(b[1].edge, 4);
    ck_assert_uint_eq(b[1].side[0], 3);
    ck_assert_uint_eq(b[1].side[1], 1);
    free(b);
}
END_TEST

START_TEST(test_nothing)
{
    uint32_t n = 7;
    struct kf_bridge *b = find(0, NULL, 0, &n);
    ck_assert_uint_eq(n, 0);
    free(b);
    b = find(3, NULL, 0, &n);
    ck_assert_uint_eq(n, 0);
    free(b);
}
END_TEST

/* Every link of a chain is a bridge; recursion would not live through it. */
START_TEST(test_long_chain)
{
    enum { N = 1000000 };
    struct kf_bridge_edge *e = malloc((N - 1) * sizeof *e);
    for (uint32_t i = 0; i + 1 < N; i++)
        e[i] = (struct kf_bridge_edge){i, i + 1};
    uint32_t n;
    struct kf_bridge *b = find(N, e, N - 1, &n);
    ck_assert_uint_eq(n, N - 1);
    for (uint32_t i = 0; i < n; i++)
        if (b[i].edge != i || b[i].side[0] != i + 1 || b[i].side[1] != N - 1 - i)
            ck_abort_msg("link %u: %u | %u", i, b[i].side[0], b[i].side[1]);
    free(b);
    free(e);
}
END_TEST

/* Nodes that are reached from x without edge `out`. */
static uint32_t reached(uint32_t n, const struct kf_bridge_edge *e, uint32_t m, uint32_t out,
                        uint32_t x, uint32_t avoid)
{
    bool in[16] = {false};
    uint32_t count = 0;
    in[x] = true;
    for (uint32_t round = 0; round < n; round++)
        for (uint32_t i = 0; i < m; i++)
            if (i != out && (in[e[i].a] || in[e[i].b]))
                in[e[i].a] = in[e[i].b] = true;
    for (uint32_t i = 0; i < n; i++)
        count += in[i];
    return in[avoid] ? 0 : count;
}

START_TEST(test_random_graphs)
{
    uint64_t seed = 20260711;
    uint32_t seen = 0;
    for (uint32_t round = 0; round < 3000; round++) {
        struct kf_bridge_edge e[24];
        uint32_t n = 2 + (uint32_t)(kf_mix64(seed++) % 11), found, at = 0;
        uint32_t m = (uint32_t)(kf_mix64(seed++) % 20);
        for (uint32_t i = 0; i < m; i++)
            e[i] = (struct kf_bridge_edge){(uint32_t)(kf_mix64(seed++) % n),
                                           (uint32_t)(kf_mix64(seed++) % n)};
        struct kf_bridge *b = find(n, e, m, &found);
        for (uint32_t i = 0; i < m; i++) {
            uint32_t left = reached(n, e, m, i, e[i].a, e[i].b);
            if (!left)
                continue;
            ck_assert_uint_lt(at, found);
            ck_assert_uint_eq(b[at].edge, i);
            ck_assert_uint_eq(b[at].side[0], left);
            ck_assert_uint_eq(b[at].side[1], reached(n, e, m, i, e[i].b, e[i].a));
            at++;
        }
        ck_assert_uint_eq(at, found);
        seen += found;
        free(b);
    }
    ck_assert_uint_gt(seen, 3000);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("bridge");
    TCase *t = tcase_create("bridge");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, test_two_triangles);
    tcase_add_test(t, test_second_link_is_a_way_round);
    tcase_add_test(t, test_nothing);
    tcase_add_test(t, test_long_chain);
    tcase_add_test(t, test_random_graphs);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
