#include "event/rewrite.h"

#include "base/error.h"
#include "event/body.h"
#include "event/builder.h"
#include "event/keys.h"

#include <stdlib.h>

/* ---- looking ---- */

static bool value_touches(const struct kf_events *e, const uint8_t *p, const struct kf_rewrite *r);

static bool fields_touch(const struct kf_events *e, const uint8_t *p, const uint8_t *end,
                         const struct kf_rewrite *r)
{
    while (p < end) {
        kf_varint_get(&p);
        if (value_touches(e, p, r))
            return true;
        p = kf_value_end(p);
    }
    return false;
}

static bool text_goes(const struct kf_rewrite *r, const struct kf_val *v)
{
    return r->text && r->text(r->ctx, v->text, v->sym);
}

static bool value_touches(const struct kf_events *e, const uint8_t *p, const struct kf_rewrite *r)
{
    struct kf_val v;
    uint8_t form = *p;
    kf_value_read(e, p, &v);
    const uint8_t *at = (const uint8_t *)v.text.p, *end = at + v.text.n;
    switch (form) {
    case KF_V_IDENT:
        p++;
        return r->ident && r->ident[kf_varint_get(&p)];
    case KF_V_TEXT:
    case KF_V_SYM:
        return text_goes(r, &v);
    case KF_V_OBJ:
        return fields_touch(e, at, end, r);
    case KF_V_LIST:
        for (; at < end; at = kf_value_end(at))
            if (value_touches(e, at, r))
                return true;
        return false;
    default:
        return false;
    }
}

static const uint8_t *own_fields(const struct kf_events *e, uint32_t event, const uint8_t **ret_end)
{
    const uint8_t *p = e->what[event].body;
    uint64_t n = kf_varint_get(&p);
    const uint8_t *end = p + n, *field = p;
    *ret_end = end;
    if (p < end && kf_varint_get(&field) == KF_KEY_EVENT_ID) /* always in front */
        p = kf_value_end(field);
    return p;
}

bool kf_rewrite_touches(const struct kf_events *e, uint32_t event, const struct kf_rewrite *r)
{
    const uint8_t *end, *p = own_fields(e, event, &end);
    for (uint16_t i = 0; r->ident && i < e->at[event].id_n; i++)
        if (r->ident[e->id_pool[e->at[event].id_off + i]])
            return true;
    return fields_touch(e, p, end, r);
}

/* ---- moving ---- */

struct move {
    const struct kf_events *from;
    const struct kf_rewrite *r;
    struct kf_event_builder *b;
    struct kf_dict *dict;
};

static uint32_t key_of(const struct move *m, uint32_t key)
{
    return kf_symbols_add(m->dict->key, kf_symbols_text(m->from->dict->key, key));
}

static uint32_t ns_of(const struct move *m, uint32_t ident)
{
    return kf_symbols_add(m->dict->ns,
                          kf_symbols_text(m->from->dict->ns, kf_idents_ns(m->from->idents, ident)));
}

/* A text in the form it had: which texts have numbers shows in no result, but need not change. */
static uint8_t *put_text(const struct move *m, uint8_t *p, uint8_t form, const struct kf_val *v)
{
    struct kf_str t = text_goes(m->r, v) ? kf_cstr(KF_ERASED_TEXT) : v->text;
    uint32_t sym = form == KF_V_SYM ? kf_symbols_add(m->dict->value, t) : 0;
    return sym ? kf_put_sym(p, sym) : kf_put_text(p, t);
}

static void add_value(const struct move *m, const uint8_t *p);

static void add_list(const struct move *m, const struct kf_val *v)
{
    const uint8_t *at = (const uint8_t *)v->text.p, *end = at + v->text.n;
    size_t open = kf_builder_open(m->b, KF_V_LIST);
    for (; at < end; at = kf_value_end(at))
        add_value(m, at);
    kf_builder_close_list(m->b, open, v->count);
}

static void add_object(const struct move *m, const struct kf_val *v)
{
    const uint8_t *at = (const uint8_t *)v->text.p, *end = at + v->text.n;
    size_t open = kf_builder_open(m->b, KF_V_OBJ);
    while (at < end) {
        uint32_t key = key_of(m, (uint32_t)kf_varint_get(&at));
        kf_builder_done(m->b, kf_varint_put(kf_builder_room(m->b, KF_VARINT_MAX), key));
        add_value(m, at);
        at = kf_value_end(at);
    }
    kf_builder_close(m->b, open);
}

