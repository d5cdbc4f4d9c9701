#include "cli/explain.h"

#include "base/vec.h"
#include "cli/explain_rule.h"

#include <stdlib.h>

/* ---- conditions ---- */

static char *keep(struct kf_arena *a, struct kf_buf *b)
{
    char *s = kf_arena_strndup(a, b->p ? b->p : "", b->n);
    kf_buf_free(b);
    return s;
}

/* A test that is the opposite of the question below it: consent "x":is_not("granted"). */
static bool is_opposite(const struct kf_why_part *p)
{
    return p->op == KF_WHY_NONE && p->node && p->node->op == KF_C_TEST;
}

/* Is what it is made of listed, too? Not of other rules: those can be asked about by themselves. */
static bool opens(const struct kf_why_part *p)
{
    return p->op != KF_WHY_ASK && p->op != KF_WHY_POINTS && !p->asks && !is_opposite(p);
}

static void list_parts(const struct kf_explain_view *v, const struct kf_reasoning *w,
                       struct kf_arena *a, struct kf_explain_rule *ret)
{
    struct kf_explain_condition *c = kf_arena_zalloc(a, (w->n + 1u) * sizeof *c);
    uint32_t n = 0, except_until = 0;
    for (uint32_t i = 1; i < w->n; i = opens(&w->part[i]) ? i + 1 : w->part[i].end) {
        const struct kf_why_part *p = &w->part[i], *found = is_opposite(p) ? p + 1 : p;
        struct kf_buf b = {0};
        bool personal;
        kf_explain_part_add(v, p, &b);
        c[n++] = (struct kf_explain_condition){.depth = p->depth - 1,
                                               .n_evidence = found->n_event,
                                               .truth = (enum kf_truth)p->truth,
                                               .combination = opens(p),
                                               .except = i < except_until,
                                               .sentence = keep(a, &b),
                                               .actual = kf_explain_actual(v, found, a, &personal)};
        if (p->role && strcmp(p->role, "except") == 0)
            except_until = p->end;
    }
    ret->condition = c;
    ret->n = n;
}

int kf_explain_trace(const struct kf_world *world, struct kf_decide *d, uint32_t profile,
                     const struct kf_rule *rule, bool reveal, struct kf_arena *a,
                     struct kf_explain_rule *ret, struct kf_error *err)
{
    struct kf_reasoning *w;
    ret->rule = rule;
    ret->until = KF_TIME_MAX;
    if (rule->kind == KF_KIND_EXPORT) /* follows from its segment and its channel */
        return 0;
    int rc = kf_decide_why(d, profile, rule, &w, err);
    if (rc)
        return rc;
    list_parts(&(struct kf_explain_view){world, reveal}, w, a, ret);
    ret->until = w->flip;
    ret->member = w->truth == KF_TRUE;
    ret->undecided = w->truth == KF_UNDECIDED
                         ? kf_arena_strdup(a, w->why ? w->why : "it cannot be decided")
                         : NULL;
    kf_why_free(w);
    return 0;
}

void kf_explain_conditions(const struct kf_explain_rule *r, unsigned indent, bool colour,
                           struct kf_buf *out)
{
    static const char *const mark[] = {"\xe2\x9c\x97", "\xe2\x9c\x93", "?"};
    static const enum kf_style style[] = {KF_RED, KF_GREEN, KF_YELLOW};
    for (uint32_t i = 0; i < r->n; i++) {
        const struct kf_explain_condition *c = &r->condition[i];
        for (unsigned k = 0; k < indent + 2 * c->depth; k++)
            kf_buf_addc(out, ' ');
        kf_style_add(out, colour, style[c->truth], mark[c->truth]);
        kf_buf_addf(out, " %s", c->sentence);
        if (c->actual) {
            kf_buf_addf(out, ": was %s", c->actual);
            if (c->n_evidence) {
                kf_buf_adds(out, " (");
                kf_count_add(out, c->n_evidence, "event", NULL);
                kf_buf_addc(out, ')');
            }
        }
        kf_buf_addc(out, '\n');
    }
}

/* ---- links ---- */

const struct kf_id_span *kf_explain_span(const struct kf_world *w, uint32_t id)
{
    const struct kf_id_result *r = w->identity;
    for (uint32_t i = 0; i < r->n_span; i++)
        if (r->span[i].id == id && r->span[i].from <= w->as_of && w->as_of < r->span[i].to)
            return &r->span[i];
    return NULL;
}

const struct kf_rule *kf_explain_link_rule(const struct kf_ruleset *rules, const char *name)
{
    const struct kf_rule *r = kf_rules_find(rules, KF_KIND_LINK, name);
    return r ? r : kf_rules_find(rules, KF_KIND_TRANSFER, name);
}

