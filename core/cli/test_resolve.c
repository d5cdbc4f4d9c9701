#include "cli/test_resolve.h"

#include "base/vec.h"
#include "cli/output.h"
#include "decide/scenario.h"

#include <stdio.h>
#include <stdlib.h>

struct view {
    const struct kf_world *w;
    struct kf_json j;
    uint8_t *seen;   /* by identifier */
    uint32_t *least; /* by profile: its smallest event number */
    struct kf_arena arena;
};

static struct kf_str text_of(struct view *v, uint32_t id)
{
    const struct kf_idset *ids = v->w->ids;
    struct kf_buf b = {0};
    struct kf_str value = kf_idset_value(ids, id);
    kf_buf_addf(&b, "%s=", ids->rules.ns[ids->ns[id]].name);
    kf_buf_add(&b, value.p, value.n);
    struct kf_str s = kf_str(kf_arena_strndup(&v->arena, b.p, b.n), b.n);
    kf_buf_free(&b);
    return s;
}

/* By namespace, then value, as the model orders identifiers. */
static int id_cmp(const struct kf_idset *ids, uint32_t a, uint32_t b)
{
    int r = strcmp(ids->rules.ns[ids->ns[a]].name, ids->rules.ns[ids->ns[b]].name);
    return r ? r : kf_str_cmp(kf_idset_value(ids, a), kf_idset_value(ids, b));
}

static int str_cmp(const void *a, const void *b)
{
    return kf_str_cmp(*(const struct kf_str *)a, *(const struct kf_str *)b);
}

/* ---- partition ---- */

struct group {
    struct kf_str *id;
    uint32_t n;
};

static int group_cmp(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    for (uint32_t i = 0; i < x->n && i < y->n; i++) {
        int r = kf_str_cmp(x->id[i], y->id[i]);
        if (r)
            return r;
    }
    return (x->n > y->n) - (x->n < y->n);
}

static void add_partition(struct view *v)
{
    const struct kf_world *w = v->w;
    struct group *g = kf_arena_zalloc(&v->arena, (w->n_profiles + 1u) * sizeof *g);
    uint32_t n = 0;
    for (uint32_t p = 0; p < w->n_profiles; p++) {
        uint32_t from = w->ids_first[p], to = w->ids_first[p + 1];
        g[n].id = kf_arena_alloc(&v->arena, (to - from + 1u) * sizeof *g[n].id);
        for (uint32_t i = from; i < to; i++)
            if (v->seen[w->ids_of[i]])
                g[n].id[g[n].n++] = text_of(v, w->ids_of[i]);
        if (!g[n].n)
            continue;
        qsort(g[n].id, g[n].n, sizeof *g[n].id, str_cmp);
        n++;
    }
    qsort(g, n, sizeof *g, group_cmp);
    kf_json_open(&v->j, "profiles", '[');
    for (uint32_t i = 0; i < n; i++) {
        kf_json_open(&v->j, NULL, '[');
        for (uint32_t k = 0; k < g[i].n; k++)
            kf_json_str(&v->j, NULL, g[i].id[k]);
        kf_json_close(&v->j, ']');
    }
    kf_json_close(&v->j, ']');
}

/* ---- events ---- */

static int number_cmp(const void *a, const void *b, void *ctx)
{
    const struct kf_events *e = ctx;
    uint32_t x = e->at[*(const uint32_t *)a].record, y = e->at[*(const uint32_t *)b].record;
    return (x > y) - (x < y);
}

static void add_events(struct view *v)
{
    const struct kf_world *w = v->w;
    uint32_t *by = kf_arena_alloc(&v->arena, (w->events->n + 1u) * sizeof *by);
    v->least = kf_arena_alloc(&v->arena, (w->n_profiles + 1u) * sizeof *v->least);
    memset(v->least, 0xff, (w->n_profiles + 1u) * sizeof *v->least);
    for (uint32_t e = 0; e < w->events->n; e++)
        by[e] = e;
    qsort_r(by, w->events->n, sizeof *by, number_cmp, w->events);
    kf_json_open(&v->j, "events", '{');
    for (uint32_t i = 0; i < w->events->n; i++) {
        uint32_t p = w->identity->event_profile[by[i]], number = w->events->at[by[i]].record;
        char key[16];
        if (p == KF_ID_NONE)
            continue;
        if (v->least[p] == UINT32_MAX)
            v->least[p] = number;
        snprintf(key, sizeof key, "%u", number);
        kf_json_count(&v->j, key, v->least[p]);
    }
    kf_json_close(&v->j, '}');
}

