#include "profile/groups.h"

#include "base/vec.h"
#include "event/keys.h"

#include <stdlib.h>

#define REMOVED      "Account Removed User"
#define DEFAULT_TYPE "account"

struct group {
    struct kf_str type, id;
};

/* What one event says: its profile joins or leaves a group. */
struct move {
    uint32_t profile, event, group; /* group UINT32_MAX: leaves all */
    bool leaves;
};

struct pair {
    uint32_t a, b;
};

struct kf_groups {
    const struct kf_world *w;
    struct kf_intern *index; /* "type\0id" */
    struct group *group;     /* sorted by (type, id) */
    uint32_t n;
    uint32_t *of_first, *of;           /* profile -> groups */
    uint32_t *profile_first, *profile; /* group -> profiles */
    uint32_t *said_first, *said;       /* group -> its events in (time, id) order */
    struct kf_arena arena;
};

typedef kf_vec(struct move) moves;
typedef kf_vec(struct pair) pairs;

static bool text_at(const struct kf_events *e, uint32_t event, uint32_t key, struct kf_str *ret)
{
    struct kf_val v;
    if (!key || !kf_body_get(e, event, key, &v) || v.type != KF_V_TEXT || !v.text.n)
        return false;
    *ret = v.text;
    return true;
}

static uint32_t group_number(struct kf_groups *g, struct kf_str type, struct kf_str id)
{
    char *key = kf_arena_alloc(&g->arena, type.n + id.n + 2);
    memcpy(key, type.p, type.n);
    key[type.n] = '\0';
    memcpy(key + type.n + 1, id.p, id.n);
    return kf_intern_add(g->index, kf_str(key, type.n + id.n + 1));
}

static void read_moves(struct kf_groups *g, moves *out)
{
    const struct kf_world *w = g->w;
    const struct kf_events *e = w->events;
    uint32_t removed = kf_symbols_find(e->dict->name, kf_cstr(REMOVED));
    uint32_t other[2] = {kf_symbols_find(e->dict->key, kf_cstr("properties.group_id")),
                         kf_symbols_find(e->dict->key, kf_cstr("context.group_id"))};
    for (uint32_t p = 0; p < w->n_profiles; p++)
        for (uint32_t i = w->first[p]; i < w->first[p + 1]; i++) {
            uint32_t v = w->order[i];
            bool leaves = removed && e->what[v].name == removed;
            if ((e->what[v].type != KF_EVENT_GROUP && !leaves) || !kf_world_counts(w, v))
                continue;
            struct kf_str type = kf_cstr(DEFAULT_TYPE), id;
            text_at(e, v, KF_KEY_GROUP_TYPE, &type);
            bool named = text_at(e, v, KF_KEY_GROUP_ID, &id) || text_at(e, v, other[0], &id) ||
                         text_at(e, v, other[1], &id);
            if (named || leaves)
                *kf_vec_push(out) =
                    (struct move){p, v, named ? group_number(g, type, id) : UINT32_MAX, leaves};
        }
}

