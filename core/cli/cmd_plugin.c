/* Connectors: which there are, what one takes, whether one works. */
#include "cli/session.h"
#include "event/ingest.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *kind_name(uint32_t kind)
{
    return kind == KF_PLUGIN_SOURCE ? "source" : "destination";
}

static const char *type_name(uint32_t type)
{
    static const char *const names[] = {"",       "text", "number",   "boolean", "character",
                                        "choice", "path", "duration", "list",    "map"};
    return type < sizeof names / sizeof *names ? names[type] : "?";
}

/* ---- list ---- */

static int list(struct kf_cli *cli, const struct kf_plugin_path *path, struct kf_error *err)
{
    struct kf_plugin_listing *l;
    uint32_t n;
    int rc = kf_plugin_list(path, &l, &n, err);
    if (rc)
        return rc;
    struct kf_buf b = {0};
    struct kf_json j;
    struct kf_table t;
    if (cli->json) {
        kf_json_start(&j, &b, "kinfold.plugin-list/1");
        kf_json_open(&j, "plugins", '[');
    } else {
        kf_table_start(&t, "llll");
        kf_table_head(&t, "name|kind|version|what it reads or writes");
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_plugin_handle *h = l[i].handle;
        if (cli->json) {
            kf_json_open(&j, NULL, '{');
            kf_json_text(&j, "name", l[i].name);
            kf_json_text(&j, "file", l[i].file);
            kf_json_bool(&j, "loads", h != NULL);
            kf_json_text(&j, "kind", h ? kind_name(h->plugin.kind) : NULL);
            kf_json_text(&j, "version", h ? h->plugin.version : NULL);
            kf_json_text(&j, "formats", h ? h->plugin.formats : NULL);
            kf_json_text(&j, "error", h ? NULL : l[i].error.message);
            kf_json_close(&j, '}');
            continue;
        }
        kf_table_cell(&t, l[i].name);
        kf_table_style(&t, h ? KF_PLAIN : KF_RED, h ? kind_name(h->plugin.kind) : "does not load");
        kf_table_cell(&t, h ? h->plugin.version : "");
        kf_table_cell(&t, h ? h->plugin.summary : l[i].error.message);
        kf_table_end_row(&t);
    }
    if (cli->json) {
        kf_json_close(&j, ']');
        kf_json_end(&j);
    } else {
        kf_table_print(&t, 0, cli->colour, &b);
    }
    kf_plugin_list_free(l, n);
    kf_out_flush(&b);
    return 0;
}

/* ---- show ---- */

