/* The checklist: the seven checks, `expect` rules, and what lies in quarantine. */
#include "cli/quality_report.h"

#include <errno.h>
#include <stdio.h>

static const struct kf_cli_option OPTIONS[] = {
    {"check", 0, "NAME", "only this expect rule, check or finding", true},
    {"sources", 0, NULL, "look at the sources as they are now; nothing is stored", false},
    {"rows", 0, "DIR",
     "write a CSV file of the bad records for every finding (masked unless --reveal)", false},
    {"html", 0, "FILE", "write the report as a page, too", false},
    {"all", 0, NULL,
     "list checks that found nothing, and every record in quarantine, not three a reason", false},
    {0},
};

static int write_page(const struct kf_quality_report *r, const char *path, struct kf_error *err)
{
    struct kf_buf html = {0};
    kf_quality_page(r, &html);
    FILE *f = fopen(path, "wb");
    bool ok = f && fwrite(html.p, 1, html.n, f) == html.n;
    ok = f && fclose(f) == 0 && ok;
    kf_buf_free(&html);
    return ok ? 0
              : kf_error_set(err, KF_E_CANTCREATE, "quality", "cannot write %s: %s", path,
                             strerror(errno));
}

static int work(struct kf_quality_report *r, struct kf_session *s, struct kf_buf *b,
                struct kf_error *err)
{
    const char *folder = kf_cli_get(s->cli, "rows"), *page = kf_cli_get(s->cli, "html");
    int rc = kf_quality_gather(s, folder != NULL, r, err);
    if (rc == 0 && folder)
        rc = kf_quality_rows(r, folder, err);
    if (rc == 0 && page)
        rc = write_page(r, page, err);
    if (rc)
        return rc;
    if (s->cli->json)
        kf_quality_json(r, b);
    else
        kf_quality_text(r, b);
    if (page && !s->cli->quiet)
        fprintf(stderr, "page written to %s\n", page);
    return r->failed ? 1 : 0;
}

static int run(struct kf_cli *cli)
{
    struct kf_session s;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf b = {0};
    struct kf_quality_report r = {0};
    int rc = kf_session_open(&s, cli, &err);
    if (rc == 0)
        rc = work(&r, &s, &b, &err);
    int status = rc < 0 ? kf_session_fail(&s, &err) : rc;
    if (rc >= 0 && (!cli->quiet || cli->json))
        kf_out_flush(&b);
    kf_buf_free(&b);
    kf_quality_report_free(&r);
    kf_session_close(&s);
    return status;
}

static const char *const EXAMPLES[] = {"kinfold quality",
                                       "the checklist over all events, and what lies in quarantine",
                                       "kinfold quality --sources",
                                       "before a run: would these files pass?",
                                       "kinfold quality --check order_money --rows bad/",
                                       "one rule, with a file of what to repair",
                                       "kinfold quality --html quality.html",
                                       "a page for whoever owns the sources",
                                       "kinfold quality --all --reveal",
                                       "every record in quarantine as it was written",
                                       NULL};
static const struct kf_cli_exit EXITS[] = {{1, "a check of severity error failed"}, {-1, NULL}};

const struct kf_cli_command kf_cmd_quality = {
    .name = "quality",
    .purpose = "check the data against the checklist and the expect rules",
    .about =
        "Names, properties, times, money, test traffic, consent, duplicates: what is looked at "
        "without any rule, and what the workspace's expect rules want on top, each with its "
        "share, what is allowed, where, and how it was at the run before. A rule with a gate "
        "holds runs, publications or exports back while it fails.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
