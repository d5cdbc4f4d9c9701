/* Resolves scenarios given as JSON lines on stdin and prints what oracle.py --json prints, one line
 * each.
 *
 * The documents hold plain columns (see compare.py, which makes them): identifiers are normalised,
 * conditions are evaluated. */
#include "base/error.h"
#include "base/hash.h"
#include "base/time.h"
#include "base/vec.h"
#include "identity/resolve.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static kf_vec(void *) owned; /* columns of the current document */

struct doc {
    struct kf_str *value;
    uint8_t *ns;
    json_int_t *number; /* of each event */
    struct kf_id_input in;
    struct kf_id_rules rules;
};

static struct kf_str value_of(const void *ctx, uint32_t id)
{
    return ((const struct doc *)ctx)->value[id];
}

static uint64_t hash_of(const void *ctx, uint32_t id)
{
    const struct doc *d = ctx;
    return kf_hash64_seed(d->value[id].p, d->value[id].n, d->ns[id]);
}

static int event_cmp(const void *ctx, uint32_t a, uint32_t b)
{
    const struct doc *d = ctx;
    return (d->number[a] > d->number[b]) - (d->number[a] < d->number[b]);
}

static void *many(size_t n, size_t size)
{
    void *p = calloc(n + 1, size);
    if (!p)
        abort();
    *kf_vec_push(&owned) = p;
    return p;
}

static json_int_t num(const json_t *o, const char *key, json_int_t other)
{
    const json_t *v = json_object_get(o, key);
    return json_is_integer(v) ? json_integer_value(v) : other;
}

static json_int_t at(const json_t *a, size_t i)
{
    return json_integer_value(json_array_get(a, i));
}

