/* Identifiers, each once from however many threads, and copies of events, of which one is kept
 * whatever comes first. */
#include "event_support.h"

#include "base/pool.h"
#include "event/dedupe.h"
#include "event/idents.h"

/* ---- identifiers ---- */

START_TEST(an_identifier_has_one_number)
{
    struct kf_idents *t = kf_idents_new();
    uint32_t a = kf_idents_add(t, 1, kf_cstr("anna")), b = kf_idents_add(t, 2, kf_cstr("anna"));
    uint32_t none = kf_idents_add(t, 1, kf_cstr(""));
    ck_assert_uint_ne(a, b);
    ck_assert_uint_eq(kf_idents_add(t, 1, kf_cstr("anna")), a);
    ck_assert_uint_eq(kf_idents_find(t, 2, kf_cstr("anna")), b);
    ck_assert_uint_eq(kf_idents_find(t, 3, kf_cstr("anna")), UINT32_MAX);
    ck_assert_uint_eq(kf_idents_count(t), 3);
    ck_assert_uint_eq(kf_idents_ns(t, b), 2);
    ck_assert(kf_str_eq(kf_idents_value(t, a), kf_cstr("anna")));
    ck_assert_uint_eq(kf_idents_value(t, none).n, 0);
    kf_idents_free(t);
}
END_TEST

START_TEST(what_is_too_long_is_none)
{
    struct kf_idents *t = kf_idents_new();
    char *text = malloc(KF_IDENT_MAX + 1);
    memset(text, 'x', KF_IDENT_MAX + 1);
    uint32_t i = kf_idents_add(t, 1, kf_str(text, KF_IDENT_MAX));
    ck_assert_uint_eq(i, 0);
    ck_assert_uint_eq(kf_idents_value(t, i).n, KF_IDENT_MAX);
    ck_assert_uint_eq(kf_idents_add(t, 1, kf_str(text, KF_IDENT_MAX + 1)), UINT32_MAX);
    ck_assert_uint_eq(kf_idents_count(t), 1);
    free(text);
    kf_idents_free(t);
}
END_TEST

#define MANY 20000u

struct crowd {
    struct kf_idents *t;
    uint32_t (*got)[MANY];
};

/* Each thread adds all values, in an order of its own, half of them in groups. */
static int add_all(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *e)
{
    struct crowd *c = ctx;
    (void)worker;
    (void)e;
    for (size_t w = from; w < to; w++)
        for (uint32_t i = 0; i < MANY; i++) {
            uint32_t k = (i * 7919u + (uint32_t)w * 131u) % MANY;
            char text[24];
            int n = snprintf(text, sizeof text, "value-%u", k);
            struct kf_str s = kf_str(text, (size_t)n);
            struct kf_ident_want want = {kf_ident_hash(1, s), text, (uint32_t)n, 1, 0};
            if (i & 1)
                kf_idents_add_group(c->t, &want, 1);
            else
                want.id = kf_idents_add(c->t, 1, s);
            c->got[w][k] = want.id;
        }
    return 0;
}

START_TEST(threads_agree)
{
    struct crowd c = {kf_idents_new(), calloc(7, sizeof *c.got)};
    OK(kf_pool_run(7, 7, 1, add_all, &c, &err));
    ck_assert_uint_eq(kf_idents_count(c.t), MANY);
    for (uint32_t k = 0; k < MANY; k++) {
        char text[24];
        snprintf(text, sizeof text, "value-%u", k);
        for (unsigned w = 1; w < 7; w++)
            ck_assert_uint_eq(c.got[w][k], c.got[0][k]);
        ck_assert(kf_str_eq(kf_idents_value(c.t, c.got[0][k]), kf_cstr(text)));
    }
    free(c.got);
    kf_idents_free(c.t);
}
END_TEST

/* ---- copies ---- */

static struct got g;
static struct kf_event_builder *b;
static struct kf_arena bodies;

static void setup(void)
{
    got_begin(&g);
    kf_arena_init(&bodies, 0);
    b = kf_event_builder_new(&g.dict, g.idents, &bodies);
    kf_symbols_add(g.dict.source, kf_cstr("one"));
    kf_symbols_add(g.dict.source, kf_cstr("two"));
    kf_symbols_add(g.dict.file, kf_cstr("b"));
    kf_symbols_add(g.dict.file, kf_cstr("a"));
}

static void teardown(void)
{
    kf_event_builder_free(b);
    kf_arena_free(&bodies);
    got_end(&g);
}

static uint32_t event(const char *id, int64_t received, const char *text, uint16_t source,
                      uint32_t file, uint32_t record)
{
    struct kf_event_head h = {.time = 1000,
                              .received = received,
                              .name = kf_cstr("A"),
                              .id = kf_cstr(id),
                              .type = KF_EVENT_TRACK,
                              .source = source,
                              .file = file,
                              .record = record};
    kf_event_builder_begin(b);
    kf_event_builder_text(b, kf_symbols_add(g.dict.key, kf_cstr("x")), kf_cstr(text));
    return kf_event_builder_end(b, g.events, &h);
}

