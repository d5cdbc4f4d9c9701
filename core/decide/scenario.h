/* Scenarios: tests in the rule files themselves (RULES 4, `scenario`; IDENTITY 7).
 *
 * `given` becomes events, the rules decide, `expect` is compared. Then the same events are given in
 * other ways that must not matter (other orders, one at a time, twice, in parts, out of a store
 * that was closed), and everything that is decided is compared with what was decided as given.
 * Serves `kinfold test` and our own tests alike. Single call, no state between calls. */
#ifndef KF_DECIDE_SCENARIO_H
#define KF_DECIDE_SCENARIO_H

#include "lua/rules.h"

struct kf_world;
struct kf_decide;
struct kf_events;

struct kf_scenario_report {
    /* Called for each case that ran; failures say what was expected and what was. `problem` holds
     * one line each, empty: nothing differed. `todo` names what it expects of a kind that is not
     * evaluated yet, empty: nothing; such a case has not passed, whatever else holds. Texts live
     * until it returns. */
    void (*result)(void *ctx, const struct kf_rule *scenario, const char *case_name,
                   const char *problem, const char *todo);
    /* Called for each case with the world as given, before anything is compared; NULL: nobody asks.
     * kf_scenario_observed says which of its identifiers events carry. */
    void (*world)(void *ctx, const struct kf_rule *scenario, const char *case_name,
                  const struct kf_world *w);
    /* Writes the world and its decisions to a store, closes it, opens it again and hands over the
     * events it holds (the receiver frees them with their dictionaries). NULL: no store is tried.
     */
    int (*reopen)(void *ctx, const struct kf_world *w, struct kf_decide *d, struct kf_events **ret,
                  struct kf_error *err);
    bool as_given; /* no variations */
    void *ctx;
    uint32_t passed, failed, todo; /* each case in one of them; a problem goes before `todo` */
};

/* Runs all cases of one scenario of the set (loaded with `scenarios`). config: lists, currency,
 * rates; NULL: defaults. Negative only where a case could not be run at all (err: `given` cannot be
 * read, ...); failures are counted in the report. */
int kf_scenario_run(const struct kf_ruleset *rules, const struct kf_config *config,
                    const struct kf_rule *scenario, unsigned threads,
                    struct kf_scenario_report *report, struct kf_error *err);

/* Identifiers that some event which does not contradict itself carries by as_of, 1 each under the
 * name that stewards' joins give it; `seen` has room for world->ids->n. Others are in no partition.
 */
void kf_scenario_observed(const struct kf_world *w, uint8_t *seen);

#endif
