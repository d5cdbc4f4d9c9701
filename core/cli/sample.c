#include "cli/sample.h"

#include "base/hash.h"

#include <stdlib.h>

#define RULE_SETS 2u

/* Nodes are raw identifiers, then each rule set's normalised values that nobody wrote. */
struct forest {
    const struct kf_events *e;
    const struct kf_idset *ids[RULE_SETS];
    uint32_t extra[RULE_SETS]; /* node of a set's first extra identifier */
    uint32_t n_sets, raw, nodes;
    uint32_t *parent;
    int64_t *time;   /* by root: of the earliest event */
    uint32_t *first; /* by root: earliest raw identifier, KF_ID_NONE: no event */
};

static uint32_t root(const struct forest *f, uint32_t x)
{
    while (f->parent[x] != x) {
        f->parent[x] = f->parent[f->parent[x]];
        x = f->parent[x];
    }
    return x;
}

static void join(const struct forest *f, uint32_t x, uint32_t y)
{
    x = root(f, x);
    y = root(f, y);
    if (x < y)
        f->parent[y] = x;
    else
        f->parent[x] = y;
}

static uint32_t node(const struct forest *f, uint32_t set, uint32_t id)
{
    return id < f->raw ? id : f->extra[set] + (id - f->raw);
}

/* Junk under every rule set ties nobody. */
static bool counts(const struct forest *f, uint32_t raw)
{
    for (uint32_t s = 0; s < f->n_sets; s++)
        if (f->ids[s]->of_raw[raw] != KF_ID_NONE)
            return true;
    return false;
}

static void join_spellings(struct forest *f)
{
    for (uint32_t s = 0; s < f->n_sets; s++)
        for (uint32_t i = 0; i < f->raw; i++)
            if (f->ids[s]->of_raw[i] != KF_ID_NONE)
                join(f, i, node(f, s, f->ids[s]->of_raw[i]));
}

/* First identifier of an event that counts; KF_ID_NONE: it is nobody's. */
static uint32_t first_of(const struct forest *f, uint32_t event)
{
    const uint32_t *id = f->e->id_pool + f->e->at[event].id_off;
    for (uint32_t i = 0; i < f->e->at[event].id_n; i++)
        if (counts(f, id[i]))
            return id[i];
    return KF_ID_NONE;
}

static void join_events(struct forest *f)
{
    for (uint32_t e = 0; e < f->e->n; e++) {
        uint32_t first = f->e->dropped[e] ? KF_ID_NONE : first_of(f, e);
        const uint32_t *id = f->e->id_pool + f->e->at[e].id_off;
        for (uint32_t i = 0; first != KF_ID_NONE && i < f->e->at[e].id_n; i++)
            if (id[i] != first && counts(f, id[i]))
                join(f, first, id[i]);
    }
}

/* { "properties.x", as = "user_id" } of a transfer or separation names an identifier that is only
 * a property of the event. */
static void join_property(struct forest *f, uint32_t set, const struct kf_node *spec)
{
    const struct kf_node *path = kf_map_get(spec, "1"), *as = kf_map_get(spec, "as");
    uint32_t key = path ? kf_symbols_find(f->e->dict->key, path->value.text) : 0;
    uint32_t ns = as ? kf_idset_ns(f->ids[set], as->value.text) : KF_ID_NONE;
    for (uint32_t e = 0; key && ns != KF_ID_NONE && e < f->e->n; e++) {
        struct kf_val v;
        char number[32];
        uint32_t first = f->e->dropped[e] ? KF_ID_NONE : first_of(f, e);
        if (first == KF_ID_NONE || !kf_body_get(f->e, e, key, &v))
            continue;
        struct kf_str text = v.text;
        if (v.type == KF_V_DEC)
            text = kf_str(number, kf_dec_format(v.dec, number));
        uint32_t id = kf_idset_find(f->ids[set], ns, text);
        if (id != KF_ID_NONE)
            join(f, first, node(f, set, id));
    }
}

static void join_properties(struct forest *f, uint32_t set, const struct kf_node *n)
{
    if (n->op == KF_T_MAP && kf_map_get(n, "as"))
        join_property(f, set, n);
    for (uint32_t i = 0; i < n->kids; i++)
        join_properties(f, set, n->kid[i]);
}

