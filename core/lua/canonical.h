/* Canonical text of a whole rule, for its digests. Pure. */
#ifndef KF_LUA_CANONICAL_H
#define KF_LUA_CANONICAL_H

#include "lua/tree.h"

/* documentation: title, owner, because, tags and ticket too. Appends. */
void kf_rule_canonical(const struct kf_rule *r, bool documentation, struct kf_buf *out);

#endif