static void dedupe(unsigned threads, uint64_t *duplicates)
{
    struct kf_dedupe *d = kf_dedupe_new();
    uint32_t n = g.events->n, half = n / 2;
    uint64_t *hash = calloc(n, sizeof *hash);
    memset(duplicates, 0, (UINT16_MAX + 1u) * sizeof *duplicates);
    for (uint32_t i = 0; i < n; i++)
        hash[i] = kf_event_id_hash(g.events->at[i].source, kf_event_id(g.events, i));
    kf_dedupe_add(d, hash + half, n - half, half);
    kf_dedupe_add(d, hash, half, 0);
    OK(kf_dedupe_run(d, g.events, threads, duplicates, &err));
    kf_dedupe_free(d);
    free(hash);
}

START_TEST(the_earliest_received_is_kept)
{
    static uint64_t duplicates[UINT16_MAX + 1u];
    uint32_t late = event("m", 30, "a", 0, 1, 1), first = event("m", 10, "z", 0, 1, 2),
             middle = event("m", 20, "a", 0, 1, 3), other = event("m", 5, "a", 1, 1, 4),
             alone = event("n", 5, "a", 0, 1, 5);
    dedupe(1, duplicates);
    ck_assert_uint_eq(g.events->dropped[late], 1);
    ck_assert_uint_eq(g.events->dropped[first], 0);
    ck_assert_uint_eq(g.events->dropped[middle], 1);
    ck_assert_uint_eq(g.events->dropped[other], 0); /* of another source */
    ck_assert_uint_eq(g.events->dropped[alone], 0);
    ck_assert_uint_eq(duplicates[0], 2);
    ck_assert_uint_eq(duplicates[1], 0);
}
END_TEST

START_TEST(a_tie_is_broken_by_content_then_place)
{
    static uint64_t duplicates[UINT16_MAX + 1u];
    uint32_t b2 = event("m", 10, "b", 0, 1, 1), a2 = event("m", 10, "a", 0, 1, 2);
    uint32_t file_b = event("n", 10, "x", 0, 1, 1), file_a9 = event("n", 10, "x", 0, 2, 9),
             file_a8 = event("n", 10, "x", 0, 2, 8);
    dedupe(1, duplicates);
    ck_assert_uint_eq(g.events->dropped[b2], 1);
    ck_assert_uint_eq(g.events->dropped[a2], 0);
    ck_assert_uint_eq(g.events->dropped[file_b], 1); /* 'a' is before 'b' by name */
    ck_assert_uint_eq(g.events->dropped[file_a9], 1);
    ck_assert_uint_eq(g.events->dropped[file_a8], 0);
    ck_assert_uint_eq(duplicates[0], 3);
}
END_TEST

/* 400 events of 60 ids in an order of their own each time: what stays is the same, for any number
 * of threads; a second look changes nothing. */
START_TEST(order_and_threads_do_not_matter)
{
    static uint64_t duplicates[UINT16_MAX + 1u];
    static const unsigned threads[] = {1, 2, 7};
    struct kf_buf first = {0};
    uint64_t r = 5;
    for (unsigned round = 0; round < 12; round++) {
        setup();
        uint32_t order[400];
        for (uint32_t i = 0; i < 400; i++)
            order[i] = i;
        for (uint32_t i = 399; i; i--) {
            uint32_t k = (uint32_t)(next_random(&r) % (i + 1)), t = order[i];
            order[i] = order[k];
            order[k] = t;
        }
        for (uint32_t i = 0; i < 400; i++) {
            char id[12], text[12];
            snprintf(id, sizeof id, "id%u", order[i] % 60);
            snprintf(text, sizeof text, "t%u", order[i] / 60 % 3);
            event(id, 10 + (order[i] * 7) % 5, text, 0, 1, order[i]);
        }
        dedupe(threads[round % 3], duplicates);
        ck_assert_uint_eq(duplicates[0], 340);
        dedupe(threads[round % 3], duplicates);
        ck_assert_uint_eq(duplicates[0], 0);
        g.result = calloc(1, sizeof *g.result);
        got_write(&g);
        if (!round)
            kf_buf_add(&first, g.text.p, g.text.n);
        ck_assert_str_eq(g.text.p, first.p);
        free(g.result);
        g.result = NULL;
        teardown();
    }
    kf_buf_free(&first);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("idents");
    TCase *t = tcase_create("identifiers");
    tcase_add_test(t, an_identifier_has_one_number);
    tcase_add_test(t, what_is_too_long_is_none);
    tcase_add_test(t, threads_agree);
    tcase_add_test(t, order_and_threads_do_not_matter);
    suite_add_tcase(s, t);
    t = tcase_create("copies");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_earliest_received_is_kept);
    tcase_add_test(t, a_tie_is_broken_by_content_then_place);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
