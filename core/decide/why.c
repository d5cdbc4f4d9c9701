/* The tree of a rule: what it comes down to. */
#include "decide/why_internal.h"

#include <stdlib.h>

struct build {
    struct kf_reasoning *w;
    const struct kf_decide *d;
    kf_vec(struct kf_why_part) part;
    uint32_t depth;
    uint32_t contact; /* whose events are asked, KF_ID_NONE: all of the profile's */
    const struct kf_rule *rule;
};

static void rule_parts(struct build *b, const struct kf_rule *r);
static void condition(struct build *b, const struct kf_node *n, const char *role);

static struct kf_why_part part_of(const struct build *b, enum kf_why_op op,
                                  const struct kf_node *node, const char *role)
{
    return (struct kf_why_part){.op = (uint8_t)op,
                                .truth = KF_UNDECIDED,
                                .depth = b->depth,
                                .node = node,
                                .rule = b->rule,
                                .role = role,
                                .contact = b->contact,
                                .purpose = KF_NOBODY,
                                .listed = KF_ID_NONE,
                                .flip = KF_TIME_MAX,
                                .value = {.type = KF_VAL_MISSING, .event = UINT32_MAX},
                                .last = UINT32_MAX};
}

static uint32_t open_part(struct build *b, enum kf_why_op op, const struct kf_node *node,
                          const char *role)
{
    *kf_vec_push(&b->part) = part_of(b, op, node, role);
    b->depth++;
    return (uint32_t)b->part.n - 1;
}

static void close_part(struct build *b, uint32_t i)
{
    b->part.p[i].end = (uint32_t)b->part.n;
    b->depth--;
}

static struct kf_why_part *question(struct build *b, enum kf_why_about about,
                                    const struct kf_node *node, const char *role)
{
    struct kf_why_part *p = kf_vec_push(&b->part);
    *p = part_of(b, KF_WHY_ASK, node, role);
    p->about = (uint8_t)about;
    p->end = (uint32_t)b->part.n;
    p->fixed = about == KF_ABOUT_FORCE || about == KF_ABOUT_UNEVALUATED || about == KF_ABOUT_CAP ||
               about == KF_ABOUT_QUIET || about == KF_ABOUT_TOP ||
               (node && node->op == KF_C_HOLDOUT);
    return p;
}

/* ---- what every rule has ---- */

static void force(struct build *b, const struct kf_rule *r)
{
    if (r->starts != KF_TIME_MIN || r->ends != KF_TIME_MAX)
        question(b, KF_ABOUT_FORCE, NULL, "starts");
}

static void consents(struct build *b, const struct kf_rule *r)
{
    const struct rule_info *info = &b->d->info[r->number];
    const struct kf_node *n = kf_rule_get(r, "requires_consent");
    for (uint32_t i = 0; i < info->n_purpose; i++) {
        struct kf_why_part *p = question(b, KF_ABOUT_CONSENT, NULL, "requires_consent");
        p->purpose = info->purpose[i];
        p->contact = KF_ID_NONE;
        p->item = i;
        p->node = n && n->cls == KF_CLASS_TABLE && i < n->kids ? n->kid[i] : n;
    }
}

/* ---- conditions ---- */

static const struct kf_rule *asked_rule(const struct build *b, const struct kf_node *n)
{
    uint32_t r = n->id < b->d->rules->n_nodes ? b->d->target[n->id] : KF_NOBODY;
    return r == KF_NOBODY ? NULL : b->d->rules->rule[r];
}

static bool is_card(const struct kf_rule *r)
{
    return r && !kf_rule_get(r, "model") && kf_rule_get(r, "add") && r->starts == KF_TIME_MIN &&
           r->ends == KF_TIME_MAX;
}

