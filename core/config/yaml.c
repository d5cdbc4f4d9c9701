#include "config/yaml.h"

#include <ctype.h>
#include <stdlib.h>
#include <yaml.h>

struct reader {
    yaml_parser_t parser;
    struct kf_arena *arena;
    struct kf_problems *p;
    const char *text;
    size_t len;
    const uint32_t *line_start;
    uint32_t lines;
    struct {
        size_t line, column, byte;
    } last; /* place found last: the next is behind it nearly always, so long lines stay cheap */
    uint32_t nodes;
    bool stop; /* a mistake after which the rest cannot be understood */
};

/* libyaml counts characters; editors and our messages count bytes. Line breaks are those of
 * YAML 1.1. */
static size_t line_break(const unsigned char *s, size_t left)
{
    if (s[0] == '\r')
        return left > 1 && s[1] == '\n' ? 2 : 1;
    if (s[0] == '\n')
        return 1;
    if (left > 1 && s[0] == 0xc2 && s[1] == 0x85)
        return 2;
    return left > 2 && s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0xa8 || s[2] == 0xa9) ? 3 : 0;
}

static void index_lines(struct reader *r)
{
    const unsigned char *s = (const unsigned char *)r->text;
    uint32_t n = 1;
    for (int pass = 0; pass < 2; pass++) {
        uint32_t *start = pass ? kf_arena_alloc(r->arena, n * sizeof *start) : NULL;
        uint32_t line = 0;
        if (start)
            start[0] = 0;
        for (size_t i = 0; i < r->len;) {
            size_t b = line_break(s + i, r->len - i);
            i += b ? b : 1;
            if (b) {
                line++;
                if (start)
                    start[line] = (uint32_t)i;
            }
        }
        n = line + 1;
        r->line_start = start;
    }
    r->lines = n;
}

static void place(struct reader *r, yaml_mark_t m, uint32_t *line, uint32_t *column)
{
    *line = (uint32_t)m.line + 1;
    *column = (uint32_t)m.column + 1;
    if (m.line >= r->lines)
        return;
    size_t from = r->line_start[m.line];
    bool on = r->last.line == m.line && r->last.column <= m.column && r->last.byte >= from;
    size_t at = on ? r->last.byte : from;
    for (size_t c = on ? r->last.column : 0; c < m.column && at < r->len; c++) {
        at++;
        while (at < r->len && ((unsigned char)r->text[at] & 0xc0u) == 0x80u)
            at++;
    }
    r->last.line = m.line;
    r->last.column = m.column;
    r->last.byte = at;
    *column = (uint32_t)(at - from) + 1;
}

static void complain(struct reader *r, yaml_mark_t m, const char *message)
{
    uint32_t line, column;
    place(r, m, &line, &column);
    kf_problem(r->p, line, column, "%s", message);
}

static void syntax(struct reader *r)
{
    const yaml_parser_t *y = &r->parser;
    r->stop = true;
    uint32_t line, column;
    place(r, y->problem_mark, &line, &column);
    const char *problem = y->problem ? y->problem : "cannot be read";
    if (y->error == YAML_READER_ERROR) {
        /* The reader knows an offset only. */
        uint32_t at = 1, from = 0;
        while (at < r->lines && r->line_start[at] <= y->problem_offset)
            from = r->line_start[at++];
        kf_problem(r->p, at, (uint32_t)(y->problem_offset - from) + 1, "not a text in UTF-8: %s",
                   problem);
    } else if (line <= r->lines && r->line_start[line - 1] + column <= r->len &&
               r->text[r->line_start[line - 1] + column - 1] == '\t') {
        kf_problem(r->p, line, column, "not YAML: a tab stands where only blanks may indent");
    } else if (y->context) {
        const char *hint = strstr(y->context, "block") ? "; is the indentation right?" : "";
        kf_problem(r->p, line, column, "not YAML: %s (%s that began in line %zu)%s", problem,
                   y->context, y->context_mark.line + 1, hint);
    } else {
        kf_problem(r->p, line, column, "not YAML: %s", problem);
    }
}

