#include "base/money.h"

#include "base/arena.h"
#include "base/time.h"
#include "base/vec.h"

#include <stdio.h>
#include <stdlib.h>

/* ISO 4217, list one (active codes): code and number of decimals, ascending. Codes withdrawn since
 * 2015 stay, because old orders carry them; codes without minor units (metals, funds, XTS, XXX) are
 * not money here. */
static const char currencies[] =
    "AED2AFN2ALL2AMD2ANG2AOA2ARS2AUD2AWG2AZN2BAM2BBD2BDT2BGN2BHD3BIF0BMD2BND2BOB2BOV2BRL2BSD2"
    "BTN2BWP2BYN2BZD2CAD2CDF2CHE2CHF2CHW2CLF4CLP0CNY2COP2COU2CRC2CUC2CUP2CVE2CZK2DJF0DKK2DOP2"
    "DZD2EGP2ERN2ETB2EUR2FJD2FKP2GBP2GEL2GHS2GIP2GMD2GNF0GTQ2GYD2HKD2HNL2HRK2HTG2HUF2IDR2ILS2"
    "INR2IQD3IRR2ISK0JMD2JOD3JPY0KES2KGS2KHR2KMF0KPW2KRW0KWD3KYD2KZT2LAK2LBP2LKR2LRD2LSL2LYD3"
    "MAD2MDL2MGA2MKD2MMK2MNT2MOP2MRU2MUR2MVR2MWK2MXN2MXV2MYR2MZN2NAD2NGN2NIO2NOK2NPR2NZD2OMR3"
    "PAB2PEN2PGK2PHP2PKR2PLN2PYG0QAR2RON2RSD2RUB2RWF0SAR2SBD2SCR2SDG2SEK2SGD2SHP2SLE2SLL2SOS2"
    "SRD2SSP2STN2SVC2SYP2SZL2THB2TJS2TMT2TND3TOP2TRY2TTD2TWD2TZS2UAH2UGX0USD2USN2UYI0UYU2UYW4"
    "UZS2VED2VES2VND0VUV0WST2XAF0XCD2XCG2XOF0XPF0YER2ZAR2ZMW2ZWG2ZWL2";

/* Three capitals from three letters of either case. */
static bool capitals(struct kf_str s, char code[4])
{
    if (s.n != 3)
        return false;
    for (int i = 0; i < 3; i++) {
        char c = s.p[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 32);
        if (c < 'A' || c > 'Z')
            return false;
        code[i] = c;
    }
    code[3] = '\0';
    return true;
}

static int exponent_of(const char code[4])
{
    /* What nearly every event says. */
    if (memcmp(code, "EUR", 3) == 0 || memcmp(code, "USD", 3) == 0)
        return 2;
    size_t low = 0, high = (sizeof currencies - 1) / 4;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int order = memcmp(currencies + mid * 4, code, 3);
        if (order == 0)
            return currencies[mid * 4 + 3] - '0';
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return -1;
}

int kf_money_exponent(struct kf_str currency)
{
    char code[4];
    return capitals(currency, code) ? exponent_of(code) : -1;
}

static const int64_t ten[5] = {1, 10, 100, 1000, 10000};

bool kf_money_from_dec(struct kf_dec amount, struct kf_str currency, struct kf_money *ret)
{
    struct kf_money m;
    if (!capitals(currency, m.cur))
        return false;
    int exponent = exponent_of(m.cur);
    if (exponent < 0 || amount.scale > exponent ||
        __builtin_mul_overflow(amount.m, ten[exponent - amount.scale], &m.minor))
        return false;
    *ret = m;
    return true;
}

struct kf_dec kf_money_dec(struct kf_money m)
{
    int exponent = exponent_of(m.cur);
    struct kf_dec d = {m.minor, (int8_t)(exponent < 0 ? 0 : exponent)};
    while (d.scale > 0 && d.m % 10 == 0) {
        d.m /= 10;
        d.scale--;
    }
    return d;
}

