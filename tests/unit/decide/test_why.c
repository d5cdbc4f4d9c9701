/* Why a rule decides as it does, held against the evaluator: the tree says what the rule says, the
 * smallest change turns the rule when the evaluator is told so, and nothing smaller does. On the
 * stories of the shop of examples/retail and of the default rules. */
#include "../check_main.h"

#include "config/config.h"
#include "decide/play.h"
#include "decide/why.h"

#include <stdio.h>
#include <string.h>

static struct {
    uint32_t trees, changes, sizes[5], undecided, forced, score_turns;
} seen;

static bool is_goal(enum kf_why_goal goal, enum kf_truth t)
{
    return goal == KF_GOAL_TRUE       ? t == KF_TRUE
           : goal == KF_GOAL_NOT_TRUE ? t != KF_TRUE
           : goal == KF_GOAL_FALSE    ? t == KF_FALSE
                                      : t != KF_FALSE;
}

static int band_of(const struct kf_rule *r, const struct kf_value *band)
{
    const struct kf_node *bands = kf_rule_get(r, "bands");
    for (uint32_t i = 0; bands && i < bands->kids; i++)
        if (band->type == KF_VAL_TEXT && kf_str_eq(bands->kid[i]->kid[0]->value.text, band->text))
            return (int)i;
    return -1;
}

/* Does the evaluator, told of the change, reach the goal? */
static bool turns(struct kf_reasoning *w, enum kf_why_goal goal, const struct kf_why_change *c)
{
    struct kf_value value, band;
    int before = band_of(w->rule, &w->band);
    enum kf_truth t = kf_why_forced(w, c, &value, &band);
    if (goal < KF_GOAL_BAND_UP)
        return is_goal(goal, t);
    if (value.type == KF_VAL_UNDECIDED)
        return false;
    int after = band_of(w->rule, &band);
    return goal == KF_GOAL_BAND_UP ? after > before : after < before;
}

/* Every change of fewer questions, by the evaluator: none reaches the goal. */
static void nothing_smaller(struct kf_reasoning *w, enum kf_why_goal goal, uint32_t size,
                            struct kf_why_turn *hand, uint32_t made, uint32_t from)
{
    for (uint32_t i = from; i < w->n && made + 1 < size; i++) {
        const struct kf_why_part *p = &w->part[i];
        if (p->op != KF_WHY_ASK || p->same != i || p->fixed)
            continue;
        for (int to = 0; to < 2; to++) {
            if (p->truth == to)
                continue;
            hand[made] = (struct kf_why_turn){i, to != 0};
            struct kf_why_change c = {hand, made + 1};
            ck_assert_msg(!turns(w, goal, &c), "%s '%s': %u questions are enough, not %u",
                          kf_kind_name(w->rule->kind), w->rule->name, made + 1, size);
            nothing_smaller(w, goal, size, hand, made + 1, i + 1);
        }
    }
}

static void check_change(struct kf_reasoning *w, enum kf_why_goal goal,
                         const struct kf_why_change *c)
{
    ck_assert_msg(turns(w, goal, c), "%s '%s': the change does not turn it",
                  kf_kind_name(w->rule->kind), w->rule->name);
    for (uint32_t i = 0; i < c->n; i++) {
        struct kf_buf b = {0};
        struct kf_value amount;
        ck_assert(w->part[c->turn[i].part].truth != (c->turn[i].to ? KF_TRUE : KF_FALSE));
        kf_why_need(w, c->turn[i].part, c->turn[i].to, true, &b, &amount);
        ck_assert_msg(b.n > 3, "%s: nothing is said of part %u", w->rule->name, c->turn[i].part);
        kf_buf_free(&b);
    }
    seen.changes++;
}

static void check_nearest(struct kf_reasoning *w, enum kf_why_goal goal)
{
    struct kf_why_nearest n;
    struct kf_why_turn hand[8];
    if (!kf_why_nearest(w, goal, &n))
        return;
    ck_assert(!n.given_up);
    for (uint32_t i = 0; i < n.n; i++)
        check_change(w, goal, &n.change[i]);
    if (!n.n)
        return;
    seen.sizes[n.size < 4 ? n.size : 4]++;
    seen.score_turns += goal >= KF_GOAL_BAND_UP;
    if (n.size <= 3)
        nothing_smaller(w, goal, n.size, hand, 0, 0);
}

