#include "store/publish.h"

#include "base/error.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MODULE "publish"

enum { RETRY_MS = 20 };

struct kf_publish {
    char *path, *new_path, *lock_path;
    int lock; /* open file, -1: none */
    bool committed;
};

static char *joined(const char *a, const char *b)
{
    struct kf_buf s = {0};
    kf_buf_adds(&s, a);
    kf_buf_adds(&s, b);
    return s.p;
}

/* 0 if it is gone, else errno. */
static int remove_file(const char *path, const char *suffix)
{
    char *name = joined(path, suffix);
    int reason = unlink(name) && errno != ENOENT ? errno : 0;
    free(name);
    return reason;
}

/* Bytes of path + suffix; 0: empty or not there. */
static bool has_bytes(const char *path, const char *suffix)
{
    struct stat st;
    char *name = joined(path, suffix);
    bool has = stat(name, &st) == 0 && st.st_size > 0;
    free(name);
    return has;
}

/* ---- the run lock ---- */

static int lock_taken(const struct kf_publish *p, int fd, struct kf_error *err)
{
    char text[24] = {0}, *end;
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    long pid = n > 0 ? strtol(text, &end, 10) : 0;
    if (pid > 0) {
        return kf_error_set(
            err, KF_E_AGAIN, MODULE,
            "another run (process %ld) is writing %s: wait for it to end, or stop it", pid,
            p->path);
    }
    return kf_error_set(err, KF_E_AGAIN, MODULE, "another run is writing %s: wait for it to end",
                        p->path);
}

/* Somebody may delete the lock file between our open and our lock: then the name leads to another
 * file. */
static bool still_named(const char *path, int fd)
{
    struct stat by_name, by_fd;
    return stat(path, &by_name) == 0 && fstat(fd, &by_fd) == 0 && by_name.st_ino == by_fd.st_ino &&
           by_name.st_dev == by_fd.st_dev;
}

static int take_lock(struct kf_publish *p, struct kf_error *err)
{
    for (;;) {
        int fd = open(p->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0) {
            return kf_error_set(err, KF_E_CANTCREATE, MODULE, "cannot create %s: %s", p->lock_path,
                                strerror(errno));
        }
        if (flock(fd, LOCK_EX | LOCK_NB)) {
            int reason = errno;
            int code = reason == EWOULDBLOCK
                           ? lock_taken(p, fd, err)
                           : kf_error_set(err, KF_E_CANTCREATE, MODULE, "cannot lock %s: %s",
                                          p->lock_path, strerror(reason));
            close(fd);
            return code;
        }
        if (still_named(p->lock_path, fd)) {
            char text[24];
            int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
            /* Only for the other run's message: without it the lock still holds. */
            if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)n, 0) != n) {
                (void)ftruncate(fd, 0);
            }
            p->lock = fd;
            return 0;
        }
        close(fd);
    }
}

static int remove_new(const struct kf_publish *p)
{
    static const char *const suffixes[] = {"", "-journal", "-wal", "-shm"};
    int reason = 0;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes && !reason; i++) {
        reason = remove_file(p->new_path, suffixes[i]);
    }
    return reason;
}

int kf_publish_begin(const char *path, struct kf_publish **ret, struct kf_error *err)
{
    struct stat st;
    struct kf_publish *p = calloc(1, sizeof *p);
    if (!p) {
        return kf_error_set(err, KF_E_NOMEM, MODULE, "no memory to write %s", path);
    }
    p->lock = -1;
    p->path = realpath(path, NULL); /* a link stays, its target is replaced */
    if (!p->path) {
        p->path = joined(path, "");
    }
    p->new_path = joined(p->path, ".new");
    p->lock_path = joined(p->path, ".lock");
    int code = 0;
    if (stat(p->path, &st) == 0 && !S_ISREG(st.st_mode)) {
        code = kf_error_set(err, KF_E_CANTCREATE, MODULE,
                            "%s is no regular file: give the store another name", path);
    }
    if (!code && access(p->path, F_OK) == 0 && access(p->path, W_OK) != 0) {
        /* A rename would not ask: whoever made it read-only means it to stay. */
        code = kf_error_set(err, KF_E_CANTCREATE, MODULE, "cannot replace %s: %s", path,
                            strerror(errno));
    }
    code = code ? code : take_lock(p, err);
    int reason = code ? 0 : remove_new(p);
    if (reason) {
        code = kf_error_set(err, KF_E_CANTCREATE, MODULE, "cannot remove the left-over %s: %s",
                            p->new_path, strerror(reason));
    }
    if (code) {
        p->committed = true; /* nothing here is ours to delete */
        kf_publish_end(p);
        return code;
    }
    *ret = p;
    return 0;
}

