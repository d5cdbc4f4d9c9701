/* Each rule for itself: bands, verdicts, groups, caps, windows against retention, legal basis. */
#include "lua/advise_internal.h"

/* ---- scores ---- */

/* Can all points that lower the score come together? Perhaps is enough. */
static bool may_reach_least(struct kf_advise *a, const struct kf_rule *r)
{
    const struct kf_node *add = kf_rule_get(r, "add");
    struct kf_want *w = kf_arena_alloc(a->arena, (add->kids + 1) * sizeof *w);
    uint32_t n = 0;
    for (uint32_t i = 0; i < add->kids; i++) {
        const struct kf_node *points = kf_map_get(add->kid[i], "points");
        const struct kf_node *when = kf_map_get(add->kid[i], "when");
        if (points && when && points->value.number.m)
            w[n++] =
                (struct kf_want){when, points->value.number.m < 0 ? KF_GOAL_TRUE : KF_GOAL_FALSE};
    }
    return !kf_reason_impossible(a->reason, KF_ABOUT_PROFILE, w, n);
}

static const char *text_of(struct kf_advise *a, struct kf_dec d)
{
    char text[40];
    kf_dec_format(d, text);
    return kf_arena_strdup(a->arena, text);
}

static void look_at_bands(struct kf_advise *a, const struct kf_rule *r)
{
    const struct kf_node *bands = kf_rule_get(r, "bands");
    struct kf_dec lo, hi;
    if (!bands || bands->op != KF_T_LIST || !kf_reason_card_bounds(r, &lo, &hi))
        return;
    for (uint32_t i = 0; i < bands->kids; i++) {
        const struct kf_node *from = kf_map_get(bands->kid[i], "2");
        const struct kf_node *next =
            i + 1 < bands->kids ? kf_map_get(bands->kid[i + 1], "2") : NULL;
        const char *name = kf_node_text(kf_map_get(bands->kid[i], "1"), 0);
        if (!from || from->value.type != KF_K_NUMBER)
            return;
        if (i == 0 && kf_dec_cmp(lo, from->value.number) < 0 && may_reach_least(a, r))
            kf_advise_report(a, KF_CODE_BAND_GAP, from->pos, NULL,
                             "score \"%s\" can be as low as %s, but its lowest band begins at %s",
                             r->name, text_of(a, lo), text_of(a, from->value.number));
        if (kf_dec_cmp(from->value.number, hi) > 0)
            kf_advise_report(a, KF_CODE_BAND_UNREACHED, from->pos, NULL,
                             "score \"%s\" is at most %s and never reaches band '%s' at %s",
                             r->name, text_of(a, hi), name, text_of(a, from->value.number));
        if (next && next->value.type == KF_K_NUMBER && kf_dec_cmp(next->value.number, lo) <= 0)
            kf_advise_report(
                a, KF_CODE_BAND_UNREACHED, from->pos, NULL,
                "score \"%s\" is at least %s: nobody is in band '%s', which ends at %s", r->name,
                text_of(a, lo), name, text_of(a, next->value.number));
    }
}

/* ---- fraud ---- */

static void shadowed(struct kf_advise *a, const struct kf_rule *r, const char *verdict,
                     const char *const *before)
{
    const struct kf_node *n = kf_rule_get(r, verdict), *look = kf_rule_get(r, "look_at");
    struct kf_want w[4] = {{n, KF_GOAL_TRUE}};
    uint32_t k = 1;
    if (look && look->cls == KF_CLASS_SELECT)
        w[k++] = (struct kf_want){look, KF_GOAL_TRUE};
    if (!n || kf_reason_impossible(a->reason, kf_reason_about_of(r), w, k))
        return;
    const uint32_t asked = k;
    for (; *before; before++)
        if (kf_rule_get(r, *before))
            w[k++] = (struct kf_want){kf_rule_get(r, *before), KF_GOAL_NOT_TRUE};
    if (k > asked && kf_reason_impossible(a->reason, kf_reason_about_of(r), w, k))
        kf_advise_report(
            a, KF_CODE_VERDICT_SHADOWED, n->pos, NULL,
            "fraud \"%s\" never gets to '%s': an earlier verdict takes every such case", r->name,
            verdict);
}

