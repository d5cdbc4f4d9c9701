/* Inside of core/identity/incremental: what its files share. Nobody else includes this.
 *
 * Parts are a union-find forest over identifiers; struct kf_inc_part is kept at the root. Members,
 * events and decisions of a part are chains, so that two parts become one by joining ends. What was
 * resolved hangs on the part as a block; profiles are slots of one pool, so that a changed part
 * moves nobody else's. */
#ifndef KF_IDENTITY_INCREMENTAL_INTERNAL_H
#define KF_IDENTITY_INCREMENTAL_INTERNAL_H

#include "base/vec.h"
#include "identity/incremental.h"

/* What the resolution of a part gave; behind it lie links, spans, slots of profiles, shared ones.
 */
struct kf_inc_block {
    struct kf_inc_block *next;
    uint32_t n_link, n_span, n_profile, n_shared;
};

struct kf_inc_part {
    uint32_t n, id_tail; /* members; the chain begins at the root */
    uint32_t ev_head, ev_tail, dec_head, dec_tail;
    uint32_t at;                /* place in `root` while a step runs, KF_ID_NONE otherwise */
    struct kf_inc_block *block; /* several after a union, until resolved */
    int64_t due;                /* when time alone may change something */
};

struct kf_inc_event {
    int64_t time;
    uint64_t links, signout, ids;
    uint32_t extra; /* row of struct kf_inc_extra, KF_ID_NONE: nothing of the kind */
    uint32_t profile, next;
    uint16_t n_ids;
    uint8_t alias, gone, contradictory;
};

struct kf_inc_extra {
    uint32_t said, n_said, move, n_move, apart, n_apart;
};

struct kf_inc_decision {
    struct kf_id_decision d;
    uint32_t next;
    bool gone;
};

struct kf_inc_slot { /* a profile; earliest KF_ID_NONE: free, and `next` the free one behind it */
    uint64_t id;
    int64_t from;
    uint32_t earliest, next;
};

struct kf_inc_due {
    int64_t t;
    uint32_t root;
};

struct kf_inc_tally { /* of one touched part */
    uint32_t n_link, n_span, n_profile, n_shared;
    int64_t due;
    struct kf_inc_block *block;
};

struct kf_incremental {
    struct kf_incremental_options o;

    /* identifiers */
    uint32_t n_ids;
    kf_vec(uint8_t) id_ns;
    kf_vec(uint32_t) up;
    kf_vec(uint32_t) id_next;
    kf_vec(struct kf_inc_part) part;
    kf_vec(uint32_t) local; /* number in the running step */
    kf_vec(uint32_t) profile;
    kf_vec(uint32_t) same;
    kf_vec(uint8_t) isolated;

    /* observations and decisions */
    kf_vec(struct kf_inc_event) event;
    kf_vec(uint32_t) ids;
    kf_vec(struct kf_inc_extra) extra;
    kf_vec(struct kf_id_statement) said;
    kf_vec(struct kf_id_transfer) move;
    kf_vec(struct kf_id_separation) apart;
    kf_vec(struct kf_inc_decision) decision;

    kf_vec(struct kf_inc_slot) slot;
    uint32_t free_slot;
    kf_vec(struct kf_inc_due) heap;

    /* the running step: touched parts and the part of everything that is resolved again */
    kf_vec(uint32_t) touched;
    bool split; /* something went away: the parts may fall apart */
    kf_vec(uint32_t) root, sub_id, sub_event, sub_decision;
    kf_vec(struct kf_inc_block *) old;
    kf_vec(uint8_t) sub_ns, sub_alias;
    kf_vec(int64_t) sub_time, sub_last;
    kf_vec(uint64_t) sub_off, sub_links;
    kf_vec(uint32_t) sub_ids, sub_slot;
    kf_vec(struct kf_id_signout) sub_signout;
    kf_vec(struct kf_id_statement) sub_said;
    kf_vec(struct kf_id_transfer) sub_move;
    kf_vec(struct kf_id_separation) sub_apart;
    kf_vec(struct kf_id_decision) sub_log;
    kf_vec(struct kf_id_span) old_span;
    kf_vec(struct kf_inc_tally) tally;

    /* what the step changed */
    kf_vec(uint32_t) changed_event, changed_id;
    kf_vec(uint64_t) changed_profile;
};

static inline struct kf_id_link *kf_inc_links(struct kf_inc_block *b)
{
    return (struct kf_id_link *)(void *)(b + 1);
}
static inline struct kf_id_span *kf_inc_spans(struct kf_inc_block *b)
{
    return (struct kf_id_span *)(void *)(kf_inc_links(b) + b->n_link);
}
static inline uint32_t *kf_inc_profiles(struct kf_inc_block *b)
{
    return (uint32_t *)(void *)(kf_inc_spans(b) + b->n_span);
}
static inline uint32_t *kf_inc_shared(struct kf_inc_block *b)
{
    return kf_inc_profiles(b) + b->n_profile;
}

/* incremental.c */
uint32_t kf_inc_find(struct kf_incremental *inc, uint32_t id);
void kf_inc_part_init(struct kf_incremental *inc, uint32_t id);
void kf_inc_attach_event(struct kf_incremental *inc, uint32_t e);
void kf_inc_attach_decision(struct kf_incremental *inc, uint32_t d);
uint32_t kf_inc_anchor(const struct kf_incremental *inc, uint32_t e);
void kf_inc_set_due(struct kf_incremental *inc, uint32_t root, int64_t t);

/* incremental_step.c: resolves the touched parts again and notes what changed */
int kf_inc_step(struct kf_incremental *inc, struct kf_error *err);

#endif
