#include "event/hand.h"

#include "base/money.h"
#include "event/idents.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

void kf_hand_begin(struct kf_hand *h)
{
    h->pub.type = KF_EVENT_NONE;
    h->pub.platform = KF_PLATFORM_NONE;
    h->pub.flags = 0;
    h->time_note = KF_TIME_PLAIN;
    h->pub.time = h->pub.original_time = h->pub.sent = h->pub.received = KF_NO_TIME;
    h->pub.name = (struct kf_text){NULL, 0};
    h->pub.message_id = (struct kf_text){NULL, 0};
    memset(h->rank, 0xff, sizeof h->rank);
    h->reason = NULL;
    kf_event_builder_begin(h->b);
}

bool kf_hand_fail(struct kf_hand *h, const char *reason, const char *fmt, ...)
{
    if (h->reason)
        return false;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(h->detail, sizeof h->detail, fmt, ap);
    va_end(ap);
    h->reason = reason;
    return false;
}

/* For messages: not all of a long text. */
static int shown(struct kf_str s)
{
    return s.n > 60 ? 60 : (int)s.n;
}

static bool wrong(struct kf_hand *h, const struct kf_edge *e, const struct kf_scalar *v,
                  const char *wanted)
{
    static const char *const words[] = {"null", "false", "true"};
    const char *quote = v->kind == KF_SCALAR_TEXT ? "'" : "";
    struct kf_str text = v->kind < KF_SCALAR_NUMBER ? kf_cstr(words[v->kind]) : v->text;
    return kf_hand_fail(h, "bad_type", "'%.*s' is %s%.*s%s where %s is wanted", shown(e->name),
                        e->name.p, quote, shown(text), text.p, quote, wanted);
}

/* Plain digits, at most 18 with a point among them; everything else goes the long way. */
static inline bool quick_number(struct kf_str s, struct kf_dec *ret)
{
    const char *p = s.p, *end = p + s.n, *point = NULL;
    bool minus = p < end && *p == '-';
    p += minus;
    if (end - p > 19 || p == end || (*p == '0' && p + 1 < end && p[1] != '.'))
        return false;
    uint64_t digits = 0; /* 19 of them fit */
    for (; p < end; p++) {
        unsigned d = (unsigned char)*p - (unsigned)'0';
        if (d <= 9) {
            digits = digits * 10 + d;
        } else if (*p == '.' && !point && p > s.p + minus && p + 1 < end) {
            point = p;
        } else {
            return false;
        }
    }
    int64_t scale = point ? end - point - 1 : 0;
    if (end - s.p - minus - (point != NULL) > 18)
        return false;
    int64_t m = (int64_t)digits;
    while (scale > 0 && m % 10 == 0) {
        m /= 10;
        scale--;
    }
    *ret = (struct kf_dec){minus ? -m : m, (int8_t)scale};
    return true;
}

/* Number of JSON's grammar: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)? */
static bool is_json_number(struct kf_str s)
{
    size_t i = 0, from;
    if (i < s.n && s.p[i] == '-')
        i++;
    from = i;
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    if (i == from || (s.p[from] == '0' && i > from + 1))
        return false;
    if (i < s.n && s.p[i] == '.') {
        from = ++i;
        while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
            i++;
        if (i == from)
            return false;
    }
    if (i < s.n && (s.p[i] | 32) == 'e') {
        i++;
        if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
            i++;
        from = i;
        while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
            i++;
        if (i == from)
            return false;
    }
    return i == s.n;
}

bool kf_hand_number(struct kf_str s, struct kf_dec *ret_dec, double *ret_double, bool *ret_exact)
{
    char text[400];
    *ret_exact = true;
    if (quick_number(s, ret_dec))
        return true;
    if (!is_json_number(s))
        return false;
    if (kf_dec_parse(s, ret_dec))
        return true;
    *ret_exact = false;
    if (s.n >= sizeof text)
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = 0;
    *ret_double = strtod(text, NULL);
    return isfinite(*ret_double);
}

