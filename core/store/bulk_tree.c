#include "store/bulk_tree.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/bulk_io.h"

#define MODULE "bulk"

enum {
    LEAF_HEADER = 8,
    INTERIOR_HEADER = 12,
    TYPE_INDEX_INTERIOR = 2,
    TYPE_TABLE_INTERIOR = 5,
    TYPE_INDEX_LEAF = 10,
    TYPE_TABLE_LEAF = 13,
    CHUNK_BYTES = 256 * 1024, /* a write; larger ones were not faster */
    FIRST_CHUNK = 4           /* pages */
};
#define MAX_PAYLOAD 1000000000u /* SQLITE_MAX_LENGTH as shipped */
#define MAX_PAGES   0xfffffffeu

/* ---- pages and the file ---- */

static int write_all(const struct kf_bulk *b, int fd, const uint8_t *from, size_t n, uint64_t at,
                     struct kf_error *err)
{
    while (n) {
        ssize_t k = pwrite(fd, from, n, (off_t)at);
        if (k < 0 && errno == EINTR) {
            continue;
        }
        if (k < 0 && errno == EINVAL && fd != b->fd) { /* not past the cache, then: odd sectors */
            fd = b->fd;
            continue;
        }
        if (k <= 0) {
            return kf_error_set(err, KF_E_IO, MODULE, "%s: cannot write %zu bytes at %llu: %s",
                                b->path, n, (unsigned long long)at,
                                k ? strerror(errno) : "nothing was written");
        }
        from += k;
        n -= (size_t)k;
        at += (uint64_t)k;
    }
    return 0;
}

int kf_bulk_write(const struct kf_bulk *b, const void *p, size_t n, uint64_t at,
                  struct kf_error *err)
{
    return write_all(b, b->fd, p, n, at, err);
}

int kf_bulk_write_pages(const struct kf_bulk *b, int fd, const uint8_t *pages, uint64_t from,
                        uint64_t n, struct kf_error *err)
{
    int code = 0;
    while (n && !code) {
        uint64_t first = kf_bulk_physical(b, from), run = 1;
        while (run < n && kf_bulk_physical(b, from + run) == first + run) {
            run++;
        }
        uint64_t at = (first - 1) * b->page;
        size_t bytes = (size_t)(run * b->page);
        code = write_all(b, fd, pages, bytes, at, err);
#ifdef SYNC_FILE_RANGE_WRITE
        /* Starts the disk now instead of at the final fsync; only a hint, so its result does not
         * matter. */
        if (!code && fd == b->fd) {
            sync_file_range(fd, (off_t)at, (off_t)bytes, SYNC_FILE_RANGE_WRITE);
        }
#endif
        pages += bytes;
        from += run;
        n -= run;
    }
    return code;
}

static uint32_t chunk_capacity(const struct kf_bulk *b)
{
    uint32_t n = CHUNK_BYTES / b->page;
    return n < FIRST_CHUNK ? FIRST_CHUNK : n;
}

/* Numbers given back by another tree first, else new ones at the file's end. */
static int reserve(struct kf_bulk_tree *t, uint64_t *ret_from, uint64_t *ret_n)
{
    struct kf_bulk *b = t->bulk;
    struct kf_bulk_chunk *c = &t->chunk;
    uint32_t capacity = chunk_capacity(b);
    uint64_t want = c->want ? c->want : FIRST_CHUNK;
    int code = 0;
    pthread_mutex_lock(&b->lock);
    if (b->left.n) {
        struct kf_bulk_range *r = &b->left.p[b->left.n - 1];
        *ret_from = r->from;
        *ret_n = r->n < capacity ? r->n : capacity;
        r->from += *ret_n;
        r->n -= *ret_n;
        b->left.n -= r->n == 0;
    } else if (b->next + want > MAX_PAGES) {
        code = kf_error_set(&t->error, KF_E_LIMIT, MODULE, "%s: a database has at most %u pages",
                            b->path, MAX_PAGES);
    } else {
        *ret_from = b->next;
        *ret_n = want;
        b->next += want;
        c->want = want * 2 > capacity ? capacity : (uint32_t)want * 2;
    }
    pthread_mutex_unlock(&b->lock);
    return code;
}

