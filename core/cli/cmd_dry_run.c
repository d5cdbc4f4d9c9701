/* What the rules of the working tree would change, compared with those of the last run, before
 * anything is. Both fold the same stored events in this process; nothing is written but what is
 * asked for by name. */
#include "cli/dry_run.h"

#include <errno.h>
#include <stdio.h>

static const struct kf_cli_option OPTIONS[] = {
    {"since", 0, "RULES",
     "compare with these rules, not the last run's: published, a folder, a file, a revision of git",
     false},
    {"as-of", 0, "INSTANT", "decide both sides as of this instant or day (default: the last run's)",
     false},
    {"sample", 0, "PERCENT", "look at so many percent of the people, whole components", false},
    {"out", 0, "FILE.plan", "write the figures as a plan that can be approved", false},
    {"html", 0, "FILE", "write the report as one page that a browser shows", false},
    {"full", 0, NULL, "print a JSON line for every profile of which anything differs", false},
    {"detailed-exit", 0, NULL, "exit with 2 when the rules differ in what they mean", false},
    {"max-segment-change", 0, "SHARE",
     "exit with 1 when members who join or leave a segment are more than this share of it", false},
    {"max-audience-change", 0, "SHARE", "the same of those whom an export sends", false},
    {"max-merges", 0, "N", "exit with 1 when more people merge", false},
    {"max-splits", 0, "N", "exit with 1 when more people split", false},
    {"max-newly-contactable", 0, "N", "exit with 1 when more people become contactable", false},
    {"max-newly-suppressed", 0, "N", "exit with 1 when more people become suppressed", false},
    {"max-newly-flagged", 0, "N", "exit with 1 when fraud rules find more that they did not find",
     false},
    {"max-newly-without-consent", 0, "N",
     "exit with 1 when more people would be contacted who have not consented", false},
    {"max-undecided", 0, "N", "exit with 1 when more decisions than before cannot be made", false},
    {0},
};

/* A page or plan that was asked for; the report says what was written. */
static int write_files(const struct kf_dry_run *d, struct kf_error *err)
{
    const char *html = kf_cli_get(d->s->cli, "html"), *plan = kf_cli_get(d->s->cli, "out");
    char digest[65];
    int rc = 0;
    if (html) {
        struct kf_buf page = {0};
        kf_dry_run_html(d, &page);
        FILE *f = fopen(html, "wb");
        if (!f)
            rc = kf_error_set(err, KF_E_CANTCREATE, "dry-run", "cannot write %s: %s", html,
                              strerror(errno));
        else if ((fwrite(page.p, 1, page.n, f) != page.n) | (fclose(f) != 0))
            rc = kf_error_set(err, KF_E_IO, "dry-run", "cannot write %s", html);
        kf_buf_free(&page);
    }
    if (rc == 0 && plan)
        rc = kf_dry_run_plan(d, plan, digest, err);
    if (rc == 0 && html && !d->s->cli->quiet)
        fprintf(stderr, "page written to %s\n", html);
    if (rc == 0 && plan && !d->s->cli->quiet)
        fprintf(stderr, "plan %.12s written to %s; '%s approve %s' signs it\n", digest, plan,
                d->s->cli->program, plan);
    return rc;
}

static int report(const struct kf_dry_run *d, struct kf_error *err)
{
    const struct kf_cli *cli = d->s->cli;
    struct kf_buf b = {0};
    if (kf_cli_has(cli, "full"))
        return kf_dry_run_full(d, err);
    if (cli->json) {
        kf_dry_run_json(d, &b);
    } else if (!cli->quiet) {
        kf_dry_run_text(d, &b);
    } else if (d->n_broken) {
        kf_dry_run_verdict(d, &b);
        fprintf(stderr, "kinfold: %s\n", b.p);
        kf_buf_clear(&b);
    }
    kf_out_flush(&b);
    return 0;
}

static int work(struct kf_dry_run *d, struct kf_error *err)
{
    struct kf_dry_limits limits;
    double started = kf_clock_seconds();
    int rc = kf_dry_run_read_limits(d->s, &limits, err);
    if (rc == 0)
        rc = kf_dry_run_gather(d, err);
    if (rc)
        return rc;
    kf_dry_run_hold(d, &limits);
    d->seconds = kf_clock_seconds() - started;
    rc = write_files(d, err);
    return rc ? rc : report(d, err);
}

static int run(struct kf_cli *cli)
{
    struct kf_session s;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_dry_run d = {.s = &s};
    int status, rc = kf_session_open(&s, cli, &err);
    if (rc == 0)
        rc = work(&d, &err);
    status = rc                                            ? kf_session_fail(&s, &err)
             : d.n_broken                                  ? 1
             : kf_cli_has(cli, "detailed-exit") && !d.same ? 2
                                                           : 0;
    kf_dry_run_free(&d);
    kf_session_close(&s);
    return status;
}

static const char *const EXAMPLES[] = {
    "kinfold dry-run",
    "what would be different if the rules as they are now were run",
    "kinfold dry-run --since main --html report.html",
    "what this branch changes, as a page for those who review it",
    "kinfold dry-run --max-merges 0 --max-segment-change 10%",
    "as a gate: fails when a limit is broken",
    "kinfold dry-run --out vip.plan",
    "figures that privacy and analytics can sign",
    "kinfold dry-run --sample 5",
    "a first look, at every twentieth person",
    "kinfold dry-run --json | jq '.segments[] | {name, added, removed}'",
    "for a program",
    "kinfold dry-run --full > changed.jsonl",
    "every profile of which anything differs",
    NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "a limit is broken; the report names it"},
    {2, "changes are pending: the rules differ in what they mean (only with --detailed-exit)"},
    {78, "kinfold.yaml or a rule does not load, now or as it was at the last run"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_dry_run = {
    .name = "dry-run",
    .alias = "plan",
    .purpose = "say what the rules as they are now would change",
    .about = "The rules of the working tree against those of the last run, on the events of the "
             "store: who merges and splits and by which link, who joins and leaves which segment "
             "and export and why, who becomes contactable or suppressed and with which consent, "
             "what is flagged, how scores shift. Writes nothing but the files that are asked for. "
             "In a workspace that never ran, the sources are read and nobody is before. Limits may "
             "stand in kinfold.yaml too (limits:). Personal data are masked unless --reveal is "
             "given.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
