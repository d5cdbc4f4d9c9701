/* Keys to sign with: making one, looking at one. */
#include "cli/approve_key.h"
#include "cli/session.h"

#include <unistd.h>

static const struct kf_cli_option OPTIONS[] = {
    {"out", 'o', "FILE", "write the secret key here (default: ~/.config/kinfold/NAME.key)", false},
    {"role", 'r', "ROLE", "the role in the printed line (default: privacy)", true},
    {"key", 'k', "FILE", "with show: the key file (default: those of ~/.config/kinfold)", false},
    {"no-passphrase", 0, NULL, "do not ask for a passphrase", false},
    {"passphrase-file", 0, "FILE", "lock it with the first line of this file", false},
    {0},
};

/* ---- new ---- */

/* Asked twice on a terminal; none where nobody can be asked. *ret NULL: none. */
static int passphrase(const struct kf_cli *cli, struct kf_buf *b, const char **ret,
                      struct kf_error *err)
{
    const char *file = kf_cli_get(cli, "passphrase-file");
    struct kf_buf again = {0};
    int rc = 0;
    *ret = NULL;
    if (file && kf_cli_has(cli, "no-passphrase"))
        return kf_error_set(err, KF_E_USAGE, "key",
                            "--passphrase-file and --no-passphrase contradict each other");
    if (file) {
        rc = kf_passphrase_file(file, b, err);
    } else if (!kf_cli_has(cli, "no-passphrase") && isatty(STDIN_FILENO)) {
        if (kf_passphrase_ask("Passphrase (empty: none)", b) && b->n &&
            (!kf_passphrase_ask("Once more", &again) || strcmp(again.p, b->p) != 0))
            rc = kf_error_set(err, KF_E_USAGE, "key",
                              "the two passphrases differ; nothing was written");
    }
    kf_passphrase_free(&again);
    if (rc == 0 && b->n)
        *ret = b->p;
    return rc;
}

static void yaml_line(const struct kf_cli *cli, const struct kf_key *k, struct kf_buf *b)
{
    const char *role = kf_cli_get(cli, "role");
    kf_buf_addf(b, "    - { name: \"%s\", key: \"%s\", roles: [%s", k->name, k->text,
                role ? role : kf_role_name(KF_ROLE_PRIVACY));
    for (uint32_t i = 1; role && kf_cli_nth(cli, "role", i); i++)
        kf_buf_addf(b, ", %s", kf_cli_nth(cli, "role", i));
    kf_buf_adds(b, "] }\n");
}

static int check_roles(const struct kf_cli *cli, struct kf_error *err)
{
    const char *names[KF_ROLES], *role;
    for (unsigned r = 0; r < KF_ROLES; r++)
        names[r] = kf_role_name((enum kf_role)r);
    for (uint32_t i = 0; (role = kf_cli_nth(cli, "role", i)) != NULL; i++) {
        unsigned r = 0;
        while (r < KF_ROLES && strcmp(names[r], role) != 0)
            r++;
        const char *near = r == KF_ROLES ? kf_str_suggest(role, names, KF_ROLES) : NULL;
        if (r == KF_ROLES)
            return kf_error_set(err, KF_E_USAGE, "key",
                                "--role wants privacy, analytics, publish or sources, not "
                                "'%s'%s%s%s",
                                role, near ? "; did you mean '" : "", near ? near : "",
                                near ? "'?" : "");
    }
    return 0;
}

static void made_text(const struct kf_cli *cli, const struct kf_key *k, const char *path,
                      bool locked, struct kf_buf *b)
{
    kf_buf_addf(b, "The secret key is in %s,\n%s. Keep it to yourself.\n", path,
                locked ? "locked with your passphrase"
                       : "without a passphrase: whoever has the file signs as you");
    if (kf_key_in_git(path))
        kf_buf_adds(b, "That folder is under version control: see to it that the file is never "
                       "committed.\n");
    kf_buf_adds(b,
                "\nThe public key, a line for kinfold.yaml under approval: people: (with the roles "
                "you hold)\n");
    yaml_line(cli, k, b);
}

static int make(struct kf_cli *cli, struct kf_buf *b, struct kf_error *err)
{
    struct kf_key k = {0};
    struct kf_buf pass = {0}, path = {0};
    const char *name = cli->operand[1], *phrase = NULL, *out = kf_cli_get(cli, "out");
    int rc = check_roles(cli, err);
    if (rc == 0)
        rc = kf_key_make(name, &k, err);
    if (rc == 0 && out)
        kf_buf_adds(&path, out);
    else if (rc == 0 && !kf_key_path(name, &path))
        rc = kf_error_set(err, KF_E_USAGE, "key", "say --out FILE: there is no home folder");
    if (rc == 0)
        rc = kf_key_free_path(path.p, err); /* before anybody types a passphrase */
    if (rc == 0)
        rc = passphrase(cli, &pass, &phrase, err);
    if (rc == 0)
        rc = kf_key_save(&k, path.p, phrase, err);
    if (rc == 0 && cli->json) {
        struct kf_json j;
        kf_json_start(&j, b, "kinfold.key-new/1");
        kf_json_text(&j, "name", k.name);
        kf_json_text(&j, "public", k.text);
        kf_json_text(&j, "file", path.p);
        kf_json_bool(&j, "locked", phrase != NULL);
        kf_json_end(&j);
    } else if (rc == 0) {
        made_text(cli, &k, path.p, phrase != NULL, b);
    }
    kf_passphrase_free(&pass);
    kf_buf_free(&path);
    kf_key_free(&k);
    return rc;
}

