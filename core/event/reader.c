#include "event/reader.h"

#include "event/dedupe.h"
#include "event/keys.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stdlib.h>

#define GROUP                                                                                      \
    512u /* identifiers that are looked up together; their texts are still in the cache            \
          */

int kf_reader_open(const struct kf_run_host *host, const struct kf_plugin_handle *plugin,
                   const struct kf_option_value *values, const struct kf_config_source *source,
                   void **ret_instance, struct kf_shape *ret_shape, struct kf_error *err)
{
    void *instance = NULL;
    struct kf_shape shape = {.size = sizeof shape};
    int rc = plugin->source.open(&host->pub, values, &instance, err);
    if (rc == 0)
        rc = plugin->source.shape(instance, &shape, err);
    if (rc == 0 && shape.format != KF_FORMAT_JSON && shape.format != KF_FORMAT_CSV)
        rc = kf_error_set(err, KF_E_CONFIG, "event", "connector %s declares no format",
                          plugin->plugin.name);
    if (rc == 0 && (shape.map_len > 10000 || (shape.map_len && !shape.map)))
        rc = kf_error_set(err, KF_E_CONFIG, "event", "connector %s has no usable field map",
                          plugin->plugin.name);
    if (rc) {
        if (plugin->source.close)
            plugin->source.close(instance);
        kf_error_context(err, "source '%s'", source->name);
        return rc;
    }
    *ret_instance = instance;
    *ret_shape = shape;
    return 0;
}

static int set_zone(struct kf_reader *r, const struct kf_config *config, struct kf_error *err)
{
    r->zone = config ? config->zone : NULL;
    if (!r->shape.zone || !*r->shape.zone)
        return 0;
    r->own_zone = kf_zone_new(r->shape.zone, err);
    r->zone = r->own_zone;
    return r->own_zone ? 0 : KF_E_CONFIG;
}

int kf_reader_new(const struct kf_reader_setup *s, struct kf_reader **ret, struct kf_error *err)
{
    struct kf_reader *r = calloc(1, sizeof *r);
    if (!r)
        return kf_error_set(err, KF_E_NOMEM, "event", "no memory for a reader");
    r->plugin = s->plugin;
    r->dict = s->dict;
    r->idents = s->idents;
    r->out = s->out;
    r->bodies = s->bodies;
    r->texts = s->texts;
    r->index = s->index;
    r->source = (uint16_t)(kf_symbols_add(s->dict->source, kf_cstr(s->source->name)) - 1u);
    int rc = kf_reader_open(s->host, s->plugin, s->values, s->source, &r->instance, &r->shape, err);
    if (rc == 0)
        rc = kf_trie_new(&r->shape, s->dict, &r->trie, err);
    if (rc == 0) {
        r->trie->ask = s->plugin->source.column;
        r->trie->instance = r->instance;
        rc = set_zone(r, s->config, err);
    }
    r->simd = kf_simd_new();
    if (rc == 0 && !r->simd)
        rc = kf_error_set(err, KF_E_NOMEM, "event", "no memory for a JSON reader");
    if (rc) {
        kf_reader_free(r);
        return rc;
    }
    kf_arena_init(&r->keep, 64u << 10);
    r->b = kf_event_builder_new(s->dict, s->idents, s->bodies);
    r->hand = (struct kf_hand){.b = r->b,
                               .dict = s->dict,
                               .keep = &r->keep,
                               .zone = r->zone,
                               .zone_said = r->own_zone != NULL,
                               .decimal = r->shape.decimal ? (char)r->shape.decimal : '.',
                               .reader = r};
    r->hand.pub.size = sizeof r->hand.pub;
    r->hand.pub.host = r;
    r->walk = (struct kf_walk){.hand = &r->hand, .trie = r->trie};
    *ret = r;
    return 0;
}

void kf_reader_free(struct kf_reader *r)
{
    if (!r)
        return;
    if (r->instance && r->plugin->source.close)
        r->plugin->source.close(r->instance);
    kf_event_builder_free(r->b);
    kf_trie_free(r->trie);
    kf_simd_free(r->simd);
    kf_symcache_free(&r->names);
    kf_zone_free(r->own_zone);
    kf_vec_free(&r->want);
    kf_vec_free(&r->waiting);
    kf_vec_free(&r->id_hash);
    kf_vec_free(&r->refused);
    kf_arena_free(&r->keep);
    free(r->column);
    free(r->cell);
    free(r);
}

