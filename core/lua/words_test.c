/* Tests: what a value must pass. `is(v)` alone makes a test, `trait "x":is(v)` a condition. */
#include <stdio.h>
#include <stdlib.h>

#include "lua/words.h"

enum shape {
    ONE = 1, /* a value */
    MANY,    /* values in a table */
    ORDER,   /* a value that has an order */
    TWO,     /* from, to */
    NONE,
    TEXT,
    GLOB,
    LIST, /* name of a list */
    TIME,
    LENGTH,
    WEEKDAY,
    MONTH,
    CLOCK
};

struct test_row {
    enum kf_op op;
    enum shape shape;
};

static const struct test_row tests[] = {{KF_T_IS, ONE},
                                        {KF_T_IS_NOT, ONE},
                                        {KF_T_ONE_OF, MANY},
                                        {KF_T_NONE_OF, MANY},
                                        {KF_T_AT_LEAST, ORDER},
                                        {KF_T_AT_MOST, ORDER},
                                        {KF_T_MORE, ORDER},
                                        {KF_T_LESS, ORDER},
                                        {KF_T_BETWEEN, TWO},
                                        {KF_T_EXISTS, NONE},
                                        {KF_T_MISSING, NONE},
                                        {KF_T_CONTAINS, ONE},
                                        {KF_T_STARTS, TEXT},
                                        {KF_T_ENDS, TEXT},
                                        {KF_T_MATCHES, GLOB},
                                        {KF_T_IN_LIST, LIST},
                                        {KF_T_BEFORE, TIME},
                                        {KF_T_AFTER, TIME},
                                        {KF_T_SINCE, TIME},
                                        {KF_T_WITHIN, LENGTH},
                                        {KF_T_OLDER, LENGTH},
                                        {KF_T_WITHIN_NEXT, LENGTH},
                                        {KF_T_ON_WEEKDAY, WEEKDAY},
                                        {KF_T_IN_MONTH, MONTH},
                                        {KF_T_AT_HOURS, CLOCK},
                                        {KF_T_ANNIVERSARY, LENGTH}};

static bool is_text_test(uint16_t op)
{
    return op == KF_T_IS || op == KF_T_IS_NOT || op == KF_T_ONE_OF || op == KF_T_NONE_OF ||
           op == KF_T_CONTAINS || op == KF_T_STARTS || op == KF_T_ENDS || op == KF_T_MATCHES ||
           op == KF_T_IN_LIST;
}

/* A constant, or another trait or property. */
static struct kf_node *value_arg(lua_State *L, int index, struct kf_pos pos, const char *word)
{
    if (kf_word_poisoned(L, index))
        return NULL;
    struct kf_node *k = kf_word_const(L, index, pos);
    if (k)
        return k;
    const struct kf_word *u = kf_word_at(L, index);
    if (kf_word_is(u, KF_WORD_NODE) && u->node->cls == KF_CLASS_EXPR &&
        (u->node->op == KF_E_TRAIT || u->node->op == KF_E_PROPERTY ||
         u->node->op == KF_E_ACCOUNT_TRAIT || u->node->op == KF_E_TRAIT_PREVIOUS ||
         u->node->op == KF_E_TRAIT_CHANGED)) {
        kf_word_use(L, u);
        return u->node;
    }
    const char *help = NULL;
    if (lua_type(L, index) == LUA_TTABLE)
        help = "of several values: is_one_of { ... }";
    else if (kf_word_is(u, KF_WORD_NODE) && u->node->cls == KF_CLASS_EXPR)
        help = "only another trait or property can be compared with; name the value as a computed";
    kf_word_report(kf_words_of(L), KF_CODE_ARGUMENT, pos, help, "%s takes a value, not %s", word,
                   kf_word_what(L, index));
    return NULL;
}

static struct kf_node *ordered_arg(lua_State *L, int index, struct kf_pos pos, const char *word)
{
    struct kf_node *k = value_arg(L, index, pos, word);
    if (!k || k->op != KF_K)
        return k;
    if (k->value.type == KF_K_TEXT) {
        kf_word_report(kf_words_of(L), KF_CODE_TEXT_ORDER, pos,
                       kf_word_order_help(kf_words_of(L), word, k->value.text),
                       "%s on text: text has no order", word);
        return NULL;
    }
    if (k->value.type == KF_K_BOOL) {
        kf_word_report(kf_words_of(L), KF_CODE_ARGUMENT, pos, "write is(true)",
                       "%s takes a number, an amount or a time, not %s", word,
                       kf_word_what(L, index));
        return NULL;
    }
    return k;
}

