/* Names of events: spellings of one name, and names that are made of something that changes. */
#include "quality/quality_internal.h"

#include "base/error.h"

#include <ctype.h>
#include <stdlib.h>

size_t kf_quality_name_key(struct kf_str name, char *out, size_t cap)
{
    size_t n = 0;
    bool lower = false, gap = false;
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (isspace(c) || c == '_' || c == '-' || c == '.' || c == ':' || c == '/') {
            gap = n > 0;
            lower = false;
            continue;
        }
        if (isupper(c) && lower)
            gap = true;
        if (gap && n < cap)
            out[n++] = '_';
        gap = false;
        lower = islower(c) || isdigit(c);
        if (n < cap)
            out[n++] = (char)tolower(c);
    }
    return n;
}

/* ---- dynamic names ---- */

static bool is_word(unsigned char c)
{
    return isalnum(c) != 0;
}

/* Four digits may be a year's sale or a form's number; five and more are an id. Of hex digits eight
 * with a digit and a letter among them. */
bool kf_quality_name_is_dynamic(struct kf_str name)
{
    for (size_t i = 0; i < name.n;) {
        size_t from = i, digits = 0, hex = 0;
        if (!is_word((unsigned char)name.p[i])) {
            if (name.p[i] == '@' ||
                (name.p[i] == ':' && i + 2 < name.n && memcmp(name.p + i, "://", 3) == 0))
                return true;
            i++;
            continue;
        }
        for (; i < name.n && is_word((unsigned char)name.p[i]); i++) {
            digits += isdigit((unsigned char)name.p[i]) != 0;
            hex += isxdigit((unsigned char)name.p[i]) != 0;
        }
        size_t n = i - from;
        if (digits >= 5 || (n >= 8 && hex == n && digits && digits < n))
            return true;
    }
    return false;
}

/* The name with its numbers as '#': "View 17" and "View 18" are one then. */
static size_t shape_of(struct kf_str name, char *out)
{
    size_t n = 0;
    bool number = false;
    for (size_t i = 0; i < name.n; i++) {
        bool digit = isdigit((unsigned char)name.p[i]) != 0;
        if (!digit || !number)
            out[n++] = digit ? '#' : name.p[i];
        number = digit;
    }
    return n;
}

/* ---- spellings ---- */

struct spelling {
    struct kf_str key, name;
    uint64_t n;
    uint32_t symbol;
};

static int cmp_spelling(const void *a, const void *b)
{
    const struct spelling *x = a, *y = b;
    int r = kf_str_cmp(x->key, y->key);
    if (r)
        return r;
    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    return kf_str_cmp(x->name, y->name);
}

#define SERIES 10u /* names that differ in their numbers only: from here on the numbers are ids */

/* Of the spellings of one key the most frequent is right. */
static void mark_variants(struct pass *p, struct spelling *s, uint32_t n, struct kf_arena *arena)
{
    for (uint32_t i = 0; i < n; i++) {
        char *key = kf_arena_alloc(arena, 2 * s[i].name.n + 1);
        s[i].key = kf_str(key, kf_quality_name_key(s[i].name, key, 2 * s[i].name.n + 1));
    }
    qsort(s, n, sizeof *s, cmp_spelling);
    for (uint32_t i = 1; i < n; i++)
        if (kf_str_eq(s[i].key, s[i - 1].key))
            p->variant[s[i].symbol] |= 1;
}

static void mark_dynamic(struct pass *p, struct spelling *s, uint32_t n, struct kf_arena *arena)
{
    for (uint32_t i = 0; i < n; i++) {
        char *key = kf_arena_alloc(arena, s[i].name.n + 1);
        s[i].key = kf_str(key, shape_of(s[i].name, key));
        if (kf_quality_name_is_dynamic(s[i].name))
            p->variant[s[i].symbol] |= 2;
    }
    qsort(s, n, sizeof *s, cmp_spelling);
    for (uint32_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && kf_str_eq(s[end].key, s[i].key);)
            end++;
        if (end - i >= SERIES)
            for (uint32_t k = i; k < end; k++)
                p->variant[s[k].symbol] |= 2;
    }
}

static bool holds(struct kf_str s, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= s.n; i++) {
        size_t k = 0;
        while (k < n && tolower((unsigned char)s.p[i + k]) == word[k])
            k++;
        if (k == n)
            return true;
    }
    return false;
}

int kf_pass_names(struct pass *p)
{
    const struct kf_events *e = p->e;
    struct kf_arena arena = {0};
    struct spelling *s = calloc(p->names + 1u, sizeof *s);
    if (!s)
        return KF_E_NOMEM;
    for (uint32_t i = 0; i < e->n; i++)
        if (e->what[i].type == KF_EVENT_TRACK && !e->dropped[i] && kf_pass_has(p, i) &&
            e->what[i].name <= p->names)
            s[e->what[i].name].n++;
    uint32_t n = 0;
    for (uint32_t i = 1; i <= p->names; i++) {
        struct kf_str name = kf_symbols_text(e->dict->name, i);
        p->refund[i] = holds(name, "refund") || holds(name, "return") || holds(name, "cancel") ||
                       holds(name, "chargeback");
        if (s[i].n)
            s[n++] = (struct spelling){{0}, name, s[i].n, i};
    }
    mark_variants(p, s, n, &arena);
    mark_dynamic(p, s, n, &arena);
    kf_arena_free(&arena);
    free(s);
    return 0;
}
