#include "store/write_internal.h"

#include "base/error.h"
#include "base/hash.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- tasks ---- */

/* Takes tasks in order until there is none left or one has failed. */
static void work(struct kf_store_writer *w)
{
    pthread_mutex_lock(&w->lock);
    while (w->next_task < w->n_tasks && !atomic_load(&w->stop)) {
        struct kf_store_task *t = &w->task[w->next_task++];
        struct kf_error err = KF_ERROR_INIT;
        pthread_mutex_unlock(&w->lock);
        int rc = t->run(w, t, &err);
        pthread_mutex_lock(&w->lock);
        if (rc) {
            if (!w->code) {
                w->code = rc;
                w->err = err;
            }
            atomic_store(&w->stop, true);
            pthread_cond_broadcast(&w->change);
        }
    }
    pthread_mutex_unlock(&w->lock);
}

static void *thread_main(void *arg)
{
    work(arg);
    return NULL;
}

/* While profiles are decided the cores are busy with that too: one thread here keeps the disk
 * going, and finish helps with what is left. */
static void start(struct kf_store_writer *w)
{
    unsigned n = w->o.threads > 1 ? w->o.threads - 1 : 0;
    w->thread = calloc(n + 1u, sizeof *w->thread);
    for (unsigned i = 0; w->thread && i < n; i++)
        if (pthread_create(&w->thread[w->n_threads], NULL, thread_main, w) == 0)
            w->n_threads++;
}

/* Waits for the threads; the caller's own helps unless there is nothing to finish. */
static int end_tasks(struct kf_store_writer *w, bool finish, struct kf_error *err)
{
    if (!finish) {
        pthread_mutex_lock(&w->lock);
        atomic_store(&w->stop, true);
        pthread_cond_broadcast(&w->change);
        pthread_mutex_unlock(&w->lock);
    } else {
        work(w);
    }
    for (unsigned i = 0; i < w->n_threads; i++)
        pthread_join(w->thread[i], NULL);
    w->n_threads = 0;
    if (finish && w->code && err)
        *err = w->err;
    return finish ? w->code : 0;
}

/* ---- a run ---- */

static void free_writer(struct kf_store_writer *w)
{
    kf_bulk_free(w->bulk);
    kf_store_rows_free(w);
    kf_store_history_free(w);
    kf_store_log_free(w);
    free(w->thread);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->change);
    kf_arena_free(&w->arena);
    free(w);
}

static int create(struct kf_store_writer *w, struct kf_error *err)
{
    if (!kf_compression_parse(w->o.compression, &w->compression))
        return kf_error_set(err, KF_E_CONFIG, KF_STORE_MODULE,
                            "compression '%s' is none of none, fast, small", w->o.compression);
    w->def = kf_decide_columns(w->o.decide, &w->n_columns);
    int rc = kf_schema_columns(w->def, w->n_columns, &w->arena, &w->column, err);
    if (rc == 0)
        rc = kf_schema_create(w->path, w->column, w->n_columns, err);
    const char *api = getenv("KF_STORE_API");
    if (rc == 0)
        rc =
            kf_bulk_open(w->path, api && *api == '1' ? KF_BULK_API : KF_BULK_DIRECT, &w->bulk, err);
    if (rc == 0)
        rc = kf_store_history_begin(w, err);
    if (rc == 0)
        rc = kf_store_rows_begin(w, err);
    if (rc == 0)
        rc = kf_store_evidence_begin(w, err);
    return rc ? rc : kf_store_log_begin(w, err);
}

int kf_store_write_begin(const struct kf_store_write_options *o, struct kf_store_writer **ret,
                         struct kf_error *err)
{
    struct kf_store_writer *w = calloc(1, sizeof *w);
    if (!w)
        return kf_error_set(err, KF_E_NOMEM, KF_STORE_MODULE, "out of memory");
    w->o = *o;
    w->o.threads = o->threads ? o->threads : 1;
    w->path = kf_publish_new_path(o->publish);
    w->err = (struct kf_error)KF_ERROR_INIT;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->change, NULL);
    int rc = create(w, err);
    if (rc) {
        unlink(w->path);
        free_writer(w);
        return rc;
    }
    start(w);
    *ret = w;
    return 0;
}

int kf_store_write_chunk(void *writer, const struct kf_decided *c, struct kf_error *err)
{
    struct kf_store_writer *w = writer;
    if (atomic_load(&w->stop)) { /* a task has failed: no use to decide the rest */
        pthread_mutex_lock(&w->lock);
        int rc = w->code;
        if (err && rc)
            *err = w->err;
        pthread_mutex_unlock(&w->lock);
        return rc ? rc : KF_E_FAIL;
    }
    int rc = kf_store_blocks_chunk(w, c, err);
    return rc ? rc : kf_store_rows_chunk(w, c, err);
}

static int complete(struct kf_store_writer *w, struct kf_error *err)
{
    int rc = end_tasks(w, true, err);
    if (rc == 0)
        rc = kf_store_log_end(w, err);
    if (rc == 0)
        rc = kf_store_rows_end(w, err);
    if (rc)
        return rc;
    struct kf_bulk *b = w->bulk;
    w->bulk = NULL; /* close frees it in any case */
    rc = kf_bulk_close(b, 0, err);
    if (rc == 0)
        rc = kf_store_small_write(w, err);
    return rc ? rc : kf_publish_commit(w->o.publish, 10000, w->o.durable, err);
}

int kf_store_write_finish(struct kf_store_writer *w, bool publish, struct kf_error *err)
{
    int rc = publish ? complete(w, err) : 0;
    if (rc || !publish) {
        end_tasks(w, false, NULL);
        unlink(w->path);
    }
    free_writer(w);
    return rc;
}
