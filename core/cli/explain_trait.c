/* Where the value of a trait comes from: the event that set it and those before, or what a computed
 * one is made of. */
#include "cli/explain_rule.h"

#define SHOWN 8u /* values before, events of a part */

struct trait {
    struct kf_session *s;
    const struct kf_rule *rule;
    uint32_t profile;
    struct kf_reasoning *why;
    const struct kf_why_value *part;
    uint32_t n_part;
    const struct kf_trait_step *step;
    uint32_t n_step;
    struct kf_why_time time;
    const struct kf_approval *approval[8];
    uint32_t n_approval;
    struct kf_arena arena;
};

/* ---- words ---- */

static void masked(const struct trait *k, struct kf_str text, struct kf_buf *out)
{
    const char *declared = kf_rule_text(k->rule, "personal", NULL);
    enum kf_personal kind = kf_personal_value(kf_cstr(k->rule->name), declared, text);
    kf_mask_add(out, kf_str_eq(text, kf_cstr("missing")) ? KF_PERSONAL_NONE : kind, text,
                k->s->reveal);
}

static void value_add(const struct trait *k, const struct kf_value *v, struct kf_buf *out)
{
    struct kf_buf raw = {0};
    if (v->type == KF_VAL_TEXT)
        kf_buf_add(&raw, v->text.p, v->text.n); /* without quotes, as everywhere */
    else
        kf_value_format(v, k->s->ws.config->zone, &raw);
    masked(k, kf_str(raw.p ? raw.p : "", raw.n), out);
    kf_buf_free(&raw);
}

/* `from`: paths, each for events of a name or for all. */
static void source_add(const struct kf_node *n, struct kf_buf *out)
{
    if (n->cls == KF_CLASS_TABLE && n->kids >= 2) {
        kf_buf_adds(out, kf_node_text(n->kid[1], 0) ? kf_node_text(n->kid[1], 0) : "?");
        kf_buf_adds(out, " of ");
        kf_node_sentence(n->kid[0]->op == KF_C_HAS ? n->kid[0]->kid[0] : n->kid[0], out);
    } else if (kf_node_text(n, 0)) {
        kf_buf_adds(out, kf_node_text(n, 0));
    } else {
        kf_node_sentence(n, out);
    }
}

static uint32_t sources(const struct kf_rule *r, const struct kf_node *const **ret,
                        const struct kf_node **one)
{
    const struct kf_node *from = kf_rule_get(r, "from");
    *one = from;
    *ret = one;
    if (!from)
        return 0;
    if (from->cls != KF_CLASS_TABLE)
        return 1;
    *ret = (const struct kf_node *const *)from->kid;
    return from->kids;
}

static void keep_add(const struct kf_rule *r, struct kf_buf *out)
{
    const struct kf_node *keep = kf_rule_get(r, "keep");
    if (keep && keep->op == KF_T_MODEL && keep->kids) {
        kf_buf_adds(out, "by source: ");
        for (uint32_t i = 0; i < kf_node_texts(keep->kid[0]); i++)
            kf_buf_addf(out, "%s%s", i ? ", then " : "", kf_node_text(keep->kid[0], i));
        kf_buf_adds(out, ", then the others");
    } else {
        kf_buf_adds(out, keep && kf_node_text(keep, 0) ? kf_node_text(keep, 0) : "newest");
    }
}

/* ---- text ---- */

static void head(const struct trait *k, const char *what, struct kf_buf *out)
{
    kf_buf_addc(out, '\n');
    kf_style_add(out, k->s->cli->colour, KF_BOLD, what);
    kf_buf_addc(out, '\n');
}

static void rule_text(const struct trait *k, struct kf_buf *out)
{
    const struct kf_node *const *from, *one;
    struct kf_buf b = {0};
    uint32_t n = sources(k->rule, &from, &one);
    kf_buf_adds(&b, "keeps ");
    keep_add(k->rule, &b);
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_adds(&b, i == 0 ? "; from " : i + 1 == n ? " or " : ", ");
        source_add(from[i], &b);
    }
    kf_explain_line(out, 2, 4, b.p);
    kf_buf_free(&b);
}

static void answer(const struct trait *k, struct kf_buf *out)
{
    struct kf_buf b = {0};
    kf_explain_who(k->s, k->profile, &b);
    kf_buf_addf(&b, ": trait '%s' is ", k->rule->name);
    if (k->why->value.type == KF_VAL_UNDECIDED)
        kf_buf_addf(&b, "undecided, %s", k->why->value.why ? k->why->value.why : "no reason given");
    else
        value_add(k, &k->why->value, &b);
    kf_explain_line(out, 0, 2, b.p);
    kf_explain_rule_head(k->s, k->rule, k->approval, k->n_approval, out);
    if (k->rule->kind == KF_KIND_TRAIT)
        rule_text(k, out);
    kf_buf_adds(out, "  as of ");
    kf_when_add(out, k->s->ws.config->zone, k->s->world->as_of);
    kf_buf_addc(out, '\n');
    kf_buf_free(&b);
}

