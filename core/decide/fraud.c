/* Fraud: verdicts about events, identifiers, values and networks (RULES 4), all before any profile
 * is decided. Events that a flag leaves out are looked at too. */
#include "decide/decide_internal.h"

#include "base/pool.h"

#include <stdlib.h>

typedef kf_vec(struct kf_fraud_row) fraud_rows;

struct verdicts {
    uint8_t *event;      /* [events] enum kf_verdict; NULL: none */
    uint8_t *identifier; /* [ids] */
    uint8_t *profile;    /* [profiles] a bit a verdict */
};

struct fraud_state {
    struct verdicts *of; /* [n] by position among the fraud rules */
    uint32_t n;
    fraud_rows row;
    struct kf_arena arena;
};

/* One rule at work. */
struct work {
    struct kf_decide *d;
    const struct kf_rule *rule;
    const struct kf_node *look_at, *allow, *reject, *suspicious, *signals;
    struct kf_dec flag_at, reject_at;
    bool has_flag_at, has_reject_at;
    struct name_set names;
    struct same_index *same;
    struct decider *decider; /* one a worker; they serve one rule after the other */
    fraud_rows *row;         /* one a worker */
    unsigned threads;
    keyed_events keyed;
    kf_vec(size_t) group; /* where each key begins in keyed */
    kf_vec(uint32_t) unowned;
    kf_fraud_look each; /* NULL: judge */
    void *each_ctx;
};

struct judged {
    enum kf_verdict verdict;
    bool undecided;
    int32_t points;
};

/* ---- one judgement ---- */

static enum kf_truth ask(struct decider *x, const struct kf_node *c)
{
    return c ? kf_eval_cond(&x->ev, c) : KF_FALSE;
}

static bool signals(const struct work *k, struct decider *x, struct judged *j)
{
    struct kf_dec sum = kf_dec_int(0);
    for (uint32_t i = 0; k->signals && i < k->signals->kids; i++) {
        const struct kf_node *points = kf_map_get(k->signals->kid[i], "points");
        enum kf_truth t = ask(x, kf_map_get(k->signals->kid[i], "when"));
        j->undecided |= t == KF_UNDECIDED;
        if (t == KF_TRUE && points)
            kf_dec_add(sum, points->value.number, &sum);
    }
    j->points = (int32_t)kf_dec_double(sum);
    if (k->has_reject_at && kf_dec_cmp(sum, k->reject_at) >= 0)
        j->verdict = KF_VERDICT_REJECT;
    else if (k->has_flag_at && kf_dec_cmp(sum, k->flag_at) >= 0)
        j->verdict = KF_VERDICT_SUSPICIOUS;
    return j->verdict != KF_VERDICT_NONE;
}

/* allow, reject, suspicious, then points; undecided is suspicious and never rejected. */
static struct judged judge(const struct work *k, struct decider *x)
{
    struct judged j = {KF_VERDICT_NONE, false, 0};
    enum kf_truth t = ask(x, k->allow);
    if (t == KF_TRUE) {
        j.verdict = KF_VERDICT_ALLOW;
        return j;
    }
    j.undecided = t == KF_UNDECIDED;
    t = ask(x, k->reject);
    j.undecided |= t == KF_UNDECIDED;
    if (t == KF_TRUE) {
        j.verdict = KF_VERDICT_REJECT;
    } else {
        t = ask(x, k->suspicious);
        j.undecided |= t == KF_UNDECIDED;
        if (t == KF_TRUE)
            j.verdict = KF_VERDICT_SUSPICIOUS;
        else
            signals(k, x, &j);
    }
    if (j.undecided)
        j.verdict = KF_VERDICT_SUSPICIOUS;
    return j;
}

static void keep(const struct work *k, unsigned worker, struct judged j, uint32_t event,
                 uint32_t identifier, struct kf_str key)
{
    if (j.verdict == KF_VERDICT_NONE)
        return;
    *kf_vec_push(&k->row[worker]) = (struct kf_fraud_row){.rule = k->rule->number,
                                                          .verdict = (uint8_t)j.verdict,
                                                          .undecided = j.undecided,
                                                          .event = event,
                                                          .identifier = identifier,
                                                          .key = key,
                                                          .points = j.points};
}

/* ---- looking at events ---- */

