#include "cli/docs.h"

#include "base/vec.h"

#include <stdlib.h>

const struct kf_docs_group kf_docs_groups[] = {
    {"segments", "Segments", "Groups of people, worked out anew at every run.", {KF_KIND_SEGMENT}},
    {"scores",
     "Scores",
     "Estimates about a person, with the points that make them.",
     {KF_KIND_SCORE}},
    {"traits",
     "Traits and computed values",
     "What is known of a person, and what is worked out from what they did.",
     {KF_KIND_TRAIT, KF_KIND_COMPUTED}},
    {"exports", "Exports", "What leaves the house, for whom, and where it goes.", {KF_KIND_EXPORT}},
    {"channels", "Channels", "How people are reached, and how often at most.", {KF_KIND_CHANNEL}},
    {"suppressions",
     "Suppressions",
     "Who is not contacted or exported, whatever a segment says.",
     {KF_KIND_SUPPRESS}},
    {"consent", "Consent", "What people allowed, and how their words are read.", {KF_KIND_CONSENT}},
    {"fraud", "Fraud", "Signs of abuse, and what follows from them.", {KF_KIND_FRAUD}},
    {"attribution",
     "Attribution",
     "Which campaign gets the credit for an outcome.",
     {KF_KIND_ATTRIBUTION, KF_KIND_CHANNEL_GROUP}},
    {"quality",
     "Quality of the data",
     "What the data have to keep to, and marks on events.",
     {KF_KIND_EXPECT, KF_KIND_FLAG}},
    {"custom",
     "Functions of our own",
     "Conditions and numbers that are written as programs.",
     {KF_KIND_CUSTOM}},
    {"links",
     "Who is one person",
     "What joins two identifiers, and what keeps them apart.",
     {KF_KIND_LINK, KF_KIND_NEVER_LINK, KF_KIND_TRANSFER}},
};
const uint32_t kf_docs_n_groups = sizeof kf_docs_groups / sizeof *kf_docs_groups;

const struct kf_docs_group *kf_docs_group_of(enum kf_kind kind)
{
    for (uint32_t g = 0; g < kf_docs_n_groups; g++)
        for (int k = 0; k < 3; k++)
            if (kind && kf_docs_groups[g].kind[k] == kind)
                return &kf_docs_groups[g];
    return NULL;
}

bool kf_docs_has_page(const struct kf_rule *r)
{
    return kf_docs_group_of(r->kind) != NULL;
}

uint32_t kf_docs_of_group(const struct kf_docs *d, const struct kf_docs_group *g, uint32_t *out,
                          uint32_t cap)
{
    uint32_t n = 0;
    for (int k = 0; k < 3 && g->kind[k]; k++)
        for (uint32_t i = 0; i < d->rules->n; i++)
            if (d->rules->rule[i]->kind == g->kind[k]) {
                if (n < cap)
                    out[n] = i;
                n++;
            }
    return n;
}

bool kf_docs_is_combination(const struct kf_node *n)
{
    return (n->op == KF_C_ALL || n->op == KF_C_ANY || n->op == KF_C_NONE ||
            n->op == KF_C_AT_LEAST_OF) &&
           n->kids;
}

const char *kf_docs_combination(struct kf_docs *d, const struct kf_node *n)
{
    if (n->op == KF_C_ALL)
        return n->kids == 1 ? "This holds:" : "All of these hold:";
    if (n->op == KF_C_ANY)
        return n->kids == 1 ? "This holds:" : "At least one of these holds:";
    if (n->op == KF_C_NONE)
        return n->kids == 1 ? "This does not hold:" : "None of these holds:";
    return kf_arena_printf(&d->arena, "At least %lld of these hold:", (long long)n->value.number.m);
}

