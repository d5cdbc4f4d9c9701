#include "cli/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const struct kf_cli_option kf_cli_globals[] = {
    {"dir", 'C', "DIR", "work in this workspace instead of the current folder", false},
    {"json", 0, NULL, "print one JSON document with a schema name instead of text", false},
    {"reveal", 0, NULL, "show personal data instead of masking it", false},
    {"quiet", 'q', NULL, "no progress and no report on success", false},
    {"threads", 'j', "N", "use N threads (default: the processors, KF_THREADS)", false},
    {"plugin-dir", 0, "DIR", "look for connectors here first", true},
    {"colour", 0, "WHEN", "auto, always or never (NO_COLOR is honoured)", false},
    {"help", 'h', NULL, "say what this command does", false},
    {0},
};

const struct kf_cli_command *const kf_cli_commands[] = {&kf_cmd_init,       &kf_cmd_fmt,
                                                        &kf_cmd_check,      &kf_cmd_dry_run,
                                                        &kf_cmd_diff,       &kf_cmd_run,
                                                        &kf_cmd_explain,    &kf_cmd_export,
                                                        &kf_cmd_approve,    &kf_cmd_publish,
                                                        &kf_cmd_log,        &kf_cmd_key,
                                                        &kf_cmd_source,     &kf_cmd_decide,
                                                        &kf_cmd_erase,      &kf_cmd_review,
                                                        &kf_cmd_status,     &kf_cmd_quality,
                                                        &kf_cmd_test,       &kf_cmd_simulate,
                                                        &kf_cmd_docs,       &kf_cmd_plugin,
                                                        &kf_cmd_completion, &kf_cmd_version,
                                                        &kf_cmd_help,       NULL};

volatile int kf_cli_stop;
volatile int kf_cli_signal;

/* ---- signals: once finishes the batch, twice stops (DESIGN 9) ---- */

static void on_signal(int number)
{
    kf_cli_signal = number;
    if (kf_cli_stop < 2)
        kf_cli_stop = kf_cli_stop + 1;
}

void kf_cli_catch_signals(void)
{
    struct sigaction a = {.sa_handler = on_signal};
    sigemptyset(&a.sa_mask);
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is an error like a full disk */
}

/* ---- looking up ---- */

const struct kf_cli_command *kf_cli_find(const char *name)
{
    for (uint32_t i = 0; kf_cli_commands[i]; i++) {
        const struct kf_cli_command *c = kf_cli_commands[i];
        if (strcmp(c->name, name) == 0 || (c->alias && strcmp(c->alias, name) == 0))
            return c;
    }
    return NULL;
}

const char *kf_cli_nth(const struct kf_cli *c, const char *name, uint32_t i)
{
    for (uint32_t k = 0; k < c->n_value; k++)
        if (strcmp(c->value[k].name, name) == 0 && i-- == 0)
            return c->value[k].value;
    return NULL;
}

const char *kf_cli_get(const struct kf_cli *c, const char *name)
{
    return kf_cli_nth(c, name, 0);
}

bool kf_cli_has(const struct kf_cli *c, const char *name)
{
    return kf_cli_get(c, name) != NULL;
}

int kf_cli_number(const struct kf_cli *c, const char *name, int64_t min, int64_t max, int64_t *ret,
                  struct kf_error *err)
{
    const char *t = kf_cli_get(c, name);
    if (!t)
        return 0;
    char *end;
    errno = 0;
    long long v = strtoll(t, &end, 10);
    if (errno || end == t || *end || v < min || v > max)
        return kf_error_set(err, KF_E_USAGE, "cli",
                            "--%s wants a whole number from %lld to %lld, not '%s'", name,
                            (long long)min, (long long)max, t);
    *ret = v;
    return 0;
}

/* ---- parsing ---- */

static const struct kf_cli_option *find_option(const struct kf_cli_option *list, const char *name,
                                               size_t n, char letter)
{
    for (; list && list->name; list++)
        if (letter ? list->letter == letter
                   : strlen(list->name) == n && memcmp(list->name, name, n) == 0)
            return list;
    return NULL;
}

