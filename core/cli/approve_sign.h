/* Who signs, and the line that is signed: what approve, publish and source share.
 *
 * Main thread; zero-initialise, release with kf_signer_free. */
#ifndef KF_CLI_APPROVE_SIGN_H
#define KF_CLI_APPROVE_SIGN_H

#include "cli/approve_key.h"
#include "cli/session.h"
#include "config/approval.h"

struct kf_signer {
    const struct kf_session *s;
    struct kf_buf path;
    struct kf_key key; /* locked until something is signed */
    const struct kf_config_person *person;
    struct kf_approvals *log; /* sound */
    const char *because;
    int64_t now;
};

/* Options that all of them have. */
#define KF_SIGN_OPTIONS                                                                            \
    {"because", 0, "TEXT", "why: whoever reads the log wants to know", false},                     \
        {"key", 'k', "FILE", "the secret key (default: yours of ~/.config/kinfold)", false},       \
        {"passphrase-file", 0, "FILE", "its passphrase, instead of asking for it", false},         \
    {                                                                                              \
        "yes", 'y', NULL, "do not ask whether to go on", false                                     \
    }

/* Reads --because, the log, and the key file (what is public of it): whose is it, and do they hold
 * the role? KF_E_USAGE, KF_E_PERM. */
int kf_signer_open(struct kf_signer *g, const struct kf_session *s, enum kf_role role,
                   struct kf_error *err);
/* The same where what is signed says itself why; it is borrowed. */
int kf_signer_open_because(struct kf_signer *g, const struct kf_session *s, enum kf_role role,
                           const char *because, struct kf_error *err);
/* Asks on the terminal; --yes answers. *ret false: no. KF_E_USAGE: nobody can be asked. */
int kf_signer_confirm(const struct kf_signer *g, const char *question, bool *ret,
                      struct kf_error *err);
/* Fills who, mail, key, at and because, unlocks the key, and appends. */
int kf_signer_append(struct kf_signer *g, struct kf_approval *e, uint32_t *ret_number,
                     char ret_hash[65], struct kf_error *err);
void kf_signer_free(struct kf_signer *g);

/* --because, not blank and not endless. */
int kf_sign_because(const struct kf_cli *cli, const char **ret, struct kf_error *err);
/* "Pia Weber (privacy)", "Pia Weber (unknown key)" of a line. */
void kf_signed_by(const struct kf_approvals *a, const struct kf_approval *e, struct kf_buf *out);

#endif
