#include "event/feed.h"

#include "event/input.h"
#include "event/json_walk.h"
#include "event/paths.h"
#include "event/split.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define CHUNK      (1u << 20)
#define MAX_RECORD (64ull << 20)
#define LOOK       4096u /* bytes by which a file's kind is told */
#define SHOWN      4096u /* bytes that are kept of what is refused */
/* A quote that never closes costs its line, not the file; but a file with this many is no table. */
#define MAX_LOST_QUOTES 100u

struct file {
    struct kf_path path;
    uint32_t source;
};

/* The file being read. */
struct current {
    struct kf_input *in;
    bool open, first; /* first: nothing was handed out yet */
    bool csv, by_value;
    struct kf_value_scan scan;
    const struct kf_header *header;
    uint32_t lost_quotes;
    uint32_t line;      /* CSV: on which the next record begins */
    bool discards;      /* in the middle of a record that is too long */
    bool given_up;      /* the rest of the file is not read */
    struct kf_buf tail; /* begun record */
    enum kf_input_state state;
};

struct kf_feed {
    pthread_mutex_t lock;
    const struct kf_ingest_options *options;
    const struct kf_feed_source *source;
    uint32_t n_source;
    struct kf_dict *dict;
    size_t chunk_size;
    uint64_t max_record;
    char long_text[80];
    const void *data;
    size_t data_len;
    struct kf_arena arena;
    kf_vec(struct file) files;
    size_t next; /* file */
    struct current cur;
    kf_vec(struct kf_ingest_file) done;
    kf_vec(struct kf_feed_notice) notices;
    struct kf_header *headers;
    uint32_t chunks, skipped;
    uint32_t pulling; /* source whose own transport is read; n_source: none */
    uint64_t bytes;
    bool stopped, failed;
};

/* ---- setup ---- */

/* The first source from `from` on that is read by its connector's own transport. */
static uint32_t next_pull(const struct kf_feed *f, uint32_t from)
{
    while (from < f->n_source &&
           (!f->source[from].plugin->source.pull || kf_config_waits(f->source[from].config)))
        from++;
    return from;
}

static int find_files(struct kf_feed *f, struct kf_error *err)
{
    for (uint32_t i = 0; i < f->n_source; i++) {
        const struct kf_config_source *s = f->source[i].config;
        if (kf_config_waits(s)) /* for approval: what is there is not looked at */
            continue;
        kf_paths paths = {0};
        int rc = 0;
        for (uint32_t k = 0; rc == 0 && k < s->n_path && !f->source[i].plugin->source.pull; k++)
            rc = kf_paths_find(f->options->config ? f->options->config->dir : NULL, s->path[k],
                               &f->arena, &paths, err);
        kf_paths_unique(&paths);
        for (size_t k = 0; rc == 0 && k < paths.n; k++)
            *kf_vec_push(&f->files) = (struct file){paths.p[k], i};
        kf_vec_free(&paths);
        if (rc)
            return kf_error_context(err, "source '%s'", s->name);
    }
    return 0;
}

/* What a connector fetches itself has no file whose first line could be a header. */
static int refuse_pulled_csv(const struct kf_feed_setup *s, struct kf_error *err)
{
    for (uint32_t i = 0; i < s->n_source; i++)
        if (s->source[i].plugin->source.pull && s->source[i].shape.format == KF_FORMAT_CSV)
            return kf_error_set(err, KF_E_CONFIG, "event",
                                "source '%s': connector '%s' fetches by itself and says that it "
                                "hands out CSV; it has to hand out JSON",
                                s->source[i].config->name, s->source[i].plugin->plugin.name);
    return 0;
}

