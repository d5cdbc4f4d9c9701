#include "lua/lex.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/vec.h"

enum frame { FRAME_TABLE, FRAME_PAREN, FRAME_BLOCK };

struct open_frame {
    uint8_t kind;
    uint32_t table;
    uint32_t entry; /* being written; KF_LEX_NONE: none yet */
    uint32_t positional;
};

struct scanner {
    struct kf_lex *x;
    kf_vec(struct kf_lex_token) token;
    kf_vec(uint32_t) line;
    kf_vec(struct kf_lex_entry) entry;
    kf_vec(struct open_frame) frame;
    uint32_t at, at_line;
    uint32_t n_table;
};

static char peek(const struct scanner *s, uint32_t ahead)
{
    return s->at + ahead < s->x->text.n ? s->x->text.p[s->at + ahead] : '\0';
}

static void step(struct scanner *s)
{
    if (s->x->text.p[s->at++] == '\n') {
        s->at_line++;
        *kf_vec_push(&s->line) = s->at;
    }
}

/* Number of `=` between two brackets at s->at, -1: no long bracket. */
static int long_bracket(const struct scanner *s)
{
    if (peek(s, 0) != '[')
        return -1;
    uint32_t n = 1;
    while (peek(s, n) == '=')
        n++;
    return peek(s, n) == '[' ? (int)n - 1 : -1;
}

/* Leaves s->at behind the closing bracket; *ret_end is where the content ends. */
static void skip_long(struct scanner *s, int level, uint32_t *ret_end)
{
    while (s->at < s->x->text.n) {
        if (peek(s, 0) == ']') {
            uint32_t n = 1;
            while (peek(s, n) == '=')
                n++;
            if ((int)n - 1 == level && peek(s, n) == ']') {
                *ret_end = s->at;
                s->at += n + 1;
                return;
            }
        }
        step(s);
    }
    *ret_end = s->at;
}

static void skip_blank(struct scanner *s)
{
    while (s->at < s->x->text.n) {
        char c = peek(s, 0);
        if (c == '-' && peek(s, 1) == '-') {
            s->at += 2;
            int level = long_bracket(s);
            uint32_t end;
            if (level >= 0) {
                s->at += (uint32_t)level + 2;
                skip_long(s, level, &end);
            } else {
                while (s->at < s->x->text.n && peek(s, 0) != '\n')
                    s->at++;
            }
        } else if (isspace((unsigned char)c)) {
            step(s);
        } else {
            return;
        }
    }
}

static void scan_string(struct scanner *s, struct kf_lex_token *t)
{
    int level = long_bracket(s);
    if (level >= 0) {
        s->at += (uint32_t)level + 2;
        t->at = s->at;
        uint32_t end;
        skip_long(s, level, &end);
        t->len = end - t->at;
        return;
    }
    char quote = peek(s, 0);
    s->at++;
    t->at = s->at;
    while (s->at < s->x->text.n && peek(s, 0) != quote && peek(s, 0) != '\n') {
        if (peek(s, 0) == '\\' && s->at + 1 < s->x->text.n)
            s->at++;
        step(s);
    }
    t->len = s->at - t->at;
    if (peek(s, 0) == quote)
        s->at++;
}

static void scan_token(struct scanner *s)
{
    struct kf_lex_token t = {.at = s->at, .line = s->at_line + 1};
    t.column = s->at - s->line.p[s->at_line] + 1;
    char c = peek(s, 0);
    if (isalpha((unsigned char)c) || c == '_') {
        t.kind = KF_LEX_NAME;
        while (isalnum((unsigned char)peek(s, 0)) || peek(s, 0) == '_')
            s->at++;
        t.len = s->at - t.at;
    } else if (isdigit((unsigned char)c)) {
        t.kind = KF_LEX_NUMBER;
        while (isalnum((unsigned char)peek(s, 0)) || peek(s, 0) == '.')
            s->at++;
        t.len = s->at - t.at;
    } else if (c == '"' || c == '\'' || long_bracket(s) >= 0) {
        t.kind = KF_LEX_STRING;
        scan_string(s, &t);
    } else {
        static const char *const two[] = {"==", "~=", "<=", ">=", "//",
                                          "::", "<<", ">>", "..", NULL};
        t.kind = KF_LEX_OP;
        t.len = 1;
        for (int i = 0; two[i]; i++)
            if (c == two[i][0] && peek(s, 1) == two[i][1])
                t.len = 2;
        s->at += t.len;
    }
    *kf_vec_push(&s->token) = t;
}

