#include "lua/sandbox.h"

#include <lualib.h>
#include <math.h>
#include <stdlib.h>

#define TICK           1000       /* instructions between two looks at the budget */
#define LONG_STRING    16384u     /* above it a comparison costs more than an instruction should */
#define SOURCE_LIMIT   (4u << 20) /* bytes of one rule file */
#define DEFAULT_LIVE   (64u << 20)
#define DEFAULT_BUDGET 20000000u

static const char env_key = 0;    /* registry: what a chunk's environment looks names up in */
static const char freeze_key = 0; /* registry: frozen table -> original */

const char *kf_sandbox_limit_text(enum kf_sandbox_limit l)
{
    switch (l) {
    case KF_SANDBOX_INSTRUCTIONS:
        return "runs too long: the instruction budget is used up";
    case KF_SANDBOX_MEMORY:
        return "uses too much memory";
    case KF_SANDBOX_BLOCK:
        return "asks for too large a piece of memory";
    case KF_SANDBOX_TOTAL:
        return "asks for too much memory in sum";
    case KF_SANDBOX_FINE:
        break;
    }
    return "broke no limit";
}

uint32_t kf_sandbox_where(lua_State *L, uint32_t *ret_chunk)
{
    lua_Debug ar;
    *ret_chunk = 0;
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        if (!lua_getinfo(L, "Sl", &ar) || ar.currentline <= 0 || ar.source[0] != '=' ||
            ar.source[1] != '#')
            continue;
        *ret_chunk = (uint32_t)strtoul(ar.source + 2, NULL, 10);
        return (uint32_t)ar.currentline;
    }
    return 0;
}

/* The first failure decides what is told. */
static void break_limit(struct kf_sandbox *sb, enum kf_sandbox_limit limit)
{
    if (sb->broken)
        return;
    sb->broken = limit;
    if (sb->L)
        sb->at_line = kf_sandbox_where(sb->L, &sb->at_chunk);
}

/* Remembers where memory ran short, and lets the collection that Lua does now cost something: close
 * to the cap every allocation would be one. */
static void refuse(struct kf_sandbox *sb)
{
    uint32_t chunk, line = sb->L ? kf_sandbox_where(sb->L, &chunk) : 0;
    if (line) {
        sb->low_line = line;
        sb->low_chunk = chunk;
    }
    sb->spent += sb->live / 1024;
}

static void *allocate(void *ud, void *ptr, size_t osize, size_t nsize)
{
    struct kf_sandbox *sb = ud;
    size_t old = ptr ? osize : 0;
    if (nsize == 0) {
        sb->live -= old;
        free(ptr);
        return NULL;
    }
    if (nsize > old) {
        size_t more = nsize - old;
        enum kf_sandbox_limit l = nsize > sb->block_cap              ? KF_SANDBOX_BLOCK
                                  : sb->live + more > sb->live_cap   ? KF_SANDBOX_MEMORY
                                  : sb->total + more > sb->total_cap ? KF_SANDBOX_TOTAL
                                                                     : KF_SANDBOX_FINE;
        /* Live bytes may be garbage: Lua collects and asks again before it gives up, so that alone
         * is not yet a failure. */
        if (l == KF_SANDBOX_MEMORY) {
            refuse(sb);
            return NULL;
        }
        if (l) {
            break_limit(sb, l);
            return NULL;
        }
        sb->total += more;
    }
    void *p = realloc(ptr, nsize);
    if (!p)
        return nsize <= old ? ptr : NULL;
    sb->live += nsize - old;
    if (!ptr && osize == LUA_TSTRING && nsize > sb->longest)
        sb->longest = nsize;
    return p;
}

static _Noreturn void fail_limit(lua_State *L, enum kf_sandbox_limit limit)
{
    break_limit(kf_sandbox_of(L), limit);
    lua_pushliteral(L, "limit");
    lua_error(L);
    abort(); /* lua_error does not return */
}

/* A comparison of two long texts is one instruction; so instructions cost more once long texts
 * exist. */
static void tick(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    struct kf_sandbox *sb = kf_sandbox_of(L);
    sb->spent += (uint64_t)TICK * (1 + sb->longest / LONG_STRING);
    if (sb->broken)
        fail_limit(L, sb->broken);
    if (sb->spent > sb->budget)
        fail_limit(L, KF_SANDBOX_INSTRUCTIONS);
}

