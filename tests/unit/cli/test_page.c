/* Pages and charts: what is escaped, what is named, what a screen reader gets. */
#include "cli/chart.h"
#include "cli/page.h"

#include "../check_main.h"

#include <stdint.h>
#include <stdlib.h>

static struct kf_buf html;

static void begin(struct kf_page *p)
{
    kf_buf_clear(&html);
    *p = (struct kf_page){.out = &html};
}

static unsigned times(const char *what)
{
    unsigned n = 0;
    for (const char *at = html.p; (at = strstr(at, what)) != NULL; at += strlen(what))
        n++;
    return n;
}

START_TEST(texts_are_escaped)
{
    struct kf_page p;
    begin(&p);
    kf_page_text(&p, "a<b> & \"c\" \x01\x7f \xc2\x85 \xff Gr\xc3\xbc\xc3\x9f"
                     "e\n\t");
    ck_assert_str_eq(html.p, "a&lt;b&gt; &amp; &quot;c&quot; \\x01\\x7f \\x85 \xef\xbf\xbd "
                             "Gr\xc3\xbc\xc3\x9f"
                             "e\n\t");
    begin(&p);
    kf_page_textf(&p, "%d < %s", 1, "<script>");
    kf_page_link(&p, "x.html?\"a\"", "<i>");
    ck_assert_str_eq(html.p, "1 &lt; &lt;script&gt;"
                             "<a href=\"x.html?&quot;a&quot;\">&lt;i&gt;</a>");
}
END_TEST

static void table(struct kf_page *p, const char *caption)
{
    kf_page_table_begin(p, "Segment|Before>|Change>|Note", caption);
    kf_page_row_begin(p);
    kf_page_cell(p, "vip & co");
    kf_page_cell_count(p, 1234567);
    kf_page_cell_delta(p, -1200);
    kf_page_row_end(p);
    kf_page_row_begin(p);
    kf_page_cell(p, "new");
    kf_page_cellf(p, "%d", 7);
    kf_page_cell_delta(p, 0);
    kf_page_cell_mark(p, KF_PAGE_BAD, "too <many>");
    kf_page_row_end(p);
    kf_page_table_end(p);
}

START_TEST(tables_name_rows_and_columns)
{
    struct kf_page p;
    begin(&p);
    table(&p, "Who \"moves\"");
    ck_assert_str_eq(
        html.p,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Who &quot;moves&quot;\">"
        "<table><caption>Who &quot;moves&quot;</caption>\n"
        "<thead><tr><th scope=\"col\">Segment</th><th scope=\"col\" class=\"n\">Before</th>"
        "<th scope=\"col\" class=\"n\">Change</th><th scope=\"col\">Note</th></tr></thead>\n"
        "<tbody>\n"
        "<tr><th scope=\"row\">vip &amp; co</th><td class=\"n\">1,234,567</td>"
        "<td class=\"n\">\u22121,200</td><td></td></tr>\n"
        "<tr><th scope=\"row\">new</th><td class=\"n\">7</td><td class=\"n\">\u00b10</td>"
        "<td><span class=\"mark bad\">too &lt;many&gt;</span></td></tr>\n"
        "</tbody></table></div>\n");
    begin(&p);
    kf_page_cell_delta((p.columns = p.column = "A>", &p), INT64_MIN);
    ck_assert_ptr_nonnull(strstr(html.p, "\u22129,223,372,036,854,775,808"));
    ck_assert_ptr_null(strstr(html.p, "<th"));
}
END_TEST

static void whole(struct kf_page *p, unsigned sections)
{
    static const char *const ID[] = {"one", "two", "three"};
    begin(p);
    kf_page_begin(p, "Title <1>", "Sub", "rules ab12");
    for (unsigned i = 0; i < sections; i++) {
        kf_page_section(p, ID[i], "Part & more", i ? NULL : "Lead.");
        table(p, NULL);
    }
    kf_page_end(p);
}

START_TEST(a_page_is_whole)
{
    struct kf_page p;
    whole(&p, 2);
    ck_assert_int_eq(strncmp(html.p, "<!doctype html>\n<html lang=\"en\">", 31), 0);
    ck_assert_uint_eq(times("<title>Title &lt;1&gt;</title>"), 1);
    ck_assert_uint_eq(times("<h1>Title &lt;1&gt;</h1>"), 1);
    ck_assert_uint_eq(times("<p class=\"digest\">rules ab12</p>"), 1);
    ck_assert_uint_eq(times("<section id=\"one\" aria-labelledby=\"one-h\">"), 1);
    ck_assert_uint_eq(times("<h2 id=\"two-h\">Part &amp; more</h2>"), 1);
    ck_assert_uint_eq(times("<p class=\"lead\">Lead.</p>"), 1);
    ck_assert_uint_eq(times("aria-labelledby=\"two-h\"><table>"), 1);
    ck_assert_uint_eq(times("<section"), times("</section>"));
    ck_assert_uint_eq(times("On this page"), 0);
    ck_assert_uint_eq(times("<script"), 0);
    ck_assert_uint_eq(times("default-src 'none';style-src 'unsafe-inline'\">"), 1);
    ck_assert_uint_eq(times("http:"), 0);
    ck_assert_uint_eq(times("https:"), 0);
    ck_assert_uint_eq(times("url("), 0);
}
END_TEST

