/* Who an export may send now: members of its segment whom the channel reaches (RULES 4, `export`).
 */
#include "decide/decide_internal.h"

#include <stdlib.h>

struct audience_row {
    uint32_t profile, contact;
    struct kf_value by; /* what `top` orders by */
};

struct gathering {
    struct kf_decide *d;
    const struct kf_rule *rule, *segment, *channel;
    const struct kf_node *holdout, *by;
    struct kf_audience *a;
    kf_vec(struct audience_row) row;
    kf_vec(uint32_t) blocked; /* rule of each profile stopped by a suppression */
    struct decider x;
};

static const struct kf_rule *named(const struct kf_decide *d, const struct kf_rule *r,
                                   enum kf_kind kind, const char *setting)
{
    const char *name = kf_rule_text(r, setting, NULL);
    return name ? kf_rules_find(d->rules, kind, name) : NULL;
}

/* The suppression that stops a profile where no channel says which: those for everything. */
static uint32_t stopped(struct decider *x)
{
    uint32_t best = KF_NOBODY;
    for (uint32_t i = 0; i < x->d->n_suppress; i++) {
        const struct kf_rule *s = x->d->suppress[i];
        const struct rule_info *info = &x->d->info[s->number];
        if (info->channels != KF_EVERYTHING || kf_ask_rule(x, s)->truth == KF_FALSE)
            continue;
        if (best == KF_NOBODY || info->reason < x->d->info[best].reason)
            best = s->number;
    }
    for (uint32_t i = 0; i < x->d->n_fraud && best == KF_NOBODY; i++)
        if (x->d->info[x->d->fraud[i]->number].channels == KF_EVERYTHING &&
            kf_fraud_profile_has(x->d, i, x->profile, KF_VERDICT_REJECT))
            best = x->d->fraud[i]->number;
    return best;
}

/* Suppressed, out of reach, or the contact to use. */
static bool reach(struct gathering *k, uint32_t *ret_contact)
{
    struct decider *x = &k->x;
    *ret_contact = KF_ID_NONE;
    uint32_t by = stopped(x);
    if (by == KF_NOBODY && k->channel) {
        const struct memo *m = kf_ask_rule(x, k->channel);
        *ret_contact = m->value.n;
        if (m->truth == KF_UNDECIDED) {
            k->a->undecided++;
            return false;
        }
        if (m->truth == KF_FALSE && m->value.event != KF_NOBODY)
            by = m->value.event;
        else if (m->truth == KF_FALSE) {
            k->a->not_eligible++;
            return false;
        }
    }
    if (by != KF_NOBODY) {
        k->a->suppressed++;
        *kf_vec_push(&k->blocked) = by;
        return false;
    }
    return true;
}

static void consider(struct gathering *k)
{
    struct decider *x = &k->x;
    const struct memo *m = kf_ask_rule(x, k->segment);
    struct audience_row row = {.profile = x->profile};
    const struct rule_info *info = &k->d->info[k->rule->number];
    if (m->truth != KF_TRUE) {
        k->a->undecided += m->truth == KF_UNDECIDED;
        k->a->no_consent += m->no_consent;
        return;
    }
    k->a->members++;
    if (k->rule != k->segment && kf_consent_all(x, info->purpose, info->n_purpose) != KF_TRUE) {
        k->a->no_consent++;
        return;
    }
    if (!reach(k, &row.contact))
        return;
    if (k->holdout) {
        enum kf_truth t = kf_eval_cond(&x->ev, k->holdout);
        if (t != KF_FALSE) {
            k->a->held_out += t == KF_TRUE;
            k->a->undecided += t == KF_UNDECIDED;
            return;
        }
    }
    if (k->by) {
        row.by = kf_eval_expr(&x->ev, k->by);
        if (row.by.type == KF_VAL_UNDECIDED) {
            k->a->undecided++;
            return;
        }
    }
    *kf_vec_push(&k->row) = row;
}

/* Highest first; missing last; ties by profile id, which is the order of profiles. */
static int cmp_top(const void *a, const void *b)
{
    const struct audience_row *x = a, *y = b;
    bool ok = false;
    if ((x->by.type == KF_VAL_MISSING) != (y->by.type == KF_VAL_MISSING))
        return x->by.type == KF_VAL_MISSING ? 1 : -1;
    int r = x->by.type == KF_VAL_MISSING ? 0 : kf_value_cmp(&y->by, &x->by, &ok);
    if (r && ok)
        return r;
    return (x->profile > y->profile) - (x->profile < y->profile);
}

