/* One event: its properties, identifiers and keys. */
#include "lua/eval_internal.h"

#include "base/hash.h"

/* ---- decoded fields ---- */

static struct kf_fields *decode(struct kf_eval *ev, uint32_t event)
{
    struct kf_eval_priv *p = kf_priv(ev);
    const struct kf_plan *plan = ev->plan;
    const uint8_t *at = NULL;
    uint32_t key, n = 0;
    struct kf_val v;
    while (n < plan->n_needed &&
           kf_body_next_of(ev->events, event, plan->needed, plan->n_keys, &at, &key, &v)) {
        p->tmp[n].key = key;
        p->tmp[n++].val = v;
    }
    struct kf_fields *f = kf_arena_alloc(&p->cache, sizeof *f + n * sizeof f->field[0]);
    f->n = n;
    if (n)
        memcpy(f->field, p->tmp, n * sizeof f->field[0]);
    return f;
}

static bool find_field(const struct kf_fields *f, uint32_t key, struct kf_val *ret)
{
    for (uint32_t i = 0; i < f->n; i++) {
        if (f->field[i].key == key) {
            *ret = f->field[i].val;
            return true;
        }
    }
    return false;
}

static bool get_field(struct kf_eval *ev, const struct kf_row *r, uint32_t key, struct kf_val *ret)
{
    const struct kf_plan *plan = ev->plan;
    if (!key)
        return false;
    if (r->at == KF_NO_AT || key >= plan->n_keys || !plan->needed[key])
        return kf_body_get(ev->events, r->event, key, ret);
    struct kf_eval_priv *p = kf_priv(ev);
    struct kf_fields **f = r->at == KF_SELF_AT ? &p->self_fields : &p->fields[r->at];
    if (!*f)
        *f = decode(ev, r->event);
    return find_field(*f, key, ret);
}

static bool get(struct kf_eval *ev, const struct kf_row *r, const struct kf_prop *p,
                struct kf_val *ret)
{
    if (!r->elem || !p->rel)
        return get_field(ev, r, p->key, ret);
    if (r->elem->type == KF_V_OBJ)
        return kf_obj_get(ev->events, r->elem, p->rel, ret);
    *ret = *r->elem; /* each "tags": an element has no parts, any name is the element */
    return true;
}

/* ---- values ---- */

static struct kf_value from_val(struct kf_eval *ev, const struct kf_row *r, const struct kf_val *v);

static struct kf_value from_list(struct kf_eval *ev, const struct kf_row *r, const struct kf_val *v)
{
    struct kf_value list = {.type = KF_VAL_LIST, .event = r->event};
    if (!v->count)
        return kf_value_missing();
    struct kf_value *item = kf_arena_alloc(&ev->scratch, v->count * sizeof *item);
    const uint8_t *at = NULL;
    struct kf_val e;
    while (list.n < v->count && kf_list_next(ev->events, v, &at, &e))
        item[list.n++] = from_val(ev, r, &e);
    list.item = item;
    return list;
}

static struct kf_value from_val(struct kf_eval *ev, const struct kf_row *r, const struct kf_val *v)
{
    struct kf_value out = {.type = KF_VAL_MISSING, .event = r->event};
    switch (v->type) {
    case KF_V_NULL:
        break;
    case KF_V_FALSE:
    case KF_V_TRUE:
        out.type = KF_VAL_BOOL;
        out.boolean = v->type == KF_V_TRUE;
        break;
    case KF_V_DEC:
        out.type = KF_VAL_NUMBER;
        out.number = v->dec;
        break;
    case KF_V_DOUBLE:
        out.type = KF_VAL_NUMBER;
        if (!kf_dec_from_double(v->num, &out.number))
            out = kf_value_undecided("a number is beyond what is kept exactly");
        break;
    case KF_V_LIST:
        return from_list(ev, r, v);
    case KF_V_OBJ:
        out = kf_value_undecided("a value is an object");
        break;
    default:
        out.type = v->text.n ? KF_VAL_TEXT : KF_VAL_MISSING;
        out.text = v->text;
        break;
    }
    out.event = r->event;
    return out;
}

