/* Options of kinfold.yaml against a connector's table, and the table as Markdown. */
#include "../check_main.h"

#include "config/problems.h"
#include "config/yaml.h"
#include "plugin/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT, COUNT, FLAG, SEP, MODE, FILE_, WAIT, LIST, MAP, TOKEN, NEED };

static const struct kf_option table[] = {
    {"text", KF_OPT_TEXT, 0, 0, 0, 0, 0, "A text."},
    {"count", KF_OPT_INT, 0, "5", 0, 1, 10, "How many."},
    {"flag", KF_OPT_BOOL, 0, "false", 0, 0, 0, "Whether."},
    {"sep", KF_OPT_CHAR, 0, "|", 0, 0, 0, "Between cells."},
    {"mode", KF_OPT_CHOICE, 0, "slow", "slow|fast|fastest", 0, 0, "How fast."},
    {"file", KF_OPT_PATH, 0, 0, 0, 0, 0, "Where."},
    {"wait", KF_OPT_DURATION, 0, "90s", 0, KF_SECOND, KF_HOUR, "How long."},
    {"list", KF_OPT_LIST, 0, 0, 0, 0, 0, "Some."},
    {"map", KF_OPT_MAP, 0, 0, 0, 0, 0, "Pairs."},
    {"token", KF_OPT_TEXT, KF_OPT_SECRET, 0, 0, 0, 0, "The key."},
    {"need", KF_OPT_TEXT, KF_OPT_REQUIRED, 0, 0, 0, 0, "Always."},
    KF_OPTION_END,
};

static struct kf_plugin_handle handle = {.plugin = {.name = "source_x", .options = table},
                                         .n_options = 11};
static struct kf_arena arena;
static char said[8192];

static void report(void *ctx, const struct kf_error *e)
{
    (void)ctx;
    size_t n = strlen(said);
    snprintf(said + n, sizeof said - n, "%s:%u:%u: %s\n", e->file, e->line, e->column, e->message);
}

static struct kf_option_value *options(const char *text, int want)
{
    struct kf_problems p = {.module = "t", .file = "k"};
    struct kf_yaml *y = NULL;
    struct kf_option_value *v = NULL;
    struct kf_error err = KF_ERROR_INIT;
    kf_yaml_read(text, strlen(text), &arena, &p, &y);
    ck_assert_uint_eq(p.n, 0);
    said[0] = 0;
    int r = kf_plugin_options(&handle, y, "kinfold.yaml", "/w", &v, report, NULL, &err);
    ck_assert_msg(r == want, "%d: %s", r, said);
    ck_assert_int_eq(err.code, want);
    return v;
}

START_TEST(values_and_defaults)
{
    setenv("KF_TEST_TOKEN", "s3cret", 1);
    struct kf_option_value *v =
        options("need: x\nmap: {B: {to: y, n: 1.50}, a: true}\nlist: [1, \"1\", 007, ~, null, a "
                "b]\nfile: out/x\n"
                "token: ${KF_TEST_TOKEN}\nsep: \\t\nmode: fast\nwait: 15m\nflag: yes\n",
                0);
    ck_assert_ptr_null(v[TEXT].text);
    ck_assert_uint_eq(v[TEXT].given, 0);
    ck_assert_int_eq(v[COUNT].number, 5);
    ck_assert_uint_eq(v[COUNT].given, 0);
    ck_assert_str_eq(v[COUNT].text, "5");
    ck_assert_int_eq(v[FLAG].number, 1);
    ck_assert_int_eq(v[SEP].number, '\t');
    ck_assert_int_eq(v[MODE].number, 1);
    ck_assert_str_eq(v[FILE_].text, "/w/out/x");
    ck_assert_uint_eq(v[FILE_].text_len, 8);
    ck_assert_int_eq(v[WAIT].number, 15 * KF_MINUTE);
    ck_assert_str_eq(v[LIST].text, "[1,\"1\",\"007\",null,null,\"a b\"]");
    ck_assert_str_eq(v[MAP].text, "{\"B\":{\"to\":\"y\",\"n\":1.50},\"a\":true}");
    ck_assert_str_eq(v[TOKEN].text, "s3cret");
    ck_assert_uint_eq(v[NEED].line, 1);
    ck_assert_uint_eq(v[NEED].column, 7);
    kf_plugin_options_free(v, 11);
    v = options("need: x\n", 0);
    ck_assert_int_eq(v[WAIT].number, 90 * KF_SECOND);
    ck_assert_int_eq(v[SEP].number, '|');
    ck_assert_ptr_null(v[LIST].text);
    kf_plugin_options_free(v, 11);
}
END_TEST

