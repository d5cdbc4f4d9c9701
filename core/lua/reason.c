/* Taking conditions apart: what is wanted of one is wanted of its parts, of all of them or of one,
 * until tests are left (reason_close.c sees whether these can be together). */
#include "lua/reason_internal.h"

#include "base/hash.h"
#include "event/events.h"

#include <stdlib.h>

#define STEPS    4000 /* of a proof; then nothing is claimed */
#define LITERALS 400  /* the same, held together at once */
/* The same, of all proofs about a rule set: some seconds. 200 rules that are all alike spend less
 * than a tenth of it. */
#define SPENT    10000000u
#define MAX_PICK 6 /* parts of at_least_of that are tried in all combinations */

/* ---- life ---- */

struct kf_reason *kf_reason_new(const struct kf_ruleset *s, const struct kf_config *config)
{
    struct kf_reason *r = calloc(1, sizeof *r);
    if (!r)
        kf_arena_exhausted(sizeof *r);
    r->s = s;
    r->config = config;
    memcpy(r->cur, config && config->currency[0] ? config->currency : "EUR", 4);
    return r;
}

void kf_reason_free(struct kf_reason *r)
{
    if (!r)
        return;
    kf_arena_free(&r->keep);
    kf_arena_free(&r->scratch);
    kf_arena_free(&r->taken);
    kf_vec_free(&r->fact);
    kf_vec_free(&r->select);
    kf_vec_free(&r->hashes);
    kf_vec_free(&r->todo);
    kf_vec_free(&r->split);
    kf_vec_free(&r->literal);
    kf_vec_free(&r->known);
    free(r->known_test);
    free(r->text);
    free(r);
}

bool kf_reason_always_in_force(const struct kf_rule *r)
{
    return r->starts == KF_TIME_MIN && r->ends == KF_TIME_MAX;
}

struct kf_str kf_reason_text(struct kf_reason *r, const struct kf_node *n)
{
    if (n->id < r->s->n_nodes) {
        if (!r->text) {
            r->text = calloc(r->s->n_nodes, sizeof *r->text);
            if (!r->text)
                kf_arena_exhausted(r->s->n_nodes * sizeof *r->text);
        }
        if (r->text[n->id].p)
            return r->text[n->id];
    }
    struct kf_buf b = {0};
    kf_node_canonical(n, &b);
    struct kf_str s = kf_str(kf_arena_strndup(&r->keep, b.p, b.n), b.n);
    kf_buf_free(&b);
    if (n->id < r->s->n_nodes)
        r->text[n->id] = s;
    return s;
}

/* ---- wanting ---- */

static void want(struct kf_reason *r, const struct kf_node *n, enum kf_goal goal)
{
    *kf_vec_push(&r->todo) = (struct kf_want){n, goal};
}

static void later(struct kf_reason *r, const struct kf_node *n, enum kf_goal goal)
{
    *kf_vec_push(&r->split) = (struct kf_want){n, goal};
}

static bool wants_true(enum kf_goal g)
{
    return g == KF_GOAL_TRUE || g == KF_GOAL_NOT_FALSE;
}

static void want_all(struct kf_reason *r, const struct kf_node *n, enum kf_goal goal)
{
    for (uint32_t i = 0; i < n->kids; i++)
        want(r, n->kid[i], goal);
}

/* How many parts of at_least_of must be as wanted for the whole to be. */
static uint32_t parts_needed(const struct kf_node *n, enum kf_goal goal)
{
    int64_t need = n->value.number.m;
    if (need < 1 || need > n->kids)
        return 0;
    return wants_true(goal) ? (uint32_t)need : n->kids - (uint32_t)need + 1;
}

/* ---- segments ---- */

