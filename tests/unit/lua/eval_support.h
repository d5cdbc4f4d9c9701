/* A profile written as text, and conditions written as rules, for the tests of the evaluator.
 *
 *     struct shop s;
 *     shop_open(&s, "2026-03-01 12:00", "2026-03-01 10:00 \"Order Completed\" revenue=30
 * currency=EUR\n"); is_true(&s, "event \"Order Completed\":within(days(7))"); value_is(&s, "event
 * \"Order Completed\":sum \"revenue\"", "30.00 EUR"); shop_close(&s);
 *
 * Bare numbers, true, false and null have their type; JSON stands in single quotes; all else is
 * text. `source=`, `platform=` and `id=` are the event's own. Identifiers are properties of the
 * same name here; traits are texts set with shop_trait. */
#ifndef KF_TESTS_EVAL_SUPPORT_H
#define KF_TESTS_EVAL_SUPPORT_H

#include "base/time_zone.h"
#include "config/config.h"
#include "event/events.h"
#include "lua/eval.h"
#include "lua/value.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kf_touch { /* the real one is of core/profile; the evaluator only passes it on */
    uint32_t event;
    const char *medium;
    bool mention;
};

struct shop {
    struct kf_dict dict;
    struct kf_idents *ids;
    struct kf_arena arena;
    struct kf_events *events;
    struct kf_config config;
    struct kf_rates *rates;
    struct kf_zone *zone;
    uint32_t *order, n;
    int64_t as_of;
    struct {
        const char *name;
        struct kf_value value;
    } trait[8];
    uint32_t n_traits;
    struct kf_touch touch[8];
    uint32_t n_touches;
    uint32_t look_at; /* event looked at by number from 1; 0: none */
    /* of the last evaluation */
    int64_t flip;
    uint64_t wrong_type;
    char why[200];
    enum kf_truth rule_answer;
    uint32_t asked; /* times a rule was asked */
};

static inline int64_t at(const char *text)
{
    int64_t t;
    bool zone;
    ck_assert_msg(kf_time_parse(kf_cstr(text), NULL, &t, &zone), "no time: %s", text);
    return t;
}

/* ---- the profile ---- */

static inline const char *word(const char *p, char *out, size_t cap)
{
    size_t n = 0;
    char quote = 0;
    while (*p == ' ')
        p++;
    for (; *p && *p != '\n' && (quote || *p != ' '); p++) {
        if (*p == '"' && !quote && n == 0) {
            quote = '"';
            continue;
        }
        if (*p == '\'' && !quote)
            quote = '\'';
        else if (*p == quote && quote) {
            char q = quote;
            quote = 0;
            if (q == '"')
                continue;
        }
        ck_assert(n + 1 < cap);
        out[n++] = *p;
    }
    out[n] = '\0';
    return p;
}

static inline void put_field(struct shop *s, struct kf_event_builder *b, const char *name,
                             char *value)
{
    char path[640];
    bool rooted = !strncmp(name, "context.", 8) || !strncmp(name, "traits.", 7) ||
                  !strncmp(name, "event.", 6);
    snprintf(path, sizeof path, "%s%s", rooted ? "" : "properties.", name);
    uint32_t key = kf_symbols_add(s->dict.key, kf_cstr(path));
    size_t n = strlen(value);
    struct kf_dec d;
    if (value[0] == '\'') {
        ck_assert(value[n - 1] == '\'');
        if (n == 2)
            kf_event_builder_text(b, key, kf_str("", 0));
        else if (value[1] == '[' || value[1] == '{')
            ck_assert(kf_event_builder_json(b, key, kf_str(value + 1, n - 2)));
        else
            kf_event_builder_text(b, key, kf_str(value + 1, n - 2));
    } else if (!strcmp(value, "true") || !strcmp(value, "false"))
        kf_event_builder_bool(b, key, value[0] == 't');
    else if (!strcmp(value, "null"))
        kf_event_builder_null(b, key);
    else if (kf_dec_parse(kf_cstr(value), &d))
        kf_event_builder_dec(b, key, d);
    else
        kf_event_builder_text(b, key, kf_cstr(value));
}

static inline uint8_t platform_of(const char *v)
{
    for (uint8_t i = 1; i <= KF_PLATFORM_SERVER; i++)
        if (!strcmp(kf_platform_name(i), v))
            return i;
    ck_abort_msg("no platform %s", v);
    return 0;
}

