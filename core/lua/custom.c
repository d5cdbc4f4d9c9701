/* Custom rules: the function that answers where no word fits.
 *
 * The files that hold custom rules are run once more in a state of the thread's own; scripts keep
 * nothing between calls: what a function holds on to from loading is frozen (tables) or put back
 * before each call (everything else), so that an answer depends on the profile alone and not on who
 * was asked before. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "lua/rules_private.h"

#define CALL_BUDGET 2000000u
#define WALK_DEPTH  6

struct read_of {
    const struct kf_rule *rule;
    struct kf_buf canonical;
    const struct kf_node *node;
};

struct entry {
    const char *name;
    int function; /* reference in the registry */
};

/* A value that a function holds on to, put back before every call. */
struct kept_value {
    int function, upvalue, value; /* references; upvalue is its number */
};

struct kf_custom {
    struct kf_words words;
    struct kf_arena keep, loaded;
    kf_vec(struct entry) entry;
    kf_vec(struct read_of) read;
    kf_vec(struct kept_value) kept;
    kf_vec(uint32_t) events; /* of the last c.events */
    struct kf_buf text;
    const struct kf_custom_view *view; /* during a call */
    const struct kf_rule *rule;
    int failed; /* a callback's own code */
};

static const char seen_key = 0, frozen_key = 0;

enum seen_kind { SEEN_C, SEEN_TRAIT, SEEN_EVENT, SEEN_ROOT };

struct seen {
    uint8_t kind;
    uint32_t event;
    char root[16];
};

static struct kf_custom *custom_of(lua_State *L)
{
    return kf_words_of(L)->custom;
}

/* ---- values to Lua ---- */

static void push_json(lua_State *L, const json_t *j, int depth)
{
    luaL_checkstack(L, 6, "too deep");
    kf_sandbox_charge(L, 5);
    size_t i;
    const char *key;
    json_t *v;
    switch (depth > 20 ? JSON_NULL : json_typeof(j)) {
    case JSON_OBJECT:
        lua_newtable(L);
        json_object_foreach((json_t *)(uintptr_t)j, key, v)
        {
            push_json(L, v, depth + 1);
            lua_setfield(L, -2, key);
        }
        break;
    case JSON_ARRAY:
        lua_newtable(L);
        json_array_foreach((json_t *)(uintptr_t)j, i, v)
        {
            push_json(L, v, depth + 1);
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        }
        break;
    case JSON_STRING:
        lua_pushlstring(L, json_string_value(j), json_string_length(j));
        break;
    case JSON_INTEGER:
        lua_pushinteger(L, json_integer_value(j));
        break;
    case JSON_REAL:
        lua_pushnumber(L, json_real_value(j));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        lua_pushboolean(L, json_is_true(j));
        break;
    case JSON_NULL:
        lua_pushnil(L);
    }
}

static int json_gc(lua_State *L)
{
    json_t **j = lua_touserdata(L, 1);
    json_decref(*j);
    *j = NULL;
    return 0;
}

