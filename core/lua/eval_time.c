/* Lengths, windows and tests of times, each with the next instant at which time alone changes it
 * (RULES 2: "within" is always less than the length). */
#include "lua/eval_internal.h"

/* Sum that stops at the ends: far beyond every event. */
static int64_t sum(int64_t a, int64_t b)
{
    int64_t r;
    if (__builtin_add_overflow(a, b, &r))
        return a < 0 ? KF_TIME_MIN : KF_TIME_MAX;
    return r;
}

struct kf_span kf_span_of(const struct kf_eval *ev, const struct kf_node *k)
{
    (void)ev;
    struct kf_span s = {k->value.type == KF_K_LENGTH ? k->value.ns : 0,
                        k->value.type == KF_K_MONTHS ? k->value.months : 0};
    return s;
}

int64_t kf_time_plus(const struct kf_zone *z, int64_t t, struct kf_span s)
{
    return s.months ? kf_time_add_months(z, t, s.months) : sum(t, s.ns);
}

int64_t kf_time_minus(const struct kf_zone *z, int64_t t, struct kf_span s)
{
    return s.months ? kf_time_add_months(z, t, -s.months) : sum(t, -s.ns);
}

/* First instant x after as_of with x moved by `months` at or behind t. Calendar steps are not the
 * inverse of each other (31 January plus a month is 28 February), so it is searched. Where clocks
 * go back in between, up to two hours early: early is allowed, late is not. */
static int64_t first_at(const struct kf_eval *ev, int64_t t, int32_t months)
{
    const struct kf_zone *z = ev->plan->zone;
    int64_t guess = kf_time_add_months(z, t, -months);
    int64_t low = sum(guess, -5 * KF_DAY), high = sum(guess, 5 * KF_DAY);
    if (low < ev->as_of)
        low = ev->as_of;
    if (high <= low)
        return KF_TIME_MAX;
    while (high - low > 1) { /* low: not yet, high: surely */
        int64_t mid = low + (high - low) / 2;
        if (kf_time_add_months(z, mid, months) >= t)
            high = mid;
        else
            low = mid;
    }
    if (kf_zone_offset(z, high - 2 * KF_HOUR) != kf_zone_offset(z, high + 2 * KF_HOUR))
        high -= 2 * KF_HOUR;
    return high > ev->as_of ? high : ev->as_of + 1;
}

int64_t kf_time_leaves(const struct kf_eval *ev, int64_t t, struct kf_span s)
{
    if (!s.months)
        return sum(t, s.ns);
    /* A clamped day comes early, never late; once it is past, the exact one is searched. */
    int64_t early = kf_time_add_months(ev->plan->zone, t, s.months);
    return early > ev->as_of ? early : first_at(ev, t, -s.months);
}

/* ---- windows of selects ---- */

static char unit_of(struct kf_str name)
{
    return name.n ? name.p[0] : 'd'; /* day week month quarter year */
}

static void since_window(struct kf_eval *ev, const struct kf_node *f, struct kf_window *w)
{
    struct kf_value v, t;
    const struct kf_node *k = f->kid[0];
    const struct kf_zone *z = ev->plan->zone;
    w->from = w->until = KF_TIME_MAX;
    v = k->op == KF_K ? kf_value_from_const(&k->value) : kf_expr(ev, k);
    if (v.type == KF_VAL_MISSING)
        return; /* no events */
    if (v.type == KF_VAL_UNDECIDED || !kf_value_as_time(&v, z, &t)) {
        if (v.type == KF_VAL_UNDECIDED)
            ev->why = v.why;
        else
            kf_wrong_type(ev, "a time is needed and there is something else");
        w->undecided = true;
        return;
    }
    w->from = t.type == KF_VAL_DATE ? kf_time_day_start(z, t.day) : t.time;
    if (f->kids > 1)
        w->until = kf_time_plus(z, w->from, kf_span_of(ev, f->kid[1]));
}

static void between_window(const struct kf_eval *ev, const struct kf_node *f, struct kf_window *w)
{
    const struct kf_const *a = &f->kid[0]->value, *b = &f->kid[1]->value;
    const struct kf_zone *z = ev->plan->zone;
    w->from = a->type == KF_K_DATE ? kf_time_day_start(z, a->day) : a->ns;
    w->until = b->type == KF_K_DATE ? kf_time_day_start(z, b->day + 1) : sum(b->ns, 1);
}