static void json_options(const struct kf_plugin_handle *h, struct kf_json *j)
{
    kf_json_open(j, "options", '[');
    for (uint32_t i = 0; i < h->n_options; i++) {
        const struct kf_option *o = &h->plugin.options[i];
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "key", o->key);
        kf_json_text(j, "type", type_name(o->type));
        kf_json_text(j, "default", o->def);
        kf_json_text(j, "choices", o->choices);
        kf_json_bool(j, "required", o->flags & KF_OPT_REQUIRED);
        kf_json_bool(j, "secret", o->flags & KF_OPT_SECRET);
        kf_json_text(j, "doc", o->doc);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

static void add_options(const struct kf_plugin_handle *h, bool colour, struct kf_buf *b)
{
    struct kf_table t;
    kf_table_start(&t, "llll");
    kf_table_head(&t, "option|type|default|meaning");
    for (uint32_t i = 0; i < h->n_options; i++) {
        const struct kf_option *o = &h->plugin.options[i];
        kf_table_cell(&t, o->key);
        kf_table_cell(&t, o->choices ? o->choices : type_name(o->type));
        kf_table_cell(&t, o->flags & KF_OPT_REQUIRED ? "(required)" : o->def ? o->def : "");
        kf_table_cellf(&t, "%s%s", o->doc,
                       o->flags & KF_OPT_SECRET ? " (secret: never printed)" : "");
        kf_table_end_row(&t);
    }
    kf_table_print(&t, 2, colour, b);
}

static void show(const struct kf_cli *cli, const struct kf_plugin_handle *h)
{
    const struct kf_plugin *p = &h->plugin;
    struct kf_buf b = {0};
    if (cli->json) {
        struct kf_json j;
        kf_json_start(&j, &b, "kinfold.plugin/1");
        kf_json_text(&j, "name", p->name);
        kf_json_text(&j, "kind", kind_name(p->kind));
        kf_json_text(&j, "version", p->version);
        kf_json_int(&j, "abi_major", p->major);
        kf_json_int(&j, "abi_minor", p->minor);
        kf_json_text(&j, "file", h->file);
        kf_json_text(&j, "summary", p->summary);
        kf_json_text(&j, "formats", p->formats);
        kf_json_text(&j, "vendor_doc", p->vendor_doc);
        json_options(h, &j);
        kf_json_end(&j);
    } else {
        kf_style_add(&b, cli->colour, KF_BOLD, p->name);
        kf_buf_addf(&b, " %s, a %s: %s\n", p->version ? p->version : "", kind_name(p->kind),
                    p->summary ? p->summary : "");
        kf_buf_addf(&b, "  file     %s\n  ABI      %u.%u\n", h->file, p->major, p->minor);
        if (p->formats)
            kf_buf_addf(&b, "  formats  %s\n", p->formats);
        if (p->vendor_doc)
            kf_buf_addf(&b, "  vendor   %s\n", p->vendor_doc);
        if (h->testdata)
            kf_buf_addf(&b, "  testdata %s\n", h->testdata);
        kf_buf_addc(&b, '\n');
        if (h->n_options)
            add_options(h, cli->colour, &b);
        else
            kf_buf_adds(&b, "  takes no options\n");
    }
    kf_out_flush(&b);
}

/* ---- check: the connector on its own testdata ---- */

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

/* The workspace of a case: one source, with options.yaml as its options. */
static int case_config(const struct kf_plugin_handle *h, const char *dir, struct kf_config **ret,
                       struct kf_error *err)
{
    struct kf_buf yaml = {0}, options = {0}, path = {0};
    kf_buf_addf(&yaml, "sources:\n  - name: case\n    plugin: %s\n    path: input\n",
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

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Events as sorted lines, then what was refused: the order of a file does not matter. */
static void lines_of(const struct kf_events *e, const struct kf_ingest_result *in,
                     struct kf_buf *out)
{
    char **line = calloc(e->n + 1u, sizeof *line);
    uint32_t n = 0;
    for (uint32_t i = 0; line && i < e->n; i++) {
        if (e->dropped[i])
            continue;
        struct kf_buf b = {0};
        kf_event_json(e, i, &b);
        while (b.n && b.p[b.n - 1] == '\n')
            b.p[--b.n] = 0;
        line[n++] = b.p;
    }
    if (line)
        qsort(line, n, sizeof *line, by_bytes);
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_addf(out, "%s\n", line[i]);
        free(line[i]);
    }
    free(line);
    for (uint32_t i = 0; i < in->n_quarantine; i++) {
        kf_buf_addf(out, "{\"quarantine\":{\"reason\":\"%s\",\"record\":%u}}\n",
                    in->quarantine[i].reason, in->quarantine[i].record);
    }
}

/* Sorted lines of a text, so that expected.jsonl may stand in any order. */
static void sort_lines(struct kf_buf *b)
{
    size_t n = 0, cap = 1;
    for (size_t i = 0; i < b->n; i++)
        cap += b->p[i] == '\n';
    char **line = calloc(cap + 1, sizeof *line), *save = NULL;
    struct kf_buf out = {0};
    for (char *p = b->n ? strtok_r(b->p, "\n", &save) : NULL; p && line;
         p = strtok_r(NULL, "\n", &save))
        line[n++] = p;
    if (line)
        qsort(line, n, sizeof *line, by_bytes);
    for (size_t i = 0; i < n; i++)
        kf_buf_addf(&out, "%s\n", line[i]);
    free(line);
    kf_buf_free(b);
    *b = out;
}

/* First line that differs, for the message. */
static void compare(const struct kf_buf *got, const struct kf_buf *want, struct kf_buf *why)
{
    const char *a = got->p ? got->p : "", *b = want->p ? want->p : "";
    if (strcmp(a, b) == 0)
        return;
    uint32_t number = 1;
    for (;; number++) {
        size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");
        if (n != m || memcmp(a, b, n) || !a[n] || !b[m]) {
            kf_buf_addf(why, "line %u is\n      %.*s\n    but expected is\n      %.*s", number,
                        (int)n, a, (int)m, b);
            return;
        }
        a += n + 1;
        b += m + 1;
    }
}

static int run_case(const struct kf_plugin_handle *h, const char *dir, struct kf_buf *why,
                    struct kf_error *err)
{
    struct kf_buf input = {0}, text = {0}, want = {0}, got = {0}, path = {0};
    struct kf_config *config = NULL;
    struct kf_ingest_result *in = NULL;
    struct kf_dict dict = {0};
    struct kf_idents *ids = NULL;
    struct kf_events *e = NULL;
    int rc = 0;
    kf_buf_addf(&path, "%s/expected.jsonl", dir);
    if (!find_input(dir, &input) || !read_whole(input.p, &text))
        rc = kf_error_set(err, KF_E_NOINPUT, "plugin", "%s has no input.* file", dir);
    else if (!read_whole(path.p, &want))
        rc = kf_error_set(err, KF_E_NOINPUT, "plugin", "%s has no expected.jsonl", dir);
    if (rc == 0)
        rc = case_config(h, dir, &config, err);
    if (rc == 0 &&
        (kf_dict_init(&dict) || !(ids = kf_idents_new()) || !(e = kf_events_new(&dict, ids))))
        rc = kf_error_set(err, KF_E_NOMEM, "plugin", "out of memory");
    if (rc == 0)
        rc = kf_ingest_buffer(config, &config->source[0], h, strrchr(input.p, '/') + 1,
                              text.p ? text.p : "", text.n, e, &in, err);
    if (rc == 0) {
        lines_of(e, in, &got);
        sort_lines(&got);
        sort_lines(&want);
        compare(&got, &want, why);
    }
    kf_ingest_free(in);
    kf_events_free(e);
    kf_idents_free(ids);
    kf_dict_free(&dict);
    kf_config_free(config);
    kf_buf_free(&input);
    kf_buf_free(&text);
    kf_buf_free(&want);
    kf_buf_free(&got);
    kf_buf_free(&path);
    return rc;
}

struct verdicts {
    struct kf_cli *cli;
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

static int check(struct kf_cli *cli, const char *file, struct kf_error *err)
{
    const struct kf_plugin_handle *h;
    int rc = kf_plugin_load(file, &h, err);
    if (rc)
        return rc;
    struct verdicts v = {.cli = cli};
    if (cli->json) {
        kf_json_start(&v.j, &v.out, "kinfold.plugin-check/1");
        kf_json_text(&v.j, "name", h->plugin.name);
        kf_json_text(&v.j, "file", h->file);
        kf_json_int(&v.j, "abi_major", h->plugin.major);
        kf_json_int(&v.j, "abi_minor", h->plugin.minor);
        kf_json_open(&v.j, "cases", '[');
    } else {
        kf_buf_addf(&v.out, "%s %s: ABI %u.%u, a %s with %u option%s\n", h->plugin.name,
                    h->plugin.version ? h->plugin.version : "", h->plugin.major, h->plugin.minor,
                    kind_name(h->plugin.kind), h->n_options, h->n_options == 1 ? "" : "s");
    }
    if (h->plugin.kind == KF_PLUGIN_SOURCE)
        self_test(&v, h);
    if (cli->json) {
        kf_json_close(&v.j, ']');
        kf_json_bool(&v.j, "ok", v.failed == 0);
        kf_json_end(&v.j);
    } else if (v.passed + v.failed == 0) {
        kf_buf_addf(&v.out, "  %s\n",
                    h->plugin.kind == KF_PLUGIN_SOURCE
                        ? "loads; no testdata beside it (a folder testdata/CASE with input.* and "
                          "expected.jsonl)"
                        : "loads; a destination has no self-test");
    } else {
        kf_buf_addf(&v.out, "%u passed, %u failed\n", v.passed, v.failed);
    }
    kf_out_flush(&v.out);
    return v.failed ? 1 : 0;
}

/* ---- the command ---- */

static int dispatch(struct kf_cli *cli, struct kf_error *err)
{
    const char *verb = cli->operand[0], *what = cli->n_operand > 1 ? cli->operand[1] : NULL;
    struct kf_plugin_path path = {0};
    if (strcmp(verb, "list") && strcmp(verb, "show") && strcmp(verb, "check"))
        return kf_error_set(err, KF_E_USAGE, "plugin",
                            "wants list, show NAME or check FILE, not '%s'", verb);
    if (!what && strcmp(verb, "list"))
        return kf_error_set(err, KF_E_USAGE, "plugin", "%s wants %s", verb,
                            strcmp(verb, "show") ? "the file of a connector"
                                                 : "the name of a connector");
    if (strcmp(verb, "check") == 0)
        return check(cli, what, err);
    int rc = kf_plugin_path_init(&path, cli->plugin_dir, cli->n_plugin_dir, cli->dir, err);
    if (rc == 0 && strcmp(verb, "list") == 0) {
        rc = list(cli, &path, err);
    } else if (rc == 0) {
        const struct kf_plugin_handle *h;
        rc = kf_plugin_find(&path, what, &h, err);
        if (rc == 0)
            show(cli, h);
    }
    kf_plugin_path_free(&path);
    return rc;
}

static int run(struct kf_cli *cli)
{
    struct kf_error err = KF_ERROR_INIT;
    int rc = dispatch(cli, &err);
    return rc < 0 ? kf_cli_fail(cli, &err) : rc;
}

static const char *const EXAMPLES[] = {"kinfold plugin list",
                                       "which connectors there are",
                                       "kinfold plugin show source_csv",
                                       "its options with defaults",
                                       "kinfold plugin check build/source_mine.so",
                                       "does mine load and pass its own tests?",
                                       NULL};
static const struct kf_cli_exit EXITS[] = {{1, "a self-test of the connector failed"}, {-1, NULL}};

const struct kf_cli_command kf_cmd_plugin = {
    .name = "plugin",
    .operands = "list | show NAME | check FILE",
    .min_operands = 1,
    .max_operands = 2,
    .purpose = "list connectors, show their options, check one",
    .about = "check loads a connector, says its ABI version and runs it on its own testdata: a "
             "folder a case with input.*, "
             "perhaps options.yaml, and expected.jsonl.",
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
