#include "cli/export_person.h"

#include "base/error.h"
#include "event/ingest.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

/* ---- shared by both forms ---- */

static struct kf_str ns_of(const struct kf_explain *x, uint32_t id)
{
    const struct kf_idset *ids = x->s->world->ids;
    return kf_cstr(ids->rules.ns[ids->ns[id]].name);
}

static void value_of(const struct kf_explain *x, uint32_t id, struct kf_buf *b)
{
    kf_buf_clear(b);
    kf_mask_add(b, kf_personal_kind(ns_of(x, id), NULL), kf_idset_value(x->s->world->ids, id),
                x->s->reveal);
}

static struct kf_str name_of(const struct kf_events *e, uint32_t event)
{
    struct kf_str name = kf_symbols_text(e->dict->name, e->what[event].name);
    return name.n ? name : kf_cstr(kf_event_type_name(e->what[event].type));
}

static struct kf_str source_of(const struct kf_events *e, uint32_t event)
{
    return kf_symbols_text(e->dict->source, e->at[event].source + 1u);
}

/* ---- JSON ---- */

static void json_id(const struct kf_explain *x, uint32_t id, struct kf_json *j)
{
    struct kf_buf b = {0};
    value_of(x, id, &b);
    kf_json_str(j, "kind", ns_of(x, id));
    kf_json_text(j, "value", b.p ? b.p : "");
    kf_buf_free(&b);
}

