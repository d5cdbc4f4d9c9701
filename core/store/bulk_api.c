/* The bulk loader through SQLite itself: one prepared INSERT per tree, one transaction per file. */
#include "store/bulk_tree.h"

#include "base/str.h"

#define MODULE "bulk"

int kf_bulk_api_error(const struct kf_bulk *b, sqlite3 *db, const char *doing, struct kf_error *err)
{
    int rc = db ? sqlite3_errcode(db) : SQLITE_NOMEM, code = KF_E_FAIL;
    switch (rc & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        code = KF_E_IO;
        break;
    case SQLITE_NOMEM:
        code = KF_E_NOMEM;
        break;
    case SQLITE_TOOBIG:
        code = KF_E_LIMIT;
        break;
    case SQLITE_CONSTRAINT: /* rows come from us, so a broken constraint is ours */
    case SQLITE_NOTADB:
        code = KF_E_INTERNAL;
        break;
    default:
        break;
    }
    /* SQLite's text for a broken constraint names table and columns, never a value. */
    return kf_error_set(err, code, MODULE, "%s: %s: %s", b->path, doing,
                        db ? sqlite3_errmsg(db) : "no memory");
}

int kf_bulk_api_open(struct kf_bulk *b, struct kf_error *err)
{
    /* FULLMUTEX: trees of different threads bind to statements of this one connection. */
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX;
    if (sqlite3_open_v2(b->path, &b->db, flags, NULL) ||
        sqlite3_exec(
            b->db,
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;"
            "PRAGMA cache_size=-65536; BEGIN EXCLUSIVE",
            NULL, NULL, NULL)) {
        return kf_bulk_api_error(b, b->db, "cannot open the file", err);
    }
    return 0;
}

static void add_name(struct kf_buf *sql, const char *name)
{
    kf_buf_addc(sql, '"');
    for (; *name; name++) {
        if (*name == '"') {
            kf_buf_addc(sql, '"');
        }
        kf_buf_addc(sql, *name);
    }
    kf_buf_addc(sql, '"');
}

/* A name of the rowid that no column of the table hides; NULL: all three are hidden. */
static const char *rowid_name(struct kf_bulk *b, const char *table)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        sqlite3_stmt *s = NULL;
        bool taken = true;
        if (!sqlite3_prepare_v2(b->db,
                                "SELECT 1 FROM pragma_table_xinfo(?1) WHERE lower(name) = ?2", -1,
                                &s, NULL)) {
            sqlite3_bind_text(s, 1, table, -1, SQLITE_STATIC);
            sqlite3_bind_text(s, 2, names[i], -1, SQLITE_STATIC);
            taken = sqlite3_step(s) == SQLITE_ROW;
        }
        sqlite3_finalize(s);
        if (!taken) {
            return names[i];
        }
    }
    return NULL;
}

/* INSERT INTO "t"("rowid", "a", ...) VALUES(?1, ?2, ...): the rowid is parameter 1, column i is
 * parameter i + 2. Where a column is the rowid it is left out by name and its parameter stays
 * unused. */
static int insert_sql(struct kf_bulk_tree *t, struct kf_buf *sql)
{
    const struct kf_bulk_object *o = t->object;
    struct kf_bulk *b = t->bulk;
    struct kf_buf values = {0};
    const char *rowid = o->ipk < 0 ? rowid_name(b, o->name) : NULL;
    sqlite3_stmt *s = NULL;
    if (o->ipk < 0 && !rowid) {
        return kf_error_set(&t->error, KF_E_INTERNAL, MODULE,
                            "%s: %s has columns of all three names of the rowid", b->path, o->name);
    }
    if (sqlite3_prepare_v2(b->db, "SELECT name FROM pragma_table_xinfo(?1)", -1, &s, NULL) ||
        sqlite3_bind_text(s, 1, o->name, -1, SQLITE_STATIC)) {
        sqlite3_finalize(s);
        return kf_bulk_api_error(b, b->db, "cannot read the schema", &t->error);
    }
    kf_buf_adds(sql, "INSERT INTO ");
    add_name(sql, o->name);
    kf_buf_addc(sql, '(');
    if (rowid) {
        kf_buf_adds(sql, rowid);
        kf_buf_adds(&values, "?1");
    }
    for (int i = 0; sqlite3_step(s) == SQLITE_ROW; i++) {
        if (values.n) {
            kf_buf_addc(sql, ',');
            kf_buf_addc(&values, ',');
        }
        add_name(sql, (const char *)sqlite3_column_text(s, 0));
        kf_buf_addf(&values, "?%d", i == o->ipk ? 1 : i + 2);
    }
    kf_buf_addf(sql, ") VALUES(%s)", values.p);
    kf_buf_free(&values);
    return sqlite3_finalize(s) ? kf_bulk_api_error(b, b->db, "cannot read the schema", &t->error)
                               : 0;
}

