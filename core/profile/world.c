#include "profile/world.h"

#include "base/pool.h"
#include "base/vec.h"

#include <stdio.h>
#include <stdlib.h>

#define GRAIN      32768u
#define FEW        48u /* a profile's events or identifiers that are sorted by insertion */
#define CLOCK_SLIP (5 * KF_MINUTE) /* a later event time does not set as_of (DESIGN 1) */

/* ---- what conditions may ask of a single event ---- */

struct kf_value kf_world_event_identifiers(const struct kf_world *w, struct kf_arena *scratch,
                                           uint32_t event, struct kf_str ns)
{
    uint32_t ids[256], number = kf_idset_ns(w->ids, ns), n = 0;
    struct kf_value v = {.type = KF_VAL_MISSING, .event = event};
    if (number == KF_ID_NONE)
        return v;
    uint32_t all = kf_identity_of_event(w->events, w->ids, event, ids, 256);
    for (uint32_t i = 0; i < all; i++)
        if (w->ids->ns[ids[i]] == number)
            ids[n++] = ids[i];
    if (n == 0)
        return v;
    struct kf_value *item = kf_arena_zalloc(scratch, n * sizeof *item);
    for (uint32_t i = 0; i < n; i++)
        item[i] = (struct kf_value){
            .type = KF_VAL_TEXT, .text = kf_idset_value(w->ids, ids[i]), .event = event};
    if (n == 1)
        return item[0];
    v.type = KF_VAL_LIST;
    v.item = item;
    v.n = n;
    return v;
}

static int flag_number(const struct kf_world *w, struct kf_str name)
{
    uint32_t n;
    const struct kf_rule *const *rule = kf_rules_kind(w->rules, KF_KIND_FLAG, &n);
    for (uint32_t i = 0; i < n; i++)
        if (kf_str_eq(kf_cstr(rule[i]->name), name))
            return (int)i;
    return -1;
}

bool kf_world_flagged(const struct kf_world *w, uint32_t event, struct kf_str flag)
{
    int i = flag_number(w, flag);
    return i >= 0 && w->event_flags && (w->event_flags[event] >> i & 1);
}

static struct kf_value ask_identifiers(struct kf_eval *ev, uint32_t event, struct kf_str ns)
{
    return kf_world_event_identifiers(ev->ctx, &ev->scratch, event, ns);
}

static bool ask_flagged(struct kf_eval *ev, uint32_t event, const struct kf_node *flag)
{
    return kf_world_flagged(ev->ctx, event, flag->name);
}

static const struct kf_eval_ops EVENT_OPS = {.event_identifiers = ask_identifiers,
                                             .flagged = ask_flagged};

/* ---- as_of, flags ---- */

static bool takes_part(const struct kf_world *w, const uint8_t *subset, size_t e)
{
    return !w->events->dropped[e] && (!subset || subset[e]);
}

int64_t kf_world_newest(const struct kf_events *events, const uint8_t *subset)
{
    int64_t best = KF_NO_TIME;
    for (size_t e = 0; e < events->n; e++) {
        int64_t t = events->time[e];
        if (t > best && t - CLOCK_SLIP <= events->at[e].received && !events->dropped[e] &&
            (!subset || subset[e]))
            best = t;
    }
    return best;
}

struct flag_work {
    struct kf_world *w;
    const uint8_t *subset;
    const struct kf_rule *const *rule; /* in an order in which asked ones come first */
    uint32_t *bit;
    uint32_t n;
};

static int flag_range(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    (void)worker;
    struct flag_work *f = ctx;
    struct kf_eval ev;
    int rc = kf_eval_init(&ev, f->w->plan, f->w->events, &EVENT_OPS, f->w, err);
    if (rc)
        return rc;
    for (size_t e = from; e < to; e++) {
        f->w->event_flags[e] = 0;
        if (!takes_part(f->w, f->subset, e))
            continue;
        kf_eval_event(&ev, (uint32_t)e);
        for (uint32_t i = 0; i < f->n; i++)
            if (kf_eval_cond(&ev, kf_rule_get(f->rule[i], "when")) == KF_TRUE)
                f->w->event_flags[e] |= 1ULL << f->bit[i];
    }
    kf_eval_free(&ev);
    return 0;
}

