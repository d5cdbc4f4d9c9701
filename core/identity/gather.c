/* Hands the slow components out: their identifiers and events side by side, and the workers that
 * resolve them. */
#include "identity/resolve_internal.h"

#include "base/error.h"
#include "base/pool.h"

#include <stdlib.h>

#define EVENT_GRAIN 32768
#define BIG_WORK    4096 /* events from which on a component is a task of its own */
#define SMALL_GRAIN 64

static int no_memory(const struct kf_id_run *r, struct kf_error *err)
{
    return kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %u components to resolve",
                        r->n_slow);
}

static uint32_t slow_of(const struct kf_id_run *r, uint32_t id)
{
    uint32_t l = r->label[id];
    return l & KF_ID_SLOW ? l & ~KF_ID_SLOW : KF_ID_NONE;
}

/* Calls for each event once per slow component that it touches; fill is NULL while counting. */
static void each_event(struct kf_id_run *r, size_t from, size_t to, uint32_t *fill)
{
    const struct kf_id_input *in = r->in;
    for (size_t e = from; e < to; e++) {
        if (in->event_time[e] > in->as_of)
            continue;
        for (uint64_t i = in->event_off[e]; i < in->event_off[e + 1]; i++) {
            if (i + KF_ID_AHEAD < in->event_off[to])
                __builtin_prefetch(&r->label[in->event_ids[i + KF_ID_AHEAD]]);
            uint32_t s = slow_of(r, in->event_ids[i]);
            bool again = s == KF_ID_NONE;
            for (uint64_t k = in->event_off[e]; !again && k < i; k++)
                again = slow_of(r, in->event_ids[k]) == s;
            if (again)
                continue;
            uint64_t at = __atomic_fetch_add(&r->slow_ev_off[s + 1], 1, __ATOMIC_RELAXED);
            if (fill)
                fill[at] = (uint32_t)e;
        }
    }
}

static int count_events(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    (void)worker, (void)err;
    each_event(ctx, from, to, NULL);
    return 0;
}

static int fill_events(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    struct kf_id_run *r = ctx;
    (void)worker, (void)err;
    each_event(r, from, to, r->slow_ev);
    return 0;
}

/* off[s + 1] holds counts; makes it the start of s, so that filling moves it to the start of s + 1.
 */
static uint64_t starts(uint64_t *off, uint32_t n)
{
    uint64_t sum = 0;
    for (uint32_t s = 0; s < n; s++) {
        uint64_t c = off[s + 1];
        off[s + 1] = sum;
        sum += c;
    }
    return sum;
}

static int move_cmp(const void *pa, const void *pb)
{
    const struct kf_id_move *a = pa, *b = pb;
    return a->slow < b->slow ? -1 : a->slow > b->slow;
}
static int apart_cmp(const void *pa, const void *pb)
{
    const struct kf_id_apart *a = pa, *b = pb;
    return a->slow < b->slow ? -1 : a->slow > b->slow;
}
static int given_cmp(const void *pa, const void *pb)
{
    const struct kf_id_pair *a = pa, *b = pb;
    return a->slow < b->slow ? -1 : a->slow > b->slow;
}

/* What decisions say of a component is found by its number. Separations across components can never
 * matter. */
static void sort_decisions(struct kf_id_run *r)
{
    for (size_t i = 0; i < r->move.n; i++)
        r->move.p[i].slow = slow_of(r, r->move.p[i].x);
    for (size_t i = 0; i < r->given.n; i++)
        r->given.p[i].slow = slow_of(r, r->given.p[i].a);
    size_t n = 0;
    for (size_t i = 0; i < r->apart.n; i++) {
        struct kf_id_apart *a = &r->apart.p[i];
        a->slow = slow_of(r, a->a);
        if (a->slow != KF_ID_NONE && a->slow == slow_of(r, a->b))
            r->apart.p[n++] = *a;
    }
    r->apart.n = n;
    if (r->move.n)
        qsort(r->move.p, r->move.n, sizeof *r->move.p, move_cmp);
    if (n)
        qsort(r->apart.p, n, sizeof *r->apart.p, apart_cmp);
    if (r->given.n)
        qsort(r->given.p, r->given.n, sizeof *r->given.p, given_cmp);
}

