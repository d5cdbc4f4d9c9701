/* Why somebody is, or is not, where a scenario expects them: rules about people. */
#include "decide/scenario_tell.h"

#include <stdlib.h>

#define EXPLAINED 3u /* of one problem; the rest is counted */

/* ---- a rule ---- */

static void tell_score(struct kf_telling *k, const struct kf_reasoning *w, uint32_t depth)
{
    kf_tell(k, depth, -1, "the points that hold, cut off at the range")->actual =
        kf_tell_text(k, &w->value);
    if (kf_rule_get(w->rule, "bands"))
        kf_tell(k, depth, -1, "band")->actual = kf_tell_text(k, &w->band);
}

static void tell_reach(struct kf_telling *k, const struct kf_reasoning *w, uint32_t depth)
{
    int64_t from = w->reach.from;
    if (w->reach.contact != KF_ID_NONE)
        kf_tell(k, depth, -1, "address")->actual = kf_outcome_ident(k->o, w->reach.contact);
    if (w->reach.contact != KF_ID_NONE && from > k->o->world->as_of && from != KF_TIME_MAX) {
        struct kf_value v = {.type = KF_VAL_TIME, .time = from, .event = UINT32_MAX};
        kf_tell(k, depth, -1, "not before")->actual = kf_tell_text(k, &v);
    }
}

/* What is no condition, after these. */
static void tell_rest(struct kf_telling *k, struct kf_reasoning *w, uint32_t depth)
{
    const struct kf_why_value *v;
    uint32_t n = kf_why_values(w, &v);
    bool custom = w->rule->kind == KF_KIND_CUSTOM;
    if (custom)
        kf_tell(k, depth, -1, "its function returned")->actual = kf_tell_text(k, &w->value);
    kf_tell_values(k, v, n, depth + custom);
    if (w->rule->kind == KF_KIND_SCORE)
        tell_score(k, w, depth);
    if (w->rule->kind == KF_KIND_CHANNEL)
        tell_reach(k, w, depth);
    if (w->waits)
        kf_tell(k, depth, -1, "it waits (entry_wait, exit_wait): what is above is as of now");
}

static void tell_trait(struct kf_telling *k, uint32_t profile, const struct kf_rule *r,
                       uint32_t depth)
{
    struct kf_error ignored = KF_ERROR_INIT;
    const struct kf_trait_step *step;
    uint32_t n;
    if (kf_decide_trait_history(k->o->decide, profile, r, &k->o->arena, &step, &n, &ignored)) {
        kf_tell(k, depth, -1, "%s", ignored.message);
        return;
    }
    if (!n)
        kf_tell(k, depth, -1, "no event says it");
    for (uint32_t i = 0; i < n; i++) {
        kf_tell(k, depth, -1, "was set")->actual = kf_tell_text(k, &step[i].value);
        kf_tell_events(k, &step[i].event, 1);
    }
}

void kf_tell_rule(struct kf_telling *k, uint32_t profile, const struct kf_rule *r, uint32_t depth)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_reasoning *w;
    if (r->kind == KF_KIND_TRAIT) {
        tell_trait(k, profile, r, depth);
        return;
    }
    if (kf_decide_why(k->o->decide, profile, r, &w, &err)) {
        kf_tell(k, depth, -1, "%s", err.message);
        return;
    }
    k->nest++;
    const struct kf_node *start = r->kind == KF_KIND_SCORE ? kf_rule_get(r, "start") : NULL;
    if (start) {
        struct kf_value v = kf_value_from_const(&start->value);
        kf_tell(k, depth, -1, "it starts at %s", kf_tell_text(k, &v));
    }
    if (r->kind != KF_KIND_CUSTOM) /* its one question is itself */
        kf_tell_parts(k, w, depth);
    tell_rest(k, w, depth);
    k->nest--;
    kf_why_free(w);
}

/* ---- which of them, and what it is called ---- */

