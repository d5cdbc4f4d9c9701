/* Types: what is asked has one where it is declared or follows from the word; the test must go with
 * it. */
#include <stdlib.h>

#include "lua/check.h"

enum type {
    T_UNKNOWN,
    T_NUMBER,
    T_MONEY,
    T_TEXT,
    T_BOOL,
    T_TIME,
    T_DATE,
    T_LENGTH,
    T_LIST,
    T_VERSION
};

static const char *const type_names[] = {"something",     "a number", "money",  "text",
                                         "true or false", "a time",   "a date", "a length of time",
                                         "a list",        "a version"};

static bool is_money(const struct kf_check *c, struct kf_str path)
{
    static const char *const usual[] = {"revenue",  "total", "subtotal", "price",
                                        "shipping", "tax",   "discount", "refund"};
    const char *root = "properties.";
    if (path.n <= strlen(root) || memcmp(path.p, root, strlen(root)) != 0)
        return false;
    struct kf_str name = kf_str(path.p + strlen(root), path.n - strlen(root));
    for (size_t i = name.n; i > 0; i--)
        if (name.p[i - 1] == '.') { /* of an item: products.price */
            name = kf_str(name.p + i, name.n - i);
            break;
        }
    if (c->config && c->config->n_money)
        return kf_config_is_money(c->config, name);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (kf_str_eq(name, kf_cstr(usual[i])))
            return true;
    return false;
}

static enum type type_of(const struct kf_check *c, const struct kf_node *n, int depth);

static enum type type_of_trait(const struct kf_check *c, const struct kf_node *n, int depth)
{
    static const struct {
        const char *name;
        enum type type;
    } types[] = {{"text", T_TEXT}, {"number", T_NUMBER},  {"boolean", T_BOOL},
                 {"date", T_DATE}, {"time", T_TIME},      {"money", T_MONEY},
                 {"list", T_LIST}, {"version", T_VERSION}};
    const struct kf_rule *computed = kf_rules_find(c->s, KF_KIND_COMPUTED, n->name.p);
    if (computed)
        return depth < 20 ? type_of(c, kf_rule_get(computed, "is"), depth + 1) : T_UNKNOWN;
    const struct kf_rule *trait = kf_rules_find(c->s, KF_KIND_TRAIT, n->name.p);
    const char *name = trait ? kf_rule_text(trait, "type", "text") : "";
    if (trait && strcmp(kf_rule_text(trait, "keep", "newest"), "set") == 0)
        return T_LIST;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    return T_UNKNOWN;
}

static enum type type_of(const struct kf_check *c, const struct kf_node *n, int depth)
{
    switch (n->op) {
    case KF_E_COUNT:
    case KF_E_DAYS:
    case KF_E_PROFILES:
    case KF_E_DISTINCT:
    case KF_E_IDENTIFIER_COUNT:
    case KF_E_MEMBERS:
    case KF_E_DAYS_SINCE:
    case KF_E_TRAVEL_SPEED:
    case KF_E_RATIO:
    case KF_E_SCORE:
    case KF_E_CUSTOM:
        return T_NUMBER;
    case KF_E_SUM:
    case KF_E_AVERAGE:
        return is_money(c, n->kid[1]->name) ? T_MONEY : T_NUMBER;
    case KF_E_MIN:
    case KF_E_MAX:
    case KF_E_FIRST:
    case KF_E_LAST:
    case KF_E_MOST_FREQUENT:
        return is_money(c, n->kid[1]->name) ? T_MONEY : T_UNKNOWN;
    case KF_E_FIRST_TIME:
    case KF_E_LAST_TIME:
    case KF_E_CONSENT_TIME:
    case KF_E_TRAIT_CHANGED:
        return T_TIME;
    case KF_E_TIME_BETWEEN:
        return T_LENGTH;
    case KF_E_DIFFERENCE:
    case KF_E_TOTAL:
        return type_of(c, n->kid[0], depth);
    case KF_E_BUCKET:
    case KF_E_SCORE_BAND:
    case KF_E_CONSENT:
    case KF_E_IDENTIFIER:
        return T_TEXT;
    case KF_E_TOUCH:
        return kf_str_eq(n->name, kf_cstr("direct")) ? T_BOOL : T_TEXT;
    case KF_E_TRAIT:
    case KF_E_TRAIT_PREVIOUS:
        return type_of_trait(c, n, depth);
    case KF_E_PROPERTY:
        if (kf_str_eq(n->name, kf_cstr("event.time")) ||
            kf_str_eq(n->name, kf_cstr("event.received_at")))
            return T_TIME;
        return is_money(c, n->name) ? T_MONEY : T_UNKNOWN;
    default:
        return T_UNKNOWN;
    }
}

