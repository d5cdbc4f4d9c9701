/* Selections (RULES 3): every filter, what is left of the events, and what comes after what. */
#include "eval_support.h"

#include "../check_main.h"

static struct shop s;

START_TEST(names_and_types)
{
    shop_open(&s, "2026-03-01T12:00:00Z",
              "2026-03-01 10:00 \"Cart Viewed\"\n2026-03-01 10:01 \"Cart Emptied\"\n"
              "2026-03-01 10:02 identify\n2026-03-01 10:03 page\n2026-03-01 10:04 \"Order\"\n");
    is_true(&s, "event \"Cart *\":count():is(2)");
    is_true(&s, "event { \"Cart Viewed\", \"Order\" }:count():is(2)");
    is_true(&s, "event \"identify\":count():is(1)");
    is_true(&s, "event { \"page\", \"Order\" }:count():is(2)");
    is_true(&s, "any_event():count():is(4)"); /* not what a system said */
    is_false(&s, "event \"cart viewed\"");
    is_false(&s, "event \"Cart\"");
    is_true(&s, "event \"*\":count():is(3)"); /* what has no name matches no pattern */
    is_true(&s, "event \"Cart ?iewed\":count():is(1)");
    shop_close(&s);
}
END_TEST

START_TEST(many_event_sets)
{
    char text[4000] = "any {";
    shop_open(&s, "2026-03-01T12:00:00Z", "2026-03-01 10:00 N70\n2026-03-01 10:01 N71\n");
    for (int i = 0; i < 70; i++) {
        char one[40];
        snprintf(one, sizeof one, " event \"N%d\",", i);
        strncat(text, one, sizeof text - strlen(text) - 1);
    }
    strncat(text, " event \"N99\" }", sizeof text - strlen(text) - 1);
    is_false(&s, text);
    char *n99 = strstr(text, "N99");
    memcpy(n99, "N70", 3);
    is_true(&s, text);
    memcpy(n99, "N7*", 3);
    is_true(&s, text);
    shop_close(&s);
}
END_TEST

START_TEST(source_and_platform)
{
    shop_open(&s, "2026-03-01T12:00:00Z",
              "2026-03-01 10:00 A source=crm platform=web\n2026-03-01 10:01 A platform=ios\n"
              "2026-03-01 10:02 A platform=android\n2026-03-01 10:03 A platform=server\n");
    is_true(&s, "event \"A\":from_source \"crm\":count():is(1)");
    is_false(&s, "event \"A\":from_source \"erp\"");
    is_true(&s, "event \"A\":on \"web\":count():is(1)");
    is_true(&s, "event \"A\":on \"app\":count():is(2)");
    is_true(&s, "event \"A\":on \"server\":count():is(1)");
    is_false(&s, "event \"A\":on \"web\":from_source \"web\"");
    shop_close(&s);
}
END_TEST

START_TEST(once_per_newest_oldest)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 O order_id=1 v=1\n2026-03-20 10:00 O order_id=2 v=2\n"
              "2026-03-21 10:00 O order_id=1 v=4\n2026-03-22 10:00 O v=8\n"
              "2026-03-23 10:00 O v=16\n2026-03-24 10:00 O order_id='1' v=32\n");
    value_is(&s, "event \"O\":once_per \"order_id\":sum \"v\"", "27"); /* 1 2 8 16 */
    /* in the order written: the first of order 1 is too old, the second no longer the first */
    value_is(&s, "event \"O\":once_per \"order_id\":within(days(15)):sum \"v\"", "26");
    value_is(&s, "event \"O\":within(days(15)):once_per \"order_id\":sum \"v\"", "30");
    value_is(&s, "event \"O\":newest(2):sum \"v\"", "48");
    value_is(&s, "event \"O\":oldest(2):sum \"v\"", "3");
    value_is(&s, "event \"O\":newest(100):sum \"v\"", "63");
    value_is(&s, "event \"O\":newest(3):oldest(1):sum \"v\"", "8");
    value_is(&s, "event \"O\":where { v = less_than(10) }:newest(1):sum \"v\"", "8");
    value_is(&s, "event \"O\":newest(1):where { v = less_than(10) }:sum \"v\"", "0");
    shop_close(&s);
}
END_TEST

START_TEST(order_is_by_time_then_id)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 A v=1 id=b\n2026-03-01 10:00 A v=2 id=c\n"
              "2026-03-01 10:00 A v=4 id=a\n");
    value_is(&s, "event \"A\":newest(1):sum \"v\"", "2");
    value_is(&s, "event \"A\":oldest(1):sum \"v\"", "4");
    value_is(&s, "event \"A\":first \"v\"", "4");
    value_is(&s, "event \"A\":last \"v\"", "2");
    is_true(&s, "event \"A\":where { v = 4 }:followed_by(event \"A\":where { v = 1 }, days(1))");
    is_false(&s, "event \"A\":where { v = 1 }:followed_by(event \"A\":where { v = 4 }, days(1))");
    shop_close(&s);
}
END_TEST

