#include "store/log_file.h"

#include "base/error.h"
#include "base/vec.h"
#include "store/block.h"
#include "store/schema.h"
#include "store/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The text of one table, as every store has it. */
static void add_table(struct kf_buf *sql, const char *name)
{
    char head[64];
    snprintf(head, sizeof head, "CREATE TABLE %s(", name);
    const char *from = strstr(kf_schema_tables, head), *to = from ? strstr(from, ");") : NULL;
    if (to)
        kf_buf_add(sql, from, (size_t)(to - from) + 2);
}

#define QUICK "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; "

static int create(const char *path, sqlite3 **ret, struct kf_error *err)
{
    static const char *const table[] = {"run", "setting", "symbol", "event_block", "identifier"};
    struct kf_buf sql = {0};
    unlink(path);
    int rc = kf_sql_open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, ret, err);
    if (rc)
        return rc;
    kf_buf_addf(&sql, QUICK "PRAGMA application_id = %d; PRAGMA user_version = %d; BEGIN;",
                KF_STORE_APPLICATION, KF_STORE_VERSION);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        add_table(&sql, table[i]);
    rc = kf_sql_exec(*ret, sql.p, err);
    kf_buf_free(&sql);
    return rc;
}

/* A file that was written here before is emptied: making tables costs more than filling them. */
static int make_room(const char *path, sqlite3 **ret, struct kf_error *err)
{
    if (access(path, R_OK | W_OK) == 0 &&
        kf_sql_open(path, SQLITE_OPEN_READWRITE, ret, NULL) == 0) {
        if (kf_sql_exec(*ret,
                        QUICK "BEGIN; DELETE FROM run; DELETE FROM setting; DELETE FROM symbol; "
                              "DELETE FROM event_block; DELETE FROM identifier",
                        NULL) == 0)
            return 0;
        sqlite3_close(*ret);
        *ret = NULL;
    }
    return create(path, ret, err);
}

static int put_symbols(sqlite3 *db, const struct kf_dict *d, struct kf_error *err)
{
    const struct {
        const char *name;
        const struct kf_symbols *s;
    } all[] = {{"key", d->key}, {"name", d->name},     {"value", d->value},
               {"ns", d->ns},   {"source", d->source}, {"file", d->file}};
    sqlite3_stmt *s = NULL;
    int rc = kf_sql_prepare(db, "INSERT INTO symbol VALUES(NULL, ?1, ?2, ?3)", &s, err);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (uint32_t k = 1; k <= kf_symbols_count(all[i].s) && rc == 0; k++) {
            kf_sql_text(s, 1, all[i].name);
            kf_sql_i(s, 2, k);
            kf_sql_str(s, 3, kf_symbols_text(all[i].s, k));
            rc = kf_sql_done(s, err);
        }
    sqlite3_finalize(s);
    return rc;
}

static int put_identifiers(sqlite3 *db, const struct kf_idset *ids, struct kf_error *err)
{
    sqlite3_stmt *s = NULL;
    int rc = kf_sql_prepare(db, "INSERT INTO identifier(id, namespace, value) VALUES(?1, ?2, ?3)",
                            &s, err);
    for (uint32_t i = 0; i < ids->raw && rc == 0; i++) {
        kf_sql_i(s, 1, (int64_t)i + 1);
        kf_sql_i(s, 2, kf_idents_ns(ids->idents, i));
        kf_sql_str(s, 3, kf_idents_value(ids->idents, i));
        rc = kf_sql_done(s, err);
    }
    sqlite3_finalize(s);
    return rc;
}

static int put_blocks(sqlite3 *db, const struct kf_events *e, const uint32_t *event, size_t n,
                      struct kf_error *err)
{
    sqlite3_stmt *s = NULL;
    struct kf_packer *packer = kf_packer_new(KF_STORED_FAST);
    int rc = packer ? kf_sql_prepare(db,
                                     "INSERT INTO event_block VALUES(NULL, NULL, NULL, ?1, 0, 0, "
                                     "?2, ?3)",
                                     &s, err)
                    : kf_error_set(err, KF_E_NOMEM, "store", "out of memory");
    for (size_t at = 0; at < n && rc == 0; at += KF_BLOCK_EVENTS) {
        uint32_t m = (uint32_t)(n - at < KF_BLOCK_EVENTS ? n - at : KF_BLOCK_EVENTS);
        struct kf_block b;
        rc = kf_block_pack(packer, e, event + at, m, &b, err);
        if (rc)
            break;
        kf_sql_i(s, 1, m);
        kf_sql_i(s, 2, (int64_t)b.raw);
        sqlite3_bind_blob64(s, 3, b.data, b.n, SQLITE_STATIC);
        rc = kf_sql_done(s, err);
    }
    sqlite3_finalize(s);
    kf_packer_free(packer);
    return rc;
}

/* In the order of a run: profile by profile, then what nobody owns and what came after as_of. */
static int put_events(sqlite3 *db, const struct kf_world *w, uint32_t *ret_n, struct kf_error *err)
{
    const struct kf_events *e = w->events;
    kf_vec(uint32_t) event = {0};
    for (uint32_t i = 0; i < w->first[w->n_profiles]; i++)
        *kf_vec_push(&event) = w->order[i];
    for (uint32_t i = 0; i < e->n; i++)
        if (!e->dropped[i] &&
            (w->identity->event_profile[i] == KF_ID_NONE || e->time[i] > w->as_of))
            *kf_vec_push(&event) = i;
    *ret_n = (uint32_t)event.n;
    int rc = put_blocks(db, e, event.p, event.n, err);
    kf_vec_free(&event);
    return rc;
}

static int put_run(sqlite3 *db, const struct kf_world *w, uint32_t events, struct kf_error *err)
{
    struct kf_buf sql = {0};
    kf_buf_addf(&sql,
                "INSERT INTO setting VALUES('raw_identifiers', '%u');"
                "INSERT INTO run(number, engine, rules_digest, config_digest, data_digest, "
                "as_of_ns, events, profiles, identifiers, quarantined, duplicates, read_records, "
                "read_events, read_bytes, compression) VALUES(1, '', '', '', '', %lld, %u, %u, "
                "0, 0, 0, 0, 0, 0, 'fast'); COMMIT",
                w->ids->raw, (long long)w->as_of, events, w->n_profiles);
    int rc = kf_sql_exec(db, sql.p, err);
    kf_buf_free(&sql);
    return rc;
}

int kf_store_write_log(const char *path, const struct kf_world *w, struct kf_error *err)
{
    sqlite3 *db = NULL;
    uint32_t events = 0;
    int rc = make_room(path, &db, err);
    if (rc == 0)
        rc = put_symbols(db, w->events->dict, err);
    if (rc == 0)
        rc = put_identifiers(db, w->ids, err);
    if (rc == 0)
        rc = put_events(db, w, &events, err);
    if (rc == 0)
        rc = put_run(db, w, events, err);
    sqlite3_close(db);
    return rc;
}
