/* What most commands begin with: the workspace with its problems printed, the rules with their
 * diagnostics printed, the store, its events, and the world they make. Main thread;
 * zero-initialised, released with kf_session_close. */
#ifndef KF_CLI_SESSION_H
#define KF_CLI_SESSION_H

#include "cli/command.h"
#include "cli/output.h"
#include "pipeline.h"
#include "store/steward.h"

struct kf_session {
    const struct kf_cli *cli;
    struct kf_workspace ws;
    bool reveal; /* --reveal, or privacy.mask: false */
    struct kf_store *store;
    struct kf_store_run last;      /* texts live as long as the store */
    uint32_t decisions;            /* number of the newest of the stewards' log; worlds are made
                                      with those that the last run knew */
    struct kf_ruleset *last_rules; /* as they were at the last run */
    struct kf_events *events;
    struct kf_world *world;
    struct kf_decide *decide;
    uint32_t problems;     /* of kinfold.yaml, already printed */
    struct kf_error first; /* the first of them */
    bool rules_said;       /* diagnostics of the rules were printed */
};

/* kinfold.yaml. Each problem goes to stderr with its place. */
int kf_session_open(struct kf_session *s, const struct kf_cli *cli, struct kf_error *err);
/* The rules of the working tree; diagnostics go to stderr. KF_E_CONFIG when there are errors,
 * KF_E_LIMIT when a rule file broke a limit. */
int kf_session_rules(struct kf_session *s, struct kf_error *err);
/* Which of the two it is, of rules with errors. */
int kf_session_rules_code(const struct kf_ruleset *r);
/* The store of the last run. KF_E_NOINPUT: there was none. */
int kf_session_store(struct kf_session *s, struct kf_error *err);
/* Does the workspace have a store? */
bool kf_session_has_store(const struct kf_session *s);
/* Of an open store: the rules of the last run, its events. */
int kf_session_last_rules(struct kf_session *s, struct kf_error *err);
int kf_session_events(struct kf_session *s, struct kf_error *err);
/* Only those that can have a say about these identifiers or ids of profiles, or all where that is
 * no less (store/part.h). Of the last run's rules; for who resolves what is asked for only. */
int kf_session_events_about(struct kf_session *s, const char *const *about, uint32_t n,
                            struct kf_error *err);
/* The store, its rules and events: what the last run knew. */
int kf_session_load(struct kf_session *s, struct kf_error *err);
/* The world of the last run from what was loaded; subset NULL: all events. */
int kf_session_world(struct kf_session *s, const uint8_t *subset, bool want_links,
                     struct kf_error *err);
/* Prints the error unless it was printed already; the exit status. */
int kf_session_fail(const struct kf_session *s, const struct kf_error *err);
void kf_session_close(struct kf_session *s);

/* Diagnostics like a compiler's, then how many. */
void kf_session_say_rules(const struct kf_ruleset *r, bool colour);

/* Reads an instant or a day as --as-of takes it; a day is its end in the workspace's zone. */
int kf_session_as_of(const struct kf_session *s, int64_t *ret, struct kf_error *err);
/* The same of another option. */
int kf_session_instant(const struct kf_session *s, const char *option, int64_t *ret,
                       struct kf_error *err);

/* file:line of a rule, "rules/segments.lua:12". */
void kf_place_add(struct kf_buf *out, const struct kf_pos *pos);
/* "data/web.jsonl:14" of an event's record. */
void kf_event_place_add(struct kf_buf *out, const struct kf_events *e, uint32_t event);
/* "email:a***@e***.com~5c2d" */
void kf_ident_add(struct kf_buf *out, const struct kf_idset *ids, uint32_t id, bool reveal);
/* The earliest identifier of a profile that a person would recognise: strongest namespace first. */
uint32_t kf_profile_face(const struct kf_world *w, uint32_t profile);

#endif
