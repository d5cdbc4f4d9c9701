/* What a scenario expects of decisions. What `expect` names is complete. */
#include "decide/scenario_internal.h"

#include <stdlib.h>

/* ---- values ---- */

bool kf_outcome_same(struct outcome *o, const struct kf_node *want, const struct kf_value *is)
{
    (void)o;
    if (want->op == KF_T_LIST) {
        if (is->type != KF_VAL_LIST)
            return want->kids == 0 && is->type == KF_VAL_MISSING;
        if (is->n != want->kids)
            return false;
        for (uint32_t i = 0; i < is->n; i++)
            if (!kf_outcome_same(o, want->kid[i], &is->item[i]))
                return false;
        return true;
    }
    struct kf_value v = kf_value_from_const(&want->value);
    char day[40];
    int64_t t;
    bool given, ok;
    switch (is->type) {
    case KF_VAL_BOOL:
        return v.type == KF_VAL_BOOL && v.boolean == is->boolean;
    case KF_VAL_NUMBER:
        return v.type == KF_VAL_NUMBER && kf_dec_cmp(v.number, is->number) == 0;
    case KF_VAL_RATIO:
        return v.type == KF_VAL_NUMBER && kf_ratio_cmp_dec(is->ratio, v.number) == 0;
    case KF_VAL_MONEY:
        return v.type == KF_VAL_MONEY && v.money.minor == is->money.minor &&
               strcmp(v.money.cur, is->money.cur) == 0;
    case KF_VAL_TEXT:
    case KF_VAL_VERSION:
        return kf_str_eq(v.text, is->text);
    case KF_VAL_DATE:
        if (v.type == KF_VAL_DATE)
            return v.day == is->day;
        return kf_str_eq(v.text, kf_str(day, kf_day_format(is->day, day)));
    case KF_VAL_TIME:
        if (v.type == KF_VAL_TIME)
            return v.time == is->time;
        return v.type == KF_VAL_TEXT && kf_time_parse(v.text, NULL, &t, &given) && t == is->time;
    case KF_VAL_MISSING:
    case KF_VAL_UNDECIDED:
        return v.type == KF_VAL_TEXT &&
               kf_str_eq(v.text, kf_cstr(is->type == KF_VAL_MISSING ? "missing" : "undecided"));
    default:
        return kf_value_cmp(&v, is, &ok) == 0 && ok;
    }
}

static void differs(struct outcome *o, const struct kf_node *at, const char *what, const char *rule,
                    const char *id, const struct kf_node *want, const struct kf_value *is)
{
    struct kf_buf a = {0}, b = {0};
    struct kf_value v = {.type = KF_VAL_MISSING};
    if (want->op == KF_K)
        v = kf_value_from_const(&want->value);
    kf_value_format(&v, NULL, &a);
    kf_value_format(is, NULL, &b);
    kf_outcome_problem(o, at, "%s %s of %s: expected %s, was %s", what, rule, id, a.p ? a.p : "",
                       b.p ? b.p : "");
    kf_buf_free(&a);
    kf_buf_free(&b);
}

/* ---- sets ---- */

static int cmp_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

void kf_outcome_set(struct outcome *o, const char *what, const char *rule,
                    const struct kf_node *want, const uint32_t *profile, uint32_t n)
{
    uint32_t *expected = kf_arena_alloc(&o->arena, (want->kids + 1u) * sizeof *expected), m = 0;
    for (uint32_t i = 0; i < want->kids; i++) {
        uint32_t p = kf_outcome_profile(o, want->kid[i], want->kid[i]->value.text);
        if (p != KF_NOBODY)
            expected[m++] = p;
    }
    qsort(expected, m, sizeof *expected, cmp_u32);
    for (uint32_t i = 0; i < m; i++)
        if (!n || !bsearch(&expected[i], profile, n, sizeof *profile, cmp_u32)) {
            struct kf_str name = kf_outcome_name(o, expected[i]);
            kf_outcome_problem(o, want, "%s %s: %.*s is missing", what, rule, (int)name.n, name.p);
        }
    for (uint32_t i = 0; i < n; i++)
        if ((i == 0 || profile[i] != profile[i - 1]) &&
            !bsearch(&profile[i], expected, m, sizeof *expected, cmp_u32)) {
            struct kf_str name = kf_outcome_name(o, profile[i]);
            kf_outcome_problem(o, want, "%s %s: %.*s is not expected", what, rule, (int)name.n,
                               name.p);
        }
}

