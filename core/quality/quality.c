#include "quality/quality_internal.h"

#include "base/error.h"
#include "base/money.h"
#include "event/keys.h"

#include <stdlib.h>

#define FUTURE (5 * KF_MINUTE)
#define STALE  (30 * KF_DAY)
#define SKEW   (10 * KF_MINUTE)

/* ---- keys ---- */

static bool starts(struct kf_str s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.n > n && memcmp(s.p, prefix, n) == 0;
}

static bool is(struct kf_str s, const char *text)
{
    return kf_str_eq(s, kf_cstr(text));
}

/* Discounts and refunds are written with either sign. */
static uint8_t money_of(const struct pass *p, struct kf_str property)
{
    if (!p->o->config || !kf_config_is_money(p->o->config, property))
        return 0;
    return is(property, "discount") || is(property, "refund") ? 2 : 1;
}

static void classify_keys(struct pass *p)
{
    for (uint32_t k = 1; k <= p->keys; k++) {
        struct kf_str path = kf_symbols_text(p->e->dict->key, k);
        if (starts(path, "properties."))
            p->money[k] = money_of(p, kf_str(path.p + 11, path.n - 11));
        if (is(path, "properties.is_test") || is(path, "context.is_test") ||
            is(path, "properties.test_mode"))
            p->says[k] = 1;
        else if (starts(path, "consent.") || starts(path, "context.consent."))
            p->says[k] = 2;
    }
}

static void find_symbols(struct pass *p)
{
    const struct kf_dict *d = p->e->dict;
    p->order_completed = kf_symbols_find(d->name, kf_cstr("Order Completed"));
    p->email = kf_symbols_find(d->ns, kf_cstr("email"));
    p->note = kf_symbols_find(d->key, kf_cstr(KF_TIME_NOTE));
    p->total = kf_symbols_find(d->key, kf_cstr("properties.total"));
    p->value = kf_symbols_find(d->key, kf_cstr("properties.value"));
    p->subtotal = kf_symbols_find(d->key, kf_cstr("properties.subtotal"));
    p->shipping = kf_symbols_find(d->key, kf_cstr("properties.shipping"));
    p->tax = kf_symbols_find(d->key, kf_cstr("properties.tax"));
    p->discount = kf_symbols_find(d->key, kf_cstr("properties.discount"));
}

/* ---- one event ---- */

/* RFC 2606: names that no mailbox has. */
static bool nobodys_address(struct kf_str v)
{
    static const char *const end[] = {"@example.com", "@example.org", "@example.net",
                                      ".test",        ".invalid",     ".example"};
    for (unsigned i = 0; i < sizeof end / sizeof *end; i++) {
        size_t n = strlen(end[i]);
        if (v.n > n && memcmp(v.p + v.n - n, end[i], n) == 0)
            return true;
    }
    return false;
}

/* Programs that drive a browser or fetch a page, as they call themselves. */
static bool program(struct kf_str v)
{
    static const char *const word[] = {"HeadlessChrome", "Selenium", "PhantomJS",
                                       "Playwright",     "Cypress",  "python-requests/",
                                       "curl/",          "Postman"};
    for (unsigned i = 0; i < sizeof word / sizeof *word; i++)
        if (memmem(v.p, v.n, word[i], strlen(word[i])))
            return true;
    return false;
}

static bool test_address(const struct pass *p, uint32_t event)
{
    const struct kf_events *e = p->e;
    for (uint16_t i = 0; p->email && i < e->at[event].id_n; i++) {
        uint32_t id = e->id_pool[e->at[event].id_off + i];
        if (kf_idents_ns(e->idents, id) == p->email &&
            nobodys_address(kf_idents_value(e->idents, id)))
            return true;
    }
    return false;
}

/* What a walk over the fields of an event has seen. */
struct seen {
    struct kf_amounts amounts;
    uint32_t test; /* key that says it is a test */
    uint32_t odd;  /* key of a value of an unusual type */
    bool consent, currency, order, revenue;
    struct kf_str zone;
};

static void see_amount(struct kf_amounts *a, uint32_t key, const struct kf_val *v)
{
    struct kf_amount *x = &a->amount[a->n];
    x->key = key;
    if (a->n == KF_AMOUNTS || (v->type != KF_V_DEC && v->type != KF_V_DOUBLE))
        return;
    x->value = v->dec;
    if (v->type == KF_V_DEC || kf_dec_from_double(v->num, &x->value))
        a->n++;
}

