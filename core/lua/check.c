/* Names against what is declared, and words against the place they stand in. */
#include <stdlib.h>

#include "lua/check.h"

#define MAX_NAMES 512

const char *kf_check_suggest(struct kf_check *c, const char *word, const char *const *names,
                             size_t n)
{
    const char *near = n ? kf_str_suggest(word, names, n) : NULL;
    return near ? kf_arena_printf(&c->w->build, "did you mean '%s'?", near) : NULL;
}

bool kf_check_defined(const struct kf_check *c, enum kf_kind kind, const char *name)
{
    for (size_t i = 0; i < c->w->rule.n; i++)
        if (c->w->rule.p[i].kind == kind && strcmp(c->w->rule.p[i].name, name) == 0)
            return true;
    return false;
}

static size_t names_of(const struct kf_check *c, enum kf_kind kind, const char **out, size_t n)
{
    for (size_t i = 0; i < c->w->rule.n && n < MAX_NAMES; i++)
        if (c->w->rule.p[i].kind == kind)
            out[n++] = c->w->rule.p[i].name;
    return n;
}

/* A rule that is asked for; false: reported. */
static bool check_rule(struct kf_check *c, enum kf_kind kind, const char *name, struct kf_pos pos)
{
    if (kf_check_defined(c, kind, name))
        return true;
    const char *names[MAX_NAMES];
    size_t n = names_of(c, kind, names, 0);
    kf_word_report(c->w, kind == KF_KIND_CHANNEL ? KF_CODE_UNKNOWN_CHANNEL : KF_CODE_UNKNOWN_RULE,
                   pos, kf_check_suggest(c, name, names, n), "unknown %s '%s'", kf_kind_name(kind),
                   name);
    return false;
}

static void check_trait(struct kf_check *c, const char *name, struct kf_pos pos)
{
    if (kf_check_defined(c, KF_KIND_TRAIT, name) || kf_check_defined(c, KF_KIND_COMPUTED, name))
        return;
    const char *names[MAX_NAMES];
    size_t n = names_of(c, KF_KIND_TRAIT, names, 0);
    n = names_of(c, KF_KIND_COMPUTED, names, n);
    const char *help = kf_check_suggest(c, name, names, n);
    if (help)
        kf_word_report(c->w, KF_CODE_UNKNOWN_TRAIT, pos, help, "unknown trait '%s'", name);
    else
        kf_word_report(c->w, KF_CODE_UNDECLARED_TRAIT, pos, NULL,
                       "trait '%s' is declared nowhere: it is read as traits.%s, newest", name,
                       name);
}

static void check_list(struct kf_check *c, const char *name, struct kf_pos pos)
{
    if (!c->config || kf_config_find_list(c->config, name))
        return;
    const char *names[MAX_NAMES];
    size_t n = 0;
    for (uint32_t i = 0; i < c->config->n_list && n < MAX_NAMES; i++)
        names[n++] = c->config->list[i].name;
    kf_word_report(c->w, KF_CODE_UNKNOWN_LIST, pos, kf_check_suggest(c, name, names, n),
                   "kinfold.yaml has no list '%s'", name);
}

static const struct kf_node *identifiers(const struct kf_check *c)
{
    for (size_t i = 0; i < c->w->rule.n; i++)
        if (c->w->rule.p[i].kind == KF_KIND_IDENTIFIERS && c->w->rule.p[i].body)
            return &c->w->rule.p[i].body->n;
    return NULL;
}

static void check_namespace(struct kf_check *c, const char *name, struct kf_pos pos)
{
    const struct kf_node *ids = identifiers(c);
    if (!ids || kf_map_get(ids, name))
        return;
    kf_word_report(c->w, KF_CODE_UNKNOWN_NAMESPACE, pos,
                   kf_check_suggest(c, name, ids->key, ids->kids), "unknown identifier '%s'", name);
}

static bool any_rule(const struct kf_check *c, enum kf_kind kind)
{
    const char *names[MAX_NAMES];
    return names_of(c, kind, names, 0) > 0;
}