static const struct kf_rule *rule_of(struct outcome *o, const struct kf_node *at, enum kf_kind kind,
                                     const char *name)
{
    const struct kf_rule *r = kf_rules_find(o->rules, kind, name);
    if (!r)
        kf_outcome_problem(o, at, "there is no %s \"%s\"", kf_kind_name(kind), name);
    return r;
}

typedef kf_vec(uint32_t) numbers;

static void sets(struct outcome *o, const struct kf_node *want, enum kf_kind kind, bool undecided)
{
    for (uint32_t i = 0; want && i < want->kids; i++) {
        const struct kf_rule *r = rule_of(o, want->kid[i], kind, want->key[i]);
        numbers p = {0};
        if (!r)
            continue;
        for (size_t k = 0; undecided && k < o->undecided.n; k++)
            if (o->undecided.p[k].rule == r->number)
                *kf_vec_push(&p) = o->undecided.p[k].profile;
        for (size_t k = 0; !undecided && k < o->member.n; k++)
            if (o->member.p[k].rule == r->number)
                *kf_vec_push(&p) = o->member.p[k].profile;
        for (size_t k = 0; !undecided && k < o->suppression.n; k++)
            if (o->suppression.p[k].rule == r->number)
                *kf_vec_push(&p) = o->suppression.p[k].profile;
        kf_outcome_set(o, undecided ? "undecided" : kf_kind_name(kind), r->name, want->kid[i], p.p,
                       (uint32_t)p.n);
        kf_vec_free(&p);
    }
}

static void undecided_sets(struct outcome *o, const struct kf_node *want)
{
    if (!want)
        return;
    sets(o, kf_map_get(want, "segments"), KF_KIND_SEGMENT, true);
    sets(o, kf_map_get(want, "suppressed"), KF_KIND_SUPPRESS, true);
    sets(o, kf_map_get(want, "channels"), KF_KIND_CHANNEL, true);
}

/* ---- columns ---- */

static const struct kf_value *column(struct outcome *o, uint32_t profile, const char *name)
{
    uint32_t n;
    const struct kf_column_def *c = kf_decide_columns(o->decide, &n);
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(c[i].name, name) == 0)
            return &o->value[(size_t)profile * n + i];
    return NULL;
}

static void traits(struct outcome *o, const struct kf_node *want)
{
    for (uint32_t i = 0; want && i < want->kids; i++) {
        const struct kf_node *row = want->kid[i];
        uint32_t p = kf_outcome_profile(o, row, kf_cstr(want->key[i]));
        for (uint32_t k = 0; p != KF_NOBODY && k < row->kids; k++) {
            const struct kf_value *v = column(o, p, row->key[k]);
            if (!v)
                kf_outcome_problem(o, row, "there is no trait \"%s\"", row->key[k]);
            else if (!kf_outcome_same(o, row->kid[k], v))
                differs(o, row->kid[k], "trait", row->key[k], want->key[i], row->kid[k], v);
        }
    }
}

static void scores(struct outcome *o, const struct kf_node *want, bool band)
{
    for (uint32_t i = 0; want && i < want->kids; i++) {
        const struct kf_node *row = want->kid[i];
        const char *name =
            band ? kf_arena_printf(&o->arena, "%s_band", want->key[i]) : want->key[i];
        for (uint32_t k = 0; k < row->kids; k++) {
            uint32_t p = kf_outcome_profile(o, row, kf_cstr(row->key[k]));
            const struct kf_value *v = p == KF_NOBODY ? NULL : column(o, p, name);
            if (p != KF_NOBODY && !v)
                kf_outcome_problem(o, row, "there is no score \"%s\"", name);
            else if (v && !kf_outcome_same(o, row->kid[k], v))
                differs(o, row->kid[k], "score", name, row->key[k], row->kid[k], v);
        }
    }
}