START_TEST(long_pages_have_contents)
{
    struct kf_page p;
    whole(&p, 3);
    ck_assert_uint_eq(times("</div></header>\n<div class=\"wrap\">\n<nav class=\"contents\" "
                            "aria-label=\"On this page\"><ul><li><a href=\"#one\">Part &amp; "
                            "more</a></li><li><a href=\"#two\">Part &amp; more</a></li><li>"
                            "<a href=\"#three\">Part &amp; more</a></li></ul></nav>\n"
                            "<main id=\"main\">"),
                      1);
    ck_assert_uint_eq(strlen(html.p), html.n);
    char *first = strdup(html.p);
    whole(&p, 3);
    ck_assert_str_eq(first, html.p);
    free(first);
}
END_TEST

START_TEST(bars_are_parts_of_the_whole)
{
    struct kf_page p;
    begin(&p);
    kf_page_bar(&p, "vip", 1, 3, "33 %");
    ck_assert_uint_eq(times("<rect class=\"f-now\" width=\"3333\" height=\"10\"/>"), 1);
    kf_page_bar(&p, "all", INT64_MAX, INT64_MAX, "");
    kf_page_bar(&p, "more", 7, 3, "");
    ck_assert_uint_eq(times("<rect class=\"f-now\" width=\"10000\" height=\"10\"/>"), 2);
    kf_page_bar(&p, "none", -1, 3, "");
    kf_page_bar(&p, "of nothing", 1, 0, "");
    ck_assert_uint_eq(times("<rect class=\"f-now\" width=\"0\" height=\"10\"/>"), 2);
}
END_TEST

START_TEST(lines_run_through_all_values)
{
    int64_t v[] = {0, 50, 100}, same[] = {4, 4}, far[] = {INT64_MIN, INT64_MAX};
    const char *when[] = {"Mon", "Tue", "Wed"};
    kf_buf_clear(&html);
    kf_chart_spark(&html, v, 3, "from \"0\" to 100");
    ck_assert_uint_eq(times("role=\"img\" aria-label=\"from &quot;0&quot; to 100\""), 1);
    ck_assert_uint_eq(times("points=\"20,220 580,120 1140,20\""), 1);
    kf_buf_clear(&html);
    kf_chart_spark(&html, same, 2, "");
    ck_assert_uint_eq(times("points=\"20,120 1140,120\""), 1);
    kf_buf_clear(&html);
    kf_chart_spark(&html, far, 2, "");
    ck_assert_uint_eq(times("points=\"20,220 1140,20\""), 1);
    kf_buf_clear(&html);
    kf_chart_spark(&html, v, 0, "");
    ck_assert_uint_eq(html.n, 0);
    kf_chart_line(&html, "Members", when, v, 3);
    ck_assert_uint_eq(times("Members: from 0 to 100, lowest 0, highest 100"), 1);
    ck_assert_uint_eq(times("<tr><th scope=\"row\">Tue</th><td class=\"n\">50</td></tr>"), 1);
}
END_TEST

START_TEST(histograms_show_both_and_say_both)
{
    const char *label[] = {"0\u20139", "10\u201319"};
    uint64_t before[] = {10, 0}, after[] = {5, 1};
    kf_buf_clear(&html);
    kf_chart_histogram(&html, "Score", label, before, after, 2);
    ck_assert_uint_eq(times("aria-label=\"Score: 2 bins, the fullest 10\""), 1);
    ck_assert_uint_eq(times("<rect class=\"f-was\""), 1 + 2); /* one of them in the legend */
    ck_assert_uint_eq(times("y=\"9\" width=\"187\" height=\"210\""), 1);
    ck_assert_uint_eq(times("y=\"114\" width=\"187\" height=\"105\""), 1);
    ck_assert_uint_eq(times("<tr><th scope=\"row\">10\u201319</th><td class=\"n\">0</td>"
                            "<td class=\"n\">1</td></tr>"),
                      1);
    kf_buf_clear(&html);
    kf_chart_histogram(&html, "Score", label, NULL, after, 2);
    ck_assert_uint_eq(times("f-was"), 0);
    ck_assert_uint_eq(times("<td class=\"n\">5</td></tr>"), 1);
}
END_TEST

START_TEST(bars_say_before_and_after)
{
    struct kf_chart_bar bar[] = {{"email <1>", 2000, 1000, NULL}, {"ads", 0, 1, "one"}};
    kf_buf_clear(&html);
    kf_chart_bars(&html, "Credit", bar, 2, true);
    ck_assert_uint_eq(times("<span class=\"l\">email &lt;1&gt;</span>"), 1);
    ck_assert_uint_eq(times("<span class=\"t\">2,000 \u2192 1,000</span>"), 1);
    ck_assert_uint_eq(times("<span class=\"t\">one</span>"), 1);
    ck_assert_uint_eq(times("<rect class=\"f-was\" y=\"0\" width=\"10000\" height=\"10\"/>"), 1);
    ck_assert_uint_eq(times("<rect class=\"f-now\" y=\"11\" width=\"5000\" height=\"10\"/>"), 1);
    /* what there is is seen */
    ck_assert_uint_eq(times("<rect class=\"f-now\" y=\"11\" width=\"30\" height=\"10\"/>"), 1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("page");
    TCase *t = tcase_create("page");
    tcase_add_test(t, texts_are_escaped);
    tcase_add_test(t, tables_name_rows_and_columns);
    tcase_add_test(t, a_page_is_whole);
    tcase_add_test(t, long_pages_have_contents);
    tcase_add_test(t, bars_are_parts_of_the_whole);
    suite_add_tcase(s, t);
    t = tcase_create("chart");
    tcase_add_test(t, lines_run_through_all_values);
    tcase_add_test(t, histograms_show_both_and_say_both);
    tcase_add_test(t, bars_say_before_and_after);
    suite_add_tcase(s, t);
    return s;
}

KF_TEST_MAIN(suite)
