#include "event/ingest.h"

#include "base/log.h"
#include "base/pool.h"
#include "event/dedupe.h"
#include "event/reader.h"

#include <stdatomic.h>
#include <stdlib.h>

#define LATE (24 * 3600 * 1000000000LL)

/* What became of one chunk: the numbers of its records begin where those of the chunk before end.
 * (A table's chunks know their line: `lines` is 0.) */
struct piece {
    uint32_t chunk, file, file_symbol, lines;
    uint32_t first, n; /* events of the worker */
    uint32_t records, events, rejected, skipped;
    uint16_t source;
};

struct worker {
    struct kf_reader **reader; /* by source; NULL: nothing of it came here yet */
    struct kf_events *out;
    struct kf_arena bodies, texts;
    kf_vec(uint64_t) id_hash; /* of every event of out */
    kf_vec(struct kf_refused) refused;
    kf_vec(struct piece) piece;
};

struct ingest {
    const struct kf_ingest_options *o;
    struct kf_feed_source *source;
    struct kf_option_value **values;
    uint32_t n_source;
    struct kf_run_host host;
    struct kf_events *into;
    struct kf_feed *feed;
    struct worker *worker;
    unsigned n_worker;
    const struct piece **by_chunk; /* the chunks in their order */
    uint32_t *base;                /* lines of the file before chunk i */
    uint32_t n_chunk;
    struct kf_progress progress;
    atomic_ullong seen; /* events so far, for the progress line */
    struct kf_ingest_result *result;
};

/* ---- setup ---- */

static void *zeroed(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    if (!p)
        kf_arena_exhausted(n * size);
    return p;
}

static void init(struct ingest *in, const struct kf_ingest_options *o, uint32_t n_source,
                 unsigned threads, struct kf_events *into)
{
    *in = (struct ingest){
        .o = o, .n_source = n_source, .into = into, .n_worker = threads ? threads : 1};
    in->source = zeroed(n_source, sizeof *in->source);
    in->values = zeroed(n_source, sizeof *in->values);
    in->worker = zeroed(in->n_worker, sizeof *in->worker);
    in->result = zeroed(1, sizeof *in->result);
    in->result->n_source = n_source;
    in->result->source = zeroed(n_source, sizeof *in->result->source);
    kf_arena_init(&in->result->arena, 0);
    kf_run_host_init(&in->host, into->dict);
    for (unsigned i = 0; i < in->n_worker; i++) {
        struct worker *w = &in->worker[i];
        w->reader = zeroed(n_source, sizeof *w->reader);
        w->out = kf_events_new(into->dict, into->idents);
        kf_arena_init(&w->bodies, 1u << 20);
        kf_arena_init(&w->texts, 0);
    }
}

static int open_source(struct ingest *in, uint32_t i, const struct kf_config_source *config,
                       const struct kf_plugin_handle *plugin, struct kf_error *err)
{
    struct kf_feed_source *s = &in->source[i];
    const struct kf_config *c = in->o->config;
    s->config = config;
    s->plugin = plugin;
    in->result->source[i] = (struct kf_ingest_source){.config = config,
                                                      .plugin = plugin,
                                                      .last_event = KF_NO_TIME,
                                                      .last_received = KF_NO_TIME,
                                                      .all_last_event = KF_NO_TIME,
                                                      .all_last_received = KF_NO_TIME};
    int rc = kf_plugin_options(plugin, config->options, c->file, c->dir, &in->values[i], NULL, NULL,
                               err);
    return rc ? rc
              : kf_reader_open(&in->host, plugin, in->values[i], config, &s->instance, &s->shape,
                               err);
}

/* Arenas and readers of the workers are released in any case; result only if nobody took it. */
static void fini(struct ingest *in)
{
    for (unsigned i = 0; i < in->n_worker; i++) {
        struct worker *w = &in->worker[i];
        for (uint32_t k = 0; k < in->n_source; k++)
            kf_reader_free(w->reader[k]);
        free(w->reader);
        kf_events_free(w->out);
        kf_arena_free(&w->bodies);
        kf_arena_free(&w->texts);
        kf_vec_free(&w->id_hash);
        kf_vec_free(&w->refused);
        kf_vec_free(&w->piece);
    }
    free(in->worker);
    kf_feed_free(in->feed);
    for (uint32_t i = 0; i < in->n_source; i++) {
        struct kf_feed_source *s = &in->source[i];
        if (s->instance && s->plugin->source.close)
            s->plugin->source.close(s->instance);
        kf_plugin_options_free(in->values[i], s->plugin ? s->plugin->n_options : 0);
    }
    free(in->source);
    free(in->values);
    free(in->by_chunk);
    free(in->base);
    kf_ingest_free(in->result);
}

