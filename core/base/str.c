#include "base/str.h"

#include "base/arena.h"
#include "base/casefold.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

static inline bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct kf_str kf_str_trim(struct kf_str s)
{
    while (s.n && is_blank(s.p[0]))
        s.p++, s.n--;
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* ---- UTF-8 ---- */

/* Table 3-7 of the Unicode standard: no surrogates, nothing overlong, nothing above U+10FFFF. */
size_t kf_utf8_decode(const char *text, size_t n, uint32_t *ret)
{
    const unsigned char *p = (const unsigned char *)text;
    if (n == 0)
        return 0;
    uint32_t c = p[0];
    if (c < 0x80) {
        *ret = c;
        return 1;
    }
    size_t len = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (c < 0xC2 || c > 0xF4 || n < len)
        return 0;
    uint32_t low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    uint32_t high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high)
        return 0;
    c = c & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3Fu);
    }
    *ret = c;
    return len;
}

static size_t utf8_encode(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (c & 0x3F));
        c >>= 6;
    }
    out[0] = (char)((0xF00u >> len & 0xFF) | c);
    return len;
}

/* Length of the run without a byte above 0x7F at the start. */
static size_t ascii_run(const char *p, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t w;
        memcpy(&w, p + i, 8);
        if (w & 0x8080808080808080ULL)
            break;
    }
    while (i < n && !(p[i] & 0x80))
        i++;
    return i;
}

bool kf_utf8_valid(struct kf_str s)
{
    size_t i = 0;
    while (i < s.n) {
        i += ascii_run(s.p + i, s.n - i);
        if (i == s.n)
            break;
        uint32_t c;
        size_t len = kf_utf8_decode(s.p + i, s.n - i, &c);
        if (!len)
            return false;
        i += len;
    }
    return true;
}

