/* Everything that is known of one case as lines of text that hold content only: names, values,
 * times and numbers of the text, nothing that depends on who came first in memory. Two ways to give
 * the same events have the same lines. */
#include "decide/scenario_internal.h"

#include <inttypes.h>
#include <stdlib.h>

struct lines {
    struct outcome *o;
    const struct kf_world *w;
    kf_vec(const char *) line;
    struct kf_buf one; /* in hand */
};

static void line(struct lines *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void line(struct lines *l, const char *fmt, ...)
{
    struct kf_buf *b = &l->one;
    va_list ap;
    kf_buf_clear(b);
    va_start(ap, fmt);
    kf_buf_addv(b, fmt, ap);
    va_end(ap);
    for (size_t i = 0; i < b->n; i++)
        if (b->p[i] == '\n')
            b->p[i] = ' ';
    *kf_vec_push(&l->line) = kf_arena_strndup(&l->o->arena, b->p ? b->p : "", b->n);
}

static const char *ident(struct lines *l, uint32_t id)
{
    if (id == KF_ID_NONE)
        return "-";
    const struct kf_idset *ids = l->w->ids;
    struct kf_str v = kf_idset_value(ids, id);
    struct kf_buf b = {0};
    kf_buf_addf(&b, "%s=", ids->rules.ns[ids->ns[id]].name);
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i])
            kf_buf_addc(&b, v.p[i]);
        else
            kf_buf_adds(&b, "\\0");
    }
    const char *text = kf_arena_strndup(&l->o->arena, b.p, b.n);
    kf_buf_free(&b);
    return text;
}

static const char *profile(struct lines *l, uint32_t p)
{
    char hex[17];
    if (p == KF_ID_NONE)
        return "nobody";
    kf_profile_id_format(l->w->identity->profile_id[p], hex);
    return kf_arena_strdup(&l->o->arena, hex);
}

static const char *when(struct lines *l, int64_t t)
{
    char text[64];
    if (t == KF_NO_TIME || t == KF_TIME_MAX)
        return t == KF_TIME_MAX ? "end" : "start";
    size_t n = kf_time_format(t, text);
    return kf_arena_strndup(&l->o->arena, text, n);
}

static const char *rule_name(struct lines *l, uint32_t number)
{
    return number < l->w->rules->n ? l->w->rules->rule[number]->name : "-";
}

/* ---- identity ---- */

static void profiles(struct lines *l)
{
    const struct kf_id_result *r = l->w->identity;
    line(l, "profiles %u, events of nobody %u, as of %s", r->n_profiles, l->w->n_unowned,
         when(l, l->w->as_of));
    for (uint32_t p = 0; p < r->n_profiles; p++)
        line(l, "profile %s: earliest %s from %s, %u events", profile(l, p),
             ident(l, r->profile_earliest[p]), when(l, r->profile_earliest_from[p]),
             l->w->first[p + 1] - l->w->first[p]);
    for (uint32_t number = 1; number <= l->o->given->n; number++) {
        uint32_t e = kf_outcome_event(l->o, number);
        line(l, "event %u: profile %s%s", number,
             profile(l, e == KF_ID_NONE ? KF_ID_NONE : r->event_profile[e]),
             e != KF_ID_NONE && r->event_contradictory && r->event_contradictory[e]
                 ? ", contradicts itself"
                 : "");
    }
}

static void identifiers(struct lines *l)
{
    const struct kf_world *w = l->w;
    const struct kf_id_result *r = w->identity;
    uint8_t *seen = kf_arena_zalloc(&l->o->arena, w->ids->n + 1u);
    kf_scenario_observed(w, seen);
    for (uint32_t i = 0; i < w->ids->n; i++)
        if (seen[i])
            line(l, "identifier %s: profile %s, %s", ident(l, i), profile(l, r->id_profile[i]),
                 kf_identity_reason_name((enum kf_id_reason)r->id_isolated[i]));
    for (uint32_t i = 0; i < r->n_span; i++)
        line(l, "span %s from %s to %s: profile %s, %s, seen %s to %s", ident(l, r->span[i].id),
             when(l, r->span[i].from), when(l, r->span[i].to), profile(l, r->span[i].profile),
             kf_identity_reason_name((enum kf_id_reason)r->span[i].isolated),
             when(l, r->span[i].first_seen), when(l, r->span[i].last_seen));
    for (uint32_t i = 0; i < r->n_shared; i++)
        line(l, "shared %s", ident(l, r->shared[i]));
}

