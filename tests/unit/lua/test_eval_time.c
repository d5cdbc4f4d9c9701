/* Windows and tests of times to the nanosecond, and the instant at which time alone changes them.
 */
#include "eval_support.h"

#include "../check_main.h"

static struct shop s;

static void ask_at(const char *as_of, const char *cond, enum kf_truth want)
{
    s.as_of = at(as_of);
    enum kf_truth t = ask(&s, cond);
    ck_assert_msg(t == want, "%s at %s is %s (%s)", cond, as_of, truth_name(t), s.why);
}

static void flips_at(const char *as_of, const char *cond, const char *when)
{
    s.as_of = at(as_of);
    const char *got = flip_of(&s, cond);
    ck_assert_msg(!strcmp(got, when), "%s at %s flips %s, not %s", cond, as_of, got, when);
}

START_TEST(window_is_less_than_its_length)
{
    shop_open(&s, "2026-03-08T10:00:00Z", "2026-03-01 10:00 A\n");
    const char *in = "event \"A\":within(days(7))",
               *old = "event \"A\":last_time():older_than(days(7))";
    ask_at("2026-03-01T10:00:00Z", in, KF_TRUE);
    ask_at("2026-03-01T09:59:59.999999999Z", in, KF_FALSE); /* not yet */
    ask_at("2026-03-08T09:59:59.999999999Z", in, KF_TRUE);
    ask_at("2026-03-08T10:00:00Z", in, KF_FALSE);
    ask_at("2026-03-08T09:59:59.999999999Z", old, KF_FALSE);
    ask_at("2026-03-08T10:00:00Z", old, KF_TRUE);
    flips_at("2026-03-02T00:00:00Z", in, "2026-03-08T10:00:00Z");
    flips_at("2026-03-02T00:00:00Z", old, "2026-03-08T10:00:00Z");
    flips_at("2026-03-08T10:00:00Z", in, "never");
    flips_at("2026-03-08T10:00:00Z", old, "never");
    flips_at("2026-02-08T10:00:00Z", in, "2026-03-01T10:00:00Z");
    ask_at("2026-03-02T00:00:00Z", "event \"A\"", KF_TRUE);
    flips_at("2026-03-02T00:00:00Z", "event \"A\"", "never");
    flips_at("2026-03-02T00:00:00Z", "event \"B\":within(days(7))", "never");
    shop_close(&s);
}
END_TEST

START_TEST(between_ago_tiles)
{
    shop_open(&s, "2026-03-08T10:00:00Z", "2026-03-01 10:00 A\n");
    const char *ago = "event \"A\":between_ago(hours(2), days(7))";
    ask_at("2026-03-01T11:59:59.999999999Z", ago, KF_FALSE);
    ask_at("2026-03-01T12:00:00Z", ago, KF_TRUE);
    ask_at("2026-03-08T09:59:59.999999999Z", ago, KF_TRUE);
    ask_at("2026-03-08T10:00:00Z", ago, KF_FALSE);
    flips_at("2026-03-01T11:00:00Z", ago, "2026-03-01T12:00:00Z");
    flips_at("2026-03-01T12:00:00Z", ago, "2026-03-08T10:00:00Z");
    ask_at("2026-03-01T11:59:59.999999999Z", "event \"A\":within(hours(2))", KF_TRUE);
    ask_at("2026-03-01T12:00:00Z", "event \"A\":within(hours(2))", KF_FALSE);
    shop_close(&s);
}
END_TEST

