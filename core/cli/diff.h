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
    uint64_t **bits;      /* by rule number; NULL: not such a rule */
    uint32_t *undecided;  /* by rule number */
    uint64_t *suppressed; /* by any suppression */
    uint64_t *reach;      /* may be contacted on some channel (no channels: nothing suppresses) */
};

/* One person on both sides; KF_ID_NONE: nobody of that side has their first event. */
struct kf_diff_pair {
    uint32_t before, after;
    bool moved; /* events came or went */
};

/* Members on both sides. People are counted as they are on the side in question: two members who
 * become one are two that are kept. */
struct kf_diff_members {
    uint32_t n_before, n_after, added, removed, kept;
    uint32_t by_identity; /* of added and removed: people of whom events come or go */
    struct kf_diff_pair add_example[KF_DIFF_EXAMPLES]; /* chosen by hash */
    uint32_t n_add_example;
    struct kf_diff_pair remove_example[KF_DIFF_EXAMPLES];
    uint32_t n_remove_example;
};

/* A segment, suppression or channel. */
struct kf_diff_set {
    const char *name;
    const struct kf_rule *before, *after; /* NULL: there is no such rule on that side */
    struct kf_diff_members m;
    uint32_t undecided_before, undecided_after;
};

/* What a flag rule marks (events) or a fraud rule finds (its rows). */
struct kf_diff_mark {
    const char *name;
    const struct kf_rule *before, *after;
    uint64_t n_before, n_after, added, removed;
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
    /* Of the worlds with links, by kf_diff_links: merged: of after's, split: of before's;
     * KF_ID_NONE: none by itself. And the same link among the other side's refused ones. */
    uint32_t link, refusal;
};

struct kf_diff {
    struct kf_side before, after; /* before.world NULL: there was no run */
    struct kf_diff_rule *rule;
    uint32_t n_rule;
    bool text_only; /* nothing but titles, owners, reasons changed */
    bool identity;  /* the rules that make identity differ */
    struct kf_diff_set *segment, *suppress, *channel;
    uint32_t n_segment, n_suppress, n_channel;
    struct kf_diff_mark *flag, *fraud;
    uint32_t n_flag, n_fraud;
    uint32_t merged, split;
    struct kf_diff_people merge_example[KF_DIFF_EXAMPLES], split_example[KF_DIFF_EXAMPLES];
    uint32_t n_merge_example, n_split_example;
    struct kf_diff_members reach, suppressed;
    struct kf_world *links_before, *links_after; /* of the people in examples; NULL: none */
};

/* Decides a side, whose rules, world and decide are set. */
int kf_side_decide(struct kf_side *side, struct kf_error *err);
/* Is bit i set? bits NULL: no. */
bool kf_side_has(const uint64_t *bits, uint32_t i);
/* Compares d->before and d->after, which are decided; before.rules NULL: there was no run. */
int kf_diff_compare(struct kf_diff *d, struct kf_error *err);
/* Finds the links that make the examples of merged and split people. The worlds hold these people's
 * whole components and were made with links; taken. All links of everybody would cost more than all
 * else. */
void kf_diff_links(struct kf_diff *d, struct kf_world *take_before, struct kf_world *take_after);
/* An event of each person in the examples of merged and split people; returns how many. */
uint32_t kf_diff_example_events(const struct kf_diff *d, uint32_t out[2 * KF_DIFF_EXAMPLES]);
/* Frees both sides with their worlds, too. */
void kf_diff_free(struct kf_diff *d);
/* Would anybody notice: a profile, a membership, a mark? */
bool kf_diff_any(const struct kf_diff *d);
/* Do the rules that make identity differ? Otherwise nobody can merge or split. */
bool kf_diff_identity(const struct kf_ruleset *a, const struct kf_ruleset *b);
/* Rules only: fills rule, n_rule, text_only. */
int kf_diff_rules(struct kf_diff *d, struct kf_error *err);
/* The first changed rule that `rule` of `after` asks, itself or through others; NULL: none. */
const struct kf_diff_rule *kf_diff_asks(const struct kf_diff *d, const struct kf_rule *rule);

#endif