/* ---- show ---- */

static const struct kf_config_person *person_of(const struct kf_config *c, const struct kf_key *k)
{
    for (uint32_t i = 0; c && i < c->n_person; i++)
        if (strcmp(c->person[i].key, k->text) == 0)
            return &c->person[i];
    return NULL;
}

static void show_one(const struct kf_config *c, const char *path, const struct kf_key *k,
                     struct kf_json *j, struct kf_buf *b)
{
    const struct kf_config_person *p = person_of(c, k);
    struct kf_buf roles = {0};
    if (p)
        kf_roles_add(&roles, p->roles);
    if (j) {
        kf_json_open(j, NULL, '{');
        kf_json_text(j, "file", path);
        kf_json_text(j, "name", k->name);
        kf_json_text(j, "public", k->text);
        kf_json_bool(j, "locked", k->locked);
        kf_json_text(j, "person", p ? p->name : NULL);
        kf_json_text(j, "roles", p ? roles.p : NULL);
        kf_json_close(j, '}');
    } else {
        kf_buf_addf(b, "%s\n  %s, %s\n", path, k->name,
                    k->locked ? "locked with a passphrase" : "without a passphrase");
        kf_buf_addf(b, "  %s\n", k->text);
        if (p)
            kf_buf_addf(b, "  in kinfold.yaml: %s, %s\n", p->name, roles.p);
        else if (c)
            kf_buf_adds(b, "  not in kinfold.yaml\n");
    }
    kf_buf_free(&roles);
}

/* One file, or all of the folder where `new` puts them. */
static int each(struct kf_cli *cli, const struct kf_config *c, struct kf_json *j, struct kf_buf *b,
                struct kf_error *err)
{
    const char *file = kf_cli_get(cli, "key");
    struct kf_key k = {0};
    struct kf_key_list l = {0};
    int rc = 0;
    if (file) {
        rc = kf_key_load(file, &k, err);
        if (rc == 0)
            show_one(c, file, &k, j, b);
        kf_key_free(&k);
        return rc;
    }
    kf_key_list(&l);
    if (!l.n)
        rc = kf_error_set(err, KF_E_NOINPUT, "key",
                          "there is no key in %s; 'kinfold key new NAME' makes one",
                          l.folder.p ? l.folder.p : "~/.config/kinfold");
    for (size_t i = 0; i < l.n && rc == 0; i++) {
        rc = kf_key_load(l.path[i], &k, err);
        if (rc == 0)
            show_one(c, l.path[i], &k, j, b);
        kf_key_free(&k);
    }
    kf_key_list_free(&l);
    return rc;
}

static int show(struct kf_cli *cli, struct kf_buf *b, struct kf_error *err)
{
    struct kf_config *c = NULL;
    struct kf_error ignored = KF_ERROR_INIT;
    struct kf_json j;
    kf_config_load(cli->dir, &c, NULL, NULL, &ignored); /* a key is nobody's workspace's */
    if (cli->json) {
        kf_json_start(&j, b, "kinfold.key-show/1");
        kf_json_open(&j, "keys", '[');
    }
    int rc = each(cli, c, cli->json ? &j : NULL, b, err);
    if (cli->json) {
        kf_json_close(&j, ']');
        kf_json_end(&j);
    }
    kf_config_free(c);
    return rc;
}

/* ---- the command ---- */

static int dispatch(struct kf_cli *cli, struct kf_buf *b, struct kf_error *err)
{
    const char *verb = cli->operand[0];
    if (strcmp(verb, "new") == 0)
        return cli->n_operand == 2
                   ? make(cli, b, err)
                   : kf_error_set(err, KF_E_USAGE, "key",
                                  "key new wants a name: yours, as it shall stand in the log");
    if (strcmp(verb, "show") == 0)
        return cli->n_operand == 1 ? show(cli, b, err)
                                   : kf_error_set(err, KF_E_USAGE, "key",
                                                  "show takes no name; --key FILE shows one file");
    static const char *const verbs[] = {"new", "show"};
    const char *near = kf_str_suggest(verb, verbs, 2);
    return kf_error_set(err, KF_E_USAGE, "key", "a key can be made (new) or shown, not '%s'%s%s%s",
                        verb, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int run(struct kf_cli *cli)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf b = {0};
    int rc = dispatch(cli, &b, &err);
    if (rc == 0)
        kf_out_flush(&b);
    kf_buf_free(&b);
    return rc ? kf_cli_fail(cli, &err) : 0;
}

static const char *const EXAMPLES[] = {
    "kinfold key new \"Pia Weber\"",
    "a key for Pia; the line that is printed goes into kinfold.yaml",
    "kinfold key new nightly --role publish --no-passphrase --out nightly.key",
    "for a machine that publishes",
    "kinfold key show",
    "which keys are here, and what they may sign in this workspace",
    NULL};
static const struct kf_cli_exit EXITS[] = {
    {66, "there is no such key"},
    {73, "there is a file of that name: a key is never written over"},
    {77, "others may read the key file, or it is another passphrase"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_key = {
    .name = "key",
    .operands = "new NAME | show",
    .min_operands = 1,
    .max_operands = 2,
    .purpose = "make or show a key to sign with",
    .about = "An Ed25519 key pair. The secret half is a file that only you may read; the public "
             "half stands in kinfold.yaml, beside your name and what you may sign. A key that was "
             "lost or replaced stays there with until: DATE, so that what it signed before keeps "
             "counting.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
