/* Which values make a test true, and which false. */
#include "lua/reason_internal.h"

#include "lua/value.h"

/* Sorts for which the answer is known, with the values of "yes"; of times also those of "no". */
struct shape {
    uint32_t right; /* yes or no, as said below */
    uint32_t fuzzy; /* anything may come out */
    struct kf_values yes;
    struct kf_times date_no, instant_no;
};

bool kf_reason_is_negative(uint16_t op)
{
    return op == KF_T_IS_NOT || op == KF_T_NONE_OF;
}

static const struct kf_zone *zone_of(const struct kf_reason *r)
{
    return r->config ? r->config->zone : NULL;
}

static struct kf_dec whole(int64_t n)
{
    return kf_dec_int(n);
}

static void all_fuzzy(struct shape *s)
{
    s->fuzzy = KF_SORT_ALL;
}

/* ---- times ---- */

static struct kf_times times_at(struct kf_ranges at)
{
    struct kf_times t = kf_times_all();
    t.at = at;
    t.none = !at.n;
    return t;
}

static void set_at(struct kf_arena *a, struct shape *s, struct kf_ranges instant,
                   struct kf_ranges date)
{
    s->right |= KF_SORT_DATE | KF_SORT_INSTANT;
    s->fuzzy |= KF_SORT_TEXT; /* a text may be a time, too */
    s->yes.instant = times_at(instant);
    s->yes.date = times_at(date);
    s->instant_no = times_at(kf_ranges_not(a, instant));
    s->date_no = times_at(kf_ranges_not(a, date));
}

/* A constant time as what lies in it: a date is its whole day. */
struct stretch {
    int64_t first, past; /* ns */
    int32_t day;
};

static bool stretch_of(const struct kf_reason *r, const struct kf_const *k, struct stretch *ret)
{
    const struct kf_zone *z = zone_of(r);
    if (k->type == KF_K_DATE) {
        ret->day = k->day;
        ret->first = kf_time_day_start(z, k->day);
        ret->past = kf_time_day_start(z, k->day + 1);
        return true;
    }
    if (k->type != KF_K_INSTANT || k->ns == KF_TIME_MAX)
        return false;
    ret->day = kf_time_day(z, k->ns);
    ret->first = k->ns;
    ret->past = k->ns + 1;
    return true;
}

static bool is_time(const struct kf_const *k)
{
    return k->type == KF_K_DATE || k->type == KF_K_INSTANT;
}

static void order_of_time(struct kf_reason *r, uint16_t op, const struct kf_const *k,
                          struct shape *s)
{
    struct kf_arena *a = &r->scratch;
    struct stretch x;
    if (!stretch_of(r, k, &x)) {
        all_fuzzy(s);
        return;
    }
    switch (op) {
    case KF_T_AT_LEAST:
    case KF_T_SINCE:
        set_at(a, s, kf_ranges_from(a, whole(x.first), false),
               kf_ranges_from(a, whole(x.day), false));
        break;
    case KF_T_MORE:
    case KF_T_AFTER:
        set_at(a, s, kf_ranges_from(a, whole(x.past), false),
               kf_ranges_from(a, whole(x.day), true));
        break;
    case KF_T_AT_MOST:
        set_at(a, s, kf_ranges_to(a, whole(x.past), true), kf_ranges_to(a, whole(x.day), false));
        break;
    default: /* less_than, before */
        set_at(a, s, kf_ranges_to(a, whole(x.first), true), kf_ranges_to(a, whole(x.day), true));
    }
}

static int64_t days_of(int64_t ns)
{
    return ns / KF_DAY + (ns % KF_DAY > 0);
}

/* Ages in [lo, hi) of ns, days or months; instants that are in the future have a negative age. */
static void set_age(struct kf_arena *a, struct kf_times *yes, struct kf_times *no, bool months,
                    struct kf_ranges r)
{
    struct kf_ranges not = kf_ranges_not(a, r);
    *yes = *no = kf_times_all();
    *(months ? &yes->months : &yes->age) = r;
    *(months ? &no->months : &no->age) = not ;
    yes->none = !r.n;
    no->none = !not .n;
}