static bool is_word(struct kf_str s, const char *word)
{
    return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

/* 1, 0, or -1: neither. */
static int truth(const struct kf_scalar *v)
{
    static const char *const yes[] = {"true", "yes", "1", "granted", "y", "t"},
                             *const no[] = {"false", "no", "0", "denied", "n", "f"};
    if (v->kind == KF_SCALAR_TRUE || v->kind == KF_SCALAR_FALSE)
        return v->kind == KF_SCALAR_TRUE;
    struct kf_str s = kf_str_trim(v->text);
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (is_word(s, yes[i]))
            return 1;
        if (is_word(s, no[i]))
            return 0;
    }
    return -1;
}

uint8_t kf_platform_parse(struct kf_str s)
{
    static const struct {
        const char *word;
        uint8_t platform;
    } words[] = {{"web", KF_PLATFORM_WEB},       {"browser", KF_PLATFORM_WEB},
                 {"desktop", KF_PLATFORM_WEB},   {"ios", KF_PLATFORM_IOS},
                 {"iphone", KF_PLATFORM_IOS},    {"ipad", KF_PLATFORM_IOS},
                 {"ipados", KF_PLATFORM_IOS},    {"android", KF_PLATFORM_ANDROID},
                 {"server", KF_PLATFORM_SERVER}, {"backend", KF_PLATFORM_SERVER}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(s, words[i].word))
            return words[i].platform;
    return KF_PLATFORM_NONE;
}

/* Does the format of a time itself say of which zone it is? */
static bool says_zone(const char *format)
{
    return strstr(format, "%z") || strstr(format, "%Z") || strstr(format, "%s") ||
           strstr(format, "%Q");
}

static bool parse(struct kf_str s, const char *format, const struct kf_zone *zone, int64_t *ret,
                  bool *ret_given)
{
    if (!format)
        return kf_time_parse(s, zone, ret, ret_given);
    *ret_given = says_zone(format);
    return kf_time_parse_format(s, format, zone, ret);
}

/* t was written as a local time. In a gap the zone's clocks show another one at t; that is only
 * looked at where they are changed nearby. */
static enum kf_time_note local_note(const struct kf_hand *h, struct kf_str s, const char *format,
                                    int64_t t)
{
    int64_t written;
    bool given;
    if (h->zone && kf_zone_offset(h->zone, t - 4 * KF_HOUR) != kf_zone_offset(h->zone, t) &&
        parse(s, format, NULL, &written, &given) && t + kf_zone_offset(h->zone, t) != written)
        return KF_TIME_DST_GAP;
    return h->zone_said ? KF_TIME_PLAIN : KF_TIME_NO_OFFSET;
}

static bool time_of(struct kf_hand *h, const struct kf_edge *e, const struct kf_action *a,
                    const struct kf_scalar *v, int64_t *ret, enum kf_time_note *ret_note)
{
    if (v->kind != KF_SCALAR_TEXT && v->kind != KF_SCALAR_NUMBER)
        return wrong(h, e, v, "a time");
    struct kf_str s = v->cell ? kf_str_trim(v->text) : v->text;
    bool given = true;
    if (parse(s, a->format, h->zone, ret, &given)) {
        *ret_note = given ? KF_TIME_PLAIN : local_note(h, s, a->format, *ret);
        return true;
    }
    return kf_hand_fail(h, "bad_time",
                        "'%.*s' is '%.*s', which is no time between 1900 and 2200 written %s%s",
                        shown(e->name), e->name.p, shown(s), s.p, a->format ? "as " : "in ISO 8601",
                        a->format ? a->format : "");
}

bool kf_hand_consent(struct kf_hand *h, uint32_t key, bool granted)
{
    uint32_t sym = kf_symbols_add(h->dict->value, kf_cstr(granted ? "granted" : "denied"));
    kf_builder_done(h->b, kf_put_sym(kf_builder_field(h->b, key, 16), sym));
    return true;
}

static void put_text(struct kf_hand *h, struct kf_edge *e, uint32_t key, struct kf_str s)
{
    uint32_t sym = kf_symcache_get(&e->values, h->dict->value, s);
    uint8_t *p = kf_builder_field(h->b, key, 16 + (sym ? 0 : s.n));
    kf_builder_done(h->b, sym ? kf_put_sym(p, sym) : kf_put_text(p, s));
}