/* The JSON value lives in a userdata while it is copied, so that a broken limit frees it. */
static void push_json_text(lua_State *L, struct kf_str text)
{
    kf_sandbox_charge(L, text.n);
    json_t **box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = NULL;
    lua_newtable(L);
    lua_pushcfunction(L, json_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    *box = json_loadb(text.p, text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (*box)
        push_json(L, *box, 0);
    else
        lua_pushnil(L);
    json_decref(*box);
    *box = NULL;
    lua_remove(L, -2);
}

static void push_value(lua_State *L, const struct kf_const *k)
{
    char text[48];
    switch (k->type) {
    case KF_K_NONE:
        if (k->text.p && k->text.n)
            push_json_text(L, k->text);
        else
            lua_pushnil(L);
        break;
    case KF_K_BOOL:
        lua_pushboolean(L, k->boolean);
        break;
    case KF_K_NUMBER:
        if (k->number.scale == 0)
            lua_pushinteger(L, k->number.m);
        else
            lua_pushnumber(L, kf_dec_double(k->number));
        break;
    case KF_K_TEXT:
    case KF_K_VERSION:
        lua_pushlstring(L, k->text.p, k->text.n);
        break;
    case KF_K_MONEY: /* exact: { minor = 1999, currency = "EUR" } */
        lua_createtable(L, 0, 2);
        lua_pushinteger(L, k->money.minor);
        lua_setfield(L, -2, "minor");
        lua_pushstring(L, k->money.cur);
        lua_setfield(L, -2, "currency");
        break;
    case KF_K_LENGTH:
    case KF_K_INSTANT: /* whole seconds, rounded down */
        lua_pushinteger(L, k->ns / KF_SECOND - (k->ns % KF_SECOND < 0));
        break;
    case KF_K_MONTHS:
        lua_pushinteger(L, k->months);
        break;
    case KF_K_DATE:
        lua_pushlstring(L, text, kf_day_format(k->day, text));
        break;
    }
}

static struct seen *push_seen(lua_State *L, enum seen_kind kind, uint32_t event, const char *root)
{
    struct seen *s = lua_newuserdatauv(L, sizeof *s, 0);
    *s = (struct seen){.kind = (uint8_t)kind, .event = event};
    snprintf(s->root, sizeof s->root, "%s", root);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &seen_key);
    lua_setmetatable(L, -2);
    return s;
}

static struct seen *seen_at(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index))
        return NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &seen_key);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same ? lua_touserdata(L, index) : NULL;
}

/* ---- what c answers ---- */

static int events_next(lua_State *L)
{
    const uint32_t *e = lua_touserdata(L, lua_upvalueindex(1));
    lua_Integer at = lua_tointeger(L, lua_upvalueindex(2));
    if ((size_t)at >= lua_rawlen(L, lua_upvalueindex(1)) / sizeof *e)
        return 0;
    lua_pushinteger(L, at + 1);
    lua_replace(L, lua_upvalueindex(2));
    push_seen(L, SEEN_EVENT, e[at], "");
    return 1;
}

/* Called back by the evaluator: must not unwind. */
static int collect_event(void *ctx, uint32_t event)
{
    struct kf_custom *c = ctx;
    *kf_vec_push(&c->events) = event;
    return 0;
}

/* c.events(event "..."): only what `reads` declares; the declared node is what the evaluator has
 * compiled. */
static int c_events(lua_State *L)
{
    struct kf_custom *c = custom_of(L);
    const struct kf_word *u = kf_word_at(L, seen_at(L, 1) ? 2 : 1);
    if (!kf_word_is(u, KF_WORD_NODE) || u->node->cls != KF_CLASS_SELECT)
        return luaL_error(L, "c.events takes events, as event \"...\"");
    kf_buf_clear(&c->text);
    kf_node_canonical(u->node, &c->text);
    kf_sandbox_charge(L, c->text.n);
    const struct kf_node *node = NULL;
    for (size_t i = 0; i < c->read.n && !node; i++)
        if (c->read.p[i].rule == c->rule &&
            kf_str_eq(kf_str(c->read.p[i].canonical.p, c->read.p[i].canonical.n),
                      kf_str(c->text.p, c->text.n)))
            node = c->read.p[i].node;
    if (!node)
        return luaL_error(L, "these events are not declared in 'reads'");
    c->events.n = 0;
    int r = c->view->events(c->view->ctx, node, collect_event, c);
    if (r) {
        c->failed = r;
        return luaL_error(L, "the events cannot be decided");
    }
    kf_sandbox_charge(L, c->events.n);
    uint32_t *copy = lua_newuserdatauv(L, c->events.n * sizeof *copy, 0);
    if (c->events.n)
        memcpy(copy, c->events.p, c->events.n * sizeof *copy);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, events_next, 2);
    return 1;
}

