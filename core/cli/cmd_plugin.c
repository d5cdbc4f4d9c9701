/* Connectors: which there are, what one takes, whether one works. */
#include "cli/plugin_check.h"
#include "cli/session.h"

#include <unistd.h>

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
        t.wrap = true;
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_plugin_handle *h = l[i].handle;
        if (cli->json) {
            kf_json_open(&j, NULL, '{');
            kf_json_text(&j, "name", l[i].name);
            kf_json_text(&j, "file", l[i].file);
            kf_json_bool(&j, "loads", h != NULL);
            kf_json_text(&j, "kind", h ? kf_plugin_kind_name(h->plugin.kind) : NULL);
            kf_json_text(&j, "version", h ? h->plugin.version : NULL);
            kf_json_text(&j, "formats", h ? h->plugin.formats : NULL);
            kf_json_text(&j, "error", h ? NULL : l[i].error.message);
            kf_json_close(&j, '}');
            continue;
        }
        kf_table_cell(&t, l[i].name);
        kf_table_style(&t, h ? KF_PLAIN : KF_RED,
                       h ? kf_plugin_kind_name(h->plugin.kind) : "does not load");
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
    for (uint32_t i = 0; i < h->n_options; i++) {
        const struct kf_option *o = &h->plugin.options[i];
        kf_buf_adds(b, "  ");
        kf_style_add(b, colour, KF_BOLD, o->key);
        kf_buf_addf(b, "  %s", o->choices ? o->choices : type_name(o->type));
        if (o->flags & KF_OPT_REQUIRED)
            kf_buf_adds(b, ", required");
        else if (o->def && *o->def)
            kf_buf_addf(b, ", default %s", o->def);
        if (o->flags & KF_OPT_SECRET)
            kf_buf_adds(b, ", secret: never printed");
        kf_buf_adds(b, "\n      ");
        kf_wrap_add(b, o->doc, 6, 6, false);
        kf_buf_addc(b, '\n');
    }
}

static void show(const struct kf_cli *cli, const struct kf_plugin_handle *h)
{
    const struct kf_plugin *p = &h->plugin;
    struct kf_buf b = {0};
    if (cli->json) {
        struct kf_json j;
        kf_json_start(&j, &b, "kinfold.plugin/1");
        kf_json_text(&j, "name", p->name);
        kf_json_text(&j, "kind", kf_plugin_kind_name(p->kind));
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
        kf_buf_addf(&b, " %s, a %s: %s\n", p->version ? p->version : "",
                    kf_plugin_kind_name(p->kind), p->summary ? p->summary : "");
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

/* ---- the command ---- */

/* A connector's name rather than a file: no folder, no ending, and no such file here. */
static bool is_name(const char *what)
{
    return !strchr(what, '/') && !strchr(what, '.') && access(what, F_OK) != 0;
}

static int unknown_verb(const char *verb, struct kf_error *err)
{
    static const char *const verbs[] = {"list", "show", "check"};
    const char *near = kf_str_suggest(verb, verbs, 3);
    if (near)
        return kf_error_set(err, KF_E_USAGE, "plugin",
                            "wants list, show NAME or check FILE, not '%s' (did you mean '%s'?)",
                            verb, near);
    return kf_error_set(err, KF_E_USAGE, "plugin", "wants list, show NAME or check FILE, not '%s'",
                        verb);
}

static int dispatch(struct kf_cli *cli, struct kf_error *err)
{
    const char *verb = cli->operand[0], *what = cli->n_operand > 1 ? cli->operand[1] : NULL;
    struct kf_plugin_path path = {0};
    if (strcmp(verb, "list") && strcmp(verb, "show") && strcmp(verb, "check"))
        return unknown_verb(verb, err);
    if (!what && strcmp(verb, "list"))
        return kf_error_set(err, KF_E_USAGE, "plugin", "%s wants %s", verb,
                            strcmp(verb, "show") ? "the file of a connector"
                                                 : "the name of a connector");
    if (what && strcmp(verb, "list") == 0)
        return kf_error_set(err, KF_E_USAGE, "plugin", "list takes no name, not '%s'", what);
    int rc = kf_plugin_path_init(&path, cli->plugin_dir, cli->n_plugin_dir, cli->dir, err);
    if (rc == 0 && strcmp(verb, "list") == 0) {
        rc = list(cli, &path, err);
    } else if (rc == 0) {
        const struct kf_plugin_handle *h;
        bool named = strcmp(verb, "show") == 0 || is_name(what);
        rc = named ? kf_plugin_find(&path, what, &h, err) : kf_plugin_load(what, &h, err);
        if (rc == 0 && strcmp(verb, "show") == 0)
            show(cli, h);
        else if (rc == 0)
            rc = kf_cli_check_plugin(cli, h);
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
                                       "kinfold plugin check source_csv",
                                       "the same for one that is installed",
                                       NULL};
static const struct kf_cli_exit EXITS[] = {{1, "a self-test of the connector failed"}, {-1, NULL}};

const struct kf_cli_command kf_cmd_plugin = {
    .name = "plugin",
    .operands = "list | show NAME | check FILE",
    .min_operands = 1,
    .max_operands = 2,
    .purpose = "list connectors, show their options, check one",
    .about = "check loads a connector, says its ABI version and runs it on its own testdata: a "
             "folder a case with input.*, perhaps options.yaml, expected.jsonl, and "
             "expected_quarantine where records are refused. Connectors are looked for in "
             "--plugin-dir, in plugins/ of the workspace, beside the program and in "
             "lib/kinfold/plugins of the installation.",
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
