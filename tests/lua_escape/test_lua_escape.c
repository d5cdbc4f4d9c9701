/* Attacks on the sandbox, one a file. Each names in its first line where it is stopped and with
 * which words:
 *     -- stopped at LINE: part of the message
 * load/ is stopped while the file is loaded, call/ when its custom rule "x" is asked. Every attack
 * must be over within the time and memory below, and must leave the process able to load the next
 * file. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "check_main.h"
#include "base/error.h"
#include "lua/rules.h"

#ifndef KF_SOURCE_DIR
#define KF_SOURCE_DIR "."
#endif

#define MEMORY  (16u << 20)
#define BUDGET  2000000u
#define SECONDS 10.0 /* of processor time for one attack; a sanitizer makes everything slow */

struct attack {
    char path[512];
    unsigned line;
    char text[200];
};

static double cpu(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec / 1e6;
}

static void read_attack(struct attack *a)
{
    char first[400] = "";
    FILE *f = fopen(a->path, "rb");
    ck_assert_ptr_nonnull(f);
    ck_assert_ptr_nonnull(fgets(first, sizeof first, f));
    fclose(f);
    first[strcspn(first, "\n")] = '\0';
    if (strncmp(first, "\033Lua", 4) == 0) { /* has no room for a comment */
        a->line = 0;
        snprintf(a->text, sizeof a->text, "compiled Lua");
        return;
    }
    int at = 0;
    ck_assert_msg(sscanf(first, "-- stopped at %u: %n", &a->line, &at) == 1 && at > 0,
                  "%s: no first line", a->path);
    snprintf(a->text, sizeof a->text, "%s", first + at);
}

static int name_cmp(const void *a, const void *b)
{
    return strcmp(((const struct attack *)a)->path, ((const struct attack *)b)->path);
}

static unsigned find_attacks(const char *folder, struct attack *out, unsigned cap)
{
    char dir[400];
    snprintf(dir, sizeof dir, "%s/tests/lua_escape/%s", KF_SOURCE_DIR, folder);
    DIR *d = opendir(dir);
    ck_assert_msg(d != NULL, "%s", dir);
    unsigned n = 0;
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        if (e->d_name[0] == '.')
            continue;
        ck_assert_uint_lt(n, cap);
        snprintf(out[n].path, sizeof out[n].path, "%s/%.100s", dir, e->d_name);
        read_attack(&out[n++]);
    }
    closedir(d);
    qsort(out, n, sizeof *out, name_cmp);
    return n;
}

static struct kf_ruleset *load(const char *path)
{
    struct kf_rules_options o = {.scenarios = true, .memory = MEMORY, .instructions = BUDGET};
    struct kf_ruleset *s = NULL;
    struct kf_error err = KF_ERROR_INIT;
    ck_assert_msg(kf_rules_load(&o, &path, 1, &s, &err) == 0, "%s: %s", path, err.message);
    return s;
}

static bool reported(const struct kf_ruleset *s, const struct attack *a)
{
    for (uint32_t i = 0; i < s->n_diagnostic; i++)
        if (s->diagnostic[i].severity == KF_SEV_ERROR && s->diagnostic[i].pos.line == a->line &&
            strstr(s->diagnostic[i].message, a->text))
            return true;
    return false;
}

static void all_reports(const struct kf_ruleset *s, char *out, size_t cap)
{
    struct kf_buf b = {0};
    for (uint32_t i = 0; i < s->n_diagnostic; i++)
        kf_diagnostic_print(&s->diagnostic[i], false, &b);
    snprintf(out, cap, "%s", b.p ? b.p : "(nothing was reported)");
    kf_buf_free(&b);
}

START_TEST(every_file_is_stopped_while_loading)
{
    static struct attack a[200];
    unsigned n = find_attacks("load", a, 200);
    ck_assert_uint_ge(n, 40);
    struct kf_buf wrong = {0};
    for (unsigned i = 0; i < n; i++) {
        double before = cpu();
        struct kf_ruleset *s = load(a[i].path);
        char text[2000];
        all_reports(s, text, sizeof text);
        if (!reported(s, &a[i]))
            kf_buf_addf(&wrong, "%s: not stopped at line %u by '%s', but:\n%s", a[i].path,
                        a[i].line, a[i].text, text);
        ck_assert_uint_gt(s->n_errors, 0);
        ck_assert_msg(cpu() - before < SECONDS, "%s took %.1f s", a[i].path, cpu() - before);
        kf_rules_free(s);
    }
    ck_assert_msg(wrong.n == 0, "%s", wrong.p);
}
END_TEST

static struct kf_const see_trait(void *ctx, const char *name)
{
    (void)ctx;
    (void)name;
    return (struct kf_const){.type = KF_K_NONE};
}

static int see_events(void *ctx, const struct kf_node *select, int (*each)(void *, uint32_t),
                      void *each_ctx)
{
    (void)ctx;
    (void)select;
    return each(each_ctx, 0);
}

static struct kf_const see_property(void *ctx, uint32_t event, const char *path)
{
    (void)ctx;
    (void)event;
    (void)path;
    return (struct kf_const){.type = KF_K_NUMBER, .number = {1, 0}};
}

START_TEST(every_call_is_stopped)
{
    static struct attack a[100];
    unsigned n = find_attacks("call", a, 100);
    ck_assert_uint_ge(n, 15);
    for (unsigned i = 0; i < n; i++) {
        double before = cpu();
        struct kf_ruleset *s = load(a[i].path);
        char text[2000];
        all_reports(s, text, sizeof text);
        ck_assert_msg(s->n_errors == 0, "%s", text);
        struct kf_custom *c = NULL;
        struct kf_error err = KF_ERROR_INIT;
        ck_assert_int_eq(kf_custom_new(s, &c, &err), 0);
        struct kf_custom_view view = {.trait = see_trait,
                                      .events = see_events,
                                      .property = see_property,
                                      .event = UINT32_MAX};
        for (int twice = 0; twice < 2; twice++) { /* a failed call must not change the next */
            struct kf_const k = {.type = KF_K_NONE};
            kf_error_clear(&err);
            int r = kf_custom_call(c, kf_rules_find(s, KF_KIND_CUSTOM, "x"), &view, &k, &err);
            ck_assert_msg(r == KF_E_LIMIT || r == KF_E_FAIL, "%s was not stopped", a[i].path);
            ck_assert_msg(strstr(err.message, a[i].text) != NULL, "%s: %s", a[i].path, err.message);
            ck_assert_msg(err.line == a[i].line, "%s: line %u", a[i].path, err.line);
            ck_assert_str_eq(err.file, a[i].path);
        }
        ck_assert_msg(cpu() - before < SECONDS, "%s took %.1f s", a[i].path, cpu() - before);
        kf_custom_free(c);
        kf_rules_free(s);
    }
}
END_TEST

/* What all the attacks of one process together may leave behind. */
START_TEST(memory_stays_bounded)
{
    static struct attack a[200];
    unsigned n = find_attacks("load", a, 200);
    for (unsigned i = 0; i < n; i++)
        kf_rules_free(load(a[i].path));
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    if (!KF_TEST_SANITIZED)
        ck_assert_int_lt(u.ru_maxrss, 300 * 1024); /* KiB */
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lua_escape");
    TCase *t = tcase_create("attacks");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, every_file_is_stopped_while_loading);
    tcase_add_test(t, every_call_is_stopped);
    tcase_add_test(t, memory_stays_bounded);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
