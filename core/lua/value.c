#include "lua/value.h"

#include <stdio.h>

/* ---- versions ---- */

/* Takes the next number of a version off *s, without leading zeros. False: none begins here. */
static bool next_number(struct kf_str *s, struct kf_str *ret)
{
    size_t n = 0;
    while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
        n++;
    if (!n)
        return false;
    *ret = kf_str(s->p, n);
    while (ret->n && ret->p[0] == '0') {
        ret->p++;
        ret->n--;
    }
    s->p += n;
    s->n -= n;
    return true;
}

static bool is_version(struct kf_str s)
{
    struct kf_str number;
    if (!next_number(&s, &number))
        return false;
    while (s.n && s.p[0] == '.') {
        s = kf_str(s.p + 1, s.n - 1);
        if (!next_number(&s, &number))
            return false;
    }
    return !s.n || s.p[0] == '-' || s.p[0] == '+' || s.p[0] == ' ';
}

static bool next_part(struct kf_str *s, bool first, struct kf_str *ret)
{
    if (!first) {
        if (!s->n || s->p[0] != '.')
            return false;
        *s = kf_str(s->p + 1, s->n - 1);
    }
    return next_number(s, ret);
}

int kf_version_cmp(struct kf_str a, struct kf_str b, bool *ret_ok)
{
    *ret_ok = is_version(a) && is_version(b);
    if (!*ret_ok)
        return 0;
    for (bool first = true;; first = false) {
        struct kf_str x = {"", 0}, y = {"", 0};
        bool more_a = next_part(&a, first, &x), more_b = next_part(&b, first, &y);
        if (!more_a && !more_b)
            return 0;
        if (x.n != y.n)
            return x.n < y.n ? -1 : 1;
        int r = x.n ? memcmp(x.p, y.p, x.n) : 0;
        if (r)
            return r < 0 ? -1 : 1;
    }
}

/* ---- conversions ---- */

struct kf_value kf_value_from_const(const struct kf_const *k)
{
    struct kf_value v = {.type = KF_VAL_MISSING, .event = UINT32_MAX};
    switch (k->type) {
    case KF_K_NONE:
        break;
    case KF_K_BOOL:
        v.type = KF_VAL_BOOL;
        v.boolean = k->boolean;
        break;
    case KF_K_NUMBER:
        v.type = KF_VAL_NUMBER;
        v.number = k->number;
        break;
    case KF_K_TEXT:
        v.type = k->text.n ? KF_VAL_TEXT : KF_VAL_MISSING;
        v.text = k->text;
        break;
    case KF_K_MONEY:
        v.type = KF_VAL_MONEY;
        v.money = k->money;
        break;
    case KF_K_LENGTH:
        v.type = KF_VAL_LENGTH;
        v.time = k->ns;
        break;
    case KF_K_MONTHS: /* has no length of its own */
        v.type = KF_VAL_UNDECIDED;
        v.why = "a number of months has no exact length";
        break;
    case KF_K_DATE:
        v.type = KF_VAL_DATE;
        v.day = k->day;
        break;
    case KF_K_INSTANT:
        v.type = KF_VAL_TIME;
        v.time = k->ns;
        break;
    case KF_K_VERSION:
        v.type = KF_VAL_VERSION;
        v.text = k->text;
        break;
    }
    return v;
}

static bool two_digits(const char *p, unsigned *ret)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
        return false;
    *ret = (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
    return true;
}

static bool parse_day(struct kf_str s, int32_t *ret)
{
    unsigned century, year, m, d;
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' || !two_digits(s.p, &century) ||
        !two_digits(s.p + 2, &year) || !two_digits(s.p + 5, &m) || !two_digits(s.p + 8, &d))
        return false;
    int32_t y = (int32_t)(century * 100 + year);
    if (!kf_day_valid(y, m, d))
        return false;
    *ret = kf_day_from_ymd(y, m, d);
    return true;
}

