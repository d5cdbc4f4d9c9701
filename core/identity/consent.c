/* The ledger of consent (section 2, 3): which observations a rule that requires consent may count.
 */
#include "identity/resolve_internal.h"

#include <stdlib.h>

size_t kf_id_statements_from(const struct kf_id_input *in, uint32_t event)
{
    size_t lo = 0, hi = in->n_statement;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (in->statement[mid].event < event)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

int kf_id_event_says(const struct kf_id_run *r, uint32_t event, int16_t purpose)
{
    const struct kf_id_input *in = r->in;
    int says = 0;
    if (event == KF_ID_NONE || !(r->ev_flag[event] & KF_ID_EV_STATES))
        return 0;
    for (size_t i = kf_id_statements_from(in, event);
         i < in->n_statement && in->statement[i].event == event; i++)
        if (in->statement[i].purpose == purpose && says >= 0)
            says = in->statement[i].granted ? 1 : -1;
    return says;
}

/* By identifier, purpose and time; of one instant the refusals last, so that the last one is the
 * most restrictive. */
static int said_cmp(const void *pa, const void *pb)
{
    const struct kf_id_said *a = pa, *b = pb;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    if (a->purpose != b->purpose)
        return a->purpose < b->purpose ? -1 : 1;
    if (a->t != b->t)
        return a->t < b->t ? -1 : 1;
    if (a->refused != b->refused)
        return a->refused ? 1 : -1;
    return a->event < b->event ? -1 : a->event > b->event;
}

static bool before(const struct kf_id_said *s, uint32_t id, int16_t purpose, int64_t t)
{
    if (s->id != id)
        return s->id < id;
    if (s->purpose != purpose)
        return s->purpose < purpose;
    return s->t < t;
}

/* First statement of an identifier for a purpose that is not before t. */
static size_t first_from(const struct kf_id_work *w, uint32_t id, int16_t purpose, int64_t t)
{
    size_t lo = 0, hi = w->said.n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (before(&w->said.p[mid], id, purpose, t))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool same_event(const struct kf_id_run *r, uint32_t a, uint32_t b)
{
    const struct kf_id_input *in = r->in;
    return a == b || (in->event_cmp && in->event_time[a] == in->event_time[b] &&
                      in->event_cmp(in->ctx, a, b) == 0);
}

/* One end of an observation. *ret_newest: 0 nothing said so far in this span, 1 granted, -1
 * anything else. Returns true when another event refuses from the observation's instant on. */
static bool end_refuses(const struct kf_id_work *w, const struct kf_id_obs *o, uint32_t id,
                        int16_t purpose, int *ret_newest)
{
    const struct kf_id_node *n = &w->node.p[kf_id_node_at(w, id, o->t)];
    size_t from = first_from(w, id, purpose, o->t), k = from;
    uint32_t at;
    const struct kf_id_said *s = w->said.p;
    *ret_newest = 0;
    while (k < w->said.n && s[k].id == id && s[k].purpose == purpose &&
           (at = s[k].next_refused) != KF_ID_NONE && s[at].t < n->to) {
        if (!same_event(w->run, s[at].event, o->event))
            return true;
        k = at + 1u;
    }
    size_t last = first_from(w, id, purpose, o->t + 1);
    if (last > 0 && s[last - 1].id == id && s[last - 1].purpose == purpose &&
        s[last - 1].t >= n->from)
        *ret_newest = s[last - 1].refused ? -1 : 1;
    return false;
}

static bool consented(const struct kf_id_work *w, const struct kf_id_obs *o, int16_t purpose)
{
    int a, b, says = kf_id_event_says(w->run, o->event, purpose);
    if (end_refuses(w, o, o->a, purpose, &a) || end_refuses(w, o, o->b, purpose, &b))
        return false;
    if (says)
        return says > 0;
    return a >= 0 && b >= 0 && a + b > 0;
}

void kf_id_ask_consent(struct kf_id_work *w)
{
    const struct kf_id_rules *rules = w->run->in->rules;
    if (!w->run->consent)
        return;
    if (w->said.n)
        qsort(w->said.p, w->said.n, sizeof *w->said.p, said_cmp);
    for (size_t i = w->said.n; i-- > 0;) {
        struct kf_id_said *s = &w->said.p[i];
        bool last = i + 1 == w->said.n || s[1].id != s->id || s[1].purpose != s->purpose;
        s->next_refused = s->refused ? (uint32_t)i : last ? KF_ID_NONE : s[1].next_refused;
    }
    for (size_t i = 0; i < w->obs.n; i++) {
        struct kf_id_obs *o = &w->obs.p[i];
        if (o->rule < KF_ID_JOIN_RULE && !o->unlinked && rules->link[o->rule].purpose >= 0)
            o->ok = consented(w, o, rules->link[o->rule].purpose);
    }
}
