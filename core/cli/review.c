#include "cli/review.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/vec.h"

#include <stdio.h>
#include <stdlib.h>

#define NONE_OVERSIZE 100u /* more than the default rules let any of a person's kinds add up to */
#define PER_EVENT     64u

typedef kf_vec(struct kf_review_item) items;

struct work {
    struct kf_desk *d;
    const struct kf_world *w;
    items found;
    uint32_t oversize;
};

const char *kf_review_kind_name(enum kf_review_kind k)
{
    static const char *const name[KF_REVIEW_KINDS] = {"shared", "contradictory", "refused",
                                                      "dangling", "oversize"};
    return name[k];
}

static int no_memory(struct kf_error *err)
{
    return kf_error_set(err, KF_E_NOMEM, "review", "out of memory");
}

static struct kf_review_item *add(struct work *k, enum kf_review_kind kind)
{
    struct kf_review_item *i = kf_vec_push(&k->found);
    *i = (struct kf_review_item){.kind = kind,
                                 .a = KF_ID_NONE,
                                 .b = KF_ID_NONE,
                                 .other = KF_ID_NONE,
                                 .ns = KF_ID_NONE,
                                 .weak_a = KF_ID_NONE,
                                 .weak_b = KF_ID_NONE,
                                 .first = KF_NO_TIME,
                                 .last = KF_NO_TIME,
                                 .event = KF_ID_NONE};
    return i;
}

static void seen(struct kf_review_item *i, int64_t first, int64_t last)
{
    if (i->first == KF_NO_TIME || first < i->first)
        i->first = first;
    if (i->last == KF_NO_TIME || last > i->last)
        i->last = last;
}

/* ---- shared identifiers ---- */

static bool is_shared_reason(uint8_t reason)
{
    return reason == KF_ID_SHARED || reason == KF_ID_SHARED_ABOVE;
}

/* Who claims it stands in the refused links; the two newest are named. */
static void claim(struct kf_review_item *it, const struct kf_id_link *l)
{
    uint32_t who = l->a == it->a ? l->b : l->a;
    bool newest = it->b == KF_ID_NONE || l->last > it->last;
    it->count++;
    it->reason = kf_identity_reason_name((enum kf_id_reason)l->reason);
    if (newest) {
        it->other = it->b;
        it->b = who;
        it->event = l->event;
        it->rule = l->rule;
    } else if (it->other == KF_ID_NONE) {
        it->other = who;
    }
    seen(it, l->first, l->last);
}

static int find_shared(struct work *k, struct kf_error *err)
{
    const struct kf_id_result *r = k->w->identity;
    uint32_t *item = calloc(k->w->ids->n + 1u, sizeof *item); /* + 1, by identifier */
    if (!item)
        return no_memory(err);
    for (uint32_t i = 0; i < r->n_shared; i++) {
        add(k, KF_REVIEW_SHARED)->a = r->shared[i];
        item[r->shared[i]] = (uint32_t)k->found.n;
    }
    for (uint32_t n = 0; n < r->n_link; n++) {
        const struct kf_id_link *l = &r->link[n];
        if (!is_shared_reason(l->reason))
            continue;
        if (item[l->a])
            claim(&k->found.p[item[l->a] - 1], l);
        if (item[l->b])
            claim(&k->found.p[item[l->b] - 1], l);
    }
    free(item);
    return 0;
}

/* ---- contradictory events ---- */

/* The two least values of a person's key that an event holds. */
static bool two_of_a_key(const struct kf_world *w, uint32_t event, uint32_t *ret_a, uint32_t *ret_b)
{
    uint32_t id[PER_EVENT], n = kf_identity_of_event(w->events, w->ids, event, id, PER_EVENT);
    uint32_t a = KF_ID_NONE, b = KF_ID_NONE;
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_id_namespace *ns = &w->ids->rules.ns[w->ids->ns[id[i]]];
        if (ns->per_profile != 1 || ns->within)
            continue;
        if (a != KF_ID_NONE && w->ids->ns[id[i]] > w->ids->ns[a])
            continue;
        bool stronger = a == KF_ID_NONE || w->ids->ns[id[i]] < w->ids->ns[a];
        struct kf_str v = kf_idset_value(w->ids, id[i]);
        if (stronger) {
            a = id[i];
            b = KF_ID_NONE;
        } else if (kf_str_cmp(v, kf_idset_value(w->ids, a)) < 0) {
            b = a;
            a = id[i];
        } else if (b == KF_ID_NONE || kf_str_cmp(v, kf_idset_value(w->ids, b)) < 0) {
            b = id[i];
        }
    }
    *ret_a = a;
    *ret_b = b;
    return b != KF_ID_NONE;
}

