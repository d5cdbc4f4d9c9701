/* Tokens to tree: the grammar of Lua 5.4. It also says what a line must not hold together (bodies
 * of functions, several conditions) and which tokens stand close. */
#include "lua/format_tree.h"

#include <stdio.h>

#define DEEPEST 190u /* Lua itself gives up at 200 */

typedef kf_vec(struct kf_fmt_node *) nodes;

struct parser {
    struct kf_fmt_file *f;
    struct kf_error *err;
    uint32_t at;
    uint32_t depth;
    bool failed;
};

static struct kf_fmt_node *expression(struct parser *p, unsigned limit);
static struct kf_fmt_node *block(struct parser *p);

static bool is(const struct parser *p, const char *text)
{
    return kf_fmt_is(p->f, p->at, text);
}

static struct kf_fmt_token *token(const struct parser *p, uint32_t i)
{
    return &p->f->token.p[i];
}

/* ---- complaints: the first counts ---- */

static void complain(struct parser *p, const char *fmt, const char *what, uint32_t open)
{
    if (p->failed)
        return;
    p->failed = true;
    const struct kf_fmt_token *t = token(p, p->at);
    char near[60] = "the end of the file", text[200], opened[80] = "";
    int n = (int)(t->len > 40 ? 40 : t->len);
    if (t->kind != KF_FMT_EOF)
        snprintf(near, sizeof near, "'%.*s%s'", n, kf_fmt_at(p->f, p->at),
                 t->len > 40 ? "..." : "");
    for (char *c = near; *c; c++)
        if (*c == '\n' || *c == '\r')
            *c = ' ';
    snprintf(text, sizeof text, fmt, what);
    if (open != UINT32_MAX && token(p, open)->line != t->line)
        snprintf(opened, sizeof opened, " to close '%.*s' of line %u", (int)token(p, open)->len,
                 kf_fmt_at(p->f, open), token(p, open)->line);
    kf_error_at(p->err, KF_E_DATA, "fmt", p->f->name, t->line, t->column, "expected %s%s before %s",
                text, opened, near);
}

static void want(struct parser *p, const char *text, uint32_t open)
{
    if (is(p, text))
        p->at++;
    else
        complain(p, "'%s'", text, open);
}

static bool take(struct parser *p, const char *text)
{
    if (p->failed || !is(p, text))
        return false;
    p->at++;
    return true;
}

static void want_name(struct parser *p)
{
    if (token(p, p->at)->kind == KF_FMT_NAME)
        p->at++;
    else
        complain(p, "%s", "a name", UINT32_MAX);
}

static bool deeper(struct parser *p)
{
    if (++p->depth > DEEPEST && !p->failed) {
        const struct kf_fmt_token *t = token(p, p->at);
        p->failed = true;
        kf_error_at(p->err, KF_E_DATA, "fmt", p->f->name, t->line, t->column,
                    "opens too many brackets or blocks inside each other");
    }
    return !p->failed;
}

static void glue(struct parser *p, uint32_t i)
{
    token(p, i)->glued = true;
}

/* ---- nodes ---- */

static struct kf_fmt_node *node(struct parser *p, enum kf_fmt_node_kind kind, uint32_t first)
{
    struct kf_fmt_node *n = kf_arena_zalloc(&p->f->arena, sizeof *n);
    n->kind = (uint8_t)kind;
    n->first = first;
    return n;
}

/* The kids are copied; the node ends before the token in hand. */
static struct kf_fmt_node *done(struct parser *p, struct kf_fmt_node *n, nodes *kids)
{
    n->last = p->at - 1;
    if (kids && kids->n) {
        n->kid = kf_arena_alloc(&p->f->arena, kids->n * sizeof *n->kid);
        memcpy(n->kid, kids->p, kids->n * sizeof *n->kid);
        n->n_kid = (uint32_t)kids->n;
    }
    if (kids)
        kf_vec_free(kids);
    return n;
}

static struct kf_fmt_node *kid(const struct kf_fmt_node *n, uint32_t i)
{
    return n->kid[i];
}

