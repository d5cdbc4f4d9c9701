/* A file that appears whole or not at all: written beside its place, then renamed. Header only. */
#ifndef KF_PLUGINS_COMMON_OUTFILE_H
#define KF_PLUGINS_COMMON_OUTFILE_H

#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct outfile {
    char *path, *tmp;
    FILE *f;
};

/* Folders above the file, made as `mkdir -p` does. */
static inline int out_mkdirs(char *path)
{
    for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = 0;
        int r = mkdir(path, 0777);
        *p = '/';
        if (r != 0 && errno != EEXIST)
            return -1;
    }
    return 0;
}

static inline void out_clear(struct outfile *o)
{
    if (o->f)
        fclose(o->f);
    free(o->path);
    free(o->tmp);
    memset(o, 0, sizeof *o);
}

/* Only the owner may read what is about people. KF_E_CANTCREATE, KF_E_NOMEM. */
static inline int32_t out_open(struct outfile *o, const char *path, const char *module,
                               struct kf_error *err)
{
    memset(o, 0, sizeof *o);
    size_t n = strlen(path) + sizeof ".tmp";
    o->path = strdup(path);
    o->tmp = malloc(n);
    if (!o->path || !o->tmp) {
        out_clear(o);
        return say(err, KF_E_NOMEM, module, "no memory");
    }
    snprintf(o->tmp, n, "%s.tmp", path);
    int fd = out_mkdirs(o->tmp) < 0
                 ? -1
                 : open(o->tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    o->f = fd < 0 ? NULL : fdopen(fd, "w");
    if (o->f)
        return 0;
    say(err, KF_E_CANTCREATE, module, "cannot write '%s': %s", o->tmp, strerror(errno));
    if (fd >= 0)
        close(fd);
    out_clear(o);
    return KF_E_CANTCREATE;
}

/* commit 0: the file is thrown away and the old one stays. */
static inline int32_t out_finish(struct outfile *o, int32_t commit, const char *module,
                                 struct kf_error *err)
{
    int32_t r = 0;
    if (!o->f)
        return 0;
    bool good = fflush(o->f) == 0 && !ferror(o->f) && (!commit || fsync(fileno(o->f)) == 0);
    int why = errno;
    if (fclose(o->f) != 0 && good) {
        good = false;
        why = errno;
    }
    o->f = NULL;
    if (commit && good && rename(o->tmp, o->path) == 0)
        return 0;
    if (commit)
        r = say(err, KF_E_IO, module, "cannot write '%s': %s", o->path,
                strerror(good ? errno : why));
    unlink(o->tmp);
    return r;
}

static inline int32_t out_check(struct outfile *o, const char *module, struct kf_error *err)
{
    if (!ferror(o->f))
        return 0;
    return say(err, KF_E_IO, module, "cannot write '%s': %s", o->tmp, strerror(errno));
}

static inline bool row_has_nul(const struct kf_row *row)
{
    for (uint64_t i = 0; i < row->cells; i++)
        if (row->cell[i].text.p && memchr(row->cell[i].text.p, 0, row->cell[i].text.n))
            return true;
    return false;
}

#endif