static int mark(struct kf_world *w, const uint8_t *subset, struct kf_error *err)
{
    uint32_t n;
    const struct kf_rule *const *flag = kf_rules_kind(w->rules, KF_KIND_FLAG, &n);
    if (n == 0)
        return 0;
    if (n > 64)
        return kf_error_at(err, KF_E_CONFIG, "profile", flag[64]->pos.file, flag[64]->pos.line, 0,
                           "%u flags, at most 64 are possible", n);
    const struct kf_rule *ordered[64];
    uint32_t bit[64];
    struct flag_work f = {.w = w, .subset = subset, .rule = ordered, .bit = bit};
    for (uint32_t i = 0; i < w->rules->n_order; i++)
        for (uint32_t k = 0; k < n; k++)
            if (w->rules->order[i] == flag[k] && kf_rule_in_force(flag[k], w->as_of)) {
                ordered[f.n] = flag[k];
                bit[f.n++] = k;
            }
    for (uint32_t k = 0; k < n; k++)
        if (kf_rule_bool(flag[k], "leave_out", false))
            w->leave_out |= 1ULL << k;
    w->event_flags = malloc((w->events->n + 1u) * sizeof *w->event_flags);
    if (!w->event_flags)
        return kf_error_set(err, KF_E_NOMEM, "profile", "no memory for the marks of %u events",
                            w->events->n);
    return kf_pool_run(w->threads, w->events->n, GRAIN, flag_range, &f, err);
}

/* ---- events and identifiers of each profile ---- */

static int by_time_then_id(const void *a, const void *b, void *ctx)
{
    return kf_event_cmp(ctx, *(const uint32_t *)a, *(const uint32_t *)b);
}

static int sort_range(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    (void)worker;
    (void)err;
    struct kf_world *w = ctx;
    const int64_t *time = w->events->time;
    for (size_t p = from; p < to; p++) {
        uint32_t *o = w->order + w->first[p], n = w->first[p + 1] - w->first[p];
        if (n > FEW) {
            qsort_r(o, n, sizeof *o, by_time_then_id, w->events);
            continue;
        }
        for (uint32_t i = 1; i < n; i++) { /* few and nearly in order of arrival */
            uint32_t e = o[i], k = i;
            while (k && (time[o[k - 1]] > time[e] ||
                         (time[o[k - 1]] == time[e] && kf_event_cmp(w->events, o[k - 1], e) > 0))) {
                o[k] = o[k - 1];
                k--;
            }
            o[k] = e;
        }
    }
    return 0;
}

static int index_events(struct kf_world *w, const uint8_t *subset, struct kf_error *err)
{
    const struct kf_id_result *r = w->identity;
    uint32_t n = w->events->n;
    w->n_profiles = r->n_profiles;
    w->first = calloc(w->n_profiles + 2u, sizeof *w->first);
    w->order = malloc((n + 1u) * sizeof *w->order);
    if (!w->first || !w->order)
        return kf_error_set(err, KF_E_NOMEM, "profile", "no memory for the index of %u events", n);
    for (uint32_t e = 0; e < n; e++) {
        if (!takes_part(w, subset, e) || w->events->time[e] > w->as_of)
            continue;
        w->n_events++;
        if (r->event_profile[e] == KF_ID_NONE)
            w->n_unowned++;
        else
            w->first[r->event_profile[e] + 2]++;
    }
    for (uint32_t p = 2; p <= w->n_profiles + 1; p++)
        w->first[p] += w->first[p - 1];
    for (uint32_t e = 0; e < n; e++)
        if (r->event_profile[e] != KF_ID_NONE && takes_part(w, subset, e) &&
            w->events->time[e] <= w->as_of)
            w->order[w->first[r->event_profile[e] + 1]++] = e;
    return kf_pool_run(w->threads, w->n_profiles, 8192, sort_range, w, err);
}

static int by_rank_then_value(const void *a, const void *b, void *ctx)
{
    const struct kf_idset *s = ctx;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    if (s->ns[x] != s->ns[y])
        return s->ns[x] < s->ns[y] ? -1 : 1; /* namespaces are numbered by rank */
    return kf_str_cmp(kf_idset_value(s, x), kf_idset_value(s, y));
}

static void sort_values(const struct kf_idset *s, uint32_t *id, uint32_t n)
{
    struct kf_str value[FEW];
    for (uint32_t i = 0; i < n; i++) {
        struct kf_str v = kf_idset_value(s, id[i]);
        uint32_t x = id[i], k = i;
        for (; k && kf_str_cmp(value[k - 1], v) > 0; k--) {
            value[k] = value[k - 1];
            id[k] = id[k - 1];
        }
        value[k] = v;
        id[k] = x;
    }
}

