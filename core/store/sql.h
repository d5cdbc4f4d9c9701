/* The little of SQLite's API that this folder repeats: open, prepare, step, and what its refusals
 * mean in our words. One thread per connection. Every error names the file and keeps SQLite's own
 * sentence. */
#ifndef KF_STORE_SQL_H
#define KF_STORE_SQL_H

#include "base/str.h"

#include <kinfold/error.h>

#include <sqlite3.h>

/* Told once before the first connection: threads do not share connections, and SQLite's own
 * statistics would be a lock that all of them wait for. Thread-safe. */
void kf_sql_configure(void);

/* Fills err from the connection's state: KF_E_DATA (damaged, no database), KF_E_AGAIN (locked),
 * KF_E_CANTCREATE (read-only), KF_E_NOMEM, KF_E_IO (disk full included), KF_E_FAIL. */
int kf_sql_error(sqlite3 *db, const char *what, struct kf_error *err);

/* Opens an existing file (flags as for sqlite3_open_v2). */
int kf_sql_open(const char *path, int flags, sqlite3 **ret, struct kf_error *err);
int kf_sql_exec(sqlite3 *db, const char *sql, struct kf_error *err);
int kf_sql_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret, struct kf_error *err);
/* 1: a row, 0: no more, negative: error. */
int kf_sql_step(sqlite3_stmt *s, struct kf_error *err);
/* Step of a statement without rows; resets it and forgets its values. */
int kf_sql_done(sqlite3_stmt *s, struct kf_error *err);
/* First column of the first row as an integer; `none` where there is no row or it is null. */
int kf_sql_int(sqlite3 *db, const char *sql, int64_t none, int64_t *ret, struct kf_error *err);

/* Binding from position 1; NULL texts are null. */
void kf_sql_text(sqlite3_stmt *s, int at, const char *z);
void kf_sql_str(sqlite3_stmt *s, int at, struct kf_str v);
static inline void kf_sql_i(sqlite3_stmt *s, int at, int64_t v)
{
    sqlite3_bind_int64(s, at, v);
}
/* Column as text; empty where null. Valid until the next step. */
struct kf_str kf_sql_column(sqlite3_stmt *s, int at);

#endif