static bool is_op(const struct scanner *s, uint32_t token, const char *op)
{
    if (token >= s->token.n || s->token.p[token].kind != KF_LEX_OP)
        return false;
    size_t n = strlen(op);
    return s->token.p[token].len == n && memcmp(s->x->text.p + s->token.p[token].at, op, n) == 0;
}

static bool is_name(const struct scanner *s, uint32_t token, const char *name)
{
    size_t n = strlen(name);
    return s->token.p[token].kind == KF_LEX_NAME && s->token.p[token].len == n &&
           memcmp(s->x->text.p + s->token.p[token].at, name, n) == 0;
}

static void push_frame(struct scanner *s, enum frame kind)
{
    struct open_frame f = {.kind = (uint8_t)kind, .entry = KF_LEX_NONE};
    if (kind == FRAME_TABLE)
        f.table = s->n_table++;
    *kf_vec_push(&s->frame) = f;
}

static void begin_entry(struct scanner *s, struct open_frame *f, uint32_t i)
{
    struct kf_lex_entry e = {.table = f->table, .key = KF_LEX_NONE, .value = i, .last = i};
    if (s->token.p[i].kind == KF_LEX_NAME && is_op(s, i + 1, "=")) {
        e.key = i;
        e.value = i + 2;
    } else if (is_op(s, i, "[") && is_op(s, i + 2, "]") && is_op(s, i + 3, "=")) {
        e.key = i + 1;
        e.value = i + 4;
    } else {
        e.index = ++f->positional;
    }
    f->entry = (uint32_t)s->entry.n;
    *kf_vec_push(&s->entry) = e;
}

static void end_entry(struct scanner *s, uint32_t i)
{
    struct open_frame *f = &s->frame.p[s->frame.n - 1];
    if (f->entry != KF_LEX_NONE && i > 0)
        s->entry.p[f->entry].last = i - 1;
    f->entry = KF_LEX_NONE;
}

static void structure_op(struct scanner *s, uint32_t i)
{
    if (is_op(s, i, "{")) {
        s->token.p[i].table = s->n_table + 1;
        push_frame(s, FRAME_TABLE);
    } else if (is_op(s, i, "(") || is_op(s, i, "[")) {
        push_frame(s, FRAME_PAREN);
    } else if (s->frame.n && (is_op(s, i, "}") || is_op(s, i, ")") || is_op(s, i, "]"))) {
        if (s->frame.p[s->frame.n - 1].kind == FRAME_TABLE)
            end_entry(s, i);
        s->frame.n--;
    }
}

/* Tables and their entries, from the tokens. */
static void find_tables(struct scanner *s)
{
    for (uint32_t i = 0; i < s->token.n; i++) {
        struct open_frame *f = s->frame.n ? &s->frame.p[s->frame.n - 1] : NULL;
        bool in_table = f && f->kind == FRAME_TABLE;
        if (in_table && (is_op(s, i, ",") || is_op(s, i, ";"))) {
            end_entry(s, i);
            continue;
        }
        if (in_table && f->entry == KF_LEX_NONE && !is_op(s, i, "}"))
            begin_entry(s, f, i);
        if (s->token.p[i].kind == KF_LEX_OP) {
            structure_op(s, i);
        } else if (s->token.p[i].kind == KF_LEX_NAME) {
            if (is_name(s, i, "function") || is_name(s, i, "if") || is_name(s, i, "do") ||
                is_name(s, i, "repeat"))
                push_frame(s, FRAME_BLOCK);
            else if ((is_name(s, i, "end") || is_name(s, i, "until")) && s->frame.n &&
                     s->frame.p[s->frame.n - 1].kind == FRAME_BLOCK)
                s->frame.n--;
        }
    }
}

