/* The bulk loader: what it writes must be what SQLite would have written. Nearly every case fills
 * the same schema twice, as pages and through INSERT, and compares all rows; integrity_check
 * compares every index with its table.
 *
 * KF_TEST_BIG=1 adds a file beyond 1 GiB, KF_TEST_BENCH=1 prints ns per row of both modes. */
#include "store/bulk.h"

#include "../check_main.h"

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char dir[64];
static struct kf_error err;

static const char *path_of(const char *name)
{
    static char paths[4][128];
    static unsigned at;
    char *p = paths[at++ % 4];
    snprintf(p, sizeof paths[0], "%s/%s", dir, name);
    return p;
}

static void setup(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/kf_bulk_XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    err = (struct kf_error)KF_ERROR_INIT;
}

static void teardown(void)
{
    unlink(path_of("direct"));
    unlink(path_of("api"));
    ck_assert_msg(rmdir(dir) == 0, "something was left in %s", dir);
}

#define OK(call) ck_assert_msg((call) == 0, "%s: %s", #call, err.message)

static void exec(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK, "%s: %s", sql,
                  message ? message : "?");
}

static sqlite3 *open_db(const char *path)
{
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static int reserve_bytes; /* at the end of each page of files created next */

static void create(const char *path, int page, const char *ddl)
{
    char sql[64];
    unlink(path);
    sqlite3 *db = open_db(path);
    if (reserve_bytes) {
        int n = reserve_bytes;
        ck_assert_int_eq(sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &n),
                         SQLITE_OK);
    }
    snprintf(sql, sizeof sql, "PRAGMA page_size=%d; PRAGMA journal_mode=OFF", page);
    exec(db, sql);
    exec(db, ddl);
    sqlite3_close(db);
}

/* First column of the first row as text. */
static const char *ask(const char *path, const char *sql)
{
    static char text[512];
    sqlite3 *db = open_db(path);
    sqlite3_stmt *s;
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(db));
    ck_assert_msg(sqlite3_step(s) == SQLITE_ROW, "%s: %s", sql, sqlite3_errmsg(db));
    const unsigned char *z = sqlite3_column_text(s, 0);
    snprintf(text, sizeof text, "%s", z ? (const char *)z : "NULL");
    sqlite3_finalize(s);
    sqlite3_close(db);
    return text;
}

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
    const unsigned char *b = p;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ b[i]) * 0x100000001b3u;
    }
    return h;
}

static uint64_t hash_row(sqlite3_stmt *s, uint64_t h)
{
    for (int i = 0; i < sqlite3_column_count(s); i++) {
        int type = sqlite3_column_type(s, i);
        h = mix(h, &type, sizeof type);
        if (type == SQLITE_INTEGER) {
            int64_t v = sqlite3_column_int64(s, i);
            h = mix(h, &v, sizeof v);
        } else if (type == SQLITE_FLOAT) {
            double v = sqlite3_column_double(s, i);
            h = mix(h, &v, sizeof v);
        } else if (type != SQLITE_NULL) {
            const void *p = sqlite3_column_blob(s, i);
            int n = sqlite3_column_bytes(s, i);
            h = mix(mix(h, &n, sizeof n), p, (size_t)n);
        }
    }
    return h;
}

/* All rows of all tables, with their rowids and the tables' names. */
static uint64_t content(const char *path, uint64_t *ret_rows)
{
    sqlite3 *db = open_db(path);
    sqlite3_stmt *tables, *s;
    uint64_t h = 0xcbf29ce484222325u, rows = 0;
    ck_assert_int_eq(
        sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
                           -1, &tables, NULL),
        SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW) {
        char *sql = sqlite3_mprintf("SELECT _rowid_, * FROM \"%w\" ORDER BY _rowid_",
                                    sqlite3_column_text(tables, 0));
        h = mix(h, sqlite3_column_text(tables, 0), (size_t)sqlite3_column_bytes(tables, 0));
        ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
        int rc;
        while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
            h = hash_row(s, h);
            rows++;
        }
        ck_assert_int_eq(rc, SQLITE_DONE);
        sqlite3_finalize(s);
        sqlite3_free(sql);
    }
    sqlite3_finalize(tables);
    sqlite3_close(db);
    *ret_rows = rows;
    return h;
}

