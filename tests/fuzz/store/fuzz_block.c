/* Any bytes as a block of the store. The first byte says what size is claimed: what the bytes have,
 * what their zstd frame says, or any; the next whether the hash in front is made right. */
#include "../event/support.h"

#include "base/hash.h"
#include "store/block.h"

#include <zstd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_hash(uint8_t *to, const void *content, size_t n)
{
    uint64_t h = kf_hash64(content, n);
    for (int i = 0; i < 8; i++)
        to[i] = (uint8_t)(h >> (8 * i));
}

/* The content of the frame gets its right hash, so that the fuzzer comes to what lies behind. */
static size_t mend(uint8_t *block, size_t n, unsigned how)
{
    static uint8_t content[1 << 16];
    if (how % 3 == 0) {
        put_hash(block, block + 8, n - 8);
        return n - 8;
    }
    size_t got = ZSTD_decompress(content, sizeof content, block + 8, n - 8);
    if (ZSTD_isError(got))
        return how;
    put_hash(block, content, got);
    return got + (how % 3 == 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf content = {0};
    struct fuzz_read r;
    if (size < 2)
        return 0;
    size_t n = size - 1, raw = data[0];
    uint8_t *block = malloc(n);
    memcpy(block, data + 1, n);
    if (n >= 8)
        raw = mend(block, n, data[0]);
    fuzz_begin(&r);
    for (const char *const *w = (const char *const[]){"a", "b", NULL}; *w; w++) {
        kf_symbols_add(r.dict.name, kf_cstr(*w));
        kf_symbols_add(r.dict.value, kf_cstr(*w));
        kf_symbols_add(r.dict.source, kf_cstr(*w));
        kf_idents_add(r.idents, kf_symbols_add(r.dict.ns, kf_cstr(*w)), kf_cstr(*w));
    }
    int rc = kf_block_unpack(block, n, raw, &content, r.events, &err);
    if (rc == 0)
        fuzz_check_codec(r.events);
    else if (rc != KF_E_DATA || !err.message[0] || r.events->n)
        fuzz_fail("what was refused left something behind");
    kf_buf_free(&content);
    fuzz_end(&r);
    free(block);
    return 0;
}

#include "../replay.h"
