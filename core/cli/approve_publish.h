/* Published rules: a snapshot of the rule files and their settings below published/, the line of
 * the approval log that puts it in force, and published/current, which names that line.
 *
 * The order is snapshot, line, pointer, each brought to the disk before the next. The line is the
 * moment: before it the old set is in force, from it on the new one, and whoever is killed in
 * between leaves at most a snapshot that nobody names, or a pointer that lags (the next publish
 * mends both). The pointer is a witness beside the log: lines that were cut off at its end show by
 * it.
 *
 * Main thread. */
#ifndef KF_CLI_APPROVE_PUBLISH_H
#define KF_CLI_APPROVE_PUBLISH_H

#include "cli/session.h"
#include "config/approval.h"

#define KF_PUBLISHED "published"

/* One publication at a time: the lock is on the folder and ends with the descriptor, or the
 * process. */
int kf_published_lock(const struct kf_config *c, int *ret_fd, struct kf_error *err);
/* SHA-256 over names and bytes of rule files, and the settings where they are not the defaults. */
void kf_rule_files_digest(const struct kf_ruleset *r, char out[65]);
/* Under the lock: writes the rule files to a folder named after the line that is going to name it,
 * whole or not at all. *ret: its name below the workspace, from malloc. */
int kf_snapshot_write(const struct kf_config *c, const struct kf_ruleset *r, uint32_t number,
                      char **ret, struct kf_error *err);
/* Loads the rules of a publication with the settings they were published with. KF_E_PERM: the files
 * are not what was published. */
int kf_snapshot_load(const struct kf_config *c, const struct kf_approval *p, bool scenarios,
                     struct kf_ruleset **ret, struct kf_error *err);

/* published/current. number 0: there is none. */
struct kf_pointer {
    uint32_t number;
    char hash[65], rules[65];
};
int kf_pointer_write(const struct kf_config *c, const struct kf_approval *e, uint32_t number,
                     const char *hash, struct kf_error *err);
int kf_pointer_read(const struct kf_config *c, struct kf_pointer *ret, struct kf_error *err);
/* Does the log hold the line that it names? KF_E_PERM: it was cut. */
int kf_pointer_check(const struct kf_pointer *p, const struct kf_approvals *a,
                     struct kf_error *err);

#endif
