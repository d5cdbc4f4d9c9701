/* Between scenario.c (cases), scenario_given.c (events), scenario_expect*.c and scenario_identity.c
 * (comparison), scenario_why*.c (explanations), scenario_vary.c, scenario_lines.c (variations) and
 * scenario_cover.c (coverage). */
#ifndef KF_DECIDE_SCENARIO_INTERNAL_H
#define KF_DECIDE_SCENARIO_INTERNAL_H

#include "decide/decide_internal.h"
#include "decide/scenario.h"

struct kf_scenario_set {
    const struct kf_ruleset *rules;
    struct kf_config config;
    struct kf_dict *dict; /* of `plan`; holds nothing but what rules name */
    struct kf_plan *plan;
};

/* The text of `given`: which lines make which event. Parsed once, built as often as wanted. */
struct line;
struct script_event {
    const char *file, *day, *clock;
    struct kf_str name;
    uint32_t first, n_line; /* of script.line */
    uint32_t at;            /* line of the file */
    struct kf_str text;     /* the first line */
};
struct script {
    kf_vec(struct script_event) event;
    kf_vec(struct line) line;
    struct kf_arena arena;
};
/* Adds the lines of a text; may be called again. `pos`: where the text stands. */
int kf_script_read(struct script *s, struct kf_str text, const struct kf_pos *pos,
                   struct kf_error *err);
void kf_script_free(struct script *s);

/* The events of one case in the order in which they were given. An event's number in the text is
 * its `record`. Owns events with their dictionaries. */
struct given {
    struct kf_events *events;
    struct kf_plan *plan; /* for their dictionary */
    uint32_t *at;         /* [n] event of each number - 1, KF_ID_NONE: not there */
    uint32_t n;
    struct kf_arena arena;
};
int kf_given_init(struct given *g, struct kf_error *err);
/* Events out of a store instead. */
void kf_given_take(struct given *g, struct kf_events *take_events);
void kf_given_free(struct given *g);
/* Appends events of the text by number - 1; event NULL: the first n. */
int kf_given_add(struct given *g, const struct script *s, const struct kf_ruleset *rules,
                 const uint32_t *event, uint32_t n, struct kf_error *err);
/* Finds copies of events as reading does. */
int kf_given_drop_copies(struct given *g, struct kf_error *err);
/* Makes `at` for a text of n events. */
void kf_given_index(struct given *g, uint32_t n);

typedef kf_vec(const char *) texts;

/* Somebody whose fate a problem is about: explained once all is compared. */
struct kf_ask_why {
    uint32_t problem;
    const struct kf_rule *rule; /* NULL: identity, about a and b */
    uint32_t profile;           /* KF_NOBODY: not about a profile */
    uint32_t event;             /* KF_ID_NONE: not about an event */
    struct kf_str key;          /* value, network or identifier that a fraud rule looks at */
    uint32_t a, b;              /* identifiers, KF_ID_NONE: none */
    bool is;                    /* there and not expected */
    bool told;                  /* explained */
};

/* What was decided, kept whole: scenarios are small. */
struct outcome {
    const struct kf_ruleset *rules;
    const struct given *given;
    const struct kf_world *world;
    struct kf_decide *decide;
    struct kf_value *value; /* [profiles * columns], deep copies */
    kf_vec(struct kf_membership) member;
    kf_vec(struct kf_suppression) suppression;
    kf_vec(struct kf_consent_row) consent;
    kf_vec(struct kf_eligibility) eligibility;
    kf_vec(struct kf_undecided) undecided;
    struct kf_arena arena;
    struct kf_arena *kept; /* what problems say: lives as long as the result */
    kf_vec(struct kf_scenario_problem) problem;
    kf_vec(struct kf_ask_why) ask;
    const char *waiting; /* the key of `expect` that nothing answers yet; NULL: none */
    struct decider *decider;
};
/* One case: everything that its events do not change. */
struct trial {
    const struct kf_scenario_set *set;
    const struct kf_scenario_options *options;
    const struct kf_ruleset *rules;
    struct kf_config config;
    const struct kf_node *expect; /* NULL: none */
    struct script script;
    const struct kf_decision_text *decision;
    uint32_t n_decision;
    int64_t as_of;
    uint64_t seed; /* of the orders that are tried */
    struct kf_arena arena;
    struct kf_arena *kept;
    kf_vec(struct kf_scenario_problem) problem; /* of all ways of giving the events */
    const char *waiting;
};
/* A plan for the events of `g`, kept by it. */
int kf_trial_plan(const struct trial *t, struct given *g, struct kf_error *err);
/* Resolves the events of `g`, which live as long as the outcome; decide: and decides. */
int kf_trial_run(const struct trial *t, struct given *g, unsigned threads, bool decide,
                 struct outcome *ret, struct kf_error *err);
void kf_outcome_free(struct outcome *o);
/* Compares what is expected with what is. */
void kf_outcome_check(struct outcome *o, const struct kf_node *expect);
/* Everything that was resolved and decided, a sorted line each, by content alone. */
void kf_outcome_lines(struct outcome *o, struct kf_buf *out);
/* Gives the events in every other way that must not matter; a problem for each that does. */
int kf_trial_vary(struct trial *t, struct outcome *base, struct kf_error *err);

/* Adds a problem about what stands at `at` (NULL: nowhere); lives until the next. */
struct kf_scenario_problem *kf_outcome_problem(struct outcome *o, const struct kf_node *at,
                                               const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* What the newest problem lacks and has too many of. */
void kf_outcome_lists(struct outcome *o, const texts *missing, const texts *extra);
/* Asks for an explanation along with the newest problem. */
void kf_outcome_ask(struct outcome *o, struct kf_ask_why ask);
/* Number of an event in the text, and back: KF_ID_NONE where there is none. */
uint32_t kf_outcome_number(const struct outcome *o, uint32_t event);
uint32_t kf_outcome_event(const struct outcome *o, uint32_t number);
/* Profile that an expectation names; KF_NOBODY and a problem: none. */
uint32_t kf_outcome_profile(struct outcome *o, const struct kf_node *at, struct kf_str id);
/* An identifier that tells a profile to a person. */
const char *kf_outcome_name(struct outcome *o, uint32_t profile);
/* "email=a@x.test" of an identifier. */
const char *kf_outcome_ident(struct outcome *o, uint32_t id);
const struct kf_rule *kf_outcome_rule(struct outcome *o, const struct kf_node *at,
                                      enum kf_kind kind, const char *name);
/* A problem for each key that is none of `known` (words between blanks). */
void kf_outcome_keys(struct outcome *o, const struct kf_node *map, const char *what,
                     const char *known);

/* scenario_expect.c */
bool kf_outcome_same(struct outcome *o, const struct kf_node *want, const struct kf_value *is);
void kf_outcome_differs(struct outcome *o, const struct kf_node *want, const struct kf_value *is,
                        const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Compares a set of profiles with the ids of a list; complete. */
void kf_outcome_set(struct outcome *o, const char *what, const struct kf_rule *rule,
                    const struct kf_node *want, const uint32_t *profile, uint32_t n);
void kf_expect_identity(struct outcome *o, const struct kf_node *expect);
void kf_expect_decisions(struct outcome *o, const struct kf_node *expect);
/* scenario_events.c: what is expected of single events. */
void kf_expect_events(struct outcome *o, const struct kf_node *expect);

/* scenario_why.c: explains what was asked for. */
int kf_outcome_explain(struct outcome *o, struct kf_error *err);

/* scenario_cover.c: which truths the conditions had. */
int kf_outcome_cover(struct outcome *o, uint8_t *seen, struct kf_error *err);

#endif
