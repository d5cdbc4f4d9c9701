/* Inside of a rule set, and the steps of making one (rules.c, link.c, check.c). */
#ifndef KF_LUA_RULES_PRIVATE_H
#define KF_LUA_RULES_PRIVATE_H

#include "lua/words.h"

struct kf_rules_private {
    struct kf_arena arena;
    struct kf_rules_text *file;
    uint32_t n_file;
    uint32_t *first_node; /* of each rule, and one more */
    struct kf_rule *rule; /* the rules themselves, sorted */
    struct kf_rules_options options;
    struct kf_config *own; /* options.config where settings were kept with the rules, else NULL */
};

/* link.c: copies rules out of the build arena, sorts, numbers, digests; finds who asks whom and the
 * order. */
void kf_rules_link(struct kf_ruleset *s, struct kf_words *w);
/* check.c: names and types against what is declared. */
void kf_rules_check(struct kf_ruleset *s, struct kf_words *w);
/* words_load.c: runs the files of w; problems are in w->diagnostic. quiet: again, for custom
 * functions. */
int kf_words_open(struct kf_words *w, const struct kf_rules_options *o, struct kf_arena *keep,
                  struct kf_error *err);
void kf_words_add_file(struct kf_words *w, const char *name, struct kf_str text);
void kf_words_load(struct kf_words *w);
void kf_words_close(struct kf_words *w);

#endif
