/* A connector's option table against the `options` of kinfold.yaml. */
#include "config/problems.h"
#include "config/yaml.h"
#include "plugin/registry.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Words of "a|b|c"; index of the one that is `text`, or -1. */
static int64_t choice_index(const char *choices, const char *text)
{
    size_t n = strlen(text);
    int64_t index = 0;
    for (const char *p = choices;; index++) {
        const char *bar = strchr(p, '|');
        size_t len = bar ? (size_t)(bar - p) : strlen(p);
        if (len == n && memcmp(p, text, n) == 0)
            return index;
        if (!bar)
            return -1;
        p = bar + 1;
    }
}

/* The word of "a|b|c" that is nearest to a misspelt one, or an empty text. */
static void near_choice(const char *choices, const char *text, char *out, size_t cap)
{
    char words[16][48];
    const char *names[16];
    size_t n = 0;
    for (const char *p = choices; p && n < 16; n++) {
        const char *bar = strchr(p, '|');
        snprintf(words[n], sizeof words[n], "%.*s", (int)(bar ? bar - p : (long)strlen(p)), p);
        names[n] = words[n];
        p = bar ? bar + 1 : NULL;
    }
    const char *near = kf_str_suggest(text, names, n);
    snprintf(out, cap, "%s%s%s", near ? "; did you mean '" : "", near ? near : "",
             near ? "'?" : "");
}

static const char *duration_text(int64_t ns, char out[48])
{
    kf_duration_format(ns, out);
    return out;
}

static bool in_range(const struct kf_option *o, int64_t v)
{
    return (o->min == 0 && o->max == 0) || (v >= o->min && v <= o->max);
}

static const char *parse_int(const struct kf_option *o, const char *text, int64_t *ret, char *why,
                             size_t cap)
{
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (errno || end == text || *end || *text == ' ' || *text == '+')
        return "must be a whole number";
    if (!in_range(o, v)) {
        snprintf(why, cap, "must be from %" PRId64 " to %" PRId64, o->min, o->max);
        return why;
    }
    *ret = v;
    return NULL;
}

static const char *parse_char(const char *text, int64_t *ret)
{
    if (strcmp(text, "\\t") == 0 || strcmp(text, "tab") == 0)
        *ret = '\t';
    else if (text[0] && !text[1] && (unsigned char)text[0] < 0x80)
        *ret = (unsigned char)text[0];
    else
        return "must be one ASCII character, or \\t for a tab";
    return NULL;
}

static const char *parse_duration(const struct kf_option *o, const char *text, int64_t *ret,
                                  char *why, size_t cap)
{
    char low[48], high[48];
    int64_t v;
    if (!kf_yaml_duration(text, &v))
        return "must be a length like 90s, 15m, 36h or 7d";
    if (!in_range(o, v)) {
        snprintf(why, cap, "must be from %s to %s", duration_text(o->min, low),
                 duration_text(o->max, high));
        return why;
    }
    *ret = v;
    return NULL;
}

const char *kf_plugin_parse_value(const struct kf_option *o, const char *text,
                                  struct kf_option_value *ret, char *why, size_t why_cap)
{
    char near[80];
    *ret = (struct kf_option_value){.text = text, .text_len = strlen(text)};
    switch (o->type) {
    case KF_OPT_INT:
        return parse_int(o, text, &ret->number, why, why_cap);
    case KF_OPT_BOOL: {
        struct kf_yaml y = {.kind = KF_YAML_SCALAR, .text = text};
        bool b;
        if (!kf_yaml_bool(&y, &b))
            return "must be true or false";
        ret->number = b;
        return NULL;
    }
    case KF_OPT_CHAR:
        return parse_char(text, &ret->number);
    case KF_OPT_CHOICE:
        ret->number = choice_index(o->choices, text);
        if (ret->number >= 0)
            return NULL;
        near_choice(o->choices, text, near, sizeof near);
        snprintf(why, why_cap, "must be one of %s%s", o->choices, near);
        return why;
    case KF_OPT_DURATION:
        return parse_duration(o, text, &ret->number, why, why_cap);
    case KF_OPT_LIST:
        return *text == '[' ? NULL : "must be a list";
    case KF_OPT_MAP:
        return *text == '{' ? NULL : "must be a mapping";
    default:
        return NULL;
    }
}

