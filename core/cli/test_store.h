/* A store for scenarios: written, closed, opened and read again in a folder of its own that goes
 * away with it. In memory where the machine has such a folder: nothing is meant to last. One thread
 * per struct. */
#ifndef KF_CLI_TEST_STORE_H
#define KF_CLI_TEST_STORE_H

#include "store/store.h"

struct kf_test_store {
    char folder[256]; /* empty: not made yet */
    bool whole;       /* a store as a run writes it, not only the event log */
};

/* As kf_scenario_options.reopen wants it; ctx: a struct kf_test_store, zero-initialised. d NULL:
 * not with `whole`. */
int kf_test_store_reopen(struct kf_test_store *t, const struct kf_world *w, struct kf_decide *d,
                         struct kf_events **ret, struct kf_error *err);
void kf_test_store_remove(struct kf_test_store *t);

#endif
