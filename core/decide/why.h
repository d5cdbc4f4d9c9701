/* Why a rule decides about a profile as it does: the questions it comes down to, what each needs
 * and what was there, the events behind them, the smallest change that would turn the answer, and
 * when time alone turns it.
 *
 * A rule becomes a tree of parts in preorder: combinations, and questions. Other rules that a
 * condition asks are parts of the tree, down to questions about events, traits and consent. The
 * same question asked twice is one question: it can only change as a whole. For explain; one
 * thread. */
#ifndef KF_DECIDE_WHY_H
#define KF_DECIDE_WHY_H

#include "decide/decide.h"

enum kf_why_op {
    KF_WHY_ASK = 0, /* a question */
    KF_WHY_ALL,
    KF_WHY_ANY,
    KF_WHY_NONE,
    KF_WHY_AT_LEAST, /* `need` of the parts */
    KF_WHY_CLEAR,    /* true if every part is false for sure: what must not stand in the way */
    KF_WHY_POINTS    /* points of the parts that are true, added up and then tested */
};

/* What a question is about. */
enum kf_why_about {
    KF_ABOUT_CONDITION = 0, /* a condition of the rules */
    KF_ABOUT_CONSENT,       /* `purpose` is granted (for `contact`) */
    KF_ABOUT_LIST,          /* an identifier is on the suppression's list */
    KF_ABOUT_FORCE,         /* the rule's starts and ends */
    KF_ABOUT_UNEVALUATED,   /* the rule is not evaluated yet */
    KF_ABOUT_ADDRESS,       /* there is a contact of the channel's kinds */
    KF_ABOUT_USABLE,        /* one of them has the consent, and nothing blocks it */
    KF_ABOUT_HOLD,          /* a fraud rule with action = "hold" rejects */
    KF_ABOUT_CAP,           /* fewer messages than at_most */
    KF_ABOUT_QUIET,         /* not in quiet hours */
    KF_ABOUT_TOP            /* among the export's best n */
};

struct kf_why_part {
    uint8_t op;                 /* enum kf_why_op */
    uint8_t about;              /* enum kf_why_about; of questions */
    uint8_t truth;              /* enum kf_truth */
    bool fixed;                 /* nothing that a person does or is changes it */
    uint32_t depth, end;        /* parts [this + 1, end) are what it is made of */
    const struct kf_node *node; /* the condition as written; NULL: the rule has none */
    const struct kf_rule *rule; /* the rule it stands in */
    const struct kf_rule *asks; /* the rule that a combination stands for, NULL: none */
    const char *role;     /* the setting it is: "who", "except", "requires_consent"; or NULL */
    uint32_t same;        /* questions: the first part that asks the same, itself if none */
    uint32_t number;      /* questions: 1, 2, ... in order of the rule; same ones share it */
    int64_t need;         /* AT_LEAST */
    struct kf_dec points; /* of a part of POINTS */
    const char *label;    /* of points; NULL: none */
    uint32_t purpose, contact, item; /* item: which cap */
    /* found */
    struct kf_value value; /* what was tested; type MISSING where nothing is */
    struct kf_str actual;  /* as text, p NULL: none */
    int64_t flip;          /* next instant at which time alone can change it */
    const char *why;       /* undecided: why */
    const uint32_t *event; /* evidence, oldest first */
    uint32_t n_event;
    uint32_t listed; /* LIST: the identifier that is on it, KF_ID_NONE: none is */
    uint32_t last;   /* no such event in time: the newest such, UINT32_MAX: never was */
    const struct kf_consent_said *said; /* statements behind consent */
    uint32_t n_said;
};

struct decider;
struct kf_later;
struct kf_reasoning {
    struct kf_decide *d;
    const struct kf_rule *rule;
    uint32_t profile;
    struct kf_why_part *part;
    uint32_t n;
    uint32_t n_questions; /* different ones */
    enum kf_truth truth;
    bool holds;      /* what follows: a member, suppressed (undecided too), reachable, sent */
    bool waits;      /* entry_wait or exit_wait: membership follows the parts later */
    bool conditions; /* do the parts hold? differs from `holds` only where it waits */
    bool lacks_consent;
    const char *why;             /* undecided: why */
    int64_t flip;                /* next instant at which time alone can change it */
    struct kf_value value, band; /* scores */
    struct kf_eligibility reach; /* channels */
    bool looking;                /* at one event */
    uint32_t looked_at;
    struct decider *x;
    struct kf_later *later; /* made when first asked */
    struct kf_arena arena;
};

