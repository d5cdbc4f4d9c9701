/* What a check found: how many of how many, the earliest, by source, by field; every one of them
 * where rows are wanted. One thread a tally; nothing in it depends on the order of arrival. */
#ifndef KF_QUALITY_TALLY_H
#define KF_QUALITY_TALLY_H

#include "base/vec.h"
#include "event/events.h"

#define KF_TALLY_EXAMPLES 3u

struct kf_tally_bad {
    uint32_t event;
    uint32_t field; /* dict.key of what is wrong; 0: the event as a whole */
};
struct kf_tally_part { /* of a source or field: how many are bad */
    uint32_t of;       /* number of the source + 1, or dict.key */
    uint64_t bad;
};

typedef kf_vec(struct kf_tally_part) kf_tally_parts;

struct kf_tally {
    const char *check, *detail; /* stable words */
    uint64_t bad, of;
    uint32_t example[KF_TALLY_EXAMPLES], n_example; /* the earliest bad events */
    kf_tally_parts source, field;
    bool rows; /* keep every bad one */
    kf_vec(struct kf_tally_bad) row;
};

/* One event was looked at. field: see kf_tally_bad. */
void kf_tally_add(struct kf_tally *t, const struct kf_events *e, uint32_t event, bool bad,
                  uint32_t field);
/* Brings parts (most first, then by name) and rows (by time) into order. */
void kf_tally_end(struct kf_tally *t, const struct kf_events *e);
void kf_tally_free(struct kf_tally *t);
/* Moves what `from` counted into `into`, of the same check: threads that shared the events. */
void kf_tally_join(struct kf_tally *into, struct kf_tally *from, const struct kf_events *e);

#endif
