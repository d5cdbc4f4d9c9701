/* One b-tree being written from left to right. Private to the bulk loader.
 *
 * Leaves are sealed in order and never read again. What is remembered of each is its page number
 * and what divides it from the next (table: its highest rowid; index: the entry between them, as a
 * cell). From that kf_bulk_tree_finish writes the interior pages. The first leaf stays in memory
 * until then: a small tree is only its root page, and joining two trees can append that leaf's
 * cells one by one to the lower tree.
 *
 * Pages are counted logically. The page that holds byte 2^30 (SQLite locks there) is skipped, so
 * from it on the number in the file is one higher: kf_bulk_physical. */
#ifndef KF_STORE_BULK_TREE_H
#define KF_STORE_BULK_TREE_H

#include "base/error.h"
#include "base/vec.h"
#include "store/bulk.h"
#include "store/bulk_record.h"

#include <pthread.h>
#include <sqlite3.h>

/* A table or index as the schema has it. */
struct kf_bulk_object {
    char *name;
    uint32_t root;
    uint32_t cols; /* of a row; for an index without the rowid */
    int ipk;       /* position of the INTEGER PRIMARY KEY column, -1: none */
    bool is_index, unique;
    const char *refuse; /* why it cannot be filled, or NULL */
};

/* Logical page numbers nobody has used yet. */
struct kf_bulk_range {
    uint64_t from, n;
};

struct kf_bulk {
    char *path;
    enum kf_bulk_mode mode;
    int fd;                /* direct mode, else -1 */
    uint32_t page, usable; /* bytes; usable leaves out the reserved space at a page's end */
    uint32_t freelist_first, freelist_n;   /* as SQLite left them */
    sqlite3 *db;                           /* API mode */
    kf_vec(struct kf_bulk_object) objects; /* constant after open */
    pthread_mutex_t lock;                  /* guards what follows, and the statements in API mode */
    uint64_t next;                         /* logical number of the first page not in the file */
    struct kf_bulk_io *io;                 /* NULL: nothing has gone past the page cache so far */
    uint64_t cache; /* bytes at the file's start that go through it in any case */
    kf_vec(struct kf_bulk_range) left; /* reserved and given back */
    kf_vec(struct kf_bulk_tree *) trees;
};

struct kf_bulk_child {
    uint32_t page;
    uint32_t len;   /* index: length of the divider */
    int64_t key_at; /* table: highest rowid; index: where the divider stands in `dividers` */
};

struct kf_bulk_level {
    kf_vec(struct kf_bulk_child) children;
    kf_vec(uint8_t) dividers;
};

/* Pages on their way to the file: `n` consecutive logical numbers, the first `used` filled. */
struct kf_bulk_chunk {
    uint8_t *pages; /* of kf_bulk_io_room */
    uint64_t from, n, used;
    uint64_t ahead_from, ahead_n; /* reserved already because a number was needed before its page */
    uint32_t want; /* size of the next reservation; doubles so that small trees reserve little */
};

struct kf_bulk_tree {
    struct kf_bulk *bulk;
    const struct kf_bulk_object *object;
    struct kf_bulk_record record[2]; /* index: the row being made and the one before, in turns */
    struct kf_bulk_record first;     /* index: the first row, for kf_bulk_join */
    unsigned turn;
    int64_t rowid, last_rowid, first_rowid;
    uint64_t rows;

    uint32_t max_local,
        min_local;       /* payload bytes kept on a page: at most, and at least if it spills */
    uint8_t *leaf;       /* the open leaf */
    uint32_t cells, top; /* its cells; lowest byte used by them */
    int64_t leaf_rowid;  /* highest rowid on it */
    uint8_t *first_leaf; /* set once the first leaf is sealed */
    uint8_t *waiting; /* index: a cell that found the leaf full; the next one makes it a divider */
    uint32_t waiting_n;
    struct kf_bulk_level level;
    struct kf_bulk_chunk chunk;

    sqlite3_stmt *insert; /* API mode, table */
    bool done;            /* finished or joined to another */
    struct kf_error error;
};

/* In the file's count. */
static inline uint32_t kf_bulk_physical(const struct kf_bulk *b, uint64_t logical)
{
    return (uint32_t)(logical + (logical >= (1u << 30) / b->page + 1));
}

/* Writes all of it or fails with KF_E_IO. */
int kf_bulk_write(const struct kf_bulk *b, const void *p, size_t n, uint64_t at,
                  struct kf_error *err);

/* n pages from a logical number on, through b->fd or another descriptor of the file. */
int kf_bulk_write_pages(const struct kf_bulk *b, int fd, const uint8_t *pages, uint64_t from,
                        uint64_t n, struct kf_error *err);

/* All return 0 or leave the reason in t->error and return its code. */
int kf_bulk_tree_init(struct kf_bulk_tree *t, struct kf_bulk *b,
                      const struct kf_bulk_object *object);
int kf_bulk_tree_append(
    struct kf_bulk_tree *t); /* the record of this turn; order already checked */
int kf_bulk_tree_join(struct kf_bulk_tree *lower, struct kf_bulk_tree *upper);
int kf_bulk_tree_finish(struct kf_bulk_tree *t);
void kf_bulk_tree_release(struct kf_bulk_tree *t); /* buffers only; the tree itself stays */

/* ---- API mode (bulk_api.c) ---- */
int kf_bulk_api_open(struct kf_bulk *b, struct kf_error *err);
int kf_bulk_api_prepare(struct kf_bulk_tree *t);
void kf_bulk_api_null(struct kf_bulk_tree *t);
void kf_bulk_api_int(struct kf_bulk_tree *t, int64_t v);
void kf_bulk_api_real(struct kf_bulk_tree *t, double v);
void kf_bulk_api_bytes(struct kf_bulk_tree *t, const void *p, size_t n, bool text);
int kf_bulk_api_insert(struct kf_bulk_tree *t);
int kf_bulk_api_close(struct kf_bulk *b, bool commit, struct kf_error *err);
/* What an SQLite result code means to the caller. */
int kf_bulk_api_error(const struct kf_bulk *b, sqlite3 *db, const char *doing,
                      struct kf_error *err);

#endif
