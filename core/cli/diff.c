#include "cli/diff.h"

#include "base/hash.h"
#include "base/vec.h"

#include <stdlib.h>

bool kf_side_has(const uint64_t *bits, uint32_t i)
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

static int no_memory(struct kf_error *err)
{
    return kf_error_set(err, KF_E_NOMEM, "dry-run", "out of memory");
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
    if (kf_cli_stop) /* there is nothing to finish */
        return kf_error_set(err, KF_E_INTERRUPTED, "dry-run", "interrupted; nothing was written");
    for (uint32_t i = 0; i < c->n_member; i++)
        set(s->bits[c->member[i].rule], c->member[i].profile);
    for (uint32_t i = 0; i < c->n_suppression; i++) {
        set(s->bits[c->suppression[i].rule], c->suppression[i].profile);
        set(s->suppressed, c->suppression[i].profile);
    }
    for (uint32_t p = c->from; !g->channels && p < c->to; p++)
        if (!kf_side_has(s->suppressed, p))
            set(s->reach, p);
    for (uint32_t i = 0; i < c->n_eligibility; i++) {
        const struct kf_eligibility *e = &c->eligibility[i];
        if (e->from > s->world->as_of)
            continue;
        set(s->bits[e->channel], e->profile);
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
    s->undecided = calloc(n + 1u, sizeof *s->undecided);
    s->suppressed = new_bits(s->world->n_profiles);
    s->reach = new_bits(s->world->n_profiles);
    bool ok = s->bits && s->undecided && s->suppressed && s->reach;
    for (uint32_t i = 0; i < n && ok; i++) {
        enum kf_kind k = s->rules->rule[i]->kind;
        if (k == KF_KIND_SEGMENT || k == KF_KIND_SUPPRESS || k == KF_KIND_CHANNEL)
            ok = (s->bits[i] = new_bits(s->world->n_profiles)) != NULL;
    }
    if (!ok)
        return no_memory(err);
    struct gather g = {.s = s, .channels = n_channel > 0};
    struct kf_decide_sink sink = {.chunk = on_chunk, .ctx = &g, .audiences_only = true};
    return kf_decide_run(s->decide, &sink, err);
}

static void free_side(struct kf_side *s)
{
    for (uint32_t i = 0; s->bits && i < s->rules->n; i++)
        free(s->bits[i]);
    free(s->bits);
    free(s->undecided);
    free(s->suppressed);
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
        return no_memory(err);
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

static uint32_t event_count(const struct kf_world *w, uint32_t profile)
{
    return w->first[profile + 1] - w->first[profile];
}

/* The same events on both sides? */
static bool same_person(const struct kf_diff *d, const struct mapping *m, uint32_t p, uint32_t q)
{
    return p != KF_ID_NONE && q != KF_ID_NONE && m->to_b2[p] == KF_ID_NONE &&
           m->from_a2[q] == KF_ID_NONE &&
           event_count(d->before.world, p) == event_count(d->after.world, q);
}

static uint32_t examples(const struct kf_diff *d, const struct mapping *m, const struct chosen *c,
                         bool of_after, struct kf_diff_pair *out)
{
    const uint32_t *other = of_after ? m->back : m->forward;
    for (uint32_t i = 0; i < c->n; i++) {
        uint32_t p = c->profile[i], q = other ? other[p] : KF_ID_NONE;
        out[i] = of_after ? (struct kf_diff_pair){q, p, false} : (struct kf_diff_pair){p, q, false};
        out[i].moved = d->before.world && !same_person(d, m, out[i].before, out[i].after);
    }
    return c->n;
}

static int compare_members(const struct kf_diff *d, const struct mapping *m, const uint64_t *a,
                           const uint64_t *b, struct kf_diff_members *s, struct kf_error *err)
{
    uint32_t na = d->before.world ? d->before.world->n_profiles : 0,
             nb = d->after.world->n_profiles;
    uint64_t *mark = new_bits(nb);
    struct chosen add = {0}, gone = {0};
    if (!mark)
        return no_memory(err);
    for (uint32_t p = 0; a && p < na; p++) {
        if (!kf_side_has(a, p))
            continue;
        s->n_before++;
        uint32_t q = m->forward[p];
        if (q != KF_ID_NONE && kf_side_has(b, q)) {
            s->kept++;
            set(mark, q);
        } else {
            s->removed++;
            s->by_identity += !same_person(d, m, p, q);
            choose(&gone, d->before.world, p);
        }
    }
    for (uint32_t q = 0; b && q < nb; q++) {
        if (!kf_side_has(b, q))
            continue;
        s->n_after++;
        if (kf_side_has(mark, q))
            continue;
        s->added++;
        s->by_identity += na && !same_person(d, m, m->back[q], q);
        choose(&add, d->after.world, q);
    }
    free(mark);
    s->n_add_example = examples(d, m, &add, true, s->add_example);
    s->n_remove_example = examples(d, m, &gone, false, s->remove_example);
    return 0;
}

static int compare_set(const struct kf_diff *d, const struct mapping *m, struct kf_diff_set *s,
                       struct kf_error *err)
{
    s->undecided_before = s->before ? d->before.undecided[s->before->number] : 0;
    s->undecided_after = s->after ? d->after.undecided[s->after->number] : 0;
    return compare_members(d, m, s->before ? d->before.bits[s->before->number] : NULL,
                           s->after ? d->after.bits[s->after->number] : NULL, &s->m, err);
}

/* Rules of a kind on both sides, by name: both lists are sorted. False: no more. */
struct pairs {
    const struct kf_rule *const *a, *const *b;
    uint32_t na, nb, i, k;
};

static struct pairs pairs_of(const struct kf_diff *d, enum kf_kind kind)
{
    struct pairs p = {0};
    if (d->before.rules)
        p.a = kf_rules_kind(d->before.rules, kind, &p.na);
    p.b = kf_rules_kind(d->after.rules, kind, &p.nb);
    return p;
}

static bool next_pair(struct pairs *p, const struct kf_rule **ret_a, const struct kf_rule **ret_b)
{
    if (p->i == p->na && p->k == p->nb)
        return false;
    int order = p->i == p->na ? 1 : p->k == p->nb ? -1 : strcmp(p->a[p->i]->name, p->b[p->k]->name);
    *ret_a = order <= 0 ? p->a[p->i++] : NULL;
    *ret_b = order >= 0 ? p->b[p->k++] : NULL;
    return true;
}

static int compare_kind(struct kf_diff *d, const struct mapping *m, enum kf_kind kind,
                        struct kf_diff_set **ret, uint32_t *ret_n, struct kf_error *err)
{
    struct pairs p = pairs_of(d, kind);
    struct kf_diff_set *s = calloc(p.na + p.nb + 1u, sizeof *s);
    if (!s)
        return no_memory(err);
    int rc = 0;
    uint32_t n = 0;
    while (rc == 0 && next_pair(&p, &s[n].before, &s[n].after)) {
        s[n].name = s[n].after ? s[n].after->name : s[n].before->name;
        rc = compare_set(d, m, &s[n++], err);
    }
    *ret = s;
    *ret_n = n;
    return rc;
}

/* ---- merges and splits ---- */

/* Number of an identifier of `from` in `to`; KF_ID_NONE: not known there. */
static uint32_t translate(const struct kf_idset *from, const struct kf_idset *to, uint32_t id)
{
    uint32_t ns = kf_idset_ns(to, kf_cstr(from->rules.ns[from->ns[id]].name));
    return ns == KF_ID_NONE ? KF_ID_NONE : kf_idset_find(to, ns, kf_idset_value(from, id));
}

/* Was an identifier ever a profile's, and which of two were ever one's: spans say so of those that
 * passed on. */
static bool ever_together(const struct kf_id_result *r, uint32_t a, uint32_t b)
{
    uint32_t held[64], n = 0;
    if (r->id_profile[a] != KF_ID_NONE)
        held[n++] = r->id_profile[a];
    for (uint32_t i = 0; i < r->n_span && n < 64; i++)
        if (r->span[i].id == a && r->span[i].profile != KF_ID_NONE)
            held[n++] = r->span[i].profile;
    for (uint32_t k = 0; k < n; k++) {
        if (r->id_profile[b] == held[k])
            return true;
        for (uint32_t i = 0; i < r->n_span; i++)
            if (r->span[i].id == b && r->span[i].profile == held[k])
                return true;
    }
    return false;
}

/* 1: an identifier is the profile's now, 2: it was once. NULL: no memory. */
static uint8_t *held_by(const struct kf_world *w, uint32_t profile)
{
    uint8_t *mine = calloc(w->ids->n + 1u, 1);
    const struct kf_id_result *r = w->identity;
    for (uint32_t i = 0; mine && i < r->n_span; i++)
        if (r->span[i].profile == profile)
            mine[r->span[i].id] = 2;
    for (uint32_t i = w->ids_first[profile]; mine && i < w->ids_first[profile + 1]; i++)
        mine[w->ids_of[i]] = 1;
    return mine;
}

/* A kept link of `w` inside profile `one` whose ends belong to different people in `other`: rather
 * one whose ends are somebody's there, rather one of identifiers that did not pass on. */
static uint32_t causing_link(const struct kf_world *w, const struct kf_world *other, uint32_t one)
{
    const struct kf_id_result *r = w->identity, *o = other->identity;
    uint8_t *mine = held_by(w, one);
    uint32_t best = KF_ID_NONE;
    int best_rank = 0;
    for (uint32_t i = 0; mine && best_rank < 3 && i < r->n_link; i++) {
        const struct kf_id_link *l = &r->link[i];
        if (l->reason != KF_ID_KEPT || !mine[l->a] || !mine[l->b])
            continue;
        uint32_t a = translate(w->ids, other->ids, l->a), b = translate(w->ids, other->ids, l->b);
        if (a == KF_ID_NONE || b == KF_ID_NONE || ever_together(o, a, b))
            continue;
        bool now = mine[l->a] == 1 && mine[l->b] == 1;
        bool owned = o->id_profile[a] != KF_ID_NONE && o->id_profile[b] != KF_ID_NONE;
        int rank = now && owned ? 3 : now ? 2 : 1;
        if (rank > best_rank) {
            best = i;
            best_rank = rank;
        }
    }
    free(mine);
    return best;
}

/* The same link among the refused ones of the other side; the last of several. */
static uint32_t refusal_of(const struct kf_world *w, uint32_t link, const struct kf_world *other)
{
    const struct kf_id_result *o = other->identity;
    uint32_t found = KF_ID_NONE;
    if (link == KF_ID_NONE)
        return KF_ID_NONE;
    const struct kf_id_link *l = &w->identity->link[link];
    uint32_t a = translate(w->ids, other->ids, l->a), b = translate(w->ids, other->ids, l->b);
    for (uint32_t i = 0; i < o->n_link; i++) {
        const struct kf_id_link *x = &o->link[i];
        bool same = (x->a == a && x->b == b) || (x->a == b && x->b == a);
        if (same && x->reason != KF_ID_KEPT && strcmp(x->rule, l->rule) == 0)
            found = i;
    }
    return found;
}

/* The profile of the same id. */
static uint32_t twin(const struct kf_world *from, uint32_t profile, const struct kf_world *to)
{
    uint64_t id = from->identity->profile_id[profile];
    for (uint32_t p = 0; p < to->n_profiles; p++)
        if (to->identity->profile_id[p] == id)
            return p;
    return KF_ID_NONE;
}

static void find_link(struct kf_diff_people *p, const struct kf_world *all,
                      const struct kf_world *w, const struct kf_world *other)
{
    uint32_t one = twin(all, p->one, w);
    if (one == KF_ID_NONE)
        return;
    p->link = causing_link(w, other, one);
    p->refusal = refusal_of(w, p->link, other);
}

void kf_diff_links(struct kf_diff *d, struct kf_world *take_before, struct kf_world *take_after)
{
    d->links_before = take_before;
    d->links_after = take_after;
    for (uint32_t i = 0; i < d->n_merge_example; i++)
        find_link(&d->merge_example[i], d->after.world, take_after, take_before);
    for (uint32_t i = 0; i < d->n_split_example; i++)
        find_link(&d->split_example[i], d->before.world, take_before, take_after);
}

uint32_t kf_diff_example_events(const struct kf_diff *d, uint32_t out[2 * KF_DIFF_EXAMPLES])
{
    const struct kf_world *a = d->before.world, *b = d->after.world;
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->n_merge_example; i++)
        out[n++] = b->order[b->first[d->merge_example[i].one]];
    for (uint32_t i = 0; i < d->n_split_example; i++)
        out[n++] = a->order[a->first[d->split_example[i].one]];
    return n;
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
            (struct kf_diff_people){q, {m->from_a[q], m->from_a2[q]}, KF_ID_NONE, KF_ID_NONE};
    }
    for (uint32_t i = 0; i < split.n; i++) {
        uint32_t p = split.profile[i];
        d->split_example[d->n_split_example++] =
            (struct kf_diff_people){p, {m->to_b[p], m->to_b2[p]}, KF_ID_NONE, KF_ID_NONE};
    }
}