static void check_purpose(struct kf_check *c, const char *name, struct kf_pos pos)
{
    if (!any_rule(c, KF_KIND_CONSENT) || kf_check_defined(c, KF_KIND_CONSENT, name))
        return;
    const char *names[MAX_NAMES];
    size_t n = names_of(c, KF_KIND_CONSENT, names, 0), before = c->w->diagnostic.n;
    const char *help = kf_check_suggest(c, name, names, n);
    kf_word_report(c->w, KF_CODE_UNKNOWN_PURPOSE, pos, help,
                   "no consent rule defines '%s': only consent events say it", name);
    if (help && c->w->diagnostic.n > before) /* a slip would let nobody pass */
        c->w->diagnostic.p[before].severity = KF_SEV_WARNING;
}

static void check_source(struct kf_check *c, const char *name, struct kf_pos pos)
{
    if (!c->config || c->config->n_source == 0)
        return;
    const char *names[MAX_NAMES];
    size_t n = 0;
    for (uint32_t i = 0; i < c->config->n_source && n < MAX_NAMES; i++) {
        if (strcmp(c->config->source[i].name, name) == 0)
            return;
        names[n++] = c->config->source[i].name;
    }
    kf_word_report(c->w, KF_CODE_UNKNOWN_SOURCE, pos, kf_check_suggest(c, name, names, n),
                   "kinfold.yaml has no source '%s'", name);
}

static void check_flag(struct kf_check *c, const char *name, struct kf_pos pos)
{
    if (kf_check_defined(c, KF_KIND_FLAG, name))
        return; /* else a mark that a source sets, unless it looks like a slip */
    const char *names[MAX_NAMES];
    size_t n = names_of(c, KF_KIND_FLAG, names, 0);
    const char *help = kf_check_suggest(c, name, names, n);
    if (help)
        kf_word_report(c->w, KF_CODE_UNKNOWN_RULE, pos, help, "unknown flag '%s'", name);
}

/* ---- where a word may stand ---- */

/* Flags and consent are read off single events, then identity, then fraud, then all else. */
static int stage_of(enum kf_kind kind)
{
    switch (kind) {
    case KF_KIND_FLAG:
    case KF_KIND_CONSENT:
        return 1;
    case KF_KIND_LINK:
    case KF_KIND_NEVER_LINK:
    case KF_KIND_TRANSFER:
        return 2;
    case KF_KIND_FRAUD:
        return 3;
    default:
        return 4;
    }
}

static int stage_of_node(uint16_t op)
{
    switch (op) {
    case KF_C_FRAUD:
        return 3;
    case KF_C_CUSTOM:
    case KF_E_CUSTOM:
    case KF_C_HOLDOUT:
        return 3; /* a custom rule may look at one event; what it reads is checked with it */
    case KF_C_SEGMENT:
    case KF_C_SUPPRESS:
    case KF_C_CHANNEL:
    case KF_C_MEMBER:
    case KF_E_MEMBERS:
    case KF_E_TRAIT:
    case KF_E_TRAIT_CHANGED:
    case KF_E_TRAIT_PREVIOUS:
    case KF_E_ACCOUNT_TRAIT:
    case KF_E_SCORE:
    case KF_E_SCORE_BAND:
        return 4;
    default:
        return 0;
    }
}

static bool looks_at_one(enum kf_kind kind)
{
    return kind == KF_KIND_FLAG || kind == KF_KIND_CONSENT || kind == KF_KIND_LINK ||
           kind == KF_KIND_NEVER_LINK || kind == KF_KIND_TRANSFER || kind == KF_KIND_EXPECT ||
           kind == KF_KIND_CHANNEL_GROUP || kind == KF_KIND_ATTRIBUTION;
}

static bool is_window(const struct kf_node *n)
{
    if (n->cls == KF_CLASS_FILTER)
        return n->op != KF_F_WHERE && n->op != KF_F_FROM_SOURCE && n->op != KF_F_ON &&
               n->op != KF_F_WITH_SAME;
    return (n->cls == KF_CLASS_EXPR && n->kids && n->kid[0]->cls == KF_CLASS_SELECT) ||
           n->op == KF_C_SEQUENCE;
}

