#include "config/list.h"

#include "base/hash.h"

#include <arpa/inet.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

/* Both ends included, in network byte order; a v4 address is kept as ::ffff:a.b.c.d, so that one
 * order serves both. */
struct range {
    uint8_t from[16], to[16];
};

struct kf_list {
    enum kf_list_kind kind;
    bool ignore_case, sealed;
    struct kf_arena *arena;
    uint32_t n, cap;
    union {
        struct kf_str *text;   /* VALUES (folded when case is ignored), PATTERNS */
        struct range *range;   /* NETWORKS */
        uint8_t (*digest)[32]; /* SHA256 */
        void *any;
    } at;
};

static size_t entry_size(enum kf_list_kind kind)
{
    return kind == KF_LIST_NETWORKS ? sizeof(struct range)
           : kind == KF_LIST_SHA256 ? 32
                                    : sizeof(struct kf_str);
}

struct kf_list *kf_list_new(struct kf_arena *arena, enum kf_list_kind kind, bool ignore_case)
{
    struct kf_list *l = kf_arena_zalloc(arena, sizeof *l);
    l->kind = kind;
    l->ignore_case = ignore_case;
    l->arena = arena;
    return l;
}

static void *push(struct kf_list *l)
{
    size_t size = entry_size(l->kind);
    if (l->n == l->cap) {
        uint32_t cap = l->cap ? l->cap * 2 : 16;
        void *p = kf_arena_alloc(l->arena, cap * size);
        if (l->n)
            memcpy(p, l->at.any, l->n * size);
        l->at.any = p;
        l->cap = cap;
    }
    return (char *)l->at.any + size * l->n++;
}

/* An address as 16 bytes; *ret_v4 tells how it was written. */
static bool address(struct kf_str s, uint8_t out[16], bool *ret_v4)
{
    char text[INET6_ADDRSTRLEN + 1];
    if (!s.n || s.n >= sizeof text || memchr(s.p, 0, s.n))
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = 0;
    struct in_addr v4;
    if (inet_pton(AF_INET, text, &v4) == 1) {
        static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
        memcpy(out, mapped, 12);
        memcpy(out + 12, &v4, 4);
        *ret_v4 = true;
        return true;
    }
    *ret_v4 = false;
    return inet_pton(AF_INET6, text, out) == 1;
}

/* Sets or clears everything below the first `bits` bits. True if that changed nothing. */
static bool fill(uint8_t a[16], unsigned bits, bool ones)
{
    bool same = true;
    for (unsigned i = bits; i < 128; i++) {
        uint8_t bit = (uint8_t)(0x80u >> (i & 7u));
        bool is = (a[i >> 3] & bit) != 0;
        same = same && is == ones;
        a[i >> 3] = ones ? (uint8_t)(a[i >> 3] | bit) : (uint8_t)(a[i >> 3] & ~bit);
    }
    return same;
}

static const char *add_network(struct kf_list *l, struct kf_str s, char *hint, size_t hint_cap)
{
    const char *slash = memchr(s.p, '/', s.n);
    size_t n = slash ? (size_t)(slash - s.p) : s.n;
    struct range r;
    bool v4;
    if (!address(kf_str(s.p, n), r.from, &v4))
        return "is no IP address or network like 192.0.2.0/24 or 2001:db8::/32";
    unsigned max = v4 ? 32 : 128, bits = max;
    if (slash) {
        const char *d = slash + 1, *end = s.p + s.n;
        bits = 0;
        if (d == end || end - d > 3)
            return "has no prefix length after the /";
        for (; d < end; d++) {
            if (*d < '0' || *d > '9')
                return "has no prefix length after the /";
            bits = bits * 10 + (unsigned)(*d - '0');
        }
        if (bits > max)
            return v4 ? "has a prefix of more than 32 bits" : "has a prefix of more than 128 bits";
    }
    unsigned wide = bits + (v4 ? 96 : 0);
    memcpy(r.to, r.from, 16);
    if (!fill(r.from, wide, false)) {
        char text[INET6_ADDRSTRLEN] = "";
        inet_ntop(v4 ? AF_INET : AF_INET6, r.from + (v4 ? 12 : 0), text, sizeof text);
        snprintf(hint, hint_cap, "; did you mean '%s/%u'?", text, bits);
        return "sets bits beyond its prefix";
    }
    fill(r.to, wide, true);
    *(struct range *)push(l) = r;
    return NULL;
}

static const char *add_digest(struct kf_list *l, struct kf_str s)
{
    uint8_t out[32];
    if (s.n != 64)
        return "is no SHA-256: 64 hexadecimal digits are needed";
    for (size_t i = 0; i < 64; i++) {
        int v = g_ascii_xdigit_value(s.p[i]);
        if (v < 0)
            return "is no SHA-256: 64 hexadecimal digits are needed";
        out[i / 2] = (uint8_t)(i & 1 ? out[i / 2] | v : v << 4);
    }
    memcpy(push(l), out, 32);
    return NULL;
}

