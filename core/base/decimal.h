/* Exact decimals: mantissa * 10^-scale. A JSON number is read as its shortest decimal, so 1.0 is 1
 * and 126.05 is 12605 / 100. */
#ifndef KF_BASE_DECIMAL_H
#define KF_BASE_DECIMAL_H

#include "base/str.h"

struct kf_dec {
    int64_t m;
    int8_t scale; /* 0..18; trailing zeros of the mantissa are stripped while scale > 0 */
};

/* Text of a JSON-like number (sign, digits, fraction, exponent). False if it is no number or does
 * not fit exactly. */
bool kf_dec_parse(struct kf_str s, struct kf_dec *ret);
/* Shortest decimal that reads back as the double (for numbers that are doubles already). */
bool kf_dec_from_double(double v, struct kf_dec *ret);
struct kf_dec kf_dec_int(int64_t v);
int kf_dec_cmp(struct kf_dec a, struct kf_dec b); /* exact, via 128 bits */
double kf_dec_double(struct kf_dec d);
bool kf_dec_add(struct kf_dec a, struct kf_dec b, struct kf_dec *ret); /* false: overflow */
bool kf_dec_neg(struct kf_dec a, struct kf_dec *ret);
/* Text form without exponent; returns length. out >= 32 bytes. */
size_t kf_dec_format(struct kf_dec d, char *out);

/* A fraction of two 128-bit integers, for shares and averages that are compared exactly. den > 0.
 */
struct kf_ratio {
    __int128 num, den;
};
int kf_ratio_cmp_dec(struct kf_ratio r, struct kf_dec d);
int kf_ratio_cmp(struct kf_ratio a, struct kf_ratio b);

#endif
