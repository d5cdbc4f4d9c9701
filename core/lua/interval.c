#include "lua/interval.h"

#include "lua/tree.h"

/* ---- ranges ---- */

static const struct kf_range everything = {.lo_inf = true, .hi_inf = true};

struct kf_ranges kf_ranges_all(void)
{
    return (struct kf_ranges){&everything, 1};
}

static struct kf_ranges one_range(struct kf_arena *a, struct kf_range r)
{
    struct kf_range *p = kf_arena_alloc(a, sizeof *p);
    *p = r;
    return (struct kf_ranges){p, 1};
}

struct kf_ranges kf_ranges_point(struct kf_arena *a, struct kf_dec v)
{
    return one_range(a, (struct kf_range){.lo = v, .hi = v});
}

struct kf_ranges kf_ranges_from(struct kf_arena *a, struct kf_dec v, bool open)
{
    return one_range(a, (struct kf_range){.lo = v, .lo_open = open, .hi_inf = true});
}

struct kf_ranges kf_ranges_to(struct kf_arena *a, struct kf_dec v, bool open)
{
    return one_range(a, (struct kf_range){.hi = v, .hi_open = open, .lo_inf = true});
}

static bool is_empty(const struct kf_range *r)
{
    if (r->lo_inf || r->hi_inf)
        return false;
    int c = kf_dec_cmp(r->lo, r->hi);
    return c > 0 || (c == 0 && (r->lo_open || r->hi_open));
}

struct kf_ranges kf_ranges_step(struct kf_arena *a, struct kf_dec lo, struct kf_dec hi)
{
    struct kf_range r = {.lo = lo, .hi = hi, .hi_open = true};
    return is_empty(&r) ? (struct kf_ranges){NULL, 0} : one_range(a, r);
}

/* Which lower end is further right, which upper end further left: > 0 means x is. */
static int cmp_lo(const struct kf_range *x, const struct kf_range *y)
{
    if (x->lo_inf || y->lo_inf)
        return (int)y->lo_inf - (int)x->lo_inf;
    int c = kf_dec_cmp(x->lo, y->lo);
    return c ? c : (int)x->lo_open - (int)y->lo_open;
}

static int cmp_hi(const struct kf_range *x, const struct kf_range *y)
{
    if (x->hi_inf || y->hi_inf)
        return (int)y->hi_inf - (int)x->hi_inf;
    int c = kf_dec_cmp(y->hi, x->hi);
    return c ? c : (int)x->hi_open - (int)y->hi_open;
}

static struct kf_range overlap(const struct kf_range *x, const struct kf_range *y)
{
    const struct kf_range *lo = cmp_lo(x, y) >= 0 ? x : y, *hi = cmp_hi(x, y) >= 0 ? x : y;
    return (struct kf_range){.lo = lo->lo,
                             .lo_inf = lo->lo_inf,
                             .lo_open = lo->lo_open,
                             .hi = hi->hi,
                             .hi_inf = hi->hi_inf,
                             .hi_open = hi->hi_open};
}

struct kf_ranges kf_ranges_and(struct kf_arena *a, struct kf_ranges x, struct kf_ranges y)
{
    if (x.p == &everything)
        return y;
    if (y.p == &everything)
        return x;
    if (!x.n || !y.n)
        return (struct kf_ranges){NULL, 0};
    struct kf_range *p = kf_arena_alloc(a, (x.n + y.n + 1) * sizeof *p);
    uint32_t n = 0;
    for (uint32_t i = 0, k = 0; i < x.n && k < y.n;) {
        struct kf_range r = overlap(&x.p[i], &y.p[k]);
        if (!is_empty(&r))
            p[n++] = r;
        if (cmp_hi(&x.p[i], &y.p[k]) >= 0) /* x ends first */
            i++;
        else
            k++;
    }
    return (struct kf_ranges){p, n};
}

struct kf_ranges kf_ranges_not(struct kf_arena *a, struct kf_ranges x)
{
    struct kf_range *p = kf_arena_alloc(a, (x.n + 2) * sizeof *p), gap = everything;
    uint32_t n = 0;
    for (uint32_t i = 0; i < x.n; i++) {
        gap.hi = x.p[i].lo;
        gap.hi_inf = false;
        gap.hi_open = !x.p[i].lo_open;
        if (!x.p[i].lo_inf && !is_empty(&gap))
            p[n++] = gap;
        if (x.p[i].hi_inf)
            return (struct kf_ranges){p, n};
        gap.lo = x.p[i].hi;
        gap.lo_inf = false;
        gap.lo_open = !x.p[i].hi_open;
    }
    gap.hi_inf = true;
    gap.hi_open = false;
    p[n++] = gap;
    return (struct kf_ranges){p, n};
}

