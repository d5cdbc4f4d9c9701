#include "cli/diff.h"

#include "base/hash.h"
#include "base/vec.h"

#include <stdlib.h>

static bool has(const uint64_t *bits, uint32_t i)
{
    return bits && (bits[i / 64] >> (i % 64) & 1);
}

static void set(uint64_t *bits, uint32_t i)
{
    bits[i / 64] |= (uint64_t)1 << (i % 64);
}

static uint64_t *new_bits(uint32_t n)
{
    return calloc(n / 64u + 1u, sizeof(uint64_t));
}

/* ---- a side ---- */

struct gather {
    struct kf_side *s;
    bool channels;
};

static int on_chunk(void *ctx, const struct kf_decided *c, struct kf_error *err)
{
    struct gather *g = ctx;
    struct kf_side *s = g->s;
    (void)err;
    for (uint32_t i = 0; i < c->n_member; i++) {
        set(s->bits[c->member[i].rule], c->member[i].profile);
        s->count[c->member[i].rule]++;
    }
    for (uint32_t p = c->from; !g->channels && p < c->to; p++)
        set(s->reach, p);
    for (uint32_t i = 0; i < c->n_suppression; i++) {
        const struct kf_suppression *x = &c->suppression[i];
        if (has(s->bits[x->rule], x->profile))
            continue;
        set(s->bits[x->rule], x->profile);
        s->count[x->rule]++;
        if (!g->channels)
            s->reach[x->profile / 64] &= ~((uint64_t)1 << (x->profile % 64));
    }
    for (uint32_t i = 0; i < c->n_eligibility; i++) {
        const struct kf_eligibility *e = &c->eligibility[i];
        if (e->from > s->world->as_of)
            continue;
        set(s->bits[e->channel], e->profile);
        s->count[e->channel]++;
        set(s->reach, e->profile);
    }
    for (uint32_t i = 0; i < c->n_undecided; i++)
        s->undecided[c->undecided[i].rule]++;
    return 0;
}

int kf_side_decide(struct kf_side *s, struct kf_error *err)
{
    uint32_t n = s->rules->n, n_channel;
    kf_rules_kind(s->rules, KF_KIND_CHANNEL, &n_channel);
    s->bits = calloc(n + 1u, sizeof *s->bits);
    s->count = calloc(n + 1u, sizeof *s->count);
    s->undecided = calloc(n + 1u, sizeof *s->undecided);
    s->reach = new_bits(s->world->n_profiles);
    bool ok = s->bits && s->count && s->undecided && s->reach;
    for (uint32_t i = 0; i < n && ok; i++) {
        enum kf_kind k = s->rules->rule[i]->kind;
        if (k == KF_KIND_SEGMENT || k == KF_KIND_SUPPRESS || k == KF_KIND_CHANNEL ||
            k == KF_KIND_FRAUD)
            ok = (s->bits[i] = new_bits(s->world->n_profiles)) != NULL;
    }
    if (!ok)
        return kf_error_set(err, KF_E_NOMEM, "dry-run", "out of memory");
    struct gather g = {.s = s, .channels = n_channel > 0};
    struct kf_decide_sink sink = {.chunk = on_chunk, .ctx = &g};
    return kf_decide_run(s->decide, &sink, err);
}

void kf_side_free(struct kf_side *s)
{
    for (uint32_t i = 0; s->bits && i < s->rules->n; i++)
        free(s->bits[i]);
    free(s->bits);
    free(s->count);
    free(s->undecided);
    free(s->reach);
    kf_decide_free(s->decide);
    kf_world_free(s->world);
    *s = (struct kf_side){0};
}

/* ---- following people ---- */

struct mapping {
    uint32_t *forward; /* profile of `before` -> of `after` */
    uint32_t *back;
    uint32_t *from_a, *from_a2; /* profile of `after`: profiles of `before` in it, the first two */
    uint32_t *to_b, *to_b2;
};

static void free_mapping(struct mapping *m)
{
    free(m->forward);
    free(m->back);
    free(m->from_a);
    free(m->from_a2);
    free(m->to_b);
    free(m->to_b2);
}

static uint32_t *numbers(uint32_t n)
{
    uint32_t *p = malloc((n + 1u) * sizeof *p);
    for (uint32_t i = 0; p && i <= n; i++)
        p[i] = KF_ID_NONE;
    return p;
}

static void two(uint32_t *first, uint32_t *second, uint32_t at, uint32_t value)
{
    if (first[at] == KF_ID_NONE)
        first[at] = value;
    else if (first[at] != value && second[at] == KF_ID_NONE)
        second[at] = value;
}

