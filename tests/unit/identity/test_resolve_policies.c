/* Sharing policies, cuts, limits and their reasons. */
#include "columns.h"

/* Two accounts sign in on one device, one after the other, then the device is seen alone. */
static void two_logins(struct columns *pc, enum kf_id_policy policy)
{
    columns_init(pc);
    pc->ns[3].when_shared = policy;
#define c (*pc)
    columns_event(pc, 10, D("d1"), END);
    columns_event(pc, 20, U("u1"), D("d1"), END);
    columns_event(pc, 30, D("d1"), END);
    columns_event(pc, 40, U("u2"), D("d1"), END);
    columns_event(pc, 50, D("d1"), END);
#undef c
}

START_TEST(last_login_takes_the_device)
{
    struct columns c;
    two_logins(&c, KF_ID_LAST_LOGIN);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_profiles, 2);
    ck_assert_uint_eq(r->id_profile[D("d1")], r->id_profile[U("u2")]);
    ck_assert_uint_eq(r->event_profile[0], r->id_profile[U("u2")]);
    const struct kf_id_link *l = columns_refusal(r, U("u1"), D("d1"));
    ck_assert_ptr_nonnull(l);
    ck_assert_int_eq(l->reason, KF_ID_PER_PROFILE);
    ck_assert_uint_eq(l->limit_ns, 0);
    ck_assert_uint_eq(l->a, U("u1"));
    ck_assert_int_eq(l->first, 20 * KF_SECOND);
    ck_assert_uint_eq(l->event, 1);
    ck_assert_uint_eq(r->n_shared, 0);
    columns_free(&c);
}
END_TEST

START_TEST(first_login_keeps_the_device)
{
    struct columns c;
    two_logins(&c, KF_ID_FIRST_LOGIN);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->id_profile[D("d1")], r->id_profile[U("u1")]);
    ck_assert_uint_eq(r->event_profile[4], r->id_profile[U("u1")]);
    ck_assert_int_eq(columns_reason(r, U("u2"), D("d1")), KF_ID_PER_PROFILE);
    columns_free(&c);
}
END_TEST

START_TEST(ambiguous_isolates_and_raises_for_review)
{
    struct columns c;
    two_logins(&c, KF_ID_AMBIGUOUS);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_profiles, 3);
    ck_assert_uint_eq(r->id_profile[D("d1")], KF_ID_NONE);
    ck_assert_int_eq(r->id_isolated[D("d1")], KF_ID_SHARED);
    ck_assert_uint_eq(r->n_shared, 1);
    ck_assert_uint_eq(r->shared[0], D("d1"));
    ck_assert_int_eq(columns_reason(r, U("u1"), D("d1")), KF_ID_SHARED);
    ck_assert_int_eq(columns_reason(r, U("u2"), D("d1")), KF_ID_SHARED);
    ck_assert_uint_eq(r->event_profile[0], r->event_profile[4]);
    ck_assert_uint_eq(r->event_profile[1], r->id_profile[U("u1")]);
    ck_assert_uint_eq(r->profile_id[r->event_profile[0]], columns_hash(&c, D("d1")));
    columns_free(&c);
}
END_TEST

START_TEST(split_by_login_cuts_at_the_new_owner)
{
    struct columns c;
    two_logins(&c, KF_ID_SPLIT_BY_LOGIN);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_profiles, 2);
    ck_assert_uint_eq(r->event_profile[2], r->id_profile[U("u1")]);
    ck_assert_uint_eq(r->event_profile[4], r->id_profile[U("u2")]);
    ck_assert_uint_eq(r->n_span, 2);
    ck_assert_int_eq(r->span[1].from, 40 * KF_SECOND);
    ck_assert_uint_eq(r->n_link, 0);
    columns_free(&c);
}
END_TEST

START_TEST(a_sign_out_cuts_just_after_itself)
{
    struct columns c;
    two_logins(&c, KF_ID_RESET_ON_LOGOUT);
    *kf_vec_push(&c.out) = (struct kf_id_signout){2, 8};
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->event_profile[2], r->id_profile[U("u1")]);
    ck_assert_uint_eq(r->event_profile[4], r->id_profile[U("u2")]);
    ck_assert_uint_eq(r->n_span, 2);
    ck_assert_int_eq(r->span[1].from, 30 * KF_SECOND + 1);
    columns_free(&c);
}
END_TEST

