#include "store/bulk_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/bulk_io.h"

#define MODULE "bulk"

/* ---- what the schema says ---- */

static int prepare(struct kf_bulk *b, sqlite3 *db, const char *sql, const char *name,
                   sqlite3_stmt **ret, struct kf_error *err)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) ||
        (name && sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC))) {
        sqlite3_finalize(s);
        return kf_bulk_api_error(b, db, "cannot read the schema", err);
    }
    *ret = s;
    return 0;
}

/* Ends a loop over rows: finalizes, and reports what stopped it if that was not the last row. */
static int end_rows(struct kf_bulk *b, sqlite3 *db, sqlite3_stmt *s, struct kf_error *err)
{
    return sqlite3_finalize(s) ? kf_bulk_api_error(b, db, "cannot read the schema", err) : 0;
}

static int read_table(struct kf_bulk *b, sqlite3 *db, struct kf_bulk_object *o,
                      struct kf_error *err)
{
    sqlite3_stmt *s = NULL;
    int keys = 0, code = prepare(b, db,
                                 "SELECT cid, pk, upper(type) = 'INTEGER', hidden,"
                                 " (SELECT count(*) FROM pragma_index_list(?1) WHERE origin = 'pk')"
                                 " FROM pragma_table_xinfo(?1)",
                                 o->name, &s, err);
    if (code) {
        return code;
    }
    while (sqlite3_step(s) == SQLITE_ROW) {
        o->cols++;
        if (sqlite3_column_int(s, 1)) {
            keys++;
            /* INTEGER PRIMARY KEY is the rowid, unless it has an index of its own (as with DESC).
             */
            o->ipk = sqlite3_column_int(s, 2) && !sqlite3_column_int(s, 4)
                         ? sqlite3_column_int(s, 0)
                         : -1;
        }
        if (sqlite3_column_int(s, 3)) {
            o->refuse = "it has generated or hidden columns";
        }
    }
    if (keys > 1) {
        o->ipk = -1;
    }
    if (!o->root) {
        o->refuse = "it is a virtual table";
    }
    return end_rows(b, db, s, err);
}

static int read_index(struct kf_bulk *b, sqlite3 *db, struct kf_bulk_object *o,
                      struct kf_error *err)
{
    sqlite3_stmt *s = NULL;
    int others = 0,
        code = prepare(b, db,
                       "SELECT \"key\", cid, \"desc\", upper(coll) = 'BINARY',"
                       " (SELECT \"unique\" FROM sqlite_schema m, pragma_index_list(m.tbl_name) l"
                       "  WHERE m.name = ?1 AND m.type = 'index' AND l.name = ?1)"
                       " FROM pragma_index_xinfo(?1)",
                       o->name, &s, err);
    if (code) {
        return code;
    }
    while (sqlite3_step(s) == SQLITE_ROW) {
        o->unique = sqlite3_column_int(s, 4);
        if (!sqlite3_column_int(s, 0)) {
            others++;
            if (sqlite3_column_int(s, 1) != -1) {
                o->refuse = "its table is WITHOUT ROWID";
            }
            continue;
        }
        o->cols++;
        if (sqlite3_column_int(s, 2) || !sqlite3_column_int(s, 3)) {
            o->refuse = "it orders a column DESC or by another collation than BINARY";
        }
    }
    if (others != 1) {
        o->refuse = "its table is WITHOUT ROWID";
    }
    return end_rows(b, db, s, err);
}

static int read_schema(struct kf_bulk *b, sqlite3 *db, struct kf_error *err)
{
    sqlite3_stmt *s = NULL;
    int code = prepare(b, db,
                       "SELECT name, rootpage, type = 'index' FROM sqlite_schema"
                       " WHERE type IN ('table', 'index')",
                       NULL, &s, err);
    if (code) {
        return code;
    }
    while (!code && sqlite3_step(s) == SQLITE_ROW) {
        struct kf_bulk_object *o = kf_vec_push(&b->objects);
        memset(o, 0, sizeof *o);
        o->ipk = -1;
        o->root = (uint32_t)sqlite3_column_int64(s, 1);
        o->is_index = sqlite3_column_int(s, 2);
        const char *name = (const char *)sqlite3_column_text(s, 0);
        if (!name || !(o->name = strdup(name))) {
            code = kf_error_set(err, KF_E_NOMEM, MODULE, "%s: no memory for the schema", b->path);
            break;
        }
        code = o->is_index ? read_index(b, db, o, err) : read_table(b, db, o, err);
    }
    int ended = end_rows(b, db, s, err);
    return code ? code : ended;
}