/* ---- identifiers ---- */

void kf_reader_flush(struct kf_reader *r)
{
    kf_idents_add_group(r->idents, r->want.p, r->want.n);
    for (size_t i = 0; i < r->want.n; i++) {
        uint32_t id = r->want.p[i].id;
        const struct kf_waiting *w = &r->waiting.p[i];
        if (id == UINT32_MAX)
            kf_arena_exhausted(r->want.p[i].n); /* more than 2^28: not on one machine */
        if (w->body_at)
            kf_varint_put4(w->body_at, id);
        if (w->pool_at != UINT64_MAX)
            r->out->id_pool[w->pool_at] = id;
    }
    r->want.n = r->waiting.n = 0;
    if (r->keep.used)
        kf_arena_reset(&r->keep);
}

static void queue_idents(struct kf_reader *r, uint32_t event, uint8_t *fields)
{
    struct kf_events *e = r->out;
    if (e->id_pool_n + r->b->n_id > e->id_pool_cap)
        kf_events_reserve_ids(e, r->b->n_id);
    for (uint32_t i = 0; i < r->b->n_id; i++) {
        const struct kf_pending *id = &r->b->id[i];
        bool listed = id->listed && e->at[event].id_n < UINT16_MAX;
        *kf_vec_push(&r->want) = (struct kf_ident_want){id->hash, id->p, id->n, id->ns, 0};
        *kf_vec_push(&r->waiting) = (struct kf_waiting){
            id->at == KF_NOWHERE ? NULL : fields + id->at, listed ? e->id_pool_n : UINT64_MAX};
        e->at[event].id_n = (uint16_t)(e->at[event].id_n + listed);
        e->id_pool_n += listed;
    }
}

/* ---- events ---- */

static bool is_whole(struct kf_reader *r)
{
    struct kf_record *p = &r->hand.pub;
    if (p->type == KF_EVENT_NONE || p->type >= KF_EVENT_TYPES)
        return kf_hand_fail(&r->hand, "no_type", "nothing says what type of event this is");
    if (p->type == KF_EVENT_TRACK && !p->name.n)
        return kf_hand_fail(&r->hand, "no_name", "a track event without a name");
    if (p->name.n > KF_NAME_MAX)
        return kf_hand_fail(&r->hand, "too_long", "an event name of %zu bytes; %u are possible",
                            (size_t)p->name.n, KF_NAME_MAX);
    if (p->time == KF_NO_TIME)
        return kf_hand_fail(&r->hand, "no_time", "nothing says when it happened");
    if (p->message_id.n > KF_IDENT_MAX)
        return kf_hand_fail(&r->hand, "too_long", "a message id of %zu bytes",
                            (size_t)p->message_id.n);
    return true;
}

static uint32_t name_symbol(struct kf_reader *r)
{
    struct kf_str name = kf_str(r->hand.pub.name.p, r->hand.pub.name.n);
    if (!name.n)
        return 0;
    uint32_t sym = kf_symcache_get(&r->names, r->dict->name, name);
    return sym ? sym : kf_symbols_add(r->dict->name, name);
}

static void put_time_note(struct kf_reader *r)
{
    static const char *const name[] = {NULL, "no_offset", "dst_gap"};
    const char *note = name[r->hand.time_note];
    if (!note)
        return;
    uint32_t key = kf_symbols_add(r->dict->key, kf_cstr(KF_TIME_NOTE)),
             value = kf_symbols_add(r->dict->value, kf_cstr(note));
    if (key && value)
        kf_builder_done(r->b, kf_put_sym(kf_builder_field(r->b, key, 16), value));
}