static struct kf_node *time_arg(lua_State *L, int index, struct kf_pos pos, const char *word)
{
    if (kf_word_poisoned(L, index))
        return NULL;
    const struct kf_word *u = kf_word_at(L, index);
    if (kf_word_is(u, KF_WORD_NODE)) {
        kf_word_use(L, u);
        if (u->node->cls == KF_CLASS_EXPR ||
            (u->node->op == KF_K &&
             (u->node->value.type == KF_K_DATE || u->node->value.type == KF_K_INSTANT)))
            return u->node;
    }
    kf_word_report(
        kf_words_of(L), KF_CODE_ARGUMENT, pos,
        "write date \"2026-03-01\", instant \"...\" or a time that is asked (:first_time())",
        "%s takes a time, not %s", word, kf_word_what(L, index));
    return NULL;
}

static bool one_of(const char *s, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(s, *words) == 0)
            return true;
    return false;
}

static bool is_clock(const char *s)
{
    return strlen(s) == 5 && s[2] == ':' && s[0] >= '0' && s[0] <= '2' && s[1] >= '0' &&
           s[1] <= '9' && s[3] >= '0' && s[3] <= '5' && s[4] >= '0' && s[4] <= '9' &&
           (s[0] - '0') * 10 + (s[1] - '0') < 24;
}

/* Up to two arguments beginning at `at`. */
static int simple_kids(lua_State *L, const struct test_row *r, int at, struct kf_pos pos,
                       const char *word, struct kf_node *kid[2])
{
    struct kf_words *w = kf_words_of(L);
    const char *s;
    switch (r->shape) {
    case ONE:
        kid[0] = value_arg(L, at, pos, word);
        return kid[0] ? 1 : -1;
    case ORDER:
        kid[0] = ordered_arg(L, at, pos, word);
        return kid[0] ? 1 : -1;
    case TWO:
        kid[0] = ordered_arg(L, at, pos, word);
        kid[1] = kid[0] ? ordered_arg(L, at + 1, pos, word) : NULL;
        return kid[1] ? 2 : -1;
    case TEXT:
        kid[0] = value_arg(L, at, pos, word);
        if (kid[0] && kid[0]->op == KF_K && kid[0]->value.type != KF_K_TEXT) {
            kf_word_report(w, KF_CODE_ARGUMENT, pos, NULL, "%s takes a text, not %s", word,
                           kf_word_what(L, at));
            return -1;
        }
        return kid[0] ? 1 : -1;
    case GLOB:
        s = kf_word_text(L, at, pos, word);
        kid[0] = s ? &kf_build_text(w, pos, kf_cstr(s))->n : NULL;
        return kid[0] ? 1 : -1;
    case TIME:
        kid[0] = time_arg(L, at, pos, word);
        return kid[0] ? 1 : -1;
    case LENGTH:
        kid[0] = kf_word_length(L, at, pos, word);
        return kid[0] ? 1 : -1;
    case CLOCK:
        for (int i = 0; i < 2; i++) {
            s = kf_word_text(L, at + i, pos, word);
            if (s && !is_clock(s))
                kf_word_report(w, KF_CODE_TIME, pos, "write at_hours(\"22:00\", \"06:00\")",
                               "'%.40s' is no time of day", s);
            if (!s || !is_clock(s))
                return -1;
            kid[i] = &kf_build_text(w, pos, kf_cstr(s))->n;
        }
        return 2;
    default:
        return 0;
    }
}

/* is_one_of { ... }: the elements; also on_weekday. */
static bool many_kids(lua_State *L, struct kf_build *b, int at, struct kf_pos pos, uint32_t token,
                      const char *word)
{
    lua_Integer n;
    if (lua_type(L, at) != LUA_TTABLE) {
        struct kf_node *k = value_arg(L, at, pos, word);
        return k && kf_build_kids(L, b, &k, 1);
    }
    if (!kf_word_list(L, at, pos, token, word, &n))
        return false;
    if (n == 0) {
        kf_word_report(kf_words_of(L), KF_CODE_EMPTY, pos, NULL, "%s takes at least one value",
                       word);
        return false;
    }
    struct kf_node **kid = kf_word_kids(L, n);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, at, i);
        kid[i - 1] = value_arg(L, lua_gettop(L), pos, word);
        lua_pop(L, 1);
        if (!kid[i - 1])
            return false;
    }
    return kf_build_kids(L, b, kid, (uint32_t)n);
}

