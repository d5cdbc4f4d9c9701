/* The events of one component as observations, sightings, sign-out cuts and statements of consent.
 */
#include "identity/resolve_internal.h"

#include "base/time.h"

#include <stdlib.h>

struct event_ids { /* what of an event belongs to the component */
    const uint32_t *ids;
    uint32_t n, slow;
};

static bool is_ours(const struct kf_id_work *w, uint32_t slow, uint32_t id)
{
    return w->run->label[id] == (KF_ID_SLOW | slow);
}

static bool seen_before(const struct kf_id_run *r, const uint32_t *ids, uint32_t i)
{
    uint32_t x = kf_id_canon(r, ids[i]);
    for (uint32_t k = 0; r->same && k < i; k++)
        if (r->same[ids[k]] == x)
            return true;
    return false;
}

static void add_obs(struct kf_id_work *w, uint32_t a, uint32_t b, uint32_t e, uint16_t rule)
{
    const struct kf_id_run *r = w->run;
    *kf_vec_push(&w->obs) = (struct kf_id_obs){
        .t = r->in->event_time[e],
        .a = r->local[a],
        .b = r->local[b],
        .event = e,
        .rule = rule,
        .strength = (uint8_t)r->in->rules->link[rule].strength,
        .ok = true,
        .unlinked = r->n_unlinked && kf_id_is_unlinked(r, a, b),
    };
}

static void observe_alias(struct kf_id_work *w, const struct event_ids *ev, uint32_t e,
                          uint16_t rule)
{
    const struct kf_id_run *r = w->run;
    uint64_t connect = r->in->rules->link[rule].connect;
    for (uint32_t i = 1; i < ev->n; i++) {
        uint32_t x = kf_id_canon(r, ev->ids[i]), ns = r->in->id_ns[x];
        if (!(connect >> ns & 1) || !is_ours(w, ev->slow, x) || seen_before(r, ev->ids, i))
            continue;
        for (uint32_t k = 0; k < i; k++) {
            uint32_t y = kf_id_canon(r, ev->ids[k]);
            if (r->in->id_ns[y] != ns || y == x || seen_before(r, ev->ids, k))
                continue;
            if (kf_id_cmp(r, x, y) < 0)
                add_obs(w, x, y, e, rule);
            else
                add_obs(w, y, x, e, rule);
        }
    }
}

static void observe_rule(struct kf_id_work *w, const struct event_ids *ev, uint32_t e,
                         uint16_t rule)
{
    const struct kf_id_run *r = w->run;
    uint64_t connect = r->in->rules->link[rule].connect;
    uint32_t best = KF_ID_NONE;
    for (uint32_t i = 0; i < ev->n; i++) {
        uint32_t x = kf_id_canon(r, ev->ids[i]);
        if ((connect >> r->in->id_ns[x] & 1) && (best == KF_ID_NONE || kf_id_cmp(r, x, best) < 0))
            best = x;
    }
    if (best == KF_ID_NONE || !is_ours(w, ev->slow, best))
        return;
    for (uint32_t i = 0; i < ev->n; i++) {
        uint32_t x = kf_id_canon(r, ev->ids[i]);
        if (x != best && (connect >> r->in->id_ns[x] & 1) && !seen_before(r, ev->ids, i))
            add_obs(w, best, x, e, rule);
    }
}

static void load_statements(struct kf_id_work *w, const struct event_ids *ev, uint32_t e, bool bad)
{
    const struct kf_id_run *r = w->run;
    const struct kf_id_input *in = r->in;
    uint32_t best = KF_ID_NONE;
    for (uint32_t i = 0; i < ev->n; i++) {
        uint32_t rank = r->rank[in->id_ns[ev->ids[i]]];
        best = rank < best ? rank : best;
    }
    for (int16_t p = 0; p < (int16_t)in->rules->n_purpose; p++) {
        int says = kf_id_event_says(r, e, p);
        if (says == 0 || (says > 0 && bad))
            continue;
        for (uint32_t i = 0; i < ev->n; i++) {
            uint32_t x = kf_id_canon(r, ev->ids[i]);
            if (!is_ours(w, ev->slow, x) || seen_before(r, ev->ids, i) ||
                (says > 0 && r->rank[in->id_ns[x]] != best))
                continue;
            *kf_vec_push(&w->said) =
                (struct kf_id_said){in->event_time[e], r->local[x], e, p, says < 0, 0};
        }
    }
}

static void load_signout(struct kf_id_work *w, const struct event_ids *ev, uint32_t e)
{
    const struct kf_id_run *r = w->run;
    const struct kf_id_input *in = r->in;
    size_t lo = 0, hi = in->n_signout;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (in->signout[mid].event < e)
            lo = mid + 1;
        else
            hi = mid;
    }
    uint64_t set = 0;
    for (; lo < in->n_signout && in->signout[lo].event == e; lo++)
        set |= in->signout[lo].ns;
    for (uint32_t i = 0; i < ev->n; i++) {
        uint32_t x = kf_id_canon(r, ev->ids[i]), ns = in->id_ns[x];
        if ((set >> ns & 1) && is_ours(w, ev->slow, x) &&
            in->rules->ns[ns].when_shared == KF_ID_RESET_ON_LOGOUT)
            kf_id_cut(w, r->local[x], in->event_time[e] + 1); /* "just after" */
    }
}

