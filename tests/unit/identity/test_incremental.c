/* The incremental engine against resolving everything: random histories of adding, removing,
 * deciding, undoing and letting time pass.
 *
 * KF_TEST_SEED picks other histories (the seed is printed), KF_TEST_STEPS how many steps are made.
 */
#include "history.h"

#include <stdio.h>
#include <time.h>

#define MAX_STEPS 60 /* of one history */

static uint64_t rnd(struct world *w, uint64_t n)
{
    w->seed += 0x9e3779b97f4a7c15ull;
    return kf_mix64(w->seed) % n;
}

static int rebuilt_order_of(const void *ctx, uint32_t a, uint32_t b)
{
    const struct world *w = ctx;
    return key_order(w->from.p[a], w->from.p[b]);
}

/* ---- rules */

static void random_rules(struct world *w)
{
    static const char *const ns_name[] = {"user_id", "email", "phone", "device_id"};
    static const char *const rule_name[] = {"first", "second", "third"};
    static const char *const purpose[] = {"ads", "mail"};
    uint32_t rank[NS] = {1, 2, 3, 4};
    for (uint32_t i = NS; i-- > 1 && rnd(w, 2);) {
        uint32_t k = (uint32_t)rnd(w, i + 1), swap = rank[i];
        rank[i] = rank[k];
        rank[k] = swap;
    }
    bool expiring = rnd(w, 2), history = rnd(w, 2), guarded = rnd(w, 3) == 0;
    for (uint32_t i = 0; i < NS; i++) {
        struct kf_id_namespace *n = &w->ns[i];
        *n = (struct kf_id_namespace){.name = ns_name[i], .rank = rank[i], .history = -1};
        n->per_profile = i == 0 ? rnd(w, 5) != 0 : (uint32_t)rnd(w, 4);
        if (n->per_profile && rnd(w, 5) == 0)
            n->within = (int64_t)(1 + rnd(w, 20)) * KF_SECOND;
        n->when_shared = (enum kf_id_policy)rnd(w, 5);
        if (expiring && rnd(w, 2))
            n->expires_after = (int64_t)(1 + rnd(w, 30)) * KF_SECOND;
        if (history && rnd(w, 2))
            n->history = (int64_t)rnd(w, 10) * KF_SECOND;
        if (guarded && rnd(w, 2))
            n->shared_above = (uint32_t)(1 + rnd(w, 3));
    }
    uint32_t n_link = (uint32_t)(1 + rnd(w, 3));
    for (uint32_t k = 0; k < n_link; k++)
        w->link[k] = (struct kf_id_link_rule){rule_name[k], k == 0 ? 15 : 1 + rnd(w, 15),
                                              (enum kf_id_strength)rnd(w, 3),
                                              (int16_t)(rnd(w, 4) ? -1 : (int64_t)rnd(w, 2))};
    w->rules = (struct kf_id_rules){.ns = w->ns,
                                    .n_ns = NS,
                                    .link = w->link,
                                    .n_link = n_link,
                                    .purpose = purpose,
                                    .n_purpose = PURPOSES,
                                    .max_identifiers = rnd(w, 4) ? 0 : (uint32_t)(2 + rnd(w, 5))};
    w->want_links = rnd(w, 2);
}

/* ---- events */

/* Mostly of one of three neighbourhoods, so that there are several parts that meet now and then. */
static uint32_t random_id(struct world *w, uint64_t where)
{
    uint64_t value = rnd(w, 12) ? where * 2 + rnd(w, 3) : rnd(w, PER_NS);
    return (uint32_t)(rnd(w, NS) * PER_NS + value % PER_NS);
}

