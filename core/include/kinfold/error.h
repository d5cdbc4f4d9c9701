/* What went wrong, in words a person can act on.
 *
 * Owned by the caller, filled by the deepest place that knows the cause; callers may only put
 * context in front. Plain data: it crosses the plugin boundary as it is, so members are only ever
 * added at the end. */
#ifndef KINFOLD_ERROR_H
#define KINFOLD_ERROR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Return values: 0 is success. */
enum kf_code {
    KF_OK = 0,
    KF_E_FAIL = -1,        /* anything without a code of its own */
    KF_E_NOMEM = -2,       /* memory or a declared cap is used up */
    KF_E_USAGE = -3,       /* the command line is wrong: exit 64 */
    KF_E_DATA = -4,        /* input is malformed: exit 65 */
    KF_E_NOINPUT = -5,     /* a named file is not there or not readable: exit 66 */
    KF_E_UNAVAILABLE = -6, /* a remote side does not answer: exit 69 */
    KF_E_INTERNAL = -7,    /* our own mistake: exit 70 */
    KF_E_CANTCREATE = -8,  /* an output cannot be made: exit 73 */
    KF_E_IO = -9,          /* reading or writing failed: exit 74 */
    KF_E_AGAIN = -10,      /* busy, try later: exit 75 */
    KF_E_PERM = -11,       /* approval missing or not allowed: exit 77 */
    KF_E_CONFIG = -12,     /* rules or configuration do not load: exit 78 */
    KF_E_LIMIT = -13,      /* a rule or reader broke a limit: exit 124 */
    KF_E_INTERRUPTED = -14 /* stopped by a signal, resumable: exit 130 or 143 */
};

struct kf_error {
    uint32_t size; /* sizeof(struct kf_error) of whoever owns it; set by KF_ERROR_INIT */
    int32_t code;  /* enum kf_code, 0 while nothing went wrong */
    char module[24];
    char message[600]; /* one sentence, no final newline */
    char file[300];    /* the person's own file, or empty */
    uint32_t line;     /* 1-based, 0: unknown */
    uint32_t column;   /* 1-based in bytes, 0: unknown */
};

#define KF_ERROR_INIT                                                                              \
    {                                                                                              \
        (uint32_t)sizeof(struct kf_error), 0, {0}, {0}, {0}, 0, 0                                  \
    }

#ifdef __cplusplus
}
#endif
#endif
