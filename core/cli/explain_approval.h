/* Whether the rules that decided stand approved, and whether the rule in the files now still does:
 * what a reader of an explanation may rely on. Only where the workspace demands approval, or has an
 * approval log. Main thread. */
#ifndef KF_CLI_EXPLAIN_APPROVAL_H
#define KF_CLI_EXPLAIN_APPROVAL_H

#include "cli/session.h"

/* A line or two below who approved: what is missing, what was edited since. Of s->world's rules. */
void kf_explain_approval_text(const struct kf_session *s, const struct kf_rule *r,
                              struct kf_buf *out);
/* The member `approval` of an explanation; null where approval is of no matter. */
void kf_explain_approval_json(const struct kf_session *s, const struct kf_rule *r,
                              struct kf_json *j);

#endif
