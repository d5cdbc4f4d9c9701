#include "cli/command.h"
#include "cli/output.h"

static int run(struct kf_cli *cli)
{
    struct kf_buf b = {0};
    if (!kf_cli_completion(cli->operand[0], &b)) {
        struct kf_error err = KF_ERROR_INIT;
        kf_error_set(&err, KF_E_USAGE, "cli", "there is completion for bash and zsh, not for '%s'",
                     cli->operand[0]);
        return kf_cli_fail(cli, &err);
    }
    if (cli->json) {
        struct kf_buf script = b;
        struct kf_json j;
        b = (struct kf_buf){0};
        kf_json_start(&j, &b, "kinfold.completion/1");
        kf_json_text(&j, "shell", cli->operand[0]);
        kf_json_text(&j, "script", script.p);
        kf_json_end(&j);
        kf_buf_free(&script);
    }
    kf_out_flush(&b);
    return 0;
}

static const char *const EXAMPLES[] = {
    "source <(kinfold completion bash)", "complete commands in this shell",
    "kinfold completion zsh > ~/.zfunc/_kinfold", "the same for zsh", NULL};

const struct kf_cli_command kf_cmd_completion = {.name = "completion",
                                                 .operands = "bash | zsh",
                                                 .min_operands = 1,
                                                 .max_operands = 1,
                                                 .purpose =
                                                     "print what completes commands in a shell",
                                                 .example = EXAMPLES,
                                                 .run = run};
