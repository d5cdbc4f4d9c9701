/* The figures of a plan, worked out again: a digest only says that a file is as somebody wrote it,
 * not that what it says is true. Main thread. */
#ifndef KF_CLI_APPROVE_AGAIN_H
#define KF_CLI_APPROVE_AGAIN_H

#include "cli/plan.h"
#include "cli/session.h"

/* Decides by both rule sets over the store of the workspace, as dry-run does, and compares. The
 * plan speaks of what is there now (kf_plan_current). KF_E_PERM: it says something else, and where.
 */
int kf_approve_again(const struct kf_cli *cli, const struct kf_plan_file *p, struct kf_error *err);

#endif
