/* What a scenario expects of decisions. What `expect` names is complete. */
#include "decide/scenario_internal.h"

#include <stdio.h>
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

/* `want` as a person would write it. */
static void add_wanted(const struct kf_node *want, struct kf_buf *out)
{
    if (want->op == KF_T_LIST) {
        for (uint32_t i = 0; i < want->kids; i++) {
            kf_buf_adds(out, i ? ", " : "");
            add_wanted(want->kid[i], out);
        }
        if (!want->kids)
            kf_buf_adds(out, "missing");
        return;
    }
    struct kf_value v = kf_value_from_const(&want->value);
    bool word = kf_str_eq(v.text, kf_cstr("missing")) || kf_str_eq(v.text, kf_cstr("undecided"));
    if (v.type == KF_VAL_TEXT && word)
        kf_buf_add(out, v.text.p, v.text.n);
    else
        kf_value_format(&v, NULL, out);
}

/* Instants are written as texts: both are shown in one form. */
static bool is_time(const struct kf_node *want, const struct kf_value *is, struct kf_value *ret)
{
    bool given;
    *ret = (struct kf_value){.type = KF_VAL_TIME};
    return is->type == KF_VAL_TIME && want->value.type == KF_K_TEXT &&
           kf_time_parse(want->value.text, NULL, &ret->time, &given);
}

void kf_outcome_differs(struct outcome *o, const struct kf_node *want, const struct kf_value *is,
                        const char *fmt, ...)
{
    struct kf_buf what = {0}, a = {0}, b = {0};
    va_list ap;
    va_start(ap, fmt);
    kf_buf_addv(&what, fmt, ap);
    va_end(ap);
    struct kf_value asked;
    if (is_time(want, is, &asked))
        kf_value_format(&asked, o->world->config->zone, &a);
    else
        add_wanted(want, &a);
    kf_value_format(is, o->world->config->zone, &b);
    struct kf_scenario_problem *p = kf_outcome_problem(o, want, "%s", what.p ? what.p : "");
    p->expected = kf_arena_strndup(o->kept, a.p ? a.p : "", a.n);
    p->was = kf_arena_strndup(o->kept, b.p ? b.p : "", b.n);
    kf_buf_free(&what);
    kf_buf_free(&a);
    kf_buf_free(&b);
}

static void ask_profile(struct outcome *o, const struct kf_rule *rule, uint32_t profile, bool is)
{
    kf_outcome_ask(o, (struct kf_ask_why){.rule = rule,
                                          .profile = profile,
                                          .event = KF_ID_NONE,
                                          .a = KF_ID_NONE,
                                          .b = KF_ID_NONE,
                                          .is = is});
}

/* ---- sets ---- */

static int cmp_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

struct wanted {
    uint32_t profile;
    const char *id; /* as it was named */
};

void kf_outcome_set(struct outcome *o, const char *what, const struct kf_rule *rule,
                    const struct kf_node *want, const uint32_t *profile, uint32_t n)
{
    struct wanted *w = kf_arena_alloc(&o->arena, (want->kids + 1u) * sizeof *w);
    texts missing = {0}, extra = {0};
    kf_vec(struct wanted) asked = {0};
    uint32_t m = 0;
    for (uint32_t i = 0; i < want->kids; i++) {
        uint32_t p = kf_outcome_profile(o, want->kid[i], want->kid[i]->value.text);
        if (p != KF_NOBODY)
            w[m++] = (struct wanted){p, want->kid[i]->value.text.p};
    }
    for (uint32_t i = 0; i < m; i++)
        if (!n || !bsearch(&w[i].profile, profile, n, sizeof *profile, cmp_u32)) {
            *kf_vec_push(&missing) = w[i].id;
            *kf_vec_push(&asked) = w[i];
        }
    size_t n_missing = asked.n;
    for (uint32_t i = 0; i < n; i++) {
        bool known = i && profile[i] == profile[i - 1];
        for (uint32_t k = 0; k < m && !known; k++)
            known = w[k].profile == profile[i];
        if (!known) {
            *kf_vec_push(&extra) = kf_outcome_name(o, profile[i]);
            *kf_vec_push(&asked) = (struct wanted){profile[i], NULL};
        }
    }
    if (asked.n) {
        kf_outcome_problem(o, want, "%s %s", what, rule->name);
        kf_outcome_lists(o, &missing, &extra);
        for (size_t i = 0; i < asked.n; i++)
            ask_profile(o, rule, asked.p[i].profile, i >= n_missing);
    }
    kf_vec_free(&missing);
    kf_vec_free(&extra);
    kf_vec_free(&asked);
}