/* Another rule whose own conditions can stand here. */
static const struct kf_rule *opened_rule(const struct build *b, const struct kf_node *n)
{
    const struct kf_rule *r = NULL;
    if (n->op == KF_C_SEGMENT || n->op == KF_C_SUPPRESS)
        r = asked_rule(b, n);
    if (n->op == KF_C_TEST && (n->kid[0]->op == KF_E_SCORE || n->kid[0]->op == KF_E_SCORE_BAND)) {
        r = asked_rule(b, n->kid[0]);
        return is_card(r) ? r : NULL;
    }
    if (!r || !r->evaluated || b->d->info[r->number].has_waits)
        return NULL;
    return n->op == KF_C_SUPPRESS && b->d->info[r->number].n_contact ? NULL : r;
}

static void combination(struct build *b, enum kf_why_op op, const struct kf_node *n,
                        const char *role)
{
    uint32_t at = open_part(b, op, n, role);
    b->part.p[at].need = op == KF_WHY_AT_LEAST ? n->value.number.m : 0;
    for (uint32_t i = 0; i < n->kids; i++)
        if (n->kid[i]->cls == KF_CLASS_COND)
            condition(b, n->kid[i], NULL);
    close_part(b, at);
}

static void opened(struct build *b, const struct kf_rule *r, const struct kf_node *n,
                   const char *role)
{
    bool points = n->op == KF_C_TEST;
    uint32_t at = open_part(b, points ? KF_WHY_POINTS : KF_WHY_ALL, n, role);
    const struct kf_rule *outer = b->rule;
    b->part.p[at].asks = r;
    b->rule = r;
    rule_parts(b, r);
    b->rule = outer;
    close_part(b, at);
}

/* consent "x":is("granted") and is_not: the question that requires_consent asks, too. */
static bool is_consent(const struct build *b, const struct kf_node *n)
{
    if (n->op != KF_C_TEST || n->kid[0]->op != KF_E_CONSENT || n->kid[0]->kids)
        return false;
    const struct kf_node *t = n->kid[1];
    return (t->op == KF_T_IS || t->op == KF_T_IS_NOT) && t->kids == 1 && t->kid[0]->op == KF_K &&
           kf_str_eq(t->kid[0]->value.text, kf_cstr("granted")) &&
           b->d->target[n->kid[0]->id] != KF_NOBODY;
}

static void consent_question(struct build *b, const struct kf_node *n, const char *role)
{
    bool not = n->kid[1]->op == KF_T_IS_NOT;
    uint32_t at = not ? open_part(b, KF_WHY_NONE, n, role) : 0;
    struct kf_why_part *p = question(b, KF_ABOUT_CONSENT, n, not ? NULL : role);
    p->purpose = b->d->target[n->kid[0]->id];
    p->contact = KF_ID_NONE;
    if (not )
        close_part(b, at);
}

static void condition(struct build *b, const struct kf_node *n, const char *role)
{
    const struct kf_rule *r = opened_rule(b, n);
    if (is_consent(b, n))
        consent_question(b, n, role);
    else if (r)
        opened(b, r, n, role);
    else if (n->op == KF_C_ALL)
        combination(b, KF_WHY_ALL, n, role);
    else if (n->op == KF_C_ANY)
        combination(b, KF_WHY_ANY, n, role);
    else if (n->op == KF_C_NONE)
        combination(b, KF_WHY_NONE, n, role);
    else if (n->op == KF_C_AT_LEAST_OF)
        combination(b, KF_WHY_AT_LEAST, n, role);
    else
        question(b, KF_ABOUT_CONDITION, n, role);
}

/* ---- kinds ---- */

static void segment(struct build *b, const struct kf_rule *r)
{
    const struct rule_info *info = &b->d->info[r->number];
    force(b, r);
    if (info->when)
        condition(b, info->when, "who");
    if (info->except) {
        uint32_t at = open_part(b, KF_WHY_NONE, NULL, "except");
        condition(b, info->except, NULL);
        close_part(b, at);
    }
    consents(b, r);
}