/* ---- reading ---- */

static int reader_for(struct ingest *in, struct worker *w, uint32_t source, struct kf_reader **ret,
                      struct kf_error *err)
{
    if (!w->reader[source]) {
        const struct kf_feed_source *s = &in->source[source];
        struct kf_reader_setup setup = {.host = &in->host,
                                        .config = in->o->config,
                                        .source = s->config,
                                        .plugin = s->plugin,
                                        .values = in->values[source],
                                        .dict = in->into->dict,
                                        .idents = in->into->idents,
                                        .out = w->out,
                                        .bodies = &w->bodies,
                                        .texts = &w->texts,
                                        .index = (uint16_t)source};
        int rc = kf_reader_new(&setup, &w->reader[source], err);
        if (rc)
            return rc;
    }
    *ret = w->reader[source];
    return 0;
}

static void note_piece(struct worker *w, const struct kf_chunk *c, const struct kf_reader *r,
                       uint32_t first)
{
    *kf_vec_push(&w->piece) = (struct piece){.chunk = c->number,
                                             .file = c->file,
                                             .file_symbol = c->file_symbol,
                                             .lines = c->line ? 0 : r->record,
                                             .first = first,
                                             .n = w->out->n - first,
                                             .records = r->records,
                                             .events = r->events,
                                             .rejected = r->rejected,
                                             .skipped = r->skipped,
                                             .source = (uint16_t)c->source};
    kf_vec_reserve(&w->id_hash, r->id_hash.n);
    if (r->id_hash.n)
        memcpy(w->id_hash.p + w->id_hash.n, r->id_hash.p, r->id_hash.n * sizeof *r->id_hash.p);
    w->id_hash.n += r->id_hash.n;
    kf_vec_reserve(&w->refused, r->refused.n);
    for (size_t i = 0; i < r->refused.n; i++)
        w->refused.p[w->refused.n++] = r->refused.p[i];
}

static int read_chunks(struct ingest *in, struct worker *w, bool draws, struct kf_error *err)
{
    struct kf_chunk c = {0};
    int rc;
    while ((rc = kf_feed_next(in->feed, &c, err)) > 0) {
        struct kf_reader *r;
        uint32_t first = w->out->n;
        rc = reader_for(in, w, c.source, &r, err);
        if (rc == 0)
            rc = kf_reader_chunk(r, &c, err);
        if (rc)
            break;
        note_piece(w, &c, r, first);
        unsigned long long seen = atomic_fetch_add(&in->seen, r->events) + r->events;
        if (draws)
            kf_progress_at(&in->progress, seen, 0, "events");
    }
    kf_chunk_free(&c);
    return rc;
}

static int work(void *ctx, unsigned thread, size_t from, size_t to, struct kf_error *err)
{
    struct ingest *in = ctx;
    int rc = 0;
    for (size_t i = from; rc == 0 && i < to; i++)
        rc = read_chunks(in, &in->worker[i], thread == 0, err);
    return rc;
}

/* ---- numbers of records ---- */

static void number_chunks(struct ingest *in)
{
    in->n_chunk = kf_feed_chunks(in->feed);
    in->by_chunk = zeroed(in->n_chunk, sizeof *in->by_chunk);
    in->base = zeroed(in->n_chunk, sizeof *in->base);
    for (unsigned i = 0; i < in->n_worker; i++)
        for (size_t k = 0; k < in->worker[i].piece.n; k++)
            in->by_chunk[in->worker[i].piece.p[k].chunk] = &in->worker[i].piece.p[k];
    for (uint32_t i = 1; i < in->n_chunk; i++) {
        const struct piece *now = in->by_chunk[i], *before = in->by_chunk[i - 1];
        if (now->source == before->source && now->file == before->file)
            in->base[i] = in->base[i - 1] + before->lines;
    }
    for (unsigned i = 0; i < in->n_worker; i++) {
        struct worker *w = &in->worker[i];
        for (size_t k = 0; k < w->piece.n; k++) {
            const struct piece *p = &w->piece.p[k];
            for (uint32_t e = p->first; e < p->first + p->n; e++)
                w->out->at[e].record += in->base[p->chunk];
        }
    }
}

