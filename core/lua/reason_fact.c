/* What a test is about: computed traits, buckets, bands and days since are looked through to the
 * value beneath, so that tests of it meet. */
#include "lua/reason_internal.h"

#include <stdlib.h>

#include "base/hash.h"
#include "lua/value.h"

#define LOOK_THROUGH 12 /* computed traits that ask each other */

/* ---- facts by name ---- */

static void grow_slots(struct kf_reason *r)
{
    uint32_t n = r->slots ? r->slots * 2 : 256;
    uint32_t *slot = kf_arena_zalloc(&r->keep, n * sizeof *slot);
    for (uint32_t i = 0; i < r->fact.n; i++) {
        uint64_t h = kf_hash64(r->fact.p[i].key.p, r->fact.p[i].key.n);
        while (slot[h & (n - 1)])
            h++;
        slot[h & (n - 1)] = i + 1;
    }
    r->slot = slot;
    r->slots = n;
}

uint32_t kf_reason_find(const struct kf_reason *r, struct kf_str key)
{
    if (!r->slots)
        return UINT32_MAX;
    for (uint64_t h = kf_hash64(key.p, key.n); r->slot[h & (r->slots - 1)]; h++) {
        uint32_t i = r->slot[h & (r->slots - 1)] - 1;
        if (kf_str_eq(r->fact.p[i].key, key))
            return i;
    }
    return UINT32_MAX;
}

uint32_t kf_reason_fact(struct kf_reason *r, struct kf_str key, enum kf_fact_mode mode,
                        struct kf_values base)
{
    uint32_t found = kf_reason_find(r, key);
    if (found != UINT32_MAX)
        return found;
    if (2 * (r->fact.n + 1) > r->slots)
        grow_slots(r);
    uint64_t h = kf_hash64(key.p, key.n);
    while (r->slot[h & (r->slots - 1)])
        h++;
    struct kf_fact f = {.mode = mode, .base = base};
    f.key = kf_str(kf_arena_strndup(&r->keep, key.p, key.n), key.n);
    *kf_vec_push(&r->fact) = f;
    r->slot[h & (r->slots - 1)] = (uint32_t)r->fact.n;
    return (uint32_t)r->fact.n - 1;
}

/* ---- what values there are ---- */

static struct kf_values counts(struct kf_reason *r, bool missing)
{
    struct kf_values v = kf_values_of(0, missing);
    v.number = kf_ranges_from(&r->keep, kf_dec_int(0), false);
    return v;
}

static struct kf_values past_times(struct kf_reason *r)
{
    struct kf_values v = kf_values_of(KF_SORT_INSTANT, true);
    if (r->about != KF_ABOUT_EVENT) /* what follows an event may come after it */
        v.instant.age = kf_ranges_from(&r->keep, kf_dec_int(0), false);
    return v;
}

static struct kf_values texts_of(struct kf_reason *r, const char *const *p, uint32_t n,
                                 bool missing)
{
    struct kf_values v = kf_values_of(0, missing);
    struct kf_str *s = kf_arena_alloc(&r->keep, (n + 1) * sizeof *s);
    for (uint32_t i = 0; i < n; i++)
        s[i] = kf_cstr(p[i]);
    v.text.p = s;
    v.text.n = n;
    return v;
}

bool kf_reason_card_bounds(const struct kf_rule *score, struct kf_dec *ret_lo,
                           struct kf_dec *ret_hi)
{
    const struct kf_node *add = kf_rule_get(score, "add"), *range = kf_rule_get(score, "range");
    struct kf_dec lo = kf_dec_int(0), hi;
    if (!add || kf_rule_get(score, "model"))
        return false;
    kf_rule_number(score, "start", &lo);
    hi = lo;
    for (uint32_t i = 0; i < add->kids; i++) {
        const struct kf_node *n = kf_map_get(add->kid[i], "points");
        if (!n)
            continue;
        struct kf_dec *end = n->value.number.m < 0 ? &lo : &hi;
        if (!kf_dec_add(*end, n->value.number, end))
            return false;
    }
    if (range && range->kids > 1) {
        struct kf_dec least = range->kid[0]->value.number, most = range->kid[1]->value.number;
        if (kf_dec_cmp(least, most) > 0)
            return false;
        lo = kf_dec_cmp(lo, least) < 0 ? least : kf_dec_cmp(lo, most) > 0 ? most : lo;
        hi = kf_dec_cmp(hi, most) > 0 ? most : kf_dec_cmp(hi, least) < 0 ? least : hi;
    }
    *ret_lo = lo;
    *ret_hi = hi;
    return true;
}

