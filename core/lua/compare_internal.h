/* Inside of core/lua/compare*.c: pairing the parts of two nodes. */
#ifndef KF_LUA_COMPARE_INTERNAL_H
#define KF_LUA_COMPARE_INTERNAL_H

#include "lua/compare.h"

#define KF_ALIGN_NONE UINT32_MAX

/* How alike two trees are, in thousandths: what they have in common of names, constants and form.
 */
uint32_t kf_alike(const struct kf_node *a, const struct kf_node *b);
/* Fingerprint of a tree: equal for equal meanings. */
uint64_t kf_node_hash(const struct kf_node *n);

/* Two lists of nodes, paired: pair_a[i] is the position in b of what a[i] became. */
struct kf_align {
    const struct kf_node *const *a, *const *b;
    uint32_t na, nb;
    uint32_t *pair_a, *pair_b; /* KF_ALIGN_NONE: no partner */
    uint8_t *twin_a, *twin_b;  /* 1: says again what an earlier one says; without a partner */
};
/* Where order does not matter: equal ones first, then the most alike of at least `least`, then a
 * pair of the last ones left over. once: a part said twice is said once. */
void kf_align_set(struct kf_align *x, struct kf_arena *arena, uint32_t least, bool once);
/* Where it does: the longest common run of equal ones, then between them in order. */
void kf_align_list(struct kf_align *x, struct kf_arena *arena, uint32_t least);
/* The same parts, only in another order? */
bool kf_align_same_parts(const struct kf_align *x, struct kf_arena *arena);

#endif