/* A notice stands in no chunk. One about the end of a JSON file comes after the file's last
 * chunk: the one in hand, or if that is of the next file the one before. */
static uint32_t notice_record(const struct ingest *in, const struct kf_feed_notice *n)
{
    if (!n->at_end)
        return n->row.record;
    for (uint32_t back = 0; back <= 1 && back <= n->chunk; back++) {
        uint32_t i = n->chunk - back;
        if (i < in->n_chunk && in->by_chunk[i]->file == n->file)
            return in->base[i] + in->by_chunk[i]->lines + 1;
    }
    return 1;
}

/* ---- results ---- */

static struct kf_str kept(struct ingest *in, struct kf_str s)
{
    return kf_str(kf_arena_strndup(&in->result->arena, s.p ? s.p : "", s.n), s.n);
}

struct order {
    const struct kf_dict *dict;
};

static int by_place(const void *a, const void *b, void *ctx)
{
    const struct kf_quarantine *x = a, *y = b;
    const struct order *o = ctx;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    int r = x->file == y->file ? 0
                               : kf_str_cmp(kf_symbols_text(o->dict->file, x->file),
                                            kf_symbols_text(o->dict->file, y->file));
    if (r == 0 && x->record != y->record)
        r = x->record < y->record ? -1 : 1;
    r = r ? r : strcmp(x->reason, y->reason);
    r = r ? r : kf_str_cmp(x->detail, y->detail);
    return r ? r : kf_str_cmp(x->raw, y->raw);
}

static int by_name(const void *a, const void *b, void *ctx)
{
    const struct kf_ingest_file *x = a, *y = b;
    const struct order *o = ctx;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return kf_str_cmp(kf_symbols_text(o->dict->file, x->file),
                      kf_symbols_text(o->dict->file, y->file));
}

/* A file that was not read to its end is read again from its beginning next time: its events are
 * found to be duplicates then, and what is wrong with it is said then. */
static void take_quarantine(struct ingest *in, uint32_t unfinished)
{
    struct kf_ingest_result *r = in->result;
    struct order o = {in->into->dict};
    uint32_t n_notice, n = 0;
    const struct kf_feed_notice *notice = kf_feed_notices(in->feed, &n_notice);
    size_t most = n_notice;
    for (unsigned i = 0; i < in->n_worker; i++)
        most += in->worker[i].refused.n;
    r->quarantine = zeroed(most, sizeof *r->quarantine);
    for (uint32_t i = 0; i < n_notice; i++) {
        struct kf_quarantine q = notice[i].row;
        q.record = notice_record(in, &notice[i]);
        q.detail = kept(in, q.detail);
        q.raw = kept(in, q.raw);
        if (q.file != unfinished)
            r->quarantine[n++] = q;
        r->source[q.source].rejected += q.file != unfinished;
    }
    for (unsigned i = 0; i < in->n_worker; i++)
        for (size_t k = 0; k < in->worker[i].refused.n; k++) {
            const struct kf_refused *f = &in->worker[i].refused.p[k];
            struct kf_quarantine q = f->row;
            q.record += in->base[f->chunk];
            if (q.file != unfinished)
                r->quarantine[n++] = q;
        }
    r->n_quarantine = n;
    qsort_r(r->quarantine, n, sizeof *r->quarantine, by_place, &o);
}

static void take_files(struct ingest *in, uint32_t unfinished)
{
    struct kf_ingest_result *r = in->result;
    struct order o = {in->into->dict};
    uint32_t n;
    const struct kf_ingest_file *file = kf_feed_files(in->feed, &n);
    r->file = zeroed(n, sizeof *r->file);
    if (n)
        memcpy(r->file, file, n * sizeof *r->file);
    for (uint32_t i = 0; i < in->n_chunk; i++) {
        const struct piece *p = in->by_chunk[i];
        struct kf_ingest_source *s = &r->source[p->source];
        s->records += p->records;
        s->rejected += p->file_symbol == unfinished ? 0 : p->rejected;
        s->skipped += p->skipped;
        r->records += p->records;
        if (p->file == UINT32_MAX)
            continue;
        r->file[p->file].records += p->records;
        r->file[p->file].events += p->events;
        r->file[p->file].rejected += p->rejected;
        r->file[p->file].skipped += p->skipped;
    }
    for (uint32_t i = 0; i < n; i++)
        if (r->file[i].file != unfinished)
            r->file[r->n_file++] = r->file[i];
    qsort_r(r->file, r->n_file, sizeof *r->file, by_name, &o);
    r->skipped_files = kf_feed_skipped(in->feed);
    r->bytes = kf_feed_bytes(in->feed);
    r->interrupted = kf_feed_stopped(in->feed);
}

