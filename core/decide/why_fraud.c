/* Why a fraud rule says what it says about each thing of a profile's. */
#include "decide/why_internal.h"

struct telling {
    struct kf_decide *d;
    const struct kf_rule *rule;
    uint32_t profile;
    void (*told)(void *ctx, const struct kf_why_subject *s);
    void *ctx;
    pthread_mutex_t lock;
};

/* The part that is a setting of the rule, NULL: the rule has none. */
static const struct kf_why_part *setting(const struct kf_reasoning *w, const char *role)
{
    for (uint32_t i = 0; i < w->n; i++)
        if (w->part[i].role && strcmp(w->part[i].role, role) == 0)
            return &w->part[i];
    return NULL;
}

/* false where there is none */
static enum kf_truth truth_of(const struct kf_reasoning *w, const char *role)
{
    const struct kf_why_part *p = setting(w, role);
    return p ? (enum kf_truth)p->truth : KF_FALSE;
}

static void signals(const struct kf_reasoning *w, struct kf_why_subject *s)
{
    const struct kf_why_part *p = setting(w, "signals");
    struct kf_dec at;
    if (!p)
        return;
    for (const struct kf_why_part *k = p + 1; k < w->part + p->end; k = w->part + k->end) {
        s->undecided |= k->truth == KF_UNDECIDED;
        if (k->truth == KF_TRUE)
            kf_dec_add(s->points, k->points, &s->points);
    }
    if (kf_rule_number(w->rule, "reject_at", &at) && kf_dec_cmp(s->points, at) >= 0)
        s->verdict = KF_VERDICT_REJECT;
    else if (kf_rule_number(w->rule, "flag_at", &at) && kf_dec_cmp(s->points, at) >= 0)
        s->verdict = KF_VERDICT_SUSPICIOUS;
}

/* allow, reject, suspicious, then points; undecided is suspicious and never rejected (RULES 4). */
static void judge(const struct kf_reasoning *w, struct kf_why_subject *s)
{
    const struct kf_why_part *allow = setting(w, "allow");
    enum kf_truth reject = truth_of(w, "reject"), suspicious = truth_of(w, "suspicious");
    if (allow && allow->truth == KF_FALSE) { /* the part is that nothing allows it */
        s->verdict = KF_VERDICT_ALLOW;
        return;
    }
    s->undecided = (allow && allow->truth == KF_UNDECIDED) || reject == KF_UNDECIDED;
    if (reject == KF_TRUE) {
        s->verdict = KF_VERDICT_REJECT;
    } else {
        s->undecided |= suspicious == KF_UNDECIDED;
        if (suspicious == KF_TRUE)
            s->verdict = KF_VERDICT_SUSPICIOUS;
        else
            signals(w, s);
    }
    if (s->undecided)
        s->verdict = KF_VERDICT_SUSPICIOUS;
}

/* Its event, its current identifier, or a value on one of its events? */
static bool concerns(const struct telling *k, const struct decider *x, uint32_t event,
                     uint32_t identifier)
{
    const struct kf_id_result *r = k->d->w->identity;
    if (k->profile == KF_ID_NONE)
        return true;
    if (event != KF_ID_NONE)
        return r->event_profile[event] == k->profile;
    if (identifier != KF_ID_NONE)
        return r->id_profile[identifier] == k->profile;
    for (uint32_t i = 0; i < x->n; i++)
        if (r->event_profile[x->event[i]] == k->profile)
            return true;
    return false;
}

static void on_look(void *ctx, struct decider *x, uint32_t event, uint32_t identifier,
                    struct kf_str key)
{
    struct telling *k = ctx;
    if (!concerns(k, x, event, identifier))
        return;
    struct kf_reasoning w = {.d = k->d,
                             .rule = k->rule,
                             .profile = k->profile,
                             .flip = KF_TIME_MAX,
                             .looking = event != KF_ID_NONE,
                             .looked_at = event,
                             .x = x};
    struct kf_why_subject s = {.event = event,
                               .identifier = identifier,
                               .n_events = event == KF_ID_NONE ? x->n : 1,
                               .points = kf_dec_int(0),
                               .w = &w};
    kf_arena_init(&w.arena, 0);
    if (key.p) /* it may lie where evaluating writes */
        s.key = kf_str(kf_arena_strndup(&w.arena, key.p, key.n), key.n);
    kf_why_build(&w);
    kf_why_ask_all(&w);
    judge(&w, &s);
    w.truth = (enum kf_truth)w.part[0].truth;
    w.holds = w.conditions = s.verdict >= KF_VERDICT_SUSPICIOUS;
    pthread_mutex_lock(&k->lock);
    k->told(k->ctx, &s);
    pthread_mutex_unlock(&k->lock);
    kf_arena_free(&w.arena);
}

int kf_decide_why_fraud(struct kf_decide *d, uint32_t profile, const struct kf_rule *rule,
                        void (*told)(void *ctx, const struct kf_why_subject *s), void *ctx,
                        struct kf_error *err)
{
    struct telling k = {.d = d, .rule = rule, .profile = profile, .told = told, .ctx = ctx};
    pthread_mutex_init(&k.lock, NULL);
    int rc = kf_fraud_each(d, rule, on_look, &k, err);
    pthread_mutex_destroy(&k.lock);
    return rc;
}