static void sort_entries(struct scanner *s)
{
    struct kf_lex *x = s->x;
    x->n_table = s->n_table;
    x->n_entry = (uint32_t)s->entry.n;
    x->table = calloc((size_t)x->n_table + 2, sizeof *x->table);
    x->entry = calloc((size_t)x->n_entry + 1, sizeof *x->entry);
    if (!x->table || !x->entry) {
        x->n_table = x->n_entry = 0;
        return;
    }
    for (uint32_t i = 0; i < x->n_entry; i++)
        x->table[s->entry.p[i].table + 2]++;
    for (uint32_t i = 1; i < x->n_table + 2; i++)
        x->table[i] += x->table[i - 1];
    for (uint32_t i = 0; i < x->n_entry; i++)
        x->entry[x->table[s->entry.p[i].table + 1]++] = s->entry.p[i];
}

void kf_lex_scan(struct kf_lex *x, const char *name, struct kf_str text)
{
    *x = (struct kf_lex){.name = name, .text = text};
    struct scanner s = {.x = x};
    *kf_vec_push(&s.line) = 0;
    if (text.n && text.p[0] == '#')
        while (s.at < text.n && peek(&s, 0) != '\n')
            s.at++;
    for (skip_blank(&s); s.at < text.n; skip_blank(&s))
        scan_token(&s);
    find_tables(&s);
    sort_entries(&s);
    x->token = s.token.p;
    x->n_token = (uint32_t)s.token.n;
    x->line = s.line.p;
    x->n_line = (uint32_t)s.line.n;
    x->first = calloc((size_t)x->n_line + 2, sizeof *x->first);
    for (uint32_t l = 0, t = 0; x->first && l < x->n_line + 2; l++) {
        while (t < x->n_token && x->token[t].line < l)
            t++;
        x->first[l] = t;
    }
    kf_vec_free(&s.entry);
    kf_vec_free(&s.frame);
}

void kf_lex_free(struct kf_lex *x)
{
    kf_vec_release(x->token);
    kf_vec_release(x->line);
    free(x->entry);
    free(x->table);
    free(x->first);
    *x = (struct kf_lex){0};
}

struct kf_str kf_lex_line(const struct kf_lex *x, uint32_t line)
{
    if (line == 0 || line > x->n_line)
        return kf_str("", 0);
    uint32_t from = x->line[line - 1];
    size_t to = line < x->n_line ? x->line[line] : x->text.n;
    while (to > from && (x->text.p[to - 1] == '\n' || x->text.p[to - 1] == '\r'))
        to--;
    return kf_str(x->text.p + from, to - from);
}

struct kf_str kf_lex_text(const struct kf_lex *x, uint32_t token)
{
    if (token >= x->n_token)
        return kf_str("", 0);
    return kf_str(x->text.p + x->token[token].at, x->token[token].len);
}

static bool token_is(const struct kf_lex *x, uint32_t token, const char *text)
{
    return token < x->n_token && x->token[token].kind != KF_LEX_STRING &&
           kf_str_eq(kf_lex_text(x, token), kf_cstr(text));
}

/* Does a text argument `arg` follow the token: word "arg", word("arg" ? */
static bool has_argument(const struct kf_lex *x, uint32_t token, struct kf_str arg)
{
    uint32_t next = token + 1;
    if (token_is(x, next, "("))
        next++;
    return next < x->n_token && x->token[next].kind == KF_LEX_STRING &&
           kf_str_eq(kf_lex_text(x, next), arg);
}