/* A value that is said again changes nothing, but it is what the value now stands on. */
static void set_by_text(const struct trait *k, struct kf_buf *out)
{
    struct kf_table t;
    uint32_t event = k->why->value.event;
    if (event == UINT32_MAX)
        return;
    head(k, "Set by", out);
    kf_table_start(&t, "lllll");
    kf_explain_event_cells(k->s, event, &t);
    kf_table_end_row(&t);
    kf_table_print(&t, 2, k->s->cli->colour, out);
}

static void history_text(const struct trait *k, struct kf_buf *out)
{
    struct kf_table t;
    uint32_t from = k->n_step > SHOWN ? k->n_step - SHOWN : 0;
    head(k, "Values it had, and the event that brought each", out);
    if (!k->n_step)
        kf_buf_adds(out, "  none: no event carried it\n");
    if (from)
        kf_buf_addf(out, "  %u older; --json has all\n", from);
    kf_table_start(&t, "llllll");
    for (uint32_t i = from; i < k->n_step; i++) {
        struct kf_buf b = {0};
        value_add(k, &k->step[i].value, &b);
        kf_table_cell(&t, b.p);
        kf_explain_event_cells(k->s, k->step[i].event, &t);
        kf_table_end_row(&t);
        kf_buf_free(&b);
    }
    kf_table_print(&t, 2, k->s->cli->colour, out);
}

static void part_text(const struct trait *k, const struct kf_why_value *p, struct kf_buf *out)
{
    struct kf_buf b = {0};
    struct kf_table t;
    kf_node_sentence(p->node, &b);
    kf_buf_adds(&b, ": ");
    masked(k, p->actual, &b);
    if (p->n_event) {
        kf_buf_adds(&b, " (");
        kf_count_add(&b, p->n_event, "event", NULL);
        kf_buf_addc(&b, ')');
    }
    kf_buf_adds(&b, " (");
    kf_place_add(&b, p->node->pos.line ? &p->node->pos : &p->of->pos);
    kf_buf_addc(&b, ')');
    kf_explain_line(out, 2 + 2 * p->depth, 6 + 2 * p->depth, b.p);
    kf_table_start(&t, "lllll");
    for (uint32_t i = p->n_event > SHOWN ? p->n_event - SHOWN : 0; i < p->n_event; i++) {
        kf_explain_event_cells(k->s, p->event[i], &t);
        kf_table_end_row(&t);
    }
    kf_table_print(&t, 6 + 2 * p->depth, k->s->cli->colour, out);
    kf_buf_free(&b);
}

static void time_text(const struct trait *k, struct kf_buf *out)
{
    struct kf_buf b = {0};
    head(k, "By time alone", out);
    if (k->time.at == KF_TIME_MAX) {
        kf_buf_adds(out, "  nothing changes");
        if (k->time.tried_until != KF_TIME_MAX) {
            kf_buf_adds(out, " before ");
            kf_explain_day_add(k->s, k->time.tried_until, out);
        }
        kf_buf_addc(out, '\n');
        return;
    }
    kf_buf_adds(&b, "will be ");
    masked(k, kf_cstr(k->time.value), &b);
    kf_buf_adds(&b, " on ");
    kf_explain_day_add(k->s, k->time.at, &b);
    kf_buf_adds(&b, " if nothing happens");
    kf_explain_line(out, 2, 4, b.p);
    kf_buf_free(&b);
}

static void text(const struct trait *k, struct kf_buf *out)
{
    answer(k, out);
    set_by_text(k, out);
    if (k->rule->kind == KF_KIND_TRAIT)
        history_text(k, out);
    else
        head(k, "What it is made of", out);
    for (uint32_t i = 0; i < k->n_part; i++)
        part_text(k, &k->part[i], out);
    time_text(k, out);
}

/* ---- JSON ---- */

static void value_json(const struct trait *k, struct kf_json *j, const char *key,
                       const struct kf_value *v)
{
    struct kf_buf b = {0};
    if (v->type != KF_VAL_MISSING && v->type != KF_VAL_UNDECIDED)
        value_add(k, v, &b);
    kf_json_text(j, key, b.p);
    kf_buf_free(&b);
}

