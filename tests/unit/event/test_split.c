/* Where records end: rows with quotes, cells, JSON values one after the other. */
#include "../check_main.h"

#include "event/split.h"

#include <string.h>

static struct kf_arena arena;

static uint32_t line_at(const char *text, const char *p)
{
    uint32_t line = 1;
    for (; text < p; text++)
        line += *text == '\n';
    return line;
}

/* The cells with | between them and ; behind each row. */
static void check_rows(const char *text, const char *want)
{
    uint32_t line = 1;
    const char *p = text, *end = text + strlen(text);
    struct kf_str *cell = NULL;
    uint32_t cap = 0;
    struct kf_buf out = {0};
    while (p < end) {
        const char *next = kf_csv_record_end(p, end, ',', '"', true, &line);
        ck_assert_msg(next != NULL && next > p, "no end: %s", p);
        ck_assert_uint_eq(line, line_at(text, next));
        uint32_t n = kf_csv_cells(kf_str(p, (size_t)(next - p)), ',', '"', &cell, &cap, &arena);
        for (uint32_t i = 0; i < n; i++) {
            if (i)
                kf_buf_addc(&out, '|');
            kf_buf_add(&out, cell[i].p, cell[i].n);
        }
        kf_buf_addc(&out, ';');
        p = next;
    }
    ck_assert_str_eq(out.p ? out.p : "", want);
    kf_buf_free(&out);
    free(cell);
}

START_TEST(rows_and_cells)
{
    static const char *const cases[][2] = {
        {"a,b\nc,d\n", "a|b;c|d;"},
        {"a,b\r\nc,d\r\n", "a|b;c|d;"},
        {"a,b", "a|b;"},
        {"a,\n", "a|;"},
        {",\n", "|;"},
        {"\n", ";"},
        {"\"a,b\",c\n", "a,b|c;"},
        {"\"a\nb\",c\n", "a\nb|c;"},
        {"\"a\r\nb\",c\r\n", "a\r\nb|c;"},
        {"\"a \"\"b\"\" c\"\n", "a \"b\" c;"},
        {"\"\"\"\"\n", "\";"},
        {"\"\",x\n", "|x;"},
        {"\"\"\n", ";"},
        {"a\"b\"c,d\n", "a\"b\"c|d;"},
        {"\"a\"b\",c\n", "a\"b|c;"},
        {"\"last\"", "last;"},
        {"\"last\"\r\n", "last;"},
        {"x, \"y\n", "x| \"y;"},
        {"\"\n\",\"a\n\r\n\nb\",c\nd\n\n\"\n\ne\"", "\n|a\n\r\n\nb|c;d;;\n\ne;"},
        {"a\rb\n\"c\rd\"\n", "a\rb;c\rd;"}, /* CR alone is text */
    };
    ck_assert_uint_eq(sizeof cases / sizeof *cases, 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_rows(cases[i][0], cases[i][1]);
}
END_TEST

START_TEST(an_open_quote_has_no_end)
{
    const char *text = "\"a\nb\nc";
    uint32_t line = 7;
    ck_assert_ptr_null(kf_csv_record_end(text, text + strlen(text), ',', '"', true, &line));
    ck_assert_ptr_null(kf_csv_record_end(text, text + strlen(text), ',', '"', false, &line));
    ck_assert_uint_eq(line, 7);
}
END_TEST

START_TEST(a_row_that_goes_on_has_no_end_yet)
{
    const char *text = "\"a\"\"b\"\nc,d";
    const char *row = strchr(text, 'c');
    uint32_t line = 7;
    for (const char *end = text + 1; end < row; end++)
        ck_assert_msg(kf_csv_record_end(text, end, ',', '"', false, &line) == NULL, "%d",
                      (int)(end - text));
    ck_assert_uint_eq(line, 7);
    ck_assert_ptr_eq(kf_csv_record_end(text, row, ',', '"', false, &line), row);
    ck_assert_ptr_null(kf_csv_record_end(row, row + 3, ',', '"', false, &line));
    ck_assert_ptr_eq(kf_csv_record_end(row, row + 3, ',', '"', true, &line), row + 3);
    ck_assert_uint_eq(line, 8); /* the last one has no line break */
}
END_TEST

START_TEST(another_delimiter_and_quote)
{
    struct kf_str *cell = NULL;
    uint32_t cap = 0;
    const char *row = "'a;b';\"c\";d,e\n";
    ck_assert_uint_eq(kf_csv_cells(kf_cstr(row), ';', '\'', &cell, &cap, &arena), 3);
    ck_assert(kf_str_eq(cell[0], kf_cstr("a;b")));
    ck_assert(kf_str_eq(cell[1], kf_cstr("\"c\"")));
    ck_assert(kf_str_eq(cell[2], kf_cstr("d,e")));
    free(cell);
}
END_TEST

/* The values of the text, whether it is looked at as a whole or a byte at a time. */
static void check_values(const char *text, const char *want)
{
    size_t len = strlen(text), at, n;
    for (size_t step = 1; step <= len; step++) {
        struct kf_value_scan s = {0};
        struct kf_buf out = {0};
        for (size_t have = step;; have += step) {
            if (have > len)
                have = len;
            while (kf_value_scan(&s, text, have, &at, &n)) {
                kf_buf_add(&out, text + at, n);
                kf_buf_addc(&out, '~');
            }
            if (have == len)
                break;
        }
        if (s.started)
            kf_buf_addf(&out, "open %s", text + s.from);
        ck_assert_msg(strcmp(out.p ? out.p : "", want) == 0, "%s by %zu: %s", text, step, out.p);
        kf_buf_free(&out);
    }
}

START_TEST(json_values)
{
    check_values("[{\"a\":1}, {\"b\":[2,3]}\n]", "{\"a\":1}~{\"b\":[2,3]}~");
    check_values("{\"a\":\"}\\\"]\"}\n{}", "{\"a\":\"}\\\"]\"}~{}~");
    check_values("[1, true ,null]", "1~true~null~");
    check_values("[[1],[2]]", "[1]~[2]~");
    check_values("[\"x\", \"\\\\\"]", "\"x\"~\"\\\\\"~");
    check_values("{\"a\":[", "open {\"a\":[");
    check_values("[{},\"half", "{}~open \"half");
    check_values("]}{}", "{}~");
    check_values(" , ", "");
}
END_TEST

START_TEST(lines_or_values)
{
    static const struct {
        const char *text;
        bool by_value;
    } cases[] = {{"{\"a\":1}\n{\"b\":2}\n", false},
                 {"[{\"a\":1}]", true},
                 {"\n\n [", true},
                 {"{\n  \"a\": 1\n}", true},
                 {"{\"a\": [\r\n1]}", true},
                 {"{\"a\":1}", false},
                 {"{\"a\":\n1}", true},
                 {"{\"a\": 1,\n\"b\":2}", true},
                 {"", false},
                 {"  \n", false},
                 {"text\n[", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(kf_json_by_value(cases[i].text, strlen(cases[i].text)) == cases[i].by_value,
                      "%s", cases[i].text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("split");
    TCase *t = tcase_create("split");
    tcase_add_test(t, rows_and_cells);
    tcase_add_test(t, an_open_quote_has_no_end);
    tcase_add_test(t, a_row_that_goes_on_has_no_end_yet);
    tcase_add_test(t, another_delimiter_and_quote);
    tcase_add_test(t, json_values);
    tcase_add_test(t, lines_or_values);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
