/* Each condition for itself: what never holds, always holds, contradicts or repeats another. */
#include "lua/advise_internal.h"

/* Parts of a condition that are compared with each other: beyond it is a list, not a thought. */
#define COMPARED_PARTS 64

struct looking {
    struct kf_advise *a;
    enum kf_reason_about about;
    bool reported;               /* below the condition in hand */
    const struct kf_node *given; /* fraud: the events looked at; NULL: any */
};

static bool impossible(const struct looking *l, const struct kf_node *x, enum kf_goal gx,
                       const struct kf_node *y, enum kf_goal gy)
{
    struct kf_want w[3] = {{x, gx}};
    uint32_t n = 1;
    if (y)
        w[n++] = (struct kf_want){y, gy};
    /* what always holds or repeats is said without regard to what is looked at: it reads well */
    if (l->given && gx == KF_GOAL_TRUE && (!y || gy == KF_GOAL_TRUE))
        w[n++] = (struct kf_want){l->given, KF_GOAL_TRUE};
    return kf_reason_impossible(l->a->reason, l->about, w, n);
}

static bool never(const struct looking *l, const struct kf_node *n)
{
    return impossible(l, n, KF_GOAL_TRUE, NULL, KF_GOAL_TRUE);
}

static bool always(const struct looking *l, const struct kf_node *n)
{
    return impossible(l, n, KF_GOAL_FALSE, NULL, KF_GOAL_TRUE);
}

static void examine(struct looking *l, const struct kf_node *n);

/* ---- selections ---- */

static void examine_where(struct looking *l, const struct kf_node *where)
{
    struct looking one = {l->a, KF_ABOUT_EVENT, false, NULL};
    for (uint32_t i = 0; i < where->kids; i++)
        examine(&one, where->kid[i]);
    l->reported |= one.reported;
}

static void examine_inside(struct looking *l, const struct kf_node *n);

static void examine_select(struct looking *l, const struct kf_node *s)
{
    struct looking inner = {l->a, l->about, false, NULL};
    for (uint32_t i = 0; i < s->kids; i++)
        if (s->kid[i]->op == KF_F_WHERE)
            examine_where(&inner, s->kid[i]);
        else
            examine_inside(&inner, s->kid[i]);
    if (!inner.reported && kf_reason_no_event(l->a->reason, s, KF_GOAL_TRUE)) {
        kf_advise_report(l->a, KF_CODE_NO_EVENT, s->pos, NULL, "there is no such event: %s",
                         kf_advise_sentence(l->a, s));
        inner.reported = true;
    }
    l->reported |= inner.reported;
}

static void examine_inside(struct looking *l, const struct kf_node *n)
{
    if (n->cls == KF_CLASS_SELECT) {
        examine_select(l, n);
        return;
    }
    if (n->cls == KF_CLASS_COND) { /* of other profiles, of a touch */
        struct looking inner = {l->a, n->op == KF_C_TEST ? KF_ABOUT_EVENT : KF_ABOUT_OTHER, false,
                                NULL};
        examine(&inner, n);
        l->reported |= inner.reported;
        return;
    }
    for (uint32_t i = 0; i < n->kids; i++)
        examine_inside(l, n->kid[i]);
}

/* ---- combinations ---- */

static const char *line_text(struct looking *l, const struct kf_node *at, const struct kf_node *of)
{
    if (at->pos.file == of->pos.file && at->pos.line == of->pos.line)
        return "in the same line";
    return kf_advise_printf(l->a, "in line %u", of->pos.line);
}

/* Two that exclude each other; true: reported. */
static bool contradiction(struct looking *l, const struct kf_node *n)
{
    for (uint32_t k = 1; k < n->kids && n->kids <= COMPARED_PARTS; k++)
        for (uint32_t i = 0; i < k; i++)
            if (impossible(l, n->kid[i], KF_GOAL_TRUE, n->kid[k], KF_GOAL_TRUE)) {
                kf_advise_report(
                    l->a, KF_CODE_CONTRADICTION, n->kid[k]->pos, NULL,
                    "nobody passes both: %s; and %s: %s", kf_advise_sentence(l->a, n->kid[k]),
                    line_text(l, n->kid[k], n->kid[i]), kf_advise_sentence(l->a, n->kid[i]));
                return true;
            }
    return false;
}

