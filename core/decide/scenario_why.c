/* Why somebody is, or is not, where a scenario expects them: rules about people. */
#include "decide/scenario_tell.h"

#include <stdlib.h>

#define EXPLAINED 3u /* of one problem; the rest is counted */

static void tell_setting(struct kf_telling *k, struct decider *x, const struct kf_rule *r,
                         const char *key, uint32_t depth)
{
    const struct kf_node *n = kf_rule_get(r, key);
    if (n && n->cls == KF_CLASS_COND)
        kf_tell_condition(k, x, n, depth);
}

/* What must not hold, under a line that says whether it does not. */
static void tell_except(struct kf_telling *k, struct decider *x, const struct kf_rule *r,
                        uint32_t depth)
{
    const struct kf_node *n = kf_rule_get(r, "except");
    if (!n)
        return;
    size_t at = k->line.n;
    int before = k->dull;
    kf_tell(k, depth, KF_TRUE, "without what is excepted");
    k->dull = KF_FALSE; /* nothing in the way is nothing to take apart */
    enum kf_truth t = kf_tell_condition(k, x, n, depth + 1);
    k->line.p[at].truth = kf_truth_not(t);
    k->dull = before;
}

static void tell_purposes(struct kf_telling *k, struct decider *x, const struct kf_rule *r,
                          uint32_t depth)
{
    const struct kf_node *of = kf_rule_get(r, "requires_consent");
    for (uint32_t i = 0; of && i < kf_node_texts(of); i++) {
        struct kf_str name = kf_cstr(kf_node_text(of, i));
        int purpose = kf_statements_purpose(&k->o->world->statements, name);
        enum kf_consent_state s = purpose < 0
                                      ? KF_CONSENT_UNKNOWN
                                      : kf_consent_fold_state(x->consent, (uint32_t)purpose).state;
        struct kf_scenario_line *l =
            kf_tell(k, depth, s == KF_CONSENT_GRANTED ? KF_TRUE : KF_FALSE, "consent '%s'", name.p);
        l->needed = "is 'granted'";
        l->actual = kf_arena_printf(k->o->kept, "'%s'", kf_consent_state_name(s));
        if (s == KF_CONSENT_GRANTED && purpose >= 0) {
            uint32_t event = kf_consent_fold_state(x->consent, (uint32_t)purpose).event;
            kf_tell_events(k, &event, 1);
        } else if (!k->plain) {
            kf_tell_consent(k, x->profile, name, depth + 1);
        }
    }
}

static bool tell_force(struct kf_telling *k, struct decider *x, const struct kf_rule *r,
                       uint32_t depth)
{
    if (kf_rule_in_force(r, x->ev.as_of))
        return true;
    kf_tell(k, depth, KF_FALSE, "the rule is in force (starts, ends)");
    return false;
}

static void tell_segment(struct kf_telling *k, struct decider *x, const struct kf_rule *r,
                         uint32_t depth)
{
    tell_setting(k, x, r, "who", depth);
    tell_except(k, x, r, depth);
    tell_purposes(k, x, r, depth);
    if (kf_rule_get(r, "entry_wait") || kf_rule_get(r, "exit_wait"))
        kf_tell(k, depth, -1, "it waits (entry_wait, exit_wait): what is above is as of now");
}

static void tell_suppress(struct kf_telling *k, struct decider *x, const struct kf_rule *r,
                          uint32_t depth)
{
    const char *list = kf_rule_text(r, "list", NULL);
    const struct kf_world *w = k->o->world;
    tell_setting(k, x, r, "who", depth);
    if (!list)
        return;
    const struct kf_config_list *l = kf_config_find_list(w->config, list);
    bool on = false;
    for (uint32_t i = w->ids_first[x->profile]; l && i < w->ids_first[x->profile + 1]; i++)
        if (kf_list_has(l->list, kf_idset_value(w->ids, w->ids_of[i]))) {
            on = true;
            kf_tell(k, depth, KF_TRUE, "%s is in the list '%s'",
                    kf_outcome_ident(k->o, w->ids_of[i]), list);
        }
    if (!on)
        kf_tell(k, depth, l ? KF_FALSE : KF_UNDECIDED, "an identifier is in the list '%s'", list)
            ->actual = l ? NULL : "the list is not in kinfold.yaml";
}

