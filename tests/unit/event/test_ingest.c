/* Files to events: what is wrong with files and lines, and that chunks, threads and the order of
 * files show in nothing. */
#include "event_support.h"

#include "event/feed.h"

#include <zlib.h>

static const struct kf_map rows[] = {TEST_ROWS,
                                     {"n", KF_TO_FIELD, KF_FIELD_NUMBER, "properties.n", 0, 0, 0}};
static struct got g;

static void setup(void)
{
    test_shape = (struct kf_shape){.format = KF_FORMAT_JSON,
                                   .map = rows,
                                   .map_len = sizeof rows / sizeof *rows,
                                   .batch_path = "batch",
                                   .unmapped = "properties"};
    dir_make();
}

static void teardown(void)
{
    dir_remove();
}

static void read_one(const char *name, const struct kf_ingest_options *o)
{
    const char *path[] = {name};
    read_paths(&g, o, path, 1);
}

static const struct kf_ingest_options plain = {.threads = 1};

/* "record reason sentence" of the only row in quarantine. */
static const char *refused(void)
{
    static char text[400];
    ck_assert_msg(g.result->n_quarantine == 1, "%s", g.text.p);
    const struct kf_quarantine *q = g.result->quarantine;
    snprintf(text, sizeof text, "%u %s %.*s", q->record, q->reason, (int)q->detail.n, q->detail.p);
    return text;
}

/* ---- files as a whole ---- */

START_TEST(empty_and_binary_files)
{
    static char big[3 << 20];
    dir_file("empty", "", 0);
    read_one("empty", &plain);
    ck_assert_str_eq(refused(), "0 empty_file the file is empty");
    ck_assert_uint_eq(g.result->n_file, 1);
    ck_assert_uint_eq(g.result->file[0].rejected, 1);
    got_end(&g);
    memset(big, 'x', sizeof big);
    for (size_t i = 40; i < sizeof big; i += 50)
        big[i] = '\n';
    big[10] = 0;
    dir_file("binary", big, sizeof big); /* more than a chunk: the rest is not read either */
    read_one("binary", &plain);
    ck_assert_str_eq(refused(), "0 binary_file this is no text but a binary file; export it as "
                                "text, a workbook as CSV");
    ck_assert_uint_eq(g.result->records, 0);
    ck_assert_uint_eq(g.result->file[0].size, sizeof big);
    got_end(&g);
    dir_file("book", "PK\3\4rest of a workbook", 22);
    read_one("book", &plain);
    ck_assert_uint_eq(strncmp(refused(), "0 binary_file", 13), 0);
    got_end(&g);
}
END_TEST

START_TEST(unreadable_files)
{
    const char *path[] = {"gone", "here"};
    struct kf_config_source source = {.name = "crm", .path = path, .n_path = 1};
    struct kf_config config = {.dir = test_dir, .source = &source, .n_source = 1};
    struct kf_ingest_options o = {.config = &config, .threads = 1};
    const struct kf_plugin_handle *plugin = &test_plugin;
    got_begin(&g);
    ck_assert_int_eq(kf_ingest_run(&o, &plugin, g.events, &g.result, &err), KF_E_NOINPUT);
    char want[200];
    snprintf(want, sizeof want, "source 'crm': no file is called gone (looked in %s)", test_dir);
    ck_assert_str_eq(err.message, want);
    got_end(&g);
    if (geteuid() == 0) /* may read everything */
        return;
    chmod(dir_file("here", "{}\n", 3), 0);
    read_one("here", &plain);
    ck_assert_str_eq(refused(), "0 unreadable it cannot be read: Permission denied");
    got_end(&g);
}
END_TEST

static const char LINE[] = "{\"t\":\"page\",\"at\":\"2026-01-01\",\"id\":\"%u\",\"n\":%u}\n";

static void lines(struct kf_buf *b, unsigned n)
{
    kf_buf_clear(b);
    for (unsigned i = 0; i < n; i++)
        kf_buf_addf(b, LINE, i, i * 7);
}