size_t kf_money_format(struct kf_money m, char *out, size_t cap)
{
    int exponent = exponent_of(m.cur), n;
    if (exponent < 0)
        exponent = 0;
    uint64_t v = m.minor < 0 ? 0 - (uint64_t)m.minor : (uint64_t)m.minor;
    uint64_t unit = (uint64_t)ten[exponent];
    const char *minus = m.minor < 0 ? "-" : "";
    if (exponent)
        n = snprintf(out, cap, "%s%llu.%0*llu %.3s", minus, (unsigned long long)(v / unit),
                     exponent, (unsigned long long)(v % unit), m.cur);
    else
        n = snprintf(out, cap, "%s%llu %.3s", minus, (unsigned long long)v, m.cur);
    return n < 0 ? 0 : (size_t)n < cap ? (size_t)n : cap ? cap - 1 : 0;
}

/* ---- texts ---- */

static bool skip(struct kf_str *s, const char *text)
{
    size_t n = strlen(text);
    if (s->n < n || memcmp(s->p, text, n) != 0)
        return false;
    s->p += n;
    s->n -= n;
    return true;
}

static void skip_blanks(struct kf_str *s)
{
    while (skip(s, " ") || skip(s, "\t") || skip(s, "\xC2\xA0") || skip(s, "\xE2\x80\xAF")) {
    }
}

/* A code or a sign. Signs that several currencies use ($, ¥, kr) say nothing: a wrong currency is
 * worse than none. */
static bool read_currency(struct kf_str *s, char cur[4])
{
    static const char *const signs[][2] = {{"\xE2\x82\xAC", "EUR"},
                                           {"\xC2\xA3", "GBP"},
                                           {"\xE2\x82\xB9", "INR"},
                                           {"\xE2\x82\xBD", "RUB"},
                                           {"\xE2\x82\xBA", "TRY"},
                                           {"\xE2\x82\xAA", "ILS"},
                                           {"\xE2\x82\xB4", "UAH"},
                                           {"\xE2\x82\xAB", "VND"},
                                           {"z\xC5\x82", "PLN"},
                                           {"US$", "USD"},
                                           {"$", ""},
                                           {"\xC2\xA5", ""},
                                           {"kr", ""}};
    char code[4];
    bool word = s->n == 3 || (s->n > 3 && !((s->p[3] | 32) >= 'a' && (s->p[3] | 32) <= 'z'));
    if (word && capitals(kf_str(s->p, 3), code) && exponent_of(code) >= 0) {
        memcpy(cur, code, 4);
        s->p += 3;
        s->n -= 3;
        return true;
    }
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (skip(s, signs[i][0])) {
            memcpy(cur, signs[i][1], strlen(signs[i][1]) + 1);
            return true;
        }
    }
    return false;
}

static bool is_digit(struct kf_str s)
{
    return s.n && s.p[0] >= '0' && s.p[0] <= '9';
}

/* What may stand between groups of three: the mark that is not the decimal mark, an apostrophe, a
 * blank. */
static bool skip_group_mark(struct kf_str *s, char decimal_mark)
{
    struct kf_str t = *s;
    bool ok = skip(&t, decimal_mark == ',' ? "." : ",") || skip(&t, "'") ||
              skip(&t, "\xE2\x80\x99") || skip(&t, "\xC2\xA0") || skip(&t, "\xE2\x80\xAF") ||
              skip(&t, " ");
    if (!ok || !is_digit(t))
        return false;
    *s = t;
    return true;
}

/* Digits, in groups or not, and a fraction. Groups must be whole: with the mark '.', "1,50" is a
 * mistake and not 150. */
