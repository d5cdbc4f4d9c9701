/* Bringing a catalogue to a folder, or holding the folder against it. */
#include "cli/docs.h"

#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_SIZE 1000u /* of a file: where it says who made it */

struct kf_buf *kf_docs_file_add(struct kf_docs *d, struct kf_docs_files *f, const char *path)
{
    size_t cap = f->cap;
    if (f->n == cap)
        f->file = kf_vec_grow(f->file, &cap, f->n + 1u, sizeof *f->file);
    f->cap = (uint32_t)cap;
    f->file[f->n] = (struct kf_docs_file){.path = kf_arena_strdup(&d->arena, path)};
    return &f->file[f->n++].text;
}

void kf_docs_files_free(struct kf_docs_files *f)
{
    for (uint32_t i = 0; i < f->n; i++)
        kf_buf_free(&f->file[i].text);
    kf_vec_release(f->file);
    *f = (struct kf_docs_files){0};
}

/* The file's text, at most max bytes; false: it is not there or cannot be read. */
static bool read_file(const char *path, size_t max, struct kf_buf *ret)
{
    FILE *f = fopen(path, "rb");
    char piece[65536];
    size_t n;
    kf_buf_clear(ret);
    if (!f)
        return false;
    while (ret->n < max && (n = fread(piece, 1, sizeof piece, f)) > 0)
        kf_buf_add(ret, piece, n);
    bool fine = !ferror(f);
    fclose(f);
    return fine;
}

static bool is_ours(const struct kf_buf *text)
{
    const char *mark = KF_DOCS_MARK;
    size_t n = strlen(mark), end = text->n < HEAD_SIZE ? text->n : HEAD_SIZE;
    return text->n >= n && end >= n && memmem(text->p, end, mark, n) != NULL;
}

static int write_text(const char *path, const struct kf_buf *text, struct kf_error *err)
{
    FILE *f = fopen(path, "wb");
    if (!f)
        return kf_error_set(err, KF_E_CANTCREATE, "docs", "%s: %s", path, strerror(errno));
    bool fine = fwrite(text->p, 1, text->n, f) == text->n;
    fine &= fclose(f) == 0;
    return fine ? 0 : kf_error_set(err, KF_E_IO, "docs", "%s: %s", path, strerror(errno));
}

/* The folders above a file. */
static int make_folders(const char *path, struct kf_error *err)
{
    char folder[4096];
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            return kf_error_set(err, KF_E_CANTCREATE, "docs", "%s: %s", folder, strerror(errno));
    }
    return 0;
}

/* One file: the same, new, or changed. Somebody else's stays. */
static int bring(struct kf_docs *d, const struct kf_buf *text, const char *path, const char *shown,
                 bool check, struct kf_docs_changes *c, struct kf_error *err)
{
    struct kf_buf old = {0};
    bool there = access(path, F_OK) == 0;
    bool same = there && read_file(path, SIZE_MAX, &old) && old.n == text->n &&
                (!old.n || memcmp(old.p, text->p, old.n) == 0);
    bool ours = !there || old.n == 0 || is_ours(&old);
    kf_buf_free(&old);
    if (same) {
        c->n_same++;
        return 0;
    }
    c->written[c->n_written++] = kf_arena_strdup(&d->arena, shown);
    if (check)
        return 0;
    if (!ours)
        return kf_error_set(err, KF_E_CANTCREATE, "docs",
                            "%s is there already and is not from here; name another place", path);
    int rc = make_folders(path, err);
    return rc ? rc : write_text(path, text, err);
}

/* ---- what is left of an earlier catalogue ---- */

struct left {
    struct kf_docs *d;
    const struct kf_docs_files *f;
    const char *dir;
    kf_vec(const char *) path;
};

static bool is_in(const struct kf_docs_files *f, const char *path)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (strcmp(f->file[i].path, path) == 0)
            return true;
    return false;
}

static void find_left(struct left *l, const char *below, int depth)
{
    const char *folder = kf_arena_printf(&l->d->arena, "%s/%s", l->dir, below);
    DIR *dir = opendir(folder);
    struct kf_buf text = {0};
    for (struct dirent *e; dir && (e = readdir(dir)) != NULL;) {
        if (e->d_name[0] == '.')
            continue;
        const char *path =
            kf_arena_printf(&l->d->arena, "%s%s%s", below, *below ? "/" : "", e->d_name);
        const char *at = kf_arena_printf(&l->d->arena, "%s/%s", l->dir, path);
        struct stat st;
        if (lstat(at, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode) && depth < 2)
            find_left(l, path, depth + 1);
        else if (S_ISREG(st.st_mode) && !is_in(l->f, path) && read_file(at, HEAD_SIZE, &text) &&
                 is_ours(&text))
            *kf_vec_push(&l->path) = path;
    }
    if (dir)
        closedir(dir);
    kf_buf_free(&text);
}

static int path_cmp(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int kf_docs_bring(struct kf_docs *d, const struct kf_docs_files *f, const char *dir, bool check,
                  struct kf_docs_changes *ret, struct kf_error *err)
{
    struct left l = {.d = d, .f = f, .dir = dir};
    int rc = 0;
    *ret = (struct kf_docs_changes){
        .written = kf_arena_alloc(&d->arena, (f->n + 1u) * sizeof *ret->written)};
    for (uint32_t i = 0; i < f->n && rc == 0; i++)
        rc = bring(d, &f->file[i].text, kf_arena_printf(&d->arena, "%s/%s", dir, f->file[i].path),
                   f->file[i].path, check, ret, err);
    if (rc)
        return rc;
    find_left(&l, "", 0);
    if (l.path.n)
        qsort(l.path.p, l.path.n, sizeof *l.path.p, path_cmp);
    if (ret->n_written)
        qsort(ret->written, ret->n_written, sizeof *ret->written, path_cmp);
    ret->removed = kf_arena_alloc(&d->arena, (l.path.n + 1) * sizeof *ret->removed);
    for (size_t i = 0; i < l.path.n; i++) {
        ret->removed[ret->n_removed++] = l.path.p[i];
        if (!check && unlink(kf_arena_printf(&d->arena, "%s/%s", dir, l.path.p[i])) != 0)
            rc = kf_error_set(err, KF_E_IO, "docs", "%s/%s: %s", dir, l.path.p[i], strerror(errno));
    }
    kf_vec_free(&l.path);
    return rc;
}

int kf_docs_bring_one(struct kf_docs *d, const struct kf_buf *text, const char *path, bool check,
                      struct kf_docs_changes *ret, struct kf_error *err)
{
    *ret = (struct kf_docs_changes){.written = kf_arena_alloc(&d->arena, sizeof *ret->written)};
    return bring(d, text, path, path, check, ret, err);
}
