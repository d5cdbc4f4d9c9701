/* Plans: written, read back, and refused when they are not what was written. */
#include "cli/plan.h"

#include "../check_main.h"

#include <stdio.h>
#include <unistd.h>

#define RULES "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static char path[] = "/tmp/kf_test_plan_XXXXXX";

static void setup(void)
{
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void teardown(void)
{
    unlink(path);
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
}

static const struct kf_plan_limit LIMIT[] = {{"max-merges", "0", "4 people merge", false},
                                             {"max-splits", "2", "nobody splits", true}};

static struct kf_plan_file plan(void)
{
    return (struct kf_plan_file){.engine = KF_VERSION,
                                 .rules_before = OTHER,
                                 .rules_after = RULES,
                                 .text_after = RULES,
                                 .data = OTHER,
                                 .config = RULES,
                                 .run = 3,
                                 .decisions = 2,
                                 .as_of = 1767225600000000000,
                                 .verdict = "Changes: one \xe2\x86\x92 two.",
                                 .summary = "Nothing was written.",
                                 .masked = true,
                                 .limit = LIMIT,
                                 .n_limit = 2};
}

static void write_plan(const struct kf_plan_file *p, char digest[65])
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf figures = {0};
    kf_buf_adds(&figures,
                "{\"identity\":{\"merged\":4},\"segments\":[{\"name\":\"vip\",\"added\":7}]}");
    ck_assert_int_eq(kf_plan_write(p, &figures, path, digest, &err), 0);
    kf_buf_free(&figures);
}

START_TEST(what_was_written_is_read)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_plan_file in = plan(), p;
    char digest[65], again[65];
    write_plan(&in, digest);
    ck_assert_int_eq(kf_plan_read(path, &p, &err), 0);
    ck_assert_str_eq(p.digest, digest);
    ck_assert_str_eq(p.engine, KF_VERSION);
    ck_assert_str_eq(p.rules_before, OTHER);
    ck_assert_str_eq(p.rules_after, RULES);
    ck_assert_str_eq(p.data, OTHER);
    ck_assert_int_eq(p.run, 3);
    ck_assert_int_eq(p.decisions, 2);
    ck_assert(p.as_of == in.as_of);
    ck_assert_str_eq(p.verdict, "Changes: one \xe2\x86\x92 two.");
    ck_assert(!p.passed && p.masked && !p.sample);
    ck_assert_uint_eq(p.n_limit, 2);
    ck_assert_str_eq(p.limit[0].limit, "max-merges");
    ck_assert_str_eq(p.limit[0].actual, "4 people merge");
    ck_assert(!p.limit[0].passed && p.limit[1].passed);
    ck_assert_int_eq(kf_plan_figure(&p, "identity.merged", -1), 4);
    ck_assert_int_eq(kf_plan_figure(&p, "segments.0.added", -1), 7);
    ck_assert_int_eq(kf_plan_figure(&p, "segments.1.added", -1), -1);
    ck_assert_int_eq(kf_plan_figure(&p, "segments.x.added", -1), -1);
    ck_assert_str_eq(kf_plan_figure_text(&p, "segments.0.name"), "vip");
    kf_plan_close(&p);
    write_plan(&in, again);
    ck_assert_str_eq(again, digest);
}
END_TEST

/* Every byte counts: whatever is changed, the plan is refused or says the same. */
START_TEST(a_changed_plan_is_refused)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_plan_file in = plan(), p;
    char digest[65], text[8192];
    write_plan(&in, digest);
    FILE *f = fopen(path, "rb");
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    ck_assert(n > 500 && n < sizeof text);
    unsigned refused = 0;
    for (size_t i = 0; i < n; i++) {
        char kept = text[i];
        text[i] = kept == '7' ? '8' : '7';
        f = fopen(path, "wb");
        fwrite(text, 1, n, f);
        fclose(f);
        text[i] = kept;
        int rc = kf_plan_read(path, &p, &err);
        if (rc == 0) { /* a blank between members */
            ck_assert_str_eq(p.digest, digest);
            kf_plan_close(&p);
        } else {
            ck_assert_int_eq(rc, KF_E_DATA);
            refused++;
        }
    }
    ck_assert_uint_gt(refused, 400);
}
END_TEST

