/* Events: what begins a selection, what narrows it, and the aggregates that end it. */
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

/* event "A", event { "A", "B" }, any_event() */
static int word_event(lua_State *L, const struct kf_word_def *def)
{
    struct kf_words *w = kf_words_of(L);
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, false, text_at(L, 1), &token);
    if (def->arg == KF_S_ANY)
        return push_or_poison(L, kf_build_new(w, KF_S_ANY, pos, NULL), token);
    if (kf_word_poisoned(L, 1))
        return kf_word_poison(L);
    struct kf_node *names = kf_word_texts(L, 1, pos, "event", true);
    struct kf_build *b = kf_build_new(w, KF_S_EVENT, pos, NULL);
    return push_or_poison(L, names && kf_build_kids(L, b, &names, 1) ? b : NULL, token);
}

/* touch { medium = "cpc" } */
static int word_touch(lua_State *L, const struct kf_word_def *def)
{
    struct kf_words *w = kf_words_of(L);
    uint32_t token, n;
    struct kf_pos pos = kf_word_pos(L, def->name, false, kf_str(NULL, 0), &token);
    struct kf_node **kid, *list;
    if (lua_gettop(L) == 0)
        lua_newtable(L);
    if (!kf_word_where(L, 1, pos, KF_E_TOUCH, token, &kid, &n))
        return kf_word_poison(L);
    if (def->arg == KF_S_TOUCH) {
        struct kf_build *b = kf_build_new(w, KF_S_TOUCH, pos, NULL);
        struct kf_build *f = kf_build_new(w, KF_F_WHERE, pos, NULL);
        list = &f->n;
        bool fine = n == 0 || (kf_build_kids(L, f, kid, n) && kf_build_kids(L, b, &list, 1));
        return push_or_poison(L, fine ? b : NULL, token);
    }
    struct kf_build *b = kf_build_new(w, (enum kf_op)def->arg, pos, NULL);
    if (n == 0)
        return kf_word_fail(L, KF_CODE_EMPTY, pos, NULL, "%s takes at least one field", def->name);
    struct kf_build *all = kf_build_new(w, KF_C_ALL, pos, NULL);
    list = &all->n;
    if (n == 1)
        list = kid[0];
    else if (!kf_build_kids(L, all, kid, n))
        return kf_word_poison(L);
    return push_or_poison(L, kf_build_kids(L, b, &list, 1) ? b : NULL, token);
}

/* The selection of self with one filter more. */
static int add_filter(lua_State *L, struct kf_build *filter, uint32_t token)
{
    struct kf_words *w = kf_words_of(L);
    const struct kf_word *u = kf_word_at(L, 1);
    const struct kf_node *s = u->node;
    if (!filter)
        return kf_word_poison(L);
    struct kf_build *b = kf_build_new(w, (enum kf_op)s->op, s->pos, s->name.p);
    struct kf_node **kid = kf_word_kids(L, (lua_Integer)s->kids + 1);
    for (uint32_t i = 0; i < s->kids; i++)
        kid[i] = s->kid[i];
    kid[s->kids] = &filter->n;
    return push_or_poison(L, kf_build_kids(L, b, kid, s->kids + 1) ? b : NULL, token);
}

struct call {
    struct kf_words *w;
    struct kf_pos pos;
    uint32_t token;
    struct kf_build *b;
};

static struct call begin(lua_State *L, const struct kf_word_def *def, enum kf_op op)
{
    struct call c = {.w = kf_words_of(L)};
    c.pos = kf_word_pos(L, def->name, true, text_at(L, 2), &c.token);
    c.b = kf_build_new(c.w, op, c.pos, NULL);
    return c;
}

static int filter_where(lua_State *L, const struct kf_word_def *def)
{
    struct call c = begin(L, def, KF_F_WHERE);
    struct kf_node **kid;
    uint32_t n;
    if (!kf_word_where(L, 2, c.pos, KF_E_PROPERTY, c.token, &kid, &n))
        return kf_word_poison(L);
    if (n == 0)
        return kf_word_fail(L, KF_CODE_EMPTY, c.pos, NULL, "where takes at least one test");
    return add_filter(L, kf_build_kids(L, c.b, kid, n) ? c.b : NULL, c.token);
}

static int filter_length(lua_State *L, const struct kf_word_def *def)
{
    struct call c = begin(L, def, (enum kf_op)def->arg);
    struct kf_node *len = kf_word_length(L, 2, c.pos, def->name);
    return add_filter(L, len && kf_build_kids(L, c.b, &len, 1) ? c.b : NULL, c.token);
}

