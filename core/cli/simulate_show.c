#include "cli/simulate_show.h"

#include "cli/explain.h"
#include "cli/explain_path.h"

#include <stdlib.h>

#define PER_EVENT 512u

static const char *const WHY[] = {NULL,
                                  "it is empty",
                                  "the rules ignore it",
                                  "it is not what the rules match",
                                  "the rules do not declare it",
                                  "it is too long"};

int kf_show_init(struct kf_show *v, const struct kf_session *s, const struct kf_world *w,
                 bool reveal, struct kf_error *err)
{
    *v = (struct kf_show){.s = s, .w = w, .reveal = reveal};
    v->person = calloc(w->n_profiles + 1u, sizeof *v->person);
    v->by = calloc(w->n_profiles + 1u, sizeof *v->by);
    if (!v->person || !v->by) {
        kf_show_free(v);
        return kf_error_set(err, KF_E_NOMEM, "simulate", "out of memory");
    }
    uint32_t n = 0;
    for (uint32_t e = 0; e < w->events->n; e++) { /* events are in the order of the text */
        uint32_t p = w->identity->event_profile[e];
        if (p == KF_ID_NONE || v->person[p])
            continue;
        v->by[n++] = p;
        v->person[p] = n;
    }
    return 0;
}

void kf_show_free(struct kf_show *v)
{
    free(v->person);
    free(v->by);
    v->person = v->by = NULL;
}

static uint32_t owner(const struct kf_show *v, uint32_t event)
{
    uint32_t p = v->w->identity->event_profile[event];
    return p == KF_ID_NONE ? 0 : v->person[p];
}

static bool contradicts(const struct kf_show *v, uint32_t event)
{
    return v->w->identity->event_contradictory && v->w->identity->event_contradictory[event];
}

/* ---- events ---- */

void kf_show_event_text(const struct kf_show *v, uint32_t event, struct kf_buf *out)
{
    const struct kf_events *e = v->w->events;
    uint32_t id[PER_EVENT], n = kf_identity_of_event(e, v->w->ids, event, id, PER_EVENT);
    struct kf_str name = kf_symbols_text(e->dict->name, e->what[event].name);
    kf_buf_addf(out, "%3u  ", e->at[event].record);
    kf_when_add(out, NULL, e->time[event]);
    kf_buf_adds(out, "  ");
    if (name.n)
        kf_mask_add(out, KF_PERSONAL_NONE, name, v->reveal);
    else
        kf_buf_adds(out, kf_event_type_name(e->what[event].type));
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_adds(out, i ? " " : "  ");
        kf_ident_add(out, v->w->ids, id[i], v->reveal);
    }
    if (contradicts(v, event))
        kf_buf_adds(out, "  contradicts itself: nobody's");
    else if (owner(v, event))
        kf_buf_addf(out, "  person %u's", owner(v, event));
    else
        kf_buf_adds(out, "  nobody's");
    kf_buf_addc(out, '\n');
}

static void ident_json(const struct kf_show *v, struct kf_json *j, const char *key, uint32_t id)
{
    struct kf_buf b = {0};
    kf_ident_add(&b, v->w->ids, id, v->reveal);
    kf_json_text(j, key, b.p);
    kf_buf_free(&b);
}

void kf_show_event_json(const struct kf_show *v, uint32_t event, struct kf_json *j)
{
    const struct kf_events *e = v->w->events;
    uint32_t id[PER_EVENT], n = kf_identity_of_event(e, v->w->ids, event, id, PER_EVENT);
    struct kf_str name = kf_symbols_text(e->dict->name, e->what[event].name);
    kf_json_open(j, NULL, '{');
    kf_json_count(j, "number", e->at[event].record);
    kf_json_time(j, "time", e->time[event]);
    kf_json_str(j, "name", name.n ? name : kf_cstr(kf_event_type_name(e->what[event].type)));
    kf_json_open(j, "identifiers", '[');
    for (uint32_t i = 0; i < n; i++)
        ident_json(v, j, NULL, id[i]);
    kf_json_close(j, ']');
    if (owner(v, event))
        kf_json_count(j, "person", owner(v, event));
    else
        kf_json_text(j, "person", NULL);
    kf_json_bool(j, "contradictory", contradicts(v, event));
    kf_json_close(j, '}');
}

/* ---- people ---- */

