#include "cli/command.h"
#include "cli/output.h"

#include <stdio.h>

static const struct kf_cli_option OPTIONS[] = {
    {"man", 0, NULL, "print the manual page as roff", false},
    {0},
};

static int run(struct kf_cli *cli)
{
    struct kf_buf b = {0};
    if (kf_cli_has(cli, "man")) {
        kf_cli_man(&b);
    } else if (cli->n_operand) {
        const struct kf_cli_command *c = kf_cli_find(cli->operand[0]);
        if (!c) {
            struct kf_error err = KF_ERROR_INIT;
            const char *near = kf_cli_suggest(cli->operand[0]);
            kf_error_set(&err, KF_E_USAGE, "cli",
                         "there is no command '%s'%s%s%s; 'kinfold help' lists them",
                         cli->operand[0], near ? " (did you mean '" : "", near ? near : "",
                         near ? "'?)" : "");
            return kf_cli_fail(cli, &err);
        }
        kf_cli_help(c, &b);
    } else {
        kf_cli_overview(&b);
    }
    kf_out_flush(&b);
    return 0;
}

static const char *const EXAMPLES[] = {"kinfold help run", "the same as kinfold run --help",
                                       "kinfold help --man | man -l -", "read the manual", NULL};

const struct kf_cli_command kf_cmd_help = {.name = "help",
                                           .operands = "[COMMAND]",
                                           .max_operands = 1,
                                           .purpose = "say what the commands do",
                                           .option = OPTIONS,
                                           .example = EXAMPLES,
                                           .run = run};
