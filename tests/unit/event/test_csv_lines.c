/* Where a table's records are: the line of the file that an editor shows. Every row of these tables
 * says its own line, as L7, so what is checked is what the reader says of it. */
#include "event_support.h"

#include <ctype.h>
#include <zlib.h>

#define HEADER "t,at,id,u,n"

static const struct kf_map by_name[] = {TEST_ROWS};
static const struct kf_map by_number[] = {{"1", KF_TO_TYPE, 0, 0, 0, 0, 0},
                                          {"2", KF_TO_TIME, 0, 0, 0, 0, 0},
                                          {"3", KF_TO_MESSAGE_ID, 0, 0, 0, 0, 0},
                                          {"4", KF_TO_IDENTIFIER, 0, "user_id", 0, 0, 0}};
static struct got g;

static void setup(void)
{
    test_shape = (struct kf_shape){.format = KF_FORMAT_CSV,
                                   .map = by_name,
                                   .map_len = sizeof by_name / sizeof *by_name,
                                   .skip_until = HEADER};
    dir_make();
}

static void teardown(void)
{
    dir_remove();
}

/* ---- tables ---- */

static unsigned line_now(const struct kf_buf *b)
{
    unsigned line = 1;
    for (size_t i = 0; i < b->n; i++)
        line += b->p[i] == '\n';
    return line;
}

/* Lines above the header, more than are looked at to tell what kind of file it is. */
static void titles(struct kf_buf *b, const char *eol)
{
    for (unsigned i = 0; i < 100; i++) {
        if (i % 7 == 0)
            kf_buf_adds(b, eol);
        if (i % 9 == 0)
            kf_buf_addf(b, "\"a title%sover%s%sfour lines\"%s", eol, eol, eol, eol);
        kf_buf_addf(b, "Report %u of the sales of all shops and what became of them%s", i, eol);
    }
    kf_buf_addf(b, HEADER "%s", eol);
}

static void odd_row(struct kf_buf *b, unsigned i, const char *eol)
{
    unsigned line = line_now(b);
    switch (i % 7) {
    case 0:
        kf_buf_addf(b, "%s  %s%s", eol, eol, eol);
        break;
    case 1:
        kf_buf_addf(b, "page,2026-01-01,L%u,\"a \"\"name\"\"%s%sof lines\",1%s", line, eol, eol,
                    eol);
        break;
    case 2:
        kf_buf_addf(b, "page,2026-01-01,L%u%s", line, eol); /* ragged */
        break;
    case 3:
        kf_buf_addf(b, "page,2026-01-01,L%u,u\rv,\"\r\"%s", line, eol);
        break;
    case 4:
        kf_buf_addf(b, "page,2026-01-01,L%u,u,\"%s", line, eol);
        for (unsigned k = 0; k < i % 20; k++)
            kf_buf_addf(b, "text,%u%s", k, eol);
        kf_buf_addf(b, "\"%s", eol);
        break;
    case 5:
        kf_buf_addf(b, "page,2026-01-01,L%u,", line); /* too long, where there is a limit */
        for (unsigned k = 0; k < 60 + i * 5; k++)
            kf_buf_addc(b, 'y');
        kf_buf_addf(b, ",1%s", eol);
        break;
    default:
        kf_buf_addf(b, "page,1899-12-31,L%u,u,1%s", line, eol);
    }
}

/* `lost`: quotes that never close, which the last ones of the table are for want of another. */
static void rows(struct kf_buf *b, const char *eol, bool lost)
{
    for (unsigned i = 0; i < 100; i++) {
        kf_buf_addf(b, "page,2026-01-01,L%u,u,1%s", line_now(b), eol);
        odd_row(b, i, eol);
    }
    for (unsigned i = 0; lost && i < 40; i++) {
        kf_buf_addf(b, "page,2026-01-01,L%u,\"open,1%s%s", line_now(b), eol, i % 3 ? "" : eol);
        kf_buf_addf(b, "page,2026-01-01,L%u,u,1%s", line_now(b), eol);
    }
    kf_buf_addf(b, "page,2026-01-01,L%u,u,1", line_now(b));
}

/* ---- what is said of them ---- */

static unsigned line_in(struct kf_str text)
{
    char s[200];
    snprintf(s, sizeof s, "%.*s", (int)text.n, text.p);
    char *at = strchr(s, 'L');
    ck_assert_msg(at && isdigit((unsigned char)at[1]), "no line in '%s'", s);
    return (unsigned)strtoul(at + 1, NULL, 10);
}