static bool put_number(struct kf_hand *h, const struct kf_edge *e, const struct kf_action *a,
                       const struct kf_scalar *v)
{
    struct kf_dec d;
    double num = 0;
    bool exact = true;
    char cur[4];
    if (v->kind != KF_SCALAR_NUMBER && v->kind != KF_SCALAR_TEXT)
        return wrong(h, e, v, "a number");
    bool ok = kf_hand_number(v->text, &d, &num, &exact);
    if (v->kind == KF_SCALAR_TEXT && (!ok || !exact || h->decimal == ','))
        ok = exact = kf_money_parse_text(kf_str_trim(v->text), h->decimal, &d, cur);
    if (!ok)
        return wrong(h, e, v,
                     v->kind == KF_SCALAR_NUMBER ? "a number of at most 308 digits" : "a number");
    if (a->type == KF_FIELD_MICROS) {
        struct kf_dec micro = {d.m, (int8_t)(d.scale + 6)};
        while (micro.scale > 0 && micro.m % 10 == 0) {
            micro.m /= 10;
            micro.scale--;
        }
        if (!exact || micro.scale > 18)
            return wrong(h, e, v, "a number of millionths");
        d = micro;
    }
    uint8_t *p = kf_builder_field(h->b, a->key, 16);
    kf_builder_done(h->b, exact ? kf_put_dec(p, d) : kf_put_double(p, num));
    return true;
}

static bool put_word(struct kf_hand *h, uint32_t key, uint8_t type)
{
    uint8_t *p = kf_builder_field(h->b, key, 1);
    *p = type;
    kf_builder_done(h->b, p + 1);
    return true;
}

static bool put_any(struct kf_hand *h, struct kf_edge *e, const struct kf_action *a,
                    const struct kf_scalar *v)
{
    struct kf_dec d;
    double num = 0;
    bool exact;
    switch (v->kind) {
    case KF_SCALAR_TEXT:
        put_text(h, e, a->key, v->text);
        return true;
    case KF_SCALAR_NUMBER: {
        if (!kf_hand_number(v->text, &d, &num, &exact))
            return kf_hand_fail(h, "bad_json", "'%.*s' is %.*s, which is no number", shown(e->name),
                                e->name.p, shown(v->text), v->text.p);
        uint8_t *p = kf_builder_field(h->b, a->key, 16);
        kf_builder_done(h->b, exact ? kf_put_dec(p, d) : kf_put_double(p, num));
        return true;
    }
    case KF_SCALAR_NULL:
        return put_word(h, a->key, KF_V_NULL);
    default:
        return put_word(h, a->key, v->kind == KF_SCALAR_TRUE ? KF_V_TRUE : KF_V_FALSE);
    }
}

static bool put_field(struct kf_hand *h, struct kf_edge *e, const struct kf_action *a,
                      const struct kf_scalar *v)
{
    char text[48];
    int64_t t;
    enum kf_time_note note; /* of the event's own time only */
    int yes;
    if (a->type == KF_FIELD_ANY)
        return put_any(h, e, a, v);
    if (v->kind == KF_SCALAR_NULL)
        return put_word(h, a->key, KF_V_NULL);
    if (v->kind == KF_SCALAR_TEXT && !v->text.n && a->type != KF_FIELD_TEXT)
        return true; /* an empty text is no number, truth or time, but nothing wrong either */
    switch (a->type) {
    case KF_FIELD_TEXT:
        put_text(h, e, a->key,
                 v->kind == KF_SCALAR_TRUE    ? kf_cstr("true")
                 : v->kind == KF_SCALAR_FALSE ? kf_cstr("false")
                                              : v->text);
        return true;
    case KF_FIELD_BOOL:
        yes = truth(v);
        return yes < 0 ? wrong(h, e, v, "true or false")
                       : put_word(h, a->key, yes ? KF_V_TRUE : KF_V_FALSE);
    case KF_FIELD_TIME:
        if (!time_of(h, e, a, v, &t, &note))
            return false;
        put_text(h, e, a->key, kf_str(text, kf_time_format(t, text)));
        return true;
    default:
        return put_number(h, e, a, v);
    }
}

static bool put_identifier(struct kf_hand *h, const struct kf_edge *e, const struct kf_action *a,
                           const struct kf_scalar *v)
{
    if (v->kind != KF_SCALAR_TEXT && v->kind != KF_SCALAR_NUMBER)
        return wrong(h, e, v, "an identifier");
    if (v->text.n > KF_IDENT_MAX)
        return kf_hand_fail(h, "too_long", "'%.*s' is an identifier of %zu bytes; %u are possible",
                            shown(e->name), e->name.p, v->text.n, KF_IDENT_MAX);
    if (h->b->n_id >= KF_MAX_IDENTS)
        return kf_hand_fail(h, "too_many_identifiers", "more than %u identifiers", KF_MAX_IDENTS);
    kf_builder_ident(h->b, a->ns, v->text, a->key);
    return true;
}

