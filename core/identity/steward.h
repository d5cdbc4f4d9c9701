/* The stewards' log: what people decided by hand, in the order they said it. Nothing is ever taken
 * out of it; `undo` is an entry of its own. core/store keeps the log, core/cli writes to it, and
 * every world is made with what holds of it (struct kf_decision_text).
 *
 * Pure functions over texts, any thread; nothing is owned. */
#ifndef KF_IDENTITY_STEWARD_H
#define KF_IDENTITY_STEWARD_H

#include "identity/observe.h"

/* Stands for an identifier whose person was erased: "erased=HASH" (identity/tombstone.h). It names
 * nobody, so the decision holds nobody any more, except that a transfer to it still cuts. */
#define KF_STEWARD_ERASED "erased="

struct kf_steward_entry {
    uint32_t number;   /* from 1, in the order of the log */
    const char *verb;  /* join, unlink, keep_apart, transfer, undo */
    const char *a, *b; /* "email=a@x.test", normalised; b of a transfer: new owner or NULL; of an
                          undo NULL both */
    int64_t at;        /* of a transfer, else KF_NO_TIME */
    uint32_t undoes;   /* of an undo: whose number, else 0 */
    const char *who, *why;
    int64_t made;    /* when it was said, KF_NO_TIME: unknown. For people; enters no result */
    const char *key; /* kf_steward_key: by it an import knows what is there already */
};

enum kf_steward_state {
    KF_STEWARD_HOLDS,
    KF_STEWARD_UNDONE,
    KF_STEWARD_OVERRIDDEN /* a later word about the same pair, or the same moment, says otherwise */
};
struct kf_steward_fate {
    enum kf_steward_state state;
    uint32_t by; /* number of the entry that undid or overrode it */
};

/* False: no verb of the log. */
bool kf_steward_verb_known(const char *verb);
/* What became of each entry: fate[n]. An undo that was undone itself undoes nothing. */
void kf_steward_fates(const struct kf_steward_entry *log, uint32_t n, struct kf_steward_fate *fate);
/* What holds, in the order of the log: out[n]; returns how many. Texts are the log's. */
uint32_t kf_steward_holding(const struct kf_steward_entry *log, uint32_t n,
                            const struct kf_steward_fate *fate, struct kf_decision_text *out);
/* Do the two say something else about one matter? Only one of them can hold. */
bool kf_steward_contradict(const struct kf_steward_entry *a, const struct kf_steward_entry *b);
/* Do they say the same? */
bool kf_steward_same(const struct kf_steward_entry *a, const struct kf_steward_entry *b);
/* 16 hex digits of the content; `undoes`: key of the entry that an undo undoes, else NULL. */
void kf_steward_key(const struct kf_steward_entry *e, const char *undoes, char out[17]);

#endif
