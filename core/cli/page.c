#include "cli/page.h"

#include "base/error.h"
#include "cli/output.h"

#include <stdarg.h>

/* Colours have at least 4.5:1 against every ground that text of theirs stands on, in both schemes;
 * tests/browser measures it. */
static const char STYLE[] =
    ":root{color-scheme:light dark;--bg:#fff;--card:#f6f7f9;--ink:#1b2028;--soft:#525c69;"
    "--line:#dde1e7;--link:#1a56b8;--now:#2563c9;--was:#9aa5b4;"
    "--good:#136b34;--good-bg:#e6f5eb;--warn:#7d4d00;--warn-bg:#fdf3dc;"
    "--bad:#a8201a;--bad-bg:#fdeceb;--note:#244c86;--note-bg:#eaf1fb}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#14171b;--card:#1c2026;--ink:#e7eaee;"
    "--soft:#a6b0bc;--line:#333a44;--link:#8ab4f8;--now:#6ea0f0;--was:#69747f;"
    "--good:#7fd69b;--good-bg:#16301f;--warn:#f0c468;--warn-bg:#35290f;"
    "--bad:#ff9e96;--bad-bg:#3d1b19;--note:#a9c7f7;--note-bg:#1b2a40}}\n"
    "*{box-sizing:border-box}html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}\n"
    "body{margin:0;background:var(--bg);color:var(--ink);"
    "font:16px/1.55 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",sans-serif}\n"
    ".wrap{max-width:72rem;margin:0 auto;padding:0 1.25rem}\n"
    "p,ul,dl,.callout{max-width:46rem;overflow-wrap:anywhere}p{margin:.5em 0}\n"
    "a{color:var(--link);text-underline-offset:.15em}a:hover{text-decoration-thickness:.12em}\n"
    ":focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:2px}\n"
    ".skip{position:absolute;left:-999rem;background:var(--bg);padding:.5rem 1rem;z-index:2}"
    ".skip:focus{left:.5rem;top:.5rem}\n"
    "header.top{padding:1.75rem 0 1.25rem;border-bottom:1px solid var(--line);"
    "background:var(--card)}\n"
    "h1{font-size:1.75rem;line-height:1.25;margin:0;overflow-wrap:anywhere}\n"
    "h2{font-size:1.25rem;line-height:1.3;margin:2.5rem 0 .25rem}"
    "h3{font-size:1.02rem;margin:1.5rem 0 .25rem}h1,h2,h3{text-wrap:balance}\n"
    ".sub{font-size:1.1rem;margin:.3rem 0 0}.soft,.lead,.digest{color:var(--soft)}"
    ".lead{margin:.1rem 0 .6rem}.digest{font-size:.85rem;margin:.5rem 0 0}\n"
    ".contents{font-size:.92rem;margin:1rem 0 0}.contents ul{list-style:none;display:flex;"
    "flex-wrap:wrap;gap:.15rem 1.1rem;margin:0;padding:0;max-width:none}\n"
    ".contents a{display:inline-block;padding:.2rem 0}\n"
    "main{padding-bottom:3rem}footer{border-top:1px solid var(--line);color:var(--soft);"
    "font-size:.85rem;padding:1rem 0 2rem}\n"
    ".scroll{overflow-x:auto;margin:.75rem 0 1.5rem}\n"
    "table{border-collapse:collapse;min-width:100%;font-size:.94rem}\n"
    "table.few{min-width:0;width:min(100%,30rem)}"
    "caption{text-align:left;color:var(--soft);padding:0 0 .35rem}\n"
    "th,td{text-align:left;vertical-align:top;padding:.42rem 1.1rem .42rem 0;"
    "border-bottom:1px solid var(--line)}th:last-child,td:last-child{padding-right:0}\n"
    "th{font-weight:600}thead th{color:var(--soft);font-size:.85rem;white-space:nowrap;"
    "vertical-align:bottom}tbody th{overflow-wrap:break-word}\n"
    ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    "th:first-child{position:sticky;left:0;background:var(--bg)}"
    "tbody tr:hover,tbody tr:hover th{background:var(--card)}\n"
    "code,pre{font:.88em/1.5 ui-monospace,\"SF Mono\",Menlo,Consolas,\"DejaVu Sans Mono\","
    "monospace}code{overflow-wrap:anywhere}pre{background:var(--card);border:1px solid "
    "var(--line);border-radius:6px;padding:.75rem 1rem;overflow-x:auto;margin:.75rem 0}\n"
    ".mark{display:inline-block;font-size:.82rem;font-weight:600;line-height:1.3;"
    "padding:.1rem .5rem;border-radius:1rem;white-space:nowrap}\n"
    ".callout{border-left:4px solid;border-radius:4px;padding:.6rem .9rem;margin:1rem 0}\n"
    ".good{color:var(--good);background:var(--good-bg)}"
    ".warn{color:var(--warn);background:var(--warn-bg)}"
    ".bad{color:var(--bad);background:var(--bad-bg)}"
    ".note{color:var(--note);background:var(--note-bg)}\n"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem;"
    "margin:1rem 0;max-width:none}.tiles>div{background:var(--card);border:1px solid var(--line);"
    "border-radius:8px;padding:.7rem .9rem;display:flex;flex-direction:column}\n"
    ".tiles dt{color:var(--soft);font-size:.88rem}.tiles dd{margin:0}"
    ".tiles .v{font-size:1.5rem;font-weight:650;line-height:1.3;"
    "font-variant-numeric:tabular-nums}.tiles .w{font-size:.85rem;color:var(--soft)}\n"
    ".tiles .good .v{color:var(--good)}.tiles .warn .v{color:var(--warn)}"
    ".tiles .bad .v{color:var(--bad)}.tiles>.good,.tiles>.warn,.tiles>.bad{color:inherit}"
    ".tiles>.good{background:var(--good-bg)}.tiles>.warn{background:var(--warn-bg)}"
    ".tiles>.bad{background:var(--bad-bg)}\n"
    ".facts{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.3rem 1.5rem;"
    "margin:.75rem 0}.facts dt{color:var(--soft)}.facts dd{margin:0;min-width:0;"
    "overflow-wrap:anywhere}.facts dd p:first-child{margin-top:0}\n"
    "details{margin:.6rem 0}summary{cursor:pointer;padding:.25rem 0;color:var(--link)}"
    "details[open]>summary{margin-bottom:.4rem}\n"
    ".bar{display:grid;grid-template-columns:minmax(6rem,17rem) minmax(4rem,1fr) "
    "minmax(7.5rem,max-content);gap:.2rem .9rem;align-items:center;max-width:54rem;"
    "margin:.3rem 0;font-size:.94rem}.bar .l{overflow-wrap:anywhere}.bar svg{display:block;"
    "width:100%;height:.75rem}.bar .t{font-variant-numeric:tabular-nums;text-align:right}"
    ".bar svg.two{height:1.1rem}\n"
    "figure{margin:1rem 0 1.5rem;max-width:54rem}figcaption{font-weight:600;"
    "margin-bottom:.4rem}svg{max-width:100%}.chart{display:block;width:100%;height:auto}\n"
    ".axis{display:flex;justify-content:space-between;gap:1rem;color:var(--soft);"
    "font-size:.85rem}.legend{display:flex;gap:1.2rem;font-size:.88rem;color:var(--soft);"
    "margin:0 0 .4rem}.legend svg{width:.8rem;height:.8rem;vertical-align:-.05rem;"
    "margin-right:.35rem}\n"
    ".spark{width:7.5rem;height:1.5rem;vertical-align:middle}\n"
    ".f-now{fill:var(--now)}.f-was{fill:var(--was)}.f-line{fill:var(--line)}"
    ".s-now{fill:none;stroke:var(--now);stroke-width:2;stroke-linejoin:round;"
    "stroke-linecap:round;vector-effect:non-scaling-stroke}.s-line{stroke:var(--line);"
    "stroke-width:1;vector-effect:non-scaling-stroke}\n"
    ".hide{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);"
    "white-space:nowrap}\n"
    "@media(max-width:40rem){.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:"
    ".6rem}.bar{grid-template-columns:1fr max-content;margin:.6rem 0}.bar .l{grid-column:1/3}"
    "h1{font-size:1.45rem}.tiles{grid-template-columns:repeat(auto-fit,minmax(8rem,1fr))}"
    "th,td{padding-right:.8rem}}\n"
    "@media(prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}\n"
    "@media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--ink:#000;--soft:#333;"
    "--line:#999;--link:#000}body{font-size:10.5pt}.wrap{max-width:none;padding:0}"
    ".skip,.contents,nav{display:none}.scroll{overflow:visible}details::details-content"
    "{content-visibility:visible;block-size:auto}summary{color:#000}h2,h3{break-after:avoid}"
    "tr,figure,.tiles>div,.callout{break-inside:avoid}a{text-decoration:none}}\n";

