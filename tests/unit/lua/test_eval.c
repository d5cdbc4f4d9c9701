/* Three values, aggregates, money, and what is shown to people. */
#include "eval_support.h"

#include "../check_main.h"

static struct shop s;

/* ---- three values ---- */

START_TEST(tables)
{
    static const char *const leaf[3] = {[KF_FALSE] = "event \"No\"",
                                        [KF_TRUE] = "event \"A\"",
                                        [KF_UNDECIDED] = "trait \"u\":is(\"x\")"};
    static const enum kf_truth all[3][3] = {{0, 0, 0}, {0, 1, 2}, {0, 2, 2}};
    static const enum kf_truth any[3][3] = {{0, 1, 2}, {1, 1, 1}, {2, 1, 2}};
    shop_open(&s, "2026-03-01T12:00:00Z", "2026-03-01 10:00 A\n");
    shop_trait(&s, "u", kf_value_undecided("why not"));
    for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
            char text[300];
            snprintf(text, sizeof text, "all { %s, %s }", leaf[a], leaf[b]);
            truth_is(&s, text, all[a][b]);
            snprintf(text, sizeof text, "any { %s, %s }", leaf[a], leaf[b]);
            truth_is(&s, text, any[a][b]);
            snprintf(text, sizeof text, "none { %s, %s }", leaf[a], leaf[b]);
            truth_is(&s, text, kf_truth_not(any[a][b]));
        }
    }
    is_undecided(&s, "trait \"u\":missing()");
    ck_assert_str_eq(s.why, "why not");
    shop_close(&s);
}
END_TEST

START_TEST(at_least_of)
{
    shop_open(&s, "2026-03-01T12:00:00Z", "2026-03-01 10:00 A\n2026-03-01 10:00 B\n");
    shop_trait(&s, "u", kf_value_undecided("why not"));
    is_true(&s, "at_least_of(2, { event \"A\", event \"B\", trait \"u\":is(1) })");
    is_undecided(&s, "at_least_of(2, { event \"A\", event \"C\", trait \"u\":is(1) })");
    is_false(&s, "at_least_of(3, { event \"A\", event \"C\", trait \"u\":is(1) })");
    is_undecided(&s, "at_least_of(3, { event \"A\", event \"B\", trait \"u\":is(1) })");
    shop_close(&s);
}
END_TEST

/* Counts and existence are undecided only if the undecided events could change the answer. */
START_TEST(undecided_events)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 A v=1\n2026-03-02 10:00 A v=x\n2026-03-03 10:00 A v=1\n"
              "2026-03-04 10:00 A v=y\n2026-03-05 10:00 B v=x\n2026-03-06 10:00 A v=0\n");
#define V1 "event \"A\":where { v = 1 }"
    is_true(&s, V1);
    is_undecided(&s, "event \"B\":where { v = 1 }");
    is_true(&s, V1 ":count():at_least(2)");
    is_undecided(&s, V1 ":count():at_least(3)");
    is_undecided(&s, V1 ":count():at_least(4)");
    is_false(&s, V1 ":count():at_least(5)");
    is_false(&s, V1 ":count():is(1)");
    is_undecided(&s, V1 ":count():is(2)");
    is_undecided(&s, V1 ":count():is_not(4)");
    is_true(&s, V1 ":count():is_not(5)");
    is_true(&s, V1 ":count():between(2, 4)");
    is_undecided(&s, V1 ":count():between(2, 3)");
    is_undecided(&s, V1 ":days():at_least(1)"); /* other aggregates: with the first of them */
    is_undecided(&s, V1 ":sum(\"v\"):at_least(0)");
    is_undecided(&s, V1 ":last_time():within(days(1))");
    /* the newest is one of two, but there is one */
    is_true(&s, V1 ":newest(1)");
    is_true(&s, V1 ":newest(1):count():is(1)");
    is_undecided(&s, V1 ":newest(1):within(days(28))"); /* from 3 March, 12:00 on: v=y or none */
    is_true(&s, V1 ":newest(1):within(days(29))");
    is_true(&s, V1 ":oldest(1):count():is(1)");
    is_true(&s, V1 ":once_per(\"v\"):count():between(1, 3)");
    is_undecided(&s, V1 ":followed_by(event \"B\":where { v = 1 })");
    is_true(&s, V1 ":followed_by(event \"B\")");
    is_undecided(&s, V1 ":not_followed_by(event \"B\":where { v = 1 })");
    is_undecided(&s, "sequence { " V1 ", event \"B\":where { v = 1 } }");
    is_true(&s, "sequence { " V1 ", event \"B\" }");
    is_false(&s, "sequence { event \"B\", " V1 " }");
    is_false(&s, "all { event \"C\", event \"B\":where { v = 1 } }");
    shop_close(&s);
}
END_TEST

