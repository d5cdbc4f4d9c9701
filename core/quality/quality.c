#include "quality/quality.h"

#include "base/error.h"
#include "base/money.h"
#include "event/keys.h"

#include <ctype.h>
#include <stdlib.h>

#define FUTURE (5 * KF_MINUTE)
#define STALE  (30 * KF_DAY)

struct pass {
    const struct kf_events *e;
    const struct kf_config *config;
    struct kf_quality_count *count;
    uint8_t *variant; /* [names + 1] */
    uint8_t *money;   /* [keys + 1] 1: an amount of properties. */
    uint8_t *says;    /* [keys + 1] 1: says it is a test; 2: is about consent */
    uint32_t order_completed, email, names, keys, total, value;
};

size_t kf_quality_name_key(struct kf_str name, char *out, size_t cap)
{
    size_t n = 0;
    bool lower = false, gap = false;
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (isspace(c) || c == '_' || c == '-' || c == '.' || c == ':' || c == '/') {
            gap = n > 0;
            lower = false;
            continue;
        }
        if (isupper(c) && lower)
            gap = true;
        if (gap && n < cap)
            out[n++] = '_';
        gap = false;
        lower = islower(c) || isdigit(c);
        if (n < cap)
            out[n++] = (char)tolower(c);
    }
    return n;
}

/* ---- names ---- */

struct spelling {
    struct kf_str key, name;
    uint64_t n;
    uint32_t symbol;
};

static int cmp_spelling(const void *a, const void *b)
{
    const struct spelling *x = a, *y = b;
    int r = kf_str_cmp(x->key, y->key);
    if (r)
        return r;
    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    return kf_str_cmp(x->name, y->name);
}

/* Of the spellings of one key the most frequent is right. */
static int find_variants(struct pass *p, const uint8_t *subset)
{
    const struct kf_events *e = p->e;
    struct kf_arena arena = {0};
    struct spelling *s = calloc(p->names + 1u, sizeof *s);
    if (!s)
        return KF_E_NOMEM;
    for (uint32_t i = 0; i < e->n; i++)
        if (e->type[i] == KF_EVENT_TRACK && !e->dropped[i] && (!subset || subset[i]) &&
            e->name[i] <= p->names)
            s[e->name[i]].n++;
    uint32_t n = 0;
    for (uint32_t i = 1; i <= p->names; i++) {
        if (!s[i].n)
            continue;
        struct kf_str name = kf_symbols_text(e->dict->name, i);
        char *key = kf_arena_alloc(&arena, 2 * name.n + 1);
        s[n++] = (struct spelling){kf_str(key, kf_quality_name_key(name, key, 2 * name.n + 1)),
                                   name, s[i].n, i};
    }
    qsort(s, n, sizeof *s, cmp_spelling);
    for (uint32_t i = 1; i < n; i++)
        if (kf_str_eq(s[i].key, s[i - 1].key))
            p->variant[s[i].symbol] = 1;
    kf_arena_free(&arena);
    free(s);
    return 0;
}

/* ---- keys ---- */

static bool starts(struct kf_str s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.n > n && memcmp(s.p, prefix, n) == 0;
}

static void classify_keys(struct pass *p)
{
    for (uint32_t k = 1; k <= p->keys; k++) {
        struct kf_str path = kf_symbols_text(p->e->dict->key, k);
        if (starts(path, "properties.") && p->config)
            p->money[k] = kf_config_is_money(p->config, kf_str(path.p + 11, path.n - 11));
        if (kf_str_eq(path, kf_cstr("properties.is_test")) ||
            kf_str_eq(path, kf_cstr("context.is_test")) ||
            kf_str_eq(path, kf_cstr("properties.test_mode")))
            p->says[k] = 1;
        else if (starts(path, "consent.") || starts(path, "context.consent."))
            p->says[k] = 2;
    }
}

/* ---- one event ---- */

static void example(struct pass *p, struct kf_quality_count *c, uint32_t event)
{
    uint32_t i = c->n_example < 3 ? c->n_example++ : 3;
    if (i == 3) {
        if (kf_event_cmp(p->e, event, c->example[2]) > 0)
            return;
        i = 2;
    }
    for (; i && kf_event_cmp(p->e, event, c->example[i - 1]) < 0; i--)
        c->example[i] = c->example[i - 1];
    c->example[i] = event;
}

static void check(struct pass *p, enum kf_quality_check what, uint32_t event, bool bad)
{
    struct kf_quality_count *c = &p->count[what];
    c->of++;
    c->bad += bad;
    if (bad)
        example(p, c, event);
}

/* Copies of earlier runs are counted and gone, so this counter has no examples: they would depend
 * on which run saw which copy. */
