/* What the `path` of a source names: a file, a folder (every file in it and below, hidden ones
 * not), a glob, "-". */
#ifndef KF_EVENT_PATHS_H
#define KF_EVENT_PATHS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/vec.h"

struct kf_path {
    const char *open; /* absolute, or "-" */
    const char
        *shown; /* relative to the workspace where it is inside: the file's name everywhere */
};
typedef kf_vec(struct kf_path) kf_paths;

/* Appends what `path` (as written) names, sorted bytewise, each once. KF_E_NOINPUT: nothing. Texts
 * in the arena. */
int kf_paths_find(const char *dir, const char *path, struct kf_arena *a, kf_paths *ret,
                  struct kf_error *err);
/* Sorts and takes out what several paths name. */
void kf_paths_unique(kf_paths *p);

#endif
