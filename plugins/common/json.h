/* Options of type list and mapping arrive as JSON text; this reads them into a small tree. Not for
 * records: those are the host's business. Header only. */
#ifndef KF_PLUGINS_COMMON_JSON_H
#define KF_PLUGINS_COMMON_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum json_kind { JSON_TEXT, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL, JSON_LIST, JSON_MAP };

struct json {
    enum json_kind kind;
    char *text; /* TEXT; NUMBER as written */
    char *key;  /* in a mapping */
    struct json *item;
    size_t n;
};

#define JSON_MAX_DEPTH 32

static void json_clear(struct json *j)
{
    for (size_t i = 0; i < j->n; i++)
        json_clear(&j->item[i]);
    free(j->item);
    free(j->text);
    free(j->key);
    memset(j, 0, sizeof *j);
}

static inline void json_blank(const char **s)
{
    while (**s == ' ' || **s == '\n' || **s == '\t' || **s == '\r')
        (*s)++;
}

static inline int json_hex(const char *s)
{
    int v = 0;
    for (int i = 0; i < 4; i++) {
        char c = s[i];
        int d = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
        if (d < 0)
            return -1;
        v = v * 16 + d;
    }
    return v;
}

/* The character after a backslash, written to `out` as UTF-8. *s stands on it and is moved behind
 * it. Length; 0: bad. */
static inline size_t json_escape(const char **s, char out[4])
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *at = **s ? strchr(from, **s) : NULL;
    if (at) {
        out[0] = to[at - from];
        (*s)++;
        return 1;
    }
    int hex = **s == 'u' ? json_hex(*s + 1) : -1;
    if (hex <= 0)
        return 0;
    uint32_t c = (uint32_t)hex;
    *s += 5;
    if (c >= 0xd800 && c < 0xdc00 && (*s)[0] == '\\' && (*s)[1] == 'u') {
        int low = json_hex(*s + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            c = 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
            *s += 6;
        }
    }
    if (c >= 0xd800 && c < 0xe000)
        return 0;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[n] | c);
    return n;
}

static inline char *json_string(const char **s)
{
    if (**s != '"')
        return NULL;
    (*s)++;
    size_t most = 0, n = 0; /* never longer than what it is written with */
    for (const char *p = *s; *p && *p != '"'; p = *s + most)
        most += *p == '\\' && p[1] ? 2 : 1;
    char *out = malloc(most + 1);
    while (out && **s && **s != '"') {
        if (**s != '\\') {
            out[n++] = *(*s)++;
            continue;
        }
        (*s)++;
        char c[4];
        size_t k = json_escape(s, c);
        if (!k) {
            free(out);
            return NULL;
        }
        memcpy(out + n, c, k);
        n += k;
    }
    if (!out || **s != '"') {
        free(out);
        return NULL;
    }
    (*s)++;
    out[n] = 0;
    return out;
}

static bool json_value(const char **s, struct json *ret, int depth);

static inline bool json_items(const char **s, struct json *ret, int depth)
{
    bool map = **s == '{';
    char end = map ? '}' : ']';
    ret->kind = map ? JSON_MAP : JSON_LIST;
    (*s)++;
    json_blank(s);
    if (**s == end) {
        (*s)++;
        return true;
    }
    for (;;) {
        if ((ret->n & (ret->n - 1)) ==
            0) { /* full at each power of two: a long list stays linear */
            struct json *item = realloc(ret->item, (ret->n ? 2 * ret->n : 1) * sizeof *item);
            if (!item)
                return false;
            ret->item = item;
        }
        struct json *v = &ret->item[ret->n++];
        memset(v, 0, sizeof *v);
        json_blank(s);
        if (map) {
            v->key = json_string(s);
            json_blank(s);
            if (!v->key || **s != ':')
                return false;
            (*s)++;
        }
        if (!json_value(s, v, depth + 1))
            return false;
        json_blank(s);
        if (**s == end) {
            (*s)++;
            return true;
        }
        if (**s != ',')
            return false;
        (*s)++;
    }
}

static bool json_value(const char **s, struct json *ret, int depth)
{
    static const struct {
        const char *word;
        enum json_kind kind;
    } words[] = {{"true", JSON_TRUE}, {"false", JSON_FALSE}, {"null", JSON_NULL}};
    json_blank(s);
    if (depth > JSON_MAX_DEPTH)
        return false;
    if (**s == '{' || **s == '[')
        return json_items(s, ret, depth);
    if (**s == '"') {
        ret->kind = JSON_TEXT;
        ret->text = json_string(s);
        return ret->text != NULL;
    }
    for (size_t i = 0; i < 3; i++) {
        size_t n = strlen(words[i].word);
        if (strncmp(*s, words[i].word, n) == 0) {
            ret->kind = words[i].kind;
            *s += n;
            return true;
        }
    }
    size_t n = strspn(*s, "+-0123456789.eE");
    if (!n)
        return false;
    ret->kind = JSON_NUMBER;
    ret->text = strndup(*s, n);
    *s += n;
    return ret->text != NULL;
}

/* False: not JSON, or no memory. json_clear in any case. */
static inline bool json_read(const char *text, struct json *ret)
{
    memset(ret, 0, sizeof *ret);
    const char *s = text;
    if (!json_value(&s, ret, 0))
        return false;
    json_blank(&s);
    return *s == 0;
}

static inline const struct json *json_get(const struct json *map, const char *key)
{
    for (size_t i = 0; map->kind == JSON_MAP && i < map->n; i++)
        if (strcmp(map->item[i].key, key) == 0)
            return &map->item[i];
    return NULL;
}

#endif