static void random_extras(struct world *w, struct happening *h, uint64_t where)
{
    for (uint32_t n = rnd(w, 4) ? 0 : (uint32_t)(1 + rnd(w, 2)); h->n_said < n;)
        h->said[h->n_said++] = (struct kf_id_statement){7, (int16_t)rnd(w, 2), rnd(w, 3) != 0};
    for (uint32_t n = rnd(w, 12) ? 0 : (uint32_t)(1 + rnd(w, 2)); h->n_move < n;) {
        uint32_t x = random_id(w, where), to = rnd(w, 3) ? random_id(w, where) : KF_ID_NONE;
        int64_t t = h->time + (rnd(w, 4) ? 0 : (int64_t)rnd(w, 20) * KF_SECOND);
        if (x != to)
            h->move[h->n_move++] = (struct kf_id_transfer){x, to, t, 7, "moved"};
    }
    for (uint32_t n = rnd(w, 15) ? 0 : 1; h->n_apart < n;) {
        uint32_t a = random_id(w, where), b = random_id(w, where);
        if (a != b)
            h->apart[h->n_apart++] =
                (struct kf_id_separation){a, b, 7, rnd(w, 2) ? "apart" : "staff"};
    }
}

static struct happening random_event(struct world *w)
{
    uint64_t where = rnd(w, 3);
    struct happening h = {.time = w->as_of + ((int64_t)rnd(w, 40) - 34) * KF_SECOND};
    h.alias = rnd(w, 15) == 0;
    uint32_t want = (uint32_t)(rnd(w, 10) ? 1 + rnd(w, 3) : rnd(w, 5));
    for (uint32_t i = 0; i < want; i++) {
        uint32_t x = random_id(w, where);
        if (h.alias && h.n_ids)
            x = h.ids[0] / PER_NS * PER_NS + x % PER_NS;
        bool twice = false;
        for (uint32_t k = 0; k < h.n_ids; k++)
            twice |= h.ids[k] == x;
        if (!twice)
            h.ids[h.n_ids++] = x;
    }
    h.links = rnd(w, 6) ? UINT64_MAX : rnd(w, 8);
    h.signout = rnd(w, 8) ? 0 : 1 + rnd(w, 15);
    random_extras(w, &h, where);
    return h;
}

static struct kf_incremental_event as_input(const struct happening *h)
{
    return (struct kf_incremental_event){.time = h->time,
                                         .ids = h->ids,
                                         .n_ids = h->n_ids,
                                         .links = h->links,
                                         .alias = h->alias,
                                         .signout = h->signout,
                                         .statement = h->said,
                                         .n_statement = h->n_said,
                                         .transfer = h->move,
                                         .n_transfer = h->n_move,
                                         .separation = h->apart,
                                         .n_separation = h->n_apart};
}

/* ---- the rebuild: what is left, newest first, in columns of its own */

struct columns {
    kf_vec(int64_t) time;
    kf_vec(uint64_t) off, links;
    kf_vec(uint32_t) ids;
    kf_vec(uint8_t) alias;
    kf_vec(struct kf_id_signout) signout;
    kf_vec(struct kf_id_statement) said;
    kf_vec(struct kf_id_transfer) move;
    kf_vec(struct kf_id_separation) apart;
};

static void add_columns(struct columns *c, const struct happening *h)
{
    uint32_t at = (uint32_t)c->time.n;
    *kf_vec_push(&c->time) = h->time;
    *kf_vec_push(&c->links) = h->links;
    *kf_vec_push(&c->alias) = h->alias;
    for (uint32_t i = h->n_ids; i-- > 0;)
        *kf_vec_push(&c->ids) = h->ids[i];
    *kf_vec_push(&c->off) = c->ids.n;
    if (h->signout)
        *kf_vec_push(&c->signout) = (struct kf_id_signout){at, h->signout};
    for (uint32_t i = 0; i < h->n_said; i++)
        *kf_vec_push(&c->said) =
            (struct kf_id_statement){at, h->said[i].purpose, h->said[i].granted};
    for (uint32_t i = 0; i < h->n_move; i++) {
        *kf_vec_push(&c->move) = h->move[i];
        c->move.p[c->move.n - 1].event = at;
    }
    for (uint32_t i = 0; i < h->n_apart; i++) {
        *kf_vec_push(&c->apart) = h->apart[i];
        c->apart.p[c->apart.n - 1].event = at;
    }
}

static void free_columns(struct columns *c)
{
    kf_vec_free(&c->time);
    kf_vec_free(&c->off);
    kf_vec_free(&c->links);
    kf_vec_free(&c->ids);
    kf_vec_free(&c->alias);
    kf_vec_free(&c->signout);
    kf_vec_free(&c->said);
    kf_vec_free(&c->move);
    kf_vec_free(&c->apart);
}

