#include "store/event_table.h"

#include "base/error.h"
#include "base/vec.h"
#include "event/ingest.h"
#include "store/block.h"
#include "store/read_internal.h"
#include "store/sql.h"

#include <stdio.h>
#include <stdlib.h>

static const char DECLARATION[] =
    "CREATE TABLE event(profile_id TEXT, time TEXT, received TEXT, type TEXT, name TEXT,"
    " source TEXT, platform TEXT, id TEXT, file TEXT, record INT, json TEXT)";
enum { PROFILE_ID, TIME, RECEIVED, TYPE, NAME, SOURCE, PLATFORM, ID, FILE_NAME, RECORD, JSON };

struct table {
    sqlite3_vtab base;
    sqlite3 *db;
    struct kf_store *store;       /* a connection of its own, from the first question on */
    struct kf_events *dictionary; /* no events: dictionaries and identifiers of the log */
};

/* Where the events of a profile end in the block in hand. */
struct owner {
    uint32_t end;
    char id[17];
};

struct cursor {
    sqlite3_vtab_cursor base;
    sqlite3_stmt *blocks, *owners;
    struct kf_events *events; /* of the block in hand */
    struct kf_buf content, json;
    kf_vec(struct owner) owner;
    uint32_t at, own; /* event, its owner */
    char only[17];    /* the one profile asked for, or empty */
    int64_t row;
    bool eof;
};

static int fail(struct table *t, const struct kf_error *err)
{
    sqlite3_free(t->base.zErrMsg);
    t->base.zErrMsg = sqlite3_mprintf("%s", err->message);
    return SQLITE_ERROR;
}

/* ---- the table ---- */

static int connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **ret,
                   char **message)
{
    (void)aux;
    (void)argc;
    (void)argv;
    (void)message;
    int rc = sqlite3_declare_vtab(db, DECLARATION);
    if (rc)
        return rc;
    struct table *t = sqlite3_malloc(sizeof *t);
    if (!t)
        return SQLITE_NOMEM;
    *t = (struct table){.db = db};
    *ret = &t->base;
    return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *base)
{
    struct table *t = (struct table *)base;
    kf_store_events_free(t->dictionary);
    kf_store_close(t->store);
    sqlite3_free(t);
    return SQLITE_OK;
}

/* Tells the filter whether one profile is asked for. */
static int best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
    (void)base;
    info->estimatedCost = 1e9;
    for (int i = 0; i < info->nConstraint; i++) {
        if (!info->aConstraint[i].usable || info->aConstraint[i].iColumn != PROFILE_ID ||
            info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        info->aConstraintUsage[i].argvIndex = 1;
        info->idxNum = 1;
        info->estimatedCost = 1e3;
        info->estimatedRows = 10;
        break;
    }
    return SQLITE_OK;
}

static int open_store(struct table *t)
{
    struct kf_error err = KF_ERROR_INIT;
    const char *path = sqlite3_db_filename(t->db, "main");
    if (t->dictionary)
        return SQLITE_OK;
    if (!t->store && kf_store_open(path ? path : "", &t->store, &err))
        return fail(t, &err);
    return kf_store_load_dictionaries(t->store, &t->dictionary, &err) ? fail(t, &err) : SQLITE_OK;
}

/* ---- a walk ---- */

static int open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **ret)
{
    (void)base;
    struct cursor *c = calloc(1, sizeof *c);
    if (!c)
        return SQLITE_NOMEM;
    *ret = &c->base;
    return SQLITE_OK;
}

static void forget(struct cursor *c)
{
    sqlite3_finalize(c->blocks);
    sqlite3_finalize(c->owners);
    kf_events_free(c->events);
    c->blocks = c->owners = NULL;
    c->events = NULL;
}

static int close_cursor(sqlite3_vtab_cursor *base)
{
    struct cursor *c = (struct cursor *)base;
    forget(c);
    kf_buf_free(&c->content);
    kf_buf_free(&c->json);
    kf_vec_free(&c->owner);
    free(c);
    return SQLITE_OK;
}

