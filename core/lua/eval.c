/* The evaluator's life and its conditions. The other eval_*.c files hold what conditions stand on;
 * EVAL.md says in which order to read them. */
#include "lua/eval_internal.h"

#include <stdlib.h>

static const struct kf_eval_ops NO_OPS = {0};

/* ---- life ---- */

int kf_eval_init(struct kf_eval *ev, const struct kf_plan *plan, const struct kf_events *events,
                 const struct kf_eval_ops *ops, void *ctx, struct kf_error *err)
{
    struct kf_eval_priv *p = calloc(1, sizeof *p);
    memset(ev, 0, sizeof *ev);
    ev->plan = plan;
    ev->events = events;
    ev->ops = ops ? ops : &NO_OPS;
    ev->ctx = ctx;
    ev->priv = p;
    if (p) {
        p->memo = calloc(plan->n_memo + 1u, sizeof *p->memo);
        p->none = calloc(plan->n_none + 1u, sizeof *p->none);
        p->tmp = malloc((plan->n_needed + 1u) * sizeof *p->tmp);
    }
    if (!p || !p->memo || !p->none || !p->tmp) {
        kf_eval_free(ev);
        return kf_error_set(err, KF_E_NOMEM, "eval", "out of memory");
    }
    kf_arena_init(&ev->scratch, 0);
    kf_arena_init(&p->cache, 0);
    kf_eval_profile(ev, NULL, 0);
    return 0;
}

void kf_eval_free(struct kf_eval *ev)
{
    struct kf_eval_priv *p = ev->priv;
    kf_arena_free(&ev->scratch);
    if (p) {
        kf_arena_free(&p->cache);
        free(p->memo);
        free(p->none);
        free(p->tmp);
        free(p);
    }
    ev->priv = NULL;
}

static void load_events(struct kf_eval *ev)
{
    struct kf_eval_priv *p = ev->priv;
    const struct kf_plan *plan = ev->plan;
    const struct kf_events *e = ev->events;
    uint32_t words = plan->words;
    for (uint32_t i = 0; i < ev->n; i++) {
        uint32_t event = ev->event[i], name = e->what[event].name;
        uint64_t *mask = p->mask + (size_t)i * words;
        p->time[i] = e->time[event];
        if (name > plan->n_names) { /* a name that came after the plan */
            for (uint32_t s = 0; s < plan->sets.n; s++)
                if (kf_row_in_set(ev, event, s))
                    mask[s / 64] |= 1ULL << (s % 64);
        } else {
            const uint64_t *by_name = plan->name_mask + (size_t)name * words;
            const uint64_t *by_type = plan->type_mask + (size_t)e->what[event].type * words;
            for (uint32_t w = 0; w < words; w++)
                mask[w] = by_name[w] | by_type[w];
        }
        for (uint32_t w = 0; w < words; w++)
            p->any[w] |= mask[w];
    }
}

