/* What `expect` rules check of events (RULES 4, ANALYTICS 9): one function a check. */
#include "decide/decide_internal.h"
#include "decide/quality_internal.h"

#include "base/hash.h"
#include "base/money.h"
#include "event/keys.h"

#include <stdlib.h>

static struct kf_tally *tally_of(struct checking *c, const char *detail)
{
    for (uint32_t i = 0; i < c->n_tally; i++)
        if (strcmp(c->tally[i].detail, detail) == 0)
            return &c->tally[i];
    struct kf_tally *t = &c->tally[c->n_tally++];
    *t = (struct kf_tally){
        .check = kf_rule_text(c->r, "check", ""), .detail = detail, .rows = c->rows};
    return t;
}

static void check_at(struct checking *c, const char *detail, bool bad, uint32_t field)
{
    kf_tally_add(tally_of(c, detail), c->d->w->events, c->event, bad, field);
    if (bad)
        c->bad[c->event] = 1;
}

static void check(struct checking *c, const char *detail, bool bad)
{
    check_at(c, detail, bad, 0);
}

static uint32_t key_named(const struct checking *c, const char *path)
{
    return kf_symbols_find(c->d->w->events->dict->key, kf_cstr(path));
}

static struct kf_value property(struct checking *c, const char *path)
{
    return kf_eval_property(&c->x.ev, c->event, kf_cstr(path));
}

/* ---- the checks; each says of one event whether it was checked ---- */

static bool names(struct checking *c)
{
    const struct kf_events *e = c->d->w->events;
    const struct kf_node *list = kf_rule_get(c->r, "names");
    if (e->what[c->event].type != KF_EVENT_TRACK || !e->what[c->event].name)
        return false;
    struct kf_str name = kf_symbols_text(e->dict->name, e->what[c->event].name);
    char key[512], other[512];
    size_t n = kf_quality_name_key(name, key, sizeof key);
    bool planned = false, variant = false;
    for (uint32_t i = 0; list && i < kf_node_texts(list) && !planned; i++) {
        struct kf_str p = kf_cstr(kf_node_text(list, i));
        planned = kf_str_glob(p, name);
        size_t m = kf_quality_name_key(p, other, sizeof other);
        variant |= n == m && memcmp(key, other, n) == 0;
    }
    bool dynamic = !planned && kf_quality_name_is_dynamic(name);
    check(c, "name_variant", !planned && variant);
    check(c, "dynamic_name", dynamic && !variant);
    check(c, "unplanned_event", !planned && !variant && !dynamic);
    return true;
}

static bool on_event(struct checking *c)
{
    const struct kf_node *on = kf_rule_get(c->r, "on");
    if (on && on->op == KF_C_HAS)
        on = on->kid[0];
    return !on || kf_eval_event_matches(&c->x.ev, c->event, on);
}

static bool is_listed(const struct kf_rule *r, struct kf_str path)
{
    const struct kf_node *needs = kf_rule_get(r, "needs"), *p = kf_rule_get(r, "properties");
    for (uint32_t i = 0; needs && i < kf_node_texts(needs); i++)
        if (kf_str_eq(kf_cstr(kf_node_text(needs, i)), path))
            return true;
    for (uint32_t i = 0; p && i < p->kids; i++)
        if (kf_str_eq(kf_cstr(p->key[i]), path))
            return true;
    return false;
}

/* The first property that the rule does not name; 0: none. */
static uint32_t other_property(struct checking *c)
{
    const struct kf_events *e = c->d->w->events;
    const uint8_t *at = NULL;
    uint32_t key;
    struct kf_val v;
    while (kf_body_next(e, c->event, &at, &key, &v)) {
        struct kf_str path = kf_symbols_text(e->dict->key, key);
        if (path.n > 11 && memcmp(path.p, "properties.", 11) == 0 && !is_listed(c->r, path))
            return key;
    }
    return 0;
}

/* The first of the properties that it lacks, as a key; a key that no event has is made none. */
static bool lacks(struct checking *c, const struct kf_node *needs, uint32_t *ret_key)
{
    bool missing = false;
    for (uint32_t i = 0; needs && i < kf_node_texts(needs); i++)
        if (property(c, kf_node_text(needs, i)).type == KF_VAL_MISSING && !missing) {
            missing = true;
            *ret_key = key_named(c, kf_node_text(needs, i));
        }
    return missing;
}

struct tested { /* by the rule's tests: the first property of each outcome; 0: none */
    bool wrong, undecided, not_permitted;
    uint32_t wrong_key, undecided_key, not_permitted_key;
};

static void note(bool *what, uint32_t *key, bool is, uint32_t is_key)
{
    if (is && !*what)
        *key = is_key;
    *what |= is;
}