/* Both files are whole and hold the same rows. */
static void check_equal(const char *what, uint64_t expected_rows)
{
    const char *direct = path_of("direct"), *api = path_of("api");
    uint64_t rows, api_rows;
    ck_assert_msg(strcmp(ask(direct, "PRAGMA integrity_check"), "ok") == 0, "%s: %s", what,
                  ask(direct, "PRAGMA integrity_check"));
    uint64_t h = content(direct, &rows);
    ck_assert_msg(h == content(api, &api_rows), "%s: the files differ", what);
    ck_assert_msg(rows == expected_rows && api_rows == expected_rows,
                  "%s: %llu and %llu rows instead of %llu", what, (unsigned long long)rows,
                  (unsigned long long)api_rows, (unsigned long long)expected_rows);
}

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

static const int page_sizes[] = {512, 4096, 16384, 65536};

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

/* ---- values ---- */

static const int64_t ints[] = {INT64_MIN,
                               -140737488355329,
                               -140737488355328,
                               -2147483649,
                               -2147483648,
                               -8388609,
                               -8388608,
                               -32769,
                               -32768,
                               -129,
                               -128,
                               -2,
                               -1,
                               0,
                               1,
                               2,
                               127,
                               128,
                               32767,
                               32768,
                               8388607,
                               8388608,
                               2147483647,
                               2147483648,
                               140737488355327,
                               140737488355328,
                               INT64_MAX};
enum { INTS = sizeof ints / sizeof *ints };

static void fill_values(const char *path, enum kf_bulk_mode mode)
{
    static const double reals[] = {0.0, -0.0, 1.0, -1.5, 1e300, -1e-300, 3.0, 0.1};
    struct kf_bulk *b;
    struct kf_bulk_tree *t, *x;
    create(path, 4096,
           "CREATE TABLE v(id INTEGER PRIMARY KEY, i INT, r REAL, t TEXT, b BLOB, a, \"od\"\"d\" "
           "TEXT);"
           "CREATE UNIQUE INDEX v_i ON v(i)");
    OK(kf_bulk_open(path, mode, &b, &err));
    OK(kf_bulk_table(b, "v", &t, &err));
    OK(kf_bulk_index(b, "v_i", &x, &err));
    for (int i = 0; i < INTS; i++) {
        kf_bulk_row_begin(t, ints[i]); /* also every width of rowid */
        kf_bulk_null(t);
        kf_bulk_int(t, ints[i]);
        kf_bulk_real(t, i == 9 ? (double)NAN : i == 10 ? (double)INFINITY : reals[i % 8]);
        kf_bulk_text(t, i % 3 ? "Gr\xc3\xbc\xc3\x9f\x65" : NULL, i % 3 ? 7 : 0);
        if (i % 2) {
            kf_bulk_blob(t, "\0\1\2", i == 5 ? 0 : 3);
        } else {
            kf_bulk_null(t);
        }
        kf_bulk_int(t, -ints[i == 0 ? 1 : i]);
        kf_bulk_text(t, "a\0b", 3);
        OK(kf_bulk_row_end(t, &err));
        kf_bulk_row_begin(x, ints[i]);
        kf_bulk_int(x, ints[i]);
        OK(kf_bulk_row_end(x, &err));
    }
    OK(kf_bulk_close(b, KF_BULK_FSYNC, &err));
}

START_TEST(values_round_trip)
{
    fill_values(path_of("direct"), KF_BULK_DIRECT);
    fill_values(path_of("api"), KF_BULK_API);
    check_equal("values", INTS);
    const char *direct = path_of("direct");
    ck_assert_int_eq(
        atoi(ask(direct, "SELECT count(*) FROM v WHERE id = i AND typeof(i) = 'integer'")), INTS);
    ck_assert_str_eq(ask(direct, "SELECT i FROM v ORDER BY i DESC LIMIT 1"), "9223372036854775807");
    ck_assert_str_eq(ask(direct, "SELECT t FROM v WHERE i = -140737488355329"),
                     "Gr\xc3\xbc\xc3\x9f\x65");
    ck_assert_str_eq(ask(direct, "SELECT typeof(t) || length(t) FROM v WHERE i = -2147483649"),
                     "text0");
    ck_assert_str_eq(ask(direct, "SELECT typeof(r) FROM v WHERE i = -129"), "null");
    ck_assert_str_eq(ask(direct, "SELECT r > 1e308 FROM v WHERE i = -128"), "1");
    ck_assert_str_eq(ask(direct, "SELECT typeof(b) || length(b) FROM v WHERE i = -8388609"),
                     "blob0");
    ck_assert_str_eq(ask(direct, "SELECT hex(b) FROM v WHERE i = -140737488355329"), "000102");
}
END_TEST

