/* What the data of the last run has shown, for `check`: names of events and how often, fields,
 * purposes, and how far identifiers tell people apart. Main thread. */
#ifndef KF_STORE_SEEN_H
#define KF_STORE_SEEN_H

#include "lua/advise.h"
#include "store/store.h"

/* Texts live as long as the arena. */
int kf_store_seen(struct kf_store *s, struct kf_arena *a, struct kf_seen *ret,
                  struct kf_error *err);

#endif
