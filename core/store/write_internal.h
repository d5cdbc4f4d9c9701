/* What the parts of the writer share. write.c: life of a run; write_rows.c: decided profiles as
 * they come; write_blocks.c: their events; write_log.c: identifiers, by threads of their own while
 * profiles are being decided; write_small.c: everything small, through SQL once the bulk is in. */
#ifndef KF_STORE_WRITE_INTERNAL_H
#define KF_STORE_WRITE_INTERNAL_H

#include "base/vec.h"
#include "store/block.h"
#include "store/bulk.h"
#include "store/publish.h"
#include "store/schema.h"
#include "store/sort.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>

#define KF_STORE_MODULE "store"

/* A table and the index over its profile column, filled together: rows come in profile order. */
struct kf_store_table {
    struct kf_bulk_tree *rows, *by_profile;
};

struct kf_store_member { /* an entry of membership_rule to be */
    uint32_t profile, row;
};

struct kf_store_band { /* a band of a score: its name is a text of the rules */
    struct kf_str name;
    uint64_t n;
};
struct kf_store_count { /* what a rule came to */
    uint64_t members, undecided, lacking;
    kf_vec(struct kf_store_band) band;
};

struct kf_store_task {
    int (*run)(struct kf_store_writer *w, struct kf_store_task *t, struct kf_error *err);
    uint32_t part;
};

/* Blocks of the log: which events, of which profiles. */
struct kf_store_span {
    const uint32_t *event;
    uint32_t n;
    uint32_t first_profile, last_profile; /* KF_ID_NONE: nobody's */
    int64_t first, last;                  /* times, once packed */
};

/* Blocks of one chunk of profiles, packed by its worker. */
struct kf_store_place {
    uint32_t span;
    size_t at, n, raw; /* in `data`; before compression */
};
struct kf_store_packed {
    struct kf_packer *packer;
    kf_vec(struct kf_store_place) block;
    struct kf_buf data;
    bool ready; /* for the chunk that comes next */
};
#define KF_STORE_WORKERS 16u /* deciding at the same time, at most */

/* Identifiers of one namespace in order of their values. */
struct kf_store_sorted {
    kf_vec(struct kf_sort_entry) entry;
    uint32_t ns; /* symbol */
};

struct kf_store_writer {
    struct kf_store_write_options o;
    const char *path; /* of the new file */
    enum kf_compression compression;
    struct kf_arena arena;
    struct kf_bulk *bulk;

    /* write_rows.c: only inside the sink's serialised calls */
    const struct kf_column_def *def;
    const struct kf_profile_column *column;
    uint32_t n_columns;
    struct kf_bulk_tree *profile, *profile_by_id, *membership_rule;
    struct kf_store_table touch, membership, without_consent, suppression, consent, eligibility,
        undecided;
    uint32_t next_profile;
    kf_vec(struct kf_store_member) * members; /* a list per rule */
    struct kf_buf text;
    struct kf_store_count *count; /* one a rule; write_history.c */

    /* write_blocks.c */
    struct kf_store_span *span;
    uint32_t n_span, n_owned, n_parts; /* n_owned: the first ones, of profiles */
    uint32_t *nobody;                  /* events without a profile */
    struct kf_bulk_tree **part;        /* of event_block: of profiles, then one a task */
    struct kf_bulk_tree *block_profile;
    struct kf_store_packed packed[KF_STORE_WORKERS];

    /* write_log.c */
    struct kf_bulk_tree *identifier, *identifier_profile, *identifier_value;
    struct kf_store_sorted *sorted; /* one a namespace symbol */
    uint32_t n_sorted;
    uint32_t *ns_symbol; /* namespace of the rules -> symbol */
    uint64_t n_events, n_identifiers;

    /* write_evidence.c */
    struct kf_bulk_tree *link, *link_refused, *identifier_span, *shared_identifier, *fraud, *flag,
        *symbol;

    /* tasks: handed out in order, so that what a task waits for is under way */
    struct kf_store_task *task;
    uint32_t n_tasks, next_task, sorted_done;
    bool identifiers_done;
    pthread_mutex_t lock;
    pthread_cond_t change;
    pthread_t *thread;
    unsigned n_threads;
    atomic_bool stop;
    int code; /* first failure of a task, with its error */
    struct kf_error err;
};

static inline bool kf_store_stopped(struct kf_store_writer *w)
{
    return atomic_load_explicit(&w->stop, memory_order_relaxed);
}