static struct kf_id_result *rebuild(struct world *w)
{
    struct columns c = {0};
    uint8_t id_ns[N_IDS];
    struct kf_error err = KF_ERROR_INIT;
    struct kf_id_result *r = NULL;
    for (uint32_t x = 0; x < N_IDS; x++)
        id_ns[x] = ns_of(NULL, x);
    w->from.n = 0;
    *kf_vec_push(&c.off) = 0;
    for (uint32_t e = (uint32_t)w->event.n; e-- > 0;) {
        if (w->event.p[e].removed)
            continue;
        add_columns(&c, &w->event.p[e]);
        *kf_vec_push(&w->from) = e;
    }
    struct kf_id_input in = {.rules = &w->rules,
                             .as_of = w->as_of,
                             .n_ids = N_IDS,
                             .id_ns = id_ns,
                             .id_value = value_of,
                             .id_hash = hash_of,
                             .n_events = (uint32_t)c.time.n,
                             .event_time = c.time.p,
                             .event_off = c.off.p,
                             .event_ids = c.ids.p,
                             .event_links = c.links.p,
                             .event_alias = c.alias.p,
                             .signout = c.signout.p,
                             .n_signout = (uint32_t)c.signout.n,
                             .event_cmp = rebuilt_order_of,
                             .statement = c.said.p,
                             .n_statement = (uint32_t)c.said.n,
                             .transfer = c.move.p,
                             .n_transfer = (uint32_t)c.move.n,
                             .separation = c.apart.p,
                             .n_separation = (uint32_t)c.apart.n,
                             .decision = w->decision.p,
                             .n_decision = (uint32_t)w->decision.n,
                             .ctx = w,
                             .threads = 1,
                             .want_links = w->want_links};
    int rc = kf_identity_resolve(&in, &r, &err);
    ck_assert_msg(rc == 0, "rebuild: %s", err.message);
    free_columns(&c);
    return r;
}

/* ---- the two compared */

static void same_links(const struct world *w, const struct kf_id_result *a,
                       const struct kf_id_result *b)
{
    ck_assert_uint_eq(a->n_link, b->n_link);
    for (uint32_t i = 0; i < a->n_link; i++) {
        const struct kf_id_link *x = &a->link[i], *y = &b->link[i];
        ck_assert_uint_eq(x->a, y->a);
        ck_assert_uint_eq(x->b, y->b);
        ck_assert_int_eq(x->a_from, y->a_from);
        ck_assert_int_eq(x->b_from, y->b_from);
        ck_assert_str_eq(x->rule, y->rule);
        ck_assert_uint_eq(x->strength, y->strength);
        ck_assert_uint_eq(x->reason, y->reason);
        ck_assert_int_eq(x->consented, y->consented);
        ck_assert_int_eq(x->first, y->first);
        ck_assert_int_eq(x->last, y->last);
        ck_assert_uint_eq(x->count, y->count);
        ck_assert_uint_eq(x->event, y->event == KF_ID_NONE ? KF_ID_NONE : w->from.p[y->event]);
        ck_assert_uint_eq(x->limit_ns, y->limit_ns);
        ck_assert_uint_eq(x->sep_a, y->sep_a);
        ck_assert_uint_eq(x->sep_b, y->sep_b);
        ck_assert_int_eq(x->sep_rule != NULL, y->sep_rule != NULL);
        if (x->sep_rule)
            ck_assert_str_eq(x->sep_rule, y->sep_rule);
    }
}

static void same_events(const struct world *w, const struct kf_id_result *a,
                        const struct kf_id_result *b)
{
    bool any = false;
    for (uint32_t i = 0; i < w->from.n; i++) {
        uint32_t e = w->from.p[i];
        ck_assert_uint_eq(a->event_profile[e], b->event_profile[i]);
        uint8_t bad = b->event_contradictory ? b->event_contradictory[i] : 0;
        ck_assert_uint_eq(a->event_contradictory ? a->event_contradictory[e] : 0, bad);
        any |= bad;
    }
    ck_assert_int_eq(a->event_contradictory != NULL, any);
    for (uint32_t e = 0; e < w->event.n; e++) {
        uint64_t id = 0;
        bool owned = kf_incremental_event_profile(w->inc, e, &id);
        ck_assert_int_eq(owned, a->event_profile[e] != KF_ID_NONE);
        if (owned)
            ck_assert_uint_eq(id, a->profile_id[a->event_profile[e]]);
        if (w->event.p[e].removed)
            ck_assert_int_eq(owned, false);
    }
}

