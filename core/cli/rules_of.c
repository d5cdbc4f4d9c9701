#include "cli/rules_of.h"

#include "base/vec.h"
#include "cli/approve_gate.h"
#include "cli/approve_publish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_LIMIT (64u << 20) /* bytes of git's answer; rules are a few hundred KB at most */

/* ---- git ---- */

static void be_git(const char *dir, const char *const *argv, int out)
{
    if (dup2(out, STDOUT_FILENO) < 0 || chdir(dir))
        _exit(127);
    if (!freopen("/dev/null", "r", stdin) || !freopen("/dev/null", "w", stderr))
        _exit(127);
    execvp("git", (char *const *)argv);
    _exit(127);
}

/* Runs git in a folder and takes its answer. False: it failed, or there is no git. */
static bool ask_git(const char *dir, const char *const *argv, struct kf_buf *out)
{
    int end[2], status = -1;
    char piece[16384];
    ssize_t n;
    if (pipe(end))
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        close(end[0]);
        be_git(dir, argv, end[1]);
    }
    close(end[1]);
    while (pid > 0 && ((n = read(end[0], piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR)))
        if (n > 0 && out->n < ANSWER_LIMIT)
            kf_buf_add(out, piece, (size_t)n);
    close(end[0]);
    if (pid > 0)
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 && out->n < ANSWER_LIMIT;
}

/* The full name of a revision; false: git does not know it. */
static bool find_commit(const char *dir, const char *what, struct kf_buf *out)
{
    struct kf_buf name = {0};
    kf_buf_addf(&name, "%s^{commit}", what);
    const char *const argv[] = {"git",  "rev-parse", "--verify", "--quiet", "--end-of-options",
                                name.p, NULL};
    bool ok = what[0] != '-' && ask_git(dir, argv, out);
    kf_buf_free(&name);
    while (out->n && out->p[out->n - 1] == '\n')
        out->p[--out->n] = '\0';
    return ok && out->n >= 40;
}

struct texts {
    struct kf_arena arena;
    kf_vec(struct kf_rules_text) text;
};

static bool take_file(struct texts *t, const char *dir, const char *commit, const char *path,
                      struct kf_error *err)
{
    struct kf_buf name = {0}, b = {0};
    kf_buf_addf(&name, "%s:./%s", commit, path);
    const char *const argv[] = {"git", "show", "--end-of-options", name.p, NULL};
    bool ok = ask_git(dir, argv, &b);
    kf_buf_free(&name);
    if (ok)
        *kf_vec_push(&t->text) =
            (struct kf_rules_text){kf_arena_printf(&t->arena, "rules/%s", path),
                                   kf_str(kf_arena_strndup(&t->arena, b.p ? b.p : "", b.n), b.n)};
    else
        kf_error_set(err, KF_E_NOINPUT, "diff", "git does not show %s of %s", path, commit);
    kf_buf_free(&b);
    return ok;
}

static int take_files(struct texts *t, const char *dir, const char *commit, const char *what,
                      struct kf_error *err)
{
    struct kf_buf list = {0};
    const char *const argv[] = {"git", "ls-tree", "-r", "-z", "--name-only", commit, ".", NULL};
    bool ok = ask_git(dir, argv, &list);
    for (size_t i = 0; ok && i < list.n; i += strlen(list.p + i) + 1) {
        const char *path = list.p + i;
        size_t n = strlen(path);
        if (n > 4 && strcmp(path + n - 4, ".lua") == 0 && strncmp(path, "meta/", 5) != 0)
            ok = take_file(t, dir, commit, path, err);
    }
    kf_buf_free(&list);
    if (ok && !t->text.n)
        return kf_error_set(err, KF_E_NOINPUT, "diff", "git %s holds no rule file in %s", what,
                            dir);
    return ok ? 0 : err->code ? err->code : KF_E_FAIL;
}

/* What kinfold.yaml of that commit decides by itself. Where it was not there, or does not load,
 * today's holds. */
static void take_settings(struct texts *t, const struct kf_config *now, const char *commit)
{
    struct kf_buf name = {0}, b = {0};
    struct kf_config *c = NULL;
    struct kf_error ignored = KF_ERROR_INIT;
    kf_buf_addf(&name, "%s:./kinfold.yaml", commit);
    const char *const argv[] = {"git", "show", "--end-of-options", name.p, NULL};
    bool ok = ask_git(now->dir, argv, &b) &&
              kf_config_parse(b.p ? b.p : "", b.n, now->dir, true, &c, NULL, NULL, &ignored) == 0;
    if (ok)
        *kf_vec_push(&t->text) = (struct kf_rules_text){
            "rules/" KF_RULES_SETTINGS,
            kf_str(kf_arena_strndup(&t->arena, c->settings.p, c->settings.n), c->settings.n)};
    kf_config_free(c);
    kf_buf_free(&name);
    kf_buf_free(&b);
}

static int from_git(struct kf_session *s, const char *what, const struct kf_rules_options *o,
                    struct kf_rules_of *r, struct kf_error *err)
{
    const char *dir = s->ws.config->rules;
    struct texts t = {0};
    struct kf_buf commit = {0};
    if (!find_commit(dir, what, &commit)) {
        kf_buf_free(&commit);
        return kf_error_set(err, KF_E_NOINPUT, "diff",
                            "'%s' is no folder, no rule file and no revision that git knows in %s; "
                            "'run' names the rules of the last run, 'published' those in force",
                            what, dir);
    }
    int rc = take_files(&t, dir, commit.p, what, err);
    if (rc == 0)
        take_settings(&t, s->ws.config, commit.p);
    if (rc == 0)
        rc = kf_rules_load_text(o, t.text.p, (uint32_t)t.text.n, &r->rules, err);
    snprintf(r->label, sizeof r->label, "git %.100s (%.10s)", what, commit.p);
    kf_vec_free(&t.text);
    kf_arena_free(&t.arena);
    kf_buf_free(&commit);
    return rc;
}

