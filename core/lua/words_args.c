/* Arguments of words: texts, constants, lengths, selections, values, conditions, lists. */
#include "lua/words.h"

#include <stdlib.h>

const char *kf_word_text(lua_State *L, int index, struct kf_pos pos, const char *what)
{
    if (lua_type(L, index) == LUA_TSTRING) {
        size_t n;
        const char *s = lua_tolstring(L, index, &n);
        if (n && !memchr(s, 0, n) && kf_utf8_valid(kf_str(s, n)))
            return kf_words_intern(kf_words_of(L), kf_str(s, n));
    }
    if (!kf_word_poisoned(L, index))
        kf_word_report(kf_words_of(L), KF_CODE_ARGUMENT, pos, NULL, "%s takes a text, not %s", what,
                       lua_type(L, index) == LUA_TSTRING ? "an empty or broken one"
                                                         : kf_word_what(L, index));
    return NULL;
}

bool kf_lua_decimal(lua_State *L, int index, struct kf_dec *ret)
{
    if (lua_isinteger(L, index)) {
        *ret = kf_dec_int(lua_tointeger(L, index));
        return true;
    }
    return lua_type(L, index) == LUA_TNUMBER && kf_dec_from_double(lua_tonumber(L, index), ret);
}

struct kf_node *kf_word_const(lua_State *L, int index, struct kf_pos pos)
{
    struct kf_words *w = kf_words_of(L);
    struct kf_build *b;
    struct kf_dec d;
    size_t n;
    const char *s;
    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        s = lua_tolstring(L, index, &n);
        return kf_utf8_valid(kf_str(s, n)) ? &kf_build_text(w, pos, kf_str(s, n))->n : NULL;
    case LUA_TNUMBER:
        return kf_lua_decimal(L, index, &d) ? &kf_build_number(w, pos, d)->n : NULL;
    case LUA_TBOOLEAN:
        b = kf_build_const(w, pos, KF_K_BOOL);
        b->n.value.boolean = lua_toboolean(L, index);
        return &b->n;
    default: {
        const struct kf_word *u = kf_word_at(L, index);
        if (!kf_word_is(u, KF_WORD_NODE) || u->node->cls != KF_CLASS_CONST)
            return NULL;
        kf_word_use(L, u);
        return u->node;
    }
    }
}

struct kf_node *kf_word_length(lua_State *L, int index, struct kf_pos pos, const char *word)
{
    const struct kf_word *u = kf_word_at(L, index);
    if (kf_word_is(u, KF_WORD_NODE) && u->node->op == KF_K &&
        (u->node->value.type == KF_K_LENGTH || u->node->value.type == KF_K_MONTHS))
        return u->node;
    if (!kf_word_poisoned(L, index))
        kf_word_report(kf_words_of(L), KF_CODE_ARGUMENT, pos,
                       "write days(7), hours(2), months(3) ...",
                       "%s takes a length of time, not %s", word, kf_word_what(L, index));
    return NULL;
}

static struct kf_node *word_of_class(lua_State *L, int index, enum kf_node_class cls)
{
    const struct kf_word *u = kf_word_at(L, index);
    if (!kf_word_is(u, KF_WORD_NODE) || u->node->cls != cls)
        return NULL;
    kf_word_use(L, u);
    return u->node;
}

struct kf_node *kf_word_select(lua_State *L, int index, struct kf_pos pos, const char *word)
{
    struct kf_node *n = word_of_class(L, index, KF_CLASS_SELECT);
    if (!n && !kf_word_poisoned(L, index))
        kf_word_report(kf_words_of(L), KF_CODE_ARGUMENT, pos, "write event \"...\"",
                       "%s takes events, not %s", word, kf_word_what(L, index));
    return n;
}

