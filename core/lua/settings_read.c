/* Defining rules and models: their tables become nodes. Words for both: words_kind.c. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "lua/settings.h"
#include "lua/words.h"

#define MAX_TABLE_DEPTH 12

struct reader {
    lua_State *L;
    struct kf_words *w;
    const struct kf_lex *lex; /* NULL: unknown */
    bool fine;
    int depth;
};

static struct kf_node *read_value(struct reader *r, const struct kf_setting *s, int index,
                                  struct kf_pos pos, uint32_t entry);

static const struct kf_lex *lex_of(struct kf_words *w, struct kf_pos pos)
{
    for (uint32_t i = 0; i < w->n_file; i++)
        if (w->file[i].lex.name == pos.file)
            return &w->file[i].lex;
    return NULL;
}

/* ---- messages ---- */

static const char *expected_type(struct kf_words *w, const struct kf_setting *s)
{
    static const struct {
        uint32_t bit;
        const char *text;
    } names[] = {{KF_SET_TEXT, "a text"},
                 {KF_SET_PATH, "the name of a property"},
                 {KF_SET_NUMBER, "a number"},
                 {KF_SET_BOOL, "true or false"},
                 {KF_SET_LENGTH, "a length of time"},
                 {KF_SET_TIME, "a date or instant"},
                 {KF_SET_MONEY, "an amount"},
                 {KF_SET_COND, "a condition"},
                 {KF_SET_SELECT, "events"},
                 {KF_SET_EXPR, "a value that is asked"},
                 {KF_SET_KEY, "identifier \"...\" or property \"...\""},
                 {KF_SET_LIST, "a list"},
                 {KF_SET_MAP, "a table"},
                 {KF_SET_TESTS, "a table of tests by name"},
                 {KF_SET_FUNCTION, "a function"},
                 {KF_SET_ANY, "a value"}};
    struct kf_buf out = {0};
    char text[300];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (s->type & names[i].bit)
            kf_buf_addf(&out, "%s%s", out.n ? " or " : "", names[i].text);
    if (s->type & KF_SET_MODEL)
        kf_buf_addf(&out, "%s%s", out.n ? " or " : "", s->choices);
    snprintf(text, sizeof text, "%s", out.p ? out.p : "something else");
    kf_buf_free(&out);
    return kf_words_intern(w, kf_cstr(text));
}

static struct kf_node *wrong_type(struct reader *r, const struct kf_setting *s, int index,
                                  struct kf_pos pos, const char *key)
{
    r->fine = false;
    const char *help = NULL;
    int type = lua_type(r->L, index);
    if ((s->type & KF_SET_COND) && type == LUA_TTABLE)
        help = "write all { ... } or any { ... }";
    else if ((s->type & KF_SET_LENGTH) && type == LUA_TNUMBER)
        help = "write days(7), hours(2), months(3) ...";
    else if ((s->type & KF_SET_COND) && type == LUA_TSTRING)
        help = "ask with a kind and a name: segment \"...\", event \"...\"";
    kf_word_use_all(r->L, index);
    kf_word_report(r->w, KF_CODE_WRONG_TYPE, pos, help, "'%s' takes %s, not %s", key,
                   expected_type(r->w, s), kf_word_what(r->L, index));
    return NULL;
}

/* ---- single values ---- */

static bool choice(struct reader *r, const char *choices, const char *value, struct kf_pos pos,
                   const char *key)
{
    const char *names[24];
    char copy[200];
    size_t n = 0;
    if (!choices)
        return true;
    snprintf(copy, sizeof copy, "%s", choices);
    for (char *p = copy; p && n < 24;) {
        char *bar = strchr(p, '|');
        if (bar)
            *bar = '\0';
        if (strcmp(p, value) == 0)
            return true;
        names[n++] = p;
        p = bar ? bar + 1 : NULL;
    }
    const char *near = kf_str_suggest(value, names, n);
    char help[300];
    if (near) {
        snprintf(help, sizeof help, "did you mean '%s'?", near);
    } else {
        size_t at = (size_t)snprintf(help, sizeof help, "one of ");
        for (size_t i = 0; i < n && at < sizeof help; i++)
            at += (size_t)snprintf(help + at, sizeof help - at, "%s%s", i ? ", " : "", names[i]);
    }
    r->fine = false;
    kf_word_report(r->w, KF_CODE_UNKNOWN_CHOICE, pos, help, "'%s' cannot be '%.60s'", key, value);
    return false;
}

