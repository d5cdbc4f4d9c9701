#include "cli/diff_internal.h"

#include "base/hash.h"
#include "base/vec.h"

#include <math.h>
#include <stdlib.h>

/* ---- following people ---- */

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

static void follow(const struct kf_world *a, const struct kf_world *b, uint32_t *first_of,
                   uint32_t *in, uint32_t *in2)
{
    const uint32_t *other = b->identity->event_profile;
    for (uint32_t p = 0; p < a->n_profiles; p++)
        for (uint32_t i = a->first[p]; i < a->first[p + 1]; i++) {
            uint32_t q = other[a->order[i]];
            if (q == KF_ID_NONE)
                continue;
            if (first_of[p] == KF_ID_NONE)
                first_of[p] = q;
            two(in, in2, p, q);
        }
}

static int make_mapping(struct kf_diff *d, struct kf_error *err)
{
    const struct kf_world *a = d->before.world, *b = d->after.world;
    struct kf_diff_mapping *m = &d->map;
    if (!d->identity)
        return 0;
    *m = (struct kf_diff_mapping){.forward = numbers(a->n_profiles),
                                  .back = numbers(b->n_profiles),
                                  .from_a = numbers(b->n_profiles),
                                  .from_a2 = numbers(b->n_profiles),
                                  .to_b = numbers(a->n_profiles),
                                  .to_b2 = numbers(a->n_profiles)};
    if (!m->forward || !m->back || !m->from_a || !m->from_a2 || !m->to_b || !m->to_b2)
        return kf_diff_no_memory(err);
    follow(a, b, m->forward, m->to_b, m->to_b2);
    follow(b, a, m->back, m->from_a, m->from_a2);
    return 0;
}

uint32_t kf_diff_forward(const struct kf_diff *d, uint32_t before)
{
    return d->map.forward ? d->map.forward[before] : before;
}

uint32_t kf_diff_back(const struct kf_diff *d, uint32_t after)
{
    return !d->before.world ? KF_ID_NONE : d->map.back ? d->map.back[after] : after;
}

static uint32_t event_count(const struct kf_world *w, uint32_t profile)
{
    return w->first[profile + 1] - w->first[profile];
}

bool kf_diff_same_person(const struct kf_diff *d, uint32_t p, uint32_t q)
{
    if (p == KF_ID_NONE || q == KF_ID_NONE)
        return false;
    return !d->map.forward || (d->map.to_b2[p] == KF_ID_NONE && d->map.from_a2[q] == KF_ID_NONE &&
                               event_count(d->before.world, p) == event_count(d->after.world, q));
}

/* ---- examples ---- */

void kf_choose(struct kf_chosen *c, const struct kf_world *w, uint32_t profile)
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

static uint32_t examples(const struct kf_diff *d, const struct kf_chosen *c, bool of_after,
                         struct kf_diff_pair *out)
{
    for (uint32_t i = 0; i < c->n; i++) {
        uint32_t p = c->profile[i], q = !d->before.world ? KF_ID_NONE
                                        : of_after       ? kf_diff_back(d, p)
                                                         : kf_diff_forward(d, p);
        out[i] = of_after ? (struct kf_diff_pair){q, p, false} : (struct kf_diff_pair){p, q, false};
        out[i].moved = d->before.world && !kf_diff_same_person(d, out[i].before, out[i].after);
    }
    return c->n;
}

/* ---- sets of people ---- */

static void leave(const struct kf_diff *d, uint32_t p, struct kf_diff_members *s,
                  struct kf_chosen *gone)
{
    s->removed++;
    s->removed_by_identity += !kf_diff_same_person(d, p, kf_diff_forward(d, p));
    kf_choose(gone, d->before.world, p);
}

static void join(const struct kf_diff *d, uint32_t q, struct kf_diff_members *s,
                 struct kf_chosen *add)
{
    s->added++;
    s->added_by_identity += d->before.world && !kf_diff_same_person(d, kf_diff_back(d, q), q);
    kf_choose(add, d->after.world, q);
}

/* People have the same numbers on both sides: word by word. */
static void same_people(const struct kf_diff *d, const uint64_t *a, const uint64_t *b,
                        struct kf_diff_members *s, struct kf_chosen *gone, struct kf_chosen *add)
{
    for (uint32_t w = 0; w <= d->after.world->n_profiles / 64u; w++) {
        uint64_t x = a ? a[w] : 0, y = b ? b[w] : 0;
        s->n_before += (uint32_t)__builtin_popcountll(x);
        s->n_after += (uint32_t)__builtin_popcountll(y);
        s->kept += (uint32_t)__builtin_popcountll(x & y);
        for (uint64_t left = x & ~y; left; left &= left - 1)
            leave(d, w * 64 + (uint32_t)__builtin_ctzll(left), s, gone);
        for (uint64_t left = y & ~x; left; left &= left - 1)
            join(d, w * 64 + (uint32_t)__builtin_ctzll(left), s, add);
    }
}

