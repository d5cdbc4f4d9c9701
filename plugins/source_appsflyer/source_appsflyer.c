/* AppsFlyer raw data (CSV of the export page, Pull API and Data Locker): installs, in-app events,
 * uninstalls, organic or not. */
#include "../common/util.h"

#include <stdlib.h>

#define NAME "source_appsflyer"

enum { OPT_ZONE, OPT_ORGANIC };

static const struct kf_option options[] = {
    {"zone", KF_OPT_TEXT, 0, "UTC", 0, 0, 0, "Time zone that the report was exported in."},
    {"organic", KF_OPT_BOOL, 0, "true", 0, 0, 0, "Whether rows without a media source are kept."},
    KF_OPTION_END,
};

#define FIELD(column, to)                                                                          \
    {                                                                                              \
        column, KF_TO_FIELD, KF_FIELD_TEXT, to, 0, 0, 0                                            \
    }
#define NUMBER(column, to)                                                                         \
    {                                                                                              \
        column, KF_TO_FIELD, KF_FIELD_NUMBER, to, 0, 0, 0                                          \
    }
#define TIME(column, to)                                                                           \
    {                                                                                              \
        column, KF_TO_FIELD, KF_FIELD_TIME, to, 0, 0, 0                                            \
    }
#define BOOL(column, to)                                                                           \
    {                                                                                              \
        column, KF_TO_FIELD, KF_FIELD_BOOL, to, 0, 0, 0                                            \
    }
#define ID(column, ns)                                                                             \
    {                                                                                              \
        column, KF_TO_IDENTIFIER, 0, ns, 0, 0, 0                                                   \
    }

static const struct kf_map map[] = {
    {"Event Time", KF_TO_TIME, 0, 0, 0, 0, 0},
    {"Event Name", KF_TO_NAME, 0, 0, 0, 0, 0},
    {"Platform", KF_TO_PLATFORM, 0, 0, 0, 0, 0},
    ID("AppsFlyer ID", "appsflyer_id"),
    ID("Customer User ID", "user_id"),
    ID("IDFA", "advertising_id"),
    ID("Advertising ID", "advertising_id"),
    ID("IDFV", "idfv"),
    {"IMEI", KF_TO_SKIP, 0, 0, 0, 0, 0},
    {"Android ID", KF_TO_SKIP, 0, 0, 0, 0, 0},
    FIELD("Attributed Touch Type", "properties.touch_type"),
    TIME("Attributed Touch Time", "properties.click_time"),
    TIME("Install Time", "properties.install_time"),
    TIME("Google Play Click Time", "properties.store_click_time"),
    TIME("Google Play Install Begin Time", "properties.install_begin_time"),
    FIELD("Event Value", "properties.event_value"),
    {"Event Revenue", KF_TO_FIELD, KF_FIELD_MONEY, "properties.revenue", 0, 0, 0},
    FIELD("Event Revenue Currency", "properties.currency"),
    FIELD("Event Source", "properties.event_source"),
    FIELD("Partner", "properties.partner"),
    FIELD("Media Source", "context.campaign.source"),
    FIELD("Channel", "context.campaign.channel"),
    FIELD("Keywords", "context.campaign.term"),
    FIELD("Campaign", "context.campaign.name"),
    FIELD("Campaign ID", "context.campaign.id"),
    FIELD("Adset", "context.campaign.ad_group"),
    FIELD("Adset ID", "context.campaign.ad_group_id"),
    FIELD("Ad", "context.campaign.creative"),
    FIELD("Ad ID", "context.campaign.creative_id"),
    FIELD("Ad Type", "context.campaign.ad_type"),
    FIELD("Site ID", "context.campaign.placement"),
    FIELD("Sub Site ID", "context.campaign.sub_placement"),
    FIELD("Sub Param 1", "properties.sub_param_1"),
    FIELD("Sub Param 2", "properties.sub_param_2"),
    FIELD("Sub Param 3", "properties.sub_param_3"),
    FIELD("Sub Param 4", "properties.sub_param_4"),
    FIELD("Sub Param 5", "properties.sub_param_5"),
    FIELD("Cost Model", "properties.cost_model"),
    NUMBER("Cost Value", "properties.cost"),
    FIELD("Cost Currency", "properties.cost_currency"),
    FIELD("Contributor 1 Media Source", "properties.contributor_1.source"),
    FIELD("Contributor 1 Campaign", "properties.contributor_1.campaign"),
    FIELD("Contributor 1 Touch Type", "properties.contributor_1.touch_type"),
    TIME("Contributor 1 Touch Time", "properties.contributor_1.click_time"),
    FIELD("Contributor 2 Media Source", "properties.contributor_2.source"),
    FIELD("Contributor 2 Campaign", "properties.contributor_2.campaign"),
    FIELD("Contributor 2 Touch Type", "properties.contributor_2.touch_type"),
    TIME("Contributor 2 Touch Time", "properties.contributor_2.click_time"),
    FIELD("Contributor 3 Media Source", "properties.contributor_3.source"),
    FIELD("Contributor 3 Campaign", "properties.contributor_3.campaign"),
    FIELD("Contributor 3 Touch Type", "properties.contributor_3.touch_type"),
    TIME("Contributor 3 Touch Time", "properties.contributor_3.click_time"),
    FIELD("Country Code", "context.location.country"),
    FIELD("State", "context.location.region"),
    FIELD("City", "context.location.city"),
    FIELD("Postal Code", "context.location.postal_code"),
    FIELD("IP", "context.ip"),
    FIELD("Language", "context.locale"),
    FIELD("Carrier", "context.network.carrier"),
    BOOL("WIFI", "context.network.wifi"),
    FIELD("Device Type", "context.device.model"),
    FIELD("Device Model", "context.device.model"),
    FIELD("Device Category", "context.device.category"),
    FIELD("OS Version", "context.os.version"),
    FIELD("App Version", "context.app.version"),
    FIELD("App ID", "context.app.namespace"),
    FIELD("App Name", "context.app.name"),
    FIELD("User Agent", "context.user_agent"),
    FIELD("HTTP Referrer", "context.page.referrer"),
    BOOL("Is Retargeting", "properties.is_retargeting"),
    FIELD("Retargeting Conversion Type", "properties.conversion_type"),
    BOOL("Is Primary Attribution", "properties.is_primary_attribution"),
    FIELD("Match Type", "properties.match_type"),
    FIELD("Blocked Reason", "properties.blocked_reason"),
    FIELD("Blocked Reason Value", "properties.blocked_reason_value"),
    FIELD("Blocked Sub Reason", "properties.blocked_sub_reason"),
};