static struct kf_ranges ages(struct kf_arena *a, uint16_t op, int64_t n, bool date)
{
    if (op == KF_T_WITHIN)
        return kf_ranges_step(a, whole(0), whole(n));
    if (op == KF_T_OLDER)
        return kf_ranges_from(a, whole(n > 0 ? n : 0), false);
    /* within_next: of instants from now on without now, of dates with today */
    struct kf_range x = {.lo = whole(-n), .lo_open = true, .hi = whole(0), .hi_open = !date};
    struct kf_range *p = kf_arena_alloc(a, sizeof *p);
    *p = x;
    return (struct kf_ranges){p, n > 0 ? 1 : 0};
}

/* An instant's older_than takes in ages below 0 where the length is negative; such do not exist. */
static void age_of_time(struct kf_reason *r, uint16_t op, const struct kf_const *k, struct shape *s)
{
    struct kf_arena *a = &r->scratch;
    bool months = k->type == KF_K_MONTHS;
    int64_t n = months ? k->months : k->ns;
    if ((!months && k->type != KF_K_LENGTH) || n <= 0) {
        all_fuzzy(s);
        return;
    }
    s->right |= KF_SORT_DATE | KF_SORT_INSTANT;
    s->fuzzy |= KF_SORT_TEXT;
    set_age(a, &s->yes.instant, &s->instant_no, months, ages(a, op, n, false));
    set_age(a, &s->yes.date, &s->date_no, months, ages(a, op, months ? n : days_of(n), true));
    if (!months)
        return;
    /* in exact lengths, too: a month is 28 to 31 days, give or take a change of clocks */
    struct kf_dec least = whole((n * 28 - 1) * KF_DAY), most = whole((n * 31 + 1) * KF_DAY);
    struct kf_ranges loose = op == KF_T_OLDER ? kf_ranges_from(a, least, false)
                             : op == KF_T_WITHIN
                                 ? kf_ranges_to(a, most, false)
                                 : kf_ranges_from(a, whole(-((n * 31 + 1) * KF_DAY)), false);
    if (n < 1200) {
        s->yes.instant.age = loose;
        if (op == KF_T_WITHIN) /* else: that long ago, or not yet */
            s->instant_no.age =
                kf_ranges_or(a, kf_ranges_from(a, least, false), kf_ranges_to(a, whole(0), true));
    }
}

static int64_t clock_of(struct kf_str s)
{
    if (s.n != 5)
        return -1;
    return ((s.p[0] - '0') * 600 + (s.p[1] - '0') * 60 + (s.p[3] - '0') * 10 + (s.p[4] - '0')) *
           KF_MINUTE;
}

static void clock_of_time(struct kf_reason *r, const struct kf_node *test, struct shape *s)
{
    struct kf_arena *a = &r->scratch;
    int64_t from = test->kids > 1 ? clock_of(test->kid[0]->value.text) : -1;
    int64_t to = test->kids > 1 ? clock_of(test->kid[1]->value.text) : -1;
    if (from < 0 || to < 0) {
        all_fuzzy(s);
        return;
    }
    struct kf_ranges day = kf_ranges_step(a, whole(0), whole(KF_DAY)), yes;
    yes = from < to
              ? kf_ranges_step(a, whole(from), whole(to))
              : kf_ranges_and(a, day, kf_ranges_not(a, kf_ranges_step(a, whole(to), whole(from))));
    s->right |= KF_SORT_INSTANT;
    s->fuzzy |= KF_SORT_TEXT;
    s->yes.instant = s->instant_no = kf_times_all();
    s->yes.instant.clock = yes;
    s->instant_no.clock = kf_ranges_and(a, day, kf_ranges_not(a, yes));
    s->instant_no.none = !s->instant_no.clock.n;
}