uint32_t kf_docs_categories(const struct kf_docs_entry *e, const char **out, uint32_t cap)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < e->n_use; i++) {
        const char *c = e->use[i].personal;
        uint32_t k = 0;
        while (c && k < n && strcmp(out[k], c) != 0)
            k++;
        if (c && k == n && n < cap)
            out[n++] = c;
    }
    return n;
}

/* ---- who asks whom ---- */

static const struct kf_rule *rule_named(const struct kf_docs *d, const char *kind_and_name)
{
    const char *blank = strchr(kind_and_name, ' ');
    struct kf_str kind = kf_str(kind_and_name, blank ? (size_t)(blank - kind_and_name) : 0);
    for (int k = 1; blank && k < KF_KIND_COUNT; k++)
        if (kf_str_eq(kind, kf_cstr(kf_kind_name((enum kf_kind)k))))
            return kf_rules_find(d->rules, (enum kf_kind)k, blank + 1);
    return NULL;
}

static void asks(struct kf_docs *d)
{
    uint32_t n = d->rules->n, *count = kf_arena_zalloc(&d->arena, (n + 1u) * sizeof *count);
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_rule *r = d->rules->rule[i];
        uint32_t *to = kf_arena_alloc(&d->arena, (r->n_ask + 1u) * sizeof *to);
        d->entry[i].asks = to;
        for (uint32_t k = 0; k < r->n_ask; k++) {
            const struct kf_rule *q = rule_named(d, r->ask[k]);
            if (!q || q == r)
                continue;
            to[d->entry[i].n_asks++] = q->number;
            count[q->number]++;
        }
    }
    for (uint32_t i = 0; i < n; i++)
        d->entry[i].used_by = kf_arena_alloc(&d->arena, (count[i] + 1u) * sizeof *count);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < d->entry[i].n_asks; k++) {
            struct kf_docs_entry *q = &d->entry[d->entry[i].asks[k]];
            ((uint32_t *)q->used_by)[q->n_used_by++] = i;
        }
}

/* All that a rule reaches by asking (down) or by being asked (up), itself first; seen: a mark a
 * rule. */
static uint32_t reach(const struct kf_docs *d, uint32_t from, bool up, uint8_t *seen, uint32_t *out)
{
    uint32_t n = 0;
    memset(seen, 0, d->rules->n);
    out[n++] = from;
    seen[from] = 1;
    for (uint32_t at = 0; at < n; at++) {
        const struct kf_docs_entry *e = &d->entry[out[at]];
        const uint32_t *next = up ? e->used_by : e->asks;
        for (uint32_t k = 0; k < (up ? e->n_used_by : e->n_asks); k++)
            if (!seen[next[k]]) {
                seen[next[k]] = 1;
                out[n++] = next[k];
            }
    }
    return n;
}

/* ---- data ---- */

struct collect {
    struct kf_docs *d;
    const struct kf_rule *rule;
    kf_vec(struct kf_docs_use) use;
};

static void on_use(void *ctx, enum kf_docs_data what, const char *name)
{
    struct collect *c = ctx;
    *kf_vec_push(&c->use) =
        (struct kf_docs_use){what, name, kf_docs_personal(what, name), c->rule->number};
}

static int use_cmp(const void *pa, const void *pb)
{
    const struct kf_docs_use *a = pa, *b = pb;
    if (a->what != b->what)
        return a->what < b->what ? -1 : 1;
    int r = strcmp(a->name, b->name);
    return r ? r : (a->via > b->via) - (a->via < b->via);
}

