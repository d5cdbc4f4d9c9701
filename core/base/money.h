/* Money: int64 minor units and an ISO 4217 currency. Exponents as ISO 4217 (JPY 0, KWD 3, CLF 4,
 * most 2). */
#ifndef KF_BASE_MONEY_H
#define KF_BASE_MONEY_H

#include "base/decimal.h"
#include "base/error.h"

struct kf_money {
    int64_t minor;
    char cur[4]; /* three capitals and NUL */
};

/* Number of decimals of a currency, or -1 where ISO 4217 does not know it. */
int kf_money_exponent(struct kf_str currency);
/* Exact: false if the decimal has more places than the currency, overflows, or the currency is
 * unknown. */
bool kf_money_from_dec(struct kf_dec amount, struct kf_str currency, struct kf_money *ret);
struct kf_dec kf_money_dec(struct kf_money m);
size_t kf_money_format(struct kf_money m, char *out, size_t cap); /* "300.00 EUR" */
/* Texts as people write them: "1.234,56", "1,234.56 EUR", "(12.00)", "€ 5" by the given decimal
 * mark ('.' or ','). */
bool kf_money_parse_text(struct kf_str s, char decimal_mark, struct kf_dec *ret, char ret_cur[4]);

/* Exchange rates by day: one unit of `cur` is `rate` units of the base currency on that day. */
struct kf_rates;
struct kf_rates *kf_rates_new(const char base[4]);
void kf_rates_free(struct kf_rates *r);
/* day: days since 1970-01-01. from_day holds until the next day stated when `carry` is set, else
 * for that day alone. */
int kf_rates_add(struct kf_rates *r, int32_t day, struct kf_str cur, struct kf_dec rate, bool carry,
                 struct kf_error *err);
/* Converts, half to even, once. False: no rate for that day. Same currency: unchanged, needs no
 * rate. r may be NULL. */
bool kf_rates_convert(const struct kf_rates *r, struct kf_money from, const char to[4], int32_t day,
                      struct kf_money *ret);

#endif
