/* What of kinfold.yaml changes what the same rule files decide. It is part of what somebody
 * approves: of the rules' digest.
 *
 * In it: the zone (days, weeks, "today"), the currency and which properties are amounts, exchange
 * rates, lists, and of destinations the connector and whether identifiers leave hashed. Of lists
 * and rates it is the declaration and what stands in kinfold.yaml itself; of a file beside it the
 * path as written, for what is in the file is data: it may change daily, a plan is bound to it, a
 * run keeps its digest, a published approval stands.
 *
 * Left out, and why:
 *   sources        what comes in is data: their files are in the data digest, what events say in
 *                  the figures, and a source of cadence approval has an approval of its own, of
 *                  its files and of how they are read
 *   geoip          read with the sources, as they are
 *   options of     addresses and credentials, which differ from machine to machine; what is sent
 *   destinations   and to which of them stands in the rule
 *   secret         it names profiles, and must not leave the process; who is held out or sampled
 *                  moves with it, how many and by which rule does not
 *   approval       who may sign is asked of kinfold.yaml each time; a digest over it would take all
 *                  approvals away whenever somebody joins
 *   limits         what a plan was held against stands in the plan, and is held against
 *                  kinfold.yaml when it is signed
 *   store, rules   places; rules are in the digest themselves
 *   retention      nothing is deleted by it; `check` warns of windows that are longer
 *   privacy,       what is printed and how it is kept, not what is decided
 *   compression, links */
#include <stdlib.h>

#include "config/schema.h"

#define HEAD                                                                                       \
    "# What of kinfold.yaml changes what these rules decide, as it was. Written and read by "      \
    "Kinfold.\n"

static const char *const list_kinds[] = {"values", "networks", "patterns", "sha256"};

static int setting_cmp(const void *a, const void *b)
{
    const struct kf_config_setting *x = a, *y = b;
    int r = strcmp(x->what, y->what);
    return r ? r : strcmp(x->name, y->name);
}