static void see(struct pass *p, uint32_t event, uint32_t key, const struct kf_val *v,
                struct seen *s)
{
    if (v->type == KF_V_NULL || (v->type == KF_V_TEXT && !v->text.n) || key > p->keys)
        return;
    if ((p->says[key] == 1 && v->type != KF_V_FALSE) ||
        (key == KF_KEY_USER_AGENT && v->type == KF_V_TEXT && program(v->text)))
        s->test = key;
    s->consent |= p->says[key] == 2;
    if (p->money[key])
        see_amount(&s->amounts, key, v);
    s->order |= key == KF_KEY_ORDER_ID;
    s->revenue |= key == KF_KEY_REVENUE || key == p->total || key == p->value;
    if (key == KF_KEY_CURRENCY && v->type == KF_V_TEXT) {
        s->amounts.said = true;
        s->amounts.currency = v->text;
    }
    if (key == KF_KEY_TIMEZONE && v->type == KF_V_TEXT)
        s->zone = v->text;
    if (!s->odd && v->type == KF_V_TEXT &&
        kf_types_odd(p->types, p->e->what[event].name, key, v->type))
        s->odd = key;
}

static void check_times(struct pass *p, uint32_t event, const struct seen *s)
{
    const struct kf_events *e = p->e;
    int64_t t = e->time[event], received = e->at[event].received, original;
    struct kf_str note = kf_quality_time_note(e, event, p->note);
    const struct kf_zone *zone;
    struct kf_val v;
    bool given, skew = false;
    if (kf_body_get(e, event, KF_KEY_ORIGINAL_TIME, &v) && v.type == KF_V_TEXT &&
        kf_time_parse(v.text, NULL, &original, &given))
        skew = original - t > SKEW || t - original > SKEW;
    kf_pass_check(p, KF_QUALITY_NO_OFFSET, event, note.n && is(note, "no_offset"), 0);
    kf_pass_check(p, KF_QUALITY_GAP, event, note.n && is(note, "dst_gap"), 0);
    kf_pass_check(p, KF_QUALITY_FUTURE, event, t - received > FUTURE, 0);
    kf_pass_check(p, KF_QUALITY_STALE, event, received - t > STALE, 0);
    kf_pass_check(p, KF_QUALITY_SKEW, event, skew, skew ? KF_KEY_ORIGINAL_TIME : 0);
    if (s->zone.n && kf_quality_zone(p->zones, s->zone, &zone)) {
        bool bad = kf_quality_zone_mismatch(t, received, zone);
        kf_pass_check(p, KF_QUALITY_ZONE, event, bad, bad ? KF_KEY_TIMEZONE : 0);
    }
}

static void check_names(struct pass *p, uint32_t event)
{
    uint32_t name = p->e->what[event].name;
    if (p->e->what[event].type != KF_EVENT_TRACK)
        return;
    uint8_t mark = name <= p->names ? p->variant[name] : 0;
    kf_pass_check(p, KF_QUALITY_VARIANT, event, mark & 1, 0);
    kf_pass_check(p, KF_QUALITY_DYNAMIC, event, (mark & 2) != 0, 0);
}

static void check_event(struct pass *p, uint32_t event)
{
    const struct kf_events *e = p->e;
    const uint8_t *at = NULL;
    uint32_t key;
    struct kf_val v;
    struct seen s = {0};
    while (kf_body_next(e, event, &at, &key, &v))
        see(p, event, key, &v, &s);
    check_names(p, event);
    check_times(p, event, &s);
    bool test = s.test || test_address(p, event);
    kf_pass_check(p, KF_QUALITY_TEST, event, test, s.test);
    if (test)
        kf_pass_check(p, KF_QUALITY_UNLABELLED, event, kf_pass_counts(p, event), s.test);
    kf_pass_money(p, event, &s.amounts);
    if (e->what[event].type == KF_EVENT_IDENTIFY)
        kf_pass_check(p, KF_QUALITY_CONSENT, event, !s.consent, 0);
    if (e->what[event].name)
        kf_pass_check(p, KF_QUALITY_TYPES, event, s.odd != 0, s.odd);
    if (p->order_completed && e->what[event].name == p->order_completed) {
        bool currency = s.amounts.said && kf_money_exponent(s.amounts.currency) >= 0;
        uint32_t lacks = !s.order     ? KF_KEY_ORDER_ID
                         : !s.revenue ? KF_KEY_REVENUE
                         : !currency  ? KF_KEY_CURRENCY
                                      : 0;
        kf_pass_check(p, KF_QUALITY_REQUIRED, event, lacks != 0, lacks);
    }
}

