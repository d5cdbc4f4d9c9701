/* What flags mark and fraud rules find, on both sides. */
#include "cli/diff_internal.h"

#include "base/hash.h"

#include <stdlib.h>

/* ---- flags: events, which are the same on both sides ---- */

static uint64_t flag_bit(const struct kf_side *s, const struct kf_rule *r)
{
    uint32_t n;
    const struct kf_rule *const *flag = s->rules ? kf_rules_kind(s->rules, KF_KIND_FLAG, &n) : NULL;
    return r && s->world && s->world->event_flags ? 1ULL << (r->number - flag[0]->number) : 0;
}

static int compare_flags(struct kf_diff *d, struct kf_error *err)
{
    struct kf_pairs p = kf_pairs_of(d, KF_KIND_FLAG);
    const struct kf_world *a = d->before.world, *b = d->after.world;
    if (!(d->flag = calloc(p.na + p.nb + 1u, sizeof *d->flag)))
        return kf_diff_no_memory(err);
    while (kf_pairs_next(&p, &d->flag[d->n_flag].before, &d->flag[d->n_flag].after)) {
        struct kf_diff_mark *f = &d->flag[d->n_flag++];
        f->name = f->after ? f->after->name : f->before->name;
        uint64_t bit_a = flag_bit(&d->before, f->before), bit_b = flag_bit(&d->after, f->after);
        for (uint32_t e = 0; (bit_a || bit_b) && e < b->events->n; e++) {
            bool was = bit_a && (a->event_flags[e] & bit_a) != 0,
                 is = bit_b && (b->event_flags[e] & bit_b) != 0;
            f->n_before += was;
            f->n_after += is;
            f->added += is && !was;
            f->removed += was && !is;
        }
    }
    return 0;
}

/* ---- fraud: rows are compared by what they are about and what they say ---- */

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Identifiers have other numbers on the other side: their content stands for them. */
static uint64_t row_hash(const struct kf_world *w, const struct kf_fraud_row *f)
{
    uint64_t h = kf_mix64(f->event + 1ULL) ^ ((uint64_t)f->verdict << 1 | f->undecided);
    h = kf_hash64_seed(f->key.p ? f->key.p : "", f->key.n, h);
    if (f->identifier == KF_ID_NONE)
        return h;
    const char *ns = w->ids->rules.ns[w->ids->ns[f->identifier]].name;
    struct kf_str v = kf_idset_value(w->ids, f->identifier);
    return kf_hash64_seed(v.p, v.n, kf_hash64_seed(ns, strlen(ns), h));
}

/* Sorted hashes of a rule's rows; NULL: no memory. */
static uint64_t *rows_of(const struct kf_side *s, const struct kf_rule *rule, uint64_t *ret_n,
                         uint64_t *ret_rejected)
{
    uint32_t n = 0;
    const struct kf_fraud_row *row = rule && s->decide ? kf_decide_fraud(s->decide, &n) : NULL;
    uint64_t *h = malloc((n + 1u) * sizeof *h);
    *ret_n = 0;
    for (uint32_t i = 0; h && i < n; i++)
        if (row[i].rule == rule->number) {
            h[(*ret_n)++] = row_hash(s->world, &row[i]);
            *ret_rejected += row[i].verdict == KF_VERDICT_REJECT;
        }
    if (h)
        qsort(h, *ret_n, sizeof *h, by_number);
    return h;
}

static int compare_fraud(struct kf_diff *d, struct kf_error *err)
{
    struct kf_pairs p = kf_pairs_of(d, KF_KIND_FRAUD);
    if (!(d->fraud = calloc(p.na + p.nb + 1u, sizeof *d->fraud)))
        return kf_diff_no_memory(err);
    while (kf_pairs_next(&p, &d->fraud[d->n_fraud].before, &d->fraud[d->n_fraud].after)) {
        struct kf_diff_mark *f = &d->fraud[d->n_fraud++];
        f->name = f->after ? f->after->name : f->before->name;
        uint64_t *a = rows_of(&d->before, f->before, &f->n_before, &f->rejected_before),
                 *b = rows_of(&d->after, f->after, &f->n_after, &f->rejected_after), i = 0, k = 0;
        bool ok = a && b;
        while (ok && (i < f->n_before || k < f->n_after)) {
            if (k == f->n_after || (i < f->n_before && a[i] < b[k]))
                i++, f->removed++;
            else if (i == f->n_before || b[k] < a[i])
                k++, f->added++;
            else
                i++, k++;
        }
        free(a);
        free(b);
        if (!ok)
            return kf_diff_no_memory(err);
    }
    return 0;
}

int kf_diff_marks(struct kf_diff *d, struct kf_error *err)
{
    int rc = compare_flags(d, err);
    return rc ? rc : compare_fraud(d, err);
}
