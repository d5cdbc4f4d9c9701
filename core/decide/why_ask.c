/* Answers to the questions of a tree, with what was seen. */
#include "decide/why_internal.h"

#include <stdlib.h>

/* ---- evidence ---- */

struct gather {
    struct kf_reasoning *w;
    struct kf_eval *ev;
    kf_vec(uint32_t) event;
    unsigned depth;
};

static void from_expr(struct gather *g, const struct kf_node *n);

static void from_select(struct gather *g, const struct kf_node *select)
{
    const uint32_t *event;
    uint32_t n;
    kf_eval_select(g->ev, select, &event, &n);
    for (uint32_t i = 0; i < n; i++)
        *kf_vec_push(&g->event) = event[i];
}

static void from_trait(struct gather *g, const struct kf_node *n)
{
    const struct kf_decide *d = g->w->d;
    uint32_t t = d->target[n->id];
    if (t == KF_NOBODY || !(t & KF_COMPUTED) || g->depth > 8)
        return;
    const struct kf_rule *r = d->rules->rule[t & ~KF_COMPUTED];
    g->depth++;
    if (d->info[r->number].when)
        from_expr(g, d->info[r->number].when);
    g->depth--;
}

/* The events of every selection that a value is made of, through computed traits. */
static void from_expr(struct gather *g, const struct kf_node *n)
{
    if (n->cls == KF_CLASS_SELECT) {
        from_select(g, n);
        return;
    }
    if (n->op == KF_E_TRAIT) {
        from_trait(g, n);
        return;
    }
    for (uint32_t i = 0; n->cls == KF_CLASS_EXPR && n->op != KF_E_MEMBERS && i < n->kids; i++)
        from_expr(g, n->kid[i]);
}

static void from_fraud(struct gather *g, const struct kf_node *n)
{
    const struct kf_world *w = g->w->d->w;
    uint32_t rule = g->w->d->target[n->id], count;
    const struct kf_fraud_row *row = kf_decide_fraud(g->w->d, &count);
    for (uint32_t i = 0; i < count; i++)
        if (row[i].rule == rule && row[i].event != KF_ID_NONE && g->w->profile != KF_ID_NONE &&
            w->identity->event_profile[row[i].event] == g->w->profile)
            *kf_vec_push(&g->event) = row[i].event;
}

static void from_flag(struct gather *g, const struct kf_node *n)
{
    const struct kf_world *w = g->w->d->w;
    uint32_t r = g->w->d->target[n->id], p = g->w->profile;
    if (g->w->looking || p == KF_ID_NONE)
        return; /* it is asked of the event looked at */
    for (uint32_t i = w->first[p]; r != KF_NOBODY && w->event_flags && i < w->first[p + 1]; i++)
        if (w->event_flags[w->order[i]] >> g->w->d->info[r].ordinal & 1)
            *kf_vec_push(&g->event) = w->order[i];
}

static int cmp_event(const void *a, const void *b, void *ctx)
{
    return kf_event_cmp(ctx, *(const uint32_t *)a, *(const uint32_t *)b);
}

static void keep_evidence(struct gather *g, struct kf_why_part *p)
{
    uint32_t *out = kf_arena_alloc(&g->w->arena, (g->event.n + 1) * sizeof *out), n = 0;
    if (g->event.n)
        qsort_r(g->event.p, g->event.n, sizeof *g->event.p, cmp_event,
                (void *)(uintptr_t)g->w->d->w->events);
    for (size_t i = 0; i < g->event.n; i++)
        if (!n || out[n - 1] != g->event.p[i])
            out[n++] = g->event.p[i];
    p->event = out;
    p->n_event = n;
    kf_vec_free(&g->event);
}

/* The selection that a question is about, NULL: none. */
static const struct kf_node *select_of(const struct kf_node *n)
{
    if (n->op == KF_C_HAS)
        return n->kid[0];
    if (n->op != KF_C_TEST)
        return NULL;
    const struct kf_node *e = n->kid[0];
    return e->op >= KF_E_COUNT && e->op <= KF_E_LAST_TIME ? e->kid[0] : NULL;
}

/* Nothing in time: the newest such event all the same. */
static void find_last(struct kf_reasoning *w, struct kf_why_part *p, struct kf_eval *ev)
{
    const struct kf_node *s = p->node ? select_of(p->node) : NULL;
    (void)w;
    if (!s || s->op == KF_S_TOUCH || p->n_event)
        return;
    for (uint32_t i = ev->n; i-- > 0 && p->last == UINT32_MAX;)
        if (ev->events->time[ev->event[i]] <= ev->as_of &&
            kf_eval_event_matches(ev, ev->event[i], s))
            p->last = ev->event[i];
}

