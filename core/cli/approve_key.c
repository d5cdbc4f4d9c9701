#include "cli/approve_key.h"

#include "base/vec.h"
#include "config/config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define SCHEMA    "kinfold.key/1"
#define MAX_BYTES 65536u
/* libsodium's "moderate": 0.7 s and 256 MiB once a signature, which is what a thief pays for each
 * guess. What a file may demand is bounded, so that a forged one cannot stall whoever opens it. */
#define OPS     crypto_pwhash_OPSLIMIT_MODERATE
#define MEM     crypto_pwhash_MEMLIMIT_MODERATE
#define MAX_OPS 16u
#define MAX_MEM (1ull << 30)

#define SEED crypto_sign_SEEDBYTES
#define BOX  (SEED + crypto_secretbox_MACBYTES)

struct kf_key_box {
    uint64_t ops, mem;
    uint8_t salt[crypto_pwhash_SALTBYTES], nonce[crypto_secretbox_NONCEBYTES], box[BOX];
};

/* ---- a pair ---- */

static void from_seed(struct kf_key *k, const uint8_t seed[SEED])
{
    crypto_sign_seed_keypair(k->public_key, k->secret, seed);
    kf_key_format(k->public_key, k->text);
    k->open = true;
}

int kf_key_make(const char *name, struct kf_key *ret, struct kf_error *err)
{
    uint8_t seed[SEED];
    struct kf_key k = {0};
    if (sodium_init() < 0)
        return kf_error_set(err, KF_E_FAIL, "key", "this machine gives no random numbers");
    if (!*name || strlen(name) >= sizeof k.name || !kf_utf8_valid(kf_cstr(name)) ||
        strpbrk(name, "\n\r\t\"\\"))
        return kf_error_set(err, KF_E_USAGE, "key",
                            "a name has 1 to 100 bytes, no quotes and no line ends");
    snprintf(k.name, sizeof k.name, "%s", name);
    randombytes_buf(seed, sizeof seed);
    from_seed(&k, seed);
    sodium_memzero(seed, sizeof seed);
    *ret = k;
    return 0;
}

void kf_key_free(struct kf_key *k)
{
    free(k->box);
    sodium_memzero(k, sizeof *k);
}

/* ---- locks ---- */

static int lock_key(const struct kf_key_box *b, const char *passphrase,
                    uint8_t ret[crypto_secretbox_KEYBYTES], struct kf_error *err)
{
    return crypto_pwhash(ret, crypto_secretbox_KEYBYTES, passphrase, strlen(passphrase), b->salt,
                         b->ops, (size_t)b->mem, crypto_pwhash_ALG_ARGON2ID13) == 0
               ? 0
               : kf_error_set(err, KF_E_NOMEM, "key", "not enough memory to open the key: %llu MiB",
                              (unsigned long long)b->mem >> 20);
}

static int lock(const uint8_t seed[SEED], const char *passphrase, struct kf_key_box *b,
                struct kf_error *err)
{
    uint8_t key[crypto_secretbox_KEYBYTES];
    *b = (struct kf_key_box){.ops = OPS, .mem = MEM};
    randombytes_buf(b->salt, sizeof b->salt);
    randombytes_buf(b->nonce, sizeof b->nonce);
    int rc = lock_key(b, passphrase, key, err);
    if (rc == 0)
        crypto_secretbox_easy(b->box, seed, SEED, b->nonce, key);
    sodium_memzero(key, sizeof key);
    return rc;
}