static void find_contradictory(struct work *k)
{
    const struct kf_world *w = k->w;
    size_t from = k->found.n;
    for (uint32_t e = 0; w->identity->event_contradictory && e < w->events->n; e++) {
        uint32_t a, b;
        if (!w->identity->event_contradictory[e] || !two_of_a_key(w, e, &a, &b))
            continue;
        size_t at = from;
        while (at < k->found.n && (k->found.p[at].a != a || k->found.p[at].b != b))
            at++;
        struct kf_review_item *it =
            at < k->found.n ? &k->found.p[at] : add(k, KF_REVIEW_CONTRADICTORY);
        it->a = a;
        it->b = b;
        it->count++;
        if (it->event == KF_ID_NONE || kf_event_cmp(w->events, e, it->event) > 0)
            it->event = e;
        seen(it, w->events->time[e], w->events->time[e]);
    }
}

/* ---- refused links ---- */

static void find_refused(struct work *k)
{
    const struct kf_id_result *r = k->w->identity;
    for (uint32_t i = 0; i < r->n_link; i++) {
        const struct kf_id_link *l = &r->link[i];
        if (l->strength > KF_ID_VERIFIED ||
            (l->reason != KF_ID_PER_PROFILE && l->reason != KF_ID_WITHIN))
            continue; /* consent, decisions and rules that part are no question any more */
        struct kf_review_item *it = add(k, KF_REVIEW_REFUSED);
        it->a = l->a;
        it->b = l->b;
        it->count = l->count;
        it->rule = l->rule;
        it->reason = kf_identity_reason_name((enum kf_id_reason)l->reason);
        it->event = l->event;
        if (l->event != KF_ID_NONE || l->first != KF_TIME_MIN)
            seen(it, l->first, l->last);
    }
}

/* ---- sign-ins that tie nothing ---- */

static struct kf_value ask_identifiers(struct kf_eval *ev, uint32_t event, struct kf_str ns)
{
    return kf_world_event_identifiers(ev->ctx, &ev->scratch, event, ns);
}

static bool ask_flagged(struct kf_eval *ev, uint32_t event, const struct kf_node *flag)
{
    return kf_world_flagged(ev->ctx, event, flag->name);
}

/* At most one of the kinds that a rule connects: ret_ns is it. */
static bool ties_nothing(const struct kf_world *w, uint32_t event, uint64_t connect,
                         uint32_t *ret_ns)
{
    uint32_t id[PER_EVENT], n = kf_identity_of_event(w->events, w->ids, event, id, PER_EVENT);
    uint32_t have = 0;
    *ret_ns = KF_ID_NONE;
    for (uint32_t i = 0; i < n; i++)
        if (connect >> w->ids->ns[id[i]] & 1) {
            have++;
            *ret_ns = w->ids->ns[id[i]];
        }
    return have < 2;
}

static void note_dangling(struct work *k, size_t from, uint32_t e, const char *rule, uint32_t ns)
{
    const struct kf_events *ev = k->w->events;
    size_t at = from;
    while (at < k->found.n && (k->found.p[at].rule != rule || k->found.p[at].ns != ns ||
                               ev->what[k->found.p[at].event].name != ev->what[e].name ||
                               ev->at[k->found.p[at].event].source != ev->at[e].source))
        at++;
    struct kf_review_item *it = at < k->found.n ? &k->found.p[at] : add(k, KF_REVIEW_DANGLING);
    it->rule = rule;
    it->ns = ns;
    it->count++;
    if (it->event == KF_ID_NONE || kf_event_cmp(ev, e, it->event) > 0)
        it->event = e;
    seen(it, ev->time[e], ev->time[e]);
}

