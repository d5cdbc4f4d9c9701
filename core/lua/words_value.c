/* Constants: lengths, dates, money, shares, versions; and models, which are constants with
 * settings. */
#include <math.h>
#include <stdio.h>

#include "lua/words.h"

static const struct kf_str no_arg = {NULL, 0};

static struct kf_str text_arg(lua_State *L, int index)
{
    struct kf_str s = {NULL, 0};
    if (lua_type(L, index) == LUA_TSTRING)
        s.p = lua_tolstring(L, index, &s.n);
    return s;
}

static int push_const(lua_State *L, struct kf_build *b)
{
    return kf_word_push(L, b, KF_LEX_NONE, (enum kf_kind)0, NULL);
}

enum { SECONDS = 1, MINUTES, HOURS, DAYS, WEEKS, MONTHS, YEARS };

/* days(7), hours(1.5), months(3) */
static int word_length(lua_State *L, const struct kf_word_def *def)
{
    static const int64_t unit[] = {0, KF_SECOND, KF_MINUTE, KF_HOUR, KF_DAY, 7 * KF_DAY, 1, 12};
    struct kf_pos pos = kf_word_pos(L, def->name, false, no_arg, NULL);
    struct kf_dec d;
    if (kf_word_poisoned(L, 1))
        return kf_word_poison(L);
    if (lua_type(L, 1) != LUA_TNUMBER || !kf_lua_decimal(L, 1, &d))
        return kf_word_fail(L, KF_CODE_ARGUMENT, pos, NULL, "%s takes a number, not %s", def->name,
                            kf_word_what(L, 1));
    bool calendar = def->arg >= MONTHS;
    if (calendar && d.scale != 0)
        return kf_word_fail(L, KF_CODE_ARGUMENT, pos, "write days(n)",
                            "%s takes a whole number: part of a month has no fixed length",
                            def->name);
    if (d.m < 0)
        return kf_word_fail(L, KF_CODE_RANGE, pos, NULL, "a length is not negative");
    __int128 value = (__int128)d.m * unit[def->arg];
    for (int i = 0; i < d.scale; i++) {
        if (value % 10)
            return kf_word_fail(L, KF_CODE_ARGUMENT, pos, NULL, "%s: shorter than a nanosecond",
                                def->name);
        value /= 10;
    }
    /* 300 years hold every difference of two instants that parse */
    if (value > (calendar ? (__int128)3600 : (__int128)300 * 366 * KF_DAY) ||
        (!calendar && value > INT64_MAX / 2))
        return kf_word_fail(L, KF_CODE_RANGE, pos, NULL, "a length of more than 140 years");
    struct kf_build *b = kf_build_const(kf_words_of(L), pos, calendar ? KF_K_MONTHS : KF_K_LENGTH);
    if (calendar)
        b->n.value.months = (int32_t)value;
    else
        b->n.value.ns = (int64_t)value;
    return push_const(L, b);
}

static int word_percent(lua_State *L, const struct kf_word_def *def)
{
    struct kf_pos pos = kf_word_pos(L, def->name, false, no_arg, NULL);
    struct kf_dec d;
    if (kf_word_poisoned(L, 1))
        return kf_word_poison(L);
    if (lua_type(L, 1) != LUA_TNUMBER || !kf_lua_decimal(L, 1, &d) || d.scale > 16)
        return kf_word_fail(L, KF_CODE_ARGUMENT, pos, NULL, "percent takes a number, not %s",
                            kf_word_what(L, 1));
    d.scale = (int8_t)(d.scale + 2);
    while (d.scale > 0 && d.m % 10 == 0) {
        d.m /= 10;
        d.scale--;
    }
    return push_const(L, kf_build_number(kf_words_of(L), pos, d));
}

static int word_money(lua_State *L, const struct kf_word_def *def)
{
    struct kf_pos pos = kf_word_pos(L, def->name, false, no_arg, NULL);
    struct kf_dec d;
    if (kf_word_poisoned(L, 1) || kf_word_poisoned(L, 2))
        return kf_word_poison(L);
    struct kf_str amount = text_arg(L, 1), cur = text_arg(L, 2);
    bool fine = amount.p ? kf_dec_parse(amount, &d)
                         : lua_type(L, 1) == LUA_TNUMBER && kf_lua_decimal(L, 1, &d);
    if (lua_type(L, 1) == LUA_TNUMBER)
        fine = kf_lua_decimal(L, 1, &d);
    if (!fine)
        return kf_word_fail(L, KF_CODE_ARGUMENT, pos,
                            "write money(300, \"EUR\") or money(\"19.99\", \"EUR\")",
                            "money takes an amount, not %s", kf_word_what(L, 1));
    if (!cur.p)
        return kf_word_fail(L, KF_CODE_ARGUMENT, pos, "write money(300, \"EUR\")",
                            "money takes a currency after the amount, not %s", kf_word_what(L, 2));
    int places = kf_money_exponent(cur);
    if (places < 0)
        return kf_word_fail(L, KF_CODE_CURRENCY, pos, "three capitals of ISO 4217, as \"EUR\"",
                            "unknown currency '%.*s'", (int)(cur.n > 20 ? 20 : cur.n), cur.p);
    struct kf_build *b = kf_build_const(kf_words_of(L), pos, KF_K_MONEY);
    if (d.scale > places)
        return kf_word_fail(L, KF_CODE_DECIMALS, pos, NULL,
                            "%.3s has %d decimals, the amount has %d", cur.p, places, d.scale);
    if (!kf_money_from_dec(d, cur, &b->n.value.money))
        return kf_word_fail(L, KF_CODE_RANGE, pos, NULL, "the amount is too large");
    return push_const(L, b);
}

