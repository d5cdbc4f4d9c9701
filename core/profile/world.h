/* Everything that is known once identity is settled: events, rules, who owns which event. Built
 * once a run (twice by dry-run, over the same events), immutable afterwards, read by any thread. */
#ifndef KF_PROFILE_WORLD_H
#define KF_PROFILE_WORLD_H

#include "config/config.h"
#include "event/events.h"
#include "identity/idset.h"
#include "identity/observe.h"
#include "identity/resolve.h"
#include "lua/eval.h"

struct kf_world_options {
    const struct kf_config *config;
    const struct kf_ruleset *rules;
    struct kf_events *events;                /* all of them, deduplicated */
    const struct kf_decision_text *decision; /* stewards' log */
    uint32_t n_decision;
    int64_t as_of; /* KF_NO_TIME: newest event whose time is not more than 5 minutes after it was
                      received */
    unsigned threads;
    bool want_links;       /* keep kept links in identity->link */
    const uint8_t *subset; /* NULL, or [events->n] 1: take part (one component for explain, a sample
                              for dry-run) */
    struct kf_plan *plan;  /* made for `rules` and the events' dictionary, made again here and kept
                              by the caller; NULL: the world compiles its own */
};

struct kf_world {
    const struct kf_config *config;
    const struct kf_ruleset *rules;
    struct kf_events *events;
    int64_t as_of;
    unsigned threads;
    struct kf_plan *plan;
    struct kf_idset *ids;
    struct kf_id_result *identity;
    /* marks: bit i of event_flags[e] is the i-th `flag` rule (by name); NULL where there is none */
    uint64_t *event_flags;
    uint64_t leave_out;              /* flags whose events count in no condition */
    struct kf_statements statements; /* who said what about which purpose */
    /* events of each profile in (time, event id) order: profile p owns order[first[p] .. first[p +
     * 1]); as_of respected */
    uint32_t n_profiles;
    uint32_t *first;
    uint32_t *order;
    uint32_t n_unowned;    /* events of nobody (contradictory, without identifiers) */
    const uint8_t *subset; /* which events take part, NULL: all; the caller's */
    uint64_t n_events;     /* not dropped, not after as_of, in the subset */
    /* normalised identifiers current in profile p: ids_of[ids_first[p] .. ids_first[p + 1]) sorted
     * by (rank, value) */
    uint32_t *ids_first;
    uint32_t *ids_of;
    bool borrowed_plan; /* the caller's */
    bool borrowed;      /* identity and what lies on it are another world's (kf_world_like) */
    struct kf_arena arena;
};

/* The as_of that events set: the newest of those dated not more than 5 minutes after they were
 * received; KF_NO_TIME: none. subset as above. */
int64_t kf_world_newest(const struct kf_events *events, const uint8_t *subset);
int kf_world_new(const struct kf_world_options *o, struct kf_world **ret, struct kf_error *err);
void kf_world_free(struct kf_world *w);
/* The same people under other rules: for a dry-run whose identifiers, links, transfers, consent and
 * flags are those of `w`, which must live longer and is not resolved again. */
int kf_world_like(const struct kf_world *w, const struct kf_ruleset *rules, struct kf_world **ret,
                  struct kf_error *err);
/* Is bit `flag` (position among the flag rules) set on an event? And does the event count in
 * conditions at all? */
static inline bool kf_world_counts(const struct kf_world *w, uint32_t event)
{
    return !w->event_flags || !(w->event_flags[event] & w->leave_out);
}
/* ops->event_identifiers and ops->flagged of an evaluator whose ctx is a struct kf_world: for
 * evaluators with ctx of their own too. */
struct kf_value kf_world_event_identifiers(const struct kf_world *w, struct kf_arena *scratch,
                                           uint32_t event, struct kf_str ns);
bool kf_world_flagged(const struct kf_world *w, uint32_t event, struct kf_str flag);
/* Profile that holds an identifier now, KF_ID_NONE: none. Text "email:anna@example.com" or
 * "email=anna@example.com", or a profile id (16 hex digits, also of an alias). */
uint32_t kf_world_find(const struct kf_world *w, struct kf_str text, struct kf_error *err);
void kf_profile_id_format(uint64_t id, char out[17]); /* 16 hex digits */

#endif
