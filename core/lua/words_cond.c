/* Combinations, arithmetic of values, and what is asked besides events. */
#include <stdio.h>

#include "lua/words.h"

static struct kf_str text_at(lua_State *L, int index)
{
    struct kf_str s = {NULL, 0};
    if (lua_type(L, index) == LUA_TSTRING)
        s.p = lua_tolstring(L, index, &s.n);
    return s;
}

static int push_or_poison(lua_State *L, struct kf_build *b, uint32_t token)
{
    return b ? kf_word_push(L, b, token, (enum kf_kind)0, NULL) : kf_word_poison(L);
}

/* Is the i-th element of the table a test (so that the combination is one)? */
static bool is_test(lua_State *L, int table, lua_Integer i)
{
    lua_rawgeti(L, table, i);
    const struct kf_word *u = kf_word_at(L, -1);
    bool r = kf_word_is(u, KF_WORD_NODE) && u->node->cls == KF_CLASS_TEST;
    lua_pop(L, 1);
    return r;
}

static struct kf_pos element_pos(struct kf_words *w, struct kf_pos pos, uint32_t token,
                                 lua_Integer i)
{
    for (uint32_t f = 0; token != KF_LEX_NONE && f < w->n_file; f++) {
        const struct kf_lex *x = &w->file[f].lex;
        if (x->name != pos.file)
            continue;
        uint32_t e = kf_lex_find(x, kf_lex_argument(x, token), NULL, (uint32_t)i);
        if (e != KF_LEX_NONE) {
            pos.line = x->token[x->entry[e].value].line;
            pos.column = x->token[x->entry[e].value].column;
        }
        break;
    }
    return pos;
}

/* The conditions (or tests) of the table at `index` as kids of b. */
static bool combine(lua_State *L, struct kf_build *b, int index, uint32_t token, const char *word)
{
    struct kf_words *w = kf_words_of(L);
    struct kf_pos pos = b->n.pos;
    if (lua_type(L, index) != LUA_TTABLE) {
        if (!kf_word_poisoned(L, index)) {
            char help[80];
            snprintf(help, sizeof help, "write %s { ... }", word);
            kf_word_use(L, kf_word_at(L, index));
            kf_word_report(w, KF_CODE_ARGUMENT, pos, help, "%s takes a list of conditions, not %s",
                           word, kf_word_what(L, index));
        }
        return false;
    }
    lua_Integer n;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TSTRING) {
            kf_word_report(w, KF_CODE_UNKNOWN_SETTING, pos, NULL,
                           "%s takes conditions without names; '%.60s' is one", word,
                           lua_tostring(L, -2));
            kf_word_use(L, kf_word_at(L, -1));
        }
    }
    if (!kf_word_list(L, index, pos, token, word, &n))
        return false;
    if (n == 0) {
        kf_word_report(w, KF_CODE_EMPTY, pos, "name at least one condition", "%s combines nothing",
                       word);
        return false;
    }
    struct kf_node **kid = kf_word_kids(L, n);
    bool tests = is_test(L, index, 1), fine = true;
    for (lua_Integer i = 1; i <= n; i++) {
        struct kf_pos at = element_pos(w, pos, token, i);
        lua_rawgeti(L, index, i);
        int top = lua_gettop(L);
        if (tests) {
            const struct kf_word *u = kf_word_at(L, top);
            kid[i - 1] = is_test(L, index, i) ? u->node : NULL;
            kf_word_use(L, u);
            if (!kid[i - 1] && !kf_word_is(u, KF_WORD_POISON))
                kf_word_report(w, KF_CODE_ARGUMENT, at, "a plain value is is(...) there",
                               "%s takes tests or conditions, not both: %s", word,
                               kf_word_what(L, top));
        } else {
            kid[i - 1] = kf_word_cond(L, top, at, word);
        }
        fine &= kid[i - 1] != NULL;
        lua_pop(L, 1);
    }
    if (!fine || !kf_build_kids(L, b, kid, (uint32_t)n))
        return false;
    if (tests)
        b->n.cls = KF_CLASS_TEST;
    return true;
}

static int word_combine(lua_State *L, const struct kf_word_def *def)
{
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, false, kf_str(NULL, 0), &token);
    struct kf_build *b = kf_build_new(kf_words_of(L), (enum kf_op)def->arg, pos, NULL);
    return push_or_poison(L, combine(L, b, 1, token, def->name) ? b : NULL, token);
}

