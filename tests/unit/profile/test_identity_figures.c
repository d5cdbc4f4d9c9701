/* Figures of worlds that resolution never makes: a key that does not hold must be seen. */
#include "profile/identity_figures.h"
#include "../check_main.h"

#include <stdlib.h>

enum { USER, MAIL, DEVICE };

/* Profiles 0 and 1; identifiers 0, 1, 2 accounts, 3 to 6 addresses, 7 a device. */
struct small {
    struct kf_id_namespace ns[3];
    struct kf_idset ids;
    struct kf_id_result r;
    struct kf_events events;
    struct kf_world w;
    uint8_t id_ns[8], isolated[8];
    uint32_t id_profile[8], same[8], ids_first[3], ids_of[8], first[3];
    uint64_t profile_id[2];
    struct kf_id_span span[4];
    struct kf_id_link link[8];
};

static void place(struct small *s)
{
    uint32_t n = 0;
    for (uint32_t p = 0; p < 2; p++) {
        s->ids_first[p] = n;
        for (uint32_t i = 0; i < 8; i++)
            if (s->id_profile[i] == p)
                s->ids_of[n++] = i;
    }
    s->ids_first[2] = n;
}

static void make(struct small *s)
{
    static const uint8_t ns[8] = {USER, USER, USER, MAIL, MAIL, MAIL, MAIL, DEVICE};
    static const uint32_t of[8] = {0, 1, KF_ID_NONE, 0, 0, 0, 0, 1};
    memset(s, 0, sizeof *s);
    s->ns[USER] = (struct kf_id_namespace){.name = "user_id", .rank = 1, .per_profile = 1};
    s->ns[MAIL] = (struct kf_id_namespace){.name = "email", .rank = 2, .per_profile = 4};
    s->ns[DEVICE] = (struct kf_id_namespace){.name = "device_id", .rank = 3};
    memcpy(s->id_ns, ns, sizeof ns);
    memcpy(s->id_profile, of, sizeof of);
    for (uint32_t i = 0; i < 8; i++)
        s->same[i] = i;
    s->ids = (struct kf_idset){.n = 8, .ns = s->id_ns, .rules = {.ns = s->ns, .n_ns = 3}};
    s->profile_id[0] = 10;
    s->profile_id[1] = 20;
    s->r = (struct kf_id_result){.n_profiles = 2,
                                 .profile_id = s->profile_id,
                                 .id_profile = s->id_profile,
                                 .id_isolated = s->isolated,
                                 .id_same = s->same,
                                 .span = s->span,
                                 .link = s->link};
    s->w = (struct kf_world){.ids = &s->ids,
                             .identity = &s->r,
                             .events = &s->events,
                             .n_profiles = 2,
                             .first = s->first,
                             .ids_first = s->ids_first,
                             .ids_of = s->ids_of};
    place(s);
}

static struct kf_identity_figures *count(const struct small *s, uint32_t large)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_identity_figures *f = NULL;
    ck_assert_int_eq(kf_identity_figures_new(&s->w, large, &f, &err), 0);
    return f;
}

START_TEST(test_values)
{
    struct small s;
    make(&s);
    s.same[5] = 4; /* a steward said that they are one */
    struct kf_identity_figures *f = count(&s, 0);
    ck_assert_uint_eq(f->ns[MAIL].values, 3);
    ck_assert_uint_eq(f->ns[MAIL].profiles[2], 1);
    ck_assert_str_eq(kf_figure_bin_name(2), "3");
    ck_assert_uint_eq(f->ns[MAIL].most, 3);
    ck_assert_uint_eq(f->ns[USER].profiles[0], 2);
    ck_assert(f->ns[USER].key && !f->ns[MAIL].key && !f->ns[DEVICE].key);
    ck_assert_uint_eq(f->ns[USER].broken, 0);
    ck_assert_uint_eq(f->n_largest, 2);
    ck_assert_uint_eq(f->largest[0].profile, 0);
    ck_assert_uint_eq(f->largest[0].identifiers, 5);
    kf_identity_figures_free(f);
}
END_TEST

START_TEST(test_two_keys_now)
{
    struct small s;
    make(&s);
    s.id_profile[2] = 1;
    place(&s);
    struct kf_identity_figures *f = count(&s, 0);
    ck_assert_uint_eq(f->ns[USER].broken, 1);
    ck_assert_uint_eq(f->ns[USER].broken_example, 1);
    kf_identity_figures_free(f);
    s.same[2] = 1; /* two spellings of one account */
    f = count(&s, 0);
    ck_assert_uint_eq(f->ns[USER].broken, 0);
    kf_identity_figures_free(f);
}
END_TEST