/* ---- opening ---- */

static int bad_file(const struct kf_bulk *b, const char *why, struct kf_error *err)
{
    return kf_error_set(err, KF_E_INTERNAL, MODULE, "%s cannot be filled: %s", b->path, why);
}

static int read_header(struct kf_bulk *b, struct kf_error *err)
{
    uint8_t h[100];
    struct stat st;
    ssize_t got = pread(b->fd, h, sizeof h, 0);
    if (got < 0 || fstat(b->fd, &st)) {
        return kf_error_set(err, KF_E_IO, MODULE, "cannot read %s: %s", b->path, strerror(errno));
    }
    if (got < (ssize_t)sizeof h || memcmp(h, "SQLite format 3", 16)) {
        return bad_file(b, "it is no SQLite database with a schema", err);
    }
    if (h[18] != 1 || h[19] != 1) {
        return bad_file(b, "it is in WAL mode", err);
    }
    if (kf_bulk_get4(h + 44) != 4 || kf_bulk_get4(h + 56) != 1) {
        return bad_file(b, "it is not of schema format 4 and UTF-8", err);
    }
    if (kf_bulk_get4(h + 52)) {
        return bad_file(b, "it is in auto_vacuum mode", err);
    }
    b->page = kf_bulk_get2(h + 16) == 1 ? 65536 : kf_bulk_get2(h + 16);
    b->usable = b->page - h[20];
    b->next = (uint64_t)kf_bulk_get4(h + 28) + 1;
    b->freelist_first = kf_bulk_get4(h + 32);
    b->freelist_n = kf_bulk_get4(h + 36);
    if ((uint64_t)st.st_size != (b->next - 1) * b->page) {
        return bad_file(b, "its size is not what its header says", err);
    }
    if (st.st_size > 1 << 30) { /* numbers below count from before the lock page */
        return bad_file(b, "it has more than 1 GiB already", err);
    }
    return 0;
}

static int open_direct(struct kf_bulk *b, struct kf_error *err)
{
    sqlite3 *db = NULL;
    int code = 0;
    if (sqlite3_open_v2(b->path, &db, SQLITE_OPEN_READWRITE, NULL)) {
        code = kf_bulk_api_error(b, db, "cannot open the file", err);
    }
    code = code ? code : read_schema(b, db, err);
    sqlite3_close(db);
    if (code) {
        return code;
    }
    b->fd = open(b->path, O_RDWR | O_CLOEXEC);
    if (b->fd < 0) {
        return kf_error_set(err, KF_E_IO, MODULE, "cannot open %s: %s", b->path, strerror(errno));
    }
    return read_header(b, err);
}

int kf_bulk_open(const char *path, enum kf_bulk_mode mode, struct kf_bulk **ret_bulk,
                 struct kf_error *err)
{
    struct kf_bulk *b = calloc(1, sizeof *b);
    if (!b || !(b->path = strdup(path))) {
        free(b);
        return kf_error_set(err, KF_E_NOMEM, MODULE, "%s: no memory to open it", path);
    }
    b->fd = -1;
    b->mode = mode;
    b->cache = kf_bulk_io_from();
    b->page = b->usable = 4096;
    pthread_mutex_init(&b->lock, NULL);
    int code;
    if (mode == KF_BULK_DIRECT) {
        code = open_direct(b, err);
    } else {
        code = kf_bulk_api_open(b, err);
        code = code ? code : read_schema(b, b->db, err);
    }
    if (code) {
        kf_bulk_free(b);
        return code;
    }
    *ret_bulk = b;
    return 0;
}

void kf_bulk_free(struct kf_bulk *b)
{
    if (!b) {
        return;
    }
    kf_bulk_io_end(b, true, NULL);
    for (size_t i = 0; i < b->trees.n; i++) {
        kf_bulk_tree_release(b->trees.p[i]);
        free(b->trees.p[i]);
    }
    for (size_t i = 0; i < b->objects.n; i++) {
        free(b->objects.p[i].name);
    }
    kf_vec_free(&b->trees);
    kf_vec_free(&b->objects);
    kf_vec_free(&b->left);
    kf_bulk_api_close(b, false, NULL);
    if (b->fd >= 0) {
        close(b->fd);
    }
    pthread_mutex_destroy(&b->lock);
    free(b->path);
    free(b);
}

