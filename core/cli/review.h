/* What waits for a person: found anew each time in the world as it is, so that an item is gone when
 * the data, the rules or a decision no longer raise it. Main thread. */
#ifndef KF_CLI_REVIEW_H
#define KF_CLI_REVIEW_H

#include "cli/steward.h"

enum kf_review_kind {
    KF_REVIEW_SHARED,        /* an identifier that several people use */
    KF_REVIEW_CONTRADICTORY, /* events that name two people */
    KF_REVIEW_REFUSED,       /* good evidence that was refused for a limit */
    KF_REVIEW_DANGLING,      /* sign-ins that tie nothing */
    KF_REVIEW_OVERSIZE,      /* more identifiers than a person should have */
    KF_REVIEW_KINDS
};

struct kf_review_item {
    enum kf_review_kind kind;
    char key[24];            /* "shared-3f2a91c0": the same as long as the matter is */
    uint32_t a, b;           /* identifiers, KF_ID_NONE: none */
    uint32_t other;          /* shared: another who claims it */
    uint64_t count;          /* people (shared), events, links or identifiers (oversize) */
    int64_t first, last;     /* KF_NO_TIME: unknown */
    uint32_t event;          /* an example, KF_ID_NONE */
    const char *rule;        /* link rule, NULL: none */
    const char *reason;      /* of a refusal */
    uint32_t ns;             /* dangling: the namespace that is there, KF_ID_NONE: none */
    uint32_t weak_a, weak_b; /* oversize: ends of its weakest link */
};

struct kf_review {
    struct kf_desk *d;
    struct kf_review_item *item; /* by kind, most first, then key */
    uint32_t n;
    uint32_t waiting;  /* decisions that are counted in and wait for a run */
    uint32_t oversize; /* identifiers from which a person is looked at */
};

const char *kf_review_kind_name(enum kf_review_kind k); /* "shared", ... */
/* oversize 0: nine tenths of `max_identifiers`, without it 100. */
int kf_review_gather(struct kf_desk *d, uint32_t oversize, struct kf_review *ret,
                     struct kf_error *err);
void kf_review_free(struct kf_review *r);

#endif
