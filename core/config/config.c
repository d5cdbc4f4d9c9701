#include "config/config.h"

#include "config/schema.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Used when kinfold.yaml names none: ids are then the same everywhere and can be computed by
 * anybody who knows an identifier, so production sets its own. */
#define DEFAULT_SECRET "6b696e666f6c642d64656661756c742d6b65792d6f662d70726f66696c652069"

struct impl {
    struct kf_config c; /* first: the pointer handed out */
    struct kf_arena arena;
    struct kf_zone *zone;
    struct kf_rates *rates;
    const struct kf_yaml_item *rates_item;    /* read last: needs the currency */
    const struct kf_yaml_item *approval_item; /* needs the zone */
};

static void read_zone(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    struct impl *m = out;
    const char *name = kf_schema_text(s, it);
    if (!name)
        return;
    struct kf_error e = KF_ERROR_INIT;
    struct kf_zone *z = kf_zone_new(name, &e);
    if (!z) {
        kf_problem(s->p, it->value->line, it->value->column, "%s", e.message);
        return;
    }
    kf_zone_free(m->zone);
    m->zone = z;
    m->c.zone = z;
    m->c.zone_name = name;
}

static void read_currency(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    const char *cur = kf_schema_text(s, it);
    if (!cur)
        return;
    if (strlen(cur) != 3 || kf_money_exponent(kf_cstr(cur)) < 0)
        kf_problem(s->p, it->value->line, it->value->column, "'%.20s' is no currency of ISO 4217",
                   cur);
    else
        memcpy(((struct impl *)out)->c.currency, cur, 4);
}

static const char *path_of(struct kf_schema *s, const struct kf_yaml_item *it, const char *old)
{
    const char *text = kf_schema_text(s, it);
    return text ? kf_schema_path(s, text) : old;
}

static void read_store(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    struct impl *m = out;
    m->c.store = path_of(s, it, m->c.store);
}

static void read_rules(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    struct impl *m = out;
    m->c.rules = path_of(s, it, m->c.rules);
}

static void read_geoip(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    struct impl *m = out;
    m->c.geoip = path_of(s, it, NULL);
    if (m->c.geoip && !s->dry && access(m->c.geoip, R_OK) != 0)
        kf_problem(s->p, it->value->line, it->value->column, "cannot read '%.200s': %s", m->c.geoip,
                   strerror(errno));
}

static void read_money(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    struct impl *m = out;
    const struct kf_yaml *y = it->value;
    if (y->kind != KF_YAML_LIST) {
        kf_problem(s->p, y->line, y->column, "'money' must be a list of property names");
        return;
    }
    const char **v = kf_arena_alloc(s->arena, (y->n + 1) * sizeof *v);
    uint32_t n = 0;
    for (uint32_t i = 0; i < y->n; i++) {
        const char *name = kf_schema_text(s, &y->item[i]);
        if (name)
            v[n++] = name;
    }
    m->c.money = v;
    m->c.n_money = n;
}

static void read_rates(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    (void)s;
    ((struct impl *)out)->rates_item = it;
}

static void read_secret(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    const char *text = kf_schema_secret(s, it);
    if (!text)
        return;
    size_t n = strlen(text);
    if (text[strspn(text, "0123456789abcdefABCDEF")] || n % 2 || n < 32 || n > 128)
        kf_problem(
            s->p, it->value->line, it->value->column,
            "'secret' must be 32 to 128 hexadecimal digits (16 to 64 bytes); it is not shown");
    else
        ((struct impl *)out)->c.secret = text;
}

static void read_mask(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    kf_schema_bool(s, it, &((struct impl *)out)->c.mask);
}

static void read_privacy(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    static const struct kf_schema_key keys[] = {{"mask", read_mask}};
    kf_schema_map(s, it->value, "'privacy'", keys, 1, out);
}