static int word_at_least_of(lua_State *L, const struct kf_word_def *def)
{
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, false, kf_str(NULL, 0), &token);
    struct kf_build *b = kf_build_new(kf_words_of(L), KF_C_AT_LEAST_OF, pos, NULL);
    if (!lua_isinteger(L, 1) || lua_tointeger(L, 1) < 1) {
        if (lua_type(L, 2) == LUA_TTABLE)
            combine(L, b, 2, KF_LEX_NONE, def->name);
        return kf_word_fail(L, KF_CODE_ARGUMENT, pos, "write at_least_of(2, { ... })",
                            "at_least_of takes a whole number first, not %s", kf_word_what(L, 1));
    }
    b->n.value.type = KF_K_NUMBER;
    b->n.value.number = kf_dec_int(lua_tointeger(L, 1));
    if (!combine(L, b, 2, KF_LEX_NONE, def->name))
        return kf_word_poison(L);
    if ((uint64_t)b->n.value.number.m > b->n.kids)
        return kf_word_fail(L, KF_CODE_RANGE, pos, NULL, "at_least_of asks for %d of %u conditions",
                            (int)b->n.value.number.m, b->n.kids);
    return push_or_poison(L, b, token);
}

/* sequence { event "A", event "B", within = hours(1) } */
static int word_sequence(lua_State *L, const struct kf_word_def *def)
{
    struct kf_words *w = kf_words_of(L);
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, false, kf_str(NULL, 0), &token);
    struct kf_build *b = kf_build_new(w, KF_C_SEQUENCE, pos, NULL);
    if (lua_type(L, 1) != LUA_TTABLE)
        return kf_word_poisoned(L, 1)
                   ? kf_word_poison(L)
                   : kf_word_fail(L, KF_CODE_ARGUMENT, pos, NULL,
                                  "sequence takes a list of events, not %s", kf_word_what(L, 1));
    bool fine = true;
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            continue;
        if (strcmp(lua_tostring(L, -2), "within") == 0) {
            struct kf_node *len = kf_word_length(L, lua_gettop(L), pos, "within");
            fine &= len != NULL;
            if (len)
                b->n.value = len->value;
        } else {
            fine = false;
            kf_word_report(w, KF_CODE_UNKNOWN_SETTING, pos, "did you mean 'within'?",
                           "sequence has no setting '%.60s'", lua_tostring(L, -2));
        }
    }
    lua_Integer n;
    if (!kf_word_list(L, 1, pos, token, "sequence", &n))
        return kf_word_poison(L);
    if (n < 2)
        return kf_word_fail(L, KF_CODE_EMPTY, pos, NULL, "a sequence has at least two steps");
    struct kf_node **kid = kf_word_kids(L, n);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, 1, i);
        kid[i - 1] = kf_word_select(L, lua_gettop(L), element_pos(w, pos, token, i), "sequence");
        fine &= kid[i - 1] != NULL;
        lua_pop(L, 1);
    }
    return push_or_poison(L, fine && kf_build_kids(L, b, kid, (uint32_t)n) ? b : NULL, token);
}

/* ---- arithmetic ---- */

static int word_parts(lua_State *L, const struct kf_word_def *def)
{
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, false, kf_str(NULL, 0), &token);
    struct kf_build *b = kf_build_new(kf_words_of(L), (enum kf_op)def->arg, pos, NULL);
    int n = lua_gettop(L);
    bool fine = true;
    if (def->arg != KF_E_TOTAL && n != (def->arg == KF_E_DAYS_SINCE ? 1 : 2)) {
        for (int i = 1; i <= n; i++)
            kf_word_use(L, kf_word_at(L, i));
        return kf_word_fail(L, KF_CODE_ARGUMENT, pos, NULL, "%s takes %s", def->name,
                            def->arg == KF_E_DAYS_SINCE ? "one time" : "two values");
    }
    if (n < 1)
        return kf_word_fail(L, KF_CODE_EMPTY, pos, NULL, "total adds up nothing");
    struct kf_node **kid = kf_word_kids(L, n);
    for (int i = 1; i <= n; i++) {
        if (def->arg == KF_E_TIME_BETWEEN)
            kid[i - 1] = kf_word_select(L, i, pos, def->name);
        else if (lua_type(L, i) == LUA_TNUMBER)
            kid[i - 1] = kf_word_const(L, i, pos);
        else
            kid[i - 1] = kf_word_expr(L, i, pos, def->name);
        fine &= kid[i - 1] != NULL;
    }
    return push_or_poison(L, fine && kf_build_kids(L, b, kid, (uint32_t)n) ? b : NULL, token);
}

