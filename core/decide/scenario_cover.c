/* Which truths the conditions of the rules had in a scenario. Every condition is evaluated, also
 * where the answer is known without it: what was never false there can be false in no scenario. */
#include "decide/scenario_internal.h"

#include <stdlib.h>

static bool is_combination(const struct kf_node *n)
{
    return n->op == KF_C_ALL || n->op == KF_C_ANY || n->op == KF_C_NONE ||
           n->op == KF_C_AT_LEAST_OF;
}

/* Where the conditions of a kind stand. */
static const char *const *settings_of(enum kf_kind kind)
{
    static const char *const when[] = {"when", NULL};
    static const char *const segment[] = {"who", "except", NULL};
    static const char *const who[] = {"who", NULL};
    static const char *const channel[] = {"eligible", NULL};
    static const char *const consent[] = {"granted", "denied", NULL};
    static const char *const fraud[] = {"allow", "reject", "suspicious", "signals", NULL};
    static const char *const score[] = {"add", NULL};
    static const char *const group[] = {"groups", NULL};
    static const char *const expect[] = {"properties", NULL};
    static const char *const none[] = {NULL};
    switch (kind) {
    case KF_KIND_LINK:
    case KF_KIND_NEVER_LINK:
    case KF_KIND_TRANSFER:
    case KF_KIND_FLAG:
        return when;
    case KF_KIND_SEGMENT:
        return segment;
    case KF_KIND_SUPPRESS:
        return who;
    case KF_KIND_CHANNEL:
        return channel;
    case KF_KIND_CONSENT:
        return consent;
    case KF_KIND_FRAUD:
        return fraud;
    case KF_KIND_SCORE:
        return score;
    case KF_KIND_CHANNEL_GROUP:
        return group;
    case KF_KIND_EXPECT:
        return expect;
    default:
        return none;
    }
}

/* ---- naming them ---- */

struct naming {
    const struct kf_rule *rule;
    void (*each)(void *ctx, const struct kf_rule *rule, const struct kf_node *condition,
                 uint32_t depth);
    void *ctx;
};

/* In rules of identity any event is any event: no scenario can make that false. */
static bool is_always(const struct kf_rule *r, const struct kf_node *c)
{
    bool identity =
        r->kind == KF_KIND_LINK || r->kind == KF_KIND_NEVER_LINK || r->kind == KF_KIND_TRANSFER;
    return identity && c->op == KF_C_HAS && c->kid[0]->op == KF_S_ANY && !c->kid[0]->kids;
}

static void name(struct naming *n, const struct kf_node *c, uint32_t depth)
{
    if (c->cls == KF_CLASS_TABLE) { /* points, groups, tests: what stands in them */
        for (uint32_t i = 0; i < c->kids; i++)
            name(n, c->kid[i], depth);
        return;
    }
    if (c->cls != KF_CLASS_COND || is_always(n->rule, c))
        return;
    n->each(n->ctx, n->rule, c, depth);
    for (uint32_t i = 0; is_combination(c) && i < c->kids; i++)
        name(n, c->kid[i], depth + 1);
}

void kf_scenario_conditions(const struct kf_rule *rule,
                            void (*each)(void *ctx, const struct kf_rule *rule,
                                         const struct kf_node *condition, uint32_t depth),
                            void *ctx)
{
    struct naming n = {.rule = rule, .each = each, .ctx = ctx};
    for (const char *const *s = settings_of(rule->kind); rule->evaluated && *s; s++) {
        const struct kf_node *c = kf_rule_get(rule, *s);
        if (c)
            name(&n, c, 0);
    }
}

/* ---- seeing them ---- */

struct cover {
    struct outcome *o;
    struct decider *x;
    uint8_t *seen;
};

static void note(struct kf_eval *ev, const struct kf_node *n, enum kf_truth t,
                 const struct kf_value *actual, const uint32_t *evidence, uint32_t n_evidence)
{
    struct cover *k = ev->trace_ctx;
    (void)actual;
    (void)evidence;
    (void)n_evidence;
    if (n->id < k->o->rules->n_nodes)
        k->seen[n->id] |= (uint8_t)(1u << t);
}

static void see(struct cover *k, struct decider *x, const struct kf_node *c)
{
    if (c && c->cls == KF_CLASS_TABLE) {
        for (uint32_t i = 0; i < c->kids; i++)
            see(k, x, c->kid[i]);
        return;
    }
    if (!c || c->cls != KF_CLASS_COND)
        return;
    x->ev.trace = note;
    x->ev.trace_ctx = k;
    kf_eval_cond(&x->ev, c);
    x->ev.trace = NULL;
}

static void see_rule(struct cover *k, struct decider *x, const struct kf_rule *r)
{
    if (!r->evaluated || !kf_rule_in_force(r, k->o->world->as_of))
        return;
    for (const char *const *s = settings_of(r->kind); *s; s++)
        see(k, x, kf_rule_get(r, *s));
}

