/* Observations, decisions and the parts they form: what comes in, goes out or falls due touches
 * parts. */
#include "identity/incremental_internal.h"

#include "base/error.h"
#include "base/time.h"

#include <stdlib.h>

uint32_t kf_inc_find(struct kf_incremental *inc, uint32_t id)
{
    uint32_t *up = inc->up.p;
    while (up[id] != id)
        id = up[id] = up[up[id]];
    return id;
}

void kf_inc_part_init(struct kf_incremental *inc, uint32_t id)
{
    inc->up.p[id] = id;
    inc->id_next.p[id] = KF_ID_NONE;
    inc->part.p[id] = (struct kf_inc_part){.n = 1,
                                           .id_tail = id,
                                           .ev_head = KF_ID_NONE,
                                           .ev_tail = KF_ID_NONE,
                                           .dec_head = KF_ID_NONE,
                                           .dec_tail = KF_ID_NONE,
                                           .at = KF_ID_NONE,
                                           .due = KF_TIME_MAX};
}

/* ---- times at which a part is looked at again: a heap, whose outdated entries are skipped */

static void heap_push(struct kf_incremental *inc, int64_t t, uint32_t root)
{
    size_t i = inc->heap.n;
    (void)kf_vec_push(&inc->heap);
    for (; i > 0 && inc->heap.p[(i - 1) / 2].t > t; i = (i - 1) / 2)
        inc->heap.p[i] = inc->heap.p[(i - 1) / 2];
    inc->heap.p[i] = (struct kf_inc_due){t, root};
}

static void heap_pop(struct kf_incremental *inc)
{
    struct kf_inc_due *h = inc->heap.p, last = h[--inc->heap.n];
    size_t i = 0, n = inc->heap.n;
    for (size_t k = 1; k < n; k = 2 * i + 1) {
        k += k + 1 < n && h[k + 1].t < h[k].t;
        if (h[k].t >= last.t)
            break;
        h[i] = h[k];
        i = k;
    }
    h[i] = last;
}

static bool heap_top_holds(const struct kf_incremental *inc)
{
    const struct kf_inc_due *d = &inc->heap.p[0];
    return inc->up.p[d->root] == d->root && inc->part.p[d->root].due == d->t;
}

void kf_inc_set_due(struct kf_incremental *inc, uint32_t root, int64_t t)
{
    if (inc->part.p[root].due == t)
        return;
    inc->part.p[root].due = t;
    if (t == KF_TIME_MAX)
        return;
    heap_push(inc, t, root);
    if (inc->heap.n <= 1024 + 2 * (size_t)inc->n_ids)
        return;
    inc->heap.n = 0; /* mostly outdated by now */
    for (uint32_t x = 0; x < inc->n_ids; x++)
        if (inc->up.p[x] == x && inc->part.p[x].due != KF_TIME_MAX)
            heap_push(inc, inc->part.p[x].due, x);
}

int64_t kf_incremental_next(struct kf_incremental *inc)
{
    while (inc->heap.n && !heap_top_holds(inc))
        heap_pop(inc);
    return inc->heap.n ? inc->heap.p[0].t : KF_TIME_MAX;
}

/* ---- parts */

static uint32_t join_chain(uint32_t *tail_next, uint32_t head)
{
    *tail_next = head;
    return head;
}

static uint32_t unite(struct kf_incremental *inc, uint32_t a, uint32_t b)
{
    a = kf_inc_find(inc, a);
    b = kf_inc_find(inc, b);
    if (a == b)
        return a;
    if (inc->part.p[a].n < inc->part.p[b].n) {
        uint32_t swap = a;
        a = b;
        b = swap;
    }
    struct kf_inc_part *p = &inc->part.p[a], *q = &inc->part.p[b];
    inc->up.p[b] = a;
    p->n += q->n;
    join_chain(&inc->id_next.p[p->id_tail], b);
    p->id_tail = q->id_tail;
    if (q->ev_head != KF_ID_NONE) {
        join_chain(p->ev_head == KF_ID_NONE ? &p->ev_head : &inc->event.p[p->ev_tail].next,
                   q->ev_head);
        p->ev_tail = q->ev_tail;
    }
    if (q->dec_head != KF_ID_NONE) {
        join_chain(p->dec_head == KF_ID_NONE ? &p->dec_head : &inc->decision.p[p->dec_tail].next,
                   q->dec_head);
        p->dec_tail = q->dec_tail;
    }
    struct kf_inc_block **last = &q->block; /* a handful at most: one for each part of this step */
    while (*last)
        last = &(*last)->next;
    *last = p->block;
    p->block = q->block;
    q->block = NULL;
    return a;
}

