/* Cases of a scenario: build, decide, compare. */
#include "decide/scenario_internal.h"

#include <stdio.h>
#include <stdlib.h>

void kf_outcome_problem(struct outcome *o, const struct kf_node *at, const char *fmt, ...)
{
    va_list ap;
    if (at && at->pos.file)
        kf_buf_addf(&o->problem, "%s:%u: ", at->pos.file, at->pos.line);
    va_start(ap, fmt);
    kf_buf_addv(&o->problem, fmt, ap);
    va_end(ap);
    kf_buf_addc(&o->problem, '\n');
}

uint32_t kf_outcome_profile(struct outcome *o, const struct kf_node *at, struct kf_str id)
{
    struct kf_error err = KF_ERROR_INIT;
    uint32_t p = kf_world_find(o->world, id, &err);
    if (p == KF_ID_NONE)
        kf_outcome_problem(o, at, "%s", err.message);
    return p == KF_ID_NONE ? KF_NOBODY : p;
}

struct kf_str kf_outcome_name(struct outcome *o, uint32_t profile)
{
    const struct kf_world *w = o->world;
    if (profile == KF_NOBODY)
        return kf_cstr("nobody");
    if (w->ids_first[profile] == w->ids_first[profile + 1])
        return kf_cstr("an anonymous profile");
    uint32_t id = w->ids_of[w->ids_first[profile]];
    struct kf_str v = kf_idset_value(w->ids, id);
    return kf_cstr(kf_arena_printf(&o->arena, "%s=%.*s", w->ids->rules.ns[w->ids->ns[id]].name,
                                   (int)v.n, v.p));
}

/* ---- keeping what is decided ---- */

static struct kf_value deep(struct outcome *o, struct kf_value v)
{
    if (v.text.n)
        v.text = kf_str(kf_arena_strndup(&o->arena, v.text.p, v.text.n), v.text.n);
    if (v.type == KF_VAL_LIST) {
        struct kf_value *item = kf_arena_alloc(&o->arena, (v.n + 1u) * sizeof *item);
        for (uint32_t i = 0; i < v.n; i++)
            item[i] = deep(o, v.item[i]);
        v.item = item;
    }
    return v;
}

#define KEEP(list, from, count)                                                                    \
    for (uint32_t i_ = 0; i_ < (count); i_++)                                                      \
    *kf_vec_push(list) = (from)[i_]

static int take(void *ctx, const struct kf_decided *c, struct kf_error *err)
{
    struct outcome *o = ctx;
    uint32_t columns;
    (void)err;
    kf_decide_columns(o->decide, &columns);
    for (size_t i = 0; i < (size_t)(c->to - c->from) * columns; i++)
        o->value[(size_t)c->from * columns + i] = deep(o, c->value[i]);
    KEEP(&o->member, c->member, c->n_member);
    KEEP(&o->suppression, c->suppression, c->n_suppression);
    KEEP(&o->consent, c->consent, c->n_consent);
    KEEP(&o->eligibility, c->eligibility, c->n_eligibility);
    KEEP(&o->undecided, c->undecided, c->n_undecided);
    return 0;
}

static int decide_all(struct outcome *o, struct kf_error *err)
{
    struct kf_decide_sink sink = {.chunk = take, .ctx = o};
    uint32_t columns;
    int rc = kf_decide_new(o->world, &o->decide, err);
    if (rc)
        return rc;
    kf_decide_columns(o->decide, &columns);
    o->value =
        kf_arena_zalloc(&o->arena, ((size_t)o->world->n_profiles * columns + 1) * sizeof *o->value);
    rc = kf_decide_run(o->decide, &sink, err);
    o->decider = malloc(sizeof *o->decider);
    if (rc == 0 && !o->decider)
        rc = kf_error_set(err, KF_E_NOMEM, "scenario", "out of memory");
    if (rc == 0)
        rc = kf_decider_init(o->decider, o->decide, err);
    return rc;
}

static void outcome_free(struct outcome *o)
{
    if (o->decider)
        kf_decider_free(o->decider);
    free(o->decider);
    kf_decide_free(o->decide);
    kf_vec_free(&o->member);
    kf_vec_free(&o->suppression);
    kf_vec_free(&o->consent);
    kf_vec_free(&o->eligibility);
    kf_vec_free(&o->undecided);
    kf_arena_free(&o->arena);
    kf_buf_free(&o->problem);
}