/* ---- rules ---- */

static int rule_order(const struct kf_rule *a, const struct kf_rule *b)
{
    return a->kind != b->kind ? (int)a->kind - (int)b->kind : strcmp(a->name, b->name);
}

int kf_diff_rules(struct kf_diff *d, struct kf_error *err)
{
    const struct kf_ruleset *a = d->before.rules, *b = d->after.rules;
    uint32_t i = 0, k = 0, na = a ? a->n : 0;
    d->rule = calloc(na + b->n + 1u, sizeof *d->rule);
    if (!d->rule)
        return no_memory(err);
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

static const struct kf_diff_rule *change_of(const struct kf_diff *d, const struct kf_rule *after)
{
    for (uint32_t i = 0; i < d->n_rule; i++)
        if (d->rule[i].after == after)
            return &d->rule[i];
    return NULL;
}

static const struct kf_rule *asked_rule(const struct kf_ruleset *s, const char *ask)
{
    for (uint32_t i = 0; i < s->n; i++) {
        const char *kind = kf_kind_name(s->rule[i]->kind);
        size_t n = strlen(kind);
        if (strncmp(ask, kind, n) == 0 && ask[n] == ' ' &&
            strcmp(ask + n + 1, s->rule[i]->name) == 0)
            return s->rule[i];
    }
    return NULL;
}

static const struct kf_diff_rule *asks(const struct kf_diff *d, const struct kf_rule *rule,
                                       uint64_t *seen)
{
    const struct kf_diff_rule *found = NULL;
    for (uint32_t i = 0; i < rule->n_ask && !found; i++) {
        const struct kf_rule *r = asked_rule(d->after.rules, rule->ask[i]);
        if (!r || kf_side_has(seen, r->number))
            continue;
        set(seen, r->number);
        found = change_of(d, r);
        if (!found)
            found = asks(d, r, seen);
    }
    return found;
}

const struct kf_diff_rule *kf_diff_asks(const struct kf_diff *d, const struct kf_rule *rule)
{
    uint64_t *seen = new_bits(d->after.rules->n);
    const struct kf_diff_rule *found = seen ? asks(d, rule, seen) : NULL;
    free(seen);
    return found;
}

/* ---- flags: events, which are the same on both sides ---- */

static uint64_t flag_bit(const struct kf_side *s, const struct kf_rule *r)
{
    uint32_t n;
    const struct kf_rule *const *flag = s->rules ? kf_rules_kind(s->rules, KF_KIND_FLAG, &n) : NULL;
    return r && s->world && s->world->event_flags ? 1ULL << (r->number - flag[0]->number) : 0;
}

static int compare_flags(struct kf_diff *d, struct kf_error *err)
{
    struct pairs p = pairs_of(d, KF_KIND_FLAG);
    const struct kf_world *a = d->before.world, *b = d->after.world;
    if (!(d->flag = calloc(p.na + p.nb + 1u, sizeof *d->flag)))
        return no_memory(err);
    while (next_pair(&p, &d->flag[d->n_flag].before, &d->flag[d->n_flag].after)) {
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
static uint64_t *rows_of(const struct kf_side *s, const struct kf_rule *rule, uint64_t *ret_n)
{
    uint32_t n = 0;
    const struct kf_fraud_row *row = rule && s->decide ? kf_decide_fraud(s->decide, &n) : NULL;
    uint64_t *h = malloc((n + 1u) * sizeof *h);
    *ret_n = 0;
    for (uint32_t i = 0; h && i < n; i++)
        if (row[i].rule == rule->number)
            h[(*ret_n)++] = row_hash(s->world, &row[i]);
    if (h)
        qsort(h, *ret_n, sizeof *h, by_number);
    return h;
}

static int compare_fraud(struct kf_diff *d, struct kf_error *err)
{
    struct pairs p = pairs_of(d, KF_KIND_FRAUD);
    if (!(d->fraud = calloc(p.na + p.nb + 1u, sizeof *d->fraud)))
        return no_memory(err);
    while (next_pair(&p, &d->fraud[d->n_fraud].before, &d->fraud[d->n_fraud].after)) {
        struct kf_diff_mark *f = &d->fraud[d->n_fraud++];
        f->name = f->after ? f->after->name : f->before->name;
        uint64_t *a = rows_of(&d->before, f->before, &f->n_before),
                 *b = rows_of(&d->after, f->after, &f->n_after), i = 0, k = 0;
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
            return no_memory(err);
    }
    return 0;
}

/* ---- all ---- */

int kf_diff_compare(struct kf_diff *d, struct kf_error *err)
{
    struct mapping m = {0};
    int rc = d->rule ? 0 : kf_diff_rules(d, err);
    if (rc == 0 && d->before.world)
        rc = make_mapping(d, &m, err);
    if (rc == 0)
        rc = compare_kind(d, &m, KF_KIND_SEGMENT, &d->segment, &d->n_segment, err);
    if (rc == 0)
        rc = compare_kind(d, &m, KF_KIND_SUPPRESS, &d->suppress, &d->n_suppress, err);
    if (rc == 0)
        rc = compare_kind(d, &m, KF_KIND_CHANNEL, &d->channel, &d->n_channel, err);
    if (rc == 0)
        rc = compare_members(d, &m, d->before.reach, d->after.reach, &d->reach, err);
    if (rc == 0)
        rc = compare_members(d, &m, d->before.suppressed, d->after.suppressed, &d->suppressed, err);
    if (rc == 0)
        rc = compare_flags(d, err);
    if (rc == 0)
        rc = compare_fraud(d, err);
    if (rc == 0 && d->before.world)
        compare_people(d, &m);
    free_mapping(&m);
    return rc;
}

bool kf_diff_any(const struct kf_diff *d)
{
    uint32_t np = d->before.world ? d->before.world->n_profiles : 0;
    bool any = d->merged || d->split || d->reach.added || d->reach.removed || d->suppressed.added ||
               d->suppressed.removed || np != d->after.world->n_profiles;
    const struct kf_diff_set *list[] = {d->segment, d->suppress, d->channel};
    const uint32_t n[] = {d->n_segment, d->n_suppress, d->n_channel};
    for (size_t k = 0; k < 3; k++)
        for (uint32_t i = 0; i < n[k]; i++)
            any |= list[k][i].m.added || list[k][i].m.removed ||
                   list[k][i].undecided_before != list[k][i].undecided_after;
    for (uint32_t i = 0; i < d->n_flag; i++)
        any |= d->flag[i].added || d->flag[i].removed;
    for (uint32_t i = 0; i < d->n_fraud; i++)
        any |= d->fraud[i].added || d->fraud[i].removed;
    return any;
}

void kf_diff_free(struct kf_diff *d)
{
    kf_world_free(d->links_before);
    kf_world_free(d->links_after);
    free_side(&d->after); /* may stand on before's people */
    free_side(&d->before);
    free(d->rule);
    free(d->segment);
    free(d->suppress);
    free(d->channel);
    free(d->flag);
    free(d->fraud);
    *d = (struct kf_diff){0};
}
