/* One connector a way of being wrong: built once for each case of CMakeLists.txt with
 * -DKF_CASE=CASE_x. */
#include <kinfold/plugin.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    CASE_good,
    CASE_no_symbol,
    CASE_nothing,
    CASE_bad_magic,
    CASE_older_major,
    CASE_newer_major,
    CASE_head_only,
    CASE_huge_size,
    CASE_older,
    CASE_newer,
    CASE_bad_kind,
    CASE_no_ops,
    CASE_ops_size,
    CASE_no_open,
    CASE_no_shape,
    CASE_no_close,
    CASE_no_write,
    CASE_no_name,
    CASE_wrong_name,
    CASE_long_text,
    CASE_bad_text,
    CASE_option_key,
    CASE_option_type,
    CASE_option_doc,
    CASE_option_twice,
    CASE_option_choices,
    CASE_option_default,
    CASE_option_range,
    CASE_option_required,
    CASE_option_end,
    CASE_open_fails,
    CASE_garbage,
    CASE_pull_csv
};

#define IS(c) (KF_CASE == (c))

static char long_text[3000];

static const struct kf_option options[] = {
    {IS(CASE_option_key) ? "Bad-Key" : "first", IS(CASE_option_type) ? 99 : KF_OPT_INT,
     IS(CASE_option_required) ? KF_OPT_REQUIRED : 0, IS(CASE_option_default) ? "many" : "5", 0,
     IS(CASE_option_range) ? 9 : 1, IS(CASE_option_range) ? 3 : 10,
     IS(CASE_option_doc) ? 0 : "How many."},
    {IS(CASE_option_twice) ? "first" : "mode", KF_OPT_CHOICE, 0, "slow",
     IS(CASE_option_choices) ? 0 : "slow|fast", 0, 0, "How fast."},
    KF_OPTION_END,
};

static struct kf_option endless[300];

static int32_t open_source(const struct kf_host *host, const struct kf_option_value *values,
                           void **ret, struct kf_error *err)
{
    (void)host;
    (void)values;
    if (IS(CASE_open_fails)) {
        const char text[] = "the vendor's server says no";
        memcpy(err->message, text, sizeof text);
        return KF_E_UNAVAILABLE;
    }
    *ret = malloc(8);
    return 0;
}

static const struct kf_map map[] = {{"at", KF_TO_TIME, 0, 0, 0, 0, 0},
                                    {"name", KF_TO_NAME, 0, 0, 0, 0, 0}};

static int32_t shape(void *instance, struct kf_shape *ret, struct kf_error *err)
{
    (void)instance;
    (void)err;
    ret->format = IS(CASE_pull_csv) ? KF_FORMAT_CSV : KF_FORMAT_JSON;
    ret->map = map;
    ret->map_len = 2;
    return 0;
}

/* Not JSON, not UTF-8, no line end; then it is done. */
static int32_t pull(void *instance, struct kf_text *ret, struct kf_error *err)
{
    static const char rubbish[] = "\xff\xfe{{{\x00\x01 not a record";
    unsigned char *calls = instance;
    (void)err;
    ret->p = rubbish;
    ret->n = sizeof rubbish - 1;
    return calls[0]++ < 1 ? KF_SOURCE_OK : KF_SOURCE_DONE;
}

static void close_source(void *instance)
{
    free(instance);
}

static struct kf_source_ops source = {
    .size = IS(CASE_ops_size) ? 3
            : IS(CASE_older)  ? offsetof(struct kf_source_ops, column)
                              : sizeof source,
    .open = IS(CASE_no_open) ? 0 : open_source,
    .shape = IS(CASE_no_shape) ? 0 : shape,
    .pull = IS(CASE_garbage) || IS(CASE_pull_csv) ? pull : 0,
    .close = IS(CASE_no_close) ? 0 : close_source,
};

static const struct kf_destination_ops destination = {.size = sizeof destination};

static struct {
    struct kf_plugin p;
    void *future;
} plugin = {
    {
        .magic = IS(CASE_bad_magic) ? 0x12345678u : KF_PLUGIN_MAGIC,
        .major = IS(CASE_older_major)   ? 0
                 : IS(CASE_newer_major) ? 2
                                        : KF_PLUGIN_MAJOR,
        .minor = IS(CASE_newer) ? KF_PLUGIN_MINOR + 1 : KF_PLUGIN_MINOR,
        .size = IS(CASE_head_only)   ? KF_PLUGIN_HEAD_SIZE
                : IS(CASE_huge_size) ? 1u << 20
                : IS(CASE_older)     ? offsetof(struct kf_plugin, destination)
                : IS(CASE_newer)     ? sizeof plugin
                                     : sizeof(struct kf_plugin),
        .kind = IS(CASE_bad_kind)   ? 7
                : IS(CASE_no_write) ? KF_PLUGIN_DESTINATION
                                    : KF_PLUGIN_SOURCE,
        .name = IS(CASE_no_name)      ? ""
                : IS(CASE_wrong_name) ? "source_other"
                                      : KF_NAME,
        .version = "1.0",
        .summary = IS(CASE_bad_text)    ? "\xff\xfe"
                   : IS(CASE_long_text) ? long_text
                                        : "For tests.",
        .options = IS(CASE_option_end) ? endless : options,
        .source = IS(CASE_no_ops) ? 0 : &source,
        .destination = IS(CASE_no_write) ? &destination : 0,
    },
    0,
};

#if KF_CASE != 1 /* CASE_no_symbol: the preprocessor does not see enums */
KF_PLUGIN_EXPORT const struct kf_plugin *kf_plugin_main(void);
const struct kf_plugin *kf_plugin_main(void)
{
    memset(long_text, 'x', sizeof long_text - 1);
    for (size_t i = 0; i < sizeof endless / sizeof *endless; i++) {
        static char keys[300][8];
        keys[i][0] = 'k';
        keys[i][1] = (char)('a' + i / 26);
        keys[i][2] = (char)('a' + i % 26);
        endless[i] = (struct kf_option){keys[i], KF_OPT_TEXT, 0, 0, 0, 0, 0, "One of many."};
    }
    if (IS(CASE_older)) { /* what lies behind an older plugin's struct is not ours to read */
        plugin.p.destination = (const struct kf_destination_ops *)(uintptr_t)0xdeadbeef;
        memset((char *)&source + offsetof(struct kf_source_ops, column), 0xee,
               sizeof source - offsetof(struct kf_source_ops, column));
    }
    return IS(CASE_nothing) ? 0 : &plugin.p;
}
#else
KF_PLUGIN_EXPORT const void *some_other_name(void);
const void *some_other_name(void)
{
    return &plugin;
}
#endif