static int word_date(lua_State *L, const struct kf_word_def *def)
{
    struct kf_str s = text_arg(L, 1);
    struct kf_pos pos = kf_word_pos(L, def->name, false, s, NULL);
    if (kf_word_poisoned(L, 1))
        return kf_word_poison(L);
    int y, m, d, end = 0;
    if (!s.p || s.n != 10 || sscanf(s.p, "%4d-%2d-%2d%n", &y, &m, &d, &end) != 3 || end != 10 ||
        s.p[4] != '-' || s.p[7] != '-' || m < 0 || d < 0 ||
        !kf_day_valid(y, (unsigned)m, (unsigned)d))
        return kf_word_fail(L, KF_CODE_TIME, pos, "write date \"2026-03-01\"", "%s is no date",
                            kf_word_what(L, 1));
    struct kf_build *b = kf_build_const(kf_words_of(L), pos, KF_K_DATE);
    b->n.value.day = kf_day_from_ymd(y, (unsigned)m, (unsigned)d);
    return push_const(L, b);
}

static int word_instant(lua_State *L, const struct kf_word_def *def)
{
    struct kf_str s = text_arg(L, 1);
    struct kf_pos pos = kf_word_pos(L, def->name, false, s, NULL);
    struct kf_words *w = kf_words_of(L);
    if (kf_word_poisoned(L, 1))
        return kf_word_poison(L);
    int64_t t;
    bool offset;
    const struct kf_zone *zone = w->options->config ? w->options->config->zone : NULL;
    if (!s.p || s.n < 12 || !kf_time_parse(s, zone, &t, &offset))
        return kf_word_fail(
            L, KF_CODE_TIME, pos,
            "write instant \"2026-03-01T10:00:00Z\", or date \"2026-03-01\" for a whole day",
            "%s is no instant", kf_word_what(L, 1));
    struct kf_build *b = kf_build_const(w, pos, KF_K_INSTANT);
    b->n.value.ns = t;
    return push_const(L, b);
}

static int word_version(lua_State *L, const struct kf_word_def *def)
{
    struct kf_str s = text_arg(L, 1);
    struct kf_pos pos = kf_word_pos(L, def->name, false, s, NULL);
    if (kf_word_poisoned(L, 1))
        return kf_word_poison(L);
    if (!s.p || s.n == 0 || s.p[0] < '0' || s.p[0] > '9')
        return kf_word_fail(L, KF_CODE_ARGUMENT, pos, "write version \"4.10\"",
                            "version takes a text like \"4.10\", not %s", kf_word_what(L, 1));
    struct kf_build *b = kf_build_text(kf_words_of(L), pos, s);
    b->n.value.type = KF_K_VERSION;
    return push_const(L, b);
}

static int word_network(lua_State *L, const struct kf_word_def *def)
{
    struct kf_pos pos = kf_word_pos(L, def->name, false, no_arg, NULL);
    if (kf_word_poisoned(L, 1))
        return kf_word_poison(L);
    if (!lua_isinteger(L, 1) || lua_tointeger(L, 1) < 8 || lua_tointeger(L, 1) > 32)
        return kf_word_fail(L, KF_CODE_RANGE, pos, "write network(24)",
                            "network takes the length of a prefix from 8 to 32, not %s",
                            kf_word_what(L, 1));
    struct kf_build *b = kf_build_new(kf_words_of(L), KF_T_MODEL, pos, "network");
    b->n.value.type = KF_K_NUMBER;
    b->n.value.number = kf_dec_int(lua_tointeger(L, 1));
    return kf_word_push(L, b, KF_LEX_NONE, (enum kf_kind)0, NULL);
}

const struct kf_word_def kf_words_value[] = {
    {"seconds", word_length, SECONDS}, {"minutes", word_length, MINUTES},
    {"hours", word_length, HOURS},     {"days", word_length, DAYS},
    {"weeks", word_length, WEEKS},     {"months", word_length, MONTHS},
    {"years", word_length, YEARS},     {"percent", word_percent, 0},
    {"money", word_money, 0},          {"date", word_date, 0},
    {"instant", word_instant, 0},      {"version", word_version, 0},
    {"network", word_network, 0},      {NULL, NULL, 0}};
