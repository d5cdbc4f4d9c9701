/* Gates: what the `expect` rules of a workspace hold back where the data does not hold. */
#include "decide/quality_internal.h"

#include "base/error.h"

bool kf_expect_gates(const struct kf_expect_row *row, const char *what)
{
    const struct kf_node *g = row->rule ? kf_rule_get(row->rule, "gate") : NULL;
    for (uint32_t i = 0; g && i < kf_node_texts(g); i++)
        if (kf_node_text(g, i) && strcmp(kf_node_text(g, i), what) == 0)
            return true;
    return false;
}

bool kf_expect_any_gate(const struct kf_ruleset *rules, const char *what)
{
    uint32_t n;
    const struct kf_rule *const *rule = kf_rules_kind(rules, KF_KIND_EXPECT, &n);
    for (uint32_t i = 0; i < n; i++)
        if (kf_expect_gates(&(struct kf_expect_row){.rule = rule[i]}, what))
            return true;
    return false;
}

/* "2.25 %": enough digits to tell it from what is allowed, never rounded down to nothing. */
void kf_share_add(struct kf_buf *out, uint64_t bad, uint64_t of)
{
    unsigned __int128 hundredths = of ? ((unsigned __int128)bad * 10000 + of / 2) / of : 0;
    uint64_t h = (uint64_t)hundredths;
    if (bad && !h)
        kf_buf_adds(out, "under 0.01 %");
    else if (bad != of && h == 10000)
        kf_buf_adds(out, "over 99.99 %");
    else if (h % 100 == 0)
        kf_buf_addf(out, "%llu %%", (unsigned long long)(h / 100));
    else
        kf_buf_addf(out, "%llu.%02llu %%", (unsigned long long)(h / 100),
                    (unsigned long long)(h % 100));
}

/* Of a fraction as percent: the point moves by two. */
void kf_allow_add(struct kf_buf *out, const struct kf_rule *rule)
{
    struct kf_dec allow = kf_dec_int(0);
    char text[40];
    if (rule)
        kf_rule_number(rule, "allow", &allow);
    for (; allow.scale < 2; allow.scale++)
        allow.m *= 10;
    allow.scale = (int8_t)(allow.scale - 2);
    for (; allow.scale && allow.m % 10 == 0; allow.scale--)
        allow.m /= 10;
    kf_buf_add(out, text, kf_dec_format(allow, text));
    kf_buf_adds(out, " %");
}

static void place_add(struct kf_buf *out, const struct kf_events *e, uint32_t event)
{
    struct kf_str file = kf_symbols_text(e->dict->file, e->at[event].file);
    if (file.n)
        kf_buf_addf(out, ", as at %.*s:%u", (int)file.n, file.p, e->at[event].record);
}

int kf_gate_check(struct kf_decide *d, const char *what, struct kf_error *err)
{
    struct kf_arena a = {0};
    const struct kf_expect_row *row;
    uint32_t n = 0;
    int rc = kf_decide_gate(d, what, &a, &row, &n, err);
    if (rc || !n) {
        kf_arena_free(&a);
        return rc;
    }
    struct kf_buf share = {0}, allow = {0}, place = {0};
    kf_share_add(&share, row->bad, row->of);
    kf_allow_add(&allow, row->rule);
    kf_buf_adds(&place, "");
    if (row->n_example)
        place_add(&place, d->w->events, row->example[0]);
    rc = kf_error_at(err, KF_E_PERM, "quality", row->rule->pos.file, row->rule->pos.line, 0,
                     "expect \"%s\" holds %s back: %s in %llu of %llu %s (%s, allowed are %s%s). "
                     "'kinfold quality %s--check %s' shows them, --despite-quality \"because\" "
                     "goes on",
                     row->rule->name, what, row->detail, (unsigned long long)row->bad,
                     (unsigned long long)row->of, kf_expect_unit(row), share.p, allow.p, place.p,
                     strcmp(what, "run") == 0 ? "--sources " : "", row->rule->name);
    kf_buf_free(&share);
    kf_buf_free(&allow);
    kf_buf_free(&place);
    kf_arena_free(&a);
    return rc;
}
