/* What a computed trait is made of, and the touches before an outcome. */
#include "decide/why_internal.h"

#include <stdlib.h>

/* ---- values ---- */

struct walk {
    struct kf_reasoning *w;
    kf_vec(struct kf_why_value) row;
    const struct kf_rule *of;
    unsigned rules; /* computed ones that were entered */
};

static struct kf_str text_of(struct kf_reasoning *w, const struct kf_value *v)
{
    const struct kf_config *c = w->d->w->config;
    struct kf_buf b = {0};
    kf_value_format(v, c ? c->zone : NULL, &b);
    struct kf_str s = kf_str(kf_arena_strndup(&w->arena, b.p ? b.p : "", b.n), b.n);
    kf_buf_free(&b);
    return s;
}

/* The events of the selections that stand directly below a value. */
static void events_of(struct walk *k, const struct kf_node *n, struct kf_why_value *row)
{
    kf_vec(uint32_t) all = {0};
    for (uint32_t i = 0; i < n->kids; i++) {
        const uint32_t *event;
        uint32_t count;
        if (n->kid[i]->cls != KF_CLASS_SELECT)
            continue;
        kf_eval_select(&k->w->x->ev, n->kid[i], &event, &count);
        for (uint32_t e = 0; e < count; e++)
            *kf_vec_push(&all) = event[e];
    }
    if (!all.n && n->op == KF_E_TRAIT && row->value.event != UINT32_MAX)
        *kf_vec_push(&all) = row->value.event;
    uint32_t *out = kf_arena_alloc(&k->w->arena, (all.n + 1) * sizeof *out);
    if (all.n)
        memcpy(out, all.p, all.n * sizeof *out);
    row->event = out;
    row->n_event = (uint32_t)all.n;
    kf_vec_free(&all);
}

static void add(struct walk *k, const struct kf_node *n, uint32_t depth)
{
    struct kf_reasoning *w = k->w;
    struct kf_why_value row = {.node = n, .of = k->of, .depth = depth};
    uint32_t t = n->op == KF_E_TRAIT ? w->d->target[n->id] : KF_NOBODY;
    row.value = kf_eval_expr(&w->x->ev, n);
    row.actual = text_of(w, &row.value);
    events_of(k, n, &row);
    *kf_vec_push(&k->row) = row;
    for (uint32_t i = 0; n->op != KF_E_MEMBERS && i < n->kids; i++)
        if (n->kid[i]->cls == KF_CLASS_EXPR && n->kid[i]->op != KF_E_PROPERTY &&
            n->kid[i]->op != KF_E_IDENTIFIER)
            add(k, n->kid[i], depth + 1);
    if (t == KF_NOBODY || !(t & KF_COMPUTED) || k->rules > 8)
        return;
    const struct kf_rule *outer = k->of;
    k->of = w->d->rules->rule[t & ~KF_COMPUTED];
    k->rules++;
    if (w->d->info[k->of->number].when)
        add(k, w->d->info[k->of->number].when, depth + 1);
    k->rules--;
    k->of = outer;
}

static uint32_t take_rows(struct walk *k, const struct kf_why_value **ret)
{
    uint32_t n = (uint32_t)k->row.n;
    struct kf_why_value *out = kf_arena_alloc(&k->w->arena, (n + 1u) * sizeof *out);
    if (n)
        memcpy(out, k->row.p, n * sizeof *out);
    kf_vec_free(&k->row);
    *ret = out;
    return n;
}

/* Events that a custom function may look through. */
static void add_read(struct walk *k, const struct kf_node *select)
{
    struct kf_why_value row = {
        .node = select, .of = k->of, .value = {.type = KF_VAL_MISSING, .event = UINT32_MAX}};
    const uint32_t *event;
    kf_eval_select(&k->w->x->ev, select, &event, &row.n_event);
    uint32_t *out = kf_arena_alloc(&k->w->arena, (row.n_event + 1u) * sizeof *out);
    if (row.n_event)
        memcpy(out, event, row.n_event * sizeof *out);
    row.event = out;
    *kf_vec_push(&k->row) = row;
}

