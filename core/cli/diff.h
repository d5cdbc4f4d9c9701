/* Two rule sets over the same events: what would be different. Everything is counted by people, and
 * a person is followed from one world to the other by the first event that is theirs. Main thread.
 *
 * Reading order: diff_side.c (what one side decides), diff.c (people followed, sets of people),
 * diff_people.c (who merges and splits), diff_marks.c (flags, fraud), diff_scores.c,
 * diff_contact.c (exports, consent). */
#ifndef KF_CLI_DIFF_H
#define KF_CLI_DIFF_H

#include "cli/session.h"
#include "lua/compare.h"

#define KF_DIFF_EXAMPLES 3u
#define KF_DIFF_STATES   4u /* of consent: enum kf_consent_state */
#define KF_DIFF_BINS     10u

/* One world and what its rules decided: a bit a profile for every segment, suppression, channel,
 * export, and fraud rule that holds people back. */
struct kf_side {
    const struct kf_ruleset *rules;
    struct kf_world *world;
    struct kf_decide *decide;
    uint64_t **bits;      /* by rule number; NULL: not such a rule */
    uint32_t *undecided;  /* by rule number: people */
    const char **why;     /* by rule number: of the first of them; static texts */
    uint64_t *suppressed; /* by any suppression */
    uint64_t *reach;      /* may be contacted on some channel (no channels: nothing suppresses) */
    double **score;       /* by rule number; NULL: no score; NAN: none, or undecided */
    uint8_t **consent;    /* by purpose of world.statements: enum kf_consent_state a profile */
    const char **refused; /* by rule number: an export whose segment is over max_size */
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
    /* of added and removed: people of whom events come or go, so that it is not the rule alone */
    uint32_t added_by_identity, removed_by_identity;
    struct kf_diff_pair add_example[KF_DIFF_EXAMPLES]; /* chosen by hash */
    uint32_t n_add_example;
    struct kf_diff_pair remove_example[KF_DIFF_EXAMPLES];
    uint32_t n_remove_example;
};

/* A segment, suppression, channel or export. */
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
    uint64_t rejected_before, rejected_after; /* fraud: of them with the verdict reject */
};

/* One profile here is two there. */
struct kf_diff_people {
    uint32_t one;    /* merged: of `after`; split: of `before` */
    uint32_t two[2]; /* of the other side */
    /* Of the worlds with links, by kf_diff_links: merged: of after's, split: of before's;
     * KF_ID_NONE: none by itself. And the same link among the other side's refused ones. */
    uint32_t link, refusal;
};

struct kf_diff_band {
    const char *name;
    uint32_t before, after;
};

struct kf_diff_score {
    const char *name;
    const struct kf_rule *before, *after;
    uint32_t scored_before, scored_after, undecided_before, undecided_after;
    uint32_t up, down, gained, lost;    /* people: higher, lower, scored now, scored no more */
    double median_before, median_after; /* NAN: nobody is scored */
    double low, high;                   /* of both sides; n_bin bins as wide as each other */
    uint32_t n_bin;
    uint64_t bin_before[KF_DIFF_BINS], bin_after[KF_DIFF_BINS];
    struct kf_diff_band *band; /* in order of `after`, then those only `before` has */
    uint32_t n_band;
};

/* Who would be contacted for a purpose, by the state of their consent to it. */
struct kf_diff_purpose {
    const char *name;
    const char *basis;  /* legal bases that rules name for it, "consent, contract"; "": none */
    bool needs_consent; /* somebody's rule says the basis is consent, or none says anything */
    const char *who;    /* "export a, export b"; without exports "segment a" */
    uint32_t before[KF_DIFF_STATES], after[KF_DIFF_STATES];
    struct kf_diff_members m;
    uint32_t newly[KF_DIFF_STATES]; /* of those added */
};

struct kf_diff {
    struct kf_side before, after; /* before.world NULL: there was no run */
    struct kf_compare rules;
    bool compared;  /* rules is filled */
    bool text_only; /* nothing but titles, owners, reasons changed */
    bool identity;  /* the rules that make identity differ */
    struct kf_diff_set *segment, *suppress, *channel, *export;
    uint32_t n_segment, n_suppress, n_channel, n_export;
    struct kf_diff_mark *flag, *fraud;
    uint32_t n_flag, n_fraud;
    struct kf_diff_score *score;
    uint32_t n_score;
    struct kf_diff_purpose *purpose;
    uint32_t n_purpose;
    uint32_t merged, split;
    struct kf_diff_people merge_example[KF_DIFF_EXAMPLES], split_example[KF_DIFF_EXAMPLES];
    uint32_t n_merge_example, n_split_example;
    struct kf_diff_members reach, suppressed;
    struct kf_world *links_before, *links_after; /* of the people in examples; NULL: none */
    /* People followed: profile of `before` -> of `after` and back; NULL: they have one number. */
    struct kf_diff_mapping {
        uint32_t *forward, *back;
        uint32_t *from_a, *from_a2; /* of `after`: profiles of `before` in it, the first two */
        uint32_t *to_b, *to_b2;
    } map;
    struct kf_arena arena;
};

/* Decides both sides, whose rules, world and decide are set. What means the same on both sides and
 * is asked of the same people is decided once. */
int kf_diff_decide(struct kf_diff *d, struct kf_error *err);
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
/* Would anybody notice: a profile, a membership, a mark, a score? */
bool kf_diff_any(const struct kf_diff *d);
/* Do the rules that make identity differ? Otherwise nobody can merge or split. */
bool kf_diff_identity(const struct kf_ruleset *a, const struct kf_ruleset *b);
/* Rules only: fills rules, text_only. */
void kf_diff_rules(struct kf_diff *d);
/* How a rule of `after` changed itself; NULL: it means what it meant. */
const struct kf_compared *kf_diff_change(const struct kf_diff *d, const struct kf_rule *after);
/* The first changed rule that `rule` of `after` asks, itself or through others; NULL: none. */
const struct kf_compared *kf_diff_asks(const struct kf_diff *d, const struct kf_rule *rule);
/* The person on the other side; KF_ID_NONE: nobody. */
uint32_t kf_diff_forward(const struct kf_diff *d, uint32_t before);
uint32_t kf_diff_back(const struct kf_diff *d, uint32_t after);
/* Has the person the same events on both sides? */
bool kf_diff_same_person(const struct kf_diff *d, uint32_t before, uint32_t after);

#endif
