#include "event/events.h"

#include "base/vec.h"
#include "event/body.h"
#include "event/keys.h"
#include "event/varint.h"

#include <stdlib.h>

/* ---- dictionaries ---- */

/* Names and values come from outside, so their number is bounded: 2^22 paths, names, values. Who
 * asks for one more gets 0 and keeps the text itself, or quarantines the record. */
#define MAX_TEXTS (1u << 22)

int kf_dict_init(struct kf_dict *d)
{
    static const char *const known[] = {
#define PATH(id, path) path,
        KF_KEYS(PATH)
#undef PATH
    };
    d->key = kf_symbols_new(MAX_TEXTS);
    d->name = kf_symbols_new(MAX_TEXTS);
    d->value = kf_symbols_new(MAX_TEXTS);
    d->ns = kf_symbols_new(UINT16_MAX);
    d->source = kf_symbols_new(UINT16_MAX);
    d->file = kf_symbols_new(0);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (kf_symbols_add(d->key, kf_cstr(known[i])) != i + 1)
            return KF_E_INTERNAL;
    return 0;
}

void kf_dict_free(struct kf_dict *d)
{
    kf_symbols_free(d->key);
    kf_symbols_free(d->name);
    kf_symbols_free(d->value);
    kf_symbols_free(d->ns);
    kf_symbols_free(d->source);
    kf_symbols_free(d->file);
    *d = (struct kf_dict){0};
}

/* ---- names of types and platforms ---- */

static const char *const type_names[KF_EVENT_TYPES] = {
    "", "identify", "track", "page", "screen", "group", "alias", "consent", "cost", "adjustment"};
static const char *const platform_names[] = {"", "web", "ios", "android", "server"};

const char *kf_event_type_name(uint8_t type)
{
    return type < KF_EVENT_TYPES ? type_names[type] : "";
}

uint8_t kf_event_type_parse(struct kf_str name)
{
    for (uint8_t i = 1; i < KF_EVENT_TYPES; i++)
        if (kf_str_eq(name, kf_cstr(type_names[i])))
            return i;
    return KF_EVENT_NONE;
}

const char *kf_platform_name(uint8_t platform)
{
    return platform < sizeof platform_names / sizeof *platform_names ? platform_names[platform]
                                                                     : "";
}

/* ---- columns ---- */

struct kf_events *kf_events_new(struct kf_dict *d, struct kf_idents *ids)
{
    struct kf_events *e = calloc(1, sizeof *e);
    if (!e)
        kf_arena_exhausted(sizeof *e);
    e->dict = d;
    e->idents = ids;
    return e;
}

void kf_events_free(struct kf_events *e)
{
    if (!e)
        return;
    free(e->time);
    free(e->what);
    free(e->id_pool);
    free(e->at);
    free(e->dropped);
    for (uint32_t i = 0; i < e->n_arenas; i++)
        kf_arena_free(&e->arenas[i]);
    free(e->arenas);
    free(e);
}

static void *resized(void *p, size_t n, size_t size)
{
    void *q = realloc(p, n * size);
    if (!q)
        kf_arena_exhausted(n * size);
    return q;
}

void kf_events_reserve(struct kf_events *e, uint32_t more)
{
    if (more > UINT32_MAX - 1 - e->n)
        kf_arena_exhausted((size_t)e->n + more);
    if (e->n + more <= e->cap)
        return;
    size_t cap = e->cap ? (size_t)e->cap * 2 : 1024;
    while (cap < (size_t)e->n + more)
        cap *= 2;
    if (cap > UINT32_MAX - 1)
        cap = UINT32_MAX - 1;
    e->time = resized(e->time, cap, sizeof *e->time);
    e->what = resized(e->what, cap, sizeof *e->what);
    e->at = resized(e->at, cap, sizeof *e->at);
    e->dropped = resized(e->dropped, cap, sizeof *e->dropped);
    e->cap = (uint32_t)cap;
}

void kf_events_reserve_ids(struct kf_events *e, uint64_t more)
{
    uint64_t need = e->id_pool_n + more;
    if (need <= e->id_pool_cap)
        return;
    if (need > UINT32_MAX) /* id_off could not say where */
        kf_arena_exhausted(need * sizeof *e->id_pool);
    uint64_t cap = e->id_pool_cap ? e->id_pool_cap * 2 : 4096;
    while (cap < need)
        cap *= 2;
    e->id_pool = resized(e->id_pool, cap, sizeof *e->id_pool);
    e->id_pool_cap = cap;
}

void kf_events_take_arena(struct kf_events *e, struct kf_arena *take)
{
    e->arenas = resized(e->arenas, (size_t)e->n_arenas + 1, sizeof *e->arenas);
    e->arenas[e->n_arenas++] = *take;
    *take = (struct kf_arena){0};
}

#define COPY(column) memcpy(into->column + into->n, from->column, from->n * sizeof *into->column)

void kf_events_append(struct kf_events *into, const struct kf_events *from)
{
    if (!from->n)
        return;
    kf_events_reserve(into, from->n);
    kf_events_reserve_ids(into, from->id_pool_n);
    COPY(time);
    COPY(what);
    COPY(at);
    COPY(dropped);
    for (uint32_t i = 0; i < from->n; i++)
        into->at[into->n + i].id_off += (uint32_t)into->id_pool_n;
    if (from->id_pool_n)
        memcpy(into->id_pool + into->id_pool_n, from->id_pool,
               from->id_pool_n * sizeof *into->id_pool);
    into->id_pool_n += from->id_pool_n;
    into->n += from->n;
}

/* Columns of `take` become those of `into`, which has none of its own. */
static void take_columns(struct kf_events *into, struct kf_events *take)
{
    struct kf_events before = *into;
    *into = *take;
    into->dict = before.dict;
    into->idents = before.idents;
    into->arenas = before.arenas;
    into->n_arenas = before.n_arenas;
    before.arenas = take->arenas;
    before.n_arenas = take->n_arenas;
    *take = before;
}

void kf_events_take(struct kf_events *into, struct kf_events *take)
{
    if (into->n || into->id_pool_n)
        kf_events_append(into, take);
    else
        take_columns(into, take);
    for (uint32_t i = 0; i < take->n_arenas; i++)
        kf_events_take_arena(into, &take->arenas[i]);
    take->n_arenas = 0;
    take->n = 0;
    take->id_pool_n = 0;
}

/* ---- one event ---- */

struct kf_str kf_event_id(const struct kf_events *e, uint32_t event)
{
    struct kf_val v;
    const uint8_t *p = e->what[event].body;
    uint64_t n = kf_varint_get(&p);
    if (n > 2 && p[0] == KF_KEY_EVENT_ID && p[1] == KF_V_TEXT) { /* the builder puts it first */
        p += 2;
        n = kf_varint_get(&p);
        return kf_str((const char *)p, n);
    }
    return kf_body_get(e, event, KF_KEY_EVENT_ID, &v) && v.type == KF_V_TEXT ? v.text
                                                                             : kf_str("", 0);
}

int kf_event_cmp(const struct kf_events *e, uint32_t a, uint32_t b)
{
    if (e->time[a] != e->time[b])
        return e->time[a] < e->time[b] ? -1 : 1;
    int r = kf_str_cmp(kf_event_id(e, a), kf_event_id(e, b));
    if (r || e->at[a].source == e->at[b].source)
        return r;
    return kf_str_cmp(kf_symbols_text(e->dict->source, e->at[a].source + 1u),
                      kf_symbols_text(e->dict->source, e->at[b].source + 1u));
}