START_TEST(calendar_units)
{
    shop_open(&s, "2026-03-08T10:00:00Z", "2026-02-28 23:30 A\n");
    ask_at("2026-02-28T23:59:59.999999999Z", "event \"A\":this \"month\"", KF_TRUE);
    ask_at("2026-03-01T00:00:00Z", "event \"A\":this \"month\"", KF_FALSE);
    ask_at("2026-03-01T00:00:00Z", "event \"A\":previous \"month\"", KF_TRUE);
    ask_at("2026-03-31T23:59:59.999999999Z", "event \"A\":previous \"month\"", KF_TRUE);
    ask_at("2026-04-01T00:00:00Z", "event \"A\":previous \"month\"", KF_FALSE);
    ask_at("2026-03-01T23:00:00Z", "event \"A\":this \"week\"", KF_TRUE); /* a Sunday */
    ask_at("2026-03-02T00:00:00Z", "event \"A\":this \"week\"", KF_FALSE);
    ask_at("2026-03-31T23:00:00Z", "event \"A\":this \"quarter\"", KF_TRUE);
    ask_at("2026-04-01T00:00:00Z", "event \"A\":previous \"quarter\"", KF_TRUE);
    ask_at("2027-01-01T00:00:00Z", "event \"A\":previous \"year\"", KF_TRUE);
    ask_at("2026-03-01T00:00:00Z", "event \"A\":previous \"day\"", KF_TRUE);
    flips_at("2026-02-28T23:40:00Z", "event \"A\":this \"month\"", "2026-03-01T00:00:00Z");
    flips_at("2026-02-28T23:40:00Z", "event \"A\":previous \"month\"", "2026-03-01T00:00:00Z");
    flips_at("2026-03-05T00:00:00Z", "event \"A\":previous \"month\"", "2026-04-01T00:00:00Z");
    shop_zone(&s, "Europe/Berlin"); /* half past midnight on 1 March there */
    ask_at("2026-02-28T22:59:59Z", "event \"A\":this \"month\"", KF_FALSE);
    ask_at("2026-02-28T23:40:00Z", "event \"A\":this \"month\"", KF_TRUE);
    ask_at("2026-03-31T21:59:59.999999999Z", "event \"A\":this \"month\"", KF_TRUE);
    ask_at("2026-03-31T22:00:00Z", "event \"A\":this \"month\"", KF_FALSE);
    flips_at("2026-03-05T00:00:00Z", "event \"A\":this \"month\"", "2026-03-31T22:00:00Z");
    shop_close(&s);
}
END_TEST

START_TEST(months_and_years)
{
    shop_open(&s, "2026-03-08T10:00:00Z", "2026-01-31 10:00 A\n");
    const char *in = "event \"A\":within(months(1))";
    /* as_of less a month: 28 February gives 28 January, 1 March gives 1 February */
    ask_at("2026-02-28T10:00:00Z", in, KF_TRUE);
    ask_at("2026-02-28T23:59:59.999999999Z", in, KF_TRUE);
    ask_at("2026-03-01T00:00:00Z", in, KF_FALSE);
    flips_at("2026-02-28T10:00:00Z", in, "2026-03-01T00:00:00Z");
    ask_at("2026-03-31T09:59:59.999999999Z", "event \"A\":within(months(2))", KF_TRUE);
    ask_at("2026-03-31T10:00:00Z", "event \"A\":within(months(2))", KF_FALSE);
    flips_at("2026-03-01T10:00:00Z", "event \"A\":within(months(2))", "2026-03-31T10:00:00Z");
    ask_at("2027-01-31T10:00:00Z", "event \"A\":within(years(1))", KF_FALSE);
    ask_at("2027-01-31T09:59:59.999999999Z", "event \"A\":within(years(1))", KF_TRUE);
    shop_close(&s);
}
END_TEST