static struct kf_values score_values(struct kf_reason *r, const struct kf_node *e)
{
    const struct kf_rule *score = kf_rules_find(r->s, KF_KIND_SCORE, e->name.p);
    struct kf_values v = kf_values_of(KF_SORT_ALL, true);
    struct kf_dec lo, hi;
    if (!score || !kf_reason_always_in_force(score) || !kf_reason_card_bounds(score, &lo, &hi))
        return v;
    v = kf_values_of(0, false);
    struct kf_range *p = kf_arena_alloc(&r->keep, sizeof *p);
    *p = (struct kf_range){.lo = lo, .hi = hi};
    v.number = (struct kf_ranges){p, 1};
    return v;
}

static struct kf_values trait_values(struct kf_reason *r, const struct kf_node *e,
                                     enum kf_fact_mode *mode)
{
    static const struct {
        const char *type;
        uint32_t sorts;
    } sorts[] = {{"text", KF_SORT_TEXT},    {"number", KF_SORT_NUMBER},
                 {"boolean", KF_SORT_BOOL}, {"date", KF_SORT_DATE},
                 {"time", KF_SORT_INSTANT}, {"money", KF_SORT_MONEY | KF_SORT_OTHER}};
    const struct kf_rule *t = kf_rules_find(r->s, KF_KIND_TRAIT, e->name.p);
    const char *type = t ? kf_rule_text(t, "type", "text") : "";
    if (t && strcmp(kf_rule_text(t, "keep", "newest"), "set") != 0)
        for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++)
            if (strcmp(sorts[i].type, type) == 0)
                return kf_values_of(sorts[i].sorts, true);
    *mode = KF_FACT_MANY;
    return kf_values_of(KF_SORT_ALL, true);
}

static struct kf_values property_values(struct kf_reason *r, const struct kf_node *e,
                                        enum kf_fact_mode *mode)
{
    static const char *const platforms[] = {"web", "ios", "android", "server"};
    (void)r;
    if (kf_str_eq(e->name, kf_cstr("event.time")) ||
        kf_str_eq(e->name, kf_cstr("event.received_at")))
        return kf_values_of(KF_SORT_INSTANT, false);
    if (kf_str_eq(e->name, kf_cstr("event.platform")))
        return texts_of(r, platforms, 4, true);
    if (kf_str_eq(e->name, kf_cstr("event.name")) || kf_str_eq(e->name, kf_cstr("event.source")))
        return kf_values_of(KF_SORT_TEXT, true);
    *mode = KF_FACT_MANY;
    return kf_values_of(KF_SORT_ALL, true);
}

static bool is_grouped(const struct kf_node *select)
{
    for (uint32_t i = 0; i < select->kids; i++)
        if (select->kid[i]->op == KF_F_PER)
            return true;
    return false;
}

static struct kf_values aggregate_values(struct kf_reason *r, const struct kf_node *e,
                                         enum kf_fact_mode *mode)
{
    switch (e->op) {
    case KF_E_COUNT:
        *mode = KF_FACT_COUNT;
        return counts(r, false);
    case KF_E_DAYS:
    case KF_E_PROFILES:
    case KF_E_DISTINCT:
        return counts(r, false);
    case KF_E_SUM:
        return kf_values_of(KF_SORT_NUMBER | KF_SORT_MONEY, false);
    case KF_E_AVERAGE:
        return kf_values_of(KF_SORT_NUMBER | KF_SORT_MONEY, true);
    case KF_E_FIRST_TIME:
    case KF_E_LAST_TIME:
        return past_times(r);
    case KF_E_FIRST:
    case KF_E_LAST:
        *mode = KF_FACT_MANY;
        return kf_values_of(KF_SORT_ALL, true);
    default:
        return kf_values_of(KF_SORT_ALL, true);
    }
}