static int usage(const struct kf_cli_command *c, const char *fmt, const char *what,
                 const char *near)
{
    fprintf(stderr, "kinfold%s%s: ", c ? " " : "", c ? c->name : "");
    fprintf(stderr, fmt, what);
    if (near)
        fprintf(stderr, " (did you mean '%s%s'?)", what[0] == '-' ? "--" : "", near);
    fprintf(stderr, "\nTry 'kinfold%s%s --help'.\n", c ? " " : "", c ? c->name : "");
    return kf_error_exit(KF_E_USAGE);
}

static const char *suggest_option(const struct kf_cli_command *c, const char *word)
{
    const char *names[64];
    size_t n = 0;
    for (const struct kf_cli_option *o = c ? c->option : NULL; o && o->name && n < 48; o++)
        names[n++] = o->name;
    for (const struct kf_cli_option *o = kf_cli_globals; o->name; o++)
        names[n++] = o->name;
    return kf_str_suggest(word, names, n);
}

static void keep(struct kf_cli *c, const struct kf_cli_option *o, const char *value)
{
    c->value[c->n_value].name = o->name;
    c->value[c->n_value++].value = value;
}

/* One --name[=value] or -x [value]; *i moves past a value of its own. < 0: fine, otherwise the exit
 * status. */
static int take_option(struct kf_cli *c, int argc, const char *const *argv, int *i)
{
    const char *a = argv[*i], *eq = strchr(a, '=');
    bool is_long = a[1] == '-';
    const char *name = a + (is_long ? 2 : 1);
    size_t n = is_long && eq ? (size_t)(eq - name) : strlen(name);
    char letter = is_long ? 0 : a[1];
    const struct kf_cli_option *o =
        find_option(c->command ? c->command->option : NULL, name, n, letter);
    if (!o)
        o = find_option(kf_cli_globals, name, n, letter);
    if (!o) {
        char word[64];
        snprintf(word, sizeof word, "%.*s", (int)n, name);
        return usage(c->command, "there is no option '%s'", a,
                     is_long ? suggest_option(c->command, word) : NULL);
    }
    if (!o->arg) {
        if (is_long && eq)
            return usage(c->command, "--%s takes no value", o->name, NULL);
        if (!is_long && a[2])
            return usage(c->command, "write '%s' as separate options", a, NULL);
        keep(c, o, "");
        return -1;
    }
    if (!o->many && kf_cli_has(c, o->name))
        return usage(c->command, "--%s is given twice", o->name, NULL);
    if (is_long && eq) {
        keep(c, o, eq + 1);
    } else if (!is_long && a[2]) {
        keep(c, o, a + 2);
    } else if (*i + 1 < argc) {
        keep(c, o, argv[++*i]);
    } else {
        return usage(c->command, "--%s wants a value", o->name, NULL);
    }
    return -1;
}

static bool want_colour(const char *when, int fd)
{
    if (when && strcmp(when, "always") == 0)
        return true;
    if (when && strcmp(when, "never") == 0)
        return false;
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return !(no && *no) && !(term && strcmp(term, "dumb") == 0) && isatty(fd);
}

static int settle_globals(struct kf_cli *c)
{
    const char *colour = kf_cli_get(c, "colour");
    if (colour && strcmp(colour, "auto") && strcmp(colour, "always") && strcmp(colour, "never"))
        return usage(c->command, "--colour wants auto, always or never, not '%s'", colour, NULL);
    c->colour = want_colour(colour, STDOUT_FILENO);
    c->colour_err = want_colour(colour, STDERR_FILENO);
    c->json = kf_cli_has(c, "json");
    c->reveal = kf_cli_has(c, "reveal");
    c->quiet = kf_cli_has(c, "quiet");
    c->dir = kf_cli_has(c, "dir") ? kf_cli_get(c, "dir") : ".";
    struct kf_error err = KF_ERROR_INIT;
    int64_t threads = 0;
    if (kf_cli_number(c, "threads", 1, 256, &threads, &err))
        return usage(c->command, "%s", err.message, NULL);
    c->threads = (unsigned)threads;
    for (uint32_t i = 0; kf_cli_nth(c, "plugin-dir", i); i++)
        c->plugin_dir[c->n_plugin_dir++] = kf_cli_nth(c, "plugin-dir", i);
    return -1;
}

static int check_operands(const struct kf_cli *c)
{
    const struct kf_cli_command *k = c->command;
    if (c->n_operand < k->min_operands)
        return usage(k, k->operands && *k->operands ? "wants %s" : "wants more%s",
                     k->operands ? k->operands : "", NULL);
    if (c->n_operand > k->max_operands)
        return usage(k, "'%s' is one word too many", c->operand[k->max_operands], NULL);
    return -1;
}