static int filter_between_ago(lua_State *L, const struct kf_word_def *def)
{
    struct call c = begin(L, def, KF_F_BETWEEN_AGO);
    struct kf_node *kid[2];
    kid[0] = kf_word_length(L, 2, c.pos, def->name);
    kid[1] = kid[0] ? kf_word_length(L, 3, c.pos, def->name) : NULL;
    if (!kid[1])
        return kf_word_poison(L);
    if (kid[0]->value.type == kid[1]->value.type && kid[0]->value.ns >= kid[1]->value.ns &&
        kid[0]->value.months >= kid[1]->value.months)
        return kf_word_fail(L, KF_CODE_RANGE, c.pos,
                            "the nearer length comes first: between_ago(days(30), days(60))",
                            "between_ago: the first length is not shorter than the second");
    return add_filter(L, kf_build_kids(L, c.b, kid, 2) ? c.b : NULL, c.token);
}

/* A date, instant or time that is asked. */
static struct kf_node *time_value(lua_State *L, int index, struct kf_pos pos, const char *word,
                                  bool asked)
{
    const struct kf_word *u = kf_word_at(L, index);
    if (kf_word_is(u, KF_WORD_NODE)) {
        kf_word_use(L, u);
        bool fixed = u->node->op == KF_K &&
                     (u->node->value.type == KF_K_DATE || u->node->value.type == KF_K_INSTANT);
        if (fixed || (asked && u->node->cls == KF_CLASS_EXPR))
            return u->node;
    }
    if (!kf_word_is(u, KF_WORD_POISON))
        kf_word_report(
            kf_words_of(L), KF_CODE_ARGUMENT, pos,
            asked ? "write date \"2026-03-01\" or a time that is asked: event \"A\":first_time()"
                  : "write date \"2026-03-01\"",
            "%s takes a %s, not %s", word, asked ? "time" : "date", kf_word_what(L, index));
    return NULL;
}

static int filter_since(lua_State *L, const struct kf_word_def *def)
{
    struct call c = begin(L, def, KF_F_SINCE);
    struct kf_node *kid[2] = {time_value(L, 2, c.pos, def->name, true), NULL};
    uint32_t n = 1;
    if (kid[0] && !lua_isnoneornil(L, 3)) {
        kid[1] = kf_word_length(L, 3, c.pos, def->name);
        n = 2;
    }
    if (!kid[0] || (n == 2 && !kid[1]))
        return kf_word_poison(L);
    return add_filter(L, kf_build_kids(L, c.b, kid, n) ? c.b : NULL, c.token);
}

static int filter_between(lua_State *L, const struct kf_word_def *def)
{
    struct call c = begin(L, def, KF_F_BETWEEN);
    struct kf_node *kid[2];
    kid[0] = time_value(L, 2, c.pos, def->name, false);
    kid[1] = kid[0] ? time_value(L, 3, c.pos, def->name, false) : NULL;
    return add_filter(L, kid[1] && kf_build_kids(L, c.b, kid, 2) ? c.b : NULL, c.token);
}

static bool choose(struct kf_words *w, const char *s, const char *const *names, size_t n,
                   struct kf_pos pos, const char *word)
{
    char list[160] = "", help[200];
    for (size_t i = 0; i < n; i++) {
        if (strcmp(s, names[i]) == 0)
            return true;
        size_t at = strlen(list);
        snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "", names[i]);
    }
    const char *near = kf_str_suggest(s, names, n);
    snprintf(help, sizeof help, near ? "did you mean '%s'?" : "one of %s", near ? near : list);
    kf_word_report(w, KF_CODE_UNKNOWN_CHOICE, pos, help, "%s does not know '%.60s'", word, s);
    return false;
}

static int filter_unit(lua_State *L, const struct kf_word_def *def)
{
    static const char *const units[] = {"day", "week", "month", "quarter", "year"};
    struct call c = begin(L, def, (enum kf_op)def->arg);
    const char *s = kf_word_text(L, 2, c.pos, def->name);
    if (!s || !choose(c.w, s, units, 5, c.pos, def->name))
        return kf_word_poison(L);
    c.b->n.name = kf_cstr(s);
    return add_filter(L, c.b, c.token);
}

static int filter_texts(lua_State *L, const struct kf_word_def *def)
{
    static const char *const platforms[] = {"web", "ios", "android", "server", "app"};
    struct call c = begin(L, def, (enum kf_op)def->arg);
    struct kf_node *list =
        kf_word_poisoned(L, 2) ? NULL : kf_word_texts(L, 2, c.pos, def->name, true);
    if (!list)
        return kf_word_poison(L);
    for (uint32_t i = 0; def->arg == KF_F_ON && i < list->kids; i++)
        if (!choose(c.w, list->kid[i]->value.text.p, platforms, 5, c.pos, def->name))
            return kf_word_poison(L);
    return add_filter(L, kf_build_kids(L, c.b, list->kid, list->kids) ? c.b : NULL, c.token);
}