/* expr, expr, ... */
static struct kf_fmt_node *expressions(struct parser *p)
{
    struct kf_fmt_node *n = node(p, KF_FMT_LIST, p->at);
    nodes kids = {0};
    do {
        if (kids.n)
            glue(p, p->at - 1);
        *kf_vec_push(&kids) = expression(p, 0);
    } while (take(p, ","));
    return done(p, n, &kids);
}

/* ---- tables ---- */

/* Columns of the tokens in one line, roughly: what is short enough to be read at a glance. */
static uint32_t rough_width(const struct parser *p, const struct kf_fmt_node *n)
{
    uint32_t width = 0;
    for (uint32_t i = n->first; i <= n->last; i++)
        width += token(p, i)->width + !token(p, i)->glued;
    return width;
}

static struct kf_fmt_node *entry(struct parser *p)
{
    struct kf_fmt_node *n = node(p, KF_FMT_ENTRY, p->at), *value;
    nodes kids = {0};
    bool expects = false; /* one promise a line */
    if (token(p, p->at)->kind == KF_FMT_NAME && kf_fmt_is(p->f, p->at + 1, "=")) {
        n->named = true;
        expects = is(p, "expect");
        p->at += 2;
    } else if (is(p, "[")) {
        uint32_t open = p->at++;
        n->named = true;
        *kf_vec_push(&kids) = expression(p, 0);
        /* [[ would open a long text */
        if (kf_fmt_at(p->f, open + 1)[0] != '[') {
            glue(p, open + 1);
            glue(p, p->at);
        }
        want(p, "]", open);
        want(p, "=", UINT32_MAX);
    }
    value = expression(p, 0);
    if (expects && value->kind == KF_FMT_TABLE && value->n_kid > 1 && rough_width(p, value) > 50)
        token(p, value->first)->forced = true;
    *kf_vec_push(&kids) = value;
    return done(p, n, &kids);
}

/* A row a line: three tables or more, or two long ones. */
static bool is_long_list(const struct parser *p, const struct kf_fmt_node *n)
{
    for (uint32_t i = 0; i < n->n_kid; i++)
        if (kid(n, i)->named || kid(kid(n, i), 0)->kind != KF_FMT_TABLE)
            return false;
    return n->n_kid > 2 || (n->n_kid == 2 && rough_width(p, n) > 50);
}

/* { points = 30, when = ..., label = "..." } of score cards and signals: a condition has a line of
 * its own. */
static bool is_weighed(const struct parser *p, const struct kf_fmt_node *n)
{
    bool when = false;
    for (uint32_t i = 0; i < n->n_kid; i++)
        when = when || (kid(n, i)->named && kf_fmt_is(p->f, kid(n, i)->first, "when"));
    return when && n->n_kid > 2;
}

static struct kf_fmt_node *table(struct parser *p)
{
    struct kf_fmt_node *n = node(p, KF_FMT_TABLE, p->at++);
    nodes kids = {0};
    while (!p->failed && !is(p, "}")) {
        struct kf_fmt_node *e = entry(p);
        *kf_vec_push(&kids) = e;
        if (p->failed || (!is(p, ",") && !is(p, ";")))
            break;
        e->mark = p->at;
        token(p, p->at)->separator = true;
        glue(p, p->at++);
    }
    want(p, "}", n->first);
    if (p->failed)
        return done(p, n, &kids);
    if (kids.n && kids.p[kids.n - 1]->mark)
        token(p, kids.p[kids.n - 1]->mark)->dropped = true;
    if (!kids.n)
        glue(p, p->at - 1);
    done(p, n, &kids);
    token(p, n->first)->forced = is_long_list(p, n) || is_weighed(p, n);
    return n;
}

/* ---- functions ---- */