/* The node of "email=a@x.test"; KF_ID_NONE: the rule set or the data know no such identifier. */
static uint32_t named(const struct forest *f, uint32_t set, const char *text)
{
    const char *eq = text ? strchr(text, '=') : NULL;
    uint32_t ns = eq ? kf_idset_ns(f->ids[set], kf_str(text, (size_t)(eq - text))) : KF_ID_NONE;
    uint32_t id = ns == KF_ID_NONE ? ns : kf_idset_find(f->ids[set], ns, kf_cstr(eq + 1));
    return id == KF_ID_NONE ? id : node(f, set, id);
}

/* Whatever a steward said of two identifiers is only heard where both are. */
static void join_decisions(struct forest *f, const struct kf_sample_ties *t, uint32_t set)
{
    for (uint32_t i = 0; i < t->n_decision; i++) {
        uint32_t a = named(f, set, t->decision[i].a), b = named(f, set, t->decision[i].b);
        if (a != KF_ID_NONE && b != KF_ID_NONE)
            join(f, a, b);
    }
}

/* ---- the earliest identifier of each component ---- */

static int content(const struct forest *f, uint32_t a, uint32_t b)
{
    const struct kf_idents *t = f->e->idents;
    int order = kf_str_cmp(kf_symbols_text(f->e->dict->ns, kf_idents_ns(t, a)),
                           kf_symbols_text(f->e->dict->ns, kf_idents_ns(t, b)));
    return order ? order : kf_str_cmp(kf_idents_value(t, a), kf_idents_value(t, b));
}

static void find_earliest(struct forest *f)
{
    for (uint32_t e = 0; e < f->e->n; e++) {
        if (f->e->dropped[e])
            continue;
        const uint32_t *id = f->e->id_pool + f->e->at[e].id_off;
        for (uint32_t i = 0; i < f->e->at[e].id_n; i++) {
            if (!counts(f, id[i]))
                continue;
            uint32_t r = root(f, id[i]);
            bool better = f->first[r] == KF_ID_NONE || f->e->time[e] < f->time[r] ||
                          (f->e->time[e] == f->time[r] && id[i] != f->first[r] &&
                           content(f, id[i], f->first[r]) < 0);
            if (!better)
                continue;
            f->first[r] = id[i];
            f->time[r] = f->e->time[e];
        }
    }
}

static bool chosen(const struct forest *f, uint32_t earliest, uint32_t share)
{
    struct kf_str ns = kf_symbols_text(f->e->dict->ns, kf_idents_ns(f->e->idents, earliest));
    struct kf_str v = kf_idents_value(f->e->idents, earliest);
    struct kf_buf b = {0};
    kf_buf_add(&b, ns.p, ns.n);
    kf_buf_addc(&b, '\0');
    kf_buf_add(&b, v.p, v.n);
    uint64_t h = kf_hash_keyed64(b.p, b.n, f->ids[0]->key, sizeof f->ids[0]->key);
    kf_buf_free(&b);
    return (h >> 32) * 1000000u >> 32 < share;
}

/* Events of the components that are in: by root. */
static int collect(const struct forest *f, const uint8_t *in, struct kf_sample *ret,
                   struct kf_error *err)
{
    ret->subset = calloc(f->e->n + 1u, 1);
    if (!ret->subset)
        return kf_error_set(err, KF_E_NOMEM, "sample", "out of memory");
    for (uint32_t e = 0; e < f->e->n; e++) {
        if (f->e->dropped[e])
            continue;
        uint32_t first = first_of(f, e);
        ret->of_events++;
        ret->subset[e] = first != KF_ID_NONE && in[root(f, first)];
        ret->events += ret->subset[e];
    }
    return 0;
}

static int choose(struct forest *f, uint32_t share, struct kf_sample *ret, struct kf_error *err)
{
    uint8_t *in = calloc(f->nodes + 1u, 1);
    if (!in)
        return kf_error_set(err, KF_E_NOMEM, "sample", "out of memory");
    find_earliest(f);
    for (uint32_t r = 0; r < f->nodes; r++)
        if (f->first[r] != KF_ID_NONE) {
            in[r] = chosen(f, f->first[r], share);
            ret->of_components++;
            ret->components += in[r];
        }
    int rc = collect(f, in, ret, err);
    free(in);
    return rc;
}

