#include "profile/traits_internal.h"

#include "base/money.h"
#include "event/keys.h"
#include "profile/fields.h"

#include <stdio.h>
#include <stdlib.h>

static const char WRONG_TYPE[] = "a value of the trait has the wrong type";
static const char NO_CURRENCY[] = "an amount of the trait has no currency";
static const char NO_RATE[] = "there is no exchange rate for the day of an amount";
static const char TOO_BIG[] = "the sum of the trait is too big";

static struct kf_value undecided(const char *why, uint32_t event)
{
    return (struct kf_value){.type = KF_VAL_UNDECIDED, .why = why, .event = event};
}

static const struct kf_zone *zone_of(const struct kf_traits *t)
{
    return t->w->config ? t->w->config->zone : NULL;
}

/* ---- one value ---- */

static struct kf_value as_is(const struct kf_events *e, const struct kf_val *v, uint32_t event)
{
    struct kf_value r = {.event = event};
    (void)e;
    switch (v->type) {
    case KF_V_TEXT:
        r.type = KF_VAL_TEXT;
        r.text = v->text;
        return r;
    case KF_V_DEC:
        r.type = KF_VAL_NUMBER;
        r.number = v->dec;
        return r;
    case KF_V_DOUBLE:
        r.type = KF_VAL_NUMBER;
        return kf_dec_from_double(v->num, &r.number) ? r : undecided(WRONG_TYPE, event);
    case KF_V_TRUE:
    case KF_V_FALSE:
        r.type = KF_VAL_BOOL;
        r.boolean = v->type == KF_V_TRUE;
        return r;
    default:
        return undecided(WRONG_TYPE, event);
    }
}

static struct kf_value list_of(const struct kf_events *e, const struct trait_offer *o,
                               struct kf_arena *scratch)
{
    struct kf_val list, v;
    struct kf_value r = {.type = KF_VAL_LIST, .event = o->event};
    const uint8_t *at = NULL;
    if (!kf_body_get(e, o->event, o->key, &list) || list.type != KF_V_LIST)
        return undecided(WRONG_TYPE, o->event);
    struct kf_value *item = kf_arena_alloc(scratch, (list.count + 1u) * sizeof *item);
    while (r.n < list.count && kf_list_next(e, &list, &at, &v))
        if (v.type != KF_V_NULL && !(v.type == KF_V_TEXT && v.text.n == 0) && v.type != KF_V_OBJ)
            item[r.n++] = as_is(e, &v, o->event);
    r.item = item;
    if (r.n == 0)
        r.type = KF_VAL_MISSING;
    return r;
}

static struct kf_value to_text(struct kf_value v, struct kf_arena *scratch)
{
    if (v.type == KF_VAL_NUMBER) {
        char buf[40];
        size_t n = kf_dec_format(v.number, buf);
        v.text = kf_str(kf_arena_strndup(scratch, buf, n), n);
    } else if (v.type == KF_VAL_BOOL) {
        v.text = kf_cstr(v.boolean ? "true" : "false");
    } else if (v.type != KF_VAL_TEXT) {
        return undecided(WRONG_TYPE, v.event);
    }
    v.type = KF_VAL_TEXT;
    return v;
}

static struct kf_value to_number(struct kf_value v)
{
    if (v.type == KF_VAL_TEXT && kf_dec_parse(kf_str_trim(v.text), &v.number))
        v.type = KF_VAL_NUMBER;
    return v.type == KF_VAL_NUMBER ? v : undecided(WRONG_TYPE, v.event);
}

static struct kf_value to_bool(struct kf_value v)
{
    if (v.type == KF_VAL_TEXT) {
        struct kf_str s = kf_str_trim(v.text);
        bool yes = kf_str_eq(s, kf_cstr("true")), no = kf_str_eq(s, kf_cstr("false"));
        if (yes || no) {
            v.type = KF_VAL_BOOL;
            v.boolean = yes;
        }
    }
    return v.type == KF_VAL_BOOL ? v : undecided(WRONG_TYPE, v.event);
}

