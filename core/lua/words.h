/* Inside of core/lua: the state of loading rule files, and what the words of the language share.
 *
 * A word is a C function that makes one immutable node in the build arena and hands it to Lua as a
 * userdata whose metatable no script reaches. A wrong use is reported at its place and gives a
 * *poisoned* value that every word accepts in silence, so that one mistake is told once and the
 * rest of the file is still looked at. Rules are copied out of the build arena when all files are
 * loaded (rules.c). One thread. */
#ifndef KF_LUA_WORDS_H
#define KF_LUA_WORDS_H

#include "base/arena.h"
#include "base/vec.h"
#include "lua/codes.h"
#include "lua/lex.h"
#include "lua/rules.h"
#include "lua/sandbox.h"

#define KF_WORDS_MAX_DEPTH       60    /* levels of a tree: every walk over trees recurses */
#define KF_WORDS_MAX_NODES       20000 /* nodes of a rule written out */
#define KF_WORDS_MAX_DIAGNOSTICS 100   /* a file */

/* A node under construction; the evaluator never sees these. */
struct kf_build {
    struct kf_node n;
    uint32_t size; /* nodes below and with it, written out */
    uint16_t depth;
};

enum kf_word_state {
    KF_WORD_NODE = 1,
    KF_WORD_POISON, /* the mistake is reported already */
    KF_WORD_DEFINE, /* a kind that cannot be asked, waiting for its settings */
    KF_WORD_RULE    /* what a definition returns: of no use */
};

/* The userdata. */
struct kf_word {
    struct kf_node *node; /* NODE */
    const char *name;     /* of a kind: the rule's name */
    uint32_t made;        /* number in kf_words.made + 1; 0: need not be used */
    uint32_t token;       /* of the call in the file; KF_LEX_NONE */
    struct kf_pos pos;
    uint8_t state, kind; /* kind: enum kf_kind that a table after it defines; 0 */
};

struct kf_made {
    struct kf_pos pos;
    bool used, needs_table;
    const struct kf_node *node;
    const char *name;
    uint8_t kind;
};

struct kf_raw_rule {
    enum kf_kind kind;
    const char *name;
    struct kf_pos pos;
    struct kf_build *body;
    bool poisoned; /* something in it is reported: not part of the set */
    uint32_t file, sequence;
};

struct kf_words_file {
    struct kf_lex lex;
    bool loaded, loading, lib;
    int value; /* lib: what it returned, in the registry */
    uint32_t diagnostics;
};

struct kf_words {
    struct kf_sandbox sb;
    struct kf_arena build;
    struct kf_arena *keep; /* texts of diagnostics and names: life time of the set */
    const struct kf_rules_options *options;
    struct kf_words_file *file;
    uint32_t n_file, file_cap;
    uint32_t current; /* file being loaded */
    kf_vec(struct kf_made) made;
    kf_vec(struct kf_raw_rule) rule;
    kf_vec(struct kf_diagnostic) diagnostic;
    bool running; /* a custom function runs: no positions, nothing needs to be used, nothing is
                     defined */
    bool quiet;   /* loaded again for custom functions: mistakes are known */
    bool run_failed;
    void *custom; /* custom.c */
};

static inline struct kf_words *kf_words_of(lua_State *L)
{
    return kf_sandbox_of(L)->owner;
}

/* words.c */
int kf_words_setup(lua_State *L); /* for kf_sandbox_open */
struct kf_pos kf_word_pos(lua_State *L, const char *word, bool method, struct kf_str arg,
                          uint32_t *ret_token);
