#include "cli/test_store.h"

#include "store/log_file.h"
#include "store/publish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int make_folder(struct kf_test_store *t, struct kf_error *err)
{
    const char *tmp = getenv("TMPDIR");
    if (t->folder[0])
        return 0;
    if (!tmp || !*tmp)
        tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(t->folder, sizeof t->folder, "%s/kinfold-test-XXXXXX", tmp);
    if (mkdtemp(t->folder))
        return 0;
    int rc = kf_error_set(err, KF_E_CANTCREATE, "test", "%s: %s", t->folder, strerror(errno));
    t->folder[0] = '\0';
    return rc;
}

static int write_store(const char *path, const struct kf_world *w, struct kf_decide *d,
                       struct kf_error *err)
{
    struct kf_publish *lock = NULL;
    struct kf_store_writer *writer = NULL;
    int rc = kf_publish_begin(path, &lock, err);
    if (rc)
        return rc;
    struct kf_store_write_options o = {.publish = lock,
                                       .world = w,
                                       .decide = d,
                                       .compression = "fast",
                                       .config_digest = "",
                                       .links = true,
                                       .threads = 1};
    rc = kf_store_write_begin(&o, &writer, err);
    if (rc == 0) {
        struct kf_decide_sink sink = {.chunk = kf_store_write_chunk, .ctx = writer};
        rc = kf_decide_run(d, &sink, err);
        struct kf_error ignored = KF_ERROR_INIT;
        int done = kf_store_write_finish(writer, rc == 0, rc ? &ignored : err);
        rc = rc ? rc : done;
    }
    kf_publish_end(lock);
    return rc;
}

int kf_test_store_reopen(struct kf_test_store *t, const struct kf_world *w, struct kf_decide *d,
                         struct kf_events **ret, struct kf_error *err)
{
    char path[300];
    struct kf_store *s = NULL;
    int rc = make_folder(t, err);
    if (rc)
        return rc;
    snprintf(path, sizeof path, "%s/kinfold.db", t->folder);
    if (t->whole)
        unlink(path);
    rc = t->whole ? write_store(path, w, d, err) : kf_store_write_log(path, w, err);
    if (rc == 0)
        rc = kf_store_open(path, &s, err);
    if (rc == 0)
        rc = kf_store_load_events(s, 1, ret, err);
    kf_store_close(s);
    return rc;
}

void kf_test_store_remove(struct kf_test_store *t)
{
    static const char *const file[] = {"kinfold.db", "kinfold.db.lock", "kinfold.db.new"};
    char path[300];
    if (!t->folder[0])
        return;
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        snprintf(path, sizeof path, "%s/%s", t->folder, file[i]);
        unlink(path);
    }
    rmdir(t->folder);
    t->folder[0] = '\0';
}