static void same_result(const struct world *w, const struct kf_id_result *a,
                        const struct kf_id_result *b)
{
    ck_assert_uint_eq(a->n_profiles, b->n_profiles);
    for (uint32_t p = 0; p < a->n_profiles; p++) {
        ck_assert_uint_eq(a->profile_id[p], b->profile_id[p]);
        ck_assert_uint_eq(a->profile_earliest[p], b->profile_earliest[p]);
        ck_assert_int_eq(a->profile_earliest_from[p], b->profile_earliest_from[p]);
    }
    same_events(w, a, b);
    ck_assert_int_eq(a->id_same != NULL, b->id_same != NULL);
    for (uint32_t x = 0; x < N_IDS; x++) {
        ck_assert_uint_eq(a->id_profile[x], b->id_profile[x]);
        ck_assert_uint_eq(a->id_isolated[x], b->id_isolated[x]);
        if (a->id_same)
            ck_assert_uint_eq(a->id_same[x], b->id_same[x]);
    }
    ck_assert_uint_eq(a->n_span, b->n_span);
    for (uint32_t i = 0; i < a->n_span; i++) {
        const struct kf_id_span *x = &a->span[i], *y = &b->span[i];
        ck_assert_uint_eq(x->id, y->id);
        ck_assert_int_eq(x->from, y->from);
        ck_assert_int_eq(x->to, y->to);
        ck_assert_uint_eq(x->profile, y->profile);
        ck_assert_uint_eq(x->isolated, y->isolated);
        ck_assert_int_eq(x->first_seen, y->first_seen);
        ck_assert_int_eq(x->last_seen, y->last_seen);
    }
    ck_assert_uint_eq(a->n_shared, b->n_shared);
    for (uint32_t i = 0; i < a->n_shared; i++)
        ck_assert_uint_eq(a->shared[i], b->shared[i]);
    same_links(w, a, b);
}

/* ---- what the engine says has changed */

static uint64_t profile_or_0(const struct kf_id_result *r, uint32_t p)
{
    return p == KF_ID_NONE ? 0 : r->profile_id[p];
}

/* A fingerprint of all that is said of an identifier. */
static uint64_t id_print(const struct kf_id_result *r, uint32_t x)
{
    uint64_t h = kf_mix64(profile_or_0(r, r->id_profile[x]) + r->id_isolated[x]);
    h = kf_mix64(h + (r->id_same ? r->id_same[x] : x));
    for (uint32_t i = 0; i < r->n_span; i++) {
        const struct kf_id_span *s = &r->span[i];
        if (s->id != x)
            continue;
        h = kf_mix64(h + (uint64_t)s->from + profile_or_0(r, s->profile));
        h = kf_mix64(h + (uint64_t)s->to + s->isolated);
        h = kf_mix64(h + (uint64_t)s->first_seen);
        h = kf_mix64(h + (uint64_t)s->last_seen);
    }
    return h;
}

static uint64_t event_print(const struct kf_id_result *r, uint32_t n, uint32_t e)
{
    if (e >= n)
        return 0;
    uint8_t bad = r->event_contradictory ? r->event_contradictory[e] : 0;
    return profile_or_0(r, r->event_profile[e]) * 2 + bad;
}

static bool listed(const uint32_t *list, size_t n, uint32_t x)
{
    size_t times = 0;
    for (size_t i = 0; i < n; i++)
        times += list[i] == x;
    ck_assert_uint_le(times, 1);
    return times;
}

static bool profile_listed(const struct kf_incremental_changes *c, uint64_t id)
{
    for (size_t i = 0; i < c->n_profile; i++)
        if (c->profile[i] == id)
            return true;
    return false;
}