static enum type type_of_const(const struct kf_node *k)
{
    switch (k->op == KF_K ? k->value.type : KF_K_NONE) {
    case KF_K_BOOL:
        return T_BOOL;
    case KF_K_NUMBER:
        return T_NUMBER;
    case KF_K_TEXT:
        return T_TEXT;
    case KF_K_MONEY:
        return T_MONEY;
    case KF_K_LENGTH:
    case KF_K_MONTHS:
        return T_LENGTH;
    case KF_K_DATE:
        return T_DATE;
    case KF_K_INSTANT:
        return T_TIME;
    case KF_K_VERSION:
        return T_VERSION;
    case KF_K_NONE:
        break;
    }
    return T_UNKNOWN;
}

enum family { ANY_TEST, VALUE_TEST, ORDER_TEST, TEXT_TEST, TIME_TEST };

static enum family family_of(uint16_t op)
{
    switch (op) {
    case KF_T_IS:
    case KF_T_IS_NOT:
    case KF_T_ONE_OF:
    case KF_T_NONE_OF:
        return VALUE_TEST;
    case KF_T_AT_LEAST:
    case KF_T_AT_MOST:
    case KF_T_MORE:
    case KF_T_LESS:
    case KF_T_BETWEEN:
        return ORDER_TEST;
    case KF_T_STARTS:
    case KF_T_ENDS:
    case KF_T_MATCHES:
        return TEXT_TEST;
    case KF_T_BEFORE:
    case KF_T_AFTER:
    case KF_T_SINCE:
    case KF_T_WITHIN:
    case KF_T_OLDER:
    case KF_T_WITHIN_NEXT:
    case KF_T_ON_WEEKDAY:
    case KF_T_IN_MONTH:
    case KF_T_AT_HOURS:
    case KF_T_ANNIVERSARY:
        return TIME_TEST;
    default:
        return ANY_TEST;
    }
}

static bool is_time(enum type t)
{
    return t == T_TIME || t == T_DATE;
}

static const char *subject(struct kf_check *c, const struct kf_node *expr)
{
    struct kf_buf b = {0};
    kf_node_sentence(expr, &b);
    if (b.n > 160)
        b.n = 160;
    const char *p = kf_arena_strndup(&c->w->build, b.p, b.n);
    kf_buf_free(&b);
    return p;
}

/* Value against what is asked; false: reported. */
static bool check_value(struct kf_check *c, const struct kf_node *expr, enum type want,
                        const struct kf_node *k, struct kf_pos pos, bool order)
{
    enum type have = type_of_const(k);
    if (have == T_UNKNOWN || want == T_UNKNOWN || have == want ||
        (is_time(have) && is_time(want)) || want == T_LIST)
        return true;
    const char *what = subject(c, expr);
    if (want == T_MONEY && have == T_NUMBER)
        kf_word_report(c->w, KF_CODE_BARE_NUMBER, pos, "write money(300, \"EUR\")",
                       "%s is money, compared with a bare number", what);
    else if (have == T_MONEY && want == T_NUMBER)
        kf_word_report(c->w, KF_CODE_MONEY_TYPE, pos,
                       "compare with a number, or list the property under `money`",
                       "%s is a number, compared with money", what);
    else if (want == T_TEXT && have == T_VERSION)
        return true; /* a version is a text that is compared number by number */
    else if (want == T_TEXT && order)
        kf_word_report(c->w, KF_CODE_TEXT_ORDER, pos,
                       "declare its type, or name the values: is_one_of { ... }",
                       "%s is text: text has no order", what);
    else
        kf_word_report(c->w, KF_CODE_TYPE_MISMATCH, pos, NULL, "%s is %s, compared with %s", what,
                       type_names[want], type_names[have]);
    return false;
}

