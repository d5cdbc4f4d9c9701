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
    const struct kf_rule *rule, *segment;
    const struct kf_node *by;
    struct kf_audience *a;
    kf_vec(struct audience_row) row;
    kf_vec(uint32_t) blocked; /* rule of each profile stopped by a suppression */
    struct decider x;
};

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
static enum kf_sendable reach(struct decider *x, const struct kf_rule *channel, struct sending *s)
{
    s->by = stopped(x);
    if (s->by == KF_NOBODY && channel) {
        const struct memo *m = kf_ask_rule(x, channel);
        s->contact = m->contact;
        if (m->truth == KF_UNDECIDED)
            return KF_SEND_UNDECIDED;
        if (m->truth == KF_FALSE && m->value.event != KF_NOBODY)
            s->by = m->value.event;
        else if (m->truth == KF_FALSE)
            return KF_SEND_NOT_ELIGIBLE;
    }
    return s->by == KF_NOBODY ? KF_SEND_NOW : KF_SEND_SUPPRESSED;
}

enum kf_sendable kf_ask_sendable(struct decider *x, const struct kf_rule *r, struct sending *ret)
{
    const struct rule_info *info = &x->d->info[r->number];
    bool export = r->kind == KF_KIND_EXPORT;
    const struct memo *m = kf_ask_rule(x, export ? info->segment : r);
    *ret = (struct sending){.contact = KF_ID_NONE, .by = KF_NOBODY, .member = m->truth == KF_TRUE};
    if (m->truth == KF_UNDECIDED)
        return KF_SEND_UNDECIDED;
    if (!ret->member) {
        ret->no_consent = m->no_consent;
        return KF_SEND_NO_MEMBER;
    }
    if (export && kf_consent_all(x, info->purpose, info->n_purpose) != KF_TRUE)
        return KF_SEND_NO_CONSENT;
    enum kf_sendable can = reach(x, export ? info->through : NULL, ret);
    if (can != KF_SEND_NOW || !export || !info->holdout)
        return can;
    enum kf_truth t = kf_eval_cond(&x->ev, info->holdout);
    return t == KF_FALSE ? KF_SEND_NOW : t == KF_TRUE ? KF_SEND_HELD_OUT : KF_SEND_UNDECIDED;
}

void kf_outgoing_rows(struct decider *x, const struct kf_decide_sink *want)
{
    uint32_t n;
    const struct kf_rule *const *r = kf_rules_kind(x->d->rules, KF_KIND_EXPORT, &n);
    for (uint32_t i = 0; i < n; i++) {
        struct sending s;
        if (!kf_is_wanted(want, r[i]) || kf_rule_get(r[i], "top") ||
            !x->d->info[r[i]->number].segment || !kf_rule_in_force(r[i], x->d->w->as_of) ||
            kf_ask_sendable(x, r[i], &s) != KF_SEND_NOW)
            continue;
        *kf_vec_push(&x->outgoing) = (struct kf_outgoing){x->profile, r[i]->number, s.contact};
    }
}

static void consider(struct gathering *k)
{
    struct decider *x = &k->x;
    struct sending s;
    enum kf_sendable can = kf_ask_sendable(x, k->rule, &s);
    struct audience_row row = {.profile = x->profile, .contact = s.contact};
    k->a->members += s.member;
    k->a->no_consent += s.no_consent || can == KF_SEND_NO_CONSENT;
    k->a->undecided += can == KF_SEND_UNDECIDED;
    k->a->not_eligible += can == KF_SEND_NOT_ELIGIBLE;
    k->a->held_out += can == KF_SEND_HELD_OUT;
    if (can == KF_SEND_SUPPRESSED) {
        k->a->suppressed++;
        *kf_vec_push(&k->blocked) = s.by;
    }
    if (can != KF_SEND_NOW)
        return;
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
    k.segment = export ? d->info[r->number].segment : r;
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
