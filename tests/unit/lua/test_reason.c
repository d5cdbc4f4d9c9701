/* What is proved about conditions, and what is not. */
#include "eval_support.h"
#include "lua/reason.h"

#include "../check_main.h"

static struct kf_ruleset *set;
static struct kf_reason *reason;

#define RULES                                                                                      \
    "trait \"plan\" { " RULE_HEAD " from = \"traits.plan\" }\n"                                    \
    "trait \"age\" { " RULE_HEAD " from = \"traits.age\", type = \"number\" }\n"                   \
    "trait \"born\" { " RULE_HEAD " from = \"traits.born\", type = \"date\" }\n"                   \
    "trait \"topics\" { " RULE_HEAD " from = \"traits.topics\", type = \"list\" }\n"               \
    "computed \"orders\" { " RULE_HEAD " is = event \"O\":once_per \"id\":count() }\n"             \
    "computed \"worth\" { " RULE_HEAD " is = event \"O\":sum \"revenue\", unit = \"EUR\" }\n"      \
    "computed \"tier\" { " RULE_HEAD                                                               \
    " is = bucket(trait \"worth\", { { \"low\", money(0, \"EUR\") }, "                             \
    "{ \"high\", money(100, \"EUR\") } }) }\n"                                                     \
    "computed \"recency\" { " RULE_HEAD " is = days_since(event \"O\":last_time()) }\n"            \
    "computed \"step\" { " RULE_HEAD                                                               \
    " is = bucket(trait \"recency\", { { \"fresh\", 0 }, { \"cold\", 61 } }) }\n"                  \
    "score \"risk\" { " RULE_HEAD                                                                  \
    " start = 10, add = { { points = 30, when = event \"A\", label = \"a\" }, "                    \
    "{ points = -5, when = event \"B\", label = \"b\" } }, "                                       \
    "bands = { { \"low\", 0 }, { \"high\", 30 }, { \"top\", 60 } } }\n"                            \
    "segment \"buyers\" { " RULE_HEAD " who = event \"O\", except = trait \"plan\":is(\"free\"), " \
    "requires_consent = \"marketing\" }\n"                                                         \
    "fraud \"f\" { " RULE_HEAD                                                                     \
    " look_at = event \"A\", reject = event \"A\", action = \"mark\" }\n"                          \
    "segment \"waiting\" { " RULE_HEAD " who = event \"O\", entry_wait = days(1) }\n"

static const struct kf_node *load(const char *kind, const char *cond)
{
    struct kf_buf b = {0};
    struct kf_error err = KF_ERROR_INIT;
    kf_buf_addf(&b, "%s%s \"it\" { " RULE_HEAD " %s = %s }\n", RULES, kind,
                strcmp(kind, "segment") == 0 ? "who" : "when", cond);
    struct kf_rules_text file = {"test.lua", {b.p, b.n}};
    ck_assert_int_eq(kf_rules_load_text(NULL, &file, 1, &set, &err), 0);
    if (set->n_errors)
        ck_abort_msg("%s\n%s", set->diagnostic[0].message, cond);
    reason = kf_reason_new(set, NULL);
    kf_buf_free(&b);
    return kf_rule_get(
        kf_rules_find(set, strcmp(kind, "segment") ? KF_KIND_FLAG : KF_KIND_SEGMENT, "it"),
        strcmp(kind, "segment") ? "when" : "who");
}

static void unload(void)
{
    kf_reason_free(reason);
    kf_rules_free(set);
}

static bool proved(const char *kind, const char *cond, enum kf_goal goal)
{
    struct kf_want w = {load(kind, cond), goal};
    bool yes = kf_reason_impossible(
        reason, strcmp(kind, "segment") ? KF_ABOUT_EVENT : KF_ABOUT_PROFILE, &w, 1);
    unload();
    return yes;
}

