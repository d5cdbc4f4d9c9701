/* Aggregates over the rows of a selection: exact, of none 0 or missing (RULES 3). */
#include "lua/eval_internal.h"

#include <math.h>

bool kf_is_aggregate(uint16_t op)
{
    return op >= KF_E_COUNT && op <= KF_E_TRAVEL_SPEED;
}

/* ---- windows of in_any ---- */

/* First row of the window of that length that ends at row i; rows before it never come back. */
static uint32_t window_start(const struct kf_eval *ev, const struct kf_sel *s, uint32_t i,
                             uint32_t start)
{
    while (start < i &&
           kf_time_plus(ev->plan->zone, s->row[start].time, *s->in_any) <= s->row[i].time)
        start++;
    return start;
}

void kf_count_bounds(struct kf_eval *ev, const struct kf_sel *s, uint32_t *ret_lo, uint32_t *ret_hi)
{
    *ret_lo = s->lo;
    *ret_hi = s->hi;
    if (!s->in_any)
        return;
    uint32_t sure = 0, start = 0, most = 0, most_sure = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        uint32_t from = window_start(ev, s, i, start);
        sure += s->row[i].truth == KF_TRUE;
        for (; start < from; start++)
            sure -= s->row[start].truth == KF_TRUE;
        most_sure = sure > most_sure ? sure : most_sure;
        most = i - start + 1 > most ? i - start + 1 : most;
    }
    *ret_lo = most_sure;
    *ret_hi = s->hi == UINT32_MAX ? s->hi : most;
}

static struct kf_value days(struct kf_eval *ev, const struct kf_sel *s)
{
    int32_t *day = kf_arena_alloc(&ev->scratch, (s->n + 1u) * sizeof *day);
    uint32_t different = 0, most = 0, start = 0;
    for (uint32_t i = 0; i < s->n; i++) { /* days never go back: rows stand in order of time */
        day[i] = kf_time_day(ev->plan->zone, s->row[i].time);
        different += i == start || day[i] != day[i - 1];
        uint32_t from = s->in_any ? window_start(ev, s, i, start) : start;
        for (; start < from; start++)
            different -= day[start] != day[start + 1];
        most = different > most ? different : most;
    }
    return kf_value_number(most);
}

static struct kf_value profiles(struct kf_eval *ev, const struct kf_sel *s)
{
    struct kf_keyset set = kf_keyset_new(ev, s->n);
    bool fresh;
    if (!ev->ops->profile_of)
        return kf_value_undecided("profiles are not known here");
    for (uint32_t i = 0; i < s->n; i++) {
        uint32_t profile = ev->ops->profile_of(ev, s->row[i].event);
        struct kf_vkey k = {(uint64_t)profile + 1, 1, {NULL, 0}};
        if (profile != UINT32_MAX)
            kf_keyset_put(ev, &set, &k, &fresh);
    }
    return kf_value_number(set.n);
}

static struct kf_value distinct(struct kf_eval *ev, const struct kf_node *n, const struct kf_sel *s)
{
    struct kf_keyset set = kf_keyset_new(ev, s->n);
    const struct kf_vkey **key = kf_arena_alloc(&ev->scratch, (s->n + 1u) * sizeof *key);
    uint32_t *keys = kf_arena_alloc(&ev->scratch, (s->n + 1u) * sizeof *keys);
    uint32_t start = 0, most = 0, now = 0;
    bool fresh;
    for (uint32_t i = 0; i < s->n; i++) {
        keys[i] = kf_row_keys(ev, &s->row[i], &n->kid[1], 1, &key[i]);
        for (uint32_t k = 0; k < keys[i]; k++)
            now += (*kf_keyset_put(ev, &set, &key[i][k], &fresh))++ == 0;
        uint32_t from = s->in_any ? window_start(ev, s, i, start) : start;
        for (; start < from; start++)
            for (uint32_t k = 0; k < keys[start]; k++)
                now -= --(*kf_keyset_put(ev, &set, &key[start][k], &fresh)) == 0;
        most = now > most ? now : most;
    }
    return kf_value_number(most);
}

/* ---- sums ---- */

struct total {
    enum kf_value_type type; /* KF_VAL_MISSING: nothing yet */
    struct kf_dec number;
    __int128 minor;
    uint32_t n;
    const char *why; /* it cannot be known */
};

