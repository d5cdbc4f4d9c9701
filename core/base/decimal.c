#include "base/decimal.h"

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t pow10_int[19] = {1LL,
                                      10LL,
                                      100LL,
                                      1000LL,
                                      10000LL,
                                      100000LL,
                                      1000000LL,
                                      10000000LL,
                                      100000000LL,
                                      1000000000LL,
                                      10000000000LL,
                                      100000000000LL,
                                      1000000000000LL,
                                      10000000000000LL,
                                      100000000000000LL,
                                      1000000000000000LL,
                                      10000000000000000LL,
                                      100000000000000000LL,
                                      1000000000000000000LL};

static bool fits(__int128 m, int scale, struct kf_dec *ret)
{
    while (scale > 0 && m % 10 == 0) {
        m /= 10;
        scale--;
    }
    if (m > INT64_MAX || m < INT64_MIN || scale > 18 || scale < 0)
        return false;
    ret->m = (int64_t)m;
    ret->scale = (int8_t)scale;
    return true;
}

/* Digits so far; zeros at the end wait until a digit follows, so that 1.000…0 of any length is 1.
 */
struct digits {
    uint64_t m;
    int64_t zeros;  /* waiting */
    int64_t places; /* digits read behind the point, the waiting ones too */
};

static bool take_digit(struct digits *d, unsigned digit, bool fraction)
{
    if (digit == 0) {
        d->zeros++;
        d->places += fraction;
        return true;
    }
    for (; d->m && d->zeros; d->zeros--)
        if (__builtin_mul_overflow(d->m, 10u, &d->m))
            return false;
    d->zeros = 0;
    d->places += fraction;
    return !__builtin_mul_overflow(d->m, 10u, &d->m) && !__builtin_add_overflow(d->m, digit, &d->m);
}

static bool parse_exponent(struct kf_str s, size_t i, int64_t *ret)
{
    bool minus = false;
    int64_t e = 0;
    if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
        minus = s.p[i++] == '-';
    if (i == s.n)
        return false;
    for (; i < s.n; i++) {
        unsigned digit = (unsigned)(s.p[i] - '0');
        if (digit > 9)
            return false;
        if (e < 1000000000) /* beyond that nothing but zero fits anyway */
            e = e * 10 + digit;
    }
    *ret = minus ? -e : e;
    return true;
}

bool kf_dec_parse(struct kf_str s, struct kf_dec *ret)
{
    struct digits d = {0};
    bool minus = false, any = false, fraction = false;
    size_t i = 0;
    int64_t e = 0;
    if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
        minus = s.p[i++] == '-';
    for (; i < s.n; i++) {
        unsigned digit = (unsigned)(s.p[i] - '0');
        if (digit <= 9) {
            any = true;
            if (!take_digit(&d, digit, fraction))
                return false;
        } else if (s.p[i] == '.' && !fraction && i + 1 < s.n && (unsigned)(s.p[i + 1] - '0') <= 9) {
            fraction = true;
        } else {
            break;
        }
    }
    if (!any)
        return false;
    if (i < s.n && ((s.p[i] != 'e' && s.p[i] != 'E') || !parse_exponent(s, i + 1, &e)))
        return false;
    if (d.m == 0) {
        *ret = kf_dec_int(0);
        return true;
    }
    /* value = m * 10^(zeros - places + e) */
    int64_t power = d.zeros - d.places + e;
    __int128 m = d.m;
    if (power > 18 || power < -40)
        return false;
    if (power > 0)
        m *= pow10_int[power];
    return fits(minus ? -m : m, power < 0 ? (int)-power : 0, ret);
}

struct kf_dec kf_dec_int(int64_t v)
{
    struct kf_dec d = {v, 0};
    return d;
}

bool kf_dec_from_double(double v, struct kf_dec *ret)
{
    if (!isfinite(v))
        return false;
    /* r / 10^k is correctly rounded while both are exact doubles, so equality means that the
     * decimal reads back as v; with at most 15 digits no other decimal as short does. */
    for (int k = 0; k <= 6; k++) {
        double r = nearbyint(v * (double)pow10_int[k]);
        if (fabs(r) >= 1e15)
            break;
        if (r / (double)pow10_int[k] == v)
            return fits((int64_t)r, k, ret);
    }
    static const char *const formats[] = {"%.15g", "%.16g", "%.17g"};
    char text[G_ASCII_DTOSTR_BUF_SIZE]; /* GLib's forms know no locale */
    for (size_t i = 0; i < 3; i++) {
        g_ascii_formatd(text, sizeof text, formats[i], v);
        if (g_ascii_strtod(text, NULL) == v)
            break;
    }
    return kf_dec_parse(kf_cstr(text), ret);
}

int kf_dec_cmp(struct kf_dec a, struct kf_dec b)
{
    __int128 x = a.m, y = b.m;
    if (a.scale < b.scale)
        x *= pow10_int[b.scale - a.scale];
    else
        y *= pow10_int[a.scale - b.scale];
    return (x > y) - (x < y);
}

double kf_dec_double(struct kf_dec d)
{
    if (d.m <= 1LL << 53 && d.m >= -(1LL << 53))
        return (double)d.m / (double)pow10_int[d.scale]; /* both exact: one rounding */
    char text[40];
    size_t n = kf_dec_format(d, text);
    text[n] = '\0';
    return g_ascii_strtod(text, NULL);
}

bool kf_dec_add(struct kf_dec a, struct kf_dec b, struct kf_dec *ret)
{
    int scale = a.scale > b.scale ? a.scale : b.scale;
    __int128 x = (__int128)a.m * pow10_int[scale - a.scale];
    __int128 y = (__int128)b.m * pow10_int[scale - b.scale];
    return fits(x + y, scale, ret); /* each below 2^123 */
}

bool kf_dec_neg(struct kf_dec a, struct kf_dec *ret)
{
    if (a.m == INT64_MIN)
        return false;
    a.m = -a.m;
    *ret = a;
    return true;
}

size_t kf_dec_format(struct kf_dec d, char *out)
{
    char digits[24];
    uint64_t v = d.m < 0 ? 0 - (uint64_t)d.m : (uint64_t)d.m;
    size_t n = 0, at = 0;
    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v || n <= (size_t)d.scale);
    if (d.m < 0)
        out[at++] = '-';
    while (n) {
        if (n == (size_t)d.scale)
            out[at++] = '.';
        out[at++] = digits[--n];
    }
    out[at] = '\0';
    return at;
}

static __int128 floor_div(__int128 a, __int128 b, __int128 *ret_rest)
{
    __int128 q = a / b, r = a % b;
    if (r < 0) {
        r += b;
        q--;
    }
    *ret_rest = r;
    return q;
}

/* Continued fractions: whole parts first, then the inverses of what is left, turned round. Nothing
 * is multiplied, so nothing overflows; Euclid ends it. */
int kf_ratio_cmp(struct kf_ratio a, struct kf_ratio b)
{
    int sign = 1;
    for (;;) {
        __int128 ra, rb;
        __int128 qa = floor_div(a.num, a.den, &ra), qb = floor_div(b.num, b.den, &rb);
        if (qa != qb)
            return qa < qb ? -sign : sign;
        if (ra == 0 || rb == 0)
            return ra == rb ? 0 : ra == 0 ? -sign : sign;
        a = (struct kf_ratio){a.den, ra};
        b = (struct kf_ratio){b.den, rb};
        sign = -sign;
    }
}

int kf_ratio_cmp_dec(struct kf_ratio r, struct kf_dec d)
{
    return kf_ratio_cmp(r, (struct kf_ratio){d.m, pow10_int[d.scale]});
}
