/* (pointer, length) text and a growing text buffer. Bytes, normally UTF-8; never assumed
 * NUL-terminated. */
#ifndef KF_BASE_STR_H
#define KF_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct kf_str {
    const char *p;
    size_t n;
};

static inline struct kf_str kf_str(const char *p, size_t n)
{
    struct kf_str s = {p, n};
    return s;
}
static inline struct kf_str kf_cstr(const char *z)
{
    return kf_str(z, z ? strlen(z) : 0);
}
static inline bool kf_str_eq(struct kf_str a, struct kf_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
/* Bytewise order, shorter first where one is a prefix: <0, 0, >0. */
static inline int kf_str_cmp(struct kf_str a, struct kf_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int r = n ? memcmp(a.p, b.p, n) : 0;
    return r ? r : (a.n > b.n) - (a.n < b.n);
}
struct kf_str kf_str_trim(struct kf_str s); /* ASCII blanks at both ends */
/* `*` any run, `?` one UTF-8 character, else literal. Linear in the value for a given pattern: only
 * the last `*` is ever gone back to, so at most pattern times value steps. */
bool kf_str_glob(struct kf_str pattern, struct kf_str value);
bool kf_str_glob_nocase(struct kf_str pattern, struct kf_str value); /* ASCII case folded */
/* Length (1..4) of the well-formed character at p and its code point; 0: not well-formed. n >= 1.
 */
size_t kf_utf8_decode(const char *p, size_t n, uint32_t *ret);
bool kf_utf8_valid(struct kf_str s);
/* Unicode simple case folding into `out`; returns the new length. `cap` >= 3 * s.n always suffices.
 */
size_t kf_utf8_fold(struct kf_str s, char *out, size_t cap);
/* Terminal columns that a UTF-8 text takes. */
size_t kf_utf8_width(struct kf_str s);
/* Damerau-Levenshtein distance, for "did you mean"; gives up above `limit` (returns limit + 1). */
unsigned kf_str_distance(struct kf_str a, struct kf_str b, unsigned limit);
/* The best suggestion among NUL-terminated `names` (NULL where nothing is near enough). */
const char *kf_str_suggest(const char *word, const char *const *names, size_t n);

/* Growing buffer. Zero-initialise; kf_buf_free releases. `p` is NUL-terminated after every call. */
struct kf_buf {
    char *p;
    size_t n, cap;
};
void kf_buf_reserve(struct kf_buf *b, size_t more);
void kf_buf_add(struct kf_buf *b, const void *p, size_t n);
void kf_buf_adds(struct kf_buf *b, const char *z);
void kf_buf_addc(struct kf_buf *b, char c);
void kf_buf_addf(struct kf_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void kf_buf_addv(struct kf_buf *b, const char *fmt, va_list ap);
/* JSON string with quotes; invalid UTF-8 becomes U+FFFD. */
void kf_buf_add_json(struct kf_buf *b, struct kf_str s);
void kf_buf_clear(struct kf_buf *b);
void kf_buf_free(struct kf_buf *b);

#endif
