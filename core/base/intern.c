#include "base/intern.h"

#include "base/hash.h"
#include "base/vec.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* A slot holds 32 bits of the hash above the number, so that a miss rarely touches the text. 0 is
 * empty: numbers start at 1. */
static inline uint64_t slot_of(uint64_t hash, uint32_t id)
{
    return (hash & 0xffffffff00000000ULL) | id;
}

/* ---- one thread ---- */

struct kf_intern {
    struct kf_arena arena;
    uint64_t *slots;
    size_t mask;
    kf_vec(struct kf_str) texts; /* texts.p[id - 1] */
};

static void *zeroed(size_t n, size_t size)
{
    void *p = calloc(n, size);
    if (!p)
        kf_arena_exhausted(n * size);
    return p;
}

struct kf_intern *kf_intern_new(void)
{
    struct kf_intern *t = zeroed(1, sizeof *t);
    t->mask = 63;
    t->slots = zeroed(t->mask + 1, sizeof *t->slots);
    return t;
}

void kf_intern_free(struct kf_intern *t)
{
    if (!t)
        return;
    kf_arena_free(&t->arena);
    kf_vec_free(&t->texts);
    free(t->slots);
    free(t);
}

static uint32_t intern_look(const struct kf_intern *t, struct kf_str s, uint64_t h, size_t *ret_at)
{
    size_t i = (size_t)h & t->mask;
    for (; t->slots[i]; i = (i + 1) & t->mask) {
        uint32_t id = (uint32_t)t->slots[i];
        if ((t->slots[i] ^ h) >> 32 == 0 && kf_str_eq(t->texts.p[id - 1], s))
            return id;
    }
    *ret_at = i;
    return 0;
}

static void intern_grow(struct kf_intern *t)
{
    size_t mask = t->mask * 2 + 1;
    uint64_t *slots = zeroed(mask + 1, sizeof *slots);
    for (uint32_t id = 1; id <= t->texts.n; id++) {
        struct kf_str s = t->texts.p[id - 1];
        uint64_t h = kf_hash64(s.p, s.n);
        size_t i = (size_t)h & mask;
        while (slots[i])
            i = (i + 1) & mask;
        slots[i] = slot_of(h, id);
    }
    free(t->slots);
    t->slots = slots;
    t->mask = mask;
}

uint32_t kf_intern_add(struct kf_intern *t, struct kf_str s)
{
    uint64_t h = kf_hash64(s.p, s.n);
    size_t at = 0;
    uint32_t id = intern_look(t, s, h, &at);
    if (id)
        return id;
    if (t->texts.n >= UINT32_MAX - 1)
        kf_arena_exhausted(s.n);
    *kf_vec_push(&t->texts) = kf_str(kf_arena_strndup(&t->arena, s.p, s.n), s.n);
    id = (uint32_t)t->texts.n;
    t->slots[at] = slot_of(h, id);
    if (t->texts.n * 2 > t->mask)
        intern_grow(t);
    return id;
}

uint32_t kf_intern_find(const struct kf_intern *t, struct kf_str s)
{
    size_t at;
    return intern_look(t, s, kf_hash64(s.p, s.n), &at);
}

struct kf_str kf_intern_text(const struct kf_intern *t, uint32_t id)
{
    return id && id <= t->texts.n ? t->texts.p[id - 1] : kf_str("", 0);
}

uint32_t kf_intern_count(const struct kf_intern *t)
{
    return (uint32_t)t->texts.n;
}

/* ---- shared by threads ---- */

/* Texts stand in pieces that never move: piece k holds FIRST_PIECE << k of them. */
#define FIRST_PIECE 1024u
#define PIECES      22

struct table {
    struct table *older; /* kept until the end: a reader may still be in it */
    size_t mask;
    _Atomic uint64_t slots[];
};

struct kf_symbols {
    _Atomic(struct table *) table;
    _Atomic(struct kf_str *) pieces[PIECES];
    atomic_uint count;
    uint32_t max;
    pthread_mutex_t lock; /* of insertion and of the arena */
    struct kf_arena arena;
};

static struct kf_str *text_at(const struct kf_symbols *t, uint32_t id)
{
    uint32_t i = id - 1 + FIRST_PIECE;
    unsigned k = 31u - (unsigned)__builtin_clz(i) - 10u;
    struct kf_str *piece = atomic_load_explicit(&t->pieces[k], memory_order_acquire);
    return piece + (i - (FIRST_PIECE << k));
}

