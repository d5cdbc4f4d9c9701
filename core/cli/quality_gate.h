/* Quality gates on the command line: what `expect` rules hold back, and --despite-quality, which
 * goes on all the same and says why. Main thread. */
#ifndef KF_CLI_QUALITY_GATE_H
#define KF_CLI_QUALITY_GATE_H

#include "cli/session.h"

/* For the option tables of commands with a gate. */
#define KF_DESPITE_OPTION                                                                          \
    {                                                                                              \
        "despite-quality", 0, "BECAUSE", "go on although a quality gate is shut, and say why",     \
            false                                                                                  \
    }

/* The reason of --despite-quality; NULL: not given. KF_E_USAGE: it says nothing. */
int kf_despite(const struct kf_cli *c, const char **ret, struct kf_error *err);

/* 0 where all that gates `what` ("publish", "export") holds, or somebody said why to go on (which
 * is then repeated on stderr). KF_E_PERM: a sentence with the rule, the share and a place. */
int kf_quality_gate(const struct kf_session *s, struct kf_decide *d, const char *what,
                    struct kf_error *err);
/* The same of a rule set that is not the last run's, over the events of the store: what is about to
 * be published. A workspace that never ran has nothing that could fail. */
int kf_quality_gate_rules(struct kf_session *s, const struct kf_ruleset *rules, const char *what,
                          struct kf_error *err);

#endif
