/* Answers to what the evaluator asks about the profile in hand: traits, consent, other rules. Each
 * rule is decided once a profile. */
#include "decide/decide_internal.h"

#include "base/hash.h"

#include <stdlib.h>

static const char NOT_YET[] = "the rule is not evaluated yet";
static const char NO_SUCH[] = "nothing of that name is known";
static const char CIRCLE[] = "the rule asks itself";

static struct kf_value missing(void)
{
    return (struct kf_value){.type = KF_VAL_MISSING, .event = UINT32_MAX};
}

static struct kf_value undecided(struct kf_eval *ev, const char *why)
{
    ev->why = why;
    return (struct kf_value){.type = KF_VAL_UNDECIDED, .why = why, .event = UINT32_MAX};
}

static void flips_at(struct kf_eval *ev, int64_t t)
{
    if (t > ev->as_of && t < ev->flip)
        ev->flip = t;
}

enum kf_truth kf_truth_and(enum kf_truth a, enum kf_truth b)
{
    if (a == KF_FALSE || b == KF_FALSE)
        return KF_FALSE;
    return a == KF_TRUE && b == KF_TRUE ? KF_TRUE : KF_UNDECIDED;
}

bool kf_ask_active(struct decider *x, const struct kf_rule *r)
{
    flips_at(&x->ev, r->starts);
    flips_at(&x->ev, r->ends);
    return kf_rule_in_force(r, x->ev.as_of);
}

/* ---- rules, each once ---- */

static void decide(struct decider *x, const struct kf_rule *r, struct memo *m)
{
    if (!r->evaluated && r->kind != KF_KIND_SCORE) {
        m->truth = KF_UNDECIDED;
        m->why = NOT_YET;
        return;
    }
    switch (r->kind) {
    case KF_KIND_SEGMENT:
        kf_segment_decide(x, r, m);
        break;
    case KF_KIND_SUPPRESS:
        kf_suppress_decide(x, r, m);
        break;
    case KF_KIND_CHANNEL:
        kf_channel_decide(x, r, m);
        break;
    case KF_KIND_SCORE:
        kf_score_decide(x, r, m);
        break;
    case KF_KIND_COMPUTED:
        kf_computed_decide(x, r, m);
        break;
    case KF_KIND_CUSTOM:
        m->value =
            kf_ask_active(x, r) ? kf_custom_ask(x, r) : (struct kf_value){.type = KF_VAL_MISSING};
        m->truth = m->value.type == KF_VAL_BOOL      ? m->value.boolean
                   : m->value.type == KF_VAL_MISSING ? KF_FALSE
                                                     : KF_UNDECIDED;
        m->why = m->value.why;
        break;
    default:
        m->truth = KF_UNDECIDED;
        m->why = NO_SUCH;
    }
}

const struct memo *kf_ask_rule(struct decider *x, const struct kf_rule *r)
{
    static const struct memo circle = {
        .truth = KF_UNDECIDED,
        .flip = KF_TIME_MAX,
        .why = CIRCLE,
        .value = {.type = KF_VAL_UNDECIDED, .why = CIRCLE, .event = UINT32_MAX}};
    struct memo *m = &x->memo[r->number];
    if (m->generation == x->generation) {
        if (m->busy)
            return &circle; /* the loader refuses circles */
        flips_at(&x->ev, m->flip);
        return m;
    }
    int64_t flip = x->ev.flip;
    x->ev.flip = KF_TIME_MAX;
    m->generation = x->generation;
    m->busy = true;
    m->truth = KF_FALSE;
    m->no_consent = false;
    m->why = NULL;
    decide(x, r, m);
    m->busy = false;
    m->flip = x->ev.flip;
    if (flip < x->ev.flip)
        x->ev.flip = flip;
    return m;
}

const struct memo *kf_ask_value(struct decider *x, const struct kf_rule *r)
{
    return kf_ask_rule(x, r);
}