static void give_back(struct kf_bulk *b, uint64_t from, uint64_t n)
{
    if (n) {
        pthread_mutex_lock(&b->lock);
        struct kf_bulk_range *r = kf_vec_push(&b->left);
        r->from = from;
        r->n = n;
        pthread_mutex_unlock(&b->lock);
    }
}

static int chunk_write(struct kf_bulk_tree *t)
{
    struct kf_bulk *b = t->bulk;
    struct kf_bulk_chunk *c = &t->chunk;
    if (!c->used) {
        return 0;
    }
    pthread_mutex_lock(&b->lock);
    bool beside = kf_bulk_io_takes(b, c->from);
    pthread_mutex_unlock(&b->lock);
    return beside ? kf_bulk_io_put(b, &c->pages, c->from, c->used, &t->error)
                  : kf_bulk_write_pages(b, b->fd, c->pages, c->from, c->used, &t->error);
}

/* Writes what is filled and returns the numbers that were not needed. */
static int chunk_end(struct kf_bulk_tree *t)
{
    struct kf_bulk_chunk *c = &t->chunk;
    int code = chunk_write(t);
    give_back(t->bulk, c->from + c->used, c->n - c->used);
    c->n = c->used = 0;
    return code;
}

/* The number that the next page_take will give. */
static int page_peek(struct kf_bulk_tree *t, uint32_t *ret_page)
{
    struct kf_bulk_chunk *c = &t->chunk;
    uint64_t next = c->from + c->used;
    if (c->used == c->n) {
        if (!c->ahead_n) {
            int code = reserve(t, &c->ahead_from, &c->ahead_n);
            if (code) {
                c->ahead_n = 0;
                return code;
            }
        }
        next = c->ahead_from;
    }
    *ret_page = kf_bulk_physical(t->bulk, next);
    return 0;
}

/* A page to fill at once: its place in memory stays valid until the next page_take. NULL: t->error
 * says why. */
static uint8_t *page_take(struct kf_bulk_tree *t, uint32_t *ret_page)
{
    struct kf_bulk_chunk *c = &t->chunk;
    if (page_peek(t, ret_page)) {
        return NULL;
    }
    if (c->used == c->n) {
        if (chunk_write(t)) {
            return NULL;
        }
        c->from = c->ahead_from;
        c->n = c->ahead_n;
        c->used = c->ahead_n = 0;
    }
    if (!c->pages) { /* the first time, or what was there is on its way to the disk */
        c->pages = kf_bulk_io_room((size_t)chunk_capacity(t->bulk) * t->bulk->page);
        if (!c->pages) {
            kf_error_set(&t->error, KF_E_NOMEM, MODULE, "%s: no memory for a page buffer",
                         t->bulk->path);
            return NULL;
        }
    }
    return c->pages + (size_t)(c->used++) * t->bulk->page;
}

/* The header, and zeros where nothing is: a file must not carry what an earlier page held. */
static void page_seal(const struct kf_bulk *b, uint8_t *p, uint8_t type, uint32_t cells,
                      uint32_t top)
{
    uint32_t header = type < TYPE_INDEX_LEAF ? INTERIOR_HEADER : LEAF_HEADER;
    p[0] = type;
    kf_bulk_put2(p + 1, 0);
    kf_bulk_put2(p + 3, cells);
    kf_bulk_put2(p + 5, top); /* 65536 is written as 0 */
    p[7] = 0;
    memset(p + header + 2 * cells, 0, top - (header + 2 * cells));
    memset(p + b->usable, 0, b->page - b->usable);
}

/* ---- leaves ---- */

