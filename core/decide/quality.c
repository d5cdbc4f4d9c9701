/* `expect` rules over all events (RULES 4, ANALYTICS 9). What needs no rule is counted by
 * core/quality. */
#include "decide/decide_internal.h"
#include "decide/quality_internal.h"

#include "base/hash.h"
#include "base/money.h"
#include "event/keys.h"
#include "quality/quality.h"

#include <stdlib.h>

#define DETAILS 6

/* One detail of one rule. */
struct tally {
    const char *detail;
    uint64_t bad, of;
    uint32_t example[3], n_example;
};

struct checking {
    struct kf_decide *d;
    const struct kf_rule *r;
    struct decider x;
    struct tally tally[DETAILS];
    uint32_t n_tally;
    uint8_t *bad; /* [events] */
    uint64_t of;
    uint32_t event;
};

static struct tally *tally_of(struct checking *c, const char *detail)
{
    for (uint32_t i = 0; i < c->n_tally; i++)
        if (strcmp(c->tally[i].detail, detail) == 0)
            return &c->tally[i];
    c->tally[c->n_tally].detail = detail;
    return &c->tally[c->n_tally++];
}

/* Examples are the earliest events, so that they do not depend on the order of arrival. */
static void example(struct checking *c, struct tally *t, uint32_t event)
{
    const struct kf_events *e = c->d->w->events;
    uint32_t i = t->n_example < 3 ? t->n_example++ : 3;
    if (i == 3) {
        if (kf_event_cmp(e, event, t->example[2]) > 0)
            return;
        i = 2;
    }
    for (; i && kf_event_cmp(e, event, t->example[i - 1]) < 0; i--)
        t->example[i] = t->example[i - 1];
    t->example[i] = event;
}

static void check(struct checking *c, const char *detail, bool bad)
{
    struct tally *t = tally_of(c, detail);
    t->of++;
    if (!bad)
        return;
    t->bad++;
    c->bad[c->event] = 1;
    example(c, t, c->event);
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
    if (e->type[c->event] != KF_EVENT_TRACK || !e->name[c->event])
        return false;
    struct kf_str name = kf_symbols_text(e->dict->name, e->name[c->event]);
    char key[512], other[512];
    size_t n = kf_quality_name_key(name, key, sizeof key);
    bool planned = false, variant = false;
    for (uint32_t i = 0; list && i < kf_node_texts(list) && !planned; i++) {
        struct kf_str p = kf_cstr(kf_node_text(list, i));
        planned = kf_str_glob(p, name);
        size_t m = kf_quality_name_key(p, other, sizeof other);
        variant |= n == m && memcmp(key, other, n) == 0;
    }
    check(c, "name_variant", !planned && variant);
    check(c, "unplanned_event", !planned && !variant);
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

static bool has_other(struct checking *c)
{
    const struct kf_events *e = c->d->w->events;
    const uint8_t *at = NULL;
    uint32_t key;
    struct kf_val v;
    while (kf_body_next(e, c->event, &at, &key, &v)) {
        struct kf_str path = kf_symbols_text(e->dict->key, key);
        if (path.n > 11 && memcmp(path.p, "properties.", 11) == 0 && !is_listed(c->r, path))
            return true;
    }
    return false;
}

static bool properties(struct checking *c)
{
    const struct kf_node *needs = kf_rule_get(c->r, "needs"),
                         *tests = kf_rule_get(c->r, "properties");
    if (!on_event(c))
        return false;
    bool missing = false, wrong = false, undecided = false, not_permitted = false;
    for (uint32_t i = 0; needs && i < kf_node_texts(needs); i++)
        missing |= property(c, kf_node_text(needs, i)).type == KF_VAL_MISSING;
    for (uint32_t i = 0; tests && i < tests->kids; i++) {
        if (property(c, tests->key[i]).type == KF_VAL_MISSING)
            continue; /* what may be absent is no value that is not permitted */
        kf_eval_event(&c->x.ev, c->event);
        uint64_t before = c->x.ev.wrong_type;
        enum kf_truth t = kf_eval_cond(&c->x.ev, tests->kid[i]);
        /* An amount without a rate for its day has the right type: the record is not to blame. */
        bool by_type = c->x.ev.wrong_type != before;
        wrong |= t == KF_UNDECIDED && by_type;
        undecided |= t == KF_UNDECIDED && !by_type;
        not_permitted |= t == KF_FALSE;
    }
    if (needs)
        check(c, "required_missing", missing);
    if (tests) {
        check(c, "type_mismatch", wrong);
        check(c, "value_not_permitted", not_permitted);
        check(c, "undecided", undecided);
    }
    if (strcmp(kf_rule_text(c->r, "others", "allowed"), "forbidden") == 0)
        check(c, "additional_property", has_other(c));
    return true;
}

static int64_t length(const struct kf_rule *r, const char *key, int64_t def)
{
    const struct kf_node *n = kf_rule_get(r, key);
    return n && n->value.type == KF_K_LENGTH ? n->value.ns : def;
}

static bool times(struct checking *c)
{
    const struct kf_events *e = c->d->w->events;
    int64_t t = e->time[c->event], received = e->received[c->event], original;
    int64_t stale = length(c->r, "stale", 0), skew = length(c->r, "skew", 0);
    bool given;
    struct kf_val v;
    check(c, "future", t - received > length(c->r, "future", 5 * KF_MINUTE));
    if (stale)
        check(c, "stale", received - t > stale);
    if (skew && kf_body_get(e, c->event, KF_KEY_ORIGINAL_TIME, &v) && v.type == KF_V_TEXT &&
        kf_time_parse(v.text, NULL, &original, &given))
        check(c, "clock_skew", original - t > skew || t - original > skew);
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
    uint32_t key = kf_symbols_find(c->d->w->events->dict->key, kf_cstr(path));
    if (!key || !kf_body_get(c->d->w->events, c->event, key, &v))
        return false;
    if (v.type == KF_V_DOUBLE)
        return kf_dec_from_double(v.num, ret);
    *ret = v.dec;
    return v.type == KF_V_DEC;
}

/* total = sum of its parts, wherever the total is there. */
static bool adds_up(struct checking *c)
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
        if (!amount(c, strncmp(name, "properties.", 11) == 0 ? name : path, &total))
            continue;
        for (uint32_t k = 0; k < kf_node_texts(sums->kid[i]); k++)
            if (amount(c, kf_node_text(sums->kid[i], k), &part) && !kf_dec_add(sum, part, &sum))
                return false;
        if (kf_dec_cmp(total, sum) != 0)
            return false;
    }
    return true;
}