#define never(cond)    ck_assert_msg(proved("segment", cond, KF_GOAL_TRUE), "%s", cond)
#define perhaps(cond)  ck_assert_msg(!proved("segment", cond, KF_GOAL_TRUE), "%s", cond)
#define always(cond)   ck_assert_msg(proved("segment", cond, KF_GOAL_FALSE), "%s", cond)
#define not_always(c)  ck_assert_msg(!proved("segment", c, KF_GOAL_FALSE), "%s", c)
#define never1(cond)   ck_assert_msg(proved("flag", cond, KF_GOAL_TRUE), "%s", cond)
#define perhaps1(cond) ck_assert_msg(!proved("flag", cond, KF_GOAL_TRUE), "%s", cond)
#define follows(a, b)  ck_assert_msg(implied(a, b), "%s => %s", a, b)
#define open_(a, b)    ck_assert_msg(!implied(a, b), "%s => %s", a, b)

static bool implied(const char *a, const char *b)
{
    struct kf_buf text = {0};
    kf_buf_addf(&text, "all { %s, %s }", a, b);
    const struct kf_node *n = load("segment", text.p);
    struct kf_want w[2] = {{n->kid[0], KF_GOAL_TRUE}, {n->kid[1], KF_GOAL_NOT_TRUE}};
    bool yes = kf_reason_impossible(reason, KF_ABOUT_PROFILE, w, 2);
    unload();
    kf_buf_free(&text);
    return yes;
}

START_TEST(numbers)
{
    never("trait \"age\":between(10, 5)");
    never("all { trait \"age\":at_least(10), trait \"age\":less_than(10) }");
    perhaps("all { trait \"age\":at_least(10), trait \"age\":at_most(10) }");
    perhaps("all { trait \"age\":more_than(10), trait \"age\":less_than(11) }");
    never("all { trait \"age\":more_than(10), none { trait \"age\":at_least(10) } }");
    never("all { trait \"age\":is(1), trait \"age\":is(2) }");
    never("all { trait \"age\":is_one_of { 1, 2 }, trait \"age\":is_none_of { 1, 2, 3 } }");
    perhaps("all { trait \"age\":is_not(1), trait \"age\":is_not(2) }");
    never("all { trait \"age\":missing(), trait \"age\":at_least(0) }");
    perhaps("all { trait \"age\":missing(), trait \"age\":is_not(3) }");
    not_always("any { trait \"age\":at_least(5), trait \"age\":less_than(5) }"); /* missing */
    always(
        "any { trait \"age\":at_least(5), trait \"age\":less_than(5), trait \"age\":missing() }");
    always("any { trait \"age\":is(1), trait \"age\":is_not(1) }");
    follows("trait \"age\":at_least(10)", "trait \"age\":at_least(5)");
    open_("trait \"age\":at_least(5)", "trait \"age\":at_least(10)");
    follows("trait \"age\":is(3)", "trait \"age\":between(1, 9)");
    follows("trait \"age\":at_most(3)", "trait \"age\":exists()");
    open_("trait \"age\":is_not(3)", "trait \"age\":exists()");
    never("event \"A\":count():less_than(0)");
    never("all { event \"A\":count():more_than(1), event \"A\":count():less_than(2) }");
    always("event \"A\":count():at_least(0)");
    never("event \"A\":days():between(0.2, 0.8)");
    perhaps("event \"A\":sum(\"v\"):less_than(0)");
}
END_TEST

START_TEST(texts)
{
    never("all { trait \"plan\":is(\"pro\"), trait \"plan\":is(\"free\") }");
    perhaps("all { trait \"plan\":is(\"PRO\"):ignoring_case(), trait \"plan\":is(\"pro\") }");
    never("all { trait \"plan\":starts_with(\"a\"), trait \"plan\":starts_with(\"b\") }");
    perhaps("all { trait \"plan\":starts_with(\"a\"), trait \"plan\":contains(\"b\") }");
    never("all { trait \"plan\":is_one_of { \"a\", \"b\" }, trait \"plan\":ends_with(\"c\") }");
    never("all { trait \"plan\":matches(\"a*\"), none { trait \"plan\":matches(\"a*\") } }");
    never("all { trait \"plan\":missing(), trait \"plan\":exists() }");
    perhaps("all { trait \"topics\":contains(\"a\"), trait \"topics\":contains(\"b\") }");
    perhaps("all { trait \"topics\":is(\"a\"), trait \"topics\":is(\"b\") }"); /* a list */
    never("all { trait \"topics\":is(\"a\"), trait \"topics\":is_not(\"a\") }");
    perhaps("all { trait \"nobody\":is(\"a\"), trait \"nobody\":is(\"b\") }");
    perhaps("all { identifier \"email\":ends_with(\"a\"), identifier \"email\":ends_with(\"b\") }");
    never("consent \"m\":is_none_of { \"granted\", \"denied\", \"conflict\", \"unknown\" }");
    follows("trait \"plan\":is(\"pro\")", "trait \"plan\":is_not(\"free\")");
    follows("trait \"plan\":is(\"pro\")", "trait \"plan\":is_one_of { \"pro\", \"free\" }");
    follows("trait \"plan\":starts_with(\"prof\")", "trait \"plan\":starts_with(\"pro\")");
    open_("trait \"plan\":starts_with(\"pro\")", "trait \"plan\":starts_with(\"prof\")");
    perhaps("all { trait \"plan\":is(trait \"age\"), trait \"plan\":is(\"x\") }");
    never("all { trait \"plan\":is(trait \"age\"), none { trait \"plan\":is(trait \"age\") } }");
}
END_TEST

