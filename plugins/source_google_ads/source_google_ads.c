/* Google Ads API reports: cost by day (campaign, ad group, ad) and clicks (click_view), as JSON
 * rows of SearchStream (camelCase), of the client libraries (snake_case), or as CSV with the same
 * paths as headings. */
#include "../common/util.h"

#include <stdlib.h>

#define NAME "source_google_ads"

enum { OPT_REPORT, OPT_FORMAT, OPT_ZONE, OPT_CURRENCY, OPT_SOURCE, OPT_MEDIUM };
enum { REPORT_AUTO, REPORT_COST, REPORT_CLICK };

static const struct kf_option options[] = {
    {"report", KF_OPT_CHOICE, 0, "auto", "auto|cost|click", 0, 0,
     "What the rows are; auto: a row with a gclid is a click, one with a cost is a cost."},
    {"format", KF_OPT_CHOICE, 0, "json", "json|csv", 0, 0,
     "JSON rows, or CSV with the API's paths as headings."},
    {"zone", KF_OPT_TEXT, 0, 0, 0, 0, 0,
     "Time zone of the Google Ads account, in which its days begin; the workspace's if not given."},
    {"currency", KF_OPT_TEXT, 0, 0, 0, 0, 0,
     "Currency of costs where the rows do not hold customer.currency_code."},
    {"source", KF_OPT_TEXT, 0, "google", 0, 0, 0, "Value of context.campaign.source."},
    {"medium", KF_OPT_TEXT, 0, "cpc", 0, 0, 0, "Value of context.campaign.medium."},
    KF_OPTION_END,
};

#define FIELD(path, to)                                                                            \
    {                                                                                              \
        path, KF_TO_FIELD, KF_FIELD_TEXT, to, 0, 0, 0                                              \
    }
#define NUMBER(path, to)                                                                           \
    {                                                                                              \
        path, KF_TO_FIELD, KF_FIELD_NUMBER, to, 0, 0, 0                                            \
    }
#define MICROS(path)                                                                               \
    {                                                                                              \
        path, KF_TO_FIELD, KF_FIELD_MICROS, "properties.cost", 0, 0, 0                             \
    }
#define BOTH(camel, under, to) FIELD(camel, to), FIELD(under, to)

static const struct kf_map map[] = {
    {"segments.date", KF_TO_TIME, 0, 0, 0, "%Y-%m-%d", 0},
    MICROS("metrics.costMicros"),
    MICROS("metrics.cost_micros"),
    MICROS("costMicros"),
    MICROS("cost_micros"),
    NUMBER("metrics.clicks", "properties.clicks"),
    NUMBER("metrics.impressions", "properties.impressions"),
    NUMBER("metrics.conversions", "properties.conversions"),
    BOTH("clickView.gclid", "click_view.gclid", "properties.click_id"),
    BOTH("clickView.keyword", "click_view.keyword", "properties.keyword"),
    BOTH("clickView.keywordInfo.text", "click_view.keyword_info.text", "context.campaign.term"),
    BOTH("clickView.adGroupAd", "click_view.ad_group_ad", "context.campaign.creative"),
    FIELD("campaign.id", "context.campaign.id"),
    FIELD("campaign.name", "context.campaign.name"),
    BOTH("campaign.advertisingChannelType", "campaign.advertising_channel_type",
         "context.campaign.channel_type"),
    BOTH("adGroup.id", "ad_group.id", "context.campaign.ad_group_id"),
    BOTH("adGroup.name", "ad_group.name", "context.campaign.ad_group"),
    BOTH("adGroupAd.ad.id", "ad_group_ad.ad.id", "context.campaign.creative"),
    FIELD("segments.device", "properties.device"),
    BOTH("segments.adNetworkType", "segments.ad_network_type", "context.campaign.placement"),
    FIELD("customer.id", "properties.account_id"),
    BOTH("customer.currencyCode", "customer.currency_code", "properties.currency"),
    BOTH("customer.timeZone", "customer.time_zone", "properties.account_zone"),
};

struct instance {
    const struct kf_host *host;
    int64_t report;
    bool csv;
    char *zone, *currency, *source, *medium;
    struct {
        uint32_t click, cost, currency, source, medium, gclid, campaign, ad_group, creative, device,
            network;
    } key;
};

static void close_source(void *instance)
{
    struct instance *in = instance;
    if (!in)
        return;
    free(in->zone);
    free(in->currency);
    free(in->source);
    free(in->medium);
    free(in);
}

static char *copy(const struct kf_option_value *v)
{
    return v->text ? strdup(v->text) : NULL;
}

