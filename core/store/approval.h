/* The store's copy of the approval log (approvals.jsonl), for people who ask in SQL: made anew by
 * every run, and a witness beside the log. The log itself is the truth. */
#ifndef KF_STORE_APPROVAL_H
#define KF_STORE_APPROVAL_H

#include "config/approval.h"
#include "store/store.h"

#include <sqlite3.h>

/* Writes the lines. A log that does not go on from what the table has was cut or changed: then the
 * table stays as it is, for `kinfold log --verify` to tell. For the writer of a run. */
int kf_store_approvals_copy(sqlite3 *db, const struct kf_approvals *a, struct kf_error *err);
/* Number and hash of the newest line that the last run copied; *ret_number 0: none. */
int kf_store_approval_head(struct kf_store *s, uint32_t *ret_number, char ret_hash[65],
                           struct kf_error *err);

#endif
