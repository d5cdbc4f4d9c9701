/* What a scenario expects of identity (IDENTITY 7). */
#include "decide/scenario_internal.h"

#include <stdlib.h>

static struct kf_str text_of(const struct kf_node *n)
{
    return n->value.text;
}

/* "email=a@x.test" -> identifier under its own name; KF_ID_NONE: never seen. */
static uint32_t spelling(const struct outcome *o, struct kf_str s)
{
    const char *eq = s.n ? memchr(s.p, '=', s.n) : NULL;
    if (!eq)
        return KF_ID_NONE;
    uint32_t ns = kf_idset_ns(o->world->ids, kf_str(s.p, (size_t)(eq - s.p)));
    if (ns == KF_ID_NONE)
        return KF_ID_NONE;
    return kf_idset_find(o->world->ids, ns, kf_str(eq + 1, s.n - (size_t)(eq - s.p) - 1));
}

/* The same under the name that stewards' joins give it. */
static uint32_t identifier(const struct outcome *o, struct kf_str s)
{
    uint32_t id = spelling(o, s);
    const uint32_t *same = o->world->identity->id_same;
    return id != KF_ID_NONE && same ? same[id] : id;
}

/* Profile that holds the identifier at an instant; KF_TIME_MAX: now. */
static uint32_t holder(const struct outcome *o, struct kf_str s, int64_t t)
{
    const struct kf_id_result *r = o->world->identity;
    uint32_t id = identifier(o, s);
    if (id == KF_ID_NONE)
        return KF_NOBODY;
    for (uint32_t i = 0; i < r->n_span && t != KF_TIME_MAX; i++)
        if (r->span[i].id == id && r->span[i].from <= t && t < r->span[i].to)
            return r->span[i].profile;
    return r->id_profile[id];
}

static uint32_t number_of(const struct kf_node *n)
{
    return n->value.type == KF_K_NUMBER ? (uint32_t)n->value.number.m : 0;
}

/* Profile of an event by its number in the text. */
static uint32_t profile_of(const struct outcome *o, uint32_t number)
{
    uint32_t e = kf_outcome_event(o, number);
    return e == KF_ID_NONE ? KF_ID_NONE : o->world->identity->event_profile[e];
}

static void ask_link(struct outcome *o, uint32_t a, uint32_t b)
{
    if (a != KF_ID_NONE)
        kf_outcome_ask(
            o, (struct kf_ask_why){.profile = KF_NOBODY, .event = KF_ID_NONE, .a = a, .b = b});
}

static void pairs(struct outcome *o, const struct kf_node *want, bool same, const char *word)
{
    for (uint32_t g = 0; want && g < want->kids; g++)
        for (uint32_t i = 0; i < want->kid[g]->kids; i++)
            for (uint32_t k = i + 1; k < want->kid[g]->kids; k++) {
                struct kf_str a = text_of(want->kid[g]->kid[i]), b = text_of(want->kid[g]->kid[k]);
                uint32_t p = holder(o, a, KF_TIME_MAX), q = holder(o, b, KF_TIME_MAX);
                bool is = p != KF_NOBODY && p == q;
                if (is != same) {
                    kf_outcome_problem(o, want->kid[g], "%s: %s and %s are %s", word, a.p, b.p,
                                       same ? "not one person's" : "one person's");
                    ask_link(o, identifier(o, a), identifier(o, b));
                }
            }
}

static const char *two_names(struct outcome *o, uint32_t p, uint32_t q)
{
    return kf_arena_printf(o->kept, "%s and %s", kf_outcome_name(o, p), kf_outcome_name(o, q));
}