static void tell_points(struct kf_telling *k, struct decider *x, const struct kf_rule *r,
                        const char *setting, uint32_t depth)
{
    const struct kf_node *add = kf_rule_get(r, setting);
    for (uint32_t i = 0; add && i < add->kids; i++) {
        const struct kf_node *when = kf_map_get(add->kid[i], "when"),
                             *label = kf_map_get(add->kid[i], "label"),
                             *points = kf_map_get(add->kid[i], "points");
        struct kf_value v = points ? kf_value_from_const(&points->value)
                                   : (struct kf_value){.type = KF_VAL_MISSING};
        if (!when)
            continue;
        size_t at = k->line.n;
        kf_tell_condition(k, x, when, depth);
        struct kf_scenario_line *l = &k->line.p[at];
        l->text = kf_arena_printf(k->o->kept, "%s points%s%s%s: %s", kf_tell_text(k, &v),
                                  label ? " (" : "", label ? label->value.text.p : "",
                                  label ? ")" : "", l->text);
    }
}

static void tell_score(struct kf_telling *k, struct decider *x, const struct kf_rule *r,
                       uint32_t depth)
{
    const struct kf_node *start = kf_rule_get(r, "start");
    const struct memo *m = kf_ask_rule(x, r);
    if (start) {
        struct kf_value v = kf_value_from_const(&start->value);
        kf_tell(k, depth, -1, "it starts at %s", kf_tell_text(k, &v));
    }
    tell_points(k, x, r, "add", depth);
    if (!kf_rule_get(r, "model"))
        kf_tell(k, depth, -1, "the points that hold, cut off at the range")->actual =
            kf_tell_text(k, &m->value);
    if (kf_rule_get(r, "bands"))
        kf_tell(k, depth, -1, "band")->actual = kf_tell_text(k, &m->band);
}

static void tell_channel(struct kf_telling *k, struct decider *x, const struct kf_rule *r,
                         uint32_t depth)
{
    const struct memo *m = kf_ask_rule(x, r);
    uint32_t contact = m->contact, by = m->value.event;
    int64_t from = m->value.time;
    tell_setting(k, x, r, "eligible", depth);
    tell_purposes(k, x, r, depth);
    if (!m->no_consent)
        kf_tell(k, depth, KF_FALSE, "there is a contact of its kind");
    if (by < k->o->rules->n) {
        const struct kf_rule *s = k->o->rules->rule[by];
        kf_tell(k, depth, KF_FALSE, "nothing blocks it: %s %s does", kf_kind_name(s->kind), s->name)
            ->pos = s->pos;
        if (k->nest < 3 && s->kind == KF_KIND_SUPPRESS)
            kf_tell_rule(k, x, s, depth + 1);
    }
    if (contact != KF_ID_NONE)
        kf_tell(k, depth, -1, "address")->actual = kf_outcome_ident(k->o, contact);
    if (contact != KF_ID_NONE && from > x->ev.as_of && from != KF_TIME_MAX) {
        struct kf_value v = {.type = KF_VAL_TIME, .time = from};
        kf_tell(k, depth, KF_FALSE, "not put off (at_most, quiet_hours)")->actual =
            kf_arena_printf(k->o->kept, "until %s", kf_tell_text(k, &v));
    }
}

static void tell_export(struct kf_telling *k, struct decider *x, const struct kf_rule *r,
                        uint32_t depth)
{
    static const struct {
        const char *setting;
        enum kf_kind kind;
        const char *text;
    } part[] = {{"segment", KF_KIND_SEGMENT, "in segment %s"},
                {"channel", KF_KIND_CHANNEL, "may be reached by channel %s"}};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        const char *name = kf_rule_text(r, part[i].setting, NULL);
        const struct kf_rule *of = name ? kf_rules_find(k->o->rules, part[i].kind, name) : NULL;
        if (!of)
            continue;
        const struct memo *m = kf_ask_rule(x, of);
        kf_tell(k, depth, m->truth, "%s %s",
                part[i].kind == KF_KIND_SEGMENT ? "in segment" : "may be reached by channel", name)
            ->pos = of->pos;
        kf_tell_rule(k, x, of, depth + 1);
    }
    tell_purposes(k, x, r, depth);
    const struct kf_node *holdout = kf_rule_get(r, "holdout");
    if (holdout && holdout->cls == KF_CLASS_COND)
        kf_tell(k, depth, kf_truth_not(kf_eval_cond(&x->ev, holdout)), "not held out");
    if (kf_rule_get(r, "top"))
        kf_tell(k, depth, -1, "only the first by 'top' are sent");
}