static bool monies(struct checking *c)
{
    const struct kf_node *amounts = kf_rule_get(c->r, "amounts"),
                         *allowed = kf_rule_get(c->r, "currencies");
    struct kf_money m;
    struct kf_dec d;
    struct kf_val v;
    bool some = false, decimals = false;
    if (!on_event(c))
        return false;
    bool said = kf_body_get(c->d->w->events, c->event, KF_KEY_CURRENCY, &v) &&
                v.type == KF_V_TEXT && v.text.n;
    bool known = said && kf_money_exponent(v.text) >= 0;
    for (uint32_t i = 0; amounts && i < kf_node_texts(amounts); i++)
        if (amount(c, kf_node_text(amounts, i), &d)) {
            some = true;
            decimals |= known && !kf_money_from_dec(d, v.text, &m);
        }
    check(c, "no_currency", some && !said);
    check(c, "currency", said && (!known || (allowed && !in_texts(allowed, v.text))));
    check(c, "decimals", decimals);
    if (kf_rule_get(c->r, "adds_up"))
        check(c, "adds_up", !adds_up(c));
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
        qsort_r(all.p, all.n, sizeof *all.p, cmp_key, (void *)e);
    for (size_t i = 0; i < all.n; i++) {
        c->event = all.p[i].event;
        c->of++;
        check(c, "same_key", i && all.p[i - 1].hash == all.p[i].hash);
    }
    kf_vec_free(&all);
}

