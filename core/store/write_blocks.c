/* Events as blocks of the log. Those of a profile are packed by whoever has just decided it, while
 * they are in the cache; their rows follow in the sink's serialised calls. What nobody owns is
 * written by tasks. */
#include "store/write_internal.h"

#include "base/error.h"

#include <stdlib.h>

/* Columns of an event are far apart and profiles' events are anywhere in them: asking this many
 * events ahead hides the misses. */
#define AHEAD 12u

static int no_memory(struct kf_error *err)
{
    return kf_error_set(err, KF_E_NOMEM, KF_STORE_MODULE, "no memory to write the event log");
}

/* ---- which events stand in which block ---- */

static void add_span(struct kf_store_writer *w, const uint32_t *event, uint32_t n, uint32_t first,
                     uint32_t last)
{
    w->span[w->n_span++] = (struct kf_store_span){
        .event = event, .n = n, .first_profile = first, .last_profile = last};
}

/* Whole profiles up to the size of a block; a larger profile has blocks of its own. */
static void span_profiles(struct kf_store_writer *w)
{
    const struct kf_world *x = w->o.world;
    for (uint32_t p = 0, to; p < x->n_profiles; p = to) {
        uint32_t from = x->first[p];
        for (to = p + 1; to < x->n_profiles && x->first[to + 1] - from <= KF_BLOCK_EVENTS; to++)
            ;
        for (uint32_t at = from; at < x->first[to]; at += KF_BLOCK_EVENTS) {
            uint32_t n = x->first[to] - at;
            add_span(w, x->order + at, n < KF_BLOCK_EVENTS ? n : KF_BLOCK_EVENTS, p, to - 1);
        }
    }
    w->n_owned = w->n_span;
}

/* The log holds what nobody owns too, and what happened after as_of. */
int kf_store_span_events(struct kf_store_writer *w, struct kf_error *err)
{
    const struct kf_world *x = w->o.world;
    const struct kf_events *e = x->events;
    uint32_t owned = x->first[x->n_profiles], n = 0;
    uint32_t most = (owned + 1) / (KF_BLOCK_EVENTS / 2) + 2u + (e->n / KF_BLOCK_EVENTS + 1u);
    const uint32_t *profile = x->identity->event_profile;
    for (uint32_t i = 0; i < e->n; i++)
        w->n_events += !e->dropped[i];
    w->nobody = malloc((w->n_events - owned + 1) * sizeof *w->nobody);
    w->span = malloc(((size_t)most + 1) * sizeof *w->span);
    if (!w->nobody || !w->span)
        return no_memory(err);
    span_profiles(w);
    for (uint32_t i = 0; i < e->n && n < w->n_events - owned; i++)
        if (!e->dropped[i] && (profile[i] == KF_ID_NONE || e->time[i] > x->as_of))
            w->nobody[n++] = i;
    for (uint32_t at = 0; at < n; at += KF_BLOCK_EVENTS)
        add_span(w, w->nobody + at, n - at < KF_BLOCK_EVENTS ? n - at : KF_BLOCK_EVENTS, KF_ID_NONE,
                 KF_ID_NONE);
    return 0;
}

/* ---- rows ---- */

static void fetch_ahead(const struct kf_events *e, const struct kf_store_span *s)
{
    for (uint32_t i = 0; i < s->n + AHEAD; i++) {
        if (i < s->n) {
            uint32_t x = s->event[i];
            __builtin_prefetch(&e->what[x]);
            __builtin_prefetch(&e->at[x]);
            __builtin_prefetch(&e->time[x]);
        }
        if (i >= AHEAD) {
            uint32_t x = s->event[i - AHEAD];
            __builtin_prefetch(e->what[x].body);
            __builtin_prefetch(e->what[x].body + 64);
            __builtin_prefetch(&e->id_pool[e->at[x].id_off]);
        }
    }
}

static int put_block(struct kf_store_writer *w, struct kf_bulk_tree *t, uint32_t number,
                     const struct kf_block *b, struct kf_error *err)
{
    const struct kf_store_span *s = &w->span[number];
    kf_bulk_row_begin(t, (int64_t)number + 1);
    kf_bulk_null(t);
    kf_store_put_number(t, s->first_profile);
    kf_store_put_number(t, s->last_profile);
    kf_bulk_int(t, s->n);
    kf_store_put_ms(t, s->first);
    kf_store_put_ms(t, s->last);
    kf_bulk_int(t, (int64_t)b->raw);
    kf_bulk_blob(t, b->data, b->n);
    return kf_bulk_row_end(t, err);
}

static int pack(struct kf_store_writer *w, struct kf_packer *packer, struct kf_store_span *s,
                struct kf_block *ret, struct kf_error *err)
{
    const int64_t *time = w->o.world->events->time;
    fetch_ahead(w->o.world->events, s);
    s->first = KF_TIME_MAX;
    s->last = KF_TIME_MIN;
    for (uint32_t i = 0; i < s->n; i++) {
        s->first = time[s->event[i]] < s->first ? time[s->event[i]] : s->first;
        s->last = time[s->event[i]] > s->last ? time[s->event[i]] : s->last;
    }
    return kf_block_pack(packer, w->o.world->events, s->event, s->n, ret, err);
}

