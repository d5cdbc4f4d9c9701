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

#endif
