/* A person's data as one page that needs nothing else: no script, no font, no picture from
 * anywhere. */
#include "cli/export_person.h"

#include "event/ingest.h"

static const char STYLE[] =
    "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}"
    "table{border-collapse:collapse;width:100%;margin:.5em 0 2em}"
    "th,td{text-align:left;vertical-align:top;padding:.3em .8em .3em 0;"
    "border-bottom:1px solid #ddd}th{font-weight:600}"
    "td.raw{font:12px/1.4 monospace;word-break:break-all}h2{margin-bottom:0}p.small{color:#555}";

static void text(struct kf_buf *b, struct kf_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '&')
            kf_buf_adds(b, "&amp;");
        else if (c == '<')
            kf_buf_adds(b, "&lt;");
        else if (c == '>')
            kf_buf_adds(b, "&gt;");
        else if (c == '"')
            kf_buf_adds(b, "&quot;");
        else if (c < ' ' && c != '\n' && c != '\t')
            kf_buf_addf(b, "\\x%02x", c);
        else
            kf_buf_addc(b, (char)c);
    }
}

static void cell(struct kf_buf *b, struct kf_str s)
{
    kf_buf_adds(b, "<td>");
    text(b, s.p ? s : kf_str("", 0));
    kf_buf_adds(b, "</td>");
}

static void when(const struct kf_explain *x, struct kf_buf *b, int64_t t, const char *none)
{
    kf_buf_adds(b, "<td>");
    if (t == KF_NO_TIME || t == KF_TIME_MIN || t == KF_TIME_MAX)
        kf_buf_adds(b, none);
    else
        kf_when_add(b, x->s->ws.config->zone, t);
    kf_buf_adds(b, "</td>");
}

static void head(struct kf_buf *b, const char *title, const char *said, const char *columns)
{
    kf_buf_addf(b, "<h2>%s</h2>\n<p class=\"small\">%s</p>\n<table><tr>", title, said);
    while (*columns) {
        size_t n = strcspn(columns, "|");
        kf_buf_addf(b, "<th>%.*s</th>", (int)n, columns);
        columns += n + (columns[n] == '|');
    }
    kf_buf_adds(b, "</tr>\n");
}

static void ident(const struct kf_explain *x, struct kf_buf *b, uint32_t id)
{
    const struct kf_idset *ids = x->s->world->ids;
    struct kf_buf v = {0};
    kf_ident_add(&v, ids, id, x->s->reveal);
    cell(b, kf_str(v.p, v.n));
    kf_buf_free(&v);
}

static void identifiers(const struct kf_explain *x, struct kf_buf *b)
{
    const struct kf_world *w = x->s->world;
    head(b, "What you are known by", "Accounts, addresses, numbers, devices.",
         "Identifier|From|Until");
    for (uint32_t i = w->ids_first[x->profile]; i < w->ids_first[x->profile + 1]; i++) {
        kf_buf_adds(b, "<tr>");
        ident(x, b, w->ids_of[i]);
        kf_buf_adds(b, "<td></td><td>now</td></tr>\n");
    }
    for (uint32_t i = 0; i < x->n_past; i++) {
        const struct kf_id_span *s = &w->identity->span[x->past[i]];
        kf_buf_adds(b, "<tr>");
        ident(x, b, s->id);
        when(x, b, s->from, "");
        when(x, b, s->to, "now");
        kf_buf_adds(b, "</tr>\n");
    }
    kf_buf_adds(b, "</table>\n");
}

static void links(const struct kf_explain *x, struct kf_buf *b)
{
    head(b, "Why these are taken for one person",
         "Each line is a fact that was seen, and the rule that makes it count.",
         "One|Other|Rule|Reason|Last seen");
    for (uint32_t i = 0; i < x->n_link; i++) {
        const struct kf_id_link *l = &x->s->world->identity->link[x->link[i]];
        const struct kf_rule *r = kf_explain_link_rule(x->s->world->rules, l->rule);
        kf_buf_adds(b, "<tr>");
        ident(x, b, l->a);
        ident(x, b, l->b);
        cell(b, kf_cstr(r ? r->title : "Decided by hand"));
        cell(b, kf_cstr(r ? r->because : ""));
        when(x, b, l->last, "");
        kf_buf_adds(b, "</tr>\n");
    }
    kf_buf_adds(b, "</table>\n");
}