void kf_computed_decide(struct decider *x, const struct kf_rule *r, struct memo *m)
{
    const struct rule_info *info = &x->d->info[r->number];
    bool active = kf_ask_active(x, r);
    const struct kf_value *none = active ? kf_eval_of_none(&x->ev, info->when) : NULL;
    m->value = none ? *none : active ? kf_eval_expr(&x->ev, info->when) : missing();
    if (m->value.type == KF_VAL_UNDECIDED)
        m->why = m->value.why;
    else if (m->value.type == KF_VAL_TEXT || m->value.type == KF_VAL_LIST)
        m->value = kf_value_copy(m->value, &x->chunk_arena);
    if (x->row && info->column != KF_NOBODY)
        x->row[info->column] = m->value;
}

/* ---- traits ---- */

static struct kf_value trait_at(struct decider *x, uint32_t target, struct kf_eval *ev)
{
    if (target == KF_NOBODY)
        return undecided(ev, NO_SUCH);
    if (target & KF_COMPUTED) {
        const struct memo *m = kf_ask_value(x, x->d->rules->rule[target & ~KF_COMPUTED]);
        if (m->value.type == KF_VAL_UNDECIDED)
            ev->why = m->value.why;
        return m->value;
    }
    struct kf_value v = x->trait[target];
    if (v.type == KF_VAL_UNDECIDED) {
        ev->why = v.why;
        ev->wrong_type++;
    }
    flips_at(ev, kf_trait_flip(x->d->traits, target, &v));
    return v;
}

static struct kf_value changed(struct decider *x, const struct kf_node *node)
{
    uint32_t t = x->d->target[node->id];
    const struct kf_trait_change *step;
    if (t == KF_NOBODY || (t & KF_COMPUTED))
        return undecided(&x->ev, "only traits that events carry have a history");
    /* The fold keeps its values in an arena of the chunk; a history lives as long. */
    uint32_t n = kf_trait_history(x->fold, &x->ev, t, x->event, x->n, &x->profile_arena, &step);
    if (node->op == KF_E_TRAIT_CHANGED) {
        if (n == 0)
            return missing();
        return (struct kf_value){.type = KF_VAL_TIME,
                                 .time = x->d->w->events->time[step[n - 1].event],
                                 .event = step[n - 1].event};
    }
    return n > 1 ? step[n - 2].value : missing();
}

static struct kf_value account_trait(struct decider *x, struct kf_eval *ev, struct kf_str name)
{
    const uint32_t *group;
    uint32_t n = x->d->groups ? kf_groups_of(x->d->groups, x->profile, &group) : 0, m = 0;
    struct kf_value *item = kf_arena_alloc(&x->profile_arena, (n + 1u) * sizeof *item);
    for (uint32_t i = 0; i < n; i++) {
        item[m] = kf_groups_trait(x->d->groups, ev, group[i], name);
        m += item[m].type != KF_VAL_MISSING;
    }
    if (m == 0)
        return missing();
    return (struct kf_value){.type = KF_VAL_LIST, .item = item, .n = m, .event = UINT32_MAX};
}

static struct kf_value ask_trait(struct kf_eval *ev, const struct kf_node *node)
{
    struct decider *x = ev->ctx;
    if (node->op == KF_E_ACCOUNT_TRAIT)
        return account_trait(x, ev, node->name);
    if (node->op != KF_E_TRAIT)
        return changed(x, node);
    return trait_at(x, x->d->target[node->id], ev);
}

struct kf_value kf_ask_trait(struct decider *x, struct kf_str name)
{
    int t = kf_traits_find(x->d->traits, name);
    if (t >= 0)
        return trait_at(x, (uint32_t)t, &x->ev);
    for (uint32_t i = 0; i < x->d->n_computed; i++)
        if (kf_str_eq(kf_cstr(x->d->computed[i]->name), name))
            return trait_at(x, x->d->computed[i]->number | KF_COMPUTED, &x->ev);
    return missing();
}

/* ---- consent ---- */

static struct kf_consent_now consent_of(struct decider *x, const struct kf_node *node)
{
    struct kf_consent_now none = {KF_CONSENT_UNKNOWN, KF_NO_TIME, UINT32_MAX, KF_TIME_MAX};
    uint32_t purpose = x->d->target[node->id];
    if (purpose == KF_NOBODY)
        return none;
    if (node->kids && node->kid[0]->op == KF_K) {
        uint32_t ns = kf_idset_ns(x->d->w->ids, node->kid[0]->value.text);
        return ns == KF_ID_NONE ? none : kf_consent_fold_best(x->consent, purpose, ns);
    }
    return kf_consent_fold_state(x->consent, purpose);
}