/* who, or an identifier is on the list. */
static void suppress_who(struct build *b, const struct kf_rule *r)
{
    const struct kf_node *list = kf_rule_get(r, "list");
    const struct kf_node *who = b->d->info[r->number].when;
    uint32_t at = who && list ? open_part(b, KF_WHY_ANY, NULL, NULL) : 0;
    if (who)
        condition(b, who, "who");
    if (list)
        question(b, KF_ABOUT_LIST, list, "list");
    if (who && list)
        close_part(b, at);
}

static void suppress(struct build *b, const struct kf_rule *r)
{
    const struct kf_world *w = b->d->w;
    const struct rule_info *info = &b->d->info[r->number];
    uint32_t profile = b->w->profile, outer = b->contact;
    force(b, r);
    if (!info->n_contact || b->contact != KF_ID_NONE) {
        suppress_who(b, r);
        return;
    }
    if (profile == KF_NOBODY) {
        question(b, KF_ABOUT_CONDITION, NULL, "per_contact")->asks = r;
        return;
    }
    uint32_t at = open_part(b, KF_WHY_ANY, NULL, "per_contact");
    for (uint32_t i = w->ids_first[profile]; i < w->ids_first[profile + 1]; i++)
        if (w->ids->ns[w->ids_of[i]] == info->contact[0]) {
            b->contact = w->ids_of[i];
            uint32_t one = open_part(b, KF_WHY_ALL, NULL, "contact");
            suppress_who(b, r);
            close_part(b, one);
        }
    b->contact = outer;
    close_part(b, at);
}

static bool overrides(const struct kf_rule *channel, const struct kf_rule *suppress_rule)
{
    const struct kf_node *o = kf_rule_get(channel, "overrides");
    for (uint32_t i = 0; o && i < kf_node_texts(o); i++)
        if (kf_node_text(o, i) && strcmp(kf_node_text(o, i), suppress_rule->name) == 0)
            return true;
    return false;
}

/* A suppression among those that must not stand in the way. */
static void in_the_way(struct build *b, const struct kf_rule *s)
{
    const struct kf_rule *outer = b->rule;
    uint32_t at = open_part(b, KF_WHY_ALL, NULL, "suppress");
    b->part.p[at].asks = s;
    b->rule = s;
    if (s->evaluated)
        suppress(b, s);
    else
        question(b, KF_ABOUT_UNEVALUATED, NULL, NULL);
    b->rule = outer;
    close_part(b, at);
}

static void holds(struct build *b)
{
    for (uint32_t i = 0; i < b->d->n_fraud; i++)
        if (b->d->info[b->d->fraud[i]->number].channels == KF_EVERYTHING)
            question(b, KF_ABOUT_HOLD, NULL, "hold")->asks = b->d->fraud[i];
}

/* Of one address the consent is the profile's. */
static bool is_only(const struct build *b, uint32_t contact)
{
    const struct kf_world *w = b->d->w;
    uint32_t n = 0, p = b->w->profile;
    for (uint32_t i = w->ids_first[p]; i < w->ids_first[p + 1]; i++)
        n += w->ids->ns[w->ids_of[i]] == w->ids->ns[contact];
    return n == 1;
}

/* One address: nothing blocks it, and it has the consent. */
static void address(struct build *b, const struct kf_rule *r, uint32_t contact)
{
    const struct kf_decide *d = b->d;
    uint32_t bit = 1u << d->info[r->number].ordinal, outer = b->contact;
    uint32_t at = open_part(b, KF_WHY_ALL, NULL, "contact");
    b->part.p[at].contact = contact;
    uint32_t clear = open_part(b, KF_WHY_CLEAR, NULL, "suppress");
    for (uint32_t i = 0; i < d->n_suppress; i++) {
        const struct kf_rule *s = d->suppress[i];
        const struct rule_info *info = &d->info[s->number];
        if (!(info->channels & bit) || (info->overridable && overrides(r, s)))
            continue;
        if (info->n_contact && d->w->ids->ns[contact] != info->contact[0])
            continue;
        b->contact = info->n_contact ? contact : KF_ID_NONE;
        in_the_way(b, s);
        b->contact = outer;
    }
    holds(b);
    close_part(b, clear);
    uint32_t from = (uint32_t)b->part.n;
    consents(b, r);
    for (uint32_t i = from; i < b->part.n && !is_only(b, contact); i++)
        b->part.p[i].contact = contact;
    close_part(b, at);
}

