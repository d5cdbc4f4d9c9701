#include "cli/steward.h"

#include "base/error.h"

#include <ctype.h>
#include <pwd.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* ---- opening ---- */

static int rules_of_last_run(struct kf_desk *d, struct kf_error *err)
{
    struct kf_session *s = &d->s;
    int rc = kf_session_last_rules(s, err);
    if (rc)
        return rc;
    struct kf_dict *dict = calloc(1, sizeof *dict);
    if (!dict || kf_dict_init(dict)) {
        free(dict);
        return kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    }
    d->none = kf_events_new(dict, kf_idents_new());
    return kf_idset_new(s->last_rules, s->ws.config, d->none, 1, &d->ids, err);
}

static int read_log(struct kf_desk *d, struct kf_error *err)
{
    int rc = kf_store_decisions(d->s.store, &d->log, &d->n, err);
    if (rc)
        return rc;
    d->fate = kf_arena_zalloc(&d->arena, (d->n + 1u) * sizeof *d->fate);
    kf_steward_fates(d->log, d->n, d->fate);
    return 0;
}

int kf_desk_open(struct kf_desk *d, const struct kf_cli *cli, bool write, struct kf_error *err)
{
    *d = (struct kf_desk){0};
    int rc = kf_session_open(&d->s, cli, err);
    if (rc == 0 && !kf_session_has_store(&d->s))
        return kf_error_set(err, KF_E_NOINPUT, "decide",
                            "there is no store %s: decisions are kept in it, run 'kinfold run' "
                            "first",
                            d->s.ws.config->store);
    if (rc == 0 && write)
        rc = kf_publish_begin(d->s.ws.config->store, &d->lock, err);
    if (rc == 0)
        rc = kf_session_store(&d->s, err);
    if (rc == 0)
        rc = rules_of_last_run(d, err);
    return rc ? rc : read_log(d, err);
}

void kf_desk_let_go(struct kf_desk *d)
{
    kf_store_close(d->s.store);
    d->s.store = NULL;
    d->s.ws.decision = NULL;
    d->s.ws.n_decision = 0;
    kf_publish_end(d->lock);
    d->lock = NULL;
}

void kf_desk_close(struct kf_desk *d)
{
    kf_idset_free(d->ids);
    kf_pipeline_events_free(d->none);
    kf_session_close(&d->s);
    kf_publish_end(d->lock);
    kf_arena_free(&d->arena);
    *d = (struct kf_desk){0};
}

/* ---- what people type ---- */

