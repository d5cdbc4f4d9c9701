/* Stewards' decisions, transfers, and that order, threads and numbering never enter the result. */
#include "columns.h"

START_TEST(joined_spellings_are_one_identifier)
{
    struct columns c;
    columns_init(&c);
    uint32_t u2 = U("u2"), u1 = U("u1"), d = D("d1");
    columns_event(&c, 10, u2, d, END);
    columns_event(&c, 20, u1, d, END);
    columns_event(&c, 30, u1, u2, END); /* no contradiction once they are one */
    columns_decide(&c, KF_ID_DO_JOIN, u2, u1, 0);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_profiles, 1);
    ck_assert_ptr_nonnull(r->id_same);
    ck_assert_uint_eq(r->id_same[u2], u1);
    ck_assert_uint_eq(r->id_same[d], d);
    ck_assert_uint_eq(r->id_profile[u2], r->id_profile[u1]);
    ck_assert_ptr_null(r->event_contradictory);
    ck_assert_uint_eq(r->profile_earliest[0], u1);
    columns_free(&c);
}
END_TEST

START_TEST(shared_lists_all_spellings)
{
    struct columns c;
    columns_init(&c);
    uint32_t u1 = U("u1"), u2 = U("u2"), d2 = D("d2"), d1 = D("d1");
    columns_event(&c, 10, u1, d1, END);
    columns_event(&c, 20, u2, d2, END);
    columns_decide(&c, KF_ID_DO_JOIN, d2, d1, 0);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_shared, 2);
    ck_assert_uint_eq(r->shared[0], d1);
    ck_assert_uint_eq(r->shared[1], d2);
    ck_assert_int_eq(r->id_isolated[d2], KF_ID_SHARED);
    ck_assert_int_eq(columns_reason(r, u2, d1), KF_ID_SHARED);
    ck_assert_int_eq(columns_reason(r, u2, d2), KF_ID_KEPT); /* the smallest names it */
    columns_free(&c);
}
END_TEST

START_TEST(of_contradicting_decisions_the_later_holds)
{
    struct columns c;
    columns_init(&c);
    uint32_t u1 = U("u1"), e = E("a@x.test");
    columns_event(&c, 10, u1, e, END);
    columns_decide(&c, KF_ID_DO_JOIN, u1, e, 0);
    columns_decide(&c, KF_ID_DO_UNLINK, e, u1, 0);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_int_eq(columns_reason(r, u1, e), KF_ID_UNLINKED);
    ck_assert_uint_ne(r->id_profile[e], r->id_profile[u1]);
    columns_decide(&c, KF_ID_DO_KEEP_APART, u1, e, 0);
    columns_decide(&c, KF_ID_DO_JOIN, u1, e, 0);
    r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_link, 0);
    ck_assert_uint_eq(r->id_profile[e], r->id_profile[u1]);
    columns_decide(&c, KF_ID_DO_KEEP_APART, u1, e, 0);
    r = columns_resolve(&c);
    ck_assert_int_eq(columns_reason(r, u1, e), KF_ID_KEEP_APART);
    ck_assert_str_eq(columns_refusal(r, u1, e)->sep_rule, "keep_apart");
    columns_free(&c);
}
END_TEST

START_TEST(a_join_across_namespaces_ties_what_no_event_ties)
{
    struct columns c;
    columns_init(&c);
    c.in.want_links = true;
    uint32_t u1 = U("u1"), e = E("a@x.test");
    columns_event(&c, 10, u1, END);
    columns_event(&c, 20, e, END);
    columns_decide(&c, KF_ID_DO_JOIN, u1, e, 0);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_profiles, 1);
    ck_assert_uint_eq(r->n_link, 1);
    ck_assert_str_eq(r->link[0].rule, "join");
    ck_assert_int_eq(r->link[0].strength, KF_ID_DECLARED);
    ck_assert_uint_eq(r->link[0].event, KF_ID_NONE);
    ck_assert_int_eq(r->link[0].first, 20 * KF_SECOND);
    columns_free(&c);
}
END_TEST

