/* Puts an approved rule set in force, or goes back to the one before. */
#include "cli/approve_gate.h"
#include "cli/approve_publish.h"
#include "cli/approve_sign.h"
#include "cli/quality_gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct kf_cli_option OPTIONS[] = {
    {"previous", 0, NULL, "go back to what was in force before", false},
    {"dry-run", 'n', NULL, "say what would be put in force and write nothing", false},
    {"because", 0, "TEXT", "why (default: who approved it; with --previous it has to be said)",
     false},
    {"key", 'k', "FILE", "the secret key (default: yours of ~/.config/kinfold)", false},
    {"passphrase-file", 0, "FILE", "its passphrase, instead of asking for it", false},
    KF_DESPITE_OPTION,
    {0},
};

struct publishing {
    struct kf_session s;
    struct kf_signer g;
    struct kf_approvals *log;     /* as it was read first, also by a dry run */
    const struct kf_approval *in; /* force, NULL: nothing is */
    const struct kf_approval *back;
    struct kf_ruleset *rules; /* what comes; of --previous the snapshot */
    const struct kf_ruleset *of;
    struct kf_buf because;
    char *folder, files[65], hash[65];
    int lock; /* -1: not taken */
    uint32_t number;
    bool dry, nothing_new, mended;
};

/* ---- what is to come ---- */

/* What the set in force replaced when it was first published. */
static const struct kf_approval *before_that(const struct kf_approvals *a,
                                             const struct kf_approval *p)
{
    const struct kf_approval *first = NULL;
    for (uint32_t i = 0; i < a->n; i++)
        if (a->line[i].kind == KF_APPROVAL_PUBLISH && a->line[i].counts &&
            strcmp(a->line[i].rules, p->rules) == 0)
            first = &a->line[i];
    for (uint32_t i = a->n; first && first->before && i-- > 0;)
        if (a->line[i].rules && a->line[i].counts && a->line[i].folder &&
            strcmp(a->line[i].rules, first->before) == 0)
            return &a->line[i];
    return NULL;
}

static int approved(const struct publishing *p, const char *rules, struct kf_error *err)
{
    struct kf_buf b = {0};
    unsigned missing;
    const struct kf_config_person *same;
    if (kf_approvals_full(p->log, rules, &missing, &same))
        return 0;
    kf_gate_settings_published(p->s.ws.config, p->back ? NULL : p->in, &b);
    kf_buf_adds(&b, b.n ? "; " : "");
    kf_gate_standing(p->log, rules, &b);
    int rc = kf_error_set(err, KF_E_PERM, "publish",
                          "the rules %.12s are not approved: %s. Next: 'kinfold dry-run --out "
                          "change.plan', then 'kinfold approve change.plan --as ...'",
                          rules, b.p);
    kf_buf_free(&b);
    return rc;
}

/* An approval speaks of the step from one set to the next: another set in force meanwhile makes it
 * void. */
static int from_here(const struct publishing *p, const char *rules, struct kf_error *err)
{
    for (unsigned r = 0; r < KF_ROLES && p->in; r++) {
        const struct kf_approval *e = kf_approvals_role(p->log, rules, (enum kf_role)r);
        if (!(p->s.ws.config->approval_roles & 1u << r) || !e || strcmp(p->in->rules, rules) == 0 ||
            (e->before && strcmp(e->before, p->in->rules) == 0))
            continue;
        return kf_error_set(err, KF_E_PERM, "publish",
                            "what %s approved for %s (line %u) compares with the rules %.12s, and "
                            "%.12s are in force since: 'kinfold run --published', then dry-run and "
                            "approve again",
                            e->who, e->role, e->number, e->before ? e->before : "of nobody",
                            p->in->rules);
    }
    return 0;
}

static int forward(struct publishing *p, struct kf_error *err)
{
    int rc = kf_session_rules(&p->s, err);
    if (rc)
        return rc;
    p->of = p->s.ws.rules;
    kf_rule_files_digest(p->of, p->files);
    rc = approved(p, p->of->digest, err);
    if (rc == 0)
        rc = from_here(p, p->of->digest, err);
    if (rc == 0)
        rc = kf_quality_gate_rules(&p->s, p->of, "publish", err);
    /* Another comment or title is another file: it is published anew, with the same approvals. */
    p->nothing_new = rc == 0 && p->in && strcmp(p->in->rules, p->of->digest) == 0 && p->in->files &&
                     strcmp(p->in->files, p->files) == 0;
    return rc;
}

