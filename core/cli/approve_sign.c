#include "cli/approve_sign.h"

#include "cli/steward.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- whose key ---- */

static const struct kf_config_person *owner(const struct kf_config *c, const char *key)
{
    for (uint32_t i = 0; i < c->n_person; i++)
        if (strcmp(c->person[i].key, key) == 0)
            return &c->person[i];
    return NULL;
}

static int nobody_may(const struct kf_config *c, struct kf_error *err)
{
    return kf_error_at(err, KF_E_PERM, "approve", c->file, 0, 0,
                       "it names nobody who may sign: add people under 'approval:' ('kinfold key "
                       "new NAME' makes a key and prints the line)");
}

/* The one key of the folder that kinfold.yaml knows. */
static int search(struct kf_signer *g, struct kf_error *err)
{
    const struct kf_config *c = g->s->ws.config;
    struct kf_key_list l;
    struct kf_key k = {0};
    struct kf_error ignored = KF_ERROR_INIT;
    uint32_t found = 0;
    kf_key_list(&l);
    for (size_t i = 0; i < l.n; i++) {
        if (kf_key_load(l.path[i], &k, &ignored) == 0 && owner(c, k.text) && found++ == 0)
            kf_buf_adds(&g->path, l.path[i]);
        kf_key_free(&k);
    }
    const char *where = l.folder.p ? l.folder.p : "~/.config/kinfold";
    int rc = 0;
    if (!found)
        rc = kf_error_set(err, KF_E_PERM, "approve",
                          "no key in %s is one of kinfold.yaml's; name yours with --key FILE",
                          where);
    else if (found > 1)
        rc = kf_error_set(err, KF_E_USAGE, "approve",
                          "%u keys in %s are kinfold.yaml's; say which with --key FILE", found,
                          where);
    kf_key_list_free(&l);
    return rc;
}

static int check_role(const struct kf_signer *g, enum kf_role role, struct kf_error *err)
{
    const struct kf_config *c = g->s->ws.config;
    const struct kf_config_person *p = g->person;
    struct kf_buf has = {0};
    int rc = 0;
    kf_roles_add(&has, p->roles);
    if (!kf_config_holds(c, p, role))
        rc = kf_error_at(err, KF_E_PERM, "approve", c->file, p->line, p->column,
                         "%s may sign for %s, not for %s", p->name, has.p ? has.p : "nothing",
                         kf_role_name(role));
    else if (g->now >= p->until)
        rc = kf_error_at(err, KF_E_PERM, "approve", c->file, p->line, p->column,
                         "the key of %s has ended: what it signs now does not count", p->name);
    kf_buf_free(&has);
    return rc;
}

static int find_key(struct kf_signer *g, enum kf_role role, struct kf_error *err)
{
    const struct kf_config *c = g->s->ws.config;
    const char *file = kf_cli_get(g->s->cli, "key");
    int rc = 0;
    if (!c->n_person)
        return nobody_may(c, err);
    if (file)
        kf_buf_adds(&g->path, file);
    else
        rc = search(g, err);
    if (rc == 0)
        rc = kf_key_load(g->path.p, &g->key, err);
    if (rc)
        return rc;
    g->person = owner(c, g->key.text);
    if (!g->person)
        return kf_error_set(err, KF_E_PERM, "approve",
                            "the key in %s (%s) is nobody's in kinfold.yaml", g->path.p,
                            g->key.text);
    return check_role(g, role, err);
}

/* ---- words ---- */

int kf_sign_because(const struct kf_cli *cli, const char **ret, struct kf_error *err)
{
    const char *why = kf_cli_get(cli, "because");
    if (!why || !why[strspn(why, " \t\r\n")])
        return kf_error_set(err, KF_E_USAGE, "approve",
                            "say --because \"...\": whoever finds this later wants to know");
    if (strlen(why) > 2000 || !kf_text_plain(kf_cstr(why)))
        return kf_error_set(err, KF_E_USAGE, "approve",
                            "--because takes at most 2000 bytes of UTF-8, without control "
                            "characters");
    *ret = why;
    return 0;
}

void kf_signed_by(const struct kf_approvals *a, const struct kf_approval *e, struct kf_buf *out)
{
    const struct kf_config *c = a->config;
    kf_buf_adds(out, e->person == UINT32_MAX ? e->who : c->person[e->person].name);
    if (e->person == UINT32_MAX)
        kf_buf_adds(out, " (not in kinfold.yaml)");
    else if (!e->counts)
        kf_buf_adds(out, c->person[e->person].until != KF_TIME_MAX ? " (key had ended)"
                                                                   : " (without the role)");
}

/* ---- signing ---- */

int kf_signer_open_because(struct kf_signer *g, const struct kf_session *s, enum kf_role role,
                           const char *because, struct kf_error *err)
{
    *g = (struct kf_signer){
        .s = s, .because = because, .now = kf_desk_now() / 1000000 * 1000000}; /* milliseconds */
    int rc = kf_approvals_load(s->ws.config, &g->log, err);
    if (rc == 0)
        rc = kf_approvals_check(g->log, err);
    return rc ? rc : find_key(g, role, err);
}

int kf_signer_open(struct kf_signer *g, const struct kf_session *s, enum kf_role role,
                   struct kf_error *err)
{
    const char *because = NULL;
    int rc = kf_sign_because(s->cli, &because, err);
    return rc ? rc : kf_signer_open_because(g, s, role, because, err);
}

int kf_signer_confirm(const struct kf_signer *g, const char *question, bool *ret,
                      struct kf_error *err)
{
    char answer[16];
    *ret = true;
    if (kf_cli_has(g->s->cli, "yes"))
        return 0;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return kf_error_set(err, KF_E_USAGE, "approve",
                            "nobody can be asked here: read what is signed, then say --yes");
    fprintf(stderr, "%s [yes/no] ", question);
    fflush(stderr);
    *ret = fgets(answer, sizeof answer, stdin) &&
           (strcmp(answer, "yes\n") == 0 || strcmp(answer, "y\n") == 0);
    return 0;
}

static int unlock(struct kf_signer *g, struct kf_error *err)
{
    const char *file = kf_cli_get(g->s->cli, "passphrase-file");
    struct kf_buf phrase = {0}, question = {0};
    int rc = 0;
    if (g->key.open)
        return 0;
    kf_buf_addf(&question, "Passphrase of %s", g->path.p);
    if (file)
        rc = kf_passphrase_file(file, &phrase, err);
    else if (!kf_passphrase_ask(question.p, &phrase))
        rc = kf_error_set(err, KF_E_USAGE, "approve",
                          "%s is locked and there is no terminal to ask on: name its passphrase "
                          "with --passphrase-file FILE",
                          g->path.p);
    if (rc == 0)
        rc = kf_key_unlock(&g->key, phrase.p ? phrase.p : "", err);
    kf_passphrase_free(&phrase);
    kf_buf_free(&question);
    return rc;
}

int kf_signer_append(struct kf_signer *g, struct kf_approval *e, uint32_t *ret_number,
                     char ret_hash[65], struct kf_error *err)
{
    e->who = g->person->name;
    e->mail = g->person->mail;
    e->key = g->key.text;
    e->because = g->because;
    e->at = g->now;
    int rc = unlock(g, err);
    return rc ? rc : kf_approvals_append(g->log, e, g->key.secret, ret_number, ret_hash, err);
}

void kf_signer_free(struct kf_signer *g)
{
    kf_approvals_free(g->log);
    kf_key_free(&g->key);
    kf_buf_free(&g->path);
}
