#include "cli/approve_publish.h"

#include "base/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files ---- */

void kf_rule_files_digest(const struct kf_ruleset *r, char out[65])
{
    struct kf_buf b = {0};
    struct kf_arena arena = {0};
    uint32_t n;
    bool settings = r->config && !kf_settings_default(r->config->settings);
    const struct kf_rules_text *f = settings ? kf_rules_kept(r, &arena, &n) : kf_rules_files(r, &n);
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_addf(&b, "%s\n%zu\n", f[i].name, f[i].text.n);
        kf_buf_add(&b, f[i].text.p, f[i].text.n);
    }
    kf_sha256_hex(b.p ? b.p : "", b.n, out);
    kf_buf_free(&b);
    kf_arena_free(&arena);
}

static int failed(const char *what, const char *path, struct kf_error *err)
{
    return kf_error_set(err, errno == ENOSPC || errno == EIO ? KF_E_IO : KF_E_CANTCREATE, "publish",
                        "cannot %s %s: %s; what was published stays", what, path, strerror(errno));
}

static int sync_folder(const char *path, struct kf_error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) != 0 ? failed("bring to the disk", path, err) : 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

static int write_file(const char *path, struct kf_str text, struct kf_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    int rc = fd < 0 ? failed("write", path, err) : 0;
    size_t at = 0;
    while (rc == 0 && at < text.n) {
        ssize_t n = write(fd, text.p + at, text.n - at);
        if (n < 0 && errno != EINTR)
            rc = failed("write", path, err);
        at += n > 0 ? (size_t)n : 0;
    }
    if (rc == 0 && fsync(fd) != 0)
        rc = failed("write", path, err);
    if (fd >= 0)
        close(fd);
    return rc;
}

/* What an earlier attempt left, or nothing. */
static void remove_all(const char *path, int depth)
{
    DIR *d = depth < 20 ? opendir(path) : NULL;
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        struct kf_buf b = {0};
        struct stat st;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        kf_buf_addf(&b, "%s/%s", path, e->d_name);
        if (lstat(b.p, &st) == 0 && S_ISDIR(st.st_mode))
            remove_all(b.p, depth + 1);
        else
            unlink(b.p);
        kf_buf_free(&b);
    }
    if (d)
        closedir(d);
    rmdir(path);
}

/* Names come from the loader: below the rules folder, whose own name is in front. */
static bool is_safe(const char *name)
{
    return *name != '/' && strncmp(name, "../", 3) != 0 && !strstr(name, "/../");
}

/* One file below `root`; its folders are made and brought to the disk. */
static int put_file(const char *root, const struct kf_rules_text *f, struct kf_error *err)
{
    struct kf_buf b = {0};
    int rc = is_safe(f->name) ? 0
                              : kf_error_set(err, KF_E_CONFIG, "publish",
                                             "%s is outside the folder of rules", f->name);
    kf_buf_addf(&b, "%s/%s", root, f->name);
    for (char *p = b.p + strlen(root) + 1; rc == 0 && (p = strchr(p, '/')) != NULL; p++) {
        *p = 0;
        if (mkdir(b.p, 0755) != 0 && errno != EEXIST)
            rc = failed("make", b.p, err);
        *p = '/';
    }
    if (rc == 0)
        rc = write_file(b.p, f->text, err);
    for (char *p = strrchr(b.p, '/'); rc == 0 && p >= b.p + strlen(root); p = strrchr(b.p, '/')) {
        *p = 0;
        rc = sync_folder(b.p, err);
    }
    kf_buf_free(&b);
    return rc;
}

/* ---- the snapshot ---- */

