/* The rule catalogue: what every rule says, who answers for it, what data it uses, who uses it,
 * gathered once and then told as Markdown, as a site of pages and as JSON. What a catalogue holds
 * is a function of the rules and kinfold.yaml; figures (members, sign-offs, changes) come on top
 * where they are asked for. Main thread; everything lives in the catalogue's arena. */
#ifndef KF_CLI_DOCS_H
#define KF_CLI_DOCS_H

#include "cli/session.h"
#include "config/approval.h"

enum kf_docs_data {
    KF_DOCS_FIELD,
    KF_DOCS_EVENT,
    KF_DOCS_IDENTIFIER,
    KF_DOCS_CONSENT,
    KF_DOCS_SOURCE,
    KF_DOCS_LIST,
    KF_DOCS_DATA
};

/* Something of the data that a rule looks at. */
struct kf_docs_use {
    enum kf_docs_data what;
    const char *name;     /* "revenue", "Order Completed", "email", "marketing" */
    const char *personal; /* category of personal data, NULL: none */
    uint32_t via;         /* the rule it asks that looks at it; its own number: itself */
};

/* A part of what a rule says: a condition, a table, or a fact. */
struct kf_docs_part {
    const char *label;
    const struct kf_node *node; /* a condition; NULL: see columns */
    const char *columns;        /* "Points|When"; NULL: a fact */
    const char *const *cell;
    uint32_t n_cell;
    const char *text; /* of the fact */
};

/* What a rule came to at a run, oldest first. */
struct kf_docs_point {
    uint32_t run; /* place in kf_docs.run */
    int64_t members, undecided, lacking;
    const char *digest;
};

struct kf_docs_band {
    const char *name;
    int64_t members;
};

struct kf_docs_entry {
    const struct kf_rule *rule;
    const char *title; /* the rule's, else its name */
    const char *say;   /* one sentence */
    const struct kf_docs_part *part;
    uint32_t n_part;
    const struct kf_docs_use *use; /* by what, name, via */
    uint32_t n_use;
    const uint32_t *asks, *used_by; /* numbers of rules */
    uint32_t n_asks, n_used_by;
    const uint32_t *exports; /* through which it leaves the house, at any distance */
    uint32_t n_exports;
    const struct kf_rule *const *test; /* scenarios that expect something of it */
    uint32_t n_test;
    /* figures */
    const struct kf_docs_point *point;
    uint32_t n_point;
    const struct kf_docs_band *band; /* of a score, at the last run */
    uint32_t n_band;
    /* the stalest source that feeds it, as it stood at the last run; NULL: none */
    const char *source, *delayed; /* delayed: how it is late, NULL: it is not */
    int64_t source_last;          /* time of its newest event; KF_NO_TIME: none */
};

struct kf_docs_run {
    int64_t number, at_ms, as_of; /* at_ms 0: not noted */
    const char *rules;            /* digest */
};

/* Who uses a piece of data: an index row. */
struct kf_docs_row {
    enum kf_docs_data what;
    const char *name, *personal;
    const uint32_t *rule; /* numbers, those that look at it themselves first */
    uint32_t n_rule, n_own;
};

/* Rules with the same owner or the same purpose. */
struct kf_docs_set {
    const char *name; /* NULL: none is given */
    const uint32_t *rule;
    uint32_t n;
};

struct kf_docs {
    struct kf_arena arena;
    const struct kf_config *config;
    const struct kf_ruleset *rules;
    struct kf_docs_entry *entry; /* one a rule, by its number */
    const struct kf_docs_row *row;
    uint32_t n_row;
    const struct kf_docs_set *owner, *purpose;
    uint32_t n_owner, n_purpose;
    /* figures; n_run 0: none */
    bool figures;
    const struct kf_docs_run *run;
    uint32_t n_run;
    const char *ran_rules;          /* digest of the rules of the last run */
    const char *late;               /* sources that were late at the last run, NULL: none */
    uint32_t failed;                /* checks of severity error that failed at the last run */
    struct kf_approvals *approvals; /* NULL: not asked for */
};

/* Kinds that a reader looks for together, in the order of the catalogue. */
struct kf_docs_group {
    const char *id, *title, *lead;
    enum kf_kind kind[3];
};
extern const struct kf_docs_group kf_docs_groups[];
extern const uint32_t kf_docs_n_groups;
const struct kf_docs_group *kf_docs_group_of(enum kf_kind kind); /* NULL: identity's own tables */

/* The rules with their scenarios, loaded. figures: of the store and the approval log, where there
 * are any. */
