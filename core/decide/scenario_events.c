/* What a scenario expects of single events: marks, verdicts, channels of touches, quality. What
 * `expect` names is complete. */
#include "decide/scenario_internal.h"

#include <stdlib.h>

/* The whole number that stands there; 0: none. */
static uint32_t event_number(const struct kf_node *n)
{
    return n->value.type == KF_K_NUMBER && n->value.number.scale == 0 && n->value.number.m > 0 &&
                   n->value.number.m < UINT32_MAX
               ? (uint32_t)n->value.number.m
               : 0;
}

static const char *event_name(struct outcome *o, uint32_t number)
{
    return kf_arena_printf(o->kept, "event %u", number);
}

static void ask_event(struct outcome *o, const struct kf_rule *rule, uint32_t event, bool is)
{
    kf_outcome_ask(o, (struct kf_ask_why){.rule = rule,
                                          .profile = KF_NOBODY,
                                          .event = event,
                                          .a = KF_ID_NONE,
                                          .b = KF_ID_NONE,
                                          .is = is});
}

/* Numbers that name no event of the text are problems of their own; texts are not ours. */
static void mark_expected(struct outcome *o, const struct kf_node *want, uint8_t *expected)
{
    for (uint32_t i = 0; i < want->kids; i++) {
        uint32_t number = event_number(want->kid[i]);
        if (number >= 1 && number <= o->given->n)
            expected[number] = 1;
        else if (want->kid[i]->value.type == KF_K_NUMBER)
            kf_outcome_problem(o, want->kid[i], "there is no event %lld: 'given' has %u",
                               (long long)want->kid[i]->value.number.m, o->given->n);
    }
}

static void event_set(struct outcome *o, const char *what, const struct kf_rule *rule,
                      const struct kf_node *want, const uint8_t *is)
{
    uint32_t n = o->given->n;
    uint8_t *expected = kf_arena_zalloc(&o->arena, n + 2u);
    texts missing = {0}, extra = {0};
    mark_expected(o, want, expected);
    for (uint32_t number = 1; number <= n; number++) {
        uint32_t e = kf_outcome_event(o, number);
        bool found = e != KF_ID_NONE && is[e];
        if (expected[number] && !found)
            *kf_vec_push(&missing) = event_name(o, number);
        else if (found && !expected[number])
            *kf_vec_push(&extra) = event_name(o, number);
    }
    if (missing.n || extra.n) {
        kf_outcome_problem(o, want, "%s %s", what, rule->name);
        kf_outcome_lists(o, &missing, &extra);
        for (int there = 0; there < 2; there++)
            for (uint32_t number = 1; number <= n; number++) {
                uint32_t e = kf_outcome_event(o, number);
                bool found = e != KF_ID_NONE && is[e];
                if (e != KF_ID_NONE && found != (bool)expected[number] && found == (bool)there)
                    ask_event(o, rule, e, found);
            }
    }
    kf_vec_free(&missing);
    kf_vec_free(&extra);
}

static void flags(struct outcome *o, const struct kf_node *want)
{
    for (uint32_t i = 0; want && want->key && i < want->kids; i++) {
        const struct kf_rule *r = kf_outcome_rule(o, want->kid[i], KF_KIND_FLAG, want->key[i]);
        uint8_t *is = kf_arena_zalloc(&o->arena, o->world->events->n + 1u);
        for (uint32_t e = 0; r && e < o->world->events->n; e++)
            is[e] = kf_world_flagged(o->world, e, kf_cstr(r->name));
        if (r)
            event_set(o, "flag", r, want->kid[i], is);
    }
}

/* ---- fraud ---- */

static const char *key_text(struct outcome *o, const struct kf_fraud_row *r)
{
    if (r->identifier != KF_ID_NONE)
        return kf_outcome_ident(o, r->identifier);
    return kf_arena_strndup(o->kept, r->key.p ? r->key.p : "", r->key.n);
}

