/* Everything that has a value: aggregates, what is computed from values, and what is asked outside.
 */
#include "lua/eval_internal.h"

static struct kf_value not_known(struct kf_eval *ev, const char *why)
{
    ev->why = why;
    return kf_value_undecided(why);
}

/* ---- arithmetic ---- */

static bool is_money(const struct kf_value *v)
{
    return v->type == KF_VAL_MONEY || v->type == KF_VAL_MONEY_RATIO;
}

static bool is_number(const struct kf_value *v)
{
    return v->type == KF_VAL_NUMBER || v->type == KF_VAL_RATIO;
}

static __int128 gcd(__int128 a, __int128 b)
{
    a = a < 0 ? -a : a;
    b = b < 0 ? -b : b;
    while (b) {
        __int128 t = a % b;
        a = b;
        b = t;
    }
    return a ? a : 1;
}

/* Amounts in the currency asked for; another one only where the day of the amount is known. */
static bool to_currency(struct kf_eval *ev, struct kf_value *v)
{
    if (v->type == KF_VAL_MONEY)
        return kf_convert(ev, v, kf_priv(ev)->cur);
    if (v->type == KF_VAL_MONEY_RATIO && memcmp(v->money.cur, kf_priv(ev)->cur, 3) != 0) {
        ev->why = "an amount is in another currency and of no single day";
        return false;
    }
    return true;
}

/* The parts of a ratio, difference or total: missing if one is, else undecided if one is. */
static bool parts(struct kf_eval *ev, const struct kf_node *n, struct kf_value *part,
                  struct kf_value *ret)
{
    bool missing = false;
    const char *undecided = NULL;
    for (uint32_t i = 0; i < n->kids; i++) {
        part[i] = kf_expr(ev, n->kid[i]);
        if (part[i].type == KF_VAL_MISSING)
            missing = true;
        else if (part[i].type == KF_VAL_UNDECIDED)
            undecided = undecided ? undecided : part[i].why;
        else if (!to_currency(ev, &part[i]))
            undecided = undecided ? undecided : ev->why;
    }
    if (missing)
        *ret = kf_value_missing();
    else if (undecided)
        *ret = kf_value_undecided(undecided);
    return !missing && !undecided;
}

static struct kf_value wrong(struct kf_eval *ev)
{
    kf_wrong_type(ev, "values of different types are computed with");
    return kf_value_undecided(ev->why);
}

static struct kf_value ratio(struct kf_eval *ev, const struct kf_node *n)
{
    struct kf_value part[2], out;
    struct kf_ratio a, b;
    if (!parts(ev, n, part, &out)) {
        /* a divisor of 0 is missing whatever is divided */
        if (out.type == KF_VAL_UNDECIDED && kf_value_ratio(&part[1], &b) && b.num == 0)
            return kf_value_missing();
        return out;
    }
    bool same = (is_money(&part[0]) && is_money(&part[1])) ||
                (part[0].type == KF_VAL_LENGTH && part[1].type == KF_VAL_LENGTH);
    if ((!same && !is_number(&part[1])) || !kf_value_ratio(&part[0], &a) ||
        !kf_value_ratio(&part[1], &b))
        return wrong(ev);
    if (b.num == 0)
        return kf_value_missing();
    if (b.num < 0) {
        b.num = -b.num;
        a.num = -a.num;
    }
    __int128 g = gcd(a.num, b.num), h = gcd(a.den, b.den);
    out = (struct kf_value){.type = KF_VAL_RATIO, .event = UINT32_MAX};
    struct kf_ratio q;
    if (__builtin_mul_overflow(a.num / g, b.den / h, &q.num) ||
        __builtin_mul_overflow(a.den / h, b.num / g, &q.den))
        return not_known(ev, "a share is too large");
    out.ratio = q;
    if (is_money(&part[0]) && !same) {
        out.type = KF_VAL_MONEY_RATIO;
        out.money = part[0].money;
    } else if (part[0].type == KF_VAL_LENGTH && !same) {
        out.type = KF_VAL_LENGTH; /* whole nanoseconds */
        out.time = (int64_t)(q.num / q.den);
    }
    return out;
}

