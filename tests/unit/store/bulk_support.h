/* What the tests of the bulk loader share: a folder per test, files with a schema, and the
 * comparison of two files. */
#ifndef KF_TESTS_BULK_SUPPORT_H
#define KF_TESTS_BULK_SUPPORT_H

#include "store/bulk.h"

#include "../check_main.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char dir[64];
static struct kf_error err;

static inline const char *path_of(const char *name)
{
    static char paths[4][128];
    static unsigned at;
    char *p = paths[at++ % 4];
    snprintf(p, sizeof paths[0], "%s/%s", dir, name);
    return p;
}

static inline void setup(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/kf_bulk_XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    err = (struct kf_error)KF_ERROR_INIT;
}

static inline void teardown(void)
{
    unlink(path_of("direct"));
    unlink(path_of("api"));
    ck_assert_msg(rmdir(dir) == 0, "something was left in %s", dir);
}

#define OK(call) ck_assert_msg((call) == 0, "%s: %s", #call, err.message)

static inline void exec(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK, "%s: %s", sql,
                  message ? message : "?");
}

static inline sqlite3 *open_db(const char *path)
{
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static int reserve_bytes; /* at the end of each page of files created next */

static inline void create(const char *path, int page, const char *ddl)
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
static inline const char *ask(const char *path, const char *sql)
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

static inline uint64_t mix(uint64_t h, const void *p, size_t n)
{
    const unsigned char *b = p;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ b[i]) * 0x100000001b3u;
    }
    return h;
}

static inline uint64_t hash_row(sqlite3_stmt *s, uint64_t h)
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
static inline uint64_t content(const char *path, uint64_t *ret_rows)
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
static inline void check_equal(const char *what, uint64_t expected_rows)
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

static const int page_sizes[] = {512, 4096, 16384, 65536};

#endif
