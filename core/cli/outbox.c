#include "cli/outbox.h"

#include "base/hash.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

/* Destinations get rows, not records: of the host's functions they may only write debug lines. */
static void debug(const struct kf_host *h, const char *plugin, const char *message)
{
    (void)h;
    (void)plugin;
    (void)message;
}

static const struct kf_host HOST = {.size = sizeof HOST, .debug = debug};

int kf_outbox_open(struct kf_outbox *o, const struct kf_plugin_handle *plugin,
                   const struct kf_yaml *options, const char *file, const char *dir,
                   const struct kf_column *column, uint32_t n, struct kf_error *err)
{
    *o = (struct kf_outbox){.plugin = plugin, .columns = n, .first = KF_ERROR_INIT};
    kf_arena_init(&o->arena, 0);
    o->cell = calloc((size_t)KF_OUTBOX_BATCH * (n + 1u), sizeof *o->cell);
    if (!o->cell)
        return kf_error_set(err, KF_E_NOMEM, "export", "out of memory");
    int rc = kf_plugin_options(plugin, options, file, dir, &o->values, NULL, NULL, err);
    return rc ? rc : plugin->destination.open(&HOST, o->values, column, n, &o->instance, err);
}

/* Sends rows [0, n); those that answer RETRY move to the front. */
static int send_once(struct kf_outbox *o, struct kf_row *row, uint32_t *n, struct kf_error *err)
{
    int32_t result[KF_OUTBOX_BATCH] = {0};
    struct kf_error why = KF_ERROR_INIT;
    int rc = o->plugin->destination.write(o->instance, row, *n, result, &why);
    if (rc < 0) {
        if (err)
            *err = why;
        return rc;
    }
    uint32_t again = 0;
    for (uint32_t i = 0; i < *n; i++) {
        if (result[i] == KF_DEST_RETRY) {
            row[again++] = row[i];
        } else if (result[i] == KF_DEST_OK) {
            o->sent++;
        } else {
            if (o->rejected++ == 0)
                o->first = why;
        }
    }
    *n = again;
    return 0;
}

static int flush(struct kf_outbox *o, struct kf_error *err)
{
    struct kf_row row[KF_OUTBOX_BATCH];
    uint32_t n = o->n;
    int rc = 0;
    for (uint32_t i = 0; i < n; i++)
        row[i] = (struct kf_row){.cell = o->cell + (size_t)i * o->columns, .cells = o->columns};
    for (uint32_t try = 0; try < KF_OUTBOX_TRIES && n && rc == 0; try++)
        rc = send_once(o, row, &n, err);
    o->given_up += rc ? 0 : n;
    o->n = 0;
    kf_arena_reset(&o->arena);
    return rc;
}

int kf_outbox_row(struct kf_outbox *o, const struct kf_cell *cell, struct kf_error *err)
{
    struct kf_cell *to = o->cell + (size_t)o->n * o->columns;
    for (uint32_t i = 0; i < o->columns; i++) {
        to[i] = cell[i];
        if (cell[i].text.p)
            to[i].text.p = kf_arena_strndup(&o->arena, cell[i].text.p, (size_t)cell[i].text.n);
    }
    return ++o->n < KF_OUTBOX_BATCH ? 0 : flush(o, err);
}

int kf_outbox_finish(struct kf_outbox *o, bool commit, struct kf_error *err)
{
    int rc = commit && o->n ? flush(o, err) : 0;
    if (rc) {
        o->plugin->destination.finish(o->instance, 0, NULL);
        return rc;
    }
    return o->plugin->destination.finish(o->instance, commit, err);
}

void kf_outbox_free(struct kf_outbox *o)
{
    if (o->instance && o->plugin->destination.close)
        o->plugin->destination.close(o->instance);
    if (o->plugin)
        kf_plugin_options_free(o->values, o->plugin->n_options);
    free(o->cell);
    kf_arena_free(&o->arena);
    *o = (struct kf_outbox){0};
}

bool kf_outbox_hash(struct kf_str ns, struct kf_str value, char out[65])
{
    static const char *const plain[] = {"anonymous_id", "device_id", "advertising_id", "push_token",
                                        "appsflyer_id", "gclid",     "fbclid",         "idfa",
                                        "idfv",         "gaid"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (kf_str_eq(ns, kf_cstr(plain[i])))
            return false;
    bool hex = value.n == 64;
    for (size_t i = 0; i < value.n && hex; i++)
        hex = isxdigit((unsigned char)value.p[i]);
    if (hex) {
        for (size_t i = 0; i < 64; i++)
            out[i] = (char)tolower((unsigned char)value.p[i]);
        out[64] = 0;
    } else {
        kf_sha256_hex(value.p, value.n, out);
    }
    return true;
}
