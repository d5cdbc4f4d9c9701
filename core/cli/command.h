/* The command line as data: one table a command drives parsing, "did you mean", --help, completion
 * and the man page. Main thread. */
#ifndef KF_CLI_COMMAND_H
#define KF_CLI_COMMAND_H

#include "base/error.h"
#include "base/str.h"

struct kf_cli_option {
    const char *name; /* long name without dashes; NULL ends a list */
    char letter;      /* 0: none */
    const char *arg;  /* what its value is called, NULL: a switch */
    const char *doc;  /* one sentence fragment */
    bool many;        /* may be given several times */
};

struct kf_cli_exit {
    int code; /* -1 ends a list */
    const char *when;
};

struct kf_cli;
struct kf_cli_command {
    const char *name;
    const char *alias;    /* second name, NULL: none */
    const char *operands; /* "ID", "[DIR]", "list | show NAME | check FILE" */
    uint32_t min_operands, max_operands;
    const char *purpose; /* one line */
    const char *about;   /* a paragraph, NULL: none */
    const struct kf_cli_option *option;
    const char *const *example;      /* pairs: command line, what it does; NULL ends */
    const struct kf_cli_exit *exits; /* beyond the general ones */
    int (*run)(struct kf_cli *cli);
};

/* A parsed command line. Texts are argv's. */
struct kf_cli {
    const struct kf_cli_command *command;
    const char *const *operand;
    uint32_t n_operand;
    struct kf_cli_value {
        const char *name;  /* of the option's table */
        const char *value; /* "" for switches */
    } * value;
    uint32_t n_value;
    const char *program; /* as a person may type it again: argv[0] with a folder, else "kinfold" */
    /* global options */
    const char *dir; /* -C DIR, "." by default */
    bool json, reveal, quiet;
    bool colour; /* of stdout */
    bool colour_err;
    unsigned threads; /* 0: default */
    const char **plugin_dir;
    uint32_t n_plugin_dir;
};

/* All commands in the order of `help`; NULL-terminated. */
extern const struct kf_cli_command *const kf_cli_commands[];
extern const struct kf_cli_option kf_cli_globals[];

const struct kf_cli_command *kf_cli_find(const char *name);
/* The command that a misspelt one may mean, NULL: none is near. */
const char *kf_cli_suggest(const char *word);
/* Value of an option, NULL: not given. */
const char *kf_cli_get(const struct kf_cli *c, const char *name);
bool kf_cli_has(const struct kf_cli *c, const char *name);
/* i-th value of an option that may be repeated, NULL: no more. */
const char *kf_cli_nth(const struct kf_cli *c, const char *name, uint32_t i);
/* A number in [min, max], or a usage error naming the option. Not given: *ret stays. */
int kf_cli_number(const struct kf_cli *c, const char *name, int64_t min, int64_t max, int64_t *ret,
                  struct kf_error *err);

/* Parses argv. *ret_exit >= 0: done already (help was printed, or usage was wrong and said so on
 * stderr). */
int kf_cli_parse(int argc, const char *const *argv, struct kf_cli *ret, int *ret_exit);
void kf_cli_free(struct kf_cli *c);
/* Whole program: parse, run, exit status. */
int kf_cli_main(int argc, const char *const *argv);

void kf_cli_help(const struct kf_cli_command *c, struct kf_buf *out);
void kf_cli_overview(struct kf_buf *out);
void kf_cli_man(struct kf_buf *out);
/* shell: "bash" or "zsh"; false: neither. */
bool kf_cli_completion(const char *shell, struct kf_buf *out);

/* Prints an error like a good compiler's: file:line:column, message; returns the exit status. */
int kf_cli_fail(const struct kf_cli *c, const struct kf_error *err);

/* 0, 1 after SIGINT or SIGTERM (finish the batch), 2 after the second (stop). kf_cli_signal: which
 * signal it was. */
extern volatile int kf_cli_stop;
extern volatile int kf_cli_signal;
void kf_cli_catch_signals(void);

/* The commands, a file each. */
extern const struct kf_cli_command kf_cmd_init, kf_cmd_check, kf_cmd_run, kf_cmd_dry_run,
    kf_cmd_explain, kf_cmd_export, kf_cmd_status, kf_cmd_quality, kf_cmd_test, kf_cmd_plugin,
    kf_cmd_decide, kf_cmd_erase, kf_cmd_review, kf_cmd_simulate, kf_cmd_completion, kf_cmd_version,
    kf_cmd_help, kf_cmd_diff, kf_cmd_approve, kf_cmd_publish, kf_cmd_log, kf_cmd_key, kf_cmd_source,
    kf_cmd_docs, kf_cmd_fmt;

#endif
