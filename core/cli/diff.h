/* Two rule sets over the same events: what would be different. Everything is counted by people, and
 * a person is followed from one world to the other by the first event that is theirs. Main thread.
 */
#ifndef KF_CLI_DIFF_H
#define KF_CLI_DIFF_H

#include "cli/session.h"

#define KF_DIFF_EXAMPLES 3u

/* One world and what its rules decided: a bit a profile for every segment, suppression and channel.
 */
struct kf_side {
    const struct kf_ruleset *rules;
    struct kf_world *world;
    struct kf_decide *decide;
    uint64_t **bits;     /* by rule number; NULL: not such a rule */
    uint32_t *count;     /* by rule number */
    uint32_t *undecided; /* by rule number */
    uint64_t *reach;     /* may be contacted on some channel (no channels: nothing suppresses) */
};

struct kf_diff_set {
    const char *name;
    const struct kf_rule *before, *after; /* NULL: there is no such rule on that side */
    uint32_t n_before, n_after, added, removed, kept;
    uint32_t undecided_before, undecided_after;
    uint32_t add_example[KF_DIFF_EXAMPLES]; /* profiles of `after`, chosen by hash */
    uint32_t n_add_example;
    uint32_t remove_example[KF_DIFF_EXAMPLES]; /* profiles of `before` */
    uint32_t n_remove_example;
};

enum kf_rule_change { KF_RULE_ADDED, KF_RULE_REMOVED, KF_RULE_CHANGED };
struct kf_diff_rule {
    enum kf_rule_change change;
    const struct kf_rule *before, *after;
};

/* One profile here is two there. */
struct kf_diff_people {
    uint32_t one;    /* merged: of `after`; split: of `before` */
    uint32_t two[2]; /* of the other side */
    uint32_t link;   /* merged: of after's links; split: of before's; KF_ID_NONE: none by itself */
};

struct kf_diff {
    struct kf_side before, after; /* before.world NULL: there was no run */
    struct kf_diff_rule *rule;
    uint32_t n_rule;
    bool text_only; /* nothing but titles, owners, reasons changed */
    struct kf_diff_set *segment, *suppress, *channel;
    uint32_t n_segment, n_suppress, n_channel;
    uint32_t merged, split;
    struct kf_diff_people merge_example[KF_DIFF_EXAMPLES], split_example[KF_DIFF_EXAMPLES];
    uint32_t n_merge_example, n_split_example;
    uint32_t newly_contactable, no_longer_contactable;
    uint64_t *flagged_before,
        *flagged_after; /* events a flag rule: of `before`, of `after` by place */
};

/* Decides a side. Takes world and decide. */
int kf_side_decide(struct kf_side *side, struct kf_error *err);
void kf_side_free(struct kf_side *side);
/* Compares d->before and d->after, which are decided. */
int kf_diff_compare(struct kf_diff *d, struct kf_error *err);
void kf_diff_free(struct kf_diff *d);
bool kf_diff_any(const struct kf_diff *d);
/* Do the rules that make identity differ? Otherwise nobody can merge or split. */
bool kf_diff_identity(const struct kf_ruleset *a, const struct kf_ruleset *b);

#endif
