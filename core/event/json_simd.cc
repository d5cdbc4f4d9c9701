#include "event/json_simd.h"

#include <memory>
#include <new>
#include <simdjson.h>

struct kf_simd {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
    size_t capacity;
};

extern "C" struct kf_simd *kf_simd_new(void)
{
    return new (std::nothrow) kf_simd();
}

extern "C" void kf_simd_free(struct kf_simd *s)
{
    delete s;
}

static bool fit(struct kf_simd *s, size_t len)
{
    if (s->parser && len <= s->capacity)
        return true;
    size_t capacity = s->capacity ? s->capacity : 64 << 10;
    while (capacity < len)
        capacity *= 2;
    s->parser.reset();
    s->capacity = 0;
    /* Depth is of the second stage, which is not used. */
    if (simdjson::get_active_implementation()->create_dom_parser_implementation(
            capacity, 1, s->parser) != simdjson::SUCCESS)
        return false;
    s->capacity = capacity;
    return true;
}

extern "C" enum kf_simd_result kf_simd_index(struct kf_simd *s, const char *buf, size_t len,
                                             const uint32_t **ret, size_t *ret_n)
{
    if (!fit(s, len))
        return KF_SIMD_NO_MEMORY;
    simdjson::error_code rc = s->parser->stage1(reinterpret_cast<const uint8_t *>(buf), len,
                                                simdjson::stage1_mode::regular);
    switch (rc) {
    case simdjson::SUCCESS:
        break;
    case simdjson::EMPTY:
        return KF_SIMD_EMPTY;
    case simdjson::UTF8_ERROR:
        return KF_SIMD_UTF8;
    case simdjson::MEMALLOC:
    case simdjson::CAPACITY:
        return KF_SIMD_NO_MEMORY;
    default:
        return KF_SIMD_STRING;
    }
    *ret = s->parser->structural_indexes.get();
    *ret_n = s->parser->n_structural_indexes;
    return KF_SIMD_OK;
}
