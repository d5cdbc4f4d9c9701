/* What scripts may do with texts: no addresses, no dump or pack, and O(n) work is charged. */
#include <ctype.h>
#include <lualib.h>
#include <stdlib.h>

#include "lua/sandbox.h"

static int charged_text(lua_State *L)
{
    uint64_t n = 1;
    for (int i = 1; i <= lua_gettop(L); i++)
        if (lua_type(L, i) == LUA_TSTRING)
            n += lua_rawlen(L, i) / 4;
    kf_sandbox_charge(L, n);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int safe_rep(lua_State *L)
{
    size_t n, sep;
    luaL_checklstring(L, 1, &n);
    lua_Integer times = luaL_checkinteger(L, 2);
    luaL_optlstring(L, 3, "", &sep);
    const struct kf_sandbox *sb = kf_sandbox_of(L);
    if (times > 0 && (n + sep) > 0 && (lua_Unsigned)times > sb->block_cap / (n + sep))
        return luaL_error(L, "the repeated text would be too long");
    if (times > 0)
        kf_sandbox_charge(L, 1 + (uint64_t)times * (1 + (n + sep) / 16));
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* string.byte gives one result a byte. */
static int safe_byte(lua_State *L)
{
    lua_Integer from = luaL_optinteger(L, 2, 1), to = luaL_optinteger(L, 3, from);
    if (to - from > 1000)
        return luaL_error(L, "string.byte gives at most 1000 bytes at once");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* string.format without %p (addresses); %s sees only safe texts, so that no address comes in by
 * tostring. */
static int safe_format(lua_State *L)
{
    size_t n;
    const char *f = luaL_checklstring(L, 1, &n);
    int arg = 1;
    uint64_t cost = n;
    for (size_t i = 0; i < n; i++) {
        if (f[i] != '%')
            continue;
        if (++i < n && f[i] == '%')
            continue;
        while (i < n && (isdigit((unsigned char)f[i]) || strchr("-+ #0.", f[i])) && f[i])
            i++;
        if (i >= n)
            break;
        if (f[i] == 'p')
            return luaL_error(L, "string.format: '%%p' is not allowed");
        arg++;
        if ((f[i] == 's' || f[i] == 'q') && arg <= lua_gettop(L) && f[i] == 's') {
            size_t len;
            kf_sandbox_tostring(L, arg, &len);
            lua_replace(L, arg);
            cost += len / 4;
        } else if (f[i] == 'q' && arg <= lua_gettop(L) && lua_type(L, arg) == LUA_TSTRING) {
            cost += lua_rawlen(L, arg);
        } else {
            cost += 50;
        }
    }
    kf_sandbox_charge(L, cost);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

void kf_sandbox_string(lua_State *L)
{
    static const luaL_Reg wrapped[] = {{"rep", safe_rep},       {"byte", safe_byte},
                                       {"format", safe_format}, {"lower", charged_text},
                                       {"upper", charged_text}, {"reverse", charged_text},
                                       {"sub", charged_text},   {"char", charged_text},
                                       {"len", charged_text},   {NULL, NULL}};
    luaL_requiref(L, "string", luaopen_string, 0);
    int from = lua_gettop(L);
    lua_newtable(L);
    for (const luaL_Reg *r = wrapped; r->name; r++) {
        lua_getfield(L, from, r->name);
        lua_pushcclosure(L, r->func, 1);
        lua_setfield(L, -2, r->name);
    }
    luaL_setfuncs(L, kf_sandbox_patterns, 0);
    lua_remove(L, from);
    /* ("x"):rep(3) finds the same table, and arithmetic on texts (the library's metamethods) is
     * gone. */
    lua_pushliteral(L, "");
    lua_newtable(L);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "locked");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}