/* ---- settings of a case ---- */

struct settings {
    const struct kf_node *own, *shared; /* of the case, of the scenario; own may be NULL */
};

static const struct kf_node *setting(const struct settings *s, const char *key)
{
    const struct kf_node *n = s->own ? kf_map_get(s->own, key) : NULL;
    return n ? n : kf_map_get(s->shared, key);
}

static int as_of(const struct settings *s, const struct kf_zone *zone, int64_t *ret,
                 struct kf_error *err)
{
    const struct kf_node *n = setting(s, "as_of");
    bool given;
    *ret = KF_NO_TIME;
    if (!n)
        return 0;
    if (n->value.type == KF_K_DATE)
        *ret = kf_time_day_start(zone, n->value.day);
    else if (n->value.type == KF_K_INSTANT)
        *ret = n->value.ns;
    else if (!kf_time_parse(n->value.text, NULL, ret, &given))
        return kf_error_at(err, KF_E_CONFIG, "scenario", n->pos.file, n->pos.line, n->pos.column,
                           "'%.*s' is no time", (int)n->value.text.n, n->value.text.p);
    return 0;
}

static int rates_of(const struct kf_node *n, const char base[4], struct kf_rates **ret,
                    struct kf_error *err)
{
    *ret = kf_rates_new(base);
    for (uint32_t i = 0; n->key && i < n->kids; i++) {
        int64_t t;
        bool given;
        const struct kf_node *day = n->kid[i];
        if (!kf_time_parse(kf_cstr(n->key[i]), NULL, &t, &given))
            return kf_error_at(err, KF_E_CONFIG, "scenario", n->pos.file, n->pos.line, 0,
                               "'%s' is no date", n->key[i]);
        for (uint32_t k = 0; day->key && k < day->kids; k++) {
            struct kf_dec rate = day->kid[k]->value.number;
            if (day->kid[k]->value.type == KF_K_TEXT &&
                !kf_dec_parse(day->kid[k]->value.text, &rate))
                return kf_error_at(err, KF_E_CONFIG, "scenario", day->pos.file, day->pos.line, 0,
                                   "'%s' is no rate", day->kid[k]->value.text.p);
            int rc =
                kf_rates_add(*ret, kf_time_day(NULL, t), kf_cstr(day->key[k]), rate, false, err);
            if (rc)
                return rc;
        }
    }
    return 0;
}

/* { "unlink", a, b }, { "transfer", x, at = ..., to = ... } */
static uint32_t decisions(const struct kf_node *n, struct kf_arena *arena,
                          const struct kf_decision_text **ret)
{
    struct kf_decision_text *d = kf_arena_zalloc(arena, ((n ? n->kids : 0) + 1u) * sizeof *d);
    for (uint32_t i = 0; n && i < n->kids; i++) {
        const struct kf_node *row = n->kid[i], *at = kf_map_get(row, "at"),
                             *to = kf_map_get(row, "to");
        const char *word[3] = {NULL, NULL, NULL};
        bool given;
        uint32_t m = 0;
        for (uint32_t k = 0; k < row->kids && m < 3; k++)
            if (row->op == KF_T_LIST || (row->key[k][0] >= '1' && row->key[k][0] <= '9'))
                word[m++] = row->kid[k]->value.text.p;
        d[i] = (struct kf_decision_text){.verb = word[0], .a = word[1], .number = i + 1};
        d[i].b = to ? to->value.text.p : word[2];
        if (at)
            kf_time_parse(at->value.text, NULL, &d[i].at, &given);
    }
    *ret = d;
    return n ? n->kids : 0;
}

/* ---- one case ---- */

static int read_given(struct given *g, const struct kf_ruleset *rules, const struct settings *s,
                      struct kf_error *err)
{
    const struct kf_node *shared = kf_map_get(s->shared, "given"),
                         *own = s->own ? kf_map_get(s->own, "given") : NULL;
    int rc = kf_given_init(g, err);
    if (rc == 0 && shared)
        rc = kf_given_read(g, rules, shared->value.text, &shared->pos, err);
    if (rc == 0 && own)
        rc = kf_given_read(g, rules, own->value.text, &own->pos, err);
    return rc;
}