static int make_mapping(const struct kf_diff *d, struct mapping *m, struct kf_error *err)
{
    const struct kf_world *a = d->before.world, *b = d->after.world;
    *m = (struct mapping){.forward = numbers(a->n_profiles),
                          .back = numbers(b->n_profiles),
                          .from_a = numbers(b->n_profiles),
                          .from_a2 = numbers(b->n_profiles),
                          .to_b = numbers(a->n_profiles),
                          .to_b2 = numbers(a->n_profiles)};
    if (!m->forward || !m->back || !m->from_a || !m->from_a2 || !m->to_b || !m->to_b2)
        return kf_error_set(err, KF_E_NOMEM, "dry-run", "out of memory");
    const uint32_t *pa = a->identity->event_profile, *pb = b->identity->event_profile;
    for (uint32_t p = 0; p < a->n_profiles; p++)
        for (uint32_t i = a->first[p]; i < a->first[p + 1]; i++) {
            uint32_t q = pb[a->order[i]];
            if (q == KF_ID_NONE)
                continue;
            if (m->forward[p] == KF_ID_NONE)
                m->forward[p] = q;
            two(m->to_b, m->to_b2, p, q);
        }
    for (uint32_t q = 0; q < b->n_profiles; q++)
        for (uint32_t i = b->first[q]; i < b->first[q + 1]; i++) {
            uint32_t p = pa[b->order[i]];
            if (p == KF_ID_NONE)
                continue;
            if (m->back[q] == KF_ID_NONE)
                m->back[q] = p;
            two(m->from_a, m->from_a2, q, p);
        }
    return 0;
}

/* ---- examples: by the hash of the profile id, so that they are the same on every machine ---- */

struct chosen {
    uint64_t hash[KF_DIFF_EXAMPLES];
    uint32_t profile[KF_DIFF_EXAMPLES], n;
};

static void choose(struct chosen *c, const struct kf_world *w, uint32_t profile)
{
    uint64_t h = kf_mix64(w->identity->profile_id[profile]);
    uint32_t at = c->n;
    while (at > 0 && c->hash[at - 1] > h)
        at--;
    if (at == KF_DIFF_EXAMPLES)
        return;
    if (c->n < KF_DIFF_EXAMPLES)
        c->n++;
    for (uint32_t i = c->n - 1; i > at; i--) {
        c->hash[i] = c->hash[i - 1];
        c->profile[i] = c->profile[i - 1];
    }
    c->hash[at] = h;
    c->profile[at] = profile;
}

/* ---- sets of people ---- */

static int compare_set(const struct kf_diff *d, const struct mapping *m, struct kf_diff_set *s,
                       struct kf_error *err)
{
    const uint64_t *a = s->before ? d->before.bits[s->before->number] : NULL;
    const uint64_t *b = s->after ? d->after.bits[s->after->number] : NULL;
    uint32_t na = d->before.world ? d->before.world->n_profiles : 0,
             nb = d->after.world->n_profiles;
    uint64_t *mark = new_bits(nb);
    struct chosen add = {0}, gone = {0};
    if (!mark)
        return kf_error_set(err, KF_E_NOMEM, "dry-run", "out of memory");
    for (uint32_t p = 0; a && p < na; p++) {
        if (!has(a, p))
            continue;
        s->n_before++;
        uint32_t q = m->forward[p];
        if (q != KF_ID_NONE && has(b, q)) {
            s->kept++;
            set(mark, q);
        } else {
            s->removed++;
            choose(&gone, d->before.world, p);
        }
    }
    for (uint32_t q = 0; b && q < nb; q++) {
        if (!has(b, q))
            continue;
        s->n_after++;
        if (!has(mark, q)) {
            s->added++;
            choose(&add, d->after.world, q);
        }
    }
    free(mark);
    s->n_add_example = add.n;
    s->n_remove_example = gone.n;
    memcpy(s->add_example, add.profile, sizeof add.profile);
    memcpy(s->remove_example, gone.profile, sizeof gone.profile);
    s->undecided_before = s->before ? d->before.undecided[s->before->number] : 0;
    s->undecided_after = s->after ? d->after.undecided[s->after->number] : 0;
    return 0;
}