START_TEST(mistakes)
{
    unsetenv("KF_TEST_TOKEN");
    options("cuont: 3\n"
            "count: 11\n"
            "flag: maybe\n"
            "sep: ab\n"
            "mode: fastr\n"
            "wait: 2h\n"
            "list: x\n"
            "map: [1]\n"
            "text: [1]\n"
            "token: ${KF_TEST_TOKEN}\n",
            KF_E_CONFIG);
    ck_assert_str_eq(
        said, "kinfold.yaml:1:1: unknown option 'cuont' of source_x; did you mean 'count'?\n"
              "kinfold.yaml:1:1: source_x needs the option 'need': Always.\n"
              "kinfold.yaml:2:8: 'count' is '11' but must be from 1 to 10\n"
              "kinfold.yaml:3:7: 'flag' is 'maybe' but must be true or false\n"
              "kinfold.yaml:4:6: 'sep' is 'ab' but must be one ASCII character, or \\t for a tab\n"
              "kinfold.yaml:5:7: 'mode' is 'fastr' but must be one of slow|fast|fastest; did you "
              "mean 'fast'?\n"
              "kinfold.yaml:6:7: 'wait' is '2h' but must be from 1 second to 1 hour\n"
              "kinfold.yaml:7:7: 'list' must be a list, not a text\n"
              "kinfold.yaml:8:6: 'map' must be a mapping, not a list\n"
              "kinfold.yaml:9:7: 'text' must be a text, not a list\n"
              "kinfold.yaml:10:8: 'token' asks for the environment variable 'KF_TEST_TOKEN', which "
              "is not set\n");
    options("need: x\ncount: 1x\n", KF_E_CONFIG);
    ck_assert_str_eq(said, "kinfold.yaml:2:8: 'count' is '1x' but must be a whole number\n");
    options("need: x\ncount: 99999999999999999999\n", KF_E_CONFIG);
    ck_assert_str_eq(
        said, "kinfold.yaml:2:8: 'count' is '99999999999999999999' but must be a whole number\n");
    options("- need\n", KF_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(said, "'options' must be a mapping, not a list"));
}
END_TEST

START_TEST(secrets_are_not_shown)
{
    struct kf_option one[] = {{"pin", KF_OPT_INT, KF_OPT_SECRET, 0, 0, 0, 0, "The pin."},
                              KF_OPTION_END};
    struct kf_plugin_handle h = {.plugin = {.name = "source_y", .options = one}, .n_options = 1};
    struct kf_problems p = {.module = "t", .file = "k"};
    struct kf_yaml *y;
    struct kf_option_value *v;
    struct kf_error err = KF_ERROR_INIT;
    const char *text = "pin: hunter2\n";
    kf_yaml_read(text, strlen(text), &arena, &p, &y);
    ck_assert_int_eq(kf_plugin_options(&h, y, "kinfold.yaml", "/w", &v, NULL, NULL, &err),
                     KF_E_CONFIG);
    ck_assert_str_eq(err.message, "'pin' must be a whole number");
    ck_assert_uint_eq(err.line, 1);
}
END_TEST

START_TEST(markdown)
{
    struct kf_buf b = {0};
    kf_plugin_options_markdown(&handle, &b);
    ck_assert_str_eq(b.p, "| option | value | default | meaning |\n"
                          "|---|---|---|---|\n"
                          "| `text` | text | | A text. |\n"
                          "| `count` | whole number, 1 to 10 | `5` | How many. |\n"
                          "| `flag` | true or false | `false` | Whether. |\n"
                          "| `sep` | character | `\\|` | Between cells. |\n"
                          "| `mode` | one of `slow`, `fast`, `fastest` | `slow` | How fast. |\n"
                          "| `file` | path | | Where. |\n"
                          "| `wait` | length, 1 second to 1 hour | `90s` | How long. |\n"
                          "| `list` | list | | Some. |\n"
                          "| `map` | mapping | | Pairs. |\n"
                          "| `token` | text, secret | | The key. |\n"
                          "| `need` | text | required | Always. |\n");
    kf_buf_free(&b);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("options");
    TCase *t = tcase_create("options");
    tcase_add_test(t, values_and_defaults);
    tcase_add_test(t, mistakes);
    tcase_add_test(t, secrets_are_not_shown);
    tcase_add_test(t, markdown);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
