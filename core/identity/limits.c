/* Clusters and the limits that a union may break (section 5, table of reasons).
 *
 * A cluster keeps the number of distinct values of each limited namespace (of a person's key the
 * value itself), and lists of what needs a closer look: identifiers of several spans (they may be
 * on both sides), separated identifiers, first observations of namespaces counted in stretches of
 * time (windows.c). Lists are merged small into large; a table keyed by (cluster, what) answers
 * whether a cluster holds something. */
#include "identity/resolve_internal.h"

#include "base/hash.h"

#include <stdlib.h>

#define TAG_ID   0u /* table: this identifier is held; other tags: windows.c */
#define END      KF_ID_NONE
#define NO_LIMIT 255u
/* Things to look at in the lighter of two clusters from which on an answer is remembered. */
#define WORTH 32u

/* ---- the table */

static size_t cell_at(const struct kf_id_work *w, uint32_t slot, uint32_t tag, uint64_t key)
{
    uint64_t h = kf_mix64(key ^ kf_mix64((uint64_t)slot << 8 | tag));
    size_t mask = w->cell_cap - 1, k = h & mask;
    while (w->cell[k].gen == w->gen &&
           (w->cell[k].key != key || w->cell[k].slot != slot || w->cell[k].tag != tag))
        k = (k + 1) & mask;
    return k;
}

struct kf_id_cell *kf_id_cell_find(const struct kf_id_work *w, uint32_t slot, uint32_t tag,
                                   uint64_t key)
{
    if (!w->cell_cap)
        return NULL;
    struct kf_id_cell *c = &w->cell[cell_at(w, slot, tag, key)];
    return c->gen == w->gen ? c : NULL;
}

struct kf_id_cell *kf_id_cell_put(struct kf_id_work *w, uint32_t slot, uint32_t tag, uint64_t key,
                                  bool *ret_new)
{
    if (2 * (w->n_cell + 1) > w->cell_cap) {
        struct kf_id_cell *old = w->cell;
        size_t n = w->cell_cap;
        w->cell = NULL;
        w->cell_cap = 0;
        w->cell = kf_vec_grow(NULL, &w->cell_cap, n ? 2 * n : 64, sizeof *w->cell);
        w->cell_cap = n ? 2 * n : 64; /* a power of two, whatever was allocated */
        memset(w->cell, 0, w->cell_cap * sizeof *w->cell);
        for (size_t i = 0; i < n; i++)
            if (old[i].gen == w->gen)
                w->cell[cell_at(w, old[i].slot, old[i].tag, old[i].key)] = old[i];
        kf_vec_release(old);
    }
    struct kf_id_cell *c = &w->cell[cell_at(w, slot, tag, key)];
    *ret_new = c->gen != w->gen;
    if (*ret_new) {
        *c = (struct kf_id_cell){key, slot, w->gen, tag, END};
        w->n_cell++;
    }
    return c;
}

/* ---- clusters */

uint32_t kf_id_find(struct kf_id_work *w, uint32_t n)
{
    struct kf_id_cluster *c = w->cl.p;
    while (c[n].up != n)
        n = c[n].up = c[c[n].up].up;
    return n;
}

static uint32_t *counts_of(const struct kf_id_work *w, uint32_t root)
{
    return w->count.p + (size_t)root * w->n_limit;
}

static bool is_multi(const struct kf_id_work *w, uint32_t id)
{
    uint32_t n = w->node_off.p[id];
    return w->node_off.p[id + 1] - n > 1 || w->node.p[n].n_piece;
}

static void plan_limits(struct kf_id_work *w)
{
    const struct kf_id_rules *rules = w->run->in->rules;
    w->n_limit = 0;
    memset(w->limit_of, NO_LIMIT, sizeof w->limit_of);
    for (int within = 0; within < 2; within++) {
        for (uint32_t rank = 0; rank < rules->n_ns; rank++) {
            for (uint32_t k = 0; k < rules->n_ns; k++) {
                const struct kf_id_namespace *ns = &rules->ns[k];
                if (w->run->rank[k] != rank || !ns->per_profile || (ns->within > 0) != within)
                    continue;
                w->limit_of[k] = (uint8_t)w->n_limit;
                w->limit[w->n_limit++] = (struct kf_id_limit){
                    (uint8_t)k, ns->per_profile == 1 && !within, ns->per_profile, ns->within};
            }
        }
    }
}