int kf_bulk_tree_init(struct kf_bulk_tree *t, struct kf_bulk *b,
                      const struct kf_bulk_object *object)
{
    uint32_t u = b->usable, columns = object->cols + object->is_index;
    bool ok = true;
    memset(t, 0, sizeof *t);
    t->error = (struct kf_error)KF_ERROR_INIT;
    t->bulk = b;
    t->object = object;
    t->min_local = (u - 12) * 32 / 255 - 23;
    t->max_local = object->is_index ? (u - 12) * 64 / 255 - 23 : u - 35;
    t->top = u;
    if (b->mode == KF_BULK_DIRECT) {
        ok = kf_bulk_record_init(&t->record[0], columns, !object->is_index);
        if (object->is_index) {
            ok = kf_bulk_record_init(&t->record[1], columns, false) && ok;
            ok = kf_bulk_record_init(&t->first, columns, false) && ok;
            ok = (t->waiting = malloc(b->page)) && ok;
        }
        ok = (t->leaf = malloc(b->page)) && ok;
    }
    return ok ? 0
              : kf_error_set(&t->error, KF_E_NOMEM, MODULE, "%s: no memory to fill %s", b->path,
                             object->name);
}

void kf_bulk_tree_release(struct kf_bulk_tree *t)
{
    kf_bulk_record_release(&t->record[0]);
    kf_bulk_record_release(&t->record[1]);
    kf_bulk_record_release(&t->first);
    free(t->leaf);
    free(t->first_leaf);
    free(t->waiting);
    free(t->chunk.pages);
    t->leaf = t->first_leaf = t->waiting = t->chunk.pages = NULL;
    kf_vec_free(&t->level.children);
    kf_vec_free(&t->level.dividers);
    sqlite3_finalize(t->insert);
    t->insert = NULL;
}

static void level_add(struct kf_bulk_level *l, uint32_t page, int64_t key, const uint8_t *divider,
                      uint32_t n)
{
    struct kf_bulk_child *c = kf_vec_push(&l->children);
    c->page = page;
    c->len = n;
    c->key_at = key;
    if (divider) {
        c->key_at = (int64_t)l->dividers.n;
        kf_vec_reserve(&l->dividers, n);
        memcpy(l->dividers.p + l->dividers.n, divider, n);
        l->dividers.n += n;
    }
}

/* Closes the open leaf. `divider` (indexes, all but the last leaf): the cell between it and the
 * next. */
static int leaf_done(struct kf_bulk_tree *t, const uint8_t *divider, uint32_t n)
{
    struct kf_bulk *b = t->bulk;
    uint32_t page = 0; /* the first leaf gets its number last */
    page_seal(b, t->leaf, t->object->is_index ? TYPE_INDEX_LEAF : TYPE_TABLE_LEAF, t->cells,
              t->top);
    if (!t->first_leaf) {
        t->first_leaf = t->leaf;
        t->leaf = malloc(b->page);
        if (!t->leaf) {
            return kf_error_set(&t->error, KF_E_NOMEM, MODULE, "%s: no memory for a page", b->path);
        }
    } else {
        uint8_t *to = page_take(t, &page);
        if (!to) {
            return t->error.code;
        }
        memcpy(to, t->leaf, b->page);
    }
    level_add(&t->level, page, t->leaf_rowid, divider, n);
    t->cells = 0;
    t->top = b->usable;
    return 0;
}

static bool leaf_fits(const struct kf_bulk_tree *t, uint32_t n)
{
    return LEAF_HEADER + 2 * (t->cells + 1) + n <= t->top;
}

/* Takes room for a cell on the open leaf. */
static uint8_t *leaf_cell(struct kf_bulk_tree *t, uint32_t n)
{
    t->top -= n;
    kf_bulk_put2(t->leaf + LEAF_HEADER + 2 * t->cells++, t->top);
    return t->leaf + t->top;
}

/* Cell i of a leaf: cells stand one below the other in order of their pointers. */
static const uint8_t *leaf_cell_at(const struct kf_bulk_tree *t, const uint8_t *leaf, uint32_t i,
                                   uint32_t *ret_n)
{
    const uint8_t *pointer = leaf + LEAF_HEADER + 2 * i;
    uint32_t at = kf_bulk_get2(pointer);
    uint32_t end = i ? kf_bulk_get2(pointer - 2) : t->bulk->usable;
    *ret_n = end - at;
    return leaf + at;
}

