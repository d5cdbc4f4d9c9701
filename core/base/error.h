/* Filling struct kf_error. Thread-safe: works on the caller's object only. Every setter returns
 * `code`, so that `return kf_error_set(err, KF_E_DATA, "csv", ...)` reads in one line. `err` may be
 * NULL everywhere. */
#ifndef KF_BASE_ERROR_H
#define KF_BASE_ERROR_H

#include <kinfold/error.h>

/* Sets code, module and message (printf-like, cut at the field's size). File, line and column are
 * cleared. */
int kf_error_set(struct kf_error *err, int code, const char *module, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The same with a place in the person's file. line and column are 1-based; 0: unknown. */
int kf_error_at(struct kf_error *err, int code, const char *module, const char *file, uint32_t line,
                uint32_t column, const char *fmt, ...) __attribute__((format(printf, 7, 8)));

/* Puts "context: " in front of the message; keeps code and place. Returns err->code (KF_E_FAIL if
 * err is NULL). */
int kf_error_context(struct kf_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

void kf_error_clear(struct kf_error *err);

/* sysexits-like exit status of an error code (DESIGN 9). */
int kf_error_exit(int code);

#endif
