/* Unicode simple case folding of one character: statuses C and S of CaseFolding.txt, Unicode 14.0.
 * One character stays one character (U+00DF stays; U+1E9E becomes it; U+0130 stays). Pure. Used
 * through kf_utf8_fold. */
#ifndef KF_BASE_CASEFOLD_H
#define KF_BASE_CASEFOLD_H

#include <stdint.h>

uint32_t kf_casefold_simple(uint32_t c);

#endif