static struct kf_values values_of(struct kf_reason *r, const struct kf_node *e,
                                  enum kf_fact_mode *mode)
{
    static const char *const states[] = {"granted", "denied", "conflict", "unknown"};
    *mode = KF_FACT_ONE;
    if (e->op >= KF_E_COUNT && e->op <= KF_E_LAST_TIME) {
        if (is_grouped(e->kid[0]))
            *mode = KF_FACT_CLOSED;
        return *mode == KF_FACT_CLOSED ? kf_values_of(KF_SORT_ALL, true)
                                       : aggregate_values(r, e, mode);
    }
    switch (e->op) {
    case KF_E_IDENTIFIER_COUNT:
    case KF_E_MEMBERS:
        return counts(r, false);
    case KF_E_TRAVEL_SPEED:
        return counts(r, true);
    case KF_E_CONSENT:
        return texts_of(r, states, 4, false);
    case KF_E_CONSENT_TIME:
    case KF_E_TRAIT_CHANGED:
        return kf_values_of(KF_SORT_INSTANT, true);
    case KF_E_TIME_BETWEEN:
        return kf_values_of(KF_SORT_LENGTH, true);
    case KF_E_SCORE:
        return score_values(r, e);
    case KF_E_TRAIT:
        return trait_values(r, e, mode);
    case KF_E_PROPERTY:
        return property_values(r, e, mode);
    case KF_E_TOUCH:
        return kf_values_of(KF_SORT_BOOL | KF_SORT_TEXT, true);
    case KF_E_IDENTIFIER:
    case KF_E_ACCOUNT_TRAIT:
    case KF_E_TRAIT_PREVIOUS:
    case KF_E_CUSTOM:
        *mode = KF_FACT_MANY;
        return kf_values_of(KF_SORT_ALL, true);
    case KF_E_RATIO:
    case KF_E_DIFFERENCE:
    case KF_E_TOTAL:
        for (uint32_t i = 0; i < e->kids; i++)
            if (e->kid[i]->kids && e->kid[i]->kid[0]->cls == KF_CLASS_SELECT &&
                is_grouped(e->kid[i]->kid[0]))
                *mode = KF_FACT_CLOSED;
        return kf_values_of(KF_SORT_ALL, true);
    default:
        return kf_values_of(KF_SORT_ALL, true);
    }
}

static bool is_whole(const struct kf_reason *r, const struct kf_node *e)
{
    (void)r;
    return e->op == KF_E_COUNT || e->op == KF_E_DAYS || e->op == KF_E_PROFILES ||
           e->op == KF_E_DISTINCT || e->op == KF_E_IDENTIFIER_COUNT || e->op == KF_E_MEMBERS ||
           e->op == KF_E_TRAVEL_SPEED;
}

/* The fact of a value in a currency; key: canonical text. */
static uint32_t fact_of(struct kf_reason *r, const struct kf_node *e, struct kf_str key,
                        const char cur[4])
{
    if (memcmp(cur, r->cur, 3) != 0)
        key = kf_cstr(kf_arena_printf(&r->scratch, "%s in %s", key.p, cur));
    if (r->about == KF_ABOUT_EVENT) /* ages of what an event asks may be below 0 */
        key = kf_cstr(kf_arena_printf(&r->scratch, "one %s", key.p));
    uint32_t i = kf_reason_find(r, key);
    if (i != UINT32_MAX)
        return i;
    enum kf_fact_mode mode;
    struct kf_values base = values_of(r, e, &mode);
    i = kf_reason_fact(r, key, mode, base);
    r->fact.p[i].whole = is_whole(r, e);
    r->fact.p[i].op = e->op;
    if (e->op >= KF_E_COUNT && e->op <= KF_E_LAST_TIME && mode != KF_FACT_CLOSED) {
        uint32_t select = kf_reason_select_of(r, e->kid[0]) + 1;
        r->fact.p[i].select = select;
    }
    return i;
}

/* ---- looking through ---- */

static bool texts_have(const struct kf_texts *t, struct kf_str s)
{
    struct kf_texts one = {.p = &s, .n = 1, .part = t->part, .n_part = t->n_part};
    bool listed = false;
    for (uint32_t i = 0; i < t->n && !listed; i++)
        listed = kf_str_eq(t->p[i], s);
    return listed != t->but && !kf_texts_empty(one);
}

