/* Each test of RULES 2, at its boundary, on missing values and on values of a wrong type. */
#include "eval_support.h"

#include "../check_main.h"

static struct shop s;

static void one_order(void)
{
    shop_open(&s, "2026-03-01T12:00:00Z",
              "2026-03-01 10:00 Order revenue=50 currency=EUR n=5 x=2.5 coupon=SAVE10 ok=true "
              "empty='' nothing=null tags='[\"red\",\"Blue\"]' version=4.10 "
              "shop=MÜNCHEN sizes='[36,38]' none='[]' text='5' "
              "traits.plan=pro context.app.version=4.2.0-beta platform=ios source=crm\n");
}

static void close_it(void)
{
    shop_close(&s);
}

#define WHERE(test) "event \"Order\":where { " test " }"

START_TEST(equality)
{
    is_true(&s, WHERE("coupon = \"SAVE10\""));
    is_false(&s, WHERE("coupon = \"save10\""));
    is_true(&s, WHERE("coupon = is(\"save10\"):ignoring_case()"));
    is_true(&s, WHERE("shop = is(\"münchen\"):ignoring_case()"));
    is_false(&s, WHERE("shop = is(\"munchen\"):ignoring_case()"));
    is_true(&s, WHERE("n = 5"));
    is_true(&s, WHERE("n = 5.0"));
    is_false(&s, WHERE("n = 5.01"));
    is_true(&s, WHERE("ok = true"));
    is_false(&s, WHERE("ok = false"));
    is_true(&s, WHERE("n = is_not(6)"));
    is_false(&s, WHERE("n = is_not(5)"));
    is_true(&s, WHERE("coupon = is_one_of { \"A\", \"SAVE10\" }"));
    is_false(&s, WHERE("coupon = is_one_of { \"A\", \"B\" }"));
    is_false(&s, WHERE("coupon = is_none_of { \"A\", \"SAVE10\" }"));
    is_true(&s, WHERE("coupon = is_none_of { \"A\", \"B\" }"));
    is_true(&s, WHERE("[\"traits.plan\"] = \"pro\""));
}
END_TEST

START_TEST(order)
{
    is_true(&s, WHERE("n = at_least(5)"));
    is_false(&s, WHERE("n = at_least(5.000001)"));
    is_true(&s, WHERE("n = at_most(5)"));
    is_false(&s, WHERE("n = at_most(4.999999)"));
    is_false(&s, WHERE("n = more_than(5)"));
    is_true(&s, WHERE("n = more_than(4.999999)"));
    is_false(&s, WHERE("n = less_than(5)"));
    is_true(&s, WHERE("n = less_than(5.000001)"));
    is_true(&s, WHERE("n = between(5, 6)"));
    is_true(&s, WHERE("n = between(4, 5)"));
    is_false(&s, WHERE("n = between(5.1, 6)"));
    is_false(&s, WHERE("n = between(4, 4.9)"));
    is_true(&s, WHERE("x = at_least(percent(250))"));
    is_false(&s, WHERE("x = more_than(percent(250))"));
}
END_TEST

START_TEST(texts)
{
    is_true(&s, WHERE("coupon = contains(\"VE1\")"));
    is_false(&s, WHERE("coupon = contains(\"ve1\")"));
    is_true(&s, WHERE("coupon = contains(\"ve1\"):ignoring_case()"));
    is_true(&s, WHERE("coupon = starts_with(\"SAVE10\")"));
    is_false(&s, WHERE("coupon = starts_with(\"SAVE100\")"));
    is_true(&s, WHERE("coupon = ends_with(\"10\")"));
    is_false(&s, WHERE("coupon = ends_with(\"1\")"));
    is_true(&s, WHERE("coupon = matches(\"SAVE??\")"));
    is_false(&s, WHERE("coupon = matches(\"SAVE?\")"));
    is_true(&s, WHERE("coupon = matches(\"save*\"):ignoring_case()"));
    is_false(&s, WHERE("coupon = matches(\"SAVE\")"));
}
END_TEST