/* Room for the next cell of n bytes; for an index possibly the waiting place. NULL: t->error. */
static uint8_t *cell_place(struct kf_bulk_tree *t, uint32_t n)
{
    if (t->waiting_n) {
        uint32_t waiting_n = t->waiting_n;
        t->waiting_n = 0;
        if (leaf_done(t, t->waiting, waiting_n)) {
            return NULL;
        }
    }
    if (!leaf_fits(t, n)) {
        if (t->object->is_index) {
            t->waiting_n = n;
            return t->waiting;
        }
        if (leaf_done(t, NULL, 0)) {
            return NULL;
        }
    }
    return leaf_cell(t, n);
}

/* Nothing follows the waiting cell: it opens a leaf, and the full leaf gives its last cell as the
 * divider. */
static int settle(struct kf_bulk_tree *t)
{
    if (!t->waiting_n) {
        return 0;
    }
    uint32_t waiting_n = t->waiting_n, n;
    assert(t->cells >= 2); /* a cell is at most a quarter page */
    const uint8_t *last = leaf_cell_at(t, t->leaf, t->cells - 1, &n);
    uint8_t *divider = malloc(n);
    if (!divider) {
        return kf_error_set(&t->error, KF_E_NOMEM, MODULE, "%s: no memory for a key",
                            t->bulk->path);
    }
    memcpy(divider, last, n);
    t->cells--;
    t->top += n;
    t->waiting_n = 0;
    int code = leaf_done(t, divider, n);
    free(divider);
    if (!code) {
        memcpy(leaf_cell(t, waiting_n), t->waiting, waiting_n);
    }
    return code;
}

/* ---- cells ---- */

/* The payload's pieces, read in order. */
struct feed {
    const uint8_t *p[4];
    size_t n[4];
    unsigned at;
};

static void feed_copy(struct feed *f, uint8_t *to, size_t n)
{
    while (n) {
        size_t k = f->n[f->at] < n ? f->n[f->at] : n;
        if (k) {
            memcpy(to, f->p[f->at], k);
        }
        f->p[f->at] += k;
        f->n[f->at] -= k;
        f->at += f->n[f->at] == 0;
        to += k;
        n -= k;
    }
}

/* The rest of a payload on a chain of pages; `link` receives the first one's number. */
static int overflow_write(struct kf_bulk_tree *t, struct feed *f, size_t left, uint8_t *link)
{
    uint32_t page, usable = t->bulk->usable;
    int code = page_peek(t, &page);
    while (!code && left) {
        kf_bulk_put4(link, page);
        uint8_t *to = page_take(t, &page);
        if (!to) {
            return t->error.code;
        }
        size_t n = left < usable - 4 ? left : usable - 4;
        feed_copy(f, to + 4, n);
        memset(to + 4 + n, 0, t->bulk->page - 4 - n);
        left -= n;
        kf_bulk_put4(to, 0);
        link = to;
        code = left ? page_peek(t, &page) : 0;
    }
    return code;
}

static uint32_t local_size(const struct kf_bulk_tree *t, size_t payload)
{
    if (payload <= t->max_local) {
        return (uint32_t)payload;
    }
    uint32_t k = t->min_local + (uint32_t)((payload - t->min_local) % (t->bulk->usable - 4));
    return k <= t->max_local ? k : t->min_local;
}

