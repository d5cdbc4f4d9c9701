/* Where records end in a piece of text that may stop anywhere. Pure; any thread. */
#ifndef KF_EVENT_SPLIT_H
#define KF_EVENT_SPLIT_H

#include "base/arena.h"
#include "base/str.h"

/* CSV: the byte behind the record that begins at p, its line break included; *line, on which p is,
 * becomes the line of that byte. NULL: it goes on behind `end` (or has a quoted cell without end);
 * *line stays. A quoted cell ends at a quote before delimiter, line break or end; other quotes in
 * it are text. A line ends with LF: CR alone is text. */
const char *kf_csv_record_end(const char *p, const char *end, char delimiter, char quote, bool last,
                              uint32_t *line);

/* The cells of one CSV record (with or without its line break) in *cell, which grows and is the
 * caller's to free; returns how many, at least 1. Cells point into the record, those with doubled
 * quotes into the arena. Quotes mean what they mean to kf_csv_record_end. */
uint32_t kf_csv_cells(struct kf_str record, char delimiter, char quote, struct kf_str **cell,
                      uint32_t *cap, struct kf_arena *a);

/* JSON values anywhere: elements of arrays at the top, or values one after the other. */
struct kf_value_scan {
    unsigned depth; /* open brackets of the value in hand */
    bool in_array;  /* inside the array at the top */
    bool in_string, escaped, in_word;
    bool started; /* a value is in hand, from `from` on */
    size_t from, at;
};
/* Looks at buf[s->at .. n); true: a whole value is buf[*ret_at .. *ret_at + *ret_n). False: all was
 * looked at. */
bool kf_value_scan(struct kf_value_scan *s, const char *buf, size_t n, size_t *ret_at,
                   size_t *ret_n);

/* Whether a JSON file is to be taken apart by its brackets and not by its lines: it begins with a
 * list, or its first line that is not blank cannot be a whole object because it ends with one of {
 * [ , : */
bool kf_json_by_value(const char *buf, size_t n);

#endif
