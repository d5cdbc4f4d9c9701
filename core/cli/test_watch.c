#include "cli/test_watch.h"

#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUIET_MS   80   /* editors write a file in several steps */
#define AT_MOST_MS 1000 /* of waiting for quiet */
#define WHAT       (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE)

struct watch {
    const struct kf_cli *cli;
    int fd;
    uint32_t folders;
};

static bool is_lua(const char *name)
{
    size_t n = strlen(name);
    return n > 4 && name[0] != '.' && strcmp(name + n - 4, ".lua") == 0;
}

/* Hidden files are editors' own; a folder may bring rules. */
static bool matters(const struct inotify_event *e)
{
    if (!e->len || e->name[0] == '.')
        return false;
    return is_lua(e->name) || strcmp(e->name, "kinfold.yaml") == 0 || (e->mask & IN_ISDIR);
}

static void watch_folder(struct watch *w, const char *path)
{
    w->folders += inotify_add_watch(w->fd, path, WHAT) >= 0;
}

static void watch_tree(struct watch *w, const char *path, int depth)
{
    DIR *d = depth < 16 ? opendir(path) : NULL;
    char below[PATH_MAX];
    struct stat st;
    if (!d)
        return;
    watch_folder(w, path);
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        snprintf(below, sizeof below, "%s/%s", path, e->d_name);
        if (e->d_name[0] != '.' && stat(below, &st) == 0 && S_ISDIR(st.st_mode))
            watch_tree(w, below, depth + 1);
    }
    closedir(d);
}

/* A file is watched through its folder: editors put another file in its place. */
static void watch_path(struct watch *w, const char *path)
{
    char folder[PATH_MAX];
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        watch_tree(w, path, 0);
        return;
    }
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    watch_folder(w, slash ? (*folder ? folder : "/") : ".");
}

/* Anew before each pass: folders come and go. What is watched already is watched once. */
static void watch_all(struct watch *w)
{
    const char *dir = w->cli->dir ? w->cli->dir : ".";
    struct kf_error ignored = KF_ERROR_INIT;
    struct kf_config *config = NULL;
    w->folders = 0;
    for (uint32_t i = 0; i < w->cli->n_operand; i++)
        watch_path(w, w->cli->operand[i]);
    char yaml[PATH_MAX];
    snprintf(yaml, sizeof yaml, "%s/kinfold.yaml", dir);
    if (access(yaml, R_OK) != 0)
        return;
    watch_folder(w, dir);
    if (kf_config_load(dir, &config, NULL, NULL, &ignored) == 0 && config)
        watch_tree(w, config->rules, 0);
    kf_config_free(config);
}

/* Reads what is there. True: something that matters was among it. */
static bool drain(int fd)
{
    _Alignas(struct inotify_event) char buf[16384];
    bool any = false;
    for (;;) {
        ssize_t n = read(fd, buf, sizeof buf);
        if (n <= 0)
            return any;
        for (char *p = buf; p < buf + n;) {
            const struct inotify_event *e = (const struct inotify_event *)(const void *)p;
            any |= matters(e) || (e->mask & IN_Q_OVERFLOW);
            p += sizeof *e + e->len;
        }
    }
}

/* Waits for a change and then for quiet. False: a signal came. */
static bool wait_for_save(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    bool changed = false;
    for (int waited = 0; !kf_cli_stop;) {
        int n = poll(&p, 1, changed ? QUIET_MS : -1);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            changed |= drain(fd);
        waited += changed ? QUIET_MS : 0;
        if (changed && (n == 0 || waited >= AT_MOST_MS))
            return !kf_cli_stop;
    }
    return false;
}

static void clear_screen(void)
{
    if (!isatty(STDOUT_FILENO))
        return;
    fputs("\033[2J\033[3J\033[H", stdout);
    fflush(stdout);
}

int kf_test_watch(const struct kf_cli *cli, int (*once)(void *ctx), void *ctx)
{
    struct watch w = {.cli = cli, .fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
    struct kf_error err = KF_ERROR_INIT;
    if (w.fd < 0) {
        kf_error_set(&err, KF_E_IO, "test", "cannot watch files: %s", strerror(errno));
        return kf_cli_fail(cli, &err);
    }
    do {
        watch_all(&w);
        if (!w.folders) {
            kf_error_set(&err, KF_E_NOINPUT, "test", "there is nothing to watch");
            close(w.fd);
            return kf_cli_fail(cli, &err);
        }
        clear_screen();
        once(ctx);
        fflush(stdout);
        if (!kf_cli_stop && !cli->quiet)
            fputs("Waiting for a rule file to be saved; Ctrl-C ends.\n", stderr);
    } while (!kf_cli_stop && wait_for_save(w.fd));
    close(w.fd);
    return kf_cli_signal == SIGTERM ? 143 : 130;
}
