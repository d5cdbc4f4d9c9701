#include "store/bulk_record.h"

#include <stdlib.h>

/* Below this a copy costs less than the care for a second piece. */
enum { TAIL_FROM = 2048, BODY_START = 512 };

bool kf_bulk_record_init(struct kf_bulk_record *r, uint32_t max_cols, bool keep_tail)
{
    memset(r, 0, sizeof *r);
    r->max_cols = max_cols;
    r->keep_tail = keep_tail;
    r->body_cap = BODY_START;
    r->types = malloc((size_t)max_cols * 9 + 1);
    r->body = malloc(r->body_cap);
    return r->types && r->body;
}

void kf_bulk_record_release(struct kf_bulk_record *r)
{
    free(r->types);
    free(r->body);
    memset(r, 0, sizeof *r);
}

bool kf_bulk_record_grow(struct kf_bulk_record *r, size_t n)
{
    size_t need = r->body_n + r->tail_n + n + 8;
    if (need > r->body_cap) {
        size_t cap = need + need / 2;
        uint8_t *p = realloc(r->body, cap);
        if (!p) {
            r->nomem = true;
            return false;
        }
        r->body = p;
        r->body_cap = cap;
    }
    if (r->tail) {
        memcpy(r->body + r->body_n, r->tail, r->tail_n);
        r->body_n += r->tail_n;
        r->tail = NULL;
        r->tail_n = 0;
    }
    return true;
}

void kf_bulk_record_bytes(struct kf_bulk_record *r, const void *p, size_t n, unsigned text)
{
    bool large = r->keep_tail && n >= TAIL_FROM;
    if (!kf_bulk_record_room(r, large ? 0 : n)) {
        return;
    }
    if (large) {
        r->tail = p;
        r->tail_n = n;
    } else if (n) {
        memcpy(r->body + r->body_n, p, n);
        r->body_n += n;
    }
    if (r->cols++ < r->max_cols) {
        r->types_n += kf_bulk_varint_put(r->types + r->types_n, 12 + 2 * (uint64_t)n + text);
    }
}

bool kf_bulk_record_copy(struct kf_bulk_record *to, const struct kf_bulk_record *from)
{
    kf_bulk_record_begin(to);
    if (!kf_bulk_record_grow(to, from->body_n)) {
        return false;
    }
    memcpy(to->types, from->types, from->types_n);
    memcpy(to->body, from->body, from->body_n);
    to->types_n = from->types_n;
    to->body_n = from->body_n;
    to->cols = from->cols;
    return true;
}

unsigned kf_bulk_varint_put_long(uint8_t *p, uint64_t v)
{
    uint8_t reversed[9];
    unsigned n = 0;
    if (v >> 56) {
        p[8] = (uint8_t)v;
        v >>= 8;
        for (int i = 7; i >= 0; i--, v >>= 7) {
            p[i] = (uint8_t)(0x80 | (v & 0x7f));
        }
        return 9;
    }
    for (; v; v >>= 7) {
        reversed[n++] = (uint8_t)(0x80 | (v & 0x7f));
    }
    for (unsigned i = 0; i < n; i++) {
        p[i] = reversed[n - 1 - i];
    }
    p[n - 1] &= 0x7f;
    return n;
}

unsigned kf_bulk_varint_get(const uint8_t *p, uint64_t *ret)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++) {
        v = v << 7 | (p[i] & 0x7f);
        if (p[i] < 0x80) {
            *ret = v;
            return i + 1;
        }
    }
    *ret = v << 8 | p[8];
    return 9;
}

/* ---- order ---- */

static const uint8_t fixed_size[12] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};

static size_t value_size(uint64_t type)
{
    return type < 12 ? fixed_size[type] : (size_t)(type - 12) / 2;
}

/* NULL, numbers, texts, blobs. */
static int storage_class(uint64_t type)
{
    return type == 0 ? 0 : type < 12 ? 1 : type & 1 ? 2 : 3;
}

static int64_t read_int(uint64_t type, const uint8_t *p)
{
    size_t n = value_size(type);
    uint64_t v = 0;
    if (type >= 8) {
        return (int64_t)type - 8;
    }
    for (size_t i = 0; i < n; i++) {
        v = v << 8 | p[i];
    }
    /* sign extension */
    uint64_t sign = (uint64_t)1 << (8 * n - 1);
    return (int64_t)((v ^ sign) - sign);
}

static double read_real(const uint8_t *p)
{
    uint64_t bits = (uint64_t)kf_bulk_get4(p) << 32 | kf_bulk_get4(p + 4);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* Exact, although a double cannot hold every int64. */
static int compare_int_real(int64_t i, double r)
{
    if (r < -9223372036854775808.0) {
        return 1;
    }
    if (r >= 9223372036854775808.0) {
        return -1;
    }
    int64_t whole = (int64_t)r;
    if (i != whole) {
        return i < whole ? -1 : 1;
    }
    double rest = r - (double)whole;
    return rest > 0 ? -1 : rest < 0;
}

static int compare_numbers(uint64_t ta, const uint8_t *a, uint64_t tb, const uint8_t *b)
{
    if (ta == 7 && tb == 7) {
        double x = read_real(a), y = read_real(b);
        return (x > y) - (x < y);
    }
    if (ta == 7) {
        return -compare_int_real(read_int(tb, b), read_real(a));
    }
    if (tb == 7) {
        return compare_int_real(read_int(ta, a), read_real(b));
    }
    int64_t x = read_int(ta, a), y = read_int(tb, b);
    return (x > y) - (x < y);
}

/* Of one size: as bytes, but for the sign. */
static int compare_same_ints(const uint8_t *a, const uint8_t *b, size_t n)
{
    if (a[0] != b[0]) {
        return (a[0] ^ 0x80) < (b[0] ^ 0x80) ? -1 : 1;
    }
    for (size_t i = 1; i < n; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

static int compare_bytes(const uint8_t *a, size_t an, const uint8_t *b, size_t bn)
{
    size_t n = an < bn ? an : bn;
    int r = n ? memcmp(a, b, n) : 0;
    return r ? r : (an > bn) - (an < bn);
}

int kf_bulk_record_compare(const struct kf_bulk_record *a, const struct kf_bulk_record *b,
                           uint32_t cols, uint32_t *ret_col, bool *ret_null)
{
    const uint8_t *at = a->types, *bt = b->types, *ap = a->body, *bp = b->body;
    bool null = false;
    uint32_t col = 0;
    int r = 0;
    for (; col < cols; col++) {
        uint64_t ta = *at, tb = *bt;
        at += ta < 0x80 ? 1 : kf_bulk_varint_get(at, &ta);
        bt += tb < 0x80 ? 1 : kf_bulk_varint_get(bt, &tb);
        if (ta == tb && ta >= 1 && ta <= 6) {
            r = compare_same_ints(ap, bp, fixed_size[ta]);
            if (r) {
                break;
            }
            ap += fixed_size[ta];
            bp += fixed_size[ta];
            continue;
        }
        int ca = storage_class(ta), cb = storage_class(tb);
        size_t an = value_size(ta), bn = value_size(tb);
        if (ca != cb) {
            r = ca - cb;
        } else if (ca == 1) {
            r = compare_numbers(ta, ap, tb, bp);
        } else {
            r = compare_bytes(ap, an, bp, bn);
        }
        if (r) {
            break;
        }
        null |= ca == 0;
        ap += an;
        bp += bn;
    }
    *ret_col = col;
    *ret_null = null;
    return r;
}
