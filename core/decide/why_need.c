/* What would have to be there for a question to turn, as a person would say it. */
#include "decide/why_internal.h"

#include <stdio.h>

/* Which way a value has to go, how far, and how far that is from where it is. */
struct want {
    int dir; /* 1: up, -1: down, 0: not told */
    struct kf_value bound, gap;
    bool strict;
    bool told; /* the gap may be said */
};

static void say(const struct kf_node *n, struct kf_buf *out)
{
    kf_node_sentence(n, out);
}

/* ---- bounds ---- */

static bool is_amount(const struct kf_value *v)
{
    return v->type == KF_VAL_NUMBER || v->type == KF_VAL_MONEY;
}

static int order(const struct kf_value *a, const struct kf_value *b, bool *ok)
{
    if (a->type == KF_VAL_MONEY && b->type == KF_VAL_MONEY &&
        strcmp(a->money.cur, b->money.cur) != 0) {
        *ok = false;
        return 0;
    }
    return kf_value_cmp(a, b, ok);
}

static void one_bound(struct want *k, int dir, const struct kf_node *arg, bool strict)
{
    if (arg->op != KF_K)
        return;
    k->dir = dir;
    k->bound = kf_value_from_const(&arg->value);
    k->strict = strict;
}

/* Of two ends the one that the value is beyond; inside and to leave: upwards. */
static void two_bounds(struct want *k, const struct kf_value *v, const struct kf_node *test,
                       bool to)
{
    bool ok = false;
    struct kf_value low = kf_value_from_const(&test->kid[0]->value);
    if (!to)
        one_bound(k, 1, test->kid[1], true);
    else if (order(v, &low, &ok) < 0 && ok)
        one_bound(k, 1, test->kid[0], false);
    else
        one_bound(k, -1, test->kid[1], false);
}

static struct want wanted(const struct kf_value *v, const struct kf_node *test, bool to)
{
    struct want k = {0};
    bool ok = false;
    switch (test->op) {
    case KF_T_AT_LEAST:
        one_bound(&k, to ? 1 : -1, test->kid[0], !to);
        break;
    case KF_T_MORE:
        one_bound(&k, to ? 1 : -1, test->kid[0], to);
        break;
    case KF_T_AT_MOST:
        one_bound(&k, to ? -1 : 1, test->kid[0], !to);
        break;
    case KF_T_LESS:
        one_bound(&k, to ? -1 : 1, test->kid[0], to);
        break;
    case KF_T_BETWEEN:
        if (test->kid[0]->op == KF_K)
            two_bounds(&k, v, test, to);
        break;
    case KF_T_IS:
        if (!to || test->kid[0]->op != KF_K)
            break;
        one_bound(&k, 1, test->kid[0], false);
        k.dir = order(v, &k.bound, &ok) < 0 ? 1 : -1;
        break;
    default:
        break;
    }
    return k;
}

/* Numbers that are counted go by one, money by its smallest coin. */
static void set_gap(struct want *k, const struct kf_value *v, bool counted, bool amounts)
{
    struct kf_dec less, d;
    const struct kf_value *hi = k->dir > 0 ? &k->bound : v, *lo = k->dir > 0 ? v : &k->bound;
    if (!k->dir || !amounts || v->type != k->bound.type || !is_amount(v))
        return;
    k->gap = *v;
    k->gap.event = UINT32_MAX;
    if (v->type == KF_VAL_MONEY) {
        if (strcmp(v->money.cur, k->bound.money.cur) != 0)
            return;
        k->gap.money.minor = hi->money.minor - lo->money.minor + k->strict;
        k->told = k->gap.money.minor > 0;
    } else {
        if (!kf_dec_neg(lo->number, &less) || !kf_dec_add(hi->number, less, &d))
            return;
        if (k->strict && counted && !kf_dec_add(d, kf_dec_int(1), &d))
            return;
        k->gap.number = d;
        k->told = kf_dec_cmp(d, kf_dec_int(0)) > 0;
    }
    k->strict &= v->type != KF_VAL_MONEY && !counted;
}

/* ---- sentences ---- */

static void add_value(const struct kf_value *v, struct kf_buf *out)
{
    kf_value_format(v, NULL, out);
}