static bool weekday_kids(lua_State *L, struct kf_build *b, int at, struct kf_pos pos,
                         const char *word)
{
    static const char *const days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday",    NULL};
    struct kf_node *list = kf_word_texts(L, at, pos, word, true);
    if (!list)
        return false;
    for (uint32_t i = 0; i < list->kids; i++) {
        const char *day = list->kid[i]->value.text.p;
        if (one_of(day, days))
            continue;
        const char *near = kf_str_suggest(day, days, 7);
        char help[60];
        snprintf(help, sizeof help, "did you mean '%s'?", near ? near : "");
        kf_word_report(kf_words_of(L), KF_CODE_UNKNOWN_CHOICE, pos,
                       near ? help : "monday ... sunday", "'%.40s' is no weekday", day);
        return false;
    }
    return kf_build_kids(L, b, list->kid, list->kids);
}

static bool month_kids(lua_State *L, struct kf_build *b, int at, struct kf_pos pos,
                       const char *word)
{
    struct kf_words *w = kf_words_of(L);
    struct kf_node *k = kf_word_const(L, at, pos);
    bool fine = k && k->value.type == KF_K_TEXT &&
                (strcmp(k->value.text.p, "this") == 0 || strcmp(k->value.text.p, "next") == 0);
    fine |= k && k->value.type == KF_K_NUMBER && k->value.number.scale == 0 &&
            k->value.number.m >= 1 && k->value.number.m <= 12;
    if (!fine && !kf_word_poisoned(L, at))
        kf_word_report(w, KF_CODE_ARGUMENT, pos,
                       "write in_month \"this\", in_month \"next\" or in_month(3)",
                       "%s takes \"this\", \"next\" or 1 to 12, not %s", word, kf_word_what(L, at));
    return fine && kf_build_kids(L, b, &k, 1);
}

/* The test that `word` makes of the arguments from `at`; NULL: reported. */
static struct kf_build *make_test(lua_State *L, const struct kf_word_def *def, int at,
                                  struct kf_pos pos, uint32_t token)
{
    const struct test_row *r = &tests[def->arg];
    struct kf_words *w = kf_words_of(L);
    struct kf_build *b = kf_build_new(w, r->op, pos, NULL);
    bool fine = true;
    struct kf_node *kid[2] = {NULL, NULL};
    int n, most = r->shape == NONE ? 0 : r->shape == TWO || r->shape == CLOCK ? 2 : 1;
    if (lua_gettop(L) >= at + most && !lua_isnil(L, at + most)) {
        kf_word_report(w, KF_CODE_ARGUMENT, pos,
                       r->shape == ONE    ? "of several values: is_one_of { ... }"
                       : r->shape == MANY ? "several values stand in braces: { \"a\", \"b\" }"
                                          : NULL,
                       most == 0   ? "%s takes nothing between its brackets"
                       : most == 1 ? "%s takes one value"
                                   : "%s takes two values",
                       def->name);
        return NULL;
    }
    switch (r->shape) {
    case MANY:
        fine = many_kids(L, b, at, pos, token, def->name);
        break;
    case WEEKDAY:
        fine = weekday_kids(L, b, at, pos, def->name);
        break;
    case MONTH:
        fine = month_kids(L, b, at, pos, def->name);
        break;
    case LIST: {
        const char *s = kf_word_text(L, at, pos, def->name);
        b->n.name = kf_cstr(s);
        fine = s != NULL;
        break;
    }
    default:
        n = simple_kids(L, r, at, pos, def->name, kid);
        fine = n >= 0 && kf_build_kids(L, b, kid, (uint32_t)n);
    }
    return fine ? b : NULL;
}

static struct kf_str text_at(lua_State *L, int index)
{
    struct kf_str s = {NULL, 0};
    if (lua_type(L, index) == LUA_TSTRING)
        s.p = lua_tolstring(L, index, &s.n);
    return s;
}

/* at_least(3), alone inside where */
static int word_test(lua_State *L, const struct kf_word_def *def)
{
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, false, text_at(L, 1), &token);
    struct kf_build *b = make_test(L, def, 1, pos, token);
    return b ? kf_word_push(L, b, token, (enum kf_kind)0, NULL) : kf_word_poison(L);
}

