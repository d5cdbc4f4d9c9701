/* An order, and the touches before it that attribution rules would look at. Credit is not worked
 * out yet, and it is said so. */
#include "cli/explain_rule.h"

#include <stdlib.h>

static const char NOT_YET[] = "Attribution is not evaluated yet: no credit is given. This is what "
                              "each rule would look at.";

struct order {
    struct kf_session *s;
    uint32_t event, profile;
    const struct kf_rule *const *rule;
    struct kf_why_outcome *outcome; /* a rule each */
    uint32_t n;
    struct kf_arena arena;
};

static void touch_words(const struct kf_touch *t, struct kf_buf *out)
{
    const struct kf_str part[] = {t->source, t->medium, t->campaign};
    size_t from = out->n;
    for (int i = 0; i < 3; i++)
        if (part[i].n)
            kf_buf_addf(out, "%s%.*s", out->n > from ? " / " : "", (int)part[i].n, part[i].p);
    if (out->n == from && t->referrer.n)
        kf_buf_add(out, t->referrer.p, t->referrer.n);
    if (out->n == from)
        kf_buf_adds(out, t->direct ? "direct" : "a click id alone");
}

static const char *kind_word(const struct kf_touch *t)
{
    static const char *const kind[] = {"", "click", "view", "visit", "mention"};
    return kind[t->kind];
}

static void model_words(const struct kf_rule *r, struct kf_buf *out)
{
    const struct kf_node *m = kf_rule_get(r, "model");
    if (kf_rule_get(r, "credit"))
        kf_buf_adds(out, "own shares");
    else if (m && m->op == KF_T_MODEL)
        kf_buf_add(out, m->name.p, m->name.n);
    else
        kf_buf_adds(out, kf_rule_text(r, "model", "last"));
}

/* ---- text ---- */

static void rule_text(const struct order *o, uint32_t i, struct kf_buf *out)
{
    const struct kf_why_outcome *w = &o->outcome[i];
    struct kf_buf b = {0};
    struct kf_table t;
    kf_buf_addc(out, '\n');
    kf_style_add(out, o->s->cli->colour, KF_BOLD, o->rule[i]->name);
    kf_buf_addc(out, '\n');
    kf_explain_rule_head(o->s, o->rule[i], NULL, 0, out);
    if (!w->matches) {
        kf_buf_adds(out, "  The event is no outcome of this rule.\n");
        return;
    }
    kf_buf_adds(&b, "model ");
    model_words(o->rule[i], &b);
    kf_buf_adds(&b, ", touches since ");
    kf_explain_day_add(o->s, w->from, &b);
    if (w->value.type != KF_VAL_MISSING) {
        kf_buf_adds(&b, ", worth ");
        kf_value_format(&w->value, NULL, &b);
    }
    kf_explain_line(out, 2, 4, b.p);
    if (!w->n)
        kf_buf_adds(out, "  no touch in that time\n");
    kf_table_start(&t, "llllll");
    for (uint32_t k = 0; k < w->n; k++) {
        const struct kf_why_touch *x = &w->touch[k];
        kf_buf_clear(&b);
        kf_when_add(&b, o->s->ws.config->zone, x->touch.time);
        kf_table_cell(&t, b.p);
        kf_table_cell(&t, kind_word(&x->touch));
        kf_table_cellf(&t, "%.*s", (int)x->channel.n, x->channel.p ? x->channel.p : "");
        kf_buf_clear(&b);
        touch_words(&x->touch, &b);
        kf_table_cell(&t, b.p);
        kf_buf_clear(&b);
        kf_event_place_add(&b, o->s->events, x->touch.event);
        kf_table_style(&t, KF_DIM, b.p);
        kf_table_cell(&t, x->ignored != KF_FALSE ? "ignored"
                          : x->counts != KF_TRUE ? "no touch of the rule"
                                                 : "");
        kf_table_end_row(&t);
    }
    kf_table_print(&t, 2, o->s->cli->colour, out);
    kf_buf_free(&b);
}

