/* The part of the identifier table that only reading needs: many identifiers at once.
 *
 * A look-up costs two cache misses (slot, text). Asking for a group of them lets the misses
 * overlap. Thread-safe. */
#ifndef KF_EVENT_IDENTS_H
#define KF_EVENT_IDENTS_H

#include "event/events.h"

/* Longer values are no identifiers (kf_idents_add answers UINT32_MAX; a record with one is
 * quarantined as too_long). */
#define KF_IDENT_MAX 16384u
/* Numbers stay below 2^28, so that they fit four bytes of a body. */
#define KF_IDENTS_MAX ((1u << 28) - 1u)

struct kf_ident_want {
    uint64_t hash; /* kf_ident_hash */
    const char *p;
    uint32_t n;
    uint32_t ns;
    uint32_t id; /* the answer; UINT32_MAX: table full */
};

uint64_t kf_ident_hash(uint32_t ns, struct kf_str value);
void kf_idents_add_group(struct kf_idents *t, struct kf_ident_want *want, size_t n);

#endif