static void test_properties(struct checking *c, const struct kf_node *tests, struct tested *t)
{
    for (uint32_t i = 0; tests && i < tests->kids; i++) {
        if (property(c, tests->key[i]).type == KF_VAL_MISSING)
            continue; /* what may be absent is no value that is not permitted */
        uint32_t key = key_named(c, tests->key[i]);
        kf_eval_event(&c->x.ev, c->event);
        uint64_t before = c->x.ev.wrong_type;
        enum kf_truth truth = kf_eval_cond(&c->x.ev, tests->kid[i]);
        /* An amount without a rate for its day has the right type: the record is not to blame. */
        bool by_type = c->x.ev.wrong_type != before;
        note(&t->wrong, &t->wrong_key, truth == KF_UNDECIDED && by_type, key);
        note(&t->undecided, &t->undecided_key, truth == KF_UNDECIDED && !by_type, key);
        note(&t->not_permitted, &t->not_permitted_key, truth == KF_FALSE, key);
    }
}

static bool properties(struct checking *c)
{
    const struct kf_node *needs = kf_rule_get(c->r, "needs"),
                         *tests = kf_rule_get(c->r, "properties");
    if (!on_event(c))
        return false;
    struct tested t = {0};
    uint32_t lacking = 0;
    bool missing = lacks(c, needs, &lacking);
    test_properties(c, tests, &t);
    if (needs)
        check_at(c, "required_missing", missing, lacking);
    if (tests) {
        check_at(c, "type_mismatch", t.wrong, t.wrong_key);
        check_at(c, "value_not_permitted", t.not_permitted, t.not_permitted_key);
        check_at(c, "undecided", t.undecided, t.undecided_key);
    }
    if (strcmp(kf_rule_text(c->r, "others", "allowed"), "forbidden") == 0) {
        uint32_t other = other_property(c);
        check_at(c, "additional_property", other != 0, other);
    }
    return true;
}

static int64_t length(const struct kf_rule *r, const char *key, int64_t def)
{
    const struct kf_node *n = kf_rule_get(r, key);
    return n && n->value.type == KF_K_LENGTH ? n->value.ns : def;
}

/* How far the clock of a device was off; 0: it was not, or nobody knows. */
static int64_t skew_of(struct checking *c)
{
    const struct kf_events *e = c->d->w->events;
    int64_t original, t = e->time[c->event];
    bool given;
    struct kf_val v;
    if (!kf_body_get(e, c->event, KF_KEY_ORIGINAL_TIME, &v) || v.type != KF_V_TEXT ||
        !kf_time_parse(v.text, NULL, &original, &given))
        return 0;
    return original > t ? original - t : t - original;
}

static bool zone_mismatch(struct checking *c, bool *ret_checked)
{
    const struct kf_events *e = c->d->w->events;
    const struct kf_zone *zone;
    struct kf_val v;
    *ret_checked = kf_body_get(e, c->event, KF_KEY_TIMEZONE, &v) && v.type == KF_V_TEXT &&
                   v.text.n && kf_quality_zone(c->zones, v.text, &zone);
    return *ret_checked &&
           kf_quality_zone_mismatch(e->time[c->event], e->at[c->event].received, zone);
}

static bool times(struct checking *c)
{
    const struct kf_events *e = c->d->w->events;
    int64_t t = e->time[c->event], received = e->at[c->event].received;
    int64_t stale = length(c->r, "stale", 0), skew = length(c->r, "skew", 0);
    struct kf_str odd = kf_quality_time_note(e, c->event, c->note);
    bool has_zone, zone = zone_mismatch(c, &has_zone);
    check(c, "future", t - received > length(c->r, "future", 5 * KF_MINUTE));
    if (stale)
        check(c, "stale", received - t > stale);
    if (skew)
        check_at(c, "clock_skew", skew_of(c) > skew, KF_KEY_ORIGINAL_TIME);
    check(c, "no_offset", odd.n && kf_str_eq(odd, kf_cstr("no_offset")));
    check(c, "dst_gap", odd.n && kf_str_eq(odd, kf_cstr("dst_gap")));
    if (has_zone)
        check_at(c, "zone_mismatch", zone, KF_KEY_TIMEZONE);
    return true;
}

static bool in_texts(const struct kf_node *list, struct kf_str v)
{
    for (uint32_t i = 0; i < kf_node_texts(list); i++)
        if (kf_node_text(list, i) && kf_str_eq(kf_cstr(kf_node_text(list, i)), v))
            return true;
    return false;
}