static void begin(struct decider *x, uint32_t profile, const uint32_t *event, uint32_t n)
{
    kf_arena_reset(&x->profile_arena);
    x->profile = profile;
    x->generation++;
    x->touches_ready = x->real_ready = x->touch_side_ready = false;
    x->row = NULL;
    x->says = NULL;
    x->event = event;
    x->n = n;
    x->trait = x->own_trait;
    kf_eval_profile(&x->ev, event, n);
    if (profile != KF_NOBODY)
        kf_consent_fold_start(x->consent, profile);
}

static void look(const struct work *k, unsigned worker, uint32_t profile, const uint32_t *event,
                 uint32_t n)
{
    struct decider *x = &k->decider[worker];
    const struct kf_events *e = k->d->w->events;
    bool begun = false;
    for (uint32_t i = 0; i < n; i++) {
        if (!kf_name_set_has(&k->names, e, event[i]))
            continue;
        if (!begun)
            begin(x, profile, event, n);
        begun = true;
        if (!kf_eval_event_matches(&x->ev, event[i], k->look_at))
            continue;
        kf_eval_event(&x->ev, event[i]);
        if (k->each) {
            k->each(k->each_ctx, x, event[i], KF_ID_NONE, kf_str(NULL, 0));
            continue;
        }
        keep(k, worker, judge(k, x), event[i], KF_ID_NONE, kf_str(NULL, 0));
    }
}

static int look_range(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    const struct work *k = ctx;
    const struct kf_world *w = k->d->w;
    (void)err;
    for (size_t p = from; p < to; p++)
        look(k, worker, (uint32_t)p, w->order + w->first[p], w->first[p + 1] - w->first[p]);
    return 0;
}

static int look_unowned(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    const struct work *k = ctx;
    (void)err;
    for (size_t i = from; i < to; i++)
        look(k, worker, KF_NOBODY, &k->unowned.p[i], 1);
    return 0;
}

static int events(struct work *k, struct kf_error *err)
{
    const struct kf_world *w = k->d->w;
    if (kf_name_set_init(&k->names, k->d, k->look_at))
        return kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    int rc = kf_pool_run(k->threads, w->n_profiles, 2048, look_range, k, err);
    for (uint32_t e = 0; e < w->events->n && w->n_unowned; e++)
        if (!w->events->dropped[e] && w->events->time[e] <= w->as_of &&
            w->identity->event_profile[e] == KF_ID_NONE && (!w->subset || w->subset[e]) &&
            kf_name_set_has(&k->names, w->events, e))
            *kf_vec_push(&k->unowned) = e;
    if (rc == 0)
        rc = kf_pool_run(k->threads, k->unowned.n, 2048, look_unowned, k, err);
    kf_vec_free(&k->unowned);
    free(k->names.name);
    return rc;
}

/* ---- looking at identifiers, values, networks ---- */

static int judge_groups(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    const struct work *k = ctx;
    struct decider *x = &k->decider[worker];
    kf_vec(uint32_t) event = {0};
    (void)err;
    for (size_t g = from; g < to; g++) {
        size_t a = k->group.p[g], b = g + 1 < k->group.n ? k->group.p[g + 1] : k->keyed.n;
        event.n = 0;
        for (size_t i = a; i < b; i++)
            if (!event.n || event.p[event.n - 1] != k->keyed.p[i].event)
                *kf_vec_push(&event) = k->keyed.p[i].event;
        begin(x, KF_NOBODY, event.p, (uint32_t)event.n);
        uint32_t id = k->look_at->op == KF_E_IDENTIFIER ? (uint32_t)k->keyed.p[a].lo : KF_ID_NONE;
        if (k->each) {
            struct kf_str key =
                id == KF_ID_NONE ? kf_keyed_text(x, k->look_at, &k->keyed.p[a], &x->profile_arena)
                                 : kf_str(NULL, 0);
            k->each(k->each_ctx, x, KF_ID_NONE, id, key);
            continue;
        }
        struct judged j = judge(k, x);
        keep(k, worker, j, (uint32_t)g, id, kf_str(NULL, 0)); /* `event`: the group for now */
    }
    kf_vec_free(&event);
    return 0;
}

static int values(struct work *k, struct kf_error *err)
{
    int rc = kf_keyed_build(k->d, &k->decider[0], k->look_at, &k->keyed, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < k->keyed.n; i++)
        if (i == 0 || k->keyed.p[i].lo != k->keyed.p[i - 1].lo ||
            k->keyed.p[i].hi != k->keyed.p[i - 1].hi)
            *kf_vec_push(&k->group) = i;
    return kf_pool_run(k->threads, k->group.n, 64, judge_groups, k, err);
}

