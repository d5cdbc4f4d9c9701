/* Changes of rules as a person reads them and as JSON, the same for `diff` and `dry-run`. Main
 * thread. */
#ifndef KF_CLI_EDITS_H
#define KF_CLI_EDITS_H

#include "cli/output.h"
#include "lua/compare.h"

/* "  changed  segment vip  rules/segments.lua:12" and a line or three for each edit. */
void kf_edits_text(const struct kf_compare *c, bool colour, struct kf_buf *out);
/* An array of changes under `key`, which may be NULL. */
void kf_edits_json(struct kf_json *j, const char *key, const struct kf_compare *c);
/* What stands before and after in the edit's own line: "3", "2"; long ones are cut. */
void kf_edit_short(const struct kf_edit *e, bool after, struct kf_buf *out);
/* The sentence of the condition that the edit stands in or is; nothing where it is in none. */
void kf_edit_sentence(const struct kf_edit *e, bool after, struct kf_buf *out);
/* Do the sentences say more than the line does? */
bool kf_edit_has_sentence(const struct kf_edit *e);
/* "segment vip"; of a renamed rule "segment vip (was good)". */
void kf_compared_name(const struct kf_compared *c, struct kf_buf *out);
/* "rules/segments.lua:12", of an edit where it is now, else where it was. */
void kf_edit_place(const struct kf_compared *c, const struct kf_edit *e, struct kf_buf *out);

/* ---- settings of kinfold.yaml (edits_settings.c) ---- */

/* The two sets, which say whose values a list holds: those that name people are masked. */
struct kf_settings_shown {
    const struct kf_ruleset *before, *after;
    bool reveal, colour;
};
/* "  changed  list staff  kinfold.yaml:12" and a line for each value or part. */
void kf_settings_text(const struct kf_compare *c, const struct kf_settings_shown *w,
                      struct kf_buf *out);
void kf_settings_json(struct kf_json *j, const char *key, const struct kf_compare *c,
                      const struct kf_settings_shown *w);
/* "list staff", "kinfold.yaml:12"; a value on one side, masked; nothing where it is not there. */
void kf_setting_name(const struct kf_compared_setting *c, struct kf_buf *out);
void kf_setting_place(const struct kf_compared_setting *c, struct kf_buf *out);
void kf_setting_value(const struct kf_settings_shown *w, const struct kf_compared_setting *c,
                      const struct kf_compared_part *p, bool after, struct kf_buf *out);
/* "list staff changed (+1 -0 values), zone changed": in a sentence. */
void kf_settings_differ(const struct kf_compare *c, struct kf_buf *out);
/* "2 rules and 1 setting of kinfold.yaml differ" */
void kf_compare_count(const struct kf_compare *c, struct kf_buf *out);

#endif