void kf_word_report(struct kf_words *w, enum kf_rule_code code, struct kf_pos pos, const char *help,
                    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void kf_word_report_text(struct kf_words *w, enum kf_rule_code code, struct kf_pos pos,
                         const char *help, const char *text);
/* Reports and pushes a poisoned value; returns 1. */
int kf_word_fail(lua_State *L, enum kf_rule_code code, struct kf_pos pos, const char *help,
                 const char *fmt, ...) __attribute__((format(printf, 5, 6)));
int kf_word_poison(lua_State *L);
struct kf_word *kf_word_at(lua_State *L, int index); /* NULL: not ours */
static inline bool kf_word_is(const struct kf_word *u, enum kf_word_state s)
{
    return u && u->state == s;
}
/* The value counts as used from now on. */
void kf_word_use(lua_State *L, const struct kf_word *u);
/* The same of an argument that was wrong, and of what stands in it where it is a table. */
void kf_word_use_all(lua_State *L, int index);
struct kf_build *kf_build_new(struct kf_words *w, enum kf_op op, struct kf_pos pos,
                              const char *name);
/* An array for n kids in the build arena: nothing to free when Lua unwinds. */
struct kf_node **kf_word_kids(lua_State *L, lua_Integer n);
bool kf_lua_decimal(lua_State *L, int index,
                    struct kf_dec *ret); /* a Lua number as its shortest decimal */
/* Takes kids of kf_build; false: too large or deep (reported). */
bool kf_build_kids(lua_State *L, struct kf_build *b, struct kf_node *const *kid, uint32_t n);
struct kf_build *kf_build_const(struct kf_words *w, struct kf_pos pos, enum kf_const_type type);
struct kf_build *kf_build_text(struct kf_words *w, struct kf_pos pos, struct kf_str text);
struct kf_build *kf_build_number(struct kf_words *w, struct kf_pos pos, struct kf_dec d);
/* Pushes the userdata of a node; returns 1. `needs use`: conditions, selections, values and tests.
 */
int kf_word_push(lua_State *L, struct kf_build *b, uint32_t token, enum kf_kind kind,
                 const char *name);
/* By its name as shown to people; NULL: none. */
struct kf_words_file *kf_words_file_named(struct kf_words *w, const char *name);
const char *kf_words_intern(struct kf_words *w,
                            struct kf_str s); /* a copy in the build arena, NUL-terminated */
/* "a text", "a condition (event "X")", ... what stands at the index, for messages. */
const char *kf_word_what(lua_State *L, int index);

/* words_help.c: what to write instead; NULL: it cannot be guessed. */
const char *kf_word_syntax_help(struct kf_words *w, const char *message, struct kf_str line);
const char *kf_word_order_help(struct kf_words *w, const char *word, struct kf_str text);
const char *kf_word_cond_help(struct kf_words *w, const char *word, struct kf_str text);
const char *kf_word_foreign_help(struct kf_words *w, const char *name);
/* A word: `fn` finds its arguments from 1; of a method, 1 is a live value of the class that the
 * table is for. */
struct kf_word_def {
    const char *name;
    int (*fn)(lua_State *L, const struct kf_word_def *def);
    int arg;
};
/* Text at index of a word's argument (NUL-terminated, interned), or NULL after reporting. */
const char *kf_word_text(lua_State *L, int index, struct kf_pos pos, const char *what);
/* Argument conversions; NULL: reported (or poisoned). */
struct kf_node *kf_word_const(lua_State *L, int index,
                              struct kf_pos pos); /* text, number, boolean, constant */
struct kf_node *kf_word_length(lua_State *L, int index, struct kf_pos pos, const char *word);
struct kf_node *kf_word_select(lua_State *L, int index, struct kf_pos pos, const char *word);
struct kf_node *kf_word_cond(lua_State *L, int index, struct kf_pos pos,
                             const char *word); /* wraps selections in C_HAS */
struct kf_node *kf_word_expr(lua_State *L, int index, struct kf_pos pos, const char *word);
/* "x" or identifier "x" or property "x". */
struct kf_node *kf_word_key(lua_State *L, int index, struct kf_pos pos, const char *word);
/* The path with its root: revenue -> properties.revenue. */
const char *kf_word_path(struct kf_words *w, const char *path);
/* One or a list of texts as K or T_LIST of K. */
struct kf_node *kf_word_texts(lua_State *L, int index, struct kf_pos pos, const char *word,
                              bool as_list);
bool kf_word_poisoned(lua_State *L, int index);

/* words_value.c, words_test.c, words_select.c, words_cond.c: tables of words, ended by a NULL name.
 */
extern const struct kf_word_def kf_words_value[], kf_words_test[], kf_words_select[],
    kf_words_cond[], kf_words_kind[];
extern const struct kf_word_def kf_methods_select[], kf_methods_expr[], kf_methods_test[];
/* words_cond.c: methods of single values */
int kf_method_count(lua_State *L, const struct kf_word_def *def);
int kf_method_of_trait(lua_State *L, const struct kf_word_def *def);
int kf_method_for_contact(lua_State *L, const struct kf_word_def *def);
int kf_method_band(lua_State *L, const struct kf_word_def *def);
/* Binds tests (and all/any/none of tests) to an expression. */
struct kf_node *kf_bind_test(lua_State *L, struct kf_node *test, struct kf_node *expr,
                             struct kf_pos pos);
/* { path = test or value, ... } as conditions over E_PROPERTY or E_TOUCH; NULL: reported. */
bool kf_word_where(lua_State *L, int index, struct kf_pos pos, enum kf_op over, uint32_t token,
                   struct kf_node ***ret, uint32_t *ret_n);
/* Elements of a list that a word takes: reports holes, booleans, empty lists. kind says
 * "conditions". False: reported. */
bool kf_word_list(lua_State *L, int index, struct kf_pos pos, uint32_t token, const char *word,
                  lua_Integer *ret_n);

/* settings.c: the table after a kind and a name. */
int kf_words_define(lua_State *L, struct kf_word *u, int table);
int kf_words_model(lua_State *L,
                   const struct kf_word_def *def); /* bgnbd { ... }, by_source { ... } */
/* custom.c */
void kf_custom_capture(lua_State *L, const char *name, int function);
/* The canonical text of a function: its tokens, and the values it holds on to. */
const char *kf_function_text(lua_State *L, int index);

#endif
