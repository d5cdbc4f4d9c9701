/* Between scenario.c (cases), scenario_given.c (events) and scenario_expect*.c (comparison). */
#ifndef KF_DECIDE_SCENARIO_INTERNAL_H
#define KF_DECIDE_SCENARIO_INTERNAL_H

#include "decide/decide_internal.h"
#include "decide/scenario.h"

/* The events of one case. Event numbers of the text are positions + 1. */
struct given {
    struct kf_dict dict;
    struct kf_idents *idents;
    struct kf_events *events;
    struct kf_arena arena;
};
int kf_given_init(struct given *g, struct kf_error *err);
void kf_given_free(struct given *g);
/* Adds the lines of a text; may be called again. `pos`: where the text stands. */
int kf_given_read(struct given *g, const struct kf_ruleset *rules, struct kf_str text,
                  const struct kf_pos *pos, struct kf_error *err);

/* What was decided, kept whole: scenarios are small. */
struct outcome {
    const struct kf_ruleset *rules;
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
void kf_outcome_problem(struct outcome *o, const struct kf_node *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
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
