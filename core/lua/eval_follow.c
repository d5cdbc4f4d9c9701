/* What comes after what: followed_by, not_followed_by, sequence, time_between. "After" and "next"
 * are by (time, event id). */
#include "lua/eval_internal.h"

/* The nearest row behind, of those that are there for sure and of all. */
struct next {
    const struct kf_row *sure, *any;
};

struct follow {
    const struct kf_sel *b;
    struct kf_span span; /* no length: ns and months 0 */
    bool length;
    const struct kf_node *same; /* T_LIST or NULL */
};

static void read_follow(struct kf_eval *ev, const struct kf_node *f, struct follow *w)
{
    w->length = false;
    w->same = NULL;
    for (uint32_t i = 1; i < f->kids; i++) {
        if (f->kid[i]->op == KF_K) {
            w->span = kf_span_of(ev, f->kid[i]);
            w->length = true;
        } else if (f->kid[i]->op == KF_T_LIST && f->kid[i]->kids) {
            w->same = f->kid[i];
        }
    }
}

static bool near(const struct kf_eval *ev, const struct follow *w, const struct kf_row *a,
                 const struct kf_row *b)
{
    return b && (!w->length || b->time < kf_time_plus(ev->plan->zone, a->time, w->span));
}

static enum kf_truth followed(const struct kf_eval *ev, const struct follow *w,
                              const struct kf_row *a, const struct next *next)
{
    if (near(ev, w, a, next->sure))
        return KF_TRUE;
    return near(ev, w, a, next->any) ? KF_UNDECIDED : KF_FALSE;
}

static void take(struct next *n, const struct kf_row *b)
{
    n->any = b;
    if (b->truth == KF_TRUE)
        n->sure = b;
}

#define PASSED_OVER 3 /* has no value for `same` */

/* The nearest rows behind, for each value of `same`. */
struct same_index {
    struct kf_keyset keys;
    struct next *of;
    const struct kf_vkey **key; /* of each row of b */
    uint32_t *n;
};

static struct same_index index_same(struct kf_eval *ev, const struct follow *w)
{
    struct same_index x;
    uint32_t rows = w->b->n, total = 0;
    x.key = kf_arena_alloc(&ev->scratch, (rows + 1u) * sizeof *x.key);
    x.n = kf_arena_alloc(&ev->scratch, (rows + 1u) * sizeof *x.n);
    for (uint32_t i = 0; i < rows; i++) {
        x.n[i] = kf_row_keys(ev, &w->b->row[i], w->same->kid, w->same->kids, &x.key[i]);
        total += x.n[i];
    }
    x.keys = kf_keyset_new(ev, total);
    x.of = kf_arena_zalloc(&ev->scratch, (total + 1u) * sizeof *x.of);
    return x;
}

static void index_add(struct kf_eval *ev, struct same_index *x, uint32_t i, const struct kf_row *b)
{
    bool fresh;
    for (uint32_t k = 0; k < x->n[i]; k++) {
        uint32_t *number = kf_keyset_put(ev, &x->keys, &x->key[i][k], &fresh);
        if (fresh)
            *number = x->keys.n - 1;
        take(&x->of[*number], b);
    }
}

static uint8_t index_ask(struct kf_eval *ev, const struct same_index *x, const struct follow *w,
                         const struct kf_row *a)
{
    const struct kf_vkey *key;
    uint32_t n = kf_row_keys(ev, a, w->same->kid, w->same->kids, &key);
    enum kf_truth t = KF_FALSE;
    for (uint32_t k = 0; k < n; k++) {
        const uint32_t *number = kf_keyset_find(&x->keys, &key[k]);
        if (number)
            t = kf_or(t, followed(ev, w, a, &x->of[*number]));
    }
    return n ? (uint8_t)t : PASSED_OVER;
}

/* For each row of s whether a row of w->b comes after it. Both are walked from their ends. */
static void mark_followed(struct kf_eval *ev, const struct kf_sel *s, const struct follow *w,
                          uint8_t *out)
{
    struct next all = {0};
    struct same_index x = {0};
    if (w->same)
        x = index_same(ev, w);
    for (uint32_t i = s->n, j = w->b->n; i-- > 0;) {
        for (; j > 0 && kf_row_cmp(ev, &w->b->row[j - 1], &s->row[i]) > 0; j--) {
            take(&all, &w->b->row[j - 1]);
            if (w->same)
                index_add(ev, &x, j - 1, &w->b->row[j - 1]);
        }
        out[i] =
            w->same ? index_ask(ev, &x, w, &s->row[i]) : (uint8_t)followed(ev, w, &s->row[i], &all);
    }
}

/* The select that is looked for. From the event looked at one looks ahead, by the length. */
static const struct kf_sel *look_for(struct kf_eval *ev, const struct kf_node *f,
                                     const struct follow *w)
{
    struct kf_eval_priv *p = kf_priv(ev);
    int64_t ahead = p->ahead;
    if (kf_looking(ev) && w->length)
        p->ahead = kf_time_plus(ev->plan->zone, p->self.time, w->span);
    const struct kf_sel *b = kf_select(ev, f->kid[0]);
    p->ahead = ahead;
    return b;
}

/* Without a B in the length, once it is over; *ret_over: when it will be. */
static enum kf_truth unfollowed(const struct kf_eval *ev, const struct follow *w,
                                const struct kf_row *a, enum kf_truth followed_by,
                                int64_t *ret_over)
{
    *ret_over = KF_TIME_MAX;
    if (followed_by == KF_TRUE || !w->length)
        return kf_truth_not(followed_by);
    int64_t over = kf_time_plus(ev->plan->zone, a->time, w->span);
    int64_t now = kf_looking(ev) ? ev->plan->as_of : ev->as_of;
    if (over <= now)
        return kf_truth_not(followed_by);
    *ret_over = over;
    return KF_FALSE;
}