static struct kf_node *read_text(struct reader *r, const struct kf_setting *s, int index,
                                 struct kf_pos pos, const char *key)
{
    size_t n;
    const char *p = lua_tolstring(r->L, index, &n);
    struct kf_str text = {p, n};
    if (!kf_utf8_valid(text) || (n && memchr(p, 0, n))) {
        r->fine = false;
        kf_word_report(r->w, KF_CODE_ARGUMENT, pos, NULL, "'%s' is no UTF-8 text", key);
        return NULL;
    }
    if (s->type & KF_SET_TEXT) {
        if (!choice(r, s->type & KF_SET_MODEL ? s->choices : s->choices, p, pos, key))
            return NULL;
        return &kf_build_text(r->w, pos, text)->n;
    }
    if (s->type & KF_SET_PATH)
        return &kf_build_text(r->w, pos, kf_cstr(kf_word_path(r->w, p)))->n;
    return NULL;
}

static struct kf_node *check_number(struct reader *r, const struct kf_setting *s, struct kf_node *k,
                                    struct kf_pos pos, const char *key)
{
    struct kf_dec d = k->value.number;
    const char *text = NULL;
    if ((s->flags & KF_SET_SHARE) && (d.m < 0 || kf_dec_cmp(d, kf_dec_int(1)) > 0))
        text = "'%s' is a share from 0 to 1; write percent(5)";
    if ((s->flags & KF_SET_COUNT) && (d.scale || d.m < 0 || d.m > INT32_MAX))
        text = "'%s' is a whole number from 0";
    if (!text)
        return k;
    char message[200];
    snprintf(message, sizeof message,
             strcmp(text, "'%s' is a whole number from 0") == 0
                 ? "'%.80s' is a whole number from 0"
                 : "'%.80s' is a share from 0 to 1; write percent(5)",
             key);
    r->fine = false;
    kf_word_report_text(r->w, KF_CODE_RANGE, pos, NULL, message);
    return NULL;
}

static uint32_t const_bit(enum kf_const_type t)
{
    switch (t) {
    case KF_K_BOOL:
        return KF_SET_BOOL;
    case KF_K_NUMBER:
        return KF_SET_NUMBER;
    case KF_K_TEXT:
        return KF_SET_TEXT;
    case KF_K_MONEY:
        return KF_SET_MONEY;
    case KF_K_LENGTH:
    case KF_K_MONTHS:
        return KF_SET_LENGTH;
    case KF_K_DATE:
    case KF_K_INSTANT:
        return KF_SET_TIME;
    case KF_K_VERSION:
    case KF_K_NONE:
        break;
    }
    return 0;
}

/* A value of ours; NULL without a report where the setting takes no such. */
static struct kf_node *read_word(struct reader *r, const struct kf_setting *s,
                                 const struct kf_word *u, int index, struct kf_pos pos,
                                 const char *key)
{
    struct kf_node *n = u->node;
    kf_word_use(r->L, u);
    if (n->op == KF_K) {
        if (s->type & KF_SET_ANY)
            return n;
        if (!(s->type & const_bit(n->value.type)))
            return NULL;
        return n->value.type == KF_K_NUMBER ? check_number(r, s, n, pos, key) : n;
    }
    if (n->op == KF_T_MODEL)
        return (s->type & KF_SET_MODEL) && choice(r, s->choices, n->name.p, pos, key) ? n : NULL;
    if (n->cls == KF_CLASS_SELECT && (s->type & KF_SET_SELECT))
        return n;
    if (n->cls == KF_CLASS_EXPR && (s->type & KF_SET_EXPR))
        return n;
    if ((n->op == KF_E_IDENTIFIER || n->op == KF_E_PROPERTY) && (s->type & KF_SET_KEY))
        return n;
    if (s->type & KF_SET_COND) {
        struct kf_node *c = kf_word_cond(r->L, index, pos, key);
        r->fine &= c != NULL;
        return c;
    }
    return NULL;
}