const struct kf_node *kf_channel_cap(const struct kf_rule *channel, uint32_t i)
{
    const struct kf_node *caps = kf_rule_get(channel, "at_most");
    if (!caps || !kf_rule_get(channel, "sent") || !caps->kids)
        return NULL;
    if (caps->kid[0]->cls != KF_CLASS_TABLE)
        return i == 0 ? caps : NULL;
    return i < caps->kids ? caps->kid[i] : NULL;
}

/* What a channel asks beside its addresses. */
static void channel_rest(struct build *b, const struct kf_rule *r)
{
    const struct rule_info *info = &b->d->info[r->number];
    if (info->when)
        condition(b, info->when, "eligible");
    for (uint32_t i = 0; kf_channel_cap(r, i); i++)
        question(b, KF_ABOUT_CAP, kf_channel_cap(r, i), "at_most")->item = i;
    if (kf_rule_get(r, "quiet_hours"))
        question(b, KF_ABOUT_QUIET, kf_rule_get(r, "quiet_hours"), "quiet_hours");
}

static void channel_of_nobody(struct build *b, const struct kf_rule *r)
{
    question(b, KF_ABOUT_ADDRESS, kf_rule_get(r, "contact"), "contact");
    question(b, KF_ABOUT_USABLE, kf_rule_get(r, "contact"), "contact");
    channel_rest(b, r);
}

static void channel(struct build *b, const struct kf_rule *r)
{
    const struct kf_world *w = b->d->w;
    const struct rule_info *info = &b->d->info[r->number];
    uint32_t p = b->w->profile;
    force(b, r);
    if (p == KF_NOBODY) {
        channel_of_nobody(b, r);
        return;
    }
    uint32_t at = open_part(b, KF_WHY_ANY, kf_rule_get(r, "contact"), "contact");
    for (uint32_t c = 0; c < info->n_contact; c++)
        for (uint32_t i = w->ids_first[p]; i < w->ids_first[p + 1]; i++)
            if (w->ids->ns[w->ids_of[i]] == info->contact[c])
                address(b, r, w->ids_of[i]);
    if (b->part.n == at + 1)
        question(b, KF_ABOUT_ADDRESS, kf_rule_get(r, "contact"), "contact");
    close_part(b, at);
    channel_rest(b, r);
}

static const struct kf_rule *named(const struct build *b, const struct kf_rule *r,
                                   enum kf_kind kind, const char *setting)
{
    const char *name = kf_rule_text(r, setting, NULL);
    return name ? kf_rules_find(b->d->rules, kind, name) : NULL;
}

static void inner_rule(struct build *b, const struct kf_rule *r, const char *role)
{
    const struct kf_rule *outer = b->rule;
    const struct rule_info *info = &b->d->info[r->number];
    if (!r->evaluated || info->has_waits) {
        question(b, r->evaluated ? KF_ABOUT_CONDITION : KF_ABOUT_UNEVALUATED, NULL, role)->asks = r;
        return;
    }
    uint32_t at = open_part(b, KF_WHY_ALL, NULL, role);
    b->part.p[at].asks = r;
    b->rule = r;
    rule_parts(b, r);
    b->rule = outer;
    close_part(b, at);
}

