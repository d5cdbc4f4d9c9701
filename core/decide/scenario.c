/* Cases of a scenario: build, decide, compare. */
#include "decide/scenario_internal.h"

#include "base/hash.h"

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

uint32_t kf_outcome_number(const struct outcome *o, uint32_t event)
{
    return event < o->world->events->n ? o->world->events->record[event] : KF_ID_NONE;
}

uint32_t kf_outcome_event(const struct outcome *o, uint32_t number)
{
    return number >= 1 && number <= o->given->n ? o->given->at[number - 1] : KF_ID_NONE;
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

void kf_outcome_free(struct outcome *o)
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
    kf_world_free((struct kf_world *)o->world);
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

static int bad_decision(const struct kf_node *row, uint32_t number, struct kf_error *err,
                        const char *why, const char *word)
{
    return kf_error_at(err, KF_E_CONFIG, "scenario", row->pos.file, row->pos.line, 0,
                       "decision %u %s%s%s%s", number, why, word ? " '" : "", word ? word : "",
                       word ? "'" : "");
}

/* "email=a@x.test" of a namespace that the rules declare. */
static int check_named(const struct kf_ruleset *rules, const struct kf_node *row, uint32_t number,
                       const char *text, struct kf_error *err)
{
    const struct kf_rule *ids = kf_rules_find(rules, KF_KIND_IDENTIFIERS, "");
    const char *eq = text ? strchr(text, '=') : NULL;
    char ns[64] = "";
    if (!text)
        return bad_decision(row, number, err, "is VERB and two identifiers", NULL);
    if (eq && (size_t)(eq - text) < sizeof ns)
        memcpy(ns, text, (size_t)(eq - text));
    if (!*ns)
        return bad_decision(row, number, err, "wants namespace=value, not", text);
    if (!ids || !kf_rule_get(ids, ns))
        return bad_decision(row, number, err, "is about an identifier that no rule declares,", ns);
    return 0;
}

static int decision(const struct kf_ruleset *rules, const struct kf_node *row,
                    struct kf_decision_text *d, struct kf_error *err)
{
    const struct kf_node *at = kf_map_get(row, "at"), *to = kf_map_get(row, "to");
    const char *word[3] = {NULL, NULL, NULL};
    bool given, transfer;
    uint32_t m = 0;
    for (uint32_t k = 0; k < row->kids && m < 3; k++)
        if (row->op == KF_T_LIST || (row->key[k][0] >= '1' && row->key[k][0] <= '9'))
            word[m++] = row->kid[k]->value.text.p;
    d->verb = word[0] ? word[0] : "";
    d->a = word[1];
    d->b = to ? to->value.text.p : word[2];
    transfer = strcmp(d->verb, "transfer") == 0;
    if (!transfer && strcmp(d->verb, "join") != 0 && strcmp(d->verb, "unlink") != 0 &&
        strcmp(d->verb, "keep_apart") != 0)
        return bad_decision(row, d->number, err, "is join, unlink, keep_apart or transfer, not",
                            d->verb);
    int rc = check_named(rules, row, d->number, d->a, err);
    if (rc == 0 && (!transfer || d->b))
        rc = check_named(rules, row, d->number, d->b, err);
    if (rc == 0 && transfer && !at)
        rc = bad_decision(row, d->number, err, "is a transfer and needs 'at', its instant", NULL);
    if (rc == 0 && at && !kf_time_parse(at->value.text, NULL, &d->at, &given))
        rc = bad_decision(row, d->number, err, "has no time in", at->value.text.p);
    return rc;
}

/* { "unlink", a, b }, { "transfer", x, at = ..., to = ... } */
static int decisions(struct trial *t, const struct kf_node *n, struct kf_error *err)
{
    uint32_t kids = n ? n->kids : 0;
    struct kf_decision_text *d = kf_arena_zalloc(&t->arena, (kids + 1u) * sizeof *d);
    int rc = 0;
    for (uint32_t i = 0; i < kids && rc == 0; i++) {
        d[i].number = i + 1;
        rc = decision(t->rules, n->kid[i], &d[i], err);
    }
    t->decision = d;
    t->n_decision = kids;
    return rc;
}

/* ---- one case ---- */

int kf_trial_run(const struct trial *t, struct given *g, unsigned threads, struct outcome *ret,
                 struct kf_error *err)
{
    struct kf_world_options wo = {.config = &t->config,
                                  .rules = t->rules,
                                  .events = g->events,
                                  .threads = threads,
                                  .as_of = t->as_of,
                                  .decision = t->decision,
                                  .n_decision = t->n_decision,
                                  .want_links = true};
    struct kf_world *w = NULL;
    *ret = (struct outcome){.rules = t->rules, .given = g};
    kf_given_index(g, (uint32_t)t->script.event.n);
    int rc = kf_world_new(&wo, &w, err);
    ret->world = w;
    return rc ? rc : decide_all(ret, err);
}

void kf_outcome_check(struct outcome *o, const struct kf_node *expect)
{
    kf_expect_identity(o, expect);
    kf_expect_decisions(o, expect);
}

static int run_trial(struct trial *t, const struct kf_rule *scenario, const char *name,
                     struct kf_buf *problem, const char **ret_todo, struct kf_error *err)
{
    struct outcome o = {0};
    struct given g;
    int rc = kf_given_init(&g, err);
    if (rc == 0)
        rc = kf_given_add(&g, &t->script, t->rules, NULL, (uint32_t)t->script.event.n, err);
    if (rc == 0)
        rc = kf_trial_run(t, &g, 1, &o, err);
    if (rc == 0 && t->report->world)
        t->report->world(t->report->ctx, scenario, name, o.world);
    if (rc == 0 && t->expect)
        kf_outcome_check(&o, t->expect);
    if (o.problem.n)
        kf_buf_add(problem, o.problem.p, o.problem.n);
    *ret_todo = o.todo ? o.todo : "";
    if (rc == 0 && !t->report->as_given)
        rc = kf_trial_vary(t, &o, problem, err);
    kf_outcome_free(&o);
    kf_given_free(&g);
    return rc;
}

static int read_given(struct trial *t, const struct settings *s, struct kf_error *err)
{
    const struct kf_node *shared = kf_map_get(s->shared, "given"),
                         *own = s->own ? kf_map_get(s->own, "given") : NULL;
    int rc = shared ? kf_script_read(&t->script, shared->value.text, &shared->pos, err) : 0;
    return rc == 0 && own ? kf_script_read(&t->script, own->value.text, &own->pos, err) : rc;
}

static int run_case(struct trial *t, const struct settings *s, const struct kf_rule *scenario,
                    const char *name, struct kf_buf *problem, const char **ret_todo,
                    struct kf_error *err)
{
    const struct kf_node *zone = setting(s, "zone"), *rates = setting(s, "rates");
    struct kf_zone *own_zone = NULL;
    struct kf_rates *own_rates = NULL;
    int rc = 0;
    if (zone) {
        own_zone = kf_zone_new(zone->value.text.p, err);
        t->config.zone = own_zone;
        t->config.zone_name = zone->value.text.p;
        if (!own_zone && strcmp(zone->value.text.p, "UTC") != 0)
            rc = err ? err->code : KF_E_CONFIG;
    }
    if (rc == 0 && rates)
        rc = rates_of(rates, t->config.currency, &own_rates, err);
    if (rates)
        t->config.rates = own_rates;
    t->expect = setting(s, "expect");
    if (rc == 0)
        rc = decisions(t, setting(s, "decisions"), err);
    if (rc == 0)
        rc = as_of(s, t->config.zone, &t->as_of, err);
    if (rc == 0)
        rc = read_given(t, s, err);
    if (rc == 0)
        rc = run_trial(t, scenario, name, problem, ret_todo, err);
    kf_zone_free(own_zone);
    kf_rates_free(own_rates);
    return rc;
}

static int one(const struct kf_ruleset *rules, const struct kf_config *config,
               const struct kf_rule *scenario, const struct kf_node *own, unsigned threads,
               struct kf_scenario_report *report, struct kf_error *err)
{
    struct settings s = {.own = own, .shared = scenario->body};
    struct trial t = {.rules = rules,
                      .config = {.currency = "EUR", .zone_name = "UTC"},
                      .report = report,
                      .threads = threads,
                      .seed = kf_hash64(scenario->name, strlen(scenario->name))};
    struct kf_buf problem = {0};
    const struct kf_node *given_name = own ? kf_map_get(own, "1") : NULL;
    const char *todo = "", *name = given_name ? given_name->value.text.p : "";
    if (config)
        t.config = *config;
    int rc = run_case(&t, &s, scenario, name, &problem, &todo, err);
    if (rc == 0) {
        report->failed += problem.n != 0;
        report->todo += problem.n == 0 && *todo;
        report->passed += problem.n == 0 && !*todo;
        if (report->result)
            report->result(report->ctx, scenario, name, problem.p ? problem.p : "", todo);
    }
    kf_buf_free(&problem);
    kf_script_free(&t.script);
    kf_arena_free(&t.arena);
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
