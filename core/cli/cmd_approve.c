/* A role says yes or no to a rule set, on the strength of a plan: both are named in what is signed.
 */
#include "cli/approve_again.h"
#include "cli/approve_gate.h"
#include "cli/approve_show.h"
#include "cli/approve_sign.h"
#include "cli/dry_run.h"

#include <stdio.h>

static const struct kf_cli_option OPTIONS[] = {
    {"as", 0, "ROLE", "privacy or analytics", false},
    {"reject", 0, NULL, "say no, or take an earlier yes back", false},
    {"despite-limits", 0, NULL, "approve although a limit of the plan is broken", false},
    {"trust-figures", 0, NULL, "do not work the figures of the plan out again", false},
    KF_SIGN_OPTIONS,
    {0},
};

struct approving {
    struct kf_session s;
    struct kf_signer g;
    struct kf_plan_file plan;
    const char *path;
    enum kf_role role;
    bool reject, has_run;
    uint32_t n_broken;
    uint32_t number; /* of the line that was written, or that says so already */
    char hash[65];
};

static int read_role(struct approving *a, struct kf_error *err)
{
    static const char *const names[] = {"privacy", "analytics"};
    const char *as = kf_cli_get(a->s.cli, "as");
    if (!as)
        return kf_error_set(err, KF_E_USAGE, "approve",
                            "say for whom you sign: --as privacy or --as analytics");
    for (unsigned i = 0; i < 2; i++)
        if (strcmp(names[i], as) == 0) {
            a->role = (enum kf_role)i;
            return 0;
        }
    const char *near = kf_str_suggest(as, names, 2);
    return kf_error_set(err, KF_E_USAGE, "approve",
                        "--as wants privacy or analytics, not '%s'%s%s%s", as,
                        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* ---- may this plan be signed? ---- */

/* How far the data have moved on, where the plan says how many events it saw. */
static void moved_on(const struct approving *a, struct kf_buf *why)
{
    int64_t then = kf_plan_figure(&a->plan, "events", -1);
    if (a->has_run && then >= 0 && a->s.last.events > (uint64_t)then &&
        strcmp(a->plan.data, a->s.last.data_digest) != 0) {
        kf_buf_adds(why, ": ");
        kf_count_add(why, a->s.last.events - (uint64_t)then, "event", NULL);
        kf_buf_adds(why, " more");
    }
}

/* Who has no store here (a privacy officer at a desk of her own) holds the rules and the engine
 * against the plan; what it says of the data was true where it was made. */
static int check_current(struct approving *a, struct kf_error *err)
{
    struct kf_plan_file alone = a->plan;
    struct kf_buf why = {0};
    if (!a->has_run)
        alone.run = 0;
    bool ok = kf_plan_current(&alone, a->s.ws.rules, a->has_run ? &a->s.last : NULL, &why);
    if (!ok)
        moved_on(a, &why);
    int rc = ok ? 0
                : kf_error_set(err, KF_E_PERM, "approve",
                               "%s is stale: %s. Make it again with 'kinfold dry-run --out %s'",
                               a->path, why.p, a->path);
    kf_buf_free(&why);
    return rc;
}

/* What the figures compare with has to be what is in force. */
static int check_before(const struct approving *a, struct kf_error *err)
{
    const struct kf_approval *p = kf_approvals_published(a->g.log);
    const char *before = a->plan.rules_before;
    if (!p || strcmp(p->rules, a->plan.rules_after) == 0 ||
        (before && strcmp(p->rules, before) == 0))
        return 0;
    return kf_error_set(err, KF_E_PERM, "approve",
                        "%s is stale: it compares with the rules %.12s, and %.12s are published. "
                        "'kinfold run --published', then make it again with 'kinfold dry-run --out "
                        "%s'",
                        a->path, before ? before : "of nobody", p->rules, a->path);
}

static int check_limits(struct approving *a, struct kf_error *err)
{
    const struct kf_plan_limit *first = NULL;
    for (uint32_t i = 0; i < a->plan.n_limit; i++)
        if (!a->plan.limit[i].passed && a->n_broken++ == 0)
            first = &a->plan.limit[i];
    if (a->plan.sample)
        return kf_error_set(err, KF_E_PERM, "approve",
                            "the figures of %s are those of a sample: make it of all data, with "
                            "'kinfold dry-run --out %s'",
                            a->path, a->path);
    double allowed;
    const char *wanted, *looser = kf_dry_run_looser(a->s.ws.config, a->plan.limit, a->plan.n_limit,
                                                    &allowed, &wanted);
    a->n_broken += looser != NULL;
    if ((!first && !looser) || kf_cli_has(a->s.cli, "despite-limits"))
        return 0;
    if (!first)
        return kf_error_set(err, KF_E_PERM, "approve",
                            "the plan was held against %s %s, and kinfold.yaml allows %g: make it "
                            "again without --%s; whoever wants it all the same says "
                            "--despite-limits, which the log keeps",
                            looser, wanted ? wanted : "of nothing", allowed, looser);
    return kf_error_set(err, KF_E_PERM, "approve",
                        "the plan breaks %s (%s; allowed: %s); whoever wants it all the same says "
                        "--despite-limits, which the log keeps",
                        first->limit, first->actual, first->wanted);
}

/* Whoever can write a file can write a plan: what it says is worked out again where the data are.
 */
static int check_figures(const struct approving *a, struct kf_error *err)
{
    if (!a->has_run || kf_cli_has(a->s.cli, "trust-figures"))
        return 0;
    return kf_approve_again(a->s.cli, &a->plan, err);
}

static int four_eyes(const struct approving *a, struct kf_error *err)
{
    const struct kf_config *c = a->s.ws.config;
    for (unsigned r = 0; r < KF_ROLES && c->four_eyes; r++) {
        const struct kf_approval *e =
            kf_approvals_role(a->g.log, a->plan.rules_after, (enum kf_role)r);
        if (r != a->role && e && e->kind == KF_APPROVAL_APPROVE &&
            strcmp(c->person[e->person].name, a->g.person->name) == 0)
            return kf_error_set(err, KF_E_PERM, "approve",
                                "%s has approved these rules for %s already (line %u), and four "
                                "eyes are demanded: somebody else has to sign for %s",
                                a->g.person->name, e->role, e->number, kf_role_name(a->role));
    }
    return 0;
}

/* The line that says the same of the same plan; NULL: none. */
static const struct kf_approval *said_already(const struct approving *a)
{
    const struct kf_approval *e = kf_approvals_role(a->g.log, a->plan.rules_after, a->role);
    enum kf_approval_kind kind = a->reject ? KF_APPROVAL_REJECT : KF_APPROVAL_APPROVE;
    return e && e->kind == kind &&
                   strcmp(a->s.ws.config->person[e->person].name, a->g.person->name) == 0 &&
                   strcmp(e->plan, a->plan.digest) == 0
               ? e
               : NULL;
}

static int may_sign(struct approving *a, struct kf_error *err)
{
    int rc = 0;
    if (!a->reject) {
        rc = kf_session_rules(&a->s, err);
        if (rc == 0)
            rc = check_current(a, err);
        if (rc == 0)
            rc = check_before(a, err);
        if (rc == 0)
            rc = four_eyes(a, err);
        if (rc == 0)
            rc = check_limits(a, err);
        if (rc == 0)
            rc = check_figures(a, err);
    }
    return rc;
}

/* ---- saying it ---- */

/* On the way to the question, on stderr where stdout is a document. */
static void show(const struct approving *a)
{
    const struct kf_cli *cli = a->s.cli;
    struct kf_buf b = {0};
    bool asked = !kf_cli_has(cli, "yes");
    if ((cli->json || cli->quiet) && !asked)
        return;
    kf_buf_addf(&b, "%s signs for %s: %s of this change.\n\n", a->g.person->name,
                kf_role_name(a->role), a->reject ? "rejection" : "approval");
    kf_plan_show(&a->plan, a->path, a->s.ws.config->zone, cli->colour, &b);
    kf_buf_addc(&b, '\n');
    if (!a->reject)
        kf_gate_settings_said(a->s.ws.config, &b);
    if (!a->has_run)
        kf_buf_adds(&b,
                    "There is no store here: neither the figures nor whether the data are still "
                    "those of the plan\ncould be looked at.\n");
    else if (!a->reject && !kf_cli_has(cli, "trust-figures"))
        kf_buf_adds(&b, "The figures were worked out again here, and are the same.\n");
    fwrite(b.p, 1, b.n, cli->json ? stderr : stdout);
    fflush(stdout);
    kf_buf_free(&b);
}

static void said_text(const struct approving *a, const struct kf_approvals *log, bool written,
                      struct kf_buf *b)
{
    unsigned missing;
    const struct kf_config_person *same;
    const char *rules = a->plan.rules_after;
    if (!written) {
        kf_buf_addf(b, "Line %u of %s says so already; nothing was written.\n", a->number,
                    KF_APPROVAL_FILE);
        return;
    }
    kf_buf_addf(b, "Line %u of %s: %s %s the rules %.12s for %s.\n", a->number, KF_APPROVAL_FILE,
                a->g.person->name, a->reject ? "rejects" : "approves", rules,
                kf_role_name(a->role));
    if (kf_approvals_full(log, rules, &missing, &same)) {
        kf_buf_adds(b, "They are approved by everybody they need: 'kinfold publish' puts them in "
                       "force.\n");
    } else {
        struct kf_buf standing = {0};
        kf_gate_standing(log, rules, &standing);
        kf_buf_addf(b, "So far: %s.\n", standing.p ? standing.p : "");
        kf_buf_free(&standing);
    }
}

static void said_json(const struct approving *a, const struct kf_approvals *log, bool written,
                      struct kf_buf *b)
{
    struct kf_json j;
    unsigned missing;
    const struct kf_config_person *same;
    kf_json_start(&j, b, "kinfold.approve/1");
    kf_json_bool(&j, "written", written);
    kf_json_count(&j, "line", a->number);
    kf_json_text(&j, "kind", a->reject ? "reject" : "approve");
    kf_json_text(&j, "role", kf_role_name(a->role));
    kf_json_text(&j, "who", a->g.person->name);
    kf_json_text(&j, "rules", a->plan.rules_after);
    kf_json_text(&j, "plan", a->plan.digest);
    kf_json_text(&j, "verdict", a->plan.verdict);
    kf_json_count(&j, "limits_broken", a->n_broken);
    kf_json_text(&j, "hash", a->hash);
    kf_json_bool(&j, "approved", kf_approvals_full(log, a->plan.rules_after, &missing, &same));
    kf_json_open(&j, "missing", '[');
    for (unsigned r = 0; r < KF_ROLES; r++)
        if (missing & 1u << r)
            kf_json_text(&j, NULL, kf_role_name((enum kf_role)r));
    kf_json_close(&j, ']');
    kf_json_end(&j);
}

/* ---- doing it ---- */

static int sign(struct approving *a, struct kf_error *err)
{
    struct kf_buf question = {0};
    bool yes;
    show(a);
    kf_buf_addf(&question, "Sign as %s (%s)?", a->g.person->name, kf_role_name(a->role));
    int rc = kf_signer_confirm(&a->g, question.p, &yes, err);
    kf_buf_free(&question);
    if (rc == 0 && !yes) {
        fprintf(stderr, "kinfold: nothing was signed\n");
        return 1;
    }
    struct kf_approval e = {.kind = a->reject ? KF_APPROVAL_REJECT : KF_APPROVAL_APPROVE,
                            .role = kf_role_name(a->role),
                            .rules = a->plan.rules_after,
                            .text = a->plan.text_after,
                            .before = a->plan.rules_before,
                            .plan = a->plan.digest,
                            .data = a->plan.data,
                            .engine = a->plan.engine,
                            .verdict = a->plan.verdict,
                            .limits_broken = !a->reject && a->n_broken,
                            .until = KF_TIME_MIN};
    return rc ? rc : kf_signer_append(&a->g, &e, &a->number, a->hash, err);
}

static int work(struct approving *a, struct kf_buf *b, struct kf_error *err)
{
    const struct kf_cli *cli = a->s.cli;
    struct kf_approvals *log = NULL;
    const struct kf_approval *same = NULL;
    int rc = read_role(a, err);
    if (rc == 0)
        rc = kf_plan_read(a->path, &a->plan, err);
    if (rc == 0 && !kf_plan_plain(&a->plan))
        rc = kf_error_set(err, KF_E_DATA, "approve",
                          "%s holds control characters, which would hide what is signed", a->path);
    if (rc == 0)
        rc = kf_session_open(&a->s, cli, err);
    a->has_run = rc == 0 && kf_session_has_store(&a->s);
    if (a->has_run)
        rc = kf_session_store(&a->s, err);
    if (rc == 0)
        rc = kf_signer_open(&a->g, &a->s, a->role, err);
    if (rc == 0)
        rc = may_sign(a, err);
    if (rc == 0)
        same = said_already(a);
    if (same) {
        a->number = same->number;
        memcpy(a->hash, same->hash, 65);
        rc = 1;
    } else if (rc == 0) {
        rc = sign(a, err);
    }
    if (rc < 0 || (rc == 1 && !same))
        return rc;
    int rl = kf_approvals_load(a->s.ws.config, &log, err);
    if (rl)
        return rl;
    if (cli->json)
        said_json(a, log, !same, b);
    else if (!cli->quiet)
        said_text(a, log, !same, b);
    kf_approvals_free(log);
    return rc;
}

static int run(struct kf_cli *cli)
{
    struct approving a = {
        .s = {.cli = cli}, .path = cli->operand[0], .reject = kf_cli_has(cli, "reject")};
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf b = {0};
    int rc = work(&a, &b, &err);
    int status = rc < 0 ? kf_session_fail(&a.s, &err) : rc;
    kf_out_flush(&b);
    kf_signer_free(&a.g);
    kf_plan_close(&a.plan);
    kf_session_close(&a.s);
    return status;
}

static const char *const EXAMPLES[] = {
    "kinfold approve change.plan --as privacy --because \"seen with the team on Monday\"",
    "read it, then say yes; the yes is signed and kept in approvals.jsonl",
    "kinfold dry-run --out change.plan",
    "before that: what the change would do, as a file",
    "kinfold approve change.plan --as analytics --because \"figures as expected\" --yes",
    "without a question, for whoever has read it elsewhere",
    "kinfold approve change.plan --as privacy --reject --because \"no consent for this purpose\"",
    "say no, or take an earlier yes back",
    NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "you said no, or the log says so already; nothing was written"},
    {65, "the plan is not as dry-run wrote it"},
    {75, "somebody else signed at the same moment"},
    {77, "the plan is stale, untrue or breaks a limit, or your key may not sign it; nothing was "
         "written"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_approve = {
    .name = "approve",
    .operands = "PLAN",
    .min_operands = 1,
    .max_operands = 1,
    .purpose = "sign a change of rules, or reject it",
    .about =
        "Shows what the plan found and asks. What is signed names the rules by their digest, "
        "the plan by its, and the first line of the plan; it is one line of approvals.jsonl "
        "beside kinfold.yaml, which is meant to be committed. What kinfold.yaml itself decides "
        "(lists "
        "written there, time zone, currency, rates) is part of the rules; what is in a list's file "
        "is data. A plan is stale when the rules, the data, a file of values, the stewards' "
        "decisions or the engine are not what it was made with. Where the "
        "store is, its figures are worked out again before anybody is asked. Who "
        "signs for what stands in kinfold.yaml (approval:).",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