static int filter_key(lua_State *L, const struct kf_word_def *def)
{
    struct call c = begin(L, def, (enum kf_op)def->arg);
    struct kf_node *key = kf_word_key(L, 2, c.pos, def->name);
    return add_filter(L, key && kf_build_kids(L, c.b, &key, 1) ? c.b : NULL, c.token);
}

/* "a", identifier "b" or a list of these as nodes. */
static struct kf_node *keys_arg(lua_State *L, int index, struct kf_pos pos, const char *word)
{
    struct kf_build *b = kf_build_new(kf_words_of(L), KF_T_LIST, pos, NULL);
    index = lua_absindex(L, index);
    if (lua_type(L, index) != LUA_TTABLE) {
        struct kf_node *k = kf_word_key(L, index, pos, word);
        return k && kf_build_kids(L, b, &k, 1) ? &b->n : NULL;
    }
    lua_Integer n;
    if (!kf_word_list(L, index, pos, KF_LEX_NONE, word, &n))
        return NULL;
    if (n == 0) {
        kf_word_report(kf_words_of(L), KF_CODE_EMPTY, pos, NULL, "%s takes at least one name",
                       word);
        return NULL;
    }
    struct kf_node **kid = kf_word_kids(L, n);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, index, i);
        kid[i - 1] = kf_word_key(L, lua_gettop(L), pos, word);
        lua_pop(L, 1);
        if (!kid[i - 1])
            return NULL;
    }
    return kf_build_kids(L, b, kid, (uint32_t)n) ? &b->n : NULL;
}

static int filter_with_same(lua_State *L, const struct kf_word_def *def)
{
    struct call c = begin(L, def, KF_F_WITH_SAME);
    struct kf_node *keys = keys_arg(L, 2, c.pos, def->name);
    return add_filter(L, keys && kf_build_kids(L, c.b, keys->kid, keys->kids) ? c.b : NULL,
                      c.token);
}

static int filter_count(lua_State *L, const struct kf_word_def *def)
{
    struct call c = begin(L, def, (enum kf_op)def->arg);
    if (kf_word_poisoned(L, 2))
        return kf_word_poison(L);
    if (!lua_isinteger(L, 2) || lua_tointeger(L, 2) < 1 || lua_tointeger(L, 2) > INT32_MAX)
        return kf_word_fail(L, KF_CODE_ARGUMENT, c.pos, NULL,
                            "%s takes a whole number from 1, not %s", def->name,
                            kf_word_what(L, 2));
    struct kf_node *n = &kf_build_number(c.w, c.pos, kf_dec_int(lua_tointeger(L, 2)))->n;
    return add_filter(L, kf_build_kids(L, c.b, &n, 1) ? c.b : NULL, c.token);
}

static int filter_each(lua_State *L, const struct kf_word_def *def)
{
    struct call c = begin(L, def, KF_F_EACH);
    const char *s = kf_word_text(L, 2, c.pos, def->name);
    if (!s)
        return kf_word_poison(L);
    c.b->n.name = kf_cstr(kf_word_path(c.w, s));
    return add_filter(L, c.b, c.token);
}

/* followed_by(event, [length], [{ same = ... }]) */
static int filter_followed(lua_State *L, const struct kf_word_def *def)
{
    struct call c = begin(L, def, (enum kf_op)def->arg);
    struct kf_node *kid[3];
    uint32_t n = 1;
    kid[0] = kf_word_select(L, 2, c.pos, def->name);
    if (!kid[0])
        return kf_word_poison(L);
    int at = 3;
    if (!lua_isnoneornil(L, at) && lua_type(L, at) != LUA_TTABLE) {
        kid[n] = kf_word_length(L, at++, c.pos, def->name);
        if (!kid[n++])
            return kf_word_poison(L);
    } else if (lua_isnil(L, at)) {
        at++;
    }
    if (lua_type(L, at) == LUA_TTABLE) {
        for (lua_pushnil(L); lua_next(L, at); lua_pop(L, 1))
            if (lua_type(L, -2) != LUA_TSTRING || strcmp(lua_tostring(L, -2), "same") != 0)
                return kf_word_fail(L, KF_CODE_UNKNOWN_SETTING, c.pos, "{ same = \"cart_id\" }",
                                    "%s knows only the setting 'same'", def->name);
        lua_getfield(L, at, "same");
        kid[n] = keys_arg(L, -1, c.pos, "same");
        lua_pop(L, 1);
        if (!kid[n++])
            return kf_word_poison(L);
    } else if (!lua_isnoneornil(L, at)) {
        return kf_word_poisoned(L, at) ? kf_word_poison(L)
                                       : kf_word_fail(L, KF_CODE_ARGUMENT, c.pos, NULL,
                                                      "%s takes { same = ... } last, not %s",
                                                      def->name, kf_word_what(L, at));
    }
    return add_filter(L, kf_build_kids(L, c.b, kid, n) ? c.b : NULL, c.token);
}