static bool add_fractions(struct kf_ratio *a, struct kf_ratio b)
{
    __int128 g = gcd(a->den, b.den), x, y;
    if (__builtin_mul_overflow(a->num, b.den / g, &x) ||
        __builtin_mul_overflow(b.num, a->den / g, &y) || __builtin_add_overflow(x, y, &a->num) ||
        __builtin_mul_overflow(a->den / g, b.den, &a->den))
        return false;
    g = gcd(a->num, a->den);
    a->num /= g;
    a->den /= g;
    return true;
}

/* a + b, or a - b. False: too large or of different types (then *ret_wrong). */
static bool add(struct kf_value *a, const struct kf_value *b, bool minus, bool *ret_wrong)
{
    struct kf_ratio x, y;
    struct kf_value out = *a;
    *ret_wrong = false;
    out.event = UINT32_MAX;
    if (a->type == KF_VAL_NUMBER && b->type == KF_VAL_NUMBER) {
        struct kf_dec d = b->number;
        if ((minus && !kf_dec_neg(d, &d)) || !kf_dec_add(a->number, d, &out.number))
            return false;
    } else if (a->type == KF_VAL_MONEY && b->type == KF_VAL_MONEY) {
        if (minus ? __builtin_sub_overflow(a->money.minor, b->money.minor, &out.money.minor)
                  : __builtin_add_overflow(a->money.minor, b->money.minor, &out.money.minor))
            return false;
    } else if ((a->type == KF_VAL_LENGTH && b->type == KF_VAL_LENGTH) ||
               (minus && a->type == KF_VAL_TIME && b->type == KF_VAL_TIME)) {
        out.type = KF_VAL_LENGTH;
        if (minus ? __builtin_sub_overflow(a->time, b->time, &out.time)
                  : __builtin_add_overflow(a->time, b->time, &out.time))
            return false;
    } else if ((is_number(a) && is_number(b)) || (is_money(a) && is_money(b))) {
        kf_value_ratio(a, &x);
        kf_value_ratio(b, &y);
        if (minus)
            y.num = -y.num;
        if (!add_fractions(&x, y))
            return false;
        out.type = is_money(a) ? KF_VAL_MONEY_RATIO : KF_VAL_RATIO;
        out.ratio = x;
    } else {
        *ret_wrong = true;
        return false;
    }
    *a = out;
    return true;
}

static struct kf_value total(struct kf_eval *ev, const struct kf_node *n)
{
    struct kf_value *part = kf_arena_alloc(&ev->scratch, (n->kids + 1u) * sizeof *part), out;
    bool bad;
    if (!n->kids)
        return kf_value_missing();
    if (!parts(ev, n, part, &out))
        return out;
    out = part[0];
    out.event = UINT32_MAX;
    for (uint32_t i = 1; i < n->kids; i++)
        if (!add(&out, &part[i], n->op == KF_E_DIFFERENCE, &bad))
            return bad ? wrong(ev) : not_known(ev, "a sum is too large");
    return out;
}

static int64_t floor_days(int64_t ns)
{
    int64_t d = ns / KF_DAY;
    return ns % KF_DAY < 0 ? d - 1 : d;
}

static struct kf_value days_since(struct kf_eval *ev, const struct kf_node *n)
{
    struct kf_value v = kf_expr(ev, n->kid[0]), t;
    const struct kf_zone *z = ev->plan->zone;
    if (v.type == KF_VAL_MISSING || v.type == KF_VAL_UNDECIDED)
        return v;
    if (!kf_value_as_time(&v, z, &t)) {
        kf_wrong_type(ev, "a time is needed and there is something else");
        return kf_value_undecided(ev->why);
    }
    struct kf_value out = kf_value_number(0);
    out.event = v.event;
    if (t.type == KF_VAL_DATE) {
        int32_t today = kf_time_day(z, ev->as_of);
        kf_lower(ev, kf_time_day_start(z, today + 1));
        out.number.m = (int64_t)today - t.day;
    } else {
        out.number.m = floor_days(ev->as_of - t.time);
        kf_lower(ev, t.time + (out.number.m + 1) * KF_DAY);
    }
    return out;
}

