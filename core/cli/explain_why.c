/* What was in the way of a refused link, and what would have to be true for it to hold. */
#include "cli/explain_two.h"

/* The declaration of a namespace in the rules. */
static const struct kf_node *declared(const struct kf_world *w, uint32_t ns)
{
    const struct kf_rule *r = kf_rules_find(w->rules, KF_KIND_IDENTIFIERS, "");
    return r && ns < w->ids->rules.n_ns ? kf_rule_get(r, w->ids->rules.ns[ns].name) : NULL;
}

/* The end that was isolated: a refusal for that reason names only the link. */
static uint32_t isolated_end(const struct kf_world *w, const struct kf_id_link *l)
{
    const struct kf_id_result *r = w->identity;
    if (r->id_isolated[l->b] == l->reason)
        return l->b;
    if (r->id_isolated[l->a] == l->reason)
        return l->a;
    for (uint32_t i = 0; i < r->n_span; i++)
        if (r->span[i].isolated == l->reason &&
            ((r->span[i].id == l->b && r->span[i].from == l->b_from) ||
             (r->span[i].id == l->a && r->span[i].from == l->a_from)))
            return r->span[i].id;
    return l->b;
}

const struct kf_pos *kf_explain_limit_place(const struct kf_world *w, const struct kf_id_link *l)
{
    const struct kf_rule *r = NULL;
    const struct kf_node *n = NULL;
    switch ((enum kf_id_reason)l->reason) {
    case KF_ID_PER_PROFILE:
    case KF_ID_WITHIN:
        n = declared(w, l->limit_ns);
        break;
    case KF_ID_SHARED:
    case KF_ID_SHARED_ABOVE:
        n = declared(w, w->ids->ns[isolated_end(w, l)]);
        break;
    case KF_ID_NEVER_LINK:
        r = l->sep_rule ? kf_rules_find(w->rules, KF_KIND_NEVER_LINK, l->sep_rule) : NULL;
        break;
    case KF_ID_CEILING:
        r = kf_rules_find(w->rules, KF_KIND_LIMITS, "");
        break;
    case KF_ID_CONSENT:
        r = kf_rules_find(w->rules, KF_KIND_LINK, l->rule);
        break;
    default:
        break;
    }
    return n ? &n->pos : r ? &r->pos : NULL;
}

uint32_t kf_explain_blocking(const struct kf_world *w, const struct kf_id_link *l,
                             const uint8_t *ever_a, const uint8_t *ever_b, uint32_t *out,
                             uint32_t cap)
{
    const struct kf_id_result *r = w->identity;
    uint32_t n = 0;
    if (l->sep_a != KF_ID_NONE && l->sep_b != KF_ID_NONE && cap >= 2) {
        out[n++] = l->sep_a;
        out[n++] = l->sep_b;
    } else if (l->reason == KF_ID_PER_PROFILE || l->reason == KF_ID_WITHIN) {
        for (uint32_t i = 0; i < w->ids->n && n < cap; i++)
            if (w->ids->ns[i] == l->limit_ns && (ever_a[i] || ever_b[i]))
                out[n++] = i;
    } else if (l->reason == KF_ID_SHARED || l->reason == KF_ID_SHARED_ABOVE) {
        uint32_t x = isolated_end(w, l);
        for (uint32_t i = 0; i < r->n_link && n < cap; i++) {
            uint32_t other = r->link[i].a == x ? r->link[i].b : r->link[i].a;
            if ((r->link[i].a != x && r->link[i].b != x) || w->ids->ns[other] > w->ids->ns[x])
                continue;
            bool known = false;
            for (uint32_t k = 0; k < n; k++)
                known |= out[k] == other;
            if (!known)
                out[n++] = other;
        }
    }
    return n;
}