static int index_c(lua_State *L, const char *key)
{
    struct kf_custom *c = custom_of(L);
    if (strcmp(key, "trait") == 0) {
        push_seen(L, SEEN_TRAIT, 0, "");
    } else if (strcmp(key, "events") == 0) {
        lua_pushcfunction(L, c_events);
    } else if (strcmp(key, "as_of") == 0) {
        struct kf_const k = {.type = KF_K_INSTANT, .ns = c->view->as_of};
        push_value(L, &k);
    } else if (strcmp(key, "event") == 0) {
        if (c->view->event == UINT32_MAX)
            lua_pushnil(L);
        else
            push_seen(L, SEEN_EVENT, c->view->event, "");
    } else if (strcmp(key, "random") == 0) {
        uint64_t h = kf_mix64(c->view->seed ^ kf_hash64(c->rule->name, strlen(c->rule->name)));
        lua_pushnumber(L, (double)(h >> 11) * 0x1.0p-53);
    } else {
        return luaL_error(L, "c has trait, events, as_of, event and random, not '%s'", key);
    }
    return 1;
}

static int index_trait(lua_State *L, const char *key)
{
    struct kf_custom *c = custom_of(L);
    for (size_t i = 0; i < c->read.n; i++) {
        const struct kf_node *n = c->read.p[i].node;
        if (c->read.p[i].rule != c->rule || n->op != KF_E_TRAIT || strcmp(n->name.p, key) != 0)
            continue;
        struct kf_const k = c->view->trait(c->view->ctx, key);
        push_value(L, &k);
        return 1;
    }
    return luaL_error(L, "trait '%s' is not declared in 'reads'", key);
}

static int index_event(lua_State *L, const struct seen *s, const char *key)
{
    static const char *const roots[] = {"context", "traits", "properties", "event"};
    struct kf_custom *c = custom_of(L);
    char path[300];
    bool rooted = s->root[0] != '\0';
    for (size_t i = 0; i < sizeof roots / sizeof *roots && !rooted; i++) {
        size_t n = strlen(roots[i]);
        if (strcmp(key, roots[i]) == 0) {
            push_seen(L, SEEN_ROOT, s->event, roots[i]);
            return 1;
        }
        if (strncmp(key, roots[i], n) == 0 && key[n] == '.')
            rooted = true;
    }
    if (s->root[0])
        snprintf(path, sizeof path, "%s.%s", s->root, key);
    else
        snprintf(path, sizeof path, "%s%s", rooted ? "" : "properties.", key);
    kf_sandbox_charge(L, 20);
    struct kf_const k = c->view->property(c->view->ctx, s->event, path);
    push_value(L, &k);
    return 1;
}

static int seen_index(lua_State *L)
{
    struct kf_custom *c = custom_of(L);
    const struct seen *s = seen_at(L, 1);
    if (!s || !c || !c->view)
        return luaL_error(L, "the value can be read only while the rule is asked");
    if (lua_type(L, 2) != LUA_TSTRING)
        return luaL_error(L, "a name is expected");
    const char *key = lua_tostring(L, 2);
    switch (s->kind) {
    case SEEN_C:
        return index_c(L, key);
    case SEEN_TRAIT:
        return index_trait(L, key);
    default:
        return index_event(L, s, key);
    }
}

static int seen_newindex(lua_State *L)
{
    return luaL_error(L, "what a custom rule sees cannot be changed");
}

/* ---- what a function holds on to ---- */

static void keep_function(lua_State *L, struct kf_custom *c, int index, int depth);

/* Replaces the value on top by one that cannot be changed: tables become frozen ones, functions are
 * walked. */
static void settle(lua_State *L, struct kf_custom *c, int depth)
{
    int type = lua_type(L, -1);
    int value = lua_gettop(L);
    luaL_checkstack(L, 12, "too deep");
    if (type == LUA_TFUNCTION)
        keep_function(L, c, value, depth);
    if (type != LUA_TTABLE)
        return;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &frozen_key);
    lua_pushvalue(L, value);
    if (lua_rawget(L, -2) != LUA_TNIL) {
        lua_replace(L, value);
        lua_settop(L, value);
        return;
    }
    lua_pop(L, 1);
    if (lua_getmetatable(L, value)) { /* frozen libraries */
        lua_settop(L, value);
        return;
    }
    if (depth > WALK_DEPTH)
        luaL_error(L, "a table that a custom function uses is nested too deep");
    int map = lua_gettop(L);
    lua_pushvalue(L, value);
    kf_sandbox_freeze(L, "a table from loading"); /* takes the copy, gives the front */
    int front = lua_gettop(L);
    lua_pushvalue(L, value);
    lua_pushvalue(L, front);
    lua_rawset(L, map);
    lua_pushvalue(L, front);
    lua_pushvalue(L, front);
    lua_rawset(L, map);
    for (lua_pushnil(L); lua_next(L, value);) {
        settle(L, c, depth + 1);
        lua_pushvalue(L, -2); /* key value key */
        lua_insert(L, -2);    /* key key value */
        lua_rawset(L, value); /* an existing key may be set while walking */
    }
    lua_pushvalue(L, front);
    lua_replace(L, value);
    lua_settop(L, value);
}