static void event_pairs(struct outcome *o, const struct kf_node *want, bool same, const char *word)
{
    for (uint32_t g = 0; want && g < want->kids; g++)
        for (uint32_t i = 0; i < want->kid[g]->kids; i++)
            for (uint32_t k = i + 1; k < want->kid[g]->kids; k++) {
                uint32_t a = number_of(want->kid[g]->kid[i]), b = number_of(want->kid[g]->kid[k]);
                uint32_t p = profile_of(o, a), q = profile_of(o, b);
                if (p == KF_ID_NONE || q == KF_ID_NONE)
                    kf_outcome_problem(o, want->kid[g], "%s: event %u belongs to nobody", word,
                                       p == KF_ID_NONE ? a : b);
                else if ((p == q) != same)
                    kf_outcome_problem(o, want->kid[g], "%s: events %u and %u are %s%s", word, a, b,
                                       same ? "not, but of " : "both of ",
                                       same ? two_names(o, p, q) : kf_outcome_name(o, p));
            }
}

static void owner(struct outcome *o, const struct kf_node *want)
{
    const struct kf_world *w = o->world;
    for (uint32_t i = 0; want && i < want->kids; i++) {
        uint32_t number = (uint32_t)strtoul(want->key ? want->key[i] : "0", NULL, 10), ids[256];
        uint32_t e = kf_outcome_event(o, number), p = profile_of(o, number);
        struct kf_str who = text_of(want->kid[i]);
        if (p == KF_ID_NONE) {
            kf_outcome_problem(o, want, "owner: event %u is in no profile", number);
            continue;
        }
        if (!kf_str_eq(who, kf_cstr("anonymous"))) {
            if (holder(o, who, w->events->time[e]) != p) {
                kf_outcome_problem(o, want, "owner of event %u", number)->expected =
                    kf_arena_strdup(o->kept, who.p);
                o->problem.p[o->problem.n - 1].was = kf_outcome_name(o, p);
            }
            continue;
        }
        uint32_t n = kf_identity_of_event(w->events, w->ids, e, ids, 256), mine = UINT32_MAX;
        for (uint32_t k = 0; k < n && k < 256; k++)
            mine = w->ids->ns[ids[k]] < mine ? w->ids->ns[ids[k]] : mine;
        if (w->ids_first[p] < w->ids_first[p + 1] && w->ids->ns[w->ids_of[w->ids_first[p]]] < mine)
            kf_outcome_problem(o, want, "owner: event %u should be anonymous, and is of %s", number,
                               kf_outcome_name(o, p));
    }
}

void kf_scenario_observed(const struct kf_world *w, uint8_t *seen)
{
    const struct kf_id_result *r = w->identity;
    uint8_t *carried = calloc(w->ids->n + 1u, 1);
    memset(seen, 0, w->ids->n);
    for (uint32_t e = 0; carried && e < w->events->n; e++) {
        uint32_t ids[256];
        if (w->events->dropped[e] || w->events->time[e] > w->as_of)
            continue;
        bool bad = r->event_contradictory && r->event_contradictory[e];
        uint32_t n = kf_identity_of_event(w->events, w->ids, e, ids, 256);
        for (uint32_t i = 0; i < n; i++) {
            carried[ids[i]] |= 1; /* spelled so; 2: observed under that name */
            if (!bad)
                carried[r->id_same ? r->id_same[ids[i]] : ids[i]] |= 2;
        }
    }
    for (uint32_t i = 0; carried && i < w->ids->n; i++)
        seen[i] = (carried[i] & 1) && (carried[r->id_same ? r->id_same[i] : i] & 2);
    free(carried);
}

static bool named_in_data(const struct outcome *o, struct kf_str s, const uint8_t *observed)
{
    uint32_t id = spelling(o, s);
    return id != KF_ID_NONE && observed[id];
}

static uint32_t listed(const struct kf_world *w, const uint8_t *observed, uint32_t p)
{
    uint32_t n = 0;
    for (uint32_t i = w->ids_first[p]; i < w->ids_first[p + 1]; i++)
        n += observed[w->ids_of[i]];
    return n;
}

