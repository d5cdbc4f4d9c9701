/* What time alone does: the same profile, deciding again at each instant at which something can
 * change. */
#include "decide/why_internal.h"

#include <stdlib.h>

#define STEPS 200u /* instants at which nothing changed; then it is given up */

/* ---- a later clock ---- */

struct later {
    struct kf_decide decide; /* first: what the caller has is its address */
    struct kf_world world;
};

static void statements_so_far(const struct kf_world *w, struct kf_world *later)
{
    struct kf_statements *s = &later->statements;
    struct kf_statement *row = malloc((s->n + 1u) * sizeof *row);
    uint32_t n = 0;
    for (uint32_t i = 0; row && i < s->n; i++)
        if (w->events->time[s->row[i].event] <= w->as_of)
            row[n++] = s->row[i];
    s->row = row;
    s->n = row ? n : 0;
}

int kf_decide_later(const struct kf_decide *d, int64_t at, struct kf_decide **ret,
                    struct kf_error *err)
{
    struct later *l = malloc(sizeof *l);
    if (!l)
        return kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    l->world = *d->w;
    l->world.as_of = at;
    l->world.plan = NULL;
    l->decide = *d;
    l->decide.w = &l->world;
    l->decide.traits = NULL;
    l->decide.consents = NULL;
    statements_so_far(d->w, &l->world);
    int rc = l->world.statements.row
                 ? kf_plan_new(d->rules, d->w->config, d->w->events->dict, at, &l->world.plan, err)
                 : kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    if (rc == 0)
        rc = kf_traits_new(&l->world, &l->decide.traits, err);
    if (rc == 0)
        rc = kf_consents_new(&l->world, &l->decide.consents, err);
    if (rc) {
        kf_decide_later_free(&l->decide);
        return rc;
    }
    *ret = &l->decide;
    return 0;
}

void kf_decide_later_free(struct kf_decide *later)
{
    if (!later)
        return;
    struct later *l = (struct later *)later;
    kf_traits_free(l->decide.traits);
    kf_consents_free(l->decide.consents);
    kf_plan_free(l->world.plan);
    free((void *)(uintptr_t)l->world.statements.row);
    free(l);
}

/* ---- the rule then ---- */

struct then {
    enum kf_truth truth;
    bool holds;
    int64_t flip;
    struct kf_buf value; /* scores: value and band; computed: its value */
};

static void value_text(const struct kf_reasoning *w, struct kf_buf *out)
{
    const struct kf_config *c = w->d->w->config;
    kf_value_format(&w->value, c ? c->zone : NULL, out);
    if (w->band.type == KF_VAL_TEXT)
        kf_buf_addf(out, ", %.*s", (int)w->band.text.n, w->band.text.p);
}

/* An export's best n are taken as they are: finding them means deciding everybody. */
static void keep_top(const struct kf_reasoning *now, struct kf_reasoning *then)
{
    for (uint32_t i = 0; i < then->n && i < now->n; i++)
        if (then->part[i].about == KF_ABOUT_TOP && now->part[i].about == KF_ABOUT_TOP)
            then->part[i].truth = now->part[i].truth;
}

static int decide_then(struct kf_reasoning *w, int64_t at, struct then *ret, struct kf_error *err)
{
    struct kf_decide *later = NULL;
    struct kf_reasoning t = {.rule = w->rule, .profile = w->profile, .flip = KF_TIME_MAX};
    struct decider x;
    int rc = kf_decide_later(w->d, at, &later, err);
    if (rc == 0)
        rc = kf_decider_init(&x, later, err);
    if (rc) {
        kf_decide_later_free(later);
        return rc;
    }
    kf_arena_init(&t.arena, 0);
    t.d = later;
    t.x = &x;
    kf_decider_start(&x, w->profile, NULL);
    if (w->rule->kind == KF_KIND_EXPORT) {
        uint8_t *truth;
        kf_why_build(&t);
        truth = kf_arena_alloc(&t.arena, t.n + 1);
        keep_top(w, &t);
        kf_why_ask_quick(&t, truth);
        struct kf_why_tree tree = kf_why_tree_of(&t);
        t.truth = kf_why_eval(&tree, 0, truth);
        t.holds = t.truth == KF_TRUE;
        for (uint32_t i = 0; i < t.n; i++)
            t.flip =
                t.part[i].op == KF_WHY_ASK && t.part[i].flip < t.flip ? t.part[i].flip : t.flip;
    } else {
        kf_why_decide(&t);
    }
    ret->truth = t.truth;
    ret->holds = t.holds;
    ret->flip = t.flip;
    kf_buf_clear(&ret->value);
    value_text(&t, &ret->value);
    kf_decider_free(&x);
    kf_arena_free(&t.arena);
    kf_decide_later_free(later);
    return 0;
}

static bool is_value(const struct kf_reasoning *w)
{
    return w->rule->kind == KF_KIND_SCORE || w->rule->kind == KF_KIND_COMPUTED;
}

int kf_why_later(struct kf_reasoning *w, struct kf_why_time *ret, struct kf_error *err)
{
    struct then t = {0};
    struct kf_buf now = {0};
    int64_t at = w->flip;
    int rc = 0;
    *ret = (struct kf_why_time){.at = KF_TIME_MAX, .tried_all = true};
    value_text(w, &now);
    while (at != KF_TIME_MAX && rc == 0) {
        if (ret->steps == STEPS) {
            ret->tried_all = false;
            break;
        }
        rc = decide_then(w, at, &t, err);
        ret->steps++;
        bool other = is_value(w) ? t.value.n != now.n || memcmp(t.value.p, now.p, now.n) != 0
                                 : t.holds != w->holds;
        if (rc == 0 && other) {
            ret->at = at;
            ret->truth = t.truth;
            ret->holds = t.holds;
            ret->value = is_value(w) ? kf_arena_strndup(&w->arena, t.value.p, t.value.n) : NULL;
            break;
        }
        at = t.flip > at ? t.flip : KF_TIME_MAX;
    }
    kf_buf_free(&t.value);
    kf_buf_free(&now);
    return rc;
}

/* ---- one question then ---- */

int kf_why_part_later(struct kf_reasoning *w, uint32_t part, bool to, int64_t *ret,
                      struct kf_error *err)
{
    const struct kf_why_part *p = &w->part[part];
    int64_t at = p->flip;
    *ret = KF_TIME_MAX;
    for (unsigned i = 0; i < 16 && at != KF_TIME_MAX; i++) {
        struct kf_decide *later = NULL;
        struct kf_reasoning t = {.rule = w->rule, .profile = w->profile, .n = 1};
        struct kf_why_part one = *p;
        struct decider x;
        int rc = kf_decide_later(w->d, at, &later, err);
        if (rc == 0)
            rc = kf_decider_init(&x, later, err);
        if (rc) {
            kf_decide_later_free(later);
            return rc;
        }
        one.same = 0;
        t.d = later;
        t.x = &x;
        t.part = &one;
        kf_decider_start(&x, w->profile, NULL);
        uint8_t truth = KF_UNDECIDED;
        kf_why_ask_quick(&t, &truth);
        int64_t next = one.flip;
        kf_decider_free(&x);
        kf_decide_later_free(later);
        if (truth == (to ? KF_TRUE : KF_FALSE)) {
            *ret = at;
            return 0;
        }
        at = next > at ? next : KF_TIME_MAX;
    }
    return 0;
}
