#include "cli/explain_approval.h"

#include "cli/approve_gate.h"
#include "cli/explain_rule.h"

struct standing {
    struct kf_approvals *log;
    struct kf_ruleset *files; /* of the working tree; NULL: they do not load */
    bool matters;             /* approval is demanded, or somebody has signed */
    bool approved;            /* the rules that decided */
    bool edited;              /* the rule in the files means something else, or is gone */
    bool edited_approved;
};

/* Where they do not load they are not what is approved, whatever they are. */
static void look_at_files(const struct kf_session *s, const struct kf_rule *r, struct standing *t)
{
    const struct kf_config *c = s->ws.config;
    const struct kf_ruleset *decided = s->world->rules;
    struct kf_rules_options o = {.config = c, .root = c->rules};
    const char *path[] = {c->rules};
    struct kf_error ignored = KF_ERROR_INIT;
    unsigned missing;
    const struct kf_config_person *same;
    if (kf_rules_load(&o, path, 1, &t->files, &ignored) == 0 && t->files->n_errors) {
        kf_rules_free(t->files);
        t->files = NULL;
    }
    const struct kf_rule *now = t->files ? kf_rules_find(t->files, r->kind, r->name) : NULL;
    t->edited =
        !now || !kf_str_eq(now->digest, r->digest) || !kf_rules_same_settings(decided, t->files);
    t->edited_approved = t->edited && t->files && !t->log->broken &&
                         kf_approvals_full(t->log, t->files->digest, &missing, &same);
}

static struct standing standing_of(const struct kf_session *s, const struct kf_rule *r)
{
    struct standing t = {0};
    struct kf_error ignored = KF_ERROR_INIT;
    unsigned missing;
    const struct kf_config_person *same;
    if (kf_approvals_load(s->ws.config, &t.log, &ignored))
        return t;
    t.matters = s->ws.config->approval_required || t.log->n || t.log->broken;
    if (!t.matters)
        return t;
    t.approved =
        !t.log->broken && kf_approvals_full(t.log, s->world->rules->digest, &missing, &same);
    look_at_files(s, r, &t);
    return t;
}

static void free_standing(struct standing *t)
{
    kf_rules_free(t->files);
    kf_approvals_free(t->log);
}

/* "privacy has not signed", of a rule set. */
static void missing_words(const struct standing *t, const char *rules, struct kf_buf *out)
{
    size_t before = out->n;
    if (t->log->broken)
        kf_buf_addf(out, "line %u of %s is broken, and nothing in it counts", t->log->broken,
                    KF_APPROVAL_FILE);
    else
        kf_gate_standing(t->log, rules, out);
    if (out->n == before)
        kf_buf_adds(out, "kinfold.yaml names no role that has to");
}

void kf_explain_approval_text(const struct kf_session *s, const struct kf_rule *r,
                              struct kf_buf *out)
{
    struct standing t = standing_of(s, r);
    struct kf_buf b = {0};
    if (t.matters && !t.approved) {
        kf_buf_adds(&b, "NOT approved, as it decided here: ");
        missing_words(&t, s->world->rules->digest, &b);
        kf_explain_line(out, 2, 4, b.p);
    }
    kf_buf_clear(&b);
    if (t.matters && t.edited) {
        kf_buf_adds(&b, "edited since: what is in the files now is ");
        if (t.edited_approved) {
            kf_buf_adds(&b, "approved, and has not decided yet");
        } else {
            kf_buf_adds(&b, "NOT approved: ");
            if (t.files)
                missing_words(&t, t.files->digest, &b);
            else
                kf_buf_adds(&b, "it does not load");
        }
        struct kf_buf settings = {0};
        if (t.files)
            kf_gate_settings(s->world->rules->config, t.files->config, &settings);
        if (settings.n)
            kf_buf_addf(&b, " (%s)", settings.p);
        kf_buf_free(&settings);
        kf_explain_line(out, 2, 4, b.p);
    }
    kf_buf_free(&b);
    free_standing(&t);
}

void kf_explain_approval_json(const struct kf_session *s, const struct kf_rule *r,
                              struct kf_json *j)
{
    struct standing t = standing_of(s, r);
    if (!t.matters) {
        kf_json_text(j, "approval", NULL);
    } else {
        kf_json_open(j, "approval", '{');
        kf_json_text(j, "rules", s->world->rules->digest);
        kf_json_bool(j, "approved", t.approved);
        kf_json_text(j, "rules_in_files", t.files ? t.files->digest : NULL);
        kf_json_bool(j, "edited", t.edited);
        kf_json_bool(j, "edited_approved", t.edited_approved);
        kf_json_close(j, '}');
    }
    free_standing(&t);
}