typedef kf_vec(uint32_t) numbers;

static void take_numbers(struct outcome *o, const struct kf_rule *r, bool undecided, numbers *p)
{
    for (size_t k = 0; undecided && k < o->undecided.n; k++)
        if (o->undecided.p[k].rule == r->number)
            *kf_vec_push(p) = o->undecided.p[k].profile;
    for (size_t k = 0; !undecided && k < o->member.n; k++)
        if (o->member.p[k].rule == r->number)
            *kf_vec_push(p) = o->member.p[k].profile;
    for (size_t k = 0; !undecided && k < o->suppression.n; k++)
        if (o->suppression.p[k].rule == r->number)
            *kf_vec_push(p) = o->suppression.p[k].profile;
}

static void sets(struct outcome *o, const struct kf_node *want, enum kf_kind kind, bool undecided)
{
    char what[64];
    snprintf(what, sizeof what, "%s%s", undecided ? "undecided " : "", kf_kind_name(kind));
    for (uint32_t i = 0; want && want->key && i < want->kids; i++) {
        const struct kf_rule *r = kf_outcome_rule(o, want->kid[i], kind, want->key[i]);
        numbers p = {0};
        if (!r)
            continue;
        take_numbers(o, r, undecided, &p);
        kf_outcome_set(o, what, r, want->kid[i], p.p, (uint32_t)p.n);
        kf_vec_free(&p);
    }
}

static void undecided_sets(struct outcome *o, const struct kf_node *want)
{
    if (!want)
        return;
    kf_outcome_keys(o, want, "undecided", "segments suppressed channels");
    sets(o, kf_map_get(want, "segments"), KF_KIND_SEGMENT, true);
    sets(o, kf_map_get(want, "suppressed"), KF_KIND_SUPPRESS, true);
    sets(o, kf_map_get(want, "channels"), KF_KIND_CHANNEL, true);
}

/* ---- columns ---- */

static const struct kf_value *column(struct outcome *o, uint32_t profile, const char *name,
                                     const struct kf_rule **ret_rule)
{
    uint32_t n;
    const struct kf_column_def *c = kf_decide_columns(o->decide, &n);
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(c[i].name, name) == 0) {
            *ret_rule = c[i].rule;
            return &o->value[(size_t)profile * n + i];
        }
    return NULL;
}

/* A trait that nobody declares is asked like one in a condition: newest. */
static struct kf_value undeclared(struct outcome *o, uint32_t profile, const char *name)
{
    kf_decider_chunk(o->decider);
    kf_decider_start(o->decider, profile, NULL);
    return kf_ask_trait(o->decider, kf_cstr(name));
}

static bool is_asked(const struct outcome *o, const char *name)
{
    return kf_traits_find(o->decide->traits, kf_cstr(name)) >= 0;
}

static void traits(struct outcome *o, const struct kf_node *want)
{
    for (uint32_t i = 0; want && want->key && i < want->kids; i++) {
        const struct kf_node *row = want->kid[i];
        uint32_t p = kf_outcome_profile(o, row, kf_cstr(want->key[i]));
        for (uint32_t k = 0; p != KF_NOBODY && row->key && k < row->kids; k++) {
            const struct kf_rule *rule = NULL;
            const struct kf_value *v = column(o, p, row->key[k], &rule);
            struct kf_value plain;
            if (!v && is_asked(o, row->key[k])) {
                plain = undeclared(o, p, row->key[k]);
                v = &plain;
            }
            if (!v) {
                kf_outcome_problem(o, row, "there is no trait \"%s\"", row->key[k]);
            } else if (!kf_outcome_same(o, row->kid[k], v)) {
                kf_outcome_differs(o, row->kid[k], v, "trait %s of %s", row->key[k], want->key[i]);
                ask_profile(o, rule, p, false);
            }
        }
    }
}