/* ---- values of one source ---- */

struct reader {
    const struct kf_plugin_handle *h;
    const char *dir;
    struct kf_problems p;
    struct kf_option_value *v;
};

/* Values own their text, so that kf_plugin_options_free needs nothing but them. */
static void set_text(struct kf_option_value *v, const char *text)
{
    size_t n = strlen(text);
    char *copy = malloc(n + 1);
    if (!copy)
        kf_arena_exhausted(n + 1);
    memcpy(copy, text, n + 1);
    free((void *)v->text);
    v->text = copy;
    v->text_len = n;
}

/* Value of ${NAME}; NULL with a problem where it is not set. Other texts as they are. */
static const char *secret_of(struct reader *r, const struct kf_option *o, const struct kf_yaml *y)
{
    size_t n = strlen(y->text);
    if (n < 4 || strncmp(y->text, "${", 2) != 0 || y->text[n - 1] != '}')
        return y->text;
    char name[128];
    snprintf(name, sizeof name, "%.*s", (int)(n - 3 > 127 ? 127 : n - 3), y->text + 2);
    const char *value = getenv(name);
    if (value && *value)
        return value;
    kf_problem(&r->p, y->line, y->column,
               "'%s' asks for the environment variable '%s', which is not set", o->key, name);
    return NULL;
}

static void take_path(struct reader *r, struct kf_option_value *v)
{
    if (v->text[0] == '/' || !r->dir || strcmp(v->text, "-") == 0)
        return;
    struct kf_buf b = {0};
    kf_buf_addf(&b, "%s/%s", r->dir, v->text);
    set_text(v, b.p);
    kf_buf_free(&b);
}

static void take_text(struct reader *r, const struct kf_option *o, struct kf_option_value *v,
                      const char *text, uint32_t line, uint32_t column)
{
    char why[300];
    struct kf_option_value parsed;
    const char *wrong = kf_plugin_parse_value(o, text, &parsed, why, sizeof why);
    if (wrong) {
        bool hide = (o->flags & KF_OPT_SECRET) != 0;
        kf_problem(&r->p, line, column, "'%s'%s%.60s%s %s", o->key, hide ? "" : " is '",
                   hide ? "" : text, hide ? "" : "' but", wrong);
        return;
    }
    v->number = parsed.number;
    set_text(v, text);
    if (o->type == KF_OPT_PATH)
        take_path(r, v);
}

static void take_given(struct reader *r, const struct kf_option *o, struct kf_option_value *v,
                       const struct kf_yaml *y)
{
    enum kf_yaml_kind want = o->type == KF_OPT_LIST  ? KF_YAML_LIST
                             : o->type == KF_OPT_MAP ? KF_YAML_MAP
                                                     : KF_YAML_SCALAR;
    v->given = 1;
    v->line = y->line;
    v->column = y->column;
    if (y->kind != want) {
        kf_problem(&r->p, y->line, y->column, "'%s' must be %s, not %s", o->key,
                   want == KF_YAML_LIST  ? "a list"
                   : want == KF_YAML_MAP ? "a mapping"
                                         : "a text",
                   kf_yaml_kind_name(y));
    } else if (want != KF_YAML_SCALAR) {
        struct kf_buf json = {0};
        kf_yaml_json(y, &json);
        set_text(v, json.p);
        kf_buf_free(&json);
    } else {
        const char *text = o->flags & KF_OPT_SECRET ? secret_of(r, o, y) : y->text;
        if (text)
            take_text(r, o, v, text, y->line, y->column);
    }
}

static void unknown(struct reader *r, const struct kf_yaml_item *it)
{
    const char *names[256];
    uint32_t n = 0;
    for (; n < r->h->n_options && n < 256; n++)
        names[n] = r->h->plugin.options[n].key;
    const char *near = kf_str_suggest(it->key, names, n);
    kf_problem(&r->p, it->line, it->column, "unknown option '%.60s' of %s%s%s%s", it->key,
               r->h->plugin.name, near ? "; did you mean '" : "", near ? near : "",
               near ? "'?" : "");
}

