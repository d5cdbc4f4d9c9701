#include "store/sort.h"

/* Below this, comparing texts beats loading keys and counting digits. */
#define FEW   24u
#define RADIX 512u

static inline struct kf_str text(const struct kf_sort_entry *e)
{
    return kf_str(e->p, e->n);
}

static uint64_t key_at(struct kf_str s, size_t depth)
{
    uint64_t k = 0;
    if (s.n >= depth + 8) {
        memcpy(&k, s.p + depth, 8);
        return __builtin_bswap64(k);
    }
    for (size_t i = depth; i < depth + 8; i++)
        k = k << 8 | (i < s.n ? (uint8_t)s.p[i] : 0);
    return k;
}

/* A text may hold zero bytes, so equal keys say nothing about where texts end: the comparison does.
 */
static int compare(const struct kf_sort_entry *a, const struct kf_sort_entry *b)
{
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    int r = kf_str_cmp(text(a), text(b));
    return r ? r : (a->id > b->id) - (a->id < b->id);
}

static void insertion(struct kf_sort_entry *e, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct kf_sort_entry x = e[i];
        size_t k = i;
        for (; k && compare(&e[k - 1], &x) > 0; k--)
            e[k] = e[k - 1];
        e[k] = x;
    }
}

/* Least significant digit first, eight bits a pass; a digit that all share costs only the count. */
static void radix(struct kf_sort_entry *e, struct kf_sort_entry *spare, size_t n)
{
    static const unsigned digits = 8;
    size_t count[8][256] = {{0}};
    for (size_t i = 0; i < n; i++)
        for (unsigned d = 0; d < digits; d++)
            count[d][e[i].key >> (8 * d) & 255]++;
    struct kf_sort_entry *from = e, *to = spare;
    for (unsigned d = 0; d < digits; d++) {
        size_t at = 0;
        if (count[d][from[0].key >> (8 * d) & 255] == n)
            continue;
        for (unsigned v = 0; v < 256; v++) {
            size_t c = count[d][v];
            count[d][v] = at;
            at += c;
        }
        for (size_t i = 0; i < n; i++)
            to[count[d][from[i].key >> (8 * d) & 255]++] = from[i];
        struct kf_sort_entry *swap = from;
        from = to;
        to = swap;
    }
    if (from != e)
        memcpy(e, from, n * sizeof *e);
}

static void merge(struct kf_sort_entry *e, struct kf_sort_entry *spare, size_t n)
{
    if (n <= FEW) {
        for (size_t i = 1; i < n; i++) {
            struct kf_sort_entry x = e[i];
            size_t k = i;
            for (; k && e[k - 1].key > x.key; k--)
                e[k] = e[k - 1];
            e[k] = x;
        }
        return;
    }
    size_t half = n / 2, i = 0, k = half, at = 0;
    merge(e, spare, half);
    merge(e + half, spare + half, n - half);
    while (i < half && k < n)
        spare[at++] = e[k].key < e[i].key ? e[k++] : e[i++];
    while (i < half)
        spare[at++] = e[i++];
    memcpy(e, spare, at * sizeof *e);
}

static size_t shared_prefix(const struct kf_sort_entry *e, size_t n, size_t depth)
{
    struct kf_str first = text(&e[0]);
    size_t same = first.n;
    for (size_t i = 1; i < n && same > depth; i++) {
        struct kf_str s = text(&e[i]);
        size_t m = same < s.n ? same : s.n, k = depth;
        while (k < m && s.p[k] == first.p[k])
            k++;
        same = k;
    }
    return same < depth ? depth : same;
}

/* All texts are equal in their first `depth` bytes (or end there). */
static void sort_from(struct kf_sort_entry *e, struct kf_sort_entry *spare, size_t n, size_t depth)
{
    for (size_t i = 0; i < n; i++)
        e[i].key = key_at(text(&e[i]), depth);
    if (n <= FEW) {
        insertion(e, n);
        return;
    }
    if (n >= RADIX)
        radix(e, spare, n);
    else
        merge(e, spare, n);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && e[to].key == e[from].key; to++)
            ;
        if (to - from == 1)
            continue;
        if (to - from <= FEW) {
            insertion(e + from, to - from);
            continue;
        }
        /* Texts that are equal to their end have only their numbers left to order them. */
        size_t next = shared_prefix(e + from, to - from, depth);
        bool equal = true;
        for (size_t i = from; i < to && equal; i++)
            equal = e[i].n <= next;
        if (equal) {
            for (size_t i = from; i < to; i++)
                e[i].key = (uint64_t)e[i].n << 32 | e[i].id;
            merge(e + from, spare + from, to - from);
        } else {
            sort_from(e + from, spare + from, to - from, next > depth ? next : depth + 8);
        }
    }
}

void kf_sort_texts(struct kf_sort_entry *e, struct kf_sort_entry *spare, size_t n)
{
    if (n)
        sort_from(e, spare, n, shared_prefix(e, n, 0));
}