START_TEST(half_a_gzip_gives_its_beginning)
{
    struct kf_buf b = {0};
    static unsigned char packed[400000];
    lines(&b, 5000);
    z_stream z = {.next_in = (Bytef *)b.p,
                  .avail_in = (uInt)b.n,
                  .next_out = packed,
                  .avail_out = sizeof packed};
    ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    size_t n = sizeof packed - z.avail_out;
    dir_file("whole.gz", packed, n);
    read_one("whole.gz", &plain);
    ck_assert_uint_eq(g.events->n, 5000);
    ck_assert_uint_eq(g.result->n_quarantine, 0);
    got_end(&g);
    dir_file("half.gz", packed, n / 2);
    read_one("half.gz", &plain);
    uint32_t got = g.events->n;
    ck_assert_uint_gt(got, 2000);
    ck_assert_uint_lt(got, 4000);
    char want[120];
    snprintf(want, sizeof want,
             "%u truncated the compressed file stops in the middle; what comes before was read, "
             "fetch it again for the rest",
             got + 1);
    ck_assert_str_eq(refused(), want);
    got_end(&g);
    kf_buf_free(&b);
}
END_TEST

/* ---- lines ---- */

START_TEST(broken_lines_keep_their_numbers)
{
    const char *text = "\n"
                       "{\"t\":\"page\",\"at\":\"2026-01-01\",\"id\":\"a\"}\r\n"
                       "{\"t\":\"page\",\"at\":\"2026-01-01\"\n"
                       "   \n"
                       "\xff\n"
                       "{\"t\":\"page\",\"at\":\"2026-01-01\",\"id\":\"b\"}";
    read_text(&g, text, strlen(text));
    ck_assert_uint_eq(g.events->n, 2);
    ck_assert_uint_eq(g.events->at[0].record, 2);
    ck_assert_uint_eq(g.events->at[1].record, 6);
    ck_assert_uint_eq(g.result->n_quarantine, 2);
    ck_assert_uint_eq(g.result->quarantine[0].record, 3);
    ck_assert_str_eq(g.result->quarantine[0].reason, "bad_json");
    ck_assert_uint_eq(g.result->quarantine[1].record, 5);
    ck_assert_str_eq(g.result->quarantine[1].reason, "bad_encoding");
    ck_assert(kf_str_eq(g.result->quarantine[1].raw, kf_cstr("\xff")));
    ck_assert_uint_eq(g.result->source[0].records, 4);
    got_end(&g);
}
END_TEST

/* A line longer than the piece in which positions are taken counts as one. */
START_TEST(a_line_of_200_kilobytes_is_one_line)
{
    struct kf_buf b = {0};
    kf_buf_addf(&b, LINE, 1u, 1u);
    kf_buf_adds(&b, "{\"t\":\"page\",\"at\":\"2026-01-01\",\"id\":\"long\",\"x\":\"");
    for (int i = 0; i < 200000; i++)
        kf_buf_addc(&b, 'x');
    kf_buf_adds(&b, "\"}\n");
    kf_buf_addf(&b, LINE, 3u, 3u);
    read_text(&g, b.p, b.n);
    ck_assert_uint_eq(g.events->n, 3);
    for (uint32_t i = 0; i < 3; i++)
        ck_assert_uint_eq(g.events->at[i].record, i + 1);
    got_end(&g);
    kf_buf_free(&b);
}
END_TEST

START_TEST(a_batch_makes_many_events_of_one_line)
{
    const char *text =
        "{\"at\":\"2026-01-01\",\"u\":\"x\",\"batch\":[{\"t\":\"page\"},{\"t\":\"page\","
        "\"at\":\"2026-01-02\",\"u\":\"y\"},7,{}]}\n";
    read_text(&g, text, strlen(text));
    ck_assert_uint_eq(g.events->n, 2);
    ck_assert_int_eq(g.events->time[1] - g.events->time[0], KF_DAY);
    ck_assert_uint_eq(g.events->at[1].record, 1);
    ck_assert_uint_eq(g.result->n_quarantine, 2);
    ck_assert_str_eq(g.result->quarantine[0].reason, "no_type");
    ck_assert_str_eq(g.result->quarantine[1].reason, "not_object");
    got_end(&g);
}
END_TEST

