/* Sets of values, as far as tests tell values apart: what a value may still be once tests have
 * passed or failed. A set here is never smaller than the real one, so that what is empty here is
 * empty. Pure; everything lives in the given arena. */
#ifndef KF_LUA_INTERVAL_H
#define KF_LUA_INTERVAL_H

#include "base/arena.h"
#include "base/decimal.h"
#include "base/str.h"

/* ---- numbers ---- */

struct kf_range {
    struct kf_dec lo, hi;
    bool lo_inf, hi_inf, lo_open, hi_open;
};
/* Ascending, disjoint. */
struct kf_ranges {
    const struct kf_range *p;
    uint32_t n;
};

struct kf_ranges kf_ranges_all(void);
struct kf_ranges kf_ranges_point(struct kf_arena *a, struct kf_dec v);
struct kf_ranges kf_ranges_from(struct kf_arena *a, struct kf_dec v, bool open);
struct kf_ranges kf_ranges_to(struct kf_arena *a, struct kf_dec v, bool open);
/* lo included, hi excluded. */
struct kf_ranges kf_ranges_step(struct kf_arena *a, struct kf_dec lo, struct kf_dec hi);
struct kf_ranges kf_ranges_and(struct kf_arena *a, struct kf_ranges x, struct kf_ranges y);
struct kf_ranges kf_ranges_or(struct kf_arena *a, struct kf_ranges x, struct kf_ranges y);
struct kf_ranges kf_ranges_not(struct kf_arena *a, struct kf_ranges x);
/* The whole numbers of it, each range closed. */
struct kf_ranges kf_ranges_whole(struct kf_arena *a, struct kf_ranges x);
/* Least and greatest; false: there is none. */
bool kf_ranges_least(struct kf_ranges x, struct kf_dec *ret);
bool kf_ranges_most(struct kf_ranges x, struct kf_dec *ret);

/* ---- texts ---- */

/* A test of a part of a text that passed (positive) or failed. */
struct kf_part {
    uint16_t op; /* KF_T_STARTS, KF_T_ENDS, KF_T_CONTAINS, KF_T_MATCHES */
    bool positive;
    struct kf_str arg;
};
struct kf_texts {
    bool but; /* all texts but these; else only these */
    const struct kf_str *p;
    uint32_t n;
    const struct kf_part *part; /* each must hold, too */
    uint32_t n_part;
};

struct kf_texts kf_texts_all(void);
struct kf_texts kf_texts_and(struct kf_arena *a, struct kf_texts x, struct kf_texts y);
bool kf_texts_empty(struct kf_texts x);

/* ---- times ---- */

/* A time has several coordinates; each is bounded for itself. */
struct kf_times {
    bool none;
    struct kf_ranges at;     /* ns since 1970; of dates: days */
    struct kf_ranges age;    /* ns before as_of, of dates: whole days; the future is negative */
    struct kf_ranges months; /* the same, in calendar months */
    struct kf_ranges clock;  /* ns since midnight */
    uint16_t month;          /* bit m - 1 */
    uint8_t weekday;         /* bit 0: Monday */
};

struct kf_times kf_times_all(void);
struct kf_times kf_times_none(void);
struct kf_times kf_times_and(struct kf_arena *a, struct kf_times x, struct kf_times y);

/* ---- values ---- */

enum kf_sort {
    KF_SORT_BOOL = 1,
    KF_SORT_NUMBER = 2,
    KF_SORT_MONEY = 4, /* minor units; of one currency, which the fact's name says */
    KF_SORT_LENGTH = 8,
    KF_SORT_TEXT = 16,
    KF_SORT_DATE = 32,
    KF_SORT_INSTANT = 64,
    KF_SORT_OTHER = 128, /* versions and what else there is */
    KF_SORT_ALL = 255
};

struct kf_values {
    bool missing;
    bool other;
    uint8_t boolean; /* bit 0: false, bit 1: true */
    struct kf_ranges number, money, length;
    struct kf_texts text;
    struct kf_times date, instant;
};

/* Every value of the sorts. */
struct kf_values kf_values_of(uint32_t sorts, bool missing);
struct kf_values kf_values_and(struct kf_arena *a, struct kf_values x, struct kf_values y);
/* No value; whether it may be missing is not looked at. */
bool kf_values_none(const struct kf_values *x);

#endif
