/* A report as one HTML page that needs nothing else: style inside, no script unless one is given,
 * no font, picture or address from anywhere (a content policy in the page says so to the browser).
 * Light and dark, 400 to 1400 pixels, keyboard, screen reader, print.
 *
 *     struct kf_buf html = {0};
 *     struct kf_page page = {.out = &html};
 *     kf_page_begin(&page, "Dry-run", "What publishing would change", "rules 3f2a… → 91cc…");
 *     kf_page_section(&page, "audiences", "Audiences", "Who comes and who goes.");
 *     kf_page_table_begin(&page, "Segment|Before>|After>", NULL);
 *     kf_page_row_begin(&page);
 *     kf_page_cell(&page, "vip");
 *     kf_page_cell_count(&page, 1200);
 *     kf_page_cell_count(&page, 1310);
 *     kf_page_row_end(&page);
 *     kf_page_table_end(&page);
 *     kf_page_end(&page);
 *
 * Texts are escaped but where a parameter is called html. What was begun is ended by its _end;
 * sections end where the next begins. The same calls make the same bytes. Main thread. */
#ifndef KF_CLI_PAGE_H
#define KF_CLI_PAGE_H

#include "base/str.h"

/* What a mark, a cell or a callout says besides its words, which say it too. */
enum kf_page_kind {
    KF_PAGE_NOTE = 0,
    KF_PAGE_GOOD,
    KF_PAGE_WARN,
    KF_PAGE_BAD,
};

/* Zero-initialise but for `out`, and what is wanted of the second part. */
struct kf_page {
    struct kf_buf *out;

    const char *nav_html;  /* above the title: where else one can go. NULL: nothing */
    const char *script;    /* at the end of the page, as it is. NULL: none */
    const char *script_at; /* a script file beside the page. NULL: none */
    const char *style;     /* behind the page's own. NULL: none */
    const char *foot;      /* instead of the usual last line; "": none */
    const char *made_by;   /* in the head of the file. NULL: Kinfold */
    bool no_contents;      /* without "On this page" */

    /* The page's own. */
    struct kf_buf contents;
    size_t contents_at;
    uint32_t sections;
    const char *columns, *column; /* of the open table; of the cell that is next */
    const char *section_id;
    bool first_cell;
};

/* subtitle, digest_line NULL: none. The digest line says what the page is bound to. */
void kf_page_begin(struct kf_page *p, const char *title, const char *subtitle,
                   const char *digest_line);
void kf_page_end(struct kf_page *p);

/* id: letters, digits, - and _; lives as long as the page. lead: a muted line below, NULL: none. */
void kf_page_section(struct kf_page *p, const char *id, const char *heading, const char *lead);
/* A heading within a section. id NULL: none */
void kf_page_heading(struct kf_page *p, const char *id, const char *heading);

/* Text in place, and whole paragraphs. kf_page_open and kf_page_close: any element, for what is
 * missing here ("p class=\"lead\"", then "p"). */
void kf_page_text(struct kf_page *p, const char *text);
void kf_page_textf(struct kf_page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void kf_page_html(struct kf_page *p, const char *html);
void kf_page_open(struct kf_page *p, const char *tag);
void kf_page_close(struct kf_page *p, const char *tag);
void kf_page_para(struct kf_page *p, const char *text);
void kf_page_paraf(struct kf_page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void kf_page_code(struct kf_page *p, const char *text);  /* within a line */
void kf_page_block(struct kf_page *p, const char *text); /* lines as they are: a rule, a log */
void kf_page_link(struct kf_page *p, const char *href, const char *text);
/* A word in a coloured frame: "passed", "stale". */
void kf_page_mark(struct kf_page *p, enum kf_page_kind kind, const char *word);
void kf_page_callout(struct kf_page *p, enum kf_page_kind kind, const char *text);

/* Lists. kf_page_item: an item that is a text; or open one, write, close it. */
void kf_page_list_begin(struct kf_page *p);
void kf_page_item(struct kf_page *p, const char *text);
void kf_page_item_begin(struct kf_page *p);
void kf_page_item_end(struct kf_page *p);
void kf_page_list_end(struct kf_page *p);

/* Names and what they are: "Owner", "growth@shop". value NULL: the caller writes between
 * kf_page_fact_begin and _end. */
void kf_page_facts_begin(struct kf_page *p);
void kf_page_fact(struct kf_page *p, const char *name, const char *value);
void kf_page_fact_begin(struct kf_page *p, const char *name);
void kf_page_fact_end(struct kf_page *p);
void kf_page_facts_end(struct kf_page *p);

/* The few figures that matter, large, at the top. note: small below it, NULL: none. */
void kf_page_tiles_begin(struct kf_page *p);
void kf_page_tile(struct kf_page *p, enum kf_page_kind kind, const char *label, const char *value,
                  const char *note);
void kf_page_tiles_end(struct kf_page *p);

/* Tables. columns: names separated by |; a name that ends in > is of numbers, to the right. They
 * live until the table ends. caption NULL: the section's heading names it. The first cell of a row
 * is its heading. Cells missing at the end of a row are empty. */
void kf_page_table_begin(struct kf_page *p, const char *columns, const char *caption);
void kf_page_row_begin(struct kf_page *p);
void kf_page_cell(struct kf_page *p, const char *text);
void kf_page_cellf(struct kf_page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void kf_page_cell_html(struct kf_page *p, const char *html);
void kf_page_cell_count(struct kf_page *p, uint64_t n); /* 12,345 */
void kf_page_cell_delta(struct kf_page *p, int64_t n);  /* +12, −3, ±0 */
void kf_page_cell_mark(struct kf_page *p, enum kf_page_kind kind, const char *word);
void kf_page_cell_begin(struct kf_page *p);
void kf_page_cell_end(struct kf_page *p);
void kf_page_row_end(struct kf_page *p);
void kf_page_table_end(struct kf_page *p);

/* What not everybody needs: closed until asked for; open in print. */
void kf_page_details_begin(struct kf_page *p, const char *summary);
void kf_page_details_end(struct kf_page *p);

/* A line of "label, bar, text": value of max. Several after one another align. */
void kf_page_bar(struct kf_page *p, const char *label, int64_t value, int64_t max,
                 const char *text);

/* Escaped for text and for attributes in double quotes; control characters as \xNN, broken UTF-8
 * as U+FFFD. */
void kf_html_add(struct kf_buf *out, struct kf_str s);
void kf_html_adds(struct kf_buf *out, const char *z);

#endif
