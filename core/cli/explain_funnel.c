/* Why is nobody, or everybody, in it: the conditions of a rule asked of everybody. */
#include "cli/explain_rule.h"

struct funnel {
    const struct kf_session *s;
    const struct kf_rule *rule;
    const struct kf_why_funnel *f;
    const struct kf_approval *approval[8];
    uint32_t n_approval;
};

/* ---- text ---- */

static void head(const struct funnel *x, const char *what, struct kf_buf *out)
{
    kf_buf_addc(out, '\n');
    kf_style_add(out, x->s->cli->colour, KF_BOLD, what);
    kf_buf_addc(out, '\n');
}

static const char *verb(const struct funnel *x, bool one)
{
    switch (x->rule->kind) {
    case KF_KIND_SEGMENT:
        return one ? "is in" : "are in";
    case KF_KIND_SUPPRESS:
        return one ? "is suppressed by" : "are suppressed by";
    case KF_KIND_CHANNEL:
        return one ? "can now be reached by" : "can now be reached by";
    case KF_KIND_EXPORT:
        return one ? "would be sent by" : "would be sent by";
    default:
        return one ? "has" : "have";
    }
}

static void answer(const struct funnel *x, struct kf_buf *out)
{
    const struct kf_why_funnel *f = x->f;
    struct kf_buf b = {0};
    char n[32];
    kf_buf_addf(&b, "%s of ", kf_count_text(f->holds, n));
    kf_count_add(&b, f->profiles, "person", "people");
    kf_buf_addf(&b, " %s %s '%s'", verb(x, f->holds == 1),
                x->rule->kind == KF_KIND_SUPPRESS ? "suppression" : kf_kind_name(x->rule->kind),
                x->rule->name);
    if (f->undecided)
        kf_buf_addf(&b, "; %s undecided", kf_count_text(f->undecided, n));
    if (f->lacks_consent)
        kf_buf_addf(&b, "; %s %s only the consent it requires", kf_count_text(f->lacks_consent, n),
                    f->lacks_consent == 1 ? "lacks" : "lack");
    kf_explain_line(out, 0, 2, b.p);
    kf_buf_free(&b);
    kf_explain_rule_head(x->s, x->rule, x->approval, x->n_approval, out);
    kf_buf_adds(out, "  as of ");
    kf_when_add(out, x->s->ws.config->zone, x->s->world->as_of);
    kf_buf_addf(out, " (%s)\n", x->s->ws.config->zone_name ? x->s->ws.config->zone_name : "UTC");
    if (kf_explain_wait_text(x->rule, out))
        kf_buf_adds(out, "  below: who the conditions hold for now, not who has waited\n");
}

static void words(const struct funnel *x, uint32_t part, bool number, struct kf_table *t)
{
    const struct kf_why_part *p = &x->f->w->part[part];
    struct kf_buf b = {0};
    if (number && p->op == KF_WHY_ASK)
        kf_buf_addf(&b, "%u. ", p->number);
    kf_explain_part_add(&(struct kf_explain_view){x->s->world, x->s->reveal}, p, &b);
    kf_buf_adds(&b, " (");
    kf_place_add(&b, kf_why_place(p));
    kf_buf_addc(&b, ')');
    kf_table_cell(t, b.p);
    kf_buf_free(&b);
}

static void steps(const struct funnel *x, struct kf_buf *out)
{
    struct kf_table t;
    uint64_t before = x->f->profiles;
    if (!x->f->n_step)
        return;
    head(x, "Step by step", out);
    kf_table_start(&t, "rrl");
    kf_table_head(&t, "left|gone|");
    t.wrap = true;
    kf_table_count(&t, before);
    kf_table_cell(&t, "");
    kf_table_cell(&t, "everybody");
    kf_table_end_row(&t);
    for (uint32_t i = 0; i < x->f->n_step; i++) {
        kf_table_count(&t, x->f->step[i].left);
        kf_table_count(&t, before - x->f->step[i].left);
        words(x, x->f->step[i].part, false, &t);
        kf_table_end_row(&t);
        before = x->f->step[i].left;
    }
    kf_table_print(&t, 2, x->s->cli->colour, out);
}

static bool is_question(const struct funnel *x, uint32_t i)
{
    const struct kf_why_part *p = &x->f->w->part[i];
    return p->op == KF_WHY_ASK && p->same == i;
}

static void questions(const struct funnel *x, struct kf_buf *out)
{
    bool score = x->rule->kind == KF_KIND_SCORE;
    struct kf_table t;
    head(x, "Each condition alone", out);
    kf_table_start(&t, score ? "rrrl" : "rrrrrl");
    kf_table_head(&t, score ? "true|false|undecided|" : "true|false|undecided|keeps out|keeps in|");
    t.wrap = true;
    for (uint32_t i = 0; i < x->f->w->n; i++) {
        const struct kf_why_count *c = &x->f->count[i];
        if (!is_question(x, i))
            continue;
        kf_table_count(&t, c->truth[KF_TRUE]);
        kf_table_count(&t, c->truth[KF_FALSE]);
        kf_table_count(&t, c->truth[KF_UNDECIDED]);
        if (!score) {
            kf_table_count(&t, c->keeps_out);
            kf_table_count(&t, c->keeps_in);
        }
        words(x, i, true, &t);
        kf_table_end_row(&t);
    }
    kf_table_print(&t, 2, x->s->cli->colour, out);
    if (!score)
        kf_buf_adds(out,
                    "  keeps out: they would be in if this alone were otherwise; keeps in: they "
                    "would be out\n");
}

