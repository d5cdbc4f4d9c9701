/* What becomes of one member or cell of each type: the field it makes, or the sentence with which
 * its record is refused. */
#include "event_support.h"

#include "event/body.h"
#include "event/hand.h"

static const struct kf_map rows[] = {
    TEST_ROWS,
    {"text", KF_TO_FIELD, KF_FIELD_TEXT, "x", 0, 0, 0},
    {"number", KF_TO_FIELD, KF_FIELD_NUMBER, "x", 0, 0, 0},
    {"money", KF_TO_FIELD, KF_FIELD_MONEY, "x", 0, 0, "N/A"},
    {"micros", KF_TO_FIELD, KF_FIELD_MICROS, "x", 0, 0, 0},
    {"bool", KF_TO_FIELD, KF_FIELD_BOOL, "x", 0, 0, 0},
    {"time", KF_TO_FIELD, KF_FIELD_TIME, "x", 0, 0, 0},
    {"day", KF_TO_FIELD, KF_FIELD_TIME, "x", 0, "%d.%m.%Y %H:%M", 0},
    {"any", KF_TO_FIELD, KF_FIELD_ANY, "x", 0, 0, 0},
    {"news", KF_TO_CONSENT, 0, "mail", 0, 0, 0},
    {"on", KF_TO_PLATFORM, 0, 0, 0, 0, 0},
    {"sent", KF_TO_SENT, 0, 0, 0, 0, 0},
    {"late", KF_TO_TIME, 0, 0, 0, 0, 0},
    {"skip", KF_TO_SKIP, 0, 0, 0, 0, 0}};

static struct got g;

static void setup(void)
{
    test_shape = (struct kf_shape){
        .format = KF_FORMAT_JSON, .map = rows, .map_len = sizeof rows / sizeof *rows};
}

/* The value of field x (or consent.mail) as JSON, or "reason: sentence". */
static const char *outcome(const char *text)
{
    static char out[600];
    struct kf_val v;
    read_text(&g, text, strlen(text));
    if (g.result->n_quarantine) {
        const struct kf_quarantine *q = g.result->quarantine;
        snprintf(out, sizeof out, "%s: %.*s", q->reason, (int)q->detail.n, q->detail.p);
    } else {
        ck_assert_uint_eq(g.events->n, 1);
        bool consent = strstr(text, "news") != NULL;
        uint32_t key = kf_symbols_find(g.dict.key, kf_cstr(consent ? "consent.mail" : "x"));
        if (!kf_body_get(g.events, 0, key, &v)) {
            snprintf(out, sizeof out, "nothing");
        } else {
            kf_buf_clear(&g.text);
            kf_event_json(g.events, 0, &g.text);
            const char *at = strstr(g.text.p, consent ? "\"consent.mail\":" : "\"x\":");
            ck_assert_ptr_nonnull(at);
            at = strchr(at, ':') + 1;
            snprintf(out, sizeof out, "%.*s", (int)strcspn(at, ",}"), at);
        }
    }
    got_end(&g);
    return out;
}

static const char *json(const char *members)
{
    char text[700];
    snprintf(text, sizeof text, "{\"t\":\"page\",\"at\":\"2026-01-01\",%s}\n", members);
    test_shape.format = KF_FORMAT_JSON;
    return outcome(text);
}

static const char *cell(const char *column, const char *value)
{
    char text[300];
    snprintf(text, sizeof text, "t;at;%s\npage;2026-01-01;%s\n", column, value);
    test_shape.format = KF_FORMAT_CSV;
    test_shape.delimiter = ';';
    return outcome(text);
}