/* ---- what is in force, the store, folders, files ---- */

static int from_published(struct kf_session *s, bool scenarios, struct kf_rules_of *r,
                          struct kf_error *err)
{
    struct kf_approvals *log = NULL;
    const struct kf_approval *p = NULL;
    int rc = kf_gate_in_force(s->ws.config, &log, &p, err);
    if (rc == 0 && !p)
        rc = kf_error_set(err, KF_E_NOINPUT, "diff",
                          "nothing is published here yet: 'kinfold publish' does that, and 'run' "
                          "names the rules of the last run");
    if (rc == 0)
        rc = kf_snapshot_load(s->ws.config, p, scenarios, &r->rules, err);
    if (rc == 0)
        snprintf(r->label, sizeof r->label, "%s (line %u of %s)", p->folder, p->number,
                 KF_APPROVAL_FILE);
    kf_approvals_free(log);
    return rc;
}

static int from_store(struct kf_session *s, const struct kf_rules_options *o, struct kf_rules_of *r,
                      struct kf_error *err)
{
    const struct kf_rules_text *files;
    uint32_t n;
    int rc = s->store ? 0 : kf_session_store(s, err);
    if (rc == 0)
        rc = kf_store_rules(s->store, &files, &n, err);
    if (rc == 0)
        rc = kf_rules_load_text(o, files, n, &r->rules, err);
    snprintf(r->label, sizeof r->label, "run %lld", (long long)s->last.number);
    return rc;
}

static bool exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

static int from_workspace(const char *dir, bool scenarios, struct kf_rules_of *r,
                          struct kf_error *err)
{
    int rc = kf_config_load(dir, &r->config, NULL, NULL, err);
    if (rc)
        return rc;
    struct kf_rules_options o = {
        .config = r->config, .root = r->config->rules, .scenarios = scenarios};
    const char *path[] = {r->config->rules};
    return kf_rules_load(&o, path, 1, &r->rules, err);
}

static int from_path(struct kf_session *s, const char *what, bool scenarios, struct kf_rules_of *r,
                     struct kf_error *err)
{
    struct kf_buf yaml = {0};
    struct stat st;
    size_t n = strlen(what);
    if (n > 5 && strcmp(what + n - 5, ".plan") == 0)
        return kf_error_set(err, KF_E_USAGE, "diff",
                            "%s is a plan: it holds what two rule sets do, not the rules; name "
                            "their folders, or revisions of git",
                            what);
    kf_buf_addf(&yaml, "%s/kinfold.yaml", what);
    bool workspace = exists(yaml.p);
    kf_buf_free(&yaml);
    snprintf(r->label, sizeof r->label, "%.150s", what);
    if (workspace)
        return from_workspace(what, scenarios, r, err);
    bool folder = stat(what, &st) == 0 && S_ISDIR(st.st_mode);
    struct kf_rules_options o = {
        .config = s->ws.config, .root = folder ? what : ".", .scenarios = scenarios};
    return kf_rules_load(&o, &what, 1, &r->rules, err);
}

/* A path is meant from where -C says, as everything else. */
static int from_named_path(struct kf_session *s, const char *what, bool scenarios,
                           struct kf_rules_of *r, bool *ret_is, struct kf_error *err)
{
    struct kf_buf path = {0};
    if (what[0] == '/')
        kf_buf_adds(&path, what);
    else if (strcmp(s->cli->dir, ".") == 0)
        kf_buf_adds(&path, what);
    else
        kf_buf_addf(&path, "%s/%s", s->cli->dir, what);
    *ret_is = exists(path.p);
    int rc = *ret_is ? from_path(s, path.p, scenarios, r, err) : 0;
    if (s->ws.config && strcmp(what, ".") == 0)
        snprintf(r->label, sizeof r->label, "the working tree");
    kf_buf_free(&path);
    return rc;
}

/* ---- all ---- */

int kf_rules_of_open(struct kf_session *s, const char *what, bool scenarios,
                     struct kf_rules_of *ret, struct kf_error *err)
{
    struct kf_rules_of r = {0};
    bool path = false;
    const struct kf_config *c = s->ws.config;
    struct kf_rules_options o = {.config = c, .root = c ? c->rules : NULL, .scenarios = scenarios};
    int rc = 0;
    if (strcmp(what, "run") == 0 && c)
        rc = from_store(s, &o, &r, err);
    else if (strcmp(what, "published") == 0 && c)
        rc = from_published(s, scenarios, &r, err);
    else
        rc = from_named_path(s, what, scenarios, &r, &path, err);
    if (rc == 0 && !r.rules && !c)
        rc = kf_error_set(err, KF_E_NOINPUT, "diff",
                          "'%s' is no folder and no file, and there is no workspace here that "
                          "could have it as a run or a revision",
                          what);
    else if (rc == 0 && !r.rules)
        rc = from_git(s, what, &o, &r, err);
    if (rc == 0 && r.rules->n_errors) {
        kf_session_say_rules(r.rules, s->cli->colour_err);
        rc = kf_error_set(err, kf_session_rules_code(r.rules), "diff",
                          "%s: %u error%s in the rules; nothing was compared", what,
                          r.rules->n_errors, r.rules->n_errors == 1 ? "" : "s");
    }
    if (rc) {
        kf_rules_of_close(&r);
        return rc;
    }
    *ret = r;
    return 0;
}

void kf_rules_of_close(struct kf_rules_of *r)
{
    kf_rules_free(r->rules);
    kf_config_free(r->config);
    *r = (struct kf_rules_of){0};
}
