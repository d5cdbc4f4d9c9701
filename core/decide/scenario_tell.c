#include "decide/scenario_tell.h"

#include <stdlib.h>

struct kf_scenario_line *kf_tell(struct kf_telling *k, uint32_t depth, int truth, const char *fmt,
                                 ...)
{
    struct kf_buf b = {0};
    va_list ap;
    va_start(ap, fmt);
    kf_buf_addv(&b, fmt, ap);
    va_end(ap);
    struct kf_scenario_line *l = kf_vec_push(&k->line);
    *l = (struct kf_scenario_line){
        .depth = depth, .truth = truth, .text = kf_arena_strndup(k->o->kept, b.p ? b.p : "", b.n)};
    kf_buf_free(&b);
    return l;
}

static int cmp_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

void kf_tell_events(struct kf_telling *k, const uint32_t *event, uint32_t n)
{
    struct kf_scenario_line *l = &k->line.p[k->line.n - 1];
    uint32_t *number = kf_arena_alloc(k->o->kept, (n + 1u) * sizeof *number), m = 0;
    for (uint32_t i = 0; i < n; i++)
        if (event[i] < k->o->world->events->n)
            number[m++] = kf_outcome_number(k->o, event[i]);
    qsort(number, m, sizeof *number, cmp_u32);
    uint32_t once = 0;
    for (uint32_t i = 0; i < m; i++)
        if (!once || number[once - 1] != number[i])
            number[once++] = number[i];
    l->event = number;
    l->n_event = once;
}

const char *kf_tell_text(struct kf_telling *k, const struct kf_value *v)
{
    struct kf_buf b = {0};
    kf_value_format(v, k->o->world->config->zone, &b);
    const char *text = kf_arena_strndup(k->o->kept, b.p ? b.p : "", b.n);
    kf_buf_free(&b);
    return text;
}

/* ---- parts of a tree ---- */

static void say_identifier(const void *ctx, uint32_t id, struct kf_buf *out)
{
    const struct kf_telling *k = ctx;
    kf_buf_adds(out, kf_outcome_ident(k->o, id));
}

static void say_time(const void *ctx, int64_t t, struct kf_buf *out)
{
    const struct kf_telling *k = ctx;
    struct kf_value v = {.type = KF_VAL_TIME, .time = t, .event = UINT32_MAX};
    kf_value_format(&v, k->o->world->config->zone, out);
}

static const char *keep(struct kf_telling *k, struct kf_buf *b)
{
    const char *text = kf_arena_strndup(k->o->kept, b->p ? b->p : "", b->n);
    kf_buf_free(b);
    return text;
}

/* What was there. NULL: nothing that can be said in a word. */
static const char *actual_of(struct kf_telling *k, const struct kf_why_part *p)
{
    bool select = p->about == KF_ABOUT_CONDITION && p->node && p->node->op == KF_C_HAS;
    uint32_t last = p->last < k->o->world->events->n ? kf_outcome_number(k->o, p->last) : 0;
    if (p->value.type == KF_VAL_UNDECIDED)
        return kf_tell_text(k, &p->value);
    if (p->listed != KF_ID_NONE)
        return kf_outcome_ident(k->o, p->listed);
    if (p->about == KF_ABOUT_CAP && p->actual.p)
        return kf_arena_printf(k->o->kept, "%.*s sent", (int)p->actual.n, p->actual.p);
    if (select && !p->n_event && last)
        return kf_arena_printf(k->o->kept, "not, the newest such is event %u", last);
    if (p->actual.p)
        return kf_arena_strndup(k->o->kept, p->actual.p, p->actual.n);
    return p->op == KF_WHY_ASK && p->truth == KF_UNDECIDED && p->why
               ? kf_arena_strdup(k->o->kept, p->why)
               : NULL;
}

static void tell_line(struct kf_telling *k, const struct kf_why_part *p, uint32_t depth)
{
    struct kf_why_words words = {k->o->world, say_identifier, say_time, k};
    struct kf_buf text = {0}, needed = {0};
    kf_why_say(&words, p, &text, &needed);
    struct kf_scenario_line *l = kf_tell(k, depth, p->truth, "%s", text.p ? text.p : "");
    l->needed = needed.n ? keep(k, &needed) : NULL;
    l->actual = actual_of(k, p);
    l->pos = *kf_why_place(p);
    kf_tell_events(k, p->event, p->n_event);
    if (p->about == KF_ABOUT_CONSENT && p->truth == KF_TRUE)
        kf_tell_events(k, &p->last, 1);
    kf_buf_free(&text);
}

