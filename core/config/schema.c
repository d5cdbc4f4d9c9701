#include "config/schema.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

void kf_schema_map(struct kf_schema *s, const struct kf_yaml *y, const char *what,
                   const struct kf_schema_key *keys, size_t n, void *out)
{
    if (y->kind != KF_YAML_MAP) {
        kf_problem(s->p, y->line, y->column, "%s must be a mapping, not %s", what,
                   kf_yaml_kind_name(y));
        return;
    }
    for (uint32_t i = 0; i < y->n; i++) {
        const struct kf_yaml_item *it = &y->item[i];
        size_t k = 0;
        while (k < n && strcmp(keys[k].name, it->key) != 0)
            k++;
        if (k < n) {
            if (!kf_yaml_is_null(it->value))
                keys[k].read(s, it, out);
            continue;
        }
        const char *names[32];
        size_t known = n < 32 ? n : 32;
        for (size_t j = 0; j < known; j++)
            names[j] = keys[j].name;
        const char *near = kf_str_suggest(it->key, names, known);
        if (near)
            kf_problem(s->p, it->line, it->column, "unknown key '%.60s' in %s; did you mean '%s'?",
                       it->key, what, near);
        else
            kf_problem(s->p, it->line, it->column, "unknown key '%.60s' in %s", it->key, what);
    }
}

const char *kf_schema_text(struct kf_schema *s, const struct kf_yaml_item *it)
{
    const struct kf_yaml *y = it->value;
    const char *key = it->key ? it->key : "an element";
    if (y->kind != KF_YAML_SCALAR) {
        kf_problem(s->p, y->line, y->column, "'%.60s' must be a text, not %s", key,
                   kf_yaml_kind_name(y));
        return NULL;
    }
    if (!*y->text) {
        kf_problem(s->p, y->line, y->column, "'%.60s' is empty", key);
        return NULL;
    }
    return y->text;
}

void kf_schema_bool(struct kf_schema *s, const struct kf_yaml_item *it, bool *ret)
{
    if (!kf_yaml_bool(it->value, ret))
        kf_problem(s->p, it->value->line, it->value->column, "'%s' must be true or false", it->key);
}

int kf_schema_choice(struct kf_schema *s, const struct kf_yaml_item *it, const char *const *words,
                     size_t n)
{
    const char *text = kf_schema_text(s, it);
    if (!text)
        return -1;
    struct kf_buf all = {0};
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], text) == 0) {
            kf_buf_free(&all);
            return (int)i;
        }
        kf_buf_addf(&all, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", words[i]);
    }
    const char *near = kf_str_suggest(text, words, n);
    kf_problem(s->p, it->value->line, it->value->column, "'%s' is '%.60s' but must be %s%s%s%s",
               it->key, text, all.p, near ? "; did you mean '" : "", near ? near : "",
               near ? "'?" : "");
    kf_buf_free(&all);
    return -1;
}

const char *kf_schema_path(struct kf_schema *s, const char *path)
{
    if (*path == '/')
        return path;
    return kf_arena_printf(s->arena, "%s/%s", s->dir, path);
}

const char *kf_schema_secret(struct kf_schema *s, const struct kf_yaml_item *it)
{
    const char *text = kf_schema_text(s, it);
    if (!text)
        return NULL;
    size_t n = strlen(text);
    if (n < 4 || text[0] != '$' || text[1] != '{' || text[n - 1] != '}')
        return text;
    const char *name = kf_arena_strndup(s->arena, text + 2, n - 3);
    const char *value = getenv(name);
    if (value && *value)
        return kf_arena_strdup(s->arena, value);
    kf_problem(s->p, it->value->line, it->value->column,
               "'%s' asks for the environment variable '%.60s', which is not set", it->key, name);
    return NULL;
}

#define MAX_FILE (256u << 20)

const char *kf_schema_file(struct kf_schema *s, const struct kf_yaml_item *it, const char *path,
                           size_t *ret_len)
{
    const struct kf_yaml *y = it->value;
    if (s->dry)
        return NULL;
    struct stat st;
    FILE *f = fopen(path, "rbe");
    if (!f || fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > MAX_FILE) {
        const char *why = !f                     ? strerror(errno)
                          : !S_ISREG(st.st_mode) ? "it is no file"
                                                 : "it is longer than 256 MiB";
        kf_problem(s->p, y->line, y->column, "cannot read '%.200s': %s", path, why);
        if (f)
            fclose(f);
        return NULL;
    }
    size_t len = (size_t)st.st_size;
    char *text = kf_arena_alloc(s->arena, len + 1);
    size_t got = fread(text, 1, len, f);
    bool bad = ferror(f) != 0;
    fclose(f);
    if (bad) {
        kf_problem(s->p, y->line, y->column, "cannot read '%.200s': reading failed", path);
        return NULL;
    }
    text[got] = 0;
    *ret_len = got;
    return text;
}