static uint32_t events_until(const struct kf_eval *ev, int64_t t)
{
    const struct kf_eval_priv *p = ev->priv;
    if (!ev->n || p->time[ev->n - 1] <= t)
        return ev->n;
    uint32_t low = 0, high = ev->n;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (p->time[mid] <= t)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

void kf_eval_profile(struct kf_eval *ev, const uint32_t *event, uint32_t n)
{
    struct kf_eval_priv *p = ev->priv;
    uint32_t words = ev->plan->words;
    kf_arena_reset(&ev->scratch);
    kf_arena_reset(&p->cache);
    ev->event = event;
    ev->n = n;
    p->marked = false;
    p->mask = kf_arena_zalloc(&p->cache, (size_t)(n + 1) * words * sizeof *p->mask);
    p->any = p->mask + (size_t)n * words;
    p->time = kf_arena_alloc(&p->cache, (n + 1u) * sizeof *p->time);
    p->fields = kf_arena_zalloc(&p->cache, (n + 1u) * sizeof *p->fields);
    p->self_fields = NULL;
    load_events(ev);
    kf_eval_profile_again(ev, ev->plan->as_of);
    ev->flip = KF_TIME_MAX;
}

void kf_eval_profile_again(struct kf_eval *ev, int64_t as_of)
{
    struct kf_eval_priv *p = ev->priv;
    ev->as_of = as_of;
    ev->looked_at = UINT32_MAX;
    ev->looked_at_touch = NULL;
    p->row = NULL;
    p->self.at = KF_NO_AT;
    p->ahead = 0;
    p->epoch++;
    p->n_now = events_until(ev, as_of);
    memcpy(p->cur, ev->plan->cur, 4);
}

/* Position of an event among the profile's, KF_SELF_AT: not there. */
static uint32_t position(const struct kf_eval *ev, uint32_t event, int64_t time)
{
    for (uint32_t i = events_until(ev, time); i > 0 && kf_priv(ev)->time[i - 1] == time; i--)
        if (ev->event[i - 1] == event)
            return i - 1;
    return KF_SELF_AT;
}

/* A place to take scratch back to. */
static struct kf_arena scratch_mark(struct kf_eval *ev)
{
    if (!ev->scratch.head) /* so that there is a block to go back to */
        kf_arena_alloc(&ev->scratch, 8);
    return ev->scratch;
}

/* Scratch goes back to where it was before the first event was looked at, so that a profile of very
 * many events does not fill memory. */
static void rewind_scratch(struct kf_eval *ev)
{
    struct kf_eval_priv *p = ev->priv;
    if (p->marked)
        ev->scratch = p->mark;
    else
        p->mark = scratch_mark(ev);
    p->marked = true;
}

void kf_eval_event(struct kf_eval *ev, uint32_t event)
{
    struct kf_eval_priv *p = ev->priv;
    int64_t time = ev->events->time[event];
    if (ev->n)
        rewind_scratch(ev);
    else
        kf_eval_profile(ev, NULL, 0);
    p->self_fields = NULL;
    p->self =
        (struct kf_row){.event = event, .time = time, .leaves = KF_TIME_MAX, .truth = KF_TRUE};
    p->self.at = position(ev, event, time);
    p->n_now = p->self.at == KF_SELF_AT ? events_until(ev, time) : p->self.at + 1;
    ev->looked_at = event;
    ev->looked_at_touch = NULL;
    ev->as_of = time;
    p->row = &p->self;
    p->ahead = 0;
    p->epoch++;
    memcpy(p->cur, ev->plan->cur, 4);
}

/* ---- combinations ---- */

/* all: stops at false; any: at true. The one that stopped decides alone, so its flip is the flip.
 */
static enum kf_truth combine(struct kf_eval *ev, const struct kf_node *n, enum kf_truth stop)
{
    int64_t before = ev->flip, least = KF_TIME_MAX, of_stop = KF_TIME_MAX;
    enum kf_truth t = kf_truth_not(stop);
    const char *why = NULL;
    for (uint32_t i = 0; i < n->kids; i++) {
        ev->flip = KF_TIME_MAX;
        enum kf_truth one = kf_cond(ev, n->kid[i]);
        if (t == stop)
            continue; /* evaluated to be shown only */
        if (one == stop) {
            t = stop;
            of_stop = ev->flip;
            if (!kf_tracing(ev))
                break;
        } else if (one == KF_UNDECIDED) {
            t = KF_UNDECIDED;
            why = why ? why : ev->why;
        }
        least = kf_min64(least, ev->flip);
    }
    if (t == KF_UNDECIDED)
        ev->why = why;
    ev->flip = kf_min64(before, t == stop ? of_stop : least);
    return t;
}

static enum kf_truth at_least_of(struct kf_eval *ev, const struct kf_node *n)
{
    int64_t need = n->value.number.m, sure = 0, perhaps = 0;
    const char *why = NULL;
    for (uint32_t i = 0; i < n->kids; i++) {
        enum kf_truth t = kf_cond(ev, n->kid[i]);
        sure += t == KF_TRUE;
        perhaps += t != KF_FALSE;
        if (t == KF_UNDECIDED)
            why = why ? why : ev->why;
    }
    if (sure >= need)
        return KF_TRUE;
    return perhaps < need ? KF_FALSE : kf_no(ev, why);
}

/* ---- counts ---- */

static enum kf_truth test_number(struct kf_eval *ev, uint32_t n, const struct kf_node *test)
{
    struct kf_value v = kf_value_number(n);
    return kf_test(ev, &v, test, false);
}

/* The test's result for every count from lo to hi: undecided only if it is not the same. */
static enum kf_truth test_bounds(struct kf_eval *ev, const struct kf_sel *s, uint32_t lo,
                                 uint32_t hi, const struct kf_node *test)
{
    enum kf_truth t = test_number(ev, lo, test);
    bool ascending = test->op == KF_T_AT_LEAST || test->op == KF_T_MORE ||
                     test->op == KF_T_AT_MOST || test->op == KF_T_LESS;
    if (hi != lo && ascending) {
        if (t != test_number(ev, hi, test))
            return kf_no(ev, s->why);
    } else if (hi != lo) {
        if (hi - lo > 4096)
            return kf_no(ev, s->why);
        for (uint32_t i = lo + 1; i <= hi; i++)
            if (test_number(ev, i, test) != t)
                return kf_no(ev, s->why);
    }
    return t;
}

/* When as many rows have left that the count no longer passes: rows of one window leave in order.
 */
static int64_t count_flip(struct kf_eval *ev, const struct kf_sel *s, enum kf_truth t,
                          const struct kf_node *test)
{
    bool rising = test->op == KF_T_AT_LEAST || test->op == KF_T_MORE;
    if (s->in_any || s->lo != s->hi || s->n != s->lo || !rising)
        return kf_sel_flip(s);
    if (t == KF_FALSE)
        return kf_min64(s->enters, s->changes);
    uint32_t left = 0;
    for (; left < s->n; left++) {
        if (left + 1 < s->n && s->row[left].leaves > s->row[left + 1].leaves)
            return kf_sel_flip(s);
        if (test_number(ev, s->n - left - 1, test) != KF_TRUE)
            break;
    }
    return kf_min64(s->changes, left < s->n ? s->row[left].leaves : KF_TIME_MAX);
}

static enum kf_truth test_count(struct kf_eval *ev, const struct kf_sel *s,
                                const struct kf_node *test, struct kf_value *ret_actual)
{
    uint32_t lo, hi;
    kf_count_bounds(ev, s, &lo, &hi);
    enum kf_truth t = test_bounds(ev, s, lo, hi, test);
    kf_lower(ev, count_flip(ev, s, t, test));
    *ret_actual = lo == hi ? kf_value_number(lo) : kf_value_undecided(s->why);
    return t;
}

/* ---- tests ---- */

static bool is_select_aggregate(uint16_t op)
{
    return op >= KF_E_COUNT && op <= KF_E_LAST_TIME;
}

/* An aggregate of groups: asked for each apart, one must pass. */
static enum kf_truth test_groups(struct kf_eval *ev, const struct kf_node *n,
                                 const struct kf_sel *s, struct kf_value *ret_actual)
{
    enum kf_truth t = KF_FALSE;
    struct kf_value actual = kf_value_missing();
    kf_lower(ev, kf_min64(s->enters, s->changes));
    for (uint32_t i = 0; i < s->groups; i++) {
        const struct kf_sel *g = &s->group[i];
        enum kf_truth one;
        if (n->kid[0]->op == KF_E_COUNT) {
            one = test_count(ev, g, n->kid[1], &actual);
        } else {
            kf_lower(ev, kf_sel_flip(g));
            actual = kf_aggregate(ev, n->kid[0], g);
            one = kf_test(ev, &actual, n->kid[1], false);
        }
        if (i == 0 || (one == KF_TRUE && t != KF_TRUE)) {
            *ret_actual = actual;
            kf_priv(ev)->evidence = g->row;
            kf_priv(ev)->n_evidence = g->n;
        }
        t = kf_or(t, one);
        if (t == KF_TRUE && !kf_tracing(ev))
            break;
    }
    return t;
}

static enum kf_truth test_value(struct kf_eval *ev, const struct kf_node *n,
                                struct kf_value *ret_actual)
{
    const struct kf_node *expr = n->kid[0], *test = n->kid[1];
    struct kf_eval_priv *p = kf_priv(ev);
    if (is_select_aggregate(expr->op)) {
        bool grouped = kf_pnode(ev, expr->kid[0])->grouped;
        if (grouped || expr->op == KF_E_COUNT) {
            const struct kf_sel *s = kf_select(ev, expr->kid[0]);
            p->evidence = s->row;
            p->n_evidence = s->n;
            *ret_actual = kf_value_missing();
            return grouped ? test_groups(ev, n, s, ret_actual)
                           : test_count(ev, s, test, ret_actual);
        }
    }
    *ret_actual = kf_expr(ev, expr);
    return kf_test(ev, ret_actual, test,
                   expr->op == KF_E_IDENTIFIER || expr->op == KF_E_ACCOUNT_TRAIT);
}

static enum kf_truth test_cond(struct kf_eval *ev, const struct kf_node *n,
                               struct kf_value *ret_actual)
{
    struct kf_eval_priv *p = kf_priv(ev);
    const struct kf_pnode *test = kf_pnode(ev, n->kid[1]);
    char cur[4];
    memcpy(cur, p->cur, 4);
    memcpy(p->cur, test->cur[0] ? test->cur : ev->plan->cur, 4);
    enum kf_truth t = test_value(ev, n, ret_actual);
    memcpy(p->cur, cur, 4);
    return t;
}

/* ---- events and touches ---- */

static enum kf_truth has(struct kf_eval *ev, const struct kf_node *n)
{
    struct kf_eval_priv *p = kf_priv(ev);
    bool self = kf_looking(ev) && kf_pnode(ev, n->kid[0])->bare;
    const struct kf_sel *s = self ? kf_select_self(ev, n->kid[0]) : kf_select(ev, n->kid[0]);
    p->evidence = s->row;
    p->n_evidence = s->n;
    return kf_sel_exists(ev, s);
}

/* Whether the first or last touch up to the clock is such. */
static enum kf_truth end_touch(struct kf_eval *ev, const struct kf_node *n)
{
    struct kf_eval_priv *p = kf_priv(ev);
    const struct kf_touch *all = NULL;
    struct kf_row r = {.at = KF_NO_AT, .leaves = KF_TIME_MAX, .truth = KF_TRUE};
    if (!ev->ops->touches || !ev->ops->touch_at)
        return kf_no(ev, "touches are not known here");
    uint32_t count = ev->ops->touches(ev, &all);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t event;
        const struct kf_touch *t = ev->ops->touch_at(ev, all, i, &event);
        if (!t)
            continue;
        if (ev->events->time[event] > ev->as_of) {
            if (n->op == KF_C_LAST_TOUCH || !r.touch)
                kf_lower(ev, ev->events->time[event]);
            break;
        }
        r.event = event;
        r.touch = t;
        r.time = ev->events->time[event];
        if (n->op == KF_C_FIRST_TOUCH)
            break;
    }
    if (!r.touch)
        return KF_FALSE;
    const struct kf_row *before = p->row;
    struct kf_row *kept = kf_arena_alloc(&ev->scratch, sizeof *kept);
    enum kf_truth t = KF_TRUE;
    *kept = r;
    p->row = kept;
    p->quiet++;
    for (uint32_t i = 0; i < n->kids && (t != KF_FALSE || kf_tracing_inside(ev)); i++)
        t = kf_and(t, kf_cond(ev, n->kid[i]));
    p->quiet--;
    p->row = before;
    p->evidence = kept;
    p->n_evidence = 1;
    return t;
}