struct step {
    struct kf_str label;
    struct kf_const from;
};

/* Labels from the lowest on. False: not of a kind that can be looked through. */
static bool ascending(const struct step *step, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_const *k = &step[i].from, *first = &step[0].from;
        if (k->type != first->type ||
            (k->type != KF_K_NUMBER && k->type != KF_K_MONEY && k->type != KF_K_LENGTH) ||
            (k->type == KF_K_MONEY && memcmp(k->money.cur, first->money.cur, 3) != 0))
            return false;
        if (i == 0)
            continue;
        const struct kf_const *before = &step[i - 1].from;
        bool up = k->type == KF_K_NUMBER  ? kf_dec_cmp(before->number, k->number) < 0
                  : k->type == KF_K_MONEY ? before->money.minor < k->money.minor
                                          : before->ns < k->ns;
        if (!up)
            return false;
    }
    return n > 0;
}

static struct kf_dec number_of(const struct kf_const *k)
{
    return k->type == KF_K_NUMBER  ? k->number
           : k->type == KF_K_MONEY ? kf_dec_int(k->money.minor)
                                   : kf_dec_int(k->ns);
}

/* The values beneath whose label is in the set. */
static struct kf_values beneath_steps(struct kf_reason *r, const struct kf_values *set,
                                      const struct step *step, uint32_t n, enum kf_goal goal)
{
    struct kf_arena *a = &r->scratch;
    struct kf_ranges in = {NULL, 0};
    enum kf_const_type type = step[0].from.type;
    if (set->missing) /* below the first */
        in = kf_ranges_to(a, number_of(&step[0].from), true);
    for (uint32_t i = 0; i < n; i++) {
        if (!texts_have(&set->text, step[i].label))
            continue;
        struct kf_dec lo = number_of(&step[i].from);
        struct kf_ranges one = i + 1 < n ? kf_ranges_step(a, lo, number_of(&step[i + 1].from))
                                         : kf_ranges_from(a, lo, false);
        in = kf_ranges_or(a, in, one);
    }
    struct kf_values v = kf_values_of(kf_goal_definite(goal) ? 0 : KF_SORT_ALL, set->missing);
    *(type == KF_K_NUMBER ? &v.number : type == KF_K_MONEY ? &v.money : &v.length) = in;
    return v;
}

static uint32_t bucket_steps(const struct kf_node *e, struct step **ret, struct kf_arena *a)
{
    struct step *s = kf_arena_alloc(a, (e->kids + 1) * sizeof *s);
    uint32_t n = 0;
    for (uint32_t i = 1; i + 1 < e->kids; i += 2) {
        if (e->kid[i]->op != KF_K || e->kid[i]->value.type != KF_K_TEXT || !e->kid[i]->value.text.n)
            return 0;
        s[n].label = e->kid[i]->value.text;
        s[n++].from = e->kid[i + 1]->value;
    }
    *ret = s;
    return ascending(s, n) ? n : 0;
}

static uint32_t band_steps(const struct kf_rule *score, struct step **ret, struct kf_arena *a)
{
    const struct kf_node *bands = kf_rule_get(score, "bands");
    if (!bands || bands->op != KF_T_LIST)
        return 0;
    struct step *s = kf_arena_alloc(a, (bands->kids + 1) * sizeof *s);
    uint32_t n = 0;
    for (uint32_t i = 0; i < bands->kids; i++) {
        const struct kf_node *name = kf_map_get(bands->kid[i], "1");
        const struct kf_node *from = kf_map_get(bands->kid[i], "2");
        if (!name || !from || from->value.type != KF_K_NUMBER)
            return 0;
        s[n].label = name->value.text;
        s[n++].from = from->value;
    }
    *ret = s;
    return ascending(s, n) ? n : 0;
}