static void keep_function(lua_State *L, struct kf_custom *c, int index, int depth)
{
    if (lua_iscfunction(L, index))
        return;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &frozen_key);
    lua_pushvalue(L, index);
    bool seen = lua_rawget(L, -2) != LUA_TNIL;
    lua_pop(L, 1);
    if (!seen) {
        lua_pushvalue(L, index);
        lua_pushboolean(L, true);
        lua_rawset(L, -3);
    }
    lua_pop(L, 1);
    if (seen)
        return;
    if (depth > WALK_DEPTH)
        luaL_error(L, "functions that a custom function uses are nested too deep");
    for (int i = 1;; i++) {
        const char *name = lua_getupvalue(L, index, i);
        if (!name)
            break;
        if (strcmp(name, "_ENV") == 0) {
            lua_pop(L, 1);
            continue;
        }
        settle(L, c, depth + 1);
        struct kept_value *k = kf_vec_push(&c->kept);
        *k = (struct kept_value){.upvalue = i};
        lua_pushvalue(L, -1);
        k->value = luaL_ref(L, LUA_REGISTRYINDEX);
        lua_pushvalue(L, index);
        k->function = luaL_ref(L, LUA_REGISTRYINDEX);
        lua_setupvalue(L, index, i);
    }
}

static void put_back(lua_State *L, const struct kf_custom *c)
{
    for (size_t i = 0; i < c->kept.n; i++) {
        const struct kept_value *k = &c->kept.p[i];
        lua_rawgeti(L, LUA_REGISTRYINDEX, k->function);
        if (k->value == LUA_REFNIL)
            lua_pushnil(L);
        else
            lua_rawgeti(L, LUA_REGISTRYINDEX, k->value);
        if (!lua_setupvalue(L, -2, k->upvalue))
            lua_pop(L, 1);
        lua_pop(L, 1);
    }
}

void kf_custom_capture(lua_State *L, const char *name, int function)
{
    struct kf_custom *c = custom_of(L);
    if (!c)
        return;
    struct entry *e = kf_vec_push(&c->entry);
    e->name = name;
    lua_pushvalue(L, function);
    e->function = luaL_ref(L, LUA_REGISTRYINDEX);
}

/* ---- a state for a thread ---- */

/* After loading: what functions hold on to is settled (their upvalues have their last values only
 * now). */
static int settle_all(lua_State *L)
{
    struct kf_custom *c = custom_of(L);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &frozen_key);
    for (size_t i = 0; i < c->entry.n; i++) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, c->entry.p[i].function);
        keep_function(L, c, lua_gettop(L), 0);
        lua_pop(L, 1);
    }
    lua_newtable(L);
    lua_pushcfunction(L, seen_index);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, seen_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushliteral(L, "locked");
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &seen_key);
    return 0;
}

static void take_reads(struct kf_custom *c, const struct kf_rule *r)
{
    const struct kf_node *reads = kf_rule_get(r, "reads");
    uint32_t n = reads && reads->op == KF_T_LIST ? reads->kids : reads ? 1 : 0;
    for (uint32_t i = 0; i < n; i++) {
        struct read_of *x = kf_vec_push(&c->read);
        *x = (struct read_of){.rule = r, .node = reads->op == KF_T_LIST ? reads->kid[i] : reads};
        kf_node_canonical(x->node, &x->canonical);
    }
}

