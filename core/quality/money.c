/* Amounts of an event: currency, decimals, sign, total. */
#include "quality/quality_internal.h"

#include "base/money.h"
#include "event/keys.h"

static const struct kf_dec *amount(const struct kf_amounts *a, uint32_t key)
{
    for (uint32_t i = 0; key && i < a->n; i++)
        if (a->amount[i].key == key)
            return &a->amount[i].value;
    return NULL;
}

/* goods + shipping + tax, with or without the discount. */
static bool is_sum(struct kf_dec total, const struct kf_dec *goods, struct kf_dec rest,
                   const struct kf_dec *discount)
{
    struct kf_dec sum;
    if (!goods || !kf_dec_add(*goods, rest, &sum))
        return false;
    if (kf_dec_cmp(total, sum) == 0)
        return true;
    if (!discount)
        return false;
    struct kf_dec less = *discount;
    less.m = less.m > 0 ? -less.m : less.m;
    return kf_dec_add(sum, less, &sum) && kf_dec_cmp(total, sum) == 0;
}

/* Only where the record has all of it: what `revenue` and `subtotal` count in differs from shop to
 * shop, so either may be the value of the goods. */
static void check_sum(struct pass *p, uint32_t event, const struct kf_amounts *a)
{
    const struct kf_dec *total = amount(a, p->total), *tax = amount(a, p->tax),
                        *shipping = amount(a, p->shipping), *revenue = amount(a, KF_KEY_REVENUE),
                        *subtotal = amount(a, p->subtotal), *discount = amount(a, p->discount);
    struct kf_dec rest;
    if (!total || !tax || !shipping || (!revenue && !subtotal) ||
        !kf_dec_add(*tax, *shipping, &rest))
        return;
    bool right =
        is_sum(*total, revenue, rest, discount) || is_sum(*total, subtotal, rest, discount);
    kf_pass_check(p, KF_QUALITY_SUM, event, !right, p->total);
}

void kf_pass_money(struct pass *p, uint32_t event, const struct kf_amounts *a)
{
    struct kf_money m;
    int exponent = a->said ? kf_money_exponent(a->currency) : -1;
    uint32_t negative = 0, decimals = 0;
    if (a->said)
        kf_pass_check(p, KF_QUALITY_CURRENCY, event, exponent < 0, KF_KEY_CURRENCY);
    if (!a->n)
        return;
    for (uint32_t i = a->n; i--;) {
        if (a->amount[i].value.m < 0 && p->money[a->amount[i].key] == 1)
            negative = a->amount[i].key;
        if (exponent >= 0 && !kf_money_from_dec(a->amount[i].value, a->currency, &m))
            decimals = a->amount[i].key;
    }
    kf_pass_check(p, KF_QUALITY_NO_CURRENCY, event, !a->said, a->amount[0].key);
    if (exponent >= 0)
        kf_pass_check(p, KF_QUALITY_DECIMALS, event, decimals != 0, decimals);
    if (!p->refund[p->e->what[event].name <= p->names ? p->e->what[event].name : 0])
        kf_pass_check(p, KF_QUALITY_SIGN, event, negative != 0, negative);
    check_sum(p, event, a);
}
