/* Driving one destination: rows go in batches, what must be sent again is sent again, everything is
 * counted. What was written becomes visible with kf_outbox_finish(commit) or not at all. Main
 * thread. */
#ifndef KF_CLI_OUTBOX_H
#define KF_CLI_OUTBOX_H

#include "base/arena.h"
#include "config/config.h"
#include "plugin/loader.h"

#define KF_OUTBOX_BATCH 500u
#define KF_OUTBOX_TRIES 3u

struct kf_outbox {
    const struct kf_plugin_handle *plugin;
    struct kf_option_value *values;
    void *instance;
    uint32_t columns;
    struct kf_cell *cell; /* [KF_OUTBOX_BATCH * columns] */
    uint32_t n;           /* rows waiting */
    struct kf_arena arena;
    uint64_t sent, rejected, given_up;
    struct kf_error first; /* why the first row was rejected */
};

/* options: of kinfold.yaml, NULL: none. The column names must live as long as the outbox. */
int kf_outbox_open(struct kf_outbox *o, const struct kf_plugin_handle *plugin,
                   const struct kf_yaml *options, const char *file, const char *dir,
                   const struct kf_column *column, uint32_t n, struct kf_error *err);
/* Cells are copied. */
int kf_outbox_row(struct kf_outbox *o, const struct kf_cell *cell, struct kf_error *err);
int kf_outbox_finish(struct kf_outbox *o, bool commit, struct kf_error *err);
/* Accepts a zeroed one; throws away what was not committed. */
void kf_outbox_free(struct kf_outbox *o);

/* SHA-256 of an identifier as advertising systems compare it (lower-case hex); a value that is 64
 * hex digits already stays. False: identifiers of this namespace are sent as they are (browser,
 * device and click ids mean nothing when hashed). */
bool kf_outbox_hash(struct kf_str ns, struct kf_str value, char out[65]);

#endif