/* From the bracket of the parameters to `end`. */
static void body(struct parser *p, uint32_t start, nodes *kids)
{
    struct kf_fmt_node *list = node(p, KF_FMT_LIST, p->at + 1);
    nodes names = {0};
    uint32_t open = p->at;
    glue(p, p->at);
    want(p, "(", UINT32_MAX);
    while (!p->failed && !is(p, ")")) {
        struct kf_fmt_node *name = node(p, KF_FMT_ATOM, p->at);
        bool rest = is(p, "...");
        if (names.n == 0)
            glue(p, p->at);
        if (rest)
            p->at++;
        else
            want_name(p);
        *kf_vec_push(&names) = done(p, name, NULL);
        if (rest || !is(p, ","))
            break;
        glue(p, p->at++);
        if (is(p, ")"))
            want_name(p);
    }
    *kf_vec_push(kids) = done(p, list, &names);
    glue(p, p->at);
    want(p, ")", open);
    struct kf_fmt_node *b = block(p);
    *kf_vec_push(kids) = b;
    want(p, "end", start);
    if (!p->failed && b->n_kid)
        token(p, start)->forced = true;
}

static struct kf_fmt_node *function(struct parser *p)
{
    struct kf_fmt_node *n = node(p, KF_FMT_FUNCTION, p->at++);
    nodes kids = {0};
    body(p, n->first, &kids);
    return done(p, n, &kids);
}

/* ---- chains ---- */

static bool is_word(const struct parser *p, uint32_t at, const char *const *words)
{
    for (; *words; words++)
        if (kf_fmt_is(p->f, at, *words))
            return true;
    return false;
}

static bool is_measured(const struct kf_fmt_node *n)
{
    for (uint32_t i = 0; i < n->n_kid; i++)
        if (n->kind == KF_FMT_CHAIN && kid(n, i)->kind == KF_FMT_METHOD)
            return true;
    return false;
}

/* "One condition a line": what these words combine never shares one. */
static void force_parts(struct parser *p, uint32_t word, const struct kf_fmt_node *call)
{
    static const char *const conditions[] = {"all", "any", "none", "at_least_of", NULL};
    static const char *const values[] = {"ratio", "difference", "total", NULL};
    const struct kf_fmt_node *last = call->n_kid ? kid(call, call->n_kid - 1) : NULL;
    if (last && last->kind == KF_FMT_TABLE && last->n_kid > 1 && is_word(p, word, conditions))
        token(p, last->first)->forced = true;
    uint32_t measured = 0;
    for (uint32_t i = 0; i < call->n_kid; i++)
        measured += is_measured(kid(call, i));
    if (measured > 1 && is_word(p, word, values))
        token(p, call->first)->forced = true;
}

static struct kf_fmt_node *arguments(struct parser *p)
{
    struct kf_fmt_node *n = node(p, KF_FMT_CALL, p->at);
    nodes kids = {0};
    if (is(p, "(")) {
        uint32_t open = p->at++;
        glue(p, open);
        if (!is(p, ")")) {
            glue(p, p->at);
            do {
                if (kids.n)
                    glue(p, p->at - 1);
                *kf_vec_push(&kids) = expression(p, 0);
            } while (take(p, ","));
        }
        if (!p->failed)
            glue(p, p->at);
        want(p, ")", open);
    } else if (is(p, "{")) {
        *kf_vec_push(&kids) = table(p);
    } else {
        struct kf_fmt_node *text = node(p, KF_FMT_ATOM, p->at++);
        *kf_vec_push(&kids) = done(p, text, NULL);
    }
    return done(p, n, &kids);
}

static bool begins_arguments(const struct parser *p)
{
    return token(p, p->at)->kind == KF_FMT_STRING || is(p, "(") || is(p, "{");
}

