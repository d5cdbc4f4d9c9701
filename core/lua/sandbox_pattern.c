/* Lua's patterns with every step charged: the library's matcher backtracks without a bound and
 * without an instruction that a hook could count. Syntax and results are those of the manual,
 * section 6.4.1. */
#include <ctype.h>
#include <string.h>

#include "lua/sandbox.h"

#define MAX_CAPTURES 32
#define MAX_DEPTH    180

enum { CAPTURE_OPEN = -1, CAPTURE_POSITION = -2 };

struct matcher {
    lua_State *L;
    const char *src, *src_end, *pat_end;
    int depth, level;
    struct {
        const char *at;
        ptrdiff_t len;
    } capture[MAX_CAPTURES];
};

static const char *match(struct matcher *m, const char *s, const char *p);

/* Behind one item (character, class or set) of the pattern. */
static const char *item_end(struct matcher *m, const char *p)
{
    if (*p++ == '%') {
        if (p >= m->pat_end)
            luaL_error(m->L, "malformed pattern (ends with '%%')");
        return p + 1;
    }
    if (p[-1] != '[')
        return p;
    if (p < m->pat_end && *p == '^')
        p++;
    do {
        if (p >= m->pat_end)
            luaL_error(m->L, "malformed pattern (missing ']')");
        if (*p++ == '%')
            p++;
    } while (p >= m->pat_end || *p != ']');
    return p + 1;
}

static bool in_class(int c, int class)
{
    bool r;
    switch (tolower(class)) {
    case 'a':
        r = isalpha(c);
        break;
    case 'c':
        r = iscntrl(c);
        break;
    case 'd':
        r = isdigit(c);
        break;
    case 'g':
        r = isgraph(c);
        break;
    case 'l':
        r = islower(c);
        break;
    case 'p':
        r = ispunct(c);
        break;
    case 's':
        r = isspace(c);
        break;
    case 'u':
        r = isupper(c);
        break;
    case 'w':
        r = isalnum(c);
        break;
    case 'x':
        r = isxdigit(c);
        break;
    default:
        return class == c;
    }
    return isupper(class) ? !r : r;
}

/* p at '[', last at ']'. */
static bool in_set(int c, const char *p, const char *last)
{
    bool found = true;
    if (p[1] == '^') {
        found = false;
        p++;
    }
    while (++p < last) {
        if (*p == '%') {
            p++;
            if (in_class(c, (unsigned char)*p))
                return found;
        } else if (p[1] == '-' && p + 2 < last) {
            if ((unsigned char)p[0] <= c && c <= (unsigned char)p[2])
                return found;
            p += 2;
        } else if ((unsigned char)*p == c) {
            return found;
        }
    }
    return !found;
}

static bool item_matches(struct matcher *m, const char *s, const char *p, const char *end)
{
    kf_sandbox_charge(m->L, 1 + (uint64_t)(end - p) / 8);
    if (s >= m->src_end)
        return false;
    int c = (unsigned char)*s;
    switch (*p) {
    case '.':
        return true;
    case '%':
        return in_class(c, (unsigned char)p[1]);
    case '[':
        return in_set(c, p, end - 1);
    default:
        return (unsigned char)*p == c;
    }
}

static const char *match_balance(struct matcher *m, const char *s, const char *p)
{
    if (p + 1 >= m->pat_end)
        luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
    if (s >= m->src_end || *s != p[0])
        return NULL;
    int open = 1;
    while (++s < m->src_end) {
        kf_sandbox_charge(m->L, 1);
        if (*s == p[1]) {
            if (--open == 0)
                return s + 1;
        } else if (*s == p[0]) {
            open++;
        }
    }
    return NULL;
}

static const char *match_most(struct matcher *m, const char *s, const char *p, const char *end)
{
    ptrdiff_t n = 0;
    while (item_matches(m, s + n, p, end))
        n++;
    for (; n >= 0; n--) {
        const char *r = match(m, s + n, end + 1);
        if (r)
            return r;
    }
    return NULL;
}

static const char *match_least(struct matcher *m, const char *s, const char *p, const char *end)
{
    for (;;) {
        const char *r = match(m, s, end + 1);
        if (r)
            return r;
        if (!item_matches(m, s, p, end))
            return NULL;
        s++;
    }
}

