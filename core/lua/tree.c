/* Names of operations and kinds, and reading settings of a rule. */
#include "lua/tree.h"

#include <stdlib.h>

static const struct {
    const char *word;
    enum kf_node_class cls;
} ops[KF_OP_COUNT] = {
#define KF_OP_ROW(op, class, word, kids) [KF_##op] = {word, KF_CLASS_##class},
    KF_OPS(KF_OP_ROW)
#undef KF_OP_ROW
};

static const char *const kinds[KF_KIND_COUNT] = {
    [KF_KIND_IDENTIFIERS] = "identifiers",
    [KF_KIND_IGNORE_VALUES] = "ignore_values",
    [KF_KIND_LIMITS] = "limits",
    [KF_KIND_LINK] = "link",
    [KF_KIND_NEVER_LINK] = "never_link",
    [KF_KIND_TRANSFER] = "transfer",
    [KF_KIND_CONSENT] = "consent",
    [KF_KIND_FLAG] = "flag",
    [KF_KIND_TRAIT] = "trait",
    [KF_KIND_COMPUTED] = "computed",
    [KF_KIND_SEGMENT] = "segment",
    [KF_KIND_SUPPRESS] = "suppress",
    [KF_KIND_CHANNEL] = "channel",
    [KF_KIND_FRAUD] = "fraud",
    [KF_KIND_SCORE] = "score",
    [KF_KIND_ATTRIBUTION] = "attribution",
    [KF_KIND_CHANNEL_GROUP] = "channel_group",
    [KF_KIND_EXPECT] = "expect",
    [KF_KIND_EXPORT] = "export",
    [KF_KIND_CUSTOM] = "custom",
    [KF_KIND_SCENARIO] = "scenario",
};

const char *kf_op_word(uint16_t op)
{
    return op < KF_OP_COUNT && ops[op].word ? ops[op].word : "?";
}

enum kf_node_class kf_op_class(uint16_t op)
{
    return op < KF_OP_COUNT ? ops[op].cls : (enum kf_node_class)0;
}

const char *kf_kind_name(enum kf_kind k)
{
    return k > 0 && k < KF_KIND_COUNT ? kinds[k] : "?";
}

const struct kf_node *kf_map_get(const struct kf_node *map, const char *key)
{
    if (!map || map->op != KF_T_MAP)
        return NULL;
    for (uint32_t i = 0; i < map->kids; i++)
        if (map->key[i][0] == key[0] && strcmp(map->key[i], key) == 0)
            return map->kid[i];
    return NULL;
}

uint32_t kf_node_texts(const struct kf_node *n)
{
    if (!n)
        return 0;
    return n->op == KF_K ? (n->value.type == KF_K_TEXT) : n->op == KF_T_LIST ? n->kids : 0;
}

const char *kf_node_text(const struct kf_node *n, uint32_t i)
{
    if (n && n->op == KF_T_LIST)
        n = i < n->kids ? n->kid[i] : NULL;
    else if (i)
        return NULL;
    return n && n->op == KF_K && n->value.type == KF_K_TEXT ? n->value.text.p : NULL;
}

const char *kf_rule_text(const struct kf_rule *r, const char *key, const char *def)
{
    const char *text = kf_node_text(kf_rule_get(r, key), 0);
    return text ? text : def;
}

bool kf_rule_bool(const struct kf_rule *r, const char *key, bool def)
{
    const struct kf_node *n = kf_rule_get(r, key);
    return n && n->op == KF_K && n->value.type == KF_K_BOOL ? n->value.boolean : def;
}

bool kf_rule_in_force(const struct kf_rule *r, int64_t as_of)
{
    return r->starts <= as_of && (as_of < r->ends || r->ends == KF_TIME_MAX);
}

bool kf_rule_number(const struct kf_rule *r, const char *key, struct kf_dec *ret)
{
    const struct kf_node *n = kf_rule_get(r, key);
    if (!n || n->op != KF_K || n->value.type != KF_K_NUMBER)
        return false;
    *ret = n->value.number;
    return true;
}