static inline void add_event(struct shop *s, struct kf_event_builder *b, const char *line)
{
    char day[64], clock[64], stamp[140], name[200], pair[600], id[32];
    const char *p = word(word(line, day, sizeof day), clock, sizeof clock);
    snprintf(stamp, sizeof stamp, "%sT%s%sZ", day, clock, strlen(clock) == 5 ? ":00" : "");
    p = word(p, name, sizeof name);
    snprintf(id, sizeof id, "e%03u", s->events->n + 1);
    struct kf_event_head h = {.time = at(stamp), .type = kf_event_type_parse(kf_cstr(name))};
    h.received = h.time;
    if (h.type == KF_EVENT_NONE) {
        h.type = KF_EVENT_TRACK;
        h.name = kf_cstr(name);
    }
    kf_event_builder_begin(b);
    for (;;) {
        p = word(p, pair, sizeof pair);
        char *eq = strchr(pair, '=');
        if (!eq)
            break;
        *eq = '\0';
        if (!strcmp(pair, "id"))
            snprintf(id, sizeof id, "%s", eq + 1);
        else if (!strcmp(pair, "source"))
            h.source = (uint16_t)(kf_symbols_add(s->dict.source, kf_cstr(eq + 1)) - 1);
        else if (!strcmp(pair, "platform"))
            h.platform = platform_of(eq + 1);
        else
            put_field(s, b, pair, eq + 1);
    }
    h.id = kf_cstr(id);
    kf_event_builder_end(b, s->events, &h);
}

static inline int shop_cmp(const void *a, const void *b, void *ctx)
{
    return kf_event_cmp(ctx, *(const uint32_t *)a, *(const uint32_t *)b);
}

static inline void shop_open(struct shop *s, const char *as_of, const char *events)
{
    memset(s, 0, sizeof *s);
    ck_assert_int_eq(kf_dict_init(&s->dict), 0);
    s->ids = kf_idents_new();
    s->events = kf_events_new(&s->dict, s->ids);
    kf_symbols_add(s->dict.source, kf_cstr("web"));
    s->as_of = at(as_of);
    memcpy(s->config.currency, "EUR", 4);
    s->rates = kf_rates_new("EUR");
    s->config.rates = s->rates;
    struct kf_event_builder *b = kf_event_builder_new(&s->dict, s->ids, &s->arena);
    for (const char *line = events; line && *line;) {
        while (*line == ' ' || *line == '\n')
            line++;
        if (*line)
            add_event(s, b, line);
        line = strchr(line, '\n');
    }
    kf_event_builder_free(b);
    s->n = s->events->n;
    s->order = malloc((s->n + 1) * sizeof *s->order);
    for (uint32_t i = 0; i < s->n; i++)
        s->order[i] = i;
    qsort_r(s->order, s->n, sizeof *s->order, shop_cmp, s->events);
}

static inline void shop_close(struct shop *s)
{
    kf_events_free(s->events);
    kf_idents_free(s->ids);
    kf_dict_free(&s->dict);
    kf_arena_free(&s->arena);
    kf_rates_free(s->rates);
    kf_zone_free(s->zone);
    free(s->order);
}

static inline void shop_zone(struct shop *s, const char *name)
{
    struct kf_error err = KF_ERROR_INIT;
    s->zone = kf_zone_new(name, &err);
    ck_assert_msg(s->zone != NULL, "%s", err.message);
    s->config.zone = s->zone;
    s->config.zone_name = name;
}

static inline void shop_trait(struct shop *s, const char *name, struct kf_value v)
{
    for (uint32_t i = 0; i < s->n_traits; i++) {
        if (!strcmp(s->trait[i].name, name)) {
            s->trait[i].value = v;
            return;
        }
    }
    ck_assert(s->n_traits < 8);
    s->trait[s->n_traits].name = name;
    s->trait[s->n_traits++].value = v;
}

static inline struct kf_value text_value(const char *z)
{
    struct kf_value v = {.type = KF_VAL_TEXT, .text = kf_cstr(z), .event = UINT32_MAX};
    return v;
}
static inline struct kf_value date_value(int32_t y, unsigned m, unsigned d)
{
    struct kf_value v = {.type = KF_VAL_DATE, .day = kf_day_from_ymd(y, m, d), .event = UINT32_MAX};
    return v;
}
static inline struct kf_value time_value(int64_t t)
{
    struct kf_value v = {.type = KF_VAL_TIME, .time = t, .event = UINT32_MAX};
    return v;
}

