/* Selections of events: the base, filters that ask each row for itself, windows. */
#include "lua/eval_internal.h"

const struct kf_sel kf_sel_none = {.enters = KF_TIME_MAX, .changes = KF_TIME_MAX};

/* ---- rows and selections ---- */

void kf_sel_count(struct kf_sel *s)
{
    uint32_t sure = 0;
    for (uint32_t i = 0; i < s->n; i++)
        sure += s->row[i].truth == KF_TRUE;
    s->lo = sure;
    s->hi = s->hi == UINT32_MAX ? s->hi : s->n;
}

void kf_sel_narrow(struct kf_sel *c, const struct kf_sel *before, uint32_t lost)
{
    uint32_t sure = before->lo > lost ? before->lo - lost : 0;
    uint32_t most = before->hi;
    kf_sel_count(c);
    c->lo = c->lo > sure ? c->lo : sure;
    c->hi = c->hi < most ? c->hi : most;
}

struct kf_sel *kf_sel_copy(struct kf_eval *ev, const struct kf_sel *s, struct kf_row **ret_rows)
{
    struct kf_sel *c = kf_arena_alloc(&ev->scratch, sizeof *c);
    *c = *s;
    c->n = 0;
    *ret_rows = kf_arena_alloc(&ev->scratch, (s->n + 1) * sizeof **ret_rows);
    c->row = *ret_rows;
    return c;
}

int64_t kf_sel_flip(const struct kf_sel *s)
{
    int64_t t = kf_min64(s->enters, s->changes);
    for (uint32_t i = 0; i < s->n; i++)
        t = kf_min64(t, s->row[i].leaves);
    for (uint32_t g = 0; g < s->groups; g++)
        t = kf_min64(t, kf_sel_flip(&s->group[g]));
    return t;
}

int kf_row_cmp(const struct kf_eval *ev, const struct kf_row *a, const struct kf_row *b)
{
    if (a->event == b->event)
        return 0;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    if (a->at < KF_SELF_AT && b->at < KF_SELF_AT)
        return a->at < b->at ? -1 : 1;
    return kf_event_cmp(ev->events, a->event, b->event);
}

bool kf_row_in_set(const struct kf_eval *ev, uint32_t event, uint32_t set)
{
    const struct kf_plan *p = ev->plan;
    uint32_t name = ev->events->what[event].name;
    uint8_t type = ev->events->what[event].type;
    if (name > p->n_names)
        return kf_event_set_has(p, &p->sets.p[set], type,
                                kf_symbols_text(ev->events->dict->name, name));
    uint64_t bits = p->name_mask[(size_t)name * p->words + set / 64] |
                    p->type_mask[(size_t)type * p->words + set / 64];
    return bits >> (set % 64) & 1;
}

static struct kf_row row_of(const struct kf_eval *ev, uint32_t event, uint32_t at, int64_t time)
{
    (void)ev;
    struct kf_row r = {
        .event = event, .at = at, .time = time, .leaves = KF_TIME_MAX, .truth = KF_TRUE};
    return r;
}

/* ---- bases ---- */

/* Events of the profile that count for a clock: up to as_of, or up to the event looked at; looking
 * ahead, those before p->ahead too. */
static uint32_t count_now(const struct kf_eval *ev)
{
    const struct kf_eval_priv *p = kf_priv(ev);
    uint32_t n = p->n_now;
    while (p->ahead && n < ev->n && p->time[n] < p->ahead)
        n++;
    return n;
}

