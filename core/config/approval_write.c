/* New lines of approvals.jsonl. */
#include "config/approval.h"

#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a line ---- */

static void add_text(struct kf_buf *b, const char *key, const char *value)
{
    if (!value)
        return;
    kf_buf_addf(b, ",\"%s\":", key);
    kf_buf_add_json(b, kf_cstr(value));
}

static void add_time(struct kf_buf *b, const char *key, int64_t t)
{
    char s[48];
    if (t == KF_TIME_MIN)
        return;
    size_t n = kf_time_format(t, s);
    kf_buf_addf(b, ",\"%s\":\"%.*s\"", key, (int)n, s);
}

void kf_approval_line(const struct kf_approval *e, uint32_t number, const char *previous,
                      const uint8_t secret_key[64], struct kf_buf *out, char ret_hash[65])
{
    struct kf_buf b = {0};
    uint8_t sign[KF_APPROVAL_SIGNATURE];
    char text[4 * KF_APPROVAL_SIGNATURE], m[96];
    kf_buf_addf(&b, "{\"number\":%u", number);
    add_time(&b, "at", e->at);
    add_text(&b, "kind", kf_approval_kind_name(e->kind));
    const struct {
        const char *key, *value;
    } member[] = {
        {"role", e->role},     {"source", e->source},   {"who", e->who},
        {"mail", e->mail},     {"verdict", e->verdict}, {"rules", e->rules},
        {"before", e->before}, {"plan", e->plan},       {"data", e->data},
        {"engine", e->engine}, {"text", e->text},       {"folder", e->folder},
        {"files", e->files},   {"because", e->because}, {"key", e->key},
    };
    for (size_t i = 0; i < sizeof member / sizeof *member; i++)
        add_text(&b, member[i].key, member[i].value);
    if (e->limits_broken)
        kf_buf_adds(&b, ",\"limits_broken\":true");
    add_time(&b, "until", e->until);
    add_text(&b, "previous", previous);
    kf_sha256_hex(b.p, b.n, ret_hash);
    snprintf(m, sizeof m, "%s\n%s", KF_APPROVAL_DOMAIN, ret_hash);
    crypto_sign_detached(sign, NULL, (const uint8_t *)m, strlen(m), secret_key);
    sodium_bin2base64(text, sizeof text, sign, sizeof sign, sodium_base64_VARIANT_ORIGINAL);
    kf_buf_addf(&b, ",\"hash\":\"%s\",\"signature\":\"%s\"}", ret_hash, text);
    kf_buf_add(out, b.p, b.n);
    kf_buf_free(&b);
}

/* ---- the file ---- */

/* Opened and locked; the lock ends with the descriptor. Somebody may have put another file in its
 * place while we waited (a checkout does). */
static int open_locked(const char *path, int *ret, struct kf_error *err)
{
    struct stat mine, there;
    for (;;) {
        int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (fd < 0)
            return kf_error_set(err, KF_E_CANTCREATE, "approval", "cannot write '%s': %s", path,
                                strerror(errno));
        while (flock(fd, LOCK_EX) != 0 && errno == EINTR)
            continue;
        if (fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino &&
            mine.st_dev == there.st_dev) {
            *ret = fd;
            return 0;
        }
        close(fd);
    }
}

/* Is it what the caller read? Half a line that a killed process left goes. */
static int as_it_was(int fd, const char *path, const struct kf_approvals *a, struct kf_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return kf_error_set(err, KF_E_IO, "approval", "cannot read '%s': %s", path,
                            strerror(errno));
    if (st.st_size > (off_t)a->size && a->cut && ftruncate(fd, (off_t)a->size) == 0)
        return 0;
    return st.st_size == (off_t)a->size
               ? 0
               : kf_error_set(err, KF_E_AGAIN, "approval",
                              "somebody else signed something just now; look at it with 'kinfold "
                              "log' and try again");
}

/* Did the last line lose its end? An editor may have taken it. */
static bool needs_line_end(const char *path, uint64_t size)
{
    FILE *f = size ? fopen(path, "rbe") : NULL;
    bool lacks = f && fseek(f, -1, SEEK_END) == 0 && fgetc(f) != '\n';
    if (f)
        fclose(f);
    return lacks;
}

static int put(int fd, const char *path, const struct kf_buf *text, uint64_t size,
               struct kf_error *err)
{
    size_t at = 0;
    while (at < text->n) {
        ssize_t n = write(fd, text->p + at, text->n - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    int reason = errno;
    if (at == text->n && fsync(fd) == 0)
        return 0;
    reason = at == text->n ? errno : reason;
    (void)!ftruncate(fd, (off_t)size);
    return kf_error_set(err, KF_E_IO, "approval", "cannot write '%s': %s; nothing was signed", path,
                        strerror(reason));
}

static int sync_folder(const char *dir, struct kf_error *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int bad = fd < 0 || fsync(fd) != 0, reason = errno;
    if (fd >= 0)
        close(fd);
    return bad ? kf_error_set(err, KF_E_IO, "approval", "cannot bring '%s' to the disk: %s", dir,
                              strerror(reason))
               : 0;
}

int kf_approvals_append(const struct kf_approvals *a, const struct kf_approval *e,
                        const uint8_t secret_key[64], uint32_t *ret_number, char ret_hash[65],
                        struct kf_error *err)
{
    struct kf_buf path = {0}, text = {0};
    const char *dir = a->config->dir;
    int fd = -1, rc = kf_approvals_check(a, err);
    kf_buf_addf(&path, "%s/%s", dir, KF_APPROVAL_FILE);
    if (rc == 0)
        rc = open_locked(path.p, &fd, err);
    if (rc == 0)
        rc = as_it_was(fd, path.p, a, err);
    if (rc == 0) {
        if (needs_line_end(path.p, a->size))
            kf_buf_addc(&text, '\n');
        kf_approval_line(e, a->n + 1, a->n ? a->line[a->n - 1].hash : "", secret_key, &text,
                         ret_hash);
        kf_buf_addc(&text, '\n');
        rc = put(fd, path.p, &text, a->size, err);
    }
    if (rc == 0 && a->size == 0)
        rc = sync_folder(dir, err);
    if (fd >= 0)
        close(fd);
    if (rc == 0)
        *ret_number = a->n + 1;
    kf_buf_free(&path);
    kf_buf_free(&text);
    return rc;
}