static void load_files(struct kf_custom *c, const struct kf_ruleset *s,
                       const struct kf_rule *const *rule, uint32_t n)
{
    struct kf_words *w = &c->words;
    uint32_t n_file;
    const struct kf_rules_text *file = kf_rules_files(s, &n_file);
    for (uint32_t i = 0; i < n_file; i++)
        kf_words_add_file(w, file[i].name, file[i].text);
    for (uint32_t i = 0; i < w->n_file; i++) { /* the others cannot matter */
        bool needed = w->file[i].lib;
        for (uint32_t k = 0; k < n && !needed; k++)
            needed = strcmp(rule[k]->pos.file, w->file[i].lex.name) == 0;
        if (!needed)
            w->file[i].loaded = true;
    }
    kf_words_load(w);
}

int kf_custom_new(const struct kf_ruleset *s, struct kf_custom **ret, struct kf_error *err)
{
    uint32_t n;
    const struct kf_rule *const *rule = kf_rules_kind(s, KF_KIND_CUSTOM, &n);
    if (n == 0) {
        *ret = NULL;
        return 0;
    }
    struct kf_custom *c = calloc(1, sizeof *c);
    if (!c)
        return kf_error_set(err, KF_E_NOMEM, "rules", "no memory for custom rules");
    kf_arena_init(&c->keep, 0);
    int r = kf_words_open(&c->words, &s->priv->options, &c->keep, err);
    if (r) {
        free(c);
        return r;
    }
    c->words.custom = c;
    c->words.quiet = true;
    load_files(c, s, rule, n);
    lua_State *L = c->words.sb.L;
    kf_sandbox_mend(&c->words.sb);
    kf_sandbox_refill(&c->words.sb, s->priv->options.instructions);
    lua_pushcfunction(L, settle_all);
    r = kf_sandbox_call(&c->words.sb, 0, 0);
    if (r) {
        r = kf_error_set(err, r, "rules", "custom rules cannot be prepared: %s",
                         c->words.sb.message);
        kf_custom_free(c);
        return r;
    }
    for (uint32_t i = 0; i < n; i++)
        take_reads(c, rule[i]);
    /* what functions make while they run lives until the next call */
    c->loaded = c->words.build;
    kf_arena_init(&c->words.build, 0);
    c->words.running = true;
    lua_gc(L, LUA_GCCOLLECT);
    *ret = c;
    return 0;
}

void kf_custom_free(struct kf_custom *c)
{
    if (!c)
        return;
    kf_words_close(&c->words);
    kf_arena_free(&c->loaded);
    kf_arena_free(&c->keep);
    for (size_t i = 0; i < c->read.n; i++)
        kf_buf_free(&c->read.p[i].canonical);
    kf_vec_free(&c->read);
    kf_vec_free(&c->entry);
    kf_vec_free(&c->kept);
    kf_vec_free(&c->events);
    kf_buf_free(&c->text);
    free(c);
}

/* ---- a call ---- */

struct call {
    int function;
    struct kf_const result;
    bool wrong;
    const char *type;
};

static int run_call(lua_State *L)
{
    struct kf_custom *c = custom_of(L);
    struct call *call = lua_touserdata(L, 1);
    put_back(L, c);
    lua_rawgeti(L, LUA_REGISTRYINDEX, call->function);
    push_seen(L, SEEN_C, 0, "");
    lua_call(L, 1, 1);
    struct kf_const k = {.type = KF_K_NONE};
    call->type = luaL_typename(L, -1);
    bool number = strcmp(kf_rule_text(c->rule, "returns", ""), "number") == 0;
    if (lua_isboolean(L, -1) && !number) {
        k.type = KF_K_BOOL;
        k.boolean = lua_toboolean(L, -1);
    } else if (lua_type(L, -1) == LUA_TNUMBER && number) {
        k.type = KF_K_NUMBER;
        call->wrong = !kf_lua_decimal(L, -1, &k.number); /* not a number, infinite */
    } else if (!lua_isnil(L, -1)) {
        call->wrong = true;
    }
    call->result = k;
    return 0;
}

