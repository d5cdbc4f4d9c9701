/* One profile at a time: start, ask, collect. */
#include "decide/decide_internal.h"

#include <stdlib.h>

int kf_decider_init(struct decider *x, const struct kf_decide *d, struct kf_error *err)
{
    memset(x, 0, sizeof *x);
    x->d = d;
    x->profile = KF_NOBODY;
    int rc = kf_eval_init(&x->ev, d->w->plan, d->w->events, &KF_DECIDE_OPS, x, err);
    if (rc)
        return rc;
    x->fold = kf_trait_fold_new(d->traits);
    x->consent = kf_consent_fold_new(d->consents);
    x->memo = calloc(d->rules->n + 1u, sizeof *x->memo);
    x->own_trait = calloc(kf_traits_count(d->traits) + 1u, sizeof *x->own_trait);
    if (!x->fold || !x->consent || !x->memo || !x->own_trait)
        rc = kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    uint32_t n;
    kf_rules_kind(d->rules, KF_KIND_CUSTOM, &n);
    if (rc == 0 && n)
        rc = kf_custom_new(d->rules, &x->custom, err);
    if (rc)
        kf_decider_free(x);
    return rc;
}

void kf_decider_free(struct decider *x)
{
    if (!x->d)
        return;
    for (int i = 0; i < 2; i++)
        if (x->side[i]) {
            kf_decider_free(x->side[i]);
            free(x->side[i]);
        }
    kf_eval_free(&x->ev);
    kf_trait_fold_free(x->fold);
    kf_consent_fold_free(x->consent);
    if (x->custom)
        kf_custom_free(x->custom);
    kf_arena_free(&x->profile_arena);
    kf_arena_free(&x->chunk_arena);
    free(x->memo);
    free(x->own_trait);
    free(x->values);
    kf_vec_free(&x->member);
    kf_vec_free(&x->no_consent);
    kf_vec_free(&x->suppression);
    kf_vec_free(&x->consents);
    kf_vec_free(&x->eligibility);
    kf_vec_free(&x->undecided);
    kf_vec_free(&x->outgoing);
    kf_vec_free(&x->touches);
    kf_vec_free(&x->touch_profile);
    memset(x, 0, sizeof *x);
}

/* The profile's events without those that count in nothing. */
static void choose_events(struct decider *x, uint32_t p)
{
    const struct kf_world *w = x->d->w;
    const uint32_t *all = w->order + w->first[p];
    uint32_t n = w->first[p + 1] - w->first[p], m = 0;
    x->event = all;
    x->n = n;
    if (!x->d->left_out)
        return;
    uint32_t i = 0;
    while (i < n && !x->d->left_out[all[i]])
        i++;
    if (i == n)
        return;
    uint32_t *kept = kf_arena_alloc(&x->profile_arena, n * sizeof *kept);
    for (i = 0; i < n; i++)
        if (!x->d->left_out[all[i]])
            kept[m++] = all[i];
    x->event = kept;
    x->n = m;
}

/* Bodies lie where they were read; ask for those of the next profiles before they are needed. */
static void prefetch(const struct kf_world *w, uint32_t p)
{
    const struct kf_events *e = w->events;
    if (p + 4 < w->n_profiles)
        for (uint32_t i = w->first[p + 4]; i < w->first[p + 5]; i++) {
            uint32_t v = w->order[i];
            __builtin_prefetch(&e->time[v]);
            __builtin_prefetch(&e->what[v]);
        }
    if (p + 2 < w->n_profiles)
        for (uint32_t i = w->first[p + 2]; i < w->first[p + 3]; i++) {
            const uint8_t *body = e->what[w->order[i]].body;
            __builtin_prefetch(body);
            __builtin_prefetch(body + 64);
            __builtin_prefetch(body + 128);
        }
}