/* ---- what the evaluator asks ---- */

static inline struct kf_value ask_trait(struct kf_eval *ev, const struct kf_node *n)
{
    const struct shop *s = ev->ctx;
    for (uint32_t i = 0; i < s->n_traits; i++)
        if (kf_str_eq(kf_cstr(s->trait[i].name), n->name))
            return s->trait[i].value;
    return kf_value_missing();
}

static inline struct kf_value ask_event_ids(struct kf_eval *ev, uint32_t event, struct kf_str ns)
{
    return kf_eval_property(ev, event, ns);
}

/* All different ones of the profile. */
static inline struct kf_value ask_ids(struct kf_eval *ev, struct kf_str ns)
{
    struct kf_value *item = kf_arena_alloc(&ev->scratch, (ev->n + 1) * sizeof *item);
    struct kf_value v = {.type = KF_VAL_LIST, .item = item, .event = UINT32_MAX};
    for (uint32_t i = 0; i < ev->n; i++) {
        struct kf_value one = kf_eval_property(ev, ev->event[i], ns);
        bool seen = one.type != KF_VAL_TEXT;
        for (uint32_t k = 0; k < v.n && !seen; k++)
            seen = kf_str_eq(item[k].text, one.text);
        if (!seen)
            item[v.n++] = one;
    }
    return v;
}

static inline uint32_t ask_touches(struct kf_eval *ev, const struct kf_touch **ret)
{
    const struct shop *s = ev->ctx;
    *ret = s->touch;
    return s->n_touches;
}

static inline const struct kf_touch *ask_touch_at(struct kf_eval *ev, const struct kf_touch *first,
                                                  uint32_t i, uint32_t *ret_event)
{
    (void)ev;
    *ret_event = first[i].event;
    return first[i].mention ? NULL : &first[i];
}

static inline struct kf_value ask_touch_field(struct kf_eval *ev, const struct kf_touch *t,
                                              struct kf_str field)
{
    (void)ev;
    return kf_str_eq(field, kf_cstr("medium")) && t->medium ? text_value(t->medium)
                                                            : kf_value_missing();
}

static inline enum kf_truth ask_rule(struct kf_eval *ev, const struct kf_node *n)
{
    struct shop *s = ev->ctx;
    (void)n;
    s->asked++;
    return s->rule_answer;
}

/* Everybody's events of the same value, for with_same over one property. */
static inline uint32_t ask_with_same(struct kf_eval *ev, const struct kf_node *filter,
                                     uint32_t event, const uint32_t **ret)
{
    struct kf_value mine = kf_eval_property(ev, event, filter->kid[0]->name);
    uint32_t *out = kf_arena_alloc(&ev->scratch, (ev->events->n + 1) * sizeof *out), n = 0;
    for (uint32_t i = 0; i < ev->events->n && mine.type == KF_VAL_TEXT; i++) {
        struct kf_value v = kf_eval_property(ev, i, filter->kid[0]->name);
        if (v.type == KF_VAL_TEXT && kf_str_eq(v.text, mine.text))
            out[n++] = i;
    }
    qsort_r(out, n, sizeof *out, shop_cmp, (void *)(uintptr_t)ev->events);
    *ret = out;
    return n;
}

static inline uint32_t ask_profile_of(struct kf_eval *ev, uint32_t event)
{
    struct kf_value v = kf_eval_property(ev, event, kf_cstr("who"));
    return v.type == KF_VAL_NUMBER ? (uint32_t)v.number.m : UINT32_MAX;
}

static const struct kf_eval_ops SHOP_OPS = {.trait = ask_trait,
                                            .event_identifiers = ask_event_ids,
                                            .identifiers = ask_ids,
                                            .touches = ask_touches,
                                            .touch_at = ask_touch_at,
                                            .touch_field = ask_touch_field,
                                            .rule = ask_rule,
                                            .with_same = ask_with_same,
                                            .profile_of = ask_profile_of};

/* ---- evaluating rule text ---- */

struct loaded {
    struct kf_ruleset *set;
    struct kf_plan *plan;
    struct kf_eval ev;
    const struct kf_node *node; /* `who` or `is` of the rule named "it" */
};

