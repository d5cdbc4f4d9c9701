/* The same for rules about events, for what people said, and for what ties identifiers. */
#include "decide/scenario_tell.h"

#include <stdlib.h>

/* ---- one event ---- */

struct telling_event {
    struct kf_telling *k;
    const struct kf_ask_why *ask;
    bool found;
};

static void tell_part(struct kf_telling *k, struct decider *x, const struct kf_rule *r,
                      const char *setting)
{
    const struct kf_node *n = kf_rule_get(r, setting);
    if (!n || n->cls != KF_CLASS_COND)
        return;
    kf_tell(k, 0, -1, "%s", setting);
    kf_tell_condition(k, x, n, 1);
}

static void tell_signals(struct kf_telling *k, struct decider *x, const struct kf_rule *r)
{
    const struct kf_node *signals = kf_rule_get(r, "signals");
    if (signals)
        kf_tell(k, 0, -1, "signals");
    for (uint32_t i = 0; signals && i < signals->kids; i++) {
        const struct kf_node *when = kf_map_get(signals->kid[i], "when"),
                             *points = kf_map_get(signals->kid[i], "points"),
                             *label = kf_map_get(signals->kid[i], "label");
        struct kf_value v = points ? kf_value_from_const(&points->value)
                                   : (struct kf_value){.type = KF_VAL_MISSING};
        if (!when)
            continue;
        size_t at = k->line.n;
        kf_tell_condition(k, x, when, 1);
        struct kf_scenario_line *l = &k->line.p[at];
        l->text = kf_arena_printf(k->o->kept, "%s points%s%s%s: %s", kf_tell_text(k, &v),
                                  label ? " (" : "", label ? label->value.text.p : "",
                                  label ? ")" : "", l->text);
    }
}

static bool is_key(const struct telling_event *t, uint32_t identifier, struct kf_str key)
{
    if (identifier == KF_ID_NONE)
        return kf_str_eq(key, t->ask->key);
    return kf_str_eq(kf_cstr(kf_outcome_ident(t->k->o, identifier)), t->ask->key);
}

/* The decider stands where the rule judged. */
static void judged(void *ctx, struct decider *x, uint32_t event, uint32_t identifier,
                   struct kf_str key)
{
    struct telling_event *t = ctx;
    const struct kf_rule *r = t->ask->rule;
    bool mine = t->ask->event != KF_ID_NONE ? event == t->ask->event
                                            : event == KF_ID_NONE && is_key(t, identifier, key);
    if (!mine || t->found)
        return;
    t->found = true;
    tell_part(t->k, x, r, "allow");
    tell_part(t->k, x, r, "reject");
    tell_part(t->k, x, r, "suspicious");
    tell_signals(t->k, x, r);
}

static void tell_fraud(struct kf_telling *k, const struct kf_ask_why *ask)
{
    struct telling_event t = {.k = k, .ask = ask};
    struct kf_error err = KF_ERROR_INIT;
    if (kf_fraud_each(k->o->decide, ask->rule, judged, &t, &err))
        kf_tell(k, 0, -1, "%s", err.message);
    else if (!t.found)
        kf_tell(k, 0, -1, "the rule does not look at it");
}

static void tell_tests(struct kf_telling *k, struct decider *x, const struct kf_node *tests)
{
    for (uint32_t i = 0; tests && i < tests->kids; i++)
        if (tests->kid[i]->cls == KF_CLASS_COND)
            kf_tell_condition(k, x, tests->kid[i], 0);
}

static void look_at(struct decider *x, const struct kf_world *w, uint32_t event)
{
    uint32_t p = w->identity->event_profile[event];
    kf_decider_chunk(x);
    if (p == KF_ID_NONE)
        kf_eval_profile(&x->ev, NULL, 0);
    else
        kf_decider_start(x, p, NULL);
    kf_eval_event(&x->ev, event);
}