/* ---- chunks ---- */

/* Everything that can be wrong with lines, several times over. */
static void messy_json(struct kf_buf *b)
{
    kf_buf_clear(b);
    for (unsigned i = 0; i < 60; i++) {
        kf_buf_addf(b, LINE, i, i);
        switch (i % 9) {
        case 0:
            kf_buf_adds(b, "\n \r\n");
            break;
        case 1:
            kf_buf_adds(b, "{\"t\":\"page\",\"at\":\"2026-01-01\",\"id\":\"0\"}\r\n");
            break;
        case 2:
            kf_buf_adds(b, "{\"t\":\"page\",\"at\":\n");
            break;
        case 3:
            kf_buf_adds(b, "\xc3\x28 no UTF-8\n");
            break;
        case 4:
            kf_buf_adds(b, "{\"t\":\"page\",\"at\":\"2026-01-01\",\"x\":\"open\n");
            break;
        case 5:
            kf_buf_adds(b, "{\"long\":\"");
            for (unsigned k = 0; k < 150 + i * 20; k++)
                kf_buf_addc(b, 'y');
            kf_buf_adds(b, "\"}\n");
            break;
        case 6:
            kf_buf_adds(b, "{\"at\":\"2026-01-01\",\"batch\":[{\"t\":\"page\"},{}]}\n");
            break;
        default:
            kf_buf_adds(b, "{\"t\":\"page\",\"at\":\"1776\",\"x\":[1,{\"y\":2}]}\n");
        }
    }
}

static void messy_list(struct kf_buf *b)
{
    kf_buf_clear(b);
    kf_buf_adds(b, "[\n");
    for (unsigned i = 0; i < 150; i++) {
        kf_buf_addf(b, LINE, i, i);
        kf_buf_adds(b, i % 5 ? "," : i % 2 ? ", 7, true," : ",\"]}\\\"\",");
        if (i % 20 == 0) {
            kf_buf_adds(b, "{\"long\":[\"]");
            for (unsigned k = 0; k < 150 + i * 9; k++)
                kf_buf_addc(b, 'y');
            kf_buf_adds(b, "\"]},");
        }
    }
    kf_buf_adds(b, "{\"half\":[");
}

static void messy_table(struct kf_buf *b)
{
    kf_buf_clear(b);
    kf_buf_adds(b, "\n\"a title, quoted\nover lines\"\nt,at,id,u,n\r\n");
    for (unsigned i = 0; i < 100; i++) {
        kf_buf_addf(b, "page,2026-01-01,%u,u%u,%u\n", i, i % 7, i);
        switch (i % 8) {
        case 0:
            kf_buf_adds(b, "\r\n\n");
            break;
        case 1:
            kf_buf_adds(b, "page,2026-01-01,0,\"a \"\"quoted\"\"\nname\",1\r\n");
            break;
        case 2:
            kf_buf_adds(b, "page,2026-01-01\n");
            break;
        case 3:
            kf_buf_adds(b, "page,2026-01-01,q,a\"b,\"1\"\n");
            break;
        case 4:
            kf_buf_adds(b, "page,2026-01-01,\xff,u,1\n");
            break;
        case 5:
            kf_buf_adds(b, "page,2026-01-01,long,");
            for (unsigned k = 0; k < 100 + i * 10; k++)
                kf_buf_addc(b, 'y');
            kf_buf_adds(b, ",1\n");
            break;
        case 6:
            kf_buf_adds(b, i % 40 == 6 ? "page,2026-01-01,never,\"closes,1\n" : "\n");
            break;
        default:
            kf_buf_adds(b, "page,1899-12-31,early,u,1\n");
        }
    }
}