/* ---- tables ---- */

struct table_key {
    const char *name;   /* "1" for positional ones */
    lua_Integer number; /* 0: a name */
};

static int key_cmp(const void *pa, const void *pb)
{
    const struct table_key *a = pa, *b = pb;
    if ((a->number != 0) != (b->number != 0))
        return a->number ? -1 : 1;
    if (a->number)
        return (a->number > b->number) - (a->number < b->number);
    return strcmp(a->name, b->name);
}

/* Keys in a fixed order: numbers, then names. False: a key that is neither (reported). */
static bool table_keys(struct reader *r, int index, struct kf_pos pos, struct table_key **ret,
                       uint32_t *ret_n)
{
    lua_State *L = r->L;
    lua_Integer n = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
        n++;
    kf_sandbox_charge(L, 8 * (uint64_t)n);
    kf_sandbox_charge_bytes(L, (size_t)n * sizeof(struct table_key));
    struct table_key *k = kf_arena_alloc(&r->w->build, ((size_t)n + 1) * sizeof *k);
    uint32_t at = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TSTRING) {
            size_t len;
            const char *s = lua_tolstring(L, -2, &len);
            k[at].name = kf_words_intern(r->w, kf_str(s, len));
            k[at++].number = 0;
        } else if (lua_isinteger(L, -2) && lua_tointeger(L, -2) > 0) {
            k[at].number = lua_tointeger(L, -2);
            k[at].name = kf_arena_printf(&r->w->build, "%lld", (long long)k[at].number);
            at++;
        } else {
            kf_word_report(r->w, KF_CODE_WRONG_TYPE, pos, NULL,
                           "a key of this table is neither a name nor a number from 1");
            r->fine = false;
            lua_pop(L, 2);
            return false;
        }
    }
    qsort(k, at, sizeof *k, key_cmp);
    *ret = k;
    *ret_n = at;
    return true;
}

static struct kf_pos token_pos(const struct reader *r, struct kf_pos pos, uint32_t token)
{
    if (r->lex && token < r->lex->n_token) {
        pos.line = r->lex->token[token].line;
        pos.column = r->lex->token[token].column;
    }
    return pos;
}

static uint32_t entry_of(const struct reader *r, uint32_t table, const struct table_key *k)
{
    if (!r->lex || table == KF_LEX_NONE)
        return KF_LEX_NONE;
    uint32_t e = kf_lex_find(r->lex, table, k->name, 0);
    return e == KF_LEX_NONE && k->number ? kf_lex_find(r->lex, table, NULL, (uint32_t)k->number)
                                         : e;
}

static struct kf_pos key_pos(const struct reader *r, struct kf_pos pos, uint32_t entry)
{
    if (entry == KF_LEX_NONE || !r->lex)
        return pos;
    const struct kf_lex_entry *e = &r->lex->entry[entry];
    return token_pos(r, pos, e->key != KF_LEX_NONE ? e->key : e->value);
}

static struct kf_pos value_pos(const struct reader *r, struct kf_pos pos, uint32_t entry)
{
    return entry == KF_LEX_NONE || !r->lex ? pos : token_pos(r, pos, r->lex->entry[entry].value);
}

static const struct kf_setting *setting_named(const struct kf_setting *s, const char *name)
{
    for (; s && s->key; s++)
        if (strcmp(s->key, name) == 0 || strcmp(s->key, "*") == 0)
            return s;
    return NULL;
}

