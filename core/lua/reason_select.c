/* Selections of events: none that can pass, and those that hold all events of another. */
#include "lua/reason_internal.h"

#include <stdlib.h>

#include "base/hash.h"

#define MAX_NESTED 6

bool kf_reason_positional(uint16_t op)
{
    return op == KF_F_ONCE_PER || op == KF_F_NEWEST || op == KF_F_OLDEST || op == KF_F_EACH ||
           op == KF_F_PER || op == KF_F_IN_ANY;
}

static uint32_t first_filter(const struct kf_node *s)
{
    return s->op == KF_S_EVENT ? 1 : 0;
}

static bool is_exact_window(const struct kf_node *f)
{
    return (f->op == KF_F_WITHIN && f->kid[0]->value.type == KF_K_LENGTH) ||
           (f->op == KF_F_BETWEEN_AGO && f->kid[0]->value.type == KF_K_LENGTH &&
            f->kid[1]->value.type == KF_K_LENGTH);
}

/* ---- one selection ---- */

/* Everything but the exact windows at the end; what these leave is in young and old. */
static void take_windows(struct kf_reason *r, struct kf_reason_select *s)
{
    const struct kf_node *n = s->node;
    struct kf_node stem = *n;
    stem.id = UINT32_MAX;
    stem.kid = kf_arena_alloc(&r->scratch, (n->kids + 1) * sizeof *stem.kid);
    stem.kids = 0;
    uint32_t tail = first_filter(n);
    for (uint32_t i = tail; i < n->kids; i++)
        if (kf_reason_positional(n->kid[i]->op))
            tail = i + 1;
    for (uint32_t i = 0; i < n->kids; i++) {
        const struct kf_node *f = n->kid[i];
        if (i < tail || !is_exact_window(f)) {
            s->only_windows &= i < tail;
            stem.kid[stem.kids++] = n->kid[i];
            continue;
        }
        int64_t young = f->op == KF_F_WITHIN ? 0 : f->kid[0]->value.ns;
        int64_t old = f->kid[f->op == KF_F_WITHIN ? 0 : 1]->value.ns;
        s->young = young > s->young ? young : s->young;
        s->old = old < s->old ? old : s->old;
    }
    s->stem = kf_reason_text(r, &stem);
    for (size_t i = 0; i < r->select.n; i++) /* equal ones are one text */
        if (kf_str_eq(r->select.p[i].stem, s->stem)) {
            s->stem = r->select.p[i].stem;
            break;
        }
}

uint32_t kf_reason_select_of(struct kf_reason *r, const struct kf_node *n)
{
    struct kf_str key = kf_reason_text(r, n);
    for (uint32_t i = 0; i < r->select.n; i++)
        if (kf_str_eq(r->select.p[i].key, key))
            return i;
    struct kf_reason_select s = {.node = n,
                                 .key = key,
                                 .young = KF_TIME_MIN,
                                 .old = KF_TIME_MAX,
                                 .only_windows = true,
                                 .no_event = -1,
                                 .no_sure_event = -1};
    for (uint32_t i = first_filter(n); i < n->kids; i++) {
        s.grouped |= n->kid[i]->op == KF_F_PER;
        s.in_any |= n->kid[i]->op == KF_F_IN_ANY;
    }
    take_windows(r, &s);
    *kf_vec_push(&r->select) = s;
    return (uint32_t)r->select.n - 1;
}

/* ---- proofs about one event, inside another proof ---- */

static bool about_one_event(struct kf_reason *r, const struct kf_want *want, uint32_t n)
{
    if (r->depth >= MAX_NESTED)
        return false;
    struct kf_reason inner = *r;
    inner.todo.p = inner.split.p = NULL;
    inner.literal.p = NULL;
    inner.todo.n = inner.todo.cap = inner.split.n = inner.split.cap = 0;
    inner.literal.n = inner.literal.cap = 0;
    inner.depth++;
    bool impossible = kf_reason_impossible(&inner, KF_ABOUT_EVENT, want, n);
    kf_vec_free(&inner.todo);
    kf_vec_free(&inner.split);
    kf_vec_free(&inner.literal);
    inner.todo = r->todo;
    inner.split = r->split;
    inner.literal = r->literal;
    inner.about = r->about;
    inner.steps = r->steps;
    inner.depth--;
    *r = inner;
    return impossible;
}