static void text(const struct order *o, struct kf_buf *out)
{
    const struct kf_events *e = o->s->events;
    struct kf_buf b = {0};
    struct kf_table t;
    kf_explain_who(o->s, o->profile, &b);
    struct kf_str name = kf_symbols_text(e->dict->name, e->what[o->event].name);
    kf_buf_addf(&b, ": %.*s of ", (int)name.n, name.p ? name.p : "");
    kf_explain_day_add(o->s, e->time[o->event], &b);
    kf_explain_line(out, 0, 2, b.p);
    kf_table_start(&t, "lllll");
    kf_explain_event_cells(o->s, o->event, &t);
    kf_table_end_row(&t);
    kf_table_print(&t, 2, o->s->cli->colour, out);
    kf_explain_line(out, 0, 0, NOT_YET);
    if (!o->n)
        kf_buf_adds(out, "There is no attribution rule.\n");
    for (uint32_t i = 0; i < o->n; i++)
        rule_text(o, i, out);
    kf_buf_free(&b);
}

/* ---- JSON ---- */

static const char *truth_name(enum kf_truth t)
{
    static const char *const name[] = {"false", "true", "undecided"};
    return name[t];
}

static void rule_json(const struct order *o, uint32_t i, struct kf_json *j)
{
    const struct kf_why_outcome *w = &o->outcome[i];
    struct kf_buf b = {0};
    kf_json_open(j, NULL, '{');
    kf_explain_rule_json(o->rule[i], NULL, 0, j);
    kf_json_bool(j, "evaluated", false);
    kf_json_bool(j, "outcome", w->matches);
    model_words(o->rule[i], &b);
    kf_json_text(j, "model", b.p);
    kf_buf_clear(&b);
    kf_json_time(j, "since", w->from);
    kf_value_json(&w->value, &b);
    kf_json_raw(j, "value", &b);
    kf_json_open(j, "touches", '[');
    for (uint32_t k = 0; k < w->n && w->matches; k++) {
        const struct kf_why_touch *x = &w->touch[k];
        kf_json_open(j, NULL, '{');
        kf_json_time(j, "time", x->touch.time);
        kf_json_text(j, "kind", kind_word(&x->touch));
        kf_json_str(j, "channel", x->channel);
        kf_json_str(j, "source", x->touch.source);
        kf_json_str(j, "medium", x->touch.medium);
        kf_json_str(j, "campaign", x->touch.campaign);
        kf_json_str(j, "referrer", x->touch.referrer);
        kf_json_bool(j, "direct", x->touch.direct);
        kf_json_text(j, "counts", truth_name(x->counts));
        kf_json_text(j, "ignored", truth_name(x->ignored));
        kf_explain_event_json(o->s, "event", x->touch.event, j);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
    kf_json_close(j, '}');
    kf_buf_free(&b);
}

static void json(const struct order *o, struct kf_buf *out)
{
    const struct kf_world *w = o->s->world;
    struct kf_json j;
    char hex[17];
    kf_profile_id_format(w->identity->profile_id[o->profile], hex);
    kf_json_start(&j, out, "kinfold.explain-outcome/1");
    kf_json_text(&j, "profile", hex);
    kf_json_time(&j, "as_of", w->as_of);
    kf_json_text(&j, "note", NOT_YET);
    kf_explain_event_json(o->s, "event", o->event, &j);
    kf_json_open(&j, "attribution", '[');
    for (uint32_t i = 0; i < o->n; i++)
        rule_json(o, i, &j);
    kf_json_close(&j, ']');
    kf_json_end(&j);
}

int kf_explain_outcome(struct kf_session *s, uint32_t profile, const char *order,
                       struct kf_buf *out, struct kf_error *err)
{
    struct order o = {.s = s};
    int rc = kf_decide_find_order(s->decide, profile, kf_cstr(order), &o.event, err);
    if (rc)
        return rc;
    if (o.event == KF_ID_NONE)
        return kf_error_set(err, KF_E_NOINPUT, "explain", "no event%s has the id or order_id '%s'",
                            profile == KF_ID_NONE ? "" : " of theirs", order);
    o.profile = s->world->identity->event_profile[o.event];
    if (o.profile == KF_ID_NONE)
        return kf_error_set(err, KF_E_NOINPUT, "explain", "the event '%s' is nobody's", order);
    kf_arena_init(&o.arena, 0);
    o.rule = kf_rules_kind(s->world->rules, KF_KIND_ATTRIBUTION, &o.n);
    o.outcome = kf_arena_zalloc(&o.arena, (o.n + 1u) * sizeof *o.outcome);
    for (uint32_t i = 0; i < o.n && rc == 0; i++)
        rc = kf_decide_outcome(s->decide, o.rule[i], o.event, &o.arena, &o.outcome[i], err);
    if (rc == 0 && s->cli->json)
        json(&o, out);
    else if (rc == 0)
        text(&o, out);
    kf_arena_free(&o.arena);
    return rc;
}
