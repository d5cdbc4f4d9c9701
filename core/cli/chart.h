/* Small charts as SVG within a page (page.h gives the colours). Each has a text alternative: what
 * a person who does not see it needs to know is in it, figures in a table behind it. Coordinates
 * are integers, so the same values make the same bytes. Main thread. */
#ifndef KF_CLI_CHART_H
#define KF_CLI_CHART_H

#include "base/str.h"

/* A line as tall as a line of text, the last value with a dot. alt: "members at the last 8 runs:
 * 120 to 340". Without values: nothing. */
void kf_chart_spark(struct kf_buf *html, const int64_t *value, uint32_t n, const char *alt);

/* The same, as wide as the page, with its lowest, highest, first and last named. `when`: a text a
 * value ("2026-03-01"). */
void kf_chart_line(struct kf_buf *html, const char *title, const char *const *when,
                   const int64_t *value, uint32_t n);

/* Two histograms over the same bins, side by side in each bin; before NULL: one. label: a text a
 * bin ("0–9"). */
void kf_chart_histogram(struct kf_buf *html, const char *title, const char *const *label,
                        const uint64_t *before, const uint64_t *after, uint32_t n);

/* Horizontal bars, a line each; before NULL: one bar a line, else two. text: what stands behind
 * the bar; NULL: the value with thousands marks. */
struct kf_chart_bar {
    const char *label;
    uint64_t before, after;
    const char *text;
};
void kf_chart_bars(struct kf_buf *html, const char *title, const struct kf_chart_bar *bar,
                   uint32_t n, bool two);

#endif
