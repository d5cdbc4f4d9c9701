/* `kinfold test` at work: the cases that were chosen, spread over threads, their results in the
 * order of the files. Main thread. */
#ifndef KF_CLI_TEST_RUN_H
#define KF_CLI_TEST_RUN_H

#include "cli/session.h"
#include "decide/scenario.h"

#include <regex.h>

/* What was asked for. */
struct kf_test_options {
    const struct kf_cli *cli;
    const char *filter; /* part of the scenario's name, NULL: all */
    bool has_run;
    regex_t run; /* of the scenario's name, or of "name: case" */
    bool as_given, full_store, fail_fast, list, cover;
    unsigned threads;
};
int kf_test_options_read(const struct kf_cli *cli, struct kf_test_options *ret,
                         struct kf_error *err);
void kf_test_options_free(struct kf_test_options *o);

/* One case. */
struct kf_test_item {
    const struct kf_rule *scenario;
    uint32_t number; /* of the case, from 0 */
    bool ran;
    struct kf_scenario_result *result; /* NULL: it could not run, `why` says why */
    struct kf_error why;
    struct kf_buf text; /* what `world` wrote */
};
bool kf_test_item_failed(const struct kf_test_item *item);
/* "scenario: case" */
void kf_test_item_name(const struct kf_test_item *item, struct kf_buf *out);
/* A problem a line, or why it could not run. */
void kf_test_item_problem(const struct kf_test_item *item, struct kf_buf *out);

/* A rule set and the cases of it that were chosen; seen: what kf_scenario_options says, NULL: not
 * asked for. */
struct kf_test_suite {
    const struct kf_ruleset *rules;
    struct kf_test_item *item;
    uint32_t n;
    uint8_t *seen;
    bool stopped; /* at the first failure, or by a signal: what follows did not run */
};
/* world: as in kf_scenario_options, with the item's text; NULL: nobody asks. */
int kf_test_suite_run(const struct kf_test_options *o, const struct kf_ruleset *rules,
                      const struct kf_config *config, const char *file,
                      void (*world)(struct kf_buf *out, const char *name, const struct kf_world *w),
                      struct kf_test_suite *ret, struct kf_error *err);
void kf_test_suite_free(struct kf_test_suite *s);

#endif