/* Any identifier of the part that the event is in; KF_ID_NONE: it names nobody. */
uint32_t kf_inc_anchor(const struct kf_incremental *inc, uint32_t e)
{
    const struct kf_inc_event *ev = &inc->event.p[e];
    if (ev->n_ids)
        return inc->ids.p[ev->ids];
    if (ev->extra == KF_ID_NONE)
        return KF_ID_NONE;
    const struct kf_inc_extra *x = &inc->extra.p[ev->extra];
    if (x->n_move)
        return inc->move.p[x->move].x;
    return x->n_apart ? inc->apart.p[x->apart].a : KF_ID_NONE;
}

void kf_inc_attach_event(struct kf_incremental *inc, uint32_t e)
{
    struct kf_inc_event *ev = &inc->event.p[e];
    uint32_t root = kf_inc_anchor(inc, e);
    if (root == KF_ID_NONE)
        return;
    root = kf_inc_find(inc, root);
    for (uint32_t i = 1; i < ev->n_ids; i++)
        root = unite(inc, root, inc->ids.p[ev->ids + i]);
    if (ev->extra != KF_ID_NONE) {
        const struct kf_inc_extra *x = &inc->extra.p[ev->extra];
        for (uint32_t i = x->move; i < x->move + x->n_move; i++) {
            root = unite(inc, root, inc->move.p[i].x);
            if (inc->move.p[i].to != KF_ID_NONE)
                root = unite(inc, root, inc->move.p[i].to);
        }
        for (uint32_t i = x->apart; i < x->apart + x->n_apart; i++) {
            root = unite(inc, root, inc->apart.p[i].a);
            root = unite(inc, root, inc->apart.p[i].b);
        }
    }
    struct kf_inc_part *p = &inc->part.p[root];
    ev->next = KF_ID_NONE;
    join_chain(p->ev_head == KF_ID_NONE ? &p->ev_head : &inc->event.p[p->ev_tail].next, e);
    p->ev_tail = e;
}

void kf_inc_attach_decision(struct kf_incremental *inc, uint32_t d)
{
    struct kf_inc_decision *x = &inc->decision.p[d];
    uint32_t root = kf_inc_find(inc, x->d.a);
    if (x->d.b != KF_ID_NONE)
        root = unite(inc, root, x->d.b);
    struct kf_inc_part *p = &inc->part.p[root];
    x->next = KF_ID_NONE;
    join_chain(p->dec_head == KF_ID_NONE ? &p->dec_head : &inc->decision.p[p->dec_tail].next, d);
    p->dec_tail = d;
}

/* ---- what comes in */

/* Namespaces of identifiers that were not named before; the gaps between are members of no part
 * but their own. Looks only, so that a mistake changes nothing. */
static int look_at(const struct kf_incremental *inc, uint32_t id, uint32_t *need,
                   struct kf_error *err)
{
    if (id == KF_ID_NONE || (id < inc->n_ids && id < *need))
        return 0;
    uint8_t ns = inc->o.id_ns(inc->o.ctx, id);
    if (ns >= inc->o.rules->n_ns)
        return kf_error_set(err, KF_E_DATA, "identity",
                            "identifier %u is of namespace %u, the rules have %u", id, ns,
                            inc->o.rules->n_ns);
    *need = id >= *need ? id + 1 : *need;
    return 0;
}

