/* Which events name identifiers that they do not carry: a `transfer` or `never_link` rule may take
 * one from a property ({ "properties.new_id", as = "user_id" }). Whoever cuts a log into parts has
 * to look into these; all other ties are between identifiers of one event, or a steward's. Read
 * only once made, any thread. */
#ifndef KF_IDENTITY_REACH_H
#define KF_IDENTITY_REACH_H

#include "base/vec.h"
#include "identity/idset.h"
#include "lua/eval.h"

struct kf_reach_field {
    struct kf_str path;
    uint32_t ns; /* number of the namespace that the value is of */
};

struct kf_reach {
    kf_vec(struct kf_reach_field) field;
    uint8_t *name;    /* [n_names] by number of the event's name: such a rule may hold on it */
    uint32_t n_names; /* 0: no rule is of this kind */
    uint32_t types;   /* the same by type, a bit each */
    bool any;         /* on every event: a condition that does not begin with names */
};

/* `ids`: of the rules; its identifiers are not looked at. */
int kf_reach_new(const struct kf_ruleset *rules, const struct kf_idset *ids,
                 const struct kf_dict *dict, struct kf_reach *ret, struct kf_error *err);
void kf_reach_free(struct kf_reach *r);

static inline bool kf_reach_has(const struct kf_reach *r, const struct kf_events *e, uint32_t event)
{
    uint32_t name = e->what[event].name;
    return r->any || (name < r->n_names && r->name[name]) || (r->types >> e->what[event].type & 1);
}

/* What an event says in such a field, normalised, into out [KF_IDSET_VALUE]; false: no identifier.
 */
bool kf_reach_value(struct kf_eval *ev, uint32_t event, const struct kf_reach_field *f,
                    const struct kf_idset *ids, char *out, size_t *ret_n);

#endif