const char *kf_publish_new_path(const struct kf_publish *p)
{
    return p->new_path;
}

void kf_publish_end(struct kf_publish *p)
{
    if (!p) {
        return;
    }
    if (!p->committed) {
        remove_new(p);
    }
    if (p->lock >= 0) {
        /* The file stays: removing it would let two runs lock two files of one name. */
        (void)!ftruncate(p->lock, 0);
        close(p->lock);
    }
    free(p->path);
    free(p->new_path);
    free(p->lock_path);
    free(p);
}

/* ---- making the old file quiet ---- */

/* One row of one text column; false: sqlite3_errcode tells. */
static bool ask(sqlite3 *db, const char *sql, char *out, size_t cap)
{
    sqlite3_stmt *s = NULL;
    bool got =
        sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
    if (got) {
        snprintf(out, cap, "%s", (const char *)sqlite3_column_text(s, 0));
    }
    return sqlite3_finalize(s) == SQLITE_OK && got;
}

/* Out of WAL mode and the write lock ours, or an SQLite code. */
static int try_quiet(sqlite3 *db)
{
    char mode[16] = "";
    if (!ask(db, "PRAGMA journal_mode", mode, sizeof mode)) {
        return sqlite3_errcode(db);
    }
    if (strcmp(mode, "wal") == 0 && !ask(db, "PRAGMA journal_mode=DELETE", mode, sizeof mode)) {
        return sqlite3_errcode(db);
    }
    if (strcmp(mode, "wal") == 0) {
        return SQLITE_BUSY;
    }
    int rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (rc) {
        return rc;
    }
    /* Somebody may have set WAL mode in between. */
    if (!ask(db, "PRAGMA journal_mode", mode, sizeof mode) || strcmp(mode, "wal") == 0) {
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
        return SQLITE_BUSY;
    }
    return SQLITE_OK;
}

static void pause_ms(unsigned ms)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

static int not_quiet(const struct kf_publish *p, sqlite3 *db, int rc, struct kf_error *err)
{
    if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED) {
        return kf_error_set(err, KF_E_AGAIN, MODULE,
                            "%s is being written, or open in WAL mode in another program (a "
                            "serve?): let it go and run "
                            "again; the old store stays",
                            p->path);
    }
    if ((rc & 0xff) == SQLITE_NOTADB || (rc & 0xff) == SQLITE_CORRUPT) {
        return kf_error_set(
            err, KF_E_CANTCREATE, MODULE,
            "%s is no SQLite database, or a damaged one: move it away and run again", p->path);
    }
    return kf_error_set(err, (rc & 0xff) == SQLITE_IOERR ? KF_E_IO : KF_E_CANTCREATE, MODULE,
                        "cannot take over %s: %s", p->path, db ? sqlite3_errmsg(db) : "no memory");
}

/* *ret holds the write lock of the old file. Only SQLite opens it: closing a descriptor of our own
 * would drop the locks that any other connection of this process holds on it. */
static int quiet_old(const struct kf_publish *p, unsigned wait_ms, sqlite3 **ret,
                     struct kf_error *err)
{
    sqlite3 *db = NULL;
    unsigned waited = 0;
    int rc = sqlite3_open_v2(p->path, &db, SQLITE_OPEN_READWRITE, NULL);
    if (!rc) {
        sqlite3_extended_result_codes(db, 1);
        while ((rc = try_quiet(db)) != SQLITE_OK && (rc & 0xff) == SQLITE_BUSY &&
               waited < wait_ms) {
            pause_ms(RETRY_MS);
            waited += RETRY_MS;
        }
    }
    if (!rc && has_bytes(p->path, "-wal")) {
        rc = SQLITE_BUSY;
    }
    if (rc) {
        int code = not_quiet(p, db, rc, err);
        sqlite3_close(db);
        return code;
    }
    *ret = db;
    return 0;
}

