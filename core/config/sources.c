/* The sections `sources` and `destinations`. */
#include "config/cron.h"
#include "config/schema.h"

static const char *const cadences[] = {"schedule", "realtime", "approval"};

/* Names stand in reports, file names and rules: letters, digits, - and _. */
static const char *name_of(struct kf_schema *s, const struct kf_yaml_item *it)
{
    const char *text = kf_schema_text(s, it);
    if (!text)
        return NULL;
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    if (text[n] || n > 64) {
        kf_problem(s->p, it->value->line, it->value->column,
                   "'%s' is '%.60s' but may hold letters, digits, - and _ only, at most 64",
                   it->key, text);
        return NULL;
    }
    return text;
}

static void source_name(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    ((struct kf_config_source *)out)->name = name_of(s, it);
}

static void source_plugin(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    ((struct kf_config_source *)out)->plugin = name_of(s, it);
}

static void source_path(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    struct kf_config_source *src = out;
    const struct kf_yaml *y = it->value;
    const char **path;
    if (y->kind != KF_YAML_LIST) {
        const char *one = kf_schema_text(s, it);
        if (!one)
            return;
        path = kf_arena_alloc(s->arena, sizeof *path);
        path[src->n_path++] = one;
        src->path = path;
        return;
    }
    path = kf_arena_alloc(s->arena, (y->n + 1) * sizeof *path);
    for (uint32_t i = 0; i < y->n; i++) {
        const char *one = kf_schema_text(s, &y->item[i]);
        if (one)
            path[src->n_path++] = one;
    }
    if (!y->n)
        kf_problem(s->p, y->line, y->column, "'path' is an empty list");
    src->path = path;
}

static void source_cadence(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    int k = kf_schema_choice(s, it, cadences, 3);
    if (k >= 0)
        ((struct kf_config_source *)out)->cadence = (enum kf_cadence)k;
}

static void source_cron(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    const char *text = kf_schema_text(s, it), *bad;
    struct kf_cron c;
    if (!text)
        return;
    if (kf_cron_parse(text, &c, &bad))
        ((struct kf_config_source *)out)->cron = text;
    else if (strcmp(bad, "end") == 0)
        kf_problem(s->p, it->value->line, it->value->column,
                   "'cron' has more than five fields: '%.60s'", text);
    else
        kf_problem(
            s->p, it->value->line, it->value->column,
            "the %s of 'cron' is wrong in '%.60s'; five fields like '15 3 * * 1-5' are needed", bad,
            text);
}

static void source_approved(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    ((struct kf_config_source *)out)->approved_by = kf_schema_text(s, it);
}

static void age_of(struct kf_schema *s, const struct kf_yaml_item *it, int64_t *ret)
{
    const char *text = kf_schema_text(s, it);
    int64_t ns;
    if (!text)
        return;
    if (kf_yaml_duration(text, &ns) && ns > 0)
        *ret = ns;
    else
        kf_problem(s->p, it->value->line, it->value->column,
                   "'%s' is '%.60s' but must be a length like 90m, 6h or 2d", it->key, text);
}

static void source_warn_after(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    age_of(s, it, &((struct kf_config_source *)out)->warn_after);
}

static void source_error_after(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    age_of(s, it, &((struct kf_config_source *)out)->error_after);
}

static const struct kf_yaml *options_of(struct kf_schema *s, const struct kf_yaml_item *it)
{
    if (it->value->kind == KF_YAML_MAP)
        return it->value;
    kf_problem(s->p, it->value->line, it->value->column, "'options' must be a mapping, not %s",
               kf_yaml_kind_name(it->value));
    return NULL;
}

static void source_options(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    ((struct kf_config_source *)out)->options = options_of(s, it);
}

static const struct kf_schema_key source_keys[] = {
    {"name", source_name},
    {"plugin", source_plugin},
    {"path", source_path},
    {"cadence", source_cadence},
    {"cron", source_cron},
    {"approved_by", source_approved},
    {"warn_after", source_warn_after},
    {"error_after", source_error_after},
    {"options", source_options},
};

static void required(struct kf_schema *s, const struct kf_yaml *y, const char *what,
                     const char *key)
{
    const struct kf_yaml_item *it = kf_yaml_get(y, key);
    if (!it || kf_yaml_is_null(it->value))
        kf_problem(s->p, y->line, y->column, "%s has no '%s'", what, key);
}

