/* One option table per connector: it drives parsing, checks with file:line:column, "did you mean",
 * help and the README. */
#ifndef KINFOLD_OPTION_H
#define KINFOLD_OPTION_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum kf_option_type {
    KF_OPT_TEXT = 1,
    KF_OPT_INT,
    KF_OPT_BOOL,
    KF_OPT_CHAR,     /* one character, or \t */
    KF_OPT_CHOICE,   /* one of the words in `choices`, separated by | */
    KF_OPT_PATH,     /* resolved against the workspace folder */
    KF_OPT_DURATION, /* 90s, 15m, 36h, 7d: int64 nanoseconds */
    KF_OPT_LIST,     /* a YAML sequence, handed over as JSON text */
    KF_OPT_MAP       /* a YAML mapping (keys in their order), handed over as JSON text */
};

struct kf_option {
    const char *key;
    uint32_t type; /* enum kf_option_type */
    uint32_t flags;
    const char *def;     /* default as it would be written in kinfold.yaml, NULL: none */
    const char *choices; /* KF_OPT_CHOICE only */
    int64_t min, max;    /* KF_OPT_INT and KF_OPT_DURATION, both 0: any */
    const char *doc;     /* one sentence */
};
#define KF_OPT_REQUIRED 1u
#define KF_OPT_SECRET   2u /* never printed; may be written as ${ENVIRONMENT_VARIABLE} */
#define KF_OPTION_END                                                                              \
    {                                                                                              \
        0, 0, 0, 0, 0, 0, 0, 0                                                                     \
    }

/* The checked value of the table's option with the same index. */
struct kf_option_value {
    const char *text; /* NUL-terminated; NULL: not given and no default */
    uint64_t text_len;
    int64_t number;        /* INT, BOOL (0, 1), CHAR (byte), CHOICE (index), DURATION (ns) */
    uint32_t given;        /* 1: written in kinfold.yaml */
    uint32_t line, column; /* where, for messages */
};

#ifdef __cplusplus
}
#endif
#endif
