/* What `kinfold quality` says, gathered once, then as text, JSON, a page and files of bad rows.
 * Main thread; zero-initialised, released with kf_quality_report_free. */
#ifndef KF_CLI_QUALITY_REPORT_H
#define KF_CLI_QUALITY_REPORT_H

#include "cli/session.h"

#define KF_QUALITY_RUNS 30u /* of the history that are shown */

/* A finding at an earlier run. */
struct kf_quality_past {
    int64_t run;
    uint64_t bad, of;
};

enum kf_quality_verdict { KF_QUALITY_OK, KF_QUALITY_WARN, KF_QUALITY_FAILED };

struct kf_quality_item {
    const struct kf_expect_row *row;
    enum kf_quality_verdict verdict;
    struct kf_quality_past past[KF_QUALITY_RUNS]; /* oldest first, before the run in hand */
    uint32_t n_past;
    char *file; /* of its bad rows; NULL: none was written */
};

struct kf_quality_quarantine {
    const char *source, *reason, *place, *detail;
    struct kf_str raw;
    uint32_t order; /* by file and record */
};

struct kf_quality_report {
    struct kf_session *s;
    bool fresh; /* the sources as they are now, not the last run */
    struct kf_ingest_result *ingest;
    uint64_t events; /* that take part: without copies */
    struct kf_arena arena;
    struct kf_quality_item *item;
    uint32_t n, failed, warned;
    const struct kf_quality_quarantine *quarantine; /* by reason, source, place */
    uint32_t n_quarantine;
    const char *despite, *despite_by; /* of the last run: stored although a gate was shut */
};

/* want_rows: keep every bad event. KF_E_USAGE: --check names nothing. */
int kf_quality_gather(struct kf_session *s, bool want_rows, struct kf_quality_report *ret,
                      struct kf_error *err);
void kf_quality_report_free(struct kf_quality_report *r);

void kf_quality_text(const struct kf_quality_report *r, struct kf_buf *b);
void kf_quality_json(const struct kf_quality_report *r, struct kf_buf *b);
void kf_quality_page(const struct kf_quality_report *r, struct kf_buf *html);
/* A CSV file for every check with bad events, in a folder that is made; names are kept in the
 * items. */
int kf_quality_rows(struct kf_quality_report *r, const char *folder, struct kf_error *err);

/* ---- words ---- */

const char *kf_quality_verdict_name(enum kf_quality_verdict v); /* ok, warn, FAILED */
/* "order_money" or "built in". */
const char *kf_quality_rule_name(const struct kf_expect_row *row);
/* What a finding means, a sentence for who does not know the word; "": it speaks for itself. */
const char *kf_quality_meaning(const char *check, const char *detail);
/* "run, export": what the rule gates; "": nothing. */
void kf_quality_gates_add(struct kf_buf *out, const struct kf_expect_row *row);
/* "web 12, app 3" or "properties.revenue 12": at most `cap` of them, then "and 4 more". */
void kf_quality_parts_add(struct kf_buf *out, const struct kf_symbols *names,
                          const struct kf_tally_part *part, uint32_t n, uint32_t cap);
/* "0.38 % before", "as before", "" where nothing is known. */
void kf_quality_trend_add(struct kf_buf *out, const struct kf_quality_item *item);
/* "2 of 7 expectations fail, 1 more does not hold; 5 built-in checks found something" */
void kf_quality_verdict_add(struct kf_buf *out, const struct kf_quality_report *r);
/* "Run 3, as of 2026-07-01 12:00 Europe/Berlin, 5,502 events" */
void kf_quality_subject_add(struct kf_buf *out, const struct kf_quality_report *r);

#endif