START_TEST(two_owners_in_one_instant_are_taken_by_bytes)
{
    struct columns c;
    columns_init(&c);
    c.ns[3].when_shared = KF_ID_SPLIT_BY_LOGIN;
    uint32_t d = D("d1"), u2 = U("u2"), u1 = U("u1");
    columns_event(&c, 10, u2, d, END);
    columns_event(&c, 10, u1, d, END);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->id_profile[d], r->id_profile[u1]);
    ck_assert_uint_eq(r->n_span, 0);
    ck_assert_int_eq(columns_reason(r, u2, d), KF_ID_PER_PROFILE);
    columns_free(&c);
}
END_TEST

START_TEST(weaker_evidence_shares_nothing)
{
    struct columns c;
    columns_init(&c);
    c.link[1] = (struct kf_id_link_rule){"login", 15, KF_ID_VERIFIED, -1};
    c.rules.n_link = 2;
    uint32_t d = D("d1"), u1 = U("u1"), u2 = U("u2");
    columns_event(&c, 10, u1, d, END);
    columns_event(&c, 20, u2, d, END);
    c.links.p[0] = 1;
    c.links.p[1] = 2;
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_shared, 0);
    ck_assert_uint_eq(r->id_profile[d], r->id_profile[u2]);
    ck_assert_int_eq(columns_reason(r, u1, d), KF_ID_PER_PROFILE);
    columns_free(&c);
}
END_TEST

START_TEST(shared_above_isolates_as_a_whole)
{
    struct columns c;
    columns_init(&c);
    c.ns[1].shared_above = 2;
    c.ns[1].when_shared = KF_ID_LAST_LOGIN;
    uint32_t e = E("noreply@x.test"), u1 = U("u1"), u2 = U("u2"), u3 = U("u3");
    columns_event(&c, 10, u1, e, END);
    columns_event(&c, 20, u2, e, END);
    ck_assert_uint_eq(columns_resolve(&c)->id_profile[e], columns_resolve(&c)->id_profile[u2]);
    columns_event(&c, 30, u3, e, END);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_int_eq(r->id_isolated[e], KF_ID_SHARED_ABOVE);
    ck_assert_int_eq(columns_reason(r, u1, e), KF_ID_SHARED_ABOVE);
    ck_assert_uint_eq(r->n_shared, 1);
    ck_assert_uint_eq(r->n_profiles, 3);
    columns_free(&c);
}
END_TEST

START_TEST(an_idle_identifier_expires)
{
    struct columns c;
    columns_init(&c);
    c.ns[3].expires_after = 100 * KF_SECOND;
    uint32_t d = D("d1"), u1 = U("u1");
    columns_event(&c, 0, u1, d, END);
    columns_event(&c, 100, d, END);
    columns_event(&c, 201, d, END);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->event_profile[1], r->id_profile[u1]);
    ck_assert_uint_ne(r->event_profile[2], r->id_profile[u1]);
    ck_assert_uint_eq(r->n_span, 2);
    ck_assert_int_eq(r->span[1].from, 200 * KF_SECOND);
    columns_free(&c);
}
END_TEST

START_TEST(history_none_leaves_the_past_anonymous)
{
    struct columns c;
    columns_init(&c);
    c.ns[3].history = 0;
    uint32_t d = D("d1"), u1 = U("u1");
    columns_event(&c, 10, d, END);
    columns_event(&c, 20, u1, d, END);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_ne(r->event_profile[0], r->event_profile[1]);
    ck_assert_uint_eq(r->id_profile[d], r->id_profile[u1]);
    c.ns[3].history = 10 * KF_SECOND;
    r = columns_resolve(&c);
    ck_assert_uint_eq(r->event_profile[0], r->event_profile[1]);
    columns_free(&c);
}
END_TEST

START_TEST(within_counts_stretches_shorter_than_its_length)
{
    struct columns c;
    columns_init(&c);
    c.ns[3].per_profile = 1;
    c.ns[3].within = 100 * KF_SECOND;
    uint32_t u = U("u1"), d1 = D("d1"), d2 = D("d2");
    columns_event(&c, 0, u, d1, END);
    columns_event(&c, 99, u, d2, END);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_int_eq(columns_reason(r, u, d1), KF_ID_WITHIN); /* the newest is taken first */
    ck_assert_uint_eq(columns_refusal(r, u, d1)->limit_ns, 3);
    ck_assert_uint_eq(r->id_profile[d2], r->id_profile[u]);
    c.time.p[1] = 100 * KF_SECOND;
    c.in.as_of = 100 * KF_SECOND;
    r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_link, 0);
    ck_assert_uint_eq(r->n_profiles, 1);
    columns_free(&c);
}
END_TEST

