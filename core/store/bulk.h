/* Fills the empty tables of a new SQLite file in sorted order, without SQLite.
 *
 * SQLite creates the schema (CREATE TABLE, CREATE INDEX) in a file of its own, commits and closes
 * it. Then this module writes the rows straight as leaf and interior pages of those trees: 20 to
 * 140 ns a row where INSERT takes 500 to 1100. The result is an ordinary database: integrity_check
 * and every reader take it as SQLite's own.
 *
 * KF_BULK_API drives the same calls through prepared INSERT statements: the fallback, and what the
 * tests compare with.
 *
 * What the caller owes (checked where it is cheap): rows by strictly ascending rowid; index entries
 * ascending as SQLite's BINARY collation orders them (NULL, numbers, text bytewise, blobs bytewise;
 * then the rowid); values of the declared type (no affinity is applied: a REAL column takes
 * kf_bulk_real, an INT column kf_bulk_int); every index of a table is filled with exactly that
 * table's rows. NOT NULL and CHECK are not looked at.
 *
 * Threads: a tree belongs to one thread at a time; different trees of one file may be filled at the
 * same time. One table or index may be split: open it once per thread, fill disjoint ascending
 * ranges, then kf_bulk_join. Which page a row lands on depends on the threads' timing, so two files
 * of equal content need not be equal bytes.
 *
 * Not possible: WITHOUT ROWID and virtual tables, generated columns, DESC or non-BINARY index
 * columns, auto_vacuum, WAL, UTF-16. kf_bulk_open, kf_bulk_table and kf_bulk_index refuse them.
 *
 * Errors: KF_E_INTERNAL for a broken order or column count (the sentence names the tree and the
 * row's number, never a value), KF_E_IO where the disk says no, KF_E_LIMIT beyond SQLite's limits.
 * After an error a tree refuses all further work with the same sentence; free the bulk and delete
 * the file. */
#ifndef KF_STORE_BULK_H
#define KF_STORE_BULK_H

#include <kinfold/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kf_bulk;
struct kf_bulk_tree;

enum kf_bulk_mode {
    KF_BULK_DIRECT, /* pages */
    KF_BULK_API /* INSERT statements; index entries are made by SQLite, kf_bulk_index trees ignore
                   theirs */
};

enum { KF_BULK_FSYNC = 1 }; /* for kf_bulk_close: return only when the file is on the disk */

/* Opens a file that SQLite created and closed. Nobody else may have it open until kf_bulk_close. */
int kf_bulk_open(const char *path, enum kf_bulk_mode mode, struct kf_bulk **ret_bulk,
                 struct kf_error *err);

/* The tree of an empty table or index, by its name in sqlite_schema ("sqlite_autoindex_t_1" for
 * UNIQUE constraints). Trees belong to the bulk. More than one tree of the same name must be joined
 * before kf_bulk_close. */
int kf_bulk_table(struct kf_bulk *b, const char *name, struct kf_bulk_tree **ret_tree,
                  struct kf_error *err);
int kf_bulk_index(struct kf_bulk *b, const char *name, struct kf_bulk_tree **ret_tree,
                  struct kf_error *err);

/* False in API mode: whoever sorts only to fill an index can skip it. */
bool kf_bulk_needs_indexes(const struct kf_bulk *b);

/* A row is row_begin, one call per column in declared order, row_end. An INTEGER PRIMARY KEY column
 * takes kf_bulk_null: its value is the rowid. An index entry is its columns; the rowid given here
 * is the table row it points to, and row_end adds it. Texts (UTF-8) and blobs are borrowed until
 * row_end returns; NULL with length 0 is the empty value. NaN is stored as NULL, -0.0 as 0.0, as
 * SQLite does. Mistakes within a row are reported by its row_end. */
void kf_bulk_row_begin(struct kf_bulk_tree *t, int64_t rowid);
void kf_bulk_null(struct kf_bulk_tree *t);
void kf_bulk_int(struct kf_bulk_tree *t, int64_t v);
void kf_bulk_real(struct kf_bulk_tree *t, double v);
void kf_bulk_text(struct kf_bulk_tree *t, const void *p, size_t n);
void kf_bulk_blob(struct kf_bulk_tree *t, const void *p, size_t n);
int kf_bulk_row_end(struct kf_bulk_tree *t, struct kf_error *err);

/* Rows appended so far (in API mode 0 for index trees). */
uint64_t kf_bulk_rows(const struct kf_bulk_tree *t);

/* Appends all rows of `upper` to `lower`; every key of upper must be above those of lower. Either
 * may be empty. `upper` must not be used afterwards. Both threads must be done. */
int kf_bulk_join(struct kf_bulk_tree *lower, struct kf_bulk_tree *upper, struct kf_error *err);

/* Writes the interior pages and the root, and releases the tree's buffers. Optional: kf_bulk_close
 * does it for every tree left; worth calling from a thread that has finished a large tree. Nothing
 * can be appended afterwards. */
int kf_bulk_finish(struct kf_bulk_tree *t, struct kf_error *err);

/* Finishes every tree, writes the file header and closes the file. The bulk is freed in any case;
 * after an error the file is no database any more. flags: KF_BULK_FSYNC or 0. */
int kf_bulk_close(struct kf_bulk *b, unsigned flags, struct kf_error *err);

/* Gives up: closes without finishing; the file is to be deleted. Accepts NULL. */
void kf_bulk_free(struct kf_bulk *b);

#endif
