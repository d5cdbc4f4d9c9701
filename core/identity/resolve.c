/* Driver and fast path.
 *
 * 1. Every event unites what its link rules tie (lock-free union-find: the root is always the
 * smallest number, so threads cannot change the result), and marks what anything but plain links
 * touches.
 * 2. Cheap counters per component say whether a limit could break in it. All limits are monotone,
 * so a component that breaks none as a whole and is not marked keeps every link: it is one cluster.
 * 3. Only the others go to component.c, each for itself.
 * 4. own.c gives events and identifiers to profiles. */
#include "identity/resolve_internal.h"

#include "base/error.h"
#include "base/pool.h"

#include <stdlib.h>

#define EVENT_GRAIN 32768

static uint32_t load32(const uint32_t *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static uint32_t find(uint32_t *up, uint32_t x)
{
    for (;;) {
        uint32_t p = load32(&up[x]);
        if (p == x)
            return x;
        uint32_t g = load32(&up[p]);
        if (g == p)
            return p;
        __atomic_store_n(&up[x], g, __ATOMIC_RELAXED); /* an ancestor stays an ancestor */
        x = g;
    }
}

static void unite(uint32_t *up, uint32_t a, uint32_t b)
{
    for (;;) {
        a = find(up, a);
        b = find(up, b);
        if (a == b)
            return;
        uint32_t child = a > b ? a : b, parent = a > b ? b : a, was = child;
        if (__atomic_compare_exchange_n(&up[child], &was, parent, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
            return;
    }
}

static void mark(struct kf_id_run *r, uint32_t id)
{
    __atomic_store_n(&r->dirty[id], 1, __ATOMIC_RELAXED);
}

static const uint32_t *ids_of(const struct kf_id_input *in, uint32_t e, uint32_t *ret_n)
{
    *ret_n = (uint32_t)(in->event_off[e + 1] - in->event_off[e]);
    return in->event_ids + in->event_off[e];
}

/* Two different values of a person's key on one event. */
static bool contradicts(const struct kf_id_run *r, const uint32_t *ids, uint32_t n)
{
    const struct kf_id_input *in = r->in;
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = 0; (r->person >> in->id_ns[ids[i]] & 1) && k < i; k++)
            if (in->id_ns[ids[k]] == in->id_ns[ids[i]] &&
                kf_id_canon(r, ids[k]) != kf_id_canon(r, ids[i]))
                return true;
    return false;
}

static uint64_t tie_alias(struct kf_id_run *r, const uint32_t *ids, uint32_t n, uint64_t connect)
{
    const struct kf_id_input *in = r->in;
    uint64_t ties = 0;
    for (uint32_t i = 1; i < n; i++) {
        if (!(connect >> in->id_ns[ids[i]] & 1))
            continue;
        for (uint32_t k = 0; k < i; k++) {
            if (in->id_ns[ids[k]] != in->id_ns[ids[i]])
                continue;
            unite(r->label, kf_id_canon(r, ids[k]), kf_id_canon(r, ids[i]));
            ties++;
        }
    }
    return ties;
}

static uint64_t tie_event(struct kf_id_run *r, const uint32_t *ids, uint32_t n, uint64_t connect)
{
    const struct kf_id_input *in = r->in;
    uint32_t first = KF_ID_NONE;
    uint64_t ties = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!(connect >> in->id_ns[ids[i]] & 1))
            continue;
        uint32_t x = kf_id_canon(r, ids[i]);
        if (first == KF_ID_NONE) {
            first = x;
        } else if (x != first) {
            unite(r->label, first, x);
            ties++;
        }
    }
    return ties;
}

/* Marks the identifiers of an event that consent, sign-outs, expiry or history may touch. */
static void watch(struct kf_id_run *r, uint32_t e, const uint32_t *ids, uint32_t n,
                  uint64_t signout)
{
    const struct kf_id_input *in = r->in;
    uint8_t flag = r->ev_flag[e];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t ns = in->id_ns[ids[i]], x = kf_id_canon(r, ids[i]);
        int64_t life = in->rules->ns[ns].expires_after;
        if ((signout >> ns & 1) && in->rules->ns[ns].when_shared == KF_ID_RESET_ON_LOGOUT)
            mark(r, x);
        if (life && in->as_of - in->event_time[e] > life)
            mark(r, x);
    }
    uint64_t rules = in->event_links ? in->event_links[e] & r->rule_all : r->rule_all;
    for (uint32_t k = 0; k < in->rules->n_link && (r->consent || r->history); k++) {
        const struct kf_id_link_rule *rule = &in->rules->link[k];
        if (!(rules >> k & 1) || (flag & KF_ID_EV_CONTRADICTS))
            continue;
        uint32_t best = KF_ID_NONE, tied = 0;
        for (uint32_t i = 0; i < n; i++) {
            if (!(rule->connect >> in->id_ns[ids[i]] & 1))
                continue;
            uint32_t rank = r->rank[in->id_ns[ids[i]]];
            best = rank < best ? rank : best;
            tied++;
        }
        bool ask = rule->purpose >= 0 && tied > 1 &&
                   (!(flag & KF_ID_EV_STATES) || kf_id_event_says(r, e, rule->purpose) != 1);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t ns = in->id_ns[ids[i]];
            if ((rule->connect >> ns & 1) &&
                (ask || (in->rules->ns[ns].history >= 0 && r->rank[ns] > best)))
                mark(r, kf_id_canon(r, ids[i]));
        }
    }
}

