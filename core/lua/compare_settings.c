/* What two configurations decide differently by themselves: lists, zone, currency, rates. */
#include <string.h>

#include "lua/compare_internal.h"

static int order(const struct kf_config_setting *a, const struct kf_config_setting *b)
{
    int r = strcmp(a->what, b->what);
    return r ? r : strcmp(a->name, b->name);
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static void add(struct kf_compared_setting *c, const char *path, const char *was, const char *is,
                bool value)
{
    struct kf_compared_part *p = (struct kf_compared_part *)c->part + c->n_part++;
    *p = (struct kf_compared_part){path, was, is, value};
    c->values_added += value && is;
    c->values_removed += value && was;
}

/* Both are sorted. A list's are said to be its "values", whatever they are. */
static void values(struct kf_compared_setting *c)
{
    static const struct kf_config_setting none;
    const struct kf_config_setting *a = c->before ? c->before : &none,
                                   *b = c->after ? c->after : &none;
    for (uint32_t i = 0, k = 0; i < a->n_value || k < b->n_value;) {
        int r = i == a->n_value ? 1 : k == b->n_value ? -1 : strcmp(a->value[i], b->value[k]);
        if (r != 0)
            add(c, "values", r < 0 ? a->value[i] : NULL, r > 0 ? b->value[k] : NULL, true);
        i += r <= 0;
        k += r >= 0;
    }
}

/* Both sides of a setting have the same parts in the same places. */
static void compare(struct kf_compared_setting *c, struct kf_arena *arena)
{
    const struct kf_config_setting *a = c->before, *b = c->after, *one = b ? b : a;
    c->change = !a ? KF_COMPARE_ADDED : !b ? KF_COMPARE_REMOVED : KF_COMPARE_CHANGED;
    c->part =
        kf_arena_alloc(arena, (one->n_part + (a ? a->n_value : 0u) + (b ? b->n_value : 0u) + 1u) *
                                  sizeof *c->part);
    for (uint32_t i = 0; i < one->n_part; i++) {
        const char *was = a ? a->part[i].value : NULL, *is = b ? b->part[i].value : NULL;
        if (!same(was, is))
            add(c, one->part[i].key, was, is, false);
    }
    values(c);
}

void kf_compare_settings(const struct kf_config *a, const struct kf_config *b,
                         struct kf_compare *ret)
{
    if (!a || !b || kf_str_eq(a->settings, b->settings))
        return;
    struct kf_compared_setting *all =
        kf_arena_zalloc(&ret->arena, (a->n_setting + b->n_setting + 1u) * sizeof *all);
    uint32_t n = 0;
    for (uint32_t i = 0, k = 0; i < a->n_setting || k < b->n_setting;) {
        int r = i == a->n_setting   ? 1
                : k == b->n_setting ? -1
                                    : order(&a->setting[i], &b->setting[k]);
        all[n] = (struct kf_compared_setting){.before = r <= 0 ? &a->setting[i++] : NULL,
                                              .after = r >= 0 ? &b->setting[k++] : NULL};
        compare(&all[n], &ret->arena);
        n += all[n].n_part != 0 || all[n].change != KF_COMPARE_CHANGED;
    }
    ret->setting = all;
    ret->n_setting = n;
}
