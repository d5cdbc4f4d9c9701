/* JSON chunks: lines, or values found by their brackets (feed.h). */
#include "event/reader.h"

#define BATCH_DEFAULTS                                                                             \
    65536u /* bytes beside the list of records: they are read once for each of them */

/* Positions are taken for this many bytes at a time, so that they are still in the second cache
 * when they are walked. */
#define PIECE (128u << 10)

static bool is_blank(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
        p++;
    return p == end;
}

/* The records in the list at w->batch_at; what stands beside it holds for each of them unless it
 * says so itself. */
static void read_batch(struct kf_reader *r, size_t stop)
{
    struct kf_walk *w = &r->walk;
    struct kf_str whole = r->raw;
    size_t list = w->batch_at, record = r->record_i;
    struct kf_walk end = *w;
    end.i = list;
    kf_walk_skip(&end);
    size_t inside = w->idx[end.i - 1] - w->idx[list];
    if (whole.n - inside > BATCH_DEFAULTS) {
        kf_hand_fail(&r->hand, "too_long", "%zu bytes beside the list of records",
                     whole.n - inside);
        kf_reader_finish(r, false);
        return;
    }
    size_t at = list + 1;
    while (at < end.i - 1) {
        struct kf_walk one = *w;
        one.i = at;
        kf_walk_skip(&one);
        if (one.i == at)
            one.i++; /* a bracket that nothing opened; the element is refused below */
        r->raw = kf_str(w->buf + w->idx[at], w->idx[one.i] - w->idx[at]);
        kf_hand_begin(&r->hand);
        w->i = record;
        bool ok = kf_walk_record(w, stop); /* the defaults */
        w->i = r->record_i = at;
        ok = ok && kf_walk_element(w);
        kf_reader_finish(r, ok);
        r->record_i = record;
        at = one.i;
        if (w->buf[w->idx[at]] == ',')
            at++;
    }
}

/* The record whose structural characters begin at w->i and whose text is raw. */
static void read_record(struct kf_reader *r, struct kf_str raw)
{
    struct kf_walk *w = &r->walk;
    size_t stop = (size_t)(raw.p + raw.n - w->buf);
    r->raw = raw;
    r->record_i = w->i;
    w->list_from = SIZE_MAX;
    kf_hand_begin(&r->hand);
    bool ok = kf_walk_record(w, stop);
    if (ok && w->batch_at)
        read_batch(r, stop);
    else
        kf_reader_finish(r, ok);
}

static void refuse_text(struct kf_reader *r, enum kf_simd_result why, struct kf_str raw)
{
    r->raw = raw;
    kf_hand_begin(&r->hand);
    if (why == KF_SIMD_UTF8)
        kf_hand_fail(&r->hand, "bad_encoding", "the record is not UTF-8");
    else if (why == KF_SIMD_NO_MEMORY)
        kf_hand_fail(&r->hand, "too_long", "no memory to read %zu bytes", raw.n);
    else
        kf_hand_fail(&r->hand, "bad_json",
                     "a text has no closing quote, or a tab or another control character in it");
    kf_reader_finish(r, false);
}

/* One record by itself, when something near it is broken. */
static void read_alone(struct kf_reader *r, struct kf_str raw)
{
    struct kf_walk *w = &r->walk;
    if (is_blank(raw.p, raw.p + raw.n))
        return;
    enum kf_simd_result rc = kf_simd_index(r->simd, raw.p, raw.n, &w->idx, &w->n);
    if (rc != KF_SIMD_OK) {
        refuse_text(r, rc, raw);
        return;
    }
    w->buf = raw.p;
    w->i = 0;
    read_record(r, raw);
}

static const char *line_end(const char *p, const char *end)
{
    const char *nl = memchr(p, '\n', (size_t)(end - p));
    return nl ? nl : end;
}

static void read_lines_alone(struct kf_reader *r, const char *p, const char *end)
{
    while (p < end) {
        const char *nl = line_end(p, end);
        r->record++;
        read_alone(r, kf_str(p, (size_t)(nl - p)));
        p = nl + 1;
    }
}

static void read_lines(struct kf_reader *r, const char *p, const char *end)
{
    struct kf_walk *w = &r->walk;
    enum kf_simd_result rc = kf_simd_index(r->simd, p, (size_t)(end - p), &w->idx, &w->n);
    if (rc != KF_SIMD_OK) {
        read_lines_alone(r, p, end);
        return;
    }
    w->buf = p;
    w->i = 0;
    const char *line = p;
    while (line < end) {
        const char *nl = line_end(line, end);
        size_t stop = (size_t)(nl - p);
        r->record++;
        if (w->i < w->n && w->idx[w->i] < stop) {
            read_record(r, kf_str(line, (size_t)(nl - line)));
            while (w->i < w->n && w->idx[w->i] < stop)
                w->i++;
            while (w->i > 0 &&
                   w->idx[w->i - 1] >= stop) /* a broken record may have led beyond its end */
                w->i--;
        }
        line = nl + 1;
    }
}

static void read_pieces(struct kf_reader *r, const char *p, const char *end)
{
    while (p < end) {
        const char *stop = end;
        if ((size_t)(end - p) > PIECE) {
            stop = memrchr(p, '\n', PIECE);
            stop = stop ? stop : line_end(p + PIECE, end);
            stop += stop < end;
        }
        read_lines(r, p, stop);
        p = stop;
    }
}

static void read_values(struct kf_reader *r, const struct kf_chunk *c)
{
    size_t n_lost = 0;
    for (size_t i = 0; i < c->n_span; i++) {
        r->record++;
        if (n_lost < c->n_lost && c->lost[n_lost].at == c->span[i].at) {
            kf_reader_lose(r, c, &c->lost[n_lost++]);
            continue;
        }
        read_alone(r, kf_str(c->buf + c->span[i].at, c->span[i].n));
    }
}

void kf_reader_json(struct kf_reader *r, const struct kf_chunk *c)
{
    r->record = 0;
    if (c->n_span || c->by_value) {
        read_values(r, c);
        return;
    }
    const char *p = c->buf, *end = c->buf + c->len;
    for (size_t i = 0; i < c->n_lost; i++) {
        read_pieces(r, p, c->buf + c->lost[i].at);
        r->record++;
        kf_reader_lose(r, c, &c->lost[i]);
        p = c->buf + c->lost[i].at + c->lost[i].n;
        p += p < end; /* its line break */
    }
    read_pieces(r, p, end);
}
