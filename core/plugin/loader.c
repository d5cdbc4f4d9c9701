#include "plugin/loader.h"

#include "base/arena.h"
#include "plugin/registry.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct entry {
    struct kf_plugin_handle handle; /* first: handles point here */
    struct entry *next;
};

/* The one writable global of this folder: the dynamic linker's own table is process-wide too, and
 * two handles for one loaded object would let two "single" instances exist. Main thread only, never
 * shrinks. */
static struct entry *loaded;

static void *need(void *p, size_t size)
{
    if (!p)
        kf_arena_exhausted(size);
    return p;
}

static char *join(const char *dir, const char *name, const char *suffix)
{
    struct kf_buf b = {0};
    kf_buf_addf(&b, "%s/%s%s", dir, name, suffix);
    return b.p;
}

/* ---- search path ---- */

static void path_add(struct kf_plugin_path *p, char *dir)
{
    const char **v = need(realloc((void *)p->dir, (p->n + 1) * sizeof *v), p->n + 1);
    v[p->n++] = dir;
    p->dir = v;
}

int kf_plugin_path_init(struct kf_plugin_path *p, const char *const *extra, uint32_t n_extra,
                        const char *workspace, struct kf_error *err)
{
    struct kf_plugin_path r = {0};
    for (uint32_t i = 0; i < n_extra; i++) {
        struct stat st;
        if (stat(extra[i], &st) != 0 || !S_ISDIR(st.st_mode)) {
            kf_plugin_path_free(&r);
            return kf_error_set(err, KF_E_NOINPUT, "plugin", "the plugin folder '%s' is not there",
                                extra[i]);
        }
        path_add(&r, need(strdup(extra[i]), strlen(extra[i])));
    }
    if (workspace)
        path_add(&r, join(workspace, "plugins", ""));
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n > 0) {
        exe[n] = 0;
        char *slash = strrchr(exe, '/');
        if (slash && slash != exe)
            *slash = 0;
        path_add(&r, join(exe, "plugins", ""));
        path_add(&r, join(exe, "../lib/kinfold/plugins", ""));
    }
    *p = r;
    return 0;
}

void kf_plugin_path_free(struct kf_plugin_path *p)
{
    for (uint32_t i = 0; i < p->n; i++)
        free((void *)p->dir[i]);
    free((void *)p->dir);
    p->dir = NULL;
    p->n = 0;
}

/* ---- one file ---- */

/* Code that others can replace is not run. A sticky folder (/tmp) only lets the owner replace the
 * file. */
static int check_owner(const char *file, struct kf_error *err)
{
    struct stat st;
    if (stat(file, &st) != 0)
        return kf_error_set(err, KF_E_NOINPUT, "plugin", "cannot read the plugin '%s': %s", file,
                            strerror(errno));
    if (!S_ISREG(st.st_mode))
        return kf_error_set(err, KF_E_NOINPUT, "plugin", "the plugin '%s' is no file", file);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return kf_error_set(
            err, KF_E_PERM, "plugin",
            "%s: others than its owner may write it (mode %03o), so it is not run; chmod go-w it",
            file, (unsigned)st.st_mode & 0777u);
    char dir[PATH_MAX];
    const char *slash = strrchr(file, '/');
    size_t n = slash ? (size_t)(slash - file) : 0;
    if (n >= sizeof dir)
        return kf_error_set(err, KF_E_NOINPUT, "plugin", "the path '%.200s' is too long", file);
    memcpy(dir, file, n);
    dir[n] = 0;
    if (stat(n ? dir : "/", &st) != 0)
        return kf_error_set(err, KF_E_NOINPUT, "plugin", "cannot read the folder '%s': %s", dir,
                            strerror(errno));
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(st.st_mode & S_ISVTX))
        return kf_error_set(err, KF_E_PERM, "plugin",
                            "%s: others than its owner may write its folder (mode %03o), so it is "
                            "not run; chmod go-w '%s'",
                            file, (unsigned)st.st_mode & 0777u, dir);
    return 0;
}

