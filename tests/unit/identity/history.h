/* What the tests of the incremental engine share: a small fixed set of identifiers, events as a
 * model keeps them, and the engine with its rules. */
#ifndef KF_TESTS_IDENTITY_HISTORY_H
#define KF_TESTS_IDENTITY_HISTORY_H

#include "../check_main.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/time.h"
#include "base/vec.h"
#include "identity/incremental.h"

#define NS       4
#define PER_NS   8
#define N_IDS    (NS * PER_NS)
#define MAX_ROWS 3
#define PURPOSES 2

struct happening { /* an event as the model keeps it */
    int64_t time;
    uint32_t ids[8], n_ids;
    uint64_t links, signout;
    bool alias, removed;
    struct kf_id_statement said[MAX_ROWS];
    struct kf_id_transfer move[MAX_ROWS];
    struct kf_id_separation apart[MAX_ROWS];
    uint32_t n_said, n_move, n_apart;
};

struct world {
    struct kf_id_namespace ns[NS];
    struct kf_id_link_rule link[3];
    struct kf_id_rules rules;
    int64_t as_of;
    bool want_links;
    kf_vec(struct happening) event;
    kf_vec(struct kf_id_decision) decision;
    struct kf_incremental *inc;
    struct kf_id_result *was; /* before the step, in the engine's numbers */
    uint32_t was_events;
    /* of a rebuild: which event each of its numbers is */
    kf_vec(uint32_t) from;
    uint64_t seed;
};

static inline uint8_t ns_of(const void *ctx, uint32_t id)
{
    (void)ctx;
    return (uint8_t)(id < N_IDS ? id / PER_NS : NS);
}

static inline struct kf_str value_of(const void *ctx, uint32_t id)
{
    static const char text[] = "a0a1a2a3a4a5a6a7b0b1b2b3b4b5b6b7c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d7";
    (void)ctx;
    /* values that do not ascend with their numbers */
    return kf_str(text + (size_t)((id * 13 + 5) % N_IDS) * 2, 2);
}

static inline uint64_t hash_of(const void *ctx, uint32_t id)
{
    struct kf_str v = value_of(ctx, id);
    return kf_hash64_seed(v.p, v.n, ns_of(ctx, id));
}

static inline int key_order(uint32_t a, uint32_t b)
{
    uint64_t x = kf_mix64(a), y = kf_mix64(b);
    return (x > y) - (x < y);
}

static inline int order_of(const void *ctx, uint32_t a, uint32_t b)
{
    (void)ctx;
    return key_order(a, b);
}

static inline void world_close(struct world *w)
{
    kf_incremental_free(w->inc);
    kf_identity_free(w->was);
    kf_vec_free(&w->event);
    kf_vec_free(&w->decision);
    kf_vec_free(&w->from);
}

#endif