static enum kf_truth custom(struct kf_eval *ev, const struct kf_node *n)
{
    if (!ev->ops->custom)
        return kf_no(ev, "custom functions are not known here");
    struct kf_value v = ev->ops->custom(ev, n);
    if (v.type == KF_VAL_BOOL)
        return kf_truth_of(v.boolean);
    return kf_no(ev, v.type == KF_VAL_UNDECIDED ? v.why : "a custom function gave no answer");
}

static enum kf_truth ask_rule(struct kf_eval *ev, const struct kf_node *n)
{
    if (n->op == KF_C_FLAG && kf_priv(ev)->row && ev->ops->flagged)
        return kf_truth_of(ev->ops->flagged(ev, kf_priv(ev)->row->event, n));
    return ev->ops->rule ? ev->ops->rule(ev, n) : kf_no(ev, "other rules are not known here");
}

static enum kf_truth any_cond(struct kf_eval *ev, const struct kf_node *n, struct kf_value *actual)
{
    switch (n->op) {
    case KF_C_ALL:
        return combine(ev, n, KF_FALSE);
    case KF_C_ANY:
        return combine(ev, n, KF_TRUE);
    case KF_C_NONE:
        return kf_truth_not(combine(ev, n, KF_TRUE));
    case KF_C_AT_LEAST_OF:
        return at_least_of(ev, n);
    case KF_C_TEST:
        return test_cond(ev, n, actual);
    case KF_C_HAS:
        return has(ev, n);
    case KF_C_SEQUENCE:
        return kf_sequence(ev, n);
    case KF_C_FIRST_TOUCH:
    case KF_C_LAST_TOUCH:
        return end_touch(ev, n);
    case KF_C_CUSTOM:
        return custom(ev, n);
    default:
        return ask_rule(ev, n);
    }
}

