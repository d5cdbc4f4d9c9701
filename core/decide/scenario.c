/* Cases of a scenario: build, decide, compare. */
#include "decide/scenario_internal.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- problems ---- */

struct kf_scenario_problem *kf_outcome_problem(struct outcome *o, const struct kf_node *at,
                                               const char *fmt, ...)
{
    struct kf_scenario_problem *p = kf_vec_push(&o->problem);
    struct kf_buf b = {0};
    va_list ap;
    va_start(ap, fmt);
    kf_buf_addv(&b, fmt, ap);
    va_end(ap);
    *p = (struct kf_scenario_problem){.text = kf_arena_strndup(o->kept, b.p ? b.p : "", b.n)};
    if (at && at->pos.file)
        p->pos = at->pos;
    kf_buf_free(&b);
    return p;
}

static const char *const *kept_texts(struct outcome *o, const texts *t)
{
    const char **out = kf_arena_alloc(o->kept, (t->n + 1) * sizeof *out);
    for (size_t i = 0; i < t->n; i++)
        out[i] = kf_arena_strdup(o->kept, t->p[i]);
    return out;
}

void kf_outcome_lists(struct outcome *o, const texts *missing, const texts *extra)
{
    struct kf_scenario_problem *p = &o->problem.p[o->problem.n - 1];
    p->missing = kept_texts(o, missing);
    p->n_missing = (uint32_t)missing->n;
    p->extra = kept_texts(o, extra);
    p->n_extra = (uint32_t)extra->n;
}

void kf_outcome_ask(struct outcome *o, struct kf_ask_why ask)
{
    ask.problem = (uint32_t)o->problem.n - 1;
    *kf_vec_push(&o->ask) = ask;
}

static void add_list(struct kf_buf *out, const char *word, const char *const *item, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        kf_buf_addf(out, "%s%s", i ? ", " : word, item[i]);
}

void kf_scenario_sentence(const struct kf_scenario_problem *p, struct kf_buf *out)
{
    if (p->variation)
        kf_buf_addf(out, "%s: ", p->variation);
    kf_buf_adds(out, p->text);
    add_list(out, ": missing ", p->missing, p->n_missing);
    add_list(out, p->n_missing ? "; not expected " : ": not expected ", p->extra, p->n_extra);
    if (p->expected)
        kf_buf_addf(out, ": expected %s, was %s", p->expected, p->was ? p->was : "missing");
}

enum kf_scenario_verdict kf_scenario_verdict(const struct kf_scenario_result *r)
{
    if (r->n_problem)
        return r->todo ? KF_SCENARIO_TODO : KF_SCENARIO_FAILED;
    if (r->waiting)
        return KF_SCENARIO_WAITING;
    return r->todo ? KF_SCENARIO_BONUS : KF_SCENARIO_PASSED;
}

/* ---- names ---- */

uint32_t kf_outcome_number(const struct outcome *o, uint32_t event)
{
    return event < o->world->events->n ? o->world->events->at[event].record : KF_ID_NONE;
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

const char *kf_outcome_ident(struct outcome *o, uint32_t id)
{
    const struct kf_idset *ids = o->world->ids;
    struct kf_str v = kf_idset_value(ids, id);
    return kf_arena_printf(o->kept, "%s=%.*s", ids->rules.ns[ids->ns[id]].name, (int)v.n, v.p);
}

const char *kf_outcome_name(struct outcome *o, uint32_t profile)
{
    const struct kf_world *w = o->world;
    if (profile == KF_NOBODY)
        return "nobody";
    if (w->ids_first[profile] == w->ids_first[profile + 1])
        return "an anonymous profile";
    return kf_outcome_ident(o, w->ids_of[w->ids_first[profile]]);
}

const struct kf_rule *kf_outcome_rule(struct outcome *o, const struct kf_node *at,
                                      enum kf_kind kind, const char *name)
{
    const struct kf_rule *r = kf_rules_find(o->rules, kind, name);
    if (!r)
        kf_outcome_problem(o, at, "there is no %s \"%s\"", kf_kind_name(kind), name);
    return r;
}

static bool has_word(const char *words, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = words; *p; p += strcspn(p, " "), p += *p == ' ')
        if (strcspn(p, " ") == n && memcmp(p, word, n) == 0)
            return true;
    return false;
}

void kf_outcome_keys(struct outcome *o, const struct kf_node *map, const char *what,
                     const char *known)
{
    for (uint32_t i = 0; map && i < map->kids; i++)
        if (!map->key || !has_word(known, map->key[i]))
            kf_outcome_problem(o, map, "'%s' knows %s, not '%s'", what, known,
                               map->key ? map->key[i] : "a list");
}