static const enum kf_kind OF_PEOPLE[] = {KF_KIND_SEGMENT, KF_KIND_SUPPRESS, KF_KIND_CHANNEL,
                                         KF_KIND_SCORE};
static const enum kf_kind OF_EVENTS[] = {KF_KIND_LINK, KF_KIND_NEVER_LINK, KF_KIND_TRANSFER,
                                         KF_KIND_CONSENT, KF_KIND_FLAG};

static void see_kinds(struct cover *k, struct decider *x, const enum kf_kind *kind, size_t n_kind)
{
    for (size_t i = 0; i < n_kind; i++) {
        uint32_t n;
        const struct kf_rule *const *r = kf_rules_kind(k->o->rules, kind[i], &n);
        for (uint32_t j = 0; j < n; j++)
            see_rule(k, x, r[j]);
    }
}

/* A suppression of single addresses asks about the events of each. */
static void see_contacts(struct cover *k, struct decider *x)
{
    const struct kf_world *w = k->o->world;
    const struct kf_decide *d = k->o->decide;
    for (uint32_t i = 0; i < d->n_suppress; i++) {
        const struct kf_rule *r = d->suppress[i];
        if (!d->info[r->number].n_contact)
            continue;
        struct decider *side = kf_decider_side(x, SIDE_EVENTS, x->event, 0, x->ev.as_of);
        side->ev.trace = note;
        side->ev.trace_ctx = k;
        for (uint32_t c = w->ids_first[x->profile]; c < w->ids_first[x->profile + 1]; c++)
            if (w->ids->ns[w->ids_of[c]] == d->info[r->number].contact[0])
                kf_suppress_contact(x, r, w->ids_of[c]);
        side->ev.trace = NULL;
    }
}

static void see_groups(struct cover *k, struct decider *x)
{
    const struct kf_rule *g = k->o->decide->channel_group;
    kf_ask_touches(x);
    for (uint32_t i = 0; g && i < x->n_touch; i++) {
        kf_touch_field(x, &x->touch[i], kf_cstr("channel")); /* makes the side decider */
        struct decider *side = x->side[SIDE_TOUCH];
        if (!side)
            return;
        kf_eval_event(&side->ev, x->touch[i].event);
        side->ev.looked_at_touch = &x->touch[i];
        see_rule(k, side, g);
    }
}

static void see_profile(struct cover *k, uint32_t profile)
{
    struct decider *x = k->x;
    kf_decider_chunk(x);
    kf_decider_start(x, profile, NULL);
    see_kinds(k, x, OF_PEOPLE, sizeof OF_PEOPLE / sizeof *OF_PEOPLE);
    see_contacts(k, x);
    see_groups(k, x);
}

static void see_quality(struct cover *k, uint32_t event)
{
    uint32_t n;
    const struct kf_rule *const *r = kf_rules_kind(k->o->rules, KF_KIND_EXPECT, &n);
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_node *on = kf_rule_get(r[i], "on");
        if (on && on->op == KF_C_HAS)
            on = on->kid[0];
        if (on && on->cls == KF_CLASS_SELECT && kf_eval_event_matches(&k->x->ev, event, on))
            see_rule(k, k->x, r[i]);
    }
}

static void see_events(struct cover *k)
{
    const struct kf_world *w = k->o->world;
    kf_decider_chunk(k->x);
    for (uint32_t e = 0; e < w->events->n; e++) {
        uint32_t p = w->identity->event_profile[e];
        if (w->events->dropped[e] || w->events->time[e] > w->as_of)
            continue;
        if (p == KF_ID_NONE)
            kf_eval_profile(&k->x->ev, NULL, 0);
        else
            kf_decider_start(k->x, p, NULL);
        kf_eval_event(&k->x->ev, e);
        see_kinds(k, k->x, OF_EVENTS, sizeof OF_EVENTS / sizeof *OF_EVENTS);
        see_quality(k, e);
    }
}

struct fraud_cover {
    struct cover *k;
    const struct kf_rule *rule;
};

static void judged(void *ctx, struct decider *x, uint32_t event, uint32_t identifier,
                   struct kf_str key)
{
    struct fraud_cover *f = ctx;
    (void)event;
    (void)identifier;
    (void)key;
    see_rule(f->k, x, f->rule);
}

int kf_outcome_cover(struct outcome *o, uint8_t *seen, struct kf_error *err)
{
    struct cover k = {.o = o, .x = o->decider, .seen = seen};
    for (uint32_t p = 0; p < o->world->n_profiles; p++)
        see_profile(&k, p);
    see_events(&k);
    for (uint32_t i = 0; i < o->decide->n_fraud; i++) {
        struct fraud_cover f = {.k = &k, .rule = o->decide->fraud[i]};
        int rc = kf_fraud_each(o->decide, f.rule, judged, &f, err);
        if (rc)
            return rc;
    }
    return 0;
}