/* Copies of earlier runs are counted and gone, so this counter has no examples: they would depend
 * on which run saw which copy. */
static void check_all(struct pass *p)
{
    struct kf_tally *same = &p->tally[KF_QUALITY_SAME_ID];
    uint64_t earlier = p->o->subset ? 0 : p->e->earlier_copies;
    for (uint32_t i = 0; i < p->e->n; i++) {
        if (!kf_pass_has(p, i))
            continue;
        same->of++;
        same->bad += p->e->dropped[i];
        if (!p->e->dropped[i])
            check_event(p, i);
    }
    same->of += earlier;
    same->bad += earlier;
}

/* ---- all ---- */

static int prepare(struct pass *p)
{
    p->names = kf_symbols_count(p->e->dict->name);
    p->keys = kf_symbols_count(p->e->dict->key);
    p->variant = calloc(p->names + 1u, 1);
    p->refund = calloc(p->names + 1u, 1);
    p->money = calloc(p->keys + 1u, 1);
    p->says = calloc(p->keys + 1u, 1);
    p->zones = kf_quality_zones_new();
    if (!p->variant || !p->refund || !p->money || !p->says || !p->zones)
        return KF_E_NOMEM;
    find_symbols(p);
    classify_keys(p);
    int rc = kf_pass_names(p);
    return rc ? rc : kf_types_new(p, &p->types);
}

static void end(struct pass *p)
{
    free(p->variant);
    free(p->refund);
    free(p->money);
    free(p->says);
    kf_quality_zones_free(p->zones);
    kf_types_free(p->types);
}

int kf_quality_builtin(const struct kf_events *e, const struct kf_quality_options *o,
                       struct kf_tally ret[KF_QUALITY_COUNTS], struct kf_error *err)
{
    static const char *const word[KF_QUALITY_COUNTS][2] = {
        [KF_QUALITY_VARIANT] = {"names", "name_variant"},
        [KF_QUALITY_DYNAMIC] = {"names", "dynamic_name"},
        [KF_QUALITY_REQUIRED] = {"properties", "required_missing"},
        [KF_QUALITY_TYPES] = {"properties", "type_mismatch"},
        [KF_QUALITY_NO_OFFSET] = {"time", "no_offset"},
        [KF_QUALITY_FUTURE] = {"time", "future"},
        [KF_QUALITY_STALE] = {"time", "stale"},
        [KF_QUALITY_SKEW] = {"time", "clock_skew"},
        [KF_QUALITY_ZONE] = {"time", "zone_mismatch"},
        [KF_QUALITY_GAP] = {"time", "dst_gap"},
        [KF_QUALITY_NO_CURRENCY] = {"money", "no_currency"},
        [KF_QUALITY_CURRENCY] = {"money", "currency"},
        [KF_QUALITY_DECIMALS] = {"money", "decimals"},
        [KF_QUALITY_SIGN] = {"money", "sign"},
        [KF_QUALITY_SUM] = {"money", "adds_up"},
        [KF_QUALITY_TEST] = {"test_traffic", "looks_like_test"},
        [KF_QUALITY_UNLABELLED] = {"test_traffic", "unlabelled"},
        [KF_QUALITY_CONSENT] = {"activation", "no_consent_said"},
        [KF_QUALITY_SAME_ID] = {"duplicates", "same_id"},
        [KF_QUALITY_OTHER] = {"duplicates", "same_id_other_content"},
        [KF_QUALITY_SAME_CONTENT] = {"duplicates", "same_content"},
        [KF_QUALITY_SAME_ORDER] = {"duplicates", "same_order"}};
    struct pass p = {.e = e, .o = o, .tally = ret};
    for (int i = 0; i < KF_QUALITY_COUNTS; i++)
        ret[i] = (struct kf_tally){.check = word[i][0], .detail = word[i][1], .rows = o->rows};
    int rc = prepare(&p);
    if (rc)
        kf_error_set(err, rc, "quality", "no memory to check %u events", e->n);
    if (rc == 0) {
        check_all(&p);
        rc = kf_pass_copies(&p, err);
    }
    for (int i = 0; i < KF_QUALITY_COUNTS; i++)
        kf_tally_end(&ret[i], e);
    end(&p);
    return rc;
}