static void fail(struct kf_eval *ev, struct total *t, const char *why)
{
    ev->why = why;
    if (!t->why)
        t->why = why;
}

static void add_one(struct kf_eval *ev, struct total *t, const struct kf_value *v, bool minus)
{
    struct kf_value x = *v;
    if (x.type == KF_VAL_MISSING)
        return;
    if (x.type == KF_VAL_UNDECIDED) {
        fail(ev, t, x.why);
        return;
    }
    if ((x.type != KF_VAL_NUMBER && x.type != KF_VAL_MONEY) || (t->type && t->type != x.type)) {
        kf_wrong_type(ev, "a number is needed and there is something else");
        fail(ev, t, ev->why);
        return;
    }
    t->type = x.type;
    t->n += minus ? UINT32_MAX : 1;
    if (x.type == KF_VAL_MONEY) {
        if (!kf_convert(ev, &x, kf_priv(ev)->cur))
            fail(ev, t, ev->why);
        t->minor += minus ? -x.money.minor : x.money.minor;
    } else if ((minus && !kf_dec_neg(x.number, &x.number)) ||
               !kf_dec_add(t->number, x.number, &t->number)) {
        fail(ev, t, "a sum is too large");
    }
}

static void add_row(struct kf_eval *ev, struct total *t, const struct kf_node *prop,
                    const struct kf_row *r, bool minus)
{
    struct kf_value v = kf_row_value(ev, r, prop);
    if (v.type != KF_VAL_LIST) {
        add_one(ev, t, &v, minus);
        return;
    }
    for (uint32_t i = 0; i < v.n; i++)
        add_one(ev, t, &v.item[i], minus);
}

static struct kf_value total_value(struct kf_eval *ev, const struct total *t, bool money)
{
    struct kf_value v = {.type = KF_VAL_NUMBER, .number = t->number, .event = UINT32_MAX};
    if (t->why)
        return kf_value_undecided(t->why);
    if (t->type == KF_VAL_NUMBER || !money)
        return v;
    if (t->minor > INT64_MAX || t->minor < INT64_MIN)
        return kf_value_undecided("a sum is too large");
    v.type = KF_VAL_MONEY;
    v.money.minor = (int64_t)t->minor;
    memcpy(v.money.cur, kf_priv(ev)->cur, 4);
    return v;
}

static struct kf_value sum(struct kf_eval *ev, const struct kf_node *n, const struct kf_sel *s)
{
    struct total t = {0};
    bool money = kf_pnode(ev, n->kid[1])->prop.money, ok;
    struct kf_value most = total_value(ev, &t, money), now;
    uint32_t start = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        add_row(ev, &t, n->kid[1], &s->row[i], false);
        uint32_t from = s->in_any ? window_start(ev, s, i, start) : start;
        for (; start < from; start++)
            add_row(ev, &t, n->kid[1], &s->row[start], true);
        if (!s->in_any)
            continue;
        now = total_value(ev, &t, money);
        if (i == 0 || kf_value_cmp(&now, &most, &ok) > 0)
            most = now;
    }
    return s->in_any && !t.why ? most : total_value(ev, &t, money);
}

static struct kf_value average(struct kf_eval *ev, const struct kf_node *n, const struct kf_sel *s)
{
    struct total t = {0};
    for (uint32_t i = 0; i < s->n; i++)
        add_row(ev, &t, n->kid[1], &s->row[i], false);
    if (t.why)
        return kf_value_undecided(t.why);
    if (!t.n)
        return kf_value_missing();
    struct kf_value v = {.event = UINT32_MAX};
    if (t.type == KF_VAL_MONEY) {
        v.type = KF_VAL_MONEY_RATIO;
        v.ratio = (struct kf_ratio){t.minor, t.n};
        memcpy(v.money.cur, kf_priv(ev)->cur, 4);
        return v;
    }
    struct kf_value whole = {.type = KF_VAL_NUMBER, .number = t.number};
    v.type = KF_VAL_RATIO;
    struct kf_ratio r = {0, 1};
    kf_value_ratio(&whole, &r);
    r.den *= t.n;
    v.ratio = r;
    return v;
}

/* ---- extremes, first, last, most frequent ---- */