static void read_retention(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    const char *text = kf_schema_text(s, it);
    int64_t ns;
    if (!text)
        return;
    if (strcmp(text, "forever") == 0)
        ns = 0;
    else if (!kf_yaml_duration(text, &ns)) {
        kf_problem(s->p, it->value->line, it->value->column,
                   "'retention' is '%.60s' but must be a length like 730d or 104w, or forever",
                   text);
        return;
    }
    ((struct impl *)out)->c.retention = ns;
}

static void read_compression(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    static const char *const words[] = {"none", "fast", "small"};
    int k = kf_schema_choice(s, it, words, 3);
    if (k >= 0)
        ((struct impl *)out)->c.compression = words[k];
}

static void read_links(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    kf_schema_bool(s, it, &((struct impl *)out)->c.store_links);
}

static void read_approval(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    (void)s;
    ((struct impl *)out)->approval_item = it;
}

static void read_share(struct kf_schema *s, const struct kf_yaml_item *it, double *ret)
{
    const char *text = kf_schema_text(s, it);
    if (!text)
        return;
    size_t n = strlen(text);
    struct kf_dec d;
    if (n && text[n - 1] == '%')
        n--;
    if (!kf_dec_parse(kf_str_trim(kf_str(text, n)), &d) || d.m < 0)
        kf_problem(s->p, it->value->line, it->value->column,
                   "'%s' is '%.60s' but must be a share like 20%%", it->key, text);
    else
        *ret = kf_dec_double(d);
}

static void read_count(struct kf_schema *s, const struct kf_yaml_item *it, int64_t *ret)
{
    const char *text = kf_schema_text(s, it);
    if (!text)
        return;
    struct kf_dec d;
    if (!kf_dec_parse(kf_cstr(text), &d) || d.scale || d.m < 0)
        kf_problem(s->p, it->value->line, it->value->column,
                   "'%s' is '%.60s' but must be a whole number from 0", it->key, text);
    else
        *ret = d.m;
}

/* A limit of dry-run is read into the member of its name. */
#define LIMIT(name, read)                                                                          \
    static void read_##name(struct kf_schema *s, const struct kf_yaml_item *it, void *out)         \
    {                                                                                              \
        read(s, it, &((struct impl *)out)->c.name);                                                \
    }
LIMIT(max_segment_change, read_share)
LIMIT(max_audience_change, read_share)
LIMIT(max_merges, read_count)
LIMIT(max_splits, read_count)
LIMIT(max_newly_contactable, read_count)
LIMIT(max_newly_suppressed, read_count)
LIMIT(max_newly_flagged, read_count)
LIMIT(max_newly_without_consent, read_count)
LIMIT(max_undecided, read_count)

static void read_limits(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    static const struct kf_schema_key keys[] = {
        {"max_segment_change", read_max_segment_change},
        {"max_audience_change", read_max_audience_change},
        {"max_merges", read_max_merges},
        {"max_splits", read_max_splits},
        {"max_newly_contactable", read_max_newly_contactable},
        {"max_newly_suppressed", read_max_newly_suppressed},
        {"max_newly_flagged", read_max_newly_flagged},
        {"max_newly_without_consent", read_max_newly_without_consent},
        {"max_undecided", read_max_undecided}};
    kf_schema_map(s, it->value, "'limits'", keys, sizeof keys / sizeof *keys, out);
}

/* struct impl starts with the config, which is what the readers of sections of their own write to.
 */
static const struct kf_schema_key root_keys[] = {
    {"zone", read_zone},
    {"currency", read_currency},
    {"store", read_store},
    {"rules", read_rules},
    {"sources", kf_schema_sources},
    {"destinations", kf_schema_destinations},
    {"lists", kf_schema_lists},
    {"money", read_money},
    {"rates", read_rates},
    {"geoip", read_geoip},
    {"secret", read_secret},
    {"privacy", read_privacy},
    {"retention", read_retention},
    {"compression", read_compression},
    {"links", read_links},
    {"approval", read_approval},
    {"limits", read_limits},
};