struct kf_sel *kf_filter_followed(struct kf_eval *ev, const struct kf_sel *s,
                                  const struct kf_node *f)
{
    struct kf_row *out;
    struct kf_sel *c = kf_sel_copy(ev, s, &out);
    struct follow w = {0};
    read_follow(ev, f, &w);
    w.b = look_for(ev, f, &w);
    uint8_t *truth = kf_arena_alloc(&ev->scratch, s->n + 1u);
    mark_followed(ev, s, &w, truth);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        enum kf_truth t = (enum kf_truth)truth[i];
        int64_t over;
        if (truth[i] == PASSED_OVER)
            continue;
        if (w.b->hi == UINT32_MAX && t == KF_FALSE)
            t = KF_UNDECIDED; /* nobody knows what b holds */
        if (f->op == KF_F_NOT_FOLLOWED_BY) {
            t = unfollowed(ev, &w, &s->row[i], t, &over);
            c->enters = kf_min64(c->enters, over);
        }
        if (t == KF_FALSE)
            continue;
        kept += t == KF_TRUE;
        if (t == KF_UNDECIDED)
            c->why = w.b->why;
        out[c->n] = s->row[i];
        out[c->n++].truth = (uint8_t)kf_and((enum kf_truth)s->row[i].truth, t);
    }
    c->changes = kf_min64(c->changes, kf_sel_flip(w.b));
    kf_sel_narrow(c, s, s->n - kept);
    return c;
}

/* ---- sequences ---- */

/* Whether a step can be reached: 0 no, 1 perhaps, 2 surely. The latest row before that is reached
 * is the best to go on from, and with a length the only one that matters. */
static void reach(const struct kf_eval *ev, const struct kf_sel *a, const uint8_t *from,
                  const struct kf_sel *b, const struct kf_span *span, uint8_t *out)
{
    const struct kf_row *sure = NULL, *any = NULL;
    for (uint32_t i = 0, j = 0; i < b->n; i++) {
        const struct kf_row *r = &b->row[i];
        for (; j < a->n && kf_row_cmp(ev, &a->row[j], r) < 0; j++) {
            if (from[j])
                any = &a->row[j];
            if (from[j] == 2)
                sure = &a->row[j];
        }
        bool length = span->ns || span->months;
        const struct kf_zone *z = ev->plan->zone;
        out[i] = 0;
        if (sure && (!length || r->time < kf_time_plus(z, sure->time, *span)))
            out[i] = r->truth == KF_TRUE ? 2 : 1;
        else if (any && (!length || r->time < kf_time_plus(z, any->time, *span)))
            out[i] = 1;
    }
}

enum kf_truth kf_sequence(struct kf_eval *ev, const struct kf_node *n)
{
    const struct kf_pnode *pn = kf_pnode(ev, n);
    const struct kf_sel *before = NULL;
    uint8_t *from = NULL;
    bool unknown = false, complete = true;
    const char *why = NULL;
    for (uint32_t i = 0; i < n->kids && complete; i++) {
        const struct kf_sel *s = kf_select(ev, n->kid[i]);
        uint8_t *to = kf_arena_zalloc(&ev->scratch, s->n + 1u);
        kf_lower(ev, kf_sel_flip(s));
        unknown |= s->hi == UINT32_MAX;
        why = s->why ? s->why : why;
        if (before)
            reach(ev, before, from, s, &pn->span, to);
        for (uint32_t k = 0; !before && k < s->n; k++)
            to[k] = s->row[k].truth == KF_TRUE ? 2 : 1;
        before = s;
        from = to;
        if (!s->n && s->hi != UINT32_MAX)
            complete = false; /* one step that never happened is enough */
    }
    uint8_t best = 0;
    for (uint32_t k = 0; before && complete && k < before->n; k++)
        best = from[k] > best ? from[k] : best;
    if (kf_tracing(ev) && before) {
        kf_priv(ev)->evidence = before->row;
        kf_priv(ev)->n_evidence = best ? before->n : 0;
    }
    if (best == 2)
        return KF_TRUE;
    if (!complete)
        return KF_FALSE;
    return best || unknown ? kf_no(ev, why) : KF_FALSE;
}

/* ---- time_between ---- */

struct kf_value kf_time_between(struct kf_eval *ev, const struct kf_node *n)
{
    const struct kf_sel *a = kf_select(ev, n->kid[0]), *b = kf_select(ev, n->kid[1]);
    struct kf_value v = {.type = KF_VAL_MISSING, .event = UINT32_MAX};
    kf_lower(ev, kf_min64(kf_sel_flip(a), kf_sel_flip(b)));
    if (a->lo != a->hi || b->lo != b->hi)
        return kf_value_undecided(a->why ? a->why : b->why);
    for (uint32_t i = 0, j = 0; i < a->n; i++) {
        while (j < b->n && kf_row_cmp(ev, &b->row[j], &a->row[i]) <= 0)
            j++;
        if (j == b->n)
            break;
        int64_t length = b->row[j].time - a->row[i].time;
        if (v.type == KF_VAL_MISSING || length < v.time) {
            v.type = KF_VAL_LENGTH;
            v.time = length;
            v.event = b->row[j].event;
        }
    }
    return v;
}
