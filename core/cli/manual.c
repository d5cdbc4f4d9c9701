/* --help, the overview and the man page: all from the command tables. */
#include "cli/command.h"
#include "cli/output.h"

#include <stdio.h>

static const struct kf_cli_exit GENERAL[] = {
    {0, "fine"},
    {1, "it worked and the answer is no"},
    {64, "the command line is wrong"},
    {65, "input data are malformed"},
    {66, "a named input is missing"},
    {69, "a remote side or a package is unreachable"},
    {70, "Kinfold's own mistake"},
    {73, "an output cannot be made"},
    {74, "reading or writing failed"},
    {75, "busy: try again"},
    {77, "not allowed"},
    {78, "rules or configuration do not load"},
    {124, "a rule broke a limit"},
    {130, "interrupted, resumable (143 after SIGTERM)"},
    {-1, NULL},
};

static void option_line(const struct kf_cli_option *o, struct kf_buf *out)
{
    char left[64];
    int n = o->letter ? snprintf(left, sizeof left, "-%c, --%s", o->letter, o->name)
                      : snprintf(left, sizeof left, "    --%s", o->name);
    if (o->arg && n > 0 && (size_t)n < sizeof left)
        snprintf(left + n, sizeof left - (size_t)n, " %s", o->arg);
    kf_buf_addf(out, "  %-31s ", left);
    kf_wrap_add(out, o->doc, 34, 34, false);
    kf_buf_addf(out, "%s\n", o->many ? " (may be repeated)" : "");
}

static void exits(const struct kf_cli_exit *e, struct kf_buf *out)
{
    for (; e && e->code >= 0; e++)
        kf_buf_addf(out, "  %-4d %s\n", e->code, e->when);
}

void kf_cli_help(const struct kf_cli_command *c, struct kf_buf *out)
{
    kf_buf_addf(out, "kinfold %s: %s\n\nUsage: kinfold %s%s%s [OPTION]...\n", c->name, c->purpose,
                c->name, c->operands ? " " : "", c->operands ? c->operands : "");
    if (c->alias)
        kf_buf_addf(out, "Also: kinfold %s\n", c->alias);
    if (c->about) {
        kf_buf_addc(out, '\n');
        kf_wrap_add(out, c->about, 0, 0, false);
        kf_buf_addc(out, '\n');
    }
    if (c->example && c->example[0]) {
        kf_buf_adds(out, "\nExamples:\n");
        for (uint32_t i = 0; c->example[i]; i += 2)
            kf_buf_addf(out, "  %s\n      %s\n", c->example[i], c->example[i + 1]);
    }
    kf_buf_adds(out, "\nOptions:\n");
    for (const struct kf_cli_option *o = c->option; o && o->name; o++)
        option_line(o, out);
    for (const struct kf_cli_option *o = kf_cli_globals; o->name; o++)
        option_line(o, out);
    kf_buf_adds(out, "\nExit status:\n");
    exits(c->exits, out);
    for (const struct kf_cli_exit *g = GENERAL; g->code >= 0; g++) {
        bool own = false;
        for (const struct kf_cli_exit *e = c->exits; e && e->code >= 0; e++)
            own |= e->code == g->code;
        if (!own)
            kf_buf_addf(out, "  %-4d %s\n", g->code, g->when);
    }
}

void kf_cli_overview(struct kf_buf *out)
{
    kf_buf_adds(out, "kinfold: one view of every customer, by rules that people can read\n\n"
                     "Usage: kinfold COMMAND [OPTION]...\n\nCommands:\n");
    for (uint32_t i = 0; kf_cli_commands[i]; i++)
        kf_buf_addf(out, "  %-11s %s\n", kf_cli_commands[i]->name, kf_cli_commands[i]->purpose);
    kf_buf_adds(out, "\nOptions of every command:\n");
    for (const struct kf_cli_option *o = kf_cli_globals; o->name; o++)
        option_line(o, out);
    kf_buf_adds(out,
                "\nStart with 'kinfold init shop && cd shop && kinfold check && kinfold run'.\n");
}

/* ---- man page ---- */

static void roff(const char *t, struct kf_buf *out)
{
    for (bool first = true; *t; t++) {
        if (first && (*t == '.' || *t == '\''))
            kf_buf_adds(out, "\\&");
        if (*t == '-' || *t == '\\')
            kf_buf_addc(out, '\\');
        kf_buf_addc(out, *t);
        first = *t == '\n';
    }
}

static void roff_options(const struct kf_cli_option *o, struct kf_buf *out)
{
    for (; o && o->name; o++) {
        kf_buf_adds(out, ".TP\n\\fB");
        if (o->letter)
            kf_buf_addf(out, "\\-%c\\fR, \\fB", o->letter);
        kf_buf_adds(out, "\\-\\-");
        roff(o->name, out);
        kf_buf_addf(out, "\\fR%s%s%s\n", o->arg ? " \\fI" : "", o->arg ? o->arg : "",
                    o->arg ? "\\fR" : "");
        roff(o->doc, out);
        kf_buf_addc(out, '\n');
    }
}

static void roff_command(const struct kf_cli_command *c, struct kf_buf *out)
{
    kf_buf_addf(out, ".SS kinfold %s %s\n", c->name, c->operands ? c->operands : "");
    roff(c->purpose, out);
    kf_buf_adds(out, ".\n");
    if (c->about) {
        kf_buf_adds(out, ".PP\n");
        roff(c->about, out);
        kf_buf_addc(out, '\n');
    }
    if (c->alias)
        kf_buf_addf(out, ".PP\nAlso called \\fB%s\\fR.\n", c->alias);
    roff_options(c->option, out);
    for (uint32_t i = 0; c->example && c->example[i]; i += 2) {
        kf_buf_adds(out, ".PP\n");
        roff(c->example[i + 1], out);
        kf_buf_adds(out, ":\n.PP\n.RS 4\n.nf\n");
        roff(c->example[i], out);
        kf_buf_adds(out, "\n.fi\n.RE\n");
    }
    for (const struct kf_cli_exit *e = c->exits; e && e->code >= 0; e++)
        kf_buf_addf(out, ".PP\nExit status %d: %s.\n", e->code, e->when);
}

void kf_cli_man(struct kf_buf *out)
{
    kf_buf_addf(out,
                ".TH KINFOLD 1 \"\" \"Kinfold %s\" \"User Commands\"\n.SH NAME\nkinfold \\- one "
                "view of every customer, by rules "
                "that people can read\n.SH SYNOPSIS\n.B kinfold\n.I "
                "COMMAND\n[\\fIOPTION\\fR]...\n.SH COMMANDS\n",
                KF_VERSION);
    for (uint32_t i = 0; kf_cli_commands[i]; i++)
        roff_command(kf_cli_commands[i], out);
    kf_buf_adds(out, ".SH OPTIONS OF EVERY COMMAND\n");
    roff_options(kf_cli_globals, out);
    kf_buf_adds(out, ".SH EXIT STATUS\n");
    for (const struct kf_cli_exit *g = GENERAL; g->code >= 0; g++)
        kf_buf_addf(out, ".TP\n%d\n%s\n", g->code, g->when);
    kf_buf_adds(out,
                ".SH ENVIRONMENT\n.TP\nNO_COLOR\nno colours\n.TP\nKF_THREADS\nnumber of threads\n"
                ".SH FILES\n.TP\nkinfold.yaml\nthe workspace: sources, destinations, lists\n"
                ".TP\nrules/\nthe rules, in Lua\n.TP\nkinfold.db\nwhat the last run found, for "
                "anything that speaks SQLite\n");
}