static struct kf_value text_value(struct kf_str s, uint32_t event)
{
    struct kf_value v = {.type = s.n ? KF_VAL_TEXT : KF_VAL_MISSING, .text = s, .event = event};
    return v;
}

static struct kf_value column(const struct kf_eval *ev, uint32_t e, uint8_t which)
{
    const struct kf_events *es = ev->events;
    struct kf_value v = {.type = KF_VAL_TIME, .event = e};
    switch (which) {
    case KF_COLUMN_TIME:
        v.time = es->time[e];
        return v;
    case KF_COLUMN_RECEIVED:
        v.time = es->at[e].received;
        return v;
    case KF_COLUMN_NAME:
        return text_value(kf_symbols_text(es->dict->name, es->what[e].name), e);
    case KF_COLUMN_TYPE:
        return text_value(kf_cstr(kf_event_type_name(es->what[e].type)), e);
    case KF_COLUMN_SOURCE:
        return text_value(kf_symbols_text(es->dict->source, es->at[e].source + 1u), e);
    default:
        return es->what[e].platform == KF_PLATFORM_NONE
                   ? kf_value_missing()
                   : text_value(kf_cstr(kf_platform_name(es->what[e].platform)), e);
    }
}

/* The currency beside an amount: in the element, beside it in the event, of the event. */
static bool currency_of(struct kf_eval *ev, const struct kf_row *r, const struct kf_prop *p,
                        struct kf_str *ret)
{
    struct kf_val v;
    bool found = r->elem && r->elem->type == KF_V_OBJ && p->rel_currency &&
                 kf_obj_get(ev->events, r->elem, p->rel_currency, &v) && v.type == KF_V_TEXT &&
                 v.text.n;
    if (!found && !(r->elem && p->rel))
        found = get_field(ev, r, p->currency, &v) && v.type == KF_V_TEXT && v.text.n;
    if (!found)
        found = get_field(ev, r, KF_KEY_CURRENCY, &v) && v.type == KF_V_TEXT && v.text.n;
    if (found)
        *ret = v.text;
    return found;
}

static struct kf_value as_money(struct kf_eval *ev, const struct kf_row *r, const struct kf_prop *p,
                                struct kf_value v)
{
    struct kf_str currency;
    struct kf_value out = {.type = KF_VAL_MONEY, .event = v.event};
    if (v.type == KF_VAL_LIST) {
        struct kf_value *item = kf_arena_alloc(&ev->scratch, (v.n + 1) * sizeof *item);
        for (uint32_t i = 0; i < v.n; i++)
            item[i] = as_money(ev, r, p, v.item[i]);
        v.item = item;
        return v;
    }
    if (v.type != KF_VAL_NUMBER)
        return v;
    if (!currency_of(ev, r, p, &currency))
        out = kf_value_undecided("an amount has no currency beside it");
    else if (kf_money_exponent(currency) < 0)
        out = kf_value_undecided("an amount has an unknown currency");
    else if (!kf_money_from_dec(v.number, currency, &out.money))
        out = kf_value_undecided("an amount has more decimals than its currency");
    out.event = v.event;
    return out;
}

/* `products.quantity` where `products` is a list: what its elements say. */
static struct kf_value from_elements(struct kf_eval *ev, const struct kf_row *r,
                                     const struct kf_prop *p)
{
    struct kf_value out = {.type = KF_VAL_LIST, .event = r->event};
    struct kf_prop part = {.rel = p->part, .rel_currency = p->part_currency};
    struct kf_row one = *r;
    struct kf_val list, e, v;
    const uint8_t *at = NULL;
    if (r->elem || !p->list || !p->part || !get_field(ev, r, p->list, &list) ||
        list.type != KF_V_LIST || !list.count)
        return kf_value_missing();
    struct kf_value *item = kf_arena_alloc(&ev->scratch, list.count * sizeof *item);
    while (out.n < list.count && kf_list_next(ev->events, &list, &at, &e))
        if (e.type == KF_V_OBJ && kf_obj_get(ev->events, &e, p->part, &v) && v.type != KF_V_NULL) {
            one.elem = &e;
            item[out.n] = from_val(ev, r, &v);
            if (p->part_money)
                item[out.n] = as_money(ev, &one, &part, item[out.n]);
            out.n++;
        }
    out.item = item;
    return out.n ? out : kf_value_missing();
}