/* In `all` what follows from another says nothing; in `any` and `none` that from which another
 * follows. */
static void redundancy(struct looking *l, const struct kf_node *n)
{
    bool all = n->op == KF_C_ALL;
    for (uint32_t k = 0; k < n->kids && n->kids <= COMPARED_PARTS; k++)
        for (uint32_t i = 0; i < n->kids; i++) {
            const struct kf_node *weak = n->kid[all ? k : i], *strong = n->kid[all ? i : k];
            if (i == k || !impossible(l, strong, KF_GOAL_TRUE, weak, KF_GOAL_NOT_TRUE))
                continue;
            bool same = impossible(l, weak, KF_GOAL_TRUE, strong, KF_GOAL_NOT_TRUE);
            if (same && k < i)
                continue; /* said at the later of the two */
            kf_advise_report(l->a, KF_CODE_REDUNDANT, n->kid[k]->pos, NULL,
                             "this says nothing new: %s is enough: %s",
                             line_text(l, n->kid[k], n->kid[i]),
                             kf_advise_sentence(l->a, n->kid[i]));
            l->reported = true;
            break;
        }
}

static void examine_whole(struct looking *l, const struct kf_node *n)
{
    bool pairs = n->op == KF_C_ALL && contradiction(l, n);
    if (pairs) {
        l->reported = true;
    } else if (never(l, n)) {
        kf_advise_report(l->a, KF_CODE_NEVER, n->pos, NULL, "this can never hold: %s",
                         kf_advise_sentence(l->a, n));
        l->reported = true;
    } else if (always(l, n)) {
        kf_advise_report(l->a, KF_CODE_ALWAYS, n->pos, NULL, "this holds for everybody: %s",
                         kf_advise_sentence(l->a, n));
        l->reported = true;
    } else if (n->op == KF_C_ALL || n->op == KF_C_ANY || n->op == KF_C_NONE) {
        redundancy(l, n);
    }
}

static void examine(struct looking *l, const struct kf_node *n)
{
    struct looking inner = {l->a, l->about, false, l->given};
    bool combines =
        n->op == KF_C_ALL || n->op == KF_C_ANY || n->op == KF_C_NONE || n->op == KF_C_AT_LEAST_OF;
    for (uint32_t i = 0; i < n->kids; i++)
        if (combines)
            examine(&inner, n->kid[i]);
        else
            examine_inside(&inner, n->kid[i]);
    if (!inner.reported && (!combines || n->kids))
        examine_whole(&inner, n);
    l->reported |= inner.reported;
}

/* ---- rules ---- */

/* Conditions in settings, in tables of settings too; selections elsewhere. */
static void examine_settings(struct looking *l, const struct kf_node *n)
{
    for (uint32_t i = 0; i < n->kids; i++) {
        const struct kf_node *kid = n->kid[i];
        if (kid->cls == KF_CLASS_COND)
            examine(l, kid);
        else if (kid->op == KF_T_MAP || kid->op == KF_T_LIST || kid->op == KF_T_MODEL)
            examine_settings(l, kid);
        else
            examine_inside(l, kid);
    }
}

/* Nobody is left of `who`. */
static void examine_except(struct looking *l, const struct kf_rule *r)
{
    const struct kf_node *who = kf_rule_get(r, "who"), *except = kf_rule_get(r, "except");
    if (who && except && !never(l, who) && impossible(l, who, KF_GOAL_TRUE, except, KF_GOAL_FALSE))
        kf_advise_report(l->a, KF_CODE_EMPTIED, except->pos, NULL,
                         "%s \"%s\" has no members: whoever passes 'who' is excepted",
                         kf_kind_name(r->kind), r->name);
}

void kf_advise_conditions(struct kf_advise *a)
{
    for (uint32_t i = 0; i < a->s->n; i++) {
        const struct kf_rule *r = a->s->rule[i];
        const struct kf_node *look = r->kind == KF_KIND_FRAUD ? kf_rule_get(r, "look_at") : NULL;
        struct looking l = {a, kf_reason_about_of(r), false,
                            look && look->cls == KF_CLASS_SELECT ? look : NULL};
        examine_settings(&l, r->body);
        if (r->kind == KF_KIND_SEGMENT)
            examine_except(&l, r);
    }
}
