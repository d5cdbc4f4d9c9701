/* What a fraud rule says about each event, identifier and value of a person, and why. */
#include "base/vec.h"
#include "cli/explain_rule.h"

#include <stdlib.h>

#define SHOWN 5u /* subjects that are shown to the end */

/* A subject as text and as JSON, to be sorted: values come in any order. */
struct subject {
    uint32_t event, identifier;
    const char *name;
    enum kf_verdict verdict;
    char *text, *json;
};

struct fraud {
    struct kf_session *s;
    const struct kf_rule *rule;
    uint32_t profile;
    kf_vec(struct subject) subject;
    uint64_t count[4]; /* by enum kf_verdict */
    const struct kf_approval *approval[8];
    uint32_t n_approval;
    struct kf_arena arena;
    struct kf_error *err;
    int rc;
};

static const char *verdict_name(enum kf_verdict v)
{
    static const char *const name[] = {"nothing", "allowed", "suspicious", "reject"};
    return name[v];
}

/* ---- one subject ---- */

static char *keep(struct fraud *k, struct kf_buf *b)
{
    char *s = kf_arena_strndup(&k->arena, b->p ? b->p : "", b->n);
    kf_buf_free(b);
    return s;
}

/* "the Order Completed of 3 March 2026 10:00", "device_id:d-1, on 4 events" */
static const char *subject_name(struct fraud *k, const struct kf_why_subject *s)
{
    const struct kf_events *e = k->s->events;
    const struct kf_node *at = kf_rule_get(k->rule, "look_at");
    struct kf_buf b = {0};
    if (s->event != KF_ID_NONE) {
        struct kf_str name = kf_symbols_text(e->dict->name, e->what[s->event].name);
        kf_mask_add(&b, KF_PERSONAL_NONE,
                    name.n ? name : kf_cstr(kf_event_type_name(e->what[s->event].type)), false);
        kf_buf_adds(&b, " of ");
        kf_explain_day_add(k->s, e->time[s->event], &b);
        return keep(k, &b);
    }
    if (s->identifier != KF_ID_NONE) {
        kf_ident_add(&b, k->s->world->ids, s->identifier, k->s->reveal);
    } else {
        struct kf_str path = at && at->name.n ? at->name : kf_cstr("context.ip");
        kf_mask_add(&b, kf_personal_value(path, NULL, s->key), s->key, k->s->reveal);
    }
    kf_buf_adds(&b, ", on ");
    kf_count_add(&b, s->n_events, "event", NULL);
    return keep(k, &b);
}

static void subject_text(struct fraud *k, const struct kf_why_subject *s, const char *name,
                         const struct kf_explain_decision *x, struct kf_buf *out)
{
    static const enum kf_style style[] = {KF_PLAIN, KF_GREEN, KF_YELLOW, KF_RED};
    struct kf_buf b = {0};
    kf_buf_addc(out, '\n');
    kf_style_add(out, k->s->cli->colour, KF_BOLD, name);
    kf_buf_adds(out, ": ");
    kf_style_add(out, k->s->cli->colour, style[s->verdict], verdict_name(s->verdict));
    if (s->undecided)
        kf_buf_adds(out, ", for a part of it is undecided");
    kf_buf_addc(out, '\n');
    if (kf_rule_get(k->rule, "signals")) {
        char points[64];
        kf_dec_format(s->points, points);
        kf_buf_addf(&b, "%s points of signals", points);
        kf_explain_line(out, 2, 4, b.p);
    }
    kf_explain_conditions_text(x, out);
    kf_explain_evidence_text(x, out);
    if (!s->undecided)
        kf_explain_changes_text(x, out);
    kf_buf_free(&b);
}

static void subject_json(struct fraud *k, const struct kf_why_subject *s, const char *name,
                         const struct kf_explain_decision *x, struct kf_buf *out)
{
    struct kf_json j = {.out = out};
    struct kf_value points = {.type = KF_VAL_NUMBER, .number = s->points};
    struct kf_buf b = {0};
    kf_json_open(&j, NULL, '{');
    kf_json_text(&j, "what", name);
    kf_json_text(&j, "verdict", verdict_name(s->verdict));
    kf_json_bool(&j, "undecided", s->undecided);
    kf_explain_event_json(k->s, "event", s->event, &j);
    if (s->identifier != KF_ID_NONE)
        kf_ident_add(&b, k->s->world->ids, s->identifier, k->s->reveal);
    kf_json_text(&j, "identifier", b.p);
    kf_json_count(&j, "events", s->n_events);
    kf_buf_clear(&b);
    kf_value_json(&points, &b);
    kf_json_raw(&j, "points", &b);
    kf_explain_conditions_json(x, &j);
    kf_explain_nearest_json(x, &j);
    kf_json_close(&j, '}');
    kf_buf_free(&b);
}

static void on_subject(void *ctx, const struct kf_why_subject *s)
{
    struct fraud *k = ctx;
    struct kf_explain_decision *x;
    struct kf_buf text = {0}, json = {0};
    k->count[s->verdict]++;
    if (k->rc)
        return;
    k->rc = kf_explain_parts(k->s, s->w, &x, k->err);
    if (k->rc)
        return;
    const char *name = subject_name(k, s);
    subject_text(k, s, name, x, &text);
    subject_json(k, s, name, x, &json);
    *kf_vec_push(&k->subject) =
        (struct subject){s->event, s->identifier, name, s->verdict, keep(k, &text), keep(k, &json)};
    x->why = NULL;
    kf_explain_decision_free(x);
}

