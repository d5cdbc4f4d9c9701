/* What every word needs: positions, reports, nodes, userdata. Arguments: words_args.c. */
#include "lua/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char meta_key = 0, methods_key = 0;

/* ---- positions and reports ---- */

struct kf_pos kf_word_pos(lua_State *L, const char *word, bool method, struct kf_str arg,
                          uint32_t *ret_token)
{
    struct kf_words *w = kf_words_of(L);
    struct kf_pos pos = {"", 0, 0};
    uint32_t chunk, token = KF_LEX_NONE;
    pos.line = kf_sandbox_where(L, &chunk);
    if (chunk && chunk <= w->n_file) {
        struct kf_words_file *f = &w->file[chunk - 1];
        pos.file = f->lex.name;
        if (!w->running) {
            token = kf_lex_call(&f->lex, pos.line, word, method, arg);
            if (token != KF_LEX_NONE) {
                pos.line = f->lex.token[token].line;
                pos.column = f->lex.token[token].column;
            }
        }
    }
    if (ret_token)
        *ret_token = token;
    return pos;
}

struct kf_words_file *kf_words_file_named(struct kf_words *w, const char *name)
{
    if (w->current < w->n_file && w->file[w->current].lex.name == name)
        return &w->file[w->current];
    for (uint32_t i = 0; i < w->n_file; i++)
        if (name && strcmp(w->file[i].lex.name, name) == 0)
            return &w->file[i];
    return NULL;
}

void kf_word_report_text(struct kf_words *w, enum kf_rule_code code, struct kf_pos pos,
                         const char *help, const char *text)
{
    w->run_failed = true;
    if (w->quiet || w->running)
        return;
    struct kf_words_file *f = kf_words_file_named(w, pos.file);
    if (f && f->diagnostics++ >= KF_WORDS_MAX_DIAGNOSTICS)
        return;
    struct kf_diagnostic d = {
        .severity = kf_codes[code].severity, .code = kf_codes[code].code, .pos = pos};
    d.message = kf_arena_strdup(w->keep, text);
    d.help = help ? kf_arena_strdup(w->keep, help) : kf_codes[code].cure;
    if (f) {
        struct kf_str line = kf_lex_line(&f->lex, pos.line);
        if (line.n && line.n < 1000)
            d.source = kf_arena_strndup(w->keep, line.p, line.n);
        if (d.source && !d.pos.column) /* Lua knows the line only */
            d.pos.column = (uint32_t)strspn(d.source, " \t") + 1;
    }
    *kf_vec_push(&w->diagnostic) = d;
}

void kf_word_report(struct kf_words *w, enum kf_rule_code code, struct kf_pos pos, const char *help,
                    const char *fmt, ...)
{
    char text[700];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    kf_word_report_text(w, code, pos, help, text);
}

int kf_word_fail(lua_State *L, enum kf_rule_code code, struct kf_pos pos, const char *help,
                 const char *fmt, ...)
{
    char text[700];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct kf_words *w = kf_words_of(L);
    kf_word_report_text(w, code, pos, help, text);
    if (w->running)
        return luaL_error(L, "%s", text);
    return kf_word_poison(L);
}

/* ---- nodes ---- */

const char *kf_words_intern(struct kf_words *w, struct kf_str s)
{
    kf_sandbox_charge_bytes(w->sb.L, s.n + 1);
    return kf_arena_strndup(&w->build, s.p, s.n);
}

struct kf_build *kf_build_new(struct kf_words *w, enum kf_op op, struct kf_pos pos,
                              const char *name)
{
    kf_sandbox_charge(w->sb.L, 20);
    kf_sandbox_charge_bytes(w->sb.L, sizeof(struct kf_build));
    struct kf_build *b = kf_arena_zalloc(&w->build, sizeof *b);
    b->n.op = (uint16_t)op;
    b->n.cls = (uint8_t)kf_op_class((uint16_t)op);
    b->n.pos = pos;
    b->n.name = kf_cstr(name);
    b->size = 1;
    b->depth = 1;
    return b;
}