struct weight {
    uint64_t n;
    uint32_t s;
};

static int weight_cmp(const void *pa, const void *pb)
{
    const struct weight *a = pa, *b = pb;
    if (a->n != b->n)
        return a->n > b->n ? -1 : 1;
    return a->s < b->s ? -1 : a->s > b->s;
}

static int order_by_size(struct kf_id_run *r, struct kf_error *err)
{
    struct weight *w = malloc((r->n_slow + 1u) * sizeof *w);
    r->slow_order = malloc((r->n_slow + 1u) * sizeof *r->slow_order);
    r->slow_worker = calloc(r->n_slow + 1u, sizeof *r->slow_worker);
    if (!w || !r->slow_order || !r->slow_worker) {
        free(w);
        return no_memory(r, err);
    }
    /* only the big ones need an order: they are few */
    uint32_t n = 0, at = 0;
    for (uint32_t s = 0; s < r->n_slow; s++)
        if (r->slow_ev_off[s + 1] - r->slow_ev_off[s] >= BIG_WORK)
            w[n++] = (struct weight){r->slow_ev_off[s + 1] - r->slow_ev_off[s], s};
    qsort(w, n, sizeof *w, weight_cmp);
    for (; at < n; at++)
        r->slow_order[at] = w[at].s;
    for (uint32_t s = 0; s < r->n_slow; s++)
        if (r->slow_ev_off[s + 1] - r->slow_ev_off[s] < BIG_WORK)
            r->slow_order[at++] = s;
    free(w);
    return 0;
}

int kf_id_gather(struct kf_id_run *r, const uint8_t *slow, struct kf_error *err)
{
    const struct kf_id_input *in = r->in;
    for (uint32_t k = 0; k < r->n_comp; k++)
        r->n_slow += slow[k];
    if (r->n_slow == 0)
        return 0;
    uint32_t *number = malloc((size_t)r->n_comp * sizeof *number);
    r->slow_id_off = calloc(r->n_slow + 2u, sizeof *r->slow_id_off);
    r->slow_ev_off = calloc(r->n_slow + 2u, sizeof *r->slow_ev_off);
    r->local = malloc((size_t)in->n_ids * sizeof *r->local);
    r->isolated = calloc(in->n_ids, 1);
    if (!number || !r->slow_id_off || !r->slow_ev_off || !r->local || !r->isolated) {
        free(number);
        return no_memory(r, err);
    }
    for (uint32_t k = 0, n = 0; k < r->n_comp; k++)
        number[k] = slow[k] ? n++ : KF_ID_NONE;
    for (uint32_t x = 0; x < in->n_ids; x++) {
        uint32_t s = number[r->label[x]];
        if (s == KF_ID_NONE)
            continue;
        r->label[x] = KF_ID_SLOW | s;
        r->slow_id_off[s + 1] += !r->same || r->same[x] == x;
    }
    free(number);
    uint64_t n_id = starts(r->slow_id_off, r->n_slow);
    r->slow_id = malloc((n_id + 1) * sizeof *r->slow_id);
    if (!r->slow_id)
        return no_memory(r, err);
    for (uint32_t x = 0; x < in->n_ids; x++) {
        uint32_t s = slow_of(r, x);
        if (s == KF_ID_NONE || (r->same && r->same[x] != x))
            continue;
        r->slow_id[r->slow_id_off[s + 1]++] = x;
    }
    for (uint32_t s = 0; s < r->n_slow; s++)
        for (uint64_t i = r->slow_id_off[s]; i < r->slow_id_off[s + 1]; i++)
            r->local[r->slow_id[i]] = (uint32_t)(i - r->slow_id_off[s]);
    int rc = kf_pool_run(r->threads, in->n_events, EVENT_GRAIN, count_events, r, err);
    if (rc)
        return rc;
    uint64_t n_ev = starts(r->slow_ev_off, r->n_slow);
    r->slow_ev = malloc((n_ev + 1) * sizeof *r->slow_ev);
    if (!r->slow_ev)
        return no_memory(r, err);
    rc = kf_pool_run(r->threads, in->n_events, EVENT_GRAIN, fill_events, r, err);
    if (rc)
        return rc;
    sort_decisions(r);
    return order_by_size(r, err);
}

