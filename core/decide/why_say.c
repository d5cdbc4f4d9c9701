/* What the parts of a tree need, in words. */
#include "decide/why.h"

#include "lua/rules.h"

#include <string.h>

const struct kf_pos *kf_why_place(const struct kf_why_part *p)
{
    if (p->node && p->node->pos.line)
        return &p->node->pos;
    return p->asks ? &p->asks->pos : &p->rule->pos;
}

/* ---- parts of sentences ---- */

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

static void in_force(const struct kf_why_words *w, const struct kf_why_part *p, struct kf_buf *out)
{
    kf_buf_adds(out, "the rule is in force");
    if (p->rule->starts != KF_TIME_MIN) {
        kf_buf_adds(out, " from ");
        w->time(w->ctx, p->rule->starts, out);
    }
    if (p->rule->ends != KF_TIME_MAX) {
        kf_buf_adds(out, " until ");
        w->time(w->ctx, p->rule->ends, out);
    }
}

/* What is asked, and apart from it what it must be; needed NULL: all of it. */
static void node_sentence(const struct kf_node *n, struct kf_buf *out, struct kf_buf *needed)
{
    struct kf_buf b = {0};
    if (!needed || n->op != KF_C_TEST) {
        kf_node_sentence(n, out);
        return;
    }
    kf_node_sentence(n->kid[0], out);
    kf_node_sentence(n->kid[1], &b);
    size_t blank = b.n && b.p[0] == ' ';
    kf_buf_add(needed, b.p + blank, b.n - blank);
    kf_buf_free(&b);
}

static void consent(const struct kf_why_words *w, const struct kf_why_part *p, struct kf_buf *out,
                    struct kf_buf *needed)
{
    const struct kf_statements *all = &w->world->statements;
    const char *text = p->node && p->node->cls != KF_CLASS_COND ? kf_node_text(p->node, 0) : NULL;
    if (p->purpose < all->n_purpose)
        text = all->purpose[p->purpose];
    kf_buf_addf(out, "consent to '%s'", text ? text : "?");
    kf_buf_adds(needed ? needed : out, needed ? "is granted" : " is granted");
}

/* ---- parts ---- */

static void question(const struct kf_why_words *w, const struct kf_why_part *p, struct kf_buf *out,
                     struct kf_buf *needed)
{
    const struct kf_rule *r = p->asks ? p->asks : p->rule;
    switch (p->about) {
    case KF_ABOUT_CONSENT:
        consent(w, p, out, needed);
        break;
    case KF_ABOUT_LIST:
        kf_buf_addf(out, "an identifier is on the list '%s'", kf_rule_text(p->rule, "list", "?"));
        break;
    case KF_ABOUT_FORCE:
        in_force(w, p, out);
        break;
    case KF_ABOUT_UNEVALUATED:
        kf_buf_addf(out, "%s '%s' is evaluated", kf_kind_name(r->kind), r->name);
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
            node_sentence(p->node, out, needed);
        else
            rule_sentence(r, out);
    }
}

static bool is_role(const struct kf_why_part *p, const char *role)
{
    return p->role && strcmp(p->role, role) == 0;
}

static void combination(const struct kf_why_words *w, const struct kf_why_part *p,
                        struct kf_buf *out, struct kf_buf *needed)
{
    if (p->contact != KF_ID_NONE && is_role(p, "contact"))
        w->identifier(w->ctx, p->contact, out);
    else if (p->node && (p->asks || p->node->op == KF_C_TEST))
        node_sentence(p->node, out, needed);
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

void kf_why_say(const struct kf_why_words *w, const struct kf_why_part *p, struct kf_buf *out,
                struct kf_buf *needed)
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
        question(w, p, out, needed);
    else
        combination(w, p, out, needed);
}