/* Kinds: segment, suppress, channel, score, export, computed, custom. */
int kf_decide_why(struct kf_decide *d, uint32_t profile, const struct kf_rule *rule,
                  struct kf_reasoning **ret, struct kf_error *err);
/* What a rule says of one event: flag, expect. There is no answer of the rule as a whole, the parts
 * have theirs. */
int kf_decide_why_event(struct kf_decide *d, uint32_t event, const struct kf_rule *rule,
                        struct kf_reasoning **ret, struct kf_error *err);
void kf_why_free(struct kf_reasoning *w);

/* What a fraud rule says about one thing of the profile's: an event, an identifier, a value. The
 * tree holds where the rule flags it (undecided: suspicious). */
struct kf_why_subject {
    uint32_t event, identifier; /* KF_ID_NONE: not about one */
    struct kf_str key;          /* p NULL: not about a value */
    uint32_t n_events;          /* that carry the identifier or value */
    enum kf_verdict verdict;
    bool undecided;
    struct kf_dec points;
    struct kf_reasoning *w; /* until the call back returns */
};
/* Calls back for each, never two at once: events in order of time, the others in any. profile
 * KF_ID_NONE: whosever they are. */
int kf_decide_why_fraud(struct kf_decide *d, uint32_t profile, const struct kf_rule *rule,
                        void (*told)(void *ctx, const struct kf_why_subject *s), void *ctx,
                        struct kf_error *err);

/* ---- in words ---- */

/* How identifiers (masked or not) and instants are written. */
struct kf_why_words {
    const struct kf_world *world;
    void (*identifier)(const void *ctx, uint32_t id, struct kf_buf *out);
    void (*time)(const void *ctx, int64_t t, struct kf_buf *out);
    const void *ctx;
};
/* What a part needs: "the number of 'Order Completed' is at least 2". needed: where it can be told
 * apart, what must be of it ("is at least 2"); NULL: all in one. */
void kf_why_say(const struct kf_why_words *w, const struct kf_why_part *p, struct kf_buf *out,
                struct kf_buf *needed);
/* Where a part stands in the rules. */
const struct kf_pos *kf_why_place(const struct kf_why_part *p);

/* ---- the smallest change ---- */

enum kf_why_goal {
    KF_GOAL_TRUE,      /* becomes true */
    KF_GOAL_NOT_TRUE,  /* false or undecided */
    KF_GOAL_FALSE,     /* false for sure */
    KF_GOAL_NOT_FALSE, /* true or undecided */
    KF_GOAL_BAND_UP,   /* scores: a higher band, a lower one */
    KF_GOAL_BAND_DOWN
};

struct kf_why_turn {
    uint32_t part; /* the first that asks it */
    bool to;
};
struct kf_why_change {
    const struct kf_why_turn *turn; /* in the order of the rule */
    uint32_t n;
};
#define KF_WHY_CHANGES 8u /* others of the same size that are kept */
struct kf_why_nearest {
    struct kf_why_change change[KF_WHY_CHANGES]; /* equally small ones, by the order of the rule */
    uint32_t n;     /* 0: nothing about the person turns it, or the search was given up */
    uint32_t total; /* how many equally small ones there are */
    bool given_up;  /* more than `size` questions would have to change */
    uint32_t size;
};

/* The tree alone, for the search: `truth` by part (that of `same` counts). test: the truth of a
 * POINTS part from the sum of its points; undecided: one of its parts is. */
struct kf_why_tree {
    const struct kf_why_part *part;
    uint32_t n;
    enum kf_truth (*test)(void *ctx, const struct kf_why_part *part, struct kf_dec sum,
                          bool undecided);
    void *ctx;
};
enum kf_truth kf_why_eval(const struct kf_why_tree *t, uint32_t part, const uint8_t *truth);
/* All smallest sets of questions whose turning reaches the goal (TRUE to NOT_FALSE). Exact. */
void kf_why_search(const struct kf_why_tree *t, enum kf_why_goal goal, struct kf_arena *a,
                   struct kf_why_nearest *ret);

/* The goal that turns what follows; of scores KF_GOAL_BAND_UP. */
enum kf_why_goal kf_why_goal_of(const struct kf_reasoning *w);
/* False: there is no such goal (no higher band). */
bool kf_why_nearest(struct kf_reasoning *w, enum kf_why_goal goal, struct kf_why_nearest *ret);
/* What the rule says with these questions turned, worked out by the evaluator itself (not by the
 * tree): what a change is held against. Value and band of scores. Where the evaluator cannot be
 * told (contacts, waits, channels, exports) the tree answers. */
