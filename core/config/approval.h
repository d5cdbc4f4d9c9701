/* approvals.jsonl beside kinfold.yaml: who approved, rejected and published which rule set, and who
 * released which source. Lines are only ever added. Each names the line before by its hash and is
 * signed with Ed25519, so that what is changed, moved or taken out later shows.
 *
 *   {"number":3, ..., "previous":"<hash of line 2>","hash":"<SHA-256>","signature":"<Ed25519>"}
 *
 * The hash is over the bytes of the line before `,"hash":`; the signature is over
 * KF_APPROVAL_DOMAIN, a line end and the hash. Every byte of a line is covered by one of the two.
 *
 * What is read is immutable and may be read by any thread; texts live as long as the object. */
#ifndef KF_CONFIG_APPROVAL_H
#define KF_CONFIG_APPROVAL_H

#include "config/config.h"

#define KF_APPROVAL_FILE      "approvals.jsonl"
#define KF_APPROVAL_DOMAIN    "kinfold.approval/1"
#define KF_APPROVAL_SIGNATURE 64u

enum kf_approval_kind {
    KF_APPROVAL_APPROVE,       /* a role agrees to a rule set */
    KF_APPROVAL_REJECT,        /* a role does not; also takes an earlier agreement back */
    KF_APPROVAL_PUBLISH,       /* a rule set becomes the one that runs */
    KF_APPROVAL_BACK,          /* one that was published before becomes it again */
    KF_APPROVAL_SOURCE,        /* a source of cadence approval may be read */
    KF_APPROVAL_SOURCE_REVOKE, /* it may not any more */
    KF_APPROVAL_KINDS
};

/* A line. Members that its kind does not have are NULL, 0 or KF_TIME_MIN. */
struct kf_approval {
    uint32_t number; /* from 1: its line */
    enum kf_approval_kind kind;
    int64_t at; /* by the clock of who signed, whole milliseconds */
    const char *who, *mail, *key;
    const char *because;
    /* of rule sets */
    const char *role;    /* "privacy", "analytics" (approve, reject) */
    const char *rules;   /* digest of the rule set */
    const char *before;  /* digest of the set it was compared with (approve, reject), or that was
                            published before (publish, back) */
    const char *plan;    /* digest of the plan file (approve, reject) */
    const char *data;    /* digest of the data of the plan (approve, reject) */
    const char *engine;  /* version that made the plan (approve, reject) */
    const char *verdict; /* the first line of what was signed (approve, reject) */
    bool limits_broken;  /* it was approved although a limit of the plan does not hold */
    const char *text;    /* text digest of the snapshot (publish, back) */
    const char *folder;  /* the snapshot's, below the workspace (publish, back) */
    /* of sources */
    const char *source;
    const char *files; /* digest of the files that were there; NULL: whatever comes */
    int64_t until;     /* KF_TIME_MIN: without an end */

    const char *previous, *hash, *signature;
    uint32_t person; /* of config->person whose key signed it; UINT32_MAX: nobody has the key */
    bool counts;     /* ... and held the role that the line needs at that time, which is the latest
                        of this line and those above it */
};

struct kf_approvals {
    const struct kf_approval *line; /* those up to the first that is broken */
    uint32_t n;
    const char *file; /* as shown to people */
    uint32_t broken;  /* the first broken line, 0: none */
    const char *why;  /* a sentence about it */
    bool cut;         /* what follows the last line has no line end: somebody was writing it */
    uint64_t size;    /* bytes up to there */
    const struct kf_config *config;
    struct kf_approvals_private *priv;
};

/* Reads and verifies the whole log. No file: n is 0. A broken line is no error here: see `broken`.
 * KF_E_NOINPUT where the file cannot be read. The config must live as long. */
int kf_approvals_load(const struct kf_config *c, struct kf_approvals **ret, struct kf_error *err);
/* The same from text. */
int kf_approvals_parse(const struct kf_config *c, const char *text, size_t len,
                       struct kf_approvals **ret, struct kf_error *err);
void kf_approvals_free(struct kf_approvals *a);
/* 0, or KF_E_PERM with the first broken line and why. */
int kf_approvals_check(const struct kf_approvals *a, struct kf_error *err);

/* All that was said about a rule set, oldest first; the number of lines, at most `cap` of which are
 * put into out. */
uint32_t kf_approvals_of(const struct kf_approvals *a, const char *rules_digest,
                         const struct kf_approval **out, uint32_t cap);
/* What a role said last about a rule set, of lines that count; NULL: nothing. */
const struct kf_approval *kf_approvals_role(const struct kf_approvals *a, const char *rules_digest,
                                            enum kf_role role);
/* Is it approved by everybody kinfold.yaml demands? *ret_missing: the roles that are missing. With
 * four eyes no person counts for two roles: *ret_same is then who spoke for both. */
bool kf_approvals_full(const struct kf_approvals *a, const char *rules_digest,
                       unsigned *ret_missing, const struct kf_config_person **ret_same);
/* The publication that is in force: the newest line of kind publish or back that counts; NULL:
 * nothing was published. */
const struct kf_approval *kf_approvals_published(const struct kf_approvals *a);
/* The release of a source that is in force at `now`; NULL: it waits. *ret_last (may be NULL): the
 * newest line about it, in force or not. */
const struct kf_approval *kf_approvals_source(const struct kf_approvals *a, const char *source,
                                              int64_t now, const struct kf_approval **ret_last);

/* Does a text only say what it shows? No control characters but line ends and tabs, nothing that
 * turns the direction of reading, well-formed: whoever signs must see what is there. */
bool kf_text_plain(struct kf_str s);
/* "approve", "reject", "publish", "back", "source", "source_revoke" */
const char *kf_approval_kind_name(enum kf_approval_kind k);

/* ---- writing ---- */

/* The line of an entry, without a line end, as number `number` behind a line whose hash is
 * `previous` ("": it is the first). What the entry says itself of number, previous, hash and
 * signature is not looked at. secret_key: as libsodium has it. */
void kf_approval_line(const struct kf_approval *e, uint32_t number, const char *previous,
                      const uint8_t secret_key[64], struct kf_buf *out, char ret_hash[65]);
/* Appends a line for the entry under a lock of the file: `a` is what the caller read before and
 * must still be all there is (KF_E_AGAIN otherwise). Brought to the disk. *ret_number, ret_hash: of
 * the new line. KF_E_PERM: the log is broken; KF_E_CANTCREATE, KF_E_IO. */
int kf_approvals_append(const struct kf_approvals *a, const struct kf_approval *e,
                        const uint8_t secret_key[64], uint32_t *ret_number, char ret_hash[65],
                        struct kf_error *err);

#endif
