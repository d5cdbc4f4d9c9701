/* Sources of cadence approval: somebody looks at them before they are read, and says so in the
 * approval log. Main thread. */
#ifndef KF_CLI_APPROVE_SOURCE_H
#define KF_CLI_APPROVE_SOURCE_H

#include "cli/session.h"
#include "config/approval.h"

/* Releases those of the config whose approval is in force now: of files, that they are the ones
 * that were approved. A broken log releases nothing. */
void kf_sources_release(struct kf_config *c);
/* SHA-256 over a source's connector and options, and names and bytes of the files its path names;
 * how many there are. KF_E_NOINPUT where there is none. */
int kf_source_digest(const struct kf_config *c, const struct kf_config_source *s, char out[65],
                     uint32_t *ret_files, struct kf_error *err);
/* Is its release in the log in force? */
bool kf_source_released(const struct kf_config *c, const struct kf_approvals *a,
                        const struct kf_config_source *s);
/* Why a source is not read, or by whose word it is: "released by Ada on ...", "waits: ...". */
void kf_source_standing(const struct kf_config *c, const struct kf_approvals *a,
                        const struct kf_config_source *s, struct kf_buf *out);

#endif