static void add_contradictory(struct view *v)
{
    const struct kf_world *w = v->w;
    kf_vec(uint32_t) bad = {0};
    for (uint32_t e = 0; w->identity->event_contradictory && e < w->events->n; e++)
        if (w->identity->event_contradictory[e])
            *kf_vec_push(&bad) = e;
    if (bad.n)
        qsort_r(bad.p, bad.n, sizeof *bad.p, number_cmp, w->events);
    kf_json_open(&v->j, "contradictory", '[');
    for (size_t i = 0; i < bad.n; i++)
        kf_json_count(&v->j, NULL, w->events->at[bad.p[i]].record);
    kf_json_close(&v->j, ']');
    kf_vec_free(&bad);
}

/* ---- what was refused ---- */

struct refusal {
    struct kf_str a, b;
    const char *why;
};

static int refusal_cmp(const void *pa, const void *pb)
{
    const struct refusal *x = pa, *y = pb;
    int r = kf_str_cmp(x->a, y->a);
    if (!r)
        r = kf_str_cmp(x->b, y->b);
    return r ? r : strcmp(x->why, y->why);
}

static void add_refused(struct view *v)
{
    const struct kf_id_result *r = v->w->identity;
    struct refusal *row = kf_arena_alloc(&v->arena, (r->n_link + 1u) * sizeof *row);
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->n_link; i++) {
        const struct kf_id_link *l = &r->link[i];
        if (l->reason == KF_ID_KEPT)
            continue;
        bool turned = id_cmp(v->w->ids, l->a, l->b) > 0;
        row[n++] =
            (struct refusal){text_of(v, turned ? l->b : l->a), text_of(v, turned ? l->a : l->b),
                             kf_identity_reason_name((enum kf_id_reason)l->reason)};
    }
    qsort(row, n, sizeof *row, refusal_cmp);
    kf_json_open(&v->j, "refused", '[');
    for (uint32_t i = 0; i < n; i++) {
        if (i && refusal_cmp(&row[i - 1], &row[i]) == 0)
            continue; /* by several rules, or of several stretches */
        kf_json_open(&v->j, NULL, '[');
        kf_json_str(&v->j, NULL, row[i].a);
        kf_json_str(&v->j, NULL, row[i].b);
        kf_json_text(&v->j, NULL, row[i].why);
        kf_json_close(&v->j, ']');
    }
    kf_json_close(&v->j, ']');
}

static void add_shared(struct view *v)
{
    const struct kf_id_result *r = v->w->identity;
    struct kf_str *s = kf_arena_alloc(&v->arena, (r->n_shared + 1u) * sizeof *s);
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->n_shared; i++)
        if (v->seen[r->shared[i]]) /* a spelling that only a decision knows is no value of the data
                                    */
            s[n++] = text_of(v, r->shared[i]);
    qsort(s, n, sizeof *s, str_cmp);
    kf_json_open(&v->j, "shared", '[');
    for (uint32_t i = 0; i < n; i++)
        kf_json_str(&v->j, NULL, s[i]);
    kf_json_close(&v->j, ']');
}

void kf_test_resolve_add(struct kf_buf *out, const char *name, const struct kf_world *w)
{
    struct view v = {.w = w, .j = {.out = out}};
    v.seen = kf_arena_zalloc(&v.arena, w->ids->n + 1u);
    kf_scenario_observed(w, v.seen);
    kf_json_open(&v.j, NULL, '{');
    kf_json_text(&v.j, "scenario", name);
    add_partition(&v);
    kf_json_count(&v.j, "count", w->n_profiles);
    add_events(&v);
    add_refused(&v);
    add_shared(&v);
    add_contradictory(&v);
    kf_json_close(&v.j, '}');
    kf_buf_addc(out, '\n');
    kf_arena_free(&v.arena);
}
