/* The sections `lists` and `rates`: values that may stand in kinfold.yaml or in files beside it. */
#include "config/schema.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/vec.h"

static const char *const kinds[] = {"values", "networks", "patterns", "sha256"};

struct draft {
    const struct kf_yaml_item *entries; /* under one of the kinds */
    const struct kf_yaml_item *file;
    int kind;
    bool ignore_case;
};

static void set_kind(struct kf_schema *s, const struct kf_yaml_item *it, struct draft *d, int kind)
{
    if (d->kind >= 0)
        kf_problem(s->p, it->line, it->column, "a list holds one kind; it is of '%s' already",
                   kinds[d->kind]);
    else
        d->kind = kind;
}

static void read_entries(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    struct draft *d = out;
    int kind = 0;
    while (kind < 3 && strcmp(kinds[kind], it->key) != 0)
        kind++;
    set_kind(s, it, d, kind);
    d->entries = it;
}

static void read_file_key(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    if (kf_schema_text(s, it))
        ((struct draft *)out)->file = it;
}

static void read_kind(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    int kind = kf_schema_choice(s, it, kinds, 4);
    if (kind >= 0)
        set_kind(s, it, out, kind);
}

static void read_ignore_case(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    kf_schema_bool(s, it, &((struct draft *)out)->ignore_case);
}

static const struct kf_schema_key list_keys[] = {
    {"values", read_entries},          {"networks", read_entries}, {"patterns", read_entries},
    {"sha256", read_entries},          {"file", read_file_key},    {"kind", read_kind},
    {"ignore_case", read_ignore_case},
};
static const struct kf_schema_key only_file[] = {{"file", read_file_key}};

/* ---- what stands in kinfold.yaml, and what in files ---- */

typedef kf_vec(const char *) texts;

static int text_cmp(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted and each once, in the arena; the vector is released. */
static uint32_t keep_sorted(struct kf_schema *s, texts *v, const char *const **ret)
{
    const char **out = kf_arena_alloc(s->arena, (v->n + 1) * sizeof *out);
    uint32_t n = 0;
    if (v->n)
        qsort(v->p, v->n, sizeof *v->p, text_cmp);
    for (size_t i = 0; i < v->n; i++)
        if (n == 0 || strcmp(out[n - 1], v->p[i]) != 0)
            out[n++] = v->p[i];
    kf_vec_free(v);
    *ret = out;
    return n;
}

/* Its text, and who it is; NULL with a problem, or in a dry read. */
static const char *open_file(struct kf_schema *s, const struct kf_yaml_item *it,
                             struct kf_config_file *f, const char **ret_path, size_t *ret_len)
{
    if (f->path)
        kf_problem(s->p, it->line, it->column, "there is one file already, '%.100s'", f->path);
    f->path = it->value->text;
    *ret_path = kf_schema_path(s, f->path);
    const char *text = kf_schema_file(s, it, *ret_path, ret_len);
    if (text)
        kf_sha256_hex(text, *ret_len, f->digest);
    return text;
}

/* One entry a line; blank lines and lines that start with # are passed over. */
static void add_file(struct kf_schema *s, struct kf_list *l, const struct kf_yaml_item *it,
                     struct kf_config_file *f)
{
    const char *path;
    size_t len;
    const char *text = open_file(s, it, f, &path, &len);
    if (!text)
        return;
    uint32_t line = 0;
    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t n = end ? (size_t)(end - text) - at : len - at;
        struct kf_str entry = kf_str_trim(kf_str(text + at, n));
        line++;
        if (line == 1 && entry.n >= 3 && memcmp(entry.p, "\xef\xbb\xbf", 3) == 0)
            entry = kf_str(entry.p + 3, entry.n - 3);
        if (entry.n && entry.p[0] != '#') {
            kf_list_add(l, entry, s->p, path, line, 1);
            f->n++;
        }
        at += n + 1;
    }
}

