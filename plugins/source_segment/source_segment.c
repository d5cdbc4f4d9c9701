/* Segment's event spec: JSON lines, arrays and {"batch": [...]} bodies as its libraries send and
 * its exports write them.
 *
 * The table below is the whole dialect; `finish` does what a table cannot say: the clock of a
 * device that is wrong, names of the first e-commerce spec, the platform, external ids, groups. It
 * runs for every event and is kept short. */
#include "../common/json.h"
#include "../common/util.h"

#define NAME "source_segment"

static const struct kf_map map[] = {
    {"type", KF_TO_TYPE, 0, 0, 0, 0, 0},
    {"event", KF_TO_NAME, 0, 0, 0, 0, 0},
    {"name", KF_TO_NAME, 0, 0, 0, 0, 0}, /* of pages and screens */
    {"messageId", KF_TO_MESSAGE_ID, 0, 0, 0, 0, 0},
    {"timestamp", KF_TO_TIME, 0, 0, 0, 0, 0},
    {"originalTimestamp", KF_TO_ORIGINAL_TIME, 0, 0, 0, 0, 0},
    {"sentAt", KF_TO_SENT, 0, 0, 0, 0, 0},
    {"receivedAt", KF_TO_RECEIVED, 0, 0, 0, 0, 0},
    {"userId", KF_TO_IDENTIFIER, 0, "user_id", 0, 0, 0},
    {"anonymousId", KF_TO_IDENTIFIER, 0, "anonymous_id", 0, 0, 0},
    {"previousId", KF_TO_IDENTIFIER, 0, "user_id", "event.previous_id", 0, 0},
    {"groupId", KF_TO_FIELD, KF_FIELD_TEXT, "event.group_id", 0, 0, 0},
    {"channel", KF_TO_FIELD, KF_FIELD_TEXT, "context.channel", 0, 0, 0},
    {"context.device.id", KF_TO_IDENTIFIER, 0, "device_id", "context.device.id", 0, 0},
    {"context.device.advertisingId", KF_TO_IDENTIFIER, 0, "advertising_id",
     "context.device.advertising_id", 0, 0},
    {"context.device.token", KF_TO_IDENTIFIER, 0, "push_token", 0, 0, 0},
    {"context.externalIds", KF_TO_FIELD, KF_FIELD_ANY, "context.external_ids", 0, 0, 0},
    {"context.traits.email", KF_TO_IDENTIFIER, 0, "email", "context.traits.email", 0, 0},
    {"context.traits.phone", KF_TO_IDENTIFIER, 0, "phone", "context.traits.phone", 0, 0},
    {"context.traits", KF_TO_BELOW, 0, "context.traits", 0, 0, 0},
    {"context.consent.categoryPreferences", KF_TO_BELOW, 0, "context.consent.category_preferences",
     0, 0, 0},
    {"context", KF_TO_BELOW, 0, "context", 0, "snake", 0},
    {"traits", KF_TO_BELOW, 0, "traits", 0, 0, 0},
    {"properties.email", KF_TO_IDENTIFIER, 0, "email", "properties.email", 0, 0},
    {"properties", KF_TO_BELOW, 0, "properties", 0, 0, 0},
    {"integrations", KF_TO_SKIP, 0, 0, 0, 0, 0},
    {"version", KF_TO_SKIP, 0, 0, 0, 0, 0},
    {"writeKey", KF_TO_SKIP, 0, 0, 0, 0, 0},
};

enum { OPT_ECOMMERCE_V1, OPT_GROUP_TYPE };

static const struct kf_option options[] = {
    {"ecommerce_v1", KF_OPT_BOOL, 0, "true", 0, 0, 0,
     "Give events of the first e-commerce spec their names of the second (\"Completed Order\" "
     "becomes \"Order Completed\")."},
    {"group_type", KF_OPT_TEXT, 0, "account", 0, 0, 0,
     "What a group is where the call does not say so in traits.type."},
    KF_OPTION_END,
};