static int backward(struct publishing *p, struct kf_error *err)
{
    p->back = p->in ? before_that(p->log, p->in) : NULL;
    if (!p->back)
        return kf_error_set(err, KF_E_NOINPUT, "publish",
                            p->in ? "nothing was in force before: these rules were the first"
                                  : "nothing was published yet");
    int rc = approved(p, p->back->rules, err);
    if (rc == 0)
        rc = kf_snapshot_load(p->s.ws.config, p->back, false, &p->rules, err);
    p->of = p->rules;
    if (rc == 0)
        kf_rule_files_digest(p->of, p->files);
    return rc;
}

/* ---- doing it ---- */

/* "approved by Ada (analytics, line 1) and Pia (privacy, line 2)" */
static void because(struct publishing *p)
{
    unsigned left = p->s.ws.config->approval_roles;
    kf_buf_adds(&p->because, left ? "approved by " : "no approval is demanded");
    for (unsigned r = 0; r < KF_ROLES; r++) {
        const struct kf_approval *e =
            left & 1u << r ? kf_approvals_role(p->log, p->of->digest, (enum kf_role)r) : NULL;
        left &= ~(1u << r);
        if (e)
            kf_buf_addf(&p->because, "%s (%s, line %u)%s", e->who, e->role, e->number,
                        left ? " and " : "");
    }
}

static int open_signer(struct publishing *p, struct kf_error *err)
{
    const char *said = kf_cli_get(p->s.cli, "because");
    if (said || p->back)
        return kf_signer_open(&p->g, &p->s, KF_ROLE_PUBLISH, err);
    because(p);
    return kf_signer_open_because(&p->g, &p->s, KF_ROLE_PUBLISH, p->because.p, err);
}

static int put_in_force(struct publishing *p, struct kf_error *err)
{
    const struct kf_config *c = p->s.ws.config;
    int rc = kf_published_lock(c, &p->lock, err);
    if (rc == 0)
        rc = open_signer(p, err);
    if (rc == 0 && p->g.log->n != p->log->n)
        rc = kf_error_set(err, KF_E_AGAIN, "publish",
                          "somebody else signed something just now; try again");
    if (rc == 0 && !p->back)
        rc = kf_snapshot_write(c, p->of, p->log->n + 1, &p->folder, err);
    if (rc)
        return rc;
    struct kf_approval e = {.kind = p->back ? KF_APPROVAL_BACK : KF_APPROVAL_PUBLISH,
                            .rules = p->of->digest,
                            .text = p->of->text_digest,
                            .files = p->files,
                            .folder = p->back ? p->back->folder : p->folder,
                            .before = p->in ? p->in->rules : NULL,
                            .engine = KF_VERSION,
                            .until = KF_TIME_MIN};
    rc = kf_signer_append(&p->g, &e, &p->number, p->hash, err);
    return rc ? rc : kf_pointer_write(c, &e, p->number, p->hash, err);
}

/* Whoever was killed behind the line left a pointer that lags; whoever is about to write it has the
 * lock. */
static int mend(struct publishing *p, struct kf_error *err)
{
    const struct kf_config *c = p->s.ws.config;
    struct kf_pointer at;
    p->number = p->in->number;
    memcpy(p->hash, p->in->hash, 65);
    int rc = kf_pointer_read(c, &at, err);
    if (rc || p->dry || at.number >= p->in->number)
        return rc;
    rc = kf_published_lock(c, &p->lock, err);
    if (rc == 0)
        rc = kf_pointer_read(c, &at, err);
    p->mended = rc == 0 && at.number < p->in->number;
    return p->mended ? kf_pointer_write(c, p->in, p->in->number, p->in->hash, err) : rc;
}

static int work(struct publishing *p, struct kf_error *err)
{
    struct kf_pointer pointer;
    int rc = kf_session_open(&p->s, p->s.cli, err);
    if (rc == 0)
        rc = kf_pointer_read(p->s.ws.config, &pointer, err); /* before the log */
    if (rc == 0)
        rc = kf_approvals_load(p->s.ws.config, &p->log, err);
    if (rc == 0)
        rc = kf_approvals_check(p->log, err);
    if (rc == 0)
        rc = kf_pointer_check(&pointer, p->log, err);
    if (rc)
        return rc;
    p->in = kf_approvals_published(p->log);
    rc = kf_cli_has(p->s.cli, "previous") ? backward(p, err) : forward(p, err);
    if (rc == 0 && p->nothing_new)
        return mend(p, err);
    return rc || p->dry ? rc : put_in_force(p, err);
}

/* ---- saying it ---- */