static void values(const struct kf_explain *x, struct kf_buf *b)
{
    head(b, "What was noted and worked out", "Traits, sums and scores.",
         "What|Value|Why it is kept");
    for (uint32_t i = 0; i < x->n_value; i++) {
        const struct kf_explain_value *v = &x->value[i];
        if (!v->text)
            continue;
        kf_buf_adds(b, "<tr>");
        cell(b, kf_cstr(v->def->rule->title ? v->def->rule->title : v->def->name));
        cell(b, kf_cstr(v->text));
        cell(b, kf_cstr(v->def->rule->because));
        kf_buf_adds(b, "</tr>\n");
    }
    kf_buf_adds(b, "</table>\n");
}

static void rule_row(const struct kf_rule *r, struct kf_buf *b)
{
    kf_buf_adds(b, "<tr>");
    cell(b, kf_cstr(r->title ? r->title : r->name));
    cell(b, kf_cstr(r->because));
    cell(b, kf_cstr(kf_rule_text(r, "purpose", "")));
    cell(b, kf_cstr(kf_rule_text(r, "legal_basis", "")));
    kf_buf_adds(b, "</tr>\n");
}

static void decided(const struct kf_explain *x, struct kf_buf *b)
{
    const struct kf_world *w = x->s->world;
    head(b, "What you agreed to", "What was not said counts as no.", "Purpose|State|Since");
    for (uint32_t i = 0; i < x->n_consent; i++) {
        kf_buf_adds(b, "<tr>");
        cell(b, kf_cstr(w->statements.purpose[x->consent[i].purpose]));
        cell(b, kf_cstr(kf_consent_state_name(x->consent[i].state)));
        when(x, b, x->consent[i].since, "");
        kf_buf_adds(b, "</tr>\n");
    }
    kf_buf_adds(b, "</table>\n");
    head(b, "Groups you are in", "Each with its reason.", "Group|Reason|Purpose|Legal basis");
    for (uint32_t i = 0; i < x->n_segment; i++)
        if (x->segment[i].member)
            rule_row(x->segment[i].rule, b);
    kf_buf_adds(b, "</table>\n");
    head(b, "What keeps us from writing to you", "Suppressions in force.",
         "Suppression|Reason|Purpose|Legal basis");
    for (uint32_t i = 0; i < x->n_suppression; i++)
        rule_row(w->rules->rule[x->suppression[i].rule], b);
    kf_buf_adds(b, "</table>\n");
}

static void events(const struct kf_explain *x, struct kf_buf *b)
{
    const struct kf_world *w = x->s->world;
    struct kf_buf json = {0};
    head(b, "What happened", "Every record of yours, oldest first, as it was received.",
         "When|What|Source|Record");
    for (uint32_t i = w->first[x->profile]; i < w->first[x->profile + 1]; i++) {
        uint32_t e = w->order[i];
        struct kf_str name = kf_symbols_text(w->events->dict->name, w->events->name[e]);
        kf_buf_adds(b, "<tr>");
        when(x, b, w->events->time[e], "");
        cell(b, name.n ? name : kf_cstr(kf_event_type_name(w->events->type[e])));
        cell(b, kf_symbols_text(w->events->dict->source, w->events->source[e] + 1u));
        kf_buf_clear(&json);
        if (x->s->reveal)
            kf_event_json(w->events, e, &json);
        kf_buf_adds(b, "<td class=\"raw\">");
        text(b, kf_str(json.p ? json.p : "", json.n));
        kf_buf_adds(b, "</td></tr>\n");
    }
    kf_buf_adds(b, "</table>\n");
    kf_buf_free(&json);
}

void kf_person_html(const struct kf_explain *x, struct kf_buf *out)
{
    struct kf_buf as_of = {0};
    kf_when_add(&as_of, x->s->ws.config->zone, x->s->world->as_of);
    kf_buf_addf(out,
                "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width\">\n"
                "<title>Your data</title>\n<style>%s</style></head>\n<body>\n"
                "<h1>Your data</h1>\n<p>Everything that is kept about you, as of %s %s.</p>\n",
                STYLE, as_of.p, x->s->ws.config->zone_name ? x->s->ws.config->zone_name : "UTC");
    kf_buf_free(&as_of);
    identifiers(x, out);
    links(x, out);
    values(x, out);
    decided(x, out);
    events(x, out);
    kf_buf_adds(out, "</body></html>\n");
}
