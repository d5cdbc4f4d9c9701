#include "cli/approve_source.h"

#include "base/hash.h"
#include "cli/steward.h"
#include "config/yaml.h"
#include "event/paths.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>

/* ---- what the files are ---- */

static int add_file(crypto_hash_sha256_state *h, const struct kf_path *p, struct kf_error *err)
{
    unsigned char piece[65536];
    size_t n;
    FILE *f = fopen(p->open, "rbe");
    if (!f)
        return kf_error_set(err, KF_E_NOINPUT, "source", "cannot read %s: %s", p->shown,
                            strerror(errno));
    crypto_hash_sha256_update(h, (const unsigned char *)p->shown, strlen(p->shown) + 1);
    crypto_hash_sha256_state one;
    unsigned char digest[32];
    crypto_hash_sha256_init(&one);
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        crypto_hash_sha256_update(&one, piece, n);
    crypto_hash_sha256_final(&one, digest);
    crypto_hash_sha256_update(h, digest, sizeof digest);
    bool bad = ferror(f) != 0;
    fclose(f);
    return bad ? kf_error_set(err, KF_E_NOINPUT, "source", "cannot read %s", p->shown) : 0;
}

/* Another map of fields makes another statement of the same line. */
static void add_reading(crypto_hash_sha256_state *h, const struct kf_config_source *s)
{
    struct kf_buf b = {0};
    kf_buf_adds(&b, s->plugin);
    kf_buf_addc(&b, '\n');
    if (s->options)
        kf_yaml_json(s->options, &b);
    kf_buf_addc(&b, '\0');
    crypto_hash_sha256_update(h, (const unsigned char *)b.p, b.n);
    kf_buf_free(&b);
}

int kf_source_digest(const struct kf_config *c, const struct kf_config_source *s, char out[65],
                     uint32_t *ret_files, struct kf_error *err)
{
    struct kf_arena arena = {0};
    kf_paths paths = {0};
    crypto_hash_sha256_state h;
    uint8_t digest[32];
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < s->n_path; i++)
        rc = kf_paths_find(c->dir, s->path[i], &arena, &paths, err);
    kf_paths_unique(&paths);
    crypto_hash_sha256_init(&h);
    add_reading(&h, s);
    for (size_t i = 0; rc == 0 && i < paths.n; i++)
        rc = strcmp(paths.p[i].open, "-") == 0
                 ? kf_error_set(err, KF_E_USAGE, "source",
                                "%s is read from standard input: say --until DATE, for nobody "
                                "knows before what comes",
                                s->name)
                 : add_file(&h, &paths.p[i], err);
    if (rc == 0) {
        crypto_hash_sha256_final(&h, digest);
        kf_hex(digest, 32, out);
        *ret_files = (uint32_t)paths.n;
    }
    kf_vec_free(&paths);
    kf_arena_free(&arena);
    return rc;
}

/* ---- is it released? ---- */

enum standing { WAITS, RELEASED, ENDED, REVOKED, CHANGED };

static enum standing standing(const struct kf_config *c, const struct kf_approvals *a,
                              const struct kf_config_source *s, const struct kf_approval **ret)
{
    char now[65];
    uint32_t n;
    struct kf_error ignored = KF_ERROR_INIT;
    const struct kf_approval *e = kf_approvals_source(a, s->name, kf_desk_now(), ret);
    if (!*ret || a->broken)
        return WAITS;
    if (!e)
        return (*ret)->kind == KF_APPROVAL_SOURCE_REVOKE ? REVOKED : ENDED;
    if (e->files && (kf_source_digest(c, s, now, &n, &ignored) != 0 || strcmp(now, e->files) != 0))
        return CHANGED;
    return RELEASED;
}

bool kf_source_released(const struct kf_config *c, const struct kf_approvals *a,
                        const struct kf_config_source *s)
{
    const struct kf_approval *last;
    return standing(c, a, s, &last) == RELEASED;
}

void kf_sources_release(struct kf_config *c)
{
    struct kf_approvals *a = NULL;
    struct kf_error ignored = KF_ERROR_INIT;
    for (uint32_t i = 0; i < c->n_source; i++) {
        const struct kf_approval *last;
        if (!kf_config_waits(&c->source[i]))
            continue;
        if (!a && kf_approvals_load(c, &a, &ignored) != 0)
            return;
        if (standing(c, a, &c->source[i], &last) == RELEASED)
            kf_config_release(c, i, last->who);
    }
    kf_approvals_free(a);
}

void kf_source_standing(const struct kf_config *c, const struct kf_approvals *a,
                        const struct kf_config_source *s, struct kf_buf *out)
{
    const struct kf_approval *last = NULL;
    enum standing st = standing(c, a, s, &last);
    if (st != RELEASED && s->approved_by) {
        kf_buf_addf(out, "released by %s, in kinfold.yaml", s->approved_by);
        return;
    }
    kf_buf_addf(out, "%s",
                st == RELEASED  ? "released by "
                : st == ENDED   ? "waits: the release ended, by "
                : st == REVOKED ? "waits: stopped by "
                : st == CHANGED ? "waits: other files, or read otherwise, than those released by "
                                : "waits: nobody has released it");
    if (!last || st == WAITS)
        return;
    kf_buf_addf(out, "%s on ", last->who);
    kf_when_add(out, c->zone, last->at);
    if (st == RELEASED && last->until != KF_TIME_MIN) {
        kf_buf_adds(out, ", until ");
        kf_when_add(out, c->zone, last->until);
    } else if (st == RELEASED && last->files) {
        kf_buf_adds(out, ", for the files as they are");
    }
}
