/* Events by what they share: an index by key in order of time. Nothing else looks across profiles.
 */
#include "decide/decide_internal.h"

#include "base/hash.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_VALUES 16 /* of one property or namespace in one event */

/* ---- names ---- */

static bool names_match(const struct kf_node *names, struct kf_str v)
{
    for (uint32_t i = 0; i < names->kids; i++)
        if (kf_str_glob(names->kid[i]->value.text, v))
            return true;
    return false;
}

int kf_name_set_init(struct name_set *s, const struct kf_decide *d, const struct kf_node *select)
{
    const struct kf_symbols *name = d->w->events->dict->name;
    memset(s, 0, sizeof *s);
    s->n = kf_symbols_count(name) + 1;
    s->name = calloc(s->n + 1u, 1);
    if (!s->name)
        return KF_E_NOMEM;
    if (select->op != KF_S_EVENT) {
        s->types = 1u << KF_EVENT_TRACK | 1u << KF_EVENT_PAGE | 1u << KF_EVENT_SCREEN;
        return 0;
    }
    for (uint32_t i = 1; i < s->n; i++)
        s->name[i] = names_match(select->kid[0], kf_symbols_text(name, i));
    for (uint8_t t = 1; t < KF_EVENT_TYPES; t++)
        if (names_match(select->kid[0], kf_cstr(kf_event_type_name(t))))
            s->types |= 1u << t;
    return 0;
}

/* ---- keys ---- */

static struct kf_value value_of(struct kf_eval *ev, const struct kf_node *expr, uint32_t event)
{
    if (expr->op == KF_E_IDENTIFIER)
        return ev->ops->event_identifiers(ev, event, expr->name);
    return kf_eval_property(ev, event, expr->name);
}

static void mix(struct keyed *k, const struct kf_value *v)
{
    struct kf_buf b = {0};
    struct kf_str s = v->text;
    if (v->type != KF_VAL_TEXT) {
        kf_value_json(v, &b);
        s = kf_str(b.p, b.n);
    }
    k->lo = kf_hash64_seed(s.p ? s.p : "", s.n, k->lo + 0x9e3779b97f4a7c15ULL);
    k->hi = kf_hash64_seed(s.p ? s.p : "", s.n, k->hi ^ 0xc2b2ae3d27d4eb4fULL);
    kf_buf_free(&b);
}

/* All keys of an event under several values: one for each combination. 0: a value is missing. */
static uint32_t keys_of(struct kf_eval *ev, struct kf_node *const *expr, uint32_t n, uint32_t event,
                        struct keyed *out)
{
    uint32_t m = 1;
    out[0] = (struct keyed){.event = event};
    for (uint32_t i = 0; i < n; i++) {
        struct kf_value v = value_of(ev, expr[i], event);
        const struct kf_value *item = v.type == KF_VAL_LIST ? v.item : &v;
        uint32_t items = v.type == KF_VAL_LIST ? v.n : 1, to = 0;
        struct keyed from[MAX_VALUES];
        if (v.type == KF_VAL_MISSING || v.type == KF_VAL_UNDECIDED || items == 0)
            return 0;
        memcpy(from, out, m * sizeof *out);
        for (uint32_t a = 0; a < m; a++)
            for (uint32_t b = 0; b < items && to < MAX_VALUES; b++) {
                out[to] = from[a];
                mix(&out[to++], &item[b]);
            }
        m = to;
    }
    return m;
}

static int cmp_keyed(const void *a, const void *b, void *ctx)
{
    const struct keyed *x = a, *y = b;
    if (x->hi != y->hi)
        return x->hi < y->hi ? -1 : 1;
    if (x->lo != y->lo)
        return x->lo < y->lo ? -1 : 1;
    return kf_event_cmp(ctx, x->event, y->event);
}

static bool takes_part(const struct kf_world *w, uint32_t e)
{
    return !w->events->dropped[e] && w->events->time[e] <= w->as_of && (!w->subset || w->subset[e]);
}

/* ---- with_same ---- */

struct same_list {
    const struct kf_node *filter;
    struct keyed *key; /* sorted */
    uint32_t *event;   /* the same order */
    size_t n;
};

struct same_index {
    const struct kf_decide *d;
    kf_vec(struct same_list) list;
};

