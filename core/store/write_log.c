#include "store/write_internal.h"

#include "base/error.h"

#include <stdlib.h>

/* Columns of an event are far apart and profiles' events are anywhere in them: asking this many
 * events ahead hides the misses. */
#define AHEAD 12u

static int no_memory(struct kf_error *err)
{
    return kf_error_set(err, KF_E_NOMEM, KF_STORE_MODULE, "no memory to write the event log");
}

/* ---- identifiers ---- */

static const struct kf_idset *ids_of(const struct kf_store_writer *w)
{
    return w->o.world->ids;
}

static uint32_t namespace_of(const struct kf_store_writer *w, uint32_t id)
{
    const struct kf_idset *s = ids_of(w);
    return id < s->raw ? kf_idents_ns(s->idents, id) : w->ns_symbol[s->ns[id]];
}

static struct kf_str value_of(const void *ctx, uint32_t id)
{
    const struct kf_idset *s = ctx;
    return id < s->raw ? kf_idents_value(s->idents, id) : s->extra[id - s->raw];
}

/* A spelling belongs to the identifier it normalises to, and that to a profile. */
static bool is_spelling(const struct kf_idset *s, uint32_t id)
{
    return id < s->raw && s->of_raw[id] != id;
}

static uint32_t profile_of(const struct kf_store_writer *w, uint32_t id)
{
    return is_spelling(ids_of(w), id) ? KF_ID_NONE : w->o.world->identity->id_profile[id];
}

static const char *ignored(uint8_t why)
{
    static const char *const word[] = {NULL,      "empty",      "ignore_values",
                                       "matches", "undeclared", "too_long"};
    return why < sizeof word / sizeof *word ? word[why] : NULL;
}

static int put_identifier(struct kf_store_writer *w, uint32_t id, uint32_t ns, struct kf_str v,
                          struct kf_error *err)
{
    const struct kf_idset *s = ids_of(w);
    const struct kf_id_result *r = w->o.world->identity;
    struct kf_bulk_tree *t = w->identifier;
    bool spelling = is_spelling(s, id);
    uint32_t same = spelling ? s->of_raw[id] : KF_ID_NONE;
    kf_bulk_row_begin(t, (int64_t)id + 1);
    kf_bulk_null(t);
    kf_bulk_int(t, ns);
    kf_bulk_text(t, v.p, v.n);
    kf_store_put_number(t, profile_of(w, id));
    kf_store_put_id(t, same);
    kf_store_put_id(t,
                    !spelling && r->id_same && r->id_same[id] != id ? r->id_same[id] : KF_ID_NONE);
    kf_store_put_z(t, !spelling && r->id_isolated && r->id_isolated[id]
                          ? kf_identity_reason_name((enum kf_id_reason)r->id_isolated[id])
                          : NULL);
    kf_store_put_z(t, spelling && same == KF_ID_NONE ? ignored(s->why[id]) : NULL);
    return kf_bulk_row_end(t, err);
}

/* One more list is sorted, or (sorted 0) all identifiers are in lists. */
static void tell(struct kf_store_writer *w, uint32_t sorted)
{
    pthread_mutex_lock(&w->lock);
    w->sorted_done += sorted;
    w->identifiers_done = true;
    pthread_cond_broadcast(&w->change);
    pthread_mutex_unlock(&w->lock);
}

/* The table in order of numbers, which is nearly the order in memory; on the way the texts are
 * handed out to the lists that the index over them is sorted from. Lists by namespace: their texts
 * often share a beginning ("anon-"), so that eight bytes tell nearly all of them from each other.
 */
static int write_identifiers(struct kf_store_writer *w, struct kf_store_task *t,
                             struct kf_error *err)
{
    (void)t;
    int rc = 0;
    for (uint32_t id = 0; id < ids_of(w)->n && rc == 0; id++) {
        if (id % 4096 == 0 && kf_store_stopped(w))
            return 0;
        uint32_t ns = namespace_of(w, id);
        struct kf_str v = value_of(ids_of(w), id);
        if (w->n_sorted)
            *kf_vec_push(&w->sorted[ns].entry) =
                (struct kf_sort_entry){.p = v.p, .n = (uint32_t)v.n, .id = id};
        rc = put_identifier(w, id, ns, v, err);
    }
    tell(w, 0);
    return rc;
}