struct kf_value kf_row_property(struct kf_eval *ev, const struct kf_row *r, const struct kf_prop *p)
{
    struct kf_val v;
    if (p->column != KF_COLUMN_BODY)
        return column(ev, r->event, p->column);
    bool found = get(ev, r, p, &v);
    struct kf_value out = found ? from_val(ev, r, &v) : from_elements(ev, r, p);
    return p->money ? as_money(ev, r, p, out) : out;
}

bool kf_row_text(struct kf_eval *ev, const struct kf_row *r, const struct kf_prop *p,
                 struct kf_str *ret)
{
    struct kf_val v;
    if (!get(ev, r, p, &v) || v.type != KF_V_TEXT || !v.text.n)
        return false;
    *ret = v.text;
    return true;
}

bool kf_row_list(struct kf_eval *ev, const struct kf_row *r, const struct kf_prop *p,
                 struct kf_val *ret)
{
    if (!get(ev, r, p, ret) || ret->type == KF_V_NULL)
        return false;
    return ret->type != KF_V_TEXT || ret->text.n;
}

struct kf_value kf_eval_property(struct kf_eval *ev, uint32_t event, struct kf_str path)
{
    struct kf_prop p = kf_prop_compile(ev->plan, path, false);
    struct kf_row r = {.event = event, .at = KF_NO_AT, .time = ev->events->time[event]};
    return kf_row_property(ev, &r, &p);
}

bool kf_convert(struct kf_eval *ev, struct kf_value *v, const char cur[4])
{
    if (memcmp(v->money.cur, cur, 3) == 0)
        return true;
    if (v->event == UINT32_MAX) {
        ev->why = "an amount is in another currency and of no single day";
        return false;
    }
    int32_t day = kf_time_day(ev->plan->zone, ev->events->time[v->event]);
    if (kf_rates_convert(ev->plan->rates, v->money, cur, day, &v->money))
        return true;
    ev->why = "there is no exchange rate for the day of an amount";
    return false;
}

struct kf_value kf_row_identifier(struct kf_eval *ev, const struct kf_row *r, struct kf_str ns)
{
    if (!ev->ops->event_identifiers)
        return kf_value_undecided("identifiers are not known here");
    return ev->ops->event_identifiers(ev, r->event, ns);
}

static struct kf_value touch_value(struct kf_eval *ev, const struct kf_row *r, struct kf_str field)
{
    if (!r->touch)
        return kf_value_missing();
    if (!ev->ops->touch_field)
        return kf_value_undecided("touches are not known here");
    return ev->ops->touch_field(ev, r->touch, field);
}

struct kf_value kf_row_value(struct kf_eval *ev, const struct kf_row *r, const struct kf_node *n)
{
    const struct kf_pnode *pn = kf_pnode(ev, n);
    switch (n->op) {
    case KF_E_PROPERTY:
        return kf_row_property(ev, r, &pn->prop);
    case KF_E_IDENTIFIER:
        return kf_row_identifier(ev, r, n->name);
    case KF_E_TOUCH:
        return touch_value(ev, r, n->name);
    default:
        return kf_value_undecided("an event cannot answer this");
    }
}

/* ---- keys ---- */

/* Amounts without a currency are still the same number. */
static struct kf_value key_value(struct kf_eval *ev, const struct kf_row *r,
                                 const struct kf_node *n)
{
    struct kf_value v = kf_row_value(ev, r, n);
    if (v.type == KF_VAL_UNDECIDED && n->op == KF_E_PROPERTY && kf_pnode(ev, n)->prop.money) {
        struct kf_prop p = kf_pnode(ev, n)->prop;
        p.money = false;
        v = kf_row_property(ev, r, &p);
    }
    return v;
}

static struct kf_vkey extend(struct kf_vkey k, struct kf_str text)
{
    struct kf_hash128 h = kf_hash128(text.p, text.n);
    uint64_t lo = kf_mix64(k.lo + 0x9e3779b97f4a7c15ULL) ^ h.lo;
    struct kf_vkey out = {lo, kf_mix64(k.hi + 0xc2b2ae3d27d4eb4fULL) + h.hi, text};
    if (!out.lo && !out.hi)
        out.lo = 1; /* 0, 0 is a free slot */
    return out;
}

