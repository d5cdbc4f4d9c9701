#include "event/split.h"

#include <stdlib.h>

static bool ends_cell(const char *p, const char *end, char delimiter)
{
    return p == end || *p == delimiter || *p == '\n' || *p == '\r';
}

/* The record ends before `next`; its first line break, if it has one, is nl. */
static const char *ended(const char *nl, const char *next, uint32_t *line)
{
    while (nl && nl < next) {
        ++*line;
        nl = memchr(nl + 1, '\n', (size_t)(next - nl - 1));
    }
    return next;
}

const char *kf_csv_record_end(const char *p, const char *end, char delimiter, char quote, bool last,
                              uint32_t *line)
{
    const char *nl = memchr(p, '\n', (size_t)(end - p));
    if (!memchr(p, quote, (size_t)((nl ? nl : end) - p))) {
        *line += nl != NULL;
        return nl ? nl + 1 : last ? end : NULL;
    }
    bool begins = true, quoted = false;
    for (; p < end; p++) {
        if (quoted) {
            if (*p != quote)
                continue;
            if (p + 1 < end && p[1] == quote)
                p++;
            else if (p + 1 == end && !last)
                return NULL;
            else if (ends_cell(p + 1, end, delimiter))
                quoted = false;
        } else if (*p == '\n') {
            return ended(nl, p + 1, line);
        } else if (*p == delimiter) {
            begins = true;
        } else {
            quoted = begins && *p == quote;
            begins = false;
        }
    }
    return last && !quoted ? ended(nl, end, line) : NULL;
}

/* Inside of a quoted cell: p is behind its first quote. *ret_next: behind its last one. */
static struct kf_str quoted_cell(const char *p, const char *end, char delimiter, char quote,
                                 struct kf_arena *a, const char **ret_next)
{
    const char *from = p;
    size_t doubled = 0;
    for (; p < end; p++) {
        if (*p != quote)
            continue;
        if (p + 1 < end && p[1] == quote) {
            doubled++;
            p++;
        } else if (ends_cell(p + 1, end, delimiter)) {
            break;
        }
    }
    *ret_next = p < end ? p + 1 : end;
    if (!doubled)
        return kf_str(from, (size_t)(p - from));
    char *out = kf_arena_alloc(a, (size_t)(p - from));
    size_t n = 0;
    for (const char *q = from; q < p; q++) {
        out[n++] = *q;
        q += *q == quote && q + 1 < p && q[1] == quote;
    }
    return kf_str(out, n);
}

uint32_t kf_csv_cells(struct kf_str record, char delimiter, char quote, struct kf_str **cell,
                      uint32_t *cap, struct kf_arena *a)
{
    const char *p = record.p, *end = record.p + record.n;
    uint32_t n = 0;
    if (p < end && end[-1] == '\n')
        end--;
    if (p < end && end[-1] == '\r')
        end--;
    for (;; p++) {
        if (n == *cap) {
            *cap = *cap ? *cap * 2 : 32;
            *cell = realloc(*cell, *cap * sizeof **cell);
            if (!*cell)
                kf_arena_exhausted(*cap * sizeof **cell);
        }
        if (p < end && *p == quote) {
            (*cell)[n++] = quoted_cell(p + 1, end, delimiter, quote, a, &p);
        } else {
            const char *stop = p < end ? memchr(p, delimiter, (size_t)(end - p)) : NULL;
            stop = stop ? stop : end;
            (*cell)[n++] = kf_str(p, (size_t)(stop - p));
            p = stop;
        }
        if (p >= end)
            return n;
    }
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* One byte outside strings. True: the value in hand ends before it (after = 0) or with it (after =
 * 1). */
static bool step(struct kf_value_scan *s, char c, size_t *ret_after)
{
    *ret_after = 1;
    if (s->in_word &&
        (is_space(c) || c == ',' || c == ']' || c == '}' || c == '"' || c == '{' || c == '[')) {
        s->in_word = false;
        *ret_after = 0;
        return true;
    }
    if (c == '"') {
        s->in_string = true;
        if (!s->started)
            s->from = s->at;
        s->started = true;
        return false;
    }
    if (c == '{' || c == '[') {
        if (!s->started && c == '[' && !s->in_array) {
            s->in_array = true;
            return false;
        }
        if (!s->started)
            s->from = s->at;
        s->started = true;
        s->depth++;
        return false;
    }
    if (c == '}' || c == ']') {
        if (s->depth)
            return --s->depth == 0;
        s->in_array = s->in_array && c != ']';
        return false;
    }
    if (!s->started && !is_space(c) && c != ',') {
        s->from = s->at;
        s->started = s->in_word = true;
    }
    return false;
}

bool kf_value_scan(struct kf_value_scan *s, const char *buf, size_t n, size_t *ret_at,
                   size_t *ret_n)
{
    for (; s->at < n; s->at++) {
        char c = buf[s->at];
        size_t after = 1;
        bool done = false;
        if (s->in_string) {
            if (s->escaped)
                s->escaped = false;
            else if (c == '\\')
                s->escaped = true;
            else if (c == '"') {
                s->in_string = false;
                done = s->depth == 0;
            }
        } else {
            done = step(s, c, &after);
        }
        if (!done)
            continue;
        s->started = false;
        *ret_at = s->from;
        *ret_n = s->at + after - s->from;
        s->at += after;
        return true;
    }
    return false;
}

bool kf_json_by_value(const char *buf, size_t n)
{
    size_t at = 0;
    while (at < n && is_space(buf[at]))
        at++;
    if (at == n)
        return false;
    if (buf[at] == '[')
        return true;
    const char *nl = memchr(buf + at, '\n', n - at);
    if (!nl || buf[at] != '{')
        return false;
    while (nl > buf + at && is_space(nl[-1]))
        nl--;
    return strchr("{[,:", nl[-1]) != NULL;
}
