#include "profile/identity_figures.h"

#include "identity/bridge.h"

#include <stdlib.h>

#define PER_EVENT 64u

struct count {
    const struct kf_world *w;
    const struct kf_id_result *r;
    struct kf_identity_figures *f;
    uint32_t *value;  /* [profiles] the one value of a key, KF_ID_NONE */
    uint8_t *broken;  /* [profiles] */
    uint8_t *shared;  /* [identifiers] */
    uint32_t *span;   /* [identifiers] first row of those that were cut, KF_ID_NONE */
    uint8_t *ns_seen; /* [namespaces] of the event in hand */
};

const char *kf_figure_bin_name(uint32_t bin)
{
    static const char *const name[KF_FIGURE_BINS] = {"1", "2", "3", "4-5", "6-10", "11-50", "51+"};
    return name[bin];
}

static uint32_t bin_of(uint32_t n)
{
    static const uint32_t most[KF_FIGURE_BINS - 1] = {1, 2, 3, 5, 10, 50};
    uint32_t bin = 0;
    while (bin < KF_FIGURE_BINS - 1 && n > most[bin])
        bin++;
    return bin;
}

static uint32_t one_of(const struct kf_id_result *r, uint32_t id)
{
    return r->id_same ? r->id_same[id] : id;
}

/* ---- values ---- */

/* Spellings of one value stand in one profile, so counting only the first of each is enough. */
static void count_values(struct count *k)
{
    for (uint32_t p = 0; p < k->w->n_profiles; p++) {
        uint32_t held[KF_ID_NAMESPACES] = {0};
        for (uint32_t i = k->w->ids_first[p]; i < k->w->ids_first[p + 1]; i++) {
            uint32_t id = k->w->ids_of[i];
            if (one_of(k->r, id) == id)
                held[k->w->ids->ns[id]]++;
        }
        for (uint32_t n = 0; n < k->f->n_ns; n++) {
            struct kf_figure_namespace *ns = &k->f->ns[n];
            ns->values += held[n];
            if (held[n])
                ns->profiles[bin_of(held[n])]++;
            if (held[n] > ns->most)
                ns->most = held[n];
        }
    }
}

static void hold(struct count *k, struct kf_figure_namespace *ns, uint32_t profile, uint32_t id)
{
    if (profile == KF_ID_NONE || k->broken[profile])
        return;
    id = one_of(k->r, id);
    if (k->value[profile] == KF_ID_NONE) {
        k->value[profile] = id;
    } else if (k->value[profile] != id) {
        k->broken[profile] = 1;
        ns->broken++;
        if (ns->broken_example == KF_ID_NONE || profile < ns->broken_example)
            ns->broken_example = profile;
    }
}

/* What a profile held earlier counts as much as what it holds. */
static void check_key(struct count *k, uint32_t n)
{
    struct kf_figure_namespace *ns = &k->f->ns[n];
    memset(k->value, 0xff, (k->w->n_profiles + (size_t)1) * sizeof *k->value);
    memset(k->broken, 0, k->w->n_profiles + (size_t)1);
    for (uint32_t i = 0; i < k->w->ids->n; i++)
        if (k->w->ids->ns[i] == n)
            hold(k, ns, k->r->id_profile[i], i);
    for (uint32_t s = 0; s < k->r->n_span; s++)
        if (k->w->ids->ns[k->r->span[s].id] == n)
            hold(k, ns, k->r->span[s].profile, k->r->span[s].id);
}

/* ---- what is shared ---- */

static bool is_shared_reason(uint8_t reason)
{
    return reason == KF_ID_SHARED || reason == KF_ID_SHARED_ABOVE;
}

static void find_shared(struct count *k)
{
    const struct kf_id_result *r = k->r;
    for (uint32_t i = 0; i < r->n_shared; i++)
        k->shared[r->shared[i]] = 1;
    for (uint32_t i = 0; i < k->w->ids->n; i++)
        if (is_shared_reason(r->id_isolated[i]))
            k->shared[i] = 1;
    uint32_t holder = KF_ID_NONE;
    for (uint32_t s = 0; s < r->n_span; s++) {
        const struct kf_id_span *x = &r->span[s];
        if (!s || x->id != r->span[s - 1].id)
            holder = KF_ID_NONE;
        if (is_shared_reason(x->isolated))
            k->shared[x->id] = 1;
        if (x->isolated || x->profile == KF_ID_NONE)
            continue;
        if (holder != KF_ID_NONE && holder != x->profile)
            k->shared[x->id] = 1;
        holder = x->profile;
    }
    for (uint32_t i = 0; i < k->w->ids->n; i++) {
        struct kf_figure_namespace *ns = &k->f->ns[k->w->ids->ns[i]];
        ns->shared += k->shared[i];
        ns->nobodys += r->id_isolated[i] != 0;
    }
}

