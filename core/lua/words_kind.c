/* Kinds of rules as words: a kind and a name ask, with a table they define (settings_read.c). */
#include <ctype.h>

#include "lua/words.h"

static bool good_name(const char *s)
{
    if (!islower((unsigned char)*s))
        return false;
    for (; *s; s++)
        if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s) && *s != '_')
            return false;
    return true;
}

static enum kf_op ask_op(enum kf_kind kind)
{
    switch (kind) {
    case KF_KIND_SEGMENT:
        return KF_C_SEGMENT;
    case KF_KIND_SUPPRESS:
        return KF_C_SUPPRESS;
    case KF_KIND_CHANNEL:
        return KF_C_CHANNEL;
    case KF_KIND_FLAG:
        return KF_C_FLAG;
    case KF_KIND_FRAUD:
        return KF_C_FRAUD;
    case KF_KIND_TRAIT:
        return KF_E_TRAIT;
    case KF_KIND_CONSENT:
        return KF_E_CONSENT;
    case KF_KIND_SCORE:
        return KF_E_SCORE;
    case KF_KIND_CUSTOM:
        return KF_E_CUSTOM;
    default:
        return KF_OP_NONE;
    }
}

/* segment "vip": asks; called with a table it defines. */
static int word_kind(lua_State *L, const struct kf_word_def *def)
{
    struct kf_words *w = kf_words_of(L);
    enum kf_kind kind = (enum kf_kind)def->arg;
    struct kf_str arg = {NULL, 0};
    if (lua_type(L, 1) == LUA_TSTRING)
        arg.p = lua_tolstring(L, 1, &arg.n);
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, false, arg, &token);
    if (lua_type(L, 1) == LUA_TTABLE && !kf_word_at(L, 1)) {
        char help[80];
        snprintf(help, sizeof help, "write %s \"name\" { ... }", def->name);
        kf_word_use_all(L, 1);
        return kf_word_fail(L, KF_CODE_ARGUMENT, pos, help, "%s has no name", def->name);
    }
    const char *name = kf_word_text(L, 1, pos, def->name);
    if (!name)
        return kf_word_poison(L);
    if (kind != KF_KIND_SCENARIO && !good_name(name)) {
        /* a source's mark or an undeclared trait may be spelt otherwise; what is defined may not */
        kf_word_report(w, KF_CODE_BAD_NAME, pos, "small letters, digits and _, a letter first",
                       "'%.60s' is not a name for a %s", name, def->name);
        return kf_word_poison(L);
    }
    enum kf_op op = ask_op(kind);
    struct kf_build *b = op ? kf_build_new(w, op, pos, name) : NULL;
    kf_word_push(L, b, token, kind, name);
    struct kf_word *u = kf_word_at(L, -1);
    u->pos = pos;
    if (!b && u->made)
        w->made.p[u->made - 1].pos = pos;
    return 1;
}

/* identifiers { ... }: no name. */
static int word_single(lua_State *L, const struct kf_word_def *def)
{
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, false, kf_str(NULL, 0), &token);
    if (lua_type(L, 1) != LUA_TTABLE)
        return kf_word_poisoned(L, 1)
                   ? kf_word_poison(L)
                   : kf_word_fail(L, KF_CODE_ARGUMENT, pos, NULL, "%s takes a table, not %s",
                                  def->name, kf_word_what(L, 1));
    if (kf_words_of(L)->running)
        return luaL_error(L, "a rule cannot be defined while a rule runs");
    kf_word_push(L, NULL, token, (enum kf_kind)def->arg, "");
    struct kf_word *u = kf_word_at(L, -1);
    u->pos = pos;
    kf_word_use(L, u);
    lua_insert(L, 1); /* the metatable is taken from 1 */
    return kf_words_define(L, u, 2);
}

/* use "lib/x" (rules.c) */
int kf_words_use_file(lua_State *L, const struct kf_word_def *def);

const struct kf_word_def kf_words_kind[] = {{"identifiers", word_single, KF_KIND_IDENTIFIERS},
                                            {"ignore_values", word_single, KF_KIND_IGNORE_VALUES},
                                            {"limits", word_single, KF_KIND_LIMITS},
                                            {"link", word_kind, KF_KIND_LINK},
                                            {"never_link", word_kind, KF_KIND_NEVER_LINK},
                                            {"transfer", word_kind, KF_KIND_TRANSFER},
                                            {"consent", word_kind, KF_KIND_CONSENT},
                                            {"flag", word_kind, KF_KIND_FLAG},
                                            {"trait", word_kind, KF_KIND_TRAIT},
                                            {"computed", word_kind, KF_KIND_COMPUTED},
                                            {"segment", word_kind, KF_KIND_SEGMENT},
                                            {"suppress", word_kind, KF_KIND_SUPPRESS},
                                            {"channel", word_kind, KF_KIND_CHANNEL},
                                            {"fraud", word_kind, KF_KIND_FRAUD},
                                            {"score", word_kind, KF_KIND_SCORE},
                                            {"attribution", word_kind, KF_KIND_ATTRIBUTION},
                                            {"channel_group", word_kind, KF_KIND_CHANNEL_GROUP},
                                            {"expect", word_kind, KF_KIND_EXPECT},
                                            {"export", word_kind, KF_KIND_EXPORT},
                                            {"custom", word_kind, KF_KIND_CUSTOM},
                                            {"scenario", word_kind, KF_KIND_SCENARIO},
                                            {"bgnbd", kf_words_model, 0},
                                            {"logistic", kf_words_model, 1},
                                            {"momentum", kf_words_model, 2},
                                            {"rfm", kf_words_model, 3},
                                            {"file", kf_words_model, 4},
                                            {"percentiles", kf_words_model, 5},
                                            {"by_source", kf_words_model, 6},
                                            {"use", kf_words_use_file, 0},
                                            {NULL, NULL, 0}};
