/* Segments: who, except, consent, waits (RULES 4). */
#include "decide/decide_internal.h"

static int64_t after(const struct kf_world *w, int64_t t, const struct kf_const *length)
{
    if (length->type == KF_K_MONTHS)
        return kf_time_add_months(w->config ? w->config->zone : NULL, t, length->months);
    return t > KF_TIME_MAX - length->ns ? KF_TIME_MAX : t + length->ns;
}

/* who and not except, then consent; at the clock of the decider. */
static enum kf_truth holds(struct decider *x, const struct kf_rule *r, bool *ret_no_consent)
{
    const struct rule_info *info = &x->d->info[r->number];
    *ret_no_consent = false;
    if (!kf_ask_active(x, r))
        return KF_FALSE;
    enum kf_truth t = kf_eval_cond(&x->ev, info->when);
    if (t == KF_FALSE)
        return t;
    if (info->except)
        t = kf_truth_and(t, kf_truth_not(kf_eval_cond(&x->ev, info->except)));
    if (t == KF_FALSE || !info->n_purpose)
        return t;
    if (kf_consent_all(x, info->purpose, info->n_purpose) != KF_TRUE) {
        *ret_no_consent = t == KF_TRUE;
        return KF_FALSE;
    }
    return t;
}

struct waits {
    struct kf_const entry, exit;
    bool member;
    int64_t held_since;   /* KF_TIME_MAX: does not hold */
    int64_t unheld_since; /* KF_TIME_MAX: holds */
};

/* The condition was `held` throughout [from, to); moves membership on. */
static void stretch(const struct kf_world *w, struct waits *s, bool held, int64_t from, int64_t to)
{
    if (held) {
        if (s->held_since == KF_TIME_MAX)
            s->held_since = from;
        s->unheld_since = KF_TIME_MAX;
        if (!s->member && after(w, s->held_since, &s->entry) < to)
            s->member = true;
    } else {
        if (s->unheld_since == KF_TIME_MAX)
            s->unheld_since = from;
        s->held_since = KF_TIME_MAX;
        if (s->member && after(w, s->unheld_since, &s->exit) < to)
            s->member = false;
    }
}

static struct kf_const length_of(const struct kf_rule *r, const char *setting)
{
    const struct kf_node *n = kf_rule_get(r, setting);
    return n ? n->value : (struct kf_const){.type = KF_K_LENGTH};
}

/* Follows the condition from the first event on: between two events it changes only where an
 * evaluation said that time alone can change it. */
static enum kf_truth with_waits(struct decider *x, const struct kf_rule *r, bool *ret_no_consent)
{
    const struct kf_world *w = x->d->w;
    struct waits s = {.entry = length_of(r, "entry_wait"),
                      .exit = length_of(r, "exit_wait"),
                      .held_since = KF_TIME_MAX,
                      .unheld_since = KF_TIME_MAX};
    int64_t as_of = x->ev.as_of, t = x->n ? w->events->time[x->event[0]] : as_of;
    uint32_t seen = 0;
    bool undecided = false;
    while (t <= as_of) {
        while (seen < x->n && w->events->time[x->event[seen]] <= t)
            seen++;
        struct decider *side = kf_decider_side(x, SIDE_EVENTS, x->event, seen, t);
        side->says = x->says;
        side->ev.flip = KF_TIME_MAX;
        enum kf_truth now = holds(side, r, ret_no_consent);
        int64_t next = side->ev.flip;
        if (seen < x->n && w->events->time[x->event[seen]] < next)
            next = w->events->time[x->event[seen]];
        if (next <= t)
            next = t + 1;
        undecided = now == KF_UNDECIDED;
        stretch(w, &s, now == KF_TRUE, t, next <= as_of ? next : as_of + 1);
        if (next > as_of) {
            int64_t flip =
                s.held_since != KF_TIME_MAX && !s.member    ? after(w, s.held_since, &s.entry)
                : s.unheld_since != KF_TIME_MAX && s.member ? after(w, s.unheld_since, &s.exit)
                                                            : next;
            if (flip > as_of && flip < x->ev.flip)
                x->ev.flip = flip;
            if (undecided)
                x->ev.why = side->ev.why;
        }
        t = next;
    }
    *ret_no_consent &= !s.member;
    return undecided && !s.member ? KF_UNDECIDED : s.member ? KF_TRUE : KF_FALSE;
}

void kf_segment_decide(struct decider *x, const struct kf_rule *r, struct memo *m)
{
    bool no_consent = false;
    enum kf_truth t;
    x->ev.why = NULL;
    if (!kf_ask_active(x, r))
        t = KF_FALSE;
    else if (x->d->info[r->number].has_waits)
        t = with_waits(x, r, &no_consent);
    else
        t = holds(x, r, &no_consent);
    m->truth = (uint8_t)t;
    m->no_consent = no_consent;
    m->why = t == KF_UNDECIDED ? x->ev.why : NULL;
}
