/* Channels: which contact may be used, and from when on (RULES 4). */
#include "decide/decide_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- zones of persons, each once ---- */

struct zone_cache {
    pthread_mutex_t lock;
    struct kf_intern *names;
    kf_vec(struct kf_zone *) zone; /* by number - 1; NULL: no such zone */
};

struct zone_cache *kf_zone_cache_new(void)
{
    struct zone_cache *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    pthread_mutex_init(&c->lock, NULL);
    c->names = kf_intern_new();
    return c;
}

void kf_zone_cache_free(struct zone_cache *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->zone.n; i++)
        kf_zone_free(c->zone.p[i]);
    kf_vec_free(&c->zone);
    kf_intern_free(c->names);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static const struct kf_zone *zone_named(struct zone_cache *c, struct kf_str name, bool *ret_known)
{
    pthread_mutex_lock(&c->lock);
    uint32_t i = kf_intern_add(c->names, name);
    if (i > c->zone.n) {
        char z[80];
        struct kf_error err = KF_ERROR_INIT;
        snprintf(z, sizeof z, "%.*s", (int)(name.n < 79 ? name.n : 79), name.p);
        *kf_vec_push(&c->zone) = kf_zone_new(z, &err);
        if (!c->zone.p[c->zone.n - 1] && strcmp(z, "UTC") == 0)
            kf_error_clear(&err);
    }
    const struct kf_zone *zone = c->zone.p[i - 1];
    pthread_mutex_unlock(&c->lock);
    *ret_known = zone != NULL || kf_str_eq(name, kf_cstr("UTC"));
    return zone;
}

/* ---- times ---- */

static int64_t after(const struct kf_world *w, int64_t t, const struct kf_const *length)
{
    if (length->type == KF_K_MONTHS)
        return kf_time_add_months(w->config ? w->config->zone : NULL, t, length->months);
    return t + length->ns;
}

static int minutes_of(struct kf_str s)
{
    int h = 0, m = 0;
    if (s.n < 4 || sscanf(s.p, "%d:%d", &h, &m) != 2)
        return -1;
    return h * 60 + m;
}

static bool quiet_day(const struct kf_node *days, uint8_t weekday)
{
    static const char *const name[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};
    for (uint32_t i = 0; days && i < kf_node_texts(days); i++)
        if (kf_node_text(days, i) && strcmp(kf_node_text(days, i), name[weekday]) == 0)
            return true;
    return false;
}

static int64_t clock_at(const struct kf_zone *z, int64_t t, int minutes, bool next_day)
{
    struct kf_civil c;
    int32_t y;
    unsigned m, d;
    kf_time_civil(z, t, &c);
    kf_day_ymd(kf_time_day(z, t) + (next_day ? 1 : 0), &y, &m, &d);
    struct kf_civil to = {.year = y,
                          .month = (uint8_t)m,
                          .day = (uint8_t)d,
                          .hour = (uint8_t)(minutes / 60),
                          .minute = (uint8_t)(minutes % 60)};
    return kf_time_from_civil(z, &to);
}

/* The first instant from t on that is not quiet. */
static int64_t after_quiet(const struct kf_node *q, const struct kf_zone *z, int64_t t)
{
    const struct kf_node *from = kf_map_get(q, "from"), *to = kf_map_get(q, "to"),
                         *days = kf_map_get(q, "whole_days");
    int a = from ? minutes_of(from->value.text) : -1, b = to ? minutes_of(to->value.text) : -1;
    for (int i = 0; i < 20; i++) { /* a week of whole days and nights at most */
        struct kf_civil c;
        kf_time_civil(z, t, &c);
        int now = c.hour * 60 + c.minute;
        if (quiet_day(days, c.weekday))
            t = kf_time_day_start(z, kf_time_day(z, t) + 1);
        else if (a >= 0 && b >= 0 && a != b && (a < b ? now >= a && now < b : now >= a || now < b))
            t = clock_at(z, t, b, a > b && now >= a);
        else
            return t;
    }
    return KF_TIME_MAX;
}

static const struct kf_zone *zone_for(struct decider *x, const struct kf_node *q)
{
    const struct kf_node *zone = kf_map_get(q, "zone");
    const struct kf_zone *workspace = x->d->w->config ? x->d->w->config->zone : NULL;
    if (!zone || !kf_str_eq(zone->value.text, kf_cstr("person")))
        return workspace;
    struct kf_value v = kf_ask_trait(x, kf_cstr("timezone"));
    bool known = false;
    const struct kf_zone *z = NULL;
    if (v.type == KF_VAL_TEXT)
        z = zone_named(x->d->zones, v.text, &known);
    return known ? z : workspace;
}

/* ---- caps ---- */

