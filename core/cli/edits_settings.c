/* Settings of kinfold.yaml that differ, as text and as JSON. Values may name people. */
#include "cli/edits.h"
#include "cli/session.h"

#define SHOWN 12u /* values that came, and that went; JSON has all */

static const struct kf_config_setting *shown(const struct kf_compared_setting *c)
{
    return c->after ? c->after : c->before;
}

/* ---- whom values name ---- */

/* What is asked whether it is in the list: the name beside the test, else the nearest above. */
static enum kf_personal asked_of(const struct kf_node *n, struct kf_str name, struct kf_str subject)
{
    enum kf_personal found = KF_PERSONAL_NONE;
    if (n->op == KF_T_IN_LIST)
        return kf_str_eq(n->name, name) ? kf_personal_kind(subject, NULL) : KF_PERSONAL_NONE;
    if (n->name.n)
        subject = n->name;
    for (uint32_t i = 0; i < n->kids; i++)
        if (n->kid[i]->cls == KF_CLASS_EXPR && n->kid[i]->name.n)
            subject = n->kid[i]->name;
    for (uint32_t i = 0; i < n->kids && !found; i++)
        found = asked_of(n->kid[i], name, subject);
    return found;
}

/* A list by which people are suppressed holds identifiers, whatever they look like. */
static enum kf_personal list_personal(const struct kf_ruleset *s, const char *list)
{
    enum kf_personal found = KF_PERSONAL_NONE;
    for (uint32_t i = 0; s && i < s->n && !found; i++) {
        const struct kf_rule *r = s->rule[i];
        const char *of = r->kind == KF_KIND_SUPPRESS ? kf_rule_text(r, "list", NULL) : NULL;
        found = of && strcmp(of, list) == 0 ? KF_PERSONAL_OTHER
                                            : asked_of(r->body, kf_cstr(list), kf_str("", 0));
    }
    return found;
}

static bool is_phone(const char *v)
{
    size_t n = strspn(v, "+0123456789 -/()");
    return v[n] == '\0' && n >= 7 && (v[0] == '+' || v[0] == '0');
}

/* More than one address: nobody by itself. */
static bool is_network(const char *v)
{
    const char *slash = strchr(v, '/');
    return slash && v[strspn(v, "0123456789abcdefABCDEF.:/")] == '\0' &&
           strcmp(slash, strchr(v, ':') ? "/128" : "/32") != 0;
}

static enum kf_personal personal(const struct kf_settings_shown *w,
                                 const struct kf_compared_setting *c, const char *value)
{
    const struct kf_config_setting *s = shown(c);
    enum kf_personal k = KF_PERSONAL_NONE;
    if (strcmp(s->what, "list") != 0 || is_network(value))
        return k;
    if (s->part[0].value && strcmp(s->part[0].value, "sha256") == 0)
        return KF_PERSONAL_OTHER;
    k = list_personal(w->after, s->name);
    if (!k)
        k = list_personal(w->before, s->name);
    return k ? k : is_phone(value) ? KF_PERSONAL_PHONE : KF_PERSONAL_NONE;
}

void kf_setting_value(const struct kf_settings_shown *w, const struct kf_compared_setting *c,
                      const struct kf_compared_part *p, bool after, struct kf_buf *out)
{
    const char *v = after ? p->is : p->was;
    if (v)
        kf_mask_add(out, p->value ? personal(w, c, v) : KF_PERSONAL_NONE, kf_cstr(v), w->reveal);
}

/* ---- names ---- */

void kf_setting_name(const struct kf_compared_setting *c, struct kf_buf *out)
{
    const struct kf_config_setting *s = shown(c);
    kf_buf_addf(out, "%s%s%s", s->what, *s->name ? " " : "", s->name);
}

void kf_setting_place(const struct kf_compared_setting *c, struct kf_buf *out)
{
    kf_buf_adds(out, "kinfold.yaml");
    if (c->after && c->after->line)
        kf_buf_addf(out, ":%u", c->after->line);
}

void kf_settings_differ(const struct kf_compare *c, struct kf_buf *out)
{
    for (uint32_t i = 0; i < c->n_setting; i++) {
        const struct kf_compared_setting *s = &c->setting[i];
        kf_buf_adds(out, i ? ", " : "");
        kf_setting_name(s, out);
        kf_buf_addf(out, " %s", kf_compare_word(s->change));
        if (!s->values_added && !s->values_removed)
            continue;
        kf_buf_addf(out, " (+%u -%u values)", s->values_added, s->values_removed);
    }
}

