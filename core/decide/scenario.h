/* Scenarios: tests in the rule files themselves (RULES 4, `scenario`; IDENTITY 7).
 *
 * `given` becomes events, the rules decide, `expect` is compared. Then the same events are given in
 * other ways that must not matter (other orders, one at a time, twice, in parts, out of a store
 * that was closed), and everything that is decided is compared with what was decided as given.
 * Serves `kinfold test` and our own tests alike.
 *
 * A set of scenarios is made once and only read; cases are run by any number of threads, each with
 * options of its own. */
#ifndef KF_DECIDE_SCENARIO_H
#define KF_DECIDE_SCENARIO_H

#include "lua/rules.h"

struct kf_world;
struct kf_decide;
struct kf_events;

/* ---- what is found ---- */

/* A line of an explanation: a condition, what it needs and what was there. */
struct kf_scenario_line {
    uint32_t depth;
    int truth;                   /* enum kf_truth; negative: a remark */
    const char *text;            /* "the revenue of 'Order Completed' in the last 180 days" */
    const char *needed, *actual; /* "is at least 300.00 EUR", "212.50 EUR"; NULL: not that kind */
    const uint32_t *event;       /* numbers of the events behind it */
    uint32_t n_event;
    struct kf_pos pos; /* where the condition stands, line 0: nowhere */
};
/* Why one of them came out as it did. */
struct kf_scenario_why {
    const char *about;          /* "user_id=u1 is not in segment vip" */
    const struct kf_rule *rule; /* NULL: identity, consent */
    uint32_t event;             /* number of the event it is about, 0: none */
    const struct kf_scenario_line *line;
    uint32_t n;
};
/* Something that is not as expected. */
struct kf_scenario_problem {
    struct kf_pos pos;          /* of the expectation, line 0: none */
    const char *variation;      /* the way of giving the events, NULL: as given */
    const char *text;           /* one sentence without missing and extra, nor the values */
    const char *const *missing; /* expected and not there */
    const char *const *extra;   /* there and not expected */
    uint32_t n_missing, n_extra;
    const char *expected, *was; /* values; NULL: not of that kind */
    const struct kf_scenario_why *why;
    uint32_t n_why, more_why; /* more_why: others, not explained */
};
/* An event of the text. */
struct kf_scenario_event {
    const char *text; /* its first line as written, without blanks around it */
    uint32_t line;    /* of the scenario's file */
    const char *file;
};

struct kf_scenario_result {
    const struct kf_rule *scenario;
    const char *case_name; /* "": none */
    uint32_t case_number;  /* from 1; 0: the scenario has no cases */
    struct kf_pos pos;     /* of the case */
    const struct kf_scenario_problem *problem;
    uint32_t n_problem;
    const struct kf_scenario_event *event; /* [n_event] by number - 1 */
    uint32_t n_event;
    const char *todo;       /* the reason that the scenario gives for not holding yet; NULL: none */
    const char *waiting;    /* what it expects of a kind that is not evaluated yet; NULL: nothing */
    struct kf_arena *arena; /* of all texts */
};
enum kf_scenario_verdict {
    KF_SCENARIO_PASSED,
    KF_SCENARIO_FAILED,
    KF_SCENARIO_TODO,    /* it does not hold, and says so itself */
    KF_SCENARIO_WAITING, /* all holds but what is not evaluated yet */
    KF_SCENARIO_BONUS    /* marked as todo, and holds */
};
enum kf_scenario_verdict kf_scenario_verdict(const struct kf_scenario_result *r);
/* A problem in one line: "segment vip: missing user_id=u1; not expected user_id=u3". */
void kf_scenario_sentence(const struct kf_scenario_problem *p, struct kf_buf *out);

/* ---- running ---- */

/* What all cases of a rule set share: the rules compiled once. config NULL: the defaults; both live
 * longer. */
struct kf_scenario_set;
int kf_scenario_set_new(const struct kf_ruleset *rules, const struct kf_config *config,
                        struct kf_scenario_set **ret, struct kf_error *err);
void kf_scenario_set_free(struct kf_scenario_set *s);

struct kf_scenario_options {
    bool as_given; /* no variations */
    /* Called with the world as given, before anything is compared; NULL: nobody asks.
     * kf_scenario_observed says which of its identifiers events carry. */
    void (*world)(void *ctx, const struct kf_world *w);
    /* Writes the world (and, where it wants to, its decisions) to a store, closes it, opens it
     * again and hands over the events it holds (the receiver frees them with their dictionaries).
     * NULL: no store is tried. decide NULL: `needs_decisions` is false. */
    int (*reopen)(void *ctx, const struct kf_world *w, struct kf_decide *d, struct kf_events **ret,
                  struct kf_error *err);
    bool needs_decisions; /* of reopen */
    void *ctx;
    uint8_t *seen; /* [rules->n_nodes] NULL, or which truths each condition had: a bit each,
                      1 << enum kf_truth */
};
/* At least 1. */
uint32_t kf_scenario_cases(const struct kf_rule *scenario);
/* Name and place of the i-th case; "": it has none. */
const char *kf_scenario_case_name(const struct kf_rule *scenario, uint32_t i);
struct kf_pos kf_scenario_case_pos(const struct kf_rule *scenario, uint32_t i);
/* Runs the i-th case. Negative only where it could not be run at all (err: `given` cannot be read,
 * ...); what differs is in the result. */
int kf_scenario_run(const struct kf_scenario_set *s, const struct kf_scenario_options *o,
                    const struct kf_rule *scenario, uint32_t i, struct kf_scenario_result **ret,
                    struct kf_error *err);
void kf_scenario_result_free(struct kf_scenario_result *r);

/* Identifiers that some event which does not contradict itself carries by as_of, 1 each under the
 * name that stewards' joins give it; `seen` has room for world->ids->n. Others are in no partition.
 */
void kf_scenario_observed(const struct kf_world *w, uint8_t *seen);

/* ---- coverage ---- */

/* of: the selection (its `where`) that asks the condition of single events; NULL: none. */
typedef void kf_scenario_condition(void *ctx, const struct kf_rule *rule,
                                   const struct kf_node *condition, const struct kf_node *of);
/* Calls back for each condition of a rule that scenarios can make true and false, as written:
 * those of the profile or of what the rule looks at, and those that selections ask of single
 * events, also in values. Combinations before what they are made of. */
void kf_scenario_conditions(const struct kf_rule *rule, kf_scenario_condition *each, void *ctx);

#endif