static void add_reads(struct walk *k, const struct kf_node *n)
{
    if (n->op == KF_C_HAS)
        n = n->kid[0];
    if (n->cls == KF_CLASS_SELECT)
        add_read(k, n);
    else if (n->cls == KF_CLASS_EXPR)
        add(k, n, 0);
    for (uint32_t i = 0; n->cls == KF_CLASS_TABLE && i < n->kids; i++)
        add_reads(k, n->kid[i]);
}

uint32_t kf_why_values(struct kf_reasoning *w, const struct kf_why_value **ret)
{
    struct walk k = {.w = w, .of = w->rule};
    const struct kf_node *is = w->d->info[w->rule->number].when,
                         *reads = kf_rule_get(w->rule, "reads");
    if (w->rule->kind == KF_KIND_COMPUTED && is)
        add(&k, is, 0);
    if (w->rule->kind == KF_KIND_CUSTOM && reads)
        add_reads(&k, reads);
    return take_rows(&k, ret);
}

uint32_t kf_why_values_of(struct kf_reasoning *w, const struct kf_node *value,
                          const struct kf_why_value **ret)
{
    struct walk k = {.w = w, .of = w->rule};
    add(&k, value, 0);
    return take_rows(&k, ret);
}

/* ---- outcomes ---- */

static const struct kf_node *select_of(const struct kf_rule *r, const char *key)
{
    const struct kf_node *n = kf_rule_get(r, key);
    return n && n->op == KF_C_HAS && n->kids ? n->kid[0] : n;
}

static bool is_text(const struct kf_value *v, struct kf_str text)
{
    struct kf_buf b = {0};
    bool same = v->type == KF_VAL_TEXT && kf_str_eq(v->text, text);
    if (v->type == KF_VAL_NUMBER) {
        kf_value_format(v, NULL, &b);
        same = kf_str_eq(kf_str(b.p, b.n), text);
    }
    kf_buf_free(&b);
    return same;
}

/* Names that are an outcome of some rule; without such rules every event may be one. */
static bool may_be_outcome(const struct name_set *s, uint32_t n, const struct kf_events *e,
                           uint32_t event)
{
    for (uint32_t i = 0; i < n; i++)
        if (kf_name_set_has(&s[i], e, event))
            return true;
    return n == 0;
}

static uint32_t search(struct kf_decide *d, struct decider *x, const struct name_set *s, uint32_t n,
                       uint32_t profile, struct kf_str text)
{
    const struct kf_world *w = d->w;
    uint32_t best = KF_ID_NONE;
    bool by_id = false;
    for (uint32_t e = 0; e < w->events->n; e++) {
        if (w->events->dropped[e] || w->events->time[e] > w->as_of ||
            (profile != KF_ID_NONE && w->identity->event_profile[e] != profile))
            continue;
        bool id = kf_str_eq(kf_event_id(w->events, e), text);
        if (!id && (by_id || !may_be_outcome(s, n, w->events, e)))
            continue;
        struct kf_value v = kf_eval_property(&x->ev, e, kf_cstr("properties.order_id"));
        bool found = id || is_text(&v, text);
        kf_arena_reset(&x->ev.scratch);
        /* the first report of an order is the order */
        if (found && (best == KF_ID_NONE || (id && !by_id) ||
                      (id == by_id && kf_event_cmp(w->events, e, best) < 0)))
            best = e;
        by_id |= found && id;
    }
    return best;
}

int kf_decide_find_order(struct kf_decide *d, uint32_t profile, struct kf_str text, uint32_t *ret,
                         struct kf_error *err)
{
    uint32_t n, made = 0;
    const struct kf_rule *const *rule = kf_rules_kind(d->rules, KF_KIND_ATTRIBUTION, &n);
    struct name_set *set = calloc(n + 1u, sizeof *set);
    struct decider x = {0};
    int rc = set ? kf_decider_init(&x, d, err)
                 : kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    for (uint32_t i = 0; i < n && rc == 0; i++, made++)
        if (select_of(rule[i], "outcome") &&
            kf_name_set_init(&set[i], d, select_of(rule[i], "outcome")))
            rc = kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    if (rc == 0)
        *ret = search(d, &x, set, n, profile, text);
    for (uint32_t i = 0; i < made; i++)
        free(set[i].name);
    free(set);
    kf_decider_free(&x);
    return rc;
}

