/* The smallest source: one JSON object a line, four fields. Copy the folder, rename the file and
 * NAME, and change the table.
 *
 * What a connector brings is its table and what is peculiar to its vendor. Files, folders, gzip,
 * splitting into records, JSON, CSV, times, quarantine and duplicates are the host's work.
 * Everything below the line of `finish` may stay as it is. */
#include <kinfold/plugin.h>

#include <stdlib.h>
#include <string.h>

#define NAME "_template" /* the same as the file: source_yourvendor */

/* Vendor field -> canonical place. event.h says what targets and types there are. Order does not
 * matter, except that a row for "a.b" takes that member out of a row for "a". */
static const struct kf_map map[] = {
    {"id", KF_TO_MESSAGE_ID, 0, 0, 0, 0, 0},
    {"at", KF_TO_TIME, 0, 0, 0, 0, 0},
    {"action", KF_TO_NAME, 0, 0, 0, 0, 0},
    {"customer", KF_TO_IDENTIFIER, 0, "user_id", 0, 0, 0},
    {"data", KF_TO_BELOW, 0, "properties", 0, "snake", 0},
};

/* What people may set below `options:` in kinfold.yaml. Checked by the host; values arrive in this
 * order. */
enum { OPT_ZONE };
static const struct kf_option options[] = {
    {"zone", KF_OPT_TEXT, 0, "UTC", 0, 0, 0, "Time zone of times without offset."},
    KF_OPTION_END,
};

/* All state lives here: a source may be opened several times at once. */
struct instance {
    const struct kf_host *host;
    char *zone;
};

static void close_source(void *instance)
{
    struct instance *in = instance;
    if (!in)
        return;
    free(in->zone);
    free(in);
}

/* 0, or KF_E_* with a sentence in err->message. Values are only borrowed: copy what you keep. */
static int32_t open_source(const struct kf_host *host, const struct kf_option_value *values,
                           void **ret, struct kf_error *err)
{
    (void)err;
    struct instance *in = calloc(1, sizeof *in);
    if (!in)
        return KF_E_NOMEM;
    in->host = host;
    in->zone = strdup(values[OPT_ZONE].text);
    *ret = in;
    return 0;
}

/* How the records look. *ret is zeroed and has its size set. */
static int32_t shape(void *instance, struct kf_shape *ret, struct kf_error *err)
{
    struct instance *in = instance;
    (void)err;
    ret->format = KF_FORMAT_JSON;
    ret->map = map;
    ret->map_len = sizeof map / sizeof *map;
    ret->zone = in->zone;
    return 0;
}

/* Called for every record after the map: what a table cannot say. Leave it out if there is nothing.
 */
static int32_t finish(void *instance, struct kf_record *rec, struct kf_error *err)
{
    (void)instance;
    (void)err;
    rec->type = KF_EVENT_TRACK;
    return KF_RECORD_OK; /* or KF_RECORD_SKIP; or KF_RECORD_REJECT with the reason in err->message
                          */
}

/* ---- below this line only texts change ---- */

static const struct kf_source_ops ops = {.size = sizeof ops,
                                         .open = open_source,
                                         .shape = shape,
                                         .finish = finish,
                                         .close = close_source};

static const struct kf_plugin plugin = {
    .magic = KF_PLUGIN_MAGIC,
    .major = KF_PLUGIN_MAJOR,
    .minor = KF_PLUGIN_MINOR,
    .size = sizeof plugin,
    .kind = KF_PLUGIN_SOURCE,
    .name = NAME,
    .version = "1.0",
    .summary = "The smallest source, to be copied.",
    .formats = "JSON lines, gzip, zstd",
    .vendor_doc = "none: this format is invented",
    .options = options,
    .source = &ops,
};

KF_PLUGIN_EXPORT const struct kf_plugin *kf_plugin_main(void);
const struct kf_plugin *kf_plugin_main(void)
{
    return &plugin;
}
