/* The bulk loader: what it writes must be what SQLite would have written. Nearly every case fills
 * the same schema twice, as pages and through INSERT, and compares all rows; integrity_check
 * compares every index with its table. Here: numbers of rows, threads, joins, large files. Values,
 * overflow, order and refusals are in test_bulk_rows.c.
 *
 * KF_TEST_BIG=1 adds files beyond 1 GiB, KF_TEST_BENCH=1 prints ns per row of both modes. */
#include "bulk_support.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

/* ---- a table with a unique text index and an integer index, filled by any number of threads ----
 */

#define IDENT_DDL                                                                                  \
    "CREATE TABLE ident(ns INT, value TEXT NOT NULL, profile INT NOT NULL, UNIQUE(ns, value));"    \
    "CREATE INDEX ident_profile ON ident(profile)"

enum { TABLE, UNIQUE, PROFILE, TREES, MAX_PARTS = 4 };
static const char *const tree_names[TREES] = {"ident", "sqlite_autoindex_ident_1", "ident_profile"};

struct pair {
    int profile, row;
};

struct load {
    struct kf_bulk_tree *tree[TREES];
    int n, from, to;
    const struct pair *by_profile;
    int code;
    struct kf_error err;
};

static int by_profile(const void *x, const void *y)
{
    const struct pair *a = x, *b = y;
    return a->profile != b->profile ? a->profile - b->profile : a->row - b->row;
}

static int profile_of(int row)
{
    return (int)((unsigned)row * 7919u % 1009u) * 37;
}

/* Ascending by row within a namespace. */
static size_t value_of(int row, char out[80])
{
    return (size_t)snprintf(out, 80, "user%08d%.*s", row, row % 41,
                            "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrst");
}

static int load_rows(struct load *l)
{
    char value[80];
    int code = 0;
    for (int i = l->from; i < l->to && !code; i++) {
        for (int k = TABLE; k <= UNIQUE && !code; k++) {
            kf_bulk_row_begin(l->tree[k], i + 1);
            kf_bulk_int(l->tree[k], (int64_t)i * 3 / l->n);
            kf_bulk_text(l->tree[k], value, value_of(i, value));
            if (k == TABLE) {
                kf_bulk_int(l->tree[k], profile_of(i));
            }
            code = kf_bulk_row_end(l->tree[k], &l->err);
        }
        if (!code) {
            kf_bulk_row_begin(l->tree[PROFILE], l->by_profile[i].row + 1);
            kf_bulk_int(l->tree[PROFILE], l->by_profile[i].profile);
            code = kf_bulk_row_end(l->tree[PROFILE], &l->err);
        }
    }
    return code;
}

static void *load_thread(void *arg)
{
    struct load *l = arg;
    l->code = load_rows(l);
    return NULL;
}

/* n rows in ranges that end at ends[]; a thread each if threads. */
static int fill_ident(const char *path, enum kf_bulk_mode mode, int n, int parts, const int *ends,
                      bool threads)
{
    struct kf_bulk *b;
    struct load l[MAX_PARTS];
    pthread_t id[MAX_PARTS];
    struct pair *pairs = malloc((size_t)(n + 1) * sizeof *pairs);
    for (int i = 0; i < n; i++) {
        pairs[i] = (struct pair){profile_of(i), i};
    }
    qsort(pairs, (size_t)n, sizeof *pairs, by_profile);
    int code = kf_bulk_open(path, mode, &b, &err);
    for (int p = 0; p < parts && !code; p++) {
        l[p] =
            (struct load){.n = n, .from = p ? ends[p - 1] : 0, .to = ends[p], .by_profile = pairs};
        for (int k = 0; k < TREES && !code; k++) {
            code = k == TABLE ? kf_bulk_table(b, tree_names[k], &l[p].tree[k], &err)
                              : kf_bulk_index(b, tree_names[k], &l[p].tree[k], &err);
        }
    }
    OK(code);
    for (int p = 0; p < parts; p++) {
        if (!threads || pthread_create(&id[p], NULL, load_thread, &l[p])) {
            load_thread(&l[p]);
        }
    }
    for (int p = 0; p < parts; p++) {
        if (threads) {
            pthread_join(id[p], NULL);
        }
        if (l[p].code && !code) {
            code = l[p].code;
            err = l[p].err;
        }
        for (int k = 0; k < TREES && p && !code; k++) {
            code = kf_bulk_join(l[0].tree[k], l[p].tree[k], &err);
        }
    }
    free(pairs);
    if (code) {
        kf_bulk_free(b);
        return code;
    }
    ck_assert_uint_eq(kf_bulk_rows(l[0].tree[TABLE]), (uint64_t)n);
    return kf_bulk_close(b, 0, &err);
}