/* Each chunk size from 16 bytes on tells the same story as one chunk of all. */
static void every_chunk_size(const char *file, uint64_t max_record, uint32_t at_least)
{
    struct kf_buf whole = {0};
    struct kf_ingest_options o = {.threads = 1, .max_record = max_record};
    read_one(file, &o);
    kf_buf_add(&whole, g.text.p, g.text.n);
    ck_assert_uint_gt(g.events->n, at_least);
    ck_assert_uint_gt(g.result->n_quarantine, at_least / 4);
    got_end(&g);
    for (size_t size = 16; size < 9000; size += size < 130 ? 1 : size / 7) {
        o.chunk_size = size;
        read_one(file, &o);
        ck_assert_msg(strcmp(g.text.p, whole.p) == 0, "%s in chunks of %zu:\n%s\nas a whole:\n%s",
                      file, size, g.text.p, whole.p);
        got_end(&g);
    }
    kf_buf_free(&whole);
}

START_TEST(chunks_of_lines)
{
    struct kf_buf b = {0};
    messy_json(&b);
    dir_file("lines", b.p, b.n);
    every_chunk_size("lines", 0, 60);
    every_chunk_size("lines", 300, 60);
    dir_file("no_break_at_the_end", b.p, b.n - 1);
    every_chunk_size("no_break_at_the_end", 300, 60);
    kf_buf_free(&b);
}
END_TEST

START_TEST(chunks_of_a_list)
{
    struct kf_buf b = {0};
    messy_list(&b);
    dir_file("list", b.p, b.n);
    every_chunk_size("list", 0, 100);
    every_chunk_size("list", 300, 100);
    kf_buf_free(&b);
}
END_TEST

START_TEST(chunks_of_a_table)
{
    struct kf_buf b = {0};
    messy_table(&b);
    test_shape.format = KF_FORMAT_CSV;
    test_shape.skip_until = "t,at";
    dir_file("table", b.p, b.n);
    every_chunk_size("table", 0, 100);
    every_chunk_size("table", 300, 100);
    kf_buf_free(&b);
}
END_TEST

/* ---- what is too long, and quotes that never close ---- */

START_TEST(a_long_line_costs_itself)
{
    struct kf_buf b = {0};
    struct kf_ingest_options o = {.threads = 1, .max_record = 200, .chunk_size = 64};
    kf_buf_addf(&b, LINE, 1u, 1u);
    for (int i = 0; i < 20000; i++)
        kf_buf_addc(&b, 'x');
    kf_buf_addf(&b, "\n");
    kf_buf_addf(&b, LINE, 2u, 2u);
    dir_file("x", b.p, b.n);
    read_one("x", &o);
    ck_assert_uint_eq(g.events->n, 2);
    ck_assert_uint_eq(g.events->at[1].record, 3);
    ck_assert_str_eq(refused(), "2 too_long a record of more than 200 bytes was left out");
    ck_assert_uint_eq(g.result->quarantine[0].raw.n, 200);
    ck_assert_uint_eq(g.result->records, 3);
    got_end(&g);
    test_shape.format = KF_FORMAT_CSV;
    kf_buf_clear(&b);
    kf_buf_adds(&b, "t,at,id\npage,2026-01-01,1\n");
    for (int i = 0; i < 20000; i++)
        kf_buf_addc(&b, ',');
    kf_buf_adds(&b, "\npage,2026-01-01,2\n");
    dir_file("x", b.p, b.n);
    read_one("x", &o);
    ck_assert_uint_eq(g.events->n, 2);
    ck_assert_uint_eq(g.events->at[1].record, 4);
    ck_assert_str_eq(refused(), "3 too_long a record of more than 200 bytes was left out");
    got_end(&g);
    kf_buf_free(&b);
}
END_TEST

START_TEST(the_limit_is_exact)
{
    struct kf_buf b = {0};
    for (unsigned more = 0; more < 2; more++) {
        kf_buf_clear(&b);
        kf_buf_adds(&b, "{\"t\":\"page\",\"at\":\"2026-01-01\",\"x\":\"");
        while (b.n < 298 + more)
            kf_buf_addc(&b, 'x');
        kf_buf_adds(&b, "\"}\n");
        dir_file("x", b.p, b.n);
        struct kf_ingest_options o = {.threads = 1, .max_record = 300};
        read_one("x", &o);
        ck_assert_uint_eq(g.events->n, 1 - more);
        got_end(&g);
    }
    kf_buf_free(&b);
}
END_TEST