/* Whether the second of an order counts depends on whether the first is one. */
START_TEST(perhaps_the_first)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 A k=1 v=x w=2\n2026-03-02 10:00 A k=1 v=1 w=1\n"
              "2026-03-03 10:00 A k=2 v=1 w=3\n2026-03-04 10:00 A k=2 v=x w=4\n");
    is_undecided(&s, V1 ":once_per(\"k\"):where { w = 1 }");
    is_true(&s, V1 ":once_per(\"k\"):count():is(2)");
    is_true(&s, V1 ":once_per(\"k\"):where { w = 3 }");
    is_false(&s, V1 ":once_per(\"k\"):where { w = 4 }");
    shop_close(&s);
}
END_TEST

/* ---- aggregates ---- */

START_TEST(of_none)
{
    shop_open(&s, "2026-03-31T12:00:00Z", "2026-03-01 10:00 A\n");
    value_is(&s, "event \"N\":count()", "0");
    value_is(&s, "event \"N\":days()", "0");
    value_is(&s, "event \"N\":distinct \"sku\"", "0");
    value_is(&s, "event \"N\":sum \"points\"", "0");
    value_is(&s, "event \"N\":sum \"revenue\"", "0.00 EUR");
    value_is(&s, "event \"A\":sum \"revenue\"", "0.00 EUR");
    value_is(&s, "event \"N\":average \"points\"", "missing");
    value_is(&s, "event \"N\":min \"points\"", "missing");
    value_is(&s, "event \"N\":max \"points\"", "missing");
    value_is(&s, "event \"N\":most_frequent \"p\"", "missing");
    value_is(&s, "event \"N\":first \"p\"", "missing");
    value_is(&s, "event \"A\":last \"p\"", "missing");
    value_is(&s, "event \"N\":first_time()", "missing");
    value_is(&s, "event \"N\":last_time()", "missing");
    value_is(&s, "time_between(event \"A\", event \"N\")", "missing");
    value_is(&s, "ratio(event \"A\":count(), event \"N\":count())", "missing");
    value_is(&s, "ratio(event \"N\":count(), event \"A\":count())", "0");
    value_is(&s, "difference(event \"A\":count(), event \"N\":max \"p\")", "missing");
    value_is(&s, "days_since(event \"N\":last_time())", "missing");
    is_true(&s, "event \"N\":count():less_than(1)");
    is_false(&s, "event \"N\":average(\"points\"):less_than(1)");
    shop_close(&s);
}
END_TEST

