#include "cli/explain.h"

#include <stdlib.h>

#define SAID_SHOWN 4u /* statements of consent that say the same, one after the other */

static void head(const struct kf_explain *x, const char *what, struct kf_buf *out)
{
    kf_buf_addc(out, '\n');
    kf_style_add(out, x->s->cli->colour, KF_BOLD, what);
    kf_buf_addc(out, '\n');
}

static const struct kf_zone *zone(const struct kf_explain *x)
{
    return x->s->ws.config->zone;
}

/* "2026-01-20 09:00  Account Created  data/web.jsonl:14" */
static void event_cells(const struct kf_explain *x, uint32_t event, struct kf_table *t)
{
    const struct kf_events *e = x->s->events;
    struct kf_buf b = {0};
    if (event == UINT32_MAX) {
        kf_table_cell(t, "");
        kf_table_cell(t, "");
        kf_table_cell(t, "");
        return;
    }
    kf_when_add(&b, zone(x), e->time[event]);
    kf_table_cell(t, b.p);
    kf_buf_clear(&b);
    struct kf_str name = kf_symbols_text(e->dict->name, e->what[event].name);
    if (name.n)
        kf_mask_add(&b, KF_PERSONAL_NONE, name, false);
    else
        kf_buf_adds(&b, kf_event_type_name(e->what[event].type));
    kf_table_cell(t, b.p);
    kf_buf_clear(&b);
    kf_event_place_add(&b, e, event);
    kf_table_style(t, KF_DIM, b.p);
    kf_buf_free(&b);
}

static void add_title(const struct kf_explain *x, struct kf_buf *out)
{
    const struct kf_world *w = x->s->world;
    char hex[17];
    struct kf_buf face = {0};
    kf_profile_id_format(w->identity->profile_id[x->profile], hex);
    kf_ident_add(&face, w->ids, kf_profile_face(w, x->profile), x->s->reveal);
    kf_style_add(out, x->s->cli->colour, KF_BOLD, face.p);
    kf_buf_free(&face);
    uint32_t from = w->first[x->profile], to = w->first[x->profile + 1];
    kf_buf_addf(out, "  profile %s\n", hex);
    kf_count_add(out, to - from, "event", NULL);
    if (to > from) {
        kf_buf_adds(out, " from ");
        kf_when_add(out, zone(x), w->events->time[w->order[from]]);
        kf_buf_adds(out, " to ");
        kf_when_add(out, zone(x), w->events->time[w->order[to - 1]]);
    }
    kf_buf_adds(out, "; as of ");
    kf_when_add(out, zone(x), w->as_of);
    kf_buf_addf(out, " (%s)\n", x->s->ws.config->zone_name ? x->s->ws.config->zone_name : "UTC");
    if (kf_cli_has(x->s->cli, "candidate"))
        kf_buf_adds(out, "By the rules as they are in the files now, not by the last run's.\n");
}

static void ident_cell(const struct kf_explain *x, uint32_t id, struct kf_table *t)
{
    struct kf_buf b = {0};
    kf_ident_add(&b, x->s->world->ids, id, x->s->reveal);
    kf_table_cell(t, b.p);
    kf_buf_free(&b);
}

static void add_identifiers(const struct kf_explain *x, struct kf_buf *out)
{
    const struct kf_world *w = x->s->world;
    head(x, "Identifiers", out);
    struct kf_table t;
    kf_table_start(&t, "ll");
    for (uint32_t i = w->ids_first[x->profile]; i < w->ids_first[x->profile + 1]; i++) {
        const struct kf_id_span *s = kf_explain_span(w, w->ids_of[i]);
        ident_cell(x, w->ids_of[i], &t);
        if (s && s->from != KF_TIME_MIN) {
            struct kf_buf b = {0};
            kf_buf_adds(&b, "since ");
            kf_when_add(&b, zone(x), s->from);
            kf_table_style(&t, KF_DIM, b.p);
            kf_buf_free(&b);
        }
        kf_table_end_row(&t);
    }
    for (uint32_t i = 0; i < x->n_past; i++) {
        const struct kf_id_span *s = &w->identity->span[x->past[i]];
        struct kf_buf b = {0};
        ident_cell(x, s->id, &t);
        kf_buf_adds(&b, "earlier");
        if (s->from != KF_TIME_MIN) {
            kf_buf_adds(&b, " from ");
            kf_when_add(&b, zone(x), s->from);
        }
        if (s->to != KF_TIME_MAX) {
            kf_buf_adds(&b, " until ");
            kf_when_add(&b, zone(x), s->to);
        }
        kf_table_style(&t, KF_DIM, b.p);
        kf_table_end_row(&t);
        kf_buf_free(&b);
    }
    kf_table_print(&t, 2, x->s->cli->colour, out);
}

