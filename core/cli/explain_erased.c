/* An identifier that nobody has any more because its person was erased: the store keeps only its
 * keyed hash, and the receipt. */
#include "cli/explain_rule.h"

static bool has_hash(const struct kf_tombstone *t, uint32_t n, uint64_t hash)
{
    for (uint32_t i = 0; i < n; i++)
        if (t[i].ns && t[i].hash == hash)
            return true;
    return false;
}

/* The receipt whose tombstone it is. */
static int find_receipt(struct kf_session *s, uint64_t hash, const struct kf_receipt **ret,
                        struct kf_error *err)
{
    const struct kf_receipt *all;
    uint32_t n, count;
    int rc = kf_store_receipts(s->store, &all, &n, err);
    *ret = NULL;
    for (uint32_t i = 0; i < n && rc == 0 && !*ret; i++) {
        struct kf_tombstone *t;
        rc = kf_store_tombstones(s->store, all[i].number, &t, &count, err);
        if (rc == 0 && has_hash(t, count, hash))
            *ret = &all[i];
    }
    return rc;
}

/* What was asked for, masked: the text is a person's. */
static void add_asked(const struct kf_session *s, const char *text, struct kf_buf *out)
{
    size_t n = strcspn(text, ":=");
    struct kf_str ns = kf_str(text, n);
    kf_buf_add(out, text, n);
    kf_buf_addc(out, ':');
    kf_mask_add(out, kf_personal_kind(ns, NULL), kf_cstr(text + n + (text[n] != 0)), s->reveal);
}

static void say(const struct kf_session *s, const char *text, const struct kf_receipt *r,
                struct kf_buf *out)
{
    struct kf_buf b = {0};
    struct kf_json j;
    add_asked(s, text, &b);
    if (s->cli->json) {
        kf_json_start(&j, out, "kinfold.explain-erased/1");
        kf_json_text(&j, "identifier", b.p);
        kf_json_bool(&j, "masked", !s->reveal);
        kf_json_count(&j, "receipt", r->number);
        kf_json_time(&j, "at", r->at);
        kf_json_text(&j, "by", r->who);
        kf_json_text(&j, "because", r->why);
        kf_json_end(&j);
    } else {
        kf_buf_adds(&b, " was erased on ");
        kf_explain_day_add(s, r->at, &b);
        kf_buf_addf(&b, ", receipt %u, by %s: %s", r->number, r->who, r->why);
        kf_explain_line(out, 0, 2, b.p);
    }
    kf_buf_free(&b);
}

int kf_explain_erased(struct kf_session *s, const char *text, struct kf_buf *out, int *ret,
                      struct kf_error *err)
{
    struct kf_tombstone *t;
    const struct kf_receipt *r = NULL;
    uint32_t n;
    uint64_t hash;
    *ret = -1;
    int rc = kf_store_tombstones(s->store, 0, &t, &n, err);
    if (rc || !n)
        return rc;
    struct kf_tombstones *set = kf_tombstones_new(s->ws.config, s->world->ids, t, n);
    bool erased = kf_tombstones_identifier(set, text, &hash);
    kf_tombstones_free(set);
    if (erased)
        rc = find_receipt(s, hash, &r, err);
    if (rc || !r)
        return rc;
    say(s, text, r, out);
    *ret = 1;
    return 0;
}