/* Appends a value behind what is there. */
static void add_value(const struct move *m, const uint8_t *p)
{
    struct kf_val v;
    uint8_t form = *p;
    const uint8_t *end = kf_value_read(m->from, p, &v);
    if (form == KF_V_LIST) {
        add_list(m, &v);
    } else if (form == KF_V_OBJ) {
        add_object(m, &v);
    } else if (form == KF_V_TEXT || form == KF_V_SYM || form == KF_V_IDENT) {
        uint8_t *to = kf_builder_room(m->b, 32 + v.text.n);
        kf_builder_done(m->b, put_text(m, to, form, &v));
    } else { /* no number of a dictionary in it */
        size_t n = (size_t)(end - p);
        memcpy(kf_builder_room(m->b, n), p, n);
        m->b->n += n;
    }
}

static void add_field(const struct move *m, uint32_t key, const uint8_t *p)
{
    if (*p == KF_V_IDENT) {
        const uint8_t *at = p + 1;
        uint32_t id = (uint32_t)kf_varint_get(&at);
        if (!m->r->ident || !m->r->ident[id])
            kf_builder_ident(m->b, ns_of(m, id), kf_idents_value(m->from->idents, id), key);
        return;
    }
    kf_builder_done(m->b, kf_builder_field(m->b, key, 0));
    add_value(m, p);
}

static void move_event(const struct move *m, struct kf_events *to, uint32_t e)
{
    const struct kf_events *from = m->from;
    const uint8_t *end, *p = own_fields(from, e, &end);
    kf_event_builder_begin(m->b);
    for (uint16_t i = 0; i < from->at[e].id_n; i++) { /* in the order they were listed in */
        uint32_t id = from->id_pool[from->at[e].id_off + i];
        if (!m->r->ident || !m->r->ident[id])
            kf_builder_ident(m->b, ns_of(m, id), kf_idents_value(from->idents, id), 0);
    }
    while (p < end) {
        uint32_t key = key_of(m, (uint32_t)kf_varint_get(&p));
        add_field(m, key, p);
        p = kf_value_end(p);
    }
    struct kf_event_head h = {.time = from->time[e],
                              .received = from->at[e].received,
                              .name = from->what[e].name
                                          ? kf_symbols_text(from->dict->name, from->what[e].name)
                                          : kf_str(NULL, 0),
                              .id = kf_event_id(from, e),
                              .type = from->what[e].type,
                              .platform = from->what[e].platform,
                              .source = from->at[e].source,
                              .file = from->at[e].file,
                              .record = from->at[e].record};
    kf_event_builder_end(m->b, to, &h);
}

static void copy_symbols(struct kf_symbols *to, const struct kf_symbols *from)
{
    for (uint32_t i = 1; i <= kf_symbols_count(from); i++)
        kf_symbols_add(to, kf_symbols_text(from, i));
}

static void free_all(struct kf_events *e)
{
    struct kf_dict *d = e->dict;
    kf_idents_free(e->idents);
    kf_events_free(e);
    kf_dict_free(d);
    free(d);
}

int kf_events_rewrite(struct kf_events *take, const struct kf_rewrite *r, struct kf_events **ret,
                      struct kf_error *err)
{
    struct kf_dict *d = calloc(1, sizeof *d);
    if (!d || kf_dict_init(d)) {
        free(d);
        return kf_error_set(err, KF_E_NOMEM, "event", "out of memory");
    }
    copy_symbols(d->source, take->dict->source); /* columns and results point to these two */
    copy_symbols(d->file, take->dict->file);
    copy_symbols(d->ns, take->dict->ns); /* connectors know them, used or not */
    struct kf_events *to = kf_events_new(d, kf_idents_new());
    struct kf_arena bodies = {0};
    kf_arena_init(&bodies, 1u << 20);
    struct move m = {take, r, kf_event_builder_new(d, to->idents, &bodies), d};
    for (uint32_t e = 0; e < take->n; e++)
        if (!take->dropped[e])
            move_event(&m, to, e);
    kf_event_builder_free(m.b);
    kf_events_take_arena(to, &bodies);
    to->earlier_copies = take->earlier_copies;
    free_all(take);
    *ret = to;
    return 0;
}
