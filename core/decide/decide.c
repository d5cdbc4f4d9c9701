#include "decide/decide_internal.h"

#include "base/pool.h"

#include <stdio.h>
#include <stdlib.h>

/* Of values. With the events of as many profiles it stays in the second-level cache. */
#define CHUNK_BYTES (1u << 18)

struct zone_cache *kf_zone_cache_new(void);
void kf_zone_cache_free(struct zone_cache *c);

/* ---- what rules ask for, resolved once ---- */

static uint32_t rule_named(const struct kf_decide *d, enum kf_kind kind, struct kf_str name)
{
    char z[256];
    if (name.n >= sizeof z)
        return KF_NOBODY;
    memcpy(z, name.p, name.n);
    z[name.n] = '\0';
    const struct kf_rule *r = kf_rules_find(d->rules, kind, z);
    return r ? r->number : KF_NOBODY;
}

static uint32_t trait_target(const struct kf_decide *d, struct kf_str name)
{
    uint32_t computed = rule_named(d, KF_KIND_COMPUTED, name);
    if (computed != KF_NOBODY)
        return computed | KF_COMPUTED;
    int t = kf_traits_find(d->traits, name);
    return t < 0 ? KF_NOBODY : (uint32_t)t;
}

static uint32_t target_of(struct kf_decide *d, const struct kf_node *n)
{
    switch (n->op) {
    case KF_E_TRAIT:
    case KF_E_TRAIT_CHANGED:
    case KF_E_TRAIT_PREVIOUS:
        return trait_target(d, n->name);
    case KF_E_CONSENT:
    case KF_E_CONSENT_TIME: {
        int p = kf_statements_purpose(&d->w->statements, n->name);
        return p < 0 ? KF_NOBODY : (uint32_t)p;
    }
    case KF_E_SCORE:
    case KF_E_SCORE_BAND:
        return rule_named(d, KF_KIND_SCORE, n->name);
    case KF_E_CUSTOM:
    case KF_C_CUSTOM:
        return rule_named(d, KF_KIND_CUSTOM, n->name);
    case KF_C_SEGMENT:
        return rule_named(d, KF_KIND_SEGMENT, n->name);
    case KF_C_SUPPRESS:
        return rule_named(d, KF_KIND_SUPPRESS, n->name);
    case KF_C_CHANNEL:
        return rule_named(d, KF_KIND_CHANNEL, n->name);
    case KF_C_FRAUD:
        return rule_named(d, KF_KIND_FRAUD, n->name);
    case KF_C_FLAG:
        return rule_named(d, KF_KIND_FLAG, n->name);
    case KF_E_MEMBERS:
        return d->n_members_node++;
    default:
        return KF_NOBODY;
    }
}

static int resolve_all(struct kf_decide *d, bool *ret_groups)
{
    uint32_t n, members = 0;
    const struct kf_node *const *asking = kf_plan_asking(d->w->plan, &n);
    d->target = malloc((d->rules->n_nodes + 1u) * sizeof *d->target);
    if (!d->target)
        return KF_E_NOMEM;
    for (uint32_t i = 0; i < d->rules->n_nodes; i++)
        d->target[i] = KF_NOBODY;
    for (uint32_t i = 0; i < n; i++)
        members += asking[i]->op == KF_E_MEMBERS;
    d->members_node = kf_arena_alloc(&d->arena, (members + 1) * sizeof *d->members_node);
    *ret_groups = false;
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_node *a = asking[i];
        if (a->op == KF_E_MEMBERS)
            d->members_node[d->n_members_node] = a;
        d->target[a->id] = target_of(d, a);
        *ret_groups |= a->op == KF_E_MEMBERS || a->op == KF_C_MEMBER || a->op == KF_E_ACCOUNT_TRAIT;
    }
    return 0;
}

/* ---- rules ---- */

