/* Types of properties: where nearly all events of a name have a number, a text is a mistake. Where
 * texts are usual, a number is just a text of digits. */
#include "quality/quality_internal.h"

#include "base/error.h"

#include <stdlib.h>

#define LEAST 20u /* values, before anything is usual */
#define USUAL 95u /* percent */
#define CELLS 1u << 20

enum kind { NUMBER, TRUTH, TEXT, KINDS };

struct type_cell {
    uint64_t key; /* name << 32 | key; 0: free */
    uint64_t n[KINDS];
};

struct kf_type_table {
    struct type_cell *cell;
    size_t cap, n;  /* cap: a power of two */
    uint8_t *mixed; /* [keys + 1] some name has odd texts under the key: few keys are looked up */
    uint32_t keys;
};

static enum kind kind_of(uint8_t type)
{
    switch (type) {
    case KF_V_DEC:
    case KF_V_DOUBLE:
        return NUMBER;
    case KF_V_TRUE:
    case KF_V_FALSE:
        return TRUTH;
    case KF_V_TEXT:
        return TEXT;
    default:
        return KINDS;
    }
}

static struct type_cell *find(const struct kf_type_table *t, uint64_t key)
{
    size_t i = (key * 0x9e3779b97f4a7c15u >> 32) & (t->cap - 1);
    while (t->cell[i].key && t->cell[i].key != key)
        i = (i + 1) & (t->cap - 1);
    return &t->cell[i];
}

static bool grow(struct kf_type_table *t)
{
    struct kf_type_table more = {
        .cell = calloc(t->cap * 2, sizeof *more.cell), .cap = t->cap * 2, .n = t->n};
    if (!more.cell)
        return false;
    for (size_t i = 0; i < t->cap; i++)
        if (t->cell[i].key)
            *find(&more, t->cell[i].key) = t->cell[i];
    free(t->cell);
    t->cell = more.cell;
    t->cap = more.cap;
    return true;
}

static bool count(struct kf_type_table *t, uint32_t name, uint32_t key, enum kind kind)
{
    uint64_t k = (uint64_t)name << 32 | key;
    struct type_cell *c = find(t, k);
    if (!c->key) {
        if (t->n >= (CELLS))
            return true; /* names without end are reported as such */
        if (2 * (t->n + 1) > t->cap) {
            if (!grow(t))
                return false;
            c = find(t, k);
        }
        c->key = k;
        t->n++;
    }
    c->n[kind]++;
    return true;
}

static bool count_event(struct kf_type_table *t, const struct pass *p, const uint8_t *is_property,
                        uint32_t event)
{
    const uint8_t *at = NULL;
    uint32_t key;
    struct kf_val v;
    while (kf_body_next(p->e, event, &at, &key, &v)) {
        enum kind kind = kind_of(v.type);
        if (key <= p->keys && is_property[key] && kind != KINDS && !(kind == TEXT && !v.text.n) &&
            !count(t, p->e->what[event].name, key, kind))
            return false;
    }
    return true;
}

static bool is_odd(const struct type_cell *c)
{
    uint64_t all = c->n[NUMBER] + c->n[TRUTH] + c->n[TEXT];
    uint64_t most = c->n[NUMBER] > c->n[TRUTH] ? c->n[NUMBER] : c->n[TRUTH];
    return c->n[TEXT] && all >= LEAST && most * 100 >= all * USUAL;
}

static void mark_mixed(struct kf_type_table *t)
{
    for (size_t i = 0; i < t->cap; i++)
        if (t->cell[i].key && is_odd(&t->cell[i]))
            t->mixed[(uint32_t)t->cell[i].key] = 1;
}

int kf_types_new(const struct pass *p, struct kf_type_table **ret)
{
    const struct kf_events *e = p->e;
    struct kf_type_table *t = calloc(1, sizeof *t);
    uint8_t *is_property = calloc(p->keys + 1u, 1);
    bool ok = t && is_property;
    if (ok) {
        t->cap = 1024;
        t->keys = p->keys;
        t->cell = calloc(t->cap, sizeof *t->cell);
        t->mixed = calloc(p->keys + 1u, 1);
        ok = t->cell && t->mixed;
    }
    for (uint32_t k = 1; ok && k <= p->keys; k++) {
        struct kf_str path = kf_symbols_text(e->dict->key, k);
        is_property[k] = path.n > 11 && memcmp(path.p, "properties.", 11) == 0;
    }
    for (uint32_t i = 0; ok && i < e->n; i++)
        if (!e->dropped[i] && e->what[i].name && kf_pass_has(p, i))
            ok = count_event(t, p, is_property, i);
    free(is_property);
    if (!ok) {
        kf_types_free(t);
        return KF_E_NOMEM;
    }
    mark_mixed(t);
    *ret = t;
    return 0;
}

void kf_types_free(struct kf_type_table *t)
{
    if (!t)
        return;
    free(t->cell);
    free(t->mixed);
    free(t);
}

bool kf_types_odd(const struct kf_type_table *t, uint32_t name, uint32_t key, uint8_t type)
{
    if (kind_of(type) != TEXT || key > t->keys || !t->mixed[key])
        return false;
    const struct type_cell *c = find(t, (uint64_t)name << 32 | key);
    return c->key && is_odd(c);
}