/* ---- keeping what is decided ---- */

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
        o->value[(size_t)c->from * columns + i] = kf_value_copy(c->value[i], &o->arena);
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
    kf_vec_free(&o->problem);
    kf_vec_free(&o->ask);
    kf_arena_free(&o->arena);
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

int kf_trial_plan(const struct trial *t, struct given *g, struct kf_error *err)
{
    kf_plan_free(g->plan);
    g->plan = NULL;
    return kf_plan_like(t->set->plan, &t->config, g->events->dict, KF_NO_TIME, &g->plan, err);
}

int kf_trial_run(const struct trial *t, struct given *g, unsigned threads, bool decide,
                 struct outcome *ret, struct kf_error *err)
{
    int rc = g->plan ? 0 : kf_trial_plan(t, g, err);
    struct kf_world_options wo = {.config = &t->config,
                                  .rules = t->rules,
                                  .events = g->events,
                                  .plan = g->plan,
                                  .threads = threads,
                                  .as_of = t->as_of,
                                  .decision = t->decision,
                                  .n_decision = t->n_decision,
                                  .want_links = true};
    struct kf_world *w = NULL;
    *ret = (struct outcome){.rules = t->rules, .given = g, .kept = t->kept};
    kf_given_index(g, (uint32_t)t->script.event.n);
    if (rc == 0)
        rc = kf_world_new(&wo, &w, err);
    ret->world = w;
    return rc || !decide ? rc : decide_all(ret, err);
}

void kf_outcome_check(struct outcome *o, const struct kf_node *expect)
{
    kf_expect_identity(o, expect);
    kf_expect_decisions(o, expect);
    kf_expect_events(o, expect);
}

static int run_trial(struct trial *t, struct kf_error *err)
{
    const struct kf_scenario_options *opt = t->options;
    struct outcome o = {0};
    struct given g;
    int rc = kf_given_init(&g, err);
    if (rc == 0)
        rc = kf_given_add(&g, &t->script, t->rules, NULL, (uint32_t)t->script.event.n, err);
    if (rc == 0)
        rc = kf_trial_run(t, &g, 1, true, &o, err);
    if (rc == 0 && opt->world)
        opt->world(opt->ctx, o.world);
    if (rc == 0 && opt->seen)
        rc = kf_outcome_cover(&o, opt->seen, err);
    if (rc == 0 && t->expect) {
        kf_outcome_check(&o, t->expect);
        rc = kf_outcome_explain(&o, err);
    }
    for (size_t i = 0; i < o.problem.n; i++)
        *kf_vec_push(&t->problem) = o.problem.p[i];
    t->waiting = o.waiting;
    if (rc == 0 && !opt->as_given)
        rc = kf_trial_vary(t, &o, err);
    kf_outcome_free(&o);
    kf_given_free(&g);
    return rc;
}

/* The line on which a text begins: behind a bracket that ends its line it is the next. */
static struct kf_pos text_begins(const struct kf_ruleset *rules, struct kf_pos pos)
{
    uint32_t n, line = 1;
    const struct kf_rules_text *f = kf_rules_files(rules, &n);
    for (uint32_t i = 0; i < n; i++) {
        if (strcmp(f[i].name, pos.file) != 0)
            continue;
        const char *p = f[i].text.p, *end = p + f[i].text.n, *next = NULL;
        for (; p < end && line < pos.line; line++)
            p = (next = memchr(p, '\n', (size_t)(end - p))) ? next + 1 : end;
        next = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
        next = next ? next : end;
        while (next > p && (next[-1] == ' ' || next[-1] == '\t' || next[-1] == '\r'))
            next--;
        pos.line += next > p && next[-1] == '[';
        break;
    }
    return pos;
}

static int read_given(struct trial *t, const struct settings *s, struct kf_error *err)
{
    const struct kf_node *shared = kf_map_get(s->shared, "given"),
                         *own = s->own ? kf_map_get(s->own, "given") : NULL;
    const struct kf_node *given[] = {shared, own};
    int rc = 0;
    for (int i = 0; i < 2 && rc == 0; i++) {
        if (!given[i])
            continue;
        struct kf_pos pos = text_begins(t->rules, given[i]->pos);
        rc = kf_script_read(&t->script, given[i]->value.text, &pos, err);
    }
    return rc;
}

static int run_case(struct trial *t, const struct settings *s, struct kf_error *err)
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
        rc = run_trial(t, err);
    kf_zone_free(own_zone);
    kf_rates_free(own_rates);
    return rc;
}

/* ---- cases ---- */

static const struct kf_node *case_of(const struct kf_rule *scenario, uint32_t i)
{
    const struct kf_node *cases = kf_rule_get(scenario, "cases");
    return cases && i < cases->kids ? cases->kid[i] : NULL;
}

