/* Which truths the conditions of the rules had in a scenario. Every condition is evaluated, also
 * where the answer is known without it: what was never false there can be false in no scenario.
 * What a selection asks of single events is a condition of each event that comes to it. */
#include "decide/scenario_internal.h"

#include <stdlib.h>

static bool is_combination(const struct kf_node *n)
{
    return n->op == KF_C_ALL || n->op == KF_C_ANY || n->op == KF_C_NONE ||
           n->op == KF_C_AT_LEAST_OF;
}

/* Where conditions stand. */
static const struct place {
    enum kf_kind kind;
    const char *setting;
    bool selects; /* it says which events; only what it asks of them is a condition */
} PLACES[] = {{KF_KIND_LINK, "when", false},         {KF_KIND_NEVER_LINK, "when", false},
              {KF_KIND_TRANSFER, "when", false},     {KF_KIND_FLAG, "when", false},
              {KF_KIND_CONSENT, "granted", false},   {KF_KIND_CONSENT, "denied", false},
              {KF_KIND_TRAIT, "from", true},         {KF_KIND_COMPUTED, "is", false},
              {KF_KIND_SEGMENT, "who", false},       {KF_KIND_SEGMENT, "except", false},
              {KF_KIND_SUPPRESS, "who", false},      {KF_KIND_CHANNEL, "eligible", false},
              {KF_KIND_CHANNEL, "sent", true},       {KF_KIND_FRAUD, "look_at", true},
              {KF_KIND_FRAUD, "allow", false},       {KF_KIND_FRAUD, "reject", false},
              {KF_KIND_FRAUD, "suspicious", false},  {KF_KIND_FRAUD, "signals", false},
              {KF_KIND_SCORE, "add", false},         {KF_KIND_CHANNEL_GROUP, "groups", false},
              {KF_KIND_EXPECT, "on", true},          {KF_KIND_EXPECT, "properties", false},
              {KF_KIND_EXPECT, "looks_like", false}, {KF_KIND_CUSTOM, "reads", true}};
#define N_PLACES (sizeof PLACES / sizeof *PLACES)

/* A selection where a condition could stand is written as the condition that there is such. */
static const struct kf_node *bare(const struct place *p, const struct kf_node *n)
{
    return p->selects && n->op == KF_C_HAS ? n->kid[0] : n;
}

/* ---- naming them ---- */

struct naming {
    const struct kf_rule *rule;
    const struct place *place;
    kf_scenario_condition *each;
    void *ctx;
};

/* In rules of identity any event is any event: no scenario can make that false. */
static bool is_always(const struct kf_rule *r, const struct kf_node *c)
{
    bool identity =
        r->kind == KF_KIND_LINK || r->kind == KF_KIND_NEVER_LINK || r->kind == KF_KIND_TRANSFER;
    return identity && c->op == KF_C_HAS && c->kid[0]->op == KF_S_ANY && !c->kid[0]->kids;
}

/* What stands in it is true exactly where it is itself: the one test of the touch that a channel
 * group looks at, the test of a group's id. */
static bool is_one(const struct kf_rule *r, const struct kf_node *c)
{
    const struct kf_node *s = c->op == KF_C_HAS ? c->kid[0] : NULL;
    if (c->op == KF_C_MEMBER)
        return true;
    return r->kind == KF_KIND_CHANNEL_GROUP && s && s->op == KF_S_TOUCH && s->kids == 1 &&
           s->kid[0]->op == KF_F_WHERE && s->kid[0]->kids == 1;
}

/* of: the selection whose events are asked, NULL: none. */
static void name(struct naming *n, const struct kf_node *c, const struct kf_node *of)
{
    bool condition = c->cls == KF_CLASS_COND;
    if (condition && is_always(n->rule, c))
        return;
    if (condition)
        n->each(n->ctx, n->rule, c, of);
    if (condition && is_one(n->rule, c))
        return;
    if (condition && !is_combination(c))
        of = NULL;
    if (c->cls == KF_CLASS_SELECT)
        of = c;
    for (uint32_t i = 0; i < c->kids; i++)
        name(n, bare(n->place, c->kid[i]), of);
}