/* More than 127 bytes of header: its length takes two bytes. The rowid column is the last one. */
static void fill_wide(const char *path, enum kf_bulk_mode mode, int cols)
{
    struct kf_bulk *b;
    struct kf_bulk_tree *t;
    char ddl[4000] = "CREATE TABLE w(rowid TEXT";
    for (int i = 1; i < cols; i++) {
        snprintf(ddl + strlen(ddl), sizeof ddl - strlen(ddl), ", c%d INT", i);
    }
    snprintf(ddl + strlen(ddl), sizeof ddl - strlen(ddl), ", id INTEGER PRIMARY KEY)");
    create(path, 4096, ddl);
    OK(kf_bulk_open(path, mode, &b, &err));
    OK(kf_bulk_table(b, "w", &t, &err));
    for (int r = 0; r < 300; r++) {
        kf_bulk_row_begin(t, r * 5 - 700);
        kf_bulk_text(t, "x", 1);
        for (int i = 1; i < cols; i++) {
            kf_bulk_int(t, r * i);
        }
        kf_bulk_null(t);
        OK(kf_bulk_row_end(t, &err));
    }
    OK(kf_bulk_close(b, 0, &err));
}

START_TEST(wide_rows)
{
    for (int cols = 120; cols < 132; cols++) {
        fill_wide(path_of("direct"), KF_BULK_DIRECT, cols);
        fill_wide(path_of("api"), KF_BULK_API, cols);
        check_equal("wide", 300);
        ck_assert_str_eq(ask(path_of("direct"), "SELECT c100 FROM w WHERE id = -690"), "200");
    }
}
END_TEST

/* ---- overflow pages ---- */

#define BIG_BYTES 1500000
static char *big; /* pseudo-random text */

static void make_big(void)
{
    unsigned x = 1;
    big = malloc(BIG_BYTES);
    for (int i = 0; i < BIG_BYTES; i++) {
        x = x * 1103515245 + 12345;
        big[i] = (char)('a' + (x >> 16) % 26);
    }
}

static void overflow_row(struct kf_bulk_tree *t, int64_t rowid, size_t before, size_t n,
                         size_t after)
{
    kf_bulk_row_begin(t, rowid);
    kf_bulk_text(t, big, before);
    kf_bulk_blob(t, big + 7, n);
    kf_bulk_text(t, big + 3, after);
    OK(kf_bulk_row_end(t, &err));
}

static int fill_overflow(const char *path, enum kf_bulk_mode mode, int page)
{
    struct kf_bulk *b;
    struct kf_bulk_tree *t;
    int row = 0;
    create(path, page, "CREATE TABLE o(a TEXT, b BLOB, c TEXT)");
    OK(kf_bulk_open(path, mode, &b, &err));
    OK(kf_bulk_table(b, "o", &t, &err));
    for (int n = page - 60; n < page - 20; n++) { /* where a payload leaves the page */
        overflow_row(t, ++row, 0, (size_t)n, 0);
    }
    for (int pages = 1; pages < 4;
         pages++) { /* where the chain grows, and where the local part changes */
        for (int n = pages * (page - 4) - 60; n < pages * (page - 4) + 700; n += n % 2 ? 1 : 23) {
            overflow_row(t, ++row, 0, (size_t)n, 1);
        }
    }
    overflow_row(t, ++row, 3, BIG_BYTES - 10, 0);
    overflow_row(t, ++row, 70000, 100, 5);
    overflow_row(t, ++row, 70000, 66000, 80000);
    overflow_row(t, ++row, 2047, 2048, 2049);
    overflow_row(t, ++row, 1, 1, 1);
    OK(kf_bulk_close(b, 0, &err));
    return row;
}

