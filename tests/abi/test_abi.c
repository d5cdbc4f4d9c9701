/* What the loader says of connectors that are wrong, each in its own way. */
#include "../unit/check_main.h"

#include "plugin/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *file_of(const char *name)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/abi_%s.so", KF_ABI_DIR, name);
    return path;
}

static const struct kf_plugin_handle *load(const char *name)
{
    const struct kf_plugin_handle *h = NULL;
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_msg(kf_plugin_load(file_of(name), &h, &err) == 0, "%s: %s", name, err.message);
    return h;
}

static const struct {
    const char *name, *says; /* after "FILE: " */
} refused[] = {
    {"no_symbol",
     "is no Kinfold connector: it exports no kf_plugin_main; export it with KF_PLUGIN_EXPORT"},
    {"nothing", "its kf_plugin_main returned nothing; return a struct kf_plugin"},
    {"bad_magic",
     "is no Kinfold connector: magic number 0x12345678 found, 0x4b464c44 wanted; build it with the "
     "headers of this Kinfold"},
    {"older_major",
     "was built for plugin interface 0.0, this Kinfold speaks 1.0; build it again with the headers "
     "of this Kinfold"},
    {"newer_major",
     "was built for plugin interface 2.0, this Kinfold speaks 1.0; use a newer Kinfold or an older "
     "connector"},
    {"head_only",
     "says that its struct kf_plugin has 16 bytes, wanted more than 16 (here 80); set .size = "
     "sizeof(struct kf_plugin)"},
    {"huge_size",
     "says that its struct kf_plugin has 1048576 bytes, wanted more than 16 (here 80); set .size = "
     "sizeof(struct kf_plugin)"},
    {"bad_kind", "is of kind 7; this Kinfold knows sources (1) and destinations (2)"},
    {"no_ops", "is a source without .source; point it to its struct kf_source_ops"},
    {"ops_size", "its source operations say a size of 3 bytes, wanted 56; set .size = sizeof and "
                 "build it again"},
    {"no_open", "has no open in its source operations; write it, it is not optional"},
    {"no_shape", "has no shape in its source operations; write it, it is not optional"},
    {"no_close", "has no close in its source operations; write it, it is not optional"},
    {"no_write", "has no open in its destination operations; write it, it is not optional"},
    {"no_name", "has no .name; it must be a text"},
    {"wrong_name",
     "calls itself 'source_other' but the file is named 'abi_wrong_name'; make them the same"},
    {"long_text", "its .summary has more than 1000 bytes; shorten it"},
    {"bad_text", "its .summary is not UTF-8; write it so"},
    {"option_key", "option 1 has a bad key; use lower-case letters, digits and _"},
    {"option_type",
     "its option 'first' has the unknown type 99; use a newer Kinfold or a known type"},
    {"option_doc", "its option 'first' has no .doc; say in one sentence what it does"},
    {"option_twice", "its option 'first' stands in the table twice; remove one"},
    {"option_choices", "its option 'mode' must have .choices exactly if it is a choice"},
    {"option_default",
     "its option 'first' has a default that does not fit: it must be a whole number"},
    {"option_range", "its option 'first' has a minimum above its maximum"},
    {"option_required", "its option 'first' is required and has a default; choose one"},
    {"option_end", "its option table has no end after 200 rows; close it with KF_OPTION_END"},
};

START_TEST(refusals_say_file_found_wanted_and_remedy)
{
    const struct kf_plugin_handle *h = NULL;
    struct kf_error err = KF_ERROR_INIT;
    char want[900];
    ck_assert_int_eq(kf_plugin_load(file_of(refused[_i].name), &h, &err), KF_E_CONFIG);
    ck_assert_ptr_null(h);
    snprintf(want, sizeof want, "%s: %s", file_of(refused[_i].name), refused[_i].says);
    ck_assert_str_eq(err.message, want);
    ck_assert_str_eq(err.module, "plugin");
    ck_assert_int_eq(err.code, KF_E_CONFIG);
}
END_TEST

START_TEST(good_one_loads_once)
{
    const struct kf_plugin_handle *h = load("good");
    ck_assert_str_eq(h->plugin.name, "abi_good");
    ck_assert_uint_eq(h->n_options, 2);
    ck_assert_ptr_nonnull(h->source.open);
    ck_assert_uint_eq(h->source.size, sizeof(struct kf_source_ops));
    ck_assert_ptr_eq(h, load("good"));
}
END_TEST

/* What an older connector did not know is zero, whatever lies behind its structs. */
START_TEST(older_one_loads)
{
    const struct kf_plugin_handle *h = load("older");
    ck_assert_ptr_null(h->plugin.destination);
    ck_assert_ptr_null(h->source.column);
    ck_assert_ptr_nonnull(h->source.close);
}
END_TEST

START_TEST(newer_one_loads)
{
    const struct kf_plugin_handle *h = load("newer");
    ck_assert_uint_eq(h->plugin.minor, KF_PLUGIN_MINOR + 1);
    ck_assert_str_eq(h->plugin.summary, "For tests.");
}
END_TEST

START_TEST(open_that_fails_says_why)
{
    const struct kf_plugin_handle *h = load("open_fails");
    struct kf_error err = KF_ERROR_INIT;
    void *instance = NULL;
    ck_assert_int_eq(h->source.open(NULL, NULL, &instance, &err), KF_E_UNAVAILABLE);
    ck_assert_str_eq(err.message, "the vendor's server says no");
    ck_assert_ptr_null(instance);
}
END_TEST