/* bucket(value, { { "low", 0 }, { "high", 70 } }) */
static int word_bucket(lua_State *L, const struct kf_word_def *def)
{
    struct kf_words *w = kf_words_of(L);
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, false, kf_str(NULL, 0), &token);
    struct kf_node *expr = kf_word_expr(L, 1, pos, def->name);
    lua_Integer n;
    if (!expr)
        return kf_word_poison(L);
    if (lua_type(L, 2) != LUA_TTABLE || !kf_word_list(L, 2, pos, KF_LEX_NONE, def->name, &n) ||
        n == 0)
        return kf_word_fail(L, KF_CODE_ARGUMENT, pos,
                            "write bucket(value, { { \"low\", 0 }, { \"high\", 70 } })",
                            "bucket takes a list of { label, from }");
    struct kf_node **kid = kf_word_kids(L, 2 * n + 1);
    kid[0] = expr;
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, 2, i);
        if (lua_type(L, -1) != LUA_TTABLE)
            return kf_word_fail(L, KF_CODE_ARGUMENT, pos, NULL,
                                "bucket: step %d is no { label, from }", (int)i);
        lua_rawgeti(L, -1, 1);
        const char *label = kf_word_text(L, lua_gettop(L), pos, "the label of a bucket");
        lua_rawgeti(L, -2, 2);
        struct kf_node *from = kf_word_const(L, lua_gettop(L), pos);
        if (label && !from)
            kf_word_report(w, KF_CODE_ARGUMENT, pos, NULL,
                           "bucket: '%.40s' begins at a number or amount, not %s", label,
                           kf_word_what(L, -1));
        lua_pop(L, 3);
        if (!label || !from)
            return kf_word_poison(L);
        kid[2 * i - 1] = &kf_build_text(w, pos, kf_cstr(label))->n;
        kid[2 * i] = from;
        const struct kf_const *a = i > 1 ? &kid[2 * i - 2]->value : NULL, *z = &from->value;
        if (a && (a->type != z->type ||
                  (z->type == KF_K_NUMBER && kf_dec_cmp(a->number, z->number) >= 0) ||
                  (z->type == KF_K_MONEY &&
                   (a->money.minor >= z->money.minor || strcmp(a->money.cur, z->money.cur) != 0))))
            return kf_word_fail(L, KF_CODE_RANGE, pos, NULL,
                                "bucket: '%.40s' does not begin above the step before it", label);
    }
    struct kf_build *b = kf_build_new(w, KF_E_BUCKET, pos, NULL);
    return push_or_poison(L, kf_build_kids(L, b, kid, (uint32_t)(2 * n + 1)) ? b : NULL, token);
}

/* travel_speed(event "Signed In", { within = hours(48), from_km = 500 }) */
static int word_travel_speed(lua_State *L, const struct kf_word_def *def)
{
    struct kf_words *w = kf_words_of(L);
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, false, kf_str(NULL, 0), &token);
    struct kf_build *b = kf_build_new(w, KF_E_TRAVEL_SPEED, pos, NULL);
    struct kf_node *kid[2] = {kf_word_select(L, 1, pos, def->name), NULL};
    struct kf_dec km = kf_dec_int(0);
    if (!kid[0])
        return kf_word_poison(L);
    if (lua_type(L, 2) == LUA_TTABLE) {
        for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
            const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
            if (strcmp(key, "within") == 0) {
                struct kf_node *len = kf_word_length(L, lua_gettop(L), pos, "within");
                if (!len)
                    return kf_word_poison(L);
                b->n.value = len->value;
            } else if (strcmp(key, "from_km") != 0 || !lua_isnumber(L, -1) ||
                       !kf_lua_decimal(L, -1, &km)) {
                return kf_word_fail(
                    L, KF_CODE_UNKNOWN_SETTING, pos, "{ within = hours(48), from_km = 500 }",
                    "travel_speed knows the settings within and from_km, not '%.40s'", key);
            }
        }
    } else if (!lua_isnoneornil(L, 2)) {
        return kf_word_fail(L, KF_CODE_ARGUMENT, pos, NULL,
                            "travel_speed takes { within = ..., from_km = ... }, not %s",
                            kf_word_what(L, 2));
    }
    kid[1] = &kf_build_number(w, pos, km)->n;
    return push_or_poison(L, kf_build_kids(L, b, kid, 2) ? b : NULL, token);
}