static struct kf_value to_time(struct kf_value v, const struct kf_zone *z, bool day)
{
    bool zone_given;
    struct kf_str s = v.type == KF_VAL_TEXT ? kf_str_trim(v.text) : kf_str(NULL, 0);
    if (v.type == KF_VAL_TEXT && kf_time_parse(s, z, &v.time, &zone_given))
        v.type = KF_VAL_TIME;
    if (v.type != KF_VAL_TIME)
        return undecided(WRONG_TYPE, v.event);
    if (day) {
        v.type = KF_VAL_DATE;
        v.day = kf_time_day(z, v.time);
    }
    return v;
}

/* The `currency` beside an amount: of the same object, else of the event. */
static bool currency_beside(const struct kf_traits *t, const struct trait_offer *o,
                            struct kf_str *ret)
{
    const struct kf_events *e = t->w->events;
    struct kf_str path = kf_symbols_text(e->dict->key, o->key);
    char beside[300];
    size_t n = path.n;
    while (n && path.p[n - 1] != '.')
        n--;
    struct kf_val v;
    uint32_t key = 0;
    if (n + 9 < sizeof beside) {
        memcpy(beside, path.p, n);
        memcpy(beside + n, "currency", 8);
        key = kf_symbols_find(e->dict->key, kf_str(beside, n + 8));
    }
    if (!(key && kf_body_get(e, o->event, key, &v) && v.type == KF_V_TEXT && v.text.n) &&
        !(kf_body_get(e, o->event, KF_KEY_CURRENCY, &v) && v.type == KF_V_TEXT && v.text.n))
        return false;
    *ret = v.text;
    return true;
}

static struct kf_value to_money(const struct kf_traits *t, const struct trait_def *d,
                                const struct trait_offer *o, struct kf_value v)
{
    struct kf_str currency;
    char said[4] = "";
    if (v.type == KF_VAL_MONEY)
        return v;
    if (v.type == KF_VAL_TEXT && kf_money_parse_text(v.text, '.', &v.number, said))
        v.type = KF_VAL_NUMBER;
    if (v.type != KF_VAL_NUMBER)
        return undecided(WRONG_TYPE, v.event);
    if (said[0])
        currency = kf_cstr(said);
    else if (!currency_beside(t, o, &currency)) {
        if (!d->unit[0])
            return undecided(NO_CURRENCY, v.event);
        currency = kf_cstr(d->unit);
    }
    if (!kf_money_from_dec(v.number, currency, &v.money))
        return undecided(WRONG_TYPE, v.event);
    const struct kf_config *c = t->w->config;
    const char *to = d->unit[0] ? d->unit : c && c->currency[0] ? c->currency : v.money.cur;
    int32_t day = kf_time_day(zone_of(t), t->w->events->time[v.event]);
    if (!kf_rates_convert(c ? c->rates : NULL, v.money, to, day, &v.money))
        return undecided(NO_RATE, v.event);
    v.type = KF_VAL_MONEY;
    return v;
}

struct kf_value trait_value(const struct kf_traits *t, const struct trait_def *d,
                            const struct trait_offer *o, struct kf_arena *scratch)
{
    const struct kf_events *e = t->w->events;
    struct kf_value v = {.type = KF_VAL_MISSING, .event = o->event};
    if (o->null)
        return v;
    if (o->text.p) {
        v.type = KF_VAL_TEXT;
        v.text = o->text;
    } else if (!o->value) {
        v = o->made;
    } else if (*o->value == KF_V_LIST) {
        v = list_of(e, o, scratch);
        return d->type == TRAIT_LIST || d->type == TRAIT_ANY || v.type == KF_VAL_MISSING
                   ? v
                   : undecided(WRONG_TYPE, o->event);
    } else {
        struct kf_val raw;
        kf_field_decode(e, o->value, &raw);
        v = as_is(e, &raw, o->event);
    }
    switch (d->type) {
    case TRAIT_TEXT:
        return to_text(v, scratch);
    case TRAIT_NUMBER:
        return to_number(v);
    case TRAIT_BOOLEAN:
        return to_bool(v);
    case TRAIT_DATE:
    case TRAIT_TIME:
        return to_time(v, zone_of(t), d->type == TRAIT_DATE);
    case TRAIT_MONEY:
        return to_money(t, d, o, v);
    case TRAIT_VERSION:
        v = to_text(v, scratch);
        if (v.type == KF_VAL_TEXT)
            v.type = KF_VAL_VERSION;
        return v;
    case TRAIT_LIST: {
        struct kf_value *item = kf_arena_alloc(scratch, sizeof *item);
        *item = v;
        return (struct kf_value){.type = KF_VAL_LIST, .item = item, .n = 1, .event = o->event};
    }
    default:
        return v;
    }
}