static void customs(struct outcome *o, const struct kf_node *want)
{
    for (uint32_t i = 0; want && i < want->kids; i++) {
        const struct kf_node *row = want->kid[i];
        const struct kf_rule *r = rule_of(o, row, KF_KIND_CUSTOM, want->key[i]);
        for (uint32_t k = 0; r && k < row->kids; k++) {
            uint32_t p = kf_outcome_profile(o, row, kf_cstr(row->key[k]));
            if (p == KF_NOBODY)
                continue;
            kf_decider_chunk(o->decider);
            kf_decider_start(o->decider, p, NULL);
            const struct memo *m = kf_ask_rule(o->decider, r);
            if (!kf_outcome_same(o, row->kid[k], &m->value))
                differs(o, row->kid[k], "custom", r->name, row->key[k], row->kid[k], &m->value);
        }
    }
}

static void consents(struct outcome *o, const struct kf_node *want)
{
    for (uint32_t i = 0; want && i < want->kids; i++) {
        const struct kf_node *row = want->kid[i];
        uint32_t p = kf_outcome_profile(o, row, kf_cstr(want->key[i]));
        for (uint32_t k = 0; p != KF_NOBODY && k < row->kids; k++) {
            int purpose = kf_statements_purpose(&o->world->statements, kf_cstr(row->key[k]));
            enum kf_consent_state s = KF_CONSENT_UNKNOWN;
            for (size_t c = 0; c < o->consent.n; c++)
                if (o->consent.p[c].profile == p && o->consent.p[c].purpose == purpose)
                    s = (enum kf_consent_state)o->consent.p[c].state;
            struct kf_value v = {.type = KF_VAL_TEXT, .text = kf_cstr(kf_consent_state_name(s))};
            if (!kf_outcome_same(o, row->kid[k], &v))
                differs(o, row->kid[k], "consent", row->key[k], want->key[i], row->kid[k], &v);
        }
    }
}

/* ---- channels ---- */

static const struct kf_eligibility *eligibility(struct outcome *o, uint32_t profile,
                                                const struct kf_rule *r)
{
    for (size_t i = 0; i < o->eligibility.n; i++)
        if (o->eligibility.p[i].profile == profile && o->eligibility.p[i].channel == r->number)
            return &o->eligibility.p[i];
    return NULL;
}

static void eligible(struct outcome *o, const struct kf_node *want, bool from)
{
    for (uint32_t i = 0; want && i < want->kids; i++) {
        const struct kf_node *row = want->kid[i];
        const struct kf_rule *r = rule_of(o, row, KF_KIND_CHANNEL, want->key[i]);
        numbers named = {0};
        for (uint32_t k = 0; r && k < row->kids; k++) {
            uint32_t p = kf_outcome_profile(o, row, kf_cstr(row->key ? row->key[k] : ""));
            const struct kf_eligibility *e = p == KF_NOBODY ? NULL : eligibility(o, p, r);
            struct kf_value v = {.type = KF_VAL_MISSING};
            *kf_vec_push(&named) = p;
            if (e && from && e->from != KF_TIME_MAX)
                v = (struct kf_value){.type = KF_VAL_TIME, .time = e->from};
            else if (e && !from && e->contact != KF_ID_NONE && e->from <= o->world->as_of)
                v = (struct kf_value){.type = KF_VAL_TEXT,
                                      .text = kf_idset_value(o->world->ids, e->contact)};
            if (!kf_outcome_same(o, row->kid[k], &v))
                differs(o, row->kid[k], "channel", r->name, row->key[k], row->kid[k], &v);
        }
        for (size_t k = 0; r && !from && k < o->eligibility.n; k++) {
            const struct kf_eligibility *e = &o->eligibility.p[k];
            bool known = e->channel != r->number || e->from > o->world->as_of;
            for (size_t x = 0; x < named.n; x++)
                known |= named.p[x] == e->profile;
            if (!known)
                kf_outcome_problem(o, row, "channel %s: %s may be reached, which is not expected",
                                   r->name, kf_outcome_name(o, e->profile).p);
        }
        kf_vec_free(&named);
    }
}

/* ---- events ---- */

static uint32_t event_number(const struct kf_node *n)
{
    return n->value.type == KF_K_NUMBER ? (uint32_t)n->value.number.m : 0;
}