static struct kf_value bucket(struct kf_eval *ev, const struct kf_node *n)
{
    struct kf_eval_priv *p = kf_priv(ev);
    const struct kf_pnode *pn = kf_pnode(ev, n);
    char cur[4];
    memcpy(cur, p->cur, 4);
    if (pn->cur[0])
        memcpy(p->cur, pn->cur, 4);
    struct kf_value v = kf_expr(ev, n->kid[0]), out = kf_value_missing();
    memcpy(p->cur, cur, 4);
    if (v.type == KF_VAL_MISSING || v.type == KF_VAL_UNDECIDED)
        return v;
    for (uint32_t i = 1; i + 1 < n->kids; i += 2) {
        struct kf_value from = kf_value_from_const(&n->kid[i + 1]->value);
        enum kf_truth ok;
        int r = kf_order(ev, &v, &from, &ok);
        if (ok != KF_TRUE)
            return kf_value_undecided(ev->why);
        if (r < 0)
            break;
        out = kf_value_from_const(&n->kid[i]->value);
    }
    out.event = v.event;
    return out;
}

/* ---- what is asked outside ---- */

static struct kf_value identifier_count(struct kf_value v)
{
    struct kf_value out = kf_value_number(0);
    if (v.type == KF_VAL_UNDECIDED)
        return v;
    if (v.type == KF_VAL_LIST)
        out.number.m = v.n;
    else if (v.type != KF_VAL_MISSING)
        out.number.m = 1;
    return out;
}

static struct kf_value identifiers(struct kf_eval *ev, struct kf_str ns)
{
    struct kf_eval_priv *p = kf_priv(ev);
    if (p->row)
        return kf_row_identifier(ev, p->row, ns);
    return ev->ops->identifiers ? ev->ops->identifiers(ev, ns)
                                : not_known(ev, "identifiers are not known here");
}

static struct kf_value outside(struct kf_eval *ev, const struct kf_node *n)
{
    const struct kf_eval_ops *o = ev->ops;
    struct kf_value (*ask)(struct kf_eval *, const struct kf_node *) = NULL;
    switch (n->op) {
    case KF_E_TRAIT:
    case KF_E_TRAIT_CHANGED:
    case KF_E_TRAIT_PREVIOUS:
    case KF_E_ACCOUNT_TRAIT:
        ask = o->trait;
        break;
    case KF_E_CONSENT:
    case KF_E_CONSENT_TIME:
        ask = o->consent;
        break;
    case KF_E_SCORE:
    case KF_E_SCORE_BAND:
        ask = o->score;
        break;
    case KF_E_CUSTOM:
        ask = o->custom;
        break;
    case KF_E_MEMBERS:
        ask = o->members;
        break;
    default:
        break;
    }
    return ask ? ask(ev, n) : not_known(ev, "nobody answers this here");
}

static struct kf_value of_row(struct kf_eval *ev, const struct kf_node *n)
{
    struct kf_eval_priv *p = kf_priv(ev);
    if (!p->row)
        return kf_value_missing(); /* there is no event to ask */
    return kf_row_value(ev, p->row, n);
}

/* ---- aggregates ---- */

static struct kf_value of_select(struct kf_eval *ev, const struct kf_node *n)
{
    const struct kf_sel *s = kf_select(ev, n->kid[0]);
    struct kf_eval_priv *p = kf_priv(ev);
    kf_lower(ev, kf_sel_flip(s));
    p->evidence = s->row;
    p->n_evidence = s->n;
    if (!s->grouped)
        return kf_aggregate(ev, n, s);
    struct kf_value list = {.type = KF_VAL_LIST, .n = s->groups, .event = UINT32_MAX};
    struct kf_value *item = kf_arena_alloc(&ev->scratch, (s->groups + 1u) * sizeof *item);
    for (uint32_t i = 0; i < s->groups; i++)
        item[i] = kf_aggregate(ev, n, &s->group[i]);
    list.item = item;
    return list;
}