static void rule_json(const struct trait *k, struct kf_json *j)
{
    const struct kf_node *const *from, *one;
    uint32_t n = sources(k->rule, &from, &one);
    struct kf_buf b = {0};
    if (k->rule->kind == KF_KIND_TRAIT)
        keep_add(k->rule, &b);
    kf_json_text(j, "keep", b.p);
    kf_json_open(j, "from", '[');
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_clear(&b);
        source_add(from[i], &b);
        kf_json_text(j, NULL, b.p);
    }
    kf_json_close(j, ']');
    kf_buf_free(&b);
}

static void parts_json(const struct trait *k, struct kf_json *j)
{
    kf_json_open(j, "parts", '[');
    for (uint32_t i = 0; i < k->n_part; i++) {
        const struct kf_why_value *p = &k->part[i];
        struct kf_buf b = {0};
        kf_json_open(j, NULL, '{');
        kf_json_count(j, "depth", p->depth);
        kf_json_text(j, "of", p->of->name);
        kf_node_sentence(p->node, &b);
        kf_json_text(j, "what", b.p);
        kf_buf_clear(&b);
        masked(k, p->actual, &b);
        kf_json_text(j, "was", b.p);
        kf_buf_clear(&b);
        kf_place_add(&b, p->node->pos.line ? &p->node->pos : &p->of->pos);
        kf_json_text(j, "where", b.p);
        kf_json_open(j, "events", '[');
        for (uint32_t e = 0; e < p->n_event; e++)
            kf_explain_event_json(k->s, NULL, p->event[e], j);
        kf_json_close(j, ']');
        kf_json_close(j, '}');
        kf_buf_free(&b);
    }
    kf_json_close(j, ']');
}

static void json(const struct trait *k, struct kf_buf *out)
{
    const struct kf_world *w = k->s->world;
    const struct kf_value *v = &k->why->value;
    struct kf_buf b = {0};
    struct kf_json j;
    char hex[17];
    kf_profile_id_format(w->identity->profile_id[k->profile], hex);
    kf_json_start(&j, out, "kinfold.explain-trait/1");
    kf_explain_rule_json(k->rule, k->approval, k->n_approval, &j);
    kf_json_text(&j, "profile", hex);
    kf_json_time(&j, "as_of", w->as_of);
    kf_json_bool(&j, "masked", !k->s->reveal);
    value_json(k, &j, "value", v);
    kf_json_text(&j, "undecided", v->type == KF_VAL_UNDECIDED ? v->why : NULL);
    kf_explain_event_json(k->s, "event", v->event, &j);
    rule_json(k, &j);
    kf_json_open(&j, "history", '[');
    for (uint32_t i = 0; i < k->n_step; i++) {
        kf_json_open(&j, NULL, '{');
        value_json(k, &j, "value", &k->step[i].value);
        kf_explain_event_json(k->s, "event", k->step[i].event, &j);
        kf_json_close(&j, '}');
    }
    kf_json_close(&j, ']');
    parts_json(k, &j);
    kf_json_open(&j, "by_time", '{');
    kf_json_time(&j, "at", k->time.at);
    if (k->time.value)
        masked(k, kf_cstr(k->time.value), &b);
    kf_json_text(&j, "value", b.p);
    kf_json_time(&j, "nothing_before", k->time.tried_until);
    kf_json_close(&j, '}');
    kf_json_end(&j);
    kf_buf_free(&b);
}

int kf_explain_trait(struct kf_session *s, uint32_t profile, const struct kf_rule *rule,
                     struct kf_buf *out, struct kf_error *err)
{
    struct trait k = {.s = s, .rule = rule, .profile = profile};
    struct kf_approvals *approvals = NULL;
    kf_arena_init(&k.arena, 0);
    int rc = kf_decide_why(s->decide, profile, rule, &k.why, err);
    if (rc == 0 && rule->kind == KF_KIND_TRAIT)
        rc = kf_decide_trait_history(s->decide, profile, rule, &k.arena, &k.step, &k.n_step, err);
    if (rc == 0)
        k.n_part = kf_why_values(k.why, &k.part);
    if (rc == 0)
        rc = kf_why_later(k.why, &k.time, err);
    if (rc == 0)
        rc = kf_explain_approvals(s, &approvals, k.approval, 8, &k.n_approval, err);
    if (rc == 0 && s->cli->json)
        json(&k, out);
    else if (rc == 0)
        text(&k, out);
    kf_approvals_free(approvals);
    kf_why_free(k.why);
    kf_arena_free(&k.arena);
    return rc;
}