static void check_place(struct kf_check *c, const struct kf_node *n)
{
    const struct kf_rule *r = c->rule;
    const char *kind = kf_kind_name(r->kind);
    if (stage_of_node(n->op) > stage_of(r->kind))
        kf_word_report(c->w, KF_CODE_STAGE, n->pos,
                       "ask about the event itself: property, identifier, event, flag",
                       "%s \"%s\" asks for %s, which is decided later", kind, r->name,
                       kf_op_word(n->op));
    if (looks_at_one(r->kind) && is_window(n))
        kf_word_report(c->w, KF_CODE_LOOKS_AT_ONE, n->pos,
                       "only where, from_source and on narrow the event looked at",
                       "%s looks at one event: '%s' has nothing to look back at", kind,
                       kf_op_word(n->op));
    if (r->kind != KF_KIND_FRAUD && (n->op == KF_F_WITH_SAME || n->op == KF_E_PROFILES))
        kf_word_report(c->w, KF_CODE_FRAUD_ONLY, n->pos,
                       "put it into a fraud rule and ask for that", "only fraud may use '%s'",
                       kf_op_word(n->op));
}

/* ---- the walk ---- */

static void check_custom(struct kf_check *c, const struct kf_node *n)
{
    const struct kf_rule *r = kf_rules_find(c->s, KF_KIND_CUSTOM, n->name.p);
    if (!check_rule(c, KF_KIND_CUSTOM, n->name.p, n->pos) || !r)
        return;
    bool number = strcmp(kf_rule_text(r, "returns", "condition"), "number") == 0;
    if (number && n->op == KF_C_CUSTOM)
        kf_word_report(c->w, KF_CODE_RETURNS, n->pos, "add a test, as :at_least(3)",
                       "custom \"%s\" returns a number and is asked as a condition", r->name);
    if (!number && n->op == KF_E_CUSTOM)
        kf_word_report(c->w, KF_CODE_RETURNS, n->pos, "ask without a test",
                       "custom \"%s\" returns a condition and is asked as a number", r->name);
}

static void check_node(struct kf_check *c, const struct kf_node *n)
{
    static const struct {
        uint16_t op;
        enum kf_kind kind;
    } asks[] = {{KF_C_SEGMENT, KF_KIND_SEGMENT}, {KF_C_SUPPRESS, KF_KIND_SUPPRESS},
                {KF_C_CHANNEL, KF_KIND_CHANNEL}, {KF_C_FRAUD, KF_KIND_FRAUD},
                {KF_E_SCORE, KF_KIND_SCORE},     {KF_E_SCORE_BAND, KF_KIND_SCORE}};
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++)
        if (asks[i].op == n->op)
            check_rule(c, asks[i].kind, n->name.p, n->pos);
    switch (n->op) {
    case KF_C_CUSTOM:
    case KF_E_CUSTOM:
        check_custom(c, n);
        break;
    case KF_C_FLAG:
        check_flag(c, n->name.p, n->pos);
        break;
    case KF_E_TRAIT:
    case KF_E_TRAIT_CHANGED:
    case KF_E_TRAIT_PREVIOUS:
        check_trait(c, n->name.p, n->pos);
        break;
    case KF_E_IDENTIFIER:
    case KF_E_IDENTIFIER_COUNT:
        check_namespace(c, n->name.p, n->pos);
        break;
    case KF_E_CONSENT:
    case KF_E_CONSENT_TIME:
        check_purpose(c, n->name.p, n->pos);
        for (uint32_t i = 0; i < n->kids; i++)
            check_namespace(c, n->kid[i]->value.text.p, n->kid[i]->pos);
        break;
    case KF_T_IN_LIST:
        check_list(c, n->name.p, n->pos);
        break;
    case KF_F_FROM_SOURCE:
        for (uint32_t i = 0; i < n->kids; i++)
            check_source(c, n->kid[i]->value.text.p, n->pos);
        break;
    case KF_C_TEST:
        kf_check_test(c, n);
        break;
    case KF_E_BUCKET:
        kf_check_bucket(c, n);
        break;
    default:
        break;
    }
    check_place(c, n);
    for (uint32_t i = 0; i < n->kids; i++)
        check_node(c, n->kid[i]);
}

/* ---- settings that are names ---- */

typedef void check_name(struct kf_check *c, const char *name, struct kf_pos pos);

static void check_channel(struct kf_check *c, const char *name, struct kf_pos pos)
{
    if (strcmp(name, "everything") != 0 && any_rule(c, KF_KIND_CHANNEL))
        check_rule(c, KF_KIND_CHANNEL, name, pos);
}

static void check_segment(struct kf_check *c, const char *name, struct kf_pos pos)
{
    check_rule(c, KF_KIND_SEGMENT, name, pos);
}

static void check_suppression(struct kf_check *c, const char *name, struct kf_pos pos)
{
    check_rule(c, KF_KIND_SUPPRESS, name, pos);
}