static void read_map(struct reader *r, const struct kf_yaml *options)
{
    for (uint32_t i = 0; options && i < options->n; i++) {
        const struct kf_yaml_item *it = &options->item[i];
        uint32_t k = 0;
        while (k < r->h->n_options && strcmp(r->h->plugin.options[k].key, it->key) != 0)
            k++;
        if (k == r->h->n_options)
            unknown(r, it);
        else if (!kf_yaml_is_null(it->value))
            take_given(r, &r->h->plugin.options[k], &r->v[k], it->value);
    }
}

int kf_plugin_options(const struct kf_plugin_handle *h, const struct kf_yaml *options,
                      const char *file, const char *dir, struct kf_option_value **ret,
                      void (*report)(void *ctx, const struct kf_error *e), void *ctx,
                      struct kf_error *err)
{
    struct reader r = {.h = h, .dir = dir, .p = {.module = "plugin", .file = file}};
    r.v = calloc(h->n_options + 1, sizeof *r.v);
    if (!r.v)
        return kf_error_set(err, KF_E_NOMEM, "plugin", "no memory for the options of %s",
                            h->plugin.name);
    if (options && options->kind != KF_YAML_MAP)
        kf_problem(&r.p, options->line, options->column, "'options' must be a mapping, not %s",
                   kf_yaml_kind_name(options));
    else
        read_map(&r, options);
    for (uint32_t i = 0; i < h->n_options; i++) {
        const struct kf_option *o = &h->plugin.options[i];
        if (r.v[i].given)
            continue;
        if (o->def)
            take_text(&r, o, &r.v[i], o->def, 0, 0);
        else if (o->flags & KF_OPT_REQUIRED)
            kf_problem(&r.p, options ? options->line : 0, options ? options->column : 0,
                       "%s needs the option '%s': %s", h->plugin.name, o->key, o->doc);
    }
    int code = kf_problems_finish(&r.p, KF_E_CONFIG, report, ctx, err);
    if (code)
        kf_plugin_options_free(r.v, h->n_options);
    else
        *ret = r.v;
    return code;
}

void kf_plugin_options_free(struct kf_option_value *v, uint32_t n)
{
    for (uint32_t i = 0; v && i < n; i++)
        free((void *)v[i].text);
    free(v);
}

/* ---- documentation ---- */

/* A cell: | and line breaks would end it. */
static void cell(struct kf_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            kf_buf_addc(out, '\\');
        kf_buf_addc(out, *text == '\n' ? ' ' : *text);
    }
}

static void type_cell(struct kf_buf *out, const struct kf_option *o)
{
    static const char *const names[] = {"",          "text",   "whole number", "true or false",
                                        "character", "one of", "path",         "length",
                                        "list",      "mapping"};
    kf_buf_adds(out, names[o->type]);
    if (o->type == KF_OPT_CHOICE) {
        for (const char *p = o->choices; p;) {
            const char *bar = strchr(p, '|');
            kf_buf_addf(out, "%s `%.*s`", p == o->choices ? "" : ",",
                        (int)(bar ? bar - p : (long)strlen(p)), p);
            p = bar ? bar + 1 : NULL;
        }
    }
    if (o->type == KF_OPT_INT && (o->min || o->max))
        kf_buf_addf(out, ", %" PRId64 " to %" PRId64, o->min, o->max);
    if (o->type == KF_OPT_DURATION && (o->min || o->max)) {
        char low[48], high[48];
        kf_buf_addf(out, ", %s to %s", duration_text(o->min, low), duration_text(o->max, high));
    }
    if (o->flags & KF_OPT_SECRET)
        kf_buf_adds(out, ", secret");
}

void kf_plugin_options_markdown(const struct kf_plugin_handle *h, struct kf_buf *out)
{
    if (!h->n_options) {
        kf_buf_adds(out, "This connector has no options.\n");
        return;
    }
    kf_buf_adds(out, "| option | value | default | meaning |\n|---|---|---|---|\n");
    for (uint32_t i = 0; i < h->n_options; i++) {
        const struct kf_option *o = &h->plugin.options[i];
        kf_buf_addf(out, "| `%s` | ", o->key);
        type_cell(out, o);
        if (o->flags & KF_OPT_REQUIRED)
            kf_buf_adds(out, " | required | ");
        else if (o->def) {
            kf_buf_adds(out, " | `");
            cell(out, o->def);
            kf_buf_adds(out, "` | ");
        } else
            kf_buf_adds(out, " | | ");
        cell(out, o->doc);
        kf_buf_adds(out, " |\n");
    }
}
