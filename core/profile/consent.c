#include "profile/consent.h"

#include "base/vec.h"

#include <stdlib.h>

struct purpose {
    const struct kf_rule *rule; /* NULL: nobody defines it */
    bool newest;                /* merge = "newest" */
    const struct kf_node *expires;
    int64_t expired_until; /* grants up to here are unknown by now */
    uint32_t contact;      /* namespace, KF_ID_NONE */
};

/* A statement that identifiers of another profile than its event's said too. */
struct elsewhere {
    uint32_t profile, row;
};

struct kf_consents {
    const struct kf_world *w;
    struct purpose *purpose;
    struct elsewhere *away; /* sorted by profile, row */
    size_t n_away;
    uint64_t *has; /* a bit per event: it says something */
};

/* The newest statement of one identifier on one purpose. */
struct said {
    int64_t time;
    uint32_t event;
    uint8_t state; /* 0: none */
};

struct kf_consent_fold {
    const struct kf_consents *c;
    uint32_t profile;
    bool ready;
    const uint32_t *id; /* current identifiers of the profile */
    uint32_t n_id;
    struct said *by_speaker, *by_carrier; /* [n_id * n_purpose] */
    struct kf_arena arena;
    struct kf_arena *history; /* while writing a history */
    kf_vec(struct kf_consent_said) log;
    uint32_t log_purpose;
    bool any;
};

static int64_t shifted(const struct kf_world *w, int64_t t, const struct kf_const *length, int sign)
{
    if (length->type == KF_K_MONTHS)
        return kf_time_add_months(w->config ? w->config->zone : NULL, t, sign * length->months);
    return t + sign * length->ns;
}

static void compile(struct kf_consents *c)
{
    const struct kf_world *w = c->w;
    for (uint32_t i = 0; i < w->statements.n_purpose; i++) {
        struct purpose *p = &c->purpose[i];
        p->rule = kf_rules_find(w->rules, KF_KIND_CONSENT, w->statements.purpose[i]);
        p->contact = KF_ID_NONE;
        p->expired_until = KF_TIME_MIN;
        if (!p->rule)
            continue;
        p->newest = strcmp(kf_rule_text(p->rule, "merge", "most_restrictive"), "newest") == 0;
        p->expires = kf_rule_get(p->rule, "expires_after");
        if (p->expires)
            p->expired_until = shifted(w, w->as_of, &p->expires->value, -1);
        const char *contact = kf_rule_text(p->rule, "contact", NULL);
        if (contact)
            p->contact = kf_idset_ns(w->ids, kf_cstr(contact));
    }
}