static void add_entries(struct kf_schema *s, struct kf_list *l, const struct kf_yaml_item *it,
                        struct kf_config_list *out)
{
    texts all = {0};
    const struct kf_yaml *y = it->value;
    if (y->kind == KF_YAML_MAP) { /* networks: { file: lists/networks.txt } */
        struct draft inner = {.kind = -1};
        kf_schema_map(s, y, "a list", only_file, 1, &inner);
        if (inner.file)
            add_file(s, l, inner.file, &out->file);
        return;
    }
    if (y->kind != KF_YAML_LIST) {
        kf_problem(s->p, y->line, y->column, "'%s' must be a list, or { file: path }", it->key);
        return;
    }
    for (uint32_t i = 0; i < y->n; i++) {
        const struct kf_yaml_item *e = &y->item[i];
        if (!kf_schema_text(s, e))
            continue;
        kf_list_add(l, kf_cstr(e->value->text), s->p, s->p->file, e->line, e->column);
        *kf_vec_push(&all) = e->value->text;
    }
    out->n_value = keep_sorted(s, &all, &out->value);
}

static void read_list(struct kf_schema *s, const struct kf_yaml_item *it,
                      struct kf_config_list *out)
{
    struct draft d = {.kind = -1};
    kf_schema_map(s, it->value, "a list", list_keys, sizeof list_keys / sizeof *list_keys, &d);
    if (it->value->kind == KF_YAML_MAP && !d.entries && !d.file)
        kf_problem(s->p, it->line, it->column,
                   "list '%.60s' is empty: give it values, networks, patterns, sha256 or a file",
                   it->key);
    out->name = it->key;
    out->line = it->line;
    out->kind = d.kind >= 0 ? (enum kf_list_kind)d.kind : KF_LIST_VALUES;
    if (d.ignore_case && (out->kind == KF_LIST_NETWORKS || out->kind == KF_LIST_SHA256))
        kf_problem(s->p, it->line, it->column, "'ignore_case' has no meaning for %s",
                   kinds[out->kind]);
    out->ignore_case = d.ignore_case;
    struct kf_list *l = kf_list_new(s->arena, out->kind, d.ignore_case);
    if (d.entries)
        add_entries(s, l, d.entries, out);
    if (d.file)
        add_file(s, l, d.file, &out->file);
    out->n = kf_list_seal(l);
    out->list = l;
}

void kf_schema_lists(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    struct kf_config *c = out;
    const struct kf_yaml *y = it->value;
    if (y->kind != KF_YAML_MAP) {
        kf_problem(s->p, y->line, y->column, "'lists' must be a mapping of names, not %s",
                   kf_yaml_kind_name(y));
        return;
    }
    struct kf_config_list *list = kf_arena_zalloc(s->arena, (y->n + 1) * sizeof *list);
    for (uint32_t i = 0; i < y->n; i++)
        read_list(s, &y->item[i], &list[i]);
    c->list = list;
    c->n_list = y->n;
}

/* ---- rates ---- */

static bool day_of(struct kf_str s, int32_t *ret)
{
    unsigned v[3] = {0};
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-')
        return false;
    for (size_t i = 0, k = 0; i < 10; i++) {
        if (i == 4 || i == 7) {
            k++;
            continue;
        }
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        v[k] = v[k] * 10 + (unsigned)(s.p[i] - '0');
    }
    if (!kf_day_valid((int32_t)v[0], v[1], v[2]))
        return false;
    *ret = kf_day_from_ymd((int32_t)v[0], v[1], v[2]);
    return true;
}

struct place {
    const char *file;
    uint32_t line, column;
};

/* The rate as a text in one form; NULL: a problem was reported. */
static const char *add_rate(struct kf_schema *s, struct kf_rates *r, struct kf_str day,
                            struct kf_str cur, struct kf_str rate, bool carry, struct place at)
{
    int32_t d;
    struct kf_dec dec;
    char text[80];
    struct kf_error e = KF_ERROR_INIT;
    if (!day_of(day, &d))
        kf_problem_in(s->p, at.file, at.line, at.column, "'%.*s' is no day like 2026-03-01",
                      (int)(day.n > 60 ? 60 : day.n), day.p);
    else if (!kf_dec_parse(rate, &dec) || dec.m <= 0)
        kf_problem_in(s->p, at.file, at.line, at.column, "'%.*s' is no exchange rate above 0",
                      (int)(rate.n > 60 ? 60 : rate.n), rate.p);
    else if (kf_money_exponent(cur) < 0)
        kf_problem_in(s->p, at.file, at.line, at.column, "'%.*s' is no currency of ISO 4217",
                      (int)(cur.n > 60 ? 60 : cur.n), cur.p);
    else if (kf_rates_add(r, d, cur, dec, carry, &e) < 0)
        kf_problem_in(s->p, at.file, at.line, at.column, "%s", e.message);
    else {
        kf_dec_format(dec, text);
        return kf_arena_printf(s->arena, "%.10s %.3s %s", day.p, cur.p, text);
    }
    return NULL;
}

