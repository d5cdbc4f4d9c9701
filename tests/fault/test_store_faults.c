/* Whatever happens while a run is stored, whoever opens the store next sees the run before or the
 * run after, whole. KF_TEST_KILLS: how many processes to kill (default 25). */
#include "../unit/store/store_support.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

enum { SMALL = 3000, LARGE = 8000 };

static int64_t stored_events(void)
{
    return strtoll(ask("SELECT events FROM run ORDER BY number DESC LIMIT 1"), NULL, 10);
}

static void check_whole(const char *what, int64_t one, int64_t other)
{
    ck_assert_msg(strcmp(ask("PRAGMA integrity_check"), "ok") == 0, "%s: %s", what,
                  ask("PRAGMA integrity_check"));
    int64_t n = stored_events();
    ck_assert_msg(n == one || n == other, "%s: %lld events", what, (long long)n);
    struct kf_store *st = NULL;
    struct kf_events *e = NULL;
    OK(kf_store_open(path, &st, &err));
    OK(kf_store_load_events(st, 2, &e, &err));
    ck_assert_int_eq(e->n, n);
    kf_store_events_free(e);
    kf_store_close(st);
}

/* In a process of its own; exits with 0 or the code of the failure, its message in *err. */
static int attempt(uint32_t n)
{
    struct shop s;
    shop_open(&s);
    shop_new_events(&s);
    shop_sell(&s, 0, n);
    shop_decide(&s, 2);
    int rc = shop_store(&s, NULL, "fast", 2);
    shop_close(&s);
    return rc;
}

static void wait_us(long us)
{
    struct timespec t = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&t, NULL);
}

START_TEST(killed_at_any_moment)
{
    const char *times = getenv("KF_TEST_KILLS");
    int kills = times ? atoi(times) : 25, killed = 0;
    uint64_t state = 20260301;
    struct timespec from, now;
    clock_gettime(CLOCK_MONOTONIC, &from);
    shop_run(SMALL, "fast", 2);
    clock_gettime(CLOCK_MONOTONIC, &now);
    /* A few rounds of what one takes here, under a sanitizer too. */
    long round = (now.tv_sec - from.tv_sec) * 1000000 + (now.tv_nsec - from.tv_nsec) / 1000;
    long most = round * 3 > 60000 ? round * 3 : 60000;
    for (int i = 0; i < kills; i++) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        long us = (long)(state >> 33) % most;
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) { /* one run after the other, until the end comes */
            for (uint32_t k = 0;; k++)
                if (attempt(k % 2 ? SMALL : LARGE))
                    _exit(1);
        }
        wait_us(us);
        kill(pid, SIGKILL);
        int status;
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_msg(WIFSIGNALED(status), "the run ended by itself: %d", WEXITSTATUS(status));
        killed += access(beside(".new"), F_OK) == 0;
        char what[64];
        snprintf(what, sizeof what, "kill %d after %ld us", i, us);
        check_whole(what, SMALL, LARGE);
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - from.tv_sec > 12)
            break;
    }
    ck_assert_msg(killed > 0, "no process was killed while it wrote");
    ck_assert_int_eq(attempt(LARGE), 0); /* and what they left is in nobody's way */
    check_whole("after all kills", LARGE, LARGE);
    ck_assert_int_ne(access(beside(".new"), F_OK), 0);
}
END_TEST

/* A file may not grow beyond this many bytes: what a full disk says, at that byte. */
static int attempt_with_room(rlim_t bytes)
{
    int status;
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        struct rlimit r = {bytes, bytes};
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &r))
            _exit(99);
        int rc = attempt(LARGE);
        if (rc && !err.message[0])
            _exit(98);
        _exit(-rc);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status), "room for %llu bytes: died", (unsigned long long)bytes);
    return -WEXITSTATUS(status);
}

START_TEST(full_disk)
{
    struct stat st;
    shop_run(LARGE, "fast", 2);
    stat(path, &st);
    rlim_t whole = (rlim_t)st.st_size;
    unlink(path);
    shop_run(SMALL, "fast", 2);
    int refused = 0;
    for (rlim_t room = 0; room < whole; room += whole / 13 + 1) {
        int rc = attempt_with_room(room);
        ck_assert_msg(rc == KF_E_IO || rc == KF_E_CANTCREATE, "room for %llu of %llu bytes: %d",
                      (unsigned long long)room, (unsigned long long)whole, rc);
        refused++;
        check_whole("full disk", SMALL, SMALL);
        ck_assert_int_ne(access(beside(".new"), F_OK), 0); /* and the room is given back */
    }
    ck_assert_int_ge(refused, 13);
    ck_assert_int_eq(attempt_with_room(whole * 2), 0);
    check_whole("room again", LARGE, LARGE);
}
END_TEST

START_TEST(two_runs_at_once)
{
    struct kf_publish *p = NULL;
    shop_run(SMALL, "fast", 2);
    OK(kf_publish_begin(path, &p, &err));
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        _exit(-attempt(LARGE));
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(-WEXITSTATUS(status), KF_E_AGAIN);
    kf_publish_end(p);
    check_whole("the second was sent away", SMALL, SMALL);
    ck_assert_int_eq(attempt(LARGE), 0);
    check_whole("the first is over", LARGE, LARGE);
}
END_TEST

