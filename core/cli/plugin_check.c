/* A case is a folder of testdata/ with input.*, perhaps options.yaml (what stands below
 * `options:`), expected.jsonl, and expected_quarantine where records are refused. The events are
 * compared in the order of the fold, the refused records in the order of the input, each as one
 * line of text. Every case has the surroundings that tests/connectors gives it, so that both say
 * the same. */
#include "cli/plugin_check.h"
#include "cli/output.h"
#include "event/ingest.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

const char *kf_plugin_kind_name(uint32_t kind)
{
    return kind == KF_PLUGIN_SOURCE ? "source" : "destination";
}

static bool read_whole(const char *path, struct kf_buf *out)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    char piece[16384];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        kf_buf_add(out, piece, n);
    fclose(f);
    return true;
}

/* The workspace of a case: one source called test, with options.yaml as its options. */
static int case_config(const struct kf_plugin_handle *h, const char *dir, struct kf_config **ret,
                       struct kf_error *err)
{
    struct kf_buf yaml = {0}, options = {0}, path = {0};
    kf_buf_addf(&yaml,
                "zone: Europe/Berlin\ncurrency: EUR\n"
                "sources:\n  - name: test\n    plugin: %s\n    path: input\n",
                h->plugin.name);
    kf_buf_addf(&path, "%s/options.yaml", dir);
    if (read_whole(path.p, &options) && options.n) {
        kf_buf_adds(&yaml, "    options:\n");
        for (const char *p = options.p; *p;) {
            size_t n = strcspn(p, "\n");
            kf_buf_addf(&yaml, "      %.*s\n", (int)n, p);
            p += n + (p[n] == '\n');
        }
    }
    int rc = kf_config_parse(yaml.p, yaml.n, dir, false, ret, NULL, NULL, err);
    kf_buf_free(&yaml);
    kf_buf_free(&options);
    kf_buf_free(&path);
    return rc;
}

static bool find_input(const char *dir, struct kf_buf *out)
{
    DIR *d = opendir(dir);
    bool found = false;
    for (struct dirent *e; d && (e = readdir(d));)
        if (strncmp(e->d_name, "input.", 6) == 0) {
            kf_buf_clear(out);
            kf_buf_addf(out, "%s/%s", dir, e->d_name);
            found = true;
        }
    if (d)
        closedir(d);
    return found;
}

static int by_time_and_id(const void *a, const void *b, void *events)
{
    return kf_event_cmp(events, *(const uint32_t *)a, *(const uint32_t *)b);
}

static void lines_of(struct kf_events *e, const struct kf_ingest_result *in, struct kf_buf *events,
                     struct kf_buf *refused)
{
    uint32_t n = 0, *order = malloc((e->n + 1u) * sizeof *order);
    if (!order)
        abort();
    for (uint32_t i = 0; i < e->n; i++)
        if (!e->dropped[i])
            order[n++] = i;
    qsort_r(order, n, sizeof *order, by_time_and_id, e);
    for (uint32_t i = 0; i < n; i++) {
        kf_event_json(e, order[i], events);
        if (events->p[events->n - 1] != '\n')
            kf_buf_addc(events, '\n');
    }
    free(order);
    for (uint32_t i = 0; i < in->n_quarantine; i++) {
        const struct kf_quarantine *q = &in->quarantine[i];
        kf_buf_addf(refused, "%u\t%s\t%.*s\n", q->record, q->reason, (int)q->detail.n, q->detail.p);
    }
}

/* First line that differs, for the message. */
static void compare(const struct kf_buf *got, const struct kf_buf *want, const char *what,
                    struct kf_buf *why)
{
    const char *a = got->p ? got->p : "", *b = want->p ? want->p : "";
    if (why->n || strcmp(a, b) == 0)
        return;
    uint32_t number = 1;
    for (;; number++) {
        size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");
        if (n != m || memcmp(a, b, n) || !a[n] || !b[m]) {
            kf_buf_addf(why, "%s %u is\n      %.*s\n    but expected is\n      %.*s", what, number,
                        n ? (int)n : 9, n ? a : "(nothing)", m ? (int)m : 9, m ? b : "(nothing)");
            return;
        }
        a += n + 1;
        b += m + 1;
    }
}

/* What a case needs and makes, released together. */
struct trial {
    struct kf_buf path, input, want, want_refused, got, refused;
    struct kf_config *config;
    struct kf_dict dict;
    struct kf_idents *ids;
    struct kf_events *events;
    struct kf_ingest_result *in;
};

static void trial_free(struct trial *t)
{
    kf_ingest_free(t->in);
    kf_events_free(t->events);
    kf_idents_free(t->ids);
    kf_dict_free(&t->dict);
    kf_config_free(t->config);
    kf_buf_free(&t->path);
    kf_buf_free(&t->input);
    kf_buf_free(&t->want);
    kf_buf_free(&t->want_refused);
    kf_buf_free(&t->got);
    kf_buf_free(&t->refused);
}

static int trial_read(struct trial *t, const char *dir, struct kf_error *err)
{
    if (!find_input(dir, &t->path) || !read_whole(t->path.p, &t->input))
        return kf_error_set(err, KF_E_NOINPUT, "plugin", "%s has no input.* file", dir);
    kf_buf_clear(&t->path);
    kf_buf_addf(&t->path, "%s/expected.jsonl", dir);
    if (!read_whole(t->path.p, &t->want))
        return kf_error_set(err, KF_E_NOINPUT, "plugin", "%s has no expected.jsonl", dir);
    kf_buf_clear(&t->path);
    kf_buf_addf(&t->path, "%s/expected_quarantine", dir);
    read_whole(t->path.p, &t->want_refused); /* none: nothing is refused */
    return 0;
}