int kf_published_lock(const struct kf_config *c, int *ret_fd, struct kf_error *err)
{
    struct kf_buf all = {0};
    int rc = 0, fd = -1;
    kf_buf_addf(&all, "%s/%s", c->dir, KF_PUBLISHED);
    if (mkdir(all.p, 0755) != 0 && errno != EEXIST)
        rc = failed("make", all.p, err);
    if (rc == 0 && (fd = open(all.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        rc = failed("open", all.p, err);
    while (rc == 0 && flock(fd, LOCK_EX) != 0)
        if (errno != EINTR)
            rc = failed("lock", all.p, err);
    if (rc && fd >= 0)
        close(fd);
    else if (rc == 0)
        *ret_fd = fd;
    kf_buf_free(&all);
    return rc;
}

static int put_files(const char *root, const struct kf_ruleset *r, struct kf_error *err)
{
    uint32_t n;
    struct kf_arena arena = {0};
    const struct kf_rules_text *f = kf_rules_kept(r, &arena, &n);
    int rc = mkdir(root, 0755) == 0 ? 0 : failed("make", root, err);
    for (uint32_t i = 0; i < n && rc == 0; i++)
        rc = put_file(root, &f[i], err);
    kf_arena_free(&arena);
    return rc;
}

int kf_snapshot_write(const struct kf_config *c, const struct kf_ruleset *r, uint32_t number,
                      char **ret, struct kf_error *err)
{
    struct kf_buf all = {0}, fresh = {0}, final = {0}, name = {0};
    uint32_t n;
    const struct kf_rules_text *f = kf_rules_files(r, &n);
    kf_buf_addf(&all, "%s/%s", c->dir, KF_PUBLISHED);
    kf_buf_addf(&fresh, "%s/.new", all.p);
    kf_buf_addf(&name, "%s/%04u-%.12s", KF_PUBLISHED, number, r->digest);
    kf_buf_addf(&final, "%s/%s", c->dir, name.p);
    remove_all(fresh.p, 0);
    remove_all(final.p, 0); /* no line names it: somebody was killed before he wrote one */
    int rc = put_files(fresh.p, r, err);
    if (rc == 0 && rename(fresh.p, final.p) != 0)
        rc = failed("make", final.p, err);
    if (rc == 0)
        rc = sync_folder(all.p, err);
    if (rc)
        remove_all(fresh.p, 0);
    kf_buf_addf(&name, "/%.*s", (int)strcspn(n ? f[0].name : "", "/"), n ? f[0].name : "");
    if (rc == 0)
        *ret = name.p;
    else
        kf_buf_free(&name);
    kf_buf_free(&all);
    kf_buf_free(&fresh);
    kf_buf_free(&final);
    return rc;
}

static int compare(const struct kf_approval *p, const struct kf_ruleset *r, struct kf_error *err)
{
    char files[65];
    kf_rule_files_digest(r, files);
    if (!p->files || strcmp(files, p->files) != 0)
        return kf_error_set(err, KF_E_PERM, "publish",
                            "%s is not what was published (line %u of the log): a file in it was "
                            "changed. Bring it back from version control, or publish again",
                            p->folder, p->number);
    if (r->n_errors || strcmp(r->digest, p->rules) != 0 || strcmp(r->text_digest, p->text) != 0)
        return kf_error_set(err, KF_E_PERM, "publish",
                            "the published rules mean something else with this kinfold.yaml and "
                            "Kinfold %s (published with %s): dry-run, approve and publish again",
                            KF_VERSION, p->engine ? p->engine : "another");
    return 0;
}

int kf_snapshot_load(const struct kf_config *c, const struct kf_approval *p, bool scenarios,
                     struct kf_ruleset **ret, struct kf_error *err)
{
    struct kf_buf root = {0};
    struct kf_ruleset *r = NULL;
    if (!is_safe(p->folder) || strncmp(p->folder, KF_PUBLISHED "/", sizeof KF_PUBLISHED) != 0)
        return kf_error_set(err, KF_E_PERM, "publish",
                            "line %u of the log names a folder elsewhere", p->number);
    kf_buf_addf(&root, "%s/%s", c->dir, p->folder);
    struct kf_rules_options o = {
        .config = c, .snapshot = true, .root = root.p, .scenarios = scenarios};
    const char *path[] = {root.p};
    int rc = kf_rules_load(&o, path, 1, &r, err);
    if (rc)
        kf_error_context(err, "the published rules");
    else
        rc = compare(p, r, err);
    if (rc)
        kf_rules_free(r);
    else
        *ret = r;
    kf_buf_free(&root);
    return rc;
}

/* ---- the pointer ---- */

int kf_pointer_write(const struct kf_config *c, const struct kf_approval *e, uint32_t number,
                     const char *hash, struct kf_error *err)
{
    struct kf_buf b = {0}, path = {0}, fresh = {0}, all = {0};
    struct kf_json j;
    kf_buf_addf(&all, "%s/%s", c->dir, KF_PUBLISHED);
    kf_buf_addf(&path, "%s/current", all.p);
    kf_buf_addf(&fresh, "%s/.current.new", all.p);
    kf_json_start(&j, &b, "kinfold.published/1");
    kf_json_text(&j, "rules", e->rules);
    kf_json_text(&j, "folder", e->folder);
    kf_json_count(&j, "line", number);
    kf_json_text(&j, "hash", hash);
    kf_json_end(&j);
    int rc = write_file(fresh.p, kf_str(b.p, b.n), err);
    if (rc == 0 && rename(fresh.p, path.p) != 0)
        rc = failed("write", path.p, err);
    if (rc == 0)
        rc = sync_folder(all.p, err);
    kf_buf_free(&b);
    kf_buf_free(&path);
    kf_buf_free(&fresh);
    kf_buf_free(&all);
    return rc;
}

int kf_pointer_read(const struct kf_config *c, struct kf_pointer *ret, struct kf_error *err)
{
    struct kf_buf path = {0};
    *ret = (struct kf_pointer){0};
    kf_buf_addf(&path, "%s/%s/current", c->dir, KF_PUBLISHED);
    FILE *f = fopen(path.p, "rbe");
    bool there = f || errno != ENOENT;
    json_t *o = f ? json_loadf(f, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *hash = json_string_value(json_object_get(o, "hash")),
               *rules = json_string_value(json_object_get(o, "rules"));
    json_int_t line = json_integer_value(json_object_get(o, "line"));
    bool ok =
        hash && rules && strlen(hash) == 64 && strlen(rules) == 64 && line > 0 && line < UINT32_MAX;
    if (ok) {
        ret->number = (uint32_t)line;
        memcpy(ret->hash, hash, 65);
        memcpy(ret->rules, rules, 65);
    }
    json_decref(o);
    if (f)
        fclose(f);
    int rc = ok || !there ? 0
                          : kf_error_set(err, KF_E_PERM, "publish",
                                         "%s/current is not what 'kinfold publish' wrote; bring it "
                                         "back from version control",
                                         KF_PUBLISHED);
    kf_buf_free(&path);
    return rc;
}

int kf_pointer_check(const struct kf_pointer *p, const struct kf_approvals *a, struct kf_error *err)
{
    if (!p->number)
        return 0;
    if (p->number > a->n)
        return kf_error_at(err, KF_E_PERM, "publish", a->file, a->n, 0,
                           "the approval log was cut: it ends with line %u, but %s/current names "
                           "line %u (%.12s); bring it back from version control",
                           a->n, KF_PUBLISHED, p->number, p->hash);
    if (strcmp(a->line[p->number - 1].hash, p->hash) != 0)
        return kf_error_at(err, KF_E_PERM, "publish", a->file, p->number, 0,
                           "line %u of the approval log is not the one that %s/current names "
                           "(%.12s): the log was cut and continued, or is another's",
                           p->number, KF_PUBLISHED, p->hash);
    return 0;
}