static bool wants_key(const struct kf_node *want, const char *key)
{
    for (uint32_t k = 0; k < want->kids; k++)
        if (want->kid[k]->value.type == KF_K_TEXT &&
            kf_str_eq(want->kid[k]->value.text, kf_cstr(key)))
            return true;
    return false;
}

static void ask_key(struct outcome *o, const struct kf_rule *r, const char *key, bool is)
{
    kf_outcome_ask(o, (struct kf_ask_why){.rule = r,
                                          .profile = KF_NOBODY,
                                          .event = KF_ID_NONE,
                                          .key = kf_cstr(key),
                                          .a = KF_ID_NONE,
                                          .b = KF_ID_NONE,
                                          .is = is});
}

/* Verdicts about identifiers, values and networks. */
static void key_set(struct outcome *o, const char *word, const struct kf_rule *r,
                    const struct kf_node *want, enum kf_verdict v)
{
    uint32_t n;
    const struct kf_fraud_row *row = kf_decide_fraud(o->decide, &n);
    texts found = {0}, missing = {0}, extra = {0};
    for (uint32_t i = 0; i < n; i++)
        if (row[i].rule == r->number && row[i].verdict == v && row[i].event == KF_ID_NONE)
            *kf_vec_push(&found) = key_text(o, &row[i]);
    for (uint32_t k = 0; k < want->kids; k++) {
        bool there = want->kid[k]->value.type != KF_K_TEXT;
        for (size_t i = 0; i < found.n && !there; i++)
            there = kf_str_eq(want->kid[k]->value.text, kf_cstr(found.p[i]));
        if (!there)
            *kf_vec_push(&missing) = want->kid[k]->value.text.p;
    }
    for (size_t i = 0; i < found.n; i++)
        if (!wants_key(want, found.p[i]))
            *kf_vec_push(&extra) = found.p[i];
    if (missing.n || extra.n) {
        kf_outcome_problem(o, want, "%s %s", word, r->name);
        kf_outcome_lists(o, &missing, &extra);
        for (size_t i = 0; i < missing.n; i++)
            ask_key(o, r, missing.p[i], false);
        for (size_t i = 0; i < extra.n; i++)
            ask_key(o, r, extra.p[i], true);
    }
    kf_vec_free(&found);
    kf_vec_free(&missing);
    kf_vec_free(&extra);
}

static void verdict(struct outcome *o, const struct kf_rule *r, const char *word,
                    const struct kf_node *want, enum kf_verdict v)
{
    uint32_t n;
    const struct kf_fraud_row *row = kf_decide_fraud(o->decide, &n);
    uint8_t *is = kf_arena_zalloc(&o->arena, o->world->events->n + 1u);
    for (uint32_t i = 0; i < n; i++)
        if (row[i].rule == r->number && row[i].verdict == v && row[i].event != KF_ID_NONE)
            is[row[i].event] = 1;
    const struct kf_node *look_at = kf_rule_get(r, "look_at");
    bool of_events = look_at && (look_at->cls == KF_CLASS_SELECT || look_at->op == KF_C_HAS);
    const char *what = kf_arena_printf(o->kept, "%s by fraud", word);
    if (of_events)
        event_set(o, what, r, want, is);
    for (uint32_t k = 0; k < want->kids; k++)
        if ((want->kid[k]->value.type == KF_K_NUMBER) != of_events)
            kf_outcome_problem(o, want->kid[k],
                               of_events
                                   ? "fraud %s looks at events: name them by number"
                                   : "fraud %s does not look at events: name what it looks at",
                               r->name);
    if (!of_events)
        key_set(o, what, r, want, v);
}

static void frauds(struct outcome *o, const struct kf_node *want)
{
    for (uint32_t i = 0; want && want->key && i < want->kids; i++) {
        const struct kf_rule *r = kf_outcome_rule(o, want->kid[i], KF_KIND_FRAUD, want->key[i]);
        const struct kf_node *reject = kf_map_get(want->kid[i], "reject"),
                             *suspicious = kf_map_get(want->kid[i], "suspicious");
        kf_outcome_keys(o, want->kid[i], "fraud", "reject suspicious");
        if (r && reject)
            verdict(o, r, "rejected", reject, KF_VERDICT_REJECT);
        if (r && suspicious)
            verdict(o, r, "suspicious", suspicious, KF_VERDICT_SUSPICIOUS);
    }
}