START_TEST(since_and_between)
{
    shop_open(&s, "2026-03-08T10:00:00Z",
              "2026-03-01 00:00 A\n2026-03-03 10:00 \"Signed Up\"\n2026-03-05 10:00 B\n");
    is_true(&s, "event \"A\":since(date \"2026-03-01\")");
    is_false(&s, "event \"A\":since(date \"2026-03-02\")");
    is_true(&s, "event \"A\":since(instant \"2026-03-01T00:00:00Z\")");
    is_false(&s, "event \"A\":since(instant \"2026-03-01T00:00:00.000000001Z\")");
    is_true(&s, "event \"A\":between(date \"2026-02-01\", date \"2026-03-01\")");
    is_false(&s, "event \"A\":between(date \"2026-02-01\", date \"2026-02-28\")");
    is_true(&s, "event \"B\":between(date \"2026-03-05\", date \"2026-03-05\")");
    is_true(&s, "event \"B\":since(event \"Signed Up\":first_time())");
    is_false(&s, "event \"A\":since(event \"Signed Up\":first_time())");
    is_false(&s, "event \"B\":since(event \"Signed Up\":first_time(), days(2))");
    is_true(&s, "event \"B\":since(event \"Signed Up\":first_time(), hours(49))");
    is_false(&s, "event \"B\":since(event \"Never\":first_time())");
    is_true(&s, "event \"Signed Up\":since(event \"Signed Up\":first_time(), seconds(1))");
    shop_trait(&s, "t", date_value(2026, 3, 5));
    is_true(&s, "event \"B\":since(trait \"t\")");
    shop_trait(&s, "t", date_value(2026, 3, 6));
    is_false(&s, "event \"B\":since(trait \"t\")");
    shop_trait(&s, "t", text_value("soon"));
    is_undecided(&s, "event \"B\":since(trait \"t\")");
    is_false(&s, "event \"C\":since(trait \"t\")"); /* none, whenever it was */
    shop_close(&s);
}
END_TEST

START_TEST(dates_have_whole_days)
{
    shop_open(&s, "2026-03-01T12:00:00Z", "");
    shop_trait(&s, "d", date_value(2026, 3, 1));
    ask_at("2026-03-01T00:00:00Z", "trait \"d\":within(days(7))", KF_TRUE);
    ask_at("2026-03-07T23:59:59.999999999Z", "trait \"d\":within(days(7))", KF_TRUE);
    ask_at("2026-03-08T00:00:00Z", "trait \"d\":within(days(7))", KF_FALSE);
    ask_at("2026-03-08T00:00:00Z", "trait \"d\":older_than(days(7))", KF_TRUE);
    ask_at("2026-03-07T23:00:00Z", "trait \"d\":older_than(days(7))", KF_FALSE);
    ask_at("2026-02-28T23:59:59Z", "trait \"d\":within(days(7))", KF_FALSE);
    ask_at("2026-02-28T23:59:59Z", "trait \"d\":older_than(days(7))", KF_FALSE);
    flips_at("2026-02-28T12:00:00Z", "trait \"d\":within(days(7))", "2026-03-01T00:00:00Z");
    flips_at("2026-03-02T12:00:00Z", "trait \"d\":within(days(7))", "2026-03-08T00:00:00Z");
    flips_at("2026-03-02T12:00:00Z", "trait \"d\":older_than(days(7))", "2026-03-08T00:00:00Z");
    /* today and thirteen after */
    ask_at("2026-02-15T23:59:59Z", "trait \"d\":within_next(days(14))", KF_FALSE);
    ask_at("2026-02-16T00:00:00Z", "trait \"d\":within_next(days(14))", KF_TRUE);
    ask_at("2026-03-01T23:59:59Z", "trait \"d\":within_next(days(14))", KF_TRUE);
    ask_at("2026-03-02T00:00:00Z", "trait \"d\":within_next(days(14))", KF_FALSE);
    flips_at("2026-02-01T12:00:00Z", "trait \"d\":within_next(days(14))", "2026-02-16T00:00:00Z");
    flips_at("2026-02-20T12:00:00Z", "trait \"d\":within_next(days(14))", "2026-03-02T00:00:00Z");
    /* birthdays */
    shop_trait(&s, "d", date_value(2010, 3, 1));
    ask_at("2026-02-28T23:59:59Z", "trait \"d\":within(years(16))", KF_TRUE);
    ask_at("2026-03-01T00:00:00Z", "trait \"d\":within(years(16))", KF_FALSE);
    ask_at("2026-03-01T00:00:00Z", "trait \"d\":older_than(years(16))", KF_TRUE);
    flips_at("2026-02-01T00:00:00Z", "trait \"d\":within(years(16))", "2026-03-01T00:00:00Z");
    shop_trait(&s, "d", date_value(2012, 2, 29)); /* kept on the 28th */
    ask_at("2025-02-27T23:00:00Z", "trait \"d\":older_than(years(13))", KF_FALSE);
    ask_at("2025-02-28T00:00:00Z", "trait \"d\":older_than(years(13))", KF_TRUE);
    shop_close(&s);
}
END_TEST