/* Self-test data: beside the object, in a folder of its name, or installed under share/. */
static const char *find_testdata(const char *file, const char *name)
{
    const char *slash = strrchr(file, '/');
    struct kf_buf dir = {0};
    kf_buf_add(&dir, file, slash ? (size_t)(slash - file) : 0);
    kf_buf_adds(&dir, "");
    char *found = NULL;
    for (size_t i = 0; i < 3 && !found; i++) {
        struct kf_buf b = {0};
        struct stat st;
        if (i == 0)
            kf_buf_addf(&b, "%s/%s/testdata", dir.p, name);
        else if (i == 1)
            kf_buf_addf(&b, "%s/testdata", dir.p);
        else
            kf_buf_addf(&b, "%s/../../../share/kinfold/plugins/%s/testdata", dir.p, name);
        if (stat(b.p, &st) == 0 && S_ISDIR(st.st_mode))
            found = realpath(b.p, NULL);
        kf_buf_free(&b);
    }
    kf_buf_free(&dir);
    return found;
}

static char *base_name(const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *base = slash ? slash + 1 : file;
    size_t n = strlen(base);
    if (n > 3 && strcmp(base + n - 3, ".so") == 0)
        n -= 3;
    return need(strndup(base, n), n);
}

static int open_object(const char *file, const struct kf_plugin **ret, struct kf_error *err)
{
    void *object = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!object) {
        const char *why = dlerror();
        size_t n = strlen(file); /* dlerror repeats the file; once is enough */
        if (why && strncmp(why, file, n) == 0 && strncmp(why + n, ": ", 2) == 0)
            why += n + 2;
        return kf_error_set(err, KF_E_CONFIG, "plugin",
                            "%s: cannot be loaded: %s; build it for this machine", file,
                            why ? why : "?");
    }
    dlerror();
    const struct kf_plugin *(*entry)(void);
    void *symbol = dlsym(object, KF_PLUGIN_SYMBOL);
    if (!symbol)
        return kf_error_set(
            err, KF_E_CONFIG, "plugin",
            "%s: is no Kinfold connector: it exports no %s; export it with KF_PLUGIN_EXPORT", file,
            KF_PLUGIN_SYMBOL);
    memcpy(&entry, &symbol, sizeof entry); /* ISO C has no cast from data to function pointers */
    *ret = entry();
    return 0;
}

int kf_plugin_load(const char *file, const struct kf_plugin_handle **ret, struct kf_error *err)
{
    char *path = realpath(file, NULL);
    if (!path)
        return kf_error_set(err, KF_E_NOINPUT, "plugin", "cannot read the plugin '%s': %s", file,
                            strerror(errno));
    for (struct entry *e = loaded; e; e = e->next) {
        if (strcmp(e->handle.file, path) == 0) {
            free(path);
            *ret = &e->handle;
            return 0;
        }
    }
    char *name = base_name(path);
    struct entry *e = need(calloc(1, sizeof *e), sizeof *e);
    const struct kf_plugin *found = NULL;
    int r = check_owner(path, err);
    if (!r)
        r = open_object(path, &found, err);
    if (!r)
        r = kf_plugin_check(found, path, name, &e->handle, err);
    if (r) {
        free(e);
        free(path);
    } else {
        e->handle.file = path;
        e->handle.testdata = find_testdata(path, name);
        e->next = loaded;
        loaded = e;
        *ret = &e->handle;
    }
    free(name);
    return r;
}

/* ---- by name ---- */

struct names {
    char **name; /* without .so */
    char **file;
    size_t n;
};

static void names_free(struct names *v)
{
    for (size_t i = 0; i < v->n; i++) {
        free(v->name[i]);
        free(v->file[i]);
    }
    free(v->name);
    free(v->file);
}

