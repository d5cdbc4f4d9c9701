/* Raw identifiers under one rule set: normalised, junk dropped. Numbers below `raw` are those of
 * kf_idents (a normalised value that also occurs raw has that number); extra ones follow for
 * normalised values that nobody wrote. Immutable once made. */
#ifndef KF_IDENTITY_IDSET_H
#define KF_IDENTITY_IDSET_H

#include "event/events.h"
#include "identity/resolve.h"
#include "lua/rules.h"

#define KF_IDSET_VALUE 2716u /* bytes that normalising takes at most */

/* Why a value is no identifier. */
enum kf_why {
    KF_WHY_EMPTY = 1,  /* normalises to nothing */
    KF_WHY_IGNORED,    /* ignore_values */
    KF_WHY_MATCHES,    /* not what `matches` asks */
    KF_WHY_UNDECLARED, /* of a namespace that no rule declares */
    KF_WHY_TOO_LONG    /* longer than an index of the store takes */
};

struct kf_idset {
    const struct kf_idents *idents;
    const struct kf_dict *dict;
    uint32_t raw, n;  /* raw identifiers, all numbers */
    uint32_t *of_raw; /* [raw] normalised identifier, KF_ID_NONE: ignored or no value */
    uint8_t *why;     /* [raw] 0, or enum kf_why: why dropped */
    uint8_t *odd;     /* [raw] KF_ODD_* of normalise.h: it is an identifier like any other, but may
                         deceive who reads it */
    uint8_t *ns;      /* [n] namespace number of the rules */
    struct kf_str *extra;          /* [n - raw] values of the extra ones */
    struct kf_id_rules rules;      /* compiled from `identifiers`, `limits`, `link` rules; order of
                                      namespaces: by rank */
    struct kf_intern *extra_index; /* namespace byte and value -> extra number + 1 */
    uint32_t extra_cap, ns_cap;
    uint64_t n_ignored;
    const struct kf_id_pattern *ignore; /* compiled ignore_values and matches, by namespace */
    struct kf_arena arena;
    uint8_t key[32]; /* key of profile ids */
};

/* Compiles the identity rules of the set. Works for a set without `identifiers` (then every event
 * is its own anonymous matter). */
int kf_idset_new(const struct kf_ruleset *rules, const struct kf_config *config,
                 const struct kf_events *events, unsigned threads, struct kf_idset **ret,
                 struct kf_error *err);
void kf_idset_free(struct kf_idset *s);
struct kf_str kf_idset_value(const struct kf_idset *s, uint32_t id);
/* Namespace number by name, KF_ID_NONE: not declared. */
uint32_t kf_idset_ns(const struct kf_idset *s, struct kf_str name);
/* A value as a person or a rule writes it -> number; KF_ID_NONE: never seen. */
uint32_t kf_idset_find(const struct kf_idset *s, uint32_t ns, struct kf_str value);
/* The same for a value that events need not have carried (new owners of transfers): gets an extra
 * number if it is new. KF_ID_NONE: normalises to nothing or is ignored. Main thread, before
 * resolution only. */
uint32_t kf_idset_add(struct kf_idset *s, uint32_t ns, struct kf_str value);
/* What a value normalises to in a namespace of the rules; false: to nothing, or it is ignored.
 * Thread-safe; out: KF_IDSET_VALUE bytes. */
bool kf_idset_normalise(const struct kf_idset *s, uint32_t ns, struct kf_str value, char *out,
                        size_t *ret_n);
/* Keyed hash of (namespace name, value): the profile id if it is a profile's earliest identifier.
 */
uint64_t kf_idset_hash(const struct kf_idset *s, uint32_t id);

#endif