static void report(struct kf_eval *ev, const struct kf_node *n, enum kf_truth t,
                   const struct kf_value *actual)
{
    struct kf_eval_priv *p = kf_priv(ev);
    uint32_t *event = kf_arena_alloc(&ev->scratch, (p->n_evidence + 1u) * sizeof *event), k = 0;
    for (uint32_t i = 0; i < p->n_evidence; i++)
        if (!k || event[k - 1] != p->evidence[i].event)
            event[k++] = p->evidence[i].event;
    if (!k && n->op == KF_C_TEST && actual->event != UINT32_MAX)
        event[k++] = actual->event;
    ev->trace(ev, n, t, n->op == KF_C_TEST ? actual : NULL, event, k);
}

enum kf_truth kf_cond(struct kf_eval *ev, const struct kf_node *n)
{
    struct kf_eval_priv *p = kf_priv(ev);
    struct kf_value actual;
    if (!kf_pnode(ev, n)->node)
        return kf_no(ev, "the condition is not part of the rules");
    if (!kf_tracing(ev))
        return any_cond(ev, n, &actual);
    actual = kf_value_missing();
    p->n_evidence = 0;
    bool forced = ev->force && ev->force[n->id] != 0xff;
    enum kf_truth t = forced ? (enum kf_truth)ev->force[n->id] : any_cond(ev, n, &actual);
    if (n->op == KF_C_ALL || n->op == KF_C_ANY || n->op == KF_C_NONE || n->op == KF_C_AT_LEAST_OF)
        p->n_evidence = 0; /* their kids have shown it */
    report(ev, n, t, &actual);
    return t;
}

