/* Tests of values (RULES 2). Missing passes only `missing` and the negative tests; a wrong type is
 * undecided and counted; of several values one must pass, for negative tests none may be it. */
#include "lua/eval_internal.h"

enum kf_truth kf_wrong_type(struct kf_eval *ev, const char *why)
{
    ev->wrong_type++;
    ev->why = why;
    return KF_UNDECIDED;
}

static bool is_missing(const struct kf_value *v)
{
    return v->type == KF_VAL_MISSING || (v->type == KF_VAL_TEXT && !v->text.n) ||
           (v->type == KF_VAL_LIST && !v->n);
}

static bool is_negative(uint16_t op)
{
    return op == KF_T_IS_NOT || op == KF_T_NONE_OF;
}

static bool is_time(const struct kf_value *v)
{
    return v->type == KF_VAL_TIME || v->type == KF_VAL_DATE;
}

static int order64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* A date is that whole day: an instant of it is neither before nor after it. */
static int order_times(const struct kf_eval *ev, const struct kf_value *a, const struct kf_value *b)
{
    const struct kf_zone *z = ev->plan->zone;
    if (a->type == KF_VAL_TIME && b->type == KF_VAL_TIME)
        return order64(a->time, b->time);
    int32_t x = a->type == KF_VAL_DATE ? a->day : kf_time_day(z, a->time);
    int32_t y = b->type == KF_VAL_DATE ? b->day : kf_time_day(z, b->time);
    return order64(x, y);
}

int kf_order(struct kf_eval *ev, const struct kf_value *a, const struct kf_value *b,
             enum kf_truth *ret)
{
    struct kf_value x, y;
    bool ok;
    *ret = KF_TRUE;
    if (a->type == KF_VAL_UNDECIDED || b->type == KF_VAL_UNDECIDED) {
        *ret = kf_no(ev, a->type == KF_VAL_UNDECIDED ? a->why : b->why);
        return 0;
    }
    if (is_time(a) || is_time(b)) {
        const struct kf_zone *z = ev->plan->zone;
        if (kf_value_as_time(a, z, &x) && kf_value_as_time(b, z, &y))
            return order_times(ev, &x, &y);
    } else if (a->type == KF_VAL_MONEY && b->type == KF_VAL_MONEY) {
        x = *a;
        if (!kf_convert(ev, &x, b->money.cur)) {
            *ret = KF_UNDECIDED;
            return 0;
        }
        return order64(x.money.minor, b->money.minor);
    } else if (!(a->type == KF_VAL_TEXT && b->type == KF_VAL_TEXT)) {
        int r = kf_value_cmp(a, b, &ok);
        if (ok)
            return r;
    }
    *ret = kf_wrong_type(ev, "a value has another type than what it is compared with");
    return 0;
}

static struct kf_str fold(struct kf_eval *ev, struct kf_str s)
{
    char *out = kf_arena_alloc(&ev->scratch, 3 * s.n + 1);
    return kf_str(out, kf_utf8_fold(s, out, 3 * s.n + 1));
}

/* The value of the test's i-th kid. */
static const struct kf_value *argument(struct kf_eval *ev, const struct kf_node *test, uint32_t i)
{
    const struct kf_node *n = test->kid[i];
    const struct kf_pnode *pn = kf_pnode(ev, n);
    if (n->op == KF_K && pn->k)
        return pn->k;
    struct kf_value *v = kf_arena_alloc(&ev->scratch, sizeof *v);
    *v = n->op == KF_K ? kf_value_from_const(&n->value) : kf_expr(ev, n);
    return v;
}

static struct kf_str argument_text(struct kf_eval *ev, const struct kf_node *test, uint32_t i,
                                   const struct kf_value *arg)
{
    if (!(test->flags & KF_NODE_IGNORE_CASE))
        return arg->text;
    const struct kf_pnode *pn = kf_pnode(ev, test->kid[i]);
    return pn->folded.p ? pn->folded : fold(ev, arg->text);
}

