#include "../check_main.h"

#include "base/intern.h"

#include <pthread.h>
#include <stdio.h>

static struct kf_str word(unsigned i, char out[16])
{
    return kf_str(out, (size_t)snprintf(out, 16, "w%u", i));
}

START_TEST(one_number_a_text)
{
    struct kf_intern *t = kf_intern_new();
    char text[16];
    ck_assert_uint_eq(kf_intern_find(t, kf_cstr("w0")), 0);
    for (unsigned i = 0; i < 50000; i++)
        ck_assert_uint_eq(kf_intern_add(t, word(i, text)), i + 1);
    for (unsigned i = 0; i < 50000; i++) {
        struct kf_str w = word(i, text);
        ck_assert_uint_eq(kf_intern_add(t, w), i + 1);
        ck_assert_uint_eq(kf_intern_find(t, w), i + 1);
        struct kf_str s = kf_intern_text(t, i + 1);
        ck_assert(kf_str_eq(s, w) && s.p != w.p && s.p[s.n] == '\0');
    }
    ck_assert_uint_eq(kf_intern_count(t), 50000);
    ck_assert_uint_eq(kf_intern_find(t, kf_cstr("w50000")), 0);
    ck_assert_uint_eq(kf_intern_text(t, 0).n, 0);
    ck_assert_uint_eq(kf_intern_text(t, 50001).n, 0);
    uint32_t empty = kf_intern_add(t, kf_str(NULL, 0));
    ck_assert_uint_eq(empty, 50001);
    ck_assert_uint_eq(kf_intern_add(t, kf_cstr("")), empty);
    uint32_t nul = kf_intern_add(t, kf_str("a\0b", 3));
    ck_assert_uint_ne(nul, kf_intern_add(t, kf_str("a\0c", 3)));
    kf_intern_free(t);
    kf_intern_free(NULL);
}
END_TEST

START_TEST(symbols_alone)
{
    struct kf_symbols *t = kf_symbols_new(0);
    char text[16];
    ck_assert_uint_eq(kf_symbols_count(t), 0);
    for (unsigned i = 0; i < 50000; i++)
        ck_assert_uint_eq(kf_symbols_add(t, word(i, text)), i + 1);
    for (unsigned i = 0; i < 50000; i++) {
        struct kf_str w = word(i, text);
        ck_assert_uint_eq(kf_symbols_find(t, w), i + 1);
        ck_assert(kf_str_eq(kf_symbols_text(t, i + 1), w));
    }
    ck_assert_uint_eq(kf_symbols_find(t, kf_cstr("nobody")), 0);
    ck_assert_uint_eq(kf_symbols_text(t, 0).n, 0);
    ck_assert_uint_eq(kf_symbols_text(t, 50001).n, 0);
    kf_symbols_free(t);
    kf_symbols_free(NULL);
}
END_TEST

START_TEST(symbols_end_where_told)
{
    struct kf_symbols *t = kf_symbols_new(3);
    ck_assert_uint_eq(kf_symbols_add(t, kf_cstr("a")), 1);
    ck_assert_uint_eq(kf_symbols_add(t, kf_cstr("b")), 2);
    ck_assert_uint_eq(kf_symbols_add(t, kf_cstr("c")), 3);
    ck_assert_uint_eq(kf_symbols_add(t, kf_cstr("d")), 0);
    ck_assert_uint_eq(kf_symbols_add(t, kf_cstr("b")), 2);
    ck_assert_uint_eq(kf_symbols_count(t), 3);
    kf_symbols_free(t);
}
END_TEST

enum { THREADS = 4, WORDS = 20000 };

struct crowd {
    struct kf_symbols *table;
    unsigned number;
    uint32_t ids[WORDS];
    unsigned wrong;
};

static void *add_all(void *arg)
{
    struct crowd *c = arg;
    char text[16];
    for (unsigned i = 0; i < WORDS; i++) {
        unsigned n = (i * 7919 + c->number * 4001) % WORDS; /* each thread in an order of its own */
        struct kf_str w = word(n, text);
        c->ids[n] = kf_symbols_add(c->table, w);
        c->wrong += !kf_str_eq(kf_symbols_text(c->table, c->ids[n]), w);
        c->wrong += kf_symbols_find(c->table, w) != c->ids[n];
    }
    return NULL;
}

START_TEST(symbols_in_a_crowd)
{
    static struct crowd crowd[THREADS];
    pthread_t threads[THREADS];
    struct kf_symbols *t = kf_symbols_new(0);
    for (unsigned i = 0; i < THREADS; i++) {
        crowd[i].table = t;
        crowd[i].number = i;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, add_all, &crowd[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(kf_symbols_count(t), WORDS);
    for (unsigned i = 0; i < THREADS; i++) {
        ck_assert_uint_eq(crowd[i].wrong, 0);
        ck_assert_int_eq(memcmp(crowd[i].ids, crowd[0].ids, sizeof crowd[0].ids), 0);
    }
    kf_symbols_free(t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("intern");
    TCase *c = tcase_create("intern");
    suite_add_tcase(s, c);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, one_number_a_text);
    tcase_add_test(c, symbols_alone);
    tcase_add_test(c, symbols_end_where_told);
    tcase_add_test(c, symbols_in_a_crowd);
    return s;
}
KF_TEST_MAIN(suite)