static struct kf_build *test_of(lua_State *L, struct kf_node *expr, struct kf_node *test,
                                struct kf_pos pos)
{
    struct kf_build *b = kf_build_new(kf_words_of(L), KF_C_TEST, pos, NULL);
    struct kf_node *kid[2] = {expr, test};
    return kf_build_kids(L, b, kid, 2) ? b : NULL;
}

/* fraud "x":is("reject") */
static int fraud_test(lua_State *L, const struct kf_word_def *def, struct kf_node *fraud,
                      struct kf_pos pos, uint32_t token)
{
    struct kf_words *w = kf_words_of(L);
    enum kf_op op = tests[def->arg].op;
    struct kf_build *t = make_test(L, def, 2, pos, token);
    if (!t)
        return kf_word_poison(L);
    if (op != KF_T_IS && op != KF_T_IS_NOT && op != KF_T_ONE_OF && op != KF_T_NONE_OF)
        return kf_word_fail(L, KF_CODE_UNKNOWN_METHOD, pos, "write fraud \"x\":is(\"reject\")",
                            "a verdict is asked with is, is_not, is_one_of or is_none_of");
    struct kf_node **kid = kf_word_kids(L, t->n.kids);
    for (uint32_t i = 0; i < t->n.kids; i++) {
        const struct kf_node *v = t->n.kid[i];
        if (v->op != KF_K || v->value.type != KF_K_TEXT ||
            (strcmp(v->value.text.p, "reject") && strcmp(v->value.text.p, "suspicious")))
            return kf_word_fail(L, KF_CODE_UNKNOWN_CHOICE, pos,
                                "write \"reject\" or \"suspicious\"",
                                "a fraud verdict is \"reject\" or \"suspicious\"");
        struct kf_build *f = kf_build_new(w, KF_C_FRAUD, fraud->pos, fraud->name.p);
        f->n.value = v->value;
        kid[i] = &f->n;
    }
    bool negative = op == KF_T_IS_NOT || op == KF_T_NONE_OF;
    if (t->n.kids == 1 && !negative)
        return kf_word_push(L, (struct kf_build *)(void *)kid[0], token, (enum kf_kind)0, NULL);
    struct kf_build *b = kf_build_new(w, negative ? KF_C_NONE : KF_C_ANY, pos, NULL);
    if (!kf_build_kids(L, b, kid, t->n.kids))
        return kf_word_poison(L);
    return kf_word_push(L, b, token, (enum kf_kind)0, NULL);
}

/* trait "x":at_least(3) */
static int method_test(lua_State *L, const struct kf_word_def *def)
{
    struct kf_word *u = kf_word_at(L, 1);
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, true, text_at(L, 2), &token);
    struct kf_node *expr = u->node;
    if (expr->op == KF_C_FRAUD)
        return fraud_test(L, def, expr, pos, token);
    struct kf_build *t = make_test(L, def, 2, pos, token);
    if (!t)
        return kf_word_poison(L);
    /* A state of consent has no time; its newest statement has one. */
    enum shape shape = tests[def->arg].shape;
    if (expr->op == KF_E_CONSENT && (shape == TIME || shape == LENGTH)) {
        struct kf_build *c =
            kf_build_new(kf_words_of(L), KF_E_CONSENT_TIME, expr->pos, expr->name.p);
        if (!kf_build_kids(L, c, expr->kid, expr->kids))
            return kf_word_poison(L);
        expr = &c->n;
    }
    /* The chain begins where what is asked begins; that is the place to show. */
    struct kf_build *b = test_of(L, expr, &t->n, expr->pos);
    return b ? kf_word_push(L, b, token, (enum kf_kind)0, NULL) : kf_word_poison(L);
}

/* The same tree with every text test folding case; NULL: none that could. */
static struct kf_node *folded(lua_State *L, struct kf_node *n)
{
    struct kf_words *w = kf_words_of(L);
    struct kf_build *b;
    if (n->cls == KF_CLASS_TEST && is_text_test(n->op)) {
        b = kf_build_new(w, (enum kf_op)n->op, n->pos, n->name.p);
        b->n.flags = KF_NODE_IGNORE_CASE;
        b->n.value = n->value;
        return kf_build_kids(L, b, n->kid, n->kids) ? &b->n : NULL;
    }
    if (n->op == KF_C_TEST) {
        struct kf_node *t = folded(L, n->kid[1]);
        struct kf_build *c = t ? test_of(L, n->kid[0], t, n->pos) : NULL;
        return c ? &c->n : NULL;
    }
    return NULL;
}