void kf_explain_refusal(const struct kf_world *w, const struct kf_id_link *l, bool reveal,
                        struct kf_buf *out)
{
    kf_buf_adds(out, kf_identity_reason_name(l->reason));
    if (l->limit_ns < w->ids->rules.n_ns)
        kf_buf_addf(out, " of %s", w->ids->rules.ns[l->limit_ns].name);
    if (l->sep_a != KF_ID_NONE && l->sep_b != KF_ID_NONE) {
        kf_buf_adds(out, ": ");
        kf_ident_add(out, w->ids, l->sep_a, reveal);
        kf_buf_adds(out, " and ");
        kf_ident_add(out, w->ids, l->sep_b, reveal);
        if (l->sep_rule)
            kf_buf_addf(out, " by %s", l->sep_rule);
    }
}

typedef kf_vec(uint32_t) numbers;

static const uint32_t *take(struct kf_explain *x, numbers *v, uint32_t *ret_n)
{
    uint32_t *p = kf_arena_alloc(&x->arena, (v->n + 1) * sizeof *p);
    if (v->n)
        memcpy(p, v->p, v->n * sizeof *p);
    *ret_n = (uint32_t)v->n;
    kf_vec_free(v);
    return p;
}

static void gather_spans(struct kf_explain *x, uint8_t *mine)
{
    const struct kf_id_result *r = x->s->world->identity;
    numbers past = {0};
    for (uint32_t i = 0; i < r->n_span; i++)
        if (r->span[i].profile == x->profile && !mine[r->span[i].id]) {
            mine[r->span[i].id] = 2;
            *kf_vec_push(&past) = i;
        }
    x->past = take(x, &past, &x->n_past);
}

static void gather_links(struct kf_explain *x)
{
    const struct kf_world *w = x->s->world;
    const struct kf_id_result *r = w->identity;
    uint8_t *mine = calloc(w->ids->n + 1u, 1);
    if (!mine)
        return;
    for (uint32_t i = w->ids_first[x->profile]; i < w->ids_first[x->profile + 1]; i++)
        mine[w->ids_of[i]] = 1;
    gather_spans(x, mine);
    numbers link = {0};
    for (int refused = 0; refused < 2; refused++) {
        for (uint32_t i = 0; i < r->n_link; i++) {
            const struct kf_id_link *l = &r->link[i];
            bool inside = mine[l->a] && mine[l->b], touches = mine[l->a] || mine[l->b];
            if (refused ? l->reason != KF_ID_KEPT && touches : l->reason == KF_ID_KEPT && inside)
                *kf_vec_push(&link) = i;
        }
        if (!refused)
            x->n_link = (uint32_t)link.n;
    }
    uint32_t all;
    x->link = take(x, &link, &all);
    x->n_refused = all - x->n_link;
    free(mine);
}

/* ---- decisions ---- */

static void gather_value(struct kf_explain *x, const struct kf_column_def *def,
                         const struct kf_value *v, struct kf_explain_value *ret)
{
    ret->def = def;
    ret->event = v->event;
    if (v->type == KF_VAL_UNDECIDED)
        ret->undecided = v->why ? v->why : "it cannot be decided";
    if (v->type == KF_VAL_MISSING || v->type == KF_VAL_UNDECIDED)
        return;
    struct kf_buf raw = {0}, b = {0};
    if (v->type == KF_VAL_TEXT)
        kf_buf_add(&raw, v->text.p, v->text.n); /* without quotes */
    else
        kf_value_format(v, x->s->ws.config->zone, &raw);
    enum kf_personal kind = def->rule->kind == KF_KIND_SCORE
                                ? KF_PERSONAL_NONE
                                : kf_personal_value(kf_cstr(def->name), def->personal,
                                                    kf_str(raw.p ? raw.p : "", raw.n));
    kf_mask_add(&b, kind, kf_str(raw.p ? raw.p : "", raw.n), x->s->reveal);
    kf_buf_free(&raw);
    ret->text = keep(&x->arena, &b);
}

static const char *touch_text(struct kf_explain *x, const struct kf_touch *t)
{
    struct kf_buf b = {0};
    struct kf_str part[] = {t->source, t->medium, t->campaign};
    for (size_t i = 0; i < 3; i++)
        if (part[i].n)
            kf_buf_addf(&b, "%s%.*s", b.n ? " / " : "", (int)part[i].n, part[i].p);
    if (!b.n)
        kf_buf_addf(&b, "%.*s", (int)t->referrer.n, t->referrer.p ? t->referrer.p : "");
    return keep(&x->arena, &b);
}