/* First e-commerce spec (2014) to the second (2016). */
static const struct {
    const char *v1, *v2;
} renamed[] = {
    {"Viewed Product Category", "Product List Viewed"},
    {"Viewed Product", "Product Viewed"},
    {"Added Product", "Product Added"},
    {"Removed Product", "Product Removed"},
    {"Completed Order", "Order Completed"},
    {"Updated Order", "Order Updated"},
    {"Refunded Order", "Order Refunded"},
    {"Cancelled Order", "Order Cancelled"},
    {"Clicked Product", "Product Clicked"},
    {"Searched Products", "Products Searched"},
    {"Viewed Cart", "Cart Viewed"},
    {"Started Checkout", "Checkout Started"},
    {"Viewed Checkout Step", "Checkout Step Viewed"},
    {"Completed Checkout Step", "Checkout Step Completed"},
    {"Viewed Promotion", "Promotion Viewed"},
    {"Clicked Promotion", "Promotion Clicked"},
};

struct instance {
    const struct kf_host *host;
    bool ecommerce_v1;
    char *group_type;
    struct {
        uint32_t library, os, device_type, channel, external_ids, email, phone, group_type,
            trait_type;
    } key;
};

static void close_source(void *instance)
{
    struct instance *in = instance;
    if (!in)
        return;
    free(in->group_type);
    free(in);
}

static int32_t open_source(const struct kf_host *host, const struct kf_option_value *values,
                           void **ret, struct kf_error *err)
{
    struct instance *in = calloc(1, sizeof *in);
    char *group_type = strdup(values[OPT_GROUP_TYPE].text);
    if (!in || !group_type) {
        free(in);
        free(group_type);
        return say(err, KF_E_NOMEM, NAME, "no memory");
    }
    in->host = host;
    in->group_type = group_type;
    in->ecommerce_v1 = values[OPT_ECOMMERCE_V1].number != 0;
    in->key.library = host->key(host, "context.library.name");
    in->key.os = host->key(host, "context.os.name");
    in->key.device_type = host->key(host, "context.device.type");
    in->key.channel = host->key(host, "context.channel");
    in->key.external_ids = host->key(host, "context.external_ids");
    in->key.email = host->key(host, "traits.email");
    in->key.phone = host->key(host, "traits.phone");
    in->key.group_type = host->key(host, "event.group_type");
    in->key.trait_type = host->key(host, "traits.type");
    *ret = in;
    return 0;
}

static int32_t shape(void *instance, struct kf_shape *ret, struct kf_error *err)
{
    (void)instance;
    (void)err;
    ret->format = KF_FORMAT_JSON;
    ret->map = map;
    ret->map_len = sizeof map / sizeof *map;
    ret->batch_path = "batch";
    return 0;
}

static void rename_v1(struct kf_record *rec)
{
    /* Every name of the first spec begins with its verb; others leave here at once. */
    if (rec->name.n < 11 || !strchr("VARCUSC", rec->name.p[0]))
        return;
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++) {
        if (text_is(rec->name, renamed[i].v1)) {
            rec->name = text_of(renamed[i].v2);
            return;
        }
    }
}

/* The library says it best; then the device, the system, the channel. */
static uint8_t platform_of(const struct instance *in, struct kf_record *rec)
{
    const struct kf_host *h = in->host;
    struct kf_text t = h->get(rec, in->key.library);
    if (text_has(t, "analytics.js") || text_is(t, "analytics-next"))
        return KF_PLATFORM_WEB;
    if (text_has(t, "ios") || text_has(t, "swift"))
        return KF_PLATFORM_IOS;
    if (text_has(t, "android") || text_has(t, "kotlin"))
        return KF_PLATFORM_ANDROID;
    if (text_has(t, "analytics-") && !text_has(t, "react-native") && !text_has(t, "flutter"))
        return KF_PLATFORM_SERVER; /* analytics-node, -python, -java, -ruby, ... */
    t = h->get(rec, in->key.device_type);
    if (text_is_nocase(t, "ios"))
        return KF_PLATFORM_IOS;
    if (text_is_nocase(t, "android"))
        return KF_PLATFORM_ANDROID;
    t = h->get(rec, in->key.channel);
    if (text_is(t, "browser") || text_is(t, "web") || text_is(t, "client"))
        return KF_PLATFORM_WEB;
    if (text_is(t, "server"))
        return KF_PLATFORM_SERVER;
    if (!t.p) /* nothing says that this is an app; a browser has its library or channel */
        return KF_PLATFORM_NONE;
    t = h->get(rec, in->key.os);
    if (text_is_nocase(t, "ios") || text_is(t, "iPadOS"))
        return KF_PLATFORM_IOS;
    return text_is_nocase(t, "android") ? KF_PLATFORM_ANDROID : KF_PLATFORM_NONE;
}