static void event_set(struct outcome *o, const char *what, const char *rule,
                      const struct kf_node *want, const uint8_t *is)
{
    uint32_t n = o->given->n;
    uint8_t *expected = kf_arena_zalloc(&o->arena, n + 2u);
    for (uint32_t i = 0; i < want->kids; i++)
        if (event_number(want->kid[i]) <= n)
            expected[event_number(want->kid[i])] = 1;
    for (uint32_t number = 1; number <= n; number++) {
        uint32_t e = kf_outcome_event(o, number);
        if (expected[number] != (e != KF_ID_NONE && is[e]))
            kf_outcome_problem(o, want, "%s %s: event %u is %s", what, rule, number,
                               expected[number] ? "missing" : "not expected");
    }
}

static void flags(struct outcome *o, const struct kf_node *want)
{
    for (uint32_t i = 0; want && i < want->kids; i++) {
        const struct kf_rule *r = rule_of(o, want->kid[i], KF_KIND_FLAG, want->key[i]);
        uint8_t *is = kf_arena_zalloc(&o->arena, o->world->events->n + 1u);
        for (uint32_t e = 0; r && e < o->world->events->n; e++)
            is[e] = kf_world_flagged(o->world, e, kf_cstr(r->name));
        if (r)
            event_set(o, "flag", r->name, want->kid[i], is);
    }
}

static bool key_is(struct outcome *o, const struct kf_fraud_row *r, struct kf_str want)
{
    if (r->identifier == KF_ID_NONE)
        return kf_str_eq(r->key, want);
    const struct kf_idset *ids = o->world->ids;
    const char *ns = ids->rules.ns[ids->ns[r->identifier]].name;
    struct kf_str v = kf_idset_value(ids, r->identifier);
    size_t n = strlen(ns);
    return want.n == n + 1 + v.n && memcmp(want.p, ns, n) == 0 && want.p[n] == '=' &&
           memcmp(want.p + n + 1, v.p, v.n) == 0;
}

static void verdict(struct outcome *o, const struct kf_rule *r, const char *word,
                    const struct kf_node *want, enum kf_verdict v)
{
    uint32_t n;
    const struct kf_fraud_row *row = kf_decide_fraud(o->decide, &n);
    uint8_t *is = kf_arena_zalloc(&o->arena, o->world->events->n + 1u);
    bool of_events = false;
    for (uint32_t i = 0; i < n; i++) {
        if (row[i].rule != r->number || row[i].verdict != v)
            continue;
        if (row[i].event != KF_ID_NONE) {
            is[row[i].event] = 1;
            of_events = true;
            continue;
        }
        bool found = false;
        for (uint32_t k = 0; k < want->kids && !found; k++)
            found = key_is(o, &row[i], want->kid[k]->value.text);
        if (!found)
            kf_outcome_problem(o, want, "fraud %s: %.*s is %s, which is not expected", r->name,
                               (int)row[i].key.n, row[i].key.p ? row[i].key.p : "", word);
    }
    for (uint32_t k = 0; k < want->kids; k++) {
        bool found = event_number(want->kid[k]) != 0;
        for (uint32_t i = 0; i < n && !found; i++)
            found = row[i].rule == r->number && row[i].verdict == v && row[i].event == KF_ID_NONE &&
                    key_is(o, &row[i], want->kid[k]->value.text);
        of_events |= event_number(want->kid[k]) != 0;
        if (!found)
            kf_outcome_problem(o, want, "fraud %s: %s is not %s", r->name,
                               want->kid[k]->value.text.p, word);
    }
    if (of_events)
        event_set(o, word, r->name, want, is);
}

static void frauds(struct outcome *o, const struct kf_node *want)
{
    for (uint32_t i = 0; want && i < want->kids; i++) {
        const struct kf_rule *r = rule_of(o, want->kid[i], KF_KIND_FRAUD, want->key[i]);
        const struct kf_node *reject = kf_map_get(want->kid[i], "reject"),
                             *suspicious = kf_map_get(want->kid[i], "suspicious");
        if (r && reject)
            verdict(o, r, "reject", reject, KF_VERDICT_REJECT);
        if (r && suspicious)
            verdict(o, r, "suspicious", suspicious, KF_VERDICT_SUSPICIOUS);
    }
}

