/* One value written in many ways becomes one identifier; what names nobody becomes nothing.
 *
 * Pure functions of their arguments, for any thread. What is dropped here stays in the event and is
 * counted (idset.h). */
#ifndef KF_IDENTITY_NORMALISE_H
#define KF_IDENTITY_NORMALISE_H

#include "base/str.h"

#define KF_NORMALISE_NOTHING SIZE_MAX

/* Normalises `value` into out (cap >= 3 * n + 16); returns the length or KF_NORMALISE_NOTHING.
 *   email   lower case, one @ with something on both sides
 *   phone   digits and a leading +, 6 to 15 digits; no country is guessed (base/phone.h does)
 *   lower   lower case
 *   uuid, idfa, gaid   32 hex digits, with or without dashes and braces; all zeros is nothing
 *   sha256  64 hex digits in lower case, anything else is nothing
 *   cookie  the client id of an analytics cookie (GA1.2.<id>); others as they are
 *   NULL, trim         blanks at both ends go
 * All lose blanks at both ends first; what is left empty is nothing. */
size_t kf_identity_normalise(const char *kind, struct kf_str value, char *out, size_t cap);

/* Policies of one mail domain: what its provider does not look at in the name of a mailbox. */
struct kf_id_domain {
    struct kf_str name;    /* "gmail.com"; "*": every domain without a row of its own */
    struct kf_str same_as; /* another name of it, p NULL: none */
    bool dots, plus_tags;  /* ignored */
};
/* Applies the row of the address's domain in place; the new length. Nothing is left of a mailbox:
 * KF_NORMALISE_NOTHING. */
size_t kf_identity_mailbox(const struct kf_id_domain *domain, uint32_t n_domains, char *address,
                           size_t n, size_t cap);

/* Is this the SHA-256 of something, as 64 hex digits? */
bool kf_identity_hashed(struct kf_str value);

/* Marks of a value that may deceive who reads it. Nothing is joined or dropped for them: they are
 * counted so that somebody looks. */
#define KF_ODD_CONTROL   1u /* NUL and other control characters */
#define KF_ODD_INVISIBLE 2u /* no width, or turns the direction of writing */
#define KF_ODD_MIXED     4u /* letters of Latin and of a script that looks like it in one value */
#define KF_ODD_ENCODING  8u /* not UTF-8 */
unsigned kf_identity_odd(struct kf_str value);

#endif