void kf_decider_start(struct decider *x, uint32_t profile, struct kf_value *row)
{
    const struct kf_decide *d = x->d;
    kf_arena_reset(&x->profile_arena);
    prefetch(d->w, profile);
    x->profile = profile;
    x->generation++;
    x->touches_ready = x->real_ready = x->touch_side_ready = false;
    x->row = row;
    choose_events(x, profile);
    kf_eval_profile(&x->ev, x->event, x->n);
    kf_consent_fold_start(x->consent, profile);
    x->trait = x->own_trait;
    kf_trait_fold_run(x->fold, &x->ev, x->event, x->n, x->own_trait, &x->says);
    if (row && d->n_traits)
        memcpy(row, x->own_trait, d->n_traits * sizeof *row);
}

struct decider *kf_decider_side(struct decider *x, enum side_slot slot, const uint32_t *event,
                                uint32_t n, int64_t as_of)
{
    struct decider *s = x->side[slot];
    if (!s) {
        s = malloc(sizeof *s);
        if (!s || kf_decider_init(s, x->d, NULL)) {
            free(s);
            kf_arena_exhausted(sizeof *s);
        }
        x->side[slot] = s;
    }
    kf_arena_reset(&s->profile_arena);
    s->profile = x->profile;
    s->generation++;
    s->touches_ready = s->real_ready = s->touch_side_ready = false;
    s->row = NULL;
    s->says = NULL;
    s->event = event;
    s->n = n;
    s->trait = x->trait;
    kf_eval_profile(&s->ev, event, n);
    kf_eval_profile_again(&s->ev, as_of);
    kf_consent_fold_start(s->consent, x->profile);
    return s;
}

void kf_decider_chunk(struct decider *x)
{
    kf_arena_reset(&x->chunk_arena);
    kf_trait_fold_reset(x->fold);
    x->member.n = x->no_consent.n = x->suppression.n = x->consents.n = x->eligibility.n = 0;
    x->undecided.n = x->outgoing.n = x->touches.n = x->touch_profile.n = 0;
}

static void add_undecided(struct decider *x, const struct kf_rule *r, const char *why)
{
    *kf_vec_push(&x->undecided) =
        (struct kf_undecided){x->profile, r->number, why ? why : "a part of it is undecided"};
}

static void segments(struct decider *x, const struct kf_decide_sink *want)
{
    for (uint32_t i = 0; i < x->d->n_segment; i++) {
        const struct kf_rule *r = x->d->segment[i];
        if (!kf_is_wanted(want, r))
            continue;
        const struct memo *m = kf_ask_rule(x, r);
        struct kf_membership row = {x->profile, r->number, m->flip};
        if (m->truth == KF_TRUE)
            *kf_vec_push(&x->member) = row;
        else if (m->truth == KF_UNDECIDED)
            add_undecided(x, r, m->why);
        else if (m->no_consent)
            *kf_vec_push(&x->no_consent) = row;
    }
}

static void consents(struct decider *x)
{
    for (uint32_t i = 0; i < x->d->w->statements.n_purpose; i++) {
        struct kf_consent_now s = kf_consent_fold_state(x->consent, i);
        if (s.since != KF_NO_TIME)
            *kf_vec_push(&x->consents) = (struct kf_consent_row){
                x->profile, (uint16_t)i, (uint8_t)s.state, s.since, s.event};
    }
}

static void stored_touches(struct decider *x)
{
    kf_ask_touches(x);
    for (uint32_t i = 0; i < x->n_touch; i++)
        if (!(x->touch[i].direct && x->touch[i].kind == KF_TOUCH_VISIT)) {
            *kf_vec_push(&x->touches) = x->touch[i];
            *kf_vec_push(&x->touch_profile) = x->profile;
        }
}

void kf_decider_all(struct decider *x, const struct kf_decide_sink *want)
{
    const struct kf_decide *d = x->d;
    bool all = !want->audiences_only;
    for (uint32_t i = 0; all && i < d->n_computed; i++)
        kf_ask_value(x, d->computed[i]);
    for (uint32_t i = 0; (all || want->scores) && i < d->n_score; i++)
        if (kf_is_wanted(want, d->score[i]))
            kf_ask_value(x, d->score[i]);
    segments(x, want);
    kf_suppress_rows(x, want);
    if (d->w->statements.n && (all || want->consents))
        consents(x);
    if (d->n_channel)
        kf_channel_rows(x, want);
    if (want->exports)
        kf_outgoing_rows(x, want);
    if (all)
        stored_touches(x);
}