/* ---- choosing ---- */

int trait_value_cmp(const struct kf_value *a, const struct kf_value *b)
{
    bool ok;
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    if (a->type == KF_VAL_LIST) {
        for (uint32_t i = 0; i < a->n && i < b->n; i++) {
            int r = trait_value_cmp(&a->item[i], &b->item[i]);
            if (r)
                return r;
        }
        return (a->n > b->n) - (a->n < b->n);
    }
    if (a->type == KF_VAL_TEXT || a->type == KF_VAL_VERSION)
        return kf_str_cmp(a->text, b->text);
    if (a->type == KF_VAL_BOOL)
        return (int)a->boolean - (int)b->boolean;
    if (a->type == KF_VAL_MISSING || a->type == KF_VAL_UNDECIDED)
        return 0;
    int r = kf_value_cmp(a, b, &ok);
    return ok ? r : 0;
}

static struct kf_value missing(void)
{
    return (struct kf_value){.type = KF_VAL_MISSING, .event = UINT32_MAX};
}

static struct kf_value extreme(const struct kf_value *v, size_t n, int sign)
{
    struct kf_value best = missing();
    for (size_t i = 0; i < n; i++) {
        if (v[i].type == KF_VAL_UNDECIDED)
            return v[i];
        if (best.type == KF_VAL_MISSING || sign * trait_value_cmp(&v[i], &best) > 0)
            best = v[i];
    }
    return best;
}

/* The newest of each source, added up. */
static struct kf_value sum(const struct kf_events *e, const struct kf_value *v, size_t n)
{
    struct kf_value s = missing();
    for (size_t i = n; i-- > 0;) {
        bool newer = false;
        for (size_t k = i + 1; k < n && !newer; k++)
            newer = e->at[v[k].event].source == e->at[v[i].event].source;
        if (newer)
            continue;
        if (v[i].type == KF_VAL_UNDECIDED)
            return v[i];
        bool ok = true;
        if (s.type == KF_VAL_MISSING)
            s = v[i];
        else if (s.type == KF_VAL_MONEY && v[i].type == KF_VAL_MONEY)
            ok = !__builtin_add_overflow(s.money.minor, v[i].money.minor, &s.money.minor);
        else if (s.type == KF_VAL_NUMBER && v[i].type == KF_VAL_NUMBER)
            ok = kf_dec_add(s.number, v[i].number, &s.number);
        else
            return undecided(WRONG_TYPE, v[i].event);
        if (!ok)
            return undecided(TOO_BIG, v[i].event);
        if (s.event != v[i].event)
            s.event = UINT32_MAX;
    }
    return s;
}

static int by_value(const void *a, const void *b)
{
    return trait_value_cmp(a, b);
}