/* A block holds whole profiles one after the other, or a part of one: how many events each has says
 * whose an event is. */
static int read_owners(struct cursor *c, struct kf_error *err)
{
    sqlite3_stmt *q = c->owners;
    uint32_t end = 0;
    int rc;
    c->owner.n = 0;
    c->own = 0;
    if (sqlite3_column_type(c->blocks, 2) == SQLITE_NULL) {
        *kf_vec_push(&c->owner) = (struct owner){.end = c->events->n};
        return 0;
    }
    bool part = sqlite3_column_int64(c->blocks, 2) == sqlite3_column_int64(c->blocks, 3);
    kf_sql_i(q, 1, sqlite3_column_int64(c->blocks, 2));
    kf_sql_i(q, 2, sqlite3_column_int64(c->blocks, 3));
    while ((rc = kf_sql_step(q, err)) > 0) {
        struct owner *o = kf_vec_push(&c->owner);
        struct kf_str id = kf_sql_column(q, 0);
        end = part ? c->events->n : end + (uint32_t)sqlite3_column_int64(q, 1);
        *o = (struct owner){.end = end};
        memcpy(o->id, id.p, id.n < 16 ? id.n : 16);
    }
    sqlite3_reset(q);
    if (rc == 0 && end != c->events->n)
        rc = kf_error_set(err, KF_E_DATA, "store", "a block of the event log has lost events");
    return rc;
}

/* The next block; *ret_none: there is none. */
static int next_block(struct table *t, struct cursor *c, bool *ret_none, struct kf_error *err)
{
    int rc = kf_sql_step(c->blocks, err);
    *ret_none = rc == 0;
    if (rc <= 0)
        return rc;
    kf_events_free(c->events);
    c->events = kf_events_new(t->dictionary->dict, t->dictionary->idents);
    c->at = 0;
    int64_t bytes = sqlite3_column_int64(c->blocks, 0);
    if (bytes < 0)
        return kf_error_set(err, KF_E_DATA, "store", "a block of the event log has no size");
    rc = kf_block_unpack(sqlite3_column_blob(c->blocks, 1),
                         (size_t)sqlite3_column_bytes(c->blocks, 1), (size_t)bytes, &c->content,
                         c->events, err);
    return rc ? rc : read_owners(c, err);
}

/* Goes on to the next event that was asked for, the one in hand included. */
static int settle(struct cursor *c)
{
    struct table *t = (struct table *)c->base.pVtab;
    struct kf_error err = KF_ERROR_INIT;
    for (;; c->at++) {
        while (!c->events || c->at >= c->events->n) {
            if (next_block(t, c, &c->eof, &err))
                return fail(t, &err);
            if (c->eof)
                return SQLITE_OK;
        }
        while (c->at >= c->owner.p[c->own].end)
            c->own++;
        if (!c->only[0] || strcmp(c->only, c->owner.p[c->own].id) == 0)
            return SQLITE_OK;
    }
}