static int put_owner(struct kf_store_writer *w, uint32_t id, uint32_t profile, struct kf_error *err)
{
    kf_bulk_row_begin(w->identifier_profile, (int64_t)id + 1);
    kf_store_put_number(w->identifier_profile, profile);
    return kf_bulk_row_end(w->identifier_profile, err);
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void sort_numbers(uint32_t *p, size_t n)
{
    if (n > 16) {
        qsort(p, n, sizeof *p, ascending);
        return;
    }
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k && p[k - 1] > p[k]; k--) {
            uint32_t swap = p[k];
            p[k] = p[k - 1];
            p[k - 1] = swap;
        }
}

/* The index over identifier(profile): first those of nobody (null), then profile by profile. */
static int write_owners(struct kf_store_writer *w, struct kf_store_task *t, struct kf_error *err)
{
    (void)t;
    const struct kf_world *x = w->o.world;
    kf_vec(uint32_t) own = {0};
    uint32_t nobody = 0;
    int rc = 0;
    for (uint32_t id = 0; id < x->ids->n && rc == 0; id++)
        if (profile_of(w, id) == KF_ID_NONE) {
            nobody++;
            rc = put_owner(w, id, KF_ID_NONE, err);
        }
    /* Looking each up again costs two cache misses: only where a spelling has an owner of its own.
     */
    bool look_again = nobody + x->ids_first[x->n_profiles] != x->ids->n;
    for (uint32_t p = 0; p < x->n_profiles && rc == 0 && !kf_store_stopped(w); p++) {
        own.n = 0;
        for (uint32_t i = x->ids_first[p]; i < x->ids_first[p + 1]; i++)
            if (!look_again || profile_of(w, x->ids_of[i]) == p)
                *kf_vec_push(&own) = x->ids_of[i];
        sort_numbers(own.p, own.n);
        for (size_t i = 0; i < own.n && rc == 0; i++)
            rc = put_owner(w, own.p[i], p, err);
    }
    kf_vec_free(&own);
    return rc;
}

static bool wait_for_identifiers(struct kf_store_writer *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->identifiers_done && !kf_store_stopped(w))
        pthread_cond_wait(&w->change, &w->lock);
    pthread_mutex_unlock(&w->lock);
    return !kf_store_stopped(w);
}

static int sort_values(struct kf_store_writer *w, struct kf_store_task *t, struct kf_error *err)
{
    if (!wait_for_identifiers(w))
        return 0;
    const struct kf_store_sorted *l = &w->sorted[t->part];
    struct kf_sort_entry *spare = malloc((l->entry.n + 1) * sizeof *spare);
    if (!spare)
        return no_memory(err);
    kf_sort_texts(l->entry.p, spare, l->entry.n);
    free(spare);
    tell(w, 1);
    return 0;
}

struct head {
    const struct kf_store_sorted *list;
    size_t at;
    struct kf_str value;
};

static bool before(const struct head *a, const struct head *b)
{
    int r = kf_str_cmp(a->value, b->value);
    return r ? r < 0 : a->list->ns < b->list->ns;
}

/* Puts the head that has moved on back into order; few namespaces, and neighbours mostly stay. */
static void sift(struct head *h, uint32_t n)
{
    for (uint32_t i = 0; i + 1 < n && before(&h[i + 1], &h[i]); i++) {
        struct head swap = h[i];
        h[i] = h[i + 1];
        h[i + 1] = swap;
    }
}

/* The text under the head; those that follow are asked for in time. */
static void look(struct head *h)
{
    const struct kf_sort_entry *e = h->list->entry.p + h->at;
    if (h->at + AHEAD < h->list->entry.n)
        __builtin_prefetch(e[AHEAD].p);
    h->value = kf_str(e->p, e->n);
}

static uint32_t first_heads(struct kf_store_writer *w, struct head *h)
{
    uint32_t n = 0;
    for (uint32_t i = w->n_sorted; i-- > 0;) {
        if (w->sorted[i].entry.n == 0)
            continue;
        memmove(h + 1, h, n * sizeof *h);
        h[0] = (struct head){.list = &w->sorted[i]};
        look(h);
        sift(h, ++n);
    }
    return n;
}

/* Merges the sorted lists into the index. */
static int put_values(struct kf_store_writer *w, struct head *h, struct kf_error *err)
{
    struct kf_bulk_tree *t = w->identifier_value;
    uint64_t rows = 0;
    for (uint32_t n = first_heads(w, h); n;) {
        const struct kf_store_sorted *l = h->list;
        kf_bulk_row_begin(t, (int64_t)l->entry.p[h->at].id + 1);
        kf_bulk_text(t, h->value.p, h->value.n);
        kf_bulk_int(t, l->ns);
        int rc = kf_bulk_row_end(t, err);
        if (rc)
            return rc;
        if (++h->at == l->entry.n) {
            memmove(h, h + 1, --n * sizeof *h);
        } else {
            look(h);
            sift(h, n);
        }
        if (++rows % 4096 == 0 && kf_store_stopped(w))
            return 0;
    }
    return 0;
}