static void check_source(struct kf_schema *s, const struct kf_yaml *y,
                         const struct kf_config_source *src)
{
    const struct kf_yaml_item *cron = kf_yaml_get(y, "cron");
    const struct kf_yaml_item *approved = kf_yaml_get(y, "approved_by");
    required(s, y, "a source", "name");
    required(s, y, "a source", "plugin");
    if (cron && src->cadence != KF_CADENCE_SCHEDULE)
        kf_problem(s->p, cron->line, cron->column, "'cron' needs the cadence schedule");
    if (approved && src->cadence != KF_CADENCE_APPROVAL)
        kf_problem(s->p, approved->line, approved->column,
                   "'approved_by' needs the cadence approval");
    if (src->warn_after && src->error_after && src->error_after < src->warn_after) {
        const struct kf_yaml_item *error = kf_yaml_get(y, "error_after");
        kf_problem(s->p, error->line, error->column,
                   "'error_after' is shorter than 'warn_after': it would never only warn");
    }
}

static bool is_list(struct kf_schema *s, const struct kf_yaml_item *it)
{
    if (it->value->kind == KF_YAML_LIST)
        return true;
    kf_problem(s->p, it->value->line, it->value->column,
               "'%s' must be a list: each entry starts with '- name: ...'", it->key);
    return false;
}

/* Says which of two entries came first. */
static void check_unique(struct kf_schema *s, const char *what, const char *name,
                         const char *before, uint32_t before_line, const struct kf_yaml *y)
{
    const struct kf_yaml_item *it = kf_yaml_get(y, "name");
    if (name && before && it && strcmp(name, before) == 0)
        kf_problem(s->p, it->value->line, it->value->column,
                   "another %s is called '%s' already, in line %u", what, name, before_line);
}

#define MAX_SOURCES 1000u /* events carry their source as a 16-bit number; nobody has so many */

void kf_schema_sources(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    struct kf_config *c = out;
    const struct kf_yaml *y = it->value;
    if (!is_list(s, it))
        return;
    if (y->n > MAX_SOURCES) {
        kf_problem(s->p, it->line, it->column, "more than 1000 sources");
        return;
    }
    struct kf_config_source *v = kf_arena_zalloc(s->arena, (y->n + 1) * sizeof *v);
    for (uint32_t i = 0; i < y->n; i++) {
        const struct kf_yaml *e = y->item[i].value;
        v[i].number = (uint16_t)i;
        v[i].line = e->line;
        v[i].column = e->column;
        v[i].cadence = KF_CADENCE_SCHEDULE;
        kf_schema_map(s, e, "a source", source_keys, sizeof source_keys / sizeof *source_keys,
                      &v[i]);
        if (e->kind == KF_YAML_MAP)
            check_source(s, e, &v[i]);
        for (uint32_t k = 0; k < i; k++)
            check_unique(s, "source", v[i].name, v[k].name, v[k].line, e);
    }
    c->source = v;
    c->n_source = y->n;
}

static void dest_name(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    ((struct kf_config_destination *)out)->name = name_of(s, it);
}

static void dest_plugin(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    ((struct kf_config_destination *)out)->plugin = name_of(s, it);
}

static void dest_options(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    ((struct kf_config_destination *)out)->options = options_of(s, it);
}

static void dest_hash(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    kf_schema_bool(s, it, &((struct kf_config_destination *)out)->hash_identifiers);
}

static const struct kf_schema_key dest_keys[] = {
    {"name", dest_name}, {"plugin", dest_plugin}, {"options", dest_options}, {"hash", dest_hash}};

void kf_schema_destinations(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    struct kf_config *c = out;
    const struct kf_yaml *y = it->value;
    if (!is_list(s, it))
        return;
    if (y->n > MAX_SOURCES) {
        kf_problem(s->p, it->line, it->column, "more than 1000 destinations");
        return;
    }
    struct kf_config_destination *v = kf_arena_zalloc(s->arena, (y->n + 1) * sizeof *v);
    for (uint32_t i = 0; i < y->n; i++) {
        const struct kf_yaml *e = y->item[i].value;
        v[i].line = e->line;
        v[i].column = e->column;
        kf_schema_map(s, e, "a destination", dest_keys, sizeof dest_keys / sizeof *dest_keys,
                      &v[i]);
        if (e->kind == KF_YAML_MAP) {
            required(s, e, "a destination", "name");
            required(s, e, "a destination", "plugin");
        }
        for (uint32_t k = 0; k < i; k++)
            check_unique(s, "destination", v[i].name, v[k].name, v[k].line, e);
    }
    c->destination = v;
    c->n_destination = y->n;
}