START_TEST(overflow_in_tables)
{
    make_big();
    int rows = fill_overflow(path_of("direct"), KF_BULK_DIRECT, page_sizes[_i]);
    fill_overflow(path_of("api"), KF_BULK_API, page_sizes[_i]);
    check_equal("overflow", (uint64_t)rows);
    free(big);
}
END_TEST

/* One leaf, but overflow pages: the chain must reach the file although the tree is only its root.
 */
START_TEST(overflow_of_a_single_row)
{
    struct kf_bulk *b;
    struct kf_bulk_tree *t;
    make_big();
    for (int mode = KF_BULK_DIRECT; mode <= KF_BULK_API; mode++) {
        const char *path = path_of(mode == KF_BULK_DIRECT ? "direct" : "api");
        create(path, 4096, "CREATE TABLE o(a TEXT, b BLOB, c TEXT)");
        OK(kf_bulk_open(path, (enum kf_bulk_mode)mode, &b, &err));
        OK(kf_bulk_table(b, "o", &t, &err));
        overflow_row(t, 1, 10, 9000, 0);
        OK(kf_bulk_finish(t, &err));
        OK(kf_bulk_close(b, 0, &err));
    }
    check_equal("one row", 1);
    free(big);
}
END_TEST

/* Long keys: cells with overflow in leaves and, as dividers, in interior pages; in two parts. */
static void fill_long_keys(const char *path, enum kf_bulk_mode mode, int page, int rows)
{
    struct kf_bulk *b;
    struct kf_bulk_tree *t[2], *x[2];
    create(path, page, "CREATE TABLE k(v TEXT UNIQUE)");
    OK(kf_bulk_open(path, mode, &b, &err));
    for (int p = 0; p < 2; p++) {
        OK(kf_bulk_table(b, "k", &t[p], &err));
        OK(kf_bulk_index(b, "sqlite_autoindex_k_1", &x[p], &err));
        for (int i = p * rows / 2; i < (p + 1) * rows / 2; i++) {
            char *key = big + i;
            char saved[8];
            memcpy(saved, key, 8);
            snprintf(key, 8, "%07d", i);
            key[7] = ' ';
            struct kf_bulk_tree *both[] = {t[p], x[p]};
            for (int k = 0; k < 2; k++) {
                kf_bulk_row_begin(both[k], i + 1);
                kf_bulk_text(both[k], key, (size_t)(8 + i * 37 % (2 * page)));
                OK(kf_bulk_row_end(both[k], &err));
            }
            memcpy(key, saved, 8);
        }
    }
    OK(kf_bulk_join(t[0], t[1], &err));
    OK(kf_bulk_join(x[0], x[1], &err));
    OK(kf_bulk_close(b, 0, &err));
}

START_TEST(overflow_in_indexes)
{
    make_big();
    int page = page_sizes[_i], rows = page == 512 ? 5000 : page == 4096 ? 1500 : 300;
    fill_long_keys(path_of("direct"), KF_BULK_DIRECT, page, rows);
    fill_long_keys(path_of("api"), KF_BULK_API, page, rows);
    check_equal("long keys", (uint64_t)rows);
    free(big);
}
END_TEST

/* ---- order ---- */

/* Value k of a list in BINARY order, over all storage classes. */
static void ordered_value(struct kf_bulk_tree *t, int k)
{
    static const char *const texts[] = {"", "A", "B", "a", "a ", "ab", "b", "\xc3\xa4"};
    switch (k) {
    case 0:
        kf_bulk_null(t);
        break;
    case 1:
        kf_bulk_real(t, -1e30);
        break;
    case 2:
        kf_bulk_int(t, -5);
        break;
    case 3:
        kf_bulk_real(t, -0.5);
        break;
    case 4:
        kf_bulk_int(t, 0);
        break;
    case 5:
        kf_bulk_real(t, 0.25);
        break;
    case 6:
        kf_bulk_int(t, 9007199254740993); /* a double would round these two to one value */
        break;
    case 7:
        kf_bulk_real(t, 9007199254740994.0);
        break;
    case 8:
        kf_bulk_int(t, 9007199254740995);
        break;
    case 9:
        kf_bulk_real(t, 1e19);
        break;
    default:
        if (k < 18) {
            kf_bulk_text(t, texts[k - 10], strlen(texts[k - 10]));
        } else {
            kf_bulk_blob(t, "\0\0b", (size_t)(k - 18));
        }
    }
}
enum { ORDERED = 22 };