START_TEST(the_ceiling_holds_for_the_whole_profile)
{
    struct columns c;
    columns_init(&c);
    c.rules.max_identifiers = 2;
    uint32_t u = U("u1"), d1 = D("d1"), d2 = D("d2");
    columns_event(&c, 10, u, d1, END);
    columns_event(&c, 20, u, d2, END);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_int_eq(columns_reason(r, u, d1), KF_ID_CEILING);
    ck_assert_uint_eq(r->id_profile[d2], r->id_profile[u]);
    columns_free(&c);
}
END_TEST

START_TEST(a_never_link_rule_names_itself_in_the_refusal)
{
    struct columns c;
    columns_init(&c);
    uint32_t e1 = E("a@x.test"), e2 = E("b@x.test"), d = D("d1");
    columns_event(&c, 10, e1, d, END);
    columns_event(&c, 20, e2, d, END);
    *kf_vec_push(&c.apart) = (struct kf_id_separation){e2, e1, 0, "twins"};
    c.ns[3].when_shared = KF_ID_LAST_LOGIN;
    const struct kf_id_result *r = columns_resolve(&c);
    const struct kf_id_link *l = columns_refusal(r, e1, d);
    ck_assert_ptr_nonnull(l);
    ck_assert_int_eq(l->reason, KF_ID_NEVER_LINK);
    ck_assert_str_eq(l->sep_rule, "twins");
    ck_assert_uint_eq(l->sep_a, e1);
    ck_assert_uint_eq(l->sep_b, e2);
    ck_assert_uint_eq(r->id_profile[d], r->id_profile[e2]);
    columns_free(&c);
}
END_TEST

START_TEST(consent_is_asked_of_both_ends)
{
    struct columns c;
    columns_init(&c);
    c.link[0].purpose = 0;
    c.rules.n_purpose = 1;
    uint32_t u = U("u1"), d = D("d1"), d2 = D("d2");
    columns_event(&c, 10, u, d, END);
    columns_event(&c, 20, u, d2, END);
    *kf_vec_push(&c.said) = (struct kf_id_statement){1, 0, true};
    const struct kf_id_result *r = columns_resolve(&c);
    const struct kf_id_link *l = columns_refusal(r, u, d);
    ck_assert_ptr_nonnull(l);
    ck_assert_int_eq(l->reason, KF_ID_CONSENT);
    ck_assert(!l->consented);
    ck_assert_uint_eq(r->id_profile[d2], r->id_profile[u]);
    columns_event(&c, 30, d2, END);
    *kf_vec_push(&c.said) = (struct kf_id_statement){2, 0, false};
    r = columns_resolve(&c);
    ck_assert_int_eq(columns_reason(r, u, d2), KF_ID_CONSENT);
    ck_assert_uint_ne(r->event_profile[2], r->id_profile[u]);
    columns_free(&c);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("resolve_policies");
    TCase *t = tcase_create("policies, cuts, limits");
    tcase_add_test(t, last_login_takes_the_device);
    tcase_add_test(t, first_login_keeps_the_device);
    tcase_add_test(t, ambiguous_isolates_and_raises_for_review);
    tcase_add_test(t, split_by_login_cuts_at_the_new_owner);
    tcase_add_test(t, a_sign_out_cuts_just_after_itself);
    tcase_add_test(t, two_owners_in_one_instant_are_taken_by_bytes);
    tcase_add_test(t, weaker_evidence_shares_nothing);
    tcase_add_test(t, shared_above_isolates_as_a_whole);
    tcase_add_test(t, an_idle_identifier_expires);
    tcase_add_test(t, history_none_leaves_the_past_anonymous);
    tcase_add_test(t, within_counts_stretches_shorter_than_its_length);
    tcase_add_test(t, the_ceiling_holds_for_the_whole_profile);
    tcase_add_test(t, a_never_link_rule_names_itself_in_the_refusal);
    tcase_add_test(t, consent_is_asked_of_both_ends);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