bool kf_bulk_needs_indexes(const struct kf_bulk *b)
{
    return b->mode == KF_BULK_DIRECT;
}

/* ---- trees ---- */

static const struct kf_bulk_object *find_object(const struct kf_bulk *b, const char *name,
                                                bool is_index)
{
    for (size_t i = 0; i < b->objects.n; i++) {
        const struct kf_bulk_object *o = &b->objects.p[i];
        if (o->is_index == is_index && strcmp(o->name, name) == 0) {
            return o;
        }
    }
    return NULL;
}

/* The root must be an empty leaf of the right kind: that also tells a WITHOUT ROWID table. */
static int check_root(const struct kf_bulk *b, const struct kf_bulk_object *o, struct kf_error *err)
{
    uint8_t head[8];
    if (b->mode == KF_BULK_API) {
        return 0; /* SQLite looks after itself */
    }
    ssize_t got = pread(b->fd, head, sizeof head, (off_t)(o->root - 1) * b->page);
    if (got != (ssize_t)sizeof head) {
        return kf_error_set(err, KF_E_IO, MODULE, "cannot read the root of %s in %s", o->name,
                            b->path);
    }
    if (head[0] != (o->is_index ? 10 : 13)) {
        return kf_error_set(err, KF_E_INTERNAL, MODULE, "%s in %s cannot be filled: it is %s",
                            o->name, b->path, head[0] == 10 ? "WITHOUT ROWID" : "not empty");
    }
    if (kf_bulk_get2(head + 3)) {
        return kf_error_set(err, KF_E_INTERNAL, MODULE,
                            "%s in %s cannot be filled: it is not empty", o->name, b->path);
    }
    return 0;
}

static int open_tree(struct kf_bulk *b, const char *name, bool is_index,
                     struct kf_bulk_tree **ret_tree, struct kf_error *err)
{
    const struct kf_bulk_object *o = find_object(b, name, is_index);
    if (!o) {
        return kf_error_set(err, KF_E_INTERNAL, MODULE, "%s has no %s named %s", b->path,
                            is_index ? "index" : "table", name);
    }
    if (o->refuse) {
        return kf_error_set(err, KF_E_INTERNAL, MODULE, "%s in %s cannot be filled: %s", name,
                            b->path, o->refuse);
    }
    int code = check_root(b, o, err);
    if (code) {
        return code;
    }
    struct kf_bulk_tree *t = malloc(sizeof *t);
    if (!t) {
        return kf_error_set(err, KF_E_NOMEM, MODULE, "%s: no memory to fill %s", b->path, name);
    }
    code = kf_bulk_tree_init(t, b, o);
    if (!code && b->mode == KF_BULK_API && !is_index) {
        code = kf_bulk_api_prepare(t);
    }
    if (code) {
        if (err) {
            *err = t->error;
        }
        kf_bulk_tree_release(t);
        free(t);
        return code;
    }
    pthread_mutex_lock(&b->lock);
    *kf_vec_push(&b->trees) = t;
    pthread_mutex_unlock(&b->lock);
    *ret_tree = t;
    return 0;
}

int kf_bulk_table(struct kf_bulk *b, const char *name, struct kf_bulk_tree **ret_tree,
                  struct kf_error *err)
{
    return open_tree(b, name, false, ret_tree, err);
}

int kf_bulk_index(struct kf_bulk *b, const char *name, struct kf_bulk_tree **ret_tree,
                  struct kf_error *err)
{
    return open_tree(b, name, true, ret_tree, err);
}

uint64_t kf_bulk_rows(const struct kf_bulk_tree *t)
{
    return t->rows;
}

/* ---- rows ---- */

static inline bool through_api(const struct kf_bulk_tree *t)
{
    return __builtin_expect(t->bulk->mode == KF_BULK_API, 0);
}

void kf_bulk_row_begin(struct kf_bulk_tree *t, int64_t rowid)
{
    t->rowid = rowid;
    kf_bulk_record_begin(&t->record[t->turn]);
}

