#include "store/block.h"

#include "base/error.h"
#include "base/hash.h"
#include "profile/fields.h"

#include <stdlib.h>
#include <zstd.h>

#define MODULE "store"

/* Measured on the reference load (STORE.md b): -5 packs at 260 ns an event, 1 at 400 for a fifth
 * less room. */
static const int LEVEL[] = {0, -5, 1};

/* Bytes of a row at most: nine varints of up to ten bytes; identifiers come on top. */
#define ROW_BYTES 96u

bool kf_compression_parse(const char *word, enum kf_compression *ret)
{
    static const char *const words[] = {"none", "fast", "small"};
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(word ? word : "fast", words[i]) == 0) {
            *ret = (enum kf_compression)i;
            return true;
        }
    return false;
}

struct kf_packer {
    enum kf_compression compression;
    ZSTD_CCtx *zstd;
    uint8_t *raw, *out;
    size_t raw_cap, out_cap;
};

struct kf_packer *kf_packer_new(enum kf_compression c)
{
    struct kf_packer *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->compression = c;
    if (c != KF_STORED_PLAIN) {
        p->zstd = ZSTD_createCCtx();
        if (!p->zstd ||
            ZSTD_isError(ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_compressionLevel, LEVEL[c]))) {
            kf_packer_free(p);
            return NULL;
        }
    }
    return p;
}

void kf_packer_free(struct kf_packer *p)
{
    if (!p)
        return;
    ZSTD_freeCCtx(p->zstd);
    free(p->raw);
    free(p->out);
    free(p);
}

static bool reserve(uint8_t **p, size_t *cap, size_t need)
{
    if (need <= *cap)
        return true;
    size_t more = need + need / 4 + 4096;
    uint8_t *q = realloc(*p, more);
    if (!q)
        return false;
    *p = q;
    *cap = more;
    return true;
}

static inline uint8_t *put(uint8_t *p, uint64_t v)
{
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

/* Differences of instants may leave int64: they wrap, and wrap back when they are added. */
static inline uint64_t zigzag(uint64_t v)
{
    return v << 1 ^ (0 - (v >> 63));
}

static inline uint64_t unzigzag(uint64_t v)
{
    return v >> 1 ^ (0 - (v & 1));
}

static inline size_t body_size(const uint8_t *body)
{
    return (size_t)(kf_fields_of(body).end - body);
}

/* What the block needs at most, so that packing need not look. */
static size_t most(const struct kf_events *e, const uint32_t *event, uint32_t n)
{
    size_t need = 8;
    for (uint32_t i = 0; i < n; i++)
        need += ROW_BYTES + 5u * e->id_n[event[i]] + body_size(e->body[event[i]]);
    return need;
}

static uint8_t *pack_rows(const struct kf_events *e, const uint32_t *event, uint32_t n, uint8_t *p,
                          struct kf_block *b)
{
    uint64_t time = 0;
    uint32_t record = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t x = event[i];
        uint64_t t = (uint64_t)e->time[x];
        p = put(p, zigzag(t - time));
        p = put(p, zigzag((uint64_t)e->received[x] - t));
        p = put(p, e->name[x]);
        p = put(p, e->type[x]);
        p = put(p, e->platform[x]);
        p = put(p, e->source[x]);
        p = put(p, e->file[x]);
        p = put(p, zigzag((uint64_t)((int64_t)e->record[x] - (int64_t)record)));
        p = put(p, e->id_n[x]);
        for (uint32_t k = 0; k < e->id_n[x]; k++)
            p = put(p, e->id_pool[e->id_off[x] + k]);
        time = t;
        record = e->record[x];
        b->identifiers += e->id_n[x];
        b->first = i == 0 || e->time[x] < b->first ? e->time[x] : b->first;
        b->last = i == 0 || e->time[x] > b->last ? e->time[x] : b->last;
    }
    return p;
}

static void put_hash(uint8_t *to, uint64_t h)
{
    for (int i = 0; i < 8; i++)
        to[i] = (uint8_t)(h >> (8 * i));
}

