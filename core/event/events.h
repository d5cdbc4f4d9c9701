/* Canonical events in columns and arenas: the one form in which events exist between reading and
 * the store.
 *
 * Filled by core/event/ingest (parallel) or core/store (from the packed log), then immutable and
 * readable by any thread. Symbol and identifier numbers depend on who came first: nothing may be
 * ordered by them, only by the texts behind them. */
#ifndef KF_EVENT_EVENTS_H
#define KF_EVENT_EVENTS_H

#include "base/arena.h"
#include "base/decimal.h"
#include "base/intern.h"
#include "base/str.h"
#include "base/time.h"

#include <kinfold/event.h>

/* Texts shared by all events of a store. */
struct kf_dict {
    struct kf_symbols
        *key; /* canonical paths: properties.revenue, context.ip, traits.email, consent.marketing */
    struct kf_symbols *name;   /* event names (of page/screen/identify: their name, or empty) */
    struct kf_symbols *value;  /* texts that repeat, as the encoder sees fit */
    struct kf_symbols *ns;     /* identifier namespaces as connectors write them */
    struct kf_symbols *source; /* names of sources */
    struct kf_symbols *file;   /* provenance: file names */
};
/* New dictionaries in which the well-known keys of keys.h have their fixed numbers. */
int kf_dict_init(struct kf_dict *d);
void kf_dict_free(struct kf_dict *d);

/* Raw identifiers (namespace, value as written, trimmed of nothing), each once; numbers from 0.
 * Shared by threads while reading. */
struct kf_idents;
struct kf_idents *kf_idents_new(void);
void kf_idents_free(struct kf_idents *t);
uint32_t kf_idents_add(struct kf_idents *t, uint32_t ns,
                       struct kf_str value); /* thread-safe; UINT32_MAX: full */
uint32_t kf_idents_find(const struct kf_idents *t, uint32_t ns, struct kf_str value);
uint32_t kf_idents_count(
    const struct kf_idents *t); /* numbers 0 .. count - 1 are in use once reading is over */
uint32_t kf_idents_ns(const struct kf_idents *t, uint32_t id);
struct kf_str kf_idents_value(const struct kf_idents *t, uint32_t id);

/* An event's body: the packed list of its fields, the same bytes in memory and in the log.
 *   body  := length:varint field*          (length of what follows)
 *   field := key:varint value              (key: symbol of dict.key)
 *   value := type:u8 data
 * KF_V_TEXT len:varint bytes | KF_V_SYM varint (dict.value) | KF_V_IDENT varint (number of
 * kf_idents: its raw value) | KF_V_DEC scale:u8 zigzag-varint mantissa | KF_V_DOUBLE 8 bytes LE |
 * KF_V_TRUE | KF_V_FALSE | KF_V_NULL | KF_V_LIST bytes:varint count:varint value* | KF_V_OBJ
 * bytes:varint field* (only inside lists; keys are relative paths, also symbols of dict.key:
 * "product_id"). Objects outside lists are flattened into dotted keys. Fields stand in the order of
 * the record; a key occurs once (the last wins). */
enum kf_vtype {
    KF_V_NULL = 0,
    KF_V_FALSE,
    KF_V_TRUE,
    KF_V_DEC,
    KF_V_DOUBLE,
    KF_V_TEXT,
    KF_V_SYM,
    KF_V_IDENT,
    KF_V_LIST,
    KF_V_OBJ
};

/* A decoded value; texts point into the body or a dictionary. */
struct kf_val {
    uint8_t type;   /* KF_V_TEXT for all three text forms; LIST and OBJ: bytes in text */
    uint32_t count; /* LIST: elements */
    struct kf_str text;
    struct kf_dec dec; /* DEC */
    double num;        /* DOUBLE */
    uint32_t sym;      /* number if it was a SYM (equal numbers are equal texts), 0 otherwise */
};

/* What of an event few conditions ask for, and the log wants whole: one line of memory where
 * columns would be six. */
struct kf_event_at {
    int64_t received; /* ns UTC; equal to time where the source says nothing */
    uint32_t id_off;  /* first of its raw identifiers in id_pool */
    uint32_t file;    /* dict.file; 0: unknown */
    uint32_t record;  /* line of the file on which the record begins, 1-based: what an editor shows;
                         of a JSON file that is one list or indented, the number of the value */
    uint16_t id_n;
    uint16_t source; /* dict.source - 1: number of the source */
};

/* What most conditions ask for. */
struct kf_event_what {
    const uint8_t *body;
    uint32_t name;    /* dict.name; 0: none */
    uint8_t type;     /* enum kf_event_type */
    uint8_t platform; /* enum kf_platform */
};

