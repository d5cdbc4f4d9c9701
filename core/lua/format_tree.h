/* Inside of format: a lossless list of tokens with their comments, and a syntax tree over it. Nodes
 * are ranges of tokens, so that what fits on one line is printed from the tokens alone. */
#ifndef KF_LUA_FORMAT_TREE_H
#define KF_LUA_FORMAT_TREE_H

#include "base/arena.h"
#include "base/vec.h"
#include "lua/format.h"

enum kf_fmt_token_kind {
    KF_FMT_NAME,
    KF_FMT_KEYWORD,
    KF_FMT_NUMBER,
    KF_FMT_STRING,
    KF_FMT_OP,
    KF_FMT_EOF
};

/* Where a comment stands: on lines of its own before its token, on the token's line behind it, or
 * (in long brackets) before it on the same line. */
enum kf_fmt_place { KF_FMT_OWN, KF_FMT_BEHIND, KF_FMT_INLINE };

struct kf_fmt_comment {
    uint32_t at, len;
    uint8_t place;
    bool blank; /* an empty line before it */
};

struct kf_fmt_token {
    uint32_t at, len, line, column;
    uint32_t before, n_before; /* comments: OWN and INLINE */
    uint32_t behind, n_behind;
    uint32_t width; /* columns of its first line */
    uint8_t kind;
    bool blank;     /* an empty line before it (after its comments) */
    bool lines;     /* goes over several lines */
    bool glued;     /* nothing between it and the one before on the same line */
    bool separator; /* between the settings of a table */
    bool dropped;   /* not printed: separator before }, ; after a statement */
    bool forced;    /* what it opens takes several lines */
};

enum kf_fmt_node_kind {
    /* expressions */
    KF_FMT_ATOM,
    KF_FMT_PAREN,    /* ( expr ) */
    KF_FMT_CHAIN,    /* primary, suffixes */
    KF_FMT_TABLE,    /* entries */
    KF_FMT_FUNCTION, /* list of parameters, block */
    KF_FMT_BINARY,   /* operands of one level; the operator stands before each but the first */
    KF_FMT_UNARY,
    /* parts */
    KF_FMT_DOT,
    KF_FMT_INDEX,  /* [ expr ] */
    KF_FMT_CALL,   /* arguments */
    KF_FMT_METHOD, /* : name, call */
    KF_FMT_ENTRY,  /* value; or value behind a name; or [ expr ], value */
    KF_FMT_LIST,
    KF_FMT_BLOCK,
    /* statements */
    KF_FMT_LOCAL,  /* list of names, list of values? */
    KF_FMT_ASSIGN, /* list, list */
    KF_FMT_DO_CALL,
    KF_FMT_DO,
    KF_FMT_WHILE,
    KF_FMT_REPEAT,
    KF_FMT_IF,  /* condition, block, ..., block of else? */
    KF_FMT_FOR, /* list of names, list of values, block */
    KF_FMT_NAMED_FUNCTION,
    KF_FMT_RETURN, /* list? */
    KF_FMT_PLAIN   /* break, goto, label */
};

struct kf_fmt_node {
    uint8_t kind;
    bool named;           /* ENTRY: has a key */
    uint32_t first, last; /* tokens; an empty list or block: last = first - 1 */
    uint32_t mark;        /* ENTRY: its separator; 0: none. Statement: how many ; follow it. BLOCK:
                             how many ; stand before its first statement */
    struct kf_fmt_node **kid;
    uint32_t n_kid;
};

struct kf_fmt_file {
    const char *name;
    struct kf_str text;
    struct kf_str shebang;
    kf_vec(struct kf_fmt_token) token; /* the last is EOF */
    kf_vec(struct kf_fmt_comment) comment;
    struct kf_fmt_node *root; /* BLOCK */
    struct kf_arena arena;
};

/* format_lex.c: text to tokens. format_parse.c: tokens to tree. KF_E_DATA with the place. */
int kf_fmt_scan(struct kf_fmt_file *f, const char *name, struct kf_str text, struct kf_error *err);
int kf_fmt_parse(struct kf_fmt_file *f, struct kf_error *err);
void kf_fmt_free(struct kf_fmt_file *f);

static inline const char *kf_fmt_at(const struct kf_fmt_file *f, uint32_t token)
{
    return f->text.p + f->token.p[token].at;
}
bool kf_fmt_is(const struct kf_fmt_file *f, uint32_t token, const char *text);

/* ---- printing ---- */

struct kf_fmt_printer {
    const struct kf_fmt_file *f;
    struct kf_buf *out;
    uint32_t *width; /* [i]: columns of the tokens before i on one line, with their blanks */
    uint32_t *hard;  /* [i]: what keeps the tokens before i, and the gaps between them, apart */
    uint32_t *self;
    uint32_t column, indent;
    bool fresh;   /* nothing stands on the line yet */
    bool space;   /* owed before the next token */
    uint32_t led; /* comments below this are written: they stand before a token yet to come */
    kf_vec(uint32_t) pending; /* comments to be written at the end of the line */
};

/* format_write.c: lines, tokens and their comments. */
void kf_fmt_measure(struct kf_fmt_printer *p, const struct kf_fmt_file *f, struct kf_buf *out);
void kf_fmt_end(struct kf_fmt_printer *p);
uint32_t kf_fmt_column(const struct kf_fmt_printer *p);
bool kf_fmt_flat(const struct kf_fmt_printer *p, uint32_t first, uint32_t last);
uint32_t kf_fmt_width(const struct kf_fmt_printer *p, uint32_t first, uint32_t last);
/* On the line in hand, with `rest` columns behind it. */
bool kf_fmt_fits(const struct kf_fmt_printer *p, uint32_t first, uint32_t last, uint32_t rest);
/* A comment stands between the token and the one before. */
bool kf_fmt_parted(const struct kf_fmt_printer *p, uint32_t token);
void kf_fmt_space(struct kf_fmt_printer *p);
void kf_fmt_put(struct kf_fmt_printer *p, uint32_t token);
void kf_fmt_put_range(struct kf_fmt_printer *p, uint32_t first, uint32_t last);
/* A comma, whose comments (token 0: it has none) go to the end of the line. */
void kf_fmt_comma(struct kf_fmt_printer *p, uint32_t token);
void kf_fmt_drop(struct kf_fmt_printer *p, uint32_t token);
void kf_fmt_newline(struct kf_fmt_printer *p, uint32_t indent);
enum kf_fmt_blank { KF_FMT_AS_IS, KF_FMT_NO_BLANK, KF_FMT_BLANK };
/* A new line for something that begins with the token: its comments, and an empty line before. */
void kf_fmt_begin(struct kf_fmt_printer *p, uint32_t indent, uint32_t token,
                  enum kf_fmt_blank blank);
/* A new line for what closes: comments before it belong to the inside. */
void kf_fmt_close(struct kf_fmt_printer *p, uint32_t indent, uint32_t token, bool empty);

/* format_expr.c, format_block.c. `indent`: of the line that the construct began on. */
void kf_fmt_expr(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent,
                 uint32_t rest);
void kf_fmt_list(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent,
                 uint32_t rest);
void kf_fmt_function(struct kf_fmt_printer *p, const struct kf_fmt_node *list,
                     const struct kf_fmt_node *block, uint32_t end, uint32_t indent);
void kf_fmt_block(struct kf_fmt_printer *p, const struct kf_fmt_node *n, uint32_t indent);
void kf_fmt_file(struct kf_fmt_printer *p);

#endif