/* The rule that a question asks and that is no part of the tree. */
static const struct kf_rule *asked(const struct kf_telling *k, const struct kf_why_part *p)
{
    const struct kf_node *n = p->node;
    if (p->asks || !n || p->about != KF_ABOUT_CONDITION)
        return p->about == KF_ABOUT_CONDITION ? p->asks : NULL;
    bool custom = n->op == KF_C_TEST && n->kid[0]->op == KF_E_CUSTOM;
    if (n->op != KF_C_SEGMENT && n->op != KF_C_SUPPRESS && n->op != KF_C_CHANNEL &&
        n->op != KF_C_CUSTOM && !custom)
        return NULL;
    uint32_t r = k->o->decide->target[custom ? n->kid[0]->id : n->id];
    return r == KF_NOBODY ? NULL : k->o->rules->rule[r];
}

/* What is behind an answer: statements, what a computed trait is made of, another rule. */
static void tell_behind(struct kf_telling *k, struct kf_reasoning *w, const struct kf_why_part *p,
                        uint32_t depth)
{
    const struct kf_rule *r = asked(k, p);
    if (p->about == KF_ABOUT_CONSENT && p->truth != KF_TRUE)
        kf_tell_said(k, p->said, p->n_said, depth);
    if (p->about != KF_ABOUT_CONDITION || k->nest > 3)
        return;
    if (r && w->profile != KF_ID_NONE)
        kf_tell_rule(k, w->profile, r, depth);
    else if (!r && p->node && p->node->op == KF_C_TEST && p->node->kid[0]->op == KF_E_TRAIT) {
        const struct kf_why_value *v;
        uint32_t n = kf_why_values_of(w, p->node->kid[0], &v);
        if (n > 1) /* the first is the trait itself; the next what it is */
            kf_tell_values(k, v + 1, n - 1, depth - 1);
    }
}

/* Does a part that came out so decide what it is part of? Nothing in the way is nothing to say. */
static bool has_say(const struct kf_why_part *of, const struct kf_why_part *p)
{
    switch (of->op) {
    case KF_WHY_ALL:
        return of->truth != KF_FALSE || p->truth != KF_TRUE;
    case KF_WHY_ANY:
        return of->truth != KF_TRUE || p->truth != KF_FALSE;
    case KF_WHY_NONE:
    case KF_WHY_CLEAR:
        return p->truth != KF_FALSE;
    default:
        return true;
    }
}

static void tell_part(struct kf_telling *k, struct kf_reasoning *w, uint32_t i, uint32_t depth,
                      bool say)
{
    const struct kf_why_part *p = &w->part[i];
    if (i) { /* the first is the rule as a whole */
        tell_line(k, p, depth + p->depth - 1);
        if (p->op == KF_WHY_ASK && say)
            tell_behind(k, w, p, depth + p->depth);
        if (p->asks && !say)
            return;
    }
    for (uint32_t c = i + 1; c < p->end; c = w->part[c].end) {
        bool says = has_say(p, &w->part[c]);
        if (says || p->op != KF_WHY_CLEAR)
            tell_part(k, w, c, depth, say && says);
    }
}

void kf_tell_parts(struct kf_telling *k, struct kf_reasoning *w, uint32_t depth)
{
    tell_part(k, w, 0, depth, true);
}

/* ---- values ---- */

void kf_tell_values(struct kf_telling *k, const struct kf_why_value *v, uint32_t n, uint32_t depth)
{
    for (uint32_t i = 0; i < n; i++) {
        bool read = v[i].node->cls == KF_CLASS_SELECT;
        struct kf_buf b = {0};
        kf_node_sentence(v[i].node, &b);
        struct kf_scenario_line *l =
            kf_tell(k, depth + v[i].depth, -1, read ? "it reads %s" : "%s", b.p ? b.p : "");
        l->actual = read ? NULL : kf_tell_text(k, &v[i].value);
        kf_tell_events(k, v[i].event, v[i].n_event);
        kf_buf_free(&b);
    }
}