static int decide_case(struct outcome *o, struct given *g, struct kf_config *c,
                       const struct settings *s, unsigned threads, struct kf_error *err)
{
    struct kf_world_options wo = {.config = c,
                                  .rules = o->rules,
                                  .events = g->events,
                                  .threads = threads,
                                  .want_links = true};
    struct kf_world *w = NULL;
    wo.n_decision = decisions(setting(s, "decisions"), &o->arena, &wo.decision);
    int rc = as_of(s, c->zone, &wo.as_of, err);
    if (rc == 0)
        rc = kf_world_new(&wo, &w, err);
    o->world = w;
    if (rc == 0)
        rc = decide_all(o, err);
    const struct kf_node *expect = setting(s, "expect");
    if (rc == 0 && expect) {
        kf_expect_identity(o, expect);
        kf_expect_decisions(o, expect);
    }
    return rc;
}

static int run_case(const struct kf_ruleset *rules, const struct kf_config *config,
                    const struct settings *s, unsigned threads, struct kf_buf *problem,
                    const char **ret_todo, struct kf_error *err)
{
    struct kf_config c = {.currency = "EUR", .zone_name = "UTC"};
    struct outcome o = {.rules = rules};
    struct given g = {0};
    const struct kf_node *zone = setting(s, "zone"), *rates = setting(s, "rates");
    struct kf_zone *own_zone = NULL;
    struct kf_rates *own_rates = NULL;
    int rc = 0;
    if (config)
        c = *config;
    if (zone) {
        own_zone = kf_zone_new(zone->value.text.p, err);
        c.zone = own_zone;
        c.zone_name = zone->value.text.p;
        if (!own_zone && strcmp(zone->value.text.p, "UTC") != 0)
            rc = err ? err->code : KF_E_CONFIG;
    }
    if (rc == 0 && rates)
        rc = rates_of(rates, c.currency, &own_rates, err);
    if (rates)
        c.rates = own_rates;
    if (rc == 0)
        rc = read_given(&g, rules, s, err);
    if (rc == 0)
        rc = decide_case(&o, &g, &c, s, threads, err);
    if (o.problem.n)
        kf_buf_add(problem, o.problem.p, o.problem.n);
    *ret_todo = o.todo ? o.todo : "";
    const struct kf_world *w = o.world;
    outcome_free(&o);
    kf_world_free((struct kf_world *)w);
    kf_given_free(&g);
    kf_zone_free(own_zone);
    kf_rates_free(own_rates);
    return rc;
}

static int one(const struct kf_ruleset *rules, const struct kf_config *config,
               const struct kf_rule *scenario, const struct kf_node *own, unsigned threads,
               struct kf_scenario_report *report, struct kf_error *err)
{
    struct settings s = {.own = own, .shared = scenario->body};
    struct kf_buf problem = {0};
    const struct kf_node *name = own ? kf_map_get(own, "1") : NULL;
    const char *todo = "";
    int rc = run_case(rules, config, &s, threads, &problem, &todo, err);
    if (rc == 0) {
        report->failed += problem.n != 0;
        report->todo += problem.n == 0 && *todo;
        report->passed += problem.n == 0 && !*todo;
        if (report->result)
            report->result(report->ctx, scenario, name ? name->value.text.p : "",
                           problem.p ? problem.p : "", todo);
    }
    kf_buf_free(&problem);
    return rc;
}

int kf_scenario_run(const struct kf_ruleset *rules, const struct kf_config *config,
                    const struct kf_rule *scenario, unsigned threads,
                    struct kf_scenario_report *report, struct kf_error *err)
{
    const struct kf_node *cases = kf_rule_get(scenario, "cases");
    if (!cases)
        return one(rules, config, scenario, NULL, threads, report, err);
    int rc = 0;
    for (uint32_t i = 0; i < cases->kids && rc == 0; i++)
        rc = one(rules, config, scenario, cases->kid[i], threads, report, err);
    return rc;
}
