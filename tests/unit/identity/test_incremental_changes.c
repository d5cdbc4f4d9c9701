/* The incremental engine by hand: what each kind of change gives, and what it costs. */
#include "history.h"

#define U(k) (k)
#define E(k) (PER_NS + (k))
#define P(k) (2 * PER_NS + (k))
#define D(k) (3 * PER_NS + (k))

/* Accounts are persons' keys; one rule over all kinds, or one that needs consent. */
static void plain_open(struct world *w, bool consent)
{
    static const char *const purpose[] = {"ads"};
    struct kf_error err = KF_ERROR_INIT;
    *w = (struct world){.as_of = 100 * KF_SECOND};
    static const char *const name[] = {"user_id", "email", "phone", "device_id"};
    for (uint32_t i = 0; i < NS; i++)
        w->ns[i] = (struct kf_id_namespace){.name = name[i], .rank = i + 1, .history = -1};
    w->ns[0].per_profile = 1;
    w->ns[3].expires_after = 50 * KF_SECOND;
    w->link[0] = (struct kf_id_link_rule){"all", 15, KF_ID_OBSERVED, consent ? 0 : -1};
    w->rules = (struct kf_id_rules){
        .ns = w->ns, .n_ns = NS, .link = w->link, .n_link = 1, .purpose = purpose, .n_purpose = 1};
    struct kf_incremental_options o = {.rules = &w->rules,
                                       .as_of = w->as_of,
                                       .id_ns = ns_of,
                                       .id_value = value_of,
                                       .id_hash = hash_of,
                                       .event_cmp = order_of,
                                       .threads = 1};
    ck_assert_int_eq(kf_incremental_new(&o, &w->inc, &err), 0);
}

static struct kf_incremental_changes say(struct world *w, int64_t seconds, uint32_t a, uint32_t b,
                                         int granted)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_incremental_changes c = {0};
    uint32_t ids[2] = {a, b};
    struct kf_id_statement said = {0, 0, granted > 0};
    struct kf_incremental_event e = {.time = seconds * KF_SECOND,
                                     .ids = ids,
                                     .n_ids = b == KF_ID_NONE ? 1 : 2,
                                     .links = UINT64_MAX,
                                     .statement = &said,
                                     .n_statement = granted != 0};
    ck_assert_int_eq(kf_incremental_add(w->inc, &e, 1, &c, &err), 0);
    return c;
}

static uint64_t profile_of(const struct world *w, uint32_t id)
{
    uint64_t p = 0;
    return kf_incremental_id_profile(w->inc, id, &p) ? p : 0;
}

START_TEST(a_removed_event_takes_back_what_it_joined)
{
    struct world w;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_incremental_changes c;
    plain_open(&w, false);
    say(&w, 1, U(1), E(1), 0);
    say(&w, 2, P(1), KF_ID_NONE, 0);
    uint64_t user = profile_of(&w, U(1)), phone = profile_of(&w, P(1));
    ck_assert(user && phone && user != phone);
    say(&w, 3, E(1), P(1), 0);
    ck_assert_uint_eq(profile_of(&w, P(1)), user);
    uint32_t bridge = 2;
    ck_assert_int_eq(kf_incremental_remove(w.inc, &bridge, 1, &c, &err), 0);
    ck_assert_uint_eq(profile_of(&w, P(1)), phone);
    ck_assert_uint_eq(profile_of(&w, U(1)), user);
    ck_assert_uint_eq(c.n_event, 2); /* the bridge, and the phone's own event is its own again */
    ck_assert_uint_eq(c.n_id, 1);
    ck_assert_uint_eq(c.id[0], P(1));
    ck_assert_uint_eq(c.n_profile, 2);
    c = say(&w, 4, P(1), KF_ID_NONE, 0); /* the parts are two again as well */
    ck_assert_uint_eq(c.seen_ids, 1);
    ck_assert_uint_eq(c.seen_events, 2);
    world_close(&w);
}
END_TEST

START_TEST(only_the_touched_part_is_resolved)
{
    struct world w;
    plain_open(&w, false);
    for (uint32_t k = 0; k < PER_NS; k++)
        for (uint32_t i = 0; i < 10; i++)
            say(&w, 10 + i, U(k), E(k), 0);
    struct kf_incremental_changes c = say(&w, 30, E(3), P(3), 0);
    ck_assert_uint_eq(c.seen_ids, 3);
    ck_assert_uint_eq(c.seen_events, 11);
    ck_assert_uint_eq(c.n_event, 1);
    ck_assert_uint_eq(c.n_id, 1);
    ck_assert_uint_eq(c.n_profile, 1);
    ck_assert_uint_eq(c.profile[0], profile_of(&w, U(3)));
    world_close(&w);
}
END_TEST

START_TEST(a_withdrawal_parts_what_needed_consent)
{
    struct world w;
    plain_open(&w, true);
    say(&w, 1, U(1), E(1), 1);
    ck_assert_uint_eq(profile_of(&w, E(1)), profile_of(&w, U(1)));
    struct kf_incremental_changes c = say(&w, 9, E(1), KF_ID_NONE, -1);
    ck_assert(profile_of(&w, E(1)) && profile_of(&w, E(1)) != profile_of(&w, U(1)));
    ck_assert_uint_eq(c.n_id, 1);
    ck_assert_uint_eq(c.id[0], E(1));
    world_close(&w);
}
END_TEST

