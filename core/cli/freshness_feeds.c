/* Which sources feed a segment, an export, a report: what its rules ask (and the rules these ask),
 * against what each source was seen to deliver. A source that never delivered is known by the names
 * in its options. */
#include "cli/freshness.h"

#include "cli/docs.h"

#include <stdlib.h>

struct delivered { /* an event or a field of a source */
    uint32_t source;
    bool namespace, field;
    struct kf_str type, name;
};

struct feeding {
    struct kf_ledger *l;
    struct kf_docs docs; /* only what kf_docs_uses wants */
    kf_vec(struct delivered) all;
    uint8_t *visited; /* [rules] by the product in hand */
    uint8_t *feeds;   /* [sources] the product in hand */
    /* of the rule in hand */
    bool has_event, limited;
    uint8_t *mine, *only; /* [sources] */
};

/* ---- what sources deliver ---- */

static uint32_t number_of(const struct kf_ledger *l, const char *name)
{
    for (uint32_t i = 0; name && i < l->n_source; i++)
        if (strcmp(l->source[i].config->name, name) == 0)
            return i;
    return UINT32_MAX;
}

static struct kf_str keep(struct feeding *f, const char *text)
{
    return text ? kf_cstr(kf_arena_strdup(&f->l->arena, text)) : kf_str("", 0);
}

static int on_event(void *ctx, int n, const char *const *v, const char *const *name)
{
    struct feeding *f = ctx;
    uint32_t s = number_of(f->l, v[0]);
    (void)name;
    if (n == 3 && s != UINT32_MAX)
        *kf_vec_push(&f->all) =
            (struct delivered){.source = s, .type = keep(f, v[1]), .name = keep(f, v[2])};
    return 0;
}

static int on_field(void *ctx, int n, const char *const *v, const char *const *name)
{
    struct feeding *f = ctx;
    uint32_t s = number_of(f->l, v[0]);
    (void)name;
    if (n == 3 && s != UINT32_MAX)
        *kf_vec_push(&f->all) = (struct delivered){.source = s,
                                                   .field = true,
                                                   .namespace = strcmp(v[1], "namespace") == 0,
                                                   .name = keep(f, v[2])};
    return 0;
}

static bool says(const struct kf_yaml *y, const char *text)
{
    if (!y)
        return false;
    if (y->kind == KF_YAML_SCALAR)
        return y->text && strcmp(y->text, text) == 0;
    for (uint32_t i = 0; i < y->n; i++)
        if (says(y->item[i].value, text))
            return true;
    return false;
}

/* ---- what a rule asks ---- */

static void mark_event(struct feeding *f, const char *name)
{
    struct kf_str pattern = kf_cstr(name);
    for (size_t i = 0; i < f->all.n; i++) {
        const struct delivered *d = &f->all.p[i];
        if (!d->field && (kf_str_glob(pattern, d->name) || kf_str_eq(pattern, d->type)))
            f->mine[d->source] = 1;
    }
    for (uint32_t s = 0; s < f->l->n_source; s++)
        if (!f->l->source[s].events && says(f->l->source[s].config->options, name))
            f->mine[s] = 1;
}

/* path: with its root, or a property without; what lies below it counts, too. */
static void mark_field(struct feeding *f, const char *path, bool namespace)
{
    char full[300];
    struct kf_str want = kf_cstr(path), below;
    bool rooted = strncmp(path, "traits.", 7) == 0 || strncmp(path, "context.", 8) == 0 ||
                  strncmp(path, "event.", 6) == 0 || strncmp(path, "consent.", 8) == 0;
    if (!namespace && !rooted && want.n + 12 < sizeof full) {
        memcpy(full, "properties.", 11);
        memcpy(full + 11, path, want.n + 1);
        want = kf_str(full, want.n + 11);
    }
    for (size_t i = 0; i < f->all.n; i++) {
        const struct delivered *d = &f->all.p[i];
        below = d->name.n < want.n ? d->name : want;
        bool prefix = memcmp(d->name.p, want.p, below.n) == 0;
        const struct kf_str *longer = d->name.n > want.n ? &d->name : &want;
        if (d->field && d->namespace == namespace && prefix &&
            (d->name.n == want.n || (!namespace && below.n && longer->p[below.n] == '.')))
            f->mine[d->source] = 1;
    }
}

static void mark_all(struct feeding *f)
{
    memset(f->mine, 1, f->l->n_source);
}

/* Fields of properties belong to the events that are asked beside them: these say whose they are.
 */
static void on_use(void *ctx, enum kf_docs_data what, const char *name)
{
    struct feeding *f = ctx;
    uint32_t s;
    switch (what) {
    case KF_DOCS_EVENT:
        f->has_event = true;
        if (strcmp(name, "any activity") == 0)
            mark_all(f);
        else if (strcmp(name, "campaign touches") == 0)
            mark_field(f, "context.campaign", false);
        else
            mark_event(f, name);
        break;
    case KF_DOCS_IDENTIFIER:
        mark_field(f, name, true);
        break;
    case KF_DOCS_CONSENT:
        mark_field(f, kf_arena_printf(&f->l->arena, "consent.%s", name), false);
        break;
    case KF_DOCS_SOURCE:
        s = number_of(f->l, name);
        f->limited = true;
        if (s != UINT32_MAX)
            f->only[s] = 1;
        break;
    default:
        break;
    }
}

static void on_field_use(void *ctx, enum kf_docs_data what, const char *name)
{
    struct feeding *f = ctx;
    bool rooted = strncmp(name, "traits.", 7) == 0 || strncmp(name, "context.", 8) == 0;
    if (what == KF_DOCS_FIELD && (rooted || !f->has_event) && strncmp(name, "touch.", 6) != 0 &&
        strncmp(name, "group.", 6) != 0)
        mark_field(f, name, false);
}

