#include "store/steward.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/vec.h"
#include "store/read_internal.h"
#include "store/sql.h"
#include "store/write_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* Instants of people's words are kept in milliseconds; the entry of a transfer in nanoseconds, for
 * it enters results. */
#define MS 1000000

static const char *keep(struct kf_store *s, sqlite3_stmt *q, int at)
{
    if (sqlite3_column_type(q, at) == SQLITE_NULL)
        return NULL;
    struct kf_str t = kf_sql_column(q, at);
    return kf_arena_strndup(&s->arena, t.p, t.n);
}

static int64_t instant(sqlite3_stmt *q, int at, int64_t unit)
{
    return sqlite3_column_type(q, at) == SQLITE_NULL ? KF_NO_TIME
                                                     : sqlite3_column_int64(q, at) * unit;
}

static void bind_instant(sqlite3_stmt *q, int at, int64_t t, int64_t unit)
{
    if (t == KF_NO_TIME)
        sqlite3_bind_null(q, at);
    else
        kf_sql_i(q, at, t / unit);
}

int kf_store_decisions(struct kf_store *s, const struct kf_steward_entry **ret, uint32_t *ret_n,
                       struct kf_error *err)
{
    kf_vec(struct kf_steward_entry) all = {0};
    sqlite3_stmt *q = NULL;
    int rc = kf_sql_prepare(s->db,
                            "SELECT number, verb, a, b, at_ns, undoes, who, why, made_ms, key"
                            " FROM decision ORDER BY number",
                            &q, err);
    while (rc == 0 && (rc = kf_sql_step(q, err)) > 0) {
        *kf_vec_push(&all) =
            (struct kf_steward_entry){.number = (uint32_t)sqlite3_column_int64(q, 0),
                                      .verb = keep(s, q, 1),
                                      .a = keep(s, q, 2),
                                      .b = keep(s, q, 3),
                                      .at = instant(q, 4, 1),
                                      .undoes = (uint32_t)sqlite3_column_int64(q, 5),
                                      .who = keep(s, q, 6),
                                      .why = keep(s, q, 7),
                                      .made = instant(q, 8, MS),
                                      .key = keep(s, q, 9)};
        rc = 0;
    }
    sqlite3_finalize(q);
    if (rc == 0) {
        struct kf_steward_entry *out = kf_arena_alloc(&s->arena, (all.n + 1) * sizeof *out);
        if (all.n)
            memcpy(out, all.p, all.n * sizeof *out);
        *ret = out;
        *ret_n = (uint32_t)all.n;
    }
    kf_vec_free(&all);
    return rc;
}

int kf_store_holding(struct kf_store *s, uint32_t upto, const struct kf_decision_text **ret,
                     uint32_t *ret_n, uint32_t *ret_last, struct kf_error *err)
{
    const struct kf_steward_entry *log;
    uint32_t n, part = 0;
    int rc = kf_store_decisions(s, &log, &n, err);
    if (rc)
        return rc;
    while (part < n && log[part].number <= upto)
        part++;
    struct kf_steward_fate *fate = kf_arena_alloc(&s->arena, (part + 1u) * sizeof *fate);
    struct kf_decision_text *out = kf_arena_alloc(&s->arena, (part + 1u) * sizeof *out);
    kf_steward_fates(log, part, fate);
    *ret_n = kf_steward_holding(log, part, fate, out);
    *ret = out;
    *ret_last = n ? log[n - 1].number : 0;
    return 0;
}

static int insert(sqlite3 *db, const struct kf_steward_entry *e, uint32_t n, struct kf_error *err)
{
    sqlite3_stmt *q = NULL;
    int rc = kf_sql_prepare(db,
                            "INSERT INTO decision(number, verb, a, b, at_ns, undoes, who, why,"
                            " made_ms, key) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                            &q, err);
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        kf_sql_i(q, 1, e[i].number);
        kf_sql_text(q, 2, e[i].verb);
        kf_sql_text(q, 3, e[i].a);
        kf_sql_text(q, 4, e[i].b);
        bind_instant(q, 5, e[i].at, 1);
        if (e[i].undoes)
            kf_sql_i(q, 6, e[i].undoes);
        kf_sql_text(q, 7, e[i].who);
        kf_sql_text(q, 8, e[i].why);
        bind_instant(q, 9, e[i].made, MS);
        kf_sql_text(q, 10, e[i].key);
        rc = kf_sql_done(q, err);
    }
    sqlite3_finalize(q);
    return rc;
}

/* In one transaction; what a row said before is overwritten (secure_delete). */
static int begin(const char *path, sqlite3 **ret, struct kf_error *err)
{
    sqlite3 *db = NULL;
    int rc = kf_sql_open(path, SQLITE_OPEN_READWRITE, &db, err);
    if (rc)
        return rc;
    rc = kf_sql_exec(db, "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; BEGIN IMMEDIATE",
                     err);
    if (rc)
        sqlite3_close(db);
    else
        *ret = db;
    return rc;
}

static int end(sqlite3 *db, int rc, struct kf_error *err)
{
    if (rc == 0)
        rc = kf_sql_exec(db, "COMMIT", err);
    if (rc)
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(db);
    return rc;
}

int kf_store_append(const char *path, const struct kf_steward_entry *entry, uint32_t n,
                    struct kf_error *err)
{
    sqlite3 *db;
    int rc = begin(path, &db, err);
    return rc ? rc : end(db, insert(db, entry, n, err), err);
}