START_TEST(each_element)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 O currency=EUR tags='[\"x\",\"y\"]' "
              "products='[{\"sku\":\"a\",\"price\":10,\"category\":\"Shoes\"},"
              "{\"sku\":\"b\",\"price\":5.5,\"category\":\"Hats\"}]'\n"
              "2026-03-02 10:00 O currency=EUR products='[{\"sku\":\"a\",\"price\":7,"
              "\"currency\":\"SEK\",\"category\":\"Hats\"}]'\n"
              "2026-03-03 10:00 O\n");
    struct kf_error err = KF_ERROR_INIT;
    kf_rates_add(s.rates, kf_day_from_ymd(2026, 3, 2), kf_cstr("SEK"), (struct kf_dec){1, 1}, false,
                 &err);
    value_is(&s, "event \"O\":each \"products\":count()", "3");
    value_is(&s, "event \"O\":each \"products\":distinct \"sku\"", "2");
    value_is(&s, "event \"O\":each \"products\":most_frequent \"category\"", "'Hats'");
    value_is(&s, "event \"O\":each \"products\":where { category = \"Shoes\" }:count()", "1");
    /* the currency of the item, else of the event */
    value_is(&s, "event \"O\":each \"products\":sum \"price\"", "16.20 EUR");
    is_true(&s, "event \"O\":each \"products\":where { price = at_least(money(10, \"EUR\")) }");
    is_false(&s, "event \"O\":each \"products\":where { price = more_than(money(10, \"EUR\")) }");
    value_is(&s, "event \"O\":each \"tags\":distinct \"tags\"", "2");
    value_is(&s, "event \"O\":each \"products\":days()", "2");
    /* without each the events are counted: of several values one must pass */
    const char *const sku = "event \"O\":where { [\"products.sku\"] = %s }:count():is(%u)";
    const struct {
        const char *test;
        unsigned events;
    } part[] = {{"\"a\"", 2}, {"\"b\"", 1},    {"is_not(\"b\")", 2},
                {"\"c\"", 0}, {"exists()", 2}, {"missing()", 1}};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        char text[200];
        snprintf(text, sizeof text, sku, part[i].test, part[i].events);
        is_true(&s, text);
    }
    /* 7 SEK are 0.70 EUR */
    is_true(&s, "event \"O\":where { [\"products.price\"] = less_than(money(5, \"EUR\")) }:count()"
                ":is(1)");
    is_true(&s, "event \"O\":where { [\"products.price\"] = at_least(money(10, \"EUR\")) }:count()"
                ":is(1)");
    is_false(&s, "event \"O\":where { [\"products.size\"] = exists() }");
    is_false(&s, "event \"O\":where { [\"tags.sku\"] = exists() }");
    shop_close(&s);
    shop_open(&s, "2026-03-31T12:00:00Z", "2026-03-01 10:00 O products=none\n");
    is_undecided(&s, "event \"O\":each \"products\"");
    ck_assert_uint_eq(s.wrong_type, 1);
    is_undecided(&s, "event \"O\":each \"products\":count():at_least(5)");
    shop_close(&s);
}
END_TEST

START_TEST(per_value)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 V p=1\n2026-03-02 10:00 V p=1\n2026-03-02 11:00 V p=1\n"
              "2026-03-03 10:00 V p=2\n2026-03-04 10:00 V p=3\n2026-03-05 10:00 V\n"
              "2026-03-06 10:00 V\n2026-03-07 10:00 V\n");
    is_true(&s, "event \"V\":per \"p\":days():at_least(2)");
    is_false(&s, "event \"V\":per \"p\":days():at_least(3)"); /* without a value: no group */
    is_true(&s, "event \"V\":per \"p\":count():is(3)");
    is_true(&s, "event \"V\":per \"p\":count():less_than(2)");
    is_false(&s, "event \"W\":per \"p\":count():less_than(2)"); /* no value, nothing passes */
    is_false(&s, "event \"V\":per \"p\":where { p = 1 }:count():is(2)");
    is_true(&s, "event \"V\":per \"p\":within(days(30)):count():is(2)"); /* 10:00 on the 1st left */
    shop_close(&s);
}
END_TEST

