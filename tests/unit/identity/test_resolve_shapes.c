/* Big components of awkward shapes, and threads. A quadratic step anywhere would run into ctest's
 * time limit. */
#include "columns.h"

#include <stdlib.h>

struct load {
    struct kf_id_namespace ns[3];
    struct kf_id_link_rule link;
    struct kf_id_rules rules;
    struct kf_id_input in;
    uint32_t n_id, n_ev;
    uint64_t n_ref;
    uint8_t *id_ns;
    int64_t *time;
    uint64_t *off;
    uint32_t *ids;
};

/* The value of an identifier is its number, big end first: bytes order as numbers do. */
static struct kf_str value_of(const void *ctx, uint32_t id)
{
    static _Thread_local char text[8][4];
    static _Thread_local unsigned next;
    char *t = text[next++ % 8];
    (void)ctx;
    for (int i = 0; i < 4; i++)
        t[i] = (char)(id >> (24 - 8 * i));
    return kf_str(t, 4);
}

static uint64_t hash_of(const void *ctx, uint32_t id)
{
    (void)ctx;
    return kf_mix64(id + 1u);
}

static uint32_t add_id(struct load *l, uint8_t ns)
{
    l->id_ns[l->n_id] = ns;
    return l->n_id++;
}

static void add_event(struct load *l, int64_t t, uint32_t a, uint32_t b)
{
    l->time[l->n_ev++] = t * KF_SECOND;
    l->ids[l->n_ref++] = a;
    if (b != END)
        l->ids[l->n_ref++] = b;
    l->off[l->n_ev] = l->n_ref;
    if (t * KF_SECOND > l->in.as_of)
        l->in.as_of = t * KF_SECOND;
}

static void load_init(struct load *l, uint32_t n, enum kf_id_policy policy)
{
    memset(l, 0, sizeof *l);
    l->id_ns = calloc(n, 1);
    l->time = calloc(n, sizeof *l->time);
    l->off = calloc(n + 1, sizeof *l->off);
    l->ids = calloc(2 * n, sizeof *l->ids);
    for (uint32_t k = 0; k < 3; k++)
        l->ns[k] = (struct kf_id_namespace){
            .name = "n", .rank = k + 1, .history = -1, .when_shared = policy};
    l->ns[0].per_profile = 1;
    l->link = (struct kf_id_link_rule){"all", 7, KF_ID_OBSERVED, -1};
    l->rules = (struct kf_id_rules){.ns = l->ns, .n_ns = 3, .link = &l->link, .n_link = 1};
}

static void load_free(struct load *l)
{
    free(l->id_ns);
    free(l->time);
    free(l->off);
    free(l->ids);
}

static struct kf_id_result *resolve(struct load *l, unsigned threads)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_id_result *r = NULL;
    l->in.rules = &l->rules;
    l->in.n_ids = l->n_id;
    l->in.id_ns = l->id_ns;
    l->in.id_value = value_of;
    l->in.id_hash = hash_of;
    l->in.n_events = l->n_ev;
    l->in.event_time = l->time;
    l->in.event_off = l->off;
    l->in.event_ids = l->ids;
    l->in.threads = threads;
    ck_assert_msg(kf_identity_resolve(&l->in, &r, &err) == 0, "resolve: %s", err.message);
    return r;
}

#define MANY 100000u

START_TEST(a_chain_that_ends_in_two_accounts_breaks_once)
{
    struct load l;
    load_init(&l, MANY + 8, KF_ID_AMBIGUOUS);
    uint32_t last = add_id(&l, 0);
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t next = add_id(&l, i + 1 == MANY ? 0 : 1 + i % 2);
        add_event(&l, i, last, next);
        last = next;
    }
    struct kf_id_result *r = resolve(&l, 1);
    ck_assert_uint_eq(r->n_slow_components, 1);
    ck_assert_uint_eq(r->largest_component, MANY + 1);
    ck_assert_uint_ne(r->id_profile[0], r->id_profile[last]);
    ck_assert_uint_ge(r->n_link, 1);
    ck_assert_uint_le(r->n_link, 2);
    kf_identity_free(r);
    load_free(&l);
}
END_TEST

START_TEST(a_mailbox_of_many_accounts_is_nobodys)
{
    struct load l;
    load_init(&l, 2 * MANY, KF_ID_AMBIGUOUS);
    uint32_t e = add_id(&l, 1);
    for (uint32_t i = 0; i < MANY; i++)
        add_event(&l, i, add_id(&l, 0), e);
    struct kf_id_result *r = resolve(&l, 1);
    ck_assert_uint_eq(r->n_profiles, MANY);
    ck_assert_int_eq(r->id_isolated[e], KF_ID_SHARED);
    ck_assert_uint_eq(r->n_link, MANY);
    kf_identity_free(r);
    load_free(&l);
}
END_TEST