static bool amount(struct checking *c, const char *path, struct kf_dec *ret)
{
    struct kf_val v;
    uint32_t key = key_named(c, path);
    if (!key || !kf_body_get(c->d->w->events, c->event, key, &v))
        return false;
    if (v.type == KF_V_DOUBLE)
        return kf_dec_from_double(v.num, ret);
    *ret = v.dec;
    return v.type == KF_V_DEC;
}

/* total = sum of its parts, wherever the total is there; the key of the first that is not. */
static uint32_t wrong_sum(struct checking *c)
{
    const struct kf_node *sums = kf_rule_get(c->r, "adds_up");
    for (uint32_t i = 0; sums && i < sums->kids; i++) {
        struct kf_dec total, sum = kf_dec_int(0), part;
        const char *name = sums->key[i];
        char path[300];
        size_t n = strlen(name);
        if (n + 12 > sizeof path)
            continue;
        memcpy(path, "properties.", 11);
        memcpy(path + 11, name, n + 1);
        if (strncmp(name, "properties.", 11) == 0)
            memcpy(path, name, n + 1);
        if (!amount(c, path, &total))
            continue;
        bool right = true;
        for (uint32_t k = 0; k < kf_node_texts(sums->kid[i]) && right; k++)
            if (amount(c, kf_node_text(sums->kid[i], k), &part))
                right = kf_dec_add(sum, part, &sum);
        if (!right || kf_dec_cmp(total, sum) != 0)
            return key_named(c, path);
    }
    return 0;
}

/* Discounts and refunds are written with either sign. */
static bool may_be_negative(const char *path)
{
    return strcmp(path, "properties.discount") == 0 || strcmp(path, "properties.refund") == 0;
}

static bool monies(struct checking *c)
{
    const struct kf_node *amounts = kf_rule_get(c->r, "amounts"),
                         *allowed = kf_rule_get(c->r, "currencies");
    struct kf_money m;
    struct kf_dec d;
    struct kf_val v;
    bool some = false;
    uint32_t first = 0, negative = 0, decimals = 0;
    if (!on_event(c))
        return false;
    bool said = kf_body_get(c->d->w->events, c->event, KF_KEY_CURRENCY, &v) &&
                v.type == KF_V_TEXT && v.text.n;
    bool known = said && kf_money_exponent(v.text) >= 0;
    for (uint32_t i = 0; amounts && i < kf_node_texts(amounts); i++) {
        const char *path = kf_node_text(amounts, i);
        if (!amount(c, path, &d))
            continue;
        uint32_t key = key_named(c, path);
        first = some ? first : key;
        some = true;
        if (d.m < 0 && !negative && !may_be_negative(path))
            negative = key;
        if (known && !decimals && !kf_money_from_dec(d, v.text, &m))
            decimals = key;
    }
    check_at(c, "no_currency", some && !said, first);
    check_at(c, "currency", said && (!known || (allowed && !in_texts(allowed, v.text))),
             KF_KEY_CURRENCY);
    check_at(c, "decimals", decimals != 0, decimals);
    check_at(c, "sign", negative != 0, negative);
    if (kf_rule_get(c->r, "adds_up")) {
        uint32_t wrong = wrong_sum(c);
        check_at(c, "adds_up", wrong != 0, wrong);
    }
    return true;
}

static bool test_traffic(struct checking *c)
{
    const struct kf_node *looks = kf_rule_get(c->r, "looks_like");
    const char *flag = kf_rule_text(c->r, "flag", "");
    if (!looks)
        return false;
    kf_eval_event(&c->x.ev, c->event);
    if (kf_eval_cond(&c->x.ev, looks) != KF_TRUE)
        return false;
    check(c, "unlabelled", !kf_world_flagged(c->d->w, c->event, kf_cstr(flag)));
    return true;
}

/* ---- checks that are no matter of single events ---- */

struct key_at {
    uint64_t hash;
    uint32_t event;
};

static int cmp_key(const void *a, const void *b, void *ctx)
{
    const struct key_at *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return kf_event_cmp(ctx, x->event, y->event);
}

static bool key_of(struct checking *c, const struct kf_node *paths, uint64_t *ret)
{
    uint64_t h = 0;
    for (uint32_t i = 0; i < kf_node_texts(paths); i++) {
        struct kf_value v = property(c, kf_node_text(paths, i));
        struct kf_buf b = {0};
        if (v.type == KF_VAL_MISSING || v.type == KF_VAL_UNDECIDED)
            return false;
        kf_value_json(&v, &b);
        h = kf_hash64_seed(b.p, b.n, h + 1);
        kf_buf_free(&b);
    }
    *ret = h;
    return true;
}