/* A value that has an order: amounts in one currency, texts as times. False: undecided. */
static bool comparable(struct kf_eval *ev, struct kf_value *v)
{
    struct kf_value t;
    switch (v->type) {
    case KF_VAL_UNDECIDED:
        ev->why = v->why;
        return false;
    case KF_VAL_MONEY:
        return kf_convert(ev, v, kf_priv(ev)->cur);
    case KF_VAL_NUMBER:
    case KF_VAL_TIME:
    case KF_VAL_DATE:
        return true;
    default:
        if (kf_value_as_time(v, ev->plan->zone, &t)) {
            *v = t;
            return true;
        }
        kf_wrong_type(ev, "a value has no order");
        return false;
    }
}

static struct kf_value extreme(struct kf_eval *ev, const struct kf_node *n, const struct kf_sel *s,
                               int sign)
{
    struct kf_value best = kf_value_missing();
    for (uint32_t i = 0; i < s->n; i++) {
        struct kf_value v = kf_row_value(ev, &s->row[i], n->kid[1]);
        const struct kf_value *item = v.type == KF_VAL_LIST ? v.item : &v;
        uint32_t items = v.type == KF_VAL_LIST ? v.n : 1;
        for (uint32_t k = 0; k < items; k++) {
            struct kf_value one = item[k];
            enum kf_truth ok = KF_TRUE;
            if (one.type == KF_VAL_MISSING)
                continue;
            if (!comparable(ev, &one))
                return kf_value_undecided(ev->why);
            if (best.type == KF_VAL_MISSING || kf_order(ev, &one, &best, &ok) * sign > 0)
                best = one;
            if (ok != KF_TRUE)
                return kf_value_undecided(ev->why);
        }
    }
    return best;
}

static struct kf_value end_value(struct kf_eval *ev, const struct kf_node *n,
                                 const struct kf_sel *s, bool last)
{
    for (uint32_t i = 0; i < s->n; i++) {
        const struct kf_row *r = &s->row[last ? s->n - 1 - i : i];
        struct kf_value v = kf_row_value(ev, r, n->kid[1]);
        if (v.type == KF_VAL_MISSING || (v.type == KF_VAL_LIST && !v.n))
            continue;
        if (v.type == KF_VAL_MONEY && !kf_convert(ev, &v, kf_priv(ev)->cur))
            return kf_value_undecided(ev->why);
        return v;
    }
    return kf_value_missing();
}

struct candidate {
    uint32_t count;
    const struct kf_row *newest;
    struct kf_str text;
    struct kf_value value;
};

static bool beats(const struct kf_eval *ev, const struct candidate *a, const struct candidate *b)
{
    if (a->count != b->count)
        return a->count > b->count;
    int r = kf_row_cmp(ev, a->newest, b->newest);
    return r ? r > 0 : kf_str_cmp(a->text, b->text) < 0;
}

static struct kf_value most_frequent(struct kf_eval *ev, const struct kf_node *n,
                                     const struct kf_sel *s)
{
    struct kf_keyset set = kf_keyset_new(ev, s->n);
    kf_vec(struct candidate) all = {0};
    struct kf_value best = kf_value_missing();
    bool fresh;
    for (uint32_t i = 0; i < s->n; i++) {
        struct kf_value v = kf_row_value(ev, &s->row[i], n->kid[1]);
        const struct kf_value *item = v.type == KF_VAL_LIST ? v.item : &v;
        uint32_t items = v.type == KF_VAL_LIST ? v.n : 1;
        for (uint32_t k = 0; k < items; k++) {
            struct kf_vkey key = {0};
            struct kf_str text;
            if (!kf_value_key(&item[k], &ev->scratch, &text))
                continue;
            key = kf_text_key(text);
            uint32_t *number = kf_keyset_put(ev, &set, &key, &fresh);
            if (fresh) {
                *number = (uint32_t)all.n;
                *kf_vec_push(&all) = (struct candidate){0, NULL, text, item[k]};
            }
            all.p[*number].count++;
            all.p[*number].newest = &s->row[i];
            all.p[*number].value = item[k];
        }
    }
    const struct candidate *top = NULL;
    for (size_t i = 0; i < all.n; i++)
        if (!top || beats(ev, &all.p[i], top))
            top = &all.p[i];
    if (top)
        best = top->value;
    kf_vec_free(&all);
    return best;
}

/* ---- travel ---- */