/* The decision of the log that parts (or unlinks) two identifiers; 0: none is found. */
static uint32_t decision_of(const struct kf_session *s, const char *verb, uint32_t a, uint32_t b)
{
    const struct kf_world *w = s->world;
    for (uint32_t i = s->ws.n_decision; i-- > 0;) {
        const struct kf_decision_text *d = &s->ws.decision[i];
        if (strcmp(d->verb, verb) != 0 || !d->a || !d->b)
            continue;
        uint32_t x = kf_explain_identifier(w, kf_cstr(d->a)),
                 y = kf_explain_identifier(w, kf_cstr(d->b));
        if ((x == a && y == b) || (x == b && y == a))
            return d->number;
    }
    return 0;
}

static void undo(const struct kf_session *s, const char *verb, uint32_t a, uint32_t b,
                 struct kf_buf *out)
{
    uint32_t number = decision_of(s, verb, a, b);
    if (number)
        kf_buf_addf(out, "decision %u were undone (kinfold decide undo %u)", number, number);
    else
        kf_buf_adds(out, "the steward's decision were undone");
}

static void two_names(const struct kf_session *s, uint32_t a, uint32_t b, struct kf_buf *out)
{
    kf_ident_add(out, s->world->ids, a, s->reveal);
    kf_buf_adds(out, " and ");
    kf_ident_add(out, s->world->ids, b, s->reveal);
}

/* ` (rules/identity.lua:5)` */
static void limit_place(const struct kf_session *s, const struct kf_id_link *l, struct kf_buf *out)
{
    const struct kf_pos *pos = kf_explain_limit_place(s->world, l);
    if (!pos)
        return;
    kf_buf_adds(out, " (");
    kf_place_add(out, pos);
    kf_buf_addc(out, ')');
}

static const char *purpose_of(const struct kf_world *w, const struct kf_id_link *l)
{
    const struct kf_id_rules *r = &w->ids->rules;
    for (uint32_t i = 0; i < r->n_link; i++)
        if (strcmp(r->link[i].name, l->rule) == 0 && r->link[i].purpose >= 0)
            return r->purpose[r->link[i].purpose];
    return NULL;
}

static void limit_wanted(const struct kf_session *s, const struct kf_id_link *l, struct kf_buf *out)
{
    const struct kf_id_namespace *ns = &s->world->ids->rules.ns[l->limit_ns];
    kf_buf_addf(out, "%s allowed a person more than %u value%s", ns->name, ns->per_profile,
                ns->per_profile == 1 ? "" : "s");
    if (l->reason == KF_ID_WITHIN)
        kf_buf_addf(out, " within %lld days", (long long)(ns->within / KF_DAY));
    limit_place(s, l, out);
    kf_buf_adds(out,
                ", or a steward said that two of those in the way are one (kinfold decide join)");
}

static void shared_wanted(const struct kf_session *s, const struct kf_id_link *l,
                          struct kf_buf *out)
{
    const struct kf_world *w = s->world;
    uint32_t x = isolated_end(w, l);
    const struct kf_id_namespace *ns = &w->ids->rules.ns[w->ids->ns[x]];
    kf_ident_add(out, w->ids, x, s->reveal);
    if (l->reason == KF_ID_SHARED_ABOVE)
        kf_buf_addf(out, " were tied to at most %u values of a stronger kind: shared_above of %s",
                    ns->shared_above, ns->name);
    else
        kf_buf_addf(out, " were tied to one of them only: when_shared of %s is %s", ns->name,
                    kf_identity_policy_name(ns->when_shared));
    limit_place(s, l, out);
    kf_buf_adds(out, "; a steward can drop the other ties (kinfold decide unlink) or say that both "
                     "people are one (kinfold decide join)");
}

