#include "cli/explain_approval.h"
#include "cli/explain_rule.h"

static const char *const TRUTH[] = {"false", "true", "undecided"};

/* ---- shared ---- */

static void place(struct kf_json *j, const struct kf_pos *pos)
{
    struct kf_buf b = {0};
    kf_place_add(&b, pos);
    kf_json_text(j, "where", b.p);
    kf_buf_free(&b);
}

void kf_explain_event_json(const struct kf_session *s, const char *key, uint32_t event,
                           struct kf_json *j)
{
    const struct kf_events *e = s->events;
    struct kf_buf b = {0};
    if (event == UINT32_MAX) {
        kf_json_text(j, key, NULL);
        return;
    }
    kf_json_open(j, key, '{');
    kf_json_str(j, "id", kf_event_id(e, event));
    kf_json_time(j, "time", e->time[event]);
    struct kf_str name = kf_symbols_text(e->dict->name, e->what[event].name);
    if (name.n)
        kf_json_str(j, "name", name);
    else
        kf_json_text(j, "name", kf_event_type_name(e->what[event].type));
    kf_json_str(j, "source", kf_symbols_text(e->dict->source, e->at[event].source + 1u));
    kf_event_place_add(&b, e, event);
    kf_json_text(j, "record", b.p);
    kf_json_close(j, '}');
    kf_buf_free(&b);
}

void kf_explain_rule_json(const struct kf_rule *r, const struct kf_approval *const *approval,
                          uint32_t n, struct kf_json *j)
{
    kf_json_open(j, "rule", '{');
    kf_json_text(j, "kind", kf_kind_name(r->kind));
    kf_json_text(j, "name", r->name);
    kf_json_text(j, "title", r->title);
    kf_json_text(j, "owner", r->owner);
    kf_json_text(j, "because", r->because);
    place(j, &r->pos);
    kf_json_open(j, "approvals", '[');
    for (uint32_t i = 0; i < n; i++) {
        if (approval[i]->kind != KF_APPROVAL_APPROVE && approval[i]->kind != KF_APPROVAL_REJECT)
            continue;
        kf_json_open(j, NULL, '{');
        kf_json_count(j, "number", approval[i]->number);
        kf_json_text(j, "verdict", kf_approval_kind_name(approval[i]->kind));
        kf_json_text(j, "who", approval[i]->who);
        kf_json_text(j, "role", approval[i]->role);
        kf_json_time(j, "at", approval[i]->at);
        kf_json_bool(j, "counts", approval[i]->counts);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
    kf_json_close(j, '}');
}

static void value(struct kf_json *j, const char *key, const struct kf_value *v)
{
    struct kf_buf b = {0};
    kf_value_json(v, &b);
    kf_json_raw(j, key, &b);
    kf_buf_free(&b);
}

/* ---- conditions ---- */

static const char *op_name(const struct kf_why_part *p)
{
    static const char *const name[] = {"question", "all",   "any",   "none",
                                       "at_least", "clear", "points"};
    return name[p->op];
}

static void evidence(const struct kf_explain_decision *x, const struct kf_why_part *p,
                     struct kf_json *j)
{
    kf_json_open(j, "events", '[');
    for (uint32_t i = 0; i < p->n_event; i++)
        kf_explain_event_json(x->s, NULL, p->event[i], j);
    kf_json_close(j, ']');
    kf_explain_event_json(x->s, "newest", p->about == KF_ABOUT_CONDITION ? p->last : UINT32_MAX, j);
    kf_json_open(j, "statements", '[');
    for (uint32_t i = 0; i < p->n_said; i++) {
        const struct kf_consent_said *s = &p->said[i];
        struct kf_buf b = {0};
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "said", s->state == KF_SAID_GRANTED ? "granted" : "denied");
        kf_ident_add(&b, x->s->world->ids, s->identifier, x->s->reveal);
        kf_json_text(j, "by", b.p);
        kf_explain_event_json(x->s, "event", s->event, j);
        kf_buf_clear(&b);
        if (s->rule != UINT32_MAX)
            kf_place_add(&b, &x->s->world->rules->rule[s->rule]->pos);
        kf_json_text(j, "where", s->rule == UINT32_MAX ? NULL : b.p);
        kf_json_close(j, '}');
        kf_buf_free(&b);
    }
    kf_json_close(j, ']');
}

