/* One opened file as UTF-8 bytes: reads, unpacks gzip and zstd (by their first bytes), converts
 * Latin-1 and UTF-16 (a byte order mark wins). Never holds more than its buffers. One thread at a
 * time. */
#ifndef KF_EVENT_INPUT_H
#define KF_EVENT_INPUT_H

#include "base/error.h"
#include "base/str.h"

enum kf_input_state {
    KF_INPUT_MORE = 0,
    KF_INPUT_END,
    KF_INPUT_UNREADABLE, /* reading failed */
    KF_INPUT_TRUNCATED,  /* compressed data stops in the middle */
    KF_INPUT_DAMAGED     /* compressed data is not what its checks say */
};

struct kf_input;
/* path "-": standard input. encoding: of kf_shape. NULL: not readable, *ret_detail (static or
 * strerror) says why. */
struct kf_input *kf_input_open(const char *path, const char *encoding, const char **ret_detail);
/* The same over bytes that live as long as the input. */
struct kf_input *kf_input_memory(const void *data, size_t len, const char *encoding);
void kf_input_close(struct kf_input *in);

/* Up to `cap` bytes (at least 64) into `to`; fewer only at the end. What was read before something
 * went wrong is returned. */
size_t kf_input_read(struct kf_input *in, char *to, size_t cap, enum kf_input_state *ret);
uint64_t kf_input_bytes(const struct kf_input *in); /* as stored on disk, so far */
uint64_t kf_input_hash(const struct kf_input *in);  /* XXH3 of them */
int64_t kf_input_mtime(const struct kf_input *in);  /* ns; 0: not a file */
/* Passes over what nobody wants to read, so that size and hash are those of the whole file. Does
 * nothing where the data may have no end. */
void kf_input_drain(struct kf_input *in);
/* XXH3 of a whole file as it is stored. False: not readable. */
bool kf_input_hash_file(const char *path, uint64_t *ret_size, uint64_t *ret_hash);

#endif