static void links(struct lines *l)
{
    const struct kf_id_result *r = l->w->identity;
    for (uint32_t i = 0; i < r->n_link; i++) {
        const struct kf_id_link *k = &r->link[i];
        line(
            l,
            "link %s from %s to %s from %s by %s: %s, strength %u, consented %d, %u from %s to %s, "
            "newest event %u, in the way %s %s %s %s",
            ident(l, k->a), when(l, k->a_from), ident(l, k->b), when(l, k->b_from), k->rule,
            kf_identity_reason_name((enum kf_id_reason)k->reason), k->strength, k->consented,
            k->count, when(l, k->first), when(l, k->last),
            k->event == KF_ID_NONE ? 0 : kf_outcome_number(l->o, k->event),
            k->limit_ns == KF_ID_NONE ? "-" : l->w->ids->rules.ns[k->limit_ns].name,
            ident(l, k->sep_a), ident(l, k->sep_b), k->sep_rule ? k->sep_rule : "-");
    }
}

/* ---- decisions ---- */

static const char *value_text(struct lines *l, const struct kf_value *v)
{
    struct kf_buf b = {0};
    kf_value_format(v, l->w->config->zone, &b);
    const char *text = kf_arena_strndup(&l->o->arena, b.p ? b.p : "", b.n);
    kf_buf_free(&b);
    return text;
}

static void columns(struct lines *l)
{
    uint32_t n;
    const struct kf_column_def *c = kf_decide_columns(l->o->decide, &n);
    for (uint32_t p = 0; p < l->w->n_profiles; p++)
        for (uint32_t i = 0; i < n; i++)
            line(l, "value %s of %s: %s", c[i].name, profile(l, p),
                 value_text(l, &l->o->value[(size_t)p * n + i]));
}

static void consents(struct lines *l)
{
    for (size_t i = 0; i < l->o->consent.n; i++) {
        const struct kf_consent_row *c = &l->o->consent.p[i];
        line(l, "consent %s of %s: %s since %s", l->w->statements.purpose[c->purpose],
             profile(l, c->profile), kf_consent_state_name((enum kf_consent_state)c->state),
             when(l, c->since));
    }
}

static void flags_and_fraud(struct lines *l)
{
    uint32_t n;
    const struct kf_fraud_row *f = kf_decide_fraud(l->o->decide, &n);
    for (uint32_t i = 0; i < n; i++)
        line(l, "fraud %s: verdict %u, %d points, about event %u, %s, %.*s",
             rule_name(l, f[i].rule), f[i].verdict, f[i].points,
             f[i].event == KF_ID_NONE ? 0 : kf_outcome_number(l->o, f[i].event),
             ident(l, f[i].identifier), (int)f[i].key.n, f[i].key.p ? f[i].key.p : "");
    for (uint32_t number = 1; l->w->event_flags && number <= l->o->given->n; number++) {
        uint32_t e = kf_outcome_event(l->o, number);
        line(l, "flags of event %u: %" PRIx64, number, e == KF_ID_NONE ? 0 : l->w->event_flags[e]);
    }
}

static void decisions(struct lines *l)
{
    const struct outcome *o = l->o;
    for (size_t i = 0; i < o->member.n; i++)
        line(l, "segment %s: %s until %s", rule_name(l, o->member.p[i].rule),
             profile(l, o->member.p[i].profile), when(l, o->member.p[i].until));
    for (size_t i = 0; i < o->suppression.n; i++) {
        const struct kf_suppression *s = &o->suppression.p[i];
        line(l, "suppress %s: %s, channels %x, contact %s, undecided %d, until %s",
             rule_name(l, s->rule), profile(l, s->profile), s->channels, ident(l, s->contact),
             s->undecided, when(l, s->until));
    }
    for (size_t i = 0; i < o->eligibility.n; i++) {
        const struct kf_eligibility *e = &o->eligibility.p[i];
        line(l, "channel %s: %s at %s from %s, blocked by %s", rule_name(l, e->channel),
             profile(l, e->profile), ident(l, e->contact), when(l, e->from),
             rule_name(l, e->blocked_by));
    }
    for (size_t i = 0; i < o->undecided.n; i++)
        line(l, "undecided %s: %s, %s", rule_name(l, o->undecided.p[i].rule),
             profile(l, o->undecided.p[i].profile),
             o->undecided.p[i].why ? o->undecided.p[i].why : "");
}

static int line_cmp(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void kf_outcome_lines(struct outcome *o, struct kf_buf *out)
{
    struct lines l = {.o = o, .w = o->world};
    profiles(&l);
    identifiers(&l);
    links(&l);
    columns(&l);
    consents(&l);
    flags_and_fraud(&l);
    decisions(&l);
    qsort(l.line.p, l.line.n, sizeof *l.line.p, line_cmp);
    for (size_t i = 0; i < l.line.n; i++) {
        kf_buf_adds(out, l.line.p[i]);
        kf_buf_addc(out, '\n');
    }
    kf_vec_free(&l.line);
    kf_buf_free(&l.one);
}
