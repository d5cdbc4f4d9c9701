/* Evaluating trees over a profile, one event, or a key, in three-valued logic.
 *
 * The evaluator knows events (core/event) and nodes; what it cannot know (traits, consent, other
 * rules, touches, who shares a key) it asks through struct kf_eval_ops, which core/decide fills.
 * One struct kf_eval a worker thread; a compiled plan is shared. No allocation in the usual path
 * beyond the evaluator's scratch arena. */
#ifndef KF_LUA_EVAL_H
#define KF_LUA_EVAL_H

#include "event/events.h"
#include "lua/rules.h"

enum kf_truth { KF_FALSE = 0, KF_TRUE = 1, KF_UNDECIDED = 2 };

static inline enum kf_truth kf_truth_not(enum kf_truth t)
{
    return t == KF_UNDECIDED ? t : t == KF_TRUE ? KF_FALSE : KF_TRUE;
}

/* A value at run time. */
enum kf_value_type {
    KF_VAL_MISSING = 0,
    KF_VAL_UNDECIDED, /* `why` says so: a static sentence */
    KF_VAL_BOOL,
    KF_VAL_NUMBER,
    KF_VAL_RATIO,
    KF_VAL_MONEY,       /* exact; a ratio of money is RATIO */
    KF_VAL_MONEY_RATIO, /* average of money: ratio in minor units of `money.cur` */
    KF_VAL_TEXT,
    KF_VAL_TIME,   /* ns in `time` */
    KF_VAL_DATE,   /* day in `day` */
    KF_VAL_LENGTH, /* ns in `time` */
    KF_VAL_VERSION,
    KF_VAL_LIST /* several values: one must pass */
};

/* One cache line. What excludes each other shares its place: read only the member of the type. */
struct kf_value {
    enum kf_value_type type;
    uint32_t event;  /* the event that set it, UINT32_MAX: none or several */
    const char *why; /* UNDECIDED */
    union {
        bool boolean;
        struct kf_dec number;
        struct kf_money money; /* of a MONEY_RATIO its currency */
        struct kf_str text;    /* TEXT, VERSION */
        int64_t time;
        int32_t day;
        struct { /* LIST */
            const struct kf_value *item;
            uint32_t n;
        };
    };
    /* copied, never pointed at: arenas align to 8 and 128-bit integers want 16 */
    struct kf_ratio ratio __attribute__((packed, aligned(8)));
};

/* What is compiled once per rule set and dictionary: paths -> key numbers, names -> event-name
 * sets, money properties, zones. */
struct kf_plan;
int kf_plan_new(const struct kf_ruleset *s, const struct kf_config *config, struct kf_dict *dict,
                int64_t as_of, struct kf_plan **ret, struct kf_error *err);
void kf_plan_free(struct kf_plan *p);
/* The same rules compiled for another dictionary, in a fraction of the time; `p` lives longer. The
 * config may differ from p's in zone and rates only. */
int kf_plan_like(const struct kf_plan *p, const struct kf_config *config, struct kf_dict *dict,
                 int64_t as_of, struct kf_plan **ret, struct kf_error *err);
/* Again for its dictionary, which may have grown, and another as_of. Nobody evaluates with it
 * meanwhile; evaluators are made anew. */
int kf_plan_again(struct kf_plan *p, int64_t as_of, struct kf_error *err);
int64_t kf_plan_as_of(const struct kf_plan *p);
/* The nodes that ask for what no event holds: traits, consent, groups, other rules. */
const struct kf_node *const *kf_plan_asking(const struct kf_plan *p, uint32_t *ret_n);

struct kf_eval;
struct kf_touch; /* core/profile/touch.h */

/* Asked by the evaluator; ctx is kf_eval.ctx. Values are borrowed until the next profile. */
struct kf_eval_ops {
    struct kf_value (*trait)(
        struct kf_eval *ev,
        const struct kf_node *node); /* E_TRAIT, _CHANGED, _PREVIOUS, E_ACCOUNT_TRAIT */
    struct kf_value (*consent)(
        struct kf_eval *ev, const struct kf_node *node); /* E_CONSENT: text; E_CONSENT_TIME: time */
    struct kf_value (*score)(struct kf_eval *ev,
                             const struct kf_node *node); /* E_SCORE number, E_SCORE_BAND text */
    struct kf_value (*custom)(struct kf_eval *ev,
                              const struct kf_node *node); /* E_CUSTOM, C_CUSTOM (BOOL) */
    enum kf_truth (*rule)(struct kf_eval *ev,
                          const struct kf_node *node); /* C_SEGMENT, C_SUPPRESS, C_CHANNEL, C_FRAUD,
                                                          C_FLAG, C_MEMBER, C_HOLDOUT */
    struct kf_value (*members)(struct kf_eval *ev, const struct kf_node *node); /* E_MEMBERS */
    /* current identifiers of the profile in a namespace: LIST of TEXT (normalised) */
    struct kf_value (*identifiers)(struct kf_eval *ev, struct kf_str ns);
    /* normalised identifiers that one event carries */
    struct kf_value (*event_identifiers)(struct kf_eval *ev, uint32_t event, struct kf_str ns);
    /* touches of the profile in order; touch fields */
    uint32_t (*touches)(struct kf_eval *ev, const struct kf_touch **ret);
    /* The i-th of an array of touches (this folder does not know the struct) and its event. NULL: a
     * mention, which is no touch for rules. */
    const struct kf_touch *(*touch_at)(struct kf_eval *ev, const struct kf_touch *first, uint32_t i,
                                       uint32_t *ret_event);
    struct kf_value (*touch_field)(struct kf_eval *ev, const struct kf_touch *t,
                                   struct kf_str field);
    /* all events, of anybody, that share the values of exprs (F_WITH_SAME) with `event`: sorted by
     * (time, id). Fraud only. */
    uint32_t (*with_same)(struct kf_eval *ev, const struct kf_node *filter, uint32_t event,
                          const uint32_t **ret);
    uint32_t (*profile_of)(struct kf_eval *ev, uint32_t event); /* E_PROFILES */
    bool (*flagged)(struct kf_eval *ev, uint32_t event,
                    const struct kf_node *flag); /* C_FLAG looking at one event */
};

