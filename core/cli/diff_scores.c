/* How scores shift: bins over both sides, bands, who rises and falls. */
#include "cli/diff_internal.h"

#include <math.h>
#include <stdlib.h>

static const double *scores_of(const struct kf_side *s, const struct kf_rule *r)
{
    return r && s->score ? s->score[r->number] : NULL;
}

static uint32_t people_of(const struct kf_side *s)
{
    return s->world ? s->world->n_profiles : 0;
}

static double at(const double *v, uint32_t i)
{
    return v && i != KF_ID_NONE ? v[i] : NAN;
}

/* ---- who rises ---- */

static void compare_people(const struct kf_diff *d, struct kf_diff_score *s, const double *a,
                           const double *b)
{
    for (uint32_t q = 0; q < people_of(&d->after); q++) {
        double was = d->before.world ? at(a, kf_diff_back(d, q)) : NAN, is = at(b, q);
        s->up += is > was; /* false where one of them is NAN */
        s->down += is < was;
        s->gained += !isnan(is) && isnan(was);
        s->lost += isnan(is) && !isnan(was);
    }
}

/* ---- the shape ---- */

static void stretch(struct kf_diff_score *s, const double *v, uint32_t n, uint32_t *scored)
{
    for (uint32_t i = 0; v && i < n; i++) {
        if (isnan(v[i]))
            continue;
        if (isnan(s->low) || v[i] < s->low)
            s->low = v[i];
        if (isnan(s->high) || v[i] > s->high)
            s->high = v[i];
        ++*scored;
    }
}

static void fill(const struct kf_diff_score *s, const double *v, uint32_t n, uint64_t *bin)
{
    double width = (s->high - s->low) / s->n_bin;
    for (uint32_t i = 0; v && i < n; i++) {
        if (isnan(v[i]))
            continue;
        double k = width > 0 ? floor((v[i] - s->low) / width) : 0;
        bin[k >= s->n_bin ? s->n_bin - 1 : (uint32_t)k]++;
    }
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The lower middle one. NAN: nobody is scored. */
static double median(const double *v, uint32_t n, uint32_t scored)
{
    double *sorted = scored ? malloc(scored * sizeof *sorted) : NULL, m = NAN;
    uint32_t k = 0;
    for (uint32_t i = 0; sorted && i < n; i++)
        if (!isnan(v[i]))
            sorted[k++] = v[i];
    if (sorted) {
        qsort(sorted, k, sizeof *sorted, by_number);
        m = sorted[(k - 1) / 2];
    }
    free(sorted);
    return m;
}

static void shape(const struct kf_diff *d, struct kf_diff_score *s, const double *a,
                  const double *b)
{
    uint32_t na = people_of(&d->before), nb = people_of(&d->after);
    s->low = s->high = NAN;
    stretch(s, a, na, &s->scored_before);
    stretch(s, b, nb, &s->scored_after);
    s->n_bin = isnan(s->low) ? 0 : s->low < s->high ? KF_DIFF_BINS : 1;
    if (s->n_bin) {
        fill(s, a, na, s->bin_before);
        fill(s, b, nb, s->bin_after);
    }
    s->median_before = median(a, na, s->scored_before);
    s->median_after = median(b, nb, s->scored_after);
}

/* ---- bands ---- */

static const struct kf_node *bands_of(const struct kf_rule *r)
{
    const struct kf_node *n = r ? kf_rule_get(r, "bands") : NULL;
    return n && n->op != KF_T_MODEL ? n : NULL;
}

/* Name and lower bound of the i-th band; false: it is none. */
static bool band(const struct kf_node *bands, uint32_t i, struct kf_str *ret_name, double *ret_from)
{
    const struct kf_node *b = bands->kid[i];
    if (b->kids < 2 || b->kid[0]->op != KF_K || b->kid[0]->value.type != KF_K_TEXT ||
        b->kid[1]->op != KF_K || b->kid[1]->value.type != KF_K_NUMBER)
        return false;
    *ret_name = b->kid[0]->value.text;
    *ret_from = kf_dec_double(b->kid[1]->value.number);
    return true;
}

static struct kf_diff_band *band_named(struct kf_diff *d, struct kf_diff_score *s,
                                       struct kf_str name)
{
    for (uint32_t i = 0; i < s->n_band; i++)
        if (kf_str_eq(kf_cstr(s->band[i].name), name))
            return &s->band[i];
    s->band[s->n_band].name = kf_arena_strndup(&d->arena, name.p, name.n);
    return &s->band[s->n_band++];
}

/* Bands ascend; each reaches up to the next. */
static void count_bands(struct kf_diff *d, struct kf_diff_score *s, const struct kf_node *bands,
                        const double *v, uint32_t n, bool after)
{
    for (uint32_t k = 0; bands && k < bands->kids; k++) {
        struct kf_str name, next_name;
        double from, next = INFINITY;
        if (!band(bands, k, &name, &from))
            continue;
        if (k + 1 < bands->kids && !band(bands, k + 1, &next_name, &next))
            next = INFINITY;
        struct kf_diff_band *to = band_named(d, s, name);
        for (uint32_t i = 0; v && i < n; i++)
            if (v[i] >= from && v[i] < next)
                ++*(after ? &to->after : &to->before);
    }
}

static void all_bands(struct kf_diff *d, struct kf_diff_score *s, const double *a, const double *b)
{
    const struct kf_node *x = bands_of(s->before), *y = bands_of(s->after);
    s->band =
        kf_arena_zalloc(&d->arena, ((x ? x->kids : 0) + (y ? y->kids : 0) + 1u) * sizeof *s->band);
    count_bands(d, s, y, b, people_of(&d->after), true);
    count_bands(d, s, x, a, people_of(&d->before), false);
}

/* ---- all ---- */

int kf_diff_scores(struct kf_diff *d, struct kf_error *err)
{
    struct kf_pairs p = kf_pairs_of(d, KF_KIND_SCORE);
    if (!(d->score = calloc(p.na + p.nb + 1u, sizeof *d->score)))
        return kf_diff_no_memory(err);
    while (kf_pairs_next(&p, &d->score[d->n_score].before, &d->score[d->n_score].after)) {
        struct kf_diff_score *s = &d->score[d->n_score++];
        const double *a = scores_of(&d->before, s->before), *b = scores_of(&d->after, s->after);
        s->name = s->after ? s->after->name : s->before->name;
        s->undecided_before = s->before ? d->before.undecided[s->before->number] : 0;
        s->undecided_after = s->after ? d->after.undecided[s->after->number] : 0;
        shape(d, s, a, b);
        compare_people(d, s, a, b);
        all_bands(d, s, a, b);
    }
    return 0;
}
