#include "cli/approve_gate.h"

#include "cli/approve_publish.h"
#include "cli/edits.h"
#include "cli/plan.h"

/* ---- in words ---- */

void kf_gate_standing(const struct kf_approvals *a, const char *rules, struct kf_buf *out)
{
    const struct kf_config *c = a->config;
    unsigned missing;
    const struct kf_config_person *same;
    bool any = false;
    kf_approvals_full(a, rules, &missing, &same);
    for (unsigned r = 0; r < KF_ROLES; r++) {
        const struct kf_approval *e = kf_approvals_role(a, rules, (enum kf_role)r);
        if (!(c->approval_roles & 1u << r))
            continue;
        kf_buf_addf(out, "%s%s ", any ? ", " : "", kf_role_name((enum kf_role)r));
        kf_buf_addf(out,
                    !e                               ? "has not signed"
                    : e->kind == KF_APPROVAL_APPROVE ? "approved (%s)"
                                                     : "rejected (%s)",
                    e ? c->person[e->person].name : "");
        any = true;
    }
    if (same)
        kf_buf_addf(out, "; four eyes are demanded, and both are %s's", same->name);
}

void kf_gate_settings(const struct kf_config *then, const struct kf_config *now, struct kf_buf *out)
{
    struct kf_compare c = {0};
    kf_compare_settings(then, now, &c);
    if (c.n_setting) {
        kf_buf_adds(out, "kinfold.yaml differs: ");
        kf_settings_differ(&c, out);
    }
    kf_compare_free(&c);
}

void kf_gate_settings_published(const struct kf_config *now, const struct kf_approval *p,
                                struct kf_buf *out)
{
    struct kf_ruleset *r = NULL;
    struct kf_error ignored = KF_ERROR_INIT;
    if (p && kf_snapshot_load(now, p, false, &r, &ignored) == 0)
        kf_gate_settings(r->config, now, out);
    kf_rules_free(r);
}

/* "list staff, zone": defaults are left out, as whatever was there when nobody said anything. */
static void said_names(const struct kf_config *c, struct kf_buf *out)
{
    for (uint32_t i = 0; i < c->n_setting; i++) {
        const struct kf_config_setting *s = &c->setting[i];
        bool zone = strcmp(s->what, "zone") == 0 && strcmp(c->zone_name, "UTC") == 0;
        bool currency = strcmp(s->what, "currency") == 0 && strcmp(c->currency, "EUR") == 0;
        if (zone || currency || strcmp(s->what, "money") == 0)
            continue;
        kf_buf_addf(out, "%s%s%s%s", out->n ? ", " : "", s->what, *s->name ? " " : "", s->name);
    }
}

void kf_gate_settings_said(const struct kf_config *c, struct kf_buf *out)
{
    struct kf_arena arena = {0};
    const struct kf_plan_values *v;
    uint32_t n = kf_plan_values_of(c, &arena, &v);
    struct kf_buf names = {0}, line = {0};
    said_names(c, &names);
    if (names.n) {
        kf_buf_addf(&line, "Part of what is signed, from kinfold.yaml: %s.", names.p);
        kf_buf_adds(out, "  ");
        kf_wrap_add(out, line.p, 2, 2, false);
        kf_buf_addc(out, '\n');
    }
    kf_buf_clear(&line);
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_addf(&line, "%s%s (",
                    i ? ", " : "Data that may change without another approval: ", v[i].file);
        kf_count_add(&line, (uint64_t)v[i].values, "value", NULL);
        kf_buf_addc(&line, ')');
    }
    if (n) {
        kf_buf_adds(out, "  ");
        kf_wrap_add(out, line.p, 2, 2, false);
        kf_buf_adds(out, ".\n");
    }
    kf_buf_free(&names);
    kf_buf_free(&line);
    kf_arena_free(&arena);
}

/* Where the rules of the tree stand, and what has to be typed until they are published. */
static void next_step(const struct kf_approvals *a, const char *rules, struct kf_buf *b)
{
    unsigned missing;
    const struct kf_config_person *same;
    if (kf_approvals_full(a, rules, &missing, &same)) {
        kf_buf_adds(b, "they are approved, and 'kinfold publish' puts them in force");
        return;
    }
    kf_gate_standing(a, rules, b);
    kf_buf_adds(b, ". Next: 'kinfold dry-run --out change.plan', then 'kinfold approve change.plan "
                   "--as ...' by each, then 'kinfold publish'");
}

/* ---- what is in force ---- */

int kf_gate_in_force(const struct kf_config *c, struct kf_approvals **log,
                     const struct kf_approval **ret, struct kf_error *err)
{
    struct kf_pointer pointer;
    int rc = kf_pointer_read(c, &pointer, err); /* before the log, which is written before it */
    if (rc == 0)
        rc = kf_approvals_load(c, log, err);
    if (rc == 0)
        rc = kf_approvals_check(*log, err);
    if (rc == 0)
        rc = kf_pointer_check(&pointer, *log, err);
    if (rc == 0)
        *ret = kf_approvals_published(*log);
    return rc;
}