static struct kf_value ask_consent(struct kf_eval *ev, const struct kf_node *node)
{
    struct kf_consent_now s = consent_of(ev->ctx, node);
    flips_at(ev, s.flip);
    if (node->op == KF_E_CONSENT_TIME)
        return s.since == KF_NO_TIME
                   ? missing()
                   : (struct kf_value){.type = KF_VAL_TIME, .time = s.since, .event = s.event};
    return (struct kf_value){
        .type = KF_VAL_TEXT, .text = kf_cstr(kf_consent_state_name(s.state)), .event = s.event};
}

enum kf_truth kf_consent_all(struct decider *x, const uint32_t *purpose, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (purpose[i] == KF_NOBODY)
            return KF_FALSE; /* nobody ever said anything about it */
        if (x->forced && x->forced->purpose[purpose[i]] != KF_AS_IT_IS) {
            if (x->forced->purpose[purpose[i]] != KF_TRUE)
                return KF_FALSE;
            continue;
        }
        struct kf_consent_now s = kf_consent_fold_state(x->consent, purpose[i]);
        flips_at(&x->ev, s.flip);
        if (s.state != KF_CONSENT_GRANTED)
            return KF_FALSE;
    }
    return KF_TRUE;
}

/* ---- other rules ---- */

static struct kf_value ask_score(struct kf_eval *ev, const struct kf_node *node)
{
    struct decider *x = ev->ctx;
    uint32_t r = x->d->target[node->id];
    if (r == KF_NOBODY)
        return undecided(ev, NO_SUCH);
    const struct memo *m = kf_ask_value(x, x->d->rules->rule[r]);
    struct kf_value v = node->op == KF_E_SCORE_BAND ? m->band : m->value;
    if (v.type == KF_VAL_UNDECIDED)
        ev->why = v.why;
    return v;
}

static struct kf_value ask_custom(struct kf_eval *ev, const struct kf_node *node)
{
    struct decider *x = ev->ctx;
    uint32_t r = x->d->target[node->id];
    if (r == KF_NOBODY)
        return undecided(ev, NO_SUCH);
    return kf_ask_rule(x, x->d->rules->rule[r])->value;
}

bool kf_holdout(const struct kf_world *w, uint32_t profile, struct kf_str salt, struct kf_dec share)
{
    uint64_t id = w->identity->profile_id[profile];
    uint8_t buf[256];
    size_t n = salt.n < sizeof buf - 8 ? salt.n : sizeof buf - 8;
    for (int i = 0; i < 8; i++)
        buf[i] = (uint8_t)(id >> (8 * i));
    if (n)
        memcpy(buf + 8, salt.p, n);
    uint64_t h = kf_hash_keyed64(buf, n + 8, w->ids->key, sizeof w->ids->key);
    unsigned __int128 scale = 1;
    for (int i = 0; i < share.scale; i++)
        scale *= 10;
    if (share.m <= 0)
        return false;
    /* h / 2^64 < m / scale; scale is at most 10^18, so neither side overflows. */
    return (unsigned __int128)h * scale < ((unsigned __int128)(uint64_t)share.m << 64);
}

/* member { account = ... }: the condition over the id of one group. */
static enum kf_truth group_passes(struct kf_eval *ev, const struct kf_node *c,
                                  const struct kf_value *id)
{
    bool any = c->op == KF_C_ANY, none = c->op == KF_C_NONE;
    if (c->op == KF_C_TEST)
        return kf_eval_test(ev, id, c->kid[1]);
    enum kf_truth t = any || none ? KF_FALSE : KF_TRUE;
    for (uint32_t i = 0; i < c->kids; i++) {
        enum kf_truth k = group_passes(ev, c->kid[i], id);
        if (any || none)
            t = kf_truth_not(kf_truth_and(kf_truth_not(t), kf_truth_not(k)));
        else
            t = kf_truth_and(t, k);
    }
    return none ? kf_truth_not(t) : t;
}