static int no_namespace(struct kf_desk *d, const char *ns, struct kf_error *err)
{
    const char *names[KF_ID_NAMESPACES];
    for (uint32_t i = 0; i < d->ids->rules.n_ns; i++)
        names[i] = d->ids->rules.ns[i].name;
    const char *near = kf_str_suggest(ns, names, d->ids->rules.n_ns);
    return kf_error_set(err, KF_E_USAGE, "decide", "no rule declares the identifier '%s'%s%s%s", ns,
                        near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

int kf_desk_identifier(struct kf_desk *d, const char *typed, const char **ret, struct kf_error *err)
{
    const char *at = strpbrk(typed, ":=");
    if (!at)
        return kf_error_set(err, KF_E_USAGE, "decide",
                            "'%s' is no identifier: write namespace:value, as "
                            "email:anna@example.com",
                            typed);
    const char *ns = kf_arena_strndup(&d->arena, typed, (size_t)(at - typed));
    uint32_t number = kf_idset_ns(d->ids, kf_cstr(ns));
    if (number == KF_ID_NONE)
        return no_namespace(d, ns, err);
    uint32_t id = kf_idset_add(d->ids, number, kf_cstr(at + 1));
    if (id == KF_ID_NONE)
        return kf_error_set(err, KF_E_USAGE, "decide",
                            "'%s' names nobody: by the rules it is no %s, or one of those that are "
                            "ignored",
                            typed, ns);
    struct kf_str v = kf_idset_value(d->ids, id);
    *ret = kf_arena_printf(&d->arena, "%s=%.*s", ns, (int)v.n, v.p);
    return 0;
}

static int on_seen(void *ctx, int n, const char *const *value, const char *const *name)
{
    (void)n;
    (void)value;
    (void)name;
    *(bool *)ctx = true;
    return 0;
}

/* Identifiers that only a decision or a rule names are in the table too, behind those that events
 * wrote. */
static const char SEEN[] =
    "SELECT 1 FROM identifier i JOIN namespace n ON n.id = i.namespace, setting s"
    " WHERE i.value = ?2 AND n.name = ?1 AND s.name = 'raw_identifiers'"
    " AND (i.id <= CAST(s.value AS INT) OR EXISTS(SELECT 1 FROM identifier r"
    " WHERE r.same_as = i.id)) LIMIT 1";

int kf_desk_seen(struct kf_desk *d, const char *id, bool *ret, struct kf_error *err)
{
    const char *eq = strchr(id, '=');
    const char *arg[] = {kf_arena_strndup(&d->arena, id, (size_t)(eq - id)), eq + 1};
    *ret = false;
    return kf_store_ask(d->s.store, SEEN, arg, 2, on_seen, ret, err);
}

static bool blank(const char *z)
{
    while (*z && isspace((unsigned char)*z))
        z++;
    return !*z;
}

int kf_desk_who(const struct kf_cli *c, const char **ret, struct kf_error *err)
{
    const char *who = kf_cli_get(c, "by");
    if (!who)
        who = getenv("USER");
    if (!who || blank(who)) {
        const struct passwd *p = getpwuid(geteuid());
        who = p ? p->pw_name : NULL;
    }
    if (!who || blank(who))
        return kf_error_set(err, KF_E_USAGE, "decide", "say --by NAME: nobody is logged in");
    *ret = who;
    return 0;
}

int kf_desk_words(struct kf_desk *d, const char **ret_why, const char **ret_who,
                  struct kf_error *err)
{
    const char *why = kf_cli_get(d->s.cli, "because");
    if (!why || blank(why))
        return kf_error_set(err, KF_E_USAGE, "decide",
                            "say --because \"…\": whoever finds this later wants to know");
    int rc = kf_desk_who(d->s.cli, ret_who, err);
    if (rc == 0)
        *ret_why = why;
    return rc;
}

int64_t kf_desk_now(void)
{
    struct timespec t;
    const char *fixed = getenv("SOURCE_DATE_EPOCH"); /* seconds: for builds that repeat */
    char *end = NULL;
    long long seconds = fixed ? strtoll(fixed, &end, 10) : -1;
    if (end && end != fixed && !*end && seconds >= 0 && seconds < INT64_MAX / KF_SECOND)
        return (int64_t)seconds * KF_SECOND;
    clock_gettime(CLOCK_REALTIME, &t);
    return ((int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000) * 1000000;
}

/* ---- what people read ---- */

void kf_steward_ident_add(struct kf_buf *out, const char *id, bool reveal)
{
    const char *eq = strchr(id, '=');
    size_t n = eq ? (size_t)(eq - id) : strlen(id);
    if (strncmp(id, KF_STEWARD_ERASED, strlen(KF_STEWARD_ERASED)) == 0) {
        kf_buf_addf(out, "somebody erased (%.8s)", id + strlen(KF_STEWARD_ERASED));
        return;
    }
    kf_buf_add(out, id, n);
    kf_buf_addc(out, ':');
    if (eq)
        kf_mask_add(out, kf_personal_kind(kf_str(id, n), NULL), kf_cstr(eq + 1), reveal);
}

void kf_steward_shell_add(struct kf_buf *out, const char *id, bool reveal)
{
    struct kf_buf b = {0};
    kf_steward_ident_add(&b, id, reveal);
    if (strspn(b.p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:@.+-/%") ==
        b.n) {
        kf_buf_add(out, b.p, b.n);
    } else {
        kf_buf_addc(out, '\'');
        for (size_t i = 0; i < b.n; i++)
            kf_buf_adds(out, b.p[i] == '\'' ? "'\\''" : (char[]){b.p[i], 0});
        kf_buf_addc(out, '\'');
    }
    kf_buf_free(&b);
}

void kf_steward_sentence(struct kf_buf *out, const struct kf_steward_entry *e,
                         const struct kf_zone *z, bool reveal)
{
    if (strcmp(e->verb, "undo") == 0) {
        kf_buf_addf(out, "undo decision %u", e->undoes);
        return;
    }
    bool apart = strcmp(e->verb, "keep_apart") == 0, transfer = strcmp(e->verb, "transfer") == 0;
    kf_buf_addf(out, "%s ", apart ? "keep" : e->verb);
    kf_steward_ident_add(out, e->a, reveal);
    if (transfer) {
        kf_buf_adds(out, " at ");
        kf_when_add(out, z, e->at);
        kf_buf_adds(out, " to ");
    } else {
        kf_buf_adds(out, " and ");
    }
    if (e->b)
        kf_steward_ident_add(out, e->b, reveal);
    else
        kf_buf_adds(out, "nobody");
    if (apart)
        kf_buf_adds(out, " apart");
}
