/* A connector's field map, compiled: which member of a record goes where. One trie an opened source
 * and thread (it learns).
 *
 * A node is an object (of the record, or of a list's elements), an edge one of its members with
 * what is to be done with it. Edges of mapped members are made when the map is compiled; below
 * KF_TO_BELOW and `unmapped` they are made as names turn up, each with its canonical key, so that a
 * known name costs one comparison. Every edge remembers which edge came next. */
#ifndef KF_EVENT_TRIE_H
#define KF_EVENT_TRIE_H

#include "base/error.h"
#include "event/events.h"
#include "event/symcache.h"

#include <kinfold/plugin.h>

#define KF_NAME_MAX   512u /* bytes of a member's name; of a canonical path twice that */
#define KF_TRIE_DEPTH 72u
#define KF_EDGES_MAX  200000u /* made while reading; further names are looked up one by one */

struct kf_action {
    uint8_t target;   /* enum kf_target; 0: nothing of its own */
    uint8_t type;     /* enum kf_field_type */
    uint8_t relative; /* key belongs to a list's element */
    uint16_t rank; /* place of the row in the map: of two rows with one target the earlier wins */
    uint32_t key, ns;
    const char *format, *null_text;
    struct kf_action *next; /* another row with the same path */
};

struct kf_node;
struct kf_edge {
    char quoted[32];  /* the name with its quotes, as it stands in most records */
    uint8_t quoted_n; /* 0: too long or needs escapes, never predicted */
    struct kf_str name;
    struct kf_edge *next; /* came next last time */
    struct kf_action act;
    struct kf_node *child;   /* its members where the value is an object */
    struct kf_node *element; /* members of its elements where the value is a list */
    uint32_t list_key;       /* a list becomes a field of this key, 0: it does not */
    bool snake;              /* of the node it stands in */
    bool batch;              /* a list under it holds records */
    struct kf_symcache values;
};

struct kf_node {
    struct kf_edge *first; /* came first last time */
    struct kf_edge **slot; /* by name */
    uint32_t mask, used;
    bool below;           /* unnamed members are kept under prefix */
    bool snake;           /* their names become snake_case */
    bool relative;        /* of a list's elements */
    struct kf_str prefix; /* canonical, without final dot; empty: none */
};

struct kf_trie {
    struct kf_dict *dict;
    struct kf_arena arena;
    struct kf_node *root;
    struct kf_str batch;    /* member that holds records, n 0: none */
    struct kf_edge **edges; /* all, for their caches */
    uint32_t n_edges, cap_edges, made;
    struct kf_trie_spare *spare; /* for names beyond KF_EDGES_MAX, one a depth */
    /* Asked for columns and top-level members that no row names (kf_source_ops.column); NULL:
     * nobody is. */
    int32_t (*ask)(void *instance, const char *name, struct kf_map *ret);
    void *instance;
};

int kf_trie_new(const struct kf_shape *shape, struct kf_dict *dict, struct kf_trie **ret,
                struct kf_error *err);
void kf_trie_free(struct kf_trie *t);
/* The edge of a member's name (unescaped), made where it is new. NULL: the name or its path is too
 * long. `depth` (below KF_TRIE_DEPTH) is that of the object; what is returned holds until the next
 * call with the same depth. */
struct kf_edge *kf_trie_edge(struct kf_trie *t, struct kf_node *n, struct kf_str name,
                             unsigned depth);
/* The node of a list's elements or of an object, made when first needed. */
struct kf_node *kf_trie_element(struct kf_trie *t, struct kf_edge *e, unsigned depth);
struct kf_node *kf_trie_child(struct kf_trie *t, const struct kf_node *parent, struct kf_edge *e,
                              unsigned depth);
/* "orderId" -> "order_id", "HTTPCode" -> "http_code", "User Name" -> "user_name"; out: 2 * name.n +
 * 1 bytes. */
size_t kf_snake(struct kf_str name, char *out);
/* CSV: what is to be done with a column; NULL: nobody wants it. Several rows may name one column.
 */
struct kf_edge *kf_trie_column(struct kf_trie *t, const struct kf_shape *shape,
                               struct kf_str header);

#endif
