/* A new workspace: kinfold.yaml, rules, some data to look at, and what an editor wants to know. All
 * of it are files of the folder of default rules; no rule stands in this program. */
#include "base/vec.h"
#include "cli/command.h"
#include "cli/editor.h"
#include "cli/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct kf_cli_option OPTIONS[] = {
    {"template", 't', "NAME",
     "retail (a small shop with the default rules, the default) or minimal (one source, one file "
     "of "
     "rules)",
     false},
    {"editor", 0, NULL,
     "of a workspace that is there: write anew what editors know of it, add what is missing",
     false},
    {"ci", 0, "SERVICE", "add what runs check, test and dry-run on github or gitlab", false},
    {0},
};

/* The default rules stand in share/kinfold/rules of an installation and in rules/ of the source
 * tree above a build folder; templates/NAME/kinfold.yaml is in them. */
static bool find_rules(const char *template, char *out, size_t cap)
{
    static const char *const places[] = {"../share/kinfold/rules", "../rules", "../../rules",
                                         "../../../rules"};
    char exe[3000], yaml[4096];
    struct stat st;
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n <= 0)
        return false;
    exe[n] = 0;
    char *slash = strrchr(exe, '/');
    if (!slash)
        return false;
    *slash = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(yaml, sizeof yaml, "%s/%s/templates/%s/kinfold.yaml", exe, places[i], template);
        if (stat(yaml, &st) == 0) {
            snprintf(out, cap, "%s/%s", exe, places[i]);
            return true;
        }
    }
    return false;
}

/* ---- what is copied ---- */

struct copy {
    char *from, *to, *shown; /* shown: path inside the workspace */
};
typedef kf_vec(struct copy) copies;

static char *path_of(const char *a, const char *b)
{
    struct kf_buf p = {0};
    kf_buf_addf(&p, "%s%s%s", a, *a && *b ? "/" : "", b);
    return p.p ? p.p : strdup("");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int by_shown(const void *a, const void *b)
{
    return strcmp(((const struct copy *)a)->shown, ((const struct copy *)b)->shown);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_rule(const char *name)
{
    size_t n = strlen(name);
    return n > 4 && strcmp(name + n - 4, ".lua") == 0;
}

/* Files below a folder, or the rules that stand in it. */
static int gather(const char *from, const char *to, const char *shown, bool rules_only, copies *out,
                  struct kf_error *err)
{
    struct dirent **entry = NULL;
    int rc = 0, n = scandir(from, &entry, NULL, by_name);
    if (n < 0)
        return kf_error_set(err, KF_E_NOINPUT, "init", "cannot read %s: %s", from, strerror(errno));
    for (int i = 0; i < n; i++) {
        const char *name = entry[i]->d_name;
        struct copy c = {path_of(from, name), path_of(to, name), path_of(shown, name)};
        bool folder = is_folder(c.from);
        bool take = rules_only ? !folder && is_rule(name) : strcmp(name, ".") && strcmp(name, "..");
        if (rc == 0 && take && !folder) {
            *kf_vec_push(out) = c;
            c = (struct copy){0};
        } else if (rc == 0 && take) {
            rc = gather(c.from, c.to, c.shown, false, out, err);
        }
        free(c.from);
        free(c.to);
        free(c.shown);
        free(entry[i]);
    }
    free(entry);
    return rc;
}

/* The template, what every workspace has, the default rules where the template brings none, and
 * their description for editors. */
static int gather_all(const char *rules, const char *template, const char *dir, copies *out,
                      struct kf_error *err)
{
    char from[4300], to[4300];
    snprintf(from, sizeof from, "%s/templates/%s/rules", rules, template);
    bool own_rules = is_folder(from);
    snprintf(from, sizeof from, "%s/templates/%s", rules, template);
    int rc = gather(from, dir, "", false, out, err);
    snprintf(from, sizeof from, "%s/templates/every", rules);
    rc = rc ? rc : gather(from, dir, "", false, out, err);
    snprintf(to, sizeof to, "%s/rules", dir);
    if (!own_rules)
        rc = rc ? rc : gather(rules, to, "rules", true, out, err);
    snprintf(from, sizeof from, "%s/meta", rules);
    snprintf(to, sizeof to, "%s/rules/meta", dir);
    rc = rc ? rc : gather(from, to, "rules/meta", false, out, err);
    if (rc == 0) /* written last, from the others */
        *kf_vec_push(out) = (struct copy){strdup(""), path_of(to, "workspace.lua"),
                                          strdup("rules/meta/workspace.lua")};
    if (out->n)
        qsort(out->p, out->n, sizeof *out->p, by_shown);
    return rc;
}

/* Before anything is written: half a workspace helps nobody. */
static int none_there(const copies *c, struct kf_error *err)
{
    struct stat st;
    for (size_t i = 0; i < c->n; i++)
        if (lstat(c->p[i].to, &st) == 0)
            return kf_error_set(err, KF_E_CANTCREATE, "init",
                                "%s is there already; init never overwrites", c->p[i].to);
    return 0;
}

/* ---- copying ---- */

static int copy_bytes(int from, int to)
{
    char piece[16384];
    ssize_t n;
    while ((n = read(from, piece, sizeof piece)) > 0)
        for (ssize_t at = 0; at < n;) {
            ssize_t w = write(to, piece + at, (size_t)(n - at));
            if (w < 0)
                return -1;
            at += w;
        }
    return n < 0 ? -1 : 0;
}

static int make_folders(const char *file, struct kf_error *err)
{
    char path[4300];
    snprintf(path, sizeof path, "%s", file);
    for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = 0;
        if (mkdir(path, 0755) != 0 && errno != EEXIST)
            return kf_error_set(err, KF_E_CANTCREATE, "init", "cannot make the folder %s: %s", path,
                                strerror(errno));
        *p = '/';
    }
    return 0;
}

static int copy_file(const char *from, const char *to, struct kf_error *err)
{
    int rc = make_folders(to, err);
    if (rc)
        return rc;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    bool bad = in < 0 || out < 0 || copy_bytes(in, out);
    if (bad)
        rc = kf_error_set(err, KF_E_CANTCREATE, "init", "cannot write %s: %s", to, strerror(errno));
    if (in >= 0)
        close(in);
    if (out >= 0 && close(out) && !bad)
        rc = kf_error_set(err, KF_E_CANTCREATE, "init", "cannot write %s: %s", to, strerror(errno));
    return rc;
}

/* ---- for editors and services ---- */

static int write_text(const char *to, const struct kf_buf *text, struct kf_error *err)
{
    int rc = make_folders(to, err);
    if (rc)
        return rc;
    char *part = path_of("", to);
    struct kf_buf name = {0};
    kf_buf_addf(&name, "%s.new", part);
    FILE *f = fopen(name.p, "wb");
    bool ok = f && fwrite(text->p, 1, text->n, f) == text->n;
    ok = f && fclose(f) == 0 && ok && rename(name.p, to) == 0;
    if (!ok)
        rc = kf_error_set(err, KF_E_CANTCREATE, "init", "cannot write %s: %s", to, strerror(errno));
    kf_buf_free(&name);
    free(part);
    return rc;
}

/* rules/meta/workspace.lua */
static int write_names(const char *dir, struct kf_error *err)
{
    struct kf_buf text = {0};
    char *to = path_of(dir, "rules/meta/workspace.lua");
    int rc = kf_editor_names(dir, &text, err);
    rc = rc ? rc : write_text(to, &text, err);
    kf_buf_free(&text);
    free(to);
    return rc;
}

static void forget(copies *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->p[i].from);
        free(list->p[i].to);
        free(list->p[i].shown);
    }
    kf_vec_free(list);
}