START_TEST(transfers_in_a_circle_give_each_holder_a_turn)
{
    struct columns c;
    columns_init(&c);
    uint32_t u1 = U("u1"), u2 = U("u2"), p = P("+15550100001");
    columns_event(&c, 1, u1, END);
    columns_event(&c, 1, u2, END);
    uint32_t e[4];
    for (uint32_t i = 0; i < 4; i++) {
        columns_decide(&c, KF_ID_DO_TRANSFER, p, i % 2 ? u2 : u1, 10 * (i + 1));
        e[i] = columns_event(&c, 10 * (i + 1) + 5, p, END);
    }
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_profiles, 2);
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_uint_eq(r->event_profile[e[i]], r->id_profile[i % 2 ? u2 : u1]);
    ck_assert_uint_eq(r->id_profile[p], r->id_profile[u2]);
    ck_assert_uint_eq(r->n_span, 5);
    ck_assert_uint_eq(r->span[0].profile, KF_ID_NONE); /* before the first: nobody was seen on it */
    columns_free(&c);
}
END_TEST

START_TEST(two_identifiers_handed_to_each_other_end_together)
{
    struct columns c;
    columns_init(&c);
    uint32_t e = E("a@x.test"), p = P("+15550100001");
    columns_event(&c, 20, e, END);
    columns_event(&c, 20, p, END);
    columns_decide(&c, KF_ID_DO_TRANSFER, e, p, 10);
    columns_decide(&c, KF_ID_DO_TRANSFER, p, e, 10);
    columns_decide(&c, KF_ID_DO_TRANSFER, p, p, 15);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_eq(r->n_span, 5);
    ck_assert_uint_ne(r->id_profile[e],
                      r->id_profile[p]); /* the second cut of p parted them again */
    c.decision.n = 2;
    r = columns_resolve(&c);
    ck_assert_uint_eq(r->id_profile[e], r->id_profile[p]);
    ck_assert_uint_eq(r->n_profiles, 1);
    columns_free(&c);
}
END_TEST

START_TEST(a_transfer_of_a_contradictory_event_has_no_new_owner)
{
    struct columns c;
    columns_init(&c);
    uint32_t u1 = U("u1"), u2 = U("u2"), p = P("+15550100001");
    columns_event(&c, 10, u1, p, END);
    uint32_t bad = columns_event(&c, 20, u1, u2, p, END);
    uint32_t after = columns_event(&c, 30, p, END);
    *kf_vec_push(&c.transfer) = (struct kf_id_transfer){p, u2, 20 * KF_SECOND, bad, "moved"};
    columns_event(&c, 40, u2, END);
    const struct kf_id_result *r = columns_resolve(&c);
    ck_assert_uint_ne(r->event_profile[after], r->id_profile[u1]);
    ck_assert_uint_ne(r->event_profile[after], r->id_profile[u2]);
    ck_assert_uint_eq(r->n_span, 2);
    columns_free(&c);
}
END_TEST

/* ---- the same set of events, in another order and with other numbers */

static uint64_t state = 1;
static uint32_t rnd(uint32_t n)
{
    state = kf_mix64(state + 0x9e3779b97f4a7c15ull);
    return (uint32_t)(state % n);
}

/* Events of a small crowded world; `order` says which event stands where, ids get numbers as they
 * come. */
static void world(struct columns *pc, const uint32_t *order, uint32_t n, uint64_t seed)
{
    static const char *const name[] = {"a", "b", "c", "d", "e", "f", "g"};
    static const enum kf_id_policy policy[] = {KF_ID_AMBIGUOUS, KF_ID_LAST_LOGIN, KF_ID_FIRST_LOGIN,
                                               KF_ID_SPLIT_BY_LOGIN};
    columns_init(pc);
    for (uint32_t k = 1; k < 4; k++)
        pc->ns[k].when_shared = policy[(seed + k) % 4];
    pc->ns[1].per_profile = 2;
    pc->ns[3].per_profile = 2;
    pc->ns[3].within = 40 * KF_SECOND;
    pc->rules.max_identifiers = 9;
    for (uint32_t i = 0; i < n; i++) {
        state = seed * 1000 + order[i];
        int64_t t = rnd(n);
        uint32_t u = rnd(2) ? columns_id(pc, 0, name[rnd(7)]) : END;
        uint32_t e = rnd(3) ? columns_id(pc, 1, name[rnd(7)]) : END;
        uint32_t d = columns_id(pc, 3, name[rnd(7)]);
        if (u != END && e != END)
            columns_event(pc, t, d, u, e, END);
        else
            columns_event(pc, t, d, u != END ? u : e, END);
        pc->number.p[i] = order[i];
    }
}