static void unknown_setting(struct reader *r, const struct kf_setting *const *tables,
                            const char *name, struct kf_pos pos, const char *what)
{
    const char *names[100] = {NULL}, *near;
    size_t n = 0;
    for (; *tables; tables++)
        for (const struct kf_setting *s = *tables; s->key && n < 100; s++)
            if (!isdigit((unsigned char)s->key[0]))
                names[n++] = s->key;
    near = kf_str_suggest(name, names, n);
    char help[300];
    if (near) {
        snprintf(help, sizeof help, "did you mean '%s'?", near);
    } else {
        size_t at = (size_t)snprintf(help, sizeof help, "it has ");
        for (size_t i = 0; i < n && at < sizeof help; i++)
            at += (size_t)snprintf(help + at, sizeof help - at, "%s%s", i ? ", " : "", names[i]);
    }
    r->fine = false;
    kf_word_report(r->w, KF_CODE_UNKNOWN_SETTING, pos, n ? help : NULL, "%s has no setting '%.60s'",
                   what, name);
}

/* A T_MAP of kids with their names. */
static struct kf_node *make_map(struct reader *r, struct kf_pos pos, struct kf_node **kid,
                                const char **name, uint32_t n)
{
    struct kf_build *b = kf_build_new(r->w, KF_T_MAP, pos, NULL);
    if (!kf_build_kids(r->L, b, kid, n)) {
        r->fine = false;
        return NULL;
    }
    b->n.key = name;
    return &b->n;
}

static struct kf_node *read_map(struct reader *r, const struct kf_setting *const *tables, int index,
                                struct kf_pos pos, uint32_t table, const char *what)
{
    struct table_key *k;
    uint32_t n;
    if (!table_keys(r, index, pos, &k, &n))
        return NULL;
    struct kf_node **kid = kf_word_kids(r->L, n);
    const char **name = (const char **)(void *)kf_word_kids(r->L, n);
    uint32_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t e = entry_of(r, table, &k[i]);
        const struct kf_setting *s = NULL;
        for (const struct kf_setting *const *t = tables; *t && !s; t++)
            s = setting_named(*t, k[i].name);
        if (k[i].number)
            lua_rawgeti(r->L, index, k[i].number);
        else
            lua_getfield(r->L, index, k[i].name);
        int top = lua_gettop(r->L);
        if (!s || (s->key[0] == '*' && k[i].number)) {
            kf_word_use(r->L, kf_word_at(r->L, top));
            unknown_setting(r, tables, k[i].name, key_pos(r, pos, e), what);
        } else {
            struct kf_setting named = *s;
            named.key = k[i].name;
            struct kf_node *v = read_value(r, &named, top, value_pos(r, pos, e), e);
            if (v) {
                kid[at] = v;
                name[at++] = k[i].name;
            }
        }
        lua_settop(r->L, top - 1);
    }
    for (; *tables; tables++)
        for (const struct kf_setting *s = *tables; s->key; s++) {
            bool given = !(s->flags & KF_SET_REQUIRED);
            for (uint32_t i = 0; i < n && !given; i++)
                given = strcmp(k[i].name, s->key) == 0;
            if (given)
                continue;
            r->fine = false;
            if (isdigit((unsigned char)s->key[0]))
                kf_word_report(r->w, KF_CODE_MISSING_SETTING, pos, NULL, "%s has no element %s: %s",
                               what, s->key, expected_type(r->w, s));
            else
                kf_word_report(r->w, KF_CODE_MISSING_SETTING, pos, NULL, "%s needs '%s'", what,
                               s->key);
        }
    return make_map(r, pos, kid, name, at);
}