START_TEST(an_open_quote_costs_its_line)
{
    const char *text = "t,at,id\n"
                       "page,2026-01-01,1\n"
                       "page,2026-01-01,\"2\n"
                       "page,2026-01-01,3\n";
    test_shape.format = KF_FORMAT_CSV;
    read_text(&g, text, strlen(text));
    ck_assert_uint_eq(g.events->n, 2);
    ck_assert_uint_eq(g.events->at[1].record, 4);
    ck_assert_str_eq(
        refused(),
        "3 bad_csv a quoted cell has no end; the line was left out, double the quote or close it");
    ck_assert(kf_str_eq(g.result->quarantine[0].raw, kf_cstr("page,2026-01-01,\"2")));
    got_end(&g);
}
END_TEST

START_TEST(a_file_of_open_quotes_is_given_up)
{
    struct kf_buf b = {0};
    test_shape.format = KF_FORMAT_CSV;
    kf_buf_adds(&b, "t,at,id\n");
    for (int i = 0; i < 150; i++)
        kf_buf_addf(&b, "\"%d\"x\npage,2026-01-01,%d\n", i, i);
    read_text(&g, b.p, b.n);
    ck_assert_uint_eq(g.result->n_quarantine, 100);
    const struct kf_quarantine *q = &g.result->quarantine[99];
    ck_assert_str_eq(q->reason, "bad_csv");
    ck_assert(
        kf_str_eq(q->detail,
                  kf_cstr("too many quoted cells without end; the rest of the file was left out")));
    ck_assert_uint_eq(g.events->n, 99);
    got_end(&g);
    kf_buf_free(&b);
}
END_TEST

START_TEST(tables_without_a_usable_header)
{
    test_shape.format = KF_FORMAT_CSV;
    read_text(&g, "\n \n", 3);
    ck_assert_str_eq(
        refused(),
        "0 no_header no line of the file names the columns; check skip_until and header");
    got_end(&g);
    test_shape.skip_until = "Day";
    read_text(&g, "t,at\npage,2026-01-01\n", 21);
    ck_assert_str_eq(
        refused(),
        "0 no_header no line of the file names the columns; check skip_until and header");
    got_end(&g);
    test_shape.skip_until = NULL;
    const char *open = "\"t,at\nt,at\npage,2026-01-01\n";
    read_text(&g, open, strlen(open));
    ck_assert_uint_eq(g.events->n, 1);
    ck_assert_uint_eq(g.events->at[0].record, 3);
    ck_assert_str_eq(
        refused(),
        "1 bad_csv a quoted cell has no end; the line was left out, double the quote or close it");
    got_end(&g);
}
END_TEST

START_TEST(ragged_rows)
{
    const char *text = "t,at,id\npage,2026-01-01\npage,2026-01-01,1,2\npage,2026-01-01,3\n";
    test_shape.format = KF_FORMAT_CSV;
    read_text(&g, text, strlen(text));
    ck_assert_uint_eq(g.events->n, 1);
    ck_assert_uint_eq(g.result->n_quarantine, 2);
    ck_assert(kf_str_eq(g.result->quarantine[0].detail, kf_cstr("2 cells, 3 columns")));
    ck_assert(kf_str_eq(g.result->quarantine[1].detail, kf_cstr("4 cells, 3 columns")));
    got_end(&g);
}
END_TEST

/* ---- determinism ---- */