static int cmp_away(const void *a, const void *b)
{
    const struct elsewhere *x = a, *y = b;
    if (x->profile != y->profile)
        return x->profile < y->profile ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static int index_statements(struct kf_consents *c, struct kf_error *err)
{
    const struct kf_world *w = c->w;
    const struct kf_statements *s = &w->statements;
    kf_vec(struct elsewhere) away = {0};
    if (s->n == 0)
        return 0;
    c->has = calloc(w->events->n / 64 + 1u, sizeof *c->has);
    if (!c->has)
        return kf_error_set(err, KF_E_NOMEM, "profile", "no memory for %u statements", s->n);
    for (uint32_t r = 0; r < s->n; r++) {
        uint32_t e = s->row[r].event, ids[128];
        c->has[e / 64] |= 1ULL << (e % 64);
        if (w->events->time[e] > w->as_of)
            continue;
        uint32_t n = kf_identity_of_event(w->events, w->ids, e, ids, 128);
        for (uint32_t i = 0; i < n && i < 128; i++) {
            uint32_t p = w->identity->id_profile[ids[i]];
            if (p == KF_ID_NONE || p == w->identity->event_profile[e])
                continue;
            if (!(away.n && away.p[away.n - 1].profile == p && away.p[away.n - 1].row == r))
                *kf_vec_push(&away) = (struct elsewhere){p, r};
        }
    }
    if (away.n)
        qsort(away.p, away.n, sizeof *away.p, cmp_away);
    c->away = away.p;
    c->n_away = away.n;
    return 0;
}

int kf_consents_new(const struct kf_world *w, struct kf_consents **ret, struct kf_error *err)
{
    struct kf_consents *c = calloc(1, sizeof *c);
    if (!c)
        return kf_error_set(err, KF_E_NOMEM, "profile", "out of memory");
    c->w = w;
    c->purpose = calloc(w->statements.n_purpose + 1u, sizeof *c->purpose);
    int rc = c->purpose ? 0 : kf_error_set(err, KF_E_NOMEM, "profile", "out of memory");
    if (rc == 0) {
        compile(c);
        rc = index_statements(c, err);
    }
    if (rc) {
        kf_consents_free(c);
        return rc;
    }
    *ret = c;
    return 0;
}

void kf_consents_free(struct kf_consents *c)
{
    if (!c)
        return;
    free(c->purpose);
    kf_vec_release(c->away);
    free(c->has);
    free(c);
}

uint32_t kf_consents_contact(const struct kf_consents *c, uint32_t purpose)
{
    return c->purpose[purpose].contact;
}

struct kf_consent_fold *kf_consent_fold_new(const struct kf_consents *c)
{
    struct kf_consent_fold *f = calloc(1, sizeof *f);
    if (f)
        f->c = c;
    return f;
}

void kf_consent_fold_free(struct kf_consent_fold *f)
{
    if (!f)
        return;
    kf_arena_free(&f->arena);
    kf_vec_free(&f->log);
    free(f);
}

void kf_consent_fold_start(struct kf_consent_fold *f, uint32_t profile)
{
    f->profile = profile;
    f->ready = false;
}

/* ---- gathering ---- */

/* Was the event inside the stretch that ties the identifier to the profile now? */
static bool in_span(const struct kf_world *w, uint32_t id, int64_t t)
{
    const struct kf_id_result *r = w->identity;
    uint32_t lo = 0, hi = r->n_span; /* sorted by identifier */
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (r->span[mid].id < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < r->n_span && r->span[lo].id == id; lo++)
        if (r->span[lo].from <= w->as_of && w->as_of < r->span[lo].to)
            return t >= r->span[lo].from;
    return true;
}

static void update(struct said *s, int64_t time, uint32_t event, uint8_t state)
{
    if (s->state && (s->time > time || (s->time == time && s->state >= state)))
        return;
    *s = (struct said){time, event, state};
}

static void note(struct kf_consent_fold *f, const struct kf_statement *s, uint32_t identifier)
{
    if (f->history && s->purpose == f->log_purpose)
        *kf_vec_push(&f->log) = (struct kf_consent_said){s->event, identifier, s->rule,
                                                         f->c->w->events->time[s->event], s->state};
}

static void say(struct kf_consent_fold *f, const struct kf_statement *s)
{
    const struct kf_world *w = f->c->w;
    uint32_t ids[128], strongest = UINT32_MAX, np = w->statements.n_purpose;
    uint32_t n = kf_identity_of_event(w->events, w->ids, s->event, ids, 128);
    int64_t t = w->events->time[s->event];
    bool nobody = w->identity->event_contradictory && w->identity->event_contradictory[s->event];
    uint64_t carries = 0;
    n = n > 128 ? 128 : n;
    for (uint32_t i = 0; i < n; i++) {
        strongest = w->ids->ns[ids[i]] < strongest ? w->ids->ns[ids[i]] : strongest;
        carries |= 1ULL << w->ids->ns[ids[i]];
    }
    for (uint32_t k = 0; k < f->n_id; k++) {
        uint32_t ns = w->ids->ns[f->id[k]];
        bool on = false;
        for (uint32_t i = 0; i < n && !on; i++)
            on = ids[i] == f->id[k];
        bool general = s->state == KF_SAID_DENIED && !(carries >> ns & 1);
        if (!(on ? in_span(w, f->id[k], t) : general))
            continue;
        update(&f->by_carrier[k * np + s->purpose], t, s->event, s->state);
        if (on && (s->state != KF_SAID_GRANTED || (ns == strongest && !nobody))) {
            update(&f->by_speaker[k * np + s->purpose], t, s->event, s->state);
            note(f, s, f->id[k]);
        }
    }
}

static void say_all(struct kf_consent_fold *f, uint32_t event)
{
    const struct kf_statements *s = &f->c->w->statements;
    uint32_t lo = 0, hi = s->n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (s->row[mid].event < event)
            lo = mid + 1;
        else
            hi = mid;
    }
    f->any = true;
    for (; lo < s->n && s->row[lo].event == event; lo++)
        say(f, &s->row[lo]);
}

