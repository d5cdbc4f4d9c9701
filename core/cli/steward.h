/* What the commands of stewards share: decide, review, erase. A desk is the last run's store with
 * its rules, the stewards' log, and, for those who write, the run lock. Main thread;
 * zero-initialised, released with kf_desk_close. */
#ifndef KF_CLI_STEWARD_H
#define KF_CLI_STEWARD_H

#include "cli/session.h"
#include "store/publish.h"

struct kf_desk {
    struct kf_session s;
    struct kf_publish *lock; /* of those who write */
    struct kf_events *none;  /* no event: rules are applied to typed identifiers */
    struct kf_idset *ids;
    const struct kf_steward_entry *log; /* all of it */
    uint32_t n;
    struct kf_steward_fate *fate; /* [n] */
    struct kf_arena arena;
};

/* Opens the workspace, takes the lock if it is to be written to, and reads the store's rules and
 * log. KF_E_NOINPUT: there was no run yet. */
int kf_desk_open(struct kf_desk *d, const struct kf_cli *cli, bool write, struct kf_error *err);
void kf_desk_close(struct kf_desk *d);
/* Lets go of the lock and the store, so that a run may begin; the workspace stays. */
void kf_desk_let_go(struct kf_desk *d);

/* "email:Anna@Example.com" -> "email=anna@example.com" by the rules of the last run. KF_E_USAGE
 * with a sentence: no such namespace, or no value of it. */
int kf_desk_identifier(struct kf_desk *d, const char *typed, const char **ret,
                       struct kf_error *err);
/* Did any event carry it? `id` as kf_desk_identifier gives it. */
int kf_desk_seen(struct kf_desk *d, const char *id, bool *ret, struct kf_error *err);
/* --by, or who is logged in. KF_E_USAGE: nobody. */
int kf_desk_who(const struct kf_cli *c, const char **ret, struct kf_error *err);
/* --because and --by, or who is logged in. KF_E_USAGE where they are missing or blank. */
int kf_desk_words(struct kf_desk *d, const char **ret_why, const char **ret_who,
                  struct kf_error *err);
/* The instant, whole milliseconds. For what people read; never part of a result. */
int64_t kf_desk_now(void);

/* "email:a***@e***.com~5c2d" of "email=anna@example.com" */
void kf_steward_ident_add(struct kf_buf *out, const char *id, bool reveal);
/* The same in single quotes where a shell needs them, for commands to copy. */
void kf_steward_shell_add(struct kf_buf *out, const char *id, bool reveal);
/* "keep A and B apart", "undo decision 3" */
void kf_steward_sentence(struct kf_buf *out, const struct kf_steward_entry *e,
                         const struct kf_zone *z, bool reveal);

/* What a list of decisions changes, compared with another: people, events, segments. */
struct kf_desk_change; /* struct kf_diff and counts, in steward_change.c */
int kf_desk_compare(struct kf_desk *d, const struct kf_decision_text *before, uint32_t n_before,
                    const struct kf_decision_text *after, uint32_t n_after,
                    struct kf_desk_change **ret, struct kf_error *err);
bool kf_desk_change_any(const struct kf_desk_change *c);
void kf_desk_change_text(const struct kf_desk_change *c, struct kf_buf *out);
void kf_desk_change_json(const struct kf_desk_change *c, struct kf_json *j);
void kf_desk_change_free(struct kf_desk_change *c);

/* decide export FILE, decide import FILE. */
int kf_decide_export(struct kf_desk *d, const char *path, struct kf_buf *out, struct kf_error *err);
int kf_decide_import(struct kf_desk *d, const char *path, struct kf_buf *out, struct kf_error *err);

/* Receipts of erasures in the same file, in front of the decisions: a store made from nothing must
 * not bring anybody back. */
struct kf_receipts {
    struct kf_desk *d;
    uint32_t n;                     /* there are so many */
    const char *const *hash;        /* of each: the file's are known by them */
    struct kf_tombstone *tombstone; /* of all, from the heap */
    uint32_t n_tombstone;
    struct kf_tombstones *set;
    struct kf_receipt_new {
        struct kf_receipt receipt;
        struct kf_tombstone *tombstone;
        uint32_t n;
    } * added;
    uint32_t n_added, known;
};
int kf_receipts_open(struct kf_desk *d, struct kf_receipts *ret, struct kf_error *err);
void kf_receipts_close(struct kf_receipts *r);
int kf_receipts_lines(struct kf_desk *d, struct kf_buf *out, uint32_t *ret_n, struct kf_error *err);
/* A line of the file (a json_t object); *ret_why: what is wrong with it, NULL: nothing. */
void kf_receipts_read(struct kf_receipts *r, const void *object, const char **ret_why);

#endif