/* Values are far away in memory: only those of a namespace that occurs twice are looked at. */
static void sort_few(const struct kf_idset *s, uint32_t *id, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        uint32_t x = id[i], k = i;
        for (; k && s->ns[id[k - 1]] > s->ns[x]; k--)
            id[k] = id[k - 1];
        id[k] = x;
    }
    for (uint32_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && s->ns[id[to]] == s->ns[id[from]]; to++)
            ;
        if (to - from > 1)
            sort_values(s, id + from, to - from);
    }
}

static int sort_ids_range(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    (void)worker;
    (void)err;
    struct kf_world *w = ctx;
    for (size_t p = from; p < to; p++) {
        uint32_t *id = w->ids_of + w->ids_first[p], n = w->ids_first[p + 1] - w->ids_first[p];
        if (n > FEW)
            qsort_r(id, n, sizeof *id, by_rank_then_value, w->ids);
        else
            sort_few(w->ids, id, n);
    }
    return 0;
}

static int index_identifiers(struct kf_world *w, struct kf_error *err)
{
    const struct kf_id_result *r = w->identity;
    w->ids_first = calloc(w->n_profiles + 2u, sizeof *w->ids_first);
    w->ids_of = malloc((w->ids->n + 1u) * sizeof *w->ids_of);
    if (!w->ids_first || !w->ids_of)
        return kf_error_set(err, KF_E_NOMEM, "profile", "no memory for the index of %u identifiers",
                            w->ids->n);
    for (uint32_t i = 0; i < w->ids->n; i++)
        if (r->id_profile[i] != KF_ID_NONE)
            w->ids_first[r->id_profile[i] + 2]++;
    for (uint32_t p = 2; p <= w->n_profiles + 1; p++)
        w->ids_first[p] += w->ids_first[p - 1];
    for (uint32_t i = 0; i < w->ids->n; i++)
        if (r->id_profile[i] != KF_ID_NONE)
            w->ids_of[w->ids_first[r->id_profile[i] + 1]++] = i;
    return kf_pool_run(w->threads, w->n_profiles, 8192, sort_ids_range, w, err);
}

/* ---- the world ---- */

static int settle_identity(struct kf_world *w, const struct kf_world_options *o,
                           struct kf_error *err)
{
    struct kf_observe_options ob = {.rules = w->rules,
                                    .plan = w->plan,
                                    .events = w->events,
                                    .subset = o->subset,
                                    .ids = w->ids,
                                    .statements = &w->statements,
                                    .decision = o->decision,
                                    .n_decision = o->n_decision,
                                    .ops = &EVENT_OPS,
                                    .ops_ctx = w,
                                    .as_of = w->as_of,
                                    .threads = w->threads,
                                    .want_links = o->want_links};
    return kf_identity_observe(&ob, &w->identity, err);
}

int kf_world_new(const struct kf_world_options *o, struct kf_world **ret, struct kf_error *err)
{
    struct kf_world *w = calloc(1, sizeof *w);
    if (!w)
        return kf_error_set(err, KF_E_NOMEM, "profile", "out of memory");
    w->config = o->config;
    w->rules = o->rules;
    w->events = o->events;
    w->subset = o->subset;
    w->threads = o->threads ? o->threads : 1;
    w->as_of = o->as_of == KF_NO_TIME ? kf_world_newest(o->events, o->subset) : o->as_of;
    w->plan = o->plan;
    w->borrowed_plan = o->plan != NULL;
    int rc = o->plan ? kf_plan_again(o->plan, w->as_of, err)
                     : kf_plan_new(o->rules, o->config, o->events->dict, w->as_of, &w->plan, err);
    if (rc == 0)
        rc = kf_idset_new(o->rules, o->config, o->events, w->threads, &w->ids, err);
    if (rc == 0)
        rc = mark(w, o->subset, err);
    if (rc == 0)
        rc = kf_statements_read(w->plan, o->rules, o->events, o->subset, &EVENT_OPS, w, w->threads,
                                &w->arena, &w->statements, err);
    if (rc == 0)
        rc = settle_identity(w, o, err);
    if (rc == 0)
        rc = index_events(w, o->subset, err);
    if (rc == 0)
        rc = index_identifiers(w, err);
    if (rc) {
        kf_world_free(w);
        return rc;
    }
    *ret = w;
    return 0;
}