static const char *match_open(struct matcher *m, const char *s, const char *p, ptrdiff_t what)
{
    if (m->level >= MAX_CAPTURES)
        luaL_error(m->L, "too many captures");
    m->capture[m->level].at = s;
    m->capture[m->level].len = what;
    m->level++;
    const char *r = match(m, s, p);
    if (!r)
        m->level--;
    return r;
}

static const char *match_close(struct matcher *m, const char *s, const char *p)
{
    int i = m->level - 1;
    while (i >= 0 && m->capture[i].len != CAPTURE_OPEN)
        i--;
    if (i < 0)
        luaL_error(m->L, "invalid pattern capture");
    m->capture[i].len = s - m->capture[i].at;
    const char *r = match(m, s, p);
    if (!r)
        m->capture[i].len = CAPTURE_OPEN;
    return r;
}

static const char *match_back(struct matcher *m, const char *s, int digit)
{
    int i = digit - '1';
    if (i < 0 || i >= m->level || m->capture[i].len < 0) {
        luaL_error(m->L, "invalid capture index %%%d", i + 1);
        return NULL;
    }
    size_t n = (size_t)m->capture[i].len;
    kf_sandbox_charge(m->L, 1 + n / 16);
    return (size_t)(m->src_end - s) >= n && memcmp(m->capture[i].at, s, n) == 0 ? s + n : NULL;
}

static const char *match_frontier(struct matcher *m, const char *s, const char *p)
{
    if (p >= m->pat_end || *p != '[')
        luaL_error(m->L, "missing '[' after '%%f' in pattern");
    const char *end = item_end(m, p);
    int before = s == m->src ? 0 : (unsigned char)s[-1];
    int here = s < m->src_end ? (unsigned char)*s : 0;
    kf_sandbox_charge(m->L, 1 + (uint64_t)(end - p));
    return !in_set(before, p, end - 1) && in_set(here, p, end - 1) ? end : NULL;
}

/* One item and what follows it. */
static const char *match_item(struct matcher *m, const char *s, const char *p)
{
    const char *end = item_end(m, p);
    char q = end < m->pat_end ? *end : '\0';
    if (q == '?') {
        if (item_matches(m, s, p, end)) {
            const char *r = match(m, s + 1, end + 1);
            if (r)
                return r;
        }
        return match(m, s, end + 1);
    }
    if (q == '*')
        return match_most(m, s, p, end);
    if (q == '+')
        return item_matches(m, s, p, end) ? match_most(m, s + 1, p, end) : NULL;
    if (q == '-')
        return match_least(m, s, p, end);
    return item_matches(m, s, p, end) ? match(m, s + 1, end) : NULL;
}

static const char *match_special(struct matcher *m, const char *s, const char *p)
{
    const char *r;
    switch (p[1]) {
    case 'b':
        r = match_balance(m, s, p + 2);
        return r ? match(m, r, p + 4) : NULL;
    case 'f':
        r = match_frontier(m, s, p + 2);
        return r ? match(m, s, r) : NULL;
    default:
        r = match_back(m, s, (unsigned char)p[1]);
        return r ? match(m, r, p + 2) : NULL;
    }
}

/* A plain character without a repetition, the usual case, needs no recursion. */
static const char *match(struct matcher *m, const char *s, const char *p)
{
    if (++m->depth > MAX_DEPTH)
        luaL_error(m->L, "pattern too complex");
    const char *r;
    for (;;) {
        if (p >= m->pat_end) {
            r = s;
            break;
        }
        if (*p == '(') {
            bool position = p + 1 < m->pat_end && p[1] == ')';
            r = position ? match_open(m, s, p + 2, CAPTURE_POSITION)
                         : match_open(m, s, p + 1, CAPTURE_OPEN);
            break;
        }
        if (*p == ')') {
            r = match_close(m, s, p + 1);
            break;
        }
        if (*p == '$' && p + 1 == m->pat_end) {
            r = s == m->src_end ? s : NULL;
            break;
        }
        if (*p == '%' && p + 1 < m->pat_end &&
            (p[1] == 'b' || p[1] == 'f' || isdigit((unsigned char)p[1]))) {
            r = match_special(m, s, p);
            break;
        }
        const char *end = item_end(m, p);
        if (end < m->pat_end && strchr("?*+-", *end) && *end) {
            r = match_item(m, s, p);
            break;
        }
        if (!item_matches(m, s, p, end)) {
            r = NULL;
            break;
        }
        s++;
        p = end;
    }
    m->depth--;
    return r;
}

