/* Events moved into fresh dictionaries, without those that are gone and without what must not be
 * kept: afterwards no dictionary holds a text that no event carries. For erasures; everything else
 * leaves dictionaries as they are. Main thread. */
#ifndef KF_EVENT_REWRITE_H
#define KF_EVENT_REWRITE_H

#include "event/events.h"

/* What a text that must not be kept becomes. */
#define KF_ERASED_TEXT "[erased]"

struct kf_rewrite {
    const uint8_t *ident; /* [idents] 1: the identifier goes, out of fields and lists; NULL: none */
    /* Must a text of a field go? sym: its number in dict.value, 0: it has none. NULL: none must */
    bool (*text)(void *ctx, struct kf_str text, uint32_t sym);
    void *ctx;
};

/* Does an event carry anything that must go? */
bool kf_rewrite_touches(const struct kf_events *e, uint32_t event, const struct kf_rewrite *r);
/* Frees `take` with its dictionaries; *ret has its events in their order, those marked `dropped`
 * left out. Numbers of files and sources stay. KF_E_NOMEM. */
int kf_events_rewrite(struct kf_events *take, const struct kf_rewrite *r, struct kf_events **ret,
                      struct kf_error *err);

#endif