/* Segment computes `timestamp` itself; where it is missing (raw bodies of the libraries), so do we.
 */
static void correct_clock(struct kf_record *rec)
{
    if (rec->time == KF_NO_TIME && rec->original_time != KF_NO_TIME) {
        rec->time = rec->original_time;
        if (rec->sent != KF_NO_TIME && rec->received != KF_NO_TIME)
            rec->time = rec->received - (rec->sent - rec->original_time);
    } else if (rec->time == KF_NO_TIME) {
        rec->time = rec->received != KF_NO_TIME ? rec->received : rec->sent;
    }
    if (rec->received == KF_NO_TIME)
        rec->received = rec->sent != KF_NO_TIME ? rec->sent : rec->time;
}

/* [{"id": ..., "type": ..., "collection": "users", "encoding": "none"}] */
static void external_ids(const struct instance *in, struct kf_record *rec, struct kf_text list)
{
    char *text = strndup(list.p, list.n);
    struct json j;
    if (text && json_read(text, &j)) {
        for (size_t i = 0; j.kind == JSON_LIST && i < j.n; i++) {
            const struct json *id = json_get(&j.item[i], "id"),
                              *type = json_get(&j.item[i], "type");
            const struct json *of = json_get(&j.item[i], "collection");
            if (!id || !id->text || !type || type->kind != JSON_TEXT || !*type->text)
                continue;
            if (of && of->text && strcmp(of->text, "users") != 0)
                continue; /* an account's id is nobody's */
            in->host->put_identifier(rec, type->text, in->host->copy(rec, text_of(id->text)));
        }
        json_clear(&j);
    }
    free(text);
}

static void finish_group(const struct instance *in, struct kf_record *rec)
{
    struct kf_text type = in->host->get(rec, in->key.trait_type);
    in->host->put_text(rec, in->key.group_type, type.p && type.n ? type : text_of(in->group_type));
}

/* Traits of an identify call are the person's; those of a group call are the group's, and its
 * address is nobody's. */
static void finish_identify(const struct instance *in, struct kf_record *rec)
{
    struct kf_text email = in->host->get(rec, in->key.email),
                   phone = in->host->get(rec, in->key.phone);
    if (email.p)
        in->host->put_identifier(rec, "email", email);
    if (phone.p)
        in->host->put_identifier(rec, "phone", phone);
}

static int32_t finish(void *instance, struct kf_record *rec, struct kf_error *err)
{
    const struct instance *in = instance;
    (void)err;
    correct_clock(rec);
    if (rec->type == KF_EVENT_TRACK && in->ecommerce_v1)
        rename_v1(rec);
    else if (rec->type == KF_EVENT_GROUP)
        finish_group(in, rec);
    else if (rec->type == KF_EVENT_IDENTIFY)
        finish_identify(in, rec);
    if (rec->platform == KF_PLATFORM_NONE)
        rec->platform = platform_of(in, rec);
    struct kf_text ids = in->host->get(rec, in->key.external_ids);
    if (ids.p && ids.n > 2)
        external_ids(in, rec, ids);
    return KF_RECORD_OK;
}

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
    .summary =
        "Events in Segment's format, from its libraries, exports and everything that speaks it.",
    .formats = "JSON lines, arrays, batch bodies; gzip, zstd",
    .vendor_doc = "Segment (Twilio), Spec: Common fields, Track, Identify, Group, Alias, Ecommerce "
                  "v1 and v2; as "
                  "published in 2024",
    .options = options,
    .source = &ops,
};

KF_PLUGIN_EXPORT const struct kf_plugin *kf_plugin_main(void);
const struct kf_plugin *kf_plugin_main(void)
{
    return &plugin;
}
