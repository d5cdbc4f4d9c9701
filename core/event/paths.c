#include "event/paths.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEEPEST 64u /* folders below a folder */

static const char *shown(const char *dir, const char *path)
{
    size_t n = strlen(dir);
    if (n && strncmp(path, dir, n) == 0 && path[n] == '/')
        return path + n + 1;
    return path;
}

static void add(const char *dir, const char *path, kf_paths *ret)
{
    *kf_vec_push(ret) = (struct kf_path){path, shown(dir, path)};
}

/* Links to folders are not followed: they may lead back. */
static void add_folder(const char *dir, const char *folder, unsigned depth, struct kf_arena *a,
                       kf_paths *ret)
{
    DIR *d = depth < DEEPEST ? opendir(folder) : NULL;
    if (!d)
        return;
    const struct dirent *entry;
    while ((entry = readdir(d))) {
        struct stat st, target;
        if (entry->d_name[0] == '.')
            continue;
        const char *path = kf_arena_printf(a, "%s/%s", folder, entry->d_name);
        if (lstat(path, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode))
            add_folder(dir, path, depth + 1, a, ret);
        else if (S_ISREG(st.st_mode) ||
                 (S_ISLNK(st.st_mode) && stat(path, &target) == 0 && S_ISREG(target.st_mode)))
            add(dir, path, ret);
    }
    closedir(d);
}

static void add_any(const char *dir, const char *path, struct kf_arena *a, kf_paths *ret)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        add_folder(dir, path, 0, a, ret);
    else
        add(dir, path, ret);
}

static void add_glob(const char *dir, const char *pattern, struct kf_arena *a, kf_paths *ret)
{
    glob_t g;
    if (glob(pattern, GLOB_BRACE, NULL, &g) == 0) {
        for (size_t i = 0; i < g.gl_pathc; i++)
            add_any(dir, kf_arena_strdup(a, g.gl_pathv[i]), a, ret);
        globfree(&g);
    }
}

static int cmp_path(const void *a, const void *b)
{
    const struct kf_path *x = a, *y = b;
    return strcmp(x->shown, y->shown);
}

void kf_paths_unique(kf_paths *p)
{
    size_t n = 0;
    if (p->n)
        qsort(p->p, p->n, sizeof *p->p, cmp_path);
    for (size_t i = 0; i < p->n; i++)
        if (!n || strcmp(p->p[n - 1].shown, p->p[i].shown) != 0)
            p->p[n++] = p->p[i];
    p->n = n;
}

int kf_paths_find(const char *dir, const char *path, struct kf_arena *a, kf_paths *ret,
                  struct kf_error *err)
{
    struct stat st;
    if (strcmp(path, "-") == 0) {
        *kf_vec_push(ret) = (struct kf_path){"-", "-"};
        return 0;
    }
    if (!dir || !*dir)
        dir = ".";
    size_t len = strlen(path), before = ret->n;
    while (len > 1 && path[len - 1] == '/')
        len--;
    const char *full = path[0] == '/' ? kf_arena_strndup(a, path, len)
                                      : kf_arena_printf(a, "%s/%.*s", dir, (int)len, path);
    if (stat(full, &st) == 0)
        add_any(dir, full, a, ret);
    else
        add_glob(dir, full, a, ret);
    if (ret->n > before)
        return 0;
    if (stat(full, &st) == 0)
        return kf_error_set(err, KF_E_NOINPUT, "event", "the folder %s holds no file", path);
    return kf_error_set(err, KF_E_NOINPUT, "event", "no file is called %s (looked in %s)", path,
                        dir);
}
