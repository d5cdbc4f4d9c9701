#include "base/tzif.h"

#include "base/time.h"
#include "base/vec.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILE (1 << 18) /* the largest is 4 KiB */

struct reader {
    const unsigned char *p;
    size_t n;
};

typedef kf_vec(struct kf_tz_change) changes_vec;

static int64_t big_endian(const unsigned char *p, size_t n)
{
    uint64_t v = p[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}

struct counts {
    size_t utc, std, leap, time, type, chars;
};

static bool read_header(struct reader *r, struct counts *c)
{
    if (r->n < 44 || memcmp(r->p, "TZif", 4) != 0 || r->p[4] < '2')
        return false;
    size_t *to[6] = {&c->utc, &c->std, &c->leap, &c->time, &c->type, &c->chars};
    for (size_t i = 0; i < 6; i++) {
        int64_t v = big_endian(r->p + 20 + 4 * i, 4);
        if (v < 0 || v > MAX_FILE)
            return false;
        *to[i] = (size_t)v;
    }
    r->p += 44;
    r->n -= 44;
    return true;
}

static size_t block_size(const struct counts *c, size_t time_size)
{
    return c->time * (time_size + 1) + c->type * 6 + c->chars + c->leap * (time_size + 4) + c->std +
           c->utc;
}

static void copy_name(char to[8], const char *from, size_t n)
{
    size_t len = 0;
    while (len < n && len < 7 && from[len])
        len++;
    memset(to, 0, 8);
    memcpy(to, from, len);
}

static bool add_change(changes_vec *v, int64_t at, const unsigned char *types, size_t index,
                       const struct counts *c)
{
    if (index >= c->type || (v->n && at <= v->p[v->n - 1].at))
        return false;
    const unsigned char *type = types + index * 6;
    size_t name = type[5];
    int64_t offset = big_endian(type, 4);
    if (name >= c->chars || offset < -93600 || offset > 93600) /* RFC 8536: -25 h to 26 h */
        return false;
    struct kf_tz_change *change = kf_vec_push(v);
    change->at = at;
    change->offset = (int32_t)offset;
    copy_name(change->abbreviation, (const char *)types + c->type * 6 + name, c->chars - name);
    return true;
}

static bool read_table(struct reader *r, const struct counts *c, changes_vec *v)
{
    size_t size = block_size(c, 8);
    if (r->n < size || c->type == 0)
        return false;
    const unsigned char *index = r->p + c->time * 8, *types = index + c->time;
    if (!add_change(v, INT64_MIN, types, 0, c))
        return false;
    for (size_t i = 0; i < c->time; i++)
        if (!add_change(v, big_endian(r->p + i * 8, 8), types, index[i], c))
            return false;
    r->p += size;
    r->n -= size;
    return true;
}

/* ---- the footer ---- */

struct rule {
    char
        kind; /* 'M' month, week, day; 'J' day 1..365 without 29 February; '0' day 0..365 with it */
    int month, week, day;
    int64_t time;
};

struct posix {
    char std[8], dst[8];
    int64_t std_offset, dst_offset; /* to add to UTC */
    bool has_dst;
    struct rule start, end;
};

static bool read_name(const char **s, char to[8])
{
    const char *from = *s;
    size_t n;
    if (*from == '<') {
        const char *close = strchr(++from, '>');
        if (!close)
            return false;
        n = (size_t)(close - from);
        *s = close + 1;
    } else {
        n = strspn(from, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
        *s = from + n;
    }
    copy_name(to, from, n);
    return n >= 3;
}

static bool read_int(const char **s, int max, int *ret)
{
    int v = 0, digits = 0;
    for (; **s >= '0' && **s <= '9' && digits < 4; digits++)
        v = v * 10 + *(*s)++ - '0';
    *ret = v;
    return digits && v <= max;
}

/* [+-]hh[:mm[:ss]] in seconds */
static bool read_time(const char **s, int64_t *ret)
{
    int part[3] = {0, 0, 0}, sign = 1;
    if (**s == '+' || **s == '-')
        sign = *(*s)++ == '-' ? -1 : 1;
    for (int i = 0; i < 3; i++) {
        if (i > 0 && **s != ':')
            break;
        *s += i > 0;
        if (!read_int(s, i ? 59 : 167, &part[i]))
            return false;
    }
    *ret = sign * ((int64_t)part[0] * 3600 + part[1] * 60 + part[2]);
    return true;
}

static bool read_rule(const char **s, struct rule *r)
{
    if (*(*s)++ != ',')
        return false;
    r->kind = '0';
    r->time = 7200;
    bool ok;
    if (**s == 'M') {
        r->kind = *(*s)++;
        ok = read_int(s, 12, &r->month) && r->month >= 1 && *(*s)++ == '.' &&
             read_int(s, 5, &r->week) && r->week >= 1 && *(*s)++ == '.' && read_int(s, 6, &r->day);
    } else {
        if (**s == 'J')
            r->kind = *(*s)++;
        ok = read_int(s, 365, &r->day) && (r->kind == '0' || r->day >= 1);
    }
    if (ok && **s == '/') {
        (*s)++;
        ok = read_time(s, &r->time);
    }
    return ok;
}

static bool read_posix(const char *s, struct posix *p)
{
    int64_t west;
    memset(p, 0, sizeof *p);
    if (!read_name(&s, p->std) || !read_time(&s, &west))
        return false;
    p->std_offset = -west;
    if (!*s)
        return true;
    p->has_dst = true;
    p->dst_offset = p->std_offset + 3600;
    if (!read_name(&s, p->dst))
        return false;
    if (*s != ',') {
        if (!read_time(&s, &west))
            return false;
        p->dst_offset = -west;
    }
    return read_rule(&s, &p->start) && read_rule(&s, &p->end) && !*s;
}

/* Seconds as if UTC at which the rule's clock time comes in that year. */
static int64_t rule_time(const struct rule *r, int year)
{
    int64_t day;
    if (r->kind == 'M') {
        int64_t first = kf_day_from_ymd(year, (unsigned)r->month, 1);
        int64_t weekday = (first + 4) % 7; /* 0 Sunday; years here are past 1970 */
        day = first + (r->day - weekday + 7) % 7 + (r->week - 1) * 7;
        while (!kf_day_valid(year, (unsigned)r->month, (unsigned)(day - first + 1)))
            day -= 7; /* week 5 is the last */
    } else {
        day = kf_day_from_ymd(year, 1, 1) + r->day;
        if (r->kind == 'J')
            day -= !(kf_day_valid(year, 2, 29) && r->day >= 60);
    }
    return day * 86400 + r->time;
}

static void add_rule_change(changes_vec *v, int64_t at, int64_t offset, const char *name)
{
    if (at <= v->p[v->n - 1].at)
        return;
    struct kf_tz_change *change = kf_vec_push(v);
    change->at = at;
    change->offset = (int32_t)offset;
    copy_name(change->abbreviation, name, 8);
}

static bool extend(changes_vec *v, const char *footer, int last_year)
{
    struct posix p;
    if (!*footer)
        return true; /* no rule: the last change holds */
    if (!read_posix(footer, &p))
        return false;
    if (!p.has_dst)
        return true; /* the table ends with it */
    int32_t year = 1970;
    unsigned m, d;
    if (v->p[v->n - 1].at > 0)
        kf_day_ymd((int32_t)(v->p[v->n - 1].at / 86400), &year, &m, &d);
    for (; year <= last_year; year++) {
        int64_t start = rule_time(&p.start, year) - p.std_offset;
        int64_t end = rule_time(&p.end, year) - p.dst_offset;
        if (start < end)
            add_rule_change(v, start, p.dst_offset, p.dst);
        add_rule_change(v, end, p.std_offset, p.std);
        if (start >= end)
            add_rule_change(v, start, p.dst_offset, p.dst);
    }
    return true;
}

static bool parse(struct reader r, int last_year, changes_vec *v)
{
    struct counts c;
    if (!read_header(&r, &c) || r.n < block_size(&c, 4))
        return false;
    size_t old = block_size(&c, 4); /* the 32-bit table is only for old readers */
    r.p += old;
    r.n -= old;
    if (!read_header(&r, &c) || !read_table(&r, &c, v))
        return false;
    const unsigned char *end = r.n > 1 && r.p[0] == '\n' ? memchr(r.p + 1, '\n', r.n - 1) : NULL;
    char footer[128];
    if (!end || (size_t)(end - r.p) > sizeof footer)
        return false;
    size_t n = (size_t)(end - r.p) - 1;
    memcpy(footer, r.p + 1, n);
    footer[n] = '\0';
    return extend(v, footer, last_year);
}

bool kf_tzif_read(const char *path, int last_year, struct kf_tz_change **ret, size_t *ret_n)
{
    struct stat st;
    if (stat(path, &st) || !S_ISREG(st.st_mode) || st.st_size > MAX_FILE)
        return false;
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    kf_vec(unsigned char) bytes = {0};
    kf_vec_reserve(&bytes, (size_t)st.st_size + 1);
    bytes.n = fread(bytes.p, 1, (size_t)st.st_size, f);
    fclose(f);
    changes_vec v = {0};
    bool ok = parse((struct reader){bytes.p, bytes.n}, last_year, &v);
    kf_vec_free(&bytes);
    if (!ok) {
        kf_vec_free(&v);
        return false;
    }
    *ret = v.p;
    *ret_n = v.n;
    return true;
}