static void fill_ordered(const char *path, enum kf_bulk_mode mode)
{
    struct kf_bulk *b;
    struct kf_bulk_tree *both[2];
    int64_t rowid = 0;
    create(path, 512, "CREATE TABLE m(x, y); CREATE INDEX m_xy ON m(x, y)");
    OK(kf_bulk_open(path, mode, &b, &err));
    OK(kf_bulk_table(b, "m", &both[0], &err));
    OK(kf_bulk_index(b, "m_xy", &both[1], &err));
    for (int x = 0; x < ORDERED; x++) {
        for (int y = 0; y < ORDERED; y++) {
            rowid++;
            for (int k = 0; k < 2; k++) {
                kf_bulk_row_begin(both[k], rowid);
                ordered_value(both[k], x);
                ordered_value(both[k], y);
                OK(kf_bulk_row_end(both[k], &err));
            }
        }
    }
    OK(kf_bulk_close(b, 0, &err));
}

START_TEST(all_classes_in_order)
{
    fill_ordered(path_of("direct"), KF_BULK_DIRECT);
    fill_ordered(path_of("api"), KF_BULK_API);
    check_equal("classes", ORDERED * ORDERED);
}
END_TEST

/* Each pair of that list the wrong way round, and equal, is refused. */
START_TEST(wrong_order_of_every_pair)
{
    for (int x = 0; x < ORDERED; x++) {
        for (int y = 0; y <= x; y++) {
            struct kf_bulk *b;
            struct kf_bulk_tree *t;
            create(path_of("direct"), 512, "CREATE TABLE m(x); CREATE INDEX m_x ON m(x)");
            OK(kf_bulk_open(path_of("direct"), KF_BULK_DIRECT, &b, &err));
            OK(kf_bulk_index(b, "m_x", &t, &err));
            kf_bulk_row_begin(t, 5);
            ordered_value(t, x);
            OK(kf_bulk_row_end(t, &err));
            kf_bulk_row_begin(t, x == y ? 5 : 6);
            ordered_value(t, y);
            ck_assert_msg(kf_bulk_row_end(t, &err) == KF_E_INTERNAL, "value %d after %d was taken",
                          y, x);
            kf_bulk_free(b);
        }
    }
}
END_TEST

static void one_int(struct kf_bulk_tree *t, int64_t rowid, int64_t v)
{
    kf_bulk_row_begin(t, rowid);
    kf_bulk_int(t, v);
}

#define REFUSED(call, text)                                                                        \
    do {                                                                                           \
        ck_assert_int_eq((call), KF_E_INTERNAL);                                                   \
        ck_assert_msg(strstr(err.message, text) != NULL, "message is: %s", err.message);           \
    } while (0)

