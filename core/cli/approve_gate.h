/* What a workspace that demands approval lets pass: `run` decides with published rules only,
 * `export` sends only what they decided. Every refusal is KF_E_PERM and says what to do next. Main
 * thread. */
#ifndef KF_CLI_APPROVE_GATE_H
#define KF_CLI_APPROVE_GATE_H

#include "cli/session.h"
#include "config/approval.h"

/* The rules for a run, in s->ws.rules: those of the working tree, or with `published` the snapshot
 * that is in force, whatever stands in the tree. */
int kf_gate_rules(struct kf_session *s, bool published, struct kf_error *err);
/* May what the last run decided leave the house? Not with another kinfold.yaml than it was decided
 * under, whether approval is demanded or not. */
int kf_gate_export(const struct kf_session *s, struct kf_error *err);
/* "privacy has not approved them yet; analytics approved (Ada, 2026-01-01 12:00)": where a rule set
 * stands. */
void kf_gate_standing(const struct kf_approvals *a, const char *rules, struct kf_buf *out);

/* The approval log, sound, and the publication in force; *ret NULL: there is none. */
int kf_gate_in_force(const struct kf_config *c, struct kf_approvals **log,
                     const struct kf_approval **ret, struct kf_error *err);

/* How kinfold.yaml differs from what rules were decided or published under, as "kinfold.yaml
 * differs: list staff changed (+1 -0 values)"; nothing where it does not. */
void kf_gate_settings(const struct kf_config *then, const struct kf_config *now,
                      struct kf_buf *out);
/* The same of a publication; p NULL, or one that cannot be read: nothing. */
void kf_gate_settings_published(const struct kf_config *now, const struct kf_approval *p,
                                struct kf_buf *out);

/* What of kinfold.yaml is signed with rules, and which files of values are not, as lines; nothing
 * where it says nothing of that kind. */
void kf_gate_settings_said(const struct kf_config *c, struct kf_buf *out);

#endif
