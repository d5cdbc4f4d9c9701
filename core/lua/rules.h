/* Loading rule files into a rule set. Main thread; the set is immutable afterwards and read by any
 * thread.
 *
 * All problems of all files are reported, not the first only. Files are loaded in bytewise order of
 * their paths; the result does not depend on the order: rules are sorted by (kind, name). */
#ifndef KF_LUA_RULES_H
#define KF_LUA_RULES_H

#include "base/error.h"
#include "config/config.h"
#include "lua/tree.h"

enum kf_severity { KF_SEV_ERROR, KF_SEV_WARNING, KF_SEV_NOTE };

struct kf_diagnostic {
    enum kf_severity severity;
    const char *code; /* "KF0102" */
    struct kf_pos pos;
    const char *message; /* "unknown trait 'lifecycle_stge'" */
    const char *help;    /* "did you mean 'lifecycle_stage'?", NULL: none */
    const char *source;  /* the source line, NULL: unknown */
};

/* Beside rule files that are kept (in a store, below published/): what kinfold.yaml said that
 * changes what they decide. It is never read from a folder of rules that people edit. */
#define KF_RULES_SETTINGS "kinfold.settings"

struct kf_rules_options {
    const struct kf_config
        *config;      /* zone, currency, lists; NULL: defaults (scenario files on their own) */
    bool snapshot;    /* the folder is one that was published: its settings hold */
    const char *root; /* folder that `use "lib/x"` and shown paths are relative to */
    bool scenarios; /* keep scenario rules (kinfold test); otherwise they are checked and dropped */
    size_t memory;  /* live bytes of the Lua state, 0: 64 MiB */
    uint64_t instructions; /* budget of a file, 0: 20 million */
};

struct kf_ruleset {
    const struct kf_rule *const *rule; /* sorted by (kind, name) */
    uint32_t n;
    uint32_t n_nodes;     /* node ids are 0 .. n_nodes - 1 */
    char digest[65];      /* hex SHA-256 over the rules' digests (scenarios and documentation left
                             out) and the settings, where they are not the defaults */
    char text_digest[65]; /* over titles, owners, becauses too */
    /* What they are decided under: of the options, or with the settings that were kept with them.
     * NULL: defaults. */
    const struct kf_config *config;
    const struct kf_diagnostic *diagnostic; /* sorted by file, line, column, code */
    uint32_t n_diagnostic, n_errors;
    const struct kf_rule *const *scenario; /* in file order, when asked for */
    uint32_t n_scenario;
    const struct kf_rule *const
        *order; /* rules in an order in which each comes after those it asks */
    uint32_t n_order;
    struct kf_rules_private *priv;
};

/* Loads every *.lua below the given files and folders. 0 even when there are errors in the rules
 * (ret->n_errors): the caller prints and decides; negative only where nothing could be read. ret is
 * set in both success and rule-error cases. */
int kf_rules_load(const struct kf_rules_options *o, const char *const *path, uint32_t n_path,
                  struct kf_ruleset **ret, struct kf_error *err);
/* From memory: `files` are (shown name, text) pairs. The store keeps the text of the rules of the
 * last run and loads them so. A file KF_RULES_SETTINGS among them holds the settings that they
 * decided under; without one those of the config hold. */
struct kf_rules_text {
    const char *name;
    struct kf_str text;
};
int kf_rules_load_text(const struct kf_rules_options *o, const struct kf_rules_text *files,
                       uint32_t n, struct kf_ruleset **ret, struct kf_error *err);
void kf_rules_free(struct kf_ruleset *s);
const struct kf_rules_text *kf_rules_files(const struct kf_ruleset *s,
                                           uint32_t *ret_n); /* what was loaded */
/* The same and the settings, sorted by name: what has to be kept to load the set again as it is. In
 * the arena. */
struct kf_arena;
const struct kf_rules_text *kf_rules_kept(const struct kf_ruleset *s, struct kf_arena *arena,
                                          uint32_t *ret_n);
/* Do both decide under the same settings? */
bool kf_rules_same_settings(const struct kf_ruleset *a, const struct kf_ruleset *b);

const struct kf_rule *kf_rules_find(const struct kf_ruleset *s, enum kf_kind kind,
                                    const char *name);
/* First rule of a kind and how many follow (rules are sorted by kind). */
const struct kf_rule *const *kf_rules_kind(const struct kf_ruleset *s, enum kf_kind kind,
                                           uint32_t *ret_n);
/* The rule a node belongs to. */
const struct kf_rule *kf_rules_owner(const struct kf_ruleset *s, uint32_t node_id);

/* One sentence for any condition, select, expr or test: "the revenue of 'Order Completed' in the
 * last 180 days is at least 300.00 EUR" (RULES 5). Appends. */
struct kf_buf;
void kf_node_sentence(const struct kf_node *n, struct kf_buf *out);
/* The canonical text whose hash is the fingerprint: order inside all/any and of free filters does
 * not matter. */
void kf_node_canonical(const struct kf_node *n, struct kf_buf *out);
void kf_node_json(const struct kf_node *n, struct kf_buf *out);

/* Prints diagnostics like a compiler's (file:line:col: error[KF0102]: ..., source line, caret,
 * help). colour: ANSI. */
void kf_diagnostic_print(const struct kf_diagnostic *d, bool colour, struct kf_buf *out);

/* A Lua state of its own for `custom` functions: one per worker thread. NULL ret where the set has
 * no custom rules. */
struct kf_custom;
int kf_custom_new(const struct kf_ruleset *s, struct kf_custom **ret, struct kf_error *err);
void kf_custom_free(struct kf_custom *c);
/* What the function sees is answered by the evaluator through these callbacks (see eval.h). */
struct kf_custom_view {
    void *ctx;
    int64_t as_of;
    uint64_t seed; /* for c.random */
    /* a trait's value as a constant; type KF_K_NONE: missing */
    struct kf_const (*trait)(void *ctx, const char *name);
    /* runs the declared select; calls back per event in order: each(each_ctx, handle). */
    int (*events)(void *ctx, const struct kf_node *select,
                  int (*each)(void *each_ctx, uint32_t event), void *each_ctx);
    /* a property of an event by path; for lists and objects JSON text with type KF_K_NONE and text
     * set */
    struct kf_const (*property)(void *ctx, uint32_t event, const char *path);
    uint32_t event; /* the event looked at (fraud), UINT32_MAX: none */
};
/* Calls the rule's function. 0: *ret is BOOL, NUMBER or NONE(nil). KF_E_LIMIT / KF_E_FAIL:
 * undecided, err says why with file:line. */
int kf_custom_call(struct kf_custom *c, const struct kf_rule *rule,
                   const struct kf_custom_view *view, struct kf_const *ret, struct kf_error *err);

#endif