/* Is v the argument? KF_UNDECIDED and *ret_wrong where the types do not fit. */
static enum kf_truth is_it(struct kf_eval *ev, const struct kf_value *v, const struct kf_node *test,
                           uint32_t i, const struct kf_value *arg, bool *ret_wrong)
{
    enum kf_truth ok = KF_FALSE;
    if (arg->type == KF_VAL_UNDECIDED)
        return kf_no(ev, arg->why);
    if (is_missing(arg))
        return KF_FALSE;
    if (arg->type == KF_VAL_LIST) {
        for (uint32_t k = 0; k < arg->n; k++)
            ok = kf_or(ok, is_it(ev, v, test, i, &arg->item[k], ret_wrong));
        return ok;
    }
    if (v->type == KF_VAL_TEXT && arg->type == KF_VAL_TEXT) {
        struct kf_str a = v->text, b = argument_text(ev, test, i, arg);
        if (test->flags & KF_NODE_IGNORE_CASE)
            a = fold(ev, a);
        return kf_truth_of(kf_str_eq(a, b));
    }
    uint64_t before = ev->wrong_type;
    int r = kf_order(ev, v, arg, &ok);
    if (ok == KF_TRUE)
        return kf_truth_of(r == 0);
    if (ev->wrong_type != before) {
        ev->wrong_type = before; /* counted once for all alternatives */
        *ret_wrong = true;
    }
    return KF_UNDECIDED;
}

static enum kf_truth is_one(struct kf_eval *ev, const struct kf_value *v,
                            const struct kf_node *test)
{
    enum kf_truth t = KF_FALSE;
    uint32_t wrong_ones = 0;
    for (uint32_t i = 0; i < test->kids && t != KF_TRUE; i++) {
        bool wrong = false;
        enum kf_truth one = is_it(ev, v, test, i, argument(ev, test, i), &wrong);
        wrong_ones += wrong;
        t = kf_or(t, wrong ? KF_FALSE : one);
    }
    if (t == KF_FALSE && wrong_ones == test->kids && wrong_ones)
        return kf_wrong_type(ev, "a value has another type than what it is compared with");
    return t;
}

static enum kf_truth compare(struct kf_eval *ev, const struct kf_value *v, uint16_t op,
                             const struct kf_value *arg)
{
    enum kf_truth ok;
    if (is_missing(arg))
        return KF_FALSE; /* as if what it tests were missing */
    if (v->type == KF_VAL_TEXT && arg->type == KF_VAL_TEXT &&
        (op == KF_T_BEFORE || op == KF_T_AFTER || op == KF_T_SINCE || op == KF_T_BETWEEN)) {
        struct kf_value t;
        if (!kf_value_as_time(v, ev->plan->zone, &t))
            return kf_wrong_type(ev, "a time is needed and there is something else");
        return compare(ev, &t, op, arg);
    }
    int r = kf_order(ev, v, arg, &ok);
    if (ok != KF_TRUE)
        return ok;
    switch (op) {
    case KF_T_AT_LEAST:
    case KF_T_SINCE:
        return kf_truth_of(r >= 0);
    case KF_T_AT_MOST:
        return kf_truth_of(r <= 0);
    case KF_T_MORE:
    case KF_T_AFTER:
        return kf_truth_of(r > 0);
    default: /* KF_T_LESS, KF_T_BEFORE */
        return kf_truth_of(r < 0);
    }
}

static enum kf_truth between(struct kf_eval *ev, const struct kf_value *v,
                             const struct kf_node *test)
{
    uint64_t before = ev->wrong_type;
    enum kf_truth low = compare(ev, v, KF_T_SINCE, argument(ev, test, 0));
    if (low == KF_FALSE)
        return low;
    enum kf_truth high = KF_FALSE;
    const struct kf_value *b = argument(ev, test, 1);
    if (!is_missing(b)) {
        /* the second end is included as well: not after it */
        high = kf_truth_not(compare(ev, v, KF_T_AFTER, b));
    }
    if (ev->wrong_type > before + 1)
        ev->wrong_type = before + 1;
    return kf_and(low, high);
}

static bool text_passes(uint16_t op, struct kf_str s, struct kf_str part)
{
    switch (op) {
    case KF_T_STARTS:
        return s.n >= part.n && memcmp(s.p, part.p, part.n) == 0;
    case KF_T_ENDS:
        return s.n >= part.n && memcmp(s.p + s.n - part.n, part.p, part.n) == 0;
    case KF_T_MATCHES:
        return kf_str_glob(part, s);
    default:
        return memmem(s.p, s.n, part.p, part.n) != NULL;
    }
}