/* Whole days since a time, as its age. */
static struct kf_values beneath_days(struct kf_reason *r, const struct kf_values *set,
                                     enum kf_goal goal)
{
    struct kf_arena *a = &r->scratch;
    struct kf_ranges days = kf_ranges_whole(a, set->number), ns = {NULL, 0};
    for (uint32_t i = 0; i < days.n; i++) {
        struct kf_range x = days.p[i], *p = kf_arena_alloc(a, sizeof *p);
        *p = (struct kf_range){.lo_inf = x.lo_inf || x.lo.m < -100000,
                               .hi_inf = x.hi_inf || x.hi.m > 100000,
                               .hi_open = true};
        if (!p->lo_inf)
            p->lo = kf_dec_int(x.lo.m > 100000 ? 100000 * KF_DAY : x.lo.m * KF_DAY);
        if (!p->hi_inf)
            p->hi = kf_dec_int(x.hi.m < -100000 ? -100000 * KF_DAY : (x.hi.m + 1) * KF_DAY);
        ns = kf_ranges_or(a, ns, (struct kf_ranges){p, 1});
    }
    struct kf_values v =
        kf_values_of(kf_goal_definite(goal) ? KF_SORT_TEXT : KF_SORT_ALL, set->missing);
    v.date = v.instant = kf_times_all();
    v.date.age = days;
    v.instant.age = ns;
    v.date.none = !days.n;
    v.instant.none = !ns.n;
    return v;
}

struct view {
    const struct kf_node *e;
    struct kf_values set;
    enum kf_goal goal;
    char cur[4];
    bool of_trait;      /* a count seen through a trait is known or undecided */
    bool through;       /* one single value was asked: a bucket, days since */
    bool sure;          /* the set is exact */
    struct kf_str band; /* a score that is asked by its band */
};

static bool through_trait(struct kf_reason *r, struct view *v)
{
    const struct kf_rule *c =
        v->e->op == KF_E_TRAIT ? kf_rules_find(r->s, KF_KIND_COMPUTED, v->e->name.p) : NULL;
    const struct kf_node *is = c ? kf_rule_get(c, "is") : NULL;
    if (!is || !kf_reason_always_in_force(c))
        return false;
    const char *unit = kf_rule_text(c, "unit", NULL);
    const char *cur = unit && kf_money_exponent(kf_cstr(unit)) >= 0 ? unit : r->cur;
    if (memcmp(cur, v->cur, 3) != 0)
        return false;
    v->e = is;
    v->of_trait = true;
    return true;
}

static bool through_bucket(struct kf_reason *r, struct view *v)
{
    struct step *step;
    uint32_t n = v->e->op == KF_E_BUCKET ? bucket_steps(v->e, &step, &r->scratch) : 0;
    if (!n)
        return false;
    v->set = beneath_steps(r, &v->set, step, n, v->goal);
    if (step[0].from.type == KF_K_MONEY)
        memcpy(v->cur, step[0].from.money.cur, 4);
    else
        memcpy(v->cur, r->cur, 4);
    v->e = v->e->kid[0];
    v->through = true;
    return true;
}

static bool through_band(struct kf_reason *r, struct view *v)
{
    const struct kf_rule *score =
        v->e->op == KF_E_SCORE_BAND ? kf_rules_find(r->s, KF_KIND_SCORE, v->e->name.p) : NULL;
    struct step *step;
    struct kf_dec lo, hi;
    if (!score || !kf_reason_always_in_force(score) || !kf_reason_card_bounds(score, &lo, &hi))
        return false;
    uint32_t n = band_steps(score, &step, &r->scratch);
    if (!n)
        return false;
    v->set = beneath_steps(r, &v->set, step, n, v->goal);
    v->band = kf_cstr(kf_arena_printf(&r->scratch, "(score \"%s\")", score->name));
    return true;
}

static bool through_days(struct kf_reason *r, struct view *v)
{
    if (v->e->op != KF_E_DAYS_SINCE)
        return false;
    v->set = beneath_days(r, &v->set, v->goal);
    v->e = v->e->kid[0];
    v->through = true;
    return true;
}

/* ---- adding to the proof ---- */

static void currency_of_test(const struct kf_reason *r, const struct kf_node *test, char cur[4])
{
    memcpy(cur, r->cur, 4);
    for (uint32_t i = 0; i < test->kids; i++)
        if (test->kid[i]->op == KF_K && test->kid[i]->value.type == KF_K_MONEY) {
            memcpy(cur, test->kid[i]->value.money.cur, 4);
            return;
        }
}