/* What each rule looks at itself, each once. */
static void own_uses(struct kf_docs *d)
{
    struct collect c = {.d = d};
    for (uint32_t i = 0; i < d->rules->n; i++) {
        uint32_t n = 0;
        c.rule = d->rules->rule[i];
        c.use.n = 0;
        kf_docs_uses(d, c.rule, on_use, &c);
        const char *declared = kf_rule_text(c.rule, "personal", NULL);
        for (size_t k = 0; declared && k < c.use.n; k++)
            if (c.use.p[k].what == KF_DOCS_FIELD)
                c.use.p[k].personal = declared;
        if (c.use.n)
            qsort(c.use.p, c.use.n, sizeof *c.use.p, use_cmp);
        struct kf_docs_use *u = kf_arena_alloc(&d->arena, (c.use.n + 1u) * sizeof *u);
        for (size_t k = 0; k < c.use.n; k++)
            if (!n || use_cmp(&u[n - 1], &c.use.p[k]) != 0)
                u[n++] = c.use.p[k];
        d->entry[i].use = u;
        d->entry[i].n_use = n;
    }
    kf_vec_free(&c.use);
}

/* ... and through the rules it asks. What a rule sees itself is not repeated. */
static void all_uses(struct kf_docs *d)
{
    uint32_t n = d->rules->n, *at = kf_arena_alloc(&d->arena, (n + 1u) * sizeof *at);
    uint8_t *seen = kf_arena_alloc(&d->arena, n + 1u);
    struct kf_docs_use **whole = kf_arena_zalloc(&d->arena, (n + 1u) * sizeof *whole);
    uint32_t *n_whole = kf_arena_zalloc(&d->arena, (n + 1u) * sizeof *n_whole);
    struct collect c = {.d = d};
    for (uint32_t i = 0; i < n; i++) {
        uint32_t m = reach(d, i, false, seen, at), out = 0;
        c.use.n = 0;
        for (uint32_t k = 0; k < m; k++)
            for (uint32_t u = 0; u < d->entry[at[k]].n_use; u++)
                *kf_vec_push(&c.use) = d->entry[at[k]].use[u];
        if (c.use.n)
            qsort(c.use.p, c.use.n, sizeof *c.use.p, use_cmp);
        whole[i] = kf_arena_alloc(&d->arena, (c.use.n + 1u) * sizeof **whole);
        for (size_t a = 0, b; a < c.use.n; a = b) {
            struct kf_docs_use best = c.use.p[a];
            for (b = a; b < c.use.n && c.use.p[b].what == best.what &&
                        strcmp(c.use.p[b].name, best.name) == 0;
                 b++) {
                best.personal = best.personal ? best.personal : c.use.p[b].personal;
                best.via = c.use.p[b].via == i ? i : best.via;
            }
            whole[i][out++] = best;
        }
        n_whole[i] = out;
    }
    for (uint32_t i = 0; i < n; i++) {
        d->entry[i].use = whole[i];
        d->entry[i].n_use = n_whole[i];
    }
    kf_vec_free(&c.use);
}

static void exports(struct kf_docs *d)
{
    uint32_t n = d->rules->n, *at = kf_arena_alloc(&d->arena, (n + 1u) * sizeof *at);
    uint8_t *seen = kf_arena_alloc(&d->arena, n + 1u);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t m = reach(d, i, true, seen, at), out = 0;
        uint32_t *to = kf_arena_alloc(&d->arena, (m + 1u) * sizeof *to);
        for (uint32_t k = 0; k < n; k++)
            if (seen[k] && k != i && d->rules->rule[k]->kind == KF_KIND_EXPORT)
                to[out++] = k;
        d->entry[i].exports = to;
        d->entry[i].n_exports = out;
    }
}

/* ---- scenarios ---- */

struct expected {
    struct kf_docs *d;
    uint8_t *named; /* a mark a rule */
};

static void name_rule(struct expected *x, enum kf_kind kind, const char *name)
{
    const struct kf_rule *r = kf_rules_find(x->d->rules, kind, name);
    if (r)
        x->named[r->number] = 1;
}

static void name_keys(struct expected *x, enum kf_kind kind, const struct kf_node *map)
{
    for (uint32_t i = 0; map && map->op == KF_T_MAP && i < map->kids; i++) {
        name_rule(x, kind, map->key[i]);
        if (kind == KF_KIND_TRAIT)
            name_rule(x, KF_KIND_COMPUTED, map->key[i]);
    }
}