static void scores(struct outcome *o, const struct kf_node *want, bool band)
{
    for (uint32_t i = 0; want && want->key && i < want->kids; i++) {
        const struct kf_node *row = want->kid[i];
        const struct kf_rule *r = kf_outcome_rule(o, row, KF_KIND_SCORE, want->key[i]);
        const char *name =
            band ? kf_arena_printf(&o->arena, "%s_band", want->key[i]) : want->key[i];
        if (r && band && !kf_rule_get(r, "bands")) {
            kf_outcome_problem(o, row, "score \"%s\" has no bands", want->key[i]);
            continue;
        }
        for (uint32_t k = 0; r && row->key && k < row->kids; k++) {
            const struct kf_rule *rule;
            uint32_t p = kf_outcome_profile(o, row, kf_cstr(row->key[k]));
            const struct kf_value *v = p == KF_NOBODY ? NULL : column(o, p, name, &rule);
            if (!v || kf_outcome_same(o, row->kid[k], v))
                continue;
            kf_outcome_differs(o, row->kid[k], v, "%s %s of %s", band ? "band" : "score", r->name,
                               row->key[k]);
            ask_profile(o, r, p, false);
        }
    }
}

static void customs(struct outcome *o, const struct kf_node *want)
{
    for (uint32_t i = 0; want && want->key && i < want->kids; i++) {
        const struct kf_node *row = want->kid[i];
        const struct kf_rule *r = kf_outcome_rule(o, row, KF_KIND_CUSTOM, want->key[i]);
        for (uint32_t k = 0; r && row->key && k < row->kids; k++) {
            uint32_t p = kf_outcome_profile(o, row, kf_cstr(row->key[k]));
            if (p == KF_NOBODY)
                continue;
            kf_decider_chunk(o->decider);
            kf_decider_start(o->decider, p, NULL);
            const struct memo *m = kf_ask_rule(o->decider, r);
            if (kf_outcome_same(o, row->kid[k], &m->value))
                continue;
            kf_outcome_differs(o, row->kid[k], &m->value, "custom %s of %s", r->name, row->key[k]);
            ask_profile(o, r, p, false);
        }
    }
}

/* ---- consent ---- */

static enum kf_consent_state state_of(const struct outcome *o, uint32_t profile, int purpose)
{
    for (size_t c = 0; c < o->consent.n; c++)
        if (o->consent.p[c].profile == profile && o->consent.p[c].purpose == purpose)
            return (enum kf_consent_state)o->consent.p[c].state;
    return KF_CONSENT_UNKNOWN;
}