static bool is_rising(uint16_t op)
{
    return op == KF_T_AT_LEAST || op == KF_T_MORE || op == KF_T_AT_MOST || op == KF_T_LESS;
}

static void add_view(struct kf_reason *r, const struct view *v, const struct kf_node *test)
{
    uint32_t i;
    if (v->band.p) {
        struct kf_node score = {.op = KF_E_SCORE, .cls = KF_CLASS_EXPR};
        score.name = v->e->name;
        i = kf_reason_fact(r, v->band, KF_FACT_ONE, score_values(r, &score));
    } else {
        i = fact_of(r, v->e, kf_reason_text(r, v->e), v->cur);
    }
    const struct kf_fact *f = &r->fact.p[i];
    struct kf_literal l = {.fact = i, .goal = v->goal, .set = v->set};
    bool negative = kf_reason_is_negative(test->op), definite = kf_goal_definite(v->goal);
    switch (f->mode) {
    case KF_FACT_CLOSED:
        return;
    case KF_FACT_COUNT:
        l.single = v->through || v->of_trait;
        l.some = !l.single && !definite;
        l.wide = !is_rising(test->op);
        break;
    case KF_FACT_MANY:
        if (v->through && !definite)
            return; /* several values are undecided there */
        l.some =
            !v->through && (negative != (v->goal == KF_GOAL_TRUE || v->goal == KF_GOAL_NOT_FALSE));
        if (test->op == KF_T_EXISTS || test->op == KF_T_MISSING)
            l.some = false;
        break;
    case KF_FACT_ONE:
        break;
    }
    *kf_vec_push(&r->literal) = l;
}

/* The test as a whole. "is not" is the contrary of "is", but not of groups: there one must pass. */
static void add_whole(struct kf_reason *r, const struct kf_node *n, enum kf_goal goal, bool groups)
{
    struct kf_node test = *n->kid[1], cond = *n, *kid[2] = {n->kid[0], &test};
    if (!kf_reason_is_negative(test.op) || groups) {
        kf_reason_add_atom(r, kf_reason_text(r, n), goal);
        return;
    }
    test.op = test.op == KF_T_IS_NOT ? KF_T_IS : KF_T_ONE_OF;
    test.id = cond.id = UINT32_MAX;
    cond.kid = kid;
    kf_reason_add_atom(r, kf_reason_text(r, &cond), kf_goal_not(goal));
}

static void add_test(struct kf_reason *r, const struct kf_node *n, enum kf_goal goal)
{
    struct view v = {.e = n->kid[0], .goal = goal};
    const struct kf_node *test = n->kid[1];
    enum kf_fact_mode mode;
    currency_of_test(r, test, v.cur);
    bool look = r->about == KF_ABOUT_PROFILE;
    for (int i = 0; i < LOOK_THROUGH && look && through_trait(r, &v); i++)
        ;
    values_of(r, v.e, &mode);
    v.set = kf_reason_passing(r, test, goal, mode == KF_FACT_MANY, v.cur, &v.sure);
    for (int i = 0; i < LOOK_THROUGH; i++)
        if (!(look && through_trait(r, &v)) && !through_bucket(r, &v) && !through_days(r, &v))
            break;
    if (look)
        through_band(r, &v);
    add_view(r, &v, test);
    if (!v.sure || mode != KF_FACT_ONE)
        add_whole(r, n, goal, mode == KF_FACT_CLOSED);
}

/* Its literals, worked out once. */
void kf_reason_add_test(struct kf_reason *r, const struct kf_node *n, enum kf_goal goal)
{
    if (r->about != KF_ABOUT_PROFILE || n->id >= r->s->n_nodes) {
        add_test(r, n, goal);
        return;
    }
    if (!r->known_test)
        r->known_test = calloc(4u * (size_t)r->s->n_nodes, sizeof *r->known_test);
    if (!r->known_test)
        kf_arena_exhausted(4u * (size_t)r->s->n_nodes * sizeof *r->known_test);
    struct kf_known_test *k = &r->known_test[4u * (size_t)n->id + goal];
    if (!k->first) {
        size_t before = r->literal.n;
        struct kf_arena scratch = r->scratch;
        r->scratch = r->taken; /* their sets live on */
        add_test(r, n, goal);
        r->taken = r->scratch;
        r->scratch = scratch;
        *k = (struct kf_known_test){(uint32_t)r->known.n + 1, (uint32_t)(r->literal.n - before)};
        for (size_t i = before; i < r->literal.n; i++)
            *kf_vec_push(&r->known) = r->literal.p[i];
        return;
    }
    for (uint32_t i = 0; i < k->n; i++)
        *kf_vec_push(&r->literal) = r->known.p[k->first - 1 + i];
}