bool kf_reader_emit(struct kf_reader *r)
{
    struct kf_record *p = &r->hand.pub;
    if (r->hand.reason || !is_whole(r))
        return false;
    struct kf_event_head h = {.time = p->time,
                              .received = p->received,
                              .name = kf_str(p->name.p, p->name.n),
                              .id = kf_str(p->message_id.p, p->message_id.n),
                              .type = p->type,
                              .platform = p->platform,
                              .source = r->source,
                              .file = r->file,
                              .record = r->record};
    uint32_t name = name_symbol(r);
    if (h.name.n && !name)
        return kf_hand_fail(&r->hand, "too_many_names",
                            "more different event names than can be numbered");
    if (p->original_time != KF_NO_TIME && p->original_time != p->time) {
        char text[48];
        size_t n = kf_time_format(p->original_time, text);
        uint8_t *at = kf_builder_field(r->b, KF_KEY_ORIGINAL_TIME, 64);
        kf_builder_done(r->b, kf_put_text(at, kf_str(text, n)));
    }
    if (kf_builder_has(r->b, KF_KEY_EVENT_ID))
        kf_builder_cut(r->b, KF_KEY_EVENT_ID);
    char content[33];
    if (!h.id.n) {
        kf_builder_content_id(r->b, &h, content);
        h.id = kf_str(content, 32);
    }
    put_time_note(r); /* behind the content: it is about how that was written */
    uint8_t *fields;
    const uint8_t *body = kf_builder_body(r->b, h.id, &fields);
    uint32_t event = kf_builder_row(r->out, &h, name, body);
    *kf_vec_push(&r->id_hash) = kf_event_id_hash(r->source, h.id);
    queue_idents(r, event, fields);
    r->events++;
    return true;
}

void kf_reader_refuse(struct kf_reader *r, const char *reason, const char *detail)
{
    struct kf_str raw = r->raw;
    if (raw.n > KF_RAW_MAX)
        raw.n = KF_RAW_MAX;
    size_t n = strlen(detail);
    struct kf_quarantine q = {
        .source = r->index, .file = r->file, .record = r->record, .reason = reason};
    q.detail = kf_str(kf_arena_strndup(r->texts, detail, n), n);
    q.raw = kf_str(kf_arena_strndup(r->texts, raw.p ? raw.p : "", raw.n), raw.n);
    *kf_vec_push(&r->refused) = (struct kf_refused){q, r->chunk};
    r->rejected++;
}

void kf_reader_lose(struct kf_reader *r, const struct kf_chunk *c, const struct kf_lost *l)
{
    r->raw = kf_str(c->buf + l->at, l->shown);
    kf_hand_begin(&r->hand);
    kf_hand_fail(&r->hand, l->reason, "%s", l->detail);
    kf_reader_finish(r, false);
}

static bool ask_plugin(struct kf_reader *r)
{
    struct kf_error err = KF_ERROR_INIT;
    switch (r->plugin->source.finish(r->instance, &r->hand.pub, &err)) {
    case KF_RECORD_OK:
        return kf_reader_emit(r);
    case KF_RECORD_SKIP:
        r->skipped++;
        return true;
    default:
        err.message[sizeof err.message - 1] = 0;
        return kf_hand_fail(&r->hand, "plugin", "%s",
                            err.message[0] ? err.message : "the connector refused the record");
    }
}

void kf_reader_finish(struct kf_reader *r, bool ok)
{
    r->records++;
    if (ok) {
        r->hand.pub.raw = (struct kf_text){r->raw.p, r->raw.n};
        ok = r->plugin->source.finish ? ask_plugin(r) : kf_reader_emit(r);
    }
    if (!ok)
        kf_reader_refuse(r, r->hand.reason ? r->hand.reason : "plugin", r->hand.detail);
    if (r->want.n >= GROUP || r->keep.used > (1u << 20))
        kf_reader_flush(r);
}

int kf_reader_chunk(struct kf_reader *r, const struct kf_chunk *c, struct kf_error *err)
{
    r->refused.n = 0;
    r->id_hash.n = 0;
    r->records = r->events = r->rejected = r->skipped = 0;
    r->file = c->file_symbol;
    r->chunk = c->number;
    (void)err;
    if (r->shape.format == KF_FORMAT_CSV)
        kf_reader_csv(r, c);
    else
        kf_reader_json(r, c);
    kf_reader_flush(r);
    return 0;
}
