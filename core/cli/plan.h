/* A plan: what a dry-run found, as a file that a sign-off can be bound to (`kinfold.plan/1`).
 *
 * The file is one JSON document. Its member `digest` is the SHA-256 of the canonical form of the
 * document without that member: keys sorted by their bytes, no blanks, UTF-8 as it is (jansson's
 * JSON_SORT_KEYS | JSON_COMPACT; `jq -cjS 'del(.digest)'` gives the same bytes). Two dry-runs of
 * the same rules over the same data by the same engine write the same bytes. Main thread. */
#ifndef KF_CLI_PLAN_H
#define KF_CLI_PLAN_H

#include "base/arena.h"
#include "cli/output.h"
#include "store/store.h"

/* A limit of kinfold.yaml or the command line, held against what was found. */
struct kf_plan_limit {
    const char *limit;  /* "max-merges" */
    const char *wanted; /* "0", "10%" */
    const char *actual; /* "4 people merge" */
    bool passed;
};

/* A file of values that kinfold.yaml names, as it was: of a list, or exchange rates. */
struct kf_plan_values {
    const char *setting, *name; /* "list", "staff"; of rates name NULL */
    const char *file, *digest;  /* as written in kinfold.yaml; SHA-256 of its bytes */
    int64_t values;
};

struct json_t;

/* Zero-initialise. Texts are borrowed by kf_plan_write, and live until kf_plan_close after
 * kf_plan_read. */
struct kf_plan_file {
    const char *engine;                     /* version that made the figures */
    const char *rules_before, *rules_after; /* kf_ruleset.digest; before NULL: nothing ever ran */
    const char *text_after;                 /* kf_ruleset.text_digest: titles and reasons, too */
    const char *data;                       /* kf_store_run.data_digest, or of the files read */
    const char *config;                     /* kf_store_run.config_digest; NULL: nothing ever ran */
    int64_t run;                            /* number of the run compared with; 0: none */
    int64_t decisions, erasures;            /* of the stewards' log and the receipts, at that run */
    int64_t as_of;
    const char *verdict, *summary; /* sentences */
    bool passed;                   /* no limit is broken */
    bool masked;                   /* personal data in examples is not readable */
    bool sample;                   /* the figures are those of a sample */
    const struct kf_plan_limit *limit;
    uint32_t n_limit;
    const struct kf_plan_values *values; /* kf_plan_values_of the rules */
    uint32_t n_values;
    /* filled by kf_plan_read */
    const char *digest;
    struct json_t *document; /* whole; borrowed by readers */
    struct kf_arena arena;
};

/* Writes the file, whole or not at all; `figures` is the text of one JSON object: the sections of
 * `kinfold dry-run --json`. ret_digest: of the plan. KF_E_CANTCREATE, KF_E_IO. */
int kf_plan_write(const struct kf_plan_file *p, const struct kf_buf *figures, const char *path,
                  char ret_digest[65], struct kf_error *err);
/* Reads a plan and works out its digest again. KF_E_NOINPUT: no such file; KF_E_DATA: no plan, a
 * form that this version does not know, or not what was written (its digest does not fit). */
int kf_plan_read(const char *path, struct kf_plan_file *ret, struct kf_error *err);
void kf_plan_close(struct kf_plan_file *p);

/* A figure by its path of names and positions, as "identity.merged" or "segments.0.added"; `def`
 * where there is no such number. */
int64_t kf_plan_figure(const struct kf_plan_file *p, const char *path, int64_t def);
/* The same of a text; NULL: none. */
const char *kf_plan_figure_text(const struct kf_plan_file *p, const char *path);

/* Does the plan speak of what is there now? Appends to `why` one sentence for each thing that is
 * not as it was: rules, files of values, data, decisions, erasures, engine. rules: as they are now;
 * last NULL: the workspace never ran. */
bool kf_plan_current(const struct kf_plan_file *p, const struct kf_ruleset *rules,
                     const struct kf_store_run *last, struct kf_buf *why);
/* The files of values of a configuration, in the arena. */
uint32_t kf_plan_values_of(const struct kf_config *c, struct kf_arena *arena,
                           const struct kf_plan_values **ret);
/* As a list of objects, the same in a plan and in what `run` says. */
void kf_plan_values_json(struct kf_json *j, const char *key, const struct kf_plan_values *v,
                         uint32_t n);

#endif
