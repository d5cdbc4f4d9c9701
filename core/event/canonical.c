#include "event/canonical.h"

#include "base/vec.h"
#include "event/body.h"
#include "event/ingest.h"
#include "event/keys.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A field or an identifier, to be sorted by its texts. */
struct part {
    struct kf_str a, b;
    const uint8_t *value;
};
typedef kf_vec(struct part) parts;

static int cmp_part(const void *x, const void *y)
{
    const struct part *a = x, *b = y;
    int r = kf_str_cmp(a->a, b->a);
    return r ? r : kf_str_cmp(a->b, b->b);
}

static void sort_parts(parts *p)
{
    if (p->n > 1)
        qsort(p->p, p->n, sizeof *p->p, cmp_part);
}

static struct kf_str ident_text(const struct kf_texts *t, const uint8_t *number, uint64_t id)
{
    if (t->idents)
        return kf_idents_value(t->idents, (uint32_t)id);
    uint32_t at = (uint32_t)(number - t->builder->buf);
    for (uint32_t i = 0; i < t->builder->n_id; i++)
        if (t->builder->id[i].at == at)
            return kf_str(t->builder->id[i].p, t->builder->id[i].n);
    return kf_str("", 0);
}

static void collect(const struct kf_texts *t, const uint8_t *p, const uint8_t *end, parts *ret)
{
    while (p < end) {
        struct part part = {.a = kf_symbols_text(t->dict->key, (uint32_t)kf_varint_get(&p)),
                            .value = p};
        p = kf_value_end(p);
        *kf_vec_push(ret) = part;
    }
}

static void add_fields(const struct kf_texts *t, parts *p, struct kf_buf *out)
{
    sort_parts(p);
    kf_buf_addc(out, '{');
    for (size_t i = 0; i < p->n; i++) {
        if (i)
            kf_buf_addc(out, ',');
        kf_buf_add_json(out, p->p[i].a);
        kf_buf_addc(out, ':');
        kf_canonical_value(t, p->p[i].value, out);
    }
    kf_buf_addc(out, '}');
}

static void add_double(double v, struct kf_buf *out)
{
    if (!isfinite(v))
        kf_buf_adds(out, "null");
    else
        kf_buf_addf(out, "%.17g", v);
}

static void add_list(const struct kf_texts *t, const uint8_t *p, const uint8_t *end,
                     struct kf_buf *out)
{
    kf_buf_addc(out, '[');
    kf_varint_get(&p);
    for (bool first = true; p < end; first = false) {
        if (!first)
            kf_buf_addc(out, ',');
        p = kf_canonical_value(t, p, out);
    }
    kf_buf_addc(out, ']');
}

static void add_object(const struct kf_texts *t, const uint8_t *p, const uint8_t *end,
                       struct kf_buf *out)
{
    parts fields = {0};
    collect(t, p, end, &fields);
    add_fields(t, &fields, out);
    kf_vec_free(&fields);
}

static void add_dec(const uint8_t *p, struct kf_buf *out)
{
    char text[40];
    struct kf_dec d = {.scale = (int8_t)*p++};
    d.m = kf_unzigzag(kf_varint_get(&p));
    kf_buf_add(out, text, kf_dec_format(d, text));
}

const uint8_t *kf_canonical_value(const struct kf_texts *t, const uint8_t *value,
                                  struct kf_buf *out)
{
    const uint8_t *end = kf_value_end(value), *p = value + 1, *from = p;
    double num;
    switch (*value) {
    case KF_V_NULL:
        kf_buf_adds(out, "null");
        break;
    case KF_V_FALSE:
    case KF_V_TRUE:
        kf_buf_adds(out, *value == KF_V_TRUE ? "true" : "false");
        break;
    case KF_V_DEC:
        add_dec(p, out);
        break;
    case KF_V_DOUBLE:
        memcpy(&num, p, sizeof num);
        add_double(num, out);
        break;
    case KF_V_TEXT: {
        uint64_t n = kf_varint_get(&p);
        kf_buf_add_json(out, kf_str((const char *)p, n));
        break;
    }
    case KF_V_SYM:
        kf_buf_add_json(out, kf_symbols_text(t->dict->value, (uint32_t)kf_varint_get(&p)));
        break;
    case KF_V_IDENT: {
        uint64_t id = kf_varint_get(&p);
        kf_buf_add_json(out, ident_text(t, from, id));
        break;
    }
    case KF_V_LIST:
        kf_varint_get(&p);
        add_list(t, p, end, out);
        break;
    case KF_V_OBJ:
        kf_varint_get(&p);
        add_object(t, p, end, out);
        break;
    default:
        break;
    }
    return end;
}

