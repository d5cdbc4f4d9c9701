/* The smallest change of a tree is what trying every change finds. */
#include "../check_main.h"

#include "decide/why.h"

#include <stdio.h>
#include <string.h>

#define MAX_PARTS 40u
#define MAX_ASKED 7u

static uint64_t state;

static uint32_t pick(uint32_t n)
{
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(state >> 33) % n;
}

struct tree {
    struct kf_why_part part[MAX_PARTS];
    uint32_t n, asked[MAX_ASKED], n_asked;
};

static enum kf_truth at_least(void *ctx, const struct kf_why_part *p, struct kf_dec sum,
                              bool undecided)
{
    (void)ctx;
    if (undecided)
        return KF_UNDECIDED;
    return kf_dec_cmp(sum, kf_dec_int(p->need)) >= 0 ? KF_TRUE : KF_FALSE;
}

/* A question: a new one, or one that was asked before. */
static void ask(struct tree *t, struct kf_why_part *p, uint32_t at)
{
    bool again = t->n_asked && (t->n_asked == MAX_ASKED || pick(4) == 0);
    p->op = KF_WHY_ASK;
    p->same = again ? t->asked[pick(t->n_asked)] : at;
    if (!again)
        t->asked[t->n_asked++] = at;
    uint32_t r = pick(10);
    p->truth = (uint8_t)(r < 4 ? KF_FALSE : r < 8 ? KF_TRUE : KF_UNDECIDED);
    p->fixed = pick(8) == 0;
    if (again) {
        p->truth = t->part[p->same].truth;
        p->fixed = t->part[p->same].fixed;
    }
}

static void grow(struct tree *t, unsigned depth)
{
    uint32_t at = t->n++;
    struct kf_why_part *p = &t->part[at];
    *p = (struct kf_why_part){.same = at, .depth = depth};
    p->points = kf_dec_int((int64_t)pick(5) - 1);
    if (depth && (depth > 3 || t->n + 12 > MAX_PARTS || pick(3) == 0)) {
        ask(t, p, at);
    } else {
        uint32_t kids = 1 + pick(3);
        p->op = (uint8_t)(KF_WHY_ALL + pick(6));
        p->need = 1 + pick(3);
        for (uint32_t i = 0; i < kids && t->n + 3 < MAX_PARTS; i++)
            grow(t, depth + 1);
    }
    t->part[at].end = t->n;
}

static bool reached(enum kf_why_goal goal, enum kf_truth t)
{
    return goal == KF_GOAL_TRUE       ? t == KF_TRUE
           : goal == KF_GOAL_NOT_TRUE ? t != KF_TRUE
           : goal == KF_GOAL_FALSE    ? t == KF_FALSE
                                      : t != KF_FALSE;
}

/* What is tried: for each question as it is, false or true. */
struct tried {
    uint32_t size, total;
    uint32_t part[MAX_ASKED]; /* of the first */
    bool to[MAX_ASKED];
};

static bool earlier(const struct tried *best, const uint32_t *part, const bool *to, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (part[i] != best->part[i])
            return part[i] < best->part[i];
        if (to[i] != best->to[i])
            return to[i];
    }
    return false;
}

static void try_all(const struct tree *t, const struct kf_why_tree *w, enum kf_why_goal goal,
                    struct tried *best)
{
    uint32_t combinations = 1;
    best->size = UINT32_MAX;
    for (uint32_t i = 0; i < t->n_asked; i++)
        combinations *= 3;
    for (uint32_t c = 0; c < combinations; c++) {
        uint8_t truth[MAX_PARTS];
        uint32_t part[MAX_ASKED], n = 0, code = c;
        bool to[MAX_ASKED], may = true;
        for (uint32_t i = 0; i < t->n; i++)
            truth[i] = t->part[i].truth;
        for (uint32_t i = 0; i < t->n_asked && may; i++, code /= 3) {
            const struct kf_why_part *p = &t->part[t->asked[i]];
            if (code % 3 == 2)
                continue;
            may = !p->fixed && p->truth != code % 3;
            truth[t->asked[i]] = (uint8_t)(code % 3);
            part[n] = t->asked[i];
            to[n++] = code % 3 == 1;
        }
        if (!may || n > best->size || !reached(goal, kf_why_eval(w, 0, truth)))
            continue;
        if (n < best->size)
            best->total = 0;
        if (n < best->size || earlier(best, part, to, n)) {
            memcpy(best->part, part, sizeof part);
            memcpy(best->to, to, sizeof to);
        }
        best->size = n;
        best->total++;
    }
}

