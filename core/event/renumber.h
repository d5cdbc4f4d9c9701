/* Events that were read with the identifier numbers of a larger log get numbers of their own. */
#ifndef KF_EVENT_RENUMBER_H
#define KF_EVENT_RENUMBER_H

#include "event/events.h"

/* The new number of an identifier; it must not be greater than the old one, in whose bytes it is
 * written. Returning the old one only looks. */
typedef uint32_t (*kf_renumber)(void *ctx, uint32_t ident);

/* Every identifier that the events name, in their lists and in their bodies, as often as it is
 * named. Nobody else may read the events meanwhile. */
void kf_events_renumber(struct kf_events *e, kf_renumber number, void *ctx);

#endif
