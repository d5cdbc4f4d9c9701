#include "store/read_internal.h"

#include "base/error.h"
#include "base/pool.h"
#include "store/block.h"
#include "store/sql.h"

#include <stdlib.h>

#define MODULE "store"

static int damaged(const struct kf_store *s, const char *why, struct kf_error *err)
{
    return kf_error_set(err, KF_E_DATA, MODULE,
                        "%s is damaged: %s. Restore it from a backup, or delete it and run again",
                        s->path, why);
}

/* ---- dictionaries ---- */

static struct kf_symbols *dictionary(const struct kf_dict *d, struct kf_str name)
{
    const struct {
        const char *name;
        struct kf_symbols *s;
    } all[] = {{"key", d->key}, {"name", d->name},     {"value", d->value},
               {"ns", d->ns},   {"source", d->source}, {"file", d->file}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (kf_str_eq(kf_cstr(all[i].name), name))
            return all[i].s;
    return NULL;
}

/* Adding in the order of numbers gives the numbers again; well-known keys are there already. */
static int load_symbols(struct kf_store *s, struct kf_dict *d, struct kf_error *err)
{
    sqlite3_stmt *q = NULL;
    int rc =
        kf_sql_prepare(s->db, "SELECT dictionary, number, text FROM symbol ORDER BY id", &q, err);
    while (rc == 0 && (rc = kf_sql_step(q, err)) > 0) {
        struct kf_symbols *t = dictionary(d, kf_sql_column(q, 0));
        rc = t && kf_symbols_add(t, kf_sql_column(q, 2)) == sqlite3_column_int64(q, 1)
                 ? 0
                 : damaged(s, "its dictionaries do not have the numbers they were written with",
                           err);
    }
    sqlite3_finalize(q);
    return rc;
}

static int load_identifiers(struct kf_store *s, struct kf_idents *t, struct kf_error *err)
{
    sqlite3_stmt *q = NULL;
    uint32_t next = 0;
    int64_t raw = 0;
    int rc =
        kf_sql_int(s->db, "SELECT value FROM setting WHERE name = 'raw_identifiers'", 0, &raw, err);
    if (rc == 0)
        rc = kf_sql_prepare(
            s->db, "SELECT namespace, value FROM identifier WHERE id <= ?1 ORDER BY id", &q, err);
    if (rc)
        return rc;
    kf_sql_i(q, 1, raw);
    while (rc == 0 && (rc = kf_sql_step(q, err)) > 0) {
        int64_t ns = sqlite3_column_int64(q, 0);
        rc =
            ns > 0 && ns < UINT32_MAX &&
                    kf_idents_add(t, (uint32_t)ns, kf_sql_column(q, 1)) == next++
                ? 0
                : damaged(s, "its identifiers do not have the numbers they were written with", err);
    }
    sqlite3_finalize(q);
    return rc == 0 && next != raw ? damaged(s, "identifiers are missing", err) : rc;
}

/* ---- events ---- */

struct load {
    struct kf_store *s;
    struct kf_events **part; /* one a worker */
    sqlite3_stmt **query;
    struct kf_buf *content;
};

static int open_worker(struct load *l, unsigned worker, struct kf_error *err)
{
    sqlite3 *db = NULL;
    if (l->query[worker])
        return 0;
    int rc = kf_sql_open(l->s->path, SQLITE_OPEN_READONLY, &db, err);
    if (rc)
        return rc;
    sqlite3_exec(db, "PRAGMA mmap_size = 2147483648", NULL, NULL, NULL);
    rc = kf_sql_prepare(db,
                        "SELECT id, bytes, data, events FROM event_block WHERE id > ?1 AND id <= ?2"
                        " ORDER BY id",
                        &l->query[worker], err);
    if (rc)
        sqlite3_close(db);
    return rc;
}

static int load_range(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    struct load *l = ctx;
    int rc = open_worker(l, worker, err);
    if (rc)
        return rc;
    sqlite3_stmt *q = l->query[worker];
    struct kf_events *e = l->part[worker];
    kf_sql_i(q, 1, (int64_t)from);
    kf_sql_i(q, 2, (int64_t)to);
    while (rc == 0 && (rc = kf_sql_step(q, err)) > 0) {
        uint32_t before = e->n;
        int64_t bytes = sqlite3_column_int64(q, 1);
        rc = bytes < 0
                 ? damaged(l->s, "a block of the event log has no size", err)
                 : kf_block_unpack(sqlite3_column_blob(q, 2), (size_t)sqlite3_column_bytes(q, 2),
                                   (size_t)bytes, &l->content[worker], e, err);
        if (rc == 0 && e->n - before != sqlite3_column_int64(q, 3))
            rc = damaged(l->s, "a block of the event log has lost events", err);
        else if (rc)
            kf_error_context(err, "%s, block %lld of the event log", l->s->path,
                             (long long)sqlite3_column_int64(q, 0));
    }
    sqlite3_reset(q);
    return rc;
}

static void close_workers(struct load *l, unsigned threads)
{
    for (unsigned i = 0; i < threads; i++) {
        sqlite3 *db = l->query && l->query[i] ? sqlite3_db_handle(l->query[i]) : NULL;
        if (l->query)
            sqlite3_finalize(l->query[i]);
        sqlite3_close(db);
        if (l->part && i)
            kf_events_free(l->part[i]);
        if (l->content)
            kf_buf_free(&l->content[i]);
    }
    free(l->part);
    free(l->query);
    free(l->content);
}

static int load_blocks(struct kf_store *s, unsigned threads, struct kf_events *into,
                       struct kf_error *err)
{
    int64_t blocks = 0, events = 0, copies = 0;
    int rc = kf_sql_int(s->db, "SELECT max(id) FROM event_block", 0, &blocks, err);
    if (rc == 0)
        rc = kf_sql_int(s->db, "SELECT events FROM run ORDER BY number DESC LIMIT 1", 0, &events,
                        err);
    if (rc == 0)
        rc = kf_sql_int(s->db, "SELECT duplicates FROM run ORDER BY number DESC LIMIT 1", 0,
                        &copies, err);
    if (rc)
        return rc;
    into->earlier_copies = (uint64_t)copies;
    struct load l = {.s = s,
                     .part = calloc(threads, sizeof *l.part),
                     .query = calloc(threads, sizeof(sqlite3_stmt *)),
                     .content = calloc(threads, sizeof *l.content)};
    if (!l.part || !l.query || !l.content)
        rc = kf_error_set(err, KF_E_NOMEM, MODULE, "out of memory");
    for (unsigned i = 0; i < threads && rc == 0; i++)
        l.part[i] = i ? kf_events_new(into->dict, into->idents) : into;
    if (rc == 0)
        rc = kf_pool_run(threads, (size_t)blocks, 16, load_range, &l, err);
    for (unsigned i = 1; i < threads && rc == 0; i++)
        kf_events_take(into, l.part[i]);
    close_workers(&l, threads);
    if (rc == 0 && into->n != (uint64_t)events)
        rc = damaged(s, "the event log is not complete", err);
    return rc;
}

void kf_store_events_free(struct kf_events *e)
{
    if (!e)
        return;
    struct kf_dict *d = e->dict;
    struct kf_idents *ids = e->idents;
    kf_events_free(e);
    kf_idents_free(ids);
    if (d)
        kf_dict_free(d);
    free(d);
}

int kf_store_load_symbols(struct kf_store *s, struct kf_events **ret, struct kf_error *err)
{
    struct kf_dict *d = calloc(1, sizeof *d);
    if (!d || kf_dict_init(d)) {
        free(d);
        return kf_error_set(err, KF_E_NOMEM, MODULE, "out of memory");
    }
    struct kf_events *e = kf_events_new(d, kf_idents_new());
    int rc = load_symbols(s, d, err);
    if (rc) {
        kf_store_events_free(e);
        return rc;
    }
    *ret = e;
    return 0;
}

int kf_store_load_dictionaries(struct kf_store *s, struct kf_events **ret, struct kf_error *err)
{
    struct kf_events *e = NULL;
    int rc = kf_store_load_symbols(s, &e, err);
    if (rc == 0)
        rc = load_identifiers(s, e->idents, err);
    if (rc) {
        kf_store_events_free(e);
        return rc;
    }
    *ret = e;
    return 0;
}

int kf_store_load_events(struct kf_store *s, unsigned threads, struct kf_events **ret,
                         struct kf_error *err)
{
    struct kf_events *e = NULL;
    int rc = kf_store_load_dictionaries(s, &e, err);
    if (rc == 0)
        rc = load_blocks(s, threads ? threads : 1, e, err);
    if (rc) {
        kf_store_events_free(e);
        return rc;
    }
    *ret = e;
    return 0;
}
