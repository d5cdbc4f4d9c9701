/* Single values of bodies, and checking bytes that come from a file. Any thread; nothing is owned.
 */
#ifndef KF_EVENT_BODY_H
#define KF_EVENT_BODY_H

#include "event/events.h"

/* Lists and objects inside lists; the JSON reader refuses deeper ones as too_deep. */
#define KF_BODY_DEPTH 64u

/* The value at p (its type byte); returns the byte after it. */
const uint8_t *kf_value_read(const struct kf_events *e, const uint8_t *p, struct kf_val *ret);
const uint8_t *kf_value_end(const uint8_t *p);

struct kf_body_limits {
    uint32_t keys, values, idents; /* how many of each the dictionaries hold */
};
/* Whether the bytes from p are a whole body; returns the byte after it, NULL: they are not. */
const uint8_t *kf_body_check(const struct kf_body_limits *l, const uint8_t *p, const uint8_t *end);

#endif
