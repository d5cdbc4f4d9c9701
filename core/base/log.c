#include "base/log.h"

#include "base/str.h"
#include "base/time.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

/* One of the two writable globals the style allows. */
static atomic_int max_level = KF_LOG_INFO;

void kf_log_set_level(enum kf_log_level level)
{
    atomic_store_explicit(&max_level, (int)level, memory_order_relaxed);
}

/* One write for a whole line, so that lines of several threads do not mix. */
static void write_all(const char *p, size_t n)
{
    while (n) {
        ssize_t done = write(STDERR_FILENO, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return; /* nobody is left to be told */
        p += done;
        n -= (size_t)done;
    }
}

void kf_log(enum kf_log_level level, const char *module, const char *fmt, ...)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    if ((int)level > atomic_load_explicit(&max_level, memory_order_relaxed))
        return;
    struct kf_buf text = {0}, line = {0};
    va_list ap;
    va_start(ap, fmt);
    kf_buf_addv(&text, fmt, ap);
    va_end(ap);
    kf_buf_addf(&line, "level=%s module=%s msg=", names[level], module);
    kf_buf_add_json(&line, kf_str(text.p, text.n));
    kf_buf_addc(&line, '\n');
    write_all(line.p, line.n);
    kf_buf_free(&text);
    kf_buf_free(&line);
}

void kf_progress_start(struct kf_progress *p, const char *what, int enabled)
{
    p->what = what;
    p->started = kf_clock_seconds();
    p->drawn = 0;
    p->enabled = enabled && isatty(STDERR_FILENO);
}

/* 1234567 as "1.2M": a person reads a rate, not digits. */
static void short_number(double v, char out[16])
{
    const char *unit = "";
    if (v >= 1e9) {
        v /= 1e9;
        unit = "G";
    } else if (v >= 1e6) {
        v /= 1e6;
        unit = "M";
    } else if (v >= 1e4) {
        v /= 1e3;
        unit = "k";
    }
    snprintf(out, 16, *unit ? "%.1f%s" : "%.0f%s", v, unit);
}

void kf_progress_at(struct kf_progress *p, unsigned long long done, unsigned long long total,
                    const char *unit)
{
    if (!p->enabled)
        return;
    double now = kf_clock_seconds();
    if (p->drawn > 0 && now - p->drawn < 0.1)
        return;
    p->drawn = now;
    double seconds = now - p->started;
    char count[16], of[16], rate[16];
    short_number((double)done, count);
    short_number((double)total, of);
    short_number(seconds > 0 ? (double)done / seconds : 0, rate);
    char line[240];
    int n;
    if (total)
        n = snprintf(line, sizeof line, "\r\033[K%s: %s of %s %s (%d %%), %s/s", p->what, count, of,
                     unit, (int)(100.0 * (double)done / (double)total), rate);
    else
        n = snprintf(line, sizeof line, "\r\033[K%s: %s %s, %s/s", p->what, count, unit, rate);
    if (n > 0)
        write_all(line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

void kf_progress_end(struct kf_progress *p)
{
    if (p->enabled && p->drawn > 0)
        write_all("\r\033[K", 4);
    p->enabled = 0;
}