static void gather(struct kf_consent_fold *f)
{
    const struct kf_consents *c = f->c;
    const struct kf_world *w = c->w;
    uint32_t p = f->profile;
    size_t lo = 0, hi = c->n_away;
    f->ready = true;
    f->any = false;
    if (!c->has)
        return;
    kf_arena_reset(&f->arena);
    f->id = w->ids_of + w->ids_first[p];
    f->n_id = w->ids_first[p + 1] - w->ids_first[p];
    size_t size = ((size_t)f->n_id * w->statements.n_purpose + 1) * sizeof *f->by_speaker;
    f->by_speaker = kf_arena_zalloc(&f->arena, size);
    f->by_carrier = kf_arena_zalloc(&f->arena, size);
    for (uint32_t i = w->first[p]; i < w->first[p + 1]; i++)
        if (c->has[w->order[i] / 64] >> (w->order[i] % 64) & 1)
            say_all(f, w->order[i]);
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (c->away[mid].profile < p)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < c->n_away && c->away[lo].profile == p; lo++) {
        f->any = true;
        say(f, &w->statements.row[c->away[lo].row]);
    }
}

/* ---- merging ---- */

static struct kf_consent_now of_one(const struct kf_consents *c, uint32_t purpose,
                                    const struct said *s)
{
    const struct purpose *p = &c->purpose[purpose];
    struct kf_consent_now r = {KF_CONSENT_UNKNOWN, KF_NO_TIME, UINT32_MAX, KF_TIME_MAX};
    if (!s->state)
        return r;
    r.since = s->time;
    r.event = s->event;
    r.state = s->state == KF_SAID_GRANTED ? KF_CONSENT_GRANTED : KF_CONSENT_DENIED;
    if (r.state == KF_CONSENT_GRANTED && s->time <= p->expired_until)
        r.state = KF_CONSENT_UNKNOWN;
    else if (r.state == KF_CONSENT_GRANTED && p->expires)
        r.flip = shifted(c->w, s->time, &p->expires->value, 1);
    return r;
}

static bool newer(const struct kf_consent_now *a, const struct kf_consent_now *b)
{
    if (b->since == KF_NO_TIME || a->since != b->since)
        return a->since > b->since;
    return a->state > b->state; /* denied beats granted at one instant */
}

static struct kf_consent_now merge(const struct kf_consent_fold *f, uint32_t purpose)
{
    const struct kf_consents *c = f->c;
    uint32_t np = c->w->statements.n_purpose;
    struct kf_consent_now r = {KF_CONSENT_UNKNOWN, KF_NO_TIME, UINT32_MAX, KF_TIME_MAX};
    bool granted = false, denied = false;
    int64_t flip = KF_TIME_MAX;
    for (uint32_t k = 0; k < f->n_id; k++) {
        struct kf_consent_now n = of_one(c, purpose, &f->by_speaker[k * np + purpose]);
        if (n.since == KF_NO_TIME)
            continue;
        granted |= n.state == KF_CONSENT_GRANTED;
        denied |= n.state == KF_CONSENT_DENIED;
        flip = n.flip < flip ? n.flip : flip;
        if (newer(&n, &r))
            r = n;
    }
    if (!c->purpose[purpose].newest && r.since != KF_NO_TIME)
        r.state = granted && denied ? KF_CONSENT_CONFLICT
                  : granted         ? KF_CONSENT_GRANTED
                  : denied          ? KF_CONSENT_DENIED
                                    : KF_CONSENT_UNKNOWN;
    r.flip = flip;
    return r;
}

