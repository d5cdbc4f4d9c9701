#include "cli/explain_rule.h"

#include <stdio.h>
#include <stdlib.h>

static char *keep(struct kf_arena *a, struct kf_buf *b)
{
    char *s = kf_arena_strndup(a, b->p ? b->p : "", b->n);
    kf_buf_free(b);
    return s;
}

/* ---- words ---- */

void kf_explain_day_add(const struct kf_session *s, int64_t t, struct kf_buf *out)
{
    static const char *const month[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    struct kf_civil c;
    kf_time_civil(s->ws.config->zone, t, &c);
    kf_buf_addf(out, "%u %s %d %02u:%02u", c.day, month[c.month - 1], c.year, c.hour, c.minute);
    if (c.second)
        kf_buf_addf(out, ":%02u", c.second);
}

void kf_explain_line(struct kf_buf *out, unsigned indent, unsigned more, const char *text)
{
    kf_buf_addf(out, "%*s", (int)indent, "");
    kf_wrap_add(out, text, more, indent, false);
    kf_buf_addc(out, '\n');
}

void kf_explain_who(const struct kf_session *s, uint32_t profile, struct kf_buf *out)
{
    kf_ident_add(out, s->world->ids, kf_profile_face(s->world, profile), s->reveal);
}

/* Looks at the expression a condition begins with. */
enum kf_personal kf_explain_kind(const struct kf_ruleset *rules, const struct kf_node *n,
                                 struct kf_str actual)
{
    if (!n || !n->kids || n->op != KF_C_TEST)
        return KF_PERSONAL_NONE;
    const struct kf_node *e = n->kid[0];
    const char *declared = NULL;
    while ((e->op >= KF_E_DISTINCT && e->op <= KF_E_LAST) && e->kids > 1)
        e = e->kid[1]; /* the property that is counted, added up or picked */
    if (e->op == KF_E_TRAIT || e->op == KF_E_TRAIT_PREVIOUS) {
        char name[128];
        if (e->name.n < sizeof name) {
            memcpy(name, e->name.p, e->name.n);
            name[e->name.n] = 0;
            const struct kf_rule *r = kf_rules_find(rules, KF_KIND_TRAIT, name);
            if (!r)
                r = kf_rules_find(rules, KF_KIND_COMPUTED, name);
            declared = r ? kf_rule_text(r, "personal", NULL) : NULL;
        }
    }
    return e->name.p ? kf_personal_value(e->name, declared, actual) : KF_PERSONAL_NONE;
}

const struct kf_pos *kf_explain_part_place(const struct kf_why_part *p)
{
    if (p->node && p->node->pos.line)
        return &p->node->pos;
    return p->asks ? &p->asks->pos : &p->rule->pos;
}

static void rule_sentence(const struct kf_rule *r, struct kf_buf *out)
{
    switch (r->kind) {
    case KF_KIND_SEGMENT:
        kf_buf_addf(out, "is in segment '%s'", r->name);
        break;
    case KF_KIND_SUPPRESS:
        kf_buf_addf(out, "is suppressed by '%s'", r->name);
        break;
    case KF_KIND_CHANNEL:
        kf_buf_addf(out, "can be reached by '%s' now", r->name);
        break;
    default:
        kf_buf_addf(out, "%s '%s' holds", kf_kind_name(r->kind), r->name);
    }
}

static void contacts(const struct kf_rule *r, struct kf_buf *out)
{
    const struct kf_node *n = kf_rule_get(r, "contact");
    uint32_t count = n ? kf_node_texts(n) : 0;
    for (uint32_t i = 0; i < count; i++)
        kf_buf_addf(out, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", kf_node_text(n, i));
}

static void cap(const struct kf_why_part *p, struct kf_buf *out)
{
    struct kf_buf length = {0};
    if (p->node->kids < 2)
        return;
    kf_node_sentence(p->node->kid[1], &length);
    kf_buf_addf(out, "one more may be sent, at most %lld in %s",
                (long long)p->node->kid[0]->value.number.m, length.p);
    kf_buf_free(&length);
}

static void quiet(const struct kf_why_part *p, struct kf_buf *out)
{
    const struct kf_node *from = kf_map_get(p->node, "from"), *to = kf_map_get(p->node, "to"),
                         *days = kf_map_get(p->node, "whole_days");
    kf_buf_adds(out, "not in quiet hours");
    if (from && to)
        kf_buf_addf(out, ", %s to %s", kf_node_text(from, 0), kf_node_text(to, 0));
    for (uint32_t i = 0; days && i < kf_node_texts(days); i++)
        kf_buf_addf(out, "%s%s", i ? ", " : " and on ", kf_node_text(days, i));
}

static void in_force(const struct kf_session *s, const struct kf_why_part *p, struct kf_buf *out)
{
    kf_buf_adds(out, "the rule is in force");
    if (p->rule->starts != KF_TIME_MIN) {
        kf_buf_adds(out, " from ");
        kf_explain_day_add(s, p->rule->starts, out);
    }
    if (p->rule->ends != KF_TIME_MAX) {
        kf_buf_adds(out, " until ");
        kf_explain_day_add(s, p->rule->ends, out);
    }
}

static void question(const struct kf_session *s, const struct kf_why_part *p, struct kf_buf *out)
{
    const struct kf_statements *all = &s->world->statements;
    const char *text = NULL;
    switch (p->about) {
    case KF_ABOUT_CONSENT:
        text = p->node && p->node->cls != KF_CLASS_COND ? kf_node_text(p->node, 0) : NULL;
        if (p->purpose < all->n_purpose)
            text = all->purpose[p->purpose];
        kf_buf_addf(out, "consent to '%s' is granted", text ? text : "?");
        break;
    case KF_ABOUT_LIST:
        kf_buf_addf(out, "an identifier is on the list '%s'", kf_rule_text(p->rule, "list", "?"));
        break;
    case KF_ABOUT_FORCE:
        in_force(s, p, out);
        break;
    case KF_ABOUT_UNEVALUATED:
        kf_buf_addf(out, "%s '%s' is evaluated", kf_kind_name((p->asks ? p->asks : p->rule)->kind),
                    (p->asks ? p->asks : p->rule)->name);
        break;
    case KF_ABOUT_ADDRESS:
        kf_buf_adds(out, "there is an address: ");
        contacts(p->rule, out);
        break;
    case KF_ABOUT_USABLE:
        kf_buf_adds(out, "an address has the consent, and nothing blocks it");
        break;
    case KF_ABOUT_HOLD:
        kf_buf_addf(out, "fraud rule '%s' holds everything back", p->asks->name);
        break;
    case KF_ABOUT_CAP:
        cap(p, out);
        break;
    case KF_ABOUT_QUIET:
        quiet(p, out);
        break;
    case KF_ABOUT_TOP:
        kf_buf_adds(out, "is among the best that the export takes");
        break;
    default:
        if (p->node && !p->asks)
            kf_node_sentence(p->node, out);
        else
            rule_sentence(p->asks ? p->asks : p->rule, out);
    }
}

static bool is_role(const struct kf_why_part *p, const char *role)
{
    return p->role && strcmp(p->role, role) == 0;
}

static void combination(const struct kf_session *s, const struct kf_why_part *p, struct kf_buf *out)
{
    if (p->contact != KF_ID_NONE && is_role(p, "contact"))
        kf_ident_add(out, s->world->ids, p->contact, s->reveal);
    else if (p->node && (p->asks || p->node->op == KF_C_TEST))
        kf_node_sentence(p->node, out);
    else if (p->asks)
        rule_sentence(p->asks, out);
    else if (is_role(p, "contact"))
        kf_buf_adds(out, "an address that may be used");
    else if (is_role(p, "per_contact"))
        kf_buf_adds(out, "one of the addresses");
    else if (is_role(p, "except"))
        kf_buf_adds(out, "is no exception");
    else if (is_role(p, "allow"))
        kf_buf_adds(out, "nothing allows it");
    else if (is_role(p, "signals"))
        kf_buf_adds(out, "enough points");
    else if (is_role(p, "holdout"))
        kf_buf_adds(out, "is not held out");
    else if (p->op == KF_WHY_CLEAR)
        kf_buf_adds(out, "nothing stands in the way");
    else if (p->op == KF_WHY_AT_LEAST)
        kf_buf_addf(out, "at least %lld of these", (long long)p->need);
    else
        kf_buf_adds(out, p->op == KF_WHY_ALL   ? "all of these"
                         : p->op == KF_WHY_ANY ? "one of these"
                                               : "none of these");
}

void kf_explain_part_add(const struct kf_session *s, const struct kf_why_part *p,
                         struct kf_buf *out)
{
    if (p->label) {
        char points[64];
        kf_dec_format(p->points, points);
        kf_buf_addf(out, "%s%s points%s%s: ", p->points.m < 0 ? "" : "+", points,
                    *p->label ? ", " : "", p->label);
    }
    if (is_role(p, "reject") || is_role(p, "suspicious"))
        kf_buf_addf(out, "%s: ", p->role);
    if (p->op == KF_WHY_ASK)
        question(s, p, out);
    else
        combination(s, p, out);
}

/* ---- gathering ---- */

static const char *actual_of(struct kf_explain_decision *x, const struct kf_why_part *p,
                             bool *ret_personal)
{
    struct kf_buf b = {0};
    enum kf_personal kind = kf_explain_kind(x->s->world->rules, p->node, p->actual);
    bool none = !p->actual.p || kf_str_eq(p->actual, kf_cstr("missing"));
    *ret_personal = kind != KF_PERSONAL_NONE && !x->s->reveal;
    if (!p->actual.p)
        return NULL;
    if (p->about == KF_ABOUT_CAP)
        kf_buf_addf(&b, "%.*s sent", (int)p->actual.n, p->actual.p);
    else
        kf_mask_add(&b, none ? KF_PERSONAL_NONE : kind, p->actual, x->s->reveal);
    return keep(&x->arena, &b);
}

static void gather_parts(struct kf_explain_decision *x)
{
    struct kf_explain_part *part = kf_arena_zalloc(&x->arena, (x->why->n + 1u) * sizeof *part);
    for (uint32_t i = 0; i < x->why->n; i++) {
        struct kf_buf b = {0};
        kf_explain_part_add(x->s, &x->why->part[i], &b);
        part[i].sentence = keep(&x->arena, &b);
        part[i].actual = actual_of(x, &x->why->part[i], &part[i].personal);
    }
    x->part = part;
}

static int gather_change(struct kf_explain_decision *x, const struct kf_why_change *c,
                         struct kf_explain_change *ret, struct kf_error *err)
{
    struct kf_explain_turn *turn = kf_arena_zalloc(&x->arena, (c->n + 1u) * sizeof *turn);
    for (uint32_t i = 0; i < c->n; i++) {
        struct kf_buf b = {0};
        turn[i].part = c->turn[i].part;
        turn[i].to = c->turn[i].to;
        kf_why_need(x->why, turn[i].part, turn[i].to, !x->part[turn[i].part].personal, &b,
                    &turn[i].amount);
        turn[i].need = keep(&x->arena, &b);
        turn[i].by_time = KF_TIME_MAX;
        if (x->rule->kind == KF_KIND_FRAUD)
            continue; /* decided once, for everybody */
        int rc = kf_why_part_later(x->why, turn[i].part, turn[i].to, &turn[i].by_time, err);
        if (rc)
            return rc;
    }
    ret->turn = turn;
    ret->n = c->n;
    return 0;
}

static int gather_nearest(struct kf_explain_decision *x, enum kf_why_goal goal, const char *to,
                          struct kf_error *err)
{
    struct kf_explain_nearest *n = &x->nearest[x->n_nearest++];
    struct kf_why_nearest found;
    int rc = 0;
    n->to = to;
    n->possible = kf_why_nearest(x->why, goal, &found);
    n->given_up = found.given_up;
    n->size = found.size;
    n->total = found.total;
    for (uint32_t i = 0; i < found.n && rc == 0; i++)
        rc = gather_change(x, &found.change[i], &n->change[n->n++], err);
    return rc;
}

static const char *goal_word(const struct kf_explain_decision *x)
{
    bool now = x->why->waits ? x->why->conditions : x->why->holds;
    switch (x->rule->kind) {
    case KF_KIND_SUPPRESS:
        return now ? "not suppressed" : "suppressed";
    case KF_KIND_CHANNEL:
        return now ? "not reachable" : "reachable";
    case KF_KIND_EXPORT:
        return now ? "not sent" : "sent";
    case KF_KIND_SEGMENT:
        return now ? "no member" : "a member";
    case KF_KIND_FRAUD:
        return now ? "not flagged" : "flagged";
    default:
        return now ? "false" : "true";
    }
}

static int gather_goals(struct kf_explain_decision *x, struct kf_error *err)
{
    if (x->rule->kind != KF_KIND_SCORE)
        return gather_nearest(x, kf_why_goal_of(x->why), goal_word(x), err);
    int rc = gather_nearest(x, KF_GOAL_BAND_UP, "in a higher band", err);
    return rc ? rc : gather_nearest(x, KF_GOAL_BAND_DOWN, "in a lower band", err);
}

static const char *state_of(const struct kf_explain_decision *x, bool holds, enum kf_truth t)
{
    bool open = t == KF_UNDECIDED;
    switch (x->rule->kind) {
    case KF_KIND_SUPPRESS:
        return open ? "suppressed, undecided" : holds ? "suppressed" : "not suppressed";
    case KF_KIND_CHANNEL:
        return open ? "undecided" : holds ? "reachable" : "not reachable";
    case KF_KIND_EXPORT:
        return open ? "undecided" : holds ? "sent" : "not sent";
    case KF_KIND_SEGMENT:
        return open ? "undecided" : holds ? "member" : "no member";
    case KF_KIND_SCORE:
        return open ? "undecided" : "scored";
    default:
        return open ? "undecided" : holds ? "true" : "false";
    }
}

static void say_score(struct kf_explain_decision *x, struct kf_buf *b)
{
    const struct kf_reasoning *w = x->why;
    kf_buf_addf(b, "has score '%s' ", x->rule->name);
    if (w->value.type == KF_VAL_UNDECIDED)
        kf_buf_adds(b, "undecided");
    else
        kf_value_format(&w->value, NULL, b);
    if (w->band.type == KF_VAL_TEXT)
        kf_buf_addf(b, ", band '%.*s'", (int)w->band.text.n, w->band.text.p);
}

static const char *sentence_of(struct kf_explain_decision *x)
{
    const struct kf_reasoning *w = x->why;
    const char *name = x->rule->name;
    bool open = w->truth == KF_UNDECIDED;
    struct kf_buf b = {0};
    switch (x->rule->kind) {
    case KF_KIND_SUPPRESS:
        kf_buf_addf(&b, "%s '%s'", w->holds ? "is suppressed by" : "is not suppressed by", name);
        break;
    case KF_KIND_CHANNEL:
        kf_buf_addf(&b, "%s '%s' now",
                    w->holds ? "can be reached by"
                    : open   ? "may or may not be reached by"
                             : "cannot be reached by",
                    name);
        break;
    case KF_KIND_EXPORT:
        kf_buf_addf(&b, "%s export '%s'", w->holds ? "is sent by" : "is not sent by", name);
        break;
    case KF_KIND_SEGMENT:
        kf_buf_addf(&b, "%s segment '%s'", w->holds ? "is in" : "is not in", name);
        break;
    case KF_KIND_SCORE:
        say_score(x, &b);
        break;
    default:
        kf_buf_addf(&b, "%s '%s' is %s", kf_kind_name(x->rule->kind), name,
                    open       ? "undecided"
                    : w->holds ? "true"
                               : "false");
    }
    return keep(&x->arena, &b);
}

int kf_explain_approvals(const struct kf_session *s, struct kf_approvals **ret,
                         const struct kf_approval **out, uint32_t cap_n, uint32_t *ret_n,
                         struct kf_error *err)
{
    int rc = kf_approvals_load(s->ws.config, ret, err);
    if (rc)
        return rc;
    uint32_t n = kf_approvals_of(*ret, s->world->rules->digest, out, cap_n);
    *ret_n = n < cap_n ? n : cap_n;
    return 0;
}

static struct kf_explain_decision *new_decision(struct kf_session *s, uint32_t profile,
                                                const struct kf_rule *rule, struct kf_error *err)
{
    struct kf_explain_decision *x = calloc(1, sizeof *x);
    if (!x) {
        kf_error_set(err, KF_E_NOMEM, "explain", "out of memory");
        return NULL;
    }
    kf_arena_init(&x->arena, 0);
    x->s = s;
    x->rule = rule;
    x->profile = profile;
    return x;
}

int kf_explain_parts(struct kf_session *s, struct kf_reasoning *w, struct kf_explain_decision **ret,
                     struct kf_error *err)
{
    struct kf_explain_decision *x = new_decision(s, w->profile, w->rule, err);
    if (!x)
        return err->code;
    x->why = w;
    gather_parts(x);
    int rc = gather_nearest(x, w->holds ? KF_GOAL_FALSE : KF_GOAL_TRUE, goal_word(x), err);
    if (rc) {
        x->why = NULL;
        kf_explain_decision_free(x);
        return rc;
    }
    *ret = x;
    return 0;
}

int kf_explain_decide(struct kf_session *s, uint32_t profile, const struct kf_rule *rule,
                      struct kf_explain_decision **ret, struct kf_error *err)
{
    struct kf_explain_decision *x = new_decision(s, profile, rule, err);
    if (!x)
        return err->code;
    int rc = kf_decide_why(s->decide, profile, rule, &x->why, err);
    if (rc == 0) {
        gather_parts(x);
        x->is = sentence_of(x);
        x->state = state_of(x, x->why->holds, x->why->truth);
        rc = gather_goals(x, err);
    }
    if (rc == 0)
        rc = kf_why_later(x->why, &x->time, err);
    if (rc == 0)
        rc = kf_explain_approvals(s, &x->approvals, x->approval, 8, &x->n_approval, err);
    if (rc) {
        kf_explain_decision_free(x);
        return rc;
    }
    x->then = x->time.value ? x->time.value : state_of(x, x->time.holds, x->time.truth);
    *ret = x;
    return 0;
}

void kf_explain_decision_free(struct kf_explain_decision *x)
{
    if (!x)
        return;
    kf_approvals_free(x->approvals);
    kf_why_free(x->why);
    kf_arena_free(&x->arena);
    free(x);
}
