/* Stewards' decisions, transfers and separations, brought to canonical identifiers. */
#include "identity/resolve_internal.h"

#include "base/error.h"

#include <stdlib.h>

struct vote { /* one decision about one pair */
    uint64_t key;
    uint32_t at; /* place in the log */
};

static int vote_cmp(const void *pa, const void *pb)
{
    const struct vote *a = pa, *b = pb;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

/* The decisions about pairs, by pair and then in the order of the log. canonical: pairs of what was
 * joined already. */
static struct vote *votes(const struct kf_id_run *r, bool canonical, size_t *ret_n)
{
    const struct kf_id_input *in = r->in;
    struct vote *v = malloc((in->n_decision + 1u) * sizeof *v);
    size_t n = 0;
    for (uint32_t i = 0; v && i < in->n_decision; i++) {
        const struct kf_id_decision *d = &in->decision[i];
        if (d->verb == KF_ID_DO_TRANSFER)
            continue;
        uint32_t a = canonical ? kf_id_canon(r, d->a) : d->a;
        uint32_t b = canonical ? kf_id_canon(r, d->b) : d->b;
        if (a == b || (!canonical && in->id_ns[a] != in->id_ns[b]))
            continue;
        v[n++] = (struct vote){kf_id_pair_key(a, b), i};
    }
    if (v)
        qsort(v, n, sizeof *v, vote_cmp);
    *ret_n = n;
    return v;
}

static uint32_t root_of(uint32_t *up, uint32_t x)
{
    while (up[x] != x)
        x = up[x] = up[up[x]];
    return x;
}

/* Joins within a namespace make one identifier of several; the smallest spelling names it. */
static int take_aliases(struct kf_id_run *r, struct kf_error *err)
{
    const struct kf_id_input *in = r->in;
    size_t n;
    struct vote *v = votes(r, false, &n);
    if (!v)
        return kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %u decisions",
                            in->n_decision);
    for (size_t i = 0; i < n; i++) {
        bool last = i + 1 == n || v[i + 1].key != v[i].key;
        if (!last || in->decision[v[i].at].verb != KF_ID_DO_JOIN)
            continue;
        if (!r->same) {
            r->same = malloc((size_t)in->n_ids * sizeof *r->same);
            if (!r->same) {
                free(v);
                return kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %u identifiers",
                                    in->n_ids);
            }
            for (uint32_t x = 0; x < in->n_ids; x++)
                r->same[x] = x;
        }
        uint32_t a = root_of(r->same, (uint32_t)(v[i].key >> 32));
        uint32_t b = root_of(r->same, (uint32_t)v[i].key);
        if (a == b)
            continue;
        if (kf_id_cmp(r, a, b) < 0)
            r->same[b] = a;
        else
            r->same[a] = b;
    }
    for (uint32_t x = 0; r->same && x < in->n_ids; x++)
        r->same[x] = root_of(r->same, x);
    free(v);
    return 0;
}

static void take_pair(struct kf_id_run *r, const struct vote *v, size_t n)
{
    const struct kf_id_input *in = r->in;
    bool unlinked = false, apart = false, given = false;
    uint32_t a = 0, b = 0;
    for (size_t i = 0; i < n; i++) {
        const struct kf_id_decision *d = &in->decision[v[i].at];
        given = false;
        if (d->verb == KF_ID_DO_UNLINK)
            unlinked = true;
        else if (d->verb == KF_ID_DO_KEEP_APART)
            apart = true;
        else if (in->id_ns[d->a] != in->id_ns[d->b]) {
            unlinked = apart = false;
            given = true;
            a = kf_id_canon(r, d->a);
            b = kf_id_canon(r, d->b);
        }
    }
    uint32_t lo = (uint32_t)(v->key >> 32), hi = (uint32_t)v->key;
    if (unlinked)
        r->unlinked[r->n_unlinked++] = v->key;
    if (unlinked)
        r->dirty[lo] = r->dirty[hi] = 1;
    if (apart)
        *kf_vec_push(&r->apart) =
            (struct kf_id_apart){lo, hi, KF_ID_NONE, 0, "keep_apart", KF_ID_KEEP_APART};
    if (given)
        *kf_vec_push(&r->given) = (struct kf_id_pair){a, b, 0};
}