static struct kf_fmt_node *suffix(struct parser *p)
{
    uint32_t first = p->at;
    nodes kids = {0};
    if (is(p, ".")) {
        glue(p, p->at++);
        glue(p, p->at);
        want_name(p);
        return done(p, node(p, KF_FMT_DOT, first), NULL);
    }
    if (is(p, "[")) {
        glue(p, p->at++);
        *kf_vec_push(&kids) = expression(p, 0);
        if (!p->failed && kf_fmt_at(p->f, first + 1)[0] != '[') {
            glue(p, first + 1);
            glue(p, p->at);
        }
        want(p, "]", first);
        return done(p, node(p, KF_FMT_INDEX, first), &kids);
    }
    if (!is(p, ":"))
        return arguments(p);
    glue(p, p->at++);
    glue(p, p->at);
    want_name(p);
    if (p->failed || !begins_arguments(p))
        complain(p, "%s", "what the method is called with", UINT32_MAX);
    else
        *kf_vec_push(&kids) = arguments(p);
    return done(p, node(p, KF_FMT_METHOD, first), &kids);
}

static struct kf_fmt_node *primary(struct parser *p)
{
    struct kf_fmt_node *n = node(p, KF_FMT_ATOM, p->at);
    nodes kids = {0};
    if (!is(p, "(")) {
        if (token(p, p->at)->kind == KF_FMT_NAME)
            p->at++;
        else
            complain(p, "%s", "a value", UINT32_MAX);
        return done(p, n, NULL);
    }
    uint32_t open = p->at++;
    n->kind = KF_FMT_PAREN;
    glue(p, p->at);
    *kf_vec_push(&kids) = expression(p, 0);
    if (!p->failed)
        glue(p, p->at);
    want(p, ")", open);
    return done(p, n, &kids);
}

static struct kf_fmt_node *chain(struct parser *p)
{
    uint32_t first = p->at;
    struct kf_fmt_node *head = primary(p);
    nodes kids = {0};
    while (!p->failed && (is(p, ".") || is(p, "[") || is(p, ":") || begins_arguments(p))) {
        if (!kids.n)
            *kf_vec_push(&kids) = head;
        *kf_vec_push(&kids) = suffix(p);
    }
    if (!kids.n)
        return head;
    if (!p->failed && kids.p[1]->kind == KF_FMT_CALL)
        force_parts(p, first, kids.p[1]);
    return done(p, node(p, KF_FMT_CHAIN, first), &kids);
}

/* ---- operators ---- */

static const struct level {
    const char *op;
    uint8_t left, right;
} LEVELS[] = {{"or", 1, 1},  {"and", 2, 2}, {"<", 3, 3},   {">", 3, 3},    {"<=", 3, 3},
              {">=", 3, 3},  {"~=", 3, 3},  {"==", 3, 3},  {"|", 4, 4},    {"~", 5, 5},
              {"&", 6, 6},   {"<<", 7, 7},  {">>", 7, 7},  {"..", 9, 8},   {"+", 10, 10},
              {"-", 10, 10}, {"*", 11, 11}, {"/", 11, 11}, {"//", 11, 11}, {"%", 11, 11},
              {"^", 14, 13}};
#define UNARY 12u

static const struct level *operator_at(const struct parser *p, uint32_t i)
{
    for (size_t k = 0; k < sizeof LEVELS / sizeof *LEVELS; k++)
        if (kf_fmt_is(p->f, i, LEVELS[k].op))
            return &LEVELS[k];
    return NULL;
}

static bool is_unary(const struct parser *p)
{
    return is(p, "not") || is(p, "-") || is(p, "#") || is(p, "~");
}

static struct kf_fmt_node *simple(struct parser *p)
{
    const struct kf_fmt_token *t = token(p, p->at);
    bool word = is(p, "nil") || is(p, "true") || is(p, "false") || is(p, "...");
    if (t->kind == KF_FMT_STRING || t->kind == KF_FMT_NUMBER || word) {
        struct kf_fmt_node *n = node(p, KF_FMT_ATOM, p->at++);
        return done(p, n, NULL);
    }
    if (is(p, "{"))
        return table(p);
    if (is(p, "function"))
        return function(p);
    return chain(p);
}

static struct kf_fmt_node *unary(struct parser *p)
{
    struct kf_fmt_node *n = node(p, KF_FMT_UNARY, p->at);
    nodes kids = {0};
    bool word = is(p, "not"), minus = is(p, "-");
    p->at++;
    if (!word && !(minus && is(p, "-")))
        glue(p, p->at);
    *kf_vec_push(&kids) = expression(p, UNARY);
    return done(p, n, &kids);
}