static int word_holdout(lua_State *L, const struct kf_word_def *def)
{
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, false, kf_str(NULL, 0), &token);
    if (kf_word_poisoned(L, 1))
        return kf_word_poison(L);
    struct kf_node *share = kf_word_const(L, 1, pos);
    if (!share || share->value.type != KF_K_NUMBER || share->value.number.m < 0 ||
        kf_dec_cmp(share->value.number, kf_dec_int(1)) > 0)
        return kf_word_fail(L, KF_CODE_RANGE, pos, "write holdout(percent(10), \"name\")",
                            "holdout takes a share from 0 to 1, not %s", kf_word_what(L, 1));
    const char *salt = kf_word_text(L, 2, pos, "the second argument of holdout");
    if (!salt)
        return kf_word_poison(L);
    struct kf_build *b = kf_build_new(kf_words_of(L), KF_C_HOLDOUT, pos, salt);
    b->n.value = share->value;
    return push_or_poison(L, b, token);
}

/* property "p", identifier "ns", account_trait "x" */
static int word_named(lua_State *L, const struct kf_word_def *def)
{
    struct kf_words *w = kf_words_of(L);
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, false, text_at(L, 1), &token);
    const char *name = kf_word_text(L, 1, pos, def->name);
    if (!name)
        return kf_word_poison(L);
    if (def->arg == KF_E_PROPERTY)
        name = kf_word_path(w, name);
    return push_or_poison(L, kf_build_new(w, (enum kf_op)def->arg, pos, name), token);
}

/* member { account = exists() } */
static int word_member(lua_State *L, const struct kf_word_def *def)
{
    struct kf_words *w = kf_words_of(L);
    uint32_t token, n;
    struct kf_pos pos = kf_word_pos(L, def->name, false, kf_str(NULL, 0), &token);
    struct kf_node **kid;
    if (!kf_word_where(L, 1, pos, KF_C_MEMBER, token, &kid, &n))
        return kf_word_poison(L);
    if (n == 0)
        return kf_word_fail(L, KF_CODE_EMPTY, pos, "write member { account = exists() }",
                            "member takes at least one type of group");
    /* kf_word_where hands the tests over in the order of their names */
    const char *name = NULL;
    for (uint32_t i = 0; i < n; i++) {
        const char *next = NULL;
        for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
            const char *s = lua_tostring(L, -2);
            if ((!name || strcmp(s, name) > 0) && (!next || strcmp(s, next) < 0))
                next = s;
        }
        name = kf_words_intern(w, kf_cstr(next));
        struct kf_build *m = kf_build_new(w, KF_C_MEMBER, pos, name);
        if (!kf_build_kids(L, m, &kid[i], 1))
            return kf_word_poison(L);
        kid[i] = &m->n;
    }
    if (n == 1)
        return kf_word_push(L, (struct kf_build *)(void *)kid[0], token, (enum kf_kind)0, NULL);
    struct kf_build *b = kf_build_new(w, KF_C_ALL, pos, NULL);
    return push_or_poison(L, kf_build_kids(L, b, kid, n) ? b : NULL, token);
}

static bool holds(const struct kf_node *n, enum kf_op op)
{
    if (n->op == op)
        return true;
    for (uint32_t i = 0; i < n->kids; i++)
        if (holds(n->kid[i], op))
            return true;
    return false;
}

/* members { of = "account", who = condition } */
static int word_members(lua_State *L, const struct kf_word_def *def)
{
    struct kf_words *w = kf_words_of(L);
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, false, kf_str(NULL, 0), &token);
    const char *of = NULL;
    struct kf_node *who = NULL;
    if (lua_type(L, 1) != LUA_TTABLE)
        return kf_word_fail(L, KF_CODE_ARGUMENT, pos,
                            "write members { of = \"account\", who = ... }",
                            "members takes a table, not %s", kf_word_what(L, 1));
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        if (strcmp(key, "of") == 0)
            of = kf_word_text(L, lua_gettop(L), pos, "of");
        else if (strcmp(key, "who") == 0)
            who = kf_word_cond(L, lua_gettop(L), pos, "who");
        else
            return kf_word_fail(L, KF_CODE_UNKNOWN_SETTING, pos, "it has 'of' and 'who'",
                                "members has no setting '%.40s'", key);
    }
    lua_getfield(L, 1, "of");
    lua_getfield(L, 1, "who");
    if (lua_isnil(L, -1) || lua_isnil(L, -2))
        return kf_word_fail(L, KF_CODE_MISSING_SETTING, pos, NULL, "members needs 'of' and 'who'");
    if (!of || !who)
        return kf_word_poison(L);
    if (holds(who, KF_E_MEMBERS))
        return kf_word_fail(L, KF_CODE_ARGUMENT, pos, NULL, "members cannot stand inside members");
    struct kf_build *b = kf_build_new(w, KF_E_MEMBERS, pos, of);
    return push_or_poison(L, kf_build_kids(L, b, &who, 1) ? b : NULL, token);
}