static void tell_read(struct kf_telling *k, struct decider *x, const struct kf_node *select,
                      uint32_t depth)
{
    struct kf_buf b = {0};
    const uint32_t *event;
    uint32_t n;
    kf_node_sentence(select, &b);
    kf_eval_select(&x->ev, select, &event, &n);
    kf_tell(k, depth, -1, "it reads %s", b.p ? b.p : "");
    kf_tell_events(k, event, n);
    kf_buf_free(&b);
}

static void tell_custom(struct kf_telling *k, struct decider *x, const struct kf_rule *r,
                        uint32_t depth)
{
    const struct kf_node *reads = kf_rule_get(r, "reads");
    const struct memo *m = kf_ask_rule(x, r);
    kf_tell(k, depth, -1, "its function returned")->actual = kf_tell_text(k, &m->value);
    for (uint32_t i = 0; reads && i < reads->kids; i++) {
        const struct kf_node *n = reads->kid[i];
        if (n->cls == KF_CLASS_EXPR)
            kf_tell_value(k, x, n, depth + 1);
        else if (n->cls == KF_CLASS_SELECT || n->op == KF_C_HAS)
            tell_read(k, x, n->op == KF_C_HAS ? n->kid[0] : n, depth + 1);
    }
}

static void tell_trait(struct kf_telling *k, struct decider *x, const struct kf_rule *r,
                       uint32_t depth)
{
    struct kf_error ignored = KF_ERROR_INIT;
    const struct kf_trait_step *step;
    uint32_t n;
    if (kf_decide_trait_history(k->o->decide, x->profile, r, &k->o->arena, &step, &n, &ignored)) {
        kf_tell(k, depth, -1, "%s", ignored.message);
        return;
    }
    if (!n)
        kf_tell(k, depth, -1, "no event says it");
    for (uint32_t i = 0; i < n; i++) {
        kf_tell(k, depth, -1, "was set")->actual = kf_tell_text(k, &step[i].value);
        kf_tell_events(k, &step[i].event, 1);
    }
}

void kf_tell_rule(struct kf_telling *k, struct decider *x, const struct kf_rule *r, uint32_t depth)
{
    k->nest++;
    if (!tell_force(k, x, r, depth)) {
        k->nest--;
        return;
    }
    switch (r->kind) {
    case KF_KIND_SEGMENT:
        tell_segment(k, x, r, depth);
        break;
    case KF_KIND_SUPPRESS:
        tell_suppress(k, x, r, depth);
        break;
    case KF_KIND_CHANNEL:
        tell_channel(k, x, r, depth);
        break;
    case KF_KIND_SCORE:
        tell_score(k, x, r, depth);
        break;
    case KF_KIND_EXPORT:
        tell_export(k, x, r, depth);
        break;
    case KF_KIND_CUSTOM:
        tell_custom(k, x, r, depth);
        break;
    case KF_KIND_COMPUTED:
        if (kf_rule_get(r, "is"))
            kf_tell_value(k, x, kf_rule_get(r, "is"), depth);
        break;
    default:
        tell_trait(k, x, r, depth);
    }
    k->nest--;
}

/* ---- which of them, and what it is called ---- */