static void defaults(struct impl *m, const char *dir, const char *file)
{
    static const char *const money[] = {"revenue",  "total", "subtotal", "price",
                                        "shipping", "tax",   "discount", "refund"};
    struct kf_config *c = &m->c;
    c->dir = kf_arena_strdup(&m->arena, dir);
    c->file = kf_arena_strdup(&m->arena, file);
    c->store = kf_arena_printf(&m->arena, "%s/kinfold.db", dir);
    c->rules = kf_arena_printf(&m->arena, "%s/rules", dir);
    c->zone_name = "UTC";
    memcpy(c->currency, "EUR", 4);
    c->money = money;
    c->n_money = sizeof money / sizeof *money;
    c->secret = DEFAULT_SECRET;
    c->mask = true;
    c->compression = "fast";
    c->store_links = true;
    c->four_eyes = true;
    c->max_segment_change = c->max_audience_change = -1;
    c->max_merges = c->max_splits = c->max_newly_contactable = c->max_newly_suppressed = -1;
    c->max_newly_flagged = c->max_newly_without_consent = c->max_undecided = -1;
}

static int parse(const char *text, size_t len, const char *dir, const char *file, bool dry,
                 struct kf_config **ret, void (*report)(void *ctx, const struct kf_error *e),
                 void *ctx, struct kf_error *err)
{
    struct impl *m = calloc(1, sizeof *m);
    if (!m)
        return kf_error_set(err, KF_E_NOMEM, "config", "no memory to read '%s'", file);
    kf_arena_init(&m->arena, 0);
    defaults(m, dir, file);
    struct kf_problems p = {.module = "config", .file = m->c.file};
    struct kf_schema s = {&m->arena, &p, &m->c, m->c.dir, dry};
    struct kf_yaml *root;
    kf_yaml_read(text, len, &m->arena, &p, &root);
    if (root && !kf_yaml_is_null(root))
        kf_schema_map(&s, root, "kinfold.yaml", root_keys, sizeof root_keys / sizeof *root_keys, m);
    if (m->approval_item)
        kf_schema_approval(&s, m->approval_item, &m->c);
    if (m->rates_item) {
        kf_schema_rates(&s, m->rates_item, &m->c, &m->rates);
        m->c.rates = m->rates;
    }
    int r = kf_problems_finish(&p, KF_E_CONFIG, report, ctx, err);
    if (r) {
        kf_config_free(&m->c);
        return r;
    }
    kf_schema_settings(&m->c, &m->arena);
    if (m->c.settings.n > KF_YAML_MAX_BYTES) {
        kf_config_free(&m->c);
        return kf_error_set(err, KF_E_CONFIG, "config",
                            "the lists in '%s' are too long to be kept with the rules; put long "
                            "ones into files of their own",
                            file);
    }
    *ret = &m->c;
    return 0;
}

int kf_config_with(const struct kf_config *now, struct kf_str settings, struct kf_config **ret,
                   struct kf_error *err)
{
    struct kf_config *c;
    int r = parse(settings.p, settings.n, now->dir, "kinfold.settings", false, &c, NULL, NULL, err);
    if (r)
        return r;
    struct kf_config own = *c;
    *c = *now;
    c->zone_name = own.zone_name;
    c->zone = own.zone;
    memcpy(c->currency, own.currency, sizeof c->currency);
    c->rates = own.rates;
    c->rates_said = own.rates_said;
    c->list = own.list;
    c->n_list = own.n_list;
    c->money = own.money;
    c->n_money = own.n_money;
    for (uint32_t i = 0; i < own.n_setting; i++) /* places in a text that nobody edits */
        ((struct kf_config_setting *)own.setting)[i].line = 0;
    c->setting = own.setting;
    c->n_setting = own.n_setting;
    c->settings = own.settings;
    *ret = c;
    return 0;
}

int kf_config_parse(const char *text, size_t len, const char *dir, bool dry, struct kf_config **ret,
                    void (*report)(void *ctx, const struct kf_error *e), void *ctx,
                    struct kf_error *err)
{
    return parse(text, len, dir, "kinfold.yaml", dry, ret, report, ctx, err);
}