static void push_capture(struct matcher *m, int i, const char *s, const char *e)
{
    if (i >= m->level) {
        if (i != 0)
            luaL_error(m->L, "invalid capture index %%%d", i + 1);
        lua_pushlstring(m->L, s, (size_t)(e - s));
        return;
    }
    if (m->capture[i].len == CAPTURE_POSITION) {
        lua_pushinteger(m->L, m->capture[i].at - m->src + 1);
        return;
    }
    if (m->capture[i].len == CAPTURE_OPEN)
        luaL_error(m->L, "unfinished capture");
    lua_pushlstring(m->L, m->capture[i].at, (size_t)m->capture[i].len);
}

/* All captures, or the whole match where there is none (and s is given). */
static int push_captures(struct matcher *m, const char *s, const char *e)
{
    int n = m->level == 0 && s ? 1 : m->level;
    luaL_checkstack(m->L, n, "too many captures");
    for (int i = 0; i < n; i++)
        push_capture(m, i, s, e);
    return n;
}

static void prepare(struct matcher *m, lua_State *L, struct kf_str s, struct kf_str p)
{
    *m = (struct matcher){.L = L, .src = s.p, .src_end = s.p + s.n, .pat_end = p.p + p.n};
}

static size_t start_position(lua_Integer i, size_t n)
{
    if (i > 0)
        return (size_t)i;
    if (i == 0)
        return 1;
    return i < -(lua_Integer)n ? 1 : n + (size_t)(i + 1);
}

static bool is_plain(struct kf_str p)
{
    for (size_t i = 0; i < p.n; i++)
        if (strchr("^$*+?.([%-", p.p[i]) && p.p[i])
            return false;
    return true;
}

static int find_plain(lua_State *L, struct kf_str s, struct kf_str p, size_t from)
{
    for (size_t i = from; i + p.n <= s.n; i++) {
        if ((i & 63) == 0)
            kf_sandbox_charge(L, 16);
        if (p.n && s.p[i] != p.p[0])
            continue;
        kf_sandbox_charge(L, p.n / 16);
        if (p.n == 0 || memcmp(s.p + i, p.p, p.n) == 0) {
            lua_pushinteger(L, (lua_Integer)i + 1);
            lua_pushinteger(L, (lua_Integer)(i + p.n));
            return 2;
        }
    }
    lua_pushnil(L);
    return 1;
}

static int find_or_match(lua_State *L, bool find)
{
    struct kf_str s, p;
    s.p = luaL_checklstring(L, 1, &s.n);
    p.p = luaL_checklstring(L, 2, &p.n);
    size_t from = start_position(luaL_optinteger(L, 3, 1), s.n) - 1;
    if (from > s.n) {
        lua_pushnil(L);
        return 1;
    }
    if (find && (lua_toboolean(L, 4) || is_plain(p)))
        return find_plain(L, s, p, from);
    struct matcher m;
    bool anchor = p.n && p.p[0] == '^';
    prepare(&m, L, s, p);
    const char *at = s.p + from;
    do {
        m.level = m.depth = 0;
        const char *e = match(&m, at, p.p + anchor);
        if (e && find) {
            lua_pushinteger(L, at - s.p + 1);
            lua_pushinteger(L, e - s.p);
            return push_captures(&m, NULL, NULL) + 2;
        }
        if (e)
            return push_captures(&m, at, e);
    } while (at++ < m.src_end && !anchor);
    lua_pushnil(L);
    return 1;
}

static int str_find(lua_State *L)
{
    return find_or_match(L, true);
}

static int str_match(lua_State *L)
{
    return find_or_match(L, false);
}