static void say_text(const struct publishing *p, struct kf_buf *b)
{
    if (p->nothing_new) {
        kf_buf_addf(b, "The rules %.12s are in force already, since line %u of %s.\n",
                    p->of->digest, p->number, KF_APPROVAL_FILE);
        if (p->mended)
            kf_buf_adds(b, "published/current named an older line and was mended.\n");
        return;
    }
    kf_buf_addf(b, "%s the rules %.12s (%u rules)",
                p->dry ? "Would put in force" : "In force:", p->of->digest, p->of->n);
    kf_buf_addf(b, p->in ? " instead of %.12s.\n" : ", the first.\n", p->in ? p->in->rules : "");
    for (unsigned r = 0; r < KF_ROLES; r++) {
        const struct kf_approval *e =
            p->s.ws.config->approval_roles & 1u << r
                ? kf_approvals_role(p->log, p->of->digest, (enum kf_role)r)
                : NULL;
        if (!e)
            continue;
        kf_buf_addf(b, "  %s: %s on ", e->role, e->who);
        kf_when_add(b, p->s.ws.config->zone, e->at);
        kf_buf_addf(b, ", \"%s\"\n", e->because);
    }
    if (p->of->config)
        kf_gate_settings_said(p->of->config, b);
    if (p->dry)
        return;
    kf_buf_addf(b, "Line %u of %s, by %s.\n", p->number, KF_APPROVAL_FILE, p->g.person->name);
    kf_buf_addf(b, "They decide from the next 'kinfold run%s' on. Commit %s and %s/.\n",
                p->back ? " --published" : "", KF_APPROVAL_FILE, KF_PUBLISHED);
}

static void say_json(const struct publishing *p, struct kf_buf *b)
{
    struct kf_json j;
    bool written = !p->dry && !p->nothing_new;
    kf_json_start(&j, b, "kinfold.publish/1");
    kf_json_bool(&j, "written", written);
    kf_json_bool(&j, "nothing_new", p->nothing_new);
    kf_json_text(&j, "kind", p->back ? "back" : "publish");
    kf_json_text(&j, "rules", p->of->digest);
    kf_json_text(&j, "before", p->in ? p->in->rules : NULL);
    kf_json_text(&j, "folder",
                 p->nothing_new ? p->in->folder
                 : p->back      ? p->back->folder
                                : p->folder);
    if (written || p->nothing_new) {
        kf_json_count(&j, "line", p->number);
        kf_json_text(&j, "hash", p->hash);
    }
    kf_json_open(&j, "approvals", '[');
    for (unsigned r = 0; r < KF_ROLES; r++) {
        const struct kf_approval *e =
            p->s.ws.config->approval_roles & 1u << r
                ? kf_approvals_role(p->log, p->of->digest, (enum kf_role)r)
                : NULL;
        if (!e)
            continue;
        kf_json_open(&j, NULL, '{');
        kf_json_text(&j, "role", e->role);
        kf_json_text(&j, "who", e->who);
        kf_json_time(&j, "at", e->at);
        kf_json_count(&j, "line", e->number);
        kf_json_close(&j, '}');
    }
    kf_json_close(&j, ']');
    kf_json_end(&j);
}

static int run(struct kf_cli *cli)
{
    struct publishing p = {.s = {.cli = cli}, .lock = -1, .dry = kf_cli_has(cli, "dry-run")};
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf b = {0};
    int rc = work(&p, &err);
    if (rc == 0 && cli->json)
        say_json(&p, &b);
    else if (rc == 0 && !cli->quiet)
        say_text(&p, &b);
    int status = rc ? kf_session_fail(&p.s, &err) : 0;
    kf_out_flush(&b);
    kf_rules_free(p.rules);
    kf_buf_free(&p.because);
    free(p.folder);
    if (p.lock >= 0)
        close(p.lock);
    kf_signer_free(&p.g);
    kf_approvals_free(p.log);
    kf_session_close(&p.s);
    return status;
}

static const char *const EXAMPLES[] = {
    "kinfold publish --dry-run",
    "are the rules here approved, by whom, and what do they replace?",
    "kinfold publish",
    "from the next run on they decide",
    "kinfold publish --previous --because \"too many people were mailed\"",
    "back to what was in force before, at once",
    NULL};
static const struct kf_cli_exit EXITS[] = {
    {66, "with --previous: nothing was in force before"},
    {73, "the snapshot cannot be written; what was in force stays"},
    {75, "somebody else signed at the same moment"},
    {77, "not everybody has approved these rules, or your key may not publish"},
    {78, "kinfold.yaml or a rule does not load"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_publish = {
    .name = "publish",
    .purpose = "put approved rules in force",
    .about =
        "Only rules that every role has approved which kinfold.yaml demands. Their files, and "
        "what kinfold.yaml itself decides (lists written there, time zone, currency, rates), are "
        "copied to published/, and a signed line of approvals.jsonl puts the copy in force: "
        "in one step, so that a run sees the old set or the new. Analysts go on editing the "
        "tree; 'kinfold run --published' decides with the copy. --previous goes back one set "
        "each time, and is a line of the log as well.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
