/* Blocks of the event log: about a thousand events as one blob.
 *
 * A block is the hash of its content (8 bytes, little endian) and the content: as it is, or one
 * zstd frame. Content: a row of varints an event, then the bodies one after the other, byte for
 * byte as in memory; all numbers are those of the dictionaries and identifiers stored beside the
 * log.
 *
 *   row := zz(time - time of the event before) zz(received - time) name type platform source file
 *          zz(record - record of the event before) identifiers identifier*
 *
 * A packer or unpacker belongs to one thread. */
#ifndef KF_STORE_BLOCK_H
#define KF_STORE_BLOCK_H

#include "event/events.h"

#include <kinfold/error.h>

enum kf_compression { KF_STORED_PLAIN, KF_STORED_FAST, KF_STORED_SMALL };
#define KF_BLOCK_EVENTS 1000u

/* "none", "fast", "small"; NULL: fast. False: no such word. */
bool kf_compression_parse(const char *word, enum kf_compression *ret);

struct kf_packer;
struct kf_packer *kf_packer_new(enum kf_compression c); /* NULL: no memory */
void kf_packer_free(struct kf_packer *p);

struct kf_block {
    const uint8_t *data; /* lives until the packer's next block */
    size_t n;
    size_t raw;           /* bytes of the content before compression */
    uint64_t identifiers; /* of all events together */
    int64_t first, last;  /* least and greatest time, ns */
};
int kf_block_pack(struct kf_packer *p, const struct kf_events *e, const uint32_t *event, uint32_t n,
                  struct kf_block *ret, struct kf_error *err);

/* Where the events of a block go: positions `at` of the columns and `pool_at` of the identifier
 * pool, which have room. Bodies point into memory of `arena`. Numbers are checked against `limit`.
 * KF_E_DATA: the block is damaged. */
struct kf_block_limit {
    uint32_t name, source, file, identifiers; /* highest valid number; identifiers: how many */
};
int kf_block_unpack(const void *data, size_t n, size_t raw, const struct kf_block_limit *limit,
                    struct kf_arena *arena, struct kf_events *e, uint32_t at, uint32_t events,
                    uint64_t pool_at, uint64_t identifiers, struct kf_error *err);

#endif