static struct kf_value set(const struct kf_value *v, size_t n, struct kf_arena *scratch)
{
    size_t all = 0, m = 0;
    for (size_t i = 0; i < n; i++)
        all += v[i].type == KF_VAL_LIST ? v[i].n : 1;
    struct kf_value *item = kf_arena_alloc(scratch, (all + 1) * sizeof *item);
    for (size_t i = 0; i < n; i++) {
        if (v[i].type == KF_VAL_UNDECIDED)
            return v[i];
        const struct kf_value *from = v[i].type == KF_VAL_LIST ? v[i].item : &v[i];
        uint32_t k = v[i].type == KF_VAL_LIST ? v[i].n : v[i].type != KF_VAL_MISSING;
        if (k)
            memcpy(item + m, from, k * sizeof *item);
        m += k;
    }
    if (m == 0)
        return missing();
    qsort(item, m, sizeof *item, by_value);
    uint32_t distinct = 1;
    for (size_t i = 1; i < m; i++)
        if (trait_value_cmp(&item[i], &item[distinct - 1]) != 0)
            item[distinct++] = item[i];
    return (struct kf_value){.type = KF_VAL_LIST, .item = item, .n = distinct, .event = UINT32_MAX};
}

static int by_value_then_age(const void *a, const void *b, void *ctx)
{
    const struct kf_value *v = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int r = trait_value_cmp(&v[x], &v[y]);
    return r ? r : (x > y) - (x < y);
}

/* Ties go to the value said last. Offers stand in order of events, so their position is their age.
 */
static struct kf_value most_frequent(const struct kf_value *v, size_t n, struct kf_arena *scratch)
{
    uint32_t *o = kf_arena_alloc(scratch, (n + 1) * sizeof *o), best = UINT32_MAX;
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        if (v[i].type == KF_VAL_UNDECIDED)
            return v[i];
        o[i] = (uint32_t)i;
    }
    qsort_r(o, n, sizeof *o, by_value_then_age, (void *)v);
    for (size_t i = 0, k; i < n; i = k) {
        for (k = i + 1; k < n && trait_value_cmp(&v[o[k]], &v[o[i]]) == 0;)
            k++;
        if (k - i > most || (k - i == most && o[k - 1] > best)) {
            most = k - i;
            best = o[k - 1];
        }
    }
    return best == UINT32_MAX ? missing() : v[best];
}

/* The newest of the first source that has a value; null takes a source's own value away. */
static struct kf_value by_source(const struct kf_traits *t, const struct trait_def *d,
                                 const struct trait_offer *o, size_t n, struct kf_arena *scratch)
{
    const struct kf_event_at *at = t->w->events->at;
    for (uint32_t s = 0; s < d->n_source; s++)
        for (size_t i = n; i-- > 0;) {
            if (at[o[i].event].source != d->source[s])
                continue;
            if (!o[i].null)
                return trait_value(t, d, &o[i], scratch);
            break;
        }
    for (size_t i = n; i-- > 0;) {
        bool listed = false, newer = false;
        for (uint32_t s = 0; s < d->n_source; s++)
            listed |= at[o[i].event].source == d->source[s];
        for (size_t k = i + 1; k < n && o[i].null == false && !newer; k++)
            newer = o[k].null && at[o[k].event].source == at[o[i].event].source;
        if (!listed && !newer && !o[i].null)
            return trait_value(t, d, &o[i], scratch);
    }
    return missing();
}

struct kf_value trait_survivor(const struct kf_traits *t, const struct trait_def *d,
                               const struct trait_offer *o, size_t n, struct kf_arena *scratch)
{
    if (n == 0)
        return missing();
    if (d->keep == KEEP_BY_SOURCE)
        return by_source(t, d, o, n, scratch);
    struct kf_value *v = kf_arena_alloc(scratch, n * sizeof *v);
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        v[m] = trait_value(t, d, &o[i], scratch);
        m += v[m].type != KF_VAL_MISSING;
    }
    switch (d->keep) {
    case KEEP_MIN:
        return extreme(v, m, -1);
    case KEEP_MAX:
        return extreme(v, m, 1);
    case KEEP_SUM:
        return sum(t->w->events, v, m);
    case KEEP_SET:
        return set(v, m, scratch);
    default:
        return most_frequent(v, m, scratch);
    }
}