int kf_custom_call(struct kf_custom *c, const struct kf_rule *rule,
                   const struct kf_custom_view *view, struct kf_const *ret, struct kf_error *err)
{
    struct call call = {.function = LUA_NOREF};
    for (size_t i = 0; i < c->entry.n; i++)
        if (strcmp(c->entry.p[i].name, rule->name) == 0)
            call.function = c->entry.p[i].function;
    if (call.function == LUA_NOREF)
        return kf_error_at(err, KF_E_FAIL, "rules", rule->pos.file, rule->pos.line,
                           rule->pos.column, "custom \"%s\" has no function", rule->name);
    struct kf_sandbox *sb = &c->words.sb;
    kf_sandbox_mend(sb);
    kf_sandbox_refill(sb, CALL_BUDGET);
    kf_arena_reset(&c->words.build);
    c->view = view;
    c->rule = rule;
    c->failed = 0;
    lua_pushcfunction(sb->L, run_call);
    lua_pushlightuserdata(sb->L, &call);
    int r = kf_sandbox_call(sb, 1, 0);
    c->view = NULL;
    lua_settop(sb->L, 0);
    const char *file = rule->pos.file;
    if (r) {
        if (sb->at_chunk && sb->at_chunk <= c->words.n_file)
            file = c->words.file[sb->at_chunk - 1].lex.name;
        return kf_error_at(err, c->failed ? c->failed : r, "rules", file,
                           sb->at_line ? sb->at_line : rule->pos.line, 0, "custom \"%s\" %s%s",
                           rule->name, r == KF_E_LIMIT ? "" : "failed: ", sb->message);
    }
    if (call.wrong)
        return kf_error_at(err, KF_E_FAIL, "rules", file, rule->pos.line, rule->pos.column,
                           "custom \"%s\" returns %s where 'returns' says %s", rule->name,
                           call.result.type == KF_K_NUMBER ? "a number that is not finite"
                                                           : call.type,
                           kf_rule_text(rule, "returns", "condition"));
    *ret = call.result;
    return 0;
}

/* ---- the fingerprint of a function ---- */

static void add_value(lua_State *L, int index, int depth, struct kf_buf *out);

static bool token_is(const struct kf_lex *x, uint32_t t, const char *text)
{
    return t < x->n_token && x->token[t].kind != KF_LEX_STRING &&
           kf_str_eq(kf_lex_text(x, t), kf_cstr(text));
}

/* Tokens without what `kinfold fmt` may change: the comma before }, ; for a comma, and ; between
 * statements unless a bracket follows. */
static void add_said(const struct kf_lex *x, uint32_t from, uint32_t to, struct kf_buf *out)
{
    kf_vec(bool) table = {0};
    for (uint32_t t = from; t <= to; t++) {
        struct kf_str s = kf_lex_text(x, t);
        bool in_table = table.n && table.p[table.n - 1];
        bool semicolon = token_is(x, t, ";");
        if (x->token[t].kind == KF_LEX_STRING) {
            kf_buf_addc(out, ' ');
            kf_buf_add_json(out, s);
            continue;
        }
        if (token_is(x, t, "{") || token_is(x, t, "function") || token_is(x, t, "if") ||
            token_is(x, t, "do") || token_is(x, t, "repeat"))
            *kf_vec_push(&table) = token_is(x, t, "{");
        table.n -=
            table.n && (token_is(x, t, "}") || token_is(x, t, "end") || token_is(x, t, "until"));
        if ((in_table && (semicolon || token_is(x, t, ",")) && token_is(x, t + 1, "}")) ||
            (!in_table && semicolon && !token_is(x, t + 1, "(")))
            continue;
        kf_buf_addf(out, "%s%.*s", t > from ? " " : "", semicolon && in_table ? 1 : (int)s.n,
                    semicolon && in_table ? "," : s.p);
    }
    kf_vec_free(&table);
}

