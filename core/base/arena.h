/* Memory that lives and dies together.
 *
 * An arena hands out pieces that are never freed one by one; kf_arena_reset keeps the blocks,
 * kf_arena_free returns them. Not thread-safe: one arena, one thread. Out of memory ends the
 * process with a message (exit 70): a customer-data run that cannot allocate a small block cannot
 * finish a report about it either; large allocations by input size go through kf_vec or malloc and
 * report KF_E_NOMEM. With KF_ARENA_DEBUG defined every piece is a malloc of its own so that
 * sanitizers see overruns. */
#ifndef KF_BASE_ARENA_H
#define KF_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct kf_arena {
    struct kf_arena_block *head;
    char *at, *end;
    size_t used;       /* bytes handed out since the last reset */
    size_t block_size; /* 0: 64 KiB, doubling up to 8 MiB */
};

/* Says on stderr how much was asked for and ends the process with exit 70. */
_Noreturn void kf_arena_exhausted(size_t size);

void kf_arena_init(struct kf_arena *a, size_t block_size);
void kf_arena_reset(struct kf_arena *a);
void kf_arena_free(struct kf_arena *a); /* accepts a zeroed arena */

/* The path of kf_arena_alloc that needs a new block; align: a power of two. */
void *kf_arena_slow(struct kf_arena *a, size_t size, size_t align);

/* `size` bytes, aligned to 8, not cleared. size 0 gives a unique non-NULL pointer. */
static inline void *kf_arena_alloc(struct kf_arena *a, size_t size)
{
#ifndef KF_ARENA_DEBUG
    size_t need = (size + 7u) & ~(size_t)7u;
    if ((size_t)(a->end - a->at) >= need && need) {
        void *p = a->at;
        a->at += need;
        a->used += need;
        return p;
    }
#endif
    return kf_arena_slow(a, size, 8);
}
void *kf_arena_zalloc(struct kf_arena *a, size_t size);
/* Copy of `len` bytes plus a NUL. */
char *kf_arena_strndup(struct kf_arena *a, const char *s, size_t len);
char *kf_arena_strdup(struct kf_arena *a, const char *s);
char *kf_arena_printf(struct kf_arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