static void compare(const struct tree *t, enum kf_why_goal goal, uint32_t seed)
{
    struct kf_why_tree w = {.part = t->part, .n = t->n, .test = at_least};
    struct kf_why_nearest found;
    struct tried best = {0};
    struct kf_arena a;
    kf_arena_init(&a, 0);
    try_all(t, &w, goal, &best);
    kf_why_search(&w, goal, &a, &found);
    ck_assert_msg(!found.given_up, "seed %u: given up", seed);
    if (best.size == UINT32_MAX || best.size == 0) {
        ck_assert_msg(found.n == 0, "seed %u: found a change where there is none", seed);
    } else {
        ck_assert_msg(found.n > 0, "seed %u: found nothing, %u is the smallest", seed, best.size);
        ck_assert_msg(found.size == best.size, "seed %u: size %u, not %u", seed, found.size,
                      best.size);
        ck_assert_msg(found.total == best.total, "seed %u: %u ways, not %u", seed, found.total,
                      best.total);
        for (uint32_t i = 0; i < best.size; i++)
            ck_assert_msg(found.change[0].turn[i].part == best.part[i] &&
                              found.change[0].turn[i].to == best.to[i],
                          "seed %u: turn %u is part %u, not %u", seed, i,
                          found.change[0].turn[i].part, best.part[i]);
    }
    kf_arena_free(&a);
}

START_TEST(nothing_smaller_and_nothing_earlier_turns_it)
{
    uint32_t sizes[8] = {0};
    for (uint32_t seed = 1; seed <= 6000; seed++) {
        struct tree t = {0};
        state = seed;
        grow(&t, 0);
        struct kf_why_tree w = {.part = t.part, .n = t.n, .test = at_least};
        uint8_t truth[MAX_PARTS];
        for (uint32_t i = 0; i < t.n; i++)
            truth[i] = t.part[i].truth;
        for (int goal = KF_GOAL_TRUE; goal <= KF_GOAL_NOT_FALSE; goal++)
            if (!reached((enum kf_why_goal)goal, kf_why_eval(&w, 0, truth))) {
                struct tried best = {0};
                try_all(&t, &w, (enum kf_why_goal)goal, &best);
                sizes[best.size < 7 ? best.size : 7]++;
                compare(&t, (enum kf_why_goal)goal, seed);
            }
    }
    /* the cases are worth something: many of one, some of two and of three, some that are stuck */
    ck_assert_uint_gt(sizes[1], 2000);
    ck_assert_uint_gt(sizes[2], 500);
    ck_assert_uint_gt(sizes[3], 50);
    ck_assert_uint_gt(sizes[7], 200);
}
END_TEST

START_TEST(many_false_conditions_of_an_all_are_found_at_once)
{
    struct tree t = {.n = 31};
    t.part[0] = (struct kf_why_part){.op = KF_WHY_ALL, .end = 31};
    for (uint32_t i = 1; i < 31; i++)
        t.part[i] = (struct kf_why_part){.same = i, .end = i + 1, .truth = KF_FALSE, .depth = 1};
    struct kf_why_tree w = {.part = t.part, .n = t.n, .test = at_least};
    struct kf_why_nearest found;
    struct kf_arena a;
    kf_arena_init(&a, 0);
    kf_why_search(&w, KF_GOAL_TRUE, &a, &found);
    ck_assert_uint_eq(found.n, 1);
    ck_assert_uint_eq(found.size, 30);
    for (uint32_t i = 0; i < 30; i++)
        ck_assert_uint_eq(found.change[0].turn[i].part, i + 1);
    kf_arena_free(&a);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("why_search");
    TCase *t = tcase_create("search");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, nothing_smaller_and_nothing_earlier_turns_it);
    tcase_add_test(t, many_false_conditions_of_an_all_are_found_at_once);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
