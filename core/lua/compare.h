/* Two rule sets compared by what they mean: which rules came, went or changed, and within a changed
 * rule each edit by itself, with the path to it: `who.all[2].at_least: 3 -> 2`.
 *
 * Layout, comments, files, local names and the order inside `all`, `any` and the like are no
 * change. Parts of a combination are paired by their fingerprints first, what is left by how alike
 * it is; ties are broken by content, so that the same two sets always give the same edits. Pure;
 * trees are borrowed and must live as long as the result. */
#ifndef KF_LUA_COMPARE_H
#define KF_LUA_COMPARE_H

#include "base/arena.h"
#include "lua/rules.h"

enum kf_edit_kind {
    KF_EDIT_CHANGED,  /* one thing for another: `before` and `after` */
    KF_EDIT_ADDED,    /* only `after` */
    KF_EDIT_REMOVED,  /* only `before` */
    KF_EDIT_REORDERED /* the same parts in another order, where the order matters */
};

struct kf_edit {
    enum kf_edit_kind kind;
    bool text;        /* title, owner, because, tags, ticket: means nothing to the engine */
    const char *path; /* "who.all[2].at_least"; positions from 1, of `after` where it is there */
    const struct kf_node *before, *after; /* NULL: not on that side */
    const char *was, *is;                 /* both in few words: "3", "2"; NULL: not on that side */
    /* The condition or setting that it stands in, to be read aloud with kf_node_sentence; NULL: the
     * edit is a whole one itself. */
    const struct kf_node *around_before, *around_after;
};

enum kf_compare_change {
    KF_COMPARE_ADDED,
    KF_COMPARE_REMOVED,
    KF_COMPARE_CHANGED,
    KF_COMPARE_RENAMED, /* the same under another name */
    KF_COMPARE_TEXT     /* only words for people differ */
};

struct kf_compared {
    enum kf_compare_change change;
    const struct kf_rule *before, *after; /* NULL: not on that side */
    const struct kf_edit *edit;           /* of CHANGED and TEXT, in order of the rule */
    uint32_t n_edit;
};

/* A setting of kinfold.yaml that the rules are decided under (struct kf_config_setting). */
struct kf_compared_part {
    const char *path;     /* "values", "file", "ignore_case" */
    const char *was, *is; /* NULL: not on that side */
    bool value;           /* one of many: of a list, of amounts, a rate */
};
struct kf_compared_setting {
    enum kf_compare_change change;                  /* ADDED, REMOVED, CHANGED */
    const struct kf_config_setting *before, *after; /* NULL: not on that side */
    const struct kf_compared_part *part;            /* what differs; of ADDED and REMOVED all */
    uint32_t n_part;
    uint32_t values_added, values_removed; /* of them */
};

struct kf_compare {
    struct kf_compared *rule; /* sorted by (kind, name) of `after`, else of `before` */
    uint32_t n;
    uint32_t n_meaning;                        /* of them not TEXT */
    const struct kf_compared_setting *setting; /* by what and name */
    uint32_t n_setting;
    struct kf_arena arena;
};

/* a NULL: there was nothing before, and no setting is compared. Never fails: memory is an arena's.
 */
void kf_compare_rules(const struct kf_ruleset *a, const struct kf_ruleset *b,
                      struct kf_compare *ret);
void kf_compare_free(struct kf_compare *c);
/* The settings alone. NULL: nothing is known of a side, and nothing is compared. */
void kf_compare_settings(const struct kf_config *a, const struct kf_config *b,
                         struct kf_compare *ret);
/* Do the two sets mean something else? */
static inline bool kf_compare_any(const struct kf_compare *c)
{
    return c->n_meaning || c->n_setting;
}
/* One pair of rules of a kind. Edits live in the arena. */
uint32_t kf_compare_pair(const struct kf_rule *a, const struct kf_rule *b, struct kf_arena *arena,
                         const struct kf_edit **ret);
/* The comparison of scenarios that both sets hold, in the same form; kind and name pair them. */
void kf_compare_scenarios(const struct kf_ruleset *a, const struct kf_ruleset *b,
                          struct kf_compare *ret);
/* The setting that an edit belongs to: its path up to the first dot or bracket. */
struct kf_str kf_edit_setting(const struct kf_edit *e);
const char *kf_compare_word(enum kf_compare_change c); /* "added", "removed", "changed", ... */

#endif
