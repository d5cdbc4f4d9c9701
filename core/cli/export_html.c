/* A person's data as one page that needs nothing else: no script, no font, no picture from
 * anywhere. */
#include "cli/export_person.h"

#include "cli/page.h"
#include "event/ingest.h"

/* Records are long and seldom read: small, and broken anywhere. */
static const char STYLE[] = "td.raw{font:12px/1.4 ui-monospace,monospace;min-width:18rem;"
                            "overflow-wrap:anywhere}\n";

static void cell(struct kf_page *p, struct kf_str s)
{
    kf_page_cell_begin(p);
    kf_html_add(p->out, s);
    kf_page_cell_end(p);
}

static void when(const struct kf_explain *x, struct kf_page *p, int64_t t, const char *none)
{
    struct kf_buf b = {0};
    if (t == KF_NO_TIME || t == KF_TIME_MIN || t == KF_TIME_MAX)
        kf_buf_adds(&b, none);
    else
        kf_when_add(&b, x->s->ws.config->zone, t);
    kf_page_cell(p, b.p);
    kf_buf_free(&b);
}

/* A section of one table; false: there is nothing to put into it, which is said. */
static bool table(struct kf_page *p, const char *id, const char *title, const char *said,
                  const char *columns, uint32_t rows)
{
    kf_page_section(p, id, title, said);
    if (rows)
        kf_page_table_begin(p, columns, NULL);
    else
        kf_page_para(p, "Nothing.");
    return rows > 0;
}

static void ident(const struct kf_explain *x, struct kf_page *p, uint32_t id)
{
    struct kf_buf v = {0};
    kf_ident_add(&v, x->s->world->ids, id, x->s->reveal);
    kf_page_cell(p, v.p);
    kf_buf_free(&v);
}

static void identifiers(const struct kf_explain *x, struct kf_page *p)
{
    const struct kf_world *w = x->s->world;
    uint32_t from = w->ids_first[x->profile], to = w->ids_first[x->profile + 1];
    if (!table(p, "identifiers", "What you are known by", "Accounts, addresses, numbers, devices.",
               "Identifier|From|Until", to - from + x->n_past))
        return;
    for (uint32_t i = from; i < to; i++) {
        kf_page_row_begin(p);
        ident(x, p, w->ids_of[i]);
        kf_page_cell(p, "");
        kf_page_cell(p, "now");
        kf_page_row_end(p);
    }
    for (uint32_t i = 0; i < x->n_past; i++) {
        const struct kf_id_span *s = &w->identity->span[x->past[i]];
        kf_page_row_begin(p);
        ident(x, p, s->id);
        when(x, p, s->from, "");
        when(x, p, s->to, "now");
        kf_page_row_end(p);
    }
    kf_page_table_end(p);
}

static void links(const struct kf_explain *x, struct kf_page *p)
{
    if (!table(p, "links", "Why these are taken for one person",
               "Each line is a fact that was seen, and the rule that makes it count.",
               "One|Other|Rule|Reason|Last seen", x->n_link))
        return;
    for (uint32_t i = 0; i < x->n_link; i++) {
        const struct kf_id_link *l = &x->s->world->identity->link[x->link[i]];
        const struct kf_rule *r = kf_explain_link_rule(x->s->world->rules, l->rule);
        kf_page_row_begin(p);
        ident(x, p, l->a);
        ident(x, p, l->b);
        kf_page_cell(p, r ? r->title : "Decided by hand");
        kf_page_cell(p, r ? r->because : "");
        when(x, p, l->last, "");
        kf_page_row_end(p);
    }
    kf_page_table_end(p);
}

static void values(const struct kf_explain *x, struct kf_page *p)
{
    uint32_t known = 0;
    for (uint32_t i = 0; i < x->n_value; i++)
        known += x->value[i].text != NULL;
    if (!table(p, "values", "What was noted and worked out", "Traits, sums and scores.",
               "What|Value|Why it is kept", known))
        return;
    for (uint32_t i = 0; i < x->n_value; i++) {
        const struct kf_explain_value *v = &x->value[i];
        if (!v->text)
            continue;
        kf_page_row_begin(p);
        kf_page_cell(p, v->def->rule->title ? v->def->rule->title : v->def->name);
        kf_page_cell(p, v->text);
        kf_page_cell(p, v->def->rule->because);
        kf_page_row_end(p);
    }
    kf_page_table_end(p);
}