/* Operands of one level stand side by side: a and b and c. */
static void add_operand(nodes *kids, struct kf_fmt_node *n, const struct parser *p,
                        const struct level *level)
{
    if (n->kind == KF_FMT_BINARY && operator_at(p, kid(n, 1)->first - 1)->left == level->left) {
        for (uint32_t i = 0; i < n->n_kid; i++)
            *kf_vec_push(kids) = kid(n, i);
    } else {
        *kf_vec_push(kids) = n;
    }
}

static struct kf_fmt_node *expression(struct parser *p, unsigned limit)
{
    uint32_t first = p->at;
    if (!deeper(p))
        return done(p, node(p, KF_FMT_ATOM, first), NULL);
    struct kf_fmt_node *n = is_unary(p) ? unary(p) : simple(p);
    const struct level *level = p->failed ? NULL : operator_at(p, p->at);
    /* operands of one level are gathered, so that a long sum is not a deep tree */
    nodes kids = {0};
    const struct level *open = NULL;
    while (level && level->left > limit) {
        if (open && open->left != level->left) {
            n = done(p, node(p, KF_FMT_BINARY, first), &kids);
            kids = (nodes){0};
            open = NULL;
        }
        if (!open)
            add_operand(&kids, n, p, level);
        open = level;
        p->at++;
        struct kf_fmt_node *right = expression(p, level->right);
        if (level->right < level->left && !p->failed)
            add_operand(&kids, right, p, level);
        else
            *kf_vec_push(&kids) = right;
        level = p->failed ? NULL : operator_at(p, p->at);
    }
    if (kids.n)
        n = done(p, node(p, KF_FMT_BINARY, first), &kids);
    p->depth--;
    return n;
}

/* ---- statements ---- */

static struct kf_fmt_node *stat_if(struct parser *p)
{
    struct kf_fmt_node *n = node(p, KF_FMT_IF, p->at);
    nodes kids = {0};
    do {
        p->at++;
        *kf_vec_push(&kids) = expression(p, 0);
        want(p, "then", n->first);
        *kf_vec_push(&kids) = block(p);
    } while (!p->failed && is(p, "elseif"));
    if (take(p, "else"))
        *kf_vec_push(&kids) = block(p);
    want(p, "end", n->first);
    return done(p, n, &kids);
}

static struct kf_fmt_node *stat_while(struct parser *p)
{
    struct kf_fmt_node *n = node(p, KF_FMT_WHILE, p->at++);
    nodes kids = {0};
    *kf_vec_push(&kids) = expression(p, 0);
    want(p, "do", n->first);
    *kf_vec_push(&kids) = block(p);
    want(p, "end", n->first);
    return done(p, n, &kids);
}

static struct kf_fmt_node *stat_repeat(struct parser *p)
{
    struct kf_fmt_node *n = node(p, KF_FMT_REPEAT, p->at++);
    nodes kids = {0};
    *kf_vec_push(&kids) = block(p);
    want(p, "until", n->first);
    *kf_vec_push(&kids) = expression(p, 0);
    return done(p, n, &kids);
}

static struct kf_fmt_node *stat_do(struct parser *p)
{
    struct kf_fmt_node *n = node(p, KF_FMT_DO, p->at++);
    nodes kids = {0};
    *kf_vec_push(&kids) = block(p);
    want(p, "end", n->first);
    return done(p, n, &kids);
}

/* Names of a `for` or `local`, these with attributes. */
static struct kf_fmt_node *name_list(struct parser *p, bool attributes)
{
    struct kf_fmt_node *n = node(p, KF_FMT_LIST, p->at);
    nodes kids = {0};
    do {
        if (kids.n)
            glue(p, p->at - 1);
        struct kf_fmt_node *name = node(p, KF_FMT_ATOM, p->at);
        want_name(p);
        if (attributes && take(p, "<")) {
            glue(p, p->at);
            want_name(p);
            if (!p->failed)
                glue(p, p->at);
            want(p, ">", UINT32_MAX);
        }
        *kf_vec_push(&kids) = done(p, name, NULL);
    } while (take(p, ","));
    return done(p, n, &kids);
}

