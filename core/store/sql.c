#include "store/sql.h"

#include "base/error.h"

#include <pthread.h>

#define MODULE "store"

static void configure(void)
{
    /* Both are refused, harmlessly, once SQLite is in use. */
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

void kf_sql_configure(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure);
}

static int code_of(int sqlite)
{
    switch (sqlite & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return KF_E_DATA;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return KF_E_AGAIN;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return KF_E_CANTCREATE;
    case SQLITE_NOMEM:
        return KF_E_NOMEM;
    case SQLITE_IOERR:
    case SQLITE_FULL:
        return KF_E_IO;
    default:
        return KF_E_FAIL;
    }
}

int kf_sql_error(sqlite3 *db, const char *what, struct kf_error *err)
{
    const char *file = db ? sqlite3_db_filename(db, "main") : NULL;
    int sqlite = db ? sqlite3_extended_errcode(db) : SQLITE_NOMEM;
    return kf_error_set(err, code_of(sqlite), MODULE, "%s%s%s: %s", file ? file : "",
                        file ? ": " : "", what, db ? sqlite3_errmsg(db) : "out of memory");
}

int kf_sql_open(const char *path, int flags, sqlite3 **ret, struct kf_error *err)
{
    kf_sql_configure();
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, flags, NULL)) {
        int rc = kf_error_set(err, code_of(sqlite3_extended_errcode(db)), MODULE,
                              "cannot open %s: %s", path, sqlite3_errmsg(db));
        sqlite3_close(db);
        return rc;
    }
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, 2000);
    *ret = db;
    return 0;
}

int kf_sql_exec(sqlite3 *db, const char *sql, struct kf_error *err)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) ? kf_sql_error(db, "cannot work", err) : 0;
}

int kf_sql_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret, struct kf_error *err)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL))
        return kf_sql_error(db, "cannot ask", err);
    *ret = s;
    return 0;
}

int kf_sql_step(sqlite3_stmt *s, struct kf_error *err)
{
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
        return 1;
    return rc == SQLITE_DONE ? 0 : kf_sql_error(sqlite3_db_handle(s), "cannot read", err);
}

int kf_sql_done(sqlite3_stmt *s, struct kf_error *err)
{
    int rc = sqlite3_step(s) == SQLITE_DONE
                 ? 0
                 : kf_sql_error(sqlite3_db_handle(s), "cannot write", err);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return rc;
}

int kf_sql_int(sqlite3 *db, const char *sql, int64_t none, int64_t *ret, struct kf_error *err)
{
    sqlite3_stmt *s = NULL;
    int rc = kf_sql_prepare(db, sql, &s, err);
    if (rc)
        return rc;
    int64_t v = none;
    rc = kf_sql_step(s, err);
    if (rc > 0 && sqlite3_column_type(s, 0) != SQLITE_NULL)
        v = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    if (rc < 0)
        return rc;
    *ret = v;
    return 0;
}

void kf_sql_text(sqlite3_stmt *s, int at, const char *z)
{
    if (z)
        sqlite3_bind_text(s, at, z, -1, SQLITE_TRANSIENT);
    else
        sqlite3_bind_null(s, at);
}

void kf_sql_str(sqlite3_stmt *s, int at, struct kf_str v)
{
    if (v.p)
        sqlite3_bind_text64(s, at, v.p, v.n, SQLITE_TRANSIENT, SQLITE_UTF8);
    else
        sqlite3_bind_null(s, at);
}

struct kf_str kf_sql_column(sqlite3_stmt *s, int at)
{
    const char *p = (const char *)sqlite3_column_text(s, at);
    return p ? kf_str(p, (size_t)sqlite3_column_bytes(s, at)) : kf_str("", 0);
}