static const char *const KIND[] = {"note", "good", "warn", "bad"};

void kf_html_add(struct kf_buf *out, struct kf_str s)
{
    for (size_t i = 0; i < s.n;) {
        unsigned char c = (unsigned char)s.p[i];
        uint32_t code = c;
        size_t n = c < 0x80 ? 1 : kf_utf8_decode(s.p + i, s.n - i, &code);
        if (c == '&')
            kf_buf_adds(out, "&amp;");
        else if (c == '<')
            kf_buf_adds(out, "&lt;");
        else if (c == '>')
            kf_buf_adds(out, "&gt;");
        else if (c == '"')
            kf_buf_adds(out, "&quot;");
        else if (n == 0)
            kf_buf_adds(out, "\xef\xbf\xbd");
        else if ((code < ' ' && c != '\n' && c != '\t') || (code >= 0x7f && code < 0xa0))
            kf_buf_addf(out, "\\x%02x", (unsigned)code);
        else
            kf_buf_add(out, s.p + i, n);
        i += n ? n : 1;
    }
}

void kf_html_adds(struct kf_buf *out, const char *z)
{
    kf_html_add(out, kf_cstr(z));
}

/* ---- the page ---- */

static void add(struct kf_page *p, const char *html)
{
    kf_buf_adds(p->out, html);
}