static const struct kf_sel *profile_base(struct kf_eval *ev, uint32_t set)
{
    struct kf_eval_priv *p = kf_priv(ev);
    uint32_t w = ev->plan->words, word = set / 64, m = 0, n = count_now(ev);
    uint64_t bit = 1ULL << (set % 64);
    bool self = p->self.at == KF_SELF_AT && kf_looking(ev) && kf_row_in_set(ev, p->self.event, set);
    if (!(p->any[word] & bit) && !self)
        return &kf_sel_none;
    for (uint32_t i = 0; i < n; i++)
        m += (p->mask[(size_t)i * w + word] & bit) != 0;
    struct kf_sel *s = kf_arena_alloc(&ev->scratch, sizeof *s);
    struct kf_row *row = kf_arena_alloc(&ev->scratch, (m + 1u) * sizeof *row);
    *s = kf_sel_none;
    s->row = row;
    for (uint32_t i = 0; i < n; i++)
        if (p->mask[(size_t)i * w + word] & bit)
            row[s->n++] = row_of(ev, ev->event[i], i, p->time[i]);
    if (self)
        row[s->n++] = p->self;
    for (uint32_t i = n; i < ev->n && !kf_looking(ev); i++) {
        if (p->mask[(size_t)i * w + word] & bit) {
            s->enters = p->time[i]; /* the clock stands before it */
            break;
        }
    }
    s->lo = s->hi = s->n;
    return s;
}

/* First of `event` whose time is at or behind t. */
static uint32_t lower_bound(const struct kf_eval *ev, const uint32_t *event, uint32_t n, int64_t t)
{
    uint32_t low = 0, high = n;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (ev->events->time[event[mid]] < t)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static const struct kf_sel *undecided_sel(struct kf_eval *ev, const char *why)
{
    struct kf_sel *s = kf_arena_alloc(&ev->scratch, sizeof *s);
    *s = kf_sel_none;
    s->hi = UINT32_MAX;
    s->why = why;
    return s;
}

/* A window may cut the base before other filters unless one of these stands before it. */
static bool is_of_what_is_left(uint16_t op)
{
    return op == KF_F_ONCE_PER || op == KF_F_NEWEST || op == KF_F_OLDEST || op == KF_F_EACH ||
           op == KF_F_PER || op == KF_F_IN_ANY;
}

/* How many filters have to be applied until the selection is again what its filters so far say: up
 * to the last window that same_base cuts by. */
static uint32_t cut_by(const struct kf_pnode *pn)
{
    uint32_t first = pn->node->op == KF_S_EVENT ? 1 : 0, cut = 0;
    for (uint32_t i = first; pn->with_same && i < pn->node->kids; i++) {
        if (is_of_what_is_left(pn->node->kid[i]->op))
            break;
        if (pn->node->kid[i]->op == KF_F_WITHIN)
            cut = i - first + 1;
    }
    return cut;
}

/* Events of anybody that share values with the one looked at. A key may be shared by very many:
 * windows cut by search before anything walks. */
static const struct kf_sel *same_base(struct kf_eval *ev, const struct kf_pnode *pn)
{
    struct kf_eval_priv *p = kf_priv(ev);
    const uint32_t *event = NULL;
    if (!ev->ops->with_same || ev->looked_at == UINT32_MAX)
        return undecided_sel(ev, "nobody knows who shares a value here");
    uint32_t n = ev->ops->with_same(ev, pn->with_same, ev->looked_at, &event);
    uint32_t from = 0, to = lower_bound(ev, event, n, p->ahead ? p->ahead : ev->as_of + 1);
    for (uint32_t i = pn->node->op == KF_S_EVENT ? 1 : 0; i < pn->node->kids; i++) {
        struct kf_window w;
        uint16_t op = pn->node->kid[i]->op;
        if (is_of_what_is_left(op))
            break;
        if (op == KF_F_WITHIN && kf_window_of(ev, pn->node->kid[i], &w))
            from = lower_bound(ev, event, n, w.from);
    }
    struct kf_sel *s = kf_arena_alloc(&ev->scratch, sizeof *s);
    struct kf_row *row = kf_arena_alloc(&ev->scratch, (n + 1u) * sizeof *row);
    *s = kf_sel_none;
    s->row = row;
    for (uint32_t i = from; i < to; i++) {
        struct kf_row r = row_of(ev, event[i], KF_NO_AT, ev->events->time[event[i]]);
        if (kf_row_in_set(ev, r.event, pn->set) && (p->ahead || kf_row_cmp(ev, &r, &p->self) <= 0))
            row[s->n++] = r;
    }
    s->lo = s->hi = s->n;
    return s;
}

static const struct kf_sel *touch_base(struct kf_eval *ev)
{
    struct kf_eval_priv *p = kf_priv(ev);
    const struct kf_touch *all = NULL;
    if (!ev->ops->touches || !ev->ops->touch_at)
        return undecided_sel(ev, "touches are not known here");
    uint32_t n = ev->ops->touches(ev, &all), at = 0;
    struct kf_sel *s = kf_arena_alloc(&ev->scratch, sizeof *s);
    struct kf_row *row = kf_arena_alloc(&ev->scratch, (n + 1u) * sizeof *row);
    *s = kf_sel_none;
    s->row = row;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t event;
        const struct kf_touch *t = ev->ops->touch_at(ev, all, i, &event);
        if (!t)
            continue;
        struct kf_row r = row_of(ev, event, KF_NO_AT, ev->events->time[event]);
        r.touch = t;
        for (uint32_t k = at; k < ev->n && p->time[k] <= r.time; k++) {
            if (ev->event[k] == event) {
                r.at = at = k;
                break;
            }
        }
        if (r.time > ev->as_of && !(p->ahead && r.time < p->ahead)) {
            s->enters = kf_min64(s->enters, r.time);
            continue;
        }
        if (!p->ahead && kf_looking(ev) && kf_row_cmp(ev, &r, &p->self) > 0)
            continue;
        row[s->n++] = r;
    }
    s->lo = s->hi = s->n;
    return s;
}

