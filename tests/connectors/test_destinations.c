/* Files that destinations write: bytes, what is refused, and that nothing is seen before the
 * commit. */
#include "../unit/check_main.h"

#include "config/problems.h"
#include "config/yaml.h"
#include "plugin/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/kf-dest-XXXXXX";
static struct kf_arena arena;

static const struct kf_column columns[] = {{"profile", KF_CELL_TEXT, 0},
                                           {"email", KF_CELL_TEXT, 1},
                                           {"value", KF_CELL_NUMBER, 0},
                                           {"tags", KF_CELL_LIST, 0}};

static struct kf_cell cell(uint32_t type, const char *text)
{
    struct kf_cell c = {type, 0, {text, text ? strlen(text) : 0}};
    return c;
}

struct dest {
    const struct kf_plugin_handle *h;
    void *instance;
};

static int open_dest(struct dest *d, const char *plugin, const char *yaml)
{
    char file[400];
    struct kf_error err = KF_ERROR_INIT;
    struct kf_problems p = {.module = "t", .file = "k"};
    struct kf_yaml *y;
    struct kf_option_value *v;
    snprintf(file, sizeof file, "%s/%s.so", KF_MODULE_DIR, plugin);
    ck_assert_msg(kf_plugin_load(file, &d->h, &err) == 0, "%s", err.message);
    kf_yaml_read(yaml, strlen(yaml), &arena, &p, &y);
    ck_assert_msg(kf_plugin_options(d->h, y, "k", dir, &v, NULL, NULL, &err) == 0, "%s",
                  err.message);
    d->instance = NULL;
    int r = d->h->destination.open(NULL, v, columns, 4, &d->instance, &err);
    kf_plugin_options_free(v, d->h->n_options);
    return r;
}

static void finish(struct dest *d, int commit)
{
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_msg(d->h->destination.finish(d->instance, commit, &err) == 0, "%s", err.message);
    d->h->destination.close(d->instance);
}

static const char *content(const char *name)
{
    static char text[4096];
    char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "r");
    if (!f)
        return NULL;
    size_t n = fread(text, 1, sizeof text - 1, f);
    text[n] = 0;
    fclose(f);
    return text;
}

static void put_rows(struct dest *d)
{
    static const char with_nul[] = {'a', 0, 'b'};
    struct kf_cell rows[5][4] = {
        {cell(KF_CELL_TEXT, "p1"), cell(KF_CELL_TEXT, "a@x.test"), cell(KF_CELL_NUMBER, "-12.50"),
         cell(KF_CELL_LIST, "[\"x\",\"y\"]")},
        {cell(KF_CELL_TEXT, "=1+1"), cell(KF_CELL_TEXT, "+49 30 123"), cell(KF_CELL_NULL, NULL),
         cell(KF_CELL_LIST, "[]")},
        {cell(KF_CELL_TEXT, "a,\"b\"\nc"), cell(KF_CELL_TEXT, " x"), cell(KF_CELL_NUMBER, "7"),
         cell(KF_CELL_NULL, NULL)},
        {cell(KF_CELL_TEXT, "p3"),
         {KF_CELL_TEXT, 0, {with_nul, 3}},
         cell(KF_CELL_NULL, NULL),
         cell(KF_CELL_NULL, NULL)},
        {cell(KF_CELL_TEXT, "@cmd"), cell(KF_CELL_TEXT, "-x"), cell(KF_CELL_NUMBER, "1"),
         cell(KF_CELL_NULL, NULL)},
    };
    struct kf_row r[5];
    int32_t results[5] = {9, 9, 9, 9, 9};
    struct kf_error err = KF_ERROR_INIT;
    for (int i = 0; i < 5; i++)
        r[i] = (struct kf_row){rows[i], 4};
    ck_assert_int_eq(d->h->destination.write(d->instance, r, 5, results, &err), 0);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(results[i], i == 3 ? KF_DEST_REJECT : KF_DEST_OK);
    ck_assert_ptr_nonnull(strstr(err.message, "NUL"));
    struct kf_row short_row = {rows[0], 3};
    ck_assert_int_eq(d->h->destination.write(d->instance, &short_row, 1, results, &err), 0);
    ck_assert_int_eq(results[0], KF_DEST_REJECT);
}

