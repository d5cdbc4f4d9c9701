/* Bridges of a graph: edges without which what they join falls apart. For reports on what holds a
 * large profile together. Depth first without recursion, linear in nodes and edges; any thread, no
 * state. */
#ifndef KF_IDENTITY_BRIDGE_H
#define KF_IDENTITY_BRIDGE_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct kf_bridge_edge {
    uint32_t a, b; /* nodes; two edges of one pair are a way round each other, a = b ties nothing */
};

struct kf_bridge {
    uint32_t edge;    /* its place among the edges */
    uint32_t side[2]; /* nodes on the side of the edge's a and b, when it is taken out */
};

/* *ret_bridge in the order of the edges, released with free(). The numbers of nodes and the order
 * of edges change nothing else. KF_E_NOMEM. */
int kf_bridges_find(uint32_t n_nodes, const struct kf_bridge_edge *edge, uint32_t n_edges,
                    struct kf_bridge **ret_bridge, uint32_t *ret_n, struct kf_error *err);

#endif