static void look_at_points(struct kf_advise *a, const struct kf_rule *r)
{
    static const char *const limits[] = {"flag_at", "reject_at"};
    const struct kf_node *signals = kf_rule_get(r, "signals");
    struct kf_dec most = kf_dec_int(0), flag, reject;
    if (!signals)
        return;
    for (uint32_t i = 0; i < signals->kids; i++) {
        const struct kf_node *p = kf_map_get(signals->kid[i], "points");
        if (p && p->value.number.m > 0 && !kf_dec_add(most, p->value.number, &most))
            return;
    }
    for (size_t i = 0; i < 2; i++) {
        struct kf_dec at;
        if (kf_rule_number(r, limits[i], &at) && kf_dec_cmp(at, most) > 0)
            kf_advise_report(a, KF_CODE_VERDICT_SHADOWED, kf_rule_get(r, limits[i])->pos, NULL,
                             "all signals of fraud \"%s\" come to %s and never reach %s = %s",
                             r->name, text_of(a, most), limits[i], text_of(a, at));
    }
    if (kf_rule_number(r, "flag_at", &flag) && kf_rule_number(r, "reject_at", &reject) &&
        kf_dec_cmp(reject, flag) <= 0)
        kf_advise_report(a, KF_CODE_VERDICT_SHADOWED, kf_rule_get(r, "flag_at")->pos, NULL,
                         "fraud \"%s\" rejects from %s points on: nothing is left for flag_at = %s",
                         r->name, text_of(a, reject), text_of(a, flag));
}

static void look_at_fraud(struct kf_advise *a, const struct kf_rule *r)
{
    shadowed(a, r, "reject", (const char *const[]){"allow", NULL});
    shadowed(a, r, "suspicious", (const char *const[]){"allow", "reject", NULL});
    look_at_points(a, r);
}

/* ---- channel groups ---- */

static void look_at_groups(struct kf_advise *a, const struct kf_rule *r)
{
    const struct kf_node *groups = kf_rule_get(r, "groups");
    uint32_t n = groups ? groups->kids : 0;
    struct kf_want *w = kf_arena_alloc(a->arena, (n + 1) * sizeof *w);
    for (uint32_t i = 0; i < n; i++) {
        const struct kf_node *when = kf_map_get(groups->kid[i], "when");
        w[i] = (struct kf_want){when, KF_GOAL_TRUE};
        if (!when)
            return;
        if (i && !kf_reason_impossible(a->reason, KF_ABOUT_EVENT, &w[i], 1) &&
            kf_reason_impossible(a->reason, KF_ABOUT_EVENT, w, i + 1))
            kf_advise_report(a, KF_CODE_GROUP_SHADOWED, when->pos, NULL,
                             "no touch gets to '%s': whatever fits it fits an earlier one",
                             kf_node_text(kf_map_get(groups->kid[i], "name"), 0));
        w[i].goal = KF_GOAL_NOT_TRUE;
    }
}

/* ---- caps ---- */

/* Least and greatest ns that a length may be. */
static void bounds_of(const struct kf_const *k, int64_t *lo, int64_t *hi)
{
    bool months = k->type == KF_K_MONTHS && k->months < 1200;
    *lo = months ? k->months * 28 * KF_DAY : k->ns;
    *hi = months ? (k->months * 31 + 1) * KF_DAY : k->ns;
}

static void look_at_caps(struct kf_advise *a, const struct kf_rule *r)
{
    const struct kf_node *caps = kf_rule_get(r, "at_most");
    for (uint32_t i = 0; caps && caps->op == KF_T_LIST && i < caps->kids; i++)
        for (uint32_t k = 0; k < caps->kids; k++) {
            const struct kf_node *n = kf_map_get(caps->kid[i], "1"),
                                 *m = kf_map_get(caps->kid[k], "1");
            const struct kf_node *x = kf_map_get(caps->kid[i], "2"),
                                 *y = kf_map_get(caps->kid[k], "2");
            int64_t x_lo, x_hi, y_lo, y_hi;
            if (i == k || !n || !m || !x || !y)
                continue;
            bounds_of(&x->value, &x_lo, &x_hi);
            bounds_of(&y->value, &y_lo, &y_hi);
            if (x_hi < y_lo && kf_dec_cmp(m->value.number, n->value.number) <= 0) {
                kf_advise_report(a, KF_CODE_CAP_IDLE, n->pos, NULL,
                                 "channel \"%s\": at most %s in the longer stretch already",
                                 r->name, text_of(a, m->value.number));
                break;
            }
        }
}