static int method_ignoring_case(lua_State *L, const struct kf_word_def *def)
{
    struct kf_word *u = kf_word_at(L, 1);
    uint32_t token;
    struct kf_pos pos = kf_word_pos(L, def->name, true, kf_str(NULL, 0), &token);
    struct kf_node *n = folded(L, u->node);
    if (!n)
        return kf_word_fail(L, KF_CODE_UNKNOWN_METHOD, pos, NULL,
                            ":ignoring_case() stands after a text test, not after %s",
                            kf_word_what(L, 1));
    return kf_word_push(L, (struct kf_build *)(void *)n, token, (enum kf_kind)0, NULL);
}

struct kf_node *kf_bind_test(lua_State *L, struct kf_node *test, struct kf_node *expr,
                             struct kf_pos pos)
{
    if (test->op != KF_C_ALL && test->op != KF_C_ANY && test->op != KF_C_NONE) {
        struct kf_build *b = test_of(L, expr, test, pos);
        return b ? &b->n : NULL;
    }
    struct kf_node **kid = kf_word_kids(L, test->kids);
    for (uint32_t i = 0; i < test->kids; i++) {
        kid[i] = kf_bind_test(L, test->kid[i], expr, pos);
        if (!kid[i])
            return NULL;
    }
    struct kf_build *b = kf_build_new(kf_words_of(L), (enum kf_op)test->op, test->pos, NULL);
    return kf_build_kids(L, b, kid, test->kids) ? &b->n : NULL;
}

/* ---- where { path = test } ---- */

