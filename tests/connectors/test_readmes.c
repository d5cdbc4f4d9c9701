/* Every connector has a page whose table of options is what the loader says, and a sample.
 *
 * KF_GOLDEN_WRITE=1 writes the tables instead. */
#include "../unit/check_main.h"

#include "plugin/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BEGIN "<!-- options: written by tests/connectors -->\n"
#define END   "<!-- end of options -->\n"

static const char *const names[] = {"_template",         "source_segment",   "source_salesforce",
                                    "source_google_ads", "source_appsflyer", "source_csv",
                                    "destination_csv",   "destination_jsonl"};

static char *slurp(const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f)
        return NULL;
    struct kf_buf b = {0};
    char chunk[4096];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        kf_buf_add(&b, chunk, n);
    fclose(f);
    kf_buf_add(&b, "", 0);
    return b.p;
}

START_TEST(options_of_the_page_are_the_plugins)
{
    char file[500], page[500];
    const char *name = names[_i];
    struct kf_error err = KF_ERROR_INIT;
    const struct kf_plugin_handle *h;
    snprintf(file, sizeof file, "%s/%s.so", name[0] == '_' ? KF_TEMPLATE_DIR : KF_MODULE_DIR, name);
    snprintf(page, sizeof page, "%s/plugins/%s/README.md", KF_SOURCE_DIR, name);
    ck_assert_msg(kf_plugin_load(file, &h, &err) == 0, "%s", err.message);
    struct kf_buf table = {0};
    kf_plugin_options_markdown(h, &table);
    char *text = slurp(page);
    ck_assert_msg(text != NULL, "%s is not there", page);
    char *begin = strstr(text, BEGIN), *end = strstr(text, END);
    ck_assert_msg(begin && end && begin < end, "%s has no place for the options", page);
    begin += strlen(BEGIN);
    if (getenv("KF_GOLDEN_WRITE")) {
        FILE *f = fopen(page, "w");
        fwrite(text, 1, (size_t)(begin - text), f);
        fwrite(table.p, 1, table.n, f);
        fputs(end, f);
        fclose(f);
    } else {
        *end = 0;
        ck_assert_str_eq(begin, table.p);
    }
    kf_buf_free(&table);
    free(text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("readmes");
    TCase *t = tcase_create("readmes");
    tcase_add_loop_test(t, options_of_the_page_are_the_plugins, 0, sizeof names / sizeof *names);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
