#include "store/write_internal.h"

#include "base/error.h"

static const char *strength(uint8_t s)
{
    static const char *const name[] = {"declared", "verified", "observed"};
    return s < sizeof name / sizeof *name ? name[s] : "";
}

/* The event's own id: people find it at the vendor's with it. */
static void put_event(const struct kf_store_writer *w, struct kf_bulk_tree *t, uint32_t event)
{
    if (event == KF_ID_NONE)
        kf_bulk_null(t);
    else
        kf_store_put_str(t, kf_event_id(w->o.world->events, event));
}

static int put_link(struct kf_store_writer *w, const struct kf_id_link *l, struct kf_error *err)
{
    bool kept = l->reason == KF_ID_KEPT;
    struct kf_bulk_tree *t = kept ? w->link : w->link_refused;
    const struct kf_id_rules *rules = &w->o.world->ids->rules;
    kf_bulk_row_begin(t, (int64_t)kf_bulk_rows(t) + 1);
    kf_bulk_null(t);
    kf_store_put_id(t, l->a);
    kf_store_put_id(t, l->b);
    kf_store_put_z(t, l->rule);
    kf_store_put_z(t, strength(l->strength));
    kf_bulk_int(t, l->consented);
    kf_store_put_ms(t, l->first);
    kf_store_put_ms(t, l->last);
    kf_bulk_int(t, l->count);
    put_event(w, t, l->event);
    if (!kept) {
        kf_store_put_z(t, kf_identity_reason_name((enum kf_id_reason)l->reason));
        kf_store_put_z(t, l->limit_ns < rules->n_ns ? rules->ns[l->limit_ns].name : NULL);
        kf_store_put_id(t, l->sep_a);
        kf_store_put_id(t, l->sep_b);
        kf_store_put_z(t, l->sep_rule);
    }
    return kf_bulk_row_end(t, err);
}

static int put_links(struct kf_store_writer *w, struct kf_error *err)
{
    const struct kf_id_result *r = w->o.world->identity;
    int rc = 0;
    for (uint32_t i = 0; i < r->n_link && rc == 0; i++) {
        if (i % 4096 == 0 && atomic_load_explicit(&w->stop, memory_order_relaxed))
            return 0;
        if (w->o.links || r->link[i].reason != KF_ID_KEPT)
            rc = put_link(w, &r->link[i], err);
    }
    return rc;
}

static int put_spans(struct kf_store_writer *w, struct kf_error *err)
{
    const struct kf_id_result *r = w->o.world->identity;
    struct kf_bulk_tree *t = w->identifier_span;
    int rc = 0;
    for (uint32_t i = 0; i < r->n_span && rc == 0; i++) {
        const struct kf_id_span *s = &r->span[i];
        kf_bulk_row_begin(t, (int64_t)i + 1);
        kf_bulk_null(t);
        kf_store_put_id(t, s->id);
        kf_store_put_ms(t, s->from);
        kf_store_put_ms(t, s->to);
        kf_store_put_number(t, s->profile);
        kf_store_put_z(t, s->isolated ? kf_identity_reason_name((enum kf_id_reason)s->isolated)
                                      : NULL);
        kf_store_put_ms(t, s->first_seen);
        kf_store_put_ms(t, s->last_seen);
        rc = kf_bulk_row_end(t, err);
    }
    return rc;
}

static int put_shared(struct kf_store_writer *w, struct kf_error *err)
{
    const struct kf_id_result *r = w->o.world->identity;
    int rc = 0;
    for (uint32_t i = 0; i < r->n_shared && rc == 0; i++) {
        kf_bulk_row_begin(w->shared_identifier, (int64_t)i + 1);
        kf_bulk_null(w->shared_identifier);
        kf_store_put_id(w->shared_identifier, r->shared[i]);
        rc = kf_bulk_row_end(w->shared_identifier, err);
    }
    return rc;
}

static int put_fraud(struct kf_store_writer *w, struct kf_error *err)
{
    static const char *const verdict[] = {"none", "allow", "suspicious", "reject"};
    const struct kf_world *x = w->o.world;
    struct kf_bulk_tree *t = w->fraud;
    uint32_t n;
    const struct kf_fraud_row *f = kf_decide_fraud(w->o.decide, &n);
    int rc = 0;
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        bool event = f[i].event != KF_ID_NONE;
        uint32_t profile = event ? x->identity->event_profile[f[i].event]
                           : f[i].identifier != KF_ID_NONE
                               ? x->identity->id_profile[f[i].identifier]
                               : KF_ID_NONE;
        kf_bulk_row_begin(t, (int64_t)i + 1);
        kf_bulk_null(t);
        kf_bulk_int(t, f[i].rule);
        kf_store_put_z(t, verdict[f[i].verdict & 3]);
        kf_bulk_int(t, f[i].undecided);
        kf_store_put_number(t, profile);
        put_event(w, t, f[i].event);
        kf_store_put_ms(t, event ? x->events->time[f[i].event] : KF_TIME_MAX);
        kf_store_put_id(t, f[i].identifier);
        kf_store_put_str(t, f[i].key);
        kf_bulk_int(t, f[i].points);
        rc = kf_bulk_row_end(t, err);
    }
    return rc;
}

