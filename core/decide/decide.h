/* What rules decide about profiles and events: traits, consent, fraud, scores, segments,
 * suppression, eligibility.
 *
 * kf_decide_new does what must be known before any profile is decided (fraud verdicts, which events
 * are left out, indexes across profiles). kf_decide_run decides ranges of profiles in parallel and
 * hands finished chunks to the caller in ascending order, so that results stream into the store or
 * a comparison without being held. kf_decide_one decides and explains one profile. */
#ifndef KF_DECIDE_DECIDE_H
#define KF_DECIDE_DECIDE_H

#include "profile/consent.h"
#include "profile/touch.h"
#include "profile/world.h"
#include "quality/tally.h"

enum kf_verdict { KF_VERDICT_NONE = 0, KF_VERDICT_ALLOW, KF_VERDICT_SUSPICIOUS, KF_VERDICT_REJECT };
/* Columns of a decided profile: every declared trait, computed, score (then its band) in order of
 * (kind, name). */
struct kf_column_def {
    const struct kf_rule *rule;
    const char *name; /* rule's name; a band: NAME_band */
    bool band;
    const char *type;     /* text number boolean date time money list version */
    const char *unit;     /* currency of money */
    const char *personal; /* category of personal data or NULL */
};

struct kf_membership {
    uint32_t profile;
    uint32_t rule; /* number of the segment */
    int64_t until; /* next instant at which time alone may end it; KF_TIME_MAX: none */
};
struct kf_suppression {
    uint32_t profile;
    uint32_t rule;     /* number of the suppress rule */
    uint32_t channels; /* bit per channel rule (by name); all ones: everything */
    uint32_t contact;  /* identifier number when per_contact, else KF_ID_NONE */
    bool undecided;    /* suppressed because it could not be decided */
    int64_t until;
};
struct kf_consent_row {
    uint32_t profile;
    uint16_t purpose;
    uint8_t state; /* enum kf_consent_state */
    int64_t since; /* time of the newest statement; KF_NO_TIME: none */
    uint32_t event;
};
struct kf_eligibility {
    uint32_t profile;
    uint32_t channel;    /* number of the channel rule */
    uint32_t contact;    /* identifier to use, KF_ID_NONE: none */
    int64_t from;        /* as_of: now; later: put off until; KF_TIME_MAX: not eligible */
    uint32_t blocked_by; /* number of the suppress rule reported first, UINT32_MAX: none */
};
/* Who an export sends now; exports with `top` are left to kf_decide_audience, which knows
 * everybody. */
struct kf_outgoing {
    uint32_t profile;
    uint32_t rule;    /* number of the export */
    uint32_t contact; /* identifier to use, KF_ID_NONE: none */
};
/* Segments, suppressions, channels that could not be decided; a column says so by its value's type.
 */
struct kf_undecided {
    uint32_t profile, rule;
    const char *why; /* static */
};

/* The decisions of profiles [from, to). Lives until the callback returns. */
struct kf_decided {
    uint32_t from, to;
    unsigned worker;                    /* that decided them */
    const struct kf_value *value;       /* [(to - from) * n_columns] row by row */
    const struct kf_membership *member; /* sorted by (profile, rule) as everything below */
    uint32_t n_member;
    /* profiles that pass who/except but lack the segment's requires_consent */
    const struct kf_membership *no_consent;
    uint32_t n_no_consent;
    const struct kf_suppression *suppression;
    uint32_t n_suppression;
    const struct kf_consent_row *consent;
    uint32_t n_consent;
    const struct kf_eligibility *eligibility;
    uint32_t n_eligibility;
    const struct kf_undecided *undecided;
    uint32_t n_undecided;
    const struct kf_outgoing *outgoing; /* only where the sink asks for exports */
    uint32_t n_outgoing;
    const struct kf_touch *touch; /* stored ones: direct visits left out; seq is the position within
                                     the profile from 1 */
    const uint32_t *touch_profile;
    uint32_t n_touch;
};

/* One verdict of a fraud rule about an event, identifier, property value or network. */
struct kf_fraud_row {
    uint32_t rule;
    uint8_t verdict; /* SUSPICIOUS, REJECT (ALLOW and NONE are not kept) */
    bool undecided;
    uint32_t event;      /* KF_ID_NONE: not about an event */
    uint32_t identifier; /* KF_ID_NONE: not about an identifier */
    struct kf_str key;   /* property value or network, as text */
    int32_t points;      /* of signals; 0 */
};

/* Does deciding about one person ask what other people did: fraud rules about shared values or
 * networks, members and traits of an account? */
bool kf_rules_look_across(const struct kf_ruleset *rules);

struct kf_decide;
int kf_decide_new(const struct kf_world *w, struct kf_decide **ret, struct kf_error *err);
void kf_decide_free(struct kf_decide *d);
const struct kf_column_def *kf_decide_columns(const struct kf_decide *d, uint32_t *ret_n);
const struct kf_fraud_row *kf_decide_fraud(const struct kf_decide *d,
                                           uint32_t *ret_n); /* sorted by rule, then content */