struct kf_ranges kf_ranges_or(struct kf_arena *a, struct kf_ranges x, struct kf_ranges y)
{
    if (!x.n)
        return y;
    if (!y.n)
        return x;
    return kf_ranges_not(a, kf_ranges_and(a, kf_ranges_not(a, x), kf_ranges_not(a, y)));
}

static int64_t power_of_ten(int8_t scale)
{
    int64_t p = 1;
    for (int8_t i = 0; i < scale; i++)
        p *= 10;
    return p;
}

/* The whole number at or below; *ret_exact: it is that number. */
static int64_t floor_of(struct kf_dec d, bool *ret_exact)
{
    int64_t p = power_of_ten(d.scale), q = d.m / p;
    *ret_exact = d.m % p == 0;
    return d.m % p < 0 ? q - 1 : q;
}

struct kf_ranges kf_ranges_whole(struct kf_arena *a, struct kf_ranges x)
{
    struct kf_range *p = kf_arena_alloc(a, (x.n + 1) * sizeof *p);
    uint32_t n = 0;
    for (uint32_t i = 0; i < x.n; i++) {
        struct kf_range r = x.p[i];
        bool exact;
        int64_t w;
        if (!r.lo_inf) {
            w = floor_of(r.lo, &exact);
            if ((!exact || r.lo_open) && w < INT64_MAX)
                w++;
            r.lo = kf_dec_int(w);
            r.lo_open = false;
        }
        if (!r.hi_inf) {
            w = floor_of(r.hi, &exact);
            if (exact && r.hi_open && w > INT64_MIN)
                w--;
            r.hi = kf_dec_int(w);
            r.hi_open = false;
        }
        if (!is_empty(&r))
            p[n++] = r;
    }
    return (struct kf_ranges){p, n};
}

bool kf_ranges_least(struct kf_ranges x, struct kf_dec *ret)
{
    if (!x.n || x.p[0].lo_inf)
        return false;
    *ret = x.p[0].lo;
    return true;
}

bool kf_ranges_most(struct kf_ranges x, struct kf_dec *ret)
{
    if (!x.n || x.p[x.n - 1].hi_inf)
        return false;
    *ret = x.p[x.n - 1].hi;
    return true;
}

/* ---- texts ---- */

struct kf_texts kf_texts_all(void)
{
    return (struct kf_texts){.but = true};
}

static bool among(const struct kf_texts *t, struct kf_str s)
{
    for (uint32_t i = 0; i < t->n; i++)
        if (kf_str_eq(t->p[i], s))
            return true;
    return false;
}

static bool begins(struct kf_str s, struct kf_str part)
{
    return s.n >= part.n && memcmp(s.p, part.p, part.n) == 0;
}

static bool ends(struct kf_str s, struct kf_str part)
{
    return s.n >= part.n && memcmp(s.p + s.n - part.n, part.p, part.n) == 0;
}

static bool has_part(const struct kf_part *part, struct kf_str s)
{
    switch (part->op) {
    case KF_T_STARTS:
        return begins(s, part->arg);
    case KF_T_ENDS:
        return ends(s, part->arg);
    case KF_T_MATCHES:
        return kf_str_glob(part->arg, s);
    default:
        return memmem(s.p, s.n, part->arg.p, part->arg.n) != NULL;
    }
}

static bool passes_parts(const struct kf_texts *t, struct kf_str s)
{
    for (uint32_t i = 0; i < t->n_part; i++)
        if (has_part(&t->part[i], s) != t->part[i].positive)
            return false;
    return true;
}

struct kf_texts kf_texts_and(struct kf_arena *a, struct kf_texts x, struct kf_texts y)
{
    bool x_all = x.but && !x.n && !x.n_part, x_none = !x.but && !x.n;
    bool y_all = y.but && !y.n && !y.n_part, y_none = !y.but && !y.n;
    if (y_all || x_none)
        return x;
    if (x_all || y_none)
        return y;
    struct kf_texts out = {.but = x.but && y.but};
    struct kf_str *p = kf_arena_alloc(a, (x.n + y.n + 1) * sizeof *p);
    struct kf_part *part = kf_arena_alloc(a, (x.n_part + y.n_part + 1) * sizeof *part);
    if (x.but && y.but) {
        memcpy(p, x.p ? x.p : p, x.n * sizeof *p);
        memcpy(p + x.n, y.p ? y.p : p, y.n * sizeof *p);
        out.n = x.n + y.n;
    } else {
        const struct kf_texts *few = x.but ? &y : &x, *other = x.but ? &x : &y;
        for (uint32_t i = 0; i < few->n; i++)
            if (among(other, few->p[i]) != other->but)
                p[out.n++] = few->p[i];
    }
    for (uint32_t i = 0; i < x.n_part; i++)
        part[out.n_part++] = x.part[i];
    for (uint32_t i = 0; i < y.n_part; i++)
        part[out.n_part++] = y.part[i];
    out.p = p;
    out.part = part;
    return out;
}

