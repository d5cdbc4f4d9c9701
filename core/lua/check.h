/* Inside of the checks over a whole rule set (check.c: names and places, check_types.c: types,
 * check_kinds.c: kinds). */
#ifndef KF_LUA_CHECK_H
#define KF_LUA_CHECK_H

#include "lua/rules_private.h"

struct kf_check {
    struct kf_ruleset *s;
    struct kf_words *w;
    const struct kf_config *config; /* NULL: nothing is known of the workspace */
    const struct kf_rule *rule;     /* being checked */
};

/* "did you mean 'x'?" in the build arena, or NULL. */
const char *kf_check_suggest(struct kf_check *c, const char *word, const char *const *names,
                             size_t n);
/* Is a rule of that kind defined, even by a rule that has mistakes of its own? */
bool kf_check_defined(const struct kf_check *c, enum kf_kind kind, const char *name);
/* check_types.c: one test of one value. */
void kf_check_test(struct kf_check *c, const struct kf_node *test_cond);
void kf_check_bucket(struct kf_check *c, const struct kf_node *bucket);
/* check_kinds.c: what a kind asks of its settings together. */
void kf_check_kind(struct kf_check *c);

#endif