static struct kf_node *read_list(struct reader *r, const struct kf_setting *s, int index,
                                 struct kf_pos pos, uint32_t table, lua_Integer from)
{
    struct table_key *k;
    uint32_t n;
    if (!table_keys(r, index, pos, &k, &n))
        return NULL;
    struct kf_node **kid = kf_word_kids(r->L, n);
    uint32_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t e = entry_of(r, table, &k[i]);
        if (!k[i].number) {
            if (from)
                continue; /* a rule's body: names are settings */
            r->fine = false;
            kf_word_report(r->w, KF_CODE_UNKNOWN_SETTING, key_pos(r, pos, e), NULL,
                           "'%s' is a list; it has no setting '%.60s'", s->key, k[i].name);
            continue;
        }
        if (k[i].number != (lua_Integer)at + 1) {
            r->fine = false;
            kf_word_report(r->w, KF_CODE_HOLE, pos, NULL, "element %u of '%s' is nil", at + 1,
                           s->key);
            return NULL;
        }
        lua_rawgeti(r->L, index, k[i].number);
        int top = lua_gettop(r->L);
        struct kf_setting item = *s->item;
        item.key = s->key;
        struct kf_node *v = read_value(r, &item, top, value_pos(r, pos, e), e);
        lua_settop(r->L, top - 1);
        if (!v)
            r->fine = false;
        else
            kid[at] = v;
        at++;
        if (!v)
            kid[at - 1] = &kf_build_text(r->w, pos, kf_cstr(""))
                               ->n; /* keeps the count; the rule is dropped */
    }
    bool certain = false;
    uint32_t written =
        r->lex && table != KF_LEX_NONE ? kf_lex_positional(r->lex, table, &certain) : 0;
    if (certain && written > at) {
        r->fine = false;
        uint32_t e = kf_lex_find(r->lex, table, NULL, at + 1);
        kf_word_report(r->w, KF_CODE_HOLE, value_pos(r, pos, e),
                       "remove it, or correct the name it was meant to be",
                       "element %u of '%s' is nil", at + 1, s->key);
    }
    struct kf_build *b = kf_build_new(r->w, KF_T_LIST, pos, NULL);
    if (!kf_build_kids(r->L, b, kid, at))
        return r->fine = false, NULL;
    return &b->n;
}

/* Of scenarios: whatever stands there. */
static struct kf_node *read_any(struct reader *r, const struct kf_setting *s, int index,
                                struct kf_pos pos, uint32_t table, int depth)
{
    struct table_key *k;
    uint32_t n;
    if (!table_keys(r, index, pos, &k, &n))
        return NULL;
    bool list = !(s->numbered & (1u << depth));
    for (uint32_t i = 0; i < n && list; i++)
        list = k[i].number == (lua_Integer)i + 1;
    struct kf_node **kid = kf_word_kids(r->L, n);
    const char **name = (const char **)(void *)kf_word_kids(r->L, n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t e = entry_of(r, table, &k[i]);
        if (k[i].number)
            lua_rawgeti(r->L, index, k[i].number);
        else
            lua_getfield(r->L, index, k[i].name);
        int top = lua_gettop(r->L);
        struct kf_setting below = {k[i].name, KF_SET_ANY, 0, NULL, NULL, NULL, s->numbered >> 1};
        name[i] = k[i].name;
        kid[i] = read_value(r, &below, top, value_pos(r, pos, e), e);
        lua_settop(r->L, top - 1);
        if (!kid[i])
            return NULL;
    }
    if (!list)
        return make_map(r, pos, kid, name, n);
    struct kf_build *b = kf_build_new(r->w, KF_T_LIST, pos, NULL);
    return kf_build_kids(r->L, b, kid, n) ? &b->n : NULL;
}

static struct kf_node *read_tests(struct reader *r, int index, struct kf_pos pos)
{
    struct kf_node **kid;
    uint32_t n;
    if (!kf_word_where(r->L, index, pos, KF_E_PROPERTY, KF_LEX_NONE, &kid, &n))
        return r->fine = false, NULL;
    const char **name = (const char **)(void *)kf_word_kids(r->L, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_node *c = kid[i];
        while (c->op != KF_C_TEST)
            c = c->kid[0];
        name[i] = c->kid[0]->name.p;
    }
    return make_map(r, pos, kid, name, n);
}

static struct kf_node *read_table(struct reader *r, const struct kf_setting *s, int index,
                                  struct kf_pos pos, uint32_t entry)
{
    uint32_t table = r->lex && entry != KF_LEX_NONE ? kf_lex_inner(r->lex, entry) : KF_LEX_NONE;
    if (s->type & KF_SET_TESTS)
        return read_tests(r, index, pos);
    if (s->type & KF_SET_ANY)
        return read_any(r, s, index, pos, table, 0);
    bool map = s->type & KF_SET_MAP, list = s->type & KF_SET_LIST;
    if (map && list) {
        lua_rawgeti(r->L, index, 1);
        map = lua_type(r->L, -1) != LUA_TTABLE;
        lua_pop(r->L, 1);
    }
    if (map) {
        const struct kf_setting *const tables[] = {s->map, NULL};
        char what[100];
        snprintf(what, sizeof what, "'%.80s'", s->key);
        return read_map(r, tables, index, pos, table, what);
    }
    if (list) {
        struct kf_node *n = read_list(r, s, index, pos, table, 0);
        if (n && n->kids == 0) {
            r->fine = false;
            kf_word_report(r->w, KF_CODE_EMPTY, pos, NULL, "'%s' is empty", s->key);
        }
        return n;
    }
    return wrong_type(r, s, index, pos, s->key);
}