int kf_docs_gather(struct kf_session *s, bool figures, struct kf_docs *ret, struct kf_error *err);
void kf_docs_free(struct kf_docs *d);
/* docs_figures.c */
int kf_docs_figures(struct kf_session *s, struct kf_docs *d, struct kf_error *err);

/* docs_words.c: the sentence and the parts of a rule. */
void kf_docs_words(struct kf_docs *d, struct kf_docs_entry *e);
/* docs_uses.c: what it looks at itself. Calls back for each, as often as it is there. */
typedef void (*kf_docs_on_use)(void *ctx, enum kf_docs_data what, const char *name);
void kf_docs_uses(struct kf_docs *d, const struct kf_rule *r, kf_docs_on_use on, void *ctx);
/* Category of personal data that a name suggests, NULL: none. */
const char *kf_docs_personal(enum kf_docs_data what, const char *name);
/* "field", "event", ... */
const char *kf_docs_data_name(enum kf_docs_data what);

/* Does the catalogue have an entry of its own for it? Not of identifiers, limits, scenarios. */
bool kf_docs_has_page(const struct kf_rule *r);
/* A catalogue's rules of a group, in order; the number, at most cap into out. */
uint32_t kf_docs_of_group(const struct kf_docs *d, const struct kf_docs_group *g, uint32_t *out,
                          uint32_t cap);
/* Distinct categories of personal data of an entry; the number. */
uint32_t kf_docs_categories(const struct kf_docs_entry *e, const char **out, uint32_t cap);
/* Where the text of a condition may be split: all, any, none, at_least_of. */
bool kf_docs_is_combination(const struct kf_node *n);
/* "All of these hold:" */
const char *kf_docs_combination(struct kf_docs *d, const struct kf_node *n);

/* Can it be relied on today? A sentence; *ret_kind: 1 yes, 2 with care, 3 no (as in page.h). */
const char *kf_docs_reliable(struct kf_docs *d, const struct kf_docs_entry *e, int *ret_kind);

/* The identity policy. docs_identity.c: namespaces by rank. */
struct kf_docs_namespace {
    const char *name, *limit, *words; /* "one a person"; sentences about sharing, history, ... */
    int64_t rank;
    const struct kf_node *body;
};
uint32_t kf_docs_namespaces(struct kf_docs *d, const struct kf_docs_namespace **ret);
/* Ignored values, a sentence a namespace; the number. */
uint32_t kf_docs_ignored(struct kf_docs *d, const char *const **ret);
const char *kf_docs_limits(struct kf_docs *d); /* NULL: none */
/* The picture of it as SVG; nothing where no namespace is declared. */
void kf_docs_identity_svg(struct kf_docs *d, struct kf_buf *html);

/* Words that need to be explained, of those that the rules use. */
struct kf_docs_term {
    const char *word, *meaning;
};
uint32_t kf_docs_glossary(struct kf_docs *d, const struct kf_docs_term **ret);

/* The forms. A file of the catalogue: a path below the folder, and its text. */
struct kf_docs_file {
    const char *path;
    struct kf_buf text;
};
struct kf_docs_files {
    struct kf_docs_file *file;
    uint32_t n, cap;
};
struct kf_buf *kf_docs_file_add(struct kf_docs *d, struct kf_docs_files *f, const char *path);
void kf_docs_files_free(struct kf_docs_files *f);

void kf_docs_markdown(struct kf_docs *d, struct kf_docs_files *ret); /* a file a group */
void kf_docs_markdown_whole(struct kf_docs *d, struct kf_buf *out);  /* one file */
void kf_docs_markdown_rule(struct kf_docs *d, const struct kf_docs_entry *e, struct kf_buf *out);
void kf_docs_site(struct kf_docs *d, struct kf_docs_files *ret);
void kf_docs_json(struct kf_docs *d, struct kf_buf *out);

/* Brings files to a folder: writes what differs, removes what an earlier catalogue left there and
 * this one does not have. Files that are not from here are not touched (KF_E_CANTCREATE). check:
 * nothing is written; the same lists. Lists are of paths, sorted. */
struct kf_docs_changes {
    const char **written, **removed; /* in the catalogue's arena */
    uint32_t n_written, n_removed, n_same;
};
int kf_docs_bring(struct kf_docs *d, const struct kf_docs_files *f, const char *dir, bool check,
                  struct kf_docs_changes *ret, struct kf_error *err);
/* The same of one file. */
int kf_docs_bring_one(struct kf_docs *d, const struct kf_buf *text, const char *path, bool check,
                      struct kf_docs_changes *ret, struct kf_error *err);
#define KF_DOCS_MARK "Made by kinfold docs" /* every file says so in its first lines */

/* docs_site.js as a text. */
extern const char kf_docs_script[];

#endif
