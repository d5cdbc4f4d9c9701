/* The canonical event as a connector sees it, and the field map that makes vendor records into
 * events.
 *
 * Wire names follow Segment's event spec; canonical paths are snake_case with the roots
 * properties., context., traits. and consent. (consent.PURPOSE = granted | denied). Only
 * fixed-width types and (pointer, length) texts. */
#ifndef KINFOLD_EVENT_H
#define KINFOLD_EVENT_H

#include <stdint.h>

#include <kinfold/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum kf_event_type {
    KF_EVENT_NONE = 0,
    KF_EVENT_IDENTIFY,
    KF_EVENT_TRACK,
    KF_EVENT_PAGE,
    KF_EVENT_SCREEN,
    KF_EVENT_GROUP,
    KF_EVENT_ALIAS,
    KF_EVENT_CONSENT,
    KF_EVENT_COST,
    KF_EVENT_ADJUSTMENT,
    KF_EVENT_TYPES
};

enum kf_platform {
    KF_PLATFORM_NONE = 0,
    KF_PLATFORM_WEB,
    KF_PLATFORM_IOS,
    KF_PLATFORM_ANDROID,
    KF_PLATFORM_SERVER
};

#define KF_NO_TIME INT64_MIN /* of times in nanoseconds UTC */

struct kf_text {
    const char *p; /* NULL: missing */
    uint64_t n;
};

/* Where a vendor field goes. */
enum kf_target {
    KF_TO_FIELD = 1,  /* canonical path `arg` ("properties.revenue") */
    KF_TO_IDENTIFIER, /* identifier of namespace `arg`; where also_field is set, kept under that
                         path as well */
    KF_TO_BELOW, /* an object: everything below keeps its name under the prefix `arg` ("properties",
                    "" for as it is) */
    KF_TO_TYPE,  /* "track", "identify", ... */
    KF_TO_NAME,  /* event name */
    KF_TO_MESSAGE_ID,
    KF_TO_TIME, /* when it happened; parsed by `format` (NULL: ISO 8601) */
    KF_TO_ORIGINAL_TIME,
    KF_TO_SENT,
    KF_TO_RECEIVED,
    KF_TO_PLATFORM, /* web, ios, android, server (also Web, iPhone, Android, ...) */
    KF_TO_CONSENT,  /* purpose `arg`; true/granted/yes/1 or false/denied/no/0 */
    KF_TO_SKIP      /* known and not kept */
};

enum kf_field_type {
    KF_FIELD_ANY = 0, /* as written: JSON types stay, CSV cells are text */
    KF_FIELD_TEXT,
    KF_FIELD_NUMBER,
    KF_FIELD_BOOL,
    KF_FIELD_MONEY,  /* number, perhaps written with a local decimal mark */
    KF_FIELD_MICROS, /* millionths of a unit, becomes units */
    KF_FIELD_TIME    /* parsed by `format`, kept as RFC 3339 UTC text */
};

struct kf_map {
    const char *path; /* vendor path: "context.campaign.gclid", a CSV column's header text; JSON
                         array element: "a[].b" */
    uint32_t target;  /* enum kf_target */
    uint32_t type;    /* enum kf_field_type, for KF_TO_FIELD */
    const char *arg;
    const char *also_field; /* KF_TO_IDENTIFIER: canonical path or NULL */
    const char *format; /* strptime-like for times, NULL: ISO 8601; KF_TO_BELOW: "snake" turns names
                           into snake_case */
    const char *
        null_text; /* CSV: this cell text is missing too ("NULL", "N/A"); empty is always missing */
};

/* One record while it becomes an event. The plugin's `finish` may change every member; texts that
 * it sets must live until it returns (kf_host.copy keeps them as long as the record). */
struct kf_record {
    uint32_t size;
    uint8_t type;     /* enum kf_event_type, 0: not said */
    uint8_t platform; /* enum kf_platform */
    uint8_t flags;
    uint8_t reserved;
    int64_t time, original_time, sent, received; /* KF_NO_TIME: not said */
    struct kf_text name;
    struct kf_text message_id; /* missing: the host derives it from the content */
    struct kf_text raw;        /* the record as the vendor wrote it */
    void *host;                /* the host's own; do not touch */
};

/* What `finish` answers for a record. */
enum kf_record_result {
    KF_RECORD_OK = 0, /* becomes an event */
    KF_RECORD_SKIP,   /* is nothing of ours (counted as skipped) */
    KF_RECORD_REJECT  /* goes to quarantine; err->message is the reason */
};

/* Functions of the host, given to `open`; valid for the life of the process. `rec` functions only
 * inside `finish`. */
struct kf_host {
    uint32_t size;
    uint32_t reserved;
    /* A canonical path or name as a number, for get/put. Any time. 0: table full. */
    uint32_t (*key)(const struct kf_host *h, const char *path);
    /* Text of a field put by the map so far (numbers as written); p NULL: missing. */
    struct kf_text (*get)(struct kf_record *rec, uint32_t key);
    /* Vendor column or top-level member by its own name, mapped or not; p NULL: missing. */
    struct kf_text (*raw_field)(struct kf_record *rec, const char *name);
    int32_t (*put_text)(struct kf_record *rec, uint32_t key, struct kf_text v);
    int32_t (*put_number)(struct kf_record *rec, uint32_t key, struct kf_text decimal);
    int32_t (*put_bool)(struct kf_record *rec, uint32_t key, int32_t v);
    int32_t (*put_time)(struct kf_record *rec, uint32_t key, int64_t t); /* kept as RFC 3339 text */
    int32_t (*remove)(struct kf_record *rec, uint32_t key);
    /* `ns`: namespace as text; also kept nowhere else. */
    int32_t (*put_identifier)(struct kf_record *rec, const char *ns, struct kf_text value);
    int32_t (*put_consent)(struct kf_record *rec, const char *purpose, int32_t granted);
    /* Emits the record as it stands as an event of its own; it stays and may be changed and emitted
     * again or returned OK. */
    int32_t (*emit)(struct kf_record *rec, struct kf_error *err);
    struct kf_text (*copy)(struct kf_record *rec, struct kf_text v);
    /* Times: format NULL is ISO 8601; zone NULL is the source's zone. KF_NO_TIME where it does not
     * parse. */
    int64_t (*parse_time)(struct kf_record *rec, struct kf_text v, const char *format);
    void (*debug)(const struct kf_host *h, const char *plugin, const char *message);
};

#ifdef __cplusplus
}
#endif
#endif
