/* Receipts of erasures with their tombstones, as lines of the file that decisions travel in. */
#include "cli/steward.h"

#include "base/error.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- export ---- */

static void member(struct kf_buf *b, const char *name, const char *text)
{
    kf_buf_addf(b, ",\"%s\":", name);
    kf_buf_add_json(b, kf_cstr(text));
}

static int add_line(struct kf_desk *d, const struct kf_receipt *r, struct kf_buf *b,
                    struct kf_error *err)
{
    struct kf_tombstone *t;
    uint32_t n;
    char at[48];
    int rc = kf_store_tombstones(d->s.store, r->number, &t, &n, err);
    if (rc)
        return rc;
    at[kf_time_format(r->at, at)] = 0;
    kf_buf_addf(b, "{\"erasure\":%u", r->number);
    member(b, "at", at);
    member(b, "by", r->who);
    member(b, "because", r->why);
    member(b, "rule", r->rule);
    member(b, "counts", r->counts);
    member(b, "previous", r->previous);
    member(b, "hash", r->hash);
    kf_buf_adds(b, ",\"tombstones\":[");
    for (uint32_t i = 0; i < n; i++)
        kf_buf_addf(b, "%s\"%s %016llx\"", i ? "," : "", t[i].ns ? t[i].ns : "",
                    (unsigned long long)t[i].hash);
    kf_buf_adds(b, "]}\n");
    return 0;
}

int kf_receipts_lines(struct kf_desk *d, struct kf_buf *out, uint32_t *ret_n, struct kf_error *err)
{
    const struct kf_receipt *r;
    int rc = kf_store_receipts(d->s.store, &r, ret_n, err);
    for (uint32_t i = 0; rc == 0 && i < *ret_n; i++)
        rc = add_line(d, &r[i], out, err);
    return rc;
}

/* ---- import ---- */

static void make_set(struct kf_receipts *r)
{
    kf_tombstones_free(r->set);
    r->set = kf_tombstones_new(r->d->s.ws.config, r->d->ids, r->tombstone, r->n_tombstone);
}

static void take(struct kf_receipts *r, const struct kf_tombstone *t, uint32_t n)
{
    r->tombstone = realloc(r->tombstone, (r->n_tombstone + n + 1u) * sizeof *t);
    if (!r->tombstone)
        kf_arena_exhausted((r->n_tombstone + n + 1u) * sizeof *t);
    if (n)
        memcpy(r->tombstone + r->n_tombstone, t, n * sizeof *t);
    r->n_tombstone += n;
    make_set(r);
}

int kf_receipts_open(struct kf_desk *d, struct kf_receipts *r, struct kf_error *err)
{
    const struct kf_receipt *old;
    struct kf_tombstone *t;
    uint32_t n;
    *r = (struct kf_receipts){.d = d};
    int rc = kf_store_receipts(d->s.store, &old, &r->n, err);
    if (rc == 0)
        rc = kf_store_tombstones(d->s.store, 0, &t, &n, err);
    if (rc)
        return rc;
    const char **hash = kf_arena_alloc(&d->arena, (r->n + 1) * sizeof *hash);
    for (uint32_t i = 0; i < r->n; i++)
        hash[i] = old[i].hash;
    r->hash = hash;
    take(r, t, n);
    return 0;
}

void kf_receipts_close(struct kf_receipts *r)
{
    kf_tombstones_free(r->set);
    free(r->tombstone);
    free(r->added);
    *r = (struct kf_receipts){0};
}

static const char *text_of(struct kf_receipts *r, const json_t *o, const char *name)
{
    const char *t = json_string_value(json_object_get(o, name));
    return kf_arena_strdup(&r->d->arena, t ? t : "");
}

static bool read_tombstones(struct kf_receipts *r, const json_t *o, struct kf_receipt_new *ret)
{
    const json_t *list = json_object_get(o, "tombstones");
    size_t n = json_array_size(list);
    ret->tombstone = kf_arena_alloc(&r->d->arena, (n + 1) * sizeof *ret->tombstone);
    for (size_t i = 0; i < n; i++) {
        const char *t = json_string_value(json_array_get(list, i)), *at = t ? strchr(t, ' ') : NULL;
        char *end;
        if (!at || strlen(at + 1) != 16)
            return false;
        ret->tombstone[ret->n++] = (struct kf_tombstone){
            at > t ? kf_arena_strndup(&r->d->arena, t, (size_t)(at - t)) : NULL,
            strtoull(at + 1, &end, 16)};
        if (*end)
            return false;
    }
    return json_is_array(list);
}

static bool is_known(const struct kf_receipts *r, const char *hash)
{
    for (uint32_t i = 0; i < r->n; i++)
        if (strcmp(r->hash[i], hash) == 0)
            return true;
    for (uint32_t i = 0; i < r->n_added; i++)
        if (strcmp(r->added[i].receipt.hash, hash) == 0)
            return true;
    return false;
}

static const char *last_hash(const struct kf_receipts *r)
{
    if (r->n_added)
        return r->added[r->n_added - 1].receipt.hash;
    return r->n ? r->hash[r->n - 1] : "";
}

void kf_receipts_read(struct kf_receipts *r, const void *object, const char **ret_why)
{
    const json_t *o = object;
    struct kf_receipt_new x = {0};
    bool offset;
    char hash[65];
    x.receipt =
        (struct kf_receipt){.number = (uint32_t)json_integer_value(json_object_get(o, "erasure")),
                            .who = text_of(r, o, "by"),
                            .why = text_of(r, o, "because"),
                            .rule = text_of(r, o, "rule"),
                            .counts = text_of(r, o, "counts"),
                            .previous = text_of(r, o, "previous"),
                            .hash = text_of(r, o, "hash")};
    *ret_why = "it is no receipt of an erasure";
    if (!kf_time_parse(kf_cstr(text_of(r, o, "at")), r->d->s.ws.config->zone, &x.receipt.at,
                       &offset) ||
        !read_tombstones(r, o, &x))
        return;
    kf_receipt_hash(&x.receipt, x.tombstone, x.n, hash);
    *ret_why = "the receipt was changed: its hash is another";
    if (strcmp(hash, x.receipt.hash) != 0)
        return;
    *ret_why = NULL;
    if (is_known(r, hash)) {
        r->known++;
        return;
    }
    *ret_why = "the receipt goes on from one that this store does not end with";
    if (strcmp(x.receipt.previous, last_hash(r)) != 0)
        return;
    *ret_why = NULL;
    r->added = realloc(r->added, (r->n_added + 1u) * sizeof *r->added);
    if (!r->added)
        kf_arena_exhausted((r->n_added + 1u) * sizeof *r->added);
    r->added[r->n_added++] = x;
    take(r, x.tombstone, x.n);
}
