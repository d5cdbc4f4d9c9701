/* The one layout of rule files (RULES 1): what `kinfold fmt` writes.
 *
 * Layout is a function of the tokens, the comments and where blank lines stand; how the text was
 * laid out before does not matter. Strings, numbers and comments are kept byte for byte. What may
 * change besides blanks and line ends: `;` between settings becomes `,`; the comma behind the last
 * setting is there when a table takes several lines and not when it takes one; `;` after a
 * statement goes unless the next one begins with a bracket. Any thread; everything is the caller's.
 */
#ifndef KF_LUA_FORMAT_H
#define KF_LUA_FORMAT_H

#include "base/error.h"
#include "base/str.h"

#define KF_FORMAT_COLUMNS 100u

/* Appends the formatted text. The whole grammar of Lua 5.4, with a first line that begins with #.
 * KF_E_DATA: the text is not Lua; err has line and column. The result was read again and compared
 * with the text before it is handed out (KF_E_INTERNAL: it differed; nothing is appended). */
int kf_format(const char *name, struct kf_str text, struct kf_buf *out, struct kf_error *err);

/* What a text says, without its layout: its tokens one a line as they count, then its comments. Two
 * texts with the same answer differ in layout only. */
int kf_format_content(const char *name, struct kf_str text, struct kf_buf *out,
                      struct kf_error *err);

#endif