START_TEST(times)
{
    never("all { trait \"born\":within(years(16)), trait \"born\":older_than(years(20)) }");
    never("all { trait \"born\":within(days(3)), trait \"born\":older_than(days(3)) }");
    perhaps("all { trait \"born\":within(days(3)), trait \"born\":older_than(days(2)) }");
    perhaps("all { trait \"born\":within(months(1)), trait \"born\":older_than(days(30)) }");
    never("all { trait \"born\":within_next(days(3)), trait \"born\":older_than(days(1)) }");
    perhaps(
        "all { trait \"born\":within_next(days(3)), trait \"born\":within(days(1)) }"); /* today */
    never("all { trait \"born\":before(date \"2020-01-01\"), trait \"born\":since(date "
          "\"2020-01-01\") }");
    never("all { trait \"born\":on_weekday { \"monday\" }, trait \"born\":on_weekday { \"sunday\" "
          "} }");
    never("all { trait \"born\":in_month(2), trait \"born\":in_month(3) }");
    perhaps("all { trait \"born\":in_month(2), trait \"born\":in_month \"this\" }");
    never("trait \"born\":between(date \"2020-02-01\", date \"2020-01-01\")");
    perhaps("trait \"born\":between(date \"2020-02-01\", date \"2020-02-01\")");
    always("any { event \"A\":last_time():within(days(9)), event "
           "\"A\":last_time():older_than(days(9)),"
           " event \"A\":last_time():missing() }");
    never("event \"A\":last_time():within_next(days(3))");
}
END_TEST

START_TEST(events)
{
    never("all { event \"A\", none { event \"A\" } }");
    never("all { event \"A\":within(days(3)), none { event \"A\":within(days(5)) } }");
    perhaps("all { event \"A\":within(days(5)), none { event \"A\":within(days(3)) } }");
    never("all { event \"A\":within(days(3)), event \"A\":last_time():older_than(days(5)) }");
    never("all { event \"A\":last_time():within(days(3)), none { event \"A\":within(days(3)) } }");
    perhaps(
        "all { event \"A\":last_time():within(days(3)), none { event \"A\":within(days(2)) } }");
    never("all { event \"A\":first_time():within(days(3)), event \"A\":between_ago(days(4), "
          "days(9)) }");
    perhaps("all { event \"A\":last_time():within(days(3)), event \"A\":between_ago(days(4), "
            "days(9)) }");
    never("all { event \"A\":count():at_least(3), event { \"A\", \"B\" }:count():at_most(2) }");
    never("all { event \"Cart Add\", none { event \"Cart *\" } }");
    perhaps("all { event \"Cart *\", none { event \"Cart Add\" } }");
    never("all { event \"A\":where { v = 3 }, none { event \"A\" } }");
    never("all { event \"A\":where { v = at_least(3) }, none { event \"A\":where { v = at_least(2) "
          "} } }");
    never("event \"A\":within(days(7)):between_ago(days(30), days(60))");
    never("event \"A\":where { ['event.platform'] = \"web\" }:on \"app\"");
    perhaps("event \"A\":where { v = 1 }:where { v = 2 }"); /* a list */
    never("all { event \"A\":sum(\"revenue\"):at_least(money(3, \"EUR\")), none { event \"A\" } }");
    never("all { event \"O\":once_per \"id\":within(days(3)), "
          "none { event \"O\":once_per \"id\":within(days(9)) } }");
    perhaps("all { event \"O\":once_per \"id\":newest(1):within(days(9)), "
            "none { event \"O\":once_per \"id\":newest(2):within(days(9)) } }");
    follows("event \"A\":days():at_least(3)", "event \"A\":count():at_least(3)");
    open_("event \"A\":count():at_least(3)", "event \"A\":days():at_least(3)");
    follows("event \"A\":within(days(30)):count():at_least(2)", "event \"A\":within(days(60))");
    follows("event \"A\":average(\"v\"):exists()", "event \"A\"");
    open_("event \"A\"", "event \"A\":average(\"v\"):exists()");
    follows("sequence { event \"A\", event \"B\" }", "event \"B\"");
}
END_TEST