void kf_sandbox_charge(lua_State *L, uint64_t n)
{
    struct kf_sandbox *sb = kf_sandbox_of(L);
    sb->spent += n;
    if (sb->broken)
        fail_limit(L, sb->broken);
    if (sb->spent > sb->budget)
        fail_limit(L, KF_SANDBOX_INSTRUCTIONS);
}

void kf_sandbox_charge_bytes(lua_State *L, size_t n)
{
    struct kf_sandbox *sb = kf_sandbox_of(L);
    sb->total += n;
    if (sb->total > sb->total_cap)
        fail_limit(L, KF_SANDBOX_TOTAL);
}

void kf_sandbox_refill(struct kf_sandbox *sb, uint64_t instructions)
{
    sb->budget = instructions ? instructions : DEFAULT_BUDGET;
    sb->spent = 0;
    sb->total = 0;
    sb->longest = sb->kept;
    lua_sethook(sb->L, tick, LUA_MASKCOUNT,
                TICK); /* the count begins anew: a call costs the same whoever came before */
}

void kf_sandbox_mend(struct kf_sandbox *sb)
{
    if (!sb->broken)
        return;
    sb->broken = KF_SANDBOX_FINE;
    lua_gc(sb->L, LUA_GCCOLLECT);
}

/* ---- protected entries ---- */

static int on_error(lua_State *L)
{
    struct kf_sandbox *sb = kf_sandbox_of(L);
    if (!sb->broken)
        sb->at_line = kf_sandbox_where(L, &sb->at_chunk);
    size_t n;
    const char *text = kf_sandbox_tostring(L, 1, &n);
    /* "#3:12: what": Lua's own position is known better already */
    if (n && text[0] == '#') {
        const char *p = strstr(text, ": ");
        if (p)
            text = p + 2;
    }
    snprintf(sb->message, sizeof sb->message, "%s", text);
    return 0;
}

static int finish(struct kf_sandbox *sb, int status)
{
    if (status == LUA_OK && !sb->broken)
        return 0;
    if (status == LUA_ERRMEM && !sb->broken) {
        sb->broken = KF_SANDBOX_MEMORY;
        sb->at_chunk = sb->low_chunk;
        sb->at_line = sb->low_line;
    }
    if (status == LUA_ERRERR && !sb->message[0])
        snprintf(sb->message, sizeof sb->message, "stack overflow");
    if (sb->broken) {
        snprintf(sb->message, sizeof sb->message, "%s", kf_sandbox_limit_text(sb->broken));
        return KF_E_LIMIT;
    }
    return KF_E_FAIL;
}

int kf_sandbox_call(struct kf_sandbox *sb, int args, int results)
{
    lua_State *L = sb->L;
    sb->at_chunk = sb->at_line = 0;
    sb->message[0] = '\0';
    int base = lua_gettop(L) - args;
    if (sb->broken) {
        lua_settop(L, base - 1);
        return finish(sb, LUA_ERRRUN);
    }
    lua_pushcfunction(L, on_error);
    lua_insert(L, base);
    int status = lua_pcall(L, args, results, base);
    lua_remove(L, base);
    int r = finish(sb, status);
    if (r && status == LUA_OK && results > 0)
        lua_pop(L, results);
    else if (status != LUA_OK)
        lua_settop(L, base - 1);
    return r;
}

struct chunk {
    uint32_t number;
    struct kf_str text;
};

/* Reading a name that the words do not have. The words' own __index answers (and reports); without
 * one it is an error. */
static int load_chunk(lua_State *L)
{
    const struct chunk *c = lua_touserdata(L, 1);
    char name[16];
    snprintf(name, sizeof name, "=#%u", c->number);
    if (luaL_loadbufferx(L, c->text.p, c->text.n, name, "t") != LUA_OK)
        return lua_error(L);
    lua_newtable(L); /* the environment */
    lua_rawgetp(L, LUA_REGISTRYINDEX, &env_key);
    lua_setmetatable(L, -2);
    lua_setupvalue(L, -2, 1);
    return 1;
}

/* "#3:12: what": where a chunk that does not parse went wrong. */
static void split_position(struct kf_sandbox *sb, const char *text)
{
    unsigned chunk, line;
    int n = 0;
    if (sscanf(text, "#%u:%u:%n", &chunk, &line, &n) == 2 && n > 0) {
        sb->at_chunk = chunk;
        sb->at_line = line;
        text += n;
        while (*text == ' ')
            text++;
    }
    snprintf(sb->message, sizeof sb->message, "%s", text);
}