static void export(struct build *b, const struct kf_rule *r)
{
    const struct kf_decide *d = b->d;
    const struct kf_rule *s = named(b, r, KF_KIND_SEGMENT, "segment"),
                         *c = named(b, r, KF_KIND_CHANNEL, "channel");
    const struct kf_node *holdout = kf_rule_get(r, "holdout");
    force(b, r);
    if (s)
        inner_rule(b, s, "segment");
    consents(b, r);
    uint32_t clear = open_part(b, KF_WHY_CLEAR, NULL, "suppress");
    for (uint32_t i = 0; i < d->n_suppress; i++)
        if (d->info[d->suppress[i]->number].channels == KF_EVERYTHING)
            in_the_way(b, d->suppress[i]);
    holds(b);
    close_part(b, clear);
    if (c)
        inner_rule(b, c, "channel");
    if (holdout && holdout->cls == KF_CLASS_COND) {
        uint32_t at = open_part(b, KF_WHY_CLEAR, NULL, "holdout");
        condition(b, holdout, NULL);
        close_part(b, at);
    }
    if (kf_rule_get(r, "top"))
        question(b, KF_ABOUT_TOP, kf_rule_get(r, "top"), "top");
}

static void points_of(struct build *b, const struct kf_node *add, const char *role)
{
    for (uint32_t i = 0; add && i < add->kids; i++) {
        const struct kf_node *when = kf_map_get(add->kid[i], "when"),
                             *points = kf_map_get(add->kid[i], "points"),
                             *label = kf_map_get(add->kid[i], "label");
        uint32_t at = (uint32_t)b->part.n;
        if (!when || !points || points->op != KF_K)
            continue;
        condition(b, when, role);
        b->part.p[at].points = points->value.number;
        b->part.p[at].label = label ? kf_node_text(label, 0) : "";
    }
}

/* Not allowed, and one of the others: then it is flagged. */
static void fraud(struct build *b, const struct kf_rule *r)
{
    const struct kf_node *allow = kf_rule_get(r, "allow"), *signals = kf_rule_get(r, "signals");
    static const char *const way[] = {"reject", "suspicious"};
    if (allow) {
        uint32_t none = open_part(b, KF_WHY_NONE, NULL, "allow");
        condition(b, allow, NULL);
        close_part(b, none);
    }
    uint32_t any = open_part(b, KF_WHY_ANY, NULL, "verdict");
    for (int i = 0; i < 2; i++)
        if (kf_rule_get(r, way[i]))
            condition(b, kf_rule_get(r, way[i]), way[i]);
    if (signals) {
        uint32_t points = open_part(b, KF_WHY_POINTS, NULL, "signals");
        points_of(b, signals, "signal");
        close_part(b, points);
    }
    close_part(b, any);
}

/* What is expected of an event; some checks have no conditions. */
static void expectations(struct build *b, const struct kf_rule *r)
{
    const struct kf_node *tests = kf_rule_get(r, "properties"),
                         *looks = kf_rule_get(r, "looks_like");
    for (uint32_t i = 0; tests && i < tests->kids; i++)
        if (tests->kid[i]->cls == KF_CLASS_COND)
            condition(b, tests->kid[i], "properties");
    if (looks)
        condition(b, looks, "looks_like");
}

/* The parts that have to hold together (of a score: its points). */
static void rule_parts(struct build *b, const struct kf_rule *r)
{
    switch (r->kind) {
    case KF_KIND_SEGMENT:
        segment(b, r);
        break;
    case KF_KIND_SUPPRESS:
        suppress(b, r);
        break;
    case KF_KIND_CHANNEL:
        channel(b, r);
        break;
    case KF_KIND_SCORE:
        points_of(b, kf_rule_get(r, "add"), "add");
        break;
    case KF_KIND_FRAUD:
        fraud(b, r);
        break;
    case KF_KIND_EXPORT:
        export(b, r);
        break;
    case KF_KIND_FLAG:
        condition(b, kf_rule_get(r, "when"), "when");
        break;
    case KF_KIND_EXPECT:
        expectations(b, r);
        break;
    case KF_KIND_TRAIT:
    case KF_KIND_COMPUTED:
        break; /* values: kf_why_values */
    default:
        question(b, KF_ABOUT_CONDITION, NULL, NULL)->asks = r;
    }
}