/* CSV without quotes: a header naming day, currency and rate in any order, then rows. */
static void rates_file(struct kf_schema *s, struct kf_rates *r, const struct kf_yaml_item *it,
                       struct kf_config_rates *said)
{
    static const char *const names[3] = {"day", "currency", "rate"};
    const char *path;
    size_t len;
    const char *text = open_file(s, it, &said->file, &path, &len);
    if (!text)
        return;
    int column[3] = {-1, -1, -1};
    uint32_t line = 0;
    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t n = end ? (size_t)(end - text) - at : len - at;
        struct kf_str row = kf_str_trim(kf_str(text + at, n));
        at += n + 1;
        line++;
        if (!row.n || row.p[0] == '#')
            continue;
        struct kf_str cell[3] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
        bool header = column[0] < 0;
        int k = 0;
        for (const char *p = row.p, *stop = row.p + row.n; p <= stop; k++) {
            const char *comma = memchr(p, ',', (size_t)(stop - p));
            const char *to = comma ? comma : stop;
            struct kf_str v = kf_str_trim(kf_str(p, (size_t)(to - p)));
            for (int i = 0; i < 3; i++) {
                if (header && kf_str_eq(v, kf_cstr(names[i])))
                    column[i] = k;
                else if (!header && column[i] == k)
                    cell[i] = v;
            }
            p = to + 1;
        }
        if (header) {
            if (column[0] >= 0 && column[1] >= 0 && column[2] >= 0)
                continue;
            kf_problem_in(s->p, path, line, 1,
                          "the first line must name the columns day,currency,rate");
            return;
        }
        struct place here = {path, line, 1};
        if (!cell[0].p || !cell[1].p || !cell[2].p)
            kf_problem_in(s->p, path, line, 1, "has fewer columns than the first line");
        else
            said->file.n += add_rate(s, r, cell[0], cell[1], cell[2], said->carry, here) != NULL;
    }
}

static void rates_of_day(struct kf_schema *s, struct kf_rates *r, const struct kf_yaml_item *day,
                         bool carry, texts *all)
{
    const struct kf_yaml *y = day->value;
    int32_t unused;
    if (!day_of(kf_cstr(day->key), &unused)) {
        kf_problem(s->p, day->line, day->column,
                   "'%.60s' in 'rates' is no day like 2026-03-01 and neither file nor carry",
                   day->key);
        return;
    }
    if (y->kind != KF_YAML_MAP) {
        kf_problem(s->p, y->line, y->column,
                   "the rates of a day are a mapping like { SEK: \"0.1\" }");
        return;
    }
    for (uint32_t i = 0; i < y->n; i++) {
        const struct kf_yaml_item *it = &y->item[i];
        const char *rate = kf_schema_text(s, it);
        struct place at = {s->p->file, it->line, it->column};
        if (rate)
            rate = add_rate(s, r, kf_cstr(day->key), kf_cstr(it->key), kf_cstr(rate), carry, at);
        if (rate)
            *kf_vec_push(all) = rate;
    }
}

void kf_schema_rates(struct kf_schema *s, const struct kf_yaml_item *it, struct kf_config *out,
                     struct kf_rates **ret)
{
    const struct kf_yaml *y = it->value;
    if (y->kind != KF_YAML_MAP) {
        kf_problem(s->p, y->line, y->column,
                   "'rates' must be a mapping of days, or { file: path }");
        return;
    }
    struct kf_rates *r = kf_rates_new(out->currency);
    struct kf_config_rates *said = &out->rates_said;
    const struct kf_yaml_item *c = kf_yaml_get(y, "carry");
    texts all = {0};
    said->line = it->line;
    if (c)
        kf_schema_bool(s, c, &said->carry);
    for (uint32_t i = 0; i < y->n; i++) {
        const struct kf_yaml_item *e = &y->item[i];
        if (e == c)
            continue;
        if (strcmp(e->key, "file") != 0)
            rates_of_day(s, r, e, said->carry, &all);
        else if (kf_schema_text(s, e))
            rates_file(s, r, e, said);
    }
    said->n_value = keep_sorted(s, &all, &said->value);
    *ret = r;
}