START_TEST(some_window)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 C v=1 k=a\n2026-03-01 10:59:59.999999999 C v=2 k=b\n"
              "2026-03-01 11:00 C v=4 k=a\n2026-03-01 11:59 C v=8 k=a\n"
              "2026-03-05 10:00 C v=16 k=c\n");
    is_true(&s, "event \"C\":in_any(hours(1)):count():at_least(2)");
    is_true(&s, "event \"C\":in_any(hours(1)):count():at_least(3)"); /* 10:59:59.9 to 11:59 */
    is_false(&s, "event \"C\":in_any(hours(1)):count():at_least(4)");
    is_true(&s, "event \"C\":in_any(hours(2)):count():more_than(3)");
    is_true(&s, "event \"C\":in_any(hours(1)):sum(\"v\"):at_least(16)");
    is_false(&s, "event \"C\":in_any(hours(1)):sum(\"v\"):more_than(16)");
    is_true(&s, "event \"C\":in_any(hours(1)):distinct(\"k\"):at_least(2)");
    is_false(&s, "event \"C\":in_any(hours(1)):distinct(\"k\"):at_least(3)");
    is_true(&s, "event \"C\":in_any(days(5)):days():at_least(2)");
    is_false(&s, "event \"C\":in_any(days(3)):days():at_least(2)");
    is_true(&s, "event \"C\":per \"k\":in_any(hours(1)):count():at_least(2)");
    is_false(&s, "event \"C\":per \"k\":in_any(minutes(59)):count():at_least(2)");
    shop_close(&s);
}
END_TEST

START_TEST(followed_by)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 A c=1\n2026-03-08 10:00 B c=1\n2026-03-10 10:00 A c=2\n"
              "2026-03-10 10:00:01 B c=3\n2026-03-12 10:00 A\n2026-03-12 10:01 B\n");
    const char *first = "event \"A\":where { c = 1 }";
    char text[300];
#define A(rest) (snprintf(text, sizeof text, "%s%s", first, rest), text)
    is_false(&s, A(":followed_by(event \"B\", days(7))")); /* exactly seven days */
    is_true(&s, A(":followed_by(event \"B\", hours(169))"));
    is_true(&s, A(":followed_by(event \"B\")"));
    is_true(&s, A(":not_followed_by(event \"B\", days(7))"));
    is_false(&s, A(":not_followed_by(event \"B\", hours(169))"));
    is_false(&s, A(":not_followed_by(event \"B\")"));
    is_true(&s, A(":not_followed_by(event \"C\")"));
    is_true(&s, "event \"A\":followed_by(event \"B\", minutes(1)):count():is(1)");
    is_true(&s, "event \"A\":followed_by(event \"B\", { same = \"c\" }):count():is(1)");
    is_true(&s, "event \"A\":not_followed_by(event \"B\", { same = \"c\" }):count():is(1)");
    is_true(&s, "event \"A\":followed_by(event \"A\"):count():is(2)"); /* itself is not after it */
    shop_close(&s);
}
END_TEST

START_TEST(not_followed_by_waits)
{
    shop_open(&s, "2026-03-03T10:00:00Z", "2026-03-01 10:00 A\n");
    const char *cond = "event \"A\":not_followed_by(event \"B\", days(2))";
    is_true(&s, cond);
    s.as_of--;
    is_false(&s, cond);
    ck_assert_int_eq(s.flip, s.as_of + 1);
    shop_close(&s);
    shop_open(&s, "2026-03-02T10:00:00Z", "2026-03-01 10:00 A\n2026-03-01 11:00 B\n");
    is_false(&s, cond);
    ck_assert_int_eq(s.flip, KF_TIME_MAX); /* it is followed, whatever comes */
    shop_close(&s);
}
END_TEST

START_TEST(same_of_several)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 A x=1 email=e1 ids='[\"p\",\"q\"]'\n"
              "2026-03-01 10:01 B x=1 email=e2 ids='[\"q\",\"r\"]'\n"
              "2026-03-01 10:02 B x=2 email=e1 ids='[\"s\"]'\n");
    is_true(&s, "event \"A\":followed_by(event \"B\", hours(1), { same = \"x\" })");
    is_true(&s, "event \"A\":followed_by(event \"B\", hours(1), { same = identifier \"email\" })");
    is_false(&s, "event \"A\":followed_by(event \"B\", hours(1), "
                 "{ same = { \"x\", identifier \"email\" } })");
    is_true(&s, "event \"A\":followed_by(event \"B\", hours(1), { same = \"ids\" })");
    is_false(&s, "event \"A\":followed_by(event \"B\":where { x = 2 }, hours(1), "
                 "{ same = \"ids\" })");
    shop_close(&s);
}
END_TEST