int kf_feed_new(const struct kf_feed_setup *s, struct kf_feed **ret, struct kf_error *err)
{
    struct kf_feed *f = calloc(1, sizeof *f);
    if (!f)
        return kf_error_set(err, KF_E_NOMEM, "event", "no memory to read files");
    pthread_mutex_init(&f->lock, NULL);
    f->options = s->options;
    f->source = s->source;
    f->n_source = s->n_source;
    f->dict = s->dict;
    f->chunk_size = s->options->chunk_size ? s->options->chunk_size : CHUNK;
    f->max_record = s->options->max_record ? s->options->max_record : MAX_RECORD;
    bool mib = f->max_record % (1u << 20) == 0;
    snprintf(f->long_text, sizeof f->long_text, "a record of more than %llu %s was left out",
             (unsigned long long)(mib ? f->max_record >> 20 : f->max_record),
             mib ? "MiB" : "bytes");
    f->data = s->data;
    f->data_len = s->data_len;
    int rc = refuse_pulled_csv(s, err);
    if (rc == 0 && s->data_name)
        *kf_vec_push(&f->files) = (struct file){{s->data_name, s->data_name}, 0};
    else if (rc == 0)
        rc = find_files(f, err);
    f->pulling = next_pull(f, 0);
    if (rc) {
        kf_feed_free(f);
        return rc;
    }
    *ret = f;
    return 0;
}