static void compare_ident(int page, int n, int parts, const int *ends, bool threads)
{
    char what[120];
    snprintf(what, sizeof what, "page %d, %d rows, %d parts, first of %d", page, n, parts, ends[0]);
    create(path_of("direct"), page, IDENT_DDL);
    create(path_of("api"), page, IDENT_DDL);
    OK(fill_ident(path_of("direct"), KF_BULK_DIRECT, n, parts, ends, threads));
    OK(fill_ident(path_of("api"), KF_BULK_API, n, parts, ends, threads));
    check_equal(what, (uint64_t)n);
    /* Nearly all pages are in use: a tree leaves at most the rest of one reservation (256 KiB). */
    int most = 262144 / page * TREES * parts;
    ck_assert_int_le(atoi(ask(path_of("direct"), "PRAGMA freelist_count")), most);
}

START_TEST(row_counts)
{
    static const int counts[] = {0, 1, 2, 3, 7, 19, 20, 40, 101, 1000, 6000, 40000};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        compare_ident(page_sizes[_i], counts[i], 1, &counts[i], false);
    }
}
END_TEST

/* Every row count around the first leaves' ends, where dividers and last leaves are made. */
START_TEST(every_small_count)
{
    for (int n = 0; n < 90; n++) {
        create(path_of("direct"), 512, IDENT_DDL);
        OK(fill_ident(path_of("direct"), KF_BULK_DIRECT, n, 1, &n, false));
        ck_assert_msg(strcmp(ask(path_of("direct"), "PRAGMA integrity_check"), "ok") == 0,
                      "%d rows: %s", n, ask(path_of("direct"), "PRAGMA integrity_check"));
        ck_assert_int_eq(atoi(ask(path_of("direct"), "SELECT count(*) FROM ident")), n);
    }
}
END_TEST

START_TEST(joins)
{
    static const int sizes[] = {0, 1, 2, 5, 9, 10, 11, 12, 13, 14, 15, 30, 300, 4000};
    enum { N = sizeof sizes / sizeof *sizes };
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < N; k++) {
            int ends[] = {sizes[i], sizes[i] + sizes[k]};
            compare_ident(512, ends[1], 2, ends, false);
        }
    }
    static const int three[] = {3, 3, 8}, four[] = {0, 50, 51, 9000}, even[] = {4000, 8000, 12000};
    compare_ident(512, 8, 3, three, false);
    compare_ident(4096, 9000, 4, four, false);
    compare_ident(65536, 12000, 3, even, false);
}
END_TEST

START_TEST(several_threads)
{
    static const int two[] = {30000, 60000}, four[] = {10, 20000, 20011, 50000};
    compare_ident(page_sizes[_i], 60000, 2, two, true);
    compare_ident(page_sizes[_i], 50000, 4, four, true);
}
END_TEST

struct own {
    struct kf_bulk_tree *t;
    int step, code;
};

static void *own_tree(void *arg)
{
    struct own *o = arg;
    char value[80];
    for (int i = 0; i < 50000 && !o->code; i++) {
        kf_bulk_row_begin(o->t, (int64_t)i * o->step);
        kf_bulk_text(o->t, value, value_of(i, value));
        o->code = kf_bulk_row_end(o->t, NULL);
    }
    o->code = o->code ? o->code : kf_bulk_finish(o->t, NULL);
    return NULL;
}

/* A tree per thread, finished there: its left-over pages may go to a tree that is still growing. */
START_TEST(trees_of_different_threads)
{
    for (int mode = KF_BULK_DIRECT; mode <= KF_BULK_API; mode++) {
        const char *path = path_of(mode == KF_BULK_DIRECT ? "direct" : "api");
        struct kf_bulk *b;
        struct own o[3];
        pthread_t id[3];
        create(path, 4096,
               "CREATE TABLE a(v TEXT); CREATE TABLE b(v TEXT); CREATE TABLE c(v TEXT)");
        OK(kf_bulk_open(path, (enum kf_bulk_mode)mode, &b, &err));
        for (int i = 0; i < 3; i++) {
            o[i] = (struct own){NULL, i + 1, 0};
            OK(kf_bulk_table(b, &"a\0b\0c"[2 * i], &o[i].t, &err));
        }
        for (int i = 0; i < 3; i++) {
            ck_assert_int_eq(pthread_create(&id[i], NULL, own_tree, &o[i]), 0);
        }
        for (int i = 0; i < 3; i++) {
            pthread_join(id[i], NULL);
            ck_assert_int_eq(o[i].code, 0);
        }
        OK(kf_bulk_close(b, 0, &err));
    }
    check_equal("three tables", 150000);
}
END_TEST