START_TEST(versions)
{
    const char *path = "event \"Order\":where { [\"context.app.version\"] = %s(version \"%s\") }";
    static const struct {
        const char *test, *version;
        enum kf_truth want;
    } rows[] = {{"at_least", "4.2", KF_TRUE},     {"at_least", "4.2.0.1", KF_FALSE},
                {"at_least", "4.10", KF_FALSE},   {"less_than", "4.10", KF_TRUE},
                {"is", "4.2", KF_TRUE},           {"more_than", "4.1.99", KF_TRUE},
                {"more_than", "4.2.0", KF_FALSE}, {"at_most", "04.02", KF_TRUE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[200];
        snprintf(text, sizeof text, path, rows[i].test, rows[i].version);
        truth_is(&s, text, rows[i].want);
    }
}
END_TEST

START_TEST(missing)
{
    static const char *const names[] = {"absent", "empty", "nothing", "none"};
    static const struct {
        const char *test;
        enum kf_truth want;
    } rows[] = {{"missing()", KF_TRUE},
                {"exists()", KF_FALSE},
                {"is_not(\"a\")", KF_TRUE},
                {"is_none_of { \"a\", \"b\" }", KF_TRUE},
                {"is(\"a\")", KF_FALSE},
                {"is_one_of { \"a\" }", KF_FALSE},
                {"at_least(0)", KF_FALSE},
                {"less_than(0)", KF_FALSE},
                {"contains(\"a\")", KF_FALSE},
                {"within(days(1))", KF_FALSE},
                {"older_than(days(1))", KF_FALSE},
                {"in_month(3)", KF_FALSE}};
    for (size_t n = 0; n < 4; n++) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            char text[200];
            snprintf(text, sizeof text, "event \"Order\":where { %s = %s }", names[n],
                     rows[i].test);
            truth_is(&s, text, rows[i].want);
            ck_assert_uint_eq(s.wrong_type, 0);
        }
    }
    is_true(&s, WHERE("coupon = exists()"));
    is_false(&s, WHERE("coupon = missing()"));
    is_true(&s, WHERE("ok = exists()"));
    is_true(&s, WHERE("absent = none { starts_with \"a\" }"));
}
END_TEST

START_TEST(wrong_types)
{
    static const char *const tests[] = {
        "text = 5",
        "text = at_least(5)",
        "coupon = more_than(1)",
        "n = \"5\"",
        "n = contains(\"5\")",
        "ok = \"true\"",
        "coupon = true",
        "n = is_not(\"5\")",
        "coupon = at_least(version \"1.0\")",
        "coupon = within(days(1))",
        "n = before(date \"2026-03-01\")",
        "n = on_weekday { \"sunday\" }",
        "n = at_least(money(5, \"EUR\"))",
    };
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        char text[200];
        snprintf(text, sizeof text, "event \"Order\":where { %s }", tests[i]);
        truth_is(&s, text, KF_UNDECIDED);
        ck_assert_msg(s.wrong_type == 1, "%s: counted %u times", tests[i], (unsigned)s.wrong_type);
    }
    /* one alternative of the right type is enough to decide */
    is_false(&s, WHERE("n = is_one_of { \"5\", 6 }"));
    is_true(&s, WHERE("n = is_one_of { \"5\", 5 }"));
}
END_TEST

START_TEST(lists)
{
    is_true(&s, WHERE("tags = \"red\""));
    is_false(&s, WHERE("tags = \"green\""));
    is_false(&s, WHERE("tags = is_not(\"red\")"));
    is_true(&s, WHERE("tags = is_not(\"green\")"));
    is_false(&s, WHERE("tags = is_none_of { \"green\", \"Blue\" }"));
    is_true(&s, WHERE("tags = contains(\"red\")"));
    is_false(&s, WHERE("tags = contains(\"re\")")); /* an element, not a part of one */
    is_true(&s, WHERE("tags = contains(\"blue\"):ignoring_case()"));
    is_true(&s, WHERE("tags = starts_with(\"re\")"));
    is_true(&s, WHERE("sizes = more_than(37)"));
    is_false(&s, WHERE("sizes = more_than(38)"));
    is_true(&s, WHERE("tags = exists()"));
    is_false(&s, WHERE("tags = missing()"));
}
END_TEST

START_TEST(other_values)
{
    shop_trait(&s, "y", text_value("SAVE10"));
    is_true(&s, "event \"Order\":where { coupon = is(trait \"y\") }");
    shop_trait(&s, "y", text_value("other"));
    is_false(&s, "event \"Order\":where { coupon = is(trait \"y\") }");
    is_true(&s, "event \"Order\":where { coupon = is_not(trait \"y\") }");
    shop_trait(&s, "y", kf_value_missing());
    is_false(&s, "event \"Order\":where { coupon = is(trait \"y\") }");
    is_true(&s, "event \"Order\":where { coupon = is_not(trait \"y\") }");
    is_false(&s, "event \"Order\":where { n = at_least(property \"absent\") }");
    is_true(&s, "event \"Order\":where { n = more_than(property \"x\") }");
    is_false(&s, "event \"Order\":where { x = more_than(property \"n\") }");
    shop_trait(&s, "y", kf_value_undecided("because"));
    is_undecided(&s, "event \"Order\":where { coupon = is(trait \"y\") }");
    ck_assert_str_eq(s.why, "because");
}
END_TEST

