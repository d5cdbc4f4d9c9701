#include "cli/explain_path.h"

#include "base/vec.h"

#include <stdlib.h>

/* A node is a stretch of an identifier's time, as everywhere in identity. */
struct node {
    uint32_t id;
    int64_t from;
};

struct search {
    const struct kf_world *w;
    struct node *node;
    uint32_t n_node;
    uint32_t *edge; /* links inside the profile, strongest first */
    uint32_t n_edge;
    uint32_t *parent; /* union-find over nodes */
    uint32_t *tree;   /* edges that joined two parts */
    uint32_t n_tree;
    uint32_t *came_by; /* [n_node] edge by which the walk came, KF_ID_NONE: not yet */
};

const char *kf_strength_name(uint8_t strength)
{
    static const char *const name[] = {"declared", "verified", "observed"};
    return strength < 3 ? name[strength] : "?";
}

uint32_t kf_span_owner(const struct kf_world *w, uint32_t id)
{
    return w->identity->id_same ? w->identity->id_same[id] : id;
}

int64_t kf_span_start(const struct kf_world *w, uint32_t id, int64_t at)
{
    const struct kf_id_result *r = w->identity;
    for (uint32_t i = 0; i < r->n_span; i++)
        if (r->span[i].id == id && r->span[i].from <= at && at < r->span[i].to)
            return r->span[i].from;
    return KF_TIME_MIN;
}

uint32_t kf_span_profile(const struct kf_world *w, uint32_t id, int64_t from)
{
    const struct kf_id_result *r = w->identity;
    for (uint32_t i = 0; i < r->n_span; i++)
        if (r->span[i].id == id && r->span[i].from == from)
            return r->span[i].profile;
    return r->id_profile[id];
}

uint8_t *kf_profile_ever(const struct kf_world *w, uint32_t profile)
{
    const struct kf_id_result *r = w->identity;
    uint8_t *ever = calloc(w->ids->n + 1u, 1);
    for (uint32_t i = 0; ever && i < w->ids->n; i++)
        ever[i] = r->id_profile[i] == profile;
    for (uint32_t i = 0; ever && i < r->n_span; i++)
        if (r->span[i].profile == profile)
            ever[r->span[i].id] = 1;
    return ever;
}