static uint16_t name_rule(struct kf_id_run *r, const char *name)
{
    if (!name || strcmp(name, "decision") == 0)
        name = "transfer";
    size_t i = 0;
    while (i < r->tie_name.n && strcmp(r->tie_name.p[i], name) != 0)
        i++;
    if (i == r->tie_name.n)
        *kf_vec_push(&r->tie_name) = name;
    return (uint16_t)(KF_ID_JOIN_RULE + 1 + i);
}

static void take_move(struct kf_id_run *r, uint32_t x, uint32_t to, int64_t t, uint32_t event,
                      const char *rule)
{
    x = kf_id_canon(r, x);
    if (to != KF_ID_NONE)
        to = kf_id_canon(r, to);
    r->dirty[x] = 1;
    *kf_vec_push(&r->move) = (struct kf_id_move){x, to, t, event, name_rule(r, rule), 0};
}

int kf_id_take_decisions(struct kf_id_run *r, struct kf_error *err)
{
    const struct kf_id_input *in = r->in;
    if (in->n_decision) {
        int rc = take_aliases(r, err);
        if (rc)
            return rc;
        size_t n;
        struct vote *v = votes(r, true, &n);
        r->unlinked = malloc((n + 1) * sizeof *r->unlinked);
        if (!v || !r->unlinked) {
            free(v);
            return kf_error_set(err, KF_E_NOMEM, "identity", "no memory for %u decisions",
                                in->n_decision);
        }
        for (size_t i = 0, k; i < n; i = k) {
            for (k = i; k < n && v[k].key == v[i].key; k++)
                ;
            take_pair(r, &v[i], k - i);
        }
        free(v);
    }
    for (uint32_t i = 0; i < in->n_decision; i++) {
        const struct kf_id_decision *d = &in->decision[i];
        if (d->verb == KF_ID_DO_TRANSFER && d->at <= in->as_of)
            take_move(r, d->a, d->b, d->at, KF_ID_NONE, "transfer");
    }
    for (uint32_t i = 0; i < in->n_transfer; i++) {
        const struct kf_id_transfer *t = &in->transfer[i];
        bool by_event = t->event != KF_ID_NONE;
        if (t->t > in->as_of || (by_event && in->event_time[t->event] > in->as_of))
            continue;
        /* whether the event contradicts itself is known only later: see kf_id_component */
        take_move(r, t->x, t->to, t->t, t->event, t->rule);
    }
    for (uint32_t i = 0; i < in->n_separation; i++) {
        const struct kf_id_separation *s = &in->separation[i];
        uint32_t a = kf_id_canon(r, s->a), b = kf_id_canon(r, s->b);
        if (a == b || (s->event != KF_ID_NONE && in->event_time[s->event] > in->as_of))
            continue;
        *kf_vec_push(&r->apart) =
            (struct kf_id_apart){a, b, s->event, 0, s->rule, KF_ID_NEVER_LINK};
    }
    return 0;
}

bool kf_id_is_unlinked(const struct kf_id_run *r, uint32_t a, uint32_t b)
{
    uint64_t key = kf_id_pair_key(a, b);
    size_t lo = 0, hi = r->n_unlinked;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (r->unlinked[mid] < key)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < r->n_unlinked && r->unlinked[lo] == key;
}

const char *kf_id_rule_name(const struct kf_id_run *r, uint16_t rule)
{
    if (rule < KF_ID_JOIN_RULE)
        return r->in->rules->link[rule].name;
    return rule == KF_ID_JOIN_RULE ? "join" : r->tie_name.p[rule - KF_ID_JOIN_RULE - 1];
}