static void condition(const struct kf_explain_decision *x, uint32_t i, struct kf_json *j)
{
    const struct kf_why_part *p = &x->why->part[i];
    struct kf_value points = {.type = KF_VAL_NUMBER, .number = p->points};
    kf_json_open(j, NULL, '{');
    kf_json_text(j, "op", op_name(p));
    if (p->op == KF_WHY_ASK)
        kf_json_count(j, "number", p->number);
    kf_json_count(j, "depth", p->depth - 1);
    kf_json_text(j, "role", p->role);
    kf_json_text(j, "holds", TRUTH[p->truth]);
    kf_json_text(j, "needs", x->part[i].sentence);
    kf_json_text(j, "was", x->part[i].actual);
    kf_json_text(j, "undecided", p->why);
    if (p->label)
        value(j, "points", &points);
    place(j, kf_why_place(p));
    if (p->op == KF_WHY_ASK && p->same == i)
        evidence(x, p, j);
    kf_json_close(j, '}');
}

void kf_explain_conditions_json(const struct kf_explain_decision *x, struct kf_json *j)
{
    kf_json_open(j, "conditions", '[');
    for (uint32_t i = 1; i < x->why->n; i++)
        condition(x, i, j);
    kf_json_close(j, ']');
}

/* ---- changes ---- */

static void turn(const struct kf_explain_decision *x, const struct kf_explain_turn *t,
                 struct kf_json *j)
{
    kf_json_open(j, NULL, '{');
    kf_json_count(j, "number", x->why->part[t->part].number);
    kf_json_bool(j, "to", t->to);
    kf_json_text(j, "condition", x->part[t->part].sentence);
    kf_json_text(j, "need", t->need);
    value(j, "amount", &t->amount);
    kf_json_time(j, "by_time", t->by_time);
    kf_json_close(j, '}');
}

void kf_explain_nearest_json(const struct kf_explain_decision *x, struct kf_json *j)
{
    kf_json_open(j, "nearest", '[');
    for (uint32_t i = 0; i < x->n_nearest; i++) {
        const struct kf_explain_nearest *n = &x->nearest[i];
        if (!n->possible)
            continue;
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "becomes", n->to);
        if (x->why->waits)
            kf_json_text(j, "wait", n->wait ? n->wait + strspn(n->wait, ", ") : NULL);
        kf_json_bool(j, "possible", n->n > 0);
        kf_json_bool(j, "given_up", n->given_up);
        kf_json_count(j, "size", n->size);
        kf_json_count(j, "ways", n->total);
        kf_json_open(j, "changes", '[');
        for (uint32_t c = 0; c < n->n; c++) {
            kf_json_open(j, NULL, '[');
            for (uint32_t k = 0; k < n->change[c].n; k++)
                turn(x, &n->change[c].turn[k], j);
            kf_json_close(j, ']');
        }
        kf_json_close(j, ']');
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void wait(const struct kf_explain_decision *x, struct kf_json *j)
{
    const struct kf_explain_wait *w = &x->wait;
    kf_json_open(j, "wait", '{');
    kf_json_text(j, "entry", w->entry);
    kf_json_text(j, "exit", w->exit);
    kf_json_bool(j, "conditions", x->why->conditions);
    kf_json_text(j, "runs", w->entry_runs ? "entry" : w->exit_runs ? "exit" : NULL);
    kf_json_close(j, '}');
}

static void time_alone(const struct kf_explain_decision *x, struct kf_json *j)
{
    bool changes = x->time.at != KF_TIME_MAX;
    kf_json_open(j, "by_time", '{');
    kf_json_time(j, "at", x->time.at);
    kf_json_text(j, "state", changes ? x->then : NULL);
    kf_json_time(j, "nothing_before", x->time.tried_until);
    kf_json_close(j, '}');
}

void kf_explain_decision_json(const struct kf_explain_decision *x, struct kf_buf *out)
{
    const struct kf_world *w = x->s->world;
    struct kf_json j;
    char hex[17];
    kf_profile_id_format(w->identity->profile_id[x->profile], hex);
    kf_json_start(&j, out, "kinfold.explain-rule/1");
    kf_explain_rule_json(x->rule, x->approval, x->n_approval, &j);
    kf_explain_approval_json(x->s, x->rule, &j);
    kf_json_text(&j, "profile", hex);
    kf_json_time(&j, "as_of", w->as_of);
    kf_json_text(&j, "rules", kf_cli_has(x->s->cli, "candidate") ? "files" : "last run");
    kf_json_bool(&j, "masked", !x->s->reveal);
    kf_json_text(&j, "state", x->state);
    kf_json_bool(&j, "holds", x->why->holds);
    kf_json_text(&j, "undecided", x->why->truth == KF_UNDECIDED ? x->why->why : NULL);
    kf_json_bool(&j, "lacks_consent", x->why->lacks_consent);
    kf_json_bool(&j, "waits", x->why->waits);
    if (x->why->waits)
        wait(x, &j);
    if (x->rule->kind == KF_KIND_SCORE) {
        value(&j, "value", &x->why->value);
        value(&j, "band", &x->why->band);
    }
    kf_explain_conditions_json(x, &j);
    kf_explain_nearest_json(x, &j);
    time_alone(x, &j);
    kf_json_end(&j);
}