static const struct kf_rule *segment_of(const struct kf_reason *r, const struct kf_node *n)
{
    const struct kf_rule *s =
        n->op == KF_C_SEGMENT ? kf_rules_find(r->s, KF_KIND_SEGMENT, n->name.p) : NULL;
    if (!s || r->about != KF_ABOUT_PROFILE || !kf_reason_always_in_force(s) ||
        kf_rule_get(s, "entry_wait") || kf_rule_get(s, "exit_wait"))
        return NULL;
    return s;
}

static void want_member(struct kf_reason *r, const struct kf_rule *s, enum kf_goal goal)
{
    const struct kf_node *except = kf_rule_get(s, "except");
    const struct kf_node *consent = kf_rule_get(s, "requires_consent");
    want(r, kf_rule_get(s, "who"), goal);
    if (except)
        want(r, except, kf_goal_not(goal));
    for (uint32_t i = 0; i < kf_node_texts(consent); i++)
        kf_reason_add_consent(r, kf_node_text(consent, i), KF_GOAL_TRUE);
}

/* ---- one condition ---- */

static void add_names(struct kf_reason *r, const struct kf_node *select, enum kf_goal goal)
{
    const struct kf_node *names = select->kid[0];
    struct kf_str *p = kf_arena_alloc(&r->scratch, (names->kids + 1) * sizeof *p);
    for (uint32_t i = 0; i < names->kids; i++) {
        p[i] = names->kid[i]->value.text;
        bool plain = !memchr(p[i].p, '*', p[i].n) && !memchr(p[i].p, '?', p[i].n) &&
                     kf_event_type_parse(p[i]) == KF_EVENT_NONE;
        if (!plain) { /* of a type, or many names */
            kf_reason_add_atom(r, kf_reason_text(r, names), goal);
            return;
        }
    }
    struct kf_values yes = kf_values_of(0, false), no = kf_values_of(KF_SORT_TEXT, true);
    yes.text.p = no.text.p = p;
    yes.text.n = no.text.n = names->kids;
    kf_reason_add_column(r, "event.name", yes, no, goal);
}

/* Nothing but what one event can answer, as the evaluator's plan says it. */
static bool is_bare(const struct kf_node *select)
{
    for (uint32_t i = select->op == KF_S_EVENT ? 1 : 0; i < select->kids; i++) {
        uint16_t op = select->kid[i]->op;
        if (op != KF_F_WHERE && op != KF_F_FROM_SOURCE && op != KF_F_ON && op != KF_F_FOLLOWED_BY &&
            op != KF_F_NOT_FOLLOWED_BY)
            return false;
    }
    return true;
}

/* "Is this event such?" */
static void add_such_an_event(struct kf_reason *r, const struct kf_node *s, enum kf_goal goal)
{
    if (s->op == KF_S_EVENT)
        add_names(r, s, goal);
    else
        kf_reason_add_atom(r, kf_cstr(kf_op_word(s->op)), goal);
    for (uint32_t i = s->op == KF_S_EVENT ? 1 : 0; i < s->kids; i++)
        want(r, s->kid[i], goal);
}

static void add_this_event(struct kf_reason *r, const struct kf_node *n, enum kf_goal goal)
{
    if (!is_bare(n->kid[0]))
        kf_reason_add_count(r, n->kid[0], goal);
    else if (wants_true(goal))
        add_such_an_event(r, n->kid[0], goal);
    else
        later(r, n, goal);
}

static void add_fraud(struct kf_reason *r, const struct kf_node *n, enum kf_goal goal)
{
    kf_reason_add_atom(r, kf_reason_text(r, n), goal);
    if (n->value.type == KF_K_NONE || !wants_true(goal))
        return;
    struct kf_node any = *n; /* a verdict is one of them */
    any.id = UINT32_MAX;
    any.value = (struct kf_const){.type = KF_K_NONE};
    kf_reason_add_atom(r, kf_reason_text(r, &any), goal);
}

static void add_segment(struct kf_reason *r, const struct kf_node *n, enum kf_goal goal)
{
    const struct kf_rule *s = segment_of(r, n);
    kf_reason_add_atom(r, kf_reason_text(r, n), goal);
    if (s && wants_true(goal))
        want_member(r, s, goal);
    else if (s)
        later(r, n, goal);
}