START_TEST(csv)
{
    struct dest d;
    ck_assert_int_eq(open_dest(&d, "destination_csv", "path: deep/er/out.csv\n"), 0);
    put_rows(&d);
    ck_assert_ptr_null(content("deep/er/out.csv")); /* not before the commit */
    finish(&d, 1);
    ck_assert_str_eq(content("deep/er/out.csv"), "profile,email,value,tags\n"
                                                 "p1,a@x.test,-12.50,\"[\"\"x\"\",\"\"y\"\"]\"\n"
                                                 "'=1+1,+49 30 123,,[]\n"
                                                 "\"a,\"\"b\"\"\nc\",\" x\",7,\n"
                                                 "'@cmd,'-x,1,\n");
    ck_assert_ptr_null(content("deep/er/out.csv.tmp"));
    struct stat st;
    char path[200];
    snprintf(path, sizeof path, "%s/deep/er/out.csv", dir);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);

    /* Thrown away: the old file stays. */
    ck_assert_int_eq(open_dest(&d, "destination_csv", "path: deep/er/out.csv\ndelimiter: ;\n"), 0);
    finish(&d, 0);
    ck_assert_int_eq(strncmp(content("deep/er/out.csv"), "profile,email", 13), 0);
    ck_assert_ptr_null(content("deep/er/out.csv.tmp"));

    ck_assert_int_eq(open_dest(&d, "destination_csv",
                               "path: deep/er/out.csv\ndelimiter: \";\"\nbom: true\nheader: "
                               "false\nformula_guard: false\n"),
                     0);
    put_rows(&d);
    finish(&d, 1);
    ck_assert_str_eq(content("deep/er/out.csv"),
                     "\xef\xbb\xbfp1;a@x.test;-12.50;\"[\"\"x\"\",\"\"y\"\"]\"\n"
                     "=1+1;+49 30 123;;[]\n"
                     "\"a,\"\"b\"\"\nc\";\" x\";7;\n"
                     "@cmd;-x;1;\n");
}
END_TEST

START_TEST(jsonl)
{
    struct dest d;
    ck_assert_int_eq(open_dest(&d, "destination_jsonl", "path: out.jsonl\n"), 0);
    put_rows(&d);
    finish(&d, 1);
    ck_assert_str_eq(
        content("out.jsonl"),
        "{\"profile\":\"p1\",\"email\":\"a@x.test\",\"value\":-12.50,\"tags\":[\"x\",\"y\"]}\n"
        "{\"profile\":\"=1+1\",\"email\":\"+49 30 123\",\"value\":null,\"tags\":[]}\n"
        "{\"profile\":\"a,\\\"b\\\"\\u000ac\",\"email\":\" x\",\"value\":7,\"tags\":null}\n"
        "{\"profile\":\"@cmd\",\"email\":\"-x\",\"value\":1,\"tags\":null}\n");
    ck_assert_int_eq(open_dest(&d, "destination_jsonl", "path: out.jsonl\nnulls: drop\n"), 0);
    put_rows(&d);
    finish(&d, 1);
    ck_assert_ptr_nonnull(strstr(content("out.jsonl"),
                                 "{\"profile\":\"=1+1\",\"email\":\"+49 30 123\",\"tags\":[]}\n"));
    ck_assert_ptr_nonnull(
        strstr(content("out.jsonl"), "{\"profile\":\"@cmd\",\"email\":\"-x\",\"value\":1}\n"));
}
END_TEST

START_TEST(what_cannot_be_written)
{
    struct dest d;
    char blocked[200];
    snprintf(blocked, sizeof blocked, "%s/file", dir);
    fclose(fopen(blocked, "w"));
    ck_assert_int_eq(open_dest(&d, "destination_csv", "path: file/below.csv\n"), KF_E_CANTCREATE);
    ck_assert_int_eq(open_dest(&d, "destination_jsonl", "path: file/below.jsonl\n"),
                     KF_E_CANTCREATE);
    /* Half-open and closed without finish: no file is left behind. */
    ck_assert_int_eq(open_dest(&d, "destination_csv", "path: half.csv\n"), 0);
    ck_assert_ptr_nonnull(content("half.csv.tmp"));
    d.h->destination.close(d.instance);
    ck_assert_ptr_null(content("half.csv.tmp"));
    ck_assert_ptr_null(content("half.csv"));
    d.h->destination.close(NULL);
}
END_TEST

START_TEST(a_commit_that_fails_is_an_error)
{
    struct dest d;
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_int_eq(open_dest(&d, "destination_csv", "path: full.csv\n"), 0);
    char link[200];
    snprintf(link, sizeof link, "%s/full.csv", dir);
    ck_assert_int_eq(mkdir(link, 0700), 0); /* a folder in its place: the rename fails */
    ck_assert_int_eq(d.h->destination.finish(d.instance, 1, &err), KF_E_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "cannot write '"));
    d.h->destination.close(d.instance);
    ck_assert_ptr_null(content("full.csv.tmp"));
}
END_TEST

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
    char cmd[100];
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    if (system(cmd) != 0)
        return;
    memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
}

static Suite *suite(void)
{
    Suite *s = suite_create("destinations");
    TCase *t = tcase_create("destinations");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, csv);
    tcase_add_test(t, jsonl);
    tcase_add_test(t, what_cannot_be_written);
    tcase_add_test(t, a_commit_that_fails_is_an_error);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