static int32_t open_source(const struct kf_host *host, const struct kf_option_value *v, void **ret,
                           struct kf_error *err)
{
    struct instance *in = calloc(1, sizeof *in);
    if (!in)
        return say(err, KF_E_NOMEM, NAME, "no memory");
    in->host = host;
    in->report = v[OPT_REPORT].number;
    in->csv = v[OPT_FORMAT].number == 1;
    in->zone = copy(&v[OPT_ZONE]);
    in->currency = copy(&v[OPT_CURRENCY]);
    in->source = copy(&v[OPT_SOURCE]);
    in->medium = copy(&v[OPT_MEDIUM]);
    in->key.click = host->key(host, "properties.click_id");
    in->key.cost = host->key(host, "properties.cost");
    in->key.currency = host->key(host, "properties.currency");
    in->key.source = host->key(host, "context.campaign.source");
    in->key.medium = host->key(host, "context.campaign.medium");
    in->key.gclid = host->key(host, "context.campaign.gclid");
    in->key.campaign = host->key(host, "context.campaign.id");
    in->key.ad_group = host->key(host, "context.campaign.ad_group_id");
    in->key.creative = host->key(host, "context.campaign.creative");
    in->key.device = host->key(host, "properties.device");
    in->key.network = host->key(host, "context.campaign.placement");
    *ret = in;
    return 0;
}

static int32_t shape(void *instance, struct kf_shape *ret, struct kf_error *err)
{
    struct instance *in = instance;
    (void)err;
    ret->format = in->csv ? KF_FORMAT_CSV : KF_FORMAT_JSON;
    ret->map = map;
    ret->map_len = sizeof map / sizeof *map;
    ret->batch_path = in->csv ? NULL : "results"; /* of Search and SearchStream answers */
    ret->zone = in->zone;
    return 0;
}

/* A click has Google's id; a cost row is told by what it is split by, so that the same report read
 * twice counts once. */
static void put_message_id(const struct instance *in, struct kf_record *rec, bool click)
{
    char id[400];
    const struct kf_host *h = in->host;
    struct kf_text t = h->get(rec, in->key.click);
    if (click) {
        rec->message_id = t;
        return;
    }
    const uint32_t keys[] = {in->key.campaign, in->key.ad_group, in->key.creative, in->key.device,
                             in->key.network};
    int n = snprintf(id, sizeof id, "cost/%lld", (long long)(rec->time / 1000000000));
    for (size_t i = 0; i < sizeof keys / sizeof *keys && n < (int)sizeof id; i++) {
        t = h->get(rec, keys[i]);
        n += snprintf(id + n, sizeof id - (size_t)n, "/%.*s", (int)(t.n > 60 ? 60 : t.n),
                      t.p ? t.p : "");
    }
    if (n < (int)sizeof id)
        rec->message_id = h->copy(rec, (struct kf_text){id, (uint64_t)n});
}

static int32_t finish(void *instance, struct kf_record *rec, struct kf_error *err)
{
    const struct instance *in = instance;
    const struct kf_host *h = in->host;
    struct kf_text gclid = h->get(rec, in->key.click), cost = h->get(rec, in->key.cost);
    bool click = in->report == REPORT_CLICK || (in->report == REPORT_AUTO && gclid.p);
    if (click && !gclid.p) {
        say(err, KF_E_DATA, NAME, "a click without click_view.gclid");
        return KF_RECORD_REJECT;
    }
    if (!click && !cost.p) {
        say(err, KF_E_DATA, NAME,
            in->report == REPORT_COST ? "a cost without metrics.cost_micros"
                                      : "neither click_view.gclid nor metrics.cost_micros");
        return KF_RECORD_REJECT;
    }
    rec->type = click ? KF_EVENT_TRACK : KF_EVENT_COST;
    rec->name = text_of(click ? "Ad Click" : "Ad Cost");
    if (in->source)
        h->put_text(rec, in->key.source, text_of(in->source));
    if (in->medium)
        h->put_text(rec, in->key.medium, text_of(in->medium));
    if (in->currency && !h->get(rec, in->key.currency).p)
        h->put_text(rec, in->key.currency, text_of(in->currency));
    if (click)
        h->put_text(rec, in->key.gclid, gclid);
    if (rec->time != KF_NO_TIME)
        put_message_id(in, rec, click);
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
    .summary = "Google Ads costs and clicks by day.",
    .formats = "JSON rows, CSV; gzip, zstd",
    .vendor_doc = "Google Ads API v23 (2026), resources campaign, ad_group, click_view",
    .options = options,
    .source = &ops,
};

KF_PLUGIN_EXPORT const struct kf_plugin *kf_plugin_main(void);
const struct kf_plugin *kf_plugin_main(void)
{
    return &plugin;
}
