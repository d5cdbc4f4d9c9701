/* The stewards' log as a file of JSON lines: receipts of erasures, then one entry a line in the
 * order of the log. An entry is known by its key, so that a file can be imported any number of
 * times, into any store. */
#include "cli/steward.h"

#include "base/error.h"
#include "base/vec.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* ---- export ---- */

static void add_member(struct kf_buf *b, const char *name, const char *text)
{
    if (!text)
        return;
    kf_buf_addf(b, ",\"%s\":", name);
    kf_buf_add_json(b, kf_cstr(text));
}

static void add_time(struct kf_buf *b, const char *name, int64_t t)
{
    char text[48];
    if (t == KF_NO_TIME)
        return;
    text[kf_time_format(t, text)] = 0;
    add_member(b, name, text);
}

static const char *key_of(const struct kf_steward_entry *log, size_t n, uint32_t number)
{
    for (size_t i = 0; i < n; i++)
        if (log[i].number == number)
            return log[i].key;
    return NULL;
}

static void add_line(const struct kf_desk *d, const struct kf_steward_entry *e, struct kf_buf *b)
{
    kf_buf_adds(b, "{\"decision\":");
    kf_buf_add_json(b, kf_cstr(e->verb));
    add_member(b, "a", e->a);
    add_member(b, "b", e->b);
    add_time(b, "at", e->at);
    add_member(b, "undoes", e->undoes ? key_of(d->log, d->n, e->undoes) : NULL);
    add_member(b, "by", e->who);
    add_member(b, "because", e->why);
    add_time(b, "made", e->made);
    add_member(b, "key", e->key);
    kf_buf_adds(b, "}\n");
}

static int write_file(const char *path, const struct kf_buf *text, struct kf_error *err)
{
    mode_t was = umask(077); /* it names people */
    FILE *f = fopen(path, "wb");
    umask(was);
    if (!f)
        return kf_error_set(err, KF_E_CANTCREATE, "decide", "cannot write %s: %s", path,
                            strerror(errno));
    bool ok = fwrite(text->p ? text->p : "", 1, text->n, f) == text->n;
    ok = fclose(f) == 0 && ok;
    return ok ? 0 : kf_error_set(err, KF_E_IO, "decide", "cannot write %s", path);
}

int kf_decide_export(struct kf_desk *d, const char *path, struct kf_buf *out, struct kf_error *err)
{
    struct kf_buf b = {0};
    uint32_t n_receipt = 0;
    int rc = kf_receipts_lines(d, &b, &n_receipt, err);
    for (uint32_t i = 0; i < d->n; i++)
        add_line(d, &d->log[i], &b);
    bool to_stdout = strcmp(path, "-") == 0;
    if (rc) {
        kf_buf_free(&b);
        return rc;
    }
    if (to_stdout)
        kf_buf_add(out, b.p ? b.p : "", b.n);
    else
        rc = write_file(path, &b, err);
    kf_buf_free(&b);
    if (rc || to_stdout)
        return rc;
    if (d->s.cli->json) {
        struct kf_json j;
        kf_json_start(&j, out, "kinfold.decide-export/1");
        kf_json_text(&j, "file", path);
        kf_json_count(&j, "decisions", d->n);
        kf_json_count(&j, "erasures", n_receipt);
        kf_json_end(&j);
    } else {
        kf_count_add(out, d->n, "decision", NULL);
        kf_buf_adds(out, " and ");
        kf_count_add(out, n_receipt, "erasure", NULL);
        kf_buf_addf(out, " in %s, with the identifiers of people in full\n", path);
    }
    return 0;
}

/* ---- import ---- */

struct import {
    struct kf_desk *d;
    const char *path;
    unsigned line;
    kf_vec(struct kf_steward_entry) log; /* what there is and what is new */
    uint32_t known, added, unseen, undeclared;
    struct kf_tombstone_key hash;
    struct kf_receipts receipts; /* whom the file must not bring back */
};

static int bad(const struct import *m, const char *what, struct kf_error *err)
{
    return kf_error_at(err, KF_E_DATA, "decide", m->path, m->line, 0, "%s; nothing was imported",
                       what);
}

/* A text member, kept; NULL: not there. */
static const char *text_of(struct import *m, json_t *o, const char *name)
{
    const char *t = json_string_value(json_object_get(o, name));
    return t ? kf_arena_strdup(&m->d->arena, t) : NULL;
}

static int time_of(struct import *m, json_t *o, const char *name, int64_t *ret,
                   struct kf_error *err)
{
    const char *t = text_of(m, o, name);
    bool offset;
    if (t && !kf_time_parse(kf_cstr(t), m->d->s.ws.config->zone, ret, &offset)) {
        char what[64];
        snprintf(what, sizeof what, "\"%s\" is no instant", name);
        return bad(m, what, err);
    }
    return 0;
}

/* By the rules of the last run where they know the namespace; else as it stands: rules may come
 * back. */
