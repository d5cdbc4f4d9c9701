/* Inside of core/decide. Reading order: decide.c (setup, run), decider.c (one profile), asks.c
 * (answers to the evaluator), then a file a kind. */
#ifndef KF_DECIDE_INTERNAL_H
#define KF_DECIDE_INTERNAL_H

#include "base/vec.h"
#include "decide/decide.h"
#include "lua/value.h"
#include "profile/groups.h"
#include "profile/traits.h"

#include <stdatomic.h>
#include <pthread.h>

#define KF_NOBODY     UINT32_MAX
#define KF_COMPUTED   0x80000000u /* in kf_decide.target: a computed, not a trait */
#define KF_EVERYTHING UINT32_MAX  /* of channels */

/* What is known of a rule before any profile. */
struct rule_info {
    uint32_t column;   /* of its value, KF_NOBODY: none; a band follows its score */
    uint32_t ordinal;  /* position among the rules of its kind */
    uint32_t *purpose; /* requires_consent: numbers of purposes */
    uint32_t n_purpose;
    uint32_t channels;   /* suppress: bits */
    uint32_t reason;     /* suppress: position in the order of reasons */
    uint32_t contact[8]; /* channel, suppress per_contact: namespaces */
    uint32_t n_contact;
    bool overridable;
    bool has_waits;
    const struct kf_node *when, *except; /* who / is / eligible; except */
    /* export: its segment, its channel, its holdout; NULL: none */
    const struct kf_rule *segment, *through;
    const struct kf_node *holdout;
};

struct members_index; /* members.c */
struct fraud_state;   /* fraud.c */
struct zone_cache;    /* channels.c */

struct kf_decide {
    const struct kf_world *w;
    const struct kf_ruleset *rules;
    struct kf_arena arena;
    struct kf_traits *traits;
    struct kf_consents *consents;
    struct kf_groups *groups; /* NULL: nobody asks */
    struct kf_touch_names touch_names;
    struct rule_info *info; /* [rules->n] */
    uint32_t *target;       /* [n_nodes] what a node asks for: trait, rule, purpose, namespace */
    struct kf_column_def *column;
    uint32_t n_columns, n_traits;
    const struct kf_rule *const *suppress,
        *const *segment, *const *channel, *const *consent, *const *score, *const *computed,
                                                                              *const *fraud,
                                                                                  *const *flag;
    uint32_t n_suppress, n_segment, n_channel, n_consent, n_score, n_computed, n_fraud, n_flag;
    const struct kf_rule *channel_group; /* "default", NULL: none */
    bool asks_touches;
    struct members_index *members;
    struct fraud_state *fraud_state;
    uint8_t *left_out; /* [events] 1: counts in no condition; NULL: none is */
    struct zone_cache *zones;
    const struct kf_node **members_node; /* E_MEMBERS of all rules */
    uint32_t n_members_node;
};

/* What is taken to be so while explain holds a change against the rules; KF_AS_IT_IS: its own. */
#define KF_AS_IT_IS 0xff
struct forced {
    uint8_t *node;    /* [n_nodes], for struct kf_eval */
    uint8_t *purpose; /* [n_purpose] consents that rules require */
    uint8_t *list;    /* [rules] suppressions whose list holds an identifier */
};

/* An answer about the profile in hand. */
struct memo {
    uint32_t generation; /* of the decider when it was found */
    bool busy;
    uint8_t truth;
    bool no_consent;  /* a segment that only consent is missing for */
    uint32_t contact; /* of a channel: the address to use */
    int64_t flip;
    const char *why;
    struct kf_value value, band;
};

struct decider {
    const struct kf_decide *d;
    struct kf_eval ev;
    struct kf_trait_fold *fold;
    struct kf_consent_fold *consent;
    struct kf_custom *custom;
    struct decider *side[2]; /* for questions over other events, instants or one touch; made when
                                needed */
    const struct same_index *same; /* while a fraud rule is decided */
    struct kf_arena profile_arena; /* until the next profile */
    struct kf_arena chunk_arena;   /* until the next chunk */
    struct memo *memo;             /* [rules->n] */
    uint32_t generation;
    const struct forced *forced; /* NULL: nothing is */
    /* the profile */
    uint32_t profile;
    const uint32_t *event; /* that count */
    uint32_t n;
    const uint8_t *says;
    const struct kf_value *trait; /* [kf_traits_count] */
    struct kf_value *own_trait;
    const struct kf_touch *touch; /* mentions included */
    uint32_t n_touch;
    const struct kf_touch *real_touch; /* without mentions, for rules */
    uint32_t n_real_touch;
    bool touches_ready, real_ready, touch_side_ready;
    struct kf_value *row; /* where columns of this profile go; NULL: nobody keeps them */
    /* results of the chunk */
    struct kf_value *values;
    kf_vec(struct kf_membership) member, no_consent;
    kf_vec(struct kf_suppression) suppression;
    kf_vec(struct kf_consent_row) consents;
    kf_vec(struct kf_eligibility) eligibility;
    kf_vec(struct kf_undecided) undecided;
    kf_vec(struct kf_outgoing) outgoing;
    kf_vec(struct kf_touch) touches;
    kf_vec(uint32_t) touch_profile;
};