/* Can no text pass both? Only what follows from the parts alone. */
static bool parts_clash(const struct kf_part *x, const struct kf_part *y)
{
    if (!x->positive && y->positive)
        return parts_clash(y, x);
    if (!x->positive)
        return false;
    struct kf_str a = x->arg, b = y->arg;
    if (y->positive)
        return x->op == y->op && ((x->op == KF_T_STARTS && !begins(a, b) && !begins(b, a)) ||
                                  (x->op == KF_T_ENDS && !ends(a, b) && !ends(b, a)));
    if (x->op == KF_T_MATCHES || y->op == KF_T_MATCHES)
        return x->op == y->op && kf_str_eq(a, b);
    if (y->op == KF_T_CONTAINS)
        return memmem(a.p, a.n, b.p, b.n) != NULL;
    return x->op == y->op && (x->op == KF_T_STARTS ? begins(a, b) : ends(a, b));
}

bool kf_texts_empty(struct kf_texts x)
{
    if (!x.but) {
        for (uint32_t i = 0; i < x.n; i++)
            if (passes_parts(&x, x.p[i]))
                return false;
        return true;
    }
    for (uint32_t i = 0; i < x.n_part; i++)
        for (uint32_t k = 0; k < i; k++)
            if (parts_clash(&x.part[i], &x.part[k]))
                return true;
    return false;
}

/* ---- times ---- */

#define ALL_MONTHS   0xfffu
#define ALL_WEEKDAYS 0x7fu

struct kf_times kf_times_all(void)
{
    struct kf_ranges r = kf_ranges_all();
    return (struct kf_times){
        .at = r, .age = r, .months = r, .clock = r, .month = ALL_MONTHS, .weekday = ALL_WEEKDAYS};
}

struct kf_times kf_times_none(void)
{
    return (struct kf_times){.none = true};
}

struct kf_times kf_times_and(struct kf_arena *a, struct kf_times x, struct kf_times y)
{
    if (x.none || y.none)
        return kf_times_none();
    struct kf_times t = {.at = kf_ranges_and(a, x.at, y.at),
                         .age = kf_ranges_and(a, x.age, y.age),
                         .months = kf_ranges_and(a, x.months, y.months),
                         .clock = kf_ranges_and(a, x.clock, y.clock),
                         .month = x.month & y.month,
                         .weekday = x.weekday & y.weekday};
    t.none = !t.at.n || !t.age.n || !t.months.n || !t.clock.n || !t.month || !t.weekday;
    return t;
}

/* ---- values ---- */

struct kf_values kf_values_of(uint32_t sorts, bool missing)
{
    struct kf_ranges all = kf_ranges_all(), none = {NULL, 0};
    return (struct kf_values){
        .missing = missing,
        .other = (sorts & KF_SORT_OTHER) != 0,
        .boolean = sorts & KF_SORT_BOOL ? 3 : 0,
        .number = sorts & KF_SORT_NUMBER ? all : none,
        .money = sorts & KF_SORT_MONEY ? all : none,
        .length = sorts & KF_SORT_LENGTH ? all : none,
        .text = sorts & KF_SORT_TEXT ? kf_texts_all() : (struct kf_texts){.but = false},
        .date = sorts & KF_SORT_DATE ? kf_times_all() : kf_times_none(),
        .instant = sorts & KF_SORT_INSTANT ? kf_times_all() : kf_times_none()};
}

struct kf_values kf_values_and(struct kf_arena *a, struct kf_values x, struct kf_values y)
{
    return (struct kf_values){.missing = x.missing && y.missing,
                              .other = x.other && y.other,
                              .boolean = x.boolean & y.boolean,
                              .number = kf_ranges_and(a, x.number, y.number),
                              .money = kf_ranges_and(a, x.money, y.money),
                              .length = kf_ranges_and(a, x.length, y.length),
                              .text = kf_texts_and(a, x.text, y.text),
                              .date = kf_times_and(a, x.date, y.date),
                              .instant = kf_times_and(a, x.instant, y.instant)};
}

bool kf_values_none(const struct kf_values *x)
{
    return !x->other && !x->boolean && !x->number.n && !x->money.n && !x->length.n &&
           kf_texts_empty(x->text) && x->date.none && x->instant.none;
}
