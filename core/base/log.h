/* Diagnostics on stderr as logfmt: level=... module=... msg="...". Thread-safe. Library code stays
 * at debug. */
#ifndef KF_BASE_LOG_H
#define KF_BASE_LOG_H

enum kf_log_level { KF_LOG_ERROR, KF_LOG_WARN, KF_LOG_INFO, KF_LOG_DEBUG };
void kf_log_set_level(enum kf_log_level level);
void kf_log(enum kf_log_level level, const char *module, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* One progress line on stderr, redrawn at most ten times a second, only on a terminal. total 0:
 * unknown. */
struct kf_progress {
    const char *what;
    double started, drawn;
    int enabled;
};
void kf_progress_start(struct kf_progress *p, const char *what, int enabled);
void kf_progress_at(struct kf_progress *p, unsigned long long done, unsigned long long total,
                    const char *unit);
void kf_progress_end(struct kf_progress *p);

#endif