static void addv(struct kf_page *p, const char *fmt, va_list ap)
{
    struct kf_buf b = {0};
    kf_buf_addv(&b, fmt, ap);
    kf_html_add(p->out, kf_str(b.p, b.n));
    kf_buf_free(&b);
}

/* <tag>escaped text</tag>; text NULL: nothing. */
static void element(struct kf_page *p, const char *tag, const char *text)
{
    if (!text)
        return;
    kf_page_open(p, tag);
    kf_page_text(p, text);
    kf_page_close(p, tag);
}

void kf_page_begin(struct kf_page *p, const char *title, const char *subtitle,
                   const char *digest_line)
{
    bool script = p->script || p->script_at;
    add(p, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
           "<meta name=\"generator\" content=\"");
    kf_page_text(p, p->made_by ? p->made_by : "Kinfold");
    add(p, "\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"
           "style-src 'unsafe-inline'");
    if (script)
        add(p, ";script-src 'self' file: 'unsafe-inline'");
    add(p, "\">\n");
    element(p, "title", title);
    add(p, "\n<style>\n");
    add(p, STYLE);
    add(p, p->style ? p->style : "");
    add(p, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n");
    add(p, "<header class=\"top\"><div class=\"wrap\">\n");
    add(p, p->nav_html ? p->nav_html : "");
    element(p, "h1", title);
    element(p, "p class=\"sub\"", subtitle);
    element(p, "p class=\"digest\"", digest_line);
    add(p, "\n</div></header>\n<div class=\"wrap\">\n");
    p->contents_at = p->out->n;
    add(p, "<main id=\"main\">\n");
}

/* "On this page" is known only now; it goes where it belongs. */
static void insert_contents(struct kf_page *p)
{
    struct kf_buf b = {0};
    kf_buf_adds(&b, "<nav class=\"contents\" aria-label=\"On this page\"><ul>");
    kf_buf_add(&b, p->contents.p, p->contents.n);
    kf_buf_adds(&b, "</ul></nav>\n");
    size_t after = p->out->n - p->contents_at;
    kf_buf_reserve(p->out, b.n + 1);
    char *at = p->out->p + p->contents_at;
    memmove(at + b.n, at, after);
    memcpy(at, b.p, b.n);
    p->out->n += b.n;
    p->out->p[p->out->n] = 0;
    kf_buf_free(&b);
}

void kf_page_end(struct kf_page *p)
{
    if (p->sections)
        add(p, "</section>\n");
    if (p->sections >= 3 && !p->no_contents)
        insert_contents(p);
    kf_buf_free(&p->contents);
    add(p, "</main>\n</div>\n<footer><div class=\"wrap\">");
    kf_page_text(p, p->foot ? p->foot
                            : "Made by Kinfold " KF_VERSION
                              ". This page is whole: it loads nothing from anywhere.");
    add(p, "</div></footer>\n");
    if (p->script_at) {
        add(p, "<script src=\"");
        kf_page_text(p, p->script_at);
        add(p, "\"></script>\n");
    }
    if (p->script) {
        add(p, "<script>\n");
        add(p, p->script);
        add(p, "</script>\n");
    }
    add(p, "</body>\n</html>\n");
}

void kf_page_section(struct kf_page *p, const char *id, const char *heading, const char *lead)
{
    if (p->sections++)
        add(p, "</section>\n");
    p->section_id = id;
    kf_buf_addf(p->out, "<section id=\"%s\" aria-labelledby=\"%s-h\">\n<h2 id=\"%s-h\">", id, id,
                id);
    kf_page_text(p, heading);
    add(p, "</h2>\n");
    element(p, "p class=\"lead\"", lead);
    kf_buf_addf(&p->contents, "<li><a href=\"#%s\">", id);
    kf_html_adds(&p->contents, heading);
    kf_buf_adds(&p->contents, "</a></li>");
}

void kf_page_heading(struct kf_page *p, const char *id, const char *heading)
{
    if (id)
        kf_buf_addf(p->out, "<h3 id=\"%s\">", id);
    else
        add(p, "<h3>");
    kf_page_text(p, heading);
    add(p, "</h3>\n");
}

/* ---- text ---- */

void kf_page_text(struct kf_page *p, const char *text)
{
    kf_html_adds(p->out, text);
}

void kf_page_textf(struct kf_page *p, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    addv(p, fmt, ap);
    va_end(ap);
}

void kf_page_html(struct kf_page *p, const char *html)
{
    add(p, html);
}

void kf_page_open(struct kf_page *p, const char *tag)
{
    kf_buf_addf(p->out, "<%s>", tag);
}

/* The tag may still carry its attributes. */
void kf_page_close(struct kf_page *p, const char *tag)
{
    kf_buf_addf(p->out, "</%.*s>", (int)strcspn(tag, " "), tag);
}

void kf_page_para(struct kf_page *p, const char *text)
{
    element(p, "p", text);
    add(p, "\n");
}

void kf_page_paraf(struct kf_page *p, const char *fmt, ...)
{
    va_list ap;
    add(p, "<p>");
    va_start(ap, fmt);
    addv(p, fmt, ap);
    va_end(ap);
    add(p, "</p>\n");
}

void kf_page_code(struct kf_page *p, const char *text)
{
    element(p, "code", text);
}

void kf_page_block(struct kf_page *p, const char *text)
{
    /* Wide lines scroll: the keyboard has to get at them. */
    add(p, "<pre tabindex=\"0\">");
    kf_page_text(p, text);
    add(p, "</pre>\n");
}

void kf_page_link(struct kf_page *p, const char *href, const char *text)
{
    add(p, "<a href=\"");
    kf_page_text(p, href);
    add(p, "\">");
    kf_page_text(p, text);
    add(p, "</a>");
}

void kf_page_mark(struct kf_page *p, enum kf_page_kind kind, const char *word)
{
    kf_buf_addf(p->out, "<span class=\"mark %s\">", KIND[kind]);
    kf_page_text(p, word);
    add(p, "</span>");
}

void kf_page_callout(struct kf_page *p, enum kf_page_kind kind, const char *text)
{
    kf_buf_addf(p->out, "<p class=\"callout %s\">", KIND[kind]);
    kf_page_text(p, text);
    add(p, "</p>\n");
}

/* ---- lists, facts, tiles, details ---- */

void kf_page_list_begin(struct kf_page *p)
{
    add(p, "<ul>\n");
}

void kf_page_item(struct kf_page *p, const char *text)
{
    element(p, "li", text);
    add(p, "\n");
}

void kf_page_item_begin(struct kf_page *p)
{
    add(p, "<li>");
}

void kf_page_item_end(struct kf_page *p)
{
    add(p, "</li>\n");
}

void kf_page_list_end(struct kf_page *p)
{
    add(p, "</ul>\n");
}

void kf_page_facts_begin(struct kf_page *p)
{
    add(p, "<dl class=\"facts\">\n");
}

void kf_page_fact_begin(struct kf_page *p, const char *name)
{
    element(p, "dt", name);
    add(p, "<dd>");
}

void kf_page_fact_end(struct kf_page *p)
{
    add(p, "</dd>\n");
}

void kf_page_fact(struct kf_page *p, const char *name, const char *value)
{
    kf_page_fact_begin(p, name);
    kf_page_text(p, value);
    kf_page_fact_end(p);
}

void kf_page_facts_end(struct kf_page *p)
{
    add(p, "</dl>\n");
}

void kf_page_tiles_begin(struct kf_page *p)
{
    add(p, "<dl class=\"tiles\">\n");
}

void kf_page_tile(struct kf_page *p, enum kf_page_kind kind, const char *label, const char *value,
                  const char *note)
{
    if (kind == KF_PAGE_NOTE)
        add(p, "<div>");
    else
        kf_buf_addf(p->out, "<div class=\"%s\">", KIND[kind]);
    element(p, "dt", label);
    element(p, "dd class=\"v\"", value);
    element(p, "dd class=\"w\"", note);
    add(p, "</div>\n");
}

void kf_page_tiles_end(struct kf_page *p)
{
    add(p, "</dl>\n");
}

void kf_page_details_begin(struct kf_page *p, const char *summary)
{
    add(p, "<details>");
    element(p, "summary", summary);
    add(p, "\n");
}

void kf_page_details_end(struct kf_page *p)
{
    add(p, "</details>\n");
}

void kf_page_bar(struct kf_page *p, const char *label, int64_t value, int64_t max, const char *text)
{
    int64_t share = value <= 0 || max <= 0 ? 0 : value >= max ? 10000 : 0;
    if (value > 0 && value < max)
        share = (int64_t)((__int128)value * 10000 / max);
    add(p, "<div class=\"bar\"><span class=\"l\">");
    kf_page_text(p, label);
    kf_buf_addf(p->out,
                "</span><svg viewBox=\"0 0 10000 10\" preserveAspectRatio=\"none\" "
                "aria-hidden=\"true\"><rect class=\"f-line\" width=\"10000\" height=\"10\"/>"
                "<rect class=\"f-now\" width=\"%lld\" height=\"10\"/></svg><span class=\"t\">",
                (long long)share);
    kf_page_text(p, text);
    add(p, "</span></div>\n");
}

/* ---- tables ---- */

/* Length of the column's name, and is it of numbers? */
static size_t column_name(const char *column, bool *ret_number)
{
    size_t n = strcspn(column, "|");
    *ret_number = n && column[n - 1] == '>';
    return *ret_number ? n - 1 : n;
}

static const char *next_column(const char *column)
{
    size_t n = strcspn(column, "|");
    return column + n + (column[n] == '|');
}

/* Two or three columns, the last of them numbers: far apart they would be hard to read across. */
static bool is_narrow(const char *columns)
{
    unsigned n = 0;
    bool number = false;
    for (const char *c = columns; *c; c = next_column(c), n++)
        column_name(c, &number);
    return n < 4 && number;
}

void kf_page_table_begin(struct kf_page *p, const char *columns, const char *caption)
{
    p->columns = columns;
    /* It scrolls where the page is narrow: the keyboard has to get at it, by a name. */
    add(p, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" ");
    if (!caption && p->section_id)
        kf_buf_addf(p->out, "aria-labelledby=\"%s-h\"", p->section_id);
    else
        add(p, "aria-label=\"");
    if (caption || !p->section_id) {
        kf_page_text(p, caption ? caption : "Table");
        add(p, "\"");
    }
    add(p, is_narrow(columns) ? "><table class=\"few\">" : "><table>");
    element(p, "caption", caption);
    add(p, "\n<thead><tr>");
    for (const char *c = columns; *c; c = next_column(c)) {
        bool number;
        size_t n = column_name(c, &number);
        kf_buf_addf(p->out, "<th scope=\"col\"%s>", number ? " class=\"n\"" : "");
        kf_html_add(p->out, kf_str(c, n));
        add(p, "</th>");
    }
    add(p, "</tr></thead>\n<tbody>\n");
}

void kf_page_row_begin(struct kf_page *p)
{
    p->column = p->columns;
    p->first_cell = true;
    add(p, "<tr>");
}

void kf_page_cell_begin(struct kf_page *p)
{
    bool number;
    column_name(p->column, &number);
    add(p, p->first_cell ? "<th scope=\"row\"" : "<td");
    add(p, number ? " class=\"n\">" : ">");
}

void kf_page_cell_end(struct kf_page *p)
{
    add(p, p->first_cell ? "</th>" : "</td>");
    p->column = next_column(p->column);
    p->first_cell = false;
}

void kf_page_cell(struct kf_page *p, const char *text)
{
    kf_page_cell_begin(p);
    kf_page_text(p, text);
    kf_page_cell_end(p);
}

void kf_page_cellf(struct kf_page *p, const char *fmt, ...)
{
    va_list ap;
    kf_page_cell_begin(p);
    va_start(ap, fmt);
    addv(p, fmt, ap);
    va_end(ap);
    kf_page_cell_end(p);
}

void kf_page_cell_html(struct kf_page *p, const char *html)
{
    kf_page_cell_begin(p);
    add(p, html ? html : "");
    kf_page_cell_end(p);
}

void kf_page_cell_count(struct kf_page *p, uint64_t n)
{
    char text[32];
    kf_page_cell(p, kf_count_text(n, text));
}

void kf_page_cell_delta(struct kf_page *p, int64_t n)
{
    char text[32];
    uint64_t size = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    kf_page_cellf(p, "%s%s", n < 0 ? "\u2212" : n > 0 ? "+" : "\u00b1", kf_count_text(size, text));
}

void kf_page_cell_mark(struct kf_page *p, enum kf_page_kind kind, const char *word)
{
    kf_page_cell_begin(p);
    kf_page_mark(p, kind, word);
    kf_page_cell_end(p);
}

void kf_page_row_end(struct kf_page *p)
{
    while (*p->column)
        kf_page_cell(p, "");
    add(p, "</tr>\n");
}

void kf_page_table_end(struct kf_page *p)
{
    add(p, "</tbody></table></div>\n");
    p->columns = p->column = NULL;
}
