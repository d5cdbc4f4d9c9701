/* What commands print: aligned tables, JSON documents, colour, masked personal data.
 *
 * Everything is built in a struct kf_buf and written to stdout once, so that a report is whole or
 * not there. Main thread. Widths are terminal columns, not bytes. */
#ifndef KF_CLI_OUTPUT_H
#define KF_CLI_OUTPUT_H

#include "base/arena.h"
#include "base/str.h"
#include "base/time.h"

/* What a report is laid out for. */
#define KF_OUT_COLUMNS 100u

/* ---- styles ---- */

enum kf_style { KF_PLAIN = 0, KF_BOLD, KF_DIM, KF_RED, KF_GREEN, KF_YELLOW };
/* `text` in a style; colour false: as it is. */
void kf_style_add(struct kf_buf *out, bool colour, enum kf_style style, const char *text);

/* ---- tables ---- */

/* Columns are separated by two blanks; the last one is not padded. Zero-initialise, name the
 * columns once, then rows cell by cell; missing cells at the end of a row are empty. */
struct kf_table {
    const char *align; /* one character a column: l or r */
    uint32_t columns;
    struct kf_table_cell {
        const char *text;
        enum kf_style style;
    } * cell;
    size_t n, cap; /* cells, filled up to whole rows */
    uint32_t at;   /* next column of the row in hand */
    bool head;     /* the first row is a heading */
    bool wrap;     /* the last column goes on in the next line beyond KF_OUT_COLUMNS ... */
    bool list;     /* ... broken behind commas only */
    struct kf_arena arena;
};
void kf_table_start(struct kf_table *t, const char *align);
/* A heading: names separated by | */
void kf_table_head(struct kf_table *t, const char *names);
void kf_table_cell(struct kf_table *t, const char *text);
void kf_table_cellf(struct kf_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void kf_table_style(struct kf_table *t, enum kf_style style, const char *text);
void kf_table_count(struct kf_table *t, uint64_t n); /* with thousands marks */
void kf_table_end_row(struct kf_table *t);
bool kf_table_empty(const struct kf_table *t);
/* Appends the table, each line behind `indent` blanks, and releases it. */
void kf_table_print(struct kf_table *t, unsigned indent, bool colour, struct kf_buf *out);

/* 12,345 */
const char *kf_count_text(uint64_t n, char out[32]);
/* "1 profile", "12,345 profiles"; `plural` NULL: an s is added. */
void kf_count_add(struct kf_buf *out, uint64_t n, const char *one, const char *plural);
/* "2026-03-02 11:00" in the zone; KF_NO_TIME: "never". */
void kf_when_add(struct kf_buf *out, const struct kf_zone *z, int64_t t);

/* ---- JSON ---- */

/* One document: commas are placed by the writer. Keys are NULL inside arrays. */
struct kf_json {
    struct kf_buf *out;
    bool comma;
};
void kf_json_start(struct kf_json *j, struct kf_buf *out,
                   const char *schema); /* {"schema":"kinfold.run/1" */
void kf_json_end(struct kf_json *j);    /* } and a line end */
void kf_json_open(struct kf_json *j, const char *key, char bracket);
void kf_json_close(struct kf_json *j, char bracket);
void kf_json_str(struct kf_json *j, const char *key, struct kf_str v); /* p NULL: null */
void kf_json_text(struct kf_json *j, const char *key, const char *v);  /* NULL: null */
void kf_json_int(struct kf_json *j, const char *key, int64_t v);
void kf_json_count(struct kf_json *j, const char *key, uint64_t v);
void kf_json_seconds(struct kf_json *j, const char *key, double v);
void kf_json_bool(struct kf_json *j, const char *key, bool v);
void kf_json_time(struct kf_json *j, const char *key,
                  int64_t t); /* RFC 3339; KF_NO_TIME, KF_TIME_MAX: null */
void kf_json_raw(struct kf_json *j, const char *key, const struct kf_buf *json);

/* ---- masking ---- */

/* Kinds of personal data that are not printed as they are. */
enum kf_personal {
    KF_PERSONAL_NONE = 0,
    KF_PERSONAL_EMAIL,
    KF_PERSONAL_PHONE,
    KF_PERSONAL_NAME,
    KF_PERSONAL_OTHER
};
/* By the name of a namespace, path or trait ("email", "traits.phone", "first_name", "context.ip")
 * and its declared category (NULL: none declared). */
enum kf_personal kf_personal_kind(struct kf_str name, const char *declared);
/* The same for a value as it is printed: what a name alone suggests does not hold for truths and
 * counts ("has_opted_out_of_email" true, "calls_by_phone" 3). What is declared always holds. */
enum kf_personal kf_personal_value(struct kf_str name, const char *declared, struct kf_str value);
/* "a***@e***.com~5c2d": the same value always looks the same, so that people can be told apart and
 * found again. A value that looks like a mail address is masked whatever its kind. reveal: as it
 * is. Control characters never get through. */
void kf_mask_add(struct kf_buf *out, enum kf_personal kind, struct kf_str value, bool reveal);
/* A text that may hold anything (a raw record): only its length, unless revealed. */
void kf_mask_raw(struct kf_buf *out, struct kf_str value, bool reveal);

/* A paragraph in lines of at most KF_OUT_COLUMNS: what does not fit goes on in the next line,
 * behind `indent` blanks. `at`: columns that are taken on the first line already. list: broken
 * behind commas only, not at every blank. */
void kf_wrap_add(struct kf_buf *out, const char *text, unsigned indent, unsigned at, bool list);

/* Writes the buffer to stdout and releases it. */
void kf_out_flush(struct kf_buf *out);

#endif