static void weekday_of_time(const struct kf_node *test, struct shape *s)
{
    static const char *const names[] = {"monday", "tuesday",  "wednesday", "thursday",
                                        "friday", "saturday", "sunday"};
    uint8_t mask = 0;
    for (uint32_t i = 0; i < test->kids; i++)
        for (unsigned d = 0; d < 7; d++)
            if (kf_str_eq(test->kid[i]->value.text, kf_cstr(names[d])))
                mask |= (uint8_t)(1u << d);
    s->right |= KF_SORT_DATE | KF_SORT_INSTANT;
    s->fuzzy |= KF_SORT_TEXT;
    s->yes.date = s->yes.instant = s->date_no = s->instant_no = kf_times_all();
    s->yes.date.weekday = s->yes.instant.weekday = mask;
    s->date_no.weekday = s->instant_no.weekday = (uint8_t)(~mask & 0x7f);
    s->yes.date.none = s->yes.instant.none = !mask;
    s->date_no.none = s->instant_no.none = mask == 0x7f;
}

static void month_of_time(const struct kf_node *test, struct shape *s)
{
    const struct kf_const *k = test->kids ? &test->kid[0]->value : NULL;
    if (!k || k->type != KF_K_NUMBER || k->number.scale || k->number.m < 1 || k->number.m > 12) {
        all_fuzzy(s); /* this, next */
        return;
    }
    uint16_t mask = (uint16_t)(1u << (k->number.m - 1));
    s->right |= KF_SORT_DATE | KF_SORT_INSTANT;
    s->fuzzy |= KF_SORT_TEXT;
    s->yes.date = s->yes.instant = s->date_no = s->instant_no = kf_times_all();
    s->yes.date.month = s->yes.instant.month = mask;
    s->date_no.month = s->instant_no.month = (uint16_t)(~mask & 0xfff);
}

/* ---- one of several values ---- */

static bool same_currency(const struct kf_const *k, const char cur[4])
{
    return memcmp(k->money.cur, cur, 3) == 0;
}

static void add_time_point(struct kf_reason *r, const struct kf_const *k, struct shape *s)
{
    struct kf_arena *a = &r->scratch;
    struct stretch x;
    if (!stretch_of(r, k, &x)) {
        all_fuzzy(s);
        return;
    }
    struct kf_ranges in = kf_ranges_step(a, whole(x.first), whole(x.past));
    struct kf_ranges day = kf_ranges_point(a, whole(x.day));
    if (s->right & KF_SORT_DATE) {
        in = kf_ranges_or(a, s->yes.instant.at, in);
        day = kf_ranges_or(a, s->yes.date.at, day);
    }
    set_at(a, s, in, day);
}

static void add_text_point(struct kf_reason *r, const struct kf_node *test,
                           const struct kf_const *k, struct shape *s)
{
    struct kf_str *p = kf_arena_alloc(&r->scratch, (s->yes.text.n + 1) * sizeof *p);
    if (s->yes.text.n)
        memcpy(p, s->yes.text.p, s->yes.text.n * sizeof *p);
    p[s->yes.text.n++] = k->text;
    s->yes.text.p = p;
    s->right |= KF_SORT_TEXT;
    s->fuzzy |= KF_SORT_DATE | KF_SORT_INSTANT | KF_SORT_OTHER; /* "2026-03-01", "4.2" */
    if (test->flags & KF_NODE_IGNORE_CASE)
        s->fuzzy |= KF_SORT_TEXT;
}

