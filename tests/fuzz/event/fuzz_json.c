/* Any bytes as a file of JSON records: first with the map of source_segment, then with none, so
 * that every member is kept under the name it has. The first byte says in what pieces it is read.
 */
#include "support.h"

#include "../../../plugins/source_segment/source_segment.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int32_t open_plain(const struct kf_host *h, const struct kf_option_value *v, void **ret,
                          struct kf_error *err)
{
    static int instance;
    (void)h;
    (void)v;
    (void)err;
    *ret = &instance;
    return 0;
}

static int32_t shape_plain(void *in, struct kf_shape *ret, struct kf_error *err)
{
    static const struct kf_map rows[] = {
        {"type", KF_TO_TYPE, 0, 0, 0, 0, 0},
        {"event", KF_TO_NAME, 0, 0, 0, 0, 0},
        {"time", KF_TO_TIME, 0, 0, 0, 0, 0},
        {"user", KF_TO_IDENTIFIER, 0, "user_id", "traits.user", 0, 0},
        {"items[].sku", KF_TO_FIELD, KF_FIELD_TEXT, "properties.products[].sku", 0, 0, 0},
        {"items[].price", KF_TO_FIELD, KF_FIELD_MONEY, "properties.products[].price", 0, 0, 0},
        {"cost", KF_TO_FIELD, KF_FIELD_MICROS, "properties.cost", 0, 0, 0},
        {"ok", KF_TO_FIELD, KF_FIELD_BOOL, "properties.ok", 0, 0, 0},
        {"seen", KF_TO_FIELD, KF_FIELD_TIME, "properties.seen", 0, "%d.%m.%Y %H:%M", 0},
        {"news", KF_TO_CONSENT, 0, "marketing", 0, 0, 0},
        {"traits", KF_TO_BELOW, 0, "traits", 0, "snake", 0}};
    (void)in;
    (void)err;
    ret->format = KF_FORMAT_JSON;
    ret->map = rows;
    ret->map_len = sizeof rows / sizeof *rows;
    ret->batch_path = "rows";
    ret->unmapped = "properties";
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct kf_option none[] = {KF_OPTION_END};
    static const struct kf_config_source source = {.name = "fuzz", .line = 1, .column = 1};
    struct kf_plugin_handle segment = {.plugin = {.name = NAME, .options = options},
                                       .source = ops,
                                       .n_options = sizeof options / sizeof *options - 1};
    struct kf_plugin_handle plain = {
        .plugin = {.name = "plain", .options = none},
        .source = {.size = sizeof(struct kf_source_ops), .open = open_plain, .shape = shape_plain}};
    if (!size)
        return 0;
    fuzz_ingest(fuzz_config(), &source, &segment, data + 1, size - 1, 16u + data[0]);
    fuzz_ingest(fuzz_config(), &source, &plain, data + 1, size - 1, 16u + data[0]);
    return 0;
}

#include "../replay.h"
