/* Inside of core/store/part: which identifiers belong together. */
#ifndef KF_STORE_PART_INTERNAL_H
#define KF_STORE_PART_INTERNAL_H

#include "base/intern.h"
#include "base/vec.h"
#include "store/part.h"
#include "store/read_internal.h"

/* Identifiers of the store by number, and the parts they form: a union-find forest. */
struct kf_part_ids {
    struct kf_store *s;
    struct kf_idset *rules; /* of no identifiers: what texts normalise to */
    const struct kf_dict *dict;
    struct kf_intern *named; /* what rules and stewards name and nobody has, numbered behind n */
    uint32_t n;              /* rows of `identifier` */
    uint32_t raw;            /* of them in the log */
    uint32_t *same;          /* [n] what it is a spelling of; KF_ID_NONE: it is ignored */
    uint32_t *up, nodes;     /* [nodes] */
    sqlite3_stmt *by_value, *by_id;
};

/* `events`: the dictionaries of the log, and no identifier yet. */
int kf_part_ids_open(struct kf_part_ids *p, const struct kf_store_part *o,
                     const struct kf_events *events, struct kf_error *err);
void kf_part_ids_close(struct kf_part_ids *p);
uint32_t kf_part_find(struct kf_part_ids *p, uint32_t id);
void kf_part_unite(struct kf_part_ids *p, uint32_t a, uint32_t b);
/* Number of a normalised value, a new one if nobody has it: two who are handed to one that was
 * never seen belong together. ns: number of the rules. */
int kf_part_name(struct kf_part_ids *p, uint32_t ns, struct kf_str value, uint32_t *ret,
                 struct kf_error *err);
/* The same of "email:Anna@example.com"; KF_ID_NONE: it is no identifier, or an ignored one. */
int kf_part_name_text(struct kf_part_ids *p, const char *text, uint32_t *ret, struct kf_error *err);
/* The same without numbering anything: KF_ID_NONE also where it was never named. */
int kf_part_lookup_text(struct kf_part_ids *p, const char *text, uint32_t *ret,
                        struct kf_error *err);
/* An identifier that the profile holds, by its id as 16 digits; KF_ID_NONE: none. */
int kf_part_lookup_profile(struct kf_part_ids *p, const char *text, uint32_t *ret,
                           struct kf_error *err);
/* Gives events that were read with numbers of the log numbers of their own. */
int kf_part_renumber(struct kf_part_ids *p, struct kf_events *e, struct kf_error *err);

#endif
