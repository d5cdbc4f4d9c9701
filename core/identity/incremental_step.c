/* One step: the touched parts as columns of their own, resolved, compared with what was, stored. */
#include "identity/incremental_internal.h"

#include "base/error.h"
#include "base/time.h"

#include <stdlib.h>

/* ---- which */

static int number_cmp(const void *pa, const void *pb)
{
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    return a < b ? -1 : a > b;
}

static void add_root(struct kf_incremental *inc, uint32_t id)
{
    uint32_t root = kf_inc_find(inc, id);
    if (inc->part.p[root].at != KF_ID_NONE)
        return;
    inc->part.p[root].at = (uint32_t)inc->root.n;
    *kf_vec_push(&inc->root) = root;
}

static void gather_part(struct kf_incremental *inc, uint32_t root)
{
    struct kf_inc_part *p = &inc->part.p[root];
    for (uint32_t x = root; x != KF_ID_NONE; x = inc->id_next.p[x])
        *kf_vec_push(&inc->sub_id) = x;
    for (uint32_t e = p->ev_head; e != KF_ID_NONE; e = inc->event.p[e].next)
        if (!inc->event.p[e].gone)
            *kf_vec_push(&inc->sub_event) = e;
    for (uint32_t d = p->dec_head; d != KF_ID_NONE; d = inc->decision.p[d].next)
        if (!inc->decision.p[d].gone)
            *kf_vec_push(&inc->sub_decision) = d;
    for (struct kf_inc_block *b = p->block; b; b = b->next)
        *kf_vec_push(&inc->old) = b;
    p->block = NULL;
}

/* After something went away the touched parts are made anew from what is left in them. */
static void part_again(struct kf_incremental *inc)
{
    for (size_t i = 0; i < inc->sub_id.n; i++)
        kf_inc_part_init(inc, inc->sub_id.p[i]);
    for (size_t i = 0; i < inc->sub_event.n; i++)
        kf_inc_attach_event(inc, inc->sub_event.p[i]);
    for (size_t i = 0; i < inc->sub_decision.n; i++)
        kf_inc_attach_decision(inc, inc->sub_decision.p[i]);
    inc->root.n = 0;
    for (size_t i = 0; i < inc->sub_id.n; i++)
        add_root(inc, inc->sub_id.p[i]);
}

/* Identifiers ascend, as their spans do in a result, and so do decisions, whose order is the log's.
 */
static void gather(struct kf_incremental *inc)
{
    inc->root.n = inc->sub_id.n = inc->sub_event.n = inc->sub_decision.n = inc->old.n = 0;
    for (size_t i = 0; i < inc->touched.n; i++)
        add_root(inc, inc->touched.p[i]);
    for (size_t i = 0; i < inc->root.n; i++)
        gather_part(inc, inc->root.p[i]);
    if (inc->sub_id.n)
        qsort(inc->sub_id.p, inc->sub_id.n, sizeof *inc->sub_id.p, number_cmp);
    if (inc->sub_decision.n)
        qsort(inc->sub_decision.p, inc->sub_decision.n, sizeof *inc->sub_decision.p, number_cmp);
    if (inc->split)
        part_again(inc);
    for (size_t i = 0; i < inc->sub_id.n; i++)
        inc->local.p[inc->sub_id.p[i]] = (uint32_t)i;
}

/* ---- as columns */

static uint32_t local(const struct kf_incremental *inc, uint32_t id)
{
    return id == KF_ID_NONE ? KF_ID_NONE : inc->local.p[id];
}

static void load_extra(struct kf_incremental *inc, const struct kf_inc_extra *x, uint32_t at)
{
    for (uint32_t i = x->said; i < x->said + x->n_said; i++) {
        *kf_vec_push(&inc->sub_said) = inc->said.p[i];
        inc->sub_said.p[inc->sub_said.n - 1].event = at;
    }
    for (uint32_t i = x->move; i < x->move + x->n_move; i++) {
        struct kf_id_transfer t = inc->move.p[i];
        *kf_vec_push(&inc->sub_move) =
            (struct kf_id_transfer){local(inc, t.x), local(inc, t.to), t.t, at, t.rule};
    }
    for (uint32_t i = x->apart; i < x->apart + x->n_apart; i++) {
        struct kf_id_separation s = inc->apart.p[i];
        *kf_vec_push(&inc->sub_apart) =
            (struct kf_id_separation){local(inc, s.a), local(inc, s.b), at, s.rule};
    }
}

