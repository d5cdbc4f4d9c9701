#include "lua/rules.h"
void kf_node_sentence(const struct kf_node *n, struct kf_buf *out)
{
    kf_node_canonical(n, out);
}