/* What a side decider is for; one that is in use is not started again. */
enum side_slot { SIDE_EVENTS, SIDE_TOUCH };

/* decider.c */
int kf_decider_init(struct decider *x, const struct kf_decide *d, struct kf_error *err);
void kf_decider_free(struct decider *x);
void kf_decider_start(struct decider *x, uint32_t profile, struct kf_value *row);
/* The side decider over `n` of the profile's events at an instant, with today's traits. */
struct decider *kf_decider_side(struct decider *x, enum side_slot slot, const uint32_t *event,
                                uint32_t n, int64_t as_of);
void kf_decider_chunk(struct decider *x); /* forget the results of the last chunk */
/* Everything about the profile that the sink wants into the chunk. */
void kf_decider_all(struct decider *x, const struct kf_decide_sink *want);
static inline bool kf_is_wanted(const struct kf_decide_sink *want, const struct kf_rule *r)
{
    return !want->skip || !want->skip[r->number];
}

/* asks.c */
extern const struct kf_eval_ops KF_DECIDE_OPS;
/* Truth of a rule about the profile; remembered. Kinds: segment, suppress, channel, custom. */
const struct memo *kf_ask_rule(struct decider *x, const struct kf_rule *r);
/* Value of a computed or score. */
const struct memo *kf_ask_value(struct decider *x, const struct kf_rule *r);
struct kf_value kf_ask_trait(struct decider *x, struct kf_str name);
void kf_ask_touches(struct decider *x);
/* Whether the rule holds at all at the clock (starts, ends); notes when that changes. */
bool kf_ask_active(struct decider *x, const struct kf_rule *r);
enum kf_truth kf_truth_and(enum kf_truth a, enum kf_truth b);

/* One file a kind; they fill the memo. */
void kf_segment_decide(struct decider *x, const struct kf_rule *r, struct memo *m);
void kf_suppress_decide(struct decider *x, const struct kf_rule *r, struct memo *m);
/* adds the suppressions of the profile that are wanted */
void kf_suppress_rows(struct decider *x, const struct kf_decide_sink *want);
void kf_channel_decide(struct decider *x, const struct kf_rule *r, struct memo *m);
void kf_channel_rows(struct decider *x, const struct kf_decide_sink *want);
void kf_score_decide(struct decider *x, const struct kf_rule *r, struct memo *m);
void kf_computed_decide(struct decider *x, const struct kf_rule *r, struct memo *m);
enum kf_truth kf_consent_all(struct decider *x, const uint32_t *purpose, uint32_t n);
/* Does the suppression block this contact (KF_ID_NONE: the profile as a whole)? */
enum kf_truth kf_suppress_contact(struct decider *x, const struct kf_rule *r, uint32_t contact);
/* The side decider over the events that carry an identifier. */
struct decider *kf_suppress_side(struct decider *x, uint32_t contact);
/* An identifier of the profile (or this one) is on the suppression's list: where TRUE, *ret_listed
 * is the first such, else left alone. */
enum kf_truth kf_suppress_on_list(struct decider *x, const struct kf_rule *r, uint32_t contact,
                                  uint32_t *ret_listed);
/* channels.c: is there an address with consent that nothing blocks? *ret_any: any at all? */
bool kf_channel_usable(struct decider *x, const struct kf_rule *r, bool *ret_any);
/* From when on a cap of `at_most` allows a message, and quiet hours one; now or later. */
int64_t kf_channel_cap_ends(struct decider *x, const struct kf_rule *r, const struct kf_node *cap,
                            uint32_t *ret_sent);