int kf_bulk_api_prepare(struct kf_bulk_tree *t)
{
    struct kf_bulk *b = t->bulk;
    struct kf_buf sql = {0};
    pthread_mutex_lock(&b->lock);
    int code = insert_sql(t, &sql);
    if (!code &&
        sqlite3_prepare_v3(b->db, sql.p, -1, SQLITE_PREPARE_PERSISTENT, &t->insert, NULL)) {
        code = kf_bulk_api_error(b, b->db, t->object->name, &t->error);
    }
    pthread_mutex_unlock(&b->lock);
    kf_buf_free(&sql);
    return code;
}

/* Parameter of the next column; 0: there is nothing to bind (an index, the rowid's own column, a
 * column too many). */
static int next_parameter(struct kf_bulk_tree *t)
{
    struct kf_bulk_record *r = &t->record[0];
    uint32_t i = r->cols++;
    return !t->insert || i >= t->object->cols || (int)i == t->object->ipk ? 0 : (int)i + 2;
}

/* A value where only the rowid belongs is remembered as a type, so that row_end can refuse it as
 * direct mode does. */
static int value_parameter(struct kf_bulk_tree *t)
{
    struct kf_bulk_record *r = &t->record[0];
    if (t->insert && (int)r->cols == t->object->ipk) {
        r->types_n = 1;
    }
    return next_parameter(t);
}

void kf_bulk_api_null(struct kf_bulk_tree *t)
{
    int at = next_parameter(t);
    if (at) {
        sqlite3_bind_null(t->insert, at);
    }
}

void kf_bulk_api_int(struct kf_bulk_tree *t, int64_t v)
{
    int at = value_parameter(t);
    if (at) {
        sqlite3_bind_int64(t->insert, at, v);
    }
}

void kf_bulk_api_real(struct kf_bulk_tree *t, double v)
{
    int at = value_parameter(t);
    if (at) {
        sqlite3_bind_double(t->insert, at, v + 0.0);
    }
}

void kf_bulk_api_bytes(struct kf_bulk_tree *t, const void *p, size_t n, bool text)
{
    int at = value_parameter(t);
    if (!at) {
        return;
    }
    p = n ? p : "";
    int rc = text ? sqlite3_bind_text64(t->insert, at, p, n, SQLITE_STATIC, SQLITE_UTF8)
                  : sqlite3_bind_blob64(t->insert, at, p, n, SQLITE_STATIC);
    t->record[0].nomem |= rc != SQLITE_OK; /* too big; row_end says so */
}

int kf_bulk_api_insert(struct kf_bulk_tree *t)
{
    struct kf_bulk *b = t->bulk;
    struct kf_bulk_record *r = &t->record[0];
    const char *fault =
        r->nomem                     ? "is too big"
        : r->cols != t->object->cols ? "has another number of columns than the schema"
        : r->types_n ? "has a value in its INTEGER PRIMARY KEY column: that is the rowid"
                     : NULL;
    if (fault) {
        return kf_error_set(&t->error, r->nomem ? KF_E_LIMIT : KF_E_INTERNAL, MODULE,
                            "%s: row %llu of %s %s", b->path, (unsigned long long)t->rows + 1,
                            t->object->name, fault);
    }
    int code = 0;
    pthread_mutex_lock(&b->lock); /* the message must be of this step */
    sqlite3_bind_int64(t->insert, 1, t->rowid);
    if (sqlite3_step(t->insert) != SQLITE_DONE) {
        code = kf_bulk_api_error(b, b->db, t->object->name, &t->error);
    }
    sqlite3_reset(t->insert);
    pthread_mutex_unlock(&b->lock);
    return code;
}

int kf_bulk_api_close(struct kf_bulk *b, bool commit, struct kf_error *err)
{
    int code = 0;
    if (commit && sqlite3_exec(b->db, "COMMIT", NULL, NULL, NULL)) {
        code = kf_bulk_api_error(b, b->db, "cannot complete the file", err);
    }
    if (sqlite3_close(b->db) && !code) {
        code = kf_bulk_api_error(b, b->db, "cannot close the file", err);
    }
    b->db = NULL;
    return code;
}