static void grow(struct kf_incremental *inc, uint32_t need)
{
    if (need <= inc->n_ids)
        return;
    uint32_t more = need - inc->n_ids;
    kf_vec_reserve(&inc->id_ns, more);
    kf_vec_reserve(&inc->up, more);
    kf_vec_reserve(&inc->id_next, more);
    kf_vec_reserve(&inc->part, more);
    kf_vec_reserve(&inc->local, more);
    kf_vec_reserve(&inc->profile, more);
    kf_vec_reserve(&inc->same, more);
    kf_vec_reserve(&inc->isolated, more);
    for (uint32_t x = inc->n_ids; x < need; x++) {
        inc->id_ns.p[x] = inc->o.id_ns(inc->o.ctx, x);
        kf_inc_part_init(inc, x);
        inc->profile.p[x] = KF_ID_NONE;
        inc->same.p[x] = x;
        inc->isolated.p[x] = 0;
    }
    inc->id_ns.n = inc->up.n = inc->id_next.n = inc->part.n = need;
    inc->local.n = inc->profile.n = inc->same.n = inc->isolated.n = need;
    inc->n_ids = need;
}

static int look_at_event(const struct kf_incremental *inc, const struct kf_incremental_event *ev,
                         uint32_t *need, struct kf_error *err)
{
    int rc = ev->n_ids <= UINT16_MAX
                 ? 0
                 : kf_error_set(err, KF_E_DATA, "identity",
                                "an event with %u identifiers, at most %d are possible", ev->n_ids,
                                UINT16_MAX);
    for (uint32_t i = 0; !rc && i < ev->n_ids; i++)
        rc = look_at(inc, ev->ids[i], need, err);
    for (uint32_t i = 0; !rc && i < ev->n_transfer; i++) {
        rc = look_at(inc, ev->transfer[i].x, need, err);
        rc = rc ? rc : look_at(inc, ev->transfer[i].to, need, err);
    }
    for (uint32_t i = 0; !rc && i < ev->n_separation; i++) {
        rc = look_at(inc, ev->separation[i].a, need, err);
        rc = rc ? rc : look_at(inc, ev->separation[i].b, need, err);
    }
    return rc;
}

static uint32_t keep_extra(struct kf_incremental *inc, const struct kf_incremental_event *ev)
{
    if (!ev->n_statement && !ev->n_transfer && !ev->n_separation)
        return KF_ID_NONE;
    *kf_vec_push(&inc->extra) =
        (struct kf_inc_extra){(uint32_t)inc->said.n, ev->n_statement,        (uint32_t)inc->move.n,
                              ev->n_transfer,        (uint32_t)inc->apart.n, ev->n_separation};
    for (uint32_t i = 0; i < ev->n_statement; i++)
        *kf_vec_push(&inc->said) = ev->statement[i];
    for (uint32_t i = 0; i < ev->n_transfer; i++)
        *kf_vec_push(&inc->move) = ev->transfer[i];
    for (uint32_t i = 0; i < ev->n_separation; i++)
        *kf_vec_push(&inc->apart) = ev->separation[i];
    return (uint32_t)inc->extra.n - 1;
}

static void keep_event(struct kf_incremental *inc, const struct kf_incremental_event *ev)
{
    uint32_t e = (uint32_t)inc->event.n, extra = keep_extra(inc, ev);
    *kf_vec_push(&inc->event) = (struct kf_inc_event){.time = ev->time,
                                                      .links = ev->links,
                                                      .signout = ev->signout,
                                                      .ids = inc->ids.n,
                                                      .extra = extra,
                                                      .profile = KF_ID_NONE,
                                                      .next = KF_ID_NONE,
                                                      .n_ids = (uint16_t)ev->n_ids,
                                                      .alias = ev->alias};
    for (uint32_t i = 0; i < ev->n_ids; i++)
        *kf_vec_push(&inc->ids) = ev->ids[i];
    kf_inc_attach_event(inc, e);
    uint32_t anchor = kf_inc_anchor(inc, e);
    if (anchor != KF_ID_NONE)
        *kf_vec_push(&inc->touched) = anchor;
}