static int build_list(struct same_index *s, const struct kf_node *select,
                      const struct kf_node *filter, struct decider *x)
{
    const struct kf_events *e = s->d->w->events;
    struct name_set names;
    keyed_events all = {0};
    if (kf_name_set_init(&names, s->d, select))
        return KF_E_NOMEM;
    kf_eval_profile(&x->ev, NULL, 0);
    for (uint32_t v = 0; v < e->n; v++) {
        struct keyed key[MAX_VALUES];
        if (!takes_part(s->d->w, v) || !kf_name_set_has(&names, e, v))
            continue;
        kf_arena_reset(&x->ev.scratch);
        uint32_t n = keys_of(&x->ev, filter->kid, filter->kids, v, key);
        for (uint32_t i = 0; i < n; i++)
            *kf_vec_push(&all) = key[i];
    }
    free(names.name);
    if (all.n)
        qsort_r(all.p, all.n, sizeof *all.p, cmp_keyed, (void *)e);
    struct same_list l = {.filter = filter, .key = all.p, .n = all.n};
    l.event = malloc((all.n + 1) * sizeof *l.event);
    if (!l.event) {
        kf_vec_free(&all);
        return KF_E_NOMEM;
    }
    for (size_t i = 0; i < all.n; i++)
        l.event[i] = all.p[i].event;
    *kf_vec_push(&s->list) = l;
    return 0;
}

static int find_filters(struct same_index *s, const struct kf_node *n, struct decider *x)
{
    int rc = 0;
    for (uint32_t i = 0; i < n->kids && rc == 0; i++) {
        if (n->cls == KF_CLASS_SELECT && n->kid[i]->op == KF_F_WITH_SAME)
            rc = build_list(s, n, n->kid[i], x);
        if (rc == 0)
            rc = find_filters(s, n->kid[i], x);
    }
    return rc;
}

static bool has_same(const struct kf_node *n)
{
    bool has = n->op == KF_F_WITH_SAME;
    for (uint32_t i = 0; i < n->kids && !has; i++)
        has = has_same(n->kid[i]);
    return has;
}

int kf_same_index_new(const struct kf_decide *d, const struct kf_rule *fraud,
                      struct same_index **ret, struct kf_error *err)
{
    struct same_index *s = calloc(1, sizeof *s);
    struct decider x;
    if (!s)
        return kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    s->d = d;
    bool needed = has_same(fraud->body);
    int rc = needed ? kf_decider_init(&x, d, err) : 0;
    if (needed && rc == 0) {
        rc = find_filters(s, fraud->body, &x);
        if (rc)
            kf_error_set(err, rc, "decide", "no memory to index fraud \"%s\"", fraud->name);
        kf_decider_free(&x);
    }
    if (rc) {
        kf_same_index_free(s);
        return rc;
    }
    *ret = s;
    return 0;
}

void kf_same_index_free(struct same_index *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->list.n; i++) {
        kf_vec_release(s->list.p[i].key);
        free(s->list.p[i].event);
    }
    kf_vec_free(&s->list);
    free(s);
}