struct kf_node **kf_word_kids(lua_State *L, lua_Integer n)
{
    kf_sandbox_charge(L, (uint64_t)n);
    kf_sandbox_charge_bytes(L, (size_t)n * sizeof(struct kf_node *));
    return kf_arena_alloc(&kf_words_of(L)->build, ((size_t)n + 1) * sizeof(struct kf_node *));
}

bool kf_build_kids(lua_State *L, struct kf_build *b, struct kf_node *const *kid, uint32_t n)
{
    struct kf_words *w = kf_words_of(L);
    kf_sandbox_charge(L, n);
    kf_sandbox_charge_bytes(L, n * sizeof *kid);
    b->n.kid = n ? kf_arena_alloc(&w->build, n * sizeof *kid) : NULL;
    b->n.kids = n;
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_build *k = (const struct kf_build *)(const void *)kid[i];
        b->n.kid[i] = kid[i];
        b->size += k->size;
        if (k->depth >= b->depth)
            b->depth = (uint16_t)(k->depth + 1);
        if (b->size > KF_WORDS_MAX_NODES || b->depth > KF_WORDS_MAX_DEPTH) {
            kf_word_report(
                w, KF_CODE_TOO_LARGE, b->n.pos,
                "give parts of it a name of their own (segment, computed) and ask for them",
                b->depth > KF_WORDS_MAX_DEPTH ? "conditions are nested more than %d deep"
                                              : "the condition written out has more than %d parts",
                b->depth > KF_WORDS_MAX_DEPTH ? KF_WORDS_MAX_DEPTH : KF_WORDS_MAX_NODES);
            return false;
        }
    }
    return true;
}

struct kf_build *kf_build_const(struct kf_words *w, struct kf_pos pos, enum kf_const_type type)
{
    struct kf_build *b = kf_build_new(w, KF_K, pos, NULL);
    b->n.value.type = type;
    return b;
}

struct kf_build *kf_build_text(struct kf_words *w, struct kf_pos pos, struct kf_str text)
{
    struct kf_build *b = kf_build_const(w, pos, KF_K_TEXT);
    b->n.value.text = kf_str(kf_words_intern(w, text), text.n);
    return b;
}

struct kf_build *kf_build_number(struct kf_words *w, struct kf_pos pos, struct kf_dec d)
{
    struct kf_build *b = kf_build_const(w, pos, KF_K_NUMBER);
    b->n.value.number = d;
    return b;
}

/* ---- userdata ---- */

struct kf_word *kf_word_at(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index))
        return NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &meta_key);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same ? lua_touserdata(L, index) : NULL;
}

static struct kf_word *push_word(lua_State *L, enum kf_word_state state)
{
    struct kf_word *u = lua_newuserdatauv(L, sizeof *u, 0);
    *u = (struct kf_word){.state = (uint8_t)state, .token = KF_LEX_NONE};
    lua_rawgetp(L, LUA_REGISTRYINDEX, &meta_key);
    lua_setmetatable(L, -2);
    return u;
}

int kf_word_poison(lua_State *L)
{
    push_word(L, KF_WORD_POISON);
    return 1;
}

bool kf_word_poisoned(lua_State *L, int index)
{
    return kf_word_is(kf_word_at(L, index), KF_WORD_POISON);
}

void kf_word_use(lua_State *L, const struct kf_word *u)
{
    struct kf_words *w = kf_words_of(L);
    if (u && u->made && u->made <= w->made.n)
        w->made.p[u->made - 1].used = true;
}

void kf_word_use_all(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    kf_word_use(L, kf_word_at(L, index));
    if (lua_type(L, index) != LUA_TTABLE || kf_word_at(L, index))
        return;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        kf_sandbox_charge(L, 1);
        kf_word_use(L, kf_word_at(L, -1));
    }
}