START_TEST(members_of_json)
{
    static const char *const cases[][2] = {
        {"\"text\":\"a\"", "\"a\""},
        {"\"text\":12.50", "\"12.50\""},
        {"\"text\":true", "\"true\""},
        {"\"text\":null", "null"},
        {"\"text\":{}", "bad_type: 'text' is an object where a single value is wanted"},
        {"\"text\":[1]", "bad_type: 'text' is a list where a single value is wanted"},
        {"\"text\":[]", "nothing"},
        {"\"number\":12.50", "12.5"},
        {"\"number\":\"12.50\"", "12.5"},
        {"\"number\":\"\"", "nothing"},
        {"\"number\":\"many\"", "bad_type: 'number' is 'many' where a number is wanted"},
        {"\"number\":false", "bad_type: 'number' is false where a number is wanted"},
        {"\"number\":9223372036854775807", "9223372036854775807"},
        {"\"number\":999999999999999999", "999999999999999999"},
        {"\"number\":-0", "0"},
        {"\"number\":1e400",
         "bad_type: 'number' is 1e400 where a number of at most 308 digits is wanted"},
        {"\"money\":\"1,234.56 EUR\"", "1234.56"},
        {"\"micros\":1500000", "1.5"},
        {"\"micros\":\"1\"", "0.000001"},
        {"\"micros\":1e300", "bad_type: 'micros' is 1e300 where a number of millionths is wanted"},
        {"\"bool\":\"Yes\"", "true"},
        {"\"bool\":0", "false"},
        {"\"bool\":2", "bad_type: 'bool' is 2 where true or false is wanted"},
        {"\"time\":\"2026-03-01T10:00:00+01:00\"", "\"2026-03-01T09:00:00Z\""},
        {"\"day\":\"01.03.2026 10:30\"", "\"2026-03-01T10:30:00Z\""},
        {"\"day\":\"31.02.2026 10:30\"",
         "bad_time: 'day' is '31.02.2026 10:30', which is no time between 1900 and 2200 written as "
         "%d.%m.%Y %H:%M"},
        {"\"any\":1.0", "1"},
        {"\"any\":01", "bad_json: 'any' is 01, which is no number"},
        {"\"any\":nul", "bad_json: a value is neither text, number, true, false, null, object nor "
                        "list"},
        {"\"news\":\"granted\"", "\"granted\""},
        {"\"news\":0", "\"denied\""},
        {"\"news\":\"maybe\"",
         "bad_type: 'news' is 'maybe' where a consent (true or false, granted "
         "or denied) is wanted"},
        {"\"u\":{}", "bad_type: 'u' is an object where a single value is wanted"},
        {"\"u\":true", "bad_type: 'u' is true where an identifier is wanted"},
        {"\"skip\":{\"deep\":[1]}", "nothing"},
        {"\"other\":[{\"a\":1}]", "nothing"},
        {"\"text\":\"x\",\"text\":\"y\"", "\"y\""},
        {"\"t\":\"pge\"", "bad_type: 'pge' is no type of event"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(json(cases[i][0]), cases[i][1]);
}
END_TEST

START_TEST(cells_of_a_table)
{
    static const char *const cases[][3] = {
        {"number", " 12,5 ", "bad_type: 'number' is ' 12,5 ' where a number is wanted"},
        {"number", " 12.5 ", "12.5"},
        {"number", "1e3", "1000"},
        {"money", "(12.00)", "-12"},
        {"money", "\xe2\x82\xac 5", "5"},
        {"money", "N/A", "nothing"},
        {"text", "", "nothing"},
        {"text", "007", "\"007\""},
        {"any", "007", "\"007\""},
        {"bool", " no ", "false"},
        {"time", " 2026-03-01 ", "\"2026-03-01T00:00:00Z\""},
        {"time", "yesterday",
         "bad_time: 'time' is 'yesterday', which is no time between 1900 and 2200 written in ISO "
         "8601"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(cell(cases[i][0], cases[i][1]), cases[i][2]);
    test_shape.decimal = ',';
    ck_assert_str_eq(cell("money", "1.234,56"), "1234.56");
    ck_assert_str_eq(cell("number", "12,5"), "12.5");
    ck_assert_str_eq(cell("number", "1.5 Mio"), "bad_type: 'number' is '1.5 Mio' where a number is "
                                                "wanted");
}
END_TEST

/* The edges of the range in time, and what is written around them. */
START_TEST(times_of_three_centuries)
{
    static const char *const cases[][2] = {
        {"1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z"},
        {"2199-12-31T23:59:59.999999999Z", "2199-12-31T23:59:59.999999999Z"},
        {"1899-12-31T23:59:59Z", NULL},
        {"2200-01-01T00:00:01Z", NULL},
        {"2026-02-29", NULL},
        {"2028-02-29", "2028-02-29T00:00:00Z"},
        {"2026-01-01T25:00:00Z", NULL},
        {"2026-01-01T10:00", "2026-01-01T10:00:00Z"},
        {"2026-01-01 10:00:00.5+0530", "2026-01-01T04:30:00.500Z"},
        {"0000-00-00", NULL},
        {"01/02/2026", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char member[100], want[200];
        snprintf(member, sizeof member, "\"time\":\"%s\"", cases[i][0]);
        if (cases[i][1])
            snprintf(want, sizeof want, "\"%s\"", cases[i][1]);
        else
            snprintf(want, sizeof want,
                     "bad_time: 'time' is '%s', which is no time between 1900 and 2200 written in "
                     "ISO 8601",
                     cases[i][0]);
        ck_assert_str_eq(json(member), want);
    }
}
END_TEST

/* The zone of the source is that of times without one. */
START_TEST(missing_zones)
{
    const char *text = "{\"t\":\"page\",\"at\":\"2026-07-01T12:00:00\"}\n"
                       "{\"t\":\"page\",\"at\":\"2026-07-01T12:00:00Z\"}\n"
                       "{\"t\":\"page\",\"at\":\"2026-03-29T02:30:00\"}\n"; /* is skipped there */
    test_shape.zone = "Europe/Berlin";
    read_text(&g, text, strlen(text));
    ck_assert_uint_eq(g.events->n, 3);
    ck_assert_int_eq(g.events->time[0], 1782900000 * KF_SECOND);
    ck_assert_int_eq(g.events->time[1], 1782907200 * KF_SECOND);
    ck_assert_int_eq(g.events->time[2], 1774746000 * KF_SECOND);
    got_end(&g);
}
END_TEST

/* Of two rows for one target the earlier counts, whatever comes first in the record. */
START_TEST(the_earlier_row_wins)
{
    const char *text = "{\"t\":\"page\",\"late\":\"2026-01-02\",\"at\":\"2026-01-01\"}\n"
                       "{\"t\":\"page\",\"at\":\"2026-01-01\",\"late\":\"2026-01-02\"}\n"
                       "{\"t\":\"page\",\"late\":\"2026-01-02\"}\n";
    read_text(&g, text, strlen(text));
    ck_assert_uint_eq(g.events->n, 3);
    ck_assert_int_eq(g.events->time[0], 1767225600 * KF_SECOND);
    ck_assert_int_eq(g.events->time[1], 1767225600 * KF_SECOND);
    ck_assert_int_eq(g.events->time[2], 1767312000 * KF_SECOND);
    got_end(&g);
}
END_TEST

START_TEST(what_every_event_must_have)
{
    static const char *const cases[][2] = {
        {"{\"at\":\"2026-01-01\"}\n", "no_type: nothing says what type of event this is"},
        {"{\"t\":\"page\"}\n", "no_time: nothing says when it happened"},
        {"{\"t\":\"track\",\"at\":\"2026-01-01\"}\n", "no_name: a track event without a name"},
        {"{\"t\":\"track\",\"e\":\"\",\"at\":\"2026-01-01\"}\n",
         "no_name: a track event without a name"},
        {"7\n", "not_object: the record is no JSON object"},
        {"{\"t\":\"page\"\n", "bad_json: the object does not end"},
        {"{\"t\":\"page\"}{}\n", "bad_json: something follows the end of the object"},
        {"{\"t\" \"page\"}\n", "bad_json: a member's name is not followed by :"},
        {"{t:1}\n", "bad_json: an object's member has no name"},
        {"{\"t\":\"pa\tge\"}\n",
         "bad_json: a text has no closing quote, or a tab or another control character in it"},
        {"{\"t\":\"\xff\"}\n", "bad_encoding: the record is not UTF-8"},
        {"{\"t\":\"\\x\"}\n", "bad_json: a text has an escape that JSON does not know"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(outcome(cases[i][0]), cases[i][1]);
}
END_TEST

/* A record that is made to cost much is refused soon. */
START_TEST(costly_records)
{
    struct kf_buf text = {0};
    kf_buf_adds(&text, "{\"t\":\"page\",\"at\":\"2026-01-01\"");
    for (int i = 0; i < 300000; i++)
        kf_buf_adds(&text, ",\"any\":1");
    kf_buf_adds(&text, "}\n");
    ck_assert_str_eq(outcome(text.p), "too_many_properties: more than 4096 members are repeated");
    kf_buf_clear(&text);
    kf_buf_adds(&text, "{\"t\":\"page\",\"at\":\"2026-01-01\"");
    for (int i = 0; i < 5000; i++)
        kf_buf_addf(&text, ",\"u\":\"%d\"", i);
    kf_buf_adds(&text, "}\n");
    ck_assert_str_eq(outcome(text.p), "too_many_identifiers: more than 4096 identifiers");
    kf_buf_free(&text);
}
END_TEST

START_TEST(platforms)
{
    static const struct {
        const char *word;
        uint8_t platform;
    } cases[] = {{"Web", KF_PLATFORM_WEB},       {"iPhone", KF_PLATFORM_IOS},
                 {"iPadOS", KF_PLATFORM_IOS},    {"ANDROID", KF_PLATFORM_ANDROID},
                 {"server", KF_PLATFORM_SERVER}, {"fridge", KF_PLATFORM_NONE},
                 {"", KF_PLATFORM_NONE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_uint_eq(kf_platform_parse(kf_cstr(cases[i].word)), cases[i].platform);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("hand");
    TCase *t = tcase_create("hand");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, members_of_json);
    tcase_add_test(t, cells_of_a_table);
    tcase_add_test(t, times_of_three_centuries);
    tcase_add_test(t, missing_zones);
    tcase_add_test(t, the_earlier_row_wins);
    tcase_add_test(t, what_every_event_must_have);
    tcase_add_test(t, costly_records);
    tcase_add_test(t, platforms);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