static void count_event(struct count *k, uint32_t e)
{
    uint32_t id[PER_EVENT], n = kf_identity_of_event(k->w->events, k->w->ids, e, id, PER_EVENT);
    bool any = false;
    if (!n)
        return;
    n = n < PER_EVENT ? n : PER_EVENT;
    k->f->events++;
    memset(k->ns_seen, 0, k->f->n_ns);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t ns = k->w->ids->ns[id[i]];
        if (!k->shared[id[i]])
            continue;
        k->f->ns[ns].shared_events += !k->ns_seen[ns];
        k->ns_seen[ns] = 1;
        any = true;
    }
    k->f->shared_events += any;
}

static void count_events(struct count *k)
{
    const struct kf_events *e = k->w->events;
    for (uint32_t i = 0; i < e->n; i++)
        if (!e->dropped[i] && e->time[i] <= k->w->as_of && (!k->w->subset || k->w->subset[i]))
            count_event(k, i);
}

/* ---- refusals, sizes ---- */

static void count_refused(struct count *k)
{
    for (uint32_t i = 0; i < k->r->n_link; i++) {
        const struct kf_id_link *l = &k->r->link[i];
        if (l->reason == KF_ID_KEPT)
            continue;
        k->f->refused[l->reason].links++;
        k->f->refused[l->reason].observations += l->count;
    }
}

/* Profiles are numbered by their ids: of two alike the smaller id comes first. */
static void find_largest(struct count *k)
{
    struct kf_identity_figures *f = k->f;
    for (uint32_t p = 0; p < k->w->n_profiles; p++) {
        struct kf_figure_profile x = {.profile = p,
                                      .identifiers = k->w->ids_first[p + 1] - k->w->ids_first[p],
                                      .events = k->w->first[p + 1] - k->w->first[p]};
        uint32_t at = f->n_largest;
        while (at && f->largest[at - 1].identifiers < x.identifiers)
            at--;
        if (at == KF_FIGURE_TOP)
            continue;
        uint32_t last = f->n_largest < KF_FIGURE_TOP ? f->n_largest++ : KF_FIGURE_TOP - 1;
        memmove(&f->largest[at + 1], &f->largest[at], (last - at) * sizeof x);
        f->largest[at] = x;
    }
}

/* ---- weak links ---- */

struct piece {
    uint32_t node, profile;
};

/* An identifier, or the span of one that was cut, that begins at `from`. */
static struct piece piece_of(const struct count *k, uint32_t id, int64_t from)
{
    const struct kf_id_result *r = k->r;
    id = one_of(r, id);
    uint32_t s = k->span[id];
    if (s == KF_ID_NONE)
        return (struct piece){id, r->id_profile[id]};
    while (s + 1 < r->n_span && r->span[s + 1].id == id && r->span[s + 1].from <= from)
        s++;
    return (struct piece){k->w->ids->n + s, r->span[s].profile};
}

static bool is_large(const struct count *k, uint32_t profile, uint32_t large)
{
    return profile != KF_ID_NONE &&
           k->w->ids_first[profile + 1] - k->w->ids_first[profile] >= large;
}

/* Kept links between the pieces of large profiles; of[] says which link an edge is. */
static uint32_t gather_edges(const struct count *k, uint32_t large, struct kf_bridge_edge *edge,
                             uint32_t *of)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < k->r->n_link; i++) {
        const struct kf_id_link *l = &k->r->link[i];
        if (l->reason != KF_ID_KEPT)
            continue;
        struct piece a = piece_of(k, l->a, l->a_from);
        if (!is_large(k, a.profile, large))
            continue;
        if (edge) {
            edge[n] = (struct kf_bridge_edge){a.node, piece_of(k, l->b, l->b_from).node};
            of[n] = i;
        }
        n++;
    }
    return n;
}

static uint32_t smaller(const struct kf_figure_weak *x)
{
    return x->side[0] < x->side[1] ? x->side[0] : x->side[1];
}

/* Most people to lose first, then the thinnest evidence; links are in an order of content. */
static bool is_before(const struct count *k, const struct kf_figure_weak *x,
                      const struct kf_figure_weak *y)
{
    if (smaller(x) != smaller(y))
        return smaller(x) > smaller(y);
    uint32_t a = k->r->link[x->link].count, b = k->r->link[y->link].count;
    return a != b ? a < b : x->link < y->link;
}