static int text_cmp(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* ---- one by one ---- */

static void add_part(struct kf_config_setting *s, const char *key, const char *value)
{
    s->part[s->n_part].key = key;
    s->part[s->n_part++].value = value;
}

static void money_setting(struct kf_config *c, struct kf_arena *arena, struct kf_config_setting *s)
{
    const char **v = kf_arena_alloc(arena, (c->n_money + 1u) * sizeof *v);
    uint32_t n = 0;
    if (c->n_money)
        memcpy(v, c->money, c->n_money * sizeof *v);
    qsort(v, c->n_money, sizeof *v, text_cmp);
    for (uint32_t i = 0; i < c->n_money; i++)
        if (n == 0 || strcmp(v[n - 1], v[i]) != 0)
            v[n++] = v[i];
    *s = (struct kf_config_setting){.what = "money", .name = "", .value = v, .n_value = n};
}

static void rates_setting(const struct kf_config_rates *r, struct kf_config_setting *s)
{
    *s = (struct kf_config_setting){
        .what = "rates", .name = "", .line = r->line, .value = r->value, .n_value = r->n_value};
    add_part(s, "carry", r->carry ? "true" : NULL);
    add_part(s, "file", r->file.path);
}

static void list_setting(const struct kf_config_list *l, struct kf_config_setting *s)
{
    *s = (struct kf_config_setting){
        .what = "list", .name = l->name, .line = l->line, .value = l->value, .n_value = l->n_value};
    add_part(s, "kind", list_kinds[l->kind]);
    add_part(s, "ignore_case", l->ignore_case ? "true" : NULL);
    add_part(s, "file", l->file.path);
}

static void destination_setting(const struct kf_config_destination *d, struct kf_config_setting *s)
{
    *s = (struct kf_config_setting){.what = "destination", .name = d->name, .line = d->line};
    add_part(s, "plugin", d->plugin);
    add_part(s, "hash", d->hash_identifiers ? "true" : NULL);
}

/* ---- as YAML that kinfold.yaml's reader takes ---- */

/* What YAML takes for a line end or for no text at all, though JSON does not mind it. */
static bool must_escape(uint32_t c)
{
    return (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 || c == 0xfeff || c == 0xfffe ||
           c == 0xffff;
}

/* In the quotes of JSON, which YAML reads alike. Texts come from YAML and are well-formed. */
static void quoted(struct kf_buf *b, const char *text)
{
    struct kf_buf json = {0};
    kf_buf_add_json(&json, kf_cstr(text));
    for (size_t i = 0; i < json.n;) {
        const unsigned char *p = (const unsigned char *)json.p + i;
        size_t n = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
        if (i + n > json.n)
            n = json.n - i;
        uint32_t c = n == 1   ? p[0]
                     : n == 2 ? (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu)
                     : n == 3 ? (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu)
                              : 0x10000u;
        if (must_escape(c))
            kf_buf_addf(b, "\\u%04x", c);
        else
            kf_buf_add(b, json.p + i, n);
        i += n;
    }
    kf_buf_free(&json);
}

static void add_values(struct kf_buf *b, const char *const *value, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_adds(b, "      - ");
        quoted(b, value[i]);
        kf_buf_addc(b, '\n');
    }
    if (!n)
        kf_buf_adds(b, "      []\n");
}

static void add_list(struct kf_buf *b, const struct kf_config_list *l)
{
    kf_buf_adds(b, "  ");
    quoted(b, l->name);
    kf_buf_adds(b, ":\n");
    if (l->ignore_case)
        kf_buf_adds(b, "    ignore_case: true\n");
    if (l->file.path) {
        kf_buf_adds(b, "    file: ");
        quoted(b, l->file.path);
        kf_buf_addc(b, '\n');
    }
    if (l->file.path && !l->n_value) {
        kf_buf_addf(b, "    kind: %s\n", list_kinds[l->kind]);
    } else {
        kf_buf_addf(b, "    %s:\n", list_kinds[l->kind]);
        add_values(b, l->value, l->n_value);
    }
}

/* "2026-03-01 SEK 0.1": a day, a currency, a rate. */
static void add_rates(struct kf_buf *b, const struct kf_config_rates *r)
{
    kf_buf_adds(b, "rates:\n");
    if (r->carry)
        kf_buf_adds(b, "  carry: true\n");
    if (r->file.path) {
        kf_buf_adds(b, "  file: ");
        quoted(b, r->file.path);
        kf_buf_addc(b, '\n');
    }
    for (uint32_t i = 0; i < r->n_value; i++) {
        const char *v = r->value[i];
        if (i == 0 || strncmp(r->value[i - 1], v, 10) != 0)
            kf_buf_addf(b, "  \"%.10s\":\n", v);
        kf_buf_addf(b, "    %.3s: \"%s\"\n", v + 11, v + 15);
    }
    if (!r->carry && !r->file.path && !r->n_value)
        kf_buf_adds(b, "  {}\n");
}

static void add_destination(struct kf_buf *b, const struct kf_config_destination *d)
{
    kf_buf_adds(b, "  - name: ");
    quoted(b, d->name);
    kf_buf_adds(b, "\n    plugin: ");
    quoted(b, d->plugin);
    kf_buf_adds(b, d->hash_identifiers ? "\n    hash: true\n" : "\n");
}

/* The properties that are amounts where kinfold.yaml names none (RULES 2). */
static bool default_money(const struct kf_config_setting *s)
{
    static const char *const names[] = {"discount", "price",    "refund", "revenue",
                                        "shipping", "subtotal", "tax",    "total"};
    bool same = s->n_value == sizeof names / sizeof *names;
    for (uint32_t i = 0; same && i < s->n_value; i++)
        same = strcmp(names[i], s->value[i]) == 0;
    return same;
}

/* In the order of c->setting, so that the order in kinfold.yaml is nothing. */
static void write(const struct kf_config *c, struct kf_buf *b)
{
    const char *section = "";
    kf_buf_adds(b, HEAD);
    for (uint32_t i = 0; i < c->n_setting; i++) {
        const struct kf_config_setting *s = &c->setting[i];
        bool first = strcmp(section, s->what) != 0;
        section = s->what;
        if (strcmp(s->what, "zone") == 0 && strcmp(c->zone_name, "UTC") != 0) {
            kf_buf_adds(b, "zone: ");
            quoted(b, c->zone_name);
            kf_buf_addc(b, '\n');
        } else if (strcmp(s->what, "currency") == 0 && strcmp(c->currency, "EUR") != 0) {
            kf_buf_addf(b, "currency: %s\n", c->currency);
        } else if (strcmp(s->what, "money") == 0 && !default_money(s)) {
            kf_buf_adds(b, "money:\n");
            add_values(b, s->value, s->n_value);
        } else if (strcmp(s->what, "rates") == 0) {
            add_rates(b, &c->rates_said);
        } else if (strcmp(s->what, "list") == 0) {
            if (first)
                kf_buf_adds(b, "lists:\n");
            add_list(b, kf_config_find_list(c, s->name));
        } else if (strcmp(s->what, "destination") == 0) {
            if (first)
                kf_buf_adds(b, "destinations:\n");
            for (uint32_t k = 0; k < c->n_destination; k++)
                if (strcmp(c->destination[k].name, s->name) == 0)
                    add_destination(b, &c->destination[k]);
        }
    }
}

void kf_schema_settings(struct kf_config *c, struct kf_arena *arena)
{
    struct kf_config_setting *s =
        kf_arena_zalloc(arena, (c->n_list + c->n_destination + 4u) * sizeof *s);
    uint32_t n = 0;
    struct kf_buf b = {0};
    s[n] = (struct kf_config_setting){.what = "zone", .name = ""};
    add_part(&s[n++], "zone", c->zone_name);
    s[n] = (struct kf_config_setting){.what = "currency", .name = ""};
    add_part(&s[n++], "currency", c->currency);
    money_setting(c, arena, &s[n++]);
    if (c->rates_said.line)
        rates_setting(&c->rates_said, &s[n++]);
    for (uint32_t i = 0; i < c->n_list; i++)
        list_setting(&c->list[i], &s[n++]);
    for (uint32_t i = 0; i < c->n_destination; i++)
        destination_setting(&c->destination[i], &s[n++]);
    qsort(s, n, sizeof *s, setting_cmp);
    c->setting = s;
    c->n_setting = n;
    write(c, &b);
    c->settings = kf_str(kf_arena_strndup(arena, b.p, b.n), b.n);
    kf_buf_free(&b);
}

bool kf_settings_default(struct kf_str settings)
{
    return kf_str_eq(settings, kf_str(HEAD, sizeof HEAD - 1));
}