/* ---- aggregates ---- */

static int aggregate(lua_State *L, const struct call *c, struct kf_node *arg)
{
    struct kf_node *kid[2] = {kf_word_at(L, 1)->node, arg};
    c->b->n.pos = kid[0]->pos;
    return push_or_poison(L, kf_build_kids(L, c->b, kid, arg ? 2 : 1) ? c->b : NULL, c->token);
}

static int aggregate_plain(lua_State *L, const struct kf_word_def *def)
{
    struct call c = begin(L, def, (enum kf_op)def->arg);
    if (!lua_isnoneornil(L, 2))
        return kf_word_fail(
            L, KF_CODE_ARGUMENT, c.pos,
            def->arg == KF_E_COUNT  ? "different values are counted with :distinct \"...\""
            : def->arg == KF_E_DAYS ? "a window is :within(days(7)); days() counts days with one"
                                    : NULL,
            "%s takes nothing between its brackets", def->name);
    return aggregate(L, &c, NULL);
}

static int aggregate_property(lua_State *L, const struct kf_word_def *def)
{
    struct call c = begin(L, def, (enum kf_op)def->arg);
    struct kf_node *key = kf_word_key(L, 2, c.pos, def->name);
    if (!key)
        return kf_word_poison(L);
    if (key->op != KF_E_PROPERTY && def->arg != KF_E_DISTINCT)
        return kf_word_fail(L, KF_CODE_ARGUMENT, c.pos, NULL, "%s takes the name of a property",
                            def->name);
    return aggregate(L, &c, key);
}

const struct kf_word_def kf_words_select[] = {
    {"event", word_event, KF_S_EVENT},           {"any_event", word_event, KF_S_ANY},
    {"touch", word_touch, KF_S_TOUCH},           {"first_touch", word_touch, KF_C_FIRST_TOUCH},
    {"last_touch", word_touch, KF_C_LAST_TOUCH}, {NULL, NULL, 0}};

const struct kf_word_def kf_methods_select[] = {
    {"where", filter_where, 0},
    {"within", filter_length, KF_F_WITHIN},
    {"between_ago", filter_between_ago, 0},
    {"since", filter_since, 0},
    {"between", filter_between, 0},
    {"this", filter_unit, KF_F_THIS},
    {"previous", filter_unit, KF_F_PREVIOUS},
    {"from_source", filter_texts, KF_F_FROM_SOURCE},
    {"on", filter_texts, KF_F_ON},
    {"once_per", filter_key, KF_F_ONCE_PER},
    {"newest", filter_count, KF_F_NEWEST},
    {"oldest", filter_count, KF_F_OLDEST},
    {"each", filter_each, 0},
    {"followed_by", filter_followed, KF_F_FOLLOWED_BY},
    {"not_followed_by", filter_followed, KF_F_NOT_FOLLOWED_BY},
    {"per", filter_key, KF_F_PER},
    {"in_any", filter_length, KF_F_IN_ANY},
    {"with_same", filter_with_same, 0},
    {"count", aggregate_plain, KF_E_COUNT},
    {"days", aggregate_plain, KF_E_DAYS},
    {"profiles", aggregate_plain, KF_E_PROFILES},
    {"first_time", aggregate_plain, KF_E_FIRST_TIME},
    {"last_time", aggregate_plain, KF_E_LAST_TIME},
    {"distinct", aggregate_property, KF_E_DISTINCT},
    {"sum", aggregate_property, KF_E_SUM},
    {"average", aggregate_property, KF_E_AVERAGE},
    {"min", aggregate_property, KF_E_MIN},
    {"max", aggregate_property, KF_E_MAX},
    {"most_frequent", aggregate_property, KF_E_MOST_FREQUENT},
    {"first", aggregate_property, KF_E_FIRST},
    {"last", aggregate_property, KF_E_LAST},
    {NULL, NULL, 0}};