int64_t kf_channel_quiet_ends(struct decider *x, const struct kf_rule *r);
/* scores.c: a card's value from the points of its parts, and the band of a value */
struct kf_value kf_score_of_points(const struct kf_rule *r, struct kf_dec sum);
struct kf_value kf_score_band(const struct kf_rule *r, const struct kf_value *v);

/* fraud.c */
int kf_fraud_new(struct kf_decide *d, struct kf_error *err);
void kf_fraud_free(struct fraud_state *f);
/* Has an event or current identifier of the profile this verdict? */
bool kf_fraud_profile_has(const struct kf_decide *d, uint32_t fraud, uint32_t profile,
                          enum kf_verdict v);
/* Calls back with a decider that stands where the rule judges: at each event, identifier, value or
 * network that it looks at. */
typedef void (*kf_fraud_look)(void *ctx, struct decider *x, uint32_t event, uint32_t identifier,
                              struct kf_str key);
int kf_fraud_each(struct kf_decide *d, const struct kf_rule *r, kf_fraud_look each, void *ctx,
                  struct kf_error *err);
enum kf_verdict kf_fraud_event(const struct kf_decide *d, uint32_t fraud, uint32_t event);

/* fraud_index.c: events by a key, in order of time */
struct keyed {
    uint64_t lo, hi; /* hash of the key */
    uint32_t event;
};
typedef kf_vec(struct keyed) keyed_events;
/* Base of a select without its filters: names and types. */
struct name_set {
    uint8_t *name; /* [names + 1] */
    uint32_t n, types;
};
int kf_name_set_init(struct name_set *s, const struct kf_decide *d, const struct kf_node *select);
static inline bool kf_name_set_has(const struct name_set *s, const struct kf_events *e,
                                   uint32_t event)
{
    uint32_t name = e->what[event].name;
    return (name < s->n && s->name[name]) || (s->types >> e->what[event].type & 1);
}
struct same_index; /* of the F_WITH_SAME filters of a fraud rule */
int kf_same_index_new(const struct kf_decide *d, const struct kf_rule *fraud,
                      struct same_index **ret, struct kf_error *err);
void kf_same_index_free(struct same_index *s);
uint32_t kf_same_index_find(const struct same_index *s, struct kf_eval *ev,
                            const struct kf_node *filter, uint32_t event, const uint32_t **ret);
/* Every event under each of its keys (fraud that looks at identifiers, properties, networks). */
int kf_keyed_build(const struct kf_decide *d, struct decider *x, const struct kf_node *look_at,
                   keyed_events *ret, struct kf_error *err);
/* Text of the key that an event has under a hash. */
struct kf_str kf_keyed_text(struct decider *x, const struct kf_node *look_at, const struct keyed *k,
                            struct kf_arena *arena);

/* audience.c */
enum kf_sendable {
    KF_SEND_NOW,
    KF_SEND_NO_MEMBER,
    KF_SEND_UNDECIDED,
    KF_SEND_NO_CONSENT,
    KF_SEND_SUPPRESSED,
    KF_SEND_NOT_ELIGIBLE,
    KF_SEND_HELD_OUT
};
struct sending { /* of the profile in hand */
    uint32_t contact, by;
    bool member;     /* of the segment */
    bool no_consent; /* no member for want of the segment's consent only */
};
/* May an export (or the members of a segment) be sent to the profile in hand now? */
enum kf_sendable kf_ask_sendable(struct decider *x, const struct kf_rule *export_or_segment,
                                 struct sending *ret);
void kf_outgoing_rows(struct decider *x, const struct kf_decide_sink *want);

/* members.c */
int kf_members_new(struct kf_decide *d, struct kf_error *err);
void kf_members_free(struct members_index *m);
struct kf_value kf_members_count(struct decider *x, const struct kf_node *node);

/* custom.c */
struct kf_value kf_custom_ask(struct decider *x, const struct kf_rule *r);

/* quality.c: the events that an expect rule finds bad, ascending by number */
int kf_quality_events(struct kf_decide *d, const struct kf_rule *r, uint64_t *ret_of,
                      const uint32_t **ret_bad, uint32_t *ret_n, struct kf_arena *arena,
                      struct kf_error *err);

/* touches.c */
struct kf_value kf_touch_field(struct decider *x, const struct kf_touch *t, struct kf_str field);

/* Share of profiles held out: stable by keyed hash. */
bool kf_holdout(const struct kf_world *w, uint32_t profile, struct kf_str salt,
                struct kf_dec share);

#endif
