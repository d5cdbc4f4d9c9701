/* What `kinfold test` says, in four forms: text, JSON, JUnit, TAP. A case is added as soon as its
 * suite has run; all is written at the end. Main thread. */
#ifndef KF_CLI_TEST_REPORT_H
#define KF_CLI_TEST_REPORT_H

#include "cli/test_run.h"

enum kf_test_format { KF_TEST_TEXT, KF_TEST_JSON, KF_TEST_JUNIT, KF_TEST_TAP };

struct kf_test_report {
    const struct kf_cli *cli;
    enum kf_test_format format;
    bool verbose;
    struct kf_buf out;
    struct kf_json json;
    uint32_t passed, failed, todo, waiting, bonus, errors;
    uint32_t n; /* cases so far */
    bool stopped;
};
/* --format, or what --json says. KF_E_USAGE: there is no such format. */
int kf_test_format_read(const struct kf_cli *cli, enum kf_test_format *ret, struct kf_error *err);
void kf_test_report_begin(struct kf_test_report *r);
void kf_test_report_add(struct kf_test_report *r, const struct kf_test_item *item);
/* The end of a suite of this file (JUnit has one for each), then of all. */
void kf_test_report_end(struct kf_test_report *r);

/* test_text.c */
void kf_test_text_add(struct kf_test_report *r, const struct kf_test_item *item);
void kf_test_text_end(struct kf_test_report *r);
/* What differs in a case, each condition and the events, behind `indent` blanks; for TAP and JUnit
 * too. */
void kf_test_text_detail(const struct kf_test_item *item, bool colour, unsigned indent,
                         struct kf_buf *out);
/* test_formats.c */
void kf_test_json_add(struct kf_test_report *r, const struct kf_test_item *item);
void kf_test_junit_add(struct kf_test_report *r, const struct kf_test_item *item);
void kf_test_junit_end(struct kf_test_report *r);
void kf_test_tap_add(struct kf_test_report *r, const struct kf_test_item *item);
void kf_test_tap_end(struct kf_test_report *r);

#endif