static void take_weak(struct count *k, const struct kf_figure_weak *x)
{
    struct kf_identity_figures *f = k->f;
    uint32_t at = f->n_weak;
    f->of_weak++;
    while (at && is_before(k, x, &f->weak[at - 1]))
        at--;
    if (at == KF_FIGURE_TOP)
        return;
    uint32_t last = f->n_weak < KF_FIGURE_TOP ? f->n_weak++ : KF_FIGURE_TOP - 1;
    memmove(&f->weak[at + 1], &f->weak[at], (last - at) * sizeof *x);
    f->weak[at] = *x;
}

static int find_weak(struct count *k, uint32_t large, struct kf_error *err)
{
    uint32_t n = gather_edges(k, large, NULL, NULL), found = 0;
    struct kf_bridge_edge *edge = malloc((n + (size_t)1) * sizeof *edge);
    uint32_t *of = malloc((n + (size_t)1) * sizeof *of);
    struct kf_bridge *bridge = NULL;
    int rc = 0;
    if (!edge || !of)
        rc = kf_error_set(err, KF_E_NOMEM, "profile", "out of memory");
    if (rc == 0) {
        gather_edges(k, large, edge, of);
        rc = kf_bridges_find(k->w->ids->n + k->r->n_span, edge, n, &bridge, &found, err);
    }
    for (uint32_t i = 0; rc == 0 && i < found; i++) {
        const struct kf_id_link *l = &k->r->link[of[bridge[i].edge]];
        struct kf_figure_weak x = {.link = of[bridge[i].edge],
                                   .profile = piece_of(k, l->a, l->a_from).profile,
                                   .side = {bridge[i].side[0], bridge[i].side[1]}};
        if (l->strength == KF_ID_OBSERVED && smaller(&x) >= 2)
            take_weak(k, &x);
    }
    free(bridge);
    free(edge);
    free(of);
    return rc;
}

/* ---- all ---- */

static int prepare(struct count *k, struct kf_error *err)
{
    const struct kf_id_rules *rules = &k->w->ids->rules;
    size_t profiles = k->w->n_profiles + (size_t)1, ids = k->w->ids->n + (size_t)1;
    k->f->ns = calloc(rules->n_ns + (size_t)1, sizeof *k->f->ns);
    k->f->n_ns = rules->n_ns;
    k->value = malloc(profiles * sizeof *k->value);
    k->broken = malloc(profiles);
    k->shared = calloc(ids, 1);
    k->span = malloc(ids * sizeof *k->span);
    k->ns_seen = calloc(rules->n_ns + (size_t)1, 1);
    if (!k->f->ns || !k->value || !k->broken || !k->shared || !k->span || !k->ns_seen)
        return kf_error_set(err, KF_E_NOMEM, "profile", "out of memory");
    for (uint32_t i = 0; i < rules->n_ns; i++)
        k->f->ns[i] = (struct kf_figure_namespace){.name = rules->ns[i].name,
                                                   .per_profile = rules->ns[i].per_profile,
                                                   .key = rules->ns[i].per_profile == 1 &&
                                                          !rules->ns[i].within,
                                                   .broken_example = KF_ID_NONE};
    memset(k->span, 0xff, ids * sizeof *k->span);
    for (uint32_t s = k->r->n_span; s-- > 0;)
        k->span[k->r->span[s].id] = s;
    return 0;
}

int kf_identity_figures_new(const struct kf_world *w, uint32_t large,
                            struct kf_identity_figures **ret, struct kf_error *err)
{
    struct count k = {.w = w, .r = w->identity, .f = calloc(1, sizeof *k.f)};
    int rc = k.f ? prepare(&k, err) : kf_error_set(err, KF_E_NOMEM, "profile", "out of memory");
    if (rc == 0) {
        count_values(&k);
        for (uint32_t n = 0; n < k.f->n_ns; n++)
            if (k.f->ns[n].key)
                check_key(&k, n);
        find_shared(&k);
        count_events(&k);
        count_refused(&k);
        find_largest(&k);
        if (large)
            rc = find_weak(&k, large, err);
    }
    free(k.value);
    free(k.broken);
    free(k.shared);
    free(k.span);
    free(k.ns_seen);
    if (rc)
        kf_identity_figures_free(k.f);
    else
        *ret = k.f;
    return rc;
}

void kf_identity_figures_free(struct kf_identity_figures *f)
{
    if (!f)
        return;
    free(f->ns);
    free(f);
}

/* Both are in ascending order. */
uint64_t kf_identity_ids_gone(const struct kf_world *before, const struct kf_world *after)
{
    uint64_t gone = 0;
    for (uint32_t i = 0, k = 0; i < before->n_profiles; i++) {
        uint64_t id = before->identity->profile_id[i];
        while (k < after->n_profiles && after->identity->profile_id[k] < id)
            k++;
        gone += k == after->n_profiles || after->identity->profile_id[k] != id;
    }
    return gone;
}
