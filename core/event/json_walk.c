#include "event/json_walk.h"

#include "event/body.h"

#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static bool walk_object(struct kf_walk *w, struct kf_node *n, unsigned depth);

static bool bad(struct kf_walk *w, const char *what)
{
    return kf_hand_fail(w->hand, "bad_json", "%s", what);
}

/* ---- texts ---- */

/* End of the string whose inside begins at p: the closing quote. *ret_escaped: a backslash comes
 * before it. */
static inline const char *string_end(const char *p, bool *ret_escaped)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
    for (;; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        unsigned m = (unsigned)_mm_movemask_epi8(
            _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)));
        if (m) {
            p += __builtin_ctz(m);
            break;
        }
    }
#else
    while (*p != '"' && *p != '\\')
        p++;
#endif
    *ret_escaped = *p == '\\';
    if (!*ret_escaped)
        return p;
    for (; *p != '"'; p++)
        if (*p == '\\')
            p++;
    return p;
}

static int hex4(const char *p)
{
    int v = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int d = c >= '0' && c <= '9'                 ? c - '0'
                : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                     : -1;
        if (d < 0)
            return -1;
        v = v * 16 + d;
    }
    return v;
}

static char *put_utf8(char *o, uint32_t c)
{
    if (c < 0x80) {
        *o++ = (char)c;
    } else if (c < 0x800) {
        *o++ = (char)(0xc0 | c >> 6);
        *o++ = (char)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        *o++ = (char)(0xe0 | c >> 12);
        *o++ = (char)(0x80 | (c >> 6 & 63));
        *o++ = (char)(0x80 | (c & 63));
    } else {
        *o++ = (char)(0xf0 | c >> 18);
        *o++ = (char)(0x80 | (c >> 12 & 63));
        *o++ = (char)(0x80 | (c >> 6 & 63));
        *o++ = (char)(0x80 | (c & 63));
    }
    return o;
}

/* Behind \u. Half a pair, as browsers write it when they cut a text, becomes U+FFFD. */
static const char *unescape_u(const char *p, const char *end, char **o)
{
    int c = end - p >= 4 ? hex4(p) : -1;
    if (c < 0)
        return NULL;
    p += 4;
    uint32_t code = (uint32_t)c;
    if (code >= 0xd800 && code < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
        int low = hex4(p + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
            p += 6;
        }
    }
    if (code >= 0xd800 && code < 0xe000)
        code = 0xfffd;
    *o = put_utf8(*o, code);
    return p;
}

bool kf_json_unescape(struct kf_str in, char *out, size_t *ret_n)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *p = in.p, *end = in.p + in.n;
    char *o = out;
    while (p < end) {
        if (*p != '\\') {
            *o++ = *p++;
            continue;
        }
        if (++p == end)
            return false;
        const char *at = *p ? strchr(from, *p) : NULL;
        if (at) {
            *o++ = to[at - from];
            p++;
        } else if (*p != 'u' || !(p = unescape_u(p + 1, end, &o))) {
            return false;
        }
    }
    *ret_n = (size_t)(o - out);
    return true;
}

/* The string whose opening quote is at p. False: a bad escape. */
static inline bool string_at(const char *p, struct kf_arena *keep, struct kf_str *ret)
{
    bool escaped;
    const char *end = string_end(p + 1, &escaped);
    *ret = kf_str(p + 1, (size_t)(end - p - 1));
    if (!escaped)
        return true;
    char *out = kf_arena_alloc(keep, ret->n + 1);
    bool ok = kf_json_unescape(*ret, out, &ret->n);
    ret->p = out;
    return ok;
}

/* ---- scalars ---- */