/* ---- what profiles own ---- */

/* First block whose last profile is not before p: one that reaches over the end of a chunk belongs
 * to the chunk it ends in. */
static uint32_t first_block(const struct kf_store_writer *w, uint32_t p)
{
    uint32_t low = 0, high = w->n_owned;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (w->span[mid].last_profile < p)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

int kf_store_write_prepare(void *writer, unsigned worker, uint32_t from, uint32_t to,
                           struct kf_error *err)
{
    struct kf_store_writer *w = writer;
    struct kf_store_packed *k = &w->packed[worker];
    struct kf_block b;
    if (!k->packer && !(k->packer = kf_packer_new(w->compression)))
        return no_memory(err);
    k->block.n = 0;
    kf_buf_clear(&k->data);
    for (uint32_t i = first_block(w, from); i < w->n_owned && w->span[i].last_profile < to; i++) {
        int rc = pack(w, k->packer, &w->span[i], &b, err);
        if (rc)
            return rc;
        *kf_vec_push(&k->block) = (struct kf_store_place){i, k->data.n, b.n, b.raw};
        kf_buf_add(&k->data, (const char *)b.data, b.n);
    }
    k->ready = true;
    return 0;
}

int kf_store_blocks_chunk(struct kf_store_writer *w, const struct kf_decided *c,
                          struct kf_error *err)
{
    struct kf_store_packed *k = &w->packed[c->worker];
    int rc = k->ready ? 0 : kf_store_write_prepare(w, c->worker, c->from, c->to, err);
    k->ready = false;
    for (size_t i = 0; i < k->block.n && rc == 0; i++) {
        const struct kf_store_place *at = &k->block.p[i];
        struct kf_block b = {(const uint8_t *)k->data.p + at->at, at->n, at->raw};
        rc = put_block(w, w->part[0], at->span, &b, err);
    }
    return rc;
}

/* ---- what nobody owns ---- */

int kf_store_blocks_write(struct kf_store_writer *w, struct kf_store_task *t, struct kf_error *err)
{
    uint32_t n = w->n_span - w->n_owned, parts = w->n_parts - 1;
    uint32_t from = w->n_owned + (uint32_t)((uint64_t)n * (t->part - 1) / parts);
    uint32_t to = w->n_owned + (uint32_t)((uint64_t)n * t->part / parts);
    struct kf_packer *packer = kf_packer_new(w->compression);
    struct kf_block b;
    int rc = packer ? 0 : no_memory(err);
    for (uint32_t i = from; i < to && rc == 0 && !kf_store_stopped(w); i++) {
        rc = pack(w, packer, &w->span[i], &b, err);
        if (rc == 0)
            rc = put_block(w, w->part[t->part], i, &b, err);
    }
    kf_packer_free(packer);
    return rc;
}

/* ---- begin, end ---- */

int kf_store_blocks_begin(struct kf_store_writer *w, struct kf_error *err)
{
    int rc = kf_bulk_index(w->bulk, "event_block_profile", &w->block_profile, err);
    w->n_parts = 1 + (w->o.threads > 1 ? w->o.threads * 8 : 1);
    w->part = calloc(w->n_parts, sizeof *w->part);
    if (rc == 0 && !w->part)
        rc = no_memory(err);
    for (uint32_t i = 0; i < w->n_parts && rc == 0; i++)
        rc = kf_bulk_table(w->bulk, "event_block", &w->part[i], err);
    return rc;
}

static int put_span(struct kf_store_writer *w, uint32_t i, struct kf_error *err)
{
    kf_bulk_row_begin(w->block_profile, (int64_t)i + 1);
    kf_store_put_number(w->block_profile, w->span[i].first_profile);
    return kf_bulk_row_end(w->block_profile, err);
}

int kf_store_blocks_end(struct kf_store_writer *w, struct kf_error *err)
{
    int rc = 0;
    for (uint32_t i = 1; i < w->n_parts && rc == 0; i++)
        rc = kf_bulk_join(w->part[0], w->part[i], err);
    for (uint32_t i = w->n_owned; i < w->n_span && rc == 0; i++)
        rc = put_span(w, i, err); /* null comes first */
    for (uint32_t i = 0; i < w->n_owned && rc == 0; i++)
        rc = put_span(w, i, err);
    return rc;
}

void kf_store_blocks_free(struct kf_store_writer *w)
{
    for (unsigned i = 0; i < KF_STORE_WORKERS; i++) {
        kf_packer_free(w->packed[i].packer);
        kf_vec_free(&w->packed[i].block);
        kf_buf_free(&w->packed[i].data);
    }
    free(w->nobody);
    free(w->span);
    free(w->part);
}