static size_t first_of(const struct same_list *l, const struct keyed *k, bool behind)
{
    size_t lo = 0, hi = l->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct keyed *m = &l->key[mid];
        bool before = m->hi != k->hi ? m->hi < k->hi : m->lo != k->lo ? m->lo < k->lo : behind;
        if (before)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static int cmp_event(const void *a, const void *b, void *ctx)
{
    return kf_event_cmp(ctx, *(const uint32_t *)a, *(const uint32_t *)b);
}

/* Several values of one event: what shares any of them, each event once. */
static uint32_t union_of(const struct same_list *l, const struct keyed *key, uint32_t n,
                         struct kf_eval *ev, const uint32_t **ret)
{
    size_t total = 0, at = 0;
    for (uint32_t i = 0; i < n; i++)
        total += first_of(l, &key[i], true) - first_of(l, &key[i], false);
    uint32_t *out = kf_arena_alloc(&ev->scratch, (total + 1) * sizeof *out);
    for (uint32_t i = 0; i < n; i++)
        for (size_t k = first_of(l, &key[i], false), to = first_of(l, &key[i], true); k < to; k++)
            out[at++] = l->event[k];
    qsort_r(out, at, sizeof *out, cmp_event, (void *)ev->events);
    uint32_t m = 0;
    for (size_t i = 0; i < at; i++)
        if (m == 0 || out[m - 1] != out[i])
            out[m++] = out[i];
    *ret = out;
    return m;
}

uint32_t kf_same_index_find(const struct same_index *s, struct kf_eval *ev,
                            const struct kf_node *filter, uint32_t event, const uint32_t **ret)
{
    struct keyed key[MAX_VALUES];
    for (size_t i = 0; i < s->list.n; i++) {
        const struct same_list *l = &s->list.p[i];
        if (l->filter != filter)
            continue;
        uint32_t n = keys_of(ev, filter->kid, filter->kids, event, key);
        if (n > 1)
            return union_of(l, key, n, ev, ret);
        if (n == 0)
            return 0;
        size_t from = first_of(l, &key[0], false);
        *ret = l->event + from;
        return (uint32_t)(first_of(l, &key[0], true) - from);
    }
    return 0;
}

/* ---- fraud about identifiers, properties, networks ---- */

/* "10.0.40.0/24", IPv6 always /48. 0: no address. */
static size_t network_of(struct kf_str ip, unsigned bits, char out[64])
{
    char z[64], text[INET6_ADDRSTRLEN];
    uint8_t a[16] = {0};
    if (ip.n >= sizeof z || !ip.n)
        return 0;
    memcpy(z, ip.p, ip.n);
    z[ip.n] = '\0';
    int family = strchr(z, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(family, z, a) != 1)
        return 0;
    if (family == AF_INET6)
        bits = 48;
    for (unsigned i = bits; i < (family == AF_INET6 ? 128u : 32u); i++)
        a[i / 8] = (uint8_t)(a[i / 8] & ~(0x80u >> (i % 8)));
    if (!inet_ntop(family, a, text, sizeof text))
        return 0;
    return (size_t)snprintf(out, 64, "%s/%u", text, bits);
}

static uint32_t network_key(struct decider *x, const struct kf_node *look_at, uint32_t event,
                            struct keyed *out, char text[64])
{
    struct kf_value v = kf_eval_property(&x->ev, event, kf_cstr("context.ip"));
    unsigned bits = look_at->value.type == KF_K_NUMBER ? (unsigned)look_at->value.number.m : 24;
    size_t n = v.type == KF_VAL_TEXT ? network_of(v.text, bits, text) : 0;
    if (n == 0)
        return 0;
    struct kf_value t = {.type = KF_VAL_TEXT, .text = kf_str(text, n)};
    *out = (struct keyed){.event = event};
    mix(out, &t);
    return 1;
}

static uint32_t identifier_keys(const struct kf_decide *d, uint32_t ns, uint32_t event,
                                struct keyed *out)
{
    uint32_t ids[MAX_VALUES], m = 0;
    uint32_t n = kf_identity_of_event(d->w->events, d->w->ids, event, ids, MAX_VALUES);
    for (uint32_t i = 0; i < n && i < MAX_VALUES; i++)
        if (d->w->ids->ns[ids[i]] == ns)
            out[m++] = (struct keyed){.lo = ids[i], .event = event};
    return m;
}

int kf_keyed_build(const struct kf_decide *d, struct decider *x, const struct kf_node *look_at,
                   keyed_events *ret, struct kf_error *err)
{
    const struct kf_events *e = d->w->events;
    uint32_t ns = look_at->op == KF_E_IDENTIFIER ? kf_idset_ns(d->w->ids, look_at->name) : 0;
    (void)err;
    if (look_at->op == KF_E_IDENTIFIER && ns == KF_ID_NONE)
        return 0;
    kf_eval_profile(&x->ev, NULL, 0);
    for (uint32_t v = 0; v < e->n; v++) {
        struct keyed key[MAX_VALUES];
        struct kf_node *expr = (struct kf_node *)look_at;
        char text[64];
        if (!takes_part(d->w, v))
            continue;
        kf_arena_reset(&x->ev.scratch);
        uint32_t n = look_at->op == KF_E_IDENTIFIER ? identifier_keys(d, ns, v, key)
                     : look_at->op == KF_E_PROPERTY ? keys_of(&x->ev, &expr, 1, v, key)
                                                    : network_key(x, look_at, v, key, text);
        for (uint32_t i = 0; i < n; i++)
            *kf_vec_push(ret) = key[i];
    }
    if (ret->n)
        qsort_r(ret->p, ret->n, sizeof *ret->p, cmp_keyed, (void *)e);
    return 0;
}

struct kf_str kf_keyed_text(struct decider *x, const struct kf_node *look_at, const struct keyed *k,
                            struct kf_arena *arena)
{
    char text[64];
    struct keyed key;
    if (look_at->op == KF_E_IDENTIFIER)
        return kf_str(NULL, 0);
    if (look_at->op != KF_E_PROPERTY) {
        network_key(x, look_at, k->event, &key, text);
        struct kf_str s = kf_cstr(text);
        return kf_str(kf_arena_strndup(arena, s.p, s.n), s.n);
    }
    struct kf_value v = kf_eval_property(&x->ev, k->event, look_at->name);
    uint32_t n = v.type == KF_VAL_LIST ? v.n : 1;
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_value *item = v.type == KF_VAL_LIST ? &v.item[i] : &v;
        struct kf_buf b = {0};
        struct kf_str s = item->text;
        key = (struct keyed){.event = k->event};
        mix(&key, item);
        if (key.lo != k->lo || key.hi != k->hi)
            continue;
        if (item->type != KF_VAL_TEXT) {
            kf_value_json(item, &b);
            s = kf_str(b.p, b.n);
        }
        s = kf_str(kf_arena_strndup(arena, s.p, s.n), s.n);
        kf_buf_free(&b);
        return s;
    }
    return kf_str(NULL, 0);
}