void kf_compare_count(const struct kf_compare *c, struct kf_buf *out)
{
    if (c->n_meaning && c->n_setting) {
        kf_count_add(out, c->n_meaning, "rule", NULL);
        kf_buf_adds(out, " and ");
        kf_count_add(out, c->n_setting, "setting of kinfold.yaml differ",
                     "settings of kinfold.yaml differ");
    } else if (c->n_setting) {
        kf_count_add(out, c->n_setting, "setting of kinfold.yaml differs",
                     "settings of kinfold.yaml differ");
    } else {
        kf_count_add(out, c->n_meaning, "rule differs", "rules differ");
    }
}

/* ---- text ---- */

static void part(const struct kf_settings_shown *w, const struct kf_compared_setting *c,
                 const struct kf_compared_part *p, struct kf_buf *out)
{
    struct kf_buf was = {0}, is = {0};
    kf_setting_value(w, c, p, false, &was);
    kf_setting_value(w, c, p, true, &is);
    kf_buf_addf(out, "      %s  ", p->path);
    if (was.n && is.n) {
        kf_style_add(out, w->colour, KF_RED, was.p);
        kf_buf_adds(out, " \xe2\x86\x92 ");
        kf_style_add(out, w->colour, KF_GREEN, is.p);
    } else {
        kf_style_add(out, w->colour, is.n ? KF_GREEN : KF_RED, is.n ? "+ " : "- ");
        kf_style_add(out, w->colour, is.n ? KF_GREEN : KF_RED, is.n ? is.p : was.n ? was.p : "");
    }
    kf_buf_addc(out, '\n');
    kf_buf_free(&was);
    kf_buf_free(&is);
}

static void parts(const struct kf_settings_shown *w, const struct kf_compared_setting *c,
                  struct kf_buf *out)
{
    uint32_t came = 0, went = 0;
    for (uint32_t i = 0; i < c->n_part; i++) {
        const struct kf_compared_part *p = &c->part[i];
        if (!p->value || (p->is ? came++ : went++) < SHOWN)
            part(w, c, p, out);
    }
    if (came > SHOWN || went > SHOWN)
        kf_buf_addf(out, "      values  in all +%u -%u\n", came, went);
}

void kf_settings_text(const struct kf_compare *c, const struct kf_settings_shown *w,
                      struct kf_buf *out)
{
    for (uint32_t i = 0; i < c->n_setting; i++) {
        struct kf_buf place = {0};
        kf_setting_place(&c->setting[i], &place);
        kf_buf_addf(out, "  %-7s  ", kf_compare_word(c->setting[i].change));
        kf_setting_name(&c->setting[i], out);
        kf_buf_adds(out, "  ");
        kf_style_add(out, w->colour, KF_DIM, place.p);
        kf_buf_addc(out, '\n');
        kf_buf_free(&place);
        parts(w, &c->setting[i], out);
    }
}

/* ---- JSON ---- */

static void part_json(struct kf_json *j, const struct kf_settings_shown *w,
                      const struct kf_compared_setting *c, const struct kf_compared_part *p)
{
    kf_json_open(j, NULL, '{');
    kf_json_text(j, "path", p->path);
    kf_json_text(j, "change", !p->was ? "added" : !p->is ? "removed" : "changed");
    for (int after = 0; after < 2; after++) {
        struct kf_buf b = {0};
        kf_setting_value(w, c, p, after, &b);
        kf_json_text(j, after ? "after" : "before", b.p);
        kf_buf_free(&b);
    }
    kf_json_close(j, '}');
}

void kf_settings_json(struct kf_json *j, const char *key, const struct kf_compare *c,
                      const struct kf_settings_shown *w)
{
    kf_json_open(j, key, '[');
    for (uint32_t i = 0; i < c->n_setting; i++) {
        const struct kf_compared_setting *s = &c->setting[i];
        struct kf_buf place = {0};
        kf_setting_place(s, &place);
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "change", kf_compare_word(s->change));
        kf_json_text(j, "setting", shown(s)->what);
        kf_json_text(j, "name", *shown(s)->name ? shown(s)->name : NULL);
        kf_json_text(j, "where", place.p);
        kf_json_count(j, "values_added", s->values_added);
        kf_json_count(j, "values_removed", s->values_removed);
        kf_json_open(j, "edits", '[');
        for (uint32_t k = 0; k < s->n_part; k++)
            part_json(j, w, s, &s->part[k]);
        kf_json_close(j, ']');
        kf_json_close(j, '}');
        kf_buf_free(&place);
    }
    kf_json_close(j, ']');
}