/* ---- touches before an outcome ---- */

static int64_t back(const struct kf_world *w, int64_t t, const struct kf_rule *r)
{
    const struct kf_node *n = kf_rule_get(r, "look_back");
    if (!n || n->op != KF_K)
        return t - 30 * KF_DAY;
    if (n->value.type == KF_K_MONTHS)
        return kf_time_add_months(w->config ? w->config->zone : NULL, t, -n->value.months);
    return t - n->value.ns;
}

static enum kf_truth at_touch(struct decider *x, const struct kf_touch *t, const struct kf_node *c,
                              enum kf_truth none)
{
    if (!c)
        return none;
    kf_eval_event(&x->ev, t->event);
    x->ev.looked_at_touch = t;
    return kf_eval_cond(&x->ev, c);
}

static struct kf_why_touch touch_row(struct decider *x, const struct kf_rule *r,
                                     const struct kf_touch *t, struct kf_arena *a)
{
    const struct kf_node *counts = kf_rule_get(r, "touches");
    struct kf_value channel = kf_touch_field(x, t, kf_cstr("channel"));
    struct kf_why_touch row = {.touch = *t};
    if (channel.type == KF_VAL_TEXT)
        row.channel = kf_str(kf_arena_strndup(a, channel.text.p, channel.text.n), channel.text.n);
    row.ignored = at_touch(x, t, kf_rule_get(r, "ignore"), KF_FALSE);
    /* by default every click and visit */
    row.counts = counts && counts->cls == KF_CLASS_COND
                     ? at_touch(x, t, counts, KF_TRUE)
                     : (t->kind != KF_TOUCH_VIEW ? KF_TRUE : KF_FALSE);
    return row;
}

int kf_decide_outcome(struct kf_decide *d, const struct kf_rule *r, uint32_t event,
                      struct kf_arena *a, struct kf_why_outcome *ret, struct kf_error *err)
{
    const struct kf_world *w = d->w;
    const struct kf_node *outcome = select_of(r, "outcome");
    const char *value = kf_rule_text(r, "value", NULL);
    uint32_t profile = w->identity->event_profile[event];
    struct decider x;
    *ret = (struct kf_why_outcome){.value = {.type = KF_VAL_MISSING, .event = UINT32_MAX}};
    if (profile == KF_ID_NONE)
        return 0;
    int rc = kf_decider_init(&x, d, err);
    if (rc)
        return rc;
    kf_decider_start(&x, profile, NULL);
    ret->matches =
        outcome && outcome->cls == KF_CLASS_SELECT && kf_eval_event_matches(&x.ev, event, outcome);
    if (value)
        ret->value =
            kf_eval_property(&x.ev, event, kf_cstr(kf_arena_printf(a, "properties.%s", value)));
    ret->from = back(w, w->events->time[event], r);
    kf_ask_touches(&x);
    struct kf_why_touch *row = kf_arena_alloc(a, (x.n_touch + 1u) * sizeof *row);
    for (uint32_t i = 0; i < x.n_touch; i++)
        if (x.touch[i].kind != KF_TOUCH_MENTION && x.touch[i].time > ret->from &&
            x.touch[i].time <= w->events->time[event])
            row[ret->n++] = touch_row(&x, r, &x.touch[i], a);
    for (uint32_t i = 0; i < ret->n; i++) { /* texts lie in the decider's arena */
        struct kf_touch *t = &row[i].touch;
        struct kf_str *s[] = {&t->source, &t->medium, &t->campaign, &t->referrer};
        for (int k = 0; k < 4; k++)
            if (s[k]->n)
                *s[k] = kf_str(kf_arena_strndup(a, s[k]->p, s[k]->n), s[k]->n);
    }
    ret->touch = row;
    kf_decider_free(&x);
    return 0;
}