/* AppsFlyer's own events; those of the app keep their names (af_purchase, ...). */
static const struct {
    const char *theirs, *ours;
} names[] = {
    {"install", "Install Attributed"},
    {"reinstall", "Reinstall Attributed"},
    {"re-engagement", "Re-engagement Attributed"},
    {"re-attribution", "Re-attribution Attributed"},
    {"uninstall", "Application Uninstalled"},
};

struct instance {
    const struct kf_host *host;
    char *zone;
    bool organic;
    uint32_t key_source;
};

static void close_source(void *instance)
{
    struct instance *in = instance;
    if (!in)
        return;
    free(in->zone);
    free(in);
}

static int32_t open_source(const struct kf_host *host, const struct kf_option_value *v, void **ret,
                           struct kf_error *err)
{
    struct instance *in = calloc(1, sizeof *in);
    if (!in)
        return say(err, KF_E_NOMEM, NAME, "no memory");
    in->host = host;
    in->zone = strdup(v[OPT_ZONE].text);
    in->organic = v[OPT_ORGANIC].number != 0;
    in->key_source = host->key(host, "context.campaign.source");
    *ret = in;
    return 0;
}

static int32_t shape(void *instance, struct kf_shape *ret, struct kf_error *err)
{
    struct instance *in = instance;
    (void)err;
    ret->format = KF_FORMAT_CSV;
    ret->map = map;
    ret->map_len = sizeof map / sizeof *map;
    ret->zone = in->zone;
    return 0;
}

static int32_t finish(void *instance, struct kf_record *rec, struct kf_error *err)
{
    const struct instance *in = instance;
    (void)err;
    struct kf_text source = in->host->get(rec, in->key_source);
    bool organic = !source.p || text_is_nocase(source, "organic");
    if (organic && !in->organic)
        return KF_RECORD_SKIP;
    if (source.p && organic) /* no campaign brought it */
        in->host->remove(rec, in->key_source);
    rec->type = KF_EVENT_TRACK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_is(rec->name, names[i].theirs))
            rec->name = text_of(names[i].ours);
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
    .summary = "AppsFlyer raw data: attributed installs and in-app events.",
    .formats = "CSV; gzip, zstd",
    .vendor_doc = "AppsFlyer, Raw data field dictionary (V5 reports), as published in 2024",
    .options = options,
    .source = &ops,
};

KF_PLUGIN_EXPORT const struct kf_plugin *kf_plugin_main(void);
const struct kf_plugin *kf_plugin_main(void)
{
    return &plugin;
}