static void check_group(struct kf_check *c, const char *name, struct kf_pos pos)
{
    if (strcmp(name, "default") != 0)
        check_rule(c, KF_KIND_CHANNEL_GROUP, name, pos);
}

static void check_field(struct kf_check *c, const char *name, struct kf_pos pos)
{
    if (!kf_check_defined(c, KF_KIND_SCORE, name))
        check_trait(c, name, pos);
}

static void check_destination(struct kf_check *c, const char *name, struct kf_pos pos)
{
    if (!c->config || c->config->n_destination == 0)
        return;
    const char *names[MAX_NAMES];
    size_t n = 0;
    for (uint32_t i = 0; i < c->config->n_destination && n < MAX_NAMES; i++) {
        if (strcmp(c->config->destination[i].name, name) == 0)
            return;
        names[n++] = c->config->destination[i].name;
    }
    kf_word_report(c->w, KF_CODE_UNKNOWN_DESTINATION, pos, kf_check_suggest(c, name, names, n),
                   "kinfold.yaml has no destination '%s'", name);
}

static const struct {
    enum kf_kind kind; /* 0: any */
    const char *key;
    check_name *check;
} names[] = {
    {(enum kf_kind)0, "requires_consent", check_purpose},
    {KF_KIND_LINK, "connect", check_namespace},
    {KF_KIND_NEVER_LINK, "separate", check_namespace},
    {KF_KIND_TRANSFER, "identifier", check_namespace},
    {KF_KIND_TRANSFER, "to", check_namespace},
    {KF_KIND_CONSENT, "contact", check_namespace},
    {KF_KIND_CHANNEL, "contact", check_namespace},
    {KF_KIND_CHANNEL, "overrides", check_suppression},
    {KF_KIND_SUPPRESS, "per_contact", check_namespace},
    {KF_KIND_SUPPRESS, "blocks", check_channel},
    {KF_KIND_SUPPRESS, "list", check_list},
    {KF_KIND_EXPORT, "segment", check_segment},
    {KF_KIND_EXPORT, "channel", check_channel},
    {KF_KIND_EXPORT, "identifiers", check_namespace},
    {KF_KIND_EXPORT, "fields", check_field},
    {KF_KIND_EXPORT, "to", check_destination},
    {KF_KIND_EXPECT, "channels", check_channel},
    {KF_KIND_EXPECT, "flag", check_flag},
    {KF_KIND_ATTRIBUTION, "channels", check_group},
};

static void check_names(struct kf_check *c)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct kf_node *n = names[i].kind == 0 || names[i].kind == c->rule->kind
                                      ? kf_rule_get(c->rule, names[i].key)
                                      : NULL;
        if (!n)
            continue;
        const struct kf_node *one[1] = {n};
        const struct kf_node *const *kid =
            n->op == KF_T_LIST ? (const struct kf_node *const *)n->kid : one;
        for (uint32_t k = 0; k < (n->op == KF_T_LIST ? n->kids : 1); k++) {
            const struct kf_node *as = kid[k]->op == KF_T_MAP ? kf_map_get(kid[k], "as") : kid[k];
            if (as && as->op == KF_K && as->value.type == KF_K_TEXT)
                names[i].check(c, as->value.text.p, as->pos);
        }
    }
    if (c->rule->kind == KF_KIND_IGNORE_VALUES)
        for (uint32_t i = 0; i < c->rule->body->kids; i++)
            check_namespace(c, c->rule->body->key[i], c->rule->body->kid[i]->pos);
    const struct kf_node *keep =
        c->rule->kind == KF_KIND_TRAIT ? kf_rule_get(c->rule, "keep") : NULL;
    if (keep && keep->op == KF_T_MODEL && keep->kids)
        for (uint32_t i = 0; i < kf_node_texts(keep->kid[0]); i++)
            check_source(c, kf_node_text(keep->kid[0], i), keep->kid[0]->kid[i]->pos);
}

void kf_rules_check(struct kf_ruleset *s, struct kf_words *w)
{
    struct kf_check c = {.s = s, .w = w, .config = s->priv->options.config};
    for (uint32_t i = 0; i < s->n; i++) {
        c.rule = s->rule[i];
        check_node(&c, c.rule->body);
        check_names(&c);
        kf_check_kind(&c);
    }
}