/* A number or word reaches to the next structural character, without the blanks before it. */
static inline struct kf_str token_at(const struct kf_walk *w)
{
    const char *p = w->buf + w->idx[w->i], *end = w->buf + w->idx[w->i + 1];
    while (end > p && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\r' || end[-1] == '\t'))
        end--;
    return kf_str(p, (size_t)(end - p));
}

static bool word_at(struct kf_walk *w, struct kf_scalar *ret)
{
    ret->text = token_at(w);
    const char *p = ret->text.p;
    size_t n = ret->text.n;
    if ((*p >= '0' && *p <= '9') || *p == '-')
        ret->kind = KF_SCALAR_NUMBER;
    else if (n == 4 && memcmp(p, "true", 4) == 0)
        ret->kind = KF_SCALAR_TRUE;
    else if (n == 5 && memcmp(p, "false", 5) == 0)
        ret->kind = KF_SCALAR_FALSE;
    else if (n == 4 && memcmp(p, "null", 4) == 0)
        ret->kind = KF_SCALAR_NULL;
    else
        return bad(w, "a value is neither text, number, true, false, null, object nor list");
    return true;
}

static inline bool scalar_at(struct kf_walk *w, struct kf_scalar *ret)
{
    const char *p = w->buf + w->idx[w->i];
    ret->cell = false;
    if (*p == '"') {
        ret->kind = KF_SCALAR_TEXT;
        if (!string_at(p, w->hand->keep, &ret->text))
            return bad(w, "a text has an escape that JSON does not know");
    } else if (!word_at(w, ret)) {
        return false;
    }
    w->i++;
    return true;
}

void kf_walk_skip(struct kf_walk *w)
{
    size_t depth = 0;
    do {
        switch (w->buf[w->idx[w->i]]) {
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            if (depth == 0)
                return; /* no value at all: the caller sees the bracket */
            depth--;
            break;
        default:
            break;
        }
        w->i++;
    } while (depth && w->i < w->n);
}

/* ---- lists ---- */

static bool put_element(struct kf_walk *w, struct kf_edge *e, struct kf_scalar v)
{
    struct kf_event_builder *b = w->hand->b;
    uint8_t *p = kf_builder_room(b, 16 + v.text.n);
    struct kf_dec d;
    double num;
    bool exact;
    switch (v.kind) {
    case KF_SCALAR_TEXT: {
        uint32_t sym = kf_symcache_get(&e->values, w->hand->dict->value, v.text);
        p = sym ? kf_put_sym(p, sym) : kf_put_text(p, v.text);
        break;
    }
    case KF_SCALAR_NUMBER:
        if (!kf_hand_number(v.text, &d, &num, &exact))
            return bad(w, "a number in a list is none");
        p = exact ? kf_put_dec(p, d) : kf_put_double(p, num);
        break;
    default:
        *p++ = v.kind == KF_SCALAR_TRUE    ? KF_V_TRUE
               : v.kind == KF_SCALAR_FALSE ? KF_V_FALSE
                                           : KF_V_NULL;
        break;
    }
    kf_builder_done(b, p);
    return true;
}

static bool walk_list(struct kf_walk *w, struct kf_edge *e, bool keep, unsigned depth);

static bool walk_list_value(struct kf_walk *w, struct kf_edge *e, bool keep, unsigned depth)
{
    struct kf_event_builder *b = w->hand->b;
    char c = w->buf[w->idx[w->i]];
    if (c == '[')
        return walk_list(w, e, keep, depth + 1);
    if (c != '{') {
        struct kf_scalar v;
        return scalar_at(w, &v) && (!keep || put_element(w, e, v));
    }
    struct kf_node *n = keep ? kf_trie_element(w->trie, e, depth) : e->element;
    if (!keep)
        return walk_object(w, n, depth + 1);
    size_t at = kf_builder_open(b, KF_V_OBJ);
    struct kf_builder_inner before = kf_builder_inner_begin(b);
    bool ok = walk_object(w, n, depth + 1);
    kf_builder_inner_end(b, before);
    kf_builder_close(b, at);
    return ok;
}

/* The list at w->i; keep: becomes a value in the builder, whose key is written. */
static bool walk_list(struct kf_walk *w, struct kf_edge *e, bool keep, unsigned depth)
{
    struct kf_event_builder *b = w->hand->b;
    if (depth >= KF_BODY_DEPTH)
        return kf_hand_fail(w->hand, "too_deep", "nested more than %u levels deep", KF_BODY_DEPTH);
    size_t at = keep ? kf_builder_open(b, KF_V_LIST) : 0;
    uint64_t count = 0;
    b->in.depth += keep;
    w->i++;
    bool ok = true;
    if (w->buf[w->idx[w->i]] == ']') {
        w->i++;
    } else {
        for (;; count++) {
            ok = walk_list_value(w, e, keep, depth);
            char c = ok ? w->buf[w->idx[w->i++]] : 0;
            if (c == ',')
                continue;
            count++;
            ok = ok && (c == ']' || bad(w, "a list goes on with neither , nor ]"));
            break;
        }
    }
    b->in.depth -= keep;
    if (keep)
        kf_builder_close_list(b, at, count);
    return ok;
}

/* Some vendors' serialisers write [] for an empty object; an empty list counts as null. */
static bool is_empty_list(const struct kf_walk *w)
{
    return w->buf[w->idx[w->i + 1]] == ']';
}

static bool apply_list(struct kf_walk *w, struct kf_edge *e, unsigned depth)
{
    struct kf_hand *h = w->hand;
    if (e->list_key) {
        kf_builder_done(h->b, kf_builder_field(h->b, e->list_key, 16));
        return walk_list(w, e, true, depth);
    }
    if (e->act.target == 0 || e->act.target == KF_TO_SKIP) {
        if (e->element)
            return walk_list(w, e, false, depth);
        kf_walk_skip(w);
        return true;
    }
    if (is_empty_list(w)) {
        w->i += 2;
        return true;
    }
    return kf_hand_fail(h, "bad_type", "'%.*s' is a list where a single value is wanted",
                        (int)(e->name.n > 60 ? 60 : e->name.n), e->name.p);
}

/* ---- objects ---- */

static bool apply_object(struct kf_walk *w, const struct kf_node *n, struct kf_edge *e,
                         unsigned depth)
{
    if (e->act.target == KF_TO_SKIP || (e->act.target == 0 && !e->child)) {
        kf_walk_skip(w);
        return true;
    }
    bool takes = e->act.target == 0 || e->act.target == KF_TO_BELOW ||
                 (e->act.target == KF_TO_FIELD && e->act.type == KF_FIELD_ANY);
    if (!takes)
        return kf_hand_fail(w->hand, "bad_type",
                            "'%.*s' is an object where a single value is wanted",
                            (int)(e->name.n > 60 ? 60 : e->name.n), e->name.p);
    return walk_object(w, kf_trie_child(w->trie, n, e, depth), depth + 1);
}

static inline bool edge_is(const struct kf_edge *e, const char *quoted)
{
#ifdef __SSE2__
    unsigned n = e->quoted_n;
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)quoted);
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)e->quoted);
    unsigned m = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b));
    if (n <= 16)
        return n && (~m & ((1u << n) - 1u)) == 0;
    if (m != 0xffff)
        return false;
    a = _mm_loadu_si128((const __m128i *)(const void *)(quoted + 16));
    b = _mm_loadu_si128((const __m128i *)(const void *)(e->quoted + 16));
    m = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b));
    return (~m & ((1u << (n - 16)) - 1u)) == 0;
