/* Any bytes as the options of source_csv: checked against its table, then the connector is opened
 * with what passed. */
#include "config/problems.h"
#include "config/yaml.h"
#include "plugin/loader.h"

#include "../../../plugins/source_csv/source_csv.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t fake_key(const struct kf_host *h, const char *path)
{
    (void)h;
    return path && *path ? 1 : 0;
}

static void open_and_close(const struct kf_option_value *v)
{
    static const struct kf_host host = {.size = sizeof host, .key = fake_key};
    struct kf_error err = KF_ERROR_INIT;
    void *instance = NULL;
    int32_t r = ops.open(&host, v, &instance, &err);
    if ((r == 0) != (instance != NULL) || (r && !err.message[0]))
        abort();
    if (r)
        return;
    struct kf_shape s = {.size = sizeof s};
    if (ops.shape(instance, &s, &err) != 0 || !s.map_len)
        abort();
    for (uint32_t i = 0; i < s.map_len; i++) {
        const struct kf_map *m = &s.map[i];
        bool needs =
            m->target == KF_TO_FIELD || m->target == KF_TO_IDENTIFIER || m->target == KF_TO_CONSENT;
        if (!m->path || (needs && !m->arg))
            abort();
    }
    ops.close(instance);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct kf_plugin_handle handle = {.plugin = {.name = NAME, .options = options},
                                                   .n_options =
                                                       sizeof options / sizeof *options - 1};
    struct kf_arena arena = {0};
    struct kf_problems p = {.module = "fuzz", .file = "options"};
    struct kf_error err = KF_ERROR_INIT;
    struct kf_yaml *y = NULL;
    struct kf_option_value *v;
    kf_yaml_read((const char *)data, size, &arena, &p, &y);
    if (kf_problems_finish(&p, KF_E_CONFIG, NULL, NULL, &err) == 0 && y &&
        kf_plugin_options(&handle, y, "options", "/w", &v, NULL, NULL, &err) == 0) {
        open_and_close(v);
        kf_plugin_options_free(v, handle.n_options);
    }
    kf_arena_free(&arena);
    return 0;
}

#include "../replay.h"
