/* Suppression: what is undecided is suppressed; all rules apply (RULES 4). */
#include "decide/decide_internal.h"

enum kf_truth kf_suppress_on_list(struct decider *x, const struct kf_rule *r, uint32_t contact,
                                  uint32_t *ret_listed)
{
    const struct kf_world *w = x->d->w;
    const char *name = kf_rule_text(r, "list", "");
    if (x->forced && x->forced->list[r->number] != KF_AS_IT_IS)
        return (enum kf_truth)x->forced->list[r->number];
    const struct kf_config_list *l = w->config ? kf_config_find_list(w->config, name) : NULL;
    if (!l) {
        x->ev.why = "the list is not in kinfold.yaml";
        return KF_UNDECIDED;
    }
    for (uint32_t i = w->ids_first[x->profile]; i < w->ids_first[x->profile + 1]; i++)
        if ((contact == KF_ID_NONE || w->ids_of[i] == contact) &&
            kf_list_has(l->list, kf_idset_value(w->ids, w->ids_of[i]))) {
            *ret_listed = w->ids_of[i];
            return KF_TRUE;
        }
    return KF_FALSE;
}

static enum kf_truth who(struct decider *x, const struct kf_rule *r, uint32_t contact)
{
    const struct rule_info *info = &x->d->info[r->number];
    const char *list = kf_rule_text(r, "list", NULL);
    enum kf_truth t = info->when ? kf_eval_cond(&x->ev, info->when) : KF_FALSE;
    uint32_t listed;
    if (t != KF_TRUE && list)
        t = kf_truth_not(kf_truth_and(kf_truth_not(t),
                                      kf_truth_not(kf_suppress_on_list(x, r, contact, &listed))));
    return t;
}

/* The profile's events that carry the identifier. */
static uint32_t carrying(struct decider *x, uint32_t id, const uint32_t **ret)
{
    const struct kf_world *w = x->d->w;
    const struct kf_events *e = w->events;
    uint32_t *out = kf_arena_alloc(&x->profile_arena, (x->n + 1u) * sizeof *out), n = 0;
    for (uint32_t i = 0; i < x->n; i++) {
        const uint32_t *raw = e->id_pool + e->at[x->event[i]].id_off;
        bool on = false;
        for (uint16_t k = 0; k < e->at[x->event[i]].id_n && !on; k++)
            on = w->ids->of_raw[raw[k]] == id;
        if (on)
            out[n++] = x->event[i];
    }
    *ret = out;
    return n;
}

struct decider *kf_suppress_side(struct decider *x, uint32_t contact)
{
    const uint32_t *event;
    uint32_t n = carrying(x, contact, &event);
    return kf_decider_side(x, SIDE_EVENTS, event, n, x->ev.as_of);
}

enum kf_truth kf_suppress_contact(struct decider *x, const struct kf_rule *r, uint32_t contact)
{
    if (!kf_ask_active(x, r))
        return KF_FALSE;
    if (!r->evaluated)
        return KF_UNDECIDED;
    struct decider *side = kf_suppress_side(x, contact);
    side->ev.flip = KF_TIME_MAX;
    side->ev.why = NULL;
    enum kf_truth t = who(side, r, contact);
    if (side->ev.flip < x->ev.flip)
        x->ev.flip = side->ev.flip;
    if (t == KF_UNDECIDED)
        x->ev.why = side->ev.why;
    return t;
}

/* Is any of its addresses suppressed? */
static enum kf_truth any_contact(struct decider *x, const struct kf_rule *r)
{
    const struct kf_world *w = x->d->w;
    const struct rule_info *info = &x->d->info[r->number];
    enum kf_truth t = KF_FALSE;
    for (uint32_t i = w->ids_first[x->profile]; i < w->ids_first[x->profile + 1]; i++)
        if (w->ids->ns[w->ids_of[i]] == info->contact[0]) {
            enum kf_truth c = kf_suppress_contact(x, r, w->ids_of[i]);
            t = kf_truth_not(kf_truth_and(kf_truth_not(t), kf_truth_not(c)));
        }
    return t;
}

void kf_suppress_decide(struct decider *x, const struct kf_rule *r, struct memo *m)
{
    enum kf_truth t = KF_FALSE;
    x->ev.why = NULL;
    if (kf_ask_active(x, r))
        t = x->d->info[r->number].n_contact ? any_contact(x, r) : who(x, r, KF_ID_NONE);
    m->truth = (uint8_t)t;
    m->why = t == KF_UNDECIDED ? x->ev.why : NULL;
}

static void add(struct decider *x, const struct kf_rule *r, enum kf_truth t, uint32_t contact,
                int64_t until, const char *why)
{
    if (t == KF_FALSE)
        return;
    *kf_vec_push(&x->suppression) =
        (struct kf_suppression){.profile = x->profile,
                                .rule = r->number,
                                .channels = x->d->info[r->number].channels,
                                .contact = contact,
                                .undecided = t == KF_UNDECIDED,
                                .until = until};
    if (t == KF_UNDECIDED)
        *kf_vec_push(&x->undecided) =
            (struct kf_undecided){x->profile, r->number, why ? why : "a part of it is undecided"};
}

static void contacts(struct decider *x, const struct kf_rule *r)
{
    const struct kf_world *w = x->d->w;
    for (uint32_t i = w->ids_first[x->profile]; i < w->ids_first[x->profile + 1]; i++) {
        uint32_t id = w->ids_of[i];
        if (w->ids->ns[id] != x->d->info[r->number].contact[0])
            continue;
        x->ev.flip = KF_TIME_MAX;
        x->ev.why = NULL;
        enum kf_truth t = kf_suppress_contact(x, r, id);
        add(x, r, t, id, x->ev.flip, x->ev.why);
    }
}

/* A fraud rule with action = "hold" stops everything for the profiles that it rejects. */
static void holds(struct decider *x)
{
    for (uint32_t i = 0; i < x->d->n_fraud; i++) {
        const struct kf_rule *r = x->d->fraud[i];
        if (x->d->info[r->number].channels == KF_EVERYTHING &&
            kf_fraud_profile_has(x->d, i, x->profile, KF_VERDICT_REJECT))
            *kf_vec_push(&x->suppression) = (struct kf_suppression){.profile = x->profile,
                                                                    .rule = r->number,
                                                                    .channels = KF_EVERYTHING,
                                                                    .contact = KF_ID_NONE,
                                                                    .until = KF_TIME_MAX};
    }
}

void kf_suppress_rows(struct decider *x, const struct kf_decide_sink *want)
{
    for (uint32_t i = 0; i < x->d->n_suppress; i++) {
        const struct kf_rule *r = x->d->suppress[i];
        if (!kf_is_wanted(want, r))
            continue;
        if (x->d->info[r->number].n_contact) {
            contacts(x, r);
            continue;
        }
        const struct memo *m = kf_ask_rule(x, r);
        add(x, r, (enum kf_truth)m->truth, KF_ID_NONE, m->flip, m->why);
    }
    holds(x); /* fraud rules are numbered behind suppress rules */
}
