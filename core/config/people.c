/* The section `approval`: who has to agree to a rule set, and whose signature that is. */
#include "config/approval.h"
#include "config/schema.h"

#include <sodium.h>

static const char *const roles[KF_ROLES] = {"privacy", "analytics", "publish", "sources"};
#define REQUIRABLE 2 /* the first two of them */

const char *kf_role_name(enum kf_role r)
{
    return roles[r];
}

void kf_roles_add(struct kf_buf *out, unsigned bits)
{
    for (unsigned r = 0; r < KF_ROLES; r++)
        if (bits & 1u << r) {
            bits &= ~(1u << r);
            kf_buf_addf(out, "%s%s", roles[r], !bits ? "" : bits & (bits - 1) ? ", " : " and ");
        }
}

bool kf_config_holds(const struct kf_config *c, const struct kf_config_person *p, enum kf_role role)
{
    if (p->roles & 1u << role)
        return true;
    if (role < REQUIRABLE)
        return false;
    for (uint32_t i = 0; i < c->n_person; i++)
        if (c->person[i].roles & 1u << role)
            return false;
    return p->roles != 0;
}

/* ---- keys ---- */

#define KEY_PREFIX "ed25519:"
#define KEY_DIGITS 44 /* of 32 bytes in base 64 */

void kf_key_format(const uint8_t key[32], char out[53])
{
    memcpy(out, KEY_PREFIX, sizeof KEY_PREFIX);
    sodium_bin2base64(out + sizeof KEY_PREFIX - 1, KEY_DIGITS + 1, key, 32,
                      sodium_base64_VARIANT_ORIGINAL);
}

bool kf_key_parse(const char *text, uint8_t ret[32])
{
    size_t n = 0, prefix = sizeof KEY_PREFIX - 1;
    uint8_t key[32];
    char again[53];
    if (strlen(text) != prefix + KEY_DIGITS || memcmp(text, KEY_PREFIX, prefix) != 0 ||
        sodium_base642bin(key, 32, text + prefix, KEY_DIGITS, NULL, &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        n != 32)
        return false;
    kf_key_format(key, again); /* one way to write a key: bits that mean nothing are zero */
    if (strcmp(again, text) != 0 || !crypto_core_ed25519_is_valid_point(key))
        return false;
    memcpy(ret, key, 32);
    return true;
}

/* ---- lists of roles ---- */

/* Bits of a list of roles, the first `n` of which may be named. */
static unsigned read_roles(struct kf_schema *s, const struct kf_yaml_item *it, size_t n)
{
    const struct kf_yaml *y = it->value;
    unsigned bits = 0;
    if (y->kind != KF_YAML_LIST) {
        kf_problem(s->p, y->line, y->column, "'%s' must be a list of roles such as [privacy]",
                   it->key);
        return 0;
    }
    for (uint32_t i = 0; i < y->n; i++) {
        struct kf_yaml_item one = y->item[i];
        one.key = it->key;
        int k = kf_schema_choice(s, &one, roles, n);
        if (k < 0)
            continue;
        if (bits & 1u << k)
            kf_problem(s->p, one.value->line, one.value->column, "the role '%s' is named twice",
                       roles[k]);
        bits |= 1u << k;
    }
    return bits;
}

/* ---- people ---- */

static void person_name(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    const char *text = kf_schema_text(s, it);
    if (text && (strlen(text) > 100 || !kf_text_plain(kf_cstr(text)) || strpbrk(text, "\n\t")))
        kf_problem(s->p, it->value->line, it->value->column,
                   "a name has at most 100 bytes and no control characters");
    else
        ((struct kf_config_person *)out)->name = text;
}

static void person_mail(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    const char *text = kf_schema_text(s, it), *at = text ? strchr(text, '@') : NULL;
    if (!text)
        return;
    if (!at || at == text || !at[1] || strchr(text, ' ') || strlen(text) > 254)
        kf_problem(s->p, it->value->line, it->value->column, "'%.60s' is no mail address", text);
    else
        ((struct kf_config_person *)out)->mail = text;
}

static void person_key(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    struct kf_config_person *p = out;
    const char *text = kf_schema_text(s, it);
    if (!text)
        return;
    if (kf_key_parse(text, p->public_key))
        p->key = text;
    else
        kf_problem(s->p, it->value->line, it->value->column,
                   "'%.60s' is no public key: paste what 'kinfold key new' printed (ed25519:...)",
                   text);
}

static void person_roles(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    ((struct kf_config_person *)out)->roles = read_roles(s, it, KF_ROLES);
}

/* The day itself counts. */
static void person_until(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    const char *text = kf_schema_text(s, it);
    int64_t t;
    bool offset;
    if (!text)
        return;
    if (strlen(text) != 10 || !kf_time_parse(kf_cstr(text), s->c->zone, &t, &offset))
        kf_problem(s->p, it->value->line, it->value->column,
                   "'until' is '%.60s' but must be a day like 2026-12-31", text);
    else
        ((struct kf_config_person *)out)->until =
            kf_time_day_start(s->c->zone, kf_time_day(s->c->zone, t) + 1);
}

static const struct kf_schema_key person_keys[] = {{"name", person_name},
                                                   {"mail", person_mail},
                                                   {"key", person_key},
                                                   {"roles", person_roles},
                                                   {"until", person_until}};

/* Two entries of one name are two keys of one person, of which the older has ended. */
static void check_person(struct kf_schema *s, const struct kf_yaml *y,
                         const struct kf_config_person *all, uint32_t i)
{
    static const char *const needed[] = {"name", "key", "roles"};
    const struct kf_config_person *p = &all[i];
    for (size_t k = 0; k < 3; k++) {
        const struct kf_yaml_item *it = kf_yaml_get(y, needed[k]);
        if (!it || kf_yaml_is_null(it->value))
            kf_problem(s->p, y->line, y->column, "a person has no '%s'", needed[k]);
        else if (k == 2 && it->value->kind == KF_YAML_LIST && !it->value->n)
            kf_problem(s->p, it->value->line, it->value->column,
                       "'roles' is empty: name what this person may sign");
    }
    for (uint32_t k = 0; k < i; k++) {
        const struct kf_yaml_item *name = kf_yaml_get(y, "name"), *key = kf_yaml_get(y, "key");
        if (p->key && all[k].key && strcmp(p->key, all[k].key) == 0)
            kf_problem(s->p, key->value->line, key->value->column,
                       "this key is that of '%s' already, in line %u",
                       all[k].name ? all[k].name : "somebody", all[k].line);
        else if (p->name && all[k].name && strcmp(p->name, all[k].name) == 0 &&
                 p->until == KF_TIME_MAX && all[k].until == KF_TIME_MAX)
            kf_problem(s->p, name->value->line, name->value->column,
                       "'%s' has a key in line %u already: say there until when it holds "
                       "(until: 2026-12-31)",
                       p->name, all[k].line);
    }
}

#define MAX_PEOPLE 1000u

static void read_people(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    struct kf_config *c = out;
    const struct kf_yaml *y = it->value;
    if (y->kind != KF_YAML_LIST || y->n > MAX_PEOPLE) {
        kf_problem(s->p, y->line, y->column,
                   "'people' must be a list: each entry starts with '- name: ...'");
        return;
    }
    struct kf_config_person *v = kf_arena_zalloc(s->arena, (y->n + 1u) * sizeof *v);
    for (uint32_t i = 0; i < y->n; i++) {
        const struct kf_yaml *e = y->item[i].value;
        v[i].line = e->line;
        v[i].column = e->column;
        v[i].until = KF_TIME_MAX;
        kf_schema_map(s, e, "a person", person_keys, sizeof person_keys / sizeof *person_keys,
                      &v[i]);
        if (e->kind == KF_YAML_MAP)
            check_person(s, e, v, i);
    }
    c->person = v;
    c->n_person = y->n;
}

/* ---- the section ---- */

static void read_required(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    struct kf_config *c = out;
    c->approval_roles = read_roles(s, it, REQUIRABLE);
}

static void read_four_eyes(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    kf_schema_bool(s, it, &((struct kf_config *)out)->four_eyes);
}

static const struct kf_schema_key approval_keys[] = {
    {"required", read_required}, {"four_eyes", read_four_eyes}, {"people", read_people}};

/* How many people hold the role, two keys of one name being one; *ret the first. */
static uint32_t holders(const struct kf_config *c, unsigned role, const char **ret)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n_person; i++) {
        const struct kf_config_person *p = &c->person[i];
        if (!(p->roles & 1u << role) || !p->name || (n && strcmp(p->name, *ret) == 0))
            continue;
        if (n++ == 0)
            *ret = p->name;
    }
    return n;
}