/* ---- questions that are one ---- */

static bool asks_the_same(const struct kf_why_part *a, const struct kf_why_part *b,
                          struct kf_buf *text)
{
    if (a->about != b->about || a->contact != b->contact || a->purpose != b->purpose)
        return false;
    if (a->about == KF_ABOUT_CONSENT)
        return a->purpose != KF_NOBODY || (a->node == b->node && a->item == b->item);
    if (a->asks != b->asks || a->item != b->item)
        return false;
    if (a->about == KF_ABOUT_HOLD)
        return true;
    if (a->about != KF_ABOUT_CONDITION)
        return a->rule == b->rule;
    if (a->node == b->node || !a->node || !b->node)
        return a->node == b->node;
    if (a->node->op != b->node->op)
        return false;
    kf_buf_clear(text);
    kf_node_canonical(a->node, text);
    size_t n = text->n;
    kf_node_canonical(b->node, text);
    return text->n == 2 * n && memcmp(text->p, text->p + n, n) == 0;
}

static void number_questions(struct kf_reasoning *w)
{
    struct kf_buf text = {0};
    for (uint32_t i = 0; i < w->n; i++) {
        struct kf_why_part *p = &w->part[i];
        p->same = i;
        if (p->op != KF_WHY_ASK)
            continue;
        for (uint32_t k = 0; k < i && p->same == i; k++)
            if (w->part[k].op == KF_WHY_ASK && w->part[k].same == k &&
                asks_the_same(&w->part[k], p, &text))
                p->same = k;
        p->number = p->same == i ? ++w->n_questions : w->part[p->same].number;
    }
    kf_buf_free(&text);
}

void kf_why_build(struct kf_reasoning *w)
{
    struct build b = {.w = w, .d = w->d, .contact = KF_ID_NONE, .rule = w->rule};
    bool points = w->rule->kind == KF_KIND_SCORE;
    uint32_t root = open_part(&b, points ? KF_WHY_POINTS : KF_WHY_ALL, NULL, NULL);
    if (w->rule->evaluated || points)
        rule_parts(&b, w->rule);
    else
        question(&b, KF_ABOUT_UNEVALUATED, NULL, NULL);
    close_part(&b, root);
    w->n = (uint32_t)b.part.n;
    w->part = kf_arena_alloc(&w->arena, (w->n + 1u) * sizeof *w->part);
    memcpy(w->part, b.part.p, w->n * sizeof *w->part);
    kf_vec_free(&b.part);
    number_questions(w);
}

/* ---- life ---- */

int kf_why_open(struct kf_decide *d, const struct kf_rule *rule, uint32_t profile,
                struct kf_reasoning **ret, struct kf_error *err)
{
    struct kf_reasoning *w = calloc(1, sizeof *w);
    struct decider *x = calloc(1, sizeof *x);
    int rc = w && x ? kf_decider_init(x, d, err)
                    : kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    if (rc) {
        free(w);
        free(x);
        return rc;
    }
    kf_arena_init(&w->arena, 0);
    w->d = d;
    w->rule = rule;
    w->profile = profile;
    w->flip = KF_TIME_MAX;
    w->x = x;
    *ret = w;
    return 0;
}

int kf_decide_why(struct kf_decide *d, uint32_t profile, const struct kf_rule *rule,
                  struct kf_reasoning **ret, struct kf_error *err)
{
    struct kf_reasoning *w;
    if (profile >= d->w->n_profiles)
        return kf_error_set(err, KF_E_USAGE, "decide", "there is no profile %u", profile);
    int rc = kf_why_open(d, rule, profile, &w, err);
    if (rc)
        return rc;
    kf_decider_start(w->x, profile, NULL);
    kf_why_build(w);
    kf_why_decide(w);
    kf_why_ask_all(w);
    *ret = w;
    return 0;
}