static inline void load_rules(struct shop *s, const char *text, struct loaded *l)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_rules_text file = {"test.lua", kf_cstr(text)};
    struct kf_rules_options o = {.config = &s->config};
    memset(l, 0, sizeof *l);
    ck_assert_msg(kf_rules_load_text(&o, &file, 1, &l->set, &err) == 0, "%s", err.message);
    if (l->set->n_errors)
        ck_abort_msg("%s\n%s", l->set->diagnostic[0].message, text);
    ck_assert_msg(kf_plan_new(l->set, &s->config, &s->dict, s->as_of, &l->plan, &err) == 0, "%s",
                  err.message);
    ck_assert_int_eq(kf_eval_init(&l->ev, l->plan, s->events, &SHOP_OPS, s, &err), 0);
}

static inline void free_rules(struct loaded *l)
{
    kf_eval_free(&l->ev);
    kf_plan_free(l->plan);
    kf_rules_free(l->set);
}

#define RULE_HEAD "title = \"t\", owner = \"a@b.example\", because = \"b\","

static inline void load_condition(struct shop *s, const char *cond, struct loaded *l)
{
    char text[4000];
    const char *kind = s->look_at ? "fraud \"it\" { " RULE_HEAD
                                    " look_at = any_event(), action = \"mark\", reject = %s }"
                                  : "segment \"it\" { " RULE_HEAD " who = %s }";
    ck_assert((size_t)snprintf(text, sizeof text, kind, cond) < sizeof text);
    load_rules(s, text, l);
    const struct kf_rule *r =
        kf_rules_find(l->set, s->look_at ? KF_KIND_FRAUD : KF_KIND_SEGMENT, "it");
    ck_assert_ptr_nonnull(r);
    l->node = kf_rule_get(r, s->look_at ? "reject" : "who");
    ck_assert_ptr_nonnull(l->node);
    kf_eval_profile(&l->ev, s->order, s->n);
    if (s->look_at)
        kf_eval_event(&l->ev, s->look_at - 1);
    kf_eval_reset_flip(&l->ev);
}

static inline enum kf_truth ask(struct shop *s, const char *cond)
{
    struct loaded l;
    load_condition(s, cond, &l);
    enum kf_truth t = kf_eval_cond(&l.ev, l.node);
    s->flip = l.ev.flip;
    s->wrong_type = l.ev.wrong_type;
    snprintf(s->why, sizeof s->why, "%s", l.ev.why ? l.ev.why : "");
    free_rules(&l);
    return t;
}

static inline const char *truth_name(enum kf_truth t)
{
    return t == KF_TRUE ? "true" : t == KF_FALSE ? "false" : "undecided";
}

#define truth_is(s, cond, want)                                                                    \
    do {                                                                                           \
        enum kf_truth got_ = ask(s, cond);                                                         \
        ck_assert_msg(got_ == (want), "%s\n  is %s (%s)", cond, truth_name(got_), (s)->why);       \
    } while (0)
#define is_true(s, cond)      truth_is(s, cond, KF_TRUE)
#define is_false(s, cond)     truth_is(s, cond, KF_FALSE)
#define is_undecided(s, cond) truth_is(s, cond, KF_UNDECIDED)

/* Asks and says when time alone changes it, as text ("never"). */
static inline const char *flip_of(struct shop *s, const char *cond)
{
    static char text[48];
    ask(s, cond);
    if (s->flip == KF_TIME_MAX)
        return "never";
    kf_time_format(s->flip, text);
    return text;
}
#define flips(s, cond, when) ck_assert_str_eq(flip_of(s, cond), when)

/* The value of an aggregate as text. settings: of the computed rule, "" or "unit = \"SEK\"". */
static inline const char *value_of(struct shop *s, const char *expr, const char *settings)
{
    static char out[400];
    char text[4000];
    struct loaded l;
    snprintf(text, sizeof text, "computed \"it\" { " RULE_HEAD " is = %s, %s }", expr, settings);
    load_rules(s, text, &l);
    l.node = kf_rule_get(kf_rules_find(l.set, KF_KIND_COMPUTED, "it"), "is");
    kf_eval_profile(&l.ev, s->order, s->n);
    kf_eval_reset_flip(&l.ev);
    struct kf_value v = kf_eval_expr(&l.ev, l.node);
    struct kf_buf b = {0};
    kf_value_format(&v, NULL, &b);
    snprintf(out, sizeof out, "%s", b.p);
    s->flip = l.ev.flip;
    s->wrong_type = l.ev.wrong_type;
    kf_buf_free(&b);
    free_rules(&l);
    return out;
}
#define value_is(s, expr, want) ck_assert_str_eq(value_of(s, expr, ""), want)

#endif