int kf_sandbox_run(struct kf_sandbox *sb, uint32_t chunk, struct kf_str text, int results)
{
    lua_State *L = sb->L;
    sb->at_chunk = chunk;
    sb->at_line = 0;
    if (text.n && text.p[0] == LUA_SIGNATURE[0]) {
        snprintf(sb->message, sizeof sb->message, "is compiled Lua; rules are text");
        return KF_E_DATA;
    }
    if (text.n > SOURCE_LIMIT) {
        snprintf(sb->message, sizeof sb->message, "is larger than %u bytes", SOURCE_LIMIT);
        return KF_E_DATA;
    }
    if (sb->broken)
        return finish(sb, LUA_ERRRUN);
    struct chunk c = {chunk, text};
    lua_pushcfunction(L, load_chunk);
    lua_pushlightuserdata(L, &c);
    int status = lua_pcall(L, 1, 1, 0);
    if (status != LUA_OK) {
        if (status != LUA_ERRMEM && !sb->broken) {
            split_position(sb, lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "");
            lua_pop(L, 1);
            return KF_E_DATA;
        }
        lua_pop(L, 1);
        return finish(sb, status);
    }
    return kf_sandbox_call(sb, 0, results);
}

/* ---- the environment ---- */

const char *kf_sandbox_tostring(lua_State *L, int index, size_t *ret_n)
{
    index = lua_absindex(L, index);
    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        lua_pushvalue(L, index);
        break;
    case LUA_TNUMBER:
        lua_pushvalue(L, index);
        break;
    case LUA_TBOOLEAN:
        lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
        break;
    case LUA_TNIL:
        lua_pushliteral(L, "nil");
        break;
    case LUA_TUSERDATA:
        lua_pushliteral(L, "rule value");
        break;
    default: /* the name of the type and no address */
        lua_pushstring(L, luaL_typename(L, index));
    }
    return lua_tolstring(L, -1, ret_n);
}

static int safe_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    size_t n;
    kf_sandbox_tostring(L, 1, &n);
    return 1;
}

struct sort_key {
    bool integer;
    lua_Integer i;
    lua_Number d;
    const char *p;
    size_t n;
};

static int key_cmp(const void *pa, const void *pb)
{
    const struct sort_key *a = pa, *b = pb;
    if ((a->p == NULL) != (b->p == NULL))
        return a->p ? 1 : -1;
    if (a->p)
        return kf_str_cmp(kf_str(a->p, a->n), kf_str(b->p, b->n));
    if (a->integer && b->integer)
        return (a->i > b->i) - (a->i < b->i);
    return (a->d > b->d) - (a->d < b->d);
}

static int pairs_next(lua_State *L)
{
    lua_Integer at = lua_tointeger(L, lua_upvalueindex(2)) + 1;
    lua_pushinteger(L, at);
    lua_replace(L, lua_upvalueindex(2));
    if (lua_rawgeti(L, lua_upvalueindex(1), at) == LUA_TNIL)
        return 1;
    lua_pushvalue(L, -1);
    lua_rawget(L, lua_upvalueindex(3));
    return 2;
}

/* Frozen tables are empty in front; what they show lies behind. */
static void see_through(lua_State *L, int index)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &freeze_key);
    lua_pushvalue(L, index);
    if (lua_rawget(L, -2) == LUA_TTABLE)
        lua_replace(L, index);
    lua_settop(L, index);
}

/* pairs in a fixed order: numbers ascending, then texts by bytes. Other keys have no order that
 * content decides. */
static int safe_pairs(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    see_through(L, 1);
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1))
        n++;
    kf_sandbox_charge(L, 8 * n);
    struct sort_key *keys = lua_newuserdatauv(L, (n + 1) * sizeof *keys, 0);
    size_t at = 0;
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        struct sort_key *k = &keys[at++];
        *k = (struct sort_key){0};
        if (lua_type(L, -2) == LUA_TSTRING) {
            k->p = lua_tolstring(L, -2, &k->n);
        } else if (lua_type(L, -2) == LUA_TNUMBER) {
            k->integer = lua_isinteger(L, -2);
            k->i = lua_tointeger(L, -2);
            k->d = lua_tonumber(L, -2);
        } else {
            return luaL_error(L, "pairs walks only tables whose keys are texts and numbers");
        }
    }
    qsort(keys, n, sizeof *keys, key_cmp);
    lua_createtable(L, n < INT32_MAX ? (int)n : 0, 0);
    for (size_t i = 0; i < n; i++) {
        if (keys[i].p)
            lua_pushlstring(L, keys[i].p, keys[i].n);
        else if (keys[i].integer)
            lua_pushinteger(L, keys[i].i);
        else
            lua_pushnumber(L, keys[i].d);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_pushinteger(L, 0);
    lua_pushvalue(L, 1);
    lua_pushcclosure(L, pairs_next, 3);
    return 1;
}