/* Which events and current identifiers a profile has; 0: there is no such profile. */
static uint64_t profile_print(const struct kf_id_result *r, uint32_t n_events, uint64_t id)
{
    uint64_t h = 0;
    for (uint32_t p = 0; p < r->n_profiles; p++) {
        if (r->profile_id[p] != id)
            continue;
        h = 1;
        for (uint32_t e = 0; e < n_events; e++)
            h += r->event_profile[e] == p ? kf_mix64(e + 1u) : 0;
        for (uint32_t x = 0; x < N_IDS; x++)
            h += r->id_profile[x] == p ? kf_mix64(x + 1000000u) : 0;
    }
    return h;
}

static void changes_are_told(struct world *w, const struct kf_id_result *now,
                             const struct kf_incremental_changes *c, const uint32_t *gone,
                             uint32_t n_gone)
{
    uint32_t n = (uint32_t)w->event.n;
    for (uint32_t e = 0; e < n; e++) {
        bool differs = event_print(w->was, w->was_events, e) != event_print(now, n, e);
        differs |= listed(gone, n_gone, e);
        ck_assert_int_eq(listed(c->event, c->n_event, e), differs);
    }
    for (uint32_t x = 0; x < N_IDS; x++)
        ck_assert_int_eq(listed(c->id, c->n_id, x), id_print(w->was, x) != id_print(now, x));
    for (uint32_t p = 0; p < w->was->n_profiles; p++) {
        uint64_t id = w->was->profile_id[p];
        if (profile_print(w->was, w->was_events, id) != profile_print(now, n, id))
            ck_assert(profile_listed(c, id));
    }
    for (uint32_t p = 0; p < now->n_profiles; p++)
        if (profile_print(w->was, w->was_events, now->profile_id[p]) == 0)
            ck_assert(profile_listed(c, now->profile_id[p]));
    for (size_t i = 0; i < c->n_profile; i++) {
        ck_assert(profile_print(w->was, w->was_events, c->profile[i]) ||
                  profile_print(now, n, c->profile[i]));
        ck_assert(i == 0 || c->profile[i - 1] < c->profile[i]);
    }
    ck_assert(c->n_event || c->n_id || c->n_profile == 0);
}

/* ---- steps */

static void world_open(struct world *w, uint64_t seed)
{
    struct kf_error err = KF_ERROR_INIT;
    *w = (struct world){.seed = seed, .as_of = 100 * KF_SECOND};
    random_rules(w);
    struct kf_incremental_options o = {.rules = &w->rules,
                                       .as_of = w->as_of,
                                       .id_ns = ns_of,
                                       .id_value = value_of,
                                       .id_hash = hash_of,
                                       .event_cmp = order_of,
                                       .threads = 1,
                                       .want_links = w->want_links};
    ck_assert_int_eq(kf_incremental_new(&o, &w->inc, &err), 0);
    ck_assert_int_eq(kf_incremental_result(w->inc, N_IDS, &w->was, &err), 0);
}

static int step_add(struct world *w, struct kf_incremental_changes *c, struct kf_error *err)
{
    struct kf_incremental_event in[20];
    uint32_t n = (uint32_t)(rnd(w, 10) ? 1 + rnd(w, 3) : rnd(w, 20)), first = (uint32_t)w->event.n;
    ck_assert_uint_eq(kf_incremental_events(w->inc), first);
    for (uint32_t i = 0; i < n; i++) {
        struct happening h = random_event(w);
        *kf_vec_push(&w->event) = h;
    }
    for (uint32_t i = 0; i < n; i++)
        in[i] = as_input(&w->event.p[first + i]);
    return kf_incremental_add(w->inc, in, n, c, err);
}

static int step_remove(struct world *w, struct kf_incremental_changes *c, uint32_t *gone,
                       uint32_t *n_gone, struct kf_error *err)
{
    for (uint32_t want = (uint32_t)(1 + rnd(w, 3)); want-- > 0 && w->event.n;) {
        uint32_t e = (uint32_t)rnd(w, w->event.n);
        if (w->event.p[e].removed)
            continue;
        w->event.p[e].removed = true;
        gone[(*n_gone)++] = e;
    }
    return kf_incremental_remove(w->inc, gone, *n_gone, c, err);
}