static struct table *new_table(size_t slots, struct table *older)
{
    struct table *t = zeroed(1, sizeof *t + slots * sizeof t->slots[0]);
    t->mask = slots - 1;
    t->older = older;
    return t;
}

struct kf_symbols *kf_symbols_new(uint32_t max)
{
    struct kf_symbols *t = zeroed(1, sizeof *t);
    t->max = max && max < (1u << 31) ? max : 1u << 31;
    pthread_mutex_init(&t->lock, NULL);
    atomic_init(&t->table, new_table(1024, NULL));
    return t;
}

void kf_symbols_free(struct kf_symbols *t)
{
    if (!t)
        return;
    struct table *table = atomic_load(&t->table);
    while (table) {
        struct table *older = table->older;
        free(table);
        table = older;
    }
    for (int k = 0; k < PIECES; k++)
        free(atomic_load(&t->pieces[k]));
    kf_arena_free(&t->arena);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* The text of a number is written before its slot is published (release), so whoever sees the slot
 * sees the text. */
static uint32_t look(const struct kf_symbols *t, const struct table *table, struct kf_str s,
                     uint64_t h, size_t *ret_at)
{
    size_t i = (size_t)h & table->mask;
    for (;; i = (i + 1) & table->mask) {
        uint64_t slot = atomic_load_explicit(&table->slots[i], memory_order_acquire);
        if (!slot)
            break;
        if ((slot ^ h) >> 32 == 0 && kf_str_eq(*text_at(t, (uint32_t)slot), s))
            return (uint32_t)slot;
    }
    *ret_at = i;
    return 0;
}

static void put(struct table *table, uint64_t h, uint32_t id)
{
    size_t i = (size_t)h & table->mask;
    while (atomic_load_explicit(&table->slots[i], memory_order_relaxed))
        i = (i + 1) & table->mask;
    atomic_store_explicit(&table->slots[i], slot_of(h, id), memory_order_release);
}

static struct table *grow(struct kf_symbols *t, struct table *old, uint32_t count)
{
    struct table *table = new_table((old->mask + 1) * 2, old);
    for (uint32_t id = 1; id <= count; id++) {
        struct kf_str s = *text_at(t, id);
        put(table, kf_hash64(s.p, s.n), id);
    }
    atomic_store_explicit(&t->table, table, memory_order_release);
    return table;
}

static uint32_t insert(struct kf_symbols *t, struct kf_str s, uint64_t h)
{
    uint32_t count = atomic_load_explicit(&t->count, memory_order_relaxed);
    if (count >= t->max)
        return 0;
    struct table *table = atomic_load_explicit(&t->table, memory_order_relaxed);
    if ((size_t)count * 2 >= table->mask)
        table = grow(t, table, count);
    uint32_t id = count + 1, i = id - 1 + FIRST_PIECE;
    unsigned k = 31u - (unsigned)__builtin_clz(i) - 10u;
    if (!atomic_load_explicit(&t->pieces[k], memory_order_relaxed)) {
        struct kf_str *piece = zeroed((size_t)FIRST_PIECE << k, sizeof *piece);
        atomic_store_explicit(&t->pieces[k], piece, memory_order_release);
    }
    *text_at(t, id) = kf_str(kf_arena_strndup(&t->arena, s.p, s.n), s.n);
    put(table, h, id);
    atomic_store_explicit(&t->count, id, memory_order_release);
    return id;
}

uint32_t kf_symbols_find(const struct kf_symbols *t, struct kf_str s)
{
    size_t at;
    const struct table *table = atomic_load_explicit(&t->table, memory_order_acquire);
    return look(t, table, s, kf_hash64(s.p, s.n), &at);
}

uint32_t kf_symbols_add(struct kf_symbols *t, struct kf_str s)
{
    uint64_t h = kf_hash64(s.p, s.n);
    size_t at;
    uint32_t id = look(t, atomic_load_explicit(&t->table, memory_order_acquire), s, h, &at);
    if (id)
        return id;
    pthread_mutex_lock(&t->lock);
    id = look(t, atomic_load_explicit(&t->table, memory_order_relaxed), s, h, &at);
    if (!id)
        id = insert(t, s, h);
    pthread_mutex_unlock(&t->lock);
    return id;
}

struct kf_str kf_symbols_text(const struct kf_symbols *t, uint32_t id)
{
    return id && id <= kf_symbols_count(t) ? *text_at(t, id) : kf_str("", 0);
}

uint32_t kf_symbols_count(const struct kf_symbols *t)
{
    return atomic_load_explicit(&t->count, memory_order_acquire);
}