struct kf_consent_now kf_consent_fold_contact(struct kf_consent_fold *f, uint32_t purpose,
                                              uint32_t identifier)
{
    struct said none = {0};
    if (!f->ready)
        gather(f);
    for (uint32_t k = 0; f->any && k < f->n_id; k++)
        if (f->id[k] == identifier)
            return of_one(f->c, purpose,
                          &f->by_carrier[k * f->c->w->statements.n_purpose + purpose]);
    return of_one(f->c, purpose, &none);
}

struct kf_consent_now kf_consent_fold_best(struct kf_consent_fold *f, uint32_t purpose, uint32_t ns)
{
    static const int good[] = {[KF_CONSENT_GRANTED] = 3,
                               [KF_CONSENT_UNKNOWN] = 2,
                               [KF_CONSENT_CONFLICT] = 1,
                               [KF_CONSENT_DENIED] = 0};
    struct kf_consent_now best = {KF_CONSENT_UNKNOWN, KF_NO_TIME, UINT32_MAX, KF_TIME_MAX};
    bool first = true;
    if (!f->ready)
        gather(f);
    for (uint32_t k = 0; f->any && k < f->n_id; k++) {
        if (f->c->w->ids->ns[f->id[k]] != ns)
            continue;
        struct kf_consent_now n =
            of_one(f->c, purpose, &f->by_carrier[k * f->c->w->statements.n_purpose + purpose]);
        if (first || good[n.state] > good[best.state] ||
            (n.state == best.state && newer(&n, &best)))
            best = n;
        first = false;
    }
    return best;
}

struct kf_consent_now kf_consent_fold_state(struct kf_consent_fold *f, uint32_t purpose)
{
    struct kf_consent_now none = {KF_CONSENT_UNKNOWN, KF_NO_TIME, UINT32_MAX, KF_TIME_MAX};
    uint32_t contact = f->c->purpose[purpose].contact;
    if (!f->ready)
        gather(f);
    if (!f->any)
        return none;
    return contact == KF_ID_NONE ? merge(f, purpose) : kf_consent_fold_best(f, purpose, contact);
}

const char *kf_consent_state_name(enum kf_consent_state s)
{
    static const char *const name[] = {"unknown", "granted", "denied", "conflict"};
    return name[s];
}

static int cmp_said(const void *a, const void *b, void *ctx)
{
    const struct kf_world *w = ctx;
    const struct kf_consent_said *x = a, *y = b;
    int r = kf_event_cmp(w->events, x->event, y->event);
    return r ? r : (x->identifier > y->identifier) - (x->identifier < y->identifier);
}

uint32_t kf_consent_history(struct kf_consent_fold *f, uint32_t purpose, struct kf_arena *arena,
                            const struct kf_consent_said **ret)
{
    f->log.n = 0;
    f->log_purpose = purpose;
    f->history = arena;
    gather(f);
    f->history = NULL;
    uint32_t n = (uint32_t)f->log.n;
    struct kf_consent_said *out = kf_arena_alloc(arena, (n + 1u) * sizeof *out);
    if (n) {
        qsort_r(f->log.p, n, sizeof *f->log.p, cmp_said, (void *)f->c->w);
        memcpy(out, f->log.p, n * sizeof *out);
    }
    *ret = out;
    return n;
}