uint32_t kf_scenario_cases(const struct kf_rule *scenario)
{
    const struct kf_node *cases = kf_rule_get(scenario, "cases");
    return cases && cases->kids ? cases->kids : 1;
}

const char *kf_scenario_case_name(const struct kf_rule *scenario, uint32_t i)
{
    const struct kf_node *own = case_of(scenario, i), *name = own ? kf_map_get(own, "1") : NULL;
    return name ? name->value.text.p : "";
}

struct kf_pos kf_scenario_case_pos(const struct kf_rule *scenario, uint32_t i)
{
    const struct kf_node *own = case_of(scenario, i);
    return own && own->pos.file ? own->pos : scenario->pos;
}

int kf_scenario_set_new(const struct kf_ruleset *rules, const struct kf_config *config,
                        struct kf_scenario_set **ret, struct kf_error *err)
{
    struct kf_scenario_set *s = calloc(1, sizeof *s);
    if (!s)
        return kf_error_set(err, KF_E_NOMEM, "scenario", "out of memory");
    s->rules = rules;
    s->config = (struct kf_config){.currency = "EUR", .zone_name = "UTC"};
    if (config)
        s->config = *config;
    s->dict = calloc(1, sizeof *s->dict);
    int rc = s->dict && kf_dict_init(s->dict) == 0
                 ? kf_plan_new(rules, &s->config, s->dict, KF_NO_TIME, &s->plan, err)
                 : kf_error_set(err, KF_E_NOMEM, "scenario", "out of memory");
    if (rc) {
        kf_scenario_set_free(s);
        return rc;
    }
    *ret = s;
    return 0;
}

void kf_scenario_set_free(struct kf_scenario_set *s)
{
    if (!s)
        return;
    kf_plan_free(s->plan);
    if (s->dict)
        kf_dict_free(s->dict);
    free(s->dict);
    free(s);
}

/* What a person may be shown of the events. */
static void keep_events(struct kf_scenario_result *r, const struct script *s)
{
    struct kf_scenario_event *e = kf_arena_alloc(r->arena, (s->event.n + 1) * sizeof *e);
    for (size_t i = 0; i < s->event.n; i++) {
        const struct script_event *from = &s->event.p[i];
        e[i] = (struct kf_scenario_event){
            .text = kf_arena_strndup(r->arena, from->text.p, from->text.n),
            .line = from->at,
            .file = from->file};
    }
    r->event = e;
    r->n_event = (uint32_t)s->event.n;
}

static void keep_problems(struct kf_scenario_result *r, const struct trial *t)
{
    struct kf_scenario_problem *p = kf_arena_alloc(r->arena, (t->problem.n + 1) * sizeof *p);
    if (t->problem.n)
        memcpy(p, t->problem.p, t->problem.n * sizeof *p);
    r->problem = p;
    r->n_problem = (uint32_t)t->problem.n;
}

static int case_result(const struct kf_scenario_set *s, const struct kf_scenario_options *o,
                       struct kf_scenario_result *r, const struct kf_node *own,
                       struct kf_error *err)
{
    const struct settings settings = {.own = own, .shared = r->scenario->body};
    const struct kf_node *todo = setting(&settings, "todo");
    struct trial t = {.set = s,
                      .options = o,
                      .rules = s->rules,
                      .config = s->config,
                      .kept = r->arena,
                      .seed = kf_hash64(r->scenario->name, strlen(r->scenario->name))};
    int rc = run_case(&t, &settings, err);
    keep_events(r, &t.script);
    keep_problems(r, &t);
    r->todo = todo ? todo->value.text.p : NULL;
    r->waiting = t.waiting;
    kf_vec_free(&t.problem);
    kf_script_free(&t.script);
    kf_arena_free(&t.arena);
    return rc;
}

int kf_scenario_run(const struct kf_scenario_set *s, const struct kf_scenario_options *o,
                    const struct kf_rule *scenario, uint32_t i, struct kf_scenario_result **ret,
                    struct kf_error *err)
{
    struct kf_scenario_result *r = calloc(1, sizeof *r);
    if (r)
        r->arena = calloc(1, sizeof *r->arena);
    if (!r || !r->arena) {
        free(r);
        return kf_error_set(err, KF_E_NOMEM, "scenario", "out of memory");
    }
    r->scenario = scenario;
    r->case_name = kf_scenario_case_name(scenario, i);
    r->case_number = case_of(scenario, i) ? i + 1 : 0;
    r->pos = kf_scenario_case_pos(scenario, i);
    int rc = case_result(s, o, r, case_of(scenario, i), err);
    if (rc) {
        kf_scenario_result_free(r);
        return rc;
    }
    *ret = r;
    return 0;
}

void kf_scenario_result_free(struct kf_scenario_result *r)
{
    if (!r)
        return;
    kf_arena_free(r->arena);
    free(r->arena);
    free(r);
}