/* A publication counts as long as everybody it needs stands by it. */
static int still_approved(const struct kf_approvals *a, const struct kf_approval *p,
                          struct kf_error *err)
{
    struct kf_buf b = {0};
    unsigned missing;
    const struct kf_config_person *same;
    if (kf_approvals_full(a, p->rules, &missing, &same))
        return 0;
    kf_gate_standing(a, p->rules, &b);
    int rc = kf_error_set(err, KF_E_PERM, "approve",
                          "the published rules (%.12s) are no longer approved: %s. Next: approve "
                          "and publish others, or 'kinfold publish --previous'",
                          p->rules, b.p);
    kf_buf_free(&b);
    return rc;
}

static int nothing_published(const struct kf_approvals *a, const char *rules, struct kf_error *err)
{
    struct kf_buf b = {0};
    next_step(a, rules, &b);
    int rc =
        kf_error_set(err, KF_E_PERM, "approve",
                     "this workspace demands approval, and nothing is published yet. The rules "
                     "here (%.12s): %s",
                     rules, b.p);
    kf_buf_free(&b);
    return rc;
}

static int not_these(const struct kf_approvals *a, const struct kf_approval *p, const char *rules,
                     struct kf_error *err)
{
    struct kf_buf b = {0};
    kf_gate_settings_published(a->config, p, &b);
    kf_buf_adds(&b, b.n ? "; " : "");
    next_step(a, rules, &b);
    int rc = kf_error_set(err, KF_E_PERM, "approve",
                          "the rules here (%.12s) are not the published ones (%.12s): %s. Until "
                          "then 'kinfold run --published' decides with the published ones",
                          rules, p->rules, b.p);
    kf_buf_free(&b);
    return rc;
}

/* ---- gates ---- */

static int published_rules(struct kf_session *s, const struct kf_approvals *a,
                           const struct kf_approval *p, struct kf_error *err)
{
    struct kf_ruleset *r = NULL;
    if (!p)
        return kf_error_set(err, KF_E_PERM, "approve",
                            "nothing is published yet: 'kinfold publish' does that");
    int rc = s->ws.config->approval_required ? still_approved(a, p, err) : 0;
    if (rc == 0)
        rc = kf_snapshot_load(s->ws.config, p, false, &r, err);
    if (rc)
        return rc;
    kf_rules_free(s->ws.rules);
    s->ws.rules = r;
    return 0;
}

int kf_gate_rules(struct kf_session *s, bool published, struct kf_error *err)
{
    const struct kf_config *c = s->ws.config;
    struct kf_approvals *a = NULL;
    const struct kf_approval *p = NULL;
    int rc = published ? 0 : kf_session_rules(s, err);
    if (rc || (!published && !c->approval_required))
        return rc;
    rc = kf_gate_in_force(c, &a, &p, err);
    if (rc == 0 && published)
        rc = published_rules(s, a, p, err);
    else if (rc == 0 && !p)
        rc = nothing_published(a, s->ws.rules->digest, err);
    else if (rc == 0 && strcmp(p->rules, s->ws.rules->digest) != 0)
        rc = not_these(a, p, s->ws.rules->digest, err);
    else if (rc == 0)
        rc = still_approved(a, p, err);
    kf_approvals_free(a);
    return rc;
}

/* Whoever took a name off a list, or put one on it, believes that it holds. */
static int export_settings(const struct kf_session *s, struct kf_error *err)
{
    struct kf_buf b = {0};
    kf_gate_settings(s->last_rules->config, s->ws.config, &b);
    int rc = b.n ? kf_error_set(err, KF_E_PERM, "export",
                                "%s, compared with what run %lld decided under; nothing was sent. "
                                "Next: %s",
                                b.p, (long long)s->last.number,
                                s->ws.config->approval_required
                                    ? "bring it back, or 'kinfold dry-run --out change.plan', "
                                      "approve, publish and run"
                                    : "'kinfold run'")
                 : 0;
    kf_buf_free(&b);
    return rc;
}

int kf_gate_export(const struct kf_session *s, struct kf_error *err)
{
    const struct kf_config *c = s->ws.config;
    struct kf_approvals *a = NULL;
    const struct kf_approval *p = NULL;
    const char *ran = s->last.rules_digest;
    int rc = export_settings(s, err);
    if (rc || !c->approval_required)
        return rc;
    rc = kf_gate_in_force(c, &a, &p, err);
    if (rc == 0 && !p)
        rc = kf_error_set(err, KF_E_PERM, "approve",
                          "this workspace demands approval, and nothing is published yet: the last "
                          "run decided with rules (%.12s) that nobody put in force. Next: 'kinfold "
                          "publish', then 'kinfold run'",
                          ran);
    else if (rc == 0 && strcmp(p->rules, ran) != 0)
        rc = kf_error_set(err, KF_E_PERM, "approve",
                          "the last run decided with rules (%.12s) that are not the published ones "
                          "(%.12s). Next: 'kinfold run --published'",
                          ran, p->rules);
    else if (rc == 0 && strcmp(s->last_rules->digest, ran) != 0)
        rc = kf_error_set(err, KF_E_PERM, "approve",
                          "the rules in the store (%.12s) are not those that run %lld decided with "
                          "(%.12s): it was changed by hand, or is of another version. Next: "
                          "'kinfold run --published --force'",
                          s->last_rules->digest, (long long)s->last.number, ran);
    else if (rc == 0)
        rc = still_approved(a, p, err);
    kf_approvals_free(a);
    return rc;
}