bool kf_value_as_time(const struct kf_value *v, const struct kf_zone *z, struct kf_value *ret)
{
    if (v->type == KF_VAL_TIME || v->type == KF_VAL_DATE) {
        *ret = *v;
        return true;
    }
    if (v->type != KF_VAL_TEXT)
        return false;
    struct kf_value t = {.event = v->event};
    bool offset;
    if (parse_day(v->text, &t.day))
        t.type = KF_VAL_DATE;
    else if (kf_time_parse(v->text, z, &t.time, &offset))
        t.type = KF_VAL_TIME;
    else
        return false;
    *ret = t;
    return true;
}

bool kf_value_ratio(const struct kf_value *v, struct kf_ratio *ret)
{
    __int128 den = 1;
    switch (v->type) {
    case KF_VAL_NUMBER:
        for (int i = 0; i < v->number.scale; i++)
            den *= 10;
        *ret = (struct kf_ratio){v->number.m, den};
        return true;
    case KF_VAL_RATIO:
    case KF_VAL_MONEY_RATIO:
        *ret = v->ratio;
        return true;
    case KF_VAL_MONEY:
        *ret = (struct kf_ratio){v->money.minor, 1};
        return true;
    case KF_VAL_LENGTH:
        *ret = (struct kf_ratio){v->time, 1};
        return true;
    default:
        return false;
    }
}

struct kf_value kf_value_copy(struct kf_value v, struct kf_arena *a)
{
    if ((v.type == KF_VAL_TEXT || v.type == KF_VAL_VERSION) && v.text.n)
        v.text = kf_str(kf_arena_strndup(a, v.text.p, v.text.n), v.text.n);
    if (v.type == KF_VAL_LIST && v.n) {
        struct kf_value *item = kf_arena_alloc(a, v.n * sizeof *item);
        for (uint32_t i = 0; i < v.n; i++)
            item[i] = kf_value_copy(v.item[i], a);
        v.item = item;
    }
    return v;
}

bool kf_value_key(const struct kf_value *v, struct kf_arena *a, struct kf_str *ret)
{
    char *out;
    switch (v->type) {
    case KF_VAL_TEXT:
    case KF_VAL_VERSION:
        *ret = v->text;
        return v->text.n != 0;
    case KF_VAL_NUMBER:
        out = kf_arena_alloc(a, 32);
        *ret = kf_str(out, kf_dec_format(v->number, out));
        return true;
    case KF_VAL_BOOL:
        *ret = kf_cstr(v->boolean ? "true" : "false");
        return true;
    case KF_VAL_MONEY:
        out = kf_arena_alloc(a, 48);
        *ret = kf_str(out, kf_money_format(v->money, out, 48));
        return true;
    case KF_VAL_TIME:
        out = kf_arena_alloc(a, 40);
        *ret = kf_str(out, kf_time_format(v->time, out));
        return true;
    case KF_VAL_DATE:
        out = kf_arena_alloc(a, 40);
        *ret = kf_str(out, kf_day_format(v->day, out));
        return true;
    default:
        return false;
    }
}

/* ---- order ---- */

static int order64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static bool is_number(const struct kf_value *v)
{
    return v->type == KF_VAL_NUMBER || v->type == KF_VAL_RATIO;
}

static bool is_money(const struct kf_value *v)
{
    return v->type == KF_VAL_MONEY || v->type == KF_VAL_MONEY_RATIO;
}