/* The same identifier in another world's numbers. */
static uint32_t other(const struct columns *from, struct columns *to, uint32_t id)
{
    return id == KF_ID_NONE ? id : columns_id_str(to, from->id_ns.p[id], from->value.p[id]);
}

static void check_same(struct columns *a, struct columns *b, const uint32_t *order, uint32_t n)
{
    ck_assert_uint_eq(a->ret->n_profiles, b->ret->n_profiles);
    for (uint32_t i = 0; i < a->ret->n_profiles; i++) {
        ck_assert_uint_eq(a->ret->profile_id[i], b->ret->profile_id[i]);
        ck_assert_uint_eq(other(a, b, a->ret->profile_earliest[i]), b->ret->profile_earliest[i]);
    }
    for (uint32_t i = 0; i < n; i++)
        ck_assert_uint_eq(a->ret->event_profile[order[i]], b->ret->event_profile[i]);
    ck_assert_uint_eq(a->ret->n_link, b->ret->n_link);
    for (uint32_t i = 0; i < a->ret->n_link; i++) {
        const struct kf_id_link *x = &a->ret->link[i], *y = &b->ret->link[i];
        ck_assert_uint_eq(other(a, b, x->a), y->a);
        ck_assert_uint_eq(other(a, b, x->b), y->b);
        ck_assert_int_eq(x->reason, y->reason);
        ck_assert_int_eq(x->a_from, y->a_from);
        ck_assert_int_eq(x->b_from, y->b_from);
        ck_assert_uint_eq(x->count, y->count);
        ck_assert_uint_eq(x->limit_ns, y->limit_ns);
        ck_assert_uint_eq(x->event, order[y->event]);
    }
    ck_assert_uint_eq(a->ret->n_span, b->ret->n_span);
    ck_assert_uint_eq(a->ret->n_shared, b->ret->n_shared);
    for (uint32_t i = 0; i < a->ret->n_shared; i++)
        ck_assert_uint_eq(other(a, b, a->ret->shared[i]), b->ret->shared[i]);
}

START_TEST(order_and_numbers_do_not_enter_the_result)
{
    uint32_t plain[60], mixed[60], n = 60, refused = 0;
    for (uint32_t seed = 1; seed <= 40; seed++) {
        struct columns a, b;
        for (uint32_t i = 0; i < n; i++)
            plain[i] = mixed[i] = i;
        state = seed;
        for (uint32_t i = n - 1; i > 0; i--) {
            uint32_t k = rnd(i + 1), x = mixed[i];
            mixed[i] = mixed[k];
            mixed[k] = x;
        }
        world(&a, plain, n, seed);
        world(&b, mixed, n, seed);
        columns_resolve(&a);
        columns_resolve(&b);
        refused += a.ret->n_link;
        check_same(&a, &b, mixed, n);
        columns_free(&a);
        columns_free(&b);
    }
    ck_assert_uint_gt(refused, 1000); /* otherwise the world is too kind to prove anything */
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("resolve_decisions");
    TCase *t = tcase_create("decisions and order");
    tcase_add_test(t, joined_spellings_are_one_identifier);
    tcase_add_test(t, shared_lists_all_spellings);
    tcase_add_test(t, of_contradicting_decisions_the_later_holds);
    tcase_add_test(t, a_join_across_namespaces_ties_what_no_event_ties);
    tcase_add_test(t, transfers_in_a_circle_give_each_holder_a_turn);
    tcase_add_test(t, two_identifiers_handed_to_each_other_end_together);
    tcase_add_test(t, a_transfer_of_a_contradictory_event_has_no_new_owner);
    tcase_add_test(t, order_and_numbers_do_not_enter_the_result);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