/* When fewer than n of the messages sent lie in the length: now or later. */
static int64_t after_cap(struct decider *x, const uint32_t *sent, uint32_t n,
                         const struct kf_node *cap, int64_t now)
{
    int64_t best = now;
    if (cap->kids < 2 || cap->kid[0]->op != KF_K)
        return best;
    int64_t most = cap->kid[0]->value.number.m;
    if (most <= 0)
        return KF_TIME_MAX;
    if (n >= (uint64_t)most) {
        int64_t t =
            after(x->d->w, x->d->w->events->time[sent[n - (uint32_t)most]], &cap->kid[1]->value);
        best = t > best ? t : best;
    }
    return best;
}

int64_t kf_channel_cap_ends(struct decider *x, const struct kf_rule *r, const struct kf_node *cap,
                            uint32_t *ret_sent)
{
    const struct kf_node *sent = kf_rule_get(r, "sent");
    const uint32_t *event;
    *ret_sent = 0;
    if (!sent)
        return x->ev.as_of;
    if (sent->op == KF_C_HAS)
        sent = sent->kid[0];
    uint32_t n;
    if (kf_eval_select(&x->ev, sent, &event, &n) == KF_UNDECIDED)
        return KF_TIME_MAX;
    for (uint32_t i = 0; i < n && cap->kids > 1; i++)
        *ret_sent +=
            after(x->d->w, x->d->w->events->time[event[i]], &cap->kid[1]->value) > x->ev.as_of;
    return after_cap(x, event, n, cap, x->ev.as_of);
}

static int64_t after_caps(struct decider *x, const struct kf_rule *r, int64_t now)
{
    const struct kf_node *sent = kf_rule_get(r, "sent"), *caps = kf_rule_get(r, "at_most");
    const uint32_t *event;
    uint32_t n;
    if (!sent || !caps)
        return now;
    if (sent->op == KF_C_HAS)
        sent = sent->kid[0];
    if (kf_eval_select(&x->ev, sent, &event, &n) == KF_UNDECIDED)
        return KF_TIME_MAX;
    if (caps->kids && caps->kid[0]->cls != KF_CLASS_TABLE)
        return after_cap(x, event, n, caps, now);
    int64_t best = now;
    for (uint32_t i = 0; i < caps->kids; i++) {
        int64_t t = after_cap(x, event, n, caps->kid[i], now);
        best = t > best ? t : best;
    }
    return best;
}

int64_t kf_channel_quiet_ends(struct decider *x, const struct kf_rule *r)
{
    const struct kf_node *quiet = kf_rule_get(r, "quiet_hours");
    return quiet ? after_quiet(quiet, zone_for(x, quiet), x->ev.as_of) : x->ev.as_of;
}

/* ---- contacts ---- */

static bool overrides(const struct kf_rule *channel, const struct kf_rule *suppress)
{
    const struct kf_node *o = kf_rule_get(channel, "overrides");
    for (uint32_t i = 0; o && i < kf_node_texts(o); i++)
        if (kf_node_text(o, i) && strcmp(kf_node_text(o, i), suppress->name) == 0)
            return true;
    return false;
}

/* The suppression that blocks a contact on the channel and is reported first, KF_NOBODY: none. */
static uint32_t blocked_by(struct decider *x, const struct kf_rule *r, uint32_t contact)
{
    const struct kf_decide *d = x->d;
    uint32_t bit = 1u << d->info[r->number].ordinal, best = KF_NOBODY;
    for (uint32_t i = 0; i < d->n_suppress; i++) {
        const struct kf_rule *s = d->suppress[i];
        const struct rule_info *info = &d->info[s->number];
        if (!(info->channels & bit) || (info->overridable && overrides(r, s)))
            continue;
        if (best != KF_NOBODY && d->info[best].reason <= info->reason)
            continue;
        enum kf_truth t = info->n_contact ? (d->w->ids->ns[contact] == info->contact[0]
                                                 ? kf_suppress_contact(x, s, contact)
                                                 : KF_FALSE)
                                          : (enum kf_truth)kf_ask_rule(x, s)->truth;
        if (t != KF_FALSE)
            best = s->number;
    }
    for (uint32_t i = 0; i < d->n_fraud && best == KF_NOBODY; i++)
        if (d->info[d->fraud[i]->number].channels == KF_EVERYTHING &&
            kf_fraud_profile_has(d, i, x->profile, KF_VERDICT_REJECT))
            best = d->fraud[i]->number;
    return best;
}

static int64_t last_seen(const struct decider *x, uint32_t id)
{
    const struct kf_world *w = x->d->w;
    const struct kf_events *e = w->events;
    for (uint32_t i = x->n; i-- > 0;) {
        const uint32_t *raw = e->id_pool + e->at[x->event[i]].id_off;
        for (uint16_t k = 0; k < e->at[x->event[i]].id_n; k++)
            if (w->ids->of_raw[raw[k]] == id)
                return e->time[x->event[i]];
    }
    return KF_TIME_MIN;
}