int kf_world_like(const struct kf_world *w, const struct kf_ruleset *rules, struct kf_world **ret,
                  struct kf_error *err)
{
    struct kf_world *like = malloc(sizeof *like);
    if (!like)
        return kf_error_set(err, KF_E_NOMEM, "profile", "out of memory");
    *like = *w;
    like->rules = rules;
    like->plan = NULL;
    like->borrowed = true;
    like->borrowed_plan = false;
    like->arena = (struct kf_arena){0};
    like->statements = (struct kf_statements){0};
    int rc = kf_plan_new(rules, w->config, w->events->dict, w->as_of, &like->plan, err);
    if (rc == 0) /* conditions of other rules may ask for other purposes */
        rc = kf_statements_read(like->plan, rules, w->events, w->subset, &EVENT_OPS, like,
                                w->threads, &like->arena, &like->statements, err);
    if (rc) {
        kf_world_free(like);
        return rc;
    }
    *ret = like;
    return 0;
}

void kf_world_free(struct kf_world *w)
{
    if (!w)
        return;
    if (!w->borrowed_plan)
        kf_plan_free(w->plan);
    kf_statements_free(&w->statements);
    if (w->borrowed) {
        kf_arena_free(&w->arena);
        free(w);
        return;
    }
    kf_identity_free(w->identity);
    kf_idset_free(w->ids);
    free(w->event_flags);
    free(w->first);
    free(w->order);
    free(w->ids_first);
    free(w->ids_of);
    kf_arena_free(&w->arena);
    free(w);
}

void kf_profile_id_format(uint64_t id, char out[17])
{
    snprintf(out, 17, "%016llx", (unsigned long long)id);
}

static bool parse_id(struct kf_str t, uint64_t *ret)
{
    uint64_t v = 0;
    if (t.n != 16)
        return false;
    for (size_t i = 0; i < 16; i++) {
        char c = t.p[i];
        int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (d < 0)
            return false;
        v = v << 4 | (uint64_t)d;
    }
    *ret = v;
    return true;
}

/* A profile's own id, else the hash of any identifier: ids once given out keep resolving (IDENTITY
 * 6). */
static uint32_t find_id(const struct kf_world *w, uint64_t id)
{
    uint32_t lo = 0, hi = w->n_profiles;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (w->identity->profile_id[mid] < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo < w->n_profiles && w->identity->profile_id[lo] == id)
        return lo;
    for (uint32_t i = 0; i < w->ids->n; i++)
        if (w->identity->id_profile[i] != KF_ID_NONE && kf_idset_hash(w->ids, i) == id)
            return w->identity->id_profile[i];
    return KF_ID_NONE;
}

uint32_t kf_world_find(const struct kf_world *w, struct kf_str text, struct kf_error *err)
{
    uint64_t id;
    const char *eq = NULL;
    for (size_t i = 0; i < text.n && !eq; i++)
        if (text.p[i] == ':' || text.p[i] == '=')
            eq = text.p + i;
    if (!eq && parse_id(text, &id)) {
        uint32_t p = find_id(w, id);
        if (p == KF_ID_NONE)
            kf_error_set(err, KF_E_NOINPUT, "profile", "no profile has or had the id %.*s",
                         (int)text.n, text.p);
        return p;
    }
    if (!eq) {
        kf_error_set(err, KF_E_USAGE, "profile",
                     "'%.*s' is no identifier: write namespace:value, as email:anna@example.com",
                     (int)text.n, text.p);
        return KF_ID_NONE;
    }
    struct kf_str ns = kf_str(text.p, (size_t)(eq - text.p)),
                  value = kf_str(eq + 1, text.n - ns.n - 1);
    uint32_t number = kf_idset_ns(w->ids, ns);
    if (number == KF_ID_NONE) {
        const char *names[KF_ID_NAMESPACES];
        for (uint32_t i = 0; i < w->ids->rules.n_ns; i++)
            names[i] = w->ids->rules.ns[i].name;
        char *z = kf_arena_strndup((struct kf_arena *)&w->arena, ns.p, ns.n);
        const char *near = kf_str_suggest(z, names, w->ids->rules.n_ns);
        kf_error_set(err, KF_E_USAGE, "profile", "no rule declares the identifier '%s'%s%s%s", z,
                     near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
        return KF_ID_NONE;
    }
    uint32_t i = kf_idset_find(w->ids, number, value);
    uint32_t p = i == KF_ID_NONE ? KF_ID_NONE : w->identity->id_profile[i];
    if (i == KF_ID_NONE)
        kf_error_set(err, KF_E_NOINPUT, "profile", "%.*s was never seen", (int)text.n, text.p);
    else if (p == KF_ID_NONE)
        kf_error_set(
            err, KF_E_NOINPUT, "profile", "%.*s names nobody now (%s)", (int)text.n, text.p,
            w->identity->id_isolated[i] ? kf_identity_reason_name(w->identity->id_isolated[i])
                                        : "no event of its own");
    return p;
}