START_TEST(no_file_and_no_plan)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_plan_file p;
    FILE *f = fopen(path, "wb");
    fputs("{\"schema\":\"kinfold.dry-run/1\"}", f);
    fclose(f);
    ck_assert_int_eq(kf_plan_read(path, &p, &err), KF_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "is no plan"));
    unlink(path);
    ck_assert_int_eq(kf_plan_read(path, &p, &err), KF_E_NOINPUT);
}
END_TEST

START_TEST(a_plan_is_stale_for_reasons)
{
    struct kf_plan_file p = plan();
    struct kf_ruleset same = {.digest = RULES}, edited = {.digest = OTHER};
    struct kf_store_run last = {.number = 3, .decisions = 2};
    struct kf_buf why = {0};
    strcpy(last.rules_digest, OTHER);
    strcpy(last.data_digest, OTHER);
    strcpy(last.config_digest, RULES);
    ck_assert(kf_plan_current(&p, &same, &last, &why));
    ck_assert_uint_eq(why.n, 0);
    ck_assert(!kf_plan_current(&p, &edited, &last, &why));
    ck_assert_str_eq(why.p, "the rules are bbbbbbbbbbbb now, the plan is for aaaaaaaaaaaa");
    kf_buf_clear(&why);
    last.number = 4;
    strcpy(last.data_digest, RULES);
    last.decisions = 5;
    ck_assert(!kf_plan_current(&p, &same, &last, &why));
    ck_assert_str_eq(why.p, "run 4 has read other data since; stewards have decided since (2 "
                            "decisions then, 5 now)");
    kf_buf_clear(&why);
    ck_assert(!kf_plan_current(&p, &same, NULL, &why));
    ck_assert_str_eq(why.p, "the plan compares with run 3, and there is no store now");
    kf_buf_free(&why);
}
END_TEST

/* What is in a list's file is data: another file is another plan. */
START_TEST(a_file_of_values_makes_a_plan_stale)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_plan_values staff = {"list", "staff", "lists/staff.txt", RULES, 12};
    struct kf_plan_file in = plan(), p;
    struct kf_config_list list = {.name = "staff", .file = {.path = "lists/staff.txt", .n = 12}};
    struct kf_config config = {.list = &list, .n_list = 1};
    struct kf_ruleset rules = {.digest = RULES, .config = &config};
    struct kf_buf why = {0};
    char digest[65];
    in.run = 0;
    in.values = &staff;
    in.n_values = 1;
    write_plan(&in, digest);
    ck_assert_int_eq(kf_plan_read(path, &p, &err), 0);
    ck_assert_uint_eq(p.n_values, 1);
    ck_assert_str_eq(p.values[0].name, "staff");
    ck_assert_int_eq(p.values[0].values, 12);
    strcpy(list.file.digest, RULES);
    ck_assert(kf_plan_current(&p, &rules, NULL, &why));
    strcpy(list.file.digest, OTHER);
    list.file.n = 9;
    ck_assert(!kf_plan_current(&p, &rules, NULL, &why));
    ck_assert_str_eq(why.p, "lists/staff.txt is another file now (12 values then, 9 now)");
    kf_buf_clear(&why);
    list.file.path = "lists/all.txt";
    ck_assert(!kf_plan_current(&p, &rules, NULL, &why));
    ck_assert_str_eq(why.p, "the plan says nothing of the values in lists/all.txt");
    kf_buf_free(&why);
    kf_plan_close(&p);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("plan");
    TCase *t = tcase_create("plan");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_was_written_is_read);
    tcase_add_test(t, a_changed_plan_is_refused);
    tcase_add_test(t, no_file_and_no_plan);
    tcase_add_test(t, a_plan_is_stale_for_reasons);
    tcase_add_test(t, a_file_of_values_makes_a_plan_stale);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