static void load_event(struct kf_incremental *inc, uint32_t e)
{
    const struct kf_inc_event *ev = &inc->event.p[e];
    uint32_t at = (uint32_t)inc->sub_time.n;
    *kf_vec_push(&inc->sub_time) = ev->time;
    *kf_vec_push(&inc->sub_links) = ev->links;
    *kf_vec_push(&inc->sub_alias) = ev->alias;
    for (uint32_t i = 0; i < ev->n_ids; i++)
        *kf_vec_push(&inc->sub_ids) = inc->local.p[inc->ids.p[ev->ids + i]];
    *kf_vec_push(&inc->sub_off) = inc->sub_ids.n;
    if (ev->signout)
        *kf_vec_push(&inc->sub_signout) = (struct kf_id_signout){at, ev->signout};
    if (ev->extra != KF_ID_NONE)
        load_extra(inc, &inc->extra.p[ev->extra], at);
}

static void load(struct kf_incremental *inc)
{
    inc->sub_ns.n = inc->sub_alias.n = inc->sub_time.n = inc->sub_off.n = 0;
    inc->sub_links.n = inc->sub_ids.n = inc->sub_signout.n = inc->sub_said.n = 0;
    inc->sub_move.n = inc->sub_apart.n = inc->sub_log.n = 0;
    for (size_t i = 0; i < inc->sub_id.n; i++)
        *kf_vec_push(&inc->sub_ns) = inc->id_ns.p[inc->sub_id.p[i]];
    *kf_vec_push(&inc->sub_off) = 0;
    for (size_t i = 0; i < inc->sub_event.n; i++)
        load_event(inc, inc->sub_event.p[i]);
    for (size_t i = 0; i < inc->sub_decision.n; i++) {
        struct kf_id_decision d = inc->decision.p[inc->sub_decision.p[i]].d;
        d.a = local(inc, d.a);
        d.b = local(inc, d.b);
        *kf_vec_push(&inc->sub_log) = d;
    }
}

static struct kf_str value_of(const void *ctx, uint32_t id)
{
    const struct kf_incremental *inc = ctx;
    return inc->o.id_value(inc->o.ctx, inc->sub_id.p[id]);
}

static uint64_t hash_of(const void *ctx, uint32_t id)
{
    const struct kf_incremental *inc = ctx;
    return inc->o.id_hash(inc->o.ctx, inc->sub_id.p[id]);
}

static int order_of(const void *ctx, uint32_t a, uint32_t b)
{
    const struct kf_incremental *inc = ctx;
    return inc->o.event_cmp(inc->o.ctx, inc->sub_event.p[a], inc->sub_event.p[b]);
}

static int resolve(const struct kf_incremental *inc, struct kf_id_result **ret,
                   struct kf_error *err)
{
    struct kf_id_input in = {.rules = inc->o.rules,
                             .as_of = inc->o.as_of,
                             .n_ids = (uint32_t)inc->sub_id.n,
                             .id_ns = inc->sub_ns.p,
                             .id_value = value_of,
                             .id_hash = hash_of,
                             .n_events = (uint32_t)inc->sub_event.n,
                             .event_time = inc->sub_time.p,
                             .event_off = inc->sub_off.p,
                             .event_ids = inc->sub_ids.p,
                             .event_links = inc->sub_links.p,
                             .event_alias = inc->sub_alias.p,
                             .signout = inc->sub_signout.p,
                             .n_signout = (uint32_t)inc->sub_signout.n,
                             .event_cmp = inc->o.event_cmp ? order_of : NULL,
                             .statement = inc->sub_said.p,
                             .n_statement = (uint32_t)inc->sub_said.n,
                             .transfer = inc->sub_move.p,
                             .n_transfer = (uint32_t)inc->sub_move.n,
                             .separation = inc->sub_apart.p,
                             .n_separation = (uint32_t)inc->sub_apart.n,
                             .decision = inc->sub_log.p,
                             .n_decision = (uint32_t)inc->sub_log.n,
                             .ctx = inc,
                             .threads = inc->o.threads,
                             .want_links = inc->o.want_links};
    return kf_identity_resolve(&in, ret, err);
}

/* ---- what changed */

static uint32_t take_slot(struct kf_incremental *inc, uint64_t id, uint32_t earliest, int64_t from)
{
    uint32_t s = inc->free_slot;
    if (s == KF_ID_NONE) {
        s = (uint32_t)inc->slot.n;
        (void)kf_vec_push(&inc->slot);
    } else {
        inc->free_slot = inc->slot.p[s].next;
    }
    inc->slot.p[s] = (struct kf_inc_slot){id, from, earliest, KF_ID_NONE};
    return s;
}

