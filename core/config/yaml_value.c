/* What a scalar of the YAML means. */
#include "config/yaml.h"

#include <ctype.h>
#include <stdlib.h>

const struct kf_yaml_item *kf_yaml_get(const struct kf_yaml *map, const char *key)
{
    if (!map || map->kind != KF_YAML_MAP)
        return NULL;
    for (uint32_t i = 0; i < map->n; i++)
        if (strcmp(map->item[i].key, key) == 0)
            return &map->item[i];
    return NULL;
}

bool kf_yaml_is_null(const struct kf_yaml *y)
{
    return y->kind == KF_YAML_SCALAR && !y->quoted &&
           (!*y->text || strcmp(y->text, "~") == 0 || strcmp(y->text, "null") == 0);
}

const char *kf_yaml_kind_name(const struct kf_yaml *y)
{
    if (y->kind == KF_YAML_LIST)
        return "a list";
    return y->kind == KF_YAML_MAP ? "a mapping" : "a text";
}

bool kf_yaml_bool(const struct kf_yaml *y, bool *ret)
{
    static const char *const yes[] = {"true", "yes", "on"};
    static const char *const no[] = {"false", "no", "off"};
    if (y->kind != KF_YAML_SCALAR || y->quoted)
        return false;
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(y->text, yes[i]) == 0 || strcmp(y->text, no[i]) == 0) {
            *ret = strcmp(y->text, yes[i]) == 0;
            return true;
        }
    }
    return false;
}

bool kf_yaml_duration(const char *text, int64_t *ret)
{
    int64_t n = 0;
    const char *s = text;
    if (!isdigit((unsigned char)*s))
        return false;
    for (; isdigit((unsigned char)*s); s++) {
        if (n > 100000000000LL)
            return false;
        n = n * 10 + (*s - '0');
    }
    int64_t unit = *s == 's'   ? KF_SECOND
                   : *s == 'm' ? KF_MINUTE
                   : *s == 'h' ? KF_HOUR
                   : *s == 'd' ? KF_DAY
                   : *s == 'w' ? 7 * KF_DAY
                               : 0;
    if (*s == 0 && n == 0) { /* zero needs no unit */
        *ret = 0;
        return true;
    }
    if (!unit || s[1] || n > INT64_MAX / 2 / unit)
        return false;
    *ret = n * unit;
    return true;
}

/* The number grammar of JSON, so that 007 or 1_000 stay texts. */
static bool is_number(const char *s)
{
    if (*s == '-')
        s++;
    if (*s == '0')
        s++;
    else if (*s >= '1' && *s <= '9')
        while (isdigit((unsigned char)*s))
            s++;
    else
        return false;
    if (*s == '.') {
        if (!isdigit((unsigned char)*++s))
            return false;
        while (isdigit((unsigned char)*s))
            s++;
    }
    if (*s == 'e' || *s == 'E') {
        s++;
        if (*s == '+' || *s == '-')
            s++;
        if (!isdigit((unsigned char)*s))
            return false;
        while (isdigit((unsigned char)*s))
            s++;
    }
    return *s == 0;
}

void kf_yaml_json(const struct kf_yaml *y, struct kf_buf *out)
{
    if (y->kind == KF_YAML_SCALAR) {
        if (kf_yaml_is_null(y))
            kf_buf_adds(out, "null");
        else if (!y->quoted && (is_number(y->text) || strcmp(y->text, "true") == 0 ||
                                strcmp(y->text, "false") == 0))
            kf_buf_adds(out, y->text);
        else
            kf_buf_add_json(out, kf_cstr(y->text));
        return;
    }
    bool map = y->kind == KF_YAML_MAP;
    kf_buf_addc(out, map ? '{' : '[');
    for (uint32_t i = 0; i < y->n; i++) {
        if (i)
            kf_buf_addc(out, ',');
        if (map) {
            kf_buf_add_json(out, kf_cstr(y->item[i].key));
            kf_buf_addc(out, ':');
        }
        kf_yaml_json(y->item[i].value, out);
    }
    kf_buf_addc(out, map ? '}' : ']');
}
