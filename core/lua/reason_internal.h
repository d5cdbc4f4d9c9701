/* Inside of the reasoning over conditions: reason.c (taking apart), reason_fact.c (which value a
 * test is about), reason_test.c (which values pass), reason_select.c (events), reason_close.c (what
 * cannot be at once). */
#ifndef KF_LUA_REASON_INTERNAL_H
#define KF_LUA_REASON_INTERNAL_H

#include "base/vec.h"
#include "config/config.h"
#include "lua/interval.h"
#include "lua/reason.h"

/* How a value behaves. */
enum kf_fact_mode {
    KF_FACT_ONE,   /* one value, missing or undecided */
    KF_FACT_MANY,  /* perhaps several: one must pass, for negative tests none may fail */
    KF_FACT_COUNT, /* a count that is known to lie in a stretch: a test is true if all of it pass */
    KF_FACT_CLOSED /* nothing is known of it */
};

struct kf_reason_select {
    const struct kf_node *node;
    struct kf_str key;    /* canonical */
    struct kf_str stem;   /* canonical without its last group of windows; p NULL: none */
    int64_t young, old;   /* rows are young <= age < old ns; KF_TIME_MIN, KF_TIME_MAX: no bound */
    bool only_windows;    /* behind the stem's last positional filter */
    bool grouped, in_any; /* `per`; `in_any` */
    /* 1: no event passes, not even perhaps; none passes for sure. -1: not looked at yet */
    int8_t no_event, no_sure_event;
};

struct kf_fact {
    struct kf_str key;
    enum kf_fact_mode mode;
    bool whole; /* numbers are whole */
    struct kf_values base;
    uint16_t op;     /* of an aggregate over select */
    uint32_t select; /* number + 1; 0: none */
};

/* One test, wanted. */
struct kf_literal {
    uint32_t fact;
    enum kf_goal goal;
    bool some;   /* some value must be in the set; else all must */
    bool single; /* true and false need one known value (a count seen through a trait) */
    bool wide;   /* of a count: undecided beyond 4096 */
    struct kf_values set;
};

struct kf_reason {
    const struct kf_ruleset *s;
    const struct kf_config *config;
    char cur[4];
    struct kf_arena keep, scratch, taken; /* taken: of the literals below */
    kf_vec(struct kf_fact) fact;
    kf_vec(struct kf_reason_select) select;
    struct kf_str *text; /* of each node, once it was asked for */
    uint32_t *slot;      /* hash table of facts by key */
    uint32_t slots;
    uint64_t *pair; /* hash table of pairs of selects that were compared: a << 32 | b << 1 | is */
    uint32_t pairs, pair_slots;
    kf_vec(uint32_t) hashes;
    /* What a test wants of a profile is asked again and again: by node and goal the number of its
     * first literal here + 1, 0: not worked out. */
    kf_vec(struct kf_literal) known;
    struct kf_known_test {
        uint32_t first, n;
    } * known_test;
    /* the proof in hand */
    enum kf_reason_about about;
    kf_vec(struct kf_want) todo, split;
    kf_vec(struct kf_literal) literal;
    uint32_t steps; /* left */
    uint64_t spent; /* over all proofs: steps and the literals that were held together */
    uint32_t depth; /* of proofs inside proofs */
    bool in_short;  /* without trying one after the other what was put off */
    /* what is taken for granted by proofs that begin with kf_reason_given */
    const struct kf_rule *member;
    size_t given_literal, given_split;
    struct kf_left *given_left; /* what is left of their facts; NULL: not worked out */
    uint32_t n_given_left;
    bool given_possible;
};

/* reason.c */
static inline enum kf_goal kf_goal_not(enum kf_goal g)
{
    return g == KF_GOAL_TRUE       ? KF_GOAL_FALSE
           : g == KF_GOAL_FALSE    ? KF_GOAL_TRUE
           : g == KF_GOAL_NOT_TRUE ? KF_GOAL_NOT_FALSE
                                   : KF_GOAL_NOT_TRUE;
}
static inline bool kf_goal_definite(enum kf_goal g)
{
    return g == KF_GOAL_TRUE || g == KF_GOAL_FALSE;
}
bool kf_reason_always_in_force(const struct kf_rule *r);
struct kf_str kf_reason_text(struct kf_reason *r, const struct kf_node *n); /* canonical, kept */

/* reason_fact.c: adds what a test wants to the proof. */
void kf_reason_add_test(struct kf_reason *r, const struct kf_node *test_cond, enum kf_goal goal);
void kf_reason_add_count(struct kf_reason *r, const struct kf_node *select, enum kf_goal goal);
void kf_reason_add_atom(struct kf_reason *r, struct kf_str key, enum kf_goal goal);
void kf_reason_add_consent(struct kf_reason *r, const char *purpose, enum kf_goal goal);
/* A set of texts, or of times, of a column of the event looked at. */
void kf_reason_add_column(struct kf_reason *r, const char *column, struct kf_values yes,
                          struct kf_values no, enum kf_goal goal);
/* The fact of that name; UINT32_MAX: there is none yet. */
uint32_t kf_reason_find(const struct kf_reason *r, struct kf_str key);
uint32_t kf_reason_fact(struct kf_reason *r, struct kf_str key, enum kf_fact_mode mode,
                        struct kf_values base);

/* reason_test.c: the values for which a test is as wanted. *ret_sure: it is exactly they. */
struct kf_values kf_reason_passing(struct kf_reason *r, const struct kf_node *test,
                                   enum kf_goal goal, bool many, const char cur[4], bool *ret_sure);
/* Times that a window leaves, and those that it takes away. False: it cannot be said. */
bool kf_reason_window(struct kf_reason *r, const struct kf_node *filter, struct kf_times *yes,
                      struct kf_times *no);
bool kf_reason_is_negative(uint16_t test_op);

/* reason_select.c */
uint32_t kf_reason_select_of(struct kf_reason *r, const struct kf_node *select); /* a number */
bool kf_reason_subset(struct kf_reason *r, uint32_t a, uint32_t b);
/* for_sure: no event may pass; else none passes for sure, but some may be undecided. */
bool kf_reason_select_empty(struct kf_reason *r, uint32_t select, bool for_sure);
bool kf_reason_positional(uint16_t filter_op);

/* What is left for a fact. */
struct kf_left {
    uint32_t fact;
    struct kf_values all;
    bool known;      /* one known value, or missing: not undecided, no stretch of counts */
    bool missing_ok; /* it may be missing */
    bool none;       /* there are no events that it could be of */
    bool fresh;      /* not among what is given, or less is left than is given */
};

/* reason_close.c: works out what is left of what is given; false: it cannot be. */
bool kf_reason_give(struct kf_reason *r);
/* reason_close.c: the literals of the proof cannot all be. */
bool kf_reason_clash(struct kf_reason *r);

#endif