static int name_cmp(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *const touch_fields[] = {
    "kind",     "source",    "medium",   "campaign", "term",   "content", "ad_group",
    "creative", "placement", "click_id", "referrer", "direct", "channel"};

static bool check_touch_field(struct kf_words *w, const char *name, struct kf_pos pos)
{
    const size_t n = sizeof touch_fields / sizeof *touch_fields;
    for (size_t i = 0; i < n; i++)
        if (strcmp(name, touch_fields[i]) == 0)
            return true;
    const char *near = kf_str_suggest(name, touch_fields, n);
    char help[80];
    snprintf(help, sizeof help, "did you mean '%s'?", near ? near : "");
    kf_word_report(w, KF_CODE_UNKNOWN_FIELD, pos,
                   near ? help : "kind, source, medium, campaign, channel, direct, referrer ...",
                   "a touch has no field '%.60s'", name);
    return false;
}

/* One setting of where: value on top of the stack. */
static struct kf_node *where_one(lua_State *L, const char *name, struct kf_pos pos, enum kf_op over)
{
    struct kf_words *w = kf_words_of(L);
    const char *path = over == KF_E_TOUCH    ? name
                       : over == KF_C_MEMBER ? "event.group_id"
                                             : kf_word_path(w, name);
    int top = lua_gettop(L);
    if (kf_word_poisoned(L, top) || (over == KF_E_TOUCH && !check_touch_field(w, name, pos)))
        return NULL;
    struct kf_node *expr =
        &kf_build_new(w, over == KF_E_TOUCH ? KF_E_TOUCH : KF_E_PROPERTY, pos, path)->n;
    const struct kf_word *u = kf_word_at(L, top);
    if (kf_word_is(u, KF_WORD_NODE) && u->node->cls == KF_CLASS_TEST) {
        kf_word_use(L, u);
        return kf_bind_test(L, u->node, expr, pos);
    }
    struct kf_node *v = value_arg(L, top, pos, name);
    if (!v)
        return NULL;
    struct kf_build *is = kf_build_new(w, KF_T_IS, pos, NULL);
    if (!kf_build_kids(L, is, &v, 1))
        return NULL;
    struct kf_build *b = test_of(L, expr, &is->n, pos);
    return b ? &b->n : NULL;
}

static struct kf_pos entry_pos(struct kf_words *w, struct kf_pos pos, uint32_t token,
                               const char *name)
{
    for (uint32_t i = 0; token != KF_LEX_NONE && i < w->n_file; i++) {
        const struct kf_lex *x = &w->file[i].lex;
        if (x->name != pos.file)
            continue;
        uint32_t e = kf_lex_find(x, kf_lex_argument(x, token), name, 0);
        if (e != KF_LEX_NONE) {
            pos.line = x->token[x->entry[e].key].line;
            pos.column = x->token[x->entry[e].key].column;
            if (x->token[x->entry[e].key].kind == KF_LEX_STRING)
                pos.column--;
        }
        break;
    }
    return pos;
}

/* For the value at the top. */
static const char *unnamed_help(lua_State *L)
{
    const struct kf_word *u = kf_word_at(L, -1);
    if (lua_type(L, -1) == LUA_TBOOLEAN)
        return "one = is enough: where { plan = \"pro\" }; an order is asked with at_least(3)";
    if (kf_word_is(u, KF_WORD_NODE) && u->node->cls != KF_CLASS_TEST)
        return "where asks the event's own properties; ask the person beside it: all { ... }";
    return "write where { coupon = exists() }";
}

bool kf_word_where(lua_State *L, int index, struct kf_pos pos, enum kf_op over, uint32_t token,
                   struct kf_node ***ret, uint32_t *ret_n)
{
    struct kf_words *w = kf_words_of(L);
    const char *what = over == KF_E_TOUCH ? "touch" : over == KF_C_MEMBER ? "member" : "where";
    if (lua_type(L, index) != LUA_TTABLE) {
        if (!kf_word_poisoned(L, index))
            kf_word_report(w, KF_CODE_ARGUMENT, pos, "write where { coupon = exists() }",
                           "%s takes a table of tests by name, not %s", what,
                           kf_word_what(L, index));
        return false;
    }
    uint32_t n = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        n++;
        if (lua_type(L, -2) != LUA_TSTRING) {
            kf_word_report(w, KF_CODE_ARGUMENT, pos, unnamed_help(L),
                           "%s takes tests by name; one of them has no name", what);
            lua_pop(L, 2);
            return false;
        }
    }
    kf_sandbox_charge(L, n);
    const char **name = (const char **)(void *)kf_word_kids(L, n);
    uint32_t at = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        size_t len;
        const char *s = lua_tolstring(L, -2, &len);
        name[at++] = kf_words_intern(w, kf_str(s, len));
    }
    if (n == 0)
        return *ret = NULL, *ret_n = 0, true;
    qsort(name, n, sizeof *name, name_cmp);
    struct kf_node **kid = kf_word_kids(L, n);
    bool fine = true;
    for (uint32_t i = 0; i < n; i++) {
        lua_getfield(L, index, name[i]);
        kid[i] = where_one(L, name[i], entry_pos(w, pos, token, name[i]), over);
        fine &= kid[i] != NULL;
        lua_pop(L, 1);
    }
    *ret = kid;
    *ret_n = n;
    return fine;
}

#define TEST_WORDS(fn)                                                                             \
    {"is", fn, 0}, {"is_not", fn, 1}, {"is_one_of", fn, 2}, {"is_none_of", fn, 3},                 \
        {"at_least", fn, 4}, {"at_most", fn, 5}, {"more_than", fn, 6}, {"less_than", fn, 7},       \
        {"between", fn, 8}, {"exists", fn, 9}, {"missing", fn, 10}, {"contains", fn, 11},          \
        {"starts_with", fn, 12}, {"ends_with", fn, 13}, {"matches", fn, 14}, {"in_list", fn, 15},  \
        {"before", fn, 16}, {"after", fn, 17}, {"since", fn, 18}, {"within", fn, 19},              \
        {"older_than", fn, 20}, {"within_next", fn, 21}, {"on_weekday", fn, 22},                   \
        {"in_month", fn, 23}, {"at_hours", fn, 24},                                                \
    {                                                                                              \
        "anniversary", fn, 25                                                                      \
    }

const struct kf_word_def kf_words_test[] = {TEST_WORDS(word_test), {NULL, NULL, 0}};

const struct kf_word_def kf_methods_expr[] = {
    TEST_WORDS(method_test),
    {"count", kf_method_count, 0},
    {"last_changed", kf_method_of_trait, KF_E_TRAIT_CHANGED},
    {"previous", kf_method_of_trait, KF_E_TRAIT_PREVIOUS},
    {"for_contact", kf_method_for_contact, 0},
    {"band", kf_method_band, 0},
    {NULL, NULL, 0}};

const struct kf_word_def kf_methods_test[] = {{"ignoring_case", method_ignoring_case, 0},
                                              {NULL, NULL, 0}};