static void add_point(struct kf_reason *r, const struct kf_node *test, const struct kf_node *k,
                      const char cur[4], struct shape *s)
{
    struct kf_arena *a = &r->scratch;
    const struct kf_const *v = &k->value;
    if (k->op != KF_K || (v->type == KF_K_TEXT && !v->text.n)) {
        all_fuzzy(s);
        return;
    }
    switch (v->type) {
    case KF_K_BOOL:
        s->right |= KF_SORT_BOOL;
        s->yes.boolean |= v->boolean ? 2 : 1;
        break;
    case KF_K_NUMBER:
        s->right |= KF_SORT_NUMBER;
        s->yes.number = kf_ranges_or(a, s->yes.number, kf_ranges_point(a, v->number));
        break;
    case KF_K_MONEY:
        if (same_currency(v, cur)) {
            s->right |= KF_SORT_MONEY;
            s->yes.money = kf_ranges_or(a, s->yes.money, kf_ranges_point(a, whole(v->money.minor)));
        } else {
            s->fuzzy |= KF_SORT_MONEY;
        }
        break;
    case KF_K_LENGTH:
        s->right |= KF_SORT_LENGTH;
        s->yes.length = kf_ranges_or(a, s->yes.length, kf_ranges_point(a, whole(v->ns)));
        break;
    case KF_K_TEXT:
        add_text_point(r, test, v, s);
        break;
    case KF_K_DATE:
    case KF_K_INSTANT:
        add_time_point(r, v, s);
        break;
    default:
        all_fuzzy(s);
    }
}

/* ---- order ---- */

static struct kf_ranges ordered(struct kf_arena *a, uint16_t op, struct kf_dec v)
{
    switch (op) {
    case KF_T_AT_LEAST:
        return kf_ranges_from(a, v, false);
    case KF_T_MORE:
        return kf_ranges_from(a, v, true);
    case KF_T_AT_MOST:
        return kf_ranges_to(a, v, false);
    default:
        return kf_ranges_to(a, v, true);
    }
}

static void order(struct kf_reason *r, uint16_t op, const struct kf_node *k, const char cur[4],
                  struct shape *s)
{
    struct kf_arena *a = &r->scratch;
    const struct kf_const *v = &k->value;
    bool of_time = op == KF_T_BEFORE || op == KF_T_AFTER || op == KF_T_SINCE;
    if (k->op != KF_K) {
        all_fuzzy(s);
    } else if (is_time(v)) {
        order_of_time(r, op, v, s);
    } else if (!of_time && v->type == KF_K_NUMBER) {
        s->right |= KF_SORT_NUMBER;
        s->yes.number = ordered(a, op, v->number);
    } else if (!of_time && v->type == KF_K_MONEY && same_currency(v, cur)) {
        s->right |= KF_SORT_MONEY;
        s->yes.money = ordered(a, op, whole(v->money.minor));
    } else if (!of_time && v->type == KF_K_LENGTH) {
        s->right |= KF_SORT_LENGTH;
        s->yes.length = ordered(a, op, whole(v->ns));
    } else {
        all_fuzzy(s);
    }
}

static void both_ends(struct kf_reason *r, const struct kf_node *test, const char cur[4],
                      struct shape *s)
{
    struct kf_arena *a = &r->scratch;
    struct shape lo = *s, hi = *s;
    order(r, KF_T_AT_LEAST, test->kid[0], cur, &lo);
    order(r, KF_T_AT_MOST, test->kid[1], cur, &hi);
    if (lo.right != hi.right || lo.fuzzy != hi.fuzzy || !lo.right) {
        all_fuzzy(s);
        return;
    }
    *s = lo;
    s->yes = kf_values_and(a, lo.yes, hi.yes);
    if (lo.right & KF_SORT_DATE)
        set_at(a, s, kf_ranges_and(a, lo.yes.instant.at, hi.yes.instant.at),
               kf_ranges_and(a, lo.yes.date.at, hi.yes.date.at));
}

/* ---- texts ---- */