static bool has_consent(struct decider *x, const struct rule_info *info, uint32_t contact)
{
    for (uint32_t i = 0; i < info->n_purpose; i++) {
        if (info->purpose[i] == KF_NOBODY)
            return false;
        uint32_t ns = kf_consents_contact(x->d->consents, info->purpose[i]);
        struct kf_consent_now s =
            ns == x->d->w->ids->ns[contact]
                ? kf_consent_fold_contact(x->consent, info->purpose[i], contact)
                : kf_consent_fold_state(x->consent, info->purpose[i]);
        if (s.flip < x->ev.flip)
            x->ev.flip = s.flip;
        if (s.state != KF_CONSENT_GRANTED)
            return false;
    }
    return true;
}

/* Of several addresses the newest seen that has the consent and nothing blocks; kinds of contact in
 * the order of the rule. */
static struct kf_eligibility choose(struct decider *x, const struct kf_rule *r, bool *ret_any)
{
    const struct kf_world *w = x->d->w;
    const struct rule_info *info = &x->d->info[r->number];
    struct kf_eligibility e = {.profile = x->profile,
                               .channel = r->number,
                               .contact = KF_ID_NONE,
                               .from = KF_TIME_MAX,
                               .blocked_by = KF_NOBODY};
    *ret_any = false;
    for (uint32_t c = 0; c < info->n_contact && e.contact == KF_ID_NONE; c++) {
        int64_t newest = KF_TIME_MIN;
        for (uint32_t i = w->ids_first[x->profile]; i < w->ids_first[x->profile + 1]; i++) {
            uint32_t id = w->ids_of[i];
            if (w->ids->ns[id] != info->contact[c])
                continue;
            *ret_any = true;
            int64_t seen = last_seen(x, id);
            if (e.contact != KF_ID_NONE && seen <= newest)
                continue;
            uint32_t by = blocked_by(x, r, id);
            if (by != KF_NOBODY)
                e.blocked_by = by;
            if (by != KF_NOBODY || !has_consent(x, info, id))
                continue;
            e.contact = id;
            newest = seen;
        }
    }
    if (e.contact != KF_ID_NONE)
        e.blocked_by = KF_NOBODY;
    return e;
}

bool kf_channel_usable(struct decider *x, const struct kf_rule *r, bool *ret_any)
{
    return choose(x, r, ret_any).contact != KF_ID_NONE;
}

static struct kf_eligibility eligibility(struct decider *x, const struct kf_rule *r, bool *ret_any,
                                         enum kf_truth *ret_truth)
{
    const struct rule_info *info = &x->d->info[r->number];
    struct kf_eligibility e = choose(x, r, ret_any);
    *ret_truth = KF_FALSE;
    if (e.contact == KF_ID_NONE || !kf_ask_active(x, r))
        return e;
    *ret_truth = info->when ? kf_eval_cond(&x->ev, info->when) : KF_TRUE;
    if (*ret_truth != KF_TRUE)
        return e;
    const struct kf_node *quiet = kf_rule_get(r, "quiet_hours");
    e.from = after_caps(x, r, x->ev.as_of);
    if (quiet && e.from != KF_TIME_MAX)
        e.from = after_quiet(quiet, zone_for(x, quiet), e.from);
    if (e.from > x->ev.as_of && e.from < x->ev.flip)
        x->ev.flip = e.from;
    *ret_truth = e.from <= x->ev.as_of;
    return e;
}

void kf_channel_decide(struct decider *x, const struct kf_rule *r, struct memo *m)
{
    bool any;
    enum kf_truth t;
    x->ev.why = NULL;
    struct kf_eligibility e = eligibility(x, r, &any, &t);
    m->truth = (uint8_t)t;
    m->why = t == KF_UNDECIDED ? x->ev.why : NULL;
    m->no_consent = any; /* the profile has such a contact */
    m->contact = e.contact;
    m->value = (struct kf_value){.type = KF_VAL_TIME, .time = e.from, .event = e.blocked_by};
}

void kf_channel_rows(struct decider *x, const struct kf_decide_sink *want)
{
    for (uint32_t i = 0; i < x->d->n_channel; i++) {
        const struct kf_rule *r = x->d->channel[i];
        if (!kf_is_wanted(want, r))
            continue;
        const struct memo *m = kf_ask_rule(x, r);
        if (!r->evaluated || !m->no_consent)
            continue;
        *kf_vec_push(&x->eligibility) = (struct kf_eligibility){.profile = x->profile,
                                                                .channel = r->number,
                                                                .contact = m->contact,
                                                                .from = m->value.time,
                                                                .blocked_by = m->value.event};
        if (m->truth == KF_UNDECIDED)
            *kf_vec_push(&x->undecided) = (struct kf_undecided){
                x->profile, r->number, m->why ? m->why : "a part of it is undecided"};
    }
}
