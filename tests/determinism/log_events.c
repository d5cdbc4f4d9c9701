/* Prints the events of a store as lines of canonical JSON, in the order of its log:  log_events
 * STORE */
#include "event/ingest.h"
#include "store/store.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_store *store = NULL;
    struct kf_events *e = NULL;
    struct kf_buf line = {0};
    if (argc != 2)
        return 64;
    int rc = kf_store_open(argv[1], &store, &err);
    if (rc == 0)
        rc = kf_store_load_events(store, 1, &e, &err);
    for (uint32_t i = 0; rc == 0 && i < e->n; i++) {
        kf_buf_clear(&line);
        kf_event_json(e, i, &line);
        kf_buf_addc(&line, '\n');
        fwrite(line.p, 1, line.n, stdout);
    }
    if (rc)
        fprintf(stderr, "log_events: %s\n", err.message);
    kf_buf_free(&line);
    kf_store_events_free(e);
    kf_store_close(store);
    return rc ? kf_error_exit(rc) : 0;
}