struct kf_eval {
    const struct kf_plan *plan;
    const struct kf_events *events;
    const struct kf_eval_ops *ops;
    void *ctx; /* of ops */
    struct kf_arena scratch;
    int64_t as_of; /* the clock: as_of, or the time of the event looked at */

    /* the profile: its events that count, sorted by (time, event id) */
    const uint32_t *event;
    uint32_t n;
    /* looking at one event (link, flag, consent, fraud ...): its number; UINT32_MAX: not */
    uint32_t looked_at;
    const struct kf_touch *looked_at_touch; /* looking at one touch */

    /* next instant after as_of at which time alone can change what was evaluated since
     * kf_eval_reset_flip; KF_TIME_MAX: never */
    int64_t flip;
    /* explaining: NULL, or called after each condition with its truth and, for tests, the value
     * tested */
    void (*trace)(struct kf_eval *ev, const struct kf_node *n, enum kf_truth t,
                  const struct kf_value *actual, const uint32_t *evidence, uint32_t n_evidence);
    void *trace_ctx;
    /* while tracing: what selections ask of single events too, each test of each event that comes
     * to it, also where the answer is known without it. For counting, not for showing. */
    bool inside;
    /* while tracing: NULL, or by node number the truth that a condition is to have; 0xff: its own
     */
    const uint8_t *force;
    const char *why;     /* why the last undecided was undecided: a static sentence */
    uint64_t wrong_type; /* values of a wrong type met */
    void *priv;          /* per-profile buckets of events by name, memo of shared selects */
};

int kf_eval_init(struct kf_eval *ev, const struct kf_plan *plan, const struct kf_events *events,
                 const struct kf_eval_ops *ops, void *ctx, struct kf_error *err);
void kf_eval_free(struct kf_eval *ev);
/* Start a profile at the plan's as_of: its events in order. Clears memo, scratch and flip. */
void kf_eval_profile(struct kf_eval *ev, const uint32_t *event, uint32_t n);
/* Start looking at one event of the profile set before (or of none: n = 0); as_of becomes its time.
 * What was put into scratch while looking at the event before is gone. To look at a touch: its
 * event, then ev->looked_at_touch. */
void kf_eval_event(struct kf_eval *ev, uint32_t event);
/* Back to the profile, at any clock: later events do not count. */
void kf_eval_profile_again(struct kf_eval *ev, int64_t as_of);

static inline void kf_eval_reset_flip(struct kf_eval *ev)
{
    ev->flip = KF_TIME_MAX;
}

/* All functions below take nodes of the plan's rule set only: another node is undecided. Functions
 * of `ops` may call them again. */
enum kf_truth kf_eval_cond(struct kf_eval *ev, const struct kf_node *cond);
struct kf_value kf_eval_expr(struct kf_eval *ev, const struct kf_node *expr);
/* What kf_eval_expr would return, if the profile has none of the events the value is made of and
 * that was asked before; NULL: ask. Borrowed until the next call. */
const struct kf_value *kf_eval_of_none(const struct kf_eval *ev, const struct kf_node *expr);
/* The events a select leaves for sure, sorted by (time, id), each once. For S_TOUCH the events of
 * the touches. Returned array lives in scratch. KF_UNDECIDED: there may be more than these; else
 * whether there are any. */
enum kf_truth kf_eval_select(struct kf_eval *ev, const struct kf_node *select, const uint32_t **ret,
                             uint32_t *ret_n);
/* A test against a value that the caller has. */
enum kf_truth kf_eval_test(struct kf_eval *ev, const struct kf_value *v,
                           const struct kf_node *test);
/* One event against a bare select's base, name and `where` (no windows): for link, flag, consent
 * rules on the hot path. */
bool kf_eval_event_matches(struct kf_eval *ev, uint32_t event, const struct kf_node *select);

/* A property of an event as a value: roots event., context., traits., properties.; money properties
 * become MONEY. */
struct kf_value kf_eval_property(struct kf_eval *ev, uint32_t event, struct kf_str path);
struct kf_value kf_value_from_const(const struct kf_const *k);
/* "212.50 EUR", "3", "2026-03-01", "'gold'", "missing"; appended. */
void kf_value_format(const struct kf_value *v, const struct kf_zone *z, struct kf_buf *out);
/* The same as JSON. */
void kf_value_json(const struct kf_value *v, struct kf_buf *out);
/* Exact order of two values of one type; *ret_ok false: not comparable. Money of different
 * currencies is converted by the caller. */
int kf_value_cmp(const struct kf_value *a, const struct kf_value *b, bool *ret_ok);

#endif
