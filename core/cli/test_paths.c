#include "cli/test_paths.h"

#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

typedef kf_vec(char *) paths;

struct search {
    struct kf_session *s;
    const struct kf_cli *cli;
    bool opened;
    kf_suite_fn fn;
    void *ctx;
};

static int name_cmp(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The rule files below a folder, by name. */
static int walk(const char *path, int depth, paths *out, struct kf_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return kf_error_set(err, KF_E_NOINPUT, "test", "%s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode)) {
        *kf_vec_push(out) = strdup(path);
        return 0;
    }
    DIR *d = depth < 16 ? opendir(path) : NULL;
    if (!d)
        return kf_error_set(err, KF_E_NOINPUT, "test", "%s: %s", path,
                            depth < 16 ? strerror(errno) : "too deep");
    paths names = {0};
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        size_t n = strlen(e->d_name), need = strlen(path) + n + 2;
        bool lua = n > 4 && strcmp(e->d_name + n - 4, ".lua") == 0;
        char *p = e->d_name[0] == '.' ? NULL : malloc(need);
        if (!p)
            continue;
        snprintf(p, need, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", e->d_name);
        if (lua || (stat(p, &st) == 0 && S_ISDIR(st.st_mode) && strcmp(e->d_name, "meta") != 0))
            *kf_vec_push(&names) = p;
        else
            free(p);
    }
    closedir(d);
    if (names.n)
        qsort(names.p, names.n, sizeof *names.p, name_cmp);
    int rc = 0;
    for (size_t i = 0; i < names.n; i++) {
        if (rc == 0)
            rc = walk(names.p[i], depth + 1, out, err);
        free(names.p[i]);
    }
    kf_vec_free(&names);
    return rc;
}

static int refuse_errors(const struct search *f, const struct kf_ruleset *r, struct kf_error *err)
{
    if (!r->n_errors)
        return 0;
    kf_session_say_rules(r, f->cli->colour_err);
    return kf_error_set(err, KF_E_CONFIG, "test", "%u error%s in the rules; no scenario ran",
                        r->n_errors, r->n_errors == 1 ? "" : "s");
}

/* ---- the workspace ---- */

static int open_workspace(struct search *f, struct kf_error *err)
{
    if (f->opened)
        return 0;
    f->opened = true;
    int rc = kf_session_open(f->s, f->cli, err);
    return rc ? rc : kf_workspace_load_rules(&f->s->ws, true, err);
}

static int whole_workspace(struct search *f, const char *file, struct kf_error *err)
{
    int rc = open_workspace(f, err);
    if (rc == 0)
        rc = refuse_errors(f, f->s->ws.rules, err);
    return rc ? rc : f->fn(f->ctx, f->s->ws.rules, f->s->ws.config, file, err);
}

/* The name under which the workspace's rules know a file: NULL: it is none of them. */
static const char *known_as(struct search *f, const char *path, char *buf, size_t cap)
{
    char yaml[PATH_MAX], real[PATH_MAX], root[PATH_MAX];
    struct stat st;
    struct kf_error ignored = KF_ERROR_INIT;
    snprintf(yaml, sizeof yaml, "%s/kinfold.yaml", f->cli->dir ? f->cli->dir : ".");
    if (!f->opened && stat(yaml, &st) != 0)
        return NULL;
    if (open_workspace(f, &ignored) || !f->s->ws.config || !realpath(path, real) ||
        !realpath(f->s->ws.config->rules, root))
        return NULL;
    size_t n = strlen(root);
    if (strncmp(real, root, n) != 0 || (real[n] && real[n] != '/'))
        return NULL;
    const char *folder = strrchr(root, '/');
    snprintf(buf, cap, "%s%s", folder ? folder + 1 : root, real + n);
    return buf;
}

/* ---- one file ---- */

static int with_workspace(struct search *f, const char *path, struct kf_error *err)
{
    const struct kf_config *c;
    int rc = open_workspace(f, err);
    if (rc) {
        kf_error_context(err, "%s brings no identifiers and needs a workspace", path);
        return rc;
    }
    c = f->s->ws.config;
    struct kf_rules_options o = {.config = c, .root = c->rules, .scenarios = true};
    const char *both[] = {c->rules, path};
    struct kf_ruleset *r = NULL;
    rc = kf_rules_load(&o, both, 2, &r, err);
    if (rc == 0)
        rc = refuse_errors(f, r, err);
    if (rc == 0)
        rc = f->fn(f->ctx, r, c, path[0] == '.' && path[1] == '/' ? path + 2 : path, err);
    kf_rules_free(r);
    return rc;
}

/* Identifiers that do not load are brought too: what is wrong with them is what a person must
 * hear. */
static bool brings_identifiers(const struct kf_ruleset *r)
{
    uint32_t n;
    const struct kf_rules_text *file = kf_rules_files(r, &n);
    bool named = false;
    for (uint32_t i = 0; i < n && !named; i++)
        named = strstr(file[i].text.p, "identifiers") != NULL;
    return kf_rules_find(r, KF_KIND_IDENTIFIERS, "") || (r->n_errors && named);
}

static int one_file(struct search *f, const char *path, struct kf_error *err)
{
    char shown[PATH_MAX + 16];
    const char *known = known_as(f, path, shown, sizeof shown);
    if (known)
        return whole_workspace(f, known, err);
    struct kf_rules_options o = {.scenarios = true};
    struct kf_ruleset *r = NULL;
    int rc = kf_rules_load(&o, &path, 1, &r, err);
    if (rc == 0 && !brings_identifiers(r)) {
        kf_rules_free(r);
        return with_workspace(f, path, err);
    }
    if (rc == 0)
        rc = refuse_errors(f, r, err);
    if (rc == 0)
        rc = f->fn(f->ctx, r, NULL, NULL, err);
    kf_rules_free(r);
    return rc;
}

int kf_test_suites(struct kf_session *s, const struct kf_cli *cli, kf_suite_fn fn, void *ctx,
                   struct kf_error *err)
{
    struct search f = {.s = s, .cli = cli, .fn = fn, .ctx = ctx};
    if (!cli->n_operand)
        return whole_workspace(&f, NULL, err);
    paths files = {0};
    int rc = 0;
    for (uint32_t i = 0; i < cli->n_operand && rc == 0; i++)
        rc = walk(cli->operand[i], 0, &files, err);
    if (rc == 0 && !files.n)
        rc = kf_error_set(err, KF_E_NOINPUT, "test", "there is no rule file (*.lua) in %s",
                          cli->operand[0]);
    for (size_t i = 0; i < files.n; i++) {
        if (rc == 0 && !kf_cli_stop)
            rc = one_file(&f, files.p[i], err);
        free(files.p[i]);
    }
    kf_vec_free(&files);
    return rc;
}