#else
    return e->quoted_n && memcmp(e->quoted, quoted, e->quoted_n) == 0;
#endif
}

/* The name was not the one that came last time. */
static struct kf_edge *look_up(struct kf_walk *w, struct kf_node *n, struct kf_edge *before,
                               unsigned depth)
{
    struct kf_str name;
    const char *p = w->buf + w->idx[w->i];
    if (*p != '"' || !string_at(p, w->hand->keep, &name)) {
        bad(w, "an object's member has no name");
        return NULL;
    }
    struct kf_edge *e = kf_trie_edge(w->trie, n, name, depth);
    if (!e) {
        kf_hand_fail(w->hand, "too_long",
                     "a member's name of %zu bytes; with what is above it %u are possible", name.n,
                     KF_NAME_MAX);
        return NULL;
    }
    if (w->trie->made <
        KF_EDGES_MAX) { /* beyond, an edge may be a spare that soon has another name */
        if (before)
            before->next = e;
        else
            n->first = e;
    }
    return e;
}

static inline bool walk_value(struct kf_walk *w, struct kf_node *n, struct kf_edge *e,
                              unsigned depth)
{
    char c = w->buf[w->idx[w->i]];
    if (c == '{')
        return apply_object(w, n, e, depth);
    if (c == '[') {
        if (!e->batch || depth)
            return apply_list(w, e, depth);
        w->batch_at = w->i;
        if (w->list_from !=
            w->i) { /* walked once more for each record of the list, but passed over once */
            w->list_from = w->i;
            kf_walk_skip(w);
            w->list_to = w->i;
        }
        w->i = w->list_to;
        return true;
    }
    struct kf_scalar v;
    return scalar_at(w, &v) && kf_hand_apply(w->hand, e, &v);
}

static bool walk_object(struct kf_walk *w, struct kf_node *n, unsigned depth)
{
    if (depth >= KF_BODY_DEPTH)
        return kf_hand_fail(w->hand, "too_deep", "nested more than %u levels deep", KF_BODY_DEPTH);
    w->i++;
    if (w->buf[w->idx[w->i]] == '}') {
        w->i++;
        return true;
    }
    struct kf_edge *before = NULL, *e = n->first;
    for (;;) {
        const char *quoted = w->buf + w->idx[w->i];
        if (!e || !edge_is(e, quoted)) {
            /* One member left out is the usual case; then everything may be different. */
            if (e && e->next && edge_is(e->next, quoted))
                e = e->next;
            else if (!(e = look_up(w, n, before, depth)))
                return false;
        }
        if (w->buf[w->idx[w->i + 1]] != ':')
            return bad(w, "a member's name is not followed by :");
        w->i += 2;
        if (!walk_value(w, n, e, depth) || !kf_hand_repeats(w->hand))
            return false;
        before = e;
        e = e->next;
        char c = w->buf[w->idx[w->i++]];
        if (c == '}')
            return true;
        if (c != ',')
            return bad(w, "an object goes on with neither , nor }");
    }
}