int kf_key_unlock(struct kf_key *k, const char *passphrase, struct kf_error *err)
{
    uint8_t key[crypto_secretbox_KEYBYTES], seed[SEED];
    struct kf_key copy = *k;
    if (k->open)
        return 0;
    int rc = lock_key(k->box, passphrase, key, err);
    if (rc == 0 && crypto_secretbox_open_easy(seed, k->box->box, BOX, k->box->nonce, key) != 0)
        rc = kf_error_set(err, KF_E_PERM, "key", "this is not the passphrase of the key");
    if (rc == 0)
        from_seed(&copy, seed);
    if (rc == 0 && strcmp(copy.text, k->text) != 0)
        rc = kf_error_set(err, KF_E_DATA, "key", "the key file holds the secret of another key");
    if (rc == 0)
        *k = copy;
    sodium_memzero(&copy, sizeof copy);
    sodium_memzero(key, sizeof key);
    sodium_memzero(seed, sizeof seed);
    return rc;
}

/* ---- files ---- */

bool kf_key_folder(struct kf_buf *out)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (config && *config == '/')
        kf_buf_addf(out, "%s/kinfold", config);
    else if (home && *home == '/')
        kf_buf_addf(out, "%s/.config/kinfold", home);
    else
        return false;
    return true;
}

bool kf_key_path(const char *name, struct kf_buf *out)
{
    if (!kf_key_folder(out))
        return false;
    kf_buf_addc(out, '/');
    bool gap = false;
    for (const char *p = name; *p; p++) {
        char c = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80) ||
                     (p > name && strchr("._@+-", c));
        if (plain) {
            if (gap)
                kf_buf_addc(out, '-');
            kf_buf_addc(out, c);
        }
        gap = !plain && out->p[out->n - 1] != '/';
    }
    kf_buf_adds(out, ".key");
    return true;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void kf_key_list(struct kf_key_list *l)
{
    size_t cap = 0;
    *l = (struct kf_key_list){0};
    DIR *d = kf_key_folder(&l->folder) ? opendir(l->folder.p) : NULL;
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        size_t n = strlen(e->d_name);
        if (n <= 4 || strcmp(e->d_name + n - 4, ".key") != 0)
            continue;
        struct kf_buf b = {0};
        kf_buf_addf(&b, "%s/%s", l->folder.p, e->d_name);
        l->path = kf_vec_grow(l->path, &cap, l->n + 1, sizeof *l->path);
        l->path[l->n++] = b.p;
    }
    if (d)
        closedir(d);
    if (l->n)
        qsort(l->path, l->n, sizeof *l->path, by_path);
}

void kf_key_list_free(struct kf_key_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->path[i]);
    kf_vec_release(l->path);
    kf_buf_free(&l->folder);
}

bool kf_key_in_git(const char *path)
{
    struct kf_buf b = {0};
    struct stat st;
    bool found = false;
    char *here = *path == '/' ? NULL : realpath(".", NULL);
    if (here)
        kf_buf_addf(&b, "%s/", here);
    kf_buf_adds(&b, path);
    free(here);
    for (char *slash = strrchr(b.p, '/'); slash && !found; slash = strrchr(b.p, '/')) {
        *slash = 0;
        struct kf_buf git = {0};
        kf_buf_addf(&git, "%s/.git", b.p);
        found = stat(git.p, &st) == 0;
        kf_buf_free(&git);
    }
    kf_buf_free(&b);
    return found;
}

static void add_bytes(struct kf_buf *out, const char *key, const uint8_t *p, size_t n)
{
    char text[256];
    sodium_bin2base64(text, sizeof text, p, n, sodium_base64_VARIANT_ORIGINAL);
    kf_buf_addf(out, ",\n \"%s\": \"%s\"", key, text);
    sodium_memzero(text, sizeof text);
}