static int put_flag(struct kf_store_writer *w, uint32_t e, uint32_t profile, struct kf_error *err)
{
    const struct kf_world *x = w->o.world;
    uint32_t n;
    const struct kf_rule *const *rule = kf_rules_kind(x->rules, KF_KIND_FLAG, &n);
    int rc = 0;
    for (uint64_t set = x->event_flags[e]; set && rc == 0; set &= set - 1) {
        uint32_t bit = (uint32_t)__builtin_ctzll(set);
        if (bit >= n)
            break;
        kf_bulk_row_begin(w->flag, (int64_t)kf_bulk_rows(w->flag) + 1);
        kf_bulk_null(w->flag);
        kf_bulk_int(w->flag, rule[bit]->number);
        kf_store_put_number(w->flag, profile);
        put_event(w, w->flag, e);
        kf_store_put_ms(w->flag, x->events->time[e]);
        rc = kf_bulk_row_end(w->flag, err);
    }
    return rc;
}

/* In the order of the log: profile by profile, then nobody's. */
static int put_flags(struct kf_store_writer *w, struct kf_error *err)
{
    const struct kf_world *x = w->o.world;
    uint32_t owned = x->first[x->n_profiles];
    int rc = 0;
    if (!x->event_flags)
        return 0;
    for (uint32_t p = 0; p < x->n_profiles && rc == 0; p++)
        for (uint32_t i = x->first[p]; i < x->first[p + 1] && rc == 0; i++)
            rc = put_flag(w, x->order[i], p, err);
    for (uint32_t i = 0; i < w->n_events - owned && rc == 0; i++)
        rc = put_flag(w, w->nobody[i], KF_ID_NONE, err);
    return rc;
}

static int put_dictionary(struct kf_store_writer *w, const char *name, const struct kf_symbols *s,
                          struct kf_error *err)
{
    struct kf_bulk_tree *t = w->symbol;
    uint32_t n = kf_symbols_count(s);
    int rc = 0;
    for (uint32_t i = 1; i <= n && rc == 0; i++) {
        struct kf_str text = kf_symbols_text(s, i);
        kf_bulk_row_begin(t, (int64_t)kf_bulk_rows(t) + 1);
        kf_bulk_null(t);
        kf_store_put_z(t, name);
        kf_bulk_int(t, i);
        kf_bulk_text(t, text.p, text.n);
        rc = kf_bulk_row_end(t, err);
    }
    return rc;
}

static int put_dictionaries(struct kf_store_writer *w, struct kf_error *err)
{
    const struct kf_dict *d = w->o.world->events->dict;
    const struct {
        const char *name;
        const struct kf_symbols *s;
    } all[] = {{"key", d->key}, {"name", d->name},     {"value", d->value},
               {"ns", d->ns},   {"source", d->source}, {"file", d->file}};
    int rc = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all && rc == 0; i++)
        rc = put_dictionary(w, all[i].name, all[i].s, err);
    return rc;
}

int kf_store_evidence_begin(struct kf_store_writer *w, struct kf_error *err)
{
    const struct {
        const char *name;
        struct kf_bulk_tree **to;
    } all[] = {{"link", &w->link},
               {"link_refused", &w->link_refused},
               {"identifier_span", &w->identifier_span},
               {"shared_identifier", &w->shared_identifier},
               {"fraud", &w->fraud},
               {"flag", &w->flag},
               {"symbol", &w->symbol}};
    int rc = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all && rc == 0; i++)
        rc = kf_bulk_table(w->bulk, all[i].name, all[i].to, err);
    return rc;
}

int kf_store_evidence_write(struct kf_store_writer *w, struct kf_store_task *t,
                            struct kf_error *err)
{
    (void)t;
    int rc = put_links(w, err);
    if (rc == 0)
        rc = put_spans(w, err);
    if (rc == 0)
        rc = put_shared(w, err);
    if (rc == 0)
        rc = put_fraud(w, err);
    if (rc == 0)
        rc = put_flags(w, err);
    return rc ? rc : put_dictionaries(w, err);
}