/* ---- methods of single values ---- */

int kf_method_count(lua_State *L, const struct kf_word_def *def)
{
    const struct kf_node *n = kf_word_at(L, 1)->node;
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, true, kf_str(NULL, 0), &token);
    if (n->op != KF_E_IDENTIFIER)
        return kf_word_fail(L, KF_CODE_UNKNOWN_METHOD, pos, NULL,
                            ":count() stands after events or identifier \"...\", not after %s",
                            kf_word_what(L, 1));
    return push_or_poison(L, kf_build_new(kf_words_of(L), KF_E_IDENTIFIER_COUNT, n->pos, n->name.p),
                          token);
}

int kf_method_of_trait(lua_State *L, const struct kf_word_def *def)
{
    const struct kf_node *n = kf_word_at(L, 1)->node;
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, true, kf_str(NULL, 0), &token);
    if (n->op != KF_E_TRAIT)
        return kf_word_fail(L, KF_CODE_UNKNOWN_METHOD, pos, NULL,
                            ":%s() stands after trait \"...\", not after %s", def->name,
                            kf_word_what(L, 1));
    return push_or_poison(L, kf_build_new(kf_words_of(L), (enum kf_op)def->arg, n->pos, n->name.p),
                          token);
}

int kf_method_for_contact(lua_State *L, const struct kf_word_def *def)
{
    struct kf_words *w = kf_words_of(L);
    const struct kf_node *n = kf_word_at(L, 1)->node;
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, true, text_at(L, 2), &token);
    if (n->op != KF_E_CONSENT)
        return kf_word_fail(L, KF_CODE_UNKNOWN_METHOD, pos, NULL,
                            ":for_contact stands after consent \"...\", not after %s",
                            kf_word_what(L, 1));
    const char *ns = kf_word_text(L, 2, pos, def->name);
    if (!ns)
        return kf_word_poison(L);
    struct kf_build *b = kf_build_new(w, KF_E_CONSENT, n->pos, n->name.p);
    struct kf_node *k = &kf_build_text(w, pos, kf_cstr(ns))->n;
    return push_or_poison(L, kf_build_kids(L, b, &k, 1) ? b : NULL, token);
}

int kf_method_band(lua_State *L, const struct kf_word_def *def)
{
    struct kf_words *w = kf_words_of(L);
    const struct kf_node *n = kf_word_at(L, 1)->node;
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, true, text_at(L, 2), &token);
    if (n->op != KF_E_SCORE)
        return kf_word_fail(L, KF_CODE_UNKNOWN_METHOD, pos, NULL,
                            ":band stands after score \"...\", not after %s", kf_word_what(L, 1));
    struct kf_node *names = kf_word_texts(L, 2, pos, def->name, true);
    if (!names)
        return kf_word_poison(L);
    struct kf_build *band = kf_build_new(w, KF_E_SCORE_BAND, n->pos, n->name.p);
    struct kf_build *test = kf_build_new(w, names->kids == 1 ? KF_T_IS : KF_T_ONE_OF, pos, NULL);
    struct kf_build *b = kf_build_new(w, KF_C_TEST, n->pos, NULL);
    struct kf_node *kid[2] = {&band->n, &test->n};
    bool fine = kf_build_kids(L, test, names->kid, names->kids) && kf_build_kids(L, b, kid, 2);
    return push_or_poison(L, fine ? b : NULL, token);
}

const struct kf_word_def kf_words_cond[] = {{"all", word_combine, KF_C_ALL},
                                            {"any", word_combine, KF_C_ANY},
                                            {"none", word_combine, KF_C_NONE},
                                            {"at_least_of", word_at_least_of, 0},
                                            {"sequence", word_sequence, 0},
                                            {"ratio", word_parts, KF_E_RATIO},
                                            {"difference", word_parts, KF_E_DIFFERENCE},
                                            {"total", word_parts, KF_E_TOTAL},
                                            {"days_since", word_parts, KF_E_DAYS_SINCE},
                                            {"time_between", word_parts, KF_E_TIME_BETWEEN},
                                            {"bucket", word_bucket, 0},
                                            {"travel_speed", word_travel_speed, 0},
                                            {"holdout", word_holdout, 0},
                                            {"property", word_named, KF_E_PROPERTY},
                                            {"identifier", word_named, KF_E_IDENTIFIER},
                                            {"account_trait", word_named, KF_E_ACCOUNT_TRAIT},
                                            {"member", word_member, 0},
                                            {"members", word_members, 0},
                                            {NULL, NULL, 0}};