static bool next(struct reader *r, yaml_event_t *e)
{
    if (r->stop)
        return false;
    if (!yaml_parser_parse(&r->parser, e)) {
        syntax(r);
        return false;
    }
    return true;
}

/* Says what is not allowed about an event that starts a node. */
static void refuse_extras(struct reader *r, const yaml_event_t *e, const yaml_char_t *anchor,
                          const yaml_char_t *tag)
{
    if (anchor)
        complain(r, e->start_mark, "anchors (&name) are not supported; write the value out");
    if (tag)
        complain(r, e->start_mark,
                 "tags (!name) are not supported; quote a value to make it a text");
}

static struct kf_yaml *node_new(struct reader *r, const yaml_event_t *e, enum kf_yaml_kind kind)
{
    struct kf_yaml *y = kf_arena_zalloc(r->arena, sizeof *y);
    y->kind = kind;
    place(r, e->start_mark, &y->line, &y->column);
    if (++r->nodes == KF_YAML_MAX_NODES) {
        complain(r, e->start_mark,
                 "more than 200000 values; put long lists into files of their own");
        r->stop = true;
    }
    return y;
}

struct items {
    struct kf_yaml_item *item;
    uint32_t n, cap;
};

static struct kf_yaml_item *push(struct items *v)
{
    if (v->n == v->cap) {
        uint32_t cap = v->cap ? v->cap * 2 : 8;
        struct kf_yaml_item *item = realloc(v->item, cap * sizeof *item);
        if (!item)
            kf_arena_exhausted(cap * sizeof *item);
        v->item = item;
        v->cap = cap;
    }
    struct kf_yaml_item *it = &v->item[v->n++];
    *it = (struct kf_yaml_item){0};
    return it;
}

static int by_key(const void *a, const void *b)
{
    const struct kf_yaml_item *x = *(const struct kf_yaml_item *const *)a;
    const struct kf_yaml_item *y = *(const struct kf_yaml_item *const *)b;
    int r = strcmp(x->key, y->key);
    if (r)
        return r;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return (x->column > y->column) - (x->column < y->column);
}

/* Reports keys that stand twice; sorting keeps this cheap for long mappings. */
static void check_twice(struct reader *r, const struct kf_yaml *y)
{
    if (y->n < 2)
        return;
    const struct kf_yaml_item **v = malloc(y->n * sizeof *v);
    if (!v)
        kf_arena_exhausted(y->n * sizeof *v);
    for (uint32_t i = 0; i < y->n; i++)
        v[i] = &y->item[i];
    qsort(v, y->n, sizeof *v, by_key);
    uint32_t first = 0;
    for (uint32_t i = 1; i < y->n; i++) {
        if (strcmp(v[i]->key, v[first]->key) != 0)
            first = i;
        else
            kf_problem(r->p, v[i]->line, v[i]->column, "'%.60s' is written twice, first in line %u",
                       v[i]->key, v[first]->line);
    }
    free(v);
}

static struct kf_yaml *read_node(struct reader *r, yaml_event_t *e, unsigned depth);

static void keep(struct reader *r, struct kf_yaml *y, struct items *v)
{
    y->n = v->n;
    y->item = kf_arena_alloc(r->arena, v->n * sizeof *v->item);
    if (v->n)
        memcpy(y->item, v->item, v->n * sizeof *v->item);
    free(v->item);
}

static struct kf_yaml *read_list(struct reader *r, const yaml_event_t *begin, unsigned depth)
{
    struct kf_yaml *y = node_new(r, begin, KF_YAML_LIST);
    struct items v = {0};
    yaml_event_t e;
    while (next(r, &e)) {
        if (e.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&e);
            break;
        }
        struct kf_yaml *value = read_node(r, &e, depth + 1);
        if (!value)
            continue;
        struct kf_yaml_item *it = push(&v);
        it->value = value;
        it->line = value->line;
        it->column = value->column;
    }
    keep(r, y, &v);
    return y;
}

