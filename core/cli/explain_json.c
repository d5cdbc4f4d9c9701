#include "cli/explain.h"
#include "cli/explain_rule.h"

static void place(struct kf_json *j, const struct kf_rule *r)
{
    struct kf_buf b = {0};
    if (r)
        kf_place_add(&b, &r->pos);
    kf_json_text(j, "where", r ? b.p : NULL);
    kf_buf_free(&b);
}

static void event(const struct kf_explain *x, struct kf_json *j, uint32_t e)
{
    kf_explain_event_json(x->s, "event", e, j);
}

static void ident(const struct kf_explain *x, struct kf_json *j, const char *key, uint32_t id)
{
    struct kf_buf b = {0};
    if (id != KF_ID_NONE)
        kf_ident_add(&b, x->s->world->ids, id, x->s->reveal);
    kf_json_text(j, key, b.p);
    kf_buf_free(&b);
}

static void links(const struct kf_explain *x, struct kf_json *j, const char *key, uint32_t from,
                  uint32_t n)
{
    const struct kf_world *w = x->s->world;
    kf_json_open(j, key, '[');
    for (uint32_t i = from; i < from + n; i++) {
        const struct kf_id_link *l = &w->identity->link[x->link[i]];
        kf_json_open(j, NULL, '{');
        ident(x, j, "a", l->a);
        ident(x, j, "b", l->b);
        kf_json_text(j, "rule", l->rule);
        place(j, kf_explain_link_rule(w->rules, l->rule));
        kf_json_count(j, "observations", l->count);
        kf_json_time(j, "first", l->first);
        kf_json_time(j, "last", l->last);
        if (l->reason != KF_ID_KEPT) {
            struct kf_buf b = {0};
            kf_explain_refusal(w, l, x->s->reveal, &b);
            kf_json_text(j, "reason", kf_identity_reason_name(l->reason));
            kf_json_text(j, "because", b.p);
            kf_buf_free(&b);
        }
        event(x, j, l->event);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void conditions(struct kf_json *j, const struct kf_explain_rule *r)
{
    static const char *const truth[] = {"false", "true", "undecided"};
    kf_json_open(j, "conditions", '[');
    for (uint32_t i = 0; i < r->n; i++) {
        const struct kf_explain_condition *c = &r->condition[i];
        kf_json_open(j, NULL, '{');
        kf_json_count(j, "depth", c->depth);
        kf_json_text(j, "holds", truth[c->truth]);
        kf_json_text(j, "needs", c->sentence);
        kf_json_text(j, "was", c->actual);
        kf_json_count(j, "events", c->n_evidence);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void segments(const struct kf_explain *x, struct kf_json *j)
{
    kf_json_open(j, "segments", '[');
    for (uint32_t i = 0; i < x->n_segment; i++) {
        const struct kf_explain_rule *r = &x->segment[i];
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "name", r->rule->name);
        kf_json_text(j, "title", r->rule->title);
        place(j, r->rule);
        kf_json_bool(j, "member", r->member);
        kf_json_bool(j, "lacks_consent", r->no_consent);
        kf_json_text(j, "undecided", r->undecided);
        kf_json_time(j, "until", r->member ? r->until : KF_TIME_MAX);
        conditions(j, r);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
    kf_json_open(j, "scores", '[');
    for (uint32_t i = 0; i < x->n_score; i++) {
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "name", x->score[i].rule->name);
        place(j, x->score[i].rule);
        for (uint32_t k = 0; k < x->n_value; k++)
            if (x->value[k].def->rule == x->score[i].rule)
                kf_json_text(j, x->value[k].def->band ? "band" : "value", x->value[k].text);
        conditions(j, &x->score[i]);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void values(const struct kf_explain *x, struct kf_json *j)
{
    kf_json_open(j, "values", '[');
    for (uint32_t i = 0; i < x->n_value; i++) {
        const struct kf_explain_value *v = &x->value[i];
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "name", v->def->name);
        kf_json_text(j, "type", v->def->type);
        kf_json_text(j, "value", v->text);
        kf_json_text(j, "undecided", v->undecided);
        place(j, v->def->rule);
        event(x, j, v->event);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void consent(const struct kf_explain *x, struct kf_json *j)
{
    kf_json_open(j, "consent", '[');
    for (uint32_t i = 0; i < x->n_consent; i++) {
        const struct kf_consent_row *c = &x->consent[i];
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "purpose", x->s->world->statements.purpose[c->purpose]);
        kf_json_text(j, "state", kf_consent_state_name(c->state));
        kf_json_time(j, "since", c->since);
        event(x, j, c->event);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void suppressions(const struct kf_explain *x, struct kf_json *j)
{
    const struct kf_world *w = x->s->world;
    uint32_t n_channel;
    const struct kf_rule *const *channel = kf_rules_kind(w->rules, KF_KIND_CHANNEL, &n_channel);
    kf_json_open(j, "suppressions", '[');
    for (uint32_t i = 0; i < x->n_suppression; i++) {
        const struct kf_suppression *s = &x->suppression[i];
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "rule", w->rules->rule[s->rule]->name);
        kf_json_text(j, "title", w->rules->rule[s->rule]->title);
        place(j, w->rules->rule[s->rule]);
        kf_json_bool(j, "everything", s->channels == UINT32_MAX);
        kf_json_open(j, "blocks", '[');
        for (uint32_t k = 0; k < n_channel && k < 32; k++)
            if (s->channels >> k & 1)
                kf_json_text(j, NULL, channel[k]->name);
        kf_json_close(j, ']');
        ident(x, j, "contact", s->contact);
        kf_json_bool(j, "undecided", s->undecided);
        kf_json_time(j, "until", s->until);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
    kf_json_open(j, "channels", '[');
    for (uint32_t i = 0; i < x->n_eligibility; i++) {
        const struct kf_eligibility *e = &x->eligibility[i];
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "channel", w->rules->rule[e->channel]->name);
        kf_json_bool(j, "eligible", e->from <= w->as_of);
        kf_json_time(j, "from", e->from);
        ident(x, j, "contact", e->contact);
        kf_json_text(j, "blocked_by",
                     e->blocked_by == UINT32_MAX ? NULL : w->rules->rule[e->blocked_by]->name);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void fraud(const struct kf_explain *x, struct kf_json *j)
{
    uint32_t n;
    const struct kf_fraud_row *row = kf_decide_fraud(x->s->decide, &n);
    kf_json_open(j, "fraud", '[');
    for (uint32_t i = 0; i < x->n_fraud; i++) {
        const struct kf_fraud_row *f = &row[x->fraud[i]];
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "rule", x->s->world->rules->rule[f->rule]->name);
        place(j, x->s->world->rules->rule[f->rule]);
        kf_json_text(j, "verdict", f->verdict == KF_VERDICT_REJECT ? "reject" : "suspicious");
        kf_json_bool(j, "undecided", f->undecided);
        ident(x, j, "identifier", f->identifier);
        event(x, j, f->event);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

void kf_explain_json(const struct kf_explain *x, struct kf_buf *out)
{
    const struct kf_world *w = x->s->world;
    struct kf_json j;
    char hex[17];
    kf_profile_id_format(w->identity->profile_id[x->profile], hex);
    kf_json_start(&j, out, "kinfold.explain/1");
    kf_json_text(&j, "profile", hex);
    kf_json_time(&j, "as_of", w->as_of);
    kf_json_text(&j, "rules", kf_cli_has(x->s->cli, "candidate") ? "files" : "last run");
    kf_json_bool(&j, "masked", !x->s->reveal);
    kf_json_count(&j, "events", w->first[x->profile + 1] - w->first[x->profile]);
    kf_json_open(&j, "identifiers", '[');
    for (uint32_t i = w->ids_first[x->profile]; i < w->ids_first[x->profile + 1]; i++)
        ident(x, &j, NULL, w->ids_of[i]);
    kf_json_close(&j, ']');
    kf_json_open(&j, "current_spans", '[');
    for (uint32_t i = w->ids_first[x->profile]; i < w->ids_first[x->profile + 1]; i++) {
        const struct kf_id_span *s = kf_explain_span(w, w->ids_of[i]);
        if (!s || s->from == KF_TIME_MIN)
            continue;
        kf_json_open(&j, NULL, '{');
        ident(x, &j, "identifier", s->id);
        kf_json_time(&j, "from", s->from);
        kf_json_close(&j, '}');
    }
    kf_json_close(&j, ']');
    kf_json_open(&j, "earlier_identifiers", '[');
    for (uint32_t i = 0; i < x->n_past; i++) {
        const struct kf_id_span *s = &w->identity->span[x->past[i]];
        kf_json_open(&j, NULL, '{');
        ident(x, &j, "identifier", s->id);
        kf_json_time(&j, "from", s->from);
        kf_json_time(&j, "until", s->to);
        kf_json_close(&j, '}');
    }
    kf_json_close(&j, ']');
    links(x, &j, "links", 0, x->n_link);
    links(x, &j, "refused", x->n_link, x->n_refused);
    values(x, &j);
    consent(x, &j);
    segments(x, &j);
    suppressions(x, &j);
    fraud(x, &j);
    kf_json_count(&j, "touches", x->n_touch);
    kf_json_end(&j);
}