static struct kf_fmt_node *stat_for(struct parser *p)
{
    struct kf_fmt_node *n = node(p, KF_FMT_FOR, p->at++);
    nodes kids = {0};
    *kf_vec_push(&kids) = name_list(p, false);
    bool numeric = !p->failed && is(p, "=");
    bool several = kids.p[0]->n_kid > 1;
    if (numeric ? several : !is(p, "in"))
        complain(p, "'%s'", several ? "in" : "=' or 'in", UINT32_MAX);
    if (!p->failed)
        p->at++;
    *kf_vec_push(&kids) = expressions(p);
    if (numeric && (kids.p[1]->n_kid < 2 || kids.p[1]->n_kid > 3))
        complain(p, "%s", "a first and a last number, and perhaps a step,", UINT32_MAX);
    want(p, "do", n->first);
    *kf_vec_push(&kids) = block(p);
    want(p, "end", n->first);
    return done(p, n, &kids);
}

static struct kf_fmt_node *stat_function(struct parser *p)
{
    struct kf_fmt_node *n = node(p, KF_FMT_NAMED_FUNCTION, p->at);
    nodes kids = {0};
    bool local = take(p, "local");
    uint32_t start = p->at++;
    want_name(p);
    while (!local && !p->failed && (is(p, ".") || is(p, ":"))) {
        bool last = is(p, ":");
        glue(p, p->at++);
        glue(p, p->at);
        want_name(p);
        if (last)
            break;
    }
    if (!p->failed)
        body(p, start, &kids);
    return done(p, n, &kids);
}

static struct kf_fmt_node *stat_local(struct parser *p)
{
    if (kf_fmt_is(p->f, p->at + 1, "function"))
        return stat_function(p);
    struct kf_fmt_node *n = node(p, KF_FMT_LOCAL, p->at++);
    nodes kids = {0};
    *kf_vec_push(&kids) = name_list(p, true);
    if (take(p, "="))
        *kf_vec_push(&kids) = expressions(p);
    return done(p, n, &kids);
}

static bool ends_block(const struct parser *p)
{
    return token(p, p->at)->kind == KF_FMT_EOF || is(p, "end") || is(p, "else") ||
           is(p, "elseif") || is(p, "until");
}

static struct kf_fmt_node *stat_return(struct parser *p)
{
    struct kf_fmt_node *n = node(p, KF_FMT_RETURN, p->at++);
    nodes kids = {0};
    if (!ends_block(p) && !is(p, ";"))
        *kf_vec_push(&kids) = expressions(p);
    return done(p, n, &kids);
}

static struct kf_fmt_node *stat_plain(struct parser *p)
{
    struct kf_fmt_node *n = node(p, KF_FMT_PLAIN, p->at);
    if (take(p, "::")) {
        glue(p, p->at);
        want_name(p);
        if (!p->failed)
            glue(p, p->at);
        want(p, "::", UINT32_MAX);
    } else if (take(p, "goto")) {
        want_name(p);
    } else {
        p->at++;
    }
    return done(p, n, NULL);
}

static bool can_be_set(const struct kf_fmt_node *n)
{
    uint8_t last = n->kind == KF_FMT_CHAIN ? kid(n, n->n_kid - 1)->kind : n->kind;
    return n->kind == KF_FMT_ATOM ||
           (n->kind == KF_FMT_CHAIN && (last == KF_FMT_DOT || last == KF_FMT_INDEX));
}

/* A definition, kind "name" { ... }, always takes several lines; kind { ... } when it says more
 * than one thing. */
