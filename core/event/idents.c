#include "event/idents.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/vec.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

/* The table is cut into shards by the top bits of the hash; each has a lock of its own. A slot
 * holds 32 bits of the hash and the place of the record, 0: empty. Places are (block << 16 | offset
 * / 4), so 16 GiB of identifiers at most. */
#define SHARD_BITS  6u
#define SHARDS      (1u << SHARD_BITS)
#define BLOCK_SIZE  (256u << 10)
#define FIRST_SIZE  (4u << 10) /* of a shard's first block: many tables hold ten identifiers */
#define BLOCKS      65536u
#define FIRST_SLOTS 64u
#define PAGE        4096u

struct record {
    uint32_t id;
    uint16_t ns, n;
    char text[];
};

struct shard {
    atomic_flag lock;
    uint32_t used;
    uint32_t mask;
    uint32_t block;   /* number of the block being filled */
    uint32_t at, end; /* bytes in it */
    uint64_t *slot;
    kf_vec(uint64_t *) old; /* tables that were replaced */
};

/* Lists that grow without moving: their pieces are twice as long from one to the next, the first
 * holds 1 << FIRST_BITS. A table of ten identifiers is small (a scenario makes dozens), one of
 * millions has few pieces. */
#define FIRST_BITS 6u
#define LISTS      23u /* 2^28 identifiers */

static inline unsigned piece_of(uint32_t n, uint32_t *ret_at)
{
    uint32_t x = n + (1u << FIRST_BITS);
    unsigned piece = 31u - FIRST_BITS - (unsigned)__builtin_clz(x);
    *ret_at = x - (1u << (FIRST_BITS + piece));
    return piece;
}

struct kf_idents {
    struct shard shard[SHARDS];
    atomic_uint count, blocks;
    _Atomic(_Atomic(char *) *) block[LISTS]; /* blocks by number, a piece of the list each */
    _Atomic(uint32_t *) place[LISTS];        /* places by identifier */
};

static void *zeroed(size_t n, size_t size)
{
    void *p = calloc(n, size);
    if (!p)
        kf_arena_exhausted(n * size);
    return p;
}

struct kf_idents *kf_idents_new(void)
{
    struct kf_idents *t = zeroed(1, sizeof *t);
    for (uint32_t i = 0; i < SHARDS; i++) {
        atomic_flag_clear(&t->shard[i].lock);
        t->shard[i].mask = FIRST_SLOTS - 1;
        t->shard[i].slot = zeroed(FIRST_SLOTS, sizeof(uint64_t));
    }
    atomic_init(&t->blocks, 1); /* place 0 is nowhere */
    return t;
}

static inline const char *block_at(const struct kf_idents *t, uint32_t number)
{
    uint32_t at;
    unsigned piece = piece_of(number, &at);
    _Atomic(char *) *b = atomic_load_explicit(&t->block[piece], memory_order_acquire);
    return atomic_load_explicit(&b[at], memory_order_acquire);
}

void kf_idents_free(struct kf_idents *t)
{
    if (!t)
        return;
    for (uint32_t i = 0; i < SHARDS; i++) {
        for (size_t k = 0; k < t->shard[i].old.n; k++)
            free(t->shard[i].old.p[k]);
        kf_vec_free(&t->shard[i].old);
        free(t->shard[i].slot);
    }
    uint32_t blocks = atomic_load(&t->blocks);
    for (uint32_t i = 1; i < blocks; i++)
        free((char *)(uintptr_t)block_at(t, i));
    for (unsigned i = 0; i < LISTS; i++) {
        free(atomic_load(&t->block[i]));
        free(atomic_load(&t->place[i]));
    }
    free(t);
}

static inline const struct record *record_at(const struct kf_idents *t, uint32_t place)
{
    const char *b = block_at(t, place >> 16);
    return (const struct record *)(const void *)(b + (size_t)(place & 0xffff) * 4);
}

static inline struct shard *shard_of(struct kf_idents *t, uint64_t hash)
{
    return &t->shard[hash >> (64 - SHARD_BITS)];
}

static inline uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)hash;
}

static void shard_lock(struct shard *s)
{
    for (unsigned turn = 0; atomic_flag_test_and_set_explicit(&s->lock, memory_order_acquire);
         turn++) {
        if (turn > 100)
            sched_yield(); /* whoever holds it is not running */
        else
            __builtin_ia32_pause();
    }
}

static void shard_unlock(struct shard *s)
{
    atomic_flag_clear_explicit(&s->lock, memory_order_release);
}