/* "one more", "3 fewer" */
static void how_many(const struct want *k, struct kf_buf *out)
{
    const char *word = k->dir > 0 ? "more" : "fewer";
    if (k->told && kf_dec_cmp(k->gap.number, kf_dec_int(1)) == 0) {
        kf_buf_addf(out, "one %s", word);
        return;
    }
    if (k->told) {
        add_value(&k->gap, out);
        kf_buf_addc(out, ' ');
    }
    kf_buf_adds(out, word);
}

/* "the ratio of ... would have to be at least 0.5" */
static void would_be(const struct kf_node *e, const struct want *k, struct kf_buf *out)
{
    say(e, out);
    kf_buf_adds(out, k->dir > 0  ? k->strict ? " would have to be more than "
                                             : " would have to be at least "
                     : k->strict ? " would have to be less than "
                                 : " would have to be at most ");
    add_value(&k->bound, out);
}

static bool is_counted(const struct kf_node *e)
{
    return e->op == KF_E_COUNT || e->op == KF_E_DAYS || e->op == KF_E_DISTINCT ||
           e->op == KF_E_PROFILES || e->op == KF_E_IDENTIFIER_COUNT || e->op == KF_E_MEMBERS ||
           e->op == KF_E_DAYS_SINCE;
}

static bool need_expr(struct kf_reasoning *w, const struct kf_node *e, const struct want *k,
                      struct kf_buf *out);

static bool need_sum(const struct kf_node *e, const struct want *k, struct kf_buf *out)
{
    if (k->dir > 0) {
        kf_buf_adds(out, "one more ");
        say(e->kid[0], out);
        kf_buf_adds(out, " with a ");
        say(e->kid[1], out);
        if (k->told) {
            kf_buf_adds(out, k->strict ? " of more than " : " of at least ");
            add_value(&k->gap, out);
        }
        return true;
    }
    if (!k->told)
        return false;
    kf_buf_adds(out, "the ");
    say(e->kid[1], out);
    kf_buf_adds(out, " of ");
    say(e->kid[0], out);
    kf_buf_adds(out, k->strict ? " lower by more than " : " lower by at least ");
    add_value(&k->gap, out);
    return true;
}

/* How many whole days; a time that is longer ago only waits. */
static bool need_days_since(const struct kf_node *e, const struct want *k, struct kf_buf *out)
{
    const struct kf_node *t = e->kid[0];
    if (t->op != KF_E_LAST_TIME)
        return false;
    if (k->dir < 0) {
        kf_buf_adds(out, "one more ");
        say(t->kid[0], out);
        return true;
    }
    if (!k->told)
        return false;
    add_value(&k->gap, out);
    kf_buf_adds(out, kf_dec_cmp(k->gap.number, kf_dec_int(1)) == 0 ? " more day without "
                                                                   : " more days without ");
    say(t->kid[0], out);
    return true;
}

static const struct kf_rule *computed_of(struct kf_reasoning *w, const struct kf_node *e)
{
    uint32_t t = e->op == KF_E_TRAIT ? w->d->target[e->id] : KF_NOBODY;
    return t == KF_NOBODY || !(t & KF_COMPUTED) ? NULL : w->d->rules->rule[t & ~KF_COMPUTED];
}

/* False: the value says nothing that could be done; then its own sentence has to do. */
static bool need_expr(struct kf_reasoning *w, const struct kf_node *e, const struct want *k,
                      struct kf_buf *out)
{
    const struct kf_rule *c = computed_of(w, e);
    struct want other = *k;
    switch (e->op) {
    case KF_E_COUNT:
    case KF_E_PROFILES:
        how_many(k, out);
        kf_buf_addc(out, ' ');
        say(e->kid[0], out);
        return true;
    case KF_E_DAYS:
        say(e->kid[0], out);
        kf_buf_adds(out, " on ");
        how_many(k, out);
        kf_buf_adds(out,
                    k->told && kf_dec_cmp(k->gap.number, kf_dec_int(1)) == 0 ? " day" : " days");
        return true;
    case KF_E_DISTINCT:
        how_many(k, out);
        kf_buf_adds(out, " different ");
        say(e->kid[1], out);
        kf_buf_adds(out, " of ");
        say(e->kid[0], out);
        return true;
    case KF_E_SUM:
        return need_sum(e, k, out);
    case KF_E_TOTAL:
        return e->kids && need_expr(w, e->kid[0], k, out);
    case KF_E_DIFFERENCE: /* more of what is taken away */
        other.dir = 1;
        return need_expr(w, e->kid[k->dir > 0 ? 0 : 1], &other, out);
    case KF_E_DAYS_SINCE:
        return need_days_since(e, k, out);
    case KF_E_TRAIT: {
        const struct kf_node *is = c ? w->d->info[c->number].when : NULL;
        if (!is || is->op == KF_E_BUCKET || !need_expr(w, is, k, out))
            return false;
        return true;
    }
    default:
        return false;
    }
}

