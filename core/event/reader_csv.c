/* CSV chunks: whole rows, whose columns the header names (feed.h). */
#include "event/reader.h"
#include "event/split.h"

#include <stdlib.h>

static char delimiter_of(const struct kf_reader *r)
{
    return r->shape.delimiter ? (char)r->shape.delimiter : ',';
}

static char quote_of(const struct kf_reader *r)
{
    return r->shape.quote ? (char)r->shape.quote : '"';
}

/* What is to be done with each column of this header. */
static void use_header(struct kf_reader *r, const struct kf_header *h)
{
    r->header = h;
    r->no_column = true;
    r->column = realloc(r->column, (h->n + 1u) * sizeof(struct kf_edge *));
    if (!r->column)
        kf_arena_exhausted(h->n * sizeof(struct kf_edge *));
    for (uint32_t i = 0; i < h->n; i++) {
        r->column[i] = kf_trie_column(r->trie, &r->shape, h->name[i]);
        r->no_column = r->no_column && !r->column[i];
    }
}

struct kf_str kf_reader_cell(const struct kf_reader *r, struct kf_str name)
{
    for (uint32_t i = 0; r->header && i < r->header->n && i < r->n_cell; i++)
        if (kf_str_eq(r->header->name[i], name))
            return r->cell[i].n ? r->cell[i] : kf_str(NULL, 0);
    return kf_str(NULL, 0);
}

static bool read_row(struct kf_reader *r)
{
    r->n_cell =
        kf_csv_cells(r->raw, delimiter_of(r), quote_of(r), &r->cell, &r->cap_cell, &r->keep);
    if (r->n_cell != r->header->n)
        return kf_hand_fail(&r->hand, "ragged_row", "%u cells, %u columns", r->n_cell,
                            r->header->n);
    if (r->no_column)
        return kf_hand_fail(&r->hand, "no_column",
                            "the header names none of the columns that are mapped; is '%c' what "
                            "stands between columns?",
                            delimiter_of(r));
    if (!kf_utf8_valid(r->raw))
        return kf_hand_fail(&r->hand, "bad_encoding", "the record is not UTF-8");
    for (uint32_t i = 0; i < r->n_cell; i++) {
        struct kf_scalar v = {.kind = KF_SCALAR_TEXT, .text = r->cell[i], .cell = true};
        if (r->column[i] && v.text.n &&
            !(kf_hand_apply(&r->hand, r->column[i], &v) && kf_hand_repeats(&r->hand)))
            return false;
    }
    return true;
}

void kf_reader_csv(struct kf_reader *r, const struct kf_chunk *c)
{
    const char *p = c->buf, *end = c->buf + c->len;
    size_t n_lost = 0;
    uint32_t line = c->line;
    if (c->header != r->header)
        use_header(r, c->header);
    while (p < end) {
        r->record = line;
        if (n_lost < c->n_lost && p == c->buf + c->lost[n_lost].at) {
            kf_reader_lose(r, c, &c->lost[n_lost]);
            p += c->lost[n_lost++].n;
            continue;
        }
        const char *next = kf_csv_record_end(p, end, delimiter_of(r), quote_of(r), true, &line);
        next = next ? next : end;
        r->raw = kf_str(p, (size_t)(next - p));
        while (r->raw.n && (r->raw.p[r->raw.n - 1] == '\n' || r->raw.p[r->raw.n - 1] == '\r'))
            r->raw.n--;
        p = next;
        if (!kf_str_trim(r->raw).n) /* an empty line is no record */
            continue;
        kf_hand_begin(&r->hand);
        kf_reader_finish(r, read_row(r));
    }
}
