#include "config/approval.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_BYTES (64u << 20)

struct kf_approvals_private {
    struct kf_arena arena;
    char *file;
};

static const char *const kinds[KF_APPROVAL_KINDS] = {"approve", "reject", "publish",
                                                     "back",    "source", "source_revoke"};

const char *kf_approval_kind_name(enum kf_approval_kind k)
{
    return kinds[k];
}

bool kf_text_plain(struct kf_str s)
{
    for (size_t i = 0; i < s.n;) {
        uint32_t c;
        size_t n = kf_utf8_decode(s.p + i, s.n - i, &c);
        if (!n || (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) ||
            (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
            return false;
        i += n;
    }
    return true;
}

/* ---- one line ---- */

struct reading {
    struct kf_approvals *a;
    struct kf_arena *arena;
    kf_vec(struct kf_approval) line;
    int64_t latest; /* of all instants so far: nobody signs before what stands above */
};

static int broken(struct reading *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int broken(struct reading *r, const char *fmt, ...)
{
    struct kf_buf b = {0};
    va_list ap;
    va_start(ap, fmt);
    kf_buf_addv(&b, fmt, ap);
    va_end(ap);
    r->a->broken = (uint32_t)r->line.n + 1;
    r->a->why = kf_arena_strdup(r->arena, b.p);
    kf_buf_free(&b);
    return -1;
}

/* A text of the line; NULL where there is none. */
static const char *text(struct reading *r, const json_t *o, const char *key)
{
    const char *t = json_string_value(json_object_get(o, key));
    return t ? kf_arena_strdup(r->arena, t) : NULL;
}

static int64_t instant(const json_t *o, const char *key)
{
    const char *t = json_string_value(json_object_get(o, key));
    int64_t at;
    bool offset;
    return t && kf_time_parse(kf_cstr(t), NULL, &at, &offset) ? at : KF_TIME_MIN;
}

static void members(struct reading *r, const json_t *o, struct kf_approval *e)
{
    const struct {
        const char *key, **to;
    } member[] = {
        {"who", &e->who},         {"mail", &e->mail},           {"key", &e->key},
        {"because", &e->because}, {"role", &e->role},           {"rules", &e->rules},
        {"before", &e->before},   {"plan", &e->plan},           {"data", &e->data},
        {"engine", &e->engine},   {"verdict", &e->verdict},     {"text", &e->text},
        {"folder", &e->folder},   {"source", &e->source},       {"files", &e->files},
        {"hash", &e->hash},       {"signature", &e->signature}, {"previous", &e->previous},
    };
    for (size_t i = 0; i < sizeof member / sizeof *member; i++)
        *member[i].to = text(r, o, member[i].key);
    e->limits_broken = json_is_true(json_object_get(o, "limits_broken"));
    e->until = instant(o, "until");
    e->at = instant(o, "at");
    e->number = (uint32_t)json_integer_value(json_object_get(o, "number"));
}

/* Which kind it is, with everything that this kind needs. */
static bool whole(const json_t *o, struct kf_approval *e)
{
    const char *kind = json_string_value(json_object_get(o, "kind"));
    unsigned k = 0;
    while (kind && k < KF_APPROVAL_KINDS && strcmp(kinds[k], kind) != 0)
        k++;
    e->kind = (enum kf_approval_kind)k;
    const char *key;
    json_t *v;
    json_object_foreach((json_t *)o, key,
                        v) if (!kf_text_plain(kf_cstr(json_string_value(v)))) return false;
    if (!kind || k == KF_APPROVAL_KINDS || !e->who || !e->key || !e->because || !e->hash ||
        !e->signature || !e->previous || e->at == KF_TIME_MIN)
        return false;
    if (k <= KF_APPROVAL_REJECT)
        return e->role && e->rules && e->plan;
    return k <= KF_APPROVAL_BACK ? e->rules && e->text && e->folder : e->source != NULL;
}

/* A line ends with its hash and its signature, and nothing else does. */
#define TAIL_HASH ",\"hash\":\""
#define TAIL_SIGN "\",\"signature\":\""
#define HASH      64u
#define SIGN      88u /* of 64 bytes in base 64 */
#define TAIL      (sizeof TAIL_HASH - 1 + HASH + sizeof TAIL_SIGN - 1 + SIGN + 2)

static bool has_tail(struct kf_str line)
{
    if (line.n <= TAIL)
        return false;
    const char *p = line.p + line.n - TAIL;
    const char *q = p + sizeof TAIL_HASH - 1 + HASH;
    return memcmp(p, TAIL_HASH, sizeof TAIL_HASH - 1) == 0 &&
           memcmp(q, TAIL_SIGN, sizeof TAIL_SIGN - 1) == 0 &&
           memcmp(line.p + line.n - 2, "\"}", 2) == 0;
}

/* What is signed: the domain keeps a signature from meaning anything elsewhere. */
static size_t message(const char *hash, char out[96])
{
    return (size_t)snprintf(out, 96, "%s\n%s", KF_APPROVAL_DOMAIN, hash);
}

static bool signed_by(const struct kf_approval *e, const char *hash)
{
    uint8_t key[32], sign[KF_APPROVAL_SIGNATURE];
    char m[96];
    size_t n = 0;
    return kf_key_parse(e->key, key) &&
           sodium_base642bin(sign, sizeof sign, e->signature, strlen(e->signature), NULL, &n, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           n == sizeof sign &&
           crypto_sign_verify_detached(sign, (const uint8_t *)m, message(hash, m), key) == 0;
}

/* ---- who it was ---- */

static bool needs(const struct kf_approval *e, enum kf_role *ret)
{
    if (e->kind == KF_APPROVAL_PUBLISH || e->kind == KF_APPROVAL_BACK)
        *ret = KF_ROLE_PUBLISH;
    else if (e->kind >= KF_APPROVAL_SOURCE)
        *ret = KF_ROLE_SOURCES;
    else if (strcmp(e->role, kf_role_name(KF_ROLE_PRIVACY)) == 0)
        *ret = KF_ROLE_PRIVACY;
    else if (strcmp(e->role, kf_role_name(KF_ROLE_ANALYTICS)) == 0)
        *ret = KF_ROLE_ANALYTICS;
    else
        return false;
    return true;
}

/* Sets person and counts. Whoever uses the name of somebody else who is listed lies; a name that
 * nobody has any more was changed in kinfold.yaml. */
static int whose(struct reading *r, struct kf_approval *e)
{
    const struct kf_config *c = r->a->config;
    bool named = false;
    enum kf_role role;
    e->person = UINT32_MAX;
    for (uint32_t i = 0; c && i < c->n_person; i++) {
        if (strcmp(c->person[i].key, e->key) == 0)
            e->person = i;
        named |= strcmp(c->person[i].name, e->who) == 0;
    }
    const struct kf_config_person *p = e->person == UINT32_MAX ? NULL : &c->person[e->person];
    if (p && named && strcmp(p->name, e->who) != 0)
        return broken(r, "it says '%s', but the key is that of '%s'", e->who, p->name);
    if (!p && named)
        return broken(r,
                      "it says '%s', but the key is none of those that kinfold.yaml has of them "
                      "(a key that was replaced stays there, with until: DATE)",
                      e->who);
    r->latest = e->at > r->latest ? e->at : r->latest;
    e->counts = p && needs(e, &role) && kf_config_holds(c, p, role) && r->latest < p->until;
    return 0;
}

/* ---- the chain ---- */

static int conflict(struct reading *r, struct kf_str line)
{
    static const char *const mark[] = {"<<<<<<<", "=======", ">>>>>>>", "|||||||"};
    for (size_t i = 0; i < 4; i++)
        if (line.n >= 7 && memcmp(line.p, mark[i], 7) == 0)
            return broken(r, "it is the mark of a merge conflict: two branches signed apart from "
                             "each other. Keep the lines of the branch that was merged first, take "
                             "the other's out and sign those again");
    return 0;
}

/* The line before must be the one it names. */
static int chained(struct reading *r, const struct kf_approval *e)
{
    uint32_t n = (uint32_t)r->line.n, at = n;
    const char *last = n ? r->line.p[n - 1].hash : "";
    if (strcmp(e->previous, last) == 0) {
        return e->number == n + 1 ? 0 : broken(r, "it is numbered %u", e->number);
    }
    if (!*e->previous)
        return broken(r, "it is the first line of another log");
    while (at > 0 && strcmp(r->line.p[at - 1].hash, e->previous) != 0)
        at--;
    if (at == 0)
        return broken(r, "the line it follows is not above it: one was taken out, or moved");
    return broken(r,
                  "it follows line %u, and so does line %u: two branches signed apart from each "
                  "other. Keep the lines of one, take the other's out and sign those again",
                  at, at + 1);
}

static int one(struct reading *r, struct kf_str line)
{
    struct kf_approval e = {0};
    char hash[65];
    int rc = conflict(r, line);
    if (rc)
        return rc;
    json_t *o = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
    bool ok = json_is_object(o);
    if (ok) {
        members(r, o, &e);
        ok = whole(o, &e) && has_tail(line);
    }
    json_decref(o);
    if (!ok)
        return broken(r, "it is no entry of this log");
    kf_sha256_hex(line.p, line.n - TAIL, hash);
    if (strcmp(hash, e.hash) != 0)
        return broken(r, "it was changed after it was signed");
    if (!signed_by(&e, hash))
        return broken(r, "its signature is not by the key that it names");
    rc = chained(r, &e);
    if (rc == 0)
        rc = whose(r, &e);
    if (rc == 0)
        *kf_vec_push(&r->line) = e;
    return rc;
}

static void all(struct reading *r, const char *p, size_t len)
{
    size_t at = 0;
    while (at < len) {
        const char *end = memchr(p + at, '\n', len - at);
        size_t n = end ? (size_t)(end - (p + at)) : len - at;
        if (one(r, kf_str(p + at, n))) {
            r->a->cut = !end;
            break;
        }
        at += n + (end != NULL);
        r->a->size = at;
    }
    /* Half a line is what a process left that was killed while it wrote: it was never there. */
    if (r->a->cut && has_tail(kf_str(p + at, len - at)))
        r->a->cut = false;
    if (r->a->cut) {
        r->a->broken = 0;
        r->a->why = NULL;
    }
}

int kf_approvals_parse(const struct kf_config *c, const char *p, size_t len,
                       struct kf_approvals **ret, struct kf_error *err)
{
    struct kf_approvals *a = calloc(1, sizeof *a);
    struct kf_approvals_private *priv = calloc(1, sizeof *priv);
    if (!a || !priv || sodium_init() < 0) {
        free(a);
        free(priv);
        return kf_error_set(err, KF_E_NOMEM, "approval", "out of memory");
    }
    kf_arena_init(&priv->arena, 0);
    *a = (struct kf_approvals){.config = c, .priv = priv, .file = KF_APPROVAL_FILE};
    struct reading r = {.a = a, .arena = &priv->arena, .latest = KF_TIME_MIN};
    all(&r, p, len);
    struct kf_approval *line = kf_arena_alloc(&priv->arena, (r.line.n + 1) * sizeof *line);
    if (r.line.n)
        memcpy(line, r.line.p, r.line.n * sizeof *line);
    a->line = line;
    a->n = (uint32_t)r.line.n;
    kf_vec_free(&r.line);
    *ret = a;
    return 0;
}

void kf_approvals_free(struct kf_approvals *a)
{
    if (!a)
        return;
    kf_arena_free(&a->priv->arena);
    free(a->priv);
    free(a);
}

/* ---- the file ---- */

static int slurp(int fd, const char *path, struct kf_buf *out, struct kf_error *err)
{
    char piece[16384];
    ssize_t n;
    while ((n = read(fd, piece, sizeof piece)) > 0 && out->n <= MAX_BYTES)
        kf_buf_add(out, piece, (size_t)n);
    if (n < 0)
        return kf_error_set(err, KF_E_NOINPUT, "approval", "cannot read '%s': %s", path,
                            strerror(errno));
    return n == 0 ? 0
                  : kf_error_set(err, KF_E_NOINPUT, "approval", "'%s' is longer than 64 MiB", path);
}

int kf_approvals_load(const struct kf_config *c, struct kf_approvals **ret, struct kf_error *err)
{
    struct kf_buf path = {0}, text_ = {0};
    kf_buf_addf(&path, "%s/%s", c->dir, KF_APPROVAL_FILE);
    int rc = 0, fd = open(path.p, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        rc = slurp(fd, path.p, &text_, err);
        close(fd);
    } else if (errno != ENOENT) {
        rc = kf_error_set(err, KF_E_NOINPUT, "approval", "cannot read '%s': %s", path.p,
                          strerror(errno));
    }
    if (rc == 0)
        rc = kf_approvals_parse(c, text_.p ? text_.p : "", text_.n, ret, err);
    kf_buf_free(&path);
    kf_buf_free(&text_);
    return rc;
}

int kf_approvals_check(const struct kf_approvals *a, struct kf_error *err)
{
    return a->broken ? kf_error_at(err, KF_E_PERM, "approval", a->file, a->broken, 0,
                                   "the approval log is broken in line %u: %s. Nothing goes by it "
                                   "until it is brought back from version control; 'kinfold log "
                                   "--verify' says more",
                                   a->broken, a->why)
                     : 0;
}

/* ---- what it says ---- */

static bool about(const struct kf_approval *e, const char *rules)
{
    return e->rules && strcmp(e->rules, rules) == 0;
}

uint32_t kf_approvals_of(const struct kf_approvals *a, const char *rules,
                         const struct kf_approval **out, uint32_t cap)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->n; i++)
        if (about(&a->line[i], rules)) {
            if (n < cap)
                out[n] = &a->line[i];
            n++;
        }
    return n;
}

const struct kf_approval *kf_approvals_role(const struct kf_approvals *a, const char *rules,
                                            enum kf_role role)
{
    for (uint32_t i = a->n; i-- > 0;) {
        const struct kf_approval *e = &a->line[i];
        if (e->kind <= KF_APPROVAL_REJECT && e->counts && about(e, rules) &&
            strcmp(e->role, kf_role_name(role)) == 0)
            return e;
    }
    return NULL;
}

bool kf_approvals_full(const struct kf_approvals *a, const char *rules, unsigned *ret_missing,
                       const struct kf_config_person **ret_same)
{
    const struct kf_config *c = a->config;
    const struct kf_config_person *by[KF_ROLES] = {NULL};
    *ret_missing = 0;
    *ret_same = NULL;
    for (unsigned r = 0; r < KF_ROLES; r++) {
        if (!(c->approval_roles & 1u << r))
            continue;
        const struct kf_approval *e = kf_approvals_role(a, rules, (enum kf_role)r);
        if (!e || e->kind != KF_APPROVAL_APPROVE) {
            *ret_missing |= 1u << r;
            continue;
        }
        by[r] = &c->person[e->person];
        for (unsigned k = 0; k < r && c->four_eyes; k++)
            if (by[k] && strcmp(by[k]->name, by[r]->name) == 0)
                *ret_same = by[r];
    }
    return !*ret_missing && !*ret_same;
}

const struct kf_approval *kf_approvals_published(const struct kf_approvals *a)
{
    for (uint32_t i = a->n; i-- > 0;)
        if (a->line[i].counts &&
            (a->line[i].kind == KF_APPROVAL_PUBLISH || a->line[i].kind == KF_APPROVAL_BACK))
            return &a->line[i];
    return NULL;
}

const struct kf_approval *kf_approvals_source(const struct kf_approvals *a, const char *source,
                                              int64_t now, const struct kf_approval **ret_last)
{
    const struct kf_approval *last = NULL;
    for (uint32_t i = a->n; !last && i-- > 0;)
        if (a->line[i].counts && a->line[i].source && strcmp(a->line[i].source, source) == 0)
            last = &a->line[i];
    if (ret_last)
        *ret_last = last;
    return last && last->kind == KF_APPROVAL_SOURCE &&
                   (last->until == KF_TIME_MIN || now < last->until)
               ? last
               : NULL;
}
