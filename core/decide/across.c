/* Do rules ask one person's questions of other people's events? */
#include "decide/decide.h"

static bool has(const struct kf_node *n, enum kf_op op)
{
    bool found = n->op == op;
    for (uint32_t i = 0; i < n->kids && !found; i++)
        found = has(n->kid[i], op);
    return found;
}

/* Events that share an identifier are of one part whoever has them; what shares only values is not.
 */
static bool same_values(const struct kf_node *n)
{
    bool across = n->op == KF_F_WITH_SAME;
    for (uint32_t i = 0; i < n->kids && across; i++)
        across = n->kid[i]->op != KF_E_IDENTIFIER;
    for (uint32_t i = 0; i < n->kids && !across; i++)
        across = same_values(n->kid[i]);
    return across;
}

static bool fraud_looks_across(const struct kf_rule *r)
{
    const struct kf_node *at = kf_rule_get(r, "look_at");
    if (!at || !r->evaluated)
        return false;
    bool own = at->op == KF_C_HAS || at->cls == KF_CLASS_SELECT || at->op == KF_E_IDENTIFIER;
    return !own || same_values(r->body);
}

bool kf_rules_look_across(const struct kf_ruleset *rules)
{
    for (uint32_t i = 0; i < rules->n; i++) {
        const struct kf_rule *r = rules->rule[i];
        if (has(r->body, KF_E_MEMBERS) || has(r->body, KF_E_ACCOUNT_TRAIT) ||
            (r->kind == KF_KIND_FRAUD && fraud_looks_across(r)))
            return true;
    }
    return false;
}