static bool takes_part(const struct kf_decide *d, uint32_t e)
{
    const struct kf_world *w = d->w;
    return !w->events->dropped[e] && w->events->time[e] <= w->as_of && (!w->subset || w->subset[e]);
}

/* Of events with one business key all but the first. */
static void duplicates(struct checking *c)
{
    const struct kf_events *e = c->d->w->events;
    const struct kf_node *paths = kf_rule_get(c->r, "key");
    kf_vec(struct key_at) all = {0};
    for (uint32_t v = 0; paths && v < e->n; v++) {
        uint64_t h;
        c->event = v;
        if (!takes_part(c->d, v) || !kf_world_counts(c->d->w, v) || !on_event(c))
            continue;
        kf_arena_reset(&c->x.ev.scratch);
        if (key_of(c, paths, &h))
            *kf_vec_push(&all) = (struct key_at){h, v};
    }
    if (all.n)
        qsort_r(all.p, all.n, sizeof *all.p, cmp_key, (void *)(uintptr_t)e);
    for (size_t i = 0; i < all.n; i++) {
        c->event = all.p[i].event;
        c->of++;
        check_at(c, "same_key", i && all.p[i - 1].hash == all.p[i].hash,
                 key_named(c, kf_node_text(paths, 0)));
    }
    kf_vec_free(&all);
}

/* Whoever is exported by a channel has consent and has been checked: is it so by the rules? */
static void activation(struct checking *c)
{
    const struct kf_node *list = kf_rule_get(c->r, "channels");
    struct kf_tally *consent = tally_of(c, "no_consent"), *blocked = tally_of(c, "no_suppression");
    for (uint32_t i = 0; list && i < kf_node_texts(list); i++) {
        const struct kf_rule *ch =
            kf_rules_find(c->d->rules, KF_KIND_CHANNEL, kf_node_text(list, i));
        bool some = false;
        for (uint32_t s = 0; ch && s < c->d->n_suppress; s++)
            some |=
                (c->d->info[c->d->suppress[s]->number].channels >> c->d->info[ch->number].ordinal &
                 1) != 0;
        c->of++;
        consent->of++;
        blocked->of++;
        consent->bad += !ch || !c->d->info[ch->number].n_purpose;
        blocked->bad += !some;
    }
}

/* ---- one rule ---- */

static void over_events(struct checking *c, bool (*one)(struct checking *), bool all)
{
    const struct kf_events *e = c->d->w->events;
    kf_eval_profile(&c->x.ev, NULL, 0);
    for (uint32_t v = 0; v < e->n; v++) {
        if (!takes_part(c->d, v) || (!all && !kf_world_counts(c->d->w, v)))
            continue;
        kf_arena_reset(&c->x.ev.scratch);
        c->event = v;
        c->of += one(c);
    }
}

static void one_check(struct checking *c)
{
    static const struct {
        const char *check;
        bool (*one)(struct checking *);
        bool all; /* test traffic is just what flags leave out, so it is looked at all the same */
    } by_event[] = {{"names", names, false},
                    {"properties", properties, false},
                    {"time", times, false},
                    {"money", monies, false},
                    {"test_traffic", test_traffic, true}};
    const char *what = kf_rule_text(c->r, "check", "");
    for (size_t i = 0; i < sizeof by_event / sizeof *by_event; i++)
        if (strcmp(what, by_event[i].check) == 0)
            over_events(c, by_event[i].one, by_event[i].all);
    if (strcmp(what, "activation") == 0)
        activation(c);
    if (strcmp(what, "duplicates") == 0)
        duplicates(c);
}

int kf_check_run(struct checking *c, struct kf_decide *d, const struct kf_rule *r, bool rows,
                 struct kf_error *err)
{
    *c = (struct checking){.d = d, .r = r, .rows = rows};
    c->bad = calloc(d->w->events->n + 1u, 1);
    c->zones = kf_quality_zones_new();
    c->note = kf_symbols_find(d->w->events->dict->key, kf_cstr(KF_TIME_NOTE));
    if (!c->bad || !c->zones)
        return kf_error_set(err, KF_E_NOMEM, "quality", "out of memory");
    int rc = kf_decider_init(&c->x, d, err);
    if (rc == 0 && kf_rule_in_force(r, d->w->as_of))
        one_check(c);
    for (uint32_t i = 0; i < c->n_tally; i++)
        kf_tally_end(&c->tally[i], d->w->events);
    return rc;
}

void kf_check_end(struct checking *c)
{
    kf_decider_free(&c->x);
    for (uint32_t i = 0; i < c->n_tally; i++)
        kf_tally_free(&c->tally[i]);
    kf_quality_zones_free(c->zones);
    free(c->bad);
}