static void part_of_text(struct kf_reason *r, const struct kf_node *test, struct shape *s)
{
    const struct kf_node *k = test->kid[0];
    s->right |= KF_SORT_TEXT;
    if (k->op != KF_K || k->value.type != KF_K_TEXT || !k->value.text.n ||
        (test->flags & KF_NODE_IGNORE_CASE)) {
        s->fuzzy |= KF_SORT_TEXT;
        return;
    }
    struct kf_part *p = kf_arena_alloc(&r->scratch, sizeof *p);
    *p = (struct kf_part){.op = test->op, .positive = true, .arg = k->value.text};
    s->yes.text = kf_texts_all();
    s->yes.text.part = p;
    s->yes.text.n_part = 1;
}

static struct kf_texts not_text(struct kf_reason *r, struct kf_texts t)
{
    if (!t.n_part) {
        t.but = !t.but;
        return t;
    }
    struct kf_part *p = kf_arena_alloc(&r->scratch, sizeof *p);
    *p = t.part[0]; /* one part of all texts: see above */
    p->positive = !p->positive;
    t.part = p;
    return t;
}

/* ---- all tests ---- */

static void shape_of(struct kf_reason *r, const struct kf_node *test, bool many, const char cur[4],
                     struct shape *s)
{
    switch (test->op) {
    case KF_T_IS:
    case KF_T_IS_NOT:
    case KF_T_ONE_OF:
    case KF_T_NONE_OF:
        for (uint32_t i = 0; i < test->kids; i++)
            add_point(r, test, test->kid[i], cur, s);
        break;
    case KF_T_AT_LEAST:
    case KF_T_AT_MOST:
    case KF_T_MORE:
    case KF_T_LESS:
    case KF_T_BEFORE:
    case KF_T_AFTER:
    case KF_T_SINCE:
        order(r, test->op, test->kid[0], cur, s);
        break;
    case KF_T_BETWEEN:
        both_ends(r, test, cur, s);
        break;
    case KF_T_CONTAINS:
        if (many) {
            all_fuzzy(s); /* an element of a list */
            break;
        } /* fall through */
    case KF_T_STARTS:
    case KF_T_ENDS:
    case KF_T_MATCHES:
        part_of_text(r, test, s);
        break;
    case KF_T_WITHIN:
    case KF_T_OLDER:
    case KF_T_WITHIN_NEXT:
        age_of_time(r, test->op, &test->kid[0]->value, s);
        break;
    case KF_T_ON_WEEKDAY:
        weekday_of_time(test, s);
        break;
    case KF_T_IN_MONTH:
        month_of_time(test, s);
        break;
    case KF_T_AT_HOURS:
        clock_of_time(r, test, s);
        break;
    default: /* in_list, anniversary */
        all_fuzzy(s);
    }
}

/* The part of one sort: all, none, yes or its contrary. */
enum pick { ALL, NONE, YES, NO };

static enum pick pick_of(const struct shape *s, uint32_t sort, enum kf_goal goal)
{
    if (s->fuzzy & sort)
        return ALL;
    if (s->right & sort)
        return goal == KF_GOAL_TRUE || goal == KF_GOAL_NOT_FALSE ? YES : NO;
    return kf_goal_definite(goal) ? NONE : ALL; /* a wrong type is undecided */
}

static struct kf_ranges pick_ranges(struct kf_reason *r, enum pick p, struct kf_ranges yes)
{
    if (p == ALL)
        return kf_ranges_all();
    if (p == NONE)
        return (struct kf_ranges){NULL, 0};
    return p == YES ? yes : kf_ranges_not(&r->scratch, yes);
}

static struct kf_times pick_times(enum pick p, struct kf_times yes, struct kf_times no)
{
    return p == ALL ? kf_times_all() : p == NONE ? kf_times_none() : p == YES ? yes : no;
}

