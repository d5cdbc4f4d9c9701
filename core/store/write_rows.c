#include "store/write_internal.h"

#include "base/error.h"

#include <math.h>
#include <stdlib.h>

/* ---- values of profiles ---- */

/* As a NUMERIC column would keep it: an integer where it is one. */
static void put_double(struct kf_bulk_tree *t, double v)
{
    if (v == floor(v) && v > -9e15 && v < 9e15)
        kf_bulk_int(t, (int64_t)v);
    else
        kf_bulk_real(t, v);
}

static void put_number(struct kf_bulk_tree *t, const struct kf_value *v)
{
    switch (v->type) {
    case KF_VAL_NUMBER:
        if (v->number.scale == 0)
            kf_bulk_int(t, v->number.m);
        else
            put_double(t, kf_dec_double(v->number));
        break;
    case KF_VAL_RATIO:
        put_double(t, (double)v->ratio.num / (double)v->ratio.den);
        break;
    case KF_VAL_LENGTH: /* seconds */
        put_double(t, (double)v->time / (double)KF_SECOND);
        break;
    case KF_VAL_BOOL:
        kf_bulk_int(t, v->boolean);
        break;
    default:
        kf_bulk_null(t);
    }
}

/* An average of money is rounded to the minor unit, half to even. */
static int64_t whole(struct kf_ratio r)
{
    __int128 q = r.num / r.den, rest = r.num % r.den;
    if (rest < 0) {
        q--;
        rest += r.den;
    }
    __int128 twice = rest * 2;
    return (int64_t)(q + (twice > r.den || (twice == r.den && (q & 1))));
}

static void put_money(struct kf_bulk_tree *t, const struct kf_value *v, const char *unit)
{
    bool money = v->type == KF_VAL_MONEY, ratio = v->type == KF_VAL_MONEY_RATIO;
    bool other = unit && (money || ratio) && memcmp(unit, v->money.cur, 3) != 0;
    if (money && !other)
        kf_bulk_int(t, v->money.minor);
    else if (ratio && !other)
        kf_bulk_int(t, whole(v->ratio));
    else if (unit && v->type == KF_VAL_NUMBER && v->number.m == 0)
        kf_bulk_int(t, 0); /* the sum of nothing has no currency of its own */
    else
        kf_bulk_null(t);
    if (unit)
        return;
    if (money || ratio)
        kf_bulk_text(t, v->money.cur, strlen(v->money.cur));
    else
        kf_bulk_null(t);
}

static void put_text(struct kf_store_writer *w, struct kf_bulk_tree *t, const struct kf_value *v)
{
    if (v->type == KF_VAL_TEXT || v->type == KF_VAL_VERSION) {
        kf_store_put_str(t, v->text);
        return;
    }
    if (v->type == KF_VAL_MISSING || v->type == KF_VAL_UNDECIDED) {
        kf_bulk_null(t);
        return;
    }
    kf_buf_clear(&w->text);
    if (v->type == KF_VAL_LIST)
        kf_value_json(v, &w->text);
    else
        kf_value_format(v, w->o.world->config->zone, &w->text);
    kf_bulk_text(t, w->text.p, w->text.n);
}

static void put_value(struct kf_store_writer *w, struct kf_bulk_tree *t,
                      const struct kf_profile_column *c, const struct kf_value *v)
{
    char day[32];
    switch (c->as) {
    case KF_STORED_TEXT:
        put_text(w, t, v);
        break;
    case KF_STORED_NUMBER:
        put_number(t, v);
        break;
    case KF_STORED_BOOLEAN:
        if (v->type == KF_VAL_BOOL)
            kf_bulk_int(t, v->boolean);
        else
            kf_bulk_null(t);
        break;
    case KF_STORED_DATE:
        if (v->type == KF_VAL_DATE)
            kf_bulk_text(t, day, kf_day_format(v->day, day));
        else
            kf_bulk_null(t);
        break;
    case KF_STORED_TIME:
        kf_store_put_ms(t, v->type == KF_VAL_TIME ? v->time : KF_TIME_MAX);
        break;
    case KF_STORED_MONEY:
        put_money(t, v, c->unit);
        break;
    }
}

/* ---- rows ---- */

static void hex_id(uint64_t id, char out[16])
{
    static const char digit[] = "0123456789abcdef";
    for (int i = 15; i >= 0; i--, id >>= 4)
        out[i] = digit[id & 15];
}

static int put_profile(struct kf_store_writer *w, uint32_t p, const struct kf_value *value,
                       struct kf_error *err)
{
    const struct kf_world *x = w->o.world;
    uint32_t n = x->first[p + 1] - x->first[p];
    struct kf_bulk_tree *t = w->profile;
    char id[16];
    hex_id(x->identity->profile_id[p], id);
    kf_bulk_row_begin(t, p);
    kf_bulk_null(t);
    kf_bulk_text(t, id, sizeof id);
    kf_store_put_ms(t, n ? x->events->time[x->order[x->first[p]]] : KF_TIME_MAX);
    kf_store_put_ms(t, n ? x->events->time[x->order[x->first[p + 1] - 1]] : KF_TIME_MAX);
    kf_bulk_int(t, n);
    kf_bulk_int(t, x->ids_first[p + 1] - x->ids_first[p]);
    for (uint32_t i = 0; i < w->n_columns; i++)
        put_value(w, t, &w->column[i], &value[i]);
    int rc = kf_bulk_row_end(t, err);
    if (rc)
        return rc;
    kf_bulk_row_begin(w->profile_by_id, p);
    kf_bulk_text(w->profile_by_id, id, sizeof id);
    return kf_bulk_row_end(w->profile_by_id, err);
}