static const char *about(struct outcome *o, const struct kf_ask_why *ask)
{
    const struct kf_rule *r = ask->rule;
    const char *who = ask->profile == KF_NOBODY ? "" : kf_outcome_name(o, ask->profile);
    const char *not = ask->is ? "" : " not";
    if (!r && ask->profile != KF_NOBODY)
        return kf_arena_printf(o->kept, "what %s said about '%.*s'", who, (int)ask->key.n,
                               ask->key.p);
    if (!r)
        return kf_arena_printf(o->kept, "what ties %s", kf_outcome_ident(o, ask->a));
    if (ask->event != KF_ID_NONE)
        return kf_arena_printf(o->kept, "event %u by %s %s", kf_outcome_number(o, ask->event),
                               kf_kind_name(r->kind), r->name);
    switch (r->kind) {
    case KF_KIND_SEGMENT:
        return kf_arena_printf(o->kept, "%s is%s in segment %s", who, not, r->name);
    case KF_KIND_SUPPRESS:
        return kf_arena_printf(o->kept, "%s is%s suppressed by %s", who, not, r->name);
    case KF_KIND_EXPORT:
        return kf_arena_printf(o->kept, "%s is%s sent by export %s", who, not, r->name);
    case KF_KIND_CHANNEL:
        return kf_arena_printf(o->kept, "channel %s for %s", r->name, who);
    case KF_KIND_FRAUD:
        return kf_arena_printf(o->kept, "%.*s by fraud %s", (int)ask->key.n, ask->key.p, r->name);
    default:
        return kf_arena_printf(o->kept, "%s %s of %s",
                               r->kind == KF_KIND_COMPUTED ? "trait" : kf_kind_name(r->kind),
                               r->name, who);
    }
}

static void tell(struct kf_telling *k, const struct kf_ask_why *ask)
{
    if (!ask->rule && ask->profile != KF_NOBODY)
        kf_tell_consent(k, ask->profile, ask->key);
    else if (!ask->rule)
        kf_tell_links(k, ask->a, ask->b);
    else if (ask->rule->kind == KF_KIND_FRAUD)
        kf_tell_fraud(k, ask);
    else if (ask->event != KF_ID_NONE)
        kf_tell_event(k, ask->rule, ask->event);
    else
        kf_tell_rule(k, ask->profile, ask->rule, 0);
}

static void explain_one(struct outcome *o, const struct kf_ask_why *ask,
                        struct kf_scenario_why *ret)
{
    struct kf_telling k = {.o = o};
    tell(&k, ask);
    struct kf_scenario_line *l = kf_arena_alloc(o->kept, (k.line.n + 1) * sizeof *l);
    if (k.line.n)
        memcpy(l, k.line.p, k.line.n * sizeof *l);
    *ret = (struct kf_scenario_why){
        .about = about(o, ask),
        .rule = ask->rule,
        .event = ask->event == KF_ID_NONE ? 0 : kf_outcome_number(o, ask->event),
        .line = l,
        .n = (uint32_t)k.line.n};
    kf_vec_free(&k.line);
}

static bool same_ask(const struct kf_ask_why *a, const struct kf_ask_why *b)
{
    return a->rule == b->rule && a->profile == b->profile && a->event == b->event && a->a == b->a &&
           kf_str_eq(a->key, b->key);
}

/* Was it explained with an earlier problem already? */
static bool explained(const struct outcome *o, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (o->ask.p[k].told && same_ask(&o->ask.p[k], &o->ask.p[i]))
            return true;
    return false;
}

int kf_outcome_explain(struct outcome *o, struct kf_error *err)
{
    (void)err;
    for (size_t i = 0, n; i < o->ask.n; i += n) {
        struct kf_scenario_problem *p = &o->problem.p[o->ask.p[i].problem];
        struct kf_scenario_why *why = kf_arena_alloc(o->kept, EXPLAINED * sizeof *why);
        for (n = 0; i + n < o->ask.n && o->ask.p[i + n].problem == o->ask.p[i].problem; n++) {
            if (explained(o, i + n))
                continue;
            if (p->n_why == EXPLAINED) {
                p->more_why++;
                continue;
            }
            explain_one(o, &o->ask.p[i + n], &why[p->n_why++]);
            o->ask.p[i + n].told = true;
        }
        p->why = why;
    }
    return 0;
}
