/* Constrained identity resolution: shared contract of IDENTITY.md sections 1 to 6 on plain numbers.
 *
 * This module owns nothing of its caller and knows neither Lua nor events nor SQL: identifiers,
 * events and rules arrive as dense numbers in columns, conditions are evaluated already
 * (core/identity/observe.[ch] does that), and the answer is columns again. The result is a function
 * of the *set* of events: every tie is broken by content (bytes of values, times, names). Single
 * call, may use `threads` workers inside; no state between calls. The same function resolves
 * everything, one component (explain, incremental work) or a candidate rule set (dry-run). */
#ifndef KF_IDENTITY_RESOLVE_H
#define KF_IDENTITY_RESOLVE_H

#include "base/error.h"
#include "base/str.h"

#define KF_ID_NONE       UINT32_MAX
#define KF_ID_NAMESPACES 64 /* so that sets of namespaces and of link rules are one word */
#define KF_ID_RULES      64

enum kf_id_policy {
    KF_ID_AMBIGUOUS, /* default */
    KF_ID_LAST_LOGIN,
    KF_ID_FIRST_LOGIN,
    KF_ID_SPLIT_BY_LOGIN,
    KF_ID_RESET_ON_LOGOUT
};

enum kf_id_strength { KF_ID_DECLARED, KF_ID_VERIFIED, KF_ID_OBSERVED };

/* Why a link was refused, a span isolated. Order as in the text; names as in the text
 * (kf_identity_reason_name). */
enum kf_id_reason {
    KF_ID_KEPT = 0,
    KF_ID_CONSENT,
    KF_ID_UNLINKED,
    KF_ID_SHARED_ABOVE,
    KF_ID_SHARED,
    KF_ID_NEVER_LINK,
    KF_ID_KEEP_APART,
    KF_ID_PER_PROFILE,
    KF_ID_WITHIN,
    KF_ID_CEILING
};

struct kf_id_namespace {
    const char *name;
    uint32_t rank;        /* 1 strongest, distinct */
    uint32_t per_profile; /* 0: no limit; 1 and within 0: a person's key */
    int64_t within;       /* ns; > 0: per_profile counts in stretches shorter than this */
    enum kf_id_policy when_shared;
    int64_t expires_after; /* ns; 0: never */
    int64_t history;       /* ns; -1: all (default), 0: "none" */
    uint32_t shared_above; /* 0: off */
};

struct kf_id_link_rule {
    const char *name;
    uint64_t connect; /* set of namespace numbers */
    enum kf_id_strength strength;
    int16_t purpose; /* requires_consent: number of the purpose, -1: none */
};

struct kf_id_rules {
    const struct kf_id_namespace *ns;
    uint32_t n_ns;
    const struct kf_id_link_rule *link;
    uint32_t n_link;
    const char *const *purpose; /* names of the purposes that link rules require */
    uint32_t n_purpose;
    uint32_t max_identifiers; /* limits { max_identifiers }, 0: none */
};

/* What one event says about consent for a purpose; several statements of one event are merged to
 * the most restrictive. */
struct kf_id_statement {
    uint32_t event;
    int16_t purpose;
    bool granted; /* false: anything but granted */
};

/* A transfer that an event or a decision makes of identifier x at time t. to: KF_ID_NONE: to
 * nobody. One row per new owner. */
struct kf_id_transfer {
    uint32_t x, to;
    int64_t t;
    uint32_t event;   /* KF_ID_NONE: a decision */
    const char *rule; /* name of the transfer rule, "decision" */
};

/* a and b may never share a profile. */
struct kf_id_separation {
    uint32_t a, b;
    uint32_t event; /* evidence */
    const char *rule;
};

enum kf_id_verb { KF_ID_DO_JOIN, KF_ID_DO_UNLINK, KF_ID_DO_KEEP_APART, KF_ID_DO_TRANSFER };
struct kf_id_decision { /* in the order of the log */
    enum kf_id_verb verb;
    uint32_t a, b;   /* transfer: x and new owner or KF_ID_NONE */
    int64_t at;      /* transfer only */
    uint32_t number; /* line of the log, for reports */
};

struct kf_id_input {
    const struct kf_id_rules *rules;
    int64_t as_of; /* events and transfers later than this are not there */

    /* identifiers: normalised, ignored ones are not among them */
    uint32_t n_ids;
    const uint8_t *id_ns;                                    /* namespace of each */
    struct kf_str (*id_value)(const void *ctx, uint32_t id); /* bytes of the value */
    uint64_t (*id_hash)(const void *ctx,
                        uint32_t id); /* keyed hash of (namespace, value): becomes the profile id */