struct share { /* part of slow_order that one pool run works on */
    struct kf_id_run *run;
    uint32_t from;
};

static int resolve_some(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    const struct share *s = ctx;
    struct kf_id_run *r = s->run;
    for (size_t i = from; i < to; i++) {
        struct kf_id_work *w = &r->work[worker];
        kf_id_component(w, r->slow_order[s->from + i], worker);
        if (w->span.n >= KF_ID_SLOW - 1 || w->cluster.n >= KF_ID_SLOW - 1)
            return kf_error_set(err, KF_E_LIMIT, "identity", "more than 2^31 spans are needed");
    }
    return 0;
}

/* After all are done: numbers of clusters and span rows run over the workers. */
static int renumber(struct kf_id_run *r, struct kf_error *err)
{
    uint64_t spans = 0, clusters = r->n_comp;
    r->worker_base = calloc(r->threads, sizeof *r->worker_base);
    r->worker_span = calloc(r->threads, sizeof *r->worker_span);
    if (!r->worker_base || !r->worker_span)
        return no_memory(r, err);
    for (unsigned t = 0; t < r->threads; t++) {
        r->worker_base[t] = (uint32_t)clusters;
        r->worker_span[t] = (uint32_t)spans;
        clusters += r->work[t].cluster.n;
        spans += r->work[t].span.n;
    }
    if (clusters >= KF_ID_SLOW || spans >= KF_ID_SLOW)
        return kf_error_set(err, KF_E_LIMIT, "identity", "more than 2^31 spans are needed");
    r->n_cluster = (uint32_t)clusters;
    r->n_span = (uint32_t)spans;
    r->span = malloc((spans + 1) * sizeof *r->span);
    if (!r->span)
        return no_memory(r, err);
    for (unsigned t = 0; t < r->threads; t++) {
        struct kf_id_work *w = &r->work[t];
        for (size_t i = 0; i < w->span.n; i++) {
            r->span[r->worker_span[t] + i] = w->span.p[i];
            r->span[r->worker_span[t] + i].profile += r->worker_base[t];
        }
        kf_vec_free(&w->span);
    }
    for (uint32_t s = 0; s < r->n_slow; s++) {
        unsigned t = r->slow_worker[s];
        for (uint64_t i = r->slow_id_off[s]; i < r->slow_id_off[s + 1]; i++) {
            uint32_t l = r->local[r->slow_id[i]];
            r->label[r->slow_id[i]] = l & KF_ID_CUT
                                          ? KF_ID_CUT | ((l & ~KF_ID_CUT) + r->worker_span[t])
                                          : l + r->worker_base[t];
        }
    }
    for (uint32_t x = 0; r->same && x < r->in->n_ids; x++)
        r->label[x] = r->label[r->same[x]];
    return 0;
}

int kf_id_run_slow(struct kf_id_run *r, struct kf_error *err)
{
    r->work = calloc(r->threads, sizeof *r->work);
    if (!r->work)
        return no_memory(r, err);
    for (unsigned t = 0; t < r->threads; t++)
        r->work[t].run = r;
    uint32_t big = 0;
    while (big < r->n_slow &&
           r->slow_ev_off[r->slow_order[big] + 1] - r->slow_ev_off[r->slow_order[big]] >= BIG_WORK)
        big++;
    struct share s = {r, 0};
    int rc = kf_pool_run(r->threads, big, 1, resolve_some, &s, err);
    s.from = big;
    if (!rc)
        rc = kf_pool_run(r->threads, r->n_slow - big, SMALL_GRAIN, resolve_some, &s, err);
    return rc ? rc : renumber(r, err);
}