static const char *band_name(const struct funnel *x, uint32_t i)
{
    const struct kf_node *bands = kf_rule_get(x->rule, "bands");
    return i + 1 < x->f->n_band ? kf_node_text(bands->kid[i]->kid[0], 0) : NULL;
}

static void bands(const struct funnel *x, struct kf_buf *out)
{
    struct kf_table t;
    if (x->f->n_band < 2)
        return;
    head(x, "Bands", out);
    kf_table_start(&t, "rl");
    for (uint32_t i = 0; i < x->f->n_band; i++) {
        kf_table_count(&t, x->f->band[i]);
        kf_table_cell(&t, band_name(x, i) ? band_name(x, i) : "in none");
        kf_table_end_row(&t);
    }
    kf_table_print(&t, 2, x->s->cli->colour, out);
}

/* What an analyst would look at first. */
static void advice(const struct funnel *x, struct kf_buf *out)
{
    uint32_t best = 0;
    uint64_t most = 0;
    struct kf_buf b = {0};
    char n[32];
    for (uint32_t i = 0; i < x->f->w->n; i++)
        if (is_question(x, i) && x->f->count[i].keeps_out > most) {
            best = i;
            most = x->f->count[i].keeps_out;
        }
    if (!most || x->rule->kind == KF_KIND_SUPPRESS)
        return;
    kf_buf_addf(&b, "Condition %u alone keeps out most: %s would come in without it.",
                x->f->w->part[best].number, kf_count_text(most, n));
    kf_buf_addc(out, '\n');
    kf_explain_line(out, 0, 2, b.p);
    kf_buf_free(&b);
}

static void text(const struct funnel *x, struct kf_buf *out)
{
    answer(x, out);
    if (x->rule->kind != KF_KIND_SCORE)
        steps(x, out);
    questions(x, out);
    bands(x, out);
    advice(x, out);
}

/* ---- JSON ---- */

static void part_json(const struct funnel *x, uint32_t i, struct kf_json *j)
{
    const struct kf_why_part *p = &x->f->w->part[i];
    struct kf_buf b = {0};
    if (p->op == KF_WHY_ASK)
        kf_json_count(j, "number", p->number);
    kf_explain_part_add(&(struct kf_explain_view){x->s->world, x->s->reveal}, p, &b);
    kf_json_text(j, "needs", b.p);
    kf_buf_clear(&b);
    kf_place_add(&b, kf_why_place(p));
    kf_json_text(j, "where", b.p);
    kf_buf_free(&b);
}

static void questions_json(const struct funnel *x, struct kf_json *j)
{
    kf_json_open(j, "conditions", '[');
    for (uint32_t i = 0; i < x->f->w->n; i++) {
        const struct kf_why_count *c = &x->f->count[i];
        if (!is_question(x, i))
            continue;
        kf_json_open(j, NULL, '{');
        part_json(x, i, j);
        kf_json_count(j, "true", c->truth[KF_TRUE]);
        kf_json_count(j, "false", c->truth[KF_FALSE]);
        kf_json_count(j, "undecided", c->truth[KF_UNDECIDED]);
        kf_json_count(j, "keeps_out", c->keeps_out);
        kf_json_count(j, "keeps_in", c->keeps_in);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void json(const struct funnel *x, struct kf_buf *out)
{
    struct kf_json j;
    kf_json_start(&j, out, "kinfold.explain-funnel/1");
    kf_explain_rule_json(x->rule, x->approval, x->n_approval, &j);
    kf_json_time(&j, "as_of", x->s->world->as_of);
    kf_json_text(&j, "rules", kf_cli_has(x->s->cli, "candidate") ? "files" : "last run");
    kf_json_count(&j, "people", x->f->profiles);
    kf_json_count(&j, "hold", x->f->holds);
    kf_json_count(&j, "undecided", x->f->undecided);
    kf_json_count(&j, "lack_consent", x->f->lacks_consent);
    kf_json_open(&j, "steps", '[');
    for (uint32_t i = 0; i < x->f->n_step && x->rule->kind != KF_KIND_SCORE; i++) {
        kf_json_open(&j, NULL, '{');
        part_json(x, x->f->step[i].part, &j);
        kf_json_count(&j, "left", x->f->step[i].left);
        kf_json_close(&j, '}');
    }
    kf_json_close(&j, ']');
    questions_json(x, &j);
    kf_json_open(&j, "bands", '[');
    for (uint32_t i = 0; i < x->f->n_band; i++) {
        kf_json_open(&j, NULL, '{');
        kf_json_text(&j, "band", band_name(x, i));
        kf_json_count(&j, "people", x->f->band[i]);
        kf_json_close(&j, '}');
    }
    kf_json_close(&j, ']');
    kf_json_end(&j);
}

int kf_explain_funnel(struct kf_session *s, const struct kf_rule *rule, struct kf_buf *out,
                      struct kf_error *err)
{
    struct kf_why_funnel *f;
    struct kf_approvals *approvals = NULL;
    struct funnel x = {.s = s, .rule = rule};
    int rc = kf_decide_funnel(s->decide, rule, &f, err);
    if (rc)
        return rc;
    x.f = f;
    rc = kf_explain_approvals(s, &approvals, x.approval, 8, &x.n_approval, err);
    if (rc == 0 && s->cli->json)
        json(&x, out);
    else if (rc == 0)
        text(&x, out);
    kf_approvals_free(approvals);
    kf_why_funnel_free(f);
    return rc;
}
