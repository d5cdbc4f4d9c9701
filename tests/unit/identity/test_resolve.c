/* kf_identity_resolve: the fast path, profile ids, and results that depend on the set of events
 * alone. */
#include "columns.h"

START_TEST(nothing_gives_nothing)
{
    struct columns c;
    columns_init(&c);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_profiles, 0);
    ck_assert_uint_eq(r->n_link, 0);
    ck_assert_uint_eq(r->n_span, 0);
    ck_assert_uint_eq(r->n_shared, 0);
    columns_free(&c);
}
END_TEST

START_TEST(identifiers_without_events_are_in_no_profile)
{
    struct columns c;
    columns_init(&c);
    uint32_t u = U("u1");
    columns_event(&c, 10, END);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_profiles, 0);
    ck_assert_uint_eq(r->id_profile[u], KF_ID_NONE);
    ck_assert_uint_eq(r->event_profile[0], KF_ID_NONE);
    columns_free(&c);
}
END_TEST

START_TEST(links_join_and_the_rest_stays_apart)
{
    struct columns c;
    columns_init(&c);
    uint32_t u1 = U("u1"), d1 = D("d1"), e1 = E("a@x.test"), d2 = D("d2");
    uint32_t first = columns_event(&c, 10, d1, END);
    uint32_t login = columns_event(&c, 20, d1, u1, END);
    uint32_t mail = columns_event(&c, 30, e1, u1, END);
    uint32_t other = columns_event(&c, 40, d2, END);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_profiles, 2);
    ck_assert_uint_eq(r->event_profile[first], r->event_profile[login]);
    ck_assert_uint_eq(r->event_profile[mail], r->event_profile[login]);
    ck_assert_uint_ne(r->event_profile[other], r->event_profile[login]);
    ck_assert_uint_eq(r->id_profile[e1], r->event_profile[first]);
    ck_assert_uint_eq(r->id_profile[d2], r->event_profile[other]);
    ck_assert_uint_eq(r->n_observations, 2);
    ck_assert_uint_eq(r->n_slow_components, 0);
    ck_assert_uint_eq(r->largest_component, 3);
    columns_free(&c);
}
END_TEST

START_TEST(a_profile_is_named_by_its_earliest_identifier)
{
    struct columns c;
    columns_init(&c);
    uint32_t u1 = U("u1"), d1 = D("d1"), e1 = E("b@x.test"), e2 = E("a@x.test");
    columns_event(&c, 20, u1, d1, END);
    columns_event(&c, 20, u1, e1, e2, END);
    columns_event(&c, 10, d1, END);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_profiles, 1);
    ck_assert_uint_eq(r->profile_earliest[0], d1);
    ck_assert_uint_eq(r->profile_id[0], columns_hash(&c, d1));
    ck_assert_int_eq(r->profile_earliest_from[0], KF_TIME_MIN);
    c.time.p[2] =
        30 *
        KF_SECOND; /* now three are first seen at once: the strongest, then the smaller bytes */
    c.in.as_of = 30 * KF_SECOND;
    ck_assert_uint_eq(columns_resolve(&c)->profile_earliest[0], u1);
    c.time.p[0] = 25 * KF_SECOND;
    c.links.p[1] = 0;
    columns_event(&c, 30, e1, e2, END);
    r = columns_resolve(&c);
    ck_assert_uint_eq(r->profile_earliest[r->id_profile[e1]], e2);
    columns_free(&c);
}
END_TEST

START_TEST(profiles_are_numbered_by_ascending_id)
{
    struct columns c;
    char text[200][16];
    columns_init(&c);
    for (int i = 0; i < 200; i++) {
        snprintf(text[i], sizeof text[i], "u%d", i);
        columns_event(&c, i, U(text[i]), END);
    }
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_profiles, 200);
    for (uint32_t i = 1; i < 200; i++)
        ck_assert(r->profile_id[i - 1] < r->profile_id[i]);
    for (uint32_t i = 0; i < 200; i++)
        ck_assert_uint_eq(r->profile_earliest[r->event_profile[i]], i);
    columns_free(&c);
}
END_TEST

static uint64_t one_hash(const void *ctx, uint32_t id)
{
    (void)ctx, (void)id;
    return 7;
}

START_TEST(ids_that_collide_are_numbered_by_content)
{
    struct columns c;
    columns_init(&c);
    uint32_t z = U("z"), a = U("a"), m = U("m");
    columns_event(&c, 1, z, END);
    columns_event(&c, 2, a, END);
    columns_event(&c, 3, m, END);
    (void)columns_resolve(&c);
    c.in.id_hash = one_hash;
    struct kf_id_result *r = NULL;
    ck_assert_int_eq(kf_identity_resolve(&c.in, &r, &c.err), 0);
    ck_assert_uint_eq(r->profile_earliest[0], a);
    ck_assert_uint_eq(r->profile_earliest[1], m);
    ck_assert_uint_eq(r->profile_earliest[2], z);
    ck_assert_uint_eq(r->event_profile[0], 2);
    kf_identity_free(r);
    columns_free(&c);
}
END_TEST