START_TEST(instants)
{
    shop_open(&s, "2026-03-01T12:00:00Z", "");
    shop_trait(&s, "t", time_value(at("2026-03-01T12:00:00Z")));
    ask_at("2026-03-01T12:00:00Z", "trait \"t\":within_next(hours(1))", KF_FALSE);
    ask_at("2026-03-01T11:59:59.999999999Z", "trait \"t\":within_next(hours(1))", KF_TRUE);
    ask_at("2026-03-01T11:00:00.000000001Z", "trait \"t\":within_next(hours(1))", KF_TRUE);
    ask_at("2026-03-01T11:00:00Z", "trait \"t\":within_next(hours(1))", KF_FALSE);
    flips_at("2026-03-01T10:00:00Z", "trait \"t\":within_next(hours(1))",
             "2026-03-01T11:00:00.000000001Z");
    flips_at("2026-03-01T11:30:00Z", "trait \"t\":within_next(hours(1))", "2026-03-01T12:00:00Z");
    is_true(&s, "trait \"t\":before(date \"2026-03-02\")");
    is_false(&s, "trait \"t\":before(date \"2026-03-01\")");
    is_false(&s, "trait \"t\":after(date \"2026-03-01\")");
    is_true(&s, "trait \"t\":after(date \"2026-02-28\")");
    is_true(&s, "trait \"t\":since(date \"2026-03-01\")");
    is_false(&s, "trait \"t\":since(date \"2026-03-02\")");
    is_true(&s, "trait \"t\":between(date \"2026-03-01\", date \"2026-03-01\")");
    is_true(&s, "trait \"t\":since(instant \"2026-03-01T12:00:00Z\")");
    is_false(&s, "trait \"t\":after(instant \"2026-03-01T12:00:00Z\")");
    is_false(&s, "trait \"t\":before(instant \"2026-03-01T12:00:00Z\")");
    shop_zone(&s, "America/New_York"); /* 2026-03-01 05:00 UTC is its first instant there */
    shop_trait(&s, "t", time_value(at("2026-03-01T04:59:59.999999999Z")));
    is_true(&s, "trait \"t\":before(date \"2026-03-01\")");
    shop_trait(&s, "t", time_value(at("2026-03-01T05:00:00Z")));
    is_false(&s, "trait \"t\":before(date \"2026-03-01\")");
    shop_close(&s);
}
END_TEST

START_TEST(clock_and_calendar_tests)
{
    shop_open(&s, "2026-03-01T12:00:00Z", ""); /* a Sunday */
    shop_trait(&s, "t", time_value(at("2026-03-01T22:00:00Z")));
    is_true(&s, "trait \"t\":on_weekday { \"saturday\", \"sunday\" }");
    is_false(&s, "trait \"t\":on_weekday { \"saturday\", \"monday\" }");
    is_true(&s, "trait \"t\":at_hours(\"22:00\", \"06:00\")");
    is_false(&s, "trait \"t\":at_hours(\"22:01\", \"06:00\")");
    is_false(&s, "trait \"t\":at_hours(\"06:00\", \"22:00\")");
    shop_trait(&s, "t", time_value(at("2026-03-01T05:59:59.999999999Z")));
    is_true(&s, "trait \"t\":at_hours(\"22:00\", \"06:00\")");
    shop_trait(&s, "t", time_value(at("2026-03-01T06:00:00Z")));
    is_false(&s, "trait \"t\":at_hours(\"22:00\", \"06:00\")");
    shop_trait(&s, "d", date_value(1990, 3, 31));
    is_true(&s, "trait \"d\":in_month \"this\"");
    is_false(&s, "trait \"d\":in_month \"next\"");
    is_true(&s, "trait \"d\":in_month(3)");
    shop_trait(&s, "d", date_value(1990, 4, 1));
    is_true(&s, "trait \"d\":in_month \"next\"");
    flips(&s, "trait \"d\":in_month \"this\"", "2026-04-01T00:00:00Z");
    flips(&s, "trait \"d\":in_month(4)", "never");
    s.as_of = at("2026-12-31T12:00:00Z");
    shop_trait(&s, "d", date_value(1990, 1, 1));
    is_true(&s, "trait \"d\":in_month \"next\"");
    is_undecided(&s, "trait \"d\":at_hours(\"22:00\", \"06:00\")"); /* a date has no clock */
    shop_close(&s);
}
END_TEST