START_TEST(numbers)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 A v=0.1 k=b\n2026-03-02 10:00 A v=0.2 k=a\n2026-03-02 11:00 A\n"
              "2026-03-03 10:00 A v=0.7 k=a\n2026-03-03 11:00 A k=b\n");
    value_is(&s, "event \"A\":sum \"v\"", "1");
    value_is(&s, "event \"A\":average \"v\"", "0.333333");
    value_is(&s, "event \"A\":min \"v\"", "0.1");
    value_is(&s, "event \"A\":max \"v\"", "0.7");
    value_is(&s, "event \"A\":days()", "3");
    value_is(&s, "event \"A\":distinct \"k\"", "2");
    value_is(&s, "event \"A\":most_frequent \"k\"", "'b'"); /* two each, b is newer */
    value_is(&s, "event \"A\":first \"k\"", "'b'");
    value_is(&s, "event \"A\":last \"v\"", "0.7");
    value_is(&s, "event \"A\":first_time()", "2026-03-01T10:00:00Z");
    value_is(&s, "event \"A\":last_time()", "2026-03-03T11:00:00Z");
    value_is(&s, "difference(event \"A\":max \"v\", event \"A\":min \"v\")", "0.6");
    value_is(&s, "total(event \"A\":count(), event \"A\":sum \"v\", event \"A\":days())", "9");
    value_is(&s, "ratio(event \"A\":days(), event \"A\":count())", "0.6");
    value_is(&s, "difference(event \"A\":last_time(), event \"A\":first_time())", "49 hours");
    is_true(&s, "ratio(event \"A\":days(), event \"A\":count()):at_least(percent(60))");
    is_false(&s, "ratio(event \"A\":days(), event \"A\":count()):more_than(percent(60))");
    value_is(&s,
             "bucket(event \"A\":count(), { { \"few\", 1 }, { \"some\", 5 }, { \"many\", 6 } })",
             "'some'");
    value_is(&s, "bucket(event \"N\":count(), { { \"few\", 1 }, { \"some\", 5 } })", "missing");
    value_is(&s, "event \"A\":sum \"k\"",
             "undecided (a number is needed and there is something "
             "else)");
    shop_close(&s);
}
END_TEST

/* A third of 1 is less than 0.333334 and more than 0.333333, whatever is shown. */
START_TEST(exact_fractions)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 A v=0.1\n2026-03-02 10:00 A v=0.2\n2026-03-03 10:00 A v=0.7\n");
    is_true(&s, "event \"A\":average(\"v\"):more_than(0.333333333333)");
    is_true(&s, "event \"A\":average(\"v\"):less_than(0.333333333334)");
    is_false(&s, "event \"A\":average(\"v\"):is(0.333333)");
    shop_close(&s);
}
END_TEST

START_TEST(ties_and_ends)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 A k='[\"b\",\"a\"]' day=2026-02-01\n"
              "2026-03-02 10:00 A day=2026-01-01T00:00:00Z\n2026-03-03 10:00 A k=''\n");
    value_is(&s, "event \"A\":most_frequent \"k\"", "'a'"); /* same event: by bytes */
    value_is(&s, "event \"A\":last \"k\"", "'b', 'a'");     /* of events that have it */
    value_is(&s, "event \"A\":min \"day\"", "2026-01-01T00:00:00Z");
    value_is(&s, "event \"A\":max \"day\"", "2026-02-01");
    value_is(&s, "event \"A\":distinct \"k\"", "2");
    shop_close(&s);
}
END_TEST

START_TEST(lengths)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 A\n2026-03-01 11:00 A\n2026-03-01 11:30 B\n2026-03-02 10:00 B\n"
              "2026-03-03 10:00 A\n2026-03-05 10:00 B\n");
    value_is(&s, "time_between(event \"A\", event \"B\")", "30 minutes");
    value_is(&s, "time_between(event \"A\", event \"A\")", "1 hour");
    value_is(&s, "time_between(event \"B\", event \"A\")", "1 day");
    is_true(&s, "time_between(event \"A\", event \"B\"):at_most(minutes(30))");
    is_false(&s, "time_between(event \"A\", event \"B\"):less_than(minutes(30))");
    value_is(&s, "days_since(event \"B\":last_time())", "26");
    s.as_of = at("2026-03-31T09:59:59.999999999Z");
    value_is(&s, "days_since(event \"B\":last_time())", "25");
    ck_assert_int_eq(s.flip, s.as_of + 1);
    shop_close(&s);
}
END_TEST

