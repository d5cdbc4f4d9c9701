/* Two texts, line by line, as a unified diff. Main thread. */
#ifndef KF_CLI_TEXT_DIFF_H
#define KF_CLI_TEXT_DIFF_H

#include "base/str.h"

/* Appends `--- a/NAME`, `+++ b/NAME` and hunks with three lines around each change, as patch -p1
 * takes them; nothing where the texts are equal. The shortest script up to some thousand changed
 * lines, beyond that the whole middle is one change. */
void kf_text_diff(struct kf_buf *out, const char *name, struct kf_str a, struct kf_str b,
                  bool colour);

#endif
