/* What people decided, as the store keeps it: the stewards' log, receipts of erasures and their
 * tombstones. All three are carried from run to run and never shortened.
 *
 * Whoever appends holds the run lock (publish.h) and reads the log under it: a run that began
 * before would otherwise swap in a store without the entry. */
#ifndef KF_STORE_STEWARD_H
#define KF_STORE_STEWARD_H

#include "identity/steward.h"
#include "store/store.h"

/* The whole log. Texts live as long as the store is open. */
int kf_store_decisions(struct kf_store *s, const struct kf_steward_entry **ret, uint32_t *ret_n,
                       struct kf_error *err);
/* What of it holds, of the entries up to number `upto`; *ret_last: number of the newest entry there
 * is. */
int kf_store_holding(struct kf_store *s, uint32_t upto, const struct kf_decision_text **ret,
                     uint32_t *ret_n, uint32_t *ret_last, struct kf_error *err);
/* Appends entries whose numbers, keys and times are set, in one transaction. `s` need not be closed
 * (it goes on reading what it read). KF_E_AGAIN: somebody else writes. */
int kf_store_append(const char *path, const struct kf_steward_entry *entry, uint32_t n,
                    struct kf_error *err);

#endif
