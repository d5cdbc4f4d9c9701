/* What is wrong with rules that load: conditions that cannot hold, rules that shadow each other,
 * exports that nothing can stop, names that the data has never shown. Warnings and notes; errors
 * are found while loading (check.h). Main thread.
 *
 * A line that ends with `-- allow KF0502`, or stands below such a comment, is not warned of that
 * code. */
#ifndef KF_LUA_ADVISE_H
#define KF_LUA_ADVISE_H

#include "lua/rules.h"

/* What the data has shown, from the store. */
struct kf_seen_word {
    const char *text;
    uint64_t count; /* events; of a consent: people; 0: not counted */
};
struct kf_seen_words {
    const struct kf_seen_word *p; /* by text */
    uint32_t n;
};
struct kf_seen_namespace {
    const char *name;
    uint64_t values; /* each once; of very many, a sample */
    uint64_t shared; /* of these, used by more people than one */
};
struct kf_seen {
    struct kf_seen_words event, purpose;
    struct kf_seen_words key;  /* that events surely have: traits.email, properties.revenue */
    struct kf_seen_words word; /* that they may have: rare ones, those of list elements (price), and
                                  those that only rules ever asked for */
    const struct kf_seen_namespace *ns;
    uint32_t n_ns;
    uint64_t events; /* in the log */
    int64_t as_of;   /* of the last run */
    /* How many events have a key, or an element of a list that has it; UINT64_MAX: nobody knows. */
    uint64_t (*count_key)(void *ctx, const char *key);
    void *count_ctx;
};

/* Adds what is found to the set's diagnostics. seen NULL: what needs data is not looked at; rules
 * that do not load hide what needs all of them. Once a set; scenarios count where they were kept.
 */
void kf_rules_advise(struct kf_ruleset *s, const struct kf_seen *seen);

#endif