START_TEST(anniversaries)
{
    shop_open(&s, "2026-03-01T12:00:00Z", "");
    shop_trait(&s, "d", date_value(1992, 2, 29));
    ask_at("2026-02-28T12:00:00Z", "trait \"d\":anniversary(days(1))", KF_TRUE);
    ask_at("2026-02-27T23:59:59Z", "trait \"d\":anniversary(days(1))", KF_FALSE);
    ask_at("2026-02-27T23:59:59Z", "trait \"d\":anniversary(days(2))", KF_TRUE);
    ask_at("2026-03-01T00:00:00Z", "trait \"d\":anniversary(days(1))", KF_FALSE);
    ask_at("2028-02-28T12:00:00Z", "trait \"d\":anniversary(days(1))", KF_FALSE);
    ask_at("2028-02-29T12:00:00Z", "trait \"d\":anniversary(days(1))", KF_TRUE);
    shop_trait(&s, "d", date_value(1992, 1, 3));
    ask_at("2025-12-30T12:00:00Z", "trait \"d\":anniversary(days(5))", KF_TRUE);
    ask_at("2025-12-29T12:00:00Z", "trait \"d\":anniversary(days(5))", KF_FALSE);
    flips_at("2025-12-01T12:00:00Z", "trait \"d\":anniversary(days(5))", "2025-12-30T00:00:00Z");
    flips_at("2025-12-31T12:00:00Z", "trait \"d\":anniversary(days(5))", "2026-01-04T00:00:00Z");
    shop_close(&s);
}
END_TEST

START_TEST(texts_are_read_as_times)
{
    shop_open(&s, "2026-03-10T12:00:00Z",
              "2026-03-10 10:00 A renews_on=2026-03-14 clicked=2026-03-10T09:00:00+01:00 "
              "installed=2026-03-10T08:30:00Z\n");
    is_true(&s, "event \"A\":where { renews_on = within_next(days(5)) }");
    is_false(&s, "event \"A\":where { renews_on = within_next(days(4)) }");
    flips(&s, "event \"A\":where { renews_on = within_next(days(4)) }", "2026-03-11T00:00:00Z");
    is_false(&s, "event \"A\":where { clicked = after(property \"installed\") }");
    is_true(&s, "event \"A\":where { installed = after(property \"clicked\") }");
    is_true(&s, "event \"A\":where { clicked = before(property \"event.time\") }");
    shop_close(&s);
}
END_TEST

START_TEST(flips_of_counts_and_combinations)
{
    shop_open(&s, "2026-03-08T10:00:00Z",
              "2026-03-01 12:00 A\n2026-03-02 12:00 A\n2026-03-03 12:00 A\n2026-03-04 12:00 B\n");
    flips(&s, "event \"A\":within(days(10))", "2026-03-13T12:00:00Z"); /* the last of them */
    flips(&s, "event \"A\":within(days(10)):count():at_least(1)", "2026-03-13T12:00:00Z");
    flips(&s, "event \"A\":within(days(10)):count():at_least(2)", "2026-03-12T12:00:00Z");
    flips(&s, "event \"A\":within(days(10)):count():more_than(2)", "2026-03-11T12:00:00Z");
    flips(&s, "event \"A\":within(days(10)):count():at_least(4)", "never");
    flips(&s, "event \"A\":within(days(10)):count():less_than(3)", "2026-03-11T12:00:00Z");
    flips(&s, "event \"A\":within(days(10)):days():at_least(2)", "2026-03-11T12:00:00Z");
    flips(&s, "all { event \"A\":within(days(10)), event \"B\":within(days(20)) }",
          "2026-03-13T12:00:00Z");
    flips(&s, "any { event \"A\":within(days(10)), event \"B\":within(days(20)) }",
          "2026-03-13T12:00:00Z"); /* the first that holds decides */
    flips(&s, "all { event \"C\", event \"B\":within(days(20)) }", "never");
    flips(&s, "none { event \"A\":within(days(10)) }", "2026-03-13T12:00:00Z");
    flips(&s, "event \"A\":within(days(10)):newest(1)", "2026-03-13T12:00:00Z");
    flips(&s, "event \"A\":within(days(10)):oldest(1)", "2026-03-11T12:00:00Z");
    flips(&s, "days_since(event \"A\":last_time()):at_least(9)", "2026-03-08T12:00:00Z");
    is_true(&s, "days_since(event \"A\":last_time()):is(4)");
    shop_close(&s);
}
END_TEST

