/* From what files registered to a rule set: copies, order, numbers, digests, and who asks whom. */
#include <stdlib.h>

#include "base/hash.h"
#include "lua/canonical.h"
#include "lua/rules_private.h"
#include "lua/settings.h"

static struct kf_node *copy_node(const struct kf_node *n, struct kf_arena *a, uint32_t *next)
{
    struct kf_node *c = kf_arena_alloc(a, sizeof *c);
    *c = *n;
    c->id = next ? (*next)++ : UINT32_MAX;
    if (n->name.n)
        c->name.p = kf_arena_strndup(a, n->name.p, n->name.n);
    if (n->value.text.p)
        c->value.text.p = kf_arena_strndup(a, n->value.text.p, n->value.text.n);
    c->kid = n->kids ? kf_arena_alloc(a, n->kids * sizeof *c->kid) : NULL;
    for (uint32_t i = 0; i < n->kids; i++)
        c->kid[i] = copy_node(n->kid[i], a, next);
    if (n->op == KF_T_MAP) {
        c->key = kf_arena_alloc(a, (n->kids + 1) * sizeof *c->key);
        for (uint32_t i = 0; i < n->kids; i++)
            c->key[i] = kf_arena_strdup(a, n->key[i]);
    }
    return c;
}

static int raw_cmp(const void *a, const void *b)
{
    const struct kf_raw_rule *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    int r = strcmp(x->name, y->name);
    if (!r)
        r = strcmp(x->pos.file, y->pos.file);
    if (!r)
        r = (x->pos.line > y->pos.line) - (x->pos.line < y->pos.line);
    return r ? r : (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static int scenario_cmp(const void *a, const void *b)
{
    const struct kf_raw_rule *x = a, *y = b;
    int r = strcmp(x->pos.file, y->pos.file);
    if (!r)
        r = (x->pos.line > y->pos.line) - (x->pos.line < y->pos.line);
    return r ? r : (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static void report_twice(struct kf_words *w, const struct kf_raw_rule *first,
                         const struct kf_raw_rule *again)
{
    char help[400];
    snprintf(help, sizeof help, "the first is at %s:%u", first->pos.file, first->pos.line);
    if (again->name[0])
        kf_word_report(w, KF_CODE_RULE_TWICE, again->pos, help, "%s \"%s\" is defined twice",
                       kf_kind_name(again->kind), again->name);
    else
        kf_word_report(w, KF_CODE_RULE_TWICE, again->pos, help, "'%s' is given twice",
                       kf_kind_name(again->kind));
}

static int64_t bound(const struct kf_node *n, const struct kf_config *config, int64_t none)
{
    if (!n || n->op != KF_K)
        return none;
    if (n->value.type == KF_K_DATE)
        return kf_time_day_start(config ? config->zone : NULL, n->value.day);
    return n->value.type == KF_K_INSTANT ? n->value.ns : none;
}

static void fill_rule(struct kf_rule *r, const struct kf_raw_rule *raw, struct kf_ruleset *s,
                      uint32_t *next)
{
    struct kf_arena *a = &s->priv->arena;
    r->kind = raw->kind;
    r->name = kf_arena_strdup(a, raw->name);
    r->pos = raw->pos;
    r->body = copy_node(&raw->body->n, a, next);
    r->title = kf_rule_text(r, "title", NULL);
    r->owner = kf_rule_text(r, "owner", NULL);
    r->because = kf_rule_text(r, "because", NULL);
    r->starts = bound(kf_rule_get(r, "starts"), s->priv->options.config, KF_TIME_MIN);
    r->ends = bound(kf_rule_get(r, "ends"), s->priv->options.config, KF_TIME_MAX);
    r->evaluated = kf_not_evaluated(r) == NULL;
    struct kf_buf b = {0};
    char hex[65];
    kf_rule_canonical(r, false, &b);
    kf_sha256_hex(b.p, b.n, hex);
    r->digest = kf_str(kf_arena_strndup(a, hex, 32), 32);
    kf_buf_free(&b);
}

static void digest_set(struct kf_ruleset *s)
{
    struct kf_buf rules = {0}, texts = {0};
    if (s->config && !kf_settings_default(s->config->settings)) {
        char hex[65];
        kf_sha256_hex(s->config->settings.p, s->config->settings.n, hex);
        kf_buf_addf(&rules, "settings %s\n", hex);
        kf_buf_addf(&texts, "settings %s\n", hex);
    }
    for (uint32_t i = 0; i < s->n; i++) {
        kf_buf_addf(&rules, "%s %s %s\n", kf_kind_name(s->rule[i]->kind), s->rule[i]->name,
                    s->rule[i]->digest.p);
        kf_rule_canonical(s->rule[i], true, &texts);
        kf_buf_addc(&texts, '\n');
    }
    kf_sha256_hex(rules.p ? rules.p : "", rules.n, s->digest);
    kf_sha256_hex(texts.p ? texts.p : "", texts.n, s->text_digest);
    kf_buf_free(&rules);
    kf_buf_free(&texts);
}

/* ---- who asks whom ---- */

struct asker {
    const struct kf_ruleset *s;
    kf_vec(const struct kf_rule *) asked;
};

static void ask(struct asker *a, enum kf_kind kind, const char *name)
{
    const struct kf_rule *r = name ? kf_rules_find(a->s, kind, name) : NULL;
    if (r)
        *kf_vec_push(&a->asked) = r;
}

static void ask_trait(struct asker *a, const char *name)
{
    ask(a, KF_KIND_TRAIT, name);
    ask(a, KF_KIND_COMPUTED, name);
}

static void ask_node(struct asker *a, const struct kf_node *n)
{
    switch (n->op) {
    case KF_C_SEGMENT:
        ask(a, KF_KIND_SEGMENT, n->name.p);
        break;
    case KF_C_SUPPRESS:
        ask(a, KF_KIND_SUPPRESS, n->name.p);
        break;
    case KF_C_CHANNEL:
        ask(a, KF_KIND_CHANNEL, n->name.p);
        break;
    case KF_C_FLAG:
        ask(a, KF_KIND_FLAG, n->name.p);
        break;
    case KF_C_FRAUD:
        ask(a, KF_KIND_FRAUD, n->name.p);
        break;
    case KF_C_CUSTOM:
    case KF_E_CUSTOM:
        ask(a, KF_KIND_CUSTOM, n->name.p);
        break;
    case KF_E_TRAIT:
    case KF_E_TRAIT_CHANGED:
    case KF_E_TRAIT_PREVIOUS:
    case KF_E_ACCOUNT_TRAIT:
        ask_trait(a, n->name.p);
        break;
    case KF_E_CONSENT:
    case KF_E_CONSENT_TIME:
        ask(a, KF_KIND_CONSENT, n->name.p);
        break;
    case KF_E_SCORE:
    case KF_E_SCORE_BAND:
        ask(a, KF_KIND_SCORE, n->name.p);
        break;
    case KF_E_TOUCH:
        if (kf_str_eq(n->name, kf_cstr("channel")))
            ask(a, KF_KIND_CHANNEL_GROUP, "default");
        break;
    default:
        break;
    }
    for (uint32_t i = 0; i < n->kids; i++)
        ask_node(a, n->kid[i]);
}

static void ask_texts(struct asker *a, const struct kf_rule *r, const char *key, enum kf_kind kind)
{
    const struct kf_node *n = kf_rule_get(r, key);
    for (uint32_t i = 0; i < kf_node_texts(n); i++) {
        if (kind == KF_KIND_TRAIT) {
            ask_trait(a, kf_node_text(n, i));
            ask(a, KF_KIND_SCORE, kf_node_text(n, i));
        } else {
            ask(a, kind, kf_node_text(n, i));
        }
    }
}

/* A channel may be reached unless something blocks it: it asks its suppressions. */
static void ask_blockers(struct asker *a, const struct kf_rule *channel)
{
    uint32_t n;
    const struct kf_rule *const *sup = kf_rules_kind(a->s, KF_KIND_SUPPRESS, &n);
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_node *blocks = kf_rule_get(sup[i], "blocks");
        for (uint32_t k = 0; k < kf_node_texts(blocks); k++) {
            const char *text = kf_node_text(blocks, k);
            if (strcmp(text, channel->name) == 0 || strcmp(text, "everything") == 0) {
                *kf_vec_push(&a->asked) = sup[i];
                break;
            }
        }
    }
}

static int rule_cmp(const void *a, const void *b)
{
    const struct kf_rule *x = *(const struct kf_rule *const *)a,
                         *y = *(const struct kf_rule *const *)b;
    return (x->number > y->number) - (x->number < y->number);
}

static void find_asks(struct asker *a, struct kf_rule *r)
{
    a->asked.n = 0;
    ask_node(a, r->body);
    ask_texts(a, r, "requires_consent", KF_KIND_CONSENT);
    switch (r->kind) {
    case KF_KIND_CHANNEL:
        ask_blockers(a, r);
        break;
    case KF_KIND_EXPORT:
        ask_texts(a, r, "segment", KF_KIND_SEGMENT);
        ask_texts(a, r, "channel", KF_KIND_CHANNEL);
        ask_texts(a, r, "fields", KF_KIND_TRAIT);
        break;
    case KF_KIND_ATTRIBUTION:
        ask(a, KF_KIND_CHANNEL_GROUP, kf_rule_text(r, "channels", "default"));
        break;
    case KF_KIND_EXPECT:
        ask_texts(a, r, "flag", KF_KIND_FLAG);
        ask_texts(a, r, "channels", KF_KIND_CHANNEL);
        break;
    default:
        break;
    }
    if (a->asked.n)
        qsort(a->asked.p, a->asked.n, sizeof *a->asked.p, rule_cmp);
}

/* ---- order ---- */

struct walk {
    struct kf_ruleset *s;
    struct kf_words *w;
    const struct kf_rule ***asks;
    uint32_t *n_asks;
    uint8_t *state; /* 1: on the path, 2: done */
    const struct kf_rule **order;
    uint32_t n_order;
    kf_vec(uint32_t) path;
};

static void report_circle(struct walk *k, uint32_t to)
{
    size_t from = k->path.n;
    while (from > 0 && k->path.p[from - 1] != to)
        from--;
    struct kf_buf b = {0};
    for (size_t i = from ? from - 1 : 0; i < k->path.n; i++) {
        const struct kf_rule *r = k->s->rule[k->path.p[i]];
        kf_buf_addf(&b, "%s \"%s\" asks ", kf_kind_name(r->kind), r->name);
    }
    kf_buf_addf(&b, "%s \"%s\"", kf_kind_name(k->s->rule[to]->kind), k->s->rule[to]->name);
    kf_word_report(k->w, KF_CODE_CIRCLE, k->s->rule[to]->pos, "take one of these questions out",
                   "rules ask each other in a circle: %s", b.p);
    kf_buf_free(&b);
}

static void visit(struct walk *k, uint32_t i)
{
    k->state[i] = 1;
    *kf_vec_push(&k->path) = i;
    for (uint32_t j = 0; j < k->n_asks[i]; j++) {
        uint32_t to = k->asks[i][j]->number;
        if (k->state[to] == 1)
            report_circle(k, to);
        else if (k->state[to] == 0)
            visit(k, to);
    }
    k->path.n--;
    k->state[i] = 2;
    k->order[k->n_order++] = k->s->rule[i];
}

static void find_order(struct kf_ruleset *s, struct kf_words *w, const struct kf_rule ***asks,
                       uint32_t *n_asks)
{
    struct kf_arena *a = &s->priv->arena;
    struct walk k = {.s = s, .w = w, .asks = asks, .n_asks = n_asks};
    k.state = kf_arena_zalloc(a, s->n + 1);
    k.order = kf_arena_alloc(a, (s->n + 1) * sizeof *k.order);
    for (uint32_t i = 0; i < s->n; i++)
        if (k.state[i] == 0)
            visit(&k, i);
    kf_vec_free(&k.path);
    s->order = k.order;
    s->n_order = k.n_order;
}

static void link_asks(struct kf_ruleset *s, struct kf_words *w)
{
    struct kf_arena *a = &s->priv->arena;
    struct asker ak = {.s = s};
    const struct kf_rule ***asks = kf_arena_zalloc(a, (s->n + 1) * sizeof *asks);
    uint32_t *n_asks = kf_arena_zalloc(a, (s->n + 1) * sizeof *n_asks);
    for (uint32_t i = 0; i < s->n; i++) {
        struct kf_rule *r = &s->priv->rule[i];
        find_asks(&ak, r);
        const char **text = kf_arena_alloc(a, (ak.asked.n + 1) * sizeof *text);
        asks[i] = kf_arena_alloc(a, (ak.asked.n + 1) * sizeof **asks);
        for (size_t k = 0; k < ak.asked.n; k++) {
            const struct kf_rule *to = ak.asked.p[k];
            if (k > 0 && to == ak.asked.p[k - 1])
                continue;
            asks[i][n_asks[i]] = to;
            text[n_asks[i]++] = kf_arena_printf(a, "%s %s", kf_kind_name(to->kind), to->name);
        }
        r->ask = text;
        r->n_ask = n_asks[i];
    }
    kf_vec_free(&ak.asked);
    find_order(s, w, asks, n_asks);
}

/* ---- all of it ---- */

static void take_scenarios(struct kf_ruleset *s, struct kf_raw_rule *raw, uint32_t n)
{
    struct kf_arena *a = &s->priv->arena;
    struct kf_rule *rule = kf_arena_zalloc(a, (n + 1) * sizeof *rule);
    const struct kf_rule **list = kf_arena_alloc(a, (n + 1) * sizeof *list);
    qsort(raw, n, sizeof *raw, scenario_cmp);
    for (uint32_t i = 0; i < n; i++) {
        fill_rule(&rule[i], &raw[i], s, NULL);
        rule[i].number = i;
        list[i] = &rule[i];
    }
    s->scenario = list;
    s->n_scenario = n;
}

void kf_rules_link(struct kf_ruleset *s, struct kf_words *w)
{
    struct kf_rules_private *p = s->priv;
    if (w->rule.n)
        qsort(w->rule.p, w->rule.n, sizeof *w->rule.p, raw_cmp);
    uint32_t n = 0, n_scenario = 0;
    for (size_t i = 0; i < w->rule.n; i++) {
        struct kf_raw_rule *r = &w->rule.p[i];
        bool twice = i > 0 && r[-1].kind == r->kind && strcmp(r[-1].name, r->name) == 0;
        /* two files of scenarios may tell the same story; two traits, or a trait and a computed,
         * may not share a name */
        if (twice && (r->kind != KF_KIND_SCENARIO || r[-1].pos.file == r->pos.file)) {
            report_twice(w, &r[-1], r);
            r->poisoned = true;
        }
        if (!r->poisoned)
            *(r->kind == KF_KIND_SCENARIO ? &n_scenario : &n) += 1;
    }
    p->rule = kf_arena_zalloc(&p->arena, (n + 1) * sizeof *p->rule);
    p->first_node = kf_arena_zalloc(&p->arena, (n + 2) * sizeof *p->first_node);
    const struct kf_rule **list = kf_arena_alloc(&p->arena, (n + 1) * sizeof *list);
    struct kf_raw_rule *scenario = kf_arena_alloc(&p->arena, (n_scenario + 1) * sizeof *scenario);
    uint32_t at = 0, at_scenario = 0;
    for (size_t i = 0; i < w->rule.n; i++) {
        struct kf_raw_rule *r = &w->rule.p[i];
        if (r->poisoned)
            continue;
        if (r->kind == KF_KIND_SCENARIO) {
            scenario[at_scenario++] = *r;
            continue;
        }
        p->first_node[at] = s->n_nodes;
        fill_rule(&p->rule[at], r, s, &s->n_nodes);
        p->rule[at].number = at;
        list[at] = &p->rule[at];
        at++;
    }
    p->first_node[at] = s->n_nodes;
    s->rule = list;
    s->n = at;
    if (p->options.scenarios)
        take_scenarios(s, scenario, at_scenario);
    digest_set(s);
    link_asks(s, w);
}