static void add_time(const char *name, int64_t t, struct kf_buf *out)
{
    char text[48];
    kf_buf_addf(out, ",\"%s\":\"%.*s\"", name, (int)kf_time_format(t, text), text);
}

static void add_idents(parts *p, struct kf_buf *out)
{
    sort_parts(p);
    kf_buf_adds(out, ",\"identifiers\":[");
    for (size_t i = 0; i < p->n; i++) {
        kf_buf_adds(out, i ? ",[" : "[");
        kf_buf_add_json(out, p->p[i].a);
        kf_buf_addc(out, ',');
        kf_buf_add_json(out, p->p[i].b);
        kf_buf_addc(out, ']');
    }
    kf_buf_addc(out, ']');
}

static void add_name(const char *member, struct kf_str text, struct kf_buf *out)
{
    if (!text.n)
        return;
    kf_buf_addf(out, ",\"%s\":", member);
    kf_buf_add_json(out, text);
}

void kf_canonical_content(const struct kf_event_builder *b, const struct kf_event_head *h,
                          struct kf_buf *out)
{
    struct kf_texts t = {b->dict, NULL, b};
    parts fields = {0}, idents = {0};
    collect(&t, b->buf, b->buf + b->n, &fields);
    for (uint32_t i = 0; i < b->n_id; i++)
        if (b->id[i].listed)
            *kf_vec_push(&idents) = (struct part){kf_symbols_text(b->dict->ns, b->id[i].ns),
                                                  kf_str(b->id[i].p, b->id[i].n), NULL};
    kf_buf_adds(out, "{\"fields\":");
    add_fields(&t, &fields, out);
    add_idents(&idents, out);
    add_name("name", h->name, out);
    add_name("source", kf_symbols_text(b->dict->source, h->source + 1u), out);
    add_time("time", h->time, out);
    add_name("type", kf_cstr(kf_event_type_name(h->type)), out);
    kf_buf_addc(out, '}');
    kf_vec_free(&fields);
    kf_vec_free(&idents);
}

/* whole: with id and reception */
static void add_event(const struct kf_events *e, uint32_t event, bool whole, struct kf_buf *out)
{
    struct kf_texts t = {e->dict, e->idents, NULL};
    parts fields = {0}, idents = {0};
    const uint8_t *p = e->what[event].body, *body = p;
    kf_varint_get(&p);
    collect(&t, p, body + kf_body_size(body), &fields);
    size_t n = 0;
    for (size_t i = 0; i < fields.n; i++) /* the id is a member of its own */
        if (!kf_str_eq(fields.p[i].a, kf_symbols_text(e->dict->key, KF_KEY_EVENT_ID)))
            fields.p[n++] = fields.p[i];
    fields.n = n;
    for (uint32_t i = 0; i < e->at[event].id_n; i++) {
        uint32_t id = e->id_pool[e->at[event].id_off + i];
        *kf_vec_push(&idents) =
            (struct part){kf_symbols_text(e->dict->ns, kf_idents_ns(e->idents, id)),
                          kf_idents_value(e->idents, id), NULL};
    }
    kf_buf_adds(out, "{\"fields\":");
    add_fields(&t, &fields, out);
    if (whole)
        add_name("id", kf_event_id(e, event), out);
    add_idents(&idents, out);
    add_name("name", kf_symbols_text(e->dict->name, e->what[event].name), out);
    add_name("platform", kf_cstr(kf_platform_name(e->what[event].platform)), out);
    if (whole)
        add_time("received", e->at[event].received, out);
    add_name("source", kf_symbols_text(e->dict->source, e->at[event].source + 1u), out);
    add_time("time", e->time[event], out);
    add_name("type", kf_cstr(kf_event_type_name(e->what[event].type)), out);
    kf_buf_addc(out, '}');
    kf_vec_free(&fields);
    kf_vec_free(&idents);
}

void kf_canonical_event(const struct kf_events *e, uint32_t event, struct kf_buf *out)
{
    add_event(e, event, true, out);
}

void kf_canonical_said(const struct kf_events *e, uint32_t event, struct kf_buf *out)
{
    add_event(e, event, false, out);
}

void kf_event_json(const struct kf_events *e, uint32_t event, struct kf_buf *out)
{
    kf_canonical_event(e, event, out);
}