/* Side files without a store belong to one that somebody deleted; SQLite would apply them to the
 * new one. */
static int remove_orphans(const struct kf_publish *p, struct kf_error *err)
{
    static const char *const suffixes[] = {"-journal", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        int reason = remove_file(p->path, suffixes[i]);
        if (reason) {
            return kf_error_set(err, KF_E_CANTCREATE, MODULE,
                                "cannot remove %s%s, which belongs to no store: %s", p->path,
                                suffixes[i], strerror(reason));
        }
    }
    return 0;
}

/* ---- the swap ---- */

static int sync_path(const char *path, int flags, struct kf_error *err)
{
    int fd = open(path, flags | O_CLOEXEC);
    int failed = fd < 0 || fsync(fd), reason = errno;
    if (fd >= 0) {
        close(fd);
    }
    return failed ? kf_error_set(err, KF_E_IO, MODULE, "cannot bring %s to the disk: %s", path,
                                 strerror(reason))
                  : 0;
}

static int sync_folder(const char *path, struct kf_error *err)
{
    char *folder = joined(path, ""), *slash = strrchr(folder, '/');
    if (slash) {
        slash[slash == folder] = '\0'; /* of "/file" the folder is "/" */
    }
    int code = sync_path(slash ? folder : ".", O_RDONLY | O_DIRECTORY, err);
    free(folder);
    return code;
}

/* FILE.new is complete; it gets the permissions that somebody chose for the old file. */
static int check_new(const struct kf_publish *p, struct kf_error *err)
{
    struct stat st;
    if (stat(p->new_path, &st) || !S_ISREG(st.st_mode) || !st.st_size) {
        return kf_error_set(err, KF_E_INTERNAL, MODULE, "%s was not built", p->new_path);
    }
    if (has_bytes(p->new_path, "-journal") || has_bytes(p->new_path, "-wal")) {
        return kf_error_set(err, KF_E_INTERNAL, MODULE, "%s was not closed: it has a journal",
                            p->new_path);
    }
    if (stat(p->path, &st) == 0) {
        /* Giving a file away needs rights that a run seldom has; then the group at least. */
        if (chown(p->new_path, st.st_uid, st.st_gid) && chown(p->new_path, (uid_t)-1, st.st_gid)) {
            st.st_mode &= ~(mode_t)(S_ISUID | S_ISGID);
        }
        if (chmod(p->new_path, st.st_mode & 07777)) {
            return kf_error_set(err, KF_E_IO, MODULE, "cannot give %s the permissions of %s: %s",
                                p->new_path, p->path, strerror(errno));
        }
    }
    return 0;
}

int kf_publish_commit(struct kf_publish *p, unsigned wait_ms, bool durable, struct kf_error *err)
{
    sqlite3 *old = NULL;
    if (p->committed) {
        return kf_error_set(err, KF_E_INTERNAL, MODULE, "%s was put in place already", p->path);
    }
    int code = check_new(p, err);
    if (!code && durable) {
        code = sync_path(p->new_path, O_RDWR, err);
    }
    if (!code) {
        code =
            access(p->path, F_OK) == 0 ? quiet_old(p, wait_ms, &old, err) : remove_orphans(p, err);
    }
    if (!code && rename(p->new_path, p->path)) {
        code = kf_error_set(err, KF_E_IO, MODULE, "cannot rename %s to %s: %s", p->new_path,
                            p->path, strerror(errno));
    }
    if (!code) {
        p->committed = true;
        code = durable ? sync_folder(p->path, err) : 0;
    }
    /* The old connection wrote nothing, so closing it touches no file by name. */
    sqlite3_close(old);
    return code;
}