/* traits = { [id] = { name = value } } */
static void name_inner_keys(struct expected *x, enum kf_kind kind, const struct kf_node *map)
{
    for (uint32_t i = 0; map && map->op == KF_T_MAP && i < map->kids; i++)
        name_keys(x, kind, map->kid[i]);
}

static void name_expected(struct expected *x, const struct kf_node *expect)
{
    static const struct {
        const char *key;
        enum kf_kind kind;
        bool inner;
    } rows[] = {{"segments", KF_KIND_SEGMENT, false},
                {"suppressed", KF_KIND_SUPPRESS, false},
                {"flags", KF_KIND_FLAG, false},
                {"fraud", KF_KIND_FRAUD, false},
                {"traits", KF_KIND_TRAIT, true},
                {"consent", KF_KIND_CONSENT, true},
                {"scores", KF_KIND_SCORE, false},
                {"bands", KF_KIND_SCORE, false},
                {"custom", KF_KIND_CUSTOM, false},
                {"eligible", KF_KIND_CHANNEL, false},
                {"eligible_from", KF_KIND_CHANNEL, false},
                {"channels", KF_KIND_CHANNEL_GROUP, false},
                {"credit", KF_KIND_ATTRIBUTION, false},
                {"quality", KF_KIND_EXPECT, false},
                {"exported", KF_KIND_EXPORT, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct kf_node *n = kf_map_get(expect, rows[i].key);
        if (rows[i].inner)
            name_inner_keys(x, rows[i].kind, n);
        else
            name_keys(x, rows[i].kind, n);
    }
    const struct kf_node *undecided = kf_map_get(expect, "undecided");
    if (undecided)
        name_expected(x, undecided);
}

static void tests(struct kf_docs *d)
{
    uint32_t n = d->rules->n;
    struct expected x = {d, kf_arena_alloc(&d->arena, n + 1u)};
    for (uint32_t i = 0; i < n; i++)
        d->entry[i].test =
            kf_arena_alloc(&d->arena, (d->rules->n_scenario + 1u) * sizeof *d->entry[i].test);
    for (uint32_t s = 0; s < d->rules->n_scenario; s++) {
        const struct kf_rule *scenario = d->rules->scenario[s];
        const struct kf_node *cases = kf_rule_get(scenario, "cases");
        memset(x.named, 0, n);
        name_expected(&x, kf_rule_get(scenario, "expect"));
        for (uint32_t i = 0; cases && i < cases->kids; i++)
            name_expected(&x, kf_map_get(cases->kid[i], "expect"));
        for (uint32_t i = 0; i < n; i++)
            if (x.named[i])
                ((const struct kf_rule **)d->entry[i].test)[d->entry[i].n_test++] = scenario;
    }
}

/* ---- indexes ---- */

struct hit {
    enum kf_docs_data what;
    const char *name, *personal;
    uint32_t rule;
    bool through;
};

static int hit_cmp(const void *pa, const void *pb)
{
    const struct hit *a = pa, *b = pb;
    if (a->what != b->what)
        return a->what < b->what ? -1 : 1;
    int r = strcmp(a->name, b->name);
    if (!r)
        r = a->through - b->through;
    return r ? r : (a->rule > b->rule) - (a->rule < b->rule);
}

static void index_data(struct kf_docs *d)
{
    kf_vec(struct hit) hit = {0};
    for (uint32_t i = 0; i < d->rules->n; i++)
        for (uint32_t k = 0; k < d->entry[i].n_use; k++) {
            const struct kf_docs_use *u = &d->entry[i].use[k];
            if (kf_docs_has_page(d->rules->rule[i]))
                *kf_vec_push(&hit) = (struct hit){u->what, u->name, u->personal, i, u->via != i};
        }
    if (hit.n)
        qsort(hit.p, hit.n, sizeof *hit.p, hit_cmp);
    struct kf_docs_row *row = kf_arena_alloc(&d->arena, (hit.n + 1u) * sizeof *row);
    uint32_t *rule = kf_arena_alloc(&d->arena, (hit.n + 1u) * sizeof *rule);
    for (size_t i = 0; i < hit.n; i++) {
        struct kf_docs_row *r = d->n_row ? &row[d->n_row - 1] : NULL;
        rule[i] = hit.p[i].rule;
        if (!r || r->what != hit.p[i].what || strcmp(r->name, hit.p[i].name) != 0) {
            r = &row[d->n_row++];
            *r = (struct kf_docs_row){
                .what = hit.p[i].what, .name = hit.p[i].name, .rule = &rule[i]};
        }
        r->personal = r->personal ? r->personal : hit.p[i].personal;
        r->n_rule++;
        r->n_own += !hit.p[i].through;
    }
    d->row = row;
    kf_vec_free(&hit);
}

struct named {
    const char *name;
    uint32_t rule;
};

/* By name, those without one last. */
static int named_cmp(const void *pa, const void *pb)
{
    const struct named *a = pa, *b = pb;
    if (!a->name || !b->name) {
        if (a->name || b->name)
            return a->name ? -1 : 1;
    } else if (strcmp(a->name, b->name) != 0) {
        return strcmp(a->name, b->name);
    }
    return (a->rule > b->rule) - (a->rule < b->rule);
}

static const struct kf_docs_set *sets(struct kf_docs *d, bool owner, uint32_t *ret_n)
{
    uint32_t n = 0;
    struct named *named = kf_arena_alloc(&d->arena, (d->rules->n + 1u) * sizeof *named);
    for (uint32_t i = 0; i < d->rules->n; i++) {
        const struct kf_rule *r = d->rules->rule[i];
        if (kf_docs_has_page(r))
            named[n++] = (struct named){owner ? r->owner : kf_rule_text(r, "purpose", NULL), i};
    }
    if (n)
        qsort(named, n, sizeof *named, named_cmp);
    struct kf_docs_set *set = kf_arena_alloc(&d->arena, (n + 1u) * sizeof *set);
    uint32_t *rule = kf_arena_alloc(&d->arena, (n + 1u) * sizeof *rule);
    *ret_n = 0;
    for (uint32_t i = 0; i < n; i++) {
        const char *name = named[i].name, *before = i ? named[i - 1].name : NULL;
        bool same = i && (name && before ? strcmp(name, before) == 0 : name == before);
        rule[i] = named[i].rule;
        if (!same)
            set[(*ret_n)++] = (struct kf_docs_set){name, &rule[i], 0};
        set[*ret_n - 1].n++;
    }
    return set;
}

/* ---- all of it ---- */

int kf_docs_gather(struct kf_session *s, bool figures, struct kf_docs *ret, struct kf_error *err)
{
    *ret = (struct kf_docs){.config = s->ws.config, .rules = s->ws.rules};
    struct kf_docs *d = ret;
    d->entry = kf_arena_zalloc(&d->arena, (d->rules->n + 1u) * sizeof *d->entry);
    for (uint32_t i = 0; i < d->rules->n; i++) {
        struct kf_docs_entry *e = &d->entry[i];
        e->rule = d->rules->rule[i];
        e->title = e->rule->title ? e->rule->title : e->rule->name;
        kf_docs_words(d, e);
    }
    asks(d);
    own_uses(d);
    all_uses(d);
    exports(d);
    tests(d);
    index_data(d);
    d->owner = sets(d, true, &d->n_owner);
    d->purpose = sets(d, false, &d->n_purpose);
    return figures ? kf_docs_figures(s, d, err) : 0;
}

void kf_docs_free(struct kf_docs *d)
{
    kf_approvals_free(d->approvals);
    kf_arena_free(&d->arena);
}