struct kf_node *kf_word_expr(lua_State *L, int index, struct kf_pos pos, const char *word)
{
    struct kf_node *n = word_of_class(L, index, KF_CLASS_EXPR);
    if (!n && !kf_word_poisoned(L, index)) {
        const struct kf_word *u = kf_word_at(L, index);
        const char *help = kf_word_is(u, KF_WORD_NODE) && u->node->cls == KF_CLASS_SELECT
                               ? "count them first: ...:count()"
                               : NULL;
        kf_word_report(kf_words_of(L), KF_CODE_ARGUMENT, pos, help,
                       "%s takes a value that is asked (an aggregate or trait), not %s", word,
                       kf_word_what(L, index));
    }
    return n;
}

static struct kf_str text_at(lua_State *L, int index)
{
    size_t n;
    const char *s = lua_tolstring(L, index, &n);
    return kf_utf8_valid(kf_str(s, n)) && !memchr(s, 0, n) ? kf_str(s, n) : kf_cstr("");
}

struct kf_node *kf_word_cond(lua_State *L, int index, struct kf_pos pos, const char *word)
{
    struct kf_words *w = kf_words_of(L);
    const struct kf_word *u = kf_word_at(L, index);
    if (kf_word_is(u, KF_WORD_POISON))
        return NULL;
    if (kf_word_is(u, KF_WORD_RULE)) {
        kf_word_report(w, KF_CODE_RULE_INSIDE, u->pos,
                       "define it outside and ask for it by kind and name alone",
                       "a rule is defined inside another");
        return NULL;
    }
    if (kf_word_is(u, KF_WORD_NODE)) {
        kf_word_use(L, u);
        struct kf_build *b;
        if (u->node->cls == KF_CLASS_COND)
            return u->node;
        if (u->node->cls == KF_CLASS_SELECT) {
            b = kf_build_new(w, KF_C_HAS, u->node->pos, NULL);
            return kf_build_kids(L, b, &u->node, 1) ? &b->n : NULL;
        }
        if (u->node->op == KF_E_CUSTOM)
            return &kf_build_new(w, KF_C_CUSTOM, u->node->pos, u->node->name.p)->n;
        const char *help = u->node->cls == KF_CLASS_TEST ? "say what is tested: trait \"x\":is(...)"
                           : u->node->cls == KF_CLASS_EXPR
                               ? "add a test: :is(...), :at_least(...), :exists()"
                               : NULL;
        kf_word_report(w, KF_CODE_ARGUMENT, u->node->pos.line ? u->node->pos : pos, help,
                       "%s takes a condition, not %s", word, kf_word_what(L, index));
        return NULL;
    }
    kf_word_use_all(L, index);
    if (lua_type(L, index) == LUA_TBOOLEAN)
        kf_word_report(w, KF_CODE_BOOLEAN, pos,
                       "`not`, `==` and `~=` do not work on conditions: write none { }, :is(...) "
                       "or :is_not(...)",
                       "%s is given %s where a condition is expected", word,
                       kf_word_what(L, index));
    else
        kf_word_report(w, KF_CODE_ARGUMENT, pos,
                       lua_type(L, index) == LUA_TTABLE ? "write all { ... } or any { ... }"
                       : lua_type(L, index) == LUA_TSTRING
                           ? kf_word_cond_help(w, word, text_at(L, index))
                           : NULL,
                       "%s takes a condition, not %s", word, kf_word_what(L, index));
    return NULL;
}

const char *kf_word_path(struct kf_words *w, const char *path)
{
    static const char *const roots[] = {"context.", "traits.", "properties.", "event."};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (strncmp(path, roots[i], strlen(roots[i])) == 0)
            return path;
    char *p = kf_arena_printf(&w->build, "properties.%s", path);
    return p;
}