static int cmp_profile(const void *a, const void *b)
{
    const struct audience_row *x = a, *y = b;
    return (x->profile > y->profile) - (x->profile < y->profile);
}

static int cmp_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void choose_top(struct gathering *k)
{
    const struct kf_node *top = kf_rule_get(k->rule, "top");
    const struct kf_node *n = top ? kf_map_get(top, "1") : NULL;
    if (!n || n->value.type != KF_K_NUMBER || k->row.n <= (uint64_t)n->value.number.m)
        return;
    qsort(k->row.p, k->row.n, sizeof *k->row.p, cmp_top);
    k->a->over_top = (uint32_t)(k->row.n - (uint64_t)n->value.number.m);
    k->row.n = (size_t)n->value.number.m;
    qsort(k->row.p, k->row.n, sizeof *k->row.p, cmp_profile);
}

static int write_out(struct gathering *k, struct kf_error *err)
{
    struct kf_audience *a = k->a;
    choose_top(k);
    a->n = (uint32_t)k->row.n;
    a->profile = malloc((a->n + 1u) * sizeof *a->profile);
    a->contact = malloc((a->n + 1u) * sizeof *a->contact);
    a->reason = malloc((k->blocked.n + 1) * sizeof *a->reason);
    if (!a->profile || !a->contact || !a->reason)
        return kf_error_set(err, KF_E_NOMEM, "decide", "no memory for an audience of %u", a->n);
    for (uint32_t i = 0; i < a->n; i++) {
        a->profile[i] = k->row.p[i].profile;
        a->contact[i] = k->row.p[i].contact;
    }
    if (k->blocked.n)
        qsort(k->blocked.p, k->blocked.n, sizeof *k->blocked.p, cmp_u32);
    for (size_t i = 0; i < k->blocked.n; i++) {
        if (!a->n_reason || a->reason[a->n_reason - 1].rule != k->blocked.p[i])
            a->reason[a->n_reason++] = (struct kf_audience_reason){k->blocked.p[i], 0};
        a->reason[a->n_reason - 1].count++;
    }
    return 0;
}

static int check_size(const struct gathering *k, struct kf_error *err)
{
    struct kf_dec most;
    if (kf_rule_number(k->segment, "max_size", &most) && most.m < k->a->members)
        return kf_error_at(err, KF_E_LIMIT, "decide", k->segment->pos.file, k->segment->pos.line, 0,
                           "segment \"%s\" has %u members, more than max_size; nobody is picked",
                           k->segment->name, k->a->members);
    return 0;
}

int kf_decide_audience(struct kf_decide *d, const struct kf_rule *r, struct kf_audience **ret,
                       struct kf_error *err)
{
    struct gathering k = {.d = d, .rule = r};
    bool export = r->kind == KF_KIND_EXPORT;
    const struct kf_node *top = export ? kf_rule_get(r, "top") : NULL;
    k.segment = export ? named(d, r, KF_KIND_SEGMENT, "segment") : r;
    k.channel = export ? named(d, r, KF_KIND_CHANNEL, "channel") : NULL;
    k.holdout = export ? kf_rule_get(r, "holdout") : NULL;
    k.by = top ? kf_map_get(top, "by") : NULL;
    if (!k.segment || k.segment->kind != KF_KIND_SEGMENT)
        return kf_error_at(err, KF_E_CONFIG, "decide", r->pos.file, r->pos.line, 0,
                           "export \"%s\" names no segment", r->name);
    k.a = calloc(1, sizeof *k.a);
    if (!k.a)
        return kf_error_set(err, KF_E_NOMEM, "decide", "out of memory");
    int rc = kf_decider_init(&k.x, d, err);
    uint32_t n = kf_rule_in_force(r, d->w->as_of) ? d->w->n_profiles : 0;
    for (uint32_t p = 0; p < n && rc == 0; p++) {
        kf_decider_chunk(&k.x);
        kf_decider_start(&k.x, p, NULL);
        consider(&k);
    }
    if (rc == 0)
        rc = check_size(&k, err);
    if (rc == 0)
        rc = write_out(&k, err);
    kf_decider_free(&k.x);
    kf_vec_free(&k.row);
    kf_vec_free(&k.blocked);
    if (rc) {
        kf_audience_free(k.a);
        return rc;
    }
    *ret = k.a;
    return 0;
}

void kf_audience_free(struct kf_audience *a)
{
    if (!a)
        return;
    free(a->profile);
    free(a->contact);
    free(a->reason);
    free(a);
}