/* What is there stays, but the description of the words, which is ours. */
static int add_missing(copies *list, struct kf_error *err)
{
    struct stat st;
    int rc = 0;
    size_t kept = 0;
    for (size_t i = 0; i < list->n; i++) {
        struct copy c = list->p[i];
        bool ours = strcmp(c.shown, "rules/meta/kinfold.lua") == 0;
        if (ours)
            unlink(c.to);
        bool fresh = lstat(c.to, &st) != 0;
        if (rc == 0 && fresh)
            rc = copy_file(c.from, c.to, err);
        if (rc == 0 && fresh) {
            list->p[kept++] = c;
            continue;
        }
        free(c.from);
        free(c.to);
        free(c.shown);
    }
    list->n = kept;
    return rc;
}

static void say_added(struct kf_cli *cli, const char *dir, const copies *list, bool names)
{
    struct kf_buf b = {0};
    struct kf_json j;
    if (cli->json) {
        kf_json_start(&j, &b, "kinfold.init/1");
        kf_json_text(&j, "template", NULL);
        kf_json_text(&j, "dir", dir);
        kf_json_open(&j, "files", '[');
    }
    for (size_t i = 0; i < list->n + names; i++) {
        const char *shown = i < list->n ? list->p[i].shown : "rules/meta/workspace.lua";
        if (cli->json)
            kf_json_str(&j, NULL, kf_cstr(shown));
        else
            kf_buf_addf(&b, "wrote %s\n", shown);
    }
    if (cli->json) {
        kf_json_close(&j, ']');
        kf_json_end(&j);
    }
    if (!cli->quiet || cli->json)
        kf_out_flush(&b);
    kf_buf_free(&b);
}