/* Begins the next row of a table and writes its entry in the index over profiles. */
static int begin(struct kf_store_table *t, uint32_t profile, struct kf_error *err)
{
    int64_t row = (int64_t)kf_bulk_rows(t->rows) + 1;
    kf_bulk_row_begin(t->by_profile, row);
    kf_bulk_int(t->by_profile, profile);
    int rc = kf_bulk_row_end(t->by_profile, err);
    kf_bulk_row_begin(t->rows, row);
    kf_bulk_null(t->rows);
    return rc;
}

static const char *touch_kind(uint8_t kind)
{
    static const char *const name[] = {"", "click", "view", "visit", "mention"};
    return kind < sizeof name / sizeof *name ? name[kind] : "";
}

static int put_touches(struct kf_store_writer *w, const struct kf_decided *c, struct kf_error *err)
{
    uint32_t seq = 0, last = KF_ID_NONE;
    for (uint32_t i = 0; i < c->n_touch; i++) {
        const struct kf_touch *x = &c->touch[i];
        uint32_t p = c->touch_profile[i];
        struct kf_bulk_tree *t = w->touch.rows;
        seq = p == last ? seq + 1 : 1;
        last = p;
        int rc = begin(&w->touch, p, err);
        if (rc)
            return rc;
        kf_bulk_int(t, p);
        kf_bulk_int(t, seq);
        kf_bulk_int(t, kf_store_ms(x->time));
        kf_store_put_z(t, touch_kind(x->kind));
        kf_store_put_str(t, x->source);
        kf_store_put_str(t, x->medium);
        kf_store_put_str(t, x->campaign);
        kf_store_put_str(t, x->term);
        kf_store_put_str(t, x->content);
        kf_store_put_str(t, x->click_id);
        kf_store_put_str(t, x->referrer);
        rc = kf_bulk_row_end(t, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int put_members(struct kf_store_writer *w, struct kf_store_table *t,
                       const struct kf_membership *m, uint32_t n, bool by_rule,
                       struct kf_error *err)
{
    for (uint32_t i = 0; i < n; i++) {
        int rc = begin(t, m[i].profile, err);
        if (rc)
            return rc;
        kf_bulk_int(t->rows, m[i].rule);
        kf_bulk_int(t->rows, m[i].profile);
        kf_store_put_ms(t->rows, m[i].until);
        rc = kf_bulk_row_end(t->rows, err);
        if (rc)
            return rc;
        if (by_rule && kf_bulk_needs_indexes(w->bulk))
            *kf_vec_push(&w->members[m[i].rule]) =
                (struct kf_store_member){m[i].profile, (uint32_t)kf_bulk_rows(t->rows)};
    }
    return 0;
}

static int put_suppressions(struct kf_store_writer *w, const struct kf_decided *c,
                            struct kf_error *err)
{
    struct kf_bulk_tree *t = w->suppression.rows;
    for (uint32_t i = 0; i < c->n_suppression; i++) {
        const struct kf_suppression *s = &c->suppression[i];
        int rc = begin(&w->suppression, s->profile, err);
        if (rc)
            return rc;
        kf_bulk_int(t, s->profile);
        kf_bulk_int(t, s->rule);
        kf_bulk_int(t, s->channels == UINT32_MAX);
        kf_bulk_int(t, s->channels);
        kf_store_put_id(t, s->contact);
        kf_bulk_int(t, s->undecided);
        kf_store_put_ms(t, s->until);
        rc = kf_bulk_row_end(t, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int put_consents(struct kf_store_writer *w, const struct kf_decided *c, struct kf_error *err)
{
    static const char *const state[] = {"unknown", "granted", "denied", "conflict"};
    struct kf_bulk_tree *t = w->consent.rows;
    for (uint32_t i = 0; i < c->n_consent; i++) {
        const struct kf_consent_row *r = &c->consent[i];
        if (r->state == KF_CONSENT_UNKNOWN || r->state > KF_CONSENT_CONFLICT)
            continue; /* nothing was said: no row says the same */
        int rc = begin(&w->consent, r->profile, err);
        if (rc)
            return rc;
        kf_bulk_int(t, r->profile);
        kf_bulk_int(t, r->purpose);
        kf_store_put_z(t, state[r->state]);
        kf_store_put_ms(t, r->since);
        rc = kf_bulk_row_end(t, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int put_eligibilities(struct kf_store_writer *w, const struct kf_decided *c,
                             struct kf_error *err)
{
    struct kf_bulk_tree *t = w->eligibility.rows;
    for (uint32_t i = 0; i < c->n_eligibility; i++) {
        const struct kf_eligibility *e = &c->eligibility[i];
        int rc = begin(&w->eligibility, e->profile, err);
        if (rc)
            return rc;
        kf_bulk_int(t, e->profile);
        kf_bulk_int(t, e->channel);
        kf_store_put_id(t, e->contact);
        kf_store_put_ms(t, e->from);
        kf_store_put_number(t, e->blocked_by);
        rc = kf_bulk_row_end(t, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int put_undecided(struct kf_store_writer *w, const struct kf_decided *c,
                         struct kf_error *err)
{
    for (uint32_t i = 0; i < c->n_undecided; i++) {
        int rc = begin(&w->undecided, c->undecided[i].profile, err);
        if (rc)
            return rc;
        kf_bulk_int(w->undecided.rows, c->undecided[i].profile);
        kf_bulk_int(w->undecided.rows, c->undecided[i].rule);
        kf_store_put_z(w->undecided.rows, c->undecided[i].why);
        rc = kf_bulk_row_end(w->undecided.rows, err);
        if (rc)
            return rc;
    }
    return 0;
}

int kf_store_rows_chunk(struct kf_store_writer *w, const struct kf_decided *c, struct kf_error *err)
{
    if (c->from != w->next_profile || c->to < c->from)
        return kf_error_set(err, KF_E_INTERNAL, KF_STORE_MODULE,
                            "profiles %u to %u were decided when %u was next", c->from, c->to,
                            w->next_profile);
    int rc = 0;
    for (uint32_t p = c->from; p < c->to && rc == 0; p++)
        rc = put_profile(w, p, c->value + (size_t)(p - c->from) * w->n_columns, err);
    w->next_profile = c->to;
    kf_store_history_chunk(w, c);
    if (rc == 0)
        rc = put_touches(w, c, err);
    if (rc == 0)
        rc = put_members(w, &w->membership, c->member, c->n_member, true, err);
    if (rc == 0)
        rc = put_members(w, &w->without_consent, c->no_consent, c->n_no_consent, false, err);
    if (rc == 0)
        rc = put_suppressions(w, c, err);
    if (rc == 0)
        rc = put_consents(w, c, err);
    if (rc == 0)
        rc = put_eligibilities(w, c, err);
    return rc ? rc : put_undecided(w, c, err);
}

int kf_store_rows_end(struct kf_store_writer *w, struct kf_error *err)
{
    if (w->next_profile != w->o.world->n_profiles)
        return kf_error_set(err, KF_E_INTERNAL, KF_STORE_MODULE,
                            "%u of %u profiles were decided when the store was finished",
                            w->next_profile, w->o.world->n_profiles);
    struct kf_bulk_tree *t = w->membership_rule;
    for (uint32_t r = 0; r < w->o.world->rules->n; r++)
        for (size_t i = 0; i < w->members[r].n; i++) {
            kf_bulk_row_begin(t, w->members[r].p[i].row);
            kf_bulk_int(t, r);
            kf_bulk_int(t, w->members[r].p[i].profile);
            int rc = kf_bulk_row_end(t, err);
            if (rc)
                return rc;
        }
    return 0;
}

/* ---- begin, end ---- */

static int open_table(struct kf_store_writer *w, const char *name, const char *index,
                      struct kf_store_table *t, struct kf_error *err)
{
    int rc = kf_bulk_table(w->bulk, name, &t->rows, err);
    return rc ? rc : kf_bulk_index(w->bulk, index, &t->by_profile, err);
}

int kf_store_rows_begin(struct kf_store_writer *w, struct kf_error *err)
{
    struct {
        const char *table, *index;
        struct kf_store_table *to;
    } all[] = {{"touch", "touch_profile", &w->touch},
               {"membership", "membership_profile", &w->membership},
               {"without_consent", "without_consent_profile", &w->without_consent},
               {"suppression", "suppression_profile", &w->suppression},
               {"consent", "consent_profile", &w->consent},
               {"eligibility", "eligibility_profile", &w->eligibility},
               {"undecided", "undecided_profile", &w->undecided}};
    w->members = calloc(w->o.world->rules->n + 1u, sizeof *w->members);
    if (!w->members)
        return kf_error_set(err, KF_E_NOMEM, KF_STORE_MODULE, "out of memory");
    int rc = kf_bulk_table(w->bulk, "profile", &w->profile, err);
    if (rc == 0)
        rc = kf_bulk_index(w->bulk, "profile_by_id", &w->profile_by_id, err);
    if (rc == 0)
        rc = kf_bulk_index(w->bulk, "membership_rule", &w->membership_rule, err);
    for (size_t i = 0; i < sizeof all / sizeof *all && rc == 0; i++)
        rc = open_table(w, all[i].table, all[i].index, all[i].to, err);
    return rc;
}

void kf_store_rows_free(struct kf_store_writer *w)
{
    for (uint32_t r = 0; w->members && r < w->o.world->rules->n; r++)
        kf_vec_free(&w->members[r]);
    free(w->members);
    kf_buf_free(&w->text);
}