static bool same_profile(const struct kf_incremental *inc, uint32_t a, uint32_t b)
{
    if (a == KF_ID_NONE || b == KF_ID_NONE)
        return a == b;
    const struct kf_inc_slot *x = &inc->slot.p[a], *y = &inc->slot.p[b];
    return x->id == y->id && x->earliest == y->earliest && x->from == y->from;
}

static void note_profile(struct kf_incremental *inc, uint32_t slot)
{
    if (slot != KF_ID_NONE)
        *kf_vec_push(&inc->changed_profile) = inc->slot.p[slot].id;
}

static uint32_t slot_of(const struct kf_incremental *inc, uint32_t profile)
{
    return profile == KF_ID_NONE ? KF_ID_NONE : inc->sub_slot.p[profile];
}

static void take_events(struct kf_incremental *inc, const struct kf_id_result *r)
{
    for (size_t i = 0; i < inc->sub_event.n; i++) {
        struct kf_inc_event *ev = &inc->event.p[inc->sub_event.p[i]];
        uint32_t slot = slot_of(inc, r->event_profile[i]);
        uint8_t bad = r->event_contradictory ? r->event_contradictory[i] : 0;
        if (!same_profile(inc, ev->profile, slot)) {
            note_profile(inc, ev->profile);
            note_profile(inc, slot);
        } else if (ev->contradictory == bad) {
            ev->profile = slot;
            continue;
        }
        ev->profile = slot;
        ev->contradictory = bad;
        *kf_vec_push(&inc->changed_event) = inc->sub_event.p[i];
    }
}

static int span_cmp(const void *pa, const void *pb)
{
    const struct kf_id_span *a = pa, *b = pb;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return a->from < b->from ? -1 : a->from > b->from;
}

static void gather_old_spans(struct kf_incremental *inc)
{
    inc->old_span.n = 0;
    for (size_t i = 0; i < inc->old.n; i++)
        for (uint32_t k = 0; k < inc->old.p[i]->n_span; k++)
            *kf_vec_push(&inc->old_span) = kf_inc_spans(inc->old.p[i])[k];
    if (inc->old_span.n)
        qsort(inc->old_span.p, inc->old_span.n, sizeof *inc->old_span.p, span_cmp);
}

/* Old spans are in the engine's numbers, new ones in those of the step. */
static bool same_spans(const struct kf_incremental *inc, const struct kf_id_span *a, uint32_t n_a,
                       const struct kf_id_span *b, uint32_t n_b)
{
    if (n_a != n_b)
        return false;
    for (uint32_t i = 0; i < n_a; i++)
        if (a[i].from != b[i].from || a[i].to != b[i].to || a[i].isolated != b[i].isolated ||
            a[i].first_seen != b[i].first_seen || a[i].last_seen != b[i].last_seen ||
            !same_profile(inc, a[i].profile, slot_of(inc, b[i].profile)))
            return false;
    return true;
}

static void note_identifier(struct kf_incremental *inc, uint32_t x, uint32_t slot,
                            const struct kf_id_span *a, uint32_t n_a, const struct kf_id_span *b,
                            uint32_t n_b)
{
    *kf_vec_push(&inc->changed_id) = x;
    note_profile(inc, inc->profile.p[x]);
    note_profile(inc, slot);
    for (uint32_t i = 0; i < n_a; i++)
        note_profile(inc, a[i].profile);
    for (uint32_t i = 0; i < n_b; i++)
        note_profile(inc, slot_of(inc, b[i].profile));
}

static void take_identifiers(struct kf_incremental *inc, const struct kf_id_result *r)
{
    const struct kf_id_span *a = inc->old_span.p, *b = r->span;
    const struct kf_id_span *a_end = a ? a + inc->old_span.n : a, *b_end = b + r->n_span;
    for (uint32_t i = 0; i < inc->sub_id.n; i++) {
        uint32_t x = inc->sub_id.p[i], n_a = 0, n_b = 0, slot = slot_of(inc, r->id_profile[i]);
        uint32_t same = r->id_same ? inc->sub_id.p[r->id_same[i]] : x;
        while (a + n_a < a_end && a[n_a].id == x)
            n_a++;
        while (b + n_b < b_end && b[n_b].id == i)
            n_b++;
        if (!same_profile(inc, inc->profile.p[x], slot) || same != inc->same.p[x] ||
            r->id_isolated[i] != inc->isolated.p[x] || !same_spans(inc, a, n_a, b, n_b))
            note_identifier(inc, x, slot, a, n_a, b, n_b);
        inc->profile.p[x] = slot;
        inc->same.p[x] = same;
        inc->isolated.p[x] = r->id_isolated[i];
        a += n_a;
        b += n_b;
    }
}

