/* The one use of simdjson (C++): where the structural characters of a piece of JSON are.
 *
 * What stands there is read by json_walk.c. simdjson's own second stage parses a document at a
 * time; events are 400 bytes, so one call over many lines and a walk that knows which keys come
 * next is twice as fast. If a piece of several lines is accepted, no string is open at the end of a
 * line (a line break inside a string is a control character and refused), so each line has exactly
 * the positions it would have alone. One kf_simd a thread. */
#ifndef KF_EVENT_JSON_SIMD_H
#define KF_EVENT_JSON_SIMD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum kf_simd_result {
    KF_SIMD_OK = 0,
    KF_SIMD_EMPTY,  /* blanks only */
    KF_SIMD_UTF8,   /* not UTF-8 */
    KF_SIMD_STRING, /* a string without end, or with a control character in it */
    KF_SIMD_NO_MEMORY
};

struct kf_simd;
struct kf_simd *kf_simd_new(void); /* NULL: no memory */
void kf_simd_free(struct kf_simd *s);
/* Offsets of { } [ ] : , and of the first character of every string, number and word, ascending;
 * valid until the next call.
 * (*ret)[*ret_n] is len. buf must be readable for 64 bytes behind len; len below 2^31. */
enum kf_simd_result kf_simd_index(struct kf_simd *s, const char *buf, size_t len,
                                  const uint32_t **ret, size_t *ret_n);

#ifdef __cplusplus
}
#endif
#endif