static void add_condition(struct kf_reason *r, const struct kf_node *n, enum kf_goal goal)
{
    switch (n->op) {
    case KF_C_ALL:
        wants_true(goal) ? want_all(r, n, goal) : later(r, n, goal);
        break;
    case KF_C_ANY:
        wants_true(goal) ? later(r, n, goal) : want_all(r, n, goal);
        break;
    case KF_C_NONE:
        wants_true(goal) ? want_all(r, n, kf_goal_not(goal)) : later(r, n, goal);
        break;
    case KF_C_AT_LEAST_OF:
        if (parts_needed(n, goal) == n->kids)
            want_all(r, n, goal);
        else if (parts_needed(n, goal))
            later(r, n, goal);
        break;
    case KF_C_TEST:
        kf_reason_add_test(r, n, goal);
        break;
    case KF_C_HAS:
        if (r->about == KF_ABOUT_EVENT)
            add_this_event(r, n, goal);
        else
            kf_reason_add_count(r, n->kid[0], goal);
        break;
    case KF_C_SEGMENT:
        add_segment(r, n, goal);
        break;
    case KF_C_FRAUD:
        add_fraud(r, n, goal);
        break;
    case KF_C_SEQUENCE:
        kf_reason_add_atom(r, kf_reason_text(r, n), goal);
        for (uint32_t i = 0; goal == KF_GOAL_TRUE && i < n->kids; i++)
            kf_reason_add_count(r, n->kid[i], goal);
        break;
    default:
        kf_reason_add_atom(r, kf_reason_text(r, n), goal);
    }
}

/* ---- filters, of one event ---- */

static void add_texts(struct kf_reason *r, const struct kf_node *f, enum kf_goal goal)
{
    bool on = f->op == KF_F_ON;
    struct kf_str *p = kf_arena_alloc(&r->scratch, (2 * f->kids + 1) * sizeof *p);
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->kids; i++) {
        p[n] = f->kid[i]->value.text;
        if (on && kf_str_eq(p[n], kf_cstr("app"))) {
            p[n++] = kf_cstr("ios");
            p[n] = kf_cstr("android");
        }
        n++;
    }
    struct kf_values yes = kf_values_of(0, false), no = kf_values_of(KF_SORT_TEXT, true);
    yes.text.p = no.text.p = p;
    yes.text.n = no.text.n = n;
    kf_reason_add_column(r, on ? "event.platform" : "event.source", yes, no, goal);
}

static void add_filter(struct kf_reason *r, const struct kf_node *f, enum kf_goal goal)
{
    struct kf_values yes = kf_values_of(0, false), no = kf_values_of(0, false);
    switch (f->op) {
    case KF_F_WHERE:
        wants_true(goal) ? want_all(r, f, goal) : later(r, f, goal);
        return;
    case KF_F_FROM_SOURCE:
    case KF_F_ON:
        add_texts(r, f, goal);
        return;
    default:
        kf_reason_add_atom(r, kf_reason_text(r, f), goal);
        if (kf_reason_window(r, f, &yes.instant, &no.instant))
            kf_reason_add_column(r, "event.time", yes, no, goal);
    }
}

/* ---- one of several ---- */

/* The i-th way of having what was put off; false: there are no more. */
static bool way_of_segment(struct kf_reason *r, const struct kf_rule *s, enum kf_goal goal,
                           uint32_t i)
{
    const struct kf_node *except = kf_rule_get(s, "except");
    const struct kf_node *consent = kf_rule_get(s, "requires_consent");
    if (i == 0)
        want(r, kf_rule_get(s, "who"), goal);
    else if (i == 1 && except)
        want(r, except, kf_goal_not(goal));
    else if (i - (except ? 2 : 1) < kf_node_texts(consent))
        kf_reason_add_consent(r, kf_node_text(consent, i - (except ? 2 : 1)), KF_GOAL_FALSE);
    else
        return false;
    return true;
}