uint64_t kf_ident_hash(uint32_t ns, struct kf_str value)
{
    uint64_t h = XXH3_64bits(value.p, value.n) + ns * 0x9E3779B97F4A7C15ULL;
    return h ^ (h >> 29) * 0xBF58476D1CE4E5B9ULL;
}

static uint32_t look(const struct kf_idents *t, const struct shard *s, uint64_t hash, uint32_t ns,
                     struct kf_str v, uint32_t *ret_at)
{
    uint32_t tag = tag_of(hash), i = tag & s->mask;
    for (; s->slot[i]; i = (i + 1) & s->mask) {
        if ((uint32_t)(s->slot[i] >> 32) != tag)
            continue;
        const struct record *r = record_at(t, (uint32_t)s->slot[i]);
        if (r->ns == ns && r->n == v.n && memcmp(r->text, v.p, v.n) == 0)
            return r->id;
    }
    *ret_at = i;
    return UINT32_MAX;
}

/* Another thread may be reading the table to be replaced. All that were together are as large as
 * the one in use. */
static void retire(struct shard *s)
{
    *kf_vec_push(&s->old) = s->slot;
}

/* A page that is read before it is written gets its memory twice, and the second time every
 * processor has to hear of it: so each is written to before the table is looked into. */
static uint64_t *new_slots(size_t n)
{
    uint64_t *slot = zeroed(n, sizeof *slot);
    for (size_t i = 0; i < n; i += PAGE / sizeof *slot)
        ((volatile uint64_t *)slot)[i] = 0;
    return slot;
}

static void grow(struct shard *s)
{
    uint32_t mask = s->mask * 2 + 1;
    uint64_t *slot = new_slots((size_t)mask + 1);
    for (uint32_t i = 0; i <= s->mask; i++) {
        if (!s->slot[i])
            continue;
        uint32_t j = (uint32_t)(s->slot[i] >> 32) & mask;
        while (slot[j])
            j = (j + 1) & mask;
        slot[j] = s->slot[i];
    }
    retire(s);
    __atomic_store_n(&s->slot, slot, __ATOMIC_RELEASE);
    __atomic_store_n(&s->mask, mask, __ATOMIC_RELEASE);
}

/* Pieces of the lists: whoever needs one first makes it. */
static _Atomic(char *) *block_slot(struct kf_idents *t, uint32_t number)
{
    uint32_t at;
    unsigned piece = piece_of(number, &at);
    _Atomic(char *) *p = atomic_load_explicit(&t->block[piece], memory_order_acquire);
    if (!p) {
        _Atomic(char *) *mine = zeroed((size_t)1 << (FIRST_BITS + piece), sizeof *mine);
        if (atomic_compare_exchange_strong(&t->block[piece], &p, mine))
            p = mine;
        else
            free(mine); /* another shard's thread was first */
    }
    return &p[at];
}

static uint32_t *place_slot(struct kf_idents *t, uint32_t id)
{
    uint32_t at;
    unsigned piece = piece_of(id, &at);
    uint32_t *p = atomic_load_explicit(&t->place[piece], memory_order_acquire);
    if (!p) {
        uint32_t *mine = zeroed((size_t)1 << (FIRST_BITS + piece), sizeof *mine);
        if (atomic_compare_exchange_strong(&t->place[piece], &p, mine))
            p = mine;
        else
            free(mine);
    }
    return &p[at];
}

/* Room for a record; 0: the table is full. */
static uint32_t place_for(struct kf_idents *t, struct shard *s, size_t size)
{
    uint32_t need = (uint32_t)((size + 3u) & ~(size_t)3u);
    if (s->end - s->at < need) {
        uint32_t b = atomic_fetch_add(&t->blocks, 1);
        if (b >= BLOCKS) {
            atomic_fetch_sub(&t->blocks, 1);
            return 0;
        }
        uint32_t all = s->end || need > FIRST_SIZE ? BLOCK_SIZE : FIRST_SIZE;
        char *p = malloc(all);
        if (!p)
            kf_arena_exhausted(all);
        atomic_store_explicit(block_slot(t, b), p, memory_order_release);
        s->block = b;
        s->at = 0;
        s->end = all;
    }
    uint32_t place = s->block << 16 | s->at / 4;
    s->at += need;
    return place;
}

