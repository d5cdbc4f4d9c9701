#include "store/bulk_io.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/bulk_tree.h"

enum { SLOTS = 16 }; /* chunks under way at most */

struct job {
    uint8_t *pages;
    uint64_t from, used;
};

struct kf_bulk_io {
    struct kf_bulk *bulk;
    int fd;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t more, less;
    struct job job[SLOTS]; /* a ring */
    unsigned first, n;
    uint8_t *room[SLOTS + 1]; /* empty chunks */
    unsigned rooms;
    bool end, give_up;
    struct kf_error error;
};

uint8_t *kf_bulk_io_room(size_t n)
{
    void *p;
    return posix_memalign(&p, KF_BULK_IO_ALIGN, n) ? NULL : p;
}

uint64_t kf_bulk_io_from(void)
{
    const char *set = getenv("KF_STORE_CACHE");
    return set && *set ? strtoull(set, NULL, 10) : KF_BULK_IO_FROM;
}

static void *write_jobs(void *ctx)
{
    struct kf_bulk_io *io = ctx;
    pthread_mutex_lock(&io->lock);
    while (io->n || !io->end) {
        if (!io->n) {
            pthread_cond_wait(&io->more, &io->lock);
            continue;
        }
        struct job j = io->job[io->first];
        struct kf_error err = KF_ERROR_INIT;
        bool skip = io->give_up || io->error.code;
        pthread_mutex_unlock(&io->lock);
        if (!skip) {
            kf_bulk_write_pages(io->bulk, io->fd, j.pages, j.from, j.used, &err);
        }
        pthread_mutex_lock(&io->lock);
        if (err.code && !io->error.code) {
            io->error = err;
        }
        io->first = (io->first + 1) % SLOTS;
        io->n--;
        io->room[io->rooms++] = j.pages;
        pthread_cond_signal(&io->less);
    }
    pthread_mutex_unlock(&io->lock);
    return NULL;
}

/* NULL: this file has to go through the cache. */
static struct kf_bulk_io *start(struct kf_bulk *b)
{
#ifdef O_DIRECT
    struct kf_bulk_io *io = calloc(1, sizeof *io);
    if (!io) {
        return NULL;
    }
    io->bulk = b;
    io->error = (struct kf_error)KF_ERROR_INIT;
    io->fd = open(b->path, O_WRONLY | O_DIRECT | O_CLOEXEC);
    if (io->fd < 0) {
        free(io);
        return NULL;
    }
    pthread_mutex_init(&io->lock, NULL);
    pthread_cond_init(&io->more, NULL);
    pthread_cond_init(&io->less, NULL);
    if (pthread_create(&io->thread, NULL, write_jobs, io) == 0) {
        return io;
    }
    pthread_cond_destroy(&io->more);
    pthread_cond_destroy(&io->less);
    pthread_mutex_destroy(&io->lock);
    close(io->fd);
    free(io);
#endif
    return NULL;
}

bool kf_bulk_io_takes(struct kf_bulk *b, uint64_t from)
{
    if (b->page % KF_BULK_IO_ALIGN || (from - 1) * b->page < b->cache) {
        return false;
    }
    if (!b->io && !(b->io = start(b))) {
        b->cache = UINT64_MAX; /* not asked again */
    }
    return b->io;
}

int kf_bulk_io_put(struct kf_bulk *b, uint8_t **pages, uint64_t from, uint64_t used,
                   struct kf_error *err)
{
    struct kf_bulk_io *io = b->io;
    pthread_mutex_lock(&io->lock);
    while (io->n == SLOTS) {
        pthread_cond_wait(&io->less, &io->lock);
    }
    if (io->error.code) {
        *err = io->error;
    } else {
        io->job[(io->first + io->n++) % SLOTS] = (struct job){*pages, from, used};
        *pages = io->rooms ? io->room[--io->rooms] : NULL;
        pthread_cond_signal(&io->more);
    }
    int code = io->error.code;
    pthread_mutex_unlock(&io->lock);
    return code;
}

int kf_bulk_io_end(struct kf_bulk *b, bool give_up, struct kf_error *err)
{
    struct kf_bulk_io *io = b->io;
    if (!io) {
        return 0;
    }
    pthread_mutex_lock(&io->lock);
    io->end = true;
    io->give_up = give_up;
    pthread_cond_signal(&io->more);
    pthread_mutex_unlock(&io->lock);
    pthread_join(io->thread, NULL);
    int code = io->error.code;
    if (code && !give_up) {
        *err = io->error;
    }
    while (io->rooms) {
        free(io->room[--io->rooms]);
    }
    pthread_cond_destroy(&io->more);
    pthread_cond_destroy(&io->less);
    pthread_mutex_destroy(&io->lock);
    if (close(io->fd) && !code && !give_up) {
        code = kf_error_set(err, KF_E_IO, "bulk", "cannot close %s: %s", b->path, strerror(errno));
    }
    free(io);
    b->io = NULL;
    return give_up ? 0 : code;
}