static int cmp_pair(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

static void uniq(pairs *p)
{
    size_t n = 0;
    if (p->n)
        qsort(p->p, p->n, sizeof *p->p, cmp_pair);
    for (size_t i = 0; i < p->n; i++)
        if (n == 0 || cmp_pair(&p->p[n - 1], &p->p[i]) != 0)
            p->p[n++] = p->p[i];
    p->n = n;
}

static bool csr(const pairs *p, uint32_t n, uint32_t **ret_first, uint32_t **ret)
{
    *ret_first = calloc(n + 2u, sizeof **ret_first);
    *ret = malloc((p->n + 1) * sizeof **ret);
    if (!*ret_first || !*ret)
        return false;
    for (size_t i = 0; i < p->n; i++) {
        (*ret_first)[p->p[i].a + 1]++;
        (*ret)[i] = p->p[i].b;
    }
    for (uint32_t i = 0; i < n; i++)
        (*ret_first)[i + 1] += (*ret_first)[i];
    return true;
}

static int cmp_group(const void *a, const void *b, void *ctx)
{
    const struct kf_groups *g = ctx;
    return kf_str_cmp(kf_intern_text(g->index, *(const uint32_t *)a),
                      kf_intern_text(g->index, *(const uint32_t *)b));
}

/* Numbers of the index become numbers in the order of (type, id). */
static uint32_t *sort_groups(struct kf_groups *g)
{
    g->n = kf_intern_count(g->index);
    uint32_t *order = malloc((g->n + 1u) * sizeof *order),
             *number = malloc((g->n + 1u) * sizeof *number);
    g->group = malloc((g->n + 1u) * sizeof *g->group);
    if (!order || !number || !g->group) {
        free(order);
        free(number);
        return NULL;
    }
    for (uint32_t i = 0; i < g->n; i++)
        order[i] = i + 1;
    qsort_r(order, g->n, sizeof *order, cmp_group, g);
    for (uint32_t i = 0; i < g->n; i++) {
        struct kf_str key = kf_intern_text(g->index, order[i]);
        size_t type = strnlen(key.p, key.n);
        g->group[i] =
            (struct group){kf_str(key.p, type), kf_str(key.p + type + 1, key.n - type - 1)};
        number[order[i]] = i;
    }
    free(order);
    return number;
}

/* Moves stand in order of profile and time, so the last about a group holds. */
static void current(const moves *m, const uint32_t *number, pairs *of, pairs *who)
{
    for (size_t i = 0; i < m->n; i++) {
        const struct move *x = &m->p[i];
        if (x->leaves)
            continue;
        bool stays = true;
        for (size_t k = i + 1; stays && k < m->n && m->p[k].profile == x->profile; k++) {
            if (m->p[k].leaves && (m->p[k].group == x->group || m->p[k].group == UINT32_MAX))
                stays = false;
            else if (!m->p[k].leaves && m->p[k].group == x->group)
                break; /* the later one decides */
        }
        if (stays) {
            *kf_vec_push(of) = (struct pair){x->profile, number[x->group]};
            *kf_vec_push(who) = (struct pair){number[x->group], x->profile};
        }
    }
    uniq(of);
    uniq(who);
}

static int cmp_said(const void *a, const void *b, void *ctx)
{
    const struct pair *x = a, *y = b;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return kf_event_cmp(ctx, x->b, y->b);
}

static bool build(struct kf_groups *g)
{
    moves m = {0};
    pairs of = {0}, who = {0}, said = {0};
    read_moves(g, &m);
    uint32_t *number = sort_groups(g);
    bool ok = number != NULL;
    if (ok) {
        current(&m, number, &of, &who);
        for (size_t i = 0; i < m.n; i++)
            if (!m.p[i].leaves)
                *kf_vec_push(&said) = (struct pair){number[m.p[i].group], m.p[i].event};
        if (said.n)
            qsort_r(said.p, said.n, sizeof *said.p, cmp_said, g->w->events);
        ok = csr(&of, g->w->n_profiles, &g->of_first, &g->of) &&
             csr(&who, g->n, &g->profile_first, &g->profile) &&
             csr(&said, g->n, &g->said_first, &g->said);
    }
    free(number);
    kf_vec_free(&m);
    kf_vec_free(&of);
    kf_vec_free(&who);
    kf_vec_free(&said);
    return ok;
}

int kf_groups_new(const struct kf_world *w, struct kf_groups **ret, struct kf_error *err)
{
    struct kf_groups *g = calloc(1, sizeof *g);
    if (!g)
        return kf_error_set(err, KF_E_NOMEM, "profile", "out of memory");
    g->w = w;
    g->index = kf_intern_new();
    if (!g->index || !build(g)) {
        kf_groups_free(g);
        return kf_error_set(err, KF_E_NOMEM, "profile", "no memory for groups");
    }
    *ret = g;
    return 0;
}

void kf_groups_free(struct kf_groups *g)
{
    if (!g)
        return;
    kf_intern_free(g->index);
    free(g->group);
    free(g->of_first);
    free(g->of);
    free(g->profile_first);
    free(g->profile);
    free(g->said_first);
    free(g->said);
    kf_arena_free(&g->arena);
    free(g);
}

uint32_t kf_groups_count(const struct kf_groups *g)
{
    return g->n;
}

uint32_t kf_groups_of(const struct kf_groups *g, uint32_t profile, const uint32_t **ret)
{
    *ret = g->of + g->of_first[profile];
    return g->of_first[profile + 1] - g->of_first[profile];
}

uint32_t kf_groups_profiles(const struct kf_groups *g, uint32_t group, const uint32_t **ret)
{
    *ret = g->profile + g->profile_first[group];
    return g->profile_first[group + 1] - g->profile_first[group];
}

struct kf_str kf_groups_type(const struct kf_groups *g, uint32_t group)
{
    return g->group[group].type;
}

struct kf_str kf_groups_id(const struct kf_groups *g, uint32_t group)
{
    return g->group[group].id;
}

struct kf_value kf_groups_trait(const struct kf_groups *g, struct kf_eval *ev, uint32_t group,
                                struct kf_str name)
{
    struct kf_value v = {.type = KF_VAL_MISSING, .event = UINT32_MAX};
    char path[300] = "traits.";
    if (name.n > sizeof path - 8)
        return v;
    memcpy(path + 7, name.p, name.n);
    for (uint32_t i = g->said_first[group + 1]; i-- > g->said_first[group];) {
        v = kf_eval_property(ev, g->said[i], kf_str(path, name.n + 7));
        if (v.type != KF_VAL_MISSING)
            return v;
    }
    return v;
}