void kf_scenario_conditions(const struct kf_rule *rule, kf_scenario_condition *each, void *ctx)
{
    struct naming n = {.rule = rule, .each = each, .ctx = ctx};
    for (n.place = PLACES; rule->evaluated && n.place < PLACES + N_PLACES; n.place++) {
        const struct kf_node *c =
            n.place->kind == rule->kind ? kf_rule_get(rule, n.place->setting) : NULL;
        if (c)
            name(&n, bare(n.place, c), NULL);
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

/* k NULL: no longer. */
static void watch(struct cover *k, struct decider *x)
{
    x->ev.trace = k ? note : NULL;
    x->ev.trace_ctx = k;
    x->ev.inside = k != NULL;
}

static void see(struct cover *k, struct decider *x, const struct kf_node *c)
{
    const uint32_t *event;
    uint32_t n;
    watch(k, x);
    switch (c->cls) {
    case KF_CLASS_COND:
        kf_eval_cond(&x->ev, c);
        break;
    case KF_CLASS_EXPR:
        kf_eval_expr(&x->ev, c);
        break;
    case KF_CLASS_SELECT:
        if (x->ev.looked_at == UINT32_MAX)
            kf_eval_select(&x->ev, c, &event, &n);
        else
            kf_eval_event_matches(&x->ev, x->ev.looked_at, c);
        break;
    default:
        break;
    }
    watch(NULL, x);
}

static void see_all(struct cover *k, struct decider *x, const struct place *p,
                    const struct kf_node *c)
{
    see(k, x, bare(p, c));
    for (uint32_t i = 0; c->cls == KF_CLASS_TABLE && i < c->kids; i++)
        see_all(k, x, p, c->kid[i]);
}

/* The places of a rule that select, or the others. */
static void see_places(struct cover *k, struct decider *x, const struct kf_rule *r, bool selects)
{
    if (!r->evaluated || !kf_rule_in_force(r, k->o->world->as_of))
        return;
    for (const struct place *p = PLACES; p < PLACES + N_PLACES; p++) {
        const struct kf_node *c =
            p->kind == r->kind && p->selects == selects ? kf_rule_get(r, p->setting) : NULL;
        if (c)
            see_all(k, x, p, c);
    }
}

static const enum kf_kind OF_PEOPLE[] = {KF_KIND_SEGMENT, KF_KIND_SUPPRESS, KF_KIND_CHANNEL,
                                         KF_KIND_SCORE,   KF_KIND_COMPUTED, KF_KIND_CUSTOM};
static const enum kf_kind OF_EVENTS[] = {KF_KIND_LINK,    KF_KIND_NEVER_LINK, KF_KIND_TRANSFER,
                                         KF_KIND_CONSENT, KF_KIND_FLAG,       KF_KIND_TRAIT};
/* They look at events; of which they say more, others see to. */
static const enum kf_kind OF_SOME[] = {KF_KIND_FRAUD, KF_KIND_EXPECT};

static void see_kinds(struct cover *k, struct decider *x, const enum kf_kind *kind, size_t n_kind,
                      bool selects)
{
    for (size_t i = 0; i < n_kind; i++) {
        uint32_t n;
        const struct kf_rule *const *r = kf_rules_kind(k->o->rules, kind[i], &n);
        for (uint32_t j = 0; j < n; j++)
            see_places(k, x, r[j], selects);
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
        watch(k, side);
        for (uint32_t c = w->ids_first[x->profile]; c < w->ids_first[x->profile + 1]; c++)
            if (w->ids->ns[w->ids_of[c]] == d->info[r->number].contact[0])
                kf_suppress_contact(x, r, w->ids_of[c]);
        watch(NULL, side);
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
        see_places(k, side, g, false);
    }
}

/* Who counts as a member is asked of those who are in such a group. */
static void see_members(struct cover *k, struct decider *x)
{
    const struct kf_decide *d = k->o->decide;
    const uint32_t *group;
    uint32_t n = d->groups ? kf_groups_of(d->groups, x->profile, &group) : 0;
    for (uint32_t i = 0; i < d->n_members_node; i++) {
        uint32_t g = 0;
        while (g < n && !kf_str_eq(kf_groups_type(d->groups, group[g]), d->members_node[i]->name))
            g++;
        if (g < n)
            see(k, x, d->members_node[i]->kid[0]);
    }
}

static void see_profile(struct cover *k, uint32_t profile)
{
    struct decider *x = k->x;
    kf_decider_chunk(x);
    kf_decider_start(x, profile, NULL);
    see_kinds(k, x, OF_PEOPLE, sizeof OF_PEOPLE / sizeof *OF_PEOPLE, false);
    see_kinds(k, x, OF_PEOPLE, sizeof OF_PEOPLE / sizeof *OF_PEOPLE, true);
    see_members(k, x);
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
        if (!on || (on->cls == KF_CLASS_SELECT && kf_eval_event_matches(&k->x->ev, event, on)))
            see_places(k, k->x, r[i], false);
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
        see_kinds(k, k->x, OF_EVENTS, sizeof OF_EVENTS / sizeof *OF_EVENTS, false);
        see_kinds(k, k->x, OF_EVENTS, sizeof OF_EVENTS / sizeof *OF_EVENTS, true);
        see_kinds(k, k->x, OF_SOME, sizeof OF_SOME / sizeof *OF_SOME, true);
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
    see_places(f->k, x, f->rule, false);
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