START_TEST(time_alone_expires_and_lets_arrive)
{
    struct world w;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_incremental_changes c;
    plain_open(&w, false);
    say(&w, 90, U(1), D(1), 0);
    say(&w, 120, U(1), E(1), 0);
    ck_assert_uint_eq(profile_of(&w, D(1)), profile_of(&w, U(1)));
    ck_assert_uint_eq(profile_of(&w, E(1)), 0);
    ck_assert_int_eq(kf_incremental_next(w.inc), 120 * KF_SECOND);
    ck_assert_int_eq(kf_incremental_advance(w.inc, 120 * KF_SECOND, &c, &err), 0);
    ck_assert_uint_eq(profile_of(&w, E(1)), profile_of(&w, U(1)));
    ck_assert_uint_eq(c.n_event, 1);
    ck_assert_int_eq(kf_incremental_next(w.inc), 140 * KF_SECOND + 1);
    ck_assert_int_eq(kf_incremental_advance(w.inc, 140 * KF_SECOND, &c, &err), 0);
    ck_assert_uint_eq(c.seen_ids, 0);
    ck_assert_uint_eq(profile_of(&w, D(1)), profile_of(&w, U(1)));
    ck_assert_int_eq(kf_incremental_advance(w.inc, 141 * KF_SECOND, &c, &err), 0);
    ck_assert_uint_eq(profile_of(&w, D(1)), 0); /* silent for too long: nobody's now */
    ck_assert_uint_eq(c.n_id, 1);
    ck_assert_uint_eq(c.n_event, 0); /* its past stays where it was */
    ck_assert_int_eq(kf_incremental_next(w.inc), KF_TIME_MAX);
    world_close(&w);
}
END_TEST

START_TEST(a_decision_and_its_undoing_cancel_out)
{
    struct world w;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_incremental_changes c;
    plain_open(&w, false);
    say(&w, 1, U(1), E(1), 0);
    uint64_t user = profile_of(&w, U(1));
    struct kf_id_decision d = {KF_ID_DO_UNLINK, U(1), E(1), 0, 7};
    ck_assert_int_eq(kf_incremental_decide(w.inc, &d, 1, &c, &err), 0);
    ck_assert_uint_eq(profile_of(&w, E(1)), 0); /* it has no event of its own */
    ck_assert_uint_eq(c.n_profile, 1);
    ck_assert_uint_eq(c.profile[0], user);
    ck_assert_int_eq(kf_incremental_undo(w.inc, 7, &c, &err), 0);
    ck_assert_uint_eq(profile_of(&w, E(1)), user);
    ck_assert_int_eq(kf_incremental_undo(w.inc, 7, &c, &err), KF_E_DATA);
    world_close(&w);
}
END_TEST

START_TEST(what_is_seen_all_the_time_expires_after_the_last)
{
    struct world w;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_incremental_changes c;
    plain_open(&w, false);
    for (uint32_t i = 0; i < 3000; i++) { /* many times at which it would have expired */
        uint32_t before = i - 1;
        w.as_of += KF_SECOND;
        ck_assert_int_eq(kf_incremental_advance(w.inc, w.as_of, &c, &err), 0);
        ck_assert_uint_eq(c.seen_ids, 0);
        say(&w, w.as_of / KF_SECOND, D(1), KF_ID_NONE, 0);
        if (i > 0)
            ck_assert_int_eq(kf_incremental_remove(w.inc, &before, 1, &c, &err), 0);
    }
    ck_assert_int_eq(kf_incremental_next(w.inc), w.as_of + 50 * KF_SECOND + 1);
    ck_assert_int_eq(kf_incremental_advance(w.inc, w.as_of + 50 * KF_SECOND, &c, &err), 0);
    ck_assert(profile_of(&w, D(1)));
    ck_assert_int_eq(kf_incremental_advance(w.inc, w.as_of + 50 * KF_SECOND + 1, &c, &err), 0);
    ck_assert_uint_eq(profile_of(&w, D(1)), 0);
    world_close(&w);
}
END_TEST

START_TEST(mistakes_change_nothing)
{
    struct world w;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_incremental_changes c = {0};
    plain_open(&w, false);
    say(&w, 1, U(1), E(1), 0);
    uint32_t alien[2] = {U(1), N_IDS}, none[2] = {0, 1};
    struct kf_incremental_event e = {.time = KF_SECOND, .ids = alien, .n_ids = 2};
    ck_assert_int_eq(kf_incremental_add(w.inc, &e, 1, &c, &err), KF_E_DATA);
    ck_assert_uint_eq(kf_incremental_events(w.inc), 1);
    ck_assert_int_eq(kf_incremental_remove(w.inc, none, 2, &c, &err), KF_E_DATA);
    ck_assert(kf_incremental_event_profile(w.inc, 0, &(uint64_t){0}));
    ck_assert_int_eq(kf_incremental_advance(w.inc, 0, &c, &err), KF_E_DATA);
    ck_assert_int_eq(kf_incremental_remove(w.inc, none, 1, NULL, &err), 0);
    ck_assert_int_eq(kf_incremental_remove(w.inc, none, 1, NULL, &err), KF_E_DATA);
    ck_assert_uint_eq(profile_of(&w, U(1)), 0);
    world_close(&w);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("incremental_changes");
    TCase *t = tcase_create("changes");
    tcase_add_test(t, a_removed_event_takes_back_what_it_joined);
    tcase_add_test(t, only_the_touched_part_is_resolved);
    tcase_add_test(t, a_withdrawal_parts_what_needed_consent);
    tcase_add_test(t, time_alone_expires_and_lets_arrive);
    tcase_add_test(t, a_decision_and_its_undoing_cancel_out);
    tcase_add_test(t, what_is_seen_all_the_time_expires_after_the_last);
    tcase_add_test(t, mistakes_change_nothing);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