/* ---- stored */

static struct kf_inc_tally *tally_of(struct kf_incremental *inc, uint32_t id)
{
    return &inc->tally.p[inc->part.p[kf_inc_find(inc, id)].at];
}

static void sooner(const struct kf_incremental *inc, struct kf_inc_tally *t, int64_t when)
{
    if (when > inc->o.as_of && when < t->due)
        t->due = when;
}

/* Identifiers expire some time after they were last observed; events that contradict themselves do
 * not count. (Of several spellings of one each gives a time; the last of them is the right one.) */
static void find_expiries(struct kf_incremental *inc, const struct kf_id_result *r)
{
    inc->sub_last.n = 0;
    for (size_t i = 0; i < inc->sub_id.n; i++)
        *kf_vec_push(&inc->sub_last) = KF_TIME_MIN;
    for (size_t e = 0; e < inc->sub_event.n; e++) {
        int64_t t = inc->sub_time.p[e];
        if (t > inc->o.as_of || (r->event_contradictory && r->event_contradictory[e]))
            continue;
        for (uint64_t i = inc->sub_off.p[e]; i < inc->sub_off.p[e + 1]; i++)
            if (t > inc->sub_last.p[inc->sub_ids.p[i]])
                inc->sub_last.p[inc->sub_ids.p[i]] = t;
    }
    for (size_t i = 0; i < inc->sub_id.n; i++) {
        int64_t life = inc->o.rules->ns[inc->sub_ns.p[i]].expires_after, last = inc->sub_last.p[i];
        if (life > 0 && last != KF_TIME_MIN && last < KF_TIME_MAX - life)
            sooner(inc, tally_of(inc, inc->sub_id.p[i]), last + life + 1);
    }
}

/* When time alone may change a part: an event or transfer arrives, an identifier expires, a span
 * begins that as_of does not reach yet (just after a sign-out). */
static void find_due(struct kf_incremental *inc, const struct kf_id_result *r)
{
    bool expiry = false;
    for (size_t i = 0; i < inc->sub_event.n; i++)
        sooner(inc, tally_of(inc, kf_inc_anchor(inc, inc->sub_event.p[i])), inc->sub_time.p[i]);
    for (size_t i = 0; i < inc->sub_move.n; i++)
        sooner(inc, tally_of(inc, inc->sub_id.p[inc->sub_move.p[i].x]), inc->sub_move.p[i].t);
    for (size_t i = 0; i < inc->sub_log.n; i++)
        if (inc->sub_log.p[i].verb == KF_ID_DO_TRANSFER)
            sooner(inc, tally_of(inc, inc->sub_id.p[inc->sub_log.p[i].a]), inc->sub_log.p[i].at);
    for (uint32_t i = 0; i < r->n_span; i++)
        sooner(inc, tally_of(inc, inc->sub_id.p[r->span[i].id]), r->span[i].from);
    for (uint32_t k = 0; k < inc->o.rules->n_ns; k++)
        expiry |= inc->o.rules->ns[k].expires_after > 0;
    if (expiry)
        find_expiries(inc, r);
}

static void count_rows(struct kf_incremental *inc, const struct kf_id_result *r)
{
    inc->tally.n = 0;
    for (size_t i = 0; i < inc->root.n; i++)
        *kf_vec_push(&inc->tally) = (struct kf_inc_tally){.due = KF_TIME_MAX};
    for (uint32_t i = 0; i < r->n_profiles; i++)
        tally_of(inc, inc->sub_id.p[r->profile_earliest[i]])->n_profile++;
    for (uint32_t i = 0; i < r->n_span; i++)
        tally_of(inc, inc->sub_id.p[r->span[i].id])->n_span++;
    for (uint32_t i = 0; i < r->n_link; i++)
        tally_of(inc, inc->sub_id.p[r->link[i].a])->n_link++;
    for (uint32_t i = 0; i < r->n_shared; i++)
        tally_of(inc, inc->sub_id.p[r->shared[i]])->n_shared++;
}

