/* Filters that compare rows with each other: they act on what is left so far. A row that is only
 * perhaps there makes others perhaps the first or the newest; how many there are at least and at
 * most stays exact. */
#include "lua/eval_internal.h"

static int64_t first_leaving(const struct kf_sel *s)
{
    int64_t t = KF_TIME_MAX;
    for (uint32_t i = 0; i < s->n; i++)
        t = kf_min64(t, s->row[i].leaves);
    return t;
}

enum { SEEN_PERHAPS = 1, SEEN = 2 };

struct kf_sel *kf_filter_once_per(struct kf_eval *ev, const struct kf_sel *s,
                                  const struct kf_node *f)
{
    struct kf_row *out;
    struct kf_sel *c = kf_sel_copy(ev, s, &out);
    struct kf_keyset seen = kf_keyset_new(ev, s->n);
    bool fresh;
    c->lo = 0;
    if (c->hi != UINT32_MAX)
        c->hi = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        const struct kf_vkey *key;
        struct kf_row r = s->row[i];
        uint32_t n = kf_row_keys(ev, &r, f->kid, 1, &key), before = 0;
        for (uint32_t k = 0; k < n; k++) {
            uint32_t *state = kf_keyset_put(ev, &seen, &key[k], &fresh);
            before |= *state;
            *state |= r.truth == KF_TRUE ? SEEN : SEEN_PERHAPS;
        }
        if (before & SEEN)
            continue;
        c->lo += r.truth == KF_TRUE;
        if (c->hi != UINT32_MAX)
            c->hi += !before;
        if (before)
            r.truth = KF_UNDECIDED;
        out[c->n++] = r;
    }
    if (c->n < s->n) /* when the first leaves, the second is the first */
        c->changes = kf_min64(c->changes, first_leaving(s));
    return c;
}

struct kf_sel *kf_filter_newest(struct kf_eval *ev, const struct kf_sel *s, uint32_t n)
{
    struct kf_row *out;
    struct kf_sel *c = kf_sel_copy(ev, s, &out);
    uint32_t sure = 0, any = 0, from = s->n;
    while (from > 0 && sure < n) {
        from--;
        out[from] = s->row[from];
        if (any >= n)
            out[from].truth = KF_UNDECIDED;
        any++;
        sure += s->row[from].truth == KF_TRUE;
    }
    c->row = out + from;
    c->n = s->n - from;
    c->lo = s->lo < n ? s->lo : n;
    c->hi = s->hi < n ? s->hi : n;
    c->changes = kf_min64(c->changes, c->enters);
    return c;
}

struct kf_sel *kf_filter_oldest(struct kf_eval *ev, const struct kf_sel *s, uint32_t n)
{
    struct kf_row *out;
    struct kf_sel *c = kf_sel_copy(ev, s, &out);
    uint32_t sure = 0;
    for (uint32_t i = 0; i < s->n && sure < n; i++) {
        out[i] = s->row[i];
        if (i >= n)
            out[i].truth = KF_UNDECIDED;
        sure += s->row[i].truth == KF_TRUE;
        c->n++;
    }
    c->lo = s->lo < n ? s->lo : n;
    c->hi = s->hi < n ? s->hi : n;
    if (c->n < s->n)
        c->changes = kf_min64(c->changes, first_leaving(s));
    return c;
}

/* ---- elements ---- */

static uint32_t count_elements(struct kf_eval *ev, const struct kf_sel *s, const struct kf_prop *p)
{
    struct kf_val v;
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++)
        if (kf_row_list(ev, &s->row[i], p, &v))
            n += v.type == KF_V_LIST ? v.count : 1;
    return n;
}

struct kf_sel *kf_filter_each(struct kf_eval *ev, const struct kf_sel *s, const struct kf_node *f)
{
    const struct kf_prop *p = &kf_pnode(ev, f)->prop;
    struct kf_sel *c = kf_arena_alloc(&ev->scratch, sizeof *c);
    *c = *s;
    c->n = 0;
    uint32_t cap = count_elements(ev, s, p);
    struct kf_row *out = kf_arena_alloc(&ev->scratch, (cap + 1u) * sizeof *out);
    struct kf_val *elem = kf_arena_alloc(&ev->scratch, (cap + 1u) * sizeof *elem);
    if (c->hi != UINT32_MAX)
        c->hi = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        struct kf_val v, e;
        const uint8_t *at = NULL;
        if (!kf_row_list(ev, &s->row[i], p, &v))
            continue;
        if (v.type != KF_V_LIST) { /* nobody knows how many it should have been */
            kf_wrong_type(ev, "a list is needed and there is something else");
            out[c->n] = s->row[i];
            out[c->n++].truth = KF_UNDECIDED;
            c->why = ev->why;
            c->hi = UINT32_MAX;
            continue;
        }
        for (uint32_t k = 0; k < v.count && kf_list_next(ev->events, &v, &at, &e); k++) {
            elem[c->n] = e;
            out[c->n] = s->row[i];
            out[c->n].elem = &elem[c->n];
            c->n++;
        }
    }
    c->row = out;
    kf_sel_count(c);
    return c;
}

/* ---- groups ---- */

struct kf_sel *kf_filter_per(struct kf_eval *ev, const struct kf_sel *s, const struct kf_node *f)
{
    const struct kf_vkey **key = kf_arena_alloc(&ev->scratch, (s->n + 1u) * sizeof *key);
    uint32_t *n = kf_arena_alloc(&ev->scratch, (s->n + 1u) * sizeof *n), total = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        n[i] = kf_row_keys(ev, &s->row[i], f->kid, 1, &key[i]);
        total += n[i];
    }
    struct kf_keyset groups = kf_keyset_new(ev, total);
    uint32_t *size = kf_arena_zalloc(&ev->scratch, (total + 1u) * sizeof *size);
    bool fresh;
    for (uint32_t i = 0; i < s->n; i++) {
        for (uint32_t k = 0; k < n[i]; k++) {
            uint32_t *number = kf_keyset_put(ev, &groups, &key[i][k], &fresh);
            if (fresh)
                *number = groups.n - 1;
            size[*number]++;
        }
    }
    struct kf_sel *c = kf_arena_alloc(&ev->scratch, sizeof *c);
    *c = *s;
    c->grouped = true;
    c->groups = groups.n;
    c->group = kf_arena_alloc(&ev->scratch, (groups.n + 1u) * sizeof *c->group);
    for (uint32_t g = 0; g < groups.n; g++) {
        c->group[g] = *s;
        c->group[g].n = 0;
        c->group[g].row = kf_arena_alloc(&ev->scratch, size[g] * sizeof *s->row);
    }
    for (uint32_t i = 0; i < s->n; i++) {
        for (uint32_t k = 0; k < n[i]; k++) {
            struct kf_sel *g = &c->group[*kf_keyset_put(ev, &groups, &key[i][k], &fresh)];
            ((struct kf_row *)(uintptr_t)g->row)[g->n++] = s->row[i];
        }
    }
    for (uint32_t g = 0; g < groups.n; g++)
        kf_sel_count(&c->group[g]);
    return c;
}