bool kf_window_of(struct kf_eval *ev, const struct kf_node *f, struct kf_window *w)
{
    const struct kf_zone *z = ev->plan->zone;
    int64_t now = ev->as_of;
    w->from = KF_TIME_MIN;
    w->until = w->all_leave = w->all_enter = KF_TIME_MAX;
    w->out = w->in = NULL;
    w->undecided = false;
    switch (f->op) {
    case KF_F_WITHIN:
        w->out_span = kf_span_of(ev, f->kid[0]);
        w->out = &w->out_span;
        w->from = sum(kf_time_minus(z, now, w->out_span), 1);
        w->until = sum(now, 1);
        return true;
    case KF_F_BETWEEN_AGO:
        w->in_span = kf_span_of(ev, f->kid[0]);
        w->out_span = kf_span_of(ev, f->kid[1]);
        w->in = &w->in_span;
        w->out = &w->out_span;
        w->from = sum(kf_time_minus(z, now, w->out_span), 1);
        w->until = sum(kf_time_minus(z, now, w->in_span), 1);
        return true;
    case KF_F_SINCE:
        since_window(ev, f, w);
        return true;
    case KF_F_BETWEEN:
        between_window(ev, f, w);
        return true;
    case KF_F_THIS:
        w->from = kf_time_unit_start(z, now, unit_of(f->name), 0);
        w->until = w->all_leave = kf_time_unit_start(z, now, unit_of(f->name), 1);
        return true;
    case KF_F_PREVIOUS:
        w->from = kf_time_unit_start(z, now, unit_of(f->name), -1);
        w->until = kf_time_unit_start(z, now, unit_of(f->name), 0);
        w->all_leave = w->all_enter = kf_time_unit_start(z, now, unit_of(f->name), 1);
        return true;
    default:
        return false;
    }
}

/* ---- tests ---- */

/* Days that a length covers from today on: 36 hours are today and one more. */
static int64_t days_of(struct kf_span s)
{
    return s.ns / KF_DAY + (s.ns % KF_DAY > 0);
}

static void lower_day(struct kf_eval *ev, int64_t day)
{
    if (day > INT32_MIN && day < INT32_MAX)
        kf_lower(ev, kf_time_day_start(ev->plan->zone, (int32_t)day));
}

/* The day on which a date is a length old. */
static int64_t day_of_age(int32_t day, struct kf_span s)
{
    return s.months ? kf_day_add_months(day, s.months) : (int64_t)day + days_of(s);
}

static bool within_next_day(int32_t today, int32_t day, struct kf_span s)
{
    return day >= today && (s.months ? day < kf_day_add_months(today, s.months)
                                     : (int64_t)day - today < days_of(s));
}

static enum kf_truth date_test(struct kf_eval *ev, int32_t day, uint16_t op, struct kf_span s)
{
    int32_t today = kf_time_day(ev->plan->zone, ev->as_of);
    int64_t grown = day_of_age(day, s);
    if (op == KF_T_OLDER) {
        lower_day(ev, grown);
        return kf_truth_of(today >= grown && day <= today);
    }
    if (op == KF_T_WITHIN) {
        lower_day(ev, day > today ? day : grown);
        return kf_truth_of(day <= today && today < grown);
    }
    bool yes = within_next_day(today, day, s);
    if (yes) {
        lower_day(ev, (int64_t)day + 1);
    } else if (day > today) {
        int32_t x = s.months ? kf_day_add_months(day, -s.months) - 4 : day - (int32_t)days_of(s);
        if (x <= today)
            x = today + 1;
        while (!within_next_day(x, day, s) && x < day)
            x++;
        lower_day(ev, x);
    }
    return kf_truth_of(yes);
}