/* Whole file, at most one byte more than kf_yaml_read takes. */
static int slurp(const char *path, struct kf_buf *out, struct kf_error *err)
{
    FILE *f = fopen(path, "rbe");
    if (!f)
        return kf_error_set(err, KF_E_NOINPUT, "config", "cannot read '%s': %s", path,
                            strerror(errno));
    char chunk[16384];
    size_t n;
    while (out->n <= KF_YAML_MAX_BYTES && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
        kf_buf_add(out, chunk, n);
    bool bad = ferror(f) != 0;
    fclose(f);
    return bad ? kf_error_set(err, KF_E_NOINPUT, "config", "cannot read '%s': %s", path,
                              strerror(errno))
               : 0;
}

int kf_config_load(const char *path, struct kf_config **ret,
                   void (*report)(void *ctx, const struct kf_error *e), void *ctx,
                   struct kf_error *err)
{
    struct stat st;
    struct kf_buf name = {0}, text = {0};
    int r = 0;
    char *dir = NULL;
    if (stat(path, &st) != 0) {
        r = kf_error_set(err, KF_E_NOINPUT, "config", "cannot read '%s': %s", path,
                         strerror(errno));
        goto out;
    }
    kf_buf_adds(&name, path);
    if (S_ISDIR(st.st_mode)) {
        while (name.n > 1 && name.p[name.n - 1] == '/')
            name.p[--name.n] = 0;
        /* "." is not shown: kinfold.yaml:3:1 reads better than ./kinfold.yaml:3:1 */
        if (strcmp(name.p, ".") == 0)
            kf_buf_clear(&name);
        kf_buf_addf(&name, "%skinfold.yaml", name.n ? "/" : "");
        if (access(name.p, F_OK) != 0) {
            r = kf_error_set(err, KF_E_NOINPUT, "config",
                             "there is no kinfold.yaml in '%s'; 'kinfold init' makes one", path);
            goto out;
        }
    }
    r = slurp(name.p, &text, err);
    if (r)
        goto out;
    const char *slash = strrchr(name.p, '/');
    struct kf_buf folder = {0};
    kf_buf_add(&folder, name.p, slash ? (size_t)(slash - name.p) : 0);
    dir = realpath(folder.n ? folder.p : slash ? "/" : ".", NULL);
    kf_buf_free(&folder);
    if (!dir) {
        r = kf_error_set(err, KF_E_NOINPUT, "config", "cannot find the folder of '%s': %s", name.p,
                         strerror(errno));
        goto out;
    }
    r = parse(text.p ? text.p : "", text.n, dir, name.p, false, ret, report, ctx, err);
out:
    free(dir);
    kf_buf_free(&name);
    kf_buf_free(&text);
    return r;
}

void kf_config_free(struct kf_config *c)
{
    if (!c)
        return;
    struct impl *m = (struct impl *)c;
    kf_zone_free(m->zone);
    kf_rates_free(m->rates);
    kf_arena_free(&m->arena);
    free(m);
}

void kf_config_release(struct kf_config *c, uint32_t source, const char *by)
{
    struct impl *m = (struct impl *)c;
    struct kf_config_source *s = (struct kf_config_source *)&c->source[source];
    s->approved_by = kf_arena_strdup(&m->arena, by);
}

const struct kf_config_list *kf_config_find_list(const struct kf_config *c, const char *name)
{
    for (uint32_t i = 0; i < c->n_list; i++)
        if (strcmp(c->list[i].name, name) == 0)
            return &c->list[i];
    return NULL;
}

bool kf_config_is_money(const struct kf_config *c, struct kf_str property)
{
    for (uint32_t i = 0; i < c->n_money; i++)
        if (kf_str_eq(kf_cstr(c->money[i]), property))
            return true;
    return false;
}

const char *kf_config_cadence_name(enum kf_cadence c)
{
    return c == KF_CADENCE_REALTIME   ? "real time"
           : c == KF_CADENCE_APPROVAL ? "approval"
                                      : "schedule";
}