enum kf_truth kf_why_forced(struct kf_reasoning *w, const struct kf_why_change *c,
                            struct kf_value *ret_value, struct kf_value *ret_band);

/* What would have to be there for the question to turn: "one more 'Order Completed' ... with a
 * revenue of at least 87.50 EUR". amounts false: without figures of the person. *ret_amount: how
 * much is missing, type MISSING: no amount. */
void kf_why_need(struct kf_reasoning *w, uint32_t part, bool to, bool amounts, struct kf_buf *out,
                 struct kf_value *ret_amount);

/* ---- time alone ---- */

struct kf_why_time {
    int64_t at;          /* KF_TIME_MAX: never, or not before tried_until */
    enum kf_truth truth; /* from then on */
    bool holds;
    int64_t tried_until; /* nothing changes before; KF_TIME_MAX: ever */
    const char *value;   /* scores, computed: what it is then; NULL: no value */
    uint32_t steps;
};
/* When what the rule says changes if nothing happens, found by deciding again at each instant at
 * which something can change. Verdicts of fraud rules and counts over groups are taken as they
 * are. */
int kf_why_later(struct kf_reasoning *w, struct kf_why_time *ret, struct kf_error *err);
/* The same for one question: when it becomes `to`. KF_TIME_MAX: not by time. */
int kf_why_part_later(struct kf_reasoning *w, uint32_t part, bool to, int64_t *ret,
                      struct kf_error *err);

/* ---- values ---- */

/* A value that a computed trait is made of, or that a custom function reads, in preorder. */
struct kf_why_value {
    const struct kf_node *node; /* a selection: events that a function reads */
    const struct kf_rule *of;   /* the rule it stands in */
    uint32_t depth;
    struct kf_value value; /* borrowed until the reasoning is freed */
    struct kf_str actual;  /* p NULL: a selection */
    const uint32_t *event; /* of its own selections, the event that set a trait */
    uint32_t n_event;
};
uint32_t kf_why_values(struct kf_reasoning *w, const struct kf_why_value **ret);
/* The same of a value that a condition of the reasoning tests. */
uint32_t kf_why_values_of(struct kf_reasoning *w, const struct kf_node *value,
                          const struct kf_why_value **ret);

/* ---- outcomes (attribution) ---- */

/* The first event whose id or order_id this is, of those that can be an outcome; of a profile or
 * (KF_ID_NONE) of anybody. *ret KF_ID_NONE: there is none. */
int kf_decide_find_order(struct kf_decide *d, uint32_t profile, struct kf_str text, uint32_t *ret,
                         struct kf_error *err);
struct kf_why_touch {
    struct kf_touch touch;
    struct kf_str channel;         /* p NULL: undecided */
    enum kf_truth counts, ignored; /* by the rule's `touches` and `ignore` */
};
struct kf_why_outcome {
    bool matches;          /* the event is an outcome of the rule */
    struct kf_value value; /* MISSING: it only counts */
    int64_t from;          /* touches after this count */
    const struct kf_why_touch *touch;
    uint32_t n;
};
/* What an attribution rule would look at; no credit is worked out. Lives in `a`. */
int kf_decide_outcome(struct kf_decide *d, const struct kf_rule *r, uint32_t event,
                      struct kf_arena *a, struct kf_why_outcome *ret, struct kf_error *err);

/* ---- everybody ---- */

struct kf_why_count {
    uint64_t truth[3];  /* by enum kf_truth: profiles */
    uint64_t keeps_out; /* of who is out: turning this question alone would let them in */
    uint64_t keeps_in;  /* of who is in: turning it alone would put them out */
};
/* A step of the funnel: a part that has to hold, in the order of the rule. */
struct kf_why_step {
    uint32_t part;
    uint64_t left; /* who passed it and all before */
};
struct kf_why_funnel {
    struct kf_reasoning *w;     /* the tree, of nobody: what was found in it means nothing */
    struct kf_why_count *count; /* [w->n]; questions that are asked twice are counted alike */
    struct kf_why_step *step;
    uint32_t n_step;
    uint64_t profiles, holds, undecided, lacks_consent;
    uint64_t *band; /* scores: by position among the bands; the last: in none */
    uint32_t n_band;
};
int kf_decide_funnel(struct kf_decide *d, const struct kf_rule *rule, struct kf_why_funnel **ret,
                     struct kf_error *err);
void kf_why_funnel_free(struct kf_why_funnel *f);

#endif
