#include "cli/chart.h"

#include "cli/output.h"
#include "cli/page.h"

/* Of drawings, in units of their own; a picture is scaled to the room there is. */
#define SPARK_W 1200
#define SPARK_H 240
#define CHART_W 1000
#define CHART_H 220
#define PAD     20

static void range_of(const int64_t *value, uint32_t n, int64_t *ret_low, int64_t *ret_high)
{
    *ret_low = *ret_high = value[0];
    for (uint32_t i = 1; i < n; i++) {
        *ret_low = value[i] < *ret_low ? value[i] : *ret_low;
        *ret_high = value[i] > *ret_high ? value[i] : *ret_high;
    }
}

/* `part` of `whole` in units of `size`, rounded down. */
static int scaled(__int128 part, __int128 whole, int size)
{
    return whole ? (int)(part * size / whole) : 0;
}

/* A polyline through all values, lowest at the bottom; what never changes lies in the middle. */
static void polyline(struct kf_buf *h, const int64_t *value, uint32_t n, int w, int height,
                     int *ret_x, int *ret_y)
{
    int64_t low, high;
    range_of(value, n, &low, &high);
    kf_buf_adds(h, "<polyline class=\"s-now\" points=\"");
    for (uint32_t i = 0; i < n; i++) {
        int x = PAD + (n > 1 ? scaled(i, n - 1, w - 2 * PAD) : w - 2 * PAD);
        int up = high > low
                     ? scaled((__int128)value[i] - low, (__int128)high - low, height - 2 * PAD)
                     : height / 2 - PAD;
        *ret_x = x;
        *ret_y = height - PAD - up;
        kf_buf_addf(h, "%s%d,%d", i ? " " : "", x, *ret_y);
    }
    kf_buf_adds(h, "\"/>");
}

void kf_chart_spark(struct kf_buf *h, const int64_t *value, uint32_t n, const char *alt)
{
    int x, y;
    if (!n)
        return;
    kf_buf_addf(h, "<svg class=\"spark\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", SPARK_W,
                SPARK_H);
    kf_html_adds(h, alt);
    kf_buf_adds(h, "\">");
    polyline(h, value, n, SPARK_W - 2 * PAD, SPARK_H, &x, &y);
    kf_buf_addf(h, "<circle class=\"f-now\" cx=\"%d\" cy=\"%d\" r=\"28\"/></svg>", x, y);
}

static void signed_count(struct kf_buf *h, int64_t v)
{
    char text[32];
    uint64_t size = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    kf_buf_addf(h, "%s%s", v < 0 ? "\u2212" : "", kf_count_text(size, text));
}

static void figure_begin(struct kf_buf *h, const char *title)
{
    kf_buf_adds(h, "<figure>");
    if (title) {
        kf_buf_adds(h, "<figcaption>");
        kf_html_adds(h, title);
        kf_buf_adds(h, "</figcaption>");
    }
    kf_buf_adds(h, "\n");
}

/* The figures of a chart for who wants or needs them as text. */
static void table_begin(struct kf_buf *h, const char *title, const char *first, bool two,
                        const char *only)
{
    kf_buf_adds(h, "<details><summary>Figures<span class=\"hide\"> of ");
    kf_html_adds(h, title ? title : "the chart");
    kf_buf_addf(h, "</span></summary><table><thead><tr><th scope=\"col\">%s</th>", first);
    if (two)
        kf_buf_adds(h, "<th scope=\"col\" class=\"n\">Before</th>");
    kf_buf_addf(h, "<th scope=\"col\" class=\"n\">%s</th></tr></thead><tbody>\n",
                two ? "After" : only);
}

static void table_row(struct kf_buf *h, const char *label)
{
    kf_buf_adds(h, "<tr><th scope=\"row\">");
    kf_html_adds(h, label);
    kf_buf_adds(h, "</th>");
}

static void table_count(struct kf_buf *h, uint64_t n)
{
    char text[32];
    kf_buf_addf(h, "<td class=\"n\">%s</td>", kf_count_text(n, text));
}

static void table_end(struct kf_buf *h)
{
    kf_buf_adds(h, "</tbody></table></details>\n</figure>\n");
}

void kf_chart_line(struct kf_buf *h, const char *title, const char *const *when,
                   const int64_t *value, uint32_t n)
{
    int64_t low, high;
    int x, y;
    if (!n)
        return;
    range_of(value, n, &low, &high);
    figure_begin(h, title);
    kf_buf_addf(h, "<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", CHART_W,
                CHART_H);
    kf_html_adds(h, title ? title : "Line");
    kf_buf_adds(h, ": from ");
    signed_count(h, value[0]);
    kf_buf_adds(h, " to ");
    signed_count(h, value[n - 1]);
    kf_buf_adds(h, ", lowest ");
    signed_count(h, low);
    kf_buf_adds(h, ", highest ");
    signed_count(h, high);
    kf_buf_addf(h, "\"><path class=\"s-line\" d=\"M0 %d H%d\"/>", CHART_H - 1, CHART_W);
    polyline(h, value, n, CHART_W, CHART_H, &x, &y);
    kf_buf_addf(h, "<circle class=\"f-now\" cx=\"%d\" cy=\"%d\" r=\"7\"/></svg>\n", x, y);
    kf_buf_adds(h, "<div class=\"axis\" aria-hidden=\"true\"><span>");
    kf_html_adds(h, when[0]);
    kf_buf_adds(h, "</span><span>lowest ");
    signed_count(h, low);
    kf_buf_adds(h, ", highest ");
    signed_count(h, high);
    kf_buf_adds(h, "</span><span>");
    kf_html_adds(h, when[n - 1]);
    kf_buf_adds(h, "</span></div>\n");
    table_begin(h, title, "When", false, "Value");
    for (uint32_t i = 0; i < n; i++) {
        table_row(h, when[i]);
        kf_buf_adds(h, "<td class=\"n\">");
        signed_count(h, value[i]);
        kf_buf_adds(h, "</td></tr>\n");
    }
    table_end(h);
}

