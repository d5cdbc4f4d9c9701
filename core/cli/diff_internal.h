/* Inside of core/cli/diff*.c. */
#ifndef KF_CLI_DIFF_INTERNAL_H
#define KF_CLI_DIFF_INTERNAL_H

#include "cli/diff.h"

int kf_diff_no_memory(struct kf_error *err);
void kf_bits_set(uint64_t *bits, uint32_t i);
uint64_t *kf_bits_new(uint32_t n); /* NULL: no memory */

/* Examples are chosen by the hash of the profile id, so that they are the same on every machine. */
struct kf_chosen {
    uint64_t hash[KF_DIFF_EXAMPLES];
    uint32_t profile[KF_DIFF_EXAMPLES], n;
};
void kf_choose(struct kf_chosen *c, const struct kf_world *w, uint32_t profile);

/* Rules of a kind on both sides, by name: both lists are sorted. */
struct kf_pairs {
    const struct kf_rule *const *a, *const *b;
    uint32_t na, nb, i, k;
};
struct kf_pairs kf_pairs_of(const struct kf_diff *d, enum kf_kind kind);
bool kf_pairs_next(struct kf_pairs *p, const struct kf_rule **ret_a,
                   const struct kf_rule **ret_b); /* false: no more */

int kf_diff_members_of(const struct kf_diff *d, const uint64_t *a, const uint64_t *b,
                       struct kf_diff_members *s, struct kf_error *err);

/* diff_side.c */
void kf_side_free(struct kf_side *s);

/* diff_people.c */
void kf_diff_count_people(struct kf_diff *d);
/* diff_marks.c, diff_scores.c, diff_contact.c */
int kf_diff_marks(struct kf_diff *d, struct kf_error *err);
int kf_diff_scores(struct kf_diff *d, struct kf_error *err);
int kf_diff_purposes(struct kf_diff *d, struct kf_error *err);

#endif