static bool read_amount(struct kf_str *s, char decimal_mark, char *plain, size_t cap, size_t *n)
{
    size_t group = 0, groups = 0, from = *n;
    char used = '\0'; /* one kind of mark in a number: "1.234'567" is nothing people mean */
    for (;;) {
        if (is_digit(*s)) {
            if (*n + 1 >= cap)
                return false;
            plain[(*n)++] = s->p[0];
            s->p++;
            s->n--;
            group++;
            continue;
        }
        char mark = s->n ? s->p[0] : '\0';
        if (*n == from || !skip_group_mark(s, decimal_mark))
            break;
        if (groups++ ? group != 3 : group > 3)
            return false;
        if (used && used != mark)
            return false;
        used = mark;
        group = 0;
    }
    if (*n == from || (groups && group != 3))
        return false;
    const char dot[2] = {decimal_mark, '\0'};
    if (!skip(s, dot))
        return true;
    if (!is_digit(*s))
        return false;
    for (plain[(*n)++] = '.'; is_digit(*s); s->p++, s->n--) {
        if (*n + 2 >= cap)
            return false;
        plain[(*n)++] = s->p[0];
    }
    return true;
}

bool kf_money_parse_text(struct kf_str s, char decimal_mark, struct kf_dec *ret, char ret_cur[4])
{
    char plain[64], cur[4] = "";
    size_t n = 1;
    s = kf_str_trim(s);
    bool bracket = skip(&s, "("), minus = bracket, named = false;
    for (int i = 0; i < 2; i++) { /* "-€ 5" and "€ -5" */
        skip_blanks(&s);
        if (!minus && (skip(&s, "-") || skip(&s, "\xE2\x88\x92")))
            minus = true;
        else if (!minus && i == 0)
            skip(&s, "+");
        skip_blanks(&s);
        named = named || read_currency(&s, cur);
    }
    skip_blanks(&s);
    plain[0] = '-';
    if (!read_amount(&s, decimal_mark, plain, sizeof plain, &n))
        return false;
    skip_blanks(&s);
    if (!minus && (skip(&s, "-") || skip(&s, "\xE2\x88\x92"))) /* "12.00-" */
        minus = true;
    skip_blanks(&s);
    if (!named && read_currency(&s, cur))
        skip_blanks(&s);
    if (bracket && !skip(&s, ")"))
        return false;
    skip_blanks(&s);
    if (bracket && !named && !cur[0] && s.n)
        read_currency(&s, cur);
    struct kf_dec d;
    if (s.n || !kf_dec_parse(kf_str(plain + !minus, n - !minus), &d))
        return false;
    *ret = d;
    memcpy(ret_cur, cur, 4);
    return true;
}

/* ---- rates ---- */

struct rate {
    int32_t day;
    bool carry;
    struct kf_dec rate;
};

struct series {
    char cur[4];
    kf_vec(struct rate) rates; /* ascending days */
};

struct kf_rates {
    char base[4];
    kf_vec(struct series) all; /* at most a few dozen currencies */
};

struct kf_rates *kf_rates_new(const char base[4])
{
    struct kf_rates *r = calloc(1, sizeof *r);
    if (!r)
        kf_arena_exhausted(sizeof *r);
    memcpy(r->base, base, 3);
    return r;
}

void kf_rates_free(struct kf_rates *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->all.n; i++)
        kf_vec_free(&r->all.p[i].rates);
    kf_vec_free(&r->all);
    free(r);
}

static struct series *find_series(const struct kf_rates *r, const char cur[4])
{
    for (size_t i = 0; i < r->all.n; i++)
        if (memcmp(r->all.p[i].cur, cur, 3) == 0)
            return &r->all.p[i];
    return NULL;
}