START_TEST(a_reader_keeps_what_it_opened)
{
    struct kf_store *st = NULL;
    struct kf_store_run run;
    struct kf_events *e = NULL;
    shop_run(SMALL, "fast", 2);
    OK(kf_store_open(path, &st, &err));
    shop_run(LARGE, "fast", 2);
    OK(kf_store_last_run(st, &run, &err));
    ck_assert_int_eq(run.events, SMALL);
    kf_store_close(st);
    OK(kf_store_open(path, &st, &err));
    OK(kf_store_load_events(st, 2, &e, &err));
    ck_assert_int_eq(e->n, LARGE);
    kf_store_events_free(e);
    kf_store_close(st);
}
END_TEST

START_TEST(read_only_folder)
{
    if (geteuid() == 0) { /* nothing is read-only for root: a folder that is none does it */
        char file[128];
        struct kf_publish *p = NULL;
        shop_run(SMALL, "fast", 1);
        snprintf(file, sizeof file, "%s/below", path);
        ck_assert_int_eq(kf_publish_begin(file, &p, &err), KF_E_CANTCREATE);
        check_whole("a file is no folder", SMALL, SMALL);
        return;
    }
    shop_run(SMALL, "fast", 1);
    chmod(dir, 0500);
    unlink(beside(".lock"));
    ck_assert_int_eq(attempt(LARGE), KF_E_CANTCREATE);
    check_whole("read-only folder", SMALL, SMALL);
    chmod(dir, 0700);
}
END_TEST

/* ---- damage ---- */

static int open_and_load(void)
{
    struct kf_store *st = NULL;
    struct kf_events *e = NULL;
    err = (struct kf_error)KF_ERROR_INIT;
    int rc = kf_store_open(path, &st, &err);
    if (rc == 0)
        rc = kf_store_load_events(st, 2, &e, &err);
    kf_store_events_free(e);
    kf_store_close(st);
    return rc;
}

START_TEST(what_is_no_store_is_refused)
{
    ck_assert_int_eq(open_and_load(), KF_E_NOINPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "kinfold run"));
    FILE *f = fopen(path, "w");
    fclose(f);
    ck_assert_int_eq(open_and_load(), KF_E_CONFIG);
    f = fopen(path, "w");
    for (int i = 0; i < 5000; i++)
        fputs("this is a text, no store\n", f);
    fclose(f);
    ck_assert_int_eq(open_and_load(), KF_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, "no Kinfold store"));
    unlink(path);
    mkdir(path, 0700);
    ck_assert_int_ne(open_and_load(), 0);
    rmdir(path);
}
END_TEST

START_TEST(a_newer_store_is_refused)
{
    sqlite3 *db = NULL;
    shop_run(100, "fast", 1);
    OK(kf_sql_open(path, SQLITE_OPEN_READWRITE, &db, &err));
    OK(kf_sql_exec(db, "PRAGMA user_version = 99", &err));
    sqlite3_close(db);
    ck_assert_int_eq(open_and_load(), KF_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, "version 99"));
}
END_TEST

START_TEST(a_store_without_its_end)
{
    struct stat st;
    shop_run(SMALL, "fast", 2);
    stat(path, &st);
    for (off_t n = st.st_size - 1; n > 200; n = n * 2 / 3) {
        ck_assert_int_eq(truncate(path, n), 0);
        ck_assert_int_eq(open_and_load(), KF_E_DATA);
        ck_assert_ptr_nonnull(strstr(err.message, "damaged"));
    }
}
END_TEST

/* Bytes turned anywhere: either nothing that is read has changed, or it is said. Never a crash,
 * never other events. */
START_TEST(turned_bytes)
{
    struct stat st;
    uint64_t state = 1;
    int noticed = 0;
    shop_run(SMALL, "none", 2);
    stat(path, &st);
    int fd = open(path, O_RDWR);
    for (int i = 0; i < 200; i++) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        off_t at = (off_t)((state >> 20) % (uint64_t)st.st_size);
        uint8_t was, now;
        ck_assert_int_eq(pread(fd, &was, 1, at), 1);
        now = was ^ (uint8_t)(1u << (state & 7));
        ck_assert_int_eq(pwrite(fd, &now, 1, at), 1);
        noticed += open_and_load() != 0;
        ck_assert_int_eq(pwrite(fd, &was, 1, at), 1);
    }
    close(fd);
    ck_assert_msg(noticed > 20, "only %d of 200 turned bytes were noticed", noticed);
    ck_assert_int_eq(open_and_load(), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("store faults");
    TCase *c = tcase_create("faults");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, killed_at_any_moment);
    tcase_add_test(c, full_disk);
    tcase_add_test(c, two_runs_at_once);
    tcase_add_test(c, a_reader_keeps_what_it_opened);
    tcase_add_test(c, read_only_folder);
    tcase_add_test(c, what_is_no_store_is_refused);
    tcase_add_test(c, a_newer_store_is_refused);
    tcase_add_test(c, a_store_without_its_end);
    tcase_add_test(c, turned_bytes);
    suite_add_tcase(s, c);
    return s;
}

KF_TEST_MAIN(suite)