/* ---- entries ---- */

/* Callers may be functions of `ops` that were asked in the middle of something else. */
struct frame {
    const struct kf_row *row, *evidence;
    uint32_t n_evidence;
    int64_t ahead;
    char cur[4];
};

static struct frame enter(struct kf_eval *ev)
{
    struct kf_eval_priv *p = ev->priv;
    struct frame f = {p->row, p->evidence, p->n_evidence, p->ahead, {0}};
    memcpy(f.cur, p->cur, 4);
    memcpy(p->cur, ev->plan->cur, 4);
    p->ahead = 0;
    if (ev->looked_at_touch) {
        if (ev->looked_at == UINT32_MAX && ev->ops->touch_at) {
            p->self = (struct kf_row){.at = KF_NO_AT, .leaves = KF_TIME_MAX, .truth = KF_TRUE};
            ev->ops->touch_at(ev, ev->looked_at_touch, 0, &p->self.event);
            p->self.time = ev->events->time[p->self.event];
        }
        p->self.touch = ev->looked_at_touch;
    }
    p->row = kf_looking(ev) ? &p->self : NULL;
    return f;
}

static void leave(struct kf_eval *ev, const struct frame *f)
{
    struct kf_eval_priv *p = ev->priv;
    p->row = f->row;
    p->evidence = f->evidence;
    p->n_evidence = f->n_evidence;
    p->ahead = f->ahead;
    memcpy(p->cur, f->cur, 4);
}

