#include "identity/bridge.h"

#include <stdlib.h>

#define NONE UINT32_MAX

/* An edge stands once at each of its ends: 2 * edge, and 2 * edge + 1 seen from b. */
struct walk {
    uint32_t n;
    const struct kf_bridge_edge *edge;
    uint64_t *first; /* [n + 1] into at */
    uint64_t *next;  /* [n] what of it is still to be looked at */
    uint32_t *at;    /* edges by node */
    uint32_t *enter; /* [n] when it was reached, from 1; 0: not yet */
    uint32_t
        *low; /* [n] earliest that is reached from below it, the edge it was entered by aside */
    uint32_t *below; /* [n] nodes of its tree */
    uint32_t *by;    /* [n] edge it was entered by */
    uint32_t *up;    /* [n] from where */
    uint32_t *root;  /* [n] */
};

static void release(struct walk *w)
{
    free(w->first);
    free(w->next);
    free(w->at);
    free(w->enter);
    free(w->low);
    free(w->below);
    free(w->by);
    free(w->up);
    free(w->root);
}

static int prepare(struct walk *w, uint32_t n_edges, struct kf_error *err)
{
    size_t n = w->n + (size_t)1;
    w->first = calloc(n + 1, sizeof *w->first);
    w->next = calloc(n, sizeof *w->next);
    w->at = malloc((2 * (size_t)n_edges + 1) * sizeof *w->at);
    w->enter = calloc(n, sizeof *w->enter);
    w->low = calloc(n, sizeof *w->low);
    w->below = calloc(n, sizeof *w->below);
    w->by = calloc(n, sizeof *w->by);
    w->up = calloc(n, sizeof *w->up);
    w->root = calloc(n, sizeof *w->root);
    if (!w->first || !w->next || !w->at || !w->enter || !w->low || !w->below || !w->by || !w->up ||
        !w->root)
        return kf_error_set(err, KF_E_NOMEM, "identity", "no memory for a graph of %u links",
                            n_edges);
    for (uint32_t e = 0; e < n_edges; e++) {
        w->first[w->edge[e].a + 1]++;
        w->first[w->edge[e].b + 1]++;
    }
    for (uint32_t x = 0; x < w->n; x++) {
        w->first[x + 1] += w->first[x];
        w->next[x] = w->first[x];
    }
    for (uint32_t e = 0; e < n_edges; e++) {
        w->at[w->next[w->edge[e].a]++] = e;
        w->at[w->next[w->edge[e].b]++] = e;
    }
    for (uint32_t x = 0; x < w->n; x++)
        w->next[x] = w->first[x];
    return 0;
}

static void enter(struct walk *w, uint32_t x, uint32_t from, uint32_t by, uint32_t when)
{
    w->enter[x] = w->low[x] = when;
    w->below[x] = 1;
    w->up[x] = from;
    w->by[x] = by;
    w->root[x] = from == NONE ? x : w->root[from];
}

static void leave(struct walk *w, uint32_t x)
{
    uint32_t up = w->up[x];
    if (up == NONE)
        return;
    w->below[up] += w->below[x];
    if (w->low[x] < w->low[up])
        w->low[up] = w->low[x];
}

/* The way back is in `up`, so that a chain of a million needs no stack. */
static uint32_t walk_from(struct walk *w, uint32_t root, uint32_t when)
{
    uint32_t x = root;
    enter(w, root, NONE, NONE, when++);
    while (x != NONE) {
        if (w->next[x] == w->first[x + 1]) {
            leave(w, x);
            x = w->up[x];
            continue;
        }
        uint32_t e = w->at[w->next[x]++];
        uint32_t y = w->edge[e].a == x ? w->edge[e].b : w->edge[e].a;
        if (e == w->by[x])
            continue;
        if (!w->enter[y]) {
            enter(w, y, x, e, when++);
            x = y;
        } else if (w->enter[y] < w->low[x]) {
            w->low[x] = w->enter[y];
        }
    }
    return when;
}

/* Nodes below x hang on the edge it was entered by when none of them reaches beyond x. */
static struct kf_bridge sides(const struct walk *w, uint32_t e, uint32_t x)
{
    struct kf_bridge b = {.edge = e};
    int far = w->edge[e].b == x;
    b.side[far] = w->below[x];
    b.side[!far] = w->below[w->root[x]] - w->below[x];
    return b;
}

static bool hangs_on(const struct walk *w, uint32_t x, uint32_t e)
{
    return w->up[x] != NONE && w->by[x] == e && w->low[x] == w->enter[x];
}

static int collect(const struct walk *w, uint32_t n_edges, struct kf_bridge **ret, uint32_t *ret_n,
                   struct kf_error *err)
{
    uint32_t n = 0;
    for (uint32_t x = 0; x < w->n; x++)
        n += w->up[x] != NONE && w->low[x] == w->enter[x];
    struct kf_bridge *out = malloc((n + 1u) * sizeof *out);
    if (!out)
        return kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %u links", n);
    n = 0;
    for (uint32_t e = 0; e < n_edges; e++) {
        uint32_t a = w->edge[e].a, b = w->edge[e].b;
        if (a != b && (hangs_on(w, a, e) || hangs_on(w, b, e)))
            out[n++] = sides(w, e, hangs_on(w, a, e) ? a : b);
    }
    *ret = out;
    *ret_n = n;
    return 0;
}

int kf_bridges_find(uint32_t n_nodes, const struct kf_bridge_edge *edge, uint32_t n_edges,
                    struct kf_bridge **ret_bridge, uint32_t *ret_n, struct kf_error *err)
{
    struct walk w = {.n = n_nodes, .edge = edge};
    uint32_t when = 1;
    int rc = prepare(&w, n_edges, err);
    for (uint32_t x = 0; rc == 0 && x < n_nodes; x++)
        if (!w.enter[x])
            when = walk_from(&w, x, when);
    if (rc == 0)
        rc = collect(&w, n_edges, ret_bridge, ret_n, err);
    release(&w);
    return rc;
}