size_t kf_utf8_fold(struct kf_str s, char *out, size_t cap)
{
    size_t at = 0;
    for (size_t i = 0; i < s.n;) {
        char c = s.p[i];
        if (!(c & 0x80)) {
            if (at == cap)
                break;
            out[at++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
            i++;
            continue;
        }
        uint32_t cp;
        char piece[4] = {c};
        size_t len = kf_utf8_decode(s.p + i, s.n - i, &cp), n = 1;
        if (len)
            n = utf8_encode(kf_casefold_simple(cp), piece);
        if (n > cap - at)
            break;
        memcpy(out + at, piece, n);
        at += n;
        i += len ? len : 1;
    }
    return at;
}

size_t kf_utf8_width(struct kf_str s)
{
    size_t width = 0;
    for (size_t i = 0; i < s.n;) {
        uint32_t c;
        size_t len = kf_utf8_decode(s.p + i, s.n - i, &c);
        if (!len) { /* shown as U+FFFD */
            width++;
            i++;
            continue;
        }
        if (c >= 0x20 && c < 0x7F)
            width++;
        else if (c >= 0xA0 && !g_unichar_iszerowidth(c))
            width += g_unichar_iswide(c) ? 2 : 1;
        i += len;
    }
    return width;
}

/* ---- globs ---- */

static size_t char_length(struct kf_str s, size_t at)
{
    uint32_t c;
    size_t len = kf_utf8_decode(s.p + at, s.n - at, &c);
    return len ? len : 1;
}

static inline char ascii_lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Only the last `*` is ever gone back to: what the earlier ones took can stay as it is, because
 * taking less never hurts what follows. So the work is bounded by pattern times value, never
 * exponential. */
static bool glob(struct kf_str pattern, struct kf_str value, bool nocase)
{
    size_t p = 0, v = 0, star = SIZE_MAX, from = 0;
    while (v < value.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = ++p;
            from = v;
            if (p == pattern.n)
                return true;
        } else if (p < pattern.n && pattern.p[p] == '?') {
            p++;
            v += char_length(value, v);
        } else if (p < pattern.n &&
                   (pattern.p[p] == value.p[v] ||
                    (nocase && ascii_lower(pattern.p[p]) == ascii_lower(value.p[v])))) {
            p++;
            v++;
        } else if (star != SIZE_MAX) {
            p = star;
            from += char_length(value, from);
            v = from;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

bool kf_str_glob(struct kf_str pattern, struct kf_str value)
{
    return glob(pattern, value, false);
}

bool kf_str_glob_nocase(struct kf_str pattern, struct kf_str value)
{
    return glob(pattern, value, true);
}

/* ---- did you mean ---- */

#define MAX_WORD 128u

/* Optimal string alignment: insert, delete, replace, swap of neighbours. */
unsigned kf_str_distance(struct kf_str a, struct kf_str b, unsigned limit)
{
    unsigned rows[3][MAX_WORD + 1], *before = rows[0], *last = rows[1], *now = rows[2];
    while (a.n && b.n && a.p[0] == b.p[0])
        a.p++, a.n--, b.p++, b.n--;
    while (a.n && b.n && a.p[a.n - 1] == b.p[b.n - 1])
        a.n--, b.n--;
    size_t apart = a.n > b.n ? a.n - b.n : b.n - a.n;
    if (apart > limit || a.n > MAX_WORD || b.n > MAX_WORD)
        return limit + 1;
    for (unsigned j = 0; j <= b.n; j++)
        last[j] = j;
    for (unsigned i = 1; i <= a.n; i++) {
        unsigned best = now[0] = i;
        for (unsigned j = 1; j <= b.n; j++) {
            unsigned d = last[j - 1] + (a.p[i - 1] != b.p[j - 1]);
            if (last[j] + 1 < d)
                d = last[j] + 1;
            if (now[j - 1] + 1 < d)
                d = now[j - 1] + 1;
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1] &&
                before[j - 2] + 1 < d)
                d = before[j - 2] + 1;
            now[j] = d;
            best = d < best ? d : best;
        }
        /* A swap may come from the row before the last: both must be hopeless. */
        unsigned *old = before;
        if (best > limit && i > 1) {
            unsigned older = last[0];
            for (unsigned j = 1; j <= b.n; j++)
                older = last[j] < older ? last[j] : older;
            if (older + 1 > limit)
                return limit + 1;
        }
        before = last;
        last = now;
        now = old;
    }
    return last[b.n] > limit ? limit + 1 : last[b.n];
}

static struct kf_str lower_copy(struct kf_str s, char out[MAX_WORD])
{
    for (size_t i = 0; i < s.n; i++)
        out[i] = ascii_lower(s.p[i]);
    return kf_str(out, s.n);
}

const char *kf_str_suggest(const char *word, const char *const *names, size_t n)
{
    char wanted_text[MAX_WORD], name_text[MAX_WORD];
    const char *best = NULL;
    if (!word || strlen(word) > MAX_WORD)
        return NULL;
    struct kf_str wanted = lower_copy(kf_cstr(word), wanted_text);
    unsigned limit = wanted.n <= 2   ? 1
                     : wanted.n <= 5 ? 2
                                     : 3; /* about one slip in three letters */
    for (size_t i = 0; i < n; i++) {
        if (!names[i] || !names[i][0] || strlen(names[i]) > MAX_WORD)
            continue;
        struct kf_str name = lower_copy(kf_cstr(names[i]), name_text);
        unsigned d = kf_str_distance(wanted, name, limit);
        if (d > limit || d >= (wanted.n > name.n ? wanted.n : name.n)) /* nothing in common */
            continue;
        if (d > 1 && wanted.n <= 4 && wanted.p[0] != name.p[0]) /* half of the word */
            continue;
        if (!best || d < limit || strcmp(names[i], best) < 0)
            best = names[i];
        limit = d;
    }
    return best;
}

/* ---- growing buffer ---- */

void kf_buf_reserve(struct kf_buf *b, size_t more)
{
    if (b->p && more < b->cap - b->n)
        return;
    if (more > SIZE_MAX / 2 - b->n - 64)
        kf_arena_exhausted(more);
    size_t cap = b->cap * 2 > b->n + more + 1 ? b->cap * 2 : b->n + more + 1;
    if (cap < 64)
        cap = 64;
    char *p = realloc(b->p, cap);
    if (!p)
        kf_arena_exhausted(cap);
    p[b->n] = '\0';
    b->p = p;
    b->cap = cap;
}

void kf_buf_add(struct kf_buf *b, const void *p, size_t n)
{
    kf_buf_reserve(b, n);
    if (n)
        memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void kf_buf_adds(struct kf_buf *b, const char *z)
{
    kf_buf_add(b, z, strlen(z));
}

void kf_buf_addc(struct kf_buf *b, char c)
{
    kf_buf_add(b, &c, 1);
}

void kf_buf_addv(struct kf_buf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    kf_buf_reserve(b, 64);
    int n = vsnprintf(b->p + b->n, b->cap - b->n, fmt, ap);
    if (n > 0 && (size_t)n >= b->cap - b->n) {
        kf_buf_reserve(b, (size_t)n);
        n = vsnprintf(b->p + b->n, b->cap - b->n, fmt, again);
    }
    va_end(again);
    if (n > 0)
        b->n += (size_t)n;
    b->p[b->n] = '\0';
}

void kf_buf_addf(struct kf_buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    kf_buf_addv(b, fmt, ap);
    va_end(ap);
}

static void add_escape(struct kf_buf *b, unsigned char c)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt", hex[] = "0123456789abcdef";
    const char *at = c ? strchr(from, c) : NULL;
    if (at) {
        char e[2] = {'\\', to[at - from]};
        kf_buf_add(b, e, 2);
    } else {
        char e[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        kf_buf_add(b, e, 6);
    }
}

void kf_buf_add_json(struct kf_buf *b, struct kf_str s)
{
    kf_buf_reserve(b, s.n + 2);
    kf_buf_addc(b, '"');
    size_t from = 0, i = 0;
    while (i < s.n) {
        unsigned char c = (unsigned char)s.p[i];
        uint32_t cp;
        size_t len = c < 0x80 ? 1 : kf_utf8_decode(s.p + i, s.n - i, &cp);
        if (len && c >= 0x20 && c != '"' && c != '\\') {
            i += len;
            continue;
        }
        kf_buf_add(b, s.p + from, i - from);
        if (len)
            add_escape(b, c);
        else
            kf_buf_add(b, "\xEF\xBF\xBD", 3);
        from = ++i;
    }
    kf_buf_add(b, s.p + from, s.n - from);
    kf_buf_addc(b, '"');
}

void kf_buf_clear(struct kf_buf *b)
{
    b->n = 0;
    if (b->p)
        b->p[0] = '\0';
}

void kf_buf_free(struct kf_buf *b)
{
    free(b->p);
    memset(b, 0, sizeof *b);
}