/* Makes the span a cluster of its own. Called again for a span that was cut. */
void kf_id_cluster_add(struct kf_id_work *w, uint32_t n)
{
    const struct kf_id_node *x = &w->node.p[n];
    while (w->cl.n <= n) {
        kf_vec_push(&w->cl);
        kf_vec_reserve(&w->count, w->n_limit);
        w->count.n += w->n_limit;
    }
    struct kf_id_cluster *c = &w->cl.p[n];
    *c = (struct kf_id_cluster){n, 1, 1, w->next_slot++, END, END, 0, END, END, 0, END, END, 0, 0};
    uint32_t *count = counts_of(w, n), ns = w->run->in->id_ns[w->gid[x->id]];
    uint32_t l = w->limit_of[ns];
    memset(count, 0, w->n_limit * sizeof *count);
    if (l != NO_LIMIT)
        count[l] = w->limit[l].person ? x->id + 1 : 1;
    if (l != NO_LIMIT && w->limit[l].within) {
        c->win = c->win_tail = (uint32_t)w->entry.n;
        c->n_win = 1;
        *kf_vec_push(&w->entry) = (struct kf_id_entry){x->first == INT64_MIN ? x->from : x->first,
                                                       x->id,
                                                       END,
                                                       END,
                                                       (uint8_t)l,
                                                       is_multi(w, x->id)};
        kf_id_window_put(w, c->slot, c->win);
    }
    if (is_multi(w, x->id)) {
        bool fresh;
        w->any_multi = true;
        c->multi = c->multi_tail = (uint32_t)w->item.n;
        c->n_multi = 1;
        *kf_vec_push(&w->item) = (struct kf_id_item){x->id, END};
        kf_id_cell_put(w, c->slot, TAG_ID, x->id, &fresh);
    }
    if (w->sep.n && w->sep_off.p[x->id] != w->sep_off.p[x->id + 1]) {
        c->sep = c->sep_tail = (uint32_t)w->item.n;
        c->n_sep = 1;
        *kf_vec_push(&w->item) = (struct kf_id_item){x->id, END};
    }
}

void kf_id_clusters(struct kf_id_work *w)
{
    if (w->gen == 0)
        plan_limits(w);
    w->gen++;
    w->n_cell = 0;
    w->next_slot = w->free_step = 0;
    w->any_multi = false;
    w->cl.n = w->count.n = w->item.n = w->entry.n = w->step.n = w->full.n = 0;
    kf_vec_reserve(&w->cl, w->node.n);
    kf_vec_reserve(&w->count, w->node.n * w->n_limit + 1);
    for (uint32_t n = 0; n < w->node.n; n++)
        kf_id_cluster_add(w, n);
}

static uint64_t weight(const struct kf_id_cluster *c)
{
    return (uint64_t)c->n_multi + c->n_win + c->n_sep;
}

/* Moves b's identifiers of several spans to a; those that both hold are counted once from now on.
 */
static void merge_multi(struct kf_id_work *w, struct kf_id_cluster *a, struct kf_id_cluster *b,
                        uint32_t *count_a)
{
    for (uint32_t k = b->multi, next; k != END; k = next) {
        uint32_t id = w->item.p[k].id, l = w->limit_of[w->run->in->id_ns[w->gid[id]]];
        bool fresh;
        next = w->item.p[k].next;
        kf_id_cell_put(w, a->slot, TAG_ID, id, &fresh);
        if (!fresh) {
            a->n_id--;
            if (l != NO_LIMIT && !w->limit[l].person)
                count_a[l]--;
            continue;
        }
        w->item.p[k].next = a->multi;
        a->multi = k;
        a->n_multi++;
    }
}

