#include "config/cron.h"

#include <ctype.h>
#include <strings.h>

static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                     "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

static const struct field {
    const char *name;
    unsigned low, high;
    const char *const *word;
    unsigned words;
} fields[5] = {
    {"minute", 0, 59, NULL, 0},           {"hour", 0, 23, NULL, 0},
    {"day of the month", 1, 31, NULL, 0}, {"month", 1, 12, months, 12},
    {"day of the week", 0, 7, days, 7},
};

/* A number, or one of the field's words. */
static bool value(const char **s, const struct field *f, unsigned *ret)
{
    unsigned n = 0;
    if (isdigit((unsigned char)**s)) {
        for (; isdigit((unsigned char)**s); (*s)++) {
            n = n * 10 + (unsigned)(**s - '0');
            if (n > 1000)
                return false;
        }
        *ret = n;
        return n >= f->low && n <= f->high;
    }
    for (unsigned i = 0; i < f->words; i++) {
        if (strncasecmp(*s, f->word[i], 3) == 0 && !isalpha((unsigned char)(*s)[3])) {
            *s += 3;
            *ret = i + f->low;
            return true;
        }
    }
    return false;
}

/* One of the parts between commas: *, a, a-b, each with /step. */
static bool part(const char **s, const struct field *f, uint64_t *set)
{
    unsigned from = f->low, to = f->high, step = 1;
    bool single = false;
    if (**s == '*') {
        (*s)++;
    } else {
        if (!value(s, f, &from))
            return false;
        to = from;
        single = true;
        if (**s == '-') {
            (*s)++;
            if (!value(s, f, &to) || to < from)
                return false;
            single = false;
        }
    }
    if (**s == '/') {
        static const struct field steps = {"step", 1, 60, NULL, 0};
        (*s)++;
        if (!value(s, &steps, &step))
            return false;
        if (single)
            to = f->high;
    }
    for (unsigned v = from; v <= to; v += step)
        *set |= 1ULL << v;
    return true;
}

static bool field(const char **s, const struct field *f, uint64_t *set, bool *any)
{
    *set = 0;
    *any = **s == '*';
    for (;;) {
        if (!part(s, f, set))
            return false;
        if (**s != ',')
            break;
        (*s)++;
    }
    return **s == 0 || isspace((unsigned char)**s);
}

bool kf_cron_parse(const char *text, struct kf_cron *ret, const char **ret_field)
{
    static const struct {
        const char *word, *means;
    } macro[] = {{"@hourly", "0 * * * *"},
                 {"@daily", "0 0 * * *"},
                 {"@weekly", "0 0 * * 0"},
                 {"@monthly", "0 0 1 * *"},
                 {"@yearly", "0 0 1 1 *"}};
    for (size_t i = 0; i < sizeof macro / sizeof *macro; i++)
        if (strcmp(text, macro[i].word) == 0)
            text = macro[i].means;
    struct kf_cron c;
    bool any[5];
    const char *s = text;
    for (unsigned i = 0; i < 5; i++) {
        while (isspace((unsigned char)*s))
            s++;
        *ret_field = fields[i].name;
        if (!field(&s, &fields[i], &c.set[i], &any[i]))
            return false;
    }
    while (isspace((unsigned char)*s))
        s++;
    *ret_field = "end";
    if (*s)
        return false;
    if (c.set[4] & 1ULL << 7) /* 7 is Sunday too */
        c.set[4] |= 1;
    c.either = !any[2] && !any[4];
    *ret = c;
    return true;
}

static bool day_fits(const struct kf_cron *c, int32_t day)
{
    int32_t y;
    unsigned m, d;
    kf_day_ymd(day, &y, &m, &d);
    if (!(c->set[3] >> m & 1))
        return false;
    unsigned weekday =
        (unsigned)(((day % 7) + 7 + 4) % 7); /* 1970-01-01 was a Thursday; 0 Sunday */
    bool of_month = c->set[2] >> d & 1, of_week = c->set[4] >> weekday & 1;
    /* As every cron does: where both are restricted, one suffices. */
    return c->either ? of_month || of_week : of_month && of_week;
}

bool kf_cron_next(const char *cron, const struct kf_zone *z, int64_t t, int64_t *ret)
{
    struct kf_cron c;
    const char *bad;
    if (!kf_cron_parse(cron, &c, &bad))
        return false;
    int32_t today = kf_time_day(z, t);
    /* 29 February can be eight years away (1896 to 1904, 2096 to 2104). */
    for (int32_t day = today; day < today + 9 * 366; day++) {
        if (!day_fits(&c, day))
            continue;
        struct kf_civil at = {0};
        int32_t y;
        unsigned m, d;
        kf_day_ymd(day, &y, &m, &d);
        at.year = y;
        at.month = (uint8_t)m;
        at.day = (uint8_t)d;
        for (unsigned h = 0; h < 24; h++) {
            if (!(c.set[1] >> h & 1))
                continue;
            for (unsigned minute = 0; minute < 60; minute++) {
                if (!(c.set[0] >> minute & 1))
                    continue;
                at.hour = (uint8_t)h;
                at.minute = (uint8_t)minute;
                int64_t instant = kf_time_from_civil(z, &at);
                if (instant > t) {
                    *ret = instant;
                    return true;
                }
            }
        }
    }
    *ret = KF_TIME_MAX;
    return true;
}