/* ---- results ---- */

static bool mark_init(struct kf_decide *d, struct verdicts *v)
{
    if (!v->event) {
        v->event = calloc(d->w->events->n + 1u, 1);
        v->identifier = calloc(d->w->ids->n + 1u, 1);
        v->profile = calloc(d->w->n_profiles + 1u, 1);
    }
    return v->event && v->identifier && v->profile;
}

static void mark_profile(struct kf_decide *d, struct verdicts *v, uint32_t profile, uint8_t verdict)
{
    (void)d;
    if (profile != KF_NOBODY)
        v->profile[profile] |= (uint8_t)(1u << verdict);
}

static void mark_event(struct work *k, struct verdicts *v, uint32_t event, uint8_t verdict,
                       bool of_profile)
{
    struct kf_decide *d = k->d;
    if (verdict > v->event[event])
        v->event[event] = verdict;
    if (of_profile)
        mark_profile(d, v, d->w->identity->event_profile[event], verdict);
    if (verdict == KF_VERDICT_REJECT && d->left_out)
        d->left_out[event] |= strcmp(kf_rule_text(k->rule, "action", "mark"), "leave_out") == 0;
}

static void mark_group(struct work *k, struct verdicts *v, struct kf_fraud_row *r)
{
    size_t g = r->event, a = k->group.p[g], b = g + 1 < k->group.n ? k->group.p[g + 1] : k->keyed.n;
    bool identifier = r->identifier != KF_ID_NONE;
    for (size_t i = a; i < b; i++)
        mark_event(k, v, k->keyed.p[i].event, r->verdict, !identifier);
    if (identifier) {
        v->identifier[r->identifier] = r->verdict;
        mark_profile(k->d, v, k->d->w->identity->id_profile[r->identifier], r->verdict);
    } else {
        r->key =
            kf_keyed_text(&k->decider[0], k->look_at, &k->keyed.p[a], &k->d->fraud_state->arena);
    }
    r->event = KF_ID_NONE;
}

static int mark_rows(struct work *k, struct kf_error *err)
{
    struct kf_decide *d = k->d;
    struct verdicts *v = &d->fraud_state->of[d->info[k->rule->number].ordinal];
    bool leave_out = strcmp(kf_rule_text(k->rule, "action", "mark"), "leave_out") == 0;
    for (unsigned t = 0; t < k->threads; t++)
        for (size_t i = 0; i < k->row[t].n; i++) {
            struct kf_fraud_row r = k->row[t].p[i];
            if (leave_out && !d->left_out)
                d->left_out = calloc(d->w->events->n + 1u, 1);
            if (!mark_init(d, v) || (leave_out && !d->left_out))
                return kf_error_set(err, KF_E_NOMEM, "decide", "no memory for verdicts");
            if (k->group.n)
                mark_group(k, v, &r);
            else
                mark_event(k, v, r.event, r.verdict, true);
            if (r.verdict >= KF_VERDICT_SUSPICIOUS)
                *kf_vec_push(&d->fraud_state->row) = r;
        }
    return 0;
}

static int cmp_row(const void *a, const void *b, void *ctx)
{
    const struct kf_decide *d = ctx;
    const struct kf_fraud_row *x = a, *y = b;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    if (x->event != KF_ID_NONE && y->event != KF_ID_NONE)
        return kf_event_cmp(d->w->events, x->event, y->event);
    if (x->identifier != KF_ID_NONE && y->identifier != KF_ID_NONE)
        return kf_str_cmp(kf_idset_value(d->w->ids, x->identifier),
                          kf_idset_value(d->w->ids, y->identifier));
    return kf_str_cmp(x->key, y->key);
}

/* ---- one rule ---- */

static int open_work(struct work *k, struct kf_error *err)
{
    k->row = calloc(k->threads, sizeof *k->row);
    if (!k->row)
        return kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    int rc = kf_same_index_new(k->d, k->rule, &k->same, err);
    for (unsigned i = 0; i < k->threads && rc == 0; i++) {
        if (!k->decider[i].d)
            rc = kf_decider_init(&k->decider[i], k->d, err);
        k->decider[i].same = k->same;
    }
    return rc;
}

static void close_work(struct work *k)
{
    for (unsigned i = 0; i < k->threads; i++) {
        k->decider[i].same = NULL;
        if (k->row)
            kf_vec_free(&k->row[i]);
    }
    free(k->row);
    kf_same_index_free(k->same);
    kf_vec_free(&k->keyed);
    kf_vec_free(&k->group);
}