/* SQLite left free pages in the file: they stay behind ours in the list. */
START_TEST(free_pages_of_sqlite)
{
    static const int n = 3000;
    create(path_of("direct"), 4096,
           "CREATE TABLE junk(x); INSERT INTO junk VALUES(zeroblob(90000)); " IDENT_DDL
           "; DROP TABLE junk");
    create(path_of("api"), 4096, IDENT_DDL);
    int before = atoi(ask(path_of("direct"), "PRAGMA freelist_count"));
    ck_assert_int_gt(before, 20);
    OK(fill_ident(path_of("direct"), KF_BULK_DIRECT, n, 1, &n, false));
    OK(fill_ident(path_of("api"), KF_BULK_API, n, 1, &n, false));
    check_equal("free pages", (uint64_t)n);
    ck_assert_int_ge(atoi(ask(path_of("direct"), "PRAGMA freelist_count")), before);
}
END_TEST

START_TEST(reserved_space)
{
    static const int n = 9000;
    reserve_bytes = 32;
    compare_ident(page_sizes[_i], n, 1, &n, false);
    reserve_bytes = 0;
}
END_TEST

/* SQLite goes on working with the file: it splits our full pages and takes pages off our free list.
 */
START_TEST(file_can_be_changed_afterwards)
{
    static const int ends[] = {11000, 20000};
    create(path_of("direct"), 4096, IDENT_DDL);
    OK(fill_ident(path_of("direct"), KF_BULK_DIRECT, 20000, 2, ends, false));
    int free_pages = atoi(ask(path_of("direct"), "PRAGMA freelist_count"));
    sqlite3 *db = open_db(path_of("direct"));
    exec(db, "INSERT INTO ident SELECT ns + 1000, value || 'x', profile + 1 FROM ident WHERE "
             "_rowid_ % 3 = 0;"
             "DELETE FROM ident WHERE _rowid_ % 5 = 0; UPDATE ident SET profile = profile + 3 "
             "WHERE _rowid_ % 7 = 0;"
             "CREATE TABLE other(x); INSERT INTO other SELECT value FROM ident");
    sqlite3_close(db);
    ck_assert_str_eq(ask(path_of("direct"), "PRAGMA integrity_check"), "ok");
    ck_assert_int_gt(free_pages, 0);
    ck_assert_int_eq(atoi(ask(path_of("direct"), "SELECT count(*) FROM ident")), 26666 - 5333);
    db = open_db(path_of("direct"));
    exec(db, "VACUUM");
    sqlite3_close(db);
    ck_assert_str_eq(ask(path_of("direct"), "PRAGMA integrity_check"), "ok");
}
END_TEST

/* ---- the disk is full ---- */

START_TEST(disk_full)
{
    static const int n = 60000;
    struct rlimit old, limit;
    create(path_of("direct"), 4096, IDENT_DDL);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    limit = old;
    limit.rlim_cur = 2000000;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int code = fill_ident(path_of("direct"), _i ? KF_BULK_API : KF_BULK_DIRECT, n, 1, &n, false);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    ck_assert_int_eq(code, KF_E_IO);
    ck_assert_msg(strstr(err.message, path_of("direct")) != NULL, "message is: %s", err.message);
    if (!_i) {
        ck_assert_msg(strstr(err.message, "File too large") != NULL, "message is: %s", err.message);
    }
    signal(SIGXFSZ, SIG_DFL);
}
END_TEST

/* ---- beyond 1 GiB: the page of SQLite's lock bytes must stay unused ---- */

struct big_load {
    struct kf_bulk_tree *t;
    int from, to;
    int code;
};

static void *big_thread(void *arg)
{
    struct big_load *l = arg;
    static char filler[3000];
    for (int i = l->from; i < l->to && !l->code; i++) {
        kf_bulk_row_begin(l->t, i + 1);
        kf_bulk_int(l->t, i);
        kf_bulk_blob(l->t, filler, i % 1000 ? 900 : 3000);
        kf_bulk_blob(l->t, filler, i % 5000 ? 0 : 3000);
        l->code = kf_bulk_row_end(l->t, NULL);
    }
    return NULL;
}