static int document(const struct kf_key *k, const char *passphrase, struct kf_buf *out,
                    struct kf_error *err)
{
    struct kf_key_box b;
    uint8_t seed[SEED];
    int rc = 0;
    crypto_sign_ed25519_sk_to_seed(seed, k->secret);
    kf_buf_addf(out, "{\"schema\": \"%s\",\n \"name\": ", SCHEMA);
    kf_buf_add_json(out, kf_cstr(k->name));
    kf_buf_addf(out, ",\n \"public\": \"%s\"", k->text);
    if (passphrase) {
        rc = lock(seed, passphrase, &b, err);
        kf_buf_addf(out, ",\n \"lock\": \"argon2id\",\n \"ops\": %llu,\n \"memory\": %llu",
                    (unsigned long long)b.ops, (unsigned long long)b.mem);
        add_bytes(out, "salt", b.salt, sizeof b.salt);
        add_bytes(out, "nonce", b.nonce, sizeof b.nonce);
        add_bytes(out, "secret", b.box, sizeof b.box);
    } else {
        add_bytes(out, "secret", seed, sizeof seed);
    }
    kf_buf_adds(out, "}\n");
    sodium_memzero(seed, sizeof seed);
    return rc;
}

static void make_folders(const char *path)
{
    struct kf_buf b = {0};
    kf_buf_adds(&b, path);
    for (char *p = strchr(b.p + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = 0;
        mkdir(b.p, 0700); /* what fails here fails again when the file is made */
        *p = '/';
    }
    kf_buf_free(&b);
}

int kf_key_free_path(const char *path, struct kf_error *err)
{
    struct stat st;
    return lstat(path, &st) != 0
               ? 0
               : kf_error_set(err, KF_E_CANTCREATE, "key",
                              "%s is there already; a key is never written over, name another file "
                              "with --out",
                              path);
}

int kf_key_save(const struct kf_key *k, const char *path, const char *passphrase,
                struct kf_error *err)
{
    struct kf_buf b = {0};
    make_folders(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return kf_key_free_path(path, err)
                   ? err->code
                   : kf_error_set(err, KF_E_CANTCREATE, "key", "cannot write %s: %s", path,
                                  strerror(errno));
    int rc = document(k, passphrase, &b, err);
    if (rc == 0 && (fchmod(fd, 0600) != 0 || write(fd, b.p, b.n) != (ssize_t)b.n || fsync(fd) != 0))
        rc = kf_error_set(err, KF_E_IO, "key", "cannot write %s: %s", path, strerror(errno));
    close(fd);
    if (rc)
        unlink(path);
    kf_passphrase_free(&b);
    return rc;
}

/* Opened if nobody else may read it. */
static int open_private(const char *path, const char *what, int *ret, struct kf_error *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        int reason = errno;
        if (fd >= 0)
            close(fd);
        return kf_error_set(err, KF_E_NOINPUT, "key", "cannot read %s: %s", path, strerror(reason));
    }
    if (S_ISREG(st.st_mode) && (st.st_mode & 077)) {
        close(fd);
        return kf_error_set(err, KF_E_PERM, "key",
                            "%s is %s that others may read (mode %03o): it may be known to them; "
                            "if you are sure that it is not, 'chmod 600 %s'",
                            path, what, (unsigned)st.st_mode & 0777, path);
    }
    *ret = fd;
    return 0;
}

static int read_all(int fd, const char *path, struct kf_buf *out, struct kf_error *err)
{
    char piece[4096];
    ssize_t n;
    while ((n = read(fd, piece, sizeof piece)) > 0 && out->n <= MAX_BYTES)
        kf_buf_add(out, piece, (size_t)n);
    sodium_memzero(piece, sizeof piece);
    return n < 0
               ? kf_error_set(err, KF_E_NOINPUT, "key", "cannot read %s: %s", path, strerror(errno))
               : 0;
}

static bool bytes(const json_t *o, const char *key, uint8_t *ret, size_t len)
{
    const char *t = json_string_value(json_object_get(o, key));
    size_t n = 0;
    return t &&
           sodium_base642bin(ret, len, t, strlen(t), NULL, &n, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           n == len;
}

static bool read_box(const json_t *o, struct kf_key *k)
{
    struct kf_key_box b = {0};
    const char *how = json_string_value(json_object_get(o, "lock"));
    b.ops = (uint64_t)json_integer_value(json_object_get(o, "ops"));
    b.mem = (uint64_t)json_integer_value(json_object_get(o, "memory"));
    if (!how || strcmp(how, "argon2id") != 0 || b.ops < 1 || b.ops > MAX_OPS || b.mem < 8192 ||
        b.mem > MAX_MEM || !bytes(o, "salt", b.salt, sizeof b.salt) ||
        !bytes(o, "nonce", b.nonce, sizeof b.nonce) || !bytes(o, "secret", b.box, sizeof b.box))
        return false;
    k->box = malloc(sizeof b);
    if (!k->box)
        return false;
    *k->box = b;
    k->locked = true;
    return true;
}

static bool read_key(const json_t *o, struct kf_key *k)
{
    const char *schema = json_string_value(json_object_get(o, "schema")),
               *name = json_string_value(json_object_get(o, "name")),
               *text = json_string_value(json_object_get(o, "public"));
    uint8_t seed[SEED];
    if (!schema || strcmp(schema, SCHEMA) != 0 || !name || strlen(name) >= sizeof k->name ||
        !text || !kf_key_parse(text, k->public_key))
        return false;
    snprintf(k->name, sizeof k->name, "%s", name);
    snprintf(k->text, sizeof k->text, "%s", text);
    if (json_object_get(o, "lock"))
        return read_box(o, k);
    bool ok = bytes(o, "secret", seed, sizeof seed);
    if (ok)
        from_seed(k, seed);
    sodium_memzero(seed, sizeof seed);
    return ok && strcmp(k->text, text) == 0;
}

int kf_key_load(const char *path, struct kf_key *ret, struct kf_error *err)
{
    struct kf_buf b = {0};
    struct kf_key k = {0};
    int fd = -1, rc = open_private(path, "a secret key", &fd, err);
    if (rc)
        return rc;
    rc = sodium_init() < 0 ? KF_E_FAIL : read_all(fd, path, &b, err);
    close(fd);
    if (rc == 0) {
        json_t *o = json_loadb(b.p ? b.p : "", b.n, JSON_REJECT_DUPLICATES, NULL);
        if (!read_key(o, &k))
            rc = kf_error_set(err, KF_E_DATA, "key",
                              "%s is no secret key; 'kinfold key new NAME' makes one", path);
        json_decref(o);
    }
    kf_passphrase_free(&b);
    if (rc)
        kf_key_free(&k);
    else
        *ret = k;
    return rc;
}

/* ---- passphrases ---- */

void kf_passphrase_free(struct kf_buf *b)
{
    if (b->p)
        sodium_memzero(b->p, b->cap);
    kf_buf_free(b);
}

bool kf_passphrase_ask(const char *question, struct kf_buf *out)
{
    struct termios old, silent;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
    char c;
    if (fd < 0 || tcgetattr(fd, &old) != 0) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    silent = old;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(fd, TCSAFLUSH, &silent);
    dprintf(fd, "%s: ", question);
    kf_buf_reserve(out, 1024); /* so that no copy of it is left where it grew */
    ssize_t n = 0;
    while (out->n < 1000 && (n = read(fd, &c, 1)) == 1 && c != '\n')
        kf_buf_addc(out, c);
    tcsetattr(fd, TCSAFLUSH, &old);
    dprintf(fd, "\n");
    close(fd);
    return n == 1;
}

int kf_passphrase_file(const char *path, struct kf_buf *out, struct kf_error *err)
{
    int fd = -1, rc = open_private(path, "a passphrase", &fd, err);
    if (rc)
        return rc;
    kf_buf_reserve(out, 2 * MAX_BYTES);
    rc = read_all(fd, path, out, err);
    close(fd);
    if (rc)
        return rc;
    out->n = out->p ? strcspn(out->p, "\r\n") : 0;
    if (out->p)
        out->p[out->n] = 0;
    return out->n ? 0 : kf_error_set(err, KF_E_DATA, "key", "the first line of %s is empty", path);
}