START_TEST(columns)
{
    is_true(&s, WHERE("[\"event.type\"] = \"track\", [\"event.name\"] = \"Order\""));
    is_true(&s, WHERE("[\"event.platform\"] = \"ios\", [\"event.source\"] = \"crm\""));
    is_true(&s, WHERE("[\"event.time\"] = within(hours(3))"));
    is_false(&s, WHERE("[\"event.time\"] = within(hours(2))"));
    is_true(&s, WHERE("[\"event.received_at\"] = at_hours(\"10:00\", \"10:01\")"));
}
END_TEST

START_TEST(identifiers)
{
    shop_close(&s);
    shop_open(&s, "2026-03-01T12:00:00Z",
              "2026-03-01 10:00 A email=a@x.example\n2026-03-01 10:01 A email=b@y.example\n"
              "2026-03-01 10:02 A\n");
    is_true(&s, "identifier \"email\":exists()");
    is_false(&s, "identifier \"phone\":exists()");
    is_true(&s, "identifier \"phone\":missing()");
    is_true(&s, "identifier \"email\":ends_with(\"@y.example\")");
    is_true(&s, "identifier \"email\":contains(\"b@y\")"); /* into each of several values */
    is_false(&s, "identifier \"email\":is_not(\"a@x.example\")");
    is_true(&s, "identifier \"email\":count():is(2)");
    is_true(&s, "identifier \"phone\":count():is(0)");
    is_true(&s, "any_event():distinct(identifier \"email\"):is(2)");
}
END_TEST

START_TEST(text_of_values)
{
    struct kf_value v = {.type = KF_VAL_RATIO, .ratio = {3, 5}};
    struct kf_buf b = {0};
    kf_value_format(&v, NULL, &b);
    ck_assert_str_eq(b.p, "0.6");
    kf_buf_clear(&b);
    v.ratio = (struct kf_ratio){2, 3};
    kf_value_format(&v, NULL, &b);
    ck_assert_str_eq(b.p, "0.666667");
    kf_buf_clear(&b);
    v = (struct kf_value){.type = KF_VAL_MONEY_RATIO, .ratio = {-25, 2}, .money = {0, "EUR"}};
    kf_value_format(&v, NULL, &b);
    ck_assert_str_eq(b.p, "-0.12 EUR"); /* 12.5 minor units, half to even */
    kf_buf_clear(&b);
    v = (struct kf_value){.type = KF_VAL_MONEY, .money = {21250, "EUR"}};
    kf_value_json(&v, &b);
    ck_assert_str_eq(b.p, "{\"amount\":\"212.50\",\"currency\":\"EUR\"}");
    kf_buf_clear(&b);
    struct kf_value item[2] = {kf_value_number(3), date_value(2026, 3, 1)};
    v = (struct kf_value){.type = KF_VAL_LIST, .item = item, .n = 2};
    kf_value_json(&v, &b);
    ck_assert_str_eq(b.p, "[3,\"2026-03-01\"]");
    kf_buf_clear(&b);
    v = (struct kf_value){.type = KF_VAL_LENGTH, .time = 90 * KF_SECOND + KF_SECOND / 4};
    kf_value_json(&v, &b);
    ck_assert_str_eq(b.p, "90.25");
    kf_buf_free(&b);
}
END_TEST

static Suite *suite(void)
{
    Suite *su = suite_create("eval_test");
    TCase *t = tcase_create("tests");
    tcase_add_checked_fixture(t, one_order, close_it);
    tcase_add_test(t, equality);
    tcase_add_test(t, order);
    tcase_add_test(t, texts);
    tcase_add_test(t, versions);
    tcase_add_test(t, missing);
    tcase_add_test(t, wrong_types);
    tcase_add_test(t, lists);
    tcase_add_test(t, other_values);
    tcase_add_test(t, columns);
    tcase_add_test(t, identifiers);
    tcase_add_test(t, text_of_values);
    suite_add_tcase(su, t);
    return su;
}

KF_TEST_MAIN(suite)