static void rule_row(const struct kf_rule *r, struct kf_page *p)
{
    kf_page_row_begin(p);
    kf_page_cell(p, r->title ? r->title : r->name);
    kf_page_cell(p, r->because);
    kf_page_cell(p, kf_rule_text(r, "purpose", ""));
    kf_page_cell(p, kf_rule_text(r, "legal_basis", ""));
    kf_page_row_end(p);
}

static void consent(const struct kf_explain *x, struct kf_page *p)
{
    if (!table(p, "consent", "What you agreed to", "What was not said counts as no.",
               "Purpose|State|Since", x->n_consent))
        return;
    for (uint32_t i = 0; i < x->n_consent; i++) {
        kf_page_row_begin(p);
        kf_page_cell(p, x->s->world->statements.purpose[x->consent[i].purpose]);
        kf_page_cell(p, kf_consent_state_name(x->consent[i].state));
        when(x, p, x->consent[i].since, "");
        kf_page_row_end(p);
    }
    kf_page_table_end(p);
}

static void groups(const struct kf_explain *x, struct kf_page *p)
{
    uint32_t in = 0;
    for (uint32_t i = 0; i < x->n_segment; i++)
        in += x->segment[i].member;
    if (table(p, "groups", "Groups you are in", "Each with its reason.",
              "Group|Reason|Purpose|Legal basis", in)) {
        for (uint32_t i = 0; i < x->n_segment; i++)
            if (x->segment[i].member)
                rule_row(x->segment[i].rule, p);
        kf_page_table_end(p);
    }
    if (!table(p, "suppressions", "What keeps us from writing to you", "Suppressions in force.",
               "Suppression|Reason|Purpose|Legal basis", x->n_suppression))
        return;
    for (uint32_t i = 0; i < x->n_suppression; i++)
        rule_row(x->s->world->rules->rule[x->suppression[i].rule], p);
    kf_page_table_end(p);
}

static void event(const struct kf_explain *x, struct kf_page *p, uint32_t e)
{
    const struct kf_events *events = x->s->world->events;
    struct kf_str name = kf_symbols_text(events->dict->name, events->what[e].name);
    struct kf_buf json = {0};
    kf_page_row_begin(p);
    when(x, p, events->time[e], "");
    cell(p, name.n ? name : kf_cstr(kf_event_type_name(events->what[e].type)));
    cell(p, kf_symbols_text(events->dict->source, events->at[e].source + 1u));
    if (x->s->reveal)
        kf_event_json(events, e, &json);
    kf_page_html(p, "<td class=\"raw\">");
    kf_html_add(p->out, kf_str(json.p, json.n));
    kf_page_html(p, "</td></tr>\n");
    kf_buf_free(&json);
}

static void events(const struct kf_explain *x, struct kf_page *p)
{
    const struct kf_world *w = x->s->world;
    uint32_t from = w->first[x->profile], to = w->first[x->profile + 1];
    if (!table(p, "events", "What happened",
               "Every record of yours, oldest first, as it was received.",
               "When|What|Source|Record", to - from))
        return;
    for (uint32_t i = from; i < to; i++)
        event(x, p, w->order[i]);
    kf_page_table_end(p);
}

void kf_person_html(const struct kf_explain *x, struct kf_buf *out)
{
    const char *zone = x->s->ws.config->zone_name;
    struct kf_page page = {.out = out, .style = STYLE};
    struct kf_buf said = {0};
    kf_buf_adds(&said, "Everything that is kept about you, as of ");
    kf_when_add(&said, x->s->ws.config->zone, x->s->world->as_of);
    kf_buf_addf(&said, " %s.", zone ? zone : "UTC");
    kf_page_begin(&page, "Your data", said.p, NULL);
    kf_buf_free(&said);
    identifiers(x, &page);
    links(x, &page);
    values(x, &page);
    consent(x, &page);
    groups(x, &page);
    events(x, &page);
    kf_page_end(&page);
}
