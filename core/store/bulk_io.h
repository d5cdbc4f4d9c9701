/* Full chunks of pages on their way to the disk, past the page cache and beside the threads that
 * fill them.
 *
 * Writing through the page cache costs the processor: every page has to be found, cleared, copied
 * and written back, where the kernel has none ready most of all. One thread that writes straight
 * from the chunks (O_DIRECT) saves that and keeps the disk busy all the while
 * (tests/bench/README.md has figures). What lies before KF_BULK_IO_FROM still goes through the
 * cache: the next command reads a small store from memory, and a large one would not stay there.
 * Where the file system has no O_DIRECT everything goes through the cache. */
#ifndef KF_STORE_BULK_IO_H
#define KF_STORE_BULK_IO_H

#include <kinfold/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kf_bulk;
struct kf_bulk_io;

enum {
    KF_BULK_IO_FROM = 64 << 20, /* bytes of the file */
    KF_BULK_IO_ALIGN = 4096     /* what every disk takes: pages are multiples of it, or stay out */
};

/* KF_BULK_IO_FROM, or what KF_STORE_CACHE says (bytes; tests take 0). */
uint64_t kf_bulk_io_from(void);

/* Room for n bytes, aligned for kf_bulk_io_put; freed by free(). NULL: no memory. */
uint8_t *kf_bulk_io_room(size_t n);

/* Whether a chunk whose first page has this logical number goes this way. Starts the thread at the
 * first that does. Called under b->lock. */
bool kf_bulk_io_takes(struct kf_bulk *b, uint64_t from);

/* Hands over a chunk of `used` pages from logical number `from`; *pages is replaced by an empty one
 * of the same size. Waits while many are under way. Returns what went wrong with this one or any
 * before it. */
int kf_bulk_io_put(struct kf_bulk *b, uint8_t **pages, uint64_t from, uint64_t used,
                   struct kf_error *err);

/* Waits for all that is under way (`give_up`: for none of it) and ends the thread. */
int kf_bulk_io_end(struct kf_bulk *b, bool give_up, struct kf_error *err);

#endif