/* The tokens from `function` to its `end`: comments and layout do not count. */
static void add_tokens(const struct kf_lex *x, uint32_t from_line, uint32_t to_line,
                       struct kf_buf *out)
{
    uint32_t from = KF_LEX_NONE, to = 0;
    for (uint32_t t = 0; t < x->n_token && from == KF_LEX_NONE; t++) {
        if (x->token[t].line != from_line || !kf_str_eq(kf_lex_text(x, t), kf_cstr("function")))
            continue;
        int open = 0;
        for (uint32_t e = t; e < x->n_token; e++) {
            struct kf_str s = kf_lex_text(x, e);
            if (x->token[e].kind != KF_LEX_NAME)
                continue;
            open += kf_str_eq(s, kf_cstr("function")) || kf_str_eq(s, kf_cstr("if")) ||
                    kf_str_eq(s, kf_cstr("do")) || kf_str_eq(s, kf_cstr("repeat"));
            open -= kf_str_eq(s, kf_cstr("end")) || kf_str_eq(s, kf_cstr("until"));
            if (open == 0) {
                if (x->token[e].line == to_line) {
                    from = t;
                    to = e;
                }
                break;
            }
        }
    }
    if (from != KF_LEX_NONE)
        add_said(x, from, to, out);
}

static void add_function(lua_State *L, int index, int depth, struct kf_buf *out)
{
    struct kf_words *w = kf_words_of(L);
    lua_Debug ar;
    lua_pushvalue(L, index);
    lua_getinfo(L, ">S", &ar);
    uint32_t chunk =
        ar.source[0] == '=' && ar.source[1] == '#' ? (uint32_t)strtoul(ar.source + 2, NULL, 10) : 0;
    if (chunk == 0 || chunk > w->n_file) {
        kf_buf_adds(out, "builtin");
        return;
    }
    add_tokens(&w->file[chunk - 1].lex, (uint32_t)ar.linedefined, (uint32_t)ar.lastlinedefined,
               out);
    for (int i = 1; depth < WALK_DEPTH; i++) {
        const char *name = lua_getupvalue(L, index, i);
        if (!name)
            break;
        if (strcmp(name, "_ENV") != 0) {
            kf_buf_addf(out, "\n%s = ", name);
            add_value(L, lua_gettop(L), depth + 1, out);
        }
        lua_pop(L, 1);
    }
}

static void add_value(lua_State *L, int index, int depth, struct kf_buf *out)
{
    const struct kf_word *u = kf_word_at(L, index);
    size_t n;
    luaL_checkstack(L, 8, "too deep");
    if (kf_word_is(u, KF_WORD_NODE)) {
        kf_node_canonical(u->node, out);
    } else if (lua_type(L, index) == LUA_TFUNCTION) {
        add_function(L, index, depth, out);
    } else if (lua_type(L, index) == LUA_TTABLE && depth < WALK_DEPTH) {
        kf_vec(struct kf_buf) row = {0};
        for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
            struct kf_buf b = {0};
            const char *key = kf_sandbox_tostring(L, -2, &n);
            kf_buf_addf(&b, "%s=", key ? key : "?");
            lua_pop(L, 1);
            add_value(L, lua_gettop(L), depth + 1, &b);
            *kf_vec_push(&row) = b;
        }
        for (size_t i = 1; i < row.n; i++) /* few rows */
            for (size_t k = i; k > 0 && strcmp(row.p[k - 1].p, row.p[k].p) > 0; k--) {
                struct kf_buf t = row.p[k];
                row.p[k] = row.p[k - 1];
                row.p[k - 1] = t;
            }
        kf_buf_addc(out, '{');
        for (size_t i = 0; i < row.n; i++) {
            kf_buf_addf(out, "%s,", row.p[i].p);
            kf_buf_free(&row.p[i]);
        }
        kf_buf_addc(out, '}');
        kf_vec_free(&row);
    } else {
        const char *s = kf_sandbox_tostring(L, index, &n);
        kf_buf_add_json(out, kf_str(s, n));
        lua_pop(L, 1);
    }
}

const char *kf_function_text(lua_State *L, int index)
{
    struct kf_words *w = kf_words_of(L);
    if (w->quiet)
        return "function";
    struct kf_buf b = {0};
    add_function(L, lua_absindex(L, index), 0, &b);
    const char *p = kf_words_intern(w, kf_str(b.p ? b.p : "", b.n));
    kf_buf_free(&b);
    return p;
}
