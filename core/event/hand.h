/* The record in hand: from its first field until it is an event or quarantined. One a thread.
 *
 * Readers (JSON, CSV) bring scalars to edges of the trie; kf_hand_apply does what the map says. The
 * first mistake decides the reason of the quarantine row. */
#ifndef KF_EVENT_HAND_H
#define KF_EVENT_HAND_H

#include "event/builder.h"
#include "event/trie.h"

/* Earlier values of one field that later ones replaced (kf_builder_replaced); identifiers of one
 * record, each of which is compared with those before it. More is an attack. */
#define KF_MAX_REPEATED 4096u
#define KF_MAX_IDENTS   4096u

enum kf_scalar_kind {
    KF_SCALAR_NULL,
    KF_SCALAR_FALSE,
    KF_SCALAR_TRUE,
    KF_SCALAR_NUMBER,
    KF_SCALAR_TEXT
};

struct kf_scalar {
    enum kf_scalar_kind kind;
    struct kf_str text; /* NUMBER: as written */
    bool cell;          /* of a table: a text that may be a number */
};

/* What is odd about how the time of an event was written; its name is the event's field
 * KF_TIME_NOTE. */
enum kf_time_note {
    KF_TIME_PLAIN,
    KF_TIME_NO_OFFSET, /* neither the record nor the source says of which zone it is */
    KF_TIME_DST_GAP,   /* a local time that the clocks never showed */
};

struct kf_hand {
    struct kf_record pub; /* what `finish` sees; first, because its functions get a pointer to it */
    struct kf_event_builder *b;
    struct kf_dict *dict;
    struct kf_arena *keep; /* texts that must live until the group is looked up */
    const struct kf_zone *zone;
    bool zone_said; /* the zone is the source's own, not just the workspace's */
    char decimal;
    uint8_t time_note;             /* enum kf_time_note */
    uint16_t rank[KF_TO_SKIP + 1]; /* of the row that filled a target */
    const char *reason;            /* NULL: all is well so far */
    char detail[240];
    void *reader;
};

void kf_hand_begin(struct kf_hand *h);
/* Notes the first mistake; always false. */
bool kf_hand_fail(struct kf_hand *h, const char *reason, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A scalar for the edge's rows. False: the record is no event (reason set). */
bool kf_hand_apply(struct kf_hand *h, struct kf_edge *e, const struct kf_scalar *v);
/* False: too many members were repeated so far. */
static inline bool kf_hand_repeats(struct kf_hand *h)
{
    return h->b->repeated <= KF_MAX_REPEATED ||
           kf_hand_fail(h, "too_many_properties", "more than %u members are repeated",
                        KF_MAX_REPEATED);
}
/* An exact decimal, else a double; false: no number. */
bool kf_hand_number(struct kf_str text, struct kf_dec *ret_dec, double *ret_double,
                    bool *ret_exact);
uint8_t kf_platform_parse(struct kf_str s);
bool kf_hand_consent(struct kf_hand *h, uint32_t key, bool granted);

#endif