/* Once every list is sorted. */
static int write_values(struct kf_store_writer *w, struct kf_store_task *t, struct kf_error *err)
{
    (void)t;
    pthread_mutex_lock(&w->lock);
    while (w->sorted_done < w->n_sorted && !kf_store_stopped(w))
        pthread_cond_wait(&w->change, &w->lock);
    pthread_mutex_unlock(&w->lock);
    if (kf_store_stopped(w))
        return 0;
    struct head *h = malloc((w->n_sorted + 1u) * sizeof *h);
    int rc = h ? put_values(w, h, err) : no_memory(err);
    free(h);
    return rc;
}

/* ---- begin, end ---- */

static void add_task(struct kf_store_writer *w,
                     int (*run)(struct kf_store_writer *, struct kf_store_task *,
                                struct kf_error *),
                     uint32_t part)
{
    w->task[w->n_tasks++] = (struct kf_store_task){run, part};
}

static int open_trees(struct kf_store_writer *w, struct kf_error *err)
{
    int rc = kf_bulk_table(w->bulk, "identifier", &w->identifier, err);
    if (rc == 0)
        rc = kf_bulk_index(w->bulk, "identifier_profile", &w->identifier_profile, err);
    if (rc == 0)
        rc = kf_bulk_index(w->bulk, "identifier_value", &w->identifier_value, err);
    return rc ? rc : kf_store_blocks_begin(w, err);
}

static int namespaces(struct kf_store_writer *w, struct kf_error *err)
{
    const struct kf_idset *s = ids_of(w);
    struct kf_dict *dict = w->o.world->events->dict;
    w->ns_symbol = calloc(s->rules.n_ns + 1u, sizeof *w->ns_symbol);
    if (!w->ns_symbol)
        return no_memory(err);
    for (uint32_t i = 0; i < s->rules.n_ns; i++)
        w->ns_symbol[i] = kf_symbols_add(dict->ns, kf_cstr(s->rules.ns[i].name));
    return 0;
}

static int lists(struct kf_store_writer *w, struct kf_error *err)
{
    w->n_sorted = kf_symbols_count(w->o.world->events->dict->ns) + 1;
    w->sorted = calloc(w->n_sorted, sizeof *w->sorted);
    for (uint32_t i = 0; w->sorted && i < w->n_sorted; i++)
        w->sorted[i].ns = i;
    return w->sorted ? 0 : no_memory(err);
}

int kf_store_log_begin(struct kf_store_writer *w, struct kf_error *err)
{
    int rc = namespaces(w, err);
    if (rc == 0)
        rc = kf_store_span_events(w, err);
    if (rc == 0)
        rc = open_trees(w, err);
    if (rc == 0 && kf_bulk_needs_indexes(w->bulk))
        rc = lists(w, err);
    if (rc)
        return rc;
    for (uint32_t id = 0; id < ids_of(w)->n; id++)
        w->n_identifiers += profile_of(w, id) != KF_ID_NONE;
    w->task = calloc(w->n_sorted + w->n_parts + 4u, sizeof *w->task);
    if (!w->task)
        return no_memory(err);
    /* What waits stands behind work for everybody, and the last tasks are small ones of equal size:
     * no thread ends long before the others. */
    add_task(w, write_identifiers, 0);
    for (uint32_t i = 0; i < w->n_sorted; i++)
        add_task(w, sort_values, i);
    add_task(w, kf_store_evidence_write, 0);
    if (kf_bulk_needs_indexes(w->bulk)) {
        add_task(w, write_owners, 0);
        add_task(w, write_values, 0);
    }
    for (uint32_t i = 1; i < w->n_parts; i++)
        add_task(w, kf_store_blocks_write, i);
    return 0;
}

int kf_store_log_end(struct kf_store_writer *w, struct kf_error *err)
{
    return kf_store_blocks_end(w, err);
}

void kf_store_log_free(struct kf_store_writer *w)
{
    kf_store_blocks_free(w);
    for (uint32_t i = 0; w->sorted && i < w->n_sorted; i++)
        kf_vec_free(&w->sorted[i].entry);
    free(w->sorted);
    free(w->ns_symbol);
    free(w->task);
}
