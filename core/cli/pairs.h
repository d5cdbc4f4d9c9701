/* A labelled sample, `a,b,same` a line: pairs of identifiers of which somebody knows whether one
 * person has both. What it says of identity as it is: over-merge and under-merge. Main thread. */
#ifndef KF_CLI_PAIRS_H
#define KF_CLI_PAIRS_H

#include "profile/world.h"

#define KF_PAIR_EXAMPLES 10u

struct kf_pair_error {
    uint32_t a, b; /* identifiers */
    uint32_t line; /* of the file */
    bool over;     /* in one profile though different; else apart though the same */
};

struct kf_pairs {
    const char *path;
    uint64_t n;              /* pairs with an answer */
    uint64_t same_same;      /* the same, and in one profile */
    uint64_t same_apart;     /* under-merge */
    uint64_t different_same; /* over-merge */
    uint64_t different_apart;
    uint64_t unseen; /* pairs left out: an identifier that no event carried */
    struct kf_pair_error error[KF_PAIR_EXAMPLES]; /* the first of the file, over-merge first */
    uint32_t n_error;
};

/* Cells are as people write identifiers, email:anna@example.com or email=...; the third is `same`
 * or `different`. A first line `a,b,...` is a heading, an empty one and one with # are passed over.
 * KF_E_NOINPUT, KF_E_DATA and KF_E_USAGE with the line. path is borrowed. */
int kf_pairs_read(const struct kf_world *w, const char *path, struct kf_pairs *ret,
                  struct kf_error *err);
/* Of what is in one profile, how much should be: false where nothing is. */
bool kf_pairs_precision(const struct kf_pairs *p, double *ret);
/* Of what should be in one profile, how much is. */
bool kf_pairs_recall(const struct kf_pairs *p, double *ret);

#endif