static struct kf_node *read_function(struct reader *r, int index, struct kf_pos pos)
{
    struct kf_build *b = kf_build_new(r->w, KF_T_FUNCTION, pos, NULL);
    b->n.name = kf_cstr(kf_function_text(r->L, index));
    return &b->n;
}

static struct kf_node *read_value(struct reader *r, const struct kf_setting *s, int index,
                                  struct kf_pos pos, uint32_t entry)
{
    lua_State *L = r->L;
    struct kf_node *n = NULL;
    if (++r->depth > MAX_TABLE_DEPTH) {
        r->fine = false;
        r->depth--;
        kf_word_report(r->w, KF_CODE_TOO_LARGE, pos, NULL, "'%s' is nested too deep", s->key);
        return NULL;
    }
    switch (lua_type(L, index)) {
    case LUA_TUSERDATA: {
        const struct kf_word *u = kf_word_at(L, index);
        if (kf_word_is(u, KF_WORD_POISON)) {
            r->fine = false;
            r->depth--;
            return NULL;
        }
        if (kf_word_is(u, KF_WORD_NODE)) {
            bool fine = r->fine;
            n = read_word(r, s, u, index, pos, s->key);
            if (!n && !r->fine && fine) {
                r->depth--;
                return NULL; /* reported there */
            }
        } else if (u) {
            kf_word_use(L, u);
            r->fine = false;
            r->depth--;
            kf_word_report(r->w, KF_CODE_RULE_INSIDE, u->pos,
                           "define it outside and ask for it by kind and name alone",
                           "a rule is defined inside another");
            return NULL;
        }
        break;
    }
    case LUA_TSTRING:
        if (s->type & (KF_SET_TEXT | KF_SET_PATH)) {
            n = read_text(r, s, index, pos, s->key);
            r->depth--;
            return n;
        }
        n = s->type & KF_SET_ANY ? kf_word_const(L, index, pos) : NULL;
        break;
    case LUA_TNUMBER:
        if (s->type & (KF_SET_NUMBER | KF_SET_ANY)) {
            n = kf_word_const(L, index, pos);
            if (n && (n = check_number(r, s, n, pos, s->key)) == NULL) {
                r->depth--;
                return NULL;
            }
        }
        break;
    case LUA_TBOOLEAN:
        if (s->type & (KF_SET_BOOL | KF_SET_ANY)) {
            n = kf_word_const(L, index, pos);
        } else if (s->type & KF_SET_COND) {
            r->fine = false;
            kf_word_cond(L, index, pos, s->key);
            r->depth--;
            return NULL;
        }
        break;
    case LUA_TTABLE:
        n = read_table(r, s, index, pos, entry);
        r->depth--;
        return n;
    case LUA_TFUNCTION:
        n = s->type & KF_SET_FUNCTION ? read_function(r, index, pos) : NULL;
        break;
    default:
        break;
    }
    r->depth--;
    return n ? n : wrong_type(r, s, index, pos, s->key);
}

/* ---- kinds ---- */

static bool is_mail(struct kf_str s)
{
    const char *at = memchr(s.p, '@', s.n);
    return at && at > s.p && at + 1 < s.p + s.n &&
           !memchr(at + 1, '@', (size_t)(s.p + s.n - at - 1)) && !memchr(s.p, ' ', s.n);
}