/* The identifiers of a profile that are not in the list. */
static void add_unlisted(struct outcome *o, const uint8_t *observed, uint32_t p,
                         const struct kf_node *group, texts *extra)
{
    const struct kf_world *w = o->world;
    for (uint32_t i = w->ids_first[p]; i < w->ids_first[p + 1]; i++) {
        bool known = !observed[w->ids_of[i]];
        for (uint32_t k = 0; group && k < group->kids && !known; k++)
            known = spelling(o, text_of(group->kid[k])) == w->ids_of[i];
        if (!known)
            *kf_vec_push(extra) = kf_outcome_ident(o, w->ids_of[i]);
    }
}

static void one_group(struct outcome *o, const struct kf_node *group, uint32_t p,
                      const uint8_t *observed)
{
    texts missing = {0}, extra = {0};
    uint32_t first = identifier(o, text_of(group->kid[0]));
    for (uint32_t i = 0; i < group->kids; i++) {
        struct kf_str s = text_of(group->kid[i]);
        if (!named_in_data(o, s, observed))
            kf_outcome_problem(o, group, "exactly: no event by then carries %s", s.p);
        else if (holder(o, s, KF_TIME_MAX) != p)
            *kf_vec_push(&missing) = s.p;
    }
    add_unlisted(o, observed, p, group, &extra);
    if (missing.n || extra.n) {
        kf_outcome_problem(o, group, "exactly: the profile of %s", text_of(group->kid[0]).p);
        kf_outcome_lists(o, &missing, &extra);
        for (size_t i = 0; i < missing.n; i++)
            ask_link(o, first, identifier(o, kf_cstr(missing.p[i])));
        for (size_t i = 0; i < extra.n; i++)
            ask_link(o, first, identifier(o, kf_cstr(extra.p[i])));
    }
    kf_vec_free(&missing);
    kf_vec_free(&extra);
}

/* The partition of current identifiers: every listed group is a whole profile and none is left. */
static void exactly(struct outcome *o, const struct kf_node *want)
{
    const struct kf_world *w = o->world;
    uint8_t *seen = want ? kf_arena_zalloc(&o->arena, w->n_profiles + 1u) : NULL;
    uint8_t *observed = want ? kf_arena_zalloc(&o->arena, w->ids->n + 1u) : NULL;
    if (want)
        kf_scenario_observed(w, observed);
    for (uint32_t g = 0; want && g < want->kids; g++) {
        const struct kf_node *group = want->kid[g];
        uint32_t p = group->kids ? holder(o, text_of(group->kid[0]), KF_TIME_MAX) : KF_NOBODY;
        if (p == KF_NOBODY) {
            kf_outcome_problem(o, group, "exactly: %s is in no profile",
                               group->kids ? text_of(group->kid[0]).p : "");
            continue;
        }
        seen[p] = 1;
        one_group(o, group, p, observed);
    }
    for (uint32_t p = 0; want && p < w->n_profiles; p++) {
        texts none = {0}, extra = {0};
        if (!seen[p] && listed(w, observed, p)) {
            add_unlisted(o, observed, p, NULL, &extra);
            kf_outcome_problem(o, want, "exactly: one more profile");
            kf_outcome_lists(o, &none, &extra);
        }
        kf_vec_free(&extra);
    }
}

static void refused(struct outcome *o, const struct kf_node *want)
{
    const struct kf_id_result *r = o->world->identity;
    for (uint32_t i = 0; want && i < want->kids; i++) {
        const struct kf_node *row = want->kid[i], *because = kf_map_get(row, "because");
        if (row->kids < 2)
            continue;
        uint32_t a = identifier(o, text_of(row->kid[0])), b = identifier(o, text_of(row->kid[1]));
        bool found = false;
        for (uint32_t k = 0; k < r->n_link && !found; k++) {
            const struct kf_id_link *l = &r->link[k];
            found = l->reason != KF_ID_KEPT &&
                    ((l->a == a && l->b == b) || (l->a == b && l->b == a)) &&
                    (!because || kf_str_eq(text_of(because), kf_cstr(kf_identity_reason_name(
                                                                 (enum kf_id_reason)l->reason))));
        }
        if (!found) {
            kf_outcome_problem(o, row, "refused: %s and %s are not%s%s", text_of(row->kid[0]).p,
                               text_of(row->kid[1]).p, because ? ", because of " : "",
                               because ? text_of(because).p : "");
            ask_link(o, a, b);
        }
    }
}

