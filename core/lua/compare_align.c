/* Pairing the parts of two nodes: by fingerprint, then by likeness. */
#include "lua/compare_internal.h"

#include "base/hash.h"
#include "base/vec.h"

#include <stdlib.h>

#define MOST_PAIRS 250000u /* likeness of more is not worth its time: lists of values */

uint64_t kf_node_hash(const struct kf_node *n)
{
    struct kf_buf b = {0};
    kf_node_canonical(n, &b);
    uint64_t h = kf_hash64(b.p, b.n);
    kf_buf_free(&b);
    return h;
}

/* ---- likeness ---- */

struct label {
    uint64_t hash;
    uint32_t weight;
};
typedef kf_vec(struct label) labels;

/* What a node is by itself, without its kids. Names and constants say more than form. */
static void collect(const struct kf_node *n, labels *out)
{
    struct kf_node alone = *n;
    uint32_t weight = n->name.n || n->op == KF_K ? 2 : n->cls == KF_CLASS_TABLE ? 0 : 1;
    alone.kids = 0;
    if (weight)
        *kf_vec_push(out) = (struct label){kf_node_hash(&alone), weight};
    for (uint32_t i = 0; i < n->kids; i++)
        collect(n->kid[i], out);
}

static int by_hash(const void *a, const void *b)
{
    const struct label *x = a, *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

uint32_t kf_alike(const struct kf_node *a, const struct kf_node *b)
{
    labels x = {0}, y = {0};
    uint64_t all = 0, both = 0;
    if (a->op == KF_K && b->op == KF_K) /* constants are the same or they are not */
        return kf_node_hash(a) == kf_node_hash(b) ? 1000 : 0;
    collect(a, &x);
    collect(b, &y);
    if (x.n)
        qsort(x.p, x.n, sizeof *x.p, by_hash);
    if (y.n)
        qsort(y.p, y.n, sizeof *y.p, by_hash);
    for (size_t i = 0; i < x.n; i++)
        all += x.p[i].weight;
    for (size_t i = 0; i < y.n; i++)
        all += y.p[i].weight;
    for (size_t i = 0, k = 0; i < x.n && k < y.n;) {
        if (x.p[i].hash < y.p[k].hash)
            i++;
        else if (y.p[k].hash < x.p[i].hash)
            k++;
        else
            both += x.p[i++].weight, k++;
    }
    kf_vec_free(&x);
    kf_vec_free(&y);
    return all ? (uint32_t)(2000 * both / all) : 0;
}

/* ---- both ---- */

struct side {
    uint64_t hash;
    uint32_t at;
};

static uint32_t *no_pairs(struct kf_arena *arena, uint32_t n)
{
    uint32_t *p = kf_arena_alloc(arena, (n + 1u) * sizeof *p);
    for (uint32_t i = 0; i < n; i++)
        p[i] = KF_ALIGN_NONE;
    return p;
}

static struct side *sides(struct kf_arena *arena, const struct kf_node *const *node, uint32_t n)
{
    struct side *s = kf_arena_alloc(arena, (n + 1u) * sizeof *s);
    for (uint32_t i = 0; i < n; i++)
        s[i] = (struct side){kf_node_hash(node[i]), i};
    return s;
}

static void start(struct kf_align *x, struct kf_arena *arena)
{
    x->pair_a = no_pairs(arena, x->na);
    x->pair_b = no_pairs(arena, x->nb);
    x->twin_a = kf_arena_zalloc(arena, x->na + 1u);
    x->twin_b = kf_arena_zalloc(arena, x->nb + 1u);
}

static void pair(struct kf_align *x, uint32_t i, uint32_t k)
{
    x->pair_a[i] = k;
    x->pair_b[k] = i;
}

static int by_side(const void *a, const void *b)
{
    const struct side *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* ---- sets ---- */

static void mark_twins(const struct side *s, uint32_t n, uint8_t *twin)
{
    for (uint32_t i = 1; i < n; i++)
        twin[s[i].at] = s[i].hash == s[i - 1].hash;
}

static void pair_equal(struct kf_align *x, struct kf_arena *arena, bool once)
{
    struct side *a = sides(arena, x->a, x->na), *b = sides(arena, x->b, x->nb);
    qsort(a, x->na, sizeof *a, by_side);
    qsort(b, x->nb, sizeof *b, by_side);
    if (once) {
        mark_twins(a, x->na, x->twin_a);
        mark_twins(b, x->nb, x->twin_b);
    }
    for (uint32_t i = 0, k = 0; i < x->na && k < x->nb;) {
        if (a[i].hash < b[k].hash || x->twin_a[a[i].at])
            i++;
        else if (b[k].hash < a[i].hash || x->twin_b[b[k].at])
            k++;
        else
            pair(x, a[i++].at, b[k++].at);
    }
}

struct candidate {
    uint32_t alike, i, k;
    uint64_t hash_a, hash_b;
};

/* The most alike first; ties by content, not by place. */
static int by_likeness(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->alike != y->alike)
        return x->alike > y->alike ? -1 : 1;
    if (x->hash_a != y->hash_a)
        return x->hash_a < y->hash_a ? -1 : 1;
    return (x->hash_b > y->hash_b) - (x->hash_b < y->hash_b);
}

static uint32_t left_over(const uint32_t *pair_of, const uint8_t *twin, uint32_t n, uint32_t *last)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < n; i++)
        if (pair_of[i] == KF_ALIGN_NONE && !twin[i]) {
            *last = i;
            left++;
        }
    return left;
}