int kf_bulk_tree_append(struct kf_bulk_tree *t)
{
    const struct kf_bulk_record *r = &t->record[t->turn];
    size_t header = kf_bulk_record_header(r), payload = header + r->body_n + r->tail_n;
    uint8_t prefix[18], header_len[9];
    if (payload > MAX_PAYLOAD) {
        return kf_error_set(&t->error, KF_E_LIMIT, MODULE,
                            "%s: row %llu of %s has %zu bytes; SQLite holds %u", t->bulk->path,
                            (unsigned long long)t->rows + 1, t->object->name, payload, MAX_PAYLOAD);
    }
    unsigned prefix_n = kf_bulk_varint_put(prefix, payload);
    if (!t->object->is_index) {
        prefix_n += kf_bulk_varint_put(prefix + prefix_n, (uint64_t)t->rowid);
    }
    uint32_t local = local_size(t, payload);
    bool spills = local < payload;
    uint32_t size = prefix_n + local + (spills ? 4 : 0);
    uint8_t *to = cell_place(t, size < 4 ? 4 : size);
    if (!to) {
        return t->error.code;
    }
    t->leaf_rowid = t->rowid;
    memcpy(to, prefix, prefix_n);
    to += prefix_n;
    unsigned header_len_n = kf_bulk_varint_put(header_len, header);
    if (!spills && !r->tail_n) {
        memcpy(to, header_len, header_len_n);
        to += header_len_n;
        memcpy(to, r->types, r->types_n);
        memcpy(to + r->types_n, r->body, r->body_n);
        return 0;
    }
    struct feed f = {{header_len, r->types, r->body, r->tail},
                     {header_len_n, r->types_n, r->body_n, r->tail_n},
                     0};
    feed_copy(&f, to, local);
    return spills ? overflow_write(t, &f, payload - local, to + local) : 0;
}

/* ---- joining ---- */

static int append_cell(struct kf_bulk_tree *t, const uint8_t *cell, uint32_t n)
{
    uint8_t *to = cell_place(t, n);
    if (!to) {
        return t->error.code;
    }
    memcpy(to, cell, n);
    if (!t->object->is_index) {
        uint64_t payload, rowid;
        kf_bulk_varint_get(cell + kf_bulk_varint_get(cell, &payload), &rowid);
        t->leaf_rowid = (int64_t)rowid;
    }
    return 0;
}

static const uint8_t *divider_of(const struct kf_bulk_level *l, const struct kf_bulk_child *c)
{
    return c->len ? l->dividers.p + c->key_at : NULL;
}

/* Upper's leaves after its first become leaves of lower, and its open leaf lower's. */
static int splice_leaves(struct kf_bulk_tree *lower, struct kf_bulk_tree *upper)
{
    const struct kf_bulk_level *from = &upper->level;
    const struct kf_bulk_child *first = from->children.p;
    int code = settle(lower);
    code = code ? code : leaf_done(lower, divider_of(from, first), first->len);
    if (code) {
        return code;
    }
    for (size_t i = 1; i < from->children.n; i++) {
        const struct kf_bulk_child *c = &from->children.p[i];
        level_add(&lower->level, c->page, c->key_at, divider_of(from, c), c->len);
    }
    uint8_t *leaf = lower->leaf, *waiting = lower->waiting;
    lower->leaf = upper->leaf;
    lower->waiting = upper->waiting;
    lower->waiting_n = upper->waiting_n;
    lower->cells = upper->cells;
    lower->top = upper->top;
    lower->leaf_rowid = upper->leaf_rowid;
    upper->leaf = leaf;
    upper->waiting = waiting;
    return 0;
}

int kf_bulk_tree_join(struct kf_bulk_tree *lower, struct kf_bulk_tree *upper)
{
    const uint8_t *first = upper->first_leaf ? upper->first_leaf : upper->leaf;
    uint32_t cells = upper->first_leaf ? kf_bulk_get2(first + 3) : upper->cells;
    int code = 0;
    for (uint32_t i = 0; i < cells && !code; i++) {
        uint32_t n;
        const uint8_t *cell = leaf_cell_at(upper, first, i, &n);
        code = append_cell(lower, cell, n);
    }
    if (!code && upper->first_leaf) {
        code = splice_leaves(lower, upper);
    } else if (!code && upper->waiting_n) {
        code = append_cell(lower, upper->waiting, upper->waiting_n);
    }
    if (!code && chunk_end(upper)) {
        code = upper->error.code;
        lower->error = upper->error;
    }
    return code;
}

/* ---- interior pages ---- */

/* One interior page over children [from, to]; the last is the right-most child, its divider goes
 * up. */