static void merge_lists(struct kf_id_work *w, struct kf_id_cluster *a, struct kf_id_cluster *b)
{
    for (uint32_t k = b->win, next; k != END; k = next) {
        next = w->entry.p[k].next;
        if (!kf_id_window_put(w, a->slot, k))
            continue;
        w->entry.p[k].next = a->win;
        a->win = k;
        a->n_win++;
    }
    if (b->n_win)
        kf_id_window_drop(w, b->slot);
    if (b->sep == END)
        return;
    if (a->sep == END)
        a->sep = b->sep;
    else
        w->item.p[a->sep_tail].next = b->sep;
    a->sep_tail = b->sep_tail;
    a->n_sep += b->n_sep;
}

/* Unites the clusters of two roots. */
void kf_id_merge(struct kf_id_work *w, uint32_t ra, uint32_t rb)
{
    struct kf_id_cluster *a = &w->cl.p[ra], *b = &w->cl.p[rb];
    if (weight(a) < weight(b) || (weight(a) == weight(b) && a->n_node < b->n_node)) {
        struct kf_id_cluster *c = a;
        a = b;
        b = c;
        uint32_t r = ra;
        ra = rb;
        rb = r;
    }
    uint32_t *ca = counts_of(w, ra), *cb = counts_of(w, rb);
    for (uint32_t l = 0; l < w->n_limit; l++) {
        if (!w->limit[l].person)
            ca[l] += cb[l];
        else if (cb[l])
            ca[l] = cb[l];
    }
    a->n_id += b->n_id;
    a->n_node += b->n_node;
    b->up = ra;
    merge_multi(w, a, b, ca);
    merge_lists(w, a, b);
}

/* ---- what would break */

static bool holds(struct kf_id_work *w, const struct kf_id_held *h, uint32_t id)
{
    if (is_multi(w, id))
        return kf_id_cell_find(w, h->slot, TAG_ID, id) != NULL;
    return w->cl.p[kf_id_find(w, w->node_off.p[id])].stamp == h->stamp;
}

static void hold_one(struct kf_id_work *w, struct kf_id_held *h, uint32_t root)
{
    struct kf_id_cluster *c = &w->cl.p[root];
    if (w->n_limit)
        memcpy(h->count, counts_of(w, root), w->n_limit * sizeof *h->count);
    c->stamp = ++w->stamp;
    h->stamp = w->stamp;
    h->n_id = c->n_id;
    h->slot = c->slot;
    h->n_root = 1;
    h->one = root;
}

/* First separation between an identifier and what is held, in their order; END: none. */
static uint32_t separation(struct kf_id_work *w, const struct kf_id_held *h, uint32_t id,
                           uint32_t best)
{
    for (uint32_t k = w->sep_off.p[id]; k < w->sep_off.p[id + 1]; k++) {
        uint32_t s = w->sep_at.p[k];
        if (s >= best)
            break; /* ascending */
        if (holds(w, h, w->sep.p[s].a == id ? w->sep.p[s].b : w->sep.p[s].a))
            best = s;
    }
    return best;
}

/* How many identifiers of `root` are held already: per limit, and all of them. */
static uint32_t overlaps(struct kf_id_work *w, const struct kf_id_held *h, uint32_t root,
                         uint32_t *ov)
{
    uint32_t all = 0;
    memset(ov, 0, KF_ID_NAMESPACES * sizeof *ov);
    for (uint32_t k = w->cl.p[root].multi; k != END; k = w->item.p[k].next) {
        uint32_t id = w->item.p[k].id, l = w->limit_of[w->run->in->id_ns[w->gid[id]]];
        if (!kf_id_cell_find(w, h->slot, TAG_ID, id))
            continue;
        all++;
        if (l != NO_LIMIT)
            ov[l]++;
    }
    return all;
}

static bool within_breaks(struct kf_id_work *w, const struct kf_id_held *h, uint32_t root,
                          uint32_t l)
{
    const struct kf_id_cluster *c = &w->cl.p[root];
    struct kf_id_seen_by held = {h->slot, h->n_root == 1 ? w->cl.p[h->one].win : h->win};
    struct kf_id_seen_by more = {c->slot, c->win};
    if (h->count[l] < counts_of(w, root)[l])
        return kf_id_window_breaks(w, &more, &held, l);
    return kf_id_window_breaks(w, &held, &more, l);
}

