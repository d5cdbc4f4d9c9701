/* Reading times: kf_time_parse and kf_time_parse_format of base/time.h. */
#include "base/time.h"

#include "base/time_zone.h"

#include <string.h>
#include <strings.h>

#define RANGE_FROM  (-2208988800LL * KF_SECOND) /* 1900-01-01 */
#define RANGE_UNTIL (7258118400LL * KF_SECOND)  /* 2200-01-01 */

static inline unsigned digit(char c)
{
    return (unsigned)(unsigned char)c - '0'; /* above 9 where it is none */
}

/* Two digits; anything above 99 where there are not two. */
static inline unsigned two(const char *p)
{
    unsigned a = digit(p[0]), b = digit(p[1]);
    return a > 9 || b > 9 ? 1000 : a * 10 + b;
}

static bool in_range(int64_t t, int64_t *ret)
{
    if (t < RANGE_FROM || t > RANGE_UNTIL)
        return false;
    *ret = t;
    return true;
}

struct fields {
    int32_t year;
    unsigned month, day, hour, minute, second;
    uint32_t nano;
    bool zoned; /* `offset` is given */
    int64_t offset;
};

static bool fields_instant(const struct fields *f, const struct kf_zone *z, int64_t *ret)
{
    if (f->year < 1800 || f->year > 2300 || !kf_day_valid(f->year, f->month, f->day))
        return false;
    if (f->hour > 23 || f->minute > 59 || f->second > 60 || (f->second == 60 && f->minute != 59))
        return false;
    /* A leap second is, as in POSIX, the first of the next minute. */
    int64_t seconds = (int64_t)kf_day_from_ymd(f->year, f->month, f->day) * 86400 +
                      (int64_t)(f->hour * 3600 + f->minute * 60 + f->second);
    int64_t t = 0;
    if (seconds < RANGE_FROM / KF_SECOND - 86400 || seconds > RANGE_UNTIL / KF_SECOND + 86400)
        return false;
    t = seconds * KF_SECOND + f->nano;
    return in_range(f->zoned ? t - f->offset : kf_zone_from_local(z, t), ret);
}

/* 1 to 9 digits; returns their number, 0 if there are none or more. */
static size_t read_fraction(struct kf_str s, size_t at, uint32_t *ret_nano)
{
    static const uint32_t scale[10] = {0,     100000000, 10000000, 1000000, 100000,
                                       10000, 1000,      100,      10,      1};
    size_t n = 0;
    uint32_t v = 0;
    while (at + n < s.n && digit(s.p[at + n]) <= 9) {
        if (n == 9)
            return 0;
        v = v * 10 + digit(s.p[at + n++]);
    }
    *ret_nano = v * scale[n];
    return n;
}

/* Z, +hh, +hhmm, +hh:mm at `at`; returns the length, 0 if it is none of these. */
static size_t read_offset(struct kf_str s, size_t at, int64_t *ret)
{
    if (at >= s.n)
        return 0;
    char c = s.p[at];
    if (c == 'Z' || c == 'z') {
        *ret = 0;
        return 1;
    }
    if ((c != '+' && c != '-') || s.n - at < 3)
        return 0;
    unsigned h = two(s.p + at + 1), m = 0;
    size_t n = 3;
    if (s.n - at >= 6 && s.p[at + 3] == ':') {
        m = two(s.p + at + 4);
        n = 6;
    } else if (s.n - at >= 5 && digit(s.p[at + 3]) <= 9) {
        m = two(s.p + at + 3);
        n = 5;
    }
    if (h > 23 || m > 59)
        return 0;
    *ret = (c == '-' ? -1 : 1) * (int64_t)(h * 60 + m) * KF_MINUTE;
    return n;
}

static inline bool read_date(const char *p, struct fields *f)
{
    unsigned century = two(p), y = two(p + 2);
    f->year = (int32_t)(century * 100 + y);
    f->month = two(p + 5);
    f->day = two(p + 8);
    return century <= 99 && y <= 99 && p[4] == '-' && p[7] == '-';
}

/* Eight characters at once, the first in the lowest byte: false unless each is the one of `form`, a
 * '0' there standing for any digit. `most` is what may be added to each byte, once the form's is
 * taken out of it, without reaching the top bit. *ret has the digits' values. */
static inline bool eight(const char *p, uint64_t form, uint64_t most, uint64_t *ret)
{
    uint64_t x;
    memcpy(&x, p, 8);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    x ^= form;
    *ret = x;
    return ((x | (x + most)) & 0x8080808080808080U) == 0;
}
#define FORM_DATE  0x2d30302d30303030U /* 0000-00- */
#define MOST_DATE  0x7f76767f76767676U
#define FORM_DAY   0x30303a3030543030U /* 00T00:00 */
#define FORM_CLOCK 0x30303a30303a3030U /* 00:00:00 */
#define MOST_CLOCK 0x76767f76767f7676U