START_TEST(sequences)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 A\n2026-03-01 11:00 B\n2026-03-01 11:30 C\n2026-03-01 12:00 B\n"
              "2026-03-01 12:59 C\n2026-03-01 13:00 D\n");
    is_true(&s, "sequence { event \"A\", event \"B\" }");
    is_false(&s, "sequence { event \"B\", event \"A\" }");
    is_false(&s, "sequence { event \"A\", event \"B\", within = hours(1) }"); /* exactly an hour */
    is_true(&s, "sequence { event \"A\", event \"B\", within = minutes(61) }");
    is_true(&s, "sequence { event \"B\", event \"C\", event \"D\", within = hours(1) }");
    is_true(&s, "sequence { event \"B\", event \"C\", within = minutes(31) }");
    is_false(&s, "sequence { event \"B\", event \"C\", within = minutes(30) }");
    is_true(&s, "sequence { event \"B\", event \"B\" }");
    is_false(&s, "sequence { event \"B\", event \"B\", event \"B\" }");
    is_false(&s, "sequence { event \"A\", event \"D\", event \"C\" }");
    shop_close(&s);
}
END_TEST

/* Several sessions: the latest row before a step that can be reached is the one that counts. */
START_TEST(sequence_takes_the_best_chain)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 A\n2026-03-01 10:30 B\n2026-03-01 12:00 A\n2026-03-01 13:30 B\n"
              "2026-03-01 13:40 C\n");
    is_false(&s, "sequence { event \"A\", event \"B\", event \"C\", within = hours(1) }");
    is_true(&s, "sequence { event \"A\", event \"B\", event \"C\", within = hours(2) }");
    shop_close(&s);
}
END_TEST

START_TEST(touches)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 page\n2026-03-05 10:00 page\n2026-03-06 10:00 Order\n");
    s.touch[0] = (struct kf_touch){0, "cpc", false};
    s.touch[1] = (struct kf_touch){1, "email", false};
    s.touch[2] = (struct kf_touch){1, "cpc", true}; /* a mention */
    s.n_touches = 3;
    is_true(&s, "touch { medium = \"cpc\" }:count():is(1)");
    is_true(&s, "touch { medium = exists() }:count():is(2)");
    is_true(&s, "touch { medium = \"email\" }:followed_by(event \"Order\", days(2))");
    is_false(&s, "touch { medium = \"cpc\" }:followed_by(event \"Order\", days(2))");
    is_true(&s, "touch { medium = \"email\" }:within(days(27))");
    is_false(&s, "touch { medium = \"email\" }:within(days(26))");
    is_true(&s, "first_touch { medium = \"cpc\" }");
    is_false(&s, "first_touch { medium = \"email\" }");
    is_true(&s, "last_touch { medium = \"email\" }");
    s.n_touches = 0;
    is_false(&s, "last_touch { medium = \"email\" }");
    is_true(&s, "none { first_touch { medium = exists() } }");
    shop_close(&s);
}
END_TEST

/* ---- looking at one event ---- */

START_TEST(this_one_is_asked)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 Click ip=1 email=a\n2026-03-01 10:00:01 Install\n"
              "2026-03-01 10:00:02 Click\n2026-03-01 10:00:03 Click\n");
    s.look_at = 1;
    is_true(&s, "event \"Click\"");
    is_false(&s, "event \"Install\"");
    is_true(&s, "property \"ip\":is(1)");
    is_true(&s, "identifier \"email\":is(\"a\")");
    /* looks ahead by its length and no further */
    is_true(&s, "event \"Click\":followed_by(event \"Install\", seconds(2))");
    is_false(&s, "event \"Click\":followed_by(event \"Install\", seconds(1))");
    is_false(&s, "event \"Click\":within(days(1)):count():at_least(2)");
    s.look_at = 3;
    is_false(&s, "property \"ip\":exists()");
    is_false(&s, "identifier \"email\":exists()");
    is_false(&s, "event \"Click\":followed_by(event \"Install\", seconds(2))");
    is_true(&s, "event \"Click\":within(days(1)):count():is(2)"); /* it included, it the last */
    is_true(&s, "event \"Click\":within(seconds(2)):count():is(1)");
    is_true(&s, "event \"Install\":within(days(1))");
    shop_close(&s);
}
END_TEST