/* ---- erasures ---- */

static int by_hash(const void *a, const void *b)
{
    const struct kf_tombstone *x = a, *y = b;
    return x->hash != y->hash ? (x->hash > y->hash) - (x->hash < y->hash)
                              : strcmp(x->ns ? x->ns : "", y->ns ? y->ns : "");
}

void kf_receipt_hash(const struct kf_receipt *r, struct kf_tombstone *t, uint32_t n, char out[65])
{
    const char *part[] = {r->previous, r->who, r->why, r->rule, r->counts};
    struct kf_buf b = {0};
    kf_buf_addf(&b, "%u %lld", r->number, (long long)(r->at / MS));
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        kf_buf_addc(&b, '\0');
        kf_buf_adds(&b, part[i]);
    }
    qsort(t, n, sizeof *t, by_hash);
    for (uint32_t i = 0; i < n; i++)
        kf_buf_addf(&b, "\n%s %016llx", t[i].ns ? t[i].ns : "", (unsigned long long)t[i].hash);
    kf_sha256_hex(b.p, b.n, out);
    kf_buf_free(&b);
}

int kf_store_receipts(struct kf_store *s, const struct kf_receipt **ret, uint32_t *ret_n,
                      struct kf_error *err)
{
    kf_vec(struct kf_receipt) all = {0};
    sqlite3_stmt *q = NULL;
    int rc = kf_sql_prepare(s->db,
                            "SELECT number, at_ms, who, why, rule, counts, previous, hash"
                            " FROM erasure ORDER BY number",
                            &q, err);
    while (rc == 0 && (rc = kf_sql_step(q, err)) > 0) {
        *kf_vec_push(&all) = (struct kf_receipt){.number = (uint32_t)sqlite3_column_int64(q, 0),
                                                 .at = instant(q, 1, MS),
                                                 .who = keep(s, q, 2),
                                                 .why = keep(s, q, 3),
                                                 .rule = keep(s, q, 4),
                                                 .counts = keep(s, q, 5),
                                                 .previous = keep(s, q, 6),
                                                 .hash = keep(s, q, 7)};
        rc = 0;
    }
    sqlite3_finalize(q);
    if (rc == 0) {
        struct kf_receipt *out = kf_arena_alloc(&s->arena, (all.n + 1) * sizeof *out);
        if (all.n)
            memcpy(out, all.p, all.n * sizeof *out);
        *ret = out;
        *ret_n = (uint32_t)all.n;
    }
    kf_vec_free(&all);
    return rc;
}

int kf_store_tombstones(struct kf_store *s, uint32_t number, struct kf_tombstone **ret,
                        uint32_t *ret_n, struct kf_error *err)
{
    kf_vec(struct kf_tombstone) all = {0};
    sqlite3_stmt *q = NULL;
    int rc = kf_sql_prepare(s->db,
                            "SELECT namespace, hash FROM tombstone WHERE ?1 IN (0, erasure)"
                            " ORDER BY id",
                            &q, err);
    if (rc)
        return rc;
    kf_sql_i(q, 1, number);
    while (rc == 0 && (rc = kf_sql_step(q, err)) > 0) {
        *kf_vec_push(&all) = (struct kf_tombstone){
            keep(s, q, 0), strtoull((const char *)sqlite3_column_text(q, 1), NULL, 16)};
        rc = 0;
    }
    sqlite3_finalize(q);
    if (rc == 0) {
        *ret = kf_arena_alloc(&s->arena, (all.n + 1) * sizeof **ret);
        if (all.n)
            memcpy(*ret, all.p, all.n * sizeof **ret);
        *ret_n = (uint32_t)all.n;
    }
    kf_vec_free(&all);
    return rc;
}

int kf_receipt_insert(sqlite3 *db, const struct kf_receipt *r, const struct kf_tombstone *t,
                      uint32_t n, struct kf_error *err)
{
    sqlite3_stmt *s = NULL;
    int rc =
        kf_sql_prepare(db, "INSERT INTO erasure VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", &s, err);
    if (rc)
        return rc;
    const char *text[] = {r->who, r->why, r->rule, r->counts, r->previous, r->hash};
    kf_sql_i(s, 1, r->number);
    kf_sql_i(s, 2, r->at / MS);
    for (int i = 0; i < 6; i++)
        kf_sql_text(s, 3 + i, text[i]);
    rc = kf_sql_done(s, err);
    sqlite3_finalize(s);
    s = NULL;
    if (rc == 0)
        rc = kf_sql_prepare(
            db, "INSERT INTO tombstone(erasure, namespace, hash) VALUES(?1, ?2, ?3)", &s, err);
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        char hex[17];
        snprintf(hex, sizeof hex, "%016llx", (unsigned long long)t[i].hash);
        kf_sql_i(s, 1, r->number);
        kf_sql_text(s, 2, t[i].ns);
        kf_sql_text(s, 3, hex);
        rc = kf_sql_done(s, err);
    }
    sqlite3_finalize(s);
    return rc;
}

int kf_store_append_receipt(const char *path, const struct kf_receipt *r,
                            const struct kf_tombstone *tombstone, uint32_t n, struct kf_error *err)
{
    sqlite3 *db;
    int rc = begin(path, &db, err);
    return rc ? rc : end(db, kf_receipt_insert(db, r, tombstone, n, err), err);
}
