#include "cli/plan.h"

#include "base/hash.h"
#include "cli/output.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SCHEMA "kinfold.plan/1"

/* ---- the digest ---- */

/* False: no memory. */
static bool digest_of(const json_t *document, char out[65])
{
    json_t *copy = json_copy((json_t *)document); /* shallow */
    if (!copy)
        return false;
    json_object_del(copy, "digest");
    char *text = json_dumps(copy, JSON_SORT_KEYS | JSON_COMPACT);
    json_decref(copy);
    if (!text)
        return false;
    kf_sha256_hex(text, strlen(text), out);
    free(text);
    return true;
}

/* ---- writing ---- */

static void limits(struct kf_json *j, const struct kf_plan_file *p)
{
    kf_json_open(j, "limits", '[');
    for (uint32_t i = 0; i < p->n_limit; i++) {
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "limit", p->limit[i].limit);
        kf_json_text(j, "wanted", p->limit[i].wanted);
        kf_json_text(j, "actual", p->limit[i].actual);
        kf_json_bool(j, "passed", p->limit[i].passed);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

void kf_plan_values_json(struct kf_json *j, const char *key, const struct kf_plan_values *v,
                         uint32_t n)
{
    kf_json_open(j, key, '[');
    for (uint32_t i = 0; i < n; i++) {
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "setting", v[i].setting);
        kf_json_text(j, "name", v[i].name);
        kf_json_text(j, "file", v[i].file);
        kf_json_int(j, "values", v[i].values);
        kf_json_text(j, "digest", v[i].digest);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

uint32_t kf_plan_values_of(const struct kf_config *c, struct kf_arena *arena,
                           const struct kf_plan_values **ret)
{
    struct kf_plan_values *v = kf_arena_alloc(arena, (c->n_list + 1u) * sizeof *v);
    const struct kf_config_file *f = &c->rates_said.file;
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n_list; i++) {
        const struct kf_config_list *l = &c->list[i];
        if (l->file.path)
            v[n++] =
                (struct kf_plan_values){"list", l->name, l->file.path, l->file.digest, l->file.n};
    }
    if (f->path)
        v[n++] = (struct kf_plan_values){"rates", NULL, f->path, f->digest, f->n};
    *ret = v;
    return n;
}

static void document(const struct kf_plan_file *p, const struct kf_buf *figures, struct kf_buf *out)
{
    struct kf_json j;
    kf_json_start(&j, out, SCHEMA);
    kf_json_text(&j, "engine", p->engine);
    kf_json_open(&j, "rules", '{');
    kf_json_text(&j, "before", p->rules_before);
    kf_json_text(&j, "after", p->rules_after);
    kf_json_text(&j, "text_after", p->text_after);
    kf_json_close(&j, '}');
    kf_json_text(&j, "data", p->data);
    kf_json_text(&j, "config", p->config);
    kf_json_int(&j, "run", p->run);
    kf_json_int(&j, "decisions", p->decisions);
    kf_json_int(&j, "erasures", p->erasures);
    kf_json_time(&j, "as_of", p->as_of);
    kf_json_text(&j, "verdict", p->verdict);
    kf_json_text(&j, "summary", p->summary);
    kf_json_bool(&j, "passed", p->passed);
    kf_json_bool(&j, "masked", p->masked);
    kf_json_bool(&j, "sample", p->sample);
    limits(&j, p);
    kf_plan_values_json(&j, "values", p->values, p->n_values);
    kf_json_raw(&j, "figures", figures);
    kf_json_end(&j);
}

static int write_file(const char *path, const char *text, struct kf_error *err)
{
    struct kf_buf part = {0};
    kf_buf_addf(&part, "%s.new", path);
    FILE *f = fopen(part.p, "wb");
    int rc = 0;
    if (!f) {
        rc = kf_error_set(err, KF_E_CANTCREATE, "plan", "cannot write %s: %s", path,
                          strerror(errno));
    } else {
        bool ok = fwrite(text, 1, strlen(text), f) == strlen(text) && fputc('\n', f) == '\n' &&
                  fflush(f) == 0 && fsync(fileno(f)) == 0;
        ok = fclose(f) == 0 && ok && rename(part.p, path) == 0;
        if (!ok) {
            rc = kf_error_set(err, KF_E_IO, "plan", "cannot write %s: %s", path, strerror(errno));
            unlink(part.p);
        }
    }
    kf_buf_free(&part);
    return rc;
}

int kf_plan_write(const struct kf_plan_file *p, const struct kf_buf *figures, const char *path,
                  char ret_digest[65], struct kf_error *err)
{
    struct kf_buf b = {0};
    json_error_t bad;
    char digest[65];
    document(p, figures, &b);
    json_t *d = json_loadb(b.p, b.n, JSON_REJECT_DUPLICATES, &bad);
    kf_buf_free(&b);
    if (!d)
        return kf_error_set(err, KF_E_INTERNAL, "plan", "the figures are no JSON: %s", bad.text);
    char *text = NULL;
    if (digest_of(d, digest) && json_object_set_new(d, "digest", json_string(digest)) == 0)
        text = json_dumps(d, JSON_INDENT(1));
    json_decref(d);
    if (!text)
        return kf_error_set(err, KF_E_NOMEM, "plan", "no memory to write %s", path);
    int rc = write_file(path, text, err);
    free(text);
    if (rc == 0)
        memcpy(ret_digest, digest, sizeof digest);
    return rc;
}

/* ---- reading ---- */

static const char *text_in(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key)); /* NULL: none, or no text */
}

