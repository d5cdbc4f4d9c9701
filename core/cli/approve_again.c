#include "cli/approve_again.h"

#include "cli/dry_run.h"

#include <jansson.h>

/* Sections that name the run compared with: another one with the same rules and data may have come
 * since. */
static bool names_run(const char *section)
{
    return strcmp(section, "not_covered") == 0 || strcmp(section, "compared_with") == 0;
}

static void add(struct kf_buf *b, const char *section)
{
    kf_buf_addf(b, "%s%s", b->n ? ", " : "", section);
}

/* Names of the sections that differ. */
static void compare(const json_t *mine, const json_t *theirs, bool same_run, struct kf_buf *out)
{
    const char *section;
    json_t *v;
    json_object_foreach((json_t *)mine, section, v)
    {
        if ((same_run || !names_run(section)) && !json_equal(v, json_object_get(theirs, section)))
            add(out, section);
    }
    json_object_foreach((json_t *)theirs, section, v)
    {
        if (!json_object_get(mine, section))
            add(out, section);
    }
}

static int judge(const struct kf_dry_run *d, const struct kf_plan_file *p, struct kf_error *err)
{
    struct kf_buf text = {0}, differ = {0};
    kf_dry_run_figures(d, &text);
    json_t *mine = json_loadb(text.p, text.n, 0, NULL);
    kf_buf_free(&text);
    if (!mine)
        return kf_error_set(err, KF_E_INTERNAL, "approve", "the figures are no JSON");
    compare(mine, json_object_get(p->document, "figures"), d->s->last.number == p->run, &differ);
    json_decref(mine);
    kf_dry_run_verdict(d, &text);
    if (strcmp(text.p, p->verdict) != 0)
        add(&differ, "verdict");
    kf_buf_clear(&text);
    kf_dry_run_summary(d, &text);
    if (strcmp(text.p, p->summary) != 0)
        add(&differ, "summary");
    int rc = differ.n ? kf_error_set(err, KF_E_PERM, "approve",
                                     "the plan does not say what these rules and data come to: "
                                     "worked out again, there is something else in %s. Make it "
                                     "again with 'kinfold dry-run --out ...'",
                                     differ.p)
                      : 0;
    kf_buf_free(&text);
    kf_buf_free(&differ);
    return rc;
}

/* The command line that makes the same plan: its instant and its limits. */
static void ask(const struct kf_cli *cli, const struct kf_plan_file *p, struct kf_cli_value *value,
                struct kf_cli *ret)
{
    const char *as_of = json_string_value(json_object_get(p->document, "as_of"));
    uint32_t n = 0;
    if (as_of)
        value[n++] = (struct kf_cli_value){"as-of", as_of};
    for (uint32_t i = 0; i < p->n_limit; i++)
        value[n++] = (struct kf_cli_value){p->limit[i].limit, p->limit[i].wanted};
    *ret = *cli;
    ret->value = value;
    ret->n_value = n;
    ret->reveal = !p->masked;
}

int kf_approve_again(const struct kf_cli *cli, const struct kf_plan_file *p, struct kf_error *err)
{
    struct kf_arena arena = {0};
    struct kf_cli asked;
    struct kf_session s;
    struct kf_dry_run d = {.s = &s};
    struct kf_dry_limits limits;
    ask(cli, p, kf_arena_alloc(&arena, (p->n_limit + 1u) * sizeof(struct kf_cli_value)), &asked);
    int rc = kf_session_open(&s, &asked, err);
    if (rc == 0)
        rc = kf_dry_run_read_limits(&s, &limits, err);
    if (rc == 0)
        rc = kf_dry_run_gather(&d, err);
    if (rc == 0) {
        kf_dry_run_hold(&d, &limits);
        rc = judge(&d, p, err);
    }
    kf_dry_run_free(&d);
    kf_session_close(&s);
    kf_arena_free(&arena);
    return rc;
}