struct kf_events {
    struct kf_dict *dict;
    struct kf_idents *idents;
    uint32_t n, cap;
    int64_t *time; /* ns UTC */
    struct kf_event_what *what;
    struct kf_event_at *at;
    uint32_t *id_pool;
    uint64_t id_pool_n, id_pool_cap;
    uint8_t *dropped; /* 1: duplicate, replaced by another copy; not part of anything below */
    uint64_t earlier_copies; /* that earlier runs have dropped; not among the events */
    struct kf_arena *arenas; /* bodies */
    uint32_t n_arenas;
};

/* Walk the fields of a body. `at` starts NULL; false at the end. */
bool kf_body_next(const struct kf_events *e, uint32_t event, const uint8_t **at, uint32_t *ret_key,
                  struct kf_val *ret);
/* The same for those fields whose key's byte in `wanted` [n_keys] is not 0: what nobody asks for is
 * passed over without looking its text up. */
bool kf_body_next_of(const struct kf_events *e, uint32_t event, const uint8_t *wanted,
                     uint32_t n_keys, const uint8_t **at, uint32_t *ret_key, struct kf_val *ret);
/* One field by key; false: absent (an explicit null is found, type KF_V_NULL). */
bool kf_body_get(const struct kf_events *e, uint32_t event, uint32_t key, struct kf_val *ret);
/* Elements of a list value (text: its elements' bytes; count: how many); `at` starts NULL. */
bool kf_list_next(const struct kf_events *e, const struct kf_val *list, const uint8_t **at,
                  struct kf_val *ret);
/* A field of an object inside a list, by relative key. */
bool kf_obj_get(const struct kf_events *e, const struct kf_val *obj, uint32_t key,
                struct kf_val *ret);
size_t kf_body_size(const uint8_t *body); /* with its length prefix */
/* The event's own id (message id; derived from content where the vendor has none). */
struct kf_str kf_event_id(const struct kf_events *e, uint32_t event);
/* Order of the fold: time, event id bytes, source name. */
int kf_event_cmp(const struct kf_events *e, uint32_t a, uint32_t b);
const char *kf_event_type_name(uint8_t type);    /* "track" */
uint8_t kf_event_type_parse(struct kf_str name); /* KF_EVENT_NONE: unknown */
const char *kf_platform_name(uint8_t platform);

/* Building (one thread per builder; used by ingest, the store and tests). */
struct kf_event_builder;
struct kf_event_builder *kf_event_builder_new(struct kf_dict *d, struct kf_idents *ids,
                                              struct kf_arena *body_arena);
void kf_event_builder_free(struct kf_event_builder *b);
void kf_event_builder_begin(struct kf_event_builder *b);
void kf_event_builder_text(struct kf_event_builder *b, uint32_t key, struct kf_str v);
void kf_event_builder_dec(struct kf_event_builder *b, uint32_t key, struct kf_dec v);
void kf_event_builder_double(struct kf_event_builder *b, uint32_t key, double v);
void kf_event_builder_bool(struct kf_event_builder *b, uint32_t key, bool v);
void kf_event_builder_null(struct kf_event_builder *b, uint32_t key);
/* A list or object as JSON text (slow path for CSV and tests). False: not JSON. */
bool kf_event_builder_json(struct kf_event_builder *b, uint32_t key, struct kf_str json);
/* Raw identifier; key 0: not a field as well. */
void kf_event_builder_ident(struct kf_event_builder *b, uint32_t ns, struct kf_str value,
                            uint32_t key);
struct kf_event_head {
    int64_t time, received;
    struct kf_str name, id;
    uint8_t type, platform;
    uint16_t source;
    uint32_t file, record;
};
/* Appends to e (which must not be shared with other threads now). Returns the event's number. */
uint32_t kf_event_builder_end(struct kf_event_builder *b, struct kf_events *e,
                              const struct kf_event_head *h);

struct kf_events *kf_events_new(struct kf_dict *d, struct kf_idents *ids);
void kf_events_free(struct kf_events *e); /* not the dictionaries */
/* Room for that many more events, or entries of id_pool. Not enough memory, or more than 2^32: ends
 * the process as arenas do. */
void kf_events_reserve(struct kf_events *e, uint32_t more);
void kf_events_reserve_ids(struct kf_events *e, uint64_t more);
/* Copies the columns of `from` (same dictionaries); bodies stay where they are and must live as
 * long as `into`. */
void kf_events_append(struct kf_events *into, const struct kf_events *from);
/* Moves events and arenas; `take` is empty afterwards. For parallel unpacking: one kf_events a
 * thread, then joined. */
void kf_events_take(struct kf_events *into, struct kf_events *take);
/* Hands an arena with bodies over; *take is empty afterwards. */
void kf_events_take_arena(struct kf_events *e, struct kf_arena *take);

#endif
