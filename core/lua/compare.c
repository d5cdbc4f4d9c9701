#include "lua/compare.h"

#include "lua/canonical.h"
#include "lua/compare_internal.h"

#include <stdlib.h>
#include <string.h>

static int rule_order(const struct kf_rule *a, const struct kf_rule *b)
{
    return a->kind != b->kind ? (int)a->kind - (int)b->kind : strcmp(a->name, b->name);
}

static const struct kf_rule *shown(const struct kf_compared *c)
{
    return c->after ? c->after : c->before;
}

static int by_rule(const void *a, const void *b)
{
    return rule_order(shown(a), shown(b));
}

static bool says_the_same(const struct kf_rule *a, const struct kf_rule *b)
{
    struct kf_buf x = {0}, y = {0};
    kf_rule_canonical(a, true, &x);
    kf_rule_canonical(b, true, &y);
    bool same = kf_str_eq(kf_str(x.p, x.n), kf_str(y.p, y.n));
    kf_buf_free(&x);
    kf_buf_free(&y);
    return same;
}

/* ---- renamed: the only one of its kind that went, with the body of the only one that came ---- */

static bool same_body(const struct kf_rule *a, const struct kf_rule *b)
{
    struct kf_rule x = *a, y = *b;
    struct kf_buf p = {0}, q = {0};
    x.name = y.name = "";
    kf_rule_canonical(&x, false, &p);
    kf_rule_canonical(&y, false, &q);
    bool same = a->kind == b->kind && kf_str_eq(kf_str(p.p, p.n), kf_str(q.p, q.n));
    kf_buf_free(&p);
    kf_buf_free(&q);
    return same;
}

/* The only other change with the same body; KF_ALIGN_NONE: none, or several. */
static uint32_t body_twin(const struct kf_compare *c, uint32_t of, enum kf_compare_change change)
{
    uint32_t found = KF_ALIGN_NONE;
    for (uint32_t i = 0; i < c->n; i++) {
        if (i == of || c->rule[i].change != change ||
            !same_body(shown(&c->rule[i]), shown(&c->rule[of])))
            continue;
        if (found != KF_ALIGN_NONE)
            return KF_ALIGN_NONE;
        found = i;
    }
    return found;
}

static void find_renamed(struct kf_compare *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        if (c->rule[i].change != KF_COMPARE_ADDED ||
            body_twin(c, i, KF_COMPARE_ADDED) != KF_ALIGN_NONE)
            continue;
        uint32_t k = body_twin(c, i, KF_COMPARE_REMOVED);
        if (k == KF_ALIGN_NONE)
            continue;
        c->rule[i].change = KF_COMPARE_RENAMED;
        c->rule[i].before = c->rule[k].before;
        memmove(c->rule + k, c->rule + k + 1, (c->n - k - 1) * sizeof *c->rule);
        c->n--;
        if (k < i)
            i--;
    }
}

/* ---- rule sets ---- */

static void compare_pair(struct kf_compare *c, const struct kf_rule *a, const struct kf_rule *b)
{
    struct kf_compared r = {.before = a, .after = b};
    if (a && b && says_the_same(a, b))
        return;
    if (a && b) {
        r.n_edit = kf_compare_pair(a, b, &c->arena, &r.edit);
        r.change = kf_str_eq(a->digest, b->digest) ? KF_COMPARE_TEXT : KF_COMPARE_CHANGED;
    } else {
        r.change = a ? KF_COMPARE_REMOVED : KF_COMPARE_ADDED;
    }
    c->rule[c->n++] = r;
}

/* Both lists in order of (kind, name). */
static void compare_lists(const struct kf_rule *const *a, uint32_t na,
                          const struct kf_rule *const *b, uint32_t nb, struct kf_compare *ret)
{
    struct kf_compare c = {0};
    c.rule = kf_arena_zalloc(&c.arena, (na + nb + 1u) * sizeof *c.rule);
    for (uint32_t i = 0, k = 0; i < na || k < nb;) {
        int order = i == na ? 1 : k == nb ? -1 : rule_order(a[i], b[k]);
        const struct kf_rule *x = order <= 0 ? a[i++] : NULL, *y = order >= 0 ? b[k++] : NULL;
        compare_pair(&c, x, y);
    }
    find_renamed(&c);
    qsort(c.rule, c.n, sizeof *c.rule, by_rule);
    for (uint32_t i = 0; i < c.n; i++)
        c.n_meaning += c.rule[i].change != KF_COMPARE_TEXT;
    *ret = c;
}

void kf_compare_rules(const struct kf_ruleset *a, const struct kf_ruleset *b,
                      struct kf_compare *ret)
{
    compare_lists(a ? a->rule : NULL, a ? a->n : 0, b->rule, b->n, ret);
    if (a)
        kf_compare_settings(a->config, b->config, ret);
}

static int by_name(const void *a, const void *b)
{
    return rule_order(*(const struct kf_rule *const *)a, *(const struct kf_rule *const *)b);
}

static const struct kf_rule *const *sorted(const struct kf_ruleset *s, struct kf_arena *arena)
{
    const struct kf_rule **r = kf_arena_alloc(arena, (s->n_scenario + 1u) * sizeof *r);
    if (s->n_scenario)
        memcpy(r, s->scenario, s->n_scenario * sizeof *r);
    qsort(r, s->n_scenario, sizeof *r, by_name);
    return r;
}

void kf_compare_scenarios(const struct kf_ruleset *a, const struct kf_ruleset *b,
                          struct kf_compare *ret)
{
    struct kf_arena arena = {0};
    const struct kf_rule *const *x = sorted(a, &arena), *const *y = sorted(b, &arena);
    compare_lists(x, a->n_scenario, y, b->n_scenario, ret);
    kf_arena_free(&arena);
}

void kf_compare_free(struct kf_compare *c)
{
    kf_arena_free(&c->arena);
    *c = (struct kf_compare){0};
}

struct kf_str kf_edit_setting(const struct kf_edit *e)
{
    return kf_str(e->path, strcspn(e->path, ".["));
}

const char *kf_compare_word(enum kf_compare_change c)
{
    static const char *const word[] = {"added", "removed", "changed", "renamed", "text"};
    return word[c];
}
