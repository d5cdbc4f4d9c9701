#include "cli/command.h"
#include "cli/output.h"

#include <stdio.h>

static const struct kf_cli_option OPTIONS[] = {
    {"man", 0, NULL, "print the manual page as roff", false},
    {0},
};

static void json_options(const char *key, const struct kf_cli_option *o, struct kf_json *j)
{
    kf_json_open(j, key, '[');
    for (; o && o->name; o++) {
        const char letter[] = {o->letter, 0};
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "name", o->name);
        kf_json_text(j, "letter", o->letter ? letter : NULL);
        kf_json_text(j, "value", o->arg);
        kf_json_bool(j, "many", o->many);
        kf_json_text(j, "doc", o->doc);
        kf_json_close(j, '}');
    }
    kf_json_close(j, ']');
}

/* The command tables as a document: one command, or all. */
static void say_json(const struct kf_cli_command *only, struct kf_buf *b)
{
    struct kf_json j;
    kf_json_start(&j, b, "kinfold.help/1");
    kf_json_open(&j, "commands", '[');
    for (uint32_t i = 0; kf_cli_commands[i]; i++) {
        const struct kf_cli_command *c = kf_cli_commands[i];
        if (only && c != only)
            continue;
        kf_json_open(&j, NULL, '{');
        kf_json_text(&j, "name", c->name);
        kf_json_text(&j, "alias", c->alias);
        kf_json_text(&j, "operands", c->operands);
        kf_json_text(&j, "purpose", c->purpose);
        kf_json_open(&j, "examples", '[');
        for (uint32_t k = 0; c->example && c->example[k]; k += 2) {
            kf_json_open(&j, NULL, '{');
            kf_json_text(&j, "command", c->example[k]);
            kf_json_text(&j, "does", c->example[k + 1]);
            kf_json_close(&j, '}');
        }
        kf_json_close(&j, ']');
        json_options("options", c->option, &j);
        kf_json_close(&j, '}');
    }
    kf_json_close(&j, ']');
    json_options("options", kf_cli_globals, &j);
    kf_json_end(&j);
}

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
        if (cli->json)
            say_json(c, &b);
        else
            kf_cli_help(c, &b);
    } else if (cli->json) {
        say_json(NULL, &b);
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
