#include "base/vec.h"
#include "cli/explain_approval.h"
#include "cli/explain_rule.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN_EVENTS  5u /* of a condition, the newest */
#define SHOWN_CHANGES 3u
#define SHOWN_ID      14

/* ---- shared ---- */

void kf_explain_rule_head(const struct kf_session *s, const struct kf_rule *r,
                          const struct kf_approval *const *approval, uint32_t n, struct kf_buf *out)
{
    struct kf_buf b = {0};
    bool colour = s->cli->colour;
    if (r->title)
        kf_explain_line(out, 2, 2, r->title);
    kf_place_add(&b, &r->pos);
    if (r->owner)
        kf_buf_addf(&b, ", owner %s", r->owner);
    kf_buf_adds(out, "  ");
    kf_style_add(out, colour, KF_DIM, b.p);
    kf_buf_addc(out, '\n');
    if (r->because) {
        kf_buf_clear(&b);
        kf_buf_addf(&b, "because: %s", r->because);
        kf_explain_line(out, 2, 4, b.p);
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_approval *a = approval[i];
        if (a->kind != KF_APPROVAL_APPROVE && a->kind != KF_APPROVAL_REJECT)
            continue;
        kf_buf_clear(&b);
        kf_buf_addf(&b, "%s by %s as %s on ",
                    a->kind == KF_APPROVAL_APPROVE ? "approved" : "rejected", a->who, a->role);
        kf_explain_day_add(s, a->at, &b);
        if (!a->counts)
            kf_buf_adds(&b, ", which does not count: the role was not held");
        kf_explain_line(out, 2, 4, b.p);
    }
    if (approval)
        kf_explain_approval_text(s, r, out);
    kf_buf_free(&b);
}

void kf_explain_event_cells(const struct kf_session *s, uint32_t event, struct kf_table *t)
{
    const struct kf_events *e = s->events;
    struct kf_buf b = {0};
    kf_when_add(&b, s->ws.config->zone, e->time[event]);
    kf_table_cell(t, b.p);
    kf_buf_clear(&b);
    struct kf_str name = kf_symbols_text(e->dict->name, e->what[event].name);
    if (name.n)
        kf_mask_add(&b, KF_PERSONAL_NONE, name, false);
    else
        kf_buf_adds(&b, kf_event_type_name(e->what[event].type));
    kf_table_cell(t, b.p);
    struct kf_str source = kf_symbols_text(e->dict->source, e->at[event].source + 1u);
    kf_table_cellf(t, "%.*s", (int)source.n, source.p ? source.p : "");
    kf_buf_clear(&b);
    kf_event_place_add(&b, e, event);
    kf_table_style(t, KF_DIM, b.p);
    struct kf_str id = kf_event_id(e, event);
    if (id.n > SHOWN_ID) /* whole in --json */
        kf_table_cellf(t, "%.*s\xe2\x80\xa6", SHOWN_ID - 1, id.p);
    else
        kf_table_cellf(t, "%.*s", (int)id.n, id.p ? id.p : "");
    kf_buf_free(&b);
}

static void head(const struct kf_explain_decision *x, const char *what, struct kf_buf *out)
{
    kf_buf_addc(out, '\n');
    kf_style_add(out, x->s->cli->colour, KF_BOLD, what);
    kf_buf_addc(out, '\n');
}

static void when(const struct kf_explain_decision *x, int64_t t, struct kf_buf *out)
{
    kf_when_add(out, x->s->ws.config->zone, t);
}

/* ---- the answer ---- */

/* Why it is not what the conditions say. */
static void still(const struct kf_explain_decision *x, struct kf_buf *out)
{
    if (x->wait.entry_runs)
        kf_buf_addf(out, ": the conditions hold, but not for %s yet", x->wait.entry);
    if (x->wait.exit_runs)
        kf_buf_addf(out, ": the conditions hold no more, but not for %s yet", x->wait.exit);
}

bool kf_explain_wait_text(const struct kf_rule *r, struct kf_buf *out)
{
    static const char *const way[][2] = {
        {"entry_wait", "  enters when the conditions have held for "},
        {"exit_wait", "  leaves when the conditions have not held for "}};
    bool any = false;
    for (int i = 0; i < 2; i++) {
        const struct kf_node *length = kf_rule_get(r, way[i][0]);
        if (!length)
            continue;
        kf_buf_adds(out, way[i][1]);
        kf_node_sentence(length, out);
        kf_buf_addf(out, " (%s)\n", way[i][0]);
        any = true;
    }
    return any;
}

