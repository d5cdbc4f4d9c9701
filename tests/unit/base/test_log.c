#include "../check_main.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static FILE *file;
static int saved;

static void catch_stderr(void)
{
    file = tmpfile();
    fflush(stderr);
    saved = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
}

static const char *caught(void)
{
    static char text[4096];
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    size_t n = fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    fclose(file);
    return text;
}

START_TEST(lines_are_logfmt)
{
    catch_stderr();
    kf_log(KF_LOG_WARN, "csv", "line %d skipped: \"%s\"\nmore", 7, "a=b");
    kf_log(KF_LOG_DEBUG, "csv", "not at this level");
    kf_log_set_level(KF_LOG_DEBUG);
    kf_log(KF_LOG_DEBUG, "csv", "now");
    kf_log_set_level(KF_LOG_ERROR);
    kf_log(KF_LOG_WARN, "csv", "no more");
    kf_log(KF_LOG_ERROR, "store", "%0*d", 1000, 1);
    kf_log_set_level(KF_LOG_INFO);
    const char *text = caught();
    static const char expected[] =
        "level=warn module=csv msg=\"line 7 skipped: \\\"a=b\\\"\\nmore\"\n"
        "level=debug module=csv msg=\"now\"\n"
        "level=error module=store msg=\"000";
    ck_assert_int_eq(strncmp(text, expected, sizeof expected - 1), 0);
    ck_assert_str_eq(text + strlen(text) - 3, "1\"\n");
    ck_assert_ptr_null(strstr(text, "no more"));
}
END_TEST

START_TEST(progress_is_for_terminals)
{
    struct kf_progress p;
    catch_stderr();
    kf_progress_start(&p, "reading", 1);
    kf_progress_at(&p, 1, 10, "events");
    kf_progress_end(&p);
    const char *text = caught();
    ck_assert_str_eq(text, "");
    ck_assert_int_eq(p.enabled, 0);
    /* As if it were one: drawn at once, then not before a tenth of a second is over. */
    catch_stderr();
    kf_progress_start(&p, "reading", 1);
    p.enabled = 1;
    kf_progress_at(&p, 1500000, 3000000, "events");
    kf_progress_at(&p, 1500001, 3000000, "events");
    kf_progress_end(&p);
    text = caught();
    ck_assert_ptr_nonnull(strstr(text, "reading: 1.5M of 3.0M events (50 %)"));
    ck_assert_ptr_eq(strstr(text, "reading"), text + 4);
    ck_assert_ptr_null(strstr(text + 5, "reading"));
    ck_assert_str_eq(text + strlen(text) - 4, "\r\033[K");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("log");
    TCase *c = tcase_create("log");
    suite_add_tcase(s, c);
    tcase_add_test(c, lines_are_logfmt);
    tcase_add_test(c, progress_is_for_terminals);
    return s;
}
KF_TEST_MAIN(suite)
