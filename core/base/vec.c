#include "base/vec.h"

#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>

void *kf_vec_grow(void *p, size_t *cap, size_t need, size_t elem)
{
    size_t n = *cap < 8 ? 8 : *cap;
    while (n < need && n <= SIZE_MAX / 2)
        n *= 2;
    size_t bytes;
    if (n < need || __builtin_mul_overflow(n, elem, &bytes))
        kf_arena_exhausted(SIZE_MAX);
    void *q = realloc(p, bytes);
    if (!q)
        kf_arena_exhausted(bytes);
    *cap = n;
    return q;
}

void kf_vec_release(void *p)
{
    free(p);
}
