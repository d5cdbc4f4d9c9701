#include "cli/quality_gate.h"

#include <stdio.h>

int kf_despite(const struct kf_cli *c, const char **ret, struct kf_error *err)
{
    const char *t = kf_cli_get(c, "despite-quality");
    if (t && !t[strspn(t, " \t\n")])
        return kf_error_set(err, KF_E_USAGE, "quality",
                            "--despite-quality wants the reason: whoever looks later reads it");
    *ret = t;
    return 0;
}

int kf_quality_gate(const struct kf_session *s, struct kf_decide *d, const char *what,
                    struct kf_error *err)
{
    struct kf_error shut = KF_ERROR_INIT;
    const char *despite = NULL;
    int rc = kf_despite(s->cli, &despite, err);
    if (rc)
        return rc;
    rc = kf_gate_check(d, what, &shut);
    if (rc == KF_E_PERM && despite) {
        fprintf(stderr, "kinfold: %s; goes on: %s\n", shut.message, despite);
        return 0;
    }
    if (rc && err)
        *err = shut;
    return rc;
}

int kf_quality_gate_rules(struct kf_session *s, const struct kf_ruleset *rules, const char *what,
                          struct kf_error *err)
{
    struct kf_world *w = NULL;
    struct kf_decide *d = NULL;
    if (!kf_expect_any_gate(rules, what) || !kf_session_has_store(s))
        return 0;
    int rc = s->store ? 0 : kf_session_store(s, err);
    if (rc == 0 && !s->events)
        rc = kf_session_events(s, err);
    if (rc == 0)
        rc = kf_pipeline_world(&s->ws, rules, s->events, s->last.as_of, NULL, false, &w, &d, err);
    if (rc == 0)
        rc = kf_quality_gate(s, d, what, err);
    kf_decide_free(d);
    kf_world_free(w);
    return rc;
}