static const char *about(struct outcome *o, const struct kf_ask_why *ask)
{
    const struct kf_rule *r = ask->rule;
    const char *who = ask->profile == KF_NOBODY ? "" : kf_outcome_name(o, ask->profile);
    const char *not = ask->is ? "" : " not";
    if (!r && ask->profile != KF_NOBODY)
        return kf_arena_printf(o->kept, "what %s said about '%.*s'", who, (int)ask->key.n,
                               ask->key.p);
    if (!r)
        return kf_arena_printf(o->kept, "what ties %s", kf_outcome_ident(o, ask->a));
    if (ask->event != KF_ID_NONE)
        return kf_arena_printf(o->kept, "event %u by %s %s", kf_outcome_number(o, ask->event),
                               kf_kind_name(r->kind), r->name);
    switch (r->kind) {
    case KF_KIND_SEGMENT:
        return kf_arena_printf(o->kept, "%s is%s in segment %s", who, not, r->name);
    case KF_KIND_SUPPRESS:
        return kf_arena_printf(o->kept, "%s is%s suppressed by %s", who, not, r->name);
    case KF_KIND_EXPORT:
        return kf_arena_printf(o->kept, "%s is%s sent by export %s", who, not, r->name);
    case KF_KIND_CHANNEL:
        return kf_arena_printf(o->kept, "channel %s for %s", r->name, who);
    case KF_KIND_FRAUD:
        return kf_arena_printf(o->kept, "%.*s by fraud %s", (int)ask->key.n, ask->key.p, r->name);
    default:
        return kf_arena_printf(o->kept, "%s %s of %s",
                               r->kind == KF_KIND_COMPUTED ? "trait" : kf_kind_name(r->kind),
                               r->name, who);
    }
}

static void tell(struct kf_telling *k, const struct kf_ask_why *ask)
{
    struct outcome *o = k->o;
    if (!ask->rule && ask->profile != KF_NOBODY) {
        kf_tell_consent(k, ask->profile, ask->key, 0);
    } else if (!ask->rule) {
        kf_tell_links(k, ask->a, ask->b);
    } else if (ask->event != KF_ID_NONE) {
        kf_tell_event(k, ask);
    } else if (ask->profile == KF_NOBODY) {
        kf_tell_key(k, ask);
    } else {
        kf_decider_chunk(o->decider);
        kf_decider_start(o->decider, ask->profile, NULL);
        kf_tell_rule(k, o->decider, ask->rule, 0);
    }
}

static void explain_one(struct outcome *o, const struct kf_ask_why *ask,
                        struct kf_scenario_why *ret)
{
    struct kf_telling k = {.o = o, .dull = -1};
    tell(&k, ask);
    struct kf_scenario_line *l = kf_arena_alloc(o->kept, (k.line.n + 1) * sizeof *l);
    if (k.line.n)
        memcpy(l, k.line.p, k.line.n * sizeof *l);
    *ret = (struct kf_scenario_why){
        .about = about(o, ask),
        .rule = ask->rule,
        .event = ask->event == KF_ID_NONE ? 0 : kf_outcome_number(o, ask->event),
        .line = l,
        .n = (uint32_t)k.line.n};
    kf_vec_free(&k.line);
}

static bool same_ask(const struct kf_ask_why *a, const struct kf_ask_why *b)
{
    return a->rule == b->rule && a->profile == b->profile && a->event == b->event && a->a == b->a &&
           kf_str_eq(a->key, b->key);
}

/* Was it explained with an earlier problem already? */
static bool explained(const struct outcome *o, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (o->ask.p[k].told && same_ask(&o->ask.p[k], &o->ask.p[i]))
            return true;
    return false;
}

int kf_outcome_explain(struct outcome *o, struct kf_error *err)
{
    (void)err;
    for (size_t i = 0, n; i < o->ask.n; i += n) {
        struct kf_scenario_problem *p = &o->problem.p[o->ask.p[i].problem];
        struct kf_scenario_why *why = kf_arena_alloc(o->kept, EXPLAINED * sizeof *why);
        for (n = 0; i + n < o->ask.n && o->ask.p[i + n].problem == o->ask.p[i].problem; n++) {
            if (explained(o, i + n))
                continue;
            if (p->n_why == EXPLAINED) {
                p->more_why++;
                continue;
            }
            explain_one(o, &o->ask.p[i + n], &why[p->n_why++]);
            o->ask.p[i + n].told = true;
        }
        p->why = why;
    }
    return 0;
}
