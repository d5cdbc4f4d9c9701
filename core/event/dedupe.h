/* Finding the copies of an event: same source, same id. */
#ifndef KF_EVENT_DEDUPE_H
#define KF_EVENT_DEDUPE_H

#include "base/error.h"
#include "event/events.h"

uint64_t kf_event_id_hash(uint16_t source, struct kf_str id);

/* Hashes of ids of events [first, first + n), cut into parts by their top bits. */
struct kf_dedupe;
struct kf_dedupe *kf_dedupe_new(void);
void kf_dedupe_free(struct kf_dedupe *d);
/* hash[i] belongs to event first + i. Not from two threads at once. */
void kf_dedupe_add(struct kf_dedupe *d, const uint64_t *hash, uint32_t n, uint32_t first);
/* Marks every copy but one as `dropped`: the earliest received is kept, of those the bytewise least
 * content, of those the first by file name and record. Events dropped before are not looked at.
 * duplicates[source]: how many were dropped now. */
int kf_dedupe_run(struct kf_dedupe *d, struct kf_events *e, unsigned threads, uint64_t *duplicates,
                  struct kf_error *err);

#endif