const char *kf_cli_suggest(const char *word)
{
    const char *names[64];
    size_t n = 0;
    for (uint32_t k = 0; kf_cli_commands[k]; k++) {
        names[n++] = kf_cli_commands[k]->name;
        if (kf_cli_commands[k]->alias)
            names[n++] = kf_cli_commands[k]->alias;
    }
    return kf_str_suggest(word, names, n);
}

static int no_command(const char *word)
{
    return usage(NULL, "there is no command '%s'", word, kf_cli_suggest(word));
}

static void print(struct kf_buf *b, FILE *to)
{
    fwrite(b->p, 1, b->n, to);
    kf_buf_free(b);
}

static int parse_words(struct kf_cli *c, const char **operand, int argc, const char *const *argv)
{
    bool options = true;
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];
        if (options && strcmp(a, "--") == 0) {
            options = false;
        } else if (options && a[0] == '-' && a[1]) {
            /* `kinfold --version` is what people type first. */
            int rc = !c->command && strcmp(a, "--version") == 0 ? (c->command = &kf_cmd_version, -1)
                                                                : take_option(c, argc, argv, &i);
            if (rc >= 0)
                return rc;
        } else if (!c->command) {
            c->command = kf_cli_find(a);
            if (!c->command)
                return no_command(a);
        } else {
            operand[c->n_operand++] = a;
        }
    }
    return -1;
}

int kf_cli_parse(int argc, const char *const *argv, struct kf_cli *ret, int *ret_exit)
{
    struct kf_cli c = {0};
    size_t room = (size_t)argc + 1;
    const char **operand = calloc(room, sizeof *operand);
    c.value = calloc(room, sizeof *c.value);
    c.plugin_dir = calloc(room, sizeof *c.plugin_dir);
    if (!operand || !c.value || !c.plugin_dir)
        abort();
    c.operand = operand;
    c.program = argc && strchr(argv[0], '/') ? argv[0] : "kinfold";
    *ret_exit = parse_words(&c, operand, argc, argv);
    if (*ret_exit < 0) {
        struct kf_buf b = {0};
        if (!c.command) {
            bool asked = kf_cli_has(&c, "help");
            kf_cli_overview(&b);
            print(&b, asked ? stdout : stderr);
            *ret_exit = asked ? 0 : kf_error_exit(KF_E_USAGE);
        } else if (kf_cli_has(&c, "help")) {
            kf_cli_help(c.command, &b);
            print(&b, stdout);
            *ret_exit = 0;
        } else {
            *ret_exit = settle_globals(&c);
            if (*ret_exit < 0)
                *ret_exit = check_operands(&c);
        }
    }
    *ret = c;
    return 0;
}

void kf_cli_free(struct kf_cli *c)
{
    free((void *)c->operand);
    free(c->value);
    free(c->plugin_dir);
    *c = (struct kf_cli){0};
}

int kf_cli_fail(const struct kf_cli *c, const struct kf_error *e)
{
    const char *red = c->colour_err ? "\033[1;31m" : "", *off = c->colour_err ? "\033[0m" : "";
    struct kf_buf b = {0};
    if (e->file[0]) {
        kf_buf_adds(&b, e->file);
        if (e->line)
            kf_buf_addf(&b, ":%u", e->line);
        if (e->line && e->column)
            kf_buf_addf(&b, ":%u", e->column);
        kf_buf_adds(&b, ": ");
    }
    kf_buf_addf(&b, "%serror:%s %s\n", red, off, e->message);
    fwrite(b.p, 1, b.n, stderr);
    kf_buf_free(&b);
    return e->code == KF_E_INTERRUPTED && kf_cli_signal == SIGTERM ? 143 : kf_error_exit(e->code);
}

int kf_cli_main(int argc, const char *const *argv)
{
    struct kf_cli c;
    int status;
    kf_cli_parse(argc, argv, &c, &status);
    if (status < 0) {
        kf_cli_catch_signals();
        status = c.command->run(&c);
    }
    kf_cli_free(&c);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (errno != EPIPE)
            fprintf(stderr, "kinfold: cannot write to standard output: %s\n", strerror(errno));
        if (status == 0)
            status = kf_error_exit(KF_E_IO);
    }
    return status;
}