static void purposes(struct kf_decide *d, const struct kf_rule *r, struct rule_info *info)
{
    const struct kf_node *n = kf_rule_get(r, "requires_consent");
    uint32_t count = n ? kf_node_texts(n) : 0;
    info->purpose = kf_arena_alloc(&d->arena, (count + 1) * sizeof *info->purpose);
    for (uint32_t i = 0; i < count; i++) {
        const char *name = kf_node_text(n, i);
        int p = name ? kf_statements_purpose(&d->w->statements, kf_cstr(name)) : -1;
        info->purpose[info->n_purpose++] = p < 0 ? KF_NOBODY : (uint32_t)p;
    }
}

static void contacts(struct kf_decide *d, const struct kf_rule *r, const char *setting,
                     struct rule_info *info)
{
    const struct kf_node *n = kf_rule_get(r, setting);
    for (uint32_t i = 0; n && i < kf_node_texts(n) && info->n_contact < 8; i++) {
        const char *name = kf_node_text(n, i);
        uint32_t ns = name ? kf_idset_ns(d->w->ids, kf_cstr(name)) : KF_ID_NONE;
        if (ns != KF_ID_NONE)
            info->contact[info->n_contact++] = ns;
    }
}

/* Bits of the channels that a suppression blocks; bits are positions among the channel rules. */
static uint32_t blocked(const struct kf_decide *d, const struct kf_rule *r)
{
    const struct kf_node *n = kf_rule_get(r, "blocks");
    uint32_t bits = 0;
    for (uint32_t i = 0; n && i < kf_node_texts(n); i++) {
        const char *name = kf_node_text(n, i);
        if (name && strcmp(name, "everything") == 0)
            return KF_EVERYTHING;
        for (uint32_t c = 0; name && c < d->n_channel && c < 31; c++)
            if (strcmp(d->channel[c]->name, name) == 0)
                bits |= 1u << c;
    }
    return bits;
}

static uint32_t reason_of(const struct kf_rule *r)
{
    static const char *const reason[] = {
        "erased",  "legal_hold",   "global_opt_out", "bounce",    "channel_opt_out",
        "purpose", "jurisdiction", "test",           "fraud_hold"};
    const char *said = kf_rule_text(r, "reason", "purpose");
    for (uint32_t i = 0; i < sizeof reason / sizeof *reason; i++)
        if (strcmp(reason[i], said) == 0)
            return i;
    return 5;
}

static const struct kf_rule *named_rule(const struct kf_decide *d, const struct kf_rule *r,
                                        enum kf_kind kind, const char *setting)
{
    const char *name = kf_rule_text(r, setting, NULL);
    return name ? kf_rules_find(d->rules, kind, name) : NULL;
}

static void describe(struct kf_decide *d, const struct kf_rule *r)
{
    struct rule_info *info = &d->info[r->number];
    switch (r->kind) {
    case KF_KIND_SEGMENT:
        info->when = kf_rule_get(r, "who");
        info->except = kf_rule_get(r, "except");
        info->has_waits = kf_rule_get(r, "entry_wait") || kf_rule_get(r, "exit_wait");
        purposes(d, r, info);
        break;
    case KF_KIND_COMPUTED:
        info->when = kf_rule_get(r, "is");
        break;
    case KF_KIND_SUPPRESS:
        info->when = kf_rule_get(r, "who");
        info->channels = blocked(d, r);
        info->reason = reason_of(r);
        info->overridable = !kf_rule_bool(r, "cannot_be_overridden", false);
        contacts(d, r, "per_contact", info);
        break;
    case KF_KIND_CHANNEL:
        info->when = kf_rule_get(r, "eligible");
        contacts(d, r, "contact", info);
        purposes(d, r, info);
        break;
    case KF_KIND_EXPORT:
        purposes(d, r, info);
        info->segment = named_rule(d, r, KF_KIND_SEGMENT, "segment");
        info->through = named_rule(d, r, KF_KIND_CHANNEL, "channel");
        info->holdout = kf_rule_get(r, "holdout");
        break;
    case KF_KIND_FRAUD:
        info->channels = strcmp(kf_rule_text(r, "action", "mark"), "hold") == 0 ? KF_EVERYTHING : 0;
        break;
    default:
        break;
    }
}