static void link_row(const struct kf_explain *x, const struct kf_id_link *l, struct kf_table *t)
{
    const struct kf_rule *r = kf_explain_link_rule(x->s->world->rules, l->rule);
    struct kf_buf b = {0};
    ident_cell(x, l->a, t);
    ident_cell(x, l->b, t);
    kf_buf_adds(&b, l->rule);
    if (l->count > 1)
        kf_buf_addf(&b, " ×%u", l->count);
    kf_table_cell(t, b.p);
    kf_buf_clear(&b);
    if (r)
        kf_place_add(&b, &r->pos);
    else
        kf_buf_adds(&b, "a steward's decision");
    kf_table_style(t, KF_DIM, b.p);
    kf_buf_free(&b);
}

static void add_links(const struct kf_explain *x, struct kf_buf *out)
{
    const struct kf_world *w = x->s->world;
    if (x->n_link) {
        struct kf_table t;
        head(x, "Joined because", out);
        kf_table_start(&t, "lllllll");
        for (uint32_t i = 0; i < x->n_link; i++) {
            link_row(x, &w->identity->link[x->link[i]], &t);
            event_cells(x, w->identity->link[x->link[i]].event, &t);
            kf_table_end_row(&t);
        }
        kf_table_print(&t, 2, x->s->cli->colour, out);
    }
    if (x->n_refused) {
        struct kf_table t;
        head(x, "Not joined", out);
        kf_table_start(&t, "llllllll");
        for (uint32_t i = 0; i < x->n_refused; i++) {
            const struct kf_id_link *l = &w->identity->link[x->link[x->n_link + i]];
            struct kf_buf b = {0};
            kf_explain_refusal(w, l, x->s->reveal, &b);
            link_row(x, l, &t);
            kf_table_style(&t, KF_YELLOW, b.p);
            event_cells(x, l->event, &t);
            kf_table_end_row(&t);
            kf_buf_free(&b);
        }
        kf_table_print(&t, 2, x->s->cli->colour, out);
    }
}

static void add_values(const struct kf_explain *x, struct kf_buf *out)
{
    struct kf_table t;
    kf_table_start(&t, "lllll");
    for (uint32_t i = 0; i < x->n_value; i++) {
        const struct kf_explain_value *v = &x->value[i];
        if (!v->text && !v->undecided)
            continue;
        kf_table_cell(&t, v->def->name);
        if (v->undecided)
            kf_table_style(&t, KF_YELLOW, v->undecided);
        else
            kf_table_cell(&t, v->text);
        event_cells(x, v->event, &t);
        kf_table_end_row(&t);
    }
    head(x, "Known", out);
    if (kf_table_empty(&t))
        kf_buf_adds(out, "  nothing\n");
    kf_table_print(&t, 2, x->s->cli->colour, out);
}

static void said_row(const struct kf_explain *x, const struct kf_consent_said *said,
                     struct kf_table *t)
{
    kf_table_cell(t, said->state == KF_SAID_GRANTED ? "granted" : "denied");
    event_cells(x, said->event, t);
    ident_cell(x, said->identifier, t);
    if (said->rule != UINT32_MAX) {
        struct kf_buf b = {0};
        kf_place_add(&b, &x->s->world->rules->rule[said->rule]->pos);
        kf_table_style(t, KF_DIM, b.p);
        kf_buf_free(&b);
    }
    kf_table_end_row(t);
}

/* What is said with every page looked at is said by its first and its last statement. */
static void add_said(const struct kf_explain *x, const struct kf_consent_said *said, uint32_t n,
                     struct kf_buf *out)
{
    struct kf_table t;
    char count[32];
    kf_table_start(&t, "llllll");
    for (uint32_t k = 0, end; k < n; k = end) {
        for (end = k + 1; end < n && said[end].state == said[k].state;)
            end++;
        bool all = end - k <= SAID_SHOWN;
        for (uint32_t i = k; i < end; i++) {
            if (all || i == k || i + 1 == end) {
                said_row(x, &said[i], &t);
            } else if (i == k + 1) {
                kf_table_cell(&t, "\xe2\x80\xa6");
                kf_table_cellf(&t, "%s more alike", kf_count_text(end - k - 2, count));
                kf_table_end_row(&t);
            }
        }
    }
    kf_table_print(&t, 4, x->s->cli->colour, out);
}