/* ---- filters that ask each row for itself ---- */

static enum kf_truth where(struct kf_eval *ev, const struct kf_row *r, const struct kf_node *f)
{
    struct kf_eval_priv *p = kf_priv(ev);
    const struct kf_row *before = p->row;
    enum kf_truth t = KF_TRUE;
    bool all = kf_tracing_inside(ev);
    p->row = r;
    p->quiet++;
    for (uint32_t i = 0; i < f->kids && (t != KF_FALSE || all); i++) {
        const struct kf_pnode *kid = kf_pnode(ev, f->kid[i]);
        struct kf_str text;
        if (!all && kid->text_is && kf_row_text(ev, r, &kid->prop, &text))
            t = kf_and(t, kf_truth_of(kf_str_eq(text, *kid->text_is)));
        else
            t = kf_and(t, kf_cond(ev, f->kid[i]));
    }
    p->quiet--;
    p->row = before;
    return t;
}

enum kf_truth kf_row_passes(struct kf_eval *ev, const struct kf_row *r, const struct kf_node *f)
{
    const struct kf_pnode *pn = kf_pnode(ev, f);
    if (f->op == KF_F_WHERE)
        return where(ev, r, f);
    if (f->op == KF_F_ON)
        return kf_truth_of(pn->mask >> ev->events->what[r->event].platform & 1);
    for (uint32_t i = 0; i < pn->n_source; i++)
        if (pn->source[i] == ev->events->at[r->event].source)
            return KF_TRUE;
    return KF_FALSE;
}

static const struct kf_sel *filter_rows(struct kf_eval *ev, const struct kf_sel *s,
                                        const struct kf_node *f)
{
    struct kf_row *out;
    struct kf_sel *c = kf_sel_copy(ev, s, &out);
    int64_t flip = ev->flip;
    uint32_t lost = 0;
    ev->flip = KF_TIME_MAX;
    for (uint32_t i = 0; i < s->n; i++) {
        enum kf_truth t = kf_row_passes(ev, &s->row[i], f);
        lost += t != KF_TRUE;
        if (t == KF_FALSE)
            continue;
        if (t == KF_UNDECIDED)
            c->why = ev->why;
        out[c->n] = s->row[i];
        out[c->n++].truth = (uint8_t)kf_and((enum kf_truth)s->row[i].truth, t);
    }
    c->changes = kf_min64(c->changes, ev->flip); /* a test of a time inside `where` */
    ev->flip = flip;
    kf_sel_narrow(c, s, lost);
    return c;
}

