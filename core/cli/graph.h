/* People as a picture: what their identifiers are, which links hold them together and which were
 * refused. A node is a stretch of an identifier's time. Main thread. */
#ifndef KF_CLI_GRAPH_H
#define KF_CLI_GRAPH_H

#include "cli/session.h"

struct kf_graph_report {
    uint32_t nodes, kept, refused;
    uint32_t left_out;  /* links beyond what a picture can hold */
    const char *layout; /* "none" (dot text), "dot" (Graphviz laid it out), "own" */
};

/* Whom or what it is of: a profile, or an identifier that is nobody's now (profile KF_ID_NONE). */
struct kf_graph_of {
    uint32_t profile, id;
};

/* Writes the picture of one or two of those; b NULL: of one. The file's name ends in .dot or
 * .svg. Masked unless the session reveals; then only the owner can read the file. */
int kf_graph_write(const struct kf_session *s, const struct kf_graph_of *a,
                   const struct kf_graph_of *b, const char *path, struct kf_graph_report *ret,
                   struct kf_error *err);

#endif
