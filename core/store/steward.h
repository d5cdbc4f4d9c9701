/* What people decided, as the store keeps it: the stewards' log, receipts of erasures and their
 * tombstones. All three are carried from run to run and never shortened.
 *
 * Whoever appends holds the run lock (publish.h) and reads the log under it: a run that began
 * before would otherwise swap in a store without the entry. */
#ifndef KF_STORE_STEWARD_H
#define KF_STORE_STEWARD_H

#include "identity/steward.h"
#include "identity/tombstone.h"
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

/* A receipt: that somebody was erased, by whom, why, and what went. It names nobody. */
struct kf_receipt {
    uint32_t number; /* from 1 */
    int64_t at;
    const char *who, *why;
    const char *rule;   /* version of the rule that said what goes */
    const char *counts; /* JSON object */
    const char *previous, *hash;
};
/* SHA-256 over the receipt before, this one and its tombstones (in the order of their hashes): a
 * receipt that is changed or taken out later shows. */
void kf_receipt_hash(const struct kf_receipt *r, struct kf_tombstone *tombstone, uint32_t n,
                     char out[65]);
int kf_store_receipts(struct kf_store *s, const struct kf_receipt **ret, uint32_t *ret_n,
                      struct kf_error *err);
/* All tombstones, in the order they were put; of receipt `number` only unless it is 0. */
int kf_store_tombstones(struct kf_store *s, uint32_t number, struct kf_tombstone **ret,
                        uint32_t *ret_n, struct kf_error *err);

/* Appends a receipt with its tombstones, as an import brings it; the next run applies it. */
int kf_store_append_receipt(const char *path, const struct kf_receipt *r,
                            const struct kf_tombstone *tombstone, uint32_t n, struct kf_error *err);

/* What a run that erases does beside: in kf_store_write_options.erasure. */
struct kf_store_erasure {
    const struct kf_tombstones *all; /* old ones and new ones */
    struct kf_receipt receipt;       /* new; number 0: none, only what came by import is applied */
    const struct kf_tombstone *tombstone; /* of the receipt */
    uint32_t n;
};

#endif
