/* The freshness ledger: how far the data of every source goes, whether it came when it should have,
 * and what every segment, export and report waits for. Gathered once, then printed by cmd_status.c.
 * The only part of Kinfold that compares the clock with the data; nothing of it enters a result.
 * Main thread; zero-initialised, released with kf_ledger_free. */
#ifndef KF_CLI_FRESHNESS_H
#define KF_CLI_FRESHNESS_H

#include "cli/session.h"
#include "config/approval.h"

enum kf_ledger_state {
    KF_LEDGER_FRESH,   /* it came when it should have, or nothing says when it should */
    KF_LEDGER_LATE,    /* its newest record is older than its warn_after or error_after */
    KF_LEDGER_OVERDUE, /* its schedule wanted it since, and nothing came */
    KF_LEDGER_SILENT,  /* real time, and nothing came for long before the last run */
    KF_LEDGER_WAITS,   /* for approval */
    KF_LEDGER_NEVER,   /* nothing ever came */
};

struct kf_ledger_source {
    const struct kf_config_source *config;
    enum kf_ledger_state state;
    bool seen; /* by a run */
    uint64_t records, events, duplicates, rejected, late;
    int64_t last_event, last_received; /* KF_NO_TIME: none */
    int64_t delivered;                 /* when the last run was that read something of it */
    int64_t due, next;                 /* by its schedule: the last time before now, the next */
    int64_t late_since, error_since;   /* past warn_after (else error_after), past error_after */
    int64_t waits_since;               /* the first run of those that found it waiting */
    const struct kf_approval *release; /* of the approval log: in force, else the newest; NULL */
};

/* Something that people use, and what it is made of. */
struct kf_ledger_product {
    const struct kf_rule *rule; /* segment, export, attribution */
    int64_t members;            /* of a segment; -1: nothing is counted */
    const uint32_t *source;     /* numbers of sources that feed it */
    uint32_t n_source;
    uint32_t stalest; /* of them; UINT32_MAX: it asks no data */
};

enum kf_ledger_answer { KF_LEDGER_YES, KF_LEDGER_WITH_CARE, KF_LEDGER_NO };

struct kf_ledger {
    struct kf_session *s;
    struct kf_arena arena;
    int64_t now, run_at; /* run_at KF_NO_TIME: the run did not say */
    struct kf_ledger_source *source;
    uint32_t n_source;
    struct kf_ledger_product *product;
    uint32_t n_product;
    bool rules_changed, rules_broken;
    const char *despite, *despite_by;
    const char *const *failed; /* expect rules that did not hold at the last run */
    uint32_t n_failed;
    struct kf_approvals *approvals;
    enum kf_ledger_answer answer;
    struct kf_buf reason; /* of the answer, one a line */
};

int kf_ledger_gather(struct kf_session *s, int64_t now, struct kf_ledger *ret,
                     struct kf_error *err);
void kf_ledger_free(struct kf_ledger *l);

/* freshness_feeds.c: which sources feed which products. */
int kf_ledger_feeds(struct kf_ledger *l, struct kf_error *err);
/* Its schedule wanted it since it last came, whatever its state is called. */
static inline bool kf_ledger_overdue(const struct kf_ledger_source *s)
{
    return s->due != KF_NO_TIME && s->delivered != KF_NO_TIME && s->delivered < s->due;
}
/* Is a staler than b? */
bool kf_ledger_staler(const struct kf_ledger_source *a, const struct kf_ledger_source *b);

/* ---- words: freshness_words.c ---- */

const char *
kf_ledger_state_name(enum kf_ledger_state s); /* fresh, late, overdue, silent, waiting, never */
const char *kf_ledger_kind_name(const struct kf_rule *r); /* segment, export, report */
/* "3 hours", "5 months" */
void kf_ago_add(struct kf_buf *out, int64_t ns);
/* "overdue since 2026-07-01 04:30, last came 2026-06-30 04:31" */
void kf_ledger_standing_add(struct kf_buf *out, const struct kf_ledger *l,
                            const struct kf_ledger_source *s);
/* "segment vip is as fresh as crm, ..."; KF_E_USAGE: there is no source, segment, export or
 * report of that name. */
int kf_ledger_why(const struct kf_ledger *l, const char *name, struct kf_buf *out,
                  struct kf_error *err);
const char *kf_ledger_answer_name(enum kf_ledger_answer a); /* yes, with care, no */
/* Works the answer out from everything else. */
void kf_ledger_answer(struct kf_ledger *l);
/* Some source did not come as it should have: late beyond the last limit it has, overdue, silent,
 * or never there. */
bool kf_ledger_fails(const struct kf_ledger *l);

#endif