/* init --editor, init --ci: in a workspace that is there. */
static int add_to(struct kf_cli *cli, const char *rules, const char *dir, struct kf_error *err)
{
    char from[4300], to[4300];
    const char *ci = kf_cli_get(cli, "ci");
    bool editor = kf_cli_has(cli, "editor");
    struct stat st;
    copies list = {0};
    snprintf(from, sizeof from, "%s/kinfold.yaml", dir);
    if (stat(from, &st) != 0)
        return kf_error_set(err, KF_E_NOINPUT, "init", "%s has no kinfold.yaml", dir);
    if (ci && strcmp(ci, "github") && strcmp(ci, "gitlab"))
        return kf_error_set(err, KF_E_USAGE, "init", "--ci '%s': github or gitlab", ci);
    int rc = 0;
    if (ci) {
        snprintf(from, sizeof from, "%s/templates/ci/%s", rules, ci);
        rc = gather(from, dir, "", false, &list, err);
        rc = rc ? rc : none_there(&list, err);
    }
    if (rc == 0 && editor) {
        snprintf(from, sizeof from, "%s/templates/every", rules);
        rc = gather(from, dir, "", false, &list, err);
        snprintf(from, sizeof from, "%s/meta", rules);
        snprintf(to, sizeof to, "%s/rules/meta", dir);
        rc = rc ? rc : gather(from, to, "rules/meta", false, &list, err);
    }
    rc = rc ? rc : add_missing(&list, err);
    rc = rc || !editor ? rc : write_names(dir, err);
    if (rc == 0)
        say_added(cli, dir, &list, editor);
    forget(&list);
    return rc;
}

/* ---- the command ---- */

static void say(struct kf_cli *cli, const char *template, const char *dir, const copies *list)
{
    struct kf_buf b = {0};
    struct kf_json j;
    if (cli->json) {
        kf_json_start(&j, &b, "kinfold.init/1");
        kf_json_text(&j, "template", template);
        kf_json_text(&j, "dir", dir);
        kf_json_open(&j, "files", '[');
    } else {
        kf_buf_addf(&b, "A workspace from the template '%s' in %s:\n", template, dir);
    }
    for (size_t i = 0; i < list->n; i++) {
        if (cli->json)
            kf_json_str(&j, NULL, kf_cstr(list->p[i].shown));
        else
            kf_buf_addf(&b, "  %s\n", list->p[i].shown);
    }
    if (cli->json) {
        kf_json_close(&j, ']');
        kf_json_end(&j);
    } else {
        kf_buf_addf(&b, "\nNext:\n%s%s%s  kinfold check\n  kinfold dry-run\n  kinfold run\n",
                    strcmp(dir, ".") ? "  cd " : "", strcmp(dir, ".") ? dir : "",
                    strcmp(dir, ".") ? "\n" : "");
    }
    if (!cli->quiet || cli->json)
        kf_out_flush(&b);
    kf_buf_free(&b);
}

static int run(struct kf_cli *cli)
{
    struct kf_error err = KF_ERROR_INIT;
    const char *template = kf_cli_has(cli, "template") ? kf_cli_get(cli, "template") : "retail";
    const char *dir = cli->n_operand ? cli->operand[0] : cli->dir;
    char rules[4096];
    copies list = {0};
    int rc = 0;
    if (strcmp(template, "retail") && strcmp(template, "minimal"))
        rc = kf_error_set(&err, KF_E_USAGE, "init", "there is no template '%s': retail or minimal",
                          template);
    else if (!find_rules(template, rules, sizeof rules))
        rc = kf_error_set(
            &err, KF_E_NOINPUT, "init",
            "the default rules are missing: expected in share/kinfold/rules beside this program");
    if (rc == 0 && (kf_cli_has(cli, "editor") || kf_cli_has(cli, "ci"))) {
        rc = add_to(cli, rules, dir, &err);
        return rc ? kf_cli_fail(cli, &err) : 0;
    }
    if (rc == 0)
        rc = gather_all(rules, template, dir, &list, &err);
    if (rc == 0)
        rc = none_there(&list, &err);
    for (size_t i = 0; i < list.n && rc == 0; i++)
        if (list.p[i].from[0])
            rc = copy_file(list.p[i].from, list.p[i].to, &err);
    if (rc == 0)
        rc = write_names(dir, &err);
    if (rc == 0)
        say(cli, template, dir, &list);
    forget(&list);
    return rc ? kf_cli_fail(cli, &err) : 0;
}

static const char *const EXAMPLES[] = {"kinfold init shop",
                                       "a small shop to try things on",
                                       "kinfold init --template minimal crm",
                                       "as little as can be",
                                       "kinfold init --editor",
                                       "names of this workspace for completion, anew",
                                       "kinfold init --ci github",
                                       "a workflow for pull requests that change rules",
                                       NULL};
static const struct kf_cli_exit EXITS[] = {
    {66, "--editor or --ci, and there is no workspace"},
    {73, "one of the files is there already or cannot be written"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_init = {
    .name = "init",
    .operands = "[DIR]",
    .max_operands = 1,
    .purpose = "start a workspace",
    .about = "Writes kinfold.yaml, rules with their scenarios, a few records to look "
             "at, and a description of the rule words for editors. Nothing is overwritten.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