void kf_bulk_null(struct kf_bulk_tree *t)
{
    if (through_api(t)) {
        kf_bulk_api_null(t);
    } else {
        kf_bulk_record_type(&t->record[t->turn], 0);
    }
}

void kf_bulk_int(struct kf_bulk_tree *t, int64_t v)
{
    if (through_api(t)) {
        kf_bulk_api_int(t, v);
    } else {
        kf_bulk_record_int(&t->record[t->turn], v);
    }
}

void kf_bulk_real(struct kf_bulk_tree *t, double v)
{
    if (through_api(t)) {
        kf_bulk_api_real(t, v);
    } else {
        kf_bulk_record_real(&t->record[t->turn], v);
    }
}

void kf_bulk_text(struct kf_bulk_tree *t, const void *p, size_t n)
{
    if (through_api(t)) {
        kf_bulk_api_bytes(t, p, n, true);
    } else {
        kf_bulk_record_bytes(&t->record[t->turn], p, n, 1);
    }
}

void kf_bulk_blob(struct kf_bulk_tree *t, const void *p, size_t n)
{
    if (through_api(t)) {
        kf_bulk_api_bytes(t, p, n, false);
    } else {
        kf_bulk_record_bytes(&t->record[t->turn], p, n, 0);
    }
}

static int bad_row(struct kf_bulk_tree *t, int code, const char *why)
{
    return kf_error_set(&t->error, code, MODULE, "%s: row %llu of %s %s", t->bulk->path,
                        (unsigned long long)t->rows + 1, t->object->name, why);
}

static int check_columns(struct kf_bulk_tree *t)
{
    const struct kf_bulk_record *r = &t->record[t->turn];
    const struct kf_bulk_object *o = t->object;
    if (r->nomem) {
        return bad_row(t, KF_E_NOMEM, "does not fit into memory");
    }
    if (r->cols != o->cols) {
        return bad_row(t, KF_E_INTERNAL, "has another number of columns than the schema");
    }
    if (o->ipk >= 0) {
        const uint8_t *type = r->types;
        for (int i = 0; i < o->ipk; i++) {
            while (*type++ & 0x80) {
            }
        }
        if (*type) {
            return bad_row(t, KF_E_INTERNAL,
                           "has a value in its INTEGER PRIMARY KEY column: that is the rowid");
        }
    }
    return 0;
}

static int check_rowid(struct kf_bulk_tree *t)
{
    if (t->rows && t->rowid <= t->last_rowid) {
        return bad_row(t, KF_E_INTERNAL, "does not have a higher rowid than the row before");
    }
    return 0;
}

/* Two neighbours of an index: what is wrong with their order, or NULL. */
static const char *order_fault(const struct kf_bulk_object *o, const struct kf_bulk_record *before,
                               const struct kf_bulk_record *after)
{
    uint32_t col;
    bool null;
    int r = kf_bulk_record_compare(before, after, o->cols + 1, &col, &null);
    if (r >= 0) {
        return "does not come after the entry before";
    }
    if (o->unique && col == o->cols && !null) {
        return "repeats a key of a unique index";
    }
    return NULL;
}

static int check_entry(struct kf_bulk_tree *t)
{
    struct kf_bulk_record *r = &t->record[t->turn];
    kf_bulk_record_int(r, t->rowid);
    if (r->nomem) {
        return bad_row(t, KF_E_NOMEM, "does not fit into memory");
    }
    if (!t->rows) {
        return kf_bulk_record_copy(&t->first, r)
                   ? 0
                   : bad_row(t, KF_E_NOMEM, "does not fit into memory");
    }
    const char *fault = order_fault(t->object, &t->record[!t->turn], r);
    return fault ? bad_row(t, KF_E_INTERNAL, fault) : 0;
}

/* What a tree met once it says for ever. */
static int failed(const struct kf_bulk_tree *t, struct kf_error *err)
{
    if (err) {
        *err = t->error;
    }
    return t->error.code;
}

static int row_end(struct kf_bulk_tree *t)
{
    bool is_index = t->object->is_index;
    int code = through_api(t) ? 0 : check_columns(t);
    if (!code) {
        code = is_index ? check_entry(t) : check_rowid(t);
    }
    if (!code) {
        code = through_api(t) ? kf_bulk_api_insert(t) : kf_bulk_tree_append(t);
    }
    if (code) {
        return code;
    }
    if (is_index) {
        t->turn = !t->turn;
    } else if (!t->rows) {
        t->first_rowid = t->rowid;
    }
    t->last_rowid = t->rowid;
    t->rows++;
    return 0;
}

