/* Erased people in what a run carries over from the one before, or has just set aside: quarantined
 * records, decisions, and the reasons people gave. */
#include "store/write_internal.h"

#include "base/error.h"
#include "store/sql.h"
#include "store/steward.h"

#include <stdio.h>

/* A record may name them anywhere: shorter words count, too. */
#define RECORD_WORD 4u
#define TEXT_WORD   6u

static const struct kf_tombstones *all_of(const struct kf_store_writer *w)
{
    return w->o.erasure->all;
}

/* The row stays and is counted; what it said does not. */
static int clean_quarantine(struct kf_store_writer *w, sqlite3 *db, struct kf_error *err)
{
    sqlite3_stmt *q = NULL, *set = NULL;
    int rc = kf_sql_prepare(db, "SELECT id, raw, detail FROM quarantine ORDER BY id", &q, err);
    if (rc == 0)
        rc = kf_sql_prepare(db, "UPDATE quarantine SET raw = x'', detail = ?2 WHERE id = ?1", &set,
                            err);
    while (rc == 0 && (rc = kf_sql_step(q, err)) > 0) {
        struct kf_str raw = kf_str(sqlite3_column_blob(q, 1), (size_t)sqlite3_column_bytes(q, 1));
        rc = 0;
        if (!kf_tombstones_text(all_of(w), raw.n ? raw : kf_str("", 0), RECORD_WORD) &&
            !kf_tombstones_text(all_of(w), kf_sql_column(q, 2), RECORD_WORD))
            continue;
        kf_sql_i(set, 1, sqlite3_column_int64(q, 0));
        kf_sql_text(set, 2, "the record named somebody who was erased");
        rc = kf_sql_done(set, err);
    }
    sqlite3_finalize(q);
    sqlite3_finalize(set);
    return rc;
}

/* "email=anna@example.com" -> "erased=HASH" */
static bool clean_identifier(struct kf_store_writer *w, sqlite3_stmt *q, int at, char out[32])
{
    uint64_t hash;
    if (sqlite3_column_type(q, at) == SQLITE_NULL)
        return false;
    char id[4096];
    struct kf_str t = kf_sql_column(q, at);
    if (t.n >= sizeof id)
        return false;
    memcpy(id, t.p, t.n);
    id[t.n] = 0;
    if (!kf_tombstones_identifier(all_of(w), id, &hash))
        return false;
    snprintf(out, 32, KF_STEWARD_ERASED "%016llx", (unsigned long long)hash);
    return true;
}

/* The key is made of what the decision said, so it could be tried against guesses: it gets a keyed
 * hash of its own, by which an import of an older file still knows the decision. */
static int clean_decision(struct kf_store_writer *w, sqlite3_stmt *q, sqlite3_stmt *set,
                          struct kf_error *err)
{
    char a[32], b[32], key[24];
    bool has_a = clean_identifier(w, q, 1, a), has_b = clean_identifier(w, q, 2, b);
    bool said = kf_tombstones_text(all_of(w), kf_sql_column(q, 3), TEXT_WORD);
    if (!has_a && !has_b && !said)
        return 0;
    struct kf_tombstone_key k = kf_tombstone_key(w->o.world->config);
    struct kf_str old = kf_sql_column(q, 4);
    snprintf(key, sizeof key, "~%016llx", (unsigned long long)kf_tombstone_text(&k, old));
    kf_sql_i(set, 1, sqlite3_column_int64(q, 0));
    if (has_a)
        kf_sql_text(set, 2, a);
    if (has_b)
        kf_sql_text(set, 3, b);
    if (said)
        kf_sql_text(set, 4, KF_ERASED_TEXT);
    if (!old.n || old.p[0] != '~')
        kf_sql_text(set, 5, key);
    return kf_sql_done(set, err);
}

static int clean_decisions(struct kf_store_writer *w, sqlite3 *db, struct kf_error *err)
{
    sqlite3_stmt *q = NULL, *set = NULL;
    int rc =
        kf_sql_prepare(db, "SELECT number, a, b, why, key FROM decision ORDER BY number", &q, err);
    if (rc == 0)
        rc = kf_sql_prepare(db,
                            "UPDATE decision SET a = coalesce(?2, a), b = coalesce(?3, b),"
                            " why = coalesce(?4, why), key = coalesce(?5, key) WHERE number = ?1",
                            &set, err);
    while (rc == 0 && (rc = kf_sql_step(q, err)) > 0)
        rc = clean_decision(w, q, set, err);
    sqlite3_finalize(q);
    sqlite3_finalize(set);
    return rc;
}

int kf_store_erase_write(struct kf_store_writer *w, sqlite3 *db, struct kf_error *err)
{
    int rc = clean_quarantine(w, db, err);
    if (rc == 0)
        rc = clean_decisions(w, db, err);
    const struct kf_store_erasure *e = w->o.erasure;
    return rc || !e->receipt.number ? rc
                                    : kf_receipt_insert(db, &e->receipt, e->tombstone, e->n, err);
}
