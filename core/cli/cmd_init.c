/* A new workspace from a template folder: kinfold.yaml, rules, some data to look at. */
#include "cli/command.h"
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
     "retail (a small shop with data, the default) or minimal (one source, four rules)", false},
    {0},
};

/* Templates stand in share/kinfold/rules of an installation and in rules/ of the source tree above
 * a build folder. */
static bool find_templates(const char *name, char *out, size_t cap)
{
    static const char *const places[] = {"../share/kinfold/rules", "../rules", "../../rules",
                                         "../../../rules"};
    char exe[3000];
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
        snprintf(out, cap, "%s/%s/%s/kinfold.yaml", exe, places[i], name);
        if (stat(out, &st) == 0) {
            snprintf(out, cap, "%s/%s/%s", exe, places[i], name);
            return true;
        }
    }
    return false;
}

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

static int copy_file(const char *from, const char *to, struct kf_error *err)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    int rc = 0;
    if (in < 0 || out < 0 || copy_bytes(in, out) || close(out))
        rc = kf_error_set(err, KF_E_CANTCREATE, "init", "cannot write %s: %s", to, strerror(errno));
    if (in >= 0)
        close(in);
    return rc;
}

static int make_dir(const char *path, struct kf_error *err)
{
    if (mkdir(path, 0755) == 0 || errno == EEXIST)
        return 0;
    return kf_error_set(err, KF_E_CANTCREATE, "init", "cannot make the folder %s: %s", path,
                        strerror(errno));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* `shown`: path inside the workspace. */
static int copy_tree(const char *from, const char *to, const char *shown, struct kf_buf *list,
                     struct kf_error *err)
{
    int rc = make_dir(to, err);
    struct dirent **entry = NULL;
    int n = rc ? 0 : scandir(from, &entry, NULL, by_name);
    if (n < 0)
        return kf_error_set(err, KF_E_NOINPUT, "init", "cannot read %s: %s", from, strerror(errno));
    for (int i = 0; i < n; i++) {
        const char *name = entry[i]->d_name;
        if (rc == 0 && name[0] != '.') {
            struct kf_buf a = {0}, b = {0}, c = {0};
            struct stat st;
            kf_buf_addf(&a, "%s/%s", from, name);
            kf_buf_addf(&b, "%s/%s", to, name);
            kf_buf_addf(&c, "%s%s%s", shown, *shown ? "/" : "", name);
            if (stat(a.p, &st) == 0 && S_ISDIR(st.st_mode)) {
                rc = copy_tree(a.p, b.p, c.p, list, err);
            } else {
                rc = copy_file(a.p, b.p, err);
                kf_buf_addf(list, "%s\n", c.p);
            }
            kf_buf_free(&a);
            kf_buf_free(&b);
            kf_buf_free(&c);
        }
        free(entry[i]);
    }
    free(entry);
    return rc;
}

static void say(struct kf_cli *cli, const char *template, const char *dir,
                const struct kf_buf *list)
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
    for (const char *p = list->p; p && *p;) {
        size_t n = strcspn(p, "\n");
        if (cli->json)
            kf_json_str(&j, NULL, kf_str(p, n));
        else
            kf_buf_addf(&b, "  %.*s\n", (int)n, p);
        p += n + 1;
    }
    if (cli->json) {
        kf_json_close(&j, ']');
        kf_json_end(&j);
    } else {
        kf_buf_addf(&b, "\nNext:\n%s%s%s  kinfold check\n  kinfold run\n",
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
    char from[4096], yaml[4096];
    struct stat st;
    int rc = 0;
    if (strcmp(template, "retail") && strcmp(template, "minimal"))
        rc = kf_error_set(&err, KF_E_USAGE, "init", "there is no template '%s': retail or minimal",
                          template);
    else if (!find_templates(template, from, sizeof from))
        rc = kf_error_set(
            &err, KF_E_NOINPUT, "init",
            "the templates are missing: expected in share/kinfold/rules beside this program");
    snprintf(yaml, sizeof yaml, "%s/kinfold.yaml", dir);
    if (rc == 0 && stat(yaml, &st) == 0)
        rc = kf_error_set(&err, KF_E_CANTCREATE, "init",
                          "%s is there already; init never overwrites", yaml);
    struct kf_buf list = {0};
    if (rc == 0)
        rc = copy_tree(from, dir, "", &list, &err);
    if (rc == 0)
        say(cli, template, dir, &list);
    kf_buf_free(&list);
    return rc ? kf_cli_fail(cli, &err) : 0;
}

static const char *const EXAMPLES[] = {"kinfold init shop", "a small shop to try things on",
                                       "kinfold init --template minimal crm", "as little as can be",
                                       NULL};
static const struct kf_cli_exit EXITS[] = {
    {73, "the folder has a kinfold.yaml already or cannot be written"}, {-1, NULL}};

const struct kf_cli_command kf_cmd_init = {.name = "init",
                                           .operands = "[DIR]",
                                           .max_operands = 1,
                                           .purpose = "start a workspace",
                                           .about =
                                               "Writes kinfold.yaml, a rule set and, for retail, a "
                                               "few records to look at. Nothing is overwritten.",
                                           .option = OPTIONS,
                                           .example = EXAMPLES,
                                           .exits = EXITS,
                                           .run = run};
