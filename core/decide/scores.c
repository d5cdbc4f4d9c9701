/* Scores: score cards and momentum (RULES 4; ANALYTICS 5). Fitted models have no parameters until
 * they are trained. */
#include "decide/decide_internal.h"

#include <math.h>
#include <stdlib.h>

static const char NOT_TRAINED[] = "the model is not trained";
static const char POINT[] = "a condition of the score card is undecided";
static const char TOO_BIG[] = "the points are too big";

static struct kf_value undecided(const char *why)
{
    return (struct kf_value){.type = KF_VAL_UNDECIDED, .why = why, .event = UINT32_MAX};
}

static struct kf_value number(struct kf_dec d)
{
    return (struct kf_value){.type = KF_VAL_NUMBER, .number = d, .event = UINT32_MAX};
}

static bool dec_of(const struct kf_node *n, struct kf_dec *ret)
{
    if (!n || n->op != KF_K || n->value.type != KF_K_NUMBER)
        return false;
    *ret = n->value.number;
    return true;
}

/* The i-th of what stands in a table without names, whatever form it has. */
static const struct kf_node *nth(const struct kf_node *t, uint32_t i)
{
    return t && i < t->kids ? t->kid[i] : NULL;
}

struct kf_value kf_score_of_points(const struct kf_rule *r, struct kf_dec sum)
{
    const struct kf_node *range = kf_rule_get(r, "range");
    struct kf_dec start, low, high;
    if (kf_rule_number(r, "start", &start) && !kf_dec_add(sum, start, &sum))
        return undecided(TOO_BIG);
    if (dec_of(nth(range, 0), &low) && kf_dec_cmp(sum, low) < 0)
        sum = low;
    if (dec_of(nth(range, 1), &high) && kf_dec_cmp(sum, high) > 0)
        sum = high;
    return number(sum);
}

static struct kf_value card(struct decider *x, const struct kf_rule *r)
{
    const struct kf_node *add = kf_rule_get(r, "add");
    struct kf_dec sum = kf_dec_int(0);
    for (uint32_t i = 0; add && i < add->kids; i++) {
        const struct kf_node *when = kf_map_get(add->kid[i], "when");
        struct kf_dec points;
        if (!when || !dec_of(kf_map_get(add->kid[i], "points"), &points))
            continue;
        x->ev.why = NULL;
        enum kf_truth t = kf_eval_cond(&x->ev, when);
        if (t == KF_UNDECIDED)
            return undecided(x->ev.why ? x->ev.why : POINT);
        if (t == KF_TRUE && !kf_dec_add(sum, points, &sum))
            return undecided(TOO_BIG);
    }
    return kf_score_of_points(r, sum);
}

static double days_of(const struct kf_node *n, double def)
{
    return n && n->value.type == KF_K_LENGTH ? (double)n->value.ns / (double)KF_DAY : def;
}

/* ANALYTICS 5 on a daily 0/1 series in the workspace's zone, from the first active day to today. */
static struct kf_value momentum(struct decider *x, const struct kf_node *settings)
{
    const struct kf_node *of = kf_map_get(settings, "of");
    const struct kf_zone *z = x->d->w->config ? x->d->w->config->zone : NULL;
    const uint32_t *event;
    uint32_t n;
    if (of && of->op == KF_C_HAS)
        of = of->kid[0];
    if (!of || kf_eval_select(&x->ev, of, &event, &n) == KF_UNDECIDED)
        return undecided(POINT);
    if (n == 0)
        return (struct kf_value){.type = KF_VAL_MISSING, .event = UINT32_MAX};
    double rate[2], h[2] = {days_of(kf_map_get(settings, "short"), 7),
                            days_of(kf_map_get(settings, "long"), 28)};
    int32_t today = kf_time_day(z, x->ev.as_of),
            first = kf_time_day(z, x->d->w->events->time[event[0]]);
    for (int k = 0; k < 2; k++) {
        double s = 0;
        int32_t before = INT32_MIN;
        for (uint32_t i = 0; i < n; i++) {
            int32_t day = kf_time_day(z, x->d->w->events->time[event[i]]);
            if (day != before)
                s += exp2(-(double)(today - day) / h[k]);
            before = day;
        }
        rate[k] = s * (1 - exp2(-1 / h[k])) / (1 - exp2(-(double)(today - first + 1) / h[k]));
    }
    struct kf_dec d;
    /* to twelve places: a steady pace is 1, not a rounding error less */
    if (!(rate[1] > 0) || !kf_dec_from_double(nearbyint(rate[0] / rate[1] * 1e12) / 1e12, &d))
        return (struct kf_value){.type = KF_VAL_MISSING, .event = UINT32_MAX};
    return number(d);
}

/* Bands ascend; each reaches up to the next, the last includes its end. */
struct kf_value kf_score_band(const struct kf_rule *r, const struct kf_value *v)
{
    const struct kf_node *bands = kf_rule_get(r, "bands");
    struct kf_value band = {.type = KF_VAL_MISSING, .event = UINT32_MAX};
    if (v->type == KF_VAL_UNDECIDED)
        return *v;
    if (v->type != KF_VAL_NUMBER || !bands || bands->op == KF_T_MODEL)
        return band;
    for (uint32_t i = 0; i < bands->kids; i++) {
        const struct kf_node *name = nth(bands->kid[i], 0), *from = nth(bands->kid[i], 1);
        struct kf_dec at;
        if (!name || !dec_of(from, &at) || kf_dec_cmp(v->number, at) < 0)
            continue;
        band.type = KF_VAL_TEXT;
        band.text = name->value.text;
    }
    return band;
}

void kf_score_decide(struct decider *x, const struct kf_rule *r, struct memo *m)
{
    const struct kf_node *model = kf_rule_get(r, "model"), *bands = kf_rule_get(r, "bands");
    const struct rule_info *info = &x->d->info[r->number];
    if (!kf_ask_active(x, r))
        m->value = (struct kf_value){.type = KF_VAL_MISSING, .event = UINT32_MAX};
    else if (!model)
        m->value = card(x, r);
    else if (kf_str_eq(model->name, kf_cstr("momentum")) && model->kids)
        m->value = momentum(x, model->kid[0]);
    else
        m->value = undecided(NOT_TRAINED);
    m->band = kf_score_band(r, &m->value);
    if (bands && bands->op == KF_T_MODEL && m->band.type == KF_VAL_MISSING)
        m->band = undecided(NOT_TRAINED);
    m->why = m->value.type == KF_VAL_UNDECIDED ? m->value.why : NULL;
    if (x->row && info->column != KF_NOBODY) {
        x->row[info->column] = m->value;
        if (bands)
            x->row[info->column + 1] = m->band;
    }
}