/* ---- all of them ---- */

static int subject_cmp(const void *a, const void *b, void *ctx)
{
    const struct fraud *k = ctx;
    const struct subject *x = a, *y = b;
    if (x->verdict != y->verdict)
        return x->verdict > y->verdict ? -1 : 1;
    if (x->event != KF_ID_NONE && y->event != KF_ID_NONE)
        return -kf_event_cmp(k->s->events, x->event, y->event);
    if (x->identifier != KF_ID_NONE && y->identifier != KF_ID_NONE)
        return kf_str_cmp(kf_idset_value(k->s->world->ids, x->identifier),
                          kf_idset_value(k->s->world->ids, y->identifier));
    return strcmp(x->text, y->text);
}

static const char *state(const struct fraud *k)
{
    return k->count[KF_VERDICT_REJECT]       ? "reject"
           : k->count[KF_VERDICT_SUSPICIOUS] ? "suspicious"
                                             : "nothing";
}

static void text(const struct fraud *k, struct kf_buf *out)
{
    struct kf_buf b = {0};
    size_t all = k->count[KF_VERDICT_REJECT] + k->count[KF_VERDICT_SUSPICIOUS];
    size_t shown = !all ? 1 : all < SHOWN ? all : SHOWN; /* not flagged: the newest is enough */
    kf_explain_who(k->s, k->profile, &b);
    kf_buf_addf(&b, ": fraud rule '%s' says %s", k->rule->name, state(k));
    kf_explain_line(out, 0, 2, b.p);
    kf_explain_rule_head(k->s, k->rule, k->approval, k->n_approval, out);
    kf_buf_adds(out, "  as of ");
    kf_when_add(out, k->s->ws.config->zone, k->s->world->as_of);
    if (!k->subject.n) {
        kf_buf_adds(out, ": nothing of theirs is what it looks at\n");
        kf_buf_free(&b);
        return;
    }
    kf_buf_adds(out, ": it looks at ");
    kf_count_add(out, k->subject.n, "thing", NULL);
    kf_buf_addf(out, " of theirs: %llu reject, %llu suspicious, %llu allowed\n",
                (unsigned long long)k->count[KF_VERDICT_REJECT],
                (unsigned long long)k->count[KF_VERDICT_SUSPICIOUS],
                (unsigned long long)k->count[KF_VERDICT_ALLOW]);
    for (size_t i = 0; i < k->subject.n && i < shown; i++)
        kf_buf_adds(out, k->subject.p[i].text);
    if (k->subject.n > shown)
        kf_buf_addf(out, "\nand %zu more; --json has all\n", k->subject.n - shown);
    kf_buf_free(&b);
}

static void json(const struct fraud *k, struct kf_buf *out)
{
    const struct kf_world *w = k->s->world;
    struct kf_json j;
    char hex[17];
    kf_profile_id_format(w->identity->profile_id[k->profile], hex);
    kf_json_start(&j, out, "kinfold.explain-fraud/1");
    kf_explain_rule_json(k->rule, k->approval, k->n_approval, &j);
    kf_json_text(&j, "profile", hex);
    kf_json_time(&j, "as_of", w->as_of);
    kf_json_bool(&j, "masked", !k->s->reveal);
    kf_json_text(&j, "verdict", state(k));
    kf_json_count(&j, "reject", k->count[KF_VERDICT_REJECT]);
    kf_json_count(&j, "suspicious", k->count[KF_VERDICT_SUSPICIOUS]);
    kf_json_count(&j, "allowed", k->count[KF_VERDICT_ALLOW]);
    kf_json_open(&j, "looked_at", '[');
    for (size_t i = 0; i < k->subject.n; i++) {
        struct kf_buf b = {0};
        kf_buf_adds(&b, k->subject.p[i].json);
        kf_json_raw(&j, NULL, &b);
        kf_buf_free(&b);
    }
    kf_json_close(&j, ']');
    kf_json_end(&j);
}

int kf_explain_fraud(struct kf_session *s, uint32_t profile, const struct kf_rule *rule,
                     struct kf_buf *out, struct kf_error *err)
{
    struct fraud k = {.s = s, .rule = rule, .profile = profile, .err = err};
    struct kf_approvals *approvals = NULL;
    int rc = kf_explain_approvals(s, &approvals, k.approval, 8, &k.n_approval, err);
    kf_arena_init(&k.arena, 0);
    if (rc == 0)
        rc = kf_decide_why_fraud(s->decide, profile, rule, on_subject, &k, err);
    rc = rc ? rc : k.rc;
    if (k.subject.n)
        qsort_r(k.subject.p, k.subject.n, sizeof *k.subject.p, subject_cmp, &k);
    if (rc == 0 && s->cli->json)
        json(&k, out);
    else if (rc == 0)
        text(&k, out);
    kf_vec_free(&k.subject);
    kf_arena_free(&k.arena);
    kf_approvals_free(approvals);
    return rc;
}