#define COPY(to, from, n_to, n_from)                                                               \
    do {                                                                                           \
        (to) = kf_arena_alloc(&x->arena, ((n_from) + 1u) * sizeof *(to));                          \
        if (n_from)                                                                                \
            memcpy((to), (from), (n_from) * sizeof *(to));                                         \
        (n_to) = (n_from);                                                                         \
    } while (0)

static int on_chunk(void *ctx, const struct kf_decided *c, struct kf_error *err)
{
    struct kf_explain *x = ctx;
    uint32_t n;
    (void)err;
    const struct kf_column_def *def = kf_decide_columns(x->s->decide, &n);
    struct kf_explain_value *v = kf_arena_zalloc(&x->arena, (n + 1) * sizeof *v);
    for (uint32_t i = 0; i < n; i++)
        gather_value(x, &def[i], &c->value[i], &v[i]);
    x->value = v;
    x->n_value = n;
    COPY(x->suppression, c->suppression, x->n_suppression, c->n_suppression);
    COPY(x->eligibility, c->eligibility, x->n_eligibility, c->n_eligibility);
    COPY(x->consent, c->consent, x->n_consent, c->n_consent);
    x->n_touch = c->n_touch;
    if (c->n_touch) {
        x->first_touch = touch_text(x, &c->touch[0]);
        x->last_touch = touch_text(x, &c->touch[c->n_touch - 1]);
        x->first_touch_time = c->touch[0].time;
        x->last_touch_time = c->touch[c->n_touch - 1].time;
    }
    struct kf_explain_rule *segment = (struct kf_explain_rule *)x->segment;
    for (uint32_t i = 0; i < x->n_segment; i++) {
        segment[i].member = false;
        for (uint32_t k = 0; k < c->n_member; k++)
            if (c->member[k].rule == segment[i].rule->number) {
                segment[i].member = true;
                segment[i].until = c->member[k].until;
            }
        for (uint32_t k = 0; k < c->n_no_consent; k++)
            segment[i].no_consent |= c->no_consent[k].rule == segment[i].rule->number;
        segment[i].undecided = NULL;
        for (uint32_t k = 0; k < c->n_undecided; k++)
            if (c->undecided[k].rule == segment[i].rule->number)
                segment[i].undecided =
                    c->undecided[k].why ? c->undecided[k].why : "it cannot be decided";
    }
    return 0;
}

static int gather_rules(struct kf_explain *x, enum kf_kind kind, const struct kf_explain_rule **ret,
                        uint32_t *ret_n, struct kf_error *err)
{
    uint32_t n;
    const struct kf_rule *const *rule = kf_rules_kind(x->s->world->rules, kind, &n);
    struct kf_explain_rule *out = kf_arena_zalloc(&x->arena, (n + 1) * sizeof *out);
    for (uint32_t i = 0; i < n; i++) {
        int rc = kf_explain_trace(x->s->world, x->s->decide, x->profile, rule[i], x->s->reveal,
                                  &x->arena, &out[i], err);
        if (rc)
            return rc;
    }
    *ret = out;
    *ret_n = n;
    return 0;
}

static void gather_fraud(struct kf_explain *x)
{
    const struct kf_world *w = x->s->world;
    uint32_t n;
    const struct kf_fraud_row *row = kf_decide_fraud(x->s->decide, &n);
    numbers v = {0};
    for (uint32_t i = 0; i < n; i++) {
        bool mine =
            row[i].event != KF_ID_NONE && w->identity->event_profile[row[i].event] == x->profile;
        mine |= row[i].identifier != KF_ID_NONE &&
                w->identity->id_profile[row[i].identifier] == x->profile;
        if (mine)
            *kf_vec_push(&v) = i;
    }
    x->fraud = take(x, &v, &x->n_fraud);
}

int kf_explain_gather(struct kf_session *s, uint32_t profile, struct kf_explain *ret,
                      struct kf_error *err)
{
    struct kf_explain x = {.s = s, .profile = profile};
    kf_arena_init(&x.arena, 0);
    int rc = gather_rules(&x, KF_KIND_SEGMENT, &x.segment, &x.n_segment, err);
    if (rc == 0)
        rc = gather_rules(&x, KF_KIND_SCORE, &x.score, &x.n_score, err);
    struct kf_decide_sink sink = {.chunk = on_chunk, .ctx = &x};
    if (rc == 0)
        rc = kf_decide_some(s->decide, &profile, 1, &sink, err);
    if (rc) {
        kf_arena_free(&x.arena);
        return rc;
    }
    gather_links(&x);
    gather_fraud(&x);
    *ret = x;
    return 0;
}

void kf_explain_free(struct kf_explain *x)
{
    kf_arena_free(&x->arena);
    *x = (struct kf_explain){0};
}