static int filter(sqlite3_vtab_cursor *base, int number, const char *text, int argc,
                  sqlite3_value **argv)
{
    static const char all[] = "SELECT bytes, data, first_profile, last_profile FROM event_block"
                              " ORDER BY id",
                      some[] = "SELECT bytes, data, first_profile, last_profile FROM event_block"
                               " WHERE first_profile = (SELECT max(first_profile) FROM event_block"
                               "  WHERE first_profile <= (SELECT id FROM profile"
                               "   WHERE profile_id = ?1)) ORDER BY id";
    struct cursor *c = (struct cursor *)base;
    struct table *t = (struct table *)base->pVtab;
    struct kf_error err = KF_ERROR_INIT;
    bool one = number == 1 && argc == 1;
    (void)text;
    int rc = open_store(t);
    if (rc)
        return rc;
    forget(c);
    c->row = 0;
    c->eof = false;
    memset(c->only, 0, sizeof c->only);
    if (kf_sql_prepare(t->store->db, one ? some : all, &c->blocks, &err) ||
        kf_sql_prepare(t->store->db,
                       "SELECT profile_id, events FROM profile WHERE id BETWEEN ?1 AND ?2"
                       " ORDER BY id",
                       &c->owners, &err))
        return fail(t, &err);
    if (one) {
        const char *id = (const char *)sqlite3_value_text(argv[0]);
        c->eof = !id || strlen(id) != 16; /* nobody is called so */
        if (c->eof)
            return SQLITE_OK;
        memcpy(c->only, id, 16);
        kf_sql_text(c->blocks, 1, c->only);
    }
    return settle(c);
}

static int next(sqlite3_vtab_cursor *base)
{
    struct cursor *c = (struct cursor *)base;
    c->at++;
    c->row++;
    return settle(c);
}

static int at_end(sqlite3_vtab_cursor *base)
{
    return ((struct cursor *)base)->eof;
}

static int row_number(sqlite3_vtab_cursor *base, sqlite3_int64 *ret)
{
    *ret = ((struct cursor *)base)->row;
    return SQLITE_OK;
}

/* ---- columns ---- */

static void put(sqlite3_context *x, struct kf_str s)
{
    if (s.n)
        sqlite3_result_text64(x, s.p, s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
    else
        sqlite3_result_null(x);
}

/* To the millisecond, always three digits, as the views write it: so texts can be compared. */
static void put_time(sqlite3_context *x, int64_t t)
{
    char text[64];
    int64_t below = t % KF_SECOND;
    below += below < 0 ? KF_SECOND : 0;
    size_t n = kf_time_format(t - below, text); /* ends in Z */
    n += (size_t)snprintf(text + n - 1, sizeof text - n, ".%03dZ", (int)(below / 1000000)) - 1;
    put(x, kf_str(text, n));
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *x, int i)
{
    struct cursor *c = (struct cursor *)base;
    const struct kf_events *e = c->events;
    uint32_t v = c->at;
    switch (i) {
    case PROFILE_ID:
        put(x, kf_cstr(c->owner.p[c->own].id));
        break;
    case TIME:
        put_time(x, e->time[v]);
        break;
    case RECEIVED:
        put_time(x, e->at[v].received);
        break;
    case TYPE:
        put(x, kf_cstr(kf_event_type_name(e->what[v].type)));
        break;
    case NAME:
        put(x, kf_symbols_text(e->dict->name, e->what[v].name));
        break;
    case SOURCE:
        put(x, kf_symbols_text(e->dict->source, e->at[v].source + 1u));
        break;
    case PLATFORM:
        put(x, kf_cstr(kf_platform_name(e->what[v].platform)));
        break;
    case ID:
        put(x, kf_event_id(e, v));
        break;
    case FILE_NAME:
        put(x, kf_symbols_text(e->dict->file, e->at[v].file));
        break;
    case RECORD:
        sqlite3_result_int64(x, e->at[v].record);
        break;
    case JSON:
        kf_buf_clear(&c->json);
        kf_event_json(e, v, &c->json);
        put(x, kf_str(c->json.p, c->json.n));
        break;
    }
    return SQLITE_OK;
}

int kf_event_table_register(sqlite3 *db)
{
    static const sqlite3_module MODULE = {.iVersion = 1,
                                          .xConnect = connect,
                                          .xBestIndex = best_index,
                                          .xDisconnect = disconnect,
                                          .xOpen = open_cursor,
                                          .xClose = close_cursor,
                                          .xFilter = filter,
                                          .xNext = next,
                                          .xEof = at_end,
                                          .xColumn = column,
                                          .xRowid = row_number};
    return sqlite3_create_module(db, "event", &MODULE, NULL);
}
