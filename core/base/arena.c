#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Blocks stand in a chain; those before `head` are full, those after it are kept from before the
 * last reset. */
struct kf_arena_block {
    struct kf_arena_block *prev, *next;
    size_t size;
    size_t unused; /* keeps data at a multiple of 16 */
    char data[];
};

#define FIRST_BLOCK ((size_t)64 << 10)
#define LAST_BLOCK  ((size_t)8 << 20)

void kf_arena_exhausted(size_t size)
{
    fprintf(stderr, "level=error module=arena msg=\"out of memory: %zu bytes more were needed\"\n",
            size);
    exit(70);
}

void kf_arena_init(struct kf_arena *a, size_t block_size)
{
    memset(a, 0, sizeof *a);
    a->block_size = block_size;
}

void kf_arena_free(struct kf_arena *a)
{
    struct kf_arena_block *b = a->head;
    while (b && b->next)
        b = b->next;
    while (b) {
        struct kf_arena_block *prev = b->prev;
        free(b);
        b = prev;
    }
    kf_arena_init(a, a->block_size);
}

static struct kf_arena_block *new_block(size_t size)
{
    struct kf_arena_block *b = NULL;
    if (size <= SIZE_MAX - sizeof *b)
        b = malloc(sizeof *b + size);
    if (!b)
        kf_arena_exhausted(size);
    b->prev = b->next = NULL;
    b->size = size;
    return b;
}

static void insert_after(struct kf_arena_block *at, struct kf_arena_block *b)
{
    b->prev = at;
    b->next = at->next;
    if (b->next)
        b->next->prev = b;
    at->next = b;
}

static char *align_up(char *p, size_t align)
{
    return p + (-(uintptr_t)p & (align - 1));
}

#ifdef KF_ARENA_DEBUG

void kf_arena_reset(struct kf_arena *a)
{
    kf_arena_free(a);
}

void *kf_arena_slow(struct kf_arena *a, size_t size, size_t align)
{
    size_t need = size + (align > 16 ? align : 0);
    if (need < size)
        kf_arena_exhausted(size);
    struct kf_arena_block *b = new_block(need);
    if (a->head)
        insert_after(a->head, b);
    a->head = b;
    a->used += size;
    return align_up(b->data, align);
}

#else

void kf_arena_reset(struct kf_arena *a)
{
    a->used = 0;
    if (!a->head)
        return;
    while (a->head->prev)
        a->head = a->head->prev;
    a->at = a->head->data;
    a->end = a->at + a->head->size;
}

/* A piece that would waste much of a block gets one of its own, put before `head`, which stays in
 * use. */
static void *big_piece(struct kf_arena *a, size_t need, size_t align)
{
    struct kf_arena_block *b = new_block(need);
    b->next = a->head;
    b->prev = a->head->prev;
    if (b->prev)
        b->prev->next = b;
    a->head->prev = b;
    a->used += need;
    return align_up(b->data, align);
}

static void next_block(struct kf_arena *a, size_t need)
{
    if (a->head && a->head->next && a->head->next->size >= need) {
        a->head = a->head->next;
    } else {
        size_t size = a->block_size;
        if (!size)
            size = !a->head                          ? FIRST_BLOCK
                   : a->head->size >= LAST_BLOCK / 2 ? LAST_BLOCK
                                                     : a->head->size * 2;
        if (!a->block_size && size < FIRST_BLOCK)
            size = FIRST_BLOCK;
        struct kf_arena_block *b = new_block(size < need ? need : size);
        if (a->head)
            insert_after(a->head, b);
        a->head = b;
    }
    a->at = a->head->data;
    a->end = a->at + a->head->size;
}

void *kf_arena_slow(struct kf_arena *a, size_t size, size_t align)
{
    size_t need = size ? size : 1;
    if (align < 8)
        align = 8;
    if (need > SIZE_MAX - align - 8)
        kf_arena_exhausted(size);
    need = (need + 7u) & ~(size_t)7u;
    size_t worst = need + (align > 16 ? align : 0);
    char *p = a->at ? align_up(a->at, align) : NULL;
    if (!p || p > a->end || (size_t)(a->end - p) < need) {
        if (a->head && worst > (a->block_size ? a->block_size : LAST_BLOCK) / 4)
            return big_piece(a, worst, align);
        next_block(a, worst);
        p = align_up(a->at, align);
    }
    a->used += need;
    a->at = p + need;
    return p;
}

#endif

void *kf_arena_zalloc(struct kf_arena *a, size_t size)
{
    return memset(kf_arena_alloc(a, size), 0, size);
}

char *kf_arena_strndup(struct kf_arena *a, const char *s, size_t len)
{
    if (len == SIZE_MAX)
        kf_arena_exhausted(len);
    char *p = kf_arena_alloc(a, len + 1);
    if (len)
        memcpy(p, s, len);
    p[len] = '\0';
    return p;
}

char *kf_arena_strdup(struct kf_arena *a, const char *s)
{
    return kf_arena_strndup(a, s, strlen(s));
}

char *kf_arena_printf(struct kf_arena *a, const char *fmt, ...)
{
    char small[256];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    if (n < 0)
        return kf_arena_strndup(a, "", 0);
    if ((size_t)n < sizeof small)
        return kf_arena_strndup(a, small, (size_t)n);
    char *p = kf_arena_alloc(a, (size_t)n + 1);
    va_start(ap, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return p;
}