START_TEST(days_in_the_zone)
{
    shop_open(&s, "2026-03-31T12:00:00Z", "2026-03-01 22:00 A\n2026-03-01 23:30 A\n");
    value_is(&s, "event \"A\":days()", "1");
    shop_zone(&s, "Europe/Berlin");
    value_is(&s, "event \"A\":days()", "2");
    shop_close(&s);
}
END_TEST

START_TEST(travel)
{
    shop_open(
        &s, "2026-03-31T12:00:00Z",
        "2026-03-01 10:00 In context.location.latitude=52.52 context.location.longitude=13.405\n"
        "2026-03-01 11:00 In\n"
        "2026-03-01 12:00 In context.location.latitude=40.7128 "
        "context.location.longitude=-74.006\n"
        "2026-03-04 12:00 In context.location.latitude=52.52 "
        "context.location.longitude=13.405\n");
    /* Berlin to New York are 6385.1 km on this sphere, in two hours */
    value_is(&s, "travel_speed(event \"In\", { within = hours(48), from_km = 500 })", "3192");
    value_is(&s, "travel_speed(event \"In\", { within = hours(2), from_km = 500 })", "missing");
    value_is(&s, "travel_speed(event \"In\", { within = hours(48), from_km = 6500 })", "missing");
    value_is(&s, "travel_speed(event \"Out\", { within = hours(48), from_km = 500 })", "missing");
    shop_close(&s);
}
END_TEST

/* ---- money ---- */

static void rate(const char *day, const char *cur, int64_t m, int scale)
{
    struct kf_error err = KF_ERROR_INIT;
    int32_t d = (int32_t)(at(day) / KF_DAY);
    ck_assert_int_eq(
        kf_rates_add(s.rates, d, kf_cstr(cur), (struct kf_dec){m, (int8_t)scale}, false, &err), 0);
}

START_TEST(money)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 O revenue=100 currency=EUR\n"
              "2026-03-02 23:30 O revenue=0.05 currency=SEK\n"
              "2026-03-03 10:00 O revenue=50 currency=SEK\n2026-03-04 10:00 O revenue=9\n"
              "2026-03-05 10:00 P revenue=1.005 currency=EUR\n"
              "2026-03-05 10:00 Q revenue=1 currency=XXQ\n2026-03-06 10:00 R revenue=ten "
              "currency=EUR\n");
    rate("2026-03-02T00:00:00Z", "SEK", 1, 1);
    is_true(&s, "event \"O\":where { revenue = at_least(money(100, \"EUR\")) }");
    is_undecided(&s, "event \"O\":where { revenue = more_than(money(100, \"EUR\")) }");
    is_false(&s, "event \"O\":oldest(1):where { revenue = more_than(money(100, \"EUR\")) }");
    is_true(&s, "event \"O\":within(days(31)):oldest(1):sum(\"revenue\"):is(money(100, \"EUR\"))");
    /* half a cent goes to the even one */
    value_is(&s, "event \"O\":oldest(2):newest(1):sum \"revenue\"", "0.00 EUR");
    value_is(&s, "event \"O\":oldest(2):sum \"revenue\"", "100.00 EUR");
    value_is(&s, "event \"O\":oldest(3):sum \"revenue\"",
             "undecided (there is no exchange rate for the day of an amount)");
    value_is(&s, "event \"O\":newest(1):sum \"revenue\"",
             "undecided (an amount has no currency beside it)");
    is_undecided(&s, "event \"P\":sum(\"revenue\"):at_least(money(1, \"EUR\"))");
    is_undecided(&s, "event \"Q\":where { revenue = at_least(money(1, \"EUR\")) }");
    is_undecided(&s, "event \"R\":where { revenue = at_least(money(1, \"EUR\")) }");
    shop_close(&s);
}
END_TEST