static const char *text(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

static void read_rules(const json_t *j, struct kf_id_rules *r)
{
    const json_t *ns = json_object_get(j, "namespaces"), *link = json_object_get(j, "links");
    struct kf_id_namespace *n = many(json_array_size(ns), sizeof *n);
    struct kf_id_link_rule *l = many(json_array_size(link), sizeof *l);
    r->n_ns = (uint32_t)json_array_size(ns);
    r->n_link = (uint32_t)json_array_size(link);
    for (uint32_t i = 0; i < r->n_ns; i++) {
        const json_t *o = json_array_get(ns, i);
        n[i] = (struct kf_id_namespace){.name = text(o, "name"),
                                        .rank = (uint32_t)num(o, "rank", 0),
                                        .per_profile = (uint32_t)num(o, "per_profile", 0),
                                        .within = num(o, "within", 0),
                                        .expires_after = num(o, "expires_after", 0),
                                        .history = num(o, "history", -1),
                                        .shared_above = (uint32_t)num(o, "shared_above", 0)};
        while (strcmp(kf_identity_policy_name(n[i].when_shared), text(o, "when_shared")) != 0)
            n[i].when_shared++;
    }
    for (uint32_t i = 0; i < r->n_link; i++) {
        const json_t *o = json_array_get(link, i);
        l[i] = (struct kf_id_link_rule){text(o, "name"), (uint64_t)num(o, "connect", 0),
                                        (enum kf_id_strength)num(o, "strength", 2),
                                        (int16_t)num(o, "purpose", -1)};
    }
    r->ns = n;
    r->link = l;
    r->n_purpose = (uint32_t)num(j, "purposes", 0);
    r->max_identifiers = (uint32_t)num(j, "max_identifiers", 0);
}

static void read_ids(const json_t *j, struct doc *d)
{
    const json_t *ids = json_object_get(j, "ids");
    uint32_t n = (uint32_t)json_array_size(ids);
    d->value = many(n, sizeof *d->value);
    d->ns = many(n, 1);
    for (uint32_t i = 0; i < n; i++) {
        const json_t *o = json_array_get(ids, i), *v = json_array_get(o, 1);
        d->ns[i] = (uint8_t)at(o, 0);
        d->value[i] = kf_str(json_string_value(v), json_string_length(v));
    }
    d->in.n_ids = n;
    d->in.id_ns = d->ns;
}

static void read_events(const json_t *j, struct doc *d)
{
    const json_t *ev = json_object_get(j, "events");
    uint32_t n = (uint32_t)json_array_size(ev);
    int64_t *time = many(n, sizeof *time);
    uint64_t *off = many(n + 1, sizeof *off), *links = many(n, sizeof *links);
    uint8_t *alias = many(n, 1);
    kf_vec(uint32_t) ids = {0};
    kf_vec(struct kf_id_statement) said = {0};
    kf_vec(struct kf_id_signout) out = {0};
    d->number = many(n, sizeof *d->number);
    for (uint32_t e = 0; e < n; e++) {
        const json_t *o = json_array_get(ev, e), *a = json_object_get(o, "ids");
        const json_t *s = json_object_get(o, "says");
        time[e] = num(o, "time", 0);
        links[e] = (uint64_t)num(o, "links", 0);
        alias[e] = (uint8_t)num(o, "alias", 0);
        d->number[e] = num(o, "n", 0);
        off[e] = ids.n;
        for (size_t i = 0; i < json_array_size(a); i++)
            *kf_vec_push(&ids) = (uint32_t)at(a, i);
        for (size_t i = 0; i < json_array_size(s); i++) {
            const json_t *st = json_array_get(s, i);
            *kf_vec_push(&said) = (struct kf_id_statement){e, (int16_t)at(st, 0), at(st, 1) != 0};
        }
        if (num(o, "signout", 0))
            *kf_vec_push(&out) = (struct kf_id_signout){e, (uint64_t)num(o, "signout", 0)};
    }
    off[n] = ids.n;
    *kf_vec_push(&owned) = ids.p;
    *kf_vec_push(&owned) = said.p;
    *kf_vec_push(&owned) = out.p;
    d->in.n_events = n;
    d->in.event_time = time;
    d->in.event_off = off;
    d->in.event_ids = ids.p;
    d->in.event_links = links;
    d->in.event_alias = alias;
    d->in.event_cmp = event_cmp;
    d->in.statement = said.p;
    d->in.n_statement = (uint32_t)said.n;
    d->in.signout = out.p;
    d->in.n_signout = (uint32_t)out.n;
}

static void read_decisions(const json_t *j, struct doc *d)
{
    const json_t *tr = json_object_get(j, "transfers"), *se = json_object_get(j, "separations");
    const json_t *de = json_object_get(j, "decisions");
    struct kf_id_transfer *t = many(json_array_size(tr), sizeof *t);
    struct kf_id_separation *s = many(json_array_size(se), sizeof *s);
    struct kf_id_decision *x = many(json_array_size(de), sizeof *x);
    for (uint32_t i = 0; i < json_array_size(tr); i++) {
        const json_t *o = json_array_get(tr, i);
        t[i] = (struct kf_id_transfer){(uint32_t)num(o, "x", 0), (uint32_t)num(o, "to", KF_ID_NONE),
                                       num(o, "t", 0), (uint32_t)num(o, "event", KF_ID_NONE),
                                       text(o, "rule")};
    }
    for (uint32_t i = 0; i < json_array_size(se); i++) {
        const json_t *o = json_array_get(se, i);
        s[i] = (struct kf_id_separation){(uint32_t)num(o, "a", 0), (uint32_t)num(o, "b", 0),
                                         (uint32_t)num(o, "event", 0), text(o, "rule")};
    }
    for (uint32_t i = 0; i < json_array_size(de); i++) {
        const json_t *o = json_array_get(de, i);
        x[i] = (struct kf_id_decision){(enum kf_id_verb)num(o, "verb", 0), (uint32_t)num(o, "a", 0),
                                       (uint32_t)num(o, "b", KF_ID_NONE), num(o, "at", 0), i};
    }
    d->in.transfer = t;
    d->in.n_transfer = (uint32_t)json_array_size(tr);
    d->in.separation = s;
    d->in.n_separation = (uint32_t)json_array_size(se);
    d->in.decision = x;
    d->in.n_decision = (uint32_t)json_array_size(de);
}

static json_t *name_of(const struct doc *d, uint32_t id)
{
    return json_sprintf("%s=%.*s", d->rules.ns[d->ns[id]].name, (int)d->value[id].n,
                        d->value[id].p);
}

static json_t *numbers(const uint32_t *p, uint32_t n)
{
    json_t *a = json_array();
    for (uint32_t i = 0; i < n; i++)
        json_array_append_new(a, p[i] == KF_ID_NONE ? json_null() : json_integer(p[i]));
    return a;
}

static void print(const struct doc *d, const struct kf_id_result *r, const char *name)
{
    json_t *out = json_object(), *refused = json_array(), *shared = json_array();
    json_t *profile = json_array(), *spans = json_array(), *bad = json_array();
    for (uint32_t i = 0; i < r->n_link; i++) {
        const struct kf_id_link *l = &r->link[i];
        if (l->reason)
            json_array_append_new(refused,
                                  json_pack("[o,o,s]", name_of(d, l->a), name_of(d, l->b),
                                            kf_identity_reason_name((enum kf_id_reason)l->reason)));
    }
    for (uint32_t i = 0; i < r->n_shared; i++)
        json_array_append_new(shared, json_integer(r->shared[i]));
    for (uint32_t i = 0; i < r->n_profiles; i++)
        json_array_append_new(profile, json_pack("[s,o,I]", "", name_of(d, r->profile_earliest[i]),
                                                 (json_int_t)r->profile_earliest_from[i]));
    for (uint32_t i = 0; i < r->n_span; i++)
        json_array_append_new(spans,
                              json_pack("[o,I,I,i,i]", name_of(d, r->span[i].id),
                                        (json_int_t)r->span[i].from, (json_int_t)r->span[i].to,
                                        (int)r->span[i].profile, (int)r->span[i].isolated));
    for (uint32_t e = 0; r->event_contradictory && e < d->in.n_events; e++)
        if (r->event_contradictory[e])
            json_array_append_new(bad, json_integer(e));
    json_object_set_new(out, "scenario", json_string(name));
    json_object_set_new(out, "count", json_integer(r->n_profiles));
    json_object_set_new(out, "event", numbers(r->event_profile, d->in.n_events));
    json_object_set_new(out, "id", numbers(r->id_profile, d->in.n_ids));
    json_object_set_new(out, "same", r->id_same ? numbers(r->id_same, d->in.n_ids) : json_null());
    json_object_set_new(out, "refused", refused);
    json_object_set_new(out, "shared", shared);
    json_object_set_new(out, "earliest", profile);
    json_object_set_new(out, "spans", spans);
    json_object_set_new(out, "contradictory", bad);
    json_object_set_new(out, "slow", json_integer(r->n_slow_components));
    char *line = json_dumps(out, JSON_COMPACT);
    puts(line);
    free(line);
    json_decref(out);
}

int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, stdin) > 0) {
        json_error_t bad;
        json_t *j = json_loads(line, 0, &bad);
        struct doc d = {0};
        struct kf_error err = KF_ERROR_INIT;
        struct kf_id_result *r = NULL;
        if (!j) {
            fprintf(stderr, "line is no JSON: %s\n", bad.text);
            return 65;
        }
        read_rules(j, &d.rules);
        read_ids(j, &d);
        read_events(j, &d);
        read_decisions(j, &d);
        d.in.rules = &d.rules;
        d.in.as_of = num(j, "as_of", 0);
        d.in.id_value = value_of;
        d.in.id_hash = hash_of;
        d.in.ctx = &d;
        d.in.threads = (unsigned)num(j, "threads", 1);
        d.in.want_links = num(j, "want_links", 0) != 0;
        if (kf_identity_resolve(&d.in, &r, &err)) {
            fprintf(stderr, "%s\n", err.message);
            return 70;
        }
        print(&d, r, text(j, "name"));
        fflush(stdout);
        kf_identity_free(r);
        json_decref(j);
        while (owned.n)
            free(owned.p[--owned.n]);
    }
    kf_vec_free(&owned);
    free(line);
    return 0;
}