struct kf_node *kf_word_key(lua_State *L, int index, struct kf_pos pos, const char *word)
{
    struct kf_words *w = kf_words_of(L);
    if (lua_type(L, index) == LUA_TSTRING) {
        const char *p = kf_word_text(L, index, pos, word);
        return p ? &kf_build_new(w, KF_E_PROPERTY, pos, kf_word_path(w, p))->n : NULL;
    }
    const struct kf_word *u = kf_word_at(L, index);
    if (kf_word_is(u, KF_WORD_NODE) &&
        (u->node->op == KF_E_IDENTIFIER || u->node->op == KF_E_PROPERTY)) {
        kf_word_use(L, u);
        return u->node;
    }
    if (!kf_word_is(u, KF_WORD_POISON))
        kf_word_report(w, KF_CODE_ARGUMENT, pos, NULL,
                       "%s takes the name of a property or identifier \"...\", not %s", word,
                       kf_word_what(L, index));
    return NULL;
}

bool kf_word_list(lua_State *L, int index, struct kf_pos pos, uint32_t token, const char *word,
                  lua_Integer *ret_n)
{
    struct kf_words *w = kf_words_of(L);
    lua_Integer most = 0, n = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_isinteger(L, -2)) {
            lua_Integer i = lua_tointeger(L, -2);
            most = i > most ? i : most;
            n++;
        }
    }
    kf_sandbox_charge(L, (uint64_t)n);
    struct kf_words_file *f = token == KF_LEX_NONE ? NULL : kf_words_file_named(w, pos.file);
    bool certain = false;
    uint32_t table = f ? kf_lex_argument(&f->lex, token) : KF_LEX_NONE;
    uint32_t written = table != KF_LEX_NONE ? kf_lex_positional(&f->lex, table, &certain) : 0;
    if (most != n || (certain && written > n)) {
        lua_Integer hole = 1;
        while (hole <= n && lua_rawgeti(L, index, hole) != LUA_TNIL) {
            lua_pop(L, 1);
            hole++;
        }
        if (hole <= n)
            lua_pop(L, 1);
        uint32_t e = f ? kf_lex_find(&f->lex, table, NULL, (uint32_t)hole) : KF_LEX_NONE;
        if (e != KF_LEX_NONE) {
            pos.line = f->lex.token[f->lex.entry[e].value].line;
            pos.column = f->lex.token[f->lex.entry[e].value].column;
        }
        kf_word_report(w, KF_CODE_HOLE, pos, "remove it, or correct the name it was meant to be",
                       "element %d of %s is nil", (int)hole, word);
        return false;
    }
    *ret_n = n;
    return true;
}

struct kf_node *kf_word_texts(lua_State *L, int index, struct kf_pos pos, const char *word,
                              bool as_list)
{
    struct kf_words *w = kf_words_of(L);
    index = lua_absindex(L, index);
    if (lua_type(L, index) == LUA_TTABLE) {
        lua_Integer n;
        if (!kf_word_list(L, index, pos, KF_LEX_NONE, word, &n))
            return NULL;
        struct kf_node **kid = kf_word_kids(L, n);
        for (lua_Integer i = 1; i <= n; i++) {
            lua_rawgeti(L, index, i);
            const char *s = kf_word_text(L, -1, pos, word);
            lua_pop(L, 1);
            if (!s)
                return NULL;
            kid[i - 1] = &kf_build_text(w, pos, kf_cstr(s))->n;
        }
        struct kf_build *b = kf_build_new(w, KF_T_LIST, pos, NULL);
        bool fine = n > 0 && kf_build_kids(L, b, kid, (uint32_t)n);
        if (n == 0)
            kf_word_report(w, KF_CODE_EMPTY, pos, NULL, "%s takes at least one text", word);
        return fine ? &b->n : NULL;
    }
    const char *s = kf_word_text(L, index, pos, word);
    if (!s)
        return NULL;
    struct kf_node *k = &kf_build_text(w, pos, kf_cstr(s))->n;
    if (!as_list)
        return k;
    struct kf_build *b = kf_build_new(w, KF_T_LIST, pos, NULL);
    return kf_build_kids(L, b, &k, 1) ? &b->n : NULL;
}