static bool event_refuses(const struct kf_id_run *r, uint32_t e)
{
    const struct kf_id_input *in = r->in;
    for (size_t s = kf_id_statements_from(in, e);
         s < in->n_statement && in->statement[s].event == e; s++)
        if (!in->statement[s].granted)
            return true;
    return false;
}

static size_t signout_from(const struct kf_id_input *in, uint32_t event)
{
    size_t lo = 0, hi = in->n_signout;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (in->signout[mid].event < event)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static int scan_events(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    struct kf_id_run *r = ctx;
    const struct kf_id_input *in = r->in;
    uint64_t n_obs = 0;
    bool watching = r->consent || r->history || r->expiry || in->n_signout;
    const uint32_t *end = in->event_ids + in->event_off[to];
    (void)worker, (void)err;
    for (size_t i = from; i < to; i++) {
        uint32_t e = (uint32_t)i, n;
        const uint32_t *ids = ids_of(in, e, &n);
        if (in->event_time[e] > in->as_of || n == 0)
            continue;
        bool alias = in->event_alias && in->event_alias[e];
        uint64_t seen = 0, twice = 0;
        for (uint32_t k = 0; k < n; k++) {
            const uint32_t *later = ids + k + KF_ID_AHEAD;
            if (later < end) {
                __builtin_prefetch(&r->label[*later]);
                __builtin_prefetch(&in->id_ns[*later]);
            }
            uint64_t bit = 1ull << in->id_ns[ids[k]];
            twice |= seen & bit;
            seen |= bit;
        }
        bool bad = (twice & r->person) && !alias && contradicts(r, ids, n);
        if (bad)
            r->ev_flag[e] |= KF_ID_EV_CONTRADICTS;
        uint64_t rules = in->event_links ? in->event_links[e] & r->rule_all : r->rule_all;
        for (uint32_t k = 0; !bad && rules; k++, rules >>= 1)
            if (rules & 1)
                n_obs += alias ? tie_alias(r, ids, n, in->rules->link[k].connect)
                               : tie_event(r, ids, n, in->rules->link[k].connect);
        if (!watching)
            continue;
        size_t out = r->ev_flag[e] & KF_ID_EV_SIGNOUT ? signout_from(in, e) : 0;
        watch(r, e, ids, n, r->ev_flag[e] & KF_ID_EV_SIGNOUT ? in->signout[out].ns : 0);
        if ((r->ev_flag[e] & KF_ID_EV_STATES) && event_refuses(r, e))
            for (uint32_t k = 0; k < n; k++)
                mark(r, kf_id_canon(r, ids[k]));
    }
    __atomic_fetch_add(&r->n_obs, n_obs, __ATOMIC_RELAXED);
    return 0;
}

/* label: union-find forest to component numbers, ascending by smallest member. */
static void number_components(struct kf_id_run *r)
{
    uint32_t *label = r->label, n = 0;
    for (uint32_t x = 0; x < r->in->n_ids; x++)
        label[x] =
            label[x] == x ? n++ : label[label[x]]; /* a parent is smaller: numbered already */
    r->n_comp = n;
}

struct counter { /* a saturating field of a component's counters */
    uint64_t top;
    uint32_t word, shift;
};

/* The number of values of a namespace from which on a component may break something; 0: any number
 * is fine. */
static uint32_t threshold(const struct kf_id_rules *rules, uint32_t ns)
{
    uint32_t t = rules->ns[ns].per_profile;
    for (uint32_t k = 0; k < rules->n_ns; k++) {
        const struct kf_id_namespace *weak = &rules->ns[k];
        if (weak->shared_above && weak->rank > rules->ns[ns].rank)
            t = t == 0 || weak->shared_above < t ? weak->shared_above : t;
    }
    return t;
}

static uint32_t plan_counters(const struct kf_id_rules *rules, struct counter *c,
                              struct counter *all)
{
    uint32_t word = 0, shift = 0;
    for (uint32_t k = 0; k <= rules->n_ns; k++) {
        uint32_t t = k < rules->n_ns ? threshold(rules, k) : rules->max_identifiers, bits = 1;
        struct counter *f = k < rules->n_ns ? &c[k] : all;
        if (t == 0)
            continue;
        while (bits < 33 && (1ull << bits) <= (uint64_t)t + 1)
            bits++;
        if (shift + bits > 64) {
            word++;
            shift = 0;
        }
        *f = (struct counter){(uint64_t)t + 1, word, shift};
        shift += bits;
    }
    return shift ? word + 1 : 0;
}

/* Returns 1 when the counter has passed its threshold. */
static uint8_t bump(uint64_t *w, const struct counter *c, uint64_t mask)
{
    uint64_t v = w[c->word] >> c->shift & mask;
    if (v < c->top) {
        w[c->word] += 1ull << c->shift;
        v++;
    }
    return v >= c->top;
}

static int count_values(struct kf_id_run *r, uint8_t *slow, uint32_t *size, struct kf_error *err)
{
    const struct kf_id_input *in = r->in;
    struct counter c[KF_ID_NAMESPACES] = {{0, 0, 0}}, all = {0, 0, 0};
    uint32_t words = plan_counters(in->rules, c, &all);
    uint64_t mask[KF_ID_NAMESPACES], all_mask = 0;
    for (uint32_t k = 0; k < KF_ID_NAMESPACES; k++)
        for (mask[k] = 0; c[k].top && mask[k] < c[k].top;)
            mask[k] = mask[k] << 1 | 1;
    while (all.top && all_mask < all.top)
        all_mask = all_mask << 1 | 1;
    uint64_t *w = words ? calloc(r->n_comp, words * sizeof *w) : NULL;
    if (words && !w)
        return kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %u components", r->n_comp);
    for (uint32_t x = 0; x < in->n_ids; x++) {
        uint32_t k = r->label[x];
        size[k]++;
        slow[k] |= r->dirty[x] || in->want_links;
        if (!words || (r->same && r->same[x] != x))
            continue;
        const struct counter *f = &c[in->id_ns[x]];
        if (f->top)
            slow[k] |= bump(w + (size_t)k * words, f, mask[in->id_ns[x]]);
        if (all.top)
            slow[k] |= bump(w + (size_t)k * words, &all, all_mask);
    }
    free(w);
    return 0;
}

/* Which components need more than union-find. */
static int judge(struct kf_id_run *r, struct kf_error *err)
{
    uint8_t *slow = calloc(r->n_comp + 1u, 1);
    uint32_t *size = calloc(r->n_comp + 1u, sizeof *size);
    if (!slow || !size) {
        free(slow);
        free(size);
        return kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %u components", r->n_comp);
    }
    int rc = count_values(r, slow, size, err);
    for (size_t i = 0; i < r->apart.n; i++)
        if (r->label[r->apart.p[i].a] == r->label[r->apart.p[i].b])
            slow[r->label[r->apart.p[i].a]] = 1;
    for (uint32_t k = 0; k < r->n_comp; k++)
        r->largest = size[k] > r->largest ? size[k] : r->largest;
    free(size);
    if (!rc)
        rc = kf_id_gather(r, slow, err);
    free(slow);
    return rc;
}

static int prepare_rules(struct kf_id_run *r, struct kf_error *err)
{
    const struct kf_id_rules *rules = r->in->rules;
    if (rules->n_ns > KF_ID_NAMESPACES || rules->n_link > KF_ID_RULES)
        return kf_error_set(err, KF_E_LIMIT, "identity",
                            "%u namespaces and %u link rules, at most %d and %d are possible",
                            rules->n_ns, rules->n_link, KF_ID_NAMESPACES, KF_ID_RULES);
    for (uint32_t a = 0; a < rules->n_ns; a++) {
        for (uint32_t b = 0; b < rules->n_ns; b++)
            r->rank[a] += rules->ns[b].rank < rules->ns[a].rank;
        if (rules->ns[a].per_profile == 1 && rules->ns[a].within == 0)
            r->person |= 1ull << a;
        r->history |= rules->ns[a].history >= 0;
        r->expiry |= rules->ns[a].expires_after > 0;
    }
    for (uint32_t k = 0; k < rules->n_link; k++) {
        r->rule_all |= 1ull << k;
        r->consent |= rules->link[k].purpose >= 0;
    }
    return 0;
}

static int prepare(struct kf_id_run *r, struct kf_error *err)
{
    const struct kf_id_input *in = r->in;
    int rc = prepare_rules(r, err);
    if (rc)
        return rc;
    if (in->n_ids >= KF_ID_SLOW)
        return kf_error_set(err, KF_E_LIMIT, "identity",
                            "%u identifiers, fewer than 2^31 are possible", in->n_ids);
    r->ev_flag = calloc(in->n_events + 1u, 1);
    r->dirty = calloc(in->n_ids + 1u, 1);
    r->label = malloc((in->n_ids + 1u) * sizeof *r->label);
    if (!r->ev_flag || !r->dirty || !r->label)
        return kf_error_set(err, KF_E_NOMEM, "identity",
                            "no memory for %u identifiers and %u events", in->n_ids, in->n_events);
    for (uint32_t x = 0; x < in->n_ids; x++)
        r->label[x] = x;
    for (uint32_t i = 0; i < in->n_signout; i++)
        r->ev_flag[in->signout[i].event] |= KF_ID_EV_SIGNOUT;
    for (uint32_t i = 0; r->consent && i < in->n_statement; i++)
        r->ev_flag[in->statement[i].event] |= KF_ID_EV_STATES;
    rc = kf_id_take_decisions(r, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < r->move.n; i++)
        if (r->move.p[i].to != KF_ID_NONE)
            unite(r->label, r->move.p[i].x, r->move.p[i].to);
    for (size_t i = 0; i < r->given.n; i++) {
        r->dirty[r->given.p[i].a] = 1;
        unite(r->label, r->given.p[i].a, r->given.p[i].b);
    }
    /* spellings of one identifier share a component, though the canonical one alone takes part */
    for (uint32_t x = 0; r->same && x < in->n_ids; x++)
        if (r->same[x] != x)
            unite(r->label, x, r->same[x]);
    return 0;
}

static void free_run(struct kf_id_run *r)
{
    for (unsigned t = 0; r->work && t < r->threads; t++)
        kf_id_work_free(&r->work[t]);
    free(r->work);
    kf_vec_free(&r->move);
    kf_vec_free(&r->apart);
    kf_vec_free(&r->given);
    kf_vec_free(&r->tie_name);
    void *all[] = {r->same,        r->ev_flag,     r->label,       r->dirty,       r->unlinked,
                   r->slow_id_off, r->slow_ev_off, r->slow_id,     r->slow_ev,     r->slow_order,
                   r->local,       r->isolated,    r->slow_worker, r->worker_base, r->worker_span,
                   r->span,        r->first};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    kf_identity_free(r->ret);
}

int kf_identity_resolve(const struct kf_id_input *in, struct kf_id_result **ret,
                        struct kf_error *err)
{
    struct kf_id_run r = {.in = in};
    r.threads = in->threads > 1 && in->n_events >= EVENT_GRAIN ? in->threads : 1;
    r.ret = calloc(1, sizeof *r.ret);
    int rc = r.ret ? prepare(&r, err) : kf_error_set(err, KF_E_NOMEM, "identity", "no memory");
    if (!rc)
        rc = kf_pool_run(r.threads, in->n_events, EVENT_GRAIN, scan_events, &r, err);
    if (!rc) {
        number_components(&r);
        rc = judge(&r, err);
    }
    if (!rc && r.n_slow)
        rc = kf_id_run_slow(&r, err);
    if (!rc)
        rc = kf_id_own(&r, err);
    if (!rc) {
        r.ret->n_components = r.n_comp;
        r.ret->n_slow_components = r.n_slow;
        r.ret->largest_component = r.largest;
        r.ret->n_observations = r.n_obs;
        *ret = r.ret;
        r.ret = NULL;
    }
    free_run(&r);
    return rc;
}

void kf_identity_free(struct kf_id_result *r)
{
    if (!r)
        return;
    void *all[] = {r->profile_id,
                   r->profile_earliest,
                   r->profile_earliest_from,
                   r->event_profile,
                   r->event_contradictory,
                   r->id_profile,
                   r->id_isolated,
                   r->id_same,
                   r->span,
                   r->link,
                   r->shared,
                   r};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

const char *kf_identity_reason_name(enum kf_id_reason reason)
{
    static const char *const name[] = {"kept",   "consent",    "unlinked",   "shared_above",
                                       "shared", "never_link", "keep_apart", "per_profile",
                                       "within", "ceiling"};
    return (unsigned)reason < sizeof name / sizeof *name ? name[reason] : "?";
}

const char *kf_identity_policy_name(enum kf_id_policy p)
{
    static const char *const name[] = {"ambiguous", "last_login", "first_login", "split_by_login",
                                       "reset_on_logout"};
    return (unsigned)p < sizeof name / sizeof *name ? name[p] : "?";
}