static const struct kf_sel *filter_window(struct kf_eval *ev, const struct kf_sel *s,
                                          const struct kf_window *w)
{
    struct kf_row *out;
    if (w->undecided) {
        struct kf_sel *u = kf_sel_copy(ev, s, &out);
        for (; u->n < s->n; u->n++) {
            out[u->n] = s->row[u->n];
            out[u->n].truth = KF_UNDECIDED;
        }
        u->why = ev->why;
        kf_sel_count(u);
        return u;
    }
    struct kf_sel *c = kf_sel_copy(ev, s, &out);
    for (uint32_t i = 0; i < s->n; i++) {
        struct kf_row r = s->row[i];
        if (r.time < w->from)
            continue;
        if (r.time >= w->until) {
            int64_t t = w->in ? kf_time_leaves(ev, r.time, *w->in) : w->all_enter;
            c->enters = kf_min64(c->enters, t);
            continue;
        }
        r.leaves = kf_min64(r.leaves, w->out ? kf_time_leaves(ev, r.time, *w->out) : w->all_leave);
        out[c->n++] = r;
    }
    kf_sel_narrow(c, s, s->n - c->n);
    return c;
}

/* ---- all filters ---- */

static uint32_t small_number(const struct kf_node *k)
{
    struct kf_dec d = k->value.number;
    return d.scale || d.m < 0 ? 0 : d.m > UINT32_MAX - 1 ? UINT32_MAX - 1 : (uint32_t)d.m;
}

static const struct kf_sel *filter(struct kf_eval *ev, const struct kf_sel *s,
                                   const struct kf_node *f);

static const struct kf_sel *filter_groups(struct kf_eval *ev, const struct kf_sel *s,
                                          const struct kf_node *f)
{
    struct kf_sel *c = kf_arena_alloc(&ev->scratch, sizeof *c);
    *c = *s;
    c->group = kf_arena_alloc(&ev->scratch, (s->groups + 1u) * sizeof *c->group);
    for (uint32_t i = 0; i < s->groups; i++)
        c->group[i] = *filter(ev, &s->group[i], f);
    return c;
}

static const struct kf_sel *filter(struct kf_eval *ev, const struct kf_sel *s,
                                   const struct kf_node *f)
{
    struct kf_window w;
    if (s->grouped)
        return filter_groups(ev, s, f);
    switch (f->op) {
    case KF_F_WHERE:
    case KF_F_FROM_SOURCE:
    case KF_F_ON:
        return filter_rows(ev, s, f);
    case KF_F_ONCE_PER:
        return kf_filter_once_per(ev, s, f);
    case KF_F_NEWEST:
        return kf_filter_newest(ev, s, small_number(f->kid[0]));
    case KF_F_OLDEST:
        return kf_filter_oldest(ev, s, small_number(f->kid[0]));
    case KF_F_EACH:
        return kf_filter_each(ev, s, f);
    case KF_F_PER:
        return kf_filter_per(ev, s, f);
    case KF_F_FOLLOWED_BY:
    case KF_F_NOT_FOLLOWED_BY:
        return kf_filter_followed(ev, s, f);
    case KF_F_IN_ANY: {
        struct kf_sel *c = kf_arena_alloc(&ev->scratch, sizeof *c);
        *c = *s;
        c->in_any = &kf_pnode(ev, f->kid[0])->span;
        return c;
    }
    case KF_F_WITH_SAME: /* made the base */
        return s;
    default:
        return kf_window_of(ev, f, &w) ? filter_window(ev, s, &w) : s;
    }
}

static bool is_empty_for_ever(const struct kf_sel *s)
{
    return !s->n && !s->hi && !s->grouped && s->enters == KF_TIME_MAX && s->changes == KF_TIME_MAX;
}

static const struct kf_sel *base_of(struct kf_eval *ev, const struct kf_pnode *pn)
{
    if (pn->node->op == KF_S_TOUCH)
        return touch_base(ev);
    return pn->with_same ? same_base(ev, pn) : profile_base(ev, pn->set);
}

/* The memo of a select's first filters; NULL: none. What is remembered asked another rule's nodes.
 */
static struct kf_memo *memo_of(const struct kf_eval *ev, uint32_t number)
{
    struct kf_eval_priv *p = kf_priv(ev);
    return number && !p->ahead && !kf_tracing_inside(ev) ? &p->memo[number - 1] : NULL;
}