START_TEST(broken_rows)
{
    struct kf_bulk *b;
    struct kf_bulk_tree *t, *k, *x;
    enum kf_bulk_mode mode = _i ? KF_BULK_API : KF_BULK_DIRECT;
    create(path_of("direct"), 4096,
           "CREATE TABLE t(v INT); CREATE TABLE k(v INT, id INTEGER PRIMARY KEY); CREATE UNIQUE "
           "INDEX t_v ON t(v)");
    OK(kf_bulk_open(path_of("direct"), mode, &b, &err));
    OK(kf_bulk_table(b, "t", &t, &err));
    one_int(t, 7, 1);
    OK(kf_bulk_row_end(t, &err));
    one_int(t, 7, 2);
    REFUSED(kf_bulk_row_end(t, &err), "row 2 of t does not have a higher rowid");
    one_int(t, 8, 2); /* the same sentence for ever */
    REFUSED(kf_bulk_row_end(t, &err), "row 2 of t does not have a higher rowid");
    ck_assert_uint_eq(kf_bulk_rows(t), 1);
    OK(kf_bulk_table(b, "k", &k, &err));
    one_int(k, 1, 1);
    kf_bulk_int(k, 1);
    REFUSED(kf_bulk_row_end(k, &err), "row 1 of k has a value in its INTEGER PRIMARY KEY");
    OK(kf_bulk_table(b, "k", &k, &err));
    one_int(k, 1, 1);
    REFUSED(kf_bulk_row_end(k, &err), "another number of columns");
    OK(kf_bulk_table(b, "k", &k, &err));
    one_int(k, 1, 1);
    for (int i = 0; i < 50; i++) {
        kf_bulk_null(k);
        kf_bulk_text(k, "abc", 3);
        kf_bulk_real(k, 0.5);
    }
    REFUSED(kf_bulk_row_end(k, &err), "another number of columns");
    if (mode == KF_BULK_DIRECT) {
        OK(kf_bulk_index(b, "t_v", &x, &err));
        kf_bulk_row_begin(x, 4);
        kf_bulk_null(x);
        OK(kf_bulk_row_end(x, &err));
        kf_bulk_row_begin(x, 5); /* NULLs are no duplicates */
        kf_bulk_null(x);
        OK(kf_bulk_row_end(x, &err));
        one_int(x, 9, 3);
        OK(kf_bulk_row_end(x, &err));
        one_int(x, 10, 3);
        REFUSED(kf_bulk_row_end(x, &err), "row 4 of t_v repeats a key of a unique index");
    }
    REFUSED(kf_bulk_close(b, 0, &err), "row 2 of t");
}
END_TEST

START_TEST(broken_joins)
{
    struct kf_bulk *b;
    struct kf_bulk_tree *t[4], *x[3];
    enum kf_bulk_mode mode = _i ? KF_BULK_API : KF_BULK_DIRECT;
    create(path_of("direct"), 4096, "CREATE TABLE t(v INT); CREATE UNIQUE INDEX t_v ON t(v)");
    OK(kf_bulk_open(path_of("direct"), mode, &b, &err));
    for (int i = 0; i < 4; i++) {
        OK(kf_bulk_table(b, "t", &t[i], &err));
        one_int(t[i], i == 3 ? 10 : 10 + i, i);
        OK(i == 3 && mode == KF_BULK_API ? 0 : kf_bulk_row_end(t[i], &err));
    }
    OK(kf_bulk_join(t[0], t[1], &err));
    one_int(t[1], 20, 20);
    REFUSED(kf_bulk_row_end(t[1], &err), "comes after the tree was finished or joined");
    one_int(t[0], 11, 11);
    REFUSED(kf_bulk_row_end(t[0], &err), "row 3 of t does not have a higher rowid");
    if (mode == KF_BULK_DIRECT) {
        REFUSED(kf_bulk_join(t[2], t[3], &err),
                "joined to t after row 1 does not have a higher rowid");
        for (int i = 0; i < 3; i++) {
            OK(kf_bulk_index(b, "t_v", &x[i], &err));
            one_int(x[i], i + 1, 5);
            OK(kf_bulk_row_end(x[i], &err));
        }
        REFUSED(kf_bulk_join(x[0], x[1], &err), "repeats a key of a unique index");
        REFUSED(kf_bulk_join(x[2], x[2], &err), "not another unfinished part");
    }
    kf_bulk_free(b);
    create(path_of("direct"), 4096, "CREATE TABLE t(v INT)");
    OK(kf_bulk_open(path_of("direct"), KF_BULK_DIRECT, &b, &err));
    for (int i = 0; i < 2; i++) {
        OK(kf_bulk_table(b, "t", &t[i], &err));
        one_int(t[i], i, i);
        OK(kf_bulk_row_end(t[i], &err));
    }
    REFUSED(kf_bulk_close(b, 0, &err), "two parts of t were not joined");
}
END_TEST

/* ---- what cannot be filled ---- */