START_TEST(threads_and_order_show_in_nothing)
{
    static const unsigned threads[] = {1, 2, 7};
    static const char *const orders[][4] = {
        {"a", "b", "c", "d"}, {"d", "c", "b", "a"}, {"b", "d", "a", "c"}, {"c", "a", "d", "b"}};
    struct kf_buf b = {0}, first = {0};
    for (unsigned f = 0; f < 4; f++) {
        kf_buf_clear(&b);
        for (unsigned i = 0; i < 1500;
             i++) /* ids that other files have too, content that differs */
            kf_buf_addf(&b,
                        "{\"t\":\"page\",\"at\":\"2026-01-01\",\"id\":\"%u\",\"u\":\"u%u\","
                        "\"got\":\"2026-01-0%u\",\"name%u\":%u}\n%s",
                        (i * 37 + f * 11) % 3000, i % 50, 2 + (i + f) % 4, i % 300, f,
                        i % 97 ? "" : "{\"broken\n");
        char name[2] = {(char)('a' + f), 0};
        dir_file(name, b.p, b.n);
    }
    for (unsigned t = 0; t < 3; t++)
        for (unsigned o = 0; o < 4; o++) {
            struct kf_ingest_options options = {.threads = threads[t],
                                                .chunk_size = 2000 + 777 * o};
            read_paths(&g, &options, orders[o], 4);
            if (!first.p) {
                kf_buf_add(&first, g.text.p, g.text.n);
                ck_assert_uint_gt(g.result->duplicates, 2000);
                ck_assert_uint_eq(g.result->n_quarantine, 64);
            }
            ck_assert_msg(strcmp(g.text.p, first.p) == 0, "%u threads, order %u", threads[t], o);
            got_end(&g);
        }
    kf_buf_free(&b);
    kf_buf_free(&first);
}
END_TEST

/* A file that is known and unchanged is not read again; given up or not, its hash is of all of
 * it. */
START_TEST(known_files_are_passed_over)
{
    static char big[2 << 20];
    const struct kf_plugin_handle *plugin = &test_plugin;
    const char *path[] = {"binary", "good"};
    dir_file("binary", big, sizeof big);
    dir_file("good", "{\"t\":\"page\",\"at\":\"2026-01-01\"}\n", 30);
    read_paths(&g, &plain, path, 2);
    struct kf_ingest_known known[2];
    for (unsigned i = 0; i < 2; i++)
        known[i] = (struct kf_ingest_known){"test", path[i], g.result->file[i].size,
                                            g.result->file[i].hash};
    got_end(&g);
    struct kf_config_source source = {.name = "test", .path = path, .n_path = 2};
    struct kf_config config = {.dir = test_dir, .source = &source, .n_source = 1};
    struct kf_ingest_options o = {.config = &config, .known = known, .n_known = 2, .threads = 1};
    bool pending = true;
    OK(kf_ingest_pending(&o, &plugin, &pending, &err));
    ck_assert(!pending);
    read_paths(&g, &o, path, 2);
    ck_assert_uint_eq(g.result->skipped_files, 2);
    ck_assert_uint_eq(g.events->n, 0);
    got_end(&g);
    dir_file("good", "{\"t\":\"page\",\"at\":\"2026-01-02\"}\n", 30);
    OK(kf_ingest_pending(&o, &plugin, &pending, &err));
    ck_assert(pending);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ingest");
    TCase *t = tcase_create("ingest");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, empty_and_binary_files);
    tcase_add_test(t, unreadable_files);
    tcase_add_test(t, half_a_gzip_gives_its_beginning);
    tcase_add_test(t, broken_lines_keep_their_numbers);
    tcase_add_test(t, a_line_of_200_kilobytes_is_one_line);
    tcase_add_test(t, a_batch_makes_many_events_of_one_line);
    tcase_add_test(t, chunks_of_lines);
    tcase_add_test(t, chunks_of_a_list);
    tcase_add_test(t, chunks_of_a_table);
    tcase_add_test(t, a_long_line_costs_itself);
    tcase_add_test(t, the_limit_is_exact);
    tcase_add_test(t, an_open_quote_costs_its_line);
    tcase_add_test(t, a_file_of_open_quotes_is_given_up);
    tcase_add_test(t, tables_without_a_usable_header);
    tcase_add_test(t, ragged_rows);
    tcase_add_test(t, threads_and_order_show_in_nothing);
    tcase_add_test(t, known_files_are_passed_over);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