int kf_decide_why_event(struct kf_decide *d, uint32_t event, const struct kf_rule *rule,
                        struct kf_reasoning **ret, struct kf_error *err)
{
    struct kf_reasoning *w;
    uint32_t profile = d->w->identity->event_profile[event];
    int rc = kf_why_open(d, rule, profile, &w, err);
    if (rc)
        return rc;
    if (profile == KF_ID_NONE)
        kf_eval_profile(&w->x->ev, NULL, 0);
    else
        kf_decider_start(w->x, profile, NULL);
    w->looking = true;
    w->looked_at = event;
    kf_why_build(w);
    kf_why_ask_all(w);
    *ret = w;
    return 0;
}

void kf_why_free(struct kf_reasoning *w)
{
    if (!w)
        return;
    kf_later_free(w->later);
    if (w->x)
        kf_decider_free(w->x);
    free(w->x);
    kf_arena_free(&w->arena);
    free(w);
}

/* ---- goals ---- */

enum kf_why_goal kf_why_goal_of(const struct kf_reasoning *w)
{
    if (w->rule->kind == KF_KIND_SCORE)
        return KF_GOAL_BAND_UP;
    bool now = w->waits ? w->conditions : w->holds;
    if (w->rule->kind == KF_KIND_SUPPRESS)
        return now ? KF_GOAL_FALSE : KF_GOAL_NOT_FALSE;
    return now ? KF_GOAL_NOT_TRUE : KF_GOAL_TRUE;
}

/* ---- bands ---- */

struct bands {
    struct kf_reasoning *w;
    int now;
    bool up;
};

int kf_why_band(const struct kf_rule *r, const struct kf_value *band)
{
    const struct kf_node *bands = kf_rule_get(r, "bands");
    for (uint32_t i = 0; bands && bands->op != KF_T_MODEL && i < bands->kids; i++)
        if (band->type == KF_VAL_TEXT && bands->kid[i]->kids &&
            kf_str_eq(bands->kid[i]->kid[0]->value.text, band->text))
            return (int)i;
    return -1;
}

int kf_why_bands(const struct kf_rule *r)
{
    const struct kf_node *bands = kf_rule_get(r, "bands");
    return bands && bands->op != KF_T_MODEL ? (int)bands->kids : 0;
}

static enum kf_truth band_moves(void *ctx, const struct kf_why_part *p, struct kf_dec sum,
                                bool undecided)
{
    struct bands *k = ctx;
    if (p->node) {
        struct kf_why_tree t = kf_why_tree_of(k->w);
        return t.test(t.ctx, p, sum, undecided);
    }
    if (undecided)
        return KF_UNDECIDED;
    struct kf_value v = kf_score_of_points(k->w->rule, sum), band = kf_score_band(k->w->rule, &v);
    int to = kf_why_band(k->w->rule, &band);
    return (k->up ? to > k->now : to < k->now) ? KF_TRUE : KF_FALSE;
}

bool kf_why_nearest(struct kf_reasoning *w, enum kf_why_goal goal, struct kf_why_nearest *ret)
{
    struct kf_why_tree t = kf_why_tree_of(w);
    struct bands k = {.w = w, .now = kf_why_band(w->rule, &w->band), .up = goal == KF_GOAL_BAND_UP};
    *ret = (struct kf_why_nearest){0};
    if (goal >= KF_GOAL_BAND_UP) {
        if (w->n < 2 || (k.up ? k.now + 1 >= kf_why_bands(w->rule) : k.now < 0))
            return false;
        t.test = band_moves;
        t.ctx = &k;
        goal = KF_GOAL_TRUE;
    }
    kf_why_search(&t, goal, &w->arena, ret);
    return true;
}