/* `known`: number of a limit that is broken for sure (n_limit: the ceiling; END: none is known). A
 * union that broke a limit breaks it for ever, so only what comes before it in the order is still
 * looked at. */
static enum kf_id_reason ask(struct kf_id_work *w, const struct kf_id_held *h, uint32_t root,
                             uint32_t known, struct kf_id_why *why)
{
    uint32_t ov[KF_ID_NAMESPACES], all = 0, best = END, max = w->run->in->rules->max_identifiers;
    const uint32_t *count = counts_of(w, root);
    const struct kf_id_cluster *c = &w->cl.p[root];
    *why = (struct kf_id_why){END, END};
    if (h->n_root == 0 || c->stamp == h->stamp)
        return KF_ID_KEPT;
    for (uint32_t k = c->sep; k != END; k = w->item.p[k].next)
        best = separation(w, h, w->item.p[k].id, best);
    if (best != END) {
        why->sep = best;
        return w->sep.p[best].reason;
    }
    bool looked = false;
    for (uint32_t l = 0; l < w->n_limit; l++) {
        const struct kf_id_limit *lim = &w->limit[l];
        why->limit_ns = lim->ns;
        if (l == known)
            return lim->within ? KF_ID_WITHIN : KF_ID_PER_PROFILE;
        if (lim->person) {
            if (h->count[l] && count[l] && h->count[l] != count[l])
                return KF_ID_PER_PROFILE;
            continue;
        }
        if ((uint64_t)h->count[l] + count[l] <= lim->n)
            continue;
        if (!looked)
            all = overlaps(w, h, root, ov);
        looked = true;
        if ((uint64_t)h->count[l] + count[l] - ov[l] <= lim->n)
            continue;
        if (!lim->within)
            return KF_ID_PER_PROFILE;
        if (within_breaks(w, h, root, l))
            return KF_ID_WITHIN;
    }
    why->limit_ns = END;
    if (known == w->n_limit)
        return KF_ID_CEILING;
    if (!max || (uint64_t)h->n_id + c->n_id <= max)
        return KF_ID_KEPT;
    if (!looked)
        all = overlaps(w, h, root, ov);
    return (uint64_t)h->n_id + c->n_id - all > max ? KF_ID_CEILING : KF_ID_KEPT;
}

/* The place of an answer; NULL where asking again costs less than remembering. */
static struct kf_id_asked *place(struct kf_id_work *w, const struct kf_id_cluster *a,
                                 const struct kf_id_cluster *b)
{
    if (weight(a) < WORTH || weight(b) < WORTH)
        return NULL;
    if (!w->asked)
        w->asked = calloc(KF_ID_ASKED, sizeof *w->asked);
    uint64_t h = kf_mix64(kf_id_pair_key(a->slot, b->slot));
    return w->asked ? &w->asked[h % KF_ID_ASKED] : NULL;
}

/* Would the union of two roots' clusters break a limit? */
enum kf_id_reason kf_id_breaks(struct kf_id_work *w, uint32_t ra, uint32_t rb,
                               struct kf_id_why *why)
{
    struct kf_id_held h;
    *why = (struct kf_id_why){END, END};
    if (ra == rb)
        return KF_ID_KEPT;
    if (weight(&w->cl.p[ra]) < weight(&w->cl.p[rb])) {
        uint32_t swap = ra;
        ra = rb;
        rb = swap;
    }
    const struct kf_id_cluster *a = &w->cl.p[ra], *b = &w->cl.p[rb];
    struct kf_id_asked *p = place(w, a, b);
    uint32_t known = END;
    if (a->slot > b->slot) { /* the heavier one may change as they grow */
        const struct kf_id_cluster *swap = a;
        a = b;
        b = swap;
    }
    if (p && p->gen == w->gen && p->slot_a == a->slot && p->slot_b == b->slot) {
        if (p->node_a == a->n_node && p->node_b == b->n_node) {
            *why = p->why;
            return p->reason;
        }
        if (p->reason == KF_ID_CEILING)
            known = w->n_limit;
        else if (p->why.limit_ns != END)
            known = w->limit_of[p->why.limit_ns];
    }
    hold_one(w, &h, ra);
    enum kf_id_reason reason = ask(w, &h, rb, known, why);
    if (p)
        *p = (struct kf_id_asked){w->gen, a->slot, b->slot, a->n_node, b->n_node, reason, *why};
    return reason;
}