static int other_people(const struct kf_diff *d, const uint64_t *a, const uint64_t *b,
                        struct kf_diff_members *s, struct kf_chosen *gone, struct kf_chosen *add,
                        struct kf_error *err)
{
    uint32_t na = d->before.world ? d->before.world->n_profiles : 0,
             nb = d->after.world->n_profiles;
    uint64_t *mark = kf_bits_new(nb);
    if (!mark)
        return kf_diff_no_memory(err);
    for (uint32_t p = 0; a && p < na; p++) {
        if (!kf_side_has(a, p))
            continue;
        s->n_before++;
        uint32_t q = kf_diff_forward(d, p);
        if (q != KF_ID_NONE && kf_side_has(b, q)) {
            s->kept++;
            kf_bits_set(mark, q);
        } else {
            leave(d, p, s, gone);
        }
    }
    for (uint32_t q = 0; b && q < nb; q++) {
        if (!kf_side_has(b, q))
            continue;
        s->n_after++;
        if (!kf_side_has(mark, q))
            join(d, q, s, add);
    }
    free(mark);
    return 0;
}

int kf_diff_members_of(const struct kf_diff *d, const uint64_t *a, const uint64_t *b,
                       struct kf_diff_members *s, struct kf_error *err)
{
    struct kf_chosen add = {0}, gone = {0};
    int rc = 0;
    if (d->before.world && !d->map.forward)
        same_people(d, a, b, s, &gone, &add);
    else
        rc = other_people(d, a, b, s, &gone, &add, err);
    s->n_add_example = examples(d, &add, true, s->add_example);
    s->n_remove_example = examples(d, &gone, false, s->remove_example);
    return rc;
}

static int compare_set(const struct kf_diff *d, struct kf_diff_set *s, struct kf_error *err)
{
    s->undecided_before = s->before ? d->before.undecided[s->before->number] : 0;
    s->undecided_after = s->after ? d->after.undecided[s->after->number] : 0;
    return kf_diff_members_of(d, s->before ? d->before.bits[s->before->number] : NULL,
                              s->after ? d->after.bits[s->after->number] : NULL, &s->m, err);
}

struct kf_pairs kf_pairs_of(const struct kf_diff *d, enum kf_kind kind)
{
    struct kf_pairs p = {0};
    if (d->before.rules)
        p.a = kf_rules_kind(d->before.rules, kind, &p.na);
    p.b = kf_rules_kind(d->after.rules, kind, &p.nb);
    return p;
}

bool kf_pairs_next(struct kf_pairs *p, const struct kf_rule **ret_a, const struct kf_rule **ret_b)
{
    if (p->i == p->na && p->k == p->nb)
        return false;
    int order = p->i == p->na ? 1 : p->k == p->nb ? -1 : strcmp(p->a[p->i]->name, p->b[p->k]->name);
    *ret_a = order <= 0 ? p->a[p->i++] : NULL;
    *ret_b = order >= 0 ? p->b[p->k++] : NULL;
    return true;
}

static int compare_kind(struct kf_diff *d, enum kf_kind kind, struct kf_diff_set **ret,
                        uint32_t *ret_n, struct kf_error *err)
{
    struct kf_pairs p = kf_pairs_of(d, kind);
    struct kf_diff_set *s = calloc(p.na + p.nb + 1u, sizeof *s);
    if (!s)
        return kf_diff_no_memory(err);
    int rc = 0;
    uint32_t n = 0;
    while (rc == 0 && kf_pairs_next(&p, &s[n].before, &s[n].after)) {
        s[n].name = s[n].after ? s[n].after->name : s[n].before->name;
        rc = compare_set(d, &s[n++], err);
    }
    *ret = s;
    *ret_n = n;
    return rc;
}

/* ---- rules ---- */

void kf_diff_rules(struct kf_diff *d)
{
    if (d->compared)
        return;
    kf_compare_rules(d->before.rules, d->after.rules, &d->rules);
    d->compared = true;
    d->text_only = d->before.rules && !kf_compare_any(&d->rules) && d->rules.n;
}

