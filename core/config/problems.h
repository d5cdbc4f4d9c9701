/* Mistakes of one file a person wrote, collected so that all of them are shown at once and in the
 * order of the file.
 *
 * Heap object of one thread; holds at most KF_PROBLEMS_MAX, the last of which then says that there
 * are more. */
#ifndef KF_CONFIG_PROBLEMS_H
#define KF_CONFIG_PROBLEMS_H

#include "base/error.h"

#include <stddef.h>

#define KF_PROBLEMS_MAX 100u /* nobody reads more at once */

struct kf_problems {
    const char *module; /* of the messages */
    const char *file;   /* as shown to people; where a problem is in another file, kf_problem_in */
    struct kf_error *item;
    size_t n, cap;
};

/* Adds a sentence with its place (1-based, 0: unknown). */
void kf_problem(struct kf_problems *p, uint32_t line, uint32_t column, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void kf_problem_in(struct kf_problems *p, const char *file, uint32_t line, uint32_t column,
                   const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Reports all (in order of line and column; other files after the own one) through `report` (may be
 * NULL), puts the first in err, releases the memory. 0 if there was none, else `code`. */
int kf_problems_finish(struct kf_problems *p, int code,
                       void (*report)(void *ctx, const struct kf_error *e), void *ctx,
                       struct kf_error *err);

#endif