static void check_states(struct kf_check *c, const struct kf_node *expr, const struct kf_node *t)
{
    static const char *const states[] = {"granted", "denied", "conflict", "unknown"};
    if (expr->op != KF_E_CONSENT || family_of(t->op) != VALUE_TEST)
        return;
    for (uint32_t i = 0; i < t->kids; i++) {
        const struct kf_const *k = &t->kid[i]->value;
        bool known = t->kid[i]->op != KF_K || k->type != KF_K_TEXT;
        for (size_t s = 0; s < 4 && !known; s++)
            known = strcmp(states[s], k->text.p) == 0;
        if (!known) {
            const char *help = kf_check_suggest(c, k->text.p, states, 4);
            kf_word_report(c->w, KF_CODE_UNKNOWN_CHOICE, t->pos,
                           help ? help : "granted, denied, conflict or unknown",
                           "consent is never '%s'", k->text.p);
        }
    }
}

static void check_bands(struct kf_check *c, const struct kf_node *expr, const struct kf_node *t)
{
    const struct kf_rule *score =
        expr->op == KF_E_SCORE_BAND ? kf_rules_find(c->s, KF_KIND_SCORE, expr->name.p) : NULL;
    const struct kf_node *bands = score ? kf_rule_get(score, "bands") : NULL;
    if (!score)
        return;
    if (bands && bands->op == KF_T_MODEL && bands->kids)
        bands = bands->kid[0];
    const char *names[64];
    size_t n = 0;
    for (uint32_t i = 0; bands && i < bands->kids && n < 64; i++) {
        const struct kf_node *name = kf_map_get(bands->kid[i], "1");
        if (name)
            names[n++] = name->value.text.p;
    }
    for (uint32_t i = 0; i < t->kids; i++) {
        const char *want = kf_node_text(t->kid[i], 0);
        bool known = !want;
        for (size_t k = 0; k < n && !known; k++)
            known = strcmp(names[k], want) == 0;
        if (!known)
            kf_word_report(c->w, KF_CODE_UNKNOWN_BAND, t->pos, kf_check_suggest(c, want, names, n),
                           "score \"%s\" has no band '%s'", score->name, want);
    }
}

void kf_check_test(struct kf_check *c, const struct kf_node *cond)
{
    const struct kf_node *expr = cond->kid[0], *t = cond->kid[1];
    enum type want = type_of(c, expr, 0);
    enum family f = family_of(t->op);
    check_states(c, expr, t);
    check_bands(c, expr, t);
    if (want == T_UNKNOWN)
        return;
    if (f == TIME_TEST && !is_time(want) && want != T_TEXT && want != T_LIST)
        kf_word_report(c->w, KF_CODE_TYPE_MISMATCH, t->pos, NULL, "%s is %s; '%s' tests times",
                       subject(c, expr), type_names[want], kf_op_word(t->op));
    else if (f == TIME_TEST && want == T_TEXT)
        kf_word_report(c->w, KF_CODE_TYPE_MISMATCH, t->pos,
                       expr->op == KF_E_TRAIT ? "declare it: type = \"date\" or type = \"time\""
                                              : NULL,
                       "%s is text; '%s' tests times", subject(c, expr), kf_op_word(t->op));
    else if (f == TEXT_TEST && want != T_TEXT && want != T_LIST && want != T_VERSION)
        kf_word_report(c->w, KF_CODE_TYPE_MISMATCH, t->pos, NULL, "%s is %s; '%s' tests text",
                       subject(c, expr), type_names[want], kf_op_word(t->op));
    else if (f == VALUE_TEST || f == ORDER_TEST)
        for (uint32_t i = 0; i < t->kids; i++)
            if (!check_value(c, expr, want, t->kid[i], t->pos, f == ORDER_TEST))
                break;
}

void kf_check_bucket(struct kf_check *c, const struct kf_node *n)
{
    enum type want = type_of(c, n->kid[0], 0);
    for (uint32_t i = 2; i < n->kids; i += 2)
        if (!check_value(c, n->kid[0], want, n->kid[i], n->pos, true))
            break;
}
