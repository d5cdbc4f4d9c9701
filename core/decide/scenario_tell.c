#include "decide/scenario_tell.h"

#include <stdlib.h>

struct kf_scenario_line *kf_tell(struct kf_telling *k, uint32_t depth, int truth, const char *fmt,
                                 ...)
{
    struct kf_buf b = {0};
    va_list ap;
    va_start(ap, fmt);
    kf_buf_addv(&b, fmt, ap);
    va_end(ap);
    struct kf_scenario_line *l = kf_vec_push(&k->line);
    *l = (struct kf_scenario_line){
        .depth = depth, .truth = truth, .text = kf_arena_strndup(k->o->kept, b.p ? b.p : "", b.n)};
    kf_buf_free(&b);
    return l;
}

static int cmp_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

void kf_tell_events(struct kf_telling *k, const uint32_t *event, uint32_t n)
{
    struct kf_scenario_line *l = &k->line.p[k->line.n - 1];
    uint32_t *number = kf_arena_alloc(k->o->kept, (n + 1u) * sizeof *number), m = 0;
    for (uint32_t i = 0; i < n; i++)
        if (event[i] < k->o->world->events->n)
            number[m++] = kf_outcome_number(k->o, event[i]);
    qsort(number, m, sizeof *number, cmp_u32);
    uint32_t once = 0;
    for (uint32_t i = 0; i < m; i++)
        if (!once || number[once - 1] != number[i])
            number[once++] = number[i];
    l->event = number;
    l->n_event = once;
}

const char *kf_tell_text(struct kf_telling *k, const struct kf_value *v)
{
    struct kf_buf b = {0};
    kf_value_format(v, k->o->world->config->zone, &b);
    if (v->type == KF_VAL_UNDECIDED && v->why)
        kf_buf_addf(&b, " (%s)", v->why);
    const char *text = kf_arena_strndup(k->o->kept, b.p ? b.p : "", b.n);
    kf_buf_free(&b);
    return text;
}

/* ---- conditions ---- */

static void note(struct kf_eval *ev, const struct kf_node *n, enum kf_truth t,
                 const struct kf_value *actual, const uint32_t *evidence, uint32_t n_evidence)
{
    struct kf_telling *k = ev->trace_ctx;
    (void)t;
    if (n != k->want)
        return;
    k->seen = actual != NULL;
    if (actual)
        k->actual = *actual;
    k->evidence = evidence;
    k->n_evidence = n_evidence;
}

static bool is_combination(const struct kf_node *n)
{
    return n->op == KF_C_ALL || n->op == KF_C_ANY || n->op == KF_C_NONE ||
           n->op == KF_C_AT_LEAST_OF;
}

static const char *sentence(struct kf_telling *k, const struct kf_node *n)
{
    struct kf_buf b = {0};
    kf_node_sentence(n, &b);
    size_t skip = b.n && b.p[0] == ' ';
    const char *text = kf_arena_strndup(k->o->kept, b.p ? b.p + skip : "", b.n - skip);
    kf_buf_free(&b);
    return text;
}

static const char *combination(struct kf_telling *k, const struct kf_node *n)
{
    switch (n->op) {
    case KF_C_ALL:
        return "all of these";
    case KF_C_ANY:
        return "any of these";
    case KF_C_NONE:
        return "none of these";
    default:
        return kf_arena_printf(k->o->kept, "at least %lld of these", (long long)n->value.number.m);
    }
}

/* The rule that a condition asks: what it says of the same profile is part of the answer. */
static const struct kf_rule *asked(const struct kf_telling *k, const struct kf_node *n)
{
    enum kf_kind kind = n->op == KF_C_SEGMENT    ? KF_KIND_SEGMENT
                        : n->op == KF_C_SUPPRESS ? KF_KIND_SUPPRESS
                        : n->op == KF_C_CHANNEL  ? KF_KIND_CHANNEL
                                                 : KF_KIND_COUNT;
    if (n->op == KF_C_TEST && (n->kid[0]->op == KF_E_SCORE || n->kid[0]->op == KF_E_SCORE_BAND)) {
        kind = KF_KIND_SCORE;
        n = n->kid[0];
    } else if (n->op == KF_C_TEST && n->kid[0]->op == KF_E_TRAIT) {
        kind = KF_KIND_COMPUTED;
        n = n->kid[0];
    }
    if (kind == KF_KIND_COUNT || k->nest > 3)
        return NULL;
    return kf_rules_find(k->o->rules, kind, kf_arena_strndup(k->o->kept, n->name.p, n->name.n));
}