static int node_cmp(const void *a, const void *b)
{
    const struct node *x = a, *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

/* Stronger evidence first, then what was seen more often and more lately. The rows of a result are
 * sorted by content, so their numbers break ties. */
static int edge_cmp(const void *pa, const void *pb, void *ctx)
{
    const struct kf_id_link *all = ctx;
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    const struct kf_id_link *x = &all[a], *y = &all[b];
    if (x->strength != y->strength)
        return x->strength < y->strength ? -1 : 1;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    if (x->last != y->last)
        return x->last > y->last ? -1 : 1;
    return a < b ? -1 : a > b;
}

static struct node end_of(const struct search *s, uint32_t link, bool b)
{
    const struct kf_id_link *l = &s->w->identity->link[link];
    return (struct node){kf_span_owner(s->w, b ? l->b : l->a), b ? l->b_from : l->a_from};
}

static uint32_t number(const struct search *s, struct node n)
{
    const struct node *p = s->n_node ? bsearch(&n, s->node, s->n_node, sizeof n, node_cmp) : NULL;
    return p ? (uint32_t)(p - s->node) : KF_ID_NONE;
}

/* The kept links between what the profile holds or held, and the stretches at their ends. */
static void collect(struct search *s, uint32_t profile, struct kf_arena *a)
{
    const struct kf_id_result *r = s->w->identity;
    uint8_t *ever = kf_profile_ever(s->w, profile);
    kf_vec(uint32_t) edge = {0};
    for (uint32_t i = 0; ever && i < r->n_link; i++)
        if (r->link[i].reason == KF_ID_KEPT && ever[r->link[i].a] && ever[r->link[i].b])
            *kf_vec_push(&edge) = i;
    free(ever);
    s->n_edge = (uint32_t)edge.n;
    s->edge = kf_arena_alloc(a, (edge.n + 1) * sizeof *s->edge);
    s->tree = kf_arena_alloc(a, (edge.n + 1) * sizeof *s->tree);
    s->node = kf_arena_alloc(a, (2 * edge.n + 1) * sizeof *s->node);
    if (!edge.n)
        return;
    memcpy(s->edge, edge.p, edge.n * sizeof *s->edge);
    kf_vec_free(&edge);
    qsort_r(s->edge, s->n_edge, sizeof *s->edge, edge_cmp, r->link);
    for (uint32_t i = 0; i < s->n_edge; i++) {
        s->node[2 * i] = end_of(s, s->edge[i], false);
        s->node[2 * i + 1] = end_of(s, s->edge[i], true);
    }
    qsort(s->node, 2u * s->n_edge, sizeof *s->node, node_cmp);
    for (uint32_t i = 0; i < 2 * s->n_edge; i++)
        if (!s->n_node || node_cmp(&s->node[s->n_node - 1], &s->node[i]) != 0)
            s->node[s->n_node++] = s->node[i];
}

static uint32_t root(struct search *s, uint32_t x)
{
    while (s->parent[x] != x)
        x = s->parent[x] = s->parent[s->parent[x]];
    return x;
}

/* Strongest first, an edge that closes a circle is not needed: what is left has, between any two
 * ends, the chain whose weakest link is strongest. */
static void span_tree(struct search *s)
{
    for (uint32_t i = 0; i < s->n_node; i++)
        s->parent[i] = i;
    for (uint32_t i = 0; i < s->n_edge; i++) {
        uint32_t x = root(s, number(s, end_of(s, s->edge[i], false)));
        uint32_t y = root(s, number(s, end_of(s, s->edge[i], true)));
        if (x == y)
            continue;
        s->parent[y] = x;
        s->tree[s->n_tree++] = s->edge[i];
    }
}

/* Marks every node with the edge that leads back to `from`, breadth first. */
static void walk(struct search *s, uint32_t from, struct kf_arena *a)
{
    uint32_t *first = kf_arena_zalloc(a, (s->n_node + 2u) * sizeof *first);
    uint32_t *of = kf_arena_alloc(a, (2u * s->n_tree + 1u) * sizeof *of);
    uint32_t *queue = kf_arena_alloc(a, (s->n_node + 1u) * sizeof *queue), n = 0;
    for (uint32_t i = 0; i < 2 * s->n_tree; i++)
        first[number(s, end_of(s, s->tree[i / 2], i & 1)) + 2]++;
    for (uint32_t i = 2; i < s->n_node + 2; i++)
        first[i] += first[i - 1];
    for (uint32_t i = 0; i < 2 * s->n_tree; i++)
        of[first[number(s, end_of(s, s->tree[i / 2], i & 1)) + 1]++] = s->tree[i / 2];
    for (uint32_t i = 0; i < s->n_node; i++)
        s->came_by[i] = KF_ID_NONE;
    s->came_by[from] = KF_ID_NONE - 1;
    queue[n++] = from;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = first[queue[i]]; k < first[queue[i] + 1]; k++) {
            uint32_t x = number(s, end_of(s, of[k], false));
            if (x == queue[i])
                x = number(s, end_of(s, of[k], true));
            if (s->came_by[x] != KF_ID_NONE)
                continue;
            s->came_by[x] = of[k];
            queue[n++] = x;
        }
}

static int weakest_cmp(const void *a, const void *b, void *ctx)
{
    const struct kf_path_step *x = a, *y = b;
    return edge_cmp(&y->link, &x->link, ctx);
}

static uint32_t take(struct search *s, uint32_t from, uint32_t to, struct kf_arena *a,
                     const struct kf_path_step **ret)
{
    struct kf_path_step *out = kf_arena_alloc(a, (s->n_tree + 1u) * sizeof *out);
    uint32_t n = 0;
    for (uint32_t at = to; at != from; n++) {
        uint32_t edge = s->came_by[at], x = number(s, end_of(s, edge, false));
        out[n].link = edge;
        at = x == at ? number(s, end_of(s, edge, true)) : x;
    }
    for (uint32_t i = 0; i < n; i++)
        out[i].step = n - i;
    if (n)
        qsort_r(out, n, sizeof *out, weakest_cmp, s->w->identity->link);
    *ret = out;
    return n;
}

uint32_t kf_explain_path(const struct kf_world *w, uint32_t profile, uint32_t from, uint32_t to,
                         struct kf_arena *a, const struct kf_path_step **ret)
{
    struct search s = {.w = w};
    struct node x = {kf_span_owner(w, from), 0}, y = {kf_span_owner(w, to), 0};
    x.from = kf_span_start(w, x.id, w->as_of);
    y.from = kf_span_start(w, y.id, w->as_of);
    collect(&s, profile, a);
    uint32_t start = number(&s, x), goal = number(&s, y);
    if (start == KF_ID_NONE || goal == KF_ID_NONE || start == goal)
        return 0;
    s.parent = kf_arena_alloc(a, (s.n_node + 1u) * sizeof *s.parent);
    s.came_by = kf_arena_alloc(a, (s.n_node + 1u) * sizeof *s.came_by);
    span_tree(&s);
    if (root(&s, start) != root(&s, goal))
        return 0;
    walk(&s, start, a);
    return take(&s, start, goal, a, ret);
}