/* Behind `each` a name means something else: only filters of one side are taken together. */
static bool no_event_between(struct kf_reason *r, const struct kf_node *n, uint32_t from,
                             uint32_t to, enum kf_goal goal)
{
    struct kf_want *w = kf_arena_alloc(&r->scratch, (to - from + 1) * sizeof *w);
    uint32_t k = 0;
    for (uint32_t i = from; i < to; i++)
        if (!kf_reason_positional(n->kid[i]->op))
            w[k++] = (struct kf_want){n->kid[i], goal};
    return k && about_one_event(r, w, k);
}

bool kf_reason_no_event(struct kf_reason *r, const struct kf_node *n, enum kf_goal goal)
{
    uint32_t from = first_filter(n);
    for (uint32_t i = from; i < n->kids; i++)
        if (n->kid[i]->op == KF_F_EACH) {
            if (no_event_between(r, n, from, i, goal))
                return true;
            from = i + 1;
        }
    return no_event_between(r, n, from, n->kids, goal);
}

bool kf_reason_select_empty(struct kf_reason *r, uint32_t i, bool for_sure)
{
    int8_t *known = for_sure ? &r->select.p[i].no_event : &r->select.p[i].no_sure_event;
    if (*known < 0) {
        bool none =
            kf_reason_no_event(r, r->select.p[i].node, for_sure ? KF_GOAL_NOT_FALSE : KF_GOAL_TRUE);
        known = for_sure ? &r->select.p[i].no_event : &r->select.p[i].no_sure_event;
        *known = (int8_t)none;
    }
    return *known > 0;
}

/* ---- one inside another ---- */

static int text_cmp(const void *a, const void *b)
{
    return kf_str_cmp(*(const struct kf_str *)a, *(const struct kf_str *)b);
}

/* The same filters in any order. */
static bool same_group(struct kf_reason *r, const struct kf_node *a, uint32_t a_from, uint32_t a_to,
                       const struct kf_node *b, uint32_t b_from, uint32_t b_to)
{
    uint32_t n = a_to - a_from;
    if (b_to - b_from != n)
        return false;
    struct kf_str *x = kf_arena_alloc(&r->scratch, (n + 1) * sizeof *x);
    struct kf_str *y = kf_arena_alloc(&r->scratch, (n + 1) * sizeof *y);
    for (uint32_t i = 0; i < n; i++) {
        x[i] = kf_reason_text(r, a->kid[a_from + i]);
        y[i] = kf_reason_text(r, b->kid[b_from + i]);
    }
    qsort(x, n, sizeof *x, text_cmp);
    qsort(y, n, sizeof *y, text_cmp);
    for (uint32_t i = 0; i < n; i++)
        if (!kf_str_eq(x[i], y[i]))
            return false;
    return true;
}

static bool name_covers(struct kf_str wide, struct kf_str name)
{
    bool pattern = memchr(wide.p, '*', wide.n) || memchr(wide.p, '?', wide.n);
    bool plain = !memchr(name.p, '*', name.n) && !memchr(name.p, '?', name.n);
    return kf_str_eq(wide, name) || (pattern && plain && kf_str_glob(wide, name));
}

static bool names_inside(const struct kf_node *a, const struct kf_node *b)
{
    if (a->op != b->op)
        return false;
    for (uint32_t i = 0; a->op == KF_S_EVENT && i < a->kid[0]->kids; i++) {
        bool found = false;
        for (uint32_t k = 0; k < b->kid[0]->kids && !found; k++)
            found = name_covers(b->kid[0]->kid[k]->value.text, a->kid[0]->kid[i]->value.text);
        if (!found)
            return false;
    }
    return true;
}

static uint32_t group_end(const struct kf_node *n, uint32_t from)
{
    while (from < n->kids && !kf_reason_positional(n->kid[from]->op))
        from++;
    return from;
}