static void person_text(const struct kf_show *v, uint32_t number, struct kf_buf *out)
{
    const struct kf_world *w = v->w;
    uint32_t p = v->by[number - 1], n = 0;
    kf_buf_addf(out, "  person %u: ", number);
    for (uint32_t i = w->ids_first[p]; i < w->ids_first[p + 1]; i++) {
        kf_buf_adds(out, i > w->ids_first[p] ? ", " : "");
        kf_ident_add(out, w->ids, w->ids_of[i], v->reveal);
    }
    if (w->ids_first[p] == w->ids_first[p + 1])
        kf_buf_adds(out, "somebody who has no identifier of their own");
    for (uint32_t e = 0; e < w->events->n; e++)
        if (w->identity->event_profile[e] == p)
            kf_buf_addf(out, "%s%u", n++ ? ", " : "; by event ", w->events->at[e].record);
    kf_buf_addc(out, '\n');
}

static void person_json(const struct kf_show *v, uint32_t number, struct kf_json *j)
{
    const struct kf_world *w = v->w;
    uint32_t p = v->by[number - 1];
    kf_json_open(j, NULL, '{');
    kf_json_count(j, "person", number);
    kf_json_open(j, "identifiers", '[');
    for (uint32_t i = w->ids_first[p]; i < w->ids_first[p + 1]; i++)
        ident_json(v, j, NULL, w->ids_of[i]);
    kf_json_close(j, ']');
    kf_json_open(j, "events", '[');
    for (uint32_t e = 0; e < w->events->n; e++)
        if (w->identity->event_profile[e] == p)
            kf_json_count(j, NULL, w->events->at[e].record);
    kf_json_close(j, ']');
    kf_json_close(j, '}');
}

static uint32_t people(const struct kf_show *v)
{
    uint32_t n = 0;
    while (n < v->w->n_profiles && v->person[v->by[n]] == n + 1)
        n++;
    return n;
}

/* ---- links ---- */

static void link_text(const struct kf_show *v, const struct kf_id_link *l, struct kf_buf *out)
{
    const struct kf_rule *r = kf_explain_link_rule(v->w->rules, l->rule);
    struct kf_buf line = {0};
    kf_buf_adds(&line, "  ");
    kf_ident_add(&line, v->w->ids, l->a, v->reveal);
    kf_buf_adds(&line, " and ");
    kf_ident_add(&line, v->w->ids, l->b, v->reveal);
    kf_buf_addf(&line, ": link %s", l->rule);
    if (r) {
        kf_buf_adds(&line, " (");
        kf_place_add(&line, &r->pos);
        kf_buf_addc(&line, ')');
    }
    if (l->reason == KF_ID_KEPT) {
        kf_buf_addf(&line, ", %s", kf_strength_name(l->strength));
    } else {
        kf_buf_adds(&line, " was refused: ");
        kf_explain_refusal(v->w, l, v->reveal, &line);
    }
    if (l->event != KF_ID_NONE)
        kf_buf_addf(&line, ", event %u", v->w->events->at[l->event].record);
    kf_wrap_add(out, line.p, 6, 0, false);
    kf_buf_addc(out, '\n');
    kf_buf_free(&line);
}

static void link_json(const struct kf_show *v, const struct kf_id_link *l, struct kf_json *j)
{
    const struct kf_rule *r = kf_explain_link_rule(v->w->rules, l->rule);
    struct kf_buf b = {0};
    kf_json_open(j, NULL, '{');
    ident_json(v, j, "a", l->a);
    ident_json(v, j, "b", l->b);
    kf_json_text(j, "rule", l->rule);
    if (r)
        kf_place_add(&b, &r->pos);
    kf_json_text(j, "where", r ? b.p : NULL);
    kf_json_text(j, "strength", kf_strength_name(l->strength));
    if (l->event != KF_ID_NONE)
        kf_json_count(j, "event", v->w->events->at[l->event].record);
    else
        kf_json_text(j, "event", NULL);
    if (l->reason != KF_ID_KEPT) {
        kf_buf_clear(&b);
        kf_explain_refusal(v->w, l, v->reveal, &b);
        kf_json_text(j, "reason", kf_identity_reason_name(l->reason));
        kf_json_text(j, "because", b.p);
    }
    kf_json_close(j, '}');
    kf_buf_free(&b);
}

