/* What a person said about each purpose (RULES 4, `consent`), from the statements of a world.
 *
 * A statement is said by identifiers (IDENTITY 2.3): `granted` by those of the strongest namespace
 * of its event, anything else by every identifier on it. A profile's state merges the newest
 * statements of its current identifiers. kf_consents_new once a world, immutable; one struct
 * kf_consent_fold a worker thread. */
#ifndef KF_PROFILE_CONSENT_H
#define KF_PROFILE_CONSENT_H

#include "profile/world.h"

enum kf_consent_state {
    KF_CONSENT_UNKNOWN = 0,
    KF_CONSENT_GRANTED,
    KF_CONSENT_DENIED,
    KF_CONSENT_CONFLICT
};

struct kf_consents;
int kf_consents_new(const struct kf_world *w, struct kf_consents **ret, struct kf_error *err);
void kf_consents_free(struct kf_consents *c);

struct kf_consent_now {
    enum kf_consent_state state;
    int64_t since;  /* time of the newest statement; KF_NO_TIME: none */
    uint32_t event; /* that made it */
    int64_t flip;   /* when a grant expires; KF_TIME_MAX: never */
};

struct kf_consent_fold;
struct kf_consent_fold *kf_consent_fold_new(const struct kf_consents *c); /* NULL: no memory */
void kf_consent_fold_free(struct kf_consent_fold *f);
/* Starts a profile; work is done when first asked. */
void kf_consent_fold_start(struct kf_consent_fold *f, uint32_t profile);
/* State of a purpose (number in world.statements) for the profile. */
struct kf_consent_now kf_consent_fold_state(struct kf_consent_fold *f, uint32_t purpose);
/* For one of its identifiers, as a contact: statements on events that carry it, and refusals on
 * events without an identifier of its kind. */
struct kf_consent_now kf_consent_fold_contact(struct kf_consent_fold *f, uint32_t purpose,
                                              uint32_t identifier);
/* The best of the profile's identifiers of a namespace. */
struct kf_consent_now kf_consent_fold_best(struct kf_consent_fold *f, uint32_t purpose,
                                           uint32_t ns);
const char *kf_consent_state_name(enum kf_consent_state s);
/* Namespace that the purpose's rule keeps states for, KF_ID_NONE: none. */
uint32_t kf_consents_contact(const struct kf_consents *c, uint32_t purpose);

/* History of a purpose for explain: every statement that counts for the profile, oldest first. */
struct kf_consent_said {
    uint32_t event, identifier, rule; /* rule number, UINT32_MAX: a consent field */
    int64_t time;
    uint8_t state; /* enum kf_said */
};
uint32_t kf_consent_history(struct kf_consent_fold *f, uint32_t purpose, struct kf_arena *arena,
                            const struct kf_consent_said **ret);

#endif