int kf_word_push(lua_State *L, struct kf_build *b, uint32_t token, enum kf_kind kind,
                 const char *name)
{
    struct kf_words *w = kf_words_of(L);
    struct kf_word *u = push_word(L, b ? KF_WORD_NODE : KF_WORD_DEFINE);
    u->node = b ? &b->n : NULL;
    u->kind = (uint8_t)kind;
    u->name = name;
    u->token = token;
    bool must_use = !w->running && (!b || b->n.cls != KF_CLASS_CONST);
    if (must_use && b && b->n.op == KF_T_MODEL)
        must_use = true;
    if (b)
        u->pos = b->n.pos;
    if (must_use) {
        kf_sandbox_charge_bytes(L, sizeof(struct kf_made));
        struct kf_made *m = kf_vec_push(&w->made);
        *m = (struct kf_made){.pos = u->pos, .node = u->node, .name = name, .kind = (uint8_t)kind};
        m->needs_table = !b;
        u->made = (uint32_t)w->made.n;
    }
    return 1;
}

/* ---- what stands there ---- */

static const char *const class_words[] = {
    [KF_CLASS_COND] = "a condition",      [KF_CLASS_SELECT] = "a selection of events",
    [KF_CLASS_FILTER] = "a filter",       [KF_CLASS_EXPR] = "a value that is asked",
    [KF_CLASS_TEST] = "a test",           [KF_CLASS_CONST] = "a constant",
    [KF_CLASS_TABLE] = "a part of a rule"};

static const char *const const_words[] = {[KF_K_NONE] = "nothing",
                                          [KF_K_BOOL] = "true or false",
                                          [KF_K_NUMBER] = "a number",
                                          [KF_K_TEXT] = "a text",
                                          [KF_K_MONEY] = "an amount",
                                          [KF_K_LENGTH] = "a length of time",
                                          [KF_K_MONTHS] = "a length of time",
                                          [KF_K_DATE] = "a date",
                                          [KF_K_INSTANT] = "an instant",
                                          [KF_K_VERSION] = "a version"};

const char *kf_word_what(lua_State *L, int index)
{
    struct kf_words *w = kf_words_of(L);
    const struct kf_word *u = kf_word_at(L, index);
    char out[120];
    size_t n;
    const char *s;
    if (u && u->state == KF_WORD_NODE) {
        if (u->node->op == KF_K)
            return const_words[u->node->value.type];
        if (u->node->name.n)
            snprintf(out, sizeof out, "%s (%s \"%.60s\")", class_words[u->node->cls],
                     kf_op_word(u->node->op), u->node->name.p);
        else
            snprintf(out, sizeof out, "%s (%s)", class_words[u->node->cls],
                     kf_op_word(u->node->op));
        return kf_words_intern(w, kf_cstr(out));
    }
    if (u)
        return u->state == KF_WORD_POISON ? "a mistaken value" : "a rule";
    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        s = lua_tolstring(L, index, &n);
        snprintf(out, sizeof out, "the text \"%.60s\"%s", s, n > 60 ? "..." : "");
        return kf_words_intern(w, kf_cstr(out));
    case LUA_TNUMBER:
        s = kf_sandbox_tostring(L, index, &n);
        snprintf(out, sizeof out, "the number %s", s);
        lua_pop(L, 1);
        return kf_words_intern(w, kf_cstr(out));
    case LUA_TBOOLEAN:
        return lua_toboolean(L, index) ? "true" : "false";
    case LUA_TTABLE:
        return "a table";
    case LUA_TNIL:
    case LUA_TNONE:
        return "nothing";
    default:
        return "a function";
    }
}

/* ---- the metatable ---- */

static const struct kf_word_def *def_named(const struct kf_word_def *defs, const char *name)
{
    for (; defs->name; defs++)
        if (strcmp(defs->name, name) == 0)
            return defs;
    return NULL;
}

static const struct kf_word_def *methods_of(const struct kf_node *n)
{
    if (n->cls == KF_CLASS_SELECT)
        return kf_methods_select;
    if (n->cls == KF_CLASS_EXPR || n->op == KF_C_FRAUD)
        return kf_methods_expr;
    return kf_methods_test; /* tests, and conditions that end in one */
}