static bool way_of_event(struct kf_reason *r, const struct kf_node *s, enum kf_goal goal,
                         uint32_t i)
{
    if (i == s->kids && s->op != KF_S_EVENT) { /* it is no touch, or nothing a person did */
        kf_reason_add_atom(r, kf_cstr(kf_op_word(s->op)), goal);
        return true;
    }
    if (i >= s->kids)
        return false;
    if (s->op == KF_S_EVENT && i == 0)
        add_names(r, s, goal);
    else
        want(r, s->kid[i], goal);
    return true;
}

static bool way_of_parts(struct kf_reason *r, const struct kf_node *n, enum kf_goal goal,
                         uint32_t i)
{
    uint32_t need = parts_needed(n, goal);
    if (n->kids > MAX_PICK) { /* nothing is wanted, which is always true */
        return i == 0;
    }
    for (uint32_t bits = 0; bits < 1u << n->kids; bits++) {
        if ((uint32_t)__builtin_popcount(bits) != need || i--)
            continue;
        for (uint32_t k = 0; k < n->kids; k++)
            if (bits >> k & 1)
                want(r, n->kid[k], goal);
        return true;
    }
    return false;
}

static bool way(struct kf_reason *r, const struct kf_want *w, uint32_t i)
{
    switch (w->node->op) {
    case KF_C_SEGMENT:
        return way_of_segment(r, segment_of(r, w->node), w->goal, i);
    case KF_C_HAS:
        return way_of_event(r, w->node->kid[0], w->goal, i);
    case KF_C_AT_LEAST_OF:
        return way_of_parts(r, w->node, w->goal, i);
    default: /* all, any, none, where */
        if (i >= w->node->kids)
            return false;
        want(r, w->node->kid[i], w->node->op == KF_C_NONE ? kf_goal_not(w->goal) : w->goal);
        return true;
    }
}

/* Takes apart from todo[at] on; true: it cannot be. What was added is taken off again. */
static bool closes(struct kf_reason *r, size_t at, size_t split)
{
    size_t todo = r->todo.n, put_off = r->split.n, literal = r->literal.n;
    bool closed = false, given_up = false;
    for (; at < r->todo.n && !given_up; at++) {
        struct kf_want w = r->todo.p[at];
        given_up = r->steps == 0;
        r->steps -= !given_up;
        if (w.node->cls == KF_CLASS_FILTER)
            add_filter(r, w.node, w.goal);
        else if (w.node->cls == KF_CLASS_SELECT)
            add_such_an_event(r, w.node, w.goal);
        else
            add_condition(r, w.node, w.goal);
    }
    r->spent += 1 + r->literal.n;
    given_up |= r->literal.n > LITERALS || r->spent > SPENT;
    if (!given_up)
        closed = kf_reason_clash(r);
    if (!given_up && !closed && !r->in_short && split < r->split.n) {
        struct kf_want w = r->split.p[split];
        size_t mark = r->todo.n, lit = r->literal.n;
        closed = true;
        for (uint32_t i = 0; closed && way(r, &w, i); i++) {
            closed = closes(r, mark, split + 1);
            r->todo.n = mark;
            r->literal.n = lit;
        }
    }
    r->todo.n = todo;
    r->split.n = put_off;
    r->literal.n = literal;
    return closed;
}

bool kf_reason_impossible(struct kf_reason *r, enum kf_reason_about about, const struct kf_want *w,
                          uint32_t n)
{
    if (!r->depth) {
        kf_arena_reset(&r->scratch);
        r->member = NULL;
    }
    r->about = about;
    r->steps = STEPS;
    r->todo.n = r->split.n = r->literal.n = 0;
    for (uint32_t i = 0; i < n; i++)
        *kf_vec_push(&r->todo) = w[i];
    return closes(r, 0, 0);
}