int kf_value_cmp(const struct kf_value *a, const struct kf_value *b, bool *ret_ok)
{
    struct kf_ratio x, y;
    *ret_ok = true;
    if (a->type == KF_VAL_NUMBER && b->type == KF_VAL_NUMBER)
        return kf_dec_cmp(a->number, b->number);
    if (a->type == KF_VAL_MONEY && b->type == KF_VAL_MONEY &&
        memcmp(a->money.cur, b->money.cur, 3) == 0)
        return order64(a->money.minor, b->money.minor);
    bool fractions = (is_number(a) && is_number(b)) ||
                     (is_money(a) && is_money(b) && memcmp(a->money.cur, b->money.cur, 3) == 0);
    if (fractions && kf_value_ratio(a, &x) && kf_value_ratio(b, &y))
        return kf_ratio_cmp(x, y);
    if (a->type == b->type) {
        switch (a->type) {
        case KF_VAL_BOOL:
            return (int)a->boolean - (int)b->boolean;
        case KF_VAL_TEXT:
            return kf_str_cmp(a->text, b->text);
        case KF_VAL_TIME:
        case KF_VAL_LENGTH:
            return order64(a->time, b->time);
        case KF_VAL_DATE:
            return order64(a->day, b->day);
        default:
            break;
        }
    }
    if ((a->type == KF_VAL_VERSION || b->type == KF_VAL_VERSION) &&
        (a->type == KF_VAL_VERSION || a->type == KF_VAL_TEXT) &&
        (b->type == KF_VAL_VERSION || b->type == KF_VAL_TEXT))
        return kf_version_cmp(a->text, b->text, ret_ok);
    *ret_ok = false;
    return 0;
}

/* ---- writing ---- */

/* num / den as an exact decimal where it has at most nine places, else rounded half to even to
 * six. */
static struct kf_dec ratio_dec(struct kf_ratio r, bool *ret_ok)
{
    __int128 num = r.num, den = r.den;
    *ret_ok = true;
    for (int scale = 0; scale <= 9; scale++) {
        if (num % den == 0 && num / den <= INT64_MAX && num / den >= INT64_MIN) {
            struct kf_dec d = {(int64_t)(num / den), (int8_t)scale};
            return d;
        }
        if (__builtin_mul_overflow(num, (__int128)10, &num))
            break;
    }
    if (!__builtin_mul_overflow(r.num, (__int128)1000000, &num)) {
        __int128 q = num / den, rest = num % den;
        __int128 twice = rest < 0 ? -rest * 2 : rest * 2;
        if (twice > den || (twice == den && (q & 1)))
            q += num < 0 ? -1 : 1;
        if (q <= INT64_MAX && q >= INT64_MIN) {
            struct kf_dec d = {(int64_t)q, 6};
            while (d.scale > 0 && d.m % 10 == 0) {
                d.m /= 10;
                d.scale--;
            }
            return d;
        }
    }
    *ret_ok = false;
    return kf_dec_int(0);
}

/* Average of money in minor units, half to even. */
static struct kf_money ratio_money(const struct kf_value *v)
{
    struct kf_money m = v->money;
    __int128 q = v->ratio.num / v->ratio.den, rest = v->ratio.num % v->ratio.den;
    __int128 twice = rest < 0 ? -rest * 2 : rest * 2;
    if (twice > v->ratio.den || (twice == v->ratio.den && (q & 1)))
        q += v->ratio.num < 0 ? -1 : 1;
    m.minor = (int64_t)q;
    return m;
}

static void add_dec(struct kf_buf *out, struct kf_dec d)
{
    char text[40];
    kf_buf_add(out, text, kf_dec_format(d, text));
}

static void add_ratio(struct kf_buf *out, const struct kf_value *v)
{
    bool ok;
    struct kf_dec d = ratio_dec(v->ratio, &ok);
    if (ok)
        add_dec(out, d);
    else /* beyond what a decimal holds: only shown, never compared */
        kf_buf_addf(out, "%.6g", (double)v->ratio.num / (double)v->ratio.den);
}

static void add_money(struct kf_buf *out, struct kf_money m)
{
    char text[48];
    kf_buf_add(out, text, kf_money_format(m, text, sizeof text));
}

static void add_time(struct kf_buf *out, const struct kf_zone *z, int64_t t)
{
    char text[48];
    kf_buf_add(out, text, z ? kf_time_format_local(z, t, text) : kf_time_format(t, text));
}

