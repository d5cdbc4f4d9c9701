/* Millions of texts in bytewise order, as the index over identifier values wants them.
 *
 * An entry carries eight bytes of its text; texts themselves are only fetched, at the price of a
 * cache miss each, where those were equal. Which eight: those behind the beginning that all texts
 * share ("anon-"). Thread-safe: works on the caller's arrays only. */
#ifndef KF_STORE_SORT_H
#define KF_STORE_SORT_H

#include "base/str.h"

struct kf_sort_entry {
    uint64_t key;  /* for the sort: eight bytes of the text, big endian, zero behind its end */
    const char *p; /* the text; not NUL-terminated */
    uint32_t n;
    uint32_t id; /* the caller's; orders equal texts */
};

/* Sorts by (text, id). `spare` has room for n entries. */
void kf_sort_texts(struct kf_sort_entry *e, struct kf_sort_entry *spare, size_t n);

#endif
