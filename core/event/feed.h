/* The files of the sources as chunks of whole records, in order: transport, decompression,
 * encodings, splitting.
 *
 * kf_feed_next may be called from many threads (one lock inside); a chunk belongs to its caller
 * until he asks for the next with it. Nothing is held in memory but chunks, so a file may be of any
 * size. What is wrong with a file as a whole is a notice, which becomes a quarantine row; what was
 * read before it stays. What becomes of a record depends on its bytes, never on where a chunk
 * ends. */
#ifndef KF_EVENT_FEED_H
#define KF_EVENT_FEED_H

#include "base/error.h"
#include "config/config.h"
#include "event/events.h"
#include "event/ingest.h"

#include <kinfold/plugin.h>

/* Names of a table's columns; immutable, lives as long as the feed. */
struct kf_header {
    struct kf_str *name;
    uint32_t n;
    struct kf_header *next;
};

struct kf_span {
    size_t at, n;
};

/* What the feed knows to be no record: longer than is allowed, or with a quote that never closes.
 * The reader refuses it, so that it has its place among the others. */
struct kf_lost {
    size_t at, n; /* without the line break; of a long one the beginning is all that is here */
    size_t shown; /* bytes that are kept of it */
    const char *reason, *detail;
};

struct kf_chunk {
    char *buf; /* readable, and NUL, for 64 bytes behind len */
    size_t len, cap;
    uint32_t number;      /* of all chunks, in the order of the files */
    uint32_t source;      /* index in the configuration */
    uint32_t file;        /* index of kf_feed_file; UINT32_MAX: from a connector's own transport */
    uint32_t file_symbol; /* dict.file */
    uint32_t line;        /* CSV: of the file, on which the chunk begins; JSON: 0, readers count */
    bool by_value;        /* records are the spans, not lines */
    struct kf_span *span;
    size_t n_span, cap_span;
    struct kf_lost *lost; /* ascending; by_value: each is a span too */
    size_t n_lost, cap_lost;
    const struct kf_header *header; /* CSV */
};

/* Something wrong with a file: empty_file, unreadable, binary_file, truncated, damaged, no_header,
 * or a line above the header. */
struct kf_feed_notice {
    struct kf_quarantine row;
    uint32_t file;  /* index of kf_feed_file */
    uint32_t chunk; /* at_end: the one in hand */
    bool at_end;    /* row.record is open: where the record behind the last of the file would be */
};

struct kf_feed_source {
    const struct kf_config_source *config;
    const struct kf_plugin_handle *plugin;
    struct kf_shape shape;
    void *instance; /* that shape belongs to; pulls where the connector has its own transport */
};

struct kf_feed_setup {
    const struct kf_ingest_options *options;
    const struct kf_feed_source *source;
    uint32_t n_source;
    struct kf_dict *dict;
    /* Instead of files: one text as the only file of source 0. */
    const void *data;
    size_t data_len;
    const char *data_name;
};

struct kf_feed;
/* Finds the files of every source. KF_E_NOINPUT: a path matches nothing. */
int kf_feed_new(const struct kf_feed_setup *s, struct kf_feed **ret, struct kf_error *err);
void kf_feed_free(struct kf_feed *f);

/* 1: *c holds records; 0: all is read (or stopped); negative: KF_E_IO, or an error of a connector's
 * own transport. *c starts zeroed and is reused; kf_chunk_free. */
int kf_feed_next(struct kf_feed *f, struct kf_chunk *c, struct kf_error *err);
void kf_chunk_free(struct kf_chunk *c);

/* When all is read: */
const struct kf_ingest_file *kf_feed_files(const struct kf_feed *f,
                                           uint32_t *ret_n); /* in the order of `file` */
const struct kf_feed_notice *kf_feed_notices(const struct kf_feed *f, uint32_t *ret_n);
uint32_t kf_feed_chunks(const struct kf_feed *f);
uint32_t kf_feed_skipped(const struct kf_feed *f);
uint64_t kf_feed_bytes(const struct kf_feed *f);
bool kf_feed_stopped(const struct kf_feed *f);
/* dict.file of the file that was being read when the feed stopped; UINT32_MAX: none. */
uint32_t kf_feed_unfinished(const struct kf_feed *f);
/* Instead of reading: is any file not known? */
bool kf_feed_pending(const struct kf_feed *f);

#endif
