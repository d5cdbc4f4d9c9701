/* The same for rules about events, for what people said, and for what ties identifiers. */
#include "decide/scenario_tell.h"

#include <stdlib.h>

/* ---- one event ---- */

void kf_tell_event(struct kf_telling *k, const struct kf_rule *r, uint32_t event)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_reasoning *w;
    if (kf_decide_why_event(k->o->decide, event, r, &w, &err)) {
        kf_tell(k, 0, -1, "%s", err.message);
        return;
    }
    kf_tell_parts(k, w, 0);
    if (w->n == 1)
        kf_tell(k, 0, -1, "check = '%s'", kf_rule_text(r, "check", ""));
    kf_why_free(w);
}

/* ---- fraud ---- */

struct telling_fraud {
    struct kf_telling *k;
    const struct kf_ask_why *ask;
    bool found;
};

static bool is_asked(const struct telling_fraud *t, const struct kf_why_subject *s)
{
    if (t->ask->event != KF_ID_NONE || s->event != KF_ID_NONE)
        return s->event == t->ask->event;
    struct kf_str key =
        s->identifier == KF_ID_NONE ? s->key : kf_cstr(kf_outcome_ident(t->k->o, s->identifier));
    return kf_str_eq(key, t->ask->key);
}

static void on_subject(void *ctx, const struct kf_why_subject *s)
{
    struct telling_fraud *t = ctx;
    if (!is_asked(t, s))
        return;
    struct kf_value points = {.type = KF_VAL_NUMBER, .number = s->points, .event = UINT32_MAX};
    t->found = true;
    kf_tell_parts(t->k, s->w, 0);
    if (kf_rule_get(t->ask->rule, "signals"))
        kf_tell(t->k, 0, -1, "the points that hold")->actual = kf_tell_text(t->k, &points);
}

void kf_tell_fraud(struct kf_telling *k, const struct kf_ask_why *ask)
{
    struct telling_fraud t = {.k = k, .ask = ask};
    struct kf_error err = KF_ERROR_INIT;
    if (kf_decide_why_fraud(k->o->decide, KF_ID_NONE, ask->rule, on_subject, &t, &err))
        kf_tell(k, 0, -1, "%s", err.message);
    else if (!t.found)
        kf_tell(k, 0, -1, "the rule does not look at it");
}

/* ---- what was said ---- */

void kf_tell_said(struct kf_telling *k, const struct kf_consent_said *said, uint32_t n,
                  uint32_t depth)
{
    struct outcome *o = k->o;
    if (!n)
        kf_tell(k, depth, -1, "nothing was said");
    for (uint32_t i = 0; i < n; i++) {
        bool by = said[i].rule < o->rules->n;
        kf_tell(k, depth, -1, "%s said%s%s", kf_outcome_ident(o, said[i].identifier),
                by ? " by rule " : "", by ? o->rules->rule[said[i].rule]->name : "")
            ->actual = said[i].state == KF_SAID_GRANTED ? "'granted'" : "'denied'";
        kf_tell_events(k, &said[i].event, 1);
    }
}

void kf_tell_consent(struct kf_telling *k, uint32_t profile, struct kf_str purpose)
{
    struct outcome *o = k->o;
    int number = kf_statements_purpose(&o->world->statements, purpose);
    const struct kf_consent_said *said = NULL;
    struct kf_error err = KF_ERROR_INIT;
    uint32_t n = 0;
    if (number >= 0 &&
        kf_decide_consent_history(o->decide, profile, (uint32_t)number, &o->arena, &said, &n, &err))
        kf_tell(k, 0, -1, "%s", err.message);
    else
        kf_tell_said(k, said, n, 0);
}

/* ---- what ties ---- */

static void tell_link(struct kf_telling *k, const struct kf_id_link *l)
{
    struct outcome *o = k->o;
    bool kept = l->reason == KF_ID_KEPT;
    struct kf_buf b = {0};
    if (!kept)
        kf_buf_adds(&b, kf_identity_reason_name((enum kf_id_reason)l->reason));
    if (!kept && l->limit_ns != KF_ID_NONE)
        kf_buf_addf(&b, " of %s", o->world->ids->rules.ns[l->limit_ns].name);
    if (!kept && l->sep_a != KF_ID_NONE && l->sep_b != KF_ID_NONE)
        kf_buf_addf(&b, ": %s and %s", kf_outcome_ident(o, l->sep_a),
                    kf_outcome_ident(o, l->sep_b));
    kf_tell(k, 0, kept, "%s and %s by %s", kf_outcome_ident(o, l->a), kf_outcome_ident(o, l->b),
            l->rule)
        ->actual = kept ? "kept" : kf_arena_printf(o->kept, "refused, %s", b.p ? b.p : "");
    if (l->event != KF_ID_NONE)
        kf_tell_events(k, &l->event, 1);
    kf_buf_free(&b);
}

static bool touches(const struct kf_id_link *l, uint32_t id)
{
    return id != KF_ID_NONE && (l->a == id || l->b == id);
}

void kf_tell_links(struct kf_telling *k, uint32_t a, uint32_t b)
{
    const struct kf_id_result *r = k->o->world->identity;
    uint32_t n = 0;
    for (int between = 1; between >= 0; between--)
        for (uint32_t i = 0; i < r->n_link; i++) {
            const struct kf_id_link *l = &r->link[i];
            bool both = touches(l, a) && touches(l, b);
            if (between != both || (!touches(l, a) && !touches(l, b)))
                continue;
            if (n++ < 6)
                tell_link(k, l);
        }
    if (n > 6)
        kf_tell(k, 0, -1, "and %u more", n - 6);
    if (!n)
        kf_tell(k, 0, -1, "no rule ties it to anything");
}