static int run_rule(struct work *team, const struct kf_rule *r, struct kf_error *err)
{
    struct kf_decide *d = team->d;
    struct work k = {.d = d,
                     .decider = team->decider,
                     .threads = team->threads,
                     .each = team->each,
                     .each_ctx = team->each_ctx,
                     .rule = r,
                     .look_at = kf_rule_get(r, "look_at"),
                     .allow = kf_rule_get(r, "allow"),
                     .reject = kf_rule_get(r, "reject"),
                     .suspicious = kf_rule_get(r, "suspicious"),
                     .signals = kf_rule_get(r, "signals")};
    if (!k.look_at || !r->evaluated || !kf_rule_in_force(r, d->w->as_of))
        return 0;
    if (k.look_at->op == KF_C_HAS)
        k.look_at = k.look_at->kid[0];
    k.has_flag_at = kf_rule_number(r, "flag_at", &k.flag_at);
    k.has_reject_at = kf_rule_number(r, "reject_at", &k.reject_at);
    int rc = open_work(&k, err);
    if (rc == 0)
        rc = k.look_at->cls == KF_CLASS_SELECT ? events(&k, err) : values(&k, err);
    if (rc == 0 && !k.each)
        rc = mark_rows(&k, err);
    close_work(&k);
    return rc;
}

/* What works on all rules: only deciders, of the fields of struct work. */
static int gather_team(struct work *team, struct kf_error *err)
{
    team->decider = calloc(team->threads, sizeof *team->decider);
    return team->decider ? 0 : kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
}

static void part_team(struct work *team)
{
    for (unsigned i = 0; team->decider && i < team->threads; i++)
        kf_decider_free(&team->decider[i]);
    free(team->decider);
}

int kf_fraud_each(struct kf_decide *d, const struct kf_rule *r, kf_fraud_look each, void *ctx,
                  struct kf_error *err)
{
    struct work team = {.d = d, .threads = 1, .each = each, .each_ctx = ctx};
    int rc = gather_team(&team, err);
    if (rc == 0)
        rc = run_rule(&team, r, err);
    part_team(&team);
    return rc;
}

int kf_fraud_new(struct kf_decide *d, struct kf_error *err)
{
    struct fraud_state *f = calloc(1, sizeof *f);
    d->fraud_state = f;
    if (f)
        f->n = d->n_fraud;
    if (f)
        f->of = calloc(d->n_fraud + 1u, sizeof *f->of);
    if (!f || !f->of)
        return kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    struct work team = {.d = d, .threads = d->w->threads > 16 ? 16 : d->w->threads};
    int rc = gather_team(&team, err);
    for (uint32_t i = 0; i < d->rules->n_order && rc == 0; i++)
        if (d->rules->order[i]->kind == KF_KIND_FRAUD)
            rc = run_rule(&team, d->rules->order[i], err);
    part_team(&team);
    if (f->row.n)
        qsort_r(f->row.p, f->row.n, sizeof *f->row.p, cmp_row, d);
    return rc;
}

void kf_fraud_free(struct fraud_state *f)
{
    if (!f)
        return;
    for (uint32_t i = 0; f->of && i < f->n; i++) {
        free(f->of[i].event);
        free(f->of[i].identifier);
        free(f->of[i].profile);
    }
    kf_vec_free(&f->row);
    kf_arena_free(&f->arena);
    free(f->of);
    free(f);
}

bool kf_fraud_profile_has(const struct kf_decide *d, uint32_t fraud, uint32_t profile,
                          enum kf_verdict v)
{
    const struct verdicts *of = d->fraud_state ? &d->fraud_state->of[fraud] : NULL;
    return of && of->profile && profile != KF_NOBODY && (of->profile[profile] >> v & 1);
}

enum kf_verdict kf_fraud_event(const struct kf_decide *d, uint32_t fraud, uint32_t event)
{
    const struct verdicts *of = d->fraud_state ? &d->fraud_state->of[fraud] : NULL;
    return of && of->event ? (enum kf_verdict)of->event[event] : KF_VERDICT_NONE;
}

const struct kf_fraud_row *kf_decide_fraud(const struct kf_decide *d, uint32_t *ret_n)
{
    *ret_n = d->fraud_state ? (uint32_t)d->fraud_state->row.n : 0;
    return d->fraud_state ? d->fraud_state->row.p : NULL;
}
