/* Events that were read with the identifier numbers of a larger log say the same under numbers of
 * their own. */
#include "../check_main.h"

#include "event/codec.h"
#include "event/ingest.h"
#include "event/keys.h"
#include "event/renumber.h"

#include <stdio.h>
#include <string.h>

#define MANY 400 /* identifiers: numbers of one byte and of two */

static struct kf_dict dict;
static struct kf_events *log_events;

/* An event each: an identifier beside the fields, and one that is a field too. */
static void setup(void)
{
    struct kf_arena bodies;
    ck_assert_int_eq(kf_dict_init(&dict), 0);
    log_events = kf_events_new(&dict, kf_idents_new());
    kf_arena_init(&bodies, 0);
    struct kf_event_builder *b = kf_event_builder_new(&dict, log_events->idents, &bodies);
    uint32_t user = kf_symbols_add(dict.ns, kf_cstr("user_id")),
             email = kf_symbols_add(dict.ns, kf_cstr("email"));
    kf_symbols_add(dict.source, kf_cstr("web"));
    kf_symbols_add(dict.file, kf_cstr("f"));
    for (uint32_t i = 0; i < MANY; i++) {
        char id[16], value[32];
        struct kf_event_head h = {.time = KF_SECOND * (int64_t)i,
                                  .name = kf_cstr("Page"),
                                  .type = KF_EVENT_TRACK,
                                  .file = 1,
                                  .record = i + 1};
        h.received = h.time;
        h.id = kf_str(id, (size_t)snprintf(id, sizeof id, "m%u", i));
        kf_event_builder_begin(b);
        snprintf(value, sizeof value, "u%u", i / 2);
        kf_event_builder_ident(b, user, kf_cstr(value), 0);
        snprintf(value, sizeof value, "p%u@example.com", i);
        kf_event_builder_ident(b, email, kf_cstr(value), KF_KEY_TRAITS_EMAIL);
        kf_event_builder_dec(b, KF_KEY_REVENUE, kf_dec_int(i)); /* stands behind it */
        ck_assert_uint_eq(kf_event_builder_end(b, log_events, &h), i);
    }
    kf_event_builder_free(b);
    kf_events_take_arena(log_events, &bodies);
}

static void teardown(void)
{
    struct kf_idents *ids = log_events->idents;
    kf_events_free(log_events);
    kf_idents_free(ids);
    kf_dict_free(&dict);
}

struct numbers {
    uint32_t old[2 * MANY], n;
};

static uint32_t note(void *ctx, uint32_t ident)
{
    struct numbers *k = ctx;
    uint32_t i = 0;
    while (i < k->n && k->old[i] != ident)
        i++;
    if (i == k->n)
        k->old[k->n++] = ident;
    return ident;
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t place(void *ctx, uint32_t ident)
{
    const struct numbers *k = ctx;
    const uint32_t *at = bsearch(&ident, k->old, k->n, sizeof ident, ascending);
    ck_assert_ptr_nonnull(at);
    return (uint32_t)(at - k->old);
}

/* Some events of the log in events of their own, which know no identifier. */
static struct kf_events *taken(const uint32_t *chosen, uint32_t n)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf packed = {0};
    struct kf_events *e = kf_events_new(&dict, kf_idents_new());
    kf_codec_pack(log_events, chosen, n, &packed);
    ck_assert_int_eq(kf_codec_unpack(packed.p, packed.n, e, &err), KF_E_DATA);
    kf_error_clear(&err);
    ck_assert_int_eq(kf_codec_unpack_raw(packed.p, packed.n, 2, e, &err), KF_E_DATA);
    ck_assert_uint_eq(e->n, 0);
    kf_error_clear(&err);
    uint32_t all = kf_idents_count(log_events->idents);
    ck_assert_int_eq(kf_codec_unpack_raw(packed.p, packed.n, all, e, &err), 0);
    kf_buf_free(&packed);
    return e;
}

static void same_text(const struct kf_events *e, uint32_t event, uint32_t of)
{
    struct kf_buf a = {0}, b = {0};
    kf_event_json(e, event, &a);
    kf_event_json(log_events, of, &b);
    ck_assert_str_eq(a.p, b.p);
    kf_buf_free(&a);
    kf_buf_free(&b);
}

START_TEST(events_say_the_same)
{
    static const uint32_t chosen[] = {3, 150, 151, 399};
    struct numbers k = {0};
    struct kf_events *e = taken(chosen, 4);
    kf_events_renumber(e, note, &k);
    ck_assert_uint_eq(k.n, 7); /* four addresses, and 150 and 151 are of one user */
    qsort(k.old, k.n, sizeof *k.old, ascending);
    for (uint32_t i = 0; i < k.n; i++)
        ck_assert_uint_eq(kf_idents_add(e->idents, kf_idents_ns(log_events->idents, k.old[i]),
                                        kf_idents_value(log_events->idents, k.old[i])),
                          i);
    kf_events_renumber(e, place, &k);
    for (uint32_t i = 0; i < 4; i++) {
        same_text(e, i, chosen[i]);
        const uint32_t *now = e->id_pool + e->at[i].id_off;
        const uint32_t *was = log_events->id_pool + log_events->at[chosen[i]].id_off;
        ck_assert_uint_eq(e->at[i].id_n, 2);
        for (uint32_t j = 0; j < 2; j++)
            ck_assert(kf_str_eq(kf_idents_value(e->idents, now[j]),
                                kf_idents_value(log_events->idents, was[j])));
    }
    /* and can be packed again */
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf packed = {0};
    static const uint32_t last[] = {3};
    kf_codec_pack(e, last, 1, &packed);
    ck_assert_int_eq(kf_codec_unpack(packed.p, packed.n, e, &err), 0);
    ck_assert_uint_eq(e->n, 5);
    same_text(e, 4, 399);
    kf_buf_free(&packed);
    struct kf_idents *ids = e->idents;
    kf_events_free(e);
    kf_idents_free(ids);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("renumber");
    TCase *t = tcase_create("renumber");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, events_say_the_same);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