static void pair_alike(struct kf_align *x, struct kf_arena *arena, uint32_t least)
{
    uint32_t i, k, a = left_over(x->pair_a, x->twin_a, x->na, &i),
                   b = left_over(x->pair_b, x->twin_b, x->nb, &k);
    if (!a || !b || (uint64_t)a * b > MOST_PAIRS)
        return;
    struct candidate *c = kf_arena_alloc(arena, (size_t)a * b * sizeof *c);
    uint32_t n = 0;
    for (i = 0; i < x->na; i++)
        for (k = 0; k < x->nb; k++) {
            if (x->pair_a[i] != KF_ALIGN_NONE || x->pair_b[k] != KF_ALIGN_NONE || x->twin_a[i] ||
                x->twin_b[k] || x->a[i]->cls != x->b[k]->cls)
                continue;
            uint32_t alike = kf_alike(x->a[i], x->b[k]);
            if (alike >= least)
                c[n++] =
                    (struct candidate){alike, i, k, kf_node_hash(x->a[i]), kf_node_hash(x->b[k])};
        }
    qsort(c, n, sizeof *c, by_likeness);
    for (uint32_t m = 0; m < n; m++)
        if (x->pair_a[c[m].i] == KF_ALIGN_NONE && x->pair_b[c[m].k] == KF_ALIGN_NONE)
            pair(x, c[m].i, c[m].k);
}

void kf_align_set(struct kf_align *x, struct kf_arena *arena, uint32_t least, bool once)
{
    uint32_t i = 0, k = 0;
    start(x, arena);
    pair_equal(x, arena, once);
    pair_alike(x, arena, least);
    if (left_over(x->pair_a, x->twin_a, x->na, &i) == 1 &&
        left_over(x->pair_b, x->twin_b, x->nb, &k) == 1)
        pair(x, i, k);
}

bool kf_align_same_parts(const struct kf_align *x, struct kf_arena *arena)
{
    struct side *a = sides(arena, x->a, x->na), *b = sides(arena, x->b, x->nb);
    if (x->na != x->nb)
        return false;
    qsort(a, x->na, sizeof *a, by_side);
    qsort(b, x->nb, sizeof *b, by_side);
    for (uint32_t i = 0; i < x->na; i++)
        if (a[i].hash != b[i].hash)
            return false;
    return true;
}

/* ---- lists ---- */

/* Longest common subsequence of equal parts; long lists only at their ends. */
static void pair_common(struct kf_align *x, struct kf_arena *arena, const struct side *a,
                        const struct side *b, uint32_t from, uint32_t end_a, uint32_t end_b)
{
    uint32_t na = end_a - from, nb = end_b - from, w = nb + 1;
    if ((uint64_t)na * nb > MOST_PAIRS)
        return;
    uint32_t *len = kf_arena_zalloc(arena, (size_t)(na + 1) * w * sizeof *len);
    for (uint32_t i = na; i-- > 0;)
        for (uint32_t k = nb; k-- > 0;) {
            uint32_t skip_a = len[(i + 1) * w + k], skip_b = len[i * w + k + 1];
            len[i * w + k] = a[from + i].hash == b[from + k].hash ? len[(i + 1) * w + k + 1] + 1
                             : skip_a > skip_b                    ? skip_a
                                                                  : skip_b;
        }
    for (uint32_t i = 0, k = 0; i < na && k < nb;) {
        if (a[from + i].hash == b[from + k].hash)
            pair(x, from + i++, from + k++);
        else if (len[(i + 1) * w + k] >= len[i * w + k + 1])
            i++;
        else
            k++;
    }
}

static void pair_equal_in_order(struct kf_align *x, struct kf_arena *arena)
{
    struct side *a = sides(arena, x->a, x->na), *b = sides(arena, x->b, x->nb);
    uint32_t from = 0, end_a = x->na, end_b = x->nb;
    while (from < end_a && from < end_b && a[from].hash == b[from].hash) {
        pair(x, from, from);
        from++;
    }
    while (end_a > from && end_b > from && a[end_a - 1].hash == b[end_b - 1].hash)
        pair(x, --end_a, --end_b);
    pair_common(x, arena, a, b, from, end_a, end_b);
}

/* What lies between two pairs is paired in order: where both sides have as much, one by one. */
static void pair_gap(struct kf_align *x, uint32_t i, uint32_t end_i, uint32_t k, uint32_t end_k,
                     uint32_t least)
{
    bool even = end_i - i == end_k - k;
    while (i < end_i && k < end_k) {
        if (even || kf_alike(x->a[i], x->b[k]) >= least)
            pair(x, i++, k++);
        else if (end_i - i > end_k - k)
            i++;
        else if (end_i - i < end_k - k)
            k++;
        else
            i++, k++;
    }
}

void kf_align_list(struct kf_align *x, struct kf_arena *arena, uint32_t least)
{
    uint32_t i = 0, k = 0;
    start(x, arena);
    pair_equal_in_order(x, arena);
    while (i < x->na || k < x->nb) {
        uint32_t end_i = i, end_k;
        while (end_i < x->na && x->pair_a[end_i] == KF_ALIGN_NONE)
            end_i++;
        end_k = end_i < x->na ? x->pair_a[end_i] : x->nb;
        pair_gap(x, i, end_i, k, end_k, least);
        i = end_i + 1;
        k = end_k + 1;
    }
}