static int identifier_of(struct import *m, json_t *o, const char *name, const char **ret,
                         struct kf_error *err)
{
    const char *t = text_of(m, o, name), *at = t ? strpbrk(t, "=:") : NULL;
    struct kf_error ignored = KF_ERROR_INIT;
    if (!t)
        return 0;
    if (!at || at == t)
        return bad(m, "an identifier is written namespace=value", err);
    if (strncmp(t, KF_STEWARD_ERASED, strlen(KF_STEWARD_ERASED)) == 0) {
        *ret = t;
        return 0;
    }
    bool seen = false;
    if (kf_desk_identifier(m->d, t, ret, &ignored) == 0) {
        int rc = kf_desk_seen(m->d, *ret, &seen, err);
        m->unseen += !seen;
        return rc;
    }
    char *as_is = kf_arena_strdup(&m->d->arena, t);
    as_is[at - t] = '=';
    *ret = as_is;
    m->undeclared++;
    return 0;
}

static int read_undoes(struct import *m, json_t *o, struct kf_steward_entry *e,
                       const char **ret_key, struct kf_error *err)
{
    const char *key = text_of(m, o, "undoes");
    char hidden[24];
    if (key)
        snprintf(hidden, sizeof hidden, "~%016llx",
                 (unsigned long long)kf_tombstone_text(&m->hash, kf_cstr(key)));
    for (size_t i = 0; key && i < m->log.n; i++)
        if (strcmp(m->log.p[i].key, key) == 0 || strcmp(m->log.p[i].key, hidden) == 0)
            e->undoes = m->log.p[i].number;
    *ret_key = key;
    return e->undoes ? 0 : bad(m, "\"undoes\" must be the key of an earlier decision", err);
}

static int complete(const struct import *m, const struct kf_steward_entry *e, struct kf_error *err)
{
    bool undo = strcmp(e->verb, "undo") == 0, transfer = strcmp(e->verb, "transfer") == 0;
    if (!e->who || !e->why || !*e->who || !*e->why)
        return bad(m, "a decision needs \"by\" and \"because\"", err);
    if (!undo && (!e->a || (!transfer && !e->b)))
        return bad(m, "it does not name both identifiers", err);
    if (transfer && e->at == KF_NO_TIME)
        return bad(m, "a transfer needs \"at\"", err);
    return e->a && e->b && strcmp(e->a, e->b) == 0 ? bad(m, "both identifiers are the same", err)
                                                   : 0;
}

/* The entry as the log may keep it: who was erased is not named again, nor can the key be tried
 * against guesses. */
static void forget_erased(struct import *m, struct kf_steward_entry *e)
{
    const char **id[] = {&e->a, &e->b};
    uint64_t hash;
    bool any = false;
    for (int i = 0; i < 2; i++)
        if (*id[i] && kf_tombstones_identifier(m->receipts.set, *id[i], &hash)) {
            *id[i] = kf_arena_printf(&m->d->arena, KF_STEWARD_ERASED "%016llx",
                                     (unsigned long long)hash);
            any = true;
        }
    if (kf_tombstones_text(m->receipts.set, kf_cstr(e->why), 6)) {
        e->why = KF_ERASED_TEXT;
        any = true;
    }
    if (any)
        e->key = kf_arena_printf(&m->d->arena, "~%016llx",
                                 (unsigned long long)kf_tombstone_text(&m->hash, kf_cstr(e->key)));
}

/* By its key, or what became of the key when somebody was erased. */
static bool is_known(const struct import *m, const char *key)
{
    char hidden[24];
    snprintf(hidden, sizeof hidden, "~%016llx",
             (unsigned long long)kf_tombstone_text(&m->hash, kf_cstr(key)));
    for (size_t i = 0; i < m->log.n; i++)
        if (strcmp(m->log.p[i].key, key) == 0 || strcmp(m->log.p[i].key, hidden) == 0)
            return true;
    return false;
}

static int add_entry(struct import *m, struct kf_steward_entry *e, const char *undoes,
                     const char *given, struct kf_error *err)
{
    char *key = kf_arena_alloc(&m->d->arena, 17);
    kf_steward_key(e, undoes, key);
    /* Of a decision about somebody erased the content is no longer what the key was made of. */
    bool erased = (e->a && strncmp(e->a, KF_STEWARD_ERASED, strlen(KF_STEWARD_ERASED)) == 0) ||
                  (e->b && strncmp(e->b, KF_STEWARD_ERASED, strlen(KF_STEWARD_ERASED)) == 0);
    if (given && !erased && strcmp(given, key) != 0)
        return bad(m, "it was changed after it was exported: without \"key\" it is a new decision",
                   err);
    e->key = given ? given : key;
    if (is_known(m, e->key)) {
        m->known++;
        return 0;
    }
    forget_erased(m, e);
    e->number = m->log.n ? m->log.p[m->log.n - 1].number + 1 : 1;
    *kf_vec_push(&m->log) = *e;
    m->added++;
    return 0;
}