static inline unsigned pair(uint64_t x, unsigned at)
{
    return (unsigned)(x >> (8 * at) & 15) * 10 + (unsigned)(x >> (8 * at + 8) & 15);
}

/* The form that nearly every event has, 2026-02-27T17:06:23.596Z, with or without the fraction. */
static bool parse_usual(struct kf_str s, int64_t *ret)
{
    const char *p = s.p;
    uint64_t date, day, clock;
    unsigned ms = 0;
    if (s.n == 24) {
        unsigned a = digit(p[20]), bc = two(p + 21);
        if (p[19] != '.' || a > 9 || bc > 99)
            return false;
        ms = a * 100 + bc;
    }
    if (!eight(p, FORM_DATE, MOST_DATE, &date) || !eight(p + 8, FORM_DAY, MOST_CLOCK, &day) ||
        !eight(p + 11, FORM_CLOCK, MOST_CLOCK, &clock) || p[s.n - 1] != 'Z')
        return false;
    int32_t year = (int32_t)(pair(date, 0) * 100 + pair(date, 2));
    unsigned month = pair(date, 5), d = pair(day, 0);
    unsigned hour = pair(clock, 0), minute = pair(clock, 3), second = pair(clock, 6);
    if (hour > 23 || minute > 59 || second > 59 || year < 1900 || year > 2199 ||
        !kf_day_valid(year, month, d))
        return false;
    int64_t seconds = (int64_t)kf_day_from_ymd(year, month, d) * 86400 +
                      (int64_t)(hour * 3600 + minute * 60 + second);
    *ret = (seconds * 1000 + ms) * 1000000;
    return true;
}

bool kf_time_parse(struct kf_str s, const struct kf_zone *z, int64_t *ret, bool *ret_offset_given)
{
    if ((s.n == 24 || s.n == 20) && parse_usual(s, ret)) {
        if (ret_offset_given)
            *ret_offset_given = true;
        return true;
    }
    struct fields f = {0};
    size_t at = 10;
    if (s.n < 10 || !read_date(s.p, &f))
        return false;
    if (s.n > 10) {
        if (s.n < 16 || (s.p[10] != 'T' && s.p[10] != 't' && s.p[10] != ' ') || s.p[13] != ':')
            return false;
        f.hour = two(s.p + 11);
        f.minute = two(s.p + 14);
        at = 16;
        if (at + 3 <= s.n && s.p[at] == ':') {
            f.second = two(s.p + at + 1);
            at += 3;
            if (at < s.n && (s.p[at] == '.' || s.p[at] == ',')) {
                size_t n = read_fraction(s, at + 1, &f.nano);
                if (!n)
                    return false;
                at += 1 + n;
            }
        }
        size_t n = read_offset(s, at, &f.offset);
        f.zoned = n > 0;
        at += n;
    }
    if (at != s.n || !fields_instant(&f, z, ret))
        return false;
    if (ret_offset_given)
        *ret_offset_given = f.zoned;
    return true;
}

/* ---- by a format ---- */

struct scan {
    struct kf_str s;
    size_t at;
    const struct kf_zone *z;
    struct fields f;
    unsigned
        seen; /* 1 year, 2 month, 4 day, 8 twelve-hour clock, 16 afternoon, 32 morning, 64 epoch */
    int64_t epoch; /* nanoseconds */
};

enum { YEAR = 1, MONTH = 2, DAY = 4, TWELVE = 8, PM = 16, AM = 32, EPOCH = 64 };

static bool read_number(struct scan *c, unsigned min, unsigned max_digits, unsigned *ret)
{
    unsigned n = 0, v = 0;
    while (n < max_digits && c->at < c->s.n && digit(c->s.p[c->at]) <= 9) {
        v = v * 10 + digit(c->s.p[c->at++]);
        n++;
    }
    if (n < min)
        return false;
    *ret = v;
    return true;
}

static bool read_epoch(struct scan *c, int64_t unit)
{
    bool minus = c->at < c->s.n && c->s.p[c->at] == '-';
    int64_t v = 0;
    c->at += minus;
    size_t from = c->at;
    while (c->at < c->s.n && digit(c->s.p[c->at]) <= 9)
        if (__builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, (int64_t)digit(c->s.p[c->at++]), &v))
            return false;
    c->seen |= EPOCH;
    return c->at > from && !__builtin_mul_overflow(minus ? -v : v, unit, &c->epoch);
}

