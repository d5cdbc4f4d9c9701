/* Section 6: events and identifiers to profiles, profile ids, and the columns of the result. */
#include "identity/resolve_internal.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/pool.h"
#include "base/time.h"

#include <stdlib.h>

#define EVENT_GRAIN 32768
#define ID_GRAIN    65536
#define AHEAD_EVENT 24

struct profile {
    uint64_t id;
    uint32_t cluster;
};

struct owning {
    struct kf_id_run *run;
    struct profile *profile;
    uint32_t n_profile;
    uint32_t *number; /* [n_cluster] profile of each cluster */
};

/* The row of a cut identifier that contains t; its first row is given. */
static uint32_t row_at(const struct kf_id_run *r, uint32_t first, uint32_t id, int64_t t)
{
    const struct kf_id_span *s = r->span;
    uint32_t lo = first, step = 1;
    while (step < r->n_span - lo && s[lo + step].id == id && s[lo + step].from <= t) {
        lo += step;
        step *= 2;
    }
    uint32_t hi = r->n_span - lo < step ? r->n_span : lo + step;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (s[mid].id == id && s[mid].from <= t)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

/* Cluster that holds a canonical identifier at t, and whether that span is isolated. */
static uint32_t cluster_at(const struct kf_id_run *r, uint32_t id, int64_t t, uint8_t *ret_isolated)
{
    uint32_t l = r->label[id];
    if (l & KF_ID_CUT) {
        const struct kf_id_span *s = &r->span[row_at(r, l & ~KF_ID_CUT, id, t)];
        *ret_isolated = s->isolated;
        return s->profile;
    }
    *ret_isolated = r->isolated ? r->isolated[id] : 0;
    return l;
}

/* The strongest identifier of an event that comes after `after` (KF_ID_NONE: the strongest of all).
 */
static uint32_t strongest(const struct kf_id_run *r, const uint32_t *ids, uint32_t n,
                          uint32_t after)
{
    uint32_t best = KF_ID_NONE;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t x = kf_id_canon(r, ids[i]);
        if (after != KF_ID_NONE && kf_id_cmp(r, x, after) <= 0)
            continue;
        if (best == KF_ID_NONE || kf_id_cmp(r, x, best) < 0)
            best = x;
    }
    return best;
}

static uint32_t owner_of(const struct kf_id_run *r, const uint32_t *ids, uint32_t n, int64_t t)
{
    uint32_t x = strongest(r, ids, n, KF_ID_NONE);
    uint8_t isolated;
    uint32_t first = cluster_at(r, x, t, &isolated);
    while (isolated && (x = strongest(r, ids, n, x)) != KF_ID_NONE) {
        uint32_t c = cluster_at(r, x, t, &isolated);
        if (!isolated)
            return c;
    }
    return first;
}