static void count_copies(struct pass *p, const uint8_t *subset)
{
    struct kf_quality_count *c = &p->count[KF_QUALITY_DUPLICATES];
    uint64_t earlier = subset ? 0 : p->e->earlier_copies;
    c->of += earlier;
    c->bad += earlier;
}

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

static void body(struct pass *p, uint32_t event)
{
    const struct kf_events *e = p->e;
    const uint8_t *at = NULL;
    uint32_t key;
    struct kf_val v;
    bool test = false, consent = false, amount = false, currency = false, order = false,
         revenue = false;
    while (kf_body_next(e, event, &at, &key, &v)) {
        bool there = v.type != KF_V_NULL && !(v.type == KF_V_TEXT && !v.text.n);
        if (!there || key > p->keys)
            continue;
        test |= p->says[key] == 1 && v.type != KF_V_FALSE;
        consent |= p->says[key] == 2;
        amount |= p->money[key];
        order |= key == KF_KEY_ORDER_ID;
        revenue |= key == KF_KEY_REVENUE || key == p->total || key == p->value;
        if (key == KF_KEY_CURRENCY)
            currency = v.type == KF_V_TEXT && kf_money_exponent(v.text) >= 0;
    }
    for (uint16_t i = 0; i < e->id_n[event]; i++) {
        uint32_t id = e->id_pool[e->id_off[event] + i];
        test |= p->email && kf_idents_ns(e->idents, id) == p->email &&
                nobodys_address(kf_idents_value(e->idents, id));
    }
    check(p, KF_QUALITY_TEST_TRAFFIC, event, test);
    if (amount)
        check(p, KF_QUALITY_MONEY, event, !currency);
    if (e->type[event] == KF_EVENT_IDENTIFY)
        check(p, KF_QUALITY_CONSENT, event, !consent);
    if (p->order_completed && e->name[event] == p->order_completed)
        check(p, KF_QUALITY_PROPERTIES, event, !order || !revenue || !currency);
}

static void one(struct pass *p, uint32_t event)
{
    const struct kf_events *e = p->e;
    p->count[KF_QUALITY_DUPLICATES].of++;
    if (e->dropped[event]) {
        p->count[KF_QUALITY_DUPLICATES].bad++;
        return;
    }
    check(p, KF_QUALITY_FUTURE, event, e->time[event] - e->received[event] > FUTURE);
    check(p, KF_QUALITY_STALE, event, e->received[event] - e->time[event] > STALE);
    if (e->type[event] == KF_EVENT_TRACK)
        check(p, KF_QUALITY_NAMES, event, e->name[event] <= p->names && p->variant[e->name[event]]);
    body(p, event);
}

int kf_quality_builtin(const struct kf_events *e, const struct kf_config *config,
                       const uint8_t *subset, struct kf_quality_count ret[KF_QUALITY_COUNTS],
                       struct kf_error *err)
{
    static const struct kf_quality_count empty[KF_QUALITY_COUNTS] = {
        [KF_QUALITY_NAMES] = {.check = "names", .detail = "name_variant"},
        [KF_QUALITY_PROPERTIES] = {.check = "properties", .detail = "required_missing"},
        [KF_QUALITY_FUTURE] = {.check = "time", .detail = "future"},
        [KF_QUALITY_STALE] = {.check = "time", .detail = "stale"},
        [KF_QUALITY_MONEY] = {.check = "money", .detail = "no_currency"},
        [KF_QUALITY_TEST_TRAFFIC] = {.check = "test_traffic", .detail = "looks_like_test"},
        [KF_QUALITY_CONSENT] = {.check = "activation", .detail = "no_consent_said"},
        [KF_QUALITY_DUPLICATES] = {.check = "duplicates", .detail = "same_id"}};
    struct pass p = {.e = e, .config = config, .count = ret};
    p.names = kf_symbols_count(e->dict->name);
    p.keys = kf_symbols_count(e->dict->key);
    p.variant = calloc(p.names + 1u, 1);
    p.money = calloc(p.keys + 1u, 1);
    p.says = calloc(p.keys + 1u, 1);
    p.order_completed = kf_symbols_find(e->dict->name, kf_cstr("Order Completed"));
    p.email = kf_symbols_find(e->dict->ns, kf_cstr("email"));
    p.total = kf_symbols_find(e->dict->key, kf_cstr("properties.total"));
    p.value = kf_symbols_find(e->dict->key, kf_cstr("properties.value"));
    int rc = p.variant && p.money && p.says ? find_variants(&p, subset) : KF_E_NOMEM;
    if (rc == 0) {
        memcpy(ret, empty, sizeof empty);
        classify_keys(&p);
        for (uint32_t i = 0; i < e->n; i++)
            if (!subset || subset[i])
                one(&p, i);
        count_copies(&p, subset);
    } else {
        kf_error_set(err, rc, "quality", "no memory to check %u events", e->n);
    }
    free(p.variant);
    free(p.money);
    free(p.says);
    return rc;
}