static bool read_month_name(struct scan *c)
{
    static const char *const names[12] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};
    const char *p = c->s.p + c->at;
    size_t left = c->s.n - c->at;
    for (unsigned i = 0; i < 12; i++) {
        size_t n = strlen(names[i]);
        if (left >= n && strncasecmp(p, names[i], n) == 0)
            c->at += n;
        else if (left >= 3 && strncasecmp(p, names[i], 3) == 0)
            c->at += 3;
        else
            continue;
        c->f.month = i + 1;
        return true;
    }
    return false;
}

static bool read_zone_name(struct scan *c)
{
    size_t n = 0;
    const char *p = c->s.p + c->at;
    while (c->at + n < c->s.n && ((p[n] >= 'A' && p[n] <= 'Z') || (p[n] >= 'a' && p[n] <= 'z')))
        n++;
    struct kf_str name = kf_str(p, n);
    c->at += n;
    c->f.zoned = true;
    if (kf_str_eq(name, kf_cstr("UTC")) || kf_str_eq(name, kf_cstr("GMT")) ||
        kf_str_eq(name, kf_cstr("Z"))) {
        c->f.offset = 0;
        return true;
    }
    return n && kf_zone_abbreviation(c->z, name, &c->f.offset);
}

static bool read_half_day(struct scan *c)
{
    if (c->s.n - c->at < 2 || (c->s.p[c->at + 1] | 32) != 'm')
        return false;
    char half = (char)(c->s.p[c->at] | 32);
    c->at += 2;
    c->seen |= half == 'p' ? PM : AM;
    return half == 'p' || half == 'a';
}

static bool read_directive(struct scan *c, char what)
{
    unsigned v;
    size_t n;
    switch (what) {
    case 'Y':
        c->seen |= YEAR;
        if (!read_number(c, 4, 4, &v))
            return false;
        c->f.year = (int32_t)v;
        return true;
    case 'y': /* POSIX: 69 to 99 are the 20th century */
        c->seen |= YEAR;
        if (!read_number(c, 2, 2, &v))
            return false;
        c->f.year = (int32_t)(v < 69 ? 2000 + v : 1900 + v);
        return true;
    case 'm':
        c->seen |= MONTH;
        return read_number(c, 1, 2, &c->f.month);
    case 'b':
    case 'B':
        c->seen |= MONTH;
        return read_month_name(c);
    case 'd':
        c->seen |= DAY;
        return read_number(c, 1, 2, &c->f.day);
    case 'H':
        return read_number(c, 1, 2, &c->f.hour);
    case 'I':
        c->seen |= TWELVE;
        return read_number(c, 1, 2, &c->f.hour) && c->f.hour >= 1 && c->f.hour <= 12;
    case 'M':
        return read_number(c, 1, 2, &c->f.minute);
    case 'S':
        return read_number(c, 1, 2, &c->f.second);
    case 'f':
        n = read_fraction(c->s, c->at, &c->f.nano);
        c->at += n;
        return n > 0;
    case 'p':
        return read_half_day(c);
    case 'z':
        n = read_offset(c->s, c->at, &c->f.offset);
        c->at += n;
        c->f.zoned = true;
        return n > 0;
    case 'Z':
        return read_zone_name(c);
    case 's':
        return read_epoch(c, KF_SECOND);
    case 'Q':
        return read_epoch(c, 1000000);
    case '%':
        return c->at < c->s.n && c->s.p[c->at++] == '%';
    default:
        return false;
    }
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool scan_all(struct scan *c, const char *format)
{
    for (; *format; format++) {
        if (is_blank(*format)) {
            while (c->at < c->s.n && is_blank(c->s.p[c->at]))
                c->at++;
        } else if (*format == '%') {
            if (!*++format || !read_directive(c, *format))
                return false;
        } else if (c->at >= c->s.n || c->s.p[c->at++] != *format) {
            return false;
        }
    }
    return c->at == c->s.n;
}

bool kf_time_parse_format(struct kf_str s, const char *format, const struct kf_zone *z,
                          int64_t *ret)
{
    struct scan c = {.s = s, .z = z};
    if (!scan_all(&c, format))
        return false;
    if (c.seen & EPOCH) {
        int64_t t;
        int64_t nano = c.epoch < 0 ? -(int64_t)c.f.nano : c.f.nano;
        return !__builtin_add_overflow(c.epoch, nano, &t) && in_range(t, ret);
    }
    if ((c.seen & (YEAR | MONTH | DAY)) != (YEAR | MONTH | DAY))
        return false;
    if (c.seen & TWELVE) {
        if (!(c.seen & (AM | PM))) /* 7 o'clock, but which? */
            return false;
        c.f.hour = c.f.hour % 12 + (c.seen & PM ? 12 : 0);
    }
    return fields_instant(&c.f, z, ret);
}