/* channels = { default = { [event] = "Email" } } */
static void groups(struct outcome *o, const struct kf_node *want)
{
    const struct kf_node *of = want ? kf_map_get(want, "default") : NULL;
    for (uint32_t i = 0; of && i < of->kids; i++) {
        uint32_t number = (uint32_t)strtoul(of->key ? of->key[i] : "0", NULL, 10);
        uint32_t e = kf_outcome_event(o, number);
        struct kf_value v = {.type = KF_VAL_MISSING};
        if (e == KF_ID_NONE || o->world->identity->event_profile[e] == KF_ID_NONE) {
            kf_outcome_problem(o, of, "event %u belongs to nobody", number);
            continue;
        }
        kf_decider_chunk(o->decider);
        kf_decider_start(o->decider, o->world->identity->event_profile[e], NULL);
        kf_ask_touches(o->decider);
        for (uint32_t t = 0; t < o->decider->n_touch; t++)
            if (o->decider->touch[t].event == e)
                v = kf_touch_field(o->decider, &o->decider->touch[t], kf_cstr("channel"));
        if (!kf_outcome_same(o, of->kid[i], &v))
            differs(o, of->kid[i], "channel group", "default", of->key[i], of->kid[i], &v);
    }
}

static void quality(struct outcome *o, const struct kf_node *want)
{
    for (uint32_t i = 0; want && i < want->kids; i++) {
        const struct kf_node *bad = kf_map_get(want->kid[i], "bad"),
                             *of = kf_map_get(want->kid[i], "of");
        const struct kf_rule *r = rule_of(o, want->kid[i], KF_KIND_EXPECT, want->key[i]);
        uint8_t *is = kf_arena_zalloc(&o->arena, o->world->events->n + 1u);
        struct kf_error err = KF_ERROR_INIT;
        const uint32_t *event;
        uint64_t checked;
        uint32_t n;
        if (!r)
            continue;
        if (kf_quality_events(o->decide, r, &checked, &event, &n, &o->arena, &err)) {
            kf_outcome_problem(o, want->kid[i], "%s", err.message);
            continue;
        }
        for (uint32_t k = 0; k < n; k++)
            is[event[k]] = 1;
        if (bad)
            event_set(o, "quality", r->name, bad, is);
        if (of && checked != event_number(of))
            kf_outcome_problem(o, of, "quality %s: expected %u checked, was %llu", r->name,
                               event_number(of), (unsigned long long)checked);
    }
}

static void exported(struct outcome *o, const struct kf_node *want)
{
    for (uint32_t i = 0; want && i < want->kids; i++) {
        const struct kf_rule *r = rule_of(o, want->kid[i], KF_KIND_EXPORT, want->key[i]);
        struct kf_error err = KF_ERROR_INIT;
        struct kf_audience *a = NULL;
        if (r && kf_decide_audience(o->decide, r, &a, &err))
            kf_outcome_problem(o, want->kid[i], "%s", err.message);
        if (a)
            kf_outcome_set(o, "export", r->name, want->kid[i], a->profile, a->n);
        kf_audience_free(a);
    }
}

void kf_expect_decisions(struct outcome *o, const struct kf_node *expect)
{
    sets(o, kf_map_get(expect, "segments"), KF_KIND_SEGMENT, false);
    sets(o, kf_map_get(expect, "suppressed"), KF_KIND_SUPPRESS, false);
    undecided_sets(o, kf_map_get(expect, "undecided"));
    traits(o, kf_map_get(expect, "traits"));
    scores(o, kf_map_get(expect, "scores"), false);
    scores(o, kf_map_get(expect, "bands"), true);
    customs(o, kf_map_get(expect, "custom"));
    consents(o, kf_map_get(expect, "consent"));
    eligible(o, kf_map_get(expect, "eligible"), false);
    eligible(o, kf_map_get(expect, "eligible_from"), true);
    flags(o, kf_map_get(expect, "flags"));
    frauds(o, kf_map_get(expect, "fraud"));
    groups(o, kf_map_get(expect, "channels"));
    quality(o, kf_map_get(expect, "quality"));
    exported(o, kf_map_get(expect, "exported"));
    if (kf_map_get(expect, "credit"))
        o->todo = "credit"; /* by attribution rules */
}