/* By hand: printf would be a tenth of all proofs. */
static struct kf_str prefixed(struct kf_reason *r, const char *prefix, struct kf_str s)
{
    size_t n = strlen(prefix);
    char *p = kf_arena_alloc(&r->scratch, n + s.n + 1);
    memcpy(p, prefix, n);
    memcpy(p + n, s.p, s.n);
    p[n + s.n] = 0;
    return kf_str(p, n + s.n);
}

void kf_reason_add_atom(struct kf_reason *r, struct kf_str key, enum kf_goal goal)
{
    struct kf_str is = prefixed(r, "is ", key);
    struct kf_literal l = {.goal = goal, .set = kf_values_of(0, false)};
    l.fact = kf_reason_fact(r, is, KF_FACT_ONE, kf_values_of(KF_SORT_BOOL, false));
    l.set.boolean = goal == KF_GOAL_TRUE || goal == KF_GOAL_NOT_FALSE ? 2 : 1;
    *kf_vec_push(&r->literal) = l;
}

/* At least one event, as a count. */
void kf_reason_add_count(struct kf_reason *r, const struct kf_node *select, enum kf_goal goal)
{
    if (is_grouped(select)) {
        kf_reason_add_atom(r, kf_reason_text(r, select), goal);
        return;
    }
    struct kf_node *kid[1] = {(struct kf_node *)(uintptr_t)select};
    struct kf_node count = {
        .op = KF_E_COUNT, .cls = KF_CLASS_EXPR, .kid = kid, .kids = 1, .id = UINT32_MAX};
    bool yes = goal == KF_GOAL_TRUE || goal == KF_GOAL_NOT_FALSE;
    struct kf_dec one = kf_dec_int(1);
    struct kf_literal l = {.goal = goal, .some = !kf_goal_definite(goal)};
    struct kf_str key =
        kf_cstr(kf_arena_printf(&r->scratch, "(count%s)", kf_reason_text(r, select).p));
    l.fact = fact_of(r, &count, key, r->cur);
    l.set = kf_values_of(0, false);
    l.set.number =
        yes ? kf_ranges_from(&r->scratch, one, false) : kf_ranges_to(&r->scratch, one, true);
    *kf_vec_push(&r->literal) = l;
}

void kf_reason_add_consent(struct kf_reason *r, const char *purpose, enum kf_goal goal)
{
    static const char *const states[] = {"granted", "denied", "conflict", "unknown"};
    bool yes = goal == KF_GOAL_TRUE || goal == KF_GOAL_NOT_FALSE;
    struct kf_node e = {
        .op = KF_E_CONSENT, .cls = KF_CLASS_EXPR, .name = kf_cstr(purpose), .id = UINT32_MAX};
    struct kf_literal l = {.goal = goal};
    struct kf_str key = kf_cstr(kf_arena_printf(&r->scratch, "(consent \"%s\")", purpose));
    l.fact = fact_of(r, &e, key, r->cur);
    l.set = texts_of(r, states + (yes ? 0 : 1), yes ? 1 : 3, false);
    *kf_vec_push(&r->literal) = l;
}

void kf_reason_add_column(struct kf_reason *r, const char *column, struct kf_values yes,
                          struct kf_values no, enum kf_goal goal)
{
    struct kf_node e = {
        .op = KF_E_PROPERTY, .cls = KF_CLASS_EXPR, .name = kf_cstr(column), .id = UINT32_MAX};
    struct kf_literal l = {.goal = goal};
    struct kf_str key = kf_cstr(kf_arena_printf(&r->scratch, "(property \"%s\")", column));
    l.fact = fact_of(r, &e, key, r->cur);
    l.set = goal == KF_GOAL_TRUE || goal == KF_GOAL_NOT_FALSE ? yes : no;
    *kf_vec_push(&r->literal) = l;
}