static void number_rules(struct kf_decide *d)
{
    uint32_t next[KF_KIND_COUNT] = {0};
    d->suppress = kf_rules_kind(d->rules, KF_KIND_SUPPRESS, &d->n_suppress);
    d->segment = kf_rules_kind(d->rules, KF_KIND_SEGMENT, &d->n_segment);
    d->channel = kf_rules_kind(d->rules, KF_KIND_CHANNEL, &d->n_channel);
    d->consent = kf_rules_kind(d->rules, KF_KIND_CONSENT, &d->n_consent);
    d->score = kf_rules_kind(d->rules, KF_KIND_SCORE, &d->n_score);
    d->computed = kf_rules_kind(d->rules, KF_KIND_COMPUTED, &d->n_computed);
    d->fraud = kf_rules_kind(d->rules, KF_KIND_FRAUD, &d->n_fraud);
    d->flag = kf_rules_kind(d->rules, KF_KIND_FLAG, &d->n_flag);
    d->channel_group = kf_rules_find(d->rules, KF_KIND_CHANNEL_GROUP, "default");
    for (uint32_t i = 0; i < d->rules->n; i++) {
        d->info[i].column = KF_NOBODY;
        d->info[i].ordinal = next[d->rules->rule[i]->kind]++;
    }
    for (uint32_t i = 0; i < d->rules->n; i++)
        describe(d, d->rules->rule[i]);
}

/* ---- columns ---- */

static const char *computed_type(const struct kf_rule *r, const struct kf_node *is)
{
    const char *unit = kf_rule_text(r, "unit", NULL);
    bool currency = unit && strlen(unit) == 3 && kf_money_exponent(kf_cstr(unit)) >= 0;
    if (currency)
        return "money";
    switch (is ? is->op : 0) {
    case KF_E_FIRST_TIME:
    case KF_E_LAST_TIME:
        return "time";
    case KF_E_BUCKET:
    case KF_E_MOST_FREQUENT:
        return "text";
    case KF_E_FIRST:
    case KF_E_LAST:
    case KF_E_MIN:
    case KF_E_MAX:
        return "any";
    case KF_E_TIME_BETWEEN:
        return "length";
    default:
        return "number";
    }
}

static void add_column(struct kf_decide *d, const struct kf_rule *r, bool band)
{
    struct kf_column_def *c = &d->column[d->n_columns];
    struct rule_info *info = &d->info[r->number];
    if (!band)
        info->column = d->n_columns;
    c->rule = r;
    c->band = band;
    c->name = band ? kf_arena_printf(&d->arena, "%s_band", r->name) : r->name;
    c->type = band                          ? "text"
              : r->kind == KF_KIND_TRAIT    ? kf_rule_text(r, "type", "text")
              : r->kind == KF_KIND_COMPUTED ? computed_type(r, info->when)
                                            : "number";
    c->unit = kf_rule_text(r, "unit", NULL);
    c->personal = kf_rule_text(r, "personal", NULL);
    d->n_columns++;
}

static void columns(struct kf_decide *d)
{
    uint32_t n;
    const struct kf_rule *const *trait = kf_rules_kind(d->rules, KF_KIND_TRAIT, &n);
    d->n_traits = n;
    d->column =
        kf_arena_zalloc(&d->arena, (n + d->n_computed + 2u * d->n_score + 1) * sizeof *d->column);
    for (uint32_t i = 0; i < n; i++)
        add_column(d, trait[i], false);
    for (uint32_t i = 0; i < d->n_computed; i++)
        add_column(d, d->computed[i], false);
    for (uint32_t i = 0; i < d->n_score; i++) {
        add_column(d, d->score[i], false);
        if (kf_rule_get(d->score[i], "bands"))
            add_column(d, d->score[i], true);
    }
}

/* ---- setup ---- */

