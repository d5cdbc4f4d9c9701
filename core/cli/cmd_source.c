/* Releases a source of cadence approval, or stops it again. */
#include "cli/approve_sign.h"
#include "cli/approve_source.h"

static const struct kf_cli_option OPTIONS[] = {
    {"until", 0, "DAY", "release whatever comes, up to the end of this day", false},
    KF_SIGN_OPTIONS,
    {0},
};

static int find(const struct kf_session *s, const char *name, const struct kf_config_source **ret,
                struct kf_error *err)
{
    const struct kf_config *c = s->ws.config;
    const char *names[1000];
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n_source; i++) {
        const struct kf_config_source *x = &c->source[i];
        if (strcmp(x->name, name) == 0) {
            *ret = x;
            return x->cadence == KF_CADENCE_APPROVAL
                       ? 0
                       : kf_error_at(err, KF_E_NOINPUT, "source", c->file, x->line, x->column,
                                     "source '%s' waits for nobody: its cadence is %s, not "
                                     "approval",
                                     name, kf_config_cadence_name(x->cadence));
        }
        if (x->cadence == KF_CADENCE_APPROVAL && n < 1000)
            names[n++] = x->name;
    }
    const char *near = kf_str_suggest(name, names, n);
    return kf_error_set(err, KF_E_NOINPUT, "source", "kinfold.yaml has no source '%s'%s%s%s", name,
                        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* ---- approve, revoke ---- */

/* What kinfold.yaml releases is not to be stopped here. */
static int in_yaml(const struct kf_session *s, const struct kf_approvals *log,
                   const struct kf_config_source *source, struct kf_error *err)
{
    const struct kf_config *c = s->ws.config;
    if (!source->approved_by || kf_source_released(c, log, source))
        return 0;
    return kf_error_at(err, KF_E_USAGE, "source", c->file, source->line, source->column,
                       "kinfold.yaml releases source '%s' (approved_by: %s); take that line out",
                       source->name, source->approved_by);
}

struct releasing {
    struct kf_session s;
    struct kf_signer g;
    const struct kf_config_source *source;
    char files[65], hash[65];
    uint32_t n_files, number;
    int64_t until;
    bool revoke;
};

/* Without an end it is the files as they are now that are released; another file waits again. */
static int what(struct releasing *r, struct kf_error *err)
{
    int rc = kf_session_instant(&r->s, "until", &r->until, err);
    if (rc || r->revoke)
        return rc;
    if (r->until != KF_TIME_MIN) {
        r->until = (r->until + 1) / 1000000 * 1000000; /* a day ends where the next begins */
        return r->until > r->g.now
                   ? 0
                   : kf_error_set(err, KF_E_USAGE, "source", "--until names a day that is over");
    }
    return r->source->n_path
               ? kf_source_digest(r->s.ws.config, r->source, r->files, &r->n_files, err)
               : 0;
}

static void words(const struct releasing *r, struct kf_buf *b)
{
    if (r->revoke) {
        kf_buf_addf(b, "%s is not read any more; what was read of it stays", r->source->name);
        return;
    }
    kf_buf_addf(b, "%s is read: ", r->source->name);
    if (r->until != KF_TIME_MIN) {
        kf_buf_adds(b, "whatever comes until ");
        kf_when_add(b, r->s.ws.config->zone, r->until);
    } else if (r->n_files) {
        kf_count_add(b, r->n_files, "file as it is", "files as they are");
        kf_buf_adds(b, " now; a file that is new or changed waits again");
    } else {
        kf_buf_adds(b, "whatever comes");
    }
}

static void say(const struct releasing *r, struct kf_buf *b)
{
    struct kf_json j;
    struct kf_buf w = {0};
    words(r, &w);
    if (r->s.cli->json) {
        kf_json_start(&j, b, "kinfold.source/1");
        kf_json_count(&j, "line", r->number);
        kf_json_text(&j, "kind", r->revoke ? "source_revoke" : "source");
        kf_json_text(&j, "source", r->source->name);
        kf_json_text(&j, "who", r->g.person->name);
        kf_json_time(&j, "until", r->until);
        kf_json_count(&j, "files", r->n_files);
        kf_json_text(&j, "hash", r->hash);
        kf_json_end(&j);
    } else {
        kf_buf_addf(b, "Line %u of %s, by %s: %s.\n", r->number, KF_APPROVAL_FILE,
                    r->g.person->name, w.p);
        if (!r->revoke)
            kf_buf_adds(b, "It takes effect with the next 'kinfold run'.\n");
    }
    kf_buf_free(&w);
}

static int release(struct releasing *r, struct kf_buf *b, struct kf_error *err)
{
    struct kf_buf question = {0};
    bool yes = false;
    int rc = find(&r->s, r->s.cli->operand[1], &r->source, err);
    if (rc == 0)
        rc = kf_signer_open(&r->g, &r->s, KF_ROLE_SOURCES, err);
    if (rc == 0)
        rc = in_yaml(&r->s, r->g.log, r->source, err);
    if (rc == 0)
        rc = what(r, err);
    if (rc)
        return rc;
    words(r, &question);
    kf_buf_addf(&question, ". Sign as %s?", r->g.person->name);
    rc = kf_signer_confirm(&r->g, question.p, &yes, err);
    kf_buf_free(&question);
    if (rc == 0 && !yes)
        return 1;
    struct kf_approval e = {.kind = r->revoke ? KF_APPROVAL_SOURCE_REVOKE : KF_APPROVAL_SOURCE,
                            .source = r->source->name,
                            .files = r->files[0] ? r->files : NULL,
                            .until = r->until};
    if (rc == 0)
        rc = kf_signer_append(&r->g, &e, &r->number, r->hash, err);
    if (rc == 0)
        say(r, b);
    return rc;
}

/* ---- list ---- */

static int list(const struct kf_session *s, struct kf_buf *b, struct kf_error *err)
{
    const struct kf_config *c = s->ws.config;
    struct kf_approvals *a = NULL;
    struct kf_table t;
    struct kf_json j;
    int rc = kf_approvals_load(c, &a, err);
    if (rc)
        return rc;
    kf_table_start(&t, "lll");
    t.wrap = true;
    kf_table_head(&t, "source|cadence|");
    kf_json_start(&j, b, "kinfold.source-list/1");
    kf_json_open(&j, "sources", '[');
    for (uint32_t i = 0; i < c->n_source; i++) {
        struct kf_buf w = {0};
        if (c->source[i].cadence == KF_CADENCE_APPROVAL)
            kf_source_standing(c, a, &c->source[i], &w);
        kf_table_cell(&t, c->source[i].name);
        kf_table_cell(&t, kf_config_cadence_name(c->source[i].cadence));
        kf_table_style(&t, kf_config_waits(&c->source[i]) ? KF_YELLOW : KF_PLAIN, w.p ? w.p : "");
        kf_table_end_row(&t);
        kf_json_open(&j, NULL, '{');
        kf_json_text(&j, "name", c->source[i].name);
        kf_json_text(&j, "cadence", kf_config_cadence_name(c->source[i].cadence));
        kf_json_bool(&j, "waits", kf_config_waits(&c->source[i]));
        kf_json_text(&j, "standing", w.p);
        kf_json_close(&j, '}');
        kf_buf_free(&w);
    }
    kf_json_close(&j, ']');
    kf_json_end(&j);
    if (!s->cli->json)
        kf_buf_clear(b);
    struct kf_buf text = {0};
    kf_table_print(&t, 0, s->cli->colour, s->cli->json ? &text : b);
    kf_buf_free(&text);
    kf_approvals_free(a);
    return 0;
}

/* ---- the command ---- */

static int dispatch(struct releasing *r, struct kf_buf *b, struct kf_error *err)
{
    static const char *const verbs[] = {"approve", "revoke", "list"};
    const struct kf_cli *cli = r->s.cli;
    const char *verb = cli->operand[0];
    size_t v = 0;
    while (v < 3 && strcmp(verbs[v], verb) != 0)
        v++;
    if (v == 3) {
        const char *near = kf_str_suggest(verb, verbs, 3);
        return kf_error_set(err, KF_E_USAGE, "source",
                            "a source can be approved, revoked or listed, not '%s'%s%s%s", verb,
                            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    if ((cli->n_operand == 2) != (v < 2))
        return kf_error_set(err, KF_E_USAGE, "source",
                            v < 2 ? "%s wants the name of a source" : "%s takes no name", verb);
    r->revoke = v == 1;
    int rc = kf_session_open(&r->s, cli, err);
    return rc ? rc : v == 2 ? list(&r->s, b, err) : release(r, b, err);
}

static int run(struct kf_cli *cli)
{
    struct releasing r = {.s = {.cli = cli}, .until = KF_TIME_MIN};
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf b = {0};
    int rc = dispatch(&r, &b, &err);
    int status = rc < 0 ? kf_session_fail(&r.s, &err) : rc;
    if (rc >= 0 && (!cli->quiet || cli->json))
        kf_out_flush(&b);
    kf_buf_free(&b);
    kf_signer_free(&r.g);
    kf_session_close(&r.s);
    return status;
}

static const char *const EXAMPLES[] = {
    "kinfold source list",
    "which sources wait, and by whose word the others are read",
    "kinfold source approve refunds --because \"looked at, totals match the books\"",
    "the files as they are now are read by the next run; a new file waits again",
    "kinfold source approve refunds --until 2026-12-31 --because \"bookkeeping sends them weekly\"",
    "whatever comes this year is read",
    "kinfold source revoke refunds --because \"amounts doubled\"",
    "from the next run on it is not read; what was read stays",
    NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "you said no; nothing was written"},
    {66, "there is no such source, it waits for nobody, or it has no file"},
    {77, "your key may not release sources, or the log is broken"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_source = {
    .name = "source",
    .operands = "list | approve NAME | revoke NAME",
    .min_operands = 1,
    .max_operands = 2,
    .purpose = "release a source that waits for approval",
    .about = "A source with the cadence approval is read only when somebody has released it: here, "
             "as a signed line of approvals.jsonl, or with approved_by in kinfold.yaml. Who may do "
             "it holds the role sources in kinfold.yaml; where nobody holds it, everybody with a "
             "role may.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