static int gmatch_next(lua_State *L)
{
    struct kf_str s, p;
    s.p = lua_tolstring(L, lua_upvalueindex(1), &s.n);
    p.p = lua_tolstring(L, lua_upvalueindex(2), &p.n);
    size_t from = (size_t)lua_tointeger(L, lua_upvalueindex(3));
    lua_Integer last = lua_tointeger(L, lua_upvalueindex(4)); /* end of the match before */
    struct matcher m;
    prepare(&m, L, s, p);
    for (const char *at = s.p + from; at <= m.src_end; at++) {
        m.level = m.depth = 0;
        const char *e = match(&m, at, p.p);
        if (!e || e - s.p == last)
            continue;
        lua_pushinteger(L, e - s.p);
        lua_copy(L, -1, lua_upvalueindex(3));
        lua_replace(L, lua_upvalueindex(4));
        return push_captures(&m, at, e);
    }
    return 0;
}

static int str_gmatch(lua_State *L)
{
    luaL_checkstring(L, 1);
    luaL_checkstring(L, 2);
    lua_settop(L, 2);
    lua_pushinteger(L, 0);
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, gmatch_next, 4);
    return 1;
}

static void add_replacement_text(struct matcher *m, luaL_Buffer *b, const char *s, const char *e)
{
    size_t n;
    const char *r = lua_tolstring(m->L, 3, &n);
    kf_sandbox_charge(m->L, n);
    for (size_t i = 0; i < n; i++) {
        if (r[i] != '%') {
            luaL_addchar(b, r[i]);
            continue;
        }
        i++;
        if (i < n && r[i] == '%') {
            luaL_addchar(b, '%');
        } else if (i < n && r[i] == '0') {
            kf_sandbox_charge(m->L, (uint64_t)(e - s) / 16);
            luaL_addlstring(b, s, (size_t)(e - s));
        } else if (i < n && isdigit((unsigned char)r[i])) {
            push_capture(m, r[i] - '1', s, e);
            luaL_tolstring(m->L, -1, NULL);
            lua_remove(m->L, -2);
            kf_sandbox_charge(m->L, lua_rawlen(m->L, -1) / 16);
            luaL_addvalue(b);
        } else {
            luaL_error(m->L, "invalid use of '%%' in replacement text");
        }
    }
}

static void add_replacement(struct matcher *m, luaL_Buffer *b, const char *s, const char *e,
                            int kind)
{
    lua_State *L = m->L;
    if (kind == LUA_TSTRING || kind == LUA_TNUMBER) {
        add_replacement_text(m, b, s, e);
        return;
    }
    if (kind == LUA_TFUNCTION) {
        lua_pushvalue(L, 3);
        int n = push_captures(m, s, e);
        lua_call(L, n, 1);
    } else {
        push_capture(m, 0, s, e);
        lua_gettable(L, 3);
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        lua_pushlstring(L, s, (size_t)(e - s));
    } else if (!lua_isstring(L, -1)) {
        luaL_error(L, "the replacement is a %s, not a text", luaL_typename(L, -1));
    }
    luaL_addvalue(b);
}

static int str_gsub(lua_State *L)
{
    struct kf_str s, p;
    s.p = luaL_checklstring(L, 1, &s.n);
    p.p = luaL_checklstring(L, 2, &p.n);
    int kind = lua_type(L, 3);
    luaL_argcheck(L,
                  kind == LUA_TNUMBER || kind == LUA_TSTRING || kind == LUA_TFUNCTION ||
                      kind == LUA_TTABLE,
                  3, "a text, table or function");
    lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)s.n + 1), n = 0;
    bool anchor = p.n && p.p[0] == '^';
    struct matcher m;
    prepare(&m, L, s, p);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    const char *at = s.p, *last = NULL;
    while (n < most) {
        m.level = m.depth = 0;
        const char *e = match(&m, at, p.p + anchor);
        if (e && e != last) {
            n++;
            add_replacement(&m, &b, at, e, kind);
            at = last = e;
        } else if (at < m.src_end) {
            luaL_addchar(&b, *at);
            at++;
        } else {
            break;
        }
        if (anchor)
            break;
    }
    luaL_addlstring(&b, at, (size_t)(m.src_end - at));
    luaL_pushresult(&b);
    lua_pushinteger(L, n);
    return 2;
}

const luaL_Reg kf_sandbox_patterns[] = {{"find", str_find},
                                        {"match", str_match},
                                        {"gmatch", str_gmatch},
                                        {"gsub", str_gsub},
                                        {NULL, NULL}};