static void force_definition(struct parser *p, const struct kf_fmt_node *n)
{
    const struct kf_fmt_node *call = kid(n, n->n_kid - 1);
    if (call->kind != KF_FMT_CALL || kid(n, 0)->kind != KF_FMT_ATOM || call->n_kid != 1 ||
        kid(call, 0)->kind != KF_FMT_TABLE)
        return;
    uint32_t least = n->n_kid > 2 ? 1 : 2;
    if (kid(call, 0)->n_kid >= least)
        token(p, kid(call, 0)->first)->forced = true;
}

static struct kf_fmt_node *stat_expression(struct parser *p)
{
    uint32_t first = p->at;
    nodes left = {0}, kids = {0};
    struct kf_fmt_node *targets = node(p, KF_FMT_LIST, first), *n = chain(p);
    if (p->failed)
        return n;
    if (!is(p, "=") && !is(p, ",")) {
        if (n->kind != KF_FMT_CHAIN || can_be_set(n)) {
            complain(p, "%s", "'=' or a call", UINT32_MAX);
            return n;
        }
        force_definition(p, n);
        *kf_vec_push(&kids) = n;
        return done(p, node(p, KF_FMT_DO_CALL, first), &kids);
    }
    *kf_vec_push(&left) = n;
    while (take(p, ",")) {
        glue(p, p->at - 1);
        *kf_vec_push(&left) = chain(p);
    }
    for (size_t i = 0; i < left.n; i++)
        if (!p->failed && !can_be_set(left.p[i]))
            complain(p, "%s", "a call, or a name that can be set,", UINT32_MAX);
    *kf_vec_push(&kids) = done(p, targets, &left);
    want(p, "=", UINT32_MAX);
    if (!p->failed)
        *kf_vec_push(&kids) = expressions(p);
    return done(p, node(p, KF_FMT_ASSIGN, first), &kids);
}

static struct kf_fmt_node *statement(struct parser *p)
{
    static const struct {
        const char *word;
        struct kf_fmt_node *(*fn)(struct parser *p);
    } by_word[] = {{"if", stat_if},         {"while", stat_while},       {"do", stat_do},
                   {"for", stat_for},       {"repeat", stat_repeat},     {"local", stat_local},
                   {"return", stat_return}, {"function", stat_function}, {"break", stat_plain},
                   {"goto", stat_plain},    {"::", stat_plain}};
    for (size_t i = 0; i < sizeof by_word / sizeof *by_word; i++)
        if (is(p, by_word[i].word))
            return by_word[i].fn(p);
    return stat_expression(p);
}

/* ; after a statement, or before the first. The last stays where the next statement would go on
 * with this one. */
static uint32_t semicolons(struct parser *p, bool after, uint32_t most)
{
    uint32_t n = 0;
    for (; n < most && is(p, ";"); n++) {
        glue(p, p->at);
        token(p, p->at++)->dropped = true;
    }
    if (n && after && is(p, "("))
        token(p, p->at - n)->dropped = false;
    return n;
}

static struct kf_fmt_node *block(struct parser *p)
{
    struct kf_fmt_node *b = node(p, KF_FMT_BLOCK, p->at);
    nodes kids = {0};
    if (p->failed || !deeper(p))
        return done(p, b, NULL);
    b->mark = semicolons(p, false, UINT32_MAX);
    b->first = p->at;
    while (!p->failed && !ends_block(p)) {
        struct kf_fmt_node *s = statement(p);
        *kf_vec_push(&kids) = s;
        if (p->failed)
            break;
        s->mark = semicolons(p, true, s->kind == KF_FMT_RETURN ? 1 : UINT32_MAX);
        if (s->kind == KF_FMT_RETURN) {
            if (!ends_block(p))
                complain(p, "%s", "the end of the block after 'return'", UINT32_MAX);
            break;
        }
    }
    p->depth--;
    return done(p, b, &kids);
}

int kf_fmt_parse(struct kf_fmt_file *f, struct kf_error *err)
{
    struct parser p = {.f = f, .err = err};
    f->root = block(&p);
    if (!p.failed && token(&p, p.at)->kind != KF_FMT_EOF)
        complain(&p, "%s", "a statement", UINT32_MAX);
    return p.failed ? KF_E_DATA : 0;
}
