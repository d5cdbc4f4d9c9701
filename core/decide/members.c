/* members { of = ..., who = ... }: how many profiles of a group are such. Counted for all groups
 * before any profile is decided; not nested. */
#include "decide/decide_internal.h"

#include "base/pool.h"

#include <stdlib.h>

struct members_index {
    uint32_t *count;     /* [node * groups + group] */
    uint32_t *undecided; /* the same */
    uint32_t n_groups;
};

struct work {
    const struct kf_decide *d;
    struct members_index *m;
    struct decider *decider; /* one a worker */
    pthread_mutex_t lock;
};

static void count_profile(struct work *k, struct decider *x, uint32_t p)
{
    const struct kf_decide *d = k->d;
    const uint32_t *group;
    uint32_t n = kf_groups_of(d->groups, p, &group);
    if (n == 0)
        return;
    kf_decider_chunk(x);
    kf_decider_start(x, p, NULL);
    for (uint32_t i = 0; i < d->n_members_node; i++) {
        const struct kf_node *node = d->members_node[i];
        enum kf_truth t = kf_eval_cond(&x->ev, node->kid[0]);
        pthread_mutex_lock(&k->lock);
        for (uint32_t g = 0; t != KF_FALSE && g < n; g++)
            if (kf_str_eq(kf_groups_type(d->groups, group[g]), node->name)) {
                size_t at = (size_t)i * k->m->n_groups + group[g];
                k->m->count[at] += t == KF_TRUE;
                k->m->undecided[at] += t == KF_UNDECIDED;
            }
        pthread_mutex_unlock(&k->lock);
    }
}

static int count_range(void *ctx, unsigned worker, size_t from, size_t to, struct kf_error *err)
{
    struct work *k = ctx;
    (void)err;
    for (size_t p = from; p < to; p++)
        count_profile(k, &k->decider[worker], (uint32_t)p);
    return 0;
}

int kf_members_new(struct kf_decide *d, struct kf_error *err)
{
    struct members_index *m = calloc(1, sizeof *m);
    unsigned threads = d->w->threads > 16 ? 16 : d->w->threads;
    struct work k = {.d = d, .m = m, .decider = calloc(threads, sizeof *k.decider)};
    d->members = m;
    if (m && k.decider) {
        m->n_groups = kf_groups_count(d->groups);
        size_t size = (size_t)m->n_groups * d->n_members_node + 1;
        m->count = calloc(size, sizeof *m->count);
        m->undecided = calloc(size, sizeof *m->undecided);
    }
    if (!m || !k.decider || !m->count || !m->undecided) {
        free(k.decider);
        return kf_error_set(err, KF_E_NOMEM, "decide", "no memory for groups");
    }
    pthread_mutex_init(&k.lock, NULL);
    int rc = 0;
    for (unsigned i = 0; i < threads && rc == 0; i++)
        rc = kf_decider_init(&k.decider[i], d, err);
    if (rc == 0)
        rc = kf_pool_run(threads, d->w->n_profiles, 1024, count_range, &k, err);
    for (unsigned i = 0; i < threads; i++)
        kf_decider_free(&k.decider[i]);
    free(k.decider);
    pthread_mutex_destroy(&k.lock);
    return rc;
}

void kf_members_free(struct members_index *m)
{
    if (!m)
        return;
    free(m->count);
    free(m->undecided);
    free(m);
}

struct kf_value kf_members_count(struct decider *x, const struct kf_node *node)
{
    const struct kf_decide *d = x->d;
    struct kf_value v = {.type = KF_VAL_NUMBER, .number = kf_dec_int(0), .event = UINT32_MAX};
    const uint32_t *group;
    uint32_t n = d->groups ? kf_groups_of(d->groups, x->profile, &group) : 0, most = 0;
    uint32_t index = d->target[node->id];
    if (!d->members || index == KF_NOBODY)
        return (struct kf_value){
            .type = KF_VAL_UNDECIDED, .why = "members are not counted here", .event = UINT32_MAX};
    for (uint32_t g = 0; g < n; g++) {
        size_t at = (size_t)index * d->members->n_groups + group[g];
        if (!kf_str_eq(kf_groups_type(d->groups, group[g]), node->name))
            continue;
        if (d->members->undecided[at])
            v = (struct kf_value){.type = KF_VAL_UNDECIDED,
                                  .why = "a member of the group is undecided",
                                  .event = UINT32_MAX};
        most = d->members->count[at] > most ? d->members->count[at] : most;
    }
    if (v.type == KF_VAL_NUMBER)
        v.number = kf_dec_int(most);
    return v;
}