/* Every NAME.so on the path, each name once (the first folder wins), in order of name. */
static void collect(const struct kf_plugin_path *p, struct names *v)
{
    for (uint32_t i = 0; i < p->n; i++) {
        DIR *d = opendir(p->dir[i]);
        if (!d)
            continue;
        const struct dirent *de;
        while ((de = readdir(d)) != NULL) {
            size_t n = strlen(de->d_name);
            if (n < 4 || de->d_name[0] == '.' || strcmp(de->d_name + n - 3, ".so") != 0)
                continue;
            char *name = base_name(de->d_name);
            size_t at = 0;
            while (at < v->n && strcmp(v->name[at], name) < 0)
                at++;
            if (at < v->n && strcmp(v->name[at], name) == 0) {
                free(name);
                continue;
            }
            v->name = need(realloc(v->name, (v->n + 1) * sizeof *v->name), 1);
            v->file = need(realloc(v->file, (v->n + 1) * sizeof *v->file), 1);
            memmove(v->name + at + 1, v->name + at, (v->n - at) * sizeof *v->name);
            memmove(v->file + at + 1, v->file + at, (v->n - at) * sizeof *v->file);
            v->name[at] = name;
            v->file[at] = join(p->dir[i], de->d_name, "");
            v->n++;
        }
        closedir(d);
    }
}

/* "segment" for source_segment, else what is nearest. */
static const char *suggest(const struct names *v, const char *name)
{
    static const char *const prefix[] = {"source_", "destination_"};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < v->n; i++)
            if (strncmp(v->name[i], prefix[k], strlen(prefix[k])) == 0 &&
                strcmp(v->name[i] + strlen(prefix[k]), name) == 0)
                return v->name[i];
    return kf_str_suggest(name, (const char *const *)v->name, v->n);
}

int kf_plugin_find(const struct kf_plugin_path *p, const char *name,
                   const struct kf_plugin_handle **ret, struct kf_error *err)
{
    for (uint32_t i = 0; i < p->n && !strchr(name, '/'); i++) {
        char *file = join(p->dir[i], name, ".so");
        if (access(file, F_OK) == 0) {
            int r = kf_plugin_load(file, ret, err);
            free(file);
            return r;
        }
        free(file);
    }
    struct names v = {0};
    collect(p, &v);
    const char *near = suggest(&v, name);
    struct kf_buf where = {0};
    for (uint32_t i = 0; i < p->n; i++)
        kf_buf_addf(&where, "%s%s", i ? ", " : "", p->dir[i]);
    int r = near
                ? kf_error_set(err, KF_E_CONFIG, "plugin", "no plugin '%s'; did you mean '%s'?",
                               name, near)
                : kf_error_set(err, KF_E_CONFIG, "plugin", "no plugin '%s'; looked for %s.so in %s",
                               name, name, where.p ? where.p : "no folder");
    kf_buf_free(&where);
    names_free(&v);
    return r;
}

int kf_plugin_list(const struct kf_plugin_path *p, struct kf_plugin_listing **ret, uint32_t *ret_n,
                   struct kf_error *err)
{
    (void)err;
    struct names v = {0};
    collect(p, &v);
    struct kf_plugin_listing *l = need(calloc(v.n + 1, sizeof *l), v.n);
    for (size_t i = 0; i < v.n; i++) {
        l[i].name = v.name[i];
        l[i].file = v.file[i];
        l[i].error = (struct kf_error)KF_ERROR_INIT;
        if (kf_plugin_load(v.file[i], &l[i].handle, &l[i].error) < 0)
            l[i].handle = NULL;
    }
    *ret = l;
    *ret_n = (uint32_t)v.n;
    free(v.name);
    free(v.file);
    return 0;
}

void kf_plugin_list_free(struct kf_plugin_listing *l, uint32_t n)
{
    for (uint32_t i = 0; l && i < n; i++) {
        free((void *)l[i].name);
        free((void *)l[i].file);
    }
    free(l);
}