struct kf_decide_sink {
    /* ascending, never two at once; negative stops the run */
    int (*chunk)(void *ctx, const struct kf_decided *c, struct kf_error *err);
    void *ctx;
    /* NULL, or called before `chunk` for the same profiles by their worker, at the same time as
     * others: for what can be made of their events while these are in the cache. */
    int (*prepare)(void *ctx, unsigned worker, uint32_t from, uint32_t to, struct kf_error *err);
    /* segments, suppressions and channels only: value is not to be read, consent and
     * touches are left out. About twice as fast: for comparing rules. */
    bool audiences_only;
    /* What is decided besides even so: the scores of a row of values, consent, exports. */
    bool scores, consents, exports;
    /* [rules->n] 1: a segment, suppression, channel, score or export that nobody wants to know of;
     * it is decided only where another rule asks. NULL: all are wanted. */
    const uint8_t *skip;
};
int kf_decide_run(struct kf_decide *d, const struct kf_decide_sink *sink, struct kf_error *err);
/* Only these profiles (ascending), in one thread: explain, export, incremental work. */
int kf_decide_some(struct kf_decide *d, const uint32_t *profile, uint32_t n,
                   const struct kf_decide_sink *sink, struct kf_error *err);

/* History of one trait: each value with the event that set it, oldest first. */
struct kf_trait_step {
    struct kf_value value;
    uint32_t event;
};
int kf_decide_trait_history(struct kf_decide *d, uint32_t profile, const struct kf_rule *trait,
                            struct kf_arena *arena, const struct kf_trait_step **ret,
                            uint32_t *ret_n, struct kf_error *err);

/* Who said what about a purpose (number in world.statements), oldest first; rows live in `arena`.
 */
int kf_decide_consent_history(struct kf_decide *d, uint32_t profile, uint32_t purpose,
                              struct kf_arena *arena, const struct kf_consent_said **ret,
                              uint32_t *ret_n, struct kf_error *err);

/* Results of `expect` rules and of the built-in checklist over all events. */
struct kf_expect_row {
    const struct kf_rule *rule; /* NULL: built in */
    const char *check;          /* names properties time money test_traffic activation duplicates */
    const char *detail;         /* stable word: unplanned_event, required_missing, ... */
    uint64_t bad, of;
    uint32_t example[3]; /* events */
    uint32_t n_example;
    bool passed;
    const struct kf_tally_part *source,
        *field; /* what is bad, by source and by field; most first */
    uint32_t n_source, n_field;
    const struct kf_tally_bad *event; /* every bad one by time, where rows are wanted */
    uint32_t n_event;
};
int kf_decide_quality(struct kf_decide *d, struct kf_arena *arena, const struct kf_expect_row **ret,
                      uint32_t *ret_n, struct kf_error *err);
/* The same; want_rows: with every bad event. Everything lives in `arena`. */
int kf_decide_quality_rows(struct kf_decide *d, bool want_rows, struct kf_arena *arena,
                           const struct kf_expect_row **ret, uint32_t *ret_n, struct kf_error *err);
/* What `bad` and `of` count: "events", "deliveries", "addresses", "channels". */
const char *kf_expect_unit(const struct kf_expect_row *row);
/* Does the row's rule hold `what` ("run", "publish", "export") back where it fails? */
bool kf_expect_gates(const struct kf_expect_row *row, const char *what);
bool kf_expect_any_gate(const struct kf_ruleset *rules, const char *what);
/* Only the rules that gate `what`: the rows that fail. None: the gate is open. */
int kf_decide_gate(struct kf_decide *d, const char *what, struct kf_arena *arena,
                   const struct kf_expect_row **ret, uint32_t *ret_n, struct kf_error *err);
/* The same as one answer: 0, or KF_E_PERM with a sentence about the first that fails. */
int kf_gate_check(struct kf_decide *d, const char *what, struct kf_error *err);
/* "2.25 %"; and what the rule allows, NULL: nothing. */
void kf_share_add(struct kf_buf *out, uint64_t bad, uint64_t of);
void kf_allow_add(struct kf_buf *out, const struct kf_rule *rule);

/* Who may be sent by an export rule now: members of its segment, eligible on its channel, not held
 * out; rows in order of profile. */
struct kf_audience {
    uint32_t *profile, *contact;
    uint32_t n;
    uint32_t members, suppressed, no_consent, not_eligible, held_out, undecided, over_top;
    /* suppressed by reason: (rule number, count) */
    struct kf_audience_reason {
        uint32_t rule, count;
    } * reason;
    uint32_t n_reason;
};
int kf_decide_audience(struct kf_decide *d, const struct kf_rule *export_or_segment,
                       struct kf_audience **ret, struct kf_error *err);
void kf_audience_free(struct kf_audience *a);

#endif
