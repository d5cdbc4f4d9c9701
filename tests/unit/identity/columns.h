/* Hand-made columns for kf_identity_resolve: identifiers, events and decisions one call each.
 *
 * Times are seconds; values are NUL-terminated texts; events get ascending numbers, which are their
 * ids. */
#ifndef KF_TESTS_IDENTITY_COLUMNS_H
#define KF_TESTS_IDENTITY_COLUMNS_H

#include "../check_main.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/time.h"
#include "base/vec.h"
#include "identity/resolve.h"

#include <stdarg.h>
#include <stdio.h>

#define END KF_ID_NONE

struct columns {
    struct kf_id_namespace ns[4];
    struct kf_id_link_rule link[4];
    struct kf_id_rules rules;
    struct kf_id_input in;
    struct kf_id_result *ret;
    struct kf_error err;
    kf_vec(struct kf_str) value;
    kf_vec(uint8_t) id_ns;
    kf_vec(int64_t) time;
    kf_vec(uint64_t) off;
    kf_vec(uint64_t) links;
    kf_vec(uint8_t) alias;
    kf_vec(uint32_t) ids;
    kf_vec(uint32_t) number; /* of the event, for event_cmp */
    kf_vec(struct kf_id_statement) said;
    kf_vec(struct kf_id_signout) out;
    kf_vec(struct kf_id_transfer) transfer;
    kf_vec(struct kf_id_separation) apart;
    kf_vec(struct kf_id_decision) decision;
};

static inline struct kf_str columns_value(const void *ctx, uint32_t id)
{
    return ((const struct columns *)ctx)->value.p[id];
}

static inline uint64_t columns_hash(const void *ctx, uint32_t id)
{
    const struct columns *c = ctx;
    return kf_hash64_seed(c->value.p[id].p, c->value.p[id].n, c->id_ns.p[id]);
}

static inline int columns_cmp(const void *ctx, uint32_t a, uint32_t b)
{
    const struct columns *c = ctx;
    return (c->number.p[a] > c->number.p[b]) - (c->number.p[a] < c->number.p[b]);
}

/* user (rank 1, a person's key), email, phone, device; one observed link rule over all of them. */
static inline void columns_init(struct columns *c)
{
    static const char *const name[] = {"user_id", "email", "phone", "device_id"};
    memset(c, 0, sizeof *c);
    c->err = (struct kf_error)KF_ERROR_INIT;
    for (uint32_t i = 0; i < 4; i++)
        c->ns[i] = (struct kf_id_namespace){.name = name[i], .rank = i + 1, .history = -1};
    c->ns[0].per_profile = 1;
    c->link[0] = (struct kf_id_link_rule){"all", 15, KF_ID_OBSERVED, -1};
    c->rules = (struct kf_id_rules){.ns = c->ns, .n_ns = 4, .link = c->link, .n_link = 1};
    c->in.as_of = KF_TIME_MIN;
    *kf_vec_push(&c->off) = 0;
}

static inline void columns_free(struct columns *c)
{
    kf_identity_free(c->ret);
    kf_vec_free(&c->value);
    kf_vec_free(&c->id_ns);
    kf_vec_free(&c->time);
    kf_vec_free(&c->off);
    kf_vec_free(&c->links);
    kf_vec_free(&c->alias);
    kf_vec_free(&c->ids);
    kf_vec_free(&c->number);
    kf_vec_free(&c->said);
    kf_vec_free(&c->out);
    kf_vec_free(&c->transfer);
    kf_vec_free(&c->apart);
    kf_vec_free(&c->decision);
}

static inline uint32_t columns_id_str(struct columns *c, uint8_t ns, struct kf_str v)
{
    for (uint32_t i = 0; i < c->value.n; i++)
        if (c->id_ns.p[i] == ns && kf_str_eq(c->value.p[i], v))
            return i;
    *kf_vec_push(&c->value) = v;
    *kf_vec_push(&c->id_ns) = ns;
    return (uint32_t)c->value.n - 1;
}

static inline uint32_t columns_id(struct columns *c, uint8_t ns, const char *v)
{
    return columns_id_str(c, ns, kf_cstr(v));
}

#define U(v) columns_id(&c, 0, v)
#define E(v) columns_id(&c, 1, v)
#define P(v) columns_id(&c, 2, v)
#define D(v) columns_id(&c, 3, v)

/* Adds an event; the identifiers end with END. as_of follows the newest event. Returns its number.
 */
static inline uint32_t columns_event(struct columns *c, int64_t seconds, ...)
{
    va_list ap;
    va_start(ap, seconds);
    for (uint32_t id; (id = va_arg(ap, uint32_t)) != END;)
        *kf_vec_push(&c->ids) = id;
    va_end(ap);
    *kf_vec_push(&c->off) = c->ids.n;
    *kf_vec_push(&c->time) = seconds * KF_SECOND;
    *kf_vec_push(&c->links) = UINT64_MAX;
    *kf_vec_push(&c->alias) = 0;
    uint32_t number = (uint32_t)c->number.n;
    *kf_vec_push(&c->number) = number;
    if (seconds * KF_SECOND > c->in.as_of)
        c->in.as_of = seconds * KF_SECOND;
    return (uint32_t)c->time.n - 1;
}

static inline void columns_decide(struct columns *c, enum kf_id_verb verb, uint32_t a, uint32_t b,
                                  int64_t seconds)
{
    uint32_t line = (uint32_t)c->decision.n;
    *kf_vec_push(&c->decision) = (struct kf_id_decision){verb, a, b, seconds * KF_SECOND, line};
}

static inline int columns_try(struct columns *c)
{
    struct kf_id_input *in = &c->in;
    in->rules = &c->rules;
    in->n_ids = (uint32_t)c->value.n;
    in->id_ns = c->id_ns.p;
    in->id_value = columns_value;
    in->id_hash = columns_hash;
    in->n_events = (uint32_t)c->time.n;
    in->event_time = c->time.p;
    in->event_off = c->off.p;
    in->event_ids = c->ids.p;
    in->event_links = c->links.p;
    in->event_alias = c->alias.p;
    in->event_cmp = columns_cmp;
    in->statement = c->said.p;
    in->n_statement = (uint32_t)c->said.n;
    in->signout = c->out.p;
    in->n_signout = (uint32_t)c->out.n;
    in->transfer = c->transfer.p;
    in->n_transfer = (uint32_t)c->transfer.n;
    in->separation = c->apart.p;
    in->n_separation = (uint32_t)c->apart.n;
    in->decision = c->decision.p;
    in->n_decision = (uint32_t)c->decision.n;
    in->ctx = c;
    kf_identity_free(c->ret);
    c->ret = NULL;
    return kf_identity_resolve(in, &c->ret, &c->err);
}

static inline struct kf_id_result *columns_resolve(struct columns *c)
{
    int rc = columns_try(c);
    ck_assert_msg(rc == 0, "resolve: %s", c->err.message);
    return c->ret;
}

/* The refusal between two identifiers, NULL: none. */
static inline const struct kf_id_link *columns_refusal(const struct kf_id_result *r, uint32_t a,
                                                       uint32_t b)
{
    for (uint32_t i = 0; i < r->n_link; i++) {
        const struct kf_id_link *l = &r->link[i];
        if (l->reason && ((l->a == a && l->b == b) || (l->a == b && l->b == a)))
            return l;
    }
    return NULL;
}

static inline int columns_reason(const struct kf_id_result *r, uint32_t a, uint32_t b)
{
    const struct kf_id_link *l = columns_refusal(r, a, b);
    return l ? l->reason : KF_ID_KEPT;
}

#endif