START_TEST(events_after_as_of_are_not_there)
{
    struct columns c;
    columns_init(&c);
    uint32_t u1 = U("u1"), d1 = D("d1"), u2 = U("u2");
    columns_event(&c, 10, d1, END);
    columns_event(&c, 20, u1, d1, END);
    columns_event(&c, 30, u2, d1, END);
    c.in.as_of = 19 * KF_SECOND;
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_profiles, 1);
    ck_assert_uint_eq(r->event_profile[1], KF_ID_NONE);
    ck_assert_uint_eq(r->id_profile[u1], KF_ID_NONE);
    c.in.as_of = 20 * KF_SECOND;
    r = columns_resolve(&c);
    ck_assert_uint_eq(r->id_profile[u1], r->event_profile[0]);
    ck_assert_int_eq(columns_reason(r, u2, d1), KF_ID_KEPT);
    columns_free(&c);
}
END_TEST

START_TEST(times_before_1970_are_times)
{
    struct columns c;
    columns_init(&c);
    c.ns[3].when_shared = KF_ID_SPLIT_BY_LOGIN;
    uint32_t u1 = U("u1"), u2 = U("u2"), d1 = D("d1");
    uint32_t before = columns_event(&c, -3000, d1, END);
    columns_event(&c, -2000, u1, d1, END);
    uint32_t between = columns_event(&c, -1500, d1, END);
    columns_event(&c, -1000, u2, d1, END);
    uint32_t after = columns_event(&c, -500, d1, END);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_profiles, 2);
    ck_assert_uint_eq(r->event_profile[before], r->event_profile[1]);
    ck_assert_uint_eq(r->event_profile[between], r->event_profile[1]);
    ck_assert_uint_eq(r->event_profile[after], r->event_profile[3]);
    ck_assert_uint_eq(r->n_span, 2);
    ck_assert_int_eq(r->span[0].from, KF_TIME_MIN);
    ck_assert_int_eq(r->span[0].to, -1000 * KF_SECOND);
    ck_assert_int_eq(r->span[0].first_seen, -3000 * KF_SECOND);
    ck_assert_int_eq(r->span[0].last_seen, -1500 * KF_SECOND);
    ck_assert_int_eq(r->span[1].from, -1000 * KF_SECOND);
    ck_assert_int_eq(r->span[1].to, KF_TIME_MAX);
    ck_assert_uint_eq(r->span[1].profile, r->event_profile[3]);
    ck_assert_uint_eq(r->id_profile[d1], r->event_profile[3]);
    /* u2's profile starts with a span of d1 that is not its first: its id is not d1's */
    ck_assert_uint_ne(r->profile_id[r->event_profile[3]], r->profile_id[r->event_profile[1]]);
    columns_free(&c);
}
END_TEST

START_TEST(long_values_are_compared_to_the_last_byte)
{
    struct columns c;
    static char a[65536], b[65536];
    columns_init(&c);
    memset(a, 'x', sizeof a);
    memset(b, 'x', sizeof b);
    b[sizeof b - 1] = 'y';
    uint32_t last = columns_id_str(&c, 1, kf_str(b, sizeof b));
    uint32_t first = columns_id_str(&c, 1, kf_str(a, sizeof a));
    columns_event(&c, 10, last, first, END);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_profiles, 1);
    ck_assert_uint_eq(r->profile_earliest[0], first);
    columns_free(&c);
}
END_TEST

START_TEST(an_event_with_two_accounts_contradicts_itself)
{
    struct columns c;
    columns_init(&c);
    uint32_t u1 = U("u1"), u2 = U("u2"), d1 = D("d1");
    columns_event(&c, 10, d1, END);
    uint32_t bad = columns_event(&c, 20, u1, u2, d1, END);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_ptr_nonnull(r->event_contradictory);
    ck_assert_uint_eq(r->event_contradictory[bad], 1);
    ck_assert_uint_eq(r->event_contradictory[0], 0);
    ck_assert_uint_eq(r->event_profile[bad], KF_ID_NONE);
    ck_assert_uint_eq(r->id_profile[u1], KF_ID_NONE);
    ck_assert_uint_eq(r->n_profiles, 1);
    c.alias.p[bad] = 1; /* an alias says so on purpose; the account limit still refuses it */
    r = columns_resolve(&c);
    ck_assert_ptr_null(r->event_contradictory);
    ck_assert_int_eq(columns_reason(r, u1, u2), KF_ID_PER_PROFILE);
    columns_free(&c);
}
END_TEST