enum kf_truth kf_eval_cond(struct kf_eval *ev, const struct kf_node *cond)
{
    struct frame f = enter(ev);
    enum kf_truth t = kf_cond(ev, cond);
    leave(ev, &f);
    return t;
}

struct kf_value kf_eval_expr(struct kf_eval *ev, const struct kf_node *expr)
{
    struct frame f = enter(ev);
    const struct kf_pnode *pn = kf_pnode(ev, expr);
    if (pn->cur[0] && expr->op != KF_E_BUCKET)
        memcpy(kf_priv(ev)->cur, pn->cur, 4);
    struct kf_value v = kf_expr(ev, expr);
    leave(ev, &f);
    return v;
}

enum kf_truth kf_eval_select(struct kf_eval *ev, const struct kf_node *select, const uint32_t **ret,
                             uint32_t *ret_n)
{
    struct frame f = enter(ev);
    const struct kf_sel *s = kf_select(ev, select);
    kf_lower(ev, kf_sel_flip(s));
    uint32_t total = s->n, n = 0;
    bool perhaps = s->hi == UINT32_MAX;
    uint32_t *out = kf_arena_alloc(&ev->scratch, (total + 1u) * sizeof *out);
    for (uint32_t i = 0; i < s->n; i++) {
        perhaps |= s->row[i].truth != KF_TRUE;
        if (s->row[i].truth == KF_TRUE && (!n || out[n - 1] != s->row[i].event))
            out[n++] = s->row[i].event;
    }
    if (perhaps)
        ev->why = s->why;
    *ret = out;
    *ret_n = n;
    leave(ev, &f);
    return perhaps ? KF_UNDECIDED : kf_truth_of(n != 0);
}

bool kf_eval_event_matches(struct kf_eval *ev, uint32_t event, const struct kf_node *select)
{
    const struct kf_pnode *pn = kf_pnode(ev, select);
    if (!pn->node || select->op == KF_S_TOUCH || !kf_row_in_set(ev, event, pn->set))
        return false;
    struct kf_row r = {.event = event,
                       .at = KF_NO_AT,
                       .time = ev->events->time[event],
                       .leaves = KF_TIME_MAX,
                       .truth = KF_TRUE};
    uint32_t i = select->op == KF_S_EVENT ? 1 : 0;
    if (i == select->kids)
        return true;
    struct kf_arena mark = scratch_mark(ev);
    bool passes = true;
    for (; i < select->kids && passes; i++) {
        uint16_t op = select->kid[i]->op;
        if (op == KF_F_WHERE || op == KF_F_FROM_SOURCE || op == KF_F_ON)
            passes = kf_row_passes(ev, &r, select->kid[i]) == KF_TRUE;
    }
    ev->scratch = mark; /* millions of events pass here without a profile between them */
    return passes;
}
