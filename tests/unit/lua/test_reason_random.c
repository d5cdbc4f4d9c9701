/* What is claimed of random conditions is held against the evaluator over random profiles and
 * clocks: a proof that one of them contradicts is a fault. Seeds are fixed: a failure repeats. */
#include "eval_support.h"

#include "base/vec.h"
#include "lua/reason.h"

#include "../check_main.h"

#define CONDITIONS 16
#define PROFILES   60
#define EVENTS     60

static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
    seed += 0x9e3779b97f4a7c15ULL;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (uint32_t)((z ^ (z >> 31)) % n);
}

static const char *one_of(const char *const *words, uint32_t n)
{
    return words[rnd(n)];
}
#define ONE_OF(...)                                                                                \
    one_of((const char *const[]){__VA_ARGS__},                                                     \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* ---- random conditions ---- */

static void put_length(struct kf_buf *b)
{
    kf_buf_addf(b, "%s(%u)", ONE_OF("days", "days", "days", "hours", "months"), 1 + rnd(6));
}

static void put_number_test(struct kf_buf *b)
{
    if (rnd(8) == 0)
        kf_buf_addf(b, "between(%u, %u)", rnd(4), rnd(4));
    else if (rnd(8) == 0)
        kf_buf_addf(b, "%s { %u, %u }", ONE_OF("is_one_of", "is_none_of"), rnd(4), rnd(4));
    else if (rnd(10) == 0)
        kf_buf_addf(b, "%s()", ONE_OF("exists", "missing"));
    else
        kf_buf_addf(
            b, "%s(%u)",
            ONE_OF("at_least", "at_least", "more_than", "less_than", "at_most", "is", "is_not"),
            rnd(4));
}

static void put_text_test(struct kf_buf *b)
{
    switch (rnd(6)) {
    case 0:
        kf_buf_addf(b, "%s { \"%s\", \"%s\" }", ONE_OF("is_one_of", "is_none_of"),
                    ONE_OF("a", "ab"), ONE_OF("b", "ba"));
        break;
    case 1:
        kf_buf_addf(b, "%s()", ONE_OF("exists", "missing"));
        break;
    case 2:
        kf_buf_addf(b, "%s(\"%s\")", ONE_OF("starts_with", "ends_with", "contains", "matches"),
                    ONE_OF("a", "b", "ab", "a*"));
        break;
    case 3:
        kf_buf_addf(b, "%s(\"%s\"):ignoring_case()", ONE_OF("is", "starts_with"), ONE_OF("a", "B"));
        break;
    default:
        kf_buf_addf(b, "%s(\"%s\")", ONE_OF("is", "is_not"), ONE_OF("a", "b", "ab", "ba"));
    }
}

static void put_time_test(struct kf_buf *b, bool clock)
{
    switch (rnd(clock ? 8 : 7)) {
    case 0:
    case 1:
    case 2:
        kf_buf_addf(b, "%s(", ONE_OF("within", "older_than", "within_next", "older_than"));
        put_length(b);
        kf_buf_adds(b, ")");
        break;
    case 3:
        kf_buf_addf(b, "%s(date \"2026-03-%02u\")", ONE_OF("before", "after", "since"), 1 + rnd(9));
        break;
    case 4:
        kf_buf_addf(b, "between(date \"2026-03-%02u\", date \"2026-03-%02u\")", 1 + rnd(9),
                    1 + rnd(9));
        break;
    case 5:
        kf_buf_addf(b, "on_weekday { \"%s\" }", ONE_OF("monday", "sunday"));
        break;
    case 6:
        kf_buf_addf(b, "%s()", ONE_OF("exists", "missing"));
        break;
    default:
        kf_buf_addf(b, "at_hours(\"%s\", \"%s\")", ONE_OF("08:00", "12:00"),
                    ONE_OF("12:00", "06:00"));
    }
}

static void put_filter(struct kf_buf *b)
{
    switch (rnd(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
        kf_buf_adds(b, ":within(");
        put_length(b);
        kf_buf_adds(b, ")");
        break;
    case 4:
        kf_buf_addf(b, ":between_ago(days(%u), days(%u))", 1 + rnd(3), 4 + rnd(4));
        break;
    case 5:
        kf_buf_adds(b, ":where { v = ");
        put_number_test(b);
        kf_buf_adds(b, " }");
        break;
    case 6:
        kf_buf_addf(b, ":once_per \"k\"");
        break;
    case 7:
        kf_buf_addf(b, ":%s(%u)", ONE_OF("newest", "oldest"), 1 + rnd(2));
        break;
    case 8:
        kf_buf_addf(b, ":since(date \"2026-03-%02u\")", 1 + rnd(9));
        break;
    case 9:
        kf_buf_addf(b, ":on \"%s\"", ONE_OF("web", "app", "ios"));
        break;
    case 10:
        kf_buf_adds(b, ":where { k = ");
        put_text_test(b);
        kf_buf_adds(b, " }");
        break;
    default:
        kf_buf_addf(b, ":%sfollowed_by(event \"%s\")", ONE_OF("", "not_"), ONE_OF("A", "B"));
    }
}

static void put_select(struct kf_buf *b)
{
    kf_buf_addf(b, "%s",
                ONE_OF("event \"A\"", "event \"A\"", "event \"A\"", "event { \"A\", \"B\" }",
                       "event \"A*\"", "any_event()"));
    for (uint32_t i = rnd(3); i > 0; i--)
        put_filter(b);
}

static void put_aggregate(struct kf_buf *b)
{
    put_select(b);
    switch (rnd(7)) {
    case 0:
    case 1:
        break;
    case 2:
    case 3:
        kf_buf_addf(b, ":%s():", ONE_OF("count", "count", "days"));
        put_number_test(b);
        break;
    case 4:
        kf_buf_addf(b, ":%s \"v\":", ONE_OF("sum", "max", "average", "last", "distinct"));
        put_number_test(b);
        break;
    case 5:
        kf_buf_addf(b, ":sum \"revenue\":%s(money(%u, \"%s\"))",
                    ONE_OF("at_least", "less_than", "more_than"), rnd(3),
                    ONE_OF("EUR", "EUR", "SEK"));
        break;
    default:
        kf_buf_addf(b, ":%s():", ONE_OF("last_time", "last_time", "first_time"));
        put_time_test(b, true);
    }
}

static void put_leaf(struct kf_buf *b)
{
    switch (rnd(16)) {
    case 0:
    case 1:
        kf_buf_adds(b, ONE_OF("trait \"n\":", "trait \"orders\":"));
        put_number_test(b);
        break;
    case 2:
    case 3:
        kf_buf_adds(b, ONE_OF("trait \"t\":", "trait \"t\":", "trait \"u\":", "trait \"l\":"));
        put_text_test(b);
        break;
    case 4:
        kf_buf_adds(b, "trait \"d\":");
        put_time_test(b, false);
        break;
    case 5:
        kf_buf_addf(b, "trait \"step\":%s(\"%s\")", ONE_OF("is", "is_not"),
                    ONE_OF("low", "middle", "high"));
        break;
    case 6:
        kf_buf_addf(b, "trait \"fresh\":%s(\"%s\")", ONE_OF("is", "is_not"), ONE_OF("new", "old"));
        break;
    case 7:
        if (rnd(2))
            kf_buf_addf(b, "score \"s\":band \"%s\"", ONE_OF("low", "high", "top"));
        else {
            kf_buf_adds(b, "score \"s\":");
            put_number_test(b);
        }
        break;
    case 8:
        kf_buf_addf(b, "consent \"c\":%s(\"%s\")", ONE_OF("is", "is_not"),
                    ONE_OF("granted", "denied"));
        break;
    case 9:
        kf_buf_addf(b, "segment \"%s\"", ONE_OF("plain", "picky"));
        break;
    default:
        put_aggregate(b);
    }
}

static void put_condition(struct kf_buf *b, int depth)
{
    if (depth == 0 || rnd(4) == 0) {
        put_leaf(b);
        return;
    }
    uint32_t n = 2 + rnd(2);
    if (rnd(10) == 0)
        kf_buf_addf(b, "at_least_of(%u, { ", 1 + rnd(n));
    else
        kf_buf_addf(b, "%s { ", ONE_OF("all", "all", "any", "none"));
    bool of = b->p[b->n - 4] == ',';
    for (uint32_t i = 0; i < n; i++) {
        put_condition(b, depth - 1);
        kf_buf_adds(b, ", ");
    }
    kf_buf_adds(b, of ? "})" : "}");
}

static const char BASIS[] =
    "trait \"n\" { " RULE_HEAD " from = \"traits.n\", type = \"number\" }\n"
    "trait \"t\" { " RULE_HEAD " from = \"traits.t\" }\n"
    "trait \"d\" { " RULE_HEAD " from = \"traits.d\", type = \"date\" }\n"
    "trait \"l\" { " RULE_HEAD " from = \"traits.l\", type = \"list\" }\n"
    "computed \"orders\" { " RULE_HEAD " is = event \"A\":count() }\n"
    "computed \"step\" { " RULE_HEAD " is = bucket(trait \"orders\", "
    "{ { \"low\", 1 }, { \"middle\", 2 }, { \"high\", 3 } }) }\n"
    "computed \"fresh\" { " RULE_HEAD " is = bucket(days_since(event \"A\":last_time()), "
    "{ { \"new\", 0 }, { \"old\", 3 } }) }\n"
    "score \"s\" { " RULE_HEAD
    " start = 1, add = { { points = 2, when = event \"A\", label = \"a\" },"
    " { points = -1, when = event \"B\", label = \"b\" } },"
    " bands = { { \"low\", 1 }, { \"high\", 2 }, { \"top\", 4 } } }\n"
    "segment \"plain\" { " RULE_HEAD " who = event \"A\":within(days(3)) }\n"
    "segment \"picky\" { " RULE_HEAD
    " who = trait \"n\":at_least(1), except = trait \"t\":is(\"a\"),"
    " requires_consent = \"c\" }\n";

/* ---- the world ---- */

static struct kf_value random_trait(const char *name, struct kf_value *item)
{
    struct kf_value v = kf_value_missing();
    if (rnd(6) == 0)
        return v;
    if (rnd(12) == 0)
        return kf_value_undecided("nobody knows");
    switch (name[0]) {
    case 'n':
        return kf_value_number(rnd(4));
    case 't':
        return text_value(ONE_OF("a", "b", "ab", "ba", "A"));
    case 'd':
        return date_value(2026, 3, 1 + rnd(12));
    case 'l':
        for (uint32_t i = 0; i < 2; i++)
            item[i] = rnd(8) ? text_value(ONE_OF("a", "b", "ab")) : kf_value_undecided("no item");
        v.type = KF_VAL_LIST;
        v.item = item;
        v.n = 1 + rnd(2);
        return v;
    default: /* nobody declared it */
        switch (rnd(4)) {
        case 0:
            return kf_value_number(rnd(3));
        case 1:
            return date_value(2026, 3, 1 + rnd(12));
        default:
            return text_value(ONE_OF("a", "b", "ab", "2026-03-05"));
        }
    }
}

static const char *consent_now;
static const struct kf_ruleset *rules_now;

static struct kf_value answer_trait(struct kf_eval *ev, const struct kf_node *n)
{
    const struct kf_ruleset *set = rules_now;
    const struct kf_rule *c = kf_rules_find(set, KF_KIND_COMPUTED, n->name.p);
    return c ? kf_eval_expr(ev, kf_rule_get(c, "is")) : ask_trait(ev, n);
}

static struct kf_value answer_consent(struct kf_eval *ev, const struct kf_node *n)
{
    (void)ev;
    (void)n;
    return text_value(consent_now);
}

static struct kf_value answer_score(struct kf_eval *ev, const struct kf_node *n)
{
    const struct kf_ruleset *set = rules_now;
    const struct kf_rule *s = kf_rules_find(set, KF_KIND_SCORE, "s");
    const struct kf_node *add = kf_rule_get(s, "add");
    int64_t sum = 1;
    for (uint32_t i = 0; i < add->kids; i++) {
        enum kf_truth t = kf_eval_cond(ev, kf_map_get(add->kid[i], "when"));
        if (t == KF_UNDECIDED)
            return kf_value_undecided("a point");
        if (t == KF_TRUE)
            sum += kf_map_get(add->kid[i], "points")->value.number.m;
    }
    if (n->op == KF_E_SCORE)
        return kf_value_number(sum);
    return sum < 1 ? kf_value_missing() : text_value(sum < 2 ? "low" : sum < 4 ? "high" : "top");
}

static enum kf_truth answer_rule(struct kf_eval *ev, const struct kf_node *n)
{
    const struct kf_ruleset *set = rules_now;
    const struct kf_rule *s = kf_rules_find(set, KF_KIND_SEGMENT, n->name.p);
    enum kf_truth t = kf_eval_cond(ev, kf_rule_get(s, "who"));
    if (t != KF_FALSE && kf_rule_get(s, "except")) {
        enum kf_truth e = kf_truth_not(kf_eval_cond(ev, kf_rule_get(s, "except")));
        t = e == KF_FALSE ? e : t == KF_TRUE ? e : t;
    }
    if (t != KF_FALSE && kf_rule_get(s, "requires_consent") && strcmp(consent_now, "granted"))
        return KF_FALSE;
    return t;
}

static void put_event(struct kf_buf *b)
{
    kf_buf_addf(b, "2026-03-%02u %02u:%02u %s", 1 + rnd(9), rnd(24), 15 * rnd(4),
                ONE_OF("A", "A", "B", "Ab"));
    if (rnd(4))
        kf_buf_addf(b, " v=%s", ONE_OF("0", "1", "2", "3", "x", "'[1,2]'", "'[]'", "null", "2"));
    if (rnd(3))
        kf_buf_addf(b, " k=%s", ONE_OF("a", "b", "ab", "'[\"a\",\"b\"]'", "3"));
    if (rnd(2))
        kf_buf_addf(b, " revenue=%u%s", rnd(3),
                    ONE_OF("", " currency=EUR", " currency=EUR", " currency=SEK"));
    if (rnd(2))
        kf_buf_addf(b, " platform=%s", ONE_OF("web", "ios", "server"));
    kf_buf_addc(b, '\n');
}

/* ---- claims ---- */

struct claim {
    uint32_t a, b; /* conditions; the same: of one */
    enum kf_goal goal_a, goal_b;
};

static bool is_so(enum kf_truth t, enum kf_goal g)
{
    return g == KF_GOAL_TRUE       ? t == KF_TRUE
           : g == KF_GOAL_FALSE    ? t == KF_FALSE
           : g == KF_GOAL_NOT_TRUE ? t != KF_TRUE
                                   : t != KF_FALSE;
}

static const char *const goals[] = {"true", "false", "not true", "not false"};

struct round {
    struct shop s;
    struct loaded l;
    struct kf_buf cond[CONDITIONS];
    const struct kf_node *node[CONDITIONS];
    const struct kf_rule *rule[CONDITIONS];
    kf_vec(struct claim) claim;
    enum kf_reason_about about;
};

/* The short way that is taken with many segments. */
static void claim_subsumed(struct round *x, struct kf_reason *r)
{
    for (uint32_t a = 0; a < CONDITIONS; a++)
        for (uint32_t b = 0; b < CONDITIONS; b++)
            if (a != b && kf_reason_subsumed(r, x->rule[a], x->rule[b]))
                *kf_vec_push(&x->claim) = (struct claim){a, b, KF_GOAL_TRUE, KF_GOAL_NOT_TRUE};
}

static void make_claims(struct round *x)
{
    struct kf_reason *r = kf_reason_new(x->l.set, &x->s.config);
    if (x->about == KF_ABOUT_PROFILE)
        claim_subsumed(x, r);
    for (uint32_t a = 0; a < CONDITIONS; a++)
        for (enum kf_goal g = 0; g < 4; g++) {
            struct kf_want w[2] = {{x->node[a], g}};
            if (kf_reason_impossible(r, x->about, w, 1))
                *kf_vec_push(&x->claim) = (struct claim){a, a, g, g};
            for (uint32_t b = 0; b < CONDITIONS && g != KF_GOAL_NOT_TRUE; b++)
                for (enum kf_goal h = 0; h < 4 && b != a; h++) {
                    w[0] = (struct kf_want){x->node[a], g};
                    w[1] = (struct kf_want){x->node[b], h};
                    if (kf_reason_impossible(r, x->about, w, 2))
                        *kf_vec_push(&x->claim) = (struct claim){a, b, g, h};
                }
        }
    kf_reason_free(r);
}

static void hold_claims(struct round *x, const enum kf_truth *t, const char *when)
{
    for (size_t i = 0; i < x->claim.n; i++) {
        const struct claim *c = &x->claim.p[i];
        ck_assert_msg(!(is_so(t[c->a], c->goal_a) && is_so(t[c->b], c->goal_b)),
                      "at %s\n%.1000s\nwas claimed not to be %s, with\n%.1000s\nbeing %s", when,
                      x->cond[c->a].p, goals[c->goal_a], x->cond[c->b].p, goals[c->goal_b]);
    }
}

/* Check cannot show a text as long as all rules together. */
static void must_load(struct shop *s, const char *text)
{
    struct kf_ruleset *set;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_rules_text file = {"test.lua", kf_cstr(text)};
    struct kf_rules_options o = {.config = &s->config};
    ck_assert_int_eq(kf_rules_load_text(&o, &file, 1, &set, &err), 0);
    if (set->n_errors)
        ck_abort_msg("%.300s\n%.1000s", set->diagnostic[0].message,
                     set->diagnostic[0].source ? set->diagnostic[0].source : "");
    kf_rules_free(set);
}

static void load_round(struct round *x, const struct kf_eval_ops *ops)
{
    struct kf_buf text = {0}, events = {0};
    bool one = x->about == KF_ABOUT_EVENT;
    kf_buf_adds(&text, BASIS);
    for (uint32_t i = 0; i < CONDITIONS; i++)
        kf_buf_addf(
            &text, "%s \"it%u\" { " RULE_HEAD " %s%s }\n", one ? "fraud" : "segment", i,
            one ? "look_at = any_event(), action = \"mark\", reject = " : "who = ", x->cond[i].p);
    for (uint32_t i = 0; i < EVENTS; i++)
        put_event(&events);
    shop_open(&x->s, "2026-03-08T12:00:00Z", events.p);
    must_load(&x->s, text.p);
    load_rules(&x->s, text.p, &x->l);
    x->l.ev.ops = ops;
    rules_now = x->l.set;
    for (uint32_t i = 0; i < CONDITIONS; i++) {
        char name[16];
        snprintf(name, sizeof name, "it%u", i);
        const struct kf_rule *r =
            kf_rules_find(x->l.set, one ? KF_KIND_FRAUD : KF_KIND_SEGMENT, name);
        ck_assert_ptr_nonnull(r);
        x->rule[i] = r;
        x->node[i] = kf_rule_get(r, one ? "reject" : "who");
    }
    kf_buf_free(&text);
    kf_buf_free(&events);
}

static void random_profile(struct round *x, uint32_t *event, uint32_t *n)
{
    static struct kf_value item[2];
    *n = 0;
    for (uint32_t i = 0, odds = 2 + rnd(30); i < x->s.n; i++)
        if (rnd(odds) == 0)
            event[(*n)++] = x->s.order[i];
    for (const char *const *p = (const char *const[]){"n", "t", "d", "l", "u", NULL}; *p; p++)
        shop_trait(&x->s, *p, random_trait(*p, item));
    consent_now = ONE_OF("granted", "denied", "conflict", "unknown");
    kf_eval_profile(&x->l.ev, event, *n);
}

static void hold_profile(struct round *x)
{
    uint32_t event[EVENTS], n;
    enum kf_truth t[CONDITIONS];
    char when[48];
    random_profile(x, event, &n);
    if (x->about == KF_ABOUT_EVENT && !n)
        return;
    int64_t now = at("2026-03-01T00:00:00Z") + (int64_t)rnd(14 * 24 * 4) * 15 * KF_MINUTE;
    if (x->about == KF_ABOUT_EVENT)
        kf_eval_event(&x->l.ev, event[rnd(n)]);
    else
        kf_eval_profile_again(&x->l.ev, now);
    for (uint32_t i = 0; i < CONDITIONS; i++)
        t[i] = kf_eval_cond(&x->l.ev, x->node[i]);
    kf_time_format(x->l.ev.as_of, when);
    hold_claims(x, t, when);
}

static const struct kf_eval_ops OPS = {.trait = answer_trait,
                                       .consent = answer_consent,
                                       .score = answer_score,
                                       .rule = answer_rule,
                                       .identifiers = ask_ids,
                                       .event_identifiers = ask_event_ids};

static void put_event_leaf(struct kf_buf *b)
{
    switch (rnd(5)) {
    case 0:
        kf_buf_addf(b, "property \"v\":");
        put_number_test(b);
        break;
    case 1:
        kf_buf_addf(b, "property \"k\":");
        put_text_test(b);
        break;
    case 2:
        kf_buf_addf(b, "event \"%s\":where { v = ", ONE_OF("A", "B", "A*"));
        put_number_test(b);
        kf_buf_adds(b, " }");
        break;
    case 3:
        kf_buf_addf(b, "%s",
                    ONE_OF("event \"A\"", "event \"B\"", "event { \"A\", \"B\" }",
                           "any_event():on \"web\"", "event \"A\":on \"app\"",
                           "event \"A\":followed_by(event \"B\", days(2))"));
        break;
    default:
        put_aggregate(b);
    }
}

static void put_event_condition(struct kf_buf *b)
{
    uint32_t n = 1 + rnd(3);
    kf_buf_addf(b, "%s { ", ONE_OF("all", "any", "none"));
    for (uint32_t i = 0; i < n; i++) {
        put_event_leaf(b);
        kf_buf_adds(b, ", ");
    }
    kf_buf_adds(b, "}");
}

static size_t rounds(uint64_t from, uint32_t n, enum kf_reason_about about)
{
    size_t claims = 0;
    for (uint32_t i = 0; i < n; i++) {
        static struct round x;
        memset(&x, 0, sizeof x);
        x.about = about;
        seed = from + (uint64_t)i * 7919;
        for (uint32_t k = 0; k < CONDITIONS; k++)
            if (about == KF_ABOUT_EVENT)
                put_event_condition(&x.cond[k]);
            else
                put_condition(&x.cond[k], (int)rnd(3));
        load_round(&x, &OPS);
        make_claims(&x);
        claims += x.claim.n;
        for (uint32_t p = 0; p < PROFILES; p++)
            hold_profile(&x);
        for (uint32_t k = 0; k < CONDITIONS; k++)
            kf_buf_free(&x.cond[k]);
        kf_vec_free(&x.claim);
        free_rules(&x.l);
        shop_close(&x.s);
    }
    return claims;
}

/* KF_ROUNDS=20 looks twenty times as long. */
static uint32_t more(void)
{
    const char *s = getenv("KF_ROUNDS");
    return s ? (uint32_t)atoi(s) : 1;
}

START_TEST(of_profiles)
{
    size_t claims = rounds(100, 150 * more(), KF_ABOUT_PROFILE);
    ck_assert_uint_gt(claims, 2000); /* else it would prove nothing */
}
END_TEST

START_TEST(of_events)
{
    size_t claims = rounds(900000, 100 * more(), KF_ABOUT_EVENT);
    ck_assert_uint_gt(claims, 500);
}
END_TEST

static Suite *suite(void)
{
    Suite *su = suite_create("reason_random");
    TCase *t = tcase_create("claims");
    tcase_set_timeout(t, 600);
    tcase_add_test(t, of_profiles);
    tcase_add_test(t, of_events);
    suite_add_tcase(su, t);
    return su;
}

KF_TEST_MAIN(suite)
