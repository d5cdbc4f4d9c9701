/* Variable-length numbers of bodies and the log: seven bits a byte, least first, the top bit says
 * that more follow.
 *
 * The unchecked readers are for bytes this process wrote or has checked (kf_body_check); the
 * checked ones for bytes from a file. Pure inline functions, any thread. */
#ifndef KF_EVENT_VARINT_H
#define KF_EVENT_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KF_VARINT_MAX 10u /* bytes of the longest */

static inline uint8_t *kf_varint_put(uint8_t *p, uint64_t v)
{
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

static inline size_t kf_varint_size(uint64_t v)
{
    return v < 0x80 ? 1 : (size_t)(70 - __builtin_clzll(v)) / 7;
}

/* A number below 2^28 in exactly four bytes, so that it can be filled in later. */
static inline void kf_varint_put4(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v | 0x80);
    p[1] = (uint8_t)((v >> 7) | 0x80);
    p[2] = (uint8_t)((v >> 14) | 0x80);
    p[3] = (uint8_t)((v >> 21) & 0x7f);
}

static inline uint64_t kf_varint_get(const uint8_t **at)
{
    const uint8_t *p = *at;
    uint64_t v = *p & 0x7f;
    unsigned shift = 7;
    while (*p++ & 0x80) {
        v |= (uint64_t)(*p & 0x7f) << shift;
        shift += 7;
    }
    *at = p;
    return v;
}

/* False: the bytes end within the number, or it does not fit 64 bits. */
static inline bool kf_varint_read(const uint8_t **at, const uint8_t *end, uint64_t *ret)
{
    const uint8_t *p = *at;
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64 && p < end; shift += 7) {
        uint8_t c = *p++;
        if (shift == 63 && c > 1)
            return false;
        v |= (uint64_t)(c & 0x7f) << shift;
        if (!(c & 0x80)) {
            *at = p;
            *ret = v;
            return true;
        }
    }
    return false;
}

static inline uint64_t kf_zigzag(int64_t v)
{
    return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static inline int64_t kf_unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

#endif