/* ---- conditions ---- */

struct capture {
    const struct kf_node *node;
    struct kf_value value;
    bool seen;
    struct gather *g;
};

static void note(struct kf_eval *ev, const struct kf_node *n, enum kf_truth t,
                 const struct kf_value *actual, const uint32_t *evidence, uint32_t n_evidence)
{
    struct capture *c = ev->trace_ctx;
    (void)t;
    if (n != c->node)
        return;
    c->seen = actual != NULL;
    if (actual)
        c->value = *actual;
    c->g->event.n = 0;
    for (uint32_t i = 0; i < n_evidence; i++)
        *kf_vec_push(&c->g->event) = evidence[i];
}

struct kf_eval *kf_why_eval_of(struct kf_reasoning *w, const struct kf_why_part *p)
{
    if (p->contact == KF_ID_NONE || p->about != KF_ABOUT_CONDITION)
        return &w->x->ev;
    return &kf_suppress_side(w->x, p->contact)->ev;
}

static void set_actual(struct kf_reasoning *w, struct kf_why_part *p)
{
    struct kf_buf b = {0};
    const struct kf_config *c = w->d->w->config;
    kf_value_format(&p->value, c ? c->zone : NULL, &b);
    p->actual = kf_str(kf_arena_strndup(&w->arena, b.p ? b.p : "", b.n), b.n);
    kf_buf_free(&b);
}

/* Forgets what selections were made: one that is looked up again would not say what it saw. */
static void ask_condition(struct kf_reasoning *w, struct kf_why_part *p)
{
    struct kf_eval *ev = kf_why_eval_of(w, p);
    struct gather g = {.w = w, .ev = ev};
    struct capture c = {.node = p->node, .g = &g};
    if (w->looking)
        kf_eval_event(ev, w->looked_at);
    else
        kf_eval_profile_again(ev, ev->as_of);
    ev->trace = note;
    ev->trace_ctx = &c;
    ev->flip = KF_TIME_MAX;
    ev->why = NULL;
    p->truth = (uint8_t)kf_eval_cond(ev, p->node);
    p->flip = ev->flip;
    p->why = p->truth == KF_UNDECIDED ? ev->why : NULL;
    ev->trace = NULL;
    if (c.seen) {
        p->value = kf_value_copy(c.value, &w->arena);
        set_actual(w, p);
        if (c.value.event != UINT32_MAX)
            *kf_vec_push(&g.event) = c.value.event;
        from_expr(&g, p->node->kid[0]);
    }
    if (p->node->op == KF_C_FRAUD)
        from_fraud(&g, p->node);
    if (p->node->op == KF_C_FLAG)
        from_flag(&g, p->node);
    keep_evidence(&g, p);
    find_last(w, p, ev);
}

static void ask_truth(struct kf_reasoning *w, struct kf_why_part *p)
{
    struct kf_eval *ev = kf_why_eval_of(w, p);
    ev->flip = KF_TIME_MAX;
    p->truth = (uint8_t)kf_eval_cond(ev, p->node);
    p->flip = ev->flip;
}

static void ask_rule(struct kf_reasoning *w, struct kf_why_part *p)
{
    const struct memo *m = kf_ask_rule(w->x, p->asks);
    p->truth = m->truth;
    p->flip = m->flip;
    p->why = m->why;
}

/* ---- consent ---- */

static void ask_consent(struct kf_reasoning *w, struct kf_why_part *p, bool quick)
{
    const struct kf_decide *d = w->d;
    struct kf_consent_now s = {KF_CONSENT_UNKNOWN, KF_NO_TIME, UINT32_MAX, KF_TIME_MAX};
    if (p->purpose != KF_NOBODY) {
        bool own = p->contact != KF_ID_NONE &&
                   kf_consents_contact(d->consents, p->purpose) == d->w->ids->ns[p->contact];
        s = own ? kf_consent_fold_contact(w->x->consent, p->purpose, p->contact)
                : kf_consent_fold_state(w->x->consent, p->purpose);
    }
    p->truth = s.state == KF_CONSENT_GRANTED;
    p->flip = s.flip;
    if (quick)
        return;
    p->value = (struct kf_value){
        .type = KF_VAL_TEXT, .text = kf_cstr(kf_consent_state_name(s.state)), .event = s.event};
    p->actual = p->value.text;
    p->last = s.event;
    if (p->purpose != KF_NOBODY)
        p->n_said = kf_consent_history(w->x->consent, p->purpose, &w->arena, &p->said);
}

