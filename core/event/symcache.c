#include "event/symcache.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stdlib.h>

#define AT_ONCE    64u    /* values that get a symbol when first seen */
#define MOST       16384u /* of a field: the table stays within the second cache (400 KB) */
#define DOOR       16384u
#define TRY        65536u /* look-ups after which a field may be given up */
#define SMALL      1024u  /* a table of so many is in the first cache: asking it costs nothing */
#define WORTH      8u     /* bytes a look-up must save on average to be worth a miss of the cache */
#define FIRST_SIZE 32u

struct kf_symcache_slot {
    const char *p;
    uint32_t n, sym, tag;
};

static void grow(struct kf_symcache *c)
{
    uint32_t mask = c->slot ? c->mask * 2 + 1 : FIRST_SIZE - 1;
    struct kf_symcache_slot *slot = calloc((size_t)mask + 1, sizeof *slot);
    if (!slot)
        kf_arena_exhausted(((size_t)mask + 1) * sizeof *slot);
    for (uint32_t i = 0; c->slot && i <= c->mask; i++) {
        if (!c->slot[i].sym)
            continue;
        uint32_t j = c->slot[i].tag & mask;
        while (slot[j].sym)
            j = (j + 1) & mask;
        slot[j] = c->slot[i];
    }
    free(c->slot);
    c->slot = slot;
    c->mask = mask;
}

/* Whether a value that the table does not have gets a symbol now. */
static bool admit(struct kf_symcache *c, uint64_t h)
{
    if (c->used < AT_ONCE)
        return true;
    if (c->used >= MOST)
        return false;
    if (!c->door) {
        c->door = calloc(DOOR, sizeof *c->door);
        if (!c->door)
            kf_arena_exhausted(DOOR * sizeof *c->door);
    }
    uint16_t tag = (uint16_t)((h >> 48) | 1), *at = &c->door[(h >> 32) & (DOOR - 1)];
    bool seen = *at == tag;
    *at = tag;
    return seen;
}

/* Nearly every value is new (order numbers), or so many are that the few bytes saved are not worth
 * the look-up (addresses, paths of a large shop). */
static bool is_given_up(const struct kf_symcache *c)
{
    uint64_t worth = (uint64_t)c->lookups * (c->used > SMALL ? WORTH : 1);
    return c->lookups > TRY && c->saved < worth;
}

uint32_t kf_symcache_slow(struct kf_symcache *c, struct kf_symbols *t, struct kf_str v)
{
    if (v.n > KF_SYM_TEXT_MAX || is_given_up(c))
        return 0;
    if (!c->slot || c->used * 2 > c->mask)
        grow(c);
    c->lookups++;
    uint64_t h = XXH3_64bits(v.p, v.n);
    uint32_t tag = (uint32_t)h, i = tag & c->mask;
    struct kf_symcache_slot *s = &c->slot[i];
    for (; s->sym; i = (i + 1) & c->mask, s = &c->slot[i])
        if (s->tag == tag && s->n == v.n && memcmp(s->p, v.p, v.n) == 0)
            break;
    if (s->sym) {
        c->saved += v.n;
    } else {
        if (!admit(c, h))
            return 0;
        uint32_t sym = kf_symbols_add(t, v);
        if (!sym)
            return 0;
        *s = (struct kf_symcache_slot){kf_symbols_text(t, sym).p, (uint32_t)v.n, sym, tag};
        c->used++;
    }
    c->last = s->p;
    c->last_n = s->n;
    c->last_sym = s->sym;
    return s->sym;
}

void kf_symcache_free(struct kf_symcache *c)
{
    free(c->slot);
    free(c->door);
    *c = (struct kf_symcache){0};
}
