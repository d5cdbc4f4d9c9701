/* Links and refusals as rows of the result. */
#include "identity/resolve_internal.h"

#include "base/error.h"

#include <stdlib.h>

static uint8_t reason_of(const struct kf_id_row *r)
{
    return r->unlinked ? KF_ID_UNLINKED : r->ok ? r->reason : KF_ID_CONSENT;
}

void kf_id_emit_links(struct kf_id_work *w)
{
    for (size_t i = 0; i < w->row.n; i++) {
        const struct kf_id_row *r = &w->row.p[i];
        uint8_t reason = reason_of(r);
        if (r->gone || (!reason && !w->run->in->want_links))
            continue;
        const struct kf_id_node *p = &w->node.p[r->p], *q = &w->node.p[r->q];
        struct kf_id_link *l = kf_vec_push(&w->link);
        *l = (struct kf_id_link){.a = w->gid[p->id],
                                 .b = w->gid[q->id],
                                 .a_from = p->from,
                                 .b_from = q->from,
                                 .rule = kf_id_rule_name(w->run, r->rule),
                                 .strength = r->strength,
                                 .reason = reason,
                                 .consented = r->ok,
                                 .first = r->first,
                                 .last = r->last,
                                 .count = r->count,
                                 .event = r->event,
                                 .limit_ns = KF_ID_NONE,
                                 .sep_a = KF_ID_NONE,
                                 .sep_b = KF_ID_NONE};
        if (reason == KF_ID_PER_PROFILE || reason == KF_ID_WITHIN)
            l->limit_ns = r->limit_ns;
        if ((reason == KF_ID_NEVER_LINK || reason == KF_ID_KEEP_APART) && r->sep != KF_ID_NONE) {
            const struct kf_id_apart *s = &w->sep.p[r->sep];
            l->sep_a = w->gid[s->a];
            l->sep_b = w->gid[s->b];
            l->sep_rule = s->rule;
        }
    }
}

struct key { /* most comparisons end at the first bytes, without looking the values up */
    uint64_t a, b;
    uint32_t at;
};
struct sorting {
    const struct kf_id_run *run;
    const struct kf_id_link *link;
};

/* Rank and the first seven bytes of an identifier: orders like (rank, bytes) where it differs. */
static uint64_t prefix(const struct kf_id_run *r, uint32_t id)
{
    struct kf_str v = r->in->id_value(r->in->ctx, id);
    uint64_t k = r->rank[r->in->id_ns[id]];
    for (size_t i = 0; i < 7; i++)
        k = k << 8 | (i < v.n ? (uint8_t)v.p[i] : 0);
    return k;
}

static int cmp_time(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int key_cmp(const void *px, const void *py, void *ctx)
{
    const struct sorting *s = ctx;
    const struct key *x = px, *y = py;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    const struct kf_id_link *a = &s->link[x->at], *b = &s->link[y->at];
    int c = kf_id_cmp(s->run, a->a, b->a);
    if (c)
        return c;
    if (x->b != y->b)
        return x->b < y->b ? -1 : 1;
    c = kf_id_cmp(s->run, a->b, b->b);
    c = c ? c : strcmp(a->rule, b->rule);
    c = c ? c : cmp_time(a->a_from, b->a_from);
    c = c ? c : cmp_time(a->b_from, b->b_from);
    c = c ? c : (int)a->reason - (int)b->reason;
    c = c ? c : (int)a->strength - (int)b->strength;
    return c ? c : (int)b->consented - (int)a->consented;
}

/* Sorts `link` by content into `ret`, which has room for n as well. */
static bool sort_links(const struct kf_id_run *r, const struct kf_id_link *link,
                       struct kf_id_link *ret, size_t n)
{
    struct sorting s = {r, link};
    struct key *key = malloc((n + 1) * sizeof *key);
    if (!key)
        return false;
    for (size_t i = 0; i < n; i++)
        key[i] = (struct key){prefix(r, link[i].a), prefix(r, link[i].b), (uint32_t)i};
    if (n > 1)
        qsort_r(key, n, sizeof *key, key_cmp, &s);
    for (size_t i = 0; i < n; i++)
        ret[i] = link[key[i].at];
    free(key);
    return true;
}

int kf_id_finish_links(struct kf_id_run *r, struct kf_error *err)
{
    size_t n = 0, at = 0;
    for (unsigned t = 0; r->work && t < r->threads; t++)
        n += r->work[t].link.n;
    if (n >= UINT32_MAX)
        return kf_error_set(err, KF_E_LIMIT, "identity", "more than 2^32 links");
    struct kf_id_link *all = malloc((n + 1) * sizeof *all);
    r->ret->link = malloc((n + 1) * sizeof *r->ret->link);
    for (unsigned t = 0; all && r->work && t < r->threads; t++) {
        struct kf_id_work *w = &r->work[t];
        if (w->link.n)
            memcpy(all + at, w->link.p, w->link.n * sizeof *w->link.p);
        at += w->link.n;
        kf_vec_free(&w->link);
    }
    bool ok = all && r->ret->link && sort_links(r, all, r->ret->link, n);
    free(all);
    r->ret->n_link = ok ? (uint32_t)n : 0;
    return ok ? 0 : kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %zu links", n);
}