void kf_tell_event(struct kf_telling *k, const struct kf_ask_why *ask)
{
    struct decider *x = k->o->decider;
    const struct kf_rule *r = ask->rule;
    if (r->kind == KF_KIND_FRAUD) {
        tell_fraud(k, ask);
        return;
    }
    look_at(x, k->o->world, ask->event);
    if (r->kind == KF_KIND_EXPECT)
        tell_tests(k, x, kf_rule_get(r, "properties"));
    else if (kf_rule_get(r, "when"))
        kf_tell_condition(k, x, kf_rule_get(r, "when"), 0);
    if (!k->line.n)
        kf_tell(k, 0, -1, "check = '%s'", kf_rule_text(r, "check", ""));
}

void kf_tell_key(struct kf_telling *k, const struct kf_ask_why *ask)
{
    tell_fraud(k, ask);
}

/* ---- what was said ---- */

void kf_tell_consent(struct kf_telling *k, uint32_t profile, struct kf_str purpose, uint32_t depth)
{
    struct outcome *o = k->o;
    int number = kf_statements_purpose(&o->world->statements, purpose);
    const struct kf_consent_said *said;
    struct kf_error err = KF_ERROR_INIT;
    uint32_t n = 0;
    if (number >= 0 && kf_decide_consent_history(o->decide, profile, (uint32_t)number, &o->arena,
                                                 &said, &n, &err)) {
        kf_tell(k, depth, -1, "%s", err.message);
        return;
    }
    if (!n)
        kf_tell(k, depth, -1, "nothing was said");
    for (uint32_t i = 0; i < n; i++) {
        kf_tell(k, depth, -1, "%s said%s%s", kf_outcome_ident(o, said[i].identifier),
                said[i].rule < o->rules->n ? " by rule " : "",
                said[i].rule < o->rules->n ? o->rules->rule[said[i].rule]->name : "")
            ->actual = said[i].state == KF_SAID_GRANTED ? "'granted'" : "'denied'";
        kf_tell_events(k, &said[i].event, 1);
    }
}

/* ---- what ties ---- */

static void tell_link(struct kf_telling *k, const struct kf_id_link *l)
{
    struct outcome *o = k->o;
    bool kept = l->reason == KF_ID_KEPT;
    struct kf_buf b = {0};
    if (!kept)
        kf_buf_adds(&b, kf_identity_reason_name((enum kf_id_reason)l->reason));
    if (!kept && l->limit_ns != KF_ID_NONE)
        kf_buf_addf(&b, " of %s", o->world->ids->rules.ns[l->limit_ns].name);
    if (!kept && l->sep_a != KF_ID_NONE && l->sep_b != KF_ID_NONE)
        kf_buf_addf(&b, ": %s and %s", kf_outcome_ident(o, l->sep_a),
                    kf_outcome_ident(o, l->sep_b));
    kf_tell(k, 0, kept, "%s and %s by %s", kf_outcome_ident(o, l->a), kf_outcome_ident(o, l->b),
            l->rule)
        ->actual = kept ? "kept" : kf_arena_printf(o->kept, "refused, %s", b.p ? b.p : "");
    if (l->event != KF_ID_NONE)
        kf_tell_events(k, &l->event, 1);
    kf_buf_free(&b);
}

static bool touches(const struct kf_id_link *l, uint32_t id)
{
    return id != KF_ID_NONE && (l->a == id || l->b == id);
}

void kf_tell_links(struct kf_telling *k, uint32_t a, uint32_t b)
{
    const struct kf_id_result *r = k->o->world->identity;
    uint32_t n = 0;
    for (int between = 1; between >= 0; between--)
        for (uint32_t i = 0; i < r->n_link; i++) {
            const struct kf_id_link *l = &r->link[i];
            bool both = touches(l, a) && touches(l, b);
            if (between != both || (!touches(l, a) && !touches(l, b)))
                continue;
            if (n++ < 6)
                tell_link(k, l);
        }
    if (n > 6)
        kf_tell(k, 0, -1, "and %u more", n - 6);
    if (!n)
        kf_tell(k, 0, -1, "no rule ties it to anything");
}