/* What stands inside a call's arguments is called before it: `any { any { a }, b }` in one line. */
static uint32_t innermost(const struct kf_lex *x, uint32_t call, uint32_t line, const char *word)
{
    int depth = 0;
    for (uint32_t t = call + 1; t < x->n_token && x->token[t].line == line; t++) {
        if (token_is(x, t, "{") || token_is(x, t, "("))
            depth++;
        else if (token_is(x, t, "}") || token_is(x, t, ")"))
            depth--;
        if (depth <= 0 && x->token[t].kind != KF_LEX_STRING)
            return call;
        if (token_is(x, t, word) && !x->token[t].claimed && !token_is(x, t - 1, ":"))
            return innermost(x, t, line, word);
    }
    return call;
}

uint32_t kf_lex_call(struct kf_lex *x, uint32_t line, const char *word, bool method,
                     struct kf_str arg)
{
    if (line == 0 || line > x->n_line || !x->first)
        return KF_LEX_NONE;
    const uint32_t lines = method ? 200 : 0; /* a chain is not longer than that */
    uint32_t any = KF_LEX_NONE, fresh = KF_LEX_NONE;
    for (uint32_t t = x->first[line]; t < x->n_token && x->token[t].line <= line + lines; t++) {
        if (!token_is(x, t, word) || (t > 0 && token_is(x, t - 1, ":")) != method)
            continue;
        if (any == KF_LEX_NONE)
            any = t;
        if (x->token[t].claimed)
            continue;
        if (fresh == KF_LEX_NONE)
            fresh = t;
        if (!arg.p || has_argument(x, t, arg)) {
            fresh = t;
            break;
        }
    }
    if (fresh != KF_LEX_NONE && !method && !arg.p)
        fresh = innermost(x, fresh, line, word);
    uint32_t found = fresh != KF_LEX_NONE ? fresh : any;
    if (found != KF_LEX_NONE)
        x->token[found].claimed = true;
    return found;
}

uint32_t kf_lex_argument(const struct kf_lex *x, uint32_t token)
{
    if (token >= x->n_token)
        return KF_LEX_NONE;
    uint32_t next = token + 1;
    if (token_is(x, next, "(") && next + 1 < x->n_token) {
        if (x->token[next + 1].kind == KF_LEX_STRING && token_is(x, next + 2, ")"))
            next += 3;
        else
            next++;
    } else if (next < x->n_token && x->token[next].kind == KF_LEX_STRING) {
        next++;
    }
    if (token_is(x, next, "("))
        next++;
    return token_is(x, next, "{") && x->token[next].table ? x->token[next].table - 1 : KF_LEX_NONE;
}

uint32_t kf_lex_find(const struct kf_lex *x, uint32_t table, const char *key, uint32_t index)
{
    if (table >= x->n_table)
        return KF_LEX_NONE;
    for (uint32_t i = x->table[table]; i < x->table[table + 1]; i++) {
        const struct kf_lex_entry *e = &x->entry[i];
        if (key ? e->key != KF_LEX_NONE && kf_str_eq(kf_lex_text(x, e->key), kf_cstr(key))
                : e->index == index && index)
            return i;
    }
    return KF_LEX_NONE;
}

uint32_t kf_lex_inner(const struct kf_lex *x, uint32_t entry)
{
    if (entry >= x->n_entry)
        return KF_LEX_NONE;
    const struct kf_lex_entry *e = &x->entry[entry];
    return token_is(x, e->value, "{") && x->token[e->value].table ? x->token[e->value].table - 1
                                                                  : KF_LEX_NONE;
}

uint32_t kf_lex_positional(const struct kf_lex *x, uint32_t table, bool *ret_certain)
{
    *ret_certain = true;
    if (table >= x->n_table)
        return 0;
    uint32_t n = 0;
    for (uint32_t i = x->table[table]; i < x->table[table + 1]; i++) {
        const struct kf_lex_entry *e = &x->entry[i];
        if (e->index > n)
            n = e->index;
        if (e->index && i + 1 == x->table[table + 1])
            *ret_certain = !token_is(x, e->last, ".") && !token_is(x, e->last, "..");
    }
    return n;
}