static void begin(struct kf_incremental *inc)
{
    inc->touched.n = inc->changed_event.n = inc->changed_id.n = inc->changed_profile.n = 0;
    inc->sub_id.n = inc->sub_event.n = 0;
    inc->split = false;
}

static int id_cmp(const void *pa, const void *pb)
{
    uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;
    return a < b ? -1 : a > b;
}

static int finish(struct kf_incremental *inc, struct kf_incremental_changes *ret,
                  struct kf_error *err)
{
    int rc = kf_inc_step(inc, err);
    size_t n = 0;
    if (inc->changed_profile.n)
        qsort(inc->changed_profile.p, inc->changed_profile.n, sizeof *inc->changed_profile.p,
              id_cmp);
    for (size_t i = 0; i < inc->changed_profile.n; i++)
        if (i == 0 || inc->changed_profile.p[i] != inc->changed_profile.p[i - 1])
            inc->changed_profile.p[n++] = inc->changed_profile.p[i];
    inc->changed_profile.n = n;
    if (!rc && ret)
        *ret = (struct kf_incremental_changes){inc->changed_event.p,   inc->changed_event.n,
                                               inc->changed_id.p,      inc->changed_id.n,
                                               inc->changed_profile.p, n,
                                               inc->sub_event.n,       inc->sub_id.n};
    return rc;
}

int kf_incremental_add(struct kf_incremental *inc, const struct kf_incremental_event *event,
                       uint32_t n, struct kf_incremental_changes *ret, struct kf_error *err)
{
    uint32_t need = inc->n_ids;
    for (uint32_t i = 0; i < n; i++) {
        int rc = look_at_event(inc, &event[i], &need, err);
        if (rc)
            return rc;
    }
    begin(inc);
    grow(inc, need);
    for (uint32_t i = 0; i < n; i++)
        keep_event(inc, &event[i]);
    return finish(inc, ret, err);
}

int kf_incremental_decide(struct kf_incremental *inc, const struct kf_id_decision *d, uint32_t n,
                          struct kf_incremental_changes *ret, struct kf_error *err)
{
    uint32_t need = inc->n_ids;
    for (uint32_t i = 0; i < n; i++) {
        int rc = look_at(inc, d[i].a, &need, err);
        rc = rc ? rc : look_at(inc, d[i].b, &need, err);
        if (rc)
            return rc;
    }
    begin(inc);
    grow(inc, need);
    for (uint32_t i = 0; i < n; i++) {
        *kf_vec_push(&inc->decision) = (struct kf_inc_decision){d[i], KF_ID_NONE, false};
        kf_inc_attach_decision(inc, (uint32_t)inc->decision.n - 1);
        *kf_vec_push(&inc->touched) = d[i].a;
    }
    return finish(inc, ret, err);
}

int kf_incremental_undo(struct kf_incremental *inc, uint32_t number,
                        struct kf_incremental_changes *ret, struct kf_error *err)
{
    begin(inc);
    for (size_t i = 0; i < inc->decision.n; i++) {
        struct kf_inc_decision *x = &inc->decision.p[i];
        if (x->gone || x->d.number != number)
            continue;
        x->gone = inc->split = true;
        *kf_vec_push(&inc->touched) = x->d.a;
    }
    if (!inc->split)
        return kf_error_set(err, KF_E_DATA, "identity", "no decision %u to undo", number);
    return finish(inc, ret, err);
}

int kf_incremental_remove(struct kf_incremental *inc, const uint32_t *event, uint32_t n,
                          struct kf_incremental_changes *ret, struct kf_error *err)
{
    for (uint32_t i = 0; i < n; i++)
        if (event[i] >= inc->event.n || inc->event.p[event[i]].gone)
            return kf_error_set(err, KF_E_DATA, "identity", "no event %u to remove", event[i]);
    begin(inc);
    inc->split = true;
    for (uint32_t i = 0; i < n; i++) {
        struct kf_inc_event *ev = &inc->event.p[event[i]];
        uint32_t anchor = kf_inc_anchor(inc, event[i]);
        if (ev->gone) /* named twice */
            continue;
        ev->gone = 1;
        *kf_vec_push(&inc->changed_event) = event[i];
        if (ev->profile != KF_ID_NONE)
            *kf_vec_push(&inc->changed_profile) = inc->slot.p[ev->profile].id;
        ev->profile = KF_ID_NONE;
        ev->contradictory = 0;
        if (anchor != KF_ID_NONE)
            *kf_vec_push(&inc->touched) = anchor;
    }
    return finish(inc, ret, err);
}