bool kf_walk_record(struct kf_walk *w, size_t stop)
{
    w->batch_at = 0;
    if (w->buf[w->idx[w->i]] != '{')
        return kf_hand_fail(w->hand, "not_object", "the record is no JSON object");
    if (!walk_object(w, w->trie->root, 0)) {
        /* Whoever reads beyond the record is told so, and not what stands in the next one. */
        if (w->idx[w->i] >= stop || w->idx[w->i - 1] >= stop) {
            w->hand->reason = NULL;
            bad(w, "the object does not end");
        }
        return false;
    }
    if (w->idx[w->i - 1] >= stop)
        return bad(w, "the object does not end");
    if (w->i < w->n && w->idx[w->i] < stop)
        return bad(w, "something follows the end of the object");
    return true;
}

bool kf_walk_element(struct kf_walk *w)
{
    if (w->buf[w->idx[w->i]] != '{') {
        kf_walk_skip(w);
        return kf_hand_fail(w->hand, "not_object", "the record is no JSON object");
    }
    size_t from = w->i;
    bool ok = walk_object(w, w->trie->root, 0);
    if (!ok) {
        w->i = from;
        kf_walk_skip(w);
    }
    return ok;
}

struct kf_str kf_walk_member(const struct kf_walk *from, size_t i, struct kf_str name,
                             struct kf_arena *keep)
{
    struct kf_walk w = *from;
    w.i = i + 1;
    struct kf_str key, found = {NULL, 0};
    while (w.i < w.n && w.buf[w.idx[w.i]] == '"') {
        if (!string_at(w.buf + w.idx[w.i], keep, &key))
            break;
        w.i += 2;
        if (kf_str_eq(key, name)) {
            const char *p = w.buf + w.idx[w.i];
            if (*p == '"') {
                if (!string_at(p, keep, &found))
                    return kf_str(NULL, 0);
            } else if (*p == '{' || *p == '[') {
                struct kf_walk end = w;
                kf_walk_skip(&end);
                found = kf_str(p, (size_t)(w.buf + w.idx[end.i - 1] + 1 - p));
            } else {
                found = token_at(&w);
            }
        }
        kf_walk_skip(&w);
        if (w.buf[w.idx[w.i++]] != ',')
            break;
    }
    return found;
}

/* ---- a value by itself ---- */

struct kf_json_side {
    struct kf_simd *simd;
    struct kf_trie *trie;
    struct kf_arena keep;
    struct kf_buf text;
};

void kf_json_side_free(struct kf_json_side *s)
{
    if (!s)
        return;
    kf_simd_free(s->simd);
    kf_trie_free(s->trie);
    kf_arena_free(&s->keep);
    kf_buf_free(&s->text);
    free(s);
}

static struct kf_json_side *side_of(struct kf_event_builder *b)
{
    static const struct kf_shape shape = {
        .size = sizeof shape, .format = KF_FORMAT_JSON, .unmapped = ""};
    if (b->json)
        return b->json;
    struct kf_json_side *s = calloc(1, sizeof *s);
    if (!s)
        kf_arena_exhausted(sizeof *s);
    s->simd = kf_simd_new();
    if (!s->simd || kf_trie_new(&shape, b->dict, &s->trie, NULL))
        kf_arena_exhausted(sizeof *s);
    b->json = s;
    return s;
}

bool kf_json_put(struct kf_event_builder *b, uint32_t key, struct kf_str json)
{
    struct kf_json_side *s = side_of(b);
    struct kf_hand h = {.b = b, .dict = b->dict, .keep = &s->keep};
    struct kf_walk w = {.hand = &h, .trie = s->trie};
    kf_buf_clear(&s->text);
    kf_buf_add(&s->text, json.p, json.n);
    kf_buf_reserve(&s->text, KF_JSON_PADDING);
    memset(s->text.p + s->text.n, 0, KF_JSON_PADDING);
    if (json.n > INT32_MAX ||
        kf_simd_index(s->simd, s->text.p, s->text.n, &w.idx, &w.n) != KF_SIMD_OK)
        return false;
    w.buf = s->text.p;
    struct kf_edge *e = kf_trie_edge(s->trie, s->trie->root, kf_symbols_text(b->dict->key, key), 0);
    /* What was put before a mistake goes away again with the rest of the value. */
    size_t n = b->n;
    bool ok = e && walk_value(&w, s->trie->root, e, 0) && w.i == w.n;
    if (!ok)
        b->n = n;
    if (s->keep.used)
        kf_arena_reset(&s->keep);
    return ok;
}
