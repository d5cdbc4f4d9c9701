/* The event log of a world as a file of its own: a store with nothing in it but what
 * kf_store_load_events reads, written in a fraction of a run's time. For proofs that a world that
 * comes out of a store is the world that went in; never for a person's data, since nothing is
 * synced and nothing is locked. One thread per file. */
#ifndef KF_STORE_LOG_FILE_H
#define KF_STORE_LOG_FILE_H

#include "store/store.h"

/* Replaces what is in the file at `path`. KF_E_CANTCREATE, KF_E_IO. */
int kf_store_write_log(const char *path, const struct kf_world *w, struct kf_error *err);

#endif