static enum kf_truth member_of(struct decider *x, struct kf_eval *ev, const struct kf_node *node)
{
    const uint32_t *group;
    uint32_t n = x->d->groups ? kf_groups_of(x->d->groups, x->profile, &group) : 0;
    enum kf_truth t = KF_FALSE;
    bool some = false;
    for (uint32_t i = 0; i < n; i++) {
        if (!kf_str_eq(kf_groups_type(x->d->groups, group[i]), node->name))
            continue;
        struct kf_value id = {
            .type = KF_VAL_TEXT, .text = kf_groups_id(x->d->groups, group[i]), .event = UINT32_MAX};
        some = true;
        enum kf_truth k = node->kids ? group_passes(ev, node->kid[0], &id) : KF_TRUE;
        t = kf_truth_not(kf_truth_and(kf_truth_not(t), kf_truth_not(k)));
    }
    if (!some && node->kids) { /* missing passes only missing() and the negative tests */
        struct kf_value none = missing();
        return group_passes(ev, node->kid[0], &none);
    }
    return t;
}

static enum kf_truth fraud_of(struct decider *x, struct kf_eval *ev, const struct kf_node *node)
{
    uint32_t r = x->d->target[node->id];
    if (r == KF_NOBODY)
        return KF_UNDECIDED;
    uint32_t f = x->d->info[r].ordinal;
    const struct kf_rule *rule = x->d->rules->rule[r];
    if (!kf_ask_active(x, rule))
        return KF_FALSE;
    if (!rule->evaluated)
        return KF_UNDECIDED;
    struct kf_str want = node->value.type == KF_K_TEXT ? node->value.text : kf_str(NULL, 0);
    bool suspicious = !want.n || kf_str_eq(want, kf_cstr("suspicious")),
         reject = !want.n || kf_str_eq(want, kf_cstr("reject")),
         allow = want.n && kf_str_eq(want, kf_cstr("allow"));
    if (ev->looked_at != UINT32_MAX) {
        enum kf_verdict v = kf_fraud_event(x->d, f, ev->looked_at);
        return (suspicious && v == KF_VERDICT_SUSPICIOUS) || (reject && v == KF_VERDICT_REJECT) ||
               (allow && v == KF_VERDICT_ALLOW);
    }
    return (suspicious && kf_fraud_profile_has(x->d, f, x->profile, KF_VERDICT_SUSPICIOUS)) ||
           (reject && kf_fraud_profile_has(x->d, f, x->profile, KF_VERDICT_REJECT)) ||
           (allow && kf_fraud_profile_has(x->d, f, x->profile, KF_VERDICT_ALLOW));
}

static bool event_flagged(struct kf_eval *ev, uint32_t event, const struct kf_node *flag)
{
    const struct decider *x = ev->ctx;
    uint32_t r = x->d->target[flag->id];
    if (r == KF_NOBODY || !x->d->w->event_flags)
        return false;
    return x->d->w->event_flags[event] >> x->d->info[r].ordinal & 1;
}

/* A mark on one of the profile's events, left out or not. */
static enum kf_truth flag_of(struct decider *x, struct kf_eval *ev, const struct kf_node *node)
{
    const struct kf_world *w = x->d->w;
    if (ev->looked_at != UINT32_MAX)
        return event_flagged(ev, ev->looked_at, node);
    for (uint32_t i = w->first[x->profile]; i < w->first[x->profile + 1]; i++)
        if (w->events->time[w->order[i]] <= ev->as_of && event_flagged(ev, w->order[i], node))
            return KF_TRUE;
    return KF_FALSE;
}

static enum kf_truth ask_rule(struct kf_eval *ev, const struct kf_node *node)
{
    struct decider *x = ev->ctx;
    switch (node->op) {
    case KF_C_MEMBER:
        return member_of(x, ev, node);
    case KF_C_HOLDOUT:
        return kf_holdout(x->d->w, x->profile, node->name, node->value.number);
    case KF_C_FLAG:
        return flag_of(x, ev, node);
    case KF_C_FRAUD:
        return fraud_of(x, ev, node);
    default:
        break;
    }
    uint32_t r = x->d->target[node->id];
    if (r == KF_NOBODY) {
        ev->why = NO_SUCH;
        return KF_UNDECIDED;
    }
    const struct memo *m = kf_ask_rule(x, x->d->rules->rule[r]);
    if (m->truth == KF_UNDECIDED)
        ev->why = m->why;
    return (enum kf_truth)m->truth;
}