START_TEST(with_same_value)
{
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 Order k=a id=x who=1\n2026-03-01 10:00 Order k=a id=y who=2\n"
              "2026-03-01 12:00 Order k=b who=3\n2026-03-02 10:00 Order k=a who=1\n"
              "2026-03-02 11:00 Order\n2026-03-02 10:00 Other k=a\n");
    uint32_t only[1] = {3};
    uint32_t *all = s.order;
    s.order = only; /* the profile has one of them */
    s.n = 1;
    s.look_at = 4;
    is_true(&s, "event \"Order\":with_same \"k\":count():is(3)");
    is_true(&s, "event \"Order\":with_same \"k\":within(hours(25)):count():is(3)");
    is_true(&s, "event \"Order\":with_same \"k\":within(hours(24)):count():is(1)");
    /* in one rule: what one window left is not what the others begin with */
    is_true(&s, "all { event \"Order\":with_same \"k\":within(hours(24)):count():is(1),"
                " event \"Order\":with_same \"k\":within(hours(25)):count():is(3),"
                " event \"Order\":with_same \"k\":count():is(3) }");
    is_true(&s, "event \"Order\":with_same \"k\":profiles():is(2)");
    s.look_at = 1; /* of two at one instant the later id sees both */
    is_true(&s, "event \"Order\":with_same \"k\":count():is(1)");
    s.look_at = 2;
    is_true(&s, "event \"Order\":with_same \"k\":count():is(2)");
    s.look_at = 5;
    is_true(&s, "event \"Order\":with_same \"k\":count():is(0)"); /* missing equals nothing */
    s.order = all;
    shop_close(&s);
}
END_TEST

/* Scratch does not grow with the events looked at. */
START_TEST(looking_keeps_memory)
{
    struct loaded l;
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-01 10:00 Click v=abc\n2026-03-01 10:00:01 Click v=ABC\n");
    s.look_at = 1;
    load_condition(&s,
                   "all { event \"Click\":where { v = is(\"abc\"):ignoring_case() }, "
                   "event \"Click\":within(days(1)):distinct(\"v\"):at_least(1) }",
                   &l);
    size_t used = 0;
    for (int i = 0; i < 1000; i++) {
        kf_eval_event(&l.ev, (uint32_t)i % 2);
        ck_assert_int_eq(kf_eval_cond(&l.ev, l.node), KF_TRUE);
        if (i == 1)
            used = l.ev.scratch.used;
    }
    ck_assert_uint_le(l.ev.scratch.used, used + 16);
    const struct kf_node *select = l.node->kid[0]->kid[0];
    used = l.ev.scratch.used;
    for (int i = 0; i < 1000; i++)
        ck_assert(kf_eval_event_matches(&l.ev, (uint32_t)i % 2, select));
    ck_assert_uint_eq(l.ev.scratch.used, used);
    free_rules(&l);
    shop_close(&s);
}
END_TEST

START_TEST(selected_events)
{
    struct loaded l;
    const uint32_t *event;
    uint32_t n;
    shop_open(&s, "2026-03-31T12:00:00Z",
              "2026-03-03 10:00 A v=1\n2026-03-02 10:00 A v=x\n2026-03-01 10:00 A v=1\n");
    load_condition(&s, "event \"A\":where { v = 1 }", &l);
    ck_assert_int_eq(kf_eval_select(&l.ev, l.node->kid[0], &event, &n), KF_UNDECIDED);
    ck_assert_uint_eq(n, 2);
    ck_assert_uint_eq(event[0], 2);
    ck_assert_uint_eq(event[1], 0);
    ck_assert(kf_eval_event_matches(&l.ev, 0, l.node->kid[0]));
    ck_assert(!kf_eval_event_matches(&l.ev, 1, l.node->kid[0]));
    free_rules(&l);
    shop_close(&s);
}
END_TEST

static Suite *suite(void)
{
    Suite *su = suite_create("eval_select");
    TCase *t = tcase_create("select");
    tcase_add_test(t, names_and_types);
    tcase_add_test(t, many_event_sets);
    tcase_add_test(t, source_and_platform);
    tcase_add_test(t, once_per_newest_oldest);
    tcase_add_test(t, order_is_by_time_then_id);
    tcase_add_test(t, each_element);
    tcase_add_test(t, per_value);
    tcase_add_test(t, some_window);
    tcase_add_test(t, followed_by);
    tcase_add_test(t, not_followed_by_waits);
    tcase_add_test(t, same_of_several);
    tcase_add_test(t, sequences);
    tcase_add_test(t, sequence_takes_the_best_chain);
    tcase_add_test(t, touches);
    suite_add_tcase(su, t);
    t = tcase_create("looking at one event");
    tcase_add_test(t, this_one_is_asked);
    tcase_add_test(t, with_same_value);
    tcase_add_test(t, looking_keeps_memory);
    tcase_add_test(t, selected_events);
    suite_add_tcase(su, t);
    return su;
}

KF_TEST_MAIN(suite)