/* Instants of a run as the store keeps them; rounded down, so that order is kept. */
static inline int64_t kf_store_ms(int64_t ns)
{
    int64_t q = ns / 1000000;
    return q - (ns % 1000000 < 0);
}
/* The same as a column; the ends of time are null. */
static inline void kf_store_put_ms(struct kf_bulk_tree *t, int64_t ns)
{
    if (ns == KF_TIME_MAX || ns == KF_TIME_MIN)
        kf_bulk_null(t);
    else
        kf_bulk_int(t, kf_store_ms(ns));
}
static inline void kf_store_put_str(struct kf_bulk_tree *t, struct kf_str s)
{
    if (s.p)
        kf_bulk_text(t, s.p, s.n);
    else
        kf_bulk_null(t);
}
static inline void kf_store_put_z(struct kf_bulk_tree *t, const char *z)
{
    kf_store_put_str(t, kf_str(z, z ? strlen(z) : 0));
}
/* Numbers of identifiers and profiles: KF_ID_NONE is null. Identifiers are stored from 1, so that 0
 * is nobody's. */
static inline void kf_store_put_id(struct kf_bulk_tree *t, uint32_t id)
{
    if (id == KF_ID_NONE)
        kf_bulk_null(t);
    else
        kf_bulk_int(t, (int64_t)id + 1);
}
static inline void kf_store_put_number(struct kf_bulk_tree *t, uint32_t n)
{
    if (n == KF_ID_NONE)
        kf_bulk_null(t);
    else
        kf_bulk_int(t, n);
}

/* write_rows.c */
int kf_store_rows_begin(struct kf_store_writer *w, struct kf_error *err);
int kf_store_rows_chunk(struct kf_store_writer *w, const struct kf_decided *c,
                        struct kf_error *err);
/* After the last chunk: what had to wait for all of them. */
int kf_store_rows_end(struct kf_store_writer *w, struct kf_error *err);
void kf_store_rows_free(struct kf_store_writer *w);

/* write_blocks.c. _chunk: the rows of what kf_store_write_prepare has packed; _write: a task. */
int kf_store_span_events(struct kf_store_writer *w, struct kf_error *err);
int kf_store_blocks_begin(struct kf_store_writer *w, struct kf_error *err);
int kf_store_blocks_chunk(struct kf_store_writer *w, const struct kf_decided *c,
                          struct kf_error *err);
int kf_store_blocks_write(struct kf_store_writer *w, struct kf_store_task *t, struct kf_error *err);
int kf_store_blocks_end(struct kf_store_writer *w, struct kf_error *err);
void kf_store_blocks_free(struct kf_store_writer *w);

/* write_log.c: fills the task list; _end joins the parts once all tasks are done. */
int kf_store_log_begin(struct kf_store_writer *w, struct kf_error *err);
int kf_store_log_end(struct kf_store_writer *w, struct kf_error *err);
void kf_store_log_free(struct kf_store_writer *w);

/* write_evidence.c: one task, for what is behind the identities and verdicts, and the dictionaries.
 */
int kf_store_evidence_begin(struct kf_store_writer *w, struct kf_error *err);
int kf_store_evidence_write(struct kf_store_writer *w, struct kf_store_task *t,
                            struct kf_error *err);

/* write_erase.c: what was carried over is cleaned of whoever is erased, and the receipt is put. */
int kf_store_erase_write(struct kf_store_writer *w, sqlite3 *db, struct kf_error *err);
/* steward.c */
struct kf_receipt;
struct kf_tombstone;
int kf_receipt_insert(sqlite3 *db, const struct kf_receipt *r, const struct kf_tombstone *t,
                      uint32_t n, struct kf_error *err);

/* write_history.c: counts while profiles are decided, then writes what this run and those before
 * came to. */
int kf_store_history_begin(struct kf_store_writer *w, struct kf_error *err);
void kf_store_history_chunk(struct kf_store_writer *w, const struct kf_decided *c);
int kf_store_history_write(struct kf_store_writer *w, sqlite3 *db, int64_t run,
                           struct kf_error *err);
void kf_store_history_free(struct kf_store_writer *w);

/* write_delivered.c: which source delivers what. */
int kf_store_delivered_write(struct kf_store_writer *w, sqlite3 *db, struct kf_error *err);

/* write_small.c: into the file that the bulk has left. */
int kf_store_small_write(struct kf_store_writer *w, struct kf_error *err);

#endif