static struct kf_str folded(struct kf_arena *a, struct kf_str s)
{
    char *p = kf_arena_alloc(a, s.n * 3 + 1);
    size_t n = kf_utf8_fold(s, p, s.n * 3);
    p[n] = 0;
    return kf_str(p, n);
}

void kf_list_add(struct kf_list *l, struct kf_str entry, struct kf_problems *p, const char *file,
                 uint32_t line, uint32_t column)
{
    const char *wrong = NULL;
    char hint[80] = "";
    if (!entry.n)
        wrong = "is empty";
    else if (!kf_utf8_valid(entry))
        wrong = "is not UTF-8";
    else if (l->kind == KF_LIST_NETWORKS)
        wrong = add_network(l, entry, hint, sizeof hint);
    else if (l->kind == KF_LIST_SHA256)
        wrong = add_digest(l, entry);
    else
        *(struct kf_str *)push(l) =
            l->kind == KF_LIST_VALUES && l->ignore_case
                ? folded(l->arena, entry)
                : kf_str(kf_arena_strndup(l->arena, entry.p, entry.n), entry.n);
    if (wrong)
        kf_problem_in(p, file, line, column, "'%.*s' %s%s", (int)(entry.n > 80 ? 80 : entry.n),
                      entry.p, wrong, hint);
}

static int text_order(const void *a, const void *b)
{
    return kf_str_cmp(*(const struct kf_str *)a, *(const struct kf_str *)b);
}

static int digest_order(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

/* By start, the wider first. */
static int range_order(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    int r = memcmp(x->from, y->from, 16);
    return r ? r : memcmp(y->to, x->to, 16);
}

uint32_t kf_list_seal(struct kf_list *l)
{
    size_t size = entry_size(l->kind);
    int (*order)(const void *, const void *) = l->kind == KF_LIST_NETWORKS ? range_order
                                               : l->kind == KF_LIST_SHA256 ? digest_order
                                                                           : text_order;
    l->sealed = true;
    if (!l->n)
        return 0;
    qsort(l->at.any, l->n, size, order);
    uint32_t kept = 0;
    for (uint32_t i = 1; i < l->n; i++) {
        char *last = (char *)l->at.any + size * kept, *at = (char *)l->at.any + size * i;
        if (l->kind == KF_LIST_NETWORKS) {
            /* Networks nest or are apart; what lies inside the one before is covered by it. */
            const struct range *outer = (struct range *)last, *inner = (struct range *)at;
            if (memcmp(inner->to, outer->to, 16) <= 0)
                continue;
        } else if (order(last, at) == 0) {
            continue;
        }
        kept++;
        if (kept != i)
            memcpy(last + size, at, size);
    }
    l->n = kept + 1;
    return l->n;
}

static bool in_networks(const struct kf_list *l, struct kf_str value)
{
    uint8_t a[16];
    bool v4;
    if (!address(kf_str_trim(value), a, &v4))
        return false;
    uint32_t low = 0, high = l->n; /* the last range that starts at or before a */
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (memcmp(l->at.range[mid].from, a, 16) <= 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low > 0 && memcmp(a, l->at.range[low - 1].to, 16) <= 0;
}

/* Calls with a text of bounded size on the stack, else on the heap: values are short nearly always.
 */
static bool in_values(const struct kf_list *l, struct kf_str value)
{
    if (!l->ignore_case)
        return bsearch(&value, l->at.text, l->n, sizeof value, text_order) != NULL;
    char small[768];
    char *p = value.n * 3 <= sizeof small ? small : malloc(value.n * 3);
    if (!p)
        kf_arena_exhausted(value.n * 3);
    struct kf_str key = kf_str(p, kf_utf8_fold(value, p, value.n * 3));
    bool is = bsearch(&key, l->at.text, l->n, sizeof key, text_order) != NULL;
    if (p != small)
        free(p);
    return is;
}

static bool in_digests(const struct kf_list *l, struct kf_str value)
{
    value = kf_str_trim(value);
    if (!value.n || !kf_utf8_valid(value))
        return false;
    struct kf_buf low = {0};
    kf_buf_reserve(&low, value.n * 2);
    for (size_t i = 0; i < value.n;) {
        uint32_t c;
        size_t step = kf_utf8_decode(value.p + i, value.n - i, &c);
        char out[6];
        int n = g_unichar_to_utf8(g_unichar_tolower(c), out);
        kf_buf_add(&low, out, (size_t)n);
        i += step;
    }
    uint8_t digest[32];
    kf_sha256(low.p, low.n, digest);
    kf_buf_free(&low);
    return bsearch(digest, l->at.digest, l->n, 32, digest_order) != NULL;
}

bool kf_list_has(const struct kf_list *l, struct kf_str value)
{
    if (!l->n || !value.n)
        return false;
    if (l->kind == KF_LIST_NETWORKS)
        return in_networks(l, value);
    if (l->kind == KF_LIST_VALUES)
        return in_values(l, value);
    if (l->kind == KF_LIST_SHA256)
        return in_digests(l, value);
    for (uint32_t i = 0; i < l->n; i++)
        if (l->ignore_case ? kf_str_glob_nocase(l->at.text[i], value)
                           : kf_str_glob(l->at.text[i], value))
            return true;
    return false;
}
