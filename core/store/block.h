/* Blocks of the event log as the store keeps them: about a thousand events as one blob.
 *
 * A blob is the hash of its content (8 bytes, little endian), then the content: as it is, or one
 * zstd frame. The content is what core/event/codec makes; all numbers in it are those of the
 * dictionaries and identifiers stored beside the log.
 *
 * A packer or unpacker belongs to one thread. */
#ifndef KF_STORE_BLOCK_H
#define KF_STORE_BLOCK_H

#include "event/events.h"

#include <kinfold/error.h>

enum kf_compression { KF_STORED_PLAIN, KF_STORED_FAST, KF_STORED_SMALL };
/* Smaller blocks are read faster one at a time, larger ones compress better: STORE.md, b and e. */
#define KF_BLOCK_EVENTS 1000u

/* "none", "fast", "small"; NULL: fast. False: no such word. */
bool kf_compression_parse(const char *word, enum kf_compression *ret);

struct kf_packer;
struct kf_packer *kf_packer_new(enum kf_compression c); /* NULL: no memory */
void kf_packer_free(struct kf_packer *p);

struct kf_block {
    const uint8_t *data; /* lives until the packer's next block */
    size_t n;
    size_t raw; /* bytes of the content before compression */
};
int kf_block_pack(struct kf_packer *p, const struct kf_events *e, const uint32_t *event, uint32_t n,
                  struct kf_block *ret, struct kf_error *err);

/* Appends the events of a blob to `into`, whose dictionaries and identifiers hold the numbers
 * already. `content` is the unpacker's memory between calls. KF_E_DATA: damaged, `into` is as it
 * was. */
int kf_block_unpack(const void *data, size_t n, size_t raw, struct kf_buf *content,
                    struct kf_events *into, struct kf_error *err);
/* The same without the identifiers, of which the log has `idents`: event/codec.h. */
int kf_block_unpack_raw(const void *data, size_t n, size_t raw, uint32_t idents,
                        struct kf_buf *content, struct kf_events *into, struct kf_error *err);

#endif
