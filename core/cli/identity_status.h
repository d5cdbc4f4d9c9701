/* `kinfold status --identity`: figures of the last run's identity, gathered once, then as text and
 * as JSON; the figures of both sides for a dry-run. Main thread. */
#ifndef KF_CLI_IDENTITY_STATUS_H
#define KF_CLI_IDENTITY_STATUS_H

#include "cli/pairs.h"
#include "cli/session.h"
#include "profile/identity_figures.h"

#define KF_LARGE_PROFILE 20u /* identifiers: few people have so many */

struct kf_identity_status {
    struct kf_session *s;
    uint32_t large;
    struct kf_identity_figures *figures;
    struct kf_pairs *pairs;    /* NULL: no sample was given */
    int64_t ids_gone, ids_new; /* since the run before; negative: there was none */
    uint64_t stored_broken;    /* profiles of the store that hold two values of a key */
    bool alarm;                /* a person's key does not hold */
};

/* Of a session whose store is open: works out the last run's world with its links. */
int kf_identity_status_gather(struct kf_session *s, uint32_t large, const char *pairs,
                              struct kf_identity_status *ret, struct kf_error *err);
void kf_identity_status_text(const struct kf_identity_status *k, struct kf_buf *out);
void kf_identity_status_json(const struct kf_identity_status *k, struct kf_json *j);
void kf_identity_status_free(struct kf_identity_status *k);

/* "identity": what both a status and each side of a dry-run say. */
void kf_figures_json(struct kf_json *j, const struct kf_identity_figures *f);
uint64_t kf_figures_broken(const struct kf_identity_figures *f); /* over all keys */

#endif
