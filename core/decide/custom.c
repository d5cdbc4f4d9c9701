/* Custom rules: what their Lua function sees of the profile (RULES 4). */
#include "decide/decide_internal.h"

#include <stdio.h>

static struct kf_const constant(const struct kf_value *v)
{
    struct kf_const k = {.type = KF_K_NONE};
    switch (v->type) {
    case KF_VAL_BOOL:
        k.type = KF_K_BOOL;
        k.boolean = v->boolean;
        break;
    case KF_VAL_NUMBER:
        k.type = KF_K_NUMBER;
        k.number = v->number;
        break;
    case KF_VAL_TEXT:
    case KF_VAL_VERSION:
        k.type = KF_K_TEXT;
        k.text = v->text;
        break;
    case KF_VAL_MONEY:
        k.type = KF_K_MONEY;
        k.money = v->money;
        break;
    case KF_VAL_TIME:
        k.type = KF_K_INSTANT;
        k.ns = v->time;
        break;
    case KF_VAL_DATE:
        k.type = KF_K_DATE;
        k.day = v->day;
        break;
    case KF_VAL_LENGTH:
        k.type = KF_K_LENGTH;
        k.ns = v->time;
        break;
    default:
        break;
    }
    return k;
}

static struct kf_const see_trait(void *ctx, const char *name)
{
    struct kf_value v = kf_ask_trait(ctx, kf_cstr(name));
    return constant(&v);
}

static int see_events(void *ctx, const struct kf_node *select,
                      int (*each)(void *each_ctx, uint32_t event), void *each_ctx)
{
    struct decider *x = ctx;
    const uint32_t *event;
    uint32_t n;
    if (select->op == KF_C_HAS && select->kids)
        select = select->kid[0];
    if (kf_eval_select(&x->ev, select, &event, &n) == KF_UNDECIDED)
        return KF_E_FAIL;
    for (uint32_t i = 0; i < n; i++) {
        int rc = each(each_ctx, event[i]);
        if (rc)
            return rc;
    }
    return 0;
}

static struct kf_const see_property(void *ctx, uint32_t event, const char *path)
{
    struct decider *x = ctx;
    struct kf_value v = kf_eval_property(&x->ev, event, kf_cstr(path));
    if (v.type == KF_VAL_LIST) {
        struct kf_buf b = {0};
        kf_value_json(&v, &b);
        struct kf_const k = {.type = KF_K_NONE};
        k.text = kf_str(kf_arena_strndup(&x->profile_arena, b.p, b.n), b.n);
        kf_buf_free(&b);
        return k;
    }
    return constant(&v);
}

struct kf_value kf_custom_ask(struct decider *x, const struct kf_rule *r)
{
    struct kf_value v = {.type = KF_VAL_UNDECIDED,
                         .event = UINT32_MAX,
                         .why = "the custom function failed or broke a limit"};
    struct kf_const k;
    struct kf_error err = KF_ERROR_INIT;
    if (!kf_ask_active(x, r)) {
        v.type = KF_VAL_MISSING;
        return v;
    }
    if (!x->custom)
        return v;
    struct kf_custom_view view = {
        .ctx = x,
        .as_of = x->ev.as_of,
        .seed = x->profile == KF_NOBODY ? 0 : x->d->w->identity->profile_id[x->profile],
        .trait = see_trait,
        .events = see_events,
        .property = see_property,
        .event = x->ev.looked_at};
    if (kf_custom_call(x->custom, r, &view, &k, &err))
        return v;
    v.type = KF_VAL_MISSING;
    v.why = NULL;
    if (k.type == KF_K_BOOL) {
        v.type = KF_VAL_BOOL;
        v.boolean = k.boolean;
    } else if (k.type == KF_K_NUMBER) {
        v.type = KF_VAL_NUMBER;
        v.number = k.number;
    }
    return v;
}
