/* The plugin ABI. A connector is one shared object that exports one function:
 *
 *     KF_PLUGIN_EXPORT const struct kf_plugin *kf_plugin_main(void);
 *
 * The first five members of struct kf_plugin (the head) are frozen for ever. The host copies
 * min(size, its own size) into a zeroed struct, so newer and older plugins of one major load. Major
 * differs: refused with a sentence. Members are only added at the end of structs, which raises the
 * minor. Nothing but fixed-width types, (pointer, length) texts and opaque handles crosses.
 * Instances are never called from two threads at once; a source may be opened several times in
 * parallel and must keep all state in its instance. No state outside `instance`, no output, no
 * signal handlers, no exit. */
#ifndef KINFOLD_PLUGIN_H
#define KINFOLD_PLUGIN_H

#include <kinfold/error.h>
#include <kinfold/event.h>
#include <kinfold/option.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KF_PLUGIN_MAGIC 0x4b464c44u /* "KFLD" */
#define KF_PLUGIN_MAJOR 1
#define KF_PLUGIN_MINOR 0

enum kf_plugin_kind { KF_PLUGIN_SOURCE = 1, KF_PLUGIN_DESTINATION = 2 };

enum kf_source_result { KF_SOURCE_OK = 0, KF_SOURCE_AGAIN, KF_SOURCE_DONE, KF_SOURCE_FAIL };
enum kf_destination_result { KF_DEST_OK = 0, KF_DEST_RETRY, KF_DEST_REJECT };

enum kf_format {
    KF_FORMAT_JSON = 1, /* one object a line; also one array, and {"<batch_path>": [...]} */
    KF_FORMAT_CSV = 2
};

/* How the records of an opened source look; filled by `shape`. Everything lives as long as the
 * instance. */
struct kf_shape {
    uint32_t size;
    uint32_t format; /* enum kf_format */
    const struct kf_map *map;
    uint32_t map_len;
    /* CSV */
    uint8_t delimiter;      /* 0: , */
    uint8_t quote;          /* 0: " */
    uint8_t no_header;      /* 1: columns are named 1, 2, 3, ... */
    uint8_t decimal;        /* decimal mark of numbers and money, 0: . */
    const char *encoding;   /* "utf-8" (default; a BOM wins), "latin-1", "utf-16" */
    const char *skip_until; /* CSV: lines before the first that starts with this are skipped (report
                               titles); NULL: none */
    /* JSON */
    const char *batch_path; /* member that holds an array of records; its siblings are defaults of
                               each record */
    const char *unmapped;   /* canonical prefix for members and columns that no map row names
                               ("traits"), NULL: dropped */
    const char *zone;       /* IANA name for times without offset; NULL: the workspace's */
};

struct kf_source_ops {
    uint32_t size;
    uint32_t reserved;
    int32_t (*open)(const struct kf_host *host, const struct kf_option_value *values,
                    void **ret_instance, struct kf_error *err);
    int32_t (*shape)(void *instance, struct kf_shape *ret, struct kf_error *err);
    /* Optional: what is peculiar to the vendor, after the map was applied. enum kf_record_result.
     */
    int32_t (*finish)(void *instance, struct kf_record *rec, struct kf_error *err);
    /* Optional: own transport. enum kf_source_result; OK: *ret holds whole records in JSON, the
     * only format for it, valid until the next call. NULL: the host reads the `path` of
     * kinfold.yaml (files, globs, folders, stdin, gzip, zstd). */
    int32_t (*pull)(void *instance, struct kf_text *ret, struct kf_error *err);
    void (*close)(void *instance); /* accepts half-opened instances */
    /* Optional: asked once an instance for each column or top-level member that no row of the map
     * names. Fills a row (its path is `name`; texts live as long as the instance) and returns 1; 0:
     * what kf_shape.unmapped says. NULL: always 0. */
    int32_t (*column)(void *instance, const char *name, struct kf_map *ret);
};

enum kf_cell_type {
    KF_CELL_NULL = 0,
    KF_CELL_TEXT,
    KF_CELL_NUMBER,
    KF_CELL_BOOL,
    KF_CELL_TIME,
    KF_CELL_LIST
};
struct kf_cell {
    uint32_t type; /* NUMBER: decimal text; TIME: RFC 3339 text; LIST: JSON text; BOOL: "true" /
                      "false" */
    uint32_t reserved;
    struct kf_text text;
};
struct kf_column {
    const char *name;
    uint32_t type;       /* enum kf_cell_type of its values */
    uint32_t identifier; /* 1: an identifier (may be hashed by the host before it arrives here) */
};
struct kf_row {
    const struct kf_cell *cell; /* as many as columns */
    uint64_t cells;
};

struct kf_destination_ops {
    uint32_t size;
    uint32_t reserved;
    int32_t (*open)(const struct kf_host *host, const struct kf_option_value *values,
                    const struct kf_column *columns, uint64_t n_columns, void **ret_instance,
                    struct kf_error *err);
    /* results[i]: enum kf_destination_result of rows[i]. 0 or KF_E_*: the whole call failed,
     * nothing is known of the rows. */
    int32_t (*write)(void *instance, const struct kf_row *rows, uint64_t n, int32_t *results,
                     struct kf_error *err);
    /* commit 1: make what was written visible at once (rename, transaction); 0: throw it away. */
    int32_t (*finish)(void *instance, int32_t commit, struct kf_error *err);
    void (*close)(void *instance);
};

struct kf_plugin {
    /* frozen head */
    uint32_t magic;
    uint16_t major;
    uint16_t minor;
    uint32_t size; /* sizeof(struct kf_plugin) of the plugin */
    uint32_t kind; /* enum kf_plugin_kind */
    /* since 1.0 */
    const char *name;       /* same as the file: source_segment */
    const char *version;    /* of the plugin */
    const char *summary;    /* one sentence */
    const char *formats;    /* "JSON lines, gzip, zstd" */
    const char *vendor_doc; /* vendor documentation and its version that field names come from */
    const struct kf_option *options; /* ends with KF_OPTION_END */
    const struct kf_source_ops *source;
    const struct kf_destination_ops *destination;
};

#define KF_PLUGIN_HEAD_SIZE 16u

#ifdef __cplusplus
#define KF_PLUGIN_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define KF_PLUGIN_EXPORT __attribute__((visibility("default")))
#endif

/* The one exported function. */
#define KF_PLUGIN_SYMBOL "kf_plugin_main"

#ifdef __cplusplus
}
#endif
#endif