static uint32_t insert(struct kf_idents *t, struct shard *s, uint64_t hash, uint32_t ns,
                       struct kf_str v, uint32_t at)
{
    if (atomic_load_explicit(&t->count, memory_order_relaxed) >= KF_IDENTS_MAX - 256)
        return UINT32_MAX; /* a few below the end: other shards may be past this line */
    uint32_t place = place_for(t, s, sizeof(struct record) + v.n);
    if (!place)
        return UINT32_MAX;
    struct record *r = (struct record *)(uintptr_t)record_at(t, place);
    uint32_t id = atomic_fetch_add(&t->count, 1);
    r->id = id;
    r->ns = (uint16_t)ns;
    r->n = (uint16_t)v.n;
    if (v.n)
        memcpy(r->text, v.p, v.n);
    *place_slot(t, id) = place;
    __atomic_store_n(&s->slot[at], (uint64_t)tag_of(hash) << 32 | place, __ATOMIC_RELEASE);
    if (++s->used > s->mask - s->mask / 4)
        grow(s);
    return id;
}

static uint32_t add(struct kf_idents *t, uint64_t hash, uint32_t ns, struct kf_str v)
{
    struct shard *s = shard_of(t, hash);
    if (v.n > KF_IDENT_MAX || ns > UINT16_MAX || ns == 0)
        return UINT32_MAX;
    uint32_t at = 0;
    shard_lock(s);
    uint32_t id = look(t, s, hash, ns, v, &at);
    if (id == UINT32_MAX)
        id = insert(t, s, hash, ns, v, at);
    shard_unlock(s);
    return id;
}

uint32_t kf_idents_add(struct kf_idents *t, uint32_t ns, struct kf_str value)
{
    return add(t, kf_ident_hash(ns, value), ns, value);
}

/* Reads the slot itself without the lock: a table that was replaced stays readable (see grow), and
 * whoever sees the new mask sees the new table. A stale slot only asks for another record. */
static void prefetch_record(struct kf_idents *t, uint64_t hash)
{
    struct shard *s = shard_of(t, hash);
    uint32_t mask = __atomic_load_n(&s->mask, __ATOMIC_ACQUIRE);
    const uint64_t *at = __atomic_load_n(&s->slot, __ATOMIC_ACQUIRE);
    uint64_t slot = __atomic_load_n(&at[tag_of(hash) & mask], __ATOMIC_ACQUIRE);
    if (slot)
        __builtin_prefetch(record_at(t, (uint32_t)slot));
}

/* Only an address: a wrong one, of a table that is just being replaced, does nothing. */
static void prefetch_slot(struct kf_idents *t, uint64_t hash)
{
    const struct shard *s = shard_of(t, hash);
    const uint64_t *slot = __atomic_load_n(&s->slot, __ATOMIC_RELAXED);
    __builtin_prefetch(slot + (tag_of(hash) & __atomic_load_n(&s->mask, __ATOMIC_RELAXED)));
}

void kf_idents_add_group(struct kf_idents *t, struct kf_ident_want *want, size_t n)
{
    enum { AHEAD = 16 };
    for (size_t i = 0; i < n + 2 * AHEAD; i++) {
        if (i < n)
            prefetch_slot(t, want[i].hash);
        if (i >= AHEAD && i - AHEAD < n)
            prefetch_record(t, want[i - AHEAD].hash);
        if (i >= 2 * AHEAD) {
            struct kf_ident_want *w = &want[i - 2 * AHEAD];
            w->id = add(t, w->hash, w->ns, kf_str(w->p, w->n));
        }
    }
}

uint32_t kf_idents_find(const struct kf_idents *t, uint32_t ns, struct kf_str value)
{
    uint64_t hash = kf_ident_hash(ns, value);
    uint32_t at;
    return look(t, &t->shard[hash >> (64 - SHARD_BITS)], hash, ns, value, &at);
}

uint32_t kf_idents_count(const struct kf_idents *t)
{
    return atomic_load_explicit(&t->count, memory_order_acquire);
}

static const struct record *record_of(const struct kf_idents *t, uint32_t id)
{
    if (id >= kf_idents_count(t))
        return NULL;
    uint32_t at;
    unsigned piece = piece_of(id, &at);
    const uint32_t *p = atomic_load_explicit(&t->place[piece], memory_order_acquire);
    return record_at(t, p[at]);
}

uint32_t kf_idents_ns(const struct kf_idents *t, uint32_t id)
{
    const struct record *r = record_of(t, id);
    return r ? r->ns : 0;
}

struct kf_str kf_idents_value(const struct kf_idents *t, uint32_t id)
{
    const struct record *r = record_of(t, id);
    return r ? kf_str(r->text, r->n) : kf_str("", 0);
}