/* A row that leaves or comes in decides which others are the first or the newest. */
START_TEST(flips_through_ordered_filters)
{
    shop_open(&s, "2026-03-08T10:00:00Z",
              "2026-03-01 12:00 A k=1 v=1\n2026-03-02 12:00 A k=1 v=2\n2026-03-07 12:00 A v=3\n");
    const char *first = "event \"A\":within(days(10)):once_per \"k\":where { v = 2 }";
    is_false(&s, first);
    flips(&s, first, "2026-03-11T12:00:00Z");
    s.as_of = at("2026-03-11T12:00:00Z");
    is_true(&s, first);
    s.as_of = at("2026-03-08T10:00:00Z");
    const char *oldest = "event \"A\":within(days(10)):oldest(1):where { v = 2 }";
    is_false(&s, oldest);
    flips(&s, oldest, "2026-03-11T12:00:00Z");
    const char *newest = "event \"A\":between_ago(days(2), days(20)):newest(1):where { v = 2 }";
    is_true(&s, newest);
    flips(&s, newest, "2026-03-09T12:00:00Z");
    s.as_of = at("2026-03-09T12:00:00Z");
    is_false(&s, newest);
    shop_close(&s);
}
END_TEST

/* A profile at an earlier clock: later events do not count, and count from their own time on. */
START_TEST(earlier_clocks)
{
    struct loaded l;
    shop_open(&s, "2026-03-08T10:00:00Z", "2026-03-01 12:00 A\n2026-03-03 12:00 A\n");
    load_condition(&s, "event \"A\":within(days(3)):count():at_least(2)", &l);
    ck_assert_int_eq(kf_eval_cond(&l.ev, l.node), KF_FALSE);
    kf_eval_profile_again(&l.ev, at("2026-03-03T11:00:00Z"));
    kf_eval_reset_flip(&l.ev);
    ck_assert_int_eq(kf_eval_cond(&l.ev, l.node), KF_FALSE);
    ck_assert_int_eq(l.ev.flip, at("2026-03-03T12:00:00Z"));
    kf_eval_profile_again(&l.ev, at("2026-03-03T12:00:00Z"));
    kf_eval_reset_flip(&l.ev);
    ck_assert_int_eq(kf_eval_cond(&l.ev, l.node), KF_TRUE);
    ck_assert_int_eq(l.ev.flip, at("2026-03-04T12:00:00Z"));
    free_rules(&l);
    shop_close(&s);
}
END_TEST

static Suite *suite(void)
{
    Suite *su = suite_create("eval_time");
    TCase *t = tcase_create("times");
    tcase_add_test(t, window_is_less_than_its_length);
    tcase_add_test(t, between_ago_tiles);
    tcase_add_test(t, calendar_units);
    tcase_add_test(t, months_and_years);
    tcase_add_test(t, since_and_between);
    tcase_add_test(t, dates_have_whole_days);
    tcase_add_test(t, instants);
    tcase_add_test(t, clock_and_calendar_tests);
    tcase_add_test(t, anniversaries);
    tcase_add_test(t, texts_are_read_as_times);
    tcase_add_test(t, flips_of_counts_and_combinations);
    tcase_add_test(t, flips_through_ordered_filters);
    tcase_add_test(t, earlier_clocks);
    suite_add_tcase(su, t);
    return su;
}

KF_TEST_MAIN(suite)
