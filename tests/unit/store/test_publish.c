/* Publishing: whoever opens the store sees the old or the new, whole, whatever state the old one is
 * in and whenever the run dies. A store here is a table of one number. */
#include "store/publish.h"

#include "../check_main.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char dir[64], file[96];
static struct kf_error err;

static void setup(void)
{
    snprintf(dir, sizeof dir, "/tmp/kf_publish_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(file, sizeof file, "%s/store.db", dir);
    err = (struct kf_error)KF_ERROR_INIT;
}

static void teardown(void)
{
    char name[400];
    DIR *d = opendir(dir);
    for (struct dirent *e; (e = readdir(d));) {
        snprintf(name, sizeof name, "%s/%s", dir, e->d_name);
        unlink(name);
    }
    closedir(d);
    ck_assert_int_eq(rmdir(dir), 0);
}

#define OK(call) ck_assert_msg((call) == 0, "%s: %s", #call, err.message)

static bool exists(const char *suffix)
{
    char name[128];
    snprintf(name, sizeof name, "%s%s", file, suffix);
    return access(name, F_OK) == 0;
}

static void put(const char *suffix, const char *text)
{
    char name[128];
    snprintf(name, sizeof name, "%s%s", file, suffix);
    FILE *f = fopen(name, "w");
    fputs(text, f);
    fclose(f);
}

static sqlite3 *open_db(const char *path)
{
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static int run_sql(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* Without assertions: also used by children that get killed. Enough rows that a half-written store
 * would show. */
static void build(const char *path, int value)
{
    char sql[200];
    sqlite3 *db = NULL;
    sqlite3_open(path, &db);
    snprintf(sql, sizeof sql,
             "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; CREATE TABLE t(v INT); WITH "
             "RECURSIVE r(i) AS (SELECT 1"
             " UNION ALL SELECT i + 1 FROM r WHERE i < 500) INSERT INTO t SELECT %d FROM r",
             value);
    run_sql(db, sql);
    sqlite3_close(db);
}

static int value_in(sqlite3 *db)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(db, "SELECT min(v), max(v), count(*) FROM t", -1, &s, NULL)) {
        return -1;
    }
    int value = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int(s, 0) : -2;
    if (value != sqlite3_column_int(s, 1) || sqlite3_column_int(s, 2) != 500) {
        value = -3;
    }
    sqlite3_finalize(s);
    return value;
}

/* The value that a fresh look finds; the file must be whole. */
static int published(void)
{
    sqlite3 *db = open_db(file);
    sqlite3_stmt *s;
    int value = value_in(db);
    ck_assert_int_eq(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &s, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(s), SQLITE_ROW);
    ck_assert_str_eq((const char *)sqlite3_column_text(s, 0), "ok");
    sqlite3_finalize(s);
    sqlite3_close(db);
    return value;
}

static int publish(int value, unsigned wait_ms, bool durable)
{
    struct kf_publish *p;
    int code = kf_publish_begin(file, &p, &err);
    if (code) {
        return code;
    }
    build(kf_publish_new_path(p), value);
    code = kf_publish_commit(p, wait_ms, durable, &err);
    kf_publish_end(p);
    return code;
}

START_TEST(first_and_second)
{
    OK(publish(1, 0, true));
    ck_assert_int_eq(published(), 1);
    ck_assert_int_eq(chmod(file, 0640), 0);
    OK(publish(2, 0, false));
    ck_assert_int_eq(published(), 2);
    struct stat st;
    ck_assert_int_eq(stat(file, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0640); /* somebody chose who may read customers */
    ck_assert(!exists(".new"));
}
END_TEST

START_TEST(given_up)
{
    struct kf_publish *p;
    OK(publish(1, 0, true));
    OK(kf_publish_begin(file, &p, &err));
    build(kf_publish_new_path(p), 2);
    ck_assert(exists(".new"));
    kf_publish_end(p);
    ck_assert(!exists(".new"));
    ck_assert_int_eq(published(), 1);
    kf_publish_end(NULL);
}
END_TEST

START_TEST(left_overs_of_a_killed_run)
{
    put(".new", "half a page");
    put(".new-journal", "x");
    put("-journal", "a journal without its store");
    put("-wal", "and a log");
    OK(publish(7, 0, true));
    ck_assert_int_eq(published(), 7);
    ck_assert(!exists(".new") && !exists(".new-journal") && !exists("-journal") && !exists("-wal"));
}
END_TEST

START_TEST(new_file_must_be_complete)
{
    struct kf_publish *p;
    OK(publish(1, 0, true));
    OK(kf_publish_begin(file, &p, &err));
    ck_assert_int_eq(kf_publish_commit(p, 0, true, &err), KF_E_INTERNAL);
    build(kf_publish_new_path(p), 2);
    put(".new-journal", "open transaction");
    ck_assert_int_eq(kf_publish_commit(p, 0, true, &err), KF_E_INTERNAL);
    ck_assert_msg(strstr(err.message, "not closed") != NULL, "message is: %s", err.message);
    kf_publish_end(p);
    ck_assert_int_eq(published(), 1);
}
END_TEST

/* A child that reports once `prepare` is done and then waits to be killed. */
static pid_t child_doing(void (*prepare)(void))
{
    int ready[2];
    char c = 0;
    ck_assert_int_eq(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        prepare();
        if (write(ready[1], "r", 1) == 1) {
            pause();
        }
        _exit(0);
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &c, 1), 1);
    close(ready[0]);
    return pid;
}

static void end_child(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void hold_lock(void)
{
    struct kf_publish *p;
    kf_publish_begin(file, &p, NULL);
}

START_TEST(two_runs_at_once)
{
    char pid_text[40];
    pid_t pid = child_doing(hold_lock);
    snprintf(pid_text, sizeof pid_text, "(process %ld)", (long)pid);
    put(".new", "being built by the other");
    ck_assert_int_eq(publish(1, 0, true), KF_E_AGAIN);
    ck_assert_msg(strstr(err.message, pid_text) != NULL, "message is: %s", err.message);
    ck_assert(exists(".new"));
    end_child(pid);
    OK(publish(1, 0, true));
    ck_assert_int_eq(published(), 1);
}
END_TEST

START_TEST(reader_in_rollback_mode_keeps_the_old_file)
{
    OK(publish(1, 0, true));
    sqlite3 *reader = open_db(file);
    ck_assert_int_eq(value_in(reader), 1);
    OK(publish(2, 0, true));
    ck_assert_int_eq(value_in(reader), 1);
    ck_assert_int_eq(published(), 2);
    sqlite3_close(reader);
    ck_assert_int_eq(published(), 2);
}
END_TEST

START_TEST(store_in_wal_mode)
{
    OK(publish(1, 0, true));
    sqlite3 *serve = open_db(file);
    ck_assert_int_eq(run_sql(serve, "PRAGMA journal_mode=WAL; UPDATE t SET v = 11"), SQLITE_OK);
    ck_assert_int_eq(publish(2, 60, true), KF_E_AGAIN);
    ck_assert_msg(strstr(err.message, "the old store stays") != NULL, "message is: %s",
                  err.message);
    ck_assert(!exists(".new"));
    ck_assert_int_eq(value_in(serve), 11);
    sqlite3_close(serve);
    ck_assert_int_eq(published(), 11);
    OK(publish(2, 0, true));
    ck_assert(!exists("-wal"));
    ck_assert_int_eq(published(), 2);
}
END_TEST

static void write_wal(void)
{
    sqlite3 *db = open_db(file);
    run_sql(db, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; UPDATE t SET v = 12");
}

START_TEST(wal_of_a_killed_serve)
{
    OK(publish(1, 0, true));
    end_child(child_doing(write_wal));
    ck_assert(exists("-wal"));
    OK(publish(2, 0, true));
    ck_assert(!exists("-wal"));
    ck_assert_int_eq(published(), 2);
}
END_TEST

/* Deleted by hand, but its log is still there: it must not be applied to the new store. */
START_TEST(wal_of_a_deleted_store)
{
    OK(publish(1, 0, true));
    end_child(child_doing(write_wal));
    ck_assert_int_eq(unlink(file), 0);
    ck_assert(exists("-wal"));
    OK(publish(2, 0, true));
    ck_assert(!exists("-wal"));
    ck_assert_int_eq(published(), 2);
}
END_TEST

/* A transaction that has reached the file: its journal must be played back before the name passes
 * on. */
static void write_half(void)
{
    sqlite3 *db = open_db(file);
    run_sql(db, "PRAGMA cache_size=2; PRAGMA cache_spill=1; BEGIN; UPDATE t SET v = 13; CREATE "
                "TABLE u AS WITH RECURSIVE"
                " r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 90000) SELECT i, i * 7 "
                "AS k FROM r");
}

START_TEST(writer_in_rollback_mode)
{
    OK(publish(1, 0, true));
    pid_t pid = child_doing(write_half);
    ck_assert(exists("-journal"));
    ck_assert_int_eq(publish(2, 40, true), KF_E_AGAIN);
    end_child(pid);
    ck_assert(exists("-journal"));
    OK(publish(2, 0, true));
    ck_assert(!exists("-journal"));
    ck_assert_int_eq(published(), 2);
}
END_TEST

START_TEST(commit_may_be_repeated)
{
    struct kf_publish *p;
    OK(publish(1, 0, true));
    OK(kf_publish_begin(file, &p, &err));
    build(kf_publish_new_path(p), 2);
    sqlite3 *writer = open_db(file);
    ck_assert_int_eq(run_sql(writer, "BEGIN IMMEDIATE"), SQLITE_OK);
    ck_assert_int_eq(kf_publish_commit(p, 0, true, &err), KF_E_AGAIN);
    sqlite3_close(writer);
    OK(kf_publish_commit(p, 0, true, &err));
    ck_assert_int_eq(kf_publish_commit(p, 0, true, &err), KF_E_INTERNAL);
    kf_publish_end(p);
    ck_assert_int_eq(published(), 2);
}
END_TEST

START_TEST(files_that_are_no_store)
{
    char text[40] = "";
    put("", "name,email\nthe only copy of something\n");
    ck_assert_int_eq(publish(1, 0, true), KF_E_CANTCREATE);
    FILE *f = fopen(file, "r");
    ck_assert_ptr_nonnull(fgets(text, sizeof text, f));
    fclose(f);
    ck_assert_str_eq(text, "name,email\n");
    struct kf_publish *p;
    ck_assert_int_eq(kf_publish_begin(dir, &p, &err), KF_E_CANTCREATE);
    ck_assert_int_eq(kf_publish_begin("/nowhere/at/all/store.db", &p, &err), KF_E_CANTCREATE);
    ck_assert_msg(strstr(err.message, "/nowhere/at/all/store.db.lock") != NULL, "message is: %s",
                  err.message);
}
END_TEST

START_TEST(symbolic_link)
{
    char link_name[128];
    struct kf_publish *p;
    struct stat st;
    OK(publish(1, 0, true));
    snprintf(link_name, sizeof link_name, "%s/current", dir);
    ck_assert_int_eq(symlink("store.db", link_name), 0);
    OK(kf_publish_begin(link_name, &p, &err));
    build(kf_publish_new_path(p), 5);
    OK(kf_publish_commit(p, 0, true, &err));
    kf_publish_end(p);
    ck_assert_int_eq(lstat(link_name, &st), 0);
    ck_assert(S_ISLNK(st.st_mode));
    ck_assert_int_eq(published(), 5);
}
END_TEST

/* A run that publishes 2, 3, 4 ... is killed at moments spread over several rounds of it, which
 * take longer where a sanitizer watches. */
START_TEST(killed_at_any_moment)
{
    int last = 1, advanced = 0;
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    OK(publish(1, 0, true));
    clock_gettime(CLOCK_MONOTONIC, &to);
    long round = (to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000;
    long step = round / 12 > 173 ? round / 12 : 173;
    for (int k = 0; k < 60; k++) {
        pid_t pid = fork();
        if (pid == 0) {
            for (int value = last + 1;; value++) {
                publish(value, 0, k % 2);
            }
        }
        usleep((useconds_t)(400 + k * step));
        end_child(pid);
        int now = published();
        ck_assert_msg(now >= last, "round %d: found %d after %d", k, now, last);
        advanced += now > last;
        last = now;
    }
    ck_assert_int_gt(advanced, 5); /* else nothing was tested */
    OK(publish(last + 1, 0, true));
    ck_assert_int_eq(published(), last + 1);
    ck_assert(!exists(".new"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("publish");
    TCase *c = tcase_create("publish");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, first_and_second);
    tcase_add_test(c, given_up);
    tcase_add_test(c, left_overs_of_a_killed_run);
    tcase_add_test(c, new_file_must_be_complete);
    tcase_add_test(c, two_runs_at_once);
    tcase_add_test(c, reader_in_rollback_mode_keeps_the_old_file);
    tcase_add_test(c, store_in_wal_mode);
    tcase_add_test(c, wal_of_a_killed_serve);
    tcase_add_test(c, wal_of_a_deleted_store);
    tcase_add_test(c, writer_in_rollback_mode);
    tcase_add_test(c, commit_may_be_repeated);
    tcase_add_test(c, files_that_are_no_store);
    tcase_add_test(c, symbolic_link);
    tcase_add_test(c, killed_at_any_moment);
    suite_add_tcase(s, c);
    return s;
}

KF_TEST_MAIN(suite)