START_TEST(currencies)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-02 10:00 O revenue=10 currency=EUR\n2026-03-02 11:00 O revenue=50 "
              "currency=SEK\n2026-03-03 11:00 Refund refund=20 currency=SEK\n");
    rate("2026-03-02T00:00:00Z", "SEK", 1, 1);
    rate("2026-03-03T00:00:00Z", "SEK", 2, 1);
    value_is(&s, "event \"O\":sum \"revenue\"", "15.00 EUR");
    ck_assert_str_eq(value_of(&s, "event \"O\":sum \"revenue\"", "unit = \"SEK\""), "150.00 SEK");
    is_true(&s, "event \"O\":sum(\"revenue\"):is(money(150, \"SEK\"))");
    is_true(&s, "event \"O\":sum(\"revenue\"):is(money(15, \"EUR\"))");
    /* both in one rule: each in the currency of its test */
    is_true(&s, "all { event \"O\":sum(\"revenue\"):is(money(150, \"SEK\")), "
                "event \"O\":sum(\"revenue\"):is(money(15, \"EUR\")) }");
    is_true(&s, "event \"O\":where { revenue = is(money(5, \"EUR\")) }:count():is(1)");
    value_is(&s, "event \"O\":average \"revenue\"", "7.50 EUR");
    value_is(&s, "event \"O\":max \"revenue\"", "10.00 EUR");
    value_is(&s, "event \"O\":last \"revenue\"", "5.00 EUR");
    /* each amount at its own day: 150 SEK are 15 EUR, 20 SEK a day later 4 EUR */
    value_is(&s, "difference(event \"O\":sum \"revenue\", event \"Refund\":sum \"refund\")",
             "11.00 EUR");
    value_is(&s, "ratio(event \"Refund\":sum \"refund\", event \"O\":sum \"revenue\")", "0.266667");
    is_true(&s, "ratio(event \"Refund\":sum \"refund\", event \"O\":sum \"revenue\")"
                ":more_than(percent(26.66))");
    value_is(&s,
             "bucket(event \"O\":sum \"revenue\", { { \"low\", money(0, \"SEK\") }, "
             "{ \"high\", money(150, \"SEK\") } })",
             "'high'");
    s.config.rates = NULL;
    is_undecided(&s, "event \"O\":sum(\"revenue\"):is(money(15, \"EUR\"))");
    shop_close(&s);
}
END_TEST

/* ---- asking others, showing ---- */

START_TEST(other_rules)
{
    shop_open(&s, "2026-03-31T12:00:00Z", "2026-03-01 10:00 A\n");
    s.rule_answer = KF_TRUE;
    is_true(&s, "all { event \"A\", holdout(percent(10), \"salt\") }");
    ck_assert_uint_eq(s.asked, 1);
    is_false(&s, "all { event \"B\", holdout(percent(10), \"salt\") }");
    ck_assert_uint_eq(s.asked, 1); /* decided before */
    s.rule_answer = KF_UNDECIDED;
    is_undecided(&s, "any { event \"B\", holdout(percent(10), \"salt\") }");
    is_undecided(&s, "consent \"marketing\":is(\"granted\")"); /* nobody answers here */
    shop_close(&s);
}
END_TEST

static struct {
    char text[400];
} shown;

static void show(struct kf_eval *ev, const struct kf_node *n, enum kf_truth t,
                 const struct kf_value *actual, const uint32_t *evidence, uint32_t n_evidence)
{
    struct kf_buf b = {0};
    (void)ev;
    kf_buf_addf(&b, "%s%s %s", shown.text[0] ? "; " : "", kf_op_word(n->op), truth_name(t));
    if (actual) {
        kf_buf_addc(&b, ' ');
        kf_value_format(actual, NULL, &b);
    }
    for (uint32_t i = 0; i < n_evidence; i++)
        kf_buf_addf(&b, " #%u", evidence[i]);
    strncat(shown.text, b.p, sizeof shown.text - strlen(shown.text) - 1);
    kf_buf_free(&b);
}

