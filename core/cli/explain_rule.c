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

static void day_add(const struct kf_zone *zone, int64_t t, struct kf_buf *out)
{
    static const char *const month[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    struct kf_civil c;
    kf_time_civil(zone, t, &c);
    kf_buf_addf(out, "%u %s %d %02u:%02u", c.day, month[c.month - 1], c.year, c.hour, c.minute);
    if (c.second)
        kf_buf_addf(out, ":%02u", c.second);
}

void kf_explain_day_add(const struct kf_session *s, int64_t t, struct kf_buf *out)
{
    day_add(s->ws.config->zone, t, out);
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

/* Is what a condition tests personal data? Looks at the expression it begins with. */
static enum kf_personal personal_kind(const struct kf_ruleset *rules, const struct kf_node *n,
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

static void say_identifier(const void *ctx, uint32_t id, struct kf_buf *out)
{
    const struct kf_explain_view *v = ctx;
    kf_ident_add(out, v->world->ids, id, v->reveal);
}

static void say_time(const void *ctx, int64_t t, struct kf_buf *out)
{
    const struct kf_explain_view *v = ctx;
    day_add(v->world->config->zone, t, out);
}

void kf_explain_part_add(const struct kf_explain_view *v, const struct kf_why_part *p,
                         struct kf_buf *out)
{
    struct kf_why_words w = {v->world, say_identifier, say_time, v};
    kf_why_say(&w, p, out, NULL);
}

const char *kf_explain_actual(const struct kf_explain_view *v, const struct kf_why_part *p,
                              struct kf_arena *a, bool *ret_personal)
{
    struct kf_buf b = {0};
    enum kf_personal kind = personal_kind(v->world->rules, p->node, p->actual);
    bool none = !p->actual.p || kf_str_eq(p->actual, kf_cstr("missing"));
    *ret_personal = kind != KF_PERSONAL_NONE && !v->reveal;
    if (p->listed != KF_ID_NONE)
        say_identifier(v, p->listed, &b);
    if (!p->actual.p)
        return p->listed != KF_ID_NONE ? keep(a, &b) : NULL;
    if (p->about == KF_ABOUT_CAP)
        kf_buf_addf(&b, "%.*s sent", (int)p->actual.n, p->actual.p);
    else
        kf_mask_add(&b, none ? KF_PERSONAL_NONE : kind, p->actual, v->reveal);
    return keep(a, &b);
}

/* ---- gathering ---- */

static void gather_parts(struct kf_explain_decision *x)
{
    struct kf_explain_part *part = kf_arena_zalloc(&x->arena, (x->why->n + 1u) * sizeof *part);
    struct kf_explain_view v = {x->s->world, x->s->reveal};
    for (uint32_t i = 0; i < x->why->n; i++) {
        struct kf_buf b = {0};
        kf_explain_part_add(&v, &x->why->part[i], &b);
        part[i].sentence = keep(&x->arena, &b);
        part[i].actual = kf_explain_actual(&v, &x->why->part[i], &x->arena, &part[i].personal);
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

static const char *length_of(struct kf_explain_decision *x, const char *setting)
{
    const struct kf_node *n = kf_rule_get(x->rule, setting);
    struct kf_buf b = {0};
    if (!n)
        return NULL;
    kf_node_sentence(n, &b);
    return keep(&x->arena, &b);
}

static void gather_wait(struct kf_explain_decision *x)
{
    const struct kf_reasoning *w = x->why;
    if (!w->waits)
        return;
    x->wait.entry = length_of(x, "entry_wait");
    x->wait.exit = length_of(x, "exit_wait");
    x->wait.entry_runs = w->conditions && w->truth == KF_FALSE;
    x->wait.exit_runs = !w->conditions && w->holds;
}

/* How long a change has to hold, or until when it has to come. */
static const char *wait_words(struct kf_explain_decision *x)
{
    const struct kf_explain_wait *wait = &x->wait;
    const char *length = x->why->conditions ? wait->exit : wait->entry;
    struct kf_buf b = {0};
    if (wait->entry_runs || wait->exit_runs) {
        if (x->time.at == KF_TIME_MAX || x->time.holds != wait->entry_runs)
            return NULL;
        kf_buf_adds(&b, " before ");
        kf_explain_day_add(x->s, x->time.at, &b);
    } else if (length) {
        kf_buf_addf(&b, ", once that has held for %s (%s)", length,
                    x->why->conditions ? "exit_wait" : "entry_wait");
    }
    return b.n ? keep(&x->arena, &b) : NULL;
}

static const char *goal_word(const struct kf_explain_decision *x)
{
    bool now = x->why->waits ? x->why->conditions : x->why->holds;
    if (x->wait.entry_runs)
        return "still no member";
    if (x->wait.exit_runs)
        return "still a member";
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
    x->nearest[0].wait = wait_words(x);
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
        gather_wait(x);
        rc = kf_why_later(x->why, &x->time, err);
    }
    if (rc == 0)
        rc = gather_goals(x, err);
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
