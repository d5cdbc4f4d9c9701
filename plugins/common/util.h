/* Small things that the connectors of this repository share. Header only: a connector is one object
 * and exports nothing else. A connector outside may copy it. */
#ifndef KF_PLUGINS_COMMON_UTIL_H
#define KF_PLUGINS_COMMON_UTIL_H

#include <kinfold/plugin.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define KF_UNUSED __attribute__((unused))

static inline struct kf_text text_of(const char *z)
{
    struct kf_text t = {z, z ? strlen(z) : 0};
    return t;
}

static inline bool text_is(struct kf_text t, const char *z)
{
    size_t n = strlen(z);
    return t.p && t.n == n && memcmp(t.p, z, n) == 0;
}

/* ASCII case ignored. */
static inline bool text_is_nocase(struct kf_text t, const char *z)
{
    size_t n = strlen(z);
    if (!t.p || t.n != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        char a = t.p[i], b = z[i];
        a = a >= 'A' && a <= 'Z' ? (char)(a + 32) : a;
        b = b >= 'A' && b <= 'Z' ? (char)(b + 32) : b;
        if (a != b)
            return false;
    }
    return true;
}

static inline bool text_has(struct kf_text t, const char *z)
{
    return t.p && memmem(t.p, t.n, z, strlen(z)) != NULL;
}

/* Fills err and returns `code`. */
KF_UNUSED static int32_t say(struct kf_error *err, int32_t code, const char *module,
                             const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static int32_t say(struct kf_error *err, int32_t code, const char *module, const char *fmt, ...)
{
    if (!err)
        return code;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->message, sizeof err->message, fmt, ap);
    va_end(ap);
    snprintf(err->module, sizeof err->module, "%s", module);
    err->code = code;
    return code;
}

#endif