static void check_lines(const char *file, const struct kf_ingest_options *o, uint32_t n_event,
                        uint32_t n_refused)
{
    read_paths(&g, o, &file, 1);
    ck_assert_uint_eq(g.events->n, n_event);
    ck_assert_uint_eq(g.result->n_quarantine, n_refused);
    ck_assert_uint_eq(g.result->records, n_event + n_refused);
    for (uint32_t i = 0; i < g.events->n; i++)
        ck_assert_msg(g.events->at[i].record == line_in(kf_event_id(g.events, i)),
                      "%s in chunks of %zu: %.*s is said to be %u", file, o->chunk_size,
                      (int)kf_event_id(g.events, i).n, kf_event_id(g.events, i).p,
                      g.events->at[i].record);
    for (uint32_t i = 0; i < g.result->n_quarantine; i++) {
        const struct kf_quarantine *q = &g.result->quarantine[i];
        ck_assert_msg(q->record == line_in(q->raw), "%s in chunks of %zu: %u %s %.*s", file,
                      o->chunk_size, q->record, q->reason, (int)q->raw.n, q->raw.p);
    }
    got_end(&g);
}

static void every_chunk_size(const char *file, size_t from, uint64_t max_record, uint32_t n_event,
                             uint32_t n_refused)
{
    struct kf_ingest_options o = {.threads = 1, .max_record = max_record};
    check_lines(file, &o, n_event, n_refused);
    for (size_t size = from; size < 9000; size += size < 40 ? 1 : size / 5) {
        o.chunk_size = size;
        o.threads = size % 3 ? 1 : 3;
        check_lines(file, &o, n_event, n_refused);
    }
}

/* 100 plain rows and the last one; of a hundred odd ones 15 are blank, 14 ragged and 14 too early.
 * Of 14 long ones 8 are longer than 300 bytes. Each quote that never closes has a row behind it. */
#define EVENTS   158u
#define REFUSED  28u
#define TOO_LONG 8u
#define LOST     40u

START_TEST(lines_of_a_table)
{
    const char *eol = _i ? "\r\n" : "\n";
    struct kf_buf b = {0};
    titles(&b, eol);
    rows(&b, eol, true);
    dir_file("table", b.p, b.n);
    every_chunk_size("table", 16, 0, EVENTS + LOST, REFUSED + LOST);
    every_chunk_size("table", 16, 300, EVENTS + LOST - TOO_LONG, REFUSED + LOST + TOO_LONG);
    kf_buf_free(&b);
}
END_TEST

/* Blank lines and nothing else stand above the first row, which is one. */
START_TEST(lines_of_a_table_without_header)
{
    struct kf_buf b = {0};
    test_shape.map = by_number;
    test_shape.map_len = sizeof by_number / sizeof *by_number;
    test_shape.skip_until = NULL;
    test_shape.no_header = 1;
    kf_buf_adds(&b, "\n\r\n  \n");
    kf_buf_addf(&b, "page,2026-01-01,L%u,\"u\n\n\",1\n", line_now(&b));
    for (unsigned i = 0; i < 3000; i++)
        kf_buf_addc(&b, '\n');
    rows(&b, "\n", true);
    dir_file("table", b.p, b.n);
    every_chunk_size("table", 16, 0, EVENTS + LOST + 1, REFUSED + LOST);
    kf_buf_free(&b);
}
END_TEST

START_TEST(lines_of_a_table_in_utf16)
{
    struct kf_buf b = {0}, wide = {0};
    titles(&b, "\r\n");
    rows(&b, "\r\n", false);
    kf_buf_add(&wide, "\xff\xfe", 2);
    for (size_t i = 0; i < b.n; i++) {
        kf_buf_addc(&wide, b.p[i]);
        kf_buf_addc(&wide, 0);
    }
    dir_file("wide", wide.p, wide.n);
    every_chunk_size("wide", 64, 0, EVENTS, REFUSED);
    kf_buf_free(&wide);
    kf_buf_free(&b);
}
END_TEST

/* Packed; not to its end unless `whole`. */
static size_t pack(const struct kf_buf *b, bool whole, unsigned char *out, size_t cap)
{
    z_stream z = {
        .next_in = (Bytef *)b->p, .avail_in = (uInt)b->n, .next_out = out, .avail_out = (uInt)cap};
    ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&z, whole ? Z_FINISH : Z_SYNC_FLUSH), whole ? Z_STREAM_END : Z_OK);
    deflateEnd(&z);
    return cap - z.avail_out;
}

