/* From the positions of structural characters (json_simd.h) to fields of the record in hand.
 *
 * A walk over one piece of JSON text that may hold many records; each is walked with
 * kf_walk_record. Nothing is copied except strings with escapes. buf must be readable for 64 bytes
 * behind its end, and the byte there is NUL. */
#ifndef KF_EVENT_JSON_WALK_H
#define KF_EVENT_JSON_WALK_H

#include "event/hand.h"
#include "event/json_simd.h"

#define KF_JSON_PADDING 64u

struct kf_walk {
    const char *buf;
    const uint32_t *idx; /* structural positions; idx[n] is the end */
    size_t i, n;
    struct kf_hand *hand;
    struct kf_trie *trie;
    size_t batch_at; /* set where the record has a list of records: index of its '['; else 0 */
    size_t list_from,
        list_to; /* such a list, once passed over; the caller sets SIZE_MAX for a new record */
};

/* The object at w->i, whose text ends at offset `stop`: its members go where the map says. False:
 * reason in the hand. In any case the caller moves w->i on to the first position behind the record.
 */
bool kf_walk_record(struct kf_walk *w, size_t stop);
/* The same for a member of a list of records: brackets around it are not looked at. Leaves w->i
 * behind it. */
bool kf_walk_element(struct kf_walk *w);
void kf_walk_skip(struct kf_walk *w); /* the value at w->i */
/* Member of the object at position i by name; strings unescaped into `keep`, the rest as written. p
 * NULL: not there. */
struct kf_str kf_walk_member(const struct kf_walk *w, size_t i, struct kf_str name,
                             struct kf_arena *keep);

/* Any JSON value under a key of the record in the builder (objects are flattened below it). False:
 * not JSON, or too deep. */
bool kf_json_put(struct kf_event_builder *b, uint32_t key, struct kf_str json);
struct kf_json_side;
void kf_json_side_free(struct kf_json_side *s);

/* The text of a string's inside with escapes, into out (at most in.n bytes). False: a bad escape.
 */
bool kf_json_unescape(struct kf_str in, char *out, size_t *ret_n);

#endif
