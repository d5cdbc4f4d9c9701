/* SQLite records: a row as serial types and bodies (https://sqlite.org/fileformat2.html,
 * section 2.1). Private to the bulk loader. The types are kept apart from the bodies because the
 * header's length comes first and is known last. */
#ifndef KF_STORE_BULK_RECORD_H
#define KF_STORE_BULK_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct kf_bulk_record {
    uint8_t *types; /* serial types as varints; room for max_cols of 9 bytes */
    uint8_t *body;
    size_t types_n, body_n, body_cap;
    const uint8_t *tail; /* a large last text or blob, borrowed instead of copied */
    size_t tail_n;
    uint32_t cols, max_cols; /* cols above max_cols: only counted */
    bool keep_tail; /* false: everything is copied to body (index records are compared later) */
    bool nomem;
};

bool kf_bulk_record_init(struct kf_bulk_record *r, uint32_t max_cols, bool keep_tail);
void kf_bulk_record_release(struct kf_bulk_record *r);
/* Makes room for n more body bytes (and 8 spare). False and nomem set: there is none. */
bool kf_bulk_record_grow(struct kf_bulk_record *r, size_t n);
bool kf_bulk_record_copy(struct kf_bulk_record *to, const struct kf_bulk_record *from);
void kf_bulk_record_bytes(struct kf_bulk_record *r, const void *p, size_t n, unsigned text);

/* Order of the first `cols` columns as SQLite's BINARY collation has it: <0, 0, >0. *ret_col: the
 * first column that differs (cols if none). *ret_null: one of the equal columns before it is NULL.
 */
int kf_bulk_record_compare(const struct kf_bulk_record *a, const struct kf_bulk_record *b,
                           uint32_t cols, uint32_t *ret_col, bool *ret_null);

/* Big-endian base 128, 1 to 9 bytes; the ninth carries 8 bits. Returns the length. */
unsigned kf_bulk_varint_put_long(uint8_t *p, uint64_t v);
unsigned kf_bulk_varint_get(const uint8_t *p, uint64_t *ret);

static inline unsigned kf_bulk_varint_put(uint8_t *p, uint64_t v)
{
    if (v < 0x80) {
        p[0] = (uint8_t)v;
        return 1;
    }
    if (v < 0x4000) {
        p[0] = (uint8_t)(0x80 | (v >> 7));
        p[1] = (uint8_t)(v & 0x7f);
        return 2;
    }
    if (v < 0x200000) {
        p[0] = (uint8_t)(0x80 | (v >> 14));
        p[1] = (uint8_t)(0x80 | (v >> 7));
        p[2] = (uint8_t)(v & 0x7f);
        return 3;
    }
    return kf_bulk_varint_put_long(p, v);
}

static inline void kf_bulk_put2(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void kf_bulk_put4(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static inline uint32_t kf_bulk_get2(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t kf_bulk_get4(const uint8_t *p)
{
    return kf_bulk_get2(p) << 16 | kf_bulk_get2(p + 2);
}

static inline void kf_bulk_record_begin(struct kf_bulk_record *r)
{
    r->types_n = r->body_n = r->tail_n = 0;
    r->tail = NULL;
    r->cols = 0;
}

static inline void kf_bulk_record_type(struct kf_bulk_record *r, uint8_t type)
{
    if (r->cols++ < r->max_cols) {
        r->types[r->types_n++] = type;
    }
}

/* A column after a borrowed one: the borrowed bytes move into the body after all. */
static inline bool kf_bulk_record_room(struct kf_bulk_record *r, size_t n)
{
    return (!r->tail && r->body_cap - r->body_n >= n + 8) || kf_bulk_record_grow(r, n);
}

/* `width` lowest bytes of v, big endian. */
static inline void kf_bulk_record_word(struct kf_bulk_record *r, uint8_t type, uint64_t v,
                                       unsigned width)
{
    if (!kf_bulk_record_room(r, width)) {
        return;
    }
    v <<= 64 - 8 * width;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    memcpy(r->body + r->body_n, &v, 8);
    r->body_n += width;
    kf_bulk_record_type(r, type);
}

static inline void kf_bulk_record_int(struct kf_bulk_record *r, int64_t v)
{
    /* By the bytes that the magnitude and a sign bit take; SQLite has no 5- and 7-byte integers. */
    static const uint8_t type[9] = {1, 1, 2, 3, 4, 5, 5, 6, 6},
                         width[9] = {1, 1, 2, 3, 4, 6, 6, 8, 8};
    if ((uint64_t)v <= 1) {
        kf_bulk_record_type(r, (uint8_t)(8 + v));
        return;
    }
    uint64_t magnitude = (uint64_t)(v < 0 ? ~v : v);
    unsigned bytes = (72u - (unsigned)__builtin_clzll(magnitude | 1)) / 8;
    kf_bulk_record_word(r, type[bytes], (uint64_t)v, width[bytes]);
}

static inline void kf_bulk_record_real(struct kf_bulk_record *r, double v)
{
    uint64_t bits;
    if (v != v) { /* SQLite knows no NaN */
        kf_bulk_record_type(r, 0);
        return;
    }
    v += 0.0; /* -0.0 becomes 0.0 */
    memcpy(&bits, &v, sizeof bits);
    kf_bulk_record_word(r, 7, bits, 8);
}

/* Length of the header's length field plus the types: the field counts itself. */
static inline size_t kf_bulk_record_header(const struct kf_bulk_record *r)
{
    size_t n = r->types_n + 1;
    if (n > 0x7f) {
        n += n + 1 > 0x3fff ? 2 : 1;
    }
    return n;
}

#endif
