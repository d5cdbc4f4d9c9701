#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void copy_text(char *to, size_t cap, const char *from)
{
    size_t n = from ? strnlen(from, cap - 1) : 0;
    if (n)
        memmove(to, from, n);
    to[n] = '\0';
}

/* A message that was cut must not end in half a character. */
static void trim_utf8(char *s, size_t n)
{
    size_t at = n;
    while (at > 0 && ((unsigned char)s[at - 1] & 0xC0) == 0x80)
        at--;
    if (at == 0)
        return;
    unsigned char lead = (unsigned char)s[at - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (n - (at - 1) < want)
        s[at - 1] = '\0';
}

static void write_text(char *to, size_t cap, const char *fmt, va_list ap)
{
    int n = vsnprintf(to, cap, fmt, ap);
    if (n < 0)
        to[0] = '\0';
    else if ((size_t)n >= cap)
        trim_utf8(to, cap - 1);
}

static void fill(struct kf_error *err, int code, const char *module, const char *file,
                 uint32_t line, uint32_t column, const char *fmt, va_list ap)
{
    /* The arguments may be the old fields of this very error: write aside first. */
    char message[sizeof err->message], where[sizeof err->file], who[sizeof err->module];
    write_text(message, sizeof message, fmt, ap);
    copy_text(where, sizeof where, file);
    copy_text(who, sizeof who, module);
    err->size = (uint32_t)sizeof *err;
    err->code = code;
    copy_text(err->module, sizeof err->module, who);
    copy_text(err->message, sizeof err->message, message);
    copy_text(err->file, sizeof err->file, where);
    err->line = line;
    err->column = column;
}

int kf_error_set(struct kf_error *err, int code, const char *module, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        va_start(ap, fmt);
        fill(err, code, module, NULL, 0, 0, fmt, ap);
        va_end(ap);
    }
    return code;
}

int kf_error_at(struct kf_error *err, int code, const char *module, const char *file, uint32_t line,
                uint32_t column, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        va_start(ap, fmt);
        fill(err, code, module, file, line, column, fmt, ap);
        va_end(ap);
    }
    return code;
}

int kf_error_context(struct kf_error *err, const char *fmt, ...)
{
    if (!err)
        return KF_E_FAIL;
    char context[sizeof err->message], whole[sizeof err->message];
    va_list ap;
    va_start(ap, fmt);
    write_text(context, sizeof context, fmt, ap);
    va_end(ap);
    int n = snprintf(whole, sizeof whole, "%s: %s", context, err->message);
    if (n >= 0 && (size_t)n >= sizeof whole)
        trim_utf8(whole, sizeof whole - 1);
    memcpy(err->message, whole, sizeof err->message);
    if (err->code == KF_OK)
        err->code = KF_E_FAIL;
    return err->code;
}

void kf_error_clear(struct kf_error *err)
{
    if (!err)
        return;
    memset(err, 0, sizeof *err);
    err->size = (uint32_t)sizeof *err;
}

int kf_error_exit(int code)
{
    switch (code) {
    case KF_OK:
        return 0;
    case KF_E_USAGE:
        return 64;
    case KF_E_DATA:
        return 65;
    case KF_E_NOINPUT:
        return 66;
    case KF_E_UNAVAILABLE:
        return 69;
    case KF_E_CANTCREATE:
        return 73;
    case KF_E_IO:
        return 74;
    case KF_E_AGAIN:
        return 75;
    case KF_E_PERM:
        return 77;
    case KF_E_CONFIG:
        return 78;
    case KF_E_LIMIT:
        return 124;
    case KF_E_INTERRUPTED:
        return 130;
    default: /* KF_E_FAIL, KF_E_NOMEM, KF_E_INTERNAL and what nobody named */
        return 70;
    }
}