/* ---- identifiers, touches ---- */

static struct kf_value ask_identifiers(struct kf_eval *ev, struct kf_str name)
{
    struct decider *x = ev->ctx;
    const struct kf_world *w = x->d->w;
    uint32_t ns = kf_idset_ns(w->ids, name), p = x->profile, n = 0;
    struct kf_value v = missing();
    if (ns == KF_ID_NONE || p == KF_NOBODY)
        return v;
    const uint32_t *id = w->ids_of + w->ids_first[p];
    uint32_t all = w->ids_first[p + 1] - w->ids_first[p], first = 0;
    while (first < all && w->ids->ns[id[first]] < ns)
        first++;
    while (first + n < all && w->ids->ns[id[first + n]] == ns)
        n++;
    if (n == 0)
        return v;
    struct kf_value *item = kf_arena_zalloc(&x->profile_arena, n * sizeof *item);
    for (uint32_t i = 0; i < n; i++)
        item[i] = (struct kf_value){.type = KF_VAL_TEXT,
                                    .text = kf_idset_value(w->ids, id[first + i]),
                                    .event = UINT32_MAX};
    v.type = KF_VAL_LIST;
    v.item = item;
    v.n = n;
    return v;
}

static struct kf_value ask_event_identifiers(struct kf_eval *ev, uint32_t event, struct kf_str ns)
{
    struct decider *x = ev->ctx;
    return kf_world_event_identifiers(x->d->w, &ev->scratch, event, ns);
}

void kf_ask_touches(struct decider *x)
{
    if (x->touches_ready)
        return;
    x->n_touch = kf_touches_marked(x->d->w->events, &x->d->touch_names, x->event, x->says, x->n,
                                   &x->profile_arena, &x->touch);
    x->touches_ready = true;
}

static uint32_t ask_touches(struct kf_eval *ev, const struct kf_touch **ret)
{
    struct decider *x = ev->ctx;
    if (!x->real_ready) {
        kf_ask_touches(x);
        struct kf_touch *t = kf_arena_alloc(&x->profile_arena, (x->n_touch + 1u) * sizeof *t);
        x->n_real_touch = 0;
        for (uint32_t i = 0; i < x->n_touch; i++)
            if (x->touch[i].kind != KF_TOUCH_MENTION)
                t[x->n_real_touch++] = x->touch[i];
        x->real_touch = t;
        x->real_ready = true;
    }
    *ret = x->real_touch;
    return x->n_real_touch;
}

static const struct kf_touch *touch_at(struct kf_eval *ev, const struct kf_touch *first, uint32_t i,
                                       uint32_t *ret_event)
{
    (void)ev;
    *ret_event = first[i].event;
    return &first[i];
}

static struct kf_value ask_touch_field(struct kf_eval *ev, const struct kf_touch *t,
                                       struct kf_str field)
{
    return kf_touch_field(ev->ctx, t, field);
}

static struct kf_value ask_members(struct kf_eval *ev, const struct kf_node *node)
{
    return kf_members_count(ev->ctx, node);
}

static uint32_t profile_of(struct kf_eval *ev, uint32_t event)
{
    const struct decider *x = ev->ctx;
    return x->d->w->identity->event_profile[event];
}

static uint32_t with_same(struct kf_eval *ev, const struct kf_node *filter, uint32_t event,
                          const uint32_t **ret)
{
    const struct decider *x = ev->ctx;
    return x->same ? kf_same_index_find(x->same, ev, filter, event, ret) : 0;
}

const struct kf_eval_ops KF_DECIDE_OPS = {
    .trait = ask_trait,
    .consent = ask_consent,
    .score = ask_score,
    .custom = ask_custom,
    .rule = ask_rule,
    .members = ask_members,
    .identifiers = ask_identifiers,
    .event_identifiers = ask_event_identifiers,
    .touches = ask_touches,
    .touch_at = touch_at,
    .touch_field = ask_touch_field,
    .with_same = with_same,
    .profile_of = profile_of,
    .flagged = event_flagged,
};