static int leave_out(struct kf_decide *d, struct kf_error *err)
{
    const struct kf_world *w = d->w;
    if (d->left_out || !w->event_flags || !w->leave_out)
        return 0;
    d->left_out = calloc(w->events->n + 1u, 1);
    if (!d->left_out)
        return kf_error_set(err, KF_E_NOMEM, "decide", "no memory for %u events", w->events->n);
    for (uint32_t e = 0; e < w->events->n; e++)
        d->left_out[e] = (w->event_flags[e] & w->leave_out) != 0;
    return 0;
}

static int setup(struct kf_decide *d, struct kf_error *err)
{
    const struct kf_world *w = d->w;
    bool groups = false;
    d->info = calloc(d->rules->n + 1u, sizeof *d->info);
    d->zones = kf_zone_cache_new();
    int rc = kf_traits_new(w, &d->traits, err);
    if (rc == 0)
        rc = kf_consents_new(w, &d->consents, err);
    if (rc == 0 && (!d->info || !d->zones || resolve_all(d, &groups)))
        rc = kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    if (rc)
        return rc;
    number_rules(d);
    if (d->n_channel > 31)
        return kf_error_set(err, KF_E_CONFIG, "decide", "%u channels, at most 31 are possible",
                            d->n_channel);
    columns(d);
    d->touch_names = kf_touch_names_of(w->events->dict);
    rc = leave_out(d, err);
    if (rc == 0 && groups)
        rc = kf_groups_new(w, &d->groups, err);
    if (rc == 0 && d->n_fraud)
        rc = kf_fraud_new(d, err);
    if (rc == 0 && d->n_members_node && d->groups)
        rc = kf_members_new(d, err);
    return rc;
}

int kf_decide_new(const struct kf_world *w, struct kf_decide **ret, struct kf_error *err)
{
    struct kf_decide *d = calloc(1, sizeof *d);
    if (!d)
        return kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    d->w = w;
    d->rules = w->rules;
    int rc = setup(d, err);
    if (rc) {
        kf_decide_free(d);
        return rc;
    }
    *ret = d;
    return 0;
}

void kf_decide_free(struct kf_decide *d)
{
    if (!d)
        return;
    kf_traits_free(d->traits);
    kf_consents_free(d->consents);
    kf_groups_free(d->groups);
    kf_fraud_free(d->fraud_state);
    kf_members_free(d->members);
    kf_zone_cache_free(d->zones);
    free(d->info);
    free(d->target);
    free(d->left_out);
    kf_arena_free(&d->arena);
    free(d);
}

const struct kf_column_def *kf_decide_columns(const struct kf_decide *d, uint32_t *ret_n)
{
    *ret_n = d->n_columns;
    return d->column;
}

/* ---- run ---- */

struct run {
    const struct kf_decide *d;
    const struct kf_decide_sink *sink;
    struct decider *decider; /* one a worker */
    const uint32_t *profile; /* NULL: all */
    size_t grain;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    size_t next; /* where the chunk whose turn it is begins */
    bool failed;
};

static struct kf_decided results(struct decider *x, unsigned worker, uint32_t from, uint32_t to)
{
    return (struct kf_decided){.from = from,
                               .to = to,
                               .worker = worker,
                               .value = x->values,
                               .member = x->member.p,
                               .n_member = (uint32_t)x->member.n,
                               .no_consent = x->no_consent.p,
                               .n_no_consent = (uint32_t)x->no_consent.n,
                               .suppression = x->suppression.p,
                               .n_suppression = (uint32_t)x->suppression.n,
                               .consent = x->consents.p,
                               .n_consent = (uint32_t)x->consents.n,
                               .eligibility = x->eligibility.p,
                               .n_eligibility = (uint32_t)x->eligibility.n,
                               .undecided = x->undecided.p,
                               .n_undecided = (uint32_t)x->undecided.n,
                               .outgoing = x->outgoing.p,
                               .n_outgoing = (uint32_t)x->outgoing.n,
                               .touch = x->touches.p,
                               .touch_profile = x->touch_profile.p,
                               .n_touch = (uint32_t)x->touches.n};
}

