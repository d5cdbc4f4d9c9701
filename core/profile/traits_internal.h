/* Between traits.c (compiling, walking) and survive.c (choosing). */
#ifndef KF_PROFILE_TRAITS_INTERNAL_H
#define KF_PROFILE_TRAITS_INTERNAL_H

#include "base/vec.h"
#include "profile/traits.h"

enum trait_keep {
    KEEP_NEWEST,
    KEEP_OLDEST,
    KEEP_MIN,
    KEEP_MAX,
    KEEP_SUM,
    KEEP_SET,
    KEEP_MOST_FREQUENT,
    KEEP_BY_SOURCE
};
enum trait_type {
    TRAIT_ANY, /* undeclared: as the event has it */
    TRAIT_TEXT,
    TRAIT_NUMBER,
    TRAIT_BOOLEAN,
    TRAIT_DATE,
    TRAIT_TIME,
    TRAIT_MONEY,
    TRAIT_LIST,
    TRAIT_VERSION
};

struct trait_def {
    const struct kf_rule *rule; /* NULL: undeclared */
    struct kf_str name;
    enum trait_keep keep;
    enum trait_type type;
    char unit[4];         /* money: currency; empty: none declared */
    int64_t forget_until; /* events up to here are forgotten; KF_TIME_MIN: none are */
    const struct kf_node *forget;
    const char *normalise;  /* kind, NULL: values as they are */
    uint32_t normalise_ns;  /* namespace of the same name, KF_ID_NONE: none */
    const uint16_t *source; /* by_source: numbers of dict.source - 1, in order */
    uint32_t n_source;
    bool slow; /* has sources that no body holds: event.time, event.name ... */
    struct slow_path {
        struct kf_str path;
        const struct kf_node *select;
        uint16_t rank;
    } * slow_path;
    uint32_t n_slow;
};

/* One path of one trait, found by its key. */
struct trait_use {
    uint32_t key;
    uint16_t trait, rank;         /* rank: position in `from` */
    const struct kf_node *select; /* { event "A", "path" }; NULL: any event */
};

#define TRAIT_TOUCH UINT16_MAX /* a use that is no trait: the key says how the person came */

struct kf_traits {
    const struct kf_world *w;
    struct trait_def *trait;
    uint32_t n, declared;
    struct trait_use *use; /* sorted by key */
    uint16_t *first_use;   /* [n_keys + 1] into use + 1; 0: key of no interest */
    uint32_t n_keys, n_use;
    struct kf_arena arena;
};

/* A value that an event offers for a trait. */
struct trait_offer {
    const uint8_t *value; /* type byte in the body; NULL: explicit null, or `made` */
    struct kf_str text;   /* normalised; p NULL: not */
    struct kf_value made; /* of slow paths; type MISSING: none */
    uint32_t event, key;
    uint16_t rank;
    bool null;
};
typedef kf_vec(struct trait_offer) trait_offers;

/* The value that an offer is, in the type of the trait. */
struct kf_value trait_value(const struct kf_traits *t, const struct trait_def *d,
                            const struct trait_offer *o, struct kf_arena *scratch);
/* The surviving one of all offers in order of events. */
struct kf_value trait_survivor(const struct kf_traits *t, const struct trait_def *d,
                               const struct trait_offer *o, size_t n, struct kf_arena *scratch);
/* Order and equality of values of one trait. */
int trait_value_cmp(const struct kf_value *a, const struct kf_value *b);

#endif