/* Rules of a kind on both sides, by name. Both lists are sorted. */
static int compare_kind(struct kf_diff *d, const struct mapping *m, enum kf_kind kind,
                        struct kf_diff_set **ret, uint32_t *ret_n, struct kf_error *err)
{
    uint32_t na = 0, nb, i = 0, k = 0, n = 0;
    const struct kf_rule *const *a =
        d->before.rules ? kf_rules_kind(d->before.rules, kind, &na) : NULL;
    const struct kf_rule *const *b = kf_rules_kind(d->after.rules, kind, &nb);
    struct kf_diff_set *s = calloc(na + nb + 1u, sizeof *s);
    int rc = s ? 0 : kf_error_set(err, KF_E_NOMEM, "dry-run", "out of memory");
    while (rc == 0 && (i < na || k < nb)) {
        int order = i == na ? 1 : k == nb ? -1 : strcmp(a[i]->name, b[k]->name);
        s[n].before = order <= 0 ? a[i++] : NULL;
        s[n].after = order >= 0 ? b[k++] : NULL;
        s[n].name = s[n].after ? s[n].after->name : s[n].before->name;
        rc = compare_set(d, m, &s[n++], err);
    }
    *ret = s;
    *ret_n = n;
    return rc;
}

static int compare_reach(struct kf_diff *d, const struct mapping *m, struct kf_error *err)
{
    uint32_t nb = d->after.world->n_profiles,
             na = d->before.world ? d->before.world->n_profiles : 0;
    uint64_t *mark = new_bits(nb);
    if (!mark)
        return kf_error_set(err, KF_E_NOMEM, "dry-run", "out of memory");
    for (uint32_t p = 0; p < na; p++) {
        if (!has(d->before.reach, p))
            continue;
        if (m->forward[p] != KF_ID_NONE && has(d->after.reach, m->forward[p]))
            set(mark, m->forward[p]);
        else
            d->no_longer_contactable++;
    }
    for (uint32_t q = 0; q < nb; q++)
        d->newly_contactable += has(d->after.reach, q) && !has(mark, q);
    free(mark);
    return 0;
}

/* ---- merges and splits ---- */

/* Number of an identifier of `from` in `to`; KF_ID_NONE: not known there. */
static uint32_t translate(const struct kf_idset *from, const struct kf_idset *to, uint32_t id)
{
    uint32_t ns = kf_idset_ns(to, kf_cstr(from->rules.ns[from->ns[id]].name));
    return ns == KF_ID_NONE ? KF_ID_NONE : kf_idset_find(to, ns, kf_idset_value(from, id));
}

/* A kept link of `w` inside profile `one` whose ends belong to different people in `other`. */
static uint32_t causing_link(const struct kf_world *w, const struct kf_world *other, uint32_t one)
{
    const struct kf_id_result *r = w->identity, *o = other->identity;
    uint32_t maybe = KF_ID_NONE;
    for (uint32_t i = 0; i < r->n_link; i++) {
        const struct kf_id_link *l = &r->link[i];
        if (l->reason != KF_ID_KEPT || r->id_profile[l->a] != one || r->id_profile[l->b] != one)
            continue;
        uint32_t a = translate(w->ids, other->ids, l->a), b = translate(w->ids, other->ids, l->b);
        if (a == KF_ID_NONE || b == KF_ID_NONE)
            continue;
        uint32_t pa = o->id_profile[a], pb = o->id_profile[b];
        if (pa == pb)
            continue;
        if (pa != KF_ID_NONE && pb != KF_ID_NONE)
            return i;
        if (maybe == KF_ID_NONE)
            maybe = i;
    }
    return maybe;
}

static void compare_people(struct kf_diff *d, const struct mapping *m)
{
    const struct kf_world *a = d->before.world, *b = d->after.world;
    struct chosen merged = {0}, split = {0};
    for (uint32_t q = 0; q < b->n_profiles; q++)
        if (m->from_a2[q] != KF_ID_NONE) {
            d->merged++;
            choose(&merged, b, q);
        }
    for (uint32_t p = 0; p < a->n_profiles; p++)
        if (m->to_b2[p] != KF_ID_NONE) {
            d->split++;
            choose(&split, a, p);
        }
    for (uint32_t i = 0; i < merged.n; i++) {
        uint32_t q = merged.profile[i];
        d->merge_example[d->n_merge_example++] =
            (struct kf_diff_people){q, {m->from_a[q], m->from_a2[q]}, causing_link(b, a, q)};
    }
    for (uint32_t i = 0; i < split.n; i++) {
        uint32_t p = split.profile[i];
        d->split_example[d->n_split_example++] =
            (struct kf_diff_people){p, {m->to_b[p], m->to_b2[p]}, causing_link(a, b, p)};
    }
}

