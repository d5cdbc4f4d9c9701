/* Between scenario.c (cases), scenario_given.c (events) and scenario_expect*.c (comparison). */
#ifndef KF_DECIDE_SCENARIO_INTERNAL_H
#define KF_DECIDE_SCENARIO_INTERNAL_H

#include "decide/decide_internal.h"
#include "decide/scenario.h"

/* The text of `given`: which lines make which event. Parsed once, built as often as wanted. */
struct line;
struct script_event {
    const char *file, *day, *clock;
    struct kf_str name;
    uint32_t first, n_line; /* of script.line */
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
    uint32_t *at; /* [n] event of each number - 1, KF_ID_NONE: not there */
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
    struct kf_buf problem; /* one line each */
    const char *todo;      /* the key of `expect` that nothing answers yet; NULL: none */
    struct decider *decider;
};
/* One case: everything that its events do not change. */
struct trial {
    const struct kf_ruleset *rules;
    struct kf_config config;
    const struct kf_node *expect; /* NULL: none */
    struct script script;
    const struct kf_decision_text *decision;
    uint32_t n_decision;
    int64_t as_of;
    unsigned threads;
    uint64_t seed; /* of the orders that are tried */
    struct kf_scenario_report *report;
    struct kf_arena arena;
};
/* Resolves and decides the events of `g`, which live as long as the outcome. */
int kf_trial_run(const struct trial *t, struct given *g, unsigned threads, struct outcome *ret,
                 struct kf_error *err);
void kf_outcome_free(struct outcome *o);
/* Compares what is expected with what is. */
void kf_outcome_check(struct outcome *o, const struct kf_node *expect);
/* Everything that was resolved and decided, a sorted line each, by content alone. */
void kf_outcome_lines(struct outcome *o, struct kf_buf *out);
/* Gives the events in every other way that must not matter; a line of `problem` for each that
 * does. */
int kf_trial_vary(const struct trial *t, struct outcome *base, struct kf_buf *problem,
                  struct kf_error *err);

void kf_outcome_problem(struct outcome *o, const struct kf_node *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Number of an event in the text, and back: KF_ID_NONE where there is none. */
uint32_t kf_outcome_number(const struct outcome *o, uint32_t event);
uint32_t kf_outcome_event(const struct outcome *o, uint32_t number);
/* Profile that an expectation names; KF_NOBODY and a problem: none. */
uint32_t kf_outcome_profile(struct outcome *o, const struct kf_node *at, struct kf_str id);
/* An identifier that tells a profile to a person. */
struct kf_str kf_outcome_name(struct outcome *o, uint32_t profile);
bool kf_outcome_same(struct outcome *o, const struct kf_node *want, const struct kf_value *is);
/* Compares a set of profiles with the ids of a list; complete. */
void kf_outcome_set(struct outcome *o, const char *what, const char *rule,
                    const struct kf_node *want, const uint32_t *profile, uint32_t n);
void kf_expect_identity(struct outcome *o, const struct kf_node *expect);
void kf_expect_decisions(struct outcome *o, const struct kf_node *expect);

#endif
