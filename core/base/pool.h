/* Two (or n) threads over index ranges. No work stealing across calls, no hidden state: kf_pool_run
 * returns when all is done. */
#ifndef KF_BASE_POOL_H
#define KF_BASE_POOL_H

#include "base/error.h"

#include <stddef.h>

/* Called with worker 0..threads-1 and disjoint ranges [from, to). Return 0 or a negative code with
 * err filled. */
typedef int (*kf_pool_fn)(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err);

/* Number of threads to use by default: online CPUs, at most 16; KF_THREADS overrides. */
unsigned kf_pool_default_threads(void);
/* Hands out chunks of `grain` indices in ascending order to `threads` threads until all n are done
 * or one fails (first error by index wins, so that the message does not depend on timing where the
 * failing work is deterministic). */
int kf_pool_run(unsigned threads, size_t n, size_t grain, kf_pool_fn fn, void *ctx,
                struct kf_error *err);

#endif