static void earlier(int64_t *p, int64_t t)
{
    int64_t was = __atomic_load_n(p, __ATOMIC_RELAXED);
    while (t < was &&
           !__atomic_compare_exchange_n(p, &was, t, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

/* Labels of the identifiers to come, and behind them what is kept per cluster. */
static void fetch(const struct kf_id_run *r, const uint32_t *id, const uint32_t *end)
{
    if (id + KF_ID_AHEAD < end)
        __builtin_prefetch(&r->label[id[KF_ID_AHEAD]]);
    if (id + KF_ID_AHEAD / 2 < end)
        __builtin_prefetch(&r->first[r->label[id[KF_ID_AHEAD / 2]] & ~KF_ID_CUT]);
}

static void own_event(struct kf_id_run *r, size_t e, const uint32_t *ids, uint32_t n)
{
    int64_t t = r->in->event_time[e];
    uint32_t c = r->label[ids[0]], last;
    for (uint32_t i = 1; i < n && c != KF_ID_CUT; i++)
        c = r->label[ids[i]] == c ? c : KF_ID_CUT;
    if (c & KF_ID_CUT) /* not all in one uncut cluster: who is strongest matters */
        c = owner_of(r, ids, n, t);
    last = c;
    r->ret->event_profile[e] = c;
    if (!__atomic_load_n(&r->first[c].owns, __ATOMIC_RELAXED))
        __atomic_store_n(&r->first[c].owns, 1, __ATOMIC_RELAXED);
    if (c < r->n_comp)
        earlier(&r->first[c].t, t);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t l = r->label[ids[i]];
        if (l == c)
            continue;
        r->ev_flag[e] |= KF_ID_EV_MIXED;
        if (l < r->n_comp && l != last)
            earlier(&r->first[l].t, t);
        last = l;
    }
}

static int own_events(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    struct kf_id_run *r = ((struct owning *)ctx)->run;
    const struct kf_id_input *in = r->in;
    const uint32_t *end = in->event_ids + in->event_off[to];
    (void)worker, (void)err;
    for (size_t e = from; e < to; e++) {
        const uint32_t *ids = in->event_ids + in->event_off[e];
        uint32_t n = (uint32_t)(in->event_off[e + 1] - in->event_off[e]);
        for (uint32_t i = 0; i < n; i++)
            fetch(r, ids + i, end);
        r->ret->event_profile[e] = KF_ID_NONE;
        if (n && in->event_time[e] <= in->as_of && !(r->ev_flag[e] & KF_ID_EV_CONTRADICTS))
            own_event(r, e, ids, n);
    }
    return 0;
}

/* Of the identifiers seen at the first instant of a fast component the strongest is its earliest.
 */
static void take_first(struct kf_id_run *r, uint32_t c, uint32_t id)
{
    uint32_t was = __atomic_load_n(&r->first[c].id, __ATOMIC_RELAXED);
    while ((was == KF_ID_NONE || kf_id_cmp(r, id, was) < 0) &&
           !__atomic_compare_exchange_n(&r->first[c].id, &was, id, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
        ;
}

static int find_first(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    struct kf_id_run *r = ((struct owning *)ctx)->run;
    const struct kf_id_input *in = r->in;
    (void)worker, (void)err;
    const uint32_t *owner = r->ret->event_profile;
    for (size_t e = from; e < to; e++) {
        uint32_t last = KF_ID_NONE;
        bool is_first = false;
        if (e + AHEAD_EVENT < to && owner[e + AHEAD_EVENT] != KF_ID_NONE)
            __builtin_prefetch(&r->first[owner[e + AHEAD_EVENT]]);
        if (owner[e] == KF_ID_NONE)
            continue;
        if (!(r->ev_flag[e] & KF_ID_EV_MIXED) && r->first[owner[e]].t != in->event_time[e])
            continue; /* all its identifiers are in one cluster, which was seen before */
        for (uint64_t i = in->event_off[e]; i < in->event_off[e + 1]; i++) {
            uint32_t l = r->label[in->event_ids[i]];
            if (l != last)
                is_first = l < r->n_comp && r->first[l].t == in->event_time[e];
            last = l;
            if (is_first)
                take_first(r, l, kf_id_canon(r, in->event_ids[i]));
        }
    }
    return 0;
}

static struct kf_id_earliest earliest_of(const struct kf_id_run *r, uint32_t cluster)
{
    if (cluster < r->n_comp)
        return (struct kf_id_earliest){r->first[cluster].t, r->first[cluster].id, KF_TIME_MIN};
    unsigned t = r->threads - 1;
    while (cluster < r->worker_base[t])
        t--;
    return r->work[t].cluster.p[cluster - r->worker_base[t]];
}

static int hash_profiles(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    struct owning *o = ctx;
    const struct kf_id_input *in = o->run->in;
    (void)worker, (void)err;
    for (size_t i = from; i < to; i++) {
        struct kf_id_earliest x = earliest_of(o->run, o->profile[i].cluster);
        uint64_t h = in->id_hash(in->ctx, x.id);
        o->profile[i].id = x.from == KF_TIME_MIN ? h : kf_mix64(h + kf_mix64((uint64_t)x.from));
    }
    return 0;
}

/* LSD radix sort by id, 11 bits a pass; passes in which all agree are skipped. */
static bool sort_profiles(struct profile **list, uint32_t n)
{
    struct profile *a = *list, *b = malloc((n + 1u) * sizeof *b);
    uint32_t *count = malloc(2048 * sizeof *count);
    for (unsigned shift = 0; b && count && shift < 64; shift += 11) {
        memset(count, 0, 2048 * sizeof *count);
        for (uint32_t i = 0; i < n; i++)
            count[a[i].id >> shift & 2047]++;
        if (n == 0 || count[a[0].id >> shift & 2047] == n)
            continue;
        uint32_t sum = 0;
        for (uint32_t k = 0; k < 2048; k++) {
            uint32_t c = count[k];
            count[k] = sum;
            sum += c;
        }
        for (uint32_t i = 0; i < n; i++)
            b[count[a[i].id >> shift & 2047]++] = a[i];
        struct profile *swap = a;
        a = b;
        b = swap;
    }
    bool ok = b && count;
    *list = a;
    free(b);
    free(count);
    return ok;
}

/* Equal ids (two hashes that collide) are ordered by content, so that numbers never depend on
 * arrival. */
static void order_equal(const struct kf_id_run *r, struct profile *p, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        struct profile x = p[i];
        struct kf_id_earliest ex;
        uint32_t k = i;
        if (p[i - 1].id != x.id)
            continue;
        ex = earliest_of(r, x.cluster);
        for (; k > 0 && p[k - 1].id == x.id; k--) {
            struct kf_id_earliest ey = earliest_of(r, p[k - 1].cluster);
            int c = kf_id_cmp(r, ex.id, ey.id);
            if (c > 0 || (c == 0 && ex.from > ey.from))
                break;
            p[k] = p[k - 1];
        }
        p[k] = x;
    }
}

static int number_profiles(struct owning *o, struct kf_error *err)
{
    struct kf_id_run *r = o->run;
    struct kf_id_result *ret = r->ret;
    uint32_t n = 0;
    for (uint32_t c = 0; c < r->n_cluster; c++)
        n += r->first[c].owns;
    o->profile = malloc((n + 1u) * sizeof *o->profile);
    o->number = malloc((r->n_cluster + 1u) * sizeof *o->number);
    ret->profile_id = malloc((n + 1u) * sizeof *ret->profile_id);
    ret->profile_earliest = malloc((n + 1u) * sizeof *ret->profile_earliest);
    ret->profile_earliest_from = malloc((n + 1u) * sizeof *ret->profile_earliest_from);
    if (!o->profile || !o->number || !ret->profile_id || !ret->profile_earliest ||
        !ret->profile_earliest_from)
        return kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %u profiles", n);
    for (uint32_t c = 0; c < r->n_cluster; c++) {
        o->number[c] = KF_ID_NONE;
        if (r->first[c].owns)
            o->profile[o->n_profile++].cluster = c;
    }
    int rc = kf_pool_run(r->threads, n, ID_GRAIN, hash_profiles, o, err);
    if (rc)
        return rc;
    if (!sort_profiles(&o->profile, n))
        return kf_error_set(err, KF_E_NOMEM, "identity", "no memory to sort %u profiles", n);
    order_equal(r, o->profile, n);
    for (uint32_t i = 0; i < n; i++) {
        struct kf_id_earliest x = earliest_of(r, o->profile[i].cluster);
        o->number[o->profile[i].cluster] = i;
        ret->profile_id[i] = o->profile[i].id;
        ret->profile_earliest[i] = x.id;
        ret->profile_earliest_from[i] = x.from;
    }
    ret->n_profiles = n;
    return 0;
}

static int name_events(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    const struct owning *o = ctx;
    uint32_t *p = o->run->ret->event_profile;
    (void)worker, (void)err;
    for (size_t e = from; e < to; e++) {
        if (e + AHEAD_EVENT < to && p[e + AHEAD_EVENT] != KF_ID_NONE)
            __builtin_prefetch(&o->number[p[e + AHEAD_EVENT]]);
        if (p[e] != KF_ID_NONE)
            p[e] = o->number[p[e]];
    }
    return 0;
}

static int name_ids(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    const struct owning *o = ctx;
    const struct kf_id_run *r = o->run;
    (void)worker, (void)err;
    for (size_t i = from; i < to; i++) {
        uint8_t isolated;
        uint32_t c = cluster_at(r, kf_id_canon(r, (uint32_t)i), r->in->as_of, &isolated);
        r->ret->id_isolated[i] = isolated;
        r->ret->id_profile[i] = isolated ? KF_ID_NONE : o->number[c];
    }
    return 0;
}

/* Span rows by (identifier, from), their clusters as profiles. */
static int finish_spans(struct owning *o, struct kf_error *err)
{
    struct kf_id_run *r = o->run;
    struct kf_id_result *ret = r->ret;
    ret->span = malloc((r->n_span + 1u) * sizeof *ret->span);
    if (!ret->span)
        return kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %u spans", r->n_span);
    for (uint32_t x = 0; x < r->in->n_ids && r->n_span; x++) {
        if (!(r->label[x] & KF_ID_CUT) || kf_id_canon(r, x) != x)
            continue;
        for (uint32_t i = r->label[x] & ~KF_ID_CUT; i < r->n_span && r->span[i].id == x; i++) {
            ret->span[ret->n_span] = r->span[i];
            ret->span[ret->n_span++].profile = o->number[r->span[i].profile];
        }
    }
    return 0;
}

static int shared_cmp(const void *pa, const void *pb, void *ctx)
{
    const struct kf_id_run *r = ctx;
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    uint32_t na = r->in->id_ns[a], nb = r->in->id_ns[b];
    if (na != nb)
        return na < nb ? -1 : 1;
    return kf_id_cmp(r, a, b);
}

/* Identifiers raised as shared, with all their spellings, each once. */
static int finish_shared(struct kf_id_run *r, struct kf_error *err)
{
    uint8_t *is = NULL;
    uint32_t n = 0;
    for (unsigned t = 0; r->work && t < r->threads; t++) {
        for (size_t i = 0; i < r->work[t].shared.n; i++) {
            if (!is && !(is = calloc(r->in->n_ids, 1)))
                return kf_error_set(err, KF_E_NOMEM, "identity", "no memory for shared ones");
            is[r->work[t].shared.p[i]] = 1;
        }
    }
    for (uint32_t x = 0; is && x < r->in->n_ids; x++)
        n += is[kf_id_canon(r, x)];
    r->ret->shared = malloc((n + 1u) * sizeof *r->ret->shared);
    if (!r->ret->shared) {
        free(is);
        return kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %u shared ones", n);
    }
    for (uint32_t x = 0; is && x < r->in->n_ids; x++)
        if (is[kf_id_canon(r, x)])
            r->ret->shared[r->ret->n_shared++] = x;
    free(is);
    if (n)
        qsort_r(r->ret->shared, n, sizeof *r->ret->shared, shared_cmp, r);
    return 0;
}

static int finish_contradictory(struct kf_id_run *r, struct kf_error *err)
{
    for (uint32_t e = 0; e < r->in->n_events; e++) {
        if (!(r->ev_flag[e] & KF_ID_EV_CONTRADICTS))
            continue;
        if (!r->ret->event_contradictory)
            r->ret->event_contradictory = calloc(r->in->n_events, 1);
        if (!r->ret->event_contradictory)
            return kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %u events",
                                r->in->n_events);
        r->ret->event_contradictory[e] = 1;
    }
    return 0;
}

static int prepare(struct kf_id_run *r, struct kf_error *err)
{
    const struct kf_id_input *in = r->in;
    if (!r->n_slow)
        r->n_cluster = r->n_comp;
    r->first = malloc((r->n_cluster + 1u) * sizeof *r->first);
    r->ret->event_profile = malloc((in->n_events + 1u) * sizeof *r->ret->event_profile);
    r->ret->id_profile = malloc((in->n_ids + 1u) * sizeof *r->ret->id_profile);
    r->ret->id_isolated = malloc(in->n_ids + 1u);
    if (!r->first || !r->ret->event_profile || !r->ret->id_profile || !r->ret->id_isolated)
        return kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %u profiles", r->n_comp);
    for (uint32_t c = 0; c < r->n_cluster; c++)
        r->first[c] = (struct kf_id_first){KF_TIME_MAX, KF_ID_NONE, 0};
    return 0;
}

int kf_id_own(struct kf_id_run *r, struct kf_error *err)
{
    struct owning o = {.run = r};
    uint32_t n_events = r->in->n_events;
    int rc = prepare(r, err);
    if (!rc)
        rc = kf_pool_run(r->threads, n_events, EVENT_GRAIN, own_events, &o, err);
    if (!rc)
        rc = kf_pool_run(r->threads, n_events, EVENT_GRAIN, find_first, &o, err);
    if (!rc)
        rc = number_profiles(&o, err);
    if (!rc)
        rc = kf_pool_run(r->threads, n_events, EVENT_GRAIN, name_events, &o, err);
    if (!rc)
        rc = kf_pool_run(r->threads, r->in->n_ids, ID_GRAIN, name_ids, &o, err);
    if (!rc)
        rc = finish_spans(&o, err);
    if (!rc)
        rc = finish_shared(r, err);
    if (!rc)
        rc = finish_contradictory(r, err);
    if (!rc)
        rc = kf_id_finish_links(r, err);
    if (!rc && r->same) {
        r->ret->id_same = r->same;
        r->same = NULL;
    }
    free(o.profile);
    free(o.number);
    return rc;
}