static void add_consent(const struct kf_explain *x, struct kf_buf *out)
{
    const struct kf_world *w = x->s->world;
    if (!x->n_consent)
        return;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_consents *c = NULL;
    struct kf_consent_fold *f = NULL;
    struct kf_arena a = {0};
    head(x, "Consent", out);
    if (kf_consents_new(w, &c, &err) == 0)
        f = kf_consent_fold_new(c);
    if (f)
        kf_consent_fold_start(f, x->profile);
    for (uint32_t i = 0; i < x->n_consent; i++) {
        const struct kf_consent_row *row = &x->consent[i];
        kf_buf_addf(out, "  %s: ", w->statements.purpose[row->purpose]);
        kf_style_add(out, x->s->cli->colour,
                     row->state == KF_CONSENT_GRANTED ? KF_GREEN : KF_YELLOW,
                     kf_consent_state_name(row->state));
        if (row->since != KF_NO_TIME) {
            kf_buf_adds(out, " since ");
            kf_when_add(out, zone(x), row->since);
        }
        kf_buf_addc(out, '\n');
        const struct kf_consent_said *said;
        uint32_t n = f ? kf_consent_history(f, row->purpose, &a, &said) : 0;
        add_said(x, said, n, out);
    }
    kf_consent_fold_free(f);
    kf_consents_free(c);
    kf_arena_free(&a);
}

static void add_segment(const struct kf_explain *x, const struct kf_explain_rule *r,
                        struct kf_buf *out)
{
    bool colour = x->s->cli->colour;
    struct kf_buf place = {0};
    kf_place_add(&place, &r->rule->pos);
    kf_buf_adds(out, "  ");
    kf_style_add(out, colour,
                 r->member      ? KF_GREEN
                 : r->undecided ? KF_YELLOW
                                : KF_DIM,
                 r->member      ? "in "
                 : r->undecided ? "undecided"
                                : "not in");
    kf_buf_addf(out, " %s  ", r->rule->name);
    kf_style_add(out, colour, KF_DIM, place.p);
    if (r->member && r->until != KF_TIME_MAX) {
        kf_buf_adds(out, "  until ");
        kf_when_add(out, zone(x), r->until);
    }
    if (r->no_consent)
        kf_buf_adds(out, "  everything holds but the consent it requires");
    if (r->undecided)
        kf_buf_addf(out, "  %s", r->undecided);
    kf_buf_addc(out, '\n');
    kf_explain_conditions(r, 6, colour, out);
    kf_buf_free(&place);
}

static void add_segments(const struct kf_explain *x, struct kf_buf *out)
{
    if (x->n_segment)
        head(x, "Segments", out);
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < x->n_segment; i++)
            if (x->segment[i].member == (pass == 0))
                add_segment(x, &x->segment[i], out);
    if (x->n_score)
        head(x, "Scores", out);
    for (uint32_t i = 0; i < x->n_score; i++) {
        const struct kf_explain_value *v = NULL;
        for (uint32_t k = 0; k < x->n_value; k++)
            if (x->value[k].def->rule == x->score[i].rule && !x->value[k].def->band)
                v = &x->value[k];
        kf_buf_addf(out, "  %s: %s  ", x->score[i].rule->name,
                    v && v->text        ? v->text
                    : v && v->undecided ? v->undecided
                                        : "none");
        kf_place_add(out, &x->score[i].rule->pos);
        kf_buf_addc(out, '\n');
        kf_explain_conditions(&x->score[i], 6, x->s->cli->colour, out);
    }
}

static void channel_names(const struct kf_ruleset *rules, uint32_t bits, struct kf_buf *b)
{
    uint32_t n;
    const struct kf_rule *const *c = kf_rules_kind(rules, KF_KIND_CHANNEL, &n);
    if (bits == UINT32_MAX) {
        kf_buf_adds(b, "everything");
        return;
    }
    bool first = true;
    for (uint32_t i = 0; i < n && i < 32; i++)
        if (bits >> i & 1) {
            kf_buf_addf(b, "%s%s", first ? "" : ", ", c[i]->name);
            first = false;
        }
}