static void consents(struct outcome *o, const struct kf_node *want)
{
    static const char *const word[] = {"granted", "denied", "conflict", "unknown"};
    for (uint32_t i = 0; want && want->key && i < want->kids; i++) {
        const struct kf_node *row = want->kid[i];
        uint32_t p = kf_outcome_profile(o, row, kf_cstr(want->key[i]));
        for (uint32_t k = 0; p != KF_NOBODY && row->key && k < row->kids; k++) {
            int purpose = kf_statements_purpose(&o->world->statements, kf_cstr(row->key[k]));
            struct kf_str said = row->kid[k]->value.text;
            bool known = false;
            for (size_t x = 0; x < sizeof word / sizeof *word; x++)
                known |= kf_str_eq(said, kf_cstr(word[x]));
            struct kf_value v = {.type = KF_VAL_TEXT,
                                 .text = kf_cstr(kf_consent_state_name(state_of(o, p, purpose)))};
            if (!known) {
                kf_outcome_problem(o, row->kid[k],
                                   "consent is granted, denied, conflict or unknown, not '%.*s'",
                                   (int)said.n, said.p ? said.p : "");
            } else if (!kf_outcome_same(o, row->kid[k], &v)) {
                kf_outcome_differs(o, row->kid[k], &v, "consent %s of %s", row->key[k],
                                   want->key[i]);
                kf_outcome_ask(o, (struct kf_ask_why){.profile = p,
                                                      .event = KF_ID_NONE,
                                                      .key = kf_cstr(row->key[k]), /* the purpose */
                                                      .a = KF_ID_NONE,
                                                      .b = KF_ID_NONE});
            }
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

/* Who may be reached now, or (from) has to wait, and is not named. */
static void not_named(struct outcome *o, const struct kf_rule *r, const struct kf_node *row,
                      bool from, const numbers *named)
{
    texts none = {0}, extra = {0};
    numbers who = {0};
    for (size_t k = 0; k < o->eligibility.n; k++) {
        const struct kf_eligibility *e = &o->eligibility.p[k];
        bool waits = e->from > o->world->as_of;
        bool known = e->channel != r->number || e->from == KF_TIME_MAX || waits != from;
        for (size_t x = 0; x < named->n; x++)
            known |= named->p[x] == e->profile;
        if (known)
            continue;
        *kf_vec_push(&extra) = kf_outcome_name(o, e->profile);
        *kf_vec_push(&who) = e->profile;
    }
    if (extra.n) {
        kf_outcome_problem(o, row,
                           from ? "channel %s, who has to wait"
                                : "channel %s, who may be "
                                  "reached now",
                           r->name);
        kf_outcome_lists(o, &none, &extra);
        for (size_t i = 0; i < who.n; i++)
            ask_profile(o, r, who.p[i], true);
    }
    kf_vec_free(&extra);
    kf_vec_free(&who);
}

static struct kf_value reached(struct outcome *o, const struct kf_eligibility *e, bool from)
{
    if (e && from && e->from != KF_TIME_MAX)
        return (struct kf_value){.type = KF_VAL_TIME, .time = e->from};
    if (e && !from && e->contact != KF_ID_NONE && e->from <= o->world->as_of)
        return (struct kf_value){.type = KF_VAL_TEXT,
                                 .text = kf_idset_value(o->world->ids, e->contact)};
    return (struct kf_value){.type = KF_VAL_MISSING};
}

static void eligible(struct outcome *o, const struct kf_node *want, bool from)
{
    for (uint32_t i = 0; want && want->key && i < want->kids; i++) {
        const struct kf_node *row = want->kid[i];
        const struct kf_rule *r = kf_outcome_rule(o, row, KF_KIND_CHANNEL, want->key[i]);
        numbers named = {0};
        for (uint32_t k = 0; r && row->key && k < row->kids; k++) {
            uint32_t p = kf_outcome_profile(o, row, kf_cstr(row->key[k]));
            if (p == KF_NOBODY)
                continue;
            struct kf_value v = reached(o, eligibility(o, p, r), from);
            *kf_vec_push(&named) = p;
            if (kf_outcome_same(o, row->kid[k], &v))
                continue;
            kf_outcome_differs(o, row->kid[k], &v, "channel %s, %s of %s", r->name,
                               from ? "the first instant" : "the address", row->key[k]);
            ask_profile(o, r, p, v.type != KF_VAL_MISSING);
        }
        if (r)
            not_named(o, r, row, from, &named);
        kf_vec_free(&named);
    }
}

/* ---- exports ---- */

static void exported(struct outcome *o, const struct kf_node *want)
{
    for (uint32_t i = 0; want && want->key && i < want->kids; i++) {
        const struct kf_rule *r = kf_outcome_rule(o, want->kid[i], KF_KIND_EXPORT, want->key[i]);
        struct kf_error err = KF_ERROR_INIT;
        struct kf_audience *a = NULL;
        int rc = r ? kf_decide_audience(o->decide, r, &a, &err) : 0;
        /* over max_size nobody is sent, which may be what is expected */
        if (rc && (rc != KF_E_LIMIT || want->kid[i]->kids))
            kf_outcome_problem(o, want->kid[i], "%s", err.message);
        if (a)
            kf_outcome_set(o, "export", r, want->kid[i], a->profile, a->n);
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
    exported(o, kf_map_get(expect, "exported"));
}