START_TEST(a_mailbox_of_many_phones_keeps_its_limit)
{
    struct load l;
    load_init(&l, 2 * MANY, KF_ID_LAST_LOGIN);
    l.ns[2].per_profile = 3;
    uint32_t e = add_id(&l, 1);
    for (uint32_t i = 0; i < MANY; i++)
        add_event(&l, i, e, add_id(&l, 2));
    struct kf_id_result *r = resolve(&l, 1);
    ck_assert_uint_eq(r->n_profiles, 1); /* all events carry the mailbox */
    ck_assert_uint_eq(r->n_link, MANY - 3);
    ck_assert_uint_eq(r->id_profile[l.n_id - 1], r->id_profile[e]);
    ck_assert_uint_eq(r->id_profile[1], KF_ID_NONE);
    kf_identity_free(r);
    load_free(&l);
}
END_TEST

START_TEST(a_kiosk_is_cut_at_every_turn)
{
    struct load l;
    load_init(&l, MANY + 100, KF_ID_SPLIT_BY_LOGIN);
    uint32_t d = add_id(&l, 2), user[50];
    for (uint32_t i = 0; i < 50; i++)
        user[i] = add_id(&l, 0);
    for (uint32_t i = 0; i < MANY; i++)
        add_event(&l, i, user[i / 2 % 50], d);
    struct kf_id_result *r = resolve(&l, 1);
    ck_assert_uint_eq(r->n_profiles, 50);
    ck_assert_uint_eq(r->n_span, MANY / 2);
    ck_assert_uint_eq(r->n_link, 0);
    ck_assert_uint_eq(r->event_profile[4], r->id_profile[user[2]]);
    ck_assert_int_eq(r->span[1].from, 2 * KF_SECOND);
    kf_identity_free(r);
    load_free(&l);
}
END_TEST

START_TEST(threads_change_nothing)
{
    struct load l;
    load_init(&l, 3 * MANY, KF_ID_SPLIT_BY_LOGIN);
    l.ns[1].per_profile = 2;
    l.ns[1].when_shared = KF_ID_AMBIGUOUS;
    uint64_t s = 7;
    for (uint32_t i = 0; i < MANY; i++)
        add_id(&l, (uint8_t)(i % 3));
    for (uint32_t i = 0; i < 2 * MANY; i++) {
        s = kf_mix64(s + 0x9e3779b97f4a7c15ull);
        uint32_t a = (uint32_t)(s % (MANY / 2)), b = (a + (uint32_t)(s >> 40) % 7) % MANY;
        add_event(&l, (int64_t)(s >> 20 & 0xffff), a, b == a ? END : b);
    }
    struct kf_id_result *one = resolve(&l, 1), *two = resolve(&l, 3);
    ck_assert_uint_gt(one->n_slow_components, 1);
    ck_assert_uint_gt(one->n_link, 10);
    ck_assert_uint_gt(one->n_span, 10);
    ck_assert_uint_eq(one->n_profiles, two->n_profiles);
    ck_assert_mem_eq(one->profile_id, two->profile_id, one->n_profiles * sizeof *one->profile_id);
    ck_assert_mem_eq(one->event_profile, two->event_profile, l.n_ev * sizeof *one->event_profile);
    ck_assert_mem_eq(one->id_profile, two->id_profile, l.n_id * sizeof *one->id_profile);
    ck_assert_uint_eq(one->n_link, two->n_link);
    for (uint32_t i = 0; i < one->n_link; i++) {
        ck_assert_uint_eq(one->link[i].a, two->link[i].a);
        ck_assert_uint_eq(one->link[i].b, two->link[i].b);
        ck_assert_int_eq(one->link[i].reason, two->link[i].reason);
        ck_assert_int_eq(one->link[i].b_from, two->link[i].b_from);
    }
    ck_assert_uint_eq(one->n_span, two->n_span);
    for (uint32_t i = 0; i < one->n_span; i++) {
        ck_assert_uint_eq(one->span[i].id, two->span[i].id);
        ck_assert_int_eq(one->span[i].from, two->span[i].from);
        ck_assert_uint_eq(one->span[i].profile, two->span[i].profile);
    }
    kf_identity_free(one);
    kf_identity_free(two);
    load_free(&l);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("resolve_shapes");
    TCase *t = tcase_create("big components");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_chain_that_ends_in_two_accounts_breaks_once);
    tcase_add_test(t, a_mailbox_of_many_accounts_is_nobodys);
    tcase_add_test(t, a_mailbox_of_many_phones_keeps_its_limit);
    tcase_add_test(t, a_kiosk_is_cut_at_every_turn);
    tcase_add_test(t, threads_change_nothing);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