void kf_feed_free(struct kf_feed *f)
{
    if (!f)
        return;
    kf_input_close(f->cur.in);
    kf_buf_free(&f->cur.tail);
    kf_vec_free(&f->files);
    kf_vec_free(&f->done);
    kf_vec_free(&f->notices);
    kf_arena_free(&f->arena);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

void kf_chunk_free(struct kf_chunk *c)
{
    free(c->buf);
    free(c->span);
    free(c->lost);
    *c = (struct kf_chunk){0};
}

/* ---- notices ---- */

#define WHOLE_FILE  0u
#define BEHIND_LAST UINT32_MAX /* JSON: readers count its records, the feed does not */

static const struct file *file_now(const struct kf_feed *f)
{
    return &f->files.p[f->next - 1];
}

/* `place`: line, WHOLE_FILE or BEHIND_LAST. */
static void notice(struct kf_feed *f, const char *reason, uint32_t place, const char *detail,
                   struct kf_str raw)
{
    if (raw.n > SHOWN)
        raw.n = SHOWN;
    struct kf_quarantine q = {.source = (uint16_t)file_now(f)->source,
                              .file =
                                  kf_symbols_add(f->dict->file, kf_cstr(file_now(f)->path.shown)),
                              .record = place == BEHIND_LAST ? 0 : place,
                              .reason = reason};
    q.detail = kf_cstr(kf_arena_strdup(&f->arena, detail));
    q.raw = kf_str(kf_arena_strndup(&f->arena, raw.p ? raw.p : "", raw.n), raw.n);
    *kf_vec_push(&f->notices) = (struct kf_feed_notice){q, (uint32_t)f->done.n - f->cur.open,
                                                        f->chunks, place == BEHIND_LAST};
    if (f->cur.open)
        f->done.p[f->done.n - 1].rejected++;
}

/* ---- files ---- */

/* Read before and unchanged: same size, same hash of what is stored. */
static bool is_known(const struct kf_feed *f, const struct file *file)
{
    const struct kf_ingest_options *o = f->options;
    uint64_t size = 0, hash = 0;
    bool hashed = false;
    for (uint32_t i = 0; i < o->n_known; i++) {
        if (strcmp(o->known[i].path, file->path.shown) != 0 ||
            strcmp(o->known[i].source, f->source[file->source].config->name) != 0)
            continue;
        if (!hashed && (f->data || strcmp(file->path.open, "-") == 0 ||
                        !kf_input_hash_file(file->path.open, &size, &hash)))
            return false;
        hashed = true;
        if (o->known[i].size == size && o->known[i].hash == hash)
            return true;
    }
    return false;
}

static void open_next(struct kf_feed *f)
{
    const struct file *file = &f->files.p[f->next++];
    const struct kf_feed_source *s = &f->source[file->source];
    const char *why = "";
    struct kf_buf tail = f->cur.tail;
    tail.n = 0;
    f->cur = (struct current){
        .tail = tail, .first = true, .line = 1, .csv = s->shape.format == KF_FORMAT_CSV};
    if (is_known(f, file)) {
        f->skipped++;
        return;
    }
    f->cur.in = f->data ? kf_input_memory(f->data, f->data_len, s->shape.encoding)
                        : kf_input_open(file->path.open, s->shape.encoding, &why);
    if (!f->cur.in) {
        char text[256];
        snprintf(text, sizeof text, "it cannot be read: %s", why);
        notice(f, "unreadable", WHOLE_FILE, text, kf_str("", 0));
        return;
    }
    struct kf_ingest_file entry = {.source = (uint16_t)file->source,
                                   .file = kf_symbols_add(f->dict->file, kf_cstr(file->path.shown)),
                                   .mtime = kf_input_mtime(f->cur.in)};
    *kf_vec_push(&f->done) = entry;
    f->cur.open = true;
}

static void close_current(struct kf_feed *f)
{
    struct kf_ingest_file *e = &f->done.p[f->done.n - 1];
    kf_input_drain(f->cur.in);
    e->size = kf_input_bytes(f->cur.in);
    e->hash = kf_input_hash(f->cur.in);
    f->bytes += e->size;
    kf_input_close(f->cur.in);
    f->cur.in = NULL;
    f->cur.open = false;
    f->cur.tail.n = 0;
}

static bool looks_binary(const char *p, size_t n)
{
    if (n > LOOK)
        n = LOOK;
    return memchr(p, 0, n) ||
           (n >= 4 && (memcmp(p, "PK\3\4", 4) == 0 || memcmp(p, "%PDF", 4) == 0));
}

/* ---- chunks ---- */

static void room(struct kf_chunk *c, size_t need)
{
    if (c->cap >= need + KF_JSON_PADDING)
        return;
    c->cap = need + need / 2 + KF_JSON_PADDING;
    c->buf = realloc(c->buf, c->cap);
    if (!c->buf)
        kf_arena_exhausted(c->cap);
}

static void keep_tail(struct kf_feed *f, struct kf_chunk *c, size_t cut)
{
    f->cur.tail.n = 0;
    kf_buf_add(&f->cur.tail, c->buf + cut, c->len - cut);
    c->len = cut;
}

static char delimiter_of(const struct kf_shape *s)
{
    return s->delimiter ? (char)s->delimiter : ',';
}

static char quote_of(const struct kf_shape *s)
{
    return s->quote ? (char)s->quote : '"';
}

/* The bytes from `at` on are no record. One that is too long may go on behind the chunk: all but
 * its beginning goes away now, the rest as it comes. */
static void lose(struct kf_feed *f, struct kf_chunk *c, size_t at, size_t n, const char *reason,
                 const char *detail)
{
    if (c->n_lost == c->cap_lost) {
        c->cap_lost = c->cap_lost ? c->cap_lost * 2 : 16;
        c->lost = realloc(c->lost, c->cap_lost * sizeof *c->lost);
        if (!c->lost)
            kf_arena_exhausted(c->cap_lost * sizeof *c->lost);
    }
    size_t shown = n < SHOWN ? n : SHOWN;
    shown = shown < f->max_record ? shown : (size_t)f->max_record;
    c->lost[c->n_lost++] = (struct kf_lost){at, n, shown, reason, detail};
}

static void lose_open(struct kf_feed *f, struct kf_chunk *c, size_t at)
{
    size_t n = f->max_record < SHOWN ? (size_t)f->max_record : SHOWN;
    lose(f, c, at, n, "too_long", f->long_text);
    c->len = at + n;
    f->cur.discards = true;
}

/* Bytes of whole records at the beginning of the chunk: whole_lines, whole_rows, whole_values. */

static size_t whole_lines(struct kf_feed *f, struct kf_chunk *c, bool last)
{
    const char *end = c->buf + c->len, *p = c->buf;
    while (c->len > f->max_record && p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        size_t n = (size_t)((nl ? nl : end) - p);
        if (n > f->max_record && (nl || last)) {
            lose(f, c, (size_t)(p - c->buf), n, "too_long", f->long_text);
        } else if (n > f->max_record) {
            lose_open(f, c, (size_t)(p - c->buf));
            return c->len;
        }
        p = nl ? nl + 1 : end;
    }
    if (last)
        return c->len;
    const char *nl = c->len ? memrchr(c->buf, '\n', c->len) : NULL;
    return nl ? (size_t)(nl - c->buf) + 1 : 0;
}

/* The row at p has no end within the bytes up to `stop`. With a line break among them it is a quote
 * that does not close: its line is refused and the rest read on. Returns where: what is lost holds
 * no line break. */
static const char *lose_row(struct kf_feed *f, struct kf_chunk *c, const char *p, const char *stop,
                            bool last)
{
    const char *end = c->buf + c->len, *nl = memchr(p, '\n', (size_t)(stop - p));
    size_t at = (size_t)(p - c->buf);
    if (nl || stop == end) {
        size_t n = (size_t)((nl ? nl : end) - p);
        f->cur.given_up = ++f->cur.lost_quotes == MAX_LOST_QUOTES;
        lose(f, c, at, n, "bad_csv",
             f->cur.given_up
                 ? "too many quoted cells without end; the rest of the file was left out"
                 : "a quoted cell has no end; the line was left out, double the quote or close it");
        return p + n;
    }
    nl = memchr(stop, '\n', (size_t)(end - stop));
    if (nl || last) {
        lose(f, c, at, (size_t)((nl ? nl : end) - p), "too_long", f->long_text);
        return nl ? nl : end;
    }
    lose_open(f, c, at);
    return c->buf + c->len;
}

static size_t whole_rows(struct kf_feed *f, const struct kf_shape *s, struct kf_chunk *c, bool last)
{
    const char *p = c->buf;
    while (p < c->buf + c->len && !f->cur.given_up) {
        const char *end = c->buf + c->len;
        bool cut = (size_t)(end - p) > f->max_record;
        const char *stop = cut ? p + f->max_record : end;
        const char *next =
            kf_csv_record_end(p, stop, delimiter_of(s), quote_of(s), last && !cut, &f->cur.line);
        if (!next && !cut && !last)
            break;
        p = next ? next : lose_row(f, c, p, stop, last);
    }
    return (size_t)(p - c->buf);
}

static void add_span(struct kf_chunk *c, size_t at, size_t n)
{
    if (c->n_span == c->cap_span) {
        c->cap_span = c->cap_span ? c->cap_span * 2 : 256;
        c->span = realloc(c->span, c->cap_span * sizeof *c->span);
        if (!c->span)
            kf_arena_exhausted(c->cap_span * sizeof *c->span);
    }
    c->span[c->n_span++] = (struct kf_span){at, n};
}

static size_t whole_values(struct kf_feed *f, struct kf_chunk *c, bool last)
{
    struct kf_value_scan *s = &f->cur.scan;
    size_t at, n;
    while (kf_value_scan(s, c->buf, c->len, &at, &n)) {
        if (n > f->max_record)
            lose(f, c, at, n, "too_long", f->long_text);
        add_span(c, at, n);
    }
    size_t cut = s->started ? s->from : c->len;
    if (s->started && (last || c->len - cut > f->max_record)) {
        if (c->len - cut > f->max_record)
            lose_open(f, c, cut);
        add_span(c, cut, c->len - cut); /* the reader will say that it has no end */
        s->at = 0;
        return c->len;
    }
    if (!last) { /* the begun value moves to the beginning of the next chunk */
        s->from -= s->started ? cut : s->from;
        s->at -= cut;
    }
    return cut;
}

/* The rest of a record that is too long is passed over without being held. */
static void discard(struct kf_feed *f, struct kf_chunk *c)
{
    struct kf_value_scan *s = &f->cur.scan;
    size_t n = c->len, at, length;
    if (f->cur.by_value) {
        s->from = 0;
        f->cur.discards = !kf_value_scan(s, c->buf, c->len, &at, &length);
        n = s->at;
        s->at = 0;
    } else {
        const char *nl = memchr(c->buf, '\n', c->len);
        f->cur.discards = !nl;
        f->cur.line += nl != NULL;
        n = nl ? (size_t)(nl - c->buf) + 1 : n;
    }
    memmove(c->buf, c->buf + n, c->len - n);
    c->len -= n;
}

static void end_state(struct kf_feed *f, struct kf_chunk *c, size_t cut)
{
    struct kf_str rest = kf_str(c->buf + cut, c->len - cut);
    uint32_t place = f->cur.csv ? f->cur.line : BEHIND_LAST;
    if (f->cur.state == KF_INPUT_TRUNCATED)
        notice(f, "truncated", place,
               "the compressed file stops in the middle; what comes before was read, fetch it "
               "again for the rest",
               rest);
    else if (f->cur.state == KF_INPUT_DAMAGED)
        notice(f, "damaged", place,
               "the compressed file is damaged; what comes before was read, fetch it again for the "
               "rest",
               rest);
    else if (f->cur.state == KF_INPUT_UNREADABLE)
        notice(f, "unreadable", place, "reading failed in the middle; what comes before was read",
               rest);
}

static size_t whole_records(struct kf_feed *f, struct kf_chunk *c, bool last)
{
    const struct kf_shape *s = &f->source[file_now(f)->source].shape;
    if (f->cur.csv)
        return whole_rows(f, s, c, last);
    return f->cur.by_value ? whole_values(f, c, last) : whole_lines(f, c, last);
}

/* What kind of file it is. False: not one that can be read. */
static bool look(struct kf_feed *f, const struct kf_chunk *c)
{
    struct current *cur = &f->cur;
    size_t n = c->len < LOOK ? c->len : LOOK;
    cur->first = false;
    if (looks_binary(c->buf, n)) {
        notice(f, "binary_file", WHOLE_FILE,
               "this is no text but a binary file; export it as text, a workbook as CSV",
               kf_str("", 0));
        return false;
    }
    if (c->len == 0 && cur->state == KF_INPUT_END)
        notice(f, "empty_file", WHOLE_FILE, "the file is empty", kf_str("", 0));
    if (c->len == 0 && cur->state == KF_INPUT_UNREADABLE) {
        notice(f, "unreadable", WHOLE_FILE, "it cannot be read", kf_str("", 0));
        return false;
    }
    cur->by_value = !cur->csv && kf_json_by_value(c->buf, n);
    return true;
}

/* More bytes behind those in the chunk. A begun record is looked at anew each time, so the pieces
 * grow with it. */
static void read_more(struct kf_feed *f, struct kf_chunk *c)
{
    struct current *cur = &f->cur;
    do {
        size_t want = f->chunk_size > c->len / 2 ? f->chunk_size : c->len / 2;
        room(c, c->len + want);
        c->len += kf_input_read(cur->in, c->buf + c->len, want, &cur->state);
    } while (cur->first && c->len < LOOK && cur->state == KF_INPUT_MORE);
}

/* Makes *c hold whole records of the current file; false: it holds none (the file is at its end, or
 * given up). */
static bool fill(struct kf_feed *f, struct kf_chunk *c)
{
    struct current *cur = &f->cur;
    room(c, cur->tail.n + f->chunk_size);
    c->len = cur->tail.n;
    c->n_span = c->n_lost = 0;
    if (c->len)
        memcpy(c->buf, cur->tail.p, c->len);
    cur->tail.n = 0;
    for (;;) {
        read_more(f, c);
        if (cur->discards)
            discard(f, c);
        if (cur->first && !look(f, c)) {
            cur->given_up = true;
            return false;
        }
        c->line = cur->csv ? cur->line : 0;
        size_t cut = whole_records(f, c, cur->state == KF_INPUT_END);
        if (cur->state != KF_INPUT_MORE || cur->given_up) {
            if (!cur->given_up)
                end_state(f, c, cut);
            c->len = cut;
            return cut > 0;
        }
        if (cut) {
            keep_tail(f, c, cut);
            return true;
        }
    }
}

/* ---- headers of tables ---- */

static const struct kf_header *numbered(struct kf_feed *f, uint32_t n)
{
    struct kf_header *h = kf_arena_zalloc(&f->arena, sizeof *h);
    h->name = kf_arena_alloc(&f->arena, n * sizeof *h->name);
    h->n = n;
    for (uint32_t i = 0; i < n; i++)
        h->name[i] = kf_cstr(kf_arena_printf(&f->arena, "%u", i + 1));
    return h;
}

static const struct kf_header *parsed(struct kf_feed *f, const struct kf_shape *s,
                                      struct kf_str row)
{
    struct kf_str *cell = NULL;
    uint32_t n = 0, cap = 0;
    struct kf_header *h = kf_arena_zalloc(&f->arena, sizeof *h);
    n = kf_csv_cells(row, delimiter_of(s), quote_of(s), &cell, &cap, &f->arena);
    h->name = kf_arena_alloc(&f->arena, (n + 1u) * sizeof *h->name);
    h->n = n;
    for (uint32_t i = 0; i < n; i++) {
        struct kf_str name = kf_str_trim(cell[i]);
        h->name[i] = kf_str(kf_arena_strndup(&f->arena, name.p, name.n), name.n);
    }
    free(cell);
    return h;
}

static bool is_blank_row(struct kf_str row)
{
    return kf_str_trim(row).n == 0;
}

/* Where the row at p, which is on *line, ends. What the feed has lost above the header belongs
 * to no record. */
static const char *title_end(struct kf_feed *f, const struct kf_chunk *c, const char *p,
                             size_t *n_lost, uint32_t *line)
{
    const struct kf_shape *s = &f->source[file_now(f)->source].shape;
    if (*n_lost < c->n_lost && p == c->buf + c->lost[*n_lost].at) {
        const struct kf_lost *l = &c->lost[*n_lost];
        notice(f, l->reason, *line, l->detail, kf_str(p, l->shown));
        ++*n_lost;
        return p + l->n;
    }
    const char *end = c->buf + c->len,
               *next = kf_csv_record_end(p, end, delimiter_of(s), quote_of(s), true, line);
    return next ? next : end;
}

/* Takes title lines and header off the first chunk. False: the chunk held no more than these. */
static bool take_header(struct kf_feed *f, struct kf_chunk *c)
{
    const struct kf_shape *s = &f->source[file_now(f)->source].shape;
    const char *p = c->buf, *end = c->buf + c->len;
    size_t want = s->skip_until ? strlen(s->skip_until) : 0, n_lost = 0;
    while (p < end && !f->cur.header) {
        size_t before = n_lost;
        uint32_t line = c->line;
        const char *next = title_end(f, c, p, &n_lost, &line);
        struct kf_str row = kf_str(p, (size_t)(next - p));
        if (n_lost > before || is_blank_row(row) ||
            (want && (row.n < want || memcmp(row.p, s->skip_until, want) != 0))) {
            p = next;
            c->line = line;
            continue;
        }
        const struct kf_header *h = parsed(f, s, row);
        f->cur.header = s->no_header ? numbered(f, h->n) : h;
        p = s->no_header ? p : next;
        c->line = s->no_header ? c->line : line;
    }
    for (size_t i = n_lost; i < c->n_lost; i++) {
        c->lost[i - n_lost] = c->lost[i];
        c->lost[i - n_lost].at -= (size_t)(p - c->buf);
    }
    c->n_lost -= n_lost;
    memmove(c->buf, p, (size_t)(end - p));
    c->len = (size_t)(end - p);
    return c->len > 0;
}

/* ---- a connector's own transport ---- */

static int pull(struct kf_feed *f, struct kf_chunk *c, struct kf_error *err)
{
    while (f->pulling < f->n_source) {
        const struct kf_feed_source *s = &f->source[f->pulling];
        struct kf_text t = {NULL, 0};
        int32_t rc = s->plugin->source.pull(s->instance, &t, err);
        if (rc == KF_SOURCE_FAIL) {
            kf_error_context(err, "source '%s'", s->config->name);
            return err && err->code < 0 ? err->code : KF_E_IO;
        }
        if (rc != KF_SOURCE_OK) { /* AGAIN: nothing now; a later run asks again */
            f->pulling = next_pull(f, f->pulling + 1);
            continue;
        }
        room(c, t.n);
        if (t.n)
            memcpy(c->buf, t.p, t.n);
        c->len = t.n;
        c->n_span = c->n_lost = 0;
        c->line = 0;
        c->source = f->pulling;
        c->file = UINT32_MAX;
        c->file_symbol = kf_symbols_add(f->dict->file, kf_cstr(s->plugin->plugin.name));
        c->by_value = s->shape.format == KF_FORMAT_JSON && kf_json_by_value(c->buf, c->len);
        f->cur.scan = (struct kf_value_scan){0};
        if (c->by_value)
            whole_values(f, c, true);
        f->bytes += t.n;
        return 1;
    }
    return 0;
}

static int next_locked(struct kf_feed *f, struct kf_chunk *c, struct kf_error *err)
{
    for (;;) {
        if (f->options->stop && *f->options->stop) {
            f->stopped = true;
            return 0;
        }
        if (!f->cur.open) {
            if (f->next == f->files.n)
                return pull(f, c, err);
            open_next(f);
            continue;
        }
        bool any = fill(f, c);
        if (any && f->cur.csv && !f->cur.header)
            any = take_header(f, c);
        bool ended = f->cur.state != KF_INPUT_MORE || f->cur.given_up;
        c->source = file_now(f)->source;
        c->file = (uint32_t)f->done.n - 1;
        c->file_symbol = f->done.p[c->file].file;
        c->by_value = f->cur.by_value;
        c->header = f->cur.header;
        if (ended) {
            if (f->cur.csv && !f->cur.header && kf_input_bytes(f->cur.in) &&
                f->cur.state == KF_INPUT_END && !f->cur.given_up)
                notice(f, "no_header", WHOLE_FILE,
                       "no line of the file names the columns; check skip_until and header",
                       kf_str("", 0));
            close_current(f);
        }
        if (any)
            return 1;
    }
}

int kf_feed_next(struct kf_feed *f, struct kf_chunk *c, struct kf_error *err)
{
    int rc = 0;
    pthread_mutex_lock(&f->lock);
    if (!f->failed)
        rc = next_locked(f, c, err);
    if (rc > 0) {
        c->number = f->chunks++;
        memset(c->buf + c->len, 0, KF_JSON_PADDING);
    }
    f->failed = f->failed || rc < 0;
    pthread_mutex_unlock(&f->lock);
    return rc;
}

const struct kf_ingest_file *kf_feed_files(const struct kf_feed *f, uint32_t *ret_n)
{
    *ret_n = (uint32_t)f->done.n;
    return f->done.p;
}

const struct kf_feed_notice *kf_feed_notices(const struct kf_feed *f, uint32_t *ret_n)
{
    *ret_n = (uint32_t)f->notices.n;
    return f->notices.p;
}

uint32_t kf_feed_chunks(const struct kf_feed *f)
{
    return f->chunks;
}

uint32_t kf_feed_skipped(const struct kf_feed *f)
{
    return f->skipped;
}

uint64_t kf_feed_bytes(const struct kf_feed *f)
{
    return f->bytes;
}

bool kf_feed_stopped(const struct kf_feed *f)
{
    return f->stopped;
}

uint32_t kf_feed_unfinished(const struct kf_feed *f)
{
    return f->stopped && f->cur.open ? f->done.p[f->done.n - 1].file : UINT32_MAX;
}

bool kf_feed_pending(const struct kf_feed *f)
{
    if (f->pulling < f->n_source)
        return true;
    for (size_t i = 0; i < f->files.n; i++)
        if (!is_known(f, &f->files.p[i]))
            return true;
    return false;
}
