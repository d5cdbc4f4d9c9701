/* One thread's reader of one source: its connector instance, compiled map, builder, and what it has
 * made of the chunk in hand.
 *
 * Chunks come from core/event/feed; kf_reader_chunk turns one into events (columns of `out`) and
 * quarantine rows. Lines of JSON are counted from the chunk's beginning, those of CSV from the
 * file's (kf_chunk.line). Identifiers are looked up in groups (idents.h), so bodies of the last
 * records are complete only when kf_reader_chunk has returned. */
#ifndef KF_EVENT_READER_H
#define KF_EVENT_READER_H

#include "base/vec.h"
#include "event/feed.h"
#include "event/hand.h"
#include "event/idents.h"
#include "event/ingest.h"
#include "event/json_walk.h"

#define KF_RAW_MAX 4096u /* bytes of a quarantined record that are kept */

/* A quarantine row before the place of its record is known. */
struct kf_refused {
    struct kf_quarantine row;
    uint32_t chunk; /* number of the chunk its record is counted from */
};

struct kf_waiting {   /* an identifier whose number is not known yet */
    uint8_t *body_at; /* NULL: not a field */
    uint64_t pool_at; /* of out->id_pool, UINT64_MAX: not listed */
};

struct kf_reader {
    struct kf_hand hand;
    struct kf_walk walk;
    size_t record_i; /* position of the record's '{', for raw_field */
    struct kf_trie *trie;
    struct kf_simd *simd;
    struct kf_shape shape;
    struct kf_symcache names;
    const struct kf_plugin_handle *plugin;
    void *instance;
    uint16_t index, source; /* in the configuration, in the dictionary (- 1) */
    struct kf_dict *dict;
    struct kf_idents *idents;
    struct kf_event_builder *b;
    struct kf_arena *bodies; /* the thread's, shared by its readers */
    struct kf_arena keep;
    struct kf_zone *own_zone;
    const struct kf_zone *zone; /* of times without offset */
    kf_vec(struct kf_ident_want) want;
    kf_vec(struct kf_waiting) waiting;
    /* results of the chunk */
    struct kf_events *out;
    kf_vec(uint64_t) id_hash; /* of each event's id and source, for finding duplicates */
    kf_vec(struct kf_refused) refused;
    struct kf_arena *texts; /* of quarantine rows; the thread's */
    uint32_t records, events, rejected, skipped;
    uint32_t file, record, chunk;
    struct kf_str raw;
    /* CSV */
    struct kf_edge **column;
    bool no_column; /* of the header is wanted by anybody */
    const struct kf_header *header;
    struct kf_str *cell;
    uint32_t n_cell, cap_cell;
};

/* The host as one run's connectors see it: names are numbered in that run's dictionaries. Outlives
 * every instance. */
struct kf_run_host {
    struct kf_host pub; /* first: connectors hand it back */
    struct kf_dict *dict;
};
void kf_run_host_init(struct kf_run_host *h, struct kf_dict *dict);

struct kf_reader_setup {
    const struct kf_run_host *host;
    const struct kf_config *config;
    const struct kf_config_source *source;
    const struct kf_plugin_handle *plugin;
    const struct kf_option_value *values;
    struct kf_dict *dict;
    struct kf_idents *idents;
    struct kf_events *out;
    struct kf_arena *bodies, *texts;
    uint16_t index;
};

/* Opens an instance of the connector. Errors are its own, KF_E_CONFIG (shape) or KF_E_NOMEM. */
int kf_reader_new(const struct kf_reader_setup *s, struct kf_reader **ret, struct kf_error *err);
void kf_reader_free(struct kf_reader *r);
/* Opens an instance and asks it for its shape, checked. */
int kf_reader_open(const struct kf_run_host *host, const struct kf_plugin_handle *plugin,
                   const struct kf_option_value *values, const struct kf_config_source *source,
                   void **ret_instance, struct kf_shape *ret_shape, struct kf_error *err);

/* Clears the results of the chunk before. KF_E_LIMIT: more names or identifiers than can be
 * numbered. */
int kf_reader_chunk(struct kf_reader *r, const struct kf_chunk *c, struct kf_error *err);

/* ---- between the files of the reader ---- */

void kf_reader_json(struct kf_reader *r, const struct kf_chunk *c);
void kf_reader_csv(struct kf_reader *r, const struct kf_chunk *c);
/* The record's fields are there: asks `finish`, then makes the event or the quarantine row. */
void kf_reader_finish(struct kf_reader *r, bool ok);
void kf_reader_flush(struct kf_reader *r);
/* Makes an event of the record as it stands. False: reason in the hand. */
bool kf_reader_emit(struct kf_reader *r);
void kf_reader_refuse(struct kf_reader *r, const char *reason, const char *detail);
/* Refuses what the feed has found to be no record; r->record is its place. */
void kf_reader_lose(struct kf_reader *r, const struct kf_chunk *c, const struct kf_lost *l);
struct kf_str kf_reader_cell(const struct kf_reader *r,
                             struct kf_str name); /* p NULL: no such column */

#endif