static struct kf_value aggregate(struct kf_eval *ev, const struct kf_node *n)
{
    switch (n->op) {
    case KF_E_TIME_BETWEEN:
        return kf_time_between(ev, n);
    case KF_E_RATIO:
        return ratio(ev, n);
    case KF_E_DIFFERENCE:
    case KF_E_TOTAL:
        return total(ev, n);
    case KF_E_DAYS_SINCE:
        return days_since(ev, n);
    case KF_E_BUCKET:
        return bucket(ev, n);
    case KF_E_TRAVEL_SPEED:
        return kf_travel_speed(ev, n);
    default:
        return of_select(ev, n);
    }
}

/* An aggregate that several rules ask is worked out once a profile and clock; with its flip, which
 * is part of the answer. */
static struct kf_value remembered(struct kf_eval *ev, const struct kf_node *n, uint32_t memo)
{
    struct kf_eval_priv *p = kf_priv(ev);
    struct kf_memo *m = &p->memo[memo - 1];
    if (m->epoch == p->epoch && memcmp(m->cur, p->cur, 4) == 0) {
        kf_lower(ev, m->flip);
        return *m->value;
    }
    int64_t flip = ev->flip;
    ev->flip = KF_TIME_MAX;
    struct kf_value *v = kf_arena_alloc(&ev->scratch, sizeof *v);
    *v = aggregate(ev, n);
    *m = (struct kf_memo){.epoch = p->epoch, .value = v, .flip = ev->flip};
    memcpy(m->cur, p->cur, 4);
    ev->flip = kf_min64(flip, ev->flip);
    return *v;
}

static bool has_none(const struct kf_eval *ev, const struct kf_pnode *pn)
{
    for (uint32_t i = 0; i < pn->n_absent; i++)
        if (kf_has_any(ev, pn->absent[i]))
            return false;
    return pn->n_absent > 0 && kf_plain(ev);
}

/* Most profiles have none of the events that most values are about. */
static struct kf_value of_none(struct kf_eval *ev, const struct kf_pnode *pn)
{
    struct kf_eval_priv *p = kf_priv(ev);
    struct kf_none *none = &p->none[pn->none];
    if (!none->known || memcmp(none->cur, p->cur, 4) != 0) {
        int64_t flip = ev->flip;
        none->value = aggregate(ev, pn->node);
        memcpy(none->cur, p->cur, 4);
        none->known = none->value.type != KF_VAL_LIST;
        ev->flip = flip; /* of nothing, nothing changes by time alone */
    }
    return none->value;
}

const struct kf_value *kf_eval_of_none(const struct kf_eval *ev, const struct kf_node *n)
{
    const struct kf_pnode *pn = kf_pnode(ev, n);
    if (!pn->node || !has_none(ev, pn))
        return NULL;
    const struct kf_none *none = &kf_priv(ev)->none[pn->none];
    const char *cur = pn->cur[0] && n->op != KF_E_BUCKET ? pn->cur : ev->plan->cur;
    return none->known && memcmp(none->cur, cur, 4) == 0 ? &none->value : NULL;
}

struct kf_value kf_expr(struct kf_eval *ev, const struct kf_node *n)
{
    struct kf_eval_priv *p = kf_priv(ev);
    const struct kf_pnode *pn = kf_pnode(ev, n);
    if (!pn->node)
        return not_known(ev, "the value is not part of the rules");
    if (has_none(ev, pn))
        return of_none(ev, pn);
    if (kf_is_aggregate(n->op))
        return pn->memo && !ev->trace && !p->ahead ? remembered(ev, n, pn->memo) : aggregate(ev, n);
    switch (n->op) {
    case KF_E_PROPERTY:
    case KF_E_TOUCH:
        return of_row(ev, n);
    case KF_E_IDENTIFIER:
        return identifiers(ev, n->name);
    case KF_E_IDENTIFIER_COUNT:
        return identifier_count(identifiers(ev, n->name));
    case KF_K:
        return kf_value_from_const(&n->value);
    default:
        return outside(ev, n);
    }
}
