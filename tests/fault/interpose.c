/* Loaded before a process (LD_PRELOAD): something happens at its n-th call that changes a file.
 *
 *   KF_FAULT_AT=N    which call, 1-based; 0 or unset: none, only count
 *   KF_FAULT=kill    SIGKILL before the call is made
 *           =ENOSPC  it and all after it that need room fail as on a full disk
 *           =EIO     it and all after it fail
 *   KF_FAULT_LOG=F   the calls, one a line: what a test needs to know which moments there are
 *   KF_SIGNAL_AT=N   at the N-th read of a source's file the process gets KF_SIGNAL (numbers of
 * signals)
 *
 * Only files whose path contains KF_FAULT_FILES count; reads: KF_SIGNAL_FILES. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static atomic_int calls, reads;

static long number(const char *name)
{
    const char *t = getenv(name);
    return t ? strtol(t, NULL, 10) : 0;
}

static int is_of(const char *path, const char *variable)
{
    const char *part = getenv(variable);
    return part && path && strstr(path, part) != NULL;
}

static int fd_is_of(int fd, const char *variable)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0)
        return 0;
    path[n] = 0;
    return is_of(path, variable);
}

static void note(const char *what, const char *path)
{
    const char *to = getenv("KF_FAULT_LOG");
    char line[4200];
    int fd = to ? REAL(open)(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
    if (fd < 0)
        return;
    int n = snprintf(line, sizeof line, "%s %s\n", what, path);
    if (REAL(write)(fd, line, (size_t)n) < 0)
        abort();
    close(fd);
}

/* 0: go on; otherwise the call fails with it. */
static int fault(const char *what, const char *path, int needs_room)
{
    const char *how = getenv("KF_FAULT");
    int n = atomic_fetch_add(&calls, 1) + 1;
    note(what, path);
    if (!how || !number("KF_FAULT_AT") || n < number("KF_FAULT_AT"))
        return 0;
    if (strcmp(how, "kill") == 0 && n == number("KF_FAULT_AT"))
        raise(SIGKILL);
    if (strcmp(how, "ENOSPC") == 0 && needs_room)
        return ENOSPC;
    return strcmp(how, "EIO") == 0 ? EIO : 0;
}

static int fault_fd(const char *what, int fd, int needs_room)
{
    return fd_is_of(fd, "KF_FAULT_FILES") ? fault(what, "", needs_room) : 0;
}

#define FAIL_IF(call)                                                                              \
    do {                                                                                           \
        int reason = (call);                                                                       \
        if (reason) {                                                                              \
            errno = reason;                                                                        \
            return -1;                                                                             \
        }                                                                                          \
    } while (0)

#define EXPORT __attribute__((visibility("default")))

EXPORT ssize_t write(int fd, const void *p, size_t n)
{
    FAIL_IF(fault_fd("write", fd, 1));
    return REAL(write)(fd, p, n);
}

EXPORT ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    FAIL_IF(fault_fd("pwrite", fd, 1));
    return REAL(pwrite)(fd, p, n, at);
}

EXPORT ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    FAIL_IF(fault_fd("pwrite", fd, 1));
    return REAL(pwrite64)(fd, p, n, at);
}

EXPORT int ftruncate(int fd, off_t n)
{
    FAIL_IF(fault_fd("ftruncate", fd, 1));
    return REAL(ftruncate)(fd, n);
}

EXPORT int ftruncate64(int fd, off64_t n)
{
    FAIL_IF(fault_fd("ftruncate", fd, 1));
    return REAL(ftruncate64)(fd, n);
}

EXPORT int fsync(int fd)
{
    FAIL_IF(fault_fd("fsync", fd, 0));
    return REAL(fsync)(fd);
}

EXPORT int fdatasync(int fd)
{
    FAIL_IF(fault_fd("fdatasync", fd, 0));
    return REAL(fdatasync)(fd);
}

EXPORT int rename(const char *from, const char *to)
{
    if (is_of(to, "KF_FAULT_FILES"))
        FAIL_IF(fault("rename", to, 0));
    return REAL(rename)(from, to);
}

EXPORT int unlink(const char *path)
{
    if (is_of(path, "KF_FAULT_FILES"))
        FAIL_IF(fault("unlink", path, 0) == EIO ? EIO : 0);
    return REAL(unlink)(path);
}

static int opened(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode)
{
    if (flags & O_CREAT && is_of(path, "KF_FAULT_FILES") && access(path, F_OK))
        FAIL_IF(fault("create", path, 1));
    return real(path, flags, mode);
}

EXPORT int open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return opened(REAL(open), path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return opened(REAL(open64), path, flags, mode);
}

static void send_signals(int n)
{
    const char *list = getenv("KF_SIGNAL");
    char *end;
    if (!list || n != number("KF_SIGNAL_AT"))
        return;
    for (; *list; list = end) {
        long s = strtol(list, &end, 10);
        if (end == list)
            return;
        raise((int)s);
    }
}

EXPORT ssize_t read(int fd, void *p, size_t n)
{
    if (fd_is_of(fd, "KF_SIGNAL_FILES"))
        send_signals(atomic_fetch_add(&reads, 1) + 1);
    return REAL(read)(fd, p, n);
}