/* ---- buckets ---- */

static bool label_passes(const struct kf_node *test, const struct kf_node *label, bool to)
{
    bool in = false;
    for (uint32_t i = 0; i < test->kids; i++)
        in |= test->kid[i]->op == KF_K && kf_str_eq(test->kid[i]->value.text, label->value.text);
    return (in == (test->op == KF_T_IS || test->op == KF_T_ONE_OF)) == to;
}

/* The nearest step that passes, upwards first; now: where its label stands, 0: below the first. */
static bool step_bound(const struct kf_node *bucket, uint32_t now, const struct kf_node *test,
                       bool to, struct want *k)
{
    for (uint32_t i = now ? now + 2 : 1; i + 1 < bucket->kids; i += 2)
        if (label_passes(test, bucket->kid[i], to)) {
            one_bound(k, 1, bucket->kid[i + 1], false);
            return k->dir != 0;
        }
    for (uint32_t i = now; i >= 3; i -= 2)
        if (label_passes(test, bucket->kid[i - 2], to)) {
            one_bound(k, -1, bucket->kid[i + 1], true);
            return k->dir != 0;
        }
    return false;
}

static bool need_bucket(struct kf_reasoning *w, struct kf_eval *ev, const struct kf_node *bucket,
                        const struct kf_node *test, bool to, bool amounts, struct kf_buf *out,
                        struct kf_value *ret)
{
    struct want k = {0};
    bool names = test->op == KF_T_IS || test->op == KF_T_IS_NOT || test->op == KF_T_ONE_OF ||
                 test->op == KF_T_NONE_OF;
    struct kf_value v = kf_eval_expr(ev, bucket->kid[0]);
    uint32_t now = 0; /* position of the label it has; 0: below the first */
    for (uint32_t i = 1; i + 1 < bucket->kids; i += 2) {
        struct kf_value from = kf_value_from_const(&bucket->kid[i + 1]->value);
        bool ok = false;
        if (order(&v, &from, &ok) >= 0 && ok)
            now = i;
    }
    if (!names || v.type == KF_VAL_MISSING || v.type == KF_VAL_UNDECIDED ||
        !step_bound(bucket, now, test, to, &k))
        return false;
    set_gap(&k, &v, is_counted(bucket->kid[0]), amounts);
    if (!need_expr(w, bucket->kid[0], &k, out))
        would_be(bucket->kid[0], &k, out);
    if (k.told)
        *ret = k.gap;
    return true;
}

/* ---- times ---- */

static int64_t later_by(struct kf_reasoning *w, int64_t t, const struct kf_const *length)
{
    const struct kf_config *c = w->d->w->config;
    if (length->type == KF_K_MONTHS)
        return kf_time_add_months(c ? c->zone : NULL, t, length->months);
    return t + length->ns;
}

static bool need_time(struct kf_reasoning *w, const struct kf_why_part *p, bool to,
                      struct kf_buf *out)
{
    const struct kf_node *e = p->node->kid[0], *t = p->node->kid[1];
    bool older = t->op == KF_T_OLDER;
    const struct kf_config *c = w->d->w->config;
    char text[64];
    if ((!older && t->op != KF_T_WITHIN) || (e->op != KF_E_LAST_TIME && e->op != KF_E_FIRST_TIME))
        return false;
    if (older != to) { /* it has to be new */
        if (e->op == KF_E_FIRST_TIME && p->value.type == KF_VAL_TIME)
            return false;
        kf_buf_adds(out, e->op == KF_E_FIRST_TIME ? "a first " : "one more ");
        say(e->kid[0], out);
        return true;
    }
    if (p->value.type != KF_VAL_TIME)
        return false;
    int64_t at = later_by(w, p->value.time, &t->kid[0]->value);
    size_t n = c && c->zone ? kf_time_format_local(c->zone, at, text) : kf_time_format(at, text);
    if (e->op == KF_E_LAST_TIME) {
        kf_buf_adds(out, "no ");
        say(e->kid[0], out);
        kf_buf_adds(out, " until ");
    } else {
        kf_buf_adds(out, "nothing but time, until ");
    }
    kf_buf_add(out, text, n);
    return true;
}

