#include "base/hash.h"

#define XXH_INLINE_ALL
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <xxhash.h>
#pragma GCC diagnostic pop

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_once_t sodium_once = PTHREAD_ONCE_INIT;

static void start_sodium(void)
{
    if (sodium_init() < 0) {
        fputs("level=error module=hash msg=\"libsodium does not start\"\n", stderr);
        exit(70);
    }
}

uint64_t kf_hash64(const void *p, size_t n)
{
    return XXH3_64bits(p, n);
}

uint64_t kf_hash64_seed(const void *p, size_t n, uint64_t seed)
{
    return XXH3_64bits_withSeed(p, n, seed);
}

struct kf_hash128 kf_hash128(const void *p, size_t n)
{
    XXH128_hash_t h = XXH3_128bits(p, n);
    struct kf_hash128 r = {h.low64, h.high64};
    return r;
}

void kf_hex(const uint8_t *p, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * n] = '\0';
}

void kf_hash128_hex(struct kf_hash128 h, char out[33])
{
    uint8_t b[16]; /* most significant first, as xxhsum prints it */
    for (int i = 0; i < 8; i++) {
        b[i] = (uint8_t)(h.hi >> (56 - 8 * i));
        b[8 + i] = (uint8_t)(h.lo >> (56 - 8 * i));
    }
    kf_hex(b, sizeof b, out);
}

uint64_t kf_hash_keyed64(const void *p, size_t n, const void *key, size_t key_len)
{
    assert(key_len >= crypto_generichash_KEYBYTES_MIN &&
           key_len <= crypto_generichash_KEYBYTES_MAX);
    pthread_once(&sodium_once, start_sodium);
    uint8_t out[crypto_generichash_BYTES];
    crypto_generichash(out, sizeof out, p, n, key, key_len);
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | out[i];
    return v;
}

void kf_sha256(const void *p, size_t n, uint8_t out[32])
{
    pthread_once(&sodium_once, start_sodium);
    crypto_hash_sha256(out, p, n);
}

void kf_sha256_hex(const void *p, size_t n, char out[65])
{
    uint8_t digest[32];
    kf_sha256(p, n, digest);
    kf_hex(digest, sizeof digest, out);
}