static void tell_one(struct kf_telling *k, struct decider *x, const struct kf_node *n,
                     uint32_t depth, enum kf_truth t, const char *why)
{
    bool test = n->op == KF_C_TEST;
    struct kf_value actual = k->actual;
    bool seen = k->seen;
    struct kf_scenario_line *l =
        kf_tell(k, depth, (int)t, "%s",
                is_combination(n) ? combination(k, n) : sentence(k, test ? n->kid[0] : n));
    l->pos = n->pos;
    if (test)
        l->needed = sentence(k, n->kid[1]);
    if (seen && test)
        l->actual = kf_tell_text(k, &actual);
    else if (t == KF_UNDECIDED && !is_combination(n) && why)
        l->actual = kf_arena_strdup(k->o->kept, why);
    kf_tell_events(k, k->evidence, k->n_evidence);
    (void)x;
}

/* Of the parts of a combination that came out as `t`, those that had no say: -1: all had. */
static int without_say(const struct kf_node *n, enum kf_truth t)
{
    if (n->op == KF_C_ALL)
        return t == KF_FALSE ? KF_TRUE : -1;
    if (n->op == KF_C_ANY)
        return t == KF_TRUE ? KF_FALSE : -1;
    return n->op == KF_C_NONE ? KF_FALSE : -1;
}

enum kf_truth kf_tell_condition(struct kf_telling *k, struct decider *x, const struct kf_node *n,
                                uint32_t depth)
{
    if (x->ev.looked_at == UINT32_MAX) /* what is remembered does not say what it saw */
        kf_eval_profile_again(&x->ev, x->ev.as_of);
    k->want = n;
    k->seen = false;
    k->evidence = NULL;
    k->n_evidence = 0;
    x->ev.why = NULL;
    x->ev.trace = note;
    x->ev.trace_ctx = k;
    enum kf_truth t = kf_eval_cond(&x->ev, n);
    x->ev.trace = NULL;
    tell_one(k, x, n, depth, t, x->ev.why);
    int before = k->dull;
    bool plain = k->plain;
    k->plain |= (int)t == k->dull;
    k->dull = without_say(n, t);
    for (uint32_t i = 0; is_combination(n) && i < n->kids; i++)
        if (n->kid[i]->cls == KF_CLASS_COND)
            kf_tell_condition(k, x, n->kid[i], depth + 1);
    k->dull = -1;
    const struct kf_rule *r = is_combination(n) || k->plain ? NULL : asked(k, n);
    if (r && x->ev.looked_at == UINT32_MAX)
        kf_tell_rule(k, x, r, depth + 1);
    k->dull = before;
    k->plain = plain;
    return t;
}

/* ---- values ---- */

void kf_tell_value(struct kf_telling *k, struct decider *x, const struct kf_node *expr,
                   uint32_t depth)
{
    struct kf_value v = kf_eval_expr(&x->ev, expr);
    kf_tell(k, depth, -1, "%s", sentence(k, expr))->actual = kf_tell_text(k, &v);
    for (uint32_t i = 0; i < expr->kids; i++) {
        const struct kf_node *kid = expr->kid[i];
        if (kid->cls == KF_CLASS_SELECT) {
            const uint32_t *event;
            uint32_t n;
            kf_eval_select(&x->ev, kid, &event, &n);
            kf_tell_events(k, event, n);
        }
    }
    for (uint32_t i = 0; i < expr->kids && expr->op != KF_E_MEMBERS; i++)
        if (expr->kid[i]->cls == KF_CLASS_EXPR && expr->kid[i]->op != KF_E_PROPERTY &&
            expr->kid[i]->op != KF_E_IDENTIFIER)
            kf_tell_value(k, x, expr->kid[i], depth + 1);
}
