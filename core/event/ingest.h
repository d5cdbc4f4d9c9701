/* Sources -> canonical events: reads files in parallel, drives connectors, quarantines what is
 * wrong, drops duplicates.
 *
 * Transport (files, globs, folders, stdin, gzip, zstd), splitting into records, JSON (simdjson) and
 * CSV readers and the field map are the host's; the connector brings its map and what is peculiar
 * to the vendor. */
#ifndef KF_EVENT_INGEST_H
#define KF_EVENT_INGEST_H

#include "config/config.h"
#include "event/events.h"
#include "plugin/loader.h"

/* A record that did not become an event. Texts live as long as the result. */
struct kf_quarantine {
    uint16_t source;
    uint32_t file;        /* dict.file */
    uint32_t record;      /* as in kf_event_at; 0: the file as a whole */
    const char *reason;   /* stable word: bad_json, no_time, bad_time, no_type, no_name, ragged_row,
                             bad_encoding, too_long, plugin, ... */
    struct kf_str detail; /* sentence */
    struct kf_str raw;    /* cut at 4 KiB */
};

/* What is known of a file that was read: a second run skips it unless it has changed. */
struct kf_ingest_file {
    uint16_t source;
    uint32_t file; /* dict.file */
    uint64_t size;
    int64_t mtime; /* ns; for people only, never part of a result */
    uint64_t hash; /* XXH3 of the content as stored on disk */
    uint32_t records, events, rejected, skipped;
};

struct kf_ingest_source {
    const struct kf_config_source *config;
    const struct kf_plugin_handle *plugin;
    uint64_t records, events, duplicates, rejected, skipped;
    int64_t last_event, last_received; /* KF_NO_TIME: none */
    uint64_t late;                     /* events received more than a day after they happened */
    /* The same of its events in all runs: a copy that came now may have replaced an earlier one. */
    uint64_t all_events, all_late;
    int64_t all_last_event, all_last_received;
};

struct kf_ingest_options {
    const struct kf_config *config;
    unsigned threads;
    int progress; /* 1: progress line on stderr */
    /* Files known from earlier runs (by source name, path and hash): not read again. Sorted; may be
     * NULL. */
    const struct kf_ingest_known {
        const char *source, *path;
        uint64_t size, hash;
    } * known;
    uint32_t n_known;
    volatile const int *stop; /* becomes 1 at SIGINT: finish the batch in hand and return what is
                                 there; 2: KF_E_INTERRUPTED */
    uint64_t max_record; /* bytes, 0: 64 MiB; longer ones are quarantined as too_long without being
                            held in memory */
    size_t chunk_size;   /* bytes read at a time, 0: 1 MiB; shows in no result */
};

struct kf_ingest_result {
    struct kf_ingest_source *source; /* one a source of the config, in its order */
    uint32_t n_source;
    struct kf_quarantine *quarantine; /* sorted by source, file name, record, reason */
    uint32_t n_quarantine;
    struct kf_ingest_file *file; /* files read now, sorted by source and name */
    uint32_t n_file;
    uint32_t skipped_files; /* known and unchanged */
    uint64_t bytes;         /* read from disk */
    uint64_t records, events, duplicates;
    bool interrupted; /* stopped early on request; what was read is whole files' or batches' worth
                         and consistent */
    struct kf_arena arena, *texts; /* what quarantine rows point to */
    uint32_t n_texts;
};

/* Reads every source of the config and appends to `into` (which may hold the events of earlier
 * runs: duplicates are found against them too). Deterministic up to the numbering of events,
 * symbols and identifiers: the set of events, what is kept of duplicates, counts and quarantine do
 * not depend on threads, file order or chunking. Of events with one id within one source the
 * earliest received is kept, then the bytewise least content; the others get `dropped`.
 * KF_E_NOINPUT: a source's path matches nothing; KF_E_IO; KF_E_INTERRUPTED (second signal). */
int kf_ingest_run(const struct kf_ingest_options *o,
                  const struct kf_plugin_handle *const *plugin_of_source, struct kf_events *into,
                  struct kf_ingest_result **ret, struct kf_error *err);
void kf_ingest_free(struct kf_ingest_result *r);
/* The result of reading nothing: figures of the sources over the events there are. */
void kf_ingest_none(const struct kf_config *c, struct kf_events *events,
                    struct kf_ingest_result **ret);
/* Works out the figures of the events that stay once more, after some were taken out: those from
 * number `first` on were read now. Duplicates stay as they were counted. */
void kf_ingest_recount(struct kf_ingest_result *r, const struct kf_events *e, uint32_t first);
/* Is there anything that `known` does not know? Looks at files (their hashes), reads no record.
 * Standard input and a connector's own transport can only be asked once and are always new.
 * KF_E_NOINPUT as above. */
int kf_ingest_pending(const struct kf_ingest_options *o,
                      const struct kf_plugin_handle *const *plugin_of_source, bool *ret,
                      struct kf_error *err);

/* One source from memory instead of files: connectors' self-tests, `plugin check`, fuzzing. */
int kf_ingest_buffer(const struct kf_config *c, const struct kf_config_source *source,
                     const struct kf_plugin_handle *plugin, const char *name, const void *data,
                     size_t len, struct kf_events *into, struct kf_ingest_result **ret,
                     struct kf_error *err);

/* An event as one line of canonical JSON (sorted keys, exact numbers), for goldens, export and
 * explain. */
void kf_event_json(const struct kf_events *e, uint32_t event, struct kf_buf *out);

#endif