/* ---- rules ---- */

static int rule_order(const struct kf_rule *a, const struct kf_rule *b)
{
    return a->kind != b->kind ? (int)a->kind - (int)b->kind : strcmp(a->name, b->name);
}

static int compare_rules(struct kf_diff *d, struct kf_error *err)
{
    const struct kf_ruleset *a = d->before.rules, *b = d->after.rules;
    uint32_t i = 0, k = 0, na = a ? a->n : 0;
    d->rule = calloc(na + b->n + 1u, sizeof *d->rule);
    if (!d->rule)
        return kf_error_set(err, KF_E_NOMEM, "dry-run", "out of memory");
    while (i < na || k < b->n) {
        int order = i == na ? 1 : k == b->n ? -1 : rule_order(a->rule[i], b->rule[k]);
        struct kf_diff_rule r = {.before = order <= 0 ? a->rule[i++] : NULL,
                                 .after = order >= 0 ? b->rule[k++] : NULL};
        if (r.before && r.after && kf_str_eq(r.before->digest, r.after->digest))
            continue;
        r.change = !r.before ? KF_RULE_ADDED : !r.after ? KF_RULE_REMOVED : KF_RULE_CHANGED;
        d->rule[d->n_rule++] = r;
    }
    d->text_only = a && d->n_rule == 0 && strcmp(a->text_digest, b->text_digest) != 0;
    return 0;
}

bool kf_diff_identity(const struct kf_ruleset *a, const struct kf_ruleset *b)
{
    for (enum kf_kind kind = KF_KIND_IDENTIFIERS; kind <= KF_KIND_FLAG; kind++) {
        uint32_t na, nb;
        const struct kf_rule *const *x = kf_rules_kind(a, kind, &na), *const *y = kf_rules_kind(
                                                                          b, kind, &nb);
        if (na != nb)
            return true;
        for (uint32_t i = 0; i < na; i++)
            if (!kf_str_eq(x[i]->digest, y[i]->digest))
                return true;
    }
    return false;
}

/* ---- flags ---- */

static uint64_t *count_flags(const struct kf_side *s)
{
    uint32_t n;
    kf_rules_kind(s->rules, KF_KIND_FLAG, &n);
    uint64_t *count = calloc(n + 1u, sizeof *count);
    for (uint32_t e = 0; count && s->world->event_flags && e < s->world->events->n; e++) {
        uint64_t bits = s->world->event_flags[e];
        for (uint32_t i = 0; bits && i < n; i++)
            count[i] += bits >> i & 1;
    }
    return count;
}

/* ---- all ---- */

int kf_diff_compare(struct kf_diff *d, struct kf_error *err)
{
    struct mapping m = {0};
    int rc = compare_rules(d, err);
    if (rc == 0 && d->before.world)
        rc = make_mapping(d, &m, err);
    if (rc == 0)
        rc = compare_kind(d, &m, KF_KIND_SEGMENT, &d->segment, &d->n_segment, err);
    if (rc == 0)
        rc = compare_kind(d, &m, KF_KIND_SUPPRESS, &d->suppress, &d->n_suppress, err);
    if (rc == 0)
        rc = compare_kind(d, &m, KF_KIND_CHANNEL, &d->channel, &d->n_channel, err);
    if (rc == 0)
        rc = compare_reach(d, &m, err);
    if (rc == 0 && d->before.world)
        compare_people(d, &m);
    if (rc == 0) {
        d->flagged_after = count_flags(&d->after);
        d->flagged_before = d->before.world ? count_flags(&d->before) : NULL;
    }
    free_mapping(&m);
    return rc;
}

bool kf_diff_any(const struct kf_diff *d)
{
    bool any = d->merged || d->split || d->newly_contactable || d->no_longer_contactable ||
               (d->before.world && d->before.world->n_profiles != d->after.world->n_profiles);
    const struct kf_diff_set *list[] = {d->segment, d->suppress, d->channel};
    const uint32_t n[] = {d->n_segment, d->n_suppress, d->n_channel};
    for (size_t k = 0; k < 3; k++)
        for (uint32_t i = 0; i < n[k]; i++)
            any |= list[k][i].added || list[k][i].removed;
    return any || d->n_rule;
}

void kf_diff_free(struct kf_diff *d)
{
    kf_side_free(&d->before);
    kf_side_free(&d->after);
    free(d->rule);
    free(d->segment);
    free(d->suppress);
    free(d->channel);
    free(d->flagged_before);
    free(d->flagged_after);
    *d = (struct kf_diff){0};
}