static bool place_of(struct kf_eval *ev, const struct kf_row *r, double *lat, double *lon)
{
    struct kf_prop p = {.key = KF_KEY_LATITUDE}, q = {.key = KF_KEY_LONGITUDE};
    struct kf_value a = kf_row_property(ev, r, &p), b = kf_row_property(ev, r, &q);
    if (a.type != KF_VAL_NUMBER || b.type != KF_VAL_NUMBER)
        return false;
    *lat = kf_dec_double(a.number);
    *lon = kf_dec_double(b.number);
    return fabs(*lat) <= 90 && fabs(*lon) <= 180;
}

/* Great circle by the haversine formula on a sphere of 6371 km (the mean radius of IUGG). */
static double distance_km(double lat1, double lon1, double lat2, double lon2)
{
    const double radian = 3.14159265358979323846 / 180;
    double a = sin((lat2 - lat1) * radian / 2), b = sin((lon2 - lon1) * radian / 2);
    double h = a * a + cos(lat1 * radian) * cos(lat2 * radian) * b * b;
    return 2 * 6371 * asin(sqrt(h < 1 ? h : 1));
}

struct kf_value kf_travel_speed(struct kf_eval *ev, const struct kf_node *n)
{
    const struct kf_sel *s = kf_select(ev, n->kid[0]);
    const struct kf_pnode *pn = kf_pnode(ev, n);
    double least_km = n->kids > 1 ? kf_dec_double(n->kid[1]->value.number) : 0;
    double lat = 0, lon = 0, best = -1;
    const struct kf_row *before = NULL;
    struct kf_value v = kf_value_missing();
    kf_lower(ev, kf_sel_flip(s));
    if (s->lo != s->hi)
        return kf_value_undecided(s->why);
    for (uint32_t i = 0; i < s->n; i++) {
        double to_lat, to_lon;
        const struct kf_row *r = &s->row[i];
        if (!place_of(ev, r, &to_lat, &to_lon))
            continue;
        bool length = pn->span.ns || pn->span.months;
        if (before && (!length || r->time < kf_time_plus(ev->plan->zone, before->time, pn->span))) {
            double km = distance_km(lat, lon, to_lat, to_lon);
            int64_t ns = r->time - before->time;
            double speed = km / ((double)(ns > 0 ? ns : 1) / (double)KF_HOUR);
            if (km >= least_km && speed > best) {
                best = speed;
                v = kf_value_number((int64_t)floor(speed < 9e18 ? speed : 9e18));
                v.event = r->event;
            }
        }
        before = r;
        lat = to_lat;
        lon = to_lon;
    }
    return v;
}

/* ---- one for all ---- */

static bool all_sure(const struct kf_sel *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (s->row[i].truth != KF_TRUE)
            return false;
    return s->hi != UINT32_MAX;
}

static struct kf_value time_of(const struct kf_row *r)
{
    struct kf_value v = {.type = KF_VAL_TIME, .time = r->time, .event = r->event};
    return v;
}

struct kf_value kf_aggregate(struct kf_eval *ev, const struct kf_node *n, const struct kf_sel *s)
{
    if (n->op == KF_E_COUNT) {
        uint32_t lo, hi;
        kf_count_bounds(ev, s, &lo, &hi);
        return lo == hi ? kf_value_number(lo) : kf_value_undecided(s->why);
    }
    if (!all_sure(s))
        return kf_value_undecided(s->why ? s->why : ev->why);
    switch (n->op) {
    case KF_E_DAYS:
        return days(ev, s);
    case KF_E_PROFILES:
        return profiles(ev, s);
    case KF_E_DISTINCT:
        return distinct(ev, n, s);
    case KF_E_SUM:
        return sum(ev, n, s);
    case KF_E_AVERAGE:
        return average(ev, n, s);
    case KF_E_MIN:
    case KF_E_MAX:
        return extreme(ev, n, s, n->op == KF_E_MAX ? 1 : -1);
    case KF_E_MOST_FREQUENT:
        return most_frequent(ev, n, s);
    case KF_E_FIRST:
    case KF_E_LAST:
        return end_value(ev, n, s, n->op == KF_E_LAST);
    case KF_E_FIRST_TIME:
    case KF_E_LAST_TIME:
        if (!s->n)
            return kf_value_missing();
        return time_of(&s->row[n->op == KF_E_LAST_TIME ? s->n - 1 : 0]);
    default:
        return kf_value_undecided("no such aggregate");
    }
}