struct kf_vkey kf_text_key(struct kf_str text)
{
    return extend((struct kf_vkey){0, 0, {NULL, 0}}, text);
}

static bool has_key(const struct kf_vkey *k, uint32_t n, const struct kf_vkey *one)
{
    for (uint32_t i = 0; i < n; i++)
        if (k[i].lo == one->lo && k[i].hi == one->hi)
            return true;
    return false;
}

uint32_t kf_row_keys(struct kf_eval *ev, const struct kf_row *r, struct kf_node *const *expr,
                     uint32_t n, const struct kf_vkey **ret)
{
    struct kf_vkey *k = kf_arena_alloc(&ev->scratch, sizeof *k);
    uint32_t count = 1;
    k[0] = (struct kf_vkey){0, 0, {NULL, 0}};
    for (uint32_t i = 0; i < n; i++) {
        struct kf_value v = key_value(ev, r, expr[i]);
        const struct kf_value *item = v.type == KF_VAL_LIST ? v.item : &v;
        uint32_t items = v.type == KF_VAL_LIST ? v.n : 1, more = 0;
        struct kf_vkey *out = k;
        if (items > 1)
            out = kf_arena_alloc(&ev->scratch, (size_t)count * items * sizeof *out);
        for (uint32_t j = 0; j < items; j++) {
            struct kf_str text;
            if (!kf_value_key(&item[j], &ev->scratch, &text))
                continue;
            for (uint32_t a = 0; a < count; a++) {
                struct kf_vkey one = extend(k[a], text);
                if (items == 1 || more > 64 || !has_key(out, more, &one))
                    out[more++] = one;
            }
        }
        k = out;
        count = more;
        if (!count)
            return 0;
    }
    *ret = k;
    return count;
}

struct kf_keyset kf_keyset_new(struct kf_eval *ev, uint32_t n)
{
    struct kf_keyset s = {.mask = 15};
    while (s.mask / 2 < n)
        s.mask = s.mask * 2 + 1;
    s.slot = kf_arena_zalloc(&ev->scratch, (size_t)(s.mask + 1) * 2 * sizeof *s.slot);
    s.value = kf_arena_zalloc(&ev->scratch, (size_t)(s.mask + 1) * sizeof *s.value);
    return s;
}

static uint32_t slot_of(const struct kf_keyset *s, const struct kf_vkey *k)
{
    uint32_t at = (uint32_t)kf_mix64(k->lo) & s->mask;
    while ((s->slot[2 * at] || s->slot[2 * at + 1]) &&
           (s->slot[2 * at] != k->lo || s->slot[2 * at + 1] != k->hi))
        at = (at + 1) & s->mask;
    return at;
}

static void grow(struct kf_eval *ev, struct kf_keyset *s)
{
    struct kf_keyset more = kf_keyset_new(ev, s->mask);
    for (uint32_t i = 0; i <= s->mask; i++) {
        struct kf_vkey k = {s->slot[2 * i], s->slot[2 * i + 1], {NULL, 0}};
        if (!k.lo && !k.hi)
            continue;
        uint32_t at = slot_of(&more, &k);
        more.slot[2 * at] = k.lo;
        more.slot[2 * at + 1] = k.hi;
        more.value[at] = s->value[i];
        more.n++;
    }
    *s = more;
}

uint32_t *kf_keyset_put(struct kf_eval *ev, struct kf_keyset *s, const struct kf_vkey *k,
                        bool *ret_new)
{
    if ((s->n + 1) * 2 > s->mask)
        grow(ev, s);
    uint32_t at = slot_of(s, k);
    *ret_new = !s->slot[2 * at] && !s->slot[2 * at + 1];
    if (*ret_new) {
        s->slot[2 * at] = k->lo;
        s->slot[2 * at + 1] = k->hi;
        s->n++;
    }
    return &s->value[at];
}

const uint32_t *kf_keyset_find(const struct kf_keyset *s, const struct kf_vkey *k)
{
    uint32_t at = slot_of(s, k);
    return s->slot[2 * at] || s->slot[2 * at + 1] ? &s->value[at] : NULL;
}