static int interior_page(struct kf_bulk_tree *t, const struct kf_bulk_level *low, size_t from,
                         size_t to, bool root, struct kf_bulk_level *up)
{
    struct kf_bulk *b = t->bulk;
    bool index = t->object->is_index;
    const struct kf_bulk_child *c = low->children.p;
    uint32_t page = t->object->root, cells = 0, top = b->usable;
    uint8_t *p = root ? t->leaf : page_take(t, &page);
    if (!p) {
        return t->error.code;
    }
    for (size_t i = from; i < to; i++) {
        uint8_t cell[13];
        kf_bulk_put4(cell, c[i].page);
        uint32_t n = 4 + (index ? 0 : kf_bulk_varint_put(cell + 4, (uint64_t)c[i].key_at));
        top -= n + c[i].len;
        memcpy(p + top, cell, n);
        if (index) {
            memcpy(p + top + n, divider_of(low, &c[i]), c[i].len);
        }
        kf_bulk_put2(p + INTERIOR_HEADER + 2 * cells++, top);
    }
    kf_bulk_put4(p + 8, c[to].page);
    page_seal(b, p, index ? TYPE_INDEX_INTERIOR : TYPE_TABLE_INTERIOR, cells, top);
    if (root) {
        return kf_bulk_write(b, p, b->page, (uint64_t)(page - 1) * b->page, &t->error);
    }
    level_add(up, page, c[to].key_at, divider_of(low, &c[to]), c[to].len);
    return 0;
}

static uint32_t interior_cell_size(const struct kf_bulk_tree *t, const struct kf_bulk_child *c)
{
    uint8_t key[9];
    return 2 + 4 + (t->object->is_index ? c->len : kf_bulk_varint_put(key, (uint64_t)c->key_at));
}

/* The pages over one level. *ret_root: it took only one, which is the root. */
static int interior_level(struct kf_bulk_tree *t, const struct kf_bulk_level *low,
                          struct kf_bulk_level *up, bool *ret_root)
{
    const struct kf_bulk_child *c = low->children.p;
    size_t n = low->children.n, from = 0;
    while (from < n) {
        uint32_t used = INTERIOR_HEADER;
        size_t to = from;
        while (to + 1 < n) {
            uint32_t size = interior_cell_size(t, &c[to]);
            if (used + size > t->bulk->usable) {
                break;
            }
            used += size;
            to++;
        }
        /* A page needs a cell besides its right-most child: never leave just one child over. */
        to -= n - 1 - to == 1;
        assert(to > from);
        *ret_root = from == 0 && to == n - 1;
        int code = interior_page(t, low, from, to, *ret_root, up);
        if (code) {
            return code;
        }
        from = to + 1;
    }
    return 0;
}

/* Gives the first leaf its place and closes the open one, then writes level upon level. */
static int finish_levels(struct kf_bulk_tree *t)
{
    int code = leaf_done(t, NULL, 0);
    if (code) {
        return code;
    }
    uint8_t *to = page_take(t, &t->level.children.p[0].page);
    if (!to) {
        return t->error.code;
    }
    memcpy(to, t->first_leaf, t->bulk->page);
    bool root = false;
    while (!code && !root) {
        struct kf_bulk_level up = {0};
        code = interior_level(t, &t->level, &up, &root);
        kf_vec_free(&t->level.children);
        kf_vec_free(&t->level.dividers);
        t->level = up;
    }
    int ended = chunk_end(t);
    return code ? code : ended;
}

int kf_bulk_tree_finish(struct kf_bulk_tree *t)
{
    const struct kf_bulk *b = t->bulk;
    int code = settle(t);
    if (code || !t->rows) { /* an empty tree is the root page that SQLite made */
        return code;
    }
    if (t->first_leaf) {
        return finish_levels(t);
    }
    page_seal(b, t->leaf, t->object->is_index ? TYPE_INDEX_LEAF : TYPE_TABLE_LEAF, t->cells,
              t->top);
    /* Overflow pages may wait in the chunk although there is only one leaf. */
    code = chunk_end(t);
    return code ? code
                : kf_bulk_write(b, t->leaf, b->page, (uint64_t)(t->object->root - 1) * b->page,
                                &t->error);
}