/* Demands that nobody can ever meet. */
static void check_possible(struct kf_schema *s, const struct kf_yaml_item *it)
{
    const struct kf_config *c = s->c;
    const char *only = NULL;
    const struct kf_yaml_item *people = kf_yaml_get(it->value, "people");
    uint32_t line = people ? people->line : it->line, column = people ? people->column : it->column;
    for (unsigned r = 0; r < REQUIRABLE; r++) {
        const char *first = NULL;
        if (!(c->approval_roles & 1u << r))
            continue;
        uint32_t n = holders(c, r, &first);
        if (!n)
            kf_problem(s->p, line, column,
                       "the role '%s' is required, but nobody in 'people' may sign for it",
                       roles[r]);
        else if (n == 1 && only && c->four_eyes && strcmp(only, first) == 0)
            kf_problem(s->p, line, column,
                       "nothing can ever be approved: four eyes are demanded, and only '%s' holds "
                       "the required roles (name another, or say four_eyes: false)",
                       only);
        if (n == 1)
            only = first;
    }
}

void kf_schema_approval(struct kf_schema *s, const struct kf_yaml_item *it, void *out)
{
    static const char *const words[] = {"none", "required"};
    struct kf_config *c = out;
    if (it->value->kind == KF_YAML_MAP) {
        c->approval_roles = (1u << REQUIRABLE) - 1; /* unless the block says otherwise */
        kf_schema_map(s, it->value, "'approval'", approval_keys,
                      sizeof approval_keys / sizeof *approval_keys, c);
        check_possible(s, it);
    } else if (kf_schema_choice(s, it, words, 2) == 1) {
        c->approval_roles = (1u << REQUIRABLE) - 1;
    }
    c->approval_required = c->approval_roles != 0;
}