/* Rules without a condition hold for every event, and most events are no sign-in. */
static int find_dangling(struct work *k, struct kf_error *err)
{
    static const struct kf_eval_ops ops = {.event_identifiers = ask_identifiers,
                                           .flagged = ask_flagged};
    const struct kf_world *w = k->w;
    uint32_t n;
    const struct kf_rule *const *rule = kf_rules_kind(w->rules, KF_KIND_LINK, &n);
    struct kf_eval ev;
    size_t from = k->found.n;
    int rc = kf_eval_init(&ev, w->plan, w->events, &ops, (void *)(uintptr_t)w, err);
    if (rc)
        return rc;
    for (uint32_t e = 0; e < w->events->n; e++) {
        bool set = false;
        if (w->events->dropped[e] || w->events->time[e] > w->as_of ||
            w->events->what[e].type == KF_EVENT_ALIAS)
            continue;
        for (uint32_t i = 0; i < n && i < w->ids->rules.n_link; i++) {
            const struct kf_id_link_rule *l = &w->ids->rules.link[i];
            const struct kf_node *when = kf_rule_get(rule[i], "when");
            uint32_t ns;
            if (!when || l->strength > KF_ID_VERIFIED || !kf_rule_in_force(rule[i], w->as_of) ||
                !ties_nothing(w, e, l->connect, &ns))
                continue;
            if (!set)
                kf_eval_event(&ev, e);
            set = true;
            if (kf_eval_cond(&ev, when) == KF_TRUE)
                note_dangling(k, from, e, l->name, ns);
        }
    }
    kf_eval_free(&ev);
    return 0;
}

/* ---- people of too many identifiers ---- */

/* Weaker evidence first, then fewer observations, then the older. */
static bool is_weaker(const struct kf_id_link *l, const struct kf_id_link *than)
{
    if (l->strength != than->strength)
        return l->strength > than->strength;
    if (l->count != than->count)
        return l->count < than->count;
    return l->last < than->last;
}

/* The weakest link inside each person of an item: item[profile] is its number + 1. */
static void find_weakest(struct work *k, const uint32_t *item)
{
    const struct kf_id_result *r = k->w->identity;
    const struct kf_id_link **weakest = calloc(k->found.n + 1, sizeof(struct kf_id_link *));
    for (uint32_t i = 0; weakest && i < r->n_link; i++) {
        const struct kf_id_link *l = &r->link[i];
        uint32_t p = r->id_profile[l->a], at = p == KF_ID_NONE ? 0 : item[p];
        if (!at || l->reason != KF_ID_KEPT || r->id_profile[l->b] != p)
            continue;
        if (!weakest[at] || is_weaker(l, weakest[at]))
            weakest[at] = l;
    }
    for (size_t i = 0; weakest && i < k->found.n; i++)
        if (weakest[i + 1]) {
            k->found.p[i].weak_a = weakest[i + 1]->a;
            k->found.p[i].weak_b = weakest[i + 1]->b;
            k->found.p[i].rule = weakest[i + 1]->rule;
        }
    free(weakest);
}

static int find_oversize(struct work *k, struct kf_error *err)
{
    const struct kf_world *w = k->w;
    const struct kf_id_result *r = w->identity;
    uint8_t *full = calloc(w->n_profiles + 1u, 1);
    uint32_t *item = calloc(w->n_profiles + 1u, sizeof *item);
    if (!full || !item) {
        free(full);
        free(item);
        return no_memory(err);
    }
    for (uint32_t i = 0; i < r->n_link; i++) {
        const struct kf_id_link *l = &r->link[i];
        uint32_t p = r->id_profile[l->a], q = r->id_profile[l->b];
        if (l->reason != KF_ID_CEILING)
            continue;
        uint32_t np = p == KF_ID_NONE ? 0 : w->ids_first[p + 1] - w->ids_first[p];
        uint32_t nq = q == KF_ID_NONE ? 0 : w->ids_first[q + 1] - w->ids_first[q];
        if (np || nq)
            full[np >= nq ? p : q] = 1;
    }
    for (uint32_t p = 0; p < w->n_profiles; p++) {
        uint32_t n = w->ids_first[p + 1] - w->ids_first[p];
        if (!full[p] && n < k->oversize)
            continue;
        struct kf_review_item *it = add(k, KF_REVIEW_OVERSIZE);
        it->a = kf_profile_face(w, p);
        it->count = n;
        it->reason = full[p] ? kf_identity_reason_name(KF_ID_CEILING) : NULL;
        uint32_t from = w->first[p], to = w->first[p + 1];
        if (to > from)
            seen(it, w->events->time[w->order[from]], w->events->time[w->order[to - 1]]);
        item[p] = (uint32_t)k->found.n;
    }
    find_weakest(k, item);
    free(full);
    free(item);
    return 0;
}

