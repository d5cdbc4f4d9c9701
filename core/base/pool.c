#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_THREADS 256u

unsigned kf_pool_default_threads(void)
{
    const char *s = getenv("KF_THREADS");
    if (s && *s) {
        char *end;
        unsigned long v = strtoul(s, &end, 10);
        if (*end == '\0' && *s != '-' && v >= 1 && v <= MAX_THREADS)
            return (unsigned)v;
    }
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > 16 ? 16 : (unsigned)n;
}

struct job {
    kf_pool_fn fn;
    void *ctx;
    size_t n, grain;
    atomic_size_t next; /* number of the next chunk */
    atomic_bool stop;
    pthread_mutex_t lock; /* of what follows */
    size_t failed_at;
    int code;
    struct kf_error *err;
};

struct worker {
    struct job *job;
    unsigned number;
};

/* Chunks are handed out in ascending order, so whatever lies before a failed one is already under
 * way and may still fail: the lowest index wins whoever is first on the clock. */
static void note_failure(struct job *j, size_t from, int code, const struct kf_error *err)
{
    pthread_mutex_lock(&j->lock);
    if (!j->code || from < j->failed_at) {
        j->failed_at = from;
        j->code = code;
        if (j->err)
            *j->err = *err;
    }
    pthread_mutex_unlock(&j->lock);
    atomic_store(&j->stop, true);
}

static void *work(void *arg)
{
    const struct worker *w = arg;
    struct job *j = w->job;
    size_t chunks = j->n / j->grain + (j->n % j->grain != 0);
    while (!atomic_load(&j->stop)) {
        size_t chunk = atomic_fetch_add(&j->next, 1);
        if (chunk >= chunks)
            break;
        size_t from = chunk * j->grain;
        size_t to = j->n - from < j->grain ? j->n : from + j->grain;
        struct kf_error err = KF_ERROR_INIT;
        int rc = j->fn(j->ctx, w->number, from, to, &err);
        if (rc)
            note_failure(j, from, rc, &err);
    }
    return NULL;
}

int kf_pool_run(unsigned threads, size_t n, size_t grain, kf_pool_fn fn, void *ctx,
                struct kf_error *err)
{
    struct job job = {.fn = fn, .ctx = ctx, .n = n, .grain = grain ? grain : 1, .err = err};
    struct worker workers[MAX_THREADS];
    pthread_t ids[MAX_THREADS];
    if (n == 0)
        return KF_OK;
    size_t chunks = n / job.grain + (n % job.grain != 0);
    if (threads > MAX_THREADS)
        threads = MAX_THREADS;
    if (threads > chunks)
        threads = (unsigned)chunks;
    pthread_mutex_init(&job.lock, NULL);
    /* The caller is worker 0. Where the system refuses a thread the others do its share. */
    unsigned started = 0;
    for (unsigned i = 1; i < threads; i++) {
        workers[i] = (struct worker){&job, i};
        if (pthread_create(&ids[i], NULL, work, &workers[i]))
            break;
        started = i;
    }
    workers[0] = (struct worker){&job, 0};
    work(&workers[0]);
    for (unsigned i = 1; i <= started; i++)
        pthread_join(ids[i], NULL);
    pthread_mutex_destroy(&job.lock);
    return job.code;
}