/* ---- retention ---- */

struct keeping {
    struct kf_advise *a;
    const struct kf_rule *rule;
};

static void look_at_length(struct keeping *k, const struct kf_node *at, const struct kf_const *len,
                           const char *what)
{
    int64_t lo, hi, keep = k->a->config->retention;
    char window[48], kept[48];
    if (len->type != KF_K_LENGTH && len->type != KF_K_MONTHS)
        return;
    bounds_of(len, &lo, &hi);
    if (lo <= keep)
        return;
    kf_duration_format(lo, window);
    kf_duration_format(keep, kept);
    if (len->type == KF_K_MONTHS)
        kf_advise_report(k->a, KF_CODE_RETENTION, at->pos, NULL,
                         "%s looks back %d months, but events are kept for %s", what, len->months,
                         kept);
    else
        kf_advise_report(k->a, KF_CODE_RETENTION, at->pos, NULL,
                         "%s looks back %s, but events are kept for %s", what, window, kept);
}

static void look_at_window(void *ctx, const struct kf_node *n)
{
    struct keeping *k = ctx;
    if (n->op == KF_F_WITHIN)
        look_at_length(k, n, &n->kid[0]->value, "'within'");
    else if (n->op == KF_F_BETWEEN_AGO)
        look_at_length(k, n, &n->kid[1]->value, "'between_ago'");
    else if (n->op == KF_C_TEST && n->kid[1]->op == KF_T_OLDER &&
             (n->kid[0]->op == KF_E_LAST_TIME || n->kid[0]->op == KF_E_FIRST_TIME))
        look_at_length(k, n->kid[1], &n->kid[1]->kid[0]->value, "'older_than'");
}

static void look_at_retention(struct kf_advise *a, const struct kf_rule *r)
{
    struct keeping k = {a, r};
    const struct kf_node *back = kf_rule_get(r, "look_back");
    if (!a->config || a->config->retention <= 0)
        return;
    kf_advise_walk(r->body, look_at_window, &k);
    if (back)
        look_at_length(&k, back, &back->value, "'look_back'");
}

/* ---- legal basis ---- */

static void look_at_basis(struct kf_advise *a, const struct kf_rule *r)
{
    const char *basis = kf_rule_text(r, "legal_basis", NULL);
    const char *purpose = kf_rule_text(r, "purpose", NULL);
    bool asks = kf_rule_get(r, "requires_consent") != NULL;
    if (r->kind != KF_KIND_SEGMENT && r->kind != KF_KIND_EXPORT && r->kind != KF_KIND_LINK &&
        r->kind != KF_KIND_CHANNEL)
        return;
    if (purpose && !asks && !basis)
        kf_advise_report(a, KF_CODE_PURPOSE_WITHOUT_BASIS, kf_rule_get(r, "purpose")->pos, NULL,
                         "%s \"%s\" is for '%s', without a consent or another legal basis",
                         kf_kind_name(r->kind), r->name, purpose);
    if (basis && strcmp(basis, "consent") == 0 && !asks)
        kf_advise_report(a, KF_CODE_BASIS_CONSENT, kf_rule_get(r, "legal_basis")->pos, NULL,
                         "%s \"%s\" stands on consent and asks for none", kf_kind_name(r->kind),
                         r->name);
}

void kf_advise_kinds(struct kf_advise *a)
{
    for (uint32_t i = 0; i < a->s->n; i++) {
        const struct kf_rule *r = a->s->rule[i];
        look_at_retention(a, r);
        look_at_basis(a, r);
        if (r->kind == KF_KIND_SCORE)
            look_at_bands(a, r);
        else if (r->kind == KF_KIND_FRAUD)
            look_at_fraud(a, r);
        else if (r->kind == KF_KIND_CHANNEL_GROUP)
            look_at_groups(a, r);
        else if (r->kind == KF_KIND_CHANNEL)
            look_at_caps(a, r);
    }
}