static const struct kf_rule *rule_named(const struct kf_ruleset *rules, const char *asked)
{
    for (uint32_t i = 0; i < rules->n; i++) {
        const char *kind = kf_kind_name(rules->rule[i]->kind);
        size_t n = strlen(kind);
        if (strncmp(asked, kind, n) == 0 && asked[n] == ' ' &&
            strcmp(asked + n + 1, rules->rule[i]->name) == 0)
            return rules->rule[i];
    }
    return NULL;
}

/* Rules ask each other without circles, and each is looked at once. */
static void visit(struct feeding *f, const struct kf_rule *r)
{
    uint32_t n = f->l->n_source;
    if (!r || f->visited[r->number])
        return;
    f->visited[r->number] = 1;
    f->has_event = f->limited = false;
    memset(f->mine, 0, n);
    memset(f->only, 0, n);
    kf_docs_uses(&f->docs, r, on_use, f);
    kf_docs_uses(&f->docs, r, on_field_use, f);
    for (uint32_t s = 0; s < n; s++)
        f->feeds[s] |= f->mine[s] && (!f->limited || f->only[s]);
    for (uint32_t i = 0; i < r->n_ask; i++)
        visit(f, rule_named(f->l->s->last_rules, r->ask[i]));
}

/* ---- products ---- */

bool kf_ledger_staler(const struct kf_ledger_source *a, const struct kf_ledger_source *b)
{
    static const int rank[] = {
        [KF_LEDGER_FRESH] = 0,   [KF_LEDGER_LATE] = 1,  [KF_LEDGER_SILENT] = 1,
        [KF_LEDGER_OVERDUE] = 1, [KF_LEDGER_NEVER] = 2, [KF_LEDGER_WAITS] = 2};
    if (rank[a->state] != rank[b->state])
        return rank[a->state] > rank[b->state];
    if (a->last_event != b->last_event)
        return a->last_event < b->last_event; /* KF_NO_TIME is before all */
    return strcmp(a->config->name, b->config->name) < 0;
}

static int on_members(void *ctx, int n, const char *const *v, const char *const *name)
{
    struct kf_ledger *l = ctx;
    (void)name;
    for (uint32_t i = 0; n == 2 && v[0] && i < l->n_product; i++)
        if (l->product[i].rule->kind == KF_KIND_SEGMENT &&
            strcmp(l->product[i].rule->name, v[0]) == 0)
            l->product[i].members = v[1] ? strtoll(v[1], NULL, 10) : 0;
    return 0;
}

static void feed(struct feeding *f, struct kf_ledger_product *p)
{
    const struct kf_ledger *l = f->l;
    uint32_t *source = kf_arena_alloc(&f->l->arena, (l->n_source + 1u) * sizeof *source);
    memset(f->visited, 0, l->s->last_rules->n);
    memset(f->feeds, 0, l->n_source);
    visit(f, p->rule);
    p->source = source;
    p->stalest = UINT32_MAX;
    p->members = -1;
    for (uint32_t s = 0; s < l->n_source; s++) {
        if (!f->feeds[s])
            continue;
        source[p->n_source++] = s;
        if (p->stalest == UINT32_MAX || kf_ledger_staler(&l->source[s], &l->source[p->stalest]))
            p->stalest = s;
    }
}

static void feed_all(struct feeding *f)
{
    static const enum kf_kind kind[] = {KF_KIND_SEGMENT, KF_KIND_EXPORT, KF_KIND_ATTRIBUTION};
    struct kf_ledger *l = f->l;
    const struct kf_ruleset *rules = l->s->last_rules;
    l->product = kf_arena_zalloc(&l->arena, (rules->n + 1u) * sizeof *l->product);
    for (size_t k = 0; k < sizeof kind / sizeof *kind; k++) {
        uint32_t n;
        const struct kf_rule *const *rule = kf_rules_kind(rules, kind[k], &n);
        for (uint32_t i = 0; i < n; i++) {
            struct kf_ledger_product *p = &l->product[l->n_product++];
            p->rule = rule[i];
            feed(f, p);
        }
    }
}

int kf_ledger_feeds(struct kf_ledger *l, struct kf_error *err)
{
    struct feeding f = {.l = l, .docs = {.config = l->s->ws.config, .rules = l->s->last_rules}};
    uint32_t rules = l->s->last_rules->n + 1;
    f.visited = kf_arena_zalloc(&l->arena, rules);
    f.feeds = kf_arena_zalloc(&l->arena, l->n_source + 1u);
    f.mine = kf_arena_zalloc(&l->arena, l->n_source + 1u);
    f.only = kf_arena_zalloc(&l->arena, l->n_source + 1u);
    int rc = kf_store_query(l->s->store, "SELECT source, type, name FROM source_event ORDER BY id",
                            on_event, &f, err);
    if (rc == 0)
        rc = kf_store_query(l->s->store, "SELECT source, kind, name FROM source_field ORDER BY id",
                            on_field, &f, err);
    if (rc == 0)
        feed_all(&f);
    kf_vec_free(&f.all);
    kf_arena_free(&f.docs.arena);
    return rc ? rc
              : kf_store_query(l->s->store,
                               "SELECT r.name, count(m.id) FROM rule r LEFT JOIN membership m"
                               " ON m.rule = r.id WHERE r.kind = 'segment' GROUP BY r.id",
                               on_members, l, err);
}
