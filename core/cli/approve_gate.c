#include "cli/approve_gate.h"

#include "cli/approve_publish.h"

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

/* The log, sound, with the publication in force; *ret NULL: there is none. */
static int in_force(const struct kf_config *c, struct kf_approvals **log,
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
        rc = kf_snapshot_load(s->ws.config, p, &r, err);
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
    rc = in_force(c, &a, &p, err);
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

int kf_gate_export(const struct kf_session *s, struct kf_error *err)
{
    const struct kf_config *c = s->ws.config;
    struct kf_approvals *a = NULL;
    const struct kf_approval *p = NULL;
    const char *ran = s->last.rules_digest;
    if (!c->approval_required)
        return 0;
    int rc = in_force(c, &a, &p, err);
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
    else if (rc == 0)
        rc = still_approved(a, p, err);
    kf_approvals_free(a);
    return rc;
}