static int make_blocks(struct kf_incremental *inc, struct kf_error *err)
{
    for (size_t i = 0; i < inc->root.n; i++) {
        struct kf_inc_tally *t = &inc->tally.p[i];
        if (!t->n_link && !t->n_span && !t->n_profile && !t->n_shared)
            continue;
        size_t size = sizeof *t->block + t->n_link * sizeof(struct kf_id_link) +
                      t->n_span * sizeof(struct kf_id_span) +
                      ((size_t)t->n_profile + t->n_shared) * sizeof(uint32_t);
        t->block = malloc(size);
        if (!t->block)
            return kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %zu bytes", size);
        *t->block = (struct kf_inc_block){NULL, t->n_link, t->n_span, t->n_profile, t->n_shared};
        inc->part.p[inc->root.p[i]].block = t->block;
    }
    return 0;
}

static struct kf_id_link global_link(const struct kf_incremental *inc, struct kf_id_link l)
{
    const uint32_t *id = inc->sub_id.p;
    l.a = id[l.a];
    l.b = id[l.b];
    l.event = l.event == KF_ID_NONE ? KF_ID_NONE : inc->sub_event.p[l.event];
    l.sep_a = l.sep_a == KF_ID_NONE ? KF_ID_NONE : id[l.sep_a];
    l.sep_b = l.sep_b == KF_ID_NONE ? KF_ID_NONE : id[l.sep_b];
    return l;
}

/* The rows keep the order that they have in the result; the tallies count down to where they go. */
static void fill_blocks(struct kf_incremental *inc, const struct kf_id_result *r)
{
    const uint32_t *id = inc->sub_id.p;
    for (uint32_t i = r->n_profiles; i-- > 0;) {
        struct kf_inc_tally *t = tally_of(inc, id[r->profile_earliest[i]]);
        kf_inc_profiles(t->block)[--t->n_profile] = inc->sub_slot.p[i];
    }
    for (uint32_t i = r->n_span; i-- > 0;) {
        struct kf_inc_tally *t = tally_of(inc, id[r->span[i].id]);
        struct kf_id_span s = r->span[i];
        s.id = id[s.id];
        s.profile = slot_of(inc, s.profile);
        kf_inc_spans(t->block)[--t->n_span] = s;
    }
    for (uint32_t i = r->n_link; i-- > 0;) {
        struct kf_inc_tally *t = tally_of(inc, id[r->link[i].a]);
        kf_inc_links(t->block)[--t->n_link] = global_link(inc, r->link[i]);
    }
    for (uint32_t i = r->n_shared; i-- > 0;) {
        struct kf_inc_tally *t = tally_of(inc, id[r->shared[i]]);
        kf_inc_shared(t->block)[--t->n_shared] = id[r->shared[i]];
    }
}

static void free_old(struct kf_incremental *inc)
{
    for (size_t i = 0; i < inc->old.n; i++) {
        struct kf_inc_block *b = inc->old.p[i];
        for (uint32_t k = 0; k < b->n_profile; k++) {
            uint32_t s = kf_inc_profiles(b)[k];
            inc->slot.p[s] = (struct kf_inc_slot){0, 0, KF_ID_NONE, inc->free_slot};
            inc->free_slot = s;
        }
        free(b);
    }
    inc->old.n = 0;
}

static int store(struct kf_incremental *inc, const struct kf_id_result *r, struct kf_error *err)
{
    inc->sub_slot.n = 0;
    for (uint32_t i = 0; i < r->n_profiles; i++)
        *kf_vec_push(&inc->sub_slot) =
            take_slot(inc, r->profile_id[i], inc->sub_id.p[r->profile_earliest[i]],
                      r->profile_earliest_from[i]);
    gather_old_spans(inc);
    take_events(inc, r);
    take_identifiers(inc, r);
    count_rows(inc, r);
    find_due(inc, r);
    int rc = make_blocks(inc, err);
    if (rc)
        return rc;
    fill_blocks(inc, r);
    free_old(inc);
    for (size_t i = 0; i < inc->root.n; i++) {
        uint32_t root = inc->root.p[i];
        inc->part.p[root].at = KF_ID_NONE;
        kf_inc_set_due(inc, root, inc->tally.p[i].due);
    }
    return 0;
}

int kf_inc_step(struct kf_incremental *inc, struct kf_error *err)
{
    gather(inc);
    if (!inc->sub_id.n)
        return 0;
    load(inc);
    struct kf_id_result *r = NULL;
    int rc = resolve(inc, &r, err);
    if (!rc)
        rc = store(inc, r, err);
    kf_identity_free(r);
    return rc;
}