START_TEST(beyond_one_gib)
{
    struct kf_bulk *b;
    struct big_load l[2];
    pthread_t id;
    struct stat st;
    enum { ROWS = 1300000 };
    create(path_of("direct"), page_sizes[_i + 1], "CREATE TABLE t(i INT, a BLOB, b BLOB)");
    OK(kf_bulk_open(path_of("direct"), KF_BULK_DIRECT, &b, &err));
    for (int p = 0; p < 2; p++) {
        l[p] = (struct big_load){NULL, p * (ROWS / 2), (p + 1) * (ROWS / 2), 0};
        OK(kf_bulk_table(b, "t", &l[p].t, &err));
    }
    ck_assert_int_eq(pthread_create(&id, NULL, big_thread, &l[1]), 0);
    big_thread(&l[0]);
    pthread_join(id, NULL);
    ck_assert_int_eq(l[0].code, 0);
    ck_assert_int_eq(l[1].code, 0);
    OK(kf_bulk_join(l[0].t, l[1].t, &err));
    OK(kf_bulk_close(b, 0, &err));
    ck_assert_int_eq(stat(path_of("direct"), &st), 0);
    ck_assert_int_gt(st.st_size, 1100000000);
    ck_assert_str_eq(ask(path_of("direct"), "PRAGMA integrity_check"), "ok");
    ck_assert_int_eq(atoi(ask(path_of("direct"), "SELECT count(*) FROM t WHERE i = rowid - 1")),
                     ROWS);
}
END_TEST

/* ---- speed ---- */

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* No assertion a row: Check writes to a pipe for each. */
static int bench_row(struct kf_bulk_tree *t, int i, const char *value, size_t n, int cols)
{
    kf_bulk_row_begin(t, i + 1);
    kf_bulk_text(t, value, n);
    if (cols > 1) {
        kf_bulk_int(t, profile_of(i));
    }
    for (int c = 2; c < cols; c += 2) {
        kf_bulk_int(t, i * (int64_t)c);
        kf_bulk_text(t, "newsletter", (size_t)(i + c) % 10);
    }
    return kf_bulk_row_end(t, &err);
}

static void bench(const char *label, enum kf_bulk_mode mode, int cols, bool index)
{
    enum { N = 2000000 };
    char ddl[400] = "CREATE TABLE t(v TEXT, p INT";
    static char(*values)[24];
    struct kf_bulk *b;
    struct kf_bulk_tree *t, *x;
    int code = 0;
    if (!values) {
        values = malloc((size_t)N * sizeof *values);
        for (int i = 0; i < N; i++) {
            snprintf(values[i], sizeof values[i], "u%08d%.*s", i, i % 11, "@exampleshop");
        }
    }
    for (int c = 2; c < cols; c++) {
        snprintf(ddl + strlen(ddl), sizeof ddl - strlen(ddl), ", c%d", c);
    }
    snprintf(ddl + strlen(ddl), sizeof ddl - strlen(ddl),
             index ? "); CREATE UNIQUE INDEX x ON t(v)" : ")");
    create(path_of("direct"), 4096, ddl);
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    OK(kf_bulk_open(path_of("direct"), mode, &b, &err));
    OK(kf_bulk_table(b, "t", &t, &err));
    for (int i = 0; i < N; i++) {
        code |= bench_row(t, i, values[i], strlen(values[i]), cols);
    }
    if (index && kf_bulk_needs_indexes(b)) {
        OK(kf_bulk_index(b, "x", &x, &err));
        for (int i = 0; i < N; i++) {
            code |= bench_row(x, i, values[i], strlen(values[i]), 1);
        }
    }
    OK(code);
    OK(kf_bulk_close(b, KF_BULK_FSYNC, &err));
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("%-34s %-6s wall %6.0f  cpu %6.0f ns/row\n", label,
           mode == KF_BULK_API ? "api" : "direct", wall / N * 1e9, cpu / N * 1e9);
    fflush(stdout);
    ck_assert_str_eq(ask(path_of("direct"), "PRAGMA quick_check"), "ok");
}

START_TEST(speed)
{
    enum kf_bulk_mode mode = _i ? KF_BULK_API : KF_BULK_DIRECT;
    bench("2M rows, 2 columns", mode, 2, false);
    bench("2M rows, 2 columns, unique text", mode, 2, true);
    bench("2M rows, 14 columns", mode, 14, false);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("bulk");
    TCase *c = tcase_create("bulk");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, row_counts, 0, 4);
    tcase_add_test(c, every_small_count);
    tcase_add_test(c, joins);
    tcase_add_loop_test(c, several_threads, 0, 4);
    tcase_add_test(c, trees_of_different_threads);
    tcase_add_test(c, free_pages_of_sqlite);
    tcase_add_loop_test(c, reserved_space, 0, 4);
    tcase_add_test(c, file_can_be_changed_afterwards);
    tcase_add_loop_test(c, disk_full, 0, 2);
    suite_add_tcase(s, c);
    c = tcase_create("large");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 600);
    if (getenv("KF_TEST_BIG")) {
        tcase_add_loop_test(c, beyond_one_gib, 0, 2);
    }
    if (getenv("KF_TEST_BENCH")) {
        tcase_add_loop_test(c, speed, 0, 2);
    }
    suite_add_tcase(s, c);
    return s;
}

KF_TEST_MAIN(suite)
