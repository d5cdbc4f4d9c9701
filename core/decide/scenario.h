/* Scenarios: tests in the rule files themselves (RULES 4, `scenario`; IDENTITY 7).
 *
 * `given` becomes events, the rules decide, `expect` is compared. Serves `kinfold test` and our own
 * tests alike. Single call, no state between calls. */
#ifndef KF_DECIDE_SCENARIO_H
#define KF_DECIDE_SCENARIO_H

#include "lua/rules.h"

struct kf_scenario_report {
    /* Called for each case that ran; failures say what was expected and what was. `problem` holds
     * one line each, empty: nothing differed. `todo` names what it expects of a kind that is not
     * evaluated yet, empty: nothing; such a case has not passed, whatever else holds. Texts live
     * until it returns. */
    void (*result)(void *ctx, const struct kf_rule *scenario, const char *case_name,
                   const char *problem, const char *todo);
    void *ctx;
    uint32_t passed, failed, todo; /* each case in one of them; a problem goes before `todo` */
};

/* Runs all cases of one scenario of the set (loaded with `scenarios`). config: lists, currency,
 * rates; NULL: defaults. Negative only where a case could not be run at all (err: `given` cannot be
 * read, ...); failures are counted in the report. */
int kf_scenario_run(const struct kf_ruleset *rules, const struct kf_config *config,
                    const struct kf_rule *scenario, unsigned threads,
                    struct kf_scenario_report *report, struct kf_error *err);

#endif