static void check_rule(struct kf_decide *d, uint32_t profile, const struct kf_rule *r)
{
    struct kf_reasoning *w;
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_msg(kf_decide_why(d, profile, r, &w, &err) == 0, "%s", err.message);
    seen.trees++;
    seen.undecided += w->truth == KF_UNDECIDED;
    if (r->kind == KF_KIND_SCORE) {
        check_nearest(w, KF_GOAL_BAND_UP);
        check_nearest(w, KF_GOAL_BAND_DOWN);
    } else {
        if (!w->waits)
            ck_assert_msg(w->part[0].truth == w->truth, "%s '%s': the tree says %d, the rule %d",
                          kf_kind_name(r->kind), r->name, w->part[0].truth, w->truth);
        check_nearest(w, kf_why_goal_of(w));
    }
    kf_why_free(w);
}

static void check_world(const struct kf_world *world)
{
    static const enum kf_kind kind[] = {KF_KIND_SEGMENT, KF_KIND_SUPPRESS, KF_KIND_CHANNEL,
                                        KF_KIND_SCORE, KF_KIND_EXPORT};
    struct kf_decide *d;
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_msg(kf_decide_new(world, &d, &err) == 0, "%s", err.message);
    for (uint32_t p = 0; p < world->n_profiles; p++)
        for (size_t k = 0; k < sizeof kind / sizeof *kind; k++) {
            uint32_t n;
            const struct kf_rule *const *r = kf_rules_kind(world->rules, kind[k], &n);
            for (uint32_t i = 0; i < n; i++)
                check_rule(d, p, r[i]);
        }
    kf_decide_free(d);
}

static void check_story(const struct kf_ruleset *rules, const struct kf_config *c,
                        struct kf_str given)
{
    struct kf_error err = KF_ERROR_INIT;
    const struct kf_world *world;
    struct kf_play *play;
    ck_assert_msg(kf_play_new(rules, c, given, "given", &play, &err) == 0, "%s", err.message);
    ck_assert_msg(kf_play_world(play, kf_play_count(play), 1, &world, &err) == 0, "%s",
                  err.message);
    check_world(world);
    kf_play_free(play);
}

/* Amounts without a currency: sums, and what asks them, are undecided. */
static const char NO_CURRENCY[] =
    "2026-01-30 10:00  \"Account Created\"  user_id=u1 email=u1@example.com "
    "consent.marketing=granted\n"
    "2026-02-12 10:00  \"Order Completed\"  user_id=u1 order_id=o1 revenue=3000\n"
    "2026-07-01 12:00  page  user_id=u2\n";

static void check_stories(const char *config, const char *folder)
{
    char path[600];
    const char *one = path;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_config *c;
    struct kf_ruleset *rules;
    snprintf(path, sizeof path, KF_SOURCE_DIR "/%s", config);
    ck_assert_msg(kf_config_load(path, &c, NULL, NULL, &err) == 0, "%s", err.message);
    snprintf(path, sizeof path, KF_SOURCE_DIR "/%s", folder);
    struct kf_rules_options o = {.config = c, .root = path, .scenarios = true};
    ck_assert_msg(kf_rules_load(&o, &one, 1, &rules, &err) == 0, "%s", err.message);
    ck_assert_uint_eq(rules->n_errors, 0);
    for (uint32_t i = 0; i < rules->n_scenario; i++) {
        const struct kf_node *given = kf_rule_get(rules->scenario[i], "given");
        if (given && given->op == KF_K)
            check_story(rules, c, given->value.text);
    }
    check_story(rules, c, kf_cstr(NO_CURRENCY));
    kf_rules_free(rules);
    kf_config_free(c);
}

START_TEST(changes_turn_the_rules_of_the_shop)
{
    check_stories("examples/retail", "examples/retail/rules");
    ck_assert_uint_gt(seen.trees, 500);
    ck_assert_uint_gt(seen.sizes[1], 100);
    ck_assert_uint_gt(seen.sizes[2], 30);
    ck_assert_uint_gt(seen.sizes[3], 5);
    ck_assert_uint_gt(seen.score_turns, 20);
    ck_assert_uint_gt(seen.undecided, 0);
    printf("%u trees, %u changes; sizes %u %u %u %u; %u undecided\n", seen.trees, seen.changes,
           seen.sizes[1], seen.sizes[2], seen.sizes[3], seen.sizes[4], seen.undecided);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("why");
    TCase *t = tcase_create("stories");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, changes_turn_the_rules_of_the_shop);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