START_TEST(refused_schemas)
{
    static const struct {
        const char *ddl, *name, *why;
        bool is_index;
    } cases[] = {
        {"CREATE TABLE t(a INT PRIMARY KEY) WITHOUT ROWID", "t", "WITHOUT ROWID", false},
        {"CREATE TABLE t(a INT PRIMARY KEY, b INT) WITHOUT ROWID; CREATE INDEX i ON t(b)", "i",
         "WITHOUT ROWID", true},
        {"CREATE TABLE t(a INT); CREATE INDEX i ON t(a DESC)", "i", "DESC", true},
        {"CREATE TABLE t(a TEXT COLLATE NOCASE UNIQUE)", "sqlite_autoindex_t_1", "collation", true},
        {"CREATE TABLE t(a INT, b INT AS (a + 1))", "t", "generated", false},
        {"CREATE TABLE t(a INT)", "u", "has no table named u", false},
        {"CREATE TABLE t(a INT)", "t", "has no index named t", true},
        {"CREATE TABLE t(a INT); INSERT INTO t VALUES(1)", "t", "not empty", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kf_bulk *b;
        struct kf_bulk_tree *t;
        create(path_of("direct"), 4096, cases[i].ddl);
        OK(kf_bulk_open(path_of("direct"), KF_BULK_DIRECT, &b, &err));
        REFUSED(cases[i].is_index ? kf_bulk_index(b, cases[i].name, &t, &err)
                                  : kf_bulk_table(b, cases[i].name, &t, &err),
                cases[i].why);
        OK(kf_bulk_close(b, 0, &err));
        ck_assert_str_eq(ask(path_of("direct"), "PRAGMA integrity_check"), "ok");
    }
}
END_TEST

START_TEST(refused_files)
{
    struct kf_bulk *b = NULL;
    ck_assert_int_eq(kf_bulk_open(path_of("absent"), KF_BULK_DIRECT, &b, &err), KF_E_IO);
    ck_assert_int_eq(kf_bulk_open(path_of("absent"), KF_BULK_API, &b, &err), KF_E_IO);
    create(path_of("direct"), 4096, "PRAGMA auto_vacuum=FULL; CREATE TABLE t(a)");
    REFUSED(kf_bulk_open(path_of("direct"), KF_BULK_DIRECT, &b, &err), "auto_vacuum");
    create(path_of("direct"), 4096, "PRAGMA encoding='UTF-16le'; CREATE TABLE t(a)");
    REFUSED(kf_bulk_open(path_of("direct"), KF_BULK_DIRECT, &b, &err), "UTF-8");
    create(path_of("direct"), 4096, "PRAGMA journal_mode=WAL; CREATE TABLE t(a)");
    REFUSED(kf_bulk_open(path_of("direct"), KF_BULK_DIRECT, &b, &err), "WAL");
    int fd = open(path_of("direct"), O_WRONLY | O_TRUNC);
    ck_assert_int_eq(write(fd, "customers,and,more\n", 19), 19);
    close(fd);
    REFUSED(kf_bulk_open(path_of("direct"), KF_BULK_DIRECT, &b, &err), "not a database");
    ck_assert_ptr_null(b);
}
END_TEST

START_TEST(names_that_hide_the_rowid)
{
    struct kf_bulk *b;
    struct kf_bulk_tree *t;
    create(path_of("api"), 4096, "CREATE TABLE t(rowid INT, _rowid_ INT, OID INT)");
    OK(kf_bulk_open(path_of("api"), KF_BULK_API, &b, &err));
    REFUSED(kf_bulk_table(b, "t", &t, &err), "all three names of the rowid");
    ck_assert(!kf_bulk_needs_indexes(b));
    kf_bulk_free(b);
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
    tcase_add_loop_test(c, reserved_space, 0, 4);
    tcase_add_test(c, file_can_be_changed_afterwards);
    tcase_add_test(c, values_round_trip);
    tcase_add_test(c, wide_rows);
    tcase_add_loop_test(c, overflow_in_tables, 0, 4);
    tcase_add_test(c, overflow_of_a_single_row);
    tcase_add_loop_test(c, overflow_in_indexes, 0, 4);
    tcase_add_test(c, all_classes_in_order);
    tcase_add_test(c, wrong_order_of_every_pair);
    tcase_add_loop_test(c, broken_rows, 0, 2);
    tcase_add_loop_test(c, broken_joins, 0, 2);
    tcase_add_test(c, refused_schemas);
    tcase_add_test(c, refused_files);
    tcase_add_test(c, names_that_hide_the_rowid);
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