static enum kf_truth instant_test(struct kf_eval *ev, int64_t t, uint16_t op, struct kf_span s)
{
    const struct kf_zone *z = ev->plan->zone;
    int64_t now = ev->as_of;
    if (op == KF_T_WITHIN_NEXT) {
        int64_t end = kf_time_plus(z, now, s);
        bool yes = now < t && t < end;
        if (yes)
            kf_lower(ev, t);
        else if (now < t)
            kf_lower(ev, s.months ? first_at(ev, sum(t, 1), s.months) : sum(sum(t, -s.ns), 1));
        return kf_truth_of(yes);
    }
    bool old = t <= kf_time_minus(z, now, s);
    if (!old)
        kf_lower(ev, kf_time_leaves(ev, t, s));
    if (op == KF_T_OLDER)
        return kf_truth_of(old);
    kf_lower(ev, t); /* not yet */
    return kf_truth_of(!old && t <= now);
}

/* Day in a year on which the anniversary of a day is kept. */
static int32_t anniversary_in(int32_t year, unsigned m, unsigned d)
{
    return kf_day_from_ymd(year, m, kf_day_valid(year, m, d) ? d : 28);
}

static enum kf_truth anniversary(struct kf_eval *ev, int32_t day, struct kf_span s)
{
    int32_t today = kf_time_day(ev->plan->zone, ev->as_of), year, born;
    unsigned m, d, mm, dd;
    kf_day_ymd(today, &year, &mm, &dd);
    kf_day_ymd(day, &born, &m, &d);
    int32_t next = anniversary_in(year, m, d);
    if (next < today)
        next = anniversary_in(year + 1, m, d);
    bool yes = within_next_day(today, next, s);
    if (yes) {
        lower_day(ev, (int64_t)next + 1);
    } else {
        int32_t x = s.months ? kf_day_add_months(next, -s.months) - 4 : next - (int32_t)days_of(s);
        if (x <= today)
            x = today + 1;
        while (!within_next_day(x, next, s) && x < next)
            x++;
        lower_day(ev, x);
    }
    return kf_truth_of(yes);
}

static enum kf_truth in_month(struct kf_eval *ev, int32_t day, uint32_t which)
{
    const struct kf_zone *z = ev->plan->zone;
    int32_t y, ty;
    unsigned m, d, tm, td;
    kf_day_ymd(day, &y, &m, &d);
    if (which <= 12)
        return kf_truth_of(m == which);
    kf_day_ymd(kf_time_day(z, ev->as_of), &ty, &tm, &td);
    kf_lower(ev, kf_time_unit_start(z, ev->as_of, 'm', 1));
    return kf_truth_of(m == (which == 13 ? tm : tm % 12 + 1));
}

static enum kf_truth at_hours(const struct kf_eval *ev, int64_t t, const struct kf_pnode *test)
{
    struct kf_civil c;
    kf_time_civil(ev->plan->zone, t, &c);
    int64_t clock = ((int64_t)c.hour * 3600 + c.minute * 60 + c.second) * KF_SECOND + c.nano;
    if (test->from < test->until)
        return kf_truth_of(clock >= test->from && clock < test->until);
    return kf_truth_of(clock >= test->from || clock < test->until);
}

enum kf_truth kf_time_test(struct kf_eval *ev, const struct kf_value *v,
                           const struct kf_pnode *test)
{
    struct kf_value t;
    const struct kf_node *n = test->node;
    if (!kf_value_as_time(v, ev->plan->zone, &t))
        return kf_wrong_type(ev, "a time is needed and there is something else");
    int32_t day = t.type == KF_VAL_DATE ? t.day : kf_time_day(ev->plan->zone, t.time);
    switch (n->op) {
    case KF_T_WITHIN:
    case KF_T_OLDER:
    case KF_T_WITHIN_NEXT:
        if (t.type == KF_VAL_DATE)
            return date_test(ev, t.day, n->op, kf_span_of(ev, n->kid[0]));
        return instant_test(ev, t.time, n->op, kf_span_of(ev, n->kid[0]));
    case KF_T_ON_WEEKDAY:
        return kf_truth_of(test->mask >> (((day + 3) % 7 + 7) % 7) & 1);
    case KF_T_IN_MONTH:
        return in_month(ev, day, test->mask);
    case KF_T_AT_HOURS:
        if (t.type == KF_VAL_DATE)
            return kf_wrong_type(ev, "a date has no clock time");
        return at_hours(ev, t.time, test);
    default:
        return anniversary(ev, day, kf_span_of(ev, n->kid[0]));
    }
}
