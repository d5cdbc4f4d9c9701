/* Hashes: XXH3 where speed counts and nobody attacks the result's meaning; keyed BLAKE2b
 * (libsodium) for ids that leave the house; SHA-256 for digests people compare. */
#ifndef KF_BASE_HASH_H
#define KF_BASE_HASH_H

#include "base/str.h"

uint64_t kf_hash64(const void *p, size_t n);
uint64_t kf_hash64_seed(const void *p, size_t n, uint64_t seed);
struct kf_hash128 {
    uint64_t lo, hi;
};
struct kf_hash128 kf_hash128(const void *p, size_t n);
/* 32 lower-case hex digits and NUL. */
void kf_hash128_hex(struct kf_hash128 h, char out[33]);
/* Keyed 64-bit BLAKE2b (first 8 bytes, little endian). key: 16 to 64 bytes. */
uint64_t kf_hash_keyed64(const void *p, size_t n, const void *key, size_t key_len);
void kf_sha256(const void *p, size_t n, uint8_t out[32]);
/* 64 lower-case hex digits and NUL. */
void kf_sha256_hex(const void *p, size_t n, char out[65]);
void kf_hex(const uint8_t *p, size_t n, char *out); /* 2n digits and NUL */

static inline uint64_t kf_mix64(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

#endif