static void add_suppressions(const struct kf_explain *x, struct kf_buf *out)
{
    const struct kf_world *w = x->s->world;
    head(x, "Suppressed", out);
    if (!x->n_suppression)
        kf_buf_adds(out, "  by nothing\n");
    struct kf_table t;
    kf_table_start(&t, "llll");
    for (uint32_t i = 0; i < x->n_suppression; i++) {
        const struct kf_suppression *s = &x->suppression[i];
        const struct kf_rule *r = w->rules->rule[s->rule];
        struct kf_buf b = {0};
        kf_table_style(&t, KF_YELLOW, r->name);
        kf_buf_adds(&b, "blocks ");
        channel_names(w->rules, s->channels, &b);
        if (s->contact != KF_ID_NONE) {
            kf_buf_adds(&b, " to ");
            kf_ident_add(&b, w->ids, s->contact, x->s->reveal);
        }
        if (s->undecided)
            kf_buf_adds(&b, " (undecided, so suppressed)");
        kf_table_cell(&t, b.p);
        kf_buf_clear(&b);
        kf_table_cell(&t, r->title ? r->title : "");
        kf_place_add(&b, &r->pos);
        kf_table_style(&t, KF_DIM, b.p);
        kf_table_end_row(&t);
        kf_buf_free(&b);
    }
    kf_table_print(&t, 2, x->s->cli->colour, out);
}

static void add_channels(const struct kf_explain *x, struct kf_buf *out)
{
    const struct kf_world *w = x->s->world;
    if (!x->n_eligibility)
        return;
    head(x, "May be reached", out);
    for (uint32_t i = 0; i < x->n_eligibility; i++) {
        const struct kf_eligibility *e = &x->eligibility[i];
        kf_buf_addf(out, "  %s: ", w->rules->rule[e->channel]->name);
        if (e->from == KF_TIME_MAX) {
            kf_buf_adds(out, "no");
            if (e->blocked_by != UINT32_MAX)
                kf_buf_addf(out, ", %s", w->rules->rule[e->blocked_by]->name);
            else if (e->contact == KF_ID_NONE)
                kf_buf_adds(out, ", no contact that may be used");
        } else {
            kf_buf_adds(out, e->from > w->as_of ? "from " : "yes");
            if (e->from > w->as_of)
                kf_when_add(out, zone(x), e->from);
            if (e->contact != KF_ID_NONE) {
                kf_buf_adds(out, ", ");
                kf_ident_add(out, w->ids, e->contact, x->s->reveal);
            }
        }
        kf_buf_addc(out, '\n');
    }
}

static void add_fraud(const struct kf_explain *x, struct kf_buf *out)
{
    uint32_t n;
    const struct kf_fraud_row *row = kf_decide_fraud(x->s->decide, &n);
    if (!x->n_fraud)
        return;
    head(x, "Fraud", out);
    struct kf_table t;
    kf_table_start(&t, "lllllll");
    for (uint32_t i = 0; i < x->n_fraud; i++) {
        const struct kf_fraud_row *f = &row[x->fraud[i]];
        const struct kf_rule *r = x->s->world->rules->rule[f->rule];
        struct kf_buf b = {0};
        kf_table_style(&t, KF_RED, r->name);
        kf_table_cell(&t, f->verdict == KF_VERDICT_REJECT ? "reject"
                          : f->undecided                  ? "suspicious (undecided)"
                                                          : "suspicious");
        if (f->identifier != KF_ID_NONE)
            kf_ident_add(&b, x->s->world->ids, f->identifier, x->s->reveal);
        kf_table_cell(&t, b.p ? b.p : "");
        kf_buf_clear(&b);
        event_cells(x, f->event, &t);
        kf_place_add(&b, &r->pos);
        kf_table_style(&t, KF_DIM, b.p);
        kf_table_end_row(&t);
        kf_buf_free(&b);
    }
    kf_table_print(&t, 2, x->s->cli->colour, out);
}

static void add_touches(const struct kf_explain *x, struct kf_buf *out)
{
    if (!x->n_touch)
        return;
    head(x, "Campaigns", out);
    kf_buf_adds(out, "  ");
    kf_count_add(out, x->n_touch, "touch", "touches");
    kf_buf_addf(out, "; first %s on ", x->first_touch);
    kf_when_add(out, zone(x), x->first_touch_time);
    kf_buf_addf(out, ", last %s on ", x->last_touch);
    kf_when_add(out, zone(x), x->last_touch_time);
    kf_buf_addc(out, '\n');
}

void kf_explain_text(const struct kf_explain *x, struct kf_buf *out)
{
    add_title(x, out);
    add_identifiers(x, out);
    add_links(x, out);
    add_values(x, out);
    add_consent(x, out);
    add_segments(x, out);
    add_suppressions(x, out);
    add_channels(x, out);
    add_fraud(x, out);
    add_touches(x, out);
}