static const char *suggestion(struct kf_words *w, const char *word, const char *const *names,
                              size_t n)
{
    const char *best = kf_str_suggest(word, names, n);
    return best ? kf_arena_printf(&w->build, "did you mean '%s'?", best) : NULL;
}

static size_t def_names(const struct kf_word_def *defs, const char **out, size_t cap)
{
    size_t n = 0;
    for (; defs->name && n < cap; defs++)
        out[n++] = defs->name;
    return n;
}

static int without_colon(lua_State *L, const char *name)
{
    struct kf_pos at = kf_word_pos(L, name, false, kf_str(NULL, 0), NULL);
    char help[80];
    snprintf(help, sizeof help, "write :%s(...)", name);
    for (int i = 1; i <= lua_gettop(L); i++)
        kf_word_use(L, kf_word_at(L, i));
    return kf_word_fail(L, KF_CODE_COLON, at, help, "'%s' is called without its colon", name);
}

/* event "A".within(days(3)): Lua takes the length for what `within` is said of. */
static bool has_dot(struct kf_words *w, struct kf_pos at, const char *name)
{
    const struct kf_words_file *f = kf_words_file_named(w, at.file);
    struct kf_str line = f ? kf_lex_line(&f->lex, at.line) : kf_str("", 0);
    char dotted[80];
    int n = snprintf(dotted, sizeof dotted, ".%s", name);
    return n > 1 && (size_t)n < sizeof dotted && line.n &&
           memmem(line.p, line.n, dotted, (size_t)n) != NULL;
}

static int method_call(lua_State *L)
{
    const char *name = lua_touserdata(L, lua_upvalueindex(1));
    struct kf_words *w = kf_words_of(L);
    struct kf_word *u = kf_word_at(L, 1);
    if (!u)
        return without_colon(L, name);
    if (u->state == KF_WORD_POISON)
        return kf_word_poison(L);
    kf_word_use(L, u);
    const struct kf_word_def *def =
        u->state == KF_WORD_NODE ? def_named(methods_of(u->node), name) : NULL;
    if (!def) {
        struct kf_pos at = kf_word_pos(L, name, true, kf_str(NULL, 0), NULL);
        if (has_dot(w, at, name))
            return without_colon(L, name);
        const char *help = NULL;
        if (kf_word_is(u, KF_WORD_NODE) && u->node->cls == KF_CLASS_SELECT &&
            def_named(kf_methods_expr, name))
            help = "ask for a value first: :count(), :sum \"...\", :last_time() ...";
        else if (kf_word_is(u, KF_WORD_NODE) && def_named(kf_methods_select, name))
            help = "that is said of events, before the aggregate";
        const char *what = kf_word_what(L, 1);
        for (int i = 2; i <= lua_gettop(L); i++)
            kf_word_use(L, kf_word_at(L, i));
        return kf_word_fail(L, KF_CODE_UNKNOWN_METHOD, at, help, "':%s' does not go with %s", name,
                            what);
    }
    return def->fn(L, def);
}

static int poison_call(lua_State *L)
{
    for (int i = 1; i <= lua_gettop(L); i++)
        kf_word_use_all(L, i);
    return kf_word_poison(L);
}

static int meta_index(lua_State *L)
{
    struct kf_words *w = kf_words_of(L);
    struct kf_word *u = kf_word_at(L, 1);
    if (u && u->state == KF_WORD_POISON) {
        lua_pushcfunction(L, poison_call);
        return 1;
    }
    kf_word_use(L, u);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &methods_key);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, -2) == LUA_TFUNCTION)
        return 1;
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    struct kf_pos pos = kf_word_pos(L, name, true, kf_str(NULL, 0), NULL);
    const char *names[200];
    size_t n = 0;
    if (kf_word_is(u, KF_WORD_NODE))
        n = def_names(methods_of(u->node), names, 200);
    const char *help = suggestion(w, name, names, n);
    kf_word_report(w, KF_CODE_UNKNOWN_METHOD, pos, help, "unknown word ':%s'", name);
    if (w->running)
        return luaL_error(L, "unknown word ':%s'", name);
    lua_pushcfunction(L, poison_call);
    return 1;
}