int kf_incremental_advance(struct kf_incremental *inc, int64_t as_of,
                           struct kf_incremental_changes *ret, struct kf_error *err)
{
    if (as_of < inc->o.as_of)
        return kf_error_set(err, KF_E_DATA, "identity", "as_of cannot go back");
    begin(inc);
    inc->o.as_of = as_of;
    while (inc->heap.n && inc->heap.p[0].t <= as_of) {
        uint32_t root = inc->heap.p[0].root;
        bool holds = heap_top_holds(inc);
        heap_pop(inc);
        if (!holds)
            continue;
        inc->part.p[root].due = KF_TIME_MAX;
        *kf_vec_push(&inc->touched) = root;
    }
    return finish(inc, ret, err);
}

/* ---- questions, beginning and end */

uint32_t kf_incremental_events(const struct kf_incremental *inc)
{
    return (uint32_t)inc->event.n;
}

static bool slot_id(const struct kf_incremental *inc, uint32_t slot, uint64_t *ret_id)
{
    if (slot == KF_ID_NONE)
        return false;
    *ret_id = inc->slot.p[slot].id;
    return true;
}

bool kf_incremental_event_profile(const struct kf_incremental *inc, uint32_t event,
                                  uint64_t *ret_id)
{
    return event < inc->event.n && slot_id(inc, inc->event.p[event].profile, ret_id);
}

bool kf_incremental_id_profile(const struct kf_incremental *inc, uint32_t id, uint64_t *ret_id)
{
    return id < inc->n_ids && slot_id(inc, inc->profile.p[id], ret_id);
}

int kf_incremental_new(const struct kf_incremental_options *o, struct kf_incremental **ret,
                       struct kf_error *err)
{
    struct kf_incremental *inc = calloc(1, sizeof *inc);
    if (!inc)
        return kf_error_set(err, KF_E_NOMEM, "identity", "no memory");
    inc->o = *o;
    inc->free_slot = KF_ID_NONE;
    *ret = inc;
    return 0;
}

static void free_columns(struct kf_incremental *inc)
{
    void *all[] = {
        inc->id_ns.p,          inc->up.p,           inc->id_next.p,       inc->part.p,
        inc->local.p,          inc->profile.p,      inc->same.p,          inc->isolated.p,
        inc->event.p,          inc->ids.p,          inc->extra.p,         inc->said.p,
        inc->move.p,           inc->apart.p,        inc->decision.p,      inc->slot.p,
        inc->heap.p,           inc->touched.p,      inc->root.p,          inc->sub_id.p,
        inc->sub_event.p,      inc->sub_decision.p, inc->old.p,           inc->sub_ns.p,
        inc->sub_alias.p,      inc->sub_time.p,     inc->sub_last.p,      inc->sub_off.p,
        inc->sub_links.p,      inc->sub_ids.p,      inc->sub_slot.p,      inc->sub_signout.p,
        inc->sub_said.p,       inc->sub_move.p,     inc->sub_apart.p,     inc->sub_log.p,
        inc->old_span.p,       inc->tally.p,        inc->changed_event.p, inc->changed_id.p,
        inc->changed_profile.p};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        kf_vec_release(all[i]);
}

void kf_incremental_free(struct kf_incremental *inc)
{
    if (!inc)
        return;
    for (uint32_t x = 0; x < inc->n_ids; x++) {
        for (struct kf_inc_block *b = inc->part.p[x].block, *next; b; b = next) {
            next = b->next;
            free(b);
        }
    }
    for (size_t i = 0; i < inc->old.n; i++) /* of a step that failed */
        free(inc->old.p[i]);
    free_columns(inc);
    free(inc);
}