/* An account that the profile held earlier is one too many as well. */
START_TEST(test_two_keys_in_turn)
{
    struct small s;
    make(&s);
    s.span[0] = (struct kf_id_span){.id = 2, .from = KF_TIME_MIN, .to = 5, .profile = 0};
    s.span[1] = (struct kf_id_span){.id = 2, .from = 5, .to = KF_TIME_MAX, .profile = KF_ID_NONE};
    s.r.n_span = 2;
    struct kf_identity_figures *f = count(&s, 0);
    ck_assert_uint_eq(f->ns[USER].broken, 1);
    ck_assert_uint_eq(f->ns[USER].broken_example, 0);
    ck_assert_uint_eq(f->ns[USER].shared, 0);
    kf_identity_figures_free(f);
}
END_TEST

START_TEST(test_shared)
{
    struct small s;
    uint32_t review[] = {3};
    make(&s);
    s.r.shared = review;
    s.r.n_shared = 1;
    s.isolated[4] = KF_ID_SHARED_ABOVE;
    s.isolated[5] = KF_ID_CONSENT; /* nobody's, but not shared */
    s.span[0] = (struct kf_id_span){.id = 7, .from = KF_TIME_MIN, .to = 5, .profile = 0};
    s.span[1] = (struct kf_id_span){.id = 7, .from = 5, .to = KF_TIME_MAX, .profile = 1};
    s.r.n_span = 2;
    struct kf_identity_figures *f = count(&s, 0);
    ck_assert_uint_eq(f->ns[MAIL].shared, 2);
    ck_assert_uint_eq(f->ns[MAIL].nobodys, 2);
    ck_assert_uint_eq(f->ns[DEVICE].shared, 1);
    ck_assert_uint_eq(f->ns[USER].shared, 0);
    s.span[1].profile = 0; /* a sign-out in between, the same person again */
    kf_identity_figures_free(f);
    f = count(&s, 0);
    ck_assert_uint_eq(f->ns[DEVICE].shared, 0);
    kf_identity_figures_free(f);
}
END_TEST

static struct kf_id_link tie(uint32_t a, uint32_t b, enum kf_id_strength strength, uint32_t events)
{
    return (struct kf_id_link){.a = a,
                               .b = b,
                               .a_from = KF_TIME_MIN,
                               .b_from = KF_TIME_MIN,
                               .rule = "r",
                               .strength = (uint8_t)strength,
                               .count = events};
}

/* 0 - 3 = 4 - 5 - 6: the double tie holds without either of its links. */
START_TEST(test_weak)
{
    struct small s;
    make(&s);
    s.link[0] = tie(0, 3, KF_ID_OBSERVED, 1); /* an end of one identifier */
    s.link[1] = tie(3, 4, KF_ID_OBSERVED, 1);
    s.link[2] = tie(3, 4, KF_ID_VERIFIED, 1);
    s.link[3] = tie(4, 5, KF_ID_OBSERVED, 2);
    s.link[4] = tie(5, 6, KF_ID_OBSERVED, 3);
    s.link[5] = tie(0, 6, KF_ID_OBSERVED, 1);
    s.link[5].reason = KF_ID_CEILING; /* refused: it holds nothing */
    s.r.n_link = 6;
    struct kf_identity_figures *f = count(&s, 5);
    ck_assert_uint_eq(f->of_weak, 1);
    ck_assert_uint_eq(f->weak[0].link, 3);
    ck_assert_uint_eq(f->weak[0].profile, 0);
    ck_assert_uint_eq(f->weak[0].side[0], 3);
    ck_assert_uint_eq(f->weak[0].side[1], 2);
    ck_assert_uint_eq(f->refused[KF_ID_CEILING].links, 1);
    kf_identity_figures_free(f);
    f = count(&s, 6);
    ck_assert_uint_eq(f->of_weak, 0);
    kf_identity_figures_free(f);
    s.link[3].strength = KF_ID_VERIFIED;
    f = count(&s, 5);
    ck_assert_uint_eq(f->of_weak, 0);
    kf_identity_figures_free(f);
}
END_TEST

START_TEST(test_ids_gone)
{
    struct small a, b;
    make(&a);
    make(&b);
    b.profile_id[0] = 5;
    ck_assert_uint_eq(kf_identity_ids_gone(&a.w, &b.w), 1);
    ck_assert_uint_eq(kf_identity_ids_gone(&a.w, &a.w), 0);
    b.w.n_profiles = 0;
    ck_assert_uint_eq(kf_identity_ids_gone(&a.w, &b.w), 2);
    ck_assert_uint_eq(kf_identity_ids_gone(&b.w, &a.w), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("identity_figures");
    TCase *t = tcase_create("identity_figures");
    tcase_add_test(t, test_values);
    tcase_add_test(t, test_two_keys_now);
    tcase_add_test(t, test_two_keys_in_turn);
    tcase_add_test(t, test_shared);
    tcase_add_test(t, test_weak);
    tcase_add_test(t, test_ids_gone);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
