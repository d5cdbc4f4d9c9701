/* The one layout of rule files. A file that is no Lua stays as it is and is complained about; all
 * others are written whole or not at all. */
#include "base/vec.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/text_diff.h"
#include "config/config.h"
#include "lua/format.h"
#include "lua/rules.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct kf_cli_option OPTIONS[] = {
    {"check", 0, NULL, "write nothing; exit 1 and name the files that are laid out otherwise",
     false},
    {"diff", 0, NULL, "write nothing; show what would change", false},
    {0},
};

enum state { CLEAN, CHANGED, WRONG };

struct file {
    char *path;        /* as it is opened */
    const char *shown; /* as it is named: path without the -C folder */
    struct kf_error err;
    uint8_t state;
};

struct format_run {
    struct kf_cli *cli;
    kf_vec(struct file) file;
    bool check, diff;
    uint32_t changed, wrong;
    int code; /* of the first that went wrong */
    struct kf_buf out;
};

/* ---- which files ---- */

static void take_file(struct format_run *r, const char *path)
{
    size_t n = strlen(r->cli->dir);
    struct file f = {.path = strdup(path), .err = KF_ERROR_INIT};
    bool below = strcmp(r->cli->dir, ".") && strncmp(path, r->cli->dir, n) == 0 && path[n] == '/';
    f.shown = f.path + (below ? n + 1 : strncmp(path, "./", 2) == 0 ? 2 : 0);
    if (strcmp(path, "-") == 0)
        f.shown = "stdin";
    *kf_vec_push(&r->file) = f;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* A folder of rules as the rules are loaded: without meta/ and other workspaces. */
static bool is_rule_folder(const char *path, const char *name)
{
    char config[PATH_MAX];
    struct stat st;
    snprintf(config, sizeof config, "%.*s/kinfold.yaml", PATH_MAX - 20, path);
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && strcmp(name, "meta") != 0 &&
           stat(config, &st) != 0;
}

static int walk(struct format_run *r, const char *path, int depth, struct kf_error *err)
{
    struct dirent **entry = NULL;
    int rc = 0, n = depth < 16 ? scandir(path, &entry, NULL, by_name) : -1;
    if (n < 0)
        return kf_error_set(err, KF_E_NOINPUT, "fmt", "%s: %s", path,
                            depth < 16 ? strerror(errno) : "too deep");
    for (int i = 0; i < n; i++) {
        const char *name = entry[i]->d_name;
        char below[PATH_MAX];
        size_t len = strlen(name);
        snprintf(below, sizeof below, "%.*s/%s", PATH_MAX - 300, path, name);
        if (rc == 0 && name[0] != '.') {
            if (is_rule_folder(below, name))
                rc = walk(r, below, depth + 1, err);
            else if (len > 4 && strcmp(name + len - 4, ".lua") == 0)
                take_file(r, below);
        }
        free(entry[i]);
    }
    free(entry);
    return rc;
}

static int take_path(struct format_run *r, const char *path, struct kf_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return kf_error_set(err, KF_E_NOINPUT, "fmt", "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return walk(r, path, 0, err);
    take_file(r, path);
    return 0;
}

/* The rules of the workspace; a kinfold.yaml that does not load has `rules` beside it too. */
static int take_workspace(struct format_run *r, struct kf_error *err)
{
    char path[PATH_MAX];
    struct kf_config *config = NULL;
    struct kf_error ignored = KF_ERROR_INIT;
    snprintf(path, sizeof path, "%.*s/rules", PATH_MAX - 20, r->cli->dir);
    if (kf_config_load(r->cli->dir, &config, NULL, NULL, &ignored) == 0) {
        char real[PATH_MAX];
        /* named from here where it is the usual folder */
        if (!realpath(path, real) || strcmp(real, config->rules) != 0)
            snprintf(path, sizeof path, "%s", config->rules);
    } else if (access(path, R_OK) != 0) {
        return kf_error_set(err, ignored.code, "fmt", "%s; name files or folders to format",
                            ignored.message);
    }
    kf_config_free(config);
    return take_path(r, path, err);
}

/* ---- one file ---- */

static int read_fd(int fd, struct kf_buf *out)
{
    for (;;) {
        kf_buf_reserve(out, 65536);
        ssize_t n = read(fd, out->p + out->n, 65536);
        if (n < 0)
            return -1;
        if (n == 0)
            return 0;
        out->n += (size_t)n;
        out->p[out->n] = '\0';
    }
}

/* Beside the file, then in its place: whoever reads meanwhile sees the old or the new text. */
static int replace(const char *path, const struct kf_buf *text, struct kf_error *err)
{
    char real[PATH_MAX], part[PATH_MAX + 40];
    struct stat st;
    if (!realpath(path, real) || stat(real, &st) != 0)
        return kf_error_set(err, KF_E_IO, "fmt", "%s: %s", path, strerror(errno));
    snprintf(part, sizeof part, "%s.fmt-%ld", real, (long)getpid());
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0;
    for (size_t at = 0; ok && at < text->n;) {
        ssize_t n = write(fd, text->p + at, text->n - at);
        ok = n > 0;
        at += ok ? (size_t)n : 0;
    }
    ok = ok && fchmod(fd, st.st_mode & 07777) == 0 && fsync(fd) == 0;
    int failed = errno;
    if (fd >= 0)
        close(fd);
    if (ok && rename(part, real) == 0)
        return 0;
    failed = ok ? errno : failed;
    if (fd >= 0)
        unlink(part);
    return kf_error_set(err, KF_E_CANTCREATE, "fmt", "cannot write %s: %s", path, strerror(failed));
}

static void complain(const struct format_run *r, const struct kf_error *e, struct kf_str text)
{
    if (!e->line) {
        kf_cli_fail(r->cli, e);
        return;
    }
    const char *line = text.p, *end;
    for (uint32_t i = 1; i < e->line && line; i++) {
        line = memchr(line, '\n', text.n - (size_t)(line - text.p));
        line = line ? line + 1 : NULL;
    }
    size_t left = line ? text.n - (size_t)(line - text.p) : 0;
    end = line ? memchr(line, '\n', left) : NULL;
    size_t n = end ? (size_t)(end - line) : left;
    char *source = line ? strndup(line, n) : NULL;
    struct kf_diagnostic d = {.severity = KF_SEV_ERROR,
                              .code = "KF0001",
                              .pos = {e->file, e->line, e->column},
                              .message = e->message,
                              .source = source,
                              .help = "the file was left as it is"};
    struct kf_buf b = {0};
    kf_diagnostic_print(&d, r->cli->colour_err, &b);
    fwrite(b.p, 1, b.n, stderr);
    kf_buf_free(&b);
    free(source);
}

static void format_text(struct format_run *r, struct file *f, const struct kf_buf *text,
                        struct kf_buf *laid_out)
{
    struct kf_str before = kf_str(text->p ? text->p : "", text->n);
    bool stdin_text = strcmp(f->path, "-") == 0;
    int rc = kf_format(f->shown, before, laid_out, &f->err);
    if (rc == 0) {
        struct kf_str after = kf_str(laid_out->p ? laid_out->p : "", laid_out->n);
        f->state = kf_str_eq(before, after) ? CLEAN : CHANGED;
        if (f->state == CHANGED && r->diff && !r->cli->json)
            kf_text_diff(&r->out, f->shown, before, after, r->cli->colour);
        if (stdin_text && !r->check && !r->diff)
            kf_buf_add(&r->out, after.p, after.n);
        else if (f->state == CHANGED && !r->check && !r->diff)
            rc = replace(f->path, laid_out, &f->err);
    }
    if (rc) {
        f->state = WRONG;
        complain(r, &f->err, before);
    }
}

static void format_file(struct format_run *r, struct file *f)
{
    struct kf_buf text = {0}, laid_out = {0};
    bool is_stdin = strcmp(f->path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(f->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read_fd(fd, &text) != 0) {
        f->state = WRONG;
        kf_error_set(&f->err, KF_E_NOINPUT, "fmt", "%s: %s", f->shown, strerror(errno));
        kf_cli_fail(r->cli, &f->err);
    } else {
        format_text(r, f, &text, &laid_out);
    }
    if (fd >= 0 && !is_stdin)
        close(fd);
    r->changed += f->state == CHANGED;
    r->wrong += f->state == WRONG;
    if (f->state == WRONG && !r->code)
        r->code = f->err.code;
    kf_buf_free(&text);
    kf_buf_free(&laid_out);
}

/* ---- the report ---- */

static void say_text(struct format_run *r)
{
    struct kf_buf summary = {0}, *b = r->diff ? &summary : &r->out; /* a patch stays a patch */
    bool only = r->check || r->diff;
    for (size_t i = 0; i < r->file.n; i++)
        if (r->file.p[i].state == CHANGED && !r->diff)
            kf_buf_addf(b, "%s\n", r->file.p[i].shown);
    kf_count_add(b, r->file.n, "file", NULL);
    if (!r->changed)
        kf_buf_adds(b, r->wrong ? ", none to change" : ", all laid out as they should be");
    else
        kf_buf_addf(b, only ? ", %u would change" : ", %u changed", r->changed);
    if (r->wrong)
        kf_buf_addf(b, ", %u left alone", r->wrong);
    kf_buf_addc(b, '\n');
    if (r->changed && r->check)
        kf_buf_adds(b, "run 'kinfold fmt' to lay them out\n");
    if (summary.n)
        fwrite(summary.p, 1, summary.n, stderr);
    kf_buf_free(&summary);
}

static void say_json(struct format_run *r)
{
    static const char *const states[] = {"clean", "changed", "wrong"};
    struct kf_json j;
    kf_json_start(&j, &r->out, "kinfold.fmt/1");
    kf_json_bool(&j, "written", !r->check && !r->diff && r->changed);
    kf_json_count(&j, "changed", r->changed);
    kf_json_count(&j, "wrong", r->wrong);
    kf_json_open(&j, "files", '[');
    for (size_t i = 0; i < r->file.n; i++) {
        const struct file *f = &r->file.p[i];
        kf_json_open(&j, NULL, '{');
        kf_json_text(&j, "file", f->shown);
        kf_json_text(&j, "state", states[f->state]);
        if (f->state == WRONG) {
            kf_json_text(&j, "message", f->err.message);
            kf_json_count(&j, "line", f->err.line);
            kf_json_count(&j, "column", f->err.column);
        }
        kf_json_close(&j, '}');
    }
    kf_json_close(&j, ']');
    kf_json_end(&j);
}

static int run(struct kf_cli *cli)
{
    struct kf_error err = KF_ERROR_INIT;
    struct format_run r = {
        .cli = cli, .check = kf_cli_has(cli, "check"), .diff = kf_cli_has(cli, "diff")};
    bool from_stdin = cli->n_operand == 1 && strcmp(cli->operand[0], "-") == 0;
    int rc = cli->n_operand ? 0 : take_workspace(&r, &err);
    for (uint32_t i = 0; i < cli->n_operand && rc == 0; i++) {
        if (strcmp(cli->operand[i], "-") != 0)
            rc = take_path(&r, cli->operand[i], &err);
        else if (from_stdin && !cli->json)
            take_file(&r, "-");
        else
            rc = kf_error_set(&err, KF_E_USAGE, "fmt",
                              "- (standard input) stands alone, without --json");
    }
    for (size_t i = 0; i < r.file.n && rc == 0; i++)
        format_file(&r, &r.file.p[i]);
    if (rc == 0 && cli->json)
        say_json(&r);
    else if (rc == 0 && !from_stdin && !(cli->quiet && !r.changed))
        say_text(&r);
    kf_out_flush(&r.out);
    for (size_t i = 0; i < r.file.n; i++)
        free(r.file.p[i].path);
    kf_vec_free(&r.file);
    if (rc)
        return kf_cli_fail(cli, &err);
    return r.wrong ? kf_error_exit(r.code) : r.check && r.changed;
}

static const char *const EXAMPLES[] = {"kinfold fmt",
                                       "lay out the rules of this workspace",
                                       "kinfold fmt --check --diff",
                                       "what is laid out otherwise, and how; for a build",
                                       "kinfold fmt - < rules/segments.lua",
                                       "for an editor: text in, text out",
                                       NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "--check, and a file is laid out otherwise"},
    {65, "a file is not Lua; it was left alone, the others were not"},
    {73, "a file cannot be written"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_fmt = {
    .name = "fmt",
    .operands = "[FILE | FOLDER ... | -]",
    .max_operands = 1000,
    .purpose = "lay out rule files the one way",
    .about = "One condition a line, two spaces, 100 columns; a long chain breaks before its "
             "colons. Comments and texts stay as they are, the rules and their digest too. "
             "Without files: the rules of the workspace.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