/* ---- rules ---- */

enum kf_reason_about kf_reason_about_of(const struct kf_rule *r)
{
    switch (r->kind) {
    case KF_KIND_SEGMENT:
        return kf_rule_get(r, "entry_wait") || kf_rule_get(r, "exit_wait") ? KF_ABOUT_OTHER
                                                                           : KF_ABOUT_PROFILE;
    case KF_KIND_SUPPRESS:
        return kf_rule_get(r, "per_contact") ? KF_ABOUT_OTHER : KF_ABOUT_PROFILE;
    case KF_KIND_FRAUD: {
        const struct kf_node *look = kf_rule_get(r, "look_at");
        return look && (look->cls == KF_CLASS_SELECT || look->op == KF_C_HAS) ? KF_ABOUT_EVENT
                                                                              : KF_ABOUT_OTHER;
    }
    case KF_KIND_LINK:
    case KF_KIND_NEVER_LINK:
    case KF_KIND_TRANSFER:
    case KF_KIND_CONSENT:
    case KF_KIND_FLAG:
    case KF_KIND_EXPECT:
    case KF_KIND_CHANNEL_GROUP:
    case KF_KIND_ATTRIBUTION:
        return KF_ABOUT_EVENT;
    default:
        return KF_ABOUT_PROFILE;
    }
}

static uint32_t member_wants(const struct kf_rule *s, struct kf_want w[2])
{
    const struct kf_node *except = kf_rule_get(s, "except");
    w[0] = (struct kf_want){kf_rule_get(s, "who"), KF_GOAL_TRUE};
    if (except)
        w[1] = (struct kf_want){except, KF_GOAL_FALSE};
    return except ? 2 : 1;
}

/* The consents of a that b asks for as well. */
static bool consents_follow(const struct kf_rule *a, const struct kf_rule *b)
{
    const struct kf_node *have = kf_rule_get(a, "requires_consent");
    const struct kf_node *need = kf_rule_get(b, "requires_consent");
    for (uint32_t i = 0; i < kf_node_texts(need); i++) {
        bool found = false;
        for (uint32_t k = 0; k < kf_node_texts(have) && !found; k++)
            found = strcmp(kf_node_text(need, i), kf_node_text(have, k)) == 0;
        if (!found)
            return false;
    }
    return true;
}

/* That somebody is a member of the segment is taken apart once for all that is asked about it. */
static void take_for_granted(struct kf_reason *r, const struct kf_rule *segment)
{
    struct kf_want w[2];
    uint32_t n = member_wants(segment, w);
    if (r->member == segment)
        return;
    kf_arena_reset(&r->scratch);
    r->member = segment;
    r->about = KF_ABOUT_PROFILE;
    r->todo.n = r->split.n = r->literal.n = 0;
    for (uint32_t i = 0; i < n; i++)
        *kf_vec_push(&r->todo) = w[i];
    for (size_t at = 0; at < r->todo.n; at++)
        add_condition(r, r->todo.p[at].node, r->todo.p[at].goal);
    r->given_literal = r->literal.n;
    r->given_split = r->split.n;
    r->given_possible = kf_reason_give(r);
}

static bool follows_from_given(struct kf_reason *r, const struct kf_node *part, enum kf_goal goal,
                               bool in_short)
{
    r->steps = STEPS;
    r->todo.n = 0;
    r->split.n = r->given_split;
    r->literal.n = r->given_literal;
    r->in_short = in_short;
    *kf_vec_push(&r->todo) = (struct kf_want){part, goal};
    struct kf_arena given = r->scratch;
    bool closed = closes(r, 0, 0);
    r->scratch = given; /* a hundred thousand of these stay in the cache so */
    r->in_short = false;
    return closed;
}

static bool combines(const struct kf_node *part)
{
    return part->op == KF_C_ALL || part->op == KF_C_ANY || part->op == KF_C_NONE ||
           part->op == KF_C_AT_LEAST_OF || part->op == KF_C_SEGMENT;
}