START_TEST(other_rules)
{
    never("all { trait \"tier\":is(\"high\"), trait \"worth\":less_than(money(50, \"EUR\")) }");
    never("all { trait \"tier\":is(\"low\"), event \"O\":sum(\"revenue\"):at_least(money(100, "
          "\"EUR\")) }");
    perhaps("all { trait \"tier\":is(\"low\"), event \"O\":sum(\"revenue\"):at_least(money(100, "
            "\"SEK\")) }");
    never("trait \"tier\":is(\"middle\")");
    never("all { trait \"step\":is(\"fresh\"), event \"O\":last_time():older_than(days(61)) }");
    perhaps("all { trait \"step\":is(\"fresh\"), event \"O\":last_time():older_than(days(60)) }");
    never("all { trait \"orders\":at_least(2), none { event \"O\" } }");
    never("all { trait \"step\":is(\"cold\"), event \"O\":within(days(30)) }");
    never("score \"risk\":band \"top\"");
    never("score \"risk\":at_least(41)");
    perhaps("score \"risk\":at_least(40)");
    never("all { score \"risk\":band \"high\", score \"risk\":less_than(30) }");
    never("all { segment \"buyers\", trait \"plan\":is(\"free\") }");
    never("all { segment \"buyers\", none { event \"O\" } }");
    never("all { segment \"buyers\", consent \"marketing\":is_not(\"granted\") }");
    perhaps("all { segment \"waiting\", none { event \"O\" } }");
    never("all { segment \"waiting\", none { segment \"waiting\" } }");
    follows("segment \"buyers\"", "event \"O\"");
    never("at_least_of(2, { event \"A\", all { event \"B\", none { event \"B\" } } })");
    perhaps("at_least_of(1, { event \"A\", all { event \"B\", none { event \"B\" } } })");
    never("all { fraud \"f\":is(\"reject\"), none { fraud \"f\" } }");
    perhaps("all { fraud \"f\", none { fraud \"f\":is(\"reject\") } }");
}
END_TEST

START_TEST(one_event)
{
    never1("all { event \"A\", event \"B\" }");
    perhaps1("any { event \"A\", event \"B\" }");
    never1("all { event \"A\", property \"event.name\":is(\"B\") }");
    perhaps1("all { event \"A*\", event \"Ab\" }");
    perhaps1("all { property \"v\":is(1), property \"v\":is(2) }"); /* a list */
    never1("all { property \"v\":is(1), property \"v\":is_not(1) }");
    never1("all { event \"A\":where { v = missing() }, property \"v\":exists() }");
    perhaps1("none { touch { medium = is(\"x\") }, touch { medium = is_not(\"x\") } }");
    never1("all { touch { medium = \"x\" }, touch { medium = \"y\" } }");
}
END_TEST

/* What stands inside is called before what stands around it: their texts must not be mixed up. */
START_TEST(nested_in_one_line)
{
    load("segment", "any { any { event \"A\", event \"B\", event \"C\" }, event \"D\" }");
    unload();
    load("segment", "all { event \"D\", all { event \"A\", all { event \"B\", event \"C\", event "
                    "\"E\" } }, all { event \"F\", event \"G\", event \"H\", event \"I\" } }");
    unload();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("reason");
    TCase *t = tcase_create("proofs");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, numbers);
    tcase_add_test(t, texts);
    tcase_add_test(t, times);
    tcase_add_test(t, events);
    tcase_add_test(t, other_rules);
    tcase_add_test(t, one_event);
    tcase_add_test(t, nested_in_one_line);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