/* The workers' columns one after the other; each is freed before the next is copied. */
static void take_events(struct ingest *in, struct kf_dedupe *d)
{
    for (unsigned i = 0; i < in->n_worker; i++) {
        struct worker *w = &in->worker[i];
        for (uint32_t k = 0; k < in->n_source; k++) {
            kf_reader_free(w->reader[k]);
            w->reader[k] = NULL;
        }
        uint32_t first = in->into->n;
        kf_events_take_arena(w->out, &w->bodies);
        kf_events_take(in->into, w->out);
        kf_events_free(w->out);
        w->out = NULL;
        kf_dedupe_add(d, w->id_hash.p, (uint32_t)w->id_hash.n, first);
        kf_vec_free(&w->id_hash);
    }
}

static void hash_earlier(const struct kf_events *e, uint32_t n, struct kf_dedupe *d)
{
    uint64_t *hash = zeroed(n, sizeof *hash);
    for (uint32_t i = 0; i < n; i++)
        hash[i] = kf_event_id_hash(e->at[i].source, kf_event_id(e, i));
    kf_dedupe_add(d, hash, n, 0);
    free(hash);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void count_duplicates(struct ingest *in, const uint64_t *duplicates)
{
    struct kf_ingest_result *r = in->result;
    for (uint32_t i = 0; i < in->n_source; i++) {
        uint32_t sym = kf_symbols_find(in->into->dict->source, kf_cstr(in->source[i].config->name));
        if (!sym)
            continue;
        r->source[i].duplicates = duplicates[sym - 1];
        r->duplicates += duplicates[sym - 1];
    }
}

static void forget_figures(struct kf_ingest_source *s)
{
    s->events = s->late = s->all_events = s->all_late = 0;
    s->last_event = s->last_received = s->all_last_event = s->all_last_received = KF_NO_TIME;
}

/* Figures of each source over the events that stay: those read now, and all. */
void kf_ingest_recount(struct kf_ingest_result *r, const struct kf_events *e, uint32_t first)
{
    uint32_t *index = zeroed(UINT16_MAX + 1u, sizeof *index); /* + 1, by number in the dictionary */
    r->events = 0;
    for (uint32_t i = 0; i < r->n_source; i++) {
        uint32_t sym = kf_symbols_find(e->dict->source, kf_cstr(r->source[i].config->name));
        forget_figures(&r->source[i]);
        if (sym)
            index[sym - 1] = i + 1;
    }
    for (uint32_t i = 0; i < e->n; i++) {
        if (e->dropped[i] || !index[e->at[i].source]) /* of a source that is no more */
            continue;
        struct kf_ingest_source *s = &r->source[index[e->at[i].source] - 1];
        bool late = e->at[i].received - LATE > e->time[i];
        s->all_events++;
        s->all_late += late;
        s->all_last_event = later(s->all_last_event, e->time[i]);
        s->all_last_received = later(s->all_last_received, e->at[i].received);
        if (i < first)
            continue;
        s->events++;
        r->events++;
        s->late += late;
        s->last_event = later(s->last_event, e->time[i]);
        s->last_received = later(s->last_received, e->at[i].received);
    }
    free(index);
}

void kf_ingest_none(const struct kf_config *c, struct kf_events *events,
                    struct kf_ingest_result **ret)
{
    struct kf_ingest_result *r = zeroed(1, sizeof *r);
    r->n_source = c->n_source;
    r->source = zeroed(c->n_source, sizeof *r->source);
    for (uint32_t i = 0; i < c->n_source; i++)
        r->source[i].config = &c->source[i];
    kf_arena_init(&r->arena, 0);
    kf_ingest_recount(r, events, events->n);
    *ret = r;
}

static int finish(struct ingest *in, struct kf_error *err)
{
    uint32_t first = in->into->n, unfinished = kf_feed_unfinished(in->feed);
    uint64_t *duplicates = zeroed(UINT16_MAX + 1u, sizeof *duplicates);
    struct kf_dedupe *d = kf_dedupe_new();
    number_chunks(in);
    take_files(in, unfinished);
    take_quarantine(in, unfinished);
    take_events(in, d);
    int rc = 0;
    if (in->into->n > first) {
        hash_earlier(in->into, first, d);
        rc = kf_dedupe_run(d, in->into, in->n_worker, duplicates, err);
    }
    kf_dedupe_free(d);
    if (rc == 0) {
        count_duplicates(in, duplicates);
        kf_ingest_recount(in->result, in->into, first);
    }
    free(duplicates);
    struct kf_ingest_result *r = in->result;
    r->texts = zeroed(in->n_worker, sizeof *r->texts);
    for (unsigned i = 0; i < in->n_worker; i++) {
        r->texts[r->n_texts++] = in->worker[i].texts;
        in->worker[i].texts = (struct kf_arena){0};
    }
    return rc;
}

static int run(struct ingest *in, const struct kf_feed_setup *setup, struct kf_error *err)
{
    const struct kf_ingest_options *o = in->o;
    int rc = kf_feed_new(setup, &in->feed, err);
    if (rc)
        return rc;
    kf_progress_start(&in->progress, "reading", o->progress);
    rc = kf_pool_run(in->n_worker, in->n_worker, 1, work, in, err);
    kf_progress_end(&in->progress);
    if (rc == 0 && o->stop && *o->stop > 1)
        rc = kf_error_set(err, KF_E_INTERRUPTED, "event",
                          "stopped while reading; nothing was stored");
    return rc ? rc : finish(in, err);
}

int kf_ingest_run(const struct kf_ingest_options *o,
                  const struct kf_plugin_handle *const *plugin_of_source, struct kf_events *into,
                  struct kf_ingest_result **ret, struct kf_error *err)
{
    const struct kf_config *c = o->config;
    struct ingest in;
    int rc = 0;
    init(&in, o, c->n_source, o->threads, into);
    for (uint32_t i = 0; rc == 0 && i < c->n_source; i++)
        rc = open_source(&in, i, &c->source[i], plugin_of_source[i], err);
    struct kf_feed_setup setup = {
        .options = o, .source = in.source, .n_source = in.n_source, .dict = into->dict};
    if (rc == 0)
        rc = run(&in, &setup, err);
    if (rc == 0) {
        *ret = in.result;
        in.result = NULL;
    }
    fini(&in);
    return rc;
}

int kf_ingest_pending(const struct kf_ingest_options *o,
                      const struct kf_plugin_handle *const *plugin_of_source, bool *ret,
                      struct kf_error *err)
{
    const struct kf_config *c = o->config;
    struct kf_feed_source *source = zeroed(c->n_source, sizeof *source);
    for (uint32_t i = 0; i < c->n_source; i++)
        source[i] = (struct kf_feed_source){.config = &c->source[i], .plugin = plugin_of_source[i]};
    struct kf_feed_setup setup = {.options = o, .source = source, .n_source = c->n_source};
    struct kf_feed *feed;
    int rc = kf_feed_new(&setup, &feed, err);
    if (rc == 0) {
        *ret = kf_feed_pending(feed);
        kf_feed_free(feed);
    }
    free(source);
    return rc;
}

int kf_ingest_buffer(const struct kf_config *c, const struct kf_config_source *source,
                     const struct kf_plugin_handle *plugin, const char *name, const void *data,
                     size_t len, struct kf_events *into, struct kf_ingest_result **ret,
                     struct kf_error *err)
{
    struct kf_ingest_options o = {.config = c, .threads = 1};
    struct ingest in;
    init(&in, &o, 1, 1, into);
    struct kf_feed_setup setup = {.options = &o,
                                  .source = in.source,
                                  .n_source = 1,
                                  .dict = into->dict,
                                  .data = data,
                                  .data_len = len,
                                  .data_name = name};
    int rc = open_source(&in, 0, source, plugin, err);
    if (rc == 0)
        rc = run(&in, &setup, err);
    if (rc == 0) {
        *ret = in.result;
        in.result = NULL;
    }
    fini(&in);
    return rc;
}

void kf_ingest_free(struct kf_ingest_result *r)
{
    if (!r)
        return;
    for (uint32_t i = 0; i < r->n_texts; i++)
        kf_arena_free(&r->texts[i]);
    free(r->texts);
    free(r->source);
    free(r->quarantine);
    free(r->file);
    kf_arena_free(&r->arena);
    free(r);
}
