#include "identity/reach.h"

#include <stdlib.h>

/* ---- rules ---- */

static void add_names(struct kf_reach *r, const struct kf_dict *dict, const struct kf_node *select)
{
    const struct kf_node *names = select->kid[0];
    for (uint32_t k = 0; k < names->kids; k++) {
        struct kf_str pattern = names->kid[k]->value.text;
        for (uint32_t i = 1; i < r->n_names; i++)
            r->name[i] |= kf_str_glob(pattern, kf_symbols_text(dict->name, i));
        for (uint8_t t = 1; t < KF_EVENT_TYPES; t++)
            if (kf_str_glob(pattern, kf_cstr(kf_event_type_name(t))))
                r->types |= 1u << t;
    }
}

/* Marks events on which a condition may hold, more of them rather than less. False: it says no
 * names. */
static bool may_hold(struct kf_reach *r, const struct kf_dict *dict, const struct kf_node *when)
{
    bool all = when && when->op == KF_C_ALL, any = when && when->op == KF_C_ANY && when->kids;
    if (when && when->op == KF_C_HAS && when->kid[0]->op == KF_S_EVENT) {
        add_names(r, dict, when->kid[0]);
        return true;
    }
    for (uint32_t i = 0; (all || any) && i < when->kids; i++) {
        bool named = may_hold(r, dict, when->kid[i]);
        if (named == all)
            return named;
    }
    return any;
}

/* `{ "properties.x", as = "user_id" }`; every other form means identifiers that the event carries.
 */
static bool add_field(struct kf_reach *r, const struct kf_idset *ids, const struct kf_node *spec)
{
    const struct kf_node *path = spec && spec->op == KF_T_MAP ? kf_map_get(spec, "1") : NULL;
    const struct kf_node *as = path ? kf_map_get(spec, "as") : NULL;
    uint32_t ns = as ? kf_idset_ns(ids, as->value.text) : KF_ID_NONE;
    if (ns == KF_ID_NONE || kf_idset_ns(ids, path->value.text) != KF_ID_NONE)
        return false;
    *kf_vec_push(&r->field) = (struct kf_reach_field){path->value.text, ns};
    return true;
}

static void add_rules(struct kf_reach *r, const struct kf_ruleset *rules, enum kf_kind kind,
                      const struct kf_idset *ids, const struct kf_dict *dict)
{
    uint32_t n;
    const struct kf_rule *const *rule = kf_rules_kind(rules, kind, &n);
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_node *sides = kf_rule_get(rule[i], "separate");
        bool more = add_field(r, ids, kf_rule_get(rule[i], "identifier"));
        more |= add_field(r, ids, kf_rule_get(rule[i], "to"));
        for (uint32_t k = 0; sides && k < sides->kids; k++)
            more |= add_field(r, ids, sides->kid[k]);
        if (more)
            r->any |= !may_hold(r, dict, kf_rule_get(rule[i], "when"));
    }
}

int kf_reach_new(const struct kf_ruleset *rules, const struct kf_idset *ids,
                 const struct kf_dict *dict, struct kf_reach *ret, struct kf_error *err)
{
    struct kf_reach r = {.n_names = kf_symbols_count(dict->name) + 1};
    r.name = calloc(r.n_names, 1);
    if (!r.name)
        return kf_error_set(err, KF_E_NOMEM, "identity", "out of memory");
    add_rules(&r, rules, KF_KIND_TRANSFER, ids, dict);
    add_rules(&r, rules, KF_KIND_NEVER_LINK, ids, dict);
    *ret = r;
    return 0;
}

void kf_reach_free(struct kf_reach *r)
{
    kf_vec_free(&r->field);
    free(r->name);
    r->name = NULL;
}

/* ---- events ---- */

bool kf_reach_value(struct kf_eval *ev, uint32_t event, const struct kf_reach_field *f,
                    const struct kf_idset *ids, char *out, size_t *ret_n)
{
    char number[32];
    struct kf_value v = kf_eval_property(ev, event, f->path);
    if (v.type == KF_VAL_NUMBER)
        v.text = kf_str(number, kf_dec_format(v.number, number));
    else if (v.type != KF_VAL_TEXT)
        return false;
    return kf_idset_normalise(ids, f->ns, v.text, out, ret_n);
}