/* ---- channels, exports ---- */

static void ask_cap(struct kf_reasoning *w, struct kf_why_part *p, bool quick)
{
    uint32_t sent;
    int64_t at = kf_channel_cap_ends(w->x, p->rule, p->node, &sent);
    p->truth = at <= w->x->ev.as_of;
    p->flip = p->truth ? KF_TIME_MAX : at;
    if (quick)
        return;
    p->value =
        (struct kf_value){.type = KF_VAL_NUMBER, .number = kf_dec_int(sent), .event = UINT32_MAX};
    set_actual(w, p);
    const struct kf_node *n = kf_rule_get(p->rule, "sent");
    struct gather g = {.w = w, .ev = &w->x->ev};
    from_select(&g, n->op == KF_C_HAS ? n->kid[0] : n);
    if (g.event.n > sent) { /* older ones have left */
        memmove(g.event.p, g.event.p + (g.event.n - sent), sent * sizeof *g.event.p);
        g.event.n = sent;
    }
    keep_evidence(&g, p);
}

/* Only known when everything else holds: the best of those who would be sent. */
static void ask_top(struct kf_reasoning *w, struct kf_why_part *p)
{
    struct kf_audience *a;
    struct kf_error err = KF_ERROR_INIT;
    p->truth = KF_UNDECIDED;
    p->why = "who is among the best is not known";
    if (kf_decide_audience(w->d, w->rule, &a, &err))
        return;
    bool in = false;
    for (uint32_t i = 0; i < a->n && !in; i++)
        in = a->profile[i] == w->profile;
    p->truth = in || !a->over_top ? KF_TRUE : KF_FALSE;
    p->why = NULL;
    kf_audience_free(a);
}

static bool has_address(struct kf_reasoning *w, const struct kf_rule *r)
{
    bool any = false;
    kf_channel_usable(w->x, r, &any);
    return any;
}

static void ask(struct kf_reasoning *w, struct kf_why_part *p, bool quick)
{
    struct decider *x = w->x;
    bool any;
    x->ev.flip = KF_TIME_MAX;
    switch (p->about) {
    case KF_ABOUT_CONSENT:
        ask_consent(w, p, quick);
        return;
    case KF_ABOUT_LIST:
        p->truth = (uint8_t)kf_suppress_on_list(x, p->rule, p->contact, &p->listed);
        p->why = p->truth == KF_UNDECIDED ? x->ev.why : NULL;
        return;
    case KF_ABOUT_FORCE:
        p->truth = kf_ask_active(x, p->rule);
        p->flip = x->ev.flip;
        return;
    case KF_ABOUT_UNEVALUATED:
        p->truth = KF_UNDECIDED;
        p->why = "the rule is not evaluated yet";
        return;
    case KF_ABOUT_ADDRESS:
        p->truth = has_address(w, p->rule);
        return;
    case KF_ABOUT_USABLE:
        p->truth = kf_channel_usable(x, p->rule, &any);
        return;
    case KF_ABOUT_HOLD:
        p->truth = kf_fraud_profile_has(w->d, w->d->info[p->asks->number].ordinal, x->profile,
                                        KF_VERDICT_REJECT);
        return;
    case KF_ABOUT_CAP:
        ask_cap(w, p, quick);
        return;
    case KF_ABOUT_QUIET: {
        int64_t at = kf_channel_quiet_ends(x, p->rule);
        p->truth = at <= x->ev.as_of;
        p->flip = p->truth ? KF_TIME_MAX : at;
        return;
    }
    case KF_ABOUT_TOP:
        if (!quick)
            ask_top(w, p);
        return;
    default:
        break;
    }
    if (p->asks)
        ask_rule(w, p);
    else if (quick)
        ask_truth(w, p);
    else
        ask_condition(w, p);
}

/* ---- all of them ---- */

/* Enough points for suspicious or reject? */
static bool signals_flag(const struct kf_rule *r, struct kf_dec sum)
{
    struct kf_dec at;
    if (kf_rule_number(r, "flag_at", &at) && kf_dec_cmp(sum, at) >= 0)
        return true;
    return kf_rule_number(r, "reject_at", &at) && kf_dec_cmp(sum, at) >= 0;
}