int kf_block_pack(struct kf_packer *p, const struct kf_events *e, const uint32_t *event, uint32_t n,
                  struct kf_block *ret, struct kf_error *err)
{
    struct kf_block b = {0};
    if (!reserve(&p->raw, &p->raw_cap, most(e, event, n)))
        return kf_error_set(err, KF_E_NOMEM, MODULE, "no memory for a block of %u events", n);
    uint8_t *at = pack_rows(e, event, n, p->raw + 8, &b);
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *body = e->body[event[i]];
        size_t size = body_size(body);
        memcpy(at, body, size);
        at += size;
    }
    b.raw = (size_t)(at - p->raw) - 8;
    put_hash(p->raw, kf_hash64(p->raw + 8, b.raw));
    b.data = p->raw;
    b.n = b.raw + 8;
    if (p->zstd) {
        size_t bound = ZSTD_compressBound(b.raw);
        if (!reserve(&p->out, &p->out_cap, bound + 8))
            return kf_error_set(err, KF_E_NOMEM, MODULE, "no memory for a block of %u events", n);
        memcpy(p->out, p->raw, 8);
        size_t got = ZSTD_compress2(p->zstd, p->out + 8, bound, p->raw + 8, b.raw);
        if (ZSTD_isError(got))
            return kf_error_set(err, KF_E_INTERNAL, MODULE, "cannot compress a block: %s",
                                ZSTD_getErrorName(got));
        if (got < b.raw) { /* equal sizes mean stored */
            b.data = p->out;
            b.n = got + 8;
        }
    }
    *ret = b;
    return 0;
}

/* ---- unpacking ---- */

static int damaged(struct kf_error *err)
{
    return kf_error_set(err, KF_E_DATA, MODULE,
                        "a block of the event log is damaged: restore the store from a backup, or "
                        "delete it and run again");
}

struct reader {
    const uint8_t *p, *end;
    bool bad;
};

static inline uint64_t get(struct reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64 && r->p < r->end; shift += 7) {
        uint8_t c = *r->p++;
        v |= (uint64_t)(c & 0x7f) << shift;
        if (!(c & 0x80))
            return v;
    }
    r->bad = true;
    return 0;
}

static inline uint32_t get_up_to(struct reader *r, uint32_t most)
{
    uint64_t v = get(r);
    r->bad |= v > most;
    return (uint32_t)v;
}

static bool unpack_rows(struct reader *r, const struct kf_block_limit *l, struct kf_events *e,
                        uint32_t at, uint32_t events, uint64_t pool_at, uint64_t identifiers)
{
    uint64_t time = 0, pool_end = pool_at + identifiers;
    int64_t record = 0;
    for (uint32_t i = at; i < at + events && !r->bad; i++) {
        time += unzigzag(get(r));
        e->time[i] = (int64_t)time;
        e->received[i] = (int64_t)(time + unzigzag(get(r)));
        e->name[i] = get_up_to(r, l->name);
        e->type[i] = (uint8_t)get_up_to(r, UINT8_MAX);
        e->platform[i] = (uint8_t)get_up_to(r, UINT8_MAX);
        e->source[i] = (uint16_t)get_up_to(r, UINT16_MAX);
        e->file[i] = get_up_to(r, l->file);
        record += (int64_t)unzigzag(get(r));
        e->record[i] = (uint32_t)record;
        e->id_n[i] = (uint16_t)get_up_to(r, UINT16_MAX);
        e->id_off[i] = (uint32_t)pool_at;
        e->dropped[i] = 0;
        if (e->id_n[i] > pool_end - pool_at)
            return false;
        for (uint32_t k = 0; k < e->id_n[i]; k++) {
            uint32_t id = get_up_to(r, UINT32_MAX);
            r->bad |= id >= l->identifiers;
            e->id_pool[pool_at++] = id;
        }
    }
    return !r->bad && pool_at == pool_end;
}

static bool unpack_bodies(struct reader *r, struct kf_events *e, uint32_t at, uint32_t events)
{
    for (uint32_t i = at; i < at + events; i++) {
        e->body[i] = r->p;
        uint64_t n = get(r);
        if (r->bad || n > (uint64_t)(r->end - r->p))
            return false;
        r->p += n;
    }
    return r->p == r->end;
}

int kf_block_unpack(const void *data, size_t n, size_t raw, const struct kf_block_limit *limit,
                    struct kf_arena *arena, struct kf_events *e, uint32_t at, uint32_t events,
                    uint64_t pool_at, uint64_t identifiers, struct kf_error *err)
{
    const uint8_t *d = data;
    uint8_t hash[8];
    if (n < 8 || raw > (size_t)UINT32_MAX)
        return damaged(err);
    uint8_t *content = kf_arena_alloc(arena, raw);
    if (n - 8 == raw)
        memcpy(content, d + 8, raw);
    else if (ZSTD_decompress(content, raw, d + 8, n - 8) != raw)
        return damaged(err);
    put_hash(hash, kf_hash64(content, raw));
    if (memcmp(hash, d, 8) != 0)
        return damaged(err);
    struct reader r = {content, content + raw, false};
    if (!unpack_rows(&r, limit, e, at, events, pool_at, identifiers) ||
        !unpack_bodies(&r, e, at, events))
        return damaged(err);
    return 0;
}