static void json_identifiers(const struct kf_explain *x, struct kf_json *j)
{
    const struct kf_world *w = x->s->world;
    kf_json_open(j, "identifiers", '[');
    for (uint32_t i = w->ids_first[x->profile]; i < w->ids_first[x->profile + 1]; i++) {
        kf_json_open(j, NULL, '{');
        json_id(x, w->ids_of[i], j);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
    kf_json_open(j, "earlier_identifiers", '[');
    for (uint32_t i = 0; i < x->n_past; i++) {
        const struct kf_id_span *s = &w->identity->span[x->past[i]];
        kf_json_open(j, NULL, '{');
        json_id(x, s->id, j);
        kf_json_time(j, "from", s->from == KF_TIME_MIN ? KF_NO_TIME : s->from);
        kf_json_time(j, "until", s->to);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void json_links(const struct kf_explain *x, struct kf_json *j)
{
    kf_json_open(j, "why_one_person", '[');
    for (uint32_t i = 0; i < x->n_link; i++) {
        const struct kf_id_link *l = &x->s->world->identity->link[x->link[i]];
        const struct kf_rule *r = kf_explain_link_rule(x->s->world->rules, l->rule);
        kf_json_open(j, NULL, '{');
        kf_json_open(j, "a", '{');
        json_id(x, l->a, j);
        kf_json_close(j, '}');
        kf_json_open(j, "b", '{');
        json_id(x, l->b, j);
        kf_json_close(j, '}');
        kf_json_text(j, "rule", l->rule);
        kf_json_text(j, "title", r ? r->title : "Decided by hand");
        kf_json_text(j, "because", r ? r->because : NULL);
        kf_json_count(j, "observations", l->count);
        kf_json_time(j, "first", l->first == KF_TIME_MIN ? KF_NO_TIME : l->first);
        kf_json_time(j, "last", l->last);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void json_rule(const struct kf_rule *r, struct kf_json *j)
{
    kf_json_text(j, "name", r->name);
    kf_json_text(j, "title", r->title);
    kf_json_text(j, "because", r->because);
    kf_json_text(j, "purpose", kf_rule_text(r, "purpose", NULL));
    kf_json_text(j, "legal_basis", kf_rule_text(r, "legal_basis", NULL));
}

static void json_values(const struct kf_explain *x, struct kf_json *j)
{
    kf_json_open(j, "values", '[');
    for (uint32_t i = 0; i < x->n_value; i++) {
        const struct kf_explain_value *v = &x->value[i];
        if (!v->text)
            continue;
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "column", v->def->name);
        kf_json_text(j, "value", v->text);
        kf_json_text(j, "personal", v->def->personal);
        json_rule(v->def->rule, j);
        if (v->event != UINT32_MAX)
            kf_json_str(j, "from_event", kf_event_id(x->s->events, v->event));
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void json_decided(const struct kf_explain *x, struct kf_json *j)
{
    const struct kf_world *w = x->s->world;
    kf_json_open(j, "consent", '[');
    for (uint32_t i = 0; i < x->n_consent; i++) {
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "purpose", w->statements.purpose[x->consent[i].purpose]);
        kf_json_text(j, "state", kf_consent_state_name(x->consent[i].state));
        kf_json_time(j, "since", x->consent[i].since);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
    kf_json_open(j, "segments", '[');
    for (uint32_t i = 0; i < x->n_segment; i++) {
        if (!x->segment[i].member)
            continue;
        kf_json_open(j, NULL, '{');
        json_rule(x->segment[i].rule, j);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
    kf_json_open(j, "suppressions", '[');
    for (uint32_t i = 0; i < x->n_suppression; i++) {
        kf_json_open(j, NULL, '{');
        json_rule(w->rules->rule[x->suppression[i].rule], j);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
    kf_json_open(j, "channels", '[');
    for (uint32_t i = 0; i < x->n_eligibility; i++) {
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "channel", w->rules->rule[x->eligibility[i].channel]->name);
        kf_json_bool(j, "may_be_used", x->eligibility[i].from <= w->as_of);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

/* An event in full is what the record said, and nobody can say what in it is personal. */
static void json_events(const struct kf_explain *x, struct kf_json *j)
{
    const struct kf_world *w = x->s->world;
    struct kf_buf b = {0};
    kf_json_open(j, "events", '[');
    for (uint32_t i = w->first[x->profile]; i < w->first[x->profile + 1]; i++) {
        uint32_t e = w->order[i];
        if (x->s->reveal) {
            kf_buf_clear(&b);
            kf_event_json(x->s->events, e, &b);
            while (b.n && b.p[b.n - 1] == '\n')
                b.p[--b.n] = 0;
            kf_json_raw(j, NULL, &b);
            continue;
        }
        kf_json_open(j, NULL, '{');
        kf_json_time(j, "time", w->events->time[e]);
        kf_json_str(j, "name", name_of(w->events, e));
        kf_json_str(j, "source", source_of(w->events, e));
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
    kf_buf_free(&b);
}

void kf_person_json(const struct kf_explain *x, struct kf_buf *out)
{
    struct kf_json j;
    char hex[17];
    kf_profile_id_format(x->s->world->identity->profile_id[x->profile], hex);
    kf_json_start(&j, out, "kinfold.person/1");
    kf_json_text(&j, "profile", hex);
    kf_json_time(&j, "as_of", x->s->world->as_of);
    kf_json_bool(&j, "masked", !x->s->reveal);
    json_identifiers(x, &j);
    json_links(x, &j);
    json_values(x, &j);
    json_decided(x, &j);
    json_events(x, &j);
    kf_json_end(&j);
}

/* ---- the command ---- */

static int write_file(const char *path, const struct kf_buf *text, struct kf_error *err)
{
    mode_t was = umask(077);
    FILE *f = fopen(path, "wb");
    umask(was);
    if (!f)
        return kf_error_set(err, KF_E_CANTCREATE, "export", "cannot write %s: %s", path,
                            strerror(errno));
    bool ok = fwrite(text->p, 1, text->n, f) == text->n;
    ok = fclose(f) == 0 && ok;
    return ok ? 0 : kf_error_set(err, KF_E_IO, "export", "cannot write %s", path);
}

static int write_files(const struct kf_explain *x, const char *json, const char *html,
                       struct kf_buf *out, struct kf_error *err)
{
    const struct {
        const char *path;
        void (*make)(const struct kf_explain *, struct kf_buf *);
    } file[] = {{json, kf_person_json}, {html, kf_person_html}};
    int rc = 0;
    for (int i = 0; i < 2 && rc == 0; i++) {
        struct kf_buf b = {0};
        if (!file[i].path)
            continue;
        file[i].make(x, &b);
        rc = write_file(file[i].path, &b, err);
        kf_buf_free(&b);
        if (rc == 0 && !x->s->cli->json)
            kf_buf_addf(out, "%s holds everything known of them, unmasked; only you can read it.\n",
                        file[i].path);
    }
    if (rc == 0 && x->s->cli->json) {
        struct kf_json j;
        kf_json_start(&j, out, "kinfold.export-person/1");
        kf_json_text(&j, "json", json);
        kf_json_text(&j, "html", html);
        kf_json_count(&j, "events",
                      x->s->world->first[x->profile + 1] - x->s->world->first[x->profile]);
        kf_json_end(&j);
    }
    return rc;
}

int kf_export_person(struct kf_session *s, struct kf_buf *out, struct kf_error *err)
{
    const char *json = kf_cli_get(s->cli, "out"), *html = kf_cli_get(s->cli, "html");
    struct kf_explain x;
    int rc = kf_session_world(s, NULL, true, err);
    if (rc)
        return rc;
    uint32_t p = kf_world_find(s->world, kf_cstr(kf_cli_get(s->cli, "person")), err);
    if (p == KF_ID_NONE)
        return err->code;
    s->reveal |= json || html;
    rc = kf_explain_gather(s, p, &x, err);
    if (rc)
        return rc;
    if (json || html)
        rc = write_files(&x, json, html, out, err);
    else
        kf_person_json(&x, out);
    kf_explain_free(&x);
    return rc;
}