static int meta_newindex(lua_State *L)
{
    return luaL_error(L, "conditions cannot be changed");
}

static int meta_call(lua_State *L)
{
    struct kf_word *u = kf_word_at(L, 1);
    if (u && (u->state == KF_WORD_POISON || kf_word_poisoned(L, 2)))
        return poison_call(L);
    if (u && u->kind && lua_type(L, 2) == LUA_TTABLE) {
        kf_word_use(L, u);
        if (kf_words_of(L)->running)
            return luaL_error(L, "a rule cannot be defined while a rule runs");
        return kf_words_define(L, u, 2);
    }
    if (u)
        kf_word_use(L, u);
    struct kf_pos pos = u ? u->pos : kf_word_pos(L, "", false, kf_str(NULL, 0), NULL);
    return kf_word_fail(L, KF_CODE_ARGUMENT, pos, NULL, "%s cannot be called%s", kf_word_what(L, 1),
                        u && u->kind ? " but with a table of settings" : "");
}

static int meta_operator(lua_State *L)
{
    const char *op = lua_touserdata(L, lua_upvalueindex(1));
    const char *help = lua_touserdata(L, lua_upvalueindex(2));
    bool boolean = strcmp(op, "==") == 0 || op[0] == '<';
    struct kf_words *w = kf_words_of(L);
    bool poison = false;
    for (int i = 1; i <= 2; i++) {
        poison |= kf_word_poisoned(L, i);
        kf_word_use(L, kf_word_at(L, i));
    }
    uint32_t chunk;
    struct kf_pos pos = {"", kf_sandbox_where(L, &chunk), 0};
    if (chunk && chunk <= w->n_file)
        pos.file = w->file[chunk - 1].lex.name;
    if (!poison)
        kf_word_report(w, KF_CODE_OPERATOR, pos, help, "Lua's '%s' does not work on %s",
                       op[0] == '<' ? "<' or '>" : op,
                       kf_word_at(L, 1) ? kf_word_what(L, 1) : kf_word_what(L, 2));
    if (w->running)
        return luaL_error(L, "Lua's '%s' does not work on conditions", op);
    if (boolean) {
        lua_pushboolean(L, true);
        return 1;
    }
    return kf_word_poison(L);
}