static int choose_around(struct forest *f, const uint32_t *event, uint32_t n, struct kf_sample *ret,
                         struct kf_error *err)
{
    uint8_t *in = calloc(f->nodes + 1u, 1);
    if (!in)
        return kf_error_set(err, KF_E_NOMEM, "sample", "out of memory");
    for (uint32_t i = 0; i < n; i++) {
        uint32_t first = first_of(f, event[i]);
        if (first != KF_ID_NONE)
            in[root(f, first)] = 1;
    }
    int rc = collect(f, in, ret, err);
    free(in);
    return rc;
}

/* ---- all ---- */

static int grow(struct forest *f, struct kf_error *err)
{
    f->raw = kf_idents_count(f->e->idents);
    f->nodes = f->raw;
    for (uint32_t s = 0; s < f->n_sets; s++) {
        f->extra[s] = f->nodes;
        f->nodes += f->ids[s]->n - f->raw;
    }
    f->parent = malloc((f->nodes + 1u) * sizeof *f->parent);
    f->time = calloc(f->nodes + 1u, sizeof *f->time);
    f->first = malloc((f->nodes + 1u) * sizeof *f->first);
    if (!f->parent || !f->time || !f->first)
        return kf_error_set(err, KF_E_NOMEM, "sample", "out of memory");
    for (uint32_t i = 0; i < f->nodes; i++) {
        f->parent[i] = i;
        f->first[i] = KF_ID_NONE;
    }
    return 0;
}

static void join_rules(struct forest *f, const struct kf_ruleset *rules, uint32_t set)
{
    static const enum kf_kind kinds[] = {KF_KIND_NEVER_LINK, KF_KIND_TRANSFER};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        uint32_t n;
        const struct kf_rule *const *rule = kf_rules_kind(rules, kinds[k], &n);
        for (uint32_t i = 0; i < n; i++)
            join_properties(f, set, rule[i]->body);
    }
}

static int plant(struct forest *f, const struct kf_sample_ties *t, struct kf_error *err)
{
    int rc = grow(f, err);
    if (rc)
        return rc;
    join_spellings(f);
    join_events(f);
    for (uint32_t s = 0; s < f->n_sets; s++) {
        join_rules(f, t->rules[s], s);
        join_decisions(f, t, s);
    }
    return 0;
}

/* The forest is done with; the sample is handed over, or released after an error. */
static int finish(struct forest *f, struct kf_sample *out, struct kf_sample *ret, int rc)
{
    free(f->parent);
    free(f->time);
    free(f->first);
    if (rc)
        kf_sample_free(out);
    else
        *ret = *out;
    return rc;
}

static struct forest forest_of(const struct kf_sample_ties *t)
{
    return (struct forest){.e = t->events,
                           .n_sets = t->n_rules < RULE_SETS ? t->n_rules : RULE_SETS};
}

int kf_sample_take(const struct kf_sample_ties *t, const struct kf_config *config, unsigned threads,
                   uint32_t share, struct kf_sample *ret, struct kf_error *err)
{
    struct forest f = forest_of(t);
    struct kf_idset *ids[RULE_SETS] = {0};
    struct kf_sample out = {0};
    int rc = 0;
    for (uint32_t s = 0; rc == 0 && s < f.n_sets; s++) {
        rc = kf_idset_new(t->rules[s], config, t->events, threads, &ids[s], err);
        f.ids[s] = ids[s];
    }
    if (rc == 0)
        rc = plant(&f, t, err);
    if (rc == 0)
        rc = choose(&f, share, &out, err);
    for (uint32_t s = 0; s < f.n_sets; s++)
        kf_idset_free(ids[s]);
    return finish(&f, &out, ret, rc);
}

int kf_sample_around(const struct kf_sample_ties *t, const struct kf_idset *const *ids,
                     const uint32_t *event, uint32_t n_event, struct kf_sample *ret,
                     struct kf_error *err)
{
    struct forest f = forest_of(t);
    struct kf_sample out = {0};
    for (uint32_t s = 0; s < f.n_sets; s++)
        f.ids[s] = ids[s];
    int rc = plant(&f, t, err);
    if (rc == 0)
        rc = choose_around(&f, event, n_event, &out, err);
    return finish(&f, &out, ret, rc);
}

void kf_sample_free(struct kf_sample *s)
{
    free(s->subset);
    *s = (struct kf_sample){0};
}
