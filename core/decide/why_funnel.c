/* The questions of a rule asked of everybody: how many pass each, who is kept out by one alone, and
 * how many are left step by step. */
#include "decide/why_internal.h"

#include "base/pool.h"

#include <stdlib.h>

/* What one worker counts. */
struct counting {
    struct kf_reasoning *w;
    uint8_t *truth;
    struct kf_why_count *count;
    uint64_t *left, *band;
    uint64_t holds, undecided, lacks_consent;
};

struct work {
    struct kf_why_funnel *f;
    struct counting *worker;
    bool suppresses;
};

static bool follows(const struct work *k, enum kf_truth t)
{
    return k->suppresses ? t != KF_FALSE : t == KF_TRUE;
}

/* ---- one profile ---- */

/* Would it be otherwise if this question alone were answered otherwise? */
static bool turns(const struct work *k, struct counting *c, uint32_t question, bool holds)
{
    struct kf_why_tree t = kf_why_tree_of(c->w);
    uint8_t was = c->truth[question];
    bool other = false;
    for (uint8_t to = KF_FALSE; to <= KF_TRUE && !other; to++) {
        if (to == was)
            continue;
        c->truth[question] = to;
        other = follows(k, kf_why_eval(&t, 0, c->truth)) != holds;
    }
    c->truth[question] = was;
    return other;
}

static void count_questions(const struct work *k, struct counting *c, bool holds)
{
    for (uint32_t i = 0; i < c->w->n; i++) {
        const struct kf_why_part *p = &c->w->part[i];
        if (p->op != KF_WHY_ASK || p->same != i)
            continue;
        c->count[i].truth[c->truth[i]]++;
        if (p->fixed || c->w->rule->kind == KF_KIND_SCORE || !turns(k, c, i, holds))
            continue;
        if (holds)
            c->count[i].keeps_in++;
        else
            c->count[i].keeps_out++;
    }
}

static void count_steps(const struct work *k, struct counting *c)
{
    struct kf_why_tree t = kf_why_tree_of(c->w);
    for (uint32_t i = 0; i < c->w->n; i++)
        if (c->w->part[i].op != KF_WHY_ASK)
            c->count[i].truth[kf_why_eval(&t, i, c->truth)]++;
    for (uint32_t i = 0; i < k->f->n_step; i++) {
        if (kf_why_eval(&t, k->f->step[i].part, c->truth) != KF_TRUE)
            return;
        c->left[i]++;
    }
}

static void count_profile(const struct work *k, struct counting *c, uint32_t profile)
{
    struct kf_reasoning *w = c->w;
    struct kf_why_tree t = kf_why_tree_of(w);
    kf_decider_chunk(w->x);
    kf_decider_start(w->x, profile, NULL);
    w->profile = profile;
    kf_why_decide(w);
    kf_why_ask_quick(w, c->truth);
    for (uint32_t i = 0; i < w->n; i++)
        if (w->part[i].about == KF_ABOUT_TOP)
            c->truth[i] = KF_TRUE; /* who is cut off is known only at the end */
    enum kf_truth all = kf_why_eval(&t, 0, c->truth);
    if (w->rule->kind == KF_KIND_EXPORT)
        w->truth = all;
    c->holds += follows(k, w->truth);
    c->undecided += w->truth == KF_UNDECIDED;
    c->lacks_consent += w->lacks_consent;
    count_questions(k, c, follows(k, all));
    count_steps(k, c);
    if (w->rule->kind == KF_KIND_SCORE) {
        int band = kf_why_band(w->rule, &w->band);
        c->band[band < 0 ? kf_why_bands(w->rule) : band]++;
    }
    kf_arena_reset(&w->arena);
}

static int count_range(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    struct work *k = ctx;
    (void)err;
    for (size_t p = from; p < to; p++)
        count_profile(k, &k->worker[worker], (uint32_t)p);
    return 0;
}

/* ---- everybody ---- */

static void add_step(struct kf_why_funnel *f, uint32_t part)
{
    f->step[f->n_step++].part = part;
}

/* What has to hold together: the parts of the rule, an outermost `all` taken apart. */
static void find_steps(struct kf_why_funnel *f)
{
    const struct kf_why_part *p = f->w->part;
    if (p[0].op != KF_WHY_ALL)
        return;
    for (uint32_t i = 1; i < p[0].end; i = p[i].end) {
        bool apart = p[i].op == KF_WHY_ALL && !p[i].asks;
        for (uint32_t k = i + 1; apart && k < p[i].end; k = p[k].end)
            add_step(f, k);
        if (!apart)
            add_step(f, i);
    }
}

