/* Any bytes as an approval log: as they are, and once more with each line hashed and signed, so
 * that what a line says is looked at and not only that it is broken. */
#include "base/hash.h"
#include "config/approval.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct kf_config *office(uint8_t secret[64], char key[53])
{
    uint8_t seed[32] = {1}, public_key[32];
    char text[400];
    struct kf_config *c = NULL;
    if (sodium_init() < 0)
        abort();
    crypto_sign_seed_keypair(public_key, secret, seed);
    kf_key_format(public_key, key);
    snprintf(text, sizeof text,
             "approval: { four_eyes: false, people: [{ name: Pia, key: \"%s\", roles: [privacy, "
             "analytics, publish, sources], until: 2026-12-31 }] }\n",
             key);
    if (kf_config_parse(text, strlen(text), "/w", true, &c, NULL, NULL, NULL) != 0)
        abort();
    return c;
}

static void look(const struct kf_config *c, const char *text, size_t len)
{
    struct kf_approvals *a = NULL;
    const struct kf_approval *out[4], *last;
    unsigned missing;
    const struct kf_config_person *same;
    if (kf_approvals_parse(c, text, len, &a, NULL) != 0)
        abort();
    if (a->size > len || (a->broken && (a->broken != a->n + 1 || !a->why || a->cut)))
        abort();
    for (uint32_t i = 0; i < a->n; i++) {
        const struct kf_approval *e = &a->line[i];
        if (e->number != i + 1 || !e->who || !e->hash ||
            strcmp(e->previous, i ? a->line[i - 1].hash : "") != 0 ||
            (e->counts && e->person == UINT32_MAX) || !kf_text_plain(kf_cstr(e->because)))
            abort();
        if (e->rules && (!kf_approvals_of(a, e->rules, out, 4) ||
                         (kf_approvals_full(a, e->rules, &missing, &same) && missing)))
            abort();
        if (e->source && e->counts && (kf_approvals_source(a, e->source, 0, &last), !last))
            abort();
    }
    kf_approvals_published(a);
    kf_approvals_free(a);
}

/* Texts of the input stand for what nobody can guess: @ the key, # the hash of the line above. */
static void line(struct kf_buf *out, struct kf_str text, const char *key, const uint8_t secret[64],
                 char hash[65])
{
    struct kf_buf b = {0};
    uint8_t sign[64];
    char m[96], base64[128];
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '@')
            kf_buf_adds(&b, key);
        else if (text.p[i] == '#')
            kf_buf_adds(&b, hash);
        else
            kf_buf_addc(&b, text.p[i]);
    }
    kf_sha256_hex(b.p ? b.p : "", b.n, hash);
    snprintf(m, sizeof m, "%s\n%s", KF_APPROVAL_DOMAIN, hash);
    crypto_sign_detached(sign, NULL, (const uint8_t *)m, strlen(m), secret);
    sodium_bin2base64(base64, sizeof base64, sign, 64, sodium_base64_VARIANT_ORIGINAL);
    kf_buf_addf(&b, ",\"hash\":\"%s\",\"signature\":\"%s\"}\n", hash, base64);
    kf_buf_add(out, b.p, b.n);
    kf_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t secret[64];
    char key[53], hash[65] = "";
    struct kf_config *c = office(secret, key);
    struct kf_buf signed_ = {0};
    const char *p = (const char *)data;
    look(c, size ? p : "", size);
    for (size_t at = 0, n; at < size; at += n + 1) {
        const char *end = memchr(p + at, '\n', size - at);
        n = end ? (size_t)(end - (p + at)) : size - at;
        line(&signed_, kf_str(p + at, n), key, secret, hash);
    }
    look(c, signed_.p ? signed_.p : "", signed_.n);
    kf_buf_free(&signed_);
    kf_config_free(c);
    return 0;
}

#include "../replay.h"