/* Of two rows with one target the earlier in the map wins; of two values for one row the later. */
static inline bool outranks(struct kf_hand *h, const struct kf_action *a)
{
    if (a->rank > h->rank[a->target])
        return false;
    h->rank[a->target] = a->rank;
    return true;
}

static inline uint8_t quick_type(struct kf_str s)
{
    if (s.n == 5 && memcmp(s.p, "track", 5) == 0)
        return KF_EVENT_TRACK;
    return kf_event_type_parse(s);
}

static bool put_text_target(struct kf_hand *h, const struct kf_edge *e, const struct kf_action *a,
                            const struct kf_scalar *v)
{
    if (v->kind != KF_SCALAR_TEXT && v->kind != KF_SCALAR_NUMBER)
        return wrong(h, e, v, "a text");
    if (!outranks(h, a))
        return true;
    struct kf_text t = {v->text.p, v->text.n};
    if (a->target == KF_TO_NAME) {
        h->pub.name = t;
    } else if (a->target == KF_TO_MESSAGE_ID) {
        h->pub.message_id = t;
    } else if (a->target == KF_TO_PLATFORM) {
        h->pub.platform = kf_platform_parse(kf_str_trim(v->text));
    } else {
        h->pub.type = quick_type(v->text);
        if (!h->pub.type)
            return kf_hand_fail(h, "bad_type", "'%.*s' is no type of event", shown(v->text),
                                v->text.p);
    }
    return true;
}

static bool put_time_target(struct kf_hand *h, const struct kf_edge *e, const struct kf_action *a,
                            const struct kf_scalar *v)
{
    int64_t t;
    enum kf_time_note note;
    if (v->kind == KF_SCALAR_TEXT && !v->text.n)
        return true;
    if (!time_of(h, e, a, v, &t, &note))
        return false;
    if (!outranks(h, a))
        return true;
    if (a->target == KF_TO_TIME)
        h->time_note = (uint8_t)note;
    *(a->target == KF_TO_TIME            ? &h->pub.time
      : a->target == KF_TO_ORIGINAL_TIME ? &h->pub.original_time
      : a->target == KF_TO_SENT          ? &h->pub.sent
                                         : &h->pub.received) = t;
    return true;
}

static bool put_consent(struct kf_hand *h, const struct kf_edge *e, const struct kf_action *a,
                        const struct kf_scalar *v)
{
    int yes = truth(v);
    return yes < 0 ? wrong(h, e, v, "a consent (true or false, granted or denied)")
                   : kf_hand_consent(h, a->key, yes != 0);
}

static bool apply_one(struct kf_hand *h, struct kf_edge *e, const struct kf_action *a,
                      const struct kf_scalar *v)
{
    if (a->null_text && v->cell && kf_str_eq(v->text, kf_cstr(a->null_text)))
        return true;
    if (a->target == KF_TO_FIELD)
        return put_field(h, e, a, v);
    if (v->kind == KF_SCALAR_NULL)
        return true; /* null and missing are the same except as a field */
    switch (a->target) {
    case KF_TO_IDENTIFIER:
        return put_identifier(h, e, a, v);
    case KF_TO_TYPE:
    case KF_TO_NAME:
    case KF_TO_MESSAGE_ID:
    case KF_TO_PLATFORM:
        return put_text_target(h, e, a, v);
    case KF_TO_TIME:
    case KF_TO_ORIGINAL_TIME:
    case KF_TO_SENT:
    case KF_TO_RECEIVED:
        return put_time_target(h, e, a, v);
    case KF_TO_CONSENT:
        return put_consent(h, e, a, v);
    case KF_TO_BELOW:
        return wrong(h, e, v, "an object");
    default:
        return true;
    }
}

bool kf_hand_apply(struct kf_hand *h, struct kf_edge *e, const struct kf_scalar *v)
{
    for (const struct kf_action *a = &e->act; a; a = a->next)
        if (a->target && !apply_one(h, e, a, v))
            return false;
    return true;
}