static int step_decide(struct world *w, uint32_t number, struct kf_incremental_changes *c,
                       struct kf_error *err)
{
    uint64_t where = rnd(w, 3);
    uint32_t a = random_id(w, where), b = a;
    while (b == a)
        b = random_id(w, where);
    enum kf_id_verb verb = (enum kf_id_verb)rnd(w, 4);
    if (verb == KF_ID_DO_JOIN && rnd(w, 2))
        b = a / PER_NS * PER_NS + (a + 1 + (uint32_t)rnd(w, PER_NS - 1)) % PER_NS;
    if (verb == KF_ID_DO_TRANSFER && rnd(w, 3) == 0)
        b = KF_ID_NONE;
    struct kf_id_decision d = {verb, a, b, w->as_of + ((int64_t)rnd(w, 40) - 30) * KF_SECOND,
                               number};
    *kf_vec_push(&w->decision) = d;
    return kf_incremental_decide(w->inc, &d, 1, c, err);
}

static int step_undo(struct world *w, struct kf_incremental_changes *c, struct kf_error *err)
{
    size_t at = rnd(w, w->decision.n);
    uint32_t number = w->decision.p[at].number;
    for (size_t i = at + 1; i < w->decision.n; i++)
        w->decision.p[i - 1] = w->decision.p[i];
    w->decision.n--;
    return kf_incremental_undo(w->inc, number, c, err);
}

static int step_advance(struct world *w, struct kf_incremental_changes *c, struct kf_error *err)
{
    static const int64_t some[] = {0, 1, KF_SECOND, 3 * KF_SECOND, 20 * KF_SECOND};
    int64_t next = kf_incremental_next(w->inc);
    ck_assert_int_gt(next, w->as_of);
    bool quiet = next != KF_TIME_MAX && rnd(w, 4) == 0;
    w->as_of = quiet ? next - 1 : w->as_of + some[rnd(w, 5)];
    int rc = kf_incremental_advance(w->inc, w->as_of, c, err);
    if (quiet) {
        ck_assert_uint_eq(c->n_event + c->n_id, 0); /* nothing happens before it is due */
        ck_assert_uint_eq(c->seen_ids, 0);
    }
    return rc;
}

static void step(struct world *w, uint32_t number)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_incremental_changes c = {0};
    struct kf_id_result *now = NULL;
    uint32_t gone[4], n_gone = 0;
    uint64_t what = rnd(w, 100);
    w->was_events = (uint32_t)w->event.n;
    int rc = what < 50                    ? step_add(w, &c, &err)
             : what < 66                  ? step_remove(w, &c, gone, &n_gone, &err)
             : what < 78                  ? step_decide(w, number, &c, &err)
             : what < 85 && w->decision.n ? step_undo(w, &c, &err)
                                          : step_advance(w, &c, &err);
    ck_assert_msg(rc == 0, "step %u: %s", number, err.message);
    ck_assert_int_eq(kf_incremental_result(w->inc, N_IDS, &now, &err), 0);
    struct kf_id_result *all = rebuild(w);
    same_result(w, now, all);
    changes_are_told(w, now, &c, gone, n_gone);
    kf_identity_free(all);
    kf_identity_free(w->was);
    w->was = now;
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

START_TEST(any_history_equals_a_rebuild)
{
    uint64_t seed = number_from("KF_TEST_SEED", (uint64_t)time(NULL));
    uint64_t steps = number_from("KF_TEST_STEPS", KF_TEST_SANITIZED ? 2000 : 6000);
    printf("KF_TEST_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    for (uint64_t done = 0, history = 0; done < steps; history++) {
        struct world w;
        world_open(&w, kf_mix64(seed) + history);
        for (uint32_t i = 0; i < MAX_STEPS; i++, done++)
            step(&w, i);
        world_close(&w);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("incremental");
    TCase *r = tcase_create("random histories");
    tcase_set_timeout(r, 600);
    tcase_add_test(r, any_history_equals_a_rebuild);
    suite_add_tcase(s, r);
    return s;
}

KF_TEST_MAIN(suite)
