#include "quality/tally.h"

#include <stdlib.h>

static void put_example(struct kf_tally *t, const struct kf_events *e, uint32_t event)
{
    uint32_t i = t->n_example < KF_TALLY_EXAMPLES ? t->n_example++ : KF_TALLY_EXAMPLES;
    if (i == KF_TALLY_EXAMPLES) {
        if (kf_event_cmp(e, event, t->example[i - 1]) > 0)
            return;
        i--;
    }
    for (; i && kf_event_cmp(e, event, t->example[i - 1]) < 0; i--)
        t->example[i] = t->example[i - 1];
    t->example[i] = event;
}

/* Sources and fields that are wrong are few. */
static void count(kf_tally_parts *v, uint32_t of, uint64_t n)
{
    size_t i = 0;
    while (i < v->n && v->p[i].of != of)
        i++;
    if (i == v->n)
        *kf_vec_push(v) = (struct kf_tally_part){of, 0};
    v->p[i].bad += n;
}

void kf_tally_add(struct kf_tally *t, const struct kf_events *e, uint32_t event, bool bad,
                  uint32_t field)
{
    t->of++;
    if (!bad)
        return;
    t->bad++;
    put_example(t, e, event);
    count(&t->source, e->at[event].source + 1u, 1);
    if (field)
        count(&t->field, field, 1);
    if (t->rows)
        *kf_vec_push(&t->row) = (struct kf_tally_bad){event, field};
}

void kf_tally_join(struct kf_tally *into, struct kf_tally *from, const struct kf_events *e)
{
    into->bad += from->bad;
    into->of += from->of;
    for (uint32_t i = 0; i < from->n_example; i++)
        put_example(into, e, from->example[i]);
    for (size_t i = 0; i < from->source.n; i++)
        count(&into->source, from->source.p[i].of, from->source.p[i].bad);
    for (size_t i = 0; i < from->field.n; i++)
        count(&into->field, from->field.p[i].of, from->field.p[i].bad);
    for (size_t i = 0; i < from->row.n; i++)
        *kf_vec_push(&into->row) = from->row.p[i];
    kf_tally_free(from);
}

struct order {
    const struct kf_events *e;
    const struct kf_symbols *names;
};

static int most_first(const void *a, const void *b, void *ctx)
{
    const struct kf_tally_part *x = a, *y = b;
    const struct order *o = ctx;
    if (x->bad != y->bad)
        return x->bad > y->bad ? -1 : 1;
    return kf_str_cmp(kf_symbols_text(o->names, x->of), kf_symbols_text(o->names, y->of));
}

static int by_time(const void *a, const void *b, void *ctx)
{
    const struct kf_tally_bad *x = a, *y = b;
    const struct order *o = ctx;
    return kf_event_cmp(o->e, x->event, y->event);
}

void kf_tally_end(struct kf_tally *t, const struct kf_events *e)
{
    struct order source = {e, e->dict->source}, field = {e, e->dict->key};
    if (t->source.n > 1)
        qsort_r(t->source.p, t->source.n, sizeof *t->source.p, most_first, &source);
    if (t->field.n > 1)
        qsort_r(t->field.p, t->field.n, sizeof *t->field.p, most_first, &field);
    if (t->row.n > 1)
        qsort_r(t->row.p, t->row.n, sizeof *t->row.p, by_time, &source);
}

void kf_tally_free(struct kf_tally *t)
{
    kf_vec_free(&t->source);
    kf_vec_free(&t->field);
    kf_vec_free(&t->row);
}