/* Chunks are handed over one after the other, in order: whoever is early waits. */
static int hand_over(struct run *k, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    const struct kf_decide_sink *sink = k->sink;
    struct kf_decided c = results(&k->decider[worker], worker, (uint32_t)from, (uint32_t)to);
    int rc = sink->prepare ? sink->prepare(sink->ctx, worker, c.from, c.to, err) : 0;
    pthread_mutex_lock(&k->lock);
    k->failed |= rc != 0;
    while (k->next != from && !k->failed)
        pthread_cond_wait(&k->moved, &k->lock);
    bool stop = k->failed;
    pthread_mutex_unlock(&k->lock);
    if (!stop)
        rc = sink->chunk(sink->ctx, &c, err);
    pthread_mutex_lock(&k->lock);
    k->failed |= rc != 0;
    if (!stop)
        k->next = to;
    pthread_cond_broadcast(&k->moved);
    pthread_mutex_unlock(&k->lock);
    return rc;
}

static int run_range(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    struct run *k = ctx;
    struct decider *x = &k->decider[worker];
    const uint32_t columns_n = k->d->n_columns;
    kf_decider_chunk(x);
    for (size_t i = from; i < to; i++) {
        kf_decider_start(x, (uint32_t)i, x->values + (i - from) * columns_n);
        kf_decider_all(x, k->sink);
    }
    return hand_over(k, worker, from, to, err);
}

static size_t grain_of(const struct kf_decide *d)
{
    size_t row = (d->n_columns + 1u) * sizeof(struct kf_value), g = CHUNK_BYTES / row;
    return g < 64 ? 64 : g > 2048 ? 2048 : g;
}

static int open_deciders(struct run *k, unsigned threads, struct kf_error *err)
{
    k->decider = calloc(threads, sizeof *k->decider);
    if (!k->decider)
        return kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    for (unsigned i = 0; i < threads; i++) {
        int rc = kf_decider_init(&k->decider[i], k->d, err);
        if (rc)
            return rc;
        k->decider[i].values =
            malloc(k->grain * (k->d->n_columns + 1u) * sizeof *k->decider[i].values);
        if (!k->decider[i].values)
            return kf_error_set(err, KF_E_NOMEM, "decide", "no memory for %zu profiles", k->grain);
    }
    return 0;
}

static void close_deciders(struct run *k, unsigned threads)
{
    for (unsigned i = 0; k->decider && i < threads; i++)
        kf_decider_free(&k->decider[i]);
    free(k->decider);
}

int kf_decide_run(struct kf_decide *d, const struct kf_decide_sink *sink, struct kf_error *err)
{
    unsigned threads = d->w->threads > 16 ? 16 : d->w->threads;
    struct run k = {.d = d, .sink = sink, .grain = grain_of(d)};
    pthread_mutex_init(&k.lock, NULL);
    pthread_cond_init(&k.moved, NULL);
    int rc = open_deciders(&k, threads, err);
    if (rc == 0)
        rc = kf_pool_run(threads, d->w->n_profiles, k.grain, run_range, &k, err);
    close_deciders(&k, threads);
    pthread_cond_destroy(&k.moved);
    pthread_mutex_destroy(&k.lock);
    return rc;
}

int kf_decide_some(struct kf_decide *d, const uint32_t *profile, uint32_t n,
                   const struct kf_decide_sink *sink, struct kf_error *err)
{
    struct run k = {.d = d, .sink = sink, .grain = 1};
    int rc = open_deciders(&k, 1, err);
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        struct decider *x = &k.decider[0];
        kf_decider_chunk(x);
        kf_decider_start(x, profile[i], x->values);
        kf_decider_all(x, sink);
        struct kf_decided c = results(x, 0, profile[i], profile[i] + 1);
        rc = sink->chunk(sink->ctx, &c, err);
    }
    close_deciders(&k, 1);
    return rc;
}
