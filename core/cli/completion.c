/* Completion for bash and zsh, from the command tables. */
#include "cli/command.h"

#include <ctype.h>

/* The words of "list | show NAME | check FILE" that a person types as they are. */
static void operand_words(const struct kf_cli_command *c, const char *between, struct kf_buf *out)
{
    const char *p = c->operands ? c->operands : "";
    while (*p) {
        size_t n = strcspn(p, " []|");
        if (n && islower((unsigned char)*p)) {
            kf_buf_adds(out, between);
            kf_buf_add(out, p, n);
        }
        p += n + (p[n] != 0);
    }
    if (c == &kf_cmd_help)
        for (uint32_t i = 0; kf_cli_commands[i]; i++)
            kf_buf_addf(out, "%s%s", between, kf_cli_commands[i]->name);
}

/* ---- bash ---- */

static void bash_words(const struct kf_cli_option *o, struct kf_buf *out)
{
    for (; o && o->name; o++)
        kf_buf_addf(out, " --%s", o->name);
}

/* Options of any command that take the next word, as a case pattern. */
static void bash_takers(struct kf_buf *out)
{
    for (const struct kf_cli_option *o = kf_cli_globals; o->name; o++)
        if (o->arg) {
            kf_buf_addf(out, "%s--%s", o == kf_cli_globals ? "" : " | ", o->name);
            if (o->letter)
                kf_buf_addf(out, " | -%c", o->letter);
        }
}

static void completion_bash(struct kf_buf *out)
{
    kf_buf_adds(out, "_kinfold() {\n    local cur=${COMP_WORDS[COMP_CWORD]} words= command= i\n"
                     "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                     "        case ${COMP_WORDS[i]} in\n        ");
    bash_takers(out);
    kf_buf_adds(out, ") ((i++)) ;;\n        -*) ;;\n"
                     "        *) command=${COMP_WORDS[i]}; break ;;\n        esac\n    done\n"
                     "    case $command in\n    '') words='");
    for (uint32_t i = 0; kf_cli_commands[i]; i++)
        kf_buf_addf(out, "%s%s", i ? " " : "", kf_cli_commands[i]->name);
    bash_words(kf_cli_globals, out);
    kf_buf_adds(out, "' ;;\n");
    for (uint32_t i = 0; kf_cli_commands[i]; i++) {
        const struct kf_cli_command *c = kf_cli_commands[i];
        kf_buf_addf(out, "    %s%s%s) words='", c->name, c->alias ? " | " : "",
                    c->alias ? c->alias : "");
        operand_words(c, " ", out);
        bash_words(c->option, out);
        bash_words(kf_cli_globals, out);
        kf_buf_adds(out, "' ;;\n");
    }
    kf_buf_adds(out, "    esac\n"
                     "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                     "    [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$cur\"))\n}\n"
                     "complete -F _kinfold kinfold\n");
}

/* ---- zsh ---- */

static void zsh_quote(const char *t, struct kf_buf *out)
{
    for (; *t; t++) {
        if (*t == '\'')
            kf_buf_adds(out, "'\\''");
        else if (*t == '[' || *t == ']' || *t == ':')
            kf_buf_addf(out, "\\%c", *t);
        else
            kf_buf_addc(out, *t);
    }
}

static void zsh_options(const struct kf_cli_option *o, struct kf_buf *out)
{
    for (; o && o->name; o++) {
        kf_buf_addf(out, " \\\n            '%s--%s[", o->many ? "*" : "", o->name);
        zsh_quote(o->doc, out);
        kf_buf_addf(out, "]%s%s%s'", o->arg ? ":" : "", o->arg ? o->arg : "",
                    o->arg ? ":_files" : "");
    }
}

static void zsh_operands(const struct kf_cli_command *c, struct kf_buf *out)
{
    struct kf_buf words = {0};
    operand_words(c, " ", &words);
    if (words.n)
        kf_buf_addf(out, " \\\n            '1:what:(%s)'", words.p + 1);
    kf_buf_adds(out, " \\\n            '*:file:_files' ;;\n");
    kf_buf_free(&words);
}

static void completion_zsh(struct kf_buf *out)
{
    kf_buf_adds(out, "#compdef kinfold\n_kinfold() {\n    local -a commands\n    commands=(\n");
    for (uint32_t i = 0; kf_cli_commands[i]; i++) {
        kf_buf_addf(out, "        '%s:", kf_cli_commands[i]->name);
        zsh_quote(kf_cli_commands[i]->purpose, out);
        kf_buf_adds(out, "'\n");
    }
    kf_buf_adds(out, "    )\n    if (( CURRENT == 2 )); then\n"
                     "        _describe command commands\n        return\n    fi\n"
                     "    local command=$words[2]\n"
                     "    shift words\n    (( CURRENT-- ))\n    case $command in\n");
    for (uint32_t i = 0; kf_cli_commands[i]; i++) {
        const struct kf_cli_command *c = kf_cli_commands[i];
        kf_buf_addf(out, "    %s%s%s)\n        _arguments", c->name, c->alias ? "|" : "",
                    c->alias ? c->alias : "");
        zsh_options(c->option, out);
        zsh_options(kf_cli_globals, out);
        zsh_operands(c, out);
    }
    kf_buf_adds(out, "    esac\n}\n_kinfold \"$@\"\n");
}

bool kf_cli_completion(const char *shell, struct kf_buf *out)
{
    if (strcmp(shell, "bash") == 0)
        completion_bash(out);
    else if (strcmp(shell, "zsh") == 0)
        completion_zsh(out);
    else
        return false;
    return true;
}