void kf_value_format(const struct kf_value *v, const struct kf_zone *z, struct kf_buf *out)
{
    char text[64];
    switch (v->type) {
    case KF_VAL_MISSING:
        kf_buf_adds(out, "missing");
        break;
    case KF_VAL_UNDECIDED:
        kf_buf_addf(out, "undecided (%s)", v->why ? v->why : "no reason given");
        break;
    case KF_VAL_BOOL:
        kf_buf_adds(out, v->boolean ? "true" : "false");
        break;
    case KF_VAL_NUMBER:
        add_dec(out, v->number);
        break;
    case KF_VAL_RATIO:
        add_ratio(out, v);
        break;
    case KF_VAL_MONEY:
        add_money(out, v->money);
        break;
    case KF_VAL_MONEY_RATIO:
        add_money(out, ratio_money(v));
        break;
    case KF_VAL_TEXT:
        kf_buf_addc(out, '\'');
        kf_buf_add(out, v->text.p, v->text.n);
        kf_buf_addc(out, '\'');
        break;
    case KF_VAL_VERSION:
        kf_buf_add(out, v->text.p, v->text.n);
        break;
    case KF_VAL_TIME:
        add_time(out, z, v->time);
        break;
    case KF_VAL_DATE:
        kf_buf_add(out, text, kf_day_format(v->day, text));
        break;
    case KF_VAL_LENGTH:
        kf_buf_add(out, text, kf_duration_format(v->time, text));
        break;
    case KF_VAL_LIST:
        for (uint32_t i = 0; i < v->n; i++) {
            if (i)
                kf_buf_adds(out, ", ");
            kf_value_format(&v->item[i], z, out);
        }
        if (v->n == 0)
            kf_buf_adds(out, "missing");
        break;
    }
}

static void json_money(struct kf_buf *out, struct kf_money m)
{
    char text[48];
    size_t n = kf_money_format(m, text, sizeof text);
    kf_buf_adds(out, "{\"amount\":\"");
    kf_buf_add(out, text, n > 4 ? n - 4 : 0); /* without the blank and the currency */
    kf_buf_addf(out, "\",\"currency\":\"%.3s\"}", m.cur);
}

static void json_text(struct kf_buf *out, size_t n, const char *text)
{
    kf_buf_add_json(out, kf_str(text, n));
}

void kf_value_json(const struct kf_value *v, struct kf_buf *out)
{
    char text[64];
    bool ok;
    struct kf_value seconds;
    switch (v->type) {
    case KF_VAL_MISSING:
        kf_buf_adds(out, "null");
        break;
    case KF_VAL_UNDECIDED:
        kf_buf_adds(out, "{\"undecided\":");
        kf_buf_add_json(out, kf_cstr(v->why ? v->why : ""));
        kf_buf_addc(out, '}');
        break;
    case KF_VAL_BOOL:
        kf_buf_adds(out, v->boolean ? "true" : "false");
        break;
    case KF_VAL_NUMBER:
        add_dec(out, v->number);
        break;
    case KF_VAL_RATIO:
        add_ratio(out, v);
        break;
    case KF_VAL_MONEY:
        json_money(out, v->money);
        break;
    case KF_VAL_MONEY_RATIO:
        json_money(out, ratio_money(v));
        break;
    case KF_VAL_TEXT:
    case KF_VAL_VERSION:
        kf_buf_add_json(out, v->text);
        break;
    case KF_VAL_TIME:
        json_text(out, kf_time_format(v->time, text), text);
        break;
    case KF_VAL_DATE:
        json_text(out, kf_day_format(v->day, text), text);
        break;
    case KF_VAL_LENGTH: /* seconds */
        seconds = (struct kf_value){.ratio = {v->time, KF_SECOND}};
        add_dec(out, ratio_dec(seconds.ratio, &ok));
        break;
    case KF_VAL_LIST:
        kf_buf_addc(out, '[');
        for (uint32_t i = 0; i < v->n; i++) {
            if (i)
                kf_buf_addc(out, ',');
            kf_value_json(&v->item[i], out);
        }
        kf_buf_addc(out, ']');
        break;
    }
}
