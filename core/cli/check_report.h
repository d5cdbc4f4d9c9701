/* What `check` found, in the forms that people, editors and builds read. Everything is gathered
 * first (cmd_check.c); here it is only written. Main thread. */
#ifndef KF_CLI_CHECK_REPORT_H
#define KF_CLI_CHECK_REPORT_H

#include "base/vec.h"
#include "cli/session.h"

/* A diagnostic with the path under which its file can be opened from here. */
struct kf_check_problem {
    struct kf_diagnostic d;
    const char *path;
};

struct kf_check_found {
    const struct kf_cli *cli;
    const struct kf_config *config; /* NULL: it did not load */
    const struct kf_ruleset *rules; /* NULL: they were not looked at */
    kf_vec(struct kf_check_problem) problem;
    const char **path; /* of each rule file */
    uint32_t errors, warnings, notes;
    uint32_t connectors;
    bool strict;
    bool data;           /* names were compared with what was read */
    uint64_t events;     /* that were */
    const char *no_data; /* why they were not: a sentence */
    struct kf_arena arena;
};

void kf_check_plain(const struct kf_check_found *f, struct kf_buf *out);
void kf_check_json(const struct kf_check_found *f, struct kf_buf *out);
void kf_check_sarif(const struct kf_check_found *f, struct kf_buf *out);
void kf_check_junit(const struct kf_check_found *f, struct kf_buf *out);
/* The diagnostics, as a compiler prints them, and the few lines after them. */
void kf_check_text(const struct kf_check_found *f, struct kf_buf *diagnostics, struct kf_buf *out);

/* The page of a code, or of all ("all"). KF_E_USAGE: there is no such code. */
int kf_check_explain(const struct kf_cli *cli, const char *code, struct kf_buf *out,
                     struct kf_error *err);

#endif