static int read_line(struct import *m, json_t *o, struct kf_error *err)
{
    struct kf_steward_entry e = {.at = KF_NO_TIME, .made = KF_NO_TIME};
    const char *undoes = NULL, *why;
    if (json_object_get(o, "erasure")) {
        kf_receipts_read(&m->receipts, o, &why);
        return why ? bad(m, why, err) : 0;
    }
    e.verb = text_of(m, o, "decision");
    if (!e.verb || !kf_steward_verb_known(e.verb))
        return bad(m, "\"decision\" must be join, unlink, keep_apart, transfer or undo", err);
    e.who = text_of(m, o, "by");
    e.why = text_of(m, o, "because");
    int rc = identifier_of(m, o, "a", &e.a, err);
    if (rc == 0)
        rc = identifier_of(m, o, "b", &e.b, err);
    if (rc == 0)
        rc = time_of(m, o, "at", &e.at, err);
    if (rc == 0)
        rc = time_of(m, o, "made", &e.made, err);
    if (rc == 0 && strcmp(e.verb, "undo") == 0)
        rc = read_undoes(m, o, &e, &undoes, err);
    if (rc == 0)
        rc = complete(m, &e, err);
    return rc ? rc : add_entry(m, &e, undoes, text_of(m, o, "key"), err);
}

static int read_lines(struct import *m, FILE *f, struct kf_error *err)
{
    char *text = NULL;
    size_t cap = 0;
    ssize_t n;
    int rc = 0;
    while (rc == 0 && (n = getline(&text, &cap, f)) >= 0) {
        m->line++;
        if (kf_str_trim(kf_str(text, (size_t)n)).n == 0)
            continue;
        json_error_t why;
        json_t *o = json_loadb(text, (size_t)n, JSON_REJECT_DUPLICATES, &why);
        rc = json_is_object(o) ? read_line(m, o, err) : bad(m, "it is no JSON object", err);
        json_decref(o);
    }
    free(text);
    return rc;
}

static void say(const struct import *m, struct kf_buf *out)
{
    if (m->d->s.cli->json) {
        struct kf_json j;
        kf_json_start(&j, out, "kinfold.decide-import/1");
        kf_json_text(&j, "file", m->path);
        kf_json_count(&j, "added", m->added);
        kf_json_count(&j, "known", m->known);
        kf_json_count(&j, "never_seen", m->unseen);
        kf_json_count(&j, "undeclared", m->undeclared);
        kf_json_count(&j, "erasures_added", m->receipts.n_added);
        kf_json_end(&j);
        return;
    }
    kf_count_add(out, m->added, "decision", NULL);
    kf_buf_addf(out, " added from %s, %u known already\n", m->path, m->known);
    if (m->unseen)
        kf_buf_addf(out, "  %u of their identifiers were never seen: they wait\n", m->unseen);
    if (m->undeclared)
        kf_buf_addf(out, "  %u of their identifiers mean nothing to the rules: they wait too\n",
                    m->undeclared);
    if (m->receipts.n_added) {
        kf_buf_adds(out, "  and ");
        kf_count_add(out, m->receipts.n_added, "erasure", NULL);
        kf_buf_addc(out, '\n');
    }
    if (m->added || m->receipts.n_added)
        kf_buf_adds(out, "  They take effect with the next 'kinfold run'.\n");
}

int kf_decide_import(struct kf_desk *d, const char *path, struct kf_buf *out, struct kf_error *err)
{
    struct import m = {.d = d, .path = path};
    bool from_stdin = strcmp(path, "-") == 0, write = !kf_cli_has(d->s.cli, "dry-run");
    FILE *f = from_stdin ? stdin : fopen(path, "rb");
    if (!f)
        return kf_error_set(err, KF_E_NOINPUT, "decide", "cannot read %s: %s", path,
                            strerror(errno));
    m.hash = kf_tombstone_key(d->s.ws.config);
    for (uint32_t i = 0; i < d->n; i++)
        *kf_vec_push(&m.log) = d->log[i];
    int rc = kf_receipts_open(d, &m.receipts, err);
    if (rc == 0)
        rc = read_lines(&m, f, err);
    if (!from_stdin)
        fclose(f);
    for (uint32_t i = 0; rc == 0 && i < m.receipts.n_added && write; i++)
        rc = kf_store_append_receipt(d->s.ws.config->store, &m.receipts.added[i].receipt,
                                     m.receipts.added[i].tombstone, m.receipts.added[i].n, err);
    if (rc == 0 && m.added && write)
        rc = kf_store_append(d->s.ws.config->store, m.log.p + d->n, m.added, err);
    if (rc == 0)
        say(&m, out);
    kf_receipts_close(&m.receipts);
    kf_vec_free(&m.log);
    return rc;
}