static int64_t int_in(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

static bool read_limits(struct kf_plan_file *p, const json_t *list)
{
    size_t n = json_array_size(list);
    if (!json_is_array(list) || n > UINT32_MAX)
        return false;
    struct kf_plan_limit *l = kf_arena_zalloc(&p->arena, (n + 1) * sizeof *l);
    for (size_t i = 0; i < n; i++) {
        const json_t *x = json_array_get(list, i);
        l[i] =
            (struct kf_plan_limit){text_in(x, "limit"), text_in(x, "wanted"), text_in(x, "actual"),
                                   json_is_true(json_object_get(x, "passed"))};
        if (!l[i].limit || !l[i].wanted || !l[i].actual)
            return false;
    }
    p->limit = l;
    p->n_limit = (uint32_t)n;
    return true;
}

/* A plan of an earlier version says nothing of them. */
static bool read_values(struct kf_plan_file *p, const json_t *list)
{
    size_t n = json_array_size(list);
    if ((list && !json_is_array(list)) || n > UINT32_MAX)
        return false;
    struct kf_plan_values *v = kf_arena_zalloc(&p->arena, (n + 1) * sizeof *v);
    for (size_t i = 0; i < n; i++) {
        const json_t *x = json_array_get(list, i);
        v[i] =
            (struct kf_plan_values){text_in(x, "setting"), text_in(x, "name"), text_in(x, "file"),
                                    text_in(x, "digest"), int_in(x, "values")};
        if (!v[i].setting || !v[i].file || !v[i].digest)
            return false;
    }
    p->values = v;
    p->n_values = (uint32_t)n;
    return true;
}

/* False: something that every plan has is missing. */
static bool take_members(struct kf_plan_file *p)
{
    const json_t *d = p->document, *rules = json_object_get(d, "rules");
    const char *as_of = text_in(d, "as_of");
    bool offset;
    p->engine = text_in(d, "engine");
    p->rules_before = text_in(rules, "before");
    p->rules_after = text_in(rules, "after");
    p->text_after = text_in(rules, "text_after");
    p->data = text_in(d, "data");
    p->config = text_in(d, "config");
    p->run = int_in(d, "run");
    p->decisions = int_in(d, "decisions");
    p->erasures = int_in(d, "erasures");
    p->as_of = KF_NO_TIME;
    p->verdict = text_in(d, "verdict");
    p->summary = text_in(d, "summary");
    p->passed = json_is_true(json_object_get(d, "passed"));
    p->masked = json_is_true(json_object_get(d, "masked"));
    p->sample = json_is_true(json_object_get(d, "sample"));
    if (as_of && !kf_time_parse(kf_cstr(as_of), NULL, &p->as_of, &offset))
        return false;
    return p->engine && p->rules_after && p->text_after && p->data && p->verdict && p->summary &&
           json_is_object(json_object_get(d, "figures")) &&
           read_limits(p, json_object_get(d, "limits")) &&
           read_values(p, json_object_get(d, "values"));
}

static int check(struct kf_plan_file *p, const char *path, struct kf_error *err)
{
    const char *schema = text_in(p->document, "schema");
    char digest[65];
    if (!schema || strncmp(schema, "kinfold.plan/", 13) != 0)
        return kf_error_set(err, KF_E_DATA, "plan",
                            "%s is no plan; 'kinfold dry-run --out FILE.plan' makes one", path);
    if (strcmp(schema, SCHEMA) != 0)
        return kf_error_set(err, KF_E_DATA, "plan",
                            "%s has the form %s, this version reads %s; make the plan again", path,
                            schema, SCHEMA);
    p->digest = text_in(p->document, "digest");
    if (!digest_of(p->document, digest))
        return kf_error_set(err, KF_E_NOMEM, "plan", "no memory to read %s", path);
    if (!p->digest || strcmp(p->digest, digest) != 0)
        return kf_error_set(err, KF_E_DATA, "plan",
                            "%s is not as it was written: its digest says %.12s, its content is "
                            "%.12s; make the plan again",
                            path, p->digest ? p->digest : "nothing", digest);
    if (!take_members(p))
        return kf_error_set(err, KF_E_DATA, "plan", "%s lacks what every plan has", path);
    return 0;
}

int kf_plan_read(const char *path, struct kf_plan_file *ret, struct kf_error *err)
{
    struct kf_plan_file p = {0};
    json_error_t bad;
    FILE *f = fopen(path, "rb");
    if (!f)
        return kf_error_set(err, KF_E_NOINPUT, "plan", "cannot read %s: %s", path, strerror(errno));
    p.document = json_loadf(f, JSON_REJECT_DUPLICATES, &bad);
    fclose(f);
    int rc = p.document
                 ? check(&p, path, err)
                 : kf_error_at(err, KF_E_DATA, "plan", path, bad.line > 0 ? (uint32_t)bad.line : 0,
                               0, "no plan, not even JSON: %s", bad.text);
    if (rc) {
        kf_plan_close(&p);
        return rc;
    }
    *ret = p;
    return 0;
}

void kf_plan_close(struct kf_plan_file *p)
{
    json_decref(p->document);
    kf_arena_free(&p->arena);
    *p = (struct kf_plan_file){0};
}

/* ---- figures ---- */

static const json_t *figure(const struct kf_plan_file *p, const char *path)
{
    const json_t *at = json_object_get(p->document, "figures");
    while (at && *path) {
        const char *dot = strchr(path, '.');
        size_t n = dot ? (size_t)(dot - path) : strlen(path);
        if (json_is_array(at)) {
            char *end;
            unsigned long i = strtoul(path, &end, 10);
            at = end == path + n ? json_array_get(at, i) : NULL;
        } else {
            char key[64];
            snprintf(key, sizeof key, "%.*s", (int)n, path);
            at = json_object_get(at, key);
        }
        path += n + (dot ? 1 : 0);
    }
    return at;
}

int64_t kf_plan_figure(const struct kf_plan_file *p, const char *path, int64_t def)
{
    const json_t *v = figure(p, path);
    return json_is_integer(v) ? json_integer_value(v) : def;
}

const char *kf_plan_figure_text(const struct kf_plan_file *p, const char *path)
{
    return json_string_value(figure(p, path));
}

/* ---- still true? ---- */

static void reason(struct kf_buf *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void reason(struct kf_buf *why, const char *fmt, ...)
{
    va_list ap;
    if (why->n)
        kf_buf_adds(why, "; ");
    va_start(ap, fmt);
    kf_buf_addv(why, fmt, ap);
    va_end(ap);
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* The content of files is no part of the rules, which name them: it may change daily, and a plan
 * speaks of one day. */
static void check_values(const struct kf_plan_file *p, const struct kf_config *c,
                         struct kf_buf *why)
{
    struct kf_arena arena = {0};
    const struct kf_plan_values *now;
    uint32_t n = kf_plan_values_of(c, &arena, &now);
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_plan_values *then = NULL;
        for (uint32_t k = 0; k < p->n_values && !then; k++)
            if (same(p->values[k].file, now[i].file))
                then = &p->values[k];
        if (!then)
            reason(why, "the plan says nothing of the values in %s", now[i].file);
        else if (!same(then->digest, now[i].digest))
            reason(why, "%s is another file now (%lld value%s then, %lld now)", now[i].file,
                   (long long)then->values, then->values == 1 ? "" : "s", (long long)now[i].values);
    }
    kf_arena_free(&arena);
}

bool kf_plan_current(const struct kf_plan_file *p, const struct kf_ruleset *rules,
                     const struct kf_store_run *last, struct kf_buf *why)
{
    size_t before = why->n;
    struct kf_buf b = {0};
    if (!same(p->rules_after, rules->digest))
        reason(&b, "the rules are %.12s now, the plan is for %.12s", rules->digest, p->rules_after);
    if (rules->config)
        check_values(p, rules->config, &b);
    if (!same(p->engine, KF_VERSION))
        reason(&b, "the plan was made by Kinfold %s, this is %s", p->engine, KF_VERSION);
    if (last && !p->run)
        reason(&b, "the workspace had never run when the plan was made");
    if (!last && p->run)
        reason(&b, "the plan compares with run %lld, and there is no store now", (long long)p->run);
    if (last && p->run) {
        if (!same(p->rules_before, last->rules_digest))
            reason(&b, "run %lld has put other rules to work since", (long long)last->number);
        if (!same(p->data, last->data_digest))
            reason(&b, "run %lld has read other data since", (long long)last->number);
        if (!same(p->config, last->config_digest))
            reason(&b,
                   "kinfold.yaml, or a file of values that it names, was another one in run %lld",
                   (long long)last->number);
        if (p->decisions != last->decisions)
            reason(&b, "stewards have decided since (%lld decisions then, %u now)",
                   (long long)p->decisions, last->decisions);
        if (p->erasures != last->erasures)
            reason(&b, "people were erased since");
    }
    kf_buf_add(why, b.p ? b.p : "", b.n);
    kf_buf_free(&b);
    return why->n == before;
}