static enum kf_truth text_test(struct kf_eval *ev, const struct kf_value *v,
                               const struct kf_node *test)
{
    const struct kf_value *arg = argument(ev, test, 0);
    if (arg->type == KF_VAL_UNDECIDED)
        return kf_no(ev, arg->why);
    if (is_missing(arg))
        return KF_FALSE;
    if (v->type != KF_VAL_TEXT || arg->type != KF_VAL_TEXT)
        return kf_wrong_type(ev, "a text is needed and there is something else");
    struct kf_str s = test->flags & KF_NODE_IGNORE_CASE ? fold(ev, v->text) : v->text;
    return kf_truth_of(text_passes(test->op, s, argument_text(ev, test, 0, arg)));
}

static enum kf_truth in_list(struct kf_eval *ev, const struct kf_value *v,
                             const struct kf_pnode *test)
{
    if (!test->list)
        return kf_no(ev, "kinfold.yaml has no list of that name");
    if (v->type != KF_VAL_TEXT)
        return kf_wrong_type(ev, "a text is needed and there is something else");
    return kf_truth_of(kf_list_has(test->list, v->text));
}

static enum kf_truth one_value(struct kf_eval *ev, const struct kf_value *v,
                               const struct kf_node *test)
{
    if (is_missing(v))
        return kf_truth_of(test->op == KF_T_MISSING || is_negative(test->op));
    if (test->op == KF_T_EXISTS || test->op == KF_T_MISSING)
        return kf_truth_of(test->op == KF_T_EXISTS);
    if (v->type == KF_VAL_UNDECIDED)
        return kf_no(ev, v->why);
    switch (test->op) {
    case KF_T_IS:
    case KF_T_ONE_OF:
        return is_one(ev, v, test);
    case KF_T_IS_NOT:
    case KF_T_NONE_OF:
        return kf_truth_not(is_one(ev, v, test));
    case KF_T_BETWEEN:
        return between(ev, v, test);
    case KF_T_CONTAINS:
    case KF_T_STARTS:
    case KF_T_ENDS:
    case KF_T_MATCHES:
        return text_test(ev, v, test);
    case KF_T_IN_LIST:
        return in_list(ev, v, kf_pnode(ev, test));
    case KF_T_AT_LEAST:
    case KF_T_AT_MOST:
    case KF_T_MORE:
    case KF_T_LESS:
    case KF_T_BEFORE:
    case KF_T_AFTER:
    case KF_T_SINCE:
        return compare(ev, v, test->op, argument(ev, test, 0));
    default:
        return kf_time_test(ev, v, kf_pnode(ev, test));
    }
}

/* `contains` on a list: an element of it. */
static enum kf_truth has_element(struct kf_eval *ev, const struct kf_value *v,
                                 const struct kf_node *test)
{
    enum kf_truth t = KF_FALSE;
    for (uint32_t i = 0; i < v->n && t != KF_TRUE; i++)
        if (v->item[i].type == KF_VAL_UNDECIDED)
            t = kf_or(t, kf_no(ev, v->item[i].why));
        else if (!is_missing(&v->item[i]))
            t = kf_or(t, is_one(ev, &v->item[i], test));
    return t;
}

static bool all_missing(const struct kf_value *v)
{
    for (uint32_t i = 0; i < v->n; i++)
        if (!is_missing(&v->item[i]))
            return false;
    return true;
}

enum kf_truth kf_test(struct kf_eval *ev, const struct kf_value *v, const struct kf_node *test,
                      bool several)
{
    if (!kf_pnode(ev, test)->node)
        return kf_no(ev, "the test is not part of the rules");
    if (v->type == KF_VAL_UNDECIDED)
        return kf_no(ev, v->why);
    if (v->type != KF_VAL_LIST)
        return one_value(ev, v, test);
    if (all_missing(v)) {
        struct kf_value none = kf_value_missing();
        return one_value(ev, &none, test);
    }
    if (test->op == KF_T_EXISTS || test->op == KF_T_MISSING)
        return kf_truth_of(test->op == KF_T_EXISTS);
    if (test->op == KF_T_CONTAINS && !several)
        return has_element(ev, v, test);
    bool negative = is_negative(test->op);
    enum kf_truth t = negative ? KF_TRUE : KF_FALSE;
    for (uint32_t i = 0; i < v->n; i++) {
        enum kf_truth one = one_value(ev, &v->item[i], test);
        t = negative ? kf_and(t, one) : kf_or(t, one);
    }
    return t;
}

enum kf_truth kf_eval_test(struct kf_eval *ev, const struct kf_value *v, const struct kf_node *test)
{
    return kf_test(ev, v, test, false);
}
