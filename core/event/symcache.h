/* Which values of one field are worth a symbol: those that come again. One cache a field and
 * thread.
 *
 * The first few values get a symbol at once; later ones when they are seen a second time, so order
 * numbers and click ids stay texts while countries, agents and products become three bytes. A field
 * whose look-ups save little is given up. What a value becomes shows in no result. */
#ifndef KF_EVENT_SYMCACHE_H
#define KF_EVENT_SYMCACHE_H

#include "base/intern.h"
#include "base/str.h"

#define KF_SYM_TEXT_MAX 256u /* longer values are kept as they are */

struct kf_symcache {
    struct kf_symcache_slot *slot;
    uint16_t *door; /* tags of values seen once */
    uint32_t mask, used, lookups;
    uint64_t saved;   /* bytes of values that were found */
    const char *last; /* text of the value before this one */
    uint32_t last_n, last_sym;
};

uint32_t kf_symcache_slow(struct kf_symcache *c, struct kf_symbols *t, struct kf_str v);
void kf_symcache_free(struct kf_symcache *c);

/* 0: keep it as a text. */
static inline uint32_t kf_symcache_get(struct kf_symcache *c, struct kf_symbols *t, struct kf_str v)
{
    if (c->last_sym && c->last_n == v.n && memcmp(c->last, v.p, v.n) == 0)
        return c->last_sym;
    return kf_symcache_slow(c, t, v);
}

#endif
