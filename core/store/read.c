#include "store/read_internal.h"

#include "base/error.h"
#include "base/pool.h"
#include "base/vec.h"
#include "store/block.h"
#include "store/schema.h"
#include "store/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODULE "store"

/* ---- opening ---- */

static uint32_t big4(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* SQLite opens a file that lost its end and fails somewhere later: say so at once. */
static int check_file(const char *path, struct kf_error *err)
{
    uint8_t h[100];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return kf_error_set(err, KF_E_NOINPUT, MODULE,
                            errno == ENOENT ? "there is no store %s: run 'kinfold run' first"
                                            : "cannot read the store %s: %m",
                            path);
    ssize_t got = pread(fd, h, sizeof h, 0);
    int failed = fstat(fd, &st);
    close(fd);
    if (failed || !S_ISREG(st.st_mode) || got < (ssize_t)sizeof h ||
        memcmp(h, "SQLite format 3", 16) != 0)
        return kf_error_set(err, KF_E_CONFIG, MODULE,
                            "%s is no Kinfold store: name another file as `store`", path);
    uint64_t page = (uint64_t)h[16] << 8 | h[17];
    page = page == 1 ? 65536 : page;
    if ((uint64_t)st.st_size < page * big4(h + 28))
        return kf_error_set(err, KF_E_DATA, MODULE,
                            "%s is damaged: it has %lld of its %llu bytes. Restore it from a "
                            "backup, or delete it and run again",
                            path, (long long)st.st_size, (unsigned long long)(page * big4(h + 28)));
    return 0;
}

/* An older store is brought forward in place before anybody reads it. */
static int migrate(const char *path, struct kf_error *err)
{
    sqlite3 *db = NULL;
    int rc = kf_sql_open(path, SQLITE_OPEN_READWRITE, &db, err);
    if (rc == 0) {
        rc = kf_schema_migrate(db, kf_store_migrations, KF_STORE_VERSION, err);
        sqlite3_close(db);
    }
    return rc;
}

static int open_checked(struct kf_store *s, struct kf_error *err)
{
    int64_t version = 0, run = 0;
    int rc = check_file(s->path, err);
    if (rc == 0)
        rc = kf_sql_open(s->path, SQLITE_OPEN_READONLY, &s->db, err);
    if (rc == 0)
        rc = kf_schema_check(s->db, &version, err);
    if (rc == 0 && version < KF_STORE_VERSION) {
        sqlite3_close(s->db);
        s->db = NULL;
        rc = migrate(s->path, err);
        if (rc == 0)
            rc = kf_sql_open(s->path, SQLITE_OPEN_READONLY, &s->db, err);
    }
    if (rc == 0)
        rc = kf_sql_int(s->db, "SELECT max(number) FROM run", 0, &run, err);
    if (rc == 0 && run == 0)
        rc =
            kf_error_set(err, KF_E_DATA, MODULE, "%s holds no run: it was never finished", s->path);
    return rc;
}

int kf_store_open(const char *path, struct kf_store **ret, struct kf_error *err)
{
    struct kf_store *s = calloc(1, sizeof *s);
    if (!s)
        return kf_error_set(err, KF_E_NOMEM, MODULE, "out of memory");
    s->path = kf_arena_strdup(&s->arena, path);
    int rc = open_checked(s, err);
    if (rc) {
        kf_store_close(s);
        return rc;
    }
    sqlite3_exec(s->db, "PRAGMA mmap_size = 2147483648; PRAGMA query_only = 1", NULL, NULL, NULL);
    *ret = s;
    return 0;
}

void kf_store_close(struct kf_store *s)
{
    if (!s)
        return;
    sqlite3_close(s->db);
    kf_arena_free(&s->arena);
    free(s);
}

/* ---- what the last run knew ---- */

static void copy_digest(sqlite3_stmt *s, int at, char out[65])
{
    struct kf_str t = kf_sql_column(s, at);
    size_t n = t.n < 64 ? t.n : 64;
    memcpy(out, t.p, n);
    out[n] = 0;
}

int kf_store_last_run(struct kf_store *s, struct kf_store_run *ret, struct kf_error *err)
{
    sqlite3_stmt *q = NULL;
    int rc = kf_sql_prepare(s->db,
                            "SELECT number, rules_digest, config_digest, data_digest, as_of_ns,"
                            " engine, events, profiles, identifiers, quarantined, duplicates,"
                            " decisions, erasures"
                            " FROM run ORDER BY number DESC LIMIT 1",
                            &q, err);
    if (rc)
        return rc;
    rc = kf_sql_step(q, err);
    if (rc > 0) {
        struct kf_store_run r = {.number = sqlite3_column_int64(q, 0),
                                 .as_of = sqlite3_column_int64(q, 4)};
        struct kf_str engine = kf_sql_column(q, 5);
        copy_digest(q, 1, r.rules_digest);
        copy_digest(q, 2, r.config_digest);
        copy_digest(q, 3, r.data_digest);
        r.engine = kf_arena_strndup(&s->arena, engine.p, engine.n);
        r.events = (uint64_t)sqlite3_column_int64(q, 6);
        r.profiles = (uint64_t)sqlite3_column_int64(q, 7);
        r.identifiers = (uint64_t)sqlite3_column_int64(q, 8);
        r.quarantined = (uint64_t)sqlite3_column_int64(q, 9);
        r.duplicates = (uint64_t)sqlite3_column_int64(q, 10);
        r.decisions = (uint32_t)sqlite3_column_int64(q, 11);
        r.erasures = (uint32_t)sqlite3_column_int64(q, 12);
        *ret = r;
    }
    sqlite3_finalize(q);
    return rc < 0 ? rc : 0;
}

static const char *keep(struct kf_store *s, sqlite3_stmt *q, int at)
{
    struct kf_str t = kf_sql_column(q, at);
    return kf_arena_strndup(&s->arena, t.p, t.n);
}

int kf_store_rules(struct kf_store *s, const struct kf_rules_text **ret, uint32_t *ret_n,
                   struct kf_error *err)
{
    kf_vec(struct kf_rules_text) all = {0};
    sqlite3_stmt *q = NULL;
    int rc = kf_sql_prepare(s->db, "SELECT name, text FROM rule_file ORDER BY id", &q, err);
    while (rc == 0 && (rc = kf_sql_step(q, err)) > 0) {
        struct kf_rules_text *t = kf_vec_push(&all);
        t->name = keep(s, q, 0);
        t->text.p = keep(s, q, 1);
        t->text.n = kf_sql_column(q, 1).n;
        rc = 0;
    }
    sqlite3_finalize(q);
    if (rc == 0) {
        struct kf_rules_text *out = kf_arena_alloc(&s->arena, (all.n + 1) * sizeof *out);
        if (all.n)
            memcpy(out, all.p, all.n * sizeof *out);
        *ret = out;
        *ret_n = (uint32_t)all.n;
    }
    kf_vec_free(&all);
    return rc;
}

int kf_store_known_files(struct kf_store *s, const struct kf_ingest_known **ret, uint32_t *ret_n,
                         struct kf_error *err)
{
    kf_vec(struct kf_ingest_known) all = {0};
    sqlite3_stmt *q = NULL;
    int rc = kf_sql_prepare(
        s->db, "SELECT source, path, size, hash FROM source_file ORDER BY source, path", &q, err);
    while (rc == 0 && (rc = kf_sql_step(q, err)) > 0) {
        struct kf_ingest_known *k = kf_vec_push(&all);
        k->source = keep(s, q, 0);
        k->path = keep(s, q, 1);
        k->size = (uint64_t)sqlite3_column_int64(q, 2);
        k->hash = strtoull(keep(s, q, 3), NULL, 16);
        rc = 0;
    }
    sqlite3_finalize(q);
    if (rc == 0) {
        struct kf_ingest_known *out = kf_arena_alloc(&s->arena, (all.n + 1) * sizeof *out);
        if (all.n)
            memcpy(out, all.p, all.n * sizeof *out);
        *ret = out;
        *ret_n = (uint32_t)all.n;
    }
    kf_vec_free(&all);
    return rc;
}

/* ---- questions ---- */

int kf_store_ask(struct kf_store *s, const char *sql, const char *const *arg, int n_arg,
                 kf_store_row row, void *ctx, struct kf_error *err)
{
    sqlite3_stmt *q = NULL;
    int rc = kf_sql_prepare(s->db, sql, &q, err);
    if (rc)
        return rc;
    int n = sqlite3_column_count(q);
    const char **value = calloc(2 * (size_t)n + 1, sizeof *value), **name = value + n;
    if (!value) {
        sqlite3_finalize(q);
        return kf_error_set(err, KF_E_NOMEM, MODULE, "out of memory");
    }
    for (int i = 0; i < n_arg; i++)
        kf_sql_text(q, i + 1, arg[i]);
    for (int i = 0; i < n; i++)
        name[i] = sqlite3_column_name(q, i);
    while (rc == 0 && (rc = kf_sql_step(q, err)) > 0) {
        for (int i = 0; i < n; i++)
            value[i] = (const char *)sqlite3_column_text(q, i);
        rc = row(ctx, n, value, name);
    }
    free(value);
    sqlite3_finalize(q);
    return rc;
}

int kf_store_query(struct kf_store *s, const char *sql, kf_store_row row, void *ctx,
                   struct kf_error *err)
{
    return kf_store_ask(s, sql, NULL, 0, row, ctx, err);
}