/* Calls the library's function after charging for the length of the table (or text) in front. */
static int charged(lua_State *L)
{
    uint64_t n = 1;
    for (int i = 1; i <= lua_gettop(L) && i <= 2; i++)
        if (lua_type(L, i) == LUA_TTABLE || lua_type(L, i) == LUA_TSTRING)
            n += lua_rawlen(L, i);
    kf_sandbox_charge(L, n);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* table.sort compares n log n times without an instruction when there is no function. */
static int safe_sort(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    uint64_t n = lua_rawlen(L, 1), log = 1;
    while ((n >> log) != 0)
        log++;
    kf_sandbox_charge(L, n * log * (1 + kf_sandbox_of(L)->longest / LONG_STRING) * 4);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 0);
    return 0;
}

static int safe_unpack(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer from = luaL_optinteger(L, 2, 1);
    lua_Integer to = luaL_optinteger(L, 3, luaL_len(L, 1));
    if (from > to)
        return 0;
    if ((lua_Unsigned)to - (lua_Unsigned)from >= 10000)
        return luaL_error(L, "too many results to unpack");
    int n = (int)(to - from) + 1;
    kf_sandbox_charge(L, (uint64_t)n);
    luaL_checkstack(L, n, "too many results to unpack");
    for (lua_Integer i = from;; i++) {
        lua_geti(L, 1, i);
        if (i == to)
            break;
    }
    return n;
}

static int safe_concat(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    size_t n = (size_t)luaL_len(L, 1), bytes = 0, len;
    kf_sandbox_charge(L, n);
    const char *sep = luaL_optlstring(L, 2, "", &len);
    lua_Integer from = luaL_optinteger(L, 3, 1), to = luaL_optinteger(L, 4, (lua_Integer)n);
    luaL_Buffer b;
    lua_settop(L, 2);
    luaL_buffinit(L, &b);
    for (lua_Integer i = from; i <= to; i++) {
        kf_sandbox_charge(L, 1);
        lua_geti(L, 1, i);
        if (!lua_isstring(L, -1))
            return luaL_error(L, "table.concat: element %d is no text", (int)i);
        bytes += lua_rawlen(L, -1) + len;
        kf_sandbox_charge(L, bytes / 256);
        luaL_addvalue(&b);
        if (i != to)
            luaL_addlstring(&b, sep, len);
        else
            break;
    }
    luaL_pushresult(&b);
    return 1;
}

static int frozen_write(lua_State *L)
{
    return luaL_error(L, "'%s' cannot be changed", lua_tostring(L, lua_upvalueindex(1)));
}

static int frozen_length(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, lua_upvalueindex(1)));
    return 1;
}

void kf_sandbox_freeze(lua_State *L, const char *name)
{
    lua_newtable(L); /* original proxy */
    lua_newtable(L); /* original proxy meta */
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, name);
    lua_pushcclosure(L, frozen_write, 1);
    lua_setfield(L, -2, "__newindex");
    lua_pushvalue(L, -3);
    lua_pushcclosure(L, frozen_length, 1);
    lua_setfield(L, -2, "__len");
    lua_pushliteral(L, "locked");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &freeze_key); /* original proxy map */
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -4);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    lua_remove(L, -2);
}

static void take(lua_State *L, const char *const *names, int from, int to)
{
    for (int i = 0; names[i]; i++) {
        lua_getfield(L, from, names[i]);
        lua_setfield(L, to, names[i]);
    }
}

static void take_charged(lua_State *L, const char *name, lua_CFunction fn, int from, int to)
{
    lua_getfield(L, from, name);
    lua_pushcclosure(L, fn, 1);
    lua_setfield(L, to, name);
}