START_TEST(lines_of_a_packed_table)
{
    static unsigned char packed[100000];
    struct kf_buf b = {0};
    titles(&b, "\n");
    rows(&b, "\n", true);
    dir_file("table.gz", packed, pack(&b, true, packed, sizeof packed));
    every_chunk_size("table.gz", 16, 0, EVENTS + LOST, REFUSED + LOST);
    kf_buf_free(&b);
}
END_TEST

/* What stops in the middle is where the row that was begun is, whatever came before it. */
START_TEST(the_line_at_which_a_packed_table_stops)
{
    static unsigned char packed[100000];
    for (unsigned n_row = 0; n_row < 600; n_row += 299) {
        struct kf_buf b = {0};
        titles(&b, "\n");
        for (unsigned i = 0; i < n_row; i++)
            kf_buf_addf(&b, "page,2026-01-01,L%u,\"u\nv\",1\n", line_now(&b));
        kf_buf_addf(&b, "page,2026-01-01,L%u,\"begun\nand not", line_now(&b));
        dir_file("half.gz", packed, pack(&b, false, packed, sizeof packed));
        const char *path = "half.gz";
        for (size_t size = 16; size < 30000; size *= 3) {
            struct kf_ingest_options o = {.threads = 1, .chunk_size = size};
            read_paths(&g, &o, &path, 1);
            ck_assert_uint_eq(g.events->n, n_row);
            ck_assert_uint_eq(g.result->n_quarantine, 1);
            const struct kf_quarantine *q = g.result->quarantine;
            ck_assert_str_eq(q->reason, "truncated");
            ck_assert_uint_eq(q->record, line_in(q->raw));
            got_end(&g);
        }
        kf_buf_free(&b);
    }
}
END_TEST

/* What is wrong above the header is no record, but it has a line. */
START_TEST(lines_above_the_header)
{
    struct kf_buf b = {0};
    test_shape.skip_until = NULL;
    kf_buf_adds(&b, "\n\n\"L3 never closes,at\n\nt,at,id\npage,2026-01-01,L6\n");
    dir_file("table", b.p, b.n);
    const char *path = "table";
    read_paths(&g, &(struct kf_ingest_options){.threads = 1}, &path, 1);
    ck_assert_uint_eq(g.events->n, 1);
    ck_assert_uint_eq(g.events->at[0].record, 6);
    ck_assert_uint_eq(g.result->n_quarantine, 1);
    ck_assert_str_eq(g.result->quarantine[0].reason, "bad_csv");
    ck_assert_uint_eq(g.result->quarantine[0].record, 3);
    ck_assert_uint_eq(g.result->records, 1);
    got_end(&g);
    kf_buf_free(&b);
}
END_TEST

/* Each file begins at its own first line. */
START_TEST(lines_of_many_tables)
{
    static const char *const path[] = {"a", "b", "c"};
    struct kf_buf b = {0};
    for (unsigned f = 0; f < 3; f++) {
        kf_buf_clear(&b);
        titles(&b, f == 1 ? "\r\n" : "\n");
        rows(&b, "\n", f == 2);
        dir_file(path[f], b.p, b.n);
    }
    for (unsigned threads = 1; threads < 4; threads++) {
        struct kf_ingest_options o = {.threads = threads, .chunk_size = 100 * threads};
        read_paths(&g, &o, path, 3);
        ck_assert_uint_eq(g.events->n, 3 * EVENTS + LOST);
        for (uint32_t i = 0; i < g.events->n; i++)
            ck_assert_uint_eq(g.events->at[i].record, line_in(kf_event_id(g.events, i)));
        got_end(&g);
    }
    kf_buf_free(&b);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("csv_lines");
    TCase *t = tcase_create("csv_lines");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, lines_of_a_table, 0, 2);
    tcase_add_test(t, lines_of_a_table_without_header);
    tcase_add_test(t, lines_of_a_table_in_utf16);
    tcase_add_test(t, lines_of_a_packed_table);
    tcase_add_test(t, the_line_at_which_a_packed_table_stops);
    tcase_add_test(t, lines_above_the_header);
    tcase_add_test(t, lines_of_many_tables);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