static void links_text(const struct kf_show *v, bool refused, struct kf_buf *out)
{
    const struct kf_id_result *r = v->w->identity;
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->n_link; i++) {
        if ((r->link[i].reason != KF_ID_KEPT) != refused)
            continue;
        if (n++ == 0)
            kf_buf_adds(out, refused ? "Not joined\n" : "Joined because\n");
        link_text(v, &r->link[i], out);
    }
}

static void links_json(const struct kf_show *v, bool refused, struct kf_json *j)
{
    const struct kf_id_result *r = v->w->identity;
    kf_json_open(j, refused ? "refused" : "kept", '[');
    for (uint32_t i = 0; i < r->n_link; i++)
        if ((r->link[i].reason != KF_ID_KEPT) == refused)
            link_json(v, &r->link[i], j);
    kf_json_close(j, ']');
}

/* ---- what names nobody ---- */

/* Identifiers that some event carries and that are nobody's now. */
static bool isolated(const struct kf_show *v, uint32_t id)
{
    return v->w->identity->id_isolated[id] != KF_ID_KEPT;
}

static void nobody_text(const struct kf_show *v, struct kf_buf *out)
{
    const struct kf_idset *ids = v->w->ids;
    uint32_t n = 0;
    for (uint32_t i = 0; i < ids->n; i++) {
        if (!isolated(v, i))
            continue;
        kf_buf_adds(out, n++ ? "" : "Nobody's\n");
        kf_buf_adds(out, "  ");
        kf_ident_add(out, ids, i, v->reveal);
        kf_buf_addf(out, ": %s\n",
                    kf_identity_reason_name((enum kf_id_reason)v->w->identity->id_isolated[i]));
    }
    n = 0;
    for (uint32_t i = 0; i < ids->raw; i++) {
        if (!ids->why[i])
            continue;
        struct kf_str ns = kf_symbols_text(ids->dict->ns, kf_idents_ns(ids->idents, i));
        kf_buf_adds(out, n++ ? "" : "Dropped, because it names nobody\n");
        kf_buf_addf(out, "  %.*s:", (int)ns.n, ns.p);
        kf_mask_add(out, kf_personal_kind(ns, NULL), kf_idents_value(ids->idents, i), v->reveal);
        kf_buf_addf(out, ": %s\n", WHY[ids->why[i]]);
    }
}

static void nobody_json(const struct kf_show *v, struct kf_json *j)
{
    const struct kf_idset *ids = v->w->ids;
    kf_json_open(j, "nobody", '[');
    for (uint32_t i = 0; i < ids->n; i++) {
        if (!isolated(v, i))
            continue;
        kf_json_open(j, NULL, '{');
        ident_json(v, j, "identifier", i);
        kf_json_text(j, "reason",
                     kf_identity_reason_name((enum kf_id_reason)v->w->identity->id_isolated[i]));
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
    kf_json_open(j, "dropped", '[');
    for (uint32_t i = 0; i < ids->raw; i++) {
        if (!ids->why[i])
            continue;
        struct kf_str ns = kf_symbols_text(ids->dict->ns, kf_idents_ns(ids->idents, i));
        struct kf_buf b = {0};
        kf_json_open(j, NULL, '{');
        kf_buf_addf(&b, "%.*s:", (int)ns.n, ns.p);
        kf_mask_add(&b, kf_personal_kind(ns, NULL), kf_idents_value(ids->idents, i), v->reveal);
        kf_json_text(j, "identifier", b.p);
        kf_json_text(j, "because", WHY[ids->why[i]]);
        kf_json_close(j, '}');
        kf_buf_free(&b);
    }
    kf_json_close(j, ']');
}

/* ---- all of it ---- */

void kf_show_text(const struct kf_show *v, struct kf_buf *out)
{
    uint32_t n = people(v);
    kf_count_add(out, n, "person", "people");
    kf_buf_addc(out, '\n');
    for (uint32_t i = 1; i <= n; i++)
        person_text(v, i, out);
    links_text(v, false, out);
    links_text(v, true, out);
    nobody_text(v, out);
}

void kf_show_json(const struct kf_show *v, struct kf_json *j)
{
    uint32_t n = people(v);
    kf_json_open(j, "people", '[');
    for (uint32_t i = 1; i <= n; i++)
        person_json(v, i, j);
    kf_json_close(j, ']');
    links_json(v, false, j);
    links_json(v, true, j);
    nobody_json(v, j);
}
