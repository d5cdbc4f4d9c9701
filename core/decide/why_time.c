/* What time alone does: the same profile, deciding again at each instant at which something can
 * change. */
#include "decide/why_internal.h"

#include <stdlib.h>

/* Instants at which nothing changed; then it is given up. Whole days go by until something
 * changes where rules count days: this is five years of them. */
#define STEPS 1830u

/* ---- a later clock ---- */

struct kf_later {
    struct kf_decide decide;
    struct kf_world world;
    const struct kf_decide *of;
};

/* Does the profile hold an identifier of the event? */
static bool names(const struct kf_world *w, uint32_t profile, uint32_t event)
{
    uint32_t ids[128], n = kf_identity_of_event(w->events, w->ids, event, ids, 128);
    for (uint32_t i = 0; i < n && i < 128; i++)
        if (w->identity->id_profile[ids[i]] == profile)
            return true;
    return false;
}

/* What was said so far, of the profile only: nobody else is asked. */
static void statements_of(const struct kf_world *w, uint32_t profile, struct kf_world *later)
{
    struct kf_statements *s = &later->statements;
    struct kf_statement *row = malloc((s->n + 1u) * sizeof *row);
    uint32_t n = 0;
    for (uint32_t i = 0; row && i < s->n; i++) {
        uint32_t e = s->row[i].event;
        if (w->events->time[e] <= w->as_of &&
            (w->identity->event_profile[e] == profile || names(w, profile, e)))
            row[n++] = s->row[i];
    }
    s->row = row;
    s->n = row ? n : 0;
}

static int later_new(const struct kf_decide *d, uint32_t profile, struct kf_later **ret,
                     struct kf_error *err)
{
    struct kf_later *l = calloc(1, sizeof *l);
    if (!l)
        return kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    l->of = d;
    l->world = *d->w;
    l->world.plan = NULL;
    l->decide = *d;
    l->decide.w = &l->world;
    l->decide.traits = NULL;
    l->decide.consents = NULL;
    statements_of(d->w, profile, &l->world);
    if (!l->world.statements.row) {
        free(l);
        return kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    }
    *ret = l;
    return 0;
}

static void forget_clock(struct kf_later *l)
{
    kf_traits_free(l->decide.traits);
    kf_consents_free(l->decide.consents);
    l->decide.traits = NULL;
    l->decide.consents = NULL;
}

void kf_later_free(struct kf_later *l)
{
    if (!l)
        return;
    forget_clock(l);
    kf_plan_free(l->world.plan);
    free(l->world.statements.row);
    free(l);
}

/* The same profile, events and verdicts, decided at a later instant. */
static int decide_at(struct kf_reasoning *w, int64_t at, struct decider *ret, struct kf_error *err)
{
    int rc = w->later ? 0 : later_new(w->d, w->profile, &w->later, err);
    if (rc)
        return rc;
    struct kf_later *l = w->later;
    forget_clock(l);
    l->world.as_of = at;
    if (l->world.plan)
        rc = kf_plan_again(l->world.plan, at, err);
    else
        rc = kf_plan_like(w->d->w->plan, l->world.config, l->world.events->dict, at, &l->world.plan,
                          err);
    if (rc == 0)
        rc = kf_traits_new(&l->world, &l->decide.traits, err);
    if (rc == 0)
        rc = kf_consents_new(&l->world, &l->decide.consents, err);
    if (rc == 0)
        rc = kf_decider_init(ret, &l->decide, err);
    if (rc == 0)
        kf_decider_start(ret, w->profile, NULL);
    return rc;
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

/* An export follows from its parts. */
static void export_then(const struct kf_reasoning *now, struct kf_reasoning *t)
{
    kf_why_build(t);
    uint8_t *truth = kf_arena_alloc(&t->arena, t->n + 1);
    keep_top(now, t);
    kf_why_ask_quick(t, truth);
    struct kf_why_tree tree = kf_why_tree_of(t);
    t->truth = kf_why_eval(&tree, 0, truth);
    t->holds = t->truth == KF_TRUE;
    for (uint32_t i = 0; i < t->n; i++)
        if (t->part[i].op == KF_WHY_ASK && t->part[i].flip < t->flip)
            t->flip = t->part[i].flip;
}

static int decide_then(struct kf_reasoning *w, int64_t at, struct then *ret, struct kf_error *err)
{
    struct kf_reasoning t = {.rule = w->rule, .profile = w->profile, .flip = KF_TIME_MAX};
    struct decider x;
    int rc = decide_at(w, at, &x, err);
    if (rc)
        return rc;
    kf_arena_init(&t.arena, 0);
    t.d = &w->later->decide;
    t.x = &x;
    if (w->rule->kind == KF_KIND_EXPORT)
        export_then(w, &t);
    else
        kf_why_decide(&t);
    ret->truth = t.truth;
    ret->holds = t.holds;
    ret->flip = t.flip;
    kf_buf_clear(&ret->value);
    value_text(&t, &ret->value);
    kf_decider_free(&x);
    kf_arena_free(&t.arena);
    return 0;
}

static bool is_value(const struct kf_reasoning *w)
{
    return w->rule->kind == KF_KIND_SCORE || w->rule->kind == KF_KIND_COMPUTED ||
           w->rule->kind == KF_KIND_TRAIT;
}

int kf_why_later(struct kf_reasoning *w, struct kf_why_time *ret, struct kf_error *err)
{
    struct then t = {0};
    struct kf_buf now = {0};
    int64_t at = w->flip;
    int rc = 0;
    *ret = (struct kf_why_time){.at = KF_TIME_MAX, .tried_until = KF_TIME_MAX};
    value_text(w, &now);
    while (at != KF_TIME_MAX && rc == 0) {
        if (ret->steps == STEPS) {
            ret->tried_until = at;
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

static int question_then(struct kf_reasoning *w, uint32_t part, int64_t at, uint8_t *ret_truth,
                         int64_t *ret_next, struct kf_error *err)
{
    struct kf_reasoning t = {.rule = w->rule, .profile = w->profile, .n = 1};
    struct kf_why_part one = w->part[part];
    struct decider x;
    int rc = decide_at(w, at, &x, err);
    if (rc)
        return rc;
    one.same = 0;
    one.flip = KF_TIME_MAX;
    t.d = &w->later->decide;
    t.x = &x;
    t.part = &one;
    kf_why_ask_quick(&t, ret_truth);
    *ret_next = one.flip > at ? one.flip : KF_TIME_MAX;
    kf_decider_free(&x);
    return 0;
}

int kf_why_part_later(struct kf_reasoning *w, uint32_t part, bool to, int64_t *ret,
                      struct kf_error *err)
{
    int64_t at = w->part[part].flip, next;
    *ret = KF_TIME_MAX;
    for (unsigned i = 0; i < STEPS && at != KF_TIME_MAX; i++) {
        uint8_t truth = KF_UNDECIDED;
        int rc = question_then(w, part, at, &truth, &next, err);
        if (rc)
            return rc;
        if (truth == (to ? KF_TRUE : KF_FALSE)) {
            *ret = at;
            return 0;
        }
        at = next;
    }
    return 0;
}