static enum kf_truth points_pass(void *ctx, const struct kf_why_part *p, struct kf_dec sum,
                                 bool undecided)
{
    struct kf_reasoning *w = ctx;
    if (undecided)
        return KF_UNDECIDED;
    const struct kf_rule *r = p->asks ? p->asks : p->rule;
    if (r->kind == KF_KIND_FRAUD)
        return signals_flag(r, sum) ? KF_TRUE : KF_FALSE;
    struct kf_value v = kf_score_of_points(r, sum);
    if (!p->node)
        return KF_TRUE; /* a score is not true or false */
    if (p->node->kid[0]->op == KF_E_SCORE_BAND)
        v = kf_score_band(r, &v);
    return kf_eval_test(&w->x->ev, &v, p->node->kid[1]);
}

struct kf_why_tree kf_why_tree_of(struct kf_reasoning *w)
{
    return (struct kf_why_tree){.part = w->part, .n = w->n, .test = points_pass, .ctx = w};
}

static void copy_answer(struct kf_why_part *to, const struct kf_why_part *from)
{
    to->truth = from->truth;
    to->value = from->value;
    to->actual = from->actual;
    to->flip = from->flip;
    to->why = from->why;
    to->event = from->event;
    to->n_event = from->n_event;
    to->last = from->last;
    to->said = from->said;
    to->n_said = from->n_said;
}

/* What a POINTS part was: the score or its band. */
static void show_points(struct kf_reasoning *w, struct kf_why_part *p)
{
    if (p->rule->kind == KF_KIND_FRAUD && !p->asks)
        return; /* the subject has them */
    const struct memo *m = kf_ask_rule(w->x, p->asks ? p->asks : p->rule);
    p->value = p->node && p->node->kid[0]->op == KF_E_SCORE_BAND ? m->band : m->value;
    p->value = kf_value_copy(p->value, &w->arena);
    set_actual(w, p);
}

void kf_why_ask_all(struct kf_reasoning *w)
{
    uint8_t *truth = kf_arena_alloc(&w->arena, w->n + 1);
    struct kf_why_tree t = kf_why_tree_of(w);
    for (uint32_t i = 0; i < w->n; i++) {
        struct kf_why_part *p = &w->part[i];
        if (p->op == KF_WHY_ASK && p->same == i)
            ask(w, p, false);
        else if (p->op == KF_WHY_ASK)
            copy_answer(p, &w->part[p->same]);
        if (p->op == KF_WHY_POINTS)
            show_points(w, p);
        truth[i] = p->truth;
    }
    for (uint32_t i = w->n; i-- > 0;) {
        struct kf_why_part *p = &w->part[i];
        if (p->op == KF_WHY_ASK)
            continue;
        p->truth = (uint8_t)kf_why_eval(&t, i, truth);
        for (uint32_t k = i + 1; k < p->end; k = w->part[k].end)
            p->why = p->why || w->part[k].truth != KF_UNDECIDED ? p->why : w->part[k].why;
        if (p->truth != KF_UNDECIDED)
            p->why = NULL;
    }
    w->conditions = w->part[0].truth == KF_TRUE;
    if (w->rule->kind == KF_KIND_SUPPRESS)
        w->conditions = w->part[0].truth != KF_FALSE;
    if (w->rule->kind != KF_KIND_EXPORT)
        return;
    w->truth = (enum kf_truth)w->part[0].truth;
    w->holds = w->truth == KF_TRUE;
    w->why = w->part[0].why;
    for (uint32_t i = 0; i < w->n; i++)
        w->flip =
            w->part[i].op == KF_WHY_ASK && w->part[i].flip < w->flip ? w->part[i].flip : w->flip;
}

void kf_why_ask_quick(struct kf_reasoning *w, uint8_t *truth)
{
    struct kf_why_part *p = w->part;
    for (uint32_t i = 0; i < w->n; i++) {
        if (p[i].op == KF_WHY_ASK && p[i].same == i)
            ask(w, &p[i], true);
        truth[i] = p[i].op == KF_WHY_ASK ? p[p[i].same].truth : KF_UNDECIDED;
    }
}

