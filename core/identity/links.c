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

static int cmp_u64(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int link_cmp(const void *pa, const void *pb, void *ctx)
{
    const struct kf_id_run *r = ctx;
    const struct kf_id_link *a = pa, *b = pb;
    int c = kf_id_cmp(r, a->a, b->a);
    c = c ? c : kf_id_cmp(r, a->b, b->b);
    c = c ? c : strcmp(a->rule, b->rule);
    c = c ? c : cmp_u64(a->a_from, b->a_from);
    c = c ? c : cmp_u64(a->b_from, b->b_from);
    c = c ? c : (int)a->reason - (int)b->reason;
    c = c ? c : (int)a->strength - (int)b->strength;
    return c ? c : (int)b->consented - (int)a->consented;
}

int kf_id_finish_links(struct kf_id_run *r, struct kf_error *err)
{
    size_t n = 0;
    for (unsigned t = 0; r->work && t < r->threads; t++)
        n += r->work[t].link.n;
    if (n >= UINT32_MAX)
        return kf_error_set(err, KF_E_LIMIT, "identity", "more than 2^32 links");
    r->ret->link = malloc((n + 1) * sizeof *r->ret->link);
    if (!r->ret->link)
        return kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %zu links", n);
    for (unsigned t = 0; r->work && t < r->threads; t++) {
        struct kf_id_work *w = &r->work[t];
        if (w->link.n)
            memcpy(r->ret->link + r->ret->n_link, w->link.p, w->link.n * sizeof *w->link.p);
        r->ret->n_link += (uint32_t)w->link.n;
        kf_vec_free(&w->link);
    }
    if (n > 1)
        qsort_r(r->ret->link, n, sizeof *r->ret->link, link_cmp, r);
    return 0;
}