/* In short first: what a single test asks has to follow from what all of a pass; that may miss a
 * case, which is no harm. */
static bool part_follows(struct kf_reason *r, const struct kf_node *part, enum kf_goal goal)
{
    return follows_from_given(r, part, goal, true) ||
           (combines(part) && follows_from_given(r, part, goal, false));
}

/* Single tests first: they are proved fast, and one that does not follow spares the rest. */
static bool parts_follow(struct kf_reason *r, const struct kf_node *who)
{
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < who->kids; i++)
            if (combines(who->kid[i]) == (pass == 1) &&
                !part_follows(r, who->kid[i], KF_GOAL_NOT_TRUE))
                return false;
    return true;
}

bool kf_reason_subsumed(struct kf_reason *r, const struct kf_rule *a, const struct kf_rule *b)
{
    if (kf_reason_about_of(a) != KF_ABOUT_PROFILE || kf_reason_about_of(b) != KF_ABOUT_PROFILE ||
        a->starts < b->starts || a->ends > b->ends || !consents_follow(a, b))
        return false;
    struct kf_want goal[2];
    uint32_t n_goal = member_wants(b, goal);
    const struct kf_node *who = goal[0].node;
    take_for_granted(r, a);
    if (!r->given_possible)
        return false; /* nobody is a member, and that was said */
    return (who->op == KF_C_ALL ? parts_follow(r, who) : part_follows(r, who, KF_GOAL_NOT_TRUE)) &&
           (n_goal < 2 || part_follows(r, goal[1].node, KF_GOAL_NOT_FALSE));
}

static int hash_cmp(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Everything that a literal is about, hashed: of events their names. */
static void add_hashes(struct kf_reason *r, const struct kf_fact *f)
{
    const struct kf_node *select = f->select ? r->select.p[f->select - 1].node : NULL;
    if (!select || select->op != KF_S_EVENT) {
        struct kf_str key = select ? kf_cstr(kf_op_word(select->op)) : f->key;
        *kf_vec_push(&r->hashes) = (uint32_t)kf_hash64(key.p, key.n);
        return;
    }
    for (uint32_t i = 0; i < select->kid[0]->kids; i++) {
        struct kf_str name = select->kid[0]->kid[i]->value.text;
        *kf_vec_push(&r->hashes) = (uint32_t)kf_hash64(name.p, name.n);
    }
}

uint32_t kf_reason_facts(struct kf_reason *r, const struct kf_rule *segment, bool perhaps,
                         const uint32_t **ret)
{
    struct kf_want w[2];
    uint32_t n = member_wants(segment, w);
    kf_arena_reset(&r->scratch);
    r->member = NULL;
    r->about = KF_ABOUT_PROFILE;
    r->steps = STEPS;
    r->todo.n = r->split.n = r->literal.n = r->hashes.n = 0;
    for (uint32_t i = 0; i < n; i++)
        *kf_vec_push(&r->todo) = w[i];
    size_t split = 0;
    for (size_t at = 0; at < r->todo.n && at < STEPS;) {
        for (; at < r->todo.n && at < STEPS; at++)
            add_condition(r, r->todo.p[at].node, r->todo.p[at].goal);
        for (; perhaps && split < r->split.n; split++) {
            struct kf_want put_off = r->split.p[split];
            for (uint32_t i = 0; way(r, &put_off, i); i++)
                ;
        }
    }
    for (size_t i = 0; i < r->literal.n; i++)
        if (perhaps || strncmp(r->fact.p[r->literal.p[i].fact].key.p, "is ", 3) != 0)
            add_hashes(r, &r->fact.p[r->literal.p[i].fact]);
    if (r->hashes.n)
        qsort(r->hashes.p, r->hashes.n, sizeof *r->hashes.p, hash_cmp);
    *ret = r->hashes.p;
    return (uint32_t)r->hashes.n;
}