static void copy(const char *from, const char *to, mode_t mode)
{
    char cmd[1400];
    snprintf(cmd, sizeof cmd, "cp '%s' '%s'", from, to);
    ck_assert_int_eq(system(cmd), 0);
    ck_assert_int_eq(chmod(to, mode), 0);
}

START_TEST(writable_by_others_is_not_run)
{
    char dir[] = "/tmp/kf-abi-XXXXXX", file[100];
    const struct kf_plugin_handle *h = NULL;
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(file, sizeof file, "%s/abi_good.so", dir);
    copy(file_of("good"), file, 0646);
    ck_assert_int_eq(kf_plugin_load(file, &h, &err), KF_E_PERM);
    char want[400];
    snprintf(want, sizeof want,
             "%s: others than its owner may write it (mode 646), so it is not run; chmod go-w it",
             file);
    ck_assert_str_eq(err.message, want);
    chmod(file, 0664);
    ck_assert_int_eq(kf_plugin_load(file, &h, &err), KF_E_PERM);
    chmod(file, 0644);
    chmod(dir, 0777);
    ck_assert_int_eq(kf_plugin_load(file, &h, &err), KF_E_PERM);
    snprintf(want, sizeof want,
             "%s: others than its owner may write its folder (mode 777), so it is not run; chmod "
             "go-w '%s'",
             file, dir);
    ck_assert_str_eq(err.message, want);
    chmod(dir, 01777); /* sticky: others cannot replace the file */
    ck_assert_msg(kf_plugin_load(file, &h, &err) == 0, "%s", err.message);
    unlink(file);
    rmdir(dir);
}
END_TEST

START_TEST(not_a_shared_object)
{
    char dir[] = "/tmp/kf-abi-XXXXXX", file[100];
    const struct kf_plugin_handle *h = NULL;
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(file, sizeof file, "%s/text.so", dir);
    FILE *f = fopen(file, "w");
    fputs("hello\n", f);
    fclose(f);
    chmod(file, 0644);
    ck_assert_int_eq(kf_plugin_load(file, &h, &err), KF_E_CONFIG);
    char want[200];
    snprintf(want, sizeof want, "%s: cannot be loaded: ", file);
    ck_assert_int_eq(strncmp(err.message, want, strlen(want)), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "; build it for this machine"));
    ck_assert_int_eq(kf_plugin_load(dir, &h, &err), KF_E_NOINPUT);
    unlink(file);
    ck_assert_int_eq(kf_plugin_load(file, &h, &err), KF_E_NOINPUT);
    rmdir(dir);
}
END_TEST

START_TEST(found_by_name)
{
    const char *const extra[] = {KF_ABI_DIR};
    struct kf_plugin_path p;
    struct kf_error err = KF_ERROR_INIT;
    const struct kf_plugin_handle *h = NULL;
    ck_assert_int_eq(kf_plugin_path_init(&p, extra, 1, "/nowhere", &err), 0);
    ck_assert_uint_eq(p.n, 4);
    ck_assert_str_eq(p.dir[0], KF_ABI_DIR);
    ck_assert_str_eq(p.dir[1], "/nowhere/plugins");
    ck_assert_int_eq(kf_plugin_find(&p, "abi_good", &h, &err), 0);
    ck_assert_ptr_eq(h, load("good"));
    ck_assert_int_eq(kf_plugin_find(&p, "abi_god", &h, &err), KF_E_CONFIG);
    ck_assert_str_eq(err.message, "no plugin 'abi_god'; did you mean 'abi_good'?");
    ck_assert_int_eq(kf_plugin_find(&p, "../modules/abi_good", &h, &err), KF_E_CONFIG);
    ck_assert_int_eq(kf_plugin_find(&p, "zzzzzzzzzz", &h, &err), KF_E_CONFIG);
    ck_assert_ptr_nonnull(
        strstr(err.message, "no plugin 'zzzzzzzzzz'; looked for zzzzzzzzzz.so in " KF_ABI_DIR));
    struct kf_plugin_listing *l;
    uint32_t n, good = 0;
    ck_assert_int_eq(kf_plugin_list(&p, &l, &n, &err), 0);
    ck_assert_uint_eq(n, sizeof refused / sizeof *refused + 6);
    for (uint32_t i = 0; i < n; i++) {
        ck_assert(i == 0 || strcmp(l[i - 1].name, l[i].name) < 0);
        ck_assert((l[i].handle != NULL) != (l[i].error.code != 0));
        good += l[i].handle != NULL;
    }
    ck_assert_uint_eq(good, 6); /* good, older, newer, open_fails, garbage, pull_csv */
    kf_plugin_list_free(l, n);
    kf_plugin_path_free(&p);
    const char *const gone[] = {"/nowhere/at/all"};
    ck_assert_int_eq(kf_plugin_path_init(&p, gone, 1, NULL, &err), KF_E_NOINPUT);
    ck_assert_str_eq(err.message, "the plugin folder '/nowhere/at/all' is not there");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("abi");
    TCase *t = tcase_create("abi");
    tcase_add_loop_test(t, refusals_say_file_found_wanted_and_remedy, 0,
                        sizeof refused / sizeof *refused);
    tcase_add_test(t, good_one_loads_once);
    tcase_add_test(t, older_one_loads);
    tcase_add_test(t, newer_one_loads);
    tcase_add_test(t, open_that_fails_says_why);
    tcase_add_test(t, writable_by_others_is_not_run);
    tcase_add_test(t, not_a_shared_object);
    tcase_add_test(t, found_by_name);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