static void push_operators(lua_State *L)
{
    static const struct {
        const char *event, *op, *help;
    } rows[] = {
        {"__eq", "==", "write :is(...)"},
        {"__lt", "<", "write :less_than(...) or :more_than(...)"},
        {"__le", "<=", "write :at_most(...) or :at_least(...)"},
        {"__add", "+", "write total(a, b); lengths: days(9)"},
        {"__sub", "-", "write difference(a, b)"},
        {"__mul", "*", NULL},
        {"__div", "/", "write ratio(a, b)"},
        {"__mod", "%", NULL},
        {"__pow", "^", NULL},
        {"__idiv", "//", NULL},
        {"__unm", "-", NULL},
        {"__band", "&", "write all { a, b }"},
        {"__bor", "|", "write any { a, b }"},
        {"__bxor", "~", NULL},
        {"__bnot", "~", "write none { a }"},
        {"__shl", "<<", NULL},
        {"__shr", ">>", NULL},
        {"__concat", "..", NULL},
        {"__len", "#", "write :count()"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lua_pushlightuserdata(L, (void *)(uintptr_t)rows[i].op);
        lua_pushlightuserdata(L, (void *)(uintptr_t)rows[i].help);
        lua_pushcclosure(L, meta_operator, 2);
        lua_setfield(L, -2, rows[i].event);
    }
}

static int word_call(lua_State *L)
{
    const struct kf_word_def *def = lua_touserdata(L, lua_upvalueindex(1));
    return def->fn(L, def);
}

static void add_words(lua_State *L, int globals, const struct kf_word_def *defs)
{
    for (; defs->name; defs++) {
        lua_pushlightuserdata(L, (void *)(uintptr_t)defs);
        lua_pushcclosure(L, word_call, 1);
        lua_setfield(L, globals, defs->name);
    }
}

static void add_methods(lua_State *L, int table, const struct kf_word_def *defs)
{
    for (; defs->name; defs++) {
        lua_pushlightuserdata(L, (void *)(uintptr_t)defs->name);
        lua_pushcclosure(L, method_call, 1);
        lua_setfield(L, table, defs->name);
    }
}

/* Reading a name that is no word. */
static int unknown_word(lua_State *L)
{
    struct kf_words *w = kf_words_of(L);
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    static const struct kf_word_def *const tables[] = {
        kf_words_value, kf_words_test, kf_words_select, kf_words_cond, kf_words_kind};
    static const char *const lua_names[] = {"ipairs", "pairs",  "tostring", "tonumber",
                                            "type",   "select", "math",     "table",
                                            "string", "error",  "assert"};
    const char *names[300];
    size_t n = 0;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        n += def_names(tables[i], names + n, 280 - n);
    for (size_t i = 0; i < sizeof lua_names / sizeof *lua_names; i++)
        names[n++] = lua_names[i];
    static const char *const gone[] = {
        "setmetatable", "getmetatable",   "pcall",   "xpcall",    "load",     "loadstring",
        "dofile",       "loadfile",       "require", "coroutine", "os",       "io",
        "debug",        "collectgarbage", "rawset",  "rawget",    "rawequal", "rawlen",
        "print",        "next",           "package", "_G",        "utf8"};
    const char *help = NULL;
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        if (strcmp(gone[i], name) == 0)
            help = "rule files only register rules; this part of Lua is not there";
    if (!help)
        help = kf_word_foreign_help(w, name);
    if (!help)
        help = suggestion(w, name, names, n);
    struct kf_pos pos = kf_word_pos(L, name, false, kf_str(NULL, 0), NULL);
    kf_word_report(w, KF_CODE_UNKNOWN_WORD, pos, help, "unknown word '%s'", name);
    if (w->running)
        return luaL_error(L, "unknown word '%s'", name);
    return kf_word_poison(L);
}

int kf_words_setup(lua_State *L)
{
    int globals = lua_gettop(L);
    lua_newtable(L); /* metatable of values */
    lua_pushcfunction(L, meta_index);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, meta_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, meta_call);
    lua_setfield(L, -2, "__call");
    lua_pushliteral(L, "locked");
    lua_setfield(L, -2, "__metatable");
    lua_pushliteral(L, "rule value");
    lua_setfield(L, -2, "__name");
    push_operators(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &meta_key);

    lua_newtable(L);
    int methods = lua_gettop(L);
    add_methods(L, methods, kf_methods_select);
    add_methods(L, methods, kf_methods_expr);
    add_methods(L, methods, kf_methods_test);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &methods_key);

    add_words(L, globals, kf_words_value);
    add_words(L, globals, kf_words_test);
    add_words(L, globals, kf_words_select);
    add_words(L, globals, kf_words_cond);
    add_words(L, globals, kf_words_kind);
    static const struct {
        const char *name;
    } everything = {"everything"};
    struct kf_words *w = kf_words_of(L);
    struct kf_build *b = kf_build_text(w, (struct kf_pos){"", 0, 0}, kf_cstr(everything.name));
    kf_word_push(L, b, KF_LEX_NONE, (enum kf_kind)0, NULL);
    lua_setfield(L, globals, "everything");

    lua_getmetatable(L, globals);
    lua_pushcfunction(L, unknown_word);
    lua_setfield(L, -2, "__index");
    lua_settop(L, globals);
    return 0;
}
