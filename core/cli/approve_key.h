/* Secret keys of people who sign: one file each (kinfold.key/1), readable for its owner only,
 * locked with a passphrase where its owner wants that (Argon2id, then XSalsa20-Poly1305).
 *
 * Main thread. Secrets are wiped with kf_key_free; no message ever holds one. */
#ifndef KF_CLI_APPROVE_KEY_H
#define KF_CLI_APPROVE_KEY_H

#include "base/error.h"
#include "base/str.h"

struct kf_key {
    char name[101];
    uint8_t public_key[32];
    char text[53]; /* "ed25519:..." of it */
    bool locked;   /* the file has a passphrase */
    bool open;     /* `secret` is there */
    uint8_t secret[64];
    struct kf_key_box *box; /* what is locked, until it is opened */
};

/* A new pair. */
int kf_key_make(const char *name, struct kf_key *ret, struct kf_error *err);
/* KF_E_CANTCREATE: there is a file of that name. */
int kf_key_free_path(const char *path, struct kf_error *err);
/* Writes a file that is not there yet, mode 0600, with the folders above it. passphrase NULL: none.
 * KF_E_CANTCREATE: there is a file of that name. */
int kf_key_save(const struct kf_key *k, const char *path, const char *passphrase,
                struct kf_error *err);
/* Reads a file; where it is locked only what is public. KF_E_NOINPUT: not there; KF_E_PERM: others
 * may read it; KF_E_DATA: no key. */
int kf_key_load(const char *path, struct kf_key *ret, struct kf_error *err);
/* KF_E_PERM: another passphrase. Nothing to do for one that is open. */
int kf_key_unlock(struct kf_key *k, const char *passphrase, struct kf_error *err);
void kf_key_free(struct kf_key *k);

/* ~/.config/kinfold/NAME.key ($XDG_CONFIG_HOME); false: there is no home. */
bool kf_key_folder(struct kf_buf *out);
bool kf_key_path(const char *name, struct kf_buf *out);
/* The key files of that folder, by name. Release with kf_key_list_free. */
struct kf_key_list {
    struct kf_buf folder;
    char **path;
    size_t n;
};
void kf_key_list(struct kf_key_list *ret);
void kf_key_list_free(struct kf_key_list *l);
/* Somebody may commit it by mistake: a folder above the file is a work tree of git. */
bool kf_key_in_git(const char *path);

/* Asks on the terminal, without showing what is typed. False: there is no terminal. The caller
 * wipes it (kf_passphrase_free). */
bool kf_passphrase_ask(const char *question, struct kf_buf *out);
/* First line of a file (or pipe) that others may not read. */
int kf_passphrase_file(const char *path, struct kf_buf *out, struct kf_error *err);
void kf_passphrase_free(struct kf_buf *b);

#endif