/* ---- channels of touches ---- */

static void channel_of(struct outcome *o, const struct kf_node *of, uint32_t i)
{
    uint32_t number = of->key ? (uint32_t)strtoul(of->key[i], NULL, 10) : 0;
    uint32_t e = kf_outcome_event(o, number);
    struct kf_value v = {.type = KF_VAL_MISSING};
    if (e == KF_ID_NONE || o->world->identity->event_profile[e] == KF_ID_NONE) {
        kf_outcome_problem(
            o, of, e == KF_ID_NONE ? "there is no event %u" : "event %u belongs to nobody", number);
        return;
    }
    kf_decider_chunk(o->decider);
    kf_decider_start(o->decider, o->world->identity->event_profile[e], NULL);
    kf_ask_touches(o->decider);
    for (uint32_t t = 0; t < o->decider->n_touch; t++)
        if (o->decider->touch[t].event == e)
            v = kf_touch_field(o->decider, &o->decider->touch[t], kf_cstr("channel"));
    if (!kf_outcome_same(o, of->kid[i], &v))
        kf_outcome_differs(o, of->kid[i], &v, "channel group default, event %u", number);
}

/* channels = { default = { [event] = "Email" } }; groups of attribution rules wait for these. */
static void groups(struct outcome *o, const struct kf_node *want)
{
    for (uint32_t i = 0; want && want->key && i < want->kids; i++) {
        const struct kf_node *of = want->kid[i];
        if (!kf_outcome_rule(o, of, KF_KIND_CHANNEL_GROUP, want->key[i]))
            continue;
        if (strcmp(want->key[i], "default") != 0) {
            o->waiting = kf_arena_printf(o->kept, "channels.%s", want->key[i]);
            continue;
        }
        for (uint32_t k = 0; k < of->kids; k++)
            channel_of(o, of, k);
    }
}

/* ---- quality ---- */

static void quality_of(struct outcome *o, const struct kf_rule *r, const struct kf_node *want)
{
    const struct kf_node *bad = kf_map_get(want, "bad"), *of = kf_map_get(want, "of");
    uint8_t *is = kf_arena_zalloc(&o->arena, o->world->events->n + 1u);
    struct kf_error err = KF_ERROR_INIT;
    const uint32_t *event;
    uint64_t checked;
    uint32_t n;
    if (kf_quality_events(o->decide, r, &checked, &event, &n, &o->arena, &err)) {
        kf_outcome_problem(o, want, "%s", err.message);
        return;
    }
    for (uint32_t k = 0; k < n; k++)
        is[event[k]] = 1;
    if (bad)
        event_set(o, "bad by expect", r, bad, is);
    struct kf_value v = {.type = KF_VAL_NUMBER, .number = kf_dec_int((int64_t)checked)};
    if (of && !kf_outcome_same(o, of, &v))
        kf_outcome_differs(o, of, &v, "checked by expect %s", r->name);
}

static void quality(struct outcome *o, const struct kf_node *want)
{
    for (uint32_t i = 0; want && want->key && i < want->kids; i++) {
        const struct kf_rule *r = kf_outcome_rule(o, want->kid[i], KF_KIND_EXPECT, want->key[i]);
        kf_outcome_keys(o, want->kid[i], "quality", "bad of");
        if (r)
            quality_of(o, r, want->kid[i]);
    }
}

void kf_expect_events(struct outcome *o, const struct kf_node *expect)
{
    flags(o, kf_map_get(expect, "flags"));
    frauds(o, kf_map_get(expect, "fraud"));
    groups(o, kf_map_get(expect, "channels"));
    quality(o, kf_map_get(expect, "quality"));
    if (kf_map_get(expect, "credit"))
        o->waiting = "credit"; /* by attribution rules */
}