void kf_explain_wanted(const struct kf_session *s, const struct kf_id_link *l, struct kf_buf *out)
{
    const struct kf_world *w = s->world;
    switch ((enum kf_id_reason)l->reason) {
    case KF_ID_CONSENT:
        kf_buf_addf(out,
                    "one of the two had granted '%s' before or with the event, and neither had "
                    "said anything else since",
                    purpose_of(w, l) ? purpose_of(w, l) : "what the rule requires");
        break;
    case KF_ID_UNLINKED:
        undo(s, "unlink", l->a, l->b, out);
        break;
    case KF_ID_KEEP_APART:
        undo(s, "keep_apart", l->sep_a, l->sep_b, out);
        break;
    case KF_ID_NEVER_LINK:
        kf_buf_addf(out, "the rule '%s'", l->sep_rule ? l->sep_rule : "never_link");
        limit_place(s, l, out);
        kf_buf_adds(out, " did not part ");
        if (l->sep_a != KF_ID_NONE && l->sep_b != KF_ID_NONE)
            two_names(s, l->sep_a, l->sep_b, out);
        else
            two_names(s, l->a, l->b, out);
        break;
    case KF_ID_PER_PROFILE:
    case KF_ID_WITHIN:
        limit_wanted(s, l, out);
        break;
    case KF_ID_SHARED:
    case KF_ID_SHARED_ABOVE:
        shared_wanted(s, l, out);
        break;
    case KF_ID_CEILING:
        kf_buf_addf(out, "a person could have more than %u identifiers: max_identifiers",
                    w->ids->rules.max_identifiers);
        limit_place(s, l, out);
        break;
    case KF_ID_KEPT:
        break;
    }
}

/* Writes what two profiles hold of a namespace, one name for each value; returns how many values.
 */
static uint32_t values_of(const struct kf_session *s, uint32_t p, uint32_t q, uint32_t ns,
                          struct kf_buf *out)
{
    const struct kf_world *w = s->world;
    const uint32_t *same = w->identity->id_same, both[] = {p, q};
    uint32_t n = 0;
    for (int k = 0; k < 2; k++)
        for (uint32_t i = w->ids_first[both[k]]; i < w->ids_first[both[k] + 1]; i++) {
            uint32_t id = w->ids_of[i];
            if (w->ids->ns[id] != ns || (same && same[id] != id)) /* another spelling is no value */
                continue;
            kf_buf_adds(out, n++ ? ", " : "");
            kf_ident_add(out, w->ids, id, s->reveal);
        }
    return n;
}

uint32_t kf_explain_limits_between(const struct kf_session *s, uint32_t p, uint32_t q,
                                   struct kf_buf *out)
{
    const struct kf_id_rules *r = &s->world->ids->rules;
    struct kf_buf names = {0};
    uint32_t found = 0;
    for (uint32_t ns = 0; ns < r->n_ns; ns++) {
        uint32_t limit = r->ns[ns].per_profile;
        const struct kf_node *at = declared(s->world, ns);
        kf_buf_clear(&names);
        if (!limit || r->ns[ns].within || values_of(s, p, q, ns, &names) <= limit)
            continue;
        found++;
        kf_buf_addf(out, "    A link between them would be refused: %s allows a person %u value%s",
                    r->ns[ns].name, limit, limit == 1 ? "" : "s");
        if (at) {
            kf_buf_adds(out, " (");
            kf_place_add(out, &at->pos);
            kf_buf_addc(out, ')');
        }
        kf_buf_addf(out,
                    "; they have %s\n    joined if the rule allowed more, or a steward said that "
                    "these are one (kinfold decide join)\n",
                    names.p);
    }
    kf_buf_free(&names);
    return found;
}

void kf_explain_rules_between(const struct kf_world *w, const uint8_t *ever_a,
                              const uint8_t *ever_b, struct kf_buf *out)
{
    uint64_t a = 0, b = 0;
    for (uint32_t i = 0; i < w->ids->n; i++) {
        a |= ever_a[i] ? 1ULL << w->ids->ns[i] : 0;
        b |= ever_b[i] ? 1ULL << w->ids->ns[i] : 0;
    }
    const struct kf_id_rules *r = &w->ids->rules;
    for (uint32_t i = 0, n = 0; i < r->n_link; i++) {
        /* an end of one, and another kind (or, by an alias, another value) of the other */
        if (!(r->link[i].connect & a) || !(r->link[i].connect & b))
            continue;
        const struct kf_rule *rule = kf_rules_find(w->rules, KF_KIND_LINK, r->link[i].name);
        kf_buf_addf(out, "%s%s", n++ ? ", " : "", r->link[i].name);
        if (rule) {
            kf_buf_adds(out, " (");
            kf_place_add(out, &rule->pos);
            kf_buf_addc(out, ')');
        }
    }
}