    /* events: any order; event_off has n_events + 1 entries into event_ids (no identifier twice in
     * one event) */
    uint32_t n_events;
    const int64_t *event_time;
    const uint64_t *event_off;
    const uint32_t *event_ids;
    const uint64_t
        *event_links; /* which link rules hold, a bit each; NULL: all rules hold for every event */
    const uint8_t *event_alias; /* 1: type alias; NULL: none is */
    /* namespaces whose `logout` event this is: a bit each, sparse and sorted by event; NULL/0: none
     */
    const struct kf_id_signout {
        uint32_t event;
        uint64_t ns;
    } * signout;
    uint32_t n_signout;
    int (*event_cmp)(const void *ctx, uint32_t a,
                     uint32_t b); /* order by event id of two events with equal time */

    const struct kf_id_statement *statement; /* sorted by event */
    uint32_t n_statement;
    const struct kf_id_transfer *transfer;
    uint32_t n_transfer;
    const struct kf_id_separation *separation;
    uint32_t n_separation;
    const struct kf_id_decision *decision;
    uint32_t n_decision;

    const void *ctx; /* of the callbacks; they are called from several threads */
    unsigned threads;
    bool want_links; /* fill ret->link (explain, link table); otherwise only refusals */
};

struct kf_id_span {
    uint32_t id;                   /* identifier */
    int64_t from, to;              /* [from, to); KF_TIME_MIN / KF_TIME_MAX at the ends */
    uint32_t profile;              /* KF_ID_NONE: its cluster owns no event, or nothing names it */
    uint8_t isolated;              /* enum kf_id_reason, 0: not */
    int64_t first_seen, last_seen; /* observations in the span; KF_TIME_MIN: none */
};

struct kf_id_link {
    uint32_t a, b;          /* identifiers, a the nearer end (see Tie) */
    int64_t a_from, b_from; /* starts of their spans */
    const char *rule;       /* link or transfer rule, "join", "transfer" */
    uint8_t strength;       /* enum kf_id_strength */
    uint8_t reason;         /* KF_ID_KEPT or why refused */
    bool consented;
    int64_t first, last; /* times of its observations */
    uint32_t count;
    uint32_t event; /* newest observation, KF_ID_NONE: a decision */
    /* in the way: namespace number for per_profile/within, the separated pair for
     * never_link/keep_apart, else KF_ID_NONE */
    uint32_t limit_ns, sep_a, sep_b;
    const char *sep_rule;
};

/* Freed with kf_identity_free. Profiles are numbered by ascending profile id, so the numbers are
 * deterministic too. */
struct kf_id_result {
    uint32_t n_profiles;
    uint64_t *profile_id;           /* keyed hash of the earliest identifier (section 6) */
    uint32_t *profile_earliest;     /* that identifier */
    int64_t *profile_earliest_from; /* start of its span */
    uint32_t *event_profile; /* [n_events]; KF_ID_NONE: contradictory, without identifiers or after
                                as_of */
    uint8_t *event_contradictory; /* [n_events] 1: contradicts itself; NULL when none does */
    uint32_t *id_profile;         /* [n_ids] profile that holds it at as_of; KF_ID_NONE */
    uint8_t *id_isolated;         /* [n_ids] reason if its current span is isolated */
    uint32_t *id_same; /* [n_ids] what it was joined to (smallest spelling), itself otherwise; NULL:
                          no joins */
    /* spans of identifiers that were cut; an identifier without rows here has the one span (-inf,
     * +inf) */
    struct kf_id_span *span;
    uint32_t n_span;
    struct kf_id_link *link; /* refused ones always, kept ones when asked; sorted by (a value, b
                                value, rule, from) content */
    uint32_t n_link;
    uint32_t *shared; /* identifiers raised for review as shared, all spellings, sorted by
                         (namespace, value) */
    uint32_t n_shared;
    /* figures */
    uint32_t n_components, n_slow_components, largest_component;
    uint64_t n_observations;
};

/* KF_E_LIMIT where more than 2^32-2 spans would be needed, KF_E_FAIL otherwise. */
int kf_identity_resolve(const struct kf_id_input *in, struct kf_id_result **ret,
                        struct kf_error *err);
void kf_identity_free(struct kf_id_result *r);
const char *
kf_identity_reason_name(enum kf_id_reason reason); /* "per_profile", ... as in the text */
const char *kf_identity_policy_name(enum kf_id_policy p);

#endif
