/* What `kinfold test` is given: files and folders become suites, each a rule set with the scenarios
 * of one file. Main thread. */
#ifndef KF_CLI_TEST_PATHS_H
#define KF_CLI_TEST_PATHS_H

#include "cli/session.h"

/* Called for each suite in the order of the paths; rules have no errors. file: only scenarios of
 * that file count (as rule files are shown), NULL: all. config NULL: the defaults. */
typedef int (*kf_suite_fn)(void *ctx, const struct kf_ruleset *rules,
                           const struct kf_config *config, const char *file, struct kf_error *err);

/* The operands of the command line; none: the rules of the workspace.
 *   a file of the workspace's rule folder   its scenarios, under all rules of the workspace
 *   a file that brings `identifiers`        alone, no workspace is looked for
 *   any other file                          with the rules of the workspace
 * KF_E_CONFIG where rules have errors (they were printed). */
int kf_test_suites(struct kf_session *s, const struct kf_cli *cli, kf_suite_fn fn, void *ctx,
                   struct kf_error *err);

#endif
