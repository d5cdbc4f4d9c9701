/* A plan as somebody reads it who is about to sign it: verdict, figures, limits, edits, what was
 * not covered. Whatever a section of the figures is called, its rows have `name`, `before`,
 * `after`, `added` and `removed`; sections that a plan does not have are passed over. Main thread.
 */
#ifndef KF_CLI_APPROVE_SHOW_H
#define KF_CLI_APPROVE_SHOW_H

#include "cli/output.h"
#include "cli/plan.h"

/* False: some text of it holds what a terminal would obey instead of showing it. */
bool kf_plan_plain(const struct kf_plan_file *p);
void kf_plan_show(const struct kf_plan_file *p, const char *path, const struct kf_zone *z,
                  bool colour, struct kf_buf *out);

#endif