static void answer(const struct kf_explain_decision *x, struct kf_buf *out)
{
    struct kf_buf b = {0};
    char hex[17];
    const struct kf_world *w = x->s->world;
    kf_explain_who(x->s, x->profile, &b);
    kf_buf_addf(&b, " %s", x->is);
    if (x->why->truth == KF_UNDECIDED)
        kf_buf_addf(&b, ": undecided, %s", x->why->why ? x->why->why : "a part of it is undecided");
    else if (x->why->lacks_consent)
        kf_buf_adds(&b, ": everything holds but the consent it requires");
    else
        still(x, &b);
    kf_explain_line(out, 0, 2, b.p);
    kf_explain_rule_head(x->s, x->rule, x->approval, x->n_approval, out);
    kf_profile_id_format(w->identity->profile_id[x->profile], hex);
    kf_buf_addf(out, "  profile %s, as of ", hex);
    when(x, w->as_of, out);
    kf_buf_addf(out, " (%s)\n", x->s->ws.config->zone_name ? x->s->ws.config->zone_name : "UTC");
    if (kf_cli_has(x->s->cli, "candidate"))
        kf_buf_adds(out, "  by the rules as they are in the files now, not by the last run's\n");
    kf_explain_wait_text(x->rule, out);
    kf_buf_free(&b);
}

/* ---- conditions ---- */

static void events_text(const struct kf_explain_decision *x, const struct kf_why_part *p,
                        struct kf_buf *b)
{
    if (p->n_event) {
        kf_buf_adds(b, " (");
        kf_count_add(b, p->n_event, "event", NULL);
        kf_buf_addc(b, ')');
    } else if (p->last != UINT32_MAX && p->about == KF_ABOUT_CONDITION) {
        kf_buf_adds(b, ", the newest such on ");
        when(x, x->s->events->time[p->last], b);
    }
}

/* The place behind the text that began at `from`, or below it where the line is full. */
static void add_place(const struct kf_explain_decision *x, const struct kf_pos *pos, size_t from,
                      unsigned indent, struct kf_buf *out)
{
    struct kf_buf b = {0};
    const char *last = memrchr(out->p + from, '\n', out->n - from);
    const char *line = last ? last + 1 : out->p + from;
    size_t used = kf_utf8_width(kf_str(line, (size_t)(out->p + out->n - line)));
    kf_place_add(&b, pos);
    if (used + (last ? 0 : indent + 1) + 2 + b.n > KF_OUT_COLUMNS)
        kf_buf_addf(out, "\n%*s", (int)indent + 4, "");
    else
        kf_buf_adds(out, "  ");
    kf_style_add(out, x->s->cli->colour, KF_DIM, b.p);
    kf_buf_addc(out, '\n');
    kf_buf_free(&b);
}

static void condition(const struct kf_explain_decision *x, uint32_t i, struct kf_buf *out)
{
    static const char *const mark[] = {"\xe2\x9c\x97", "\xe2\x9c\x93", "?"};
    static const enum kf_style style[] = {KF_RED, KF_GREEN, KF_YELLOW};
    const struct kf_why_part *p = &x->why->part[i];
    unsigned indent = 2 * p->depth;
    struct kf_buf b = {0};
    kf_buf_addf(out, "%*s", (int)indent, "");
    kf_style_add(out, x->s->cli->colour, style[p->truth], mark[p->truth]);
    if (p->op == KF_WHY_ASK)
        kf_buf_addf(&b, " %u. %s", p->number, x->part[i].sentence);
    else
        kf_buf_addf(&b, " %s", x->part[i].sentence);
    bool select = p->about == KF_ABOUT_CONDITION && p->node && p->node->op == KF_C_HAS;
    if (x->part[i].actual)
        kf_buf_addf(&b, ": was %s", x->part[i].actual);
    else if (p->op == KF_WHY_ASK && select && !p->n_event)
        kf_buf_adds(&b, p->last == UINT32_MAX ? ": was never" : ": was not");
    if (p->op == KF_WHY_ASK)
        events_text(x, p, &b);
    if (p->truth == KF_UNDECIDED && p->op == KF_WHY_ASK && p->why && !x->part[i].actual)
        kf_buf_addf(&b, ": undecided, %s", p->why);
    size_t from = out->n;
    kf_wrap_add(out, b.p, indent + 4, indent + 1, false);
    add_place(x, kf_why_place(p), from, indent, out);
    kf_buf_free(&b);
}