int kf_words_define(lua_State *L, struct kf_word *u, int table)
{
    struct kf_words *w = kf_words_of(L);
    enum kf_kind kind = (enum kf_kind)u->kind;
    struct reader r = {.L = L, .w = w, .lex = lex_of(w, u->pos), .fine = true};
    uint32_t lex_table =
        r.lex && u->token != KF_LEX_NONE ? kf_lex_argument(r.lex, u->token) : KF_LEX_NONE;
    const struct kf_setting *tables[4] = {kf_settings_of(kind), NULL, NULL, NULL};
    if (kf_kind_documented(kind)) {
        tables[1] = kf_settings_documented;
        tables[2] = kf_settings_common;
    }
    char what[120];
    if (u->name[0])
        snprintf(what, sizeof what, "%s \"%.80s\"", kf_kind_name(kind), u->name);
    else
        snprintf(what, sizeof what, "%s", kf_kind_name(kind));
    luaL_checkstack(L, 40, NULL);
    if (kind == KF_KIND_CHANNEL_GROUP) { /* the positional ones become one setting */
        lua_newtable(L);
        lua_newtable(L);
        int copy = lua_gettop(L) - 1, groups = lua_gettop(L);
        for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
            lua_pushvalue(L, -2);
            lua_pushvalue(L, -2);
            lua_rawset(L, lua_isinteger(L, -2) ? groups : copy);
        }
        lua_setfield(L, copy, "groups");
        table = copy;
    }
    struct kf_node *body = read_map(&r, tables, table, u->pos, lex_table, what);
    const struct kf_node *owner = kf_map_get(body, "owner");
    if (owner && !is_mail(owner->value.text))
        kf_word_report(w, KF_CODE_OWNER, owner->pos, "write owner = \"team@example.com\"",
                       "'%.60s' is no mail address", owner->value.text.p);
    if (kind == KF_KIND_CUSTOM) {
        lua_getfield(L, table, "check");
        if (lua_isfunction(L, -1))
            kf_custom_capture(L, u->name, lua_gettop(L));
        lua_pop(L, 1);
    }
    kf_sandbox_charge_bytes(L, sizeof(struct kf_raw_rule));
    struct kf_raw_rule *rule = kf_vec_push(&w->rule);
    *rule = (struct kf_raw_rule){.kind = kind, .name = u->name, .pos = u->pos};
    rule->body = (struct kf_build *)(void *)body;
    rule->poisoned = !r.fine || !body;
    rule->file = w->current;
    rule->sequence = (uint32_t)w->rule.n;
    struct kf_word *done = lua_newuserdatauv(L, sizeof *done, 0);
    *done = (struct kf_word){
        .state = KF_WORD_RULE, .pos = u->pos, .token = KF_LEX_NONE, .name = u->name, .kind = 0};
    lua_getmetatable(L, 1);
    lua_setmetatable(L, -2);
    return 1;
}

/* bgnbd { ... }, by_source { ... }, file "..." */
int kf_words_model(lua_State *L, const struct kf_word_def *def)
{
    struct kf_words *w = kf_words_of(L);
    const struct kf_model_row *m = &kf_models[def->arg];
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, false, kf_str(NULL, 0), &token);
    struct reader r = {.L = L, .w = w, .lex = lex_of(w, pos), .fine = true};
    lua_settop(L, 1);
    luaL_checkstack(L, 40, NULL);
    struct kf_node *kid = NULL;
    if (lua_type(L, 1) == LUA_TTABLE && (m->argument.type & (KF_SET_MAP | KF_SET_LIST))) {
        uint32_t table =
            r.lex && token != KF_LEX_NONE ? kf_lex_argument(r.lex, token) : KF_LEX_NONE;
        const struct kf_setting *const tables[] = {m->argument.map, NULL};
        kid = m->argument.type & KF_SET_MAP ? read_map(&r, tables, 1, pos, table, m->name)
                                            : read_list(&r, &m->argument, 1, pos, table, 0);
    } else {
        kid = read_value(&r, &m->argument, 1, pos, KF_LEX_NONE);
    }
    struct kf_build *b = kf_build_new(w, KF_T_MODEL, pos, m->name);
    if (!kid || !r.fine || !kf_build_kids(L, b, &kid, 1))
        return kf_word_poison(L);
    return kf_word_push(L, b, token, (enum kf_kind)0, NULL);
}
