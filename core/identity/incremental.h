/* Incremental identity resolution: keeps observations and resolves again only what a change
 * touches.
 *
 * Owns the observations (events with their identifiers, links that hold, statements, transfers,
 * separations), the log of decisions, the parts they form, and the result. A part is everything
 * that could ever look at one another: identifiers that one event carries, whether or not a rule
 * ties them, and what a transfer, a decision or a separation names together. It is therefore never
 * smaller than a component of resolve.h, and every count that IDENTITY.md knows (`shared_above`,
 * `per_profile`, `max_identifiers`) stays inside one. A change gives the touched parts, and nothing
 * else, to kf_identity_resolve; the result is the one that a resolution of everything would give.
 *
 * Identifiers and rules are the caller's: dense numbers and callbacks as in resolve.h, alive and
 * unchanged as long as the engine. Events get numbers here, ascending from 0, never used twice.
 * Conditions are evaluated already. One thread at a time; a call may use `threads` inside.
 *
 * A step costs what the touched parts hold, so a part of a million events costs a resolution of a
 * million events. Numbers of removed events stay taken: who removes for months makes a new engine
 * from what is left now and then. */
#ifndef KF_IDENTITY_INCREMENTAL_H
#define KF_IDENTITY_INCREMENTAL_H

#include "identity/resolve.h"

struct kf_incremental;

/* Rules and callbacks as in struct kf_id_input. event_cmp is asked with the engine's numbers of
 * events; those of the events of a running kf_incremental_add begin at kf_incremental_events. */
struct kf_incremental_options {
    const struct kf_id_rules *rules;
    int64_t as_of;
    uint8_t (*id_ns)(const void *ctx, uint32_t id);
    struct kf_str (*id_value)(const void *ctx, uint32_t id);
    uint64_t (*id_hash)(const void *ctx, uint32_t id);
    int (*event_cmp)(const void *ctx, uint32_t a, uint32_t b); /* NULL: no two at one time */
    const void *ctx;
    unsigned threads;
    bool want_links; /* kf_incremental_result lists kept links too */
};

/* One event; copied, but for the names of rules. `event` in the rows below is not looked at. */
struct kf_incremental_event {
    int64_t time;
    const uint32_t *ids; /* no identifier twice */
    uint32_t n_ids;
    uint64_t links; /* link rules that hold, a bit each; UINT64_MAX: all */
    bool alias;
    uint64_t signout; /* namespaces whose logout event this is */
    const struct kf_id_statement *statement;
    uint32_t n_statement;
    const struct kf_id_transfer *transfer;
    uint32_t n_transfer;
    const struct kf_id_separation *separation;
    uint32_t n_separation;
};

/* What a call changed, each once. Belongs to the engine, valid until its next call.
 * event: owner or contradiction changed, new and owned, or removed. id: its profile, isolation,
 * spelling or spans changed. profile: ids of profiles that came, went, gained or lost one of those.
 * seen_*: the size of what was resolved again. */
struct kf_incremental_changes {
    const uint32_t *event;
    size_t n_event;
    const uint32_t *id;
    size_t n_id;
    const uint64_t *profile; /* ascending */
    size_t n_profile;
    size_t seen_events, seen_ids;
};

/* After an error other than KF_E_DATA, which changes nothing, the engine can only be freed. `ret`
 * may be NULL in all calls. */
int kf_incremental_new(const struct kf_incremental_options *o, struct kf_incremental **ret,
                       struct kf_error *err);
void kf_incremental_free(struct kf_incremental *inc);

/* Takes events in; those later than as_of wait for kf_incremental_advance. Any size: one event, or
 * all there are. KF_E_DATA: an identifier's namespace is not one of the rules'. */
int kf_incremental_add(struct kf_incremental *inc, const struct kf_incremental_event *event,
                       uint32_t n, struct kf_incremental_changes *ret, struct kf_error *err);

/* Appends to the log of decisions. */
int kf_incremental_decide(struct kf_incremental *inc, const struct kf_id_decision *d, uint32_t n,
                          struct kf_incremental_changes *ret, struct kf_error *err);
/* Takes the decisions of that number out of the log, as if never made. */
int kf_incremental_undo(struct kf_incremental *inc, uint32_t number,
                        struct kf_incremental_changes *ret, struct kf_error *err);

/* Events that never were (erasure). What they alone held together falls apart. KF_E_DATA: no such
 * event, or removed already. */
int kf_incremental_remove(struct kf_incremental *inc, const uint32_t *event, uint32_t n,
                          struct kf_incremental_changes *ret, struct kf_error *err);

/* Lets time pass: waiting events and transfers arrive, identifiers expire. KF_E_DATA: as_of would
 * go back. */
int kf_incremental_advance(struct kf_incremental *inc, int64_t as_of,
                           struct kf_incremental_changes *ret, struct kf_error *err);
/* A lower bound of the instant at which time alone changes something; KF_TIME_MAX: never. */
int64_t kf_incremental_next(struct kf_incremental *inc);

uint32_t kf_incremental_events(const struct kf_incremental *inc); /* the next event's number */
/* false: in no profile. An event as in event_profile, an identifier as in id_profile of resolve.h.
 */
bool kf_incremental_event_profile(const struct kf_incremental *inc, uint32_t event,
                                  uint64_t *ret_id);
bool kf_incremental_id_profile(const struct kf_incremental *inc, uint32_t id, uint64_t *ret_id);

/* The whole result as kf_identity_resolve would give it, but for the figures at its end, which are
 * 0. Removed events are in no profile. n_ids: at least what was named so far. Freed with
 * kf_identity_free. Takes time by what the engine holds: for rebuilds of tables and for tests. */
int kf_incremental_result(const struct kf_incremental *inc, uint32_t n_ids,
                          struct kf_id_result **ret, struct kf_error *err);

#endif
