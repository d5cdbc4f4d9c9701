#include "../check_main.h"

#include "base/arena.h"

#include <stdint.h>
#include <string.h>

struct piece {
    unsigned char *p;
    size_t n;
};

/* Pieces of all sizes, written to the brim, keep what was written until the reset. */
static void fill_and_check(struct kf_arena *a, uint64_t seed)
{
    enum { N = 3000 };
    static struct piece pieces[N];
    for (int i = 0; i < N; i++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        size_t n = (seed >> 40) % (i % 100 == 0 ? 300000 : 200);
        pieces[i].n = n;
        pieces[i].p =
            i % 7 ? kf_arena_alloc(a, n) : kf_arena_slow(a, n, (size_t)8 << (seed >> 33) % 7);
        ck_assert_ptr_nonnull(pieces[i].p);
        ck_assert_uint_eq((uintptr_t)pieces[i].p % 8, 0);
        if (i % 7 == 0)
            ck_assert_uint_eq((uintptr_t)pieces[i].p % ((size_t)8 << (seed >> 33) % 7), 0);
        memset(pieces[i].p, i & 255, n);
    }
    size_t spoilt = 0;
    for (int i = 0; i < N; i++)
        for (size_t k = 0; k < pieces[i].n; k++)
            spoilt += pieces[i].p[k] != (i & 255);
    ck_assert_uint_eq(spoilt, 0);
}

START_TEST(pieces_do_not_overlap)
{
    static const size_t sizes[] = {0, 1, 1000, 1 << 20};
    for (size_t i = 0; i < 4; i++) {
        struct kf_arena a;
        kf_arena_init(&a, sizes[i]);
        for (uint64_t round = 1; round <= 4; round++) {
            fill_and_check(&a, round);
            ck_assert_uint_gt(a.used, 100000);
            kf_arena_reset(&a);
            ck_assert_uint_eq(a.used, 0);
        }
        kf_arena_free(&a);
        kf_arena_free(&a);
    }
    struct kf_arena zero = {0};
    kf_arena_reset(&zero);
    kf_arena_free(&zero);
    ck_assert_ptr_nonnull(kf_arena_alloc(&zero, 10)); /* a zeroed arena works */
    kf_arena_free(&zero);
}
END_TEST

START_TEST(nothing_is_still_a_place)
{
    struct kf_arena a;
    kf_arena_init(&a, 0);
    void *p = kf_arena_alloc(&a, 0), *q = kf_arena_alloc(&a, 0);
    ck_assert_ptr_nonnull(p);
    ck_assert_ptr_ne(p, q);
    kf_arena_free(&a);
}
END_TEST

#ifndef KF_ARENA_DEBUG
START_TEST(a_reset_keeps_the_blocks)
{
    struct kf_arena a;
    kf_arena_init(&a, 4096);
    void *first = kf_arena_alloc(&a, 4000), *second = kf_arena_alloc(&a, 1000);
    kf_arena_reset(&a);
    ck_assert_ptr_eq(kf_arena_alloc(&a, 4000), first);
    ck_assert_ptr_eq(kf_arena_alloc(&a, 1000), second);
    kf_arena_free(&a);
}
END_TEST
#endif

START_TEST(copies_of_texts)
{
    struct kf_arena a;
    kf_arena_init(&a, 0);
    char *s = kf_arena_strndup(&a, "abcdef", 3);
    ck_assert_str_eq(s, "abc");
    ck_assert_str_eq(kf_arena_strndup(&a, NULL, 0), "");
    ck_assert_str_eq(kf_arena_strdup(&a, "hello"), "hello");
    ck_assert_str_eq(kf_arena_printf(&a, "%s-%d", "x", 7), "x-7");
    char *longer = kf_arena_printf(&a, "%0*d", 5000, 1);
    ck_assert_uint_eq(strlen(longer), 5000);
    ck_assert_int_eq(longer[4999], '1');
    memset(kf_arena_alloc(&a, 4096), 0xFF, 4096);
    kf_arena_reset(&a);
    unsigned char *z = kf_arena_zalloc(&a, 4096);
    for (int i = 0; i < 4096; i++)
        ck_assert_int_eq(z[i], 0);
    kf_arena_free(&a);
}
END_TEST

START_TEST(out_of_memory_ends_with_70)
{
    struct kf_arena a;
    kf_arena_init(&a, 0);
    kf_arena_alloc(&a, SIZE_MAX - 3);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("arena");
    TCase *c = tcase_create("arena");
    suite_add_tcase(s, c);
    tcase_add_test(c, pieces_do_not_overlap);
    tcase_add_test(c, nothing_is_still_a_place);
#ifndef KF_ARENA_DEBUG
    tcase_add_test(c, a_reset_keeps_the_blocks);
#endif
    tcase_add_test(c, copies_of_texts);
    if (!KF_TEST_SANITIZED) /* needs a process of its own */
        tcase_add_exit_test(c, out_of_memory_ends_with_70, 70);
    return s;
}
KF_TEST_MAIN(suite)