static struct kf_yaml *read_map(struct reader *r, const yaml_event_t *begin, unsigned depth)
{
    struct kf_yaml *y = node_new(r, begin, KF_YAML_MAP);
    struct items v = {0};
    yaml_event_t e;
    while (next(r, &e)) {
        if (e.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&e);
            break;
        }
        yaml_mark_t mark = e.start_mark;
        struct kf_yaml *key = read_node(r, &e, depth + 1);
        if (key && key->kind != KF_YAML_SCALAR)
            complain(r, mark, "a key must be a text, not a list or mapping");
        if (!next(r, &e))
            break;
        struct kf_yaml *value = read_node(r, &e, depth + 1);
        if (!key || key->kind != KF_YAML_SCALAR || !value)
            continue;
        struct kf_yaml_item *it = push(&v);
        it->key = key->text;
        it->value = value;
        it->line = key->line;
        it->column = key->column;
    }
    keep(r, y, &v);
    check_twice(r, y);
    return y;
}

static struct kf_yaml *read_scalar(struct reader *r, const yaml_event_t *e)
{
    struct kf_yaml *y = node_new(r, e, KF_YAML_SCALAR);
    const char *s = (const char *)e->data.scalar.value;
    size_t n = e->data.scalar.length;
    if (memchr(s, 0, n)) {
        complain(r, e->start_mark, "a text must not hold a NUL character");
        n = strlen(s);
    }
    y->text = kf_arena_strndup(r->arena, s, n);
    y->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return y;
}

/* Takes the event. NULL: refused (said already) or stopped. */
static struct kf_yaml *read_node(struct reader *r, yaml_event_t *e, unsigned depth)
{
    struct kf_yaml *y = NULL;
    if (depth > KF_YAML_MAX_DEPTH) {
        complain(r, e->start_mark, "nested more than 32 levels deep");
        r->stop = true;
    } else if (e->type == YAML_SCALAR_EVENT) {
        refuse_extras(r, e, e->data.scalar.anchor, e->data.scalar.tag);
        y = read_scalar(r, e);
    } else if (e->type == YAML_SEQUENCE_START_EVENT) {
        refuse_extras(r, e, e->data.sequence_start.anchor, e->data.sequence_start.tag);
        y = read_list(r, e, depth);
    } else if (e->type == YAML_MAPPING_START_EVENT) {
        refuse_extras(r, e, e->data.mapping_start.anchor, e->data.mapping_start.tag);
        y = read_map(r, e, depth);
    } else if (e->type == YAML_ALIAS_EVENT) {
        complain(r, e->start_mark, "aliases (*name) are not supported; write the value out");
    }
    yaml_event_delete(e);
    return y;
}

static struct kf_yaml *read_stream(struct reader *r)
{
    struct kf_yaml *root = NULL;
    yaml_event_t e;
    unsigned documents = 0;
    while (next(r, &e)) {
        if (e.type == YAML_STREAM_END_EVENT) {
            yaml_event_delete(&e);
            break;
        }
        if (e.type == YAML_DOCUMENT_START_EVENT && ++documents == 2) {
            complain(r, e.start_mark, "only one document (---) a file");
            r->stop = true;
        }
        if (e.type == YAML_STREAM_START_EVENT || e.type == YAML_DOCUMENT_START_EVENT ||
            e.type == YAML_DOCUMENT_END_EVENT)
            yaml_event_delete(&e);
        else
            root = read_node(r, &e, 0);
    }
    return r->stop ? NULL : root;
}

void kf_yaml_read(const char *text, size_t len, struct kf_arena *arena, struct kf_problems *p,
                  struct kf_yaml **ret)
{
    *ret = NULL;
    if (len > KF_YAML_MAX_BYTES) {
        kf_problem(p, 1, 1,
                   "the file has %zu bytes, at most 4 MiB are read; put long lists into files",
                   len);
        return;
    }
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        len -= 3;
    }
    struct reader r = {.arena = arena, .p = p, .text = text, .len = len};
    index_lines(&r);
    if (!yaml_parser_initialize(&r.parser))
        kf_arena_exhausted(sizeof r.parser);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
    *ret = read_stream(&r);
    yaml_parser_delete(&r.parser);
}
