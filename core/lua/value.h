/* Values at run time: comparing, keying, writing out. Pure functions, any thread; what they
 * allocate lives in the given arena. */
#ifndef KF_LUA_VALUE_H
#define KF_LUA_VALUE_H

#include "base/arena.h"
#include "lua/eval.h"

static inline struct kf_value kf_value_missing(void)
{
    struct kf_value v = {.type = KF_VAL_MISSING, .event = UINT32_MAX};
    return v;
}
static inline struct kf_value kf_value_undecided(const char *why)
{
    struct kf_value v = {.type = KF_VAL_UNDECIDED, .why = why, .event = UINT32_MAX};
    return v;
}
static inline struct kf_value kf_value_number(int64_t n)
{
    struct kf_value v = {.type = KF_VAL_NUMBER, .number = {n, 0}, .event = UINT32_MAX};
    return v;
}

/* Orders "4.10" after "4.9": dotted numbers, missing ones are 0; what follows '-', '+' or a blank
 * is not compared. *ret_ok false: one of them is no version. */
int kf_version_cmp(struct kf_str a, struct kf_str b, bool *ret_ok);

/* A text that is a date (2026-03-01) or an instant (RFC 3339) as DATE or TIME; DATE and TIME stay.
 * False: nothing of that kind. */
bool kf_value_as_time(const struct kf_value *v, const struct kf_zone *z, struct kf_value *ret);

/* Exact fraction of NUMBER, RATIO, MONEY (minor units), MONEY_RATIO or LENGTH (ns). */
bool kf_value_ratio(const struct kf_value *v, struct kf_ratio *ret);

/* A copy whose texts and items live in the arena. */
struct kf_value kf_value_copy(struct kf_value v, struct kf_arena *a);

/* Text under which equal values are equal, for once_per, distinct and same: a number and its
 * shortest decimal as text are the same value, because one source writes order ids as numbers and
 * the other as texts. False: no single value. */
bool kf_value_key(const struct kf_value *v, struct kf_arena *a, struct kf_str *ret);

#endif
