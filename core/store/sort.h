/* Millions of texts in bytewise order, as the index over identifier values wants them.
 *
 * An entry caches eight bytes of its text; texts are only fetched, at the price of a cache miss
 * each, to load the next eight where those were equal. Which eight: those behind the prefix that
 * all texts share ("anon-"). Thread-safe: works on the caller's arrays only. */
#ifndef KF_STORE_SORT_H
#define KF_STORE_SORT_H

#include "base/str.h"

struct kf_sort_entry {
    uint64_t key; /* eight bytes of the text, big endian, zero behind its end */
    uint32_t id;  /* the caller's number of the text */
};

struct kf_sort_texts {
    struct kf_str (*text)(const void *ctx, uint32_t id);
    const void *ctx;
};

/* Sorts by (text, id); only `id` of the entries is read. `spare` has room for n entries. */
void kf_sort_texts(const struct kf_sort_texts *t, struct kf_sort_entry *e,
                   struct kf_sort_entry *spare, size_t n);

#endif