/* ---- the others ---- */

/* "trait 'country' would have to be 'DE'", where the test is read "is ...". */
static bool would_pass(const struct kf_node *n, bool to, struct kf_buf *out)
{
    struct kf_buf test = {0};
    say(n->kid[1], &test);
    bool is = test.n > 3 && memcmp(test.p, "is ", 3) == 0;
    if (is) {
        say(n->kid[0], out);
        kf_buf_adds(out, to ? " would have to be " : " must no longer be ");
        kf_buf_add(out, test.p + 3, test.n - 3);
    }
    kf_buf_free(&test);
    return is;
}

static void need_condition(struct kf_reasoning *w, const struct kf_why_part *p, bool to,
                           bool amounts, struct kf_buf *out, struct kf_value *ret)
{
    const struct kf_node *n = p->node, *e = n->op == KF_C_TEST ? n->kid[0] : NULL;
    if (n->op == KF_C_HAS) {
        kf_buf_adds(out, to ? "one " : "no ");
        say(n->kid[0], out);
        return;
    }
    if (e) {
        const struct kf_rule *c = computed_of(w, e);
        const struct kf_node *is = c ? w->d->info[c->number].when : NULL;
        struct want k = wanted(&p->value, n->kid[1], to);
        if (is && is->op == KF_E_BUCKET &&
            need_bucket(w, kf_why_eval_of(w, p), is, n->kid[1], to, amounts, out, ret))
            return;
        set_gap(&k, &p->value, is_counted(is ? is : e), amounts);
        if (k.told)
            *ret = k.gap;
        if (k.dir && need_expr(w, e, &k, out))
            return;
        if (need_time(w, p, to, out) || would_pass(n, to, out))
            return;
    }
    kf_buf_adds(out, to ? "would have to hold: " : "must no longer hold: ");
    say(n, out);
}

static const char *purpose_name(const struct kf_reasoning *w, const struct kf_why_part *p)
{
    const char *text = p->node && p->node->cls != KF_CLASS_COND ? kf_node_text(p->node, 0) : NULL;
    if (p->purpose != KF_NOBODY)
        return w->d->w->statements.purpose[p->purpose];
    return text ? text : "what the rule requires";
}

void kf_why_need(struct kf_reasoning *w, uint32_t part, bool to, bool amounts, struct kf_buf *out,
                 struct kf_value *ret_amount)
{
    const struct kf_why_part *p = &w->part[part];
    *ret_amount = (struct kf_value){.type = KF_VAL_MISSING, .event = UINT32_MAX};
    switch (p->about) {
    case KF_ABOUT_CONSENT:
        kf_buf_addf(out, "consent to '%s' would have to be %s", purpose_name(w, p),
                    to ? "granted" : "taken back");
        break;
    case KF_ABOUT_LIST:
        kf_buf_addf(out,
                    to ? "an identifier would have to be on the list '%s'"
                       : "no identifier may be on the list '%s' any more",
                    kf_rule_text(p->rule, "list", "?"));
        break;
    case KF_ABOUT_HOLD:
        kf_buf_addf(out,
                    to ? "fraud rule '%s' would have to reject"
                       : "fraud rule '%s' must no longer reject",
                    p->asks->name);
        break;
    case KF_ABOUT_ADDRESS:
        kf_buf_adds(out, "an address of the kind that the channel uses");
        break;
    default:
        if (p->node && !p->asks)
            need_condition(w, p, to, amounts, out, ret_amount);
        else
            kf_buf_addf(out, to ? "%s '%s' would have to hold" : "%s '%s' must no longer hold",
                        kf_kind_name((p->asks ? p->asks : p->rule)->kind),
                        (p->asks ? p->asks : p->rule)->name);
    }
}
