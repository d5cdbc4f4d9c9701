#include "event/dedupe.h"

#include "base/pool.h"
#include "base/vec.h"
#include "event/canonical.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stdatomic.h>
#include <stdlib.h>

/* Events are sorted into parts by their hash as they come, so that a part's table fits the second
 * cache whatever the number of events: 256 parts of 20,000 at 5 M events. */
#define PARTS 256u

struct key {
    uint32_t tag, event; /* tag: lower half of the hash */
};

/* What one kf_dedupe_add brought: keys sorted by part. */
struct batch {
    struct key *key;
    uint32_t from[PARTS + 1];
};

struct kf_dedupe {
    kf_vec(struct batch) batch;
};

uint64_t kf_event_id_hash(uint16_t source, struct kf_str id)
{
    uint64_t h = XXH3_64bits(id.p, id.n) ^ (source * 0x9E3779B97F4A7C15ULL);
    return h ^ h >> 32;
}

struct kf_dedupe *kf_dedupe_new(void)
{
    struct kf_dedupe *d = calloc(1, sizeof *d);
    if (!d)
        kf_arena_exhausted(sizeof *d);
    return d;
}

void kf_dedupe_free(struct kf_dedupe *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->batch.n; i++)
        free(d->batch.p[i].key);
    kf_vec_free(&d->batch);
    free(d);
}

static inline uint32_t part_of(uint64_t hash)
{
    return (uint32_t)(hash >> 56);
}

void kf_dedupe_add(struct kf_dedupe *d, const uint64_t *hash, uint32_t n, uint32_t first)
{
    struct batch b = {.key = malloc((n + 1u) * sizeof(struct key))};
    uint32_t at[PARTS + 1] = {0};
    if (!b.key)
        kf_arena_exhausted(n * sizeof(struct key));
    for (uint32_t i = 0; i < n; i++)
        at[part_of(hash[i]) + 1]++;
    for (uint32_t p = 0; p < PARTS; p++)
        at[p + 1] += at[p];
    memcpy(b.from, at, sizeof at);
    for (uint32_t i = 0; i < n; i++)
        b.key[at[part_of(hash[i])]++] = (struct key){(uint32_t)hash[i], first + i};
    *kf_vec_push(&d->batch) = b;
}

/* ---- one part ---- */

struct work {
    const struct kf_dedupe *d;
    struct kf_events *e;
    _Atomic uint64_t *duplicates;
};

static int compare_content(const struct kf_events *e, uint32_t a, uint32_t b)
{
    struct kf_buf x = {0}, y = {0};
    kf_canonical_event(e, a, &x);
    kf_canonical_event(e, b, &y);
    int r = kf_str_cmp(kf_str(x.p, x.n), kf_str(y.p, y.n));
    kf_buf_free(&x);
    kf_buf_free(&y);
    return r;
}

/* Which of two copies stays. */
static bool is_better(const struct kf_events *e, uint32_t a, uint32_t b)
{
    if (e->at[a].received != e->at[b].received)
        return e->at[a].received < e->at[b].received;
    int r = compare_content(e, a, b);
    if (r == 0 && e->at[a].file != e->at[b].file)
        r = kf_str_cmp(kf_symbols_text(e->dict->file, e->at[a].file),
                       kf_symbols_text(e->dict->file, e->at[b].file));
    return r ? r < 0 : e->at[a].record < e->at[b].record;
}

static void drop(const struct work *w, uint32_t event)
{
    w->e->dropped[event] = 1;
    atomic_fetch_add(&w->duplicates[w->e->at[event].source], 1);
}

/* Slots hold the key of the copy that is best so far; tag and event + 1, event 0: empty. */
static void see(const struct work *w, struct key *slot, uint32_t mask, struct key k)
{
    struct kf_events *e = w->e;
    if (e->dropped[k.event])
        return;
    for (uint32_t i = k.tag & mask;; i = (i + 1) & mask) {
        if (!slot[i].event) {
            slot[i] = (struct key){k.tag, k.event + 1};
            return;
        }
        uint32_t other = slot[i].event - 1;
        if (slot[i].tag != k.tag || e->at[other].source != e->at[k.event].source ||
            !kf_str_eq(kf_event_id(e, other), kf_event_id(e, k.event)))
            continue;
        if (is_better(e, k.event, other)) {
            drop(w, other);
            slot[i].event = k.event + 1;
        } else {
            drop(w, k.event);
        }
        return;
    }
}

static int run_parts(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    const struct work *w = ctx;
    (void)worker;
    for (size_t p = from; p < to; p++) {
        size_t n = 0, slots = 64;
        for (size_t i = 0; i < w->d->batch.n; i++)
            n += w->d->batch.p[i].from[p + 1] - w->d->batch.p[i].from[p];
        if (n < 2)
            continue;
        while (slots < n * 2)
            slots *= 2;
        struct key *slot = calloc(slots, sizeof *slot);
        if (!slot)
            return kf_error_set(err, KF_E_NOMEM, "event",
                                "no memory to look for duplicates among %zu events", n);
        for (size_t i = 0; i < w->d->batch.n; i++) {
            const struct batch *b = &w->d->batch.p[i];
            for (uint32_t k = b->from[p]; k < b->from[p + 1]; k++)
                see(w, slot, (uint32_t)(slots - 1), b->key[k]);
        }
        free(slot);
    }
    return 0;
}

int kf_dedupe_run(struct kf_dedupe *d, struct kf_events *e, unsigned threads, uint64_t *duplicates,
                  struct kf_error *err)
{
    _Atomic uint64_t *count = calloc(UINT16_MAX + 1u, sizeof *count);
    if (!count)
        return kf_error_set(err, KF_E_NOMEM, "event", "no memory to look for duplicates");
    struct work w = {d, e, count};
    int rc = kf_pool_run(threads, PARTS, 1, run_parts, &w, err);
    for (uint32_t i = 0; rc == 0 && i < kf_symbols_count(e->dict->source); i++)
        duplicates[i] = atomic_load(&count[i]);
    free(count);
    return rc;
}