int kf_bulk_row_end(struct kf_bulk_tree *t, struct kf_error *err)
{
    if (through_api(t) && t->object->is_index) {
        return 0;
    }
    if (__builtin_expect(t->done && !t->error.code, 0)) {
        bad_row(t, KF_E_INTERNAL, "comes after the tree was finished or joined");
    }
    return t->error.code || row_end(t) ? failed(t, err) : 0;
}

/* ---- joining and finishing ---- */

static int check_join(struct kf_bulk_tree *lower, const struct kf_bulk_tree *upper)
{
    const char *fault = NULL;
    if (lower == upper || lower->object != upper->object || lower->done || upper->done) {
        fault = "is not another unfinished part of the same tree";
    } else if (!lower->rows || !upper->rows) {
        fault = NULL;
    } else if (lower->object->is_index) {
        fault = order_fault(lower->object, &lower->record[!lower->turn], &upper->first);
    } else if (upper->first_rowid <= lower->last_rowid) {
        fault = "does not have a higher rowid than the row before";
    }
    if (fault) {
        return kf_error_set(&lower->error, KF_E_INTERNAL, MODULE,
                            "%s: the first row of the part joined to %s after row %llu %s",
                            lower->bulk->path, lower->object->name, (unsigned long long)lower->rows,
                            fault);
    }
    return 0;
}

/* The rows' ends: lower now ends where upper does. */
static void take_ends(struct kf_bulk_tree *lower, struct kf_bulk_tree *upper)
{
    struct kf_bulk_record r;
    if (!lower->rows) {
        lower->first_rowid = upper->first_rowid;
        r = lower->first;
        lower->first = upper->first;
        upper->first = r;
    }
    r = lower->record[!lower->turn];
    lower->record[!lower->turn] = upper->record[!upper->turn];
    upper->record[!upper->turn] = r;
    lower->last_rowid = upper->last_rowid;
    lower->rows += upper->rows;
}

int kf_bulk_join(struct kf_bulk_tree *lower, struct kf_bulk_tree *upper, struct kf_error *err)
{
    if (upper->error.code) {
        lower->error = upper->error;
    }
    if (lower->error.code || check_join(lower, upper)) {
        return failed(lower, err);
    }
    if (upper->rows) {
        if (lower->bulk->mode == KF_BULK_DIRECT && kf_bulk_tree_join(lower, upper)) {
            return failed(lower, err);
        }
        take_ends(lower, upper);
    }
    upper->rows = 0;
    upper->done = true;
    kf_bulk_tree_release(upper);
    return 0;
}

int kf_bulk_finish(struct kf_bulk_tree *t, struct kf_error *err)
{
    if (t->error.code) {
        return failed(t, err);
    }
    if (!t->done && t->bulk->mode == KF_BULK_DIRECT && kf_bulk_tree_finish(t)) {
        return failed(t, err);
    }
    t->done = true;
    kf_bulk_tree_release(t);
    return 0;
}

/* ---- closing ---- */

static int by_page(const void *x, const void *y)
{
    const struct kf_bulk_range *a = x, *b = y;
    return (a->from > b->from) - (a->from < b->from);
}

/* Unused numbers at the end shorten the file; those within it go to SQLite's free list. */
static void drop_last_pages(struct kf_bulk *b)
{
    if (b->left.n) {
        qsort(b->left.p, b->left.n, sizeof *b->left.p, by_page);
    }
    while (b->left.n && b->left.p[b->left.n - 1].from + b->left.p[b->left.n - 1].n == b->next) {
        b->next = b->left.p[--b->left.n].from;
    }
}

static int write_trunk(struct kf_bulk *b, uint8_t *trunk, uint32_t n, struct kf_error *err)
{
    uint32_t page = b->freelist_first;
    kf_bulk_put4(trunk + 4, n);
    return page ? kf_bulk_write(b, trunk, b->page, (uint64_t)(page - 1) * b->page, err) : 0;
}

/* Free pages hang as leaves on trunk pages: next trunk, count, numbers. The list SQLite left
 * becomes its tail. */