void kf_explain_conditions_text(const struct kf_explain_decision *x, struct kf_buf *out)
{
    if (x->rule->kind != KF_KIND_FRAUD)
        head(x, x->rule->kind == KF_KIND_SCORE ? "Points" : "Conditions", out);
    for (uint32_t i = 1; i < x->why->n; i++)
        condition(x, i, out);
    if (x->why->n == 1)
        kf_buf_adds(out, "  none: the rule has no conditions of its own\n");
}

/* ---- evidence ---- */

/* A row of evidence: an event, or what was said in it; and the conditions it is behind. */
struct row {
    uint32_t event;
    const struct kf_consent_said *said; /* NULL: the event itself */
    uint64_t behind;                    /* bit by number of the condition, up to 63 */
    uint32_t number;
};

static int row_cmp(const void *a, const void *b, void *ctx)
{
    const struct row *x = a, *y = b;
    int r = kf_event_cmp(ctx, x->event, y->event);
    if (r || (x->said != NULL) != (y->said != NULL))
        return r ? r : (x->said != NULL) - (y->said != NULL);
    uint32_t i = x->said ? x->said->identifier : 0, k = y->said ? y->said->identifier : 0;
    if (i != k)
        return i < k ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static bool same_row(const struct row *a, const struct row *b)
{
    if (a->event != b->event || (a->said != NULL) != (b->said != NULL))
        return false;
    return !a->said ||
           (a->said->identifier == b->said->identifier && a->said->rule == b->said->rule);
}

typedef kf_vec(struct row) rows;

static uint32_t gather_rows(const struct kf_explain_decision *x, rows *v)
{
    uint32_t older = 0;
    for (uint32_t i = 0; i < x->why->n; i++) {
        const struct kf_why_part *p = &x->why->part[i];
        uint64_t bit = p->number < 64 ? 1ULL << p->number : 0;
        if (p->op != KF_WHY_ASK || p->same != i)
            continue;
        uint32_t from = p->n_event > SHOWN_EVENTS ? p->n_event - SHOWN_EVENTS : 0;
        for (uint32_t k = from; k < p->n_event; k++)
            *kf_vec_push(v) = (struct row){p->event[k], NULL, bit, p->number};
        uint32_t first = p->n_said > SHOWN_EVENTS ? p->n_said - SHOWN_EVENTS : 0;
        for (uint32_t k = first; k < p->n_said; k++)
            *kf_vec_push(v) = (struct row){p->said[k].event, &p->said[k], bit, p->number};
        older += from + first;
    }
    if (v->n)
        qsort_r(v->p, v->n, sizeof *v->p, row_cmp, x->s->events);
    size_t n = 0;
    for (size_t i = 0; i < v->n; i++)
        if (n && same_row(&v->p[n - 1], &v->p[i]))
            v->p[n - 1].behind |= v->p[i].behind;
        else
            v->p[n++] = v->p[i];
    v->n = n;
    return older;
}

static void said_cells(const struct kf_explain_decision *x, const struct kf_consent_said *s,
                       struct kf_table *t)
{
    struct kf_buf b = {0};
    when(x, s->time, &b);
    kf_table_cell(t, b.p);
    kf_table_cell(t, s->state == KF_SAID_GRANTED ? "granted by" : "denied by");
    struct kf_str source =
        kf_symbols_text(x->s->events->dict->source, x->s->events->at[s->event].source + 1u);
    kf_table_cellf(t, "%.*s", (int)source.n, source.p ? source.p : "");
    kf_buf_clear(&b);
    kf_event_place_add(&b, x->s->events, s->event);
    kf_table_style(t, KF_DIM, b.p);
    kf_buf_clear(&b);
    kf_ident_add(&b, x->s->world->ids, s->identifier, x->s->reveal);
    kf_table_cell(t, b.p);
    kf_buf_free(&b);
}

static void numbers_cell(const struct row *r, struct kf_table *t)
{
    struct kf_buf b = {0};
    unsigned n = 0;
    for (unsigned i = 0; i < 64; i++)
        if (r->behind >> i & 1 && ++n <= 3)
            kf_buf_addf(&b, "%s%u", b.n ? " " : "", i);
    if (n > 3)
        kf_buf_adds(&b, "\xe2\x80\xa6");
    if (!b.n)
        kf_buf_addf(&b, "%u", r->number);
    kf_table_cell(t, b.p);
    kf_buf_free(&b);
}

void kf_explain_evidence_text(const struct kf_explain_decision *x, struct kf_buf *out)
{
    struct kf_table t;
    rows v = {0};
    uint32_t older = gather_rows(x, &v);
    if (v.n)
        head(x, "Evidence, by condition", out);
    kf_table_start(&t, "llllll");
    for (size_t i = 0; i < v.n; i++) {
        numbers_cell(&v.p[i], &t);
        if (v.p[i].said)
            said_cells(x, v.p[i].said, &t);
        else
            kf_explain_event_cells(x->s, v.p[i].event, &t);
        kf_table_end_row(&t);
    }
    kf_table_print(&t, 2, x->s->cli->colour, out);
    if (older)
        kf_buf_addf(out, "  and %u older; --json has all\n", older);
    kf_vec_free(&v);
}

/* ---- changes ---- */

static void turn_text(const struct kf_explain_decision *x, const struct kf_explain_turn *t,
                      const char *before, struct kf_buf *out)
{
    struct kf_buf b = {0};
    const struct kf_why_part *p = &x->why->part[t->part];
    kf_buf_addf(&b, "%s%u. %s", before, p->number, t->need);
    if (t->by_time != KF_TIME_MAX) {
        kf_buf_adds(&b, "; by time alone on ");
        kf_explain_day_add(x->s, t->by_time, &b);
    }
    kf_explain_line(out, 2, 7, b.p);
    kf_buf_free(&b);
}

static void nearest_text(const struct kf_explain_decision *x, const struct kf_explain_nearest *n,
                         struct kf_buf *out)
{
    if (!n->possible)
        return;
    if (n->given_up || !n->n) {
        kf_buf_addf(out, "  %s: ", n->to);
        if (n->given_up)
            kf_buf_addf(out, "more than %u conditions would have to change\n", n->size);
        else
            kf_buf_adds(out, "nothing about this person would change it\n");
        return;
    }
    kf_buf_addf(out, "  %s with ", n->to);
    kf_count_add(out, n->size, "change", NULL);
    kf_buf_adds(out, n->wait ? n->wait : "");
    kf_buf_adds(out, n->size == 1 ? ":\n" : ", all of these:\n");
    for (uint32_t i = 0; i < n->n && i < SHOWN_CHANGES; i++)
        for (uint32_t k = 0; k < n->change[i].n; k++)
            turn_text(x, &n->change[i].turn[k], k ? "   and " : i ? "or " : "", out);
    if (n->total > SHOWN_CHANGES)
        kf_buf_addf(out, "  or %u other ways that are as small\n", n->total - SHOWN_CHANGES);
}

void kf_explain_changes_text(const struct kf_explain_decision *x, struct kf_buf *out)
{
    head(x, "What would change it", out);
    bool any = false;
    for (uint32_t i = 0; i < x->n_nearest; i++) {
        nearest_text(x, &x->nearest[i], out);
        any |= x->nearest[i].possible;
    }
    if (!any)
        kf_buf_adds(out, "  there is no band to go to\n");
}

static void time_text(const struct kf_explain_decision *x, struct kf_buf *out)
{
    struct kf_buf b = {0};
    head(x, "By time alone", out);
    if (x->time.at == KF_TIME_MAX) {
        kf_buf_adds(out, "  nothing changes");
        if (x->time.tried_until != KF_TIME_MAX) {
            kf_buf_adds(out, " before ");
            kf_explain_day_add(x->s, x->time.tried_until, out);
        }
        kf_buf_adds(out, ", however long nothing happens\n");
        return;
    }
    if (x->rule->kind == KF_KIND_SEGMENT)
        kf_buf_adds(&b, x->time.holds ? "will enter on " : "will leave on ");
    else
        kf_buf_addf(&b, "will be %s on ", x->then);
    kf_explain_day_add(x->s, x->time.at, &b);
    kf_buf_adds(&b, " if nothing happens");
    kf_explain_line(out, 2, 4, b.p);
    kf_buf_free(&b);
}

void kf_explain_decision_text(const struct kf_explain_decision *x, struct kf_buf *out)
{
    answer(x, out);
    kf_explain_conditions_text(x, out);
    kf_explain_evidence_text(x, out);
    kf_explain_changes_text(x, out);
    time_text(x, out);
}