static struct kf_values picked(struct kf_reason *r, const struct shape *s, enum kf_goal goal)
{
    enum pick boolean = pick_of(s, KF_SORT_BOOL, goal), text = pick_of(s, KF_SORT_TEXT, goal);
    struct kf_values v = {.other = pick_of(s, KF_SORT_OTHER, goal) == ALL};
    v.boolean = boolean == ALL    ? 3
                : boolean == NONE ? 0
                : boolean == YES  ? s->yes.boolean
                                  : (uint8_t)(~s->yes.boolean & 3);
    v.number = pick_ranges(r, pick_of(s, KF_SORT_NUMBER, goal), s->yes.number);
    v.money = pick_ranges(r, pick_of(s, KF_SORT_MONEY, goal), s->yes.money);
    v.length = pick_ranges(r, pick_of(s, KF_SORT_LENGTH, goal), s->yes.length);
    v.text = text == ALL    ? kf_texts_all()
             : text == NONE ? (struct kf_texts){.but = false}
             : text == YES  ? s->yes.text
                            : not_text(r, s->yes.text);
    v.date = pick_times(pick_of(s, KF_SORT_DATE, goal), s->yes.date, s->date_no);
    v.instant = pick_times(pick_of(s, KF_SORT_INSTANT, goal), s->yes.instant, s->instant_no);
    return v;
}

struct kf_values kf_reason_passing(struct kf_reason *r, const struct kf_node *test,
                                   enum kf_goal goal, bool many, const char cur[4], bool *ret_sure)
{
    bool wants_true = goal == KF_GOAL_TRUE || goal == KF_GOAL_NOT_FALSE;
    *ret_sure = true;
    if (test->op == KF_T_EXISTS || test->op == KF_T_MISSING)
        return wants_true == (test->op == KF_T_EXISTS) ? kf_values_of(KF_SORT_ALL, false)
                                                       : kf_values_of(0, true);
    struct shape s = {
        .yes = kf_values_of(0, false), .date_no = kf_times_none(), .instant_no = kf_times_none()};
    shape_of(r, test, many, cur, &s);
    bool negative = kf_reason_is_negative(test->op);
    struct kf_values v = picked(r, &s, negative ? kf_goal_not(goal) : goal);
    v.missing = wants_true == negative;
    *ret_sure = s.fuzzy == 0;
    return v;
}

/* ---- windows of events ---- */

static bool age_window(struct kf_reason *r, const struct kf_node *f, struct kf_times *yes,
                       struct kf_times *no)
{
    struct kf_arena *a = &r->scratch;
    const struct kf_const *near = f->op == KF_F_WITHIN ? NULL : &f->kid[0]->value;
    const struct kf_const *far = f->op == KF_F_WITHIN ? &f->kid[0]->value : &f->kid[1]->value;
    bool months = far->type == KF_K_MONTHS;
    if (near && near->type != far->type)
        return false;
    int64_t lo = !near ? 0 : months ? near->months : near->ns, hi = months ? far->months : far->ns;
    set_age(a, yes, no, months, kf_ranges_step(a, whole(lo), whole(hi)));
    return true;
}

bool kf_reason_window(struct kf_reason *r, const struct kf_node *f, struct kf_times *yes,
                      struct kf_times *no)
{
    struct kf_arena *a = &r->scratch;
    struct stretch x, y;
    struct kf_ranges in;
    switch (f->op) {
    case KF_F_WITHIN:
    case KF_F_BETWEEN_AGO:
        return age_window(r, f, yes, no);
    case KF_F_BETWEEN:
        if (!stretch_of(r, &f->kid[0]->value, &x) || !stretch_of(r, &f->kid[1]->value, &y))
            return false;
        in = kf_ranges_step(a, whole(x.first), whole(y.past));
        break;
    case KF_F_SINCE:
        if (f->kid[0]->op != KF_K || !stretch_of(r, &f->kid[0]->value, &x))
            return false;
        in = kf_ranges_from(a, whole(x.first), false);
        if (f->kids > 1 && f->kid[1]->value.type != KF_K_LENGTH)
            return false;
        if (f->kids > 1)
            in = kf_ranges_step(a, whole(x.first), whole(x.first + f->kid[1]->value.ns));
        break;
    default:
        return false;
    }
    *yes = times_at(in);
    *no = times_at(kf_ranges_not(a, in));
    return true;
}
