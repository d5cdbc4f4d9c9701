/* Between the files of the built-in checks. */
#ifndef KF_QUALITY_QUALITY_INTERNAL_H
#define KF_QUALITY_QUALITY_INTERNAL_H

#include "base/decimal.h"
#include "quality/quality.h"

struct kf_type_table;

struct pass {
    const struct kf_events *e;
    const struct kf_quality_options *o;
    struct kf_tally *tally;
    uint8_t *variant; /* [names + 1] 1: another spelling; 2: dynamic */
    uint8_t *money;   /* [keys + 1] 1: an amount of properties; 2: one that may be negative */
    uint8_t *says;    /* [keys + 1] 1: says it is a test; 2: is about consent */
    uint32_t names, keys;
    uint32_t order_completed, email, note;
    uint32_t total, value, subtotal, shipping, tax, discount;
    uint8_t *refund; /* [names + 1] gives money back */
    struct kf_quality_zones *zones;
    struct kf_type_table *types;
};

/* Does the event take part, dropped or not? */
static inline bool kf_pass_has(const struct pass *p, uint32_t event)
{
    return !p->o->subset || p->o->subset[event];
}
/* Does it count in figures? */
static inline bool kf_pass_counts(const struct pass *p, uint32_t event)
{
    return !p->o->flags || !(p->o->flags[event] & p->o->leave_out);
}
static inline void kf_pass_check(struct pass *p, enum kf_quality_check what, uint32_t event,
                                 bool bad, uint32_t field)
{
    kf_tally_add(&p->tally[what], p->e, event, bad, field);
}

/* names.c: fills variant and refund. */
int kf_pass_names(struct pass *p);
/* types.c */
int kf_types_new(const struct pass *p, struct kf_type_table **ret);
void kf_types_free(struct kf_type_table *t);
/* Is a text unusual as the value of a key in events of a name? */
bool kf_types_odd(const struct kf_type_table *t, uint32_t name, uint32_t key, uint8_t type);
/* money.c: amounts of the event in hand. */
#define KF_AMOUNTS 32u
struct kf_amounts {
    struct kf_amount {
        uint32_t key;
        struct kf_dec value;
    } amount[KF_AMOUNTS];
    uint32_t n;
    bool said;              /* a currency, as a text */
    struct kf_str currency; /* as written */
};
void kf_pass_money(struct pass *p, uint32_t event, const struct kf_amounts *a);
/* copies.c */
int kf_pass_copies(struct pass *p, struct kf_error *err);

#endif