START_TEST(columns_that_may_be_missing)
{
    struct columns c;
    columns_init(&c);
    uint32_t u1 = U("u1"), d1 = D("d1");
    columns_event(&c, 10, d1, u1, END);
    (void)columns_resolve(&c);
    c.in.event_links = NULL;
    c.in.event_alias = NULL;
    c.in.event_cmp = NULL;
    struct kf_id_result *r = NULL;
    ck_assert_int_eq(kf_identity_resolve(&c.in, &r, &c.err), 0);
    ck_assert_uint_eq(r->id_profile[u1], r->id_profile[d1]);
    ck_assert_uint_ne(r->id_profile[u1], KF_ID_NONE);
    kf_identity_free(r);
    columns_free(&c);
}
END_TEST

START_TEST(too_many_namespaces_are_refused)
{
    struct columns c;
    columns_init(&c);
    struct kf_id_namespace ns[65] = {{0}};
    for (uint32_t i = 0; i < 65; i++)
        ns[i] = (struct kf_id_namespace){.name = "n", .rank = i + 1, .history = -1};
    c.rules.ns = ns;
    c.rules.n_ns = 65;
    ck_assert_int_eq(columns_try(&c), KF_E_LIMIT);
    ck_assert_ptr_null(c.ret);
    ck_assert_str_eq(c.err.message,
                     "65 namespaces and 1 link rules, at most 64 and 64 are possible");
    columns_free(&c);
}
END_TEST

START_TEST(kept_links_are_listed_when_asked_for)
{
    struct columns c;
    columns_init(&c);
    uint32_t u1 = U("u1"), d1 = D("d1");
    columns_event(&c, 30, u1, d1, END);
    columns_event(&c, 10, d1, u1, END);
    uint32_t newest = columns_event(&c, 30, u1, d1, END);
    ck_assert_uint_eq(columns_resolve(&c)->n_link, 0);
    c.in.want_links = true;
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_link, 1);
    ck_assert_uint_eq(r->link[0].a, u1);
    ck_assert_uint_eq(r->link[0].b, d1);
    ck_assert_str_eq(r->link[0].rule, "all");
    ck_assert_int_eq(r->link[0].reason, KF_ID_KEPT);
    ck_assert_int_eq(r->link[0].strength, KF_ID_OBSERVED);
    ck_assert_uint_eq(r->link[0].count, 3);
    ck_assert_int_eq(r->link[0].first, 10 * KF_SECOND);
    ck_assert_int_eq(r->link[0].last, 30 * KF_SECOND);
    ck_assert_uint_eq(r->link[0].event, newest);
    ck_assert_uint_eq(r->n_profiles, 1);
    columns_free(&c);
}
END_TEST

START_TEST(names_of_reasons_and_policies)
{
    ck_assert_str_eq(kf_identity_reason_name(KF_ID_KEPT), "kept");
    ck_assert_str_eq(kf_identity_reason_name(KF_ID_SHARED_ABOVE), "shared_above");
    ck_assert_str_eq(kf_identity_reason_name(KF_ID_KEEP_APART), "keep_apart");
    ck_assert_str_eq(kf_identity_reason_name(KF_ID_CEILING), "ceiling");
    ck_assert_str_eq(kf_identity_policy_name(KF_ID_AMBIGUOUS), "ambiguous");
    ck_assert_str_eq(kf_identity_policy_name(KF_ID_RESET_ON_LOGOUT), "reset_on_logout");
    kf_identity_free(NULL);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("resolve");
    TCase *t = tcase_create("fast path and shape");
    tcase_add_test(t, nothing_gives_nothing);
    tcase_add_test(t, identifiers_without_events_are_in_no_profile);
    tcase_add_test(t, links_join_and_the_rest_stays_apart);
    tcase_add_test(t, a_profile_is_named_by_its_earliest_identifier);
    tcase_add_test(t, profiles_are_numbered_by_ascending_id);
    tcase_add_test(t, ids_that_collide_are_numbered_by_content);
    tcase_add_test(t, events_after_as_of_are_not_there);
    tcase_add_test(t, times_before_1970_are_times);
    tcase_add_test(t, long_values_are_compared_to_the_last_byte);
    tcase_add_test(t, an_event_with_two_accounts_contradicts_itself);
    tcase_add_test(t, columns_that_may_be_missing);
    tcase_add_test(t, too_many_namespaces_are_refused);
    tcase_add_test(t, kept_links_are_listed_when_asked_for);
    tcase_add_test(t, names_of_reasons_and_policies);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
