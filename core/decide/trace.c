/* Explaining: the value of every condition of a rule for one profile, histories of traits. */
#include "decide/decide_internal.h"

#include <stdlib.h>

struct capture {
    const struct kf_node *node; /* whose value is wanted */
    struct kf_value actual;
    bool seen;
    const uint32_t *evidence;
    uint32_t n_evidence;
};

struct tracing {
    struct decider *x;
    struct kf_trace *out;
    kf_vec(struct kf_trace_row) row;
    struct capture want;
};

static void note(struct kf_eval *ev, const struct kf_node *n, enum kf_truth t,
                 const struct kf_value *actual, const uint32_t *evidence, uint32_t n_evidence)
{
    struct tracing *k = ev->trace_ctx;
    (void)t;
    if (n != k->want.node)
        return;
    k->want.seen = actual != NULL;
    if (actual)
        k->want.actual = *actual;
    k->want.evidence = evidence;
    k->want.n_evidence = n_evidence;
}

static bool is_combination(const struct kf_node *n)
{
    return n->op == KF_C_ALL || n->op == KF_C_ANY || n->op == KF_C_NONE ||
           n->op == KF_C_AT_LEAST_OF;
}

static const struct kf_zone *zone_of(const struct decider *x)
{
    return x->d->w->config ? x->d->w->config->zone : NULL;
}

/* One row a condition, then those it is made of. Conditions inside a selection are not rows. */
static enum kf_truth add(struct tracing *k, const struct kf_node *n, uint32_t depth)
{
    struct kf_trace_row row = {.node = n, .depth = depth};
    struct kf_buf b = {0};
    k->want = (struct capture){.node = n};
    row.truth = kf_eval_cond(&k->x->ev, n);
    if (k->want.seen) {
        kf_value_format(&k->want.actual, zone_of(k->x), &b);
        row.actual = kf_str(kf_arena_strndup(&k->out->arena, b.p ? b.p : "", b.n), b.n);
        kf_buf_free(&b);
    }
    if (k->want.n_evidence) {
        uint32_t *e = kf_arena_alloc(&k->out->arena, k->want.n_evidence * sizeof *e);
        memcpy(e, k->want.evidence, k->want.n_evidence * sizeof *e);
        row.evidence = e;
        row.n_evidence = k->want.n_evidence;
    }
    *kf_vec_push(&k->row) = row;
    for (uint32_t i = 0; is_combination(n) && i < n->kids; i++)
        if (n->kid[i]->cls == KF_CLASS_COND)
            add(k, n->kid[i], depth + 1);
    return row.truth;
}

static const char *const CONDITIONS[] = {"who",    "except",     "eligible", "when",   "allow",
                                         "reject", "suspicious", "granted",  "denied", "ignore"};

static void conditions(struct tracing *k, const struct kf_rule *r)
{
    for (unsigned i = 0; i < sizeof CONDITIONS / sizeof *CONDITIONS; i++) {
        const struct kf_node *n = kf_rule_get(r, CONDITIONS[i]);
        if (n && n->cls == KF_CLASS_COND)
            add(k, n, 0);
    }
    const struct kf_node *points = kf_rule_get(r, "add");
    for (uint32_t i = 0; points && i < points->kids; i++) {
        const struct kf_node *n = kf_map_get(points->kid[i], "when");
        if (n)
            add(k, n, 0);
    }
}

int kf_decide_trace(struct kf_decide *d, uint32_t profile, const struct kf_rule *rule,
                    struct kf_trace *ret, struct kf_error *err)
{
    struct decider x;
    struct kf_trace out = {.flip = KF_TIME_MAX};
    struct tracing k = {.x = &x, .out = &out};
    if (profile >= d->w->n_profiles)
        return kf_error_set(err, KF_E_USAGE, "decide", "there is no profile %u", profile);
    int rc = kf_decider_init(&x, d, err);
    if (rc)
        return rc;
    kf_decider_start(&x, profile, NULL);
    if (rule->kind == KF_KIND_SEGMENT || rule->kind == KF_KIND_SUPPRESS ||
        rule->kind == KF_KIND_CHANNEL || rule->kind == KF_KIND_CUSTOM ||
        rule->kind == KF_KIND_SCORE || rule->kind == KF_KIND_COMPUTED) {
        const struct memo *m = kf_ask_rule(&x, rule);
        out.truth = (enum kf_truth)m->truth;
        out.flip = m->flip;
        out.why = m->why;
    }
    x.ev.trace = note;
    x.ev.trace_ctx = &k;
    /* Nothing remembered: a condition that is looked up would not say what it saw. */
    kf_eval_profile_again(&x.ev, x.ev.as_of);
    conditions(&k, rule);
    struct kf_trace_row *row = kf_arena_alloc(&out.arena, (k.row.n + 1) * sizeof *row);
    if (k.row.n)
        memcpy(row, k.row.p, k.row.n * sizeof *row);
    out.row = row;
    out.n = (uint32_t)k.row.n;
    kf_vec_free(&k.row);
    kf_decider_free(&x);
    *ret = out;
    return 0;
}

void kf_trace_free(struct kf_trace *t)
{
    if (!t)
        return;
    kf_arena_free(&t->arena);
    *t = (struct kf_trace){0};
}

int kf_decide_trait_history(struct kf_decide *d, uint32_t profile, const struct kf_rule *trait,
                            struct kf_arena *arena, const struct kf_trait_step **ret,
                            uint32_t *ret_n, struct kf_error *err)
{
    struct decider x;
    const struct kf_trait_change *step;
    int t = kf_traits_find(d->traits, kf_cstr(trait->name));
    if (t < 0 || profile >= d->w->n_profiles)
        return kf_error_set(err, KF_E_USAGE, "decide", "trait \"%s\" has no history", trait->name);
    int rc = kf_decider_init(&x, d, err);
    if (rc)
        return rc;
    kf_decider_start(&x, profile, NULL);
    uint32_t n = kf_trait_history(x.fold, &x.ev, (uint32_t)t, x.event, x.n, arena, &step);
    struct kf_trait_step *out = kf_arena_alloc(arena, (n + 1u) * sizeof *out);
    for (uint32_t i = 0; i < n; i++)
        out[i] = (struct kf_trait_step){kf_value_copy(step[i].value, arena), step[i].event};
    kf_decider_free(&x);
    *ret = out;
    *ret_n = n;
    return 0;
}

int kf_decide_consent_history(struct kf_decide *d, uint32_t profile, uint32_t purpose,
                              struct kf_arena *arena, const struct kf_consent_said **ret,
                              uint32_t *ret_n, struct kf_error *err)
{
    struct kf_consent_fold *f = kf_consent_fold_new(d->consents);
    if (!f)
        return kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    kf_consent_fold_start(f, profile);
    *ret_n = kf_consent_history(f, purpose, arena, ret);
    kf_consent_fold_free(f);
    return 0;
}
