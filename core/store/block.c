#include "store/block.h"

#include "base/error.h"
#include "base/hash.h"
#include "event/codec.h"

#include <stdlib.h>
#include <zstd.h>

#define MODULE "store"

/* Measured on the reference load (STORE.md b): -5 packs at 260 ns an event, 1 at 400 for a fifth
 * less room. */
static const int LEVEL[] = {0, -5, 1};
/* Nothing that a run writes comes near; a damaged file may say anything. */
#define RAW_MAX ((size_t)1 << 31)

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
    ZSTD_CCtx *zstd; /* NULL: stored as it is */
    struct kf_buf raw, out;
};

struct kf_packer *kf_packer_new(enum kf_compression c)
{
    struct kf_packer *p = calloc(1, sizeof *p);
    if (!p || c == KF_STORED_PLAIN)
        return p;
    p->zstd = ZSTD_createCCtx();
    if (!p->zstd ||
        ZSTD_isError(ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_compressionLevel, LEVEL[c]))) {
        kf_packer_free(p);
        return NULL;
    }
    return p;
}

void kf_packer_free(struct kf_packer *p)
{
    if (!p)
        return;
    ZSTD_freeCCtx(p->zstd);
    kf_buf_free(&p->raw);
    kf_buf_free(&p->out);
    free(p);
}

static void put_hash(char *to, const void *content, size_t n)
{
    uint64_t h = kf_hash64(content, n);
    for (int i = 0; i < 8; i++)
        to[i] = (char)(h >> (8 * i) & 255);
}

int kf_block_pack(struct kf_packer *p, const struct kf_events *e, const uint32_t *event, uint32_t n,
                  struct kf_block *ret, struct kf_error *err)
{
    kf_buf_clear(&p->raw);
    kf_buf_add(&p->raw, "\0\0\0\0\0\0\0", 8);
    kf_codec_pack(e, event, n, &p->raw);
    size_t raw = p->raw.n - 8;
    put_hash(p->raw.p, p->raw.p + 8, raw);
    struct kf_block b = {(const uint8_t *)p->raw.p, p->raw.n, raw};
    if (p->zstd) {
        size_t bound = ZSTD_compressBound(raw);
        kf_buf_clear(&p->out);
        kf_buf_reserve(&p->out, bound + 9);
        memcpy(p->out.p, p->raw.p, 8);
        size_t got = ZSTD_compress2(p->zstd, p->out.p + 8, bound, p->raw.p + 8, raw);
        if (ZSTD_isError(got))
            return kf_error_set(err, KF_E_INTERNAL, MODULE, "cannot compress a block: %s",
                                ZSTD_getErrorName(got));
        if (got < raw) { /* equal sizes mean stored as it is */
            b.data = (const uint8_t *)p->out.p;
            b.n = got + 8;
        }
    }
    *ret = b;
    return 0;
}

static int damaged(const char *why, struct kf_error *err)
{
    return kf_error_set(err, KF_E_DATA, MODULE, "a block of the event log is damaged: %s", why);
}

/* The content of a blob, in `content` or where it lies; NULL: damaged. */
static const char *open_block(const void *data, size_t n, size_t raw, struct kf_buf *content,
                              struct kf_error *err)
{
    const char *d = data, *from = d + 8;
    char hash[8];
    if (n < 8 || raw > RAW_MAX) {
        damaged("its size is impossible", err);
        return NULL;
    }
    if (n - 8 != raw) {
        if (ZSTD_getFrameContentSize(d + 8, n - 8) != raw) {
            damaged("its size is another one than its own head says", err);
            return NULL;
        }
        kf_buf_clear(content);
        kf_buf_reserve(content, raw + 1);
        if (ZSTD_decompress(content->p, raw, d + 8, n - 8) != raw) {
            damaged("it does not decompress", err);
            return NULL;
        }
        from = content->p;
    }
    put_hash(hash, from, raw);
    if (memcmp(hash, d, 8) == 0)
        return from;
    damaged("its content is not what was written", err);
    return NULL;
}

int kf_block_unpack(const void *data, size_t n, size_t raw, struct kf_buf *content,
                    struct kf_events *into, struct kf_error *err)
{
    const char *from = open_block(data, n, raw, content, err);
    return from ? kf_codec_unpack(from, raw, into, err) : KF_E_DATA;
}

int kf_block_unpack_raw(const void *data, size_t n, size_t raw, uint32_t idents,
                        struct kf_buf *content, struct kf_events *into, struct kf_error *err)
{
    const char *from = open_block(data, n, raw, content, err);
    return from ? kf_codec_unpack_raw(from, raw, idents, into, err) : KF_E_DATA;
}