static void remember(const struct kf_eval *ev, uint32_t number, const struct kf_sel *s)
{
    struct kf_memo *m = memo_of(ev, number);
    if (m)
        *m = (struct kf_memo){.epoch = kf_priv(ev)->epoch, .sel = s, .flip = KF_TIME_MAX};
}

const struct kf_sel *kf_select(struct kf_eval *ev, const struct kf_node *n)
{
    struct kf_eval_priv *p = kf_priv(ev);
    const struct kf_pnode *pn = kf_pnode(ev, n);
    if (!pn->node)
        return undecided_sel(ev, "the selection is not part of the rules");
    if (!pn->grouped && !pn->with_same && n->op != KF_S_TOUCH && kf_plain(ev) &&
        !kf_has_any(ev, pn->set))
        return &kf_sel_none;
    uint32_t first = n->op == KF_S_EVENT ? 1 : 0, filters = n->kids - first, done = 0;
    uint32_t cut = cut_by(pn); /* others may have the same filters up to here, and another window */
    const struct kf_sel *s = NULL;
    for (uint32_t i = filters + 1; i-- > 0 && !s;) {
        const struct kf_memo *m = memo_of(ev, pn->chain[i]);
        if (m && m->epoch == p->epoch) {
            s = m->sel;
            done = i;
        }
    }
    if (!s) {
        s = base_of(ev, pn);
        if (!cut)
            remember(ev, pn->chain[0], s);
    }
    int64_t flip = ev->flip;
    ev->flip = KF_TIME_MAX;
    for (uint32_t i = done; i < filters; i++) {
        if (!pn->grouped && is_empty_for_ever(s))
            break;
        s = filter(ev, s, n->kid[first + i]);
        /* a flip: a time was asked whose own flip is not in s */
        if (ev->flip == KF_TIME_MAX && i + 1 >= cut)
            remember(ev, pn->chain[i + 1], s);
    }
    ev->flip = kf_min64(flip, ev->flip);
    return s;
}

const struct kf_sel *kf_select_self(struct kf_eval *ev, const struct kf_node *n)
{
    struct kf_eval_priv *p = kf_priv(ev);
    const struct kf_pnode *pn = kf_pnode(ev, n);
    struct kf_row self = p->self;
    if (n->op == KF_S_TOUCH) {
        const struct kf_sel *all = self.touch ? &kf_sel_none : touch_base(ev);
        for (uint32_t i = 0; i < all->n && !self.touch; i++)
            if (all->row[i].event == self.event)
                self.touch = all->row[i].touch;
        if (!self.touch)
            return all->hi == UINT32_MAX ? all : &kf_sel_none;
    } else if (!kf_row_in_set(ev, self.event, pn->set)) {
        return &kf_sel_none;
    }
    struct kf_sel *one = kf_arena_alloc(&ev->scratch, sizeof *one);
    struct kf_row *row = kf_arena_alloc(&ev->scratch, sizeof *row);
    *row = self;
    *one = kf_sel_none;
    one->row = row;
    one->n = one->lo = one->hi = 1;
    const struct kf_sel *s = one;
    for (uint32_t i = n->op == KF_S_EVENT ? 1 : 0; i < n->kids && s->n; i++)
        s = filter(ev, s, n->kid[i]);
    return s;
}

/* ---- existence ---- */

enum kf_truth kf_sel_exists(struct kf_eval *ev, const struct kf_sel *s)
{
    if (s->grouped) {
        enum kf_truth t = KF_FALSE;
        kf_lower(ev, kf_min64(s->enters, s->changes));
        for (uint32_t i = 0; i < s->groups; i++)
            t = kf_or(t, kf_sel_exists(ev, &s->group[i]));
        return t;
    }
    if (s->lo) { /* until the last of them leaves */
        int64_t last = KF_TIME_MIN;
        for (uint32_t i = 0; i < s->n; i++)
            if (s->row[i].truth == KF_TRUE && s->row[i].leaves > last)
                last = s->row[i].leaves;
        kf_lower(ev, kf_min64(s->changes, last == KF_TIME_MIN ? kf_sel_flip(s) : last));
        return KF_TRUE;
    }
    kf_lower(ev, kf_sel_flip(s));
    return s->hi ? kf_no(ev, s->why) : KF_FALSE;
}