static int run_case(const struct kf_plugin_handle *h, const char *dir, struct kf_buf *why,
                    struct kf_error *err)
{
    struct trial t = {0};
    int rc = trial_read(&t, dir, err);
    if (rc == 0)
        rc = case_config(h, dir, &t.config, err);
    if (rc == 0 && (kf_dict_init(&t.dict) || !(t.ids = kf_idents_new()) ||
                    !(t.events = kf_events_new(&t.dict, t.ids))))
        rc = kf_error_set(err, KF_E_NOMEM, "plugin", "out of memory");
    if (rc == 0)
        rc = kf_ingest_buffer(t.config, &t.config->source[0], h, "input",
                              t.input.p ? t.input.p : "", t.input.n, t.events, &t.in, err);
    if (rc == 0) {
        lines_of(t.events, t.in, &t.got, &t.refused);
        compare(&t.got, &t.want, "event", why);
        compare(&t.refused, &t.want_refused, "refused record", why);
    }
    trial_free(&t);
    return rc;
}

/* ---- verdicts ---- */

struct verdicts {
    const struct kf_cli *cli;
    struct kf_buf out;
    struct kf_json j;
    uint32_t passed, failed;
};

static void verdict(struct verdicts *v, const char *name, const char *why)
{
    *(why ? &v->failed : &v->passed) += 1;
    if (v->cli->json) {
        kf_json_open(&v->j, NULL, '{');
        kf_json_text(&v->j, "case", name);
        kf_json_bool(&v->j, "passed", !why);
        kf_json_text(&v->j, "why", why);
        kf_json_close(&v->j, '}');
        return;
    }
    kf_buf_adds(&v->out, "  ");
    kf_style_add(&v->out, v->cli->colour, why ? KF_RED : KF_GREEN, why ? "failed" : "ok    ");
    kf_buf_addf(&v->out, "  %s\n", name);
    if (why)
        kf_buf_addf(&v->out, "    %s\n", why);
}

static void self_test(struct verdicts *v, const struct kf_plugin_handle *h)
{
    struct dirent **entry = NULL;
    int n = h->testdata ? scandir(h->testdata, &entry, NULL, alphasort) : 0;
    for (int i = 0; i < n; i++) {
        struct kf_buf dir = {0}, why = {0};
        struct kf_error err = KF_ERROR_INIT;
        struct stat st;
        kf_buf_addf(&dir, "%s/%s", h->testdata, entry[i]->d_name);
        if (entry[i]->d_name[0] != '.' && stat(dir.p, &st) == 0 && S_ISDIR(st.st_mode)) {
            if (run_case(h, dir.p, &why, &err))
                verdict(v, entry[i]->d_name, err.message);
            else
                verdict(v, entry[i]->d_name, why.n ? why.p : NULL);
        }
        kf_buf_free(&dir);
        kf_buf_free(&why);
        free(entry[i]);
    }
    free(entry);
}

static void head(struct verdicts *v, const struct kf_plugin_handle *h)
{
    const struct kf_plugin *p = &h->plugin;
    if (v->cli->json) {
        kf_json_start(&v->j, &v->out, "kinfold.plugin-check/1");
        kf_json_text(&v->j, "name", p->name);
        kf_json_text(&v->j, "kind", kf_plugin_kind_name(p->kind));
        kf_json_text(&v->j, "version", p->version);
        kf_json_text(&v->j, "file", h->file);
        kf_json_int(&v->j, "abi_major", p->major);
        kf_json_int(&v->j, "abi_minor", p->minor);
        kf_json_int(&v->j, "options", h->n_options);
        kf_json_open(&v->j, "cases", '[');
        return;
    }
    kf_style_add(&v->out, v->cli->colour, KF_BOLD, p->name);
    kf_buf_addf(&v->out, " %s, a %s: ABI %u.%u, ", p->version ? p->version : "",
                kf_plugin_kind_name(p->kind), p->major, p->minor);
    kf_count_add(&v->out, h->n_options, "option", NULL);
    kf_buf_addc(&v->out, '\n');
}

static void foot(struct verdicts *v, const struct kf_plugin_handle *h)
{
    if (v->cli->json) {
        kf_json_close(&v->j, ']');
        kf_json_count(&v->j, "passed", v->passed);
        kf_json_count(&v->j, "failed", v->failed);
        kf_json_bool(&v->j, "ok", v->failed == 0);
        kf_json_end(&v->j);
    } else if (v->passed + v->failed) {
        kf_buf_addf(&v->out, "%u passed, %u failed\n", v->passed, v->failed);
    } else if (h->plugin.kind == KF_PLUGIN_SOURCE) {
        kf_buf_adds(&v->out, "  loads; no testdata beside it: a folder testdata/CASE with input.* "
                             "and expected.jsonl\n");
    } else {
        kf_buf_adds(&v->out, "  loads; a destination has no self-test\n");
    }
}

int kf_cli_check_plugin(const struct kf_cli *cli, const struct kf_plugin_handle *h)
{
    struct verdicts v = {.cli = cli};
    head(&v, h);
    if (h->plugin.kind == KF_PLUGIN_SOURCE)
        self_test(&v, h);
    foot(&v, h);
    kf_out_flush(&v.out);
    return v.failed ? 1 : 0;
}
