/* The one SQLite file. All SQL lives in this folder.
 *
 * A whole run writes FILE.new in bulk and swaps it in (core/store/publish); readers open read-only.
 * Schema version in PRAGMA user_version with forward migrations; a newer file is refused with a
 * sentence. */
#ifndef KF_STORE_STORE_H
#define KF_STORE_STORE_H

#include "decide/decide.h"
#include "event/ingest.h"
#include "profile/world.h"

#define KF_STORE_VERSION 4

struct kf_store;

/* Opens for reading. KF_E_NOINPUT: no store yet ("run 'kinfold run' first"); KF_E_CONFIG: newer
 * version, no Kinfold store; KF_E_DATA: damaged. A left-over FILE.new is harmless and removed by
 * the next run. */
int kf_store_open(const char *path, struct kf_store **ret, struct kf_error *err);
void kf_store_close(struct kf_store *s);

/* Dictionaries, identifiers and all events of the log, with the numbers they were stored with;
 * further events may be appended. Two threads unpack. `events` is owned by the caller (with its
 * dictionaries). */
int kf_store_load_events(struct kf_store *s, unsigned threads, struct kf_events **ret,
                         struct kf_error *err);

/* Frees events together with their dictionaries and identifiers (all three from the heap, as
 * kf_store_load_events makes them). Accepts NULL. */
void kf_store_events_free(struct kf_events *e);

/* What the last run knew. Texts live as long as the store is open. */
struct kf_store_run {
    int64_t number;
    char rules_digest[65], config_digest[65], data_digest[65];
    int64_t as_of;
    const char *engine;
    uint64_t events, profiles, identifiers, quarantined, duplicates;
    uint32_t decisions, erasures; /* of the stewards' log and the receipts: what it counted in */
};
int kf_store_last_run(struct kf_store *s, struct kf_store_run *ret, struct kf_error *err);
/* Rule files as they were at the last run. */
int kf_store_rules(struct kf_store *s, const struct kf_rules_text **ret, uint32_t *ret_n,
                   struct kf_error *err);
int kf_store_known_files(struct kf_store *s, const struct kf_ingest_known **ret, uint32_t *ret_n,
                         struct kf_error *err);
/* For reports: runs one of the named queries of queries.h (or any SQL that a person wrote: nothing
 * can be changed through it) and calls back a row; columns as texts (NULL: null), valid until the
 * call back returns, which stops with a negative code. */
typedef int (*kf_store_row)(void *ctx, int n, const char *const *value, const char *const *name);
int kf_store_query(struct kf_store *s, const char *sql, kf_store_row row, void *ctx,
                   struct kf_error *err);
/* The same with values for ?1, ?2, ... (NULL: null). */
int kf_store_ask(struct kf_store *s, const char *sql, const char *const *arg, int n_arg,
                 kf_store_row row, void *ctx, struct kf_error *err);

/* Writing a run: begin -> chunks (as a kf_decide_sink) -> finish. Everything goes to FILE.new;
 * nothing is visible before finish. */
struct kf_store_writer;
struct kf_publish;       /* core/store/publish.h: run lock, FILE.new, swap */
struct kf_store_erasure; /* core/store/steward.h */
struct kf_approvals;     /* core/config/approval.h */
struct kf_store_write_options {
    struct kf_publish
        *publish; /* begun by the caller, who also ends it; the file is built at its new path */
    const struct kf_world *world;
    const struct kf_decide *decide;
    const struct kf_ingest_result
        *ingest;                     /* of this run; NULL: nothing was read (rules changed only) */
    const struct kf_store *previous; /* earlier run whose quarantine, files and run history are
                                        carried over; NULL: none */
    const char *compression;         /* none, fast (default), small */
    const char *config_digest;
    /* Who is erased for good: what is carried over is cleaned of them, too. NULL: nobody */
    const struct kf_store_erasure *erasure;
    const struct kf_approvals *approvals; /* copied into the table `approval`; NULL: none */
    uint32_t decisions; /* number of the newest entry of the stewards' log; 0: none */
    int64_t at;         /* when the run is made, for people; 0: not said. Enters no result */
    /* Who has it stored although a quality gate is shut, and why; NULL: no gate is */
    const char *despite_by, *despite;
    bool durable; /* fsync; default true */
    bool links;   /* write the link table */
    unsigned threads;
};
int kf_store_write_begin(const struct kf_store_write_options *o, struct kf_store_writer **ret,
                         struct kf_error *err);
/* kf_decide_sink.prepare and .chunk, with the writer as ctx: the first packs the events of the
 * profiles while they are in the cache; left out, the second does. */
int kf_store_write_prepare(void *writer, unsigned worker, uint32_t from, uint32_t to,
                           struct kf_error *err);
int kf_store_write_chunk(void *writer, const struct kf_decided *c, struct kf_error *err);
/* publish true: indexes, fsync, kf_publish_commit. false: throw FILE.new away. Frees the writer in
 * both cases. */
int kf_store_write_finish(struct kf_store_writer *w, bool publish, struct kf_error *err);

#endif