static void open_libraries(lua_State *L, int globals)
{
    static const char *const base[] = {"assert",   "error", "ipairs", "select",
                                       "tonumber", "type",  NULL};
    static const char *const math[] = {"abs", "ceil", "floor",      "fmod",       "huge", "max",
                                       "min", "modf", "sqrt",       "tointeger",  "type", "ult",
                                       "exp", "log",  "maxinteger", "mininteger", NULL};
    luaL_requiref(L, "_G", luaopen_base, 0);
    take(L, base, lua_gettop(L), globals);
    lua_pushcfunction(L, safe_tostring);
    lua_setfield(L, globals, "tostring");
    lua_pushcfunction(L, safe_pairs);
    lua_setfield(L, globals, "pairs");
    lua_pop(L, 1);

    luaL_requiref(L, "math", luaopen_math, 0);
    lua_newtable(L);
    take(L, math, lua_gettop(L) - 1, lua_gettop(L));
    kf_sandbox_freeze(L, "math");
    lua_setfield(L, globals, "math");
    lua_pop(L, 1);

    luaL_requiref(L, "table", luaopen_table, 0);
    int from = lua_gettop(L);
    lua_newtable(L);
    int to = lua_gettop(L);
    take_charged(L, "insert", charged, from, to);
    take_charged(L, "remove", charged, from, to);
    take_charged(L, "sort", safe_sort, from, to);
    take(L, (const char *const[]){"pack", NULL}, from, to);
    lua_pushcfunction(L, safe_concat);
    lua_setfield(L, to, "concat");
    lua_pushcfunction(L, safe_unpack);
    lua_setfield(L, to, "unpack");
    kf_sandbox_freeze(L, "table");
    lua_setfield(L, globals, "table");
    lua_pop(L, 1);

    kf_sandbox_string(L);
    kf_sandbox_freeze(L, "string");
    lua_setfield(L, globals, "string");
}

static int global_write(lua_State *L)
{
    return luaL_error(L, "'%s' is not declared: write local %s = ...",
                      lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?",
                      lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?");
}

static int global_read(lua_State *L)
{
    return luaL_error(L, "unknown word '%s'",
                      lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?");
}

static int build(lua_State *L)
{
    lua_CFunction setup = lua_tocfunction(L, 1);
    lua_newtable(L);
    lua_newtable(L);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &freeze_key);

    lua_newtable(L); /* globals */
    int globals = lua_gettop(L);
    open_libraries(L, globals);
    lua_newtable(L); /* words' metatable: unknown names */
    lua_pushcfunction(L, global_read);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, globals);
    if (setup) {
        lua_pushcfunction(L, setup);
        lua_pushvalue(L, globals);
        lua_call(L, 1, 0);
    }
    lua_newtable(L); /* metatable of every chunk's environment */
    lua_pushvalue(L, globals);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, global_write);
    lua_setfield(L, -2, "__newindex");
    lua_pushliteral(L, "locked");
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &env_key);
    /* Nothing of the standard library is reachable any more. */
    lua_pushnil(L);
    lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_newtable(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    return 0;
}

int kf_sandbox_open(struct kf_sandbox *sb, size_t live, uint64_t instructions, void *owner,
                    lua_CFunction setup, struct kf_error *err)
{
    *sb = (struct kf_sandbox){.owner = owner};
    sb->live_cap = live ? live : DEFAULT_LIVE;
    sb->block_cap = sb->live_cap / 4;
    sb->total_cap = sb->live_cap * 16;
    sb->budget = UINT64_MAX; /* while it is built */
    lua_State *L = lua_newstate(allocate, sb);
    if (!L)
        return kf_error_set(err, KF_E_NOMEM, "lua", "no memory for a Lua state");
    *(struct kf_sandbox **)lua_getextraspace(L) = sb;
    sb->L = L;
    lua_pushcfunction(L, build);
    lua_pushcfunction(L, setup);
    if (!setup) {
        lua_pop(L, 1);
        lua_pushnil(L);
    }
    int status = lua_pcall(L, 1, 0, 0);
    if (status != LUA_OK) {
        int r = kf_error_set(err, status == LUA_ERRMEM ? KF_E_NOMEM : KF_E_INTERNAL, "lua",
                             "the sandbox does not start: %s",
                             lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "?");
        lua_close(L);
        sb->L = NULL;
        return r;
    }
    kf_sandbox_refill(sb, instructions);
    return 0;
}

void kf_sandbox_close(struct kf_sandbox *sb)
{
    if (sb && sb->L)
        lua_close(sb->L);
    if (sb)
        sb->L = NULL;
}