/* Every filter of b's last group follows from a's filters from `from` on. */
static bool filters_follow(struct kf_reason *r, const struct kf_node *a, uint32_t from,
                           const struct kf_node *b, uint32_t b_from)
{
    struct kf_want *w = kf_arena_alloc(&r->scratch, (a->kids + 2) * sizeof *w);
    for (uint32_t k = b_from; k < b->kids; k++) {
        bool same = false;
        uint32_t n = 0;
        for (uint32_t i = from; i < a->kids && !same; i++)
            same = kf_str_eq(kf_reason_text(r, a->kid[i]), kf_reason_text(r, b->kid[k]));
        if (same)
            continue;
        if (b->kid[k]->op == KF_F_WITH_SAME)
            return false;
        for (uint32_t i = from; i < a->kids; i++)
            if (!kf_reason_positional(a->kid[i]->op))
                w[n++] = (struct kf_want){a->kid[i], KF_GOAL_TRUE};
        w[n++] = (struct kf_want){b->kid[k], KF_GOAL_NOT_TRUE};
        if (!about_one_event(r, w, n))
            return false;
        for (uint32_t i = 0; i + 1 < n; i++)
            w[i].goal = KF_GOAL_NOT_FALSE;
        w[n - 1].goal = KF_GOAL_FALSE;
        if (!about_one_event(r, w, n))
            return false;
    }
    return true;
}

/* `with_same` brings in events of others: both have it or none. */
static bool same_reach(struct kf_reason *r, const struct kf_node *a, const struct kf_node *b)
{
    for (uint32_t i = 0; i < a->kids; i++) {
        bool found = a->kid[i]->op != KF_F_WITH_SAME;
        for (uint32_t k = 0; k < b->kids && !found; k++)
            found = kf_str_eq(kf_reason_text(r, a->kid[i]), kf_reason_text(r, b->kid[k]));
        if (!found)
            return false;
    }
    return true;
}

static bool is_inside(struct kf_reason *r, const struct kf_node *a, const struct kf_node *b)
{
    if (!names_inside(a, b) || !same_reach(r, a, b))
        return false;
    uint32_t i = first_filter(a), k = first_filter(b);
    if (i != k)
        return false;
    for (;;) { /* b's filters up to its last positional one are a's, too */
        uint32_t to = group_end(b, k), a_to = group_end(a, i);
        if (to == b->kids)
            break;
        if (k == first_filter(b) && !names_inside(b, a))
            return false;
        if (!same_group(r, a, i, a_to, b, k, to) || a_to == a->kids ||
            !kf_str_eq(kf_reason_text(r, a->kid[a_to]), kf_reason_text(r, b->kid[to])))
            return false;
        i = a_to + 1;
        k = to + 1;
    }
    for (uint32_t x = i; x < a->kids; x++)
        if (a->kid[x]->op == KF_F_EACH || a->kid[x]->op == KF_F_PER)
            return false;
    return filters_follow(r, a, i, b, k);
}

/* Alike but for exact windows at the end: these tell. Where nothing but windows follows the last
 * positional filter they also tell that it is not so; else a may be empty, or what other filters
 * leave of it may lie inside: that is proved. */
static bool windows_tell(const struct kf_reason_select *a, const struct kf_reason_select *b,
                         bool *ret)
{
    if (a->stem.p != b->stem.p)
        return false;
    *ret = a->young >= b->young && a->old <= b->old;
    return *ret || (a->only_windows && a->young < a->old);
}

static void grow_pairs(struct kf_reason *r)
{
    uint32_t n = r->pair_slots ? r->pair_slots * 2 : 1024;
    uint64_t *pair = kf_arena_zalloc(&r->keep, n * sizeof *pair);
    for (uint32_t i = 0; i < r->pair_slots; i++) {
        uint64_t h = kf_mix64(r->pair[i] & ~(uint64_t)1);
        if (!r->pair[i])
            continue;
        while (pair[h & (n - 1)])
            h++;
        pair[h & (n - 1)] = r->pair[i];
    }
    r->pair = pair;
    r->pair_slots = n;
}

bool kf_reason_subset(struct kf_reason *r, uint32_t a, uint32_t b)
{
    bool is;
    if (a == b)
        return true;
    if (windows_tell(&r->select.p[a], &r->select.p[b], &is))
        return is;
    uint64_t key = (uint64_t)(a + 1) << 32 | (uint64_t)b << 1;
    if (2 * (r->pairs + 1) > r->pair_slots)
        grow_pairs(r);
    for (uint64_t h = kf_mix64(key); r->pair[h & (r->pair_slots - 1)]; h++) {
        uint64_t known = r->pair[h & (r->pair_slots - 1)];
        if ((known & ~(uint64_t)1) == key)
            return known & 1;
    }
    is = is_inside(r, r->select.p[a].node, r->select.p[b].node);
    uint64_t h = kf_mix64(key);
    while (r->pair[h & (r->pair_slots - 1)])
        h++;
    r->pair[h & (r->pair_slots - 1)] = key | is;
    r->pairs++;
    return is;
}