void kf_why_decide(struct kf_reasoning *w)
{
    const struct kf_rule *r = w->rule;
    if (r->kind == KF_KIND_EXPORT)
        return; /* follows from its parts */
    if (r->kind == KF_KIND_TRAIT) {
        w->x->ev.flip = KF_TIME_MAX;
        w->value = kf_value_copy(kf_ask_trait(w->x, kf_cstr(r->name)), &w->arena);
        w->truth = w->value.type == KF_VAL_UNDECIDED ? KF_UNDECIDED : KF_TRUE;
        w->flip = w->x->ev.flip;
        return;
    }
    const struct memo *m = kf_ask_rule(w->x, r);
    w->truth = (enum kf_truth)m->truth;
    w->holds = r->kind == KF_KIND_SUPPRESS ? m->truth != KF_FALSE : m->truth == KF_TRUE;
    w->waits = w->d->info[r->number].has_waits;
    w->lacks_consent = r->kind == KF_KIND_SEGMENT && m->no_consent;
    w->why = m->why;
    w->flip = m->flip;
    if (r->kind == KF_KIND_SCORE || r->kind == KF_KIND_COMPUTED || r->kind == KF_KIND_CUSTOM)
        w->value = kf_value_copy(m->value, &w->arena);
    if (r->kind == KF_KIND_SCORE) {
        w->band = kf_value_copy(m->band, &w->arena);
        w->truth = m->value.type == KF_VAL_UNDECIDED ? KF_UNDECIDED : KF_TRUE;
    }
    if (r->kind == KF_KIND_CHANNEL)
        w->reach = (struct kf_eligibility){.profile = w->profile,
                                           .channel = r->number,
                                           .contact = m->contact,
                                           .from = m->value.time,
                                           .blocked_by = m->value.event};
}

/* ---- forced ---- */

static void quiet_note(struct kf_eval *ev, const struct kf_node *n, enum kf_truth t,
                       const struct kf_value *actual, const uint32_t *evidence, uint32_t n_evidence)
{
    (void)ev, (void)n, (void)t, (void)actual, (void)evidence, (void)n_evidence;
}

static uint8_t *as_it_is(struct kf_arena *a, uint32_t n)
{
    uint8_t *p = kf_arena_alloc(a, n + 1u);
    memset(p, KF_AS_IT_IS, n + 1u);
    return p;
}

static bool force_part(const struct kf_why_part *p, bool yes, struct forced *f)
{
    uint8_t to = yes ? KF_TRUE : KF_FALSE;
    if (p->contact != KF_ID_NONE)
        return false;
    if (p->about == KF_ABOUT_CONSENT && p->purpose != KF_NOBODY) {
        f->purpose[p->purpose] = to;
        if (p->node && p->node->op == KF_C_TEST)
            f->node[p->node->id] = to ^ (p->node->kid[1]->op == KF_T_IS_NOT);
        return true;
    }
    if (p->about == KF_ABOUT_LIST)
        f->list[p->rule->number] = to;
    else if (p->about == KF_ABOUT_CONDITION && p->node)
        f->node[p->node->id] = to;
    else
        return false;
    return true;
}

/* Every part that asks one of the changed questions is forced where the evaluator asks it. */
static bool force_parts(struct kf_reasoning *w, const struct kf_why_change *c, struct forced *f)
{
    for (uint32_t i = 0; i < w->n; i++)
        for (uint32_t k = 0; k < c->n && w->part[i].op == KF_WHY_ASK; k++)
            if (c->turn[k].part == w->part[i].same && !force_part(&w->part[i], c->turn[k].to, f))
                return false;
    return true;
}

enum kf_truth kf_why_forced(struct kf_reasoning *w, const struct kf_why_change *c,
                            struct kf_value *ret_value, struct kf_value *ret_band)
{
    struct decider *x = w->x;
    struct forced f = {.node = as_it_is(&w->arena, w->d->rules->n_nodes),
                       .purpose = as_it_is(&w->arena, w->d->w->statements.n_purpose),
                       .list = as_it_is(&w->arena, w->d->rules->n)};
    struct kf_why_tree t = kf_why_tree_of(w);
    *ret_value = w->value;
    *ret_band = w->band;
    if (w->waits || w->rule->kind == KF_KIND_EXPORT || w->rule->kind == KF_KIND_CHANNEL ||
        !force_parts(w, c, &f)) {
        uint8_t *truth = kf_arena_alloc(&w->arena, w->n + 1);
        for (uint32_t i = 0; i < w->n; i++)
            truth[i] = w->part[i].truth;
        for (uint32_t i = 0; i < c->n; i++)
            truth[c->turn[i].part] = c->turn[i].to ? KF_TRUE : KF_FALSE;
        return kf_why_eval(&t, 0, truth);
    }
    x->generation++;
    kf_eval_profile_again(&x->ev, x->ev.as_of);
    x->forced = &f;
    x->ev.force = f.node;
    x->ev.trace = quiet_note;
    const struct memo *m = kf_ask_rule(x, w->rule);
    enum kf_truth truth = (enum kf_truth)m->truth;
    *ret_value = kf_value_copy(m->value, &w->arena);
    *ret_band = kf_value_copy(m->band, &w->arena);
    x->forced = NULL;
    x->ev.force = NULL;
    x->ev.trace = NULL;
    x->generation++;
    kf_eval_profile_again(&x->ev, x->ev.as_of);
    return truth;
}