static void load_event(struct kf_id_work *w, uint32_t slow, uint32_t e)
{
    const struct kf_id_run *r = w->run;
    const struct kf_id_input *in = r->in;
    struct event_ids ev = {in->event_ids + in->event_off[e],
                           (uint32_t)(in->event_off[e + 1] - in->event_off[e]), slow};
    bool bad = r->ev_flag[e] & KF_ID_EV_CONTRADICTS;
    if (r->ev_flag[e] & KF_ID_EV_SIGNOUT)
        load_signout(w, &ev, e);
    if (r->ev_flag[e] & KF_ID_EV_STATES)
        load_statements(w, &ev, e, bad);
    if (bad)
        return;
    for (uint32_t i = 0; i < ev.n; i++) {
        uint32_t x = kf_id_canon(r, ev.ids[i]);
        if (is_ours(w, slow, x))
            *kf_vec_push(&w->seen) = (struct kf_id_seen){in->event_time[e], r->local[x]};
    }
    uint64_t rules = in->event_links ? in->event_links[e] & r->rule_all : r->rule_all;
    for (uint16_t k = 0; rules; k++, rules >>= 1) {
        if (!(rules & 1))
            continue;
        if (in->event_alias && in->event_alias[e])
            observe_alias(w, &ev, e, k);
        else
            observe_rule(w, &ev, e, k);
    }
}

static int apart_order(const void *pa, const void *pb, void *ctx)
{
    const struct kf_id_run *r = ctx;
    const struct kf_id_apart *a = pa, *b = pb;
    if (a->reason != b->reason)
        return a->reason < b->reason ? -1 : 1;
    int c = kf_id_cmp(r, a->a, b->a);
    c = c ? c : kf_id_cmp(r, a->b, b->b);
    return c ? c : strcmp(a->rule, b->rule);
}

/* Separations inside the component, in the order in which a refusal names them, and who is in
 * which. */
static void load_apart(struct kf_id_work *w, uint32_t slow)
{
    const struct kf_id_run *r = w->run;
    size_t lo = 0, hi = r->apart.n;
    w->sep.n = 0;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (r->apart.p[mid].slow < slow)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < r->apart.n && r->apart.p[lo].slow == slow; lo++) {
        struct kf_id_apart a = r->apart.p[lo];
        if (kf_id_cmp(r, a.b, a.a) < 0)
            a = (struct kf_id_apart){a.b, a.a, a.event, a.slow, a.rule, a.reason};
        *kf_vec_push(&w->sep) = a;
    }
    if (w->sep.n)
        qsort_r(w->sep.p, w->sep.n, sizeof *w->sep.p, apart_order, (void *)(uintptr_t)r);
    w->sep_off.n = w->sep_at.n = 0;
    if (!w->sep.n)
        return;
    kf_vec_reserve(&w->sep_off, w->m + 2u);
    kf_vec_reserve(&w->sep_at, 2 * w->sep.n);
    memset(w->sep_off.p, 0, (w->m + 2u) * sizeof *w->sep_off.p);
    for (size_t i = 0; i < w->sep.n; i++) {
        struct kf_id_apart *a = &w->sep.p[i];
        a->a = r->local[a->a];
        a->b = r->local[a->b];
        w->sep_off.p[a->a + 2]++;
        w->sep_off.p[a->b + 2]++;
    }
    for (uint32_t x = 0; x < w->m; x++)
        w->sep_off.p[x + 2] += w->sep_off.p[x + 1];
    for (size_t i = 0; i < w->sep.n; i++) {
        w->sep_at.p[w->sep_off.p[w->sep.p[i].a + 1]++] = (uint32_t)i;
        w->sep_at.p[w->sep_off.p[w->sep.p[i].b + 1]++] = (uint32_t)i;
    }
}

static void load_moves(struct kf_id_work *w, uint32_t slow)
{
    const struct kf_id_run *r = w->run;
    size_t lo = 0, hi = r->move.n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (r->move.p[mid].slow < slow)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < r->move.n && r->move.p[lo].slow == slow; lo++) {
        const struct kf_id_move *m = &r->move.p[lo];
        kf_id_cut(w, r->local[m->x], m->t);
        bool bad = m->event != KF_ID_NONE && (r->ev_flag[m->event] & KF_ID_EV_CONTRADICTS);
        if (m->to == KF_ID_NONE || bad)
            continue;
        *kf_vec_push(&w->obs) = (struct kf_id_obs){
            .t = m->t,
            .a = r->local[m->to],
            .b = r->local[m->x],
            .event = m->event,
            .rule = m->rule,
            .strength = KF_ID_DECLARED,
            .ok = true,
            .unlinked = r->n_unlinked && kf_id_is_unlinked(r, m->to, m->x),
        };
    }
}

#define FAR  16
#define NEAR 8

/* Brings the columns of an event to come into the cache, and the identifiers of a nearer one. */
static void fetch_event(const struct kf_id_run *r, uint32_t far, uint32_t near)
{
    __builtin_prefetch(&r->in->event_off[far]);
    __builtin_prefetch(&r->in->event_time[far]);
    __builtin_prefetch(&r->ev_flag[far]);
    __builtin_prefetch(&r->in->event_ids[r->in->event_off[near]]);
}

void kf_id_load(struct kf_id_work *w, uint32_t slow)
{
    const struct kf_id_run *r = w->run;
    w->gid = r->slow_id + r->slow_id_off[slow];
    w->m = (uint32_t)(r->slow_id_off[slow + 1] - r->slow_id_off[slow]);
    w->obs.n = w->seen.n = w->cut.n = w->said.n = 0;
    load_apart(w, slow);
    uint64_t end = r->slow_ev_off[r->n_slow];
    for (uint64_t i = r->slow_ev_off[slow]; i < r->slow_ev_off[slow + 1]; i++) {
        if (i + FAR < end) /* the events lie anywhere; small components mostly follow each other */
            fetch_event(r, r->slow_ev[i + FAR], r->slow_ev[i + NEAR]);
        load_event(w, slow, r->slow_ev[i]);
    }
    load_moves(w, slow);
}