bool kf_diff_identity(const struct kf_ruleset *a, const struct kf_ruleset *b)
{
    if (!kf_rules_same_settings(a, b)) /* lists of values that identify nobody, days, amounts */
        return true;
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

const struct kf_compared *kf_diff_change(const struct kf_diff *d, const struct kf_rule *after)
{
    for (uint32_t i = 0; i < d->rules.n; i++)
        if (d->rules.rule[i].after == after && d->rules.rule[i].change != KF_COMPARE_TEXT)
            return &d->rules.rule[i];
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

static const struct kf_compared *asks(const struct kf_diff *d, const struct kf_rule *rule,
                                      uint64_t *seen)
{
    const struct kf_compared *found = NULL;
    for (uint32_t i = 0; i < rule->n_ask && !found; i++) {
        const struct kf_rule *r = asked_rule(d->after.rules, rule->ask[i]);
        if (!r || kf_side_has(seen, r->number))
            continue;
        kf_bits_set(seen, r->number);
        found = kf_diff_change(d, r);
        if (!found)
            found = asks(d, r, seen);
    }
    return found;
}

const struct kf_compared *kf_diff_asks(const struct kf_diff *d, const struct kf_rule *rule)
{
    uint64_t *seen = kf_bits_new(d->after.rules->n);
    const struct kf_compared *found = seen ? asks(d, rule, seen) : NULL;
    free(seen);
    return found;
}

/* ---- all ---- */

int kf_diff_compare(struct kf_diff *d, struct kf_error *err)
{
    kf_diff_rules(d);
    int rc = d->before.world ? make_mapping(d, err) : 0;
    if (rc == 0)
        rc = compare_kind(d, KF_KIND_SEGMENT, &d->segment, &d->n_segment, err);
    if (rc == 0)
        rc = compare_kind(d, KF_KIND_SUPPRESS, &d->suppress, &d->n_suppress, err);
    if (rc == 0)
        rc = compare_kind(d, KF_KIND_CHANNEL, &d->channel, &d->n_channel, err);
    if (rc == 0)
        rc = compare_kind(d, KF_KIND_EXPORT, &d->export, &d->n_export, err);
    if (rc == 0)
        rc = kf_diff_members_of(d, d->before.reach, d->after.reach, &d->reach, err);
    if (rc == 0)
        rc = kf_diff_members_of(d, d->before.suppressed, d->after.suppressed, &d->suppressed, err);
    if (rc == 0)
        rc = kf_diff_marks(d, err);
    if (rc == 0)
        rc = kf_diff_scores(d, err);
    if (rc == 0)
        rc = kf_diff_purposes(d, err);
    if (rc == 0)
        kf_diff_count_people(d);
    return rc;
}

static bool any_set(const struct kf_diff_set *s, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (s[i].m.added || s[i].m.removed || s[i].undecided_before != s[i].undecided_after)
            return true;
    return false;
}

static bool any_mark(const struct kf_diff_mark *m, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (m[i].added || m[i].removed)
            return true;
    return false;
}

bool kf_diff_any(const struct kf_diff *d)
{
    uint32_t np = d->before.world ? d->before.world->n_profiles : 0;
    bool any = d->merged || d->split || d->reach.added || d->reach.removed || d->suppressed.added ||
               d->suppressed.removed || np != d->after.world->n_profiles;
    for (uint32_t i = 0; i < d->n_score && !any; i++)
        any = d->score[i].up || d->score[i].down || d->score[i].gained || d->score[i].lost;
    return any || any_set(d->segment, d->n_segment) || any_set(d->suppress, d->n_suppress) ||
           any_set(d->channel, d->n_channel) || any_set(d->export, d->n_export) ||
           any_mark(d->flag, d->n_flag) || any_mark(d->fraud, d->n_fraud);
}

void kf_diff_free(struct kf_diff *d)
{
    kf_world_free(d->links_before);
    kf_world_free(d->links_after);
    kf_side_free(&d->after); /* may stand on before's people */
    kf_side_free(&d->before);
    kf_compare_free(&d->rules);
    free(d->segment);
    free(d->suppress);
    free(d->channel);
    free(d->export);
    free(d->flag);
    free(d->fraud);
    free(d->score);
    free(d->purpose);
    free(d->map.forward);
    free(d->map.back);
    free(d->map.from_a);
    free(d->map.from_a2);
    free(d->map.to_b);
    free(d->map.to_b2);
    kf_arena_free(&d->arena);
    *d = (struct kf_diff){0};
}
