/* The text of a rule file as tokens, so that what Lua forgets can still be said: columns, where a
 * setting stands, settings given twice. It only looks; what the file means is Lua's business. One
 * file, one thread; `text` and `name` are borrowed. */
#ifndef KF_LUA_LEX_H
#define KF_LUA_LEX_H

#include "base/str.h"

enum kf_lex_kind { KF_LEX_NAME, KF_LEX_STRING, KF_LEX_NUMBER, KF_LEX_OP };

struct kf_lex_token {
    uint32_t at, len; /* in the text; of a string the quotes are left out */
    uint32_t line, column;
    uint8_t kind;
    bool claimed;   /* some call was found to stand here */
    uint32_t table; /* of `{`: number of its table + 1 */
};

struct kf_lex_entry {
    uint32_t table;
    uint32_t key;   /* token of the key; KF_LEX_NONE: positional */
    uint32_t index; /* positional: 1, 2, ... */
    uint32_t value; /* first token of the value */
    uint32_t last;  /* last token of the value */
};

#define KF_LEX_NONE UINT32_MAX

struct kf_lex {
    const char *name; /* as shown to people */
    struct kf_str text;
    struct kf_lex_token *token;
    uint32_t n_token;
    uint32_t *line;  /* offset of each line, line[0] is line 1 */
    uint32_t *first; /* first token at or after each line */
    uint32_t n_line;
    struct kf_lex_entry *entry; /* sorted by table, then as written */
    uint32_t n_entry;
    uint32_t *table; /* first entry of each table; table[n_table] ends */
    uint32_t n_table;
};

void kf_lex_scan(struct kf_lex *x, const char *name, struct kf_str text);
void kf_lex_free(struct kf_lex *x);

/* The text of a line without its end; empty where there is none. */
struct kf_str kf_lex_line(const struct kf_lex *x, uint32_t line);
struct kf_str kf_lex_text(const struct kf_lex *x, uint32_t token);
/* The token of a call of `word` that Lua says stands on `line`; `method`: after a colon, perhaps on
 * a later line (Lua gives a chain the line of its beginning). `arg`: its first text argument, p
 * NULL: unknown. Of several the first not found before. */
uint32_t kf_lex_call(struct kf_lex *x, uint32_t line, const char *word, bool method,
                     struct kf_str arg);
/* The table that is the argument of the call at `token` (after a name, or alone); KF_LEX_NONE: none
 * written there. */
uint32_t kf_lex_argument(const struct kf_lex *x, uint32_t token);
/* The entry of a table by key, or by position (key NULL); KF_LEX_NONE. */
uint32_t kf_lex_find(const struct kf_lex *x, uint32_t table, const char *key, uint32_t index);
/* The table that is an entry's whole value; KF_LEX_NONE. */
uint32_t kf_lex_inner(const struct kf_lex *x, uint32_t entry);
/* How many positional entries are written, and whether their number is certain (the last is no
 * call, no `...`). */
uint32_t kf_lex_positional(const struct kf_lex *x, uint32_t table, bool *ret_certain);

#endif