/* Would one more cluster break a limit with what is held? */
enum kf_id_reason kf_id_held_breaks(struct kf_id_work *w, struct kf_id_held *h, uint32_t root,
                                    struct kf_id_why *why)
{
    if (h->n_root != 1 || w->cl.p[root].stamp == h->stamp)
        return ask(w, h, root, END, why);
    enum kf_id_reason reason = kf_id_breaks(w, h->one, root, why);
    w->cl.p[h->one].stamp = h->stamp; /* the question may have marked it anew */
    return reason;
}

bool kf_id_separated(struct kf_id_work *w, uint32_t id, uint32_t root)
{
    struct kf_id_held h;
    if (!w->sep.n || w->sep_off.p[id] == w->sep_off.p[id + 1])
        return false;
    hold_one(w, &h, root);
    return separation(w, &h, id, END) != END;
}

/* ---- holding several clusters together without uniting them */

/* Copies what a cluster holds into the table under the slot of what is held. Returns how many were
 * there already. */
static uint32_t copy_into(struct kf_id_work *w, struct kf_id_held *h, uint32_t root)
{
    uint32_t twice = 0;
    for (uint32_t k = w->cl.p[root].multi; k != END; k = w->item.p[k].next) {
        uint32_t id = w->item.p[k].id, l = w->limit_of[w->run->in->id_ns[w->gid[id]]];
        bool fresh;
        kf_id_cell_put(w, h->slot, TAG_ID, id, &fresh);
        if (fresh)
            continue;
        twice++;
        if (l != NO_LIMIT && !w->limit[l].person)
            h->count[l]--;
    }
    for (uint32_t k = w->cl.p[root].win; k != END; k = w->entry.p[k].next) {
        uint32_t at = (uint32_t)w->entry.n;
        struct kf_id_entry e = w->entry.p[k];
        e.next = h->win;
        *kf_vec_push(&w->entry) = e;
        if (kf_id_window_put(w, h->slot, at))
            h->win = at;
        else
            w->entry.n--;
    }
    return twice;
}

/* Forgets what is held. No cluster may have been added since it was taken. */
void kf_id_let_go(struct kf_id_work *w, struct kf_id_held *h)
{
    if (h->n_root > 1) {
        kf_id_window_drop(w, h->slot);
        w->entry.n = h->n_entry;
    }
    h->n_root = 0;
}

/* Adds a cluster to what is held. n_root 0: starts anew with it. */
void kf_id_hold(struct kf_id_work *w, struct kf_id_held *h, uint32_t root)
{
    if (h->n_root == 0) {
        hold_one(w, h, root);
        return;
    }
    if (w->cl.p[root].stamp == h->stamp)
        return;
    if (h->n_root == 1) { /* from now on it needs a slot of its own */
        uint32_t count[KF_ID_NAMESPACES];
        memcpy(count, h->count, sizeof count);
        h->slot = w->next_slot++;
        h->win = END;
        h->n_entry = (uint32_t)w->entry.n;
        copy_into(w, h, h->one);
        memcpy(h->count, count, sizeof count);
    }
    const uint32_t *more = counts_of(w, root);
    for (uint32_t l = 0; l < w->n_limit; l++) {
        if (!w->limit[l].person)
            h->count[l] += more[l];
        else if (more[l])
            h->count[l] = more[l];
    }
    h->n_id += w->cl.p[root].n_id;
    h->n_id -= copy_into(w, h, root);
    h->n_root++;
    w->cl.p[root].stamp = h->stamp;
}