/* ---- keys and order ---- */

/* Of what the item is about, by content; numbers and figures do not enter it. */
static void name_item(const struct work *k, struct kf_review_item *it)
{
    const struct kf_world *w = k->w;
    uint32_t id[2] = {it->a, it->kind == KF_REVIEW_SHARED ? KF_ID_NONE : it->b};
    struct kf_buf b = {0};
    uint64_t h[2] = {0, 0};
    for (int i = 0; i < 2; i++)
        h[i] = id[i] == KF_ID_NONE ? 0 : kf_idset_hash(w->ids, id[i]);
    if (h[0] > h[1]) {
        uint64_t swap = h[0];
        h[0] = h[1];
        h[1] = swap;
    }
    kf_buf_addf(&b, "%s %016llx %016llx", kf_review_kind_name(it->kind), (unsigned long long)h[0],
                (unsigned long long)h[1]);
    if (it->kind == KF_REVIEW_REFUSED)
        kf_buf_addf(&b, " %s %s", it->rule, it->reason);
    if (it->kind == KF_REVIEW_DANGLING) {
        struct kf_str name =
                          kf_symbols_text(w->events->dict->name, w->events->what[it->event].name),
                      source = kf_symbols_text(w->events->dict->source,
                                               w->events->at[it->event].source + 1u);
        kf_buf_addf(&b, " %s %s %.*s %.*s", it->rule,
                    it->ns == KF_ID_NONE ? "" : w->ids->rules.ns[it->ns].name, (int)name.n, name.p,
                    (int)source.n, source.p);
    }
    char hex[65];
    kf_sha256_hex(b.p, b.n, hex);
    snprintf(it->key, sizeof it->key, "%.13s-%.8s", kf_review_kind_name(it->kind), hex);
    kf_buf_free(&b);
}

static int by_weight(const void *a, const void *b)
{
    const struct kf_review_item *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return strcmp(x->key, y->key);
}

static int make_world(struct kf_desk *d, struct kf_error *err)
{
    struct kf_session *s = &d->s;
    uint32_t last;
    int rc = kf_session_events(s, err);
    if (rc == 0)
        rc = kf_store_holding(s->store, UINT32_MAX, &s->ws.decision, &s->ws.n_decision, &last, err);
    return rc ? rc
              : kf_pipeline_world(&s->ws, s->last_rules, s->events, s->last.as_of, NULL, true,
                                  &s->world, NULL, err);
}

int kf_review_gather(struct kf_desk *d, uint32_t oversize, struct kf_review *ret,
                     struct kf_error *err)
{
    int rc = make_world(d, err);
    if (rc)
        return rc;
    struct work k = {.d = d, .w = d->s.world};
    uint32_t most = k.w->ids->rules.max_identifiers;
    k.oversize = oversize ? oversize : most ? most - most / 10 : NONE_OVERSIZE;
    rc = find_shared(&k, err);
    if (rc == 0) {
        find_contradictory(&k);
        find_refused(&k);
        rc = find_dangling(&k, err);
    }
    if (rc == 0)
        rc = find_oversize(&k, err);
    if (rc) {
        kf_vec_free(&k.found);
        return rc;
    }
    for (size_t i = 0; i < k.found.n; i++)
        name_item(&k, &k.found.p[i]);
    if (k.found.n)
        qsort(k.found.p, k.found.n, sizeof *k.found.p, by_weight);
    *ret = (struct kf_review){
        .d = d, .item = k.found.p, .n = (uint32_t)k.found.n, .oversize = k.oversize};
    for (uint32_t i = 0; i < d->n; i++)
        ret->waiting += d->log[i].number > d->s.last.decisions;
    return 0;
}

void kf_review_free(struct kf_review *r)
{
    free(r->item);
    *r = (struct kf_review){0};
}