/* Whoever is exported by a channel has consent and has been checked: is it so by the rules? */
static void activation(struct checking *c)
{
    const struct kf_node *list = kf_rule_get(c->r, "channels");
    struct tally *consent = tally_of(c, "no_consent"), *blocked = tally_of(c, "no_suppression");
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

static void over_events(struct checking *c, bool (*one)(struct checking *))
{
    const struct kf_events *e = c->d->w->events;
    kf_eval_profile(&c->x.ev, NULL, 0);
    for (uint32_t v = 0; v < e->n; v++) {
        if (!takes_part(c->d, v) || !kf_world_counts(c->d->w, v))
            continue;
        kf_arena_reset(&c->x.ev.scratch);
        c->event = v;
        c->of += one(c);
    }
}

/* Test traffic is just what flags leave out, so it is looked at all the same. */
static void over_all(struct checking *c, bool (*one)(struct checking *))
{
    for (uint32_t v = 0; v < c->d->w->events->n; v++) {
        if (!takes_part(c->d, v))
            continue;
        c->event = v;
        c->of += one(c);
    }
}

static int run_check(struct checking *c, struct kf_decide *d, const struct kf_rule *r,
                     struct kf_error *err)
{
    const char *what = kf_rule_text(r, "check", "");
    memset(c, 0, sizeof *c);
    c->d = d;
    c->r = r;
    c->bad = calloc(d->w->events->n + 1u, 1);
    if (!c->bad)
        return kf_error_set(err, KF_E_NOMEM, "quality", "out of memory");
    int rc = kf_decider_init(&c->x, d, err);
    if (rc || !kf_rule_in_force(r, d->w->as_of))
        return rc;
    if (strcmp(what, "names") == 0)
        over_events(c, names);
    else if (strcmp(what, "properties") == 0)
        over_events(c, properties);
    else if (strcmp(what, "time") == 0)
        over_events(c, times);
    else if (strcmp(what, "money") == 0)
        over_events(c, monies);
    else if (strcmp(what, "test_traffic") == 0)
        over_all(c, test_traffic);
    else if (strcmp(what, "duplicates") == 0)
        duplicates(c);
    else if (strcmp(what, "activation") == 0)
        activation(c);
    return 0;
}

static void end_check(struct checking *c)
{
    kf_decider_free(&c->x);
    free(c->bad);
}

int kf_quality_events(struct kf_decide *d, const struct kf_rule *r, uint64_t *ret_of,
                      const uint32_t **ret_bad, uint32_t *ret_n, struct kf_arena *arena,
                      struct kf_error *err)
{
    struct checking c;
    int rc = run_check(&c, d, r, err);
    if (rc == 0) {
        uint32_t *bad = kf_arena_alloc(arena, (d->w->events->n + 1u) * sizeof *bad), n = 0;
        for (uint32_t e = 0; e < d->w->events->n; e++)
            if (c.bad[e])
                bad[n++] = e;
        *ret_of = c.of;
        *ret_bad = bad;
        *ret_n = n;
    }
    end_check(&c);
    return rc;
}

/* bad <= allow * of, exactly. */
static bool allowed(const struct kf_rule *r, uint64_t bad, uint64_t of)
{
    struct kf_dec allow = kf_dec_int(0);
    kf_rule_number(r, "allow", &allow);
    unsigned __int128 left = bad, right = (unsigned __int128)(uint64_t)allow.m * of;
    for (int i = 0; i < allow.scale; i++)
        left *= 10;
    return left <= right;
}

typedef kf_vec(struct kf_expect_row) rows;

static int of_rule(struct kf_decide *d, const struct kf_rule *r, rows *out, struct kf_error *err)
{
    struct checking c;
    int rc = run_check(&c, d, r, err);
    for (uint32_t i = 0; rc == 0 && i < c.n_tally; i++) {
        const struct tally *t = &c.tally[i];
        struct kf_expect_row row = {.rule = r,
                                    .check = kf_rule_text(r, "check", ""),
                                    .detail = t->detail,
                                    .bad = t->bad,
                                    .of = t->of,
                                    .n_example = t->n_example,
                                    .passed = allowed(r, t->bad, t->of)};
        memcpy(row.example, t->example, sizeof row.example);
        *kf_vec_push(out) = row;
    }
    end_check(&c);
    return rc;
}

int kf_decide_quality(struct kf_decide *d, struct kf_arena *arena, const struct kf_expect_row **ret,
                      uint32_t *ret_n, struct kf_error *err)
{
    rows all = {0};
    uint32_t n;
    const struct kf_rule *const *rule = kf_rules_kind(d->rules, KF_KIND_EXPECT, &n);
    struct kf_quality_count count[KF_QUALITY_COUNTS];
    int rc = kf_quality_builtin(d->w->events, d->w->config, d->w->subset, count, err);
    for (uint32_t i = 0; i < KF_QUALITY_COUNTS && rc == 0; i++) {
        struct kf_expect_row row = {.check = count[i].check,
                                    .detail = count[i].detail,
                                    .bad = count[i].bad,
                                    .of = count[i].of,
                                    .n_example = count[i].n_example,
                                    .passed = count[i].bad == 0};
        memcpy(row.example, count[i].example, sizeof row.example);
        *kf_vec_push(&all) = row;
    }
    if (rc == 0) {
        kf_vec_reserve(&all, KF_QUALITY_IDENTIFIERS);
        all.n += kf_quality_identifiers(d->w, all.p + all.n);
    }
    for (uint32_t i = 0; i < n && rc == 0; i++)
        rc = of_rule(d, rule[i], &all, err);
    if (rc == 0) {
        struct kf_expect_row *out = kf_arena_alloc(arena, (all.n + 1) * sizeof *out);
        if (all.n)
            memcpy(out, all.p, all.n * sizeof *out);
        *ret = out;
        *ret_n = (uint32_t)all.n;
    }
    kf_vec_free(&all);
    return rc;
}
