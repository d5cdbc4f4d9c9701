/* A store open for reading. */
#ifndef KF_STORE_READ_INTERNAL_H
#define KF_STORE_READ_INTERNAL_H

#include "base/arena.h"
#include "store/store.h"

#include <sqlite3.h>

struct kf_store {
    sqlite3 *db;
    const char *path;
    struct kf_arena arena; /* texts handed out */
};

/* Dictionaries with the numbers of the log, no identifier and no event. kf_store_events_free. */
int kf_store_load_symbols(struct kf_store *s, struct kf_events **ret, struct kf_error *err);
/* Dictionaries and identifiers with the numbers of the log, and no event. kf_store_events_free. */
int kf_store_load_dictionaries(struct kf_store *s, struct kf_events **ret, struct kf_error *err);

#endif
