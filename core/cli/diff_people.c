/* Who merges and who splits, and by which link. */
#include "cli/diff_internal.h"

#include <stdlib.h>

/* Number of an identifier of `from` in `to`; KF_ID_NONE: not known there. */
static uint32_t translate(const struct kf_idset *from, const struct kf_idset *to, uint32_t id)
{
    uint32_t ns = kf_idset_ns(to, kf_cstr(from->rules.ns[from->ns[id]].name));
    return ns == KF_ID_NONE ? KF_ID_NONE : kf_idset_find(to, ns, kf_idset_value(from, id));
}

/* Was an identifier ever a profile's, and which of two were ever one's: spans say so of those that
 * passed on. */
static bool ever_together(const struct kf_id_result *r, uint32_t a, uint32_t b)
{
    uint32_t held[64], n = 0;
    if (r->id_profile[a] != KF_ID_NONE)
        held[n++] = r->id_profile[a];
    for (uint32_t i = 0; i < r->n_span && n < 64; i++)
        if (r->span[i].id == a && r->span[i].profile != KF_ID_NONE)
            held[n++] = r->span[i].profile;
    for (uint32_t k = 0; k < n; k++) {
        if (r->id_profile[b] == held[k])
            return true;
        for (uint32_t i = 0; i < r->n_span; i++)
            if (r->span[i].id == b && r->span[i].profile == held[k])
                return true;
    }
    return false;
}

/* 1: an identifier is the profile's now, 2: it was once. NULL: no memory. */
static uint8_t *held_by(const struct kf_world *w, uint32_t profile)
{
    uint8_t *mine = calloc(w->ids->n + 1u, 1);
    const struct kf_id_result *r = w->identity;
    for (uint32_t i = 0; mine && i < r->n_span; i++)
        if (r->span[i].profile == profile)
            mine[r->span[i].id] = 2;
    for (uint32_t i = w->ids_first[profile]; mine && i < w->ids_first[profile + 1]; i++)
        mine[w->ids_of[i]] = 1;
    return mine;
}

/* A kept link of `w` inside profile `one` whose ends belong to different people in `other`: rather
 * one whose ends are somebody's there, rather one of identifiers that did not pass on. */
static uint32_t causing_link(const struct kf_world *w, const struct kf_world *other, uint32_t one)
{
    const struct kf_id_result *r = w->identity, *o = other->identity;
    uint8_t *mine = held_by(w, one);
    uint32_t best = KF_ID_NONE;
    int best_rank = 0;
    for (uint32_t i = 0; mine && best_rank < 3 && i < r->n_link; i++) {
        const struct kf_id_link *l = &r->link[i];
        if (l->reason != KF_ID_KEPT || !mine[l->a] || !mine[l->b])
            continue;
        uint32_t a = translate(w->ids, other->ids, l->a), b = translate(w->ids, other->ids, l->b);
        if (a == KF_ID_NONE || b == KF_ID_NONE || ever_together(o, a, b))
            continue;
        bool now = mine[l->a] == 1 && mine[l->b] == 1;
        bool owned = o->id_profile[a] != KF_ID_NONE && o->id_profile[b] != KF_ID_NONE;
        int rank = now && owned ? 3 : now ? 2 : 1;
        if (rank > best_rank) {
            best = i;
            best_rank = rank;
        }
    }
    free(mine);
    return best;
}

/* The same link among the refused ones of the other side; the last of several. */
static uint32_t refusal_of(const struct kf_world *w, uint32_t link, const struct kf_world *other)
{
    const struct kf_id_result *o = other->identity;
    uint32_t found = KF_ID_NONE;
    if (link == KF_ID_NONE)
        return KF_ID_NONE;
    const struct kf_id_link *l = &w->identity->link[link];
    uint32_t a = translate(w->ids, other->ids, l->a), b = translate(w->ids, other->ids, l->b);
    for (uint32_t i = 0; i < o->n_link; i++) {
        const struct kf_id_link *x = &o->link[i];
        bool same = (x->a == a && x->b == b) || (x->a == b && x->b == a);
        if (same && x->reason != KF_ID_KEPT && strcmp(x->rule, l->rule) == 0)
            found = i;
    }
    return found;
}

/* The profile of the same id. */
static uint32_t twin(const struct kf_world *from, uint32_t profile, const struct kf_world *to)
{
    uint64_t id = from->identity->profile_id[profile];
    for (uint32_t p = 0; p < to->n_profiles; p++)
        if (to->identity->profile_id[p] == id)
            return p;
    return KF_ID_NONE;
}

static void find_link(struct kf_diff_people *p, const struct kf_world *all,
                      const struct kf_world *w, const struct kf_world *other)
{
    uint32_t one = twin(all, p->one, w);
    if (one == KF_ID_NONE)
        return;
    p->link = causing_link(w, other, one);
    p->refusal = refusal_of(w, p->link, other);
}

void kf_diff_links(struct kf_diff *d, struct kf_world *take_before, struct kf_world *take_after)
{
    d->links_before = take_before;
    d->links_after = take_after;
    for (uint32_t i = 0; i < d->n_merge_example; i++)
        find_link(&d->merge_example[i], d->after.world, take_after, take_before);
    for (uint32_t i = 0; i < d->n_split_example; i++)
        find_link(&d->split_example[i], d->before.world, take_before, take_after);
}

uint32_t kf_diff_example_events(const struct kf_diff *d, uint32_t out[2 * KF_DIFF_EXAMPLES])
{
    const struct kf_world *a = d->before.world, *b = d->after.world;
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->n_merge_example; i++)
        out[n++] = b->order[b->first[d->merge_example[i].one]];
    for (uint32_t i = 0; i < d->n_split_example; i++)
        out[n++] = a->order[a->first[d->split_example[i].one]];
    return n;
}

void kf_diff_count_people(struct kf_diff *d)
{
    const struct kf_world *a = d->before.world, *b = d->after.world;
    struct kf_chosen merged = {0}, split = {0};
    if (!d->map.forward)
        return;
    for (uint32_t q = 0; q < b->n_profiles; q++)
        if (d->map.from_a2[q] != KF_ID_NONE) {
            d->merged++;
            kf_choose(&merged, b, q);
        }
    for (uint32_t p = 0; p < a->n_profiles; p++)
        if (d->map.to_b2[p] != KF_ID_NONE) {
            d->split++;
            kf_choose(&split, a, p);
        }
    for (uint32_t i = 0; i < merged.n; i++) {
        uint32_t q = merged.profile[i];
        d->merge_example[d->n_merge_example++] = (struct kf_diff_people){
            q, {d->map.from_a[q], d->map.from_a2[q]}, KF_ID_NONE, KF_ID_NONE};
    }
    for (uint32_t i = 0; i < split.n; i++) {
        uint32_t p = split.profile[i];
        d->split_example[d->n_split_example++] =
            (struct kf_diff_people){p, {d->map.to_b[p], d->map.to_b2[p]}, KF_ID_NONE, KF_ID_NONE};
    }
}
