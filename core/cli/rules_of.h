/* A rule set named on the command line: `kinfold diff A B`, `kinfold dry-run --since A`.
 *
 *   run            the rules of the last run, out of the store
 *   published      those that 'kinfold publish' put in force
 *   a folder       of a workspace (its kinfold.yaml names the rules) or of rule files
 *   a file         one rule file
 *   anything else  a revision of git: the workspace's rules as they were there ("main", "HEAD~1")
 *
 * Main thread. */
#ifndef KF_CLI_RULES_OF_H
#define KF_CLI_RULES_OF_H

#include "cli/session.h"

struct kf_rules_of {
    struct kf_ruleset *rules;
    struct kf_config *config; /* of another workspace; NULL: the session's, or none */
    char label[160];          /* "run 3", "git main (4f2a91c8d0)", "the working tree" */
};

/* s->ws.config may be NULL: no workspace around; then only folders and files can be named. Rules
 * with errors are printed and refused with KF_E_CONFIG or KF_E_LIMIT. KF_E_NOINPUT: there is no
 * such thing, the message says what can be named. */
int kf_rules_of_open(struct kf_session *s, const char *what, bool scenarios,
                     struct kf_rules_of *ret, struct kf_error *err);
void kf_rules_of_close(struct kf_rules_of *r);

#endif