static int write_freelist(struct kf_bulk *b, struct kf_error *err)
{
    uint32_t room = b->usable / 4 - 8; /* older SQLite versions leave the last six unused */
    uint8_t *trunk = calloc(1, b->page);
    uint32_t n = room;
    int code =
        trunk ? 0 : kf_error_set(err, KF_E_NOMEM, MODULE, "%s: no memory for a page", b->path);
    bool open = false;
    for (size_t i = 0; i < b->left.n && !code; i++) {
        for (uint64_t k = 0; k < b->left.p[i].n && !code; k++) {
            uint32_t page = kf_bulk_physical(b, b->left.p[i].from + k);
            b->freelist_n++;
            if (n < room) {
                kf_bulk_put4(trunk + 8 + 4 * n++, page);
                continue;
            }
            code = open ? write_trunk(b, trunk, n, err) : 0;
            memset(trunk, 0, b->page);
            kf_bulk_put4(trunk, b->freelist_first);
            b->freelist_first = page;
            open = true;
            n = 0;
        }
    }
    if (!code && open) {
        code = write_trunk(b, trunk, n, err);
    }
    free(trunk);
    return code;
}

static int write_header(struct kf_bulk *b, struct kf_error *err)
{
    uint8_t h[100];
    uint32_t pages = kf_bulk_physical(b, b->next - 1);
    if (ftruncate(b->fd, (off_t)pages * b->page) ||
        pread(b->fd, h, sizeof h, 0) != (ssize_t)sizeof h) {
        return kf_error_set(err, KF_E_IO, MODULE, "cannot complete %s: %s", b->path,
                            strerror(errno));
    }
    uint32_t change = kf_bulk_get4(h + 24) + 1;
    kf_bulk_put4(h + 24, change);
    kf_bulk_put4(h + 28, pages);
    kf_bulk_put4(h + 32, b->freelist_first);
    kf_bulk_put4(h + 36, b->freelist_n);
    kf_bulk_put4(h + 92, change); /* the page count is valid for this change */
    return kf_bulk_write(b, h, sizeof h, 0, err);
}

static int finish_all(struct kf_bulk *b, struct kf_error *err)
{
    for (size_t i = 0; i < b->trees.n; i++) {
        struct kf_bulk_tree *t = b->trees.p[i];
        for (size_t k = 0; k < i && b->mode == KF_BULK_DIRECT; k++) {
            struct kf_bulk_tree *other = b->trees.p[k];
            /* A joined tree has no rows of its own any more; two with rows would overwrite one
             * root. */
            if (other->object == t->object && other->rows && t->rows) {
                return kf_error_set(err, KF_E_INTERNAL, MODULE,
                                    "%s: two parts of %s were not joined", b->path,
                                    t->object->name);
            }
        }
    }
    for (size_t i = 0; i < b->trees.n; i++) {
        int code = kf_bulk_finish(b->trees.p[i], err);
        if (code) {
            return code;
        }
    }
    return 0;
}

static int sync_file(const struct kf_bulk *b, struct kf_error *err)
{
    int fd = open(b->path, O_RDWR | O_CLOEXEC);
    int failed_sync = fd < 0 || fsync(fd);
    int reason = errno;
    if (fd >= 0) {
        close(fd);
    }
    return failed_sync ? kf_error_set(err, KF_E_IO, MODULE, "cannot bring %s to the disk: %s",
                                      b->path, strerror(reason))
                       : 0;
}

static int close_direct(struct kf_bulk *b, struct kf_error *err)
{
    drop_last_pages(b);
    int code = write_freelist(b, err);
    code = code ? code : write_header(b, err);
    int fd = b->fd;
    b->fd = -1;
    if (close(fd) && !code) {
        code = kf_error_set(err, KF_E_IO, MODULE, "cannot close %s: %s", b->path, strerror(errno));
    }
    return code;
}

int kf_bulk_close(struct kf_bulk *b, unsigned flags, struct kf_error *err)
{
    int code = finish_all(b, err);
    code = code ? code : kf_bulk_io_end(b, false, err);
    if (!code) {
        code = b->mode == KF_BULK_DIRECT ? close_direct(b, err) : kf_bulk_api_close(b, true, err);
    }
    if (!code && flags & KF_BULK_FSYNC) {
        code = sync_file(b, err);
    }
    kf_bulk_free(b);
    return code;
}