/* Number of rates with a day before or equal to `day`. */
static size_t count_until(const struct series *s, int32_t day)
{
    size_t low = 0, high = s->rates.n;
    if (high && s->rates.p[high - 1].day <= day)
        return high;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (s->rates.p[mid].day <= day)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

int kf_rates_add(struct kf_rates *r, int32_t day, struct kf_str cur, struct kf_dec rate, bool carry,
                 struct kf_error *err)
{
    char code[4];
    if (!capitals(cur, code) || exponent_of(code) < 0)
        return kf_error_set(err, KF_E_DATA, "money", "'%.*s' is no ISO 4217 currency",
                            (int)(cur.n < 32 ? cur.n : 32), cur.n ? cur.p : "");
    if (rate.m <= 0)
        return kf_error_set(err, KF_E_DATA, "money", "the rate of %s must be greater than zero",
                            code);
    if (memcmp(code, r->base, 3) == 0) {
        if (kf_dec_cmp(rate, kf_dec_int(1)) != 0)
            return kf_error_set(
                err, KF_E_DATA, "money",
                "%s is the currency the rates are stated in: its rate can only be 1", code);
        return KF_OK;
    }
    struct series *s = find_series(r, code);
    if (!s) {
        s = kf_vec_push(&r->all);
        memset(s, 0, sizeof *s);
        memcpy(s->cur, code, 4);
    }
    size_t at = count_until(s, day);
    if (at && s->rates.p[at - 1].day == day) {
        struct rate *old = &s->rates.p[at - 1];
        if (kf_dec_cmp(old->rate, rate) == 0 && old->carry == carry)
            return KF_OK;
        char a[32], b[32], when[40];
        kf_dec_format(old->rate, a);
        kf_dec_format(rate, b);
        kf_day_format(day, when);
        return kf_error_set(err, KF_E_DATA, "money", "two rates of %s for %s: %s and %s", code,
                            when, a, b);
    }
    (void)kf_vec_push(&s->rates);
    memmove(&s->rates.p[at + 1], &s->rates.p[at], (s->rates.n - 1 - at) * sizeof *s->rates.p);
    s->rates.p[at] = (struct rate){day, carry, rate};
    return KF_OK;
}

static bool rate_at(const struct kf_rates *r, const char cur[4], int32_t day, struct kf_dec *ret)
{
    if (memcmp(cur, r->base, 3) == 0) {
        *ret = kf_dec_int(1);
        return true;
    }
    const struct series *s = find_series(r, cur);
    size_t n = s ? count_until(s, day) : 0;
    if (!n || (s->rates.p[n - 1].day != day && !s->rates.p[n - 1].carry))
        return false;
    *ret = s->rates.p[n - 1].rate;
    return true;
}

typedef unsigned __int128 u128;

static bool times_power(u128 *v, int power)
{
    for (; power > 0; power--)
        if (__builtin_mul_overflow(*v, (u128)10, v))
            return false;
    return true;
}

/* amount * a / b * 10^power, half to even, exact. 128 bits always do: with power >= 0 the divisor
 * is below 2^63, so a product beyond them cannot end as an int64; with power < 0 the product is
 * below 2^126, so a divisor beyond them leaves less than half a unit. */
static bool mul_div(uint64_t amount, int64_t a, int64_t b, int power, int64_t *ret)
{
    u128 num = (u128)amount * (uint64_t)a, den = (uint64_t)b;
    if (num == 0 || !times_power(&den, -power)) {
        *ret = 0;
        return true;
    }
    if (!times_power(&num, power))
        return false;
    u128 q = num / den, rest = num % den;
    if (rest > den - rest || (rest == den - rest && (q & 1)))
        q++;
    if (q > INT64_MAX)
        return false;
    *ret = (int64_t)q;
    return true;
}

bool kf_rates_convert(const struct kf_rates *r, struct kf_money from, const char to[4], int32_t day,
                      struct kf_money *ret)
{
    if (memcmp(from.cur, to, 3) == 0) {
        *ret = from;
        return true;
    }
    struct kf_dec a, b;
    int from_exponent = exponent_of(from.cur), to_exponent = exponent_of(to);
    if (!r || from_exponent < 0 || to_exponent < 0 || !rate_at(r, from.cur, day, &a) ||
        !rate_at(r, to, day, &b))
        return false;
    /* minor / 10^fe * a / b * 10^te, with a = am / 10^as and b = bm / 10^bs */
    int power = to_exponent + b.scale - from_exponent - a.scale;
    uint64_t amount = from.minor < 0 ? 0 - (uint64_t)from.minor : (uint64_t)from.minor;
    struct kf_money m = {0, {to[0], to[1], to[2], '\0'}};
    if (!mul_div(amount, a.m, b.m, power, &m.minor))
        return false;
    if (from.minor < 0)
        m.minor = -m.minor;
    *ret = m;
    return true;
}