static void shared(struct outcome *o, const struct kf_node *want)
{
    const struct kf_id_result *r = o->world->identity;
    for (uint32_t i = 0; want && i < want->kids; i++) {
        uint32_t id = identifier(o, text_of(want->kid[i]));
        bool found = false;
        for (uint32_t k = 0; k < r->n_shared && !found; k++)
            found = r->shared[k] == id ||
                    (r->id_same && id != KF_ID_NONE && r->id_same[r->shared[k]] == id);
        if (!found)
            kf_outcome_problem(o, want, "shared: %s is not", text_of(want->kid[i]).p);
    }
}

/* Dropped: the raw value was seen and stands for nothing. */
static void ignored(struct outcome *o, const struct kf_node *want)
{
    const struct kf_world *w = o->world;
    for (uint32_t i = 0; want && i < want->kids; i++) {
        struct kf_str s = text_of(want->kid[i]);
        const char *eq = s.n ? memchr(s.p, '=', s.n) : NULL;
        uint32_t ns =
            eq ? kf_symbols_find(w->events->dict->ns, kf_str(s.p, (size_t)(eq - s.p))) : 0;
        uint32_t raw =
            ns ? kf_idents_find(w->events->idents, ns, kf_str(eq + 1, s.n - (size_t)(eq - s.p) - 1))
               : UINT32_MAX;
        if (raw == UINT32_MAX || raw >= w->ids->raw || w->ids->of_raw[raw] != KF_ID_NONE)
            kf_outcome_problem(o, want, "ignored: %s is not", s.p);
    }
}

static void contradictory(struct outcome *o, const struct kf_node *want)
{
    const uint8_t *is = o->world->identity->event_contradictory;
    texts missing = {0}, extra = {0};
    for (uint32_t number = 1; want && number <= o->given->n; number++) {
        uint32_t e = kf_outcome_event(o, number);
        bool expected = false, found = is && e != KF_ID_NONE && is[e];
        for (uint32_t i = 0; i < want->kids; i++)
            expected |= number_of(want->kid[i]) == number;
        if (expected != found)
            *kf_vec_push(found ? &extra : &missing) = kf_arena_printf(o->kept, "event %u", number);
    }
    if (missing.n || extra.n) {
        kf_outcome_problem(o, want, "contradictory");
        kf_outcome_lists(o, &missing, &extra);
    }
    kf_vec_free(&missing);
    kf_vec_free(&extra);
}

void kf_expect_identity(struct outcome *o, const struct kf_node *expect)
{
    const struct kf_node *n = kf_map_get(expect, "profiles");
    struct kf_value v = {.type = KF_VAL_NUMBER, .number = kf_dec_int(o->world->n_profiles)};
    if (n && !kf_outcome_same(o, n, &v))
        kf_outcome_differs(o, n, &v, "profiles");
    exactly(o, kf_map_get(expect, "exactly"));
    pairs(o, kf_map_get(expect, "together"), true, "together");
    pairs(o, kf_map_get(expect, "apart"), false, "apart");
    owner(o, kf_map_get(expect, "owner"));
    event_pairs(o, kf_map_get(expect, "same_owner"), true, "same_owner");
    event_pairs(o, kf_map_get(expect, "other_owner"), false, "other_owner");
    refused(o, kf_map_get(expect, "refused"));
    shared(o, kf_map_get(expect, "shared"));
    ignored(o, kf_map_get(expect, "ignored"));
    contradictory(o, kf_map_get(expect, "contradictory"));
}
