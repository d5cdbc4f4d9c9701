/* What one scenario resolves to, as JSON: the object that the reference model of identity
 * resolution prints for it. */
#ifndef KF_CLI_TEST_RESOLVE_H
#define KF_CLI_TEST_RESOLVE_H

#include "profile/world.h"

/* Appends one line: scenario, profiles (partition of current identifiers), count, events (number ->
 * smallest number of the same profile), refused, shared, contradictory. Values are not masked:
 * scenarios are made up. */
void kf_test_resolve_add(struct kf_buf *out, const char *name, const struct kf_world *w);

#endif
