/* Any bytes as a block of the event log: refused, or events that can be read as any others, and
 * that make the same events when packed again. */
#include "support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fill(struct fuzz_read *r)
{
    static const char *const words[] = {"a", "bb", "Order Completed", "web", "anna@example.com"};
    fuzz_begin(r);
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        struct kf_str s = kf_cstr(words[i]);
        kf_symbols_add(r->dict.name, s);
        kf_symbols_add(r->dict.value, s);
        kf_symbols_add(r->dict.source, s);
        kf_symbols_add(r->dict.file, s);
        kf_idents_add(r->idents, kf_symbols_add(r->dict.ns, kf_cstr("user_id")), s);
    }
}

/* Everything that reads events may be asked about these. */
static void walk(const struct kf_events *e)
{
    struct kf_buf text = {0};
    struct kf_val v, inner;
    for (uint32_t i = 0; i < e->n; i++) {
        const uint8_t *at = NULL, *in;
        uint32_t key;
        kf_event_id(e, i);
        while (kf_body_next(e, i, &at, &key, &v)) {
            if (!kf_body_get(e, i, key, &inner))
                fuzz_fail("a field that is there is not found");
            for (in = NULL; v.type == KF_V_LIST && kf_list_next(e, &v, &in, &inner);) {
                struct kf_val field;
                kf_obj_get(e, &inner, 1, &field);
            }
        }
        kf_buf_clear(&text);
        kf_event_json(e, i, &text);
        if (kf_event_cmp(e, 0, i) != -kf_event_cmp(e, i, 0))
            fuzz_fail("no order");
    }
    kf_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_read r;
    struct kf_error err = KF_ERROR_INIT;
    fill(&r);
    if (kf_codec_unpack(data, size, r.events, &err) == 0) {
        walk(r.events);
        fuzz_check_codec(r.events);
    } else if (r.events->n || r.events->id_pool_n || !err.message[0] || err.code != KF_E_DATA) {
        fuzz_fail("what was refused left something behind");
    }
    fuzz_end(&r);
    return 0;
}

#include "../replay.h"