static int open_worker(struct work *k, struct counting *c, struct kf_error *err)
{
    const struct kf_reasoning *w = k->f->w;
    int rc = kf_why_open(w->d, w->rule, KF_NOBODY, &c->w, err);
    if (rc)
        return rc;
    /* parts of its own: answers are noted in them */
    c->w->n = w->n;
    c->w->part = malloc((w->n + 1u) * sizeof *c->w->part);
    c->truth = calloc(w->n + 1u, 1);
    c->count = calloc(w->n + 1u, sizeof *c->count);
    c->left = calloc(w->n + 1u, sizeof *c->left);
    c->band = calloc(k->f->n_band + 1u, sizeof *c->band);
    if (!c->w->part || !c->truth || !c->count || !c->left || !c->band)
        return kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    memcpy(c->w->part, w->part, w->n * sizeof *w->part);
    return 0;
}

static void close_worker(struct work *k, struct counting *c)
{
    struct kf_why_funnel *f = k->f;
    f->holds += c->holds;
    f->undecided += c->undecided;
    f->lacks_consent += c->lacks_consent;
    for (uint32_t i = 0; c->count && i < f->w->n; i++) {
        for (int t = 0; t < 3; t++)
            f->count[i].truth[t] += c->count[i].truth[t];
        f->count[i].keeps_in += c->count[i].keeps_in;
        f->count[i].keeps_out += c->count[i].keeps_out;
    }
    for (uint32_t i = 0; c->left && i < f->n_step; i++)
        f->step[i].left += c->left[i];
    for (uint32_t i = 0; c->band && i < f->n_band; i++)
        f->band[i] += c->band[i];
    if (c->w)
        free(c->w->part);
    kf_why_free(c->w);
    free(c->truth);
    free(c->count);
    free(c->left);
    free(c->band);
}

static int count_all(struct kf_why_funnel *f, struct kf_error *err)
{
    const struct kf_world *w = f->w->d->w;
    unsigned threads = w->threads > 16 ? 16 : w->threads;
    struct work k = {.f = f, .suppresses = f->w->rule->kind == KF_KIND_SUPPRESS};
    k.worker = calloc(threads, sizeof *k.worker);
    int rc = k.worker ? 0 : kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    for (unsigned i = 0; i < threads && rc == 0; i++)
        rc = open_worker(&k, &k.worker[i], err);
    if (rc == 0)
        rc = kf_pool_run(threads, w->n_profiles, 512, count_range, &k, err);
    for (unsigned i = 0; k.worker && i < threads; i++)
        close_worker(&k, &k.worker[i]);
    free(k.worker);
    for (uint32_t i = 0; i < f->w->n; i++) /* asked twice, counted alike */
        if (f->w->part[i].op == KF_WHY_ASK)
            f->count[i] = f->count[f->w->part[i].same];
    return rc;
}

int kf_decide_funnel(struct kf_decide *d, const struct kf_rule *rule, struct kf_why_funnel **ret,
                     struct kf_error *err)
{
    struct kf_why_funnel *f = calloc(1, sizeof *f);
    if (!f)
        return kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    int rc = kf_why_open(d, rule, KF_NOBODY, &f->w, err);
    if (rc == 0) {
        kf_why_build(f->w);
        f->profiles = d->w->n_profiles;
        f->n_band = rule->kind == KF_KIND_SCORE ? (uint32_t)kf_why_bands(rule) + 1 : 0;
        f->count = kf_arena_zalloc(&f->w->arena, (f->w->n + 1u) * sizeof *f->count);
        f->step = kf_arena_zalloc(&f->w->arena, (f->w->n + 1u) * sizeof *f->step);
        f->band = kf_arena_zalloc(&f->w->arena, (f->n_band + 1u) * sizeof *f->band);
        find_steps(f);
        rc = count_all(f, err);
    }
    if (rc) {
        kf_why_funnel_free(f);
        return rc;
    }
    *ret = f;
    return 0;
}

void kf_why_funnel_free(struct kf_why_funnel *f)
{
    if (!f)
        return;
    kf_why_free(f->w);
    free(f);
}