START_TEST(tracing)
{
    struct loaded l;
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 A v=1\n2026-03-02 10:00 B\n2026-03-03 10:00 A v=2\n");
    load_condition(&s,
                   "all { event \"C\", event \"A\":where { v = more_than(1) }, "
                   "event \"A\":sum(\"v\"):at_least(4), event \"A\":count():at_least(1) }",
                   &l);
    l.ev.trace = show;
    shown.text[0] = '\0';
    ck_assert_int_eq(kf_eval_cond(&l.ev, l.node), KF_FALSE);
    ck_assert_str_eq(shown.text, "event false; event true #2; test false 3 #0 #2; test true 2 "
                                 "#0 #2; all false");
    free_rules(&l);
    shop_close(&s);
}
END_TEST

/* What several rules ask is worked out once, with the same answers and flips. */
START_TEST(shared_parts)
{
    struct loaded l;
    shop_open(&s, "2026-03-10T12:00:00Z",
              "2026-03-01 10:00 A v=1 k=x\n2026-03-02 10:00 A v=2 k=x\n2026-03-03 10:00 A v=4 "
              "k=y\n");
    load_rules(&s,
               "local once = event \"A\":once_per \"k\"\n"
               "segment \"a\" { " RULE_HEAD " who = once:within(days(30)):count():at_least(2) }\n"
               "segment \"b\" { " RULE_HEAD " who = once:within(days(30)):count():at_least(2) }\n"
               "segment \"c\" { " RULE_HEAD " who = once:within(days(20)):sum(\"v\"):at_least(5) }"
               "segment \"d\" { " RULE_HEAD " who = once:within(days(20)):sum(\"v\"):at_least(6) }",
               &l);
    static const enum kf_truth want[] = {KF_TRUE, KF_TRUE, KF_TRUE, KF_FALSE};
    static const char *const flip[] = {"2026-03-31T10:00:00Z", "2026-03-31T10:00:00Z",
                                       "2026-03-21T10:00:00Z", "2026-03-21T10:00:00Z"};
    for (int round = 0; round < 2; round++) {
        kf_eval_profile(&l.ev, s.order, s.n);
        for (uint32_t i = 0; i < 4; i++) {
            char text[48];
            kf_eval_reset_flip(&l.ev);
            ck_assert_int_eq(kf_eval_cond(&l.ev, kf_rule_get(l.set->rule[i], "who")), want[i]);
            kf_time_format(l.ev.flip, text);
            ck_assert_str_eq(text, flip[i]);
        }
    }
    free_rules(&l);
    shop_close(&s);
}
END_TEST

static Suite *suite(void)
{
    Suite *su = suite_create("eval");
    TCase *t = tcase_create("three values");
    tcase_add_test(t, tables);
    tcase_add_test(t, at_least_of);
    tcase_add_test(t, undecided_events);
    tcase_add_test(t, perhaps_the_first);
    suite_add_tcase(su, t);
    t = tcase_create("aggregates");
    tcase_add_test(t, of_none);
    tcase_add_test(t, numbers);
    tcase_add_test(t, exact_fractions);
    tcase_add_test(t, ties_and_ends);
    tcase_add_test(t, lengths);
    tcase_add_test(t, days_in_the_zone);
    tcase_add_test(t, travel);
    suite_add_tcase(su, t);
    t = tcase_create("money");
    tcase_add_test(t, money);
    tcase_add_test(t, currencies);
    suite_add_tcase(su, t);
    t = tcase_create("others");
    tcase_add_test(t, other_rules);
    tcase_add_test(t, tracing);
    tcase_add_test(t, shared_parts);
    suite_add_tcase(su, t);
    return su;
}

KF_TEST_MAIN(suite)
