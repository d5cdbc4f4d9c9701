/* What was erased does not come back: keyed hashes of identifiers and of the ids of events.
 *
 * The hashes are what a store keeps of an erased person. They are made with the workspace's
 * secret, so that whoever has the store alone cannot try addresses against them.
 *
 * What an erased identifier means for an event, in this order:
 *   1. the event's own id is erased: the event is gone;
 *   2. the event holds an erased identifier of the strongest namespace that it names anybody by:
 *      it was the erased person's and is gone;
 *   3. else it is somebody else's and stays, without the erased identifiers;
 *   4. in every event that stays a text is blanked that is an erased value (4 bytes at least) or
 *      has one in it as a word (6 bytes at least).
 *
 * Built once, then read by one thread (it remembers what it was asked). */
#ifndef KF_IDENTITY_TOMBSTONE_H
#define KF_IDENTITY_TOMBSTONE_H

#include "event/rewrite.h"
#include "identity/idset.h"

struct kf_tombstone {
    const char *ns; /* NULL: id of an event */
    uint64_t hash;
};

/* Hashes of what could be erased. */
struct kf_tombstone_key {
    uint8_t key[32];
};
struct kf_tombstone_key kf_tombstone_key(const struct kf_config *c);
uint64_t kf_tombstone_identifier(const struct kf_tombstone_key *k, const char *ns,
                                 struct kf_str normalised);
uint64_t kf_tombstone_event(const struct kf_tombstone_key *k, const struct kf_events *e,
                            uint32_t event);
/* Of any other text: keys of decisions about erased people. */
uint64_t kf_tombstone_text(const struct kf_tombstone_key *k, struct kf_str text);

struct kf_tombstones;
/* `ids` normalises texts as the rules say and must live longer. */
struct kf_tombstones *kf_tombstones_new(const struct kf_config *c, const struct kf_idset *ids,
                                        const struct kf_tombstone *t, uint32_t n);
void kf_tombstones_free(struct kf_tombstones *t);
/* "email=anna@example.com", normalised or not; *ret_hash: its hash. */
bool kf_tombstones_identifier(const struct kf_tombstones *t, const char *id, uint64_t *ret_hash);
/* Does a text hold an erased value, whole or as a word of at least `word` bytes? */
bool kf_tombstones_text(const struct kf_tombstones *t, struct kf_str text, size_t word);

struct kf_erased_counts {
    uint64_t gone, edited; /* events */
};
/* Takes what is erased out of the events from number `from` on; *events may be other ones
 * afterwards, in fresh dictionaries, and *boundary, the number of an event, moves with them.
 * Nothing erased: nothing is touched. */
int kf_tombstones_apply(struct kf_tombstones *t, struct kf_events **events, uint32_t from,
                        uint32_t *boundary, struct kf_erased_counts *ret, struct kf_error *err);
/* Only counts and marks: gone[events->n], 1: gone, 2: edited. */
int kf_tombstones_mark(struct kf_tombstones *t, const struct kf_events *events, uint32_t from,
                       uint8_t *gone, struct kf_erased_counts *ret, struct kf_error *err);

#endif