static void legend(struct kf_buf *h)
{
    static const char *const WORD[] = {"was", "before", "now", "after"};
    kf_buf_adds(h, "<p class=\"legend\" aria-hidden=\"true\">");
    for (int i = 0; i < 4; i += 2)
        kf_buf_addf(h,
                    "<span><svg viewBox=\"0 0 10 10\"><rect class=\"f-%s\" width=\"10\" "
                    "height=\"10\" rx=\"2\"/></svg>%s</span>",
                    WORD[i], WORD[i + 1]);
    kf_buf_adds(h, "</p>\n");
}

static uint64_t highest(const uint64_t *v, uint32_t n, uint64_t high)
{
    for (uint32_t i = 0; v && i < n; i++)
        high = v[i] > high ? v[i] : high;
    return high;
}

static void column(struct kf_buf *h, const char *class, int x, int w, uint64_t v, uint64_t high)
{
    int up = scaled(v, high, CHART_H - 10);
    if (v && up < 2)
        up = 2; /* what there is is seen */
    kf_buf_addf(h, "<rect class=\"f-%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", class, x,
                CHART_H - 1 - up, w, up);
}

void kf_chart_histogram(struct kf_buf *h, const char *title, const char *const *label,
                        const uint64_t *before, const uint64_t *after, uint32_t n)
{
    if (!n)
        return;
    uint64_t high = highest(before, n, highest(after, n, 0));
    char text[32];
    figure_begin(h, title);
    if (before)
        legend(h);
    kf_buf_addf(h, "<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", CHART_W,
                CHART_H);
    kf_html_adds(h, title ? title : "Histogram");
    kf_buf_addf(h, ": %u bins, the fullest %s\">", n, kf_count_text(high, text));
    int step = CHART_W / (int)n, gap = step / 8 + 1;
    for (uint32_t i = 0; i < n; i++) {
        int x = (int)i * step + gap, w = step - 2 * gap < 1 ? 1 : step - 2 * gap;
        if (before) {
            column(h, "was", x, w / 2, before[i], high);
            column(h, "now", x + w / 2, w - w / 2, after[i], high);
        } else {
            column(h, "now", x, w, after[i], high);
        }
    }
    kf_buf_addf(h, "<path class=\"s-line\" d=\"M0 %d H%d\"/></svg>\n", CHART_H - 1, CHART_W);
    kf_buf_adds(h, "<div class=\"axis\" aria-hidden=\"true\"><span>");
    kf_html_adds(h, label[0]);
    kf_buf_adds(h, "</span><span>");
    kf_html_adds(h, n > 1 ? label[n - 1] : "");
    kf_buf_adds(h, "</span></div>\n");
    table_begin(h, title, "From–to", before != NULL, "Count");
    for (uint32_t i = 0; i < n; i++) {
        table_row(h, label[i]);
        if (before)
            table_count(h, before[i]);
        table_count(h, after[i]);
        kf_buf_adds(h, "</tr>\n");
    }
    table_end(h);
}

static void bar_rect(struct kf_buf *h, const char *class, int y, uint64_t v, uint64_t high)
{
    int w = scaled(v, high, 10000);
    kf_buf_addf(h, "<rect class=\"f-%s\" y=\"%d\" width=\"%d\" height=\"%d\"/>", class, y,
                v && w < 30 ? 30 : w, 10);
}

void kf_chart_bars(struct kf_buf *h, const char *title, const struct kf_chart_bar *bar, uint32_t n,
                   bool two)
{
    uint64_t high = 0;
    char text[32], was[32];
    for (uint32_t i = 0; i < n; i++) {
        high = bar[i].after > high ? bar[i].after : high;
        high = two && bar[i].before > high ? bar[i].before : high;
    }
    if (!n)
        return;
    figure_begin(h, title);
    if (two)
        legend(h);
    for (uint32_t i = 0; i < n; i++) {
        kf_buf_adds(h, "<div class=\"bar\"><span class=\"l\">");
        kf_html_adds(h, bar[i].label);
        kf_buf_addf(h,
                    "</span><svg%s viewBox=\"0 0 10000 %d\" preserveAspectRatio=\"none\" "
                    "aria-hidden=\"true\">",
                    two ? " class=\"two\"" : "", two ? 21 : 10);
        if (two)
            bar_rect(h, "was", 0, bar[i].before, high);
        bar_rect(h, "now", two ? 11 : 0, bar[i].after, high);
        kf_buf_adds(h, "</svg><span class=\"t\">");
        if (bar[i].text)
            kf_html_adds(h, bar[i].text);
        else if (two)
            kf_buf_addf(h, "%s → %s", kf_count_text(bar[i].before, was),
                        kf_count_text(bar[i].after, text));
        else
            kf_buf_adds(h, kf_count_text(bar[i].after, text));
        kf_buf_adds(h, "</span></div>\n");
    }
    kf_buf_adds(h, "</figure>\n");
}
